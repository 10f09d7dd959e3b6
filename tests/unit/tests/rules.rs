//! The pure rules against exact big rationals.

use alloy_primitives::U256;
use clay_shared::{
    books::{Books, Deferred, Rate, MAX_ASSETS, MAX_SHARES},
    math::{mul_div, product, Rounding},
    storage::Field,
};
use num_bigint::{BigInt, BigUint};
use num_rational::BigRational;
use proptest::prelude::*;

fn big(value: u128) -> BigInt {
    BigInt::from(value)
}

/// Amounts of every order of magnitude, and the edges.
fn amounts() -> impl Strategy<Value = u128> {
    prop_oneof![
        any::<u128>().prop_flat_map(|value| (0u32..128).prop_map(move |shift| value >> shift)),
        Just(0),
        Just(1),
        Just(u128::MAX),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_product_is_exact(a in amounts(), b in amounts()) {
        let expected = BigUint::from(a) * BigUint::from(b);
        let bytes = product(a, b).to_be_bytes::<32>();
        prop_assert_eq!(BigUint::from_bytes_be(&bytes), expected);
    }

    #[test]
    fn mul_div_rounds_the_exact_quotient(a in amounts(), b in amounts(), divisor in amounts()) {
        for rounding in [Rounding::Down, Rounding::Up] {
            let computed = mul_div(a, b, divisor, rounding).map(big);
            let expected = (divisor != 0).then(|| {
                let exact = BigRational::new(big(a) * big(b), big(divisor));
                match rounding {
                    Rounding::Down => exact.floor().to_integer(),
                    Rounding::Up => exact.ceil().to_integer(),
                }
            });
            let expected = expected.filter(|quotient| *quotient <= big(u128::MAX));
            prop_assert_eq!(computed, expected);
        }
    }

    #[test]
    fn a_field_holds_what_was_set_and_moves_nothing_else(
        word in any::<[u64; 4]>(),
        (offset, width) in (1usize..=128).prop_flat_map(|width| (0..=256 - width, Just(width))),
        value in any::<u128>(),
    ) {
        let (word, field) = (U256::from_limbs(word), Field::new(offset, width));
        let value = value & field.max();
        let changed = field.set(word, value);
        prop_assert_eq!(field.get(changed), value);
        prop_assert_eq!(field.set(changed, field.get(word)), word);
    }

    #[test]
    fn books_survive_their_word(
        assets in -(MAX_ASSETS as i128)..=(MAX_ASSETS as i128),
        total_shares in 0..=MAX_SHARES,
        last_report in 0..=u64::from(u32::MAX),
        flags in 0u32..1 << 24,
    ) {
        let books = Books { total_assets: assets, total_shares, last_report, flags };
        prop_assert_eq!(Books::unpack(books.pack()), books);
    }

    #[test]
    fn entering_and_leaving_at_one_rate_never_gains(
        assets in 1..=MAX_ASSETS,
        shares in 1..=MAX_SHARES,
        deposit in 0..=MAX_ASSETS,
    ) {
        let rate = Rate { assets, shares };
        if let Some(minted) = rate.to_shares(deposit, Rounding::Down) {
            if let Some(back) = rate.to_assets(minted, Rounding::Down) {
                prop_assert!(back <= deposit);
            }
        }
    }

    #[test]
    fn the_lower_rate_is_the_lower_fraction(
        a in (0..=MAX_ASSETS, 1..=MAX_SHARES),
        b in (0..=MAX_ASSETS, 1..=MAX_SHARES),
    ) {
        let fraction = |(assets, shares): (u128, u128)| BigRational::new(big(assets), big(shares));
        let rate = |(assets, shares): (u128, u128)| Rate { assets, shares };
        let lower = rate(a).min(rate(b));
        prop_assert_eq!(fraction((lower.assets, lower.shares)), fraction(a).min(fraction(b)));
    }

    #[test]
    fn an_entry_pays_for_what_holders_get_back_and_for_a_deferred_gain_up_to_a_tenth(
        assets in -(MAX_ASSETS as i128)..=MAX_ASSETS as i128,
        shares in 1..=MAX_SHARES,
        gain in 0..=MAX_ASSETS,
        fee_free in 0..=MAX_ASSETS,
    ) {
        let books = Books { total_assets: assets, total_shares: shares, ..Books::default() };
        let owned = (assets + fee_free as i128).max(0) as u128;
        let expected = owned + gain.min(assets.max(0) as u128 / 10);
        let deferred = Deferred { gain: gain + fee_free, fee_free };
        prop_assert_eq!(books.entry_rate(deferred), Rate { assets: expected, shares });
    }
}
