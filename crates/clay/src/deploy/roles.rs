//! Who governs the pools, reports to them and agrees to their losses.

use alloy::primitives::{Address, U256};

use crate::failure::Failure;

/// Most members the contract takes.
const MOST_MEMBERS: usize = 32;

/// Who does what in the pools.
#[derive(Clone, Debug)]
pub struct Roles {
    /// Owner of everything: the timelock.
    pub owner: Address,
    /// May pause, and flag a slashing.
    pub guardian: Address,
    /// The gateway's address on L1.
    pub gateway: Address,
    /// Gets its part of the fee.
    pub treasury: Address,
    /// The oracle committee.
    pub reporters: Committee,
    /// Agree to losses beyond the caps: other people than the reporters.
    pub acknowledgers: Committee,
}

/// Members of a quorum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committee {
    members: Vec<Address>,
    quorum: u64,
}

impl Committee {
    /// A committee of `members`, in any order, `quorum` of which decide.
    pub fn new(mut members: Vec<Address>, quorum: u64) -> Self {
        members.sort();
        Self { members, quorum }
    }

    /// The members, in the ascending order that the contract asks for.
    pub fn members(&self) -> &[Address] {
        &self.members
    }

    /// How many of them decide.
    pub fn quorum(&self) -> U256 {
        U256::from(self.quorum)
    }

    /// Refuses a committee that could not decide, or names somebody twice.
    pub(super) fn require(&self, named: Named) -> Result<(), Failure> {
        let Named {
            who,
            members,
            quorum,
        } = named;
        let count = self.members.len();
        if self.members.iter().any(|member| member.is_zero()) {
            return Err(Failure::Usage(format!(
                "the zero address cannot be one of the {who} ({members})."
            )));
        }
        if let Some(pair) = self.members.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Failure::Usage(format!(
                "{members} names {} twice.",
                pair[0]
            )));
        }
        if count > MOST_MEMBERS {
            return Err(Failure::Usage(format!(
                "a committee has at most {MOST_MEMBERS} members, and {members} names {count}."
            )));
        }
        if self.quorum == 0 || usize::try_from(self.quorum).map_or(true, |quorum| quorum > count) {
            return Err(Failure::Usage(format!(
                "a quorum of {} is not possible with {count} {who}: name more with {members}, or another {quorum}.",
                self.quorum
            )));
        }
        Ok(())
    }
}

/// How a committee is called, and the options that name it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named {
    who: &'static str,
    members: &'static str,
    quorum: &'static str,
}

const REPORTERS: Named = Named {
    who: "reporters",
    members: "--reporters",
    quorum: "--reporter-quorum",
};

const ACKNOWLEDGERS: Named = Named {
    who: "acknowledgers",
    members: "--acknowledgers",
    quorum: "--acknowledger-quorum",
};

/// The Board.
pub(super) const BOARD: Named = Named {
    who: "members of the Board",
    members: "--board",
    quorum: "--board-quorum",
};

impl Roles {
    /// Refuses the zero address in any role, committees that cannot decide, and one that would check itself.
    pub(super) fn require_all(&self) -> Result<(), Failure> {
        let roles = [
            ("owner", self.owner),
            ("guardian", self.guardian),
            ("gateway", self.gateway),
            ("treasury", self.treasury),
        ];
        if let Some((role, _)) = roles.iter().find(|(_, account)| account.is_zero()) {
            return Err(Failure::Usage(format!(
                "the {role} cannot be the zero address: name one with --{role}."
            )));
        }
        self.reporters.require(REPORTERS)?;
        self.acknowledgers.require(ACKNOWLEDGERS)?;
        let both = |member: &&Address| self.reporters.members.contains(member);
        match self.acknowledgers.members.iter().find(both) {
            Some(member) => Err(Failure::Usage(format!(
                "{member} reports and would agree to what it reported: --acknowledgers are other people than \
                 --reporters."
            ))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(number: u8) -> Address {
        Address::with_last_byte(number)
    }

    fn roles(reporters: &[u8], quorum: u64, acknowledgers: &[u8]) -> Roles {
        let committee = |members: &[u8], quorum| {
            Committee::new(members.iter().copied().map(account).collect(), quorum)
        };
        Roles {
            owner: account(100),
            guardian: account(101),
            gateway: account(102),
            treasury: account(103),
            reporters: committee(reporters, quorum),
            acknowledgers: committee(acknowledgers, 1),
        }
    }

    #[track_caller]
    fn refused(roles: &Roles, words: &str) {
        let failure = roles.require_all().unwrap_err().to_string();
        assert!(failure.contains(words), "{failure}");
    }

    #[test]
    fn members_are_put_in_order() {
        let roles = roles(&[3, 1, 2], 2, &[5, 4]);
        roles.require_all().unwrap();
        assert_eq!(
            roles.reporters.members(),
            [account(1), account(2), account(3)]
        );
    }

    #[test]
    fn committees_that_cannot_decide_are_refused() {
        refused(
            &roles(&[1, 2], 3, &[4]),
            "a quorum of 3 is not possible with 2 reporters",
        );
        refused(&roles(&[1, 2], 0, &[4]), "a quorum of 0");
        refused(&roles(&[], 1, &[4]), "with 0 reporters");
        refused(&roles(&[1, 2, 1], 2, &[4]), "twice");
        refused(&roles(&[1, 0], 2, &[4]), "zero address");
        let crowd: Vec<u8> = (1..=33).collect();
        refused(&roles(&crowd, 2, &[40]), "at most 32 members");
    }

    #[test]
    fn who_reports_does_not_acknowledge() {
        refused(&roles(&[1, 2, 3], 2, &[4, 2]), &account(2).to_string());
    }

    #[test]
    fn nobody_in_a_role_is_refused() {
        let nobody = Roles {
            treasury: Address::ZERO,
            ..roles(&[1], 1, &[2])
        };
        refused(&nobody, "--treasury");
    }
}
