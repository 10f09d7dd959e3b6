//! From key to validator.

use alloy::primitives::U256;
use e2e::{operated::*, OperatorRegistry::*, ALICE, ETH, OWNER};

/// A world with three keyed validators of one direct operator each, and their clusters.
fn three_keyed() -> (Operated, Vec<U256>, [U256; 3]) {
    let mut world = Operated::new();
    world.targets([0, 0, 0, 0, 0, 0, 0, 10_000, 0]);
    let mut operators = Vec::new();
    for region in 0..3 {
        let operator = world.proven(PROFESSIONAL, U256::from(4) * ETH);
        world.add(operator, DIRECT, region, 0, 1);
        operators.push(operator);
    }
    let keyed = |_| {
        let cluster = world.form().expect("a cluster");
        world.ceremony(cluster);
        cluster
    };
    let clusters = [0; 3].map(keyed);
    (world, operators, clusters)
}

#[test]
fn the_first_keyed_is_the_first_funded() {
    let (mut world, operators, clusters) = three_keyed();
    let balanced = world.autobalance();
    assert_eq!(balanced.funded, U256::from(3));
    for (index, cluster) in clusters.iter().enumerate() {
        let call = fundedClusterCall {
            index: U256::from(index),
        };
        assert_eq!(world.view(call), *cluster);
        assert_eq!(world.cluster(*cluster).state, FUNDED);
        let node = world.members(*cluster)[0];
        assert_eq!(world.node(node).state, FUNDED);
    }
    let counts = world.view(countsCall {});
    assert_eq!(counts.funded, U256::from(3));
    assert_eq!(counts.keyed, U256::ZERO);
    let messages = world.pool.chain.messages_to_l1();
    assert_eq!(messages.len(), 3);
    for message in messages {
        assert_eq!(message.value, U256::from(32) * ETH);
        assert_eq!(message.to, e2e::GATEWAY);
    }
    for operator in operators {
        assert_eq!(world.view(standingCall { operator }).active, U256::from(1));
    }
    world.pool.check_books();
}

/// Has a validator run alone need another bond, in wei.
fn dearer(world: &mut Operated, base: U256) {
    world.owner(setParameterCall { id: 2, value: base });
}

#[test]
fn a_cluster_that_fails_a_check_does_not_keep_the_next_from_its_eth() {
    let (mut world, operators, clusters) = three_keyed();
    // The second and third are bonded for more, the first is not.
    for operator in &operators[1..] {
        world.bond(*operator, ETH);
    }
    dearer(&mut world, U256::from(5) * ETH);
    let registry = world.pool.registry;
    let ready = readyCall {
        limit: U256::from(10),
        rateAssets: ETH,
        rateShares: ETH,
    };
    assert_eq!(world.pool.view(registry, ready), U256::from(2));
    let balanced = world.autobalance();
    assert_eq!(balanced.funded, U256::from(2));
    assert_eq!(world.cluster(clusters[0]).state, DISSOLVED);
    let node = world.members(clusters[0])[0];
    assert_eq!(world.node(node).state, QUEUED);
    for cluster in &clusters[1..] {
        assert_eq!(world.cluster(*cluster).state, FUNDED);
    }
    let standing = world.view(standingCall {
        operator: operators[0],
    });
    assert_eq!(
        (standing.active, standing.live[2]),
        (U256::ZERO, U256::ZERO)
    );
    // Nothing was its fault: it pays nothing.
    assert_eq!(standing.failedCeremonies, U256::ZERO);
    world.pool.check_books();
}

