//! `clay epoch`: what operators earn, from the nodes' performance to the claim.

mod chain;
mod claims;
mod collect;
mod files;
mod nodes;
mod performance;
mod publish;
mod show;

use alloy::primitives::{hex, B256};
use clap::{Args, Subcommand};

use super::{ChainArgs, PoolContracts};
use crate::{client::Client, deploy::pool::Pool, failure::Failure, keys::KeyOptions};

use chain::Distributor;

#[derive(Debug, Subcommand)]
pub(super) enum EpochCommand {
    Show(show::ShowArgs),
    Collect(collect::CollectArgs),
    Compute(files::ComputeArgs),
    Verify(files::VerifyArgs),
    Explain(files::ExplainArgs),
    Publish(publish::PublishArgs),
    Fetch(publish::FetchArgs),
    Apply(claims::ApplyArgs),
    Claim(claims::ClaimArgs),
    Sync(claims::SyncArgs),
}

impl EpochCommand {
    pub(super) async fn run(self) -> Result<(), Failure> {
        use EpochCommand::*;
        match self {
            Show(args) => args.run().await,
            Collect(args) => args.run().await,
            Compute(args) => args.run(),
            Verify(args) => args.run().await,
            Explain(args) => args.run(),
            Publish(args) => args.run().await,
            Fetch(args) => args.run().await,
            Apply(args) => args.run().await,
            Claim(args) => args.run().await,
            Sync(args) => args.run().await,
        }
    }
}

/// Which pool's rewards.
#[derive(Args, Clone, Debug)]
struct At {
    /// The pool.
    #[arg(long, default_value = "retail")]
    pool: Pool,
    #[command(flatten)]
    chain: ChainArgs,
}

/// Which pool's rewards, to change something there.
#[derive(Args, Debug)]
struct Signing {
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    key: KeyOptions,
}

impl At {
    async fn open(&self) -> Result<Distributor, Failure> {
        Distributor::of(self.chain.connect(None).await?, self).await
    }
}

impl Signing {
    /// Asks the chain before asking for a password.
    async fn open(&self) -> Result<Distributor, Failure> {
        self.at.open().await?;
        let client: Client = self.at.chain.connect(Some(self.key.signer()?)).await?;
        Distributor::of(client, &self.at).await
    }
}

/// A content hash as people pass it on; a bare one looks like a private key.
fn told(hash: B256) -> String {
    format!("sha256:{}", hex::encode(hash))
}

/// Reads a content hash as [`told`] writes it.
fn parse_hash(text: &str) -> Result<B256, String> {
    let digits = text.strip_prefix("sha256:").unwrap_or_default();
    let form = "a content hash is sha256: and 64 digits";
    digits.parse().map_err(|_| form.to_owned())
}

/// What is wrong with an epoch's files.
fn wrong(error: clay_epoch::Error) -> Failure {
    match error {
        clay_epoch::Error::Inconsistent(reason) => Failure::Conflict(reason),
        other => Failure::File(other.to_string()),
    }
}
