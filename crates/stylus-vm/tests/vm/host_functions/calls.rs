//! Host functions on other accounts: calls, creations, logs, balances and code; and refused state changes.

use alloy::primitives::{Address, Bytes, U256};
use stylus_vm::{CallKind, Refusal, Request, Status};

use super::*;
use crate::programs::word;

/// Calls the account 0x..00 at address 100 of memory with 40 bytes at 200 and reports status and returned length.
fn call_body(name: &str, value: &str, gas: i64) -> String {
    format!(
        "i32.const 0
        i32.const 100\ni32.const 200\ni32.const 40\n{value}\ni64.const {gas}\ni32.const 4\ncall ${name}
        i32.store{}",
        result(8)
    )
}

#[test]
fn calls_pass_everything_on_and_report_status_and_length() {
    let cases = [
        (
            "call_contract",
            "(param i32 i32 i32 i32 i64 i32) (result i32)",
            "i32.const 300",
            CallKind::Call,
        ),
        (
            "delegate_call_contract",
            "(param i32 i32 i32 i64 i32) (result i32)",
            "",
            CallKind::Delegate,
        ),
        (
            "static_call_contract",
            "(param i32 i32 i32 i64 i32) (result i32)",
            "",
            CallKind::Static,
        ),
    ];
    for (name, ty, value, kind) in cases {
        for (success, status) in [(true, 0), (false, 2)] {
            let answer = Answer::Call {
                success,
                gas: 700,
                output: Bytes::from_static(b"hello"),
            };
            let run = run_with(
                &[(name, ty)],
                &call_body(name, value, 5_000),
                &[],
                &[answer],
            );
            let Request::Call {
                kind: asked,
                to,
                input,
                value,
                gas_left,
                gas_requested,
            } = run.requests[0].clone()
            else {
                panic!("{:?}", run.requests)
            };
            assert_eq!(
                (asked, to, input),
                (kind, Address::ZERO, Bytes::from(vec![0; 40]))
            );
            assert_eq!((value, gas_requested), (U256::ZERO, 5_000));
            assert!(gas_left > 5_000 && gas_left < PLENTY / GAS);
            assert_eq!(run.outcome.output[..], [status, 0, 0, 0, 5, 0, 0, 0]);
            // The calldata of 40 bytes is read twice.
            let ink = HOST + 3 * POINTER + STATE + 2 * (READ + 8 * 55) + 700 * GAS;
            assert_eq!(run.ink_of(name), ink, "{name}");
        }
    }
}

#[test]
fn no_more_gas_is_asked_for_a_call_than_is_left() {
    let ty = "(param i32 i32 i32 i64 i32) (result i32)";
    let answer = Answer::Call {
        success: true,
        gas: 0,
        output: Bytes::new(),
    };
    let run = run_with(
        &[("static_call_contract", ty)],
        &call_body("static_call_contract", "", -1),
        &[],
        &[answer],
    );
    let Request::Call {
        gas_left,
        gas_requested,
        ..
    } = run.requests[0]
    else {
        panic!("{:?}", run.requests)
    };
    assert_eq!(gas_left, gas_requested);
}

#[test]
fn return_data_is_copied_as_far_as_it_goes() {
    let call = (
        "static_call_contract",
        "(param i32 i32 i32 i64 i32) (result i32)",
    );
    let read = ("read_return_data", "(param i32 i32 i32) (result i32)");
    let data: Bytes = (1..=100).collect();
    // offset, size, bytes copied
    for (offset, size, copied) in [
        (0u32, 100u32, 100u32),
        (90, 20, 10),
        (100, 1, 0),
        (500, 7, 0),
        (0, u32::MAX, 100),
    ] {
        let body = format!(
            "i32.const 0\ni32.const 0\ni32.const 0\ni64.const 0\ni32.const 0\ncall $static_call_contract\ndrop
            i32.const 1000
            i32.const 1004\ni32.const {offset}\ni32.const {size}\ncall $read_return_data
            i32.store
            i32.const 1000\ni32.const 110\ncall $write_result\ni32.const 0",
            size = size as i32
        );
        let answer = Answer::Call {
            success: true,
            gas: 0,
            output: data.clone(),
        };
        let run = run_with(&[call, read], &body, &[], &[answer]);
        let mut expected = copied.to_le_bytes().to_vec();
        let start = (offset as usize).min(100);
        expected.extend_from_slice(&data[start..start + copied as usize]);
        expected.resize(110, 0);
        assert_eq!(run.outcome.output[..], expected, "{offset} {size}");
        let write = POINTER + 30 * u64::from(copied.saturating_sub(32));
        assert_eq!(run.ink_of(read.0), HOST + STATE + write);
    }
}

#[test]
fn creations_write_the_address_or_the_revert_data() {
    let salted = [None, Some(word(0))];
    for salt in salted {
        let (name, ty, salt_pointer, pointers) = match salt {
            None => ("create1", "(param i32 i32 i32 i32 i32)", "", 3),
            Some(_) => (
                "create2",
                "(param i32 i32 i32 i32 i32 i32)",
                "i32.const 300",
                4,
            ),
        };
        let body = format!(
            "i32.const 200\ni32.const 50\ni32.const 300\n{salt_pointer}\ni32.const 0\ni32.const 20\ncall ${name}{}",
            result(24)
        );
        for (address, output) in [
            (Some(Address::repeat_byte(7)), Bytes::new()),
            (None, Bytes::from_static(b"why")),
        ] {
            let answer = Answer::Create {
                address,
                gas: 32_000,
                output: output.clone(),
            };
            let run = run_with(&[(name, ty)], &body, &[], &[answer]);
            let Request::Create {
                code,
                endowment,
                salt: asked,
                ..
            } = run.requests[0].clone()
            else {
                panic!("{:?}", run.requests)
            };
            assert_eq!(
                (code, endowment, asked),
                (Bytes::from(vec![0; 50]), U256::ZERO, salt)
            );
            let expected = [
                address.unwrap_or_default().as_slice(),
                &(output.len() as u32).to_le_bytes(),
            ]
            .concat();
            assert_eq!(run.outcome.output[..], expected);
            let ink = HOST + pointers * POINTER + STATE + 2 * (READ + 18 * 55) + 32_000 * GAS;
            assert_eq!(run.ink_of(name), ink);
        }
    }
}

