//! The journal of a reporter: what its key has signed, so that it never signs two reports for one slot, whatever
//! happens to the process.
//!
//! One JSON line a signature, on the disk before the signature exists. Reports of a slot that was signed are refused
//! unless they are the very same, and so are reports of slots before the newest one signed.
//!
//! The same report may be signed again for another number of the committee's call, or another deadline. That is safe:
//! the committee uses each number once, and the stake-manager takes only slots that are above the last one, so
//! whichever of the messages is handed in first, the report counts once, and all of them say the same.
//!
//! A process that is killed while it writes leaves a last line without an end. Its signature has not left, as the
//! line would have been complete before. Such a line is dropped, unless it only lacks its end. Anything else that
//! is no entry is damage, and nothing is signed until a person has looked.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use alloy::primitives::{Address, B256};
use serde::{Deserialize, Serialize};

use crate::{
    error::{OracleError, Result},
    message::Proposal,
    report::Report,
};

/// What a key has signed for one pool.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// Bytes that are known to be good.
    length: u64,
    owner: Owner,
    entries: Vec<Entry>,
}

/// Whose journal it is, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The reporter.
    pub signer: Address,
    /// Chain id of L2.
    pub chain_id: u64,
    /// The pool's stake-manager.
    pub stake_manager: Address,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entry {
    signer: Address,
    digest: B256,
    proposal: Proposal,
}

