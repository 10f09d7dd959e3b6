//! `clay oracle`: a member of the oracle committee at work.

use std::{collections::BTreeSet, net::SocketAddr, path::PathBuf, time::Duration};

use alloy::{primitives::U256, signers::local::PrivateKeySigner};
use clap::{Args, Subcommand};
use clay_oracle::{
    beacon::{BeaconNode, PublicKey},
    checks::Limits,
    execution::ExecutionNode,
    observation::Nodes,
    pool::Pool as Reported,
    report::Report,
    schedule::{Epochs, Schedule},
    under_way, Board, Exchange, Prepared, Progress, Reporter, Settings, Sources,
};

use super::{ChainArgs, PoolContracts};
use crate::{
    amount::display_eth, bindings::RewardsDistributor::currentEpochCall, client::Client,
    deploy::pool::Pool, failure::Failure, keys::KeyOptions, moment, output::say, table,
};

/// How often a board asks for the time.
const CLOCK: Duration = Duration::from_secs(5);
const GWEI: u64 = 1_000_000_000;
const HOUR: u64 = 3_600;

#[derive(Debug, Subcommand)]
pub(super) enum OracleCommand {
    /// Reports whenever a report is due: reads, signs, collects the others' signatures, hands in.
    Run(RunArgs),
    /// Shows the report that would be made, and signs nothing.
    Report(ReportArgs),
    /// Signs the report about a slot once.
    Sign(SignArgs),
    /// Hands the report about a slot in, with the signatures that are there.
    Submit(SignArgs),
    /// Serves a board where members who share no folder exchange signatures.
    Board(BoardArgs),
}

/// Where the report is read from.
#[derive(Args, Debug)]
pub(super) struct SourceArgs {
    /// Beacon API of a node of yours: http or https.
    #[arg(
        long,
        value_name = "URL",
        env = "CLAY_BEACON",
        hide_env_values = true,
        default_value = "http://127.0.0.1:8549"
    )]
    beacon: String,
    /// JSON-RPC of an L1 node of yours: http or https. The development chain serves both at one address.
    #[arg(
        long,
        value_name = "URL",
        env = "CLAY_L1",
        hide_env_values = true,
        default_value = "http://127.0.0.1:8549"
    )]
    l1: String,
    /// The pool.
    #[arg(long, default_value = "retail")]
    pool: Pool,
    #[command(flatten)]
    chain: ChainArgs,
}

/// What the committee has agreed on: members who are given different values never sign the same message.
#[derive(Args, Debug)]
pub(super) struct AgreedArgs {
    /// Reports are due every day at this time, UTC.
    #[arg(long, value_name = "HH:MM", value_parser = time_of_day, default_value = "12:00")]
    daily: u64,
    /// Reports are due every so many seconds instead, counted from the epoch.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    every: Option<u64>,
    /// Public key of a validator whose 32 ETH never reached the gateway and are written off as lost. May be repeated; stays
    /// for good, even if the ETH arrives after all.
    #[arg(long, value_name = "KEY")]
    lost: Vec<PublicKey>,
    /// How long a signed report can be handed in, hours.
    #[arg(long, value_name = "HOURS", default_value_t = 6, value_parser = clap::value_parser!(u64).range(1..=168))]
    valid_for: u64,
}

/// A member.
#[derive(Args, Debug)]
pub(super) struct MemberArgs {
    /// Where members exchange signatures: a folder that they share, or the URL of a board.
    #[arg(long, value_name = "PLACE")]
    exchange: String,
    /// The file that remembers what this key has signed. One a key and pool; keep it, and never copy it to a second
    /// machine that signs too.
    #[arg(long, value_name = "FILE")]
    journal: PathBuf,
    /// Signs though balances, or what left them, jumped beyond this reporter's limits (1 % up, 5 % down). Only after looking.
    #[arg(long)]
    allow_jump: bool,
    #[command(flatten)]
    key: KeyOptions,
}

#[derive(Args, Debug)]
pub(super) struct RunArgs {
    /// How often to look, seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    poll: u64,
    /// How long each member lets the one before it hand in first, seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    patience: u64,
    #[command(flatten)]
    member: MemberArgs,
    #[command(flatten)]
    agreed: AgreedArgs,
    #[command(flatten)]
    source: SourceArgs,
}

#[derive(Args, Debug)]
pub(super) struct ReportArgs {
    /// The slot; that of the newest due report, if not given.
    #[arg(long, value_name = "NUMBER")]
    slot: Option<u64>,
    /// The newest final slot.
    #[arg(long, conflicts_with = "slot")]
    newest: bool,
    /// Prints JSON: wei as decimal text, gwei and seconds as numbers.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    agreed: AgreedArgs,
    #[command(flatten)]
    source: SourceArgs,
}

#[derive(Args, Debug)]
pub(super) struct SignArgs {
    /// The slot; that of the newest due report, if not given. All members name the same.
    #[arg(long, value_name = "NUMBER")]
    slot: Option<u64>,
    #[command(flatten)]
    member: MemberArgs,
    #[command(flatten)]
    agreed: AgreedArgs,
    #[command(flatten)]
    source: SourceArgs,
}

