//! A plain model of what is known of every account: what changes leave of it, what it allows, and what the
//! logs say of it.

use std::collections::BTreeMap;

use alloy::{primitives::Log, sol_types::SolEventInterface};

use super::*;

/// What is known of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) rights: u8,
    pub(crate) expiry: u64,
    pub(crate) reference: B256,
    /// Until when it is denied; 0 if it is not, or was lifted.
    pub(crate) denied: u64,
    pub(crate) emergency_from: u64,
    pub(crate) protocol: bool,
}

impl Known {
    pub(crate) fn denied_until(&self, now: u64) -> u64 {
        if self.denied == UNTIL_LIFTED || self.denied > now {
            self.denied
        } else {
            0
        }
    }

    pub(crate) fn usable(&self, now: u64) -> u8 {
        match (self.denied_until(now), self.protocol) {
            (0, true) => ALL,
            (0, false) if now >= self.expiry => self.rights & REDEEM,
            (0, false) => self.rights,
            _ => 0,
        }
    }
}

/// An application: account, rights, reference, state.
pub(crate) type Filed = (Address, u8, B256, u8);

/// Everything that is known, in a form that no contract would keep it in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Model {
    pub(crate) accounts: BTreeMap<Address, Known>,
    pub(crate) order: Vec<Address>,
    pub(crate) filed: Vec<Filed>,
}

/// A change; batches as lists.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Apply(Address, u8, B256),
    Accept(Vec<(u64, u64)>),
    TurnDown(Vec<u64>),
    Rights(Vec<(Address, u8, u64, B256)>),
    Renew(Vec<Address>, u64),
    Deny(Vec<Address>),
    Emergency(Vec<Address>),
    Lift(Vec<Address>),
    Protocol(Address, bool),
}

impl Model {
    pub(crate) fn known(&self, account: Address) -> Known {
        self.accounts.get(&account).copied().unwrap_or_default()
    }

    pub(crate) fn note(&mut self, account: Address, known: Known) {
        if !self.order.contains(&account) {
            self.order.push(account);
        }
        self.accounts.insert(account, known);
    }

    /// What a change leaves, or the refusal.
    pub(crate) fn after(&self, change: &Change, now: u64) -> Result<Self, Vec<u8>> {
        let mut next = self.clone();
        match change {
            Change::Apply(account, rights, reference) => {
                some(*account)?;
                exist(*rights)?;
                next.filed.push((*account, *rights, *reference, 1));
            }
            Change::Accept(batch) => {
                for (id, expiry) in batch {
                    let (account, rights, reference) = next.close(*id, 2)?;
                    next.give(account, rights, *expiry, reference, now)?;
                }
            }
            Change::TurnDown(batch) => {
                for id in batch {
                    next.close(*id, 3)?;
                }
            }
            Change::Rights(batch) => {
                for (account, rights, expiry, reference) in batch {
                    exist(*rights)?;
                    next.give(*account, *rights, *expiry, *reference, now)?;
                }
            }
            Change::Renew(batch, expiry) => {
                later(*expiry, now)?;
                for account in batch {
                    some(*account)?;
                    let known = next.known(*account);
                    if known.rights == 0 {
                        return Err(NothingToRenew { account: *account }.abi_encode());
                    }
                    let expiry = *expiry;
                    next.note(*account, Known { expiry, ..known });
                }
            }
            Change::Deny(batch) => {
                for account in batch {
                    let known = next.deniable(*account)?;
                    let denied = UNTIL_LIFTED;
                    next.note(*account, Known { denied, ..known });
                }
            }
            Change::Emergency(batch) => {
                for account in batch {
                    let known = next.deniable(*account)?;
                    if known.denied == UNTIL_LIFTED {
                        continue;
                    }
                    if now < known.emergency_from {
                        let (account, from) = (*account, time(known.emergency_from));
                        return Err(EmergencyTooSoon { account, from }.abi_encode());
                    }
                    let known = Known {
                        denied: now + 7 * DAY,
                        emergency_from: now + 30 * DAY,
                        ..known
                    };
                    next.note(*account, known);
                }
            }
            Change::Lift(batch) => {
                for account in batch {
                    some(*account)?;
                    let known = next.known(*account);
                    if known.denied_until(now) == 0 {
                        return Err(NotDenied { account: *account }.abi_encode());
                    }
                    next.note(*account, Known { denied: 0, ..known });
                }
            }
            Change::Protocol(account, protocol) => {
                some(*account)?;
                let (account, protocol) = (*account, *protocol);
                let known = next.known(account);
                let until = time(known.denied_until(now));
                if protocol && !until.is_zero() {
                    return Err(Denied { account, until }.abi_encode());
                }
                next.note(account, Known { protocol, ..known });
            }
        }
        Ok(next)
    }

