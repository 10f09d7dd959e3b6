//! Shares that the unstake-queue burns: the cost of a cancelled order, and orders redeemed while the committee
//! is silent.

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{answer, done, revert, Answer, Call, Reverts, Word},
    books::{flag, Books},
    call, host,
    interfaces::{ICsEthToken::burnCall, IStakeManagerReports::*},
    log,
    math::{mul_div, narrow, share, Rounding},
    ownable::not_zero,
    parameters::{SILENT_AFTER, SILENT_DAILY, SILENT_DISCOUNT, SILENT_MOST},
    stake_manager::{
        self, amount, exit_rate, parameter, set_books, take_shares, token, Sibling,
        FINALISATION_OPEN_AT, FLOWS, WINDOWS,
    },
    window::{Place, Window},
};

use crate::{autobalance::open_until, only, report::assessed, terms, views::buffered};

/// Where redeemed shares are added up.
const REDEEMED: Place = Place::new(128);
/// Time in which they are: a day.
const DAY: u64 = 24 * 60 * 60;

/// Burns shares of the queue: the rate rises for those who remain.
pub(crate) fn burn_shares(call: &Call) -> Answer {
    let shares = amount(call.uint(0)?)?;
    only(Sibling::UnstakeQueue)?;
    let mut books = stake_manager::books();
    take_shares(&mut books, shares)?;
    set_books(books);
    log::emit(&[SharesBurned::SIGNATURE_HASH], &[shares.word()]);
    burn_of_queue(shares)?;
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
    let (assets, window, days) = price(books, shares)?;
    take_shares(&mut books, shares)?;
    books.total_assets -= assets as i128;
    set_books(books);
    // The day starts late enough for these shares to be all that go in as many days as they take. Not many, as
    // there are no more shares than the daily part is a part of.
    let starts = host::now() + DAY * (days as u64).saturating_sub(1);
    WINDOWS.set(REDEEMED.set(WINDOWS.get(), window.with(shares, starts)));
    let topics = [RedeemedSilently::SIGNATURE_HASH, receiver.word()];
    log::emit(&topics, &[assets.word(), shares.word()]);
    burn_of_queue(shares)?;
    pay(receiver, assets)?;
    answer(&[assets.word()])
}

/// What `redeem` would pay for shares; 0 where it would refuse.
pub(crate) fn preview(call: &Call) -> Answer {
    let assets = match narrow(call.uint(0)?) {
        Some(shares) => price(stake_manager::books(), shares).map_or(0, |(assets, ..)| assets),
        None => 0,
    };
    answer(&[assets.word()])
}

/// Wei for shares, the day's redemptions before them, and the number of days whose redemptions they are; refuses
/// what cannot be redeemed now.
fn price(books: Books, shares: u128) -> Reverts<(u128, Window, u128)> {
    let now = host::now();
    let silent_from = from();
    if now < silent_from {
        let words = [now.word(), silent_from.word()];
        return Err(revert(NotSilent::SELECTOR, &words));
    }
    if let Some(until) = open_until(books) {
        return Err(revert(FinalisationOpen::SELECTOR, &[until.word()]));
    }
    let window = REDEEMED.get(WINDOWS.get(), DAY, now);
    let daily = share(books.total_shares, parameter(&SILENT_DAILY), Rounding::Down);
    let allowed = window.room(daily);
    // An order larger than a day's share would never fit: it may go when nothing else has, and takes up as many
    // days as it is day's shares.
    let alone = window.used == 0 && daily != 0;
    if shares > allowed && !alone {
        let words = [shares.word(), allowed.word()];
        return Err(revert(AboveSilentLimit::SELECTOR, &words));
    }
    let worth = exit_rate(books)
        .to_assets(shares, Rounding::Down)
        .unwrap_or(0);
    let assets = worth - discount(books, worth);
    let at_hand = buffered(books).max(0) as u128;
    if assets > at_hand {
        let words = [assets.word(), at_hand.word()];
        return Err(revert(NotEnoughBuffered::SELECTOR, &words));
    }
    let days = mul_div(shares, 1, daily, Rounding::Up).unwrap_or(0);
    Ok((assets, window, days))
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

/// Burns shares that the queue holds.
pub(crate) fn burn_of_queue(shares: u128) -> Reverts<()> {
    let words = [Sibling::UnstakeQueue.address().word(), shares.word()];
    call::call(token(), U256::ZERO, burnCall::SELECTOR, &words).map(|_| ())
}

/// Pays ETH out; a receiver that refuses makes the call revert.
fn pay(receiver: Address, assets: u128) -> Reverts<()> {
    if host::pay(receiver, assets, u64::MAX) {
        return Ok(());
    }
    let words = [receiver.word(), assets.word()];
    Err(revert(PayoutRefused::SELECTOR, &words))
}
