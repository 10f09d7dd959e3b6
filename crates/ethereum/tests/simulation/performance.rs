//! Nodes that do their duties or not, and clusters that attest while enough of theirs do.

use alloy::{
    hex,
    primitives::{Bytes, U256},
};
use clay_ethereum::{
    charon, epoch_of, start_of, Config, NodeDuties, Performance, PerformanceError, ALL_DUTIES_BP,
    GWEI,
};
use clay_shared::operators::NodeType;
use proptest::prelude::*;
use reqwest::StatusCode;
use serde_json::{json, Value};

use super::{
    api::serve,
    world::{
        abi::OperatorRegistry::{ClusterFormed, ClusterKeyed, NodesAdded},
        *,
    },
};

/// What a validator earns in an epoch for which it attests, gwei: see `beacon.rs`.
const REWARD: i64 = 11_689;
/// What it loses in one that it misses: 40 of the 64 parts of it, rounded down.
const LOSS: i64 = 7_305;

/// The number of a cluster's first node; the others follow.
fn first_node(cluster: u64) -> u64 {
    10 * cluster
}

/// The operator of a node.
fn operator_of(node: u64) -> u64 {
    100 + node
}

impl World {
    /// The registry tells of a cluster of so many nodes, each of an operator of its own, and of its key.
    fn cluster(&mut self, cluster: u8, node_type: NodeType) {
        let id = u64::from(cluster);
        let members = first_node(id)..first_node(id) + u64::from(node_type.cluster_size());
        let mut nodes = [U256::ZERO; 5];
        for (place, node) in nodes.iter_mut().zip(members) {
            *place = U256::from(node);
            self.tell(&NodesAdded {
                operator: U256::from(operator_of(node)),
                first: *place,
                count: U256::from(1),
                nodeType: node_type as u8,
                region: 0,
                executionClient: 0,
                consensusClient: 0,
                identity: operator_of(node).to_string().into_bytes().into(),
            });
        }
        self.tell(&ClusterFormed {
            cluster: U256::from(id),
            nodeType: node_type as u8,
            kind: 0,
            nodes,
            deadline: U256::ZERO,
        });
        self.tell(&ClusterKeyed {
            cluster: U256::from(id),
            publicKey: Bytes::copy_from_slice(key(cluster).as_slice()),
            result: Bytes::new(),
        });
        self.fund(key(cluster));
    }

    /// What a validator earned, as long as nothing is swept, gwei; below zero it lost.
    fn earned(&self, cluster: u8) -> i64 {
        self.balance(key(cluster)) as i64 - 32 * clay_ethereum::ETHER_GWEI as i64
    }

    /// What was done in a range of epochs that are over.
    fn performance(&self, from: u64, to: u64) -> Performance {
        self.ethereum.performance(from..=to).unwrap()
    }
}

/// Duties of a node.
fn duties(node: u64, duties: u64, done: u64) -> NodeDuties {
    NodeDuties {
        node,
        operator: Some(operator_of(node)),
        duties,
        done,
    }
}

/// How many members each type of cluster can do without.
const SPARE: [(NodeType, u64); 3] = [
    (NodeType::Ssv, 1),
    (NodeType::Obol, 1),
    (NodeType::Direct, 0),
];

#[test]
fn a_cluster_attests_until_one_more_fails_than_it_can_do_without() {
    for (node_type, spare) in SPARE {
        for failing in [spare, spare + 1] {
            let mut world = world(quick());
            world.cluster(1, node_type);
            let first = first_node(1);
            for node in first..first + failing {
                world.ethereum.set_node_performance(node, Some(0));
            }
            let active = world.run_until_active(key(1));
            world.run_to_epoch(active + 3);

            let attests = failing == spare;
            let expected = if attests { 3 * REWARD } else { -3 * LOSS };
            assert_eq!(world.earned(1), expected, "{node_type:?}, {failing} fail");
            let done = world.performance(active, active + 2);
            let [validator] = &done.validators[..] else {
                panic!("{done:?}");
            };
            assert_eq!((validator.cluster, validator.due), (1, 3));
            assert_eq!(validator.made, if attests { 3 } else { 0 });
            let members = first..first + u64::from(node_type.cluster_size());
            let expected = members.map(|node| {
                let fails = node < first + failing;
                duties(node, 3, if fails { 0 } else { 3 })
            });
            assert_eq!(done.nodes, expected.collect::<Vec<_>>());
        }
    }
}

