//! Clusters form, get their keys and their ETH, or come to nothing.

use alloy::primitives::{Bytes, U256};
use e2e::{operators::key_material, OperatorRegistry::*};
use model::{
    exact::eth,
    operators::{Key, State},
    Account, Int,
};

use crate::{
    dice::Dice,
    numbers::word,
    story::{id, nothing, one, Call, Story},
};

impl Story {
    pub fn form(&mut self, dice: &mut Dice) {
        let from = self.anybody(dice);
        let clusters = self.model.clusters.len();
        let called = self.act("form", Call::new(from, formClusterCall {}), |model| {
            one(model.form())
        });
        if called && self.model.clusters.len() > clusters {
            self.formed_well();
        }
    }

    /// The bytes of a result.
    fn bytes(&self, key: Key, length: u64) -> Bytes {
        let mut bytes = key_material(key.number).to_vec();
        if !key.root_fits {
            bytes[175] ^= 1;
        }
        bytes.resize(length as usize, key.shares);
        bytes.into()
    }

    fn submit_for(&mut self, from: Account, node: u32, key: Key, length: u64) {
        let result = self.bytes(key, length);
        let call = submitKeyCall {
            node: id(node),
            result,
        };
        self.act("submit", Call::new(from, call), |model| {
            nothing(model.submit_key(from, node, key, length))
        });
    }

    fn new_key(&mut self) -> Key {
        self.keys += 1;
        Key {
            number: self.keys,
            shares: 0x11,
            root_fits: true,
        }
    }

    /// A node whose ceremony runs, or any.
    fn node_to_key(&self, dice: &mut Dice) -> u32 {
        let model = &self.model;
        let overdue = dice.percent(10);
        self.node_with(dice, |id| {
            let node = &model.nodes[&id];
            let runs = |cluster| overdue || model.clusters[cluster].deadline >= model.now;
            node.state == State::Reserved && runs(&node.cluster)
        })
    }

    /// All members that have not posted yet post the same.
    pub fn ceremony(&mut self, dice: &mut Dice) {
        let node = self.node_to_key(dice);
        let cluster = self.model.nodes.get(&node).map_or(0, |node| node.cluster);
        self.ceremony_of(cluster);
    }

    fn ceremony_of(&mut self, cluster: u32) {
        let Some(it) = self.model.clusters.get(&cluster).cloned() else {
            return;
        };
        let key = it.first_result.unwrap_or_else(|| self.new_key());
        for (place, node) in it.nodes.iter().enumerate() {
            if it.results[place].is_none() {
                let manager = self.model.operators[&self.model.nodes[node].operator].manager;
                self.submit_for(manager, *node, key, it.of.result_length());
            }
        }
    }

    pub fn submit(&mut self, dice: &mut Dice) {
        let node = self.node_to_key(dice);
        let model = &self.model;
        let from = self.manager_of_node(dice, node);
        let cluster = model.nodes.get(&node).map_or(0, |node| node.cluster);
        let cluster = model.clusters.get(&cluster).cloned();
        let first = cluster.as_ref().and_then(|it| it.first_result);
        let mut key = match first {
            Some(key) if dice.percent(55) => key,
            _ => self.new_key(),
        };
        match dice.within(0..=39) {
            0..=1 => key.root_fits = false,
            2..=3 => key.shares = 0x22,
            // Somebody's key.
            4..=6 => key.number = dice.within(1..=self.keys),
            // One that was a cluster's that came to nothing.
            7..=9 => key.number = self.given_up(dice).unwrap_or(key.number),
            _ => {}
        }
        let length = cluster.map_or(176, |it| it.of.result_length());
        let length = match dice.percent(3) {
            true => dice.pick(&[0, 175, 176, length - 1, length + 1]),
            false => length,
        };
        self.submit_for(from, node, key, length);
    }

    /// A key of a cluster that was dissolved.
    fn given_up(&self, dice: &mut Dice) -> Option<u64> {
        let clusters = self.model.clusters.values();
        let dissolved = clusters.filter(|it| it.state == State::Dissolved);
        let keys = dissolved.filter_map(|it| it.first_result);
        dice.pick_any(&keys.map(|key| key.number).collect::<Vec<_>>())
    }

