//! What the committee may call: functions of contracts that the owner has named.

use alloc::vec::Vec;

use alloy_primitives::{Address, FixedBytes, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{revert, Reverts, Word},
    host,
    interfaces::IQuorum::{setMembersCall, AllowedChanged, NotAllowed},
    log,
    ownable::not_zero,
    storage::{uint, Slot},
};

const ALLOWED: Slot = Slot::at(5);

/// A function's selector.
pub(crate) type Selector = FixedBytes<4>;

/// Whether the committee may call a function of a contract.
pub(crate) fn is_allowed(target: Address, selector: Selector) -> bool {
    !entry(target, selector).get().is_zero()
}

/// Says whether the committee may call a function of a contract. Of this contract it is never more than
/// `setMembers`: neither the list itself nor ownership nor an upgrade is the committee's.
pub(crate) fn set(target: Address, selector: Selector, allowed: bool) -> Reverts<()> {
    not_zero(target)?;
    if allowed && target == host::this() && selector != setMembersCall::SELECTOR {
        return Err(refusal(target, selector));
    }
    entry(target, selector).set(U256::from_limbs([u64::from(allowed), 0, 0, 0]));
    let topics = [
        AllowedChanged::SIGNATURE_HASH,
        target.word(),
        selector.word(),
    ];
    log::emit(&topics, &[allowed.word()]);
    Ok(())
}

/// Revert data for a call that the committee may not make.
pub(crate) fn refusal(target: Address, selector: Selector) -> Vec<u8> {
    revert(NotAllowed::SELECTOR, &[target.word(), selector.word()])
}

fn entry(target: Address, selector: Selector) -> Slot {
    let low = U256::from_limbs([u64::from(u32::from(selector)), 0, 0, 0]);
    let high: U256 = uint(target.word().0) << 32;
    ALLOWED.entry((high | low).word())
}
