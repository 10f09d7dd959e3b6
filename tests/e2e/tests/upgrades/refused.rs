//! Upgrades that are refused: to what is no implementation or no facet, by anybody else, or with a call that fails.

use alloy::{
    primitives::{Address, Bytes, B256, U256},
    sol_types::{SolCall, SolError},
};
use clay_chain::ExecStatus;
use e2e::{
    calls::Prepared,
    Pool,
    StakeManager::{
        acceptOwnershipCall, pendingOwnerCall, transferOwnershipCall, upgradeToAndCallCall,
        ERC1967InvalidImplementation, InvalidFacet, OnlyOwner, OnlyPendingOwner,
        UUPSUnsupportedProxiableUUID, ZeroAddress,
    },
    Timelock::OnlyByOperation,
    ALICE, BOB, GUARDIAN, MALLORY, OWNER,
};

use crate::{
    governor::{send_now, Governor},
    programs::{proxied, variants, Programs, Proxied, HEIR, IMPLEMENTATION, NONE},
};

/// Code that answers every call with a word.
fn answers_with(answer: B256) -> Bytes {
    let mut code = vec![0x7f]; // push32
    code.extend(answer);
    code.extend([0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]); // 0 mstore, 32 0 return
    code.into()
}

/// Puts code at an address that nobody has.
fn place(pool: &mut Pool, number: u8, code: Bytes) -> Address {
    let at = Address::repeat_byte(number);
    pool.chain.set_code(at, code);
    at
}

/// What is no UUPS implementation, and what is said of it.
fn no_implementations(pool: &mut Pool, of: Proxied) -> Vec<(Address, Vec<u8>)> {
    // Another slot than that of ERC-1967, by one bit: that of a proxy's admin would be as wrong.
    let slot = B256::from(IMPLEMENTATION ^ U256::from(1));
    let other_slot = place(pool, 0xe1, answers_with(slot));
    let stops = place(pool, 0xe2, Bytes::from_static(&[0]));
    let reverts = place(pool, 0xe3, Bytes::from_static(&[0x5f, 0x5f, 0xfd]));
    let breaks = place(pool, 0xe4, Bytes::from_static(&[0xfe]));
    let programs = Programs::of(pool, of);
    let mut others = vec![
        Address::ZERO,
        ALICE,
        pool.token,
        pool.image,
        of.at,
        stops,
        reverts,
        breaks,
    ];
    others.extend(programs.facets);
    others.extend(proxied(pool).iter().map(|other| other.at));
    let invalid = |implementation| ERC1967InvalidImplementation { implementation }.abi_encode();
    let mut all: Vec<_> = others
        .into_iter()
        .map(|other| (other, invalid(other)))
        .collect();
    all.push((
        other_slot,
        UUPSUnsupportedProxiableUUID { slot }.abi_encode(),
    ));
    all
}

/// What is no facet, and what is said of it. A contract behind a proxy is none: it answers, or refuses otherwise.
fn no_facets(pool: &mut Pool, of: Proxied) -> Vec<(Address, Vec<u8>)> {
    let stops = place(pool, 0xe2, Bytes::from_static(&[0]));
    let implementation = Programs::of(pool, of).implementation;
    let invalid = |facet| InvalidFacet { facet }.abi_encode();
    let others = [ALICE, pool.token, pool.image, implementation, of.at, stops];
    let mut all: Vec<_> = others
        .into_iter()
        .map(|other| (other, invalid(other)))
        .collect();
    all.push((Address::ZERO, ZeroAddress {}.abi_encode()));
    all
}

/// Has an upgrade refused, which leaves the programs as they are.
fn is_refused(
    pool: &mut Pool,
    of: Proxied,
    by: Governor,
    upgrade: Bytes,
    refusal: &[u8],
    what: &str,
) {
    let before = Programs::of(pool, of);
    let receipt = by.make(pool, of.at, upgrade);
    assert_eq!(receipt.status, ExecStatus::Revert, "{what}");
    assert_eq!(receipt.output, *refusal, "{what}");
    assert_eq!(Programs::of(pool, of), before, "{what}");
}

