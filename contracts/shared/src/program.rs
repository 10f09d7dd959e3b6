//! The entry point of every contract, and its dispatch.

use alloc::vec::Vec;

use alloy_primitives::{FixedBytes, U256};
use alloy_sol_types::SolError;

use crate::{
    abi::{revert, Answer, Call, Word},
    host,
    interfaces::ICommon,
};

/// A contract: what it answers to calldata and to plain ETH.
pub trait Program {
    /// Runs the function that the selector names; [`unknown_function`] if there is none.
    fn route(call: &Call, calldata: &[u8]) -> Answer;

    /// Runs on empty calldata. Refuses unless the contract says otherwise.
    fn receive(_value: U256) -> Answer {
        Err(Vec::new())
    }
}

/// Runs one call. Calldata that does not decode and ETH that no function took revert with empty data.
pub fn run<P: Program>(calldata: &[u8]) -> Answer {
    let value = host::value();
    if calldata.is_empty() {
        return P::receive(value);
    }
    let Some((selector, arguments)) = calldata.split_first_chunk::<4>() else {
        return Err(Vec::new());
    };
    let call = Call::new(*selector, arguments, value);
    let answer = P::route(&call, calldata)?;
    if call.has_untaken_value() {
        return Err(Vec::new());
    }
    Ok(answer)
}

/// Refuses a selector that no function has.
pub fn unknown_function(call: &Call) -> Answer {
    Err(revert(
        ICommon::UnknownFunction::SELECTOR,
        &[FixedBytes::new(call.selector).word()],
    ))
}

/// Makes a [`Program`] the entry point of its crate.
#[macro_export]
macro_rules! entry_point {
    ($program:ty) => {
        // The SDK's macro documents none of the functions it generates.
        #[allow(missing_docs)]
        mod entry_point {
            use super::*;

            use stylus_sdk::prelude::*;

            #[entrypoint]
            fn entry(
                calldata: alloc::vec::Vec<u8>,
                _: stylus_sdk::host::VM,
            ) -> clay_shared::abi::Answer {
                clay_shared::program::run::<$program>(&calldata)
            }

            /// No message, no unwinding: a panic is a bug, and its text would cost every call.
            #[cfg(target_arch = "wasm32")]
            #[panic_handler]
            fn panic(_: &core::panic::PanicInfo) -> ! {
                core::arch::wasm32::unreachable()
            }
        }
    };
}
