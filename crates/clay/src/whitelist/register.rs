//! What follows from the whitelist's history: every account's standing, every application's state, who decides.

use std::collections::{BTreeMap, HashMap};

use alloy::primitives::{Address, B256, U256};

use super::{event::Event, rights::Rights, UNTIL_LIFTED};
use crate::bindings::KycWhitelist::{applicationReturn, statusReturn, KycWhitelistEvents};

const DAY: u64 = 86_400;
/// From the end of an emergency denial (7 days) until the next may begin (30 days after it began).
const EMERGENCY_PAUSE: u64 = 23 * DAY;

/// An account's standing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Rights as they were given.
    pub rights: Rights,
    /// Until when they hold, seconds; then only those that expiry does not end.
    pub expiry: u64,
    /// Hash of the off-chain file they rest on.
    pub reference: B256,
    /// Until when it is denied everything, seconds; 0 if never, [`UNTIL_LIFTED`] without end.
    pub denied_until: u64,
    /// From when on the compliance officer may deny it again, seconds; 0 if that never happened.
    pub emergency_from: u64,
    /// Whether it is a contract of the protocol.
    pub protocol_contract: bool,
}

/// What an application has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The Board has not decided.
    Open,
    /// The Board gave what was applied for.
    Accepted,
    /// The Board refused.
    TurnedDown,
}

/// An application for rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Application {
    /// Whose rights it is about.
    pub account: Address,
    /// Who filed it.
    pub applicant: Address,
    /// What is applied for.
    pub rights: Rights,
    /// Hash of the off-chain file.
    pub reference: B256,
    /// What it has come to.
    pub state: State,
}

/// The whitelist as its events tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Register {
    /// Accounts, in the order in which they came.
    pub accounts: Vec<Address>,
    /// Their standings.
    pub standings: HashMap<Address, Standing>,
    /// Applications by number.
    pub applications: BTreeMap<U256, Application>,
    /// Who upgrades, appoints and lifts denials.
    pub owner: Address,
    /// Who gives rights and denies.
    pub board: Address,
    /// Who denies in an emergency.
    pub compliance_officer: Address,
}

impl Register {
    /// What follows from these events, oldest first.
    pub fn of<'a>(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut register = Self::default();
        for event in events {
            register.hear(&event.what);
        }
        register
    }

    /// Takes the next event in.
    pub fn hear(&mut self, event: &KycWhitelistEvents) {
        use KycWhitelistEvents::*;
        match event {
            ApplicationFiled(e) => {
                let application = Application {
                    account: e.account,
                    applicant: e.applicant,
                    rights: Rights(e.rights),
                    reference: e.referenceHash,
                    state: State::Open,
                };
                self.applications.insert(e.id, application);
            }
            // An event of its own tells the rights that come with it.
            ApplicationAccepted(e) => self.close(e.id, State::Accepted),
            ApplicationTurnedDown(e) => self.close(e.id, State::TurnedDown),
            RightsChanged(e) => {
                let standing = self.standing(e.account);
                standing.rights = Rights(e.rights);
                standing.expiry = e.expiry.to();
                standing.reference = e.referenceHash;
            }
            AccountDenied(e) => {
                let until = e.until.to();
                let standing = self.standing(e.account);
                standing.denied_until = until;
                // Only the compliance officer's end by themselves.
                if until != UNTIL_LIFTED {
                    standing.emergency_from = until.saturating_add(EMERGENCY_PAUSE);
                }
            }
            DenialLifted(e) => self.standing(e.account).denied_until = 0,
            ProtocolContractChanged(e) => {
                self.standing(e.account).protocol_contract = e.isProtocolContract;
            }
            BoardChanged(e) => self.board = e.current,
            ComplianceOfficerChanged(e) => self.compliance_officer = e.current,
            OwnershipTransferred(e) => self.owner = e.newOwner,
            OwnershipTransferStarted(_) | Upgraded(_) => {}
        }
    }

    /// An account's standing; that of one never heard of is empty.
    pub fn of_account(&self, account: Address) -> Standing {
        self.standings.get(&account).copied().unwrap_or_default()
    }

    /// Applications that the Board has not decided on.
    pub fn open(&self) -> impl Iterator<Item = (&U256, &Application)> {
        let applications = self.applications.iter();
        applications.filter(|(_, application)| application.state == State::Open)
    }

    fn standing(&mut self, account: Address) -> &mut Standing {
        self.standings.entry(account).or_insert_with(|| {
            self.accounts.push(account);
            Standing::default()
        })
    }

    fn close(&mut self, id: U256, state: State) {
        if let Some(application) = self.applications.get_mut(&id) {
            application.state = state;
        }
    }
}

