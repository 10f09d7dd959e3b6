//! What the owner sets, and the guardian's pause.

use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{done, revert, Answer, Call, Reverts, Word},
    call, host,
    interfaces::{ICommon, IFlashExitPool::*, IStakeManagerReports::reserveTermsCall},
    kyc, log,
    math::narrow,
    ownable::not_zero,
    program::unknown_function,
    stake_manager::amount,
    storage::{address, Field},
    upgradeable::only_through_proxy,
};

use crate::{
    state::{
        bucket, limits, with_bucket, CAPACITY, GATED, HAS_ALLOWANCE, LARGEST, LOW_WATERMARK,
        MAX_FEE, MIN_FEE, MONTHLY_ALLOWANCE, OWNABLE, PAUSABLE, PAUSED, REFILL, STATE, TERMS,
        TREASURY_PART, WEI, WHITELIST,
    },
    VERSION,
};

// Defaults and bounds, in basis points: `parameters.md`, flash-exit-pool.
const MIN_FEE_DEFAULT: u128 = 50;
const MAX_FEE_DEFAULT: u128 = 100;
const SMALLEST_FEE: u128 = 1;
const LARGEST_FEE: u128 = 500;
const LOW_WATERMARK_DEFAULT: u128 = 1_000;
const HIGHEST_LOW_WATERMARK: u128 = 9_000;
const CAPACITY_DEFAULT: u128 = 100;
const REFILL_DEFAULT: u128 = 100;
const LARGEST_DEFAULT: u128 = 50;
pub(crate) const WHOLE: u128 = 10_000;

/// Answers what governs.
pub(crate) fn route(call: &Call) -> Answer {
    match call.selector {
        initializeCall::SELECTOR => initialize(call),
        setFeesCall::SELECTOR => set_fees(call),
        setLimitsCall::SELECTOR => set_limits(call),
        setTreasuryPartCall::SELECTOR => set_treasury_part(call),
        setMonthlyAllowanceCall::SELECTOR => set_monthly_allowance(call),
        _ => OWNABLE
            .route(call)
            .or_else(|| VERSION.route(OWNABLE, call))
            .or_else(|| PAUSABLE.route_noted(OWNABLE, call, note_pause))
            .unwrap_or_else(|| unknown_function(call)),
    }
}

/// Sets the pool up behind its proxy, once.
fn initialize(call: &Call) -> Answer {
    let (owner, guardian) = (call.address(0)?, call.address(1)?);
    let (stake_manager, allowance) = (call.address(2)?, amount(call.uint(3)?)?);
    let whitelist = call.address(4)?;
    only_through_proxy()?;
    if !TERMS.address().is_zero() {
        return Err(revert(ICommon::AlreadyInitialized::SELECTOR, &[]));
    }
    not_zero(guardian)?;
    not_zero(stake_manager)?;
    OWNABLE.initialize(owner)?;
    PAUSABLE.initialize(guardian);
    TERMS.set_address(stake_manager);
    if !whitelist.is_zero() {
        kyc::set_up(whitelist)?;
        WHITELIST.set_address(whitelist);
        STATE.set(GATED.set(STATE.get(), 1));
    }
    change_fees(MIN_FEE_DEFAULT, MAX_FEE_DEFAULT)?;
    change_limits([
        LOW_WATERMARK_DEFAULT,
        CAPACITY_DEFAULT,
        REFILL_DEFAULT,
        LARGEST_DEFAULT,
    ])?;
    change_monthly_allowance(allowance)?;
    done()
}

fn set_fees(call: &Call) -> Answer {
    let (min, max) = (basis_points(call, 0)?, basis_points(call, 1)?);
    OWNABLE.only_owner()?;
    change_fees(min, max)?;
    done()
}

