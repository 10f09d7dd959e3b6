//! The report: what it consists of, and how it follows from what was read.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    bindings::StakeManager,
    error::{OracleError, Result},
    observation::Observation,
    pool::Standing,
};

/// Wei of a gwei.
pub(crate) const GWEI: u128 = 1_000_000_000;

/// What the committee says about one slot; the fields are those of the stake-manager's `Report`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Report {
    /// Time of the slot, seconds since the epoch.
    pub slot_time: u64,
    /// Balances of all validators, gwei.
    pub cl_balance_gwei: u64,
    /// Counter, gwei: sent out, and in the balances, given back unused, or lost.
    pub deposits_seen_gwei: u64,
    /// Counter, wei: what the gateway received, or gives back unused.
    #[serde(with = "decimal")]
    pub left_seen: u128,
    /// Penalties known and not charged yet, wei.
    #[serde(with = "decimal")]
    pub expected_loss: u128,
    /// Part of the change that makes up for losses reported earlier, wei.
    #[serde(with = "decimal")]
    pub recovered: u128,
    /// The epoch this report ends; 0 if it ends none.
    pub epoch: u32,
}

impl Report {
    /// The report that follows from what was read at a slot, with the last report's terms in `standing`, and `lost` gwei of
    /// what was sent out written off.
    ///
    /// `epoch` is the epoch that ended with the slot asked for, if epochs are counted.
    ///
    /// # Errors
    /// If what was read contradicts itself or does not fit.
    pub fn assemble(
        seen: &Observation,
        standing: &Standing,
        lost: u64,
        epoch: Option<u32>,
    ) -> Result<Self> {
        let gateway = &seen.gateway;
        let contradiction = |why: &str| OracleError::Contradiction {
            block: seen.block_hash,
            why: why.to_owned(),
        };
        let received = gateway.balance.checked_add(gateway.sent_back);
        let received = received.ok_or_else(|| too_large("leftSeen", gateway.balance))?;
        let left_seen = received
            .checked_sub(gateway.held)
            .ok_or_else(|| contradiction("it holds more for deposits than it has"))?;
        let pending: u128 = seen.pending.values().map(|gwei| u128::from(*gwei)).sum();
        let deposited = gateway
            .deposited
            .checked_sub(pending * GWEI)
            .ok_or_else(|| contradiction("more of its deposits wait than it made"))?;
        let deposits_seen = deposited
            .checked_add(gateway.unused)
            .and_then(|seen| seen.checked_add(u128::from(lost) * GWEI))
            .ok_or_else(|| too_large("depositsSeen", gateway.unused))?;
        let deposits_seen_gwei = u64::try_from(deposits_seen / GWEI)
            .map_err(|_| too_large("depositsSeen", deposits_seen))?;

        let expected_loss = u128::from(seen.expected_loss) * GWEI;
        // The stake-manager takes no more than what expected losses fell and the gateway received.
        let source = standing.expected_loss.saturating_sub(expected_loss)
            + left_seen.saturating_sub(standing.left_seen);
        let recovered = (u128::from(seen.spared) * GWEI).min(source);
        Ok(Self {
            slot_time: seen.slot_time,
            cl_balance_gwei: seen.cl_balance,
            deposits_seen_gwei,
            left_seen,
            expected_loss,
            recovered,
            epoch: epoch.filter(|it| *it > standing.closed_epoch).unwrap_or(0),
        })
    }

    /// Its depositsSeen in wei.
    pub(crate) fn deposits_seen(&self) -> u128 {
        u128::from(self.deposits_seen_gwei) * GWEI
    }
}

fn too_large(what: &'static str, amount: u128) -> OracleError {
    OracleError::TooLarge {
        what,
        amount: amount.to_string(),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            slot_time,
            cl_balance_gwei,
            deposits_seen_gwei,
            left_seen,
            expected_loss,
            recovered,
            epoch,
        } = self;
        write!(
            f,
            "slot time {slot_time}: clBalance {cl_balance_gwei} gwei, depositsSeen {deposits_seen_gwei} gwei, \
             leftSeen {left_seen} wei, expectedLoss {expected_loss} wei, recovered {recovered} wei, epoch {epoch}"
        )
    }
}

impl From<Report> for StakeManager::Report {
    fn from(report: Report) -> Self {
        Self {
            slotTime: report.slot_time,
            clBalanceGwei: report.cl_balance_gwei,
            depositsSeenGwei: report.deposits_seen_gwei,
            leftSeen: report.left_seen,
            expectedLoss: report.expected_loss,
            recovered: report.recovered,
            epoch: report.epoch,
        }
    }
}

/// Amounts as decimal text: JSON's numbers are too small for wei.
mod decimal {
    use serde::{de::Error, Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(amount: &u128, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(amount)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u128, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}
