//! Gains: what is booked now, what is deferred, and the fee.

use crate::{
    books::Rate,
    exact::{basis_points, ceil, floor, int, not_negative},
    losses::{AfterRecovery, Fall},
    parameters::Parameter,
    pool::{Account, Pool},
    Exact, Int, DAY,
};

/// The growth cap counts at most so many seconds at once.
const LONGEST_GROWTH: u64 = 7 * DAY;
const YEAR: u64 = 365 * DAY;

/// The rate after the last fee: gains up to it are taxed already.
pub type FeeMark = Rate;

/// What a report books of gains, and the fee on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gain {
    /// Wei that earlier reports gave back to holders, and that join totalAssets now.
    pub returned: Int,
    /// Wei of growth that join totalAssets.
    pub booked: Int,
    /// Wei of fee.
    pub fee: Int,
    /// Shares minted for it: to the operators, the protection-pool and the treasury.
    pub fee_shares: [Int; 3],
}

impl Gain {
    /// All shares of the fee.
    pub fn all_fee_shares(&self) -> Int {
        self.fee_shares.iter().sum()
    }
}

impl AfterRecovery<'_> {
    /// Steps 3 to 5 of a report: what was given back, growth, the fee.
    pub(crate) fn gain(&self, change: &Int, fall: &Fall, slot_time: u64) -> Gain {
        let fee_free = &self.fee_free - &fall.lost_again;
        let returned = self.given_before.clone().min(fee_free.clone());
        if *change < int(0) {
            return Gain {
                returned,
                ..Gain::default()
            };
        }
        let assets = &self.assets + &returned;
        let available = change + &self.deferred - fee_free;
        let booked = available.min(self.growth(&assets, slot_time));
        let after = Rate {
            assets: not_negative(assets + &booked),
            shares: self.shares.clone(),
        };
        let fee = self.fee(&after, booked.clone());
        let fee_shares = self.split(fee_in_shares(&after, &fee));
        Gain {
            returned,
            booked,
            fee,
            fee_shares,
        }
    }

    /// The growth cap in wei. Before the first placement no time has passed.
    fn growth(&self, assets: &Int, slot_time: u64) -> Int {
        let Some(last) = self.pool.reports.last else {
            return int(0);
        };
        let elapsed = (slot_time - last).min(LONGEST_GROWTH);
        let a_year = basis_points(
            &not_negative(assets.clone()),
            self.pool.parameters.get(Parameter::GrowthCap),
        );
        floor(a_year * Exact::new(int(elapsed), int(YEAR)))
    }

    /// The fee on what is booked and not fee-free, as far as it lifts the rate above the highest one taxed.
    fn fee(&self, after: &Rate, taxed: Int) -> Int {
        if after.shares == int(0) {
            return int(0);
        }
        let one = Rate {
            assets: int(1),
            shares: int(1),
        };
        let mark = self.pool.fee_mark.as_ref().unwrap_or(&one);
        let above = not_negative(&after.assets - ceil(mark.worth(&after.shares)));
        floor(basis_points(
            &taxed.min(above),
            self.pool.parameters.get(Parameter::RewardFee),
        ))
    }

    /// Operators and protection get their parts, rounded down, and the treasury the rest.
    fn split(&self, shares: Int) -> [Int; 3] {
        let part = |parameter| floor(basis_points(&shares, self.pool.parameters.get(parameter)));
        let (operators, protection) = (
            part(Parameter::OperatorsSplit),
            part(Parameter::ProtectionSplit),
        );
        let treasury = &shares - &operators - &protection;
        [operators, protection, treasury]
    }
}

/// Shares that are worth a fee once they exist, rounded down.
fn fee_in_shares(after: &Rate, fee: &Int) -> Int {
    if *fee == int(0) {
        return int(0);
    }
    floor(Exact::new(fee * &after.shares, &after.assets - fee))
}

impl Pool {
    pub(crate) fn take_gain(&mut self, gain: &Gain) {
        let [operators, protection, treasury] = &gain.fee_shares;
        self.mint(Account::Operators, operators);
        self.mint(Account::Protection, protection);
        self.mint(Account::Treasury, treasury);
        if gain.all_fee_shares() > int(0) {
            self.fee_mark = Some(self.books.rate());
        }
    }
}
