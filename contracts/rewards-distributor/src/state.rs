//! What the distributor stores.

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use clay_shared::{
    abi::{Reverts, Word},
    call, host,
    interfaces::ICsEthToken::balanceOfCall,
    ownable::Ownable,
    pausable::Pausable,
    storage::{Field, Slot},
};

/// Token, in the lower 160 bits; [`EPOCH`] and the fields after it.
pub(crate) const HEAD: Slot = Slot::at(0);
/// Operator-registry, in the lower 160 bits; [`PREVIOUS_EPOCH`], [`DUE`].
pub(crate) const REGISTRY: Slot = Slot::at(1);
/// The root in effect.
pub(crate) const ROOT: Slot = Slot::at(2);
/// The root before.
pub(crate) const PREVIOUS_ROOT: Slot = Slot::at(3);
/// [`REWARDS`], [`PAID`].
pub(crate) const SHARES: Slot = Slot::at(4);
/// [`PENALTIES`], [`RECOVERED`].
pub(crate) const CHARGES: Slot = Slot::at(5);
/// The root that waits; zero without one.
pub(crate) const PENDING_ROOT: Slot = Slot::at(6);
/// [`PENDING_EPOCH`], [`PENDING_REWARDS`], [`PENDING_PENALTIES`].
pub(crate) const PENDING: Slot = Slot::at(7);
/// [`PENDING_RECOVERED`].
pub(crate) const PENDING_RECOVERY: Slot = Slot::at(8);
/// Hash of the pending root's manifest.
pub(crate) const PENDING_HASH: Slot = Slot::at(9);
/// Hash of the manifest of the root in effect.
pub(crate) const HASH: Slot = Slot::at(10);
/// The pool's stake-manager.
pub(crate) const STAKE_MANAGER: Slot = Slot::at(11);
/// The pool's flash-exit-pool.
pub(crate) const FLASH_EXIT_POOL: Slot = Slot::at(12);
/// Proposes roots.
pub(crate) const COMMITTEE: Slot = Slot::at(13);
/// Guardian and pause. [`PAUSED`] is kept in step, so that a claim need not read this slot.
pub(crate) const PAUSABLE: Pausable = Pausable::at(14);
/// Owner and pending owner.
pub(crate) const OWNABLE: Ownable = Ownable::at(15);
/// Who must not be denied.
pub(crate) const WHITELIST: Slot = Slot::at(17);
const PAID_TO: Slot = Slot::at(21);
const RECEIVERS: Slot = Slot::at(22);

/// Number of the root's epoch; 0 before there is one.
pub(crate) const EPOCH: Field = Field::new(160, 32);
/// Seconds.
pub(crate) const SINCE: Field = EPOCH.then(32);
/// Whether the guardian used its veto.
pub(crate) const VETO_SPENT: Field = SINCE.then(1);
/// Whether somebody paused; it stays set when a pause lapses by itself.
pub(crate) const PAUSED: Field = VETO_SPENT.then(1);
/// Whether there is a whitelist, so that without one its slot is not read.
pub(crate) const GATED: Field = PAUSED.then(1);

/// Number of the previous root's epoch.
pub(crate) const PREVIOUS_EPOCH: Field = Field::new(160, 32);
/// Seconds: when the pending root takes effect; 0 without one.
pub(crate) const DUE: Field = PREVIOUS_EPOCH.then(32);

/// Shares promised since the beginning.
pub(crate) const REWARDS: Field = Field::new(0, 96);
/// Shares of them that were paid.
pub(crate) const PAID: Field = REWARDS.then(96);
/// Shares charged since the beginning.
pub(crate) const PENALTIES: Field = Field::new(0, 96);
/// Shares burned as recoveries since the beginning.
pub(crate) const RECOVERED: Field = PENALTIES.then(96);

/// Number of the pending root's epoch.
pub(crate) const PENDING_EPOCH: Field = Field::new(0, 32);
/// [`REWARDS`] of the pending root.
pub(crate) const PENDING_REWARDS: Field = PENDING_EPOCH.then(96);
/// [`PENALTIES`] of the pending root.
pub(crate) const PENDING_PENALTIES: Field = PENDING_REWARDS.then(96);
/// [`RECOVERED`] of the pending root.
pub(crate) const PENDING_RECOVERED: Field = Field::new(0, 96);

/// Accounts below are the pools' own, as in the operator-registry.
pub(crate) const FIRST_OPERATOR: u128 = clay_shared::operators::state::FIRST_OPERATOR as u128;

/// Where it is kept what an account was paid.
pub(crate) fn paid_to(account: u128) -> Slot {
    PAID_TO.entry(account.word())
}

/// Where it is kept whom an account of the pool's own is paid to.
pub(crate) fn receiver_of(account: u128) -> Slot {
    RECEIVERS.entry(account.word())
}

/// The whitelist; zero without one.
pub(crate) fn whitelist() -> Address {
    match GATED.get(HEAD.get()) {
        0 => Address::ZERO,
        _ => WHITELIST.address(),
    }
}

/// Shares that are held, were paid and were burned: what all roots together have to be paid from.
pub(crate) fn received() -> Reverts<u128> {
    let words = [host::this().word()];
    let answered = call::ask(HEAD.address(), balanceOfCall::SELECTOR, &words)?;
    let held = call::first_amount(answered)?;
    // Three numbers of at most 96 bits, as the token's supply is.
    Ok(held + PAID.get(SHARES.get()) + RECOVERED.get(CHARGES.get()))
}
