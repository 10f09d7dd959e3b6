//! Exits at once: what they pay, what limits them, what goes back, and who is refused.

use alloy::{
    eips::BlockId,
    primitives::{Address, Bytes, B256, U256},
    sol_types::SolCall,
};
use clay_chain::Trace;
use e2e::{
    event,
    reported::{eth, wei, Reported, DAY},
    FlashExitPool::{self, *},
    Pool,
    StakeManager::{
        autobalanceCall, booksCall, exitRateCall, flagSlashingCall, parkedReportCall,
        previewDepositCall, setParameterCall, AboveReserve, RateNotLive,
    },
    ALICE, BOB, ETH, GUARDIAN, MALLORY, OWNER, TREASURY,
};

const NONE: U256 = U256::ZERO;
/// The right to redeem.
const REDEEM: u8 = 4;
/// Takes no ETH: PUSH1 0 PUSH1 0 REVERT.
const REFUSER: &[u8] = &[0x60, 0, 0x60, 0, 0xfd];

fn milli(thousandths: u64) -> U256 {
    ETH * U256::from(thousandths) / U256::from(1_000)
}

/// 1,060 ETH at a rate of one, 50 of them in a reserve that is full.
fn funded() -> Reported {
    let mut story = Reported::new();
    story.pool.chain.set_balance(BOB, eth(1_000));
    story.pool.deposit(BOB, eth(60));
    let call = autobalanceCall {
        limit: U256::from(1),
    };
    story.pool.run(MALLORY, story.pool.manager, NONE, call);
    assert_eq!(story.view(booksCall {}).flashReserve, eth(50));
    story
}

fn exit_call(shares: U256) -> flashExitCall {
    flashExitCall {
        shares,
        minAssets: NONE,
        receiver: BOB,
    }
}

/// Exits and returns what was paid, by the wallet's balance.
fn exit(story: &mut Reported, from: Address, shares: U256) -> U256 {
    let (flash, receiver) = (story.pool.flash, Address::repeat_byte(0xfe));
    let before = story.pool.chain.balance_now(receiver);
    let call = flashExitCall {
        shares,
        minAssets: NONE,
        receiver,
    };
    let (paid, _) = story.pool.run(from, flash, NONE, call);
    story.pool.check_books();
    assert_eq!(story.pool.chain.balance_now(receiver) - before, paid);
    paid
}

fn set_limits(story: &mut Reported, limits: [u64; 4]) {
    let [low, capacity, refill, largest] = limits.map(U256::from);
    let call = setLimitsCall {
        lowWatermark: low,
        capacity,
        refill,
        largest,
    };
    story.pool.run(OWNER, story.pool.flash, NONE, call);
}

fn preview(story: &Reported, account: Address, shares: U256) -> U256 {
    let call = previewFlashExitCall { account, shares };
    story.pool.view(story.pool.flash, call)
}

fn most(story: &Reported, account: Address) -> U256 {
    let call = maxFlashExitCall { account };
    story.pool.view(story.pool.flash, call)
}

#[test]
fn an_exit_pays_its_worth_less_the_fee_which_stays_in_the_pool() {
    let mut story = funded();
    let Pool { flash, .. } = story.pool;
    let before = story.pool.totals();
    let (paid, receipt) = story.pool.run(ALICE, flash, NONE, exit_call(eth(5)));
    let told: FlashExit = event(&receipt, flash);
    // 0.5 % of 5 ETH, and 0.5 % of 50 * 0.1^3 / 3 for the part of the target that is missing after it.
    let fee = milli(25) + ETH.div_ceil(U256::from(12_000));
    assert_eq!((told.assets, told.fee), (eth(5), fee));
    assert_eq!(paid, eth(5) - fee);
    assert_eq!(story.pool.totals(), (before.0 - paid, before.1 - eth(5)));
    story.pool.check_books();
    // What rises is the rate of those who remain; the reserve has kept the fee.
    assert!(story.rate() > ETH);
    assert_eq!(story.view(booksCall {}).flashReserve, eth(45) + fee);
    assert_eq!(story.pool.chain.balance_now(flash), eth(45) + fee);
}

/// Stylus programs that a call ran.
fn programs(frame: &Trace) -> usize {
    let below: usize = frame.calls.iter().map(programs).sum();
    below + usize::from(frame.stylus.is_some())
}

