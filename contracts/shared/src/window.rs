//! An amount that may be used within a time, such as losses in 30 days.

use alloy_primitives::U256;

use crate::storage::Field;

/// Starts with the first use counted in it, and is over a fixed time later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Amount used since then.
    pub used: u128,
    /// When it started, in seconds since the epoch; 0 before the first use.
    pub since: u64,
}

/// Where a word keeps a window: 96 bits of amount, then 32 bits of time.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    used: Field,
    since: Field,
}

impl Place {
    /// From this bit on.
    pub const fn new(offset: usize) -> Self {
        let used = Field::new(offset, 96);
        Self {
            used,
            since: used.then(32),
        }
    }

    /// Reads the window as it is at a time: one that is over counts nothing.
    pub fn get(self, word: U256, length: u64, now: u64) -> Window {
        let since = self.since.get(word) as u64;
        if now >= since + length {
            return Window::default();
        }
        Window {
            used: self.used.get(word),
            since,
        }
    }

    /// The word with the window replaced.
    pub fn set(self, word: U256, window: Window) -> U256 {
        self.since
            .set(self.used.set(word, window.used), u128::from(window.since))
    }
}

impl Window {
    /// What may still be used.
    pub fn room(self, limit: u128) -> u128 {
        limit.saturating_sub(self.used)
    }

    /// The window after another use.
    pub fn with(self, amount: u128, now: u64) -> Self {
        Self {
            used: self.used.saturating_add(amount).min((1 << 96) - 1),
            since: match self.since {
                0 => now,
                since => since,
            },
        }
    }
}
