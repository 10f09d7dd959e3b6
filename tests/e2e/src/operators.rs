//! Operators and their validators, for tests that are about something else.
//!
//! The operators here are institutions that run validators alone, vouched for, and in these pools a validator run alone
//! needs no bond: a pool's books are its depositors', in amounts that can be checked by hand.

use alloy::{
    eips::BlockId,
    primitives::{Address, Bytes, B256, U256},
    sol_types::SolCall,
};
use clay_chain::TEST_ACCOUNTS;
use clay_ethereum::{deposit_data_root, withdrawal_credentials, PublicKey, Signature, ETHER_GWEI};
use clay_shared::{
    kyc::OPERATE,
    operators::{parameters::BASE_DIRECT, state::FIRST_OPERATOR},
    stake_manager::FUNDABLE,
    storage::Field,
};

use crate::{OperatorRegistry::*, Pool, ETH, GATEWAY, OWNER};

/// Manages all operators of [`Pool::run_validators`].
pub const OPERATOR: Address = TEST_ACCOUNTS[4];

/// How many operators there are, each in a region of its own.
const OPERATORS: u64 = 5;
/// Numbers at the registry.
const INSTITUTION: u8 = 2;
const DIRECT: u8 = 2;
/// The state of a cluster whose validator exits.
const EXITING: u8 = 6;
/// The outcome that a validator works.
pub const ACTIVE: u8 = 1;
/// The outcome that a validator has exited.
const EXITED: u8 = 2;
/// The parameter that caps regions: here they are four at most, and a pool begins with one validator.
const REGION_CAP: u8 = 9;

/// Slot of the stake-manager that has the number of validators free ETH could fund.
const FLOWS: U256 = U256::from_limbs([3, 0, 0, 0]);
/// Slot of the registry that has the bases of bonds.
const BOND_TERMS: U256 = U256::from_limbs([13, 0, 0, 0]);

impl Pool {
    /// Has operators run so many more validators: their clusters are keyed, and the next balancing funds them, first in,
    /// first out, as far as there is ETH for them. It takes no time. The pool must be priced: clusters form only then.
    pub fn run_validators(&mut self, count: u64) {
        self.chain.set_balance(OPERATOR, U256::from(100) * ETH);
        let operators = match self.operators() {
            found if found.is_empty() => self.found_operators(),
            found => found,
        };
        let each = U256::from(count.div_ceil(OPERATORS));
        for (place, operator) in (0..).zip(operators) {
            let call = addNodesCall {
                operator,
                nodeType: DIRECT,
                region: place,
                executionClient: place,
                consensusClient: place,
                identity: Bytes::new(),
                count: each,
            };
            self.operate(OPERATOR, call);
        }
        // As if free ETH could fund them all: what can be formed ahead of it is less.
        let fundable = self.write(self.manager, FLOWS, FUNDABLE, FUNDABLE.max());
        for _ in 0..count {
            let cluster = self.operate(OPERATOR, formClusterCall {});
            self.submit_key(cluster);
        }
        self.write(self.manager, FLOWS, FUNDABLE, fundable);
    }

    /// Posts the key of a cluster of one.
    fn submit_key(&mut self, cluster: U256) {
        let [node, ..] = self.view(self.registry, clusterCall { id: cluster }).nodes;
        let call = submitKeyCall {
            node,
            result: key_material(cluster.to()),
        };
        self.operate(OPERATOR, call);
    }

    /// The operators of [`Self::run_validators`].
    pub(crate) fn operators(&self) -> Vec<U256> {
        let count: u64 = self.view(self.registry, countsCall {}).operators.to();
        let first = u64::from(FIRST_OPERATOR);
        let all = (first..first + count).map(U256::from);
        all.filter(|operator| {
            let call = recordCall {
                operator: *operator,
            };
            self.view(self.registry, call).manager == OPERATOR
        })
        .collect()
    }

    fn found_operators(&mut self) -> Vec<U256> {
        if !self.view(self.registry, whitelistCall {}).is_zero() {
            self.admit(&[OPERATOR], OPERATE);
        }
        let wide = setParameterCall {
            id: REGION_CAP,
            value: U256::from(10_000),
        };
        self.operate(OWNER, wide);
        self.write(self.registry, BOND_TERMS, BASE_DIRECT.field, 0);
        let found = |_| {
            let call = registerCall {
                kind: INSTITUTION,
                payout: OPERATOR,
                metadataHash: B256::ZERO,
            };
            let operator = self.operate(OPERATOR, call);
            let vouched = true;
            let call = vouchCall { operator, vouched };
            self.operate(OWNER, call);
            operator
        };
        (0..OPERATORS).map(found).collect()
    }

    /// Makes a call of the registry that must succeed, at the time of the latest block.
    fn operate<C: SolCall>(&mut self, from: Address, call: C) -> C::Return {
        let now = self.chain.timestamp();
        self.chain.set_next_timestamp(now).expect("not earlier");
        self.run(from, self.registry, U256::ZERO, call).0
    }

    /// The clusters whose validators were asked to exit, or do so, in the order of their funding.
    pub fn exiting_clusters(&self) -> Vec<U256> {
        let funded: u64 = self.view(self.registry, countsCall {}).funded.to();
        let all = (0..funded).map(|place| {
            let index = U256::from(place);
            self.view(self.registry, fundedClusterCall { index })
        });
        all.filter(|id| self.view(self.registry, clusterCall { id: *id }).state == EXITING)
            .collect()
    }

    /// A call that confirms that validators of clusters have exited.
    pub fn exited(clusters: &[U256]) -> confirmCall {
        Self::became(EXITED, clusters)
    }

    /// Clusters' validators became all the same, and nothing was lost.
    pub fn became(outcome: u8, clusters: &[U256]) -> confirmCall {
        confirmCall {
            clusters: clusters.to_vec(),
            outcomes: vec![outcome; clusters.len()],
            losses: vec![U256::ZERO; clusters.len()],
        }
    }

    /// Writes a field of a contract's storage; answers what it held.
    pub fn write(&mut self, contract: Address, slot: U256, field: Field, value: u128) -> u128 {
        let word = self.chain.storage(contract, slot, BlockId::latest());
        let word = U256::from_be_bytes(word.expect("the latest block").0);
        let written = field.set(word, value).to_be_bytes().into();
        self.chain.set_storage(contract, slot, written);
        field.get(word)
    }
}

/// What a member posts of a key that is nobody's: public key, deposit signature and deposit data root.
pub fn key_material(number: u64) -> Bytes {
    let mut public_key = PublicKey::repeat_byte(0x5a);
    public_key[..8].copy_from_slice(&number.to_be_bytes());
    let signature = Signature::repeat_byte(0x5a);
    let credentials = withdrawal_credentials(GATEWAY);
    let root = deposit_data_root(&public_key, credentials, ETHER_GWEI, &signature);
    [public_key.as_slice(), signature.as_slice(), root.as_slice()]
        .concat()
        .into()
}
