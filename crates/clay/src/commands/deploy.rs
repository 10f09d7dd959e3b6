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
        pool::{Institutional, Pool, TransferPolicy},
        roles::{Committee, Roles},
        Options, Progress, Timelock,
    },
    development,
    failure::Failure,
    keys::KeyOptions,
    output::say,
    table,
};

/// First part of the salts.
const NAMESPACE: &str = "claystack";

/// Deploys, activates, wires and caches both pools; run again, it finishes what is unfinished.
#[derive(Args, Debug)]
pub(super) struct DeployArgs {
    /// Only this pool, and what both share.
    #[arg(long)]
    pool: Option<Pool>,
    /// How shares of the institutional pool move: must be chosen where it is deployed.
    #[arg(long, value_name = "POLICY")]
    transfer_policy: Option<TransferPolicy>,
    /// Deploys a timelock that owns everything; these accounts may schedule what it does.
    #[arg(long, value_name = "ADDRESS,...", value_delimiter = ',')]
    proposers: Option<Vec<Address>>,
    /// Who may stop what is scheduled; the guardian, if nobody is named.
    #[arg(
        long,
        value_name = "ADDRESS,...",
        value_delimiter = ',',
        requires = "proposers"
    )]
    cancellers: Option<Vec<Address>>,
    /// Owner of everything, if there is one already; you, if neither it nor proposers are named on the development chain.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "proposers")]
    owner: Option<Address>,
    /// Who may pause; the owner, if nobody is named on the development chain.
    #[arg(long, value_name = "ADDRESS")]
    guardian: Option<Address>,
    /// The gateway's address on L1; you, if none is named on the development chain.
    #[arg(long, value_name = "ADDRESS")]
    gateway: Option<Address>,
    /// Who gets the treasury's part of the fee; the owner, if nobody is named.
    #[arg(long, value_name = "ADDRESS")]
    treasury: Option<Address>,
    /// The members of the oracle committee; accounts of the development chain, if nobody is named there.
    #[arg(
        long,
        value_name = "ADDRESS,...",
        value_delimiter = ',',
        requires = "reporter_quorum"
    )]
    reporters: Option<Vec<Address>>,
    /// How many of them a report needs.
    #[arg(long, value_name = "COUNT", requires = "reporters")]
    reporter_quorum: Option<u64>,
    /// Who agrees to losses beyond the caps, other people than the reporters; accounts of the development
    /// chain, if nobody is named there.
    #[arg(
        long,
        value_name = "ADDRESS,...",
        value_delimiter = ',',
        requires = "acknowledger_quorum"
    )]
    acknowledgers: Option<Vec<Address>>,
    /// How many of them an acknowledgement needs.
    #[arg(long, value_name = "COUNT", requires = "acknowledgers")]
    acknowledger_quorum: Option<u64>,
    /// The Board, which says who may stake, hold and redeem in the institutional pool; accounts of the development
    /// chain, if nobody is named there.
    #[arg(
        long,
        value_name = "ADDRESS,...",
        value_delimiter = ',',
        requires = "board_quorum"
    )]
    board: Option<Vec<Address>>,
    /// How many of them decide.
    #[arg(long, value_name = "COUNT", requires = "board")]
    board_quorum: Option<u64>,
    /// Who may deny an account for 7 days, until the Board decides; an account of the development chain, if nobody is
    /// named there.
    #[arg(long, value_name = "ADDRESS")]
    compliance_officer: Option<Address>,
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
        let policy = self.transfer_policy()?;
        // Find out that nothing answers, or a role is missing, before asking for a password.
        self.require_roles(self.chain.connect(None).await?.chain_id())?;
        let client = self.chain.connect(Some(self.key.signer()?)).await?;
        let account = client.account()?;
        let guardian = self.guardian.or(self.owner).unwrap_or(account);
        let timelock = self.proposers.as_ref().map(|proposers| Timelock {
            proposers: proposers.clone(),
            cancellers: self.cancellers.clone().unwrap_or_else(|| vec![guardian]),
        });
        let owner = match &timelock {
            Some(_) => deploy::timelock_address(NAMESPACE, &self.salt_version, account),
            None => self.owner.unwrap_or(account),
        };
        let roles = Roles {
            owner,
            guardian,
            gateway: self.gateway.unwrap_or(account),
            treasury: self.treasury.unwrap_or(owner),
            reporters: committee(
                self.reporters.as_deref(),
                self.reporter_quorum,
                (&development::REPORTERS, development::REPORTER_QUORUM),
            ),
            acknowledgers: committee(
                self.acknowledgers.as_deref(),
                self.acknowledger_quorum,
                (
                    &development::ACKNOWLEDGERS,
                    development::ACKNOWLEDGER_QUORUM,
                ),
            ),
        };
        let institutional = policy.map(|transfer_policy| Institutional {
            board: committee(
                self.board.as_deref(),
                self.board_quorum,
                (&development::BOARD, development::BOARD_QUORUM),
            ),
            compliance_officer: self
                .compliance_officer
                .unwrap_or(development::COMPLIANCE_OFFICER),
            transfer_policy,
        });
        let notes = self.notes(&roles);
        let options = Options {
            retail: self.pool != Some(Pool::Institutional),
            institutional,
            roles,
            timelock,
            file: self.chain.file(&client),
            commit: commit(&self.contracts),
            programs: self.contracts,
            namespace: NAMESPACE.into(),
            version: self.salt_version,
            highest_bid: self.highest_bid,
        };
        let pools: Vec<_> = options.pools().map(Pool::name).collect();
        say!(
            "Deploying the {} pool{} on chain {} from {account}",
            pools.join(" and the "),
            if pools.len() > 1 { "s" } else { "" },
            client.chain_id()
        );
        for note in notes {
            say!("  note: {note}");
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

    /// Whether the institutional pool is deployed.
    fn is_institutional(&self) -> bool {
        self.pool != Some(Pool::Retail)
    }

    /// How its shares move; none if it is not deployed.
    fn transfer_policy(&self) -> Result<Option<TransferPolicy>, Failure> {
        match (self.is_institutional(), self.transfer_policy) {
            (true, Some(policy)) => Ok(Some(policy)),
            (true, None) => Err(TransferPolicy::missing()),
            (false, None) => Ok(None),
            (false, Some(_)) => Err(Failure::Usage(
                "--transfer-policy is of the institutional pool, and --pool retail leaves it out."
                    .into(),
            )),
        }
    }

    /// What was decided for want of an option.
    fn notes(&self, roles: &Roles) -> Vec<String> {
        let accounts = [
            (
                self.owner
                    .or_else(|| self.proposers.as_ref().map(|_| roles.owner)),
                "owner",
                roles.owner,
            ),
            (self.gateway, "gateway on L1", roles.gateway),
            (self.treasury, "treasury", roles.treasury),
        ];
        let accounts = accounts.iter().filter(|(given, ..)| given.is_none());
        let mut notes: Vec<_> = accounts
            .map(|(_, role, account)| {
                let option = role.split(' ').next().unwrap_or(role);
                format!("{role} is {account}, for want of a --{option}")
            })
            .collect();
        let institutional = self.is_institutional();
        let known = [
            (self.reporters.is_none(), "reporters are", "reporters"),
            (
                self.acknowledgers.is_none(),
                "acknowledgers are",
                "acknowledgers",
            ),
            (
                institutional && self.board.is_none(),
                "members of the Board are",
                "board",
            ),
            (
                institutional && self.compliance_officer.is_none(),
                "compliance officer is one of the",
                "compliance-officer",
            ),
        ];
        let known = known.iter().filter(|(missing, ..)| *missing);
        notes.extend(known.map(|(_, who, option)| {
            format!(
                "{who} development accounts, whose keys everybody knows, for want of --{option}"
            )
        }));
        notes
    }

    /// Where others' ETH is at stake, nobody governs by default.
    fn require_roles(&self, chain: u64) -> Result<(), Failure> {
        let institutional = self.is_institutional();
        let roles = [
            (
                "--proposers or --owner",
                self.owner.is_none() && self.proposers.is_none(),
            ),
            ("--guardian", self.guardian.is_none()),
            ("--gateway", self.gateway.is_none()),
            (
                "--reporters with --reporter-quorum",
                self.reporters.is_none(),
            ),
            (
                "--acknowledgers with --acknowledger-quorum",
                self.acknowledgers.is_none(),
            ),
            (
                "--board with --board-quorum",
                institutional && self.board.is_none(),
            ),
            (
                "--compliance-officer",
                institutional && self.compliance_officer.is_none(),
            ),
        ];
        let missing = roles.iter().filter(|(_, missing)| *missing);
        let missing: Vec<_> = missing.map(|(option, _)| *option).collect();
        if chain == development::CHAIN || missing.is_empty() {
            return Ok(());
        }
        Err(Failure::Usage(format!(
            "chain {chain} is not the development chain ({}): name who governs with {}.",
            development::CHAIN,
            missing.join(", ")
        )))
    }
}

/// Who was named with a quorum, or else the committee of the development chain.
fn committee(
    members: Option<&[Address]>,
    quorum: Option<u64>,
    (usual, usual_quorum): (&[Address], u64),
) -> Committee {
    let members = members.unwrap_or(usual).to_vec();
    Committee::new(members, quorum.unwrap_or(usual_quorum))
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
