//! csETH to IcsETH in one call: what it moves between the pools, what limits it, and who is refused.

use alloy::{
    primitives::{Address, U256},
    sol_types::{SolCall, SolError},
};
use e2e::{
    event,
    reported::{eth, wei, Reported, DAY},
    FlashExitPool::{self, *},
    Kind, KycWhitelist,
    KycWhitelist::RightMissing,
    Pool,
    StakeManager::{
        self, autobalanceCall, booksCall, convertToAssetsCall, entryRateCall, exitRateCall,
        flagSlashingCall, parkedReportCall, rateCall, EnforcedPause, RateNotLive, Report,
    },
    UnstakeQueue, ALICE, BOB, ETH, GUARDIAN, MALLORY, OWNER,
};

const NONE: U256 = U256::ZERO;
const STAKE: u8 = 1;
const HOLD: u8 = 2;
const REDEEM: u8 = 4;

fn milli(thousandths: u64) -> U256 {
    ETH * U256::from(thousandths) / U256::from(1_000)
}

/// A retail pool of 21,000 ETH at a rate of one, 1,050 of them in a full reserve, and an institutional pool; Alice may
/// stake, hold and redeem there.
fn two_pools() -> Reported {
    let mut story = Reported::new();
    story.pool.chain.set_balance(BOB, eth(100_000));
    story.pool.deposit(BOB, eth(20_000));
    // The reserve's target is of what the last report saw.
    story.day(|_| {});
    let call = autobalanceCall {
        limit: U256::from(1),
    };
    story.pool.run(MALLORY, story.pool.manager, NONE, call);
    assert_eq!(story.view(booksCall {}).flashReserve, eth(1_050));
    story.pool.admit(&[ALICE], STAKE | HOLD | REDEEM);
    story
}

/// The same, with conversion allowed.
fn allowed() -> Reported {
    let mut story = two_pools();
    name(&mut story);
    let flash = story.pool.flash;
    let call = allow(&story, true);
    story.pool.run(OWNER, flash, NONE, call.clone());
    story.pool.decide(flash, &call);
    story
}

/// Names the institutional pool, as the owner.
fn name(story: &mut Reported) {
    let (flash, call) = (story.pool.flash, named(story));
    story.pool.run(OWNER, flash, NONE, call);
}

fn named(story: &Reported) -> setConversionCall {
    setConversionCall {
        stakeManager: institutional(story).manager,
        whitelist: story.pool.whitelist,
    }
}

/// Says whether conversion to the institutional pool is allowed.
fn allow(story: &Reported, allowed: bool) -> allowConversionCall {
    allowConversionCall {
        stakeManager: institutional(story).manager,
        smallestFee: U256::ZERO,
        largestBucket: U256::from(10_000),
        allowed,
    }
}

/// The institutional pool as it is now.
fn institutional(story: &Reported) -> Pool {
    story.pool.clone().turned_to(Kind::Institutional)
}

/// Sets the terms, to which the Board agrees.
fn set_terms(story: &mut Reported, fee: u64, bucket: u64) {
    let call = setConversionTermsCall {
        fee: U256::from(fee),
        bucket: U256::from(bucket),
    };
    story.pool.run(OWNER, story.pool.flash, NONE, call);
    let call = allow(story, true);
    story.pool.decide(story.pool.flash, &call);
}

fn call(shares: U256) -> convertCall {
    convertCall {
        shares,
        minShares: NONE,
        receiver: ALICE,
    }
}

fn preview(story: &Reported, account: Address, shares: U256) -> U256 {
    let call = previewConvertCall { account, shares };
    story.pool.view(story.pool.flash, call)
}

fn most(story: &Reported, account: Address) -> U256 {
    let call = maxConvertCall { account };
    story.pool.view(story.pool.flash, call)
}

/// Converts Alice's shares, as previewed, and checks both pools' books.
#[track_caller]
fn convert(story: &mut Reported, shares: U256) -> U256 {
    let (promised, before) = (
        preview(story, ALICE, shares),
        institutional(story).balance(ALICE),
    );
    let flash = story.pool.flash;
    let (minted, _) = story.pool.run(ALICE, flash, NONE, call(shares));
    let other = institutional(story);
    assert_eq!(minted, promised, "p20");
    assert_eq!(other.balance(ALICE) - before, minted);
    story.pool.check_books();
    other.check_books();
    let held = story.pool.chain.balance_now(flash);
    assert_eq!(held, story.view(booksCall {}).flashReserve, "p08");
    minted
}

