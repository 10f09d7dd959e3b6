//! Who may call what, `docs/access.md`: every function of every contract against every role.
//!
//! What is expected stands in `table.rs`, written by hand. The committed page is written from it after a run has found
//! every answer as expected; after a change, write it anew: `CLAY_UPDATE_ACCESS=1 cargo test -p e2e --test access`.

mod page;
mod roles;
mod setup;
mod situation;
mod table;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    thread,
};

use alloy::{
    dyn_abi::{DynSolValue, JsonAbiExt},
    json_abi::Error,
    primitives::{Address, FixedBytes},
};
use clay::bindings::ABIS;
use clay_chain::{CallOutcome, ExecStatus};
use e2e::Kind;

use roles::Role;
use situation::{abi, changes, Probe, Situation};
use table::{is_not_tried, never, rule, rules, Rule, Who, CONTRACTS, NOT_TRIED};

const KINDS: [Kind; 2] = [Kind::Retail, Kind::Institutional];

/// Every error of the protocol.
struct Errors(BTreeMap<FixedBytes<4>, Error>);

impl Errors {
    fn new() -> Self {
        let abis = ABIS.iter().map(|(_, json)| abi(json));
        let errors = abis.flat_map(|abi| abi.errors.into_values().flatten());
        Self(errors.map(|error| (error.selector(), error)).collect())
    }

    /// The error a call was refused with, and the first account it names: the caller, in those about who may call.
    fn of(&self, outcome: &CallOutcome) -> Option<(&str, Option<Address>)> {
        let (selector, data) = outcome.output.split_first_chunk::<4>()?;
        let error = self.0.get(selector)?;
        if outcome.status != ExecStatus::Revert {
            return None;
        }
        let values = error.abi_decode_input(data).ok()?;
        let account = values.iter().find_map(DynSolValue::as_address);
        Some((&error.name, account))
    }
}

/// The errors of which a role is to get one; none if its call is to succeed.
fn expected(probe: &Probe, rule: &Rule, kind: Kind, role: Role) -> Vec<&'static str> {
    let listed = match rule.who {
        Who::Anyone => true,
        Who::Nobody(_) => false,
        Who::Only(roles) => roles.contains(&role),
    };
    let unlicensed = rule.is_unlicensed(role, kind);
    if listed && !unlicensed {
        let never = never(probe.contract, &probe.function, kind);
        return never.into_iter().collect();
    }
    let refusal = (!listed).then_some(rule.refusal);
    let missing = unlicensed.then_some("RightMissing");
    refusal.into_iter().chain(missing).collect()
}

/// What is wrong with the answer to a call by a role, if anything.
fn complaint(
    probe: &Probe,
    rule: &Rule,
    kind: Kind,
    (role, account): (Role, Address),
    errors: &Errors,
) -> Option<String> {
    let outcome = probe.made_by(account);
    let refusal = errors.of(&outcome);
    let expected = expected(probe, rule, kind, role);
    let as_expected = match refusal {
        Some((error, named)) => {
            expected.contains(&error) && named.is_none_or(|named| named == account)
        }
        None => expected.is_empty() && outcome.status.is_success(),
    };
    let found = match refusal {
        Some((error, named)) => format!("{error} {named:?}"),
        None => format!("{:?} {}", outcome.status, outcome.output),
    };
    let (contract, function, name) = (probe.contract, &probe.function, role.name());
    let call = format!("{kind:?}: {contract}.{function} by {name} ({account})");
    (!as_expected).then(|| format!("{call}: {expected:?} expected, {found} found"))
}

/// Makes every call as every role; answers how many were made, and what was wrong.
fn every_call_by_every_role(kind: Kind) -> (usize, Vec<String>) {
    let situation = Situation::of(kind);
    let errors = Errors::new();
    let mut calls = 0;
    let mut complaints = Vec::new();
    for probe in situation.probes() {
        let Some(rule) = rule(probe.contract, &probe.function, kind) else {
            panic!("no rule: {}.{}", probe.contract, probe.function);
        };
        for role in &situation.roles {
            calls += 1;
            complaints.extend(complaint(&probe, rule, kind, *role, &errors));
        }
    }
    (calls, complaints)
}

