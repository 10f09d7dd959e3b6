//! Reports, acknowledgements and slashing flags. The rules are in `rules.rs`; here is what is read and written.

use alloy_primitives::{B256, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{done, revert, Answer, Call, Reverts, Word},
    books::{flag, Books, Deferred, Rate},
    call, host,
    interfaces::{
        ICsEthToken::{mintCall, mintManyCall},
        IProtectionPool::coverCall,
        IStakeManagerReports::*,
        IUnstakeQueue::noteReportCall,
    },
    log,
    math::{narrow, share, Rounding},
    parameters::{
        FLASH_TARGET, GROWTH_CAP, LOSS_CAP, MONTHLY_LOSS_CAP, OPERATORS_SPLIT, PROTECTION_SPLIT,
        REWARD_FEE,
    },
    stake_manager::{
        self, amount, burn, parameter, rate_word, set_books, stored_rate, take_shares, Sibling,
        ACKNOWLEDGEMENT, BORNE, CLOSING, DEADLINE, DEFERRED, DEFERRED_GAIN, EARLIER_REFERENCE,
        EPOCH, FEE_FREE, FEE_RATE, GATEWAY, HIGHEST_RATE, HOLDERS_BORNE, LOWEST_RATE, OWNABLE,
        PARKED_AT, PAUSABLE, PROTECTION_BORNE, REFERENCE, SET_AT, SLASHING_FLAGGED_AT,
        SLASHING_LAPSES_AT, STANDS_UNTIL, WINDOWS,
    },
    storage::Field,
    window::{Place, Window},
};

use crate::{
    autobalance::{self, open_until},
    only,
    rules::{assess, fee_shares, give_back, split, Assessment, Borne, Reported, Terms},
    terms::{self, check},
};

/// How long a reference lasts at least: 20 hours, so that who enters before a report cannot leave at its rate
/// within them (protocol, section 3).
const REFERENCE_LASTS: u64 = 20 * 60 * 60;
/// Time in which losses are added up: 30 days (`parameters.md`, loss cap).
pub(crate) const LOSS_WINDOW: u64 = 30 * 24 * 60 * 60;
/// Seconds after which a guardian's flag lapses: 3 days (`parameters.md`, guardian; fixed).
const GUARDIAN_FLAG: u64 = 3 * 24 * 60 * 60;

/// Where losses are added up.
pub(crate) const LOSSES: Place = Place::new(0);

/// Applies the committee's report, or parks it.
pub(crate) fn report(call: &Call) -> Answer {
    only(Sibling::OracleCommittee)?;
    let reported = terms::read(call)?;
    let books = stake_manager::books();
    let (last, _) = terms::last(books);
    check(&reported, books, last)?;
    take(books, &reported)?;
    done()
}

/// Agrees to a fall, and applies the parked report if it is the one.
pub(crate) fn acknowledge(call: &Call) -> Answer {
    let (lowest, highest, deadline) = (call.uint(0)?, call.uint(1)?, call.uint(2)?);
    let caller = host::sender();
    if caller != OWNABLE.owner() {
        only(Sibling::Acknowledger)?;
    }
    if lowest > highest {
        let words = [lowest.word(), highest.word()];
        return Err(revert(BoundsOutOfOrder::SELECTOR, &words));
    }
    let now = host::now();
    if deadline < U256::from_limbs([now, 0, 0, 0]) {
        let words = [deadline.word(), now.word()];
        return Err(revert(DeadlinePassed::SELECTOR, &words));
    }
    let word = clamp(U256::ZERO, LOWEST_RATE, lowest);
    let word = clamp(word, HIGHEST_RATE, highest);
    ACKNOWLEDGEMENT.set(clamp(word, DEADLINE, deadline));
    let topics = [Acknowledged::SIGNATURE_HASH, caller.word()];
    log::emit(&topics, &[lowest.word(), highest.word(), deadline.word()]);

    let mut books = stake_manager::books();
    books.flags |= flag::ACKNOWLEDGED;
    if books.has(flag::PARKED) {
        take(books, &terms::parked())?;
    } else {
        set_books(books);
    }
    done()
}

/// The word with a field set to a value, or to the largest it holds.
fn clamp(word: U256, field: Field, value: U256) -> U256 {
    let largest = field.max();
    field.set(
        word,
        narrow(value).map_or(largest, |value| value.min(largest)),
    )
}

