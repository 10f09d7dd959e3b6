//! A trip, made.

use std::collections::{BTreeMap, BTreeSet};

use alloy::primitives::U256;
use e2e::{
    FlashExitPool::{
        convertCall, flashExitCall, maxConvertCall, maxFlashExitCall, returnExcessCall,
    },
    StakeManager::deposit_0Call,
};

use crate::{
    accounts::{finalised, Accounts, Order},
    reporting::Ended,
    trip::{Act, Trip, LONGEST},
    world::{account, part, scaled_up, World, ACCOUNTS, HOLDER, HOUR, PURSE, WHOLE},
};

/// What a trip can be called: a kind of name, and the name.
pub type Label = (&'static str, &'static str);

/// A trip that was made.
pub struct Travelled {
    /// ETH put in, wei.
    pub put: u128,
    /// What was put in, less what came out and what it could still get, in wei. Never below zero.
    pub margin: i128,
    /// What others left behind for it, in wei, by how it came; not counted as come out.
    pub left_by_others: BTreeMap<&'static str, u128>,
    /// Whether a report was applied in between.
    pub reported: bool,
    /// What it was like.
    pub labels: BTreeSet<Label>,
    /// What happened, a line an act.
    pub told: Vec<String>,
}

impl Travelled {
    /// The margin as a part of what was put in; infinite for trips around no report.
    pub fn relative(&self) -> f64 {
        match self.reported && self.put > 0 {
            true => self.margin as f64 / self.put as f64,
            false => f64::INFINITY,
        }
    }
}

/// A traveller on its way.
pub struct Journey {
    pub(crate) world: World,
    pub(crate) accounts: Accounts,
    pub(crate) labels: BTreeSet<Label>,
    pub(crate) told: Vec<String>,
    pub(crate) reports: Vec<u64>,
    /// When the traveller first entered.
    pub(crate) entered: Option<u64>,
    /// When the first report was applied after that.
    first: Option<u64>,
    pub(crate) exits: Vec<usize>,
    pub(crate) claims: usize,
    started: u64,
    pub(crate) others_order: Option<U256>,
    deferred: bool,
}

/// Makes a trip into a pool.
pub fn travel(pool: &World, trip: &Trip) -> Travelled {
    let mut journey = Journey::start(pool, trip);
    for step in &trip.moves {
        journey.pause(step.wait);
        journey.act(step.act);
    }
    journey.leave();
    journey.end(pool)
}

impl Journey {
    fn start(pool: &World, trip: &Trip) -> Self {
        let mut journey = Self {
            started: pool.now,
            world: pool.clone(),
            accounts: Accounts::default(),
            labels: BTreeSet::new(),
            told: Vec::new(),
            reports: Vec::new(),
            entered: None,
            first: None,
            exits: Vec::new(),
            claims: 0,
            others_order: None,
            deferred: pool.is.contains(&"deferred gain"),
        };
        for (to, of) in &trip.held {
            let shares = part(journey.world.balance(HOLDER), *of);
            journey.world.pass(HOLDER, account(*to), shares);
        }
        if let Some((id, shares)) = pool.order {
            if id > finalised(pool) {
                let owner = ACCOUNTS - 1;
                journey.accounts.orders.push(Order { id, owner, shares });
            }
        }
        let shares = journey.accounts.shares(&journey.world);
        if shares != 0 {
            let (assets, all) = journey.world.totals();
            journey.accounts.held = scaled_up(shares, assets, all);
            journey.entered = Some(pool.now);
            journey.labels.insert(("put in", "shares from before"));
            let held = journey.accounts.held;
            journey.tell(format!("shares from before, worth {held} wei"));
        }
        journey
    }

    pub(crate) fn tell(&mut self, line: String) {
        let after = self.world.now - self.started;
        self.told.push(format!("{after:>7} s: {line}"));
    }

