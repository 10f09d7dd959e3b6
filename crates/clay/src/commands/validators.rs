//! `clay validators`: the registry's keys.

use std::path::PathBuf;

use alloy::{primitives::U256, sol_types::SolCall};
use clap::{Args, Subcommand};

use super::{ChainArgs, PoolContracts};
use crate::{
    bindings::OperatorRegistry::{addKeysCall, countsCall, gatewayCall},
    deploy::pool::Pool,
    deposit_data::DepositData,
    failure::Failure,
    file,
    keys::KeyOptions,
    output::say,
};

/// Keys added in one transaction.
const BATCH: usize = 50;

#[derive(Debug, Subcommand)]
pub(super) enum ValidatorsCommand {
    Add(AddArgs),
}

impl ValidatorsCommand {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let ValidatorsCommand::Add(args) = self;
        args.run().await
    }
}

/// Adds validators' keys to the registry, which funds them first in, first out. The registry's owner only.
#[derive(Args, Debug)]
pub(super) struct AddArgs {
    /// Deposit data for 1 ETH each and the gateway's withdrawal credentials, as Ethereum's key tools write it.
    file: PathBuf,
    /// The pool.
    #[arg(long, default_value = "retail")]
    pool: Pool,
    #[command(flatten)]
    chain: ChainArgs,
    #[command(flatten)]
    key: KeyOptions,
}

impl AddArgs {
    async fn run(self) -> Result<(), Failure> {
        // Ask the chain before asking for a password.
        let reader = self.chain.connect(None).await?;
        let pool = PoolContracts::find(&reader, &self.chain, self.pool).await?;
        let registry = pool.at(&reader, "operator-registry").await?;
        let gateway = reader.view(registry, gatewayCall {}).await?;
        let place = self.file.display();
        let missing = || Failure::File(format!("{place}: there is no such file."));
        let data: Vec<DepositData> = file::read(&self.file)?.ok_or_else(missing)?;
        let mut keys = Vec::with_capacity(data.len());
        for (index, data) in data.iter().enumerate() {
            let key = data.key(gateway);
            keys.push(key.map_err(|why| Failure::File(format!("{place}: key {index}: {why}.")))?);
        }
        let client = self.chain.connect(Some(self.key.signer()?)).await?;
        for batch in keys.chunks(BATCH) {
            let call = addKeysCall {
                keys: batch.concat().into(),
            };
            client
                .transact(
                    "adding keys",
                    registry,
                    U256::ZERO,
                    call.abi_encode().into(),
                )
                .await?;
        }
        let counts = client.view(registry, countsCall {}).await?;
        say!(
            "{} keys added: {} in the list, {} of them funded.",
            keys.len(),
            counts.keys,
            counts.funded
        );
        Ok(())
    }
}
