//! The queue's slots, and what is read from them in more than one place.

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolError;
use clay_shared::{
    abi::{revert, Reverts, Word},
    host,
    interfaces::{ICommon, IUnstakeQueue::*},
    kyc,
    math::narrow,
    ownable::Ownable,
    pausable::Pausable,
    storage::{address, low_half, Field, Slot},
};

/// [`NEXT`], [`DUE`], two notes, [`PAUSED`] and [`GATED`].
pub(crate) const HEAD: Slot = Slot::at(0);
/// The next order's id; ids start at 1.
pub(crate) const NEXT: Field = Field::new(0, 40);
/// Orders up to this one are due.
pub(crate) const DUE: Field = NEXT.then(40);
/// When the older note was written; 0 without one.
pub(crate) const OLDER_TIME: Field = DUE.then(32);
/// The next order's id then.
pub(crate) const OLDER_NEXT: Field = OLDER_TIME.then(40);
/// When the newer note was written; 0 without one.
pub(crate) const NEWER_TIME: Field = OLDER_NEXT.then(32);
/// The next order's id then.
pub(crate) const NEWER_NEXT: Field = NEWER_TIME.then(40);
/// Whether somebody paused the queue; until when stands with the guardian. It stays set when a pause lapses
/// by itself, as a view may not write.
pub(crate) const PAUSED: Field = NEWER_NEXT.then(1);
/// Whether there is a whitelist, so that without one its slot is not read.
pub(crate) const GATED: Field = PAUSED.then(1);

/// [`FINALISED`], [`CHECKPOINT_COUNT`], [`WITHDRAWN`], [`SET_ASIDE`].
pub(crate) const TAIL: Slot = Slot::at(1);
/// Orders up to this one are finalised.
pub(crate) const FINALISED: Field = Field::new(0, 40);
/// How many checkpoints there are.
pub(crate) const CHECKPOINT_COUNT: Field = FINALISED.then(32);
/// Shares of withdrawn orders that finalisation has not passed yet.
pub(crate) const WITHDRAWN: Field = CHECKPOINT_COUNT.then(96);
/// Wei that wait to be claimed, rounding dust included.
pub(crate) const SET_ASIDE: Field = WITHDRAWN.then(88);

/// The token in the lower 160 bits; [`SMALLEST`], [`LARGEST`], [`COST_BEFORE_DUE`], [`COST_AFTER_DUE`].
pub(crate) const TERMS: Slot = Slot::at(2);
/// Smallest order in [`SMALLEST_UNIT`].
pub(crate) const SMALLEST: Field = Field::new(160, 32);
/// Largest order in [`LARGEST_UNIT`].
pub(crate) const LARGEST: Field = SMALLEST.then(40);
/// Basis points.
pub(crate) const COST_BEFORE_DUE: Field = LARGEST.then(8);
/// Basis points.
pub(crate) const COST_AFTER_DUE: Field = COST_BEFORE_DUE.then(8);

/// A billionth of a share.
pub(crate) const SMALLEST_UNIT: u128 = 1_000_000_000;
/// A thousandth of a share.
pub(crate) const LARGEST_UNIT: u128 = 1_000_000_000_000_000;

pub(crate) const STAKE_MANAGER: Slot = Slot::at(3);
pub(crate) const ORDER_IMAGE: Slot = Slot::at(4);
pub(crate) const OWNABLE: Ownable = Ownable::at(5);
pub(crate) const PAUSABLE: Pausable = Pausable::at(7);

/// Of each order: its owner in the lower 160 bits, and [`CUMULATIVE`].
const ORDERS: Slot = Slot::at(8);
/// Shares of all orders up to and including this one.
const CUMULATIVE: Field = Field::new(160, 96);

pub(crate) const BALANCES: Slot = Slot::at(9);
pub(crate) const APPROVALS: Slot = Slot::at(10);
pub(crate) const OPERATORS: Slot = Slot::at(11);
/// Of each group of 128 orders: which are withdrawn, and their shares.
pub(crate) const GROUPS: Slot = Slot::at(12);
/// Of each 256 groups: in which of them an order is withdrawn.
pub(crate) const SUMMARIES: Slot = Slot::at(13);
/// [`UP_TO`], [`ASSETS`], [`SHARES`] by index from 1.
pub(crate) const CHECKPOINTS: Slot = Slot::at(14);
/// Last order that a checkpoint pays.
pub(crate) const UP_TO: Field = Field::new(0, 40);
/// Wei of its rate.
pub(crate) const ASSETS: Field = UP_TO.then(104);
/// Shares of its rate.
pub(crate) const SHARES: Field = ASSETS.then(96);
/// Who may leave; zero if everybody may.
pub(crate) const WHITELIST: Slot = Slot::at(15);

