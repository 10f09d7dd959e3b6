//! Every host function: what it does, what it asks of the chain, and its ink from the parts it is made of.
//!
//! A host function costs 8,400 ink, 5,040 more for each pointer and 59,673 for a trip to the chain's state; the
//! chain's own part comes in gas with the answer, at 10,000 ink a gas.

use alloy::primitives::{keccak256, Address, Bytes, U256};
use stylus_vm::{Answer, CallKind, Execution, Options, Program, Refusal, Request, Status, Step};

use crate::programs::{env, import, module, program, run, wasm, word, Run, PLENTY};

const HOST: u64 = 8_400;
const POINTER: u64 = 5_040;
const STATE: u64 = 59_673;
const GAS: u64 = 10_000;
/// Reading up to 32 bytes; each further byte costs 55.
const READ: u64 = 16_381;

const WRITE_RESULT: (&str, &str) = ("write_result", "(param i32 i32)");

/// Runs a program that imports some functions, and `write_result`.
fn run_with(imports: &[(&str, &str)], body: &str, input: &[u8], answers: &[Answer]) -> Run {
    let fields: String = imports
        .iter()
        .chain([&WRITE_RESULT])
        .map(|(name, ty)| import(name, ty))
        .collect();
    run(&program(&fields, body), input, PLENTY, answers)
}

/// Returns `length` bytes from the start of memory.
fn result(length: u32) -> String {
    format!("\ni32.const 0\ni32.const {length}\ncall $write_result\ni32.const 0")
}

fn gas(gas: u64) -> Answer {
    Answer::Gas { gas }
}

fn done(gas: u64) -> Answer {
    Answer::Done {
        gas,
        result: Ok(()),
    }
}

#[test]
fn numbers_of_the_environment_cost_the_base() {
    let cases = [
        ("block_gas_limit", "i64", 9),
        ("block_number", "i64", 7),
        ("block_timestamp", "i64", 8),
        ("chainid", "i64", 412_346),
        ("msg_reentrant", "i32", 1),
        ("tx_ink_price", "i32", 10_000),
        ("return_data_size", "i32", 0),
    ];
    for (name, ty, expected) in cases {
        let body = format!("i32.const 0\ncall ${name}\n{ty}.store{}", result(8));
        let run = run_with(&[(name, &format!("(result {ty})"))], &body, &[], &[]);
        assert_eq!(run.outcome.output[..], u64::to_le_bytes(expected), "{name}");
        assert_eq!(run.ink_of(name), HOST, "{name}");
    }
}

#[test]
fn addresses_and_words_of_the_environment_cost_a_pointer_more() {
    let env = env();
    let address = |address: Address| address.to_vec();
    let number = |number: U256| number.to_be_bytes_vec();
    let cases = [
        ("block_basefee", number(env.block_basefee)),
        ("block_coinbase", address(env.block_coinbase)),
        ("contract_address", address(env.contract_address)),
        ("msg_sender", address(env.msg_sender)),
        ("msg_value", number(env.msg_value)),
        ("tx_gas_price", number(env.tx_gas_price)),
        ("tx_origin", address(env.tx_origin)),
    ];
    for (name, expected) in cases {
        let body = format!("i32.const 0\ncall ${name}{}", result(expected.len() as u32));
        let run = run_with(&[(name, "(param i32)")], &body, &[], &[]);
        assert_eq!(run.outcome.output[..], expected, "{name}");
        assert_eq!(run.ink_of(name), HOST + POINTER, "{name}");
    }
}

#[test]
fn gas_and_ink_left_are_told_after_paying_for_the_question() {
    let body = format!(
        "i32.const 0\ncall $evm_ink_left\ni64.store\ni32.const 8\ncall $evm_gas_left\ni64.store{}",
        result(16)
    );
    let imports = [
        ("evm_ink_left", "(result i64)"),
        ("evm_gas_left", "(result i64)"),
    ];
    let run = run_with(&imports, &body, &[], &[]);
    let told = |at: usize| u64::from_le_bytes(run.outcome.output[at..at + 8].try_into().unwrap());
    // Up to the first answer: one block of const 1 and call 3,800, and the function.
    let ink = PLENTY - 2_450 - 3_801 - HOST;
    assert_eq!(told(0), ink);
    // Then a block of store 950, const 1 and call 3,800, and the function; gas is rounded down.
    assert_eq!(told(8), (ink - 2_450 - 4_751 - HOST) / GAS);
    assert_eq!(
        (run.ink_of("evm_ink_left"), run.ink_of("evm_gas_left")),
        (HOST, HOST)
    );
}

