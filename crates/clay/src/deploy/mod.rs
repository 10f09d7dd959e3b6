//! Deployment of the protocol, idempotent and resumable.
//!
//! Every step makes sure that something holds: it looks at the chain, and sends a transaction only if it does
//! not hold yet. What stands is known from the chain, the account and the salts alone, so a deployment that
//! was stopped anywhere goes on where it was, with or without its file.

pub mod activation;
pub mod contract;
pub mod pool;
mod pool_plan;
pub mod protocol;
pub mod record;
pub mod roles;
mod runner;
mod shared_plan;
mod timelock_plan;
pub mod wire;

use std::path::PathBuf;

use alloy::primitives::{Address, B256, U256};

use crate::{client::Client, failure::Failure, file};
use pool::{Institutional, Pool, TransferPolicy};
use record::Deployment;
use roles::Roles;
use runner::Runner;
pub use timelock_plan::Timelock;

/// What is deployed, and where it is noted.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether the retail pool is deployed.
    pub retail: bool,
    /// The institutional pool, if it is deployed.
    pub institutional: Option<Institutional>,
    /// Who governs them.
    pub roles: Roles,
    /// The timelock that is deployed to be the owner ([`timelock_address`]); none if the owner is another account.
    pub timelock: Option<Timelock>,
    /// Folder with the programs, NAME.wasm.
    pub programs: PathBuf,
    /// The deployment file.
    pub file: PathBuf,
    /// First part of the salts.
    pub namespace: String,
    /// Last part of the salts of contracts that are not implementations.
    pub version: String,
    /// Highest bid for a place in the cache, wei a program.
    pub highest_bid: U256,
    /// Git commit for the file.
    pub commit: Option<String>,
}

impl Options {
    /// The pools that are deployed.
    pub fn pools(&self) -> impl Iterator<Item = Pool> + '_ {
        let wanted = |pool: &Pool| match pool {
            Pool::Retail => self.retail,
            Pool::Institutional => self.institutional.is_some(),
        };
        Pool::ALL.into_iter().filter(wanted)
    }

    /// How a pool's shares move; none where they are free.
    fn transfer_policy(&self, pool: Pool) -> Option<TransferPolicy> {
        match pool {
            Pool::Retail => None,
            Pool::Institutional => self
                .institutional
                .as_ref()
                .map(|institutional| institutional.transfer_policy),
        }
    }
}

/// What a deployment tells while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A step holds already.
    Holds {
        /// The step.
        step: String,
    },
    /// A transaction was sent; it may not be mined yet.
    Sent {
        /// The step.
        step: String,
        /// The transaction.
        transaction: B256,
    },
    /// A transaction was mined.
    Done {
        /// The step.
        step: String,
        /// Gas it used.
        gas: u64,
        /// Wei paid for the gas.
        gas_cost: U256,
        /// Wei paid to activate a program.
        activation_fee: Option<U256>,
    },
    /// Something the user should know.
    Notice(String),
}

/// Hears the progress of a deployment. An error stops it, as a kill would.
pub type Observer<'a> = dyn FnMut(Progress) -> Result<(), Failure> + Send + 'a;

/// Deploys, or finishes a deployment, and writes the deployment file.
///
/// # Errors
/// Any [`Failure`]; it can be run again after each.
pub async fn deploy(
    client: &Client,
    options: &Options,
    observer: &mut Observer<'_>,
) -> Result<Deployment, Failure> {
    options.roles.require_all()?;
    if let Some(timelock) = &options.timelock {
        timelock.require()?;
    }
    if let Some(institutional) = &options.institutional {
        institutional.require()?;
    }
    let account = client.account()?;
    let earlier = Deployment::read(&options.file)?;
    if let Some(earlier) = &earlier {
        earlier.require_chain(client, &options.file)?;
        require_account(earlier, account, options)?;
    }
    file::require_writable(&options.file)?;
    activation::require_stylus(client).await?;
    client.settle().await?;
    let plan = protocol::plan(options, account)?;

    let mut runner = Runner::new(client, account, observer);
    runner.standing(&plan.roles).await?;
    runner.factory().await?;
    runner.deployer().await?;
    for contract in &plan.contracts {
        runner.contract(contract).await?;
    }
    runner.wires(&plan.wires).await?;
    runner.wires(&plan.roles).await?;
    runner.cache(&plan.contracts, options.highest_bid).await?;
    let deployment = runner
        .record(&plan.contracts, earlier, options.commit.clone())
        .await;
    deployment.write(&options.file)?;
    Ok(deployment)
}

/// Where the timelock of a deployment by `account` is, or will be.
pub fn timelock_address(namespace: &str, version: &str, account: Address) -> Address {
    protocol::Places::new(namespace, version, account)
        .shared
        .timelock
        .address
}

/// Another account would deploy everything a second time, at other addresses.
fn require_account(
    earlier: &Deployment,
    account: Address,
    options: &Options,
) -> Result<(), Failure> {
    if earlier.account == account {
        return Ok(());
    }
    Err(Failure::Conflict(format!(
        "{} was deployed by {}, and your key is that of {account}.\nUse the same key to go on with it, or another \
         file (--deployment) for a deployment of your own.",
        options.file.display(),
        earlier.account,
    )))
}
