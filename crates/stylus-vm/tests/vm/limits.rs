//! Running out of ink, out of stack, and trapping.

use alloy::primitives::Bytes;
use stylus_vm::{Answer, Options, Program, Status};

use crate::programs::{import, program, run, wasm, word, PLENTY};

/// Runs with every amount of ink below what `program` needs, in steps, and with exactly that.
fn check_every_ink(program: &Program, input: &[u8], answers: &[Answer], step: usize) {
    let full = run(program, input, PLENTY, answers);
    assert_eq!(full.outcome.status, Status::Success);
    let need = full.profile.ink_used;
    for ink in (0..need).step_by(step).chain([need - 1]) {
        let short = run(program, input, ink, answers);
        assert_eq!(short.outcome.status, Status::OutOfInk, "{ink} of {need}");
        assert_eq!(
            (short.outcome.ink_left, short.outcome.output),
            (0, Bytes::new())
        );
        assert_eq!(short.profile.ink_used, ink);
    }
    let exact = run(program, input, need, answers);
    assert_eq!(
        (exact.outcome.status, exact.outcome.ink_left),
        (Status::Success, 0)
    );
    assert_eq!(exact.outcome.output, full.outcome.output);
}

#[test]
fn any_ink_short_of_the_need_ends_in_nothing_but_out_of_ink() {
    // A loop, a call, copied bytes: 20 thousand ink, every amount below is tried.
    let body = "
        i32.const 2
        local.set $number
        loop
            i32.const 0
            i32.const 8
            i32.const 20
            memory.copy
            local.get $number
            call $less
            local.tee $number
            br_if 0
        end
        i32.const 0";
    let fields = "(func $less (param i32) (result i32) local.get 0 i32.const 1 i32.sub return)";
    check_every_ink(&program(fields, body), &[], &[], 1);
}

#[test]
fn host_functions_run_out_of_ink_like_instructions() {
    let fields = import("read_args", "(param i32)")
        + &import("write_result", "(param i32 i32)")
        + &import("msg_value", "(param i32)")
        + &import("math_pow", "(param i32 i32)")
        + &import("native_keccak256", "(param i32 i32 i32)");
    let body = "
        i32.const 0\ncall $read_args
        i32.const 64\ncall $msg_value
        i32.const 0\ni32.const 32\ncall $math_pow
        i32.const 0\ni32.const 96\ni32.const 0\ncall $native_keccak256
        i32.const 0\ni32.const 64\ncall $write_result
        i32.const 0";
    check_every_ink(&program(&fields, body), &[3; 64], &[], 101);
}

#[test]
fn what_the_chain_charges_runs_out_of_ink_as_well() {
    let fields = import(
        "static_call_contract",
        "(param i32 i32 i32 i64 i32) (result i32)",
    ) + &import("read_return_data", "(param i32 i32 i32) (result i32)");
    let body = "
        i32.const 0\ni32.const 0\ni32.const 0\ni64.const -1\ni32.const 0\ncall $static_call_contract
        i32.const 0\ni32.const 0\ni32.const 50\ncall $read_return_data\ndrop";
    let answer = Answer::Call {
        success: true,
        gas: 1_234,
        output: Bytes::from(vec![1; 50]),
    };
    check_every_ink(&program(&fields, body), &[], &[answer], 9_973);
}

#[test]
fn storage_asks_for_more_gas_than_it_may_use() {
    let fields = import("storage_load_bytes32", "(param i32 i32)");
    let program = program(
        &fields,
        "i32.const 32\ni32.const 0\ncall $storage_load_bytes32\ni32.const 0",
    );
    let answers = [Answer::Word {
        value: word(0),
        gas: 100,
    }];
    // Before it is known that the slot is warm: 2,100 for a cold one, 10 for the cache, 5 for the trip.
    // const 1, const 1, call 3,800, and 18,480 for the function.
    let need = 2_450 + 3_802 + 18_480 + 2_115 * 10_000;
    assert_eq!(
        run(&program, &[], need - 1, &answers).outcome.status,
        Status::OutOfInk
    );
    assert_eq!(
        run(&program, &[], need, &answers).outcome.status,
        Status::Success
    );
}

#[test]
fn the_cost_of_a_copy_cannot_wrap() {
    for name in ["memory.copy", "memory.fill"] {
        let program = program(
            "",
            &format!("i32.const 0\ni32.const 0\ni32.const -1\n{name}\ni32.const 0"),
        );
        // 2^32 - 1 bytes at 100 ink, with less than that and with more: then memory is too small.
        let run_with = |ink| run(&program, &[], ink, &[]).outcome.status;
        assert_eq!(run_with(400_000_000_000), Status::OutOfInk);
        assert!(matches!(run_with(500_000_000_000), Status::Failure(_)));
    }
}

