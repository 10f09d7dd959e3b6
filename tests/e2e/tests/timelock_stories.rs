//! Random operations on the real WASM, each held against a plain model of the timelock: who proposes, cancels and executes,
//! when, what that changes, and with which error it is refused.
//!
//!     CLAY_SEED=1 CLAY_STEPS=20000 cargo test -p e2e --test timelock_stories -- --nocapture

use std::collections::{BTreeMap, BTreeSet};

use alloy::{
    primitives::{Address, B256, U256},
    sol_types::{SolCall, SolError},
};
use clay_chain::ExecStatus;
use clay_shared::timelock::rule;
use e2e::{
    environment, Pool,
    StakeManager::{
        acceptOwnershipCall, parameterCall, setParameterCall, transferOwnershipCall,
        ParameterOutOfBounds,
    },
    Timelock::*,
    ALICE, BOB, GUARDIAN, MALLORY, OWNER,
};
use rand::{rngs::StdRng, seq::SliceRandom, Rng, SeedableRng};

const NONE: U256 = U256::ZERO;
const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;
const ACCOUNTS: [Address; 5] = [OWNER, GUARDIAN, ALICE, BOB, MALLORY];
/// Nothing is there.
const EMPTY: Address = Address::repeat_byte(0x77);
/// The freshness limit of the stake-manager, and its bounds.
const PARAMETER: u8 = 1;
const BOUNDS: [u64; 2] = [DAY, 7 * DAY];
/// Smallest and largest delay by kind.
const DELAYS: [[u64; 2]; 3] = [[DAY, 30 * DAY], [3 * DAY, 60 * DAY], [14 * DAY, 90 * DAY]];
const EXECUTABLE: u64 = 28 * DAY;
/// Steps of a story.
const LENGTH: u64 = 150;

/// A call of an operation.
#[derive(Clone, Debug)]
enum Step {
    SetParameter(u64),
    /// A call about which no rule says anything.
    Offer(Address),
    /// A call of nobody.
    Nobody,
    Proposer(Address, bool),
    Canceller(Address, bool),
    Delay(usize, u64),
    /// The kind of [`Step::SetParameter`]; 0 for what is said of that function anywhere.
    Kind(u64),
}

#[derive(Clone, Debug)]
struct Scheduled {
    due: u64,
    executed: bool,
}

/// Why something is refused: the error's selector.
type Refusal = [u8; 4];

/// What the timelock is promised to be.
#[derive(Clone)]
struct Model {
    proposers: BTreeSet<Address>,
    cancellers: BTreeSet<Address>,
    delays: [u64; 3],
    parameter_kind: usize,
    parameter: u64,
    operations: BTreeMap<B256, Scheduled>,
}

impl Model {
    fn kind(&self, step: &Step) -> usize {
        match step {
            Step::SetParameter(_) if self.parameter_kind != 0 => self.parameter_kind,
            Step::SetParameter(_) => 1,
            Step::Offer(_) | Step::Nobody => 2,
            _ => 3,
        }
    }

    /// What is changed less carefully is never changed later than what is changed more carefully.
    fn delay(&self, steps: &[Step]) -> u64 {
        let kind = steps.iter().map(|step| self.kind(step)).max();
        let below = &self.delays[..kind.expect("a step")];
        *below.iter().max().expect("a kind")
    }

    fn schedule(&mut self, by: Address, id: B256, steps: &[Step], now: u64) -> Result<(), Refusal> {
        if steps.is_empty() {
            return Err(NoCalls::SELECTOR);
        }
        if !self.proposers.contains(&by) {
            return Err(OnlyProposer::SELECTOR);
        }
        if self.operations.contains_key(&id) {
            return Err(AlreadyScheduled::SELECTOR);
        }
        let (due, executed) = (now + self.delay(steps), false);
        self.operations.insert(id, Scheduled { due, executed });
        Ok(())
    }

    fn waiting(&self, id: B256) -> Result<u64, Refusal> {
        match self.operations.get(&id) {
            None => Err(NotScheduled::SELECTOR),
            Some(Scheduled { executed: true, .. }) => Err(AlreadyExecuted::SELECTOR),
            Some(Scheduled { due, .. }) => Ok(*due),
        }
    }

    fn cancel(&mut self, by: Address, id: B256) -> Result<(), Refusal> {
        if !self.cancellers.contains(&by) {
            return Err(OnlyCanceller::SELECTOR);
        }
        self.waiting(id)?;
        self.operations.remove(&id);
        Ok(())
    }

