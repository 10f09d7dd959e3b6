//! The pool's books and its rate, as pure rules.

use alloy_primitives::U256;

use crate::{
    math::{mul_div, product, Rounding},
    storage::Field,
};

/// Shares of 1 ETH at a rate of one; the scale of every rate.
pub const ONE: u128 = 1_000_000_000_000_000_000;

/// Shares that the first deposit locks for good, so that nobody can inflate the rate of a pool that is
/// almost empty. Uniswap v2's MINIMUM_LIQUIDITY.
pub const LOCKED_SHARES: u128 = 1_000;

/// Deposits are refused below a rate of 0.1 (`FLOOR_DIVISOR` shares to an asset), where the holders' loss is
/// so large that newcomers should not price themselves by it.
pub const FLOOR_DIVISOR: u128 = 10;

const TOTAL_ASSETS: Field = Field::new(0, 104);
const TOTAL_SHARES: Field = TOTAL_ASSETS.then(96);
const LAST_REPORT: Field = TOTAL_SHARES.then(32);
const FLAGS: Field = LAST_REPORT.then(24);

/// Most wei the books can hold: 2^103 - 1, about ten million million ETH.
pub const MAX_ASSETS: u128 = TOTAL_ASSETS.max() >> 1;
/// Most shares the books can hold: 2^96 - 1.
pub const MAX_SHARES: u128 = TOTAL_SHARES.max();

/// Conditions that most calls need not know more about than that they do not hold.
pub mod flag {
    /// Somebody paused the contract; until when stands with the guardian.
    pub const PAUSED: u32 = 1;
    /// A report waits for acknowledgement.
    pub const PARKED: u32 = 1 << 1;
    /// A slashing was flagged and not accounted for yet.
    pub const SLASHING: u32 = 1 << 2;
    /// There is a deferred gain.
    pub const DEFERRED: u32 = 1 << 3;
    /// There is an expected loss.
    pub const EXPECTED: u32 = 1 << 4;
    /// There is an acknowledgement that was not used up.
    pub const ACKNOWLEDGED: u32 = 1 << 5;
    /// The guardian has flagged a slashing since it was armed.
    pub const FLAG_SPENT: u32 = 1 << 6;
    /// An earlier reference stood beside the last one when that was set.
    pub const EARLIER_REFERENCE: u32 = 1 << 7;
    /// A whitelist says who may deposit.
    pub const GATED: u32 = 1 << 8;
}

/// What every deposit needs, in one storage word: totalAssets (signed, 104 bits), totalShares (96), last
/// report (32), flags (24).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Books {
    /// Wei owned for the holders; negative when more is owed than owned.
    pub total_assets: i128,
    /// Shares in existence.
    pub total_shares: u128,
    /// Seconds since the epoch; 0 before the first placement.
    pub last_report: u64,
    /// See [`flag`].
    pub flags: u32,
}

/// Gains that are not booked yet, in wei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deferred {
    /// All of it.
    pub gain: u128,
    /// The part that makes up for losses, on which no fee is taken.
    pub fee_free: u128,
}

impl Books {
    /// Reads the word.
    pub fn unpack(word: U256) -> Self {
        Self {
            total_assets: TOTAL_ASSETS.get_signed(word),
            total_shares: TOTAL_SHARES.get(word),
            last_report: LAST_REPORT.get(word) as u64,
            flags: FLAGS.get(word) as u32,
        }
    }

    /// Writes the word; amounts must be within [`MAX_ASSETS`] and [`MAX_SHARES`].
    pub fn pack(self) -> U256 {
        let word = TOTAL_ASSETS.set_signed(U256::ZERO, self.total_assets);
        let word = TOTAL_SHARES.set(word, self.total_shares);
        let word = LAST_REPORT.set(word, u128::from(self.last_report));
        FLAGS.set(word, u128::from(self.flags))
    }

