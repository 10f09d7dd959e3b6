//! What a simulation is started with.

use alloy::primitives::Address;

use crate::{nodes::ALL_DUTIES_BP, unit::ETHER};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// Slots of a day.
const SLOTS_A_DAY: u64 = DAY / 12;

/// The contracts that the simulation plays with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contracts {
    /// The gateway on L1, played here.
    pub gateway: Address,
    /// The pool's stake-manager on L2, which gets what comes back.
    pub stake_manager: Address,
    /// The operator-registry on L2: only its messages fund validators, and its events ask for exits.
    pub registry: Address,
}

/// Delays, rates and chances. The default is as on mainnet; [`Config::quick`] has short delays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// All chance comes from here: the same seed and the same calls give the same chain.
    pub seed: u64,
    /// Time of slot 0, seconds since the epoch.
    pub genesis_time: u64,
    /// L1 block number at slot 0.
    pub first_block: u64,
    /// Chain id of L1.
    pub chain_id: u64,
    /// How long states and balances of past slots can be asked for, in slots.
    pub history_slots: u64,

    /// Seconds until a message from L2 is executed on L1.
    pub message_delay: u64,
    /// Seconds until a ticket reaches L2.
    pub ticket_delay: u64,
    /// Chance, in basis points, that a ticket is not redeemed on arrival.
    pub ticket_failure_bp: u32,

    /// Slots from the moment a validator stands in the beacon state to its proof at the gateway; at least 1.
    pub proof_delay_slots: u64,
    /// The gateway sends back what it has every so many slots,
    pub send_back_every: u64,
    /// if it is at least this much, in wei.
    pub send_back_from: u128,

    /// Epochs a deposit waits in the queue.
    pub deposit_delay_epochs: u64,
    /// Epochs from eligibility to activation.
    pub activation_delay_epochs: u64,
    /// Epochs from the request of an exit to the exit.
    pub exit_delay_epochs: u64,
    /// Epochs from an exit to the withdrawal.
    pub withdrawable_delay_epochs: u64,
    /// Epochs a validator must have been active before it can exit of its own will.
    pub service_epochs: u64,
    /// Epochs from a slashing to the withdrawal; the correlation penalty comes at half of it, from the slashings
    /// in a window of this length.
    pub slashings_vector_epochs: u64,

    /// What a validator with full participation earns, in basis points of its effective balance a year.
    pub reward_bp: u32,
    /// Participation of a slashed validator, in basis points: what missing every duty costs.
    pub slashed_participation_bp: i32,
    /// Participation of a validator that misses its attestation, in basis points: the specification rewards the source,
    /// the target and the head with 14, 26 and 14 of 64 parts, and takes those of source and target if they are missed
    /// (Altair, `PARTICIPATION_FLAG_WEIGHTS` and `get_flag_index_deltas`); what inactivity costs comes on top, with the
    /// participation of all.
    pub missed_participation_bp: i32,
    /// The part of their duties that nodes do of which nothing else is said, in basis points.
    pub node_performance_bp: u32,
    /// The beacon chain withdraws what stands above 32 ETH, and what is withdrawable, every so many slots.
    pub sweep_every: u64,
    /// Chance, in parts per million, that an active validator proposes a block in an epoch.
    pub proposal_ppm: u32,
    /// Wei of fees a proposal brings to the gateway, from and to.
    pub proposal_fees: (u128, u128),

    /// Seconds from the time an exit is asked for to the operators' signature.
    pub exit_response: u64,
    /// Validators of the rest of the network, with 2,048 ETH each.
    pub other_validators: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            seed: 0,
            genesis_time: 1_767_225_600,
            first_block: 24_000_000,
            chain_id: 1_337,
            history_slots: 60 * SLOTS_A_DAY,
            message_delay: 7 * DAY,
            ticket_delay: 10 * MINUTE,
            ticket_failure_bp: 0,
            proof_delay_slots: 1,
            send_back_every: SLOTS_A_DAY,
            send_back_from: ETHER / 100,
            deposit_delay_epochs: 3,
            activation_delay_epochs: 4,
            exit_delay_epochs: 5,
            withdrawable_delay_epochs: 256,
            service_epochs: 256,
            slashings_vector_epochs: 8_192,
            reward_bp: 300,
            slashed_participation_bp: -6_250,
            missed_participation_bp: -6_250,
            node_performance_bp: ALL_DUTIES_BP,
            sweep_every: SLOTS_A_DAY,
            proposal_ppm: 32,
            proposal_fees: (ETHER / 100, ETHER / 10),
            exit_response: 6 * HOUR,
            other_validators: 16_600,
        }
    }
}

impl Config {
    /// Delays of minutes instead of days, for demonstrations: a message takes 2 minutes, a validator is active
    /// half an hour after it, and a slashing is over in two hours.
    pub fn quick() -> Self {
        Self {
            message_delay: 2 * MINUTE,
            ticket_delay: MINUTE,
            send_back_every: 32,
            deposit_delay_epochs: 1,
            activation_delay_epochs: 1,
            exit_delay_epochs: 1,
            withdrawable_delay_epochs: 2,
            service_epochs: 0,
            slashings_vector_epochs: 16,
            sweep_every: 32,
            exit_response: MINUTE,
            other_validators: 500,
            ..Self::default()
        }
    }

    /// The same, with slot 0 at a time.
    pub fn starting_at(self, genesis_time: u64) -> Self {
        Self {
            genesis_time,
            ..self
        }
    }
}