    fn execute(&mut self, id: B256, of: &Operation, now: u64) -> Result<(), Refusal> {
        if of.steps.is_empty() {
            return Err(NoCalls::SELECTOR);
        }
        let due = self.waiting(id)?;
        if now < due {
            return Err(NotDue::SELECTOR);
        }
        if now >= due + EXECUTABLE {
            return Err(OperationLapsed::SELECTOR);
        }
        let before = self.operations.get(&of.predecessor);
        if !of.predecessor.is_zero() && !before.is_some_and(|before| before.executed) {
            return Err(PredecessorNotExecuted::SELECTOR);
        }
        // All or none.
        let mut after = self.clone();
        for step in &of.steps {
            after.make(step)?;
        }
        let executed = after.operations.get_mut(&id);
        executed.expect("it waits").executed = true;
        *self = after;
        Ok(())
    }

    fn make(&mut self, step: &Step) -> Result<(), Refusal> {
        match *step {
            Step::SetParameter(value) if !(BOUNDS[0]..=BOUNDS[1]).contains(&value) => {
                return Err(ParameterOutOfBounds::SELECTOR)
            }
            Step::SetParameter(value) => self.parameter = value,
            Step::Offer(_) => {}
            Step::Nobody => return Err(e2e::StakeManager::NoCode::SELECTOR),
            Step::Proposer(account, true) => {
                self.proposers.insert(account);
            }
            Step::Proposer(account, false) => {
                if self.proposers == BTreeSet::from([account]) {
                    return Err(LastProposer::SELECTOR);
                }
                self.proposers.remove(&account);
            }
            Step::Canceller(account, true) => {
                self.cancellers.insert(account);
            }
            Step::Canceller(account, false) => {
                self.cancellers.remove(&account);
            }
            Step::Delay(kind, seconds) => {
                let [smallest, largest] = DELAYS[kind - 1];
                if !(smallest..=largest).contains(&seconds) {
                    return Err(DelayOutOfBounds::SELECTOR);
                }
                self.delays[kind - 1] = seconds;
            }
            Step::Kind(kind) if kind > 3 => return Err(UnknownKind::SELECTOR),
            Step::Kind(kind) => self.parameter_kind = kind as usize,
        }
        Ok(())
    }
}

/// An operation as it is named.
#[derive(Clone, Debug)]
struct Operation {
    steps: Vec<Step>,
    predecessor: B256,
    salt: B256,
}

/// The contracts, the model, and what was named so far.
struct Story {
    pool: Pool,
    model: Model,
    known: Vec<(Operation, B256)>,
    outcomes: BTreeMap<String, u64>,
    dice: StdRng,
    /// Seconds.
    passed: u64,
}

impl Story {
    fn new(seed: u64) -> Self {
        let mut pool = Pool::new();
        let (timelock, manager) = (pool.timelock, pool.manager);
        // The timelock's own first operation makes it the owner.
        let offer = transferOwnershipCall { newOwner: timelock };
        pool.run(OWNER, manager, NONE, offer);
        let calls = vec![call(manager, acceptOwnershipCall {})];
        let schedule = scheduleCall {
            calls: calls.clone(),
            predecessor: B256::ZERO,
            salt: B256::ZERO,
        };
        pool.run(OWNER, timelock, NONE, schedule);
        pool.chain.increase_time(7 * DAY);
        let execute = executeCall {
            calls,
            predecessor: B256::ZERO,
            salt: B256::ZERO,
        };
        pool.run(MALLORY, timelock, NONE, execute);
        let model = Model {
            proposers: BTreeSet::from([OWNER]),
            cancellers: BTreeSet::from([GUARDIAN]),
            delays: [2 * DAY, 7 * DAY, 30 * DAY],
            parameter_kind: 0,
            parameter: 3 * DAY,
            operations: BTreeMap::new(),
        };
        Self {
            pool,
            model,
            known: Vec::new(),
            outcomes: BTreeMap::new(),
            dice: StdRng::seed_from_u64(seed),
            passed: 7 * DAY,
        }
    }

    fn calls(&self, of: &Operation) -> Vec<Call> {
        of.steps.iter().map(|step| self.call(step)).collect()
    }

    fn call(&self, step: &Step) -> Call {
        let (timelock, manager) = (self.pool.timelock, self.pool.manager);
        match *step {
            Step::SetParameter(value) => {
                let (id, value) = (PARAMETER, U256::from(value));
                call(manager, setParameterCall { id, value })
            }
            Step::Offer(heir) => call(manager, transferOwnershipCall { newOwner: heir }),
            Step::Nobody => call(EMPTY, acceptOwnershipCall {}),
            Step::Proposer(account, may) => call(timelock, setProposerCall { account, may }),
            Step::Canceller(account, may) => call(timelock, setCancellerCall { account, may }),
            Step::Delay(kind, seconds) => {
                let (kind, delay) = (U256::from(kind), U256::from(seconds));
                call(timelock, setDelayCall { kind, delay })
            }
            Step::Kind(kind) => {
                let rule = rule(setParameterCall::SELECTOR, manager.into_array(), None);
                let (rule, kind) = (B256::new(rule), U256::from(kind));
                call(timelock, setKindCall { rule, kind })
            }
        }
    }

