//! A ceremony, and what comes out of it.

use alloy::primitives::{Address, B256};
use blstrs::Scalar;
use clay_ethereum::{deposit_data_root, withdrawal_credentials, PublicKey, Signature, ETHER_GWEI};
use clay_shared::operators::NodeType;
use ff::Field;
use rand::{CryptoRng, RngCore};

use crate::{
    combine,
    share::{check_shares, deal},
    verify, verify_part, CeremonyError, Network, Part, PublicKeyShare, SecretShare,
};

/// Gwei that the gateway deposits first, which the deposit signature is for. The other 31 ETH need no signature.
pub const FIRST_DEPOSIT: u64 = ETHER_GWEI;

/// How many take part, and how many of them it takes to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    members: u16,
    threshold: u16,
}

impl Shape {
    /// A cluster of SSV nodes: four of five sign.
    pub const SSV: Self = Self::of(NodeType::Ssv);
    /// A cluster of Obol nodes: three of four sign.
    pub const OBOL: Self = Self::of(NodeType::Obol);
    /// A node that runs its validator alone.
    pub const DIRECT: Self = Self::of(NodeType::Direct);

    /// That of a type's clusters.
    pub const fn of(nodes: NodeType) -> Self {
        Self {
            members: nodes.cluster_size() as u16,
            threshold: nodes.threshold() as u16,
        }
    }

    /// Another one.
    ///
    /// # Errors
    /// [`CeremonyError::Shape`] if half of the members, or fewer, could sign, so that two halves could sign against
    /// each other, or if more would have to sign than there are.
    pub fn new(members: u16, threshold: u16) -> Result<Self, CeremonyError> {
        if threshold > members || u32::from(threshold) * 2 <= u32::from(members) {
            return Err(CeremonyError::Shape { members, threshold });
        }
        Ok(Self { members, threshold })
    }

    /// Members.
    pub fn members(self) -> u16 {
        self.members
    }

    /// Members whose parts make a signature.
    pub fn threshold(self) -> u16 {
        self.threshold
    }
}

/// A ceremony that was played.
#[derive(Clone, Debug)]
pub struct Ceremony {
    /// What everybody may know, and the registry is told.
    pub outcome: Outcome,
    /// Each member's share, in the order of members: in a real ceremony each knows its own alone.
    pub secrets: Vec<SecretShare>,
}

impl Ceremony {
    /// Plays a ceremony: draws a secret, deals shares of it, and has members as many as the threshold sign the first
    /// deposit of a validator that withdraws to the gateway. The secret itself is forgotten at the end.
    ///
    /// # Errors
    /// None with a sound source of chance: [`CeremonyError::MalformedSecret`] where a share would be zero.
    pub fn play(
        shape: Shape,
        network: &Network,
        gateway: Address,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Self, CeremonyError> {
        let polynomial: Vec<Scalar> = (0..shape.threshold)
            .map(|_| Scalar::random(&mut *rng))
            .collect();
        let secrets = deal(&polynomial, shape.members)?;
        let whole = SecretShare::new(1, B256::new(polynomial[0].to_bytes_be()))?;
        let public_key = whole.public_key_share().public_key;

        let message = network.deposit_root(&public_key, gateway);
        let signers = &secrets[..usize::from(shape.threshold)];
        let parts: Vec<Part> = signers.iter().map(|share| share.sign(message)).collect();
        let signature = combine(&parts)?;
        let credentials = withdrawal_credentials(gateway);
        let outcome = Outcome {
            public_key,
            signature,
            withdrawal_credentials: credentials,
            deposit_data_root: deposit_data_root(
                &public_key,
                credentials,
                FIRST_DEPOSIT,
                &signature,
            ),
            threshold: shape.threshold,
            public_key_shares: secrets.iter().map(SecretShare::public_key_share).collect(),
        };
        Ok(Self { outcome, secrets })
    }
}

/// What a ceremony tells everybody, whether it was played here or run with other tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The validator's public key.
    pub public_key: PublicKey,
    /// Its signature of the first deposit.
    pub signature: Signature,
    /// Where its withdrawals go.
    pub withdrawal_credentials: B256,
    /// Root of all of these, with [`FIRST_DEPOSIT`] as the amount, which the deposit contract compares.
    pub deposit_data_root: B256,
    /// Members whose parts make a signature.
    pub threshold: u16,
    /// Public keys of the members' shares.
    pub public_key_shares: Vec<PublicKeyShare>,
}

