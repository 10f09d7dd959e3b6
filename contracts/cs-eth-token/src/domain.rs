//! The EIP-712 domain of a token. Its name is the token's, which differs from pool to pool.

use alloc::vec::Vec;

use alloy_primitives::{B256, U256};
use clay_shared::{
    abi::{concat, Word},
    host,
    storage::{bytes_of, Slot},
};

use crate::NAME;

/// keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
const TYPE_HASH: B256 =
    alloy_primitives::b256!("8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f");
/// ERC-5267: name, version, chain id and verifying contract are in use.
const FIELDS: U256 = U256::from_limbs([0, 0, 0, 0x0f << 56]);

const VERSION: &[u8] = b"1";

/// Separator of the domain, computed anew each time: a fork of the chain has another id.
pub fn separator() -> B256 {
    let words = [
        TYPE_HASH,
        host::keccak(&text(NAME)),
        host::keccak(VERSION),
        host::chain_id().word(),
        host::this().word(),
    ];
    host::keccak(&concat(&[], &words))
}

/// Answer of `eip712Domain` (ERC-5267): fields, name, version, chain id, this contract, no salt, no
/// extensions.
pub fn describe() -> Vec<u8> {
    let name = NAME.get();
    let version = U256::from_limbs([0, 0, 0, (VERSION[0] as u64) << 56]);
    concat(
        &[],
        &[
            FIELDS.word(),
            (7u64 * 32).word(),
            (9u64 * 32).word(),
            host::chain_id().word(),
            host::this().word(),
            B256::ZERO,
            (11u64 * 32).word(),
            (text(NAME).len() as u64).word(),
            name.word(),
            (VERSION.len() as u64).word(),
            version.word(),
            B256::ZERO,
        ],
    )
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
