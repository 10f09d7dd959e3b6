//! The Solidity ABI in 32-byte words: what a call carries, what it answers, and how it refuses.

use alloc::vec::Vec;
use core::cell::Cell;

use alloy_primitives::{Address, FixedBytes, B256, U256};

use crate::{
    math::narrow,
    storage::{address, bytes_of, uint, whole},
};

/// Return data of a call, or its revert data.
pub type Answer = Result<Vec<u8>, Vec<u8>>;

/// A value, or the revert data that says why there is none.
pub type Reverts<T> = Result<T, Vec<u8>>;

/// A value that the ABI encodes in one word.
pub trait Word {
    /// The value's word.
    fn word(self) -> B256;
}

impl Word for B256 {
    fn word(self) -> B256 {
        self
    }
}

impl Word for U256 {
    fn word(self) -> B256 {
        B256::new(bytes_of(self))
    }
}

impl Word for u128 {
    fn word(self) -> B256 {
        whole(self).word()
    }
}

impl Word for i128 {
    fn word(self) -> B256 {
        let sign = (self >> 127) as u64;
        U256::from_limbs([self as u64, (self >> 64) as u64, sign, sign]).word()
    }
}

impl Word for u64 {
    fn word(self) -> B256 {
        U256::from_limbs([self, 0, 0, 0]).word()
    }
}

impl Word for bool {
    fn word(self) -> B256 {
        u64::from(self).word()
    }
}

impl Word for Address {
    fn word(self) -> B256 {
        self.into_word()
    }
}

impl Word for FixedBytes<4> {
    fn word(self) -> B256 {
        let selector = u64::from(u32::from(self));
        U256::from_limbs([0, 0, 0, selector << 32]).word()
    }
}

/// Calldata and value of the call that runs.
///
/// A function that accepts ETH takes it with [`Call::take_value`]; what nobody took reverts the call.
pub struct Call<'a> {
    /// First four bytes of the calldata.
    pub selector: [u8; 4],
    arguments: &'a [u8],
    value: Cell<U256>,
}

/// Revert data of calldata that does not decode: none, as everywhere in Solidity.
const UNDECODABLE: Vec<u8> = Vec::new();

impl<'a> Call<'a> {
    /// Splits calldata of at least four bytes.
    pub fn new(selector: [u8; 4], arguments: &'a [u8], value: U256) -> Self {
        Self {
            selector,
            arguments,
            value: Cell::new(value),
        }
    }

    /// Wei sent with the call, taken by the function that runs.
    pub fn take_value(&self) -> U256 {
        self.value.replace(U256::ZERO)
    }

    /// Whether ETH was sent that no function took.
    pub fn has_untaken_value(&self) -> bool {
        !self.value.get().is_zero()
    }

    /// Argument `index` as a word.
    #[inline(never)]
    pub fn word(&self, index: usize) -> Reverts<B256> {
        let tail = self.arguments.get(index * 32..).ok_or(UNDECODABLE)?;
        let word = tail.first_chunk().ok_or(UNDECODABLE)?;
        Ok(B256::new(*word))
    }

    /// Argument `index` as an unsigned integer of 256 bits.
    #[inline(never)]
    pub fn uint(&self, index: usize) -> Reverts<U256> {
        Ok(uint(self.word(index)?.0))
    }

    /// Argument `index` as an address; anything in its upper 12 bytes does not decode.
    #[inline(never)]
    pub fn address(&self, index: usize) -> Reverts<Address> {
        address_in(self.word(index)?.0)
    }

    /// Argument `index` as a `uint8`.
    pub fn uint8(&self, index: usize) -> Reverts<u8> {
        match narrow(self.uint(index)?) {
            Some(value) if value <= 0xff => Ok(value as u8),
            _ => Err(UNDECODABLE),
        }
    }

    /// Argument `index` as a `bool`.
    pub fn boolean(&self, index: usize) -> Reverts<bool> {
        match narrow(self.uint(index)?) {
            Some(value) if value <= 1 => Ok(value == 1),
            _ => Err(UNDECODABLE),
        }
    }

    /// Argument `index` as a `bytes4`.
    pub fn bytes4(&self, index: usize) -> Reverts<FixedBytes<4>> {
        bytes4_in(self.word(index)?.0)
    }