#[test]
fn arguments_and_result_are_paid_by_length() {
    for length in [0, 1, 32, 33, 100] {
        let input: Vec<u8> = (0..length as u8).collect();
        let body = format!("i32.const 0\ncall $read_args{}", result(length));
        let run = run_with(&[("read_args", "(param i32)")], &body, &input, &[]);
        assert_eq!(run.outcome.output[..], input);
        let beyond = u64::from(length.saturating_sub(32));
        assert_eq!(
            run.ink_of("read_args"),
            HOST + POINTER + 30 * beyond,
            "{length}"
        );
        // Read twice: out of the program, and into the chain.
        assert_eq!(
            run.ink_of("write_result"),
            HOST + 2 * (READ + 55 * beyond),
            "{length}"
        );
    }
}

#[test]
fn exit_early_ends_the_program_with_its_status_and_costs_nothing() {
    for (code, status) in [
        (0, Status::Success),
        (1, Status::Revert),
        (77, Status::Revert),
    ] {
        let body = format!(
            "i32.const 0\ni32.const 3\ncall $write_result\ni32.const {code}\ncall $exit_early\nunreachable"
        );
        let run = run_with(&[("exit_early", "(param i32)")], &body, &[], &[]);
        assert_eq!(
            (run.profile.hostio["exit_early"].n, run.ink_of("exit_early")),
            (1, 0)
        );
        assert_eq!(
            (run.outcome.status, run.outcome.output),
            (status, Bytes::from(vec![0; 3]))
        );
    }
}

#[test]
fn arithmetic_is_that_of_the_evm() {
    let most = U256::MAX;
    let n = |n: u64| U256::from(n);
    // value, second, third, result, ink besides base and one pointer for each number and the result
    let cases = [
        ("math_div", n(100), n(7), None, n(14), 20_000),
        ("math_div", n(100), n(0), None, n(0), 20_000),
        ("math_mod", n(100), n(7), None, n(2), 20_000),
        ("math_mod", n(100), n(0), None, n(0), 20_000),
        // 3,000 and 17,500 for each byte of the exponent and one more.
        ("math_pow", n(3), n(5), None, n(243), 3_000 + 2 * 17_500),
        ("math_pow", n(2), n(256), None, n(0), 3_000 + 3 * 17_500),
        ("math_pow", n(3), n(0), None, n(1), 3_000 + 17_500),
        ("math_pow", n(1), most, None, n(1), 3_000 + 33 * 17_500),
        (
            "math_add_mod",
            most,
            n(2),
            Some(n(10)),
            (most % n(10) + n(2)) % n(10),
            21_000,
        ),
        ("math_add_mod", n(1), n(2), Some(n(0)), n(0), 21_000),
        ("math_mul_mod", most, most, Some(n(12)), n(9), 24_100),
        ("math_mul_mod", n(5), n(2), Some(n(0)), n(0), 24_100),
    ];
    for (name, first, second, third, expected, ink) in cases {
        let mut input = [first.to_be_bytes::<32>(), second.to_be_bytes()].concat();
        input.extend(
            third
                .map(|third| third.to_be_bytes::<32>())
                .iter()
                .flatten(),
        );
        let (ty, third_pointer) = match third {
            Some(_) => ("(param i32 i32 i32)", "i32.const 64"),
            None => ("(param i32 i32)", ""),
        };
        let body = format!(
            "i32.const 0\ncall $read_args\ni32.const 0\ni32.const 32\n{third_pointer}\ncall ${name}{}",
            result(32)
        );
        let run = run_with(
            &[("read_args", "(param i32)"), (name, ty)],
            &body,
            &input,
            &[],
        );
        assert_eq!(U256::from_be_slice(&run.outcome.output), expected, "{name}");
        let pointers = if third.is_some() { 4 } else { 3 };
        assert_eq!(
            run.ink_of(name),
            HOST + pointers * POINTER + ink,
            "{name}({first}, {second})"
        );
    }
}

#[test]
fn keccak_costs_by_words_beyond_two() {
    for (length, words) in [(0u32, 0), (64, 0), (65, 1), (96, 1), (97, 2), (1_000, 30)] {
        let body = format!(
            "i32.const 40\ni32.const {length}\ni32.const 0\ncall $native_keccak256{}",
            result(32)
        );
        let run = run_with(
            &[("native_keccak256", "(param i32 i32 i32)")],
            &body,
            &[],
            &[],
        );
        assert_eq!(
            run.outcome.output[..],
            keccak256(vec![0; length as usize])[..]
        );
        assert_eq!(
            run.ink_of("native_keccak256"),
            121_800 + 21_000 * words,
            "{length}"
        );
    }
}

