//! The `clay` command.

use std::{io::Write, process::ExitCode};

use clap::Parser;
use clay::{commands::Cli, failure::Failure, keys};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Whoever closed the pipe still gets the exit code.
            let _ = writeln!(std::io::stderr(), "clay: {error:#}");
            ExitCode::from(
                error
                    .downcast_ref::<Failure>()
                    .map_or(1, Failure::exit_code),
            )
        }
    }
}

async fn run() -> anyhow::Result<()> {
    keys::refuse_on_command_line(std::env::args_os())?;
    Cli::parse().run().await
}
