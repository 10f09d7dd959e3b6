//! What is added to bonds, and whether they are short.

use alloy_primitives::U256;
use alloy_sol_types::SolError;
use clay_shared::{
    books::flag,
    interfaces::{
        IOperatorAllocation::{OperatorListed, OperatorUnlisted},
        IOperatorRegistry::*,
        IStakeManager::{DepositBelowSmallest, RateNotLive, SharesBelowMinimum},
    },
    operators::{
        state::{
            of_operator::{ACCOUNT, DEBT, HEAD, PAYOUT, SHORT_SINCE, STANDS, SUSPENDED_UNTIL},
            unlisted, Operator,
        },
        NodeType,
    },
};

use crate::pool::*;

fn stands(pool: &Pool, operator: Operator) -> bool {
    pool.inside(|| operator.get(HEAD, STANDS)) != 0
}

fn bond(operator: Operator) -> bondCall {
    bondCall {
        operator: id(operator),
    }
}

fn check(operator: Operator) -> checkBondCall {
    checkBondCall {
        operator: id(operator),
    }
}

#[motsu::test]
fn anyone_adds_to_a_bond_at_the_pools_rate() {
    let pool = Pool::new();
    let operator = pool.operator(5 * ETH);
    // 10 ETH at 1.25 ETH a share.
    let shares = pool.pay(BOB, 10 * ETH, bond(operator)).shares;
    assert_eq!(shares, U256::from(8 * ETH));
    assert_eq!(pool.shares(operator), 12 * ETH);
    assert_eq!(pool.shares_of(pool.registry.address()), 12 * ETH);
    pool.emitted(BondAdded {
        operator: id(operator),
        shares,
        total: U256::from(12 * ETH),
    });
}

#[motsu::test]
fn a_bond_may_be_smaller_than_the_pools_smallest_deposit() {
    let pool = Pool::new();
    let operator = pool.operator(0);
    let refusal = pool.deposit(BOB, 10).expect_err("below the smallest");
    let below = DepositBelowSmallest {
        asked: U256::from(10),
        smallest: U256::from(SMALLEST),
    };
    assert_eq!(refusal, below.abi_encode());

    // 10 wei at 1.25 wei a share.
    assert_eq!(pool.pay(BOB, 10, bond(operator)).shares, U256::from(8));
    // What is worth no share is refused, and nothing is no bond.
    for assets in [1, 0] {
        let nothing = SharesBelowMinimum {
            shares: U256::ZERO,
            minimum: U256::from(1),
        };
        pool.refuses_paid(BOB, assets, bond(operator), nothing);
    }
    assert_eq!(pool.shares(operator), 8);
}

#[motsu::test]
fn while_nothing_is_priced_bonds_stay_what_they_are() {
    let pool = Pool::new();
    let operator = pool.operator(5 * ETH);
    pool.flag(flag::PARKED, true);
    let parked = || RateNotLive {
        reason: 1,
        since: U256::ZERO,
    };
    pool.refuses_paid(ALICE, ETH, bond(operator), parked());
    let register = registerCall {
        kind: 0,
        payout: VAULT,
        metadataHash: METADATA,
    };
    pool.refuses_paid(ALICE, ETH, register, parked());
    pool.refuses(ALICE, withdrawal(operator, ETH), parked());
    pool.refuses(ALICE, check(operator), parked());
    assert_eq!(pool.withdrawable(operator), (0, 0));

    // Who brings no ETH has nothing priced.
    pool.operator(0);
    pool.announce(operator, ETH);
    pool.flag(flag::PARKED, false);
    assert_eq!(pool.withdrawable(operator).0, 4 * ETH);
}

#[motsu::test]
fn what_is_required_follows_the_live_nodes() {
    let pool = Pool::new();
    let operator = pool.operator(100 * ETH);
    let required = |operator| pool.run(MALLORY, requiredCall { operator });
    let nothing_live = required(id(operator));
    assert_eq!(nothing_live.now, U256::ZERO);
    assert_eq!(
        nothing_live.withOneMore,
        [ETH, 2 * ETH, 4 * ETH].map(U256::from)
    );
    pool.live(operator, NodeType::Ssv, 50);
    pool.live(operator, NodeType::Direct, 1);
    let live = required(id(operator));
    // 50 nodes on a slope from 100 to 50 %, and a direct one; node 51 costs half.
    assert_eq!(live.now, U256::from(37 * ETH + 500 * MILLI + 4 * ETH));
    assert_eq!(live.withOneMore[0] - live.now, U256::from(500 * MILLI));
    assert_eq!(live.withOneMore[1] - live.now, U256::from(2 * ETH));
    let standing = pool.standing(operator);
    assert_eq!(standing.live, [50, 0, 1].map(U256::from));
    assert_eq!(standing.active, U256::from(51));
}

