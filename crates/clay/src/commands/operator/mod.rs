//! `clay operator`: a record at the operator-registry, its bond, and its nodes on their way to validators and back.

mod bond;
mod ceremony;
mod exits;
mod form;
mod history;
mod keys;
mod list;
mod network;
mod nodes;
mod record;
mod show;
mod simulate;

use alloy::{
    primitives::{Address, U256},
    rpc::types::TransactionReceipt,
    sol_types::{SolCall, SolEvent},
};
use clap::{Args, Subcommand};
use clay_shared::{books::Rate, math::Rounding};

use super::{ChainArgs, PoolContracts};
use crate::{
    bindings::StakeManager::registryTermsCall,
    client::Client,
    deploy::pool::Pool,
    failure::Failure,
    keys::KeyOptions,
    logs::{costs, emitted},
    output::say,
    table,
};

#[derive(Debug, Subcommand)]
pub(super) enum OperatorCommand {
    Register(record::RegisterArgs),
    /// Hands the record over to another manager key.
    #[command(subcommand)]
    Manager(record::ManagerCommand),
    /// Changes the payout address, which rewards and the bond go to.
    #[command(subcommand)]
    Payout(record::PayoutCommand),
    Metadata(record::MetadataArgs),
    Vouch(record::VouchArgs),
    List(list::ListArgs),
    Show(show::ShowArgs),
    Simulate(simulate::SimulateArgs),
    Bond(bond::BondArgs),
    AnnounceWithdrawal(bond::AnnounceArgs),
    WithdrawBond(bond::WithdrawArgs),
    Settle(bond::SettleArgs),
    CheckBond(bond::CheckArgs),
    AddNode(nodes::AddArgs),
    Nodes(nodes::NodesArgs),
    RemoveNode(nodes::RemoveArgs),
    Rejoin(nodes::RejoinArgs),
    Form(form::FormArgs),
    Ceremony(ceremony::CeremonyArgs),
    SubmitKey(keys::SubmitArgs),
    NameFailed(keys::NameArgs),
    Dissolve(keys::DissolveArgs),
    Exit(exits::ExitArgs),
    PostExitPart(exits::PartArgs),
    ExitShort(exits::ShortArgs),
    ExitUnlicensed(exits::UnlicensedArgs),
    ForceExit(exits::ForceArgs),
}

impl OperatorCommand {
    pub(super) async fn run(self) -> Result<(), Failure> {
        use OperatorCommand::*;
        match self {
            Register(args) => args.run().await,
            Manager(command) => command.run().await,
            Payout(command) => command.run().await,
            Metadata(args) => args.run().await,
            Vouch(args) => args.run().await,
            List(args) => args.run().await,
            Show(args) => args.run().await,
            Simulate(args) => args.run().await,
            Bond(args) => args.run().await,
            AnnounceWithdrawal(args) => args.run().await,
            WithdrawBond(args) => args.run().await,
            Settle(args) => args.run().await,
            CheckBond(args) => args.run().await,
            AddNode(args) => args.run().await,
            Nodes(args) => args.run().await,
            RemoveNode(args) => args.run().await,
            Rejoin(args) => args.run().await,
            Form(args) => args.run().await,
            Ceremony(args) => args.run().await,
            SubmitKey(args) => args.run().await,
            NameFailed(args) => args.run().await,
            Dissolve(args) => args.run().await,
            Exit(args) => args.run().await,
            PostExitPart(args) => args.run().await,
            ExitShort(args) => args.run().await,
            ExitUnlicensed(args) => args.run().await,
            ForceExit(args) => args.run().await,
        }
    }
}

/// Which pool's registry, to look at.
#[derive(Args, Clone, Debug)]
struct At {
    /// The pool.
    #[arg(long, default_value = "retail")]
    pool: Pool,
    #[command(flatten)]
    chain: ChainArgs,
}

/// Which pool's registry, to change something there.
#[derive(Args, Debug)]
struct Signing {
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    key: KeyOptions,
}

/// A pool's registry, on a connection that may sign.
struct Registry {
    client: Client,
    pool: PoolContracts,
    address: Address,
}

impl At {
    /// Connects to look.
    async fn open(&self) -> Result<Registry, Failure> {
        let client = self.chain.connect(None).await?;
        let pool = PoolContracts::find(&client, &self.chain, self.pool).await?;
        let address = pool.at(&client, "operator-registry").await?;
        Ok(Registry {
            client,
            pool,
            address,
        })
    }
}

impl Signing {
    /// Connects to sign; the chain is asked before a password is.
    async fn open(&self) -> Result<Registry, Failure> {
        let mut registry = self.at.open().await?;
        let signer = self.key.signer()?;
        registry.client = self.at.chain.connect(Some(signer)).await?;
        Ok(registry)
    }
}

impl Registry {
    /// Asks the registry.
    async fn view<C: SolCall>(&self, call: C) -> Result<C::Return, Failure> {
        self.client.view(self.address, call).await
    }

    /// Calls the registry, and waits; `action` says what it does.
    async fn run(
        &self,
        action: &str,
        value: U256,
        call: impl SolCall,
    ) -> Result<TransactionReceipt, Failure> {
        let data = call.abi_encode().into();
        self.client
            .transact(action, self.address, value, data)
            .await
    }

    /// What the registry told in a transaction that must have told it.
    fn told<E: SolEvent>(&self, receipt: &TransactionReceipt) -> Result<E, Failure> {
        let mut told = emitted(receipt, self.address);
        told.next().ok_or_else(|| {
            let name = E::SIGNATURE.split('(').next().unwrap_or_default();
            Failure::Conflict(format!("{} told of no {name}.", self.address))
        })
    }

    /// Wei for shares; none while nothing is priced.
    async fn rate(&self) -> Result<Option<Rate>, Failure> {
        match self
            .client
            .view(self.pool.manager, registryTermsCall {})
            .await
        {
            Ok(terms) => Ok(Some(Rate {
                assets: terms.rateAssets.saturating_to(),
                shares: terms.rateShares.saturating_to(),
            })),
            Err(Failure::Refused { .. }) => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}

/// What shares are worth, in wei, rounded down.
fn worth(rate: Rate, shares: U256) -> U256 {
    let shares = shares.saturating_to();
    let assets = rate.to_assets(shares, Rounding::Down);
    U256::from(assets.unwrap_or(u128::MAX))
}

/// Says what was done, with what is to be known of it, and what it cost.
fn done(what: &str, mut rows: Vec<(&'static str, String)>, receipt: &TransactionReceipt) {
    rows.extend(costs(receipt));
    say!("{what}\n{}", table::lines(&rows));
}