/// Stops pricing until a report read from now on is applied.
pub(crate) fn flag_slashing() -> Answer {
    let (caller, guardian) = (host::sender(), PAUSABLE.guardian());
    let committee = Sibling::OracleCommittee.address();
    let (mut books, now) = (stake_manager::books(), host::now());
    let until = if caller == committee {
        SLASHING_LAPSES_AT.max() as u64
    } else if caller != guardian {
        let words = [caller.word(), committee.word(), guardian.word()];
        return Err(revert(OnlyReporterOrGuardian::SELECTOR, &words));
    } else if books.has(flag::FLAG_SPENT) {
        return Err(revert(GuardianFlagSpent::SELECTOR, &[]));
    } else {
        books.flags |= flag::FLAG_SPENT;
        now + GUARDIAN_FLAG
    };
    let word = GATEWAY.get();
    // Nobody's flag is cut short by another's.
    let standing = match books.has(flag::SLASHING) {
        true => SLASHING_LAPSES_AT.get(word) as u64,
        false => 0,
    };
    let until = until.max(standing);
    let word = SLASHING_FLAGGED_AT.set(word, u128::from(now));
    GATEWAY.set(SLASHING_LAPSES_AT.set(word, u128::from(until)));
    books.flags |= flag::SLASHING;
    set_books(books);
    let topics = [SlashingFlagged::SIGNATURE_HASH, caller.word()];
    log::emit(&topics, &[until.word()]);
    done()
}

/// A report against the books as they are.
pub(crate) fn assessed(books: Books, reported: &Reported) -> Assessment {
    let deferred = stake_manager::deferred(books);
    assess(books, deferred, borne(), terms::last(books).0, reported)
}

fn borne() -> Borne {
    let word = BORNE.get();
    Borne {
        holders: HOLDERS_BORNE.get(word),
        protection: PROTECTION_BORNE.get(word),
    }
}

fn set_borne(after: Borne) {
    if after != borne() {
        let word = HOLDERS_BORNE.set(U256::ZERO, after.holders.min(HOLDERS_BORNE.max()));
        let protection = after.protection.min(PROTECTION_BORNE.max());
        BORNE.set(PROTECTION_BORNE.set(word, protection));
    }
}

fn set_deferred(books: &mut Books, deferred: Deferred) {
    let had = books.has(flag::DEFERRED);
    set_flag(books, flag::DEFERRED, deferred.gain != 0);
    if had || deferred.gain != 0 {
        let word = DEFERRED_GAIN.set(U256::ZERO, deferred.gain);
        DEFERRED.set(FEE_FREE.set(word, deferred.fee_free));
    }
}

/// Burns shares of an operator, from a bond or of its rewards, at the rate, and books what they are worth as a recovery. It comes into the rate by the next
/// reports, so nobody can step in for it.
pub(crate) fn recover(call: &Call) -> Answer {
    let (shares, caller) = (amount(call.uint(0)?)?, host::sender());
    if caller != Sibling::RewardsDistributor.address() {
        only(Sibling::OperatorRegistry)?;
    }
    let mut books = stake_manager::books();
    let (mut deferred, mut borne) = (stake_manager::deferred(books), borne());
    let rate = books.rate().or_one();
    let assets = rate.to_assets(shares, Rounding::Down).unwrap_or(0);
    take_shares(&mut books, shares)?;
    books.total_assets -= assets as i128;
    let given = give_back(&mut books, &mut deferred, &mut borne, assets);
    let gain = assets - given.to_holders - given.to_protection;
    deferred.gain += gain;
    set_deferred(&mut books, deferred);
    set_borne(borne);
    set_books(books);
    let words = [shares, assets, given.to_holders, given.to_protection, gain];
    log::emit(&[Recovered::SIGNATURE_HASH], &words.map(Word::word));
    burn(caller, shares)?;
    if given.shares != 0 {
        let protection = Sibling::ProtectionPool.address();
        let words = [protection.word(), given.shares.word()];
        call::call(
            stake_manager::token(),
            U256::ZERO,
            mintCall::SELECTOR,
            &words,
        )?;
    }
    done()
}