    /// Lets time pass, but not more than is left.
    fn pause(&mut self, seconds: u64) {
        let left = match self.first {
            Some(first) => first + LONGEST - self.world.now,
            None => u64::MAX,
        };
        self.world.wait(seconds.min(left));
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Enter(one, wei) => self.enter(one, wei),
            Act::Report(change, age) => {
                let ended = self.world.report(change, age);
                self.tell(format!("{change:?}, {age} s old: {ended:?}"));
                self.reported(ended);
            }
            Act::Acknowledge => {
                let ended = self.world.acknowledge();
                if ended != Ended::Refused {
                    self.tell(format!("acknowledged: {ended:?}"));
                }
                self.reported(ended);
            }
            Act::Flash(one, of) => self.flash(one, of),
            Act::Convert(one, of) => self.convert(one, of),
            Act::Request(one, of) => self.request(one, of),
            Act::Cancel(one) => self.cancel(one),
            Act::Pass(from, to, of) => {
                let shares = part(self.world.balance(account(from)), of);
                if shares != 0 && self.world.pass(account(from), account(to), shares) {
                    self.labels.insert(("route", "passed shares on"));
                    self.tell(format!("account {from} hands {shares} shares to {to}"));
                }
            }
            Act::PassOrder(from, to) => self.pass_order(from, to),
            Act::Balance(limit) => self.balance(limit),
            Act::ReturnExcess => {
                let flash = self.world.pool.flash;
                let done = self.world.attempt(account(0), flash, returnExcessCall {});
                if let Some((assets, _)) = done {
                    self.labels.insert(("route", "returned excess"));
                    self.tell(format!("{assets} wei of excess returned"));
                }
            }
            Act::Claim => self.claim(),
            Act::Others(others) => self.others(others),
            Act::Together(wei, first, second, of, times) => {
                self.together(wei, [first, second], of, times)
            }
        }
    }

    fn enter(&mut self, one: usize, wei: u128) {
        let call = deposit_0Call {
            assets: U256::from(wei),
            receiver: account(one),
        };
        let manager = self.world.pool.manager;
        let done = self.world.try_paying(account(one), manager, wei, call);
        if let Some((shares, _)) = done {
            self.accounts.spent += wei;
            self.tell(format!(
                "account {one} enters with {wei} wei for {shares} shares"
            ));
            self.note_entry();
        }
    }

    pub(crate) fn note_entry(&mut self) {
        self.entered.get_or_insert(self.world.now);
        if self.first.is_some() {
            self.labels
                .insert(("entered before the report", "after it too"));
        }
        if self.deferred {
            self.labels.insert(("reports", "deferred gain at entry"));
        }
    }

    /// Notes how a report ended.
    pub(crate) fn reported(&mut self, ended: Ended) {
        let Ended::Applied(was) = ended else {
            return;
        };
        self.deferred = was.contains(&"gain, part deferred");
        let Some(entered) = self.entered else {
            return;
        };
        let now = self.world.now;
        if self.first.is_none() {
            self.first = Some(now);
            let label = match now - entered {
                0 => "same second",
                1..HOUR => "minutes",
                _ => "hours",
            };
            self.labels.insert(("entered before the report", label));
        }
        if self.reports.contains(&now) {
            self.labels.insert(("reports", "in one second"));
        }
        self.reports.push(now);
        self.labels
            .extend(was.into_iter().map(|label| ("reports", label)));
    }

    fn flash(&mut self, one: usize, of: u32) {
        let (owner, flash) = (account(one), self.world.pool.flash);
        if self.world.balance(owner) == 0 {
            return;
        }
        let most = maxFlashExitCall { account: owner };
        let most: u128 = self.world.pool.view(flash, most).to();
        let shares = part(most, of);
        if shares == 0 {
            return;
        }
        let call = flashExitCall {
            shares: U256::from(shares),
            minAssets: U256::ZERO,
            receiver: PURSE,
        };
        if let Some((paid, _)) = self.world.attempt(owner, flash, call) {
            self.exits.push(one);
            self.tell(format!(
                "account {one} exits with {shares} shares for {paid} wei"
            ));
        }
    }

    fn convert(&mut self, one: usize, of: u32) {
        let (owner, flash) = (account(one), self.world.pool.flash);
        let most = maxConvertCall { account: owner };
        let most: u128 = self.world.pool.view(flash, most).to();
        let shares = part(most, of);
        if shares == 0 {
            return;
        }
        let call = convertCall {
            shares: U256::from(shares),
            minShares: U256::ZERO,
            receiver: owner,
        };
        if let Some((minted, _)) = self.world.attempt(owner, flash, call) {
            self.labels.insert(("route", "converted"));
            self.tell(format!(
                "account {one} converts {shares} shares for {minted} of the other pool"
            ));
        }
    }

    /// By whatever route is open.
    fn leave(&mut self) {
        self.balance(100);
        self.claim();
        for one in 0..ACCOUNTS {
            self.flash(one, WHOLE);
        }
    }

    fn end(mut self, pool: &World) -> Travelled {
        let (put, got) = (self.accounts.put(), self.accounts.got(&self.world));
        let left = self.accounts.left(&self.world);
        let left_by_others = self.accounts.left_by_others.clone();
        let others: u128 = left_by_others.values().sum();
        let margin = (put + others) as i128 - (got + left) as i128;
        self.tell(format!(
            "put in {put}, got {got}, left {left}, left by others {others}: {margin} wei"
        ));
        self.labels.insert((
            "left by others",
            match others {
                0..=1 => "nothing",
                _ => "something",
            },
        ));
        self.describe(pool, left);
        Travelled {
            put,
            margin,
            left_by_others,
            reported: self.first.is_some(),
            labels: self.labels,
            told: self.told,
        }
    }

    fn describe(&mut self, pool: &World, left: u128) {
        let (flash, queue) = (!self.exits.is_empty(), self.claims != 0);
        let mut accounts = self.exits.clone();
        accounts.sort_unstable();
        let exits = accounts.len();
        accounts.dedup();
        let labels = &mut self.labels;
        if flash && queue {
            labels.insert(("route", "flash exit and queue"));
        } else if queue {
            labels.insert(("route", "queue"));
        } else if exits == 1 {
            labels.insert(("route", "flash exit, whole"));
        } else if !flash {
            labels.insert(("route", "no way out in time"));
        }
        if exits > accounts.len() {
            labels.insert(("route", "flash exits, split"));
        }
        if accounts.len() > 1 {
            labels.insert(("route", "flash exits, several accounts"));
        }
        if left == 0 {
            labels.insert(("route", "all out"));
            if flash != queue {
                let only = match flash {
                    true => "all out, by flash exits only",
                    false => "all out, by the queue only",
                };
                labels.insert(("route", only));
            }
        }
        let size = pool.totals().0;
        let spent = self.accounts.spent;
        if spent != 0 {
            labels.insert((
                "put in",
                match spent {
                    0..10_000_000_000_000_000 => "below 0.01 ETH",
                    _ if spent < size => "below the pool",
                    _ if spent / 100 <= size => "1 to 100 times the pool",
                    _ => "above 100 times the pool",
                },
            ));
        }
        if let Some(first) = self.first {
            let label = match self.world.now - first {
                0 => "same second",
                1..=3_600 => "an hour",
                3_601..=43_200 => "12 hours",
                43_201..LONGEST => "20 hours",
                _ => "19:59:59",
            };
            labels.insert(("left after the first report", label));
            let label = match self.reports.len() {
                1 => "one",
                2 => "two",
                _ => "three or more",
            };
            labels.insert(("reports", label));
        }
        labels.extend(pool.is.iter().map(|label| ("pool", *label)));
    }
}
