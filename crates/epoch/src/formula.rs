//! The formula (`docs/rewards.md`), of a node and of an operator. Amounts are wei.

use crate::{
    amount::{mul_div, signed_mul_div, wide_mul_div},
    error::Error,
    rows::{NodeType, Row},
    terms::{Terms, WHOLE},
};
use alloy::primitives::U256;

/// Below so many basis points of its expected attestations a node earns nothing.
const FLOOR: u64 = 8_000;
/// The smallest unit of an SSV token in one token.
const TOKEN: u128 = 1_000_000_000_000_000_000;

/// What a node's row comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeReward {
    /// Its part of the pool's rewards.
    pub base: u128,
    /// What it missed of that.
    pub performance: u128,
    /// Other adjustments, O.
    pub other: i128,
    /// All of that, less the penalties of exits.
    pub gross: i128,
    /// R: that, less losses.
    pub reward: i128,
}

/// What nodes share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Common<'a> {
    pub(crate) terms: &'a Terms,
    /// T: wei that the pot is worth.
    pub(crate) pot: u128,
    /// A: attestations of all nodes.
    pub(crate) attestations: u128,
}

impl NodeReward {
    /// Of a row.
    pub(crate) fn of(row: &Row, common: &Common) -> Result<Self, Error> {
        Self::checked(row, common)
            .ok_or_else(|| Error::TooLarge(format!("what node {} earns", row.node)))
    }

    fn checked(row: &Row, common: &Common) -> Option<Self> {
        let terms = common.terms;
        let (made, expected) = (row.attestations, row.expected);
        let base = match common.attestations {
            0 => 0,
            all => {
                let part = u128::from(terms.factor(row.of)) * u128::from(made);
                mul_div(common.pot, part, all.checked_mul(u128::from(WHOLE))?)?
            }
        };
        let reached = made * u64::from(WHOLE);
        let performance = if reached >= u64::from(terms.standing) * expected {
            0
        } else if reached < FLOOR * expected {
            base
        } else {
            mul_div(base, u128::from(expected - made), u128::from(expected))?
        };
        let tokens = match row.of {
            NodeType::Ssv => row.ssv,
            _ => 0,
        };
        // Both prices have less than 128 bits.
        let change = terms.published as i128 - terms.market as i128;
        let other = row
            .adjustment
            .checked_add(signed_mul_div(tokens, change, TOKEN)?)?;
        let earned = i128::try_from(base - performance).ok()?;
        let gross = earned.checked_add(other)?.checked_sub(row.exit as i128)?;
        Some(Self {
            base,
            performance,
            other,
            gross,
            reward: gross.checked_sub(row.loss as i128)?,
        })
    }
}

/// What an operator's nodes come to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sums {
    pub(crate) nodes: u32,
    pub(crate) gross: i128,
    pub(crate) loss: u128,
    /// N and D of its nodes.
    pub(crate) attestations: u64,
    pub(crate) expected: u64,
    /// Of its nodes with a positive R: R, and R times what is funded of it.
    positive: u128,
    lent: U256,
}

impl Sums {
    /// Adds a node.
    pub(crate) fn add(&mut self, row: &Row, reward: &NodeReward) -> Option<()> {
        self.nodes += 1;
        self.gross = self.gross.checked_add(reward.gross)?;
        self.loss = self.loss.checked_add(row.loss)?;
        self.attestations = self.attestations.checked_add(row.attestations)?;
        self.expected = self.expected.checked_add(row.expected)?;
        if reward.reward > 0 {
            let reward = reward.reward.unsigned_abs();
            self.positive = self.positive.checked_add(reward)?;
            self.lent += U256::from(reward) * U256::from(row.funded);
        }
        Some(())
    }

    /// What it is due, or owes.
    pub(crate) fn sum(&self) -> Option<i128> {
        self.gross.checked_sub(i128::try_from(self.loss).ok()?)
    }

    /// What its rewards make up for of its losses.
    pub(crate) fn recovered(&self) -> u128 {
        match u128::try_from(self.gross) {
            Ok(gross) => self.loss.min(gross),
            Err(_) => 0,
        }
    }

    /// What of so much goes to those who lend its bonds.
    pub(crate) fn given(&self, paid: u128) -> Option<u128> {
        if self.lent.is_zero() {
            return Some(0);
        }
        let whole = U256::from(WHOLE) * U256::from(self.positive);
        wide_mul_div(U256::from(paid), self.lent, whole)
    }
}
