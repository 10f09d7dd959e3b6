//! Records of operators.

use alloy_primitives::{B256, U256};
use alloy_sol_types::{SolError, SolEvent};

use super::{
    count, exit_line, leave, may_operate, number, put, worth, FIRST_OPERATOR, OPERATORS,
    OPERATOR_RECORDS, STAKE_MANAGER,
};
use crate::{
    abi::{revert, Reverts, Word},
    books::Rate,
    host,
    interfaces::{
        IOperatorAllocation::{OperatorListed, OperatorUnlisted},
        IOperatorRegistry::{
            BondAdded, ConductChanged, OnlyManager, PenaltyCharged, UnknownOperator,
        },
    },
    log,
    operators::{
        bond::{BondTerms, Nodes},
        choice::class,
        score::{conduct, score, weight, Cause},
        NodeType,
    },
    storage::{Field, Slot},
};

/// An operator's record, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator(pub u32);

/// Fields of an operator's record. The slot number within it comes first.
pub mod of_operator {
    use super::Field;

    /// Manager key (160) and how the operator is judged.
    pub const HEAD: u64 = 0;
    /// 0 home, 1 professional, 2 institution.
    pub const KIND: Field = Field::new(160, 8);
    /// Governance says it is reliable.
    pub const VOUCHED: Field = KIND.then(1);
    /// It had a validator funded, and so it has a leaf.
    pub const FUNDED_ONCE: Field = VOUCHED.then(1);
    /// As it counts among the proven ones.
    pub const PROVEN: Field = FUNDED_ONCE.then(1);
    /// In which lines it stands: 0 in none, 1 among the unproven, 2 among the proven.
    pub const STANDS: Field = PROVEN.then(2);
    /// 0 to 10,000.
    pub const PERFORMANCE: Field = STANDS.then(14);
    /// 0 to 10,000.
    pub const CONDUCT: Field = PERFORMANCE.then(14);
    /// Epochs without a penalty; stays at 255.
    pub const CLEAN_EPOCHS: Field = CONDUCT.then(8);
    /// Ceremonies it failed; stays at 63.
    pub const FAILED: Field = CLEAN_EPOCHS.then(6);

    /// Payout address (160) and times.
    pub const PAYOUT: u64 = 1;
    /// Seconds: it cannot be chosen before.
    pub const SUSPENDED_UNTIL: Field = Field::new(160, 40);
    /// Seconds: since when the bond is known to be short; 0 if it is not.
    pub const SHORT_SINCE: Field = SUSPENDED_UNTIL.then(40);

    /// The bond.
    pub const BOND: u64 = 2;
    /// Shares.
    pub const SHARES: Field = Field::new(0, 96);
    /// Shares of it that the vfp-pool lent.
    pub const LENT: Field = SHARES.then(96);

    /// Its nodes.
    pub const LOAD: u64 = 3;
    /// Live nodes of the first type; those of the others follow.
    pub const LIVE: Field = Field::new(0, 20);
    /// Nodes that are active or about to be, of all types.
    pub const ACTIVE: Field = Field::new(60, 20);
    /// Lines it belongs to: a bit for each type and region with queued nodes.
    pub const LANES: Field = ACTIVE.then(24);
    /// Types it has funded nodes of, a bit each.
    pub const ACTIVE_TYPES: Field = LANES.then(3);
    /// Live nodes of the first type that leave or have left; those of the others follow.
    pub const LEAVING: Field = ACTIVE_TYPES.then(20);

    /// What it owes.
    pub const ACCOUNT: u64 = 4;
    /// Shares.
    pub const DEBT: Field = Field::new(0, 96);
    /// Shares: the cumulative penalty that was charged.
    pub const CHARGED: Field = DEBT.then(96);
    /// Epoch of the last leaf applied.
    pub const APPLIED: Field = CHARGED.then(32);
    /// Epochs that leaves have counted so far.
    pub const COUNTED: Field = APPLIED.then(32);

