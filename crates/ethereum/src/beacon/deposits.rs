//! The deposit contract and the queue behind it.

use alloy::primitives::B256;
use sha2::{Digest, Sha256};

use super::Beacon;
use crate::{
    clock::epoch_of,
    validator::{PublicKey, Signature, Validator, EFFECTIVE_BALANCE_INCREMENT},
    Config,
};

/// A deposit that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingDeposit {
    /// Key it is for.
    pub public_key: PublicKey,
    /// Withdrawal credentials it names; they count for the first deposit of a key only.
    pub credentials: B256,
    /// Gwei.
    pub amount: u64,
    /// Signature, looked at for the first deposit of a key only.
    pub signature: Signature,
    /// Slot of the block it was made in.
    pub slot: u64,
    /// Whether the signature is good.
    pub(crate) signed: bool,
    /// Whether the gateway made it. The real chain does not know.
    pub(crate) from_gateway: bool,
}

impl Beacon {
    /// Takes a deposit into the queue.
    pub fn deposit(&mut self, deposit: PendingDeposit) {
        let signed = deposit.signed && !self.bad_signatures.contains(&deposit.public_key);
        self.flows.deposited += deposit.amount;
        let deposit = PendingDeposit { signed, ..deposit };
        self.state.pending.push_back(deposit);
    }

    /// Applies the deposits that have waited long enough. Those for a validator that is leaving wait until it
    /// is withdrawable, and hold up nobody.
    pub(super) fn process_deposits(&mut self, config: &Config, ended: u64) {
        let due = |slot| epoch_of(slot) + config.deposit_delay_epochs <= ended;
        if !self.state.pending.iter().any(|deposit| due(deposit.slot)) {
            return;
        }
        for deposit in std::mem::take(&mut self.state.pending) {
            if due(deposit.slot) && !self.postponed(&deposit, ended) {
                self.apply(deposit);
            } else {
                self.state.pending.push_back(deposit);
            }
        }
    }

    fn postponed(&self, deposit: &PendingDeposit, ended: u64) -> bool {
        let place = self.place(&deposit.public_key);
        let validator = place.and_then(|place| self.state.validators.get(place));
        validator.is_some_and(|it| it.is_leaving() && ended + 1 < it.withdrawable_epoch)
    }

    /// Credits a known key; a new one becomes a validator if the deposit is well signed.
    fn apply(&mut self, deposit: PendingDeposit) {
        let PendingDeposit {
            public_key, amount, ..
        } = deposit;
        if let Some(place) = self.place(&public_key) {
            self.credit(place, amount);
        } else if deposit.signed {
            self.places.insert(public_key, self.state.validators.len());
            let mut validator = Validator::new(public_key, deposit.credentials);
            let whole = amount - amount % EFFECTIVE_BALANCE_INCREMENT;
            validator.effective_balance = whole.min(validator.max_effective_balance());
            self.state.validators.push_back(validator.into());
            self.state.balances.push_back(amount);
        } else {
            self.flows.lost += amount;
        }
    }
}

/// The root that the deposit contract compares: SSZ of public key, credentials, amount in gwei, signature.
pub fn deposit_data_root(
    key: &PublicKey,
    credentials: B256,
    amount: u64,
    signature: &Signature,
) -> B256 {
    let mut padded_key = [0; 64];
    padded_key[..48].copy_from_slice(key.as_slice());
    let mut padded_amount = [0; 32];
    padded_amount[..8].copy_from_slice(&amount.to_le_bytes());
    let mut signature_end = [0; 64];
    signature_end[..32].copy_from_slice(&signature[64..]);

    let signature = pair(sha256(&signature[..64]), sha256(&signature_end));
    pair(
        pair(sha256(&padded_key), credentials),
        pair(B256::new(padded_amount), signature),
    )
}

fn pair(left: B256, right: B256) -> B256 {
    sha256(&[left.0, right.0].concat())
}

fn sha256(bytes: &[u8]) -> B256 {
    B256::from_slice(&Sha256::digest(bytes))
}
