//! The storage that the stake-manager's two facets share, and the rules both apply to it.
//!
//! Append-only: a new field goes to the end, and nothing moves.
//!
//! | slot | holds |
//! |---|---|
//! | 0 | books: totalAssets (signed 104), totalShares (96), last report's slot time (32), flags (24) |
//! | 1 | entry: token (160), smallest deposit in gwei (40), freshness limit (20) |
//! | 2 | last report: clBalance in gwei (64), depositsSeen in gwei (64), leftSeen (96), applied at (32) |
//! | 3 | flows: sentOut (104), cameBack (104), when finalisation was last open (32), fundable (16) |
//! | 4 | deferredGain (96), its fee-free part (96) |
//! | 5 | expectedLoss (96), target of the flash reserve (96), totalAssets in gwei (64), all of the last report |
//! | 6 | reference: assets (104), shares (96), set at (32) |
//! | 7 | limits: the parameters that only reports and exits read |
//! | 8, 9 | owner, pending owner |
//! | 10 | guardian (160), end of the pause (32), pause spent (8) |
//! | 11 | facet |
//! | 12 | gateway on L1 (160), parked at (32), slashing flagged at (32), flag lapses at (32) |
//! | 13 | highest rate after which a fee was taken: assets (104), shares (96) |
//! | 14 | borne and not got back: by holders (96), by the protection-pool (96) |
//! | 15 | losses counted: sum (96), since (32); until when silent redemptions have used their days (32) |
//! | 16, 17 | parked report: like slot 2, with its slot time; expectedLoss (96), recovered (96), epoch (32) |
//! | 18 | acknowledgement: lowest (104) and highest rate (104), deadline (32) |
//! | 19 | closing rate: assets (104), shares (96), epoch (32) |
//! | 20 to 26 | siblings, in the order of `Siblings` |
//! | 27 | the last of them, the flash-exit-pool (160), and flashReserve (96) |
//! | 28 | an earlier reference that still stands: assets (104), shares (96), until (32) |
//! | 29 | whitelist; none if anyone may deposit |
//!
//! A deposit reads slots 0 and 1 and writes slot 0. What is rare (a pause, a parked report, a slashing flag,
//! a deferred gain, a second reference), and what only one pool has (a whitelist), has a flag in slot 0, and its own slot is read only when that is set.

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolError};

use crate::{
    abi::{revert, Reverts, Word},
    books::{flag, Books, Deferred, NotLive, Rate},
    call, host,
    interfaces::{ICommon, ICsEthToken::burnCall, IStakeManager},
    kyc,
    math::narrow,
    ownable::Ownable,
    parameters::{
        Parameter, Place, ENTRY_DEFAULTS, FRESHNESS_LIMIT, LIMITS_DEFAULTS, SMALLEST_DEPOSIT,
    },
    pausable::Pausable,
    storage::{address, uint, whole, Field, Slot},
    upgradeable::Faceted,
};

const BOOKS: Slot = Slot::at(0);
const ENTRY: Slot = Slot::at(1);
/// [`CL_BALANCE`], [`DEPOSITS_SEEN`], [`LEFT_SEEN`], [`APPLIED_AT`] of the last applied report.
pub const LAST_REPORT: Slot = Slot::at(2);
/// [`SENT_OUT`], [`CAME_BACK`], [`FINALISATION_OPEN_AT`], [`FUNDABLE`].
pub const FLOWS: Slot = Slot::at(3);
/// [`DEFERRED_GAIN`], [`FEE_FREE`].
pub const DEFERRED: Slot = Slot::at(4);
/// The last applied report's [`EXPECTED_LOSS`], and the [`RESERVE_TARGET`] and [`REPORTED_ASSETS`] that it led to.
pub const LAST_REPORT_REST: Slot = Slot::at(5);
/// A [`RATE_ASSETS`], [`RATE_SHARES`] pair and [`SET_AT`].
pub const REFERENCE: Slot = Slot::at(6);
/// The reference before that one, as long as it stands: the same pair and [`STANDS_UNTIL`].
pub const EARLIER_REFERENCE: Slot = Slot::at(28);
const WHITELIST: Slot = Slot::at(29);
const LIMITS: Slot = Slot::at(7);
/// Owner and pending owner.
pub const OWNABLE: Ownable = Ownable::at(8);
/// Guardian and pause.
pub const PAUSABLE: Pausable = Pausable::at(10);
/// Facet.
pub const FACETED: Faceted<1> = Faceted::at(11);
/// L1 address of the gateway, in the lower 160 bits; [`PARKED_AT`], [`SLASHING_FLAGGED_AT`],
/// [`SLASHING_LAPSES_AT`].
pub const GATEWAY: Slot = Slot::at(12);
/// The highest rate after which a fee was taken; zero before there is one.
pub const FEE_RATE: Slot = Slot::at(13);
/// [`HOLDERS_BORNE`], [`PROTECTION_BORNE`].
pub const BORNE: Slot = Slot::at(14);
/// Losses that the caps count: a [`Window`](crate::window::Window); and [`REDEEMED_UNTIL`].
pub const WINDOWS: Slot = Slot::at(15);
/// A parked report, laid out like [`LAST_REPORT`], with its slot time for [`APPLIED_AT`].
pub const PARKED: Slot = Slot::at(16);
/// The parked report's [`PARKED_EXPECTED_LOSS`], [`PARKED_RECOVERED`], [`PARKED_EPOCH`].
pub const PARKED_REST: Slot = Slot::at(17);
/// [`LOWEST_RATE`], [`HIGHEST_RATE`], [`DEADLINE`].
pub const ACKNOWLEDGEMENT: Slot = Slot::at(18);
/// A [`RATE_ASSETS`], [`RATE_SHARES`] pair and [`EPOCH`].
pub const CLOSING: Slot = Slot::at(19);

