//! The operator-registry's second facet: who leaves, when, what it costs, and what became of validators.
//!
//! It has no storage of its own: the registry's proxy reaches it by delegatecall, through its implementation, and a direct
//! call is refused. The stake-manager asks for exits when orders need ETH, a manager key for those of its own nodes, and
//! anybody for those of an operator whose bond has been short for too long, or that lost the right to operate; the oracle committee says what happened on
//! the beacon chain.
//!
//! It promises: who leaves is the rule's choice, not the caller's; whoever posts its part of a signature in time is timely,
//! whatever the others do; what an exit costs its operator at once is split between the pool and the other members to
//! the last share; every other penalty is an event, which an epoch's leaf charges.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod outcomes;
mod parts;
mod requests;
mod slots;

use alloy_sol_types::{SolCall, SolError};
use clay_shared::{
    abi::{answer, revert, Answer, Call, Reverts, Word},
    entry_point, host,
    interfaces::IOperatorExits::*,
    operators::state::{ASKED, COMMITTEE, EXITED, VALIDATOR},
    program::{unknown_function, Program},
    upgradeable::only_through_proxy,
};

/// See the crate's documentation.
pub struct OperatorExits;

entry_point!(OperatorExits);

impl Program for OperatorExits {
    fn route(call: &Call, _calldata: &[u8]) -> Answer {
        only_through_proxy()?;
        match call.selector {
            comingCall::SELECTOR => coming(),
            requestExitsCall::SELECTOR => requests::request_exits(call),
            requestExitCall::SELECTOR => requests::request_exit(call),
            exitShortCall::SELECTOR => requests::exit_short(call),
            exitUnlicensedCall::SELECTOR => requests::exit_unlicensed(call),
            postExitPartCall::SELECTOR => parts::post(call),
            declareFalseCall::SELECTOR => parts::declare_false(call),
            forceExitCall::SELECTOR => requests::force(call),
            confirmCall::SELECTOR => outcomes::confirm(call),
            exitPartCall::SELECTOR => parts::posted(call),
            exitSlotsCall::SELECTOR => slots::next_slot(),
            _ => unknown_function(call),
        }
    }
}

const DAY: u64 = 24 * 60 * 60;

/// Why a cluster exits.
mod reason {
    /// Orders need ETH.
    pub(crate) const ORDERS: u8 = 0;
    /// A member asked.
    pub(crate) const MEMBER: u8 = 1;
    /// A member's bond is short.
    pub(crate) const SHORT: u8 = 2;
    /// Nobody asked.
    pub(crate) const UNASKED: u8 = 3;
    /// A member lost the right to operate.
    pub(crate) const UNLICENSED: u8 = 4;
}

fn coming() -> Answer {
    let word = COMMITTEE.get();
    let exits = ASKED.get(word).saturating_sub(EXITED.get(word));
    answer(&[(exits * VALIDATOR).word()])
}

/// Refuses every caller but the oracle committee.
fn only_committee() -> Reverts<()> {
    let (caller, committee) = (host::sender(), COMMITTEE.address());
    if caller != committee {
        let words = [caller.word(), committee.word()];
        return Err(revert(OnlyOracleCommittee::SELECTOR, &words));
    }
    Ok(())
}
