//! The storage that the stake-manager's two facets share, and the rules both apply to it.
//!
//! Append-only: a new field goes to the end, and nothing moves.
//!
//! | slot | holds |
//! |---|---|
//! | 0 | books: totalAssets (signed 104), totalShares (96), last report (32), flags (24) |
//! | 1 | entry: token (160), smallest deposit in gwei (40), freshness limit (20) |
//! | 2 | sentOut (128), cameBack (128) |
//! | 3 | clBalance (128), depositsSeen (128) |
//! | 4 | leftSeen (128), expectedLoss (128) |
//! | 5 | deferredGain (128), flashReserve (128) |
//! | 6 | reference: assets (104), shares (96), set at (32) |
//! | 7 | limits: the parameters that only reports and exits read |
//! | 8, 9 | owner, pending owner |
//! | 10 | guardian (160), end of the pause (32), pause spent (8) |
//! | 11 | facet |
//! | 12 | gateway on L1 (160), parked at (32), slashing flagged at (32), flag lapses at (32) |
//!
//! A deposit reads slots 0 and 1 and writes slot 0. What is rare (a pause, a parked report, a slashing flag,
//! a deferred gain) has a flag in slot 0, and its own slot is read only when that is set.

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolError;

use crate::{
    abi::{revert, Reverts, Word},
    books::{flag, Books, NotLive, Rate},
    host,
    interfaces::{ICommon, IStakeManager},
    math::narrow,
    ownable::Ownable,
    parameters::{
        Parameter, Place, ENTRY_DEFAULTS, FRESHNESS_LIMIT, LIMITS_DEFAULTS, SMALLEST_DEPOSIT,
    },
    pausable::Pausable,
    storage::{address, uint, Field, Slot, LOW},
    upgradeable::Faceted,
};

const BOOKS: Slot = Slot::at(0);
const ENTRY: Slot = Slot::at(1);
/// sentOut, cameBack.
pub const FLOWS: Slot = Slot::at(2);
/// clBalance, depositsSeen.
pub const BEACON: Slot = Slot::at(3);
/// leftSeen, expectedLoss.
pub const LEFT: Slot = Slot::at(4);
/// deferredGain, flashReserve.
pub const HELD: Slot = Slot::at(5);
const REFERENCE: Slot = Slot::at(6);
const LIMITS: Slot = Slot::at(7);
/// Owner and pending owner.
pub const OWNABLE: Ownable = Ownable::at(8);
/// Guardian and pause.
pub const PAUSABLE: Pausable = Pausable::at(10);
/// Facet.
pub const FACETED: Faceted = Faceted::at(11);
/// L1 address of the gateway, in the lower 160 bits.
pub const GATEWAY: Slot = Slot::at(12);

const REFERENCE_ASSETS: Field = Field::new(0, 104);
const REFERENCE_SHARES: Field = REFERENCE_ASSETS.then(96);

const PARKED_AT: Field = Field::new(160, 32);
const SLASHING_FLAGGED_AT: Field = PARKED_AT.then(32);
const SLASHING_LAPSES_AT: Field = SLASHING_FLAGGED_AT.then(32);

/// What an L1 contract's address is raised by when it calls on Arbitrum:
/// 0x1111000000000000000000000000000000001111 (AddressAliasHelper).
const ALIAS_OFFSET: U256 = U256::from_limbs([0x1111, 0, 0x1111_0000, 0]);

/// The books as a deposit needs them.
pub fn books() -> Books {
    Books::unpack(BOOKS.get())
}

/// Writes the books back.
pub fn set_books(books: Books) {
    BOOKS.set(books.pack());
}

/// The pool's token; zero on an implementation that no proxy runs.
pub fn token() -> Address {
    ENTRY.address()
}

/// Sets the token, the smallest deposit, and every other parameter to its default.
pub fn initialize_parameters(token: Address, smallest_deposit: U256) -> Reverts<()> {
    let entry = ENTRY_DEFAULTS | uint(token.into_word().0);
    ENTRY.set(SMALLEST_DEPOSIT.set(0, entry, smallest_deposit)?);
    LIMITS.set(LIMITS_DEFAULTS);
    Ok(())
}

/// Value of a parameter.
pub fn parameter(parameter: &Parameter) -> u128 {
    parameter.get(word_of(parameter).get())
}

/// Sets a parameter within its bounds.
pub fn set_parameter(id: u8, parameter: &Parameter, value: U256) -> Reverts<()> {
    let slot = word_of(parameter);
    slot.set(parameter.set(id, slot.get(), value)?);
    Ok(())
}

fn word_of(parameter: &Parameter) -> Slot {
    match parameter.place {
        Place::Entry => ENTRY,
        Place::Limits => LIMITS,
    }
}

/// The address as which the gateway calls on this chain.
pub fn gateway_alias() -> Address {
    address(GATEWAY.get().wrapping_add(ALIAS_OFFSET))
}

/// Gains above the growth cap, not booked yet.
pub fn deferred_gain(books: Books) -> u128 {
    if !books.has(flag::DEFERRED) {
        return 0;
    }
    LOW.get(HELD.get())
}

/// The rate with which entries are priced.
pub fn entry_rate(books: Books) -> Rate {
    books.entry_rate(deferred_gain(books))
}

/// The rate with which exits are priced: the lower of the rate and the one before the last report.
pub fn exit_rate(books: Books) -> Rate {
    let word = REFERENCE.get();
    if word.is_zero() {
        return books.rate();
    }
    let reference = Rate {
        assets: REFERENCE_ASSETS.get(word),
        shares: REFERENCE_SHARES.get(word),
    };
    books.rate().min(reference)
}

/// Why nothing is priced now and since when; none if the rate is live.
pub fn not_live(books: Books) -> Option<(NotLive, u64)> {
    let (now, freshness_limit) = (host::now(), parameter(&FRESHNESS_LIMIT) as u64);
    let stopped = match books.has(flag::PARKED | flag::SLASHING) {
        true => GATEWAY.get(),
        false => U256::ZERO,
    };
    let slashing = SLASHING_LAPSES_AT.get(stopped) as u64 > now;
    let reason = books.not_live(slashing, freshness_limit, now)?;
    let since = match reason {
        NotLive::Parked => PARKED_AT.get(stopped) as u64,
        NotLive::Slashing => SLASHING_FLAGGED_AT.get(stopped) as u64,
        NotLive::Overdue => books.last_report + freshness_limit,
    };
    Some((reason, since))
}

/// Refuses while the rate is not live.
pub fn live(books: Books) -> Reverts<()> {
    match not_live(books) {
        None => Ok(()),
        Some((reason, since)) => Err(revert(
            IStakeManager::RateNotLive::SELECTOR,
            &[(reason as u64).word(), since.word()],
        )),
    }
}

/// Refuses while the contract is paused.
pub fn not_paused(books: Books) -> Reverts<()> {
    if !books.has(flag::PAUSED) {
        return Ok(());
    }
    PAUSABLE.not_paused()
}

/// Narrows an amount to the 128 bits that every amount of the protocol fits.
pub fn amount(asked: U256) -> Reverts<u128> {
    narrow(asked).ok_or_else(|| too_large(asked, u128::MAX))
}

/// Refuses an amount above what the contract can hold.
#[cold]
pub fn too_large(asked: U256, allowed: u128) -> Vec<u8> {
    revert(
        ICommon::AmountTooLarge::SELECTOR,
        &[asked.word(), allowed.word()],
    )
}