/// An order that was made, gone or not.
pub(crate) struct Order {
    pub(crate) id: u64,
    pub(crate) owner: Address,
    cumulative: u128,
}

impl Order {
    /// The order with an id; none if there never was one.
    pub(crate) fn find(id: U256) -> Option<Self> {
        let id = narrow(id).filter(|id| *id != 0 && *id < NEXT.get(HEAD.get()))?;
        Some(Self::read(id as u64))
    }

    /// The order with an id, which must still be there.
    pub(crate) fn existing(id: U256) -> Reverts<Self> {
        match Self::find(id) {
            Some(order) if !order.owner.is_zero() => Ok(order),
            _ => Err(revert(NoSuchOrder::SELECTOR, &[id.word()])),
        }
    }

    /// The same, which must be the caller's.
    pub(crate) fn of_caller(id: U256) -> Reverts<Self> {
        let (order, caller) = (Self::existing(id)?, host::sender());
        if order.owner != caller {
            let words = [id.word(), caller.word(), order.owner.word()];
            return Err(revert(OnlyOrderOwner::SELECTOR, &words));
        }
        Ok(order)
    }

    fn read(id: u64) -> Self {
        let word = Self::slot(id).get();
        Self {
            id,
            owner: address(word),
            cumulative: CUMULATIVE.get(word),
        }
    }

    /// Where an order is kept.
    pub(crate) fn slot(id: u64) -> Slot {
        ORDERS.entry(id.word())
    }

    /// Makes the order that follows those of `before` shares.
    pub(crate) fn create(id: u64, owner: Address, before: u128, shares: u128) -> Reverts<()> {
        let cumulative = fits(before.saturating_add(shares), CUMULATIVE)?;
        let slot = Self::slot(id);
        slot.set(CUMULATIVE.set(U256::ZERO, cumulative));
        slot.set_address(owner);
        Ok(())
    }

    /// Shares it was made with.
    pub(crate) fn shares(&self) -> u128 {
        self.cumulative - cumulative(self.id - 1)
    }

    /// Refuses an order that is finalised.
    pub(crate) fn not_finalised(&self) -> Reverts<()> {
        let finalised = FINALISED.get(TAIL.get());
        if u128::from(self.id) <= finalised {
            let words = [self.id.word(), finalised.word()];
            return Err(revert(AlreadyFinalised::SELECTOR, &words));
        }
        Ok(())
    }
}

/// Shares of all orders up to and including this one; of order 0, none.
pub(crate) fn cumulative(id: u64) -> u128 {
    CUMULATIVE.get(Order::slot(id).get())
}

/// The youngest order; 0 before the first.
pub(crate) fn last_id() -> u64 {
    (NEXT.get(HEAD.get()) as u64).saturating_sub(1)
}

/// The pool's token.
pub(crate) fn token() -> Address {
    TERMS.address()
}

/// Who may leave; zero if everybody may.
pub(crate) fn whitelist(head: U256) -> Address {
    match GATED.get(head) {
        0 => Address::ZERO,
        _ => WHITELIST.address(),
    }
}

/// Where there is a whitelist, refuses unless every account has the right asked of it and is not denied.
#[inline(never)]
pub(crate) fn check(head: U256, asked: [(&Address, u8); 3]) -> Reverts<()> {
    let asked = asked.map(|(account, right)| (*account, right));
    kyc::check(whitelist(head), asked)
}

/// In place of an account of which nothing is asked.
pub(crate) const NOBODY: (&Address, u8) = (&Address::ZERO, kyc::UNDENIED);

/// Smallest and largest order, in shares.
pub(crate) fn limits(terms: U256) -> (u128, u128) {
    (
        SMALLEST.get(terms) * SMALLEST_UNIT,
        LARGEST.get(terms) * LARGEST_UNIT,
    )
}

/// An amount that its field holds.
pub(crate) fn fits(amount: u128, field: Field) -> Reverts<u128> {
    at_most(amount, field.max())
}

/// Refuses an amount above what is allowed.
pub(crate) fn at_most(amount: u128, allowed: u128) -> Reverts<u128> {
    if amount > allowed {
        let words = [amount.word(), allowed.word()];
        return Err(revert(ICommon::AmountTooLarge::SELECTOR, &words));
    }
    Ok(amount)
}

/// Narrows an amount to 128 bits; one that is larger becomes the largest.
pub(crate) fn clamp(amount: U256) -> u128 {
    narrow(amount).unwrap_or(u128::MAX)
}

/// How many orders an account has.
pub(crate) fn balance(owner: Address) -> u128 {
    low_half(BALANCES.entry(owner.word()).get())
}
