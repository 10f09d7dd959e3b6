//! Roots and leaves: penalties, debt, and what is withheld.

use alloy_primitives::U256;
use clay_shared::{
    books::flag,
    interfaces::{ICommon::AmountTooLarge, ICsEthToken::transferCall, IOperatorRegistry::*},
    operators::{state::Operator, NodeType::Ssv},
};
use unit_tests::run;

use crate::pool::*;

fn credit(operator: Operator, shares: u128) -> creditBondCall {
    let (operator, shares) = (id(operator), U256::from(shares));
    creditBondCall { operator, shares }
}

/// Shares that the distributor has, and sends to the registry.
fn send(pool: &Pool, shares: u128) {
    // Some more wei than they cost, whatever the entry rate.
    pool.deposit(DISTRIBUTOR, 2 * shares).expect("large enough");
    let call = transferCall {
        to: pool.registry.address(),
        value: U256::from(shares),
    };
    run(&pool.token, DISTRIBUTOR, call);
}

#[motsu::test]
fn only_the_distributor_brings_leaves() {
    let pool = Pool::new();
    let operator = pool.operator(ETH);
    let note = noteRootCall {
        epoch: U256::from(1),
        endsAt: U256::from(NOW),
    };
    for caller in [ALICE, OWNER, MALLORY] {
        let only = || OnlyRewardsDistributor {
            caller,
            rewardsDistributor: DISTRIBUTOR,
        };
        pool.refuses(caller, LEAF.of(operator), only());
        pool.refuses(caller, credit(operator, 1), only());
        pool.refuses(caller, note.clone(), only());
    }
}

#[motsu::test]
fn roots_follow_each_other_and_are_for_epochs_that_are_over() {
    let pool = Pool::new();
    let root = |epoch: u64, ends_at: u64| noteRootCall {
        epoch: U256::from(epoch),
        endsAt: U256::from(ends_at),
    };
    pool.run(DISTRIBUTOR, root(5, NOW));
    pool.emitted(RootNoted {
        epoch: U256::from(5),
        endsAt: U256::from(NOW),
    });
    let current = pool.run(MALLORY, currentRootCall {});
    let all = (current.epoch, current.endsAt, current.since);
    assert_eq!(all, (U256::from(5), U256::from(NOW), U256::from(NOW)));
    for epoch in [5, 4, 0] {
        let not_newer = EpochNotNewer {
            epoch: U256::from(epoch),
            last: U256::from(5),
        };
        pool.refuses(DISTRIBUTOR, root(epoch, NOW), not_newer);
    }
    let early = TooEarly {
        latest: U256::from(NOW),
        from: U256::from(NOW + 1),
    };
    pool.refuses(DISTRIBUTOR, root(6, NOW + 1), early);
    let too_large = AmountTooLarge {
        asked: U256::from(1u64 << 32),
        allowed: U256::from(u32::MAX),
    };
    pool.refuses(DISTRIBUTOR, root(1 << 32, NOW), too_large);
}