    /// Argument `index` as dynamic `bytes`. Nothing is reserved: a claimed length that the calldata does
    /// not hold does not decode.
    #[inline(never)]
    pub fn bytes(&self, index: usize) -> Reverts<&'a [u8]> {
        let start = self.offset(self.uint(index)?)?;
        let tail = self.arguments.get(start..).ok_or(UNDECODABLE)?;
        let (length, data) = tail.split_first_chunk::<32>().ok_or(UNDECODABLE)?;
        let length = self.offset(uint(*length))?;
        data.get(..length).ok_or(UNDECODABLE)
    }

    /// Argument `index` as a dynamic array of one-word items. Nothing is reserved: a claimed length that the
    /// calldata does not hold does not decode.
    #[inline(never)]
    pub fn array(&self, index: usize) -> Reverts<&'a [[u8; 32]]> {
        let start = self.offset(self.uint(index)?)?;
        let tail = self.arguments.get(start..).ok_or(UNDECODABLE)?;
        let (length, items) = tail.split_first_chunk::<32>().ok_or(UNDECODABLE)?;
        let length = self.offset(uint(*length))?;
        let (items, _) = items.as_chunks();
        items.get(..length).ok_or(UNDECODABLE)
    }

    /// Argument `index` as a dynamic array of structs that are dynamic themselves, each as the arguments of a call of its own.
    /// Nothing is reserved here either.
    pub fn structs(&self, index: usize) -> Reverts<impl Iterator<Item = Reverts<Call<'a>>>> {
        let start = self.offset(self.uint(index)?)?;
        let tail = self.arguments.get(start..).ok_or(UNDECODABLE)?;
        let (_, items) = tail.split_first_chunk::<32>().ok_or(UNDECODABLE)?;
        let offsets = self.array(index)?;
        let items = Call::new(self.selector, items, U256::ZERO);
        Ok(offsets.iter().map(move |offset| {
            let start = items.offset(uint(*offset))?;
            let arguments = items.arguments.get(start..).ok_or(UNDECODABLE)?;
            Ok(Call::new(items.selector, arguments, U256::ZERO))
        }))
    }

    /// An offset or length, no larger than the calldata.
    fn offset(&self, value: U256) -> Reverts<usize> {
        match narrow(value) {
            Some(offset) if offset <= self.arguments.len() as u128 => Ok(offset as usize),
            _ => Err(UNDECODABLE),
        }
    }
}

/// The address that a word holds; anything in its upper 12 bytes does not decode.
#[inline(never)]
pub fn address_in(word: [u8; 32]) -> Reverts<Address> {
    let word = uint(word);
    let excess: U256 = word >> 160;
    if !excess.is_zero() {
        return Err(UNDECODABLE);
    }
    Ok(address(word))
}

/// The `bytes4` that a word holds; anything behind them does not decode.
pub fn bytes4_in(word: [u8; 32]) -> Reverts<FixedBytes<4>> {
    let word = uint(word);
    let excess: U256 = word << 32;
    if !excess.is_zero() {
        return Err(UNDECODABLE);
    }
    let selector = word.as_limbs()[3] >> 32;
    Ok((selector as u32).into())
}

/// Answers with words.
#[inline(never)]
pub fn answer(words: &[B256]) -> Answer {
    Ok(concat(&[], words))
}

/// Answers with nothing.
pub fn done() -> Answer {
    Ok(Vec::new())
}

/// Answers with one `string` or `bytes`.
#[inline(never)]
pub fn answer_bytes(bytes: &[u8]) -> Answer {
    let mut data = concat(&[], &[32u64.word()]);
    append_bytes(&mut data, bytes);
    Ok(data)
}

/// Appends a `string` or `bytes` to whole words: its length, then itself, filled up to a whole word.
#[inline(never)]
pub fn append_bytes(data: &mut Vec<u8>, bytes: &[u8]) {
    let end = data.len() + 32 + padded(bytes.len());
    data.extend_from_slice((bytes.len() as u64).word().as_slice());
    data.extend_from_slice(bytes);
    data.resize(end, 0);
}

/// A length filled up to whole words.
pub fn padded(length: usize) -> usize {
    length.div_ceil(32) * 32
}

/// Revert data of a typed error.
#[inline(never)]
#[cold]
pub fn revert(selector: [u8; 4], words: &[B256]) -> Vec<u8> {
    concat(&selector, words)
}

/// Bytes followed by words: calldata, or revert data.
#[inline(never)]
pub fn concat(head: &[u8], words: &[B256]) -> Vec<u8> {
    let mut data = Vec::with_capacity(head.len() + words.len() * 32);
    data.extend_from_slice(head);
    for word in words {
        data.extend_from_slice(word.as_slice());
    }
    data
}
