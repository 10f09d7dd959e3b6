//! Small programs written in the text format, and a way to run them with scripted answers.

use alloy::primitives::{Address, Bytes, B256, U256};
use stylus_vm::{Answer, Env, Execution, Options, Outcome, Profile, Program, Request, Step};

/// More ink than any test spends.
pub const PLENTY: u64 = 1 << 50;

/// A program with one page of memory whose entry point has the given instructions, one to a line. Further fields
/// of the module, such as imports, come first.
pub fn program(fields: &str, body: &str) -> Program {
    Program::new(&wasm(fields, body), Options::default()).unwrap()
}

/// The module of [`program`].
pub fn wasm(fields: &str, body: &str) -> Vec<u8> {
    module(&format!(
        r#"{fields}
        (memory (export "memory") 1 1)
        (func (export "user_entrypoint") (param $length i32) (result i32) (local $number i32) (local $long i64)
            {body}
        )"#
    ))
}

/// A module of any fields.
pub fn module(fields: &str) -> Vec<u8> {
    wat::parse_str(format!("(module {fields})")).unwrap()
}

/// An import of a host function.
pub fn import(name: &str, signature: &str) -> String {
    format!("(import \"vm_hooks\" \"{name}\" (func ${name} {signature}))\n")
}

/// The environment of all runs: every field has its own value.
pub fn env() -> Env {
    Env {
        contract_address: Address::repeat_byte(0x01),
        msg_sender: Address::repeat_byte(0x02),
        msg_value: U256::from(3),
        reentrant: true,
        tx_origin: Address::repeat_byte(0x04),
        tx_gas_price: U256::from(5),
        chain_id: 412_346,
        block_number: 7,
        block_timestamp: 8,
        block_gas_limit: 9,
        block_basefee: U256::from(10),
        block_coinbase: Address::repeat_byte(0x0b),
        ink_price: 10_000,
    }
}

/// What a run came to.
pub struct Run {
    pub outcome: Outcome,
    pub profile: Profile,
    /// Requests besides the one for the pages at the start.
    pub requests: Vec<Request>,
}

impl Run {
    /// Ink of all calls of a host function.
    pub fn ink_of(&self, name: &str) -> u64 {
        self.profile.hostio[name].ink
    }
}

/// Runs a program on some input; the answers are taken in order.
pub fn run(program: &Program, input: &[u8], ink: u64, answers: &[Answer]) -> Run {
    let mut execution = Execution::new(program, env(), Bytes::copy_from_slice(input), ink);
    assert_eq!(
        execution.start(),
        Step::Request(Request::AddPages {
            pages: program.price().footprint_pages
        })
    );
    let mut requests = Vec::new();
    let mut answers = answers.iter();
    let mut step = execution.resume(Answer::Gas { gas: 0 });
    loop {
        match step {
            Step::Done(outcome) => {
                return Run {
                    outcome,
                    profile: execution.profile().clone(),
                    requests,
                }
            }
            Step::Request(request) => {
                requests.push(request);
                step =
                    execution.resume(answers.next().expect("an answer for every request").clone());
            }
        }
    }
}

/// A word that ends in a number.
pub fn word(number: u64) -> B256 {
    B256::from(U256::from(number))
}

#[test]
fn executions_may_move_to_another_thread() {
    fn sent(_: impl Send) {}
    sent(Execution::new(
        &program("", "i32.const 0"),
        env(),
        Bytes::new(),
        PLENTY,
    ));
}
