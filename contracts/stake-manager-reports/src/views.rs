//! The books in full, for whoever asks.

use alloy_primitives::U256;
use alloy_sol_types::SolCall;
use clay_shared::{
    abi::{answer, Answer, Call, Word},
    books::{flag, Books, Rate},
    interfaces::IStakeManagerReports::*,
    parameters::{find, TABLE},
    stake_manager::{
        self, deferred, exit_rate, priced, rate_word, reference, stored_rate, ACKNOWLEDGEMENT,
        BORNE, CAME_BACK, CLOSING, DEADLINE, EPOCH, FEE_RATE, FLASH_RESERVE, FLOWS, GATEWAY, GWEI,
        HIGHEST_RATE, HOLDERS_BORNE, LAST_REPORT_REST, LOWEST_RATE, PARKED_AT, PROTECTION_BORNE,
        REFERENCE, REPORTED_ASSETS, RESERVE, RESERVE_TARGET, SENT_OUT, SET_AT, WINDOWS,
    },
};

use crate::{
    autobalance::open_until,
    governance::known_sibling,
    report::{LOSSES, LOSS_WINDOW},
    rules::{Reported, Terms},
    silent, terms,
};

/// Answers a view; none if the selector is not one of them.
pub(crate) fn route(call: &Call) -> Option<Answer> {
    Some(match call.selector {
        booksCall::SELECTOR => books(),
        referenceRateCall::SELECTOR => {
            let rate = reference(stake_manager::books()).map_or(U256::ZERO, rate_word);
            answer_rate(rate, SET_AT.get(REFERENCE.get()))
        }
        reportAppliedAtCall::SELECTOR => answer(&[terms::last(stake_manager::books()).1.word()]),
        parkedReportCall::SELECTOR => parked_report(),
        acknowledgementCall::SELECTOR => acknowledgement(),
        lossesCall::SELECTOR => losses(),
        feeRateCall::SELECTOR => {
            let rate = stored_rate(FEE_RATE.get()).unwrap_or(Rate {
                assets: 1,
                shares: 1,
            });
            answer(&[rate.assets.word(), rate.shares.word()])
        }
        closingRateCall::SELECTOR => {
            let word = CLOSING.get();
            let rate = rate_or_zero(word);
            let words = [
                EPOCH.get(word).word(),
                rate.assets.word(),
                rate.shares.word(),
            ];
            answer(&words)
        }
        reserveTermsCall::SELECTOR => reserve_terms(),
        finalisationOpenUntilCall::SELECTOR => {
            let until = open_until(stake_manager::books());
            answer(&[until.unwrap_or(0).word()])
        }
        silentFromCall::SELECTOR => answer(&[silent::from().word()]),
        previewRedeemSilentlyCall::SELECTOR => silent::preview(call),
        siblingCall::SELECTOR => sibling(call),
        gatewayCall::SELECTOR => answer(&[GATEWAY.address().word()]),
        parameterCountCall::SELECTOR => answer(&[(TABLE.len() as u64).word()]),
        parameterCall::SELECTOR => parameter(call),
        _ => return None,
    })
}

fn rate_or_zero(word: U256) -> Rate {
    stored_rate(word).unwrap_or(Rate {
        assets: 0,
        shares: 0,
    })
}

fn answer_rate(word: U256, time: u128) -> Answer {
    let rate = rate_or_zero(word);
    answer(&[rate.assets.word(), rate.shares.word(), time.word()])
}

/// What is at hand, in wei: what remains of totalAssets without the other terms.
pub(crate) fn buffered(books: Books) -> i128 {
    let (last, _) = terms::last(books);
    let flows = FLOWS.get();
    // Each term is far below 2^125.
    let elsewhere =
        FLASH_RESERVE.get(RESERVE.get()) + SENT_OUT.get(flows) + last.cl_balance + last.left_seen;
    let owed =
        last.deposits_seen + CAME_BACK.get(flows) + last.expected_loss + deferred(books).gain;
    books.total_assets - elsewhere as i128 + owed as i128
}

fn reserve_terms() -> Answer {
    let books = stake_manager::books();
    let exit = exit_rate(books);
    let rest = LAST_REPORT_REST.get();
    answer(&[
        priced(books).word(),
        exit.assets.word(),
        exit.shares.word(),
        (REPORTED_ASSETS.get(rest) * GWEI).word(),
        FLASH_RESERVE.get(RESERVE.get()).word(),
        RESERVE_TARGET.get(rest).word(),
    ])
}

fn books() -> Answer {
    let books = stake_manager::books();
    let (last, _) = terms::last(books);
    let flows = FLOWS.get();
    answer(&[
        books.total_assets.word(),
        books.total_shares.word(),
        buffered(books).word(),
        FLASH_RESERVE.get(RESERVE.get()).word(),
        SENT_OUT.get(flows).word(),
        last.deposits_seen.word(),
        last.cl_balance.word(),
        last.left_seen.word(),
        CAME_BACK.get(flows).word(),
        last.expected_loss.word(),
        deferred(books).gain.word(),
    ])
}

fn parked_report() -> Answer {
    let parked = stake_manager::books().has(flag::PARKED);
    let (reported, since) = match parked {
        true => (terms::parked(), PARKED_AT.get(GATEWAY.get())),
        false => (Reported::default(), 0),
    };
    let Reported {
        slot_time,
        terms,
        recovered,
        epoch,
    } = reported;
    let Terms {
        cl_balance,
        deposits_seen,
        left_seen,
        expected_loss,
    } = terms;
    answer(&[
        slot_time.word(),
        terms::gwei(cl_balance).word(),
        terms::gwei(deposits_seen).word(),
        left_seen.word(),
        expected_loss.word(),
        recovered.word(),
        u64::from(epoch).word(),
        since.word(),
    ])
}

fn acknowledgement() -> Answer {
    let word = match stake_manager::books().has(flag::ACKNOWLEDGED) {
        true => ACKNOWLEDGEMENT.get(),
        false => U256::ZERO,
    };
    answer(&[
        LOWEST_RATE.get(word).word(),
        HIGHEST_RATE.get(word).word(),
        DEADLINE.get(word).word(),
    ])
}

fn losses() -> Answer {
    let borne = BORNE.get();
    let counted = LOSSES.get(
        WINDOWS.get(),
        LOSS_WINDOW,
        stake_manager::books().last_report,
    );
    answer(&[
        HOLDERS_BORNE.get(borne).word(),
        PROTECTION_BORNE.get(borne).word(),
        counted.used.word(),
        counted.since.word(),
    ])
}

fn sibling(call: &Call) -> Answer {
    answer(&[known_sibling(call.uint8(0)?)?.address().word()])
}

fn parameter(call: &Call) -> Answer {
    let parameter = find(&TABLE, call.uint8(0)?)?;
    let (smallest, largest) = parameter.bounds();
    let value = stake_manager::parameter(parameter);
    answer(&[value.word(), smallest.word(), largest.word()])
}
