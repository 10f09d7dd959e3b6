//! The layouts on the chain: what a view answers is where the layout says that it is, and no call touches a slot that
//! no layout has.

use std::collections::{BTreeMap, BTreeSet};

use alloy::{
    eips::BlockId,
    primitives::{Address, B256, U256},
};
use clay::bytecode::proxy::IMPLEMENTATION_SLOT;
use clay_chain::{TxRequest, TEST_ACCOUNTS};
use e2e::{calls::Prepared, Kind, Pool, ALICE, REPORTERS};

use crate::{
    append::{Item, Space},
    claims::{self, claims, entry, find, slot_of, Claim},
    layout_of,
    programs::PROGRAMS,
};

fn stored(pool: &Pool, at: Address, slot: U256) -> U256 {
    let word = pool.chain.storage(at, slot, BlockId::latest());
    U256::from_be_bytes(word.expect("the latest block").0)
}

/// Which contract of a pool a program is.
fn contract(pool: &Pool, program: &str) -> Address {
    match program {
        "stake-manager" => pool.manager,
        "operator-registry" => pool.registry,
        "unstake-queue" => pool.queue,
        "flash-exit-pool" => pool.flash,
        "protection-pool" => pool.protection,
        "rewards-distributor" => pool.distributor,
        "quorum" => pool.committee,
        "kyc-whitelist" => pool.whitelist,
        "timelock" => pool.timelock,
        "cs-eth-token" | "ics-eth-token" => pool.token,
        other => panic!("{other} stores nothing"),
    }
}

/// A word of what a view answers.
#[track_caller]
fn answered(pool: &Pool, at: Address, claim: &Claim) -> U256 {
    let outcome = pool.call(TxRequest::call(ALICE, at, claim.call()));
    assert!(
        outcome.status.is_success(),
        "{}: {}",
        claim.text,
        outcome.output
    );
    let word = outcome.output.chunks_exact(32).nth(claim.output);
    U256::from_be_slice(word.expect("so many words"))
}

/// Where the layout says, a view's answer is found; written there, the view answers it.
#[track_caller]
fn holds(pool: &mut Pool, items: &[Item], claim: &Claim) {
    let at = contract(pool, claim.program);
    let flagged = with_flag(pool, items, claim);
    let slot = claim.slot(items);
    let (offset, width) = claim.range(items);
    let mask = U256::MAX >> (256 - width);
    let word = stored(pool, at, slot);
    let (before, scale) = ((word >> offset) & mask, U256::from(claim.scale));
    let what = format!("{}: {}", claim.program, claim.text);
    assert_eq!(
        answered(pool, at, claim),
        before * scale,
        "{what}, as it is"
    );
    let written = match claim.written {
        Some(value) => U256::from(value),
        None => before ^ U256::from(1),
    };
    let changed = (word & !(mask << offset)) | (written << offset);
    pool.chain.set_storage(at, slot, changed.into());
    assert_eq!(
        answered(pool, at, claim),
        written * scale,
        "{what}, written"
    );
    pool.chain.set_storage(at, slot, word.into());
    if let Some((slot, before)) = flagged {
        pool.chain.set_storage(at, slot, before.into());
    }
}

/// Sets a flag in the books without which the stake-manager does not read a word. What was there.
fn with_flag(pool: &mut Pool, items: &[Item], claim: &Claim) -> Option<(U256, U256)> {
    let flag = U256::from(claim.flag?);
    let at = contract(pool, claim.program);
    let slot = claims::slot(items, "stake_manager::BOOKS");
    let (offset, _) = claims::range(items, "books::FLAGS");
    let before = stored(pool, at, slot);
    pool.chain
        .set_storage(at, slot, (before | (flag << offset)).into());
    Some((slot, before))
}

#[test]
fn p28_views_answer_what_is_stored_where_the_layouts_say() {
    let mut pools = BTreeMap::new();
    for prepared in [Prepared::retail(), Prepared::institutional()] {
        pools.insert(prepared.kind == Kind::Retail, prepared.story.pool);
    }
    let mut of_programs = BTreeMap::new();
    for claim in claims() {
        let pool = pools.get_mut(&!claim.institutional).expect("both pools");
        holds(pool, &layout_of(claim.program), &claim);
        *of_programs.entry(claim.program).or_insert(0) += 1;
    }
    println!("{of_programs:?}");
    let stored = PROGRAMS
        .iter()
        .filter(|program| program.owner == program.name);
    for program in stored.filter(|program| !layout_of(program.name).is_empty()) {
        let claims = of_programs.get(program.name).copied().unwrap_or(0);
        assert!(claims >= 5, "{}: {claims} claims", program.name);
    }
}

/// Keys that mappings have in a prepared pool.
fn keys(pool: &Pool) -> Vec<B256> {
    let mut accounts = vec![Address::ZERO, pool.timelock, pool.acknowledger, pool.board];
    accounts.extend(TEST_ACCOUNTS);
    accounts.extend([e2e::DEAD, e2e::GATEWAY]);
    accounts.extend(REPORTERS);
    let programs = [
        "stake-manager",
        "operator-registry",
        "unstake-queue",
        "flash-exit-pool",
    ];
    let more = [
        "protection-pool",
        "rewards-distributor",
        "quorum",
        "kyc-whitelist",
        "cs-eth-token",
    ];
    accounts.extend(
        programs
            .into_iter()
            .chain(more)
            .map(|program| contract(pool, program)),
    );
    let numbers = (0..64u64).map(|number| B256::from(U256::from(number)));
    accounts
        .iter()
        .map(|account| account.into_word())
        .chain(numbers)
        .collect()
}

