//! What is signed, and every signature that is refused.

use alloy::{
    primitives::{uint, Bytes, U256},
    sol_types::{eip712_domain, SolCall},
};
use clay_chain::Config;
use e2e::{
    committee::{sign_in_order, Committee, Execute},
    Quorum::*,
    MALLORY, OWNER,
};

use super::*;

/// Order of the curve.
const ORDER: U256 = uint!(0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141_U256);

/// The signature with one part replaced by something else.
fn spoiled(signatures: &Bytes, at: usize, part: &[u8]) -> Bytes {
    let mut spoiled = signatures.to_vec();
    spoiled[at..at + part.len()].copy_from_slice(part);
    spoiled.into()
}

#[test]
fn the_hash_is_the_one_wallets_sign() {
    let world = World::new();
    let domain = eip712_domain! {
        name: "ClayStack Quorum",
        version: "1",
        chain_id: 412_346,
        verifying_contract: world.quorum,
    };
    assert_eq!(world.view(DOMAIN_SEPARATORCall {}), domain.separator());
    let described = world.view(eip712DomainCall {});
    assert_eq!(described.fields.0, [0x0f]);
    assert_eq!(
        (described.name.as_str(), described.version.as_str()),
        ("ClayStack Quorum", "1")
    );
    assert_eq!(
        (described.chainId, described.verifyingContract),
        (U256::from(412_346), world.quorum)
    );
    assert!(described.salt.is_zero() && described.extensions.is_empty());

    for length in [0, 1, 4, 31, 32, 33, 1_000] {
        let message = Execute {
            target: TARGET,
            data: vec![7; length].into(),
            nonce: world.nonce(),
            deadline: U256::from(length),
        };
        let digest = world.view(digestCall {
            target: message.target,
            data: message.data.clone(),
            deadline: message.deadline,
        });
        let expected = message.hash(world.quorum, 412_346);
        assert_eq!(digest, expected, "{length} bytes of calldata");
    }
}

#[test]
fn p23_a_duplicate_signer_is_refused() {
    let mut world = World::new();
    let message = world.message(1);
    let hash = message.hash(world.quorum, world.chain_id());
    let [first, second, third] = &world.committee.keys()[..3] else {
        panic!("five members");
    };
    let orders = [
        ([first, first, second], (first, first)),
        ([first, second, second], (second, second)),
        // Out of order a duplicate could hide.
        ([first, third, second], (third, second)),
        ([second, first, third], (second, first)),
    ];
    let cases = orders.map(|(order, (previous, next))| {
        let signatures = sign_in_order(&order.map(Clone::clone), hash);
        (signatures, previous.address(), next.address())
    });
    for (signatures, previous, next) in cases {
        let call = message.clone().with(signatures);
        world.refuses(MALLORY, call, SignersNotAscending { previous, next });
    }
}

#[test]
fn p23_a_mirrored_signature_is_refused() {
    let mut world = World::new();
    let good = world.signed(world.message(1));
    for place in 0..3 {
        let start = place * 65;
        let s = U256::from_be_slice(&good.signatures[start + 32..start + 64]);
        let s = ORDER - s;
        let v = 55 - good.signatures[start + 64];
        let mirrored = spoiled(&good.signatures, start + 32, &s.to_be_bytes::<32>());
        let signatures = spoiled(&mirrored, start + 64, &[v]);
        let call = executeCall {
            signatures,
            ..good.clone()
        };
        world.refuses(MALLORY, call, ECDSAInvalidSignatureS { s: s.into() });
    }
    world.run(MALLORY, good);
}

