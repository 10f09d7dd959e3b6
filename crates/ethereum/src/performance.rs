//! What nodes and validators did in a range of epochs: what the SSV network's and Obol's own exports of performance
//! give, and for direct nodes the beacon chain.

use std::{collections::BTreeMap, ops::RangeInclusive};

use crate::{clock::epoch_of, validator::PublicKey, Ethereum};

/// What was done in a range of epochs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Performance {
    /// The epochs, all of which are over.
    pub epochs: RangeInclusive<u64>,
    /// Nodes with duties in them, by their numbers.
    pub nodes: Vec<NodeDuties>,
    /// Validators with duties in them whose nodes are known, by the numbers of their clusters.
    pub validators: Vec<Attestations>,
}

/// Duties of a node: one in every epoch in which its validator is active and not slashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeDuties {
    /// Its number in the registry.
    pub node: u64,
    /// The number of its operator; none if the registry did not tell.
    pub operator: Option<u64>,
    /// Duties it had.
    pub duties: u64,
    /// Duties it did.
    pub done: u64,
}

/// Attestations of a validator: one is due in every epoch in which it is active and not slashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attestations {
    /// Its key.
    pub public_key: PublicKey,
    /// The number of its cluster in the registry.
    pub cluster: u64,
    /// Attestations that were due.
    pub due: u64,
    /// Attestations that were made, as enough of its nodes did their duties.
    pub made: u64,
}

/// Why there is no answer about a range of epochs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PerformanceError {
    /// The range ends before it begins.
    #[error("the epochs from {from} to {to} are none")]
    NoEpochs {
        /// The first asked for.
        from: u64,
        /// The last asked for.
        to: u64,
    },
    /// The last epoch is not over.
    #[error("epoch {to} is not over: this is epoch {now}")]
    NotOver {
        /// The last asked for.
        to: u64,
        /// The epoch that runs.
        now: u64,
    },
}

impl Ethereum {
    /// What nodes and validators did in a range of epochs, both ends included. It is kept for ever; balances are not.
    ///
    /// # Errors
    /// If the range has no epochs, or some that are not over.
    pub fn performance(
        &self,
        epochs: RangeInclusive<u64>,
    ) -> Result<Performance, PerformanceError> {
        let (from, to) = (*epochs.start(), *epochs.end());
        let now = epoch_of(self.clock.slot());
        if from > to {
            return Err(PerformanceError::NoEpochs { from, to });
        }
        if to >= now {
            return Err(PerformanceError::NotOver { to, now });
        }
        let known = &self.operators.nodes;
        let mut nodes = BTreeMap::new();
        let mut validators = Vec::new();
        for (public_key, cluster) in &known.clusters {
            let done = cluster.done_between(from, to);
            if done.is_empty() {
                continue;
            }
            let due = done.len() as u64;
            let count = |made: &dyn Fn(u8) -> bool| done.iter().filter(|it| made(**it)).count();
            validators.push(Attestations {
                public_key: *public_key,
                cluster: cluster.id,
                due,
                made: count(&|done| cluster.attests(done)) as u64,
            });
            for (place, node) in cluster.nodes.iter().enumerate() {
                let duties = nodes.entry(*node).or_insert(NodeDuties {
                    node: *node,
                    operator: known.operators.get(node).copied(),
                    duties: 0,
                    done: 0,
                });
                duties.duties += due;
                duties.done += count(&|done| done >> place & 1 == 1) as u64;
            }
        }
        validators.sort_unstable_by_key(|it| it.cluster);
        Ok(Performance {
            epochs,
            nodes: nodes.into_values().collect(),
            validators,
        })
    }

    /// The part of its duties that a node does, in basis points.
    pub fn node_performance(&self, node: u64) -> u32 {
        self.operators.nodes.performance(&self.config, node)
    }
}
