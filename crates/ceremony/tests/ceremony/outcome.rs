//! What members check of a result before they sign it.

use alloy::primitives::{Address, B256};
use clay_ceremony::{CeremonyError, Network, Outcome, Shape};
use clay_ethereum::{deposit_data_root, withdrawal_credentials, PublicKey, ETHER_GWEI};

use crate::{played, GATEWAY};

/// The outcome of a ceremony, changed, with the root made to fit again.
fn changed(shape: Shape, change: impl Fn(&mut Outcome)) -> Outcome {
    let mut outcome = played(shape, 1).outcome;
    change(&mut outcome);
    outcome.deposit_data_root = deposit_data_root(
        &outcome.public_key,
        outcome.withdrawal_credentials,
        ETHER_GWEI,
        &outcome.signature,
    );
    outcome
}

fn refusal(outcome: &Outcome) -> CeremonyError {
    outcome.check(&Network::hoodi(), GATEWAY).unwrap_err()
}

#[test]
fn ceremonies_of_each_shape_pass() {
    for (shape, members, threshold) in [
        (Shape::SSV, 5, 4),
        (Shape::OBOL, 4, 3),
        (Shape::DIRECT, 1, 1),
        (Shape::new(7, 5).unwrap(), 7, 5),
    ] {
        let ceremony = played(shape, 1);
        ceremony.outcome.check(&Network::hoodi(), GATEWAY).unwrap();
        assert_eq!(ceremony.secrets.len(), members);
        assert_eq!(ceremony.outcome.public_key_shares.len(), members);
        assert_eq!(ceremony.outcome.threshold, threshold);
    }
    let alone = played(Shape::DIRECT, 1).outcome;
    assert_eq!(alone.public_key_shares[0].public_key, alone.public_key);
}

#[test]
fn members_post_the_key_material_and_a_share_for_each_of_them() {
    let obol = played(Shape::OBOL, 1).outcome;
    let result = obol.registry_result();
    assert_eq!(result.len(), 48 + 96 + 32 + 4 * 48);
    assert_eq!(result[..48], obol.public_key[..]);
    assert_eq!(result[48..144], obol.signature[..]);
    assert_eq!(result[144..176], obol.deposit_data_root[..]);
    let shares = result[176..].chunks(48);
    for (share, posted) in obol.public_key_shares.iter().zip(shares) {
        assert_eq!(posted, share.public_key.as_slice());
    }
    let alone = played(Shape::DIRECT, 1).outcome;
    assert_eq!(alone.registry_result().len(), 176);
}

#[test]
fn no_two_ceremonies_have_a_key_in_common() {
    let (first, second) = (
        played(Shape::OBOL, 1).outcome,
        played(Shape::OBOL, 2).outcome,
    );
    assert_ne!(first.public_key, second.public_key);
    for (one, other) in first
        .public_key_shares
        .iter()
        .zip(&second.public_key_shares)
    {
        assert_ne!(one.public_key, other.public_key);
    }
}

#[test]
fn another_gateway_is_another_root_and_another_signature() {
    let network = Network::hoodi();
    let outcome = played(Shape::OBOL, 1).outcome;
    let other = Address::repeat_byte(0x6b);
    let key = &outcome.public_key;
    assert_ne!(
        network.deposit_root(key, other),
        network.deposit_root(key, GATEWAY)
    );

    let refused = outcome.check(&network, other).unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!(
            "withdrawals would go to {}, and the gateway's credentials are {}",
            withdrawal_credentials(GATEWAY),
            withdrawal_credentials(other)
        )
    );
    // Credentials that were exchanged afterwards: the root tells, and where that was exchanged too, the signature.
    let credentials = withdrawal_credentials(other);
    let exchanged = Outcome {
        withdrawal_credentials: credentials,
        ..outcome.clone()
    };
    let refused = exchanged.check(&network, other).unwrap_err();
    let CeremonyError::DepositDataRoot { given, expected } = refused else {
        panic!("{refused}");
    };
    assert_eq!(given, outcome.deposit_data_root);
    assert_ne!(expected, given);
    let exchanged = changed(Shape::OBOL, |it| it.withdrawal_credentials = credentials);
    let refused = exchanged.check(&network, other).unwrap_err();
    assert!(
        matches!(refused, CeremonyError::DepositSignature),
        "{refused}"
    );
}

