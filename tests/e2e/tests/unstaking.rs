//! Leaving the pool, with all contracts together: what an order is paid, what stays reserved for it, and what
//! happens when nobody reports.

use alloy::primitives::{Address, U256};
use e2e::{
    reported::{eth, wei, Reported, DAY},
    CsEthToken::approveCall,
    FlashExitPool::maxFlashExitCall,
    Pool,
    StakeManager::*,
    UnstakeQueue::{
        self, cancelCall, claimToCall, redeemSilentlyCall, requestUnstakeCall, totalsCall,
        totalsReturn,
    },
    ALICE, BOB, ETH, GUARDIAN, MALLORY, OWNER,
};

const NONE: U256 = U256::ZERO;

/// Makes an order for so many shares.
fn request(story: &mut Reported, from: Address, shares: U256) -> U256 {
    let Pool { token, queue, .. } = story.pool;
    let approve = approveCall {
        spender: queue,
        value: shares,
    };
    story.pool.run(from, token, NONE, approve);
    let call = requestUnstakeCall {
        shares,
        receiver: from,
    };
    story.pool.run(from, queue, NONE, call).0
}

fn autobalance(story: &mut Reported) -> autobalanceReturn {
    let call = autobalanceCall {
        limit: U256::from(100),
    };
    let (done, _) = story.pool.run(MALLORY, story.pool.manager, NONE, call);
    story.pool.check_books();
    done
}

/// Claims an order and returns what arrived, by the wallet's balance.
fn claim(story: &mut Reported, owner: Address, id: U256) -> U256 {
    let queue = story.pool.queue;
    let receiver = Address::repeat_byte(0xc1);
    let before = story.pool.chain.balance_now(receiver);
    let call = claimToCall {
        ids: vec![id],
        receiver,
    };
    let (assets, _) = story.pool.run(owner, queue, NONE, call);
    assert_eq!(story.pool.chain.balance_now(receiver) - before, assets);
    assets
}

fn totals(story: &Reported) -> totalsReturn {
    story.pool.view(story.pool.queue, totalsCall {})
}

/// A report half a day after the last one.
fn half_a_day(story: &mut Reported, change: impl FnOnce(&mut Report)) {
    story.pool.chain.increase_time(DAY / 2);
    story.pool.chain.mine(1);
    let mut report = story.last.clone();
    report.slotTime = story.pool.chain.timestamp() - 60;
    change(&mut report);
    story.apply(&report);
    story.last = report;
}

#[test]
fn an_order_is_paid_its_share_once_a_later_report_is_applied() {
    let mut story = Reported::new();
    let id = request(&mut story, ALICE, eth(10));
    // The next report was read after the request, but no note from before its slot covers the order yet.
    story.day(|report| report.leftSeen += wei(ETH) / 10);
    assert_eq!(autobalance(&mut story).finalisedUpTo, NONE);
    story.day(|report| report.leftSeen += wei(ETH) / 10);
    // Paid at the rate before the last report, which has the first day's reward in it.
    let rate = story.view(exitRateCall {});
    let reference = story.view(referenceRateCall {});
    assert!(rate > ETH && rate < story.rate());
    assert_eq!(autobalance(&mut story).finalisedUpTo, id);
    let paid = claim(&mut story, ALICE, id);
    assert_eq!(paid, eth(10) * reference.assets / reference.shares);
    let left = totals(&story);
    assert!(
        left.setAside < U256::from(2),
        "but for rounding dust, all is paid"
    );
    assert_eq!(story.pool.supply(), story.pool.totals().1, "p07");
}

#[test]
fn p02_depositing_and_leaving_without_a_gain_in_between_never_gains() {
    for (size, odd) in [
        (1_100_000_000_000_000u64, 3),
        (7_777_777_777_777_777, 11),
        (9_999_999_999_999_999_999, 1),
    ] {
        let mut story = Reported::new();
        // A rate that divides badly.
        story.day(|report| report.leftSeen += wei(ETH) / 7 + odd);
        story.day(|_| {});
        let before = story.pool.totals();
        let shares = story.pool.deposit(BOB, U256::from(size));
        let id = request(&mut story, BOB, shares);
        story.day(|_| {});
        story.day(|_| {});
        autobalance(&mut story);
        let paid = claim(&mut story, BOB, id);
        assert!(paid <= U256::from(size), "{paid} for {size}");
        // p01: what rounds stays with the others.
        let after = story.pool.totals();
        assert!(after.0 * before.1 >= before.0 * after.1);
    }
}

