//! Calls, estimates, traces, console, and what stands on the chain from the start.

use alloy::{
    primitives::{address, keccak256, Bytes, B256, U256},
    rpc::types::{state::AccountOverride, BlockOverrides, Filter},
    sol,
    sol_types::SolCall,
};
use clay_chain::{Chain, Config, EstimateError, ExecStatus, Overrides, TxError, TxRequest};

use super::accounts::*;

sol! {
    interface Multicall3 {
        struct Call3 { address target; bool allowFailure; bytes callData; }
        struct Result { bool success; bytes returnData; }
        function aggregate3(Call3[] calldata calls) external payable returns (Result[] memory returnData);
    }
    interface StylusDeployer {
        function deploy(bytes bytecode, bytes data, uint256 value, bytes32 salt) external payable returns (address);
    }
    interface Console {
        function log(string text, uint256 number) external;
    }
}

#[test]
fn calls_change_nothing_and_see_past_blocks() {
    let (mut chain, probe) = with_probe();
    let (key, value) = (B256::with_last_byte(1), B256::with_last_byte(4));
    let before = chain.block_number();
    send(
        &mut chain,
        probe,
        data(&[&[7], key.as_slice(), value.as_slice()]),
    );
    let read = TxRequest::call(ALICE, probe, data(&[&[8], key.as_slice()]));
    let at = |block: u64| {
        chain
            .call(&read, block.into(), &Overrides::default())
            .unwrap()
            .output
    };
    assert_eq!(
        (at(before).as_ref(), at(before + 1).as_ref()),
        (&[0; 32][..], value.as_slice())
    );
    assert_eq!(chain.balance(NOBODY, 0.into()).unwrap(), U256::ZERO);
    assert!(matches!(
        chain.call(&read, 99.into(), &Overrides::default()),
        Err(TxError::UnknownBlock(_))
    ));
}

#[test]
fn overrides_pretend_other_accounts_and_blocks() {
    let (chain, probe) = with_probe();
    let read = TxRequest::call(
        ALICE,
        probe,
        data(&[&[8], B256::with_last_byte(1).as_slice()]),
    );
    let slots = [(B256::with_last_byte(1), B256::with_last_byte(6))]
        .into_iter()
        .collect();
    let account = AccountOverride {
        state_diff: Some(slots),
        ..Default::default()
    };
    let overrides = Overrides {
        state: Some([(probe, account)].into_iter().collect()),
        block: None,
    };
    let output = chain
        .call(&read, Default::default(), &overrides)
        .unwrap()
        .output;
    assert_eq!(U256::from_be_slice(&output), U256::from(6));

    // TIMESTAMP, stored and returned, at an address without code.
    let account = AccountOverride {
        code: Some(alloy::hex!("4260005260206000f3").into()),
        ..Default::default()
    };
    let overrides = Overrides {
        state: Some([(NOBODY, account)].into_iter().collect()),
        block: Some(Box::new(BlockOverrides {
            time: Some(77),
            ..Default::default()
        })),
    };
    let output = chain
        .call(
            &TxRequest::call(ALICE, NOBODY, vec![]),
            Default::default(),
            &overrides,
        )
        .unwrap()
        .output;
    assert_eq!(U256::from_be_slice(&output), U256::from(77));
}