#[test]
fn a_nodes_own_performance_goes_before_its_operators_and_that_before_everybodys() {
    let mut world = world(Config {
        node_performance_bp: 9_000,
        ..quick()
    });
    world.cluster(1, NodeType::Direct);
    // The operator is known from the next slot on.
    world.run(2);
    let node = first_node(1);
    let ethereum = &mut world.ethereum;
    assert_eq!(ethereum.node_performance(node), 9_000);
    ethereum.set_operator_performance(operator_of(node), Some(8_000));
    assert_eq!(ethereum.node_performance(node), 8_000);
    ethereum.set_node_performance(node, Some(7_000));
    assert_eq!(ethereum.node_performance(node), 7_000);
    assert_eq!(ethereum.node_performance(node + 1), 9_000);
    ethereum.set_node_performance(node, None);
    assert_eq!(ethereum.node_performance(node), 8_000);
    ethereum.set_operator_performance(operator_of(node), None);
    assert_eq!(ethereum.node_performance(node), 9_000);
}

#[test]
fn a_node_does_about_the_part_of_its_duties_that_it_is_set_to() {
    let mut world = world(quick());
    world.cluster(1, NodeType::Ssv);
    let first = first_node(1);
    for (node, performance) in (first..).zip([9_900, 9_000, 7_500, 5_000, ALL_DUTIES_BP]) {
        let performance = Some(performance);
        world.ethereum.set_node_performance(node, performance);
    }
    let active = world.run_until_active(key(1));
    world.run_to_epoch(active + 2_000);
    let done = world.performance(active, active + 1_999);
    let counts: Vec<_> = done.nodes.iter().map(|node| node.done as f64).collect();
    for (count, performance) in counts.iter().zip([0.99f64, 0.9, 0.75, 0.5, 1.0]) {
        // Four standard deviations of a binomial distribution.
        let slack = 4.0 * (2_000.0 * performance * (1.0 - performance)).sqrt();
        assert!((count - 2_000.0 * performance).abs() <= slack, "{done:?}");
    }
    // It attests where at most one of the four fails that may.
    let part = |p: [f64; 4]| -> f64 {
        let all: f64 = p.iter().product();
        let but_one = (0..4).map(|i| all / p[i] * (1.0 - p[i]));
        all + but_one.sum::<f64>()
    };
    let expected = 2_000.0 * part([0.99, 0.9, 0.75, 0.5]);
    let made = done.validators[0].made as f64;
    assert!((made - expected).abs() <= 4.0 * 500f64.sqrt(), "{made}");
    let made = done.validators[0].made as i64;
    // Some of it was swept.
    let gained = made * REWARD - (2_000 - made) * LOSS;
    assert_eq!(world.gain(), i128::from(gained) * GWEI as i128);
}

#[test]
fn inactivity_costs_absent_and_present_clusters_the_same() {
    let mut world = world(quick());
    world.cluster(1, NodeType::Direct);
    world.cluster(2, NodeType::Direct);
    world.ethereum.set_node_performance(first_node(2), Some(0));
    let active = world.run_until_active(key(1));
    world.ethereum.set_participation_of_all(Some(-10_000));
    world.run_to_epoch(active + 1);
    assert_eq!([1, 2].map(|it| world.earned(it)), [-REWARD; 2]);
}

