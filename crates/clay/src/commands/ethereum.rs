//! `clay ethereum`: the Ethereum side of a development chain, for demonstrations.

use alloy::primitives::U256;
use clap::{Args, Subcommand};
use clay_ethereum::{epoch_of, ALL_DUTIES_BP};

use super::run_validators::RunArgs;
use crate::{
    amount::{self, display, display_eth},
    ethereum::{Controls, Pass, Performer, Play, Status},
    failure::Failure,
    output::say,
    table,
};

const GWEI: u64 = 1_000_000_000;

#[derive(Debug, Subcommand)]
pub(super) enum EthereumCommand {
    /// Shows slot, validators, the gateway, and what an honest report would say.
    Status(StatusArgs),
    /// Lets time pass on both chains.
    Pass(PassArgs),
    /// Pays MEV to the gateway, in the next block.
    Mev(MevArgs),
    /// Slashes a validator of the pool, in the next block.
    Slash(ValidatorArgs),
    /// Slashes validators of the rest of the network, in the next block: the penalty of the pool's own grows.
    SlashOthers(CountArgs),
    /// Lets a validator exit that the pool did not ask to, in the next block.
    Exit(ValidatorArgs),
    /// Loses the next message from L2 to the gateway, with its ETH, for good.
    Lose(Place),
    /// Leaves the next ticket to L2 unredeemed when it arrives. It expires after 7 days; then its ETH is on L2, and
    /// `clay autobalance` books it.
    FailTicket(Place),
    /// Lets operators ignore requests to exit.
    IgnoreExits(IgnoreArgs),
    /// Sets what validators earn, from now on.
    Participation(ParticipationArgs),
    Performance(PerformanceArgs),
    Duties(DutiesArgs),
    /// Leaves the next slots without a block.
    Miss(CountArgs),
    /// Stops the finalisation of epochs, so that reporters have nothing new to report about.
    StallFinality(StallArgs),
    Validators(RunArgs),
}

/// Where the Ethereum side is.
#[derive(Args, Debug)]
pub(super) struct Place {
    /// Beacon API of a node started with --ethereum.
    #[arg(
        long = "ethereum",
        value_name = "URL",
        env = "CLAY_ETHEREUM",
        default_value = "http://127.0.0.1:8549"
    )]
    url: String,
}

#[derive(Args, Debug)]
pub(super) struct StatusArgs {
    /// Prints JSON: wei as hexadecimal text, gwei as numbers.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Args, Debug)]
pub(super) struct PassArgs {
    /// How long: 90s, 30m, 12h or 7d.
    #[arg(value_parser = seconds)]
    time: u64,
    #[command(flatten)]
    place: Place,
}

#[derive(Args, Debug)]
pub(super) struct MevArgs {
    /// How much.
    #[arg(value_parser = amount::parse)]
    amount: U256,
    #[command(flatten)]
    place: Place,
}

#[derive(Args, Debug)]
pub(super) struct ValidatorArgs {
    /// Which of the pool's validators, counted from 0, as `clay ethereum status` lists them.
    #[arg(default_value_t = 0)]
    validator: usize,
    #[command(flatten)]
    place: Place,
}

#[derive(Args, Debug)]
pub(super) struct CountArgs {
    /// How many.
    count: u64,
    #[command(flatten)]
    place: Place,
}

#[derive(Args, Debug)]
pub(super) struct IgnoreArgs {
    /// The operators of which validator, counted from 0; all, if none is named.
    validator: Option<usize>,
    /// Takes it back: they answer again.
    #[arg(long)]
    off: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Args, Debug)]
pub(super) struct ParticipationArgs {
    /// Basis points of the full reward: 10000 is all of it; below zero they are penalised.
    #[arg(allow_negative_numbers = true, value_parser = clap::value_parser!(i32).range(-100_000..=10_000))]
    basis_points: i32,
    /// Which validator, counted from 0; all, if none is named.
    validator: Option<usize>,
    #[command(flatten)]
    place: Place,
}

/// Sets which part of its duties a node does, or each node of an operator, from now on. A validator attests while enough of
/// its cluster's nodes do theirs.
#[derive(Args, Debug)]
pub(super) struct PerformanceArgs {
    /// Basis points: 10000 are all duties; without it, the node does as its operator's do, or the operator's as everybody's.
    #[arg(value_parser = clap::value_parser!(u32).range(0..=i64::from(ALL_DUTIES_BP)))]
    basis_points: Option<u32>,
    /// The node, by its number in the registry.
    #[arg(
        long,
        value_name = "NUMBER",
        conflicts_with = "operator",
        required_unless_present = "operator"
    )]
    node: Option<u64>,
    /// The operator, by its number in the registry.
    #[arg(long, value_name = "NUMBER")]
    operator: Option<u64>,
    #[command(flatten)]
    place: Place,
}

