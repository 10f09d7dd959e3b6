//! Anyone recomputes who is chosen: random pools on the real programs, and for each choice the contract's cluster, the one
//! that `clay allocation next` finds from views, and the one that `scripts/allocation.mjs` finds, which shares no code with
//! either (property 36).
//!
//! `CLAY_CHOICES` makes more of them than [`CHOICES`]; what fails prints the seed of its pool.

use std::{
    collections::BTreeSet,
    io::Write,
    process::{Command, Stdio},
};

use alloy::{
    primitives::{Address, U256},
    sol_types::{SolCall, SolError, SolEvent},
};
use clay::{
    allocation::{next, Contracts, Look, Outcome, State, Verdict, Views},
    failure::Failure,
};
use clay_chain::{Receipt, TxRequest};
use clay_shared::{
    operators::{
        parameters::{
            FORMED_AHEAD as AHEAD, LEAST_CLIENTS, LEAST_REGIONS, OPERATOR_CAP, REGION_CAP, TABLE,
        },
        state::{
            of_operator::{ACTIVE, BOND, CONDUCT, HEAD, LOAD, PERFORMANCE, SHARES},
            Operator,
        },
    },
    parameters::Parameter,
    storage::Field,
};
use e2e::{operated::*, OperatorRegistry::*, Pool, ALICE};
use rand::{rngs::StdRng, seq::SliceRandom, Rng, SeedableRng};
use serde_json::{json, Value};

/// Clusters that must be recomputed, at least.
const CHOICES: usize = 100;
/// Clusters formed in one pool.
const A_POOL: usize = 10;

/// The views of a chain in this process.
struct InProcess<'a>(&'a Pool);

impl Views for InProcess<'_> {
    async fn ask<C: SolCall>(&self, of: Address, call: C) -> Result<C::Return, Failure> {
        Ok(self.0.view(of, call))
    }
}

/// What must have been met, or the pools are too tame.
#[derive(Debug, Default)]
struct Met {
    clusters: usize,
    types: BTreeSet<u8>,
    buckets_passed_over: usize,
    verdicts: BTreeSet<&'static str>,
    full_regions: usize,
    outcomes: BTreeSet<&'static str>,
}

impl Met {
    fn note(&mut self, look: &Look) {
        self.verdicts.insert(match look.verdict {
            Verdict::Taken => "taken",
            Verdict::AtCap { .. } => "at cap",
            Verdict::BondShort { .. } => "bond short",
            Verdict::NoRight => "no right",
            Verdict::TakesPart => "takes part",
            Verdict::Client => "client",
        });
    }
}

#[test]
fn p36_anyone_recomputes_the_choice() {
    let choices =
        std::env::var("CLAY_CHOICES").map_or(CHOICES, |text| text.parse().expect("a number"));
    let mut met = Met::default();
    let mut seed = 0;
    while met.clusters < choices {
        let (states, done) = pool_of(seed, &mut met);
        for (place, (by_script, done)) in by_script(&states).iter().zip(&done).enumerate() {
            assert_eq!(
                by_script, done,
                "pool {seed}, choice {place}: {}",
                states[place]
            );
        }
        assert!(
            seed < 10 * choices as u64,
            "hardly a pool forms clusters: {met:?}"
        );
        seed += 1;
    }
    println!("{seed} pools: {met:?}");
    assert_eq!(met.types.len(), 3, "all types: {met:?}");
    assert_eq!(met.verdicts.len(), 6, "all verdicts: {met:?}");
    assert_eq!(met.outcomes.len(), 4, "all outcomes: {met:?}");
    assert!(
        met.buckets_passed_over > 10 && met.full_regions > 10,
        "{met:?}"
    );
}

