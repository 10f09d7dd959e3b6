//! Bond, score, weight and choice, against exact rationals and plain words.

use clay_shared::operators::{
    bond::{BondTerms, Nodes, MOST_NODES},
    choice::{capped, class, exit_bucket, next_bucket, operator_cap, Candidate, Forming},
    score::{conduct, score, weight, Cause, BEST, LOWEST_WEIGHT, START},
    NodeType,
};
use num_bigint::BigInt;
use num_rational::BigRational;
use proptest::prelude::*;

const ETH: u128 = 1_000_000_000_000_000_000;
const TERMS: BondTerms = BondTerms::DEFAULT;

fn ratio(numerator: impl Into<BigInt>, denominator: impl Into<BigInt>) -> BigRational {
    BigRational::new(numerator.into(), denominator.into())
}

/// curve(i), from the words: all of it for node 1, a straight line to the floor at `level_from`, then level.
fn curve(terms: &BondTerms, node: u32) -> BigRational {
    let floor = ratio(terms.floor, 10_000);
    let steps = node.min(terms.level_from) - 1;
    let fallen = (ratio(1, 1) - floor) * ratio(steps, terms.level_from - 1);
    ratio(1, 1) - fallen
}

/// Node by node.
fn exact(terms: &BondTerms, nodes: Nodes, score: u16) -> BigRational {
    let steps = score.max(5_000) - 5_000;
    let discount = ratio(terms.largest_discount, 10_000) * ratio(steps, 5_000);
    let mut sum = ratio(0, 1);
    for (base, count) in terms.base.into_iter().zip(nodes) {
        for node in 1..=count {
            sum += ratio(base, 1) * curve(terms, node);
        }
    }
    sum * (ratio(1, 1) - discount)
}

