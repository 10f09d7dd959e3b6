//! Operators register, put in and take out bonds, and add nodes.

use alloy::primitives::{Bytes, B256};
use e2e::OperatorRegistry::*;
use model::{
    exact::{eth, int},
    operators::{nodes::Machine, State, Type},
    Account, Int,
};

use crate::{
    dice::Dice,
    numbers::word,
    real::MANAGERS,
    story::{id, nothing, one, Call, Story},
};

impl Story {
    /// An operator with all that it takes.
    pub fn found(&mut self, dice: &mut Dice) {
        let operator = self.model.largest_operator() + 1;
        self.register(dice);
        if !self.model.operators.contains_key(&operator) {
            return;
        }
        if dice.percent(85) {
            self.vouch_for(Account::Owner, operator, true);
        }
        let assets = eth(1) * dice.within(4..=24);
        self.bond_of(dice, operator, assets);
        for _ in 0..dice.within(1..=4) {
            self.add_nodes_of(dice, operator);
        }
    }

    pub fn register(&mut self, dice: &mut Dice) {
        if self.model.operators.len() >= 18 {
            return;
        }
        let from = self.anybody(dice);
        let kind = dice.weighted(&[(700, 0), (90, 1), (90, 2), (3, 3), (3, 255)]);
        let payout = match dice.percent(3) {
            true => Account::Nobody,
            false => self.anybody(dice),
        };
        let metadata = dice.within(0..=255) as u8;
        let wei = match dice.percent(40) {
            true => eth(1) * dice.within(1..=600) / 100,
            false => int(0),
        };
        let call = registerCall {
            kind,
            payout: self.real.address(payout),
            metadataHash: B256::repeat_byte(metadata),
        };
        let bought = (wei != int(0)).then(|| self.real.bought(&wei));
        self.act("register", Call::new(from, call).with(wei), |model| {
            one(model.register(from, kind, payout, metadata, bought))
        });
    }

    /// Keys change hands.
    pub fn record(&mut self, dice: &mut Dice) {
        let operator = self.any_operator(dice);
        let to = match dice.percent(15) {
            true => Account::Nobody,
            false => self.anybody(dice),
        };
        let address = self.real.address(to);
        let from = self.manager(dice, operator);
        let of = self.model.operators.get(&operator);
        let (offered_manager, offered_payout, payout) = of.map_or((from, from, from), |it| {
            (it.offered_manager, it.offered_payout, it.payout)
        });
        let somebody = |dice: &mut Dice, account: Account| match account {
            Account::Nobody => self.anybody(dice),
            other => other,
        };
        match dice.within(0..=5) {
            0 => {
                let call = offerManagerCall {
                    operator: id(operator),
                    manager: address,
                };
                self.act("offer manager", Call::new(from, call), |model| {
                    nothing(model.offer_manager(from, operator, to))
                });
            }
            1 => {
                let from = somebody(dice, offered_manager);
                let call = acceptManagerCall {
                    operator: id(operator),
                };
                self.act("accept manager", Call::new(from, call), |model| {
                    nothing(model.accept_manager(from, operator))
                });
            }
            2 => {
                let call = offerPayoutCall {
                    operator: id(operator),
                    payout: address,
                };
                self.act("offer payout", Call::new(from, call), |model| {
                    nothing(model.offer_payout(from, operator, to))
                });
            }
            3 => {
                let from = payout;
                let call = offerPayoutCall {
                    operator: id(operator),
                    payout: address,
                };
                self.act("offer payout", Call::new(from, call), |model| {
                    nothing(model.offer_payout(from, operator, to))
                });
            }
            4 => {
                let from = somebody(dice, offered_payout);
                let call = acceptPayoutCall {
                    operator: id(operator),
                };
                self.act("accept payout", Call::new(from, call), |model| {
                    nothing(model.accept_payout(from, operator))
                });
            }
            _ => {
                let metadata = dice.within(0..=255) as u8;
                let call = setMetadataHashCall {
                    operator: id(operator),
                    metadataHash: B256::repeat_byte(metadata),
                };
                self.act("metadata", Call::new(from, call), |model| {
                    nothing(model.set_metadata(from, operator, metadata))
                });
            }
        }
    }

    pub fn vouch(&mut self, dice: &mut Dice) {
        let operator = self.any_operator(dice);
        let from = match dice.within(0..=9) {
            0..=5 => Account::Owner,
            6..=8 => Account::Board,
            _ => self.anybody(dice),
        };
        self.vouch_for(from, operator, dice.percent(75));
    }

    fn vouch_for(&mut self, from: Account, operator: u32, vouched: bool) {
        let call = vouchCall {
            operator: id(operator),
            vouched,
        };
        self.act("vouch", Call::new(from, call), |model| {
            nothing(model.vouch(from, operator, vouched))
        });
    }

    pub fn bond(&mut self, dice: &mut Dice) {
        let model = &self.model;
        let operator = self.operator_with(dice, |id| {
            let it = &model.operators[&id];
            !it.stands || it.bond.debt != int(0) || it.bond.short_since.is_some()
        });
        let assets = match dice.within(0..=9) {
            0 => int(0),
            1..=3 => dice.magnitude(1, 10u128.pow(18)),
            _ => eth(1) * dice.within(1..=700) / 100,
        };
        self.bond_of(dice, operator, assets);
    }

    fn bond_of(&mut self, dice: &mut Dice, operator: u32, assets: Int) {
        let from = self.anybody(dice);
        let bought = self.real.bought(&assets);
        let call = bondCall {
            operator: id(operator),
        };
        self.act("bond", Call::new(from, call).with(assets), |model| {
            one(model.bond(from, operator, bought))
        });
    }