fn set_limits(call: &Call) -> Answer {
    let mut asked = [0; 4];
    for (index, limit) in asked.iter_mut().enumerate() {
        *limit = basis_points(call, index)?;
    }
    OWNABLE.only_owner()?;
    // What flowed back so far did so at the refill of then; what was taken stays taken.
    let (terms, state) = (TERMS.get(), STATE.get());
    let answered = call::ask(address(terms), reserveTermsCall::SELECTOR, &[])?;
    let [_, _, _, reported_assets, ..] = call::amounts::<6>(&answered)?;
    let bucket = limits(terms).refilled(bucket(state), reported_assets, host::now());
    STATE.set(with_bucket(state, bucket));
    change_limits(asked)?;
    done()
}

fn set_treasury_part(call: &Call) -> Answer {
    let asked = basis_points(call, 0)?;
    OWNABLE.only_owner()?;
    if asked > WHOLE {
        let words = [asked.word(), WHOLE.word()];
        return Err(revert(TreasuryPartOutOfBounds::SELECTOR, &words));
    }
    let previous = TREASURY_PART.get(TERMS.get());
    set(TREASURY_PART, asked);
    let words = [previous.word(), asked.word()];
    log::emit(&[TreasuryPartChanged::SIGNATURE_HASH], &words);
    done()
}

fn set_monthly_allowance(call: &Call) -> Answer {
    let assets = amount(call.uint(0)?)?;
    OWNABLE.only_owner()?;
    change_monthly_allowance(assets)?;
    done()
}

/// An argument in basis points; what no setter takes stays as large as it is.
pub(crate) fn basis_points(call: &Call, index: usize) -> Reverts<u128> {
    Ok(narrow(call.uint(index)?).unwrap_or(u128::MAX))
}

fn change_fees(min: u128, max: u128) -> Reverts<()> {
    if min < SMALLEST_FEE || max > LARGEST_FEE || min > max {
        let words = [min, max, SMALLEST_FEE, LARGEST_FEE].map(Word::word);
        return Err(revert(FeesOutOfBounds::SELECTOR, &words));
    }
    set(MIN_FEE, min);
    set(MAX_FEE, max);
    let words = [min.word(), max.word()];
    log::emit(&[FeesChanged::SIGNATURE_HASH], &words);
    Ok(())
}

fn change_limits(asked: [u128; 4]) -> Reverts<()> {
    let bounds = [
        (LOW_WATERMARK, HIGHEST_LOW_WATERMARK),
        (CAPACITY, WHOLE),
        (REFILL, WHOLE),
        (LARGEST, WHOLE),
    ];
    for ((field, largest), asked) in bounds.into_iter().zip(asked) {
        if asked > largest {
            let words = [asked.word(), largest.word()];
            return Err(revert(LimitsOutOfBounds::SELECTOR, &words));
        }
        set(field, asked);
    }
    let words = asked.map(Word::word);
    log::emit(&[LimitsChanged::SIGNATURE_HASH], &words);
    Ok(())
}

fn change_monthly_allowance(assets: u128) -> Reverts<()> {
    let word = WEI.get();
    if assets > MONTHLY_ALLOWANCE.max() {
        let words = [assets.word(), MONTHLY_ALLOWANCE.max().word()];
        return Err(revert(ICommon::AmountTooLarge::SELECTOR, &words));
    }
    // Fresh accounts are free: each would have an allowance of its own.
    if assets != 0 && GATED.get(STATE.get()) == 0 {
        let words = [assets.word()];
        return Err(revert(AllowanceWithoutWhitelist::SELECTOR, &words));
    }
    WEI.set(MONTHLY_ALLOWANCE.set(word, assets));
    STATE.set(HAS_ALLOWANCE.set(STATE.get(), u128::from(assets != 0)));
    let words = [MONTHLY_ALLOWANCE.get(word).word(), assets.word()];
    log::emit(&[MonthlyAllowanceChanged::SIGNATURE_HASH], &words);
    Ok(())
}

fn set(field: Field, value: u128) {
    TERMS.set(field.set(TERMS.get(), value));
}

/// Keeps the flag in step with the pause, so that an exit need not read the guardian's slot.
fn note_pause(paused: bool) {
    STATE.set(PAUSED.set(STATE.get(), u128::from(paused)));
}
