//! States of past slots.

use std::collections::BTreeMap;

use crate::{beacon::BeaconState, gateway::Totals};

/// Everything a reporter can ask about, after a slot.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The beacon state.
    pub beacon: BeaconState,
    /// The gateway's counters and balance.
    pub gateway: Totals,
    /// The finalised epoch, as this state knows it.
    pub finalized_epoch: u64,
}

/// Snapshots by slot; slots in which nothing changed have none of their own.
#[derive(Clone, Debug)]
pub(crate) struct History {
    snapshots: BTreeMap<u64, Snapshot>,
    /// Slots that are kept.
    kept: u64,
}

impl History {
    pub fn new(kept: u64, first: Snapshot) -> Self {
        Self {
            snapshots: BTreeMap::from([(0, first)]),
            kept,
        }
    }

    /// Keeps the state after a slot, and forgets what is too old.
    pub fn push(&mut self, slot: u64, snapshot: Snapshot) {
        self.snapshots.insert(slot, snapshot);
        let oldest = slot.saturating_sub(self.kept);
        // The state at the oldest slot may be that of an earlier one.
        while let Some(second) = self.snapshots.keys().nth(1).copied() {
            if second > oldest {
                break;
            }
            self.snapshots.pop_first();
        }
    }

    /// The state after a slot; none if it is not kept.
    pub fn at(&self, slot: u64) -> Option<&Snapshot> {
        let (_, snapshot) = self.snapshots.range(..=slot).next_back()?;
        Some(snapshot)
    }
}
