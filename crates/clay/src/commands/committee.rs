//! `clay committee`: calls that members of a committee agree on by hand, from proposal to execution.

use std::path::{Path, PathBuf};

use alloy::{
    primitives::{Address, Bytes, U256},
    sol_types::SolCall,
};
use clap::{Args, Subcommand};

use super::{ChainArgs, PoolContracts};
use crate::{
    amount,
    bindings::{
        OperatorRegistry::confirmExitsCall,
        StakeManager::{acknowledgeCall, booksCall, flagSlashingCall, reportCall, Report},
    },
    client::Client,
    deploy::{contract::Call, pool::Pool},
    failure::Failure,
    keys::KeyOptions,
    moment,
    output::say,
    proposal::Proposal,
    table,
};

const GWEI: u64 = 1_000_000_000;

#[derive(Debug, Subcommand)]
pub(super) enum CommitteeCommand {
    /// Proposes a call: writes it to a file that members sign.
    #[command(subcommand)]
    Propose(Propose),
    /// Shows what a proposal says and who has signed it.
    Show(FileArgs),
    /// Adds your signature to a proposal.
    Sign(SignArgs),
    /// Hands in a proposal that enough members have signed. Anyone may.
    Submit(SignArgs),
}

/// What a committee may do.
#[derive(Debug, Subcommand)]
pub(super) enum Propose {
    Report(ReportArgs),
    /// Stops pricing until a report tells what a slashing cost (oracle committee).
    Flag(ProposeArgs),
    ConfirmExits(ConfirmArgs),
    Acknowledge(AcknowledgeArgs),
}

/// Where the proposal goes.
#[derive(Args, Debug)]
pub(super) struct ProposeArgs {
    /// The file to write.
    file: PathBuf,
    /// How long it can be handed in, hours of the chain's time.
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    valid_for: u64,
    /// The pool.
    #[arg(long, default_value = "retail")]
    pool: Pool,
    #[command(flatten)]
    chain: ChainArgs,
}

/// Reports what was read at a slot; terms not given stay as they are in the books (oracle committee).
#[derive(Args, Debug)]
pub(super) struct ReportArgs {
    /// Time of the slot, in seconds since the epoch; the chain's latest block's, if not given.
    #[arg(long, value_name = "SECONDS")]
    slot_time: Option<u64>,
    /// Balances of all validators.
    #[arg(long, value_name = "AMOUNT", value_parser = amount::parse)]
    cl_balance: Option<U256>,
    /// Counter: sent out, and now in the balances, given back unused or lost.
    #[arg(long, value_name = "AMOUNT", value_parser = amount::parse)]
    deposits_seen: Option<U256>,
    /// Counter: what the gateway received or gives back unused.
    #[arg(long, value_name = "AMOUNT", value_parser = amount::parse)]
    left_seen: Option<U256>,
    /// Penalties that are known and not charged yet.
    #[arg(long, value_name = "AMOUNT", value_parser = amount::parse)]
    expected_loss: Option<U256>,
    /// Part of the change that makes up for losses reported earlier.
    #[arg(long, value_name = "AMOUNT", value_parser = amount::parse, default_value = "0")]
    recovered: U256,
    /// The epoch this report ends; 0 if it ends none.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    epoch: u32,
    #[command(flatten)]
    propose: ProposeArgs,
}

/// Says that exits asked for are done: their ETH is in a report (oracle committee).
#[derive(Args, Debug)]
pub(super) struct ConfirmArgs {
    /// How many.
    count: U256,
    #[command(flatten)]
    propose: ProposeArgs,
}

/// Agrees to a loss beyond the caps (acknowledger).
#[derive(Args, Debug)]
pub(super) struct AcknowledgeArgs {
    /// Lowest rate that may result, before cover: wei per share, in ETH.
    #[arg(long, value_name = "RATE", value_parser = amount::parse)]
    lowest: U256,
    /// Highest rate that may result, before cover.
    #[arg(long, value_name = "RATE", value_parser = amount::parse)]
    highest: U256,
    /// How long it holds for newer reports, hours of the chain's time.
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    holds_for: u64,
    #[command(flatten)]
    propose: ProposeArgs,
}

/// A proposal, and the chain it is for.
#[derive(Args, Debug)]
pub(super) struct FileArgs {
    /// The proposal.
    file: PathBuf,
    /// The pool.
    #[arg(long, default_value = "retail")]
    pool: Pool,
    #[command(flatten)]
    chain: ChainArgs,
}

/// A proposal, and the key of whoever signs it or hands it in.
#[derive(Args, Debug)]
pub(super) struct SignArgs {
    #[command(flatten)]
    proposal: FileArgs,
    #[command(flatten)]
    key: KeyOptions,
}

impl CommitteeCommand {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            CommitteeCommand::Propose(propose) => propose.run().await,
            CommitteeCommand::Show(args) => {
                let client = args.chain.connect(None).await?;
                args.open(&client).await.map(|_| ())
            }
            CommitteeCommand::Sign(args) => args.sign().await,
            CommitteeCommand::Submit(args) => args.submit().await,
        }
    }
}

