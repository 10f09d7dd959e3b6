//! Draws that depend on a seed alone.

use model::Int;
use rand::{rngs::StdRng, seq::SliceRandom, Rng, SeedableRng};

/// A step's source of chance.
pub struct Dice(StdRng);

impl Dice {
    /// The draws of a seed.
    pub fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, cases: u32) -> bool {
        self.0.gen_range(0..100) < cases
    }

    /// A number of a range.
    pub fn within(&mut self, range: std::ops::RangeInclusive<u64>) -> u64 {
        self.0.gen_range(range)
    }

    /// Another seed.
    pub fn seed(&mut self) -> u64 {
        self.0.gen()
    }

    /// One of several.
    pub fn pick<T: Copy>(&mut self, among: &[T]) -> T {
        *among.choose(&mut self.0).expect("something to choose from")
    }

    /// One of several, if there is any.
    pub fn pick_any<T: Copy>(&mut self, among: &[T]) -> Option<T> {
        among.choose(&mut self.0).copied()
    }

    /// One of several, by weight.
    pub fn weighted<T: Copy>(&mut self, among: &[(u32, T)]) -> T {
        let chosen = among.choose_weighted(&mut self.0, |(weight, _)| *weight);
        chosen.expect("a weight above zero").1
    }

    /// A part of an amount, from nothing to all of it.
    pub fn part(&mut self, of: &Int) -> Int {
        of * self.within(0..=1_000_000) / 1_000_000
    }

    /// An amount between two, of any order of magnitude.
    pub fn magnitude(&mut self, smallest: u64, largest: u128) -> Int {
        let (low, high) = ((smallest.max(1) as f64).ln(), (largest as f64).ln());
        let drawn = self.0.gen_range(low..=high).exp();
        Int::from((drawn as u128).clamp(u128::from(smallest), largest))
    }
}
