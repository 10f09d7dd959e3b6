//! The model on amounts that one can check by hand.

use model::{
    autobalance::Balanced,
    exact::{eth, int},
    parameters::Parameter,
    queue::State,
    reports::{Acknowledgement, Report, Reported},
    Account, Int, Pool, DAY, HOUR,
};

const ALICE: Account = Account::User(0);
const BOB: Account = Account::User(1);
const START: u64 = 1_000_000;

/// Alice has staked 3,650 ETH, one share each; 96 ETH are with three validators and seen there, and a day has
/// passed since the report that saw them.
fn pool() -> Pool {
    let mut pool = Pool::new(START);
    pool.deposit(&eth(3_650), &eth(3_650), ALICE, &int(0))
        .unwrap();
    pool.run_validators(3);
    assert_eq!(pool.autobalance(10).unwrap().funded, 3);
    pool.now += DAY;
    let seen = Report {
        deposits_seen_gwei: int(96_000_000_000u64),
        cl_balance_gwei: int(96_000_000_000u64),
        ..at(&pool)
    };
    applied(&mut pool, seen);
    assert_eq!(pool.books.rate().scaled(), eth(1));
    pool.now += DAY;
    pool
}

/// A report of now that brings nothing new.
fn at(pool: &Pool) -> Report {
    let books = &pool.books;
    Report {
        slot_time: pool.now,
        cl_balance_gwei: &books.cl_balance / 1_000_000_000,
        deposits_seen_gwei: &books.deposits_seen / 1_000_000_000,
        left_seen: books.left_seen.clone(),
        expected_loss: books.expected_loss.clone(),
        ..Report::default()
    }
}

/// A report of now that lowers the assets by so much, as an expected loss.
fn fall(pool: &Pool, wei: Int) -> Report {
    let report = at(pool);
    Report {
        expected_loss: report.expected_loss + wei,
        ..report
    }
}

/// A report of now that raises the assets by so much.
fn gain(pool: &Pool, wei: Int) -> Report {
    let report = at(pool);
    Report {
        left_seen: report.left_seen + wei,
        ..report
    }
}

fn applied(pool: &mut Pool, report: Report) -> model::reports::Effect {
    match pool.report(Account::Committee, report).unwrap() {
        Reported::Applied(effect) => *effect,
        parked => panic!("{parked:?}"),
    }
}

#[test]
fn a_tenth_a_year_is_one_eth_a_day_of_3650_and_the_rest_is_deferred() {
    let mut pool = pool();
    let jackpot = gain(&pool, eth(3));
    let effect = applied(&mut pool, jackpot);
    assert_eq!(effect.gain.booked, eth(1));
    assert_eq!(pool.books.deferred_gain, eth(2));
    // A tenth of the gain, in shares at 3651 - 0.1 ETH for 3650.
    assert_eq!(effect.gain.fee, eth(1) / 10);
    assert_eq!(effect.gain.all_fee_shares(), eth(1) * 3_650 / 36_509);
    pool.now += DAY;
    let nothing = at(&pool);
    let effect = applied(&mut pool, nothing);
    // A day's tenth of 3651 ETH.
    assert_eq!(effect.gain.booked, eth(3_651) / 3_650);
}

#[test]
fn what_is_allowed_is_booked_and_one_wei_more_is_parked() {
    let mut pool = pool();
    let largest = fall(&pool, eth(3_650) / 100);
    let mut other = pool.clone();
    applied(&mut pool, largest.clone());
    assert_eq!(pool.books.total_assets(), eth(3_650) * 99 / 100);
    let one_more = fall(&other, eth(3_650) / 100 + 1);
    let parked = other.report(Account::Committee, one_more).unwrap();
    assert!(matches!(parked, Reported::Parked(effect) if effect.fall.allowed == eth(3_650) / 100));
    assert_eq!(
        other
            .deposit(&eth(1), &eth(1), BOB, &int(0))
            .unwrap_err()
            .error,
        "RateNotLive"
    );
    // 0.99 to the wei is not yet what it would fall to.
    let acknowledge = |lowest: Int| Acknowledgement {
        lowest,
        highest: eth(1),
        deadline: u64::MAX,
    };
    let short = other
        .acknowledge(Account::Acknowledger, acknowledge(eth(1) * 99 / 100))
        .unwrap();
    assert_eq!(short, None);
    let enough = other
        .acknowledge(Account::Acknowledger, acknowledge(eth(1) * 99 / 100 - 1))
        .unwrap();
    assert!(enough.is_some());
    assert_eq!(other.losses.window.counted(30 * DAY, other.now), int(0));
}

