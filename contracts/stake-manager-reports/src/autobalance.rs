//! Balancing, open to all: orders first, then the flash reserve, then validators, then exits. `docs/books.md` tells the order.

use alloy_primitives::U256;
use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{answer, revert, Answer, Call, Reverts, Word},
    books::{flag, Books},
    call, host,
    interfaces::{
        IFlashExitPool::topUpCall,
        IOperatorRegistry::{comingCall, fundCall, readyCall, requestExitsCall},
        IStakeManager::EthReturned,
        IStakeManagerReports::*,
        IUnstakeQueue::{finalisableCall, finaliseCall},
    },
    log,
    math::{narrow, Rounding},
    parameters::FINALISATION_WINDOW,
    stake_manager::{
        self, amount, exit_rate, not_live, parameter, set_books, take_shares, Sibling, CAME_BACK,
        FINALISATION_OPEN_AT, FLASH_RESERVE, FLOWS, HELD, PAUSABLE, RESERVE, RESERVE_TARGET,
        SENT_OUT,
    },
    storage::{address, low_half, whole},
};

use crate::{silent::burn_of_queue, terms, views::buffered};

/// What a validator is funded with.
const VALIDATOR: u128 = 32_000_000_000_000_000_000;

/// What a call of `autobalance` has done.
#[derive(Default)]
struct Done {
    finalised_up_to: u128,
    funded: u128,
    exits_asked: u128,
}

/// Unfinalised orders, in shares.
struct Orders {
    all: u128,
    due: u128,
}

/// Finalises, tops up, funds and asks for exits, in this order.
pub(crate) fn autobalance(call: &Call) -> Answer {
    let limit = call.uint(0)?;
    if limit.is_zero() {
        let words = [limit.word(), 1u64.word()];
        return Err(revert(LimitTooSmall::SELECTOR, &words));
    }
    let limit = narrow(limit).unwrap_or(u128::MAX).min(u128::from(u32::MAX));
    let mut books = stake_manager::books();
    let mut done = Done::default();
    let priced = priced(books);

    let orders = finalise(&mut books, limit, &mut done)?;
    if priced {
        let free = top_up(free(books, orders.all))?;
        fund(&mut books, limit, free, &mut done)?;
    }
    ask_for_exits(books, limit, orders.due, &mut done)?;
    answer(&[
        done.finalised_up_to.word(),
        done.funded.word(),
        done.exits_asked.word(),
    ])
}

/// Whether anything is priced now: the rate is live, and nobody paused.
pub(crate) fn priced(books: Books) -> bool {
    let paused = books.has(flag::PAUSED) && PAUSABLE.paused_until() != 0;
    not_live(books).is_none() && !paused
}

/// Until when orders can be finalised; none if they cannot now.
pub(crate) fn open_until(books: Books) -> Option<u64> {
    let (_, applied_at) = terms::last(books);
    let until = applied_at + parameter(&FINALISATION_WINDOW) as u64;
    let open =
        applied_at != 0 && host::now() <= until && priced(books) && exit_rate(books).assets != 0;
    open.then_some(until)
}

/// Remembers that orders could be finalised now, whether any was or not: silence starts behind it.
pub(crate) fn note_open() {
    let now = host::now();
    FLOWS.set(FINALISATION_OPEN_AT.set(FLOWS.get(), u128::from(now)));
    log::emit(&[FinalisationOpened::SIGNATURE_HASH], &[now.word()]);
}

/// Pays what is due from what is at hand, and returns what orders are left.
fn finalise(books: &mut Books, limit: u128, done: &mut Done) -> Reverts<Orders> {
    let open = open_until(*books).is_some();
    let rate = exit_rate(*books);
    let available = match open {
        true => buffered(*books).max(0) as u128,
        false => 0,
    };
    let queue = Sibling::UnstakeQueue.address();
    let words = [
        rate.assets.word(),
        rate.shares.word(),
        available.word(),
        limit.word(),
    ];
    let answer = call::ask(queue, finalisableCall::SELECTOR, &words)?;
    let [up_to, shares, all, due] = call::amounts(&answer)?;
    if !open {
        return Ok(Orders { all, due });
    }
    note_open();
    let Some(assets) = rate.to_assets(shares, Rounding::Down) else {
        return Ok(Orders { all, due });
    };
    done.finalised_up_to = up_to;
    if up_to == 0 {
        return Ok(Orders { all, due });
    }
    take_shares(books, shares)?;
    books.total_assets -= assets as i128;
    set_books(*books);
    let topics = [OrdersFinalised::SIGNATURE_HASH, up_to.word()];
    log::emit(&topics, &[assets.word(), shares.word()]);
    if shares != 0 {
        burn_of_queue(shares)?;
    }
    let words = [
        up_to.word(),
        shares.word(),
        rate.assets.word(),
        rate.shares.word(),
    ];
    call::call(queue, whole(assets), finaliseCall::SELECTOR, &words)?;
    Ok(Orders {
        all: all.saturating_sub(shares),
        due: due.saturating_sub(shares),
    })
}