#[test]
fn p03_an_order_in_parts_is_paid_no_more_than_one() {
    let mut story = Reported::new();
    story.day(|report| report.leftSeen += wei(ETH) / 7);
    let whole = request(&mut story, ALICE, eth(9));
    let parts: Vec<U256> = (0..3).map(|_| request(&mut story, ALICE, eth(3))).collect();
    story.day(|_| {});
    story.day(|_| {});
    autobalance(&mut story);
    let at_once = claim(&mut story, ALICE, whole);
    let in_parts: U256 = parts
        .into_iter()
        .map(|id| claim(&mut story, ALICE, id))
        .sum();
    assert!(in_parts <= at_once && at_once - in_parts <= U256::from(2));
}

#[test]
fn p18_what_orders_are_worth_is_never_placed_nor_lent() {
    let mut story = Reported::new();
    // 40 ETH are here; 20 of them are for an order that is not even due.
    let id = request(&mut story, ALICE, eth(20));
    assert_eq!(autobalance(&mut story).funded, NONE);
    // The rest goes to the flash reserve, which lacks 50.
    assert_eq!(story.view(booksCall {}).flashReserve, eth(20));
    story.pool.deposit(BOB, eth(30 + 32) - U256::from(1));
    assert_eq!(autobalance(&mut story).funded, NONE, "one wei is missing");
    story.pool.deposit(BOB, ETH);
    assert_eq!(autobalance(&mut story).funded, U256::from(1));
    let books = story.view(booksCall {});
    assert_eq!((books.sentOut, books.flashReserve), (eth(992), eth(50)));
    // The order is paid from what was kept.
    story.day(|_| {});
    story.day(|_| {});
    assert_eq!(autobalance(&mut story).finalisedUpTo, id);
    assert_eq!(claim(&mut story, ALICE, id), eth(20));
}

#[test]
fn p19_entering_before_a_report_and_leaving_within_twenty_hours_gains_nothing() {
    let mut story = Reported::new();
    let shares = story.pool.deposit(MALLORY, eth(100));
    let id = request(&mut story, MALLORY, shares);
    story.day(|report| report.leftSeen += wei(ETH) / 4);
    half_a_day(&mut story, |report| report.leftSeen += wei(ETH) / 8);
    assert!(story.rate() > ETH);
    assert_eq!(autobalance(&mut story).finalisedUpTo, id);
    assert!(claim(&mut story, MALLORY, id) <= eth(100));
}

#[test]
fn p19_a_second_reference_within_twenty_hours_frees_nobody() {
    // Two reports a day apart, the second of which sets the reference anew, and one between: the exit is priced at the
    // lowest rate before any of the last 20 hours.
    let mut story = Reported::new();
    story.day(|_| {});
    let before = story.view(exitRateCall {});
    story.pool.chain.increase_time(19 * 60 * 60);
    story.pool.chain.mine(1);
    let mut late = story.last.clone();
    late.slotTime = story.pool.chain.timestamp() - 60;
    late.leftSeen += wei(ETH) / 8;
    story.apply(&late);
    assert!(story.rate() > before);
    assert_eq!(story.view(exitRateCall {}), before, "only lowered");
    // Two hours later the reference is 21 hours old, the last report's gain two.
    story.pool.chain.increase_time(2 * 60 * 60);
    story.pool.chain.mine(1);
    let mut later = late.clone();
    later.slotTime = story.pool.chain.timestamp() - 60;
    story.apply(&later);
    assert_eq!(
        story.view(exitRateCall {}),
        before,
        "the earlier one stands"
    );
    story.pool.chain.increase_time(18 * 60 * 60);
    story.pool.chain.mine(1);
    assert!(story.view(exitRateCall {}) > before);
}

