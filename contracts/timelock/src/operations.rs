//! Operations: scheduled, cancelled, executed.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{answer, append_bytes, concat, done, revert, Answer, Call, Reverts, Word},
    host::{self, CallKind},
    interfaces::{ICommon, ITimelock::*},
    log,
    storage::{Field, Slot},
    timelock::{self, LONGEST},
};

use crate::{run_on_itself, settings};

const OPERATIONS: Slot = Slot::at(1);

/// Seconds; 0 unless it is scheduled.
const DUE: Field = Field::new(0, 40);
const EXECUTED: Field = DUE.then(1);

const EXECUTABLE: u128 = timelock::EXECUTABLE as u128;

/// A call of an operation.
struct Step<'a> {
    target: Address,
    data: &'a [u8],
}

/// An operation as a call names it.
struct Operation<'a> {
    steps: Vec<Step<'a>>,
    predecessor: B256,
    salt: B256,
    id: B256,
}

impl<'a> Operation<'a> {
    #[inline(never)]
    fn read(call: &Call<'a>) -> Reverts<Self> {
        let (predecessor, salt) = (call.word(1)?, call.word(2)?);
        let mut steps = Vec::new();
        // Of each call its target, and the hash of its data: both have one length.
        let mut hashed = concat(&[], &[predecessor, salt]);
        for step in call.structs(0)? {
            let step = step?;
            let (target, data) = (step.address(0)?, step.bytes(1)?);
            hashed.extend_from_slice(target.word().as_slice());
            hashed.extend_from_slice(host::keccak(data).as_slice());
            steps.push(Step { target, data });
        }
        if steps.is_empty() {
            return Err(revert(NoCalls::SELECTOR, &[]));
        }
        let id = host::keccak(&hashed);
        Ok(Self {
            steps,
            predecessor,
            salt,
            id,
        })
    }
}

/// Answers the views; none if the selector is another's.
pub(crate) fn view(call: &Call) -> Option<Answer> {
    Some(match call.selector {
        operationCall::SELECTOR => stored(call),
        operationIdCall::SELECTOR => Operation::read(call).and_then(|it| answer(&[it.id])),
        _ => return None,
    })
}

fn stored(call: &Call) -> Answer {
    let state = OPERATIONS.entry(call.word(0)?).get();
    let due = DUE.get(state);
    let until = if due == 0 { 0 } else { due + EXECUTABLE };
    let executed = EXECUTED.get(state) != 0;
    answer(&[due.word(), until.word(), executed.word()])
}

/// Schedules an operation.
pub(crate) fn schedule(call: &Call) -> Answer {
    let operation = Operation::read(call)?;
    let caller = host::sender();
    if !settings::may_propose(caller) {
        return Err(revert(OnlyProposer::SELECTOR, &[caller.word()]));
    }
    let slot = OPERATIONS.entry(operation.id);
    let before = DUE.get(slot.get());
    if before != 0 {
        let words = [operation.id, before.word()];
        return Err(revert(AlreadyScheduled::SELECTOR, &words));
    }
    let kinds = operation.steps.iter();
    let kinds = kinds.map(|step| settings::kind_of(step.target, step.data));
    let delay = settings::delay(kinds.max().unwrap_or(LONGEST));
    let due = u128::from(host::now()) + delay;
    slot.set(DUE.set(U256::ZERO, due));

    let topics = [OperationScheduled::SIGNATURE_HASH, operation.id];
    let words = [operation.predecessor, operation.salt, due.word()];
    log::emit(&topics, &words);
    for (index, step) in (0u64..).zip(&operation.steps) {
        let words = [
            CallScheduled::SIGNATURE_HASH,
            operation.id,
            index.word(),
            step.target.word(),
            64u64.word(),
        ];
        let mut data = concat(&[], &words);
        append_bytes(&mut data, step.data);
        host::emit(&data, 3);
    }
    answer(&[operation.id])
}

/// Stops an operation.
pub(crate) fn cancel(call: &Call) -> Answer {
    let (id, caller) = (call.word(0)?, host::sender());
    if !settings::may_cancel(caller) {
        return Err(revert(OnlyCanceller::SELECTOR, &[caller.word()]));
    }
    let slot = OPERATIONS.entry(id);
    waiting(id, slot)?;
    slot.set(U256::ZERO);
    let topics = [OperationCancelled::SIGNATURE_HASH, id];
    log::emit(&topics, &[caller.word()]);
    done()
}

/// When an operation is due that was not executed.
#[inline(never)]
fn waiting(id: B256, slot: Slot) -> Reverts<u128> {
    let state = slot.get();
    if EXECUTED.get(state) != 0 {
        return Err(revert(AlreadyExecuted::SELECTOR, &[id]));
    }
    match DUE.get(state) {
        0 => Err(revert(NotScheduled::SELECTOR, &[id])),
        due => Ok(due),
    }
}

/// Makes the calls of an operation. Open to all.
pub(crate) fn execute(call: &Call) -> Answer {
    let operation = Operation::read(call)?;
    let slot = OPERATIONS.entry(operation.id);
    let (due, now) = (waiting(operation.id, slot)?, u128::from(host::now()));
    if now < due {
        return Err(revert(NotDue::SELECTOR, &[due.word(), now.word()]));
    }
    let until = due + EXECUTABLE;
    if now >= until {
        let words = [until.word(), now.word()];
        return Err(revert(OperationLapsed::SELECTOR, &words));
    }
    let predecessor = operation.predecessor;
    if !predecessor.is_zero() && EXECUTED.get(OPERATIONS.entry(predecessor).get()) == 0 {
        return Err(revert(PredecessorNotExecuted::SELECTOR, &[predecessor]));
    }
    slot.set(EXECUTED.set(slot.get(), 1));
    log::emit(&[OperationExecuted::SIGNATURE_HASH, operation.id], &[]);
    for step in &operation.steps {
        make(step)?;
    }
    done()
}

/// Makes a call. One of this contract is not one: no contract can be called while it runs.
fn make(step: &Step) -> Answer {
    if step.target == host::this() {
        let Some((selector, arguments)) = step.data.split_first_chunk::<4>() else {
            return Err(Vec::new());
        };
        return run_on_itself(&Call::new(*selector, arguments, U256::ZERO));
    }
    if !host::has_code(step.target) {
        return Err(revert(ICommon::NoCode::SELECTOR, &[step.target.word()]));
    }
    host::call(CallKind::Value(U256::ZERO), step.target, step.data)
}
