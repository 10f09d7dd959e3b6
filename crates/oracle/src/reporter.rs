//! A member of the committee at work: from a slot to a report, a signature, and a transaction.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use alloy::{
    primitives::{Address, Bytes, B256},
    signers::local::PrivateKeySigner,
};

use crate::{
    beacon::PublicKey,
    checks::{check, Limits},
    error::{OracleError, Result},
    exchange::Exchange,
    journal::{Journal, Owner},
    message::{Proposal, SignedProposal},
    pool::Standing,
    report::Report,
    schedule::{Epochs, Schedule, DAY},
    sources::{Prepared, Sources},
    under_way,
};

/// How a reporter works. All members of a committee use the same schedule, epochs, losses and window.
#[derive(Clone, Debug)]
pub struct Settings {
    /// When reports are due.
    pub schedule: Schedule,
    /// Epochs of rewards, if reports end any.
    pub epochs: Option<Epochs>,
    /// Validators whose ETH never reached the gateway, and is written off.
    pub lost: BTreeSet<PublicKey>,
    /// For how long a signed message can be handed in, seconds; then it is signed anew.
    pub window: u64,
    /// The reporter's own limits.
    pub limits: Limits,
    /// For how long ETH may be on its way to the gateway before the reporter tells, seconds.
    pub overdue: u64,
    /// How long each member lets the one before it hand in first, so that not all pay for the same.
    pub patience: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            schedule: Schedule::daily(12 * 3_600),
            epochs: None,
            lost: BTreeSet::new(),
            window: 6 * 3_600,
            limits: Limits::default(),
            // A message can be executed after a week.
            overdue: 14 * DAY,
            patience: Duration::from_secs(20),
        }
    }
}

impl Settings {
    /// Until when a message about a slot can be handed in: the end of the window that is now, counted from the slot, so
    /// that all members say the same. A window's last twelfth is left to the next one.
    pub fn deadline(&self, slot_time: u64, now: u64) -> u64 {
        let window = self.window.max(12);
        let since = now.saturating_sub(slot_time) + window / 12;
        slot_time + (since / window + 1) * window
    }
}

/// How far a report has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// No report is due.
    Nothing,
    /// The pool has sent nothing to Ethereum yet: there is nothing to report on.
    NothingPlaced,
    /// The newest due report is applied, or waits for the acknowledger.
    Done {
        /// Its slot time.
        slot_time: u64,
    },
    /// Signed; other members' signatures are missing.
    Signed {
        /// Its slot time.
        slot_time: u64,
        /// Signatures of the same message.
        found: usize,
        /// How many are needed.
        needed: usize,
    },
    /// Another member hands it in first.
    Yielded {
        /// Its slot time.
        slot_time: u64,
    },
    /// The committee's number was used for something else meanwhile: it is signed anew.
    Overtaken {
        /// Its slot time.
        slot_time: u64,
    },
    /// Handed in.
    Submitted {
        /// Its slot time.
        slot_time: u64,
        /// The transaction.
        transaction: B256,
    },
}

/// A member.
#[derive(Debug)]
pub struct Reporter {
    sources: Sources,
    settings: Settings,
    exchange: Exchange,
    journal: Journal,
    signer: PrivateKeySigner,
    /// The report at hand, and what it depends on: the slot asked for, and the last report's time.
    prepared: Option<((u64, u64), Prepared)>,
    /// Since when enough signatures of a message are there.
    complete: Option<(B256, Instant)>,
    told: String,
    /// What was warned of.
    warned: BTreeSet<String>,
    /// Slashed validators that were told about.
    slashed: Vec<PublicKey>,
}

impl Reporter {
    /// A member with its key; `journal` is the file that remembers what the key signed.
    ///
    /// # Errors
    /// If the journal cannot be used.
    pub fn new(
        sources: Sources,
        settings: Settings,
        exchange: Exchange,
        journal: &std::path::Path,
        signer: PrivateKeySigner,
    ) -> Result<Self> {
        let owner = Owner {
            signer: signer.address(),
            chain_id: sources.pool.chain_id(),
            stake_manager: sources.pool.manager(),
        };
        Ok(Self {
            journal: Journal::open(journal, owner)?,
            sources,
            settings,
            exchange,
            signer,
            prepared: None,
            complete: None,
            told: String::new(),
            warned: BTreeSet::new(),
            slashed: Vec::new(),
        })
    }

    /// What it reads from.
    pub fn sources(&mut self) -> &mut Sources {
        &mut self.sources
    }