/// Makes choices in a random pool, and compares the contract's with the recomputed ones; answers the states they were made
/// from and what was done, for the script.
fn pool_of(seed: u64, met: &mut Met) -> (Vec<Value>, Vec<Value>) {
    let mut dice = StdRng::seed_from_u64(seed);
    let mut world = random_world(&mut dice);
    let of = Contracts {
        manager: world.pool.manager,
        registry: world.pool.registry,
    };
    let (mut states, mut done) = (Vec::new(), Vec::new());
    for place in 0..A_POOL {
        let state = read(&world.pool, of);
        let choice = next(&state);
        let request = TxRequest::call(ALICE, of.registry, formClusterCall {}.abi_encode());
        let receipt = world.pool.chain.transact(request).expect("a transaction");
        let (outcome, taken_off) = done_by_contract(&receipt);
        assert_eq!(
            choice.outcome, outcome,
            "pool {seed}, choice {place}: {choice:#?}"
        );
        if receipt.success() {
            assert_eq!(choice.taken_off, taken_off, "pool {seed}, choice {place}");
        }
        met.buckets_passed_over += choice.buckets.iter().filter(|bucket| !bucket.forms).count();
        for bucket in &choice.buckets {
            met.full_regions += bucket.full_regions.len();
            bucket.looks.iter().for_each(|look| met.note(look));
        }
        met.outcomes.insert(match &outcome {
            Outcome::Cluster { bucket, .. } => {
                met.clusters += 1;
                met.types.insert((bucket / 3) as u8);
                "cluster"
            }
            Outcome::EnoughFormed { .. } => "enough formed",
            Outcome::TakesOff => "takes off",
            Outcome::NoClusterPossible => "none possible",
        });
        states.push(state.json());
        done.push(json!({ "outcome": outcome.json(), "takenOff": choice.taken_off }));
        if matches!(
            outcome,
            Outcome::EnoughFormed { .. } | Outcome::NoClusterPossible
        ) {
            break;
        }
    }
    (states, done)
}

fn read(pool: &Pool, of: Contracts) -> State {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let views = InProcess(pool);
    let read = State::read(&views, of);
    runtime.expect("a runtime").block_on(read).expect("a state")
}

/// What the contract did.
fn done_by_contract(receipt: &Receipt) -> (Outcome, Vec<u32>) {
    if !receipt.success() {
        let outcome = match EnoughFormed::abi_decode(&receipt.output) {
            Ok(error) => Outcome::EnoughFormed {
                formed: error.formed.to(),
                allowed: error.allowed.to(),
            },
            Err(_) => {
                assert_eq!(receipt.output[..], NoClusterPossible {}.abi_encode());
                Outcome::NoClusterPossible
            }
        };
        return (outcome, Vec::new());
    }
    let unlisted = receipt
        .logs
        .iter()
        .filter_map(|log| OperatorUnlisted::decode_log(log).ok());
    let taken_off = unlisted.map(|event| event.operator.to()).collect();
    let mut formed = receipt
        .logs
        .iter()
        .filter_map(|log| ClusterFormed::decode_log(log).ok());
    let outcome = match formed.next() {
        Some(event) => Outcome::Cluster {
            bucket: usize::from(event.nodeType) * 3 + usize::from(event.kind),
            nodes: event
                .nodes
                .iter()
                .filter(|node| !node.is_zero())
                .map(|node| node.to())
                .collect(),
        },
        None => Outcome::TakesOff,
    };
    (outcome, taken_off)
}

/// What the script says of states.
fn by_script(states: &[Value]) -> Vec<Value> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/allocation.mjs");
    let mut node = Command::new("node")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Node.js, which scripts/setup.sh asks for");
    let input = Value::from(states).to_string();
    node.stdin
        .take()
        .expect("a pipe")
        .write_all(input.as_bytes())
        .expect("a reader");
    let output = node.wait_with_output().expect("an answer");
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// A pool with random terms and operators, some of whom lost what made them eligible.
fn random_world(dice: &mut StdRng) -> Operated {
    let mut world = Operated::new();
    if dice.gen_bool(0.8) {
        world = world.without_demand();
    }
    let cap = |dice: &mut StdRng| {
        if dice.gen_bool(0.5) {
            10_000
        } else {
            dice.gen_range(3_400..6_000)
        }
    };
    let terms = [
        (&LEAST_REGIONS, dice.gen_range(1..=4)),
        (&LEAST_CLIENTS, dice.gen_range(1..=4)),
        (&OPERATOR_CAP, dice.gen_range(100..=2_000)),
        (&REGION_CAP, cap(dice)),
        (&AHEAD, dice.gen_range(1..=20)),
    ];
    for (parameter, value) in terms {
        world.set(id(parameter), value);
    }
    let kinds: &[u8] = [
        &[HOME][..],
        &[PROFESSIONAL, HOME],
        &[INSTITUTION],
        &[HOME, PROFESSIONAL, INSTITUTION],
    ]
    .choose(dice)
    .expect("some");
    world.targets(random_targets(dice));
    let regions = dice.gen_range(2..=8);
    let operators: Vec<U256> = (0..dice.gen_range(5..=24))
        .map(|_| random_operator(&mut world, dice, kinds, regions))
        .collect();
    lose(&mut world, dice, &operators);
    world
}

