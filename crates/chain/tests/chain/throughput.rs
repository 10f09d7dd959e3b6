//! How fast the chain is. The bounds are generous: they catch a lost cache, not a slow machine.

use std::time::Instant;

use alloy::{
    consensus::{SignableTransaction, TxEip1559, TxEnvelope},
    eips::eip2718::Encodable2718,
    primitives::TxKind,
    signers::{local::PrivateKeySigner, SignerSync},
};
use clay_chain::{Chain, Config, Overrides, StartupRule, TxRequest, TEST_KEYS};

use super::accounts::*;

/// A chain with an ERC-20 of which Alice holds 2^248, and calldata that sends one of it to Bob.
fn with_token() -> (Chain, alloy::primitives::Address, Vec<u8>) {
    let mut chain = Chain::new(Config {
        startup: StartupRule::AllCached,
        ..Config::default()
    });
    let token = chain
        .deploy_program(ALICE, &vector("erc20-probe.wasm"))
        .unwrap();
    let mint = [
        &alloy::hex!("40c10f19")[..],
        ALICE.into_word().as_slice(),
        &[1],
        &[0; 31],
    ]
    .concat();
    assert!(send(&mut chain, token, mint).success());
    let transfer = [
        &alloy::hex!("a9059cbb")[..],
        BOB.into_word().as_slice(),
        &[0; 31],
        &[1],
    ]
    .concat();
    (chain, token, transfer)
}

/// Says how often `work` ran a second.
fn measure(what: &str, times: u32, mut work: impl FnMut(u32)) {
    let started = Instant::now();
    (0..times).for_each(&mut work);
    let each = started.elapsed() / times;
    println!(
        "{what}: {each:?} each, {:.0} a second",
        1.0 / each.as_secs_f64()
    );
    assert!(each.as_millis() < 20, "{what} takes {each:?}");
}

#[test]
fn token_transfers_and_calls() {
    let (mut chain, token, transfer) = with_token();
    measure("unsigned token transfers, a block each", 2_000, |_| {
        assert!(send(&mut chain, token, transfer.clone()).success());
    });
    let request = TxRequest::call(ALICE, token, transfer.clone());
    measure("token transfers as calls", 2_000, |_| {
        let outcome = chain
            .call(&request, Default::default(), &Overrides::default())
            .unwrap();
        assert!(outcome.status.is_success());
    });
    measure("gas estimates of token transfers", 500, |_| {
        assert!(chain
            .estimate_gas(&request, Default::default(), &Overrides::default())
            .is_ok());
    });
    measure("plain payments", 2_000, |_| {
        assert!(send(&mut chain, NOBODY, vec![]).success());
    });
}

#[test]
fn signed_token_transfers() {
    let (mut chain, token, transfer) = with_token();
    let signer: PrivateKeySigner = TEST_KEYS[0].parse().unwrap();
    let first = chain.pending_nonce(ALICE);
    let raw: Vec<_> = (first..first + 1_000)
        .map(|nonce| {
            let tx = TxEip1559 {
                chain_id: 412_346,
                nonce,
                gas_limit: 100_000,
                max_fee_per_gas: 100_000_000,
                to: TxKind::Call(token),
                input: transfer.clone().into(),
                ..Default::default()
            };
            let signature = signer.sign_hash_sync(&tx.signature_hash()).unwrap();
            TxEnvelope::from(tx.into_signed(signature)).encoded_2718()
        })
        .collect();
    measure("signed token transfers, a block each", 1_000, |index| {
        let hash = chain.send_raw(&raw[index as usize]).unwrap();
        assert!(chain.receipt(hash).unwrap().success());
    });
}
