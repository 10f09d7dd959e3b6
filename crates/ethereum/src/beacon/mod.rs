//! The beacon chain: validators, their balances, and the queue of deposits.
//!
//! Rules are those of the consensus specification as of Electra, one file each; what is left out (committees,
//! churn limits, sync committees) stands in the configuration as a delay, a rate or a chance.

mod deposits;
mod network;
mod rewards;
mod slashing;
mod state;
mod withdrawals;

use std::collections::{HashMap, HashSet};

use alloy::primitives::B256;

use crate::{
    clock::FAR_FUTURE_EPOCH,
    validator::{PublicKey, Validator, ACTIVATION_BALANCE, EJECTION_BALANCE},
    Config,
};

pub use {
    deposits::{deposit_data_root, PendingDeposit},
    network::{RestOfNetwork, OTHER_BALANCE},
    slashing::{
        correlation_penalty, MIN_SLASHING_PENALTY_QUOTIENT, PROPORTIONAL_SLASHING_MULTIPLIER,
    },
    state::BeaconState,
};

/// Why the beacon chain does not do what is asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BeaconError {
    /// No validator has this key (yet).
    #[error("no validator has the key {0}")]
    UnknownValidator(PublicKey),
    /// It was slashed before, or is not active yet or withdrawable already.
    #[error("validator {key} cannot be slashed in epoch {epoch}")]
    NotSlashable {
        /// Its key.
        key: PublicKey,
        /// The epoch.
        epoch: u64,
    },
    /// It is not active.
    #[error("validator {key} is not active in epoch {epoch}")]
    NotActive {
        /// Its key.
        key: PublicKey,
        /// The epoch.
        epoch: u64,
    },
    /// It must serve longer before it may leave of its own will.
    #[error("validator {key} may exit from epoch {from} on")]
    TooYoung {
        /// Its key.
        key: PublicKey,
        /// First epoch it may exit in.
        from: u64,
    },
    /// It is leaving or has left.
    #[error("validator {key} exits in epoch {exit_epoch}")]
    Leaving {
        /// Its key.
        key: PublicKey,
        /// The epoch.
        exit_epoch: u64,
    },
}

/// Gwei that came into being or went out of the beacon chain, since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BeaconFlows {
    /// Deposited.
    pub deposited: u64,
    /// Earned.
    pub issued: u64,
    /// Taken as penalties.
    pub burned: u64,
    /// Deposited with a bad signature, and gone.
    pub lost: u64,
    /// Withdrawn, to whomever.
    pub withdrawn: u64,
}

/// The beacon chain.
#[derive(Clone, Debug)]
pub(crate) struct Beacon {
    pub state: BeaconState,
    /// Since the start.
    pub flows: BeaconFlows,
    /// Places of validators by their keys. A key never changes its place.
    places: HashMap<PublicKey, usize>,
    /// Participation that is not full, in basis points; below zero it costs.
    participation: HashMap<PublicKey, i32>,
    /// Participation of everybody, while set.
    participation_of_all: Option<i32>,
    /// Keys whose deposit messages are signed wrongly.
    bad_signatures: HashSet<PublicKey>,
}

impl Beacon {
    pub fn new(config: &Config) -> Self {
        Self {
            state: BeaconState::new(config.other_validators),
            flows: BeaconFlows::default(),
            places: HashMap::new(),
            participation: HashMap::new(),
            participation_of_all: None,
            bad_signatures: HashSet::new(),
        }
    }

    /// Ends an epoch in which some validators missed their attestation. The order is the specification's: rewards,
    /// registry, slashings, deposits, effective balances.
    pub fn end_epoch(&mut self, config: &Config, ended: u64, missed: &HashSet<PublicKey>) {
        self.pay_rewards(config, ended, missed);
        self.update_registry(config, ended);
        self.charge_correlation(config, ended);
        self.process_deposits(config, ended);
        self.update_effective_balances();
    }