#[test]
fn a_deposit_for_another_network_is_refused() {
    let outcome = played(Shape::OBOL, 1).outcome;
    let refused = outcome.check(&Network::mainnet(), GATEWAY).unwrap_err();
    assert!(
        matches!(refused, CeremonyError::DepositSignature),
        "{refused}"
    );
}

#[test]
fn exits_are_for_one_network_epoch_and_validator() {
    let root = Network::hoodi().voluntary_exit_root(1, 2);
    assert_ne!(root, Network::sepolia().voluntary_exit_root(1, 2));
    assert_ne!(root, Network::hoodi().voluntary_exit_root(2, 2));
    assert_ne!(root, Network::hoodi().voluntary_exit_root(1, 1));
    let forked = Network {
        genesis_fork_version: [9; 4].into(),
        ..Network::hoodi()
    };
    assert_eq!(root, forked.voluntary_exit_root(1, 2));
    let elsewhere = Network {
        genesis_validators_root: B256::ZERO,
        ..Network::hoodi()
    };
    assert_ne!(root, elsewhere.voluntary_exit_root(1, 2));
}

#[test]
fn shares_that_do_not_belong_together_are_refused() {
    let strange = played(Shape::SSV, 2).outcome.public_key_shares;
    // The fifth share does not lie where the first four say; one of those four makes all the others stray.
    let outcome = changed(Shape::SSV, |it| it.public_key_shares[4] = strange[4]);
    assert!(matches!(refusal(&outcome), CeremonyError::StrayShare(5)));
    let outcome = changed(Shape::SSV, |it| it.public_key_shares[0] = strange[0]);
    assert!(matches!(refusal(&outcome), CeremonyError::StrayShare(5)));
    // All of another ceremony fit each other, and not the key.
    let outcome = changed(Shape::SSV, |it| it.public_key_shares = strange.clone());
    assert!(matches!(refusal(&outcome), CeremonyError::OtherPublicKey));
    let outcome = changed(Shape::SSV, |it| it.public_key_shares.swap(0, 1));
    outcome.check(&Network::hoodi(), GATEWAY).unwrap();
}

#[test]
fn shares_that_are_none_are_refused() {
    let outcome = changed(Shape::SSV, |it| {
        it.public_key_shares[1].public_key = PublicKey::repeat_byte(0xff);
    });
    assert!(matches!(
        refusal(&outcome),
        CeremonyError::MalformedShare(2)
    ));
    // The public key of the secret 0, which everybody has.
    let outcome = changed(Shape::SSV, |it| {
        it.public_key_shares[1].public_key = PublicKey::ZERO;
        it.public_key_shares[1].public_key[0] = 0xc0;
    });
    assert!(matches!(
        refusal(&outcome),
        CeremonyError::MalformedShare(2)
    ));
    let outcome = changed(Shape::SSV, |it| it.public_key_shares[4].member = 1);
    assert!(matches!(refusal(&outcome), CeremonyError::Twice(1)));
    let outcome = changed(Shape::SSV, |it| it.public_key_shares[4].member = 0);
    assert!(matches!(refusal(&outcome), CeremonyError::MemberZero));
    let outcome = changed(Shape::SSV, |it| it.public_key_shares.truncate(3));
    assert!(matches!(
        refusal(&outcome),
        CeremonyError::TooFewParts {
            given: 3,
            threshold: 4
        }
    ));
}

#[test]
fn a_threshold_that_is_not_the_ceremonys_is_refused() {
    // Three of five cannot sign, though the result says so; and it does not take five.
    let outcome = changed(Shape::SSV, |it| it.threshold = 3);
    assert!(matches!(refusal(&outcome), CeremonyError::StrayShare(4)));
    let outcome = changed(Shape::SSV, |it| it.threshold = 0);
    assert!(matches!(
        refusal(&outcome),
        CeremonyError::TooFewParts { threshold: 0, .. }
    ));
}

#[test]
fn half_of_the_members_are_no_threshold() {
    for (members, threshold) in [(0, 0), (1, 0), (4, 2), (5, 2), (4, 5)] {
        let refused = Shape::new(members, threshold).unwrap_err();
        let CeremonyError::Shape { members: given, .. } = refused else {
            panic!("{refused}");
        };
        assert_eq!(given, members);
    }
    let shape = Shape::new(5, 3).unwrap();
    assert_eq!((shape.members(), shape.threshold()), (5, 3));
}
