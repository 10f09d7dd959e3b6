//! The pools there are.

use std::str::FromStr;

use alloy::primitives::U256;

/// The pools there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool {
    /// csETH: anyone may deposit.
    Retail,
    /// IcsETH: whitelisted accounts only.
    Institutional,
}

impl Pool {
    /// Its name on the command line and in the deployment file.
    pub fn name(self) -> &'static str {
        match self {
            Pool::Retail => "retail",
            Pool::Institutional => "institutional",
        }
    }

    /// Name and symbol of its token.
    pub(super) fn token_names(self) -> (&'static str, &'static str) {
        match self {
            Pool::Retail => ("ClayStack Staked Ether", "csETH"),
            Pool::Institutional => ("ClayStack Institutional Staked Ether", "IcsETH"),
        }
    }

    /// Default of the smallest deposit, wei.
    pub(super) fn smallest_deposit(self) -> U256 {
        match self {
            Pool::Retail => U256::from(1_000_000_000_000_000u64),
            Pool::Institutional => U256::from(32_000_000_000_000_000_000u128),
        }
    }

    /// Default of what an account can exit with at the smallest fee in 30 days, wei. Only where accounts are
    /// whitelisted: fresh ones cost nothing.
    pub(super) fn monthly_allowance(self) -> U256 {
        match self {
            Pool::Retail => U256::ZERO,
            Pool::Institutional => U256::from(100_000_000_000_000_000_000u128),
        }
    }
}

impl FromStr for Pool {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "retail" => Ok(Pool::Retail),
            // Its whitelist does not exist yet, and without it anyone could mint.
            "institutional" => {
                Err("the institutional pool needs kyc-whitelist, which is not built yet".into())
            }
            _ => Err("the pools are 'retail' and 'institutional'".into()),
        }
    }
}
