//! The flash reserve as an exit meets it, read from the chain.

use alloy::primitives::{
    utils::{format_units, Unit},
    Address, U256,
};

use clay_shared::pausable::UNTIL_UNPAUSED;

use super::{status::why_not_live, PoolContracts};
use crate::{
    amount::display_eth,
    bindings::{
        FlashExitPool::{
            feesCall, feesReturn, limitsCall, limitsReturn, liquidityCall, liquidityReturn,
        },
        StakeManager::{
            pausedUntilCall, rateStatusCall, rateStatusReturn, reserveTermsCall, reserveTermsReturn,
        },
    },
    client::Client,
    failure::Failure,
    moment,
};

/// Basis points of a whole.
const WHOLE: u64 = 10_000;
/// Seconds.
const DAY: u64 = 24 * 60 * 60;

/// The flash-exit-pool with what its exits depend on. Amounts are wei.
pub(super) struct FlashReserve {
    /// The flash-exit-pool.
    pub(super) pool: Address,
    /// The reserve, and what limits an exit now.
    pub(super) liquidity: liquidityReturn,
    /// The stake-manager's side: exitRate, totalAssets of the last report, target.
    pub(super) terms: reserveTermsReturn,
    /// The curve of fees.
    pub(super) curve: FeeCurve,
    /// Limits in basis points.
    pub(super) limits: limitsReturn,
    /// Why nobody can exit now; none while exits are open.
    pub(super) closed: Option<String>,
    /// The chain's time, seconds.
    pub(super) now: u64,
}

/// Something that an exit may not be worth more than.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    /// The largest exit.
    Largest,
    /// What the bucket has.
    Bucket,
    /// What the reserve has above its low watermark.
    LowWatermark,
}

impl Limit {
    /// All of them.
    pub(super) const ALL: [Self; 3] = [Self::Largest, Self::Bucket, Self::LowWatermark];

    /// As people call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Limit::Largest => "the largest exit",
            Limit::Bucket => "the bucket",
            Limit::LowWatermark => "the low watermark",
        }
    }

    /// Its key in JSON.
    pub(super) fn key(self) -> &'static str {
        match self {
            Limit::Largest => "largest",
            Limit::Bucket => "bucket",
            Limit::LowWatermark => "lowWatermark",
        }
    }
}

impl FlashReserve {
    /// Reads it.
    pub(super) async fn read(client: &Client, contracts: &PoolContracts) -> Result<Self, Failure> {
        let pool = contracts.at(client, "flash-exit-pool").await?;
        let now = client.now().await?;
        let feesReturn { min, max } = client.view(pool, feesCall {}).await?;
        let pausable = [
            ("the stake-manager", contracts.manager),
            ("the flash-exit-pool", pool),
        ];
        Ok(Self {
            pool,
            liquidity: client.view(pool, liquidityCall {}).await?,
            terms: client.view(contracts.manager, reserveTermsCall {}).await?,
            curve: FeeCurve { min, max },
            limits: client.view(pool, limitsCall {}).await?,
            closed: closed(client, contracts.manager, &pausable, now).await?,
            now,
        })
    }

    /// What shares are worth at exitRate, rounded down as an exit does.
    pub(super) fn worth(&self, shares: U256) -> U256 {
        // Neither is above 2^128.
        let worth = shares.saturating_mul(self.terms.exitAssets);
        worth.checked_div(self.terms.exitShares).unwrap_or_default()
    }

    /// What an exit may be worth by one limit.
    pub(super) fn room(&self, limit: Limit) -> U256 {
        match limit {
            Limit::Largest => self.liquidity.largest,
            Limit::Bucket => self.liquidity.bucket,
            Limit::LowWatermark => self.lent().saturating_sub(self.liquidity.lowWatermark),
        }
    }

    /// The limit that is reached first.
    pub(super) fn tightest(&self) -> Limit {
        let rooms = Limit::ALL.map(|limit| (self.room(limit), limit));
        let [first, others @ ..] = rooms;
        let tighter = |one: (U256, Limit), other: (U256, Limit)| match other.0 < one.0 {
            true => other,
            false => one,
        };
        others.into_iter().fold(first, tighter).1
    }

    /// The reserve without the fees kept in it, as limits and fees see it.
    pub(super) fn lent(&self) -> U256 {
        self.liquidity
            .reserve
            .saturating_sub(self.liquidity.feesKept)
    }

    /// What of the target is missing.
    pub(super) fn missing(&self) -> U256 {
        self.liquidity.target.saturating_sub(self.lent())
    }

