//! Who the members are, how many of them must sign, and what number the next call has.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolError, SolEvent};
use clay_shared::{
    abi::{address_in, answer, revert, Answer, Reverts, Word},
    interfaces::IQuorum::{MembersChanged, MembersNotAscending, QuorumOutOfBounds, TooManyMembers},
    log,
    math::narrow,
    ownable::not_zero,
    storage::{whole, Field, Slot},
};

/// Most members a committee may have, so that replacing them always fits a transaction.
const MOST_MEMBERS: usize = 32;

const STATE: Slot = Slot::at(2);
const MEMBERS: Slot = Slot::at(3);
const IS_MEMBER: Slot = Slot::at(4);

// Neither counter ends: one step takes a transaction.
const EXECUTIONS: Field = Field::new(0, 96);
const CHANGES: Field = EXECUTIONS.then(96);
const QUORUM: Field = CHANGES.then(32);
const COUNT: Field = QUORUM.then(32);

/// What an execution needs to know, in one word.
#[derive(Clone, Copy)]
pub(crate) struct State(U256);

/// Reads the state.
pub(crate) fn state() -> State {
    State(STATE.get())
}

impl State {
    /// The nonce of the next call: changes of members in the upper 128 bits, executions since then below.
    pub(crate) fn nonce(self) -> U256 {
        let changes = whole(CHANGES.get(self.0));
        (changes << 128) | whole(EXECUTIONS.get(self.0))
    }

    /// How many signatures a call needs.
    pub(crate) fn quorum(self) -> u128 {
        QUORUM.get(self.0)
    }

    /// Counts an execution, which uses up the nonce.
    pub(crate) fn use_nonce(self) {
        STATE.set(EXECUTIONS.set(self.0, EXECUTIONS.get(self.0) + 1));
    }
}

/// Whether an account is a member.
pub(crate) fn is_member(account: Address) -> bool {
    !IS_MEMBER.entry(account.word()).get().is_zero()
}

/// Answer of `members`: all of them, in ascending order.
pub(crate) fn list() -> Answer {
    let count = COUNT.get(STATE.get()) as u64;
    let mut words = Vec::with_capacity(2 + count as usize);
    words.extend([32u64.word(), count.word()]);
    words.extend((0..count).map(|index| place(index).get().word()));
    answer(&words)
}

/// Replaces members, given as the words of an array in ascending order, and quorum. Voids everything signed
/// so far: nonces of before a change are never valid again.
pub(crate) fn replace(members: &[[u8; 32]], quorum: U256) -> Reverts<()> {
    let count = members.len() as u64;
    if members.len() > MOST_MEMBERS {
        let words = [count.word(), (MOST_MEMBERS as u64).word()];
        return Err(revert(TooManyMembers::SELECTOR, &words));
    }
    let quorum = match narrow(quorum) {
        Some(quorum) if quorum >= 1 && quorum <= u128::from(count) => quorum,
        _ => {
            let words = [quorum.word(), 1u64.word(), count.word()];
            return Err(revert(QuorumOutOfBounds::SELECTOR, &words));
        }
    };
    let state = STATE.get();
    let before = COUNT.get(state) as u64;
    for index in 0..before {
        let member = place(index).get();
        IS_MEMBER.entry(member.word()).set(U256::ZERO);
    }
    let mut previous = Address::ZERO;
    for (index, word) in (0..).zip(members) {
        let member = address_in(*word)?;
        not_zero(member)?;
        if member <= previous {
            let words = [previous.word(), member.word()];
            return Err(revert(MembersNotAscending::SELECTOR, &words));
        }
        place(index).set_address(member);
        IS_MEMBER.entry(member.word()).set(whole(1));
        previous = member;
    }
    for index in count..before {
        place(index).set(U256::ZERO);
    }
    let changes = CHANGES.get(state) + 1;
    let state = CHANGES.set(EXECUTIONS.set(state, 0), changes);
    let state = COUNT.set(QUORUM.set(state, quorum), u128::from(count));
    STATE.set(state);

    let mut words = Vec::with_capacity(4 + members.len());
    let nonce = State(state).nonce();
    words.extend([
        (3u64 * 32).word(),
        quorum.word(),
        nonce.word(),
        count.word(),
    ]);
    words.extend(members.iter().map(|word| B256::new(*word)));
    log::emit(&[MembersChanged::SIGNATURE_HASH], &words);
    Ok(())
}

fn place(index: u64) -> Slot {
    MEMBERS.entry(index.word())
}