impl Propose {
    async fn run(self) -> Result<(), Failure> {
        let args = match &self {
            Propose::Report(args) => &args.propose,
            Propose::Flag(args) => args,
            Propose::ConfirmExits(args) => &args.propose,
            Propose::Acknowledge(args) => &args.propose,
        };
        let client = args.chain.connect(None).await?;
        let pool = PoolContracts::find(&client, &args.chain, args.pool).await?;
        let now = client.now().await?;
        let (committee, target, data) = match &self {
            Propose::Report(args) => {
                let report = args.report(&client, &pool, now).await?;
                let call = reportCall { report }.abi_encode();
                ("oracle-committee", pool.manager, call)
            }
            Propose::Flag(_) => {
                let call = flagSlashingCall {}.abi_encode();
                ("oracle-committee", pool.manager, call)
            }
            Propose::ConfirmExits(args) => {
                let registry = pool.at(&client, "operator-registry").await?;
                let call = confirmExitsCall { count: args.count }.abi_encode();
                ("oracle-committee", registry, call)
            }
            Propose::Acknowledge(args) => {
                let call = acknowledgeCall {
                    lowestRate: args.lowest,
                    highestRate: args.highest,
                    deadline: U256::from(now.saturating_add(hours(args.holds_for))),
                };
                ("acknowledger", pool.manager, call.abi_encode())
            }
        };
        let committee = pool.at(&client, committee).await?;
        let deadline = now.saturating_add(hours(args.valid_for));
        let proposal =
            Proposal::next(&client, committee, target, Bytes::from(data), deadline).await?;
        proposal.write(&args.file)?;
        tell(&pool, &proposal, now);
        say!(
            "Written to {}. Members sign it with `clay committee sign`.",
            args.file.display()
        );
        Ok(())
    }
}

impl ReportArgs {
    async fn report(
        &self,
        client: &Client,
        pool: &PoolContracts,
        now: u64,
    ) -> Result<Report, Failure> {
        let books = client.view(pool.manager, booksCall {}).await?;
        let expected = self.expected_loss.unwrap_or(books.expectedLoss);
        Ok(Report {
            slotTime: self.slot_time.unwrap_or(now),
            clBalanceGwei: in_gwei("--cl-balance", self.cl_balance, books.clBalance)?,
            depositsSeenGwei: in_gwei("--deposits-seen", self.deposits_seen, books.depositsSeen)?,
            leftSeen: narrow("--left-seen", self.left_seen.unwrap_or(books.leftSeen))?,
            expectedLoss: narrow("--expected-loss", expected)?,
            recovered: narrow("--recovered", self.recovered)?,
            epoch: self.epoch,
        })
    }
}

impl FileArgs {
    /// Reads the proposal and tells what it says.
    async fn open(&self, client: &Client) -> Result<Proposal, Failure> {
        let pool = PoolContracts::find(client, &self.chain, self.pool).await?;
        let proposal = Proposal::read(client, &self.file)?;
        tell(&pool, &proposal, client.now().await?);
        Ok(proposal)
    }

    fn file(&self) -> &Path {
        &self.file
    }
}

impl SignArgs {
    async fn sign(self) -> Result<(), Failure> {
        let client = self.proposal.chain.connect(None).await?;
        let mut proposal = self.proposal.open(&client).await?;
        let signer = self.key.signer()?;
        proposal.sign(&client, &signer).await?;
        proposal.write(self.proposal.file())?;
        say!(
            "Signed by {}: {} signatures.",
            signer.address(),
            proposal.signatures.len()
        );
        Ok(())
    }

    async fn submit(self) -> Result<(), Failure> {
        let reader = self.proposal.chain.connect(None).await?;
        let proposal = self.proposal.open(&reader).await?;
        let call = proposal.execution(&reader).await?;
        let client = self
            .proposal
            .chain
            .connect(Some(self.key.signer()?))
            .await?;
        let receipt = client
            .transact(
                "handing in a committee's call",
                proposal.committee,
                U256::ZERO,
                call.abi_encode().into(),
            )
            .await?;
        say!(
            "Done, in transaction {} ({} gas).",
            receipt.transaction_hash,
            receipt.gas_used
        );
        Ok(())
    }
}

/// Tells what a proposal would do, read from its calldata.
fn tell(pool: &PoolContracts, proposal: &Proposal, now: u64) {
    let name = |account: Address| {
        let contracts = &pool.deployment.contracts;
        let found = contracts
            .iter()
            .find(|(_, entry)| entry.address == account)
            .map(|(name, _)| format!("{name} ({account})"));
        found.unwrap_or_else(|| format!("{account}, which is no contract of this deployment"))
    };
    let mut rows = vec![
        ("committee".to_owned(), name(proposal.committee)),
        ("calls".to_owned(), name(proposal.target)),
    ];
    match Call::read(&proposal.data) {
        Some(call) => {
            rows.push(("function".into(), call.function));
            rows.extend(call.arguments.into_iter().flat_map(|(name, value)| {
                match value {
                    serde_json::Value::Object(members) => members
                        .into_iter()
                        .map(|(name, value)| (format!("  {name}"), plain(&value)))
                        .collect(),
                    value => vec![(format!("  {name}"), plain(&value))],
                }
            }));
        }
        None => rows.push(("with".into(), proposal.data.to_string())),
    }
    rows.push(("until".into(), moment::told(proposal.deadline, now)));
    let signers = proposal.signatures.keys().map(Address::to_string);
    rows.extend(signers.map(|signer| ("signed by".into(), signer)));
    say!("{}", table::lines(&rows));
}

fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn hours(count: u64) -> u64 {
    count.saturating_mul(3_600)
}

/// A term in whole gwei, as validators' balances are.
fn in_gwei(option: &str, given: Option<U256>, current: U256) -> Result<u64, Failure> {
    let (gwei, rest) = given.unwrap_or(current).div_rem(U256::from(GWEI));
    if !rest.is_zero() {
        return Err(Failure::Usage(format!("{option} is finer than a gwei.")));
    }
    gwei.try_into()
        .map_err(|_| Failure::Usage(format!("{option} is too large.")))
}

fn narrow(option: &str, amount: U256) -> Result<u128, Failure> {
    amount
        .try_into()
        .map_err(|_| Failure::Usage(format!("{option} is too large.")))
}
