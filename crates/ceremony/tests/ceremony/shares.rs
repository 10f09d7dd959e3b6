//! Which members can sign, and what a part proves.

use alloy::primitives::B256;
use blstrs::{G1Affine, G1Projective, G2Affine, G2Projective, Scalar};
use clay_ceremony::{combine, verify, verify_part, CeremonyError, Part, SecretShare, Shape};
use clay_ethereum::{PublicKey, Signature};
use ff::Field;
use group::{Curve, Group};
use proptest::{prelude::*, sample::subsequence};

use crate::played;

/// One of the three kinds of cluster.
fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![Just(Shape::SSV), Just(Shape::OBOL), Just(Shape::DIRECT)]
}

/// A shape, and so many of its members, in any order.
fn signers(
    count: impl Fn(Shape) -> usize + Clone + 'static,
) -> impl Strategy<Value = (Shape, Vec<usize>)> {
    shape().prop_flat_map(move |shape| {
        let members: Vec<usize> = (0..usize::from(shape.members())).collect();
        let chosen = subsequence(members, count(shape)).prop_shuffle();
        (Just(shape), chosen)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_members_as_many_as_the_threshold_make_the_same_signature(
        (shape, chosen) in signers(|shape| usize::from(shape.threshold())),
        seed: u64,
        message: [u8; 32],
    ) {
        let (ceremony, message) = (played(shape, seed), B256::new(message));
        let parts: Vec<Part> = ceremony.secrets.iter().map(|it| it.sign(message)).collect();
        let by_all = combine(&parts).unwrap();
        let by_chosen: Vec<Part> = chosen.iter().map(|&at| parts[at]).collect();
        prop_assert_eq!(combine(&by_chosen).unwrap(), by_all);
        prop_assert!(verify(&ceremony.outcome.public_key, message, &by_all));
    }

    #[test]
    fn one_member_fewer_makes_none(
        (shape, chosen) in signers(|shape| usize::from(shape.threshold()) - 1),
        seed: u64,
    ) {
        let (ceremony, message) = (played(shape, seed), B256::repeat_byte(1));
        let parts: Vec<Part> = chosen
            .iter()
            .map(|&at| ceremony.secrets[at].sign(message))
            .collect();
        match combine(&parts) {
            Ok(signature) => prop_assert!(!verify(&ceremony.outcome.public_key, message, &signature)),
            Err(error) => prop_assert_eq!(error.to_string(), "0 parts do not make a signature: it takes 1"),
        }
        let refusal = ceremony.outcome.combine(message, &parts).unwrap_err();
        let expected = format!("{} parts do not make a signature: it takes {}", parts.len(), shape.threshold());
        prop_assert_eq!(refusal.to_string(), expected);
    }
}

#[test]
fn a_part_is_good_for_its_member_and_message_alone() {
    let ceremony = played(Shape::SSV, 1);
    let shares = &ceremony.outcome.public_key_shares;
    let message = B256::repeat_byte(1);
    for secret in &ceremony.secrets {
        let part = secret.sign(message);
        for share in shares {
            let own = share.member == secret.member();
            assert_eq!(verify_part(share, message, &part), own);
            // Under the name of another, it is neither's.
            let renamed = Part {
                member: share.member,
                ..part
            };
            assert_eq!(verify_part(share, message, &renamed), own);
        }
        let own = secret.public_key_share();
        assert!(!verify_part(&own, B256::repeat_byte(2), &part));
        let nameless = Part { member: 99, ..part };
        assert!(!verify_part(&own, message, &nameless));
        assert!(shares.contains(&own));
    }
}

#[test]
fn a_false_part_is_found_and_done_without() {
    let ceremony = played(Shape::SSV, 2);
    let (outcome, message) = (&ceremony.outcome, B256::repeat_byte(1));
    let mut parts: Vec<Part> = ceremony.secrets.iter().map(|it| it.sign(message)).collect();
    let good = combine(&parts).unwrap();
    parts[2] = ceremony.secrets[2].sign(B256::repeat_byte(2));

    let naive = combine(&parts).unwrap();
    assert!(!verify(&outcome.public_key, message, &naive));
    let refusal = outcome.verify_part(message, &parts[2]).unwrap_err();
    assert!(matches!(refusal, CeremonyError::FalsePart(3)), "{refusal}");
    assert_eq!(outcome.combine(message, &parts).unwrap(), good);

    parts[4].signature = Signature::repeat_byte(0xff);
    assert!(matches!(
        outcome.combine(message, &parts),
        Err(CeremonyError::TooFewParts {
            given: 3,
            threshold: 4
        })
    ));
}

#[test]
fn a_repeated_part_counts_once() {
    let ceremony = played(Shape::OBOL, 3);
    let message = B256::repeat_byte(1);
    let part = |at: usize| ceremony.secrets[at].sign(message);
    assert!(matches!(
        combine(&[part(0), part(1), part(0)]),
        Err(CeremonyError::Twice(1))
    ));
    assert!(matches!(
        ceremony
            .outcome
            .combine(message, &[part(0), part(1), part(0)]),
        Err(CeremonyError::TooFewParts {
            given: 2,
            threshold: 3
        })
    ));
    let whole = combine(&[part(0), part(1), part(2)]).unwrap();
    let repeated = [part(0), part(0), part(1), part(2)];
    assert_eq!(ceremony.outcome.combine(message, &repeated).unwrap(), whole);
}

#[test]
fn parts_that_are_none_are_refused() {
    let ceremony = played(Shape::DIRECT, 4);
    let message = B256::repeat_byte(1);
    let part = ceremony.secrets[0].sign(message);
    let zero = Part { member: 0, ..part };
    assert!(matches!(combine(&[zero]), Err(CeremonyError::MemberZero)));
    let stranger = Part { member: 2, ..part };
    assert!(matches!(
        ceremony.outcome.verify_part(message, &stranger),
        Err(CeremonyError::UnknownMember(2))
    ));
    let noise = Part {
        member: 1,
        signature: Signature::repeat_byte(0xff),
    };
    assert!(matches!(
        combine(&[noise]),
        Err(CeremonyError::MalformedPart(1))
    ));
}

#[test]
fn good_parts_of_another_key_make_no_signature() {
    let mut outcome = played(Shape::OBOL, 6).outcome;
    let other = played(Shape::OBOL, 7);
    outcome.public_key_shares = other.outcome.public_key_shares;
    let message = B256::repeat_byte(1);
    let parts: Vec<Part> = other.secrets.iter().map(|it| it.sign(message)).collect();
    assert!(matches!(
        outcome.combine(message, &parts),
        Err(CeremonyError::OtherPublicKey)
    ));
}

/// What of a point lies outside of the group of the scheme: the point times the group's order, by doubling and adding,
/// as libraries multiply faster in ways that hold inside of it only.
fn outside<G: Group>(point: G) -> Option<G> {
    let mut sum = G::identity();
    for byte in (-Scalar::ONE).to_bytes_be() {
        for bit in (0..8).rev() {
            sum = sum.double();
            if byte >> bit & 1 == 1 {
                sum += point;
            }
        }
    }
    sum += point;
    (!bool::from(sum.is_identity())).then_some(sum)
}

/// A point outside of the group changes nothing in a pairing: a key with one added would be a second one that verifies
/// the same signatures, and the registry takes a key once. Signatures are looked at in the same way.
#[test]
fn a_key_and_a_signature_have_one_form_each() {
    let ceremony = played(Shape::DIRECT, 8);
    let message = B256::repeat_byte(1);
    let (key, signature) = (
        ceremony.outcome.public_key,
        ceremony.secrets[0].sign(message).signature,
    );
    assert!(verify(&key, message, &signature));

    let mut small = [0; 48];
    small[0] = 0x80;
    let added = (0..=u8::MAX).find_map(|x| {
        small[47] = x;
        let point = Option::<G1Affine>::from(G1Affine::from_compressed_unchecked(&small))?;
        outside(G1Projective::from(point))
    });
    let own = G1Affine::from_compressed(&key.0).unwrap();
    let second = (added.unwrap() + own).to_affine().to_compressed();
    assert!(!verify(&PublicKey::new(second), message, &signature));

    let mut small = [0; 96];
    small[0] = 0x80;
    let added = (0..=u8::MAX).find_map(|x| {
        small[95] = x;
        let point = Option::<G2Affine>::from(G2Affine::from_compressed_unchecked(&small))?;
        outside(G2Projective::from(point))
    });
    let own = G2Affine::from_compressed(&signature.0).unwrap();
    let second = Signature::new((added.unwrap() + own).to_affine().to_compressed());
    assert!(!verify(&key, message, &second));
    let part = Part {
        member: 1,
        signature: second,
    };
    assert!(matches!(
        combine(&[part]),
        Err(CeremonyError::MalformedPart(1))
    ));
}

#[test]
fn the_point_at_infinity_signs_nothing() {
    let (mut key, mut signature) = (PublicKey::ZERO, Signature::ZERO);
    key[0] = 0xc0;
    signature[0] = 0xc0;
    let message = B256::repeat_byte(1);
    assert!(!verify(&key, message, &signature));
    assert!(!verify(&PublicKey::ZERO, message, &signature));
    let own = played(Shape::DIRECT, 5).outcome.public_key;
    assert!(!verify(&own, message, &signature));
}

#[test]
fn a_secret_share_is_a_number_below_the_order_and_stays_out_of_logs() {
    for (member, secret) in [(3, B256::ZERO), (3, B256::repeat_byte(0xff))] {
        let refusal = SecretShare::new(member, secret).unwrap_err();
        assert!(matches!(refusal, CeremonyError::MalformedSecret(3)));
    }
    assert!(matches!(
        SecretShare::new(0, B256::repeat_byte(1)),
        Err(CeremonyError::MemberZero)
    ));
    let share = SecretShare::new(3, B256::repeat_byte(0x12)).unwrap();
    assert_eq!(share.secret(), B256::repeat_byte(0x12));
    assert_eq!(format!("{share:?}"), "SecretShare { member: 3, .. }");
}
