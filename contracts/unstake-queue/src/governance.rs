//! What the owner can change.

use alloy_primitives::U256;
use alloy_sol_types::{SolError, SolEvent};
use clay_shared::{
    abi::{done, revert, Answer, Call, Reverts, Word},
    books::ONE,
    host::divide,
    interfaces::{ICommon, IUnstakeQueue::*},
    kyc, log,
    ownable::not_zero,
    storage::{low_half, uint, whole},
    upgradeable::only_through_proxy,
};

use crate::state::{
    clamp, limits, token, COST_AFTER_DUE, COST_BEFORE_DUE, GATED, HEAD, LARGEST, LARGEST_UNIT,
    NEXT, ORDER_IMAGE, OWNABLE, PAUSABLE, SMALLEST, SMALLEST_UNIT, STAKE_MANAGER, TERMS, WHITELIST,
};

// Defaults and bounds: `parameters.md`, unstake-queue.
const SMALLEST_DEFAULT: u128 = ONE / 1_000;
const LARGEST_DEFAULT: u128 = 1_000 * ONE;
const HIGHEST_SMALLEST: u128 = ONE;
const LOWEST_LARGEST: u128 = 100 * ONE;
const BEFORE_DUE_DEFAULT: u128 = 5;
const AFTER_DUE_DEFAULT: u128 = 25;

/// Sets the queue up behind its proxy, once.
pub(crate) fn initialize(call: &Call) -> Answer {
    let (owner, guardian) = (call.address(0)?, call.address(1)?);
    let (stake_manager, pool_token) = (call.address(2)?, call.address(3)?);
    let whitelist = call.address(5)?;
    only_through_proxy()?;
    if !token().is_zero() {
        return Err(revert(ICommon::AlreadyInitialized::SELECTOR, &[]));
    }
    not_zero(guardian)?;
    not_zero(stake_manager)?;
    not_zero(pool_token)?;
    OWNABLE.initialize(owner)?;
    PAUSABLE.initialize(guardian);
    let mut head = NEXT.set(U256::ZERO, 1);
    if !whitelist.is_zero() {
        kyc::set_up(whitelist)?;
        WHITELIST.set_address(whitelist);
        head = GATED.set(head, 1);
    }
    HEAD.set(head);
    TERMS.set(uint(pool_token.into_word().0));
    STAKE_MANAGER.set_address(stake_manager);
    change_order_image(call, 4)?;
    change_order_limits(SMALLEST_DEFAULT, LARGEST_DEFAULT)?;
    change_cancel_costs(BEFORE_DUE_DEFAULT, AFTER_DUE_DEFAULT)?;
    done()
}

pub(crate) fn set_order_image(call: &Call) -> Answer {
    OWNABLE.only_owner()?;
    change_order_image(call, 0)?;
    done()
}

/// Smallest and largest order in shares; what a slot cannot hold (below 1e9 and 1e15) is rounded down.
pub(crate) fn set_order_limits(call: &Call) -> Answer {
    let (smallest, largest) = (clamp(call.uint(0)?), clamp(call.uint(1)?));
    OWNABLE.only_owner()?;
    change_order_limits(smallest, largest)?;
    done()
}

pub(crate) fn set_cancel_costs(call: &Call) -> Answer {
    let (before_due, after_due) = (clamp(call.uint(0)?), clamp(call.uint(1)?));
    OWNABLE.only_owner()?;
    change_cancel_costs(before_due, after_due)?;
    done()
}

fn change_order_image(call: &Call, argument: usize) -> Reverts<()> {
    let image = call.address(argument)?;
    not_zero(image)?;
    let previous = ORDER_IMAGE.address();
    ORDER_IMAGE.set_address(image);
    log::changed(OrderImageChanged::SIGNATURE_HASH, previous, image);
    Ok(())
}

fn change_order_limits(smallest: u128, largest: u128) -> Reverts<()> {
    let in_range = (SMALLEST_UNIT..=HIGHEST_SMALLEST).contains(&smallest)
        && (LOWEST_LARGEST..=LARGEST.max() * LARGEST_UNIT).contains(&largest);
    if !in_range {
        let words = [smallest, HIGHEST_SMALLEST, largest, LOWEST_LARGEST].map(Word::word);
        return Err(revert(LimitsOutOfBounds::SELECTOR, &words));
    }
    let units = |shares, unit| low_half(divide(whole(shares), whole(unit)));
    let terms = SMALLEST.set(TERMS.get(), units(smallest, SMALLEST_UNIT));
    let terms = LARGEST.set(terms, units(largest, LARGEST_UNIT));
    TERMS.set(terms);
    let (smallest, largest) = limits(terms);
    let words = [smallest.word(), largest.word()];
    log::emit(&[OrderLimitsChanged::SIGNATURE_HASH], &words);
    Ok(())
}

fn change_cancel_costs(before_due: u128, after_due: u128) -> Reverts<()> {
    let words = [before_due.word(), after_due.word()];
    if !(1..=50).contains(&before_due) || !(5..=100).contains(&after_due) {
        return Err(revert(CostsOutOfBounds::SELECTOR, &words));
    }
    let terms = COST_BEFORE_DUE.set(TERMS.get(), before_due);
    TERMS.set(COST_AFTER_DUE.set(terms, after_due));
    log::emit(&[CancelCostsChanged::SIGNATURE_HASH], &words);
    Ok(())
}
