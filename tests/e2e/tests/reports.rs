//! Reports: gains and falls within their caps, cover, parking and acknowledgement, recoveries, what a report
//! that may not follow is told, and that nothing stops one that may.

use alloy::primitives::{Address, U256};
use e2e::{
    from_gateway,
    reported::{eth, wei, Reported, DAY},
    CsEthToken::{approveCall, transferCall},
    Pool, ProtectionPool,
    StakeManager::*,
    UnstakeQueue::{claimableCall, requestUnstakeCall},
    ALICE, BOB, ETH, GUARDIAN, MALLORY, OWNER, TREASURY,
};

const YEAR: u64 = 365 * DAY;

/// 10 % a year on so many wei for so many seconds, rounded down.
fn growth(assets: U256, seconds: u64) -> U256 {
    assets * U256::from(1_000) * U256::from(seconds) / (U256::from(10_000) * U256::from(YEAR))
}

#[test]
fn p21_the_largest_gain_is_booked_and_one_wei_more_is_deferred() {
    let mut story = Reported::new();
    let before = story.last.slotTime;
    let mut cap = U256::ZERO;
    let report = story.next(|_| {});
    let elapsed = report.slotTime - before;
    cap += growth(eth(1_000), elapsed);

    let mut exact = Report {
        leftSeen: wei(cap),
        ..report.clone()
    };
    let mut other = story.clone();
    let booked = other.apply(&exact);
    assert_eq!(booked.deferredGain, U256::ZERO);
    let (assets, _) = other.pool.totals();
    assert_eq!(assets, eth(1_000) + cap);

    exact.leftSeen += 1;
    let booked = story.apply(&exact);
    assert_eq!(booked.deferredGain, U256::from(1));
    assert_eq!(story.pool.totals().0, eth(1_000) + cap);
    // Newcomers pay for what is deferred, and it is released by the next report.
    assert!(story.view(entryRateCall {}) >= story.rate());
    story.last = exact;
    let released = story.day(|_| {});
    assert_eq!(released.deferredGain, U256::ZERO);
    assert_eq!(story.pool.totals().0, eth(1_000) + cap + U256::from(1));
}

#[test]
fn p21_a_long_silence_hides_no_jump() {
    let mut story = Reported::new();
    story.pool.chain.increase_time(60 * DAY);
    let jackpot = story.day(|report| report.leftSeen = wei(eth(500)));
    let booked = growth(eth(1_000), 7 * DAY);
    assert_eq!(jackpot.deferredGain, eth(500) - booked);
    // Who enters now pays for a tenth of the pool of what is deferred.
    let entry = story.view(previewDepositCall { assets: ETH });
    let (assets, shares) = story.pool.totals();
    let tenth = assets / U256::from(10);
    assert_eq!(entry, ETH * shares / (assets + tenth));
}

#[test]
fn p21_the_largest_fall_is_booked_and_one_wei_more_is_parked() {
    let mut story = Reported::new();
    // 1 % of 1,000 ETH.
    let report = story.next(|report| report.expectedLoss = wei(eth(10)));
    let mut other = story.clone();
    other.apply(&report);
    assert_eq!(other.pool.totals().0, eth(990));

    let more = Report {
        expectedLoss: wei(eth(10)) + 1,
        ..report
    };
    let parked = story.park(&more);
    assert_eq!(
        (parked.fall, parked.allowed),
        (eth(10) + U256::from(1), eth(10))
    );
    assert_eq!(
        story.pool.totals().0,
        eth(1_000),
        "nothing of it is applied"
    );
    let status = story.view(rateStatusCall {});
    assert_eq!((status.live, status.reason), (false, 1));
    assert_eq!(story.view(maxDepositCall { receiver: ALICE }), U256::ZERO);
    let waiting = story.view(parkedReportCall {});
    assert_eq!(waiting.report.expectedLoss, more.expectedLoss);
}