#[test]
fn five_percent_in_thirty_days_and_no_more() {
    let mut pool = pool();
    // 1 % of what is left each time: after four of them 143.8 ETH have fallen, and the cap, 5 % of what is left
    // now, is 175.3 ETH: another 1 % is 35 ETH.
    for _ in 0..4 {
        let assets = pool.books.total_assets();
        let report = fall(&pool, assets / 100);
        applied(&mut pool, report);
        pool.now += DAY;
    }
    let fifth = fall(&pool, pool.books.total_assets() / 100);
    let parked = pool.report(Account::Committee, fifth).unwrap();
    assert!(matches!(parked, Reported::Parked(_)));
    // 30 days after the first of them the window is over.
    pool.now += 26 * DAY;
    let late = fall(&pool, pool.books.total_assets() / 100);
    assert!(matches!(
        pool.report(Account::Committee, late).unwrap(),
        Reported::Applied(_)
    ));
}

#[test]
fn cover_keeps_the_rate_and_is_given_back_after_holders() {
    let mut pool = pool();
    pool.transfer(ALICE, Account::Protection, eth(20)).unwrap();
    // Half of 20 shares is 10: 36.5 ETH fall, 10 of them covered.
    let report = fall(&pool, eth(73) / 2);
    let effect = applied(&mut pool, report);
    assert_eq!(effect.fall.cover_given, eth(10));
    assert_eq!(effect.fall.covered, eth(10));
    assert_eq!(pool.losses.holders_borne, eth(53) / 2);
    assert_eq!(pool.losses.protection_borne, eth(10));
    assert_eq!(pool.books.total_shares, eth(3_640));
    pool.now += DAY;
    // All of it does not come: holders are made whole by way of the deferred gain, protection at once.
    let report = Report {
        expected_loss: int(0),
        recovered: eth(73) / 2,
        ..at(&pool)
    };
    let effect = applied(&mut pool, report);
    assert_eq!(
        (effect.recovery.holders, effect.recovery.protection),
        (eth(53) / 2, eth(10))
    );
    assert_eq!(pool.losses.holders_borne, int(0));
    assert_eq!(effect.gain.fee, int(0));
    assert_eq!(effect.gain.booked, int(0));
    // The next report books it whole.
    pool.now += DAY;
    let report = at(&pool);
    let effect = applied(&mut pool, report);
    assert_eq!(effect.gain.returned, eth(53) / 2);
    assert_eq!(pool.books.rate().scaled(), eth(1));
}

#[test]
fn covered_fully_the_rate_stays() {
    let mut pool = pool();
    pool.transfer(ALICE, Account::Protection, eth(20)).unwrap();
    let report = fall(&pool, eth(7));
    let effect = applied(&mut pool, report);
    assert_eq!(
        (effect.fall.cover_given, effect.fall.covered),
        (eth(7), eth(7))
    );
    assert_eq!(pool.books.rate().scaled(), eth(1));
    assert_eq!(pool.losses.holders_borne, int(0));
}

#[test]
fn who_enters_before_a_report_leaves_at_the_rate_before_it() {
    let mut pool = pool();
    pool.deposit(&eth(10), &eth(10), BOB, &int(0)).unwrap();
    let id = pool.request_unstake(BOB, eth(10), BOB, &eth(10)).unwrap();
    let note = at(&pool);
    assert_eq!(note.slot_time, pool.now);
    pool.now += DAY;
    let report = gain(&pool, eth(1));
    applied(&mut pool, report);
    // No note was written after the request and before this report: the next one makes it due.
    assert_eq!(pool.queue.state(id), State::Pending);
    pool.now += DAY;
    let report = gain(&pool, eth(1));
    let before = pool.books.rate();
    applied(&mut pool, report);
    assert_eq!(pool.queue.state(id), State::Due);
    let done = pool.autobalance(10).unwrap();
    let wei = model::floor(before.worth(&eth(10)));
    assert_eq!(
        done,
        Balanced {
            open: true,
            finalised_up_to: 1,
            set_aside: wei.clone(),
            // 5 % of the 3,662 ETH that the report left.
            lent: eth(1_831) / 10,
            ..Balanced::default()
        }
    );
    assert_eq!(pool.claim(BOB, &[id], None, BOB), Ok(wei));
    assert_eq!(pool.queue.set_aside, int(0));
}

#[test]
fn a_note_that_waits_for_its_report_is_not_overwritten() {
    let mut pool = pool();
    let slot = pool.now;
    pool.deposit(&eth(10), &eth(10), BOB, &int(0)).unwrap();
    let first = pool.request_unstake(BOB, eth(1), BOB, &eth(1)).unwrap();
    // Reports of slots before the request, applied late: their notes cover it, but do not make it due.
    for back in [300, 200, 100] {
        pool.now += 1;
        let report = Report {
            slot_time: slot - back,
            ..at(&pool)
        };
        applied(&mut pool, report);
        assert_eq!(pool.queue.state(first), State::Pending);
    }
    let second = pool.request_unstake(BOB, eth(1), BOB, &eth(1)).unwrap();
    pool.now += HOUR;
    let report = at(&pool);
    applied(&mut pool, report);
    assert_eq!(pool.queue.state(first), State::Due);
    assert_eq!(pool.queue.state(second), State::Pending);
}

