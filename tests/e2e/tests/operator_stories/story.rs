//! A story: operators on the chain and in the model, step by step.

use std::collections::BTreeMap;

use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};
use clay_chain::Receipt;
use e2e::OperatorRegistry::{self, PenaltyExpected};
use model::{
    exact::int,
    operators::{Parameter, Registry, State, EPOCH},
    Account, Answer, Int, DAY, HOUR,
};

use crate::{
    dice::Dice,
    numbers::int as number,
    paying::Paying,
    properties::Records,
    real::{Real, MANAGERS},
    steps::{Action, Step},
    tally::Tally,
};

/// A call of the registry.
pub struct Call {
    /// Sender.
    pub from: Account,
    /// Wei sent along.
    pub wei: Int,
    /// Calldata.
    pub data: Vec<u8>,
}

impl Call {
    /// A call without ETH.
    pub fn new(from: Account, call: impl SolCall) -> Self {
        Self {
            from,
            wei: int(0),
            data: call.abi_encode(),
        }
    }

    /// The same with ETH.
    pub fn with(self, wei: Int) -> Self {
        Self { wei, ..self }
    }
}

/// The operators twice, and what has happened to them.
#[derive(Clone)]
pub struct Story {
    /// On the chain.
    pub real: Real,
    /// In the model.
    pub model: Registry,
    /// How steps ended.
    pub tally: Tally,
    /// What happened, a line a call.
    pub told: Vec<String>,
    /// The model as it was compared last.
    pub compared: Option<Box<Registry>>,
    /// What properties are checked against.
    pub records: Records,
    /// Cumulative penalties of the current root's leaves, and epochs counted.
    pub leaves: BTreeMap<u32, (Int, u64)>,
    /// The rewards-distributor, in stories in which it pays.
    pub paying: Option<Paying>,
    /// Keys made so far.
    pub keys: u64,
    /// Shares that were sent ahead of a credit.
    pub credited: Int,
    /// Thousandths of what the pool owned that are left after crashes.
    pub crashed: u64,
    /// Steps taken.
    pub steps: u64,
    /// Seconds: no story lasts longer.
    pub ends_at: u64,
}

impl Story {
    /// A new pool.
    pub fn new() -> Self {
        let mut real = Real::new();
        real.free(20);
        let now = real.pool.chain.timestamp();
        let targets = real.ask(OperatorRegistry::targetsCall {});
        let targets = targets.map(|target| target.to());
        let terms = real.terms().expect("a rate");
        Self {
            model: Registry::new(now, terms, targets),
            real,
            tally: Tally::default(),
            told: Vec::new(),
            compared: None,
            records: Records::default(),
            leaves: BTreeMap::new(),
            paying: None,
            keys: 0,
            credited: int(0),
            crashed: 1_000,
            steps: 0,
            ends_at: now + 364 * DAY,
        }
    }

    /// Takes a step and checks everything after it.
    pub fn take(&mut self, step: &Step) {
        let mut dice = Dice::new(step.seed);
        let dice = &mut dice;
        match step.action {
            Action::Gate => self.gate(),
            Action::Pay => self.pay(),
            Action::Focus => self.focus(dice),
            Action::Found => self.found(dice),
            Action::Register => self.register(dice),
            Action::Record => self.record(dice),
            Action::Vouch => self.vouch(dice),
            Action::Bond => self.bond(dice),
            Action::Announce => self.announce(dice),
            Action::Withdraw => self.withdraw(dice),
            Action::CheckBond => self.check_bond(dice),
            Action::AddNodes => self.add_nodes(dice),
            Action::RemoveNodes => self.remove_nodes(dice),
            Action::Rejoin => self.rejoin(dice),
            Action::Form => self.form(dice),
            Action::Ceremony => self.ceremony(dice),
            Action::Submit => self.submit(dice),
            Action::NameFailed => self.name_failed(dice),
            Action::Dissolve => self.dissolve(dice),
            Action::Fund => self.fund(dice),
            Action::RequestExits => self.request_exits(dice),
            Action::RequestExit => self.request_exit(dice),
            Action::ExitShort => self.exit_short(dice),
            Action::ExitUnlicensed => self.exit_unlicensed(dice),
            Action::PostPart => self.post_part(dice),
            Action::PostParts => self.post_parts(dice),
            Action::DeclareFalse => self.declare_false(dice),
            Action::ForceExit => self.force_exit(dice),
            Action::Confirm => self.confirm(dice),
            Action::Advance => self.advance(dice),
            Action::NoteRoot if self.paying.is_some() => self.root(dice),
            Action::ApplyLeaf if self.paying.is_some() => self.claims(dice),
            Action::Epoch if self.paying.is_some() => self.paid_epoch(dice),
            Action::Credit if self.paying.is_some() => self.claim_withheld(dice),
            Action::NoteRoot => self.note_root(dice),
            Action::ApplyLeaf => self.apply_leaf(dice),
            Action::Epoch => self.epoch(dice),
            Action::Credit => self.credit(dice),
            Action::Settle => self.settle(dice),
            Action::Parameter => self.parameter(dice),
            Action::Targets => self.targets(dice),
            Action::Rate => self.rate(dice),
            Action::Crash => self.crash(),
            Action::Recover => self.recover(),
            Action::Free => self.free(dice),
            Action::Pause => self.pause(),
            Action::Unpause => self.unpause(),
            Action::Right => self.right(dice),
            Action::Wait => self.wait(dice.within(1..=14_400)),
            Action::Sleep => {
                let days = dice.weighted(&[(6, 2), (2, 4), (1, 9)]);
                self.wait(dice.within(DAY / 2..=days * DAY))
            }
            Action::LeaveAlone => {
                let epochs = dice.weighted(&[(3, 2), (3, 4), (1, 9)]);
                self.wait(dice.within(EPOCH..=epochs * EPOCH))
            }
            Action::WaitUntil => self.wait_until(dice),
        }
        self.steps += 1;
        self.agree(dice);
        self.properties_hold();
    }