/// Shows which duties nodes did, and which attestations their validators made.
#[derive(Args, Debug)]
pub(super) struct DutiesArgs {
    /// In how many epochs, back from the last that is over; a day has 225.
    #[arg(long, default_value_t = 225, value_parser = clap::value_parser!(u64).range(1..))]
    epochs: u64,
    /// Prints JSON: numbers as decimal text.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Args, Debug)]
pub(super) struct StallArgs {
    /// Takes it back: epochs are finalised again.
    #[arg(long)]
    off: bool,
    #[command(flatten)]
    place: Place,
}

impl EthereumCommand {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            EthereumCommand::Status(args) => {
                let status = args.place.controls()?.status().await?;
                if args.json {
                    say!("{:#}", serde_json::json!(status));
                } else {
                    tell(&status);
                }
            }
            EthereumCommand::Pass(args) => {
                let seconds = args.time;
                let ask = Pass { seconds };
                let controls = args.place.controls()?;
                let status = controls.ask("letting time pass", "pass", &ask).await?;
                say!("Slot {}, at {} (Unix time).", status.slot, status.time);
            }
            EthereumCommand::Mev(MevArgs { amount, place }) => {
                place.play("paying MEV", Play::Mev(amount)).await?;
                say!(
                    "The next block pays {} to the gateway.",
                    display_eth(amount)
                );
            }
            EthereumCommand::Slash(ValidatorArgs { validator, place }) => {
                place.play("slashing", Play::Slash(validator)).await?;
                say!("The next block slashes validator {validator}.");
            }
            EthereumCommand::SlashOthers(CountArgs { count, place }) => {
                place.play("slashing", Play::SlashOthers(count)).await?;
                say!("The next block slashes {count} of the network's other validators.");
            }
            EthereumCommand::Exit(ValidatorArgs { validator, place }) => {
                place.play("an exit", Play::Exit(validator)).await?;
                say!("In the next block validator {validator} starts to exit.");
            }
            EthereumCommand::Lose(place) => {
                place.play("losing a message", Play::LoseMessage).await?;
                say!("The next message to the gateway will be lost.");
            }
            EthereumCommand::FailTicket(place) => {
                place.play("failing a ticket", Play::FailTicket).await?;
                say!("The next ticket will not be redeemed when it arrives.");
            }
            EthereumCommand::IgnoreExits(args) => args.run().await?,
            EthereumCommand::Participation(args) => args.run().await?,
            EthereumCommand::Performance(args) => args.run().await?,
            EthereumCommand::Duties(args) => args.run().await?,
            EthereumCommand::Miss(CountArgs { count, place }) => {
                place.play("missing slots", Play::MissSlots(count)).await?;
                say!("The next {count} slots will have no block.");
            }
            EthereumCommand::StallFinality(StallArgs { off, place }) => {
                let action = "stalling finality";
                place.play(action, Play::StallFinality(!off)).await?;
                say!(
                    "Epochs are {} finalised from now on.",
                    if off { "again" } else { "not" }
                );
            }
            EthereumCommand::Validators(args) => args.run().await?,
        }
        Ok(())
    }
}

impl Place {
    fn controls(&self) -> Result<Controls, Failure> {
        Controls::new(&self.url)
    }

    /// Brings something about; `action` says what, for people.
    async fn play(&self, action: &str, play: Play) -> Result<(), Failure> {
        self.controls()?.ask(action, "play", &play).await?;
        Ok(())
    }
}

impl IgnoreArgs {
    async fn run(self) -> Result<(), Failure> {
        let (validator, ignore) = (self.validator, !self.off);
        let ask = Play::IgnoreExits { validator, ignore };
        self.place.play("ignoring exits", ask).await?;
        say!(
            "{} requests to exit from now on.",
            match (validator, ignore) {
                (Some(place), true) => format!("The operators of validator {place} ignore"),
                (Some(place), false) => format!("The operators of validator {place} answer"),
                (None, true) => "All operators ignore".into(),
                (None, false) => "All operators answer".into(),
            }
        );
        Ok(())
    }
}

