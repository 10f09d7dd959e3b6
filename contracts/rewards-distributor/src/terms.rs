//! What counts in an epoch: factors, standing and the SSV price. A change counts from the next epoch on, and what counted in
//! earlier ones stays known, so that each can be recomputed.
//!
//! Versions are kept by the epoch they count from; each names the one before.

use alloy_primitives::U256;
use alloy_sol_types::{SolError, SolEvent};
use clay_shared::{
    abi::{done, Answer, Call, Word},
    host,
    interfaces::IRewardsDistributor::*,
    log,
    math::{share, Rounding},
    storage::{Field, Slot},
};

use crate::{governance::within, roots::two, schedule::Schedule, state::OWNABLE};

/// [`LATEST`], [`PRICED_AT`].
const VERSIONS: Slot = Slot::at(19);
/// Terms by the epoch they count from.
const TERMS: Slot = Slot::at(20);

/// The epoch from which on the latest version counts.
const LATEST: Field = Field::new(0, 32);
/// Seconds: when a price was last published.
const PRICED_AT: Field = LATEST.then(32);

/// The epoch of the version before.
const BEFORE: Field = Field::new(0, 32);
const FACTORS: [Field; 3] = [Field::new(32, 14), Field::new(46, 14), Field::new(60, 14)];
const STANDING: Field = Field::new(74, 14);
const SSV_PRICE: Field = Field::new(88, 96);

// `parameters.md`, rewards-distributor; basis points.
const DEFAULT_FACTORS: [u128; 3] = [10_000, 9_500, 9_000];
const DEFAULT_STANDING: u128 = 9_700;
const LOWEST_STANDING: u128 = 9_000;
const HIGHEST_STANDING: u128 = 9_990;
const WHOLE: u128 = 10_000;
/// A price moves by so much a week.
const LARGEST_MOVE: u128 = 5_000;
const WEEK: u128 = 7 * 24 * 60 * 60;

/// What counts from epoch 0 on.
pub(crate) fn initialize() {
    let fields = FACTORS.into_iter().zip(DEFAULT_FACTORS);
    let word = fields.fold(U256::ZERO, |word, (field, value)| field.set(word, value));
    write(0, STANDING.set(word, DEFAULT_STANDING));
}

/// Factors, standing and price as an epoch has them.
#[inline(never)]
pub(crate) fn of_epoch(epoch: u128) -> [u128; 5] {
    let mut from = LATEST.get(VERSIONS.get());
    let mut word = at(from).get();
    while from > epoch {
        from = BEFORE.get(word);
        word = at(from).get();
    }
    values(word)
}

fn values(word: U256) -> [u128; 5] {
    let [ssv, obol, direct] = FACTORS;
    [ssv, obol, direct, STANDING, SSV_PRICE].map(|field| field.get(word))
}

fn at(epoch: u128) -> Slot {
    TERMS.entry(epoch.word())
}

fn write(from: u128, word: U256) {
    at(from).set(word);
    VERSIONS.set(LATEST.set(VERSIONS.get(), from));
    let topics = [TermsChanged::SIGNATURE_HASH, from.word()];
    log::emit(&topics, &values(word).map(Word::word));
}

/// Changes the terms from the next epoch on.
#[inline(never)]
fn change(change: impl Fn(U256) -> U256) {
    let next = (Schedule::load().running().epoch + 1).min(LATEST.max());
    let latest = LATEST.get(VERSIONS.get());
    let mut word = at(latest).get();
    if latest < next {
        word = BEFORE.set(word, latest);
    }
    // The latest never counts from later than the next epoch, except after an epoch's length was changed to a longer one.
    write(latest.max(next), change(word));
}

/// Changes the factors.
pub(crate) fn set_factors(call: &Call) -> Answer {
    let asked = [call.uint(0)?, call.uint(1)?, call.uint(2)?];
    OWNABLE.only_owner()?;
    let mut factors = [0; 3];
    for (factor, asked) in factors.iter_mut().zip(asked) {
        *factor = within(asked, 0, WHOLE)?;
    }
    change(|word| {
        let fields = FACTORS.into_iter().zip(factors);
        fields.fold(word, |word, (field, value)| field.set(word, value))
    });
    done()
}

/// Changes the standing.
pub(crate) fn set_standing(call: &Call) -> Answer {
    let asked = call.uint(0)?;
    OWNABLE.only_owner()?;
    let standing = within(asked, LOWEST_STANDING, HIGHEST_STANDING)?;
    change(|word| STANDING.set(word, standing));
    done()
}

/// Publishes a price. The first one may be any.
pub(crate) fn set_ssv_price(call: &Call) -> Answer {
    let asked = call.uint(0)?;
    OWNABLE.only_owner()?;
    let versions = VERSIONS.get();
    let (now, from) = (u128::from(host::now()), PRICED_AT.get(versions) + WEEK);
    if now < from {
        return Err(two(PriceTooSoon::SELECTOR, now, from));
    }
    let [.., last] = values(at(LATEST.get(versions)).get());
    let (smallest, largest) = bounds(last);
    let price = within(asked, smallest, largest)?;
    VERSIONS.set(PRICED_AT.set(versions, now));
    change(|word| SSV_PRICE.set(word, price));
    done()
}

/// What may follow a price.
fn bounds(last: u128) -> (u128, u128) {
    if last == 0 {
        return (1, SSV_PRICE.max());
    }
    let step = |rounding| share(last, LARGEST_MOVE, rounding);
    let largest = last + step(Rounding::Down).max(1);
    // Never to nothing, from which it could jump anywhere.
    let smallest = (last - step(Rounding::Down)).max(1);
    (smallest, largest.min(SSV_PRICE.max()))
}
