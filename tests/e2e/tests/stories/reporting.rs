//! Steps of the committees: reports of every outcome, acknowledgements, slashing flags.

use alloy::primitives::U256;
use e2e::StakeManager::{self, acknowledgeCall, flagSlashingCall, reportCall};
use model::{
    books::Rate,
    ceil,
    exact::{eth, int, not_negative},
    parameters::Parameter,
    reports::{Acknowledgement, Effect, Report, Reported},
    Account, Int,
};

use crate::{
    dice::Dice,
    numbers::{long, short, word},
    real::USERS,
    story::{usually, Call, Story},
};

const GWEI: u64 = 1_000_000_000;

/// What a report brings besides ETH that only moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// Rewards of a usual day.
    Rewards,
    /// Nothing at all.
    Nothing,
    /// Exactly what the growth cap allows.
    AllowedGain,
    /// One wei more.
    OneMore,
    /// To the highest rate that a fee was taken at, or a few wei above.
    NewHigh,
    /// Percents at once.
    Jackpot,
    /// A fall that deferred gains take.
    Absorbed,
    /// A small fall.
    Fall,
    /// Exactly what the loss caps allow.
    AllowedFall,
    /// One wei more.
    OneMoreFalls,
    /// Percents at once.
    Crash,
    /// Expected losses that do not come, or compensation.
    Recovery,
    /// Expected losses that came.
    Charged,
}

/// Why a report must be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    Stale,
    FromTheFuture,
    Replayed,
    DepositsFell,
    LeftFell,
    DepositsAboveSent,
    RecoveredAboveSource,
    OldEpoch,
    NotTheCommittee,
}

impl Story {
    pub fn report(&mut self, dice: &mut Dice, crash: bool) {
        let mut report = self.blank(dice);
        self.move_eth(dice, &mut report);
        let change = match crash {
            false => dice.weighted(&[
                (30, Change::Rewards),
                (6, Change::Nothing),
                (8, Change::AllowedGain),
                (6, Change::OneMore),
                (6, Change::NewHigh),
                (10, Change::Jackpot),
                (8, Change::Absorbed),
                (5, Change::Fall),
                (2, Change::AllowedFall),
                (1, Change::OneMoreFalls),
                (15, Change::Recovery),
                (8, Change::Charged),
            ]),
            true => dice.weighted(&[
                (6, Change::Fall),
                (3, Change::AllowedFall),
                (3, Change::OneMoreFalls),
                (5, Change::Crash),
            ]),
        };
        self.bring(dice, &mut report, change);
        let mut from = Account::Committee;
        let flaw = dice
            .percent(18)
            .then(|| self.spoil(dice, &mut report, &mut from));

        let agreed = self.model.reports.acknowledgement.is_some();
        let waiting = self.model.reports.parked.is_some();
        let before = self.model.clone();
        let reported = self.model.report(from, report.clone());
        let done = match &reported {
            Ok(Reported::Parked(_)) => "parked",
            Ok(Reported::Applied(effect)) => outcome(effect, waiting),
            Err(_) => "refused",
        };
        let call = Call::new(
            from,
            Account::Manager,
            reportCall {
                report: sent(&report),
            },
        );
        let expected = reported.clone().map(|_| vec![]);
        let receipt = self.act("report", done, call, expected);
        let (effect, applied) = match reported {
            Ok(Reported::Applied(effect)) => (effect, true),
            Ok(Reported::Parked(effect)) => (effect, false),
            Err(_) => return,
        };
        if applied {
            self.note_applied(&before, &effect, &receipt);
            self.count_recovery(&effect, &report);
        }
        if flaw.is_none() {
            self.at_the_limits(change, &effect, applied, agreed);
        }
    }

    fn count_recovery(&mut self, effect: &Effect, report: &Report) {
        let recovery = &effect.recovery;
        if report.recovered == int(0) {
            return;
        }
        let outcomes = [
            (&recovery.holders, "to holders"),
            (&recovery.protection, "to protection"),
            (&recovery.rest, "surplus"),
        ];
        for (_, outcome) in outcomes.into_iter().filter(|(wei, _)| **wei > int(0)) {
            self.tally.count("recovery", outcome);
        }
    }

