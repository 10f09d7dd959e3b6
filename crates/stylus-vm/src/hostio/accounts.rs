//! Host functions on logs and on other accounts.

use alloy::primitives::{Address, Bytes};

use super::{calls::part, Pending};
use crate::{
    frame::{Host, Stop},
    ink, Request,
};

/// Gas of touching an account that is cold.
const COLD_ACCOUNT_GAS: u64 = 2_600;
/// Gas of a log, and again of each of its topics.
const LOG_TOPIC_GAS: u64 = 375;
/// Gas of each byte of a log's data.
const LOG_BYTE_GAS: u64 = 8;

impl Host<'_> {
    /// `data` starts with the topics.
    pub fn emit_log(&mut self, data: u32, length: u32, topics: u32) -> Result<(), Stop> {
        self.buy(ink::HOST + ink::EVM_ACCESS)?;
        if topics > 4 || length < topics * 32 {
            return Err(Stop::Failure(format!(
                "{topics} topics in a log of {length} bytes"
            )));
        }
        let topic_bytes = topics * 32;
        self.buy(ink::read(length))?;
        let bytes = u64::from(length - topic_bytes);
        self.require_gas(LOG_TOPIC_GAS * u64::from(1 + topics) + LOG_BYTE_GAS * bytes)?;
        let data = self.read_bytes(data, length)?;
        let request = Request::EmitLog {
            topics: data[..topic_bytes as usize]
                .chunks_exact(32)
                .map(alloy::primitives::B256::from_slice)
                .collect(),
            data: data.slice(topic_bytes as usize..),
        };
        self.ask(request, Pending::StateChange)
    }

    pub fn account_balance(&mut self, account: u32, destination: u32) -> Result<(), Stop> {
        self.buy(ink::HOST + 2 * ink::POINTER + ink::EVM_ACCESS)?;
        self.require_gas(COLD_ACCOUNT_GAS)?;
        let account = self.read_address(account)?;
        self.ask(
            Request::AccountBalance { account },
            Pending::Word { destination },
        )
    }

    pub fn account_codehash(&mut self, account: u32, destination: u32) -> Result<(), Stop> {
        self.buy(ink::HOST + 2 * ink::POINTER + ink::EVM_ACCESS)?;
        self.require_gas(COLD_ACCOUNT_GAS)?;
        let account = self.read_address(account)?;
        self.ask(
            Request::AccountCodeHash { account },
            Pending::Word { destination },
        )
    }

    pub fn account_code_size(&mut self, account: u32) -> Result<u32, Stop> {
        let account = self.start_reading_code(account)?;
        match self.last_code(account) {
            Some(code) => Ok(code.len() as u32),
            None => self.ask_for_code(account, Pending::CodeSize { account }),
        }
    }

    pub fn code_size_known(
        &mut self,
        account: Address,
        code: Bytes,
        gas: u64,
    ) -> Result<u32, Stop> {
        self.keep_code(account, &code, gas)?;
        Ok(code.len() as u32)
    }

    /// Copies as much as there is and returns how much that was.
    pub fn account_code(
        &mut self,
        account: u32,
        offset: u32,
        size: u32,
        destination: u32,
    ) -> Result<u32, Stop> {
        let account = self.start_reading_code(account)?;
        match self.last_code(account) {
            Some(code) => self.write_code(&code, offset, size, destination),
            None => self.ask_for_code(
                account,
                Pending::Code {
                    account,
                    offset,
                    size,
                    destination,
                },
            ),
        }
    }

    pub fn code_known(
        &mut self,
        account: Address,
        code: Bytes,
        gas: u64,
        offset: u32,
        size: u32,
        destination: u32,
    ) -> Result<u32, Stop> {
        self.keep_code(account, &code, gas)?;
        self.write_code(&code, offset, size, destination)
    }

    fn start_reading_code(&mut self, account: u32) -> Result<Address, Stop> {
        self.buy(ink::HOST + ink::EVM_ACCESS)?;
        self.require_gas(COLD_ACCOUNT_GAS)?;
        self.read_address(account)
    }

    fn last_code(&mut self, account: Address) -> Option<Bytes> {
        let (last, code) = self.frame().last_code.as_ref()?;
        (*last == account).then(|| code.clone())
    }

    fn ask_for_code(&mut self, account: Address, pending: Pending) -> Result<u32, Stop> {
        let gas_left = self.gas_left();
        self.ask(Request::AccountCode { account, gas_left }, pending)
    }

    fn keep_code(&mut self, account: Address, code: &Bytes, gas: u64) -> Result<(), Stop> {
        self.buy_gas(gas)?;
        if !code.is_empty() {
            self.frame().last_code = Some((account, code.clone()));
        }
        Ok(())
    }

    fn write_code(
        &mut self,
        code: &Bytes,
        offset: u32,
        size: u32,
        destination: u32,
    ) -> Result<u32, Stop> {
        // The whole code is paid for, however little of it is copied.
        self.buy(ink::write(code.len()))?;
        let part = part(code, offset, size);
        self.write(destination, part)?;
        Ok(part.len() as u32)
    }
}
