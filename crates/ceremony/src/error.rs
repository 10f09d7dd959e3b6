//! What is wrong with a ceremony, its result, or a signature.

use std::path::PathBuf;

use alloy::primitives::B256;

/// Why there is no key, or no signature.
#[derive(Debug, thiserror::Error)]
pub enum CeremonyError {
    /// No ceremony has such a number of members.
    #[error("{threshold} of {members} members cannot sign: a threshold is more than half of the members, and at most all")]
    Shape {
        /// Members.
        members: u16,
        /// Members whose parts are to make a signature.
        threshold: u16,
    },
    /// Parts that do not suffice.
    #[error("{given} parts do not make a signature: it takes {threshold}")]
    TooFewParts {
        /// Parts of different members.
        given: usize,
        /// Parts it takes.
        threshold: usize,
    },
    /// Two parts of one member.
    #[error("member {0} appears twice")]
    Twice(u64),
    /// Members count from 1: the share of number 0 would be the secret itself.
    #[error("there is no member 0")]
    MemberZero,
    /// A part of nobody who takes part.
    #[error("there is no member {0} in this cluster")]
    UnknownMember(u64),
    /// A part that is no signature at all.
    #[error("the part of member {0} is no point of the curve")]
    MalformedPart(u64),
    /// A part that is a signature by another key, or of something else.
    #[error("the part of member {0} is false: its public key share did not make it")]
    FalsePart(u64),
    /// A public key share that is no public key.
    #[error("the public key share of member {0} is no valid public key")]
    MalformedShare(u64),
    /// A secret share that is none: zero, or not below the order of the curve.
    #[error("the secret share of member {0} is no valid secret key")]
    MalformedSecret(u64),
    /// Public key shares that some members can sign with, and others not.
    #[error("the public key share of member {0} does not belong to the others")]
    StrayShare(u64),
    /// Public key shares of another public key.
    #[error("the public key shares do not make the public key")]
    OtherPublicKey,
    /// A deposit signature that the beacon chain would not take.
    #[error("the deposit signature is not the public key's for these withdrawal credentials, 1 ETH and this network")]
    DepositSignature,
    /// A deposit data root of something else.
    #[error("the deposit data root is {given}, and should be {expected}")]
    DepositDataRoot {
        /// What the result says.
        given: B256,
        /// What comes out with the gateway's withdrawal credentials.
        expected: B256,
    },
    /// A result for other withdrawal credentials.
    #[error("withdrawals would go to {given}, and the gateway's credentials are {expected}")]
    WithdrawalCredentials {
        /// What the result says.
        given: B256,
        /// The gateway's.
        expected: B256,
    },
    /// A file that cannot be read or written, or exists already where none may be overwritten.
    #[error("{}: {cause}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        cause: std::io::Error,
    },
}