#[track_caller]
fn refuses(story: &mut Reported, shares: U256, error: impl SolError) {
    // At the time of the latest block: nothing flows into the bucket.
    let now = story.pool.chain.timestamp();
    story.pool.chain.set_next_timestamp(now).unwrap();
    let flash = story.pool.flash;
    story.pool.refuses(ALICE, flash, NONE, call(shares), error);
}

#[track_caller]
fn closed(story: &Reported) {
    assert_eq!(preview(story, ALICE, eth(40)), NONE);
    assert_eq!(most(story, ALICE), NONE);
}

#[test]
fn shares_of_one_pool_become_shares_of_the_other() {
    let mut story = allowed();
    let flash = story.pool.flash;
    let (before, other) = (story.pool.totals(), institutional(&story));
    assert_eq!(other.totals(), (NONE, NONE));
    let (minted, receipt) = story.pool.run(ALICE, flash, NONE, call(eth(40)));
    // 0.1 % stays here. The other pool's first deposit locks 1,000 units of a share.
    let told: Converted = event(&receipt, flash);
    assert_eq!((told.owner, told.receiver), (ALICE, ALICE));
    assert_eq!((told.shares, told.assets), (eth(40), eth(40)));
    assert_eq!((told.fee, told.minted), (milli(40), minted));
    assert_eq!(minted, milli(39_960) - U256::from(1_000));
    let deposit: StakeManager::Deposit = event(&receipt, other.manager);
    assert_eq!((deposit.sender, deposit.owner), (flash, ALICE));
    let other = institutional(&story);
    assert_eq!(other.balance(ALICE), minted);
    assert_eq!(other.totals(), (milli(39_960), milli(39_960)));
    assert_eq!(other.chain.balance_now(other.manager), milli(39_960));
    let after = story.pool.totals();
    assert_eq!(after, (before.0 - milli(39_960), before.1 - eth(40)));
    assert!(story.rate() > ETH, "the fee is the holders'");
    story.pool.check_books();
    other.check_books();
}

#[test]
fn p10_previews_are_exact_at_any_rates_and_the_most_is_possible() {
    let mut story = allowed();
    convert(&mut story, eth(33));
    story.day(|report| report.leftSeen += wei(ETH) / 7 + 3);
    let shares = eth(33) + U256::from(141_592_653_589u64);
    assert!(convert(&mut story, shares) < shares);
    set_terms(&mut story, 500, 10_000);
    let largest = most(&story, ALICE);
    assert!(largest > eth(400));
    assert_eq!(preview(&story, ALICE, largest + U256::from(1)), NONE);
    let request = call(largest + U256::from(1)).abi_encode();
    assert!(!story
        .pool
        .send(ALICE, story.pool.flash, NONE, request)
        .success());
    convert(&mut story, largest);
    closed(&story);
    assert_eq!(
        (most(&story, BOB), preview(&story, BOB, eth(40))),
        (NONE, NONE)
    );
}

#[test]
fn p17_its_bucket_holds_a_day_and_refills_in_a_day() {
    let mut story = allowed();
    // 0.2 % of 21,000 ETH.
    assert_eq!(most(&story, ALICE), eth(42));
    let above = AboveBucket {
        assets: eth(42) + U256::from(1),
        bucket: eth(42),
    };
    refuses(&mut story, eth(42) + U256::from(1), above);
    convert(&mut story, eth(42));
    let capacity = eth(42);
    closed(&story);
    // Flash exits have a bucket of their own.
    let liquidity = story.pool.view(story.pool.flash, liquidityCall {});
    assert_eq!(liquidity.bucket, liquidity.bucketCapacity);
    // Within 21 hours flow back 36.7 ETH.
    story.pool.chain.increase_time(21 * 3_600);
    story.pool.chain.mine(1);
    let most_now = most(&story, ALICE);
    assert!(most_now > eth(36) && most_now < eth(37), "{most_now}");
    // Resized, what was taken stays taken.
    set_terms(&mut story, 10, 40);
    let grown = most(&story, ALICE) - most_now;
    assert!(grown > capacity - milli(100) && grown < capacity + milli(100));
    set_terms(&mut story, 10, 20);
    story.pool.chain.increase_time(3 * DAY - 22 * 3_600);
    story.pool.chain.mine(1);
    assert!(most(&story, ALICE) <= capacity);
}

