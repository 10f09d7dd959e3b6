//! The validators of a pool, as far as the registry stands: a list of keys that the owner keeps.
//!
//! The stake-manager funds them first in, first out, 32 ETH each, through the gateway on L1, and asks for exits
//! in the same order; the oracle committee confirms exits. Bonds, clusters and the choice of operators come
//! with the operators themselves; what the stake-manager asks stays the same.
//!
//! | slot | holds |
//! |---|---|
//! | 0 | stake-manager (160), keys in the list (32), funded (32), asked to exit (32) |
//! | 1 | oracle committee (160), exited (32) |
//! | 2 | gateway on L1 (160) |
//! | 3, 4 | owner, pending owner |
//! | 5 | hashes of public keys that were ever funded |
//! | 6 | keys: 6 words each, from keccak256(place, 6) on |
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod keys;

use alloy_primitives::{address, Address, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{answer, done, revert, Answer, Call, Reverts, Word},
    entry_point,
    host::{self, CallKind},
    interfaces::{ICommon, IOperatorRegistry::*},
    log,
    math::narrow,
    ownable::{not_zero, only_stake_manager, Ownable},
    program::{unknown_function, Program},
    storage::{low_half, whole, Field, Slot},
    upgradeable::{self, only_through_proxy},
};

use keys::Key;

const STAKE_MANAGER: Slot = Slot::at(0);
const COMMITTEE: Slot = Slot::at(1);
const GATEWAY: Slot = Slot::at(2);
const OWNABLE: Ownable = Ownable::at(3);

const KEYS: Field = Field::new(160, 32);
const FUNDED: Field = KEYS.then(32);
const ASKED: Field = FUNDED.then(32);
const EXITED: Field = Field::new(160, 32);

/// What a validator is funded with, and what its exit brings.
const VALIDATOR: u128 = 32_000_000_000_000_000_000;

/// Arbitrum's precompile that sends messages to L1.
const ARB_SYS: Address = address!("0000000000000000000000000000000000000064");

/// See the crate's documentation.
pub struct OperatorRegistry;

entry_point!(OperatorRegistry);

impl Program for OperatorRegistry {
    fn route(call: &Call, _calldata: &[u8]) -> Answer {
        match call.selector {
            readyCall::SELECTOR => answer(&[Counts::load().ready().word()]),
            fundCall::SELECTOR => fund(call),
            comingCall::SELECTOR => {
                let counts = Counts::load();
                answer(&[((counts.asked - counts.exited) * VALIDATOR).word()])
            }
            requestExitsCall::SELECTOR => request_exits(call),
            confirmExitsCall::SELECTOR => confirm_exits(call),
            addKeysCall::SELECTOR => add_keys(call),
            dropKeysCall::SELECTOR => drop_keys(call),
            keyCall::SELECTOR => key(call),
            stakeManagerCall::SELECTOR => answer(&[STAKE_MANAGER.address().word()]),
            oracleCommitteeCall::SELECTOR => answer(&[COMMITTEE.address().word()]),
            gatewayCall::SELECTOR => answer(&[GATEWAY.address().word()]),
            countsCall::SELECTOR => {
                let Counts {
                    keys,
                    funded,
                    asked,
                    exited,
                } = Counts::load();
                answer(&[keys.word(), funded.word(), asked.word(), exited.word()])
            }
            initializeCall::SELECTOR => initialize(call),
            _ => OWNABLE
                .route(call)
                .or_else(|| upgradeable::route(OWNABLE, call))
                .unwrap_or_else(|| unknown_function(call)),
        }
    }
}

/// How far the list is: each count includes the next.
struct Counts {
    keys: u128,
    funded: u128,
    asked: u128,
    exited: u128,
}

impl Counts {
    fn load() -> Self {
        let word = STAKE_MANAGER.get();
        Self {
            keys: KEYS.get(word),
            funded: FUNDED.get(word),
            asked: ASKED.get(word),
            exited: EXITED.get(COMMITTEE.get()),
        }
    }

    fn store(&self) {
        let word = KEYS.set(STAKE_MANAGER.get(), self.keys);
        STAKE_MANAGER.set(ASKED.set(FUNDED.set(word, self.funded), self.asked));
        COMMITTEE.set(EXITED.set(COMMITTEE.get(), self.exited));
    }

    fn ready(&self) -> u128 {
        self.keys - self.funded
    }

    /// So many of the keys that are not funded; refuses more.
    fn some_ready(&self, asked: U256) -> Reverts<u128> {
        match narrow(asked) {
            Some(count) if count <= self.ready() => Ok(count),
            _ => {
                let words = [asked.word(), self.ready().word()];
                Err(revert(NotEnoughKeys::SELECTOR, &words))
            }
        }
    }
}

