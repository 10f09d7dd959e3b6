//! Programs and EVM contracts calling, delegating to and creating each other.

use alloy::primitives::{keccak256, B256, U256};
use clay_chain::{ExecStatus, FrameKind, Overrides, TxRequest};

use super::accounts::*;

#[test]
fn an_evm_contract_calls_a_program_with_value() {
    let (mut chain, probe) = with_probe();
    let forwarder = create(&mut chain, clay_chain::init_code(&FORWARDER));
    let request =
        TxRequest::call(ALICE, forwarder, forwarded(probe, &[0])).with_value(U256::from(5));
    let receipt = chain.transact(request).unwrap();
    let expected = Report {
        address: probe,
        sender: forwarder,
        value: U256::from(5),
        reentrant: false,
    };
    assert_eq!(report(&receipt.output), expected);
    assert_eq!(chain.balance_now(probe), U256::from(5));
}

#[test]
fn a_program_calls_an_evm_contract_that_calls_it_again() {
    let (mut chain, probe) = with_probe();
    let forwarder = create(&mut chain, clay_chain::init_code(&FORWARDER));
    let input = data(&[&[1], forwarder.as_slice(), &forwarded(probe, &[0])]);
    let receipt = send(&mut chain, probe, input);
    let expected = Report {
        address: probe,
        sender: forwarder,
        value: U256::ZERO,
        reentrant: true,
    };
    assert_eq!(report(&receipt.output), expected);

    let trace = chain
        .trace_transaction(receipt.tx_hash)
        .unwrap()
        .trace
        .unwrap();
    let frames: Vec<_> = trace
        .frames()
        .iter()
        .map(|frame| (frame.to.unwrap(), frame.stylus.is_some()))
        .collect();
    assert_eq!(frames, [(probe, true), (forwarder, false), (probe, true)]);
    // Each frame's gas holds its children's.
    assert!(
        trace.gas_used > trace.calls[0].gas_used
            && trace.calls[0].gas_used > trace.calls[0].calls[0].gas_used
    );
}

#[test]
fn programs_call_programs_and_only_a_repeated_storage_counts_as_reentry() {
    let (mut chain, first) = with_probe();
    // The same code at another address: already activated.
    let second = copy_of(&mut chain, first);
    let inner = data(&[&[1], second.as_slice(), &[0]]);
    assert!(!report(&view(&chain, first, inner)).reentrant);
    let around = data(&[&[1], second.as_slice(), &[1], first.as_slice(), &[0]]);
    assert!(report(&view(&chain, first, around)).reentrant);
    // A delegate call runs the second's code on the first's storage: no re-entry.
    let delegated = report(&view(&chain, first, data(&[&[2], second.as_slice(), &[0]])));
    assert_eq!(
        delegated,
        Report {
            address: first,
            sender: ALICE,
            value: U256::ZERO,
            reentrant: false
        }
    );
    // Calling back from inside of the delegate call is one.
    let back = data(&[&[2], second.as_slice(), &[1], first.as_slice(), &[0]]);
    assert!(report(&view(&chain, first, back)).reentrant);
}

#[test]
fn a_proxy_keeps_sender_value_and_storage() {
    let (mut chain, probe) = with_probe();
    let proxy = proxy(&mut chain, probe);
    let request = TxRequest::call(BOB, proxy, vec![0]).with_value(ether(1));
    let receipt = chain.transact(request).unwrap();
    let expected = Report {
        address: proxy,
        sender: BOB,
        value: ether(1),
        reentrant: false,
    };
    assert_eq!(report(&receipt.output), expected);
    assert_eq!(
        (chain.balance_now(proxy), chain.balance_now(probe)),
        (ether(1), U256::ZERO)
    );

    let (key, value) = (B256::with_last_byte(1), B256::with_last_byte(9));
    let stored = send(
        &mut chain,
        proxy,
        data(&[&[7], key.as_slice(), value.as_slice()]),
    );
    assert!(stored.success());
    assert_eq!(stored.logs[0].address, proxy);
    assert_eq!(
        chain
            .storage(proxy, U256::from(1), Default::default())
            .unwrap(),
        value
    );
    assert_eq!(
        chain
            .storage(probe, U256::from(1), Default::default())
            .unwrap(),
        B256::ZERO
    );
}

#[test]
fn a_program_creates_contracts() {
    let (mut chain, probe) = with_probe();
    let init = clay_chain::init_code(&FORWARDER);
    let request = TxRequest::call(ALICE, probe, data(&[&[4], &init])).with_value(U256::from(3));
    let receipt = chain.transact(request).unwrap();
    let created = alloy::primitives::Address::from_slice(&receipt.output[12..]);
    assert_eq!(created, probe.create(1));
    assert_eq!(
        chain.code(created, Default::default()).unwrap(),
        FORWARDER[..]
    );
    assert_eq!(chain.balance_now(created), U256::from(3));

    let salt = B256::repeat_byte(7);
    let receipt = send(&mut chain, probe, data(&[&[5], salt.as_slice(), &init]));
    let created = alloy::primitives::Address::from_slice(&receipt.output[12..]);
    assert_eq!(created, probe.create2(salt, keccak256(&init)));
    assert_eq!(
        chain.code(created, Default::default()).unwrap(),
        FORWARDER[..]
    );
    let trace = chain
        .trace_transaction(receipt.tx_hash)
        .unwrap()
        .trace
        .unwrap();
    assert_eq!(trace.calls[0].kind, FrameKind::Create2);
    // A second one at the same address fails and says so with the zero address.
    let again = send(&mut chain, probe, data(&[&[5], salt.as_slice(), &init]));
    assert!(again.success());
    assert_eq!(again.output, vec![0; 32]);
}