#[test]
fn p26_every_function_takes_its_roles_and_refuses_all_others() {
    let runs = KINDS.map(|kind| thread::spawn(move || every_call_by_every_role(kind)));
    let runs = runs.map(|run| run.join().expect("a run"));
    let complaints: Vec<_> = runs.iter().flat_map(|(_, complaints)| complaints).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
    let page = page::page(runs.iter().map(|(calls, _)| calls).sum());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/access.md");
    if std::env::var_os("CLAY_UPDATE_ACCESS").is_some() {
        fs::write(&file, &page).expect("written");
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(committed, page, "docs/access.md: see the head of this test");
}

#[test]
fn p26_every_view_answers_everybody_the_same() {
    let runs = KINDS.map(|kind| {
        thread::spawn(move || {
            let situation = Situation::of(kind);
            for view in situation.views() {
                let roles = situation.roles.iter();
                let answers = roles.map(|(_, account)| {
                    let outcome = view.made_by(*account);
                    (outcome.status, outcome.output)
                });
                let mut answers: Vec<_> = answers.collect();
                answers.dedup();
                let (contract, view) = (view.contract, &view.function);
                assert_eq!(answers.len(), 1, "{kind:?}: {contract}.{view}: {answers:?}");
            }
        })
    });
    for run in runs {
        run.join().expect("a run");
    }
}

#[test]
fn p26_nobody_reaches_a_program_but_through_its_proxy() {
    let (situation, errors) = (Situation::of(Kind::Institutional), Errors::new());
    for probe in situation.programs() {
        for (role, account) in &situation.roles {
            let outcome = probe.made_by(*account);
            let refusal = errors.of(&outcome).map(|(error, _)| error);
            let (contract, function) = (probe.contract, &probe.function);
            let what = format!(
                "{contract}.{function} by {}: {}",
                role.name(),
                outcome.output
            );
            assert_eq!(refusal, Some("OnlyThroughProxy"), "{what}");
        }
    }
}

/// Names of the functions of a contract that can change something; `receive` for plain ETH.
fn functions(json: &str) -> BTreeSet<String> {
    let abi = abi(json);
    let changing = abi.functions().filter(|function| changes(function));
    let names = changing.map(|function| function.name.clone());
    let receive = abi.receive.iter().map(|_| "receive".to_owned());
    names.chain(receive).collect()
}

/// Pools that have a contract.
fn pools_of(contract: &str) -> &'static [Kind] {
    match contract {
        "cs-eth-token" => &[Kind::Retail],
        "ics-eth-token" | "kyc-whitelist" => &[Kind::Institutional],
        _ => &KINDS,
    }
}

#[test]
fn p26_every_function_has_one_rule_and_every_rule_its_function_and_its_call() {
    let called = KINDS.map(|kind| {
        let probes = Situation::of(kind).probes().into_iter();
        let calls = probes.map(|probe| (probe.contract, probe.function));
        calls.collect::<BTreeSet<_>>()
    });
    for (contract, json) in ABIS {
        let functions = functions(json);
        for kind in pools_of(contract) {
            for function in &functions {
                let mut all = rules(contract);
                let about = all
                    .by_ref()
                    .filter(|rule| rule.is_about(function, *kind))
                    .count();
                let not_tried = usize::from(is_not_tried(contract, function, *kind));
                assert_eq!(
                    about + not_tried,
                    1,
                    "{kind:?}: rules of {contract}.{function}"
                );
            }
        }
        for name in rules(contract).flat_map(|rule| rule.functions) {
            let (function, _) = name.split_once(' ').unwrap_or((name, ""));
            assert!(functions.contains(function), "in no ABI: {contract}.{name}");
        }
    }
    for (kind, called) in KINDS.into_iter().zip(called) {
        let mut ruled = BTreeSet::new();
        for (contract, _) in CONTRACTS
            .iter()
            .filter(|(contract, _)| pools_of(contract).contains(&kind))
        {
            let names = rules(contract).flat_map(|rule| rule.functions);
            let about = names.filter(|name| rule(contract, name, kind).is_some());
            ruled.extend(about.map(|name| (*contract, (*name).to_owned())));
        }
        assert_eq!(
            ruled, called,
            "{kind:?}: functions with a rule, and those called"
        );
    }
    let known: BTreeSet<_> = ABIS.iter().map(|(contract, _)| *contract).collect();
    let excused = NOT_TRIED.iter().map(|(contract, ..)| *contract);
    let mut named = CONTRACTS
        .iter()
        .map(|(contract, _)| *contract)
        .chain(excused);
    assert!(named.all(|contract| known.contains(contract)));
}

#[test]
fn p26_each_role_is_one_account_with_the_rights_it_is_said_to_have() {
    for kind in KINDS {
        let situation = Situation::of(kind);
        let accounts: BTreeSet<_> = situation.roles.iter().map(|(_, account)| account).collect();
        assert_eq!(accounts.len(), Role::ALL.len(), "{kind:?}");
        for (role, rights) in situation.rights() {
            assert_eq!(rights, role.rights(kind), "{kind:?}: {role:?}");
        }
    }
}
