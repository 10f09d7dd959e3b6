//! Validators leave: because somebody asks, or because they must.

use alloy::primitives::{Bytes, U256};
use e2e::OperatorRegistry::*;
use model::{
    exact::{eth, int},
    operators::State,
    Account, Int,
};

use crate::{
    dice::Dice,
    numbers::word,
    story::{id, nothing, one, Call, Story},
};

impl Story {
    pub fn request_exits(&mut self, dice: &mut Dice) {
        let from = self.role(dice, Account::Manager);
        let wei = match dice.within(0..=9) {
            0 => int(0),
            1 => int(1),
            2 => eth(32) * dice.within(1..=3) + 1u64,
            _ => eth(32) * dice.within(1..=2),
        };
        let call = requestExitsCall { assets: word(&wei) };
        self.act("request exits", Call::new(from, call), |model| {
            one(model.request_exits(from, &wei))
        });
    }

    pub fn request_exit(&mut self, dice: &mut Dice) {
        let model = &self.model;
        let node = self.node_with(dice, |id| {
            [State::Funded, State::Active].contains(&model.nodes[&id].state)
        });
        self.request_exit_of(dice, node);
    }

    pub fn request_exit_of(&mut self, dice: &mut Dice, node: u32) {
        let from = self.manager_of_node(dice, node);
        let fast = dice.percent(35);
        let call = requestExitCall {
            node: id(node),
            fastTrack: fast,
        };
        self.act("request exit", Call::new(from, call), |model| {
            one(model.request_exit(from, node, fast))
        });
    }

    pub fn exit_short(&mut self, dice: &mut Dice) {
        let model = &self.model;
        let works =
            |node: &model::operators::Node| [State::Funded, State::Active].contains(&node.state);
        let operator = self.operator_with(dice, |id| {
            let mut nodes = model.nodes.values().filter(|node| node.operator == id);
            model.operators[&id].bond.short_since.is_some() && nodes.any(works)
        });
        let from = self.anybody(dice);
        let call = exitShortCall {
            operator: id(operator),
        };
        self.act("exit short", Call::new(from, call), |model| {
            nothing(model.exit_short(operator))
        });
    }

    pub fn exit_unlicensed(&mut self, dice: &mut Dice) {
        let model = &self.model;
        let mut working = model.nodes.values().filter(|node| {
            let works = [State::Funded, State::Active].contains(&node.state);
            works && model.has_right(model.operators[&node.operator].manager)
        });
        let working = working.next().map(|node| node.operator);
        if let Some(operator) = working.filter(|_| self.real.gated && dice.percent(70)) {
            let manager = self.model.operators[&operator].manager;
            self.admit(manager, false);
        }
        let model = &self.model;
        let operator =
            self.operator_with(dice, |id| !model.has_right(model.operators[&id].manager));
        let from = self.anybody(dice);
        let call = exitUnlicensedCall {
            operator: id(operator),
        };
        self.act("exit unlicensed", Call::new(from, call), |model| {
            nothing(model.exit_unlicensed(operator))
        });
    }

    pub fn post_part(&mut self, dice: &mut Dice) {
        let model = &self.model;
        let node = self.node_with(dice, |id| model.nodes[&id].state == State::Exiting);
        self.post_part_of(dice, node);
    }

    fn post_part_of(&mut self, dice: &mut Dice, node: u32) {
        let from = self.manager_of_node(dice, node);
        let bytes = dice.within(0..=255) as u8;
        let length = dice.weighted(&[(97, 96), (1, 95), (1, 97), (1, 0)]);
        let part = Bytes::from(vec![bytes; length as usize]);
        let call = postExitPartCall {
            node: id(node),
            part,
        };
        self.act("post part", Call::new(from, call), |model| {
            nothing(model.post_part(from, node, bytes, length))
        });
    }

    pub fn post_parts(&mut self, dice: &mut Dice) {
        let cluster = self.cluster_in(dice, &[State::Exiting]);
        self.post_parts_of(dice, cluster);
    }

    /// Most members of a cluster post.
    pub fn post_parts_of(&mut self, dice: &mut Dice, cluster: u32) {
        let Some(it) = self.model.clusters.get(&cluster).cloned() else {
            return;
        };
        if it.state != State::Exiting && dice.percent(80) {
            return;
        }
        let posted = self.model.posted(cluster);
        for (place, node) in it.nodes.into_iter().enumerate() {
            if posted >> place & 1 == 0 && dice.percent(80) {
                self.post_part_of(dice, node);
            }
        }
    }