#[test]
fn p18_it_takes_from_the_reserve_alone_and_leaves_half_of_it() {
    let mut story = allowed();
    set_terms(&mut story, 10, 10_000);
    let (queue, token) = (story.pool.queue, story.pool.token);
    let approve = e2e::CsEthToken::approveCall {
        spender: queue,
        value: U256::MAX,
    };
    story.pool.run(BOB, token, NONE, approve);
    for _ in 0..3 {
        let request = UnstakeQueue::requestUnstakeCall {
            shares: eth(1_000),
            receiver: BOB,
        };
        story.pool.run(BOB, queue, NONE, request);
    }
    let books = story.view(booksCall {});
    let below = BelowLowWatermark {
        assets: eth(525) + U256::from(1),
        available: eth(525),
    };
    refuses(&mut story, eth(525) + U256::from(1), below);
    convert(&mut story, eth(525));
    closed(&story);
    let after = story.view(booksCall {});
    assert_eq!(after.buffered, books.buffered);
    let waiting = story.pool.view(queue, UnstakeQueue::totalsCall {});
    assert_eq!(waiting.unfinalisedShares, eth(3_000));
}

#[test]
fn p19_entering_before_a_report_and_converting_gains_nothing() {
    let mut story = allowed();
    story.pool.admit(&[MALLORY], STAKE | HOLD);
    story.pool.chain.set_balance(MALLORY, eth(100));
    set_terms(&mut story, 1, 20);
    // What she deposits at the last moment is worth no more in the other pool after the gain.
    let shares = story.pool.deposit(MALLORY, eth(40));
    story.day(|report| report.leftSeen += wei(eth(5)));
    assert!(story.rate() > ETH);
    let request = convertCall {
        receiver: MALLORY,
        ..call(shares)
    };
    let flash = story.pool.flash;
    let (minted, _) = story.pool.run(MALLORY, flash, NONE, request);
    let other = institutional(&story);
    let worth = other.view(other.manager, convertToAssetsCall { shares: minted });
    assert!(worth < eth(40), "{worth}");
}

#[test]
fn p19_nor_does_converting_into_a_gain_that_is_about_to_be_reported() {
    let mut story = allowed();
    // An institutional pool with validators, whose gain is larger than its report may book at once.
    let mut other = institutional(&story);
    other.chain.set_balance(ALICE, eth(10_000));
    other.deposit(ALICE, eth(320));
    other.run_validators(9);
    let limit = U256::from(9);
    other.run(BOB, other.manager, NONE, autobalanceCall { limit });
    let mut last = Report {
        slotTime: 0,
        ..story.last.clone()
    };
    last.leftSeen = 0;
    (last.clBalanceGwei, last.depositsSeenGwei) = (288_000_000_000, 288_000_000_000);
    let mut reported = Reported { pool: other, last };
    reported.day(|_| {});
    reported.day(|report| report.leftSeen += wei(eth(4)));
    let (rate, entry) = (reported.view(rateCall {}), reported.view(entryRateCall {}));
    assert!(entry > rate, "a part is deferred");
    story.pool = reported.pool.clone().turned_to(Kind::Retail);
    story.day(|_| {});
    // Alice pays for what is deferred.
    let minted = convert(&mut story, eth(40));
    assert!(minted <= milli(39_960) * ETH / entry, "{minted}");
    // And the report that books it pays her nothing if she leaves.
    reported.pool = institutional(&story);
    reported.day(|_| {});
    assert!(reported.view(rateCall {}) > rate);
    let worth = minted * reported.view(exitRateCall {}) / ETH;
    assert!(worth > eth(39) && worth < milli(39_960), "{worth}");
}

#[test]
fn p20_a_minimum_is_honoured_and_nothing_is_burned_below_it() {
    let mut story = allowed();
    let (promised, before) = (preview(&story, ALICE, eth(40)), story.pool.balance(ALICE));
    let flash = story.pool.flash;
    let at_least = |minimum| convertCall {
        minShares: minimum,
        ..call(eth(40))
    };
    let more = promised + U256::from(1);
    let refusal = StakeManager::SharesBelowMinimum {
        shares: promised,
        minimum: more,
    };
    story
        .pool
        .refuses(ALICE, flash, NONE, at_least(more), refusal);
    // The institutional pool's smallest deposit, after the fee.
    let refusal = StakeManager::DepositBelowSmallest {
        asked: milli(31_968),
        smallest: eth(32),
    };
    refuses(&mut story, eth(32), refusal);
    assert_eq!(preview(&story, ALICE, eth(32)), NONE);
    assert_eq!(story.pool.balance(ALICE), before);
    let (minted, _) = story.pool.run(ALICE, flash, NONE, at_least(promised));
    assert_eq!(minted, promised);
}

