//! Who signed a hash.
//!
//! Own code: OpenZeppelin's 0.3.0 reads 32 bytes of what the `ecrecover` precompile returns, which is nothing
//! for a signature that recovers nobody, so it panics where a typed error is due.

use alloy_primitives::{uint, Address, B256, U256};

use crate::{
    abi::{concat, Word},
    host::{self, CallKind},
    storage::{address, uint as number},
};

const ECRECOVER: Address = Address::with_last_byte(1);

/// Half of the curve's order: the other half of the signatures are these mirrored (EIP-2).
pub const LARGEST_S: U256 =
    uint!(0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0_U256);

/// Why a signature is refused. Each contract has typed errors of its own for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadSignature {
    /// It recovers nobody.
    Invalid,
    /// Its s is above [`LARGEST_S`]: the same signer's other signature of the same hash.
    Mirrored(B256),
}

/// The account that signed a hash. `v` is 27 or 28; anything else recovers nobody.
#[inline(never)]
pub fn recover(hash: B256, v: u8, r: B256, s: B256) -> Result<Address, BadSignature> {
    if number(s.0) > LARGEST_S {
        return Err(BadSignature::Mirrored(s));
    }
    let calldata = concat(&[], &[hash, u64::from(v).word(), r, s]);
    let recovered = host::call(CallKind::Static, ECRECOVER, &calldata);
    match recovered.unwrap_or_default().first_chunk() {
        Some(signer) => Ok(address(number(*signer))),
        None => Err(BadSignature::Invalid),
    }
}