/// A loss that was expected and acknowledged, of so many of 1,000 ETH, and a report that it does not come.
fn spared(story: &mut Reported, loss: U256) -> RateReported {
    let report = story.next(|report| report.expectedLoss = wei(loss));
    story.park(&report);
    story.acknowledge(U256::ZERO, ETH);
    story.last = report;
    story.day(|report| {
        report.expectedLoss = 0;
        report.recovered = wei(loss);
    })
}

#[test]
fn p19_nobody_buys_into_a_recovery() {
    let mut story = Reported::new();
    let given_back = spared(&mut story, eth(200));
    assert_eq!(given_back.recovered, eth(200));
    // All 200 ETH count, more than a tenth of what is booked.
    assert_eq!(story.view(entryRateCall {}), ETH);
    assert_eq!(story.rate(), ETH / U256::from(5) * U256::from(4));
    story.pool.chain.set_balance(BOB, eth(10_000));
    let shares = story.pool.deposit(BOB, eth(8_000));
    assert_eq!(shares, eth(8_000));
    // The next report books them whole, and without a fee.
    let booked = story.day(|_| {});
    assert_eq!(booked.feeShares, U256::ZERO, "p09");
    assert_eq!(story.view(booksCall {}).deferredGain, U256::ZERO);
    let worth = |shares| story.view(convertToAssetsCall { shares });
    assert_eq!(
        (worth(eth(8_000)), worth(eth(1_000))),
        (eth(8_000), eth(1_000))
    );
}

#[test]
fn p19_nobody_is_paid_off_while_a_recovery_is_on_its_way() {
    let mut story = Reported::new();
    let Pool {
        token,
        queue,
        manager,
        ..
    } = story.pool;
    let approve = approveCall {
        spender: queue,
        value: U256::MAX,
    };
    story.pool.run(ALICE, token, U256::ZERO, approve);
    let request = requestUnstakeCall {
        shares: eth(10),
        receiver: ALICE,
    };
    let (id, _) = story.pool.run(ALICE, queue, U256::ZERO, request);
    story.day(|_| {});
    spared(&mut story, eth(200));
    let balance = |story: &mut Reported| {
        let limit = U256::from(10);
        let (done, _) = story
            .pool
            .run(BOB, manager, U256::ZERO, autobalanceCall { limit });
        done.finalisedUpTo
    };
    // The order is due, its ETH is here, and exits are priced a fifth below what it owns.
    assert_eq!(balance(&mut story), U256::ZERO);
    story.day(|_| {});
    assert_eq!(story.rate(), ETH, "booked");
    assert_eq!(balance(&mut story), U256::ZERO, "but not in the reference");
    story.day(|_| {});
    assert_eq!(balance(&mut story), id);
    let claimable = story.pool.view(queue, claimableCall { id });
    assert_eq!(claimable, eth(10));
}

#[test]
fn what_was_written_off_whole_comes_back() {
    let mut story = Reported::new();
    spared(&mut story, eth(1_000));
    assert!(story.rate() < ETH / U256::from(1_000));
    // Nobody enters at a rate below 0.1, whatever comes back.
    let deposit = deposit_0Call {
        assets: ETH,
        receiver: BOB,
    };
    let refusal = RateBelowFloor {
        rate: story.rate(),
        floor: ETH / U256::from(10),
    };
    let manager = story.pool.manager;
    story.pool.refuses(BOB, manager, ETH, deposit, refusal);
    assert_eq!(story.view(maxDepositCall { receiver: BOB }), U256::ZERO);
    story.day(|_| {});
    assert_eq!(story.rate(), ETH);
}

#[test]
fn a_mistake_taken_back_leaves_nothing_borne() {
    let mut story = Reported::new();
    story.day(|report| report.clBalanceGwei += 100_000_000_000);
    story.day(|report| report.clBalanceGwei -= 100_000_000_000);
    let losses = story.view(lossesCall {});
    // A day's growth was booked, and lost again; the rest was nobody's.
    assert!(losses.holdersBorne <= growth(eth(1_000), DAY));
    assert_eq!(story.view(booksCall {}).deferredGain, U256::ZERO);
}