/// Applies a report that may follow the last one, or parks it.
fn take(before: Books, reported: &Reported) -> Reverts<()> {
    let mut assessment = assessed(before, reported);
    let mut cover = (0, 0);
    if assessment.fall != 0 {
        if !within_caps(before, reported, &assessment) {
            return Ok(());
        }
        let asked = assessment.shares_to_cover();
        cover = given_by_protection(&mut assessment, asked)?;
    } else {
        assessment.book_fall(0, 0);
    }
    assessment.book_returned();
    let booked = assessment.book_gain(parameter(&GROWTH_CAP), reported.slot_time);
    let fee = take_fee(&mut assessment.books, booked);
    settle(before, reported, assessment, cover, fee)
}

/// Whether a fall may be booked. One that may not is parked; one that is acknowledged uses that up.
fn within_caps(before: Books, reported: &Reported, assessment: &Assessment) -> bool {
    let windows = WINDOWS.get();
    let counted = LOSSES.get(windows, LOSS_WINDOW, reported.slot_time);
    let assets = assessment.books.rate().assets;
    let one_report = share(assets, parameter(&LOSS_CAP), Rounding::Down);
    let monthly = share(assets, parameter(&MONTHLY_LOSS_CAP), Rounding::Down);
    let allowed = one_report.min(counted.room(monthly));
    if assessment.fall <= allowed {
        let counted = counted.with(assessment.fall, reported.slot_time);
        WINDOWS.set(LOSSES.set(windows, counted));
        return true;
    }
    let rate = assessment.rate_before_cover();
    if before.has(flag::ACKNOWLEDGED) {
        let word = ACKNOWLEDGEMENT.get();
        let inside = rate >= LOWEST_RATE.get(word) && rate <= HIGHEST_RATE.get(word);
        if inside && host::now() <= DEADLINE.get(word) as u64 {
            let anew = Window {
                used: 0,
                since: reported.slot_time,
            };
            WINDOWS.set(LOSSES.set(windows, anew));
            return true;
        }
    }
    if before.has(flag::PARKED) && terms::parked() == *reported {
        set_books(before);
        return false;
    }
    terms::park(reported);
    let mut books = before;
    if !books.has(flag::PARKED) {
        books.flags |= flag::PARKED;
        GATEWAY.set(PARKED_AT.set(GATEWAY.get(), u128::from(host::now())));
    }
    set_books(books);
    let topics = [ReportParked::SIGNATURE_HASH, reported.slot_time.word()];
    let Terms {
        cl_balance,
        deposits_seen,
        left_seen,
        expected_loss,
    } = reported.terms;
    let words = [
        assessment.fall.word(),
        allowed.word(),
        rate.word(),
        cl_balance.word(),
        deposits_seen.word(),
        left_seen.word(),
        expected_loss.word(),
        reported.recovered.word(),
        u64::from(reported.epoch).word(),
    ];
    log::emit(&topics, &words);
    false
}

/// Lets the protection-pool bear what it may of a fall: wei covered, and shares to burn.
fn given_by_protection(assessment: &mut Assessment, asked: u128) -> Reverts<(u128, u128)> {
    let given = match asked {
        0 => 0,
        _ => {
            let pool = Sibling::ProtectionPool.address();
            let answer = call::call(pool, U256::ZERO, coverCall::SELECTOR, &[asked.word()])?;
            call::first_amount(answer)?.min(asked)
        }
    };
    Ok((assessment.book_fall(asked, given), given))
}

/// Takes the fee on `taxed` wei that are booked, and returns its shares.
fn take_fee(books: &mut Books, taxed: u128) -> u128 {
    if taxed == 0 || books.total_shares == 0 {
        return 0;
    }
    let highest = stored_rate(FEE_RATE.get()).unwrap_or(Rate {
        assets: 1,
        shares: 1,
    });
    let shares = fee_shares(*books, taxed, highest, parameter(&REWARD_FEE));
    if shares != 0 {
        books.total_shares += shares;
        FEE_RATE.set(rate_word(books.rate()));
    }
    shares
}