    /// Whether a [`flag`] is set.
    pub fn has(self, flag: u32) -> bool {
        self.flags & flag != 0
    }

    /// The rate; totalAssets below zero prices as zero.
    pub fn rate(self) -> Rate {
        Rate {
            assets: self.total_assets.max(0) as u128,
            shares: self.total_shares,
        }
    }

    /// totalAssets with the part of the deferred gain that makes up for losses, which belongs to those who bore
    /// them. Below zero counts as zero.
    pub fn restored(self, deferred: Deferred) -> u128 {
        let assets = self.total_assets + deferred.fee_free as i128;
        assets.max(0) as u128
    }

    /// The rate with which entries are priced: with the deferred gain counted in. What of it makes up for
    /// losses counts in full, or newcomers would buy into it; the rest up to 10 % of totalAssets, so that a
    /// mistaken report cannot price them out.
    pub fn entry_rate(self, deferred: Deferred) -> Rate {
        let Rate { assets, shares } = self.rate();
        // Divided only when there is a gain, which is rare.
        let counted = match deferred.gain - deferred.fee_free {
            0 => 0,
            gain => gain.min(mul_div(assets, 1, 10, Rounding::Down).unwrap_or(0)),
        };
        Rate {
            assets: self.restored(deferred) + counted,
            shares,
        }
    }
}

/// A price of shares: so many assets for so many shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Wei.
    pub assets: u128,
    /// Shares; none means a rate of one.
    pub shares: u128,
}

impl Rate {
    /// The same price, as a pair that says so: without shares, one for one.
    pub fn or_one(self) -> Self {
        match self.shares {
            0 => Self {
                assets: 1,
                shares: 1,
            },
            _ => self,
        }
    }

    /// Shares for assets; none if they exceed 128 bits or the assets are worth nothing.
    pub fn to_shares(self, assets: u128, rounding: Rounding) -> Option<u128> {
        if self.shares == 0 {
            return Some(assets);
        }
        mul_div(assets, self.shares, self.assets, rounding)
    }

    /// Wei for shares; none if they exceed 128 bits.
    pub fn to_assets(self, shares: u128, rounding: Rounding) -> Option<u128> {
        if self.shares == 0 {
            return Some(shares);
        }
        mul_div(shares, self.assets, self.shares, rounding)
    }

    /// Wei per 1e18 shares, rounded down; saturates.
    pub fn scaled(self) -> u128 {
        self.to_assets(ONE, Rounding::Down).unwrap_or(u128::MAX)
    }

    /// Whether deposits are refused: below a rate of 0.1.
    pub fn is_below_floor(self) -> bool {
        self.assets.saturating_mul(FLOOR_DIVISOR) < self.shares
    }

    /// Whether it is lower than another, compared by exact cross-multiplication.
    pub fn is_below(self, other: Self) -> bool {
        product(self.assets, other.shares) < product(other.assets, self.shares)
    }

    /// The lower of two rates.
    pub fn min(self, other: Self) -> Self {
        match other.is_below(self) {
            true => other,
            false => self,
        }
    }
}

/// Why nothing is priced, as `rateStatus` and `RateNotLive` say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum NotLive {
    /// A report waits for acknowledgement.
    Parked = 1,
    /// A slashing was flagged.
    Slashing = 2,
    /// The last report is older than the freshness limit.
    Overdue = 3,
}

impl Books {
    /// The one predicate that says whether anything is priced. A slashing flag is the caller's to judge
    /// lapsed or not (`slashing`), as its time is stored elsewhere.
    pub fn not_live(self, slashing: bool, freshness_limit: u64, now: u64) -> Option<NotLive> {
        if self.has(flag::PARKED) {
            Some(NotLive::Parked)
        } else if slashing {
            Some(NotLive::Slashing)
        } else if self.last_report != 0 && now > self.last_report + freshness_limit {
            Some(NotLive::Overdue)
        } else {
            None
        }
    }
}
