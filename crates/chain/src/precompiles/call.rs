//! One call of a precompile: its gas, its right to change state, and the state itself.

use alloy::{
    primitives::{Address, Bytes, Log, B256, U256},
    sol_types::{Revert, SolCall, SolError, SolEvent, SolInterface, SolValue},
};
use revm::{
    context::{Block, Cfg, JournalTr},
    context_interface::journaled_state::account::JournaledAccountTr,
    interpreter::{CallInputs, Gas, InstructionResult, InterpreterResult},
};

use crate::evm::Ctx;

/// Gas of opening Arbitrum's state, which every call of a precompile does.
const OPEN_GAS: u64 = 800;
/// Gas of each word of arguments and results.
const WORD_GAS: u64 = 3;

/// Why a call of a precompile fails.
pub(super) enum Failure {
    /// With data for the caller.
    Revert(Bytes),
    /// All gas is gone.
    OutOfGas,
}

impl Failure {
    /// A typed error.
    pub fn error(error: impl SolError) -> Self {
        Failure::Revert(error.abi_encode().into())
    }

    /// An error in words.
    pub fn text(text: impl Into<String>) -> Self {
        Failure::error(Revert::from(text.into()))
    }

    /// A failure without a word.
    pub fn silent() -> Self {
        Failure::Revert(Bytes::new())
    }
}

/// Return data, or why there is none.
pub(super) type Answer = Result<Bytes, Failure>;

/// One call of a precompile.
pub(super) struct PrecompileCall<'a> {
    pub ctx: &'a mut Ctx,
    pub caller: Address,
    pub value: U256,
    /// The precompile.
    pub address: Address,
    pub input: Bytes,
    writable: bool,
    gas: Gas,
}

impl<'a> PrecompileCall<'a> {
    /// Runs a precompile and settles its gas.
    pub fn execute(
        ctx: &'a mut Ctx,
        inputs: &CallInputs,
        run: impl FnOnce(&mut PrecompileCall<'_>) -> Answer,
    ) -> InterpreterResult {
        let input = inputs.input.bytes(ctx);
        let mut call = PrecompileCall {
            caller: inputs.caller,
            value: inputs.call_value(),
            address: inputs.bytecode_address,
            writable: !inputs.is_static && inputs.target_address == inputs.bytecode_address,
            gas: Gas::new(inputs.gas_limit),
            input,
            ctx,
        };
        let opening = OPEN_GAS + WORD_GAS * call.input.len().div_ceil(32) as u64;
        let answer = call
            .burn(opening)
            .and_then(|()| run(&mut call))
            .and_then(|output| {
                call.burn(WORD_GAS * output.len().div_ceil(32) as u64)?;
                Ok(output)
            });
        let (result, output) = match answer {
            Ok(output) => (InstructionResult::Return, output),
            Err(Failure::Revert(data)) => (InstructionResult::Revert, data),
            Err(Failure::OutOfGas) => (InstructionResult::PrecompileOOG, Bytes::new()),
        };
        InterpreterResult {
            result,
            output,
            gas: call.gas,
        }
    }

    /// The function called. An unknown selector reverts without data.
    pub fn decode<I: SolInterface>(&self) -> Result<I, Failure> {
        I::abi_decode(&self.input).map_err(|_| Failure::silent())
    }

    /// Spends gas.
    pub fn burn(&mut self, gas: u64) -> Result<(), Failure> {
        if self.gas.record_regular_cost(gas) {
            return Ok(());
        }
        self.gas.spend_all();
        Err(Failure::OutOfGas)
    }

    /// Gas left.
    pub fn gas_left(&self) -> u64 {
        self.gas.remaining()
    }

    /// Refuses ETH.
    pub fn not_payable(&self) -> Result<(), Failure> {
        if self.value.is_zero() {
            Ok(())
        } else {
            Err(Failure::silent())
        }
    }

    /// Refuses static and delegate calls, where state must not change.
    pub fn writes(&self) -> Result<(), Failure> {
        if self.writable {
            Ok(())
        } else {
            Err(Failure::silent())
        }
    }

    /// Seconds since the epoch.
    pub fn now(&self) -> u64 {
        self.ctx.block.timestamp().saturating_to()
    }

    /// A slot of the precompile's own storage.
    pub fn load(&mut self, slot: U256) -> U256 {
        load(self.ctx, self.address, slot)
    }

    /// Writes a slot of the precompile's own storage.
    pub fn store(&mut self, slot: U256, value: U256) {
        store(self.ctx, self.address, slot, value);
    }

    /// Emits an event of the precompile and pays for it.
    pub fn emit(&mut self, event: impl SolEvent) -> Result<(), Failure> {
        let data = event.encode_log_data();
        let gas = self
            .ctx
            .cfg
            .gas_params()
            .log_cost(data.topics().len() as u8, data.data.len() as u64);
        self.burn(375 + gas)?;
        self.ctx.journaled_state.log(Log {
            address: self.address,
            data,
        });
        Ok(())
    }

    /// Credits an account without running it.
    pub fn credit(&mut self, account: Address, wei: U256) {
        let Ok(mut loaded) = self.ctx.journaled_state.load_account_mut(account);
        loaded.incr_balance(wei);
    }

    /// Takes wei from an account; false if it has too little.
    pub fn debit(&mut self, account: Address, wei: U256) -> bool {
        let Ok(mut loaded) = self.ctx.journaled_state.load_account_mut(account);
        loaded.decr_balance(wei)
    }

    /// Code hash and code of an account.
    pub fn code(&mut self, account: Address) -> (B256, Bytes) {
        let Ok(loaded) = self.ctx.journaled_state.load_account_with_code(account);
        (
            loaded.info.code_hash,
            loaded
                .info
                .code
                .as_ref()
                .map(|code| code.original_bytes())
                .unwrap_or_default(),
        )
    }
}

/// A storage slot of a system account, free of gas.
pub(super) fn load(ctx: &mut Ctx, account: Address, slot: U256) -> U256 {
    let Ok(_) = ctx.journaled_state.load_account(account);
    let Ok(loaded) = ctx.journaled_state.sload(account, slot);
    loaded.data
}

/// Writes a storage slot of a system account, free of gas.
pub(super) fn store(ctx: &mut Ctx, account: Address, slot: U256, value: U256) {
    let Ok(_) = ctx.journaled_state.load_account(account);
    let Ok(_) = ctx.journaled_state.sstore(account, slot, value);
    ctx.journaled_state.touch_account(account);
}

/// Encodes a function's results.
pub(super) fn returns<C: SolCall>(results: C::Return) -> Answer {
    Ok(C::abi_encode_returns(&results).into())
}

/// Encodes results given as a tuple.
pub(super) fn returns_tuple<T: SolValue>(results: T) -> Answer
where
    for<'b> <T::SolType as alloy::sol_types::SolType>::Token<'b>:
        alloy::sol_types::abi::TokenSeq<'b>,
{
    Ok(results.abi_encode_params().into())
}
