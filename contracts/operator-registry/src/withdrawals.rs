//! What leaves a bond, and when nodes stop needing it.
//!
//! An operator without live nodes takes everything at once. Any other announces what it takes an epoch ahead, takes it within
//! another, so that nobody always can, and has the current root applied, so that penalties come first; and leaves what its
//! live nodes require at the current rate.

use alloy_primitives::U256;
use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{done, revert, Answer, Call, Reverts, Word},
    books::Rate,
    call, host,
    interfaces::{ICsEthToken::transferCall, IOperatorRegistry::*},
    kyc::{self, UNDENIED},
    log,
    math::narrow,
    operators::{
        parameters::SETTLED_WITHOUT_ROOT,
        state::{
            bond_terms, cost, of_operator::*, parameter, state, unlisted, Node, Operator,
            PoolTerms, EPOCH, ROOT, ROOT_ENDS_AT, ROOT_EPOCH, ROOT_SINCE, TOKEN, WHITELIST,
        },
    },
    storage::{uint, whole},
};

use crate::{bonds, leaves, operator, records::not_before, refusal, tell, tell_of, too_large};

/// Seconds without a root after which older epochs count as settled.
fn settled_without_root() -> u64 {
    parameter(&SETTLED_WITHOUT_ROOT) as u64
}

/// Announces that so many shares will be withdrawn, no more than the bond has.
pub(crate) fn announce(call: &Call) -> Answer {
    let (operator, shares) = (operator(call)?, call.uint(1)?);
    operator.only_manager()?;
    let held = operator.get(BOND, SHARES);
    if shares > whole(held) {
        return Err(too_large(shares, held));
    }
    let notice = match shares.is_zero() {
        true => U256::ZERO,
        // The lowest bits of the word are the shares.
        false => ANNOUNCED_AT.set(shares, u128::from(host::now())),
    };
    operator.slot(NOTICE).set(notice);
    tell(
        WithdrawalAnnounced::SIGNATURE_HASH,
        operator,
        &[shares.word()],
    );
    done()
}

/// Sends shares to the payout address.
pub(crate) fn withdraw(call: &Call) -> Answer {
    let (operator, asked) = (operator(call)?, call.uint(1)?);
    let [manager, payout] = [HEAD, PAYOUT].map(|place| operator.slot(place).address());
    let caller = host::sender();
    if caller != manager && caller != payout {
        let words = [caller, manager, payout].map(Word::word);
        return Err(revert(OnlyManagerOrPayout::SELECTOR, &words));
    }
    undenied(operator)?;
    let rate = PoolTerms::ask()?.rate;
    no_debt(operator)?;
    let (surplus, notice) = (surplus(operator, rate), Notice::read(operator));
    let most = match notice.needed {
        true => surplus.min(notice.shares),
        false => surplus,
    };
    let Some(shares) = narrow(asked).filter(|shares| *shares <= most) else {
        let words = [asked.word(), surplus.word(), notice.shares.word()];
        return Err(revert(AboveWithdrawable::SELECTOR, &words));
    };
    if notice.needed {
        not_before(notice.from)?;
        root_applied(operator)?;
    }

    operator.take_bond(shares);
    match notice.shares.saturating_sub(shares) {
        0 => operator.slot(NOTICE).set(U256::ZERO),
        announced => operator.set(NOTICE, ANNOUNCED, announced),
    }
    if !operator.carries_queued(&bond_terms(), rate) {
        operator.unlist(unlisted::BOND);
    }
    let left = operator.get(BOND, SHARES);
    let words = [shares.word(), left.word()];
    let event = BondWithdrawn::SIGNATURE_HASH;
    tell_of(event, operator, payout.word(), &words);
    let words = [payout.word(), shares.word()];
    call::call(TOKEN.address(), U256::ZERO, transferCall::SELECTOR, &words)?;
    done()
}

/// Refuses while either is denied who could take the bond, or whom it goes to.
#[inline(never)]
pub(crate) fn undenied(operator: Operator) -> Reverts<()> {
    let [manager, payout] = [HEAD, PAYOUT].map(|place| (operator.slot(place).address(), UNDENIED));
    let nobody = (Default::default(), UNDENIED);
    kyc::check(WHITELIST.address(), [manager, payout, nobody])
}

