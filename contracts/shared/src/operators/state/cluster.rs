//! Clusters.

use alloc::vec::Vec;

use alloy_primitives::{B256, U256};
use alloy_sol_types::SolError;

use super::{nth, number, read_bytes, Node, CLUSTERS, CLUSTER_RECORDS, STAKE_MANAGER};
use crate::{
    abi::{revert, Reverts, Word},
    host,
    interfaces::IOperatorAllocation::{NotInState, UnknownCluster},
    operators::NodeType,
    storage::{Field, Slot},
};

/// A cluster, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cluster(pub u32);

/// Fields of a cluster's record. The slot number within it comes first.
pub mod of_cluster {
    use super::Field;

    /// How it stands.
    pub const HEAD: u64 = 0;
    /// See [`state`](super::state).
    pub const STATE: Field = Field::new(0, 8);
    /// Number of its type.
    pub const TYPE: Field = STATE.then(8);
    /// Number of its kind.
    pub const KIND: Field = TYPE.then(8);
    /// Places of the members that have posted what its state asks for: a result, or their part of the exit.
    pub const POSTED: Field = KIND.then(8);
    /// Places of the members whose result is the first one's.
    pub const AGREED: Field = POSTED.then(8);
    /// Places of the members that have named others.
    pub const NAMED: Field = AGREED.then(8);
    /// Places of the members whose part of the exit came in time and is not declared false.
    pub const TIMELY: Field = NAMED.then(8);
    /// Why it exits: 0 for orders, 1 by a member, 2 for a short bond, 3 unasked, 4 for a right lost.
    pub const REASON: Field = TIMELY.then(8);
    /// Seconds: since when it is in its state.
    pub const SINCE: Field = REASON.then(40);
    /// Seconds: until when its state asks for something.
    pub const DEADLINE: Field = SINCE.then(40);
    /// The next in the order of funding, while it is keyed.
    pub const NEXT: Field = DEADLINE.then(32);
    /// The one before in that order.
    pub const PREVIOUS: Field = NEXT.then(32);
    /// Place of the member that asked for its exit, or because of which it was asked for, if there is one.
    pub const ASKED_BY: Field = PREVIOUS.then(8);
    /// Whether a member was unproven when it was formed, while it is reserved.
    pub const NEWCOMER: Field = ASKED_BY.then(8);

    /// Nodes of its members (32 each), then whom each named (5 each).
    pub const MEMBERS: u64 = 1;
    /// Hash of the first result.
    pub const RESULT: u64 = 2;
    /// Key material, [`KEY_LENGTH`] bytes in 6 slots.
    pub const KEY: u64 = 3;
    /// Seconds: since when its validator is active.
    pub const ACTIVE_SINCE: u64 = 9;
    /// Parts of the exit's signature: 4 slots a member, 3 of the part and one of its time.
    pub const PARTS: u64 = 10;
}

/// Bytes of key material: public key (48), deposit signature (96), deposit data root (32).
pub const KEY_LENGTH: usize = 48 + 96 + 32;

/// Members of the largest cluster.
pub const MOST_MEMBERS: usize = 5;

impl Cluster {
    /// The cluster with a number; refuses one that there is not.
    pub fn find(asked: U256) -> Reverts<Self> {
        let largest = CLUSTERS.get(STAKE_MANAGER.get());
        let id = number(asked);
        if id == 0 || u128::from(id) > largest {
            let words = [asked.word(), largest.word()];
            return Err(revert(UnknownCluster::SELECTOR, &words));
        }
        Ok(Self(id))
    }

    /// A slot of the record.
    pub fn slot(self, place: u64) -> Slot {
        CLUSTER_RECORDS.plus(u64::from(self.0) * 32 + place)
    }

    /// A field of the head.
    #[inline(never)]
    pub fn get(self, field: Field) -> u128 {
        field.get(self.slot(of_cluster::HEAD).get())
    }

    /// Writes a field of the head.
    #[inline(never)]
    pub fn set(self, field: Field, value: u128) {
        let slot = self.slot(of_cluster::HEAD);
        slot.set(field.set(slot.get(), value));
    }

    /// Its number as a word.
    pub fn word(self) -> B256 {
        u64::from(self.0).word()
    }

    /// See [`state`].
    pub fn state(self) -> u8 {
        self.get(of_cluster::STATE) as u8
    }

    /// Refuses unless it is in a state.
    pub fn only_in(self, needed: u8) -> Reverts<()> {
        let state = self.state();
        if state != needed {
            let words = [u64::from(state).word(), u64::from(needed).word()];
            return Err(revert(NotInState::SELECTOR, &words));
        }
        Ok(())
    }

    /// Its type.
    pub fn node_type(self) -> NodeType {
        NodeType::of(self.get(of_cluster::TYPE) as u8).unwrap_or(NodeType::Direct)
    }

    /// Moves on to another state, which asks for something until a time.
    pub fn move_to(self, state: u8, deadline: u64) {
        let slot = self.slot(of_cluster::HEAD);
        let mut word = of_cluster::STATE.set(slot.get(), state.into());
        word = of_cluster::SINCE.set(word, u128::from(host::now()));
        word = of_cluster::DEADLINE.set(word, u128::from(deadline));
        slot.set(of_cluster::POSTED.set(word, 0));
    }

    /// Its members, in their places.
    pub fn members(self) -> Vec<Node> {
        let word = self.slot(of_cluster::MEMBERS).get();
        let size = usize::from(self.node_type().cluster_size());
        let member = |place| Node::load(nth(place, 32).get(word) as u32);
        (0..size).map(member).collect()
    }

    /// The place of a node, which is a member.
    pub fn place_of(self, node: u32) -> usize {
        let word = self.slot(of_cluster::MEMBERS).get();
        let is_node = |place: &usize| nth(*place, 32).get(word) == u128::from(node);
        (0..MOST_MEMBERS).find(is_node).unwrap_or(0)
    }

    /// Its public key.
    pub fn public_key(self) -> [u8; 48] {
        let mut key = [0; 48];
        key.copy_from_slice(&self.key()[..48]);
        key
    }

    /// Its key material; zeros before the first result.
    pub fn key(self) -> [u8; KEY_LENGTH] {
        let mut key = [0; KEY_LENGTH];
        read_bytes(self.slot(of_cluster::KEY), &mut key);
        key
    }
}
