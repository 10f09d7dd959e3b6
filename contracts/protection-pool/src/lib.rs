//! The pool's protection-pool: shares of the pool's token that are burned when a loss is reported, so that
//! holders keep their rate.
//!
//! Every share it holds is cover, however it came: as part of the reward fee, or from anyone. The
//! stake-manager takes cover, within a cap for 30 days; only the owner takes shares out.
//!
//! | slot | holds |
//! |---|---|
//! | 0 | stake-manager (160), cover cap in basis points (16) |
//! | 1 | token (160) |
//! | 2 | given in the running 30 days: shares (96), since (32) |
//! | 3, 4 | owner, pending owner |
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

use alloy_primitives::U256;
use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{answer, done, revert, Answer, Call, Reverts, Word},
    call, entry_point, host,
    interfaces::{
        ICommon,
        ICsEthToken::{balanceOfCall, transferCall},
        IProtectionPool::*,
    },
    log,
    math::{narrow, share, Rounding},
    ownable::{not_zero, only_stake_manager, Ownable},
    program::{unknown_function, Program},
    storage::{whole, Field, Slot},
    upgradeable::{only_through_proxy, Version},
    window::{Place, Window},
};

const STAKE_MANAGER: Slot = Slot::at(0);
const TOKEN: Slot = Slot::at(1);
const GIVEN: Slot = Slot::at(2);
const OWNABLE: Ownable = Ownable::at(3);
/// Rises with each program that an older one must not follow.
const VERSION: Version = Version::new(env!("CARGO_PKG_NAME"), 1);

const COVER_CAP: Field = Field::new(160, 16);
const IN_30_DAYS: Place = Place::new(0);

/// Time in which cover is added up: 30 days (`parameters.md`, cover).
const WINDOW: u64 = 30 * 24 * 60 * 60;
/// Half of what is held (`parameters.md`, cover in 30 days).
const DEFAULT_CAP: u128 = 5_000;
/// All of what is held.
const LARGEST_CAP: u128 = 10_000;

/// See the crate's documentation.
pub struct ProtectionPool;

entry_point!(ProtectionPool);

impl Program for ProtectionPool {
    fn route(call: &Call, _calldata: &[u8]) -> Answer {
        match call.selector {
            coverCall::SELECTOR => cover(call),
            withdrawCall::SELECTOR => withdraw(call),
            balanceCall::SELECTOR => answer(&[balance()?.word()]),
            availableCall::SELECTOR => answer(&[available(given(), balance()?).word()]),
            coverCapCall::SELECTOR => answer(&[cover_cap().word()]),
            setCoverCapCall::SELECTOR => set_cover_cap(call),
            stakeManagerCall::SELECTOR => answer(&[STAKE_MANAGER.address().word()]),
            tokenCall::SELECTOR => answer(&[TOKEN.address().word()]),
            initializeCall::SELECTOR => initialize(call),
            _ => OWNABLE
                .route(call)
                .or_else(|| VERSION.route(OWNABLE, call))
                .unwrap_or_else(|| unknown_function(call)),
        }
    }
}

/// Sets the pool up behind its proxy, once.
fn initialize(call: &Call) -> Answer {
    let (owner, stake_manager) = (call.address(0)?, call.address(1)?);
    let token = call.address(2)?;
    only_through_proxy()?;
    if !TOKEN.address().is_zero() {
        return Err(revert(ICommon::AlreadyInitialized::SELECTOR, &[]));
    }
    not_zero(stake_manager)?;
    not_zero(token)?;
    OWNABLE.initialize(owner)?;
    STAKE_MANAGER.set_address(stake_manager);
    TOKEN.set_address(token);
    change_cap(DEFAULT_CAP);
    done()
}

/// Counts shares as given. The stake-manager burns them from this contract's balance in the same transaction.
fn cover(call: &Call) -> Answer {
    let asked = call.uint(0)?;
    only_stake_manager(STAKE_MANAGER.address())?;
    let given = given();
    let covered = available(given, balance()?);
    let covered = narrow(asked).unwrap_or(u128::MAX).min(covered);
    if covered != 0 {
        let given = given.with(covered, host::now());
        GIVEN.set(IN_30_DAYS.set(U256::ZERO, given));
    }
    log::emit(&[Covered::SIGNATURE_HASH], &[asked.word(), covered.word()]);
    answer(&[covered.word()])
}

/// What was given in the running 30 days.
fn given() -> Window {
    IN_30_DAYS.get(GIVEN.get(), WINDOW, host::now())
}

/// Shares that may be given now: the cap counts what is held and what was given already.
fn available(given: Window, balance: u128) -> u128 {
    let limit = share(balance + given.used, cover_cap(), Rounding::Down);
    given.room(limit).min(balance)
}

/// Shares held.
fn balance() -> Reverts<u128> {
    let words = [host::this().word()];
    call::first_amount(call::ask(TOKEN.address(), balanceOfCall::SELECTOR, &words)?)
}

fn withdraw(call: &Call) -> Answer {
    let (shares, receiver) = (call.uint(0)?, call.address(1)?);
    OWNABLE.only_owner()?;
    not_zero(receiver)?;
    let balance = balance()?;
    if shares > whole(balance) {
        let words = [shares.word(), balance.word()];
        return Err(revert(AboveBalance::SELECTOR, &words));
    }
    log::emit(
        &[Withdrawn::SIGNATURE_HASH, receiver.word()],
        &[shares.word()],
    );
    let words = [receiver.word(), shares.word()];
    call::call(TOKEN.address(), U256::ZERO, transferCall::SELECTOR, &words)?;
    done()
}

fn cover_cap() -> u128 {
    COVER_CAP.get(STAKE_MANAGER.get())
}

fn set_cover_cap(call: &Call) -> Answer {
    let asked = call.uint(0)?;
    OWNABLE.only_owner()?;
    match narrow(asked) {
        Some(cap) if cap <= LARGEST_CAP => change_cap(cap),
        _ => {
            let words = [asked.word(), 0u64.word(), LARGEST_CAP.word()];
            return Err(revert(CoverCapOutOfBounds::SELECTOR, &words));
        }
    }
    done()
}

fn change_cap(cap: u128) {
    let previous = cover_cap();
    STAKE_MANAGER.set(COVER_CAP.set(STAKE_MANAGER.get(), cap));
    let words = [previous.word(), cap.word()];
    log::emit(&[CoverCapChanged::SIGNATURE_HASH], &words);
}
