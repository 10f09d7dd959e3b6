//! The pool's operator-registry: records of operators, their bonds and their scores.
//!
//! Anyone registers an operator and puts a bond behind it, in shares of the pool's token that this contract holds; where
//! there is a whitelist, whoever has the right to operate. The manager key changes the record, and takes with the payout
//! address out of the bond what no node needs; the rewards-distributor applies the leaves of each epoch's root, which
//! charge penalties and carry performance; the owner, or the whitelist's Board, vouches; the owner sets targets,
//! parameters and relays, and upgrades. Everything else is answered by two facets on the same storage
//! (`clay_shared::operators::state` shows its slots): `operator-allocation` and `operator-exits`.
//!
//! It promises: no withdrawal leaves less than the live nodes require at the current rate, nor a debt; nothing leaves a
//! bond but to its payout address, or by a penalty that is charged once; whoever changes a key or an address had it
//! offered.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod bonds;
mod governance;
mod leaves;
mod records;
mod views;
mod withdrawals;

use alloc::vec::Vec;

use alloy_primitives::{B256, U256};
use alloy_sol_types::{SolCall, SolError};
use clay_shared::{
    abi::{done, revert, Answer, Call, Reverts, Word},
    call, entry_point,
    interfaces::{ICommon, IOperatorRegistry::*},
    kyc, log,
    math::narrow,
    operators::{
        parameters::{BASE_SSV, EXITS_DEFAULTS, OPERATORS_DEFAULTS, UNFUNDED_AT_MOST},
        state::{
            is_exits, word_of, Operator, COMMITTEE, FACETED, GATEWAY, OWNABLE, STAKE_MANAGER,
            TOKEN, WHITELIST,
        },
    },
    ownable::not_zero,
    program::{unknown_function, Program},
    storage::Field,
    upgradeable::{only_through_proxy, Version},
};

/// Rises with each program that an older one must not follow.
const VERSION: Version = Version::new(env!("CARGO_PKG_NAME"), 1);

/// See the crate's documentation.
pub struct OperatorRegistry;

entry_point!(OperatorRegistry);

impl Program for OperatorRegistry {
    fn route(call: &Call, calldata: &[u8]) -> Answer {
        match call.selector {
            applyLeafCall::SELECTOR => leaves::apply(call),
            creditBondCall::SELECTOR => leaves::credit(call),
            noteRootCall::SELECTOR => leaves::note_root(call),
            bondCall::SELECTOR => bonds::bond(call),
            checkBondCall::SELECTOR => bonds::check(call),
            announceWithdrawalCall::SELECTOR => withdrawals::announce(call),
            withdrawBondCall::SELECTOR => withdrawals::withdraw(call),
            settleCall::SELECTOR => withdrawals::settle(call),
            initializeCall::SELECTOR => initialize(call),
            _ => records::route(call)
                .or_else(|| governance::route(call))
                .or_else(|| views::route(call))
                .or_else(|| OWNABLE.route(call))
                .or_else(|| FACETED.route(VERSION, OWNABLE, call))
                .unwrap_or_else(|| ask_facet(call, calldata)),
        }
    }
}

/// Sets the registry up behind its proxy, once.
fn initialize(call: &Call) -> Answer {
    let owner = call.address(0)?;
    let (stake_manager, token) = (call.address(1)?, call.address(2)?);
    let (committee, gateway) = (call.address(3)?, call.address(4)?);
    let (distributor, whitelist) = (call.address(5)?, call.address(6)?);
    only_through_proxy()?;
    if !TOKEN.address().is_zero() {
        return Err(revert(ICommon::AlreadyInitialized::SELECTOR, &[]));
    }
    for (slot, address) in [
        (STAKE_MANAGER, stake_manager),
        (TOKEN, token),
        (COMMITTEE, committee),
        (GATEWAY, gateway),
    ] {
        not_zero(address)?;
        slot.set_address(address);
    }
    if !whitelist.is_zero() {
        kyc::set_up(whitelist)?;
        WHITELIST.set_address(whitelist);
    }
    OWNABLE.initialize(owner)?;
    governance::name_distributor(distributor)?;
    FACETED.initialize(call, 7)?;
    word_of(&BASE_SSV).set(OPERATORS_DEFAULTS);
    word_of(&UNFUNDED_AT_MOST).set(EXITS_DEFAULTS);
    governance::take_targets(call, 9)?;
    done()
}

/// Hands a call on to the facet whose function it is. An implementation that no proxy runs has none.
fn ask_facet(call: &Call, calldata: &[u8]) -> Answer {
    let facet = FACETED.facet(usize::from(is_exits(call.selector)));
    if facet.is_zero() {
        return unknown_function(call);
    }
    // The facet refuses value itself where it takes none.
    call.take_value();
    call::delegate(facet, calldata)
}

/// The operator that a call names first.
#[inline(never)]
fn operator(call: &Call) -> Reverts<Operator> {
    Operator::find(call.uint(0)?)
}

/// An argument that its field can hold.
#[inline(never)]
fn fitting(call: &Call, index: usize, field: Field) -> Reverts<u128> {
    let asked = call.uint(index)?;
    match narrow(asked) {
        Some(amount) if amount <= field.max() => Ok(amount),
        _ => Err(too_large(asked, field.max())),
    }
}

/// Revert data of an amount above what is allowed.
fn too_large(asked: U256, allowed: u128) -> Vec<u8> {
    refusal(ICommon::AmountTooLarge::SELECTOR, asked, allowed)
}

/// Revert data of an error that says what was asked, and what is allowed.
#[cold]
#[inline(never)]
fn refusal(error: [u8; 4], asked: U256, allowed: u128) -> Vec<u8> {
    revert(error, &[asked.word(), allowed.word()])
}

/// Emits an event of an operator.
#[inline(never)]
fn tell(event: B256, operator: Operator, words: &[B256]) {
    log::emit(&[event, operator.word()], words);
}

/// Emits an event of an operator and something else, both indexed.
#[inline(never)]
fn tell_of(event: B256, operator: Operator, topic: B256, words: &[B256]) {
    log::emit(&[event, operator.word(), topic], words);
}