/// Writes down what an applied report leads to, then mints, burns and tells the queue.
fn settle(
    before: Books,
    reported: &Reported,
    after: Assessment,
    (covered, cover_shares): (u128, u128),
    fee: u128,
) -> Reverts<()> {
    let now = host::now();
    let (_, last_applied_at) = terms::last(before);
    let mut books = after.books;
    books.last_report = reported.slot_time;
    clear_stops(&mut books, reported.slot_time);
    set_flag(
        &mut books,
        flag::EXPECTED,
        reported.terms.expected_loss != 0,
    );
    // As of this report, so that parts of an exit meet the same target.
    let assets = books.rate().assets;
    let target = share(assets, parameter(&FLASH_TARGET), Rounding::Down);
    terms::set_last(reported.terms, now, target, assets);
    set_deferred(&mut books, after.deferred);
    set_borne(after.borne);
    set_reference(&mut books, before.rate().or_one(), last_applied_at, now);
    if reported.epoch != 0 {
        let Rate { assets, shares } = books.rate();
        CLOSING.set(EPOCH.set(rate_word(books.rate()), u128::from(reported.epoch)));
        let topics = [
            EpochClosed::SIGNATURE_HASH,
            u64::from(reported.epoch).word(),
        ];
        log::emit(&topics, &[assets.word(), shares.word()]);
    }
    set_books(books);
    if open_until(books).is_some() {
        autobalance::note_open();
    }
    tell(before, reported, &after, covered, cover_shares, fee);

    let token = stake_manager::token();
    let protection = Sibling::ProtectionPool;
    if cover_shares != 0 {
        burn(protection.address(), cover_shares)?;
    }
    let [operators, mut protected, treasury] = split(
        fee,
        parameter(&OPERATORS_SPLIT),
        parameter(&PROTECTION_SPLIT),
    );
    protected += after.returned_shares;
    if operators + protected + treasury != 0 {
        let words = [
            Sibling::RewardsDistributor.address().word(),
            protection.address().word(),
            Sibling::Treasury.address().word(),
            operators.word(),
            protected.word(),
            treasury.word(),
        ];
        call::call(token, U256::ZERO, mintManyCall::SELECTOR, &words)?;
    }
    let queue = Sibling::UnstakeQueue.address();
    let words = [reported.slot_time.word()];
    call::call(queue, U256::ZERO, noteReportCall::SELECTOR, &words)?;
    Ok(())
}

/// Lowers the reference to the rate before this report, or sets it anew if it was set long enough ago. Then
/// what it was stands until the last report that made it is as long ago, so that no report of that time can
/// be gained from either.
fn set_reference(books: &mut Books, before: Rate, last_applied_at: u64, now: u64) {
    let standing = REFERENCE.get();
    let set_at = SET_AT.get(standing) as u64;
    let (rate, set_at) = match stored_rate(standing) {
        Some(reference) if now < set_at + REFERENCE_LASTS => (reference.min(before), set_at),
        _ => {
            let until = last_applied_at + REFERENCE_LASTS;
            set_flag(books, flag::EARLIER_REFERENCE, now < until);
            if now < until {
                EARLIER_REFERENCE.set(STANDS_UNTIL.set(standing, u128::from(until)));
            }
            (before, now)
        }
    };
    REFERENCE.set(SET_AT.set(rate_word(rate), u128::from(set_at)));
}

/// Ends what an applied report ends: a parked report, an acknowledgement, a flag from before its slot.
fn clear_stops(books: &mut Books, slot_time: u64) {
    books.flags &= !(flag::PARKED | flag::ACKNOWLEDGED);
    if books.has(flag::SLASHING) && SLASHING_FLAGGED_AT.get(GATEWAY.get()) as u64 <= slot_time {
        books.flags &= !flag::SLASHING;
        log::emit(&[SlashingCleared::SIGNATURE_HASH], &[slot_time.word()]);
    }
}

fn set_flag(books: &mut Books, flag: u32, on: bool) {
    books.flags &= !flag;
    if on {
        books.flags |= flag;
    }
}

fn tell(
    before: Books,
    reported: &Reported,
    after: &Assessment,
    covered: u128,
    cover_shares: u128,
    fee: u128,
) {
    let terms = reported.terms;
    let topics = [ReportApplied::SIGNATURE_HASH, reported.slot_time.word()];
    let words: [B256; 4] = [
        terms.cl_balance.word(),
        terms.deposits_seen.word(),
        terms.left_seen.word(),
        terms.expected_loss.word(),
    ];
    log::emit(&topics, &words);
    let words = [
        after.change.word(),
        after.given_back.word(),
        after.deferred.gain.word(),
        covered.word(),
        cover_shares.word(),
        fee.word(),
        before.rate().assets.word(),
        before.total_shares.word(),
        after.books.total_assets.word(),
        after.books.total_shares.word(),
    ];
    log::emit(&[RateReported::SIGNATURE_HASH], &words);
}
