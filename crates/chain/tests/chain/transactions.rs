//! Signed transactions: what is accepted, what waits, what is refused and with which words.

use alloy::{
    consensus::{SignableTransaction, TxEip1559, TxEip2930, TxEip7702, TxEnvelope, TxLegacy},
    eips::{eip2718::Encodable2718, eip7702::Authorization},
    primitives::{Bytes, TxKind, U256},
    signers::{local::PrivateKeySigner, SignerSync},
};
use clay_chain::{TxError, TEST_KEYS};

use super::accounts::*;

fn signer() -> PrivateKeySigner {
    TEST_KEYS[0].parse().unwrap()
}

/// A signed transaction as bytes.
fn sign<T: SignableTransaction<alloy::primitives::Signature>>(tx: T) -> Vec<u8>
where
    TxEnvelope: From<alloy::consensus::Signed<T>>,
{
    let signature = signer().sign_hash_sync(&tx.signature_hash()).unwrap();
    TxEnvelope::from(tx.into_signed(signature)).encoded_2718()
}

/// One wei for Bob.
fn payment(nonce: u64) -> TxEip1559 {
    TxEip1559 {
        chain_id: 412_346,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: 200_000_000,
        max_priority_fee_per_gas: 100_000_000,
        to: TxKind::Call(NOBODY),
        value: U256::from(1),
        ..Default::default()
    }
}

#[test]
fn every_type_is_accepted_and_no_tip_is_paid() {
    let mut chain = chain();
    let to = TxKind::Call(NOBODY);
    let (value, gas_limit, gas_price) = (U256::from(1), 30_000, 300_000_000);
    let raw = [
        sign(TxLegacy {
            chain_id: Some(412_346),
            nonce: 0,
            gas_price,
            gas_limit,
            to,
            value,
            ..Default::default()
        }),
        sign(TxLegacy {
            chain_id: None,
            nonce: 1,
            gas_price,
            gas_limit,
            to,
            value,
            ..Default::default()
        }),
        sign(TxEip2930 {
            chain_id: 412_346,
            nonce: 2,
            gas_price,
            gas_limit,
            to,
            value,
            ..Default::default()
        }),
        sign(payment(3)),
    ];
    for raw in raw {
        let before = chain.balance_now(ALICE);
        let hash = chain.send_raw(&raw).unwrap();
        let receipt = chain.receipt(hash).unwrap();
        assert_eq!((receipt.success(), receipt.gas_used), (true, 21_000));
        assert_eq!(receipt.effective_gas_price, 100_000_000);
        assert_eq!(
            before - chain.balance_now(ALICE),
            U256::from(21_000u64 * 100_000_000 + 1)
        );
    }
    assert_eq!(chain.balance_now(NOBODY), U256::from(4));
    let sequencer = chain.latest().header.beneficiary;
    assert_eq!(chain.balance_now(sequencer), U256::ZERO);
}

#[test]
fn an_account_delegates_to_a_program() {
    let (mut chain, probe) = with_probe();
    let bob: PrivateKeySigner = TEST_KEYS[1].parse().unwrap();
    let authorization = Authorization {
        chain_id: U256::from(412_346),
        address: probe,
        nonce: 0,
    };
    let signature = bob.sign_hash_sync(&authorization.signature_hash()).unwrap();
    let raw = sign(TxEip7702 {
        chain_id: 412_346,
        nonce: 2,
        gas_limit: 200_000,
        max_fee_per_gas: 100_000_000,
        to: BOB,
        authorization_list: vec![authorization.into_signed(signature)],
        input: vec![0].into(),
        ..Default::default()
    });
    let receipt = {
        let hash = chain.send_raw(&raw).unwrap();
        chain.receipt(hash).unwrap()
    };
    assert!(receipt.success());
    let expected = Report {
        address: BOB,
        sender: ALICE,
        value: U256::ZERO,
        reentrant: false,
    };
    assert_eq!(report(&receipt.output), expected);
}

#[test]
fn a_transaction_after_a_gap_waits_for_the_one_before() {
    let mut chain = chain();
    let third = chain.send_raw(&sign(payment(2))).unwrap();
    let second = chain.send_raw(&sign(payment(1))).unwrap();
    assert_eq!((chain.block_number(), chain.pool().len()), (0, 2));
    assert_eq!(chain.pending_nonce(ALICE), 0);
    let first = chain.send_raw(&sign(payment(0))).unwrap();
    assert_eq!((chain.block_number(), chain.pool().len()), (3, 0));
    for (hash, number) in [(first, 1), (second, 2), (third, 3)] {
        assert_eq!(chain.receipt(hash).unwrap().block_number, number);
    }
    assert_eq!(chain.pending_nonce(ALICE), 3);
}

