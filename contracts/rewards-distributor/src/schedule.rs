//! When epochs begin and end.
//!
//! Two anchors are kept: from the first on epochs have one length, and from the second on, if there is one, another.

use alloy_primitives::U256;
use alloy_sol_types::{SolError, SolEvent};
use clay_shared::{
    abi::{done, Answer, Call, Reverts, Word},
    host,
    interfaces::IRewardsDistributor::*,
    log,
    math::narrow,
    storage::{Field, Slot},
};

use crate::{
    governance::within,
    roots::two,
    state::{EPOCH, OWNABLE},
};

/// [`ANCHORS`], [`ROOT_DELAY`].
const SCHEDULE: Slot = Slot::at(18);

/// Number, start and length of an epoch.
const ANCHORS: [[Field; 3]; 2] = [anchor(0), anchor(96)];
/// Seconds.
const ROOT_DELAY: Field = Field::new(192, 24);

const HOUR: u128 = 60 * 60;
const DAY: u128 = 24 * HOUR;
// `parameters.md`, rewards-distributor.
const DEFAULT_LENGTH: u128 = 7 * DAY;
const SHORTEST: u128 = DAY;
const LONGEST: u128 = 28 * DAY;
const DEFAULT_DELAY: u128 = DAY;
const SHORTEST_DELAY: u128 = HOUR;

const fn anchor(from: usize) -> [Field; 3] {
    let number = Field::new(from, 32);
    [number, number.then(40), number.then(40).then(24)]
}

/// An epoch from which on all have its length.
#[derive(Clone, Copy)]
pub(crate) struct Anchor {
    /// Its number.
    pub(crate) epoch: u128,
    /// When it begins, seconds.
    pub(crate) start: u128,
    /// Seconds.
    pub(crate) length: u128,
}

impl Anchor {
    fn load(word: U256, fields: [Field; 3]) -> Self {
        let [epoch, start, length] = fields.map(|field| field.get(word));
        Self {
            epoch,
            start,
            length,
        }
    }

    fn store(self, word: U256, fields: [Field; 3]) -> U256 {
        let values = [self.epoch, self.start, self.length];
        let fields = fields.into_iter().zip(values);
        fields.fold(word, |word, (field, value)| field.set(word, value))
    }

    /// When an epoch not before this one begins. The number has 32 bits, and the length 24.
    fn start_of(self, epoch: u128) -> u128 {
        self.start + (epoch - self.epoch) * self.length
    }
}

/// Both anchors; the second has the length 0 if there is none.
#[derive(Clone, Copy)]
pub(crate) struct Schedule([Anchor; 2]);

impl Schedule {
    pub(crate) fn load() -> Self {
        let word = SCHEDULE.get();
        Self(ANCHORS.map(|fields| Anchor::load(word, fields)))
    }

    /// The anchor of the epochs at a number, or at a time.
    fn anchor(self, is_later: impl Fn(Anchor) -> bool) -> Anchor {
        let [first, second] = self.0;
        match second.length != 0 && is_later(second) {
            true => second,
            false => first,
        }
    }

    /// When an epoch ends, in seconds.
    #[inline(never)]
    pub(crate) fn end(self, epoch: u128) -> Reverts<u64> {
        let anchor = self.anchor(|second| epoch >= second.epoch);
        if epoch < anchor.epoch {
            return Err(two(EpochForgotten::SELECTOR, epoch, anchor.epoch));
        }
        Ok(anchor.start_of(epoch + 1) as u64)
    }

    /// The epoch that runs now, with its start. Before the first one began that is epoch 0.
    #[inline(never)]
    pub(crate) fn running(self) -> Anchor {
        let now = u128::from(host::now());
        let anchor = self.anchor(|second| now >= second.start);
        let Some(since) = now.checked_sub(anchor.start) else {
            return Anchor {
                epoch: anchor.epoch - 1,
                start: anchor.start.saturating_sub(anchor.length),
                ..anchor
            };
        };
        let epoch = anchor.epoch + since / anchor.length.max(1);
        Anchor {
            epoch,
            start: anchor.start_of(epoch),
            ..anchor
        }
    }
}

/// The first epoch is number 1.
pub(crate) fn initialize(genesis: U256) {
    let start = match genesis.is_zero() {
        true => u128::from(host::now()),
        // Later than 40 bits of seconds, it never begins.
        false => narrow(genesis)
            .unwrap_or(u128::MAX)
            .min(ANCHORS[0][1].max()),
    };
    let first = Anchor {
        epoch: 1,
        start,
        length: DEFAULT_LENGTH,
    };
    let word = first.store(U256::ZERO, ANCHORS[0]);
    SCHEDULE.set(ROOT_DELAY.set(word, DEFAULT_DELAY));
    tell(first);
    let words = [0, DEFAULT_DELAY].map(Word::word);
    log::emit(&[RootDelayChanged::SIGNATURE_HASH], &words);
}

/// Changes how long epochs are, from the next one on.
pub(crate) fn set_length(call: &Call) -> Answer {
    let asked = call.uint(0)?;
    OWNABLE.only_owner()?;
    // The delay stays within half an epoch.
    let length = within(asked, SHORTEST.max(2 * u128::from(root_delay())), LONGEST)?;
    let schedule = Schedule::load();
    let running = schedule.running();
    let epoch = (running.epoch + 1).min(EPOCH.max());
    let next = Anchor {
        epoch,
        start: running.start + running.length,
        length,
    };
    // The one whose epochs run now is kept, so that their ends stay known.
    let kept = schedule.anchor(|second| running.epoch >= second.epoch);
    let word = kept.store(SCHEDULE.get(), ANCHORS[0]);
    SCHEDULE.set(next.store(word, ANCHORS[1]));
    tell(next);
    done()
}

fn tell(anchor: Anchor) {
    let topics = [EpochLengthChanged::SIGNATURE_HASH, anchor.epoch.word()];
    log::emit(&topics, &[anchor.start.word(), anchor.length.word()]);
}

/// Seconds after which a root takes effect.
pub(crate) fn root_delay() -> u64 {
    ROOT_DELAY.get(SCHEDULE.get()) as u64
}

/// Changes after how many seconds a root takes effect.
pub(crate) fn set_delay(call: &Call) -> Answer {
    let asked = call.uint(0)?;
    OWNABLE.only_owner()?;
    let [first, second] = Schedule::load().0;
    let shortest = match second.length {
        0 => first.length,
        length => length.min(first.length),
    };
    let delay = within(asked, SHORTEST_DELAY, shortest / 2)?;
    let previous = root_delay();
    SCHEDULE.set(ROOT_DELAY.set(SCHEDULE.get(), delay));
    let words = [previous.word(), delay.word()];
    log::emit(&[RootDelayChanged::SIGNATURE_HASH], &words);
    done()
}
