//! A pool with operators: what they do, and what is done to them.

use std::sync::Arc;

use alloy::primitives::{Address, Bytes, B256, U256};
use alloy::sol_types::SolCall;
use clay_chain::{Receipt, TxRequest};
pub use clay_shared::kyc::OPERATE;

use crate::{operators::key_material, OperatorRegistry::*, Pool, StakeManager, ALICE, ETH, OWNER};

/// Number of a kind.
pub const HOME: u8 = 0;
/// Number of a kind.
pub const PROFESSIONAL: u8 = 1;
/// Number of a kind.
pub const INSTITUTION: u8 = 2;

/// Number of a type.
pub const SSV: u8 = 0;
/// Number of a type.
pub const OBOL: u8 = 1;
/// Number of a type.
pub const DIRECT: u8 = 2;

/// Id of a parameter.
pub const FORMED_AHEAD: u8 = 10;

/// A state of nodes.
pub const QUEUED: u8 = 1;
/// A state of nodes and clusters.
pub const RESERVED: u8 = 2;
/// A state of nodes and clusters.
pub const KEYED: u8 = 3;
/// A state of nodes and clusters.
pub const FUNDED: u8 = 4;
/// A state of nodes and clusters.
pub const EXITING: u8 = 6;
/// A state of nodes and clusters.
pub const DONE: u8 = 7;
/// A state of clusters.
pub const DISSOLVED: u8 = 8;

/// Seconds.
pub const DAY: u64 = 24 * 60 * 60;

/// A pool and its operators.
#[derive(Clone)]
pub struct Operated {
    /// The pool.
    pub pool: Pool,
    operators: u64,
    results: u64,
}

/// Who manages an operator.
pub fn manager(operator: U256) -> Address {
    Address::left_padding_from(&(0x0be4_0000 + operator.to::<u64>()).to_be_bytes())
}

impl Default for Operated {
    fn default() -> Self {
        Self::new()
    }
}

impl Operated {
    /// A pool with 1,000 ETH, and as many clusters to form ahead as can be.
    pub fn new() -> Self {
        let mut pool = Pool::new();
        pool.chain.set_balance(ALICE, U256::from(1_000_000) * ETH);
        pool.deposit(ALICE, U256::from(1_000) * ETH);
        // Leaves are handed on without a root.
        pool.chain.impersonate(pool.distributor);
        pool.chain.set_balance(pool.distributor, ETH);
        let mut world = Self {
            pool,
            operators: 0,
            results: 0,
        };
        world.set(FORMED_AHEAD, 20);
        world
    }

    /// Lets clusters be formed as if free ETH could fund any number.
    pub fn without_demand(mut self) -> Self {
        let flows = clay_shared::stake_manager::FLOWS.number();
        let field = clay_shared::stake_manager::FUNDABLE;
        let manager = self.pool.manager;
        self.pool.write(manager, flows, field, field.max());
        self
    }

    /// Has the registry ask for the right to operate, which only those have whom it names.
    pub fn gate(&mut self, admitted: &[Address]) {
        self.pool.admit(admitted, OPERATE);
        let (registry, whitelist) = (self.pool.registry, self.pool.whitelist);
        let slot = clay_shared::operators::state::WHITELIST.number();
        let chain = &mut self.pool.chain;
        chain.set_storage(registry, slot, whitelist.into_word());
    }

    /// Sets a parameter.
    pub fn set(&mut self, id: u8, value: u64) {
        let value = U256::from(value);
        self.owner(setParameterCall { id, value });
    }

    /// Sets the targets of buckets.
    pub fn targets(&mut self, targets: [u16; 9]) {
        self.owner(setTargetsCall { targets });
    }

    /// Has the owner call the registry.
    pub fn owner<C: SolCall>(&mut self, call: C) -> C::Return {
        self.pool.run(OWNER, self.pool.registry, U256::ZERO, call).0
    }

    /// Registers an operator with a bond in wei.
    pub fn register(&mut self, kind: u8, bond: U256) -> U256 {
        let operator = U256::from(16 + self.operators);
        self.operators += 1;
        let manager = manager(operator);
        self.pool
            .chain
            .set_balance(manager, U256::from(1_000) * ETH);
        let call = registerCall {
            kind,
            payout: manager,
            metadataHash: B256::repeat_byte(7),
        };
        let (registered, _) = self.pool.run(manager, self.pool.registry, bond, call);
        assert_eq!(registered, operator, "numbers follow one another");
        operator
    }

    /// The same, vouched for.
    pub fn proven(&mut self, kind: u8, bond: U256) -> U256 {
        let operator = self.register(kind, bond);
        self.vouch(operator);
        operator
    }

    /// Has anybody add wei to a bond.
    pub fn bond(&mut self, operator: U256, assets: U256) {
        let (to, call) = (self.pool.registry, bondCall { operator });
        self.pool.run(ALICE, to, assets, call);
    }

