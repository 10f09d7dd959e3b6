//! `clay committee`: calls that members of a committee agree on by hand, from proposal to execution.

use std::path::PathBuf;

use alloy::{primitives::U256, sol_types::SolCall};
use clap::{Args, Subcommand};
use clay_oracle::beacon::BeaconNode;

use super::{
    outcomes::Found,
    proposals::{hours, About, Draft, FileArgs, SignArgs},
    ChainArgs, PoolContracts,
};
use crate::{
    amount,
    bindings::{
        OperatorRegistry::{confirmCall, declareFalseCall},
        StakeManager::{acknowledgeCall, booksCall, flagSlashingCall, reportCall, Report},
    },
    client::Client,
    deploy::pool::Pool,
    failure::Failure,
    output::say,
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
    Confirm(ConfirmArgs),
    DeclareFalse(DeclareFalseArgs),
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

/// Says what became of clusters' validators (oracle committee). Each is named by its cluster, as `clay validators` shows
/// it, and where something was lost with the ETH that its operators will be charged.
#[derive(Args, Debug)]
pub(super) struct ConfirmArgs {
    /// Finds on the beacon chain who is active and who has exited, as of the last applied report, and tells what the
    /// committee has to judge.
    #[arg(long)]
    found: bool,
    /// Beacon API of a node of yours, for --found.
    #[arg(
        long,
        value_name = "URL",
        env = "CLAY_BEACON",
        hide_env_values = true,
        default_value = "http://127.0.0.1:8549"
    )]
    beacon: String,
    /// Their validators are active.
    #[arg(long, value_name = "CLUSTER,...", value_delimiter = ',')]
    active: Vec<U256>,
    /// Their validators have exited, and their ETH is in a report.
    #[arg(long, value_name = "CLUSTER,...", value_delimiter = ',')]
    exited: Vec<U256>,
    /// Their validators were made to exit by the beacon chain.
    #[arg(long, value_name = "CLUSTER=LOSS,...", value_delimiter = ',', value_parser = with_loss)]
    ejected: Vec<(U256, U256)>,
    /// Their validators were slashed.
    #[arg(long, value_name = "CLUSTER=LOSS,...", value_delimiter = ',', value_parser = with_loss)]
    slashed: Vec<(U256, U256)>,
    /// Their keys were bad, and nothing more was deposited for them.
    #[arg(long, value_name = "CLUSTER=LOSS,...", value_delimiter = ',', value_parser = with_loss)]
    bad_key: Vec<(U256, U256)>,
    #[command(flatten)]
    propose: ProposeArgs,
}

/// Declares that parts posted in an exit are no signatures by the members' key shares (oracle committee).
#[derive(Args, Debug)]
pub(super) struct DeclareFalseArgs {
    /// The cluster that exits.
    #[arg(long)]
    cluster: U256,
    /// Places of the members in the cluster, from 0.
    #[arg(
        long,
        value_name = "PLACE,...",
        value_delimiter = ',',
        required = true,
        value_parser = clap::value_parser!(u8).range(0..5)
    )]
    places: Vec<u8>,
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

impl CommitteeCommand {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            CommitteeCommand::Propose(propose) => propose.run().await,
            CommitteeCommand::Show(args) => args.show().await,
            CommitteeCommand::Sign(args) => args.sign(About::Anything).await,
            CommitteeCommand::Submit(args) => args.submit(About::Anything).await,
        }
    }
}

impl Propose {
    async fn run(self) -> Result<(), Failure> {
        let args = match &self {
            Propose::Report(args) => &args.propose,
            Propose::Flag(args) => args,
            Propose::Confirm(args) => &args.propose,
            Propose::DeclareFalse(args) => &args.propose,
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
            Propose::Confirm(args) => {
                let registry = pool.at(&client, "operator-registry").await?;
                let call = args.call(&client, &pool).await?;
                ("oracle-committee", registry, call.abi_encode())
            }
            Propose::DeclareFalse(args) => {
                let registry = pool.at(&client, "operator-registry").await?;
                let call = declareFalseCall {
                    cluster: args.cluster,
                    places: args.places.iter().fold(0, |bits, place| bits | 1 << place),
                };
                ("oracle-committee", registry, call.abi_encode())
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
        let committee = pool.shared(&client, committee).await?;
        let draft = Draft {
            committee,
            target,
            data,
            reason: None,
            valid_for: args.valid_for,
            file: &args.file,
        };
        draft.write(&client, &pool.deployment).await?;
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

impl ConfirmArgs {
    async fn call(&self, client: &Client, pool: &PoolContracts) -> Result<confirmCall, Failure> {
        let found = match self.found {
            true => Found::look(client, pool, &BeaconNode::new(&self.beacon)?).await?,
            false => Found::default(),
        };
        for words in &found.to_judge {
            say!("{words}");
        }
        let lossless = |named: &[U256], found: Vec<U256>| -> Vec<_> {
            let new = found.into_iter().filter(|it| !named.contains(it));
            let all = named.iter().copied().chain(new);
            all.map(|cluster| (cluster, U256::ZERO)).collect()
        };
        let outcomes = [
            (1, lossless(&self.active, found.active)),
            (2, lossless(&self.exited, found.exited)),
            (3, self.ejected.clone()),
            (4, self.slashed.clone()),
            (5, self.bad_key.clone()),
        ];
        let mut call = confirmCall {
            clusters: Vec::new(),
            outcomes: Vec::new(),
            losses: Vec::new(),
        };
        for (outcome, clusters) in outcomes {
            for (cluster, loss) in clusters {
                call.clusters.push(cluster);
                call.outcomes.push(outcome);
                call.losses.push(loss);
            }
        }
        if call.clusters.is_empty() && self.found {
            return Err(Failure::Conflict(
                "nothing new was found: there is nothing to confirm.".into(),
            ));
        }
        if call.clusters.is_empty() {
            return Err(Failure::Usage(
                "name at least one cluster, with --active, --exited, --ejected, --slashed or --bad-key; or let them be found, with --found.".into(),
            ));
        }
        Ok(call)
    }
}

/// A cluster and what was lost: `7=0.5`.
fn with_loss(text: &str) -> Result<(U256, U256), String> {
    let wrong = || format!("'{text}' is no cluster with a loss: write for example 7=0.5");
    let (cluster, loss) = text.split_once('=').ok_or_else(wrong)?;
    let cluster = cluster.parse().map_err(|_| wrong())?;
    Ok((cluster, amount::parse(loss)?))
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
