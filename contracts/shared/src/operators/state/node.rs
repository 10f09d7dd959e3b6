//! Nodes, and the lists of an operator's.

use alloy_primitives::{B256, U256};
use alloy_sol_types::SolError;

use super::{
    bucket, count, number, of_bucket,
    of_operator::{ACTIVE, LOAD},
    of_region, state, Operator, BY_BUCKET, BY_REGION, LISTS, NODES, NODE_RECORDS, STAKE_MANAGER,
};
use crate::{
    abi::{revert, Reverts, Word},
    host,
    interfaces::IOperatorAllocation::UnknownNode,
    operators::NodeType,
    storage::{Field, Slot},
};

/// A node: one seat in one validator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its number.
    pub id: u32,
    word: U256,
}

const OPERATOR: Field = Field::new(0, 32);
const TYPE: Field = OPERATOR.then(8);
const REGION: Field = TYPE.then(8);
const EXECUTION: Field = REGION.then(8);
const CONSENSUS: Field = EXECUTION.then(8);
const STATE: Field = CONSENSUS.then(8);
const CLUSTER: Field = STATE.then(32);
const NEXT: Field = CLUSTER.then(32);
const PREVIOUS: Field = NEXT.then(32);
const SINCE: Field = PREVIOUS.then(40);

impl Node {
    /// The node with a number; refuses one that there is not.
    pub fn find(asked: U256) -> Reverts<Self> {
        let largest = NODES.get(STAKE_MANAGER.get());
        let id = number(asked);
        if id == 0 || u128::from(id) > largest {
            let words = [asked.word(), largest.word()];
            return Err(revert(UnknownNode::SELECTOR, &words));
        }
        Ok(Self::load(id))
    }

    /// A node that there is.
    pub fn load(id: u32) -> Self {
        let word = NODE_RECORDS.plus(id.into()).get();
        Self { id, word }
    }

    /// A new node, queued.
    pub fn add(
        id: u32,
        operator: Operator,
        of: NodeType,
        region: u8,
        execution: u8,
        consensus: u8,
    ) {
        let mut word = OPERATOR.set(U256::ZERO, operator.0.into());
        word = TYPE.set(word, of as u128);
        word = REGION.set(word, region.into());
        word = EXECUTION.set(word, execution.into());
        word = CONSENSUS.set(word, consensus.into());
        Self { id, word }.enqueue();
    }

    fn store(&self) {
        NODE_RECORDS.plus(self.id.into()).set(self.word);
    }

    /// Its number as a word.
    pub fn word(&self) -> B256 {
        u64::from(self.id).word()
    }

    /// Whose it is.
    pub fn operator(&self) -> Operator {
        Operator(OPERATOR.get(self.word) as u32)
    }

    /// Its type.
    pub fn node_type(&self) -> NodeType {
        NodeType::of(TYPE.get(self.word) as u8).unwrap_or(NodeType::Direct)
    }

    /// Its region.
    pub fn region(&self) -> u8 {
        REGION.get(self.word) as u8
    }

    /// Number of its execution client.
    pub fn execution(&self) -> u8 {
        EXECUTION.get(self.word) as u8
    }

    /// Number of its consensus client.
    pub fn consensus(&self) -> u8 {
        CONSENSUS.get(self.word) as u8
    }

    /// See [`state`].
    pub fn state(&self) -> u8 {
        STATE.get(self.word) as u8
    }

    /// The number of its cluster, the last one it was in.
    pub fn cluster(&self) -> u32 {
        CLUSTER.get(self.word) as u32
    }

    /// Since when it is in its state, seconds.
    pub fn since(&self) -> u64 {
        SINCE.get(self.word) as u64
    }

    fn enter(&mut self, state: u8) {
        self.word = STATE.set(self.word, state.into());
        self.word = SINCE.set(self.word, u128::from(host::now()));
    }

    /// The list of its operator's queued nodes that it belongs to.
    fn queue(&self) -> List {
        List::of(self.operator(), self.node_type(), self.region())
    }

    fn active_list(&self) -> List {
        List::of(self.operator(), self.node_type(), ACTIVE_LIST)
    }

