//! Orders to leave, from the request to the claim.

use crate::{
    books::Rate,
    exact::{basis_points, ceil, floor, int},
    pool::{Account, Pool},
    refusal::{refusal, require, Answer},
    Int,
};

/// Withdrawn orders are looked at in groups of so many.
const GROUP: u64 = 128;

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
    pub fn shares_of(&self, ids: std::ops::RangeInclusive<u64>) -> Int {
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

    /// The first checkpoint that reaches an order, counted from 1: it pays it, unless it was withdrawn.
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
        // The older note stays until a report has used it; the newer one is always the latest.
        let new = Some(Note {
            time: now,
            next: self.next_id(),
        });
        let waiting = |note: &Option<Note>| note.filter(|note| !used(note));
        let [older, newer] = &self.notes;
        self.notes = [waiting(older).or(waiting(newer)), new];
    }

    /// Due orders, first in, first out, that so much pays at a rate.
    ///
    /// Unless no order is withdrawn, or all are due, and all that are due can be paid, at most `limit` groups of
    /// 128 orders in which some are withdrawn are looked at.
    pub(crate) fn finalisable(&self, rate: &Rate, available: &Int, limit: u64) -> Batch {
        let pays = |shares: &Int| floor(rate.worth(shares)) <= *available;
        let due = self.due_shares();
        if self.counts_at_once() && pays(&due) {
            return Batch {
                up_to: self.due_up_to,
                shares: due,
            };
        }
        let mut batch = Batch {
            up_to: self.finalised_up_to,
            shares: int(0),
        };
        for id in self.finalised_up_to + 1..=self.known_up_to(limit) {
            let shares = &batch.shares + self.shares_of(id..=id);
            if !pays(&shares) {
                break;
            }
            batch = Batch { up_to: id, shares };
        }
        batch
    }

    /// Whether the shares due are known without looking at withdrawn orders.
    fn counts_at_once(&self) -> bool {
        let mut waiting = self.finalised_up_to + 1..self.next_id();
        let withdrawn = waiting.any(|id| self.state(id) == State::Withdrawn);
        self.due_up_to == self.next_id() - 1 || !withdrawn
    }

    /// The last due order up to which a look at so many groups tells which are withdrawn.
    fn known_up_to(&self, limit: u64) -> u64 {
        let mut groups: Vec<u64> = Vec::new();
        for id in self.finalised_up_to + 1..=self.due_up_to {
            let group = id / GROUP;
            if self.state(id) == State::Withdrawn && groups.last() != Some(&group) {
                groups.push(group);
            }
        }
        match groups.get(usize::try_from(limit).unwrap_or(usize::MAX)) {
            Some(next) => next * GROUP - 1,
            None => self.due_up_to,
        }
    }

    /// The shares due as a look at so many groups finds them: where it ends, nothing further on is counted.
    pub(crate) fn due_shares_found(&self, limit: u64) -> Int {
        if self.counts_at_once() {
            return self.due_shares();
        }
        self.shares_of(self.finalised_up_to + 1..=self.known_up_to(limit))
    }

    /// Pays a batch. One of withdrawn orders only needs no checkpoint.
    pub(crate) fn finalise(&mut self, batch: &Batch, rate: Rate, wei: &Int) {
        if batch.shares > int(0) {
            self.checkpoints.push(Checkpoint {
                up_to: batch.up_to,
                rate,
            });
        }
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

    /// Gives an order of an owner to another account.
    pub fn transfer_order(
        &mut self,
        caller: Account,
        from: Account,
        id: u64,
        to: Account,
    ) -> Answer<()> {
        require!(to != Account::Nobody, ERC721InvalidReceiver, to);
        let owner = match self.queue.open(id) {
            Ok(order) => order.owner,
            Err(_) => return Err(refusal!(ERC721NonexistentToken, id)),
        };
        require!(caller == owner, ERC721InsufficientApproval, caller, id);
        require!(owner == from, ERC721IncorrectOwner, from, id, owner);
        self.queue.orders[id as usize - 1].owner = to;
        Ok(())
    }

    /// Takes an order back into shares, less a cost that is burned.
    pub fn cancel(&mut self, caller: Account, id: u64) -> Answer<Int> {
        self.queue_pause.not_paused(self.now)?;
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
        require!(receiver != Account::Nobody, ZeroAddress);
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
                floor(self.books.rate().worth(&order.shares))
            }
            _ => int(0),
        }
    }
}
