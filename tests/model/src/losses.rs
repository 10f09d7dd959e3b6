//! Losses: who bears a fall, how large it may be, and who gets back what is recovered.

use crate::{
    books::{counted, restored, Rate},
    exact::{basis_points, ceil, floor, int, not_negative},
    parameters::Parameter,
    pool::{Account, Pool},
    protection::Window,
    Exact, Int, DAY,
};

/// The loss caps' window, in seconds. It runs by the reports' slots.
pub const WINDOW: u64 = 30 * DAY;

/// What was lost and not got back, and what the caps count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Wei that holders have borne.
    pub holders_borne: Int,
    /// Wei that the protection-pool has borne.
    pub protection_borne: Int,
    /// Falls of the last 30 days.
    pub window: Window,
}

/// Who gets back what of a recovery.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Wei for holders, by way of the deferred gain and without fee.
    pub holders: Int,
    /// Wei for the protection-pool, which join totalAssets at once.
    pub protection: Int,
    /// Shares minted to it for them.
    pub shares: Int,
    /// Wei that make up for nothing: a gain.
    pub rest: Int,
}

/// A fall and who bears it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fall {
    /// Wei taken from the deferred gain.
    pub from_deferred: Int,
    /// What of it had made up for earlier losses.
    pub lost_again: Int,
    /// The rest, which the caps measure.
    pub fall: Int,
    /// The largest that would be booked without acknowledgement.
    pub allowed: Int,
    /// An acknowledgement is needed, and holds.
    pub acknowledged: bool,
    /// The rate it leads to if nobody covers it, in wei for 1e18 shares.
    pub rate_before_cover: Int,
    /// Shares that would keep the rate.
    pub cover_wanted: Int,
    /// Shares that the protection-pool gives.
    pub cover_given: Int,
    /// Wei of the fall that they cover.
    pub covered: Int,
}

impl Fall {
    /// Whether it is above a cap.
    pub fn is_beyond(&self) -> bool {
        self.fall > self.allowed
    }
}

impl Pool {
    /// Step 1 of a report: holders first, then the protection-pool; the rest is a gain.
    pub(crate) fn recovery(&self, recovered: &Int) -> Recovery {
        let holders = recovered.clone().min(self.losses.holders_borne.clone());
        let protection = (recovered - &holders).min(self.losses.protection_borne.clone());
        // As for any entry, the deferred gain counts, with what holders have just got back.
        let total_assets = self.books.total_assets();
        let rest = &self.books.deferred_gain - &self.books.fee_free;
        let assets = restored(&total_assets, &(&self.books.fee_free + &holders))
            + counted(&total_assets, rest);
        let minted = match assets > int(0) {
            true => floor(Exact::new(&protection * &self.books.total_shares, assets)),
            false => int(0),
        };
        Recovery {
            rest: recovered - &holders - &protection,
            holders,
            protection,
            shares: minted,
        }
    }

    /// The pool as the steps after the recovery see it.
    pub(crate) fn after_recovery(&self, recovery: &Recovery) -> AfterRecovery<'_> {
        AfterRecovery {
            pool: self,
            assets: self.books.total_assets() + &recovery.protection,
            shares: &self.books.total_shares + &recovery.shares,
            given_before: self.books.fee_free.clone(),
            deferred: &self.books.deferred_gain + &recovery.holders,
            fee_free: &self.books.fee_free + &recovery.holders,
            protection: self.balance(Account::Protection) + &recovery.shares,
        }
    }

    pub(crate) fn take_recovery(&mut self, recovery: &Recovery) {
        self.losses.holders_borne -= &recovery.holders;
        self.losses.protection_borne -= &recovery.protection;
        self.mint(Account::Protection, &recovery.shares);
    }

    /// Notes who bore a fall; `change` is the whole of it, below zero.
    pub(crate) fn take_fall(&mut self, change: &Int, fall: &Fall, slot_time: u64) {
        if *change >= int(0) {
            return;
        }
        // What deferred gains took was the holders' as far as it had been given back to them.
        self.losses.holders_borne += &fall.fall - &fall.covered + &fall.lost_again;
        self.losses.protection_borne += &fall.covered;
        self.give_cover(&fall.cover_given);
        if fall.acknowledged {
            self.losses.window.restart(slot_time);
        } else if fall.fall > int(0) {
            self.losses.window.count(&fall.fall, WINDOW, slot_time);
        }
    }
}

