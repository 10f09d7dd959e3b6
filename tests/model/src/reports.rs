//! A report, from what refuses it to its last effect, and acknowledgements.

use crate::{
    books::{Books, Rate},
    exact::{int, not_negative},
    gains::Gain,
    losses::{Fall, Recovery},
    parameters::Parameter,
    pool::{Account, Pool},
    refusal::{require, Answer},
    Int, HOUR,
};

/// A later report sets the reference only if so many seconds have passed since it was set.
pub const REFERENCE_STANDS: u64 = 20 * HOUR;

/// What the committee read at a slot. Gwei where the name says so, else wei.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Seconds since the epoch.
    pub slot_time: u64,
    /// Balances of the validators.
    pub cl_balance_gwei: Int,
    /// Counter.
    pub deposits_seen_gwei: Int,
    /// Counter.
    pub left_seen: Int,
    /// Penalties known and not charged yet.
    pub expected_loss: Int,
    /// Part of the change that makes up for losses reported earlier.
    pub recovered: Int,
    /// The epoch that the report ends; 0 for none.
    pub epoch: u32,
}

/// What is remembered of reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reports {
    /// Slot of the last applied report; before there is one, the first placement.
    pub last: Option<u64>,
    /// When the last one was applied.
    pub applied_at: Option<u64>,
    /// The lowest rate before the report that set it and those of the 20 hours after, and when it was set.
    pub reference: Option<(Rate, u64)>,
    /// The reference before that one, and until when it stands.
    pub earlier: Option<(Rate, u64)>,
    /// The report that waits.
    pub parked: Option<Parked>,
    /// Bounds agreed to.
    pub acknowledgement: Option<Acknowledgement>,
    /// The last epoch closed and its rate.
    pub closing: Option<(u32, Rate)>,
}

/// A report that waits for acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// The report.
    pub report: Report,
    /// When it was parked.
    pub at: u64,
}

/// Bounds of the rate before cover, in wei for 1e18 shares, until a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Lowest rate agreed to.
    pub lowest: Int,
    /// Highest rate agreed to.
    pub highest: Int,
    /// Last second of its validity.
    pub deadline: u64,
}

/// What a report did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reported {
    /// It was applied.
    Applied(Box<Effect>),
    /// It waits; this is what it would have done.
    Parked(Box<Effect>),
}

/// Everything an applied report changes, computed before anything changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Change of the reported terms, less what is recovered.
    pub change: Int,
    /// Who gets back what.
    pub recovery: Recovery,
    /// What falls and who bears it.
    pub fall: Fall,
    /// What is booked and what it costs.
    pub gain: Gain,
}

impl Reports {
    /// The ceiling of every exit's price: no report of the last 20 hours can be gained from.
    pub fn reference_rate(&self, now: u64) -> Option<&Rate> {
        let (reference, _) = self.reference.as_ref()?;
        match &self.earlier {
            Some((earlier, until)) if now < *until && earlier.price() < reference.price() => {
                Some(earlier)
            }
            _ => Some(reference),
        }
    }

    /// Lowers the reference to the rate before a report, or sets it anew when it is 20 hours old. What it was
    /// then stands until the last report before is 20 hours ago.
    fn set_reference(&mut self, before: Rate, now: u64) {
        match &mut self.reference {
            Some((reference, set_at)) if now < *set_at + REFERENCE_STANDS => {
                if before.price() < reference.price() {
                    *reference = before;
                }
            }
            other => {
                let last = self.applied_at.unwrap_or(0);
                if let Some((reference, _)) = other.take() {
                    self.earlier = Some((reference, last + REFERENCE_STANDS));
                }
                *other = Some((before, now));
            }
        }
    }
}

impl Pool {
    /// Takes a report. Oracle committee only.
    pub fn report(&mut self, caller: Account, report: Report) -> Answer<Reported> {
        self.may_report(caller, &report)?;
        Ok(self.apply_or_park(report))
    }

    /// What refuses a report, in this order; no pause does.
    fn may_report(&self, caller: Account, report: &Report) -> Answer<()> {
        require!(
            caller == Account::Committee,
            OnlySibling,
            caller,
            Account::Committee
        );
        let slot = report.slot_time;
        require!(slot <= self.now, ReportFromFuture, slot, self.now);
        let oldest = self
            .now
            .saturating_sub(self.parameters.seconds(Parameter::FreshnessLimit));
        require!(slot >= oldest, ReportTooOld, slot, oldest);
        let parked = self
            .reports
            .parked
            .as_ref()
            .map(|parked| parked.report.slot_time);
        let last = self.reports.last.max(parked).unwrap_or(0);
        require!(slot > last, ReportNotNewer, slot, last);

        let seen = gwei(&report.deposits_seen_gwei);
        let Books {
            deposits_seen,
            left_seen,
            sent_out,
            ..
        } = &self.books;
        require!(seen >= *deposits_seen, CounterFell, seen, deposits_seen);
        require!(
            report.left_seen >= *left_seen,
            CounterFell,
            &report.left_seen,
            left_seen
        );
        require!(seen <= *sent_out, DepositsAboveSent, seen, sent_out);

        let expected_fell = (&self.books.expected_loss - &report.expected_loss).max(int(0));
        let source = expected_fell + (&report.left_seen - left_seen);
        require!(
            report.recovered <= source,
            RecoveredAboveSource,
            &report.recovered,
            source
        );
        if report.epoch != 0 {
            let closed = self.reports.closing.as_ref().map_or(0, |(epoch, _)| *epoch);
            require!(report.epoch > closed, EpochNotNewer, report.epoch, closed);
        }
        Ok(())
    }

