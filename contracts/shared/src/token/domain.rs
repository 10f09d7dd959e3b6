//! The EIP-712 domain of a token. Its name is the token's, which differs from pool to pool.

use alloc::vec::Vec;

use crate::{
    eip712::Domain,
    storage::{bytes_of, Slot},
};

/// The domain of a token with this name.
pub fn named(name: &[u8]) -> Domain<'_> {
    Domain {
        name,
        version: b"1",
    }
}

/// The text of a slot, up to its first zero byte.
pub fn text(slot: Slot) -> Vec<u8> {
    let bytes = bytes_of(slot.get());
    bytes
        .iter()
        .copied()
        .take_while(|byte| *byte != 0)
        .collect()
}
