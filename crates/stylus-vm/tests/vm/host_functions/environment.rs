//! Host functions the frame answers by itself: context, arguments and result, arithmetic, debug output.

use alloy::primitives::{keccak256, Address, Bytes, U256};
use stylus_vm::{Options, Program, Request, Status};

use super::*;
use crate::programs::{env, wasm};

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
