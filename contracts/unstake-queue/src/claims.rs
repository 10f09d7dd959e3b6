//! Paying finalised orders.
//!
//! A payout is an order's shares at the rate of the checkpoint that finalised it, rounded down: no later report,
//! and nobody else's claim or cancellation, changes it.

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolError, SolEvent};
use clay_shared::{
    abi::{answer, revert, Answer, Call, Reverts, Word},
    call, host,
    interfaces::IUnstakeQueue::*,
    kyc::{self, REDEEM, UNDENIED},
    log,
    math::{mul_div, narrow, Rounding},
    ownable::not_zero,
    storage::{uint, Slot},
};

use crate::{
    erc721,
    state::{
        at_most, check, whitelist, Order, ASSETS, CHECKPOINTS, CHECKPOINT_COUNT, FINALISED, HEAD,
        NOBODY, SET_ASIDE, SHARES, TAIL, UP_TO,
    },
};

/// Gas for an owner who is paid by somebody else's call: enough for a smart wallet behind a proxy to log what it
/// got, and so little that a hundred owners who burn it do not stop the others. Who claims for itself is given
/// all gas.
const GAS_FOR_OTHERS: u64 = 100_000;

/// Pays orders of the caller in one transfer: to the caller, or to a receiver it names; with hints where it has
/// them.
pub(crate) fn claim(call: &Call, receiver: Option<usize>, hints: Option<usize>) -> Answer {
    let ids = call.array(0)?;
    let caller = host::sender();
    let receiver = match receiver {
        Some(argument) => call.address(argument)?,
        None => caller,
    };
    let hints = hints.map(|argument| call.array(argument)).transpose()?;
    not_zero(receiver)?;
    let asked = [(&caller, REDEEM), (&receiver, UNDENIED), NOBODY];
    check(HEAD.get(), asked)?;
    if let Some(hints) = hints.filter(|hints| hints.len() != ids.len()) {
        let words = [(ids.len() as u64).word(), (hints.len() as u64).word()];
        return Err(revert(LengthMismatch::SELECTOR, &words));
    }
    let mut total = 0;
    for (index, id) in ids.iter().enumerate() {
        let hint = hints.and_then(|hints| hints.get(index)).copied();
        let order = Order::of_caller(uint(*id))?;
        let assets = payout(&order, hint.map(uint))?;
        erc721::take(&order);
        log_claim(&order, receiver, assets);
        // Each payout is part of what is set aside, which has 88 bits.
        total += assets;
    }
    let tail = TAIL.get();
    let set_aside = SET_ASIDE.get(tail);
    let left = set_aside - at_most(total, set_aside)?;
    TAIL.set(SET_ASIDE.set(tail, left));
    call::pay(receiver, total)?;
    answer(&[total.word()])
}

/// Pays each order to its owner. One that cannot be claimed is passed over, and so is one whose owner may not redeem,
/// refuses, or runs out of gas: it is given back exactly as it was. Nobody sees the state between, as a call back into this
/// contract reverts.
pub(crate) fn claim_for(call: &Call) -> Answer {
    let (mut total, head) = (0, HEAD.get());
    check(head, [(&host::sender(), UNDENIED), NOBODY, NOBODY])?;
    for id in call.array(0)? {
        let Ok(order) = Order::existing(uint(*id)) else {
            continue;
        };
        let tail = TAIL.get();
        let set_aside = SET_ASIDE.get(tail);
        let Some(assets) = payout(&order, None).ok().filter(|it| *it <= set_aside) else {
            continue;
        };
        let may = kyc::may(whitelist(head), order.owner, REDEEM)?;
        erc721::take(&order);
        TAIL.set(SET_ASIDE.set(tail, set_aside - assets));
        if may && host::pay(order.owner, assets, GAS_FOR_OTHERS) {
            log_claim(&order, order.owner, assets);
            total += assets;
        } else {
            erc721::give_back(&order);
            TAIL.set(tail);
            let topics = [
                ClaimSkipped::SIGNATURE_HASH,
                order.id.word(),
                order.owner.word(),
            ];
            log::emit(&topics, &[]);
        }
    }
    answer(&[total.word()])
}

/// Wei that a finalised order is paid, by the checkpoint that a hint names or that is searched for.
pub(crate) fn payout(order: &Order, hint: Option<U256>) -> Reverts<u128> {
    let finalised = FINALISED.get(TAIL.get());
    if u128::from(order.id) > finalised {
        let words = [order.id.word(), finalised.word()];
        return Err(revert(NotFinalised::SELECTOR, &words));
    }
    let index = match hint {
        Some(hint) => check_hint(order.id, hint)?,
        None => find_checkpoint(order.id),
    };
    let checkpoint = checkpoint_slot(index).get();
    let (assets, shares) = (ASSETS.get(checkpoint), SHARES.get(checkpoint));
    // Within what was set aside for the batch.
    Ok(mul_div(order.shares(), assets, shares, Rounding::Down).unwrap_or(0))
}

/// The first checkpoint that reaches an order; 0 if none does.
pub(crate) fn find_checkpoint(id: u64) -> u64 {
    let count = CHECKPOINT_COUNT.get(TAIL.get()) as u64;
    let (mut low, mut high) = (1, count + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        match last_of(middle) < id {
            true => low = middle + 1,
            false => high = middle,
        }
    }
    match low > count {
        true => 0,
        false => low,
    }
}

fn check_hint(id: u64, hint: U256) -> Reverts<u64> {
    let count = CHECKPOINT_COUNT.get(TAIL.get());
    match narrow(hint) {
        Some(index) if index != 0 && index <= count => {
            let index = index as u64;
            if last_of(index - 1) < id && id <= last_of(index) {
                return Ok(index);
            }
        }
        _ => (),
    }
    Err(revert(WrongHint::SELECTOR, &[id.word(), hint.word()]))
}

/// Last order that a checkpoint pays; of checkpoint 0, none.
fn last_of(index: u64) -> u64 {
    UP_TO.get(checkpoint_slot(index).get()) as u64
}

/// Where a checkpoint is kept.
pub(crate) fn checkpoint_slot(index: u64) -> Slot {
    CHECKPOINTS.entry(index.word())
}

fn log_claim(order: &Order, receiver: Address, assets: u128) {
    erc721::moved(order.owner, Address::ZERO, order.id);
    let topics = [
        OrderClaimed::SIGNATURE_HASH,
        order.id.word(),
        order.owner.word(),
        receiver.word(),
    ];
    log::emit(&topics, &[assets.word()]);
}
