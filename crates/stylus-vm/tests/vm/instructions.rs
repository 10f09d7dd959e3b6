//! Ink of instructions: every class against a list of its own, control flow by hand.
//!
//! A basic block costs 2,450 ink on top of its instructions; instructions that may jump, or that may be jumped
//! behind, end it. The list below is written from the published prices, not from the crate's code.

use std::collections::HashMap;

use stylus_vm::Status;

use crate::programs::{program, run, PLENTY};

const BLOCK: u64 = 2_450;

/// Ink, then the instructions that cost it.
const PRICES: &str = "
    1 nop i32.const i64.const block loop else end return unreachable
    9 drop
    765 br br_if if
    1250 select
    3800 call
    75 local.get local.tee
    210 local.set
    225 global.get
    575 global.set
    670 i32.load i32.load8_s i32.load8_u i32.load16_s i32.load16_u
    680 i64.load i64.load8_s i64.load8_u i64.load16_s i64.load16_u i64.load32_s i64.load32_u
    825 i32.store i32.store8 i32.store16
    950 i64.store i64.store8 i64.store16 i64.store32
    3000 memory.size
    8050 memory.grow
    170 i32.eqz i32.eq i32.ne i32.lt_s i32.lt_u i32.gt_s i32.gt_u i32.le_s i32.le_u i32.ge_s i32.ge_u
    225 i64.eqz i64.eq i64.ne i64.lt_s i64.lt_u i64.gt_s i64.gt_u i64.le_s i64.le_u i64.ge_s i64.ge_u
    210 i32.clz i32.ctz i64.clz i64.ctz
    2650 i32.popcnt
    6000 i64.popcnt
    70 i32.add i32.sub i32.and i32.or i32.xor i32.shl i32.shr_s i32.shr_u i32.rotl i32.rotr
    100 i64.add i64.sub i64.and i64.or i64.xor i64.shl i64.shr_s i64.shr_u i64.rotl i64.rotr
    160 i32.mul i64.mul
    1120 i32.div_s i32.div_u i32.rem_s i32.rem_u
    1270 i64.div_s i64.div_u i64.rem_s i64.rem_u
    100 i32.wrap_i64 i64.extend_i32_s i64.extend_i32_u i32.extend8_s i32.extend16_s
    100 i64.extend8_s i64.extend16_s i64.extend32_s
    950 memory.copy memory.fill";

fn prices() -> HashMap<&'static str, u64> {
    let mut prices = HashMap::new();
    for line in PRICES.lines() {
        let mut words = line.split_whitespace();
        let Some(ink) = words.next() else { continue };
        prices.extend(words.map(|name| (name, ink.parse().unwrap())));
    }
    prices
}

/// Ink of a body without control flow, one instruction to a line; the function's `end` is one more.
fn straight_line_ink(body: &str) -> u64 {
    let prices = prices();
    let names = body
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    BLOCK + names.map(|name| prices[name]).sum::<u64>() + prices["end"]
}

/// Ink of a whole run of a body that succeeds.
fn measure(fields: &str, body: &str) -> u64 {
    let run = run(&program(fields, body), &[], PLENTY, &[]);
    assert_eq!(run.outcome.status, Status::Success, "{body}");
    assert_eq!(run.outcome.ink_left, PLENTY - run.profile.ink_used);
    run.profile.ink_used
}

#[test]
fn every_instruction_without_control_flow_costs_its_price() {
    let mut tested = 0;
    for name in prices().keys() {
        let body = match *name {
            "nop" => "nop".into(),
            "i32.const" | "i64.const" => format!("{name} 5\ndrop"),
            "drop" => "i32.const 1\ndrop".into(),
            "select" => "i32.const 1\ni32.const 2\ni32.const 0\nselect\ndrop".into(),
            "local.get" | "local.set" | "local.tee" => {
                "local.get $number\nlocal.tee $number\nlocal.set $number".into()
            }
            "global.get" | "global.set" => "global.get 0\nglobal.set 0".into(),
            "memory.size" => "memory.size\ndrop".into(),
            // Nothing is paid by length or page here: the memory cannot grow, and no byte is touched.
            "memory.grow" => "i32.const 1\nmemory.grow\ndrop".into(),
            "memory.copy" | "memory.fill" => {
                format!("i32.const 0\ni32.const 0\ni32.const 0\n{name}")
            }
            "block" | "loop" | "if" | "else" | "end" | "br" | "br_if" | "return" | "call"
            | "unreachable" => continue,
            _ => {
                let (ty, operation) = name.split_once('.').unwrap();
                let from = if operation.starts_with("wrap") {
                    "i64"
                } else {
                    ty
                };
                let from = if operation.starts_with("extend_i32") {
                    "i32"
                } else {
                    from
                };
                let unary = ["eqz", "clz", "ctz", "popcnt", "wrap", "extend"];
                if operation.starts_with("store") {
                    format!("i32.const 8\n{ty}.const 7\n{name}")
                } else if operation.starts_with("load") {
                    format!("i32.const 8\n{name}\ndrop")
                } else if unary.iter().any(|prefix| operation.starts_with(prefix)) {
                    format!("{from}.const 7\n{name}\ndrop")
                } else {
                    format!("{ty}.const 7\n{ty}.const 3\n{name}\ndrop")
                }
            }
        };
        let body = format!("{body}\ni32.const 0");
        assert_eq!(
            measure("(global (mut i32) (i32.const 0))", &body),
            straight_line_ink(&body),
            "{body}"
        );
        tested += 1;
    }
    assert_eq!(tested, 99);
}

#[test]
fn the_shortest_program_is_one_block() {
    // i32.const 1, end 1.
    assert_eq!(measure("", "i32.const 0"), BLOCK + 2);
}

