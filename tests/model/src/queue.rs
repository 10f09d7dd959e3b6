//! Orders to leave, from the request to the claim.

use crate::{
    books::Rate,
    exact::{basis_points, ceil, exact, floor, int},
    pool::{Account, Pool},
    refusal::{refusal, require, Answer},
    Int,
};

/// An order. Its id is its place in the queue, from 1 on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Who may cancel, redeem or claim it.
    pub owner: Account,
    /// Shares in escrow for it.
    pub shares: Int,
    /// Where it ended, if it did.
    pub ended: Option<Ended>,
    /// When it was requested.
    pub requested_at: u64,
}

/// How an order ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Its ETH was paid.
    Claimed,
    /// Its owner took it back, or redeemed it silently.
    Withdrawn,
}

/// The state of an order, numbered as the queue's view does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// There is no such order.
    None,
    /// No report read after it was applied.
    Pending,
    /// To be finalised.
    Due,
    /// Its ETH is set aside.
    Claimable,
    /// Its ETH was paid.
    Claimed,
    /// Cancelled, or redeemed silently.
    Withdrawn,
}

/// The orders up to one, after those of the checkpoint before, are paid at a rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Last order it pays.
    pub up_to: u64,
    /// The exit rate when it was written.
    pub rate: Rate,
}

/// A time, and the first order requested after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// Seconds since the epoch.
    pub time: u64,
    /// The next order's id at that time.
    pub next: u64,
}

/// Orders that can be finalised together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Last of them.
    pub up_to: u64,
    /// Shares of those that were not withdrawn.
    pub shares: Int,
}

/// All orders and what is set aside for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// Every order there ever was.
    pub orders: Vec<Order>,
    /// In order.
    pub checkpoints: Vec<Checkpoint>,
    /// Older first.
    pub notes: [Option<Note>; 2],
    /// Last order that is due.
    pub due_up_to: u64,
    /// Last order that is finalised.
    pub finalised_up_to: u64,
    /// Wei that wait to be claimed, dust included.
    pub set_aside: Int,
}

impl Queue {
    /// The next order's id.
    pub fn next_id(&self) -> u64 {
        self.orders.len() as u64 + 1
    }

    /// An order by its id.
    pub fn order(&self, id: u64) -> Option<&Order> {
        self.orders.get(usize::try_from(id).ok()?.checked_sub(1)?)
    }

    /// Where an order stands.
    pub fn state(&self, id: u64) -> State {
        match self.order(id) {
            None => State::None,
            Some(order) => match order.ended {
                Some(Ended::Claimed) => State::Claimed,
                Some(Ended::Withdrawn) => State::Withdrawn,
                None if id <= self.finalised_up_to => State::Claimable,
                None if id <= self.due_up_to => State::Due,
                None => State::Pending,
            },
        }
    }

    /// Shares of the orders in a range that are neither claimed nor withdrawn.
    fn shares_of(&self, ids: std::ops::RangeInclusive<u64>) -> Int {
        let open = ids
            .filter_map(|id| self.order(id))
            .filter(|order| order.ended.is_none());
        open.map(|order| &order.shares).sum()
    }

    /// Shares that wait, due or not.
    pub fn unfinalised_shares(&self) -> Int {
        self.shares_of(self.finalised_up_to + 1..=self.orders.len() as u64)
    }

    /// Shares that wait and are due.
    pub fn due_shares(&self) -> Int {
        self.shares_of(self.finalised_up_to + 1..=self.due_up_to)
    }

    /// The checkpoint that pays an order, counted from 1; none while it is not finalised.
    pub fn checkpoint_of(&self, id: u64) -> Option<usize> {
        if id == 0 {
            return None;
        }
        let found = self
            .checkpoints
            .iter()
            .position(|checkpoint| id <= checkpoint.up_to)?;
        Some(found + 1)
    }

