//! Draws an unstake order: its metadata and its picture, as a data URI that needs no server.
//!
//! A program without storage, proxy or owner. It calls nobody, takes no ETH and can be run by anyone; the
//! unstake-queue asks it in `tokenURI`, and its owner can point the queue at another one.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod base64;
mod decimal;
mod drawing;

use alloc::vec::Vec;

use alloy_sol_types::SolCall;
use clay_shared::{
    abi::{answer_bytes, Answer, Call, Reverts},
    entry_point,
    interfaces::IOrderImage::*,
    math::narrow,
    program::{unknown_function, Program},
};

use crate::drawing::Order;

/// See the crate's documentation.
pub struct OrderImage;

entry_point!(OrderImage);

impl Program for OrderImage {
    fn route(call: &Call, _calldata: &[u8]) -> Answer {
        match call.selector {
            tokenURICall::SELECTOR => token_uri(call),
            _ => unknown_function(call),
        }
    }
}

fn token_uri(call: &Call) -> Answer {
    // The protocol's amounts have at most 128 bits; a larger one is drawn as the largest.
    let amount = |index| -> Reverts<u128> { Ok(narrow(call.uint(index)?).unwrap_or(u128::MAX)) };
    let order = Order {
        id: amount(0)?,
        shares: amount(1)?,
        state: call.uint8(2)?,
        assets: amount(3)?,
        symbol: &call.word(4)?.0,
    };
    let mut uri: Vec<u8> = b"data:application/json;base64,".into();
    base64::append(&mut uri, &order.metadata());
    answer_bytes(&uri)
}