#[test]
fn an_estimate_is_enough_and_not_much_too_high() {
    let (mut chain, probe) = with_probe();
    let forwarder = create(&mut chain, clay_chain::init_code(&FORWARDER));
    let write = data(&[&[7], &[1; 32], &[2; 32]]);
    for (to, input) in [
        (NOBODY, Bytes::new()),
        (probe, write.clone()),
        (forwarder, forwarded(probe, &write).into()),
    ] {
        let request = TxRequest::call(ALICE, to, input);
        let gas = chain
            .estimate_gas(&request, Default::default(), &Overrides::default())
            .unwrap();
        let snapshot = chain.snapshot();
        let receipt = chain.transact(request.clone().with_gas(gas)).unwrap();
        assert!(receipt.success(), "{gas} is not enough");
        assert!(chain.revert(snapshot));
        let less = TxRequest {
            from: BOB,
            ..request.with_gas(gas * 98 / 100)
        };
        let enough = chain.call(&less, Default::default(), &Overrides::default());
        assert!(
            !enough.is_ok_and(|outcome| outcome.status.is_success()),
            "{gas} is too much"
        );
    }
    let reverting = TxRequest::call(ALICE, probe, data(&[&[6], &[1; 32], &[2; 32]]));
    let error = chain
        .estimate_gas(&reverting, Default::default(), &Overrides::default())
        .unwrap_err();
    assert!(
        matches!(error, EstimateError::Failed(outcome) if outcome.status == ExecStatus::Revert)
    );
}

#[test]
fn an_access_list_names_what_a_call_touches() {
    let (mut chain, probe) = with_probe();
    let forwarder = create(&mut chain, clay_chain::init_code(&FORWARDER));
    let request = TxRequest::call(
        ALICE,
        forwarder,
        forwarded(probe, &data(&[&[7], &[1; 32], &[2; 32]])),
    );
    let (list, outcome) = chain
        .create_access_list(&request, Default::default())
        .unwrap();
    assert!(outcome.status.is_success());
    let of_probe = list.0.iter().find(|item| item.address == probe).unwrap();
    assert_eq!(of_probe.storage_keys, [B256::repeat_byte(1)]);
}

#[test]
fn console_lines_of_contracts_are_collected() {
    let (mut chain, probe) = with_probe();
    let console = address!("000000000000000000636F6e736F6c652e6c6f67");
    let line = Console::logCall {
        text: "rate".into(),
        number: U256::from(42),
    }
    .abi_encode();
    let receipt = send(&mut chain, probe, data(&[&[3], console.as_slice(), &line]));
    assert!(receipt.success());
    assert_eq!(receipt.console, ["rate 42"]);
}

#[test]
fn a_program_prints_in_debug_mode_only() {
    let text = r#"(module
        (import "console" "log_i32" (func $print (param i32)))
        (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
        (memory (export "memory") 1)
        (func (export "user_entrypoint") (param i32) (result i32) (call $print (i32.const 42)) (i32.const 0)))"#;
    let wasm = wat::parse_str(text).unwrap();
    let config = Config {
        debug: true,
        ..Config::default()
    };
    let mut debugging = Chain::new(config);
    let program = debugging.deploy_program(ALICE, &wasm).unwrap();
    let receipt = send(&mut debugging, program, vec![]);
    assert_eq!(
        (receipt.success(), receipt.console.clone()),
        (true, vec!["42".to_owned()])
    );
    let trace = debugging
        .trace_transaction(receipt.tx_hash)
        .unwrap()
        .trace
        .unwrap();
    assert_eq!(trace.console, ["42"]);
    assert!(chain().deploy_program(ALICE, &wasm).is_err());
}

#[test]
fn the_usual_contracts_stand_from_the_start() {
    let mut chain = chain();
    let factory = address!("4e59b44847b379578588920cA78FbF26c0B4956C");
    let init = clay_chain::init_code(&FORWARDER);
    let receipt = send(&mut chain, factory, data(&[&[5; 32], &init]));
    let expected = factory.create2(B256::repeat_byte(5), keccak256(&init));
    assert_eq!(receipt.output.as_ref(), expected.as_slice());
    assert_eq!(
        chain.code(expected, Default::default()).unwrap(),
        FORWARDER[..]
    );

    let calls = vec![
        Multicall3::Call3 {
            target: expected,
            allowFailure: true,
            callData: forwarded(NOBODY, &[]).into(),
        },
        Multicall3::Call3 {
            target: factory,
            allowFailure: true,
            callData: Bytes::new(),
        },
    ];
    let multicall = address!("cA11bde05977b3631167028862bE2a173976CA11");
    let output = view(
        &chain,
        multicall,
        Multicall3::aggregate3Call { calls }.abi_encode(),
    );
    let results = Multicall3::aggregate3Call::abi_decode_returns(&output).unwrap();
    assert_eq!((results[0].success, results[1].success), (true, false));
}