#[test]
fn an_exit_runs_three_programs() {
    let mut story = funded();
    let flash = story.pool.flash;
    let (_, receipt) = story.pool.run(ALICE, flash, NONE, exit_call(ETH));
    let outcome = story.pool.chain.trace_transaction(receipt.tx_hash);
    let trace = outcome.and_then(|outcome| outcome.trace).expect("a trace");
    assert_eq!(programs(&trace), 3);
}

#[test]
fn p02_depositing_and_exiting_at_once_never_gains() {
    for size in [
        1_100_000_000_000_000u64,
        7_777_777_777_777_777,
        4_999_999_999_999_999_999,
    ] {
        let mut story = funded();
        story.day(|report| report.leftSeen += wei(ETH) / 7 + 3);
        let assets = U256::from(size);
        let shares = story.pool.deposit(BOB, assets);
        let before = story.pool.totals();
        assert!(exit(&mut story, BOB, shares) < assets, "{size}");
        let after = story.pool.totals();
        assert!(after.0 * before.1 >= before.0 * after.1, "p01");
    }
}

#[test]
fn p03_an_exit_in_parts_costs_what_the_whole_does() {
    let mut story = funded();
    let shares = eth(4);
    let at_once = exit(&mut story.clone(), ALICE, shares);
    // The exit rate is below the rate from the first part on, so that each part is worth the same.
    let in_parts: U256 = (0..4).map(|_| exit(&mut story, ALICE, eth(1))).sum();
    assert!(in_parts <= at_once && at_once - in_parts <= U256::from(4));
}

#[test]
fn p10_previews_are_exact_and_the_most_is_possible() {
    let mut story = funded();
    story.day(|report| report.leftSeen += wei(ETH) / 7 + 3);
    let shares = milli(3_141);
    let promised = preview(&story, ALICE, shares);
    let fee = currentFeeCall {
        account: ALICE,
        assets: shares * story.view(exitRateCall {}) / ETH,
    };
    let fee = story.pool.view(story.pool.flash, fee);
    assert!(fee > NONE);
    assert_eq!(exit(&mut story, ALICE, shares), promised);

    // 0.5 % of 1,060 ETH less the exit; one share more is refused.
    let largest = most(&story, ALICE);
    let promised = preview(&story, ALICE, largest);
    assert!(promised > NONE);
    assert_eq!(preview(&story, ALICE, largest + U256::from(1)), NONE);
    let flash = story.pool.flash;
    let refused = story.pool.send(
        ALICE,
        flash,
        NONE,
        alloy::sol_types::SolCall::abi_encode(&exit_call(largest + U256::from(1))),
    );
    assert!(!refused.success());
    assert_eq!(exit(&mut story, ALICE, largest), promised);
    // Nobody without shares, and nobody while it is paused or not live.
    assert_eq!(
        (most(&story, MALLORY), preview(&story, MALLORY, ETH)),
        (NONE, NONE)
    );
    let mut paused = story.clone();
    paused
        .pool
        .run(GUARDIAN, flash, NONE, FlashExitPool::pauseCall {});
    assert_eq!(
        (most(&paused, BOB), preview(&paused, BOB, ETH)),
        (NONE, NONE)
    );
    let manager = story.pool.manager;
    story.pool.run(GUARDIAN, manager, NONE, flagSlashingCall {});
    assert_eq!((most(&story, BOB), preview(&story, BOB, ETH)), (NONE, NONE));
}

#[test]
fn p17_every_limit_holds_and_the_bucket_refills() {
    let mut story = funded();
    let flash = story.pool.flash;
    let shares = eth(5) + U256::from(1);
    let largest = AboveLargestExit {
        assets: shares,
        largest: eth(5),
    };
    story
        .pool
        .refuses(ALICE, flash, NONE, exit_call(shares), largest);
    // The bucket has 1 % of what the last report saw, 10 ETH.
    exit(&mut story, ALICE, eth(5));
    exit(&mut story, ALICE, eth(4) + milli(500));
    let bucket = |story: &Reported| story.pool.view(flash, liquidityCall {}).bucket;
    let left = bucket(&story);
    assert!(left > milli(499) && left < milli(600), "{left}");
    let refusal = AboveBucket {
        assets: eth(1),
        bucket: left,
    };
    // At the time of the latest block: nothing has flowed back.
    let now = story.pool.chain.timestamp();
    story.pool.chain.set_next_timestamp(now).unwrap();
    story
        .pool
        .refuses(ALICE, flash, NONE, exit_call(eth(1)), refusal);
    // Half a day brings half of it back, and never more than it holds.
    story.pool.chain.increase_time(DAY / 2);
    story.pool.chain.mine(1);
    let half = bucket(&story);
    assert!(half >= left + eth(5) && half < left + milli(5_300));
    story.pool.chain.increase_time(2 * DAY);
    story.pool.chain.mine(1);
    let full = story.pool.view(flash, liquidityCall {});
    assert_eq!(full.bucket, full.bucketCapacity);

    // Resized, what was taken stays taken; a capacity of zero closes.
    let mut story = funded();
    exit(&mut story, ALICE, eth(5));
    set_limits(&mut story, [1_000, 1_000, 100, 10_000]);
    let resized = story.pool.view(flash, liquidityCall {});
    assert_eq!(resized.bucketCapacity - resized.bucket, eth(5));
    set_limits(&mut story, [1_000, 0, 100, 10_000]);
    assert_eq!(most(&story, ALICE), NONE);
    let closed = AboveBucket {
        assets: ETH,
        bucket: NONE,
    };
    story
        .pool
        .refuses(ALICE, flash, NONE, exit_call(ETH), closed);
}

