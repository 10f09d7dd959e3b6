//! Which bucket is next, and who stands in its next cluster.

use std::collections::BTreeSet;

use crate::{
    refusal::{refusal, require, Answer},
    Exact, Int,
};

use super::{lines::Unlisted, parameters::Parameter::*, Cluster, Registry, State, Terms, Type};

/// Operators that are looked at for one bucket, and unproven ones of these.
const MOST_LOOKS: (usize, usize) = (64, 16);

impl Registry {
    /// Forms the next cluster; answers its number, or 0 if somebody was taken off the lists instead. Anybody.
    pub fn form(&mut self) -> Answer<u32> {
        let terms = self.priced()?;
        let reserved = self.reserved() as u64;
        let formed = reserved + self.keyed.len() as u64;
        let allowed = terms.fundable + self.parameters.number(FormedAhead);
        require!(formed < allowed, EnoughFormed, formed, allowed);
        let stood = self.standing();
        for bucket in self.buckets_by_need() {
            let (of, kind) = (Type::ALL[bucket / 3], (bucket % 3) as u8);
            if let Some(nodes) = self.gather(of, kind, &terms, allowed) {
                return Ok(self.found(of, kind, nodes));
            }
        }
        match self.standing() == stood {
            true => Err(refusal!(NoClusterPossible)),
            false => Ok(0),
        }
    }

    fn standing(&self) -> Vec<u32> {
        let all = self.operators.iter();
        all.filter(|(_, it)| it.stands).map(|(id, _)| *id).collect()
    }

    /// Clusters that have no key yet.
    pub fn reserved(&self) -> usize {
        let all = self.clusters.values();
        all.filter(|cluster| cluster.state == State::Reserved)
            .count()
    }

    /// Clusters without a key of which an operator was unproven when they were formed.
    pub fn newcomers(&self) -> usize {
        let all = self.clusters.values();
        all.filter(|cluster| cluster.state == State::Reserved && cluster.newcomer)
            .count()
    }

    /// Buckets with a target, the furthest below it first, when one node more stands in the pool.
    fn buckets_by_need(&self) -> Vec<usize> {
        let active = self.by_bucket();
        let total: u64 = active.iter().sum();
        let wanted = |bucket: usize| {
            let share = Exact::new(self.targets[bucket].into(), Int::from(10_000));
            share * Exact::from_integer((total + 1).into())
                - Exact::from_integer(active[bucket].into())
        };
        let mut buckets: Vec<usize> = (0..9).filter(|it| self.targets[*it] != 0).collect();
        buckets.sort_by_key(|bucket| std::cmp::Reverse(wanted(*bucket)));
        buckets
    }

    /// Nodes that may be active under a cap of so many basis points; rounded up.
    fn capped(&self, total: u64, cap: super::Parameter) -> u64 {
        (total * self.parameters.number(cap)).div_ceil(10_000)
    }

    /// Nodes that one operator may have when the pool has so many.
    pub fn operator_cap(&self, total: u64) -> u64 {
        let twice_even = (2 * total).div_ceil(self.proven().max(1));
        self.capped(total, OperatorCap).max(twice_even.min(total))
    }

    /// Nodes that a region may have when the pool has so many.
    pub fn region_cap(&self, total: u64) -> u64 {
        self.capped(total, RegionCap)
    }