/// The pool after step 1 of a report, as the following steps see it.
pub(crate) struct AfterRecovery<'a> {
    /// As it was before.
    pub pool: &'a Pool,
    /// totalAssets.
    pub assets: Int,
    /// totalShares.
    pub shares: Int,
    /// What earlier reports gave back to holders and nobody has booked.
    pub given_before: Int,
    /// The deferred gain.
    pub deferred: Int,
    /// Its fee-free part.
    pub fee_free: Int,
    /// Shares of the protection-pool.
    pub protection: Int,
}

impl AfterRecovery<'_> {
    /// Step 2 of a report.
    pub(crate) fn fall(&self, change: &Int, slot_time: u64) -> Fall {
        if *change >= int(0) {
            return Fall::default();
        }
        let loss = -change;
        let from_deferred = loss.clone().min(self.deferred.clone());
        let fall = loss - &from_deferred;
        // Gains that make up for nothing are taken first.
        let fee_free_left = self.fee_free.clone().min(&self.deferred - &from_deferred);
        let lost_again = &self.fee_free - fee_free_left;
        if fall == int(0) {
            return Fall {
                from_deferred,
                lost_again,
                ..Fall::default()
            };
        }
        let allowed = self.allowed(slot_time);
        let rate_before_cover = Rate {
            assets: not_negative(&self.assets - &fall),
            shares: self.shares.clone(),
        }
        .scaled();
        let acknowledged = fall > allowed && self.is_agreed(&rate_before_cover);
        let cover_wanted = self.cover_wanted(&fall);
        let cover_given = self
            .pool
            .cover_available(&self.protection)
            .min(cover_wanted.clone());
        let covered = match cover_given == cover_wanted && cover_given > int(0) {
            true => fall.clone(),
            false => floor(self.rate().worth(&cover_given)),
        };
        Fall {
            from_deferred,
            lost_again,
            fall,
            allowed,
            acknowledged,
            rate_before_cover,
            cover_wanted,
            cover_given,
            covered,
        }
    }

    /// Shares without which the rate would be what it was, rounded up. If everything falls, all; if there is
    /// nothing that could fall, none.
    fn cover_wanted(&self, fall: &Int) -> Int {
        if self.assets <= int(0) {
            return int(0);
        }
        let shares = ceil(Exact::new(fall * &self.shares, self.assets.clone()));
        shares.min(self.shares.clone())
    }

    /// The largest fall that needs nobody's agreement.
    fn allowed(&self, slot_time: u64) -> Int {
        let assets = not_negative(self.assets.clone());
        let cap = |parameter| floor(basis_points(&assets, self.pool.parameters.get(parameter)));
        let counted = self.pool.losses.window.counted(WINDOW, slot_time);
        let left = not_negative(cap(Parameter::MonthlyLossCap) - counted);
        cap(Parameter::LossCap).min(left)
    }

    /// Whether an acknowledgement holds for a rate before cover.
    fn is_agreed(&self, rate: &Int) -> bool {
        let Some(agreed) = &self.pool.reports.acknowledgement else {
            return false;
        };
        agreed.deadline >= self.pool.now && agreed.lowest <= *rate && *rate <= agreed.highest
    }

    fn rate(&self) -> Rate {
        Rate {
            assets: not_negative(self.assets.clone()),
            shares: self.shares.clone(),
        }
    }
}