impl Journal {
    /// Opens the journal, or begins one.
    ///
    /// # Errors
    /// If it cannot be read or written, is damaged, another reporter's, or in use.
    pub fn open(path: &Path, owner: Owner) -> Result<Self> {
        let problem = |error: std::io::Error| OracleError::Journal {
            file: path.to_owned(),
            cause: error.to_string(),
        };
        if let Some(folder) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(problem)?;
        }
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(problem)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                let file = path.to_owned();
                return Err(OracleError::JournalInUse { file });
            }
            Err(fs::TryLockError::Error(error)) => return Err(problem(error)),
        }
        // A file that nobody finds again after a power cut would be no journal.
        if let Some(folder) = path.parent() {
            let folder = match folder.as_os_str().is_empty() {
                true => Path::new("."),
                false => folder,
            };
            let synced = File::open(folder).and_then(|folder| folder.sync_all());
            synced.map_err(problem)?;
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(problem)?;
        let mut journal = Self {
            path: path.to_owned(),
            file,
            length: 0,
            owner,
            entries: Vec::new(),
        };
        journal.read(&bytes)?;
        Ok(journal)
    }

    /// Time of the newest slot that was signed.
    pub fn newest(&self) -> Option<u64> {
        let times = self.entries.iter().map(|it| it.proposal.report.slot_time);
        times.max()
    }

    /// The report that was signed for a slot.
    pub fn signed(&self, slot_time: u64) -> Option<&Report> {
        let mut reports = self.entries.iter().map(|entry| &entry.proposal.report);
        reports.find(|report| report.slot_time == slot_time)
    }

    /// Whether exactly this was signed.
    pub fn has(&self, proposal: &Proposal) -> bool {
        self.entries.iter().any(|entry| entry.proposal == *proposal)
    }

    /// Writes down that a proposal will be signed; when it returns, that is on the disk.
    ///
    /// # Errors
    /// [`OracleError::SignedOther`] or [`OracleError::SignedNewer`] if it must not be signed,
    /// [`OracleError::Journal`] if it cannot be written.
    pub fn record(&mut self, proposal: &Proposal) -> Result<()> {
        self.require_own(proposal)?;
        let slot_time = proposal.report.slot_time;
        if let Some(signed) = self.signed(slot_time) {
            if *signed != proposal.report {
                return Err(OracleError::SignedOther {
                    slot_time,
                    signed: Box::new(*signed),
                    asked: Box::new(proposal.report),
                });
            }
        }
        if let Some(newest) = self.newest().filter(|newest| *newest > slot_time) {
            return Err(OracleError::SignedNewer { slot_time, newest });
        }
        if self.has(proposal) {
            return Ok(());
        }
        let entry = Entry {
            signer: self.owner.signer,
            digest: proposal.digest(),
            proposal: proposal.clone(),
        };
        let mut line = serde_json::to_vec(&entry).map_err(|error| self.problem(&error))?;
        line.push(b'\n');
        self.append(&line)?;
        self.entries.push(entry);
        Ok(())
    }

    /// Appends after the last good byte, so that what an earlier failure left is overwritten.
    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        let length = self.length;
        let mut write = || {
            self.file.set_len(length)?;
            self.file.seek(SeekFrom::Start(length))?;
            self.file.write_all(bytes)?;
            self.file.sync_all()
        };
        write().map_err(|error| self.problem(&error))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    fn read(&mut self, bytes: &[u8]) -> Result<()> {
        let whole = bytes.iter().rposition(|byte| *byte == b'\n');
        let (lines, torn) = bytes.split_at(whole.map_or(0, |end| end + 1));
        for (index, line) in lines.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let entry = self.entry(&line[..line.len() - 1]);
            let entry = entry.map_err(|cause| OracleError::JournalDamaged {
                file: self.path.clone(),
                line: index + 1,
                cause,
            })?;
            self.take(entry)?;
        }
        self.length = lines.len() as u64;
        if torn.is_empty() {
            return Ok(());
        }
        match self.entry(torn) {
            Ok(entry) => {
                self.take(entry)?;
                self.append(&[torn, b"\n"].concat())
            }
            Err(_) => {
                tracing::warn!(
                    "journal {}: the last line is incomplete, from a crash; it is dropped",
                    self.path.display()
                );
                self.append(&[])
            }
        }
    }

    fn entry(&self, line: &[u8]) -> std::result::Result<Entry, String> {
        let entry: Entry = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        if entry.digest != entry.proposal.digest() {
            return Err("the digest is not that of the proposal".into());
        }
        Ok(entry)
    }

    fn take(&mut self, entry: Entry) -> Result<()> {
        if entry.signer != self.owner.signer {
            return Err(self.of_another(&entry.proposal, entry.signer));
        }
        self.require_own(&entry.proposal)?;
        self.entries.push(entry);
        Ok(())
    }

    fn require_own(&self, proposal: &Proposal) -> Result<()> {
        let Owner {
            chain_id,
            stake_manager,
            signer,
        } = self.owner;
        if (proposal.chain_id, proposal.stake_manager) == (chain_id, stake_manager) {
            return Ok(());
        }
        Err(self.of_another(proposal, signer))
    }

    fn of_another(&self, proposal: &Proposal, signer: Address) -> OracleError {
        let told = |signer, chain_id, stake_manager| {
            format!("{signer} for stake-manager {stake_manager} on chain {chain_id}")
        };
        let owner = self.owner;
        OracleError::JournalOfAnother {
            file: self.path.clone(),
            found: told(signer, proposal.chain_id, proposal.stake_manager),
            expected: told(owner.signer, owner.chain_id, owner.stake_manager),
        }
    }

    fn problem(&self, error: &dyn std::fmt::Display) -> OracleError {
        OracleError::Journal {
            file: self.path.clone(),
            cause: error.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::U256;

    use super::*;

    const OWNER: Owner = Owner {
        signer: Address::repeat_byte(1),
        chain_id: 412_346,
        stake_manager: Address::repeat_byte(2),
    };

    fn proposal(slot_time: u64, cl_balance_gwei: u64, nonce: u64) -> Proposal {
        Proposal {
            chain_id: OWNER.chain_id,
            committee: Address::repeat_byte(3),
            stake_manager: OWNER.stake_manager,
            nonce: U256::from(nonce),
            deadline: slot_time + 21_600,
            report: Report {
                slot_time,
                cl_balance_gwei,
                deposits_seen_gwei: 32_000_000_000,
                left_seen: 1_500_000_000_000_000_000,
                expected_loss: 0,
                recovered: 0,
                epoch: 0,
            },
        }
    }

    fn open(path: &Path) -> Result<Journal> {
        Journal::open(path, OWNER)
    }

    #[test]
    fn a_slot_is_signed_once_and_never_after_a_later_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reporter/journal");
        let mut journal = open(&path).unwrap();
        journal.record(&proposal(1_000, 5, 1)).unwrap();
        journal
            .record(&proposal(1_000, 5, 2))
            .expect("the same report, for another call");
        let other = journal.record(&proposal(1_000, 6, 2));
        assert!(
            matches!(
                other,
                Err(OracleError::SignedOther {
                    slot_time: 1_000,
                    ..
                })
            ),
            "{other:?}"
        );
        journal.record(&proposal(1_012, 6, 3)).unwrap();
        for older in [proposal(1_000, 5, 4), proposal(988, 5, 4)] {
            let refused = journal.record(&older);
            assert!(
                matches!(refused, Err(OracleError::SignedNewer { newest: 1_012, .. })),
                "{refused:?}"
            );
        }
        drop(journal);
        let mut journal = open(&path).unwrap();
        let other = journal.record(&proposal(1_012, 7, 3));
        assert!(matches!(other, Err(OracleError::SignedOther { .. })));
        assert!(journal.has(&proposal(1_000, 5, 2)));
        assert!(!journal.has(&proposal(1_012, 7, 3)));
    }

    #[test]
    fn killed_at_any_byte_it_forgets_nothing_whose_signature_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let written = [
            proposal(1_000, 5, 1),
            proposal(1_000, 5, 2),
            proposal(1_012, 6, 3),
        ];
        let mut journal = open(&path).unwrap();
        let mut ends = Vec::new();
        for proposal in &written {
            journal.record(proposal).unwrap();
            ends.push(journal.length as usize);
        }
        drop(journal);
        let bytes = fs::read(&path).unwrap();
        assert_eq!(bytes.len(), ends[2]);
        for length in 0..=bytes.len() {
            fs::write(&path, &bytes[..length]).unwrap();
            let mut journal = open(&path).unwrap_or_else(|error| panic!("at {length}: {error}"));
            // A line whose end alone is missing counts; its signature may not exist, but never twice.
            let kept = ends.iter().filter(|end| length + 1 >= **end).count();
            assert_eq!(journal.entries.len(), kept, "at {length}");
            for proposal in &written[..kept] {
                assert!(journal.has(proposal), "at {length}");
            }
            if kept == 3 {
                let other = journal.record(&proposal(1_012, 9, 3));
                assert!(matches!(other, Err(OracleError::SignedOther { .. })));
            }
            journal.record(&proposal(2_000, 7, 9)).unwrap();
            drop(journal);
            let again = open(&path).unwrap();
            assert_eq!(again.entries.len(), kept + 1, "at {length}");
        }
    }

    #[test]
    fn damage_before_the_last_line_stops_the_reporter() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut journal = open(&path).unwrap();
        for slot_time in [1_000, 1_012] {
            journal.record(&proposal(slot_time, 5, 1)).unwrap();
        }
        drop(journal);
        let good = fs::read(&path).unwrap();
        let end = good.iter().position(|byte| *byte == b'\n').unwrap();
        let mut shortened = good.clone();
        shortened.remove(end - 1);
        let mut changed = good.clone();
        let digit = end - b"},\"epoch\":0}}".len();
        changed[digit] ^= 1;
        let mut joined = good.clone();
        joined.remove(end);
        let last_is_no_entry = [&good[..], b"{}\n"].concat();
        let empty_line = [&good[..], b"\n"].concat();
        for (line, bytes) in [
            (1, shortened),
            (1, changed),
            (1, joined),
            (3, last_is_no_entry),
            (3, empty_line),
        ] {
            fs::write(&path, bytes).unwrap();
            let damaged = open(&path);
            assert!(
                matches!(&damaged, Err(OracleError::JournalDamaged { line: at, .. }) if *at == line),
                "{damaged:?}"
            );
        }
    }

    #[test]
    fn an_amount_that_was_altered_is_noticed_by_the_digest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut journal = open(&path).unwrap();
        journal.record(&proposal(1_000, 5_555, 1)).unwrap();
        drop(journal);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("5555", "5556")).unwrap();
        let damaged = open(&path).unwrap_err().to_string();
        assert!(damaged.contains("the digest is not that of the proposal"));
    }

    #[test]
    fn a_journal_is_one_reporters_for_one_pool_and_one_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut journal = open(&path).unwrap();
        assert!(matches!(open(&path), Err(OracleError::JournalInUse { .. })));
        journal.record(&proposal(1_000, 5, 1)).unwrap();
        let elsewhere = Proposal {
            chain_id: 1,
            ..proposal(1_012, 5, 2)
        };
        let refused = journal.record(&elsewhere);
        assert!(matches!(refused, Err(OracleError::JournalOfAnother { .. })));
        drop(journal);
        for owner in [
            Owner {
                signer: Address::ZERO,
                ..OWNER
            },
            Owner {
                chain_id: 1,
                ..OWNER
            },
            Owner {
                stake_manager: Address::ZERO,
                ..OWNER
            },
        ] {
            let refused = Journal::open(&path, owner);
            assert!(matches!(refused, Err(OracleError::JournalOfAnother { .. })));
        }
    }
}
