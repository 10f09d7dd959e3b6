//! What leaves a bond, and when nodes stop needing it.

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolError;
use clay_shared::{
    books::Rate,
    interfaces::{ICommon::AmountTooLarge, IOperatorAllocation::UnknownNode, IOperatorRegistry::*},
    operators::{
        state::{
            of_operator::{ACCOUNT, BOND, DEBT, LENT},
            worth,
        },
        NodeType::{Direct, Ssv},
    },
};

use crate::pool::*;

fn above(asked: u128, surplus: u128, announced: u128) -> AboveWithdrawable {
    let [asked, surplus, announced] = [asked, surplus, announced].map(U256::from);
    AboveWithdrawable {
        asked,
        surplus,
        announced,
    }
}

fn early(from: u64) -> TooEarly {
    TooEarly {
        latest: U256::from(NOW),
        from: U256::from(from),
    }
}

fn not_applied(applied: u64, current: u64) -> RootNotApplied {
    RootNotApplied {
        applied: U256::from(applied),
        current: U256::from(current),
    }
}

fn settlement(nodes: &[u32]) -> settleCall {
    settleCall {
        nodes: nodes.to_vec(),
    }
}

#[motsu::test]
fn without_live_nodes_everything_goes_at_once_to_the_payout_address() {
    let pool = Pool::new();
    let operator = pool.operator(5 * ETH);
    pool.queue(operator, Ssv, 2);
    assert_eq!(pool.withdrawable(operator), (4 * ETH, 0));
    let more = 4 * ETH + 1;
    pool.refuses(ALICE, withdrawal(operator, more), above(more, 4 * ETH, 0));
    pool.run(VAULT, withdrawal(operator, ETH));
    pool.emitted(BondWithdrawn {
        operator: id(operator),
        receiver: VAULT,
        shares: U256::from(ETH),
        left: U256::from(3 * ETH),
    });
    pool.run(ALICE, withdrawal(operator, 3 * ETH));
    assert_eq!((pool.shares_of(VAULT), pool.shares_of(ALICE)), (4 * ETH, 0));
    assert_eq!(pool.shares_of(pool.registry.address()), 0);
    assert_eq!(pool.shares(operator), 0);
}

#[motsu::test]
fn only_its_manager_and_its_payout_address_take_a_bond() {
    let pool = Pool::new();
    let operator = pool.operator(5 * ETH);
    for caller in [BOB, OWNER, DISTRIBUTOR, Address::ZERO] {
        let only = OnlyManagerOrPayout {
            caller,
            manager: ALICE,
            payout: VAULT,
        };
        pool.refuses(caller, withdrawal(operator, 1), only);
    }
}

#[motsu::test]
fn one_operators_withdrawal_takes_nothing_of_anothers() {
    let pool = Pool::new();
    let operator = pool.operator(5 * ETH);
    let other = pool.operator(10 * ETH);
    let asked = 4 * ETH + 1;
    pool.refuses(ALICE, withdrawal(operator, asked), above(asked, 4 * ETH, 0));
    pool.withdraw(operator, 4 * ETH);
    assert_eq!(pool.shares(other), 8 * ETH);
    assert_eq!(pool.shares_of(pool.registry.address()), 8 * ETH);
}

#[motsu::test]
fn with_live_nodes_a_withdrawal_is_announced_seven_days_ahead() {
    let pool = Pool::new();
    // 8 shares, of which a node needs 0.8.
    let operator = pool.operator(10 * ETH);
    pool.live(operator, Ssv, 1);
    let surplus = 7_200 * MILLI;
    pool.refuses(ALICE, withdrawal(operator, ETH), above(ETH, surplus, 0));

    pool.announce(operator, 2 * ETH);
    pool.emitted(WithdrawalAnnounced {
        operator: id(operator),
        shares: U256::from(2 * ETH),
    });
    assert_eq!(pool.withdrawable(operator), (surplus, NOW + WEEK));
    pool.refuses(ALICE, withdrawal(operator, ETH), early(NOW + WEEK));
    pool.announced(operator, 2 * ETH, NOW - WEEK + 1);
    pool.refuses(ALICE, withdrawal(operator, ETH), early(NOW + 1));
    pool.announced(operator, 2 * ETH, NOW - WEEK);
    let more = 2 * ETH + 1;
    let refusal = above(more, surplus, 2 * ETH);
    pool.refuses(ALICE, withdrawal(operator, more), refusal);

    // In parts, until what was announced is used up.
    pool.withdraw(operator, 1_500 * MILLI);
    let bond = pool.bond_of(operator);
    assert_eq!(bond.announced, U256::from(500 * MILLI));
    assert_eq!(bond.announcedAt, U256::from(NOW - WEEK));
    pool.withdraw(operator, 500 * MILLI);
    let bond = pool.bond_of(operator);
    assert_eq!((bond.announced, bond.announcedAt), (U256::ZERO, U256::ZERO));
    let refusal = above(1, surplus - 2 * ETH, 0);
    pool.refuses(ALICE, withdrawal(operator, 1), refusal);
    assert_eq!(pool.shares_of(VAULT), 2 * ETH);
}

