//! Making orders, and taking them back before they are finalised.

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{answer, revert, Answer, Call, Reverts, Word},
    call, host,
    interfaces::{
        ICsEthToken::{permitCall, transferCall, transferFromCall},
        IStakeManagerReports,
        IUnstakeQueue::*,
    },
    kyc::{REDEEM, UNDENIED},
    log,
    math::{share, Rounding},
    ownable::not_zero,
    storage::{uint, Field},
    upgradeable::only_through_proxy,
};

use crate::{
    erc721,
    state::{
        check, clamp, cumulative, fits, last_id, limits, token, Order, COST_AFTER_DUE,
        COST_BEFORE_DUE, DUE, HEAD, NEXT, NOBODY, PAUSABLE, PAUSED, STAKE_MANAGER, TAIL, TERMS,
        WITHDRAWN,
    },
    withdrawn,
};

/// Sets the caller's allowance by its signature, then makes the order. The permit's own answer does not
/// matter: who used it before the caller could has set the same allowance, and without one the transfer
/// refuses.
pub(crate) fn request_with_permit(call: &Call) -> Answer {
    let (shares, deadline) = (call.uint(0)?, call.uint(2)?);
    let (v, r, s) = (call.uint8(3)?, call.word(4)?, call.word(5)?);
    let words = [
        host::sender().word(),
        host::this().word(),
        shares.word(),
        deadline.word(),
        u64::from(v).word(),
        r,
        s,
    ];
    let _ = call::call(token(), U256::ZERO, permitCall::SELECTOR, &words);
    request(call)
}

/// Escrows shares of the caller and mints an order for them, without asking the receiver.
pub(crate) fn request(call: &Call) -> Answer {
    let (asked, receiver) = (call.uint(0)?, call.address(1)?);
    let (head, caller) = (not_paused()?, host::sender());
    not_zero(receiver)?;
    check(head, [(&caller, REDEEM), (&receiver, REDEEM), NOBODY])?;
    let shares = clamp(asked);
    let (smallest, largest) = limits(TERMS.get());
    if shares < smallest {
        let words = [asked.word(), smallest.word()];
        return Err(revert(OrderBelowSmallest::SELECTOR, &words));
    }
    if shares > largest {
        let words = [asked.word(), largest.word()];
        return Err(revert(OrderAboveLargest::SELECTOR, &words));
    }
    let id = NEXT.get(head) as u64;
    let next = fits(u128::from(id + 1), NEXT)?;
    let before = cumulative(last_id());
    HEAD.set(NEXT.set(head, next));
    Order::create(id, receiver, before, shares)?;
    erc721::minted(receiver, id);

    let words = [caller.word(), host::this().word(), shares.word()];
    call::call(token(), U256::ZERO, transferFromCall::SELECTOR, &words)?;
    let topics = [
        UnstakeRequested::SIGNATURE_HASH,
        id.word(),
        caller.word(),
        receiver.word(),
    ];
    log::emit(&topics, &[shares.word()]);
    answer(&[id.word()])
}

/// Gives an order's shares back, less a cost (rounded up) that is burned.
pub(crate) fn cancel(call: &Call) -> Answer {
    let id = call.uint(0)?;
    let head = not_paused()?;
    let order = Order::of_caller(id)?;
    check(head, [(&order.owner, UNDENIED), NOBODY, NOBODY])?;
    order.not_finalised()?;
    let rate = match u128::from(order.id) <= DUE.get(head) {
        true => cost(COST_AFTER_DUE),
        false => cost(COST_BEFORE_DUE),
    };
    let shares = order.shares();
    let burned = share(shares, rate, Rounding::Up);
    let returned = shares - burned;
    withdraw(&order, shares)?;

    let burn = IStakeManagerReports::burnSharesCall::SELECTOR;
    call::call(STAKE_MANAGER.address(), U256::ZERO, burn, &[burned.word()])?;
    let words = [order.owner.word(), returned.word()];
    call::call(token(), U256::ZERO, transferCall::SELECTOR, &words)?;
    let topics = [
        OrderCancelled::SIGNATURE_HASH,
        order.id.word(),
        order.owner.word(),
    ];
    log::emit(&topics, &[returned.word(), burned.word()]);
    answer(&[returned.word()])
}

/// Redeems an order at the stake-manager's discount, while orders cannot be finalised. The stake-manager
/// decides whether they cannot, burns the shares from this contract's balance and pays the receiver.
pub(crate) fn redeem_silently(call: &Call) -> Answer {
    let (id, minimum, receiver) = (call.uint(0)?, call.uint(1)?, call.address(2)?);
    not_zero(receiver)?;
    let order = Order::of_caller(id)?;
    let asked = [(&order.owner, REDEEM), (&receiver, UNDENIED), NOBODY];
    check(HEAD.get(), asked)?;
    order.not_finalised()?;
    let shares = order.shares();
    withdraw(&order, shares)?;

    let redeem = IStakeManagerReports::redeemSilentlyCall::SELECTOR;
    let words = [shares.word(), receiver.word()];
    let returned = call::call(STAKE_MANAGER.address(), U256::ZERO, redeem, &words)?;
    let assets = uint(call::first_word(returned)?.0);
    if assets < minimum {
        let words = [assets.word(), minimum.word()];
        return Err(revert(AssetsBelowMinimum::SELECTOR, &words));
    }
    let topics = [
        OrderRedeemedSilently::SIGNATURE_HASH,
        order.id.word(),
        order.owner.word(),
    ];
    log::emit(&topics, &[receiver.word(), assets.word()]);
    answer(&[assets.word()])
}

/// Takes an order that is not finalised out of the queue: nobody owns it any more, and its shares wait to be
/// passed.
fn withdraw(order: &Order, shares: u128) -> Reverts<()> {
    let tail = TAIL.get();
    let pending = fits(WITHDRAWN.get(tail) + shares, WITHDRAWN)?;
    TAIL.set(WITHDRAWN.set(tail, pending));
    withdrawn::add(order.id, shares);
    erc721::take(order);
    erc721::moved(order.owner, Address::ZERO, order.id);
    Ok(())
}

/// Refuses while the queue is paused, and on an implementation that no proxy runs.
fn not_paused() -> Reverts<U256> {
    let head = HEAD.get();
    if head.is_zero() {
        only_through_proxy()?;
    }
    if PAUSED.get(head) != 0 {
        PAUSABLE.not_paused()?;
    }
    Ok(head)
}

/// Basis points of an order's shares that cancelling it burns.
fn cost(when: Field) -> u128 {
    when.get(TERMS.get())
}
