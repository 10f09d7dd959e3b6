//! Units: balances of the beacon chain are gwei, those of L1 are wei.

/// Wei of a gwei.
pub const GWEI: u128 = 1_000_000_000;
/// Gwei of an ether.
pub const ETHER_GWEI: u64 = 1_000_000_000;
/// Wei of an ether.
pub const ETHER: u128 = ETHER_GWEI as u128 * GWEI;

/// Wei of an amount in gwei.
pub(crate) fn wei(gwei: u64) -> u128 {
    u128::from(gwei) * GWEI
}