    /// Its number; zero for one without calls, which has none.
    fn id(&self, of: &Operation) -> B256 {
        if of.steps.is_empty() {
            return B256::ZERO;
        }
        let (calls, predecessor, salt) = (self.calls(of), of.predecessor, of.salt);
        let named = operationIdCall {
            calls,
            predecessor,
            salt,
        };
        self.pool.view(self.pool.timelock, named)
    }

    fn account(&mut self) -> Address {
        // Mostly somebody who may.
        let known = if self.dice.gen_bool(0.8) {
            self.model
                .proposers
                .iter()
                .chain(&self.model.cancellers)
                .copied()
                .collect()
        } else {
            ACCOUNTS.to_vec()
        };
        *known.choose(&mut self.dice).unwrap_or(&OWNER)
    }

    fn step(&mut self) -> Step {
        let (account, may) = (
            *ACCOUNTS.choose(&mut self.dice).expect("some"),
            self.dice.gen_bool(0.6),
        );
        match self.dice.gen_range(0..36) {
            0 => Step::Nobody,
            1..=3 => Step::Offer(account),
            4..=5 => Step::Proposer(account, may),
            6..=7 => Step::Canceller(account, may),
            8..=9 => {
                let kind = self.dice.gen_range(1..=3);
                let [smallest, largest] = DELAYS[kind - 1];
                Step::Delay(
                    kind,
                    self.dice
                        .gen_range(smallest - HOUR..=largest.min(smallest * 2) + HOUR),
                )
            }
            10 => Step::Kind(self.dice.gen_range(0..=4)),
            _ => Step::SetParameter(self.dice.gen_range(BOUNDS[0] - HOUR..=BOUNDS[1] + HOUR)),
        }
    }

    fn operation(&mut self) -> Operation {
        let count = *[0, 1, 1, 1, 1, 2, 2, 3]
            .choose(&mut self.dice)
            .expect("some");
        let steps = (0..count).map(|_| self.step()).collect();
        let predecessor = match self.known.choose(&mut self.dice).cloned() {
            Some((_, id)) if self.dice.gen_bool(0.2) => id,
            _ => B256::ZERO,
        };
        Operation {
            steps,
            predecessor,
            salt: B256::with_last_byte(self.dice.gen_range(0..2)),
        }
    }

    /// One that was named before: mostly one that waits, else any of late.
    fn known(&mut self) -> Option<(Operation, B256)> {
        let waits = |(_, id): &&(Operation, B256)| self.model.waiting(*id).is_ok();
        let waiting: Vec<_> = self.known.iter().filter(waits).collect();
        if self.dice.gen_bool(0.7) && !waiting.is_empty() {
            return waiting.choose(&mut self.dice).map(|it| (*it).clone());
        }
        let lately = self.known.len().saturating_sub(8);
        self.known[lately..].choose(&mut self.dice).cloned()
    }

    fn act(&mut self) {
        match self.dice.gen_range(0..10) {
            0..=2 => {
                let of = match self.dice.gen_bool(0.1) {
                    true => self.known(),
                    false => None,
                };
                let of = of.map_or_else(|| self.operation(), |(of, _)| of);
                self.schedule(of);
            }
            3 => self.cancel(),
            4..=6 => self.execute(),
            _ => {
                let seconds = self.time();
                // Programs expire after a year.
                self.passed += seconds;
                if self.passed > 350 * DAY {
                    return;
                }
                self.pool.chain.increase_time(seconds);
                self.pool.chain.mine(1);
            }
        }
    }

    /// Seconds to pass: any, or about what something waits for.
    fn time(&mut self) -> u64 {
        let now = self.pool.chain.next_timestamp();
        let waiting = self.model.operations.values().filter(|it| !it.executed);
        let left: Vec<_> = waiting.map(|it| it.due.saturating_sub(now)).collect();
        match left.choose(&mut self.dice) {
            Some(left) if self.dice.gen_bool(0.6) => {
                (left + 2).saturating_sub(self.dice.gen_range(0..4))
            }
            _ if self.dice.gen_bool(0.1) => self.dice.gen_range(0..40 * DAY),
            _ => self.dice.gen_range(0..3 * DAY),
        }
    }

    fn schedule(&mut self, of: Operation) {
        let (by, now) = (self.account(), self.pool.chain.next_timestamp());
        let id = self.id(&of);
        let expected = self.model.schedule(by, id, &of.steps, now);
        let call = scheduleCall {
            calls: self.calls(&of),
            predecessor: of.predecessor,
            salt: of.salt,
        };
        self.known.push((of, id));
        self.compare("schedule", by, call, expected, id);
    }

