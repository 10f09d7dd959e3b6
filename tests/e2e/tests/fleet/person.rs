//! Who runs nodes.

use alloy::primitives::U256;

/// Somebody who runs nodes.
#[derive(Clone, Debug)]
pub struct Person {
    /// Number of its operator.
    pub operator: U256,
    /// Where all its nodes are.
    pub region: u8,
    /// How well it works: part of the duties it does, in basis points.
    pub quality: u64,
    /// Whether it is one of the crowd, which refuses every ceremony.
    pub of_crowd: bool,
    /// Whether it does not answer any more.
    pub gone: bool,
    /// The weighted mean of its performance that its last leaf carried.
    pub performance: u64,
    /// Epochs its leaves have counted.
    pub epochs: u64,
}

impl Person {
    /// Whether it takes part in a key ceremony.
    pub fn takes_part(&self) -> bool {
        !self.of_crowd && !self.gone
    }

    /// Whether it counts as strong in the tables.
    pub fn is_strong(&self) -> bool {
        self.quality >= STRONG
    }
}

/// The weak do less of their duties than this, in basis points; the strong more.
pub const STRONG: u64 = 9_000;