    /// Brings the newest due report as far as it can be brought now.
    ///
    /// # Errors
    /// Why it cannot; another attempt may be made at any time.
    pub async fn step(&mut self) -> Result<Progress> {
        let Some((_, slot)) = self.sources.due(&self.settings.schedule).await? else {
            return Ok(Progress::Nothing);
        };
        let standing = self.sources.pool.standing().await?;
        if standing.sent_out == 0 {
            return Ok(Progress::NothingPlaced);
        }
        let prepared = self.report_about(slot, &standing).await?;
        let slot_time = prepared.report.slot_time;
        if slot_time <= standing.newest {
            return Ok(Progress::Done { slot_time });
        }
        let proposal = self.sign(&prepared, &standing).await?;
        self.hand_in(&proposal, &standing).await
    }

    /// Signs the report about a slot and puts the signature where the others find it.
    ///
    /// # Errors
    /// If the report cannot be made, fails a check, or must not be signed.
    pub async fn sign_slot(&mut self, slot: u64) -> Result<Proposal> {
        let standing = self.sources.pool.standing().await?;
        let prepared = self.report_about(slot, &standing).await?;
        self.sign(&prepared, &standing).await
    }

    /// Hands in the report about a slot with the signatures that are there. Its own signature is not needed, its
    /// own view is: what others signed counts only if it says the same.
    ///
    /// # Errors
    /// [`OracleError::TooFewSignatures`] if some are missing; otherwise as for [`Self::sign_slot`].
    pub async fn submit_slot(&mut self, slot: u64) -> Result<Progress> {
        let standing = self.sources.pool.standing().await?;
        let prepared = self.report_about(slot, &standing).await?;
        let slot_time = prepared.report.slot_time;
        if slot_time <= standing.newest {
            return Ok(Progress::Done { slot_time });
        }
        self.check(&prepared, &standing)?;
        let proposal = self.proposal(&prepared.report, &standing);
        self.settings.patience = Duration::ZERO;
        match self.hand_in(&proposal, &standing).await? {
            Progress::Signed { found, needed, .. } => {
                Err(OracleError::TooFewSignatures { found, needed })
            }
            progress => Ok(progress),
        }
    }

    /// The pool's validators that were slashed after the last report, unless pricing stands still for it already: the
    /// committee should flag them, without waiting for the slashing to be final.
    ///
    /// # Errors
    /// If a node does not answer.
    pub async fn to_flag(&mut self) -> Result<Vec<PublicKey>> {
        let Sources { nodes, pool } = &mut self.sources;
        let standing = pool.standing().await?;
        if standing.slashing_flagged || standing.sent_out == 0 {
            return Ok(Vec::new());
        }
        let rules = nodes.beacon.rules().await?;
        let since = standing.last_report.checked_sub(rules.genesis_time);
        let reported = since.map(|since| since / rules.seconds_per_slot);
        let gateway = pool.gateway();
        let keys = pool.keys_at(standing.now).await?;
        nodes.slashed_since(gateway, keys, reported).await
    }

    /// Reports whenever a report is due, until the future is dropped. What goes wrong is told, and tried again.
    pub async fn run(&mut self, poll: Duration) {
        loop {
            let words = match self.step().await {
                Ok(progress) => told(&progress),
                Err(error) => format!("no report: {error}"),
            };
            // The same words again and again tell nothing.
            if words != self.told {
                tracing::info!("{words}");
                self.told = words;
            }
            match self.to_flag().await {
                Ok(slashed) if slashed != self.slashed => {
                    for key in &slashed {
                        tracing::warn!(
                            "validator {key} was slashed: stop pricing with `clay committee propose flag`, \
                             until a report tells what it costs"
                        );
                    }
                    self.slashed = slashed;
                }
                Ok(_) => {}
                Err(error) => self.warn(format!("slashings are not watched: {error}")),
            }
            tokio::time::sleep(poll).await;
        }
    }

    /// The report about a slot, made once for each report that it follows.
    async fn report_about(&mut self, slot: u64, standing: &Standing) -> Result<Prepared> {
        let follows = (slot, standing.last_report);
        if let Some((key, prepared)) = &self.prepared {
            if *key == follows {
                return Ok(prepared.clone());
            }
        }
        let prepared = self.sources.prepare(slot, &self.settings).await?;
        if let Some(words) = under_way::warning(&prepared.under_way.overdue) {
            tracing::warn!("{words}");
        }
        let follows = (slot, prepared.standing.last_report);
        self.prepared = Some((follows, prepared.clone()));
        Ok(prepared)
    }