#[test]
fn p22_a_rate_that_is_not_live_in_either_pool_closes_it() {
    let story = allowed();
    for kind in [Kind::Retail, Kind::Institutional] {
        let mut story = story.clone();
        let manager = story.pool.clone().turned_to(kind).manager;
        story.pool.run(GUARDIAN, manager, NONE, flagSlashingCall {});
        let since = U256::from(story.pool.chain.timestamp());
        closed(&story);
        refuses(&mut story, eth(40), RateNotLive { reason: 2, since });
    }
    let mut story = story;
    let report = story.next(|report| report.expectedLoss = wei(eth(2_000)));
    story.park(&report);
    let since = story.view(parkedReportCall {}).parkedAt;
    closed(&story);
    refuses(&mut story, eth(40), RateNotLive { reason: 1, since });
}

#[test]
fn p26_conversion_is_off_until_the_timelock_and_the_board_allow_it() {
    let mut story = two_pools();
    let flash = story.pool.flash;
    let off = |owner, board| ConversionNotAllowed {
        allowedByOwner: owner,
        allowedByBoard: board,
    };
    refuses(&mut story, eth(40), off(false, false));
    for stranger in [MALLORY, GUARDIAN] {
        let refusal = FlashExitPool::OnlyOwner {
            caller: stranger,
            owner: OWNER,
        };
        let call = named(&story);
        story.pool.refuses(stranger, flash, NONE, call, refusal);
    }
    name(&mut story);
    let (yes, no) = (allow(&story, true), allow(&story, false));
    let refusal = OnlyOwnerOrBoard {
        caller: MALLORY,
        owner: OWNER,
        board: story.pool.board,
    };
    story
        .pool
        .refuses(MALLORY, flash, NONE, yes.clone(), refusal);
    story.pool.decide(flash, &yes);
    closed(&story);
    refuses(&mut story, eth(40), off(false, true));
    story.pool.run(OWNER, flash, NONE, yes);
    let set = story.pool.view(flash, conversionCall {});
    assert_eq!((set.fee, set.bucket), (U256::from(10), U256::from(20)));
    assert!(set.allowedByOwner && set.allowedByBoard);
    convert(&mut story, eth(40));
    // The Board's word was for that pool; and it can take it back.
    let mut taken_back = story.clone();
    taken_back.pool.decide(flash, &no);
    refuses(&mut taken_back, eth(40), off(true, false));
    name(&mut story);
    refuses(&mut story, eth(40), off(false, false));
    // Deposits of the retail pool ask no whitelist.
    let call = setConversionCall {
        stakeManager: story.pool.manager,
        ..named(&story)
    };
    let mismatch = WhitelistMismatch {
        asked: story.pool.whitelist,
        stakeManagers: Address::ZERO,
    };
    story.pool.refuses(OWNER, flash, NONE, call, mismatch);
}

#[test]
fn p29_a_pause_of_either_pool_stops_it() {
    let story = allowed();
    let other = institutional(&story);
    for paused in [story.pool.flash, story.pool.manager, other.manager] {
        let mut story = story.clone();
        story
            .pool
            .run(GUARDIAN, paused, NONE, FlashExitPool::pauseCall {});
        let until = U256::from(story.pool.chain.timestamp() + 14 * DAY);
        closed(&story);
        refuses(&mut story, eth(40), EnforcedPause { until });
    }
    // The institutional pool's exits are no part of it.
    let mut story = story;
    story
        .pool
        .run(GUARDIAN, other.flash, NONE, FlashExitPool::pauseCall {});
    convert(&mut story, eth(40));
}

#[test]
fn p31_nobody_denied_has_a_part_in_it() {
    let mut story = allowed();
    let flash = story.pool.flash;
    story.pool.admit(&[MALLORY], HOLD);
    let to = |receiver| convertCall {
        receiver,
        ..call(eth(40))
    };
    let missing = |account, asked, held| RightMissing {
        account,
        asked,
        held,
    };
    story
        .pool
        .refuses(ALICE, flash, NONE, to(BOB), missing(BOB, HOLD, 0));
    story
        .pool
        .refuses(BOB, flash, NONE, to(ALICE), missing(BOB, STAKE, 0));
    for denied in [MALLORY, ALICE] {
        let deny = KycWhitelist::denyCall {
            accounts: vec![denied],
            reason: Default::default(),
        };
        let whitelist = story.pool.whitelist;
        story.pool.decide(whitelist, &deny);
        let refusal = KycWhitelist::Denied {
            account: denied,
            until: alloy::primitives::aliases::U40::MAX,
        };
        story.pool.refuses(ALICE, flash, NONE, to(MALLORY), refusal);
    }
    closed(&story);
}
