//! Correlation penalties: what a slashed validator will still be charged, and what it was charged.
//!
//! Half way between a slashing and the withdrawal, the beacon chain charges a penalty that depends on how much was
//! slashed around the same time (consensus specification, Electra, `process_slashings`):
//!
//! ```text
//! adjusted_total_slashing_balance = min(sum(state.slashings) * PROPORTIONAL_SLASHING_MULTIPLIER, total_balance)
//! penalty_per_effective_balance_increment = adjusted_total_slashing_balance // (total_balance // increment)
//! penalty = penalty_per_effective_balance_increment * (validator.effective_balance // increment)
//! ```
//!
//! It is charged at the end of the epoch `withdrawable_epoch - EPOCHS_PER_SLASHINGS_VECTOR / 2`. The Beacon API
//! does not serve `state.slashings`, so its sum is put together from the validators:
//!
//! - Who was slashed in the window ending with epoch E is withdrawable after E, as a slashed validator is withdrawable
//!   a window's length after its slashing, or later if the exit queue is longer. Then it counts here for longer.
//! - What counts is the effective balance at the slashing. Since then it has only fallen, because deposits to it wait. A
//!   validator with up to 32 ETH counts with 32 ETH; one with compounding credentials counts with what it has
//!   now, which is less than the truth only after its own correlation penalty.
//! - A prediction knows the slashings so far and the stake that is active now. More slashings raise it in a later report.
//!
//! Predictions round up, what was charged rounds as the chain does.

use crate::beacon::{ChainRules, ValidatorState};

/// Most gwei that count without compounding credentials, and what a validator is activated with.
const ACTIVATION_BALANCE: u64 = 32_000_000_000;

/// What the correlation penalty depends on, in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Effective balances of all active validators, gwei.
    pub active: u128,
    /// Slashed validators that are not withdrawable: withdrawable epoch, and gwei that count.
    pub slashed: Vec<(u64, u64)>,
}

/// How a penalty is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// As the beacon chain charges it.
    Charged,
    /// Up, as it is predicted.
    Predicted,
}

impl Network {
    /// From all active and all slashed validators of a state.
    pub fn new(validators: &[ValidatorState], rules: &ChainRules) -> Self {
        let active = validators.iter().filter(|it| it.active);
        let active: u128 = active.map(|it| u128::from(it.effective_balance)).sum();
        let slashed = validators.iter().filter(|it| it.slashed).map(|validator| {
            let counts = validator.effective_balance.max(ACTIVATION_BALANCE);
            (validator.withdrawable_epoch, counts)
        });
        Self {
            active: active.max(rules.increment.into()),
            slashed: slashed.collect(),
        }
    }

    /// The correlation penalty of a slashed validator, gwei: never more than it has.
    pub fn penalty(
        &self,
        validator: &ValidatorState,
        rules: &ChainRules,
        rounding: Rounding,
    ) -> u64 {
        let charged_in = charge_epoch(validator, rules);
        let in_window = self.slashed.iter();
        let in_window = in_window.filter(|(withdrawable, _)| *withdrawable > charged_in);
        let slashed: u128 = in_window.map(|(_, gwei)| u128::from(*gwei)).sum();
        let (active, increment) = (self.active, u128::from(rules.increment));
        let counted = slashed.saturating_mul(rules.slashing_multiplier.into());
        let adjusted = active.min(counted);
        let increments = active / increment;
        let per_increment = match rounding {
            Rounding::Charged => adjusted / increments,
            Rounding::Predicted => adjusted.div_ceil(increments),
        };
        let own = u128::from(validator.effective_balance) / increment;
        let penalty = per_increment.saturating_mul(own);
        let most = validator.balance;
        u64::try_from(penalty).map_or(most, |penalty| penalty.min(most))
    }
}

/// The epoch at whose end a slashed validator is charged.
pub fn charge_epoch(validator: &ValidatorState, rules: &ChainRules) -> u64 {
    let half = rules.slashings_vector_epochs / 2;
    validator.withdrawable_epoch.saturating_sub(half)
}

