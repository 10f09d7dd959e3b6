//! Nodes that wait, and operators that can be chosen with them.

use crate::{
    refusal::{require, Answer},
    Account,
};

use super::{lines::Unlisted, Node, Registry, State, Type};

/// Nodes that one call may add.
const MOST_NODES: u64 = 64;
/// Bytes of a node's identity.
const LONGEST_IDENTITY: u64 = 512;
/// Types and regions in which an operator may have nodes queued.
pub(crate) const MOST_LANES: usize = 8;

/// A machine, as an operator describes it.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// Number of its type.
    pub of: u8,
    /// Number of its region.
    pub region: u8,
    /// Number of its execution client.
    pub execution: u8,
    /// Number of its consensus client.
    pub consensus: u8,
    /// Bytes of its identity.
    pub identity: u64,
}

impl Registry {
    /// Queues nodes of a machine; answers the number of the first. Manager only.
    pub fn add_nodes(
        &mut self,
        caller: Account,
        operator: u32,
        machine: Machine,
        count: u64,
    ) -> Answer<u32> {
        self.operator(operator)?;
        require!(machine.of <= 2, UnknownType, machine.of, 2u8);
        for number in [machine.region, machine.execution, machine.consensus] {
            require!(number <= 7, NumberOutOfBounds, number, 7u8);
        }
        self.only_manager(caller, operator)?;
        self.check_right(caller)?;
        let length = machine.identity;
        require!(
            length <= LONGEST_IDENTITY,
            IdentityTooLong,
            length,
            LONGEST_IDENTITY
        );
        require!(
            (1..=MOST_NODES).contains(&count),
            CountOutOfBounds,
            count,
            MOST_NODES
        );
        let first = self.nodes.len() as u32 + 1;
        for id in first..first + count as u32 {
            let node = Node {
                operator,
                of: Type::ALL[usize::from(machine.of)],
                region: machine.region,
                execution: machine.execution,
                consensus: machine.consensus,
                state: State::Queued,
                cluster: 0,
                since: self.now,
            };
            self.nodes.insert(id, node);
            self.enqueue(id);
        }
        require!(
            self.lanes(operator).len() <= MOST_LANES,
            TooManyLines,
            MOST_LANES as u64
        );
        if let Ok(terms) = self.priced() {
            match self.carries_queued(operator, &terms) {
                false => self.unlist(operator, Unlisted::Bond),
                true => self.list_if_sound(operator, &terms),
            }
        }
        Ok(first)
    }

    /// Puts a node at the end of its queue.
    pub(crate) fn enqueue(&mut self, id: u32) {
        self.set_state(id, State::Queued);
        let node = &self.nodes[&id];
        let queue = (node.operator, node.of, node.region);
        self.queues.entry(queue).or_default().push(id);
        self.place(queue.0);
    }

    /// Takes a node out of its queue.
    pub(crate) fn dequeue(&mut self, id: u32, state: State, cluster: u32) {
        let node = &self.nodes[&id];
        let queue = (node.operator, node.of, node.region);
        self.queues
            .entry(queue)
            .or_default()
            .retain(|other| *other != id);
        self.set_state(id, state);
        self.nodes.get_mut(&id).expect("a node").cluster = cluster;
        self.place(queue.0);
    }

    /// Takes queued nodes off the queue. Manager only.
    pub fn remove_nodes(&mut self, caller: Account, nodes: &[u32]) -> Answer<()> {
        for id in nodes {
            let node = self.node(*id)?.clone();
            self.only_manager(caller, node.operator)?;
            require!(
                node.state == State::Queued,
                NotInState,
                node.state.number(),
                State::Queued.number()
            );
            self.dequeue(*id, State::Removed, 0);
        }
        Ok(())
    }

    /// Lets an operator be chosen again. Anybody.
    pub fn rejoin(&mut self, operator: u32) -> Answer<()> {
        let it = self.operator(operator)?.clone();
        require!(
            it.suspended_until <= self.now,
            Suspended,
            it.suspended_until
        );
        self.check_right(it.manager)?;
        let terms = self.priced()?;
        if !self.carries_queued(operator, &terms) {
            // The number for nothing queued is not told anywhere.
            let Some(required) = self.required_queued(operator) else {
                return Err(crate::refusal::refusal!(BondTooSmall));
            };
            let bond = terms.worth(&it.bond.shares);
            return Err(crate::refusal::refusal!(BondTooSmall, bond, required));
        }
        self.list(operator);
        Ok(())
    }
}
