//! Signing as a committee: what its members sign, and their signatures as `execute` takes them.
//!
//! The hash is alloy's EIP-712, which knows nothing of the contract's.

use alloy::{
    eips::BlockId,
    primitives::{keccak256, Address, Bytes, B256, U256},
    signers::{local::PrivateKeySigner, SignerSync},
    sol,
    sol_types::{eip712_domain, SolCall, SolStruct},
};
use clay_chain::{Chain, Overrides, TxRequest};

use crate::Quorum::{executeCall, nonceCall, quorumCall};

sol! {
    /// What members of a committee sign.
    #[derive(Debug)]
    struct Execute {
        address target;
        bytes data;
        uint256 nonce;
        uint256 deadline;
    }
}

impl Execute {
    /// The hash to sign for the quorum contract at this address.
    pub fn hash(&self, quorum: Address, chain_id: u64) -> B256 {
        let domain = eip712_domain! {
            name: "ClayStack Quorum",
            version: "1",
            chain_id: chain_id,
            verifying_contract: quorum,
        };
        self.eip712_signing_hash(&domain)
    }

    /// The call that hands it in with these signatures.
    pub fn with(self, signatures: Bytes) -> executeCall {
        executeCall {
            target: self.target,
            data: self.data,
            deadline: self.deadline,
            signatures,
        }
    }
}

/// Signatures of a hash by these keys, in the order given: 65 bytes each.
pub fn sign_in_order(keys: &[PrivateKeySigner], hash: B256) -> Bytes {
    let signed = keys.iter().map(|key| {
        let signature = key.sign_hash_sync(&hash).expect("a signature");
        signature.as_bytes()
    });
    signed.collect::<Vec<_>>().concat().into()
}

/// Keys of a committee's members, in ascending order of their addresses.
#[derive(Clone, Debug)]
pub struct Committee(Vec<PrivateKeySigner>);

impl Committee {
    /// So many members, always the same.
    pub fn new(count: u64) -> Self {
        Self::among(0..count)
    }

    /// The members with these numbers.
    pub fn among(numbers: impl IntoIterator<Item = u64>) -> Self {
        let key = |number: u64| keccak256([b"member".as_slice(), &number.to_be_bytes()].concat());
        let keys = numbers.into_iter().map(key);
        Self::ascending(keys.map(|key| PrivateKeySigner::from_bytes(&key).expect("a key")))
    }

    /// The members with these private keys, in any order.
    pub fn of_keys(keys: &[&str]) -> Self {
        Self::ascending(keys.iter().map(|key| key.parse().expect("a key")))
    }

    fn ascending(keys: impl Iterator<Item = PrivateKeySigner>) -> Self {
        let mut keys: Vec<PrivateKeySigner> = keys.collect();
        keys.sort_by_key(PrivateKeySigner::address);
        Self(keys)
    }

    /// The members' keys.
    pub fn keys(&self) -> &[PrivateKeySigner] {
        &self.0
    }

    /// The members' addresses, ascending, as `initialize` and `setMembers` take them.
    pub fn members(&self) -> Vec<Address> {
        self.0.iter().map(PrivateKeySigner::address).collect()
    }

    /// The first `count` members' signatures under a message to the quorum contract at this address.
    pub fn sign(&self, count: usize, quorum: Address, chain_id: u64, message: &Execute) -> Bytes {
        sign_in_order(&self.0[..count], message.hash(quorum, chain_id))
    }

    /// A call that as many members as needed have signed, for the contract's next nonce and without a
    /// deadline.
    pub fn order(
        &self,
        chain: &Chain,
        quorum: Address,
        target: Address,
        call: &impl SolCall,
    ) -> executeCall {
        let message = Execute {
            target,
            data: call.abi_encode().into(),
            nonce: ask(chain, quorum, nonceCall {}),
            deadline: U256::MAX,
        };
        let needed: U256 = ask(chain, quorum, quorumCall {});
        let chain_id = chain.config().chain_id;
        let signatures = self.sign(needed.to(), quorum, chain_id, &message);
        message.with(signatures)
    }
}

fn ask<C: SolCall>(chain: &Chain, to: Address, call: C) -> C::Return {
    let request = TxRequest::call(Address::ZERO, to, call.abi_encode());
    let outcome = chain
        .call(&request, BlockId::latest(), &Overrides::default())
        .expect("a call the chain takes");
    assert!(outcome.status.is_success(), "{}", C::SIGNATURE);
    C::abi_decode_returns(&outcome.output).expect("the declared return type")
}
