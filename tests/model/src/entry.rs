//! ETH that comes in: deposits, and what the gateway sends back.

use crate::{
    exact::{floor, int, not_negative},
    parameters::Parameter,
    pool::{Account, Pool},
    refusal::{require, Answer},
    Int,
};

/// Shares that the first deposit locks.
pub const LOCKED: u64 = 1_000;

impl Pool {
    /// Deposits ETH for a receiver: shares at the entry rate, rounded down. `asked` is what the caller says it
    /// sends.
    pub fn deposit(
        &mut self,
        sent: &Int,
        asked: &Int,
        receiver: Account,
        min_shares: &Int,
    ) -> Answer<Int> {
        require!(sent == asked, DepositValueMismatch, asked, sent);
        let shares = self.shares_of_deposit(sent, receiver, min_shares)?;
        if self.books.total_shares == int(0) {
            self.mint(Account::Dead, &int(LOCKED));
        }
        self.mint(receiver, &shares);
        self.books.buffered += sent;
        self.held += sent;
        Ok(shares)
    }

    /// What a deposit would mint to its receiver, or why it would be refused.
    fn shares_of_deposit(&self, assets: &Int, receiver: Account, min_shares: &Int) -> Answer<Int> {
        require!(receiver != Account::Nobody, ZeroAddress);
        self.not_paused()?;
        self.live()?;
        let smallest = self.parameters.get(Parameter::SmallestDeposit);
        require!(assets >= smallest, DepositBelowSmallest, assets, smallest);
        let rate = self.books.rate();
        let floor_rate = int(10).pow(17);
        // Exactly a tenth is enough.
        require!(
            &rate.assets * 10 >= rate.shares,
            RateBelowFloor,
            rate.scaled(),
            floor_rate
        );
        let rate = self.books.entry_rate();
        let first = self.books.total_shares == int(0);
        let locked = int(if first { LOCKED } else { 0 });
        let minted = floor(rate.shares_for(assets));
        require!(minted > locked, SharesBelowMinimum, minted, &locked + 1);
        let shares = minted - locked;
        require!(
            shares >= *min_shares,
            SharesBelowMinimum,
            shares,
            min_shares
        );
        Ok(shares)
    }

    /// What the view says a deposit would mint: the numbers alone, no refusal.
    pub fn preview_deposit(&self, assets: &Int) -> Int {
        let rate = self.books.entry_rate();
        if rate.shares == int(0) {
            return not_negative(assets - LOCKED);
        }
        if rate.assets == int(0) {
            return int(0);
        }
        floor(rate.shares_for(assets))
    }

    /// Whether any deposit is possible now.
    pub fn takes_deposits(&self) -> bool {
        let rate = self.books.rate();
        self.not_paused().is_ok() && self.live().is_ok() && &rate.assets * 10 >= rate.shares
    }

    /// ETH from the gateway. Nothing stops it and it prices nothing.
    pub fn take_back(&mut self, wei: &Int) {
        self.held += wei;
        self.books.buffered += wei;
        self.books.came_back += wei;
    }

    /// Books ETH that came without a call as returned, up to what is still expected. Open to all.
    pub fn book_returned(&mut self) -> Answer<Int> {
        let unbooked = &self.held - &self.books.buffered;
        let expected = not_negative(self.books.on_its_way_back());
        let booked = unbooked.clone().min(expected.clone());
        require!(booked > int(0), NothingReturned, unbooked, expected);
        self.books.buffered += &booked;
        self.books.came_back += &booked;
        Ok(booked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::eth;

    const ALICE: Account = Account::User(0);

    #[test]
    fn the_first_deposit_locks_a_thousand_shares() {
        let mut pool = Pool::new(1);
        let shares = pool.deposit(&eth(1), &eth(1), ALICE, &int(0)).unwrap();
        assert_eq!(shares, eth(1) - 1_000);
        assert_eq!(pool.balance(Account::Dead), int(1_000));
        assert_eq!(pool.books.total_assets(), eth(1));
    }

    #[test]
    fn a_deposit_rounds_down() {
        let mut pool = Pool::new(1);
        pool.deposit(&eth(1), &eth(1), ALICE, &int(0)).unwrap();
        pool.books.left_seen = eth(2); // a rate of three
        let shares = pool.deposit(&eth(1), &eth(1), ALICE, &int(0)).unwrap();
        assert_eq!(shares, eth(1) / 3);
    }

    #[test]
    fn what_came_without_a_call_is_booked_up_to_what_is_expected() {
        let mut pool = Pool::new(1);
        pool.deposit(&eth(3), &eth(3), ALICE, &int(0)).unwrap();
        pool.force_eth(eth(5));
        let refused = pool.book_returned().unwrap_err();
        assert_eq!(refused.error, "NothingReturned");
        pool.books.left_seen = eth(2);
        let before = pool.books.total_assets();
        assert_eq!(pool.book_returned(), Ok(eth(2)));
        assert_eq!(pool.books.total_assets(), before);
        assert_eq!(pool.books.buffered, eth(5));
    }
}