    /// Nodes for a cluster, by place; none if there are not enough. Whoever is looked at and does not stand up to it leaves
    /// the lists.
    fn gather(&mut self, of: Type, kind: u8, terms: &Terms, allowed: u64) -> Option<Vec<u32>> {
        let size = of.size();
        // A quarter of those that may stand formed may be in a newcomer's ceremony, and one at least.
        let newcomers = self.newcomers() as u64;
        let may_be_new = newcomers == 0 || newcomers < allowed / 4;
        let by_region = self.by_region();
        let after = by_region.iter().sum::<u64>() + size as u64;
        let (region_cap, operator_cap) = (self.region_cap(after), self.operator_cap(after));
        let least = [LeastRegions, LeastClients]
            .map(|least| (self.parameters.number(least) as usize).min(size));

        // By class, then region, unproven first, then as they came.
        let mut candidates = Vec::new();
        for ((line_of, line_kind, region, proven), line) in &self.lines.waiting {
            if (*line_of, *line_kind) == (of, kind) {
                let line = line.iter().enumerate();
                candidates.extend(line.map(|(place, (class, operator))| {
                    (*class, *region, *proven, place, *operator)
                }));
            }
        }
        candidates.sort_unstable();

        let (mut nodes, mut operators): (Vec<u32>, BTreeSet<u32>) = Default::default();
        let (mut regions, mut clients) = (BTreeSet::new(), BTreeSet::new());
        let mut unproven = 0;
        let mut seen: BTreeSet<u32> = BTreeSet::new();
        for (_, region, proven, _, operator) in candidates {
            let left = size - nodes.len();
            if left == 0 {
                break;
            }
            let fits = |set: &BTreeSet<u8>, more: u8, least: usize| {
                let mut set = set.clone();
                set.insert(more);
                least.saturating_sub(set.len()) < left
            };
            let seen_new = seen.iter().filter(|it| !self.operators[it].proven).count();
            let newcomer = may_be_new && size > 1 && unproven == 0 && seen_new < MOST_LOOKS.1;
            let here = nodes
                .iter()
                .filter(|node| self.nodes[node].region == region);
            let in_region = by_region[usize::from(region)] + here.count() as u64;
            if !(proven || newcomer) || !fits(&regions, region, least[0]) || in_region >= region_cap
            {
                continue;
            }
            // It was taken off the lists a moment ago.
            if !self.operators[&operator].stands {
                continue;
            }
            if seen.len() == MOST_LOOKS.0 {
                break;
            }
            seen.insert(operator);
            if self.load(operator) >= operator_cap || !self.stands_up(operator, of, terms) {
                continue;
            }
            let node = self.queues[&(operator, of, region)][0];
            let client = self.nodes[&node].consensus;
            if operators.contains(&operator) || !fits(&clients, client, least[1]) {
                continue;
            }
            nodes.push(node);
            operators.insert(operator);
            regions.insert(region);
            clients.insert(client);
            unproven += u32::from(!proven);
        }
        (nodes.len() == size).then_some(nodes)
    }

    fn stands_up(&mut self, operator: u32, of: Type, terms: &Terms) -> bool {
        let reason = if !self.carries(operator, terms, Some(of)) {
            Unlisted::Bond
        } else if !self.has_right(self.operators[&operator].manager) {
            Unlisted::Right
        } else {
            return true;
        };
        self.unlist(operator, reason);
        false
    }

    fn found(&mut self, of: Type, kind: u8, nodes: Vec<u32>) -> u32 {
        let id = self.clusters.len() as u32 + 1;
        let size = nodes.len();
        let unproven = |node: &u32| !self.operators[&self.nodes[node].operator].proven;
        let newcomer = nodes.iter().any(unproven);
        let cluster = Cluster {
            of,
            kind,
            state: State::Reserved,
            nodes: nodes.clone(),
            since: self.now,
            deadline: self.now + self.parameters.number(KeyDeadline),
            results: vec![None; size],
            first_result: None,
            named: vec![0; size],
            parts: vec![None; size],
            active_since: None,
            funded_at: 0,
            reason: None,
            because_of: None,
            newcomer,
        };
        self.clusters.insert(id, cluster);
        for node in nodes {
            self.dequeue(node, State::Reserved, id);
        }
        id
    }

    /// The bucket furthest above its target of those with working nodes.
    pub(crate) fn exit_bucket(&self) -> Option<usize> {
        let mut active = self.by_bucket();
        for (bucket, active) in active.iter_mut().enumerate() {
            let line = self
                .lines
                .leaving
                .get(&(Type::ALL[bucket / 3], (bucket % 3) as u8));
            if line.is_none_or(Vec::is_empty) {
                *active = 0;
            }
        }
        let total: u64 = active.iter().sum();
        let above = |bucket: usize| {
            let share = Exact::new(self.targets[bucket].into(), Int::from(10_000));
            Exact::from_integer(active[bucket].into()) - share * Exact::from_integer(total.into())
        };
        let mut buckets: Vec<usize> = (0..9).filter(|bucket| active[*bucket] != 0).collect();
        buckets.sort_by_key(|bucket| std::cmp::Reverse(above(*bucket)));
        buckets.first().copied()
    }
}
