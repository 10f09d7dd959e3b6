//! Operators that need a right to operate, and lose it.

use alloy::primitives::{Bytes, U256};
use e2e::{operated::*, KycWhitelist::RightMissing, OperatorRegistry::*, ALICE, ETH};

#[test]
fn who_loses_the_right_adds_no_node_and_anybody_asks_for_the_exits() {
    let mut world = Operated::new();
    world.targets([10_000, 0, 0, 0, 0, 0, 0, 0, 0]);
    for place in 0..5 {
        let operator = world.proven(HOME, U256::from(10) * ETH);
        world.add(operator, SSV, place % 3, place % 2, 2);
    }
    let clusters = [(); 2].map(|_| {
        let cluster = world.form().expect("a cluster");
        world.ceremony(cluster);
        cluster
    });
    world.autobalance();
    let operators = world.operators_of(clusters[0]);
    let managers: Vec<_> = operators.iter().map(|it| manager(*it)).collect();
    world.gate(&managers);
    let (operator, by) = (operators[2], managers[2]);
    let registry = world.pool.registry;
    let none = U256::ZERO;
    let call = exitUnlicensedCall { operator };
    let may = MayOperate { operator };
    world.pool.refuses(ALICE, registry, none, call.clone(), may);

    world.pool.admit(&[by], 0);
    let add = addNodesCall {
        operator,
        nodeType: SSV,
        region: 0,
        executionClient: 0,
        consensusClient: 0,
        identity: Bytes::new(),
        count: U256::from(1),
    };
    let missing = RightMissing {
        account: by,
        asked: OPERATE,
        held: 0,
    };
    world.pool.refuses(by, registry, none, add, missing);
    for cluster in clusters {
        let (_, receipt) = world.anybody(call.clone());
        let asked: ExitRequested = e2e::event(&receipt, registry);
        assert_eq!((asked.cluster, asked.reason), (cluster, 4));
        assert_eq!(world.cluster(cluster).state, EXITING);
    }
    let none_left = NoFundedNode { operator };
    world.pool.refuses(ALICE, registry, none, call, none_left);

    // The others are queued again once it is over.
    let before = world.view(countsCall {}).nodes;
    let committee = world.pool.committee;
    world.pool.chain.impersonate(committee);
    world.pool.chain.set_balance(committee, ETH);
    let exited = e2e::Pool::exited(&clusters);
    world.pool.run(committee, registry, none, exited);
    assert_eq!(world.view(countsCall {}).nodes, before + U256::from(8));
}
