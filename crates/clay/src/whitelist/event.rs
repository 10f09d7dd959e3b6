//! What happened to the whitelist, one event at a time.

use alloy::primitives::{Address, B256, U256};
use serde_json::{json, Map, Value};

use super::{rights::Rights, UNTIL_LIFTED};
use crate::{bindings::KycWhitelist::KycWhitelistEvents, moment};

/// An event, and where it stands in the chain.
#[derive(Clone)]
pub struct Event {
    /// Number of its block.
    pub block: u64,
    /// Hash of its block.
    pub block_hash: B256,
    /// Time of its block, seconds; none until the chain was asked.
    pub time: Option<u64>,
    /// The transaction.
    pub transaction: B256,
    /// Its place among the block's events.
    pub index: u64,
    /// What happened.
    pub what: KycWhitelistEvents,
}

/// A value that an event tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// An account.
    Account(Address),
    /// Rights.
    Rights(Rights),
    /// Seconds.
    Time(u64),
    /// The hash of a file or a text.
    Hash(B256),
    /// An application's number.
    Id(U256),
    /// Yes or no.
    Flag(bool),
}

impl Event {
    /// Its name in the contract's interface, and what it tells, by name.
    pub fn told(&self) -> (&'static str, Vec<(&'static str, Told)>) {
        use KycWhitelistEvents::*;
        use Told::{Account, Flag, Hash, Id, Time};
        let rights = |bits| Told::Rights(Rights(bits));
        let seconds = |time: alloy::primitives::aliases::U40| Time(time.to());
        let changed = |previous, current| {
            vec![
                ("previous", Account(previous)),
                ("current", Account(current)),
            ]
        };
        match &self.what {
            ApplicationFiled(e) => (
                "ApplicationFiled",
                vec![
                    ("id", Id(e.id)),
                    ("account", Account(e.account)),
                    ("applicant", Account(e.applicant)),
                    ("rights", rights(e.rights)),
                    ("reference", Hash(e.referenceHash)),
                ],
            ),
            ApplicationAccepted(e) => ("ApplicationAccepted", vec![("id", Id(e.id))]),
            ApplicationTurnedDown(e) => (
                "ApplicationTurnedDown",
                vec![("id", Id(e.id)), ("reason", Hash(e.reason))],
            ),
            RightsChanged(e) => (
                "RightsChanged",
                vec![
                    ("account", Account(e.account)),
                    ("rights", rights(e.rights)),
                    ("expiry", seconds(e.expiry)),
                    ("reference", Hash(e.referenceHash)),
                ],
            ),
            AccountDenied(e) => (
                "AccountDenied",
                vec![
                    ("account", Account(e.account)),
                    ("by", Account(e.by)),
                    ("until", seconds(e.until)),
                    ("reason", Hash(e.reason)),
                ],
            ),
            DenialLifted(e) => (
                "DenialLifted",
                vec![("account", Account(e.account)), ("reason", Hash(e.reason))],
            ),
            ProtocolContractChanged(e) => (
                "ProtocolContractChanged",
                vec![
                    ("account", Account(e.account)),
                    ("protocolContract", Flag(e.isProtocolContract)),
                ],
            ),
            BoardChanged(e) => ("BoardChanged", changed(e.previous, e.current)),
            ComplianceOfficerChanged(e) => {
                ("ComplianceOfficerChanged", changed(e.previous, e.current))
            }
            OwnershipTransferStarted(e) => (
                "OwnershipTransferStarted",
                changed(e.previousOwner, e.newOwner),
            ),
            OwnershipTransferred(e) => {
                ("OwnershipTransferred", changed(e.previousOwner, e.newOwner))
            }
            Upgraded(e) => (
                "Upgraded",
                vec![("implementation", Account(e.implementation))],
            ),
        }
    }

    /// The account whose standing it changes.
    pub fn account(&self) -> Option<Address> {
        let (_, told) = self.told();
        told.into_iter().find_map(|told| match told {
            ("account", Told::Account(account)) => Some(account),
            _ => None,
        })
    }

    /// The application it is about.
    pub fn application(&self) -> Option<U256> {
        let (_, told) = self.told();
        told.into_iter().find_map(|told| match told {
            ("id", Told::Id(id)) => Some(id),
            _ => None,
        })
    }

    /// As JSON: times in seconds, rights as a list of names.
    pub fn json(&self) -> Value {
        let (name, told) = self.told();
        let place = json!({
            "block": self.block,
            "blockHash": self.block_hash.to_string(),
            "time": self.time,
            "transaction": self.transaction.to_string(),
            "logIndex": self.index,
            "event": name,
        });
        let told = told
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.json()));
        let mut members: Map<String, Value> = place.as_object().cloned().unwrap_or_default();
        members.extend(told);
        members.into()
    }
}

impl Told {
    /// As people read it.
    pub fn in_words(&self) -> String {
        match self {
            Told::Time(UNTIL_LIFTED) => "until it is lifted".into(),
            Told::Time(time) => moment::date(*time),
            Told::Flag(true) => "yes".into(),
            Told::Flag(false) => "no".into(),
            Told::Rights(rights) => rights.in_words(),
            _ => self.value(),
        }
    }

    /// As programs read it in a table: times in seconds.
    pub fn value(&self) -> String {
        match self {
            Told::Account(account) => account.to_string(),
            Told::Rights(rights) => rights.to_string(),
            Told::Time(time) => time.to_string(),
            Told::Hash(hash) => hash.to_string(),
            Told::Id(id) => id.to_string(),
            Told::Flag(yes) => yes.to_string(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Told::Time(time) => (*time).into(),
            Told::Flag(yes) => (*yes).into(),
            Told::Rights(rights) => rights.names().collect(),
            _ => self.value().into(),
        }
    }
}
