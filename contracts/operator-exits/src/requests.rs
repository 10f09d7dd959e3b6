//! Asking for exits: for orders, by a member, for a short bond; and forcing those that do not come.

use alloy_primitives::{address, Address, B256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{answer, concat, done, revert, Answer, Call, Reverts, Word},
    host::{self, CallKind},
    interfaces::{
        IArbSys::sendTxToL1Call, IGateway::forceExitCall, IOperatorAllocation::NotInState,
        IOperatorExits::*,
    },
    log,
    math::{mul_div, narrow, share, Rounding},
    operators::{
        choice::{exit_bucket, BUCKETS},
        parameters::{EARLY_EXIT_COST, EXIT_DEADLINE, FAST_TRACK_FEE, SHORT_GRACE},
        state::{
            bond_terms, cost, count, exit_line, may_operate, of_bucket, of_cluster, of_operator,
            parameter, recover,
            state::{ACTIVE, EXITING, FUNDED},
            target_of, Cluster, List, Node, Operator, PoolTerms, ASKED, BY_BUCKET, COMMITTEE,
            GATEWAY, KINDS, STAKE_MANAGER, TARGETS, VALIDATOR,
        },
        NodeType,
    },
    ownable::only_stake_manager,
};

use crate::{reason, slots, DAY};

/// Within this time after activation, a voluntary exit has a cost.
const EARLY: u64 = 180 * DAY;

/// Arbitrum's precompile that sends messages to L1.
const ARB_SYS: Address = address!("0000000000000000000000000000000000000064");

/// Asks clusters to leave, one after the other, until enough comes or none is left.
pub(crate) fn request_exits(call: &Call) -> Answer {
    let assets = narrow(call.uint(0)?).unwrap_or(u128::MAX);
    only_stake_manager(STAKE_MANAGER.address())?;
    let mut asked = 0;
    while asked < assets {
        let Some(cluster) = next() else { break };
        begin(cluster, reason::ORDERS, host::now());
        asked += VALIDATOR;
    }
    answer(&[asked.word()])
}

/// The cluster that leaves next, in the bucket furthest above its target: of the operator with the most load for its score,
/// the oldest node.
fn next() -> Option<Cluster> {
    let (active, targets) = (BY_BUCKET.get(), TARGETS.get());
    let (mut counts, mut wanted) = ([0; BUCKETS], [0; BUCKETS]);
    for bucket in 0..BUCKETS {
        let (of, kind) = parts_of(bucket);
        if !exit_line(of, kind).is_empty() {
            counts[bucket] = of_bucket(bucket).get(active) as u32;
        }
        wanted[bucket] = target_of(bucket).get(targets) as u16;
    }
    let (of, kind) = parts_of(exit_bucket(&counts, &wanted)?);
    let operator = Operator(exit_line(of, kind).first_in_highest()?);
    oldest(operator, of).map(|node| Cluster(node.cluster()))
}

/// A bucket's type and kind.
fn parts_of(bucket: usize) -> (NodeType, u8) {
    let of = bucket as u8 / KINDS;
    let of = NodeType::of(of).unwrap_or(NodeType::Direct);
    (of, bucket as u8 % KINDS)
}

/// An operator's oldest funded node of a type.
fn oldest(operator: Operator, of: NodeType) -> Option<Node> {
    match List::funded(operator, of).first() {
        0 => None,
        node => Some(Node::load(node)),
    }
}

/// Asks a node's cluster to leave because of the node, so that the other members are queued again.
fn begin_for(node: &Node, reason: u8, from: u64) {
    let cluster = Cluster(node.cluster());
    begin(cluster, reason, from);
    let place = cluster.place_of(node.id);
    cluster.set(of_cluster::ASKED_BY, place as u128);
}

/// Asks an operator's oldest node to leave.
fn begin_oldest(operator: Operator, reason: u8) -> Answer {
    let mut types = NodeType::ALL.into_iter();
    let Some(node) = types.find_map(|of| oldest(operator, of)) else {
        return Err(revert(NoFundedNode::SELECTOR, &[operator.word()]));
    };
    begin_for(&node, reason, host::now());
    done()
}

/// Asks the members of a funded cluster for their parts, from a time on.
fn begin(cluster: Cluster, reason: u8, from: u64) {
    for mut node in cluster.members() {
        node.exit();
    }
    let deadline = from + parameter(&EXIT_DEADLINE) as u64;
    cluster.move_to(EXITING, deadline);
    cluster.set(of_cluster::REASON, reason.into());
    count(COMMITTEE, ASKED, 1);
    let [head, tail] = key_words(cluster);
    let topics = [ExitRequested::SIGNATURE_HASH, cluster.word()];
    let words = [
        128u64.word(),
        u64::from(reason).word(),
        from.word(),
        deadline.word(),
        48u64.word(),
        head,
        tail,
    ];
    log::emit(&topics, &words);
}

/// A cluster's public key, filled up to two words.
fn key_words(cluster: Cluster) -> [B256; 2] {
    let mut padded = [0; 64];
    padded[..48].copy_from_slice(&cluster.public_key());
    let (words, _) = padded.as_chunks();
    [words[0], words[1]].map(B256::new)
}

