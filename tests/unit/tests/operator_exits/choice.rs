//! Exits for orders: which cluster leaves next, and how many are asked.

use alloy_primitives::U256;
use clay_shared::{
    interfaces::IOperatorExits::ExitRequested,
    operators::{
        parameters::EXIT_DEADLINE,
        state::state::{EXITING, KEYED, RESERVED},
        NodeType,
    },
};

use crate::pool::{public_key, Made, Pool, DAY, ETH, MADE, NOW};

/// Half of the pool on direct nodes of home operators, half on those of professionals.
const HALVES: [u16; 9] = [0, 0, 0, 0, 0, 0, 5_000, 5_000, 0];
const PROFESSIONAL: Made = Made { kind: 1, ..MADE };

fn exits(count: u128) -> U256 {
    U256::from(count * 32 * ETH)
}

#[motsu::test]
fn the_bucket_furthest_above_its_target_leaves_first() {
    let pool = Pool::new(HALVES);
    let [home, professional] = [MADE, PROFESSIONAL].map(|made| pool.operator(made, 50 * ETH));
    for _ in 0..3 {
        pool.funded(NodeType::Direct, &[home]);
    }
    for _ in 0..5 {
        pool.funded(NodeType::Direct, &[professional]);
    }
    // 3 to 5: two of the professional's, then by turns, of two alike the first bucket; always the oldest node.
    assert_eq!(pool.request_exits(exits(4)), 4 * 32 * ETH);
    assert_eq!(pool.asked(), [4, 5, 1, 6]);
    assert_eq!(pool.totals().0, [0, 0, 0, 0, 0, 0, 2, 2, 0]);
    assert_eq!(pool.coming(), 4 * 32 * ETH);
}

#[motsu::test]
fn in_a_bucket_the_operator_with_the_most_load_for_its_score_leaves_first() {
    let pool = Pool::new([0, 0, 0, 0, 0, 0, 10_000, 0, 0]);
    let best = Made {
        performance: 10_000,
        conduct: 10_000,
        ..MADE
    };
    let worst = Made {
        performance: 0,
        conduct: 0,
        ..MADE
    };
    // Weights 10,000, 2,500 and, whatever its score, 2,500.
    let unproven = Made {
        proven: false,
        ..best
    };
    let [best, worst, unproven] = [best, worst, unproven].map(|made| pool.operator(made, 50 * ETH));
    // (active + 1) / weight: 6 / 10,000, then 3 / 2,500 twice.
    for operator in [
        best, best, unproven, worst, worst, best, best, best, unproven,
    ] {
        pool.funded(NodeType::Direct, &[operator]);
    }
    // The worst reached its class before the unproven one did. Then that one has the most load, then both have the same
    // again, 2 / 2,500: the worst came there first.
    pool.request_exits(exits(1));
    assert_eq!(pool.asked(), [4]);
    pool.request_exits(exits(1));
    assert_eq!(pool.asked(), [4, 3]);
    pool.request_exits(exits(2));
    assert_eq!(pool.asked(), [4, 3, 5, 9]);
    // All five of the best are left, and leave in the order of their age.
    pool.request_exits(exits(5));
    assert_eq!(pool.asked()[4..], [1, 2, 6, 7, 8]);
    let nobody = ([0; 9], [0; 8], [false; 9]);
    assert_eq!(pool.totals(), nobody);
    for operator in [best, worst, unproven] {
        assert_eq!(pool.first_funded(operator), [0; 3]);
        assert_eq!(pool.active_nodes(operator), 0);
    }
}

#[motsu::test]
fn a_bucket_that_has_nothing_funded_is_passed_over() {
    let pool = Pool::new(HALVES);
    let [home, professional] = [MADE, PROFESSIONAL].map(|made| pool.operator(made, 50 * ETH));
    // Far above its target, but of clusters that have no validator yet.
    for state in [RESERVED, KEYED, KEYED] {
        pool.cluster_in(NodeType::Direct, &[home], state);
    }
    pool.funded(NodeType::Direct, &[professional]);
    assert_eq!(pool.request_exits(exits(1)), 32 * ETH);
    assert_eq!(pool.asked(), [4]);
    assert_eq!(pool.request_exits(exits(1)), 0);
    assert_eq!(pool.totals().0, [0, 0, 0, 0, 0, 0, 3, 0, 0]);
}

#[motsu::test]
fn as_many_exits_are_asked_as_bring_enough() {
    let pool = Pool::new(HALVES);
    let home = pool.operator(MADE, 50 * ETH);
    for _ in 0..6 {
        pool.funded(NodeType::Direct, &[home]);
    }
    assert_eq!(pool.request_exits(U256::ZERO), 0);
    assert_eq!(pool.request_exits(U256::from(1)), 32 * ETH);
    assert_eq!(pool.request_exits(exits(1)), 32 * ETH);
    assert_eq!(pool.request_exits(exits(1) + U256::from(1)), 64 * ETH);
    assert_eq!(pool.coming(), 128 * ETH);
    // No more than there are, however much is asked for.
    assert_eq!(pool.request_exits(U256::MAX), 64 * ETH);
    assert_eq!(pool.request_exits(U256::MAX), 0);
    assert_eq!(pool.coming(), 6 * 32 * ETH);
    assert_eq!(pool.asked(), [1, 2, 3, 4, 5, 6]);
}

#[motsu::test]
fn a_cluster_exits_with_all_its_members() {
    let pool = Pool::new([10_000, 0, 0, 0, 0, 0, 0, 0, 0]);
    let operators = pool.operators(5, MADE, 5 * ETH);
    let cluster = pool.active(NodeType::Ssv, &operators, NOW);
    pool.set_parameter(&EXIT_DEADLINE, u128::from(5 * DAY));
    pool.request_exits(exits(1));
    assert_eq!(pool.states(cluster), (EXITING, vec![EXITING; 5]));
    assert_eq!(pool.totals(), ([0; 9], [0; 8], [false; 9]));
    for operator in operators {
        assert_eq!(pool.active_nodes(operator), 0);
        // The node stays live, and needs its bond.
        assert_eq!(pool.inside(|| operator.live()), [1, 0, 0]);
    }
    let event = ExitRequested {
        cluster: U256::from(cluster.0),
        publicKey: public_key(cluster).to_vec().into(),
        reason: 0,
        from: U256::from(NOW),
        deadline: U256::from(NOW + 5 * DAY),
    };
    assert_eq!(pool.events::<ExitRequested>(), [event]);
}