#[test]
fn p21_falls_of_thirty_days_add_up() {
    let mut story = Reported::new();
    let mut lost = U256::ZERO;
    // 9 ETH a day: five of them make 45 of the 50 ETH that 5 % allow.
    for _ in 0..5 {
        lost += eth(9);
        story.day(|report| report.expectedLoss = wei(lost));
    }
    let losses = story.view(lossesCall {});
    assert_eq!((losses.counted, losses.holdersBorne), (eth(45), eth(45)));
    // Of 955 ETH, 5 % are 47.75: 2.75 ETH are left.
    let report = story.next(|report| report.expectedLoss = wei(lost + eth(3)));
    let parked = story.park(&report);
    assert_eq!(parked.allowed, U256::from(2_750_000_000_000_000_000u64));

    // A newer report within the cap applies at once, and nothing waits any more.
    story.last = report;
    story.day(|report| report.expectedLoss = wei(lost + eth(2)));
    assert!(story.view(rateStatusCall {}).live);
    // Thirty days after the first of them the sum starts anew.
    for _ in 0..25 {
        story.day(|_| {});
    }
    assert_eq!(story.view(lossesCall {}).counted, U256::ZERO);
    story.day(|report| report.expectedLoss = wei(lost + eth(11)));
    assert_eq!(story.view(lossesCall {}).counted, eth(9));
}

#[test]
fn an_acknowledgement_applies_the_parked_report_within_its_bounds_only() {
    let mut story = Reported::new();
    let report = story.next(|report| report.expectedLoss = wei(eth(100)));
    story.park(&report);
    let rate = |thousandths: u64| U256::from(thousandths) * ETH / U256::from(1_000);

    // 100 of 1,000 ETH lead to 0.9.
    story.acknowledge(rate(901), rate(950));
    assert_eq!(story.rate(), ETH, "outside of the bounds");
    story.acknowledge(rate(850), rate(900));
    assert_eq!(story.rate(), rate(900));
    assert!(story.view(rateStatusCall {}).live);
    assert_eq!(
        story.view(acknowledgementCall {}).deadline,
        U256::ZERO,
        "used up"
    );
    assert_eq!(
        story.view(lossesCall {}).counted,
        U256::ZERO,
        "the 30 days start anew"
    );
    // What was agreed to is not agreed to twice.
    story.last = report;
    let report = story.next(|report| report.expectedLoss += wei(eth(20)));
    story.park(&report);
}

#[test]
fn an_acknowledgement_waits_for_the_first_newer_report_inside_its_bounds() {
    let mut story = Reported::new();
    let first = story.next(|report| report.expectedLoss = wei(eth(100)));
    story.park(&first);
    story.acknowledge(ETH / U256::from(2), ETH * U256::from(8) / U256::from(10));
    story.last = first;
    let report = story.next(|report| report.expectedLoss = wei(eth(250)));
    story.apply(&report);
    assert_eq!(story.rate(), ETH * U256::from(3) / U256::from(4));
}

