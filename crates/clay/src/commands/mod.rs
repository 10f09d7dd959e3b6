//! The command line: one file a command.

mod allocation;
mod autobalance;
mod balance;
mod cancel;
mod claim;
mod committee;
mod confirmation;
mod conversion;
mod convert;
mod deploy;
mod epoch;
mod ethereum;
mod fee_plot;
mod flash_exit;
mod gov;
mod keys;
mod lines;
mod liquidity;
mod maintain;
mod node;
mod operator;
mod oracle;
mod orders;
mod outcomes;
mod parameters;
mod proposals;
mod report;
mod reserve;
mod run_validators;
mod stake;
mod status;
mod unstake;
mod validators;
mod verify;
mod whitelist;

use std::path::PathBuf;

use alloy::{
    primitives::{Address, U256},
    signers::local::PrivateKeySigner,
    sol_types::SolCall,
};
use clap::{Args, Parser, Subcommand};
use clay_shared::kyc::UNDENIED;

use crate::{
    bindings::{KycWhitelist::checkCall, StakeManager::whitelistCall},
    client::Client,
    deploy::{
        pool::{self, Pool},
        record::Deployment,
    },
    failure::Failure,
};

/// Runs a chain, deploys ClayStack on it, stakes, and shows what is there.
///
/// Exit codes: 0 done; 1 any other error; 2 wrong command line; 3 no chain answers; 4 wrong chain;
/// 5 unfunded account; 6 not deployed; 7 refused by a contract or the node; 8 no usable key; 9 a file is
/// missing or wrong; 10 the chain holds something else than it should.
#[derive(Debug, Parser)]
#[command(name = "clay", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Node(node::NodeArgs),
    Deploy(deploy::DeployArgs),
    Maintain(maintain::MaintainArgs),
    Verify(verify::VerifyArgs),
    Stake(stake::StakeArgs),
    Unstake(unstake::UnstakeArgs),
    Orders(orders::OrdersArgs),
    Claim(claim::ClaimArgs),
    Cancel(cancel::CancelArgs),
    FlashExit(flash_exit::FlashExitArgs),
    Convert(convert::ConvertArgs),
    Liquidity(liquidity::LiquidityArgs),
    Balance(balance::BalanceArgs),
    Status(status::StatusArgs),
    /// Looks at what the oracle committee has reported.
    #[command(subcommand)]
    Report(report::ReportCommand),
    Autobalance(autobalance::AutobalanceArgs),
    Validators(validators::ValidatorsArgs),
    /// Registers an operator, and runs its bond, its nodes, their key ceremonies and exits.
    #[command(subcommand)]
    Operator(operator::OperatorCommand),
    /// Recomputes whom the registry chooses for the next validator.
    #[command(subcommand)]
    Allocation(allocation::AllocationCommand),
    /// Rewards of operators: an epoch's inputs, its root, and claims.
    #[command(subcommand)]
    Epoch(epoch::EpochCommand),
    /// Plays with the Ethereum side of a development chain.
    #[command(subcommand)]
    Ethereum(ethereum::EthereumCommand),
    /// Proposes, schedules and executes what the timelock does, which owns everything.
    #[command(subcommand)]
    Gov(gov::GovCommand),
    /// Proposes, signs and hands in what the oracle committee or the acknowledger decides.
    #[command(subcommand)]
    Committee(committee::CommitteeCommand),
    /// Reports on Ethereum as a member of the oracle committee.
    #[command(subcommand)]
    Oracle(oracle::OracleCommand),
    /// Says who may stake, hold and redeem in the institutional pool, and who is denied everything.
    #[command(subcommand)]
    Whitelist(whitelist::WhitelistCommand),
    /// Creates keys.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
}

