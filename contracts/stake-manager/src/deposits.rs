//! Deposits.

use alloy_primitives::{address, Address, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{answer, revert, Answer, Call, Reverts, Word},
    books::{Books, Rate, FLOOR_DIVISOR, LOCKED_SHARES, MAX_ASSETS, MAX_SHARES, ONE},
    call, host,
    interfaces::{ICsEthToken::mintCall, IStakeManager::*},
    kyc, log,
    math::Rounding,
    ownable::not_zero,
    parameters::SMALLEST_DEPOSIT,
    stake_manager::{
        amount, books, entry_rate, live, not_paused, parameter, set_books, token, too_large,
        whitelist, Sibling,
    },
    storage::whole,
    upgradeable::only_through_proxy,
};

/// Holds the shares that the first deposit locks.
const DEAD: Address = address!("000000000000000000000000000000000000dEaD");

/// The three forms of `deposit`, told apart by their number of arguments.
pub(crate) fn deposit(call: &Call, arguments: usize) -> Answer {
    let (assets, receiver) = (call.uint(0)?, call.address(1)?);
    let min_shares = match arguments {
        2 => U256::ZERO,
        _ => call.uint(2)?,
    };
    let referral = match arguments {
        4 => call.address(3)?,
        _ => Address::ZERO,
    };
    let sent = call.take_value();
    if sent != assets {
        let words = [assets.word(), sent.word()];
        return Err(revert(DepositValueMismatch::SELECTOR, &words));
    }
    let shares = enter(assets, receiver, min_shares)?;
    if !referral.is_zero() {
        let topics = [Referral::SIGNATURE_HASH, referral.word(), receiver.word()];
        log::emit(&topics, &[shares.word()]);
    }
    answer(&[shares.word()])
}

/// Books assets that came with the call and mints their shares at entryRate, rounded down.
pub(crate) fn enter(assets: U256, receiver: Address, min_shares: U256) -> Reverts<u128> {
    let (mut books, token) = (books(), token());
    if token.is_zero() {
        only_through_proxy()?;
    }
    not_zero(receiver)?;
    not_paused(books)?;
    live(books)?;
    let sender = host::sender();
    let (whitelist, smallest) = (whitelist(books), parameter(&SMALLEST_DEPOSIT));
    let is_small = assets < whole(smallest);
    // Bonds may be small, and the registry asks for the operators' rights itself. Its address is read only where it matters.
    let asks = is_small || !whitelist.is_zero();
    if asks && sender != Sibling::OperatorRegistry.address() {
        let nobody = (Address::ZERO, kyc::UNDENIED);
        let asked = [(sender, kyc::STAKE), (receiver, kyc::HOLD), nobody];
        kyc::check(whitelist, asked)?;
        if is_small {
            let words = [assets.word(), smallest.word()];
            return Err(revert(DepositBelowSmallest::SELECTOR, &words));
        }
    }
    let assets = amount(assets)?;
    let minted = shares_for(books, assets)?;
    let first = books.total_shares == 0;
    let shares = if first {
        minted - LOCKED_SHARES
    } else {
        minted
    };
    if whole(shares) < min_shares {
        let words = [shares.word(), min_shares.word()];
        return Err(revert(SharesBelowMinimum::SELECTOR, &words));
    }
    // Both sums are within what the books hold: `shares_for` checked it.
    books.total_assets += assets as i128;
    books.total_shares += minted;
    set_books(books);

    if first {
        mint(token, DEAD, LOCKED_SHARES)?;
    }
    mint(token, receiver, shares)?;
    let topics = [Deposit::SIGNATURE_HASH, sender.word(), receiver.word()];
    log::emit(&topics, &[assets.word(), shares.word()]);
    Ok(shares)
}

/// Shares for a deposit, the locked ones of a first deposit included. Never zero, and within what the books
/// hold.
fn shares_for(books: Books, assets: u128) -> Reverts<u128> {
    let rate = books.rate();
    if rate.is_below_floor() {
        let words = [rate.scaled().word(), (ONE / FLOOR_DIVISOR).word()];
        return Err(revert(RateBelowFloor::SELECTOR, &words));
    }
    let rate = entry_rate(books);
    let room = largest_deposit(books, rate);
    if assets > room {
        return Err(too_large(whole(assets), room));
    }
    let smallest = match books.total_shares {
        0 => LOCKED_SHARES + 1,
        _ => 1,
    };
    // None is out of reach: the room was computed from the same rate.
    let shares = rate.to_shares(assets, Rounding::Down).unwrap_or(0);
    if shares < smallest {
        let words = [shares.word(), smallest.word()];
        return Err(revert(SharesBelowMinimum::SELECTOR, &words));
    }
    Ok(shares)
}

/// Most wei that the books can still take, with the shares for it.
pub(crate) fn largest_deposit(books: Books, rate: Rate) -> u128 {
    let assets = MAX_ASSETS.saturating_sub(books.rate().assets);
    let shares = MAX_SHARES.saturating_sub(books.total_shares);
    let for_shares = rate.to_assets(shares, Rounding::Down).unwrap_or(assets);
    assets.min(for_shares)
}

fn mint(token: Address, to: Address, shares: u128) -> Reverts<()> {
    let words = [to.word(), shares.word()];
    call::call(token, U256::ZERO, mintCall::SELECTOR, &words).map(|_| ())
}
