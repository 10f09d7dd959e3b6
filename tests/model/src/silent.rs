//! Silent redemption: a way out when orders have not been finalised for long.

use crate::{
    exact::{basis_points, ceil, floor, int, not_negative},
    parameters::Parameter,
    pool::{Account, Pool},
    refusal::{require, Answer},
    Exact, Int, DAY,
};

/// When finalisation was open, and how much of the daily part is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silent {
    /// When finalisation was last open, or the pool's start.
    pub open_at: u64,
    /// Until when the daily part is used up.
    used_until: u64,
}

impl Silent {
    /// Of a pool set up at a time.
    pub fn new(now: u64) -> Self {
        Self {
            open_at: now,
            used_until: 0,
        }
    }
}

impl Pool {
    /// From when on orders may be redeemed silently, unless they can be finalised.
    pub fn silent_from(&self) -> u64 {
        self.silent.open_at + self.parameters.seconds(Parameter::SilentAfter)
    }

    /// What shares are paid silently now, or why not.
    pub fn silent_price(&self, shares: &Int) -> Answer<Int> {
        let from = self.silent_from();
        require!(self.now >= from, NotSilent, self.now, from);
        if let Some(until) = self.finalisation_open_until() {
            require!(false, FinalisationOpen, until);
        }
        self.silent_days(shares)?;
        let worth = floor(self.exit_rate().worth(shares));
        let paid = &worth - self.silent_discount(&worth);
        let buffered = not_negative(self.books.buffered.clone());
        require!(paid <= buffered, NotEnoughBuffered, paid, buffered);
        Ok(paid)
    }

    /// Until when the daily part is used up with an order: each takes as much time as it is of a day's shares, rounded
    /// up to a second. It must end within a day, or begin now if it alone is more than a day's.
    fn silent_days(&self, shares: &Int) -> Answer<u64> {
        let (daily, used) = (self.silent_daily(), self.silent.used_until.max(self.now));
        let free = (self.now + DAY).saturating_sub(used);
        let allowed = floor(Exact::new(&daily * free, int(DAY)));
        require!(daily > int(0), AboveSilentLimit, shares, allowed);
        let takes = ceil(Exact::new(shares * DAY, daily));
        let takes = u64::try_from(&takes).expect("a time");
        require!(takes.min(DAY) <= free, AboveSilentLimit, shares, allowed);
        Ok(used + takes)
    }

    /// Shares that may go in a day.
    pub fn silent_daily(&self) -> Int {
        floor(basis_points(
            &self.books.total_shares,
            self.parameters.get(Parameter::SilentDaily),
        ))
    }

    /// What stays in the pool: the discount or a parked loss, whichever is larger, up to a limit.
    fn silent_discount(&self, worth: &Int) -> Int {
        let part = |parameter| ceil(basis_points(worth, self.parameters.get(parameter)));
        let most = part(Parameter::SilentMost);
        let parked = match &self.reports.parked {
            None => int(0),
            Some(parked) => {
                let effect = self.effect(&parked.report);
                let assets = self.after_recovery(&effect.recovery).assets;
                match assets > int(0) {
                    true => ceil(Exact::new(worth * &effect.fall.fall, assets)),
                    false => most.clone(),
                }
            }
        };
        part(Parameter::SilentDiscount).max(parked).min(most)
    }

    /// Burns shares of the queue for their silent price.
    pub(crate) fn burn_silently(
        &mut self,
        shares: &Int,
        receiver: Account,
        min: &Int,
    ) -> Answer<Int> {
        let wei = self.silent_price(shares)?;
        require!(receiver.takes_eth(), PayoutRefused, receiver, wei);
        require!(wei >= *min, AssetsBelowMinimum, wei, min);
        self.silent.used_until = self.silent_days(shares)?;
        self.burn(Account::Queue, shares);
        self.books.buffered -= &wei;
        self.held -= &wei;
        self.pay(receiver, &wei);
        Ok(wei)
    }
}
