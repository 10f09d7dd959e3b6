//! What can be asked of the queue. No view reverts for an id that never was; only `tokenURI` names it, as
//! ERC-721 asks.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolCall, SolError};
use clay_shared::{
    abi::{answer, revert, Answer, Call, Reverts, Word},
    call, host,
    interfaces::{
        ICsEthToken, IOrderImage,
        IStakeManager::{convertToAssetsCall, rateStatusCall},
        IStakeManagerReports::{booksCall, finalisationOpenUntilCall},
        IUnstakeQueue::*,
    },
    kyc,
    math::narrow,
    storage::uint,
};

use crate::{
    batches::Unfinalised,
    claims::{checkpoint_slot, find_checkpoint, payout},
    state::{
        clamp, cumulative, token, whitelist, Order, ASSETS, CHECKPOINT_COUNT, DUE, FINALISED, HEAD,
        NEWER_NEXT, NEXT, ORDER_IMAGE, SET_ASIDE, SHARES, STAKE_MANAGER, TAIL, UP_TO,
    },
    withdrawn,
};

/// What an order is, as `order` says it.
mod state {
    pub(super) const NONE: u64 = 0;
    pub(super) const PENDING: u64 = 1;
    pub(super) const DUE: u64 = 2;
    pub(super) const CLAIMABLE: u64 = 3;
    pub(super) const CLAIMED: u64 = 4;
    pub(super) const WITHDRAWN: u64 = 5;
}

const DAY: u64 = 24 * 60 * 60;
/// Groups of withdrawn orders that `totals` looks at: 128 orders each.
const GROUPS_LOOKED_AT: u128 = 256;

/// An order in words: owner, shares, state, assets.
struct Description {
    id: u64,
    owner: Address,
    shares: u128,
    state: u64,
    assets: u128,
}

fn describe(call: &Call) -> Reverts<Description> {
    let Some(order) = Order::find(call.uint(0)?) else {
        return Ok(Description {
            id: 0,
            owner: Address::ZERO,
            shares: 0,
            state: state::NONE,
            assets: 0,
        });
    };
    let id = u128::from(order.id);
    let state = if order.owner.is_zero() {
        match withdrawn::contains(order.id) {
            true => state::WITHDRAWN,
            false => state::CLAIMED,
        }
    } else if id <= FINALISED.get(TAIL.get()) {
        state::CLAIMABLE
    } else if id <= DUE.get(HEAD.get()) {
        state::DUE
    } else {
        state::PENDING
    };
    let shares = order.shares();
    let assets = match state {
        state::CLAIMABLE => payout(&order, None)?,
        state::PENDING | state::DUE => worth(shares),
        _ => 0,
    };
    Ok(Description {
        id: order.id,
        owner: order.owner,
        shares,
        state,
        assets,
    })
}

pub(crate) fn order(call: &Call) -> Answer {
    let order = describe(call)?;
    answer(&[
        order.owner.word(),
        order.shares.word(),
        order.state.word(),
        order.assets.word(),
    ])
}

pub(crate) fn claimable(call: &Call) -> Answer {
    let order = describe(call)?;
    let may = || kyc::may(whitelist(HEAD.get()), order.owner, kyc::REDEEM).unwrap_or(false);
    let assets = match order.state {
        state::CLAIMABLE if may() => order.assets,
        _ => 0,
    };
    answer(&[assets.word()])
}

pub(crate) fn checkpoint_of(call: &Call) -> Answer {
    let hint = Order::find(call.uint(0)?).map_or(0, |order| find_checkpoint(order.id));
    answer(&[hint.word()])
}

pub(crate) fn checkpoint(call: &Call) -> Answer {
    let index = narrow(call.uint(0)?).unwrap_or(0);
    let word = match index <= CHECKPOINT_COUNT.get(TAIL.get()) {
        true => checkpoint_slot(index as u64).get(),
        false => U256::ZERO,
    };
    answer(&[
        UP_TO.get(word).word(),
        ASSETS.get(word).word(),
        SHARES.get(word).word(),
    ])
}

