//! The stake-manager's side: which orders are due, which can be paid, and paying them.

use alloy_primitives::U256;
use alloy_sol_types::{SolError, SolEvent};
use clay_shared::{
    abi::{answer, done, revert, Answer, Call, Word},
    host::{self, divide},
    interfaces::IUnstakeQueue::*,
    log,
    math::{mul_div, narrow, product, Rounding},
    ownable::only_stake_manager,
    storage::whole,
};

use crate::{
    claims::checkpoint_slot,
    state::{
        at_most, clamp, cumulative, fits, last_id, ASSETS, CHECKPOINT_COUNT, DUE, FINALISED, HEAD,
        NEWER_NEXT, NEWER_TIME, NEXT, OLDER_NEXT, OLDER_TIME, SET_ASIDE, SHARES, STAKE_MANAGER,
        TAIL, UP_TO, WITHDRAWN,
    },
    withdrawn::{look, Found, Group},
};

/// Makes orders due that were made before the report's slot, and notes where the queue stands now.
///
/// Two notes are kept. A report is read some time before it is applied, so its slot may lie before the newer
/// note; then the older one decides. A note that no report has used is never dropped for a younger one.
pub(crate) fn note_report(call: &Call) -> Answer {
    let slot_time = call.uint(0)?;
    only_stake_manager(STAKE_MANAGER.address())?;
    let mut head = HEAD.get();
    let before_slot = |time: u128| time != 0 && whole(time) < slot_time;
    let (older, newer) = (OLDER_TIME.get(head), NEWER_TIME.get(head));
    let next = NEXT.get(head);
    if before_slot(newer) {
        head = DUE.set(head, NEWER_NEXT.get(head) - 1);
        head = OLDER_NEXT.set(OLDER_TIME.set(head, 0), 0);
    } else {
        let used = before_slot(older);
        if used {
            head = DUE.set(head, OLDER_NEXT.get(head) - 1);
        }
        if used || older == 0 {
            let newer_next = NEWER_NEXT.get(head);
            head = OLDER_NEXT.set(OLDER_TIME.set(head, newer), newer_next);
        }
    }
    let now = u128::from(host::now());
    head = NEWER_NEXT.set(NEWER_TIME.set(head, now), next);
    HEAD.set(head);
    let words = [slot_time.word(), next.word(), DUE.get(head).word()];
    log::emit(&[ReportNoted::SIGNATURE_HASH], &words);
    done()
}

/// Largest batch that can be paid at a rate with so much ETH.
///
/// If the ETH is enough for all that is due, and no withdrawn order is pending or all orders are due, it reads
/// the same few slots for any number of orders. Otherwise it looks at withdrawn orders, a slot for each group of
/// 128 that has any, and searches if the ETH is not enough. The shares due are exact, unless `limit` ends the
/// look before the last due order; then they are those up to there.
pub(crate) fn finalisable(call: &Call) -> Answer {
    let (assets, shares) = (clamp(call.uint(0)?), clamp(call.uint(1)?));
    let most = affordable_shares(assets, shares, clamp(call.uint(2)?));
    let limit = clamp(call.uint(3)?);
    let queue = Unfinalised::read();
    let (batch, due_shares) = match queue.due_shares_at_once() {
        Some(due_shares) if due_shares <= most => ((queue.due, due_shares), due_shares),
        _ => {
            let found = queue.look(limit);
            (queue.largest_batch(&found, most), queue.due_shares(&found))
        }
    };
    let up_to = match batch.0 > queue.finalised {
        true => batch.0,
        false => 0,
    };
    answer(&[
        up_to.word(),
        batch.1.word(),
        queue.shares.word(),
        due_shares.word(),
    ])
}

/// Most shares whose worth, rounded down, is within so many wei.
fn affordable_shares(assets: u128, shares: u128, available: u128) -> u128 {
    if assets == 0 {
        return u128::MAX;
    }
    // floor(x * assets / shares) <= available  <=>  x * assets <= (available + 1) * shares - 1
    let bound = product(available.saturating_add(1), shares);
    let bound = bound.checked_sub(whole(1)).unwrap_or_default();
    narrow(divide(bound, whole(assets))).unwrap_or(u128::MAX)
}

/// What is not finalised yet.
pub(crate) struct Unfinalised {
    /// Shares of all orders that are not finalised and not withdrawn.
    pub(crate) shares: u128,
    finalised: u64,
    due: u64,
    last: u64,
    /// Cumulative shares up to the last finalised order.
    base: u128,
    /// Shares of withdrawn orders.
    withdrawn: u128,
}

impl Unfinalised {
    pub(crate) fn read() -> Self {
        let tail = TAIL.get();
        let (last, finalised) = (last_id(), FINALISED.get(tail) as u64);
        let (base, withdrawn) = (cumulative(finalised), WITHDRAWN.get(tail));
        Self {
            shares: cumulative(last) - base - withdrawn,
            finalised,
            due: DUE.get(HEAD.get()) as u64,
            last,
            base,
            withdrawn,
        }
    }