    fn proposal(&self, report: &Report, standing: &Standing) -> Proposal {
        let pool = &self.sources.pool;
        Proposal {
            chain_id: pool.chain_id(),
            committee: pool.committee(),
            stake_manager: pool.manager(),
            nonce: standing.nonce,
            deadline: self.settings.deadline(report.slot_time, standing.now),
            report: *report,
        }
    }

    fn check(&self, prepared: &Prepared, standing: &Standing) -> Result<()> {
        let limits = &self.settings.limits;
        check(&prepared.report, prepared.principal(), standing, limits)
    }

    async fn sign(&mut self, prepared: &Prepared, standing: &Standing) -> Result<Proposal> {
        let account = self.signer.address();
        if !standing.members.contains(&account) {
            let committee = self.sources.pool.committee();
            return Err(OracleError::NotMember { account, committee });
        }
        self.check(prepared, standing)?;
        let proposal = self.proposal(&prepared.report, standing);
        self.require_first(&proposal, standing).await?;
        // On the disk first: a signature that exists is remembered.
        self.journal.record(&proposal)?;
        let signed = proposal.sign(&self.signer)?;
        // Again at every attempt, in case it was lost, or the process was killed before.
        self.exchange.publish(&signed).await?;
        Ok(proposal)
    }

    /// A key whose journal knows nothing of a slot may have lost it: then others may still have what it signed.
    async fn require_first(&self, proposal: &Proposal, standing: &Standing) -> Result<()> {
        let slot_time = proposal.report.slot_time;
        if self.journal.signed(slot_time).is_some() {
            return Ok(());
        }
        let (digest, account) = (proposal.digest(), self.signer.address());
        let there = self.exchange.fetch(slot_time, digest, &standing.members);
        let other = there.await?.into_iter().find(|it| {
            let pool = |it: &Proposal| (it.chain_id, it.stake_manager);
            it.signer == account
                && pool(&it.proposal) == pool(proposal)
                && it.proposal.report != proposal.report
        });
        match other {
            Some(other) => Err(OracleError::SignedOther {
                slot_time,
                signed: Box::new(other.proposal.report),
                asked: Box::new(proposal.report),
            }),
            None => Ok(()),
        }
    }

    async fn hand_in(&mut self, proposal: &Proposal, standing: &Standing) -> Result<Progress> {
        let slot_time = proposal.report.slot_time;
        let signatures = self.gather(proposal, &standing.members).await?;
        let (found, needed) = (signatures.len(), standing.quorum);
        if needed == 0 || found < needed {
            return Ok(Progress::Signed {
                slot_time,
                found,
                needed,
            });
        }
        if !self.is_my_turn(proposal, &standing.members) {
            return Ok(Progress::Yielded { slot_time });
        }
        // In ascending order of the signers, as the contract asks for.
        let signatures: Vec<Bytes> = signatures.into_values().take(needed).collect();
        let data = proposal.execution(&signatures);
        let sent = self.sources.pool.send(self.signer.address(), data).await;
        match sent {
            Ok(transaction) => Ok(Progress::Submitted {
                slot_time,
                transaction,
            }),
            Err(error) => {
                // Another member may have been faster, or the committee decided something else.
                let now = self.sources.pool.standing().await?;
                if now.newest >= slot_time {
                    Ok(Progress::Done { slot_time })
                } else if now.nonce != proposal.nonce {
                    Ok(Progress::Overtaken { slot_time })
                } else {
                    Err(error)
                }
            }
        }
    }

    /// Members' signatures of exactly this message, by signer.
    async fn gather(
        &mut self,
        proposal: &Proposal,
        members: &[Address],
    ) -> Result<BTreeMap<Address, Bytes>> {
        let mut signatures = BTreeMap::new();
        let slot_time = proposal.report.slot_time;
        let there = self.exchange.fetch(slot_time, proposal.digest(), members);
        let (same, others): (Vec<_>, Vec<_>) = there
            .await?
            .into_iter()
            .partition(|it| it.proposal == *proposal);
        for signed in same {
            if members.contains(&signed.signer) {
                signatures.insert(signed.signer, signed.signature);
            } else {
                let words = format!(
                    "a signature of {}, who is no member, is ignored",
                    signed.signer
                );
                self.warn(words);
            }
        }
        // Who has signed this message too has only signed it anew.
        let others = others.iter().filter(|it| members.contains(&it.signer));
        for other in others.filter(|it| !signatures.contains_key(&it.signer)) {
            self.warn(difference(other, proposal));
        }
        Ok(signatures)
    }

    /// Tells once.
    fn warn(&mut self, words: String) {
        if self.warned.insert(words.clone()) {
            tracing::warn!("{words}");
        }
    }

