//! Ownership in two steps, and who else may call.

use alloy_primitives::Address;
use alloy_sol_types::{SolCall, SolError, SolEvent};

use crate::{
    abi::{answer, done, revert, Answer, Call, Reverts, Word},
    host,
    interfaces::{ICommon, IManaged, IOwnable::*},
    log,
    storage::Slot,
};

/// Who owns the contract, and who was offered it. Two slots.
#[derive(Clone, Copy, Debug)]
pub struct Ownable {
    owner: Slot,
    pending_owner: Slot,
}

impl Ownable {
    /// Kept in this slot and the next.
    pub const fn at(slot: u64) -> Self {
        Self {
            owner: Slot::at(slot),
            pending_owner: Slot::at(slot + 1),
        }
    }

    /// Sets the first owner.
    pub fn initialize(self, owner: Address) -> Reverts<()> {
        not_zero(owner)?;
        self.move_to(owner);
        Ok(())
    }

    /// Who owns the contract.
    pub fn owner(self) -> Address {
        self.owner.address()
    }

    /// Refuses every caller but the owner.
    #[inline(never)]
    pub fn only_owner(self) -> Reverts<()> {
        let (caller, owner) = (host::sender(), self.owner());
        if caller != owner {
            return Err(revert(OnlyOwner::SELECTOR, &[caller.word(), owner.word()]));
        }
        Ok(())
    }

    /// Answers the functions of `IOwnable`; none if the selector is another's.
    #[inline(never)]
    pub fn route(self, call: &Call) -> Option<Answer> {
        Some(match call.selector {
            ownerCall::SELECTOR => answer(&[self.owner().word()]),
            pendingOwnerCall::SELECTOR => answer(&[self.pending_owner.address().word()]),
            transferOwnershipCall::SELECTOR => self.transfer(call),
            acceptOwnershipCall::SELECTOR => self.accept(),
            _ => return None,
        })
    }

    fn transfer(self, call: &Call) -> Answer {
        let new_owner = call.address(0)?;
        self.only_owner()?;
        self.pending_owner.set_address(new_owner);
        log::changed(
            OwnershipTransferStarted::SIGNATURE_HASH,
            self.owner(),
            new_owner,
        );
        done()
    }

    fn accept(self) -> Answer {
        let (caller, pending) = (host::sender(), self.pending_owner.address());
        if caller != pending {
            let words = [caller.word(), pending.word()];
            return Err(revert(OnlyPendingOwner::SELECTOR, &words));
        }
        self.pending_owner.set_address(Address::ZERO);
        self.move_to(caller);
        done()
    }

    fn move_to(self, owner: Address) {
        let previous = self.owner();
        self.owner.set_address(owner);
        log::changed(OwnershipTransferred::SIGNATURE_HASH, previous, owner);
    }
}

/// Refuses every caller but the pool's stake-manager.
pub fn only_stake_manager(stake_manager: Address) -> Reverts<()> {
    let caller = host::sender();
    if caller != stake_manager {
        let words = [caller.word(), stake_manager.word()];
        return Err(revert(IManaged::OnlyStakeManager::SELECTOR, &words));
    }
    Ok(())
}

/// Refuses the zero address.
pub fn not_zero(address: Address) -> Reverts<()> {
    if address.is_zero() {
        return Err(revert(ICommon::ZeroAddress::SELECTOR, &[]));
    }
    Ok(())
}