#[test]
fn an_acknowledgement_is_checked() {
    let mut story = Reported::new();
    let (acknowledger, manager) = (story.pool.acknowledger, story.pool.manager);
    let now = U256::from(story.pool.chain.timestamp());
    let call = |lowest: u64, highest: u64, deadline| acknowledgeCall {
        lowestRate: U256::from(lowest),
        highestRate: U256::from(highest),
        deadline,
    };
    let none = U256::ZERO;
    story.pool.refuses(
        acknowledger,
        manager,
        none,
        call(2, 1, now + U256::from(DAY)),
        BoundsOutOfOrder {
            lowestRate: U256::from(2),
            highestRate: U256::from(1),
        },
    );
    story
        .pool
        .chain
        .set_next_timestamp(now.to::<u64>() + 10)
        .unwrap();
    story.pool.refuses(
        acknowledger,
        manager,
        none,
        call(1, 2, now),
        DeadlinePassed {
            deadline: now,
            latest: now + U256::from(10),
        },
    );
    let allowed = acknowledger;
    story.pool.refuses(
        MALLORY,
        manager,
        none,
        call(1, 2, now + U256::from(DAY)),
        OnlySibling {
            caller: MALLORY,
            allowed,
        },
    );
    // The timelock may agree, too.
    story
        .pool
        .run(OWNER, manager, none, call(1, 2, now + U256::from(DAY)));
    assert_eq!(
        story.view(acknowledgementCall {}).highestRate,
        U256::from(2)
    );
}

#[test]
fn p37_the_protection_pool_bears_a_loss_before_holders_do() {
    let mut story = Reported::new();
    let Pool {
        token, protection, ..
    } = story.pool;
    // 40 shares of cover, of which half can be used in 30 days.
    story.pool.run(
        ALICE,
        token,
        U256::ZERO,
        transferCall {
            to: protection,
            value: eth(40),
        },
    );
    assert_eq!(
        story
            .pool
            .view(protection, ProtectionPool::availableCall {}),
        eth(20)
    );

    // 8 ETH are lost, and the rate does not move.
    let covered = story.day(|report| report.expectedLoss = wei(eth(8)));
    assert_eq!((covered.covered, covered.coverShares), (eth(8), eth(8)));
    assert_eq!(story.rate(), ETH);
    assert_eq!(story.pool.balance(protection), eth(32));
    let losses = story.view(lossesCall {});
    assert_eq!(
        (losses.holdersBorne, losses.protectionBorne),
        (U256::ZERO, eth(8))
    );
    assert_eq!(
        losses.counted,
        eth(8),
        "cover does not hide a loss from the caps"
    );

    // Another 9, and 3 more: the cap is (32 + 8) / 2, so the last one is covered in part.
    story.day(|report| report.expectedLoss += wei(eth(9)));
    let partly = story.day(|report| report.expectedLoss += wei(eth(5)));
    assert_eq!(partly.coverShares, eth(3));
    assert_eq!(story.view(lossesCall {}).holdersBorne, eth(2));
    assert!(story.rate() < ETH);

    // The losses do not come: holders are made whole, then the protection-pool gets its shares back, and nobody pays a
    // fee on it.
    let shares = story.pool.balance(protection);
    let recovered = story.day(|report| {
        report.expectedLoss = 0;
        report.recovered = wei(eth(22));
    });
    assert_eq!(
        (recovered.change, recovered.feeShares),
        (Default::default(), U256::ZERO)
    );
    let losses = story.view(lossesCall {});
    assert_eq!(
        (losses.holdersBorne, losses.protectionBorne),
        (U256::ZERO, U256::ZERO)
    );
    assert!(story.pool.balance(protection) - shares >= eth(20));
    // What holders get back comes within the growth cap, and without a fee.
    while story.view(booksCall {}).deferredGain != U256::ZERO {
        assert_eq!(story.day(|_| {}).feeShares, U256::ZERO);
    }
    let (assets, _) = story.pool.totals();
    assert_eq!(assets, eth(1_000));
    assert!(story.rate() >= ETH);
}