/// Refuses while anything is owed.
#[inline(never)]
pub(crate) fn no_debt(operator: Operator) -> Reverts<()> {
    match operator.get(ACCOUNT, DEBT) {
        0 => Ok(()),
        debt => Err(revert(InDebt::SELECTOR, &[debt.word()])),
    }
}

/// Shares that the live nodes leave over, of those that nobody lent.
#[inline(never)]
pub(crate) fn surplus(operator: Operator, rate: Rate) -> u128 {
    let bond = operator.slot(BOND).get();
    let required = cost(rate, operator.required(&bond_terms(), None));
    SHARES
        .get(bond)
        .saturating_sub(required.max(LENT.get(bond)))
}

/// What was announced to be withdrawn.
pub(crate) struct Notice {
    /// Whether it has to be: there are live nodes.
    pub(crate) needed: bool,
    /// Shares; none once the notice has lapsed.
    pub(crate) shares: u128,
    /// Seconds: from when on they can be. Before there ever was a root, as long after the notice as one may fail to appear.
    pub(crate) from: u64,
}

impl Notice {
    #[inline(never)]
    pub(crate) fn read(operator: Operator) -> Self {
        let notice = operator.slot(NOTICE).get();
        let unjudged = operator.get(HEAD, FUNDED_ONCE) != 0 && ROOT.get().is_zero();
        let wait = match unjudged {
            true => settled_without_root(),
            false => EPOCH,
        };
        let from = ANNOUNCED_AT.get(notice) as u64 + wait;
        Self {
            needed: operator.live().iter().any(|count| *count != 0),
            shares: match host::now() <= from + EPOCH {
                true => ANNOUNCED.get(notice),
                false => 0,
            },
            from,
        }
    }
}

/// Refuses until the current root is applied to an operator that has leaves, unless it took effect long ago.
#[inline(never)]
pub(crate) fn root_applied(operator: Operator) -> Reverts<()> {
    let since = ROOT_SINCE.get(ROOT.get()) as u64;
    if operator.get(HEAD, FUNDED_ONCE) == 0 || host::now() >= since + settled_without_root() {
        return Ok(());
    }
    leaf_applied(operator)
}

#[inline(never)]
fn leaf_applied(operator: Operator) -> Reverts<()> {
    let applied = operator.get(ACCOUNT, APPLIED);
    let current = ROOT_EPOCH.get(ROOT.get());
    if applied != current {
        return Err(refusal(RootNotApplied::SELECTOR, whole(applied), current));
    }
    Ok(())
}

/// Frees the bonds of nodes that are done: a root covers the time since which they are, and its leaf is applied; or for
/// long there was none.
pub(crate) fn settle(call: &Call) -> Answer {
    for id in call.array(0)? {
        let mut node = Node::find(uint(*id))?;
        let (state, since) = (node.state(), node.since());
        if state != state::DONE {
            let words = [node.word(), u64::from(state).word()];
            return Err(revert(NodeNotDone::SELECTOR, &words));
        }
        let (operator, root) = (node.operator(), ROOT.get());
        let settled_up_to = ROOT_ENDS_AT.get(root) as u64;
        let waits_since = since.max(ROOT_SINCE.get(root) as u64);
        if host::now() < waits_since + settled_without_root() {
            if settled_up_to < since {
                let words = [node.word(), since.word(), settled_up_to.word()];
                return Err(revert(NotSettled::SELECTOR, &words));
            }
            leaf_applied(operator)?;
        }
        node.move_to(state::SETTLED);
        operator.count_live(node.node_type(), -1);
        operator.count_leaving(node.node_type(), -1);
        // Else a bond that is short again would have been so ever since.
        if operator.get(PAYOUT, SHORT_SINCE) != 0 {
            bonds::note(operator, leaves::last_rate()?);
        }
        let topics = [NodeSettled::SIGNATURE_HASH, node.word(), operator.word()];
        log::emit(&topics, &[]);
    }
    done()
}
