//! What can be brought about on the Ethereum side: presents, faults and misfortunes.

use alloy::primitives::U256;
use clay_ethereum::{epoch_of, Ethereum, PublicKey, Validator};
use serde::{Deserialize, Serialize};

/// The most MEV in one request, wei: 1,000,000 ETH.
const MOST_MEV: u128 = 1_000_000_000_000_000_000_000_000;

/// The most slots missed in one request: a day.
const MOST_MISSED: u64 = 7_200;

/// Something to bring about. Validators are named by their places among the pool's, counted from 0.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Play {
    /// The next block pays MEV to the gateway, wei.
    Mev(U256),
    /// The next block slashes a validator.
    Slash(usize),
    /// The next block slashes so many validators of the rest of the network, which raises the penalty of the pool's.
    SlashOthers(u64),
    /// The next block lets a validator exit.
    Exit(usize),
    /// The next message from L2 to the gateway is lost.
    LoseMessage,
    /// The next ticket to L2 is not redeemed when it arrives, and expires after a week.
    FailTicket,
    /// Whether the operators of a validator, or of all, ignore requests to exit.
    IgnoreExits {
        /// The validator; all of them, if none is named.
        validator: Option<usize>,
        /// Whether they do.
        ignore: bool,
    },
    /// What a validator, or each of them, earns.
    Participation {
        /// The validator; all of them, if none is named.
        validator: Option<usize>,
        /// Basis points of the full reward; below zero it is penalised.
        basis_points: i32,
    },
    /// Which part of their duties nodes do.
    Performance {
        /// Whose.
        of: Performer,
        /// Basis points of their duties; as everybody's, if none are given.
        basis_points: Option<u32>,
    },
    /// So many slots have no block.
    MissSlots(u64),
    /// Whether epochs are not finalised any more.
    StallFinality(bool),
}

/// Who does duties, by its number in the registry.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Performer {
    /// A node; this goes before what is said of its operator.
    Node(u64),
    /// All nodes of an operator.
    Operator(u64),
}

impl Play {
    /// Brings it about.
    ///
    /// # Errors
    /// Why it cannot be, in words.
    pub(super) fn bring_about(self, ethereum: &mut Ethereum) -> Result<(), String> {
        match self {
            Play::Mev(wei) if wei > U256::from(MOST_MEV) => {
                return Err(format!("at most {MOST_MEV} wei at once"));
            }
            Play::Mev(wei) => ethereum.pay_gateway(wei.to()),
            Play::Slash(place) => {
                let key = validator(ethereum, place)?.public_key;
                ethereum.slash(key).map_err(|error| error.to_string())?;
            }
            Play::SlashOthers(count) => {
                let there = ethereum.config().other_validators;
                if count > there {
                    return Err(format!("the rest of the network has {there} validators"));
                }
                ethereum.slash_others(count);
            }
            Play::Exit(place) => {
                let key = can_exit(ethereum, place)?;
                ethereum.exit(key);
            }
            Play::LoseMessage => ethereum.lose_next_message(),
            Play::FailTicket => ethereum.fail_next_ticket(),
            Play::IgnoreExits {
                validator: None,
                ignore,
            } => ethereum.ignore_all_exits(ignore),
            Play::IgnoreExits {
                validator: Some(place),
                ignore,
            } => {
                let key = validator(ethereum, place)?.public_key;
                ethereum.ignore_exits(key, ignore);
            }
            Play::Participation {
                validator: None,
                basis_points,
            } => ethereum.set_participation_of_all(Some(basis_points)),
            Play::Participation {
                validator: Some(place),
                basis_points,
            } => {
                let key = validator(ethereum, place)?.public_key;
                // What was said of all would go before it.
                ethereum.set_participation_of_all(None);
                ethereum.set_participation(key, basis_points);
            }
            Play::Performance {
                of: Performer::Node(node),
                basis_points,
            } => ethereum.set_node_performance(node, basis_points),
            Play::Performance {
                of: Performer::Operator(operator),
                basis_points,
            } => ethereum.set_operator_performance(operator, basis_points),
            Play::MissSlots(count) if count > MOST_MISSED => {
                return Err(format!("at most {MOST_MISSED} slots at once"));
            }
            Play::MissSlots(count) => ethereum.miss_slots(count),
            Play::StallFinality(stalled) => ethereum.stall_finality(stalled),
        }
        Ok(())
    }
}

fn validator(ethereum: &Ethereum, place: usize) -> Result<&Validator, String> {
    let validators = &ethereum.beacon_state().validators;
    let count = validators.len();
    let found = validators.get(place).map(AsRef::as_ref);
    found.ok_or_else(|| format!("there are {count} validators, counted from 0"))
}

/// The key of a validator that may exit in the next block.
fn can_exit(ethereum: &Ethereum, place: usize) -> Result<PublicKey, String> {
    let validator = validator(ethereum, place)?;
    let epoch = epoch_of(ethereum.clock().slot() + 1);
    if validator.is_leaving() {
        let exit = validator.exit_epoch;
        return Err(format!("validator {place} exits in epoch {exit} already"));
    }
    if !validator.is_active(epoch) {
        return Err(format!("validator {place} is not active"));
    }
    let from = validator.activation_epoch + ethereum.config().service_epochs;
    if epoch < from {
        return Err(format!(
            "validator {place} may exit from epoch {from} on, and this is epoch {epoch}"
        ));
    }
    Ok(validator.public_key)
}
