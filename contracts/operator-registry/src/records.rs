//! Records: who an operator is, and who speaks for it.
//!
//! A manager key or a payout address changes only to one that accepts. The payout address, which the bond goes to, changes
//! after a delay in which the present one can withdraw the offer.

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{answer, done, revert, Answer, Call, Reverts, Word},
    host,
    interfaces::IOperatorRegistry::*,
    kyc::{self, OPERATE, UNDENIED},
    log,
    operators::{
        score::START,
        state::{
            count, of_operator::*, Operator, FIRST_OPERATOR, KINDS, OPERATORS, STAKE_MANAGER,
            WHITELIST,
        },
    },
    ownable::not_zero,
    storage::{address, bytes_of, uint, whole, Slot},
};

use crate::{bonds, operator, refusal, tell, tell_of};

/// Seconds between the offer of a payout address and the earliest it can be accepted: 3 days.
const PAYOUT_DELAY: u64 = 3 * 24 * 60 * 60;

/// Answers what concerns records; none if the selector is another's.
#[inline(never)]
pub(crate) fn route(call: &Call) -> Option<Answer> {
    Some(match call.selector {
        registerCall::SELECTOR => register(call),
        offerManagerCall::SELECTOR => offer_manager(call),
        acceptManagerCall::SELECTOR => accept_manager(call),
        offerPayoutCall::SELECTOR => offer_payout(call),
        acceptPayoutCall::SELECTOR => accept_payout(call),
        setMetadataHashCall::SELECTOR => set_metadata_hash(call),
        recordCall::SELECTOR => record(call),
        _ => return None,
    })
}

/// Refuses a caller who has no right to operate, where that is asked.
#[inline(never)]
pub(crate) fn only_with_right() -> Reverts<()> {
    let nobody = (Address::ZERO, UNDENIED);
    let asked = [(host::sender(), OPERATE), nobody, nobody];
    kyc::check(WHITELIST.address(), asked)
}

fn register(call: &Call) -> Answer {
    let (kind, payout, metadata) = (call.uint8(0)?, call.address(1)?, call.word(2)?);
    let (manager, sent) = (host::sender(), call.take_value());
    if kind >= KINDS {
        let words = [u64::from(kind).word(), u64::from(KINDS - 1).word()];
        return Err(revert(UnknownKind::SELECTOR, &words));
    }
    not_zero(payout)?;
    only_with_right()?;
    let registered = OPERATORS.get(STAKE_MANAGER.get()) as u32;
    count(STAKE_MANAGER, OPERATORS, 1);
    let operator = Operator(FIRST_OPERATOR + registered);
    let mut head = KIND.set(uint(manager.into_word().0), kind.into());
    head = PERFORMANCE.set(head, START.into());
    operator.slot(HEAD).set(CONDUCT.set(head, START.into()));
    operator.slot(PAYOUT).set_address(payout);
    operator.slot(METADATA).set(uint(metadata.0));
    let words = [u64::from(kind).word(), payout.word(), metadata];
    let event = OperatorRegistered::SIGNATURE_HASH;
    tell_of(event, operator, manager.word(), &words);
    if !sent.is_zero() {
        bonds::deposit(operator, sent)?;
    }
    answer(&[operator.word()])
}

fn offer_manager(call: &Call) -> Answer {
    let (operator, manager) = (operator(call)?, call.address(1)?);
    operator.only_manager()?;
    operator.slot(OFFERED_MANAGER).set_address(manager);
    tell_of(
        ManagerOffered::SIGNATURE_HASH,
        operator,
        manager.word(),
        &[],
    );
    done()
}

/// The new manager needs the right to operate, as the first one did.
fn accept_manager(call: &Call) -> Answer {
    let operator = operator(call)?;
    let manager = only_offered(operator.slot(OFFERED_MANAGER))?;
    only_with_right()?;
    operator.slot(OFFERED_MANAGER).set(U256::ZERO);
    replace(ManagerChanged::SIGNATURE_HASH, operator, HEAD, manager);
    done()
}

fn offer_payout(call: &Call) -> Answer {
    let (operator, payout) = (operator(call)?, call.address(1)?);
    let withdraws = payout.is_zero();
    // Whoever holds the present payout address may at least say no.
    if !withdraws || host::sender() != operator.slot(PAYOUT).address() {
        operator.only_manager()?;
    }
    let from = match withdraws {
        true => 0,
        false => host::now() + PAYOUT_DELAY,
    };
    let offer = PAYOUT_FROM.set(uint(payout.into_word().0), u128::from(from));
    operator.slot(OFFERED_PAYOUT).set(offer);
    tell_of(
        PayoutOffered::SIGNATURE_HASH,
        operator,
        payout.word(),
        &[from.word()],
    );
    done()
}

fn accept_payout(call: &Call) -> Answer {
    let operator = operator(call)?;
    let payout = only_offered(operator.slot(OFFERED_PAYOUT))?;
    let from = operator.get(OFFERED_PAYOUT, PAYOUT_FROM) as u64;
    not_before(from)?;
    operator.slot(OFFERED_PAYOUT).set(U256::ZERO);
    replace(PayoutChanged::SIGNATURE_HASH, operator, PAYOUT, payout);
    done()
}

fn set_metadata_hash(call: &Call) -> Answer {
    let (operator, hash) = (operator(call)?, call.word(1)?);
    operator.only_manager()?;
    operator.slot(METADATA).set(uint(hash.0));
    tell(MetadataChanged::SIGNATURE_HASH, operator, &[hash]);
    done()
}

/// Refuses before a time, in seconds.
#[inline(never)]
pub(crate) fn not_before(from: u64) -> Reverts<()> {
    let now = host::now();
    if now < from {
        return Err(refusal(
            TooEarly::SELECTOR,
            whole(u128::from(now)),
            from.into(),
        ));
    }
    Ok(())
}

/// Refuses every caller but who an offer in a slot names.
#[inline(never)]
fn only_offered(slot: Slot) -> Reverts<Address> {
    let (caller, offered) = (host::sender(), slot.address());
    if caller != offered {
        let words = [caller.word(), offered.word()];
        return Err(revert(OnlyOffered::SELECTOR, &words));
    }
    Ok(caller)
}

/// Puts another address in the place of one in the record, and tells of it.
#[inline(never)]
fn replace(event: B256, operator: Operator, place: u64, current: Address) {
    let slot = operator.slot(place);
    let previous = slot.address();
    slot.set_address(current);
    let topics = [event, operator.word(), previous.word(), current.word()];
    log::emit(&topics, &[]);
}

fn record(call: &Call) -> Answer {
    let operator = operator(call)?;
    let (head, offer) = (
        operator.slot(HEAD).get(),
        operator.slot(OFFERED_PAYOUT).get(),
    );
    answer(&[
        KIND.get(head).word(),
        address(head).word(),
        operator.slot(PAYOUT).address().word(),
        B256::new(bytes_of(operator.slot(METADATA).get())),
        operator.slot(OFFERED_MANAGER).address().word(),
        address(offer).word(),
        PAYOUT_FROM.get(offer).word(),
    ])
}
