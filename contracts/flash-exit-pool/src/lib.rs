//! The pool's flash-exit-pool: exits at once, for a fee, from a reserve of ETH.
//!
//! The stake-manager lends the reserve and keeps count of it; the ETH is here. Anyone may exit with shares of its own
//! while the rate is live and nobody paused: the stake-manager prices and burns them, this contract limits the exit,
//! keeps the fee in the reserve and pays. Anyone sends what is above the reserve's target back; the treasury takes
//! its part of the fees, which is none by default; the owner sets fees and limits, and upgrades; the guardian pauses.
//!
//! In the retail pool it also converts to the institutional one ([`conversion`]). In the institutional pool a
//! whitelist says who may exit.
//!
//! It promises: an exit is paid as quoted, whole or in parts; never more than the limits allow; never at a rate above
//! the reference; the ETH here covers the reserve in the books and what the treasury is owed.
//!
//! | slot | holds |
//! |---|---|
//! | 0 | stake-manager (160), fee min (9) and max (9), low watermark, capacity, refill, largest, treasury's part (14 each) |
//! | 1 | bucket: used (96), as of (32); fees kept (96); paused (1), allowance (1), gated (1) |
//! | 2 | monthly allowance (96), fees of the treasury (96) |
//! | 3 | guardian (160), end of the pause (32), pause spent (8) |
//! | 4, 5 | owner, pending owner |
//! | 6 | mapping, account: exits at the smallest fee in the running 30 days: wei (96), since (32) |
//! | 7 | whitelist (160) |
//! | 8 | conversion: stake-manager (160), fee (9), part a day (14), allowed by the owner (1), by the Board (1) |
//! | 9 | conversion: whitelist |
//! | 10 | conversion's bucket: used (96), as of (32) |
//!
//! Append-only: a new field goes to the end, and nothing moves.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod conversion;
mod exits;
mod governance;
mod state;
mod views;

use alloy_sol_types::SolCall;
use clay_shared::{
    abi::{Answer, Call},
    entry_point,
    interfaces::IFlashExitPool::*,
    program::Program,
    upgradeable::Version,
};

/// Rises with each program that an older one must not follow.
const VERSION: Version = Version::new(env!("CARGO_PKG_NAME"), 1);

/// See the crate's documentation.
pub struct FlashExitPool;

entry_point!(FlashExitPool);

impl Program for FlashExitPool {
    fn route(call: &Call, _calldata: &[u8]) -> Answer {
        match call.selector {
            flashExitCall::SELECTOR => exits::flash_exit(call, true),
            flashExitAtFullFeeCall::SELECTOR => exits::flash_exit(call, false),
            topUpCall::SELECTOR => exits::top_up(call),
            returnExcessCall::SELECTOR => exits::return_excess(),
            withdrawFeesCall::SELECTOR => exits::withdraw_fees(call),
            _ => views::route(call)
                .or_else(|| conversion::route(call))
                .unwrap_or_else(|| governance::route(call)),
        }
    }
}