    /// What a finalised order is paid.
    pub fn claimable(&self, id: u64) -> Int {
        match (self.state(id), self.checkpoint_of(id)) {
            (State::Claimable, Some(checkpoint)) => {
                let order = self.order(id).expect("it is claimable");
                floor(self.checkpoints[checkpoint - 1].rate.worth(&order.shares))
            }
            _ => int(0),
        }
    }

    /// A report read at a slot was applied: what the newest note from before it covers is due.
    pub(crate) fn note_report(&mut self, slot: u64, now: u64) {
        let used = |note: &Note| note.time < slot;
        let covering = self
            .notes
            .iter()
            .flatten()
            .filter(|note| used(note))
            .max_by_key(|note| note.time);
        if let Some(note) = covering {
            self.due_up_to = self.due_up_to.max(note.next - 1);
        }
        let waiting: Vec<Note> = self
            .notes
            .iter()
            .flatten()
            .copied()
            .filter(|note| !used(note))
            .collect();
        let new = Note {
            time: now,
            next: self.next_id(),
        };
        self.notes = match waiting[..] {
            [] => [None, Some(new)],
            [note] => [Some(note), Some(new)],
            // Both still wait for a later report.
            _ => self.notes,
        };
    }

    /// Due orders, first in, first out, that so much pays at a rate.
    pub(crate) fn finalisable(&self, rate: &Rate, available: &Int, _limit: u64) -> Option<Batch> {
        let mut batch = Batch {
            up_to: 0,
            shares: int(0),
        };
        for id in self.finalised_up_to + 1..=self.due_up_to {
            let order = self.order(id).expect("due orders exist");
            let mut shares = batch.shares.clone();
            if order.ended.is_none() {
                shares += &order.shares;
            }
            if floor(rate.worth(&shares)) > *available {
                break;
            }
            batch = Batch { up_to: id, shares };
        }
        (batch.up_to > 0).then_some(batch)
    }

    pub(crate) fn finalise(&mut self, batch: &Batch, rate: Rate, wei: &Int) {
        self.checkpoints.push(Checkpoint {
            up_to: batch.up_to,
            rate,
        });
        self.finalised_up_to = batch.up_to;
        self.set_aside += wei;
    }

    fn end(&mut self, id: u64, how: Ended) {
        self.orders[id as usize - 1].ended = Some(how);
    }

    /// An order of the caller that has not ended.
    fn own(&self, caller: Account, id: u64) -> Answer<&Order> {
        let order = self.open(id)?;
        require!(
            order.owner == caller,
            OnlyOrderOwner,
            id,
            caller,
            order.owner
        );
        Ok(order)
    }

    fn open(&self, id: u64) -> Answer<&Order> {
        match self.order(id) {
            Some(order) if order.ended.is_none() => Ok(order),
            _ => Err(refusal!(NoSuchOrder, id)),
        }
    }

    /// An order of the caller that still holds shares.
    fn own_unfinalised(&self, caller: Account, id: u64) -> Answer<Order> {
        let order = self.own(caller, id)?.clone();
        require!(
            id > self.finalised_up_to,
            AlreadyFinalised,
            id,
            self.finalised_up_to
        );
        Ok(order)
    }
}

impl Pool {
    /// Puts shares into escrow for a new order. `allowance` is what the queue may take of the caller.
    pub fn request_unstake(
        &mut self,
        caller: Account,
        shares: Int,
        receiver: Account,
        allowance: &Int,
    ) -> Answer<u64> {
        self.queue_pause.not_paused(self.now)?;
        require!(receiver != Account::Nobody, ZeroAddress);
        let [smallest, largest] = &self.parameters.order_limits;
        require!(shares >= *smallest, OrderBelowSmallest, shares, smallest);
        require!(shares <= *largest, OrderAboveLargest, shares, largest);
        require!(
            *allowance >= shares,
            ERC20InsufficientAllowance,
            Account::Queue,
            allowance,
            shares
        );
        self.transfer(caller, Account::Queue, shares.clone())?;
        let id = self.queue.next_id();
        let requested_at = self.now;
        self.queue.orders.push(Order {
            owner: receiver,
            shares,
            ended: None,
            requested_at,
        });
        Ok(id)
    }

