//! `clay allocation`: who is chosen next, recomputed from what the chain shows.

use alloy::primitives::U256;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{ChainArgs, PoolContracts};
use crate::{
    allocation::{self, AtBlock, Bucket, Choice, Contracts, Look, Outcome, State, Verdict},
    amount::{display, display_eth},
    deploy::pool::Pool,
    failure::Failure,
    numbers,
    output::say,
};

#[derive(Debug, Subcommand)]
pub(super) enum AllocationCommand {
    /// Says which cluster the registry would form now, whom it looks at, and why it passes over some.
    Next(AllocationArgs),
    /// Writes all that the choice depends on, to recompute it elsewhere: scripts/allocation.mjs does.
    State(AllocationArgs),
}

#[derive(Args, Debug)]
pub(super) struct AllocationArgs {
    /// Prints JSON: amounts in wei and shares as text.
    #[arg(long)]
    json: bool,
    /// As it was at the end of this block; the latest, if none is named.
    #[arg(long, value_name = "NUMBER")]
    block: Option<u64>,
    /// The pool.
    #[arg(long, default_value = "retail")]
    pool: Pool,
    #[command(flatten)]
    chain: ChainArgs,
}

impl AllocationCommand {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Next(args) => {
                let (block, state) = args.state().await?;
                let choice = allocation::next(&state);
                if args.json {
                    let mut json = choice.json();
                    json["block"] = json!(block);
                    say!("{json:#}");
                } else {
                    tell(&state, &choice);
                }
            }
            Self::State(args) => {
                let (block, state) = args.state().await?;
                if args.json {
                    let mut json = state.json();
                    json["block"] = json!(block);
                    say!("{json:#}");
                } else {
                    tell_state(&state);
                }
            }
        }
        Ok(())
    }
}

impl AllocationArgs {
    /// What the chain shows, all of it at one block.
    async fn state(&self) -> Result<(u64, State), Failure> {
        let client = self.chain.connect(None).await?;
        let pool = PoolContracts::find(&client, &self.chain, self.pool).await?;
        let contracts = Contracts {
            manager: pool.manager,
            registry: pool.at(&client, "operator-registry").await?,
        };
        let block = match self.block {
            Some(block) => block,
            None => client.block_number().await?,
        };
        let views = AtBlock {
            client: &client,
            block,
        };
        Ok((block, State::read(&views, contracts).await?))
    }
}

fn tell(state: &State, choice: &Choice) {
    for bucket in &choice.buckets {
        say!("{}", heading(bucket));
        for look in &bucket.looks {
            say!("{}", row(look));
        }
        for region in &bucket.full_regions {
            say!("  region {region} is left alone: it has as many active nodes as it may");
        }
    }
    if !choice.taken_off.is_empty() {
        let operators: Vec<_> = choice.taken_off.iter().map(u32::to_string).collect();
        say!("Taken off the lists: operators {}.", operators.join(", "));
    }
    match &choice.outcome {
        Outcome::Cluster { bucket, nodes } => {
            let nodes: Vec<_> = nodes.iter().map(u32::to_string).collect();
            say!(
                "Next: a cluster of {}, of the nodes {}.",
                numbers::bucket(*bucket),
                nodes.join(", ")
            );
        }
        Outcome::EnoughFormed { formed, allowed } => say!(
            "Next: none. {formed} clusters stand without a key or wait for ETH, and {allowed} may: {} that free ETH can \
             fund, and {} ahead.",
            state.fundable,
            state.parameters.formed_ahead
        ),
        Outcome::TakesOff => say!("Next: none yet; whoever cannot be chosen leaves the lists, and then it is tried again."),
        Outcome::NoClusterPossible => say!("Next: none. No bucket has operators that make a cluster."),
    }
}

fn heading(bucket: &Bucket) -> String {
    let distance = bucket.missing.unsigned_abs();
    let (whole, part) = (distance / 10_000, distance % 10_000 / 100);
    let side = if bucket.missing < 0 { "above" } else { "below" };
    let ends = match (bucket.forms, bucket.looks.is_empty()) {
        (true, _) => "makes a cluster",
        (false, true) => "nobody to look at",
        (false, false) => "makes none",
    };
    format!(
        "{}: {} active, {whole}.{part:02} nodes {side} its target of {} bp: {ends}",
        numbers::bucket(bucket.bucket),
        bucket.active,
        bucket.target
    )
}

fn row(look: &Look) -> String {
    let eth = |wei: u128| display_eth(U256::from(wei));
    let verdict = match look.verdict {
        Verdict::Taken => format!("node {} is taken", look.waiting.node),
        Verdict::AtCap { active, most } => {
            format!("passed over: {active} active nodes, and it may have {most}")
        }
        Verdict::BondShort { debt, .. } if debt != 0 => {
            let shares = display(U256::from(debt));
            format!("leaves the lists: it owes {shares} shares")
        }
        Verdict::BondShort { bond, required, .. } => format!(
            "leaves the lists: its bond is worth {}, and with one more node {} are required",
            eth(bond),
            eth(required)
        ),
        Verdict::NoRight => "leaves the lists: it has no right to operate".into(),
        Verdict::TakesPart => "passed over: another node of it takes part".into(),
        Verdict::Client => format!(
            "passed over: with client {} too few places are left for those that are missing",
            look.waiting.client
        ),
    };
    let standing = if look.proven { "proven" } else { "unproven" };
    format!(
        "  class {:>5}  region {}  {standing:<8}  operator {:<6}  {verdict}",
        look.waiting.class, look.region, look.waiting.operator
    )
}

fn tell_state(state: &State) {
    say!(
        "{} clusters without a key, {} wait for ETH; free ETH can fund {}, and {} may stand ahead.",
        state.reserved,
        state.keyed,
        state.fundable,
        state.parameters.formed_ahead
    );
    for bucket in state.missing().into_keys() {
        let active = state.by_bucket[bucket];
        let all: u32 = state.by_bucket.iter().sum();
        say!(
            "{}: {active} of {all} active nodes, target {} bp",
            numbers::bucket(bucket),
            state.targets[bucket]
        );
    }
    for line in &state.lines {
        let standing = if line.proven { "proven" } else { "unproven" };
        let waiting = line.waiting.iter();
        let waiting: Vec<_> = waiting
            .map(|it| format!("{} (class {}, node {})", it.operator, it.class, it.node))
            .collect();
        let more = if line.more { ", and more" } else { "" };
        say!(
            "{} {}, region {}, {standing}: {}{more}",
            numbers::node_type(line.of as u8),
            numbers::kind(line.kind),
            line.region,
            waiting.join(", ")
        );
    }
}
