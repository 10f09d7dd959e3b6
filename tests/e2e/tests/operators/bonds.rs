//! Bonds on the real programs: what comes in, what penalties take, and what may leave.

use alloy::primitives::U256;
use e2e::{event, operated::*, OperatorRegistry::*, StakeManager, ALICE, ETH, OWNER};

/// An operator with a funded validator of its own, a day old, whose bond is larger than it must be.
fn one_validator() -> (Operated, U256, U256) {
    let mut operated = Operated::new();
    operated.targets([0, 0, 0, 0, 0, 0, 0, 10_000, 0]);
    let operator = operated.proven(PROFESSIONAL, U256::from(10) * ETH);
    operated.add(operator, DIRECT, 0, 0, 1);
    let cluster = operated.form().expect("a cluster");
    operated.ceremony(cluster);
    assert_eq!(operated.autobalance().funded, U256::from(1));
    let committee = operated.pool.committee;
    operated.pool.chain.impersonate(committee);
    operated.pool.chain.set_balance(committee, ETH);
    (operated, operator, cluster)
}

/// Lets time pass, and reports that all that was sent out is there; the rate stays one.
fn pass(operated: &mut Operated, days: u64) {
    operated.pool.chain.increase_time(days * DAY);
    operated.pool.chain.mine(1);
    let manager = operated.pool.manager;
    let books = operated.pool.view(manager, StakeManager::booksCall {});
    let gwei: u64 = (books.sentOut / U256::from(1_000_000_000)).to();
    let call = StakeManager::reportCall {
        report: StakeManager::Report {
            slotTime: operated.pool.chain.timestamp() - 60,
            clBalanceGwei: gwei,
            depositsSeenGwei: gwei,
            leftSeen: 0,
            expectedLoss: 0,
            recovered: 0,
            epoch: 0,
        },
    };
    let committee = operated.pool.committee;
    operated.pool.run(committee, manager, U256::ZERO, call);
}

/// A root takes effect for an epoch that has just ended.
fn root(operated: &mut Operated, epoch: u64) {
    let call = noteRootCall {
        epoch: U256::from(epoch),
        endsAt: U256::from(operated.pool.chain.timestamp()),
    };
    let (registry, distributor) = (operated.pool.registry, operated.pool.distributor);
    operated.pool.run(distributor, registry, U256::ZERO, call);
}

/// The operator's leaf of that root.
fn leaf(operated: &mut Operated, operator: U256, epoch: u64, penalty: U256) -> U256 {
    let call = applyLeafCall {
        operator,
        epoch: U256::from(epoch),
        cumulativePenalty: penalty,
        performance: U256::from(9_000),
        epochs: U256::from(epoch),
    };
    let (registry, distributor) = (operated.pool.registry, operated.pool.distributor);
    operated
        .pool
        .run(distributor, registry, U256::ZERO, call)
        .0
        .withheld
}

fn announce(operated: &mut Operated, operator: U256, shares: U256) {
    operated.act(operator, announceWithdrawalCall { operator, shares });
}

#[test]
fn a_bond_may_be_smaller_than_the_smallest_deposit() {
    let mut operated = Operated::new();
    let small = milli(1) / U256::from(2);
    let manager = operated.pool.manager;
    let call = StakeManager::deposit_0Call {
        assets: small,
        receiver: ALICE,
    };
    let error = StakeManager::DepositBelowSmallest {
        asked: small,
        smallest: milli(1),
    };
    operated.pool.refuses(ALICE, manager, small, call, error);
    let operator = operated.register(HOME, small);
    assert_eq!(operated.shares(operator), small);
    assert_eq!(operated.pool.balance(operated.pool.registry), small);
    operated.pool.check_books();
}