#[test]
fn p17_the_low_watermark_holds() {
    let mut story = funded();
    let flash = story.pool.flash;
    set_limits(&mut story, [2_000, 10_000, 0, 10_000]);
    // 20 % of 50 ETH stay.
    let refusal = BelowLowWatermark {
        assets: eth(40) + U256::from(1),
        available: eth(40),
    };
    let shares = eth(40) + U256::from(1);
    story
        .pool
        .refuses(ALICE, flash, NONE, exit_call(shares), refusal);
    let above = AboveReserve {
        asked: eth(51),
        reserve: eth(50),
    };
    story
        .pool
        .refuses(ALICE, flash, NONE, exit_call(eth(51)), above);
    assert_eq!(most(&story, ALICE), eth(40));
    exit(&mut story, ALICE, eth(40));
    // The fee that stayed does not count until the reserve is topped up.
    assert_eq!(most(&story, ALICE), NONE);
    let liquidity = story.pool.view(flash, liquidityCall {});
    assert_eq!(liquidity.reserve - liquidity.feesKept, eth(10));
    assert_eq!(liquidity.lowWatermark, eth(10));
}

#[test]
fn p19_exits_are_paid_at_the_rate_before_the_last_report() {
    let mut story = funded();
    let shares = story.pool.deposit(MALLORY, eth(2));
    // Two gains in a row, an hour apart.
    story.day(|report| report.leftSeen += wei(ETH) / 4);
    story.pool.chain.increase_time(3_600);
    story.pool.chain.mine(1);
    let mut again = story.last.clone();
    again.slotTime = story.pool.chain.timestamp() - 60;
    again.leftSeen += wei(ETH) / 4;
    story.apply(&again);
    assert!(story.rate() > ETH);
    let fees = setFeesCall {
        min: U256::from(1),
        max: U256::from(1),
    };
    story.pool.run(OWNER, story.pool.flash, NONE, fees);
    assert!(exit(&mut story, MALLORY, shares) < eth(2));
}

#[test]
fn p20_a_minimum_is_honoured_and_nothing_is_burned_below_it() {
    let mut story = funded();
    let (flash, promised) = (story.pool.flash, preview(&story, ALICE, ETH));
    let before = story.pool.balance(ALICE);
    let call = |minimum| flashExitCall {
        shares: ETH,
        minAssets: minimum,
        receiver: BOB,
    };
    let refusal = AssetsBelowMinimum {
        assets: promised,
        minimum: promised + U256::from(1),
    };
    story
        .pool
        .refuses(ALICE, flash, NONE, call(promised + U256::from(1)), refusal);
    // Dust that is worth less than its fee is not taken for nothing.
    let dust = AssetsBelowMinimum {
        assets: NONE,
        minimum: U256::from(1),
    };
    story
        .pool
        .refuses(ALICE, flash, NONE, exit_call(U256::from(1)), dust);
    assert_eq!(story.pool.balance(ALICE), before);
    let (paid, _) = story.pool.run(ALICE, flash, NONE, call(promised));
    assert_eq!(paid, promised);
}