/// What shares are worth at the rate, rounded up.
fn worth(books: Books, shares: u128) -> i128 {
    let assets = books.rate().to_assets(shares, Rounding::Up);
    assets.unwrap_or(0) as i128
}

/// What no unfinalised order needs of what is buffered.
fn free(books: Books, unfinalised: u128) -> u128 {
    (buffered(books) - worth(books, unfinalised)).max(0) as u128
}

/// Lends the flash-exit-pool what its reserve lacks, and returns what is left.
fn top_up(free: u128) -> Reverts<u128> {
    let (word, target) = (RESERVE.get(), RESERVE_TARGET.get(HELD.get()));
    let reserve = FLASH_RESERVE.get(word);
    let lent = target.saturating_sub(reserve).min(free);
    if lent == 0 {
        return Ok(free);
    }
    let reserve = reserve + lent;
    RESERVE.set(FLASH_RESERVE.set(word, reserve));
    let words = [lent.word(), reserve.word()];
    log::emit(&[ReserveToppedUp::SIGNATURE_HASH], &words);
    call::call(address(word), whole(lent), topUpCall::SELECTOR, &[])?;
    Ok(free - lent)
}

/// Sends out what no order and no reserve needs, 32 ETH a validator.
fn fund(books: &mut Books, limit: u128, free: u128, done: &mut Done) -> Reverts<()> {
    let affordable = match free {
        free if free < VALIDATOR => return Ok(()),
        free => low_half(host::divide(whole(free), whole(VALIDATOR))),
    };
    let registry = Sibling::OperatorRegistry.address();
    let ready = call::first_amount(call::ask(registry, readyCall::SELECTOR, &[])?)?;
    let count = affordable.min(ready).min(limit);
    if count == 0 {
        return Ok(());
    }
    let assets = count * VALIDATOR;
    let flows = FLOWS.get();
    let sent_out = SENT_OUT.get(flows) + assets;
    if sent_out > SENT_OUT.max() {
        return Err(stake_manager::too_large(whole(sent_out), SENT_OUT.max()));
    }
    FLOWS.set(SENT_OUT.set(flows, sent_out));
    if books.last_report == 0 {
        // From the first placement on there is something to report.
        books.last_report = host::now();
        set_books(*books);
    }
    done.funded = count;
    let words = [count.word(), sent_out.word()];
    log::emit(&[ValidatorsFunded::SIGNATURE_HASH], &words);
    call::call(registry, whole(assets), fundCall::SELECTOR, &[count.word()])?;
    Ok(())
}

/// Asks for exits if what is due is worth more than what is at hand and coming.
fn ask_for_exits(books: Books, limit: u128, due: u128, done: &mut Done) -> Reverts<()> {
    if due == 0 {
        return Ok(());
    }
    let (last, _) = terms::last(books);
    let on_its_way = last.left_seen as i128 - CAME_BACK.get(FLOWS.get()) as i128;
    let missing = worth(books, due) - buffered(books).max(0) - on_its_way.max(0);
    if missing <= 0 {
        return Ok(());
    }
    let registry = Sibling::OperatorRegistry.address();
    let coming = call::first_amount(call::ask(registry, comingCall::SELECTOR, &[])?)?;
    // What is above the limit is asked for by the next call.
    let missing = (missing as u128)
        .saturating_sub(coming)
        .min(limit * VALIDATOR);
    if missing == 0 {
        return Ok(());
    }
    let words = [missing.word()];
    let answer = call::call(registry, U256::ZERO, requestExitsCall::SELECTOR, &words)?;
    done.exits_asked = call::first_amount(answer)?;
    if done.exits_asked != 0 {
        log::emit(&[ExitsAsked::SIGNATURE_HASH], &[done.exits_asked.word()]);
    }
    Ok(())
}

/// Books ETH that came without a call, up to what the last report still expects.
pub(crate) fn book_returned() -> Answer {
    let books = stake_manager::books();
    let (last, _) = terms::last(books);
    let flows = FLOWS.get();
    let came_back = CAME_BACK.get(flows);
    let expected = last.left_seen.saturating_sub(came_back);
    let held = amount(host::balance(host::this()))?;
    let unbooked = held.saturating_sub(buffered(books).max(0) as u128);
    let assets = unbooked.min(expected);
    if assets == 0 {
        let words = [unbooked.word(), expected.word()];
        return Err(revert(NothingReturned::SELECTOR, &words));
    }
    let came_back = came_back + assets;
    FLOWS.set(CAME_BACK.set(flows, came_back));
    let words = [assets.word(), came_back.word()];
    log::emit(&[EthReturned::SIGNATURE_HASH], &words);
    answer(&[assets.word()])
}
