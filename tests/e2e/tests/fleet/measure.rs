//! What each week ends with, and what must hold.

use alloy::primitives::U256;
use e2e::OperatorRegistry::*;

use crate::fleet::{Fleet, TARGETS};

/// Active nodes from which on one cluster is less than 1 % of all.
const MANY: u64 = 500;
/// Basis points of the active nodes.
const CLOSE: i64 = 200;

/// The end of a week.
#[derive(Clone, Debug)]
pub struct Row {
    /// Active nodes by bucket.
    pub by_bucket: [u64; 9],
    /// Furthest that a bucket is from its target where supply allows to be nearer, in basis points of the active nodes.
    pub off_target: i64,
    /// Active nodes of weak operators.
    pub weak: u64,
    /// Mean score of active nodes' operators, weak and strong.
    pub scores: [u64; 2],
    /// Wei of bond required for an SSV node, weak and strong, if there are any.
    pub bond_a_node: [U256; 2],
    /// Largest parts of the active nodes in one region and with one operator, in basis points.
    pub largest: [u64; 2],
    /// Clusters dissolved so far, and by whom of the crowd.
    pub refused: u64,
    /// Validators running.
    pub validators: u64,
}

impl Row {
    /// How the fleet stands.
    pub fn of(fleet: &Fleet, off_target: i64) -> Self {
        let totals = fleet.operated.view(totalsCall {});
        let by_bucket = totals.byBucket.map(|nodes| nodes.to::<u64>());
        let total: u64 = by_bucket.iter().sum();
        let mut row = Self {
            by_bucket,
            off_target,
            weak: 0,
            scores: [0; 2],
            bond_a_node: [U256::ZERO; 2],
            largest: [0; 2],
            refused: fleet.refused_by_crowd,
            validators: 0,
        };
        let mut nodes = [0u64; 2];
        let (mut bonds, mut bonded) = ([U256::ZERO; 2], [0u64; 2]);
        for person in &fleet.people {
            let operator = person.operator;
            let standing = fleet.operated.view(standingCall { operator });
            let (active, score) = (standing.active.to::<u64>(), standing.score.to::<u64>());
            let strong = usize::from(person.is_strong());
            nodes[strong] += active;
            row.scores[strong] += active * score;
            row.largest[1] = row.largest[1].max(parts(active, total));
            let live: u64 = standing.live[0].to();
            if live != 0 && standing.live[1..].iter().all(U256::is_zero) {
                bonds[strong] += fleet.operated.view(requiredCall { operator }).now;
                bonded[strong] += live;
            }
        }
        row.weak = nodes[0];
        for strong in 0..2 {
            row.scores[strong] /= nodes[strong].max(1);
            row.bond_a_node[strong] = bonds[strong] / U256::from(bonded[strong].max(1));
        }
        let regions = totals.byRegion.iter().map(|nodes| nodes.to::<u64>());
        row.largest[0] = parts(regions.max().unwrap_or(0), total);
        let counts = fleet.operated.view(countsCall {});
        row.validators = (counts.funded - counts.asked).to();
        row
    }

    /// Active nodes.
    pub fn total(&self) -> u64 {
        self.by_bucket.iter().sum()
    }
}

/// A part in basis points.
pub fn parts(part: u64, whole: u64) -> u64 {
    part * 10_000 / whole.max(1)
}

impl Fleet {
    /// How far below its target the furthest of those buckets is that have supply: which could form a cluster now, and at the end
    /// of the last week too, so that this week's ETH was there for them. In basis points of the active nodes.
    pub fn off_target(&mut self) -> i64 {
        let totals = self.operated.view(totalsCall {});
        let by_bucket = totals.byBucket.map(|nodes| nodes.to::<u64>());
        let total: u64 = by_bucket.iter().sum();
        let below = |bucket: usize| {
            let share = parts(by_bucket[bucket], total) as i64;
            i64::from(TARGETS[bucket]) - share
        };
        let before = std::mem::take(&mut self.supplied);
        self.supplied = (0..TARGETS.len())
            .filter(|bucket| self.can_form(*bucket))
            .collect();
        if total < MANY {
            return 0;
        }
        let supplied = self
            .supplied
            .iter()
            .filter(|bucket| before.contains(bucket));
        let furthest = supplied.map(|bucket| below(*bucket)).max();
        furthest.unwrap_or(0).max(0)
    }