    /// The missing part of the target, times 1e18.
    pub(super) fn missing_share(&self) -> U256 {
        self.share_of_target(self.missing())
    }

    /// The part of the target, times 1e18, that is missing when the reserve is at its low watermark; all of it where
    /// there is no target.
    pub(super) fn furthest_share(&self) -> U256 {
        let liquidity = &self.liquidity;
        if liquidity.target.is_zero() {
            return Unit::ETHER.wei();
        }
        self.share_of_target(liquidity.target.saturating_sub(liquidity.lowWatermark))
    }

    fn share_of_target(&self, amount: U256) -> U256 {
        let ether = Unit::ETHER.wei();
        (amount * ether)
            .checked_div(self.liquidity.target)
            .unwrap_or_default()
    }

    /// The bucket of exits.
    pub(super) fn bucket(&self) -> Bucket {
        Bucket {
            left: self.liquidity.bucket,
            capacity: self.liquidity.bucketCapacity,
            refill: self.terms.reportedAssets * self.limits.refill,
            now: self.now,
        }
    }
}

/// A bucket that limits what leaves the reserve. Amounts are wei.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    /// What is in it.
    pub(super) left: U256,
    /// What it can hold.
    pub(super) capacity: U256,
    /// What flows back a day, times 10,000.
    pub(super) refill: U256,
    /// The chain's time, seconds.
    pub(super) now: u64,
}

impl Bucket {
    /// When it will have so much more than it has, in seconds since the epoch; none if it never will.
    fn refilled(&self, more: U256) -> Option<u64> {
        let seconds = match more.is_zero() {
            true => U256::ZERO,
            false if self.refill.is_zero() => return None,
            false => (more * U256::from(WHOLE * DAY)).div_ceil(self.refill),
        };
        Some(self.now.saturating_add(seconds.saturating_to()))
    }

    /// When it is full; none if it never will be.
    pub(super) fn full(&self) -> Option<u64> {
        self.refilled(self.capacity.saturating_sub(self.left))
    }

    /// When it is full, in words.
    pub(super) fn full_in_words(&self) -> String {
        self.in_words(self.full())
    }

    /// When it has enough for what is worth so much, if it can ever hold that; `what` names it.
    pub(super) fn enough_in_words(&self, what: &str, worth: U256) -> String {
        if worth <= self.capacity {
            let enough = self.refilled(worth.saturating_sub(self.left));
            return format!("enough for {what} {}", self.in_words(enough));
        }
        format!(
            "never more than {}, and that {}",
            display_eth(self.capacity),
            self.full_in_words()
        )
    }

    fn in_words(&self, time: Option<u64>) -> String {
        match time {
            Some(time) => moment::told(time, self.now),
            None => "never, as nothing flows back into it".into(),
        }
    }
}

/// Why a stake-manager prices nothing now, or one more contract that may be paused does nothing; none if they do. Pausable
/// contracts are given with their names.
pub(super) async fn closed(
    client: &Client,
    manager: Address,
    pausable: &[(&str, Address)],
    now: u64,
) -> Result<Option<String>, Failure> {
    let rateStatusReturn {
        live,
        reason,
        since,
        ..
    } = client.view(manager, rateStatusCall {}).await?;
    if !live {
        let (why, since) = (
            why_not_live(reason),
            moment::told(since.saturating_to(), now),
        );
        return Ok(Some(format!("{why}, since {since}")));
    }
    for (name, contract) in pausable {
        let until = client.view(*contract, pausedUntilCall {}).await?;
        if !until.is_zero() {
            return Ok(Some(match until.saturating_to() {
                UNTIL_UNPAUSED => format!("{name} is paused until its owner ends it"),
                until => format!("{name} is paused; this ends {}", moment::told(until, now)),
            }));
        }
    }
    Ok(None)
}

/// The fee of the next wei by how much of the target is missing: `min + (max - min) * u^2`, in basis points.
#[derive(Clone, Copy, Debug)]
pub(super) struct FeeCurve {
    /// While nothing is missing.
    pub(super) min: U256,
    /// When all is missing.
    pub(super) max: U256,
}

impl FeeCurve {
    /// Wei of fee per ETH where this part of the target, times 1e18, is missing.
    pub(super) fn at(self, missing_share: U256) -> U256 {
        let ether = Unit::ETHER.wei();
        let square = missing_share * missing_share / ether;
        let above = self.max.saturating_sub(self.min) * square;
        (self.min * ether + above) / U256::from(WHOLE)
    }
}

