//! The terms of the books and the rates made of them.

use crate::{
    exact::{basis_points, int, not_negative},
    floor, Exact, Int,
};

/// A price of shares: so many assets for so many shares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Wei.
    pub assets: Int,
    /// Shares; without any the price is one.
    pub shares: Int,
}

impl Rate {
    /// Assets for a share.
    pub fn price(&self) -> Exact {
        if self.shares == int(0) {
            return Exact::from_integer(int(1));
        }
        Exact::new(self.assets.clone(), self.shares.clone())
    }

    /// The same price as a pair that says so: without shares, one for one.
    pub fn or_one(&self) -> Self {
        match self.shares == int(0) {
            true => Rate {
                assets: int(1),
                shares: int(1),
            },
            false => self.clone(),
        }
    }

    /// What shares are worth.
    pub fn worth(&self, shares: &Int) -> Exact {
        self.price() * shares
    }

    /// Shares that assets are worth. The price must not be zero.
    pub fn shares_for(&self, assets: &Int) -> Exact {
        self.price().recip() * assets
    }

    /// Wei for 1e18 shares, as views and errors show a rate.
    pub fn scaled(&self) -> Int {
        floor(self.worth(&int(10).pow(18)))
    }
}

/// Every term, in wei; names as in the design.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Books {
    /// ETH in the manager that belongs to the holders.
    pub buffered: Int,
    /// ETH lent to the flash-exit-pool.
    pub flash_reserve: Int,
    /// All that was ever placed.
    pub sent_out: Int,
    /// All that ever came back.
    pub came_back: Int,
    /// Of the last applied report: validators' balances.
    pub cl_balance: Int,
    /// Of the last applied report: what was sent out and is on its way no more.
    pub deposits_seen: Int,
    /// Of the last applied report: what has left for here.
    pub left_seen: Int,
    /// Of the last applied report: penalties known and not charged yet.
    pub expected_loss: Int,
    /// Gains above the cap, not booked yet.
    pub deferred_gain: Int,
    /// Part of the deferred gain on which no fee is taken, as it makes up for a loss.
    pub fee_free: Int,
    /// Shares in existence.
    pub total_shares: Int,
}

impl Books {
    /// What the pool owns for its holders; negative when it owes more.
    pub fn total_assets(&self) -> Int {
        &self.buffered
            + &self.flash_reserve
            + (&self.sent_out - &self.deposits_seen)
            + &self.cl_balance
            + (&self.left_seen - &self.came_back)
            - &self.expected_loss
            - &self.deferred_gain
    }

    /// The rate; totalAssets below zero prices as zero.
    pub fn rate(&self) -> Rate {
        Rate {
            assets: not_negative(self.total_assets()),
            shares: self.total_shares.clone(),
        }
    }

    /// The rate of every entry: nobody buys into a deferred gain. What makes up for losses counts in full, the
    /// rest up to a tenth of totalAssets.
    pub fn entry_rate(&self) -> Rate {
        let total_assets = self.total_assets();
        let rest = &self.deferred_gain - &self.fee_free;
        Rate {
            assets: restored(&total_assets, &self.fee_free) + counted(&total_assets, rest),
            shares: self.total_shares.clone(),
        }
    }

    /// The rate of every exit: never above the reference.
    pub fn exit_rate(&self, reference: Option<&Rate>) -> Rate {
        let rate = self.rate();
        match reference {
            Some(reference) if reference.price() < rate.price() => reference.clone(),
            _ => rate,
        }
    }

    /// ETH that left the validators and is not here yet; negative when it arrived before a report saw it.
    pub fn on_its_way_back(&self) -> Int {
        &self.left_seen - &self.came_back
    }
}

/// totalAssets with what makes up for losses; below zero it counts as zero.
pub(crate) fn restored(total_assets: &Int, fee_free: &Int) -> Int {
    not_negative(total_assets + fee_free)
}

/// What an entry counts of gains that make up for nothing.
pub(crate) fn counted(total_assets: &Int, deferred: Int) -> Int {
    let a_tenth = basis_points(&not_negative(total_assets.clone()), &int(1_000));
    floor(a_tenth).min(deferred)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::eth;

    /// 3 ETH here, 32 sent out and seen at 31 by the beacon chain, 2 on their way back.
    fn books() -> Books {
        Books {
            buffered: eth(3),
            sent_out: eth(32),
            deposits_seen: eth(32),
            cl_balance: eth(31),
            left_seen: eth(2),
            total_shares: eth(36),
            ..Books::default()
        }
    }

    #[test]
    fn terms_add_up() {
        assert_eq!(books().total_assets(), eth(36));
        assert_eq!(books().rate().scaled(), eth(1));
    }

    #[test]
    fn what_arrives_changes_nothing() {
        let mut books = books();
        books.came_back += eth(5);
        books.buffered += eth(5);
        assert_eq!(books.total_assets(), eth(36));
        assert_eq!(books.on_its_way_back(), eth(2) - eth(5));
    }

    #[test]
    fn who_enters_pays_for_the_deferred_gain_up_to_a_tenth() {
        let mut books = books();
        books.left_seen += eth(3);
        books.deferred_gain += eth(3);
        assert_eq!(books.rate().scaled(), eth(1));
        assert_eq!(books.entry_rate().assets, eth(39));
        books.left_seen += eth(36);
        books.deferred_gain += eth(36);
        // 36 ETH and a tenth of them.
        assert_eq!(books.entry_rate().assets, eth(396) / 10);
        // All of what makes up for losses.
        books.fee_free += eth(30);
        assert_eq!(books.entry_rate().assets, eth(36 + 30) + eth(36) / 10);
    }

    #[test]
    fn who_leaves_gets_the_lower_of_rate_and_reference() {
        let books = books();
        let lower = Rate {
            assets: int(99),
            shares: int(100),
        };
        let higher = Rate {
            assets: int(101),
            shares: int(100),
        };
        assert_eq!(books.exit_rate(None), books.rate());
        assert_eq!(books.exit_rate(Some(&lower)), lower);
        assert_eq!(books.exit_rate(Some(&higher)), books.rate());
    }
}