    /// Joins its operator's queue, at the end.
    pub fn enqueue(mut self) {
        self.enter(state::QUEUED);
        let first = self.queue().push(&mut self);
        self.store();
        if first {
            self.operator()
                .set_lane(self.node_type(), self.region(), true);
        }
    }

    /// Leaves its operator's queue for a state, or for a cluster.
    pub fn dequeue(&mut self, state: u8, cluster: u32) {
        let emptied = self.queue().remove(self);
        self.word = CLUSTER.set(self.word, cluster.into());
        self.enter(state);
        self.store();
        if emptied {
            self.operator()
                .set_lane(self.node_type(), self.region(), false);
        }
    }

    /// Moves on to another state.
    pub fn move_to(&mut self, state: u8) {
        self.enter(state);
        self.store();
    }

    /// Joins its operator's funded nodes, the oldest first.
    pub fn fund(&mut self) {
        self.enter(state::FUNDED);
        let first = self.active_list().push(self);
        self.store();
        if first {
            self.operator().set_active_type(self.node_type(), true);
        }
    }

    /// Leaves its operator's funded nodes, to exit: it is active no more.
    pub fn exit(&mut self) {
        let emptied = self.active_list().remove(self);
        self.enter(state::EXITING);
        self.store();
        if emptied {
            self.operator().set_active_type(self.node_type(), false);
        }
        self.operator().count_leaving(self.node_type(), 1);
        self.count_active(-1);
    }

    /// Counts it among, or no longer among, those that are active or about to be, for everything that is chosen by that;
    /// and its operator moves in the lines.
    pub fn count_active(&self, change: i64) {
        let operator = self.operator();
        count(operator.slot(LOAD), ACTIVE, change);
        count(
            BY_BUCKET,
            of_bucket(bucket(self.node_type(), operator.kind())),
            change,
        );
        count(BY_REGION, of_region(self.region()), change);
        operator.place();
    }
}

/// In place of a region: the funded nodes of a type.
const ACTIVE_LIST: u8 = 8;

/// A list of an operator's nodes: the first (32) and the last (32). The nodes know their neighbours.
#[derive(Clone, Copy, Debug)]
pub struct List(Slot);

const FIRST: Field = Field::new(0, 32);
const LAST: Field = FIRST.then(32);

impl List {
    fn of(operator: Operator, of: NodeType, region: u8) -> Self {
        let place = u64::from(operator.0) * 32 + of as u64 * 9 + u64::from(region);
        Self(LISTS.plus(place))
    }

    /// An operator's queued nodes of a type in a region.
    pub fn queued(operator: Operator, of: NodeType, region: u8) -> Self {
        Self::of(operator, of, region)
    }

    /// An operator's funded nodes of a type.
    pub fn funded(operator: Operator, of: NodeType) -> Self {
        Self::of(operator, of, ACTIVE_LIST)
    }

    /// The first node; 0 without one.
    pub fn first(self) -> u32 {
        FIRST.get(self.0.get()) as u32
    }

    /// Adds a node at the end, whose word the caller writes. Whether it is the first.
    fn push(self, node: &mut Node) -> bool {
        let ends = self.0.get();
        let last = LAST.get(ends);
        node.word = PREVIOUS.set(NEXT.set(node.word, 0), last);
        let mut ends = LAST.set(ends, node.id.into());
        if last == 0 {
            ends = FIRST.set(ends, node.id.into());
        } else {
            let mut before = Node::load(last as u32);
            before.word = NEXT.set(before.word, node.id.into());
            before.store();
        }
        self.0.set(ends);
        last == 0
    }

    /// Takes a node out, whose word the caller writes. Whether it was the last.
    fn remove(self, node: &mut Node) -> bool {
        let (previous, next) = (PREVIOUS.get(node.word), NEXT.get(node.word));
        let mut ends = self.0.get();
        if previous == 0 {
            ends = FIRST.set(ends, next);
        } else {
            let mut before = Node::load(previous as u32);
            before.word = NEXT.set(before.word, next);
            before.store();
        }
        if next == 0 {
            ends = LAST.set(ends, previous);
        } else {
            let mut after = Node::load(next as u32);
            after.word = PREVIOUS.set(after.word, previous);
            after.store();
        }
        node.word = PREVIOUS.set(NEXT.set(node.word, 0), 0);
        self.0.set(ends);
        ends.is_zero()
    }
}
