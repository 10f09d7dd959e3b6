//! The model's numbers as the chain's, and back.

use alloy::primitives::U256;
use model::Int;
use num_bigint::Sign;

/// As the model counts.
pub fn int(value: U256) -> Int {
    Int::from_bytes_be(Sign::Plus, &value.to_be_bytes::<32>())
}

/// As the chain counts. The amount must not be negative.
pub fn word(value: &Int) -> U256 {
    assert!(value.sign() != Sign::Minus, "{value} cannot be sent");
    U256::from_be_slice(&value.to_bytes_be().1)
}
