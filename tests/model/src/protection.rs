//! The protection-pool: shares that are burned when a loss is reported, within a cap of 30 days.

use crate::{
    exact::{basis_points, floor, int, not_negative},
    pool::{Account, Pool},
    refusal::{require, Answer},
    Int, DAY,
};

/// A sum that may be used up within a time, which starts with the first use counted in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// What was used, and since when.
    used: Option<(Int, u64)>,
}

impl Window {
    /// What counts at a time.
    pub fn counted(&self, length: u64, now: u64) -> Int {
        match &self.used {
            Some((used, since)) if now < since + length => used.clone(),
            _ => int(0),
        }
    }

    /// When the window that counts at a time started; none if nothing does.
    pub fn since(&self, length: u64, now: u64) -> Option<u64> {
        self.used
            .as_ref()
            .map(|(_, since)| *since)
            .filter(|since| now < since + length)
    }

    /// Counts a use.
    pub fn count(&mut self, amount: &Int, length: u64, now: u64) {
        let since = self.since(length, now).unwrap_or(now);
        self.used = Some((self.counted(length, now) + amount, since));
    }

    /// Starts anew with nothing used.
    pub fn restart(&mut self, now: u64) {
        self.used = Some((int(0), now));
    }
}

/// Cover given in the last 30 days. What it holds is its balance of shares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Protection {
    given: Window,
}

const LENGTH: u64 = 30 * DAY;

impl Pool {
    /// Shares that the protection-pool gives now, if it held so many.
    pub(crate) fn cover_available(&self, held: &Int) -> Int {
        let given = self.protection.given.counted(LENGTH, self.now);
        let cap = floor(basis_points(&(held + &given), &self.parameters.cover_cap));
        not_negative(cap - given).min(held.clone())
    }

    /// Shares that it gives now.
    pub fn cover_available_now(&self) -> Int {
        self.cover_available(&self.balance(Account::Protection))
    }

    /// Burns shares of the protection-pool and counts them.
    pub(crate) fn give_cover(&mut self, shares: &Int) {
        if *shares == int(0) {
            return;
        }
        self.protection.given.count(shares, LENGTH, self.now);
        self.burn(Account::Protection, shares);
    }

    /// Takes shares out of the protection-pool. Owner only.
    pub fn withdraw_protection(
        &mut self,
        caller: Account,
        shares: Int,
        receiver: Account,
    ) -> Answer<()> {
        self.only_owner(caller)?;
        require!(receiver != Account::Nobody, ZeroAddress);
        let balance = self.balance(Account::Protection);
        require!(shares <= balance, AboveBalance, shares, balance);
        self.transfer(Account::Protection, receiver, shares)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_what_it_holds_in_thirty_days() {
        let mut pool = Pool::new(1_000);
        pool.mint(Account::Protection, &int(101));
        assert_eq!(pool.cover_available_now(), int(50));
        pool.give_cover(&int(30));
        // 71 held and 30 given: half of 101 is 50, of which 20 are left.
        assert_eq!(pool.cover_available_now(), int(20));
        pool.now += LENGTH;
        assert_eq!(pool.cover_available_now(), int(35));
    }
}
