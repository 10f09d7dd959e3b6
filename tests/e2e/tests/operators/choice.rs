//! Who is chosen.

use alloy::primitives::U256;
use e2e::{operated::*, OperatorRegistry::*, ALICE, ETH};

/// Seven proven home operators with SSV nodes in four regions and with two clients.
fn seven(world: &mut Operated) -> Vec<U256> {
    world.targets([10_000, 0, 0, 0, 0, 0, 0, 0, 0]);
    let add = |place: u8| {
        let operator = world.proven(HOME, U256::from(20) * ETH);
        world.add(operator, SSV, place % 4, place % 2, 10);
        operator
    };
    (0..7).map(add).collect()
}

#[test]
fn p35_a_young_pool_of_seven_grows_by_clusters_that_meet_every_minimum() {
    let mut world = Operated::new();
    let operators = seven(&mut world);
    for _ in 0..14 {
        let cluster = world.form().expect("a cluster");
        let members = world.operators_of(cluster);
        assert_eq!(members.len(), 5);
        for operator in &members {
            let times = members.iter().filter(|other| *other == operator);
            assert_eq!(times.count(), 1, "distinct operators");
        }
        let nodes = world.members(cluster);
        let nodes: Vec<_> = nodes.into_iter().map(|node| world.node(node)).collect();
        let distinct = |of: fn(&nodeReturn) -> u8| {
            let mut all: Vec<u8> = nodes.iter().map(of).collect();
            all.sort_unstable();
            all.dedup();
            all.len()
        };
        assert!(distinct(|node| node.region) >= 3, "regions");
        assert!(distinct(|node| node.consensusClient) >= 2, "clients");
        assert!(nodes.iter().all(|node| node.state == RESERVED));
    }
    // 70 nodes over seven operators.
    for operator in operators {
        let standing = world.view(standingCall { operator });
        assert_eq!(standing.active, U256::from(10), "even shares");
        assert_eq!(standing.live[0], U256::from(10));
    }
    let totals = world.view(totalsCall {});
    assert_eq!(totals.byBucket[0], U256::from(70));
    assert_eq!(totals.byRegion.iter().sum::<U256>(), U256::from(70));
    // Nobody has a node left.
    let call = formClusterCall {};
    let registry = world.pool.registry;
    world
        .pool
        .refuses(ALICE, registry, U256::ZERO, call, NoClusterPossible {});
}

#[test]
fn p35_one_member_of_a_cluster_at_most_is_unproven() {
    let mut world = Operated::new();
    world.targets([10_000, 0, 0, 0, 0, 0, 0, 0, 0]);
    let mut unproven = Vec::new();
    for place in 0..10u8 {
        let operator = world.register(HOME, U256::from(2) * ETH);
        world.add(operator, SSV, place % 4, place % 2, 1);
        unproven.push(operator);
    }
    // Three proven ones are too few, however many others there are.
    for place in 0..3u8 {
        let operator = world.proven(HOME, U256::from(40) * ETH);
        world.add(operator, SSV, place % 4, place % 2, 10);
    }
    assert_eq!(world.form(), None);
    let fourth = world.proven(HOME, U256::from(40) * ETH);
    world.add(fourth, SSV, 3, 1, 10);
    let cluster = world.form().expect("a cluster");
    let members = world.operators_of(cluster);
    let newcomers = members.iter().filter(|member| unproven.contains(member));
    assert_eq!((members.len(), newcomers.count()), (5, 1));
}

#[test]
fn who_stands_in_many_regions_is_looked_at_once() {
    let mut world = Operated::new();
    world.targets([10_000, 0, 0, 0, 0, 0, 0, 0, 0]);
    // Four places for these, and one for somebody with the other client.
    for region in 0..4 {
        let operator = world.proven(HOME, U256::from(20) * ETH);
        world.add(operator, SSV, region, 0, 1);
    }
    // Two that stand in all regions take sixteen looks, but only two of those that are counted.
    for _ in 0..2 {
        let operator = world.register(HOME, U256::from(20) * ETH);
        for region in 0..8 {
            world.add(operator, SSV, region, 0, 1);
        }
    }
    let last = world.register(HOME, U256::from(20) * ETH);
    world.add(last, SSV, 7, 1, 1);
    let cluster = world.form().expect("a cluster");
    assert_eq!(world.operators_of(cluster)[4], last);
}

#[test]
fn the_better_operator_is_chosen_first_and_more_often() {
    let mut world = Operated::new().without_demand();
    world.targets([0, 0, 0, 0, 0, 0, 0, 10_000, 0]);
    // Operators of direct nodes, in regions of their own: each cluster is one of them.
    let mut add = |region| {
        let operator = world.proven(PROFESSIONAL, U256::from(300) * ETH);
        if region == 0 {
            world.worsen(operator);
        }
        world.add(operator, DIRECT, region, 0, 60);
        operator
    };
    let operators: Vec<U256> = (0..4).map(&mut add).collect();
    let mut chosen = [0; 4];
    for _ in 0..56 {
        let cluster = world.form().expect("a cluster");
        let operator = world.operators_of(cluster)[0];
        let place = operators.iter().position(|known| *known == operator);
        chosen[place.expect("one of them")] += 1;
    }
    // Weights of 4,375 and 6,250: 0.7 to 1.
    assert_eq!(chosen, [11, 15, 15, 15]);
}
