//! The pools there are, and what the institutional one needs beyond the other.

use alloy::primitives::{Address, U256};
use clap::ValueEnum;

use super::roles::{Committee, BOARD};
use crate::failure::Failure;

/// The pools there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Pool {
    /// csETH: anyone may deposit.
    Retail,
    /// IcsETH: whitelisted accounts only.
    Institutional,
}

impl Pool {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Retail, Self::Institutional];

    /// Its name on the command line and in the deployment file.
    pub fn name(self) -> &'static str {
        match self {
            Pool::Retail => "retail",
            Pool::Institutional => "institutional",
        }
    }

    /// The name of one of its contracts in the deployment file.
    pub fn contract(self, name: &str) -> String {
        format!("{}/{name}", self.name())
    }

    /// The contract that is its token.
    pub fn token(self) -> &'static str {
        match self {
            Pool::Retail => "cs-eth-token",
            Pool::Institutional => "ics-eth-token",
        }
    }

    /// Name and symbol of its token.
    pub(super) fn token_names(self) -> (&'static str, &'static str) {
        match self {
            Pool::Retail => ("ClayStack Staked Ether", "csETH"),
            Pool::Institutional => ("ClayStack Institutional Ether", "IcsETH"),
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

    /// Default of the part of its nodes that each bucket should have, basis points: SSV nodes of home operators,
    /// professionals and institutions, then Obol nodes, then direct ones. Institutions alone run the institutional pool.
    pub(super) fn targets(self) -> [u16; 9] {
        match self {
            Pool::Retail => [3_000, 2_000, 500, 1_500, 1_500, 500, 0, 500, 500],
            Pool::Institutional => [0, 0, 4_000, 0, 0, 3_000, 0, 0, 3_000],
        }
    }
}

/// The name in the deployment file of a contract that both pools share.
pub fn shared(name: &str) -> String {
    format!("{SHARED}/{name}")
}

/// Stands for a pool's name where contracts belong to both.
pub(super) const SHARED: &str = "shared";

/// Who decides about the accounts of the institutional pool, and how its shares move.
#[derive(Clone, Debug)]
pub struct Institutional {
    /// Gives rights to accounts, and denies them.
    pub board: Committee,
    /// May deny an account for 7 days.
    pub compliance_officer: Address,
    /// How its shares move.
    pub transfer_policy: TransferPolicy,
}

impl Institutional {
    /// Refuses a Board that cannot decide, and nobody as the compliance officer.
    pub(super) fn require(&self) -> Result<(), Failure> {
        self.board.require(BOARD)?;
        if self.compliance_officer.is_zero() {
            return Err(Failure::Usage(
                "the compliance officer cannot be the zero address: name one with --compliance-officer.".into(),
            ));
        }
        Ok(())
    }
}

/// How IcsETH moves between accounts. Whoever deploys must choose; the owner can switch it later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TransferPolicy {
    /// Between any accounts: the whitelist only says who mints and redeems.
    Open,
    /// Between any accounts, unless one of those involved is denied.
    DenyList,
    /// Only to accounts with the right to hold, and unless one of those involved is denied.
    AllowList,
}

impl TransferPolicy {
    /// Its number at the token.
    pub fn number(self) -> u8 {
        match self {
            TransferPolicy::Open => 1,
            TransferPolicy::DenyList => 2,
            TransferPolicy::AllowList => 3,
        }
    }

    /// The policy with this number at the token.
    pub fn of_number(number: u8) -> Option<Self> {
        let all = Self::value_variants().iter();
        all.copied().find(|policy| policy.number() == number)
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            TransferPolicy::Open => "open",
            TransferPolicy::DenyList => "deny-list",
            TransferPolicy::AllowList => "allow-list",
        }
    }

    /// What a deployment without a choice is told.
    pub(crate) fn missing() -> Failure {
        let choices = Self::value_variants().iter().filter_map(|policy| {
            let value = policy.to_possible_value()?;
            let help = value.get_help()?;
            Some(format!(
                "\n  --transfer-policy {:<10}  {help}",
                policy.name()
            ))
        });
        Failure::Usage(format!(
            "how may shares of the institutional pool move? There is no default, choose one:{}\nOr deploy the other \
             pool alone, with --pool retail.",
            choices.collect::<String>()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_is_explained_to_whoever_chose_none() {
        let words = TransferPolicy::missing().to_string();
        for choice in ["open", "deny-list", "allow-list"] {
            assert!(
                words.contains(&format!("--transfer-policy {choice}")),
                "{words}"
            );
        }
        assert!(words.contains("the right to hold"), "{words}");
    }

    #[test]
    fn targets_are_parts_of_a_whole() {
        for pool in Pool::ALL {
            assert_eq!(pool.targets().iter().sum::<u16>(), 10_000, "{pool:?}");
        }
    }

    #[test]
    fn an_institutional_pool_without_a_deciding_board_is_refused() {
        let institutional = |members: &[u8], officer: u8| Institutional {
            board: Committee::new(
                members
                    .iter()
                    .copied()
                    .map(Address::with_last_byte)
                    .collect(),
                2,
            ),
            compliance_officer: Address::with_last_byte(officer),
            transfer_policy: TransferPolicy::Open,
        };
        institutional(&[1, 2], 3).require().unwrap();
        let refused =
            |institutional: Institutional| institutional.require().unwrap_err().to_string();
        let words = refused(institutional(&[1], 3));
        assert!(words.contains("--board-quorum"), "{words}");
        let words = refused(institutional(&[1, 2], 0));
        assert!(words.contains("--compliance-officer"), "{words}");
    }
}