#[motsu::test]
fn a_notice_lapses_a_week_after_it_is_over() {
    let pool = Pool::new();
    let operator = pool.operator(10 * ETH);
    pool.live(operator, Ssv, 1);
    let surplus = 7_200 * MILLI;
    pool.announced(operator, ETH, NOW - 2 * WEEK - 1);
    assert_eq!(pool.withdrawable(operator), (surplus, 0));
    pool.refuses(ALICE, withdrawal(operator, 1), above(1, surplus, 0));
    pool.announced(operator, ETH, NOW - 2 * WEEK);
    assert_eq!(pool.withdrawable(operator), (surplus, NOW - WEEK));
    pool.withdraw(operator, ETH);
}

#[motsu::test]
fn announcing_anew_starts_the_notice_anew_and_nothing_ends_it() {
    let pool = Pool::new();
    let operator = pool.operator(10 * ETH);
    pool.live(operator, Ssv, 1);
    pool.announced(operator, ETH, NOW - WEEK);
    pool.announce(operator, ETH);
    pool.refuses(ALICE, withdrawal(operator, ETH), early(NOW + WEEK));
    pool.announce(operator, 0);
    let bond = pool.bond_of(operator);
    assert_eq!((bond.announced, bond.announcedAt), (U256::ZERO, U256::ZERO));
    // Nobody announces what is not there.
    let call = announceWithdrawalCall {
        operator: id(operator),
        shares: U256::from(8 * ETH + 1),
    };
    let too_large = AmountTooLarge {
        asked: U256::from(8 * ETH + 1),
        allowed: U256::from(8 * ETH),
    };
    pool.refuses(ALICE, call, too_large);
}

/// Property 34: what can be withdrawn leaves what the live nodes require, and one share more would not.
#[motsu::test]
fn p34_no_withdrawal_leaves_a_bond_below_what_is_required_at_the_current_rate() {
    let pool = Pool::new();
    for (assets, shares) in [
        (1_000 * ETH, 800 * ETH),
        (800 * ETH, 800 * ETH),
        (641 * ETH + 7, 800 * ETH - 3),
        (999_999_999_999_999_999_989, 333_333_333_333_333_333_337),
    ] {
        pool.set_rate(1_000 * ETH, 800 * ETH);
        let operator = pool.operator(60 * ETH);
        pool.live(operator, Ssv, 7);
        pool.live(operator, Direct, 2);
        pool.announced(operator, pool.shares(operator), NOW - WEEK);
        pool.set_rate(assets, shares);
        let rate = Rate { assets, shares };
        let required = pool.required(operator);
        let (most, _) = pool.withdrawable(operator);
        assert!(most > 0);

        let announced = pool.shares(operator);
        let refusal = above(most + 1, most, announced);
        pool.refuses(ALICE, withdrawal(operator, most + 1), refusal);
        pool.withdraw(operator, most);
        let left = pool.shares(operator);
        assert!(worth(rate, left) >= required);
        assert!(worth(rate, left - 1) < required);
        assert_eq!(pool.withdrawable(operator).0, 0);
    }
}

