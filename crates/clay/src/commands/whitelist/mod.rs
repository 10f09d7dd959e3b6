//! `clay whitelist`: who may do what in the institutional pool, from application to audit.

mod apply;
mod denials;
mod export;
mod history;
mod propose;
mod show;

use std::path::PathBuf;

use alloy::primitives::{keccak256, B256};
use clap::{Args, Subcommand};

use super::{
    proposals::{About, SignArgs},
    ChainArgs,
};
use crate::{
    client::Client,
    deploy::record::Deployment,
    failure::Failure,
    whitelist::{words, Whitelist},
};

#[derive(Debug, Subcommand)]
pub(super) enum WhitelistCommand {
    Apply(apply::ApplyArgs),
    /// Proposes a decision of the Board: writes it, in plain words, to a file that members read and sign.
    #[command(subcommand)]
    Propose(propose::Propose),
    /// Shows in plain words what a proposal to the Board does, and adds your signature.
    Sign(SignArgs),
    /// Hands in a proposal that enough members of the Board have signed. Anyone may.
    Submit(SignArgs),
    DenyNow(denials::DenyNowArgs),
    Lift(denials::LiftArgs),
    Show(show::ShowArgs),
    History(history::HistoryArgs),
    Export(export::ExportArgs),
}

impl WhitelistCommand {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            WhitelistCommand::Apply(args) => args.run().await,
            WhitelistCommand::Propose(propose) => propose.run().await,
            WhitelistCommand::Sign(args) => args.sign(About::Whitelist).await,
            WhitelistCommand::Submit(args) => args.submit(About::Whitelist).await,
            WhitelistCommand::DenyNow(args) => args.run().await,
            WhitelistCommand::Lift(args) => args.run().await,
            WhitelistCommand::Show(args) => args.run().await,
            WhitelistCommand::History(args) => args.run().await,
            WhitelistCommand::Export(args) => args.run().await,
        }
    }
}

/// What rights rest on.
#[derive(Args, Debug)]
pub(super) struct ReferenceArgs {
    /// Hash of the off-chain file that the rights rest on.
    #[arg(long, value_name = "HASH")]
    reference: Option<B256>,
    /// The off-chain file itself: its hash (keccak-256) is taken, and nothing of it leaves this machine.
    #[arg(long, value_name = "FILE", conflicts_with = "reference")]
    file: Option<PathBuf>,
}

impl ReferenceArgs {
    /// The hash; none if nothing was named.
    fn hash(&self) -> Result<Option<B256>, Failure> {
        let Some(file) = &self.file else {
            return Ok(self.reference);
        };
        let problem = |error| Failure::File(format!("{}: {error}.", file.display()));
        std::fs::read(file)
            .map(|bytes| Some(keccak256(bytes)))
            .map_err(problem)
    }

    /// The hash, which has to be named.
    fn require(&self) -> Result<B256, Failure> {
        let missing = || {
            Failure::Usage(
                "rights rest on an off-chain file: name its hash with --reference, or itself with --file.".into(),
            )
        };
        self.hash()?.ok_or_else(missing)
    }
}

/// The whitelist that a command is about.
async fn find(client: &Client, chain: &ChainArgs) -> Result<(Deployment, Whitelist), Failure> {
    let deployment = Deployment::of(client, &chain.file(client))?;
    let whitelist = Whitelist::find(client, &deployment).await?;
    Ok((deployment, whitelist))
}

/// A reason as an argument.
fn reason(text: &str) -> Result<String, String> {
    words::plain(text)
}