#[test]
fn p09_a_tenth_of_a_gain_is_minted_to_three_receivers() {
    let mut story = Reported::new();
    let protection = story.pool.protection;
    let gain = U256::from(200_000_000_000_000_000u64);
    let (_, shares) = story.pool.totals();
    let applied = story.day(|report| report.leftSeen = wei(gain));
    let assets = eth(1_000) + gain;
    let fee = gain / U256::from(10);
    assert_eq!(applied.feeShares, fee * shares / (assets - fee));
    // Worth the fee to within one share.
    let (assets, shares) = story.pool.totals();
    let worth = applied.feeShares * assets / shares;
    assert!(worth <= fee && fee - worth <= U256::from(2));
    let part = |points: u64| applied.feeShares * U256::from(points) / U256::from(10_000);
    assert_eq!(story.pool.balance(protection), part(2_000));
    let distributor = story.pool.distributor;
    assert_eq!(story.pool.balance(distributor), part(6_000));
    let rest = applied.feeShares - part(2_000) - part(6_000);
    assert_eq!(story.pool.balance(TREASURY), rest);
    assert_eq!(story.pool.supply(), shares, "p07");

    // A fall that nobody covers, and a gain that only makes up for it: no fee.
    let call = ProtectionPool::withdrawCall {
        shares: part(2_000),
        receiver: BOB,
    };
    story.pool.run(OWNER, protection, U256::ZERO, call);
    story.day(|report| report.expectedLoss = wei(gain));
    let again = story.day(|report| report.leftSeen += wei(gain));
    assert_eq!(again.feeShares, U256::ZERO);
    // Beyond it, on what lies beyond only.
    let beyond = story.day(|report| report.leftSeen += 1_000_000_000_000);
    assert!(beyond.feeShares > U256::ZERO && beyond.feeShares <= U256::from(100_000_000_000u64));
}

#[test]
fn p22_a_report_that_cannot_follow_is_told_why() {
    let mut story = Reported::new();
    let last = story.last.slotTime;
    let replay = story.last.clone();
    story.refused(
        replay,
        ReportNotNewer {
            slotTime: U256::from(last),
            last: U256::from(last),
        },
    );
    let good = story.next(|_| {});
    let now = story.pool.chain.timestamp();
    story.pool.chain.set_next_timestamp(now + 5).unwrap();
    story.refused(
        Report {
            slotTime: now + 6,
            ..good.clone()
        },
        ReportFromFuture {
            slotTime: U256::from(now + 6),
            latest: U256::from(now + 5),
        },
    );
    let mut fell = good.clone();
    fell.depositsSeenGwei -= 1;
    let gwei = |amount: u64| U256::from(amount) * U256::from(1_000_000_000u64);
    story.refused(
        fell,
        CounterFell {
            asked: gwei(959_999_999_999),
            last: gwei(960_000_000_000),
        },
    );
    let mut above = good.clone();
    above.depositsSeenGwei += 1;
    story.refused(
        above,
        DepositsAboveSent {
            depositsSeen: gwei(960_000_000_001),
            sentOut: eth(960),
        },
    );
    story.refused(
        Report {
            recovered: 1,
            ..good.clone()
        },
        RecoveredAboveSource {
            recovered: U256::from(1),
            allowed: U256::ZERO,
        },
    );
    let closed = Report {
        epoch: 3,
        ..good.clone()
    };
    story.apply(&closed);
    story.last = closed;
    let closing = story.view(closingRateCall {});
    assert_eq!((closing.epoch, closing.assets), (U256::from(3), eth(1_000)));
    let report = story.next(|report| report.epoch = 3);
    story.refused(
        report,
        EpochNotNewer {
            epoch: U256::from(3),
            last: U256::from(3),
        },
    );

    // Too old: read before the freshness limit.
    story.pool.chain.increase_time(3 * DAY);
    story.pool.chain.mine(1);
    let now = story.pool.chain.timestamp();
    story.pool.chain.set_next_timestamp(now + 1).unwrap();
    story.refused(
        Report {
            slotTime: now - 3 * DAY,
            ..story.last.clone()
        },
        ReportTooOld {
            slotTime: U256::from(now - 3 * DAY),
            oldest: U256::from(now + 1 - 3 * DAY),
        },
    );
    let largest = Report {
        leftSeen: u128::MAX,
        ..story.last.clone()
    };
    let allowed = (U256::from(1) << 96) - U256::from(1);
    story.refused(
        largest,
        AmountTooLarge {
            asked: U256::from(u128::MAX),
            allowed,
        },
    );
}

