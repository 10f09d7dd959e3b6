//! `clay operator show`: all about an operator.

use alloy::primitives::U256;
use clap::Args;
use clay_shared::{books::Rate, operators::NodeType};
use serde_json::{json, Value};

use super::{
    history::Entry,
    list::Operator,
    nodes::{table as nodes_table, Node},
    worth, At, Registry,
};
use crate::{
    amount::{display, display_eth},
    bindings::OperatorRegistry::{
        requiredCall, requiredReturn, withdrawableCall, withdrawableReturn,
    },
    failure::Failure,
    moment::told,
    numbers::{kind, node_type},
    output::say,
    table,
};

/// Shows an operator: who it is, how it stands and why, its bond and what of it can be withdrawn, and each of its nodes.
#[derive(Args, Debug)]
pub(in crate::commands) struct ShowArgs {
    /// The operator's number.
    operator: U256,
    /// Prints JSON: shares and amounts in wei, as text; times in Unix seconds.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

/// All about an operator.
struct Shown {
    operator: Operator,
    required: requiredReturn,
    withdrawable: withdrawableReturn,
    rate: Option<Rate>,
    nodes: Vec<Node>,
    history: Vec<Entry>,
}

impl ShowArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let registry = self.at.open().await?;
        let shown = Shown::read(&registry, self.operator).await?;
        if self.json {
            say!("{:#}", shown.json());
            return Ok(());
        }
        let now = registry.client.now().await?;
        say!(
            "Operator {}\n{}",
            self.operator,
            table::lines(&shown.record(now))
        );
        say!("Standing\n{}", table::lines(&shown.standing(now)));
        say!("Bond\n{}", table::lines(&shown.bond(now)));
        match shown.nodes.is_empty() {
            true => say!("No nodes."),
            false => say!("Nodes\n{}", nodes_table(&shown.nodes, now)),
        }
        let history: Vec<_> = shown.history.iter().map(Entry::row).collect();
        say!("History\n{}", history.join("\n"));
        Ok(())
    }
}

impl Shown {
    async fn read(registry: &Registry, operator: U256) -> Result<Self, Failure> {
        Ok(Self {
            operator: Operator::read(registry, operator).await?,
            required: registry.view(requiredCall { operator }).await?,
            withdrawable: registry.view(withdrawableCall { operator }).await?,
            rate: registry.rate().await?,
            nodes: Node::all_of(registry, operator).await?,
            history: Entry::all_of(registry, operator).await?,
        })
    }

    fn record(&self, now: u64) -> Vec<(&'static str, String)> {
        let record = &self.operator.record;
        let mut rows = vec![
            ("kind", kind(record.kind)),
            ("manager key", record.manager.to_string()),
            ("payout address", record.payout.to_string()),
        ];
        if !record.metadataHash.is_zero() {
            rows.push(("metadata", record.metadataHash.to_string()));
        }
        if !record.offeredManager.is_zero() {
            rows.push(("offered to", record.offeredManager.to_string()));
        }
        if !record.offeredPayout.is_zero() {
            let from = told(record.payoutFrom.saturating_to(), now);
            let words = format!("{}, who may accept {from}", record.offeredPayout);
            rows.push(("payout offered to", words));
        }
        rows
    }

    fn standing(&self, now: u64) -> Vec<(&'static str, String)> {
        let standing = &self.operator.standing;
        let proven = match (standing.proven, standing.vouched) {
            (true, true) => "yes, vouched for".into(),
            (true, false) => format!("yes, after {} clean epochs", standing.cleanEpochs),
            (false, _) => format!("no, after {} clean epochs", standing.cleanEpochs),
        };
        let mut rows = vec![
            ("score", format!("{} of 10000", standing.score)),
            ("  performance", standing.performance.to_string()),
            ("  conduct", standing.conduct.to_string()),
            ("proven", proven),
            ("failed ceremonies", standing.failedCeremonies.to_string()),
        ];
        let until: u64 = standing.suspendedUntil.saturating_to();
        if until > now {
            rows.push(("suspended until", told(until, now)));
        }
        for (of, live) in (0..).zip(standing.live) {
            if !live.is_zero() {
                rows.push(("live nodes", format!("{live} {}", node_type(of))));
            }
        }
        rows.push(("active nodes", standing.active.to_string()));
        rows
    }