    /// Vouches for an operator.
    pub fn vouch(&mut self, operator: U256) {
        let vouched = true;
        self.owner(vouchCall { operator, vouched });
    }

    /// Lowers an operator's conduct to nothing, as slashings do.
    pub fn worsen(&mut self, operator: U256) {
        use clay_shared::operators::state::of_operator::{CONDUCT, HEAD};
        let operator = clay_shared::operators::state::Operator(operator.to());
        let slot = operator.slot(HEAD).number();
        self.pool.write(self.pool.registry, slot, CONDUCT, 0);
    }

    /// Adds nodes in a region, all with one consensus client.
    pub fn add(&mut self, operator: U256, of: u8, region: u8, client: u8, count: u64) -> U256 {
        let call = addNodesCall {
            operator,
            nodeType: of,
            region,
            executionClient: 0,
            consensusClient: client,
            identity: Bytes::from_static(b"enr:-"),
            count: U256::from(count),
        };
        self.act(operator, call)
    }

    /// Has an operator's manager call the registry.
    pub fn act<C: SolCall>(&mut self, operator: U256, call: C) -> C::Return {
        let (from, to) = (manager(operator), self.pool.registry);
        self.pool.run(from, to, U256::ZERO, call).0
    }

    /// Anybody's call of the registry.
    pub fn anybody<C: SolCall>(&mut self, call: C) -> (C::Return, Arc<Receipt>) {
        self.pool.run(ALICE, self.pool.registry, U256::ZERO, call)
    }

    /// The same, which may be refused; whether it was not.
    pub fn try_act(&mut self, operator: U256, call: impl SolCall) -> bool {
        let (from, to) = (manager(operator), self.pool.registry);
        self.pool
            .send(from, to, U256::ZERO, call.abi_encode())
            .success()
    }

    /// Anybody's call of the registry, which may be refused; whether it was not.
    pub fn try_anybody(&mut self, call: impl SolCall) -> bool {
        let to = self.pool.registry;
        self.pool
            .send(ALICE, to, U256::ZERO, call.abi_encode())
            .success()
    }

    /// A view of the registry.
    pub fn view<C: SolCall>(&self, call: C) -> C::Return {
        self.pool.view(self.pool.registry, call)
    }

    /// Forms the next cluster; none if that is refused.
    pub fn form(&mut self) -> Option<U256> {
        self.form_measured().map(|(cluster, _)| cluster)
    }

    /// The same, with the gas it took.
    pub fn form_measured(&mut self) -> Option<(U256, u64)> {
        let call = formClusterCall {};
        let request = TxRequest::call(ALICE, self.pool.registry, call.abi_encode());
        let receipt = self.pool.chain.transact(request).expect("a transaction");
        if !receipt.success() {
            return None;
        }
        let cluster = formClusterCall::abi_decode_returns(&receipt.output).expect("a number");
        Some((cluster, receipt.gas_used))
    }

    /// A cluster as it is stored.
    pub fn cluster(&self, id: U256) -> clusterReturn {
        self.view(clusterCall { id })
    }

    /// A node as it is stored.
    pub fn node(&self, id: U256) -> nodeReturn {
        self.view(nodeCall { id })
    }

    /// The nodes of a cluster.
    pub fn members(&self, id: U256) -> Vec<U256> {
        let nodes = self.cluster(id).nodes;
        nodes.into_iter().filter(|node| !node.is_zero()).collect()
    }

    /// The operators of a cluster.
    pub fn operators_of(&self, id: U256) -> Vec<U256> {
        let members = self.members(id).into_iter();
        members.map(|node| self.node(node).operator).collect()
    }

    /// A result for a cluster of so many, of a key that nobody used before.
    pub fn result(&mut self, size: usize) -> Bytes {
        self.results += 1;
        let shares = if size == 1 { 0 } else { size };
        let shares = vec![0x11; 48 * shares];
        [&key_material(self.results)[..], &shares].concat().into()
    }

    /// Posts a node's result.
    pub fn submit(&mut self, node: U256, result: &Bytes) {
        let operator = self.node(node).operator;
        let result = result.clone();
        self.act(operator, submitKeyCall { node, result });
    }

    /// Has all members of a cluster post the same result.
    pub fn ceremony(&mut self, cluster: U256) {
        let members = self.members(cluster);
        let result = self.result(members.len());
        for node in members {
            self.submit(node, &result);
        }
        assert_eq!(self.cluster(cluster).state, KEYED);
    }

    /// Balances the pool.
    pub fn autobalance(&mut self) -> StakeManager::autobalanceReturn {
        let call = StakeManager::autobalanceCall {
            limit: U256::from(100),
        };
        self.pool.run(ALICE, self.pool.manager, U256::ZERO, call).0
    }

    /// Shares of a bond.
    pub fn shares(&self, operator: U256) -> U256 {
        self.view(bondOfCall { operator }).shares
    }
}

/// So many thousandths of an ETH.
pub fn milli(ether: u64) -> U256 {
    U256::from(ether) * ETH / U256::from(1_000)
}