#[test]
fn p29_a_pause_lets_orders_and_placements_wait() {
    let mut story = Reported::new();
    let id = request(&mut story, ALICE, eth(1));
    story.day(|_| {});
    story.pool.deposit(BOB, eth(200));
    let manager = story.pool.manager;
    story.pool.run(GUARDIAN, manager, NONE, pauseCall {});
    story.day(|_| {});
    assert_eq!(totals(&story).dueUpTo, id);
    let done = autobalance(&mut story);
    assert_eq!((done.finalisedUpTo, done.funded), (NONE, NONE));
    assert_eq!(story.view(booksCall {}).flashReserve, NONE);
    story.pool.run(OWNER, manager, NONE, unpauseCall {});
    let done = autobalance(&mut story);
    assert_eq!((done.finalisedUpTo, done.funded), (id, U256::from(5)));
}

#[test]
fn due_orders_that_the_pool_cannot_pay_make_validators_exit() {
    let mut story = Reported::new();
    let id = request(&mut story, ALICE, eth(100));
    story.day(|_| {});
    assert_eq!(
        autobalance(&mut story).exitsAsked,
        NONE,
        "nothing is due yet"
    );
    story.day(|_| {});
    // 60 ETH are missing: two validators, one a call if the caller wants no more.
    let one = autobalanceCall {
        limit: U256::from(1),
    };
    let (done, _) = story.pool.run(MALLORY, story.pool.manager, NONE, one);
    assert_eq!((done.finalisedUpTo, done.exitsAsked), (NONE, eth(32)));
    assert_eq!(autobalance(&mut story).exitsAsked, eth(32));
    assert_eq!(
        autobalance(&mut story).exitsAsked,
        NONE,
        "they are asked for once"
    );
    // They leave: the report sees their ETH with the gateway, then it arrives.
    story.day(|report| {
        report.clBalanceGwei -= 64_000_000_000;
        report.leftSeen += wei(eth(64));
    });
    let leaving = story.pool.exiting_clusters();
    assert_eq!(leaving.len(), 2);
    let confirm = Pool::exited(&leaving);
    let Pool {
        committee,
        registry,
        ..
    } = story.pool;
    story.pool.run(committee, registry, NONE, confirm);
    assert_eq!(
        autobalance(&mut story).exitsAsked,
        NONE,
        "what is on its way counts"
    );
    let message = e2e::from_gateway(&story.pool, eth(64));
    story.pool.chain.deliver(message).expect("a message");
    assert_eq!(autobalance(&mut story).finalisedUpTo, id);
    assert_eq!(claim(&mut story, ALICE, id), eth(100));
}

#[test]
fn a_cancelled_order_leaves_its_cost_to_the_others() {
    let mut story = Reported::new();
    let Pool { queue, .. } = story.pool;
    let before = story.pool.balance(ALICE);
    let id = request(&mut story, ALICE, eth(20));
    let (assets, shares) = story.pool.totals();
    let (returned, _) = story.pool.run(ALICE, queue, NONE, cancelCall { id });
    // 5 basis points of 20 shares.
    let cost = U256::from(10_000_000_000_000_000u64);
    assert_eq!(returned, eth(20) - cost);
    assert_eq!(story.pool.balance(ALICE), before - cost);
    assert_eq!(story.pool.totals(), (assets, shares - cost));
    assert_eq!(totals(&story).unfinalisedShares, NONE);
    let again = UnstakeQueue::NoSuchOrder { id };
    story
        .pool
        .refuses(ALICE, queue, NONE, cancelCall { id }, again);
}

/// What views answer and balancing leaves alone while the rate is not live. What refuses is in `entry_points.rs`.
fn nothing_is_priced(story: &mut Reported, reason: u8) {
    let status = story.view(rateStatusCall {});
    assert_eq!((status.live, status.reason), (false, reason));
    assert_eq!(story.view(maxDepositCall { receiver: BOB }), NONE);
    let reserve = story.view(booksCall {}).flashReserve;
    let done = autobalance(story);
    assert_eq!((done.finalisedUpTo, done.funded), (NONE, NONE));
    assert_eq!(story.view(booksCall {}).flashReserve, reserve);
    let flash = story.pool.flash;
    let account = ALICE;
    let most = story.pool.view(flash, maxFlashExitCall { account });
    assert_eq!(most, NONE);
    assert!(story.view(convertToAssetsCall { shares: ETH }) > NONE);
}