    /// A report that changes nothing, of a slot not long ago.
    fn blank(&self, dice: &mut Dice) -> Report {
        let books = &self.model.books;
        let waiting = self
            .model
            .reports
            .parked
            .as_ref()
            .map(|parked| parked.report.slot_time);
        let last = self.model.reports.last.max(waiting).unwrap_or(0);
        let age = dice.pick(&[0, 12, 384, 3_600]);
        let slot_time = (self.model.now - age).max(last + 1).min(self.model.now);
        let closed = self
            .model
            .reports
            .closing
            .as_ref()
            .map_or(0, |(epoch, _)| *epoch);
        Report {
            slot_time,
            cl_balance_gwei: &books.cl_balance / GWEI,
            deposits_seen_gwei: &books.deposits_seen / GWEI,
            left_seen: books.left_seen.clone(),
            expected_loss: books.expected_loss.clone(),
            recovered: int(0),
            epoch: match dice.percent(15) {
                true => closed + dice.within(1..=3) as u32,
                false => 0,
            },
        }
    }

    /// Deposits that arrive, sweeps and exits: no gain and no loss.
    fn move_eth(&self, dice: &mut Dice, report: &mut Report) {
        let books = &self.model.books;
        if dice.percent(70) {
            let on_its_way = (&books.sent_out - &books.deposits_seen) / GWEI;
            let seen = match dice.percent(60) {
                true => on_its_way,
                false => dice.part(&on_its_way),
            };
            report.deposits_seen_gwei += &seen;
            report.cl_balance_gwei += seen;
        }
        let validator = int(32 * GWEI);
        let early = -books.on_its_way_back() / GWEI;
        let sweep = match dice.within(0..=9) {
            // What came back before a report saw it leave.
            _ if early > int(0) && dice.percent(70) => early,
            0..=3 => dice.part(&(&report.cl_balance_gwei / 200)),
            4..=5 => validator * dice.within(1..=4),
            _ => int(0),
        };
        let sweep = sweep.min(report.cl_balance_gwei.clone());
        report.left_seen += &sweep * GWEI;
        report.cl_balance_gwei -= sweep;
    }

    /// A gain or a fall of this kind.
    fn bring(&self, dice: &mut Dice, report: &mut Report, change: Change) {
        let assets = not_negative(self.model.books.total_assets());
        let deferred = self.model.books.deferred_gain.clone();
        let untaxed = &deferred - &self.model.books.fee_free;
        let wei: Int = match change {
            Change::Nothing => int(0),
            Change::Rewards => dice.part(&(&assets / 4_000)),
            Change::AllowedGain => self.growth(report) - untaxed,
            Change::OneMore => self.growth(report) - untaxed + 1,
            Change::NewHigh => {
                let mark = self.model.fee_mark.clone().unwrap_or(Rate {
                    assets: int(1),
                    shares: int(1),
                });
                let high = ceil(mark.worth(&self.model.books.total_shares));
                let missing = high - &assets - &self.model.books.fee_free;
                missing + dice.within(0..=30) - untaxed
            }
            Change::Jackpot => dice.part(&(&assets / 12)),
            Change::Absorbed => -dice.part(&deferred),
            Change::Fall => {
                let most = &assets / dice.pick(&[150, 150, 3_000]);
                int(0) - dice.part(&most)
            }
            Change::AllowedFall => -(self.allowed_fall(report) + deferred),
            Change::OneMoreFalls => -(self.allowed_fall(report) + deferred) - 1,
            Change::Crash => {
                let most = &assets / dice.within(3..=12);
                int(0) - &assets / 80 - dice.part(&most) - deferred
            }
            Change::Recovery => return self.recover(dice, report),
            Change::Charged => {
                let charged = dice.part(&report.expected_loss) / GWEI;
                let charged = charged.min(report.cl_balance_gwei.clone());
                report.expected_loss -= &charged * GWEI;
                report.cl_balance_gwei -= charged;
                return;
            }
        };
        raise(report, wei);
    }

