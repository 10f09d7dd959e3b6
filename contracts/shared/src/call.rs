//! Calling other contracts in words. A callee's revert data is handed on as it is.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolError;

use crate::{
    abi::{concat, revert, Answer, Reverts, Word},
    host::{self, CallKind},
    interfaces::IPayer,
    math::narrow,
    storage::uint,
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

/// Pays ETH out with all gas; a receiver that refuses makes the call revert.
pub fn pay(receiver: Address, assets: u128) -> Reverts<()> {
    if host::pay(receiver, assets, u64::MAX) {
        return Ok(());
    }
    let words = [receiver.word(), assets.word()];
    Err(revert(IPayer::PayoutRefused::SELECTOR, &words))
}

/// First word of what a callee returned; empty revert data if it returned less.
pub fn first_word(returned: Vec<u8>) -> Reverts<B256> {
    match returned.first_chunk() {
        Some(word) => Ok(B256::new(*word)),
        None => Err(Vec::new()),
    }
}

/// First word of what a callee returned, as an amount; empty revert data if it is none.
pub fn first_amount(returned: Vec<u8>) -> Reverts<u128> {
    let word = first_word(returned)?;
    narrow(uint(word.0)).ok_or_else(Vec::new)
}

/// The first words of what a callee returned, as amounts; empty revert data if they are none.
pub fn amounts<const N: usize>(returned: &[u8]) -> Reverts<[u128; N]> {
    let (words, _) = returned.as_chunks::<32>();
    let mut amounts = [0; N];
    for (index, amount) in amounts.iter_mut().enumerate() {
        let word = words.get(index).ok_or_else(Vec::new)?;
        *amount = narrow(uint(*word)).ok_or_else(Vec::new)?;
    }
    Ok(amounts)
}