    /// Gives an order to another account.
    pub fn transfer_order(&mut self, caller: Account, id: u64, to: Account) -> Answer<()> {
        require!(to != Account::Nobody, ERC721InvalidReceiver, to);
        let owner = match self.queue.open(id) {
            Ok(order) => order.owner,
            Err(_) => return Err(refusal!(ERC721NonexistentToken, id)),
        };
        require!(owner == caller, ERC721InsufficientApproval, caller, id);
        self.queue.orders[id as usize - 1].owner = to;
        Ok(())
    }

    /// Takes an order back into shares, less a cost that is burned.
    pub fn cancel(&mut self, caller: Account, id: u64) -> Answer<Int> {
        let order = self.queue.own_unfinalised(caller, id)?;
        let due = usize::from(id <= self.queue.due_up_to);
        let burned = ceil(basis_points(
            &order.shares,
            &self.parameters.cancel_costs[due],
        ));
        let returned = order.shares - &burned;
        self.queue.end(id, Ended::Withdrawn);
        self.burn(Account::Queue, &burned);
        self.transfer(Account::Queue, caller, returned.clone())?;
        Ok(returned)
    }

    /// Redeems an order at a discount while orders cannot be finalised.
    pub fn redeem_silently(
        &mut self,
        caller: Account,
        id: u64,
        min: &Int,
        receiver: Account,
    ) -> Answer<Int> {
        let order = self.queue.own_unfinalised(caller, id)?;
        let wei = self.burn_silently(&order.shares, receiver, min)?;
        self.queue.end(id, Ended::Withdrawn);
        Ok(wei)
    }

    /// Pays finalised orders of the caller to a receiver, all or none. `hints` are checkpoints, if given.
    pub fn claim(
        &mut self,
        caller: Account,
        ids: &[u64],
        hints: Option<&[u64]>,
        receiver: Account,
    ) -> Answer<Int> {
        require!(receiver != Account::Nobody, ZeroAddress);
        if let Some(hints) = hints {
            let (ids, hints) = (ids.len() as u64, hints.len() as u64);
            require!(ids == hints, LengthMismatch, ids, hints);
        }
        let mut queue = self.queue.clone();
        let mut wei = int(0);
        for (index, id) in ids.iter().enumerate() {
            queue.own(caller, *id)?;
            let finalised = queue.finalised_up_to;
            require!(*id <= finalised, NotFinalised, *id, finalised);
            if let Some(hint) = hints.map(|hints| hints[index]) {
                let right = queue.checkpoint_of(*id).expect("it is finalised") as u64;
                require!(hint == right, WrongHint, *id, hint);
            }
            wei += queue.claimable(*id);
            queue.end(*id, Ended::Claimed);
        }
        require!(receiver.takes_eth(), PayoutRefused, receiver, wei);
        queue.set_aside -= &wei;
        self.queue = queue;
        self.pay(receiver, &wei);
        Ok(wei)
    }

    /// Pays finalised orders to their owners. What cannot be paid is skipped.
    pub fn claim_for(&mut self, ids: &[u64]) -> Int {
        let mut all = int(0);
        for id in ids {
            let Some(order) = self.queue.order(*id).cloned() else {
                continue;
            };
            if self.queue.state(*id) != State::Claimable || !order.owner.takes_eth() {
                continue;
            }
            let wei = self.queue.claimable(*id);
            self.queue.end(*id, Ended::Claimed);
            self.queue.set_aside -= &wei;
            self.pay(order.owner, &wei);
            all += wei;
        }
        all
    }

    /// What an order is paid, or would be at the current rate.
    pub fn value_of(&self, id: u64) -> Int {
        match self.queue.state(id) {
            State::Claimable => self.queue.claimable(id),
            State::Pending | State::Due => {
                let order = self.queue.order(id).expect("it waits");
                floor(exact(&order.shares) * self.exit_rate().price())
            }
            _ => int(0),
        }
    }
}