#[test]
fn p22_while_the_rate_is_not_live_balancing_leaves_alone_what_is_priced() {
    let mut story = Reported::new();
    let claimable = request(&mut story, ALICE, ETH);
    request(&mut story, ALICE, ETH);
    story.day(|_| {});
    story.day(|_| {});
    autobalance(&mut story);
    // Left behind: an order that will be due, and ETH for a validator and for the flash reserve.
    request(&mut story, ALICE, ETH);
    story.day(|_| {});
    story.day(|_| {});
    story.pool.deposit(BOB, eth(100));
    let totals = totals(&story);
    assert!(totals.dueUpTo > totals.finalisedUpTo);
    assert_eq!(autobalance(&mut story.clone()).funded, U256::from(2));
    let Pool {
        manager, committee, ..
    } = story.pool;

    let mut flagged = story.clone();
    flagged
        .pool
        .run(committee, manager, NONE, flagSlashingCall {});
    nothing_is_priced(&mut flagged, 2);
    assert_eq!(claim(&mut flagged, ALICE, claimable), ETH);

    let mut parked = story.clone();
    let report = parked.next(|report| report.expectedLoss = wei(eth(200)));
    parked.park(&report);
    nothing_is_priced(&mut parked, 1);
    assert_eq!(claim(&mut parked, ALICE, claimable), ETH);

    story.pool.chain.increase_time(3 * DAY);
    story.pool.chain.mine(1);
    nothing_is_priced(&mut story, 3);
    assert_eq!(claim(&mut story, ALICE, claimable), ETH);
}

/// Asks for a silent redemption that must be refused with exactly this error.
#[track_caller]
fn silence_refused(story: &mut Reported, id: U256, error: impl alloy::sol_types::SolError) {
    let queue = story.pool.queue;
    let call = redeemSilentlyCall {
        id,
        minAssets: NONE,
        receiver: ALICE,
    };
    story.pool.refuses(ALICE, queue, NONE, call, error);
}

#[test]
fn p25_when_nobody_reports_each_owner_may_leave_at_a_discount() {
    let mut story = Reported::new();
    let Pool { manager, queue, .. } = story.pool;
    let (first, second) = (
        request(&mut story, ALICE, eth(6)),
        request(&mut story, ALICE, eth(6)),
    );
    autobalance(&mut story);
    let silent_from = story.view(silentFromCall {});
    assert_eq!(
        silent_from,
        U256::from(story.pool.chain.timestamp() + 14 * DAY)
    );

    let now = silent_from.to::<u64>() - 1;
    story.pool.chain.set_next_timestamp(now).unwrap();
    let early = NotSilent {
        latest: U256::from(now),
        silentFrom: silent_from,
    };
    silence_refused(&mut story, first, early);
    story.pool.chain.increase_time(1);
    story.pool.chain.mine(1);
    // Whatever is paused.
    story.pool.run(OWNER, manager, NONE, pauseCall {});
    story
        .pool
        .run(OWNER, queue, NONE, UnstakeQueue::pauseCall {});
    let receiver = Address::repeat_byte(0x51);
    let promised = story.view(previewRedeemSilentlyCall { shares: eth(6) });
    let redeem = |id, minimum| redeemSilentlyCall {
        id,
        minAssets: minimum,
        receiver,
    };
    let too_much = UnstakeQueue::AssetsBelowMinimum {
        assets: promised,
        minimum: promised + U256::from(1),
    };
    story.pool.refuses(
        ALICE,
        queue,
        NONE,
        redeem(first, promised + U256::from(1)),
        too_much,
    );
    // Nobody else may, and not to a place of their choosing.
    let refusal = UnstakeQueue::OnlyOrderOwner {
        id: first,
        caller: MALLORY,
        owner: ALICE,
    };
    story
        .pool
        .refuses(MALLORY, queue, NONE, redeem(first, NONE), refusal);
    let before = story.pool.totals();
    story.pool.run(ALICE, queue, NONE, redeem(first, promised));
    // 6 ETH less 1 %.
    assert_eq!(promised, U256::from(5_940_000_000_000_000_000u64));
    assert_eq!(story.pool.chain.balance_now(receiver), promised);
    assert_eq!(
        story.pool.totals(),
        (before.0 - promised, before.1 - eth(6))
    );
    story.pool.check_books();

    // 1 % of the supply a day: the 6 of 10 shares took up three fifths of a day, and of 9.94 two fifths are left.
    let allowed = U256::from(3_976_000_000_000_000_000u64);
    silence_refused(
        &mut story,
        second,
        AboveSilentLimit {
            shares: eth(6),
            allowed,
        },
    );
    story.pool.chain.increase_time(DAY);
    story.pool.chain.mine(1);
    story.pool.run(ALICE, queue, NONE, redeem(second, NONE));
    // Nothing else was priced meanwhile.
    assert_eq!(story.view(maxDepositCall { receiver: BOB }), NONE);
}

