//! Exits on the real programs, from the order that needs one to the confirmation.

use alloy::{
    primitives::{Bytes, U256},
    sol_types::SolCall,
};
use e2e::{
    event, operated::*, Gateway, OperatorRegistry::*, StakeManager, UnstakeQueue, ALICE, ETH,
    GATEWAY,
};

/// Three active direct validators of operators whose scores differ, funded from a pool that has nothing else; clusters by score, the
/// worst first.
fn three_validators() -> (Operated, [U256; 3]) {
    let mut operated = Operated::new();
    operated.targets([0, 0, 0, 0, 0, 0, 0, 10_000, 0]);
    let (committee, manager) = (operated.pool.committee, operated.pool.manager);
    operated.pool.chain.impersonate(committee);
    operated.pool.chain.set_balance(committee, ETH);
    // It has ETH of its own.
    operated.pool.chain.impersonate(manager);
    let mut clusters = [U256::ZERO; 3];
    for region in 0..3 {
        let operator = operated.proven(PROFESSIONAL, U256::from(10) * ETH);
        if region == 1 {
            operated.worsen(operator);
        }
        operated.add(operator, DIRECT, region, 0, 1);
    }
    for _ in 0..3 {
        let cluster = operated.form().expect("a cluster");
        operated.ceremony(cluster);
        let operator: u64 = operated.operators_of(cluster)[0].to();
        // The worst is the second of them.
        let place = [1, 0, 2][operator as usize - 16];
        clusters[place] = cluster;
    }
    assert_eq!(operated.autobalance().funded, U256::from(3));
    let active = e2e::Pool::became(e2e::operators::ACTIVE, &clusters);
    let registry = operated.pool.registry;
    operated.pool.run(committee, registry, U256::ZERO, active);
    (operated, clusters)
}

fn report(operated: &mut Operated, days: u64) {
    operated.pool.chain.increase_time(days * DAY);
    operated.pool.chain.mine(1);
    let call = StakeManager::reportCall {
        report: StakeManager::Report {
            slotTime: operated.pool.chain.timestamp() - 60,
            clBalanceGwei: 96_000_000_000,
            depositsSeenGwei: 96_000_000_000,
            leftSeen: 0,
            expectedLoss: 0,
            recovered: 0,
            epoch: 0,
        },
    };
    let (committee, manager) = (operated.pool.committee, operated.pool.manager);
    operated.pool.run(committee, manager, U256::ZERO, call);
}

#[test]
fn orders_that_need_more_make_the_worst_leave() {
    let (mut operated, clusters) = three_validators();
    // All of Alice's shares: the buffer has 96 ETH less than they are worth.
    let shares = operated.pool.balance(ALICE);
    let (queue, token) = (operated.pool.queue, operated.pool.token);
    let approve = e2e::CsEthToken::approveCall {
        spender: queue,
        value: shares,
    };
    operated.pool.run(ALICE, token, U256::ZERO, approve);
    let per_order = shares / U256::from(20);
    for _ in 0..20 {
        let call = UnstakeQueue::requestUnstakeCall {
            shares: per_order,
            receiver: ALICE,
        };
        operated.pool.run(ALICE, queue, U256::ZERO, call);
    }
    report(&mut operated, 1);
    operated.pool.chain.increase_time(DAY);
    report(&mut operated, 1);
    let asked = operated.autobalance().exitsAsked;
    assert_eq!(asked % (U256::from(32) * ETH), U256::ZERO);
    let exits: usize = (asked / (U256::from(32) * ETH)).to();
    assert!(exits >= 1, "orders need more than is at hand");
    assert_eq!(
        operated.cluster(clusters[0]).state,
        EXITING,
        "the worst first"
    );
    assert_eq!(operated.view(comingCall {}), asked);
    // What was asked for is on its way: nothing more is.
    assert_eq!(operated.autobalance().exitsAsked, U256::ZERO);
}

#[test]
fn the_gateway_is_told_to_force_an_exit_that_nobody_signs() {
    let (mut operated, clusters) = three_validators();
    let (manager, registry) = (operated.pool.manager, operated.pool.registry);
    let call = requestExitsCall {
        assets: U256::from(1),
    };
    let (asked, receipt) = operated.pool.run(manager, registry, U256::ZERO, call);
    assert_eq!(asked, U256::from(32) * ETH);
    let exit: ExitRequested = event(&receipt, registry);
    let cluster = clusters[0];
    assert_eq!(exit.cluster, cluster);
    let call = forceExitCall { cluster };
    let latest = U256::from(operated.pool.chain.next_timestamp());
    let error = DeadlineNotPassed {
        latest,
        deadline: exit.deadline,
    };
    operated
        .pool
        .refuses(ALICE, registry, U256::ZERO, call.clone(), error);
    operated.pool.chain.increase_time(3 * DAY + 60);
    let fee = U256::from(1_000);
    operated.pool.run(ALICE, registry, fee, call);
    let message = operated
        .pool
        .chain
        .messages_to_l1()
        .pop()
        .expect("a message");
    assert_eq!((message.to, message.value), (GATEWAY, fee));
    let key = operated.view(clusterKeyCall { id: cluster }).publicKey;
    let expected = Gateway::forceExitCall { publicKey: key };
    assert_eq!(message.data, Bytes::from(expected.abi_encode()));
}

#[test]
fn parts_are_stored_and_whoever_was_in_time_is_timely() {
    let (mut operated, clusters) = three_validators();
    let (manager, registry) = (operated.pool.manager, operated.pool.registry);
    let call = requestExitsCall {
        assets: U256::from(64) * ETH,
    };
    operated.pool.run(manager, registry, U256::ZERO, call);
    let exiting = operated.pool.exiting_clusters();
    assert_eq!(exiting.len(), 2);
    let [timely, late] = [exiting[0], exiting[1]];
    assert!(exiting.contains(&clusters[0]));
    let operator_of = |operated: &Operated, cluster| operated.operators_of(cluster)[0];
    let post = |operated: &mut Operated, cluster| {
        let node = operated.members(cluster)[0];
        let part = Bytes::from(vec![0x21; 96]);
        let operator = operator_of(operated, cluster);
        operated.act(operator, postExitPartCall { node, part });
        node
    };
    let node = post(&mut operated, timely);
    let stored = operated.view(exitPartCall { node });
    assert_eq!(stored.part[..], [0x21; 96]);
    assert_eq!(stored.at, U256::from(operated.pool.chain.timestamp()));
    operated.pool.chain.increase_time(4 * DAY);
    post(&mut operated, late);
    let before: Vec<U256> = exiting
        .iter()
        .map(|cluster| {
            let operator = operator_of(&operated, *cluster);
            operated.view(standingCall { operator }).conduct
        })
        .collect();
    let committee = operated.pool.committee;
    let call = e2e::Pool::exited(&exiting);
    operated.pool.run(committee, registry, U256::ZERO, call);
    for (cluster, (before, change)) in exiting.iter().zip(before.into_iter().zip([250i64, -1_000]))
    {
        let operator = operator_of(&operated, *cluster);
        let after = operated.view(standingCall { operator }).conduct;
        let expected = (before.to::<i64>() + change).clamp(0, 10_000);
        assert_eq!(after.to::<i64>(), expected);
        assert_eq!(operated.cluster(*cluster).state, DONE);
    }
    assert_eq!(operated.view(comingCall {}), U256::ZERO);
}
