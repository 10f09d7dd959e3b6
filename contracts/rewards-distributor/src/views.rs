//! What can be asked.

use alloy_sol_types::SolCall;
use clay_shared::{
    abi::{answer, Answer, Call, Reverts, Word},
    interfaces::IRewardsDistributor::*,
    storage::Slot,
};

use crate::{
    leaf::{fitting, PREVIOUS_SERVES},
    schedule::{self, Schedule},
    state::{
        paid_to, received, receiver_of, whitelist, CHARGES, COMMITTEE, DUE, EPOCH, FLASH_EXIT_POOL,
        HASH, HEAD, PAID, PENALTIES, PENDING, PENDING_EPOCH, PENDING_HASH, PENDING_PENALTIES,
        PENDING_RECOVERED, PENDING_RECOVERY, PENDING_REWARDS, PENDING_ROOT, PREVIOUS_EPOCH,
        PREVIOUS_ROOT, RECOVERED, REGISTRY, REWARDS, ROOT, SHARES, SINCE, STAKE_MANAGER,
        VETO_SPENT,
    },
    terms,
};

/// Answers the views; none if the selector is another's.
pub(crate) fn route(call: &Call) -> Option<Answer> {
    Some(match call.selector {
        rootCall::SELECTOR => root(),
        previousRootCall::SELECTOR => previous_root(),
        pendingRootCall::SELECTOR => pending_root(),
        totalsCall::SELECTOR => totals(),
        unpromisedCall::SELECTOR => unpromised(),
        paidCall::SELECTOR => paid(call),
        vetoSpentCall::SELECTOR => answer(&[VETO_SPENT.get(HEAD.get()).word()]),
        currentEpochCall::SELECTOR => current_epoch(),
        epochEndCall::SELECTOR => epoch_end(call),
        termsCall::SELECTOR => terms_of(call),
        rootDelayCall::SELECTOR => answer(&[schedule::root_delay().word()]),
        receiverOfCall::SELECTOR => receiver(call),
        tokenCall::SELECTOR => named(HEAD),
        stakeManagerCall::SELECTOR => named(STAKE_MANAGER),
        operatorRegistryCall::SELECTOR => named(REGISTRY),
        flashExitPoolCall::SELECTOR => named(FLASH_EXIT_POOL),
        oracleCommitteeCall::SELECTOR => named(COMMITTEE),
        whitelistCall::SELECTOR => answer(&[whitelist().word()]),
        _ => return None,
    })
}

fn named(slot: Slot) -> Answer {
    answer(&[slot.address().word()])
}

fn root() -> Answer {
    let head = HEAD.get();
    let (epoch, since) = (EPOCH.get(head), SINCE.get(head));
    answer(&[
        epoch.word(),
        ROOT.get().word(),
        since.word(),
        HASH.get().word(),
    ])
}

fn previous_root() -> Answer {
    let root = PREVIOUS_ROOT.get();
    let until = match root.is_zero() {
        true => 0,
        false => SINCE.get(HEAD.get()) as u64 + PREVIOUS_SERVES,
    };
    let epoch = PREVIOUS_EPOCH.get(REGISTRY.get());
    answer(&[epoch.word(), root.word(), until.word()])
}

fn pending_root() -> Answer {
    let pending = PENDING.get();
    answer(&[
        PENDING_EPOCH.get(pending).word(),
        PENDING_ROOT.get().word(),
        DUE.get(REGISTRY.get()).word(),
        PENDING_HASH.get().word(),
        PENDING_REWARDS.get(pending).word(),
        PENDING_PENALTIES.get(pending).word(),
        PENDING_RECOVERED.get(PENDING_RECOVERY.get()).word(),
    ])
}

fn totals() -> Answer {
    let (shares, charges) = (SHARES.get(), CHARGES.get());
    answer(&[
        REWARDS.get(shares).word(),
        PENALTIES.get(charges).word(),
        RECOVERED.get(charges).word(),
        PAID.get(shares).word(),
    ])
}

fn unpromised() -> Answer {
    let (shares, charges) = (SHARES.get(), CHARGES.get());
    // Nothing is pending, or more than is in effect.
    let rewards = REWARDS.get(shares).max(PENDING_REWARDS.get(PENDING.get()));
    let pending = PENDING_RECOVERED.get(PENDING_RECOVERY.get());
    let recovered = RECOVERED.get(charges).max(pending);
    let unpromised = received()?.saturating_sub(rewards + recovered);
    answer(&[unpromised.word()])
}

/// The number that a call names first.
fn number(call: &Call) -> Reverts<u128> {
    fitting(call.word(0)?, EPOCH)
}

fn paid(call: &Call) -> Answer {
    answer(&[PAID.get(paid_to(number(call)?).get()).word()])
}

fn receiver(call: &Call) -> Answer {
    named(receiver_of(number(call)?))
}

fn current_epoch() -> Answer {
    let running = Schedule::load().running();
    answer(&[running.epoch, running.start, running.length].map(Word::word))
}

fn epoch_end(call: &Call) -> Answer {
    answer(&[Schedule::load().end(number(call)?)?.word()])
}

fn terms_of(call: &Call) -> Answer {
    answer(&terms::of_epoch(number(call)?).map(Word::word))
}