    /// Shares due, where that takes no look at withdrawn orders.
    fn due_shares_at_once(&self) -> Option<u128> {
        if self.due == self.last {
            return Some(self.shares);
        }
        match self.withdrawn {
            0 => Some(self.batch(self.due, 0)),
            _ => None,
        }
    }

    /// The withdrawn orders among those due, in so many groups at most.
    pub(crate) fn look(&self, limit: u128) -> Found {
        match self.withdrawn {
            0 => Found::none(self.due),
            _ => look(self.finalised, self.due, limit),
        }
    }

    /// Shares due up to where all withdrawn orders are known: a lower bound if not all groups were looked at.
    pub(crate) fn due_shares(&self, found: &Found) -> u128 {
        self.batch(found.up_to.min(self.due), found.shares())
    }

    /// The last order of the largest batch that holds at most so many shares, and what it holds.
    fn largest_batch(&self, found: &Found, most: u128) -> (u64, u128) {
        let Found { groups, up_to } = found;
        let all = self.batch(*up_to, found.shares());
        if all <= most {
            return (*up_to, all);
        }
        // The first group before which a batch would be too large already, and the one before it.
        let beyond = groups.partition_point(|group| {
            let before = group.first - 1;
            self.batch(before, group.before) <= most
        });
        let end = groups.get(beyond).map_or(*up_to, |group| group.first - 1);
        let Some(group) = beyond.checked_sub(1).and_then(|index| groups.get(index)) else {
            return self.search(self.finalised, end, most, |_| 0);
        };
        if self.batch(group.last, group.until) <= most {
            return self.search(group.last, end, most, |_| group.until);
        }
        self.search(group.first - 1, group.last, most, |id| {
            self.withdrawn_up_to(group, id)
        })
    }

    fn withdrawn_up_to(&self, group: &Group, id: u64) -> u128 {
        match id < group.first {
            true => group.before,
            false => group.shares_up_to(id),
        }
    }

    /// The largest batch that ends at `low`, which is not too large, or later, but before `high`, which is.
    fn search(
        &self,
        mut low: u64,
        mut high: u64,
        most: u128,
        withdrawn: impl Fn(u64) -> u128,
    ) -> (u64, u128) {
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            match self.batch(middle, withdrawn(middle)) <= most {
                true => low = middle,
                false => high = middle,
            }
        }
        (low, self.batch(low, withdrawn(low)))
    }

    /// Shares of a batch up to an order, so many of them withdrawn.
    fn batch(&self, up_to: u64, withdrawn: u128) -> u128 {
        cumulative(up_to) - self.base - withdrawn
    }
}

/// Sets ETH aside for a batch and writes its checkpoint. A batch of withdrawn orders only needs none: they stay
/// between two checkpoints, and nobody can claim them.
pub(crate) fn finalise(call: &Call) -> Answer {
    let (asked, final_shares) = (call.uint(0)?, clamp(call.uint(1)?));
    let (assets, shares) = (clamp(call.uint(2)?), clamp(call.uint(3)?));
    let sent = clamp(call.take_value());
    only_stake_manager(STAKE_MANAGER.address())?;
    let mut tail = TAIL.get();
    let (finalised, due) = (FINALISED.get(tail), DUE.get(HEAD.get()));
    let up_to = clamp(asked);
    if up_to <= finalised {
        let words = [asked.word(), finalised.word()];
        return Err(revert(AlreadyFinalised::SELECTOR, &words));
    }
    if up_to > due {
        let words = [asked.word(), due.word()];
        return Err(revert(NotDue::SELECTOR, &words));
    }
    let all = cumulative(up_to as u64) - cumulative(finalised as u64);
    let passed = all - at_most(final_shares, all)?;
    let pending = WITHDRAWN.get(tail);
    let pending = pending - at_most(passed, pending)?;
    let owed = mul_div(final_shares, assets, shares, Rounding::Down).unwrap_or(u128::MAX);
    let mut checkpoint = 0;
    if final_shares != 0 {
        if sent < owed {
            let words = [sent.word(), owed.word()];
            return Err(revert(SetAsideTooLittle::SELECTOR, &words));
        }
        checkpoint = fits(CHECKPOINT_COUNT.get(tail) + 1, CHECKPOINT_COUNT)?;
        let word = UP_TO.set(U256::ZERO, up_to);
        let word = ASSETS.set(word, fits(assets, ASSETS)?);
        let word = SHARES.set(word, fits(shares, SHARES)?);
        checkpoint_slot(checkpoint as u64).set(word);
        tail = CHECKPOINT_COUNT.set(tail, checkpoint);
    }
    let set_aside = fits(SET_ASIDE.get(tail).saturating_add(sent), SET_ASIDE)?;
    tail = SET_ASIDE.set(tail, set_aside);
    tail = WITHDRAWN.set(FINALISED.set(tail, up_to), pending);
    TAIL.set(tail);
    log::emit(
        &[BatchFinalised::SIGNATURE_HASH, checkpoint.word()],
        &[
            (finalised + 1).word(),
            up_to.word(),
            final_shares.word(),
            sent.word(),
            assets.word(),
            shares.word(),
        ],
    );
    done()
}
