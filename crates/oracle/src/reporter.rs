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
    beacon::{ChainRules, PublicKey},
    checks::{check, Limits},
    error::{OracleError, Result},
    exchange::Exchange,
    journal::{Journal, Owner},
    message::Proposal,
    observation::{Nodes, Observation, Previous},
    pool::{Pool, Standing},
    report::{Report, GWEI},
    schedule::{Epochs, Schedule, DAY},
    under_way::{self, UnderWay},
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

/// Everything that is read from: nodes of Ethereum, and the pool on L2.
#[derive(Clone, Debug)]
pub struct Sources {
    /// Ethereum.
    pub nodes: Nodes,
    /// L2.
    pub pool: Pool,
}

/// A report, what it was made from, and how things stood on L2.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The report.
    pub report: Report,
    /// What was read on Ethereum.
    pub seen: Observation,
    /// ETH that did not arrive as it should.
    pub under_way: UnderWay,
    /// How things stood on L2.
    pub standing: Standing,
}

impl Prepared {
    /// Gwei of principal that may have left validators since the last report, or been given back unused.
    fn principal(&self) -> u64 {
        let deposits = self.report.deposits_seen();
        let new = deposits.saturating_sub(self.standing.deposits_seen);
        let unused = self.seen.gateway.unused.min(new) / GWEI;
        // What was deposited or given back fits, as the report's depositsSeen does.
        let unused = u64::try_from(unused).unwrap_or(u64::MAX);
        self.seen.leaving.saturating_add(unused)
    }
}

impl Sources {
    /// The slot that the newest report of a schedule is about.
    ///
    /// # Errors
    /// If a node does not answer, or is not synchronised.
    pub async fn due(&self, schedule: &Schedule) -> Result<Option<(ChainRules, u64)>> {
        let rules = self.nodes.beacon.rules().await?;
        let finalized = self.nodes.beacon.finalized_slot(&rules).await?;
        Ok(schedule.slot(&rules, finalized).map(|slot| (rules, slot)))
    }

    /// The newest final slot.
    ///
    /// # Errors
    /// If the beacon node does not answer.
    pub async fn newest_final(&self) -> Result<u64> {
        let rules = self.nodes.beacon.rules().await?;
        self.nodes.beacon.finalized_slot(&rules).await
    }

    /// Makes the report about a slot, or about the last one before it that has a block.
    ///
    /// # Errors
    /// If a node does not answer, is not synchronised, contradicts itself, or the slot is not final.
    pub async fn prepare(&mut self, slot: u64, settings: &Settings) -> Result<Prepared> {
        let rules = self.nodes.beacon.rules().await?;
        self.nodes.require_sound(&rules).await?;
        let standing = self.pool.standing().await?;
        let previous = standing
            .last_report
            .checked_sub(rules.genesis_time)
            .map(|since| Previous {
                slot: since / rules.seconds_per_slot,
                expected: standing.expected_loss > 0,
            });
        let gateway = self.pool.gateway();
        let keys = self.pool.keys_at(rules.time(slot)).await?.to_vec();
        let seen = self
            .nodes
            .observe(&rules, gateway, slot, &keys, previous)
            .await?;
        let under_way = self.under_way(&keys, &seen, settings).await?;
        let epoch = settings.epochs.and_then(|it| it.ended(&rules, slot));
        let report = Report::assemble(&seen, &standing, under_way.lost, epoch)?;
        Ok(Prepared {
            report,
            seen,
            under_way,
            standing,
        })
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
                Err(error) => tracing::debug!("slashings are not watched: {error}"),
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
        // On the disk first: a signature that exists is remembered.
        self.journal.record(&proposal)?;
        let signed = proposal.sign(&self.signer)?;
        // Again at every attempt, in case it was lost, or the process was killed before.
        self.exchange.publish(&signed).await?;
        Ok(proposal)
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
        for signed in self.exchange.fetch(proposal.report.slot_time).await? {
            if !members.contains(&signed.signer) {
                tracing::warn!(signer = %signed.signer, "a signature of somebody who is no member is ignored");
            } else if signed.proposal == *proposal {
                signatures.insert(signed.signer, signed.signature);
            } else if signed.proposal.report != proposal.report {
                tracing::warn!(
                    signer = %signed.signer,
                    "a member signed another report for this slot: {}; mine is {}",
                    signed.proposal.report,
                    proposal.report
                );
            }
        }
        Ok(signatures)
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
    use super::*;

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