/// What a slot that was touched is by a layout: the item's name; none if it is of no item.
fn named(items: &[Item], mappings: &BTreeMap<U256, String>, slot: U256) -> Option<String> {
    let limbs = slot.as_limbs();
    let (space, at) = match limbs {
        [at, 0, 0, 0] => (Space::Slots, *at),
        [_, _, at, 0] => (Space::Arrays, *at),
        _ => return mappings.get(&slot).cloned(),
    };
    let found = items
        .iter()
        .find(|item| item.space == space && item.from <= at && at < item.until);
    found.map(|item| item.name.clone())
}

/// Slots of values of mappings for keys that are known, and of the two after each.
fn mappings(items: &[Item], keys: &[B256]) -> BTreeMap<U256, String> {
    let mut found = BTreeMap::new();
    for item in items.iter().filter(|item| item.kind.starts_with("mapping")) {
        for key in keys {
            let first = entry(slot_of(item), *key);
            let inner = keys.iter().map(|key| entry(first, *key));
            let entries: Vec<U256> = match item.kind.as_str() {
                "mapping" => (0..3).map(|further| first + U256::from(further)).collect(),
                _ => inner.collect(),
            };
            found.extend(entries.into_iter().map(|slot| (slot, item.name.clone())));
        }
    }
    found
}

/// Slots of contracts that a prepared pool's valid calls touch.
fn touched(prepared: &Prepared) -> BTreeMap<Address, BTreeSet<U256>> {
    let mut touched: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for call in prepared.calls() {
        let mut pool = prepared.story.pool.clone();
        call.prepare(&mut pool);
        let request = TxRequest::call(call.from, call.to, call.data.clone()).with_value(call.value);
        let list = pool.chain.create_access_list(&request, BlockId::latest());
        let (list, outcome) = list.expect("a call the chain takes");
        assert!(
            outcome.status.is_success(),
            "{}: {}",
            call.signature,
            outcome.output
        );
        for item in list.0 {
            let slots = item
                .storage_keys
                .iter()
                .map(|key| U256::from_be_bytes(key.0));
            touched.entry(item.address).or_default().extend(slots);
        }
    }
    touched
}

/// Slots that no valid call of the prepared pools touches, or by keys that are not known here, and why.
const UNTOUCHED: &[(&str, &str, &str)] = &[
    ("cs-eth-token", "GATE", "csETH has no gate"),
    ("cs-eth-token", "Library.allowances", "under its other name"),
    (
        "ics-eth-token",
        "Library.allowances",
        "under its other name",
    ),
    ("cs-eth-token", "SYMBOL", "for views"),
    ("ics-eth-token", "SYMBOL", "for views"),
    (
        "kyc-whitelist",
        "ACCOUNTS",
        "all that the calls name are listed",
    ),
    (
        "operator-registry",
        "USED_KEYS",
        "by the hash of a public key",
    ),
    ("quorum", "ALLOWED", "by contract and function"),
    ("stake-manager", "WINDOWS", "no loss is reported"),
    (
        "stake-manager",
        "stake_manager::PARKED",
        "no report is parked",
    ),
    ("stake-manager", "PARKED_REST", "no report is parked"),
    (
        "stake-manager",
        "EARLIER_REFERENCE",
        "reports are a day apart",
    ),
    (
        "stake-manager",
        "sibling(FlashExitPool)",
        "under its other name",
    ),
    ("timelock", "OPERATIONS", "by the hash of an operation"),
    ("timelock", "KINDS", "by rule"),
];

#[test]
fn p28_no_valid_call_touches_a_slot_that_no_layout_has() {
    let implementation = U256::from_be_bytes(IMPLEMENTATION_SLOT.0);
    let mut seen: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let (mut known, mut hashed) = (0, 0);
    for prepared in [Prepared::retail(), Prepared::institutional()] {
        let pool = &prepared.story.pool;
        let touched = touched(&prepared);
        let keys = keys(pool);
        let token = prepared.kind.token();
        let owners = PROGRAMS
            .iter()
            .filter(|program| program.owner == program.name);
        for program in
            owners.filter(|program| !program.name.ends_with("-token") || program.name == token)
        {
            let items = layout_of(program.name);
            if items.is_empty() {
                continue;
            }
            let mappings = mappings(&items, &keys);
            let slots = touched
                .get(&contract(pool, program.name))
                .into_iter()
                .flatten();
            for slot in slots.filter(|slot| **slot != implementation) {
                match named(&items, &mappings, *slot) {
                    Some(name) => {
                        seen.entry(program.name).or_default().insert(name);
                        known += 1;
                    }
                    // The key is a hash, or an entry of an entry.
                    None if slot.as_limbs()[3] != 0 => hashed += 1,
                    None => panic!("{}: slot {slot} is in no layout", program.name),
                }
            }
        }
    }
    println!("{known} slots known, {hashed} of keys that are not");
    assert!(known > 200, "{known}");
    for (program, seen) in &seen {
        let items = layout_of(program);
        let slots = items
            .iter()
            .filter(|item| matches!(item.space, Space::Slots | Space::Arrays));
        let never: BTreeSet<&str> = slots
            .map(|item| item.name.as_str())
            .filter(|name| !seen.contains(*name))
            .collect();
        let expected = UNTOUCHED.iter().filter(|(of, ..)| of == program);
        let expected = expected.map(|(_, name, _)| find(&items, name).name.as_str());
        assert_eq!(never, expected.collect(), "{program}");
    }
}
