//! What validators sign, as the consensus specification computes it: the SSZ root of a message, together with a domain
//! that says what kind of message it is and on which network it counts.

use alloy::primitives::{FixedBytes, B256};
use clay_ethereum::PublicKey;
use sha2::{Digest, Sha256};

/// Kind of a deposit message.
const DOMAIN_DEPOSIT: [u8; 4] = [3, 0, 0, 0];
/// Kind of a voluntary exit.
const DOMAIN_VOLUNTARY_EXIT: [u8; 4] = [4, 0, 0, 0];

/// Domain of deposits. A network is told by its version at genesis alone: a deposit may come before any validator.
pub fn deposit_domain(genesis_fork_version: FixedBytes<4>) -> B256 {
    domain(DOMAIN_DEPOSIT, genesis_fork_version, B256::ZERO)
}

/// Domain of voluntary exits, which is Capella's for ever (EIP-7044).
pub fn voluntary_exit_domain(
    capella_fork_version: FixedBytes<4>,
    genesis_validators_root: B256,
) -> B256 {
    domain(
        DOMAIN_VOLUNTARY_EXIT,
        capella_fork_version,
        genesis_validators_root,
    )
}

/// Root of a deposit message: public key, withdrawal credentials, amount in gwei.
pub fn deposit_message_root(public_key: &PublicKey, credentials: B256, amount: u64) -> B256 {
    let mut padded = [0; 64];
    padded[..48].copy_from_slice(public_key.as_slice());
    let key = B256::from_slice(&Sha256::digest(padded));
    pair(pair(key, credentials), pair(number(amount), B256::ZERO))
}

/// Root of a voluntary exit: the earliest epoch, the validator's index.
pub fn voluntary_exit_root(epoch: u64, validator_index: u64) -> B256 {
    pair(number(epoch), number(validator_index))
}

/// What is signed of a message: its root together with a domain.
pub fn signing_root(message_root: B256, domain: B256) -> B256 {
    pair(message_root, domain)
}

fn domain(kind: [u8; 4], fork_version: FixedBytes<4>, genesis_validators_root: B256) -> B256 {
    let mut version = B256::ZERO;
    version[..4].copy_from_slice(fork_version.as_slice());
    let mut domain = B256::ZERO;
    domain[..4].copy_from_slice(&kind);
    domain[4..].copy_from_slice(&pair(version, genesis_validators_root)[..28]);
    domain
}

fn number(value: u64) -> B256 {
    let mut leaf = B256::ZERO;
    leaf[..8].copy_from_slice(&value.to_le_bytes());
    leaf
}

fn pair(left: B256, right: B256) -> B256 {
    B256::from_slice(&Sha256::digest([left.0, right.0].concat()))
}
