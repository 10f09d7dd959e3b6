//! Exact arithmetic on amounts. Every function says which way it rounds.

use alloy_primitives::U256;

use crate::{
    host::divide,
    storage::{low_half, whole},
};

/// Which way a division rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To the next lower integer.
    Down,
    /// To the next higher integer.
    Up,
}

/// The product of two amounts, which always fits 256 bits.
#[inline(never)]
pub fn product(a: u128, b: u128) -> U256 {
    let (a_low, a_high) = (a as u64 as u128, a >> 64);
    let (b_low, b_high) = (b as u64 as u128, b >> 64);
    let low = a_low * b_low;
    let middle = a_low * b_high + (low >> 64);
    // a_high * b_low <= (2^64 - 1)^2, which leaves room for another 64 bits.
    let carried = a_high * b_low + (middle as u64 as u128);
    let high = a_high * b_high + (middle >> 64) + (carried >> 64);
    U256::from_limbs([low as u64, carried as u64, high as u64, (high >> 64) as u64])
}

/// `a * b / divisor`; none if the divisor is zero or the quotient exceeds 128 bits.
#[inline(never)]
pub fn mul_div(a: u128, b: u128, divisor: u128, rounding: Rounding) -> Option<u128> {
    if divisor == 0 {
        return None;
    }
    let divisor = whole(divisor);
    let mut dividend = product(a, b);
    if rounding == Rounding::Up {
        // At most (2^128 - 1)^2 + 2^128 - 2, within 256 bits.
        dividend += divisor - whole(1);
    }
    narrow(divide(dividend, divisor))
}

/// So many basis points of an amount.
pub fn share(amount: u128, basis_points: u128, rounding: Rounding) -> u128 {
    // A part of the amount, unless more than a whole is asked of a very large one.
    mul_div(amount, basis_points, 10_000, rounding).unwrap_or(u128::MAX)
}

/// An amount that fits 128 bits; none if it does not.
pub fn narrow(amount: U256) -> Option<u128> {
    let limbs = amount.as_limbs();
    if limbs[2] | limbs[3] != 0 {
        return None;
    }
    Some(low_half(amount))
}