/// How much less than quoted may be paid where no least was named, in basis points. Rates move a little with what others do
/// first, and by default a largest exit that comes first makes the next one at most 8 basis points dearer.
const TOLERANCE: u64 = 10;

/// The least that is taken: what was named, or what was quoted less the tolerance.
pub(super) fn least(named: Option<U256>, quoted: U256) -> U256 {
    named.unwrap_or_else(|| quoted - quoted * U256::from(TOLERANCE) / U256::from(WHOLE))
}

/// A fee, also as a part of what it is taken from.
pub(super) fn fee_in_words(fee: U256, worth: U256) -> String {
    format!("{} ({})", display_eth(fee), percent(fee, worth))
}

/// A part of something in percent, to four decimals: `0.5033 %`.
pub(super) fn percent(part: U256, of: U256) -> String {
    if of.is_zero() {
        return "0 %".into();
    }
    let rounded = (part * U256::from(1_000_000) + of / U256::from(2)) / of;
    // Four decimals are known to it.
    let text = format_units(rounded, 4).unwrap_or_default();
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} %")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eth(milli: u64) -> U256 {
        U256::from(milli) * U256::from(1_000_000_000_000_000u64)
    }

    /// 1,000 ETH in the pool, 10 of 50 lent to the reserve, which has kept 1 of fees; default parameters.
    fn reserve() -> FlashReserve {
        FlashReserve {
            pool: Address::ZERO,
            liquidity: liquidityReturn {
                reserve: eth(11_000),
                feesKept: eth(1_000),
                target: eth(50_000),
                lowWatermark: eth(5_000),
                bucketCapacity: eth(10_000),
                bucket: eth(7_500),
                largest: eth(5_000),
            },
            terms: reserveTermsReturn {
                open: true,
                exitAssets: eth(1_100_000),
                exitShares: eth(1_000_000),
                reportedAssets: eth(1_000_000),
                reserve: eth(11_000),
                target: eth(50_000),
            },
            curve: FeeCurve {
                min: U256::from(50),
                max: U256::from(100),
            },
            limits: limitsReturn {
                lowWatermark: U256::from(1_000),
                capacity: U256::from(100),
                refill: U256::from(100),
                largest: U256::from(50),
            },
            closed: None,
            now: 1_000,
        }
    }

    #[test]
    fn fees_kept_count_neither_for_limits_nor_for_the_fee() {
        let reserve = reserve();
        assert_eq!(reserve.room(Limit::LowWatermark), eth(5_000));
        assert_eq!(reserve.missing(), eth(40_000));
        assert_eq!(reserve.missing_share(), eth(800));
        assert_eq!(reserve.furthest_share(), eth(900));
        // 0.5 % and 0.5 % * 0.8^2.
        assert_eq!(
            reserve.curve.at(eth(800)),
            eth(10) * U256::from(82) / U256::from(100)
        );
        assert_eq!(reserve.worth(eth(2_000)), eth(2_200));
    }

    #[test]
    fn the_first_of_the_smallest_limits_is_the_tightest() {
        let mut reserve = reserve();
        assert_eq!(reserve.tightest(), Limit::Largest);
        reserve.liquidity.reserve -= U256::from(1);
        assert_eq!(reserve.tightest(), Limit::LowWatermark);
        reserve.liquidity.bucket = U256::ZERO;
        assert_eq!(reserve.tightest(), Limit::Bucket);
    }

    #[test]
    fn the_bucket_refills_by_its_rate() {
        let mut reserve = reserve();
        // 10 ETH a day.
        assert_eq!(reserve.bucket().refilled(U256::ZERO), Some(1_000));
        assert_eq!(reserve.bucket().refilled(U256::from(1)), Some(1_001));
        assert_eq!(reserve.bucket().full(), Some(1_000 + DAY / 4));
        reserve.limits.refill = U256::ZERO;
        assert_eq!(reserve.bucket().full(), None);
    }

    #[test]
    fn parts_are_told_in_percent() {
        assert_eq!(percent(eth(5), eth(1_000)), "0.5 %");
        assert_eq!(percent(U256::from(1), U256::from(3)), "33.3333 %");
        assert_eq!(percent(U256::from(2), U256::from(3)), "66.6667 %");
        assert_eq!(percent(eth(1), eth(1)), "100 %");
        assert_eq!(percent(U256::ZERO, U256::ZERO), "0 %");
    }
}