    /// Place of a key among the validators of this simulation.
    pub fn place(&self, key: &PublicKey) -> Option<usize> {
        self.places.get(key).copied()
    }

    /// Credentials a key was first deposited with; none before that deposit is processed.
    pub fn credentials(&self, key: &PublicKey) -> Option<B256> {
        let place = self.place(key)?;
        Some(self.state.validators.get(place)?.credentials)
    }

    /// Sets what a validator earns, in basis points of the full reward; below zero it is penalised.
    pub fn set_participation(&mut self, key: PublicKey, basis_points: i32) {
        self.participation.insert(key, basis_points);
    }

    /// Sets what every validator earns, until taken back.
    pub fn set_participation_of_all(&mut self, basis_points: Option<i32>) {
        self.participation_of_all = basis_points;
    }

    /// Makes the deposit messages for a key badly signed.
    pub fn spoil_signature(&mut self, key: PublicKey) {
        self.bad_signatures.insert(key);
    }

    /// Lets a validator exit of its own will.
    pub fn exit(&mut self, config: &Config, key: PublicKey, epoch: u64) -> Result<(), BeaconError> {
        let place = self.known(key)?;
        let validator = &self.state.validators[place];
        if validator.is_leaving() {
            let exit_epoch = validator.exit_epoch;
            return Err(BeaconError::Leaving { key, exit_epoch });
        }
        if !validator.is_active(epoch) {
            return Err(BeaconError::NotActive { key, epoch });
        }
        let from = validator.activation_epoch + config.service_epochs;
        if epoch < from {
            return Err(BeaconError::TooYoung { key, from });
        }
        self.initiate_exit(config, place, epoch);
        Ok(())
    }

    fn known(&self, key: PublicKey) -> Result<usize, BeaconError> {
        self.place(&key).ok_or(BeaconError::UnknownValidator(key))
    }

    /// Sets the epochs of a validator's exit, unless they are set.
    fn initiate_exit(&mut self, config: &Config, place: usize, epoch: u64) {
        self.change(place, |validator| {
            if !validator.is_leaving() {
                validator.exit_epoch = epoch + config.exit_delay_epochs;
                validator.withdrawable_epoch =
                    validator.exit_epoch + config.withdrawable_delay_epochs;
            }
        });
    }

    /// Makes validators eligible, active, or ejects them.
    fn update_registry(&mut self, config: &Config, ended: u64) {
        for place in 0..self.state.validators.len() {
            let validator = &self.state.validators[place];
            let waits = validator.activation_epoch == FAR_FUTURE_EPOCH;
            if validator.activation_eligibility_epoch == FAR_FUTURE_EPOCH {
                if validator.effective_balance >= ACTIVATION_BALANCE {
                    self.change(place, |it| it.activation_eligibility_epoch = ended + 1);
                }
            } else if waits && validator.activation_eligibility_epoch <= ended {
                let active = ended + 1 + config.activation_delay_epochs;
                self.change(place, |it| it.activation_epoch = active);
            } else if validator.is_active(ended)
                && validator.effective_balance <= EJECTION_BALANCE
                && !validator.is_leaving()
            {
                self.initiate_exit(config, place, ended);
            }
        }
    }

    /// Changes a validator of the present state; past states keep theirs.
    fn change(&mut self, place: usize, change: impl FnOnce(&mut Validator)) {
        if let Some(validator) = self.state.validators.get_mut(place) {
            change(std::sync::Arc::make_mut(validator));
        }
    }

    /// Credits a validator.
    fn credit(&mut self, place: usize, gwei: u64) {
        self.state.balances[place] += gwei;
    }

    /// Takes up to so many gwei from a validator as a penalty.
    fn penalise(&mut self, place: usize, gwei: u64) {
        let taken = gwei.min(self.state.balances[place]);
        self.state.balances[place] -= taken;
        self.flows.burned += taken;
    }
}
