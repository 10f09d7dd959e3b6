//! One person with 300 accounts.

use alloy::primitives::U256;
use e2e::{operated::*, OperatorRegistry::*, ETH};

#[test]
fn p36_a_crowd_takes_one_place_of_a_cluster_and_stops_nobody() {
    let mut world = Operated::new();
    world.targets([10_000, 0, 0, 0, 0, 0, 0, 0, 0]);
    // 300 accounts, all with one client and in all regions.
    let mut crowd = Vec::new();
    for place in 0..300u64 {
        let operator = world.register(HOME, U256::from(2) * ETH);
        world.add(operator, SSV, (place % 8) as u8, 0, 1);
        crowd.push(operator);
    }
    // Twelve who are vouched for, of whom three have the other client.
    for place in 0..12u8 {
        let operator = world.proven(HOME, U256::from(40) * ETH);
        world.add(operator, SSV, place % 6, u8::from(place % 4 == 3), 10);
    }
    for _ in 0..15 {
        let cluster = world.form().expect("the crowd stops nobody");
        let of_crowd = world.operators_of(cluster);
        let of_crowd = of_crowd.iter().filter(|member| crowd.contains(member));
        assert!(
            of_crowd.count() <= 1,
            "far from a signing threshold of four"
        );
        world.ceremony(cluster);
    }
}

#[test]
fn p36_a_crowd_that_refuses_ceremonies_pays_and_leaves() {
    let mut world = Operated::new().without_demand();
    world.targets([10_000, 0, 0, 0, 0, 0, 0, 0, 0]);
    let mut crowd = Vec::new();
    for place in 0..20u64 {
        let operator = world.register(HOME, U256::from(2) * ETH);
        world.add(operator, SSV, (place % 8) as u8, 0, 1);
        crowd.push(operator);
    }
    let mut honest = Vec::new();
    for place in 0..8u8 {
        let operator = world.proven(HOME, U256::from(40) * ETH);
        world.add(operator, SSV, place % 4, place % 2, 10);
        honest.push(operator);
    }
    let before: U256 = honest.iter().map(|operator| world.shares(*operator)).sum();
    let mut refused = 0;
    while refused < 20 {
        let cluster = world.form().expect("a cluster");
        let members = world.members(cluster);
        let operators = world.operators_of(cluster);
        if !operators.iter().any(|operator| crowd.contains(operator)) {
            world.ceremony(cluster);
            continue;
        }
        let result = world.result(5);
        for (node, operator) in members.iter().zip(&operators) {
            if honest.contains(operator) {
                world.submit(*node, &result);
            }
        }
        world.pool.chain.increase_time(7 * DAY + 60);
        world.anybody(dissolveCall { cluster });
        refused += 1;
    }
    // Each comes back once its time is over, if somebody asks; here nobody does.
    for operator in &crowd {
        assert_eq!(world.shares(*operator), U256::from(2) * ETH - milli(50));
        let standing = world.view(standingCall {
            operator: *operator,
        });
        assert_eq!(standing.failedCeremonies, U256::from(1));
    }
    let after: U256 = honest.iter().map(|operator| world.shares(*operator)).sum();
    assert_eq!(
        after - before,
        milli(50) * U256::from(20),
        "all of it went to those who did their part"
    );
}