impl ParticipationArgs {
    async fn run(self) -> Result<(), Failure> {
        let (validator, basis_points) = (self.validator, self.basis_points);
        let ask = Play::Participation {
            validator,
            basis_points,
        };
        self.place.play("setting the participation", ask).await?;
        let who = match validator {
            Some(place) => format!("Validator {place} earns"),
            None => "All validators earn".into(),
        };
        say!("{who} {basis_points} bp of the full reward from now on.");
        Ok(())
    }
}

impl PerformanceArgs {
    async fn run(self) -> Result<(), Failure> {
        let (of, whose) = match (self.node, self.operator) {
            (Some(node), _) => (Performer::Node(node), format!("Node {node} does")),
            (None, Some(operator)) => (
                Performer::Operator(operator),
                format!("The nodes of operator {operator} do"),
            ),
            (None, None) => {
                let words = "name a node with --node, or an operator with --operator.";
                return Err(Failure::Usage(words.into()));
            }
        };
        let basis_points = self.basis_points;
        let ask = Play::Performance { of, basis_points };
        self.place.play("setting a performance", ask).await?;
        match basis_points {
            Some(basis_points) => say!("{whose} {basis_points} bp of all duties from now on."),
            None => say!("{whose} as others do from now on."),
        }
        Ok(())
    }
}

impl DutiesArgs {
    async fn run(self) -> Result<(), Failure> {
        let controls = self.place.controls()?;
        let slot = controls.status().await?.slot;
        let Some(to) = epoch_of(slot).checked_sub(1) else {
            let words = "no epoch is over yet: `clay ethereum pass 7m` lets the first one end.";
            return Err(Failure::Conflict(words.into()));
        };
        let from = (to + 1).saturating_sub(self.epochs);
        let duties = controls.duties(from, to).await?;
        if self.json {
            say!("{:#}", serde_json::json!(duties));
            return Ok(());
        }
        let nodes = duties.nodes.iter().map(|it| {
            let operator = it.operator.as_deref().unwrap_or("unknown");
            let did = format!("of operator {operator}: {} of {}", it.done, it.duties);
            (format!("node {}", it.node), did)
        });
        let validators = duties.validators.iter().map(|it| {
            let made = format!("attested {} of {} times", it.made, it.due);
            (format!("cluster {}", it.cluster), made)
        });
        let rows: Vec<_> = nodes.chain(validators).collect();
        say!("Epochs {from} to {to}.\n{}", table::lines(&rows));
        Ok(())
    }
}

fn tell(status: &Status) {
    let terms = &status.terms;
    let mut rows = vec![
        ("slot".to_owned(), status.slot.to_string()),
        ("time".into(), format!("{} (Unix time)", status.time)),
        ("finalised epoch".into(), status.finalized_epoch.to_string()),
        ("messages on their way".into(), status.waiting.to_string()),
        ("in the gateway".into(), display_eth(status.gateway)),
        ("sent back so far".into(), display_eth(status.sent_back)),
        ("lost on the way".into(), display_eth(terms.lost)),
        (
            "an honest report".into(),
            format!(
                "--slot-time {} --cl-balance {} --deposits-seen {} --left-seen {}",
                status.time,
                display(gwei(terms.cl_balance_gwei)),
                display(terms.deposits_seen),
                display(terms.left_seen)
            ),
        ),
    ];
    let validators = status.validators.iter().enumerate();
    rows.extend(validators.map(|(place, validator)| {
        let balance = display_eth(gwei(validator.balance));
        let value = format!("{}, {balance}", validator.status);
        (format!("validator {place}"), value)
    }));
    say!("{}", table::lines(&rows));
}

fn gwei(amount: u64) -> U256 {
    U256::from(amount) * U256::from(GWEI)
}

/// A time with its unit, in seconds.
fn seconds(text: &str) -> Result<u64, String> {
    let units = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)];
    let found = units.iter().find_map(|(unit, seconds)| {
        let count: u64 = text.strip_suffix(*unit)?.parse().ok()?;
        count.checked_mul(*seconds)
    });
    found.ok_or_else(|| format!("'{text}' is no time: write for example 90s, 30m, 12h or 7d"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit() {
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("2m"), Ok(120));
        assert_eq!(seconds("1h"), Ok(3_600));
        assert_eq!(seconds("7d"), Ok(604_800));
        for bad in ["", "7", "d", "-1d", "1.5h", "1w"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }
}
