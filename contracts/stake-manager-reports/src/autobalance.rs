//! Balancing, open to all: orders first, then the flash reserve, then validators, then exits. `docs/books.md` tells the order.

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{answer, revert, Answer, Call, Reverts, Word},
    books::{Books, Rate},
    call, host,
    interfaces::{
        IFlashExitPool::topUpCall,
        IOperatorAllocation::{fundCall, readyCall},
        IOperatorExits::{comingCall, requestExitsCall},
        IStakeManager::EthReturned,
        IStakeManagerReports::*,
        IUnstakeQueue::{finalisableCall, finaliseCall},
    },
    log,
    math::{narrow, Rounding},
    parameters::FINALISATION_WINDOW,
    stake_manager::{
        self, amount, burn, deferred, exit_rate, parameter, priced, set_books, take_shares,
        Sibling, CAME_BACK, FINALISATION_OPEN_AT, FLASH_RESERVE, FLOWS, FUNDABLE, LAST_REPORT_REST,
        RESERVE, RESERVE_TARGET, SENT_OUT,
    },
    storage::{address, low_half, whole},
};

use crate::{terms, views::buffered};

/// What a validator is funded with.
const VALIDATOR: u128 = 32_000_000_000_000_000_000;

/// By how many percent exitRate may be below what holders own for orders to be paid: more than the largest growth that
/// a report can book.
const LARGEST_SHORTFALL: u128 = 1;

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
        let free = top_up(free(books, orders.all));
        fund(&mut books, limit, free, &mut done)?;
    }
    ask_for_exits(books, limit, orders.due, &mut done);
    answer(&[
        done.finalised_up_to.word(),
        done.funded.word(),
        done.exits_asked.word(),
    ])
}

/// Until when orders can be finalised; none if they cannot now.
pub(crate) fn open_until(books: Books) -> Option<u64> {
    let (_, applied_at) = terms::last(books);
    let until = applied_at + parameter(&FINALISATION_WINDOW) as u64;
    let open = applied_at != 0 && host::now() <= until && priced(books) && pays_fairly(books);
    open.then_some(until)
}

/// What the holders own: the rate with all in it that makes up for losses.
fn owned(books: Books) -> Rate {
    Rate {
        assets: books.restored(deferred(books)),
        shares: books.total_shares,
    }
    .or_one()
}