    /// A withdrawal announced.
    pub const NOTICE: u64 = 5;
    /// Shares.
    pub const ANNOUNCED: Field = Field::new(0, 96);
    /// Seconds.
    pub const ANNOUNCED_AT: Field = ANNOUNCED.then(40);

    /// Who was offered the record (160).
    pub const OFFERED_MANAGER: u64 = 6;
    /// Who was offered to be the payout address (160).
    pub const OFFERED_PAYOUT: u64 = 7;
    /// Seconds: when it may accept.
    pub const PAYOUT_FROM: Field = Field::new(160, 40);
    /// Hash of what it publishes about itself.
    pub const METADATA: u64 = 8;
}

use of_operator::*;

impl Operator {
    /// The operator with a number; refuses one that there is not.
    pub fn find(asked: U256) -> Reverts<Self> {
        let count = OPERATORS.get(STAKE_MANAGER.get()) as u32;
        let id = number(asked);
        if id < FIRST_OPERATOR || id - FIRST_OPERATOR >= count {
            let largest = u64::from(FIRST_OPERATOR + count) - 1;
            let words = [
                asked.word(),
                u64::from(FIRST_OPERATOR).word(),
                largest.word(),
            ];
            return Err(revert(UnknownOperator::SELECTOR, &words));
        }
        Ok(Self(id))
    }

    /// A slot of the record.
    pub fn slot(self, place: u64) -> Slot {
        OPERATOR_RECORDS.plus(u64::from(self.0) * 16 + place)
    }

    /// A field of the record.
    #[inline(never)]
    pub fn get(self, place: u64, field: Field) -> u128 {
        field.get(self.slot(place).get())
    }

    /// Writes a field of the record.
    #[inline(never)]
    pub fn set(self, place: u64, field: Field, value: u128) {
        let slot = self.slot(place);
        slot.set(field.set(slot.get(), value));
    }

    /// Its number as a word.
    pub fn word(self) -> B256 {
        u64::from(self.0).word()
    }

    /// Its kind.
    pub fn kind(self) -> u8 {
        self.get(HEAD, KIND) as u8
    }

    /// Refuses every caller but its manager key.
    pub fn only_manager(self) -> Reverts<()> {
        let (caller, manager) = (host::sender(), self.slot(HEAD).address());
        if caller != manager {
            let words = [caller.word(), manager.word()];
            return Err(revert(OnlyManager::SELECTOR, &words));
        }
        Ok(())
    }

    /// Its score, 0 to 10,000.
    pub fn score(self) -> u16 {
        let head = self.slot(HEAD).get();
        score(PERFORMANCE.get(head) as u16, CONDUCT.get(head) as u16)
    }

    /// Whether it is proven.
    pub fn is_proven(self) -> bool {
        self.get(HEAD, PROVEN) != 0
    }

    /// Its live nodes by type.
    pub fn live(self) -> Nodes {
        let load = self.slot(LOAD).get();
        NodeType::ALL.map(|of| LIVE.nth(of as usize).get(load) as u32)
    }

    /// Changes its number of live nodes of a type.
    pub fn count_live(self, of: NodeType, change: i64) {
        count(self.slot(LOAD), LIVE.nth(of as usize), change);
    }

    /// Changes its number of live nodes of a type that leave or have left.
    pub fn count_leaving(self, of: NodeType, change: i64) {
        count(self.slot(LOAD), LEAVING.nth(of as usize), change);
    }

    /// Whether its bond carries those of its live nodes that stay.
    pub fn carries_staying(self, terms: &BondTerms, rate: Rate) -> bool {
        let (mut staying, load) = (self.live(), self.slot(LOAD).get());
        for (of, staying) in staying.iter_mut().enumerate() {
            *staying -= LEAVING.nth(of).get(load) as u32;
        }
        self.covers(rate, terms.required(staying, self.score()))
    }

