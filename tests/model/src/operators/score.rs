//! How an operator is judged, and what that means for its place.

use super::{lines::Class, Operator, Registry};

/// What changes conduct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A node left in time.
    TimelyExit,
    /// Its part of an exit came late.
    LateExit,
    /// The beacon chain made its validator leave.
    ForcedExit,
    /// Its validator was slashed.
    Slashing,
    /// A ceremony failed by it.
    FailedCeremony,
}

impl Operator {
    /// The mean of performance and conduct, rounded down.
    pub fn score(&self) -> u64 {
        (self.performance + self.conduct) / 2
    }

    /// 2,500 for whoever is not proven; else in a straight line with the score from there to 10,000, rounded down.
    pub fn weight(&self) -> u64 {
        match self.proven {
            false => 2_500,
            true => 2_500 + self.score() * 7_500 / 10_000,
        }
    }
}

impl Registry {
    /// (load + 1) / weight in hundred-thousandths, rounded down to one of 65,536.
    pub fn class(&self, operator: u32) -> Class {
        let weight = self.operators[&operator].weight();
        ((self.load(operator) + 1) * 100_000 / weight).min(65_535)
    }

    /// Changes conduct and moves the operator in its lines.
    pub(crate) fn judge(&mut self, operator: u32, cause: Cause) {
        let it = self.operator_mut(operator);
        let change = match cause {
            Cause::TimelyExit => 250,
            Cause::LateExit => -1_000,
            Cause::ForcedExit => -2_500,
            Cause::Slashing => -5_000,
            Cause::FailedCeremony => -500 * (1i64 << it.failed.min(5)),
        };
        it.conduct = (it.conduct as i64 + change).clamp(0, 10_000) as u64;
        self.place(operator);
    }
}