#[derive(Args, Debug)]
pub(super) struct BoardArgs {
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8551")]
    listen: SocketAddr,
    /// The pool.
    #[arg(long, default_value = "retail")]
    pool: Pool,
    #[command(flatten)]
    chain: ChainArgs,
}

impl OracleCommand {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            OracleCommand::Run(args) => args.run().await,
            OracleCommand::Report(args) => args.run().await,
            OracleCommand::Sign(args) => args.sign().await,
            OracleCommand::Submit(args) => args.submit().await,
            OracleCommand::Board(args) => args.run().await,
        }
    }
}

impl SourceArgs {
    async fn open(&self, signer: Option<PrivateKeySigner>) -> Result<Sources, Failure> {
        let client = self.chain.connect(signer).await?;
        Ok(Sources {
            nodes: Nodes {
                beacon: BeaconNode::new(&self.beacon)?,
                execution: ExecutionNode::new(&self.l1)?,
            },
            pool: reported(&client, &self.chain, self.pool).await?,
        })
    }

    /// The epochs of rewards, as the rewards-distributor has them now. Whoever runs when their length changes starts anew then.
    async fn epochs(&self) -> Result<Epochs, Failure> {
        let client = self.chain.connect(None).await?;
        let pool = PoolContracts::find(&client, &self.chain, self.pool).await?;
        let distributor = pool.at(&client, "rewards-distributor").await?;
        let now = client.view(distributor, currentEpochCall {}).await?;
        let [epoch, start, length]: [u64; 3] =
            [now.epoch, now.start, now.length].map(|it| it.saturating_to());
        Ok(Epochs {
            genesis: start.saturating_sub(epoch.saturating_sub(1) * length),
            length,
        })
    }
}

impl AgreedArgs {
    fn schedule(&self) -> Schedule {
        match self.every {
            Some(every) => Schedule::every(every, 0),
            None => Schedule::daily(self.daily),
        }
    }

    fn settings(&self, epochs: Epochs) -> Settings {
        Settings {
            schedule: self.schedule(),
            epochs: Some(epochs),
            lost: BTreeSet::from_iter(self.lost.iter().copied()),
            window: self.valid_for * HOUR,
            ..Settings::default()
        }
    }

    /// The slot given, or that of the newest due report.
    async fn slot(&self, given: Option<u64>, sources: &Sources) -> Result<u64, Failure> {
        if let Some(slot) = given {
            return Ok(slot);
        }
        let due = sources.due(&self.schedule()).await?;
        let none = || Failure::Conflict("no report has been due since the chain began.".into());
        due.map(|(_, slot)| slot).ok_or_else(none)
    }
}

impl MemberArgs {
    fn reporter(
        self,
        sources: Sources,
        signer: PrivateKeySigner,
        settings: Settings,
        patience: Duration,
    ) -> Result<Reporter, Failure> {
        let limits = Limits {
            lifted: self.allow_jump,
            ..Limits::default()
        };
        let settings = Settings {
            limits,
            patience,
            ..settings
        };
        let exchange = Exchange::new(&self.exchange)?;
        Ok(Reporter::new(
            sources,
            settings,
            exchange,
            &self.journal,
            signer,
        )?)
    }
}

impl RunArgs {
    async fn run(self) -> Result<(), Failure> {
        tell_logs();
        let signer = self.member.key.signer()?;
        say!("Reporting as {}.", signer.address());
        let settings = self.agreed.settings(self.source.epochs().await?);
        let sources = self.source.open(Some(signer.clone())).await?;
        let patience = Duration::from_secs(self.patience);
        let reporter = self.member;
        let mut reporter = reporter.reporter(sources, signer, settings, patience)?;
        let poll = Duration::from_secs(self.poll);
        tokio::select! {
            () = reporter.run(poll) => {}
            _ = tokio::signal::ctrl_c() => say!("Stopped."),
        }
        Ok(())
    }
}

impl ReportArgs {
    async fn run(self) -> Result<(), Failure> {
        tell_logs();
        let mut sources = self.source.open(None).await?;
        let slot = match self.newest {
            true => sources.newest_final().await?,
            false => self.agreed.slot(self.slot, &sources).await?,
        };
        let settings = self.agreed.settings(self.source.epochs().await?);
        let prepared = sources.prepare(slot, &settings).await?;
        if self.json {
            say!("{:#}", serde_json::json!(prepared.report));
        } else {
            tell(&prepared);
        }
        if let Some(words) = under_way::warning(&prepared.under_way.overdue) {
            tracing::warn!("{words}");
        }
        Ok(())
    }
}

impl SignArgs {
    async fn open(self) -> Result<(Reporter, u64), Failure> {
        tell_logs();
        let signer = self.member.key.signer()?;
        let settings = self.agreed.settings(self.source.epochs().await?);
        let sources = self.source.open(Some(signer.clone())).await?;
        let slot = self.agreed.slot(self.slot, &sources).await?;
        let member = self.member;
        let reporter = member.reporter(sources, signer, settings, Duration::ZERO)?;
        Ok((reporter, slot))
    }

