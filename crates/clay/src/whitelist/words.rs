//! What the Board would do, in plain words. They are read from the calldata, so whoever signs need not trust whoever wrote
//! the proposal.

use alloy::{
    primitives::{aliases::U40, keccak256, Address, B256, U256},
    sol_types::{SolCall, SolInterface},
};

use super::{
    conversion,
    register::{Application, Standing},
    rights::Rights,
    Whitelist,
};
use crate::{
    bindings::{
        FlashExitPool::{allowConversionCall, conversionCall},
        KycWhitelist::{applicationCall, statusCall, KycWhitelistCalls},
        Quorum::setMembersCall,
    },
    client::Client,
    deploy::record::Deployment,
    failure::Failure,
    moment::date,
    proposal::Proposal,
};

/// A decision of the Board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What it does: a heading, then a line for each thing that changes.
    pub says: Vec<String>,
    /// The accounts whose standing it changes.
    pub accounts: Vec<Address>,
    /// The flash-exit-pool about whose conversion it is.
    pub converter: Option<Address>,
}

/// A change of one account, or another thing that changes.
struct Change {
    account: Option<Address>,
    words: String,
}

impl Decision {
    /// Reads what a proposal to the Board decides; none if it is to another committee, or calls something else than
    /// decisions about the whitelist, conversion by the deployment's flash-exit-pool and the Board's own members.
    ///
    /// # Errors
    /// [`Failure::Conflict`] if the proposal's reason is not the one that is signed, if its calldata is not written
    /// as it should be, if an application that it accepts does not exist, or if conversion is to another pool than it
    /// names; if the RPC does not answer.
    pub async fn read(
        client: &Client,
        deployment: &Deployment,
        whitelist: &Whitelist,
        proposal: &Proposal,
    ) -> Result<Option<Self>, Failure> {
        let board = whitelist.board(client).await?;
        if proposal.committee != board {
            return Ok(None);
        }
        let converter = conversion::converter(deployment);
        let mut about_conversion = None;
        let data = &proposal.data;
        let (encoded, does, reason, changes) = if proposal.target == whitelist.address {
            let Ok(call) = KycWhitelistCalls::abi_decode(data) else {
                return Ok(None);
            };
            let Some(reason) = reason_of(&call) else {
                return Ok(None);
            };
            let changes = changes(client, whitelist, &call).await?;
            let does = format!("changes the kyc-whitelist {}", whitelist.address);
            (call.abi_encode(), does, reason, changes)
        } else if proposal.target == board {
            let Ok(call) = setMembersCall::abi_decode(data) else {
                return Ok(None);
            };
            let does = "changes its own members".to_owned();
            (call.abi_encode(), does, None, members(&call))
        } else if Some(proposal.target) == converter {
            let Ok(call) = allowConversionCall::abi_decode(data) else {
                return Ok(None);
            };
            about_conversion = converter;
            let does = format!(
                "says whether the flash-exit-pool {} may convert csETH to IcsETH",
                proposal.target
            );
            let words = conversion::words(client, deployment, proposal.target, &call).await?;
            let changes = words.into_iter().map(Change::of_no_account).collect();
            (call.abi_encode(), does, None, changes)
        } else {
            return Ok(None);
        };
        if encoded != data[..] {
            return Err(Failure::Conflict(
                "the proposal's calldata is not written as it should be: it may hide something."
                    .into(),
            ));
        }
        let mut says = vec![format!(
            "On chain {}, the Board {board} {does}, if this is handed in until {}:",
            proposal.chain_id,
            date(proposal.deadline)
        )];
        says.extend(changes.iter().map(|change| format!("- {}", change.words)));
        says.extend(reason_in_words(reason, proposal.reason.as_deref())?);
        let accounts = changes.into_iter().filter_map(|change| change.account);
        let accounts = accounts.collect();
        Ok(Some(Self {
            says,
            accounts,
            converter: about_conversion,
        }))
    }

    /// Refuses a proposal whose own words are not what it decides.
    ///
    /// # Errors
    /// [`Failure::Conflict`], with both.
    pub fn require_said(&self, proposal: &Proposal) -> Result<(), Failure> {
        if self.says == proposal.says {
            return Ok(());
        }
        Err(Failure::Conflict(format!(
            "the proposal does not say what it does.\nIt says:\n{}\nIt does:\n{}",
            proposal.says.join("\n"),
            self.says.join("\n")
        )))
    }