/// Gwei.
pub const CL_BALANCE: Field = Field::new(0, 64);
/// Gwei.
pub const DEPOSITS_SEEN: Field = CL_BALANCE.then(64);
/// Wei.
pub const LEFT_SEEN: Field = DEPOSITS_SEEN.then(96);
/// Seconds.
pub const APPLIED_AT: Field = LEFT_SEEN.then(32);

/// Wei.
pub const SENT_OUT: Field = Field::new(0, 104);
/// Wei.
pub const CAME_BACK: Field = SENT_OUT.then(104);
/// Seconds.
pub const FINALISATION_OPEN_AT: Field = CAME_BACK.then(32);
/// Validators that free ETH could fund when the last autobalance was done; at most what the field holds.
pub const FUNDABLE: Field = FINALISATION_OPEN_AT.then(16);

/// Wei.
pub const DEFERRED_GAIN: Field = Field::new(0, 96);
/// Wei of the deferred gain on which no fee is taken.
pub const FEE_FREE: Field = DEFERRED_GAIN.then(96);

/// Wei.
pub const EXPECTED_LOSS: Field = Field::new(0, 96);
/// Wei: what the flash reserve is topped up to, as of the last applied report.
pub const RESERVE_TARGET: Field = EXPECTED_LOSS.then(96);
/// Gwei, rounded down: totalAssets as of the last applied report. Limits of exits are parts of it, since a deposit must
/// not widen them.
pub const REPORTED_ASSETS: Field = RESERVE_TARGET.then(64);
/// Wei.
pub const GWEI: u128 = 1_000_000_000;

/// The flash-exit-pool, in the lower 160 bits, and [`FLASH_RESERVE`]: an exit needs both.
pub const RESERVE: Slot = sibling(Sibling::FlashExitPool as u8);
/// Wei.
pub const FLASH_RESERVE: Field = Field::new(160, 96);

/// Wei of a stored rate.
pub const RATE_ASSETS: Field = Field::new(0, 104);
/// Shares of a stored rate.
pub const RATE_SHARES: Field = RATE_ASSETS.then(96);
/// When the reference was set, seconds.
pub const SET_AT: Field = RATE_SHARES.then(32);
/// Until when an earlier reference stands, seconds.
pub const STANDS_UNTIL: Field = RATE_SHARES.then(32);
/// The epoch a closing rate belongs to.
pub const EPOCH: Field = RATE_SHARES.then(32);

/// Seconds.
pub const PARKED_AT: Field = Field::new(160, 32);
/// Seconds.
pub const SLASHING_FLAGGED_AT: Field = PARKED_AT.then(32);
/// Seconds.
pub const SLASHING_LAPSES_AT: Field = SLASHING_FLAGGED_AT.then(32);

/// Seconds.
pub const REDEEMED_UNTIL: Field = Field::new(128, 32);

/// Wei.
pub const HOLDERS_BORNE: Field = Field::new(0, 96);
/// Wei.
pub const PROTECTION_BORNE: Field = HOLDERS_BORNE.then(96);

/// Wei.
pub const PARKED_EXPECTED_LOSS: Field = Field::new(0, 96);
/// Wei.
pub const PARKED_RECOVERED: Field = PARKED_EXPECTED_LOSS.then(96);
/// Number of an epoch.
pub const PARKED_EPOCH: Field = PARKED_RECOVERED.then(32);

/// Wei per 1e18 shares.
pub const LOWEST_RATE: Field = Field::new(0, 104);
/// Wei per 1e18 shares.
pub const HIGHEST_RATE: Field = LOWEST_RATE.then(104);
/// Seconds.
pub const DEADLINE: Field = HIGHEST_RATE.then(32);

