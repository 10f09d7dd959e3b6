//! What can be asked of the stake-manager. No view reverts, but the registry's.

use alloy_primitives::{address, fixed_bytes, Address, FixedBytes};
use alloy_sol_types::SolCall;
use clay_shared::{
    abi::{answer, Answer, Call, Word},
    books::{Rate, LOCKED_SHARES},
    interfaces::IStakeManager::*,
    kyc,
    math::{narrow, Rounding},
    parameters::SMALLEST_DEPOSIT,
    stake_manager::{
        books, entry_rate, exit_rate, live, not_live, not_paused, parameter, priced, token,
        whitelist, FLOWS, FUNDABLE,
    },
};

use crate::deposits::largest_deposit;

/// How ERC-7528 and ERC-7535 name ETH.
const ETH: Address = address!("EeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE");
/// ERC-165.
const ERC165: FixedBytes<4> = fixed_bytes!("01ffc9a7");

/// Answers a view; none if the selector is not one of them.
pub(crate) fn route(call: &Call) -> Option<Answer> {
    Some(match call.selector {
        assetCall::SELECTOR => answer(&[ETH.word()]),
        shareCall::SELECTOR => answer(&[token().word()]),
        whitelistCall::SELECTOR => answer(&[whitelist(books()).word()]),
        supportsInterfaceCall::SELECTOR => supports_interface(call),
        totalAssetsCall::SELECTOR => answer(&[books().rate().assets.word()]),
        totalSharesCall::SELECTOR => answer(&[books().total_shares.word()]),
        convertToSharesCall::SELECTOR => converted(call, |assets| {
            books().rate().to_shares(assets, Rounding::Down)
        }),
        convertToAssetsCall::SELECTOR => converted(call, |shares| {
            books().rate().to_assets(shares, Rounding::Down)
        }),
        previewDepositCall::SELECTOR => converted(call, preview_deposit),
        maxDepositCall::SELECTOR => max_deposit(call),
        rateCall::SELECTOR => answer_rate(books().rate()),
        entryRateCall::SELECTOR => answer_rate(entry_rate(books())),
        exitRateCall::SELECTOR => answer_rate(exit_rate(books())),
        rateStatusCall::SELECTOR => rate_status(),
        registryTermsCall::SELECTOR => registry_terms(),
        _ => return None,
    })
}

/// ERC-165 alone. The pool has the shape of an ERC-7575 vault, but not its id, which would promise `redeem`
/// and `withdraw` too: exits go through the queue and the flash-exit-pool.
fn supports_interface(call: &Call) -> Answer {
    let interface = call.bytes4(0)?;
    answer(&[(interface == ERC165).word()])
}

fn preview_deposit(assets: u128) -> Option<u128> {
    let books = books();
    let shares = entry_rate(books).to_shares(assets, Rounding::Down)?;
    let locked = match books.total_shares {
        0 => LOCKED_SHARES,
        _ => 0,
    };
    Some(shares.saturating_sub(locked))
}

fn max_deposit(call: &Call) -> Answer {
    let receiver = call.address(0)?;
    let (books, smallest) = (books(), parameter(&SMALLEST_DEPOSIT));
    let rate = entry_rate(books);
    let may = kyc::may(whitelist(books), receiver, kyc::STAKE | kyc::HOLD).unwrap_or(false);
    let refused = receiver.is_zero() || !may || !priced(books) || books.rate().is_below_floor();
    let largest = match largest_deposit(books, rate) {
        largest if refused || largest < smallest => 0,
        largest => largest,
    };
    answer(&[largest.word()])
}

fn rate_status() -> Answer {
    let books = books();
    let (reason, since) = match not_live(books) {
        None => (0, books.last_report),
        Some((reason, since)) => (reason as u64, since),
    };
    answer(&[
        (reason == 0).word(),
        reason.word(),
        since.word(),
        books.last_report.word(),
    ])
}

/// The one view that refuses: bonds must not be priced while nothing is.
fn registry_terms() -> Answer {
    let books = books();
    not_paused(books)?;
    live(books)?;
    let Rate { assets, shares } = books.rate().or_one();
    let fundable = FUNDABLE.get(FLOWS.get());
    answer(&[assets.word(), shares.word(), fundable.word()])
}

fn answer_rate(rate: Rate) -> Answer {
    answer(&[rate.scaled().word()])
}

/// Converts the first argument; what has no answer within 128 bits answers zero.
fn converted(call: &Call, convert: fn(u128) -> Option<u128>) -> Answer {
    let converted = narrow(call.uint(0)?).and_then(convert).unwrap_or(0);
    answer(&[converted.word()])
}