    /// How the accounts stand now, a line each, and whether conversion is on.
    ///
    /// # Errors
    /// If the RPC does not answer.
    pub async fn standing_now(
        &self,
        client: &Client,
        whitelist: &Whitelist,
    ) -> Result<Vec<(String, String)>, Failure> {
        let now = client.now().await?;
        let mut lines = Vec::with_capacity(self.accounts.len());
        for &account in &self.accounts {
            let status = client
                .view(whitelist.address, statusCall { account })
                .await?;
            lines.push((account.to_string(), Standing::from(status).in_words(now)));
        }
        if let Some(converter) = self.converter {
            let terms = client.view(converter, conversionCall {}).await?;
            lines.push(("conversion".into(), conversion::standing(&terms)));
        }
        Ok(lines)
    }
}

impl Change {
    fn of_no_account(words: String) -> Self {
        Self {
            account: None,
            words,
        }
    }
}

/// The hash that a decision's reason has, if it has one; none of none for what the Board does not decide.
fn reason_of(call: &KycWhitelistCalls) -> Option<Option<B256>> {
    match call {
        KycWhitelistCalls::accept(_)
        | KycWhitelistCalls::setRights(_)
        | KycWhitelistCalls::renew(_) => Some(None),
        KycWhitelistCalls::turnDown(call) => Some(Some(call.reason)),
        KycWhitelistCalls::deny(call) => Some(Some(call.reason)),
        _ => None,
    }
}

async fn changes(
    client: &Client,
    whitelist: &Whitelist,
    call: &KycWhitelistCalls,
) -> Result<Vec<Change>, Failure> {
    let mut changes = Vec::new();
    match call {
        KycWhitelistCalls::accept(call) => {
            require_pairs(call.ids.len(), &[call.expiries.len()])?;
            for (id, expiry) in call.ids.iter().zip(&call.expiries) {
                let filed = application(client, whitelist, *id).await?;
                let given = given(filed.account, filed.rights, *expiry, filed.reference);
                changes.push(Change {
                    account: Some(filed.account),
                    words: format!(
                        "Application {id} of {} is accepted: {given}",
                        filed.applicant
                    ),
                });
            }
        }
        KycWhitelistCalls::turnDown(call) => {
            for id in &call.ids {
                let filed = application(client, whitelist, *id).await?;
                changes.push(Change {
                    account: Some(filed.account),
                    words: format!(
                        "Application {id} of {} is turned down: {} wanted to {}.",
                        filed.applicant,
                        filed.account,
                        filed.rights.in_words()
                    ),
                });
            }
        }
        KycWhitelistCalls::setRights(call) => {
            let (rights, expiries) = (&call.rights, &call.expiries);
            let hashes = &call.referenceHashes;
            require_pairs(
                call.accounts.len(),
                &[rights.len(), expiries.len(), hashes.len()],
            )?;
            let terms = rights.iter().zip(expiries).zip(hashes);
            for (&account, ((&rights, &expiry), &hash)) in call.accounts.iter().zip(terms) {
                changes.push(Change {
                    account: Some(account),
                    words: given(account, Rights(rights), expiry, hash),
                });
            }
        }
        KycWhitelistCalls::renew(call) => {
            let until = date(call.expiry.to());
            changes.extend(call.accounts.iter().map(|account| Change {
                account: Some(*account),
                words: format!("{account} keeps the rights it has been given until {until}."),
            }));
        }
        KycWhitelistCalls::deny(call) => {
            changes.extend(call.accounts.iter().map(|account| Change {
                account: Some(*account),
                words: format!("{account} is denied everything until the owner lifts it."),
            }));
        }
        _ => {}
    }
    Ok(changes)
}

fn given(account: Address, rights: Rights, expiry: U40, reference: B256) -> String {
    let rests = format!("resting on the file with the hash {reference}");
    if rights == Rights::NONE {
        return format!("{account} has no rights any more, {rests}.");
    }
    let (rights, until) = (rights.in_words(), date(expiry.to()));
    format!("{account} may {rights} until {until}, {rests}.")
}

