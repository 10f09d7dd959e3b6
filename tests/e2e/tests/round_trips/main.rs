//! A search for a round trip that pays: enter before a report, leave within 20 hours after it.
//!
//! A trip is made on the real WASM: somebody with as many accounts and as much ETH as it likes, and perhaps shares from
//! before, enters a pool in any state, sees one report or several, and leaves by any route before 20 hours have passed
//! since the first of them. Its margin is what it put in less what it got out. What did not get out is counted at
//! exitRate, what was converted at the institutional pool's (rounded down, without any fee), and gas is not counted, both
//! in the traveller's favour. The margin is never below zero.
//!
//! What others leave behind while the traveller is there (fees of flash exits, costs of cancellations, premiums of
//! deposits, discounts of orders that are paid below the rate) goes to all who hold shares, comes from no report, and
//! is not counted as a gain; how much it was is printed, and the margins of trips without it by themselves.
//!
//! Trips come in climbs: the first is drawn, and each that follows changes the one with the smallest margin so far. A
//! climb depends on its seed alone. `CLAY_TRIPS` is how many trips there are, `CLAY_SEED` the first climb's seed.
//!
//!     CLAY_TRIPS=100000 cargo test -p e2e --test round_trips -- --nocapture

mod accounts;
mod coverage;
mod dice;
mod orders;
mod others;
mod reporting;
mod search;
mod setting;
mod together;
mod travel;
mod trip;
mod world;

use e2e::environment;
use search::search;

/// Trips without CLAY_TRIPS.
const TRIPS: u64 = 3_000;

/// What the search without CLAY_TRIPS and CLAY_SEED, and every longer one, must have met.
const MET: &[(&str, &[&str])] = &[
    (
        "route",
        &[
            "flash exit, whole",
            "flash exits, split",
            "flash exits, several accounts",
            "queue",
            "flash exit and queue",
            "converted",
            "cancelled an order",
            "passed shares on",
            "passed an order on",
            "one transaction",
            "in, reports and out in one transaction",
            "topped the reserve up",
            "returned excess",
            "all out, by flash exits only",
            "all out, by the queue only",
        ],
    ),
    ("left by others", &["nothing"]),
    (
        "put in",
        &[
            "below 0.01 ETH",
            "below the pool",
            "1 to 100 times the pool",
            "above 100 times the pool",
            "shares from before",
        ],
    ),
    (
        "entered before the report",
        &["same second", "minutes", "hours", "after it too"],
    ),
    (
        "left after the first report",
        &["same second", "an hour", "12 hours", "20 hours", "19:59:59"],
    ),
    (
        "reports",
        &[
            "one",
            "two",
            "three or more",
            "in one second",
            "two in one transaction",
            "gain",
            "gain, part deferred",
            "deferred gain at entry",
            "fall",
            "fall covered",
            "parked, then acknowledged",
            "recovery",
            "recovery booked",
        ],
    ),
    (
        "pool",
        &[
            "never reported on",
            "second reference",
            "others' orders",
            "losses borne",
            "order from before",
            "smallest flash fee",
            "limits wide open",
            "endless allowance",
            "conversion wide open",
            "long silence",
            "no reward fee",
            "largest growth cap",
        ],
    ),
];

#[test]
fn p19_no_trip_around_reports_gains() {
    let seed = environment("CLAY_SEED").unwrap_or(1);
    let trips = environment("CLAY_TRIPS").unwrap_or(TRIPS);
    let coverage = search(seed, trips);
    println!("{coverage}");
    if trips >= TRIPS && seed == 1 {
        let missed = coverage.missed(MET);
        assert!(missed.is_empty(), "not met:\n{}", missed.join("\n"));
    }
}
