//! Calling other contracts in words. A callee's revert data is handed on as it is.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};

use crate::{
    abi::{concat, Answer, Reverts},
    host::{self, CallKind},
};

/// Calls a contract with so many wei.
#[inline(never)]
pub fn call(to: Address, value: U256, selector: [u8; 4], words: &[B256]) -> Answer {
    host::call(CallKind::Value(value), to, &concat(&selector, words))
}

/// Asks a contract without allowing it to change anything.
#[inline(never)]
pub fn ask(to: Address, selector: [u8; 4], words: &[B256]) -> Answer {
    host::call(CallKind::Static, to, &concat(&selector, words))
}

/// Runs another program on this contract's storage, value and sender.
pub fn delegate(to: Address, calldata: &[u8]) -> Answer {
    host::call(CallKind::Delegate, to, calldata)
}

/// First word of what a callee returned; empty revert data if it returned less.
pub fn first_word(returned: Vec<u8>) -> Reverts<B256> {
    match returned.first_chunk() {
        Some(word) => Ok(B256::new(*word)),
        None => Err(Vec::new()),
    }
}
