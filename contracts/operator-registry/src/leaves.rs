//! Roots and leaves: what each epoch brings an operator.
//!
//! The rewards-distributor says which root is current, and hands on the leaf of whoever claims or is synced. A leaf is
//! cumulative: its penalty is charged by what it rose, and once. None of this stops while nothing is priced.

use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{answer, done, revert, Answer, Call, Reverts, Word},
    books::{Rate, ONE},
    call, host,
    interfaces::{IOperatorRegistry::*, IStakeManager::rateCall},
    log,
    math::narrow,
    operators::{
        parameters::PROVEN_AFTER,
        score::BEST,
        state::{
            bond_terms, cost, count, of_operator::*, parameter, recover, Operator, PoolTerms,
            BY_REGION, DISTRIBUTOR, PROVEN_OPERATORS, ROOT, ROOT_ENDS_AT, ROOT_EPOCH, ROOT_SINCE,
            STAKE_MANAGER,
        },
    },
    storage::whole,
};

use crate::{bonds, fitting, operator, records::not_before, refusal, tell_of, too_large};

/// Refuses every caller but the rewards-distributor.
#[inline(never)]
fn only_distributor() -> Reverts<()> {
    let (caller, distributor) = (host::sender(), DISTRIBUTOR.address());
    if caller != distributor {
        let words = [caller.word(), distributor.word()];
        return Err(revert(OnlyRewardsDistributor::SELECTOR, &words));
    }
    Ok(())
}

/// Applies a leaf, unless one of its epoch or a later one is: then it says only what is withheld. Epochs counted since the last
/// leaf are clean if the penalty did not rise since.
pub(crate) fn apply(call: &Call) -> Answer {
    let epoch = call.uint(1)?;
    only_distributor()?;
    let operator = operator(call)?;
    let current = ROOT_EPOCH.get(ROOT.get());
    // The previous root serves for a while, too.
    let Some(epoch) = narrow(epoch).filter(|epoch| *epoch <= current) else {
        return Err(refusal(NotCurrentEpoch::SELECTOR, epoch, current));
    };
    if epoch > operator.get(ACCOUNT, APPLIED) {
        take(call, operator, epoch)?;
    }

    let mut withheld = operator.get(ACCOUNT, DEBT);
    if bonds::concerns_rate(operator) {
        let rate = last_rate()?;
        bonds::note(operator, rate);
        let required = cost(rate, operator.required(&bond_terms(), None));
        let missing = required.saturating_sub(operator.get(BOND, SHARES));
        withheld = withheld.saturating_add(missing);
    }
    let [manager, payout] = [HEAD, PAYOUT].map(|place| operator.slot(place).address().word());
    answer(&[withheld.word(), manager, payout])
}

/// Takes a leaf over.
#[inline(never)]
fn take(call: &Call, operator: Operator, epoch: u128) -> Reverts<()> {
    let (penalty, epochs) = (fitting(call, 2, CHARGED)?, fitting(call, 4, COUNTED)?);
    let performance = call.uint(3)?;
    let mut account = operator.slot(ACCOUNT).get();
    let charged = CHARGED.get(account);
    let Some(rise) = penalty.checked_sub(charged) else {
        return Err(refusal(PenaltyFell::SELECTOR, whole(penalty), charged));
    };
    let best = u128::from(BEST);
    let Some(performance) = narrow(performance).filter(|asked| *asked <= best) else {
        let error = PerformanceOutOfBounds::SELECTOR;
        return Err(refusal(error, performance, best));
    };

    let counted = epochs.saturating_sub(COUNTED.get(account));
    account = COUNTED.set(CHARGED.set(account, penalty), epochs);
    operator.slot(ACCOUNT).set(APPLIED.set(account, epoch));
    let mut head = PERFORMANCE.set(operator.slot(HEAD).get(), performance);
    let mut clean = CLEAN_EPOCHS.get(head);
    if rise == 0 {
        clean = clean.saturating_add(counted).min(CLEAN_EPOCHS.max());
        head = CLEAN_EPOCHS.set(head, clean);
    }
    operator.slot(HEAD).set(head);
    judge_proven(operator);
    let words = [performance.word(), clean.word()];
    let event = LeafApplied::SIGNATURE_HASH;
    tell_of(event, operator, epoch.word(), &words);
    recover(operator.charge(rise))
}

/// Adds shares that were sent here to a bond.
pub(crate) fn credit(call: &Call) -> Answer {
    let shares = fitting(call, 1, SHARES)?;
    only_distributor()?;
    let operator = operator(call)?;
    let total = operator.get(BOND, SHARES) + shares;
    if total > SHARES.max() {
        return Err(too_large(whole(total), SHARES.max()));
    }
    recover(operator.add_bond(shares))?;
    if bonds::concerns_rate(operator) {
        bonds::look_at(operator, last_rate()?);
    }
    done()
}

/// The pool's rate, or while nothing is priced what it was last: rewards are claimed then too, and what is withheld of
/// them stays the operator's.
#[inline(never)]
pub(crate) fn last_rate() -> Reverts<Rate> {
    if let Ok(terms) = PoolTerms::ask() {
        return Ok(terms.rate);
    }
    let answered = call::ask(STAKE_MANAGER.address(), rateCall::SELECTOR, &[])?;
    Ok(Rate {
        assets: call::first_amount(answered)?,
        shares: ONE,
    })
}

/// Takes down which root is current.
pub(crate) fn note_root(call: &Call) -> Answer {
    let epoch = fitting(call, 0, ROOT_EPOCH)?;
    let ends_at = fitting(call, 1, ROOT_ENDS_AT)?;
    only_distributor()?;
    let mut root = ROOT.get();
    let last = ROOT_EPOCH.get(root);
    if epoch <= last {
        return Err(refusal(EpochNotNewer::SELECTOR, whole(epoch), last));
    }
    // An epoch that is not over settles nothing.
    not_before(ends_at as u64)?;
    root = ROOT_ENDS_AT.set(ROOT_EPOCH.set(root, epoch), ends_at);
    ROOT.set(ROOT_SINCE.set(root, u128::from(host::now())));
    let topics = [RootNoted::SIGNATURE_HASH, epoch.word()];
    log::emit(&topics, &[ends_at.word()]);
    done()
}

/// Counts an operator among the proven ones, or not any more, and puts it where it belongs in the lines. Another number of
/// epochs counts from the next leaf on.
#[inline(never)]
pub(crate) fn judge_proven(operator: Operator) {
    let head = operator.slot(HEAD).get();
    let clean = CLEAN_EPOCHS.get(head) >= parameter(&PROVEN_AFTER);
    let proven = VOUCHED.get(head) != 0 || clean;
    if proven != operator.is_proven() {
        let change = if proven { 1 } else { -1 };
        operator.set(HEAD, PROVEN, u128::from(proven));
        count(BY_REGION, PROVEN_OPERATORS, change);
    }
    operator.place();
}
