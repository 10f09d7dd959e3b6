//! Slashings: what is taken at once, and what is taken when the others who were slashed are known.

use super::{Beacon, BeaconError};
use crate::{
    validator::{PublicKey, EFFECTIVE_BALANCE_INCREMENT},
    Config,
};

/// A slashing takes this part of the effective balance at once (Electra).
pub const MIN_SLASHING_PENALTY_QUOTIENT: u64 = 4_096;
/// What was slashed counts this many times (Bellatrix and later).
pub const PROPORTIONAL_SLASHING_MULTIPLIER: u64 = 3;

/// The correlation penalty of Electra, in gwei, of a validator with this effective balance, when so much was
/// slashed in the window and so much is active.
pub fn correlation_penalty(effective_balance: u64, slashed: u64, total_active: u64) -> u64 {
    let total = total_active.max(EFFECTIVE_BALANCE_INCREMENT);
    let adjusted = (slashed.saturating_mul(PROPORTIONAL_SLASHING_MULTIPLIER)).min(total);
    let per_increment = adjusted / (total / EFFECTIVE_BALANCE_INCREMENT);
    per_increment * (effective_balance / EFFECTIVE_BALANCE_INCREMENT)
}

impl Beacon {
    /// Slashes a validator: the initial penalty, and its exit.
    pub fn slash(
        &mut self,
        config: &Config,
        key: PublicKey,
        epoch: u64,
    ) -> Result<(), BeaconError> {
        let place = self.known(key)?;
        if !self.state.validators[place].is_slashable(epoch) {
            return Err(BeaconError::NotSlashable { key, epoch });
        }
        self.initiate_exit(config, place, epoch);
        self.change(place, |validator| {
            validator.slashed = true;
            let withdrawable = epoch + config.slashings_vector_epochs;
            validator.withdrawable_epoch = validator.withdrawable_epoch.max(withdrawable);
        });
        let effective = self.state.validators[place].effective_balance;
        self.state.slashings.push_back((epoch, effective));
        self.penalise(place, effective / MIN_SLASHING_PENALTY_QUOTIENT);
        Ok(())
    }

    /// Charges the correlation penalty to those who are half way to their withdrawal.
    pub(super) fn charge_correlation(&mut self, config: &Config, ended: u64) {
        let half = config.slashings_vector_epochs / 2;
        for place in 0..self.state.validators.len() {
            let validator = &self.state.validators[place];
            if !validator.slashed || ended + half != validator.withdrawable_epoch {
                continue;
            }
            let slashed = self
                .state
                .slashed_in_window(config.slashings_vector_epochs, ended);
            let active = self
                .state
                .total_active_balance(config.exit_delay_epochs, ended);
            let penalty = correlation_penalty(validator.effective_balance, slashed, active);
            self.penalise(place, penalty);
        }
    }
}
