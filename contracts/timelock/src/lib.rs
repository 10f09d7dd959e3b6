//! The owner of the protocol: makes governance's calls after a delay in which everybody sees them.
//!
//! Proposers schedule operations, which are lists of calls; cancellers may stop them; anyone executes one that is due, within
//! four weeks. How long an operation waits depends on what its calls could do. The contract holds no funds and takes none,
//! cannot be paused, and changes by its own operations only, which are run inside: no contract can be called while it runs.
//!
//! It promises: a call is made only as it was scheduled, once, no earlier than the delay of its kind after that, and after the operation
//! that it names; whatever could replace the Board, or shorten a delay, takes the longest one.
//!
//! | slot | holds |
//! |---|---|
//! | 0 | seconds of the three delays (32 each), number of proposers (32) |
//! | 1 | mapping, operation: when it is due (40), executed (1) |
//! | 2, 3 | mapping, account: 1 if it may propose; if it may cancel |
//! | 4 | mapping, rule: kind of the calls it is about; 0 if there is none |
//!
//! Append-only: a new field goes to the end, and nothing moves.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod operations;
mod settings;

use alloy_primitives::B256;
use alloy_sol_types::{SolCall, SolError};
use clay_shared::{
    abi::{address_in, answer, done, revert, Answer, Call, Word},
    entry_point, host,
    interfaces::{ICommon, ITimelock::*, IUpgradeable::upgradeToAndCallCall},
    program::{unknown_function, Program},
    storage::uint,
    upgradeable::{only_through_proxy, Version},
};

/// Rises with each program that an older one must not follow.
const VERSION: Version = Version::new(env!("CARGO_PKG_NAME"), 1);

/// See the crate's documentation.
pub struct Timelock;

entry_point!(Timelock);

impl Program for Timelock {
    fn route(call: &Call, _calldata: &[u8]) -> Answer {
        match call.selector {
            scheduleCall::SELECTOR => operations::schedule(call),
            cancelCall::SELECTOR => operations::cancel(call),
            executeCall::SELECTOR => operations::execute(call),
            initializeCall::SELECTOR => initialize(call),
            selector if of_itself(selector) => {
                let caller = host::sender();
                Err(revert(OnlyByOperation::SELECTOR, &[caller.word()]))
            }
            _ => operations::view(call)
                .or_else(|| settings::view(call))
                .or_else(|| VERSION.route_views(call))
                .unwrap_or_else(|| unknown_function(call)),
        }
    }
}

/// Functions that only an operation reaches.
fn of_itself(selector: [u8; 4]) -> bool {
    [
        setProposerCall::SELECTOR,
        setCancellerCall::SELECTOR,
        setDelayCall::SELECTOR,
        setKindCall::SELECTOR,
        upgradeToAndCallCall::SELECTOR,
    ]
    .contains(&selector)
}

/// Runs such a function.
fn run_on_itself(call: &Call) -> Answer {
    match call.selector {
        setProposerCall::SELECTOR => settings::set_proposer(call),
        setCancellerCall::SELECTOR => settings::set_canceller(call),
        setDelayCall::SELECTOR => settings::set_delay(call),
        setKindCall::SELECTOR => settings::set_kind(call),
        upgradeToAndCallCall::SELECTOR => VERSION.upgrade_itself(call),
        _ => unknown_function(call),
    }
}

/// Sets the timelock up behind its proxy, once.
fn initialize(call: &Call) -> Answer {
    let (proposers, cancellers) = (call.array(0)?, call.array(1)?);
    let (rules, kinds) = (call.array(2)?, call.array(3)?);
    only_through_proxy()?;
    if settings::is_set_up() {
        return Err(revert(ICommon::AlreadyInitialized::SELECTOR, &[]));
    }
    if proposers.is_empty() {
        return Err(revert(ICommon::ZeroAddress::SELECTOR, &[]));
    }
    if rules.len() != kinds.len() {
        let words = [rules.len(), kinds.len()].map(|length| (length as u64).word());
        return Err(revert(LengthMismatch::SELECTOR, &words));
    }
    settings::initialize_delays();
    for proposer in proposers {
        settings::change_proposer(address_in(*proposer)?, true)?;
    }
    for canceller in cancellers {
        settings::change_canceller(address_in(*canceller)?, true)?;
    }
    for (rule, kind) in rules.iter().zip(kinds) {
        settings::change_kind(B256::new(*rule), uint(*kind))?;
    }
    done()
}

/// Answers with a truth.
fn truth(value: bool) -> Answer {
    answer(&[value.word()])
}
