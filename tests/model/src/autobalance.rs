//! Balancing: orders first, then the flash reserve, then validators, then exits.

use crate::{
    books::{restored, Rate},
    exact::{ceil, eth, floor, int, not_negative},
    parameters::Parameter,
    pool::Pool,
    refusal::{require, Answer},
    Exact, Int,
};

/// What a call did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Balanced {
    /// Whether orders could be finalised.
    pub open: bool,
    /// Last order finalised; 0 if none was.
    pub finalised_up_to: u64,
    /// Wei set aside for orders.
    pub set_aside: Int,
    /// Wei lent to the flash-exit-pool.
    pub lent: Int,
    /// Validators funded.
    pub funded: u64,
    /// Wei that the exits asked for will bring.
    pub exits_asked: Int,
}

impl Pool {
    /// Until when orders can be finalised; none if they cannot be now.
    pub fn finalisation_open_until(&self) -> Option<u64> {
        let applied_at = self.reports.applied_at?;
        let until = applied_at + self.parameters.seconds(Parameter::FinalisationWindow);
        let open = self.now <= until
            && self.not_live().is_none()
            && self.not_paused().is_ok()
            && self.pays_fairly();
        open.then_some(until)
    }

    /// What holders own: the rate with all in it that makes up for losses.
    fn owned(&self) -> Rate {
        let rate = Rate {
            assets: restored(&self.books.total_assets(), &self.books.fee_free),
            shares: self.books.total_shares.clone(),
        };
        rate.or_one()
    }

    /// Whether exits are priced near what holders own: above zero, and no more than 1 % below the rate with all in it
    /// that makes up for losses.
    fn pays_fairly(&self) -> bool {
        let least = self.owned().price() * Exact::new(int(99), int(100));
        let exit = self.exit_rate().price();
        exit > Exact::from_integer(int(0)) && exit >= least
    }

    /// Balances the pool. Open to all; `limit` bounds how many groups of cancelled orders are looked at, how many
    /// validators are funded, and how many are asked to exit.
    pub fn autobalance(&mut self, limit: u64) -> Answer<Balanced> {
        require!(limit > 0, LimitTooSmall, limit, 1u64);
        let mut done = Balanced::default();
        let due = self.queue.due_shares_found(limit);
        let priced = self.not_live().is_none() && self.not_paused().is_ok();
        let mut paid = int(0);
        if self.finalisation_open_until().is_some() {
            done.open = true;
            self.silent.open_at = self.now;
            paid = self.finalise(limit, &mut done);
        }
        if priced {
            done.lent = self.top_up();
            done.funded = self.fund(limit);
        }
        done.exits_asked = self.ask_for_exits(limit, &(due - paid));
        Ok(done)
    }

    /// Step 1. Shares and their worth leave the books together; answers the shares.
    fn finalise(&mut self, limit: u64, done: &mut Balanced) -> Int {
        let rate = self.exit_rate();
        let available = not_negative(self.books.buffered.clone());
        let batch = self.queue.finalisable(&rate, &available, limit);
        if batch.up_to == self.queue.finalised_up_to {
            return int(0);
        }
        let wei = floor(rate.worth(&batch.shares));
        self.burn(crate::Account::Queue, &batch.shares);
        self.books.buffered -= &wei;
        self.held -= &wei;
        self.queue.finalise(&batch, rate, &wei);
        done.finalised_up_to = batch.up_to;
        done.set_aside = wei;
        batch.shares
    }

    /// What shares of the holders own, rounded up.
    pub fn reserved_for(&self, shares: &Int) -> Int {
        ceil(self.owned().worth(shares))
    }

    /// Step 4, after what every unfinalised order is worth is kept.
    fn fund(&mut self, limit: u64) -> u64 {
        let reserved = self.reserved_for(&self.queue.unfinalised_shares());
        let free = not_negative(&self.books.buffered - reserved);
        let affordable = u64::try_from(&(free / eth(32))).expect("a number of validators");
        let count = affordable.min(self.registry.ready()).min(limit);
        if count == 0 {
            return 0;
        }
        let wei = eth(32) * count;
        self.books.buffered -= &wei;
        self.books.sent_out += &wei;
        self.held -= &wei;
        self.registry.fund(count);
        // There is something to report from now on.
        self.reports.last.get_or_insert(self.now);
        count
    }

    /// Step 5, live or not: for what is due and not paid.
    fn ask_for_exits(&mut self, limit: u64, due: &Int) -> Int {
        let needed = self.reserved_for(due);
        let at_hand = not_negative(self.books.buffered.clone());
        let on_its_way = not_negative(self.books.on_its_way_back());
        let missing = needed - at_hand - on_its_way - self.registry.coming();
        if missing <= int(0) {
            return int(0);
        }
        self.registry.request_exits(&missing.min(eth(32) * limit))
    }
}
