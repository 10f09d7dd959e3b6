//! From key to validator.

use crate::{
    exact::eth,
    refusal::{require, Answer},
    Account, Int,
};

use super::{Registry, State, Terms, VALIDATOR};

/// Clusters that one call of `ready` passes over.
const MOST_UNSOUND: u64 = 16;

impl Registry {
    /// Whether the members' bonds and rights hold.
    pub(crate) fn is_sound(&self, cluster: u32, terms: &Terms) -> bool {
        self.members(cluster).into_iter().all(|operator| {
            let manager = self.operators[&operator].manager;
            self.carries(operator, terms, None) && self.has_right(manager)
        })
    }

    /// Validators that can be funded at a rate, up to a limit.
    pub fn ready(&self, limit: u64, terms: &Terms) -> u64 {
        let (mut ready, mut unsound) = (0, 0);
        for cluster in &self.keyed {
            if ready >= limit || unsound > MOST_UNSOUND {
                break;
            }
            match self.is_sound(*cluster, terms) {
                true => ready += 1,
                false => unsound += 1,
            }
        }
        ready
    }

    /// Funds so many validators with the ETH sent, first in, first out. Stake-manager only.
    pub fn fund(&mut self, caller: Account, count: u64, wei: &Int, terms: &Terms) -> Answer<()> {
        self.only(caller, Account::Manager, "OnlyStakeManager")?;
        let keyed = self.keyed.len() as u64;
        require!(count <= keyed, NotEnoughKeyed, count, keyed);
        require!(
            wei == &(eth(VALIDATOR) * count),
            FundingMismatch,
            count,
            wei
        );
        let mut funded = 0u64;
        while funded < count {
            let Some(id) = self.keyed.first().copied() else {
                return Err(crate::refusal::refusal!(NotEnoughKeyed, count, funded));
            };
            if !self.is_sound(id, terms) {
                self.end(id);
                continue;
            }
            self.keyed.remove(0);
            self.enter(id, State::Funded, 0);
            self.funded.push(id);
            let now = self.now;
            self.cluster_mut(id).funded_at = now;
            for node in self.clusters[&id].nodes.clone() {
                let (operator, of) = (self.nodes[&node].operator, self.nodes[&node].of);
                self.operator_mut(operator).funded_once = true;
                self.set_state(node, State::Funded);
                self.working.entry((operator, of)).or_default().push(node);
                self.place(operator);
            }
            funded += 1;
        }
        Ok(())
    }
}