#[test]
fn only_the_committee_reports() {
    let mut story = Reported::new();
    let report = story.next(|_| {});
    let Pool {
        manager, committee, ..
    } = story.pool;
    for caller in [MALLORY, OWNER, GUARDIAN] {
        story.pool.refuses(
            caller,
            manager,
            U256::ZERO,
            reportCall {
                report: report.clone(),
            },
            OnlySibling {
                caller,
                allowed: committee,
            },
        );
    }
}

#[test]
fn p24_no_eth_and_no_pause_stop_a_report() {
    let mut story = Reported::new();
    let manager = story.pool.manager;
    story.pool.run(GUARDIAN, manager, U256::ZERO, pauseCall {});
    // ETH forced into every contract, and a return that no report has seen.
    let Pool {
        token,
        queue,
        protection,
        registry,
        ..
    } = story.pool;
    for account in [manager, token, queue, protection, registry] {
        let held = story.pool.chain.balance_now(account);
        story.pool.chain.set_balance(account, held + eth(77));
    }
    let message = from_gateway(&story.pool, eth(5));
    story.pool.chain.deliver(message).expect("a message");
    let rate = story.rate();
    let applied = story.day(|report| report.leftSeen = wei(eth(5)));
    assert!(story.rate() > rate);
    assert_eq!(
        U256::from_be_bytes(applied.change.to_be_bytes::<32>()),
        eth(5)
    );
}

#[test]
fn p05_eth_on_its_way_moves_no_rate_in_any_order() {
    let mut story = Reported::new();
    let total = |story: &Reported| story.pool.totals().0;
    let before = total(&story);
    // A return before the report that sees it: 32 ETH of an exit.
    let message = from_gateway(&story.pool, eth(32));
    story.pool.chain.deliver(message).expect("a message");
    assert_eq!(total(&story), before);
    let books = story.view(booksCall {});
    assert_eq!(books.cameBack, eth(32));
    story.day(|report| {
        report.leftSeen += wei(eth(32));
        report.clBalanceGwei -= 32_000_000_000;
    });
    assert_eq!(total(&story), before);
    // A report before the return, and the ticket expires: anyone books it, up to what is expected.
    story.day(|report| {
        report.leftSeen += wei(eth(32));
        report.clBalanceGwei -= 32_000_000_000;
    });
    let manager = story.pool.manager;
    story.pool.refuses(
        MALLORY,
        manager,
        U256::ZERO,
        bookReturnedCall {},
        NothingReturned {
            unbooked: U256::ZERO,
            expected: eth(32),
        },
    );
    let held = story.pool.chain.balance_now(manager);
    story.pool.chain.set_balance(manager, held + eth(33));
    let (booked, _) = story
        .pool
        .run(MALLORY, manager, U256::ZERO, bookReturnedCall {});
    assert_eq!(booked, eth(32));
    assert_eq!(total(&story), before);
    story.pool.refuses(
        MALLORY,
        manager,
        U256::ZERO,
        bookReturnedCall {},
        NothingReturned {
            unbooked: eth(1),
            expected: U256::ZERO,
        },
    );
}

