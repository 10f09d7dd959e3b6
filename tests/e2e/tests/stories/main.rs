//! Random stories of everybody who meets a pool, on the real WASM and in the reference model at once.
//!
//! After every step both must agree on everything, a refusal's name and numbers included, and the properties of
//! the books, the queue and the reports must hold. A story depends on its seed alone. One that fails is shrunk by
//! leaving out steps, and printed with its seed; `CLAY_SEED` takes it up again.
//!
//!     CLAY_SEED=1 CLAY_STEPS=200000 cargo test -p e2e --test stories -- --nocapture
//!
//! `CLAY_SHRINK=0` leaves a story as it failed.

mod compare;
mod dice;
mod flash;
mod flows;
mod governance;
mod holders;
mod numbers;
mod orders;
mod properties;
mod real;
mod reporting;
mod run;
mod steps;
mod story;
mod tally;

use e2e::{environment, Kind};
use run::run;
use story::Story;

/// Steps of a story.
const LENGTH: usize = 150;

/// Outcomes that a long run must see in at least 1 % of a kind's attempts, and a short one at all.
const NAMED: &[(&str, &[&str])] = &[
    (
        "deposit",
        &[
            "done",
            "DepositBelowSmallest",
            "DepositValueMismatch",
            "SharesBelowMinimum",
            "RateNotLive",
            "EnforcedPause",
        ],
    ),
    (
        "request",
        &[
            "done",
            "OrderBelowSmallest",
            "OrderAboveLargest",
            "ERC20InsufficientBalance",
        ],
    ),
    ("request with permit", &["done"]),
    (
        "cancel",
        &[
            "done before due",
            "done after due",
            "NoSuchOrder",
            "AlreadyFinalised",
            "OnlyOrderOwner",
        ],
    ),
    ("claim", &["done", "NotFinalised", "OnlyOrderOwner"]),
    ("claim with hints", &["done", "WrongHint"]),
    ("claim for", &["done", "all skipped"]),
    (
        "flash exit",
        &[
            "done",
            "done, the largest",
            "done, all of the bucket",
            "done, to the low watermark",
            "AboveLargestExit",
            "AboveBucket",
            "BelowLowWatermark",
            "AboveReserve",
            "AssetsBelowMinimum",
            "RateNotLive",
            "EnforcedPause",
            "PayoutRefused",
        ],
    ),
    ("excess", &["returned", "NoExcess"]),
    ("treasury's fees", &["withdrawn", "OnlyTreasury"]),
    (
        "silent redemption",
        &[
            "done",
            "done while a report is parked",
            "done with many days' shares",
            "NotSilent",
            "FinalisationOpen",
            "AboveSilentLimit",
        ],
    ),
    (
        "report",
        &[
            "gain",
            "gain, part deferred",
            "deferred gain released",
            "fall",
            "fall covered",
            "fall covered in part",
            "fall taken from deferred gains",
            "parked",
            "acknowledged before",
            "acknowledged after",
            "newer one within the caps",
            "ReportTooOld",
            "ReportFromFuture",
            "ReportNotNewer",
            "CounterFell",
            "DepositsAboveSent",
            "RecoveredAboveSource",
            "OnlySibling",
        ],
    ),
    ("recovery", &["to holders", "to protection", "surplus"]),
    (
        "acknowledgement",
        &[
            "applies what is parked",
            "not what is parked",
            "for a report to come",
            "BoundsOutOfOrder",
            "DeadlinePassed",
        ],
    ),
    (
        "limit",
        &[
            "largest gain booked",
            "one wei more deferred",
            "largest fall booked",
            "one wei more parked",
        ],
    ),
    (
        "flag",
        &["by the committee", "by the guardian", "GuardianFlagSpent"],
    ),
    (
        "autobalance",
        &[
            "finalised",
            "finalised and funded",
            "funded",
            "reserve topped up",
            "exits asked",
            "not open",
            "LimitTooSmall",
        ],
    ),
    (
        "return",
        &["before a report saw it", "after a report saw it"],
    ),
    ("ticket", &["redeemed late", "expired"]),
    ("bookReturned", &["done", "NothingReturned"]),
    ("fee", &["taken", "none"]),
    (
        "pause",
        &["by the owner", "by the guardian", "GuardianPauseSpent"],
    ),
    ("upgrade", &["done", "OnlyOwner"]),
    ("parameter", &["done", "ParameterOutOfBounds"]),
];

#[test]
fn model_and_contracts_agree_on_random_stories() {
    agree(Kind::Retail, 9_000);
}

/// For accounts with all rights, the institutional pool is the same pool.
#[test]
fn model_and_contracts_agree_on_the_institutional_pool() {
    agree(Kind::Institutional, 3_000);
}

fn agree(kind: Kind, steps: u64) {
    let seed = environment("CLAY_SEED").unwrap_or(1);
    let steps = environment("CLAY_STEPS").unwrap_or(steps);
    let stories = steps.div_ceil(LENGTH as u64);
    let tally = run(&Story::of(kind), seed, stories, LENGTH);
    println!("seed {seed}, {stories} stories of {LENGTH} steps\n{tally}");
    if stories < 50 {
        return; // somebody looks at a few
    }
    let per_thousand = if steps >= 100_000 { 10 } else { 0 };
    let rare = tally.rare(NAMED, per_thousand);
    assert!(rare.is_empty(), "too rare:\n{}", rare.join("\n"));
}
