//! The deterministic CREATE2 factory, which exists at one address on practically every chain.
//!
//! Where it is missing, its well-known presigned transaction brings it: the signature was chosen, not made
//! with a key, so its signer can do nothing else, and needs only the ETH for this one transaction.

use alloy::primitives::{address, bytes, Address, Bytes, B256, U256};

/// The factory. Calldata: a salt, then the creation code.
pub const FACTORY: Address = address!("4e59b44847b379578588920cA78FbF26c0B4956C");

/// Signer of the presigned transaction.
pub const PRESIGNED_SENDER: Address = address!("3fAB184622Dc19b6109349B94811493BF2a45362");

/// What the signer needs: 100,000 gas at 100 gwei, in wei.
pub const PRESIGNED_COST: U256 = U256::from_limbs([10_000_000_000_000_000, 0, 0, 0]);

/// The presigned transaction that deploys the factory. It binds no chain id, so a node that takes only
/// replay-protected transactions refuses it.
pub const PRESIGNED_TRANSACTION: Bytes = bytes!(
    "f8a58085174876e800830186a08080b853604580600e600039806000f350fe7fff"
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f5801515"
    "6039578182fd5b8082525050506014600cf31ba022222222222222222222222222222222222222222222222222222222"
    "22222222a02222222222222222222222222222222222222222222222222222222222222222"
);

/// Calldata with which the factory creates a contract.
pub fn create_call(salt: B256, creation_code: &[u8]) -> Bytes {
    [salt.as_slice(), creation_code].concat().into()
}