#[test]
fn only_epochs_that_are_over_are_told_of() {
    let mut world = world(quick());
    world.cluster(1, NodeType::Obol);
    let active = world.run_until_active(key(1));
    world.run_to_epoch(active + 2);
    let ask = |from, to| world.ethereum.performance(from..=to);
    let not_over = PerformanceError::NotOver {
        to: active + 2,
        now: active + 2,
    };
    assert_eq!(ask(active, active + 2), Err(not_over));
    let (from, to) = (active, active - 1);
    assert_eq!(ask(from, to), Err(PerformanceError::NoEpochs { from, to }));
    // Before its validator was active, no member had a duty.
    let before = ask(0, active - 1).unwrap();
    assert!(before.nodes.is_empty() && before.validators.is_empty());
    let first = first_node(1);
    let nodes = ask(active - 3, active).unwrap().nodes;
    assert_eq!(nodes[0], duties(first, 1, 1));
    let nodes = ask(active + 1, active + 1).unwrap().nodes;
    assert_eq!(nodes[3], duties(first + 3, 1, 1));
}

#[test]
fn a_slashed_validator_and_one_that_left_have_no_duties() {
    let mut world = world(quick());
    world.cluster(1, NodeType::Direct);
    world.cluster(2, NodeType::Direct);
    let active = world.run_until_active(key(1));
    world.ethereum.slash(key(1)).unwrap();
    world.ethereum.exit(key(2));
    world.run(1);
    let exit = world.validator(key(2)).exit_epoch;
    world.run_to_epoch(exit + 5);
    let done = world.performance(active, exit + 4);
    let due: Vec<_> = done.validators.iter().map(|it| it.due).collect();
    // Only who left has any, up to the epoch before it did.
    assert_eq!(due, [exit - active]);
    assert_eq!(done.validators[0].cluster, 2);
}

#[tokio::test]
async fn what_was_done_is_told_over_http() {
    let mut world = world(quick());
    world.cluster(1, NodeType::Obol);
    world.ethereum.set_node_performance(first_node(1), Some(0));
    let active = world.run_until_active(key(1));
    world.run(64);
    let slot = world.slot();
    let served = serve(world, slot).await;

    let to = active + 1;
    let path = format!("/networks/performance?from={active}&to={to}");
    let told = served.ok(&path).await;
    let node = |node: u64, done: u64| {
        json!({
            "node": node.to_string(), "operator": operator_of(node).to_string(),
            "duties": "2", "done": done.to_string(),
        })
    };
    let expected = json!({
        "from": active.to_string(), "to": to.to_string(),
        "nodes": [node(10, 0), node(11, 2), node(12, 2), node(13, 2)],
        "validators": [{ "pubkey": key(1), "cluster": "1", "due": "2", "made": "2" }],
    });
    assert_eq!(told["data"], expected);

    for (from, to, status) in [
        (to.to_string(), active.to_string(), StatusCode::BAD_REQUEST),
        ("x".into(), active.to_string(), StatusCode::BAD_REQUEST),
        (
            active.to_string(),
            (to + 1).to_string(),
            StatusCode::NOT_FOUND,
        ),
    ] {
        let path = format!("/networks/performance?from={from}&to={to}");
        assert_eq!(served.get(&path).await.0, status, "{path}");
    }
}

