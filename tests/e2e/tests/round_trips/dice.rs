//! Draws that depend on a seed alone.

use rand::{rngs::StdRng, seq::SliceRandom, Rng, SeedableRng};

/// A source of chance.
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

    /// One of several.
    pub fn pick<T: Copy>(&mut self, among: &[T]) -> T {
        *among.choose(&mut self.0).expect("something to choose from")
    }

    /// One of several, by weight.
    pub fn weighted<T: Copy>(&mut self, among: &[(u32, T)]) -> T {
        let chosen = among.choose_weighted(&mut self.0, |(weight, _)| *weight);
        chosen.expect("a weight above zero").1
    }

    /// Millionths: often all, else any part, small ones as likely as large ones.
    pub fn part(&mut self) -> u32 {
        match self.within(0..=9) {
            0..=4 => 1_000_000,
            5..=7 => self.within(1..=1_000_000) as u32,
            _ => self.magnitude(1, 1_000_000) as u32,
        }
    }

    /// A number between two, of any order of magnitude.
    pub fn magnitude(&mut self, smallest: u128, largest: u128) -> u128 {
        let smallest = smallest.max(1);
        let largest = largest.max(smallest);
        let (low, high) = ((smallest as f64).ln(), (largest as f64).ln());
        let drawn = self.0.gen_range(low..=high).exp();
        (drawn as u128).clamp(smallest, largest)
    }
}
