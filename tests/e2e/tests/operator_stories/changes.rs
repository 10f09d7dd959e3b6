//! What has become of clusters, operators and nodes, for the tally.

use model::{
    exact::int,
    operators::{Operator, Reason, Registry, State},
};

use crate::story::Story;

impl Story {
    /// Counts what a call has changed.
    pub fn tally_changes(&mut self, before: &Registry) {
        let after = self.model.clone();
        let failed = |registry: &Registry| -> u64 {
            registry
                .operators
                .values()
                .map(|operator| operator.failed)
                .sum()
        };
        let somebody_failed = failed(&after) > failed(before);
        for (id, cluster) in &after.clusters {
            let old = before.clusters.get(id);
            let was = old.map(|cluster| cluster.state);
            if was == Some(cluster.state) {
                if old.is_some_and(|old| old.active_since != cluster.active_since) {
                    self.tally.count("cluster", "active when asked to exit");
                }
                continue;
            }
            let what = match (was, cluster.state) {
                (_, State::Reserved) => match cluster.nodes.len() {
                    5 => "formed of five",
                    4 => "formed of four",
                    _ => "formed of one",
                },
                (_, State::Keyed) => "keyed",
                (Some(State::Keyed), State::Dissolved) => "dissolved with a key",
                (_, State::Dissolved) if somebody_failed => "dissolved by failure",
                (_, State::Dissolved) => "dissolved, nobody failed",
                (_, State::Funded) => "funded",
                (_, State::Active) => "active",
                (_, State::Exiting) => match cluster.reason {
                    Some(Reason::Orders) => "exits for orders",
                    Some(Reason::Member) => "exits by a member",
                    Some(Reason::Short) => "exits for a short bond",
                    Some(Reason::Unlicensed) => "exits for a right lost",
                    _ => "made to exit",
                },
                (Some(State::Funded), _) => "bad key",
                (_, State::Done) if cluster.active_since.is_none() => "gone without having worked",
                _ => "has left",
            };
            self.tally.count("cluster", what);
        }
        for (id, operator) in &after.operators {
            if let Some(was) = before.operators.get(id) {
                self.tally_operator(was, operator);
            }
        }
        for (id, node) in &after.nodes {
            let was = before.nodes.get(id).map(|node| node.state);
            if node.state == State::Settled && was != Some(State::Settled) {
                self.tally.count("node", "settled");
            }
            if was.is_none() && after.exited > before.exited {
                self.tally.count("node", "queued for one that left");
            }
        }
        for _ in &after.expected {
            self.tally.count("node", "penalty expected");
        }
    }

    fn tally_operator(&mut self, was: &Operator, is: &Operator) {
        let none = int(0);
        let changes = [
            (!was.stands && is.stands, "listed"),
            (was.stands && !is.stands, "off the lists"),
            (
                !was.proven && is.proven && !is.vouched,
                "proven by its record",
            ),
            (!was.proven && is.proven && is.vouched, "proven by a word"),
            (was.proven && !is.proven, "proven no more"),
            (was.bond.debt == none && is.bond.debt > none, "owes"),
            (was.bond.debt > none && is.bond.debt == none, "owes no more"),
            (
                was.bond.short_since.is_none() && is.bond.short_since.is_some(),
                "short",
            ),
            (
                was.bond.short_since.is_some() && is.bond.short_since.is_none(),
                "whole",
            ),
            (was.bond.charged < is.bond.charged, "charged by a leaf"),
            (was.conduct < is.conduct, "judged well"),
            (was.conduct > is.conduct, "judged badly"),
        ];
        for (happened, what) in changes {
            if happened {
                self.tally.count("operator", what);
            }
        }
    }
}
