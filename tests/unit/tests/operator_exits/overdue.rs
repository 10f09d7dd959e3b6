//! Exits that are forced because they are overdue, and those of operators whose bond is short for too long.

use alloy_primitives::{Bytes, U256};
use alloy_sol_types::{SolCall, SolEvent};
use clay_shared::{
    interfaces::{
        IArbSys::sendTxToL1Call,
        IGateway,
        IOperatorAllocation::{NodesAdded, NotInState},
        IOperatorExits::*,
    },
    operators::{
        parameters::SHORT_GRACE,
        state::{of_cluster::DEADLINE, state::KEYED, Cluster, Operator},
        NodeType,
    },
};
use motsu::prelude::*;

use crate::pool::{public_key, Pool, Sent, ANYBODY, DAY, ETH, GATEWAY_L1, MADE, NOW};

const SSV: [u16; 9] = [10_000, 0, 0, 0, 0, 0, 0, 0, 0];

fn forced(cluster: Cluster) -> forceExitCall {
    forceExitCall {
        cluster: U256::from(cluster.0),
    }
}

#[motsu::test]
fn an_overdue_exit_is_forced_by_a_message_that_carries_the_fee() {
    let pool = Pool::new(SSV);
    let operators = pool.operators(5, MADE, 5 * ETH);
    let cluster = pool.active(NodeType::Ssv, &operators, NOW);
    let not_exiting = NotInState {
        state: 5,
        needed: 6,
    };
    pool.refuses(ANYBODY, forced(cluster), not_exiting);
    pool.request_exits(U256::from(1));
    let refused = |deadline| {
        let refusal = DeadlineNotPassed {
            latest: U256::from(NOW),
            deadline: U256::from(deadline),
        };
        pool.refuses(ANYBODY, forced(cluster), refusal);
    };
    refused(NOW + 3 * DAY);
    pool.set_cluster(cluster, DEADLINE, NOW.into());
    refused(NOW);

    pool.set_cluster(cluster, DEADLINE, u128::from(NOW) - 1);
    let fee = U256::from(1_000_000);
    ANYBODY.fund(fee);
    let mut call = pool.exits.sender_and_value(ANYBODY, fee);
    call.call(forced(cluster)).expect("it is overdue");
    let to_gateway = IGateway::forceExitCall {
        publicKey: public_key(cluster).to_vec().into(),
    };
    let message = sendTxToL1Call {
        destination: GATEWAY_L1,
        data: to_gateway.abi_encode().into(),
    };
    let sent = Sent {
        sender: pool.exits.address().into_word(),
        value: fee,
        message: Bytes::from(message.abi_encode()),
    };
    let logs = pool.arb_sys.all_events();
    let logs: Vec<_> = logs
        .iter()
        .map(|log| Sent::decode_log_data(log, true).expect("this event"))
        .collect();
    assert_eq!(logs, [sent]);
    assert_eq!(pool.exits.balance(), U256::ZERO, "nothing stays here");
    let event = ExitForced {
        cluster: U256::from(cluster.0),
        by: ANYBODY,
    };
    assert_eq!(pool.events::<ExitForced>(), [event]);
    // It is not over before it is confirmed, and can be tried again.
    assert_eq!(pool.states(cluster).0, 6);
    pool.run(ANYBODY, forced(cluster));
}

#[motsu::test]
fn only_forcing_takes_eth() {
    let pool = Pool::new(SSV);
    let one = U256::from(1);
    ANYBODY.fund(one);
    let answer = pool
        .exits
        .sender_and_value(ANYBODY, one)
        .call_raw(&comingCall {}.abi_encode());
    assert_eq!(answer, Err(Vec::new()));
}

fn short(operator: Operator) -> exitShortCall {
    exitShortCall {
        operator: U256::from(operator.0),
    }
}

#[motsu::test]
fn an_operator_that_is_short_for_too_long_loses_its_oldest_node() {
    let pool = Pool::new(SSV);
    let others = pool.operators(4, MADE, 50 * ETH);
    // 4 ETH for the direct node, 1 for the SSV node and 0.9898 for the next.
    let operator = pool.operator(MADE, 5 * ETH);
    let direct = pool.funded(NodeType::Direct, &[operator]);
    let members = [&others[..], &[operator]].concat();
    let not_short = || BondNotShort {
        operator: U256::from(operator.0),
    };
    let ssv = pool.funded(NodeType::Ssv, &members);
    pool.refuses(ANYBODY, short(operator), not_short());

    let grace = pool.parameter(&SHORT_GRACE) as u64;
    for since in [NOW - grace, NOW] {
        pool.short_since(operator, since);
        let refusal = GraceNotOver {
            latest: U256::from(NOW),
            until: U256::from(since + grace),
        };
        pool.refuses(ANYBODY, short(operator), refusal);
    }
    // What it holds is enough to the wei.
    pool.short_since(operator, NOW - grace - 1);
    pool.refuses(ANYBODY, short(operator), not_short());

    let newer = pool.funded(NodeType::Ssv, &members);
    pool.run(ANYBODY, short(operator));
    assert_eq!(pool.asked(), [ssv.0]);
    // It carries those that stay, whatever the one that leaves still needs.
    pool.refuses(ANYBODY, short(operator), not_short());
    pool.owes(operator, 1);
    for expected in [newer, direct] {
        pool.run(ANYBODY, short(operator));
        assert_eq!(pool.asked().last(), Some(&expected.0));
    }
    let reasons = pool.events::<ExitRequested>().into_iter();
    let reasons: Vec<(u8, u64)> = reasons
        .map(|event| (event.reason, event.from.to()))
        .collect();
    assert_eq!(reasons, [(2, NOW); 3]);
    let nothing = NoFundedNode {
        operator: U256::from(operator.0),
    };
    pool.refuses(ANYBODY, short(operator), nothing);
}

#[motsu::test]
fn the_others_are_queued_again_for_a_bond_that_was_short() {
    let pool = Pool::new(SSV);
    let operators = pool.operators(5, MADE, 5 * ETH);
    let cluster = pool.funded(NodeType::Ssv, &operators);
    pool.confirm(cluster, 1, 0);
    pool.owes(operators[3], 1);
    pool.short_since(operators[3], NOW - 100 * DAY);
    pool.run(ANYBODY, short(operators[3]));
    pool.confirm(cluster, 2, 0);
    let added = pool.events::<NodesAdded>().into_iter();
    let by: Vec<u32> = added.map(|event| event.operator.to()).collect();
    assert_eq!(by, [16, 17, 18, 20]);
}

#[motsu::test]
fn nobody_loses_a_right_where_there_is_no_whitelist() {
    let pool = Pool::new(SSV);
    let operators = pool.operators(5, MADE, 5 * ETH);
    pool.funded(NodeType::Ssv, &operators);
    let operator = U256::from(operators[0].0);
    let call = exitUnlicensedCall { operator };
    pool.refuses(ANYBODY, call, MayOperate { operator });
}

#[motsu::test]
fn debt_alone_makes_a_bond_short() {
    let pool = Pool::new(SSV);
    let operator = pool.operator(MADE, 50 * ETH);
    pool.cluster_in(NodeType::Direct, &[operator], KEYED);
    let cluster = pool.funded(NodeType::Direct, &[operator]);
    pool.owes(operator, 1);
    pool.short_since(operator, NOW - 100 * DAY);
    pool.run(ANYBODY, short(operator));
    assert_eq!(pool.asked(), [cluster.0]);
}
