//! What an exit from the flash reserve costs and how large it may be, as pure rules. `docs/books.md` tells them in
//! words.

use crate::math::{mul_div, share, Rounding};

/// Seconds of a day.
const DAY: u64 = 24 * 60 * 60;

/// The reserve as an exit meets it, in wei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reserve {
    /// ETH there is, without the fees kept since it was last topped up.
    pub lent: u128,
    /// ETH there should be.
    pub target: u128,
}

impl Reserve {
    /// The reserve that `held` wei are, with the fees in them that were kept since it was last topped up.
    pub fn new(held: u128, fees_kept: u128, target: u128) -> Self {
        Self {
            lent: held.saturating_sub(fees_kept),
            target,
        }
    }
}

/// A fee curve: `f(u) = min + (max - min) * u^2`, with u the share of the target that is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Curve {
    /// Basis points while nothing is missing.
    pub min: u128,
    /// Basis points when all is missing.
    pub max: u128,
}

impl Curve {
    /// Fee on assets that are there, rounded up: the integral of the curve over them, so that parts cost what the
    /// whole does; `allowance` wei of them, the first, pay the smallest fee.
    ///
    /// `min * assets + (max - min) * target * (u1^3 - u0^3) / 3`
    #[inline(never)]
    pub fn fee(self, reserve: Reserve, assets: u128, allowance: u128) -> u128 {
        let Reserve { lent, target } = reserve;
        let missing = |taken| target.saturating_sub(lent.saturating_sub(taken));
        let (before, after) = (missing(assets.min(allowance)), missing(assets));
        // target * (u1^3 - u0^3) = (after - before) * (after^2 + after * before + before^2) / target^2. Each term has
        // two roundings of less than a wei, which the division by 30,000 below makes less than a tenth of one.
        let taken = after - before;
        let part = |amount, of| mul_div(amount, of, target, Rounding::Up).unwrap_or(0);
        let (by_after, by_before) = (part(taken, after), part(taken, before));
        let cubes = part(by_after, after) + part(by_after, before) + part(by_before, before);
        // Both products are far below 2^128, as are assets.
        let thirds = 3 * self.min * assets + (self.max - self.min) * cubes;
        mul_div(thirds, 1, 30_000, Rounding::Up)
            .unwrap_or(0)
            .min(assets)
    }
}

/// Limits of exits, in basis points; those of totalAssets mean that of the last report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Of the target: what exits leave in the reserve.
    pub low_watermark: u128,
    /// Of totalAssets: what the bucket holds.
    pub capacity: u128,
    /// Of totalAssets: what flows into the bucket in a day.
    pub refill: u128,
    /// Of totalAssets: the largest exit.
    pub largest: u128,
}

/// What was taken out of the bucket and did not flow back yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// Wei, as of `at`.
    pub used: u128,
    /// Seconds since the epoch.
    pub at: u64,
}

/// What an exit may be worth, in wei: the smallest of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Largest exit.
    pub largest: u128,
    /// What the bucket has.
    pub bucket: u128,
    /// What the reserve has above its low watermark.
    pub reserve: u128,
}

impl Room {
    /// The smallest of all.
    pub fn least(self) -> u128 {
        self.largest.min(self.bucket).min(self.reserve)
    }
}

impl Limits {
    /// The bucket at a time: what was used flows back.
    #[inline(never)]
    pub fn refilled(self, bucket: Bucket, reported_assets: u128, now: u64) -> Bucket {
        let elapsed = u128::from(now.saturating_sub(bucket.at));
        let refill = self.refill * elapsed;
        let back = mul_div(
            reported_assets,
            refill,
            10_000 * u128::from(DAY),
            Rounding::Down,
        );
        Bucket {
            used: bucket.used.saturating_sub(back.unwrap_or(u128::MAX)),
            at: now,
        }
    }

    /// What exits may be worth now. The bucket must be that of now.
    #[inline(never)]
    pub fn room(self, bucket: Bucket, reserve: Reserve, reported_assets: u128) -> Room {
        let part = |basis_points| share(reported_assets, basis_points, Rounding::Down);
        let low = share(reserve.target, self.low_watermark, Rounding::Up);
        Room {
            largest: part(self.largest),
            bucket: part(self.capacity).saturating_sub(bucket.used),
            reserve: reserve.lent.saturating_sub(low),
        }
    }
}
