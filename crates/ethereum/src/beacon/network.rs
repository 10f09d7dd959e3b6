//! The rest of the network: many equal validators that neither earn nor are swept. They are there because the
//! correlation penalty depends on everybody's stake.

use alloy::primitives::{keccak256, Address};
use imbl::Vector;

use crate::{
    clock::FAR_FUTURE_EPOCH,
    validator::{withdrawal_credentials, PublicKey, Validator, COMPOUNDING_BALANCE},
    Config,
};

/// Balance of each validator of the rest of the network, in gwei.
pub const OTHER_BALANCE: u64 = COMPOUNDING_BALANCE;

/// Everybody else.
#[derive(Clone, Debug)]
pub struct RestOfNetwork {
    count: u64,
    /// Epochs in which the first ones were slashed.
    slashed: Vector<u64>,
}

impl RestOfNetwork {
    pub(super) fn new(count: u64) -> Self {
        Self {
            count,
            slashed: Vector::new(),
        }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Slashes the next so many, as far as there are so many; answers how many it were.
    pub(crate) fn slash(&mut self, count: u64, epoch: u64) -> u64 {
        let left = self.count - self.slashed.len() as u64;
        let count = count.min(left);
        for _ in 0..count {
            self.slashed.push_back(epoch);
        }
        count
    }

    /// Effective balance of those active in an epoch, in gwei.
    pub(super) fn active_balance(&self, exit_delay_epochs: u64, epoch: u64) -> u64 {
        let exited = self.slashed.iter();
        let exited = exited.filter(|slashed| **slashed + exit_delay_epochs <= epoch);
        (self.count - exited.count() as u64) * OTHER_BALANCE
    }

    /// Effective balance of those slashed in some epochs, in gwei.
    pub(super) fn slashed_balance(&self, in_window: impl Fn(u64) -> bool) -> u64 {
        let slashed = self.slashed.iter().filter(|epoch| in_window(**epoch));
        slashed.count() as u64 * OTHER_BALANCE
    }

    /// One of them.
    pub(crate) fn validator(&self, config: &Config, index: u64) -> Validator {
        let address = Address::from_word(keccak256(index.to_be_bytes()));
        let mut credentials = withdrawal_credentials(address);
        credentials[0] = 2;
        let validator = Validator {
            effective_balance: OTHER_BALANCE,
            activation_eligibility_epoch: 0,
            activation_epoch: 0,
            ..Validator::new(other_key(index), credentials)
        };
        match self.slashed.get(index as usize) {
            Some(epoch) => {
                let exit_epoch = epoch + config.exit_delay_epochs;
                let withdrawable = exit_epoch + config.withdrawable_delay_epochs;
                Validator {
                    slashed: true,
                    exit_epoch,
                    withdrawable_epoch: withdrawable.max(epoch + config.slashings_vector_epochs),
                    ..validator
                }
            }
            None => Validator {
                exit_epoch: FAR_FUTURE_EPOCH,
                ..validator
            },
        }
    }

    /// Which of them has a key.
    pub(crate) fn index_of(&self, key: &PublicKey) -> Option<u64> {
        let mut index = [0; 8];
        index.copy_from_slice(&key[40..]);
        let index = u64::from_be_bytes(index);
        (index < self.count && other_key(index) == *key).then_some(index)
    }
}

/// Key of one of the others: a hash, with the index in the last eight bytes.
fn other_key(index: u64) -> PublicKey {
    let mut key = PublicKey::ZERO;
    key[..32].copy_from_slice(keccak256(index.to_le_bytes()).as_slice());
    key[40..].copy_from_slice(&index.to_be_bytes());
    key
}