    /// Takes over what others keep: the time, the pool's rate, and who has rights.
    pub fn look(&mut self) {
        self.model.now = self.real.pool.chain.timestamp();
        self.model.terms = self.real.terms();
        self.model.last_terms = self.real.last_terms();
        self.model.may_operate = self.real.rights();
        if let Some(paying) = &mut self.paying {
            paying.model.now = self.model.now;
        }
    }

    /// Makes a call on the chain and in the model, and compares how both ended: the words returned, or the refusal with
    /// its arguments. Answers whether it was done.
    pub fn act(
        &mut self,
        kind: &'static str,
        call: Call,
        action: impl FnOnce(&mut Registry) -> Answer<Vec<Int>>,
    ) -> bool {
        let registry = self.real.pool.registry;
        let done = self.act_at(kind, registry, call, |story| story.model.attempt(action));
        done.is_some()
    }

    /// The same with a contract that calls the registry. Answers the receipt if it was done.
    pub fn act_at(
        &mut self,
        kind: &'static str,
        at: Address,
        call: Call,
        action: impl FnOnce(&mut Self) -> Answer<Vec<Int>>,
    ) -> Option<Receipt> {
        self.look();
        let before = self.model.clone();
        let expected = action(self);
        let Call { from, wei, data } = call;
        let receipt = self.real.send(from, at, &wei, data);
        let outcome = match &expected {
            Ok(_) => "done",
            Err(refusal) => refusal.error,
        };
        self.tally.count(kind, outcome);
        self.told.push(format!(
            "{} {kind} by {from:?}: {expected:?}",
            self.model.now
        ));
        match (Real::ended(&receipt), &expected) {
            (Ok(returned), Ok(words)) => {
                let returned = returned.chunks(32).map(U256::from_be_slice);
                let returned: Vec<Int> = returned.map(number).collect();
                assert_eq!(&returned, words, "{kind} by {from:?} returned");
                self.same_penalties(&receipt);
                self.penalties_are_single(kind, &receipt);
                let credited = std::mem::take(&mut self.credited);
                self.shares_are_conserved(&before, &receipt, &credited);
                self.tally_changes(&before);
            }
            (Err(refused), Err(refusal)) => assert!(
                self.real.is_refused(&refused, refusal),
                "{kind} by {from:?} was refused: {refused:?} instead of {refusal:?}"
            ),
            (ended, _) => panic!("{kind} by {from:?}: {ended:?} instead of {expected:?}"),
        }
        expected.is_ok().then_some(receipt)
    }

    /// Penalties that events announce are those of the model.
    fn same_penalties(&self, receipt: &Receipt) {
        let decode = |log| {
            let event: PenaltyExpected = alloy::sol_types::SolEvent::decode_log(log).ok()?.data;
            let (operator, cluster) = (event.operator.to::<u32>(), event.cluster.to::<u32>());
            Some((operator, cluster, number(event.assets)))
        };
        let told: Vec<_> = receipt.logs.iter().filter_map(decode).collect();
        assert_eq!(told, self.model.expected, "penalties expected");
    }

    /// Moves the clock on, as long as programs last: those that nobody keeps alive expire a year after their activation.
    pub fn wait(&mut self, seconds: u64) {
        let now = self.real.pool.chain.timestamp() + seconds;
        if now > self.ends_at {
            return;
        }
        self.told.push(format!("{now} after {seconds} s"));
        let chain = &mut self.real.pool.chain;
        chain.set_next_timestamp(now).expect("later");
        chain.mine(1);
        self.look();
    }

