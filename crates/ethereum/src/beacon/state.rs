//! The beacon state, as every past slot keeps it: copies share what did not change.

use std::sync::Arc;

use imbl::Vector;

use super::{network::RestOfNetwork, PendingDeposit};
use crate::validator::Validator;

/// State of the beacon chain at a slot.
#[derive(Clone, Debug)]
pub struct BeaconState {
    /// Validators of this simulation. In the Beacon API they come after those of the rest of the network.
    pub validators: Vector<Arc<Validator>>,
    /// Their balances in gwei, at the same places.
    pub balances: Vector<u64>,
    /// Deposits that wait, oldest first.
    pub pending: Vector<PendingDeposit>,
    /// Slashings: epoch and effective balance in gwei, of validators of this simulation.
    pub slashings: Vector<(u64, u64)>,
    /// Everybody else.
    pub others: RestOfNetwork,
}

impl BeaconState {
    pub(super) fn new(other_validators: u64) -> Self {
        Self {
            validators: Vector::new(),
            balances: Vector::new(),
            pending: Vector::new(),
            slashings: Vector::new(),
            others: RestOfNetwork::new(other_validators),
        }
    }

    /// Gwei of deposits that wait.
    pub fn pending_gwei(&self) -> u64 {
        self.pending.iter().map(|deposit| deposit.amount).sum()
    }

    /// Gwei that all validators of this simulation have.
    pub fn balance_gwei(&self) -> u64 {
        self.balances.iter().sum()
    }

    /// Effective balances of all active validators in an epoch, in gwei; those of the rest of the network
    /// included.
    pub fn total_active_balance(&self, exit_delay_epochs: u64, epoch: u64) -> u64 {
        let active = self.validators.iter().filter(|it| it.is_active(epoch));
        let own: u64 = active.map(|it| it.effective_balance).sum();
        own + self.others.active_balance(exit_delay_epochs, epoch)
    }

    /// What was slashed in a window of so many epochs that ends with this one, in gwei.
    pub fn slashed_in_window(&self, window: u64, epoch: u64) -> u64 {
        let in_window = |at: u64| at <= epoch && at + window > epoch;
        let own = self.slashings.iter().filter(|(at, _)| in_window(*at));
        own.map(|(_, gwei)| gwei).sum::<u64>() + self.others.slashed_balance(in_window)
    }
}
