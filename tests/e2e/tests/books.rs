//! The books through everything that users and others do between reports, and through reports.

use alloy::primitives::U256;
use e2e::{
    from_gateway,
    reported::{eth, wei, Reported, DAY},
    CsEthToken::{approveCall, transferCall},
    FlashExitPool::{flashExitCall, returnExcessCall},
    Pool,
    StakeManager::*,
    UnstakeQueue::{cancelCall, claimToCall, redeemSilentlyCall, requestUnstakeCall, totalsCall},
    ALICE, BOB, DEAD, ETH, GUARDIAN, MALLORY, OWNER, TREASURY,
};

const NONE: U256 = U256::ZERO;

/// A name and what it does.
type Step = (&'static str, fn(&mut Reported));

/// What users and others do: every way to move ETH or shares, and reports of gains.
const LIFE: &[Step] = &[
    ("an odd gain", |story| {
        story.day(|report| report.leftSeen += wei(ETH) / 7 + 3);
    }),
    ("a deposit", |story| {
        story
            .pool
            .deposit(BOB, U256::from(7_777_777_777_777_777u64));
    }),
    ("a transfer", |story| {
        let call = transferCall {
            to: MALLORY,
            value: U256::from(12_345),
        };
        story.pool.run(ALICE, story.pool.token, NONE, call);
    }),
    ("four requests", |story| {
        let Pool { token, queue, .. } = story.pool;
        let call = approveCall {
            spender: queue,
            value: U256::MAX,
        };
        story.pool.run(ALICE, token, NONE, call);
        for _ in 0..4 {
            let call = requestUnstakeCall {
                shares: ETH + U256::from(1),
                receiver: ALICE,
            };
            story.pool.run(ALICE, queue, NONE, call);
        }
    }),
    ("a cancellation", |story| {
        let call = cancelCall { id: U256::from(1) };
        story.pool.run(ALICE, story.pool.queue, NONE, call);
    }),
    ("ETH that is back before a report sees it", |story| {
        let message = from_gateway(&story.pool, eth(5));
        story.pool.chain.deliver(message).expect("a message");
    }),
    ("a report that sees it", |story| {
        story.day(|report| {
            report.clBalanceGwei -= 5_000_000_000;
            report.leftSeen += wei(eth(5));
        });
    }),
    ("a gain that is partly deferred", |story| {
        story.day(|report| report.leftSeen += wei(eth(3)));
    }),
    ("a cancellation of a due order", |story| {
        let call = cancelCall { id: U256::from(2) };
        story.pool.run(ALICE, story.pool.queue, NONE, call);
    }),
    ("a deposit for a validator", |story| {
        story.pool.deposit(BOB, eth(60));
    }),
    (
        "an order finalised, reserve topped up, a validator funded",
        |story| {
            let call = autobalanceCall {
                limit: U256::from(10),
            };
            let (done, _) = story.pool.run(MALLORY, story.pool.manager, NONE, call);
            assert_eq!(
                (done.finalisedUpTo, done.funded),
                (U256::from(4), U256::from(1))
            );
        },
    ),
    ("a flash exit", |story| {
        let call = flashExitCall {
            shares: ETH + U256::from(3),
            minAssets: NONE,
            receiver: ALICE,
        };
        story.pool.run(ALICE, story.pool.flash, NONE, call);
    }),
    ("a lower target, and excess that goes back", |story| {
        let call = setParameterCall {
            id: 11,
            value: U256::from(100),
        };
        story.pool.run(OWNER, story.pool.manager, NONE, call);
        story.day(|_| {});
        story
            .pool
            .run(MALLORY, story.pool.flash, NONE, returnExcessCall {});
    }),
    ("a claim", |story| {
        let call = claimToCall {
            ids: vec![U256::from(3)],
            receiver: BOB,
        };
        story.pool.run(ALICE, story.pool.queue, NONE, call);
    }),
    ("a slashing flag", |story| {
        story
            .pool
            .run(GUARDIAN, story.pool.manager, NONE, flagSlashingCall {});
    }),
    ("a request, and fourteen days without reports", |story| {
        let call = requestUnstakeCall {
            shares: ETH + U256::from(7),
            receiver: ALICE,
        };
        story.pool.run(ALICE, story.pool.queue, NONE, call);
        story.pool.chain.increase_time(15 * DAY);
        story.pool.chain.mine(1);
    }),
    ("a silent redemption", |story| {
        let call = redeemSilentlyCall {
            id: U256::from(5),
            minAssets: NONE,
            receiver: ALICE,
        };
        story.pool.run(ALICE, story.pool.queue, NONE, call);
    }),
];

#[test]
fn p01_nothing_but_a_report_lowers_the_rate() {
    let mut story = Reported::new();
    for (name, step) in LIFE {
        let before = story.pool.totals();
        step(&mut story);
        let after = story.pool.totals();
        // Compared by exact cross-multiplication.
        assert!(after.0 * before.1 >= before.0 * after.1, "{name}");
    }
    let before = story.rate();
    let lost = story.day(|report| report.expectedLoss = wei(eth(4)));
    assert!(lost.change < Default::default() && story.rate() < before);
}

#[test]
fn p07_balances_supply_and_the_managers_count_agree_through_everything() {
    let mut story = Reported::new();
    for (name, step) in LIFE {
        step(&mut story);
        let Pool {
            queue,
            flash,
            protection,
            registry,
            distributor,
            ..
        } = story.pool;
        let contracts = [queue, flash, protection, registry, distributor];
        let accounts = [ALICE, BOB, MALLORY, DEAD, TREASURY];
        let holders = contracts.into_iter().chain(accounts);
        let held: U256 = holders.map(|holder| story.pool.balance(holder)).sum();
        assert_eq!(held, story.pool.supply(), "{name}");
        assert_eq!(held, story.pool.totals().1, "{name}");
    }
}

#[test]
fn p08_the_parts_of_the_books_sum_up_and_the_eth_held_covers_them() {
    let mut story = Reported::new();
    for (name, step) in LIFE {
        step(&mut story);
        let Pool { manager, queue, .. } = story.pool;
        let books = story.view(booksCall {});
        let parts = books.buffered.into_raw()
            + books.flashReserve
            + books.sentOut
            + books.clBalance
            + books.leftSeen;
        let owed = books.depositsSeen + books.cameBack + books.expectedLoss + books.deferredGain;
        assert_eq!(parts - owed, books.totalAssets.into_raw(), "{name}");
        // Nobody forced any ETH on them: what is held is what is owed, to the wei.
        let held = story.pool.chain.balance_now(manager);
        assert_eq!(held, books.buffered.into_raw(), "{name}");
        let lent = story.pool.chain.balance_now(story.pool.flash);
        assert_eq!(lent, books.flashReserve, "{name}");
        let set_aside = story.pool.view(queue, totalsCall {}).setAside;
        assert_eq!(story.pool.chain.balance_now(queue), set_aside, "{name}");
    }
}
