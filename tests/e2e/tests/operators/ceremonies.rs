//! Key ceremonies that succeed, and those that fail: who pays.

use alloy::{
    primitives::{keccak256, Bytes, B256, U256},
    sol_types::SolCall,
};
use clay_chain::{ExecStatus, TxRequest};
use e2e::{operated::*, OperatorRegistry::*, StakeManager, ALICE, ETH};

/// A world with one SSV cluster of five proven home operators, and the cluster.
fn one_cluster() -> (Operated, U256) {
    let mut world = Operated::new();
    world.targets([10_000, 0, 0, 0, 0, 0, 0, 0, 0]);
    for place in 0..5 {
        let operator = world.proven(HOME, U256::from(2) * ETH);
        world.add(operator, SSV, place % 3, place % 2, 1);
    }
    let cluster = world.form().expect("a cluster");
    (world, cluster)
}

fn bonds(world: &Operated, operators: &[U256]) -> Vec<U256> {
    let bonds = operators.iter().map(|operator| world.shares(*operator));
    bonds.collect()
}

/// Checks that what was taken from those who failed went to the others in equal parts.
fn check_paid(before: &[U256], after: &[U256], failed: &[usize]) {
    let cost = milli(50);
    let others = before.len() - failed.len();
    let each = cost / U256::from(others);
    for (place, (before, after)) in before.iter().zip(after).enumerate() {
        let expected = match failed.contains(&place) {
            true => before - each * U256::from(others),
            false => before + each * U256::from(failed.len()),
        };
        assert_eq!(*after, expected, "the member at place {place}");
    }
    assert_eq!(
        before.iter().sum::<U256>(),
        after.iter().sum::<U256>(),
        "no share is lost"
    );
}

#[test]
fn a_cluster_is_keyed_when_all_agree() {
    let (mut world, cluster) = one_cluster();
    let members = world.members(cluster);
    let result = world.result(5);
    for node in &members[..4] {
        world.submit(*node, &result);
        assert_eq!(world.cluster(cluster).state, RESERVED);
    }
    world.submit(members[4], &result);
    assert_eq!(world.cluster(cluster).state, KEYED);
    let key = world.view(clusterKeyCall { id: cluster });
    assert_eq!(key.publicKey[..], result[..48]);
    assert_eq!(key.signature[..], result[48..144]);
    assert_eq!(key.depositDataRoot[..], result[144..176]);
    for node in members {
        assert_eq!(world.node(node).state, KEYED);
    }
    let counts = world.view(countsCall {});
    assert_eq!((counts.reserved, counts.keyed), (U256::ZERO, U256::from(1)));
}

#[test]
fn what_is_no_result_is_refused() {
    let (mut world, cluster) = one_cluster();
    let node = world.members(cluster)[0];
    let operator = world.node(node).operator;
    let (by, registry) = (manager(operator), world.pool.registry);
    let result = world.result(5);
    let submit = |result: &[u8]| submitKeyCall {
        node,
        result: Bytes::copy_from_slice(result),
    };
    // Too short, too long.
    for length in [0, 175, 176 + 4 * 48, 176 + 6 * 48] {
        let mut bytes = result.to_vec();
        bytes.resize(length, 0);
        let error = MalformedResult {
            length: U256::from(length),
            expected: U256::from(416),
        };
        world
            .pool
            .refuses(by, registry, U256::ZERO, submit(&bytes), error);
    }
    // Another root.
    let mut bytes = result.to_vec();
    bytes[175] ^= 1;
    let error = DepositDataRootMismatch {
        asked: B256::from_slice(&bytes[144..176]),
        expected: B256::from_slice(&result[144..176]),
    };
    world
        .pool
        .refuses(by, registry, U256::ZERO, submit(&bytes), error);
    // Another's node.
    let error = OnlyManager {
        caller: ALICE,
        manager: by,
    };
    world
        .pool
        .refuses(ALICE, registry, U256::ZERO, submit(&result), error);
    // Twice.
    world.submit(node, &result);
    let error = AlreadyPosted { node };
    world
        .pool
        .refuses(by, registry, U256::ZERO, submit(&result), error);
    // Too late.
    let deadline = world.cluster(cluster).deadline;
    world.pool.chain.increase_time(8 * DAY);
    world.pool.chain.mine(1);
    let other = world.members(cluster)[1];
    let by = manager(world.node(other).operator);
    let latest = U256::from(world.pool.chain.next_timestamp());
    let call = submitKeyCall {
        node: other,
        result,
    };
    let error = DeadlinePassed { deadline, latest };
    world.pool.refuses(by, registry, U256::ZERO, call, error);
}