#[motsu::test]
fn a_rate_that_falls_takes_the_surplus_first() {
    let pool = Pool::new();
    let operator = pool.operator(2 * ETH);
    pool.live(operator, Ssv, 1);
    pool.announced(operator, ETH, NOW - WEEK);
    assert_eq!(pool.withdrawable(operator).0, 800 * MILLI);
    // 1.6 shares at 0.6 ETH each are worth 0.96.
    pool.set_rate(480 * ETH, 800 * ETH);
    assert_eq!(pool.withdrawable(operator).0, 0);
    pool.refuses(ALICE, withdrawal(operator, 1), above(1, 0, ETH));
}

#[motsu::test]
fn who_owes_anything_takes_nothing() {
    let pool = Pool::new();
    let operator = pool.operator(5 * ETH);
    pool.inside(|| operator.set(ACCOUNT, DEBT, 7));
    let in_debt = InDebt {
        shares: U256::from(7),
    };
    pool.refuses(ALICE, withdrawal(operator, 1), in_debt);
    assert_eq!(pool.withdrawable(operator).0, 0);
}

#[motsu::test]
fn what_others_lent_is_not_the_operators_to_take() {
    let pool = Pool::new();
    let operator = pool.operator(5 * ETH);
    pool.inside(|| operator.set(BOND, LENT, ETH));
    let more = 3 * ETH + 1;
    pool.refuses(ALICE, withdrawal(operator, more), above(more, 3 * ETH, 0));
    pool.withdraw(operator, 3 * ETH);
    assert_eq!(pool.bond_of(operator).lent, U256::from(ETH));
}

#[motsu::test]
fn the_current_root_is_applied_before_anything_is_withdrawn() {
    let pool = Pool::new();
    let operator = pool.operator(10 * ETH);
    pool.funded(operator, Ssv, 1);
    pool.announced(operator, 4 * ETH, NOW - WEEK);
    pool.root(3, NOW - DAY);
    pool.refuses(ALICE, withdrawal(operator, ETH), not_applied(0, 3));
    assert_eq!(pool.withdrawable(operator).0, 0);
    pool.leaf(operator, Leaf { epoch: 3, ..LEAF });
    pool.withdraw(operator, ETH);

    pool.root(4, NOW - 1);
    pool.refuses(ALICE, withdrawal(operator, ETH), not_applied(3, 4));
    // No root for 8 weeks.
    pool.root_since(NOW - 8 * WEEK + 1);
    pool.refuses(ALICE, withdrawal(operator, ETH), not_applied(3, 4));
    pool.root_since(NOW - 8 * WEEK);
    pool.withdraw(operator, ETH);
    assert_eq!(pool.shares_of(VAULT), 2 * ETH);
}

#[motsu::test]
fn who_never_had_a_validator_has_no_leaf_to_wait_for() {
    let pool = Pool::new();
    let operator = pool.operator(10 * ETH);
    pool.live(operator, Ssv, 1);
    pool.announced(operator, ETH, NOW - WEEK);
    pool.root(3, NOW - DAY);
    pool.withdraw(operator, ETH);
    assert_eq!(pool.shares(operator), 7 * ETH);
}

#[motsu::test]
fn before_there_ever_was_a_root_the_notice_is_as_long_as_one_may_fail_to_appear() {
    let pool = Pool::new();
    let operator = pool.operator(10 * ETH);
    pool.funded(operator, Ssv, 1);
    pool.announced(operator, ETH, NOW - 8 * WEEK + 1);
    pool.refuses(ALICE, withdrawal(operator, ETH), early(NOW + 1));
    assert_eq!(pool.withdrawable(operator).1, NOW + 1);
    pool.announced(operator, ETH, NOW - 8 * WEEK);
    pool.withdraw(operator, ETH);
    assert_eq!(pool.shares(operator), 7 * ETH);
}

