//! Who may propose and cancel, the delays, and which one a call takes.

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{answer, done, revert, Answer, Call, Reverts, Word},
    host,
    interfaces::ITimelock::*,
    log,
    math::narrow,
    ownable::not_zero,
    storage::{low_half, whole, Field, Slot},
    timelock::{rules_about, DELAYS, LONGEST, PARAMETER, UPGRADE},
};

use crate::truth;

/// [`FIELDS`], [`PROPOSERS`].
const HEAD: Slot = Slot::at(0);
const IS_PROPOSER: Slot = Slot::at(2);
const IS_CANCELLER: Slot = Slot::at(3);
/// By rule.
const KINDS: Slot = Slot::at(4);

/// Seconds, by kind.
const FIELDS: [Field; 3] = [Field::new(0, 32), Field::new(32, 32), Field::new(64, 32)];
const PROPOSERS: Field = Field::new(96, 32);

/// Whether the timelock has a proposer, which it has from its set-up on.
pub(crate) fn is_set_up() -> bool {
    PROPOSERS.get(HEAD.get()) != 0
}

pub(crate) fn initialize_delays() {
    let mut head = HEAD.get();
    for (kind, (field, [default, ..])) in (PARAMETER..).zip(FIELDS.into_iter().zip(DELAYS)) {
        head = field.set(head, default.into());
        tell_delay(kind, 0, default.into());
    }
    HEAD.set(head);
}

/// Answers the views; none if the selector is another's.
pub(crate) fn view(call: &Call) -> Option<Answer> {
    Some(match call.selector {
        kindOfCall::SELECTOR => kind_of_call(call),
        ruleOfCall::SELECTOR => call
            .word(0)
            .and_then(|rule| answer(&[KINDS.entry(rule).get().word()])),
        delayOfCall::SELECTOR => delay_of_kind(call),
        isProposerCall::SELECTOR => call
            .address(0)
            .and_then(|account| truth(may_propose(account))),
        isCancellerCall::SELECTOR => call
            .address(0)
            .and_then(|account| truth(may_cancel(account))),
        _ => return None,
    })
}

fn kind_of_call(call: &Call) -> Answer {
    let kind = kind_of(call.address(0)?, call.bytes(1)?);
    answer(&[u64::from(kind).word(), delay(kind).word()])
}

fn delay_of_kind(call: &Call) -> Answer {
    let kind = known(call.uint(0)?)?;
    let [_, smallest, largest] = DELAYS[usize::from(kind - 1)];
    answer(&[delay(kind).word(), smallest.word(), largest.word()])
}

pub(crate) fn may_propose(account: Address) -> bool {
    !IS_PROPOSER.entry(account.word()).get().is_zero()
}

pub(crate) fn may_cancel(account: Address) -> bool {
    !IS_CANCELLER.entry(account.word()).get().is_zero()
}

/// The kind of a call.
pub(crate) fn kind_of(target: Address, data: &[u8]) -> u8 {
    // What changes the timelock could shorten any delay.
    if target == host::this() {
        return LONGEST;
    }
    let rules = rules_about(target.into_array(), data).into_iter();
    let mut kinds = rules.map(|rule| low_half(KINDS.entry(B256::new(rule)).get()) as u8);
    kinds.find(|kind| *kind != 0).unwrap_or(UPGRADE)
}

/// Seconds that calls of a kind wait: no fewer than those of a kind below.
pub(crate) fn delay(kind: u8) -> u128 {
    let head = HEAD.get();
    let delays = FIELDS.iter().take(usize::from(kind));
    delays.map(|field| field.get(head)).max().unwrap_or(0)
}

/// Refuses a kind that there is not.
fn known(kind: U256) -> Reverts<u8> {
    match narrow(kind) {
        Some(known @ 1..=3) => Ok(known as u8),
        _ => {
            let words = [kind.word(), u64::from(LONGEST).word()];
            Err(revert(UnknownKind::SELECTOR, &words))
        }
    }
}

pub(crate) fn set_proposer(call: &Call) -> Answer {
    change_proposer(call.address(0)?, call.boolean(1)?)?;
    done()
}

/// Makes an account a proposer, or not.
pub(crate) fn change_proposer(account: Address, may: bool) -> Reverts<()> {
    not_zero(account)?;
    let head = HEAD.get();
    let count = PROPOSERS.get(head);
    let count = match (may_propose(account), may) {
        (false, true) => count + 1,
        // Without one, nobody could change anything any more.
        (true, false) if count == 1 => {
            return Err(revert(LastProposer::SELECTOR, &[account.word()]));
        }
        (true, false) => count - 1,
        _ => count,
    };
    HEAD.set(PROPOSERS.set(head, count));
    set_role(IS_PROPOSER, ProposerChanged::SIGNATURE_HASH, account, may);
    Ok(())
}

pub(crate) fn set_canceller(call: &Call) -> Answer {
    change_canceller(call.address(0)?, call.boolean(1)?)?;
    done()
}

/// Makes an account a canceller, or not.
pub(crate) fn change_canceller(account: Address, may: bool) -> Reverts<()> {
    not_zero(account)?;
    set_role(IS_CANCELLER, CancellerChanged::SIGNATURE_HASH, account, may);
    Ok(())
}

fn set_role(roles: Slot, event: B256, account: Address, may: bool) {
    roles.entry(account.word()).set(whole(may.into()));
    log::emit(&[event, account.word()], &[may.word()]);
}

pub(crate) fn set_delay(call: &Call) -> Answer {
    let (kind, asked) = (known(call.uint(0)?)?, call.uint(1)?);
    let place = usize::from(kind - 1);
    let [_, smallest, largest] = DELAYS[place].map(u128::from);
    let delay = match narrow(asked) {
        Some(delay) if delay >= smallest && delay <= largest => delay,
        _ => {
            let words = [asked, whole(smallest), whole(largest)].map(Word::word);
            return Err(revert(DelayOutOfBounds::SELECTOR, &words));
        }
    };
    let head = HEAD.get();
    HEAD.set(FIELDS[place].set(head, delay));
    tell_delay(kind, FIELDS[place].get(head), delay);
    done()
}

fn tell_delay(kind: u8, previous: u128, current: u128) {
    let topics = [DelayChanged::SIGNATURE_HASH, u64::from(kind).word()];
    log::emit(&topics, &[previous.word(), current.word()]);
}

pub(crate) fn set_kind(call: &Call) -> Answer {
    change_kind(call.word(0)?, call.uint(1)?)?;
    done()
}

/// Sets the kind of the calls that a rule is about; 0 takes the rule back.
pub(crate) fn change_kind(rule: B256, kind: U256) -> Reverts<()> {
    if !kind.is_zero() {
        known(kind)?;
    }
    KINDS.entry(rule).set(kind);
    log::emit(&[KindChanged::SIGNATURE_HASH, rule], &[kind.word()]);
    Ok(())
}