    pub fn name_failed(&mut self, dice: &mut Dice) {
        let node = self.node_to_key(dice);
        let model = &self.model;
        let cluster = model.nodes.get(&node).map_or(0, |node| node.cluster);
        // Now and then all name the same.
        let (all, target) = (dice.percent(50), dice.within(0..=4));
        let nodes = match model.clusters.get(&cluster) {
            Some(it) if all && it.state == State::Reserved => it.nodes.clone(),
            _ => vec![node],
        };
        for node in nodes {
            let from = self.manager_of_node(dice, node);
            let failed = match dice.within(0..=19) {
                0 => dice.within(0..=255) as u8,
                1..=4 => dice.within(1..=31) as u8,
                _ => 1 << target,
            };
            let call = nameFailedCall {
                node: id(node),
                failed,
            };
            self.act("name", Call::new(from, call), |model| {
                nothing(model.name_failed(from, node, failed))
            });
        }
    }

    pub fn dissolve(&mut self, dice: &mut Dice) {
        let cluster = self.cluster_in(dice, &[State::Reserved, State::Keyed]);
        self.dissolve_it(dice, cluster);
    }

    pub fn dissolve_it(&mut self, dice: &mut Dice, cluster: u32) {
        let from = match self.model.clusters.contains_key(&cluster) && dice.percent(60) {
            true => {
                let members = self.model.members(cluster);
                self.model.operators[&dice.pick(&members)].manager
            }
            false => self.anybody(dice),
        };
        let call = dissolveCall {
            cluster: id(cluster),
        };
        self.act("dissolve", Call::new(from, call), |model| {
            nothing(model.dissolve(from, cluster))
        });
    }

    /// The stake-manager funds as many as it found ready, or others.
    pub fn fund(&mut self, dice: &mut Dice) {
        self.look();
        let Ok(terms) = self.model.terms.clone() else {
            return;
        };
        let limit = dice.within(0..=6);
        let [assets, shares] = [&terms.assets, &terms.shares].map(word);
        let call = readyCall {
            limit: U256::from(limit),
            rateAssets: assets,
            rateShares: shares,
        };
        let ready = self.model.ready(limit, &terms);
        assert_eq!(self.real.ask(call), U256::from(ready), "ready");
        let count = match dice.within(0..=19) {
            0 => ready + 1,
            1 => dice.within(0..=8),
            _ => ready,
        };
        let wei: Int = eth(32) * count + u64::from(dice.percent(2));
        let from = self.role(dice, Account::Manager);
        let call = fundCall {
            count: U256::from(count),
            rateAssets: assets,
            rateShares: shares,
        };
        let call = Call::new(from, call).with(wei.clone());
        self.act("fund", call, |model| {
            nothing(model.fund(from, count, &wei, &terms))
        });
    }

    /// Whatever is next for a cluster, if it goes well.
    pub fn advance(&mut self, dice: &mut Dice) {
        let all = self.model.clusters.iter();
        let open: Vec<(u32, State)> = all
            .map(|(id, cluster)| (*id, cluster.state))
            .filter(|(_, state)| *state != State::Dissolved && *state != State::Done)
            .collect();
        let Some((cluster, state)) = dice.pick_any(&open) else {
            return self.form(dice);
        };
        match state {
            State::Reserved if self.model.clusters[&cluster].deadline < self.model.now => {
                self.dissolve_it(dice, cluster);
            }
            State::Reserved => self.ceremony_of(cluster),
            State::Keyed => self.fund(dice),
            State::Funded => self.confirm_one(cluster, 1),
            State::Active if dice.percent(30) => {
                let node = dice.pick(&self.model.clusters[&cluster].nodes);
                self.request_exit_of(dice, node);
            }
            State::Exiting => {
                self.post_parts_of(dice, cluster);
                if dice.percent(60) {
                    self.confirm_one(cluster, 2);
                }
            }
            _ => self.form(dice),
        }
    }
}