    /// Waits for a second at which something ends or begins, or the one before or after.
    fn wait_until(&mut self, dice: &mut Dice) {
        let model = &self.model;
        let mut times = Vec::new();
        for operator in model.operators.values() {
            let bond = &operator.bond;
            times.extend([operator.payout_from, operator.suspended_until]);
            times.push(bond.announced_at + EPOCH);
            times.push(bond.announced_at + 8 * EPOCH);
            let grace = model.parameters.number(Parameter::ShortGrace);
            times.extend(bond.short_since.map(|since| since + grace));
        }
        for cluster in model.clusters.values() {
            times.push(cluster.deadline);
            if let Some(at) = cluster.active_since.filter(|_| dice.percent(20)) {
                times.push(at + 180 * 86_400);
            }
        }
        let done = model
            .nodes
            .values()
            .filter(|node| node.state == State::Done);
        times.extend(done.map(|node| node.since.max(model.root.since) + 8 * EPOCH));
        times.push(model.root.since + 8 * EPOCH);
        if let Some(paying) = &self.paying {
            let distributor = &paying.model;
            times.push(distributor.since + HOUR);
            times.push(distributor.end(distributor.over() + 1));
            times.extend(distributor.pending.as_ref().map(|(_, due)| *due));
        }
        times.push(model.next_slot().0 * 86_400);
        times.retain(|time| *time > model.now + 1);
        let time = dice.pick_any(&times).unwrap_or(model.now + 2);
        self.wait(time - model.now + dice.pick(&[0, 0, 1, 2]) - 1);
    }

    /// Any operator's number; seldom one that there is not.
    pub fn any_operator(&self, dice: &mut Dice) -> u32 {
        if dice.percent(2) {
            return dice.pick(&[0, 15, self.model.largest_operator() + 1, u32::MAX]);
        }
        let all: Vec<u32> = self.model.operators.keys().copied().collect();
        dice.pick_any(&all).unwrap_or(16)
    }

    /// An operator of which something holds, or any.
    pub fn operator_with(&self, dice: &mut Dice, holds: impl Fn(u32) -> bool) -> u32 {
        let all = self.model.operators.keys().copied();
        let those: Vec<u32> = all.filter(|id| holds(*id)).collect();
        match dice.percent(85) {
            true => dice.pick_any(&those),
            false => None,
        }
        .unwrap_or_else(|| self.any_operator(dice))
    }

    /// A node of which something holds, or any.
    pub fn node_with(&self, dice: &mut Dice, holds: impl Fn(u32) -> bool) -> u32 {
        let all: Vec<u32> = self.model.nodes.keys().copied().collect();
        let those: Vec<u32> = all.iter().copied().filter(|id| holds(*id)).collect();
        match dice.within(0..=99) {
            0..=1 => Some(dice.pick(&[0, all.len() as u32 + 1])),
            2..=7 => dice.pick_any(&all),
            _ => dice.pick_any(&those),
        }
        .or_else(|| dice.pick_any(&all))
        .unwrap_or(1)
    }

    /// A cluster in one of several states, or any.
    pub fn cluster_in(&self, dice: &mut Dice, states: &[State]) -> u32 {
        let all = self.model.clusters.iter();
        let those: Vec<u32> = all
            .filter(|(_, cluster)| states.contains(&cluster.state))
            .map(|(id, _)| *id)
            .collect();
        let count = self.model.clusters.len() as u32;
        match dice.within(0..=99) {
            0..=1 => Some(dice.pick(&[0, count + 1])),
            2..=7 => None,
            _ => dice.pick_any(&those),
        }
        .unwrap_or_else(|| dice.within(1..=u64::from(count.max(1))) as u32)
    }

    /// An operator's manager, mostly.
    pub fn manager(&self, dice: &mut Dice, operator: u32) -> Account {
        match self.model.operators.get(&operator) {
            Some(it) if dice.percent(96) => it.manager,
            _ => self.anybody(dice),
        }
    }

    /// A node's manager, mostly.
    pub fn manager_of_node(&self, dice: &mut Dice, node: u32) -> Account {
        let operator = self.model.nodes.get(&node).map_or(0, |node| node.operator);
        self.manager(dice, operator)
    }

    /// Somebody.
    pub fn anybody(&self, dice: &mut Dice) -> Account {
        Account::User(dice.within(0..=u64::from(MANAGERS) - 1) as u8)
    }

    /// Somebody with a role, mostly.
    pub fn role(&self, dice: &mut Dice, role: Account) -> Account {
        match dice.percent(97) {
            true => role,
            false => self.anybody(dice),
        }
    }
}

/// A number of an operator, node or cluster, as the chain has it.
pub fn id(number: u32) -> U256 {
    U256::from(number)
}

/// What a call that answers nothing answers.
pub fn nothing<T>(answer: Answer<T>) -> Answer<Vec<Int>> {
    answer.map(|_| Vec::new())
}

/// What a call that answers one number answers.
pub fn one<T: Into<Int>>(answer: Answer<T>) -> Answer<Vec<Int>> {
    answer.map(|it| vec![it.into()])
}