#[test]
fn p25_a_parked_loss_is_the_discount_up_to_its_limit() {
    let price = |loss: u64| {
        let mut story = Reported::new();
        request(&mut story, ALICE, eth(6));
        story.pool.chain.increase_time(13 * DAY);
        story.day(|_| {});
        let report = story.next(|report| report.expectedLoss = wei(eth(loss)));
        story.park(&report);
        story.pool.chain.increase_time(14 * DAY);
        story.pool.chain.mine(1);
        story.view(previewRedeemSilentlyCall { shares: eth(6) })
    };
    // 5 % and 50 % of 1,000 ETH; the limit is 20 %.
    assert_eq!(price(50), U256::from(5_700_000_000_000_000_000u64));
    assert_eq!(price(500), U256::from(4_800_000_000_000_000_000u64));
}

#[test]
fn p25_where_orders_could_be_finalised_they_are_not_redeemed() {
    let mut story = Reported::new();
    let id = request(&mut story, ALICE, eth(6));
    // Reported every day: orders could be finalised, though nobody did.
    for _ in 0..16 {
        story.day(|_| {});
    }
    let applied_at = story.view(reportAppliedAtCall {});
    let silent_from = applied_at + U256::from(14 * DAY);
    assert_eq!(story.view(silentFromCall {}), silent_from);
    story.pool.chain.increase_time(DAY / 2 + 1);
    story.pool.chain.mine(1);
    let latest = U256::from(story.pool.chain.timestamp() + 1);
    story
        .pool
        .chain
        .set_next_timestamp(latest.to::<u64>())
        .unwrap();
    silence_refused(
        &mut story,
        id,
        NotSilent {
            latest,
            silentFrom: silent_from,
        },
    );

    // Reports while it is paused open nothing.
    let manager = story.pool.manager;
    story.pool.run(OWNER, manager, NONE, pauseCall {});
    for _ in 0..14 {
        story.day(|_| {});
    }
    assert_eq!(story.view(silentFromCall {}), silent_from);
    assert!(story.view(previewRedeemSilentlyCall { shares: eth(6) }) > NONE);
    // Within twelve hours of the last one the pause ends.
    story.pool.run(OWNER, manager, NONE, unpauseCall {});
    let until = story.view(reportAppliedAtCall {}) + U256::from(DAY / 2);
    silence_refused(&mut story, id, FinalisationOpen { until });
    // A balance starts the clock anew.
    autobalance(&mut story);
    let now = U256::from(story.pool.chain.timestamp());
    assert_eq!(story.view(silentFromCall {}), now + U256::from(14 * DAY));
}

/// Silent: fourteen days after everything was paused.
fn silent(story: &mut Reported) {
    let Pool { manager, queue, .. } = story.pool;
    story.pool.run(OWNER, manager, NONE, pauseCall {});
    story
        .pool
        .run(OWNER, queue, NONE, UnstakeQueue::pauseCall {});
    story.pool.chain.increase_time(14 * DAY);
    story.pool.chain.mine(1);
}