#[test]
fn a_jump_ends_a_block_and_skips_the_rest() {
    let body = "
        block
            br 0
            i32.const 1
            drop
        end
        i32.const 0";
    // block 1, br 765 | after the jump, behind the inner end: i32.const 1, end 1.
    assert_eq!(measure("", body), (BLOCK + 766) + (BLOCK + 2));
}

#[test]
fn a_condition_not_met_falls_through_two_blocks() {
    let body = "
        block
            i32.const 0
            br_if 0
        end
        i32.const 0";
    // block 1, const 1, br_if 765 | end 1 | const 1, end 1.
    assert_eq!(measure("", body), (BLOCK + 767) + (BLOCK + 1) + (BLOCK + 2));
}

#[test]
fn both_sides_of_an_if_are_blocks() {
    let choose = |condition: u32| {
        format!(
            "i32.const {condition}
            if
                nop
                nop
            else
                nop
            end
            i32.const 0"
        )
    };
    // const 1, if 765 | nop 1, nop 1, else 1 (jumps behind the end) | const 1, end 1.
    assert_eq!(
        measure("", &choose(1)),
        (BLOCK + 766) + (BLOCK + 3) + (BLOCK + 2)
    );
    // const 1, if 765 | nop 1, end 1 | const 1, end 1.
    assert_eq!(
        measure("", &choose(0)),
        (BLOCK + 766) + (BLOCK + 2) + (BLOCK + 2)
    );
}

#[test]
fn a_loop_pays_for_its_body_each_time() {
    let body = "
        i32.const 5
        local.set $number
        loop
            local.get $number
            i32.const 1
            i32.sub
            local.tee $number
            br_if 0
        end
        i32.const 0";
    // const 1, set 210, loop 1 | 5 times: get 75, const 1, sub 70, tee 75, br_if 765 | end 1 | const 1, end 1.
    assert_eq!(
        measure("", body),
        (BLOCK + 212) + 5 * (BLOCK + 986) + (BLOCK + 1) + (BLOCK + 2)
    );
}

#[test]
fn a_table_of_jumps_costs_by_its_length() {
    let body = "
        block
            block
                i32.const 1
                br_table 0 0 1 0
            end
        end
        i32.const 0";
    // block 1, block 1, const 1, br_table 2,400 + 3 * 325 | target 1 is 0: behind the inner end, end 1 | const, end.
    assert_eq!(
        measure("", body),
        (BLOCK + 3 + 2_400 + 3 * 325) + (BLOCK + 1) + (BLOCK + 2)
    );
}

#[test]
fn calls_cost_more_than_the_called_blocks() {
    let fields = "(func $add (param i32 i32) (result i32)
        local.get 0
        local.get 1
        i32.add
        return)
        (table 1 funcref) (elem (i32.const 0) $add)";
    let direct = "
        i32.const 1
        i32.const 2
        call $add
        drop
        i32.const 0";
    // const 1, const 1, call 3,800 | get 75, get 75, add 70, return 1 | drop 9, const 1, end 1.
    let callee = BLOCK + 75 + 75 + 70 + 1;
    assert_eq!(
        measure(fields, direct),
        (BLOCK + 3_802) + callee + (BLOCK + 11)
    );

    let indirect = "
        i32.const 1
        i32.const 2
        i32.const 0
        call_indirect (param i32 i32) (result i32)
        drop
        i32.const 0";
    // Three constants; 13,610 and 650 for each of two parameters.
    assert_eq!(
        measure(fields, indirect),
        (BLOCK + 3 + 13_610 + 2 * 650) + callee + (BLOCK + 11)
    );
}

#[test]
fn copying_and_filling_cost_100_for_each_byte() {
    for name in ["memory.copy", "memory.fill"] {
        let body = |bytes: u32| {
            format!("i32.const 8\ni32.const 0\ni32.const {bytes}\n{name}\ni32.const 0")
        };
        assert_eq!(
            measure("", &body(1_000)),
            straight_line_ink(&body(1_000)) + 100_000
        );
    }
}

#[test]
fn leaving_the_function_by_a_jump_pays_nothing_more() {
    // const 1, br 765: the label of the function itself lies behind its end.
    assert_eq!(measure("", "i32.const 0\nbr 0"), BLOCK + 766);
    // const 1, return 1; the code behind is never entered.
    assert_eq!(measure("", "i32.const 0\nreturn\ni32.const 0"), BLOCK + 2);
}

#[test]
fn long_loops_over_every_kind_of_instruction_need_no_stack_of_the_host() {
    let body = "
        i32.const 200000
        local.set $number
        loop
            i32.const 16
            i32.const 16
            i64.load
            i64.const 3
            i64.rotl
            local.get $number
            i64.extend_i32_u
            i64.const 1
            i64.or
            i64.div_u
            i64.popcnt
            i64.const 7
            i64.mul
            local.tee $long
            i64.store
            i32.const 64
            i32.const 16
            i32.const 8
            memory.copy
            i32.const 80
            local.get $long
            i32.wrap_i64
            i32.const 4
            memory.fill
            global.get 0
            local.get $number
            i32.const 3
            i32.and
            i32.eqz
            select
            global.set 0
            local.get $number
            call $same
            i32.const 1
            i32.sub
            local.tee $number
            br_if 0
        end
        i32.const 0";
    let body = body.replace("global.get 0\n", "global.get 0\n            memory.size\n");
    let fields =
        "(global (mut i32) (i32.const 0)) (func $same (param i32) (result i32) local.get 0)";
    assert!(measure(fields, &body) > 200_000 * BLOCK);
}
