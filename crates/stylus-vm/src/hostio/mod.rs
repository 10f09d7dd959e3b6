//! The host functions programs import.
//!
//! Each buys its ink, reads what it needs from the program's memory and answers from the frame, or asks the
//! chain: then it ends with a [`Request`](crate::Request), and its rest is a [`Pending`] that runs on the answer.

mod accounts;
mod calls;
mod console;
mod context;
mod math;
mod storage;

use alloy::primitives::{Address, B256};
use wasmi::{Caller, Linker, Val};

use crate::{
    frame::{Frame, Host, Stop},
    Answer, Refusal,
};

/// Module of the host functions.
pub(crate) const VM_HOOKS: &str = "vm_hooks";
/// Module of the debug output.
const CONSOLE: &str = "console";

/// The rest of a host function, once the chain has answered.
#[derive(Clone, Debug)]
pub(crate) enum Pending {
    StorageLoad {
        key: B256,
        destination: u32,
    },
    /// Pay for a state change.
    StateChange,
    /// Write the word to the program.
    Word {
        destination: u32,
    },
    Call {
        length_destination: u32,
    },
    Create {
        address_destination: u32,
        length_destination: u32,
    },
    CodeSize {
        account: Address,
    },
    Code {
        account: Address,
        offset: u32,
        size: u32,
        destination: u32,
    },
    Pages {
        pages: u16,
    },
    /// Give the program a value, whatever the answer.
    Console {
        value: Option<Val>,
    },
}

/// Runs the rest of a host function and gives its result for the program, if it has one.
///
/// # Panics
///
/// If the answer is not one of those the request takes.
pub(crate) fn conclude(
    host: &mut Host,
    pending: Pending,
    answer: Answer,
) -> Result<Option<Val>, Stop> {
    match (pending, answer) {
        (Pending::Pages { pages }, Answer::Gas { gas }) => host.paid_for_pages(pages, gas)?,
        (Pending::StorageLoad { key, destination }, Answer::Word { value, gas }) => {
            host.storage_loaded(key, destination, value, gas)?;
        }
        (Pending::Word { destination }, Answer::Word { value, gas }) => {
            host.buy_gas(gas)?;
            host.write(destination, &value[..])?;
        }
        (Pending::StateChange | Pending::Create { .. }, Answer::Done { gas, result }) => {
            result.map_err(refused)?;
            host.buy_gas(gas)?;
        }
        (
            Pending::Call { length_destination },
            Answer::Call {
                success,
                gas,
                output,
            },
        ) => {
            return host
                .called(length_destination, success, gas, output)
                .map(some_i32);
        }
        (
            Pending::Create {
                address_destination,
                length_destination,
            },
            Answer::Create {
                address,
                gas,
                output,
            },
        ) => {
            host.created(
                address_destination,
                length_destination,
                address,
                gas,
                output,
            )?;
        }
        (Pending::CodeSize { account }, Answer::Code { code, gas }) => {
            return host.code_size_known(account, code, gas).map(some_i32);
        }
        (
            Pending::Code {
                account,
                offset,
                size,
                destination,
            },
            Answer::Code { code, gas },
        ) => {
            return host
                .code_known(account, code, gas, offset, size, destination)
                .map(some_i32);
        }
        (Pending::Console { value }, Answer::Gas { .. }) => return Ok(value),
        (pending, answer) => panic!("{answer:?} does not answer {pending:?}"),
    }
    Ok(None)
}

fn some_i32(value: u32) -> Option<Val> {
    Some(Val::I32(value as i32))
}

fn refused(refusal: Refusal) -> Stop {
    match refusal {
        Refusal::OutOfGas => Stop::OutOfInk,
        Refusal::WriteProtection => Stop::Failure("write protection".into()),
    }
}

/// Links methods of [`Host`] under their own names and lists them.
///
/// Functions that use it allow unused parentheses: those around a result type serve where there is none.
macro_rules! link {
    ($linker:expr, $module:expr, { $($name:ident($($argument:ident: $ty:ty),*) $(-> $result:ty)?;)* }) => {{
        $($linker
            .func_wrap($module, stringify!($name), |caller: Caller<'_, Frame>, $($argument: $ty),*| {
                Host::call::<($($result)?)>(caller, stringify!($name), |host| host.$name($($argument),*))
            })
            .expect("every name is linked once");)*
        vec![$(($module, stringify!($name))),*]
    }};
}

/// Links the 42 functions every program may import.
#[allow(unused_parens)]
pub(crate) fn link_vm_hooks(linker: &mut Linker<Frame>) -> Vec<(&'static str, &'static str)> {
    link!(linker, VM_HOOKS, {
        read_args(destination: u32);
        write_result(data: u32, length: u32);
        exit_early(status: u32);
        pay_for_memory_grow(pages: u32);
        storage_load_bytes32(key: u32, destination: u32);
        storage_cache_bytes32(key: u32, value: u32);
        storage_flush_cache(clear: u32);
        transient_load_bytes32(key: u32, destination: u32);
        transient_store_bytes32(key: u32, value: u32);
        call_contract(to: u32, data: u32, length: u32, value: u32, gas: u64, returned: u32) -> u32;
        delegate_call_contract(to: u32, data: u32, length: u32, gas: u64, returned: u32) -> u32;
        static_call_contract(to: u32, data: u32, length: u32, gas: u64, returned: u32) -> u32;
        create1(code: u32, length: u32, endowment: u32, address: u32, returned: u32);
        create2(code: u32, length: u32, endowment: u32, salt: u32, address: u32, returned: u32);
        read_return_data(destination: u32, offset: u32, size: u32) -> u32;
        return_data_size() -> u32;
        emit_log(data: u32, length: u32, topics: u32);
        account_balance(account: u32, destination: u32);
        account_code(account: u32, offset: u32, size: u32, destination: u32) -> u32;
        account_code_size(account: u32) -> u32;
        account_codehash(account: u32, destination: u32);
        evm_gas_left() -> u64;
        evm_ink_left() -> u64;
        block_basefee(destination: u32);
        block_coinbase(destination: u32);
        block_gas_limit() -> u64;
        block_number() -> u64;
        block_timestamp() -> u64;
        chainid() -> u64;
        contract_address(destination: u32);
        math_div(value: u32, divisor: u32);
        math_mod(value: u32, modulus: u32);
        math_pow(value: u32, exponent: u32);
        math_add_mod(value: u32, addend: u32, modulus: u32);
        math_mul_mod(value: u32, multiplier: u32, modulus: u32);
        msg_reentrant() -> u32;
        msg_sender(destination: u32);
        msg_value(destination: u32);
        tx_gas_price(destination: u32);
        tx_ink_price() -> u32;
        tx_origin(destination: u32);
        native_keccak256(data: u32, length: u32, destination: u32);
    })
}

/// Links the debug output.
#[allow(unused_parens)]
pub(crate) fn link_console(linker: &mut Linker<Frame>) -> Vec<(&'static str, &'static str)> {
    link!(linker, CONSOLE, {
        log_txt(text: u32, length: u32);
        log_i32(value: i32);
        log_i64(value: i64);
        tee_i32(value: i32) -> i32;
        tee_i64(value: i64) -> i64;
    })
}