#[test]
fn p25_an_order_of_many_days_shares_takes_as_many_days() {
    let mut story = Reported::new();
    let queue = story.pool.queue;
    let (large, small) = (
        request(&mut story, ALICE, eth(25)),
        request(&mut story, ALICE, eth(1)),
    );
    silent(&mut story);
    let redeem = |id| redeemSilentlyCall {
        id,
        minAssets: NONE,
        receiver: ALICE,
    };
    let (assets, _) = story.pool.run(ALICE, queue, NONE, redeem(large));
    assert_eq!(assets, eth(25) * U256::from(99) / U256::from(100));
    story.pool.check_books();
    // 25 of 1,000 shares are those of two days and a half. A day before they are over there is room for another
    // one: of 975 shares, 9.75 a day, it takes 8,862 seconds.
    let from = story.pool.chain.timestamp() + DAY * 3 / 2 + 8_862;
    story.pool.chain.set_next_timestamp(from - 1).unwrap();
    let allowed = eth(975) / U256::from(100) * U256::from(8_861) / U256::from(DAY);
    silence_refused(
        &mut story,
        small,
        AboveSilentLimit {
            shares: eth(1),
            allowed,
        },
    );
    story.pool.chain.increase_time(1);
    story.pool.run(ALICE, queue, NONE, redeem(small));
}

#[test]
fn p25_dust_keeps_no_large_order_out() {
    let mut story = Reported::new();
    let queue = story.pool.queue;
    let dust = U256::from(1_000_000_000_000_000u64);
    story.pool.deposit(MALLORY, ETH);
    let large = request(&mut story, ALICE, eth(25));
    let dust = request(&mut story, MALLORY, dust);
    silent(&mut story);
    let redeem = |id, receiver| redeemSilentlyCall {
        id,
        minAssets: NONE,
        receiver,
    };
    story.pool.run(MALLORY, queue, NONE, redeem(dust, MALLORY));
    // A thousandth of a share takes nine seconds of the day.
    story.pool.chain.increase_time(9);
    story.pool.run(ALICE, queue, NONE, redeem(large, ALICE));
}

#[test]
fn p25_a_registry_that_fails_keeps_nobody_from_being_paid() {
    let mut story = Reported::new();
    let id = request(&mut story, ALICE, eth(6));
    request(&mut story, ALICE, eth(100));
    story.day(|_| {});
    story.day(|_| {});
    let Pool { manager, image, .. } = story.pool;
    // The order-image answers none of the registry's functions.
    let broken = setSiblingCall {
        id: 2,
        current: image,
    };
    story.pool.run(OWNER, manager, NONE, broken);
    let before = story.pool.totals();
    let call = autobalanceCall {
        limit: U256::from(100),
    };
    let (done, receipt) = story.pool.run(MALLORY, manager, NONE, call);
    assert_eq!((done.finalisedUpTo, done.exitsAsked), (id, NONE));
    assert_eq!(
        e2e::event::<BalancingFailed>(&receipt, manager).callee,
        image
    );
    story.pool.check_books();
    assert_eq!(story.pool.totals(), (before.0 - eth(6), before.1 - eth(6)));
    // With ETH for validators it goes on, too.
    story.pool.deposit(BOB, eth(200));
    let (done, receipt) = story.pool.run(
        MALLORY,
        manager,
        NONE,
        autobalanceCall {
            limit: U256::from(100),
        },
    );
    assert_eq!(done.funded, NONE);
    assert_eq!(
        e2e::event::<BalancingFailed>(&receipt, manager).callee,
        image
    );
    story.pool.check_books();
}

#[test]
fn due_orders_wait_where_a_share_is_worth_nothing() {
    let mut story = Reported::new();
    let id = request(&mut story, ALICE, eth(6));
    story.day(|_| {});
    let report = story.next(|report| report.expectedLoss = wei(eth(1_001)));
    story.park(&report);
    story.acknowledge(NONE, ETH);
    story.last = report;
    assert_eq!(story.rate(), NONE);
    assert_eq!(totals(&story).dueUpTo, id);
    assert_eq!(autobalance(&mut story).finalisedUpTo, NONE);
}

#[test]
fn only_the_queue_burns_and_redeems() {
    let mut story = Reported::new();
    let Pool { manager, queue, .. } = story.pool;
    for caller in [MALLORY, OWNER, GUARDIAN] {
        let refusal = || OnlySibling {
            caller,
            allowed: queue,
        };
        let burn = burnSharesCall { shares: ETH };
        story.pool.refuses(caller, manager, NONE, burn, refusal());
        let redeem = e2e::StakeManager::redeemSilentlyCall {
            shares: ETH,
            receiver: caller,
        };
        story.pool.refuses(caller, manager, NONE, redeem, refusal());
    }
}
