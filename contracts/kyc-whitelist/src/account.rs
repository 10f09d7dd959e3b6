//! What is known of an account, in one word, and what that allows now.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolError;
use clay_shared::{
    abi::{answer, revert, Answer, Call, Reverts, Word},
    interfaces::IKycWhitelist::{Denied, RightMissing},
    kyc::{ALL, REDEEM},
    ownable::not_zero,
    storage::{uint, Field, Slot},
};

use crate::{count, now, saturated, ACCOUNT_COUNT, BOARD};

const STANDINGS: Slot = Slot::at(4);
const ACCOUNTS: Slot = Slot::at(5);

/// The rights that were given, as bits.
pub(crate) const RIGHTS: Field = Field::new(0, 8);
/// 1 if the account is in the list of accounts.
const LISTED: Field = RIGHTS.then(1);
/// 1 for a contract of the protocol.
const PROTOCOL: Field = LISTED.then(1);
/// Until when the rights hold; beginning with this second all but redeem are over.
pub(crate) const EXPIRY: Field = PROTOCOL.then(40);
/// Until when the account is denied; [`UNTIL_LIFTED`] without end.
const DENIED_UNTIL: Field = EXPIRY.then(40);
/// From when on the compliance officer may deny the account again.
const EMERGENCY_FROM: Field = DENIED_UNTIL.then(40);

/// A denial that does not end by itself.
pub(crate) const UNTIL_LIFTED: u128 = DENIED_UNTIL.max();

/// An account's standing: rights as they were given, and denials.
#[derive(Clone, Copy)]
pub(crate) struct Standing(U256);

/// Reads the standing of an account that is to be changed; the zero address has none.
pub(crate) fn of(account: Address) -> Reverts<Standing> {
    not_zero(account)?;
    Ok(read(account))
}

fn read(account: Address) -> Standing {
    Standing(place(account).get())
}

fn place(account: Address) -> Slot {
    STANDINGS.entry(account.word())
}

/// What an account's rights rest on.
pub(crate) fn reference_hash(account: Address) -> B256 {
    place(account).plus(1).get().word()
}

/// Notes what an account's rights rest on.
pub(crate) fn set_reference_hash(account: Address, hash: B256) {
    place(account).plus(1).set(uint(hash.0));
}

impl Standing {
    /// Keeps it as the account's, which is listed from then on.
    pub(crate) fn keep(self, account: Address) {
        if LISTED.get(self.0) == 0 {
            let index = count(ACCOUNT_COUNT);
            ACCOUNTS.entry(index.word()).set_address(account);
        }
        place(account).set(LISTED.set(self.0, 1));
    }

    /// Rights as they were given.
    pub(crate) fn given(self) -> u128 {
        RIGHTS.get(self.0)
    }

    /// With these rights until then.
    pub(crate) fn with_rights(self, rights: u128, expiry: u128) -> Self {
        Self(EXPIRY.set(RIGHTS.set(self.0, rights), expiry))
    }

    /// Whether it is a contract of the protocol.
    pub(crate) fn is_protocol_contract(self) -> bool {
        PROTOCOL.get(self.0) != 0
    }

    /// As a contract of the protocol, or no longer as one.
    pub(crate) fn with_protocol_contract(self, is_protocol_contract: bool) -> Self {
        Self(PROTOCOL.set(self.0, u128::from(is_protocol_contract)))
    }

    /// Until when it is denied; 0 if it is not.
    pub(crate) fn denied_until(self, now: u128) -> u128 {
        match DENIED_UNTIL.get(self.0) {
            UNTIL_LIFTED => UNTIL_LIFTED,
            until if now < until => until,
            _ => 0,
        }
    }

    /// Denied until then; not denied with 0.
    pub(crate) fn with_denial(self, until: u128) -> Self {
        Self(DENIED_UNTIL.set(self.0, until))
    }

    /// From when on the compliance officer may deny it; 0 if that never happened.
    pub(crate) fn emergency_from(self) -> u128 {
        EMERGENCY_FROM.get(self.0)
    }

    /// With no further emergency denial before then.
    pub(crate) fn with_emergency_from(self, from: u128) -> Self {
        Self(EMERGENCY_FROM.set(self.0, from))
    }

    /// Rights that can be used now, denials aside.
    fn held(self, now: u128) -> u128 {
        if self.is_protocol_contract() {
            u128::from(ALL)
        } else if now < EXPIRY.get(self.0) {
            self.given()
        } else {
            self.given() & u128::from(REDEEM)
        }
    }
}

/// Revert data for an account that is denied.
pub(crate) fn denied(account: Address, until: u128) -> Vec<u8> {
    revert(Denied::SELECTOR, &[account.word(), until.word()])
}

/// Refuses unless each of three accounts has what is asked of it and is not denied. One slot an account.
pub(crate) fn check(call: &Call) -> Answer {
    let now = now();
    for index in 0..3 {
        let (account, asked) = (call.address(index)?, call.uint8(index + 3)?);
        if account.is_zero() {
            continue;
        }
        let standing = read(account);
        let until = standing.denied_until(now);
        if until != 0 {
            return Err(denied(account, until));
        }
        let (asked, held) = (u128::from(asked), standing.held(now));
        if asked & !held != 0 {
            let words = [account.word(), asked.word(), held.word()];
            return Err(revert(RightMissing::SELECTOR, &words));
        }
    }
    answer(&[])
}

/// Answer of `rightsOf`.
pub(crate) fn rights_of(call: &Call) -> Answer {
    let (standing, now) = (read(call.address(0)?), now());
    let usable = match standing.denied_until(now) {
        0 => standing.held(now),
        _ => 0,
    };
    answer(&[usable.word()])
}

/// Answer of `isDenied`.
pub(crate) fn is_denied(call: &Call) -> Answer {
    let until = read(call.address(0)?).denied_until(now());
    answer(&[(until != 0).word()])
}

/// Answer of `status`.
pub(crate) fn status(call: &Call) -> Answer {
    let account = call.address(0)?;
    let standing = read(account);
    answer(&[
        standing.given().word(),
        EXPIRY.get(standing.0).word(),
        reference_hash(account),
        standing.denied_until(now()).word(),
        standing.emergency_from().word(),
        standing.is_protocol_contract().word(),
    ])
}

/// Answer of `accounts`. What it takes depends on how many there are, not on how many are asked for.
pub(crate) fn list(call: &Call) -> Answer {
    let (from, asked) = (saturated(call.uint(0)?), saturated(call.uint(1)?));
    let total = ACCOUNT_COUNT.get(BOARD.get()) as u64;
    let count = total.saturating_sub(from).min(asked);
    let mut words = Vec::with_capacity(2 + count as usize);
    words.extend([32u64.word(), count.word()]);
    let indices = (from..).take(count as usize);
    words.extend(indices.map(|index| ACCOUNTS.entry(index.word()).get().word()));
    answer(&words)
}
