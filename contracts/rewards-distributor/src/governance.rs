//! What the owner sets, and the guardian's pause.

use alloy_primitives::U256;
use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{done, revert, Answer, Call, Reverts, Word},
    interfaces::{ICommon, IRewardsDistributor::*},
    kyc, log,
    math::narrow,
    ownable::not_zero,
    program::unknown_function,
    storage::whole,
    upgradeable::only_through_proxy,
};

use crate::{
    schedule,
    state::{
        receiver_of, COMMITTEE, FIRST_OPERATOR, FLASH_EXIT_POOL, GATED, HEAD, OWNABLE, PAUSABLE,
        PAUSED, REGISTRY, STAKE_MANAGER, WHITELIST,
    },
    terms, VERSION,
};

/// Answers what governs.
pub(crate) fn route(call: &Call) -> Answer {
    match call.selector {
        initializeCall::SELECTOR => initialize(call),
        setEpochLengthCall::SELECTOR => schedule::set_length(call),
        setRootDelayCall::SELECTOR => schedule::set_delay(call),
        setFactorsCall::SELECTOR => terms::set_factors(call),
        setStandingCall::SELECTOR => terms::set_standing(call),
        setSsvPriceCall::SELECTOR => terms::set_ssv_price(call),
        setReceiverCall::SELECTOR => set_receiver(call),
        _ => OWNABLE
            .route(call)
            .or_else(|| VERSION.route(OWNABLE, call))
            .or_else(|| PAUSABLE.route_noted(OWNABLE, call, note_pause))
            .unwrap_or_else(|| unknown_function(call)),
    }
}

/// Sets the distributor up behind its proxy, once.
fn initialize(call: &Call) -> Answer {
    let (owner, guardian) = (call.address(0)?, call.address(1)?);
    let (whitelist, genesis) = (call.address(7)?, call.uint(8)?);
    only_through_proxy()?;
    if !HEAD.address().is_zero() {
        return Err(revert(ICommon::AlreadyInitialized::SELECTOR, &[]));
    }
    let siblings = [HEAD, STAKE_MANAGER, REGISTRY, FLASH_EXIT_POOL, COMMITTEE];
    for (index, slot) in siblings.into_iter().enumerate() {
        let sibling = call.address(2 + index)?;
        not_zero(sibling)?;
        slot.set_address(sibling);
    }
    not_zero(guardian)?;
    OWNABLE.initialize(owner)?;
    PAUSABLE.initialize(guardian);
    if !whitelist.is_zero() {
        kyc::set_up(whitelist)?;
        WHITELIST.set_address(whitelist);
        HEAD.set(GATED.set(HEAD.get(), 1));
    }
    schedule::initialize(genesis);
    terms::initialize();
    done()
}

fn note_pause(begins: bool) {
    HEAD.set(PAUSED.set(HEAD.get(), u128::from(begins)));
}

fn set_receiver(call: &Call) -> Answer {
    let (account, receiver) = (call.uint(0)?, call.address(1)?);
    OWNABLE.only_owner()?;
    let Some(account) = narrow(account).filter(|account| *account < FIRST_OPERATOR) else {
        let words = [account.word(), (FIRST_OPERATOR - 1).word()];
        return Err(revert(NotReserved::SELECTOR, &words));
    };
    not_zero(receiver)?;
    receiver_of(account).set_address(receiver);
    let topics = [
        ReceiverChanged::SIGNATURE_HASH,
        account.word(),
        receiver.word(),
    ];
    log::emit(&topics, &[]);
    done()
}

/// A number within its bounds.
#[inline(never)]
pub(crate) fn within(asked: U256, smallest: u128, largest: u128) -> Reverts<u128> {
    match narrow(asked) {
        Some(value) if value >= smallest && value <= largest => Ok(value),
        _ => {
            let words = [asked, whole(smallest), whole(largest)].map(Word::word);
            Err(revert(OutOfBounds::SELECTOR, &words))
        }
    }
}
