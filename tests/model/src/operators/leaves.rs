//! What the root of an epoch says of an operator, and nodes that need no bond any more.

use crate::{
    exact::int,
    refusal::{require, Answer},
    Account, Int,
};

use super::{Parameter::SettledWithoutRoot, Registry, Root, State, Terms};

/// The best performance.
const BEST: u64 = 10_000;

/// An operator's leaf.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// Of the root.
    pub epoch: u64,
    /// Shares, since the beginning.
    pub cumulative_penalty: Int,
    /// 0 to 10,000.
    pub performance: u64,
    /// Epochs that it was counted in, since the beginning.
    pub epochs: u64,
}

impl Registry {
    fn only_distributor(&self, caller: Account) -> Answer<()> {
        self.only(caller, Account::Operators, "OnlyRewardsDistributor")
    }

    /// A root took effect. Rewards-distributor only.
    pub fn note_root(&mut self, caller: Account, epoch: u64, ends_at: u64) -> Answer<()> {
        self.only_distributor(caller)?;
        require!(
            epoch > self.root.epoch,
            EpochNotNewer,
            epoch,
            self.root.epoch
        );
        require!(ends_at <= self.now, TooEarly, self.now, ends_at);
        let since = self.now;
        self.root = Root {
            epoch,
            ends_at,
            since,
        };
        Ok(())
    }

    /// Applies a leaf, unless one as new is; answers the shares to be withheld. Rewards-distributor only.
    pub fn apply_leaf(&mut self, caller: Account, operator: u32, leaf: &Leaf) -> Answer<Int> {
        self.only_distributor(caller)?;
        let before = self.operator(operator)?.clone();
        let current = self.root.epoch;
        require!(leaf.epoch <= current, NotCurrentEpoch, leaf.epoch, current);
        if leaf.epoch > before.bond.applied {
            let penalty = &leaf.cumulative_penalty;
            require!(
                penalty >= &before.bond.charged,
                PenaltyFell,
                penalty,
                &before.bond.charged
            );
            require!(
                leaf.performance <= BEST,
                PerformanceOutOfBounds,
                leaf.performance,
                BEST
            );
            let rise = penalty - &before.bond.charged;
            self.charge(operator, &rise);
            let it = self.operator_mut(operator);
            it.bond.charged = penalty.clone();
            it.bond.applied = leaf.epoch;
            it.performance = leaf.performance;
            let counted = leaf.epochs.saturating_sub(it.counted_epochs);
            it.counted_epochs = leaf.epochs.max(it.counted_epochs);
            if rise == int(0) {
                it.clean_epochs = (it.clean_epochs + counted).min(255);
            }
            self.prove(operator);
        }
        let terms = self.terms_or_last();
        let lacking = self.lacking(operator, &terms);
        Ok(&self.operators[&operator].bond.debt + lacking)
    }

    /// What is priced now, or was last: rewards are claimed at any time.
    fn terms_or_last(&self) -> Terms {
        self.terms
            .clone()
            .unwrap_or_else(|_| self.last_terms.clone())
    }

    /// Adds shares that the distributor has sent. Rewards-distributor only.
    pub fn credit_bond(&mut self, caller: Account, operator: u32, shares: &Int) -> Answer<()> {
        self.only_distributor(caller)?;
        self.operator(operator)?;
        self.add_bond(operator, shares);
        self.bond_grew(operator, |registry| Ok(registry.terms_or_last()))
    }

    /// Says that nodes are done and settled. Anybody.
    pub fn settle(&mut self, nodes: &[u32]) -> Answer<()> {
        for id in nodes {
            let node = self.node(*id)?.clone();
            require!(
                node.state == State::Done,
                NodeNotDone,
                *id,
                node.state.number()
            );
            let it = &self.operators[&node.operator];
            let covered = self.root.epoch != 0 && self.root.ends_at >= node.since;
            let lapsed = self.now
                >= node.since.max(self.root.since) + self.parameters.number(SettledWithoutRoot);
            require!(
                covered || lapsed,
                NotSettled,
                *id,
                node.since,
                self.root.ends_at
            );
            if !lapsed && it.funded_once {
                require!(
                    it.bond.applied == self.root.epoch,
                    RootNotApplied,
                    it.bond.applied,
                    self.root.epoch
                );
            }
            self.set_state(*id, State::Settled);
            if self.operators[&node.operator].bond.short_since.is_some() {
                let terms = self.terms_or_last();
                self.note_short(node.operator, &terms);
            }
        }
        Ok(())
    }
}
