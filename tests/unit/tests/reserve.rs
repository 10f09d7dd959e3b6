//! The fee of an exit from the reserve and its limits, against exact rationals.

use clay_shared::reserve::{Bucket, Curve, Limits, Reserve};
use num_bigint::BigInt;
use num_rational::BigRational;
use proptest::prelude::*;

const ETH: u128 = 1_000_000_000_000_000_000;
const DAY: u64 = 24 * 60 * 60;
/// More ETH than there will ever be.
const MOST: u128 = 1 << 90;

fn rational(value: u128) -> BigRational {
    BigRational::from_integer(BigInt::from(value))
}

/// The curve's integral: min * x + (max - min) * target * (u1^3 - u0^3) / 3, in wei.
fn exact_fee(curve: Curve, reserve: Reserve, assets: u128) -> BigRational {
    let u = |taken: u128| {
        let missing = reserve.target.saturating_sub(reserve.lent - taken);
        match reserve.target {
            0 => rational(0),
            target => rational(missing) / rational(target),
        }
    };
    let cubes = u(assets).pow(3) - u(0).pow(3);
    let steep = rational(curve.max - curve.min) * rational(reserve.target) * cubes / rational(3);
    (rational(curve.min) * rational(assets) + steep) / rational(10_000)
}

prop_compose! {
    fn curves()(min in 1..=500u128)(min in Just(min), max in min..=500) -> Curve {
        Curve { min, max }
    }
}

prop_compose! {
    fn reserves()(lent in 1..=MOST, part in 0..=20_000u128)(
        assets in 1..=lent,
        lent in Just(lent),
        part in Just(part),
    ) -> (Reserve, u128) {
        // From no target at all to twice what there is.
        (Reserve { lent, target: lent / 10_000 * part }, assets)
    }
}

proptest! {
    #[test]
    fn the_fee_is_the_integral_rounded_up(curve in curves(), (reserve, assets) in reserves()) {
        let (fee, exact) = (curve.fee(reserve, assets, 0), exact_fee(curve, reserve, assets));
        prop_assert!(rational(fee) >= exact);
        prop_assert!(rational(fee) < exact + BigRational::new(11.into(), 10.into()));
    }

    #[test]
    fn parts_cost_what_the_whole_does_to_a_wei_each(
        curve in curves(),
        (reserve, assets) in reserves(),
        cut in 0..=10_000u128,
    ) {
        let first = assets / 10_000 * cut;
        let rest = Reserve { lent: reserve.lent - first, ..reserve };
        let parts = curve.fee(reserve, first, 0) + curve.fee(rest, assets - first, 0);
        let whole = curve.fee(reserve, assets, 0);
        prop_assert!(parts.abs_diff(whole) <= 2, "{parts} for {whole}");
    }

    #[test]
    fn an_allowance_pays_the_smallest_fee_first(
        curve in curves(),
        (reserve, assets) in reserves(),
        allowance in 0..=MOST,
    ) {
        let cheap = assets.min(allowance);
        let rest = Reserve { lent: reserve.lent - cheap, ..reserve };
        let parts = (cheap * curve.min).div_ceil(10_000) + curve.fee(rest, assets - cheap, 0);
        let fee = curve.fee(reserve, assets, allowance);
        prop_assert!(fee <= parts && parts - fee <= 2);
    }

    #[test]
    fn a_bucket_refills_monotonically_and_holds_no_more_than_its_capacity(
        capacity in 0..=10_000u128,
        refill in 0..=10_000u128,
        used in 0..=MOST,
        total_assets in 0..=MOST,
        (sooner, later) in (0..=100 * DAY, 0..=100 * DAY),
    ) {
        let limits = Limits { capacity, refill, ..Limits::default() };
        let room = |after: u64| {
            let bucket = limits.refilled(Bucket { used, at: 1_000 }, total_assets, 1_000 + after);
            limits.room(bucket, Reserve::default(), total_assets).bucket
        };
        let (sooner, later) = (sooner.min(later), sooner.max(later));
        prop_assert!(room(sooner) <= room(later));
        prop_assert!(room(later) <= total_assets * capacity / 10_000);
    }
}

#[test]
fn a_fee_by_hand() {
    let curve = Curve { min: 50, max: 100 };
    let reserve = |lent| Reserve {
        lent: lent * ETH,
        target: 100 * ETH,
    };
    // Above the target: 0.5 % of 10 ETH.
    assert_eq!(curve.fee(reserve(120), 10 * ETH, 0), ETH / 20);
    // The whole reserve: 0.5 % and a third of the other 0.5 %, of 100 ETH.
    assert_eq!(
        curve.fee(reserve(100), 100 * ETH, 0),
        ETH / 2 + (ETH / 2).div_ceil(3)
    );
    // Half is missing: u from 0.5 to 0.6, 0.05 + 0.5 * (0.216 - 0.125) / 3 ETH.
    let fee = ETH / 20 + (ETH / 2 * 91 / 1_000).div_ceil(3);
    assert_eq!(curve.fee(reserve(50), 10 * ETH, 0), fee);
    // Without a target nothing is missing.
    let no_target = Reserve {
        lent: 100 * ETH,
        target: 0,
    };
    assert_eq!(curve.fee(no_target, 100 * ETH, 0), ETH / 2);
    assert_eq!(curve.fee(reserve(100), 1, 0), 1, "rounded up");
}

#[test]
fn a_bucket_by_hand() {
    let limits = Limits {
        low_watermark: 1_000,
        capacity: 100,
        refill: 100,
        largest: 50,
    };
    let reserve = Reserve {
        lent: 40 * ETH,
        target: 50 * ETH,
    };
    let bucket = Bucket {
        used: 8 * ETH,
        at: 10 * DAY,
    };
    // Of 1,000 ETH: 10 in the bucket, 5 a half day.
    let half_a_day = limits.refilled(bucket, 1_000 * ETH, 10 * DAY + DAY / 2);
    let room = limits.room(half_a_day, reserve, 1_000 * ETH);
    assert_eq!(
        (room.largest, room.bucket, room.reserve),
        (5 * ETH, 7 * ETH, 35 * ETH)
    );
    assert_eq!(limits.refilled(bucket, 1_000 * ETH, 11 * DAY).used, 0);
}