    fn recover(&self, dice: &mut Dice, report: &mut Report) {
        let spared = match dice.percent(60) {
            true => dice.part(&report.expected_loss),
            false => int(0),
        };
        report.expected_loss -= &spared;
        let losses = &self.model.losses;
        let borne = &losses.holders_borne + &losses.protection_borne;
        let compensation = match dice.within(0..=9) {
            0..=3 => dice.part(&borne),
            4..=5 => borne + dice.part(&eth(1)),
            _ => int(0),
        };
        report.left_seen += &compensation;
        // All of it may be declared, or less.
        report.recovered = match dice.percent(70) {
            true => spared + compensation,
            false => dice.part(&(spared + compensation)),
        };
    }

    /// What the growth cap lets a report book.
    fn growth(&self, report: &Report) -> Int {
        let mut probe = report.clone();
        raise(&mut probe, not_negative(self.model.books.total_assets()));
        self.model.effect(&probe).gain.booked
    }

    /// The largest fall that a report may bring, after deferred gains.
    fn allowed_fall(&self, report: &Report) -> Int {
        let mut probe = report.clone();
        let all = not_negative(self.model.books.total_assets()) + &self.model.books.deferred_gain;
        raise(&mut probe, -all - eth(1));
        self.model.effect(&probe).fall.allowed
    }

    fn spoil(&self, dice: &mut Dice, report: &mut Report, from: &mut Account) -> Flaw {
        let flaw = dice.pick(&[
            Flaw::Stale,
            Flaw::FromTheFuture,
            Flaw::Replayed,
            Flaw::DepositsFell,
            Flaw::LeftFell,
            Flaw::DepositsAboveSent,
            Flaw::RecoveredAboveSource,
            Flaw::OldEpoch,
            Flaw::NotTheCommittee,
        ]);
        let books = &self.model.books;
        let now = self.model.now;
        match flaw {
            Flaw::Stale => {
                report.slot_time =
                    now - self.model.parameters.seconds(Parameter::FreshnessLimit) - 1
            }
            Flaw::FromTheFuture => report.slot_time = now + 1,
            Flaw::Replayed => report.slot_time = self.model.reports.last.unwrap_or(now),
            Flaw::DepositsFell => {
                report.deposits_seen_gwei = not_negative(&books.deposits_seen / GWEI - 1)
            }
            Flaw::LeftFell => report.left_seen = not_negative(&books.left_seen - 1),
            Flaw::DepositsAboveSent => report.deposits_seen_gwei = &books.sent_out / GWEI + 1,
            Flaw::RecoveredAboveSource => {
                let spared = not_negative(&books.expected_loss - &report.expected_loss);
                report.recovered = spared + (&report.left_seen - &books.left_seen) + 1;
            }
            Flaw::OldEpoch => {
                report.epoch = self
                    .model
                    .reports
                    .closing
                    .as_ref()
                    .map_or(0, |(epoch, _)| *epoch)
            }
            Flaw::NotTheCommittee => {
                *from = dice.pick(&[USERS[0], Account::Owner, Account::Acknowledger])
            }
        }
        flaw
    }

    /// p21: what is allowed is booked, and one wei more is not.
    fn at_the_limits(&mut self, change: Change, effect: &Effect, applied: bool, agreed: bool) {
        let deferred = &self.model.books.deferred_gain;
        let one = int(1);
        match change {
            Change::AllowedGain if effect.change >= int(0) && applied => {
                assert_eq!(*deferred, int(0), "p21")
            }
            Change::OneMore if effect.change > int(0) && applied => {
                assert_eq!(*deferred, one, "p21")
            }
            Change::AllowedFall if effect.change < int(0) => assert!(applied, "p21"),
            Change::OneMoreFalls if effect.change < int(0) && !agreed => assert!(!applied, "p21"),
            _ => return,
        }
        self.tally.count(
            "limit",
            match change {
                Change::AllowedGain => "largest gain booked",
                Change::OneMore => "one wei more deferred",
                Change::AllowedFall => "largest fall booked",
                _ => "one wei more parked",
            },
        );
    }

