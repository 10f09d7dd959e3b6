//! The host functions that contracts use. The protocol's only unsafe code, apart from entry points.
//!
//! The SDK's own accessors go through a table that links every host function into every program, or format
//! messages for panics; these are direct calls.

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, U256};
use stylus_sdk::hostio;

use crate::storage::{bytes_of, uint, whole};

/// Account that made this call.
pub fn sender() -> Address {
    let mut sender = Address::ZERO;
    // SAFETY: the host writes 20 bytes.
    unsafe { hostio::msg_sender(sender.as_mut_ptr()) };
    sender
}

/// Wei sent with this call.
pub fn value() -> U256 {
    let mut value = [0; 32];
    // SAFETY: the host writes 32 bytes.
    unsafe { hostio::msg_value(value.as_mut_ptr()) };
    uint(value)
}

/// Seconds since the epoch.
pub fn now() -> u64 {
    // SAFETY: no memory is involved.
    unsafe { hostio::block_timestamp() }
}

/// Id of this chain.
pub fn chain_id() -> u64 {
    // SAFETY: no memory is involved.
    unsafe { hostio::chainid() }
}

/// Address of this contract.
pub fn this() -> Address {
    let mut this = Address::ZERO;
    // SAFETY: the host writes 20 bytes.
    unsafe { hostio::contract_address(this.as_mut_ptr()) };
    this
}

/// Wei of an account. Never used to price anything.
pub fn balance(account: Address) -> U256 {
    let mut balance = [0; 32];
    // SAFETY: the host reads 20 bytes and writes 32.
    unsafe { hostio::account_balance(account.as_ptr(), balance.as_mut_ptr()) };
    uint(balance)
}

/// Whether an account has code.
pub fn has_code(account: Address) -> bool {
    // SAFETY: the host reads 20 bytes.
    unsafe { hostio::account_code_size(account.as_ptr()) != 0 }
}

/// Keccak-256.
pub fn keccak(bytes: &[u8]) -> B256 {
    let mut hash = B256::ZERO;
    // SAFETY: the host reads `bytes` and writes 32 bytes.
    unsafe { hostio::native_keccak256(bytes.as_ptr(), bytes.len(), hash.as_mut_ptr()) };
    hash
}

/// SHA-256, by Ethereum's precompile 0x02.
#[cfg(target_arch = "wasm32")]
#[inline(never)]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let precompile = Address::with_last_byte(2);
    let hash = call(CallKind::Static, precompile, bytes).unwrap_or_default();
    // The precompile fails only without gas, and then so does what follows.
    hash.first_chunk().copied().unwrap_or_default()
}

/// SHA-256.
#[cfg(not(target_arch = "wasm32"))]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).into()
}

/// Reads a storage slot.
#[inline(never)]
pub fn load(slot: U256) -> U256 {
    let (slot, mut word) = (bytes_of(slot), [0; 32]);
    // SAFETY: the host reads 32 bytes and writes 32.
    unsafe { hostio::storage_load_bytes32(slot.as_ptr(), word.as_mut_ptr()) };
    uint(word)
}

/// Writes a storage slot; the host holds it back until the cache is flushed.
#[inline(never)]
pub fn store(slot: U256, word: U256) {
    let (slot, word) = (bytes_of(slot), bytes_of(word));
    // SAFETY: the host reads 32 bytes twice.
    unsafe { hostio::storage_cache_bytes32(slot.as_ptr(), word.as_ptr()) };
}

/// Emits a log: its topics, then its data.
pub fn emit(topics_and_data: &[u8], topics: usize) {
    // SAFETY: the host reads the slice.
    unsafe { hostio::emit_log(topics_and_data.as_ptr(), topics_and_data.len(), topics) };
}

/// How to call another account.
#[derive(Clone, Copy, Debug)]
pub enum CallKind {
    /// With so many wei.
    Value(U256),
    /// Without changing anything.
    Static,
    /// On this contract's own storage, sender and value.
    Delegate,
}

/// Calls another account with all gas and returns what it answers, or its revert data. An account without
/// code answers nothing and succeeds.
///
/// Storage is written back first, so that it is never stale for anybody; a delegate call may change it, so
/// then nothing of it is kept either.
#[inline(never)]
pub fn call(kind: CallKind, to: Address, data: &[u8]) -> Result<Vec<u8>, Vec<u8>> {
    let mut returned = 0;
    let (to, input, length, gas) = (to.as_ptr(), data.as_ptr(), data.len(), u64::MAX);
    // SAFETY: the host reads the address, the calldata and the value, and writes the length returned.
    let status = unsafe {
        hostio::storage_flush_cache(matches!(kind, CallKind::Delegate));
        match kind {
            CallKind::Value(value) => {
                let value = bytes_of(value);
                hostio::call_contract(to, input, length, value.as_ptr(), gas, &mut returned)
            }
            CallKind::Static => hostio::static_call_contract(to, input, length, gas, &mut returned),
            CallKind::Delegate => {
                hostio::delegate_call_contract(to, input, length, gas, &mut returned)
            }
        }
    };
    let mut output = vec![0; returned];
    // SAFETY: the host writes no more than `returned` bytes.
    unsafe { hostio::read_return_data(output.as_mut_ptr(), 0, returned) };
    match status {
        0 => Ok(output),
        _ => Err(output),
    }
}

/// Sends wei with so much gas, or with all gas if that is `u64::MAX`; whether the receiver took them.
#[inline(never)]
pub fn pay(receiver: Address, assets: u128, gas: u64) -> bool {
    let (value, mut returned) = (bytes_of(whole(assets)), 0);
    // SAFETY: the host reads the address and the value, and writes the length returned.
    let status = unsafe {
        hostio::storage_flush_cache(false);
        hostio::call_contract(
            receiver.as_ptr(),
            value.as_ptr(), // of which no byte is calldata
            0,
            value.as_ptr(),
            gas,
            &mut returned,
        )
    };
    status == 0
}

/// `value / divisor` by the host, which is both smaller and cheaper than a division in WASM; 0 for a zero
/// divisor.
#[cfg(target_arch = "wasm32")]
pub fn divide(value: U256, divisor: U256) -> U256 {
    #[link(wasm_import_module = "vm_hooks")]
    extern "C" {
        fn math_div(value: *mut u8, divisor: *const u8);
    }
    let (mut value, divisor) = (bytes_of(value), bytes_of(divisor));
    // SAFETY: the host reads 32 bytes twice and writes 32.
    unsafe { math_div(value.as_mut_ptr(), divisor.as_ptr()) };
    uint(value)
}

/// `value / divisor`; 0 for a zero divisor.
#[cfg(not(target_arch = "wasm32"))]
pub fn divide(value: U256, divisor: U256) -> U256 {
    value.checked_div(divisor).unwrap_or_default()
}
