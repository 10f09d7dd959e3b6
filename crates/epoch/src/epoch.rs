//! An epoch as a whole: what everybody is paid, and the leaves.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::{
    amount::{mul_div, mul_div_up},
    error::Error,
    formula::{Common, NodeReward, Sums},
    rows::Row,
    terms::{Terms, Totals, WHOLE},
    tree::{Leaf, Tree},
    FUNDERS,
};

/// The performance of an account that no attestation was expected of yet.
const FIRST_PERFORMANCE: u64 = 5_000;
/// An epoch counts for one part in so many of the performance.
const MEMORY: u64 = 8;

/// What an epoch brings an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub account: u32,
    /// Nodes with a row.
    pub nodes: u32,
    /// Wei: what its nodes earned, before losses.
    pub gross: i128,
    /// Wei: losses that it answers for.
    pub loss: u128,
    /// Wei: what it is due, or owes.
    pub sum: i128,
    /// Wei that are paid, those given to funders included.
    pub paid: u128,
    /// Wei of them that go to funders.
    pub given: u128,
    /// Shares that are paid to it.
    pub shares: u128,
    /// Shares that it is charged.
    pub charged: u128,
    /// What the root says of it.
    pub leaf: Leaf,
}

/// An epoch that is computed.
#[derive(Clone, Debug)]
pub struct Epoch {
    /// What is the same for every node.
    pub terms: Terms,
    /// The rows, by node.
    pub rows: Vec<Row>,
    /// The tree of the last root.
    pub previous: Option<Tree>,
    /// Wei that the pot is worth, T.
    pub pot: u128,
    /// Attestations of all nodes, A.
    pub attestations: u128,
    /// Wei that rewards make up for of losses.
    pub recovered: u128,
    /// Wei: the sum of what is due to anybody, before it is scaled.
    pub positive: u128,
    /// Places in `rows` and what they come to, by operator and node.
    pub rewards: Vec<(usize, NodeReward)>,
    /// All accounts that have a leaf, by number.
    pub accounts: Vec<Account>,
    /// Totals of the root.
    pub totals: Totals,
    /// The root's tree.
    pub tree: Tree,
}

impl Epoch {
    /// Computes an epoch from rows in any order and the tree of the last root.
    ///
    /// # Errors
    /// If the inputs do not fit together, no account has anything, or a number is too large.
    pub fn compute(
        terms: Terms,
        mut rows: Vec<Row>,
        previous: Option<Tree>,
    ) -> Result<Self, Error> {
        terms.check().map_err(Error::Inconsistent)?;
        let before = leaves_before(&terms, previous.as_ref())?;
        rows.par_sort_unstable_by_key(|row| row.node);
        if let Some(pair) = rows.windows(2).find(|pair| pair[0].node == pair[1].node) {
            return Err(Error::Inconsistent(format!(
                "node {} has two rows",
                pair[0].node
            )));
        }
        let too_large = |what: &str| Error::TooLarge(what.into());
        let pot =
            mul_div(terms.pot, terms.assets, terms.shares).ok_or_else(|| too_large("the pot"))?;
        let attestations = rows
            .par_iter()
            .map(|row| u128::from(row.attestations))
            .sum();
        let common = Common {
            terms: &terms,
            pot,
            attestations,
        };
        let rewards = rows
            .par_iter()
            .enumerate()
            .map(|(place, row)| Ok((place, NodeReward::of(row, &common)?)));
        let mut rewards: Vec<(usize, NodeReward)> = rewards.collect::<Result<_, Error>>()?;
        // Rows are in the order of their nodes already.
        rewards.par_sort_by_key(|(place, _)| rows[*place].operator);

        let sums = sums(&rows, &rewards)?;
        let distribution = Distribution::of(&sums, pot).ok_or_else(|| too_large("a sum"))?;
        let accounts = distribution.accounts(&terms, &sums, before)?;
        if accounts.is_empty() {
            let reason = "no account has anything: there are neither rows nor a previous root";
            return Err(Error::Inconsistent(reason.into()));
        }
        let recovered = mul_div(distribution.recovered, terms.shares, terms.assets)
            .ok_or_else(|| too_large("what is recovered"))?;
        let total = |of: fn(&Leaf) -> u128| accounts.iter().map(|it| of(&it.leaf)).sum();
        let totals = Totals {
            rewards: total(|leaf| leaf.rewards),
            penalties: total(|leaf| leaf.penalties),
            recovered: terms.before.recovered + recovered,
        };
        let leaves = accounts.iter().map(|it| (it.account, it.leaf)).collect();
        let tree = Tree::new(terms.chain, terms.distributor, leaves);
        Ok(Self {
            pot,
            attestations,
            recovered: distribution.recovered,
            positive: distribution.positive,
            terms,
            rows,
            previous,
            rewards,
            accounts,
            totals,
            tree,
        })
    }
}

