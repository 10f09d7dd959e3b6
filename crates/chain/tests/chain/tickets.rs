//! Deposits and retryable tickets.

use alloy::{
    primitives::{Address, B256, U256},
    sol_types::{SolCall, SolError},
};
use clay_chain::{
    abi::{ArbRetryableTx::*, ARB_RETRYABLE_TX},
    alias, init_code, Chain, L1Message, Origin, RetryableMessage, TxRequest,
};

use super::accounts::*;

const L1_SENDER: Address = Address::repeat_byte(0xe1);
const BENEFICIARY: Address = Address::repeat_byte(0xbe);
const FEE_REFUNDS: Address = Address::repeat_byte(0xfe);
const WEEK: u64 = 7 * 86_400;

/// A contract that refuses calls until its first slot is set.
fn gate(chain: &mut Chain) -> Address {
    create(chain, init_code(&alloy::hex!("600054600b5760006000fd5b00")))
}

/// A ticket for `to` with 2 ether and gas for one attempt.
fn message(to: Address) -> RetryableMessage {
    RetryableMessage {
        from: L1_SENDER,
        to,
        value: ether(2),
        deposit: ether(3),
        max_submission_cost: ether(1) / U256::from(2),
        fee_refund_address: FEE_REFUNDS,
        beneficiary: BENEFICIARY,
        gas: 100_000,
        max_fee_per_gas: 100_000_000,
        data: vec![1, 2].into(),
    }
}

#[test]
fn a_deposit_credits_without_a_call() {
    let (mut chain, probe) = with_probe();
    let refusing = gate(&mut chain);
    for to in [NOBODY, probe, refusing] {
        let deposit = L1Message::Deposit {
            from: L1_SENDER,
            to,
            value: ether(1),
            data: Default::default(),
            gas: 0,
        };
        let delivered = chain.deliver(deposit).unwrap();
        let receipt = chain.receipt(delivered.tx_hash).unwrap();
        assert_eq!((receipt.success(), receipt.gas_used), (true, 0));
        assert_eq!(chain.balance_now(to), ether(1));
    }
}

#[test]
fn a_deposit_with_data_calls_from_the_alias() {
    let (mut chain, probe) = with_probe();
    let deposit = L1Message::Deposit {
        from: L1_SENDER,
        to: probe,
        value: ether(1),
        data: vec![0].into(),
        gas: 100_000,
    };
    let delivered = chain.deliver(deposit).unwrap();
    let receipt = chain.receipt(delivered.tx_hash).unwrap();
    let expected = Report {
        address: probe,
        sender: alias(L1_SENDER),
        value: ether(1),
        reentrant: false,
    };
    assert_eq!(report(&receipt.output), expected);
    assert_eq!(
        chain.balance_now(alias(L1_SENDER)),
        U256::ZERO,
        "the gas was paid on L1"
    );
}

#[test]
fn a_ticket_is_redeemed_at_once() {
    let (mut chain, probe) = with_probe();
    let mut ticket = message(probe);
    ticket.data = vec![0].into();
    let delivered = chain.deliver(L1Message::Retryable(ticket)).unwrap();
    let redeemed = chain.receipt(delivered.redeem_hash.unwrap()).unwrap();
    assert_eq!(report(&redeemed.output).sender, alias(L1_SENDER));
    assert_eq!(chain.balance_now(probe), ether(2));
    assert!(chain.tickets().is_empty());
    // Of the third ether, all but the gas used came back: to the refund address or the sender.
    let spent = U256::from(redeemed.gas_used) * U256::from(100_000_000u64);
    let left = chain.balance_now(FEE_REFUNDS) + chain.balance_now(alias(L1_SENDER));
    assert_eq!(left, ether(1) - spent);
    let (block, index) = chain.transaction(redeemed.tx_hash).unwrap();
    assert_eq!(
        (block.transactions[index].origin, index),
        (Origin::Redeem, 1)
    );
}