#[test]
fn the_stylus_deployer_deploys_activates_and_initialises() {
    let deployer = address!("cEcba2F1DC234f70Dd89F2041029807F8D03A990");
    let mut chain = chain();
    let wasm = stylus_vm::compact(&probe_wasm()).unwrap();
    let bytecode = clay_chain::init_code(&stylus_vm::compress(&wasm));
    // Initialised by storing a word; with 5 wei for it.
    let data = data(&[&[7], &[1; 32], &[2; 32]]);
    let deploy = |salt: B256, data: Bytes| {
        StylusDeployer::deployCall {
            bytecode: bytecode.clone(),
            data,
            value: U256::from(5),
            salt,
        }
        .abi_encode()
    };
    let before = chain.balance_now(ALICE);
    let request = TxRequest::call(ALICE, deployer, deploy(B256::repeat_byte(9), data.clone()));
    let receipt = chain.transact(request.with_value(ether(1))).unwrap();
    assert!(receipt.success(), "{}", receipt.output);
    let salt = keccak256([&[9; 32][..], &data].concat());
    let expected = deployer.create2(salt, keccak256(&bytecode));
    assert_eq!(receipt.output[12..], expected[..]);
    assert_eq!(receipt.logs.last().unwrap().data.data, receipt.output);
    assert_eq!(
        chain
            .storage(expected, U256::from_be_bytes([1; 32]), Default::default())
            .unwrap(),
        [2; 32]
    );
    // All but the value, the activation fee and the gas came back.
    assert_eq!(
        (chain.balance_now(expected), chain.balance_now(deployer)),
        (U256::from(5), U256::ZERO)
    );
    assert!(before - chain.balance_now(ALICE) < ether(1) / U256::from(100));

    // Without a salt and data, and with the code active already: nothing but a deployment.
    let receipt = chain
        .transact(TxRequest::call(
            ALICE,
            deployer,
            deploy(B256::ZERO, Bytes::new()),
        ))
        .unwrap();
    assert_eq!(receipt.output[12..], deployer.create(2)[..]);
    assert!(receipt.gas_used < 1_000_000);
    // A failing initialisation fails the whole.
    let failing = TxRequest::call(
        ALICE,
        deployer,
        deploy(B256::ZERO, [&[6], &data[1..]].concat().into()),
    );
    assert!(!chain
        .transact(failing.with_value(ether(1)))
        .unwrap()
        .success());
    assert_eq!(chain.nonce(deployer, Default::default()).unwrap(), 3);
}

#[test]
fn logs_are_found_by_address_topic_and_range() {
    let (mut chain, probe) = with_probe();
    let other = copy_of(&mut chain, probe);
    for (program, value) in [(probe, 1), (other, 2), (probe, 3)] {
        send(
            &mut chain,
            program,
            data(&[&[7], &[1; 32], B256::with_last_byte(value).as_slice()]),
        );
    }
    let all = chain.logs(&Filter::new().from_block(0).address(probe));
    let values: Vec<u8> = all.iter().map(|log| log.inner.data.data[31]).collect();
    assert_eq!(values, [1, 3]);
    assert_eq!(
        (all[1].block_number, all[1].log_index),
        (Some(chain.block_number()), Some(0))
    );
    assert_eq!(
        chain.logs(&Filter::new().address(vec![probe, other])).len(),
        1,
        "the latest block only"
    );
    assert_eq!(
        chain
            .logs(
                &Filter::new()
                    .from_block(0)
                    .event_signature(B256::repeat_byte(1))
            )
            .len(),
        0
    );
    let block = chain.block((chain.block_number() - 1).into()).unwrap().hash;
    assert_eq!(chain.logs(&Filter::new().at_block_hash(block)).len(), 1);
}
