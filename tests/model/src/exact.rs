//! Numbers without limits: integers for amounts, rationals for everything in between.

pub use num_bigint::BigInt as Int;
pub use num_rational::BigRational as Exact;

/// An amount.
pub fn int(amount: impl Into<Int>) -> Int {
    amount.into()
}

/// An amount as a rational.
pub fn exact(amount: &Int) -> Exact {
    Exact::from_integer(amount.clone())
}

/// The largest amount that is not above.
pub fn floor(value: Exact) -> Int {
    value.floor().to_integer()
}

/// The smallest amount that is not below.
pub fn ceil(value: Exact) -> Int {
    value.ceil().to_integer()
}

/// An amount in basis points of another, exactly.
pub fn basis_points(of: &Int, points: &Int) -> Exact {
    Exact::new(of * points, int(10_000))
}

/// An amount, or zero instead of less.
pub fn not_negative(amount: Int) -> Int {
    amount.max(int(0))
}

/// ETH in wei, or shares in their smallest unit.
pub fn eth(whole: u64) -> Int {
    int(whole) * int(10).pow(18)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_third_of_ten_is_between_three_and_four() {
        let third = Exact::new(int(10), int(3));
        assert_eq!((floor(third.clone()), ceil(third)), (int(3), int(4)));
    }

    #[test]
    fn below_zero_floor_is_further_away() {
        let third = Exact::new(int(-10), int(3));
        assert_eq!((floor(third.clone()), ceil(third)), (int(-4), int(-3)));
    }
}