#[test]
fn ink_beyond_half_of_its_range_is_still_ink() {
    let run = run(&program("", "i32.const 0"), &[], u64::MAX, &[]);
    assert_eq!(
        (run.outcome.status, run.outcome.ink_left),
        (Status::Success, u64::MAX - 2_452)
    );
}

#[test]
fn the_stack_ends_where_its_words_do() {
    // Calls itself as often as the length of the input says.
    let fields = "(func $down (param i32)
        block
            local.get 0
            i32.eqz
            br_if 0
            local.get 0
            i32.const 1
            i32.sub
            call $down
        end)";
    let wasm = wasm(fields, "local.get $length\ncall $down\ni32.const 0");
    // The entry point takes 1 operand, 2 variables and 4 words; $down 2 operands and 4 words. At least one
    // word always has to stay free.
    for (max_depth, calls) in [(7 + 6 * 165, 164), (7 + 6 * 165 + 1, 165)] {
        let options = Options {
            max_depth,
            ..Options::default()
        };
        let program = Program::new(&wasm, options).unwrap();
        let outcome = |calls: usize| run(&program, &vec![0; calls - 1], PLENTY, &[]).outcome;
        assert_eq!(outcome(calls).status, Status::Success);
        assert_eq!(outcome(calls + 1).status, Status::OutOfStack);
        assert_eq!(outcome(calls + 1).ink_left, 0);
    }
}

#[test]
fn stack_is_given_back_on_every_way_out() {
    let fields = "(func $by_return (result i32) i32.const 1 return)
        (func $by_end (result i32) i32.const 1)
        (func $early (param i32) local.get 0 if return end)";
    let body = "
        i32.const 10000
        local.set $number
        loop
            call $by_return
            call $by_end
            call $early
            call $early
            local.get $number
            i32.const 1
            i32.sub
            local.tee $number
            br_if 0
        end
        i32.const 0";
    let body = body
        .replacen("call $early", "call $early\n            i32.const 0", 1)
        .replacen(
            "call $by_end\n            call $early",
            "call $by_end\n            drop\n            call $early",
            1,
        );
    let program = Program::new(
        &wasm(fields, &body),
        Options {
            max_depth: 20,
            ..Options::default()
        },
    )
    .unwrap();
    assert_eq!(
        run(&program, &[], PLENTY, &[]).outcome.status,
        Status::Success
    );
}

#[test]
fn endless_recursion_is_out_of_stack_at_any_allowed_depth() {
    for max_depth in [22_000, 4 * 65_536] {
        let options = Options {
            max_depth,
            ..Options::default()
        };
        let program =
            Program::new(&wasm("(func $f call $f)", "call $f\ni32.const 0"), options).unwrap();
        assert_eq!(
            run(&program, &[], PLENTY, &[]).outcome.status,
            Status::OutOfStack
        );
    }
}

#[test]
fn a_trap_fails_without_output_and_keeps_the_rest_of_the_ink() {
    let fields =
        import("write_result", "(param i32 i32)") + &import("emit_log", "(param i32 i32 i32)");
    let traps = [
        "unreachable",
        "i32.const 1\ni32.const 0\ni32.div_u\ndrop",
        "i32.const 0x80000000\ni32.const -1\ni32.div_s\ndrop",
        "i32.const 65533\ni32.load\ndrop",
        "i32.const 65536\ni32.const 0\ni32.const 1\nmemory.copy",
        // Host functions outside of memory, and with topics that the data does not hold.
        "i32.const 65530\ni32.const 7\ncall $write_result",
        "i32.const -1\ni32.const -1\ncall $write_result",
        "i32.const 0\ni32.const 31\ni32.const 1\ncall $emit_log",
        "i32.const 0\ni32.const 200\ni32.const 5\ncall $emit_log",
    ];
    for trap in traps {
        let body = format!("i32.const 0\ni32.const 9\ncall $write_result\n{trap}\ni32.const 0");
        let run = run(&program(&fields, &body), &[], PLENTY, &[]);
        assert!(
            matches!(run.outcome.status, Status::Failure(_)),
            "{trap}: {:?}",
            run.outcome
        );
        assert_eq!(run.outcome.output, Bytes::new());
        assert_eq!(run.outcome.ink_left, PLENTY - run.profile.ink_used);
        assert!(run.profile.ink_used > 0);
    }
}

#[test]
fn any_other_status_than_zero_reverts_with_the_result() {
    let fields = import("write_result", "(param i32 i32)");
    for (status, expected) in [
        (0, Status::Success),
        (1, Status::Revert),
        (-1, Status::Revert),
    ] {
        let body = format!("i32.const 0\ni32.const 4\ncall $write_result\ni32.const {status}");
        let run = run(&program(&fields, &body), &[], PLENTY, &[]);
        assert_eq!(
            (run.outcome.status, run.outcome.output),
            (expected, Bytes::from(vec![0; 4]))
        );
    }
}
