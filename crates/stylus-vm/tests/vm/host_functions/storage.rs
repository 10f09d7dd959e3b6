//! Host functions on storage and memory pages.

use alloy::primitives::Bytes;
use stylus_vm::{Execution, Options, Program, Request, Status, Step};

use super::*;
use crate::programs::{env, module, word};

const LOAD: (&str, &str) = ("storage_load_bytes32", "(param i32 i32)");

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
