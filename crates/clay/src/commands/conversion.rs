//! Conversion of csETH to IcsETH as it stands, read from the chain.

use alloy::primitives::{Address, U256};

use super::reserve::{percent, Bucket, FlashReserve};
use crate::{
    bindings::FlashExitPool::{
        conversionCall, conversionLiquidityCall, conversionLiquidityReturn, conversionReturn,
    },
    client::Client,
    failure::Failure,
    whitelist::conversion,
};

/// Basis points of a whole.
const WHOLE: u64 = 10_000;

/// Conversion by a flash-exit-pool.
pub(super) struct Conversion {
    /// To which pool, on which terms, and who allows it.
    pub(super) terms: conversionReturn,
    /// What limits it, in wei.
    pub(super) liquidity: conversionLiquidityReturn,
}

impl Conversion {
    /// Reads it.
    pub(super) async fn read(client: &Client, flash_exit_pool: Address) -> Result<Self, Failure> {
        let liquidity = conversionLiquidityCall {};
        Ok(Self {
            terms: client.view(flash_exit_pool, conversionCall {}).await?,
            liquidity: client.view(flash_exit_pool, liquidity).await?,
        })
    }

    /// Whether there is a pool to convert to.
    pub(super) fn is_named(&self) -> bool {
        !self.terms.stakeManager.is_zero()
    }

    /// Why it is off; none while it is on.
    pub(super) fn off(&self) -> Option<String> {
        conversion::off(&self.terms)
    }

    /// Whether it is on, in words.
    pub(super) fn in_words(&self) -> String {
        conversion::standing(&self.terms)
    }

    /// Wei of fee on what is worth so much, rounded up as the contract does.
    pub(super) fn fee(&self, worth: U256) -> U256 {
        (worth * self.terms.fee).div_ceil(U256::from(WHOLE))
    }

    /// The fee in percent.
    pub(super) fn fee_in_percent(&self) -> String {
        percent(self.terms.fee, U256::from(WHOLE))
    }

    /// Its bucket.
    pub(super) fn bucket(&self, reserve: &FlashReserve) -> Bucket {
        Bucket {
            left: self.liquidity.bucket,
            capacity: self.liquidity.bucketCapacity,
            refill: reserve.terms.reportedAssets * self.terms.bucket,
            now: reserve.now,
        }
    }

    /// Wei that the reserve has above what conversions leave in it.
    pub(super) fn above_low_watermark(&self, reserve: &FlashReserve) -> U256 {
        reserve.lent().saturating_sub(self.liquidity.lowWatermark)
    }

    /// Wei that a conversion may be worth now, and what limits it.
    pub(super) fn possible(&self, reserve: &FlashReserve) -> (U256, &'static str) {
        let (bucket, above) = (self.liquidity.bucket, self.above_low_watermark(reserve));
        match bucket <= above {
            true => (bucket, "its bucket"),
            false => (above, "what it leaves in the reserve"),
        }
    }
}
