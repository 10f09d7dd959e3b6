//! Shares of a key, and the parts of a signature they make.
//!
//! A secret is the value at 0 of a polynomial over the scalar field, whose degree is the threshold less one; the share
//! of member `i` is its value at `i`. So any members as many as the threshold determine it, and fewer say nothing of
//! it. Public keys and signatures are multiples of points by the secret, so both are put together from members' parts
//! with the same coefficients as the secret would be (Lagrange's), without anybody knowing the secret.
//!
//! Members count from 1, in [`Ceremony::play`](crate::Ceremony::play) and with Obol; with SSV a member's number is its
//! operator ID.

use std::fmt;

use alloy::primitives::B256;
use blst::{
    min_pk::{self, SecretKey},
    BLST_ERROR,
};
use blstrs::{G1Affine, G1Projective, G2Affine, G2Projective, Scalar};
use clay_ethereum::{PublicKey, Signature};
use ff::Field;
use group::{Curve, Group};
use serde::{Deserialize, Serialize};

use crate::CeremonyError;

/// The signature scheme of Ethereum's consensus: signatures in G2, keys proven by what they sign.
const SCHEME: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

/// A member's share of a secret key. Whoever holds as many as the threshold can sign as the validator.
#[derive(Clone)]
pub struct SecretShare {
    member: u64,
    key: SecretKey,
}

impl SecretShare {
    /// Share of a member, of its 32 bytes, the most significant first.
    ///
    /// # Errors
    /// [`CeremonyError::MemberZero`]; [`CeremonyError::MalformedSecret`] if it is zero or not below the order.
    pub fn new(member: u64, secret: B256) -> Result<Self, CeremonyError> {
        if member == 0 {
            return Err(CeremonyError::MemberZero);
        }
        let key = SecretKey::from_bytes(secret.as_slice())
            .map_err(|_| CeremonyError::MalformedSecret(member))?;
        Ok(Self { member, key })
    }

    /// The member's number, never 0.
    pub fn member(&self) -> u64 {
        self.member
    }

    /// Its 32 bytes, the most significant first. To be kept secret.
    pub fn secret(&self) -> B256 {
        B256::new(self.key.to_bytes())
    }

    /// What everybody may know of it, and tests its parts with.
    pub fn public_key_share(&self) -> PublicKeyShare {
        PublicKeyShare {
            member: self.member,
            public_key: PublicKey::new(self.key.sk_to_pk().to_bytes()),
        }
    }

    /// The member's part of a signature of a signing root.
    pub fn sign(&self, message: B256) -> Part {
        Part {
            member: self.member,
            signature: Signature::new(self.key.sign(message.as_slice(), SCHEME, &[]).to_bytes()),
        }
    }
}

impl fmt::Debug for SecretShare {
    /// Tells whose it is, and nothing of the secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SecretShare")
            .field("member", &self.member)
            .finish_non_exhaustive()
    }
}

/// What everybody knows of a member's share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKeyShare {
    /// The member's number, never 0.
    pub member: u64,
    /// Public key of its share.
    pub public_key: PublicKey,
}

/// A member's part of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The member's number, never 0.
    pub member: u64,
    /// Signature by the member's share.
    pub signature: Signature,
}

/// Puts parts together to the signature. As many as the threshold, or more, make the same whatever members they are
/// of; fewer make one that [`verify`] refuses, as does a false part among them.
///
/// # Errors
/// [`CeremonyError::TooFewParts`] if there is none, [`CeremonyError::Twice`], [`CeremonyError::MemberZero`], or
/// [`CeremonyError::MalformedPart`].
pub fn combine(parts: &[Part]) -> Result<Signature, CeremonyError> {
    if parts.is_empty() {
        return Err(CeremonyError::TooFewParts {
            given: 0,
            threshold: 1,
        });
    }
    let members: Vec<u64> = parts.iter().map(|part| part.member).collect();
    let weights = weights(&members, 0)?;
    let mut sum = G2Projective::identity();
    for (part, weight) in parts.iter().zip(weights) {
        let point: Option<G2Affine> = G2Affine::from_compressed(&part.signature.0).into();
        let point = point.ok_or(CeremonyError::MalformedPart(part.member))?;
        sum += point * weight;
    }
    Ok(Signature::new(sum.to_affine().to_compressed()))
}

