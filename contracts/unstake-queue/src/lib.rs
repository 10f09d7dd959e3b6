//! The pool's unstake-queue: orders to leave, first in, first out.
//!
//! A holder escrows shares for an order. The shares go on earning and bearing losses here until the
//! stake-manager finalises a batch: it burns the batch's shares from this contract's balance and sends their ETH,
//! and one checkpoint records the rate. The owner of an order then claims its ETH, to a receiver of its choice.
//! Until then it may cancel, at a cost in shares, or redeem silently while nothing can be finalised. The
//! stake-manager alone notes reports and finalises; the guardian and the owner pause requests and cancellations,
//! and nothing else; the owner sets limits, costs and the picture, and upgrades.
//!
//! It promises: an order is never finalised before an earlier one; what is set aside covers every finalised
//! order; no claim depends on another's; finalising costs the same for any number of orders.
//!
//! | slot | holds |
//! |---|---|
//! | 0 | next id (40), due up to (40), older note: time (32) and next id (40), newer note: likewise, paused (1), gated (1) |
//! | 1 | finalised up to (40), checkpoints (32), withdrawn shares not passed (96), set aside in wei (88) |
//! | 2 | token (160), smallest order in 1e9 (32), largest in 1e15 (40), cancel cost before (8) and after due (8) |
//! | 3, 4 | stake-manager, order-image |
//! | 5, 6 | owner, pending owner |
//! | 7 | guardian (160), end of the pause (32), pause spent (8) |
//! | 8 | mapping, order: owner (160), shares of all orders up to and including it (96) |
//! | 9, 10, 11 | mappings: balance of an owner, who is approved for an order, operators of an owner |
//! | 12 | mapping, group of 128 orders: shares of withdrawn ones (128), which they are (128) |
//! | 13 | mapping, 256 groups: which have withdrawn orders |
//! | 14 | mapping, checkpoint from 1 on: last order (40), rate as assets (104) for shares (96) |
//! | 15 | whitelist (160) |
//!
//! Append-only: a new field goes to the end, and nothing moves.
//!
//! - An order's shares are its cumulative less its predecessor's. Cumulatives never change; an order that is
//!   claimed or withdrawn loses its owner only. Ids start at 1.
//! - The shares not finalised are the last cumulative less that of the last finalised order, less the withdrawn
//!   ones not passed, so a request does not touch slot 1.
//! - Checkpoint n pays the orders after the last one of checkpoint n - 1. Orders finalised without a checkpoint
//!   were all withdrawn; they fall to the next one, which never pays them.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod batches;
mod claims;
mod erc721;
mod governance;
mod orders;
mod state;
mod views;
mod withdrawn;

use alloy_sol_types::SolCall;
use clay_shared::{
    abi::{answer, answer_bytes, Answer, Call, Word},
    entry_point,
    interfaces::IUnstakeQueue::*,
    program::{unknown_function, Program},
    upgradeable::Version,
};

use crate::state::{
    limits, token, COST_AFTER_DUE, COST_BEFORE_DUE, HEAD, ORDER_IMAGE, OWNABLE, PAUSABLE, PAUSED,
    STAKE_MANAGER, TERMS, WHITELIST,
};

/// Rises with each program that an older one must not follow.
const VERSION: Version = Version::new(env!("CARGO_PKG_NAME"), 1);

/// See the crate's documentation.
pub struct UnstakeQueue;

entry_point!(UnstakeQueue);

impl Program for UnstakeQueue {
    fn route(call: &Call, _calldata: &[u8]) -> Answer {
        match call.selector {
            requestUnstakeCall::SELECTOR => orders::request(call),
            requestUnstakeWithPermitCall::SELECTOR => orders::request_with_permit(call),
            cancelCall::SELECTOR => orders::cancel(call),
            redeemSilentlyCall::SELECTOR => orders::redeem_silently(call),
            claimCall::SELECTOR => claims::claim(call, None, None),
            claimToCall::SELECTOR => claims::claim(call, Some(1), None),
            claimWithHintsCall::SELECTOR => claims::claim(call, Some(2), Some(1)),
            claimForCall::SELECTOR => claims::claim_for(call),
            noteReportCall::SELECTOR => batches::note_report(call),
            finalisableCall::SELECTOR => batches::finalisable(call),
            finaliseCall::SELECTOR => batches::finalise(call),
            orderCall::SELECTOR => views::order(call),
            claimableCall::SELECTOR => views::claimable(call),
            findCheckpointCall::SELECTOR => views::checkpoint_of(call),
            checkpointCall::SELECTOR => views::checkpoint(call),
            estimatedPaymentCall::SELECTOR => views::estimated_payment(call),
            totalsCall::SELECTOR => views::totals(),
            tokenURICall::SELECTOR => views::token_uri(call),
            _ => erc721::route(call).unwrap_or_else(|| settings(call)),
        }
    }
}

/// Answers what concerns no order.
fn settings(call: &Call) -> Answer {
    match call.selector {
        nameCall::SELECTOR => answer_bytes(b"ClayStack Unstake Order"),
        symbolCall::SELECTOR => answer_bytes(b"clayUNSTAKE"),
        stakeManagerCall::SELECTOR => answer(&[STAKE_MANAGER.address().word()]),
        tokenCall::SELECTOR => answer(&[token().word()]),
        orderImageCall::SELECTOR => answer(&[ORDER_IMAGE.address().word()]),
        whitelistCall::SELECTOR => answer(&[WHITELIST.address().word()]),
        orderLimitsCall::SELECTOR => {
            let (smallest, largest) = limits(TERMS.get());
            answer(&[smallest.word(), largest.word()])
        }
        cancelCostsCall::SELECTOR => {
            let terms = TERMS.get();
            answer(&[
                COST_BEFORE_DUE.get(terms).word(),
                COST_AFTER_DUE.get(terms).word(),
            ])
        }
        initializeCall::SELECTOR => governance::initialize(call),
        setOrderImageCall::SELECTOR => governance::set_order_image(call),
        setOrderLimitsCall::SELECTOR => governance::set_order_limits(call),
        setCancelCostsCall::SELECTOR => governance::set_cancel_costs(call),
        _ => OWNABLE
            .route(call)
            .or_else(|| VERSION.route(OWNABLE, call))
            .or_else(|| PAUSABLE.route_noted(OWNABLE, call, note_pause))
            .unwrap_or_else(|| unknown_function(call)),
    }
}

/// Keeps the flag beside the next id in step with the pause, so that a request need not read the guardian's slot.
fn note_pause(paused: bool) {
    HEAD.set(PAUSED.set(HEAD.get(), u128::from(paused)));
}
