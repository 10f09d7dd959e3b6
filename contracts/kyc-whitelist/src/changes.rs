//! Changes of accounts: their rights, their denials, and which are contracts of the protocol.

use alloy_primitives::{Address, B256};
use alloy_sol_types::{SolError, SolEvent};
use clay_shared::{
    abi::{address_in, done, revert, Answer, Call, Reverts, Word},
    host,
    interfaces::IKycWhitelist::*,
    kyc::ALL,
    log,
};

use crate::{
    account::{self, Standing, EXPIRY, RIGHTS, UNTIL_LIFTED},
    now, number_in, only, only_board, same_length, COMPLIANCE_OFFICER, OWNABLE,
};

const DAY: u128 = 24 * 60 * 60;
/// How long an emergency denial stands (`protocol.md`, institutions).
const EMERGENCY: u128 = 7 * DAY;
/// For how long from an emergency denial on the account cannot be denied so again.
const EMERGENCY_EVERY: u128 = 30 * DAY;

/// Sets rights of accounts, each with its own expiry and reference. Board only.
pub(crate) fn set_rights(call: &Call) -> Answer {
    let (accounts, rights) = (call.array(0)?, call.array(1)?);
    let (expiries, hashes) = (call.array(2)?, call.array(3)?);
    only_board()?;
    for given in [rights.len(), expiries.len(), hashes.len()] {
        same_length(accounts.len(), given)?;
    }
    let terms = rights.iter().zip(expiries).zip(hashes);
    for (account, ((rights, expiry), hash)) in accounts.iter().zip(terms) {
        let rights = known_rights(number_in(*rights, RIGHTS)?)?;
        let expiry = number_in(*expiry, EXPIRY)?;
        give(address_in(*account)?, rights, expiry, B256::new(*hash))?;
    }
    done()
}

/// Gives an account these rights, and no others, until then.
pub(crate) fn give(account: Address, rights: u128, expiry: u128, hash: B256) -> Reverts<()> {
    let standing = account::of(account)?;
    if rights != 0 {
        not_passed(expiry)?;
    }
    standing.with_rights(rights, expiry).keep(account);
    account::set_reference_hash(account, hash);
    log_rights(account, rights, expiry, hash);
    Ok(())
}

/// Refuses rights that do not exist.
pub(crate) fn known_rights(asked: u128) -> Reverts<u128> {
    let all = u128::from(ALL);
    if asked & !all != 0 {
        return Err(revert(UnknownRights::SELECTOR, &[asked.word(), all.word()]));
    }
    Ok(asked)
}

/// Moves the expiry of accounts that have rights. Board only.
pub(crate) fn renew(call: &Call) -> Answer {
    let (accounts, expiry) = (call.array(0)?, number_in(call.word(1)?.0, EXPIRY)?);
    only_board()?;
    not_passed(expiry)?;
    for account in accounts {
        let account = address_in(*account)?;
        let standing = account::of(account)?;
        let rights = standing.given();
        if rights == 0 {
            return Err(revert(NothingToRenew::SELECTOR, &[account.word()]));
        }
        standing.with_rights(rights, expiry).keep(account);
        log_rights(account, rights, expiry, account::reference_hash(account));
    }
    done()
}

/// Rights are over at their expiry, so one that is now would give none.
fn not_passed(expiry: u128) -> Reverts<()> {
    let now = now();
    if expiry <= now {
        return Err(revert(ExpiryPassed::SELECTOR, &[expiry.word(), now.word()]));
    }
    Ok(())
}

fn log_rights(account: Address, rights: u128, expiry: u128, hash: B256) {
    let topics = [RightsChanged::SIGNATURE_HASH, account.word()];
    log::emit(&topics, &[rights.word(), expiry.word(), hash]);
}

/// Denies accounts until it is lifted. Board only.
pub(crate) fn deny(call: &Call) -> Answer {
    let (accounts, reason) = (call.array(0)?, call.word(1)?);
    only_board()?;
    for account in accounts {
        let (account, standing) = deniable(*account)?;
        standing.with_denial(UNTIL_LIFTED).keep(account);
        log_denial(account, UNTIL_LIFTED, reason);
    }
    done()
}

/// Denies accounts for some days. Compliance officer only.
pub(crate) fn deny_in_emergency(call: &Call) -> Answer {
    let (accounts, reason) = (call.array(0)?, call.word(1)?);
    only(COMPLIANCE_OFFICER, OnlyComplianceOfficer::SELECTOR)?;
    let now = now();
    for account in accounts {
        let (account, standing) = deniable(*account)?;
        // The Board's denial stands, and is not cut short.
        if standing.denied_until(now) == UNTIL_LIFTED {
            continue;
        }
        let from = standing.emergency_from();
        if now < from {
            let words = [account.word(), from.word()];
            return Err(revert(EmergencyTooSoon::SELECTOR, &words));
        }
        let until = now + EMERGENCY;
        standing
            .with_denial(until)
            .with_emergency_from(now + EMERGENCY_EVERY)
            .keep(account);
        log_denial(account, until, reason);
    }
    done()
}

/// An account that can be denied, and its standing.
fn deniable(word: [u8; 32]) -> Reverts<(Address, Standing)> {
    let account = address_in(word)?;
    let standing = account::of(account)?;
    if standing.is_protocol_contract() {
        return Err(revert(Undeniable::SELECTOR, &[account.word()]));
    }
    Ok((account, standing))
}

fn log_denial(account: Address, until: u128, reason: B256) {
    let by = host::sender();
    let topics = [AccountDenied::SIGNATURE_HASH, account.word(), by.word()];
    log::emit(&topics, &[until.word(), reason]);
}

/// Lifts denials. Owner only.
pub(crate) fn lift_denial(call: &Call) -> Answer {
    let (accounts, reason) = (call.array(0)?, call.word(1)?);
    OWNABLE.only_owner()?;
    for account in accounts {
        let account = address_in(*account)?;
        let standing = account::of(account)?;
        if standing.denied_until(now()) == 0 {
            return Err(revert(NotDenied::SELECTOR, &[account.word()]));
        }
        standing.with_denial(0).keep(account);
        let topics = [DenialLifted::SIGNATURE_HASH, account.word()];
        log::emit(&topics, &[reason]);
    }
    done()
}

/// Says whether an account is a contract of the protocol. One that is denied cannot become one.
pub(crate) fn set_protocol_contract(account: Address, is_protocol_contract: bool) -> Reverts<()> {
    let standing = account::of(account)?;
    let until = standing.denied_until(now());
    if is_protocol_contract && until != 0 {
        return Err(account::denied(account, until));
    }
    standing
        .with_protocol_contract(is_protocol_contract)
        .keep(account);
    let topics = [ProtocolContractChanged::SIGNATURE_HASH, account.word()];
    log::emit(&topics, &[is_protocol_contract.word()]);
    Ok(())
}