impl Standing {
    /// Rights that can be used at a time.
    pub fn rights_at(&self, now: u64) -> Rights {
        if self.is_denied_at(now) {
            Rights::NONE
        } else if self.protocol_contract {
            Rights::ALL
        } else if now < self.expiry {
            self.rights
        } else {
            self.rights.and(Rights::AFTER_EXPIRY)
        }
    }

    /// Whether it is denied everything at a time.
    pub fn is_denied_at(&self, now: u64) -> bool {
        self.denied_until == UNTIL_LIFTED || now < self.denied_until
    }

    /// As the contract tells it at a time: a denial that is over is none.
    pub fn at(mut self, now: u64) -> Self {
        if !self.is_denied_at(now) {
            self.denied_until = 0;
        }
        self
    }

    /// What can be said of it at a time in a few words.
    pub fn in_words(&self, now: u64) -> String {
        let held = self.rights_at(now).in_words();
        if self.is_denied_at(now) {
            "denied everything".into()
        } else if self.protocol_contract {
            "contract of the protocol: may everything".into()
        } else if self.rights != Rights::NONE && now >= self.expiry {
            format!("expired: may {held}")
        } else {
            format!("may {held}")
        }
    }
}

impl From<statusReturn> for Standing {
    fn from(status: statusReturn) -> Self {
        Self {
            rights: Rights(status.rights),
            expiry: status.expiry.to(),
            reference: status.referenceHash,
            denied_until: status.deniedUntil.to(),
            emergency_from: status.emergencyFrom.to(),
            protocol_contract: status.protocolContract,
        }
    }
}

impl State {
    /// In a word or two.
    pub fn name(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Accepted => "accepted",
            State::TurnedDown => "turned down",
        }
    }

    fn of_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(State::Open),
            2 => Some(State::Accepted),
            3 => Some(State::TurnedDown),
            _ => None,
        }
    }
}