/// The leaves of the last root, held against its totals.
fn leaves_before(terms: &Terms, previous: Option<&Tree>) -> Result<BTreeMap<u32, Leaf>, Error> {
    let refuse = |reason: String| Err(Error::Inconsistent(reason));
    let Some(tree) = previous else {
        let none = Totals::default();
        return match terms.before == none {
            true => Ok(BTreeMap::new()),
            false => refuse("the terms name totals before, but there is no previous tree".into()),
        };
    };
    let its = (tree.chain(), tree.distributor());
    if its != (terms.chain, terms.distributor) {
        return refuse(format!(
            "the previous tree is for chain {} and distributor {}, not {} and {}",
            its.0, its.1, terms.chain, terms.distributor
        ));
    }
    let sum = |of: fn(&Leaf) -> u128| -> u128 { tree.leaves().iter().map(|(_, it)| of(it)).sum() };
    let sums = [sum(|leaf| leaf.rewards), sum(|leaf| leaf.penalties)];
    let said = [terms.before.rewards, terms.before.penalties];
    if sums != said {
        return refuse(format!(
            "the previous tree's leaves promise {} and charge {} shares, and the terms say {} and {}",
            sums[0], sums[1], said[0], said[1]
        ));
    }
    Ok(tree.leaves().iter().copied().collect())
}

/// What each operator's nodes come to.
fn sums(rows: &[Row], rewards: &[(usize, NodeReward)]) -> Result<Vec<(u32, Sums)>, Error> {
    let groups = rewards.chunk_by(|one, other| rows[one.0].operator == rows[other.0].operator);
    let groups: Vec<_> = groups.collect();
    let sum = |group: &&[(usize, NodeReward)]| {
        let operator = group.first().map_or(0, |(place, _)| rows[*place].operator);
        let mut sums = Sums::default();
        for (place, reward) in *group {
            sums.add(&rows[*place], reward)
                .ok_or_else(|| Error::TooLarge(format!("what operator {operator} earns")))?;
        }
        Ok((operator, sums))
    };
    groups.par_iter().map(sum).collect()
}

/// How what there is suffices.
struct Distribution {
    recovered: u128,
    /// What is left of the pot for rewards.
    left: u128,
    positive: u128,
}

impl Distribution {
    fn of(sums: &[(u32, Sums)], pot: u128) -> Option<Self> {
        let (mut recovered, mut positive) = (0u128, 0u128);
        for (_, operator) in sums {
            recovered = recovered.checked_add(operator.recovered())?;
            if let Ok(due) = u128::try_from(operator.sum()?) {
                positive = positive.checked_add(due)?;
            }
        }
        let recovered = recovered.min(pot);
        Some(Self {
            recovered,
            left: pot - recovered,
            positive,
        })
    }

    /// What of a positive sum is paid.
    fn paid(&self, due: u128) -> Option<u128> {
        match self.positive <= self.left {
            true => Some(due),
            false => mul_div(due, self.left, self.positive),
        }
    }

    /// All accounts, those of `before` included.
    fn accounts(
        &self,
        terms: &Terms,
        sums: &[(u32, Sums)],
        before: BTreeMap<u32, Leaf>,
    ) -> Result<Vec<Account>, Error> {
        let earned = sums.par_iter().map(|(operator, sums)| {
            self.account(terms, *operator, sums, before.get(operator).copied())
                .ok_or_else(|| Error::TooLarge(format!("what operator {operator} is paid")))
        });
        let earned: Vec<Account> = earned.collect::<Result<_, Error>>()?;
        let given: u128 = earned.iter().map(|account| account.given).sum();
        let mut accounts: BTreeMap<u32, Account> = before
            .iter()
            .map(|(account, leaf)| (*account, still(*account, *leaf)))
            .collect();
        accounts.extend(earned.into_iter().map(|account| (account.account, account)));
        if given != 0 {
            let funders = accounts
                .entry(FUNDERS)
                .or_insert_with(|| still(FUNDERS, NEW));
            let shares = mul_div(given, terms.shares, terms.assets)
                .ok_or_else(|| Error::TooLarge("what funders are given".into()))?;
            funders.paid = given;
            funders.shares = shares;
            funders.leaf.rewards += shares;
        }
        Ok(accounts.into_values().collect())
    }

    fn account(
        &self,
        terms: &Terms,
        account: u32,
        sums: &Sums,
        before: Option<Leaf>,
    ) -> Option<Account> {
        let sum = sums.sum()?;
        let (paid, charged) = match sum >= 0 {
            true => (self.paid(sum.unsigned_abs())?, 0),
            false => (0, sum.unsigned_abs()),
        };
        let given = sums.given(paid)?;
        let shares = mul_div(paid - given, terms.shares, terms.assets)?;
        let charged = mul_div_up(charged, terms.shares, terms.assets)?;
        let mut leaf = before.unwrap_or(NEW);
        leaf.rewards = leaf.rewards.checked_add(shares)?;
        leaf.penalties = leaf.penalties.checked_add(charged)?;
        if sums.expected != 0 {
            let reached = u128::from(WHOLE) * u128::from(sums.attestations);
            let expected = u128::from(sums.expected);
            // One division, at the end.
            let past = u128::from((MEMORY - 1) * u64::from(leaf.performance)) * expected;
            leaf.performance = ((past + reached) / (u128::from(MEMORY) * expected)) as u16;
            leaf.epochs += 1;
        }
        Some(Account {
            account,
            nodes: sums.nodes,
            gross: sums.gross,
            loss: sums.loss,
            sum,
            paid,
            given,
            shares,
            charged,
            leaf,
        })
    }
}

/// Who was never counted.
const NEW: Leaf = Leaf {
    rewards: 0,
    penalties: 0,
    performance: FIRST_PERFORMANCE as u16,
    epochs: 0,
};

/// An account that an epoch brings nothing.
fn still(account: u32, leaf: Leaf) -> Account {
    Account {
        account,
        nodes: 0,
        gross: 0,
        loss: 0,
        sum: 0,
        paid: 0,
        given: 0,
        shares: 0,
        charged: 0,
        leaf,
    }
}
