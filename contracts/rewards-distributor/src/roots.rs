//! Roots: proposed by the committee, vetoed by the guardian, put into effect by anyone.

use alloc::vec::Vec;

use alloy_primitives::U256;
use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{append_bytes, concat, done, revert, Answer, Call, Reverts, Word},
    call, host,
    interfaces::{
        IOperatorRegistry::noteRootCall,
        IPausable::OnlyGuardian,
        IRewardsDistributor::*,
        IStakeManagerReports::{closingRateCall, recoverCall},
    },
    log,
    storage::Slot,
};

use crate::{
    leaf::fitting,
    schedule::{self, Schedule},
    state::{
        received, CHARGES, COMMITTEE, DUE, EPOCH, HASH, HEAD, OWNABLE, PAUSABLE, PENALTIES,
        PENDING, PENDING_EPOCH, PENDING_HASH, PENDING_PENALTIES, PENDING_RECOVERED,
        PENDING_RECOVERY, PENDING_REWARDS, PENDING_ROOT, PREVIOUS_EPOCH, PREVIOUS_ROOT, RECOVERED,
        REGISTRY, REWARDS, ROOT, SHARES, SINCE, STAKE_MANAGER, VETO_SPENT,
    },
};

/// Bytes of an address of files.
const LONGEST_URI: usize = 256;

/// Proposes the root of an epoch that is over.
pub(crate) fn propose(call: &Call) -> Answer {
    let epoch = fitting(call.word(0)?, EPOCH)?;
    let (root, hash, uri) = (call.uint(1)?, call.uint(2)?, call.bytes(6)?);
    let mut totals = [0; 3];
    for (index, total) in totals.iter_mut().enumerate() {
        *total = fitting(call.word(3 + index)?, REWARDS)?;
    }
    let (caller, committee) = (host::sender(), COMMITTEE.address());
    if caller != committee {
        let words = [caller.word(), committee.word()];
        return Err(revert(OnlyOracleCommittee::SELECTOR, &words));
    }
    // One that is due takes effect, so a missed call holds up nothing.
    roll()?;
    let due = DUE.get(REGISTRY.get());
    if due != 0 {
        let words = [PENDING_EPOCH.get(PENDING.get()), due].map(Word::word);
        return Err(revert(RootPending::SELECTOR, &words));
    }
    if root.is_zero() || hash.is_zero() {
        return Err(revert(ZeroRoot::SELECTOR, &[]));
    }
    if uri.len() > LONGEST_URI {
        let words = [uri.len() as u64, LONGEST_URI as u64].map(Word::word);
        return Err(revert(UriTooLong::SELECTOR, &words));
    }
    is_over(epoch)?;
    are_covered(totals)?;

    let [rewards, penalties, recovered] = totals;
    let due = host::now() + schedule::root_delay();
    let pending = PENDING_REWARDS.set(PENDING_EPOCH.set(U256::ZERO, epoch), rewards);
    PENDING.set(PENDING_PENALTIES.set(pending, penalties));
    PENDING_RECOVERY.set(PENDING_RECOVERED.set(U256::ZERO, recovered));
    PENDING_ROOT.set(root);
    PENDING_HASH.set(hash);
    REGISTRY.set(DUE.set(REGISTRY.get(), u128::from(due)));
    let [rewards, penalties, recovered] = totals.map(Word::word);
    let mut data = concat(
        &[],
        &[
            RootProposed::SIGNATURE_HASH,
            epoch.word(),
            root.word(),
            hash.word(),
            rewards,
            penalties,
            recovered,
            due.word(),
            (7 * 32u64).word(),
        ],
    );
    append_bytes(&mut data, uri);
    host::emit(&data, 2);
    done()
}

/// Refuses an epoch that is not newer than the root's, not over, or not closed by a report.
#[inline(never)]
fn is_over(epoch: u128) -> Reverts<()> {
    let last = EPOCH.get(HEAD.get());
    if epoch <= last {
        return Err(two(EpochNotNewer::SELECTOR, epoch, last));
    }
    let ends_at = u128::from(Schedule::load().end(epoch)?);
    if ends_at > u128::from(host::now()) {
        return Err(two(EpochNotOver::SELECTOR, epoch, ends_at));
    }
    let answered = call::ask(STAKE_MANAGER.address(), closingRateCall::SELECTOR, &[])?;
    let closed = call::first_amount(answered)?;
    if epoch > closed {
        return Err(two(EpochNotClosed::SELECTOR, epoch, closed));
    }
    Ok(())
}

/// Refuses totals that fell, or that nothing covers.
#[inline(never)]
fn are_covered(totals: [u128; 3]) -> Reverts<()> {
    let last = [
        REWARDS.get(SHARES.get()),
        PENALTIES.get(CHARGES.get()),
        RECOVERED.get(CHARGES.get()),
    ];
    if totals.iter().zip(&last).any(|(total, last)| total < last) {
        let words: Vec<_> = totals
            .iter()
            .zip(&last)
            .flat_map(|(total, last)| [total.word(), last.word()])
            .collect();
        return Err(revert(TotalsFell::SELECTOR, &words));
    }
    let [rewards, _, recovered] = totals;
    let (promised, received) = (rewards + recovered, received()?);
    if promised > received {
        return Err(two(AboveHeld::SELECTOR, promised, received));
    }
    Ok(())
}