impl Application {
    /// What the contract answers; none if there is no such application.
    pub fn of_answer(answer: applicationReturn) -> Option<Self> {
        Some(Self {
            account: answer.account,
            applicant: answer.applicant,
            rights: Rights(answer.rights),
            reference: answer.referenceHash,
            state: State::of_number(answer.state)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::{address, aliases::U40, b256};

    use super::*;
    use crate::bindings::KycWhitelist::*;

    const ALICE: Address = address!("00000000000000000000000000000000000a11ce");
    const BOB: Address = address!("0000000000000000000000000000000000000b0b");
    const FILE: B256 = b256!("00000000000000000000000000000000000000000000000000000000000000f1");
    const REASON: B256 = B256::ZERO;
    const ALL_BUT_OPERATE: Rights = Rights(7);

    fn gives(account: Address, rights: Rights, expiry: u64) -> KycWhitelistEvents {
        KycWhitelistEvents::RightsChanged(RightsChanged {
            account,
            rights: rights.0,
            expiry: U40::from(expiry),
            referenceHash: FILE,
        })
    }

    fn denies(account: Address, until: u64) -> KycWhitelistEvents {
        KycWhitelistEvents::AccountDenied(AccountDenied {
            account,
            by: BOB,
            until: U40::from(until),
            reason: REASON,
        })
    }

    fn lifts(account: Address) -> KycWhitelistEvents {
        let reason = REASON;
        KycWhitelistEvents::DenialLifted(DenialLifted { account, reason })
    }

    fn names(account: Address, is_protocol_contract: bool) -> KycWhitelistEvents {
        KycWhitelistEvents::ProtocolContractChanged(ProtocolContractChanged {
            account,
            isProtocolContract: is_protocol_contract,
        })
    }

    fn after(events: &[KycWhitelistEvents]) -> Register {
        let mut register = Register::default();
        events.iter().for_each(|event| register.hear(event));
        register
    }

    #[test]
    fn expiry_leaves_nothing_but_the_way_out() {
        let alice = after(&[gives(ALICE, ALL_BUT_OPERATE, 1_000)]).of_account(ALICE);
        assert_eq!(alice.rights_at(999), ALL_BUT_OPERATE);
        assert_eq!(alice.in_words(999), "may stake, hold and redeem");
        assert_eq!(alice.rights_at(1_000), Rights::AFTER_EXPIRY);
        assert_eq!(alice.in_words(1_000), "expired: may redeem");
        assert_eq!(alice.reference, FILE);
    }

    #[test]
    fn a_denial_overrides_rights_and_lifting_it_gives_them_back() {
        let given = gives(ALICE, ALL_BUT_OPERATE, 1_000);
        let events = [given.clone(), denies(ALICE, UNTIL_LIFTED), lifts(ALICE)];
        let denied = after(&events[..2]).of_account(ALICE);
        assert!(denied.is_denied_at(u64::MAX));
        assert_eq!(denied.rights_at(5), Rights::NONE);
        assert_eq!(denied.in_words(5), "denied everything");
        assert_eq!(
            after(&events).of_account(ALICE),
            after(&[given]).of_account(ALICE)
        );
    }

    #[test]
    fn an_emergency_denial_ends_and_is_not_repeated_for_30_days_from_its_beginning() {
        let begun = 1_000_000;
        let until = begun + 7 * DAY;
        let alice = after(&[denies(ALICE, until)]).of_account(ALICE);
        assert!(alice.is_denied_at(until - 1) && !alice.is_denied_at(until));
        assert_eq!(alice.emergency_from, begun + 30 * DAY);
        assert_eq!(alice.at(until - 1).denied_until, until);
        assert_eq!(alice.at(until).denied_until, 0);
        // Confirmed by the Board and lifted by the owner: the officer's turn is not back earlier.
        let confirmed = [
            denies(ALICE, until),
            denies(ALICE, UNTIL_LIFTED),
            lifts(ALICE),
        ];
        let alice = after(&confirmed).of_account(ALICE);
        assert_eq!(alice.emergency_from, begun + 30 * DAY);
        assert!(!alice.is_denied_at(begun));
    }

    #[test]
    fn contracts_of_the_protocol_may_everything_until_they_are_none() {
        let named = after(&[names(BOB, true)]).of_account(BOB);
        assert_eq!(named.rights_at(u64::MAX), Rights::ALL);
        let events = [
            gives(BOB, Rights(2), 50),
            names(BOB, true),
            names(BOB, false),
        ];
        let no_longer = after(&events).of_account(BOB);
        assert_eq!(no_longer.rights_at(49), Rights(2));
        assert_eq!(after(&[]).of_account(BOB), Standing::default());
        assert_eq!(after(&[]).of_account(BOB).in_words(0), "may nothing");
    }

    #[test]
    fn accounts_stand_in_the_order_in_which_they_came() {
        let events = [names(BOB, true), gives(ALICE, Rights(1), 9), denies(BOB, 7)];
        assert_eq!(after(&events).accounts, [BOB, ALICE]);
    }

    #[test]
    fn an_application_is_open_until_the_board_decides() {
        let filed = |id: u64| {
            KycWhitelistEvents::ApplicationFiled(ApplicationFiled {
                id: U256::from(id),
                account: ALICE,
                applicant: BOB,
                rights: 7,
                referenceHash: FILE,
            })
        };
        let accepted = ApplicationAccepted { id: U256::from(2) };
        let refused = ApplicationTurnedDown {
            id: U256::from(1),
            reason: REASON,
        };
        let events = [
            filed(1),
            filed(2),
            filed(3),
            KycWhitelistEvents::ApplicationAccepted(accepted),
            KycWhitelistEvents::ApplicationTurnedDown(refused),
        ];
        let register = after(&events);
        let states: Vec<_> = register.applications.values().map(|it| it.state).collect();
        assert_eq!(states, [State::TurnedDown, State::Accepted, State::Open]);
        let open: Vec<_> = register.open().map(|(id, _)| *id).collect();
        assert_eq!(open, [U256::from(3)]);
        // Applying makes nobody known.
        assert!(register.accounts.is_empty());
    }
}
