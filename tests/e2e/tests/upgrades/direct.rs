//! Calls that go past the proxies, and set-ups that come too late.

use std::collections::BTreeSet;

use alloy::{
    eips::BlockId,
    primitives::{Address, Bytes, U256},
    sol_types::SolError,
};
use clay_chain::TxRequest;
use e2e::{
    calls::Prepared,
    Pool,
    StakeManager::{AlreadyInitialized, OnlyThroughProxy, UnknownFunction},
    Timelock::OnlyByOperation,
    GUARDIAN, MALLORY, OWNER,
};

use crate::{
    functions::{abi, is_view, some_call},
    programs::{proxied, word, Programs, NONE},
};

#[test]
fn p27_no_contract_is_set_up_again() {
    let mut prepared = Prepared::institutional();
    let pool = &mut prepared.story.pool;
    for of in proxied(pool) {
        let [again] = &abi(of.name).functions["initialize"][..] else {
            panic!("one initialiser of {}", of.name);
        };
        for caller in [OWNER, MALLORY, GUARDIAN] {
            let receipt = pool.send(caller, of.at, NONE, some_call(again, 0));
            assert_eq!(
                receipt.output,
                AlreadyInitialized {}.abi_encode(),
                "{}",
                of.name
            );
        }
    }
}

/// A call of a function, to be made directly.
struct Direct {
    signature: String,
    from: Address,
    value: U256,
    data: Bytes,
    view: bool,
}

impl Direct {
    /// Calls of every function of a contract: the valid ones of the prepared pool, and some where there are none, as of
    /// views.
    fn all(prepared: &Prepared, contract: &str) -> Vec<Self> {
        let valid = prepared.calls();
        let valid = valid.into_iter().filter(|call| call.contract == contract);
        let mut calls: Vec<Self> = valid
            .map(|call| Self {
                signature: call.signature.to_owned(),
                from: call.from,
                value: call.value,
                data: call.data,
                view: false,
            })
            .collect();
        for function in abi(contract).functions() {
            let signature = function.signature();
            if !calls.iter().any(|call| call.signature == signature) {
                calls.push(Self {
                    signature,
                    from: OWNER,
                    value: NONE,
                    data: some_call(function, 0),
                    view: is_view(function),
                });
            }
        }
        calls
    }

    /// As whoever may make it through the proxy, as the owner, and as anybody.
    fn requests(&self, program: Address) -> Vec<TxRequest> {
        let callers = BTreeSet::from([self.from, OWNER, MALLORY]).into_iter();
        let request = |caller| TxRequest::call(caller, program, self.data.clone());
        callers
            .map(|caller| request(caller).with_value(self.value))
            .collect()
    }
}

/// Calls a program directly: whether it took the call, what it said, and whether its storage is empty no more.
fn direct(pool: &Pool, request: &TxRequest) -> (bool, Bytes, bool) {
    let program = request.to.expect("a program");
    let touched = pool.chain.create_access_list(request, BlockId::latest());
    let (touched, _) = touched.expect("a call the chain takes");
    let mut pool = pool.clone();
    let receipt = pool.chain.transact(request.clone());
    let receipt = receipt.expect("a transaction the chain takes");
    assert_eq!(pool.chain.balance_now(program), NONE, "it keeps ETH");
    let of_it = touched.0.into_iter().filter(|item| item.address == program);
    let mut slots = of_it.flat_map(|item| item.storage_keys);
    let changed = slots.any(|slot| !word(&pool, program, U256::from_be_bytes(slot.0)).is_zero());
    (receipt.success(), receipt.output.clone(), changed)
}

/// What an implementation does when it is called directly: it writes what nobody reads, or nothing.
const HARMLESS: &[(&str, &str)] = &[
    ("operator-registry", "register(uint8,address,bytes32)"),
    ("unstake-queue", "setApprovalForAll(address,bool)"),
    ("kyc-whitelist", "applyFor(address,uint8,bytes32)"),
    // Orders that there are not are passed over.
    ("unstake-queue", "claimFor(uint256[])"),
];

/// The refusal of a function that could change what a program is.
fn refusal_of_moves(name: &str, signature: &str, caller: Address) -> Option<Vec<u8>> {
    match signature.split('(').next() {
        Some("upgradeToAndCall") if name == "timelock" => {
            Some(OnlyByOperation { caller }.abi_encode())
        }
        Some("initialize" | "upgradeToAndCall" | "upgradeWithFacet" | "upgradeWithFacets") => {
            Some(OnlyThroughProxy {}.abi_encode())
        }
        _ => None,
    }
}

#[test]
fn p27_no_implementation_is_set_up_upgraded_or_changed_by_a_direct_call() {
    let (mut called, mut moves) = (0, 0);
    let mut taken = BTreeSet::new();
    for prepared in [Prepared::retail(), Prepared::institutional()] {
        let pool = &prepared.story.pool;
        for of in proxied(pool) {
            let Programs { implementation, .. } = Programs::of(pool, of);
            let changing = Direct::all(&prepared, of.name)
                .into_iter()
                .filter(|call| !call.view);
            for call in changing {
                for request in call.requests(implementation) {
                    let (success, said, changed) = direct(pool, &request);
                    if success || changed {
                        taken.insert((of.name, call.signature.clone()));
                    }
                    if let Some(refusal) = refusal_of_moves(of.name, &call.signature, request.from)
                    {
                        assert_eq!(said, refusal, "{}.{}", of.name, call.signature);
                        moves += 1;
                    }
                    called += 1;
                }
            }
        }
    }
    println!("{called} direct calls, {moves} of them set-ups and upgrades");
    assert!(called > 800 && moves > 40, "{called} {moves}");
    let harmless = HARMLESS
        .iter()
        .map(|(contract, signature)| (*contract, signature.to_string()));
    assert_eq!(taken, harmless.collect());
}

#[test]
fn p28_a_facet_refuses_every_direct_call_and_an_implementation_knows_none_of_its_functions() {
    let mut called = 0;
    for prepared in [Prepared::retail(), Prepared::institutional()] {
        let pool = &prepared.story.pool;
        let faceted = proxied(pool).into_iter().filter(|of| !of.facets.is_empty());
        for of in faceted {
            let programs = Programs::of(pool, of);
            let mut of_facets = 0;
            for call in Direct::all(&prepared, of.name) {
                for request in programs
                    .facets
                    .iter()
                    .flat_map(|facet| call.requests(*facet))
                {
                    let (_, said, changed) = direct(pool, &request);
                    // Plain ETH is no function's.
                    let refusal = match call.data.is_empty() {
                        true => vec![],
                        false => OnlyThroughProxy {}.abi_encode(),
                    };
                    assert_eq!(
                        (said, changed),
                        (refusal.into(), false),
                        "{}",
                        call.signature
                    );
                    called += 1;
                }
                let [request, ..] = &call.requests(programs.implementation)[..] else {
                    continue;
                };
                let (_, said, _) = direct(pool, request);
                of_facets += usize::from(said.starts_with(&UnknownFunction::SELECTOR));
            }
            println!("{}: {of_facets} functions of facets", of.name);
            assert!(of_facets >= 20, "{}: {of_facets}", of.name);
        }
    }
    println!("{called} direct calls of facets");
    assert!(called > 500, "{called}");
}