const LOAD: (&str, &str) = ("storage_load_bytes32", "(param i32 i32)");
const CACHE: (&str, &str) = ("storage_cache_bytes32", "(param i32 i32)");
const FLUSH: (&str, &str) = ("storage_flush_cache", "(param i32)");

#[test]
fn a_slot_is_asked_for_once() {
    let load = "i32.const 32\ni32.const 0\ncall $storage_load_bytes32\n";
    let answer = Answer::Word {
        value: word(9),
        gas: 2_100,
    };
    let run = run_with(
        &[LOAD],
        &format!("{load}{load}{}", result(32)),
        &[],
        &[answer],
    );
    assert_eq!(run.requests, [Request::StorageLoad { key: word(0) }]);
    assert_eq!(run.outcome.output[..], word(9)[..]);
    // The trip to the state costs 5 whole gas here: 59,673 ink, rounded down.
    assert_eq!(
        run.ink_of(LOAD.0),
        (HOST + 2 * POINTER) * 2 + (2_100 + 5) * GAS
    );
}

#[test]
fn reads_beyond_32_and_writes_beyond_8_cost_gas() {
    let times = |count: u32, call: &str| {
        format!("i32.const {count}\nlocal.set $number\nloop\n{call}\nlocal.get $number\ni32.const 1\ni32.sub\nlocal.tee $number\nbr_if 0\nend\ni32.const 0")
    };
    let body = times(130, "i32.const 0\ni32.const 0\ncall $storage_load_bytes32");
    let run = run_with(
        &[LOAD],
        &body,
        &[],
        &[Answer::Word {
            value: word(0),
            gas: 100,
        }],
    );
    // 32 free, 96 at 2 gas, 2 at 10 gas; the first also pays for the SLOAD.
    assert_eq!(
        run.ink_of(LOAD.0),
        130 * (HOST + 2 * POINTER) + (105 + 96 * 2 + 2 * 10) * GAS
    );

    let body = times(66, "i32.const 0\ni32.const 0\ncall $storage_cache_bytes32");
    let run = run_with(&[CACHE], &body, &[], &[]);
    // 8 free, 56 at 7 gas, 2 at 10 gas.
    assert_eq!(
        run.ink_of(CACHE.0),
        66 * (HOST + 2 * POINTER) + (56 * 7 + 2 * 10) * GAS
    );
}

#[test]
fn writes_wait_for_the_flush_and_are_lost_without_one() {
    // Slot 0 := 1 (the word at 1), then slot 0 is read from the cache.
    let write = "i32.const 32\ni32.const 1\ni32.store8\ni32.const 64\ni32.const 1\ncall $storage_cache_bytes32\n";
    let run = run_with(&[CACHE], &format!("{write}i32.const 0"), &[], &[]);
    assert_eq!(run.requests, []);

    let flush = "i32.const 0\ncall $storage_flush_cache\n";
    let body = format!("{write}{flush}{flush}i32.const 0");
    let run = run_with(&[CACHE, FLUSH], &body, &[], &[done(22_100)]);
    let gas_left = match &run.requests[..] {
        [Request::StorageFlush { writes, gas_left }] => {
            assert_eq!(writes[..], [(word(0), word(1))]);
            *gas_left
        }
        other => panic!("{other:?}"),
    };
    assert!(gas_left < PLENTY / GAS && gas_left > PLENTY / GAS - 100);
    // The second flush finds nothing to do.
    assert_eq!(run.ink_of(FLUSH.0), 2 * (HOST + STATE) + 22_100 * GAS);
}

#[test]
fn clearing_the_cache_forgets_what_was_read() {
    let load = "i32.const 32\ni32.const 0\ncall $storage_load_bytes32\n";
    for (clear, expected) in [(0, 1), (1, 2)] {
        let body = format!("{load}i32.const {clear}\ncall $storage_flush_cache\n{load}i32.const 0");
        let answer = Answer::Word {
            value: word(0),
            gas: 100,
        };
        let run = run_with(&[LOAD, FLUSH], &body, &[], &[answer.clone(), answer]);
        assert_eq!(run.requests.len(), expected);
    }
}

