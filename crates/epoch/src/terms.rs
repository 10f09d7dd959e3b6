//! What is the same for every node of an epoch.

use std::{fs, path::Path};

use alloy::primitives::{hex, Address};
use serde::{Deserialize, Serialize, Serializer};

use crate::{amount::decimal, error::Error, rows::NodeType};

/// What every node of an epoch has in common (`docs/rewards.md`). Amounts are wei or shares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Id of the chain.
    pub chain: u64,
    /// The rewards-distributor.
    #[serde(serialize_with = "lower_case")]
    pub distributor: Address,
    /// Number of the epoch.
    pub epoch: u32,
    /// Wei for `shares`, at the closing rate.
    #[serde(with = "decimal")]
    pub assets: u128,
    /// Shares for `assets`, at the closing rate.
    #[serde(with = "decimal")]
    pub shares: u128,
    /// Shares that the distributor held and had not promised.
    #[serde(with = "decimal")]
    pub pot: u128,
    /// Parts of an even share.
    pub factors: Factors,
    /// Basis points of the expected attestations.
    pub standing: u16,
    /// Wei for one SSV token, as governance published it.
    #[serde(with = "decimal")]
    pub published: u128,
    /// Wei for one SSV token, as it was in the epoch.
    #[serde(with = "decimal")]
    pub market: u128,
    /// Totals of the last root.
    pub before: Totals,
}

/// Basis points of an even share that a node of each type earns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Factors {
    /// Of an SSV node.
    pub ssv: u16,
    /// Of an Obol node.
    pub obol: u16,
    /// Of a node that runs a validator alone.
    pub direct: u16,
}

/// Shares since the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// Promised.
    #[serde(with = "decimal")]
    pub rewards: u128,
    /// Charged.
    #[serde(with = "decimal")]
    pub penalties: u128,
    /// Burned to make up for losses.
    #[serde(with = "decimal")]
    pub recovered: u128,
}

/// Basis points of a whole.
pub(crate) const WHOLE: u16 = 10_000;
/// A share or a rate needs no more bits.
const LARGEST: u128 = (1 << 112) - 1;

impl Terms {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read, is no such JSON, or says what cannot be.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(path).map_err(Error::io(path))?;
        let terms: Self =
            serde_json::from_str(&text).map_err(|error| Error::malformed(path, error))?;
        let checked = terms.check();
        checked.map_err(|reason| Error::malformed(path, reason))?;
        Ok(terms)
    }

    /// The file's text, in canonical form.
    pub fn text(&self) -> String {
        // Plain data.
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }

    /// Basis points of an even share that a type earns.
    pub fn factor(&self, of: NodeType) -> u16 {
        match of {
            NodeType::Ssv => self.factors.ssv,
            NodeType::Obol => self.factors.obol,
            NodeType::Direct => self.factors.direct,
        }
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        let Factors { ssv, obol, direct } = self.factors;
        let parts = [
            ("factors.ssv", ssv),
            ("factors.obol", obol),
            ("factors.direct", direct),
            ("standing", self.standing),
        ];
        for (name, part) in parts {
            if part > WHOLE {
                return Err(format!("{name} is {part} of {WHOLE} basis points"));
            }
        }
        if self.assets == 0 || self.shares == 0 {
            return Err("the closing rate is zero: nothing can be converted at it".into());
        }
        let amounts = [
            ("assets", self.assets),
            ("shares", self.shares),
            ("pot", self.pot),
            ("published", self.published),
            ("market", self.market),
            ("before.rewards", self.before.rewards),
            ("before.penalties", self.before.penalties),
            ("before.recovered", self.before.recovered),
        ];
        match amounts.iter().find(|(_, amount)| *amount > LARGEST) {
            Some((name, amount)) => Err(format!("{name} is {amount}, above {LARGEST}")),
            None => Ok(()),
        }
    }
}

fn lower_case<S: Serializer>(address: &Address, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex::encode_prefixed(address))
}
