//! Pauses: by the owner until it ends them, by the guardian for 14 days and once until it is armed again.

use crate::{
    pool::{Account, Pool},
    refusal::{refusal, require, Answer},
    DAY,
};

/// How long a guardian's pause lasts, in seconds.
pub const GUARDIAN_PAUSE: u64 = 14 * DAY;
/// The end of an owner's pause, as views and errors say it.
pub const UNTIL_UNPAUSED: u64 = u32::MAX as u64;

/// Whether one contract is paused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pause {
    /// When the pause ends; none without one.
    pub until: Option<u64>,
    /// The guardian has paused since it was armed.
    pub spent: bool,
}

impl Pause {
    /// Refuses while paused.
    pub fn not_paused(&self, now: u64) -> Answer<()> {
        match self.until {
            Some(until) if until > now => Err(refusal!(EnforcedPause, until)),
            _ => Ok(()),
        }
    }

    fn pause(&mut self, caller: Account, now: u64) -> Answer<()> {
        match caller {
            Account::Owner => self.until = Some(UNTIL_UNPAUSED),
            Account::Guardian => {
                require!(!self.spent, GuardianPauseSpent);
                self.not_paused(now)?;
                self.spent = true;
                self.until = Some(now + GUARDIAN_PAUSE);
            }
            _ => {
                let (guardian, owner) = (Account::Guardian, Account::Owner);
                return Err(refusal!(OnlyGuardian, caller, guardian, owner));
            }
        }
        Ok(())
    }

    fn unpause(&mut self) -> Answer<()> {
        require!(self.until.take().is_some(), ExpectedPause);
        Ok(())
    }
}

/// Which contract's pause is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paused {
    /// The stake-manager's.
    Manager,
    /// The unstake-queue's.
    Queue,
    /// The flash-exit-pool's.
    Flash,
}

impl Pool {
    /// Stops a contract. Owner or guardian.
    pub fn pause(&mut self, what: Paused, caller: Account) -> Answer<()> {
        let now = self.now;
        self.pause_of(what).pause(caller, now)
    }

    /// Starts it again. Owner only.
    pub fn unpause(&mut self, what: Paused, caller: Account) -> Answer<()> {
        self.only_owner(caller)?;
        self.pause_of(what).unpause()
    }

    /// Lets the guardian pause, and flag a slashing, once more. Owner only.
    pub fn rearm(&mut self, what: Paused, caller: Account) -> Answer<()> {
        self.only_owner(caller)?;
        self.pause_of(what).spent = false;
        if what == Paused::Manager {
            self.flag_spent = false;
        }
        Ok(())
    }

    /// Refuses while the stake-manager is paused.
    pub(crate) fn not_paused(&self) -> Answer<()> {
        self.pause.not_paused(self.now)
    }

    fn pause_of(&mut self, what: Paused) -> &mut Pause {
        match what {
            Paused::Manager => &mut self.pause,
            Paused::Queue => &mut self.queue_pause,
            Paused::Flash => &mut self.flash.pause,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guardians_pause_lapses_and_cannot_be_chained() {
        let mut pool = Pool::new(1_000);
        pool.pause(Paused::Manager, Account::Guardian).unwrap();
        assert!(pool.not_paused().is_err());
        pool.now += GUARDIAN_PAUSE;
        assert!(pool.not_paused().is_ok());
        let again = pool.pause(Paused::Manager, Account::Guardian).unwrap_err();
        assert_eq!(again.error, "GuardianPauseSpent");
        pool.rearm(Paused::Manager, Account::Owner).unwrap();
        pool.pause(Paused::Manager, Account::Guardian).unwrap();
    }
}