    pub fn acknowledge(&mut self, dice: &mut Dice) {
        let from = usually(
            dice,
            &[Account::Acknowledger, Account::Acknowledger, Account::Owner],
            92,
        );
        let rate = self.model.books.rate().scaled();
        let parked = self.model.reports.parked.as_ref();
        let parked = parked.map(|parked| self.model.effect(&parked.report).fall.rate_before_cover);
        let (lowest, highest) = match (parked, dice.within(0..=9)) {
            (_, 9) => (rate.clone() + 1, rate),
            (Some(falls_to), 0..=2) => (falls_to.clone(), falls_to),
            (Some(falls_to), 3) => (&falls_to + 1, falls_to + eth(1)),
            (Some(falls_to), 4) => (int(0), not_negative(falls_to - 1)),
            (Some(falls_to), _) => (&falls_to * 9 / 10, falls_to * 11 / 10),
            (None, 0..=5) => (&rate / 2, rate),
            (None, _) => (&rate * 97 / 100, rate),
        };
        let deadline = match dice.percent(8) {
            true => self.model.now - 1,
            false => self.model.now + dice.pick(&[0, 3_600, 86_400, 5 * 86_400]),
        };
        let agreed = Acknowledgement {
            lowest: lowest.clone(),
            highest: highest.clone(),
            deadline,
        };
        let waited = self.model.reports.parked.clone();
        let before = self.model.clone();
        let expected = self.model.acknowledge(from, agreed);
        let done = match (&expected, &waited) {
            (Ok(Some(_)), _) => "applies what is parked",
            (Ok(None), Some(_)) => "not what is parked",
            _ => "for a report to come",
        };
        let call = acknowledgeCall {
            lowestRate: word(&lowest),
            highestRate: word(&highest),
            deadline: U256::from(deadline),
        };
        let applied = match &expected {
            Ok(Some(Reported::Applied(effect))) => Some(effect.clone()),
            _ => None,
        };
        let call = Call::new(from, Account::Manager, call);
        let receipt = self.act("acknowledgement", done, call, expected.map(|_| vec![]));
        if let Some(effect) = applied {
            self.tally.count("report", "acknowledged after");
            self.note_applied(&before, &effect, &receipt);
        }
    }

    pub fn flag(&mut self, dice: &mut Dice) {
        let from = usually(dice, &[Account::Committee, Account::Guardian], 85);
        let expected = self.model.flag_slashing(from);
        let done = match from {
            Account::Committee => "by the committee",
            _ => "by the guardian",
        };
        self.act(
            "flag",
            done,
            Call::new(from, Account::Manager, flagSlashingCall {}),
            expected.map(|()| vec![]),
        );
    }
}

/// Changes the assets by so many wei: income up, expected losses down.
fn raise(report: &mut Report, wei: Int) {
    match wei >= int(0) {
        true => report.left_seen += wei,
        false => report.expected_loss -= wei,
    }
}

/// How an applied report ended.
fn outcome(effect: &Effect, waiting: bool) -> &'static str {
    let fall = &effect.fall;
    if fall.acknowledged {
        return "acknowledged before";
    }
    if waiting {
        return "newer one within the caps";
    }
    if fall.fall > int(0) {
        return match (&fall.covered, fall.covered == fall.fall) {
            (_, true) => "fall covered",
            (covered, _) if *covered > int(0) => "fall covered in part",
            _ => "fall",
        };
    }
    if fall.from_deferred > int(0) {
        return "fall taken from deferred gains";
    }
    let deferred = &effect.change - &effect.gain.booked;
    match deferred > int(0) {
        true => "gain, part deferred",
        false if effect.gain.booked > effect.change => "deferred gain released",
        false if effect.gain.booked > int(0) => "gain",
        false => "nothing new",
    }
}

fn sent(report: &Report) -> StakeManager::Report {
    StakeManager::Report {
        slotTime: report.slot_time,
        clBalanceGwei: short(&report.cl_balance_gwei),
        depositsSeenGwei: short(&report.deposits_seen_gwei),
        leftSeen: long(&report.left_seen),
        expectedLoss: long(&report.expected_loss),
        recovered: long(&report.recovered),
        epoch: report.epoch,
    }
}