/// Asks for the exit of one's own node.
pub(crate) fn request_exit(call: &Call) -> Answer {
    let (asked, fast_track) = (call.uint(0)?, call.boolean(1)?);
    let node = Node::find(asked)?;
    node.operator().only_manager()?;
    let state = node.state();
    if state != FUNDED && state != ACTIVE {
        let words = [u64::from(state).word(), u64::from(ACTIVE).word()];
        return Err(revert(NotInState::SELECTOR, &words));
    }
    let cluster = Cluster(node.cluster());
    let burned = charge(&node, cluster, fast_track)?;
    let from = match fast_track {
        true => host::now(),
        false => slots::take()?,
    };
    begin_for(&node, reason::MEMBER, from);
    recover(burned)?;
    answer(&[from.word()])
}

/// Takes what a voluntary exit costs from the bond: the fee and half of an early exit's cost for the pool, the other half
/// in equal parts for the other members, what does not divide for the pool. Answers the shares to burn.
fn charge(node: &Node, cluster: Cluster, fast_track: bool) -> Reverts<u128> {
    let early = match is_early(cluster) {
        true => parameter(&EARLY_EXIT_COST),
        false => 0,
    };
    let fee = match fast_track {
        true => share(VALIDATOR, parameter(&FAST_TRACK_FEE), Rounding::Up),
        false => 0,
    };
    if early + fee == 0 {
        return Ok(0);
    }
    let rate = PoolTerms::ask()?.rate;
    let (early, fee) = (cost(rate, early), cost(rate, fee));
    let whole = early.saturating_add(fee);
    let operator = node.operator();
    let bond = operator.get(of_operator::BOND, of_operator::SHARES);
    if bond < whole {
        let words = [bond.word(), whole.word()];
        return Err(revert(BondBelowCost::SELECTOR, &words));
    }
    operator.take_bond(whole);
    let others = cluster.members().into_iter();
    let others = others.filter(|other| other.id != node.id);
    let each = match others.clone().count() {
        0 => 0,
        others => divided(early / 2, others, Rounding::Down),
    };
    let (mut to_members, mut paid_debt) = (0, 0);
    for other in others {
        to_members += each;
        paid_debt += other.operator().add_bond(each);
    }
    let to_pool = whole - to_members;
    let topics = [ExitPaid::SIGNATURE_HASH, node.word()];
    log::emit(&topics, &[to_pool.word(), to_members.word()]);
    Ok(to_pool + paid_debt)
}

/// One of so many equal parts of an amount.
#[inline(never)]
pub(crate) fn divided(amount: u128, parts: usize, rounding: Rounding) -> u128 {
    mul_div(amount, 1, parts as u128, rounding).unwrap_or(0)
}

/// Whether a funded cluster's validator is active only since lately, or not yet.
fn is_early(cluster: Cluster) -> bool {
    let active_since = cluster.slot(of_cluster::ACTIVE_SINCE).get();
    let since = match narrow(active_since) {
        Some(0) | None => cluster.get(of_cluster::SINCE),
        Some(since) => since,
    };
    host::now() < since as u64 + EARLY
}

/// Asks for the exit of an operator's oldest node, if its bond has been short for too long and does not carry those that stay.
pub(crate) fn exit_short(call: &Call) -> Answer {
    let operator = Operator::find(call.uint(0)?)?;
    let since = operator.get(of_operator::PAYOUT, of_operator::SHORT_SINCE) as u64;
    let not_short = || revert(BondNotShort::SELECTOR, &[operator.word()]);
    if since == 0 {
        return Err(not_short());
    }
    let (now, until) = (host::now(), since + parameter(&SHORT_GRACE) as u64);
    if now <= until {
        let words = [now.word(), until.word()];
        return Err(revert(GraceNotOver::SELECTOR, &words));
    }
    let rate = PoolTerms::ask()?.rate;
    if operator.carries_staying(&bond_terms(), rate) {
        return Err(not_short());
    }
    begin_oldest(operator, reason::SHORT)
}

/// Asks for the exit of an operator's oldest node, if it lost the right to operate.
pub(crate) fn exit_unlicensed(call: &Call) -> Answer {
    let operator = Operator::find(call.uint(0)?)?;
    // A whitelist that does not answer takes nobody's right away.
    if may_operate(operator.slot(of_operator::HEAD).address())? {
        return Err(revert(MayOperate::SELECTOR, &[operator.word()]));
    }
    begin_oldest(operator, reason::UNLICENSED)
}

/// Sends the gateway the message that makes a validator leave whose exit is overdue.
pub(crate) fn force(call: &Call) -> Answer {
    let cluster = Cluster::find(call.uint(0)?)?;
    cluster.only_in(EXITING)?;
    let (now, deadline) = (host::now(), cluster.get(of_cluster::DEADLINE) as u64);
    if now <= deadline {
        let words = [now.word(), deadline.word()];
        return Err(revert(DeadlineNotPassed::SELECTOR, &words));
    }
    let value = call.take_value();
    let [head, tail] = key_words(cluster);
    // The gateway's calldata, of 4 + 4 * 32 bytes, starts with a selector: filled up to whole words behind it.
    let words = [GATEWAY.address().word(), 64u64.word(), 132u64.word()];
    let mut message = concat(&sendTxToL1Call::SELECTOR, &words);
    let words = [32u64.word(), 48u64.word(), head, tail];
    message.extend(concat(&forceExitCall::SELECTOR, &words));
    message.extend([0; 28]);
    host::call(CallKind::Value(value), ARB_SYS, &message)?;
    let topics = [ExitForced::SIGNATURE_HASH, cluster.word()];
    log::emit(&topics, &[host::sender().word()]);
    done()
}