#[motsu::test]
fn a_leaf_that_cannot_follow_is_refused() {
    let pool = Pool::new();
    let operator = pool.operator(10 * ETH);
    let refuses = |leaf: Leaf, error| pool.refuses(DISTRIBUTOR, leaf.of(operator), error);
    let other_epoch = |epoch: u64, current: u64| NotCurrentEpoch {
        epoch: U256::from(epoch),
        current: U256::from(current),
    };
    refuses(LEAF, other_epoch(1, 0));
    pool.root(2, NOW);
    refuses(Leaf { epoch: 3, ..LEAF }, other_epoch(3, 2));

    let leaf = Leaf {
        epoch: 2,
        penalty: ETH,
        ..LEAF
    };
    let out = PerformanceOutOfBounds {
        asked: U256::from(10_001),
        largest: U256::from(10_000),
    };
    let performance = 10_001;
    let bad = Leaf {
        performance,
        ..leaf
    };
    pool.refuses(DISTRIBUTOR, bad.of(operator), out);
    let largest = (1u128 << 96) - 1;
    let too_large = AmountTooLarge {
        asked: U256::from(largest + 1),
        allowed: U256::from(largest),
    };
    let penalty = largest + 1;
    let bad = Leaf { penalty, ..leaf };
    pool.refuses(DISTRIBUTOR, bad.of(operator), too_large);

    pool.leaf(operator, leaf);
    // Charged once, not twice; nor does what an earlier root says count any more.
    let charged = || {
        let bond = pool.bond_of(operator);
        (bond.charged, bond.appliedEpoch)
    };
    for (epoch, penalty) in [(2, 2 * ETH), (1, 2 * ETH)] {
        let late = Leaf {
            epoch,
            penalty,
            ..leaf
        };
        pool.leaf(operator, late);
        assert_eq!(charged(), (U256::from(ETH), U256::from(2)));
    }
    pool.root(3, NOW);
    let fell = PenaltyFell {
        asked: U256::from(ETH - 1),
        last: U256::from(ETH),
    };
    let bad = Leaf {
        epoch: 3,
        penalty: ETH - 1,
        ..leaf
    };
    pool.refuses(DISTRIBUTOR, bad.of(operator), fell);
}

/// Property 37: a penalty is applied once, and what it recovers goes to the pool.
#[motsu::test]
fn p37_a_penalty_burns_what_it_rose_by_and_the_pool_keeps_the_eth() {
    let pool = Pool::new();
    let operator = pool.operator(10 * ETH);
    let (assets, deferred, shares) = pool.books();
    let held = pool.shares_of(pool.registry.address());
    pool.root(1, NOW);
    let penalty = 2 * ETH;
    assert_eq!(pool.leaf(operator, Leaf { penalty, ..LEAF }), 0);
    pool.emitted(PenaltyCharged {
        operator: id(operator),
        shares: U256::from(2 * ETH),
        debt: U256::ZERO,
    });
    assert_eq!(pool.shares(operator), 6 * ETH);
    assert_eq!(pool.shares_of(pool.registry.address()), held - 2 * ETH);
    let after = pool.books();
    // 2 shares were worth 2.5 ETH, which are no gain before the next reports.
    assert_eq!(after.0, assets - 2_500 * MILLI as i128);
    assert_eq!(after.1, deferred + 2_500 * MILLI);
    assert_eq!(after.2, shares - 2 * ETH);

    // A later root carries the same total and a third of a share more.
    pool.root(7, NOW);
    let leaf = Leaf {
        epoch: 7,
        penalty: penalty + ETH / 3,
        epochs: 2,
        ..LEAF
    };
    pool.leaf(operator, leaf);
    assert_eq!(pool.shares(operator), 6 * ETH - ETH / 3);
    let bond = pool.bond_of(operator);
    assert_eq!(bond.charged, U256::from(penalty + ETH / 3));
    assert_eq!((bond.debt, bond.appliedEpoch), (U256::ZERO, U256::from(7)));
    pool.root(8, NOW);
    pool.leaf(operator, Leaf { epoch: 8, ..leaf });
    assert_eq!(pool.shares(operator), 6 * ETH - ETH / 3);
    assert_eq!(pool.events::<PenaltyCharged>().len(), 2);
}

