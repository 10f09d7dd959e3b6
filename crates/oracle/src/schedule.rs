//! When a report is due, and which epoch it ends. All of it follows from the chain's slots, so that reporters that
//! look at different times mean the same slot.

use crate::beacon::ChainRules;

/// Seconds of a day.
pub const DAY: u64 = 86_400;

/// Reports are due at times of the form `offset + n * every`, in seconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    every: u64,
    offset: u64,
}

impl Schedule {
    /// Every day at a time of day, in seconds since midnight UTC.
    pub fn daily(time_of_day: u64) -> Self {
        Self::every(DAY, time_of_day)
    }

    /// Every so many seconds (at least one), from an offset on.
    pub fn every(every: u64, offset: u64) -> Self {
        let every = every.max(1);
        let offset = offset % every;
        Self { every, offset }
    }

    /// The slot that the newest due report is about: the last one that begins before its time, and is final. None if
    /// none has been due since genesis.
    pub fn slot(&self, rules: &ChainRules, finalized: u64) -> Option<u64> {
        // The end of the slot is the latest time whose last slot it is.
        let until = rules.time(finalized).saturating_add(rules.seconds_per_slot);
        let since = until.checked_sub(self.offset)?;
        rules.slot_before(self.offset + since / self.every * self.every)
    }
}

/// Epochs of rewards, counted from a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epochs {
    /// When epoch 1 begins, seconds since the epoch.
    pub genesis: u64,
    /// Length, seconds.
    pub length: u64,
}

impl Epochs {
    /// The number of the epoch that has ended with a slot, the first being 1; none if none has.
    ///
    /// The report of the last slot before an epoch's end closes it; if that one is missed, the next report does.
    pub fn ended(&self, rules: &ChainRules, slot: u64) -> Option<u32> {
        let end = rules.time(slot).saturating_add(rules.seconds_per_slot);
        let since = end.checked_sub(self.genesis)?;
        let ended = since.checked_div(self.length)?;
        u32::try_from(ended).ok().filter(|ended| *ended > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Slot 0 is at noon.
    const RULES: ChainRules = ChainRules {
        genesis_time: DAY / 2,
        chain_id: 1,
        seconds_per_slot: 12,
        slots_per_epoch: 32,
        slashings_vector_epochs: 8_192,
        slashing_multiplier: 3,
        increment: 1_000_000_000,
    };
    const DAY_OF_SLOTS: u64 = DAY / 12;

    #[test]
    fn a_daily_report_is_about_the_last_slot_before_its_time() {
        let noon = Schedule::daily(DAY / 2);
        // Slot 7,199 ends at noon of the next day.
        assert_eq!(noon.slot(&RULES, DAY_OF_SLOTS - 2), None, "not yet final");
        for finalized in [DAY_OF_SLOTS - 1, DAY_OF_SLOTS, 2 * DAY_OF_SLOTS - 2] {
            assert_eq!(noon.slot(&RULES, finalized), Some(DAY_OF_SLOTS - 1));
        }
        let last = 2 * DAY_OF_SLOTS - 1;
        assert_eq!(noon.slot(&RULES, last), Some(last));
    }

    #[test]
    fn a_time_within_a_slot_is_that_slots() {
        // 5 s past noon is in slot 7,200.
        let schedule = Schedule::daily(DAY / 2 + 5);
        assert_eq!(
            schedule.slot(&RULES, DAY_OF_SLOTS - 1),
            Some(0),
            "of the first day"
        );
        assert_eq!(schedule.slot(&RULES, DAY_OF_SLOTS), Some(DAY_OF_SLOTS));
    }

    #[test]
    fn before_genesis_nothing_was_due() {
        assert_eq!(Schedule::daily(0).slot(&RULES, 100), None);
        assert_eq!(Schedule::daily(DAY / 4 * 3).slot(&RULES, 100), None);
        // 18:00 is 1,800 slots after genesis.
        let slot = Schedule::daily(DAY / 4 * 3).slot(&RULES, 1_799);
        assert_eq!(slot, Some(1_799));
    }

    #[test]
    fn the_last_slot_of_an_epoch_ends_it_and_later_ones_too() {
        let epochs = Epochs {
            genesis: RULES.genesis_time,
            length: 7 * DAY,
        };
        let week = 7 * DAY_OF_SLOTS;
        for (slot, ended) in [
            (0, None),
            (week - 2, None),
            (week - 1, Some(1)),
            (2 * week - 2, Some(1)),
            (2 * week - 1, Some(2)),
        ] {
            assert_eq!(epochs.ended(&RULES, slot), ended, "slot {slot}");
        }
        let later = Epochs {
            genesis: RULES.time(1_000),
            ..epochs
        };
        assert_eq!(later.ended(&RULES, 10), None);
    }
}
