//! The stake-manager's second facet: governance, parameters and the books in full.
//!
//! It has no storage of its own: the stake-manager's proxy reaches it by delegatecall, through the first
//! facet, and a direct call is refused. The owner sets parameters within their bounds; the guardian and the
//! owner pause.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{answer, done, revert, Answer, Call, Reverts, Word},
    books::flag,
    entry_point,
    interfaces::{
        IPausable::{pauseCall, unpauseCall},
        IStakeManagerReports::*,
    },
    log,
    parameters::{find, OPERATORS_SPLIT, PROTECTION_SPLIT, TABLE},
    program::{unknown_function, Program},
    stake_manager::{self, set_books, BEACON, FLOWS, GATEWAY, HELD, LEFT, OWNABLE, PAUSABLE},
    storage::{HIGH, LOW},
    upgradeable::only_through_proxy,
};

/// See the crate's documentation.
pub struct StakeManagerReports;

entry_point!(StakeManagerReports);

impl Program for StakeManagerReports {
    fn route(call: &Call, _calldata: &[u8]) -> Answer {
        only_through_proxy()?;
        match call.selector {
            booksCall::SELECTOR => books(),
            gatewayCall::SELECTOR => answer(&[GATEWAY.address().word()]),
            parameterCountCall::SELECTOR => answer(&[(TABLE.len() as u64).word()]),
            parameterCall::SELECTOR => parameter(call),
            setParameterCall::SELECTOR => set_parameter(call),
            _ => match OWNABLE.route(call) {
                Some(answer) => answer,
                None => pause(call),
            },
        }
    }
}

/// The guardian's functions. The books' flag is kept in step with the pause, so that a deposit need not read
/// the guardian's slot; it stays set when a pause lapses by itself, as a view may not write.
fn pause(call: &Call) -> Answer {
    let Some(answer) = PAUSABLE.route(OWNABLE, call) else {
        return unknown_function(call);
    };
    let answer = answer?;
    let mut books = stake_manager::books();
    match call.selector {
        pauseCall::SELECTOR => books.flags |= flag::PAUSED,
        unpauseCall::SELECTOR => books.flags &= !flag::PAUSED,
        _ => return Ok(answer),
    }
    set_books(books);
    Ok(answer)
}

fn books() -> Answer {
    let books = stake_manager::books();
    let (flows, beacon) = (FLOWS.get(), BEACON.get());
    let (left, held) = (LEFT.get(), HELD.get());
    let (sent_out, came_back) = (LOW.get(flows), HIGH.get(flows));
    let (cl_balance, deposits_seen) = (LOW.get(beacon), HIGH.get(beacon));
    let (left_seen, expected_loss) = (LOW.get(left), HIGH.get(left));
    let (deferred_gain, flash_reserve) = (LOW.get(held), HIGH.get(held));
    let elsewhere = [flash_reserve, sent_out, cl_balance, left_seen];
    let owed = [deposits_seen, came_back, expected_loss, deferred_gain];
    let buffered = books.total_assets - sum(elsewhere) + sum(owed);
    answer(&[
        books.total_assets.word(),
        books.total_shares.word(),
        buffered.word(),
        flash_reserve.word(),
        sent_out.word(),
        deposits_seen.word(),
        cl_balance.word(),
        left_seen.word(),
        came_back.word(),
        expected_loss.word(),
        deferred_gain.word(),
    ])
}

fn parameter(call: &Call) -> Answer {
    let parameter = find(call.uint8(0)?)?;
    let (smallest, largest) = parameter.bounds();
    let value = stake_manager::parameter(parameter);
    answer(&[value.word(), smallest.word(), largest.word()])
}

fn set_parameter(call: &Call) -> Answer {
    let (id, value) = (call.uint8(0)?, call.uint(1)?);
    OWNABLE.only_owner()?;
    let parameter = find(id)?;
    let previous = stake_manager::parameter(parameter);
    stake_manager::set_parameter(id, parameter, value)?;
    check_split()?;
    let current = stake_manager::parameter(parameter);
    let topics = [ParameterChanged::SIGNATURE_HASH, u64::from(id).word()];
    log::emit(&topics, &[previous.word(), current.word()]);
    done()
}

/// Operators and protection together have at most the whole fee; the treasury has the rest.
fn check_split() -> Reverts<()> {
    let operators = stake_manager::parameter(&OPERATORS_SPLIT);
    let protection = stake_manager::parameter(&PROTECTION_SPLIT);
    if operators + protection > 10_000 {
        let words = [operators.word(), protection.word()];
        return Err(revert(FeeSplitAboveWhole::SELECTOR, &words));
    }
    Ok(())
}

fn sum(amounts: [u128; 4]) -> i128 {
    // Each is a count of wei that exist, far below 2^125.
    amounts.iter().map(|amount| *amount as i128).sum()
}