#[motsu::test]
fn what_the_bond_cannot_pay_is_debt_and_is_paid_before_anything_counts() {
    let pool = Pool::new();
    let operator = pool.operator(10 * ETH);
    let number = id(operator);
    pool.root(1, NOW);
    let penalty = 11 * ETH;
    let withheld = pool.leaf(operator, Leaf { penalty, ..LEAF });
    assert_eq!(withheld, 3 * ETH);
    let owes = |shares: u128, debt: u128| {
        let bond = pool.bond_of(operator);
        assert_eq!(
            (bond.shares, bond.debt),
            (U256::from(shares), U256::from(debt))
        );
        assert_eq!(pool.shares_of(pool.registry.address()), shares);
    };
    owes(0, 3 * ETH);
    pool.emitted(PenaltyCharged {
        operator: number,
        shares: U256::from(8 * ETH),
        debt: U256::from(3 * ETH),
    });

    // The distributor sends a share; all of it is owed.
    send(&pool, ETH);
    let (assets, deferred, supply) = pool.books();
    pool.run(DISTRIBUTOR, credit(operator, ETH));
    owes(0, 2 * ETH);
    let after = pool.books();
    assert_eq!(after.0 + after.1 as i128, assets + deferred as i128);
    assert_eq!(after.2, supply - ETH);
    // A new leaf with the same total charges nothing anew.
    pool.root(2, NOW);
    let epoch = 2;
    let leaf = Leaf {
        epoch,
        penalty,
        ..LEAF
    };
    assert_eq!(pool.leaf(operator, leaf), 2 * ETH);
    owes(0, 2 * ETH);

    let shares = pool
        .pay(BOB, 10 * ETH, bondCall { operator: number })
        .shares;
    let left = shares.to::<u128>() - 2 * ETH;
    owes(left, 0);
    pool.emitted(BondAdded {
        operator: number,
        shares,
        total: shares,
    });
    pool.emitted(PenaltyCharged {
        operator: number,
        shares: U256::from(2 * ETH),
        debt: U256::ZERO,
    });
    // What comes after that is bond.
    send(&pool, ETH);
    pool.run(DISTRIBUTOR, credit(operator, ETH));
    owes(left + ETH, 0);
}

#[motsu::test]
fn what_is_missing_in_a_bond_is_withheld_with_the_debt() {
    let pool = Pool::new();
    // 0.8 shares carry a node.
    let operator = pool.operator(ETH);
    pool.funded(operator, Ssv, 1);
    pool.root(1, NOW);
    // 0.3 shares less, worth 1.25 ETH each before and after.
    let penalty = 300 * MILLI;
    assert_eq!(pool.leaf(operator, Leaf { penalty, ..LEAF }), penalty);
    assert_eq!(pool.bond_of(operator).shortSince, U256::from(NOW));

    pool.root(2, NOW);
    let leaf = Leaf {
        epoch: 2,
        penalty: 900 * MILLI,
        ..LEAF
    };
    // All of 0.5 is gone and 0.1 is owed; the node needs 0.8.
    assert_eq!(pool.leaf(operator, leaf), 900 * MILLI);
    send(&pool, ETH);
    pool.run(DISTRIBUTOR, credit(operator, 900 * MILLI));
    assert_eq!(pool.shares(operator), 800 * MILLI);
    assert_eq!(pool.bond_of(operator).shortSince, U256::ZERO);
    pool.root(3, NOW);
    assert_eq!(pool.leaf(operator, Leaf { epoch: 3, ..leaf }), 0);
}

#[motsu::test]
fn leaves_and_rewards_go_on_while_nothing_is_priced() {
    let pool = Pool::new();
    let operator = pool.operator(ETH);
    pool.funded(operator, Ssv, 1);
    send(&pool, ETH);
    pool.root(1, NOW);
    pool.flag(flag::PARKED, true);
    let penalty = 300 * MILLI;
    // At the last rate.
    assert_eq!(pool.leaf(operator, Leaf { penalty, ..LEAF }), penalty);
    pool.run(DISTRIBUTOR, credit(operator, penalty));
    assert_eq!(pool.shares(operator), 800 * MILLI);
    assert_eq!(pool.bond_of(operator).shortSince, U256::ZERO);
}

#[motsu::test]
fn no_more_than_a_bond_can_hold_is_credited() {
    let pool = Pool::new();
    let operator = pool.operator(5 * ETH);
    let largest = (1u128 << 96) - 1;
    let too_large = |asked: u128| AmountTooLarge {
        asked: U256::from(asked),
        allowed: U256::from(largest),
    };
    let call = credit(operator, largest + 1);
    pool.refuses(DISTRIBUTOR, call, too_large(largest + 1));
    let call = credit(operator, largest);
    pool.refuses(DISTRIBUTOR, call, too_large(largest + 4 * ETH));
}
