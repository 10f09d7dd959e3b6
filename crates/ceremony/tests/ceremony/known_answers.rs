//! The same ceremonies by software that shares no code with this crate: `known_answers/make.py` says which, and makes
//! the answers anew.

use alloy::primitives::{b256, hex, Address, FixedBytes, B256};
use clay_ceremony::{
    combine, signing_root::deposit_message_root, verify, Ceremony, Network, Part, SecretShare,
    Shape, FIRST_DEPOSIT,
};
use clay_ethereum::{withdrawal_credentials, PublicKey, Signature};
use rand::{CryptoRng, Error, RngCore};
use serde::Deserialize;

#[derive(Deserialize)]
struct KnownAnswer {
    members: Vec<u64>,
    threshold: u16,
    network: String,
    genesis_fork_version: FixedBytes<4>,
    capella_fork_version: FixedBytes<4>,
    genesis_validators_root: B256,
    gateway: Address,
    polynomial: Vec<B256>,
    public_key: PublicKey,
    deposit_message_root: B256,
    deposit_signing_root: B256,
    deposit_signature: Signature,
    deposit_data_root: B256,
    exit_epoch: u64,
    exit_validator_index: u64,
    exit_signing_root: B256,
    exit_signature: Signature,
    secret_shares: Vec<B256>,
    public_key_shares: Vec<PublicKey>,
    exit_parts: Vec<Signature>,
}

impl KnownAnswer {
    fn all() -> Vec<Self> {
        let all: Vec<Self> =
            serde_json::from_str(include_str!("known_answers/known_answers.json")).unwrap();
        assert_eq!(all.len(), 4);
        all
    }

    fn network(&self) -> Network {
        match self.network.as_str() {
            "mainnet" => Network::mainnet(),
            "hoodi" => Network::hoodi(),
            "sepolia" => Network::sepolia(),
            other => panic!("{other}"),
        }
    }

    fn shares(&self) -> Vec<SecretShare> {
        let shares = self.members.iter().zip(&self.secret_shares);
        shares
            .map(|(member, secret)| SecretShare::new(*member, *secret).unwrap())
            .collect()
    }
}

/// Chance that was recorded: gives a polynomial's coefficients, then no more.
struct Recorded(Vec<u64>);

impl Recorded {
    fn new(polynomial: &[B256]) -> Self {
        let words = |coefficient: &B256| {
            let word = |at: usize| u64::from_be_bytes(coefficient[at..at + 8].try_into().unwrap());
            [word(24), word(16), word(8), word(0)]
        };
        Self(polynomial.iter().flat_map(words).rev().collect())
    }
}

impl RngCore for Recorded {
    fn next_u64(&mut self) -> u64 {
        self.0
            .pop()
            .expect("no more is drawn than the coefficients")
    }

    fn next_u32(&mut self) -> u32 {
        unreachable!("scalars are drawn by words of 64 bits")
    }

    fn fill_bytes(&mut self, _: &mut [u8]) {
        unreachable!("scalars are drawn by words of 64 bits")
    }

    fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Error> {
        unreachable!("scalars are drawn by words of 64 bits")
    }
}

impl CryptoRng for Recorded {}

#[test]
fn networks_are_those_of_the_key_tool() {
    for known in KnownAnswer::all() {
        let expected = Network {
            name: known.network.clone(),
            genesis_fork_version: known.genesis_fork_version,
            capella_fork_version: known.capella_fork_version,
            genesis_validators_root: known.genesis_validators_root,
        };
        assert_eq!(known.network(), expected);
    }
}

#[test]
fn a_deposit_is_the_key_tools() {
    for known in KnownAnswer::all() {
        let (key, network) = (known.public_key, known.network());
        let credentials = withdrawal_credentials(known.gateway);
        let message_root = deposit_message_root(&key, credentials, FIRST_DEPOSIT);
        assert_eq!(message_root, known.deposit_message_root);
        let root = network.deposit_root(&key, known.gateway);
        assert_eq!(root, known.deposit_signing_root);
        assert!(verify(&key, root, &known.deposit_signature));
    }
}

#[test]
fn a_ceremony_with_the_same_chance_has_the_same_outcome() {
    for known in &KnownAnswer::all()[..3] {
        let members = u16::try_from(known.members.len()).unwrap();
        let shape = Shape::new(members, known.threshold).unwrap();
        let mut chance = Recorded::new(&known.polynomial);
        let played = Ceremony::play(shape, &known.network(), known.gateway, &mut chance).unwrap();
        assert!(chance.0.is_empty());

        let outcome = &played.outcome;
        assert_eq!(outcome.public_key, known.public_key);
        assert_eq!(outcome.signature, known.deposit_signature);
        assert_eq!(outcome.deposit_data_root, known.deposit_data_root);
        let shares = outcome.public_key_shares.iter().map(|it| it.public_key);
        assert_eq!(shares.collect::<Vec<_>>(), known.public_key_shares);
        let members = outcome.public_key_shares.iter().map(|it| it.member);
        assert!(members.eq(known.members.iter().copied()));
        let secrets = played.secrets.iter().map(SecretShare::secret);
        assert_eq!(secrets.collect::<Vec<_>>(), known.secret_shares);
        outcome.check(&known.network(), known.gateway).unwrap();
    }
}

#[test]
fn an_exit_is_the_key_tools() {
    for known in KnownAnswer::all() {
        let network = known.network();
        let root = network.voluntary_exit_root(known.exit_epoch, known.exit_validator_index);
        assert_eq!(root, known.exit_signing_root);
        let parts: Vec<Part> = known.shares().iter().map(|it| it.sign(root)).collect();
        let signatures: Vec<_> = parts.iter().map(|part| part.signature).collect();
        assert_eq!(signatures, known.exit_parts);
        assert_eq!(combine(&parts).unwrap(), known.exit_signature);
        let last = &parts[parts.len() - usize::from(known.threshold)..];
        assert_eq!(combine(last).unwrap(), known.exit_signature);
        assert!(verify(&known.public_key, root, &known.exit_signature));
    }
}

/// `sign_case_11b8c7cad5238946` of the Ethereum Foundation's bls12-381-tests.
#[test]
fn a_signature_is_the_consensus_specifications() {
    let secret = b256!("47b8192d77bf871b62e87859d653922725724a5c031afeabc60bcef5ff665138");
    let expected = hex!(
        "b23c46be3a001c63ca711f87a005c200cc550b9429d5f4eb38d74322144f1b63926da3388979e5321012fb1a0526bcd1"
        "00b5ef5fe72628ce4cd5e904aeaa3279527843fae5ca9ca675f4f51ed8f83bbf7155da9ecc9663100a885d5dc6df96d9"
    );
    let part = SecretShare::new(1, secret).unwrap().sign(B256::ZERO);
    assert_eq!(part.signature, Signature::new(expected));
}
