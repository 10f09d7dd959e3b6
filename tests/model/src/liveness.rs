//! Is the rate live? One predicate, used by everything that prices.

use crate::{
    parameters::Parameter,
    pool::{Account, Pool},
    refusal::{refusal, require, Answer},
    DAY,
};

/// A slashing that no report accounts for yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slashing {
    /// Seconds since the epoch.
    pub flagged_at: u64,
    /// When the guardian's flag lapses; the committee's does not.
    pub lapses_at: Option<u64>,
}

/// Why nothing is priced. The numbers are those of `rateStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotLive {
    /// A report waits for acknowledgement.
    Parked = 1,
    /// A slashing is flagged.
    Slashing = 2,
    /// The last report is too old.
    Overdue = 3,
}

impl Pool {
    /// Why nothing is priced, and since when.
    pub fn not_live(&self) -> Option<(NotLive, u64)> {
        if let Some(parked) = &self.reports.parked {
            return Some((NotLive::Parked, parked.at));
        }
        if let Some(slashing) = &self.slashing {
            if slashing.lapses_at.is_none_or(|at| at > self.now) {
                return Some((NotLive::Slashing, slashing.flagged_at));
            }
        }
        let limit = self.parameters.seconds(Parameter::FreshnessLimit);
        match self.reports.last {
            Some(last) if self.now > last + limit => Some((NotLive::Overdue, last + limit)),
            _ => None,
        }
    }

    pub(crate) fn live(&self) -> Answer<()> {
        match self.not_live() {
            None => Ok(()),
            Some((reason, since)) => Err(refusal!(RateNotLive, reason as u8, since)),
        }
    }

    /// Says that a slashing happened. The committee, or once the guardian, for three days. A flag that stands is
    /// renewed, never cut short: only a report read later accounts for what was seen now.
    pub fn flag_slashing(&mut self, caller: Account) -> Answer<()> {
        let lapses_at = match caller {
            Account::Committee => None,
            Account::Guardian => {
                require!(!self.flag_spent, GuardianFlagSpent);
                self.flag_spent = true;
                Some(self.now + 3 * DAY)
            }
            _ => {
                let (committee, guardian) = (Account::Committee, Account::Guardian);
                return Err(refusal!(
                    OnlyReporterOrGuardian,
                    caller,
                    committee,
                    guardian
                ));
            }
        };
        let standing = self.slashing.as_ref().map(|slashing| slashing.lapses_at);
        self.slashing = Some(Slashing {
            flagged_at: self.now,
            lapses_at: match (standing, lapses_at) {
                (Some(None), _) | (_, None) => None,
                (Some(Some(standing)), Some(new)) => Some(standing.max(new)),
                (None, new) => new,
            },
        });
        Ok(())
    }
}
