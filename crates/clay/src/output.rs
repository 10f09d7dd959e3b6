//! Printing that survives a reader who goes away, as in `clay status | head -1`.

use std::{
    fmt::Arguments,
    io::{stdout, ErrorKind, Write},
};

/// Prints a line as `println!` does, but a closed pipe is no panic.
macro_rules! say {
    ($($words:tt)*) => {
        $crate::output::line(format_args!($($words)*))
    };
}
pub(crate) use say;

/// Nobody reads on when a pipe is closed, but the work (a deployment, a node) goes on. Any other trouble, as a
/// full disk, ends the process with exit code 1.
pub(crate) fn line(words: Arguments<'_>) {
    match writeln!(stdout(), "{words}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            // There is nowhere left to tell it if this fails too.
            let _ = writeln!(std::io::stderr(), "clay: cannot print: {error}");
            std::process::exit(1);
        }
        _ => {}
    }
}
