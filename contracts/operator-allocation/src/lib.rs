//! The operator-registry's first facet: the way of a node to a validator.
//!
//! It has no storage of its own: the registry's proxy reaches it by delegatecall (`clay_shared::operators::state` shows the
//! slots), and a direct call is refused. Operators queue nodes and take part in key ceremonies by their manager keys;
//! anyone has the next cluster formed, and a failed one dissolved; the stake-manager funds.
//!
//! It promises: who is chosen follows from what is stored, and from nothing else; a cluster's nodes are of distinct
//! operators, at most one of them unproven, and meet the minima; a public key is used once; nobody is funded whose bond or
//! right does not hold; no cluster keeps the next from being funded.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod ceremony;
mod deposit_data;
mod dissolving;
mod forming;
mod funding;
mod nodes;
mod views;
mod waiting;

use alloy_sol_types::SolCall;
use clay_shared::{
    abi::{Answer, Call},
    entry_point,
    interfaces::IOperatorAllocation::*,
    program::{unknown_function, Program},
    upgradeable::only_through_proxy,
};

/// See the crate's documentation.
pub struct OperatorAllocation;

entry_point!(OperatorAllocation);

impl Program for OperatorAllocation {
    fn route(call: &Call, _calldata: &[u8]) -> Answer {
        only_through_proxy()?;
        match call.selector {
            addNodesCall::SELECTOR => nodes::add(call),
            removeNodesCall::SELECTOR => nodes::remove(call),
            rejoinCall::SELECTOR => nodes::rejoin(call),
            formClusterCall::SELECTOR => forming::form_cluster(),
            submitKeyCall::SELECTOR => ceremony::submit_key(call),
            nameFailedCall::SELECTOR => ceremony::name_failed(call),
            dissolveCall::SELECTOR => dissolving::dissolve(call),
            readyCall::SELECTOR => funding::ready(call),
            fundCall::SELECTOR => funding::fund(call),
            _ => views::route(call).unwrap_or_else(|| unknown_function(call)),
        }
    }
}