    /// Whether a bucket could form a cluster now: the contract is asked, on a chain of its own, with no other target.
    fn can_form(&self, bucket: usize) -> bool {
        let mut alone = self.operated.clone().without_demand();
        let mut targets = [0; 9];
        targets[bucket] = 10_000;
        alone.targets(targets);
        loop {
            match alone.form() {
                Some(cluster) if cluster.is_zero() => {}
                formed => return formed.is_some(),
            }
        }
    }

    /// Checks a cluster that was just formed: distinct operators, at most one unproven, minima, caps.
    pub fn check_formed(&self, cluster: U256) {
        let operated = &self.operated;
        let nodes: Vec<_> = operated.members(cluster);
        let nodes: Vec<_> = nodes.into_iter().map(|node| operated.node(node)).collect();
        let size = nodes.len();
        let distinct = |of: &dyn Fn(&nodeReturn) -> U256| {
            let mut all: Vec<U256> = nodes.iter().map(of).collect();
            all.sort_unstable();
            all.dedup();
            all.len()
        };
        assert_eq!(distinct(&|node| node.operator), size, "distinct operators");
        assert!(distinct(&|node| U256::from(node.region)) >= size.min(3));
        assert!(distinct(&|node| U256::from(node.consensusClient)) >= size.min(2));
        let totals = operated.view(totalsCall {});
        let total: u64 = totals.byBucket.iter().map(|nodes| nodes.to::<u64>()).sum();
        let proven: u64 = totals.proven.to();
        let even = (2 * total).div_ceil(proven).min(total);
        let cap = (total * 5).div_ceil(100).max(even);
        let mut unproven = 0;
        for node in &nodes {
            let operator = node.operator;
            let standing = operated.view(standingCall { operator });
            unproven += usize::from(!standing.proven);
            assert!(standing.active <= U256::from(cap), "an operator's cap");
            let region: u64 = totals.byRegion[usize::from(node.region)].to();
            assert!(region <= (total * 40).div_ceil(100), "a region's cap");
            let bond = operated.view(bondOfCall { operator }).shares;
            assert!(!bond.is_zero());
        }
        let allowed = usize::from(size > 1);
        assert!(unproven <= allowed, "{unproven} unproven of {size}");
    }

    /// Checks the whole run.
    pub fn check(&self) {
        let furthest = self.rows.iter().map(|row| row.off_target).max();
        assert!(
            furthest <= Some(CLOSE),
            "{furthest:?} basis points off target"
        );
        let last = self.rows.last().expect("a week");
        // The weak had a third of the newcomers' nodes.
        let peak = self
            .rows
            .iter()
            .map(|row| parts(row.weak, row.total()))
            .max();
        let end = parts(last.weak, last.total());
        assert!(
            Some(end) < peak,
            "the weak operators' share falls: {peak:?} to {end}"
        );
        let half = &self.rows[self.rows.len() / 2];
        let [_, bond_then] = half.bond_a_node;
        let [weak, strong] = last.bond_a_node;
        assert!(
            strong < bond_then || strong < weak,
            "the strong need less bond a node"
        );
        assert!(last.scores[1] > last.scores[0]);
        self.check_crowd();
    }

    /// The crowd paid for each ceremony it refused, and runs nothing.
    fn check_crowd(&self) {
        let mut failed = 0;
        for person in self.people.iter().filter(|person| person.of_crowd) {
            let operator = person.operator;
            let standing = self.operated.view(standingCall { operator });
            failed += standing.failedCeremonies.to::<u64>();
            assert!(standing.live.iter().all(U256::is_zero) || !self.refused.is_empty());
        }
        assert!(failed > 0, "the crowd was chosen");
        // Those whose time is not over yet have not been counted.
        let running = self.refused.len() as u64;
        let refused = self.refused_by_crowd;
        assert!(
            (refused - running..=refused).contains(&failed),
            "each refusal is paid by one account: {refused} and {failed}"
        );
    }
}