    /// Wei that its live nodes require, and one more of a type if there is one.
    pub fn required(self, terms: &BondTerms, more: Option<NodeType>) -> u128 {
        let mut live = self.live();
        if let Some(of) = more {
            live[of as usize] += 1;
        }
        terms.required(live, self.score())
    }

    /// Whether its bond carries its live nodes, and one more of a type if there is one.
    pub fn carries(self, terms: &BondTerms, rate: Rate, more: Option<NodeType>) -> bool {
        self.covers(rate, self.required(terms, more))
    }

    /// Whether its bond is worth so many wei, and it owes nothing.
    #[inline(never)]
    fn covers(self, rate: Rate, required: u128) -> bool {
        self.get(ACCOUNT, DEBT) == 0 && worth(rate, self.get(BOND, SHARES)) >= required
    }

    /// Wei that its live nodes require with one more of the dearest type it has queued nodes of.
    pub fn required_queued(self, terms: &BondTerms) -> u128 {
        let lanes = self.get(LOAD, LANES);
        let queued = NodeType::ALL.into_iter();
        let queued = queued.filter(|of| lanes >> lane_bit(*of, 0) & 0xff != 0);
        let required = queued.map(|of| self.required(terms, Some(of)));
        required.max().unwrap_or(u128::MAX)
    }

    /// Whether it can stand in the lines: it has queued nodes, and its bond carries one more of every type of them.
    pub fn carries_queued(self, terms: &BondTerms, rate: Rate) -> bool {
        self.covers(rate, self.required_queued(terms))
    }

    /// Whether it has the right to operate, where that is asked.
    pub fn may_operate(self) -> bool {
        may_operate(self.slot(HEAD).address()).unwrap_or(false)
    }

    /// Moves shares of the bond away, as far as they go; answers how many.
    #[inline(never)]
    pub fn take_bond(self, asked: u128) -> u128 {
        let word = self.slot(BOND).get();
        let taken = asked.min(SHARES.get(word));
        self.slot(BOND)
            .set(SHARES.set(word, SHARES.get(word) - taken));
        taken
    }

    /// Adds shares to the bond, and takes those out that it owes. Answers these, which the caller must burn
    /// ([`recover`](super::recover)).
    #[inline(never)]
    pub fn add_bond(self, shares: u128) -> u128 {
        if shares != 0 {
            let total = self.get(BOND, SHARES) + shares;
            self.set(BOND, SHARES, total);
            let topics = [BondAdded::SIGNATURE_HASH, self.word()];
            log::emit(&topics, &[shares.word(), total.word()]);
        }
        self.charge(0)
    }

    /// Takes what it owes and so many shares more out of the bond, as far as that goes; the rest is its debt. Answers the
    /// shares taken, which the caller must burn ([`recover`](super::recover)).
    #[inline(never)]
    pub fn charge(self, more: u128) -> u128 {
        // Never more than all that was ever charged, which 96 bits hold.
        let owed = self.get(ACCOUNT, DEBT) + more;
        let taken = self.take_bond(owed);
        if taken | more != 0 {
            let debt = owed - taken;
            self.set(ACCOUNT, DEBT, debt);
            let topics = [PenaltyCharged::SIGNATURE_HASH, self.word()];
            log::emit(&topics, &[taken.word(), debt.word()]);
        }
        taken
    }

    /// Changes its conduct, and its places in the lines.
    pub fn judge(self, cause: Cause) {
        let word = self.slot(HEAD).get();
        let after = conduct(CONDUCT.get(word) as u16, cause);
        self.slot(HEAD).set(CONDUCT.set(word, after.into()));
        let topics = [ConductChanged::SIGNATURE_HASH, self.word()];
        let words = [u64::from(after).word(), u64::from(cause.number()).word()];
        log::emit(&topics, &words);
        self.place();
    }