    fn give(
        &mut self,
        account: Address,
        rights: u8,
        expiry: u64,
        reference: B256,
        now: u64,
    ) -> Result<(), Vec<u8>> {
        some(account)?;
        if rights != 0 {
            later(expiry, now)?;
        }
        let known = Known {
            rights,
            expiry,
            reference,
            ..self.known(account)
        };
        self.note(account, known);
        Ok(())
    }

    fn close(&mut self, id: u64, to: u8) -> Result<(Address, u8, B256), Vec<u8>> {
        let index = (id as usize).checked_sub(1);
        let filed = index.and_then(|index| self.filed.get_mut(index));
        match filed {
            Some((account, rights, reference, state)) if *state == 1 => {
                *state = to;
                Ok((*account, *rights, *reference))
            }
            filed => {
                let state = filed.map_or(0, |filed| filed.3);
                let id = U256::from(id);
                Err(NotOpen { id, state }.abi_encode())
            }
        }
    }

    fn deniable(&self, account: Address) -> Result<Known, Vec<u8>> {
        some(account)?;
        let known = self.known(account);
        if known.protocol {
            return Err(Undeniable { account }.abi_encode());
        }
        Ok(known)
    }

    /// What a log says has changed, and nothing but the log.
    pub(crate) fn replay(&mut self, log: &Log) {
        let event = KycWhitelistEvents::decode_log(log).expect("one of the whitelist's");
        match event.data {
            KycWhitelistEvents::RightsChanged(event) => {
                let known = Known {
                    rights: event.rights,
                    expiry: event.expiry.to(),
                    reference: event.referenceHash,
                    ..self.known(event.account)
                };
                self.note(event.account, known);
            }
            KycWhitelistEvents::AccountDenied(event) => {
                let mut known = self.known(event.account);
                known.denied = event.until.to();
                if known.denied != UNTIL_LIFTED {
                    known.emergency_from = known.denied + 23 * DAY;
                }
                self.note(event.account, known);
            }
            KycWhitelistEvents::DenialLifted(event) => {
                let known = self.known(event.account);
                self.note(event.account, Known { denied: 0, ..known });
            }
            KycWhitelistEvents::ProtocolContractChanged(event) => {
                let protocol = event.isProtocolContract;
                let known = self.known(event.account);
                self.note(event.account, Known { protocol, ..known });
            }
            KycWhitelistEvents::ApplicationFiled(event) => {
                self.filed
                    .push((event.account, event.rights, event.referenceHash, 1));
                assert_eq!(event.id, U256::from(self.filed.len()));
            }
            KycWhitelistEvents::ApplicationAccepted(event) => {
                self.filed[event.id.to::<usize>() - 1].3 = 2;
            }
            KycWhitelistEvents::ApplicationTurnedDown(event) => {
                self.filed[event.id.to::<usize>() - 1].3 = 3;
            }
            _ => (),
        }
    }
}

fn some(account: Address) -> Result<(), Vec<u8>> {
    if account.is_zero() {
        return Err(ZeroAddress {}.abi_encode());
    }
    Ok(())
}

fn exist(asked: u8) -> Result<(), Vec<u8>> {
    if asked > ALL {
        return Err(UnknownRights { asked, all: ALL }.abi_encode());
    }
    Ok(())
}

fn later(expiry: u64, now: u64) -> Result<(), Vec<u8>> {
    if expiry <= now {
        let (asked, now) = (time(expiry), time(now));
        return Err(ExpiryPassed { asked, now }.abi_encode());
    }
    Ok(())
}

/// What a check of these must answer.
pub(crate) fn checked(model: &Model, now: u64, asked: [(Address, u8); 3]) -> Result<(), Vec<u8>> {
    for (account, asked) in asked {
        let known = model.known(account);
        let (until, held) = (known.denied_until(now), known.usable(now));
        if account.is_zero() {
            continue;
        }
        if until != 0 {
            let until = time(until);
            return Err(Denied { account, until }.abi_encode());
        }
        if asked & !held != 0 {
            let refusal = RightMissing {
                account,
                asked,
                held,
            };
            return Err(refusal.abi_encode());
        }
    }
    Ok(())
}