#[motsu::test]
fn a_node_needs_its_bond_until_its_last_epoch_is_settled() {
    let pool = Pool::new();
    let operator = pool.operator(10 * ETH);
    let nodes = pool.funded(operator, Ssv, 2);
    let [first, second] = nodes[..] else {
        unreachable!("two nodes");
    };
    let not_done = NodeNotDone {
        node: U256::from(first),
        state: 4,
    };
    pool.refuses(MALLORY, settlement(&[first]), not_done);

    let done_at = NOW - 2 * DAY;
    pool.finish(&nodes, done_at);
    let not_settled = |ended: u64| NotSettled {
        node: U256::from(first),
        doneAt: U256::from(done_at),
        settledUpTo: U256::from(ended),
    };
    pool.refuses(MALLORY, settlement(&[first]), not_settled(0));
    pool.root(1, done_at - 1);
    pool.leaf(operator, LEAF);
    pool.refuses(MALLORY, settlement(&[first]), not_settled(done_at - 1));
    pool.root(2, done_at);
    pool.refuses(MALLORY, settlement(&[first]), not_applied(1, 2));
    assert_eq!(pool.standing(operator).live[0], U256::from(2));
    pool.leaf(operator, Leaf { epoch: 2, ..LEAF });

    pool.run(MALLORY, settlement(&[first]));
    pool.emitted(NodeSettled {
        node: U256::from(first),
        operator: id(operator),
    });
    assert_eq!((pool.state_of(first), pool.state_of(second)), (8, 7));
    assert_eq!(pool.standing(operator).live[0], U256::from(1));
    assert_eq!(pool.required(operator), ETH);
    // All or nothing: the first is settled already.
    let settled = NodeNotDone {
        node: U256::from(first),
        state: 8,
    };
    pool.refuses(MALLORY, settlement(&[second, first]), settled);
    let twice = NodeNotDone {
        node: U256::from(second),
        state: 8,
    };
    pool.refuses(MALLORY, settlement(&[second, second]), twice);
    pool.run(MALLORY, settlement(&[second]));
    assert_eq!(pool.required(operator), 0);
    // Nothing is live: all goes at once.
    pool.withdraw(operator, 8 * ETH);
    assert_eq!(pool.shares_of(VAULT), 8 * ETH);
}

#[motsu::test]
fn without_a_root_for_eight_weeks_older_epochs_count_as_settled() {
    let pool = Pool::new();
    let operator = pool.operator(10 * ETH);
    let nodes = pool.funded(operator, Ssv, 3);
    let is_refused = |node: u32| {
        let call = settlement(&[node]);
        let refusal = pool.registry.sender(MALLORY).refusal(call);
        assert_eq!(refusal[..4], NotSettled::SELECTOR);
    };
    // Never a root: 8 weeks since they are done.
    pool.finish(&nodes[..1], NOW - 8 * WEEK + 1);
    is_refused(nodes[0]);
    pool.finish(&nodes[1..2], NOW - 8 * WEEK);
    pool.run(MALLORY, settlement(&nodes[1..2]));

    // A root that does not cover it, and took effect later.
    pool.finish(&nodes[2..], NOW - 9 * WEEK);
    pool.root(1, NOW - 10 * WEEK);
    pool.root_since(NOW - 8 * WEEK + 1);
    is_refused(nodes[2]);
    pool.root_since(NOW - 8 * WEEK);
    pool.run(MALLORY, settlement(&nodes[2..]));
    assert_eq!(pool.standing(operator).live[0], U256::from(1));
}

#[motsu::test]
fn what_is_settled_makes_a_short_bond_whole() {
    let pool = Pool::new();
    let operator = pool.operator(ETH);
    let nodes = pool.funded(operator, Ssv, 2);
    pool.run(
        MALLORY,
        checkBondCall {
            operator: id(operator),
        },
    );
    assert_eq!(pool.bond_of(operator).shortSince, U256::from(NOW));
    pool.finish(&nodes[..1], NOW - 8 * WEEK);
    pool.run(MALLORY, settlement(&nodes[..1]));
    assert_eq!(pool.bond_of(operator).shortSince, U256::ZERO);
    pool.emitted(BondWhole {
        operator: id(operator),
    });
}

#[motsu::test]
fn a_node_that_there_is_not_is_not_settled() {
    let pool = Pool::new();
    let operator = pool.operator(10 * ETH);
    pool.live(operator, Ssv, 1);
    for node in [0, 2] {
        let unknown = UnknownNode {
            asked: U256::from(node),
            largest: U256::from(pool.nodes()),
        };
        pool.refuses(MALLORY, settlement(&[node]), unknown);
    }
    pool.run(MALLORY, settlement(&[]));
}