#[test]
fn p35_a_key_is_used_once_ever() {
    let (mut world, cluster) = one_cluster();
    let members = world.members(cluster);
    let result = world.result(5);
    for node in &members {
        world.submit(*node, &result);
    }
    for operator in world.operators_of(cluster) {
        let place = operator.to::<u64>() as u8 - 16;
        world.add(operator, SSV, place % 3, place % 2, 1);
        world.bond(operator, U256::from(2) * ETH);
    }
    let second = world.form().expect("another cluster");
    let node = world.members(second)[0];
    let by = manager(world.node(node).operator);
    let call = submitKeyCall {
        node,
        result: result.clone(),
    };
    let error = KeyUsed {
        publicKeyHash: keccak256(&result[..48]),
    };
    let registry = world.pool.registry;
    world.pool.refuses(by, registry, U256::ZERO, call, error);
}

#[test]
fn p35_nobody_is_keyed_with_a_key_that_others_have_posted() {
    let (mut world, cluster) = one_cluster();
    let members = world.members(cluster);
    let result = world.result(5);
    world.submit(members[0], &result);
    // Somebody alone has read it, and would be keyed before the others have posted.
    world.targets([0, 0, 0, 0, 0, 0, 10_000, 0, 0]);
    let thief = world.proven(HOME, U256::from(10) * ETH);
    world.add(thief, DIRECT, 0, 0, 1);
    let alone = world.form().expect("a cluster");
    let call = submitKeyCall {
        node: world.members(alone)[0],
        result: Bytes::copy_from_slice(&result[..176]),
    };
    let used = KeyUsed {
        publicKeyHash: keccak256(&result[..48]),
    };
    let (by, registry) = (manager(thief), world.pool.registry);
    world
        .pool
        .refuses(by, registry, U256::ZERO, call.clone(), used);
    let mut whole = world.clone();
    for node in &members[1..] {
        whole.submit(*node, &result);
    }
    assert_eq!(whole.cluster(cluster).state, KEYED);

    // What came to nothing keeps no key from anybody.
    for node in &members[1..] {
        let operator = world.node(*node).operator;
        let (node, failed) = (*node, 1);
        world.act(operator, nameFailedCall { node, failed });
    }
    world.anybody(dissolveCall { cluster });
    world.act(thief, call);
    assert_eq!(world.cluster(alone).state, KEYED);
}

#[test]
fn what_others_pay_goes_to_a_debt_first() {
    use clay_shared::operators::state::{
        of_operator::{ACCOUNT, DEBT},
        Operator,
    };
    let (mut world, cluster) = one_cluster();
    let (members, operators) = (world.members(cluster), world.operators_of(cluster));
    let result = world.result(5);
    for node in &members[..4] {
        world.submit(*node, &result);
    }
    let registry = world.pool.registry;
    let slot = Operator(operators[0].to()).slot(ACCOUNT).number();
    let each = milli(50) / U256::from(4);
    let debt = each - U256::from(1);
    world.pool.write(registry, slot, DEBT, debt.to());
    let before = bonds(&world, &operators);
    world.pool.chain.increase_time(7 * DAY + 60);
    let (_, receipt) = world.anybody(dissolveCall { cluster });
    let after = bonds(&world, &operators);
    // The debt comes out of the bond, too, which had enough.
    assert_eq!(after[0], before[0] + U256::from(1));
    let operator = operators[0];
    assert_eq!(world.view(bondOfCall { operator }).debt, U256::ZERO);
    assert_eq!(world.pool.balance(registry), after.iter().sum::<U256>());
    let added: Vec<BondAdded> = e2e::events(&receipt, registry);
    let added = added.iter().map(|event| (event.operator, event.shares));
    assert!(added.eq(operators[..4].iter().map(|operator| (*operator, each))));
    world.pool.check_books();
}

