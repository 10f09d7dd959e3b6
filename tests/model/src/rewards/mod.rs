//! The rewards-distributor: roots, and claims of their leaves.
//!
//! Written from `docs/rewards.md`, the design and the interface's documentation. A proof is not computed here: a claim says which
//! root its proof leads to, if the leaf is one of that root's. Epochs have one length; `formula` says what an epoch brings.

pub mod formula;

use std::collections::BTreeMap;

use crate::{
    exact::int,
    operators::{self, Registry, EPOCH, FIRST_OPERATOR},
    refusal::{refusal, require, Answer},
    Account, Int, DAY, HOUR,
};

/// The account of those who lend bonds.
pub const FUNDERS: u32 = 1;
/// The root delay, seconds.
const DELAY: u64 = DAY;

/// Stands for a root's hash.
pub type Hash = [u8; 32];

/// What a root says of an account, since the beginning. Amounts are shares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Earned.
    pub rewards: Int,
    /// Charged.
    pub penalties: Int,
    /// 0 to 10,000.
    pub performance: u64,
    /// Epochs that counted.
    pub epochs: u64,
}

/// Of an account that was never counted.
impl Default for Leaf {
    fn default() -> Self {
        Self {
            rewards: int(0),
            penalties: int(0),
            performance: 5_000,
            epochs: 0,
        }
    }
}

/// Shares since the beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Promised.
    pub rewards: Int,
    /// Charged.
    pub penalties: Int,
    /// Recovered.
    pub recovered: Int,
}

/// A root.
#[derive(Clone, Debug, Default)]
pub struct Root {
    /// Number of its epoch.
    pub epoch: u64,
    /// Its hash.
    pub hash: Hash,
    /// What it says.
    pub leaves: BTreeMap<u32, Leaf>,
    /// What it declares.
    pub totals: Totals,
}

/// A leaf that is claimed.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Whose.
    pub account: u32,
    /// The leaf.
    pub leaf: Leaf,
    /// The root that the proof is for.
    pub root: Hash,
}

/// Who is paid what.
struct Payment {
    account: u32,
    shares: Int,
    withheld: Int,
    payout: Account,
}

/// The distributor.
#[derive(Clone, Debug)]
pub struct Distributor {
    /// Seconds.
    pub now: u64,
    /// Seconds: when the first epoch began.
    pub genesis: u64,
    /// The last epoch that a report closed.
    pub closed: u64,
    /// Shares that it holds.
    pub held: Int,
    /// The root in effect.
    pub root: Root,
    /// Seconds: since when.
    pub since: u64,
    /// The one before.
    pub previous: Root,
    /// The one that waits, and until when.
    pub pending: Option<(Root, u64)>,
    /// What was paid, by account.
    pub paid: BTreeMap<u32, Int>,
    /// The guardian used its veto.
    pub veto_spent: bool,
    /// Whom the pool's own accounts are paid to.
    pub receivers: BTreeMap<u32, Account>,
    /// What the last call sent.
    pub sent: Vec<(Account, Int)>,
}

impl Distributor {
    /// A new one.
    pub fn new(genesis: u64) -> Self {
        Self {
            now: genesis,
            genesis,
            closed: 0,
            held: int(0),
            root: Root::default(),
            since: 0,
            previous: Root::default(),
            pending: None,
            paid: BTreeMap::new(),
            veto_spent: false,
            receivers: BTreeMap::new(),
            sent: Vec::new(),
        }
    }

    /// Does something, or nothing at all if it is refused.
    pub fn attempt<T>(
        &mut self,
        registry: &mut Registry,
        action: impl FnOnce(&mut Self, &mut Registry) -> Answer<T>,
    ) -> Answer<T> {
        let mut after = self.clone();
        after.sent.clear();
        let answer = registry.attempt(|registry| action(&mut after, registry))?;
        *self = after;
        Ok(answer)
    }

    /// When an epoch ends, in seconds.
    pub fn end(&self, epoch: u64) -> u64 {
        self.genesis + epoch * EPOCH
    }

