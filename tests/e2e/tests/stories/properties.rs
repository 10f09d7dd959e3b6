//! The properties of `security.md` that hold after every step, by number.

use std::collections::BTreeMap;

use clay_chain::Receipt;
use e2e::{event, StakeManager::RateReported};
use model::{
    books::{Books, Rate},
    exact::{exact, int},
    parameters::Parameter,
    queue::State,
    reports::{Effect, REFERENCE_STANDS},
    Account, Int, Pool,
};

use crate::{
    numbers::{int as number, signed},
    steps::Action,
    story::Story,
};

/// What happened before, as far as properties speak of it.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// Applied reports of the last hours: when, and the rate before them.
    reported: Vec<(u64, Rate)>,
    /// How many reports were applied.
    applied: u64,
    /// How many had been before the step.
    applied_before: u64,
    /// Slot of the last one.
    last_slot: u64,
    /// What finalised orders were worth when they were finalised.
    payouts: BTreeMap<u64, Int>,
    /// Last order finalised.
    finalised_up_to: u64,
}

impl Story {
    /// Checks an applied report against its event, and notes it.
    pub fn note_applied(&mut self, before: &Pool, effect: &Effect, receipt: &Receipt) {
        let told: RateReported = event(receipt, self.real.pool.manager);
        let books = &self.model.books;
        let ours = [
            effect.change.clone(),
            &effect.recovery.holders + &effect.recovery.protection,
            books.deferred_gain.clone(),
            effect.fall.covered.clone(),
            effect.fall.cover_given.clone(),
            effect.gain.all_fee_shares(),
            before.books.rate().assets,
            before.books.total_shares.clone(),
            books.total_assets(),
            books.total_shares.clone(),
        ];
        let told = [
            signed(told.change),
            number(told.recovered),
            number(told.deferredGain),
            number(told.covered),
            number(told.coverShares),
            number(told.feeShares),
            number(told.assetsBefore),
            number(told.sharesBefore),
            signed(told.assetsAfter),
            number(told.sharesAfter),
        ];
        assert_eq!(told, ours, "what the event tells");
        self.fee_is_fair(before, effect);

        let slot = self.model.reports.last.expect("a report was applied");
        assert!(slot > self.records.last_slot, "p22: slots increase");
        self.records.last_slot = slot;
        self.records.applied += 1;
        let now = self.model.now;
        self.records
            .reported
            .retain(|(at, _)| now < at + REFERENCE_STANDS);
        self.records.reported.push((now, before.books.rate()));
        self.falls_within_caps(before, effect);
    }

    /// p09: the fee's shares are worth the fee to within one share, and no fee is on anything but a gain.
    fn fee_is_fair(&mut self, before: &Pool, effect: &Effect) {
        let shares = effect.gain.all_fee_shares();
        let rate = self.model.books.rate();
        let worth = rate.worth(&shares);
        let fee = exact(&effect.gain.fee);
        assert!(worth <= fee, "p09: fee shares are worth more than the fee");
        assert!(
            fee - worth <= rate.price() + exact(&int(1)),
            "p09: the fee's rounding"
        );
        let taxed = effect.gain.booked.clone();
        let part = before.parameters.get(Parameter::RewardFee);
        assert!(
            &effect.gain.fee * 10_000 <= taxed * part,
            "p09: no fee but on gains"
        );
        if effect.change < int(0) {
            assert_eq!(shares, int(0), "p09: no fee on losses");
        }
        self.tally
            .count("fee", if shares > int(0) { "taken" } else { "none" });
    }

    /// p21: no report lowers the rate by more than the cap without agreement.
    fn falls_within_caps(&self, before: &Pool, effect: &Effect) {
        if effect.fall.acknowledged {
            return;
        }
        let cap = before.parameters.get(Parameter::LossCap);
        let assets = before.books.rate().assets + &effect.recovery.protection;
        assert!(
            &effect.fall.fall * 10_000 <= assets * cap,
            "p21: a fall beyond the cap"
        );
    }

    /// Panics unless the properties hold after a step.
    pub fn properties_hold(&mut self, action: Action, before: &Books) {
        let reported = self.records.applied != self.records.applied_before;
        self.records.applied_before = self.records.applied;
        let after = &self.model.books;
        let (assets, was) = (after.rate().assets, before.rate().assets);
        if !reported {
            // Compared by exact cross-multiplication.
            assert!(
                assets * &before.total_shares >= was * &after.total_shares,
                "p01: the rate fell"
            );
            assert_eq!(
                after.deferred_gain, before.deferred_gain,
                "only reports defer and release"
            );
        }
        let moves = [
            Action::Return,
            Action::Ticket,
            Action::RedeemTicket,
            Action::BookReturned,
            Action::ForceEth,
            Action::ReturnExcess,
            Action::Wait,
            Action::WaitUntil,
            Action::Nap,
            Action::Sleep,
            Action::LeaveAlone,
        ];
        if moves.contains(&action) {
            assert_eq!(
                after.total_assets(),
                before.total_assets(),
                "p05: moving ETH changes nothing"
            );
            assert_eq!(
                after.total_shares, before.total_shares,
                "p05: moving ETH changes nothing"
            );
        }
        self.shares_add_up();
        self.queue_holds();
        self.nobody_leaves_with_a_report();
    }

    /// p07, p16: every share is somewhere, and escrow holds what orders hold.
    fn shares_add_up(&self) {
        let balances: Int = self.model.balances.values().sum();
        assert_eq!(balances, self.model.books.total_shares, "p07");
        let escrow = self.model.queue.unfinalised_shares() + &self.stray_shares;
        assert_eq!(self.model.balance(Account::Queue), escrow, "p16: escrow");
        assert!(
            self.model.held >= self.model.books.buffered,
            "p08: the ETH held covers the books"
        );
    }

    /// p11 to p14.
    fn queue_holds(&mut self) {
        let queue = &self.model.queue;
        assert!(queue.finalised_up_to >= self.records.finalised_up_to, "p11");
        assert!(
            queue.due_up_to >= queue.finalised_up_to,
            "p11: what is finalised was due"
        );
        for id in self.records.finalised_up_to + 1..=queue.finalised_up_to {
            let wei = queue.claimable(id);
            self.records.payouts.insert(id, wei);
        }
        self.records.finalised_up_to = queue.finalised_up_to;
        let mut owed = int(0);
        for (id, payout) in &self.records.payouts {
            if queue.state(*id) == State::Claimable {
                let claimable = queue.claimable(*id);
                assert_eq!(
                    claimable, *payout,
                    "p14: order {id} changed after it was finalised"
                );
                owed += claimable;
            }
        }
        let dust = &queue.set_aside - owed;
        assert!(dust >= int(0), "p12: more is owed than set aside");
        assert!(
            dust <= int(self.records.payouts.len()),
            "p12: more than rounding stays"
        );
    }

    /// p19: no exit is priced above the rate before a report of the last 20 hours.
    fn nobody_leaves_with_a_report(&self) {
        let now = self.model.now;
        let exit = self.model.exit_rate();
        for (at, before) in &self.records.reported {
            if now < at + REFERENCE_STANDS {
                assert!(
                    exit.price() <= before.price(),
                    "p19: exits at {}, before the report {}",
                    exit.scaled(),
                    before.scaled()
                );
            }
        }
    }
}
