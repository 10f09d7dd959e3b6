//! What can be asked of records, bonds and terms. No view prices anything while nothing is priced; none reverts but for an
//! operator that there is not.

use alloc::vec::Vec;

use alloy_primitives::B256;
use alloy_sol_types::SolCall;
use clay_shared::{
    abi::{answer, Answer, Call, Word},
    interfaces::IOperatorRegistry::*,
    operators::{
        choice::BUCKETS,
        parameters::TABLE,
        state::{
            bond_terms, nth, of_operator::*, target_of, word_of, Operator, PoolTerms, COMMITTEE,
            DISTRIBUTOR, GATEWAY, ROOT, ROOT_ENDS_AT, ROOT_EPOCH, ROOT_SINCE, STAKE_MANAGER,
            TARGETS, TOKEN, WHITELIST,
        },
        NodeType,
    },
    parameters::find,
    storage::{Field, Slot},
};

use crate::{
    governance::is_allowed,
    operator,
    withdrawals::{no_debt, root_applied, surplus, undenied, Notice},
};

/// Answers a view; none if the selector is not one of them.
#[inline(never)]
pub(crate) fn route(call: &Call) -> Option<Answer> {
    Some(match call.selector {
        standingCall::SELECTOR => standing(call),
        bondOfCall::SELECTOR => bond_of(call),
        requiredCall::SELECTOR => required(call),
        withdrawableCall::SELECTOR => withdrawable(call),
        currentRootCall::SELECTOR => {
            let root = ROOT.get();
            let word = |field: Field| field.get(root).word();
            answer(&[word(ROOT_EPOCH), word(ROOT_ENDS_AT), word(ROOT_SINCE)])
        }
        targetsCall::SELECTOR => targets(),
        parameterCountCall::SELECTOR => answer(&[(TABLE.len() as u64).word()]),
        parameterCall::SELECTOR => parameter(call),
        relayAllowedCall::SELECTOR => relay_allowed(call),
        stakeManagerCall::SELECTOR => named(STAKE_MANAGER),
        tokenCall::SELECTOR => named(TOKEN),
        oracleCommitteeCall::SELECTOR => named(COMMITTEE),
        gatewayCall::SELECTOR => named(GATEWAY),
        rewardsDistributorCall::SELECTOR => named(DISTRIBUTOR),
        whitelistCall::SELECTOR => named(WHITELIST),
        _ => return None,
    })
}

/// The address in the lower bits of a slot.
fn named(slot: Slot) -> Answer {
    answer(&[slot.address().word()])
}

/// Fields of a record, as words.
#[inline(never)]
fn read(operator: Operator, fields: &[(u64, Field)]) -> Vec<B256> {
    let words = fields
        .iter()
        .map(|(place, field)| operator.get(*place, *field).word());
    words.collect()
}

fn standing(call: &Call) -> Answer {
    let operator = operator(call)?;
    let fields = [
        (HEAD, PERFORMANCE),
        (HEAD, CONDUCT),
        (HEAD, CLEAN_EPOCHS),
        (HEAD, VOUCHED),
        (HEAD, PROVEN),
        (HEAD, FAILED),
        (PAYOUT, SUSPENDED_UNTIL),
        (LOAD, nth(0, LIVE.width)),
        (LOAD, nth(1, LIVE.width)),
        (LOAD, nth(2, LIVE.width)),
        (LOAD, ACTIVE),
    ];
    let mut words = read(operator, &fields);
    words.insert(2, u64::from(operator.score()).word());
    answer(&words)
}

fn bond_of(call: &Call) -> Answer {
    let fields = [
        (BOND, SHARES),
        (BOND, LENT),
        (ACCOUNT, DEBT),
        (ACCOUNT, CHARGED),
        (PAYOUT, SHORT_SINCE),
        (NOTICE, ANNOUNCED),
        (NOTICE, ANNOUNCED_AT),
        (ACCOUNT, APPLIED),
    ];
    answer(&read(operator(call)?, &fields))
}

fn required(call: &Call) -> Answer {
    let (operator, terms) = (operator(call)?, bond_terms());
    let more = core::iter::once(None).chain(NodeType::ALL.into_iter().map(Some));
    let words: Vec<_> = more
        .map(|more| operator.required(&terms, more).word())
        .collect();
    answer(&words)
}

/// None while `withdrawBond` would refuse whatever was announced.
fn withdrawable(call: &Call) -> Answer {
    let operator = operator(call)?;
    let notice = Notice::read(operator);
    let refused = no_debt(operator).is_err()
        || undenied(operator).is_err()
        || notice.needed && root_applied(operator).is_err();
    let shares = match PoolTerms::ask() {
        Ok(terms) if !refused => surplus(operator, terms.rate),
        _ => 0,
    };
    let from = match notice.shares {
        0 => 0,
        _ => notice.from,
    };
    answer(&[shares.word(), from.word()])
}

fn targets() -> Answer {
    let word = TARGETS.get();
    let words = (0..BUCKETS).map(|bucket| target_of(bucket).get(word).word());
    answer(&words.collect::<Vec<_>>())
}

fn parameter(call: &Call) -> Answer {
    let parameter = find(&TABLE, call.uint8(0)?)?;
    let (smallest, largest) = parameter.bounds();
    let value = parameter.get(word_of(parameter).get());
    answer(&[value.word(), smallest.word(), largest.word()])
}

fn relay_allowed(call: &Call) -> Answer {
    answer(&[is_allowed(call.word(0)?).word()])
}
