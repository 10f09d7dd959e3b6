//! Applications for rights: anyone files one, the Board accepts it or turns it down, once.

use alloy_primitives::{B256, U256};
use alloy_sol_types::{SolError, SolEvent};
use clay_shared::{
    abi::{answer, done, revert, Answer, Call, Reverts, Word},
    host,
    interfaces::IKycWhitelist::{
        ApplicationAccepted, ApplicationFiled, ApplicationTurnedDown, NotOpen,
    },
    log,
    ownable::not_zero,
    storage::{address, uint, Field, Slot},
};

use crate::{
    account::EXPIRY,
    changes::{give, known_rights},
    count, number_in, only_board, same_length, APPLICATION_COUNT,
};

const APPLICATIONS: Slot = Slot::at(6);

const RIGHTS: Field = Field::new(160, 8);
const STATE: Field = RIGHTS.then(8);

const OPEN: u128 = 1;
const ACCEPTED: u128 = 2;
const TURNED_DOWN: u128 = 3;

/// Files an application. Anyone may, for any account.
pub(crate) fn apply_for(call: &Call) -> Answer {
    let (account, rights) = (call.address(0)?, call.uint8(1)?);
    let (hash, applicant) = (call.word(2)?, host::sender());
    not_zero(account)?;
    let rights = known_rights(rights.into())?;
    let id = (count(APPLICATION_COUNT) + 1).word();
    let place = APPLICATIONS.entry(id);
    let filed = STATE.set(RIGHTS.set(uint(account.word().0), rights), OPEN);
    place.set(filed);
    place.plus(1).set_address(applicant);
    place.plus(2).set(uint(hash.0));
    let event = ApplicationFiled::SIGNATURE_HASH;
    let topics = [event, id, account.word(), applicant.word()];
    log::emit(&topics, &[rights.word(), hash]);
    answer(&[id])
}

/// Gives accounts what was applied for, until when the Board says. Board only.
pub(crate) fn accept(call: &Call) -> Answer {
    let (ids, expiries) = (call.array(0)?, call.array(1)?);
    only_board()?;
    same_length(ids.len(), expiries.len())?;
    for (id, expiry) in ids.iter().zip(expiries) {
        let (id, expiry) = (B256::new(*id), number_in(*expiry, EXPIRY)?);
        let filed = close(id, ACCEPTED)?;
        log::emit(&[ApplicationAccepted::SIGNATURE_HASH, id], &[]);
        let hash = APPLICATIONS.entry(id).plus(2).get().word();
        give(address(filed), RIGHTS.get(filed), expiry, hash)?;
    }
    done()
}

/// Turns applications down. Board only.
pub(crate) fn turn_down(call: &Call) -> Answer {
    let (ids, reason) = (call.array(0)?, call.word(1)?);
    only_board()?;
    for id in ids {
        let id = B256::new(*id);
        close(id, TURNED_DOWN)?;
        log::emit(&[ApplicationTurnedDown::SIGNATURE_HASH, id], &[reason]);
    }
    done()
}

/// Closes an open application and returns its first word.
fn close(id: B256, state: u128) -> Reverts<U256> {
    let place = APPLICATIONS.entry(id);
    let filed = place.get();
    let before = STATE.get(filed);
    if before != OPEN {
        return Err(revert(NotOpen::SELECTOR, &[id, before.word()]));
    }
    place.set(STATE.set(filed, state));
    Ok(filed)
}

/// Answer of `application`.
pub(crate) fn application(call: &Call) -> Answer {
    let place = APPLICATIONS.entry(call.word(0)?);
    let filed = place.get();
    answer(&[
        address(filed).word(),
        place.plus(1).address().word(),
        RIGHTS.get(filed).word(),
        place.plus(2).get().word(),
        STATE.get(filed).word(),
    ])
}