#[test]
fn p34_what_a_live_node_requires_stays() {
    let (mut operated, operator, _) = one_validator();
    // Conduct and performance in the middle: no discount, so 4 ETH are required.
    assert_eq!(
        operated.view(requiredCall { operator }).now,
        U256::from(4) * ETH
    );
    announce(&mut operated, operator, U256::from(7) * ETH);
    pass(&mut operated, 2);
    let registry = operated.pool.registry;
    let by = manager(operator);
    let withdraw = |shares| withdrawBondCall { operator, shares };
    // Seven days are not over; then the root is missing.
    let receipt = operated.pool.send(
        by,
        registry,
        U256::ZERO,
        alloy::sol_types::SolCall::abi_encode(&withdraw(ETH)),
    );
    let selector = <TooEarly as alloy::sol_types::SolError>::SELECTOR;
    assert_eq!(receipt.output[..4], selector);
    for _ in 0..2 {
        pass(&mut operated, 3);
    }
    root(&mut operated, 1);
    let error = RootNotApplied {
        applied: U256::ZERO,
        current: U256::from(1),
    };
    operated
        .pool
        .refuses(by, registry, U256::ZERO, withdraw(ETH), error);
    leaf(&mut operated, operator, 1, U256::ZERO);
    // A performance of 9,000 and a conduct of 5,000: a score of 7,000, and a discount of a fifth.
    let required = milli(3_200);
    assert_eq!(operated.view(requiredCall { operator }).now, required);
    let surplus = U256::from(10) * ETH - required;
    let error = AboveWithdrawable {
        asked: surplus + U256::from(1),
        surplus,
        announced: U256::from(7) * ETH,
    };
    operated.pool.refuses(
        by,
        registry,
        U256::ZERO,
        withdraw(surplus + U256::from(1)),
        error,
    );
    operated.act(operator, withdraw(surplus));
    assert_eq!(operated.pool.balance(by), surplus);
    assert_eq!(operated.shares(operator), required);
    assert_eq!(operated.pool.balance(registry), required);
    operated.pool.check_books();
}

#[test]
fn p34_a_bond_carries_the_largest_number_of_nodes_that_it_is_worth() {
    let mut operated = Operated::new().without_demand();
    operated.targets([0, 0, 0, 0, 0, 0, 0, 10_000, 0]);
    let bond = U256::from(21) * ETH;
    let mut operators = Vec::new();
    for region in 0..4 {
        let rich = U256::from(300) * ETH;
        let operator = operated.proven(PROFESSIONAL, if region == 0 { bond } else { rich });
        operated.add(operator, DIRECT, region, 0, 60);
        operators.push(operator);
    }
    for _ in 0..48 {
        operated.form();
    }
    let nodes = |operator| operated.view(standingCall { operator }).live[DIRECT as usize];
    let [first, others @ ..] = &operators[..] else {
        panic!("four operators");
    };
    assert!(others.iter().all(|other| nodes(*other) > nodes(*first)));
    let required = operated.view(requiredCall { operator: *first });
    assert!(nodes(*first) > U256::from(1) && required.now <= bond);
    assert!(bond < required.withOneMore[DIRECT as usize]);
}

#[test]
fn p37_a_penalty_is_burned_and_makes_holders_whole() {
    let (mut operated, operator, _) = one_validator();
    pass(&mut operated, 2);
    root(&mut operated, 1);
    let (assets, shares) = operated.pool.totals();
    let deferred = |operated: &Operated| {
        let books = StakeManager::booksCall {};
        operated
            .pool
            .view(operated.pool.manager, books)
            .deferredGain
    };
    assert_eq!(deferred(&operated), U256::ZERO);
    let withheld = leaf(&mut operated, operator, 1, U256::from(2) * ETH);
    assert_eq!(withheld, U256::ZERO, "the bond is still whole");
    assert_eq!(operated.shares(operator), U256::from(8) * ETH);
    let (assets_after, shares_after) = operated.pool.totals();
    assert_eq!(shares - shares_after, U256::from(2) * ETH);
    // At a rate of one they were worth as much, which comes into the rate by the next reports.
    assert_eq!(assets - assets_after, U256::from(2) * ETH);
    assert_eq!(deferred(&operated), U256::from(2) * ETH);
    operated.pool.check_books();
    // Another leaf of the same epoch charges nothing.
    leaf(&mut operated, operator, 1, U256::from(3) * ETH);
    assert_eq!(operated.pool.totals(), (assets_after, shares_after));
    // More than the bond: the rest is debt, and is withheld together with what the bond lacks.
    root(&mut operated, 2);
    let withheld = leaf(&mut operated, operator, 2, U256::from(12) * ETH);
    let bond = operated.view(bondOfCall { operator });
    assert_eq!((bond.shares, bond.debt), (U256::ZERO, U256::from(2) * ETH));
    let required = operated.view(requiredCall { operator }).now;
    assert_eq!(withheld, U256::from(2) * ETH + required);
    // What comes in pays the debt first.
    operated.bond(operator, U256::from(3) * ETH);
    let bond = operated.view(bondOfCall { operator });
    assert_eq!(bond.debt, U256::ZERO);
    assert_eq!(bond.charged, U256::from(12) * ETH);
    assert_eq!(operated.pool.balance(operated.pool.registry), bond.shares);
    operated.pool.check_books();
}