#[motsu::test]
fn a_short_bond_is_noted_once_until_it_is_whole() {
    let pool = Pool::new();
    // 0.8 shares carry one SSV node, at 1.25 ETH a share.
    let operator = pool.operator(ETH);
    pool.live(operator, NodeType::Ssv, 1);
    let number = id(operator);
    let short_since = || pool.bond_of(operator).shortSince;
    pool.run(MALLORY, check(operator));
    assert_eq!(short_since(), U256::ZERO);

    // A wei less for 800 shares.
    pool.set_rate(1_000 * ETH - 1, 800 * ETH);
    pool.run(MALLORY, check(operator));
    let since = U256::from(NOW);
    pool.emitted(BondShort {
        operator: number,
        since,
    });
    assert_eq!(short_since(), since);
    // It stays since when it was.
    let before = U256::from(NOW - 3 * DAY);
    pool.inside(|| operator.set(PAYOUT, SHORT_SINCE, (NOW - 3 * DAY).into()));
    pool.run(MALLORY, check(operator));
    assert_eq!(short_since(), before);
    assert_eq!(pool.events::<BondShort>().len(), 1);

    // Two wei are a share, which is what is missing.
    pool.pay(MALLORY, 2, bond(operator));
    assert_eq!(short_since(), U256::ZERO);
    pool.emitted(BondWhole { operator: number });
    pool.run(MALLORY, check(operator));
    assert_eq!(pool.events::<BondWhole>().len(), 1);
}

#[motsu::test]
fn who_owes_anything_is_short_whatever_it_has() {
    let pool = Pool::new();
    let operator = pool.operator(0);
    pool.inside(|| operator.set(ACCOUNT, DEBT, 1));
    pool.run(MALLORY, check(operator));
    assert_eq!(pool.bond_of(operator).shortSince, U256::from(NOW));
    // 4 shares: one pays the debt.
    pool.pay(BOB, 5, bond(operator));
    assert_eq!(pool.bond_of(operator).shortSince, U256::ZERO);
    assert_eq!(pool.shares(operator), 3);
}

#[motsu::test]
fn a_bond_that_grows_puts_its_operator_back_into_the_lines() {
    let pool = Pool::new();
    let operator = pool.operator(ETH - 5);
    pool.queue(operator, NodeType::Ssv, 1);
    assert!(!stands(&pool, operator), "4 shares are missing for a node");
    let listed = OperatorListed {
        operator: id(operator),
    };
    // One of them is not enough.
    pool.pay(BOB, 2, bond(operator));
    assert!(!stands(&pool, operator) && !pool.registry.emitted(&listed));
    pool.pay(BOB, 4, bond(operator));
    assert!(stands(&pool, operator));
    pool.emitted(listed);
    assert_eq!(pool.first_in_line(false).0, operator.0);

    // Taken out, it leaves the lines.
    pool.withdraw(operator, 1);
    assert!(!stands(&pool, operator));
    pool.emitted(OperatorUnlisted {
        operator: id(operator),
        reason: unlisted::BOND as u8,
    });
    assert_eq!(pool.first_in_line(false).0, 0);
}

#[motsu::test]
fn a_withdrawal_that_leaves_enough_for_the_next_node_leaves_its_operator_in_the_lines() {
    let pool = Pool::new();
    let operator = pool.operator(2 * ETH);
    pool.queue(operator, NodeType::Ssv, 3);
    pool.withdraw(operator, 800 * MILLI);
    assert!(stands(&pool, operator));
    assert_eq!(pool.shares(operator), 800 * MILLI);
}

#[motsu::test]
fn who_is_suspended_stays_out_however_much_it_brings() {
    let pool = Pool::new();
    let operator = pool.operator(0);
    pool.queue(operator, NodeType::Ssv, 1);
    let suspend = |until: u64| {
        pool.inside(|| operator.set(PAYOUT, SUSPENDED_UNTIL, until.into()));
    };
    suspend(NOW + 1);
    pool.pay(ALICE, 10 * ETH, bond(operator));
    assert!(!stands(&pool, operator));
    suspend(NOW);
    pool.pay(ALICE, 10, bond(operator));
    assert!(stands(&pool, operator));
}

#[motsu::test]
fn who_has_no_node_queued_stands_nowhere() {
    let pool = Pool::new();
    let operator = pool.operator(10 * ETH);
    pool.live(operator, NodeType::Ssv, 1);
    // Taken off the lists for another reason.
    pool.inside(|| operator.unlist(unlisted::RIGHT));
    pool.pay(ALICE, 10 * ETH, bond(operator));
    assert!(!stands(&pool, operator));
}