#[test]
fn a_slashing_flag_stops_prices_until_a_report_read_after_it() {
    let mut story = Reported::new();
    let Pool {
        manager, committee, ..
    } = story.pool;
    story.pool.refuses(
        MALLORY,
        manager,
        U256::ZERO,
        flagSlashingCall {},
        OnlyReporterOrGuardian {
            caller: MALLORY,
            oracleCommittee: committee,
            guardian: GUARDIAN,
        },
    );
    // Read a minute before the flag, so it does not know of the slashing.
    let early = story.next(|_| {});
    story
        .pool
        .run(committee, manager, U256::ZERO, flagSlashingCall {});
    assert_eq!(story.view(rateStatusCall {}).reason, 2);
    story.apply(&early);
    story.last = early;
    assert_eq!(story.view(rateStatusCall {}).reason, 2);
    story.day(|report| report.expectedLoss = wei(eth(1)));
    assert!(story.view(rateStatusCall {}).live);

    // The guardian's lapses after three days and cannot be repeated.
    story
        .pool
        .run(GUARDIAN, manager, U256::ZERO, flagSlashingCall {});
    assert!(!story.view(rateStatusCall {}).live);
    story.pool.refuses(
        GUARDIAN,
        manager,
        U256::ZERO,
        flagSlashingCall {},
        GuardianFlagSpent {},
    );
    story
        .pool
        .run(OWNER, manager, U256::ZERO, rearmGuardianCall {});
    story
        .pool
        .run(GUARDIAN, manager, U256::ZERO, flagSlashingCall {});
    story.pool.chain.increase_time(3 * DAY);
    story.pool.chain.mine(1);
    // It has lapsed, but by now the report is overdue.
    assert_eq!(story.view(rateStatusCall {}).reason, 3);
}

#[test]
fn the_guardians_flag_does_not_shorten_the_committees() {
    let mut story = Reported::new();
    let Pool {
        manager, committee, ..
    } = story.pool;
    for who in [committee, GUARDIAN] {
        story
            .pool
            .run(who, manager, U256::ZERO, flagSlashingCall {});
    }
    story.pool.chain.increase_time(3 * DAY);
    story.pool.chain.mine(1);
    assert_eq!(story.view(rateStatusCall {}).reason, 2);
}

#[test]
fn exits_are_priced_at_the_lower_rate_for_twenty_hours_after_a_report() {
    let mut story = Reported::new();
    let before = story.rate();
    story.day(|report| report.leftSeen = wei(eth(1)));
    assert!(story.rate() > before);
    assert_eq!(story.view(exitRateCall {}), before);
    // A second report within 20 hours does not move the reference.
    let set_at = story.view(referenceRateCall {}).setAt;
    story.pool.chain.increase_time(DAY / 2);
    story.pool.chain.mine(1);
    let mut report = story.last.clone();
    report.slotTime = story.pool.chain.timestamp() - 60;
    report.leftSeen += 1_000_000;
    story.apply(&report);
    story.last = report;
    assert_eq!(story.view(referenceRateCall {}).setAt, set_at);
    assert_eq!(story.view(exitRateCall {}), before);
    story.day(|_| {});
    assert!(story.view(exitRateCall {}) > before);
}

#[test]
fn siblings_are_the_owners_to_change() {
    let mut story = Reported::new();
    let manager = story.pool.manager;
    let call = |id, current| setSiblingCall { id, current };
    let none = U256::ZERO;
    story.pool.refuses(
        MALLORY,
        manager,
        none,
        call(0, manager),
        OnlyOwner {
            caller: MALLORY,
            owner: OWNER,
        },
    );
    story
        .pool
        .refuses(OWNER, manager, none, call(0, Address::ZERO), ZeroAddress {});
    story
        .pool
        .refuses(OWNER, manager, none, call(0, BOB), NoCode { account: BOB });
    story.pool.refuses(
        OWNER,
        manager,
        none,
        call(8, BOB),
        UnknownSibling {
            asked: 8,
            count: U256::from(8),
        },
    );
    // What the flash-exit-pool holds would be lost with it.
    let limit = U256::from(1);
    story
        .pool
        .run(BOB, manager, none, autobalanceCall { limit });
    let reserve = story.view(booksCall {}).flashReserve;
    assert!(reserve > none);
    story.pool.refuses(
        OWNER,
        manager,
        none,
        call(7, manager),
        ReserveLent { reserve },
    );
    story.pool.run(OWNER, manager, none, call(6, BOB));
    assert_eq!(story.view(siblingCall { id: 6 }), BOB);
}
