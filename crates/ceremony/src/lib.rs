//! The key ceremony of a cluster, played with real BLS12-381 keys, and what its members sign afterwards: the deposit
//! for which the registry takes the key, and the exit when their validator is asked to leave.
//!
//! **For tests and demonstrations.** Here one process draws a secret and deals shares of it, so that this process
//! knows the secret while it runs. A real ceremony is a *distributed key generation*: every member draws a secret of
//! its own, deals shares of that to the others, and adds up what it is dealt; the validator's secret is the sum of
//! all, and nobody ever holds it. What comes out is the same on both ways, byte for byte the same kinds of keys and
//! signatures, so all that checks a result ([`Outcome::check`], [`verify_part`], [`verify`], [`combine`]) is for
//! results of real ceremonies too. [`instructions`] tells how to run those.
//!
//! - [`Ceremony`]: plays one; its [`Outcome`] is for everybody, a [`SecretShare`] for one member.
//! - [`combine`]: puts parts of a signature together; [`verify_part`] finds who gave a false one.
//! - [`signing_root`](mod@signing_root): what is signed for a deposit and for an exit.
//! - [`ResultFile`], [`SecretFile`]: what the simulator keeps of it.
//!
//! ```
//! use alloy::primitives::Address;
//! use clay_ceremony::{combine, verify, Ceremony, Network, Shape};
//!
//! let network = Network::hoodi();
//! let gateway = Address::repeat_byte(0x6a);
//! let ceremony = Ceremony::play(Shape::OBOL, &network, gateway, &mut rand::thread_rng()).unwrap();
//! ceremony.outcome.check(&network, gateway).unwrap();
//!
//! // Three of the four members sign their validator's exit.
//! let exit = network.voluntary_exit_root(12_345, 678);
//! let parts: Vec<_> = ceremony.secrets[1..].iter().map(|share| share.sign(exit)).collect();
//! let signature = combine(&parts).unwrap();
//! assert!(verify(&ceremony.outcome.public_key, exit, &signature));
//! ```

mod ceremony;
mod error;
mod files;
mod instructions;
mod network;
mod share;
pub mod signing_root;

pub use ceremony::{Ceremony, Outcome, Shape, FIRST_DEPOSIT};
pub use error::CeremonyError;
pub use files::{DepositData, ResultFile, SecretFile};
pub use instructions::{instructions, Tool};
pub use network::Network;
pub use share::{combine, verify, verify_part, Part, PublicKeyShare, SecretShare};
