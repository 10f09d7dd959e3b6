//! What must hold after every step, whatever model and chain agree on. It is asked of the chain as far as there is a view, and of
//! the model, which says the same, where there is none.

use std::collections::{BTreeMap, BTreeSet};

use alloy::{
    primitives::{Address, U256},
    sol_types::SolEvent,
};
use clay_chain::Receipt;
use e2e::{CsEthToken::Transfer, OperatorRegistry::*};
use model::{
    exact::int,
    operators::{Registry, State, Type},
    Int,
};

use crate::{
    numbers::int as number,
    story::{id, Story},
};

/// What properties are checked against.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// Public keys of clusters that were keyed, and whose they are.
    keys: BTreeMap<Vec<u8>, u32>,
    /// Shares charged by leaves, by operator.
    charged: BTreeMap<u32, Int>,
}

impl Story {
    /// Bonds change by what the token moved, and by nothing else: what came in is somebody's, and what went was burned or paid.
    pub fn shares_are_conserved(&self, before: &Registry, receipt: &Receipt, credited: &Int) {
        let registry = self.real.pool.registry;
        let moved = |from: bool, burned: Option<bool>| {
            let logs = receipt
                .logs
                .iter()
                .filter(|log| log.address == self.real.pool.token);
            let transfers = logs.filter_map(|log| Transfer::decode_log(log).ok());
            let mut sum = int(0);
            for transfer in transfers {
                let (ours, other) = match from {
                    true => (transfer.from, transfer.to),
                    false => (transfer.to, transfer.from),
                };
                if ours == registry
                    && burned.is_none_or(|burned| burned == (other == Address::ZERO))
                {
                    sum += number(transfer.value);
                }
            }
            sum
        };
        let (came, burned, paid) = (
            moved(false, None) + credited,
            moved(true, Some(true)),
            moved(true, Some(false)),
        );
        let (was, is) = (before.bonds(), self.model.bonds());
        assert_eq!(
            was + came,
            is + &burned + paid,
            "shares are conserved but for those burned"
        );
        assert_eq!(
            &self.model.burned - &before.burned,
            burned,
            "what was recovered is burned"
        );
    }

    /// No withdrawal leaves a bond below what live nodes require.
    pub fn withdrawn_well(&self, operator: u32) {
        let bond = self.real.ask(bondOfCall {
            operator: id(operator),
        });
        let required = self.real.ask(requiredCall {
            operator: id(operator),
        });
        let terms = self.model.terms.as_ref().expect("priced");
        let worth = terms.worth(&number(bond.shares));
        assert!(
            worth >= number(required.now),
            "a withdrawal left {worth} of {}",
            required.now
        );
        assert_eq!(bond.debt, U256::ZERO, "a debtor withdrew");
    }

    /// The cluster that was just formed breaks no cap, has the regions and clients that it needs, and of those nobody knows at
    /// most one member.
    pub fn formed_well(&self) {
        let Some((number, cluster)) = self.model.clusters.iter().next_back() else {
            return;
        };
        let totals = self.real.ask(totalsCall {});
        let total: u64 = totals.byBucket.iter().map(|count| count.to::<u64>()).sum();
        let parameter = |id| self.real.ask(parameterCall { id }).value.to::<u64>();
        let capped = |cap: u64| (total * cap).div_ceil(10_000);
        let (operator_cap, region_cap) = (capped(parameter(8)), capped(parameter(9)));
        let proven = totals.proven.to::<u64>().max(1);
        let operator_cap = operator_cap.max((2 * total).div_ceil(proven).min(total));
        let theirs = self.real.ask(clusterCall { id: id(*number) });
        let (mut regions, mut clients, mut unproven) = (BTreeSet::new(), BTreeSet::new(), 0);
        let mut operators = BTreeSet::new();
        for node in theirs.nodes.into_iter().filter(|node| !node.is_zero()) {
            let node = self.real.ask(nodeCall { id: node });
            let standing = self.real.ask(standingCall {
                operator: node.operator,
            });
            regions.insert(node.region);
            clients.insert(node.consensusClient);
            operators.insert(node.operator);
            unproven += u32::from(!standing.proven);
            assert!(
                standing.active.to::<u64>() <= operator_cap,
                "an operator above its cap"
            );
            let here = totals.byRegion[usize::from(node.region)].to::<u64>();
            assert!(here <= region_cap, "a region above its cap");
        }
        let size = cluster.of.size();
        assert_eq!(operators.len(), size, "operators are different");
        let least = |id| (parameter(id) as usize).min(size);
        assert!(regions.len() >= least(6), "too few regions");
        assert!(clients.len() >= least(7), "too few clients");
        let most = u32::from(cluster.of != Type::Direct);
        assert!(unproven <= most, "{unproven} unproven operators");
    }