#[test]
fn many_unsound_clusters_can_be_cleared_away_by_anybody() {
    let mut world = Operated::new();
    world.targets([0, 0, 0, 0, 0, 0, 0, 10_000, 0]);
    world.set(9, 10_000);
    for region in 0..3 {
        let operator = world.proven(PROFESSIONAL, U256::from(30) * ETH);
        world.add(operator, DIRECT, region, 0, 10);
    }
    let mut clusters = Vec::new();
    for _ in 0..19 {
        let cluster = world.form().expect("a cluster");
        world.ceremony(cluster);
        clusters.push(cluster);
    }
    dearer(&mut world, U256::from(32) * ETH);
    let operator = world.proven(PROFESSIONAL, U256::from(40) * ETH);
    world.add(operator, DIRECT, 3, 0, 1);
    let sound = world.form().expect("a cluster");
    assert_eq!(world.operators_of(sound), [operator]);
    world.ceremony(sound);
    // More of them stand in front than one call passes over.
    assert_eq!(world.autobalance().funded, U256::ZERO);
    for cluster in &clusters[..4] {
        world.anybody(dissolveCall { cluster: *cluster });
    }
    let call = dissolveCall { cluster: sound };
    let registry = world.pool.registry;
    let until = world.cluster(sound).deadline;
    world
        .pool
        .refuses(ALICE, registry, U256::ZERO, call, CeremonyRuns { until });
    assert_eq!(world.autobalance().funded, U256::from(1));
    assert_eq!(world.cluster(sound).state, FUNDED);
    for cluster in clusters {
        assert_eq!(world.cluster(cluster).state, DISSOLVED);
    }
    let counts = world.view(countsCall {});
    assert_eq!((counts.keyed, counts.reserved), (U256::ZERO, U256::ZERO));
}

#[test]
fn a_member_has_a_cluster_dissolved_that_nobody_funds() {
    let (mut world, operators, clusters) = three_keyed();
    let cluster = clusters[1];
    let until = world.cluster(cluster).deadline;
    let (by, registry) = (manager(operators[1]), world.pool.registry);
    let call = dissolveCall { cluster };
    let error = CeremonyRuns { until };
    world
        .pool
        .refuses(by, registry, U256::ZERO, call.clone(), error);
    world.pool.chain.increase_time(30 * DAY + 60);
    let error = OnlyManager {
        caller: ALICE,
        manager: by,
    };
    world
        .pool
        .refuses(ALICE, registry, U256::ZERO, call.clone(), error);
    world.act(operators[1], call);
    assert_eq!(world.cluster(cluster).state, DISSOLVED);
    // The others follow as ever.
    assert_eq!(world.autobalance().funded, U256::from(2));
    let states = clusters.map(|cluster| world.cluster(cluster).state);
    assert_eq!(states, [FUNDED, DISSOLVED, FUNDED]);
}

#[test]
fn clusters_are_formed_on_demand_only() {
    let (mut world, operators, _) = three_keyed();
    for operator in &operators {
        world.bond(*operator, U256::from(60) * ETH);
        let region = operator.to::<u64>() as u8 - 16;
        world.add(*operator, DIRECT, region, 0, 20);
    }
    world.set(9, 10_000);
    // Nothing is free as long as nobody balances: three stand formed, so many may.
    world.set(FORMED_AHEAD, 3);
    let registry = world.pool.registry;
    let refused = |world: &mut Operated, formed: u64, allowed: u64| {
        let error = EnoughFormed {
            formed: U256::from(formed),
            allowed: U256::from(allowed),
        };
        let call = formClusterCall {};
        world.pool.refuses(ALICE, registry, U256::ZERO, call, error);
    };
    refused(&mut world, 3, 3);
    // 1,000 ETH and the bonds, less 50 for the reserve, fund 31 or so; three are funded now.
    let free = world.autobalance();
    assert_eq!(free.funded, U256::from(3));
    world.set(FORMED_AHEAD, 0);
    let mut formed = 0;
    while world.form().is_some() {
        formed += 1;
    }
    let held = world.pool.chain.balance_now(world.pool.manager);
    assert_eq!(U256::from(formed), held / (U256::from(32) * ETH));
    refused(&mut world, formed, formed);
}

#[test]
fn fund_is_the_stake_managers_alone() {
    let (mut world, _, _) = three_keyed();
    let call = fundCall {
        count: U256::from(1),
        rateAssets: ETH,
        rateShares: ETH,
    };
    let registry = world.pool.registry;
    let error = OnlyStakeManager {
        caller: OWNER,
        stakeManager: world.pool.manager,
    };
    world.pool.refuses(OWNER, registry, U256::ZERO, call, error);
}
