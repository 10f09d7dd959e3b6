//! The bond that an operator needs for its live nodes in one pool, in wei at the current rate.
//!
//! `required = (1 - discount(score)) * sum over types t, and nodes i = 1..n of that type, of base[t] * curve(i)`, protocol
//! section 7. The sum has a closed form, so the cost does not depend on the number of nodes; it is computed without
//! rounding, and rounded up once.

use super::NodeType;
use crate::math::{mul_div, Rounding};

const WHOLE: u128 = 10_000;
/// The score up to which there is no discount.
const UNDISCOUNTED: u128 = 5_000;
/// Between this score and the one above lies the whole discount.
const DISCOUNTED: u128 = 10_000 - UNDISCOUNTED;

/// Live nodes of an operator in a pool, by type.
pub type Nodes = [u32; NodeType::ALL.len()];

/// The governed numbers that a bond depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BondTerms {
    /// Wei for the first node, by type; at most 32 ETH.
    pub base: [u128; NodeType::ALL.len()],
    /// Node at which the curve, falling in a straight line from the first, reaches its floor; 2 to 1,000.
    pub level_from: u32,
    /// What the curve falls to, in basis points of the base; 1 to 10,000.
    pub floor: u16,
    /// Discount at a score of 10,000, in basis points; at most 8,000.
    pub largest_discount: u16,
}

impl BondTerms {
    /// Defaults of `parameters.md`.
    pub const DEFAULT: Self = Self {
        base: [
            1_000_000_000_000_000_000,
            2_000_000_000_000_000_000,
            4_000_000_000_000_000_000,
        ],
        level_from: 50,
        floor: 5_000,
        largest_discount: 5_000,
    };

    /// Wei that so many live nodes need at a score of 0 to 10,000. Rounded up.
    pub fn required(&self, nodes: Nodes, score: u16) -> u128 {
        let bases = self.base.into_iter().zip(nodes);
        // Below 3 * 2^65 * 2^32 * 2^25, from the largest base, number of nodes and scale, as curve(i) <= 1.
        let undiscounted: u128 = bases.map(|(base, count)| base * self.curved(count)).sum();
        let kept = DISCOUNTED * WHOLE - self.discount(score);
        let whole = self.scale() * DISCOUNTED * WHOLE;
        mul_div(undiscounted, kept, whole, Rounding::Up).unwrap_or(u128::MAX)
    }

    /// The largest number of nodes of a type that a bond in wei carries beside those of the other types; the inverse of
    /// [`Self::required`]. None if it does not even carry the others.
    pub fn largest(&self, bond: u128, nodes: Nodes, of: NodeType, score: u16) -> Option<u32> {
        let carried = |count: u32| {
            let mut nodes = nodes;
            nodes[of as usize] = count;
            self.required(nodes, score) <= bond
        };
        if !carried(0) {
            return None;
        }
        // Carried up to here, and nowhere from `above` on.
        let (mut carries, mut above) = (0, MOST_NODES + 1);
        while above - carries > 1 {
            let middle = carries + (above - carries) / 2;
            match carried(middle) {
                true => carries = middle,
                false => above = middle,
            }
        }
        Some(carries)
    }

    /// Sum of curve(1) to curve(n), as a multiple of 1 / [`Self::scale`].
    fn curved(&self, count: u32) -> u128 {
        let (count, level_from) = (u128::from(count), u128::from(self.level_from));
        let fall = WHOLE - u128::from(self.floor);
        let falling = count.min(level_from);
        let level = (count - falling) * u128::from(self.floor) * 2 * (level_from - 1);
        falling * self.scale() + level - fall * falling * falling.saturating_sub(1)
    }

    /// What curve(1) = 1 is counted in: twice the length of the slope, times 10,000.
    fn scale(&self) -> u128 {
        2 * (u128::from(self.level_from) - 1) * WHOLE
    }

    /// The discount at a score, as a multiple of 1 / ([`DISCOUNTED`] * [`WHOLE`]).
    fn discount(&self, score: u16) -> u128 {
        let above = u128::from(score).clamp(UNDISCOUNTED, WHOLE) - UNDISCOUNTED;
        above * u128::from(self.largest_discount)
    }
}

/// Nodes that an operator can have in a pool, of one type.
pub const MOST_NODES: u32 = 1 << 24;
