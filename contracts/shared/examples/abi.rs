//! Prints the JSON ABI and the Solidity interface of every contract into `abi/`.
//!
//! `cargo run -p clay-shared --features abi --example abi [-- --check]`: with `--check` nothing is written,
//! and a file that differs from what would be is an error.

use std::{env, fs, path::Path, process::ExitCode};

use clay_shared::interfaces::contracts;

fn main() -> ExitCode {
    let check = env::args().any(|argument| argument == "--check");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../abi");
    let mut stale = false;
    for (name, abi) in contracts() {
        let json = serde_json::to_string_pretty(&abi).expect("an ABI is plain data") + "\n";
        let solidity = format!(
            "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.4;\n\n{}",
            abi.to_sol(&format!("I{name}"), None)
        );
        for (file, text) in [
            (format!("{name}.json"), json),
            (format!("I{name}.sol"), solidity),
        ] {
            let path = folder.join(&file);
            if fs::read_to_string(&path).ok().as_ref() == Some(&text) {
                continue;
            }
            if check {
                eprintln!("abi/{file} is not what the interfaces say; print it anew");
                stale = true;
            } else if let Err(error) = fs::write(&path, text) {
                eprintln!("{}: {error}", path.display());
                return ExitCode::FAILURE;
            }
        }
    }
    if stale {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