prop_compose! {
    /// Everything that the setters take.
    fn terms()(
        base in prop::array::uniform3(ETH / 10..=32 * ETH),
        level_from in 2..=1_000u32,
        floor in 1_000..=10_000u16,
        largest_discount in 0..=8_000u16,
    ) -> BondTerms {
        BondTerms { base, level_from, floor, largest_discount }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_bond_is_the_sum_of_the_curve_rounded_up(
        terms in terms(),
        nodes in prop::array::uniform3(0..=120u32),
        score in 0..=BEST,
    ) {
        let required = BigInt::from(terms.required(nodes, score));
        prop_assert_eq!(required, exact(&terms, nodes, score).ceil().to_integer());
    }

    #[test]
    fn p34_the_inverse_is_the_largest_number_that_the_bond_carries(
        terms in terms(),
        others in prop::array::uniform3(0..=100u32),
        bond in 0..=10_000 * ETH,
        of in prop::sample::select(&NodeType::ALL[..]),
        score in 0..=BEST,
    ) {
        let with = |count: u32| {
            let mut nodes = others;
            nodes[of as usize] = count;
            terms.required(nodes, score)
        };
        match terms.largest(bond, others, of, score) {
            None => prop_assert!(with(0) > bond),
            Some(count) => {
                prop_assert!(with(count) <= bond);
                prop_assert!(with(count + 1) > bond);
            }
        }
    }

    #[test]
    fn p34_the_inverse_undoes_the_requirement(
        terms in terms(),
        nodes in prop::array::uniform3(0..=MOST_NODES - 1),
        of in prop::sample::select(&NodeType::ALL[..]),
        score in 0..=BEST,
    ) {
        let required = terms.required(nodes, score);
        let count = nodes[of as usize];
        prop_assert_eq!(terms.largest(required, nodes, of, score), Some(count));
        if required > 0 && count > 0 {
            prop_assert!(terms.largest(required - 1, nodes, of, score).is_none_or(|less| less < count));
        }
    }

    #[test]
    fn weight_and_class_order_as_load_and_score_do(
        score in 0..BEST,
        active in 0..1_000u32,
        other in 0..1_000u32,
    ) {
        let weights = [weight(score, false), weight(score, true), weight(BEST, true)];
        prop_assert!(weights.is_sorted());
        prop_assert_eq!(weights[0], LOWEST_WEIGHT);
        for weight in weights {
            let (less, more) = (active.min(other), active.max(other));
            prop_assert!(class(less, weight) <= class(more, weight));
            // One node more is a class more, whatever the weight.
            prop_assert!(class(active, weight) < class(active + 1, weight));
        }
    }

    #[test]
    fn conduct_stays_within_its_range(start in 0..=BEST, before in any::<u8>()) {
        for cause in [
            Cause::TimelyExit,
            Cause::LateExit,
            Cause::ForcedExit,
            Cause::Slashing,
            Cause::FailedCeremony { before },
        ] {
            let after = conduct(start, cause);
            prop_assert!(after <= BEST);
            let (worse, better) = (after.min(start), after.max(start));
            let expected = if cause == Cause::TimelyExit { better } else { worse };
            prop_assert_eq!(after, expected);
        }
    }

    /// Property 35: whoever offers themselves, a cluster that is whole has distinct operators, at most one of them unproven,
    /// and the regions and clients asked for.
    #[test]
    fn p35_a_whole_cluster_meets_every_minimum(
        of in prop::sample::select(&NodeType::ALL[..]),
        (least_regions, least_clients) in (1..=4u8, 1..=4u8),
        offered in prop::collection::vec((1..12u32, any::<bool>(), 0..8u8, 0..8u8), 0..64),
    ) {
        let mut forming = Forming::new(of, least_regions, least_clients);
        let mut taken = Vec::new();
        for (operator, proven, region, client) in offered {
            let candidate = Candidate { operator, proven, region, client };
            if forming.take(candidate) {
                taken.push(candidate);
            }
        }
        let size = usize::from(of.cluster_size());
        prop_assert!(taken.len() <= size);
        let distinct = |key: fn(&Candidate) -> u32| {
            let mut keys: Vec<u32> = taken.iter().map(key).collect();
            keys.sort_unstable();
            keys.dedup();
            keys.len()
        };
        prop_assert_eq!(distinct(|it| it.operator), taken.len());
        let unproven = taken.iter().filter(|it| !it.proven).count();
        prop_assert!(unproven <= usize::from(size > 1));
        prop_assert!(unproven < usize::from(of.threshold()));
        if forming.is_whole() {
            prop_assert_eq!(taken.len(), size);
            prop_assert!(distinct(|it| it.region.into()) >= usize::from(least_regions).min(size));
            prop_assert!(distinct(|it| it.client.into()) >= usize::from(least_clients).min(size));
        }
    }

    /// Never below twice an even share, rounded up, and never more than all.
    #[test]
    fn a_cap_lets_a_young_pool_grow(total in 1..100_000u32, cap in 100..=2_000u16, proven in 1..1_000u32) {
        let allowed = operator_cap(total, cap, proven);
        prop_assert!(allowed >= 1 && allowed <= total);
        prop_assert!(u64::from(allowed) * 10_000 >= u64::from(total) * u64::from(cap));
        if proven > 1 {
            prop_assert!(u64::from(allowed) * u64::from(proven) >= 2 * u64::from(total));
        }
        prop_assert!(allowed >= capped(total, cap));
    }
}

#[test]
fn the_first_bonds_can_be_checked_by_hand() {
    assert_eq!(TERMS.required([1, 0, 0], START), ETH);
    assert_eq!(TERMS.required([0, 1, 0], 0), 2 * ETH);
    assert_eq!(TERMS.required([0, 0, 1], START), 4 * ETH);
    // Half the slope has been walked after 50 nodes: 50 * (1 + 0.5) / 2.
    assert_eq!(TERMS.required([50, 0, 0], START), 75 * ETH / 2);
    assert_eq!(TERMS.required([52, 0, 0], START), 77 * ETH / 2);
    // Halved for the best.
    assert_eq!(TERMS.required([52, 0, 0], BEST), 77 * ETH / 4);
    assert_eq!(
        TERMS.largest(75 * ETH / 2, [0; 3], NodeType::Ssv, START),
        Some(50)
    );
    assert_eq!(
        TERMS.largest(ETH, [0, 1, 0], NodeType::Ssv, START),
        None,
        "an Obol node needs 2 ETH alone"
    );
}

#[test]
fn a_score_is_the_mean_of_performance_and_conduct() {
    assert_eq!(score(9_999, 5_000), 7_499);
    assert_eq!((weight(0, true), weight(BEST, false)), (2_500, 2_500));
    assert_eq!((weight(START, true), weight(BEST, true)), (6_250, 10_000));
    assert_eq!(conduct(START, Cause::TimelyExit), 5_250);
    assert_eq!(conduct(START, Cause::Slashing), 0);
    assert_eq!(conduct(START, Cause::FailedCeremony { before: 0 }), 4_500);
    assert_eq!(conduct(START, Cause::FailedCeremony { before: 2 }), 3_000);
    assert_eq!(conduct(START, Cause::FailedCeremony { before: 200 }), 0);
}

#[test]
fn the_bucket_furthest_below_its_target_comes_next() {
    let targets = [6_000, 3_000, 1_000];
    assert_eq!(next_bucket(&[0, 0, 0], &targets, |_| true), Some(0));
    assert_eq!(next_bucket(&[60, 20, 10], &targets, |_| true), Some(1));
    // Who cannot form is passed over, and a target of zero is never chosen.
    assert_eq!(
        next_bucket(&[60, 20, 10], &targets, |bucket| bucket != 1),
        Some(2)
    );
    assert_eq!(next_bucket(&[0, 0, 0], &[0, 0, 0], |_| true), None);
    assert_eq!(next_bucket(&[1, 1, 1], &targets, |_| false), None);
    assert_eq!(exit_bucket(&[60, 20, 30], &targets), Some(2));
    assert_eq!(exit_bucket(&[1, 1, 0], &[6_000, 4_000, 0]), Some(1));
    assert_eq!(exit_bucket(&[0, 0, 0], &targets), None);
    // Of two alike the first, for both.
    assert_eq!(next_bucket(&[5, 5], &[5_000, 5_000], |_| true), Some(0));
    assert_eq!(exit_bucket(&[5, 5], &[5_000, 5_000]), Some(0));
}

#[test]
fn an_unproven_operator_never_runs_a_validator_alone() {
    let mut forming = Forming::new(NodeType::Direct, 3, 2);
    let newcomer = Candidate {
        operator: 1,
        proven: false,
        region: 0,
        client: 0,
    };
    assert!(!forming.take(newcomer));
    assert!(forming.take(Candidate {
        proven: true,
        ..newcomer
    }));
    assert!(forming.is_whole());
}
