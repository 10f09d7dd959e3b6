//! Who may stake, hold, redeem and operate in the institutional pool, and who is denied everything.
//!
//! The Board (an instance of quorum) gives rights and denies, the compliance officer denies in an emergency and
//! for a few days, and the owner (the timelock) lifts denials, appoints both, names the protocol's own contracts
//! and upgrades. The contract holds no funds and takes none, cannot be paused, and calls nobody.
//!
//! It promises: rights and denials change only by these three, each within its part, and a batch changes all or
//! nothing. A denial overrides rights and leaves them as they are, and nothing the Board does lifts one. Each
//! change is logged, so that with the blocks' times the logs alone tell every account's status at any block.
//!
//! | slot | holds |
//! |---|---|
//! | 0, 1 | owner, pending owner |
//! | 2 | Board (160 bits), number of accounts (48), number of applications (48) |
//! | 3 | compliance officer |
//! | 4 | mapping of an account to two slots: its standing (see `account`), the hash its rights rest on |
//! | 5 | mapping of an index to an account, in the order in which they came |
//! | 6 | mapping of an id to an application's three slots: account (160), rights (8), state (8); applicant; hash |
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod account;
mod applications;
mod changes;

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{address_in, answer, done, revert, Answer, Call, Reverts, Word},
    entry_point, host,
    interfaces::{ICommon, IKycWhitelist::*},
    log,
    math::narrow,
    ownable::{not_zero, Ownable},
    program::{unknown_function, Program},
    storage::{uint, Field, Slot},
    upgradeable::{only_through_proxy, Version},
};

const OWNABLE: Ownable = Ownable::at(0);
/// Rises with each program that an older one must not follow.
const VERSION: Version = Version::new(env!("CARGO_PKG_NAME"), 1);
const BOARD: Slot = Slot::at(2);
const COMPLIANCE_OFFICER: Slot = Slot::at(3);

// Neither count ends: one step takes a transaction's gas for new slots.
const ACCOUNT_COUNT: Field = Field::new(160, 48);
const APPLICATION_COUNT: Field = ACCOUNT_COUNT.then(48);

/// See the crate's documentation.
pub struct KycWhitelist;

entry_point!(KycWhitelist);

impl Program for KycWhitelist {
    fn route(call: &Call, _calldata: &[u8]) -> Answer {
        // First what other contracts ask in their users' calls.
        match call.selector {
            checkCall::SELECTOR => account::check(call),
            rightsOfCall::SELECTOR => account::rights_of(call),
            _ => change(call)
                .or_else(|| view(call))
                .or_else(|| OWNABLE.route(call))
                .or_else(|| VERSION.route(OWNABLE, call))
                .unwrap_or_else(|| unknown_function(call)),
        }
    }
}

/// Answers what changes applications, accounts and roles; none if the selector is another's.
fn change(call: &Call) -> Option<Answer> {
    Some(match call.selector {
        applyForCall::SELECTOR => applications::apply_for(call),
        acceptCall::SELECTOR => applications::accept(call),
        turnDownCall::SELECTOR => applications::turn_down(call),
        setRightsCall::SELECTOR => changes::set_rights(call),
        renewCall::SELECTOR => changes::renew(call),
        denyCall::SELECTOR => changes::deny(call),
        denyInEmergencyCall::SELECTOR => changes::deny_in_emergency(call),
        liftDenialCall::SELECTOR => changes::lift_denial(call),
        setProtocolContractCall::SELECTOR => set_protocol_contract(call),
        setBoardCall::SELECTOR => set_board(call),
        setComplianceOfficerCall::SELECTOR => set_compliance_officer(call),
        initializeCall::SELECTOR => initialize(call),
        _ => return None,
    })
}

