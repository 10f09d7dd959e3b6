//! The storage a frame has read and written and not yet flushed.

use std::collections::HashMap;

use alloy::primitives::B256;

/// Gas that any use of the cache may cost at most.
pub(crate) const MAX_ACCESS_GAS: u64 = 10;

/// Known and changed slots of one frame.
#[derive(Default)]
pub(crate) struct StorageCache {
    slots: HashMap<B256, Slot>,
    /// Keys in the order in which they first came to differ from the chain.
    written: Vec<B256>,
    reads: u64,
    writes: u64,
}

struct Slot {
    value: B256,
    /// What the chain holds, if known.
    stored: Option<B256>,
}

impl StorageCache {
    /// Gas of the next read, counted over the frame.
    pub fn read_gas(&mut self) -> u64 {
        self.reads += 1;
        match self.reads {
            0..=32 => 0,
            33..=128 => 2,
            _ => MAX_ACCESS_GAS,
        }
    }

    /// Gas of the next write, counted over the frame.
    pub fn write_gas(&mut self) -> u64 {
        self.writes += 1;
        match self.writes {
            0..=8 => 0,
            9..=64 => 7,
            _ => MAX_ACCESS_GAS,
        }
    }

    /// The value of a slot, if known.
    pub fn get(&self, key: &B256) -> Option<B256> {
        self.slots.get(key).map(|slot| slot.value)
    }

    /// Notes what the chain holds.
    pub fn loaded(&mut self, key: B256, value: B256) {
        self.slots.insert(
            key,
            Slot {
                value,
                stored: Some(value),
            },
        );
    }

    /// Notes a write that the chain does not know yet.
    pub fn write(&mut self, key: B256, value: B256) {
        self.slots
            .entry(key)
            .or_insert(Slot {
                value,
                stored: None,
            })
            .value = value;
        if !self.written.contains(&key) {
            self.written.push(key);
        }
    }

    /// The writes the chain has to make, in the order of the first write of each; forgets everything if `clear`.
    pub fn flush(&mut self, clear: bool) -> Vec<(B256, B256)> {
        let mut writes = Vec::new();
        for key in std::mem::take(&mut self.written) {
            let Some(slot) = self.slots.get_mut(&key) else {
                continue;
            };
            if slot.stored != Some(slot.value) {
                slot.stored = Some(slot.value);
                writes.push((key, slot.value));
            }
        }
        if clear {
            self.slots.clear();
        }
        writes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(n: u8) -> B256 {
        B256::with_last_byte(n)
    }

    #[test]
    fn only_differences_are_flushed_and_in_the_order_of_first_writes() {
        let mut cache = StorageCache::default();
        cache.loaded(word(1), word(10));
        cache.write(word(3), word(30));
        cache.write(word(1), word(11));
        cache.write(word(2), word(20));
        cache.write(word(3), word(31));
        assert_eq!(cache.get(&word(3)), Some(word(31)));
        assert_eq!(
            cache.flush(false),
            [
                (word(3), word(31)),
                (word(1), word(11)),
                (word(2), word(20))
            ]
        );
        assert_eq!(cache.flush(false), []);

        // Written back and forth, or to what the chain holds already: nothing to do.
        cache.write(word(1), word(12));
        cache.write(word(1), word(11));
        assert_eq!(cache.flush(true), []);
        assert_eq!(cache.get(&word(1)), None);
        // After clearing, what the chain holds is unknown again.
        cache.write(word(1), word(11));
        assert_eq!(cache.flush(false), [(word(1), word(11))]);
    }

    #[test]
    fn accesses_get_dearer_over_the_frame() {
        let mut cache = StorageCache::default();
        let reads: Vec<_> = (0..130).map(|_| cache.read_gas()).collect();
        assert_eq!(
            (reads[31], reads[32], reads[127], reads[128]),
            (0, 2, 2, 10)
        );
        let writes: Vec<_> = (0..66).map(|_| cache.write_gas()).collect();
        assert_eq!(
            (writes[7], writes[8], writes[63], writes[64]),
            (0, 7, 7, 10)
        );
    }
}
