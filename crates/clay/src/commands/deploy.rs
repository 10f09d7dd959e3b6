//! `clay deploy`: the protocol on any Arbitrum chain.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use alloy::primitives::{Address, U256};
use clap::Args;

use super::ChainArgs;
use crate::{
    amount::{self, display_eth},
    deploy::{
        self,
        protocol::{Pool, Roles},
        Options, Progress,
    },
    failure::Failure,
    keys::KeyOptions,
    output::say,
    table,
};

/// The chain `clay node` runs, as Nitro's development node does: roles have defaults there.
const DEVELOPMENT_CHAIN: u64 = 412_346;

/// Deploys, activates, wires and caches a pool; run again, it finishes what is unfinished.
#[derive(Args, Debug)]
pub(super) struct DeployArgs {
    /// The pool.
    #[arg(long, default_value = "retail")]
    pool: Pool,
    /// Owner of everything (the timelock); you, if nobody is named on the development chain.
    #[arg(long, value_name = "ADDRESS")]
    owner: Option<Address>,
    /// Who may pause; the owner, if nobody is named on the development chain.
    #[arg(long, value_name = "ADDRESS")]
    guardian: Option<Address>,
    /// The gateway's address on L1; you, if none is named on the development chain.
    #[arg(long, value_name = "ADDRESS")]
    gateway: Option<Address>,
    /// Folder with the compiled contracts.
    #[arg(long, value_name = "FOLDER", default_value = "target/contracts")]
    contracts: PathBuf,
    /// Names this deployment; another name is another deployment, at other addresses.
    #[arg(long, value_name = "NAME", default_value = "v1")]
    salt_version: String,
    /// Bids no more than this for a program's place in the cache.
    #[arg(long, value_name = "AMOUNT", value_parser = amount::parse, default_value = "0.001")]
    highest_bid: U256,
    #[command(flatten)]
    chain: ChainArgs,
    #[command(flatten)]
    key: KeyOptions,
}

impl DeployArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        // Find out that nothing answers, or a role is missing, before asking for a password.
        self.require_roles(self.chain.connect(None).await?.chain_id())?;
        let client = self.chain.connect(Some(self.key.signer()?)).await?;
        let account = client.account()?;
        let owner = self.owner.unwrap_or(account);
        let roles = Roles {
            owner,
            guardian: self.guardian.unwrap_or(owner),
            gateway: self.gateway.unwrap_or(account),
        };
        let options = Options {
            pool: self.pool,
            roles,
            file: self.chain.file(&client),
            commit: commit(&self.contracts),
            programs: self.contracts,
            namespace: "claystack".into(),
            version: self.salt_version,
            highest_bid: self.highest_bid,
        };
        say!(
            "Deploying the {} pool on chain {} from {account}",
            self.pool.name(),
            client.chain_id()
        );
        for (given, role) in [(self.owner, "owner"), (self.gateway, "gateway on L1")] {
            if given.is_none() {
                say!(
                    "  note: {role} is {account}, for want of a --{}",
                    role.split(' ').next().unwrap_or(role)
                );
            }
        }
        let mut costs = Costs::default();
        let mut observer = |progress| {
            costs.hear(progress);
            Ok(())
        };
        let deployment = deploy::deploy(&client, &options, &mut observer).await?;

        say!("{costs}\n");
        let addresses: Vec<_> = deployment
            .contracts
            .iter()
            .map(|(name, entry)| (name, entry.address.to_string()))
            .collect();
        say!("{}", table::lines(&addresses));
        say!("Written to {}.", options.file.display());
        Ok(())
    }

    /// Where others' ETH is at stake, nobody governs by default.
    fn require_roles(&self, chain: u64) -> Result<(), Failure> {
        let roles = [
            ("--owner", self.owner),
            ("--guardian", self.guardian),
            ("--gateway", self.gateway),
        ];
        let missing = roles.iter().filter(|(_, account)| account.is_none());
        let missing: Vec<_> = missing.map(|(option, _)| *option).collect();
        if chain == DEVELOPMENT_CHAIN || missing.is_empty() {
            return Ok(());
        }
        Err(Failure::Usage(format!(
            "chain {chain} is not the development chain ({DEVELOPMENT_CHAIN}): name who governs with {}.",
            missing.join(", ")
        )))
    }
}

/// Prints the progress and adds up what it cost.
#[derive(Default)]
struct Costs {
    transactions: u64,
    gas: u64,
    wei: U256,
}

impl Costs {
    fn hear(&mut self, progress: Progress) {
        match progress {
            Progress::Holds { step } => say!("  {step:<44} in place"),
            Progress::Sent { .. } => {}
            Progress::Done {
                step,
                gas,
                gas_cost,
                activation_fee,
            } => {
                let fee = activation_fee.unwrap_or_default();
                self.transactions += 1;
                self.gas = self.gas.saturating_add(gas);
                self.wei = self.wei.saturating_add(gas_cost).saturating_add(fee);
                let fee = activation_fee
                    .map(|fee| format!(", activation {}", display_eth(fee)))
                    .unwrap_or_default();
                say!(
                    "  {step:<44} {gas:>10} gas ({}){fee}",
                    display_eth(gas_cost)
                );
            }
            Progress::Notice(text) => say!("  note: {text}"),
        }
    }
}

impl std::fmt::Display for Costs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            transactions,
            gas,
            wei,
        } = self;
        write!(
            f,
            "{transactions} transactions, {gas} gas, {} with activation fees",
            display_eth(*wei)
        )
    }
}

/// The git commit of the folder, `-dirty` if files under version control have changed.
fn commit(folder: &Path) -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .arg("-C")
            .arg(folder)
            .args(arguments)
            .output()
            .ok()?;
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "HEAD"])?;
    let changed = !git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty();
    Some(if changed {
        format!("{commit}-dirty")
    } else {
        commit
    })
}