    /// Whether those who come first have had their time. The order changes with each report.
    fn is_my_turn(&mut self, proposal: &Proposal, members: &[Address]) -> bool {
        let digest = proposal.digest();
        let since = match self.complete {
            Some((complete, since)) if complete == digest => since,
            _ => Instant::now(),
        };
        self.complete = Some((digest, since));
        let account = self.signer.address();
        let place = members.iter().position(|it| *it == account);
        let count = members.len() as u64;
        let first = proposal.report.slot_time / 12;
        let turn = place.map_or(0, |place| (place as u64 + first) % count.max(1));
        since.elapsed() >= self.settings.patience * turn as u32
    }
}

/// Why a member's signature does not count for a message, in words.
fn difference(other: &SignedProposal, mine: &Proposal) -> String {
    let (signer, theirs) = (other.signer, &other.proposal);
    if theirs.report != mine.report {
        let (slot_time, theirs, mine) = (mine.report.slot_time, theirs.report, mine.report);
        return format!(
            "{signer} signed another report for slot time {slot_time}: {theirs}; mine is {mine}. Are all given the same \
             --lost, and do all see the same epochs of rewards?"
        );
    }
    let mut words = format!("{signer} signed the same report, but ");
    if theirs.deadline != mine.deadline {
        words += &format!(
            "until {}, and I until {}: are all given the same --valid-for? Or it has to sign anew",
            theirs.deadline, mine.deadline
        );
    } else if theirs.nonce != mine.nonce {
        words += &format!(
            "for call {} of the committee, and the next one is {}: it has to sign anew",
            theirs.nonce, mine.nonce
        );
    } else {
        words += "for another pool or committee";
    }
    words
}

/// How far a report has come, in words.
fn told(progress: &Progress) -> String {
    match progress {
        Progress::Nothing => "no report is due yet".into(),
        Progress::NothingPlaced => "the pool has sent nothing to Ethereum yet".into(),
        Progress::Done { slot_time } => {
            format!("the report for slot time {slot_time} is in; waiting for the next one")
        }
        Progress::Signed {
            slot_time,
            found,
            needed,
        } => format!("signed for slot time {slot_time}: {found} of {needed} signatures are there"),
        Progress::Yielded { slot_time } => {
            format!("complete for slot time {slot_time}: another member hands it in first")
        }
        Progress::Overtaken { slot_time } => {
            format!(
                "the committee did something else first: signing anew for slot time {slot_time}"
            )
        }
        Progress::Submitted {
            slot_time,
            transaction,
        } => format!("handed in the report for slot time {slot_time}, in {transaction}"),
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::U256;

    use super::*;

    #[test]
    fn why_a_signature_does_not_count_is_said_in_words() {
        let report = Report {
            slot_time: 1_000,
            cl_balance_gwei: 5,
            deposits_seen_gwei: 5,
            left_seen: 0,
            expected_loss: 0,
            recovered: 0,
            epoch: 0,
        };
        let mine = Proposal {
            chain_id: 1,
            committee: Address::ZERO,
            stake_manager: Address::ZERO,
            nonce: U256::from(7),
            deadline: 22_600,
            report,
        };
        let words = |proposal: Proposal| {
            let other = SignedProposal {
                proposal,
                signer: Address::ZERO,
                signature: Bytes::new(),
            };
            difference(&other, &mine)
        };
        let longer = words(Proposal {
            deadline: 44_200,
            ..mine.clone()
        });
        assert!(
            longer.contains("until 44200, and I until 22600"),
            "{longer}"
        );
        assert!(longer.contains("--valid-for"), "{longer}");
        let earlier = words(Proposal {
            nonce: U256::from(6),
            ..mine.clone()
        });
        assert!(earlier.contains("call 6 of the committee, and the next one is 7"));
        let another = words(Proposal {
            report: Report {
                left_seen: 1,
                ..report
            },
            ..mine.clone()
        });
        assert!(another.contains("--lost"), "{another}");
    }

    #[test]
    fn members_who_look_at_different_times_mean_the_same_deadline() {
        let settings = Settings::default();
        let hour = 3_600;
        // Windows of 6 h from the slot; the last half hour is left to the next one.
        for (hours, deadline) in [(0, 6), (1, 6), (5, 6), (6, 12), (11, 12), (12, 18)] {
            let now = 1_000 + hours * hour;
            assert_eq!(settings.deadline(1_000, now), 1_000 + deadline * hour);
        }
        let last = 1_000 + 11 * hour / 2;
        assert_eq!(settings.deadline(1_000, last - 1), 1_000 + 6 * hour);
        assert_eq!(settings.deadline(1_000, last), 1_000 + 12 * hour);
    }
}
