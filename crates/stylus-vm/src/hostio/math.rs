//! Host functions that compute: 256-bit arithmetic as in the EVM, and keccak.

use alloy::primitives::{keccak256, U256};

use crate::{
    frame::{Host, Stop},
    ink,
};

impl Host<'_> {
    /// Zero if divided by zero.
    pub fn math_div(&mut self, value: u32, divisor: u32) -> Result<(), Stop> {
        self.buy(ink::HOST + 3 * ink::POINTER + ink::DIV)?;
        let result = self.read_u256(value)?.checked_div(self.read_u256(divisor)?);
        self.write_u256(value, result.unwrap_or_default())
    }

    /// Zero if divided by zero.
    pub fn math_mod(&mut self, value: u32, modulus: u32) -> Result<(), Stop> {
        self.buy(ink::HOST + 3 * ink::POINTER + ink::DIV)?;
        let result = self.read_u256(value)?.checked_rem(self.read_u256(modulus)?);
        self.write_u256(value, result.unwrap_or_default())
    }

    /// Modulo 2^256.
    pub fn math_pow(&mut self, value: u32, exponent: u32) -> Result<(), Stop> {
        self.buy(ink::HOST + 3 * ink::POINTER)?;
        let (base, power): (U256, U256) = (self.read_u256(value)?, self.read_u256(exponent)?);
        self.buy(ink::pow(power.byte_len()))?;
        self.write_u256(value, base.wrapping_pow(power))
    }

    /// Zero if the modulus is zero.
    pub fn math_add_mod(&mut self, value: u32, addend: u32, modulus: u32) -> Result<(), Stop> {
        self.buy(ink::HOST + 4 * ink::POINTER + ink::ADD_MOD)?;
        let result = self
            .read_u256(value)?
            .add_mod(self.read_u256(addend)?, self.read_u256(modulus)?);
        self.write_u256(value, result)
    }

    /// Zero if the modulus is zero.
    pub fn math_mul_mod(&mut self, value: u32, multiplier: u32, modulus: u32) -> Result<(), Stop> {
        self.buy(ink::HOST + 4 * ink::POINTER + ink::MUL_MOD)?;
        let result = self
            .read_u256(value)?
            .mul_mod(self.read_u256(multiplier)?, self.read_u256(modulus)?);
        self.write_u256(value, result)
    }

    pub fn native_keccak256(
        &mut self,
        data: u32,
        length: u32,
        destination: u32,
    ) -> Result<(), Stop> {
        self.buy(ink::keccak(length))?;
        let hash = keccak256(self.read_bytes(data, length)?);
        self.write(destination, &hash[..])
    }
}