/// A contract or account the pool works with; the number is its place in `Siblings`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Sibling {
    /// Orders to leave.
    UnstakeQueue,
    /// Bears losses first.
    ProtectionPool,
    /// Validators.
    OperatorRegistry,
    /// Reports.
    OracleCommittee,
    /// Agrees to losses above the caps.
    Acknowledger,
    /// The operators' part of the fee.
    RewardsDistributor,
    /// The treasury's part of the fee.
    Treasury,
    /// Exits at once.
    FlashExitPool,
}

impl Sibling {
    /// How many there are.
    pub const COUNT: u8 = 8;

    /// Its address.
    pub fn address(self) -> Address {
        sibling(self as u8).address()
    }
}

/// The slot of the sibling with a number.
pub const fn sibling(id: u8) -> Slot {
    Slot::at(20 + id as u64)
}

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

/// Who may deposit and hold shares; zero if anyone may.
pub fn whitelist(books: Books) -> Address {
    if !books.has(flag::GATED) {
        return Address::ZERO;
    }
    WHITELIST.address()
}

/// Sets the whitelist.
pub fn initialize_whitelist(whitelist: Address) -> Reverts<()> {
    kyc::set_up(whitelist)?;
    WHITELIST.set_address(whitelist);
    let mut books = books();
    books.flags |= flag::GATED;
    set_books(books);
    Ok(())
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
        _ => LIMITS,
    }
}

/// The address as which the gateway calls on this chain.
pub fn gateway_alias() -> Address {
    address(GATEWAY.get().wrapping_add(ALIAS_OFFSET))
}

/// Gains above the growth cap, not booked yet.
pub fn deferred(books: Books) -> Deferred {
    if !books.has(flag::DEFERRED) {
        return Deferred::default();
    }
    let word = DEFERRED.get();
    Deferred {
        gain: DEFERRED_GAIN.get(word),
        fee_free: FEE_FREE.get(word),
    }
}

/// The rate with which entries are priced.
pub fn entry_rate(books: Books) -> Rate {
    books.entry_rate(deferred(books))
}

/// The rate with which exits are priced: the lower of the rate and the reference.
pub fn exit_rate(books: Books) -> Rate {
    let rate = books.rate().or_one();
    match reference(books) {
        None => rate,
        Some(reference) => rate.min(reference),
    }
}

/// The lowest rate before any report of the last 20 hours, and sometimes of a while before; none before the
/// first report.
pub fn reference(books: Books) -> Option<Rate> {
    let reference = stored_rate(REFERENCE.get())?;
    if !books.has(flag::EARLIER_REFERENCE) {
        return Some(reference);
    }
    let earlier = EARLIER_REFERENCE.get();
    let stands = STANDS_UNTIL.get(earlier) as u64 > host::now();
    Some(match stored_rate(earlier) {
        Some(earlier) if stands => reference.min(earlier),
        _ => reference,
    })
}

/// The rate in a word; none if it was never set.
pub fn stored_rate(word: U256) -> Option<Rate> {
    if word.is_zero() {
        return None;
    }
    Some(Rate {
        assets: RATE_ASSETS.get(word),
        shares: RATE_SHARES.get(word),
    })
}

/// A rate as a word.
pub fn rate_word(rate: Rate) -> U256 {
    let rate = rate.or_one();
    RATE_SHARES.set(RATE_ASSETS.set(U256::ZERO, rate.assets), rate.shares)
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

/// Whether anything is priced now: the rate is live, and nobody paused.
pub fn priced(books: Books) -> bool {
    let paused = books.has(flag::PAUSED) && PAUSABLE.paused_until() != 0;
    not_live(books).is_none() && !paused
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

/// Takes shares off the books; whoever holds them must lose them in the same call.
pub fn take_shares(books: &mut Books, shares: u128) -> Reverts<()> {
    match books.total_shares.checked_sub(shares) {
        Some(left) => {
            books.total_shares = left;
            Ok(())
        }
        None => Err(too_large(whole(shares), books.total_shares)),
    }
}

/// Burns shares of an account, which are off the books already.
pub fn burn(owner: Address, shares: u128) -> Reverts<()> {
    let words = [owner.word(), shares.word()];
    call::call(token(), U256::ZERO, burnCall::SELECTOR, &words).map(|_| ())
}

/// Refuses every caller but the contract that is allowed.
pub fn only(allowed: Address) -> Reverts<()> {
    let caller = host::sender();
    if caller != allowed {
        let words = [caller.word(), allowed.word()];
        return Err(revert(IStakeManager::OnlySibling::SELECTOR, &words));
    }
    Ok(())
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