#[test]
fn without_automine_transactions_wait_for_a_block() {
    let mut chain = chain();
    chain.set_automine(false);
    for nonce in [1, 0, 3] {
        chain.send_raw(&sign(payment(nonce))).unwrap();
    }
    assert_eq!((chain.block_number(), chain.pending_nonce(ALICE)), (0, 2));
    let block = chain.mine(1);
    assert_eq!((block.transactions.len(), chain.pool().len()), (2, 1));
    assert_eq!(block.receipts[1].cumulative_gas_used, 42_000);
    assert_eq!(block.header.gas_used, 42_000);
}

#[test]
fn a_waiting_transaction_is_replaced_for_ten_per_cent_more() {
    let mut chain = chain();
    chain.set_automine(false);
    let raw = sign(payment(0));
    let hash = chain.send_raw(&raw).unwrap();
    assert_eq!(chain.send_raw(&raw), Err(TxError::AlreadyKnown(hash)));
    let dearer = |fee| {
        sign(TxEip1559 {
            max_fee_per_gas: fee,
            ..payment(0)
        })
    };
    assert_eq!(
        chain.send_raw(&dearer(219_999_999)),
        Err(TxError::Underpriced)
    );
    let better = chain.send_raw(&dearer(220_000_000)).unwrap();
    let block = chain.mine(1);
    assert_eq!(
        block
            .transactions
            .iter()
            .map(|tx| tx.hash())
            .collect::<Vec<_>>(),
        [better]
    );
}

#[test]
fn refusals_use_the_words_clients_know() {
    let mut chain = chain();
    let first = sign(payment(0));
    chain.send_raw(&first).unwrap();
    let alice = ALICE.to_string();
    let refusals = [
        (first, format!("nonce too low: address {alice}, tx: 0 state: 1")),
        (sign(TxEip1559 { value: U256::from(2), ..payment(0) }), format!("nonce too low: address {alice}, tx: 0 state: 1")),
        (sign(TxEip1559 { chain_id: 1, ..payment(1) }), "invalid chain id for signer: have 1 want 412346".to_owned()),
        (
            sign(TxEip1559 { max_fee_per_gas: 1, max_priority_fee_per_gas: 0, ..payment(1) }),
            format!("max fee per gas less than block base fee: address {alice}, maxFeePerGas: 1, baseFee: 100000000"),
        ),
        (
            sign(TxEip1559 { max_priority_fee_per_gas: 300_000_000, ..payment(1) }),
            format!("max priority fee per gas higher than max fee per gas: address {alice}, maxPriorityFeePerGas: 300000000, maxFeePerGas: 200000000"),
        ),
        (sign(TxEip1559 { gas_limit: 20_999, ..payment(1) }), "intrinsic gas too low: have 20999, want 21000".to_owned()),
        (sign(TxEip1559 { gas_limit: u64::MAX, ..payment(1) }), "exceeds block gas limit".to_owned()),
        (sign(TxEip1559 { value: U256::MAX, ..payment(1) }), format!("insufficient funds for gas * price + value: address {alice} have")),
        (
            sign(TxEip1559 { to: TxKind::Create, input: Bytes::from(vec![0; 49_153]), gas_limit: 9_000_000, ..payment(1) }),
            "max initcode size exceeded: code size 49153 limit 49152".to_owned(),
        ),
        (vec![], "rlp: ".to_owned()),
        (vec![0xff; 40], "rlp: ".to_owned()),
        (vec![0x02, 0xc0], "rlp: ".to_owned()),
    ];
    for (raw, words) in refusals {
        let error = chain.send_raw(&raw).unwrap_err().to_string();
        assert!(
            error.starts_with(&words),
            "{error:?} does not start with {words:?}"
        );
    }
    assert_eq!(
        (chain.block_number(), chain.pool().len()),
        (1, 0),
        "refusals leave nothing behind"
    );
}

#[test]
fn a_bad_signature_is_refused() {
    let mut chain = chain();
    // The signature's s moved to the upper half of the curve: another form of the same signature.
    let tx = payment(0);
    let good = signer().sign_hash_sync(&tx.signature_hash()).unwrap();
    let order = U256::from_be_bytes(alloy::hex!(
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
    ));
    let malleable = alloy::primitives::Signature::new(good.r(), order - good.s(), !good.v());
    let raw = TxEnvelope::from(tx.clone().into_signed(malleable)).encoded_2718();
    assert!(matches!(
        chain.send_raw(&raw),
        Err(TxError::InvalidSignature(_))
    ));
    let nobody = alloy::primitives::Signature::new(U256::ZERO, U256::ZERO, false);
    let raw = TxEnvelope::from(tx.into_signed(nobody)).encoded_2718();
    assert!(matches!(
        chain.send_raw(&raw),
        Err(TxError::InvalidSignature(_))
    ));
    assert_eq!(chain.block_number(), 0);
}
