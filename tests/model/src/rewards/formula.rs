//! What an epoch brings everybody: `docs/rewards.md`, line by line.

use std::collections::BTreeMap;

use crate::{
    exact::{exact, int, not_negative},
    operators::Type,
    Exact, Int,
};

use super::{Leaf, FUNDERS};

/// Basis points of a whole.
const WHOLE: u64 = 10_000;

/// What is the same for every node. Amounts are wei or shares.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// Wei of the closing rate.
    pub assets: Int,
    /// Shares of the closing rate.
    pub shares: Int,
    /// Shares to give out.
    pub pot: Int,
    /// Basis points by type.
    pub factors: [u64; 3],
    /// Basis points.
    pub standing: u64,
    /// Wei for an SSV token.
    pub published: Int,
    /// The same in the epoch.
    pub market: Int,
}

/// A node's epoch. Amounts are wei.
#[derive(Clone, Debug)]
pub struct Row {
    /// Whose it is.
    pub operator: u32,
    /// Its type.
    pub of: Type,
    /// Attestations, N.
    pub made: u64,
    /// Attestations that were expected, D.
    pub expected: u64,
    /// Penalties of exits.
    pub exit: Int,
    /// Losses that it answers for.
    pub loss: Int,
    /// Smallest units of SSV tokens.
    pub ssv: Int,
    /// Anything else.
    pub adjustment: Int,
    /// Basis points that funders get.
    pub funded: u64,
}

/// What comes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Every account's leaf.
    pub leaves: BTreeMap<u32, Leaf>,
    /// Shares that the pool recovers.
    pub recovered: Int,
}

fn quotient(above: Int, below: impl Into<Int>) -> Int {
    crate::floor(Exact::new(above, below.into()))
}

/// An operator's nodes.
#[derive(Clone, Default)]
struct Sums {
    gross: Int,
    loss: Int,
    positive: Int,
    lent: Int,
    made: u64,
    expected: u64,
}

impl Inputs {
    /// Applies the formula to an epoch's rows and the leaves of the last root.
    pub fn outcome(&self, rows: &[Row], before: &BTreeMap<u32, Leaf>) -> Outcome {
        let worth = quotient(&self.pot * &self.assets, self.shares.clone());
        let all: u64 = rows.iter().map(|row| row.made).sum();
        let mut operators: BTreeMap<u32, Sums> = BTreeMap::new();
        for row in rows {
            let gross = self.gross(row, &worth, all);
            let reward = &gross - &row.loss;
            let sums = operators.entry(row.operator).or_default();
            sums.gross += gross;
            sums.loss += &row.loss;
            sums.made += row.made;
            sums.expected += row.expected;
            if reward > int(0) {
                sums.lent += &reward * row.funded;
                sums.positive += reward;
            }
        }
        let recoverable = operators.values().map(|it| {
            let gross = not_negative(it.gross.clone());
            it.loss.clone().min(gross)
        });
        let recovered = recoverable.sum::<Int>().min(worth.clone());
        let left = &worth - &recovered;
        let due = operators.values().map(|it| &it.gross - &it.loss);
        let positive: Int = due.map(not_negative).sum();

        let mut leaves = before.clone();
        let mut funders = int(0);
        for (operator, it) in &operators {
            let sum = &it.gross - &it.loss;
            let mut paid = not_negative(sum.clone());
            if positive > left {
                paid = quotient(paid * &left, positive.clone());
            }
            let mut given = int(0);
            if it.lent > int(0) {
                given = quotient(&paid * &it.lent, WHOLE * &it.positive);
            }
            let leaf = leaves.entry(*operator).or_default();
            leaf.rewards += self.in_shares(&paid - &given);
            let charged = exact(&not_negative(-sum)) * self.price();
            leaf.penalties += crate::ceil(charged);
            if it.expected > 0 {
                // Of the whole expression only the end is rounded.
                let reached = Exact::new(int(WHOLE * it.made), int(it.expected));
                let eighth = (exact(&int(7 * leaf.performance)) + reached) / exact(&int(8));
                leaf.performance = u64::try_from(crate::floor(eighth)).expect("below 10,001");
                leaf.epochs += 1;
            }
            funders += given;
        }
        if funders > int(0) {
            let leaf = leaves.entry(FUNDERS).or_default();
            leaf.rewards += self.in_shares(funders);
        }
        Outcome {
            leaves,
            recovered: self.in_shares(recovered),
        }
    }

    /// Shares for a wei.
    fn price(&self) -> Exact {
        Exact::new(self.shares.clone(), self.assets.clone())
    }

    fn in_shares(&self, wei: Int) -> Int {
        crate::floor(exact(&wei) * self.price())
    }

    /// A node's, in an epoch in which so many attestations were made for a pot worth so much.
    fn gross(&self, row: &Row, worth: &Int, all: u64) -> Int {
        let mut base = int(0);
        if all > 0 {
            let factor = self.factors[row.of as usize];
            base = quotient(worth * factor * row.made, int(all) * WHOLE);
        }
        let (made, expected) = (int(row.made), int(row.expected));
        let performance = if &made * WHOLE >= &expected * self.standing {
            int(0)
        } else if &made * WHOLE < &expected * 8_000u64 {
            base.clone()
        } else {
            quotient(&base * (&expected - made), expected)
        };
        let tokens = match row.of {
            Type::Ssv => row.ssv.clone(),
            _ => int(0),
        };
        let change = &self.published - &self.market;
        let other = &row.adjustment + quotient(tokens * change, crate::exact::eth(1));
        base - performance + other - &row.exit
    }
}