    pub fn declare_false(&mut self, dice: &mut Dice) {
        let posted: Vec<u32> = self.model.clusters.keys().copied().collect();
        let posted: Vec<u32> = posted
            .into_iter()
            .filter(|it| self.model.posted(*it) != 0)
            .collect();
        let cluster = match dice.pick_any(&posted) {
            Some(cluster) if dice.percent(90) => cluster,
            _ => self.cluster_in(dice, &[State::Exiting, State::Done]),
        };
        let places = match self.model.clusters.contains_key(&cluster) {
            true if dice.percent(85) => self.model.posted(cluster) & dice.within(1..=31) as u8,
            _ => dice.within(0..=33) as u8,
        };
        let from = self.role(dice, Account::Committee);
        let call = declareFalseCall {
            cluster: id(cluster),
            places,
        };
        self.act("declare false", Call::new(from, call), |model| {
            nothing(model.declare_false(from, cluster, places))
        });
    }

    pub fn force_exit(&mut self, dice: &mut Dice) {
        let cluster = self.cluster_in(dice, &[State::Exiting]);
        let from = self.anybody(dice);
        let wei = int(dice.within(0..=1_000));
        let messages = self.real.pool.chain.messages_to_l1().len();
        let call = forceExitCall {
            cluster: id(cluster),
        };
        let forced = self.act(
            "force exit",
            Call::new(from, call).with(wei.clone()),
            |model| nothing(model.force_exit(cluster)),
        );
        if forced {
            let sent = &self.real.pool.chain.messages_to_l1()[messages..];
            assert_eq!(sent.len(), 1, "one message to L1");
            assert_eq!(sent[0].value, word(&wei), "with the ETH sent along");
        }
    }

    /// What the committee says of several clusters at once.
    pub fn confirm(&mut self, dice: &mut Dice) {
        let mut told: Vec<(u32, u8, Int)> = Vec::new();
        for _ in 0..dice.weighted(&[(8, 1), (2, 2), (1, 3), (1, 0)]) {
            let states = [State::Funded, State::Active, State::Exiting];
            let cluster = self.cluster_in(dice, &states);
            let it = self.model.clusters.get(&cluster);
            let state = it.map(|it| it.state);
            let never_active = it.is_some_and(|it| it.active_since.is_none());
            let outcome = match state {
                _ if dice.percent(5) => dice.within(0..=6) as u8,
                Some(State::Funded) => dice.weighted(&[(6, 1), (1, 3), (1, 4), (2, 5)]),
                Some(State::Active) => dice.weighted(&[(1, 3), (1, 4)]),
                Some(State::Exiting) if never_active => {
                    dice.weighted(&[(4, 1), (3, 5), (1, 2), (1, 3), (1, 4)])
                }
                _ => dice.weighted(&[(6, 2), (1, 3), (1, 4)]),
            };
            let loss = match outcome {
                1 | 2 if dice.percent(90) => int(0),
                _ => dice.magnitude(1, 10u128.pow(19)) - 1u64,
            };
            told.push((cluster, outcome, loss));
        }
        let from = self.role(dice, Account::Committee);
        self.tell(from, told, dice.percent(2));
    }

    /// The committee says what became of one cluster.
    pub fn confirm_one(&mut self, cluster: u32, outcome: u8) {
        self.tell(Account::Committee, vec![(cluster, outcome, int(0))], false);
    }

    fn tell(&mut self, from: Account, told: Vec<(u32, u8, Int)>, uneven: bool) {
        let mut losses: Vec<U256> = told.iter().map(|(.., loss)| word(loss)).collect();
        if uneven {
            losses.push(U256::ZERO);
        }
        let call = confirmCall {
            clusters: told.iter().map(|(cluster, ..)| id(*cluster)).collect(),
            outcomes: told.iter().map(|(_, outcome, _)| *outcome).collect(),
            losses,
        };
        self.act("confirm", Call::new(from, call), |model| {
            if uneven && from == Account::Committee {
                let count = told.len() as u64;
                return Err(model::Refusal {
                    error: "LengthsDiffer",
                    words: vec![count.into(), count.into(), (count + 1).into()],
                });
            }
            nothing(model.confirm(from, &told))
        });
    }
}
