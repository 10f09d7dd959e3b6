//! Messages to L1, block numbers, and the other getters.

use alloy::{
    primitives::{Address, Bytes, U256},
    sol_types::{SolCall, SolError},
};
use clay_chain::{
    abi::{ArbGasInfo::*, ArbSys::*, ARB_GAS_INFO, ARB_SYS},
    alias, unalias, ExecStatus, L1Message, TxRequest,
};

use super::accounts::*;

#[test]
fn withdrawn_eth_leaves_the_chain_and_stands_in_the_outbox() {
    let mut chain = chain();
    let input = withdrawEthCall { destination: BOB }.abi_encode();
    let receipt = chain
        .transact(TxRequest::call(ALICE, ARB_SYS, input).with_value(ether(2)))
        .unwrap();
    assert!(receipt.success());
    assert_eq!(chain.balance_now(ARB_SYS), U256::ZERO);
    let sent = chain.messages_to_l1();
    assert_eq!(sent.len(), 1);
    assert_eq!(
        (sent[0].from, sent[0].to, sent[0].value),
        (ALICE, BOB, ether(2))
    );
    assert_eq!(
        (sent[0].data.len(), sent[0].position, sent[0].tx_hash),
        (0, 0, receipt.tx_hash)
    );
}

#[test]
fn a_program_sends_a_message_and_a_reverted_one_is_not_sent() {
    let (mut chain, probe) = with_probe();
    let message = sendTxToL1Call {
        destination: BOB,
        data: vec![1, 2, 3].into(),
    }
    .abi_encode();
    let request = TxRequest::call(ALICE, probe, data(&[&[1], ARB_SYS.as_slice(), &message]));
    assert!(chain
        .transact(request.with_value(U256::from(9)))
        .unwrap()
        .success());
    let sent = chain.messages_to_l1();
    assert_eq!(
        (sent[0].from, sent[0].value, sent[0].data.as_ref()),
        (probe, U256::from(9), &[1u8, 2, 3][..])
    );

    let mut code = FORWARDER.to_vec();
    *code.last_mut().unwrap() = 0xfd;
    let reverter = create(&mut chain, clay_chain::init_code(&code));
    assert!(!send(&mut chain, reverter, forwarded(ARB_SYS, &message)).success());
    assert_eq!(chain.messages_to_l1().len(), 1);
    // The next message follows the first without a gap.
    send(&mut chain, ARB_SYS, message);
    assert_eq!(chain.messages_to_l1()[1].position, 1);
}

#[test]
fn static_calls_read_but_do_not_send() {
    let (mut chain, probe) = with_probe();
    let message = sendTxToL1Call {
        destination: BOB,
        data: Bytes::new(),
    }
    .abi_encode();
    assert!(!send(
        &mut chain,
        probe,
        data(&[&[3], ARB_SYS.as_slice(), &message])
    )
    .success());
    let number = send(
        &mut chain,
        probe,
        data(&[
            &[3],
            ARB_SYS.as_slice(),
            &arbBlockNumberCall {}.abi_encode(),
        ]),
    );
    assert_eq!(
        U256::from_be_slice(&number.output),
        U256::from(number.block_number)
    );
    assert_eq!(
        send(&mut chain, ARB_SYS, vec![1, 2, 3, 4]).status,
        ExecStatus::Revert
    );
}

#[test]
fn contracts_see_an_l1_number_and_ask_for_the_l2_number() {
    let mut chain = chain();
    // NUMBER, stored and returned.
    let number = create(
        &mut chain,
        clay_chain::init_code(&alloy::hex!("4360005260206000f3")),
    );
    let at_start = U256::from_be_slice(&view(&chain, number, vec![]));
    assert_eq!(at_start, U256::from(chain.config().l1_block_number));
    chain.increase_time(120);
    chain.mine(3);
    assert_eq!(
        U256::from_be_slice(&view(&chain, number, vec![])),
        at_start + U256::from(10)
    );
    let l2 = view(&chain, ARB_SYS, arbBlockNumberCall {}.abi_encode());
    assert_eq!(U256::from_be_slice(&l2), U256::from(4));

    let hash = view(
        &chain,
        ARB_SYS,
        arbBlockHashCall {
            arbBlockNum: U256::from(2),
        }
        .abi_encode(),
    );
    assert_eq!(
        hash.as_ref(),
        chain.block(2.into()).unwrap().hash.as_slice()
    );
    let unknown = send(
        &mut chain,
        ARB_SYS,
        arbBlockHashCall {
            arbBlockNum: U256::from(99),
        }
        .abi_encode(),
    );
    assert_eq!(
        InvalidBlockNumber::abi_decode(&unknown.output)
            .unwrap()
            .requested,
        U256::from(99)
    );
}

#[test]
fn aliases_are_seen_through() {
    let mut chain = chain();
    let l1_contract = Address::repeat_byte(0xf1);
    assert_eq!(unalias(alias(l1_contract)), l1_contract);
    // The forwarder asks ArbSys and is called by the alias itself.
    let forwarder = create(&mut chain, clay_chain::init_code(&FORWARDER));
    for (call, expected) in [
        (
            wasMyCallersAddressAliasedCall {}.abi_encode(),
            U256::from(1),
        ),
        (
            myCallersAddressWithoutAliasingCall {}.abi_encode(),
            U256::from_be_slice(l1_contract.as_slice()),
        ),
        (isTopLevelCallCall {}.abi_encode(), U256::from(1)),
    ] {
        let delivered = chain
            .deliver(L1Message::Deposit {
                from: l1_contract,
                to: forwarder,
                value: U256::ZERO,
                data: forwarded(ARB_SYS, &call).into(),
                gas: 200_000,
            })
            .unwrap();
        let receipt = chain.receipt(delivered.tx_hash).unwrap();
        assert_eq!(
            (receipt.from, receipt.success()),
            (alias(l1_contract), true)
        );
        assert_eq!(U256::from_be_slice(&receipt.output), expected);
    }
    let plain = view(
        &chain,
        forwarder,
        forwarded(ARB_SYS, &wasMyCallersAddressAliasedCall {}.abi_encode()),
    );
    assert_eq!(U256::from_be_slice(&plain), U256::ZERO);
}

#[test]
fn gas_info_names_the_only_price_and_no_l1_fee() {
    let chain = chain();
    let price = view(&chain, ARB_GAS_INFO, getMinimumGasPriceCall {}.abi_encode());
    assert_eq!(U256::from_be_slice(&price), U256::from(100_000_000u64));
    let fees = view(
        &chain,
        ARB_GAS_INFO,
        getCurrentTxL1GasFeesCall {}.abi_encode(),
    );
    assert_eq!(U256::from_be_slice(&fees), U256::ZERO);
    let prices = view(&chain, ARB_GAS_INFO, getPricesInWeiCall {}.abi_encode());
    assert_eq!(
        getPricesInWeiCall::abi_decode_returns(&prices).unwrap()._5,
        U256::from(100_000_000u64)
    );
}