/// Throws the pending root away.
pub(crate) fn veto() -> Answer {
    let (caller, guardian, owner) = (host::sender(), PAUSABLE.guardian(), OWNABLE.owner());
    let head = HEAD.get();
    if caller != owner {
        if caller != guardian {
            let words = [caller, guardian, owner].map(Word::word);
            return Err(revert(OnlyGuardian::SELECTOR, &words));
        }
        if VETO_SPENT.get(head) != 0 {
            return Err(revert(VetoSpent::SELECTOR, &[]));
        }
    }
    let (due, now) = (pending_due()?, u128::from(host::now()));
    if now >= due {
        return Err(two(RootDue::SELECTOR, due, now));
    }
    if caller != owner {
        HEAD.set(VETO_SPENT.set(head, 1));
    }
    let epoch = PENDING_EPOCH.get(PENDING.get());
    let topics = [RootVetoed::SIGNATURE_HASH, epoch.word()];
    log::emit(&topics, &[PENDING_ROOT.get().word(), caller.word()]);
    clear();
    done()
}

/// Lets the guardian veto once more.
pub(crate) fn rearm() -> Answer {
    OWNABLE.only_owner()?;
    HEAD.set(VETO_SPENT.set(HEAD.get(), 0));
    log::emit(&[VetoRearmed::SIGNATURE_HASH], &[]);
    done()
}

/// Puts the pending root into effect.
pub(crate) fn apply() -> Answer {
    let (due, now) = (pending_due()?, u128::from(host::now()));
    if now < due {
        return Err(two(RootNotDue::SELECTOR, due, now));
    }
    roll()?;
    done()
}

/// When the pending root is due; refuses where there is none.
#[inline(never)]
fn pending_due() -> Reverts<u128> {
    match DUE.get(REGISTRY.get()) {
        0 => Err(revert(NoRootPending::SELECTOR, &[])),
        due => Ok(due),
    }
}

/// Puts a pending root that is due into effect: what it recovers is burned, and the registry hears of it.
#[inline(never)]
pub(crate) fn roll() -> Reverts<()> {
    let (due, now) = (DUE.get(REGISTRY.get()), host::now());
    if due == 0 || u128::from(now) < due {
        return Ok(());
    }
    let (head, pending, charges) = (HEAD.get(), PENDING.get(), CHARGES.get());
    let (epoch, root) = (PENDING_EPOCH.get(pending), PENDING_ROOT.get());
    let ends_at = Schedule::load().end(epoch)?;
    let last = EPOCH.get(head);
    let recovered = PENDING_RECOVERED.get(PENDING_RECOVERY.get());
    // Proposed totals never fall, and no other root took effect since.
    let burned = recovered.saturating_sub(RECOVERED.get(charges));

    PREVIOUS_ROOT.set(ROOT.get());
    ROOT.set(root);
    HASH.set(PENDING_HASH.get());
    HEAD.set(SINCE.set(EPOCH.set(head, epoch), u128::from(now)));
    SHARES.set(REWARDS.set(SHARES.get(), PENDING_REWARDS.get(pending)));
    let charges = PENALTIES.set(charges, PENDING_PENALTIES.get(pending));
    CHARGES.set(RECOVERED.set(charges, recovered));
    clear();
    REGISTRY.set(PREVIOUS_EPOCH.set(REGISTRY.get(), last));
    let topics = [RootApplied::SIGNATURE_HASH, epoch.word()];
    log::emit(&topics, &[root.word(), ends_at.word(), burned.word()]);

    if burned != 0 {
        tell(STAKE_MANAGER, recoverCall::SELECTOR, &[burned])?;
    }
    let words = [epoch, u128::from(ends_at)];
    tell(REGISTRY, noteRootCall::SELECTOR, &words)
}

/// Forgets the pending root.
fn clear() {
    for slot in [PENDING, PENDING_RECOVERY, PENDING_ROOT, PENDING_HASH] {
        slot.set(U256::ZERO);
    }
    REGISTRY.set(DUE.set(REGISTRY.get(), 0));
}

/// Calls a sibling whose address a slot has.
fn tell(at: Slot, selector: [u8; 4], numbers: &[u128]) -> Reverts<()> {
    let words: Vec<_> = numbers.iter().map(|number| number.word()).collect();
    call::call(at.address(), U256::ZERO, selector, &words).map(|_| ())
}

/// Revert data of an error with two numbers.
#[cold]
#[inline(never)]
pub(crate) fn two(selector: [u8; 4], first: u128, second: u128) -> Vec<u8> {
    revert(selector, &[first.word(), second.word()])
}
