//! Every contract is moved to other programs and back, and nothing else changes.

use std::collections::{BTreeMap, BTreeSet};

use alloy::{
    eips::BlockId,
    primitives::{Address, Bytes, B256, U256},
};
use clay_chain::{ExecStatus, TxRequest};
use e2e::{
    calls::{Prepared, ValidCall},
    event, events, Kind, Pool,
    StakeManager::{FacetChanged, Upgraded},
    ALICE, OWNER,
};

use crate::{
    functions::views,
    governor::{must, Governor},
    programs::{proxied, word, Programs, Proxied, IMPLEMENTATION},
};

/// What is known of a contract from outside: the answers of its views, and words of its storage.
#[derive(Debug)]
struct Seen {
    answers: BTreeMap<String, (ExecStatus, Bytes)>,
    words: BTreeMap<U256, B256>,
}

impl Seen {
    fn of(pool: &Pool, of: Proxied, slots: &BTreeSet<U256>) -> Self {
        let answers = views(of.name).into_iter().map(|(name, data)| {
            let outcome = pool.call(TxRequest::call(ALICE, of.at, data));
            (name, (outcome.status, outcome.output))
        });
        let answers: BTreeMap<String, (ExecStatus, Bytes)> = answers.collect();
        every_view_answers(&answers, of.name);
        let words = slots.iter().map(|slot| (*slot, word(pool, of.at, *slot)));
        let words = words.collect();
        Self { answers, words }
    }

    /// The same as before, but for what names the programs.
    fn is_still(&self, before: &Self, what: &str) {
        const OF_PROGRAMS: [&str; 2] = ["facet() 0", "facets() 0"];
        for (name, answer) in &before.answers {
            if !OF_PROGRAMS.contains(&name.as_str()) {
                assert_eq!(self.answers.get(name), Some(answer), "{what}: {name}");
            }
        }
    }

    /// Slots of which the words are others than before.
    fn changed(&self, before: &Self) -> Vec<U256> {
        let changed = before
            .words
            .iter()
            .filter(|(slot, word)| self.words.get(*slot) != Some(*word));
        changed.map(|(slot, _)| *slot).collect()
    }
}

/// Every view answers some call at least, but for the one that a proxy never answers.
fn every_view_answers(answers: &BTreeMap<String, (ExecStatus, Bytes)>, contract: &str) {
    let view = |name: &String| name.split(' ').next().map(str::to_owned);
    let answered = answers
        .iter()
        .filter(|(_, (status, _))| status.is_success());
    let answered: BTreeSet<_> = answered.filter_map(|(name, _)| view(name)).collect();
    let all: BTreeSet<_> = answers.keys().filter_map(view).collect();
    let silent: Vec<_> = all.difference(&answered).collect();
    assert_eq!(silent, ["proxiableUUID()"], "{contract}");
}

/// Slots of a contract that its views, its valid calls and those of others touch.
fn slots(pool: &Pool, of: Proxied, calls: &[ValidCall]) -> BTreeSet<U256> {
    let views = views(of.name).into_iter();
    let views = views.map(|(_, data)| TxRequest::call(ALICE, of.at, data));
    let calls = calls
        .iter()
        .map(|call| TxRequest::call(call.from, call.to, call.data.clone()).with_value(call.value));
    let mut slots = BTreeSet::new();
    for request in views.chain(calls) {
        let touched = pool.chain.create_access_list(&request, BlockId::latest());
        let (touched, _) = touched.expect("a call the chain takes");
        let of_it = touched.0.into_iter().filter(|item| item.address == of.at);
        slots.extend(
            of_it
                .flat_map(|item| item.storage_keys)
                .map(|key| U256::from_be_bytes(key.0)),
        );
    }
    slots
}

/// The valid calls of a prepared pool, in the name of whoever governs it.
fn calls_under(governor: Governor, prepared: &Prepared) -> Vec<ValidCall> {
    let owner = governor.owner(&prepared.story.pool);
    let of_owner = |from| if from == OWNER { owner } else { from };
    let mut calls = prepared.calls();
    // Proposers of the timelock stay who they are.
    for call in calls.iter_mut().filter(|call| call.contract != "timelock") {
        call.from = of_owner(call.from);
        if let Some((from, _)) = &mut call.first {
            *from = of_owner(*from);
        }
    }
    calls
}