    /// No call tells of a penalty twice, but for the outcomes that follow one another in one; and what leaves charge is noted.
    pub fn penalties_are_single(&mut self, kind: &str, receipt: &Receipt) {
        let mut told = BTreeSet::new();
        for log in &receipt.logs {
            if let Ok(event) = PenaltyExpected::decode_log(log) {
                let who = (event.operator.to::<u32>(), event.cluster.to::<u32>());
                assert!(
                    told.insert(who) || kind == "confirm",
                    "told of twice: {who:?}"
                );
            }
            if let Ok(event) = PenaltyCharged::decode_log(log) {
                let who = event.operator.to::<u32>();
                *self.records.charged.entry(who).or_default() += number(event.shares);
            }
        }
    }

    /// Panics unless the properties hold after a step.
    pub fn properties_hold(&mut self) {
        let held = number(self.real.pool.balance(self.real.pool.registry));
        assert_eq!(
            held,
            self.model.bonds(),
            "the registry holds what bonds are"
        );
        for (operator, it) in &self.model.operators {
            let charged = self
                .records
                .charged
                .get(operator)
                .cloned()
                .unwrap_or_default();
            let owed = &it.bond.charged - charged;
            assert_eq!(
                owed, it.bond.debt,
                "penalties of {operator} are charged once, or owed"
            );
        }
        self.lines_hold();
        self.clusters_hold();
    }

    /// Whoever stands, and nobody else, is in the line of each type and region it has queued nodes of, once.
    fn lines_hold(&self) {
        let mut expected = BTreeSet::new();
        let model = &self.model;
        for node in model
            .nodes
            .values()
            .filter(|node| node.state == State::Queued)
        {
            let it = &model.operators[&node.operator];
            if it.stands {
                expected.insert(((node.of, it.kind, node.region, it.proven), node.operator));
            }
        }
        let mut found = BTreeSet::new();
        for (line, members) in &model.lines.waiting {
            assert!(
                members.is_sorted_by_key(|(class, _)| *class),
                "a line by class"
            );
            for (class, operator) in members {
                assert_eq!(*class, model.class(*operator), "the class of {operator}");
                assert!(
                    found.insert((*line, *operator)),
                    "{operator} stands twice in {line:?}"
                );
            }
        }
        assert_eq!(found, expected, "who stands where");
    }

    /// Members differ, and no key is two clusters'.
    fn clusters_hold(&mut self) {
        for (number, cluster) in &self.model.clusters {
            let members: BTreeSet<u32> = self.model.members(*number).into_iter().collect();
            assert_eq!(
                members.len(),
                cluster.of.size(),
                "a cluster's operators differ"
            );
            let keyed = State::Keyed..=State::Done;
            if keyed.contains(&cluster.state) && !self.records.keys.values().any(|it| it == number)
            {
                let key = self.real.ask(clusterKeyCall { id: id(*number) });
                let other = self.records.keys.insert(key.publicKey.to_vec(), *number);
                assert_eq!(other, None, "a key that was used before");
            }
        }
    }
}