#[test]
fn p34_a_node_that_is_done_is_settled_by_a_root_and_frees_its_bond() {
    let (mut operated, operator, cluster) = one_validator();
    pass(&mut operated, 1);
    let node = operated.members(cluster)[0];
    let committee = operated.pool.committee;
    let registry = operated.pool.registry;
    let slashed = confirmCall {
        clusters: vec![cluster],
        outcomes: vec![4],
        losses: vec![ETH],
    };
    let (_, receipt) = operated.pool.run(committee, registry, U256::ZERO, slashed);
    let expected: PenaltyExpected = event(&receipt, registry);
    assert_eq!((expected.operator, expected.assets), (operator, ETH));
    let exited = e2e::Pool::exited(&[cluster]);
    operated.pool.run(committee, registry, U256::ZERO, exited);
    let settle = settleCall {
        nodes: vec![node.to()],
    };
    let done_at = U256::from(operated.pool.chain.timestamp());
    let error = NotSettled {
        node,
        doneAt: done_at,
        settledUpTo: U256::ZERO,
    };
    operated
        .pool
        .refuses(ALICE, registry, U256::ZERO, settle.clone(), error);
    pass(&mut operated, 1);
    root(&mut operated, 1);
    leaf(&mut operated, operator, 1, ETH);
    operated.anybody(settle);
    let standing = operated.view(standingCall { operator });
    assert!(standing.live.iter().all(U256::is_zero));
    // Slashed: conduct is gone, 5,000 less.
    assert_eq!(standing.conduct, U256::ZERO);
    let shares = U256::from(9) * ETH;
    operated.act(operator, withdrawBondCall { operator, shares });
    assert_eq!(operated.pool.balance(manager(operator)), shares);
    assert_eq!(operated.pool.balance(registry), U256::ZERO);
}

#[test]
fn both_facets_change_with_the_implementation() {
    let (mut operated, operator, _) = one_validator();
    let registry = operated.pool.registry;
    let before = operated.view(facetsCall {});
    let [implementation, first, second] =
        ["operator-registry", "operator-allocation", "operator-exits"]
            .map(|program| operated.pool.deploy_variant(program));
    let call = |first, second| upgradeWithFacetsCall {
        implementation,
        firstFacet: first,
        secondFacet: second,
        data: Default::default(),
    };
    let error = OnlyOwner {
        caller: ALICE,
        owner: OWNER,
    };
    operated
        .pool
        .refuses(ALICE, registry, U256::ZERO, call(first, second), error);
    let error = InvalidFacet { facet: ALICE };
    operated
        .pool
        .refuses(OWNER, registry, U256::ZERO, call(first, ALICE), error);
    assert_eq!(operated.view(facetsCall {}).second, before.second);
    operated.owner(call(first, second));
    let after = operated.view(facetsCall {});
    assert_eq!((after.first, after.second), (first, second));
    // All three programs answer as before.
    assert_eq!(operated.view(recordCall { operator }).kind, PROFESSIONAL);
    assert_eq!(operated.view(countsCall {}).funded, U256::from(1));
    assert_eq!(operated.view(comingCall {}), U256::ZERO);
}