    fn cancel(&mut self) {
        let Some((_, id)) = self.known() else { return };
        let by = self.account();
        let expected = self.model.cancel(by, id);
        self.compare("cancel", by, cancelCall { id }, expected, id);
    }

    fn execute(&mut self) {
        let Some((of, id)) = self.known() else { return };
        let (by, now) = (self.account(), self.pool.chain.next_timestamp());
        let expected = self.model.execute(id, &of, now);
        let call = executeCall {
            calls: self.calls(&of),
            predecessor: of.predecessor,
            salt: of.salt,
        };
        self.compare("execute", by, call, expected, id);
    }

    /// Makes a call, which has to end as the model says, and leave what the model has.
    fn compare(
        &mut self,
        what: &str,
        by: Address,
        call: impl SolCall,
        expected: Result<(), Refusal>,
        id: B256,
    ) {
        let timelock = self.pool.timelock;
        let receipt = self.pool.send(by, timelock, NONE, call.abi_encode());
        let found = match receipt.status {
            ExecStatus::Success => Ok(()),
            _ => Err(receipt.output.get(..4).unwrap_or_default().to_vec()),
        };
        let told = format!("{what} by {by}: {}", receipt.output);
        assert_eq!(
            found,
            expected.map_err(|refusal| refusal.to_vec()),
            "{told}"
        );
        let outcome = expected.map_or_else(
            |refusal| format!("refused, {}", name(refusal)),
            |()| "done".into(),
        );
        *self
            .outcomes
            .entry(format!("{what}: {outcome}"))
            .or_default() += 1;

        let view = &self.pool;
        let parameter = view.view(view.manager, parameterCall { id: PARAMETER });
        assert_eq!(parameter.value, U256::from(self.model.parameter), "{told}");
        for account in ACCOUNTS {
            let roles = (
                view.view(timelock, isProposerCall { account }),
                view.view(timelock, isCancellerCall { account }),
            );
            let model = &self.model;
            let promised = (
                model.proposers.contains(&account),
                model.cancellers.contains(&account),
            );
            assert_eq!(roles, promised, "{account}: {told}");
        }
        let stored = view.view(timelock, operationCall { id });
        let promised = self.model.operations.get(&id);
        let promised = promised.map_or((0, false), |it| (it.due, it.executed));
        assert_eq!(
            (stored.due.to::<u64>(), stored.executed),
            promised,
            "{told}"
        );
    }
}

fn call(target: Address, call: impl SolCall) -> Call {
    Call {
        target,
        data: call.abi_encode().into(),
    }
}

fn name(refusal: Refusal) -> &'static str {
    let names = [
        (NoCalls::SELECTOR, "no calls"),
        (OnlyProposer::SELECTOR, "only a proposer"),
        (OnlyCanceller::SELECTOR, "only a canceller"),
        (AlreadyScheduled::SELECTOR, "already scheduled"),
        (NotScheduled::SELECTOR, "not scheduled"),
        (AlreadyExecuted::SELECTOR, "already executed"),
        (NotDue::SELECTOR, "not due"),
        (OperationLapsed::SELECTOR, "lapsed"),
        (PredecessorNotExecuted::SELECTOR, "predecessor not executed"),
        (LastProposer::SELECTOR, "the last proposer"),
        (DelayOutOfBounds::SELECTOR, "delay out of bounds"),
        (UnknownKind::SELECTOR, "unknown kind"),
        (ParameterOutOfBounds::SELECTOR, "parameter out of bounds"),
        (e2e::StakeManager::NoCode::SELECTOR, "no code"),
    ];
    let found = names.into_iter().find(|(selector, _)| *selector == refusal);
    found.map_or("?", |(_, name)| name)
}

#[test]
fn random_operations_end_as_the_model_says() {
    let steps = environment("CLAY_STEPS").unwrap_or(3_000);
    let first = environment("CLAY_SEED").unwrap_or(1);
    let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
    for seed in first..first + steps.div_ceil(LENGTH) {
        println!("CLAY_SEED={seed} repeats what follows");
        let mut story = Story::new(seed);
        for _ in 0..steps.min(LENGTH) {
            story.act();
        }
        for (outcome, count) in story.outcomes {
            *outcomes.entry(outcome).or_default() += count;
        }
    }
    for (outcome, count) in &outcomes {
        println!("{count:>8}  {outcome}");
    }
    if steps >= 3_000 && first == 1 {
        assert!(
            outcomes["execute: done"] > 100 && outcomes.len() >= 17,
            "{outcomes:?}"
        );
    }
}