#[test]
fn logs_split_topics_from_data() {
    for topics in 0..=4u32 {
        let length = topics * 32 + 5;
        let body = format!(
            "i32.const 0\ni32.const {length}\ni32.const {topics}\ncall $emit_log\ni32.const 0"
        );
        // The chain's price: 375 gas and as much for each topic, 8 for each byte.
        let cost = 375 * u64::from(1 + topics) + 8 * 5;
        let run = run_with(
            &[("emit_log", "(param i32 i32 i32)")],
            &body,
            &[],
            &[done(cost)],
        );
        let request = Request::EmitLog {
            topics: vec![word(0); topics as usize],
            data: Bytes::from(vec![0; 5]),
        };
        assert_eq!(run.requests, [request]);
        let read = READ + 55 * u64::from(length.saturating_sub(32));
        assert_eq!(run.ink_of("emit_log"), HOST + STATE + read + cost * GAS);
    }
}

#[test]
fn accounts_are_asked_for_balance_and_code() {
    let imports = [
        ("account_balance", "(param i32 i32)"),
        ("account_codehash", "(param i32 i32)"),
        ("account_code_size", "(param i32) (result i32)"),
        ("account_code", "(param i32 i32 i32 i32) (result i32)"),
    ];
    let body = format!(
        "i32.const 1000\ni32.const 0\ncall $account_balance
        i32.const 1000\ni32.const 32\ncall $account_codehash
        i32.const 64\ni32.const 1000\ncall $account_code_size\ni32.store
        i32.const 68\ni32.const 1000\ni32.const 2\ni32.const 90\ni32.const 72\ncall $account_code\ni32.store{}",
        result(75)
    );
    let code = Bytes::from_static(b"abcde");
    let answers = [
        Answer::Word {
            value: word(5),
            gas: 2_600,
        },
        Answer::Word {
            value: word(6),
            gas: 100,
        },
        Answer::Code {
            code: code.clone(),
            gas: 800,
        },
    ];
    let run = run_with(&imports, &body, &[], &answers);
    let account = Address::ZERO;
    assert_eq!(
        run.requests[..2],
        [
            Request::AccountBalance { account },
            Request::AccountCodeHash { account }
        ]
    );
    // The code was read for its size already: it is not asked for again.
    assert!(matches!(
        run.requests[2..],
        [Request::AccountCode {
            account: Address::ZERO,
            ..
        }]
    ));
    let expected = [
        &word(5)[..],
        &word(6)[..],
        &[5, 0, 0, 0, 3, 0, 0, 0],
        b"cde",
    ]
    .concat();
    assert_eq!(run.outcome.output[..], expected);
    assert_eq!(
        run.ink_of("account_balance"),
        HOST + 2 * POINTER + STATE + 2_600 * GAS
    );
    assert_eq!(
        run.ink_of("account_codehash"),
        HOST + 2 * POINTER + STATE + 100 * GAS
    );
    assert_eq!(run.ink_of("account_code_size"), HOST + STATE + 800 * GAS);
    assert_eq!(run.ink_of("account_code"), HOST + STATE + POINTER);
}

#[test]
fn refused_state_changes_end_the_frame() {
    let flush = "i32.const 0\ni32.const 0\ncall $storage_cache_bytes32\ni32.const 1\ncall $storage_flush_cache\n";
    let refuse = |refusal| {
        [Answer::Done {
            gas: 1,
            result: Err(refusal),
        }]
    };
    let protected = Status::Failure("write protection".into());

    let run = run_with(
        &[CACHE, FLUSH],
        &format!("{flush}{}", result(5)),
        &[],
        &refuse(Refusal::WriteProtection),
    );
    assert_eq!(
        (run.outcome.status, run.outcome.output),
        (protected.clone(), Bytes::new())
    );
    assert_eq!(run.outcome.ink_left, PLENTY - run.profile.ink_used);
    // A function that was refused does not count as used.
    assert!(!run.profile.hostio.contains_key(FLUSH.0));

    let run = run_with(
        &[CACHE, FLUSH],
        &format!("{flush}{}", result(5)),
        &[],
        &refuse(Refusal::OutOfGas),
    );
    assert_eq!(
        (run.outcome.status, run.outcome.ink_left),
        (Status::OutOfInk, 0)
    );

    let log = "i32.const 0\ni32.const 0\ni32.const 0\ncall $emit_log\ni32.const 0";
    let run = run_with(
        &[("emit_log", "(param i32 i32 i32)")],
        log,
        &[],
        &refuse(Refusal::WriteProtection),
    );
    assert_eq!(run.outcome.status, protected);

    let create = "i32.const 0\ni32.const 0\ni32.const 0\ni32.const 0\ni32.const 0\ncall $create1\ni32.const 0";
    let imports = [("create1", "(param i32 i32 i32 i32 i32)")];
    let run = run_with(&imports, create, &[], &refuse(Refusal::WriteProtection));
    assert_eq!(run.outcome.status, protected);
}
