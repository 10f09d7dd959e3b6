//! The nodes that run validators: who runs which, as the registry's events tell, and who does its duty.
//!
//! A node does its duty in an epoch or does not, by its performance and by a chance of its own: it depends on nothing
//! but the seed, the node and the epoch, so that what is set for one node changes nobody else's fortune. A validator
//! attests if its threshold of members did theirs.

use std::collections::{BTreeMap, HashMap, HashSet};

use alloy::{
    primitives::{keccak256, Bytes, Log, B256, U256},
    sol_types::SolEvent,
};
use clay_shared::operators::NodeType;

use crate::{
    abi::OperatorRegistry::{ClusterFormed, ClusterKeyed, NodesAdded},
    beacon::BeaconState,
    validator::PublicKey,
    Config,
};

/// A performance, in basis points: all duties are done.
pub const ALL_DUTIES_BP: u32 = 10_000;

/// A cluster that has a key, and what its members did.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    /// Its number in the registry.
    pub id: u64,
    pub node_type: NodeType,
    /// Its members, by place.
    pub nodes: Vec<u64>,
    /// The first epoch its validator had a duty in.
    since: u64,
    /// From that epoch on, who did its duty: a bit for each place.
    done: Vec<u8>,
}

impl Cluster {
    /// Who did its duty in each epoch of a range in which there was one, a bit for each place.
    pub fn done_between(&self, from: u64, to: u64) -> &[u8] {
        let place = |epoch: u64| (epoch.saturating_sub(self.since) as usize).min(self.done.len());
        &self.done[place(from)..place(to.saturating_add(1))]
    }

    /// The first epoch of [`Self::done_between`], if there is any.
    pub fn first_between(&self, from: u64) -> u64 {
        from.max(self.since)
    }

    /// Whether a validator attests when these members did their duties.
    pub fn attests(&self, done: u8) -> bool {
        done.count_ones() >= u32::from(self.node_type.threshold())
    }
}

/// Everything known of nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Nodes {
    /// Operators of nodes.
    pub operators: HashMap<u64, u64>,
    /// What nodes are in their networks: numbers of SSV operators, ENRs.
    pub identities: HashMap<u64, Bytes>,
    /// Clusters without a key: what they are, and their members.
    formed: HashMap<u64, (NodeType, Vec<u64>)>,
    /// Clusters with a key, by it.
    pub clusters: BTreeMap<PublicKey, Cluster>,
    /// Performance of nodes, where it is set.
    of_node: BTreeMap<u64, u32>,
    /// Performance of operators' nodes, where it is set.
    of_operator: BTreeMap<u64, u32>,
}

impl Nodes {
    /// The events it learns from.
    pub const EVENTS: [B256; 3] = [
        NodesAdded::SIGNATURE_HASH,
        ClusterFormed::SIGNATURE_HASH,
        ClusterKeyed::SIGNATURE_HASH,
    ];

    /// Learns from an event of the registry. One that is not of [`Self::EVENTS`], or tells what cannot be, tells
    /// nothing.
    pub fn learn(&mut self, log: &Log) {
        if let Ok(added) = NodesAdded::decode_log(log) {
            let (first, count) = (number(added.first), number(added.count));
            let operator = number(added.operator);
            let nodes = first..first.saturating_add(count);
            let identity = |node| (node, added.identity.clone());
            self.identities.extend(nodes.clone().map(identity));
            self.operators.extend(nodes.map(|node| (node, operator)));
        } else if let Ok(formed) = ClusterFormed::decode_log(log) {
            let Some(node_type) = NodeType::of(formed.nodeType) else {
                return;
            };
            let members = &formed.nodes[..usize::from(node_type.cluster_size())];
            let members = members.iter().copied().map(number).collect();
            self.formed
                .insert(number(formed.cluster), (node_type, members));
        } else if let Ok(keyed) = ClusterKeyed::decode_log(log) {
            let id = number(keyed.cluster);
            let (Ok(key), Some((node_type, nodes))) = (
                PublicKey::try_from(keyed.publicKey.as_ref()),
                self.formed.remove(&id),
            ) else {
                return;
            };
            let cluster = Cluster {
                id,
                node_type,
                nodes,
                since: 0,
                done: Vec::new(),
            };
            self.clusters.insert(key, cluster);
        }
    }

    /// Sets the part of its duties that a node does, in basis points; none takes it back.
    pub fn set_performance_of(&mut self, node: u64, basis_points: Option<u32>) {
        set(&mut self.of_node, node, basis_points);
    }

    /// Sets the part of their duties that an operator's nodes do, in basis points; none takes it back.
    pub fn set_performance_of_operator(&mut self, operator: u64, basis_points: Option<u32>) {
        set(&mut self.of_operator, operator, basis_points);
    }

    /// The part of its duties that a node does, in basis points: its own, else its operator's, else everybody's.
    pub fn performance(&self, config: &Config, node: u64) -> u32 {
        let own = self.of_node.get(&node);
        let operators = || self.of_operator.get(self.operators.get(&node)?);
        let set = own.or_else(operators);
        set.copied().unwrap_or(config.node_performance_bp)
    }

    /// Does the duties of an epoch, and writes them down; answers which validators missed their attestation. Duties
    /// have the nodes of validators that are active and not slashed.
    pub fn do_duties(
        &mut self,
        config: &Config,
        state: &BeaconState,
        epoch: u64,
    ) -> HashSet<PublicKey> {
        let mut missed = HashSet::new();
        for validator in &state.validators {
            if !validator.is_active(epoch) || validator.slashed {
                continue;
            }
            let key = validator.public_key;
            let Some(cluster) = self.clusters.get(&key) else {
                continue;
            };
            let mut done = 0;
            for (place, node) in cluster.nodes.iter().enumerate() {
                let performance = self.performance(config, *node);
                let does = does_duty(config.seed, performance, *node, epoch);
                done |= u8::from(does) << place;
            }
            if !cluster.attests(done) {
                missed.insert(key);
            }
            if let Some(cluster) = self.clusters.get_mut(&key) {
                if cluster.done.is_empty() {
                    cluster.since = epoch;
                }
                cluster.done.push(done);
            }
        }
        missed
    }
}

/// Whether chance lets a node with a performance in basis points do its duty in an epoch.
fn does_duty(seed: u64, performance: u32, node: u64, epoch: u64) -> bool {
    // Chance need not be asked where all are done.
    if performance >= ALL_DUTIES_BP {
        return true;
    }
    let draw = [seed, node, epoch].map(u64::to_be_bytes).concat();
    let draw = U256::from_be_bytes(keccak256(draw).0) % U256::from(ALL_DUTIES_BP);
    draw < U256::from(performance)
}

fn set(all: &mut BTreeMap<u64, u32>, whose: u64, basis_points: Option<u32>) {
    match basis_points {
        Some(basis_points) => all.insert(whose, basis_points),
        None => all.remove(&whose),
    };
}

/// A number of the registry's; they are small.
fn number(word: U256) -> u64 {
    word.saturating_to()
}