/// Sets the registry up behind its proxy, once.
fn initialize(call: &Call) -> Answer {
    let (owner, stake_manager) = (call.address(0)?, call.address(1)?);
    let (committee, gateway) = (call.address(2)?, call.address(3)?);
    only_through_proxy()?;
    if !GATEWAY.address().is_zero() {
        return Err(revert(ICommon::AlreadyInitialized::SELECTOR, &[]));
    }
    not_zero(stake_manager)?;
    not_zero(committee)?;
    not_zero(gateway)?;
    OWNABLE.initialize(owner)?;
    STAKE_MANAGER.set_address(stake_manager);
    COMMITTEE.set_address(committee);
    GATEWAY.set_address(gateway);
    done()
}

fn add_keys(call: &Call) -> Answer {
    let bytes = call.bytes(0)?;
    OWNABLE.only_owner()?;
    let (new, rest) = bytes.as_chunks::<{ Key::LENGTH }>();
    if new.is_empty() || !rest.is_empty() {
        let words = [(bytes.len() as u64).word()];
        return Err(revert(MalformedKeys::SELECTOR, &words));
    }
    let mut counts = Counts::load();
    for bytes in new {
        let key = Key(*bytes);
        if key.is_used() {
            return Err(revert(KeyUsed::SELECTOR, &[key.hash()]));
        }
        key.set_used(true);
        key.store(counts.keys);
        key.tell(KeyAdded::SIGNATURE_HASH, counts.keys);
        counts.keys += 1;
    }
    counts.store();
    done()
}

/// Drops the last keys that are not funded, so that a bad one can be replaced; it may be added again.
fn drop_keys(call: &Call) -> Answer {
    let count = call.uint(0)?;
    OWNABLE.only_owner()?;
    let mut counts = Counts::load();
    let count = counts.some_ready(count)?;
    let before = counts.keys;
    counts.keys -= count;
    for place in counts.keys..before {
        Key::load(place).set_used(false);
    }
    counts.store();
    let words = [counts.keys.word(), before.word()];
    log::emit(&[KeysDropped::SIGNATURE_HASH], &words);
    done()
}

/// Sends 32 ETH and a key to the gateway for each validator.
fn fund(call: &Call) -> Answer {
    let (count, sent) = (call.uint(0)?, call.take_value());
    only_stake_manager(STAKE_MANAGER.address())?;
    let mut counts = Counts::load();
    let count = counts.some_ready(count)?;
    if sent != whole(count * VALIDATOR) {
        let words = [count.word(), sent.word()];
        return Err(revert(FundingMismatch::SELECTOR, &words));
    }
    let first = counts.funded;
    counts.funded += count;
    counts.store();
    let gateway = GATEWAY.address();
    for place in first..counts.funded {
        let key = Key::load(place);
        key.tell(ValidatorFunded::SIGNATURE_HASH, place);
        let message = key.message(gateway);
        host::call(CallKind::Value(whole(VALIDATOR)), ARB_SYS, &message)?;
    }
    done()
}

/// Asks the oldest validators to exit.
fn request_exits(call: &Call) -> Answer {
    let assets = call.uint(0)?;
    only_stake_manager(STAKE_MANAGER.address())?;
    let mut counts = Counts::load();
    let validators = host::divide(assets, whole(VALIDATOR));
    let whole_validators = narrow(validators).unwrap_or(u128::MAX);
    let needed = match validators.saturating_mul(whole(VALIDATOR)) == assets {
        true => whole_validators,
        false => whole_validators.saturating_add(1),
    };
    let count = needed.min(counts.funded - counts.asked);
    for place in counts.asked..counts.asked + count {
        Key::load(place).tell(ExitRequested::SIGNATURE_HASH, place);
    }
    counts.asked += count;
    counts.store();
    answer(&[(count * VALIDATOR).word()])
}

fn confirm_exits(call: &Call) -> Answer {
    let count = call.uint(0)?;
    let (caller, committee) = (host::sender(), COMMITTEE.address());
    if caller != committee {
        let words = [caller.word(), committee.word()];
        return Err(revert(OnlyOracleCommittee::SELECTOR, &words));
    }
    let mut counts = Counts::load();
    let allowed = counts.asked - counts.exited;
    if count > whole(allowed) {
        let words = [count.word(), allowed.word()];
        return Err(revert(AboveAsked::SELECTOR, &words));
    }
    counts.exited += low_half(count);
    counts.store();
    log::emit(&[ExitsConfirmed::SIGNATURE_HASH], &[counts.exited.word()]);
    done()
}

fn key(call: &Call) -> Answer {
    let place = call.uint(0)?;
    match narrow(place) {
        Some(place) if place < Counts::load().keys => Ok(Key::load(place).answer()),
        // As any list of Solidity: nothing stands there.
        _ => Ok(Key([0; Key::LENGTH]).answer()),
    }
}
