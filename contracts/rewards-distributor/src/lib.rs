//! The pool's rewards-distributor: holds what operators earn, in the pool's token, and pays it by one Merkle root an epoch.
//!
//! The stake-manager mints the operators' part of the fee to this contract. Once an epoch the oracle committee proposes a root
//! over what every account has earned and owes since the beginning (`docs/rewards.md` has the formula); it takes effect after a
//! delay in which the guardian may veto it. A leaf is claimed, to the operator's payout address, or synced; either hands it to
//! the operator-registry, which charges penalties and says what is to be withheld. The owner sets the terms of epochs to come.
//!
//! It promises: no root promises more than is held and was paid; no account is paid more than its leaf says, and all together no
//! more than was declared; what is paid goes to the account's own address; a penalty cannot be dodged by not claiming.
//!
//! | slot | holds |
//! |---|---|
//! | 0 | token (160), epoch of the root (32), in effect since (32), veto spent (1), paused (1), gated (1) |
//! | 1 | operator-registry (160), epoch of the previous root (32), when the pending root is due (32) |
//! | 2, 3 | the root, the previous one |
//! | 4 | rewards promised (96), and paid (96), in shares |
//! | 5 | penalties charged (96), recoveries burned (96), in shares |
//! | 6 | pending root |
//! | 7 | pending: epoch (32), rewards (96), penalties (96) |
//! | 8 | pending: recoveries (96) |
//! | 9, 10 | hash of the pending root's manifest, and of the root's |
//! | 11, 12, 13 | stake-manager, flash-exit-pool, oracle committee |
//! | 14 | guardian (160), end of the pause (32), pause spent (8) |
//! | 15, 16 | owner, pending owner |
//! | 17 | whitelist (160) |
//! | 18 | schedule: an epoch (32), its start (40) and length (24); the same of a later one (96); root delay (24) |
//! | 19 | epoch of the latest terms (32), when a price was last published (32) |
//! | 20 | mapping, epoch: terms from it on (`terms.rs`) |
//! | 21 | mapping, account: shares paid (96) |
//! | 22 | mapping, account of the pool's own: receiver (160) |
//!
//! Append-only: a new field goes to the end, and nothing moves.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod claims;
mod governance;
mod leaf;
mod roots;
mod schedule;
mod state;
mod terms;
mod views;

use alloy_sol_types::SolCall;
use clay_shared::{
    abi::{Answer, Call},
    entry_point,
    interfaces::IRewardsDistributor::*,
    program::Program,
    upgradeable::Version,
};

/// Rises with each program that an older one must not follow.
const VERSION: Version = Version::new(env!("CARGO_PKG_NAME"), 1);

/// See the crate's documentation.
pub struct RewardsDistributor;

entry_point!(RewardsDistributor);

impl Program for RewardsDistributor {
    fn route(call: &Call, _calldata: &[u8]) -> Answer {
        match call.selector {
            claimCall::SELECTOR => claims::claim(call),
            claimManyCall::SELECTOR => claims::claim_many(call),
            claimAsEthCall::SELECTOR => claims::claim_as_eth(call),
            syncCall::SELECTOR => claims::sync(call),
            proposeRootCall::SELECTOR => roots::propose(call),
            vetoRootCall::SELECTOR => roots::veto(),
            rearmVetoCall::SELECTOR => roots::rearm(),
            applyRootCall::SELECTOR => roots::apply(),
            _ => views::route(call).unwrap_or_else(|| governance::route(call)),
        }
    }
}