#[test]
fn p22_while_the_rate_is_not_live_the_pool_is_closed_and_gives_back() {
    let mut story = funded();
    let Pool { flash, manager, .. } = story.pool;
    let target = setParameterCall {
        id: 11,
        value: NONE,
    };
    story.pool.run(OWNER, manager, NONE, target);
    story.day(|_| {});
    let report = story.next(|report| report.expectedLoss = wei(eth(200)));
    story.park(&report);
    let since = story.view(parkedReportCall {}).parkedAt;
    let refusal = RateNotLive { reason: 1, since };
    story
        .pool
        .refuses(ALICE, flash, NONE, exit_call(ETH), refusal);
    let before = story.pool.totals();
    let (returned, _) = story.pool.run(MALLORY, flash, NONE, returnExcessCall {});
    assert_eq!(returned, eth(50));
    assert_eq!(story.pool.totals(), before);
    story.pool.check_books();
    let none = NoExcess {
        reserve: NONE,
        target: NONE,
    };
    story
        .pool
        .refuses(MALLORY, flash, NONE, returnExcessCall {}, none);
}

#[test]
fn p29_a_pause_stops_exits_and_nothing_that_goes_back() {
    let mut story = funded();
    let Pool { flash, manager, .. } = story.pool;
    story
        .pool
        .run(GUARDIAN, flash, NONE, FlashExitPool::pauseCall {});
    let until = U256::from(story.pool.chain.timestamp() + 14 * DAY);
    let refusal = || FlashExitPool::EnforcedPause { until };
    story
        .pool
        .refuses(ALICE, flash, NONE, exit_call(ETH), refusal());
    let target = setParameterCall {
        id: 11,
        value: U256::from(100),
    };
    story.pool.run(OWNER, manager, NONE, target);
    story.day(|_| {});
    story.pool.run(MALLORY, flash, NONE, returnExcessCall {});
    story
        .pool
        .run(OWNER, flash, NONE, FlashExitPool::unpauseCall {});
    exit(&mut story, ALICE, ETH);
    // The stake-manager's pause closes it as well.
    story
        .pool
        .run(GUARDIAN, manager, NONE, e2e::StakeManager::pauseCall {});
    let until = U256::from(story.pool.chain.timestamp() + 14 * DAY);
    let refusal = FlashExitPool::EnforcedPause { until };
    story
        .pool
        .refuses(ALICE, flash, NONE, exit_call(ETH), refusal);
}

#[test]
fn p41_a_receiver_that_refuses_or_calls_back_changes_nothing() {
    let mut story = funded();
    let flash = story.pool.flash;
    let refuser = Address::repeat_byte(0xe0);
    story
        .pool
        .chain
        .set_code(refuser, Bytes::from_static(REFUSER));
    let promised = preview(&story, ALICE, ETH);
    let before = (story.pool.totals(), story.pool.balance(ALICE));
    let to_refuser = flashExitCall {
        shares: ETH,
        minAssets: NONE,
        receiver: refuser,
    };
    let refusal = FlashExitPool::PayoutRefused {
        receiver: refuser,
        assets: promised,
    };
    story.pool.refuses(ALICE, flash, NONE, to_refuser, refusal);
    // A contract of the protocol's as the receiver refuses plain ETH, or cannot be entered again.
    for receiver in [flash, story.pool.queue] {
        let call = flashExitCall {
            shares: ETH,
            minAssets: NONE,
            receiver,
        };
        let refusal = FlashExitPool::PayoutRefused {
            receiver,
            assets: promised,
        };
        story.pool.refuses(ALICE, flash, NONE, call, refusal);
    }
    assert_eq!((story.pool.totals(), story.pool.balance(ALICE)), before);
}

/// A contract that, paid, makes a call, takes down in slot 0 whether it succeeded, and keeps the ETH.
fn calling(to: Address, call: impl SolCall) -> Bytes {
    let data = call.abi_encode();
    let (length, offset) = (data.len() as u8, 44);
    let copy = [0x60, length, 0x60, offset, 0x60, 0, 0x39];
    let arguments = [0x60, 0, 0x60, 0, 0x60, length, 0x60, 0, 0x60, 0, 0x73];
    let make_and_note = [0x5a, 0xf1, 0x60, 0, 0x55, 0];
    let code = [&copy[..], &arguments, to.as_slice(), &make_and_note, &data].concat();
    code.into()
}