/// Whether a part is what the member of a public key share signs a message with.
pub fn verify_part(share: &PublicKeyShare, message: B256, part: &Part) -> bool {
    share.member == part.member && verify(&share.public_key, message, &part.signature)
}

/// Whether a signature of a signing root is a public key's, as the beacon chain verifies it. One that is malformed, of
/// the key or of the signature, is not.
pub fn verify(public_key: &PublicKey, message: B256, signature: &Signature) -> bool {
    let Ok(public_key) = min_pk::PublicKey::key_validate(public_key.as_slice()) else {
        return false;
    };
    let Ok(signature) = min_pk::Signature::sig_validate(signature.as_slice(), true) else {
        return false;
    };
    let verdict = signature.verify(false, message.as_slice(), SCHEME, &[], &public_key, false);
    verdict == BLST_ERROR::BLST_SUCCESS
}

/// Deals shares of a secret: the values of a polynomial at 1 and on. It has the secret first, then the coefficients of
/// higher powers, as many in all as the threshold.
pub(crate) fn deal(polynomial: &[Scalar], members: u16) -> Result<Vec<SecretShare>, CeremonyError> {
    let share = |member: u64| {
        let at = Scalar::from(member);
        let add = |value: Scalar, coefficient: &Scalar| value * at + coefficient;
        let value = polynomial.iter().rev().fold(Scalar::ZERO, add);
        SecretShare::new(member, B256::new(value.to_bytes_be()))
    };
    (1..=u64::from(members)).map(share).collect()
}

/// Checks that public key shares are those of one polynomial, with a threshold, and of a public key.
pub(crate) fn check_shares(
    public_key: &PublicKey,
    shares: &[PublicKeyShare],
    threshold: usize,
) -> Result<(), CeremonyError> {
    let given = shares.len();
    if threshold == 0 || given < threshold {
        return Err(CeremonyError::TooFewParts { given, threshold });
    }
    let mut points = Vec::with_capacity(given);
    for share in shares {
        min_pk::PublicKey::key_validate(share.public_key.as_slice())
            .map_err(|_| CeremonyError::MalformedShare(share.member))?;
        let point: Option<G1Affine> = G1Affine::from_compressed(&share.public_key.0).into();
        points.push(point.ok_or(CeremonyError::MalformedShare(share.member))?);
    }
    let members: Vec<u64> = shares.iter().map(|share| share.member).collect();
    // All of them, so that a member who appears twice is found wherever it stands.
    weights(&members, 0)?;
    let at = |place: u64| -> Result<PublicKey, CeremonyError> {
        let weights = weights(&members[..threshold], place)?;
        let weighted = points.iter().zip(weights);
        let sum: G1Projective = weighted.map(|(point, weight)| point * weight).sum();
        Ok(PublicKey::new(sum.to_affine().to_compressed()))
    };
    for share in &shares[threshold..] {
        if at(share.member)? != share.public_key {
            return Err(CeremonyError::StrayShare(share.member));
        }
    }
    if at(0)? != *public_key {
        return Err(CeremonyError::OtherPublicKey);
    }
    Ok(())
}

/// Lagrange's coefficients: what the values at the members' places count for in the value at a place.
fn weights(members: &[u64], place: u64) -> Result<Vec<Scalar>, CeremonyError> {
    let place = Scalar::from(place);
    let mut weights = Vec::with_capacity(members.len());
    for (index, &member) in members.iter().enumerate() {
        if member == 0 {
            return Err(CeremonyError::MemberZero);
        }
        let own = Scalar::from(member);
        let (mut above, mut below) = (Scalar::ONE, Scalar::ONE);
        for (_, &other) in members.iter().enumerate().filter(|(at, _)| *at != index) {
            let other = Scalar::from(other);
            above *= place - other;
            below *= own - other;
        }
        let inverse: Option<Scalar> = below.invert().into();
        weights.push(above * inverse.ok_or(CeremonyError::Twice(member))?);
    }
    Ok(weights)
}