    fn apply_or_park(&mut self, report: Report) -> Reported {
        let effect = self.effect(&report);
        if effect.fall.is_beyond() && !effect.fall.acknowledged {
            // A newer report takes the parked one's place, not its time.
            let at = self
                .reports
                .parked
                .as_ref()
                .map_or(self.now, |parked| parked.at);
            self.reports.parked = Some(Parked { report, at });
            return Reported::Parked(Box::new(effect));
        }
        self.apply(report, &effect);
        Reported::Applied(Box::new(effect))
    }

    /// What a report would do now.
    pub fn effect(&self, report: &Report) -> Effect {
        let net = worth(&reported(&self.books, report)) - worth(&self.books);
        let recovery = self.recovery(&report.recovered);
        let change = net - &report.recovered + &recovery.rest;
        let after = self.after_recovery(&recovery);
        let fall = after.fall(&change, report.slot_time);
        Effect {
            gain: after.gain(&change, &fall, report.slot_time),
            fall,
            change,
            recovery,
        }
    }

    fn apply(&mut self, report: Report, effect: &Effect) {
        let Effect {
            change,
            recovery,
            fall,
            gain,
        } = effect;
        let before = self.books.rate().or_one();
        let must_be = self.books.total_assets() + &recovery.protection - &fall.fall
            + &gain.returned
            + &gain.booked;
        self.reports.set_reference(before, self.now);

        let (deferred, fee_free) = (&self.books.deferred_gain, &self.books.fee_free);
        let left = deferred + &recovery.holders - &fall.from_deferred;
        let fee_free_left = fee_free + &recovery.holders - &fall.lost_again;
        let gained = not_negative(change.clone());
        self.books = Books {
            deferred_gain: left + gained - &gain.returned - &gain.booked,
            fee_free: fee_free_left - &gain.returned,
            ..reported(&self.books, &report)
        };
        assert_eq!(
            self.books.total_assets(),
            must_be,
            "the terms and the steps differ"
        );
        self.take_recovery(recovery);
        self.take_fall(change, fall, report.slot_time);
        self.take_gain(gain);

        let slot = report.slot_time;
        self.reports.last = Some(slot);
        self.reports.applied_at = Some(self.now);
        self.reports.parked = None;
        self.reports.acknowledgement = None;
        if self
            .slashing
            .as_ref()
            .is_some_and(|slashing| slashing.flagged_at <= slot)
        {
            self.slashing = None;
        }
        if report.epoch != 0 {
            self.reports.closing = Some((report.epoch, self.books.rate().or_one()));
        }
        self.set_flash_target();
        if self.finalisation_open_until().is_some() {
            self.silent.open_at = self.now;
        }
        self.queue.note_report(slot, self.now);
    }

    /// Agrees to a fall beyond the caps. Acknowledger or owner. Answers what became of a report that waited.
    pub fn acknowledge(
        &mut self,
        caller: Account,
        agreed: Acknowledgement,
    ) -> Answer<Option<Reported>> {
        let allowed = [Account::Acknowledger, Account::Owner];
        require!(
            allowed.contains(&caller),
            OnlySibling,
            caller,
            Account::Acknowledger
        );
        let Acknowledgement {
            lowest,
            highest,
            deadline,
        } = &agreed;
        require!(lowest <= highest, BoundsOutOfOrder, lowest, highest);
        require!(*deadline >= self.now, DeadlinePassed, *deadline, self.now);
        // A bound beyond any rate there can be is kept as the largest one.
        let largest: Int = int(2).pow(104) - 1;
        self.reports.acknowledgement = Some(Acknowledgement {
            lowest: agreed.lowest.min(largest.clone()),
            highest: agreed.highest.min(largest),
            deadline: agreed.deadline,
        });
        let Some(parked) = self.reports.parked.clone() else {
            return Ok(None);
        };
        let effect = self.effect(&parked.report);
        // The caps may have been widened meanwhile.
        if effect.fall.is_beyond() && !effect.fall.acknowledged {
            return Ok(None);
        }
        self.apply(parked.report, &effect);
        Ok(Some(Reported::Applied(Box::new(effect))))
    }
}

fn gwei(amount: &Int) -> Int {
    amount * int(10).pow(9)
}

/// The terms of a report in place of those of the last one.
fn reported(books: &Books, report: &Report) -> Books {
    Books {
        cl_balance: gwei(&report.cl_balance_gwei),
        deposits_seen: gwei(&report.deposits_seen_gwei),
        left_seen: report.left_seen.clone(),
        expected_loss: report.expected_loss.clone(),
        ..books.clone()
    }
}

/// What only a report changes.
fn worth(books: &Books) -> Int {
    &books.cl_balance + &books.left_seen - &books.deposits_seen - &books.expected_loss
}
