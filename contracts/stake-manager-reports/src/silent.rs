//! Shares that the unstake-queue burns: the cost of a cancelled order, and orders redeemed while the committee
//! is silent.

use alloy_sol_types::{SolError, SolEvent};
use clay_shared::{
    abi::{answer, done, revert, Answer, Call, Reverts, Word},
    books::{flag, Books},
    call, host,
    interfaces::IStakeManagerReports::*,
    log,
    math::{mul_div, narrow, share, Rounding},
    ownable::not_zero,
    parameters::{SILENT_AFTER, SILENT_DAILY, SILENT_DISCOUNT, SILENT_MOST},
    stake_manager::{
        self, amount, burn, exit_rate, parameter, set_books, take_shares, Sibling,
        FINALISATION_OPEN_AT, FLOWS, REDEEMED_UNTIL, WINDOWS,
    },
};

use crate::{autobalance::open_until, only, report::assessed, terms, views::buffered};

/// In a day a part of all shares can be redeemed.
const DAY: u64 = 24 * 60 * 60;

/// Burns shares of the queue: the rate rises for those who remain.
pub(crate) fn burn_shares(call: &Call) -> Answer {
    let shares = amount(call.uint(0)?)?;
    only(Sibling::UnstakeQueue)?;
    let mut books = stake_manager::books();
    take_shares(&mut books, shares)?;
    set_books(books);
    log::emit(&[SharesBurned::SIGNATURE_HASH], &[shares.word()]);
    burn(Sibling::UnstakeQueue.address(), shares)?;
    done()
}

/// When orders may be redeemed silently.
pub(crate) fn from() -> u64 {
    FINALISATION_OPEN_AT.get(FLOWS.get()) as u64 + parameter(&SILENT_AFTER) as u64
}

/// Pays an order's shares at a discount, while nobody can finalise orders. No pause stops it.
pub(crate) fn redeem(call: &Call) -> Answer {
    let (shares, receiver) = (amount(call.uint(0)?)?, call.address(1)?);
    only(Sibling::UnstakeQueue)?;
    not_zero(receiver)?;
    let mut books = stake_manager::books();
    let (assets, until) = price(books, shares)?;
    take_shares(&mut books, shares)?;
    books.total_assets -= assets as i128;
    set_books(books);
    WINDOWS.set(REDEEMED_UNTIL.set(WINDOWS.get(), u128::from(until)));
    let topics = [RedeemedSilently::SIGNATURE_HASH, receiver.word()];
    log::emit(&topics, &[assets.word(), shares.word()]);
    burn(Sibling::UnstakeQueue.address(), shares)?;
    call::pay(receiver, assets)?;
    answer(&[assets.word()])
}

/// What `redeem` would pay for shares; 0 where it would refuse.
pub(crate) fn preview(call: &Call) -> Answer {
    let assets = match narrow(call.uint(0)?) {
        Some(shares) => price(stake_manager::books(), shares).map_or(0, |(assets, _)| assets),
        None => 0,
    };
    answer(&[assets.word()])
}

/// Wei for shares, and until when the daily part is used up with them; refuses what cannot be redeemed now.
fn price(books: Books, shares: u128) -> Reverts<(u128, u64)> {
    let now = host::now();
    let silent_from = from();
    if now < silent_from {
        let words = [now.word(), silent_from.word()];
        return Err(revert(NotSilent::SELECTOR, &words));
    }
    if let Some(until) = open_until(books) {
        return Err(revert(FinalisationOpen::SELECTOR, &[until.word()]));
    }
    let until = redeemed_until(books, shares, now)?;
    let worth = exit_rate(books)
        .to_assets(shares, Rounding::Down)
        .unwrap_or(0);
    let assets = worth - discount(books, worth);
    let at_hand = buffered(books).max(0) as u128;
    if assets > at_hand {
        let words = [assets.word(), at_hand.word()];
        return Err(revert(NotEnoughBuffered::SELECTOR, &words));
    }
    Ok((assets, until))
}

/// Each redemption uses as much of the time as its shares are of the daily part, and what is used may reach a day
/// ahead. An order of more than a day's shares would never fit: it may go when nothing is used ahead.
fn redeemed_until(books: Books, shares: u128, now: u64) -> Reverts<u64> {
    let used = (REDEEMED_UNTIL.get(WINDOWS.get()) as u64).max(now);
    let daily = share(books.total_shares, parameter(&SILENT_DAILY), Rounding::Down);
    let takes = mul_div(shares, u128::from(DAY), daily, Rounding::Up).unwrap_or(u128::MAX);
    let free = u128::from((now + DAY).saturating_sub(used));
    if takes.min(u128::from(DAY)) > free || daily == 0 {
        let allowed = mul_div(daily, free, u128::from(DAY), Rounding::Down);
        let words = [shares.word(), allowed.unwrap_or(0).word()];
        return Err(revert(AboveSilentLimit::SELECTOR, &words));
    }
    // At most as many days as the daily part is in all shares, unless more are asked for than there are.
    Ok(used + takes.min(u128::from(u32::MAX)) as u64)
}

/// What stays in the pool of `worth` wei, rounded up: the larger of the discount and a parked loss, up to a
/// limit.
fn discount(books: Books, worth: u128) -> u128 {
    let least = share(worth, parameter(&SILENT_DISCOUNT), Rounding::Up);
    let most = share(worth, parameter(&SILENT_MOST), Rounding::Up);
    let parked = match books.has(flag::PARKED) {
        true => {
            let assessment = assessed(books, &terms::parked());
            let assets = assessment.books.rate().assets;
            mul_div(worth, assessment.fall, assets, Rounding::Up).unwrap_or(most)
        }
        false => 0,
    };
    least.max(parked).min(most).min(worth)
}
