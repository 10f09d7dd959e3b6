//! A guardian who can stop a contract for a while, but neither start it again nor move funds.

use alloy_primitives::Address;
use alloy_sol_types::{SolCall, SolError, SolEvent};

use crate::{
    abi::{answer, done, revert, Answer, Call, Reverts, Word},
    host,
    interfaces::IPausable::*,
    log,
    ownable::{not_zero, Ownable},
    storage::{Field, Slot},
};

/// Seconds after which a guardian's pause lapses: 14 days (`parameters.md`, guardian; fixed).
pub const GUARDIAN_PAUSE: u64 = 14 * 24 * 60 * 60;

/// End of a pause that only the owner ends, seconds.
pub const UNTIL_UNPAUSED: u64 = u32::MAX as u64;

const PAUSED_UNTIL: Field = Field::new(160, 32);
const SPENT: Field = PAUSED_UNTIL.then(8);

/// One slot: guardian (160 bits), end of the pause (32), whether the guardian used its pause (8).
#[derive(Clone, Copy, Debug)]
pub struct Pausable(Slot);

impl Pausable {
    /// Kept in this slot.
    pub const fn at(slot: u64) -> Self {
        Self(Slot::at(slot))
    }

    /// Appoints the first guardian.
    pub fn initialize(self, guardian: Address) {
        self.appoint(guardian);
    }

    /// Who may pause besides the owner.
    pub fn guardian(self) -> Address {
        self.0.address()
    }

    /// When the pause ends, in seconds since the epoch; 0 if there is none now.
    pub fn paused_until(self) -> u64 {
        let until = PAUSED_UNTIL.get(self.0.get()) as u64;
        if until <= host::now() {
            return 0;
        }
        until
    }

    /// Refuses while the contract is paused.
    pub fn not_paused(self) -> Reverts<()> {
        match self.paused_until() {
            0 => Ok(()),
            until => Err(revert(EnforcedPause::SELECTOR, &[until.word()])),
        }
    }

    /// Answers the functions of `IPausable`; none if the selector is another's.
    #[inline(never)]
    pub fn route(self, ownable: Ownable, call: &Call) -> Option<Answer> {
        Some(match call.selector {
            guardianCall::SELECTOR => answer(&[self.0.address().word()]),
            pausedCall::SELECTOR => answer(&[(self.paused_until() != 0).word()]),
            pausedUntilCall::SELECTOR => answer(&[self.paused_until().word()]),
            pauseCall::SELECTOR => self.pause(ownable),
            unpauseCall::SELECTOR => self.unpause(ownable),
            rearmGuardianCall::SELECTOR => self.rearm(ownable),
            setGuardianCall::SELECTOR => self.set_guardian(ownable, call),
            _ => return None,
        })
    }

    /// The same, for a contract that keeps a flag of its own in step, so that what is called often need not read this
    /// slot: `note` is told that a pause began, or ended. It hears nothing of a pause that lapses.
    pub fn route_noted(self, ownable: Ownable, call: &Call, note: fn(bool)) -> Option<Answer> {
        let answer = self.route(ownable, call)?;
        if answer.is_ok() {
            match call.selector {
                pauseCall::SELECTOR => note(true),
                unpauseCall::SELECTOR => note(false),
                _ => (),
            }
        }
        Some(answer)
    }

    fn pause(self, ownable: Ownable) -> Answer {
        let (caller, guardian, owner) = (host::sender(), self.0.address(), ownable.owner());
        let until = if caller == owner {
            UNTIL_UNPAUSED
        } else if caller != guardian {
            let words = [caller.word(), guardian.word(), owner.word()];
            return Err(revert(OnlyGuardian::SELECTOR, &words));
        } else if SPENT.get(self.0.get()) != 0 {
            return Err(revert(GuardianPauseSpent::SELECTOR, &[]));
        } else {
            // An owner's pause is not shortened by the guardian's.
            self.not_paused()?;
            self.set(SPENT, 1);
            host::now() + GUARDIAN_PAUSE
        };
        self.set(PAUSED_UNTIL, until);
        log::emit(&[Paused::SIGNATURE_HASH, caller.word()], &[until.word()]);
        done()
    }

    fn unpause(self, ownable: Ownable) -> Answer {
        ownable.only_owner()?;
        // A pause that lapsed can still be cleared away.
        if PAUSED_UNTIL.get(self.0.get()) == 0 {
            return Err(revert(ExpectedPause::SELECTOR, &[]));
        }
        self.set(PAUSED_UNTIL, 0);
        log::emit(&[Unpaused::SIGNATURE_HASH, host::sender().word()], &[]);
        done()
    }

    fn rearm(self, ownable: Ownable) -> Answer {
        ownable.only_owner()?;
        self.set(SPENT, 0);
        log::emit(&[GuardianRearmed::SIGNATURE_HASH], &[]);
        done()
    }

    fn set_guardian(self, ownable: Ownable, call: &Call) -> Answer {
        let guardian = call.address(0)?;
        ownable.only_owner()?;
        not_zero(guardian)?;
        self.appoint(guardian);
        done()
    }

    fn appoint(self, guardian: Address) {
        let previous = self.0.address();
        self.0.set_address(guardian);
        self.set(SPENT, 0);
        log::changed(GuardianChanged::SIGNATURE_HASH, previous, guardian);
    }

    fn set(self, field: Field, value: u64) {
        self.0.set(field.set(self.0.get(), u128::from(value)));
    }
}
