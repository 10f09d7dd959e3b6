//! Storage in words: slots, fields that share one, and mappings as Solidity lays them out.
//!
//! A contract's slots are constants, listed in a table in its documentation. The SDK's `#[storage]` structs
//! build an accessor for every field on every call, which costs 2.6 KB of a program with fourteen slots.

use alloy_primitives::{Address, B256, U256};

use crate::{abi::concat, host};

/// A storage slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(U256);

impl Slot {
    /// The slot with a small number.
    pub const fn at(number: u64) -> Self {
        Self(U256::from_limbs([number, 0, 0, 0]))
    }

    /// The first slot of an array; arrays are 2^128 slots apart, more than any grows. Numbers start at 1, so that the slots
    /// with small numbers are no array's.
    pub const fn array(number: u64) -> Self {
        Self(U256::from_limbs([0, 0, number, 0]))
    }

    /// The slot at a hash, as ERC-1967 and ERC-7201 name them.
    pub fn at_hash(hash: B256) -> Self {
        Self(uint(hash.0))
    }

    /// Its number.
    pub const fn number(self) -> U256 {
        self.0
    }

    /// The value of `key` in the mapping at this slot: keccak256(key, slot), as Solidity has it.
    pub fn entry(self, key: B256) -> Self {
        let slot = B256::new(bytes_of(self.0));
        Self::at_hash(host::keccak(&concat(&[], &[key, slot])))
    }

    /// The slot so many places further on.
    pub fn plus(self, places: u64) -> Self {
        Self(self.0.wrapping_add(U256::from_limbs([places, 0, 0, 0])))
    }

    /// Reads the word.
    pub fn get(self) -> U256 {
        host::load(self.0)
    }

    /// Writes the word.
    pub fn set(self, word: U256) {
        host::store(self.0, word);
    }

    /// Reads the lower 160 bits as an address.
    #[inline(never)]
    pub fn address(self) -> Address {
        address(self.get())
    }

    /// Replaces the lower 160 bits by an address and keeps the others.
    #[inline(never)]
    pub fn set_address(self, address: Address) {
        let kept = (self.get() >> 160) << 160;
        self.set(kept | uint(address.into_word().0));
    }
}

/// The lower 160 bits of a word.
#[inline(never)]
pub fn address(word: U256) -> Address {
    match bytes_of(word).last_chunk() {
        Some(bytes) => Address::new(*bytes),
        None => Address::ZERO,
    }
}

/// The number that 32 big-endian bytes spell. Without the bounds checks of the library's own, whose panics
/// would bring their formatting along.
#[inline(never)]
pub fn uint(bytes: [u8; 32]) -> U256 {
    let (limbs, _) = bytes.as_chunks::<8>();
    let limb = |index: usize| u64::from_be_bytes(limbs[index]);
    U256::from_limbs([limb(3), limb(2), limb(1), limb(0)])
}

/// The 32 big-endian bytes of a number.
#[inline(never)]
pub fn bytes_of(word: U256) -> [u8; 32] {
    let mut bytes = [0; 32];
    let (limbs, _) = bytes.as_chunks_mut::<8>();
    for (limb, value) in limbs.iter_mut().zip(word.as_limbs().iter().rev()) {
        *limb = value.to_be_bytes();
    }
    bytes
}

/// A field of a packed word: `width` bits, at most 128, from bit `offset` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Lowest bit.
    pub offset: usize,
    /// Number of bits.
    pub width: usize,
}

impl Field {
    /// A field of `width` bits from bit `offset` on.
    pub const fn new(offset: usize, width: usize) -> Self {
        assert!(width > 0 && width <= 128 && offset + width <= 256);
        Self { offset, width }
    }

    /// The field of `width` bits that follows this one.
    pub const fn then(self, width: usize) -> Self {
        Self::new(self.offset + self.width, width)
    }

    /// A field as wide, so many places further.
    pub const fn nth(self, index: usize) -> Self {
        Self::new(self.offset + index * self.width, self.width)
    }

    /// Largest value the field holds.
    pub const fn max(self) -> u128 {
        u128::MAX >> (128 - self.width)
    }

    /// Reads the field.
    #[inline(never)]
    pub fn get(self, word: U256) -> u128 {
        low_half(word >> self.offset) & self.max()
    }

    /// Reads the field as a signed number in two's complement.
    pub fn get_signed(self, word: U256) -> i128 {
        let unused = 128 - self.width;
        ((self.get(word) << unused) as i128) >> unused
    }

    /// The word with the field replaced; `value` must fit ([`Field::max`]).
    #[inline(never)]
    pub fn set(self, word: U256, value: u128) -> U256 {
        debug_assert!(value <= self.max(), "a value wider than its field");
        let mask = whole(self.max()) << self.offset;
        (word & !mask) | ((whole(value) << self.offset) & mask)
    }

    /// The word with the field replaced by a signed number, which must fit.
    pub fn set_signed(self, word: U256, value: i128) -> U256 {
        let changed = self.set(word, value as u128 & self.max());
        debug_assert!(
            self.get_signed(changed) == value,
            "a value wider than its field"
        );
        changed
    }
}

/// Lower half of a word.
pub const LOW: Field = Field::new(0, 128);
/// Upper half of a word.
pub const HIGH: Field = Field::new(128, 128);

/// The lower 128 bits of a word.
pub const fn low_half(word: U256) -> u128 {
    let limbs = word.as_limbs();
    limbs[0] as u128 | (limbs[1] as u128) << 64
}

/// A word with these lower 128 bits.
pub const fn whole(value: u128) -> U256 {
    U256::from_limbs([value as u64, (value >> 64) as u64, 0, 0])
}
