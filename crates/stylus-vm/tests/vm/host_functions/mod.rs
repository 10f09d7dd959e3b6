//! Every host function: what it does, what it asks of the chain, and its ink from the parts it is made of.
//!
//! A host function costs 8,400 ink, 5,040 more for each pointer and 59,673 for a trip to the chain's state; the
//! chain's own part comes in gas with the answer, at 10,000 ink a gas.

mod calls;
mod environment;
mod storage;

use stylus_vm::Answer;

use crate::programs::{import, program, run, Run, PLENTY};

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

const CACHE: (&str, &str) = ("storage_cache_bytes32", "(param i32 i32)");
const FLUSH: (&str, &str) = ("storage_flush_cache", "(param i32)");

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