impl Cli {
    /// Runs the command.
    ///
    /// # Errors
    /// A [`Failure`] where the user can do something about it.
    pub async fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Node(args) => args.run().await,
            Command::Deploy(args) => args.run().await.map_err(Into::into),
            Command::Maintain(args) => args.run().await.map_err(Into::into),
            Command::Verify(args) => args.run().await.map_err(Into::into),
            Command::Stake(args) => args.run().await.map_err(Into::into),
            Command::Unstake(args) => args.run().await.map_err(Into::into),
            Command::Orders(args) => args.run().await.map_err(Into::into),
            Command::Claim(args) => args.run().await.map_err(Into::into),
            Command::Cancel(args) => args.run().await.map_err(Into::into),
            Command::FlashExit(args) => args.run().await.map_err(Into::into),
            Command::Convert(args) => args.run().await.map_err(Into::into),
            Command::Liquidity(args) => args.run().await.map_err(Into::into),
            Command::Report(command) => command.run().await.map_err(Into::into),
            Command::Gov(command) => command.run().await.map_err(Into::into),
            Command::Committee(command) => command.run().await.map_err(Into::into),
            Command::Oracle(command) => command.run().await.map_err(Into::into),
            Command::Whitelist(command) => command.run().await.map_err(Into::into),
            Command::Validators(args) => args.run().await.map_err(Into::into),
            Command::Operator(command) => command.run().await.map_err(Into::into),
            Command::Allocation(command) => command.run().await.map_err(Into::into),
            Command::Epoch(command) => command.run().await.map_err(Into::into),
            Command::Ethereum(command) => command.run().await.map_err(Into::into),
            Command::Autobalance(args) => args.run().await.map_err(Into::into),
            Command::Balance(args) => args.run().await.map_err(Into::into),
            Command::Status(args) => args.run().await.map_err(Into::into),
            Command::Keys(command) => command.run().map_err(Into::into),
        }
    }
}

/// Which chain, and which deployment on it.
#[derive(Args, Clone, Debug)]
pub(crate) struct ChainArgs {
    /// The chain's JSON-RPC: http, https, ws or wss.
    #[arg(
        long,
        value_name = "URL",
        env = "CLAY_RPC",
        hide_env_values = true,
        default_value = "http://127.0.0.1:8547"
    )]
    rpc: String,
    /// The deployment file; deployments/CHAIN_ID.json if it is not given.
    #[arg(long, value_name = "FILE")]
    deployment: Option<PathBuf>,
}

impl ChainArgs {
    async fn connect(&self, signer: Option<PrivateKeySigner>) -> Result<Client, Failure> {
        Client::connect(&self.rpc, signer).await
    }

    fn file(&self, client: &Client) -> PathBuf {
        let default = || PathBuf::from(format!("deployments/{}.json", client.chain_id()));
        self.deployment.clone().unwrap_or_else(default)
    }
}

/// A pool's contracts on the chain a command is connected to.
pub(crate) struct PoolContracts {
    deployment: Deployment,
    pool: Pool,
    manager: Address,
    token: Address,
}

impl PoolContracts {
    async fn find(client: &Client, chain: &ChainArgs, pool: Pool) -> Result<Self, Failure> {
        let deployment = Deployment::of(client, &chain.file(client))?;
        Self::of(client, deployment, pool).await
    }

    /// A pool of a deployment.
    async fn of(client: &Client, deployment: Deployment, pool: Pool) -> Result<Self, Failure> {
        let manager = pool.contract("stake-manager");
        let manager = deployment.contract(client, &manager).await?;
        let token = pool.contract(pool.token());
        let token = deployment.contract(client, &token).await?;
        Ok(Self {
            deployment,
            pool,
            manager,
            token,
        })
    }

    /// Another contract of the pool.
    async fn at(&self, client: &Client, name: &str) -> Result<Address, Failure> {
        let name = self.pool.contract(name);
        self.deployment.contract(client, &name).await
    }

    /// A contract that both pools share.
    async fn shared(&self, client: &Client, name: &str) -> Result<Address, Failure> {
        let name = pool::shared(name);
        self.deployment.contract(client, &name).await
    }

    /// Refuses where the pool's whitelist will, before anything that depends on the pool's state: so an account that
    /// lacks a right learns this first.
    async fn require_rights(
        &self,
        client: &Client,
        action: &str,
        [(first, its), (second, others)]: [(Address, u8); 2],
    ) -> Result<(), Failure> {
        let whitelist = client.view(self.manager, whitelistCall {}).await?;
        if whitelist.is_zero() {
            return Ok(());
        }
        let call = checkCall {
            accounts: [first, second, Address::ZERO],
            rights: [its, others, UNDENIED],
        };
        let answer = client
            .call(whitelist, call.abi_encode().into(), U256::ZERO)
            .await;
        answer
            .map(|_| ())
            .map_err(|error| client.explain(action, &error))
    }

    /// The block that created a contract of the pool; the first one if that is not known.
    async fn since(&self, client: &Client, name: &str) -> Result<u64, Failure> {
        let name = self.pool.contract(name);
        self.deployment.created(client, &name).await
    }
}
