//! One operator's amount, line by line.

use std::fmt::Write;

use crate::{epoch::Epoch, formula::NodeReward, rows::Row, terms::WHOLE};

/// So many nodes are told of one by one.
const LISTED: usize = 20;

/// Says how an account's amount comes about; none if it has no leaf.
pub fn explain(epoch: &Epoch, account: u32) -> Option<String> {
    let place = epoch
        .accounts
        .binary_search_by_key(&account, |it| it.account)
        .ok()?;
    let it = &epoch.accounts[place];
    let terms = &epoch.terms;
    let mut text = String::new();
    let mut say = |line: String| {
        let written = writeln!(text, "{line}");
        debug_assert!(written.is_ok());
    };
    say(format!(
        "Account {account} in epoch {}. Amounts are wei.",
        terms.epoch
    ));
    say(format!(
        "T = {} shares * {} / {} = {}, A = {}",
        terms.pot, terms.assets, terms.shares, epoch.pot, epoch.attestations
    ));
    let theirs = epoch
        .rewards
        .iter()
        .filter(|(row, _)| epoch.rows[*row].operator == account);
    for (row, reward) in theirs.take(LISTED) {
        for line in of_node(epoch, &epoch.rows[*row], reward) {
            say(line);
        }
    }
    if it.nodes as usize > LISTED {
        say(format!(
            "and {} more nodes (see table.csv).",
            it.nodes as usize - LISTED
        ));
    }
    if it.nodes != 0 {
        say(format!(
            "All nodes: gross {}, losses {}, sum {}.",
            it.gross, it.loss, it.sum
        ));
    }
    let left = epoch.pot - epoch.recovered;
    if it.sum > 0 && epoch.positive > left {
        say(format!(
            "More was due than there is: paid {} * {left} / {} = {}.",
            it.sum, epoch.positive, it.paid
        ));
    }
    if it.given != 0 {
        say(format!(
            "Of {} paid, {} go to those who lent its bonds.",
            it.paid, it.given
        ));
    }
    match (it.sum < 0, it.nodes) {
        (true, _) => say(format!(
            "It owes {}: {} shares, rounded up, are charged to its bond.",
            it.sum.unsigned_abs(),
            it.charged
        )),
        (false, 0) if it.paid == 0 => say("It had no nodes in this epoch.".into()),
        _ => say(format!(
            "({} - {}) * {} / {} = {} shares are paid.",
            it.paid, it.given, terms.shares, terms.assets, it.shares
        )),
    }
    say(format!(
        "Its leaf: {} shares earned and {} charged since the beginning, performance {} of {WHOLE}, {} epochs counted.",
        it.leaf.rewards, it.leaf.penalties, it.leaf.performance, it.leaf.epochs
    ));
    Some(text)
}

fn of_node(epoch: &Epoch, row: &Row, reward: &NodeReward) -> Vec<String> {
    let terms = &epoch.terms;
    let factor = terms.factor(row.of);
    let mut lines = vec![
        format!(
            "Node {} ({}): {} of {} attestations.",
            row.node,
            row.of.name(),
            row.attestations,
            row.expected
        ),
        format!(
            "  T * F * N / A = {} * {factor} * {} / ({} * {WHOLE}) = {}",
            epoch.pot, row.attestations, epoch.attestations, reward.base
        ),
    ];
    if reward.performance != 0 {
        lines.push(format!(
            "  P: below the standing of {} basis points it loses {} for what it missed",
            terms.standing, reward.performance
        ));
    }
    for (name, amount) in [("exits", row.exit), ("losses", row.loss)] {
        if amount != 0 {
            lines.push(format!("  P: {name} {amount}"));
        }
    }
    if reward.other != 0 {
        lines.push(format!(
            "  O: {} + {} * ({} - {}) / 10^18 = {}",
            row.adjustment, row.ssv, terms.published, terms.market, reward.other
        ));
    }
    lines.push(format!("  R = {}", reward.reward));
    lines
}
