//! The deposit data root, as Ethereum's deposit contract computes it.

use alloy_primitives::Address;
use clay_shared::{host, operators::state::KEY_LENGTH};

/// What is deposited first, in gwei: 1 ETH (protocol, section 10).
const FIRST_DEPOSIT: u64 = 1_000_000_000;

/// `hash_tree_root` of the deposit of 1 ETH for a key, with the gateway's withdrawal credentials (prefix 0x01).
pub(crate) fn root(key: &[u8; KEY_LENGTH], gateway: Address) -> [u8; 32] {
    let mut credentials = [0; 32];
    credentials[0] = 1;
    credentials[12..].copy_from_slice(gateway.as_slice());
    let mut amount = [0; 32];
    amount[..8].copy_from_slice(&FIRST_DEPOSIT.to_le_bytes());
    let mut padded_key = [0; 64];
    padded_key[..48].copy_from_slice(&key[..48]);
    let mut signature_end = [0; 64];
    signature_end[..32].copy_from_slice(&key[112..144]);

    let signature = pair(host::sha256(&key[48..112]), host::sha256(&signature_end));
    let owner = pair(host::sha256(&padded_key), credentials);
    pair(owner, pair(amount, signature))
}

fn pair(left: [u8; 32], right: [u8; 32]) -> [u8; 32] {
    let mut both = [0; 64];
    both[..32].copy_from_slice(&left);
    both[32..].copy_from_slice(&right);
    host::sha256(&both)
}