#[test]
fn a_failed_ticket_waits_and_anyone_redeems_it_later() {
    let mut chain = chain();
    let gate = gate(&mut chain);
    let delivered = chain.deliver(L1Message::Retryable(message(gate))).unwrap();
    assert!(!chain
        .receipt(delivered.redeem_hash.unwrap())
        .unwrap()
        .success());
    let waiting = chain.tickets();
    assert_eq!(
        (waiting.len(), waiting[0].id, waiting[0].tries),
        (1, delivered.tx_hash, 1)
    );
    assert_eq!(
        (
            chain.balance_now(gate),
            chain.balance_now(alias(L1_SENDER)) < ether(1)
        ),
        (U256::ZERO, true)
    );

    let redeem = redeemCall {
        ticketId: delivered.tx_hash,
    }
    .abi_encode();
    let again = TxRequest::call(BOB, ARB_RETRYABLE_TX, redeem).with_gas(300_000);
    assert!(
        chain.transact(again.clone()).unwrap().success(),
        "scheduling works, the retry fails again"
    );
    assert_eq!(chain.tickets()[0].tries, 2);

    chain.set_storage(gate, U256::ZERO, B256::with_last_byte(1));
    let receipt = chain.transact(again.clone()).unwrap();
    let retry = redeemCall::abi_decode_returns(&receipt.output).unwrap();
    let retried = chain.receipt(retry).unwrap();
    assert!(retried.success());
    assert_eq!(
        (retried.block_number, retried.index),
        (receipt.block_number, receipt.index + 1)
    );
    assert_eq!(chain.balance_now(gate), ether(2));
    assert!(chain.tickets().is_empty());
    assert_eq!(
        chain.transact(again).unwrap().output,
        NoTicketWithID {}.abi_encode()
    );
    // A retry can be traced like any transaction.
    assert_eq!(
        chain.trace_transaction(retry).unwrap().trace.unwrap().value,
        ether(2)
    );
}

#[test]
fn an_expired_ticket_pays_its_beneficiary_without_calling_it() {
    let mut chain = chain();
    let refusing = gate(&mut chain);
    let ticket = RetryableMessage {
        beneficiary: refusing,
        gas: 0,
        ..message(refusing)
    };
    let delivered = chain.deliver(L1Message::Retryable(ticket)).unwrap();
    assert_eq!(delivered.redeem_hash, None);
    chain.increase_time(WEEK - 1);
    chain.mine(1);
    assert_eq!(
        (chain.tickets().len(), chain.balance_now(refusing)),
        (1, U256::ZERO)
    );
    chain.increase_time(1);
    chain.mine(1);
    assert_eq!(
        (chain.tickets().len(), chain.balance_now(refusing)),
        (0, ether(2))
    );
    let redeem = redeemCall {
        ticketId: delivered.tx_hash,
    }
    .abi_encode();
    assert_eq!(
        send(&mut chain, ARB_RETRYABLE_TX, redeem).output,
        NoTicketWithID {}.abi_encode()
    );
}

#[test]
fn a_ticket_is_kept_alive_by_anyone_and_cancelled_by_its_beneficiary_only() {
    let mut chain = chain();
    let gate = gate(&mut chain);
    let ticket = chain
        .deliver(L1Message::Retryable(RetryableMessage {
            gas: 0,
            ..message(gate)
        }))
        .unwrap()
        .tx_hash;
    let timeout = chain.tickets()[0].timeout;
    assert!(send(
        &mut chain,
        ARB_RETRYABLE_TX,
        keepaliveCall { ticketId: ticket }.abi_encode()
    )
    .success());
    assert_eq!(chain.tickets()[0].timeout, timeout + WEEK);
    assert!(!send(
        &mut chain,
        ARB_RETRYABLE_TX,
        keepaliveCall { ticketId: ticket }.abi_encode()
    )
    .success());

    let cancel = cancelCall { ticketId: ticket }.abi_encode();
    assert!(!send(&mut chain, ARB_RETRYABLE_TX, cancel.clone()).success());
    chain.set_balance(BENEFICIARY, ether(1));
    let receipt = chain
        .transact(TxRequest::call(BENEFICIARY, ARB_RETRYABLE_TX, cancel))
        .unwrap();
    assert!(receipt.success());
    let gas = U256::from(receipt.gas_used) * U256::from(100_000_000u64);
    assert_eq!(chain.balance_now(BENEFICIARY), ether(3) - gas);
    assert!(chain.tickets().is_empty());
}

#[test]
fn a_ticket_its_deposit_does_not_cover_is_not_made() {
    let mut chain = chain();
    let poor = RetryableMessage {
        deposit: ether(1),
        ..message(BOB)
    };
    let delivered = chain.deliver(L1Message::Retryable(poor)).unwrap();
    assert!(!chain.receipt(delivered.tx_hash).unwrap().success());
    assert_eq!(
        chain.balance_now(alias(L1_SENDER)),
        ether(1),
        "the ETH stays with the alias"
    );
    assert!(chain.tickets().is_empty());
}