/// Whether a validator of a state in this epoch was slashed and is still to be charged.
pub fn is_to_be_charged(validator: &ValidatorState, epoch: u64, rules: &ChainRules) -> bool {
    validator.slashed && epoch <= charge_epoch(validator, rules)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ETHER: u64 = 1_000_000_000;
    const RULES: ChainRules = ChainRules {
        genesis_time: 0,
        chain_id: 1,
        seconds_per_slot: 12,
        slots_per_epoch: 32,
        slashings_vector_epochs: 8_192,
        slashing_multiplier: 3,
        increment: ETHER,
    };

    fn slashed(withdrawable_epoch: u64, balance: u64) -> ValidatorState {
        ValidatorState {
            public_key: Default::default(),
            credentials: Default::default(),
            balance,
            effective_balance: balance / ETHER * ETHER,
            slashed: true,
            active: false,
            withdrawable_epoch,
        }
    }

    #[test]
    fn three_times_what_was_slashed_is_shared_by_all_stake() {
        // 32 + 32 of 64,000 ETH: 3 * 64 / 64,000 = 0.3 % of 32 ETH = 0.096 ETH.
        let network = Network {
            active: u128::from(64_000 * ETHER),
            slashed: vec![(8_192, 32 * ETHER), (9_000, 32 * ETHER)],
        };
        let validator = slashed(8_192, 32 * ETHER);
        for rounding in [Rounding::Charged, Rounding::Predicted] {
            assert_eq!(network.penalty(&validator, &RULES, rounding), 96_000_000);
        }
    }

    #[test]
    fn a_prediction_rounds_up_and_a_charge_down() {
        // 3 * 32e9 / 7,000 = 13,714,285.71... gwei an increment.
        let network = Network {
            active: u128::from(7_000 * ETHER + 999),
            slashed: vec![(8_192, 32 * ETHER)],
        };
        let validator = slashed(8_192, 32 * ETHER);
        let charged = network.penalty(&validator, &RULES, Rounding::Charged);
        assert_eq!(charged, 13_714_285 * 32);
        let predicted = network.penalty(&validator, &RULES, Rounding::Predicted);
        assert_eq!(predicted, 13_714_286 * 32);
    }

    #[test]
    fn what_left_the_window_before_the_charge_does_not_count() {
        // Charged in epoch 10,000 - 4,096 = 5,904: who is withdrawable in 5,904 was slashed before the window.
        let network = Network {
            active: u128::from(96_000 * ETHER),
            slashed: vec![
                (5_904, 32 * ETHER),
                (5_905, 32 * ETHER),
                (10_000, 32 * ETHER),
            ],
        };
        let validator = slashed(10_000, 32 * ETHER);
        // 3 * 64 / 96,000 = 0.2 % of 32 ETH.
        let penalty = network.penalty(&validator, &RULES, Rounding::Charged);
        assert_eq!(penalty, 64_000_000);
    }

    #[test]
    fn a_third_of_the_stake_slashed_takes_all_and_no_more() {
        let network = Network {
            active: u128::from(64 * ETHER),
            slashed: vec![(8_192, 32 * ETHER)],
        };
        let validator = slashed(8_192, 31 * ETHER + 5);
        let penalty = network.penalty(&validator, &RULES, Rounding::Predicted);
        assert_eq!(
            penalty,
            31 * ETHER,
            "all increments of its effective balance"
        );
        let poor = ValidatorState {
            balance: 3 * ETHER,
            ..validator
        };
        assert_eq!(
            network.penalty(&poor, &RULES, Rounding::Predicted),
            3 * ETHER
        );
    }

    #[test]
    fn a_slashed_validator_is_charged_at_the_end_of_the_epoch_half_way() {
        let validator = slashed(10_000, 32 * ETHER);
        assert_eq!(charge_epoch(&validator, &RULES), 5_904);
        assert!(is_to_be_charged(&validator, 5_904, &RULES));
        assert!(!is_to_be_charged(&validator, 5_905, &RULES));
        let sound = ValidatorState {
            slashed: false,
            ..validator
        };
        assert!(!is_to_be_charged(&sound, 5_904, &RULES));
    }

    #[test]
    fn a_network_is_made_of_all_that_is_active_or_slashed() {
        let lost = slashed(8_192, 31 * ETHER + 700_000_000);
        let active = ValidatorState {
            slashed: false,
            active: true,
            effective_balance: 2_048 * ETHER,
            ..lost
        };
        let slashed_active = ValidatorState {
            active: true,
            ..lost
        };
        let network = Network::new(&[lost, active, slashed_active], &RULES);
        // A slashed validator counts with 32 ETH, though it has 31 by now.
        let expected = Network {
            active: u128::from((2_048 + 31) * ETHER),
            slashed: vec![(8_192, 32 * ETHER), (8_192, 32 * ETHER)],
        };
        assert_eq!(network, expected);
    }
}