#[test]
fn cancelling_costs_five_or_twenty_five_basis_points() {
    let mut pool = pool();
    let order = |pool: &mut Pool| pool.request_unstake(ALICE, eth(1), ALICE, &eth(1)).unwrap();
    let early = order(&mut pool);
    assert_eq!(pool.cancel(ALICE, early), Ok(eth(1) - eth(1) * 5 / 10_000));
    let late = order(&mut pool);
    for _ in 0..2 {
        pool.now += DAY;
        let report = at(&pool);
        applied(&mut pool, report);
    }
    assert_eq!(pool.cancel(ALICE, late), Ok(eth(1) - eth(1) * 25 / 10_000));
    assert_eq!(pool.cancel(ALICE, late).unwrap_err().error, "NoSuchOrder");
    assert_eq!(pool.balance(Account::Queue), int(0));
}

#[test]
fn orders_are_never_placed() {
    let mut pool = pool();
    pool.run_validators(1_000);
    for _ in 0..4 {
        pool.request_unstake(ALICE, eth(900), ALICE, &eth(900))
            .unwrap();
    }
    // 3,554 ETH here, 3,600 shares wait.
    assert_eq!(pool.autobalance(1_000).unwrap().funded, 0);
    pool.cancel(ALICE, 1).unwrap();
    // 2,700 wait: 854 ETH are free, of which 5 % of 3,650 go to the flash reserve, and 20 validators are funded.
    let done = pool.autobalance(1_000).unwrap();
    assert_eq!((done.lent, done.funded), (eth(1_825) / 10, 20));
}

#[test]
fn exits_bring_what_is_due_and_not_at_hand_or_coming() {
    let mut pool = pool();
    for _ in 0..3 {
        pool.request_unstake(ALICE, eth(1_000), ALICE, &eth(1_000))
            .unwrap();
    }
    pool.request_unstake(ALICE, eth(600), ALICE, &eth(600))
        .unwrap();
    for _ in 0..2 {
        pool.now += DAY;
        let report = at(&pool);
        applied(&mut pool, report);
    }
    // Three orders are paid; 600 ETH are due, 554 here: two validators, one a call as the limit says.
    let done = pool.autobalance(1).unwrap();
    assert_eq!(
        (done.finalised_up_to, done.set_aside, done.exits_asked),
        (3, eth(3_000), eth(32))
    );
    assert_eq!(pool.autobalance(1).unwrap().exits_asked, eth(32));
    assert_eq!(pool.autobalance(1).unwrap().exits_asked, int(0));
}

#[test]
fn after_fourteen_days_an_order_is_redeemed_at_a_discount() {
    let mut pool = pool();
    let id = pool
        .request_unstake(ALICE, eth(36), ALICE, &eth(36))
        .unwrap();
    let refused = pool.redeem_silently(ALICE, id, &int(0), ALICE).unwrap_err();
    assert_eq!(refused.error, "NotSilent");
    pool.now += 14 * DAY;
    pool.pause(model::pauses::Paused::Manager, Account::Owner)
        .unwrap();
    let too_dear = pool
        .clone()
        .redeem_silently(ALICE, id, &eth(36), ALICE)
        .unwrap_err();
    assert_eq!(too_dear.error, "AssetsBelowMinimum");
    assert_eq!(
        pool.redeem_silently(ALICE, id, &int(0), ALICE),
        Ok(eth(36) * 99 / 100)
    );
    // A day's part is 36.5 shares, of a supply that is smaller now.
    let more = pool.request_unstake(ALICE, eth(1), ALICE, &eth(1)).unwrap();
    let refused = pool
        .redeem_silently(ALICE, more, &int(0), ALICE)
        .unwrap_err();
    assert_eq!(refused.error, "AboveSilentLimit");
}

#[test]
fn a_parked_loss_raises_the_silent_discount() {
    let mut pool = pool();
    let id = pool
        .request_unstake(ALICE, eth(10), ALICE, &eth(10))
        .unwrap();
    let report = fall(&pool, eth(365));
    pool.report(Account::Committee, report).unwrap();
    pool.now += 14 * DAY;
    // A tenth of everything.
    assert_eq!(pool.redeem_silently(ALICE, id, &int(0), ALICE), Ok(eth(9)));
}

#[test]
fn the_owner_cannot_split_more_than_the_fee() {
    let mut pool = pool();
    let refused = pool
        .set_parameter(Account::Owner, Parameter::OperatorsSplit, int(8_001))
        .unwrap_err();
    assert_eq!(refused.error, "FeeSplitAboveWhole");
    pool.set_parameter(Account::Owner, Parameter::OperatorsSplit, int(8_000))
        .unwrap();
}
