//! A committee that acts by signatures: the oracle committee, the acknowledger, the Board.
//!
//! Members sign a call off chain, and anyone hands it in with enough of their signatures. The owner (the
//! timelock) says which functions of which contracts the committee may call, replaces its members and
//! upgrades. The contract holds no funds and takes none, and cannot be paused.
//!
//! It promises: a call is made only as it was signed, once, in the order of its nonce, before its deadline, on
//! this chain, by this contract, and only while those who signed it are members under the same quorum.
//! A change of members or quorum voids all that was signed, also for nonces still to come.
//!
//! | slot | holds |
//! |---|---|
//! | 0, 1 | owner, pending owner |
//! | 2 | state: executions since the last change of members (96 bits), changes of members (96), quorum (32), number of members (32) |
//! | 3 | mapping of an index to a member, in ascending order |
//! | 4 | mapping of an account to 1 if it is a member |
//! | 5 | mapping of target (160 bits) and selector (32 bits) to 1 if the committee may call it |
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod allowance;
mod execution;
mod members;

use alloy_sol_types::{SolCall, SolError};
use clay_shared::{
    abi::{address_in, answer, bytes4_in, done, revert, Answer, Call, Word},
    entry_point,
    interfaces::{ICommon, IQuorum::*},
    ownable::Ownable,
    program::{unknown_function, Program},
    upgradeable::{only_through_proxy, Version},
};

const OWNABLE: Ownable = Ownable::at(0);
/// Rises with each program that an older one must not follow.
const VERSION: Version = Version::new(env!("CARGO_PKG_NAME"), 1);

/// See the crate's documentation.
pub struct Quorum;

entry_point!(Quorum);

impl Program for Quorum {
    fn route(call: &Call, _calldata: &[u8]) -> Answer {
        match call.selector {
            executeCall::SELECTOR => execution::execute(call),
            setMembersCall::SELECTOR => set_members(call),
            setAllowedCall::SELECTOR => set_allowed(call),
            initializeCall::SELECTOR => initialize(call),
            _ => view(call)
                .or_else(|| OWNABLE.route(call))
                .or_else(|| VERSION.route(OWNABLE, call))
                .unwrap_or_else(|| unknown_function(call)),
        }
    }
}

/// Answers the views; none if the selector is another's.
fn view(call: &Call) -> Option<Answer> {
    Some(match call.selector {
        membersCall::SELECTOR => members::list(),
        isMemberCall::SELECTOR => call
            .address(0)
            .and_then(|account| answer(&[members::is_member(account).word()])),
        quorumCall::SELECTOR => answer(&[members::state().quorum().word()]),
        nonceCall::SELECTOR => answer(&[members::state().nonce().word()]),
        isAllowedCall::SELECTOR => is_allowed(call),
        digestCall::SELECTOR => digest(call),
        DOMAIN_SEPARATORCall::SELECTOR => answer(&[execution::DOMAIN.separator()]),
        eip712DomainCall::SELECTOR => execution::DOMAIN.describe(),
        _ => return None,
    })
}

/// Sets the committee up behind its proxy, once.
fn initialize(call: &Call) -> Answer {
    let (owner, members, quorum) = (call.address(0)?, call.array(1)?, call.uint(2)?);
    let (targets, selectors) = (call.array(3)?, call.array(4)?);
    only_through_proxy()?;
    if !OWNABLE.owner().is_zero() {
        return Err(revert(ICommon::AlreadyInitialized::SELECTOR, &[]));
    }
    if targets.len() != selectors.len() {
        let words = [targets.len(), selectors.len()].map(|length| (length as u64).word());
        return Err(revert(LengthMismatch::SELECTOR, &words));
    }
    OWNABLE.initialize(owner)?;
    members::replace(members, quorum)?;
    for (target, selector) in targets.iter().zip(selectors) {
        allowance::set(address_in(*target)?, bytes4_in(*selector)?, true)?;
    }
    done()
}

fn set_members(call: &Call) -> Answer {
    let (members, quorum) = (call.array(0)?, call.uint(1)?);
    OWNABLE.only_owner()?;
    members::replace(members, quorum)?;
    done()
}

fn set_allowed(call: &Call) -> Answer {
    let (target, selector) = (call.address(0)?, call.bytes4(1)?);
    let allowed = call.boolean(2)?;
    OWNABLE.only_owner()?;
    allowance::set(target, selector, allowed)?;
    done()
}

fn is_allowed(call: &Call) -> Answer {
    let (target, selector) = (call.address(0)?, call.bytes4(1)?);
    answer(&[allowance::is_allowed(target, selector).word()])
}

/// The hash members sign for a call with the next nonce.
fn digest(call: &Call) -> Answer {
    let (target, data, deadline) = (call.address(0)?, call.bytes(1)?, call.uint(2)?);
    let nonce = members::state().nonce();
    answer(&[execution::digest(target, data, nonce, deadline)])
}