#[test]
fn who_says_nothing_pays_the_others() {
    let (mut world, cluster) = one_cluster();
    let (members, operators) = (world.members(cluster), world.operators_of(cluster));
    let result = world.result(5);
    for place in [0, 2, 4] {
        world.submit(members[place], &result);
    }
    let before = bonds(&world, &operators);
    let registry = world.pool.registry;
    let until = world.cluster(cluster).deadline;
    let call = dissolveCall { cluster };
    let error = CeremonyRuns { until };
    world
        .pool
        .refuses(ALICE, registry, U256::ZERO, call.clone(), error);
    world.pool.chain.increase_time(7 * DAY + 60);
    world.anybody(call.clone());
    check_paid(&before, &bonds(&world, &operators), &[1, 3]);
    let now = world.pool.chain.timestamp();
    for (place, operator) in operators.iter().enumerate() {
        let standing = world.view(standingCall {
            operator: *operator,
        });
        let failed = [1, 3].contains(&place);
        let suspended = if failed { now + 28 * DAY } else { 0 };
        assert_eq!(standing.suspendedUntil, U256::from(suspended));
        assert_eq!(
            standing.conduct,
            U256::from(if failed { 4_500 } else { 5_000 })
        );
        assert_eq!(standing.failedCeremonies, U256::from(u8::from(failed)));
        assert_eq!(standing.live[0], U256::ZERO);
        assert_eq!(standing.active, U256::ZERO);
        assert_eq!(world.node(members[place]).state, QUEUED);
    }
    assert_eq!(world.cluster(cluster).state, DISSOLVED);
    // It is over.
    let error = NotInState {
        state: DISSOLVED,
        needed: RESERVED,
    };
    world.pool.refuses(ALICE, registry, U256::ZERO, call, error);
    // Those suspended cannot be chosen, and cannot come back before their time.
    assert_eq!(world.form(), None);
    let operator = operators[1];
    let until = U256::from(now + 28 * DAY);
    let call = rejoinCall { operator };
    world
        .pool
        .refuses(ALICE, registry, U256::ZERO, call, Suspended { until });
    world.pool.chain.increase_time(28 * DAY);
    for place in [1, 3] {
        let operator = operators[place];
        world.anybody(rejoinCall { operator });
    }
    let again = world.form().expect("a cluster");
    let mut members: Vec<U256> = world.operators_of(again);
    members.sort_unstable();
    let mut all = operators;
    all.sort_unstable();
    assert_eq!(members, all);
}

#[test]
fn whom_a_majority_names_pays_at_once() {
    let (mut world, cluster) = one_cluster();
    let (members, operators) = (world.members(cluster), world.operators_of(cluster));
    let name = |world: &mut Operated, by: usize, failed: u8| {
        let node = members[by];
        world.act(operators[by], nameFailedCall { node, failed });
    };
    let before = bonds(&world, &operators);
    // Three of five name the third, who names two of them, as does a fourth: no majority for that.
    for by in [0, 1, 3] {
        name(&mut world, by, 1 << 2);
    }
    name(&mut world, 2, 0b0_1011);
    let call = dissolveCall { cluster };
    let until = world.cluster(cluster).deadline;
    let registry = world.pool.registry;
    let error = CeremonyRuns { until };
    world
        .pool
        .refuses(ALICE, registry, U256::ZERO, call.clone(), error);
    name(&mut world, 4, 0b0_0011);
    // All have spoken, so nobody waits for the deadline.
    world.anybody(call);
    check_paid(&before, &bonds(&world, &operators), &[2]);
}