impl Outcome {
    /// Checks all that a member can check before it signs the result on chain: that withdrawals go to the gateway, that
    /// the beacon chain will take the deposit, and that any members as many as the threshold can sign.
    ///
    /// Not whether each member has the secret of its share: that, each one knows of its own
    /// ([`SecretShare::public_key_share`]).
    ///
    /// # Errors
    /// What is wrong first, in the order above.
    pub fn check(&self, network: &Network, gateway: Address) -> Result<(), CeremonyError> {
        let expected = withdrawal_credentials(gateway);
        let given = self.withdrawal_credentials;
        if given != expected {
            return Err(CeremonyError::WithdrawalCredentials { given, expected });
        }
        let given = self.deposit_data_root;
        let expected = deposit_data_root(
            &self.public_key,
            self.withdrawal_credentials,
            FIRST_DEPOSIT,
            &self.signature,
        );
        if given != expected {
            return Err(CeremonyError::DepositDataRoot { given, expected });
        }
        let message = network.deposit_root(&self.public_key, gateway);
        if !verify(&self.public_key, message, &self.signature) {
            return Err(CeremonyError::DepositSignature);
        }
        check_shares(
            &self.public_key,
            &self.public_key_shares,
            usize::from(self.threshold),
        )
    }

    /// What each member posts at the registry: public key (48 bytes), deposit signature (96), deposit data root (32), and a
    /// public key share (48) for each member, in the order of their places; none for a validator that is run alone.
    pub fn registry_result(&self) -> Vec<u8> {
        let mut result = self.public_key.to_vec();
        result.extend_from_slice(self.signature.as_slice());
        result.extend_from_slice(self.deposit_data_root.as_slice());
        if self.public_key_shares.len() > 1 {
            for share in &self.public_key_shares {
                result.extend_from_slice(share.public_key.as_slice());
            }
        }
        result
    }

    /// Whether a part is what its member signs a message with.
    ///
    /// # Errors
    /// [`CeremonyError::UnknownMember`] or [`CeremonyError::FalsePart`].
    pub fn verify_part(&self, message: B256, part: &Part) -> Result<(), CeremonyError> {
        let mut shares = self.public_key_shares.iter();
        let share = shares
            .find(|share| share.member == part.member)
            .ok_or(CeremonyError::UnknownMember(part.member))?;
        if verify_part(share, message, part) {
            Ok(())
        } else {
            Err(CeremonyError::FalsePart(part.member))
        }
    }

    /// The validator's signature of a message, from parts of which some may be false or repeated: those are left out.
    ///
    /// # Errors
    /// [`CeremonyError::TooFewParts`] if the good ones do not suffice; [`CeremonyError::OtherPublicKey`] if they do and
    /// the signature is not the public key's, which [`Outcome::check`] would have found.
    pub fn combine(&self, message: B256, parts: &[Part]) -> Result<Signature, CeremonyError> {
        let mut good: Vec<Part> = Vec::new();
        for part in parts {
            let known = good.iter().any(|other| other.member == part.member);
            if !known && self.verify_part(message, part).is_ok() {
                good.push(*part);
            }
        }
        let (given, threshold) = (good.len(), usize::from(self.threshold));
        if given < threshold {
            return Err(CeremonyError::TooFewParts { given, threshold });
        }
        let signature = combine(&good)?;
        if !verify(&self.public_key, message, &signature) {
            return Err(CeremonyError::OtherPublicKey);
        }
        Ok(signature)
    }
}
