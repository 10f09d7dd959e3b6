//! State of one call frame, and the host functions' view of it: memory, ink and requests.

use std::{collections::BTreeMap, fmt};

use alloy::primitives::{Address, Bytes, B256, U256};
use wasmi::{AsContextMut, Caller, Error, Global, Instance, Memory, Store, StoreContextMut, Val};

use crate::{hostio::Pending, instrument, storage_cache::StorageCache, Env, Request};

/// What a frame spent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Calls and ink of every host function that came to its end, by name.
    pub hostio: BTreeMap<&'static str, HostUse>,
    /// Ink spent so far, host functions included and the pages at the start excluded.
    pub ink_used: u64,
    /// Gas paid for the pages the program starts with.
    pub page_gas: u64,
    /// Pages of memory opened: those at the start and those asked for since.
    pub pages: u16,
}

/// Use of one host function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostUse {
    /// Number of calls.
    pub n: u64,
    /// Ink of all calls together.
    pub ink: u64,
}

/// State of a frame besides its memory and globals.
#[derive(Default)]
pub(crate) struct Frame {
    pub env: Env,
    pub input: Bytes,
    pub output: Bytes,
    /// What the last call or create returned.
    pub return_data: Bytes,
    pub cache: StorageCache,
    /// The account whose code was read last, if it has any. Reading it again is free of gas.
    pub last_code: Option<(Address, Bytes)>,
    pub profile: Profile,
    /// What was asked of the chain and not yet answered.
    pub asked: Option<Asked>,
    pub handles: Option<Handles>,
}

/// A host function that waits for the chain.
pub(crate) struct Asked {
    pub request: Request,
    pub pending: Pending,
    name: &'static str,
    ink_before: u64,
}

#[derive(Clone, Copy)]
pub(crate) struct Handles {
    memory: Memory,
    ink: Global,
}

/// Why a host function does not return to the program.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The chain has to answer first.
    Asked,
    OutOfInk,
    /// The program ended itself, with a status.
    Exit(u32),
    Failure(String),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Stop {}
impl wasmi::errors::HostError for Stop {}

/// What host functions work with.
pub(crate) struct Host<'a> {
    store: StoreContextMut<'a, Frame>,
    handles: Handles,
}

/// Finds memory and ink of a new instance and gives it `ink`.
pub(crate) fn attach(store: &mut Store<Frame>, instance: &Instance, ink: u64) {
    let memory = instance
        .get_memory(&*store, "memory")
        .expect("checked when the program was parsed");
    let global = instance
        .get_global(&*store, instrument::INK)
        .expect("added by the instrumentation");
    store.data_mut().handles = Some(Handles {
        memory,
        ink: global,
    });
    Host::new(store.as_context_mut()).set_ink(ink);
}

impl<'a> Host<'a> {
    /// The host side of a frame that is attached to an instance.
    pub fn new(store: StoreContextMut<'a, Frame>) -> Self {
        let handles = store.data().handles.expect("attached before anything runs");
        Host { store, handles }
    }

    /// Runs a host function called by the program.
    pub fn call<R>(
        mut caller: Caller<'_, Frame>,
        name: &'static str,
        function: impl FnOnce(&mut Host) -> Result<R, Stop>,
    ) -> Result<R, Error> {
        let mut host = Host::new(caller.as_context_mut());
        let ink_before = host.ink();
        let result = function(&mut host);
        host.finish(name, ink_before, result).map_err(Error::host)
    }

    /// Continues a host function that waited for the chain, with what `function` makes of the answer.
    pub fn resume(
        &mut self,
        function: impl FnOnce(&mut Host, Pending) -> Result<Option<Val>, Stop>,
    ) -> Result<Option<Val>, Stop> {
        let asked = self
            .frame()
            .asked
            .take()
            .expect("resumed only after a request");
        let result = function(self, asked.pending);
        self.finish(asked.name, asked.ink_before, result)
    }