#[test]
fn p36_naming_somebody_does_not_excuse_from_what_a_majority_finished() {
    let (mut world, cluster) = one_cluster();
    let (members, operators) = (world.members(cluster), world.operators_of(cluster));
    let result = world.result(5);
    let before = bonds(&world, &operators);
    for node in &members[..4] {
        world.submit(*node, &result);
    }
    // The last one refuses, and names another.
    let (node, failed) = (members[4], 0b0_0001);
    world.act(operators[4], nameFailedCall { node, failed });
    world.anybody(dissolveCall { cluster });
    check_paid(&before, &bonds(&world, &operators), &[4]);
}

#[test]
fn names_are_others_places() {
    let (mut world, cluster) = one_cluster();
    let node = world.members(cluster)[1];
    let by = manager(world.node(node).operator);
    for failed in [0, 0b00010, 0b100000, 0b00011] {
        let call = nameFailedCall { node, failed };
        let error = NamesNobody {
            failed,
            largest: 0b11101,
        };
        let registry = world.pool.registry;
        world.pool.refuses(by, registry, U256::ZERO, call, error);
    }
}

#[test]
fn whose_result_a_majority_contradicts_pays() {
    for first_is_wrong in [false, true] {
        let (mut world, cluster) = one_cluster();
        let (members, operators) = (world.members(cluster), world.operators_of(cluster));
        let (right, wrong) = (world.result(5), world.result(5));
        let before = bonds(&world, &operators);
        let liar = if first_is_wrong { 0 } else { 3 };
        for (place, node) in members.iter().enumerate() {
            world.submit(*node, if place == liar { &wrong } else { &right });
        }
        assert_eq!(world.cluster(cluster).state, RESERVED);
        world.anybody(dissolveCall { cluster });
        check_paid(&before, &bonds(&world, &operators), &[liar]);
    }
}

#[test]
fn a_second_failure_suspends_for_twice_as_long() {
    let mut world = Operated::new();
    world.targets([0, 0, 0, 0, 0, 0, 10_000, 0, 0]);
    let operator = world.proven(HOME, U256::from(10) * ETH);
    world.add(operator, DIRECT, 0, 0, 1);
    for failure in 0..3 {
        let cluster = world.form().expect("a cluster");
        world.pool.chain.increase_time(7 * DAY + 60);
        let before = world.shares(operator);
        world.anybody(dissolveCall { cluster });
        // Nobody else is there to be paid.
        assert_eq!(world.shares(operator), before);
        let suspended = (28 << failure) * DAY;
        let until = world.view(standingCall { operator }).suspendedUntil;
        let now = world.pool.chain.timestamp();
        assert_eq!(until, U256::from(now + suspended));
        world.pool.chain.increase_time(suspended + 60);
        world.anybody(rejoinCall { operator });
    }
}

#[test]
fn nothing_is_priced_while_the_pool_is_paused() {
    let (mut world, cluster) = one_cluster();
    let manager = world.pool.manager;
    world
        .pool
        .run(e2e::OWNER, manager, U256::ZERO, StakeManager::pauseCall {});
    let registry = world.pool.registry;
    for call in [
        formClusterCall {}.abi_encode(),
        dissolveCall { cluster }.abi_encode(),
    ] {
        let request = TxRequest::call(ALICE, registry, call);
        let receipt = world.pool.chain.transact(request).expect("a transaction");
        assert_eq!(receipt.status, ExecStatus::Revert);
        let selector = <StakeManager::EnforcedPause as alloy::sol_types::SolError>::SELECTOR;
        assert_eq!(receipt.output[..4], selector);
    }
}