fn members(call: &setMembersCall) -> Vec<Change> {
    let members = call.members.iter();
    let mut changes: Vec<_> = members
        .map(|member| {
            Change::of_no_account(format!(
                "{member} is a member, and nobody who is not in this list."
            ))
        })
        .collect();
    let (quorum, count) = (call.quorum, call.members.len());
    changes.push(Change::of_no_account(format!(
        "A decision needs the signatures of {quorum} of these {count}; what is signed already is void."
    )));
    changes
}

async fn application(
    client: &Client,
    whitelist: &Whitelist,
    id: U256,
) -> Result<Application, Failure> {
    let answer = client
        .view(whitelist.address, applicationCall { id })
        .await?;
    let none = || Failure::Conflict(format!("there is no application {id}."));
    Application::of_answer(answer).ok_or_else(none)
}

/// Refuses lists of which the contract would refuse that they do not belong together.
fn require_pairs(count: usize, others: &[usize]) -> Result<(), Failure> {
    if others.iter().all(|other| *other == count) {
        return Ok(());
    }
    Err(Failure::Conflict(format!(
        "the proposal's lists have {count} and {others:?} entries."
    )))
}

/// The hash by which the chain knows a text.
pub fn reason_hash(text: &str) -> B256 {
    keccak256(text)
}

/// Refuses a reason that shows as something else than it is: without letters, with control characters, or with those
/// that turn the direction of writing.
///
/// # Errors
/// Says so in words.
pub fn plain(text: &str) -> Result<String, String> {
    let turns = |c| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if text.trim().is_empty() {
        return Err("a reason has words".into());
    }
    if text.chars().any(|c| c.is_control() || turns(c)) {
        return Err("a reason is one line of plain text".into());
    }
    Ok(text.to_owned())
}

fn reason_in_words(hash: Option<B256>, text: Option<&str>) -> Result<Option<String>, Failure> {
    let wrong = |words: String| Err(Failure::Conflict(words));
    match (hash, text) {
        (None, None) => Ok(None),
        (None, Some(_)) => {
            wrong("the proposal gives a reason that its call does not carry.".into())
        }
        (Some(hash), None) => Ok(Some(format!(
            "The reason is a text with the hash {hash}, which the proposal does not give."
        ))),
        (Some(hash), Some(text)) if reason_hash(text) != hash => wrong(format!(
            "the proposal's reason has the hash {}, and {hash} is signed.",
            reason_hash(text)
        )),
        (Some(hash), Some(text)) => match plain(text) {
            Ok(text) => Ok(Some(format!("The reason (hash {hash}): {text}"))),
            Err(problem) => wrong(format!("the proposal's reason cannot be shown: {problem}.")),
        },
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::address;

    use super::*;

    const ALICE: Address = address!("00000000000000000000000000000000000a11ce");

    #[test]
    fn rights_are_told_with_their_end_and_what_they_rest_on() {
        let hash = B256::repeat_byte(0xf1);
        let until = U40::from(1_801_353_600u64);
        assert_eq!(
            given(ALICE, Rights(7), until, hash),
            format!(
                "{ALICE} may stake, hold and redeem until 2027-01-31 00:00:00 UTC, resting on the file with the hash \
                 {hash}."
            )
        );
        let none = given(ALICE, Rights::NONE, U40::ZERO, hash);
        assert!(none.contains("has no rights any more"), "{none}");
    }

    #[test]
    fn a_reason_is_shown_only_if_it_is_the_one_that_is_signed() {
        let (text, hash) = ("under sanctions", reason_hash("under sanctions"));
        let told = reason_in_words(Some(hash), Some(text)).unwrap().unwrap();
        assert_eq!(told, format!("The reason (hash {hash}): under sanctions"));
        assert!(reason_in_words(Some(hash), Some("a present")).is_err());
        assert!(reason_in_words(None, Some(text)).is_err());
        let unknown = reason_in_words(Some(hash), None).unwrap().unwrap();
        assert!(unknown.contains("does not give"), "{unknown}");
        assert_eq!(reason_in_words(None, None).unwrap(), None);
    }

    #[test]
    fn a_reason_cannot_write_lines_of_its_own() {
        assert_eq!(plain("court order 12/3"), Ok("court order 12/3".into()));
        for bad in ["", " ", "a\n- b", "a\u{1b}[2K", "a\u{202e}b"] {
            assert!(plain(bad).is_err(), "{bad:?}");
            assert!(reason_in_words(Some(reason_hash(bad)), Some(bad)).is_err());
        }
    }
}
