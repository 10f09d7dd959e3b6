//! What the owner sets, and the guardian's pause.

use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{done, revert, Answer, Call, Reverts, Word},
    books::flag,
    host,
    interfaces::{
        ICommon,
        IPausable::{pauseCall, rearmGuardianCall, setGuardianCall, unpauseCall},
        IStakeManagerReports::*,
    },
    log,
    ownable::not_zero,
    parameters::{find, OPERATORS_SPLIT, PROTECTION_SPLIT, TABLE},
    stake_manager::{self, set_books, sibling, Sibling, FLASH_RESERVE, OWNABLE, PAUSABLE, RESERVE},
    storage::Slot,
};

/// Answers what governs; none if the selector is another's.
pub(crate) fn route(call: &Call) -> Option<Answer> {
    match call.selector {
        setParameterCall::SELECTOR => Some(set_parameter(call)),
        setSiblingCall::SELECTOR => Some(set_sibling(call)),
        _ => PAUSABLE
            .route(OWNABLE, call)
            .map(|answer| note_pause(call, answer)),
    }
}

/// Keeps the books' flags in step with the guardian's, so that a deposit need not read the guardian's slot. The
/// pause's stays set when a pause lapses by itself, as a view may not write.
fn note_pause(call: &Call, answer: Answer) -> Answer {
    let answer = answer?;
    let mut books = stake_manager::books();
    match call.selector {
        pauseCall::SELECTOR => books.flags |= flag::PAUSED,
        unpauseCall::SELECTOR => books.flags &= !flag::PAUSED,
        rearmGuardianCall::SELECTOR | setGuardianCall::SELECTOR => {
            books.flags &= !flag::FLAG_SPENT;
        }
        _ => return Ok(answer),
    }
    set_books(books);
    Ok(answer)
}

fn set_parameter(call: &Call) -> Answer {
    let (id, value) = (call.uint8(0)?, call.uint(1)?);
    OWNABLE.only_owner()?;
    let parameter = find(&TABLE, id)?;
    let previous = stake_manager::parameter(parameter);
    stake_manager::set_parameter(id, parameter, value)?;
    check_split()?;
    let current = stake_manager::parameter(parameter);
    let topics = [ParameterChanged::SIGNATURE_HASH, u64::from(id).word()];
    log::emit(&topics, &[previous.word(), current.word()]);
    done()
}

/// Operators and protection together have at most the whole fee; the treasury has the rest.
fn check_split() -> Reverts<()> {
    let operators = stake_manager::parameter(&OPERATORS_SPLIT);
    let protection = stake_manager::parameter(&PROTECTION_SPLIT);
    if operators + protection > 10_000 {
        let words = [operators.word(), protection.word()];
        return Err(revert(FeeSplitAboveWhole::SELECTOR, &words));
    }
    Ok(())
}

fn set_sibling(call: &Call) -> Answer {
    let (id, current) = (call.uint8(0)?, call.address(1)?);
    OWNABLE.only_owner()?;
    let slot = known_sibling(id)?;
    not_zero(current)?;
    // A call of an account without code succeeds, and would seem to have been answered.
    if id != Sibling::Treasury as u8 && !host::has_code(current) {
        return Err(revert(ICommon::NoCode::SELECTOR, &[current.word()]));
    }
    let reserve = FLASH_RESERVE.get(RESERVE.get());
    if slot == RESERVE && reserve != 0 {
        return Err(revert(ReserveLent::SELECTOR, &[reserve.word()]));
    }
    let previous = slot.address();
    slot.set_address(current);
    let topics = [SiblingChanged::SIGNATURE_HASH, u64::from(id).word()];
    log::emit(&topics, &[previous.word(), current.word()]);
    done()
}

/// The slot of a sibling that there is.
pub(crate) fn known_sibling(id: u8) -> Reverts<Slot> {
    if id >= Sibling::COUNT {
        let words = [u64::from(id).word(), u64::from(Sibling::COUNT).word()];
        return Err(revert(UnknownSibling::SELECTOR, &words));
    }
    Ok(sibling(id))
}
