//! `clay whitelist export`: the whitelist as of a block, for an auditor.

use std::path::PathBuf;

use clap::Args;

use super::{find, ChainArgs};
use crate::{failure::Failure, moment::date, output::say, whitelist::export::Export};

/// Writes the state as of a block, and the history before it, as tables (CSV) to a folder: block.csv, accounts.csv,
/// applications.csv and history.csv.
///
/// The state is rebuilt from the history, and compared with what the chain answers as of that block.
#[derive(Args, Debug)]
pub(in crate::commands) struct ExportArgs {
    /// The folder.
    folder: PathBuf,
    /// The block; the latest, if none is named. The node must still have its state.
    #[arg(long, value_name = "NUMBER")]
    block: Option<u64>,
    #[command(flatten)]
    chain: ChainArgs,
}

impl ExportArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.chain.connect(None).await?;
        let (_, whitelist) = find(&client, &self.chain).await?;
        let export = Export::read(&client, &whitelist, self.block).await?;
        export.write(&self.folder)?;
        let block = &export.block;
        say!(
            "{} accounts, {} applications and {} events as of block {} ({}, {}), as the chain has them.",
            export.register.accounts.len(),
            export.register.applications.len(),
            export.events.len(),
            block.number,
            block.hash,
            date(block.time)
        );
        say!("Written to {}.", self.folder.display());
        Ok(())
    }
}