    async fn sign(self) -> Result<(), Failure> {
        let (mut reporter, slot) = self.open().await?;
        let proposal = reporter.sign_slot(slot).await?;
        say!("Signed, {}.", proposal.report);
        Ok(())
    }

    async fn submit(self) -> Result<(), Failure> {
        let (mut reporter, slot) = self.open().await?;
        match reporter.submit_slot(slot).await? {
            Progress::Submitted { transaction, .. } => {
                say!("Handed in, in transaction {transaction}.");
            }
            Progress::Overtaken { .. } => {
                let words = "the committee did something else meanwhile.\nSign again with `clay oracle sign`.";
                return Err(Failure::Conflict(words.into()));
            }
            _ => say!("It was handed in already."),
        }
        Ok(())
    }
}

impl BoardArgs {
    async fn run(self) -> Result<(), Failure> {
        tell_logs();
        let client = self.chain.connect(None).await?;
        let pool = reported(&client, &self.chain, self.pool).await?;
        let standing = pool.standing().await?;
        let board = Board::new(pool.chain_id(), pool.committee(), standing.members);
        board.tell_time(standing.now);
        let clock = board.clone();
        let running = board.serve(self.listen).await;
        let running =
            running.map_err(|error| Failure::Usage(format!("{}: {error}.", self.listen)))?;
        say!(
            "Members exchange signatures at {}. Started anew when members change.",
            running.url()
        );
        tokio::select! {
            () = running.wait() => {}
            () = keep_time(&clock, &pool) => {}
            _ = tokio::signal::ctrl_c() => say!("Stopped."),
        }
        Ok(())
    }
}

/// Tells a board the time on L2, which a development chain may have moved ahead.
async fn keep_time(board: &Board, pool: &Reported) {
    loop {
        tokio::time::sleep(CLOCK).await;
        match pool.standing().await {
            Ok(standing) => board.tell_time(standing.now),
            Err(error) => tracing::debug!("the time on L2 is not known: {error}"),
        }
    }
}

async fn reported(client: &Client, chain: &ChainArgs, pool: Pool) -> Result<Reported, Failure> {
    let manager = PoolContracts::find(client, chain, pool).await?.manager;
    Ok(Reported::new(client.provider().clone(), manager).await?)
}

fn tell(prepared: &Prepared) {
    let Prepared {
        report,
        seen,
        standing,
        ..
    } = prepared;
    let Report {
        slot_time,
        cl_balance_gwei,
        deposits_seen_gwei,
        left_seen,
        expected_loss,
        recovered,
        epoch,
    } = *report;
    let gwei = |amount: u64| display_eth(U256::from(amount) * U256::from(GWEI));
    let wei = |amount: u128| display_eth(U256::from(amount));
    let change =
        |amount: String, before: u128| format!("{amount} (reported last: {})", wei(before));
    let rows = [
        (
            "slot",
            format!("{}, {}", seen.slot, moment::told(slot_time, standing.now)),
        ),
        ("L1 block", seen.block_hash.to_string()),
        ("validators", seen.validators.to_string()),
        (
            "clBalance",
            change(gwei(cl_balance_gwei), standing.cl_balance),
        ),
        (
            "depositsSeen",
            change(gwei(deposits_seen_gwei), standing.deposits_seen),
        ),
        ("leftSeen", change(wei(left_seen), standing.left_seen)),
        (
            "expectedLoss",
            change(wei(expected_loss), standing.expected_loss),
        ),
        ("recovered", wei(recovered)),
        (
            "ends epoch",
            match epoch {
                0 => "none".into(),
                epoch => epoch.to_string(),
            },
        ),
    ];
    let rows: Vec<_> = rows.map(|(name, value)| (name.to_owned(), value)).into();
    say!("{}", table::lines(&rows));
}

/// Logs go to the terminal, unless RUST_LOG says otherwise.
fn tell_logs() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    // A second attempt changes nothing.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_writer(std::io::stderr)
        .try_init();
}

/// A time of day as seconds since midnight.
fn time_of_day(text: &str) -> Result<u64, String> {
    let read = |part: &str, below: u64| {
        let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse().ok().filter(|it: &u64| digits && *it < below)
    };
    let found = text
        .split_once(':')
        .and_then(|(hours, minutes)| Some(read(hours, 24)? * HOUR + read(minutes, 60)? * 60));
    found.ok_or_else(|| format!("'{text}' is no time of day: write for example 09:30"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_has_hours_and_minutes() {
        assert_eq!(time_of_day("00:00"), Ok(0));
        assert_eq!(time_of_day("09:30"), Ok(34_200));
        assert_eq!(time_of_day("23:59"), Ok(24 * HOUR - 60));
        for bad in ["", "9:30", "24:00", "12:60", "12", "+1:00", "12:00:00"] {
            assert!(time_of_day(bad).is_err(), "{bad}");
        }
    }
}
