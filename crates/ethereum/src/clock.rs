//! Slots, epochs and blocks: their times, numbers and hashes.

use alloy::primitives::{keccak256, B256};

use crate::Config;

/// Seconds of a slot.
pub const SECONDS_PER_SLOT: u64 = 12;
/// Slots of an epoch.
pub const SLOTS_PER_EPOCH: u64 = 32;
/// Epochs of a year of 365 days.
pub const EPOCHS_PER_YEAR: u64 = 365 * 86_400 / (SECONDS_PER_SLOT * SLOTS_PER_EPOCH);
/// The epoch of what has not happened.
pub const FAR_FUTURE_EPOCH: u64 = u64::MAX;

/// What a hash is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashKind {
    /// A beacon block.
    BeaconBlock,
    /// A beacon state.
    BeaconState,
    /// A block of L1.
    L1Block,
}

/// Where the simulation stands, and the slots that had no block.
#[derive(Clone, Debug)]
pub struct SlotClock {
    seed: u64,
    genesis_time: u64,
    first_block: u64,
    slot: u64,
    /// Slots without a block, ascending.
    missed: Vec<u64>,
}

impl SlotClock {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            seed: config.seed,
            genesis_time: config.genesis_time,
            first_block: config.first_block,
            slot: 0,
            missed: Vec::new(),
        }
    }

    /// Moves on to the next slot, with or without a block.
    pub(crate) fn tick(&mut self, has_block: bool) {
        self.slot += 1;
        if !has_block {
            self.missed.push(self.slot);
        }
    }

    /// The slot that ran last.
    pub fn slot(&self) -> u64 {
        self.slot
    }

    /// Time of a slot, seconds since the epoch.
    pub fn time(&self, slot: u64) -> u64 {
        self.genesis_time + slot * SECONDS_PER_SLOT
    }

    /// Whether a slot has run and has a block.
    pub fn has_block(&self, slot: u64) -> bool {
        slot <= self.slot && self.missed.binary_search(&slot).is_err()
    }

    /// The latest slot with a block that is not after this one. Slot 0 always has one.
    pub fn block_slot(&self, slot: u64) -> u64 {
        let mut slot = slot.min(self.slot);
        while !self.has_block(slot) {
            slot -= 1;
        }
        slot
    }

    /// Number of the L1 block at a slot, or of the latest before it.
    pub fn block_number(&self, slot: u64) -> u64 {
        let missed = self.missed.partition_point(|missed| *missed <= slot);
        self.first_block + slot - missed as u64
    }

    /// The slot of an L1 block, if there is such a block.
    pub fn slot_of_block(&self, number: u64) -> Option<u64> {
        let mut slot = number.checked_sub(self.first_block)?;
        for missed in &self.missed {
            if *missed <= slot {
                slot += 1;
            }
        }
        (slot <= self.slot).then_some(slot)
    }

    /// Hash of a block or state. It carries its slot in the last eight bytes.
    pub fn hash(&self, kind: HashKind, slot: u64) -> B256 {
        let content = [
            &self.seed.to_be_bytes()[..],
            &[kind as u8],
            &slot.to_be_bytes(),
        ];
        let mut hash = keccak256(content.concat());
        hash[24..].copy_from_slice(&slot.to_be_bytes());
        hash
    }

    /// The slot of a block or state by its hash, if it has run; for blocks, if it has one.
    pub fn slot_of_hash(&self, kind: HashKind, hash: B256) -> Option<u64> {
        let mut slot = [0; 8];
        slot.copy_from_slice(&hash[24..]);
        let slot = u64::from_be_bytes(slot);
        let exists = match kind {
            HashKind::BeaconState => slot <= self.slot,
            HashKind::BeaconBlock | HashKind::L1Block => self.has_block(slot),
        };
        (exists && self.hash(kind, slot) == hash).then_some(slot)
    }
}

/// The epoch of a slot.
pub fn epoch_of(slot: u64) -> u64 {
    slot / SLOTS_PER_EPOCH
}

/// First slot of an epoch.
pub fn start_of(epoch: u64) -> u64 {
    epoch.saturating_mul(SLOTS_PER_EPOCH)
}