    /// The last epoch that is over.
    pub fn over(&self) -> u64 {
        (self.now - self.genesis) / EPOCH
    }

    /// Shares that all accounts were paid.
    pub fn paid(&self) -> Int {
        self.paid.values().sum()
    }

    /// Shares that were received and are neither burned nor part of what a root promises or recovers.
    pub fn unpromised(&self) -> Int {
        let pending = self.pending.as_ref().map(|(root, _)| root.totals.clone());
        let pending = pending.unwrap_or_default();
        let totals = &self.root.totals;
        let rewards = totals.rewards.clone().max(pending.rewards);
        let recovered = totals.recovered.clone().max(pending.recovered);
        crate::exact::not_negative(self.received() - rewards - recovered)
    }

    /// Shares held, paid and burned.
    fn received(&self) -> Int {
        &self.held + self.paid() + &self.root.totals.recovered
    }

    /// Proposes a root. Oracle committee only.
    pub fn propose(&mut self, registry: &mut Registry, caller: Account, root: Root) -> Answer<()> {
        require!(
            caller == Account::Committee,
            OnlyOracleCommittee,
            caller,
            Account::Committee
        );
        self.roll(registry)?;
        if let Some((pending, due)) = &self.pending {
            return Err(refusal!(RootPending, pending.epoch, *due));
        }
        require!(root.hash != Hash::default(), ZeroRoot);
        let epoch = root.epoch;
        require!(
            epoch > self.root.epoch,
            EpochNotNewer,
            epoch,
            self.root.epoch
        );
        let end = self.end(epoch);
        require!(self.now >= end, EpochNotOver, epoch, end);
        require!(epoch <= self.closed, EpochNotClosed, epoch, self.closed);
        let (new, last) = (&root.totals, &self.root.totals);
        require!(
            new.rewards >= last.rewards
                && new.penalties >= last.penalties
                && new.recovered >= last.recovered,
            TotalsFell,
            &new.rewards,
            &last.rewards,
            &new.penalties,
            &last.penalties,
            &new.recovered,
            &last.recovered
        );
        let promised = &new.rewards + &new.recovered;
        let received = self.received();
        require!(promised <= received, AboveHeld, promised, received);
        self.pending = Some((root, self.now + DELAY));
        Ok(())
    }

    fn due(&self) -> Answer<u64> {
        let due = self.pending.as_ref().map(|(_, due)| *due);
        due.ok_or_else(|| refusal!(NoRootPending))
    }

    /// Throws the pending root away. The owner, or the guardian once.
    pub fn veto(&mut self, caller: Account) -> Answer<()> {
        if caller != Account::Owner {
            require!(
                caller == Account::Guardian,
                OnlyGuardian,
                caller,
                Account::Guardian,
                Account::Owner
            );
            require!(!self.veto_spent, VetoSpent);
        }
        let due = self.due()?;
        require!(self.now < due, RootDue, due, self.now);
        self.veto_spent |= caller == Account::Guardian;
        self.pending = None;
        Ok(())
    }

    /// Lets the guardian veto once more. Owner only.
    pub fn rearm(&mut self) {
        self.veto_spent = false;
    }

    /// Puts the pending root into effect. Anybody.
    pub fn apply(&mut self, registry: &mut Registry) -> Answer<()> {
        let due = self.due()?;
        require!(self.now >= due, RootNotDue, due, self.now);
        self.roll(registry)
    }

    /// Shares that are burned once the pending root takes effect, if it is due.
    pub fn burned_next(&self) -> Int {
        match &self.pending {
            Some((root, due)) if self.now >= *due => {
                &root.totals.recovered - &self.root.totals.recovered
            }
            _ => int(0),
        }
    }

