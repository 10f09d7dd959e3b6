//! The `clay` command.

use std::process::ExitCode;

use clap::Parser;
use clay::{commands::Cli, failure::Failure};

#[tokio::main]
async fn main() -> ExitCode {
    match Cli::parse().run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("clay: {error:#}");
            ExitCode::from(
                error
                    .downcast_ref::<Failure>()
                    .map_or(1, Failure::exit_code),
            )
        }
    }
}
