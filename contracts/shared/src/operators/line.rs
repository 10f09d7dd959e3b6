//! A waiting line in storage: members by class, the lowest class first, and within one who came first.
//!
//! Each class is a doubly linked list, and a bitmap of two levels says which classes have members. So joining, leaving
//! and finding who is next cost the same whatever the number of members.
//!
//! | slots from the line's base on | hold |
//! |---|---|
//! | 0 | which of the next 256 words are not zero |
//! | 1 to 256 | which classes have members, one bit each |
//! | 257 to 65,792 | class: its first (32) and last member (32) |
//! | 65,793 on | member: the one before it (32), after it (32), its class (16), whether it waits (8) |

use alloy_primitives::U256;

use crate::storage::{Field, Slot};

const CLASSES: u64 = 1 << 16;

const FIRST: Field = Field::new(0, 32);
const LAST: Field = FIRST.then(32);

const BEFORE: Field = Field::new(0, 32);
const AFTER: Field = BEFORE.then(32);
const CLASS: Field = AFTER.then(16);
const WAITS: Field = CLASS.then(8);

/// A line; its base is a place in a mapping, far from every other. Members are numbers from 1 on.
#[derive(Clone, Copy, Debug)]
pub struct Line(Slot);

impl Line {
    /// The line with this base.
    pub const fn at(base: Slot) -> Self {
        Self(base)
    }

    /// Whether nobody waits.
    pub fn is_empty(self) -> bool {
        self.0.get().is_zero()
    }

    /// The class a member waits in; none if it does not wait here.
    pub fn class_of(self, member: u32) -> Option<u16> {
        let link = self.link(member).get();
        (WAITS.get(link) != 0).then(|| CLASS.get(link) as u16)
    }

    /// Puts a member at the end of a class, from wherever it was. A member that stands in that class keeps its place.
    pub fn put(self, member: u32, class: u16) {
        match self.class_of(member) {
            Some(before) if before == class => return,
            Some(_) => self.remove(member),
            None => {}
        }
        let ends = self.ends(class).get();
        let last = LAST.get(ends);
        let mut ends = LAST.set(ends, u128::from(member));
        if last == 0 {
            ends = FIRST.set(ends, u128::from(member));
            self.mark(class, true);
        } else {
            let link = self.link(last as u32);
            link.set(AFTER.set(link.get(), u128::from(member)));
        }
        self.ends(class).set(ends);
        let link = CLASS.set(BEFORE.set(U256::ZERO, last), u128::from(class));
        self.link(member).set(WAITS.set(link, 1));
    }

    /// Takes a member out, if it waits.
    pub fn remove(self, member: u32) {
        let Some(class) = self.class_of(member) else {
            return;
        };
        let link = self.link(member).get();
        let (before, after) = (BEFORE.get(link), AFTER.get(link));
        let mut ends = self.ends(class).get();
        if before == 0 {
            ends = FIRST.set(ends, after);
        } else {
            let link = self.link(before as u32);
            link.set(AFTER.set(link.get(), after));
        }
        if after == 0 {
            ends = LAST.set(ends, before);
        } else {
            let link = self.link(after as u32);
            link.set(BEFORE.set(link.get(), before));
        }
        self.ends(class).set(ends);
        if ends.is_zero() {
            self.mark(class, false);
        }
        self.link(member).set(U256::ZERO);
    }

    /// Who is first in the lowest class.
    pub fn first(self) -> Option<u32> {
        self.lowest_from(0).map(|class| self.first_in(class))
    }

    /// Who is first in the highest class.
    pub fn first_in_highest(self) -> Option<u32> {
        let high = highest_bit(self.0.get())?;
        let low = highest_bit(self.classes(high).get())?;
        Some(self.first_in(high << 8 | low))
    }

    /// Who comes after a member that waits.
    pub fn after(self, member: u32) -> Option<u32> {
        let link = self.link(member).get();
        match AFTER.get(link) {
            0 => {
                let class = self.lowest_from(CLASS.get(link) as u32 + 1);
                class.map(|class| self.first_in(class))
            }
            after => Some(after as u32),
        }
    }

    fn first_in(self, class: u16) -> u32 {
        FIRST.get(self.ends(class).get()) as u32
    }

    /// The lowest class with members that is not below; the number may be one beyond the last.
    fn lowest_from(self, class: u32) -> Option<u16> {
        let (high, low) = ((class >> 8) as u16, class as u16 & 0xff);
        if high > 0xff {
            return None;
        }
        if let Some(low) = lowest_bit_from(self.classes(high).get(), low) {
            return Some(high << 8 | low);
        }
        let high = lowest_bit_from(self.0.get(), high + 1)?;
        let low = lowest_bit_from(self.classes(high).get(), 0)?;
        Some(high << 8 | low)
    }

    /// Notes whether a class has members.
    fn mark(self, class: u16, has: bool) {
        let (high, low) = (class >> 8, class & 0xff);
        let before = self.classes(high).get();
        let after = with_bit(before, low, has);
        self.classes(high).set(after);
        if before.is_zero() != after.is_zero() {
            self.0.set(with_bit(self.0.get(), high, has));
        }
    }

    fn classes(self, high: u16) -> Slot {
        self.0.plus(1 + u64::from(high))
    }

    fn ends(self, class: u16) -> Slot {
        self.0.plus(257 + u64::from(class))
    }

    fn link(self, member: u32) -> Slot {
        self.0.plus(257 + CLASSES + u64::from(member))
    }
}

fn with_bit(word: U256, bit: u16, set: bool) -> U256 {
    let mut limbs = *word.as_limbs();
    let limb = &mut limbs[usize::from(bit >> 6) & 3];
    let mask = 1 << (bit & 63);
    *limb = if set { *limb | mask } else { *limb & !mask };
    U256::from_limbs(limbs)
}

/// The lowest bit that is set, from one on; the number may be one beyond the last.
fn lowest_bit_from(word: U256, from: u16) -> Option<u16> {
    let first = from >> 6;
    for (index, limb) in (0..).zip(word.as_limbs()) {
        let limb = match index == first {
            true => limb >> (from & 63) << (from & 63),
            false => *limb,
        };
        if index >= first && limb != 0 {
            return Some((index << 6) + limb.trailing_zeros() as u16);
        }
    }
    None
}

fn highest_bit(word: U256) -> Option<u16> {
    let limbs = (0u16..).zip(word.as_limbs());
    let (index, limb) = limbs.filter(|(_, limb)| **limb != 0).last()?;
    Some((index << 6) + 63 - limb.leading_zeros() as u16)
}
