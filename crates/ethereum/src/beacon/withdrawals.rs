//! The sweep: what stands above 32 ETH, and what is withdrawable, goes to its withdrawal address.

use alloy::primitives::Address;

use super::Beacon;
use crate::validator::{withdrawal_address, Validator};

/// A withdrawal, in the block of the slot it is made in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// Receiver on L1.
    pub address: Address,
    /// Gwei.
    pub amount: u64,
}

impl Beacon {
    /// Sweeps all validators in an epoch.
    pub fn sweep(&mut self, epoch: u64) -> Vec<Withdrawal> {
        let mut withdrawals = Vec::new();
        for place in 0..self.state.validators.len() {
            let validator = &self.state.validators[place];
            let Some(address) = withdrawal_address(validator.credentials) else {
                continue;
            };
            let amount = withdrawable(validator, self.state.balances[place], epoch);
            if amount > 0 {
                self.state.balances[place] -= amount;
                self.flows.withdrawn += amount;
                withdrawals.push(Withdrawal { address, amount });
            }
        }
        withdrawals
    }
}

/// Gwei of a balance that a sweep takes.
fn withdrawable(validator: &Validator, balance: u64, epoch: u64) -> u64 {
    if validator.withdrawable_epoch <= epoch {
        return balance;
    }
    let most = validator.max_effective_balance();
    if validator.effective_balance == most {
        balance.saturating_sub(most)
    } else {
        0
    }
}