/// Whether exitRate is near what the holders own: not zero, and not more than 1 % below. So nobody is paid off while a
/// large recovery is on its way into the rate, to the gain of those who stay.
fn pays_fairly(books: Books) -> bool {
    let (owned, exit) = (owned(books), exit_rate(books));
    // Both are far below 2^121.
    let least = Rate {
        assets: owned.assets * (100 - LARGEST_SHORTFALL),
        ..owned
    };
    let hundredfold = Rate {
        assets: exit.assets * 100,
        ..exit
    };
    exit.assets != 0 && !hundredfold.is_below(least)
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
        burn(queue, shares)?;
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

/// What shares of the holders own, rounded up.
fn worth(books: Books, shares: u128) -> i128 {
    let assets = owned(books).to_assets(shares, Rounding::Up);
    assets.unwrap_or(0) as i128
}

/// What no unfinalised order needs of what is buffered.
fn free(books: Books, unfinalised: u128) -> u128 {
    (buffered(books) - worth(books, unfinalised)).max(0) as u128
}

/// Lends the flash-exit-pool what its reserve lacks, and returns what is left. What it cannot take stays buffered: a
/// receiver of an exit, during which the pool cannot be called, could have it all sent to validators.
fn top_up(free: u128) -> u128 {
    let (word, target) = (RESERVE.get(), RESERVE_TARGET.get(LAST_REPORT_REST.get()));
    let reserve = FLASH_RESERVE.get(word);
    let lent = target.saturating_sub(reserve).min(free);
    if lent == 0 {
        return free;
    }
    let reserve = reserve + lent;
    RESERVE.set(FLASH_RESERVE.set(word, reserve));
    let pool = address(word);
    if call::call(pool, whole(lent), topUpCall::SELECTOR, &[]).is_err() {
        RESERVE.set(word);
        note_failure(pool);
        return free - lent;
    }
    let words = [lent.word(), reserve.word()];
    log::emit(&[ReserveToppedUp::SIGNATURE_HASH], &words);
    free - lent
}

/// A callee that fails must not keep orders from being paid, which the same transaction did before it.
fn note_failure(callee: Address) {
    log::emit(&[BalancingFailed::SIGNATURE_HASH, callee.word()], &[]);
}

/// Asks the registry for a number; none if it does not answer.
fn asked(registry: Address, selector: [u8; 4], words: &[B256]) -> Option<u128> {
    let answer = call::ask(registry, selector, words).and_then(call::first_amount);
    if answer.is_err() {
        note_failure(registry);
    }
    answer.ok()
}

/// Sends out what no order and no reserve needs, 32 ETH a validator.
fn fund(books: &mut Books, limit: u128, free: u128, done: &mut Done) -> Reverts<()> {
    let affordable = low_half(host::divide(whole(free), whole(VALIDATOR)));
    note_fundable(affordable);
    let most = affordable.min(limit);
    if most == 0 {
        return Ok(());
    }
    let (registry, rate) = (Sibling::OperatorRegistry.address(), books.rate().or_one());
    let [assets, shares] = [rate.assets.word(), rate.shares.word()];
    let words = [most.word(), assets, shares];
    let ready = asked(registry, readyCall::SELECTOR, &words).unwrap_or(0);
    let count = most.min(ready);
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
    let before = *books;
    if books.last_report == 0 {
        // From the first placement on there is something to report.
        books.last_report = host::now();
        set_books(*books);
    }
    let words = [count.word(), rate.assets.word(), rate.shares.word()];
    if call::call(registry, whole(assets), fundCall::SELECTOR, &words).is_err() {
        FLOWS.set(flows);
        *books = before;
        set_books(before);
        note_failure(registry);
        return Ok(());
    }
    note_fundable(affordable - count);
    done.funded = count;
    let words = [count.word(), sent_out.word()];
    log::emit(&[ValidatorsFunded::SIGNATURE_HASH], &words);
    Ok(())
}

/// Writes down how many validators free ETH could still fund: so many clusters may be formed.
fn note_fundable(count: u128) {
    let (before, count) = (FLOWS.get(), count.min(FUNDABLE.max()));
    if FUNDABLE.get(before) != count {
        FLOWS.set(FUNDABLE.set(before, count));
    }
}

/// Asks for exits if what is due is worth more than what is at hand and coming.
fn ask_for_exits(books: Books, limit: u128, due: u128, done: &mut Done) {
    if due == 0 {
        return;
    }
    let (last, _) = terms::last(books);
    let on_its_way = last.left_seen as i128 - CAME_BACK.get(FLOWS.get()) as i128;
    let missing = worth(books, due) - buffered(books).max(0) - on_its_way.max(0);
    if missing <= 0 {
        return;
    }
    let registry = Sibling::OperatorRegistry.address();
    let Some(coming) = asked(registry, comingCall::SELECTOR, &[]) else {
        return;
    };
    // What is above the limit is asked for by the next call.
    let missing = (missing as u128)
        .saturating_sub(coming)
        .min(limit * VALIDATOR);
    if missing == 0 {
        return;
    }
    let answer = call::call(
        registry,
        U256::ZERO,
        requestExitsCall::SELECTOR,
        &[missing.word()],
    );
    match answer.and_then(call::first_amount) {
        Ok(0) => {}
        Ok(exits) => {
            done.exits_asked = exits;
            log::emit(&[ExitsAsked::SIGNATURE_HASH], &[exits.word()]);
        }
        Err(_) => note_failure(registry),
    }
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