/// A beacon node, an SSV exporter and a Prometheus say the same, each in its own way.
#[tokio::test]
async fn the_networks_tell_it_in_their_own_formats() {
    let mut world = world(quick());
    world.cluster(1, NodeType::Ssv);
    world.cluster(2, NodeType::Obol);
    world.cluster(3, NodeType::Direct);
    world.ethereum.set_node_performance(10, Some(0));
    world.ethereum.set_node_performance(21, Some(0));
    world.ethereum.set_node_performance(30, Some(0));
    let active = (1..=3)
        .map(|it| world.run_until_active(key(it)))
        .max()
        .unwrap();
    world.run_to_epoch(active + 4);
    let slot = world.slot();
    let gateway = CONTRACTS.gateway;
    let served = serve(world, slot).await;

    let keys = json!({ "ids": [key(1), key(2), key(3)] });
    let (_, listed) = served
        .post("/eth/v1/beacon/states/head/validators", &keys)
        .await;
    let listed = listed["data"].as_array().unwrap();
    let index = |it: u8| {
        let key = json!(key(it));
        let found = listed
            .iter()
            .find(|listed| listed["validator"]["pubkey"] == key);
        found.unwrap()["index"].as_str().unwrap().to_owned()
    };
    let path = format!("/eth/v1/beacon/rewards/attestations/{active}");
    let asked = json!([index(1), index(2), index(3)]);
    let (status, told) = served.post(&path, &asked).await;
    assert_eq!(status, StatusCode::OK);
    let rewards = told["data"]["total_rewards"].as_array().unwrap();
    assert_eq!(rewards.len(), 3);
    for (it, attests) in [(1, true), (2, true), (3, false)] {
        let of = |reward: &&Value| reward["validator_index"] == index(it);
        let reward = rewards.iter().find(of).unwrap();
        let target: i64 = reward["target"].as_str().unwrap().parse().unwrap();
        assert_eq!(target > 0, attests, "{told}");
    }
    let later = format!("/eth/v1/beacon/rewards/attestations/{}", epoch_of(slot));
    assert_eq!(served.post(&later, &asked).await.0, StatusCode::NOT_FOUND);

    let (from, to) = (start_of(active), start_of(active + 3) - 1);
    let of_key = hex::encode(key(1));
    let path = format!(
        "/networks/ssv/v1/exporter/decideds?from={from}&to={to}&roles=ATTESTER&pubkeys={of_key}"
    );
    let told = served.ok(&path).await;
    let decided = told["data"].as_array().unwrap();
    assert_eq!(decided.len(), 3, "one an epoch");
    let signers: Vec<u64> = (11..15).map(operator_of).collect();
    for decided in decided {
        assert_eq!(decided["public_key"], of_key);
        assert_eq!(decided["message"]["Signers"], json!(signers));
    }

    let time = |slot| served.simulation.with(|it| it.clock().time(slot));
    let (start, end) = (time(from), time(to + 1));
    let query = format!("{}|{}", charon::PARTICIPATION, charon::PLACE);
    let path = format!(
        "/networks/charon/api/v1/query_range?query={query}&start={start}&end={end}&step={}",
        end - start
    );
    let told = served.ok(&path).await;
    let series = told["data"]["result"].as_array().unwrap();
    assert_eq!(
        series.len(),
        2 * 4 * 4,
        "places and counts, by and of everybody"
    );
    let counts = series
        .iter()
        .filter(|it| it["metric"]["__name__"] == charon::PARTICIPATION);
    for series in counts {
        let name = charon::cluster_name(gateway, 2);
        assert_eq!(series["metric"]["cluster_name"], name);
        let value = |place: usize| -> u64 {
            series["values"][place][1]
                .as_str()
                .unwrap()
                .parse()
                .unwrap()
        };
        let failed = series["metric"]["peer"] == "node-21";
        assert_eq!(value(1) - value(0), if failed { 0 } else { 3 }, "{series}");
    }
    let path =
        format!("/networks/charon/api/v1/query_range?query=up&start={start}&end={end}&step=1");
    assert_eq!(served.get(&path).await.0, StatusCode::BAD_REQUEST);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// What one node is set to changes nothing about another's duties: chance is each node's own.
    #[test]
    fn a_nodes_fortune_is_its_own(seed: u64, performance in 0..=ALL_DUTIES_BP) {
        let run = |other: u32| {
            let mut world = world(Config { seed, ..quick() });
            world.cluster(1, NodeType::Ssv);
            world.ethereum.set_node_performance(first_node(1), Some(5_000));
            world.ethereum.set_node_performance(first_node(1) + 1, Some(other));
            let active = world.run_until_active(key(1));
            world.run_to_epoch(active + 40);
            world.performance(active, active + 39).nodes[0]
        };
        prop_assert_eq!(run(ALL_DUTIES_BP), run(performance));
    }
}