#[test]
fn p23_a_signature_that_recovers_nobody_is_refused() {
    let mut world = World::new();
    let good = world.signed(world.message(1));
    let mut bad = Vec::new();
    for v in [0u8, 1, 26, 29, 255] {
        bad.push(spoiled(&good.signatures, 64, &[v]));
        bad.push(spoiled(&good.signatures, 2 * 65 + 64, &[v]));
    }
    // No point of the curve has x = 5; zero is no number of a signature.
    let five = U256::from(5).to_be_bytes::<32>();
    bad.push(spoiled(&good.signatures, 0, &five));
    bad.push(spoiled(&good.signatures, 0, &[0; 32]));
    bad.push(spoiled(&good.signatures, 32, &[0; 32]));
    bad.push(vec![0; 3 * 65].into());
    for signatures in bad {
        let call = executeCall {
            signatures,
            ..good.clone()
        };
        world.refuses(MALLORY, call, ECDSAInvalidSignature {});
    }
    world.run(MALLORY, good);
}

#[test]
fn p23_another_chains_signatures_are_refused() {
    let mut world = World::new();
    let elsewhere = World::on(Config {
        chain_id: 42_161,
        ..Config::default()
    });
    // The same contract at the same address, under the same nonce.
    assert_eq!(
        (elsewhere.quorum, elsewhere.nonce()),
        (world.quorum, world.nonce())
    );
    let call = elsewhere.signed(elsewhere.message(1));
    world.refuses_signatures_of_another_hash(call.clone());
    let mut elsewhere = elsewhere;
    elsewhere.run(MALLORY, call);
}

#[test]
fn p23_another_contracts_signatures_are_refused() {
    let mut world = World::new();
    // Another committee of the same members.
    let other = world.deploy(world.set_up()).expect("a committee");
    let message = world.message(1);
    let signatures = world.committee.sign(3, other, world.chain_id(), &message);
    world.refuses_signatures_of_another_hash(message.with(signatures));
}

#[test]
fn p23_another_nonces_signatures_are_refused() {
    let mut world = World::new();
    let one = U256::from(1);
    let message = |nonce| Execute {
        nonce,
        ..world.message(1)
    };
    let nonce = world.nonce();
    let wrong = [U256::ZERO, nonce - one, nonce + one, nonce + (one << 128)];
    let calls = wrong.map(|nonce| world.signed(message(nonce)));
    let right = world.signed(message(nonce));
    for call in calls.clone() {
        world.refuses_signatures_of_another_hash(call);
    }
    world.run(MALLORY, right.clone());
    assert_eq!(world.nonce(), nonce + one);
    // Once only; and then it is the next one's turn.
    world.refuses_signatures_of_another_hash(right);
    world.run(MALLORY, calls[2].clone());
    assert_eq!(world.nonce(), nonce + one + one);
}

#[test]
fn p23_signatures_end_with_their_deadline() {
    let mut world = World::new();
    let now = world.chain.timestamp();
    let deadline = U256::from(now + 100);
    let first = Execute {
        deadline,
        ..world.message(1)
    };
    let second = Execute {
        nonce: first.nonce + U256::from(1),
        data: noteCall {
            number: U256::from(2),
        }
        .abi_encode()
        .into(),
        ..first.clone()
    };
    let (first, second) = (world.signed(first), world.signed(second));
    // To the second, and nobody can put it off.
    world.chain.set_next_timestamp(now + 100).expect("later");
    world.run(MALLORY, first);
    world.chain.set_next_timestamp(now + 101).expect("later");
    let latest = U256::from(now + 101);
    world.refuses(MALLORY, second.clone(), DeadlinePassed { deadline, latest });
    world.refuses_signatures_of_another_hash(executeCall {
        deadline: deadline + U256::from(100),
        ..second
    });
}

#[test]
fn p23_what_is_signed_cannot_be_changed() {
    let mut world = World::new();
    let good = world.signed(world.message(1));
    let number = U256::from(2);
    let mut longer = good.data.to_vec();
    longer.push(0);
    for data in [noteCall { number }.abi_encode(), longer] {
        let call = executeCall {
            data: data.into(),
            ..good.clone()
        };
        world.refuses_signatures_of_another_hash(call);
    }
    let elsewhere = executeCall {
        target: NOWHERE,
        ..good.clone()
    };
    world.refuses_signatures_of_another_hash(elsewhere);
    world.run(MALLORY, good);
    assert_eq!(world.noted(), U256::from(1));
}

