//! The model's numbers as the chain's, and back.

use alloy::primitives::{I256, U256};
use model::Int;
use num_bigint::Sign;

/// As the model counts.
pub fn int(value: U256) -> Int {
    Int::from_bytes_be(Sign::Plus, &value.to_be_bytes::<32>())
}

/// As the model counts, below zero too.
pub fn signed(value: I256) -> Int {
    let (sign, magnitude) = value.into_sign_and_abs();
    match sign.is_negative() {
        true => -int(magnitude),
        false => int(magnitude),
    }
}

/// As the chain counts. The amount must not be negative.
pub fn word(value: &Int) -> U256 {
    assert!(value.sign() != Sign::Minus, "{value} cannot be sent");
    U256::from_be_slice(&value.to_bytes_be().1)
}

/// As the chain counts, in 64 bits.
pub fn short(value: &Int) -> u64 {
    u64::try_from(value).expect("an amount of 64 bits")
}

/// As the chain counts, in 128 bits.
pub fn long(value: &Int) -> u128 {
    u128::try_from(value).expect("an amount of 128 bits")
}
