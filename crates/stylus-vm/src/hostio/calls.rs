//! Host functions that run other code: calls, creations, and what they returned.

use alloy::primitives::{Address, Bytes, U256};

use super::Pending;
use crate::{
    frame::{Host, Stop},
    ink, CallKind, Request,
};

/// What a program sees when a call failed.
const CALL_FAILED: u32 = 2;

impl Host<'_> {
    pub fn call_contract(
        &mut self,
        to: u32,
        data: u32,
        length: u32,
        value: u32,
        gas: u64,
        returned: u32,
    ) -> Result<u32, Stop> {
        self.start_call(CallKind::Call, to, data, length, Some(value), gas, returned)
    }

    pub fn delegate_call_contract(
        &mut self,
        to: u32,
        data: u32,
        length: u32,
        gas: u64,
        returned: u32,
    ) -> Result<u32, Stop> {
        self.start_call(CallKind::Delegate, to, data, length, None, gas, returned)
    }

    pub fn static_call_contract(
        &mut self,
        to: u32,
        data: u32,
        length: u32,
        gas: u64,
        returned: u32,
    ) -> Result<u32, Stop> {
        self.start_call(CallKind::Static, to, data, length, None, gas, returned)
    }

    #[allow(clippy::too_many_arguments)]
    fn start_call(
        &mut self,
        kind: CallKind,
        to: u32,
        data: u32,
        length: u32,
        value: Option<u32>,
        gas: u64,
        returned: u32,
    ) -> Result<u32, Stop> {
        self.buy(ink::HOST + 3 * ink::POINTER + ink::EVM_ACCESS + 2 * ink::read(length))?;
        let gas_left = self.gas_left();
        let request = Request::Call {
            kind,
            to: self.read_address(to)?,
            input: self.read_bytes(data, length)?,
            value: value.map_or(Ok(U256::ZERO), |value| self.read_u256(value))?,
            gas_left,
            gas_requested: gas.min(gas_left),
        };
        self.ask(
            request,
            Pending::Call {
                length_destination: returned,
            },
        )
    }

    pub fn called(
        &mut self,
        length_destination: u32,
        success: bool,
        gas: u64,
        output: Bytes,
    ) -> Result<u32, Stop> {
        self.buy_gas(gas)?;
        self.keep_return_data(length_destination, output)?;
        Ok(if success { 0 } else { CALL_FAILED })
    }

    pub fn create1(
        &mut self,
        code: u32,
        length: u32,
        endowment: u32,
        address: u32,
        returned: u32,
    ) -> Result<(), Stop> {
        self.start_create(
            3 * ink::POINTER,
            code,
            length,
            endowment,
            None,
            address,
            returned,
        )
    }

    pub fn create2(
        &mut self,
        code: u32,
        length: u32,
        endowment: u32,
        salt: u32,
        address: u32,
        returned: u32,
    ) -> Result<(), Stop> {
        self.start_create(
            4 * ink::POINTER,
            code,
            length,
            endowment,
            Some(salt),
            address,
            returned,
        )
    }

    #[allow(clippy::too_many_arguments)]
    fn start_create(
        &mut self,
        pointers: u64,
        code: u32,
        length: u32,
        endowment: u32,
        salt: Option<u32>,
        address: u32,
        returned: u32,
    ) -> Result<(), Stop> {
        self.buy(ink::HOST + pointers + ink::EVM_ACCESS + 2 * ink::read(length))?;
        let request = Request::Create {
            code: self.read_bytes(code, length)?,
            endowment: self.read_u256(endowment)?,
            salt: salt.map(|salt| self.read_word(salt)).transpose()?,
            gas_left: self.gas_left(),
        };
        self.ask(
            request,
            Pending::Create {
                address_destination: address,
                length_destination: returned,
            },
        )
    }

    pub fn created(
        &mut self,
        address_destination: u32,
        length_destination: u32,
        address: Option<Address>,
        gas: u64,
        output: Bytes,
    ) -> Result<(), Stop> {
        self.buy_gas(gas)?;
        self.keep_return_data(length_destination, output)?;
        self.write(address_destination, address.unwrap_or_default().as_slice())
    }

    fn keep_return_data(&mut self, length_destination: u32, output: Bytes) -> Result<(), Stop> {
        let length = output.len() as u32;
        self.frame().return_data = output;
        self.write(length_destination, &length.to_le_bytes())
    }

    /// Copies as much as there is and returns how much that was.
    pub fn read_return_data(
        &mut self,
        destination: u32,
        offset: u32,
        size: u32,
    ) -> Result<u32, Stop> {
        self.buy(ink::HOST + ink::EVM_ACCESS)?;
        let data = self.frame().return_data.clone();
        let part = part(&data, offset, size);
        self.buy(ink::write(part.len()))?;
        if !part.is_empty() {
            self.write(destination, part)?;
        }
        Ok(part.len() as u32)
    }

    pub fn return_data_size(&mut self) -> Result<u32, Stop> {
        self.buy(ink::HOST)?;
        Ok(self.frame().return_data.len() as u32)
    }
}

/// The part of `data` that lies within `size` bytes from `offset`.
pub(super) fn part(data: &[u8], offset: u32, size: u32) -> &[u8] {
    let start = (offset as usize).min(data.len());
    let end = start.saturating_add(size as usize).min(data.len());
    &data[start..end]
}
