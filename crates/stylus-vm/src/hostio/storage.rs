//! Host functions on storage: the frame's cache, transient storage and memory pages.

use alloy::primitives::B256;

use super::Pending;
use crate::{
    frame::{Host, Stop},
    ink,
    storage_cache::MAX_ACCESS_GAS,
    Request,
};

/// Gas of an SLOAD that finds the slot cold.
const COLD_LOAD_GAS: u64 = 2_100;
/// Gas that must be left for any SSTORE.
const STORE_SENTRY_GAS: u64 = 2_300;
/// Gas of a TLOAD or TSTORE.
const TRANSIENT_GAS: u64 = 100;

impl Host<'_> {
    pub fn storage_load_bytes32(&mut self, key: u32, destination: u32) -> Result<(), Stop> {
        self.buy(ink::HOST + 2 * ink::POINTER)?;
        self.require_gas(COLD_LOAD_GAS + MAX_ACCESS_GAS + self.ink_to_gas(ink::EVM_ACCESS))?;
        let key = self.read_word(key)?;
        let Some(value) = self.frame().cache.get(&key) else {
            return self.ask(
                Request::StorageLoad { key },
                Pending::StorageLoad { key, destination },
            );
        };
        let gas = self.frame().cache.read_gas();
        self.buy_gas(gas)?;
        self.write(destination, &value[..])
    }

    pub fn storage_loaded(
        &mut self,
        key: B256,
        destination: u32,
        value: B256,
        gas: u64,
    ) -> Result<(), Stop> {
        let cache = &mut self.frame().cache;
        let read_gas = cache.read_gas();
        cache.loaded(key, value);
        // The trip to the state is charged in whole gas here.
        self.buy_gas(gas.saturating_add(read_gas + self.ink_to_gas(ink::EVM_ACCESS)))?;
        self.write(destination, &value[..])
    }

    pub fn storage_cache_bytes32(&mut self, key: u32, value: u32) -> Result<(), Stop> {
        self.buy(ink::HOST + 2 * ink::POINTER)?;
        self.require_gas(STORE_SENTRY_GAS + MAX_ACCESS_GAS)?;
        let (key, value) = (self.read_word(key)?, self.read_word(value)?);
        let cache = &mut self.frame().cache;
        cache.write(key, value);
        let gas = cache.write_gas();
        self.buy_gas(gas)
    }

    pub fn storage_flush_cache(&mut self, clear: u32) -> Result<(), Stop> {
        self.buy(ink::HOST + ink::EVM_ACCESS)?;
        self.require_gas(STORE_SENTRY_GAS)?;
        let writes = self.frame().cache.flush(clear != 0);
        if writes.is_empty() {
            return Ok(());
        }
        let gas_left = self.gas_left();
        self.ask(
            Request::StorageFlush { writes, gas_left },
            Pending::StateChange,
        )
    }

    pub fn transient_load_bytes32(&mut self, key: u32, destination: u32) -> Result<(), Stop> {
        self.buy(ink::HOST + 2 * ink::POINTER + ink::EVM_ACCESS)?;
        self.require_gas(TRANSIENT_GAS)?;
        let key = self.read_word(key)?;
        self.ask(
            Request::TransientLoad { key },
            Pending::Word { destination },
        )
    }

    pub fn transient_store_bytes32(&mut self, key: u32, value: u32) -> Result<(), Stop> {
        self.buy(ink::HOST + 2 * ink::POINTER + ink::EVM_ACCESS)?;
        self.require_gas(TRANSIENT_GAS)?;
        let (key, value) = (self.read_word(key)?, self.read_word(value)?);
        self.ask(Request::TransientStore { key, value }, Pending::StateChange)
    }

    /// Called by the instrumentation before memory grows; programs call it with 0 so that it is imported.
    pub fn pay_for_memory_grow(&mut self, pages: u32) -> Result<(), Stop> {
        // The count is 16 bits wide; memory cannot grow by more anyway.
        let pages = pages as u16;
        if pages == 0 {
            return self.buy(ink::HOST);
        }
        self.ask(Request::AddPages { pages }, Pending::Pages { pages })
    }

    pub fn paid_for_pages(&mut self, pages: u16, gas: u64) -> Result<(), Stop> {
        self.buy_gas(gas)?;
        let profile = &mut self.frame().profile;
        profile.pages = profile.pages.saturating_add(pages);
        Ok(())
    }
}
