//! From key to validator: what the stake-manager asks and pays.

use alloc::vec::Vec;

use alloy_primitives::{address, Address, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{answer, append_bytes, concat, done, revert, Answer, Call, Reverts, Word},
    books::Rate,
    host::{self, CallKind},
    interfaces::{IArbSys::sendTxToL1Call, IGateway::fundValidatorCall, IOperatorAllocation::*},
    math::narrow,
    operators::{
        bond::BondTerms,
        state::{
            bond_terms, count,
            of_operator::{FUNDED_ONCE, HEAD},
            state, Cluster, COMMITTEE, FUNDED, FUNDING_ORDER, GATEWAY, KEYED, KEY_LENGTH,
            STAKE_MANAGER, VALIDATOR,
        },
    },
    ownable::only_stake_manager,
    storage::whole,
};

use crate::{dissolving, waiting};

/// Arbitrum's precompile that sends messages to L1.
const ARB_SYS: Address = address!("0000000000000000000000000000000000000064");

/// Clusters that may be passed over in one call, besides those that are funded. Whoever finds more at the head has them
/// dissolved one by one.
const MOST_UNSOUND: u128 = 16;

/// Whether the members' bonds and rights hold.
pub(crate) fn is_sound(cluster: Cluster, rate: Rate, terms: &BondTerms) -> bool {
    let members = cluster.members();
    let mut operators = members.iter().map(|node| node.operator());
    operators.all(|operator| operator.carries(terms, rate, None) && operator.may_operate())
}

/// The rate that a call brings.
fn rate(call: &Call) -> Reverts<Rate> {
    let amounts = [call.uint(1)?, call.uint(2)?];
    let [assets, shares] = amounts.map(|amount| narrow(amount).unwrap_or(u128::MAX));
    Ok(Rate { assets, shares })
}

/// Counts the clusters that could be funded.
pub(crate) fn ready(call: &Call) -> Answer {
    let limit = narrow(call.uint(0)?).unwrap_or(u128::MAX);
    let (rate, terms) = (rate(call)?, bond_terms());
    let mut next = waiting::first();
    let (mut ready, mut unsound) = (0u128, 0);
    while let Some(cluster) = next.filter(|_| ready < limit && unsound <= MOST_UNSOUND) {
        match is_sound(cluster, rate, &terms) {
            true => ready += 1,
            false => unsound += 1,
        }
        next = waiting::after(cluster);
    }
    answer(&[ready.word()])
}

/// Funds clusters, the first that was keyed first.
pub(crate) fn fund(call: &Call) -> Answer {
    let (asked, sent) = (call.uint(0)?, call.take_value());
    only_stake_manager(STAKE_MANAGER.address())?;
    let (rate, terms) = (rate(call)?, bond_terms());
    let keyed = KEYED.get(GATEWAY.get());
    let wanted = match narrow(asked) {
        Some(wanted) if wanted <= keyed => wanted,
        _ => return Err(not_enough(asked, keyed)),
    };
    if sent != whole(wanted * VALIDATOR) {
        let words = [asked.word(), sent.word()];
        return Err(revert(FundingMismatch::SELECTOR, &words));
    }
    let mut messages = Vec::new();
    let mut funded = 0;
    while funded < wanted {
        let Some(cluster) = waiting::first() else {
            return Err(not_enough(asked, funded));
        };
        if !is_sound(cluster, rate, &terms) {
            dissolving::end(cluster, 0);
            continue;
        }
        messages.push(start(cluster));
        funded += 1;
    }
    for message in messages {
        host::call(CallKind::Value(whole(VALIDATOR)), ARB_SYS, &message)?;
    }
    done()
}

fn not_enough(asked: U256, ready: u128) -> Vec<u8> {
    revert(NotEnoughKeyed::SELECTOR, &[asked.word(), ready.word()])
}

/// Notes that a cluster is funded; answers the message that makes the gateway deposit for it.
fn start(cluster: Cluster) -> Vec<u8> {
    waiting::remove(cluster);
    cluster.move_to(state::FUNDED, 0);
    for mut node in cluster.members() {
        node.operator().set(HEAD, FUNDED_ONCE, 1);
        node.fund();
    }
    let index = FUNDED.get(COMMITTEE.get()) as u64;
    FUNDING_ORDER.plus(index).set(whole(cluster.0.into()));
    count(COMMITTEE, FUNDED, 1);
    let key = cluster.key();
    let topics = [
        ValidatorFunded::SIGNATURE_HASH,
        index.word(),
        cluster.word(),
    ];
    let mut data = concat(&[], &topics);
    data.extend_from_slice(32u64.word().as_slice());
    append_bytes(&mut data, &key[..48]);
    host::emit(&data, topics.len());
    message(&key)
}

/// The call of ArbSys that has the gateway fund a validator.
fn message(key: &[u8; KEY_LENGTH]) -> Vec<u8> {
    let mut call = fundValidatorCall::SELECTOR.to_vec();
    call.extend_from_slice(&key_words(key));
    let gateway = GATEWAY.address();
    let mut message = concat(&[], &[gateway.word(), 64u64.word()]);
    append_bytes(&mut message, &call);
    [&sendTxToL1Call::SELECTOR[..], &message].concat()
}

/// Key material as `(bytes publicKey, bytes signature, bytes32 depositDataRoot)`.
pub(crate) fn key_words(key: &[u8; KEY_LENGTH]) -> Vec<u8> {
    let mut words = concat(&[], &[96u64.word(), 192u64.word()]);
    words.extend_from_slice(&key[144..]);
    append_bytes(&mut words, &key[..48]);
    append_bytes(&mut words, &key[48..144]);
    words
}
