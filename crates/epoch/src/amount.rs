//! Whole numbers: products that are exact, and amounts as files have them.

use alloy::primitives::{U256, U512};

/// `a * b / divisor`, rounded down; none if the divisor is zero or the result needs more than 128 bits.
pub fn mul_div(a: u128, b: u128, divisor: u128) -> Option<u128> {
    let product = U256::from(a) * U256::from(b);
    narrow(product.checked_div(U256::from(divisor))?)
}

/// The same, rounded up.
pub fn mul_div_up(a: u128, b: u128, divisor: u128) -> Option<u128> {
    let product = U256::from(a) * U256::from(b);
    let divisor = U256::from(divisor);
    if divisor.is_zero() {
        return None;
    }
    narrow(product.div_ceil(divisor))
}

/// `a * b / divisor` of wider numbers, rounded down.
pub fn wide_mul_div(a: U256, b: U256, divisor: U256) -> Option<u128> {
    let product = U512::from(a) * U512::from(b);
    let quotient = product.checked_div(U512::from(divisor))?;
    quotient.try_into().ok()
}

/// A number of 128 bits.
pub fn narrow(value: U256) -> Option<u128> {
    value.try_into().ok()
}

/// `value / divisor`, rounded towards negative infinity, of a product with a sign.
pub fn signed_mul_div(a: u128, b: i128, divisor: u128) -> Option<i128> {
    let magnitude = b.unsigned_abs();
    if b >= 0 {
        return mul_div(a, magnitude, divisor)?.try_into().ok();
    }
    let down = mul_div_up(a, magnitude, divisor)?;
    i128::try_from(down).ok()?.checked_neg()
}

/// Amounts in JSON: decimal strings, read from numbers too.
pub mod decimal {
    use std::{fmt, str::FromStr};

    use serde::{de, Deserializer, Serializer};

    /// Writes a decimal string.
    pub fn serialize<S: Serializer>(amount: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(amount)
    }

    /// Reads a decimal string or a whole number.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        struct Amount;
        impl de::Visitor<'_> for Amount {
            type Value = u128;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a whole number, or one as a string")
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<u128, E> {
                Ok(value.into())
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<u128, E> {
                whole(text).ok_or_else(|| E::custom(format!("'{text}' is not a whole number")))
            }
        }
        deserializer.deserialize_any(Amount)
    }

    /// A whole number in digits alone.
    pub fn whole<T: FromStr>(text: &str) -> Option<T> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negative_quotients_round_down() {
        assert_eq!(signed_mul_div(7, -1, 2), Some(-4));
        assert_eq!(signed_mul_div(7, 1, 2), Some(3));
        assert_eq!(signed_mul_div(8, -1, 2), Some(-4));
        assert_eq!(mul_div_up(7, 1, 2), Some(4));
        assert_eq!(mul_div(u128::MAX, 2, 1), None);
    }
}