#[test]
fn p28_what_is_no_uups_implementation_or_no_facet_is_refused_by_every_contract() {
    let mut pool = Pool::institutional();
    let variants = variants(&mut pool);
    let mut refused = 0;
    for of in proxied(&pool) {
        // The timelock owns nothing yet but itself.
        let by = match of.name {
            "timelock" => Governor::Operation,
            _ => Governor::Account,
        };
        let new = variants[of.name].clone();
        for (implementation, refusal) in no_implementations(&mut pool, of) {
            let what = format!("{} to {implementation}", of.name);
            let facets = new.facets.clone();
            let with_facets = Programs {
                implementation,
                facets,
            };
            let upgrade = with_facets.upgrade();
            is_refused(&mut pool, of, by, upgrade, &refusal, &what);
            // The plain function, which leaves facets as they are, is everybody's.
            let plain = Programs {
                implementation,
                facets: vec![],
            };
            is_refused(&mut pool, of, by, plain.upgrade(), &refusal, &what);
            refused += 1;
        }
        for index in 0..of.facets.len() {
            for (facet, refusal) in no_facets(&mut pool, of) {
                let what = format!("{} with {facet} for facet {index}", of.name);
                let mut wrong = new.clone();
                wrong.facets[index] = facet;
                is_refused(&mut pool, of, by, wrong.upgrade(), &refusal, &what);
                refused += 1;
            }
        }
    }
    println!("{refused} refused");
    assert!(refused > 200, "{refused}");
}

#[test]
fn p28_nobody_else_upgrades_any_contract() {
    let mut prepared = Prepared::institutional();
    let pool = &mut prepared.story.pool;
    let variants = variants(pool);
    for of in proxied(pool) {
        let new = variants[of.name].clone();
        let before = Programs::of(pool, of);
        let plain = Programs {
            facets: vec![],
            ..new.clone()
        };
        for (caller, programs) in [MALLORY, GUARDIAN, HEIR, BOB, pool.board]
            .into_iter()
            .flat_map(|caller| [(caller, &new), (caller, &plain)])
        {
            let owner = OWNER;
            let refusal = match of.name {
                "timelock" => OnlyByOperation { caller }.abi_encode(),
                _ => OnlyOwner { caller, owner }.abi_encode(),
            };
            let receipt = send_now(pool, caller, of.at, programs.upgrade());
            assert_eq!(receipt.output, refusal, "{} by {caller}", of.name);
        }
        assert_eq!(Programs::of(pool, of), before, "{}", of.name);
    }
}

#[test]
fn p28_a_call_that_comes_with_an_upgrade_is_made_by_the_new_program_or_undoes_it() {
    let mut prepared = Prepared::institutional();
    let pool = &mut prepared.story.pool;
    let variants = variants(pool);
    for of in proxied(pool).into_iter().filter(|of| of.name != "timelock") {
        let implementation = variants[of.name].implementation;
        let with = |data: Vec<u8>| upgradeToAndCallCall {
            implementation,
            data: data.into(),
        };
        let old = Programs::of(pool, of);
        let pending = pool.view(of.at, pendingOwnerCall {});
        let refusal = OnlyPendingOwner {
            caller: OWNER,
            pendingOwner: pending,
        };
        let upgrade = with(acceptOwnershipCall {}.abi_encode());
        pool.refuses(OWNER, of.at, NONE, upgrade, refusal);
        assert_eq!(Programs::of(pool, of), old, "{}", of.name);
        // Value that no call takes would be stuck.
        let stuck = pool.send(OWNER, of.at, U256::from(1), with(vec![]).abi_encode());
        assert_eq!(
            (stuck.success(), stuck.output.len()),
            (false, 0),
            "{}",
            of.name
        );
        assert_eq!(Programs::of(pool, of), old, "{}", of.name);

        let offer = transferOwnershipCall { newOwner: BOB };
        pool.run(OWNER, of.at, NONE, with(offer.abi_encode()));
        assert_eq!(pool.view(of.at, pendingOwnerCall {}), BOB, "{}", of.name);
        let facets = old.facets;
        assert_eq!(
            Programs::of(pool, of),
            Programs {
                implementation,
                facets
            }
        );
    }
}
