//! The formula against the reference model, which knows rationals alone.

mod common;

use std::collections::BTreeMap;

use clay_epoch::{Epoch, Leaf, Terms};
use common::{random, Random};
use model::{
    operators::Type,
    rewards::{
        self,
        formula::{Inputs, Row},
    },
    Int,
};

fn inputs(terms: &Terms) -> Inputs {
    let factors = terms.factors;
    Inputs {
        assets: terms.assets.into(),
        shares: terms.shares.into(),
        pot: terms.pot.into(),
        factors: [factors.ssv, factors.obol, factors.direct].map(u64::from),
        standing: terms.standing.into(),
        published: terms.published.into(),
        market: terms.market.into(),
    }
}

fn row(row: &clay_epoch::Row) -> Row {
    Row {
        operator: row.operator,
        of: Type::ALL[row.of as usize],
        made: row.attestations,
        expected: row.expected,
        exit: row.exit.into(),
        loss: row.loss.into(),
        ssv: row.ssv.into(),
        adjustment: row.adjustment.into(),
        funded: row.funded.into(),
    }
}

fn leaf(leaf: &Leaf) -> rewards::Leaf {
    rewards::Leaf {
        rewards: leaf.rewards.into(),
        penalties: leaf.penalties.into(),
        performance: leaf.performance.into(),
        epochs: leaf.epochs.into(),
    }
}

/// Four epochs in a row, of different nodes, so that some operators skip some.
fn agree(seed: u64, nodes: u32) {
    let mut leaves = BTreeMap::new();
    let mut recovered = Int::default();
    let mut last: Option<Epoch> = None;
    for number in 1..=4 {
        let Random { rows, terms } = random(seed * 10 + u64::from(number), nodes);
        let plain: Vec<Row> = rows.iter().map(row).collect();
        let outcome = inputs(&terms).outcome(&plain, &leaves);
        let before = last.as_ref().map(|last| last.totals).unwrap_or_default();
        let terms = Terms {
            epoch: number,
            before,
            ..terms
        };
        let previous = last.map(|last| last.tree);
        let epoch = Epoch::compute(terms, rows, previous).expect("an epoch");
        let ours: BTreeMap<u32, _> = epoch
            .tree
            .leaves()
            .iter()
            .map(|(account, it)| (*account, leaf(it)))
            .collect();
        assert_eq!(ours, outcome.leaves, "seed {seed}, epoch {number}");
        recovered += outcome.recovered;
        assert_eq!(Int::from(epoch.totals.recovered), recovered);
        let rewards: Int = ours.values().map(|leaf| &leaf.rewards).sum();
        assert_eq!(Int::from(epoch.totals.rewards), rewards);
        leaves = outcome.leaves;
        last = Some(epoch);
    }
}

#[test]
fn the_model_agrees() {
    for seed in 0..40 {
        agree(seed, 50);
    }
    agree(40, 10_000);
}