    /// The class it waits in.
    pub fn class(self) -> u16 {
        let weight = weight(self.score(), self.is_proven());
        class(self.get(LOAD, ACTIVE) as u32, weight)
    }

    /// Puts it where it belongs in every line: called whenever its load, score or standing has changed.
    #[inline(never)]
    pub fn place(self) {
        let (head, load) = (self.slot(HEAD).get(), self.slot(LOAD).get());
        let (class, kind) = (self.class(), KIND.get(head) as u8);
        let stands = STANDS.get(head);
        if stands != 0 {
            let proven = PROVEN.get(head) != 0;
            let belongs = 1 + u128::from(proven);
            if belongs != stands {
                self.leave_lines();
                self.set(HEAD, STANDS, belongs);
            }
            for (of, region) in lanes(LANES.get(load)) {
                put(of, kind, region, proven, self.0, class);
            }
        }
        for of in NodeType::ALL {
            if ACTIVE_TYPES.get(load) >> of as usize & 1 != 0 {
                exit_line(of, kind).put(self.0, class);
            }
        }
    }

    /// Lets it be chosen.
    pub fn list(self) {
        if self.get(HEAD, STANDS) == 0 {
            self.set(HEAD, STANDS, 1 + u128::from(self.is_proven()));
            log::emit(&[OperatorListed::SIGNATURE_HASH, self.word()], &[]);
        }
        self.place();
    }

    /// Lets it not be chosen any more, for a reason.
    pub fn unlist(self, reason: u64) {
        if self.get(HEAD, STANDS) == 0 {
            return;
        }
        self.leave_lines();
        self.set(HEAD, STANDS, 0);
        let topics = [OperatorUnlisted::SIGNATURE_HASH, self.word()];
        log::emit(&topics, &[reason.word()]);
    }

    fn leave_lines(self) {
        let proven = self.get(HEAD, STANDS) == 2;
        for (of, region) in lanes(self.get(LOAD, LANES)) {
            leave(of, self.kind(), region, proven, self.0);
        }
    }

    /// Notes whether it has queued nodes in a line, and puts it there or takes it out.
    pub(super) fn set_lane(self, of: NodeType, region: u8, on: bool) {
        let bit = 1 << lane_bit(of, region);
        let lanes = self.get(LOAD, LANES);
        let after = if on { lanes | bit } else { lanes & !bit };
        self.set(LOAD, LANES, after);
        let stands = self.get(HEAD, STANDS);
        if stands != 0 {
            let (kind, proven) = (self.kind(), stands == 2);
            match on {
                true => put(of, kind, region, proven, self.0, self.class()),
                false => leave(of, kind, region, proven, self.0),
            }
        }
    }

    pub(super) fn set_active_type(self, of: NodeType, on: bool) {
        let bit = 1 << of as usize;
        let types = self.get(LOAD, ACTIVE_TYPES);
        let after = if on { types | bit } else { types & !bit };
        self.set(LOAD, ACTIVE_TYPES, after);
        let line = exit_line(of, self.kind());
        match on {
            true => line.put(self.0, self.class()),
            false => line.remove(self.0),
        }
    }
}

/// Why an operator leaves the lists.
pub mod unlisted {
    /// Its bond does not carry another node.
    pub const BOND: u64 = 0;
    /// It lost the right to operate.
    pub const RIGHT: u64 = 1;
    /// It failed a key ceremony.
    pub const SUSPENDED: u64 = 2;
}

const fn lane_bit(of: NodeType, region: u8) -> usize {
    of as usize * 8 + region as usize
}

/// The types and regions of a set of lines.
pub fn lanes(set: u128) -> impl Iterator<Item = (NodeType, u8)> {
    let all = NodeType::ALL.into_iter();
    let all = all.flat_map(|of| (0..8).map(move |region| (of, region)));
    all.filter(move |(of, region)| set >> lane_bit(*of, *region) & 1 != 0)
}