#[test]
fn p41_a_receiver_that_calls_back_gains_nothing_and_takes_nothing_from_others() {
    let mut story = funded();
    let Pool { flash, manager, .. } = story.pool;
    let limit = U256::from(100);
    // 5 ETH are missing from the reserve, and there are free ETH for a validator if it is passed over.
    exit(&mut story, ALICE, eth(5));
    story.pool.deposit(BOB, eth(15));
    let books = story.view(booksCall {});
    assert!(books.buffered.into_raw() > eth(32));
    let (receiver, shares) = (Address::repeat_byte(0xca), milli(10));
    let promised = preview(&story, ALICE, shares);
    let call = || flashExitCall {
        shares,
        minAssets: NONE,
        receiver,
    };
    let again: [(Address, Bytes, bool); 4] = [
        (flash, calling(flash, call()), false),
        (flash, calling(flash, returnExcessCall {}), false),
        (flash, calling(flash, liquidityCall {}), false),
        (manager, calling(manager, autobalanceCall { limit }), true),
    ];
    for (to, code, succeeds) in again {
        let mut story = story.clone();
        story.pool.chain.set_code(receiver, code);
        let before = story.pool.chain.balance_now(receiver);
        let (paid, _) = story.pool.run(ALICE, flash, NONE, call());
        assert_eq!(paid, promised);
        assert_eq!(story.pool.chain.balance_now(receiver) - before, paid);
        let noted = story.pool.chain.storage(receiver, NONE, BlockId::latest());
        assert_eq!(noted.unwrap() == B256::with_last_byte(1), succeeds, "{to}");
        story.pool.check_books();
        // No validator was funded with what the reserve lacks.
        assert_eq!(story.view(booksCall {}).sentOut, books.sentOut);
        let balance = autobalanceCall { limit };
        story.pool.run(MALLORY, manager, NONE, balance);
        let lent = story.view(booksCall {}).flashReserve;
        assert_eq!(lent, eth(50), "{to}");
    }
}

#[test]
fn p17_a_deposit_widens_no_limit() {
    let mut story = funded();
    let flash = story.pool.flash;
    let limits = |story: &Reported| {
        let now = story.pool.view(flash, liquidityCall {});
        (now.largest, now.bucketCapacity, now.bucket, now.target)
    };
    let before = limits(&story);
    assert_eq!(before.0, eth(5));
    story.pool.chain.set_balance(BOB, eth(100_000));
    story.pool.deposit(BOB, eth(90_000));
    assert_eq!(limits(&story), before);
    let above = AboveLargestExit {
        assets: eth(6),
        largest: eth(5),
    };
    story
        .pool
        .refuses(BOB, flash, NONE, exit_call(eth(6)), above);
    // The bucket is empty after two of the largest exits, and the reserve far from it.
    exit(&mut story, BOB, eth(5));
    exit(&mut story, BOB, eth(5));
    assert_eq!(most(&story, ALICE), NONE);
    assert!(story.view(booksCall {}).flashReserve > eth(40));
}

#[test]
fn an_institution_exits_as_quoted_with_four_programs_and_its_allowance() {
    let mut pool = Pool::institutional();
    // Stake, hold and redeem.
    pool.admit(&[ALICE, BOB], 7);
    let mut story = Reported::of(pool);
    story.pool.chain.set_balance(BOB, eth(60_000));
    story.pool.deposit(BOB, eth(50_000));
    story.day(|_| {});
    let limit = U256::from(1);
    let (manager, flash) = (story.pool.manager, story.pool.flash);
    story
        .pool
        .run(MALLORY, manager, NONE, autobalanceCall { limit });
    let left = |story: &Reported| {
        let call = allowanceLeftCall { account: BOB };
        story.pool.view(flash, call)
    };
    assert_eq!(left(&story), eth(100));
    // Within the allowance all pays 0.5 %; beyond it what is missing of the reserve counts.
    for (shares, rest) in [(80u64, 20u64), (40, 0), (40, 0)] {
        let promised = preview(&story, BOB, eth(shares));
        let call = currentFeeCall {
            account: BOB,
            assets: eth(shares),
        };
        let fee = story.pool.view(flash, call);
        assert_eq!(promised, eth(shares) - fee);
        let smallest = eth(shares) / U256::from(200);
        assert_eq!(fee > smallest, shares == 40, "{fee}");
        let (paid, receipt) = story.pool.run(BOB, flash, NONE, exit_call(eth(shares)));
        assert_eq!(paid, promised);
        assert_eq!(left(&story), eth(rest));
        let outcome = story.pool.chain.trace_transaction(receipt.tx_hash);
        let trace = outcome.and_then(|outcome| outcome.trace).expect("a trace");
        assert_eq!(programs(&trace), 4);
        story.pool.check_books();
    }
}

