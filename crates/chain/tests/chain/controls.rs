//! Snapshots, saving, time.

use std::time::Instant;

use alloy::primitives::{B256, U256};
use clay_chain::{
    Chain, Config, L1Message, Overrides, RetryableMessage, StartupRule, TxError, TxRequest,
};

use super::accounts::*;

#[test]
fn a_thousand_cases_start_from_the_same_snapshot() {
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
        &[0; 31],
        &[200],
    ]
    .concat();
    assert!(send(&mut chain, token, mint).success());
    let (state, number) = (chain.latest().hash, chain.block_number());
    let transfer = [
        &alloy::hex!("a9059cbb")[..],
        BOB.into_word().as_slice(),
        &[0; 31],
        &[1],
    ]
    .concat();

    let started = Instant::now();
    for _ in 0..1_000 {
        let snapshot = chain.snapshot();
        let receipt = send(&mut chain, token, transfer.clone());
        assert_eq!(
            (receipt.success(), receipt.logs.len(), chain.block_number()),
            (true, 1, number + 1)
        );
        assert!(chain.revert(snapshot));
    }
    let taken = started.elapsed();
    assert_eq!((chain.latest().hash, chain.block_number()), (state, number));
    println!("1000 snapshots, token transfers and reverts in {taken:?}");
    assert!(taken.as_secs() < 10, "{taken:?} for a thousand cases");
}

#[test]
fn reverting_uses_up_later_snapshots() {
    let mut chain = chain();
    let first = chain.snapshot();
    chain.set_balance(NOBODY, ether(1));
    let second = chain.snapshot();
    chain.mine(2);
    assert!(chain.revert(first));
    assert_eq!(
        (chain.balance_now(NOBODY), chain.block_number()),
        (U256::ZERO, 0)
    );
    assert!(!chain.revert(second) && !chain.revert(first));
}

#[test]
fn a_saved_chain_goes_on_where_it_was() {
    let (mut chain, probe) = with_probe();
    let (key, value) = (B256::with_last_byte(1), B256::with_last_byte(4));
    let stored = send(
        &mut chain,
        probe,
        data(&[&[7], key.as_slice(), value.as_slice()]),
    );
    let ticket = RetryableMessage {
        from: ALICE,
        to: probe,
        deposit: ether(1),
        value: ether(1),
        ..Default::default()
    };
    chain.deliver(L1Message::Retryable(ticket)).unwrap();
    chain.set_balance(NOBODY, ether(5));
    chain.increase_time(100);
    chain.set_automine(false);
    chain.submit(TxRequest::call(BOB, probe, vec![0])).unwrap();

    let folder = std::env::temp_dir().join(format!("clay-chain-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("chain.json");
    chain.save(&path).unwrap();
    let mut loaded = Chain::load(&path).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();

    assert_eq!(
        (loaded.latest().hash, loaded.automine()),
        (chain.latest().hash, false)
    );
    assert_eq!(loaded.tickets(), chain.tickets());
    assert_eq!(loaded.balance_now(NOBODY), ether(5));
    let old = loaded
        .storage(probe, U256::from(1), (stored.block_number - 1).into())
        .unwrap();
    assert_eq!(
        (
            old,
            loaded
                .storage(probe, U256::from(1), Default::default())
                .unwrap()
        ),
        (B256::ZERO, value)
    );
    let again = loaded.trace_transaction(stored.tx_hash).unwrap();
    assert_eq!(
        (again.gas_used, again.trace.unwrap().logs),
        (stored.gas_used, stored.logs.clone())
    );
    // Both go on alike: the waiting transaction is mined, the clock stands where it stood.
    assert_eq!(loaded.mine(1).hash, chain.mine(1).hash);
    assert_eq!(loaded.latest().receipts.len(), 1);
    assert!(report(&loaded.latest().receipts[0].output).sender == BOB);
}

#[test]
fn a_damaged_file_is_refused() {
    let path = std::env::temp_dir().join(format!("clay-chain-damaged-{}.json", std::process::id()));
    for text in ["", "{}", "not a chain"] {
        std::fs::write(&path, text).unwrap();
        assert!(Chain::load(&path).is_err());
    }
    std::fs::remove_file(&path).unwrap();
    assert!(Chain::load(&path).is_err());
}

#[test]
fn time_moves_only_when_told_and_never_back() {
    let mut chain = chain();
    let start = chain.timestamp();
    chain.mine(2);
    assert_eq!(chain.timestamp(), start);
    assert_eq!(chain.increase_time(50), 50);
    assert_eq!(chain.timestamp(), start, "only blocks carry time");
    chain.mine(1);
    assert_eq!(chain.timestamp(), start + 50);
    chain.set_next_timestamp(start + 90).unwrap();
    chain.mine(2);
    assert_eq!(chain.timestamp(), start + 90);
    let refused = TxError::TimeBackwards {
        asked: start,
        latest: start + 90,
    };
    assert_eq!(chain.set_next_timestamp(start), Err(refused));
}

#[test]
fn accounts_are_changed_at_will() {
    let (mut chain, probe) = with_probe();
    chain.set_nonce(NOBODY, 7);
    chain.set_code(NOBODY, chain.code(probe, Default::default()).unwrap());
    chain.set_storage(NOBODY, U256::from(1), B256::with_last_byte(3));
    let read = data(&[&[8], B256::with_last_byte(1).as_slice()]);
    assert_eq!(
        U256::from_be_slice(&view(&chain, NOBODY, read)),
        U256::from(3),
        "the same code, already activated"
    );
    assert_eq!(chain.nonce(NOBODY, Default::default()).unwrap(), 7);
    chain.impersonate(NOBODY);
    assert!(chain.is_impersonated(NOBODY) && !chain.is_impersonated(BOB));
    // Contracts may send without a signature.
    chain.set_balance(NOBODY, ether(1));
    let receipt = chain
        .transact(TxRequest::call(NOBODY, BOB, vec![]).with_value(U256::from(1)))
        .unwrap();
    assert_eq!((receipt.success(), receipt.from), (true, NOBODY));
    let outcome = chain
        .call(
            &TxRequest::call(NOBODY, BOB, vec![]),
            Default::default(),
            &Overrides::default(),
        )
        .unwrap();
    assert!(outcome.status.is_success());
}
