//! EIP-712 domains, the hashes signed under them, and their description (ERC-5267).
//!
//! Own code: OpenZeppelin's needs name and version as constants of a type, while a token's name stands in its
//! storage, and answers with a `String` for each.

use alloc::vec::Vec;

use alloy_primitives::{b256, B256, U256};

use crate::{
    abi::{append_bytes, concat, padded, Answer, Word},
    host,
};

/// keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
const TYPE_HASH: B256 = b256!("8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f");
/// ERC-5267: name, version, chain id and verifying contract are in use.
const FIELDS: U256 = U256::from_limbs([0, 0, 0, 0x0f << 56]);

/// What signatures for this contract are bound to besides chain and address. Both of these are asked of the
/// host each time: a fork of the chain has another id, and a proxy another address than its program.
#[derive(Clone, Copy, Debug)]
pub struct Domain<'a> {
    /// Name of the contract, as wallets show it.
    pub name: &'a [u8],
    /// Version of what is signed.
    pub version: &'a [u8],
}

impl Domain<'_> {
    /// Separator of the domain.
    #[inline(never)]
    pub fn separator(&self) -> B256 {
        let words = [
            TYPE_HASH,
            host::keccak(self.name),
            host::keccak(self.version),
            host::chain_id().word(),
            host::this().word(),
        ];
        host::keccak(&concat(&[], &words))
    }

    /// What is signed for a message, given as the hash of its struct.
    pub fn digest(&self, message: B256) -> B256 {
        host::keccak(&concat(&[0x19, 0x01], &[self.separator(), message]))
    }

    /// Answer of `eip712Domain` (ERC-5267): fields, name, version, chain id, this contract, no salt, no
    /// extensions.
    #[inline(never)]
    pub fn describe(&self) -> Answer {
        const HEAD: usize = 7 * 32;
        let version_at = HEAD + 32 + padded(self.name.len());
        let extensions_at = version_at + 32 + padded(self.version.len());
        let mut data: Vec<u8> = concat(
            &[],
            &[
                FIELDS.word(),
                (HEAD as u64).word(),
                (version_at as u64).word(),
                host::chain_id().word(),
                host::this().word(),
                B256::ZERO,
                (extensions_at as u64).word(),
            ],
        );
        append_bytes(&mut data, self.name);
        append_bytes(&mut data, self.version);
        // An empty array.
        append_bytes(&mut data, &[]);
        Ok(data)
    }
}