#[test]
fn creating_in_a_static_call_fails() {
    let (mut chain, probe) = with_probe();
    let second = copy_of(&mut chain, probe);
    let init = clay_chain::init_code(&FORWARDER);
    let receipt = send(
        &mut chain,
        probe,
        data(&[&[3], second.as_slice(), &[4], &init]),
    );
    assert_eq!(receipt.status, ExecStatus::Revert);
    assert_eq!(chain.nonce(second, Default::default()).unwrap(), 1);
    assert!(
        receipt.gas_used < 200_000,
        "only the frame fails, not all gas: {}",
        receipt.gas_used
    );
}

#[test]
fn a_revert_takes_back_storage_transient_storage_and_logs() {
    let (mut chain, first) = with_probe();
    let second = copy_of(&mut chain, first);
    let forwarder = create(&mut chain, clay_chain::init_code(&FORWARDER));
    let (key, value) = (B256::with_last_byte(1), B256::with_last_byte(4));
    let write = |op: u8| [&[op], key.as_slice(), value.as_slice()].concat();

    let reverted = send(&mut chain, first, write(6));
    assert_eq!(
        (reverted.status.clone(), reverted.logs.len()),
        (ExecStatus::Revert, 0)
    );
    assert_eq!(
        chain
            .storage(first, U256::from(1), Default::default())
            .unwrap(),
        B256::ZERO
    );

    // In a child too, below a program and below EVM code; the parent passes the failure on.
    for (parent, input) in [
        (second, data(&[&[1], first.as_slice(), &write(6)])),
        (forwarder, forwarded(first, &write(6)).into()),
    ] {
        let receipt = send(&mut chain, parent, input);
        assert_eq!(
            (receipt.status.clone(), receipt.logs.len()),
            (ExecStatus::Revert, 0)
        );
        assert_eq!(
            chain
                .storage(first, U256::from(1), Default::default())
                .unwrap(),
            B256::ZERO
        );
    }

    let written = send(&mut chain, first, write(7));
    assert_eq!(
        (written.logs.len(), written.logs[0].data.data.as_ref()),
        (1, value.as_slice())
    );
    // Transient storage ends with the transaction: only the stored 4 is left.
    assert_eq!(
        view(&chain, first, data(&[&[8], key.as_slice()])),
        value[..]
    );
}

#[test]
fn writing_in_a_static_call_fails() {
    let (mut chain, probe) = with_probe();
    let second = copy_of(&mut chain, probe);
    let write = data(&[&[3], second.as_slice(), &[7], &[1; 32], &[2; 32]]);
    let receipt = send(&mut chain, probe, write);
    assert_eq!(receipt.status, ExecStatus::Revert);
    assert_eq!(
        chain
            .storage(second, U256::from_be_bytes([1; 32]), Default::default())
            .unwrap(),
        B256::ZERO
    );
    // A call that changes nothing is allowed.
    let pay = data(&[&[3], second.as_slice(), &[1], NOBODY.as_slice()]);
    assert!(send(&mut chain, probe, pay).success(), "no value is sent");
}

#[test]
fn forty_programs_run_one_inside_of_the_other() {
    let (mut chain, probe) = with_probe();
    let mut input = vec![0];
    for _ in 0..40 {
        input = [&[1], probe.as_slice(), &input].concat();
    }
    let receipt = send(&mut chain, probe, input);
    assert!(report(&receipt.output).reentrant);
    let trace = chain
        .trace_transaction(receipt.tx_hash)
        .unwrap()
        .trace
        .unwrap();
    assert_eq!(trace.frames().len(), 41);
}

#[test]
fn code_starting_with_ef_is_refused_unless_it_is_a_program() {
    let mut chain = chain();
    let refused = chain
        .transact(TxRequest::create(
            ALICE,
            clay_chain::init_code(&[0xef, 0x01, 0x02, 0x03]),
        ))
        .unwrap();
    assert_eq!(
        refused.status,
        ExecStatus::Halt("invalid code: must not begin with 0xef".into())
    );
    let accepted = chain
        .transact(TxRequest::create(
            ALICE,
            clay_chain::init_code(&[0xef, 0xf0, 0x00, 0x00]),
        ))
        .unwrap();
    assert!(accepted.success());
}

#[test]
fn a_program_out_of_gas_fails_with_all_of_it() {
    let (chain, probe) = with_probe();
    let request = TxRequest::call(ALICE, probe, vec![0]).with_gas(30_200);
    let outcome = chain
        .call(&request, Default::default(), &Overrides::default())
        .unwrap();
    assert_eq!(
        (outcome.status, outcome.gas_used),
        (ExecStatus::Halt("out of gas".into()), 30_200)
    );
}
