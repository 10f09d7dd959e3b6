//! Random stories of operators, on the real WASM and in the reference model at once.
//!
//! After every step both must agree on everything that can be read, a refusal's name and numbers included, and the
//! properties of bonds, lines and clusters must hold. A story depends on its seed alone. One that fails is shrunk by
//! leaving out steps, and printed with its seed; `CLAY_SEED` takes it up again.
//!
//!     CLAY_SEED=1 CLAY_STEPS=20000 cargo test -p e2e --test operator_stories -- --nocapture
//!
//! `CLAY_SHRINK=0` leaves a story as it failed.

mod ceremonies;
mod changes;
mod compare;
#[path = "../stories/dice.rs"]
mod dice;
mod exits;
mod governing;
mod judging;
mod membership;
mod numbers;
mod paying;
mod properties;
mod real;
#[path = "../stories/run.rs"]
mod run;
mod steps;
mod story;
#[path = "../stories/tally.rs"]
mod tally;

use e2e::environment;
use run::run;
use story::Story;

/// Steps of a story.
const LENGTH: usize = 150;

/// Outcomes that a long run must see in at least 1 % of a kind's attempts, and a short one at all.
const NAMED: &[(&str, &[&str])] = &[
    ("register", &["done"]),
    ("epoch", &["charges", "recovers", "scales", "skips"]),
    ("payment", &["paid", "withheld"]),
];

#[test]
fn model_and_contracts_agree_on_operators() {
    let seed = environment("CLAY_SEED").unwrap_or(1);
    let steps = environment("CLAY_STEPS").unwrap_or(1_500);
    let stories = steps.div_ceil(LENGTH as u64);
    let tally = run(&Story::new(), seed, stories, LENGTH);
    println!("seed {seed}, {stories} stories of {LENGTH} steps\n{tally}");
    if stories < 10 {
        return; // somebody looks at a few
    }
    let per_thousand = if steps >= 100_000 { 10 } else { 0 };
    let rare = tally.rare(NAMED, per_thousand);
    assert!(rare.is_empty(), "too rare:\n{}", rare.join("\n"));
}