    fn bond(&self, now: u64) -> Vec<(&'static str, String)> {
        let bond = &self.operator.bond;
        let shares = |shares: U256| match self.rate {
            Some(rate) => format!(
                "{} shares, worth {}",
                display(shares),
                display_eth(worth(rate, shares))
            ),
            None => format!("{} shares; nothing is priced now", display(shares)),
        };
        let mut rows = vec![("bond", shares(bond.shares))];
        if !bond.lent.is_zero() {
            rows.push(("  of it lent", shares(bond.lent)));
        }
        if !bond.debt.is_zero() {
            rows.push(("owed", shares(bond.debt)));
        }
        if !bond.charged.is_zero() {
            rows.push((
                "charged so far",
                format!("{} shares", display(bond.charged)),
            ));
        }
        rows.push(("required now", display_eth(self.required.now)));
        for (name, wei) in [
            "  with one more SSV",
            "  with one more Obol",
            "  with one more direct",
        ]
        .into_iter()
        .zip(self.required.withOneMore)
        {
            rows.push((name, display_eth(wei)));
        }
        if !bond.shortSince.is_zero() {
            rows.push(("short", told(bond.shortSince.saturating_to(), now)));
        }
        rows.push(("withdrawable", self.withdrawable_in_words(now)));
        if !bond.announced.is_zero() {
            let since = told(bond.announcedAt.saturating_to(), now);
            let words = format!("{} shares, {since}", display(bond.announced));
            rows.push(("announced", words));
        }
        rows
    }

    /// What of the bond can leave, and from when on.
    fn withdrawable_in_words(&self, now: u64) -> String {
        let (can, bond) = (&self.withdrawable, &self.operator.bond);
        let shares = display(can.shares);
        if self.operator.live().is_zero() {
            return format!("{shares} shares, at once: no node is live");
        }
        if bond.announced.is_zero() {
            return format!("{shares} shares, a week after they are announced: none are announced");
        }
        if can.from.is_zero() {
            return format!(
                "{shares} shares, a week after they are announced: the notice has lapsed"
            );
        }
        let from: u64 = can.from.saturating_to();
        let announced = display(can.shares.min(bond.announced));
        match from > now {
            true => format!("{announced} shares {}", told(from, now)),
            false => format!("{announced} shares, since {}", told(from, now)),
        }
    }

    fn json(&self) -> Value {
        let Operator {
            record,
            standing,
            bond,
            ..
        } = &self.operator;
        let text = |number: U256| number.to_string();
        let by_type = |numbers: [U256; 3]| {
            let names = NodeType::ALL.map(|of| format!("{of:?}").to_lowercase());
            let numbers = names.into_iter().zip(numbers.map(text));
            numbers.collect::<std::collections::BTreeMap<_, _>>()
        };
        json!({
            "operator": text(self.operator.number),
            "kind": kind(record.kind),
            "manager": record.manager.to_string(),
            "payout": record.payout.to_string(),
            "metadataHash": record.metadataHash.to_string(),
            "offeredManager": record.offeredManager.to_string(),
            "offeredPayout": record.offeredPayout.to_string(),
            "payoutFrom": text(record.payoutFrom),
            "performance": text(standing.performance),
            "conduct": text(standing.conduct),
            "score": text(standing.score),
            "cleanEpochs": text(standing.cleanEpochs),
            "vouched": standing.vouched,
            "proven": standing.proven,
            "failedCeremonies": text(standing.failedCeremonies),
            "suspendedUntil": text(standing.suspendedUntil),
            "live": by_type(standing.live),
            "active": text(standing.active),
            "bondShares": text(bond.shares),
            "bond": self.rate.map(|rate| text(worth(rate, bond.shares))),
            "lentShares": text(bond.lent),
            "debtShares": text(bond.debt),
            "chargedShares": text(bond.charged),
            "shortSince": text(bond.shortSince),
            "required": text(self.required.now),
            "requiredWithOneMore": by_type(self.required.withOneMore),
            "withdrawableShares": text(self.withdrawable.shares),
            "withdrawableFrom": text(self.withdrawable.from),
            "announcedShares": text(bond.announced),
            "announcedAt": text(bond.announcedAt),
            "nodes": self.nodes.iter().map(Node::json).collect::<Value>(),
            "history": self.history.iter().map(Entry::json).collect::<Value>(),
        })
    }
}
