//! Arbitrum's precompiles beside Ethereum's.
//!
//! Their state lives in the storage of their own accounts, so that the journal takes it back with everything
//! else when a frame fails.

mod arb_gas_info;
mod arb_retryable_tx;
mod arb_sys;
mod arb_wasm;
mod arb_wasm_cache;
mod cache_manager;
mod call;

pub(crate) use arb_retryable_tx::{escrow, ticket_slot, LIFETIME};
pub(crate) use arb_wasm::{active_program, ProgramFault};

use alloy::primitives::Address;
use revm::{
    handler::{EthPrecompiles, PrecompileProvider},
    interpreter::{CallInputs, InterpreterResult},
    primitives::hardfork::SpecId,
};

use crate::{abi, evm::Ctx};
use call::PrecompileCall;

/// Arbitrum's precompiles and the cache manager, which is built in as well.
pub(crate) const ADDRESSES: [Address; 6] = [
    abi::ARB_SYS,
    abi::ARB_GAS_INFO,
    abi::ARB_RETRYABLE_TX,
    abi::ARB_WASM,
    abi::ARB_WASM_CACHE,
    abi::CACHE_MANAGER,
];

/// All precompiles.
pub(crate) struct ArbPrecompiles {
    ethereum: EthPrecompiles,
}

impl ArbPrecompiles {
    /// Those of the pinned specification.
    pub fn new() -> Self {
        ArbPrecompiles {
            ethereum: EthPrecompiles::new(crate::evm::SPEC),
        }
    }
}

impl PrecompileProvider<Ctx> for ArbPrecompiles {
    type Output = InterpreterResult;

    fn set_spec(&mut self, spec: SpecId) -> bool {
        <EthPrecompiles as PrecompileProvider<Ctx>>::set_spec(&mut self.ethereum, spec)
    }

    fn run(
        &mut self,
        ctx: &mut Ctx,
        inputs: &CallInputs,
    ) -> Result<Option<InterpreterResult>, String> {
        let run = match inputs.bytecode_address {
            abi::ARB_SYS => arb_sys::run,
            abi::ARB_GAS_INFO => arb_gas_info::run,
            abi::ARB_RETRYABLE_TX => arb_retryable_tx::run,
            abi::ARB_WASM => arb_wasm::run,
            abi::ARB_WASM_CACHE => arb_wasm_cache::run,
            abi::CACHE_MANAGER => cache_manager::run,
            _ => return self.ethereum.run(ctx, inputs),
        };
        Ok(Some(PrecompileCall::execute(ctx, inputs, run)))
    }

    fn warm_addresses(&self) -> Box<impl Iterator<Item = Address>> {
        Box::new(self.ethereum.warm_addresses().chain(ADDRESSES))
    }

    fn contains(&self, address: &Address) -> bool {
        ADDRESSES.contains(address) || self.ethereum.contains(address)
    }
}