    pub fn announce(&mut self, dice: &mut Dice) {
        let operator = self.any_operator(dice);
        let from = self.manager(dice, operator);
        let shares = match self.model.operators.get(&operator) {
            Some(it) if dice.percent(90) => dice.part(&(&it.bond.shares * 12u64 / 10u64)),
            _ => int(0),
        };
        let call = announceWithdrawalCall {
            operator: id(operator),
            shares: word(&shares),
        };
        self.act("announce", Call::new(from, call), |model| {
            nothing(model.announce(from, operator, &shares))
        });
    }

    pub fn withdraw(&mut self, dice: &mut Dice) {
        let model = &self.model;
        let operator = self.operator_with(dice, |id| {
            let it = &model.operators[&id];
            it.bond.announced != int(0) || dice_free(model.live(id))
        });
        let Some(it) = self.model.operators.get(&operator).cloned() else {
            return self.withdraw_from(Account::User(0), operator, int(1));
        };
        let from = match dice.percent(30) {
            true => it.payout,
            false => self.manager(dice, operator),
        };
        self.look();
        let surplus = match &self.model.terms {
            Ok(terms) if self.model.live(operator) != [0; 3] => self.model.surplus(operator, terms),
            _ => it.bond.shares.clone(),
        };
        let most = surplus.clone().min(it.bond.announced.clone());
        let shares = match dice.within(0..=9) {
            0..=3 => most,
            4 => most + 1u64,
            5 => surplus + 1u64,
            6 => it.bond.shares,
            7 => int(0),
            _ => dice.part(&most),
        };
        self.withdraw_from(from, operator, shares);
    }

    fn withdraw_from(&mut self, from: Account, operator: u32, shares: Int) {
        let call = withdrawBondCall {
            operator: id(operator),
            shares: word(&shares),
        };
        let withdrawn = self.act("withdraw", Call::new(from, call), |model| {
            nothing(model.withdraw(from, operator, &shares))
        });
        // A bond that is short already may be asked for nothing.
        if withdrawn && shares != int(0) {
            self.withdrawn_well(operator);
        }
    }

    pub fn check_bond(&mut self, dice: &mut Dice) {
        let model = &self.model;
        let operator = self.operator_with(dice, |id| {
            let terms = model.terms.as_ref();
            let short = terms.is_ok_and(|terms| !model.carries(id, terms, None));
            short != model.operators[&id].bond.short_since.is_some()
        });
        let from = self.anybody(dice);
        self.check_bond_of(from, operator);
    }

    pub fn check_bond_of(&mut self, from: Account, operator: u32) {
        let call = checkBondCall {
            operator: id(operator),
        };
        self.act("check bond", Call::new(from, call), |model| {
            nothing(model.check_bond(operator))
        });
    }

    pub fn add_nodes(&mut self, dice: &mut Dice) {
        let operator = self.any_operator(dice);
        self.add_nodes_of(dice, operator);
    }

    fn add_nodes_of(&mut self, dice: &mut Dice, operator: u32) {
        let from = self.manager(dice, operator);
        let number = |dice: &mut Dice, usual: u64| match dice.within(0..=199) {
            0 => 8,
            1..=9 => dice.within(0..=7) as u8,
            _ => dice.within(0..=usual) as u8,
        };
        let machine = Machine {
            of: dice.weighted(&[(100, 0), (80, 1), (50, 2), (1, 3)]),
            region: number(dice, 4),
            execution: number(dice, 3),
            consensus: number(dice, 2),
            identity: dice.weighted(&[(100, 5), (1, 512), (1, 513), (5, 0)]),
        };
        let count = match dice.within(0..=99) {
            0 => 0,
            1 => 65,
            2 => 64,
            _ => dice.within(1..=6),
        };
        let call = addNodesCall {
            operator: id(operator),
            nodeType: machine.of,
            region: machine.region,
            executionClient: machine.execution,
            consensusClient: machine.consensus,
            identity: Bytes::from(vec![b'e'; machine.identity as usize]),
            count: alloy::primitives::U256::from(count),
        };
        self.act("add nodes", Call::new(from, call), |model| {
            one(model.add_nodes(from, operator, machine, count))
        });
    }

    pub fn remove_nodes(&mut self, dice: &mut Dice) {
        let model = &self.model;
        let first = self.node_with(dice, |id| model.nodes[&id].state == State::Queued);
        let mut nodes = vec![first];
        let operator = model.nodes.get(&first).map(|node| node.operator);
        for (other, node) in &model.nodes {
            if Some(node.operator) == operator && *other != first && dice.percent(20) {
                let queued = node.state == State::Queued;
                if queued || dice.percent(3) {
                    nodes.push(*other);
                }
            }
        }
        let from = self.manager_of_node(dice, first);
        let call = removeNodesCall {
            nodes: nodes.clone(),
        };
        self.act("remove nodes", Call::new(from, call), |model| {
            nothing(model.remove_nodes(from, &nodes))
        });
    }

    pub fn rejoin(&mut self, dice: &mut Dice) {
        let model = &self.model;
        let operator = self.operator_with(dice, |id| !model.operators[&id].stands);
        let from = self.anybody(dice);
        let call = rejoinCall {
            operator: id(operator),
        };
        self.act("rejoin", Call::new(from, call), |model| {
            nothing(model.rejoin(operator))
        });
    }

    /// Everybody who could manage gets the right to.
    pub fn gate(&mut self) {
        let users: Vec<Account> = (0..MANAGERS).map(Account::User).collect();
        self.real.gate();
        self.real.admit(&users, true);
        self.look();
    }
}

fn dice_free(live: [u64; Type::ALL.len()]) -> bool {
    live == [0; 3]
}