/// Targets that add up to the whole; some are zero.
fn random_targets(dice: &mut StdRng) -> [u16; 9] {
    let mut targets = [0; 9];
    let mut left = 10_000;
    let mut buckets: Vec<usize> = (0..9).collect();
    buckets.shuffle(dice);
    buckets.truncate(dice.gen_range(3..=9));
    for bucket in &buckets {
        // Equal ones too.
        let part = [left / 3, left / 2, 1_000.min(left)];
        targets[*bucket] = *part.choose(dice).expect("some");
        left -= targets[*bucket];
    }
    targets[buckets[0]] += left;
    targets
}

fn random_operator(world: &mut Operated, dice: &mut StdRng, kinds: &[u8], regions: u8) -> U256 {
    let kind = *kinds.choose(dice).expect("a kind");
    let bond = milli(dice.gen_range(500..40_000));
    let operator = world.register(kind, bond);
    for part in [PERFORMANCE, CONDUCT] {
        // Half of them alike, so that places in a class count.
        if dice.gen_bool(0.5) {
            set(world, operator, HEAD, part, dice.gen_range(0..=10_000));
        }
    }
    if dice.gen_bool(0.75) {
        world.vouch(operator);
    }
    for _ in 0..dice.gen_range(1..=4) {
        let of = *[SSV, SSV, OBOL, OBOL, DIRECT].choose(dice).expect("a type");
        let (region, client) = (dice.gen_range(0..regions), dice.gen_range(0..3));
        world.add(operator, of, region, client, dice.gen_range(1..=4));
    }
    operator
}

/// Takes from some who are listed what made them so: part of a bond, a right.
fn lose(world: &mut Operated, dice: &mut StdRng, operators: &[U256]) {
    let chance = *[0.0, 0.2, 0.5, 1.0].choose(dice).expect("one");
    for operator in operators {
        if dice.gen_bool(chance) {
            let shares: u128 = world.shares(*operator).to();
            set(
                world,
                *operator,
                BOND,
                SHARES,
                shares / dice.gen_range(2..=40),
            );
        }
    }
    if dice.gen_bool(0.3) {
        let accounts = operators
            .iter()
            .copied()
            .filter(|_| dice.gen_bool(0.8))
            .map(manager);
        let accounts: Vec<Address> = accounts.collect();
        world.gate(&accounts);
    }
}

/// Writes a field of an operator's record.
fn set(world: &mut Operated, operator: U256, place: u64, field: Field, value: u128) {
    let slot = Operator(operator.to()).slot(place).number();
    let registry = world.pool.registry;
    world.pool.write(registry, slot, field, value);
}

fn id(parameter: &Parameter) -> u8 {
    let place = (parameter.place, parameter.field.offset);
    let is = |other: &Parameter| (other.place, other.field.offset) == place;
    TABLE.iter().position(is).expect("in the table") as u8
}

/// Forty operators at their caps stand before one whose bond is short and one that can be chosen. The one that leaves the
/// lists stands in another line too: that it is met there again must not have the forty looked at once more.
#[test]
fn who_leaves_the_lists_leaves_them_all_at_once() {
    let mut world = Operated::new();
    world.targets([0, 0, 0, 0, 0, 0, 10_000, 0, 0]);
    world.set(id(&REGION_CAP), 10_000);
    let mut proven = |performance, regions: &[u8]| {
        let operator = world.proven(HOME, milli(4_000));
        set(&mut world, operator, HEAD, PERFORMANCE, performance);
        for region in regions {
            world.add(operator, DIRECT, *region, 0, 1);
        }
        operator
    };
    let busy: Vec<U256> = (0..40).map(|_| proven(10_000, &[1])).collect();
    let (short, sound) = (proven(0, &[0, 1]), proven(0, &[1]));
    for operator in busy {
        set(&mut world, operator, LOAD, ACTIVE, 1);
    }
    set(&mut world, short, BOND, SHARES, 1);

    let of = Contracts {
        manager: world.pool.manager,
        registry: world.pool.registry,
    };
    let state = read(&world.pool, of);
    let choice = next(&state);
    let (cluster, receipt) = world.anybody(formClusterCall {});
    assert_eq!(world.operators_of(cluster), [sound]);
    let (outcome, taken_off) = done_by_contract(&receipt);
    assert_eq!((&choice.outcome, &choice.taken_off), (&outcome, &taken_off));
    assert_eq!(taken_off, [short.to::<u32>()]);
    assert_eq!(choice.buckets[0].looks.len(), 42);
    let by_script = by_script(&[state.json()]);
    assert_eq!(by_script[0]["outcome"], outcome.json());
}