#[test]
fn a_part_of_fees_is_the_treasurys_to_withdraw() {
    let mut story = funded();
    let flash = story.pool.flash;
    let part = setTreasuryPartCall {
        basisPoints: U256::from(2_500),
    };
    story.pool.run(OWNER, flash, NONE, part);
    let paid = exit(&mut story, ALICE, eth(4));
    let fee = eth(4) - paid;
    let owed = fee / U256::from(4);
    assert_eq!(story.pool.view(flash, treasuryFeesCall {}), owed);
    let books = story.view(booksCall {});
    assert_eq!(books.flashReserve, eth(46) + fee - owed);
    story.pool.chain.set_balance(TREASURY, ETH);
    let receiver = Address::repeat_byte(0x7e);
    let withdraw = withdrawFeesCall { receiver };
    story.pool.run(TREASURY, flash, NONE, withdraw);
    assert_eq!(story.pool.chain.balance_now(receiver), owed);
    assert_eq!(story.pool.chain.balance_now(flash), books.flashReserve);
}

#[test]
fn an_allowance_pays_the_smallest_fee_for_thirty_days() {
    let mut story = funded();
    let flash = story.pool.flash;
    let allowance = setMonthlyAllowanceCall { assets: eth(3) };
    // Where everybody may exit, each would have it as often as they have accounts.
    let refusal = AllowanceWithoutWhitelist { asked: eth(3) };
    story
        .pool
        .refuses(OWNER, flash, NONE, allowance.clone(), refusal);
    story.pool.gate_flash_exits();
    story.pool.admit(&[ALICE, BOB], REDEEM);
    story.pool.run(OWNER, flash, NONE, allowance);
    set_limits(&mut story, [0, 10_000, 0, 10_000]);
    // Half of the reserve is gone, so that the curve is steep.
    exit(&mut story, BOB, eth(25));
    let left = |story: &Reported, account| story.pool.view(flash, allowanceLeftCall { account });
    assert_eq!((left(&story, BOB), left(&story, ALICE)), (NONE, eth(3)));
    let curved = eth(2) - preview(&story, BOB, eth(2));
    assert_eq!(eth(2) - exit(&mut story, ALICE, eth(2)), milli(10));
    assert!(curved > milli(10));
    assert_eq!(left(&story, ALICE), eth(1));
    story.pool.chain.increase_time(30 * DAY);
    story.pool.chain.mine(1);
    assert_eq!((left(&story, ALICE), left(&story, BOB)), (eth(3), eth(3)));
}

#[test]
fn a_setting_out_of_bounds_is_refused_with_its_bounds() {
    let mut pool = Pool::new();
    let flash = pool.flash;
    let number = U256::from::<u64>;
    for (min, max) in [(0, 100), (50, 501), (60, 50)] {
        let call = setFeesCall {
            min: number(min),
            max: number(max),
        };
        let refusal = FeesOutOfBounds {
            min: number(min),
            max: number(max),
            smallest: number(1),
            largest: number(500),
        };
        pool.refuses(OWNER, flash, NONE, call, refusal);
    }
    for (index, largest) in [9_000u64, 10_000, 10_000, 10_000].into_iter().enumerate() {
        let mut limits = [number(1); 4];
        limits[index] = number(largest + 1);
        let [low, capacity, refill, exit] = limits;
        let call = setLimitsCall {
            lowWatermark: low,
            capacity,
            refill,
            largest: exit,
        };
        let refusal = LimitsOutOfBounds {
            asked: number(largest + 1),
            largest: number(largest),
        };
        pool.refuses(OWNER, flash, NONE, call, refusal);
    }
    let call = setTreasuryPartCall {
        basisPoints: number(10_001),
    };
    let refusal = TreasuryPartOutOfBounds {
        asked: number(10_001),
        largest: number(10_000),
    };
    pool.refuses(OWNER, flash, NONE, call, refusal);
    let again = FlashExitPool::initializeCall {
        owner: MALLORY,
        guardian: MALLORY,
        stakeManager: pool.manager,
        monthlyAllowance: NONE,
        whitelist: Address::ZERO,
    };
    let refusal = FlashExitPool::AlreadyInitialized {};
    pool.refuses(MALLORY, flash, NONE, again, refusal);
}

#[test]
fn a_deposit_is_worth_the_same_whatever_the_reserve_holds() {
    let mut story = funded();
    let before = story.view(previewDepositCall { assets: ETH });
    let flash = story.pool.flash;
    let held = story.pool.chain.balance_now(flash);
    story.pool.chain.set_balance(flash, held + eth(7));
    assert_eq!(
        story.view(previewDepositCall { assets: ETH }),
        before,
        "p05"
    );
    assert_eq!(story.pool.view(flash, liquidityCall {}).reserve, eth(50));
}
