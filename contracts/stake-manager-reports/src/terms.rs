//! Reports as they come in, and as they are stored.

use alloy_primitives::U256;
use alloy_sol_types::SolError;
use clay_shared::{
    abi::{revert, Call, Reverts, Word},
    books::{flag, Books},
    host,
    interfaces::IStakeManagerReports::*,
    math::narrow,
    parameters::FRESHNESS_LIMIT,
    stake_manager::{
        parameter, too_large, APPLIED_AT, CLOSING, CL_BALANCE, DEPOSITS_SEEN, EPOCH, EXPECTED_LOSS,
        FLOWS, GWEI, LAST_REPORT, LAST_REPORT_REST, LEFT_SEEN, PARKED, PARKED_EPOCH,
        PARKED_EXPECTED_LOSS, PARKED_RECOVERED, PARKED_REST, REPORTED_ASSETS, RESERVE_TARGET,
        SENT_OUT,
    },
    storage::{low_half, whole, Field},
};

use crate::rules::{Reported, Terms};

/// The terms of the last applied report, and when it was applied.
pub(crate) fn last(books: Books) -> (Terms, u64) {
    let word = LAST_REPORT.get();
    let expected_loss = match books.has(flag::EXPECTED) {
        true => EXPECTED_LOSS.get(LAST_REPORT_REST.get()),
        false => 0,
    };
    (unpack(word, expected_loss), APPLIED_AT.get(word) as u64)
}

/// Stores an applied report's terms, what the flash reserve is topped up to from it on, and totalAssets.
pub(crate) fn set_last(terms: Terms, applied_at: u64, reserve_target: u128, assets: u128) {
    LAST_REPORT.set(pack(terms, applied_at));
    let word = EXPECTED_LOSS.set(U256::ZERO, terms.expected_loss);
    let word = RESERVE_TARGET.set(word, reserve_target.min(RESERVE_TARGET.max()));
    let gwei = (assets / GWEI).min(REPORTED_ASSETS.max());
    LAST_REPORT_REST.set(REPORTED_ASSETS.set(word, gwei));
}

/// The report that waits for acknowledgement.
pub(crate) fn parked() -> Reported {
    let (word, rest) = (PARKED.get(), PARKED_REST.get());
    Reported {
        slot_time: APPLIED_AT.get(word) as u64,
        terms: unpack(word, PARKED_EXPECTED_LOSS.get(rest)),
        recovered: PARKED_RECOVERED.get(rest),
        epoch: PARKED_EPOCH.get(rest) as u32,
    }
}

/// Lets a report wait.
pub(crate) fn park(reported: &Reported) {
    let Reported {
        slot_time,
        terms,
        recovered,
        epoch,
    } = *reported;
    PARKED.set(pack(terms, slot_time));
    let rest = PARKED_EXPECTED_LOSS.set(U256::ZERO, terms.expected_loss);
    let rest = PARKED_RECOVERED.set(rest, recovered);
    PARKED_REST.set(PARKED_EPOCH.set(rest, u128::from(epoch)));
}

fn unpack(word: U256, expected_loss: u128) -> Terms {
    Terms {
        cl_balance: CL_BALANCE.get(word) * GWEI,
        deposits_seen: DEPOSITS_SEEN.get(word) * GWEI,
        left_seen: LEFT_SEEN.get(word),
        expected_loss,
    }
}

fn pack(terms: Terms, time: u64) -> U256 {
    // Whole gwei: they came so.
    let word = CL_BALANCE.set(U256::ZERO, gwei(terms.cl_balance));
    let word = DEPOSITS_SEEN.set(word, gwei(terms.deposits_seen));
    let word = LEFT_SEEN.set(word, terms.left_seen);
    APPLIED_AT.set(word, u128::from(time))
}

pub(crate) fn gwei(wei: u128) -> u128 {
    low_half(host::divide(whole(wei), whole(GWEI)))
}

/// Reads the report that a call brings.
pub(crate) fn read(call: &Call) -> Reverts<Reported> {
    let bits = |index, field: Field| -> Reverts<u128> {
        let asked = call.uint(index)?;
        match narrow(asked) {
            Some(value) if value <= field.max() => Ok(value),
            _ => Err(too_large(asked, field.max())),
        }
    };
    let reported = Reported {
        slot_time: bits(0, APPLIED_AT)? as u64,
        terms: Terms {
            cl_balance: bits(1, CL_BALANCE)? * GWEI,
            deposits_seen: bits(2, DEPOSITS_SEEN)? * GWEI,
            left_seen: bits(3, LEFT_SEEN)?,
            expected_loss: bits(4, PARKED_EXPECTED_LOSS)?,
        },
        recovered: bits(5, PARKED_RECOVERED)?,
        epoch: bits(6, PARKED_EPOCH)? as u32,
    };
    // So that every sum of terms, and what of them is deferred, fits the books.
    let Terms {
        cl_balance,
        left_seen,
        expected_loss,
        ..
    } = reported.terms;
    let sum = cl_balance + left_seen + expected_loss;
    if sum > LEFT_SEEN.max() {
        return Err(too_large(whole(sum), LEFT_SEEN.max()));
    }
    Ok(reported)
}

/// Refuses a report that cannot follow what was reported before. `last` are the terms that apply now.
pub(crate) fn check(reported: &Reported, books: Books, last: Terms) -> Reverts<()> {
    let Reported {
        slot_time,
        terms,
        recovered,
        epoch,
    } = *reported;
    let now = host::now();
    if slot_time > now {
        return refuse(ReportFromFuture::SELECTOR, slot_time, now);
    }
    let oldest = now.saturating_sub(parameter(&FRESHNESS_LIMIT) as u64);
    if slot_time < oldest {
        return refuse(ReportTooOld::SELECTOR, slot_time, oldest);
    }
    let newest = match books.has(flag::PARKED) {
        true => books.last_report.max(parked().slot_time),
        false => books.last_report,
    };
    if slot_time <= newest {
        return refuse(ReportNotNewer::SELECTOR, slot_time, newest);
    }
    for (counter, before) in [
        (terms.deposits_seen, last.deposits_seen),
        (terms.left_seen, last.left_seen),
    ] {
        if counter < before {
            return refuse(CounterFell::SELECTOR, counter, before);
        }
    }
    let sent_out = SENT_OUT.get(FLOWS.get());
    if terms.deposits_seen > sent_out {
        return refuse(DepositsAboveSent::SELECTOR, terms.deposits_seen, sent_out);
    }
    let source =
        (terms.left_seen - last.left_seen) + last.expected_loss.saturating_sub(terms.expected_loss);
    if recovered > source {
        return refuse(RecoveredAboveSource::SELECTOR, recovered, source);
    }
    if epoch != 0 {
        let closed = EPOCH.get(CLOSING.get()) as u32;
        if epoch <= closed {
            return refuse(EpochNotNewer::SELECTOR, u64::from(epoch), u64::from(closed));
        }
    }
    Ok(())
}

/// Refuses with what was asked and what is allowed.
fn refuse<T: Word>(selector: [u8; 4], asked: T, allowed: T) -> Reverts<()> {
    Err(revert(selector, &[asked.word(), allowed.word()]))
}
