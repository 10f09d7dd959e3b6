//! What a choice costs does not depend on how many wait.

use std::time::Instant;

use alloy::{primitives::U256, sol_types::SolCall};
use e2e::{operated::*, OperatorRegistry::*, ETH};

/// How the nodes that wait are spread.
#[derive(Clone, Copy, Debug)]
enum Layout {
    /// Over regions and scores.
    Uniform,
    /// The best ones are all in one region.
    BestInOneRegion,
    /// Nobody is better than another.
    EqualScores,
    /// Over all buckets and regions.
    SmallBuckets,
}

/// Nodes of an operator.
fn each(layout: Layout) -> u64 {
    match layout {
        // So that each bucket has enough operators where there are few nodes.
        Layout::SmallBuckets => 1,
        _ => 10,
    }
}

/// Conduct below which an operator's score is not the best: what it costs to fail once.
fn worsened(layout: Layout, place: u64) -> bool {
    match layout {
        Layout::Uniform => place.is_multiple_of(3),
        Layout::BestInOneRegion => !place.is_multiple_of(4),
        Layout::EqualScores | Layout::SmallBuckets => false,
    }
}

/// Gas to form a cluster and to choose an exit, with so many nodes waiting.
fn measure(layout: Layout, nodes: u64) -> (u64, u64) {
    let mut world = Operated::new().without_demand();
    world.targets(match layout {
        Layout::SmallBuckets => [
            1_112, 1_111, 1_111, 1_111, 1_111, 1_111, 1_111, 1_111, 1_111,
        ],
        _ => [10_000, 0, 0, 0, 0, 0, 0, 0, 0],
    });
    for place in 0..nodes / each(layout) {
        let (kind, of) = match layout {
            Layout::SmallBuckets => ((place % 3) as u8, (place / 3 % 3) as u8),
            _ => (HOME, SSV),
        };
        let operator = world.proven(kind, U256::from(40) * ETH);
        if worsened(layout, place) {
            world.worsen(operator);
        }
        let region = match layout {
            Layout::BestInOneRegion if worsened(layout, place) => 1 + (place % 7) as u8,
            Layout::BestInOneRegion => 0,
            Layout::SmallBuckets => (place / 9 % 8) as u8,
            _ => (place % 8) as u8,
        };
        world.add(operator, of, region, (place / 2 % 2) as u8, each(layout));
    }
    // Three validators, of which one is to leave.
    for _ in 0..3 {
        let cluster = world.form().expect("a cluster");
        world.ceremony(cluster);
    }
    assert_eq!(world.autobalance().funded, U256::from(3));
    let (_, forming) = world.form_measured().expect("a cluster");
    let manager = world.pool.manager;
    world.pool.chain.impersonate(manager);
    world
        .pool
        .chain
        .set_balance(manager, U256::from(2_000) * ETH);
    let call = requestExitsCall {
        assets: U256::from(32) * ETH,
    };
    let registry = world.pool.registry;
    let (asked, receipt) = world.pool.run(manager, registry, U256::ZERO, call);
    assert_eq!(asked, U256::from(32) * ETH);
    (forming, receipt.gas_used)
}

/// Gas to register, to add a node, to withdraw a bond, and to apply a leaf that moves an operator in its lines, among so many
/// operators with queued nodes.
fn measure_updates(operators: u64) -> [u64; 4] {
    let mut operated = Operated::new().without_demand();
    operated.targets([10_000, 0, 0, 0, 0, 0, 0, 0, 0]);
    for place in 0..operators {
        let operator = operated.proven(HOME, U256::from(2) * ETH);
        operated.add(operator, SSV, (place % 8) as u8, (place / 2 % 2) as u8, 1);
    }
    let gas = |operated: &mut Operated, from, value, call: Vec<u8>| {
        let to = operated.pool.registry;
        let receipt = operated.pool.send(from, to, value, call);
        assert!(receipt.success(), "{:?} {}", receipt.status, receipt.output);
        receipt.gas_used
    };
    let operator = U256::from(16 + operators);
    let by = manager(operator);
    operated.pool.chain.set_balance(by, U256::from(10) * ETH);
    let register = registerCall {
        kind: HOME,
        payout: by,
        metadataHash: Default::default(),
    };
    let registered = gas(
        &mut operated,
        by,
        U256::from(3) * ETH,
        register.abi_encode(),
    );
    let add = addNodesCall {
        operator,
        nodeType: SSV,
        region: 3,
        executionClient: 0,
        consensusClient: 0,
        identity: Default::default(),
        count: U256::from(1),
    };
    let added = gas(&mut operated, by, U256::ZERO, add.abi_encode());
    let withdraw = withdrawBondCall {
        operator,
        shares: ETH,
    };
    let withdrawn = gas(&mut operated, by, U256::ZERO, withdraw.abi_encode());
    let distributor = operated.pool.distributor;
    let root = noteRootCall {
        epoch: U256::from(1),
        endsAt: U256::from(operated.pool.chain.timestamp()),
    };
    gas(&mut operated, distributor, U256::ZERO, root.abi_encode());
    let leaf = applyLeafCall {
        operator: U256::from(16),
        epoch: U256::from(1),
        cumulativePenalty: U256::ZERO,
        performance: U256::from(9_900),
        epochs: U256::from(1),
    };
    let applied = gas(&mut operated, distributor, U256::ZERO, leaf.abi_encode());
    [registered, added, withdrawn, applied]
}

#[test]
fn p44_registration_withdrawal_and_leaves_cost_the_same_whatever_the_number() {
    let measured = [10, 100, 1_000].map(|operators| (operators, measure_updates(operators)));
    for (operators, [register, add, withdraw, leaf]) in measured {
        println!("{operators} operators: register {register}, add {add}, withdraw {withdraw}, leaf {leaf}");
    }
    let [(_, few), _, (_, many)] = measured;
    for (few, many) in few.into_iter().zip(many) {
        // A hundredfold number: the logarithm trebles, these stay as they are, but for first writes.
        assert!(many * 4 <= few * 5, "{few} to {many}");
    }
}

fn scales(layout: Layout) {
    let begun = Instant::now();
    let measured = [100, 1_000, 10_000].map(|nodes| (nodes, measure(layout, nodes)));
    for (nodes, (forming, exit)) in measured {
        println!("{layout:?}: {nodes} nodes wait: {forming} gas to form, {exit} to choose an exit");
    }
    println!("{:?}", begun.elapsed());
    let [(_, first), _, (_, last)] = measured;
    assert!(last.0 <= first.0 * 2, "forming");
    assert!(last.1 <= first.1 * 2, "choosing an exit");
}

#[test]
fn p44_choice_with_nodes_of_all_kinds() {
    scales(Layout::Uniform);
}

#[test]
fn p44_choice_with_the_best_in_one_region() {
    scales(Layout::BestInOneRegion);
}

#[test]
fn p44_choice_with_equal_scores() {
    scales(Layout::EqualScores);
}

#[test]
fn p44_choice_with_many_small_buckets() {
    scales(Layout::SmallBuckets);
}