    fn finish<R>(
        &mut self,
        name: &'static str,
        ink_before: u64,
        result: Result<R, Stop>,
    ) -> Result<R, Stop> {
        match &result {
            Ok(_) | Err(Stop::Exit(_)) => {
                let ink = ink_before - self.ink();
                let entry = self.frame().profile.hostio.entry(name).or_default();
                entry.n += 1;
                entry.ink += ink;
            }
            Err(Stop::Asked) => {
                let asked = self
                    .frame()
                    .asked
                    .as_mut()
                    .expect("set together with the stop");
                (asked.name, asked.ink_before) = (name, ink_before);
            }
            Err(Stop::OutOfInk | Stop::Failure(_)) => {}
        }
        result
    }

    /// Leaves the program until the chain has answered.
    pub fn ask<R>(&mut self, request: Request, pending: Pending) -> Result<R, Stop> {
        self.frame().asked = Some(Asked {
            request,
            pending,
            name: "",
            ink_before: 0,
        });
        Err(Stop::Asked)
    }

    pub fn frame(&mut self) -> &mut Frame {
        self.store.data_mut()
    }

    pub fn env(&self) -> &Env {
        &self.store.data().env
    }

    // Ink. One gas buys `ink_price` ink; gas figures are rounded down.

    pub fn ink(&self) -> u64 {
        match self.handles.ink.get(&self.store) {
            Val::I64(ink) => ink as u64,
            other => unreachable!("the ink is an i64, not {other:?}"),
        }
    }

    pub fn set_ink(&mut self, ink: u64) {
        let ink = Val::I64(ink as i64);
        self.handles
            .ink
            .set(&mut self.store, ink)
            .expect("a mutable i64");
    }

    pub fn gas_left(&self) -> u64 {
        self.ink_to_gas(self.ink())
    }

    pub fn ink_to_gas(&self, ink: u64) -> u64 {
        ink / u64::from(self.env().ink_price.max(1))
    }

    fn gas_to_ink(&self, gas: u64) -> u64 {
        gas.saturating_mul(self.env().ink_price.into())
    }

    pub fn buy(&mut self, ink: u64) -> Result<(), Stop> {
        let left = self.ink().checked_sub(ink).ok_or(Stop::OutOfInk)?;
        self.set_ink(left);
        Ok(())
    }

    pub fn buy_gas(&mut self, gas: u64) -> Result<(), Stop> {
        self.buy(self.gas_to_ink(gas))
    }

    /// Stops unless so much gas is left; spends nothing.
    pub fn require_gas(&mut self, gas: u64) -> Result<(), Stop> {
        if self.ink() < self.gas_to_ink(gas) {
            return Err(Stop::OutOfInk);
        }
        Ok(())
    }

    // Memory of the program.

    pub fn read<const N: usize>(&self, pointer: u32) -> Result<[u8; N], Stop> {
        let mut bytes = [0; N];
        self.handles
            .memory
            .read(&self.store, pointer as usize, &mut bytes)
            .map_err(|_| outside(pointer, N))?;
        Ok(bytes)
    }

    pub fn read_bytes(&self, pointer: u32, length: u32) -> Result<Bytes, Stop> {
        let (start, length) = (pointer as usize, length as usize);
        let memory = self.handles.memory.data(&self.store);
        let bytes = memory
            .get(start..start.saturating_add(length))
            .ok_or_else(|| outside(pointer, length))?;
        Ok(Bytes::copy_from_slice(bytes))
    }

    pub fn read_word(&self, pointer: u32) -> Result<B256, Stop> {
        self.read(pointer).map(B256::new)
    }

    pub fn read_u256(&self, pointer: u32) -> Result<U256, Stop> {
        self.read(pointer).map(U256::from_be_bytes::<32>)
    }

    pub fn read_address(&self, pointer: u32) -> Result<Address, Stop> {
        self.read(pointer).map(Address::new)
    }

    pub fn write(&mut self, pointer: u32, bytes: &[u8]) -> Result<(), Stop> {
        let memory = self.handles.memory;
        memory
            .write(&mut self.store, pointer as usize, bytes)
            .map_err(|_| outside(pointer, bytes.len()))
    }

    pub fn write_u256(&mut self, pointer: u32, value: U256) -> Result<(), Stop> {
        self.write(pointer, &value.to_be_bytes::<32>())
    }
}

fn outside(pointer: u32, length: usize) -> Stop {
    Stop::Failure(format!(
        "{length} bytes at {pointer:#x} are outside of memory"
    ))
}
