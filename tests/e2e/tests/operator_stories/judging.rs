//! Epochs end: roots, leaves, and what is settled by them.

use alloy::primitives::U256;
use e2e::{CsEthToken, OperatorRegistry::*};
use model::{
    exact::{eth, int},
    operators::{leaves::Leaf, State},
    Account, Int,
};

use crate::{
    dice::Dice,
    numbers::{int as number, word},
    story::{id, nothing, Call, Story},
};

impl Story {
    pub fn note_root(&mut self, dice: &mut Dice) {
        let from = self.role(dice, Account::Operators);
        let last = self.model.root.epoch;
        let epoch = match dice.within(0..=9) {
            0 => last,
            1 => last + dice.within(1..=5),
            _ => last + 1,
        };
        let now = self.real.pool.chain.timestamp();
        let ends_at = match dice.percent(4) {
            true => now + dice.within(0..=2),
            false => now - dice.within(0..=9 * 86_400),
        };
        let call = noteRootCall {
            epoch: U256::from(epoch),
            endsAt: U256::from(ends_at),
        };
        self.act("root", Call::new(from, call), |model| {
            nothing(model.note_root(from, epoch, ends_at))
        });
    }

    pub fn apply_leaf(&mut self, dice: &mut Dice) {
        let applied = self.model.root.epoch;
        let model = &self.model;
        let operator = self.operator_with(dice, |id| model.operators[&id].bond.applied != applied);
        self.apply_leaf_of(dice, operator);
    }

    fn apply_leaf_of(&mut self, dice: &mut Dice, operator: u32) {
        let from = self.role(dice, Account::Operators);
        let epoch = match dice.within(0..=39) {
            0 => self.model.root.epoch + 1,
            1 => self.model.root.epoch.saturating_sub(1),
            _ => self.model.root.epoch,
        };
        let (mut penalty, mut epochs) = self.leaves.get(&operator).cloned().unwrap_or_default();
        match dice.within(0..=19) {
            0 if penalty > int(0) => penalty -= 1u64,
            1..=4 => penalty += dice.part(&(eth(1) / 4u64)),
            5 if dice.percent(25) => penalty += eth(1) * dice.within(1..=20),
            _ => {}
        }
        epochs += match dice.within(0..=9) {
            0 => 0,
            1 => dice.within(0..=12),
            _ => 1,
        };
        let performance = match dice.within(0..=29) {
            0 => 10_001,
            1..=20 => dice.within(4_000..=10_000),
            _ => dice.within(0..=10_000),
        };
        let leaf = Leaf {
            epoch,
            cumulative_penalty: penalty.clone(),
            performance,
            epochs,
        };
        let call = applyLeafCall {
            operator: id(operator),
            epoch: U256::from(epoch),
            cumulativePenalty: word(&penalty),
            performance: U256::from(performance),
            epochs: U256::from(epochs),
        };
        let record = self.model.operators.get(&operator);
        let whom = record.map_or([Account::Nobody; 2], |record| {
            [record.manager, record.payout]
        });
        let whom =
            whom.map(|account| number(U256::from_be_slice(self.real.address(account).as_slice())));
        let is_new = record.is_some_and(|record| epoch > record.bond.applied);
        let applied = self.act("leaf", Call::new(from, call), |model| {
            let withheld = model.apply_leaf(from, operator, &leaf)?;
            Ok([&[withheld], &whom[..]].concat())
        });
        if applied && is_new {
            self.leaves.insert(operator, (penalty, epochs));
        }
    }

    /// A root, and the leaves of most operators.
    pub fn epoch(&mut self, dice: &mut Dice) {
        self.note_root(dice);
        let operators: Vec<u32> = self.model.operators.keys().copied().collect();
        for operator in operators {
            if dice.percent(70) {
                self.apply_leaf_of(dice, operator);
            }
        }
    }

    /// Shares that the distributor withheld.
    pub fn credit(&mut self, dice: &mut Dice) {
        let model = &self.model;
        let operator = self.operator_with(dice, |id| model.operators[&id].bond.debt != int(0));
        let from = self.role(dice, Account::Operators);
        let shares: Int = match dice.percent(5) {
            true => int(0),
            false => dice.part(&eth(2)),
        };
        if from == Account::Operators && self.model.operators.contains_key(&operator) {
            self.send_shares(&shares);
            self.credited = shares.clone();
        }
        let call = creditBondCall {
            operator: id(operator),
            shares: word(&shares),
        };
        self.act("credit", Call::new(from, call), |model| {
            nothing(model.credit_bond(from, operator, &shares))
        });
    }

    fn send_shares(&mut self, shares: &Int) {
        let pool = &mut self.real.pool;
        let call = CsEthToken::transferCall {
            to: pool.registry,
            value: word(shares),
        };
        let (token, none) = (pool.token, U256::ZERO);
        pool.run(pool.distributor, token, none, call);
    }

    pub fn settle(&mut self, dice: &mut Dice) {
        let model = &self.model;
        let mut nodes = vec![self.node_with(dice, |id| model.nodes[&id].state == State::Done)];
        for (other, node) in &model.nodes {
            if node.state == State::Done && !nodes.contains(other) && dice.percent(25) {
                nodes.push(*other);
            }
        }
        let from = self.anybody(dice);
        let call = settleCall {
            nodes: nodes.clone(),
        };
        self.act("settle", Call::new(from, call), |model| {
            nothing(model.settle(&nodes))
        });
    }
}
