//! Silent redemption: a way out when orders have not been finalised for long.

use crate::{
    exact::{basis_points, ceil, floor, int, not_negative},
    parameters::Parameter,
    pool::{Account, Pool},
    protection::Window,
    refusal::{require, Answer},
    Exact, Int, DAY,
};

/// When finalisation was open, and what was redeemed since yesterday.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silent {
    /// When finalisation was last open, or the pool's start.
    pub open_at: u64,
    redeemed: Window,
}

impl Silent {
    /// Of a pool set up at a time.
    pub fn new(now: u64) -> Self {
        Self {
            open_at: now,
            redeemed: Window::default(),
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
        let daily = self.silent_daily();
        let redeemed = self.silent.redeemed.counted(DAY, self.now);
        let alone = redeemed == int(0) && daily > int(0);
        let allowed = not_negative(daily - redeemed);
        require!(
            *shares <= allowed || alone,
            AboveSilentLimit,
            shares,
            allowed
        );
        let worth = floor(self.exit_rate().worth(shares));
        let paid = &worth - self.silent_discount(&worth);
        let buffered = not_negative(self.books.buffered.clone());
        require!(paid <= buffered, NotEnoughBuffered, paid, buffered);
        Ok(paid)
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
        // The day starts late enough for an order of many day's shares to be the only one for as many days.
        let days = ceil(Exact::new(shares.clone(), self.silent_daily()));
        let days = u64::try_from(&days).expect("a number of days");
        let starts = self.now + (days - 1) * DAY;
        self.silent.redeemed.count(shares, DAY, self.now, starts);
        self.burn(Account::Queue, shares);
        self.books.buffered -= &wei;
        self.held -= &wei;
        self.pay(receiver, &wei);
        Ok(wei)
    }
}