    fn roll(&mut self, registry: &mut Registry) -> Answer<()> {
        let burned = self.burned_next();
        let Some((root, due)) = self.pending.take() else {
            return Ok(());
        };
        if self.now < due {
            self.pending = Some((root, due));
            return Ok(());
        }
        self.held -= burned;
        let (epoch, end) = (root.epoch, self.end(root.epoch));
        self.previous = std::mem::replace(&mut self.root, root);
        self.since = self.now;
        registry.note_root(Account::Operators, epoch, end)
    }

    /// Says whom an account of the pool's own is paid to. Owner only.
    pub fn set_receiver(&mut self, account: u32, receiver: Account) {
        self.receivers.insert(account, receiver);
    }

    /// The epoch of the root that a claim's leaf is in.
    fn epoch_of(&self, claim: &Claim) -> Answer<u64> {
        let has = |root: &Root| {
            root.hash == claim.root && root.leaves.get(&claim.account) == Some(&claim.leaf)
        };
        if self.root.epoch != 0 && has(&self.root) {
            return Ok(self.root.epoch);
        }
        let serves = self.previous.epoch != 0 && self.now < self.since + HOUR;
        require!(serves && has(&self.previous), NotInRoot, claim.account);
        Ok(self.previous.epoch)
    }

    fn payment(&self, registry: &mut Registry, claim: &Claim) -> Answer<Payment> {
        let epoch = self.epoch_of(claim)?;
        let Claim { account, leaf, .. } = claim;
        let paid = self.paid.get(account).cloned().unwrap_or_default();
        require!(leaf.rewards >= paid, RewardsFell, &leaf.rewards, paid);
        let new = &leaf.rewards - paid;
        let (withheld, payout) = if *account < FIRST_OPERATOR {
            let receiver = self.receivers.get(account);
            let receiver = receiver.ok_or_else(|| refusal!(NoReceiver, *account))?;
            (int(0), *receiver)
        } else {
            let leaf = operators::leaves::Leaf {
                epoch,
                cumulative_penalty: leaf.penalties.clone(),
                performance: leaf.performance,
                epochs: leaf.epochs,
            };
            let withheld = registry.apply_leaf(Account::Operators, *account, &leaf)?;
            (withheld, registry.operator(*account)?.payout)
        };
        let withheld = withheld.min(new.clone());
        Ok(Payment {
            account: *account,
            shares: new - &withheld,
            withheld,
            payout,
        })
    }

    /// Pays out so many shares, and what is withheld into the bond.
    fn settle(&mut self, registry: &mut Registry, payment: &Payment, shares: &Int) -> Answer<()> {
        let all = shares + &payment.withheld;
        if all == int(0) {
            return Ok(());
        }
        let (paid, declared) = (self.paid() + &all, &self.root.totals.rewards);
        require!(&paid <= declared, AboveDeclared, paid, declared);
        *self.paid.entry(payment.account).or_default() += all;
        if payment.withheld > int(0) {
            self.send(Account::Registry, &payment.withheld);
            registry.credit_bond(Account::Operators, payment.account, &payment.withheld)?;
        }
        Ok(())
    }

    fn send(&mut self, to: Account, shares: &Int) {
        self.held -= shares;
        self.sent.push((to, shares.clone()));
    }

    /// Pays what is new in leaves. Answers what each was paid. Anybody.
    pub fn claim(&mut self, registry: &mut Registry, claims: &[Claim]) -> Answer<Vec<Int>> {
        self.roll(registry)?;
        let mut answers = Vec::new();
        for claim in claims {
            let payment = self.payment(registry, claim)?;
            self.settle(registry, &payment, &payment.shares)?;
            if payment.shares > int(0) {
                self.send(payment.payout, &payment.shares);
            }
            answers.push(payment.shares);
        }
        Ok(answers)
    }

    /// Hands leaves on, and pays what is withheld. Anybody.
    pub fn sync(&mut self, registry: &mut Registry, claims: &[Claim]) -> Answer<()> {
        self.roll(registry)?;
        for claim in claims {
            let payment = self.payment(registry, claim)?;
            self.settle(registry, &payment, &int(0))?;
        }
        Ok(())
    }
}