/// An estimate, no promise: now, if it is due and orders can be finalised; else with the next report, which is
/// expected a day after the last one; a day later if no report has noted it yet; and another 7 days later if
/// the ETH buffered now does not cover it and all before it, so that validators have to leave. Orders that were
/// withdrawn before it are counted as if they were not.
pub(crate) fn estimated_payment(call: &Call) -> Answer {
    let order = describe(call)?;
    if order.state != state::PENDING && order.state != state::DUE {
        return answer(&[0u64.word()]);
    }
    // rateStatus: live, reason, since, last report. books: totalAssets, totalShares, buffered, ...
    let (last_report, now) = (asked(rateStatusCall::SELECTOR, 3), u128::from(host::now()));
    let open = asked(finalisationOpenUntilCall::SELECTOR, 0) != U256::ZERO;
    let mut estimate = match open && order.state == state::DUE {
        true => now,
        false => now.max(clamp(last_report).saturating_add(u128::from(DAY))),
    };
    if u128::from(order.id) >= NEWER_NEXT.get(HEAD.get()) {
        estimate = estimate.saturating_add(u128::from(DAY));
    }
    let ahead = cumulative(order.id) - cumulative(FINALISED.get(TAIL.get()) as u64);
    let buffered = asked(booksCall::SELECTOR, 2);
    let below_zero = buffered.bit(255);
    if below_zero || clamp(buffered) < worth(ahead) {
        estimate = estimate.saturating_add(u128::from(7 * DAY));
    }
    answer(&[estimate.word()])
}

pub(crate) fn totals() -> Answer {
    let (head, tail) = (HEAD.get(), TAIL.get());
    let queue = Unfinalised::read();
    let due_shares = queue.due_shares(&queue.look(GROUPS_LOOKED_AT));
    answer(&[
        NEXT.get(head).word(),
        DUE.get(head).word(),
        FINALISED.get(tail).word(),
        CHECKPOINT_COUNT.get(tail).word(),
        SET_ASIDE.get(tail).word(),
        queue.shares.word(),
        due_shares.word(),
    ])
}

/// Asks the token for its symbol and the order-image for the rest; its answer is handed on.
pub(crate) fn token_uri(call: &Call) -> Answer {
    let order = describe(call)?;
    if order.state == state::NONE {
        let words = [call.word(0)?];
        return Err(revert(ERC721NonexistentToken::SELECTOR, &words));
    }
    let words = [
        order.id.word(),
        order.shares.word(),
        order.state.word(),
        order.assets.word(),
        symbol(),
    ];
    call::ask(
        ORDER_IMAGE.address(),
        IOrderImage::tokenURICall::SELECTOR,
        &words,
    )
}

/// The token's symbol, of at most 31 bytes, as the ABI pads it; zero if it has none.
fn symbol() -> B256 {
    let returned = call::ask(token(), ICsEthToken::symbolCall::SELECTOR, &[]);
    // Offset, length, then the text.
    word_at(&returned.unwrap_or_default(), 2).word()
}

/// What so many shares are worth at the stake-manager's rate; 0 where it has no answer.
fn worth(shares: u128) -> u128 {
    let words = [shares.word()];
    let returned = call::ask(
        STAKE_MANAGER.address(),
        convertToAssetsCall::SELECTOR,
        &words,
    );
    clamp(word_at(&returned.unwrap_or_default(), 0))
}

/// A word of what the stake-manager answers; 0 where it has no answer.
fn asked(selector: [u8; 4], index: usize) -> U256 {
    let returned: Result<Vec<u8>, Vec<u8>> = call::ask(STAKE_MANAGER.address(), selector, &[]);
    word_at(&returned.unwrap_or_default(), index)
}

fn word_at(returned: &[u8], index: usize) -> U256 {
    let (words, _) = returned.as_chunks();
    words.get(index).copied().map_or(U256::ZERO, uint)
}