/// Answers the views; none if the selector is another's.
fn view(call: &Call) -> Option<Answer> {
    Some(match call.selector {
        isDeniedCall::SELECTOR => account::is_denied(call),
        statusCall::SELECTOR => account::status(call),
        accountsCall::SELECTOR => account::list(call),
        accountCountCall::SELECTOR => answer(&[ACCOUNT_COUNT.get(BOARD.get()).word()]),
        applicationCall::SELECTOR => applications::application(call),
        applicationCountCall::SELECTOR => answer(&[APPLICATION_COUNT.get(BOARD.get()).word()]),
        boardCall::SELECTOR => answer(&[BOARD.address().word()]),
        complianceOfficerCall::SELECTOR => answer(&[COMPLIANCE_OFFICER.address().word()]),
        _ => return None,
    })
}

/// Sets the whitelist up behind its proxy, once.
fn initialize(call: &Call) -> Answer {
    let (owner, board) = (call.address(0)?, call.address(1)?);
    let (compliance_officer, protocol_contracts) = (call.address(2)?, call.array(3)?);
    only_through_proxy()?;
    if !OWNABLE.owner().is_zero() {
        return Err(revert(ICommon::AlreadyInitialized::SELECTOR, &[]));
    }
    OWNABLE.initialize(owner)?;
    appoint_board(board)?;
    appoint_compliance_officer(compliance_officer)?;
    for account in protocol_contracts {
        changes::set_protocol_contract(address_in(*account)?, true)?;
    }
    done()
}

fn set_board(call: &Call) -> Answer {
    let board = call.address(0)?;
    OWNABLE.only_owner()?;
    appoint_board(board)?;
    done()
}

fn appoint_board(board: Address) -> Reverts<()> {
    not_zero(board)?;
    let previous = BOARD.address();
    BOARD.set_address(board);
    log::changed(BoardChanged::SIGNATURE_HASH, previous, board);
    Ok(())
}

fn set_compliance_officer(call: &Call) -> Answer {
    let compliance_officer = call.address(0)?;
    OWNABLE.only_owner()?;
    appoint_compliance_officer(compliance_officer)?;
    done()
}

fn appoint_compliance_officer(compliance_officer: Address) -> Reverts<()> {
    not_zero(compliance_officer)?;
    let previous = COMPLIANCE_OFFICER.address();
    COMPLIANCE_OFFICER.set_address(compliance_officer);
    let event = ComplianceOfficerChanged::SIGNATURE_HASH;
    log::changed(event, previous, compliance_officer);
    Ok(())
}

fn set_protocol_contract(call: &Call) -> Answer {
    let (account, is_protocol_contract) = (call.address(0)?, call.boolean(1)?);
    OWNABLE.only_owner()?;
    changes::set_protocol_contract(account, is_protocol_contract)?;
    done()
}

/// Refuses every caller but the Board.
fn only_board() -> Reverts<()> {
    only(BOARD, OnlyBoard::SELECTOR)
}

/// Refuses every caller but the one at a slot.
#[inline(never)]
fn only(role: Slot, refusal: [u8; 4]) -> Reverts<()> {
    let (caller, allowed) = (host::sender(), role.address());
    if caller != allowed {
        return Err(revert(refusal, &[caller.word(), allowed.word()]));
    }
    Ok(())
}

/// Counts one more in a field of the Board's word and returns how many there were.
fn count(field: Field) -> u64 {
    let word = BOARD.get();
    let before = field.get(word);
    BOARD.set(field.set(word, before + 1));
    before as u64
}

/// Refuses arrays that do not belong together.
fn same_length(asked: usize, given: usize) -> Reverts<()> {
    if asked != given {
        let words = [asked, given].map(|length| (length as u64).word());
        return Err(revert(LengthMismatch::SELECTOR, &words));
    }
    Ok(())
}

/// The number that a word holds, at most what a field does; anything larger does not decode.
#[inline(never)]
fn number_in(word: [u8; 32], field: Field) -> Reverts<u128> {
    match narrow(uint(word)) {
        Some(number) if number <= field.max() => Ok(number),
        _ => Err(Vec::new()),
    }
}

/// Seconds since the epoch.
fn now() -> u128 {
    u128::from(host::now())
}

/// So many as a number of things in memory or storage; the largest if it is more.
fn saturated(number: U256) -> u64 {
    narrow(number).map_or(u64::MAX, |number| u64::try_from(number).unwrap_or(u64::MAX))
}
