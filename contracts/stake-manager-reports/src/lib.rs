//! The stake-manager's second facet: reports, balancing, the silent-committee path, governance and the books
//! in full.
//!
//! It has no storage of its own: the stake-manager's proxy reaches it by delegatecall, through the first
//! facet, and a direct call is refused. The oracle committee reports, the acknowledger agrees to losses above
//! the caps, the unstake-queue burns and redeems its own shares, the owner governs, the guardian pauses and
//! flags; balancing is open to all.
//!
//! It promises: the rate falls only by a report, within caps or as agreed to; nothing makes a valid report
//! fail; what orders are worth is never placed; whoever cannot be paid by the queue for long redeems alone.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod autobalance;
mod governance;
mod report;
mod rules;
mod silent;
mod terms;
mod views;

use alloy_sol_types::SolCall;
use clay_shared::{
    abi::{Answer, Call, Reverts},
    entry_point,
    interfaces::IStakeManagerReports::*,
    program::{unknown_function, Program},
    stake_manager::{self, Sibling, OWNABLE},
    upgradeable::only_through_proxy,
};

pub use rules::{
    assess, fee_shares, give_back, split, Assessment, Borne, GivenBack, Reported, Terms,
};

/// See the crate's documentation.
pub struct StakeManagerReports;

entry_point!(StakeManagerReports);

impl Program for StakeManagerReports {
    fn route(call: &Call, _calldata: &[u8]) -> Answer {
        only_through_proxy()?;
        match call.selector {
            reportCall::SELECTOR => report::report(call),
            acknowledgeCall::SELECTOR => report::acknowledge(call),
            flagSlashingCall::SELECTOR => report::flag_slashing(),
            autobalanceCall::SELECTOR => autobalance::autobalance(call),
            bookReturnedCall::SELECTOR => autobalance::book_returned(),
            recoverCall::SELECTOR => report::recover(call),
            burnSharesCall::SELECTOR => silent::burn_shares(call),
            redeemSilentlyCall::SELECTOR => silent::redeem(call),
            _ => views::route(call)
                .or_else(|| OWNABLE.route(call))
                .or_else(|| governance::route(call))
                .unwrap_or_else(|| unknown_function(call)),
        }
    }
}

/// Refuses every caller but one sibling.
pub(crate) fn only(sibling: Sibling) -> Reverts<()> {
    stake_manager::only(sibling.address())
}