#[test]
fn transient_storage_goes_to_the_chain_each_time() {
    let imports = [
        ("transient_store_bytes32", "(param i32 i32)"),
        ("transient_load_bytes32", "(param i32 i32)"),
    ];
    let body = format!(
        "i32.const 32\ni32.const 1\ncall $transient_store_bytes32
        i32.const 32\ni32.const 0\ncall $transient_load_bytes32{}",
        result(32)
    );
    let run = run_with(
        &imports,
        &body,
        &[],
        &[
            done(100),
            Answer::Word {
                value: word(6),
                gas: 100,
            },
        ],
    );
    let store = Request::TransientStore {
        key: word(0),
        value: word(0),
    };
    assert_eq!(
        run.requests,
        [store, Request::TransientLoad { key: word(0) }]
    );
    assert_eq!(run.outcome.output[..], word(6)[..]);
    for (name, _) in imports {
        assert_eq!(run.ink_of(name), HOST + 2 * POINTER + STATE + 100 * GAS);
    }
}

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
fn growing_memory_asks_for_pages_first() {
    let fields = format!(
        r#"{}(memory (export "memory") 1)
        (func (export "user_entrypoint") (param i32) (result i32)
            i32.const 0
            call $pay_for_memory_grow
            i32.const 3
            memory.grow
            memory.size
            i32.add)"#,
        import("pay_for_memory_grow", "(param i32)")
    );
    let program = Program::new(&module(&fields), Options::default()).unwrap();
    let run = run(&program, &[], PLENTY, &[gas(1_000)]);
    assert_eq!(run.requests, [Request::AddPages { pages: 3 }]);
    // Returns 1 page before and 4 after, which is not 0.
    assert_eq!(
        (&run.outcome.status, run.profile.pages),
        (&Status::Revert, 4)
    );
    // For no page the base, for pages only their gas.
    assert_eq!(run.ink_of("pay_for_memory_grow"), HOST + 1_000 * GAS);
    // const 1, call 3,800 | const 1, grow 8,050, size 3,000, add 70, end 1.
    assert_eq!(
        run.profile.ink_used,
        (2_450 + 3_801) + (2_450 + 11_122) + HOST + 1_000 * GAS
    );
}

#[test]
fn pages_at_the_start_are_paid_apart() {
    let mut execution =
        Execution::new(&program("", "i32.const 0"), env(), Bytes::new(), 30_000_000);
    assert_eq!(
        execution.start(),
        Step::Request(Request::AddPages { pages: 1 })
    );
    let Step::Done(outcome) = execution.resume(gas(2_000)) else {
        panic!("asked for more")
    };
    assert_eq!(outcome.ink_left, 30_000_000 - 2_000 * GAS - 2_452);
    let profile = execution.profile();
    assert_eq!(
        (profile.page_gas, profile.ink_used, profile.pages),
        (2_000, 2_452, 1)
    );

    let mut execution =
        Execution::new(&program("", "i32.const 0"), env(), Bytes::new(), 30_000_000);
    execution.start();
    let Step::Done(outcome) = execution.resume(gas(3_001)) else {
        panic!("asked for more")
    };
    assert_eq!((outcome.status, outcome.ink_left), (Status::OutOfInk, 0));
}

#[test]
fn debug_output_is_free_and_only_for_debug_programs() {
    let console =
        |name: &str, ty: &str| format!("(import \"console\" \"{name}\" (func ${name} {ty}))");
    let fields = [
        console("log_txt", "(param i32 i32)"),
        console("log_i32", "(param i32)"),
        console("log_i64", "(param i64)"),
        console("tee_i32", "(param i32) (result i32)"),
        console("tee_i64", "(param i64) (result i64)"),
        "(data (i32.const 0) \"hi\")".into(),
    ]
    .concat();
    let body = "
        i32.const 0\ni32.const 2\ncall $log_txt
        i32.const -5\ncall $log_i32
        i64.const 6\ncall $log_i64
        i32.const 7\ncall $tee_i32\ndrop
        i64.const -8\ncall $tee_i64\ni64.const -8\ni64.ne";
    let options = Options {
        debug: true,
        ..Options::default()
    };
    let program = Program::new(&wasm(&fields, body), options).unwrap();
    let run = run(&program, &[], PLENTY, &vec![gas(99); 5]);
    let lines = ["hi", "-5", "6", "7", "-8"].map(|line| Request::Console { line: line.into() });
    assert_eq!(run.requests, lines);
    assert_eq!(run.outcome.status, Status::Success);
    assert!(run.profile.hostio.values().all(|used| used.ink == 0));
    assert!(Program::new(&wasm(&fields, body), Options::default()).is_err());
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
