//! Days of voluntary exits: so many a day, whoever asks first has the first.

use alloy_sol_types::SolError;
use clay_shared::{
    abi::{answer, revert, Answer, Reverts, Word},
    host,
    interfaces::IOperatorExits::NoExitSlot,
    operators::{
        parameters::EXIT_SLOTS,
        state::{parameter, SLOTS_USED, SLOT_DAY, TARGETS},
    },
};

use crate::DAY;

/// Days ahead that a slot may be: what is asked to leave counts as coming, so it has to come.
const MOST_DAYS_AHEAD: u64 = 7;

/// The day of the next slot, and how many of that day's are taken.
fn next() -> (u64, u128) {
    let (word, today) = (TARGETS.get(), host::now() / DAY);
    let (day, used) = (SLOT_DAY.get(word) as u64, SLOTS_USED.get(word));
    if day < today {
        return (today, 0);
    }
    match used < parameter(&EXIT_SLOTS) {
        true => (day, used),
        false => (day + 1, 0),
    }
}

/// Takes the next slot; answers when its exit may start: now, or when its day begins. Refuses where all are taken.
pub(crate) fn take() -> Reverts<u64> {
    let (day, used) = next();
    let latest = host::now() / DAY + MOST_DAYS_AHEAD;
    if day > latest {
        return Err(revert(NoExitSlot::SELECTOR, &[day, latest].map(Word::word)));
    }
    let word = SLOT_DAY.set(TARGETS.get(), day.into());
    TARGETS.set(SLOTS_USED.set(word, used + 1));
    Ok(host::now().max(day * DAY))
}

pub(crate) fn next_slot() -> Answer {
    let (day, used) = next();
    answer(&[day.word(), used.word()])
}
