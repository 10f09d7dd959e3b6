//! What validators earn, and which part of their balance counts.

use std::collections::HashSet;

use super::Beacon;
use crate::{
    clock::EPOCHS_PER_YEAR,
    validator::{PublicKey, Validator, EFFECTIVE_BALANCE_INCREMENT},
    Config,
};

/// All of something, in basis points.
const WHOLE_BP: u128 = 10_000;
/// An effective balance falls when the balance is so much below it, in gwei,
const FALLS_BELOW: u64 = EFFECTIVE_BALANCE_INCREMENT / 4;
/// and rises when it is so much above.
const RISES_ABOVE: u64 = EFFECTIVE_BALANCE_INCREMENT / 4 * 5;

impl Beacon {
    /// Pays, or charges, all who had duties in an epoch, and some missed. A slashed validator counts as absent until it
    /// is withdrawable.
    pub(super) fn pay_rewards(&mut self, config: &Config, ended: u64, missed: &HashSet<PublicKey>) {
        for place in 0..self.state.validators.len() {
            let validator = &self.state.validators[place];
            let pays_for_slashing = validator.slashed && ended + 1 < validator.withdrawable_epoch;
            if !validator.is_active(ended) && !pays_for_slashing {
                continue;
            }
            let mut participation = self.participation(config, validator);
            if missed.contains(&validator.public_key) {
                // Where all lose more than that, as in an inactivity, whoever is absent loses as much.
                participation = participation.min(config.missed_participation_bp);
            }
            let share = u128::from(config.reward_bp) * u128::from(participation.unsigned_abs());
            let gwei = u128::from(validator.effective_balance) * share
                / (WHOLE_BP * WHOLE_BP * u128::from(EPOCHS_PER_YEAR));
            let gwei = u64::try_from(gwei).unwrap_or(u64::MAX);
            if participation < 0 {
                self.penalise(place, gwei);
            } else {
                self.credit(place, gwei);
                self.flows.issued += gwei;
            }
        }
    }

    fn participation(&self, config: &Config, validator: &Validator) -> i32 {
        if validator.slashed {
            return config.slashed_participation_bp;
        }
        let own = self.participation.get(&validator.public_key).copied();
        self.participation_of_all.or(own).unwrap_or(WHOLE_BP as i32)
    }

    /// Follows the balances, with the specification's hysteresis.
    pub(super) fn update_effective_balances(&mut self) {
        for place in 0..self.state.validators.len() {
            let balance = self.state.balances[place];
            let validator = &self.state.validators[place];
            let effective = validator.effective_balance;
            if balance + FALLS_BELOW < effective || effective + RISES_ABOVE < balance {
                let whole = balance - balance % EFFECTIVE_BALANCE_INCREMENT;
                let most = validator.max_effective_balance();
                self.change(place, |it| it.effective_balance = whole.min(most));
            }
        }
    }
}
