//! Days of voluntary exits: so many a day, whoever asks first has the first.

use clay_shared::{
    abi::{answer, Answer, Word},
    host,
    operators::{
        parameters::EXIT_SLOTS,
        state::{parameter, SLOTS_USED, SLOT_DAY, TARGETS},
    },
};

use crate::DAY;

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

/// Takes the next slot; answers when its exit may start: now, or when its day begins.
pub(crate) fn take() -> u64 {
    let (day, used) = next();
    let word = SLOT_DAY.set(TARGETS.get(), day.into());
    TARGETS.set(SLOTS_USED.set(word, used + 1));
    host::now().max(day * DAY)
}

pub(crate) fn next_slot() -> Answer {
    let (day, used) = next();
    answer(&[day.word(), used.word()])
}