/// Every valid call of a contract succeeds.
fn all_succeed(pool: &Pool, at: Address, calls: &[ValidCall], what: &str) -> usize {
    let calls = calls.iter().filter(|call| call.to == at);
    calls
        .map(|call| {
            let mut pool = pool.clone();
            call.prepare(&mut pool);
            let receipt = call.make(&mut pool);
            let output = &receipt.output;
            assert!(
                receipt.success(),
                "{what}, then {}: {output}",
                call.signature
            );
        })
        .count()
}

/// Moves a contract to programs, and holds what it says and stores against what it did before.
fn moves(
    pool: &mut Pool,
    of: Proxied,
    to: &Programs,
    by: Governor,
    slots: &BTreeSet<U256>,
    what: &str,
) {
    let from = Programs::of(pool, of);
    let before = Seen::of(pool, of, slots);
    let balance = pool.chain.balance_now(of.at);
    let receipt = must(by.make(pool, of.at, to.upgrade()));
    let Upgraded { implementation } = event(&receipt, of.at);
    assert_eq!(implementation, to.implementation, "{what}");
    let facets: Vec<FacetChanged> = events(&receipt, of.at);
    let facets: Vec<_> = facets
        .iter()
        .map(|facet| (facet.previous, facet.current))
        .collect();
    let expected = from.facets.iter().copied().zip(to.facets.iter().copied());
    assert_eq!(facets, expected.collect::<Vec<_>>(), "{what}");
    assert_eq!(Programs::of(pool, of), *to, "{what}");

    let after = Seen::of(pool, of, slots);
    after.is_still(&before, what);
    let facets = from.facets.iter().map(|facet| facet.into_word());
    let named: Vec<B256> = facets.chain([from.implementation.into_word()]).collect();
    let mut changed = after.changed(&before);
    if of.at == pool.timelock {
        // The operation itself.
        changed.retain(|slot| *slot == IMPLEMENTATION);
    }
    assert_eq!(changed.len(), named.len(), "{what}: {changed:?}");
    for slot in changed {
        assert!(
            named.contains(&before.words[&slot]),
            "{what}: {slot} changed"
        );
    }
    assert_eq!(pool.chain.balance_now(of.at), balance, "{what}");
}

/// Moves every contract of a pool to other programs and back, under a governor.
fn every_contract_moves(kind: Kind, governor: Governor) {
    let mut prepared = match kind {
        Kind::Retail => Prepared::retail(),
        Kind::Institutional => Prepared::institutional(),
    };
    let calls = calls_under(governor, &prepared);
    governor.take_over(&mut prepared.story.pool);
    let (mut moved, mut made) = (0, 0);
    for of in proxied(&prepared.story.pool) {
        if !governor.upgrades(of) {
            continue;
        }
        let mut pool = prepared.story.pool.clone();
        let what = format!("{kind:?} {} {}, by {governor:?}", of.name, of.at);
        let slots = slots(&pool, of, &calls);
        let live = slots
            .iter()
            .filter(|slot| !word(&pool, of.at, **slot).is_zero());
        let (live, in_all) = (live.count(), slots.len());
        assert!(live >= 5, "{what}: {live} words are no live state");
        let old = Programs::of(&pool, of);
        let new = Programs::variant(&mut pool, of);
        assert!(old.all().iter().all(|program| !new.all().contains(program)));
        let up = format!("{what}, upgraded");
        moves(&mut pool, of, &new, governor, &slots, &up);
        let succeeded = all_succeed(&pool, of.at, &calls, &up);
        // Of one version, the way back is an upgrade like any other.
        let down = format!("{what}, and back");
        moves(&mut pool, of, &old, governor, &slots, &down);
        all_succeed(&pool, of.at, &calls, &down);
        println!("{what}: {live} of {in_all} words live, {succeeded} calls");
        (moved, made) = (moved + 1, made + succeeded);
    }
    println!("{moved} contracts, {made} calls");
    assert!(moved >= 10 && made >= 120, "{moved} {made}");
}

#[test]
fn p28_the_owner_upgrades_every_contract_of_the_retail_pool_and_nothing_else_changes() {
    every_contract_moves(Kind::Retail, Governor::Account);
}

#[test]
fn p28_the_owner_upgrades_every_contract_of_the_institutional_pool_and_nothing_else_changes() {
    every_contract_moves(Kind::Institutional, Governor::Account);
}

#[test]
fn p28_operations_upgrade_every_contract_of_the_retail_pool_and_nothing_else_changes() {
    every_contract_moves(Kind::Retail, Governor::Operation);
}

#[test]
fn p28_operations_upgrade_every_contract_of_the_institutional_pool_and_nothing_else_changes() {
    every_contract_moves(Kind::Institutional, Governor::Operation);
}
