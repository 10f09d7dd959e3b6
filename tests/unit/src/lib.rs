//! Puts a contract's program under motsu, so that a test calls it through its calldata as anybody would.

use std::marker::PhantomData;

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolError};
use clay_shared::{
    abi::Answer,
    program::{self, Program},
    storage::Slot,
    upgradeable::IMPLEMENTATION_SLOT,
};
use motsu::prelude::*;
use stylus_sdk::{abi::Router, host::VM, prelude::*, stylus_core::ValueDenier, ArbResult};

/// A program as a contract that motsu can deploy.
pub struct Deployed<P> {
    program: PhantomData<P>,
}

impl<P: Program> Deployed<P> {
    /// Calls a function and decodes what it returns; the revert data if it refuses.
    pub fn call<C: SolCall>(&mut self, call: C) -> Result<C::Return, Vec<u8>> {
        let returned = self.call_raw(&call.abi_encode())?;
        Ok(C::abi_decode_returns(&returned, true).expect("the declared return type"))
    }

    /// Calls a function that must refuse, and returns its revert data. What it changed is undone.
    pub fn refusal<C: SolCall>(&mut self, call: C) -> Vec<u8> {
        self.call_raw(&call.abi_encode())
            .motsu_expect_err(C::SIGNATURE)
    }

    /// Runs code on the contract's storage, as a function of its own would.
    pub fn inside<T>(&mut self, code: impl FnOnce() -> T) -> T {
        code()
    }

    /// Calls with any calldata.
    pub fn call_raw(&mut self, calldata: &[u8]) -> Answer {
        program::run::<P>(calldata)
    }
}

impl<P: Program> Deployed<P> {
    /// Makes the contract believe that an ERC-1967 proxy runs it.
    pub fn behind_proxy(&mut self) -> &mut Self {
        Slot::at_hash(IMPLEMENTATION_SLOT).set(U256::from(1));
        self
    }
}

impl<P> StorageType for Deployed<P> {
    type Wraps<'a>
        = &'a Self
    where
        Self: 'a;
    type WrapsMut<'a>
        = &'a mut Self
    where
        Self: 'a;

    unsafe fn new(_: U256, _: u8, _: VM) -> Self {
        Self {
            program: PhantomData,
        }
    }

    fn load<'s>(self) -> Self::Wraps<'s> {
        unreachable!("a contract is not part of another's storage")
    }

    fn load_mut<'s>(self) -> Self::WrapsMut<'s> {
        unreachable!("a contract is not part of another's storage")
    }
}

// SAFETY: programs address their slots themselves, and each test calls one at a time.
unsafe impl<P> TopLevelStorage for Deployed<P> {}

impl<P> ValueDenier for Deployed<P> {
    fn deny_value(&self, _: &str) -> Result<(), Vec<u8>> {
        Ok(())
    }
}

impl<P: Program> Router<Self> for Deployed<P> {
    type Storage = Self;

    fn route(_: &mut Self, selector: u32, input: &[u8]) -> Option<ArbResult> {
        let calldata = [&selector.to_be_bytes(), input].concat();
        Some(program::run::<P>(&calldata))
    }

    fn receive(_: &mut Self) -> Option<Result<(), Vec<u8>>> {
        Some(program::run::<P>(&[]).map(|_| ()))
    }

    fn fallback(_: &mut Self, _: &[u8]) -> Option<ArbResult> {
        None
    }

    fn constructor(_: &mut Self, _: &[u8]) -> Option<ArbResult> {
        None
    }
}

/// Calls a function that must not refuse, as somebody.
#[track_caller]
pub fn run<P: Program + 'static, C: SolCall>(
    contract: &Contract<Deployed<P>>,
    from: Address,
    call: C,
) -> C::Return {
    let answer = contract.sender(from).call(call);
    answer.unwrap_or_else(|data| panic!("{}: {data:02x?}", C::SIGNATURE))
}

/// Calls a function that must refuse with exactly this error, as somebody.
#[track_caller]
pub fn refuses<P: Program + 'static>(
    contract: &Contract<Deployed<P>>,
    from: Address,
    call: impl SolCall,
    error: impl SolError,
) {
    assert_eq!(contract.sender(from).refusal(call), error.abi_encode());
}
