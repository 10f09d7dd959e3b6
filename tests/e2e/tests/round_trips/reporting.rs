//! What the committee reports, and what comes of it.

use alloy::primitives::U256;
use clay_chain::Receipt;
use e2e::StakeManager::{
    acknowledgeCall, lossesCall, parkedReportCall, reportCall, RateReported, Report, ReportParked,
};

use crate::{
    dice::Dice,
    world::{events, part, scaled, World, HOUR},
};

/// Largest sum of a report's terms, half of it to leave room: 2^95.
const MOST: u128 = 1 << 95;
const GWEI: u128 = 1_000_000_000;
const YEAR: u128 = 365 * 24 * HOUR as u128;

/// What a report says besides what was known. Parts are in millionths.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// Nothing.
    Nothing,
    /// A gain, as a part of totalAssets.
    Gain(u32),
    /// A gain of exactly what the growth cap allows, and so many wei.
    AllowedGain(u32),
    /// A gain, as a multiple of totalAssets.
    Jackpot(u32),
    /// A fall, as a part of what one report may book.
    Fall(u32),
    /// A fall, as a part of totalAssets.
    Crash(u32),
    /// A fall, as a part of the deferred gain.
    Mistake(u32),
    /// What makes up for a part of the losses that were borne.
    Recovery(u32),
}

impl Change {
    /// Any.
    pub fn draw(dice: &mut Dice) -> Self {
        let part = dice.part();
        match dice.within(0..=19) {
            0..=1 => Change::Nothing,
            2..=5 => Change::Gain(dice.magnitude(1, 30_000) as u32),
            6..=7 => Change::AllowedGain(dice.within(0..=2) as u32),
            8..=9 => Change::Jackpot(dice.magnitude(1_000, 10_000_000) as u32),
            10..=11 => Change::Fall(part),
            12..=13 => Change::Crash(dice.magnitude(1_000, 1_000_000) as u32),
            14 => Change::Mistake(part),
            _ => Change::Recovery(part),
        }
    }
}

/// How a report ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// It may not follow, or is none.
    Refused,
    /// It waits for an acknowledgement.
    Parked,
    /// It was applied, and is this.
    Applied(Vec<&'static str>),
}

impl World {
    /// A report on the pool now, read so many seconds ago if it may be that old. `grown` wei are what the pool grows by
    /// before it.
    pub fn report_of(&self, change: Change, age: u64, grown: u128) -> Report {
        let books = self.books();
        let assets = match books.totalAssets.is_negative() {
            true => 0,
            false => books.totalAssets.into_raw().to::<u128>(),
        };
        let assets = assets + grown;
        let deferred: u128 = books.deferredGain.to();
        let slot = (self.now - age).max(self.last_slot + 1).min(self.now);
        let mut report = Report {
            slotTime: slot,
            clBalanceGwei: (books.clBalance.to::<u128>() / GWEI) as u64,
            depositsSeenGwei: (books.depositsSeen.to::<u128>() / GWEI) as u64,
            leftSeen: books.leftSeen.to(),
            expectedLoss: books.expectedLoss.to(),
            recovered: 0,
            epoch: 0,
        };
        let room = MOST.saturating_sub(report.leftSeen + report.expectedLoss);
        match change {
            Change::Nothing => {}
            Change::Gain(of) | Change::Jackpot(of) => report.leftSeen += part(assets, of).min(room),
            Change::AllowedGain(more) => {
                let elapsed = match self.last_slot {
                    0 => 0,
                    last => (slot - last.min(slot)).min(7 * 24 * HOUR),
                };
                let rate = self.growth_cap * u128::from(elapsed);
                let cap = scaled(assets, rate, 10_000 * YEAR);
                report.leftSeen += (cap + u128::from(more)).min(room);
            }
            Change::Fall(of) => {
                let allowed = scaled(assets, self.loss_cap, 10_000);
                report.expectedLoss += part(allowed, of).saturating_add(deferred).min(room);
            }
            Change::Crash(of) => report.expectedLoss += part(assets, of).min(room),
            Change::Mistake(of) => report.expectedLoss += part(deferred, of).min(room),
            Change::Recovery(of) => {
                let losses = self.view(lossesCall {});
                let borne: u128 = (losses.holdersBorne + losses.protectionBorne).to();
                let recovered = part(borne, of).min(room);
                let spared = recovered.min(report.expectedLoss);
                report.expectedLoss -= spared;
                report.leftSeen += recovered - spared;
                report.recovered = recovered;
            }
        }
        report
    }

    /// Reports.
    pub fn report(&mut self, change: Change, age: u64) -> Ended {
        let report = self.report_of(change, age, 0);
        let (committee, manager) = (self.pool.committee, self.pool.manager);
        let slot = report.slotTime;
        match self.attempt(committee, manager, reportCall { report }) {
            None => Ended::Refused,
            Some((_, receipt)) => {
                self.last_slot = slot;
                ended(&receipt)
            }
        }
    }

    /// Agrees to whatever is parked.
    pub fn acknowledge(&mut self) -> Ended {
        let waiting = self.view(parkedReportCall {});
        let call = acknowledgeCall {
            lowestRate: U256::ZERO,
            highestRate: U256::MAX,
            deadline: U256::from(self.now + HOUR),
        };
        let (acknowledger, manager) = (self.pool.acknowledger, self.pool.manager);
        if waiting.parkedAt.is_zero() {
            return Ended::Refused;
        }
        match self.attempt(acknowledger, manager, call) {
            None => Ended::Refused,
            Some((_, receipt)) => match ended(&receipt) {
                Ended::Applied(mut was) => {
                    was.push("parked, then acknowledged");
                    Ended::Applied(was)
                }
                other => other,
            },
        }
    }
}

/// How the reports of a transaction ended; the last of them counts, and what all of them were.
pub fn ended(receipt: &Receipt) -> Ended {
    let applied: Vec<RateReported> = events(receipt).collect();
    if applied.is_empty() {
        return match events::<ReportParked>(receipt).next() {
            Some(_) => Ended::Parked,
            None => Ended::Refused,
        };
    }
    let mut was = Vec::new();
    for report in applied {
        let (zero, change) = (U256::ZERO, report.change);
        if change.is_negative() {
            was.push("fall");
        } else if !change.is_zero() {
            was.push("gain");
        }
        if report.deferredGain > zero && !change.is_negative() && !change.is_zero() {
            was.push("gain, part deferred");
        }
        if report.covered > zero {
            was.push("fall covered");
        }
        if report.recovered > zero {
            was.push("recovery");
        }
        let before = report.assetsBefore * report.sharesAfter;
        let after = report.assetsAfter.max(Default::default()).into_raw() * report.sharesBefore;
        if after > before && change.is_zero() {
            was.push("recovery booked");
        }
        if after == before {
            was.push("no change of the rate");
        }
    }
    Ended::Applied(was)
}