#[test]
fn p23_a_non_members_signature_is_refused() {
    let mut world = World::new();
    let message = world.message(1);
    let hash = message.hash(world.quorum, world.chain_id());
    // The stranger's place among the members is wherever the order puts it.
    for stranger in 5..12 {
        let strangers = Committee::among([stranger]);
        let signer = strangers.members()[0];
        let mixed = Committee::among([0, 1, stranger]);
        let call = message.clone().with(sign_in_order(mixed.keys(), hash));
        world.refuses(MALLORY, call, NotMember { signer });
        // Not even a superfluous one.
        let mixed = Committee::among([0, 1, 2, 3, 4, stranger]);
        let call = message.clone().with(sign_in_order(mixed.keys(), hash));
        world.refuses(MALLORY, call, NotMember { signer });
    }
}

#[test]
fn p23_fewer_than_the_quorum_are_refused() {
    let mut world = World::new();
    let needed = U256::from(3);
    for given in 0..3 {
        let call = world.signed_by(given, world.message(1));
        let given = U256::from(given);
        world.refuses(MALLORY, call, TooFewSignatures { given, needed });
    }
    // Any three will do, and more than three as well.
    for (number, count) in [(1, 3), (2, 4), (3, 5)] {
        let call = world.signed_by(count, world.message(number));
        world.run(MALLORY, call);
        assert_eq!(world.noted(), U256::from(number));
    }
    let message = world.message(4);
    let hash = message.hash(world.quorum, world.chain_id());
    let last = &world.committee.keys()[2..];
    let call = message.with(sign_in_order(last, hash));
    world.run(MALLORY, call);
    assert_eq!(world.noted(), U256::from(4));
}

#[test]
fn p23_signatures_have_65_bytes_each() {
    let mut world = World::new();
    let good = world.signed_by(4, world.message(1));
    for length in [1, 64, 66, 3 * 65 - 1, 3 * 65 + 1, 3 * 65 + 64] {
        let call = executeCall {
            signatures: good.signatures[..length].to_vec().into(),
            ..good.clone()
        };
        let length = U256::from(length);
        world.refuses(MALLORY, call, MalformedSignatures { length });
    }
}

#[test]
fn p23_a_change_of_members_or_quorum_voids_what_was_signed() {
    let everybody = Committee::new(5).members();
    let three = U256::from(3);
    let changes = [
        // Who signed stays a member each time.
        (Committee::new(6).members(), three),
        (everybody[..4].to_vec(), three),
        (everybody.clone(), U256::from(2)),
        (everybody.clone(), U256::from(4)),
        (everybody.clone(), three),
    ];
    for (members, quorum) in changes {
        let mut world = World::new();
        let before = world.nonce();
        // Signed for the next nonces, by all who will have to.
        let signed: Vec<executeCall> = (0..4)
            .map(|ahead| {
                let nonce = before + U256::from(ahead);
                let message = world.message(ahead);
                world.signed_by(4, Execute { nonce, ..message })
            })
            .collect();
        world.run(OWNER, setMembersCall { members, quorum });
        assert_eq!(world.nonce(), (version(before) + U256::from(1)) << 128);
        let mut current = world.clone();
        current.committee = Committee::among(0..6);
        for call in &signed {
            current.refuses_signatures_of_another_hash(call.clone());
        }
        // Nor does the counter ever reach them.
        let mut again = world.clone();
        for number in 10..14 {
            let call = again.signed_by(4, again.message(number));
            again.run(MALLORY, call);
            for call in &signed {
                again.refuses_signatures_of_another_hash(call.clone());
            }
        }
    }
}
