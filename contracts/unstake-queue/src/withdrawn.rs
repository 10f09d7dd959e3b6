//! Which orders left the queue before they were finalised.
//!
//! Orders stand in groups of 128. A group's slot says which of them are withdrawn and how many shares those
//! had; a summary slot says in which of 256 groups there is one. So finalisation passes a group at the cost of
//! one slot, which is less than what withdrawing a single order cost its owner, and needs the orders themselves
//! only in the two groups where its range begins and ends.

use alloc::vec::Vec;

use clay_shared::{
    abi::Word,
    storage::{whole, Slot, HIGH, LOW},
};

use crate::state::{cumulative, GROUPS, SUMMARIES};

/// Orders in a group.
const GROUP: u64 = 128;
/// Groups in a summary.
const SUMMARY: u64 = 256;

/// The withdrawn orders of one group, as far as they are in the range looked at.
pub(crate) struct Group {
    /// First order of the group in the range.
    pub(crate) first: u64,
    /// Last order of the group in the range.
    pub(crate) last: u64,
    /// Order 0 of the group's bits.
    start: u64,
    /// Which orders are withdrawn.
    bits: u128,
    /// Shares of withdrawn orders in the range, before this group.
    pub(crate) before: u128,
    /// Shares of withdrawn orders in the range, this group included.
    pub(crate) until: u128,
}

impl Group {
    /// Shares of withdrawn orders in the range up to and including an order of this group.
    pub(crate) fn shares_up_to(&self, id: u64) -> u128 {
        self.before + shares_of(self.start, self.bits & up_to(id - self.start))
    }
}

/// What [`look`] found.
pub(crate) struct Found {
    /// Groups with withdrawn orders, in order.
    pub(crate) groups: Vec<Group>,
    /// Last order up to which all of them are known.
    pub(crate) up_to: u64,
}

impl Found {
    /// No withdrawn order up to and including this one.
    pub(crate) fn none(up_to: u64) -> Self {
        Self {
            groups: Vec::new(),
            up_to,
        }
    }

    /// Shares of all withdrawn orders found.
    pub(crate) fn shares(&self) -> u128 {
        self.groups.last().map_or(0, |group| group.until)
    }
}

/// Notes an order as withdrawn.
pub(crate) fn add(id: u64, shares: u128) {
    let group = id / GROUP;
    let slot = GROUPS.entry(group.word());
    let word = slot.get();
    let bits = HIGH.get(word);
    // Far below 2^128: cumulative shares have 96 bits.
    let word = LOW.set(word, LOW.get(word) + shares);
    slot.set(HIGH.set(word, bits | 1 << (id % GROUP)));
    if bits == 0 {
        let slot = summary(group);
        slot.set(slot.get() | whole(1) << (group % SUMMARY) as usize);
    }
}

/// Whether an order was withdrawn.
pub(crate) fn contains(id: u64) -> bool {
    let word = GROUPS.entry((id / GROUP).word()).get();
    HIGH.get(word) >> (id % GROUP) & 1 != 0
}

/// Looks for withdrawn orders after `after`, up to `up_to`: at so many groups at most that have any (at least
/// one), each summary beyond the first counted as one. What lies before the next one is known for free.
pub(crate) fn look(after: u64, up_to: u64, limit: u128) -> Found {
    let mut groups: Vec<Group> = Vec::new();
    let mut left = limit.max(1);
    let mut group = (after + 1) / GROUP;
    while group <= up_to / GROUP {
        let word = summary(group).get() >> (group % SUMMARY) as usize;
        let limbs = word.as_limbs().iter();
        let empty = limbs.take_while(|limb| **limb == 0).count();
        let skipped = word.as_limbs().get(empty).map(|limb| {
            // Below 256: the limb is not zero.
            empty as u64 * 64 + u64::from(limb.trailing_zeros())
        });
        group = match skipped {
            Some(skipped) => group + skipped,
            None => (group / SUMMARY + 1) * SUMMARY,
        };
        if group > up_to / GROUP {
            break;
        }
        if left == 0 {
            return Found {
                groups,
                up_to: group * GROUP - 1,
            };
        }
        left -= 1;
        if skipped.is_some() {
            let before = groups.last().map_or(0, |group| group.until);
            groups.push(read(group, after, up_to, before));
            group += 1;
        }
    }
    Found { groups, up_to }
}

/// Reads a group as far as it is within a range.
fn read(group: u64, after: u64, up_to_id: u64, before: u128) -> Group {
    let word = GROUPS.entry(group.word()).get();
    let (all, sum) = (HIGH.get(word), LOW.get(word));
    let start = group * GROUP;
    let first = start.max(after + 1);
    let last = (start + GROUP - 1).min(up_to_id);
    let mut bits = all & up_to(last - start);
    if first > start {
        bits &= !up_to(first - start - 1);
    }
    let outside = all & !bits;
    // Whichever is shorter to add up.
    let shares = match bits.count_ones() < outside.count_ones() {
        true => shares_of(start, bits),
        false => sum - shares_of(start, outside),
    };
    Group {
        first,
        last,
        start,
        bits,
        before,
        until: before + shares,
    }
}

/// Shares of orders of one group: a run of neighbours at a time.
#[inline(never)]
fn shares_of(start: u64, mut bits: u128) -> u128 {
    let mut shares = 0;
    while bits != 0 {
        let first = bits.trailing_zeros();
        let last = first + (bits >> first).trailing_ones() - 1;
        // There is no order 0, so a run begins at 1 or later.
        let (before, until) = (start + u64::from(first) - 1, start + u64::from(last));
        shares += cumulative(until) - cumulative(before);
        bits &= !up_to(last.into());
    }
    shares
}

/// Bits 0 to `last`, at most 127.
fn up_to(last: u64) -> u128 {
    u128::MAX >> (127 - last)
}

fn summary(group: u64) -> Slot {
    SUMMARIES.entry((group / SUMMARY).word())
}
