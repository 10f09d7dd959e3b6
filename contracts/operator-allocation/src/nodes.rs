//! Nodes that wait, and operators that can be chosen.

use alloc::vec::Vec;

use alloy_primitives::Address;
use alloy_sol_types::{SolError, SolEvent};
use clay_shared::{
    abi::{answer, append_bytes, concat, done, revert, Answer, Call, Reverts, Word},
    host,
    interfaces::IOperatorAllocation::*,
    kyc, log,
    math::narrow,
    operators::{
        choice::KINDS as NUMBERS,
        state::{
            bond_terms, count,
            of_operator::{BOND, HEAD, LANES, LOAD, PAYOUT, SHARES, SUSPENDED_UNTIL},
            state, unlisted, worth, Node, Operator, PoolTerms, MOST_LINES, NODES, STAKE_MANAGER,
            WHITELIST,
        },
        NodeType,
    },
    storage::uint,
};

/// Nodes that one call may add.
const MOST_NODES: u128 = 64;
/// Bytes of a node's identity; an Ethereum node record has at most 300 (EIP-778), half as many again in base64.
const LONGEST_IDENTITY: usize = 512;

/// Queues nodes of one machine.
pub(crate) fn add(call: &Call) -> Answer {
    let operator = Operator::find(call.uint(0)?)?;
    let of = node_type(call.uint8(1)?)?;
    let [region, execution, consensus] = [
        small(call.uint8(2)?)?,
        small(call.uint8(3)?)?,
        small(call.uint8(4)?)?,
    ];
    let (identity, asked) = (call.bytes(5)?, call.uint(6)?);
    operator.only_manager()?;
    only_licensed(operator)?;
    if identity.len() > LONGEST_IDENTITY {
        let words = [identity.len() as u64, LONGEST_IDENTITY as u64].map(Word::word);
        return Err(revert(IdentityTooLong::SELECTOR, &words));
    }
    let added = match narrow(asked) {
        Some(added) if (1..=MOST_NODES).contains(&added) => added as u32,
        _ => {
            let words = [asked.word(), MOST_NODES.word()];
            return Err(revert(CountOutOfBounds::SELECTOR, &words));
        }
    };
    let before = NODES.get(STAKE_MANAGER.get()) as u32;
    count(STAKE_MANAGER, NODES, added.into());
    for id in before + 1..=before + added {
        Node::add(id, operator, of, region, execution, consensus);
    }
    if operator.get(LOAD, LANES).count_ones() > MOST_LINES {
        let words = [u64::from(MOST_LINES).word()];
        return Err(revert(TooManyLines::SELECTOR, &words));
    }
    let first = u64::from(before) + 1;
    let topics = [NodesAdded::SIGNATURE_HASH, operator.word()];
    let words = [
        first.word(),
        u64::from(added).word(),
        (of as u64).word(),
        u64::from(region).word(),
        u64::from(execution).word(),
        u64::from(consensus).word(),
        (7 * 32u64).word(),
    ];
    let mut data = concat(&[], &topics);
    data.extend_from_slice(&concat(&[], &words));
    append_bytes(&mut data, identity);
    host::emit(&data, topics.len());

    // Bonds cannot be looked at while nothing is priced; then who is chosen is looked at anyway.
    if let Ok(terms) = PoolTerms::ask() {
        let suspended = operator.get(PAYOUT, SUSPENDED_UNTIL) as u64 > host::now();
        if !operator.carries_queued(&bond_terms(), terms.rate) {
            operator.unlist(unlisted::BOND);
        } else if !suspended {
            operator.list();
        }
    }
    answer(&[first.word()])
}

/// Takes queued nodes off the queue.
pub(crate) fn remove(call: &Call) -> Answer {
    for id in call.array(0)? {
        let mut node = Node::find(uint(*id))?;
        let operator = node.operator();
        operator.only_manager()?;
        only_in(&node, state::QUEUED)?;
        node.dequeue(state::REMOVED, 0);
        let topics = [NodeRemoved::SIGNATURE_HASH, node.word(), operator.word()];
        log::emit(&topics, &[]);
    }
    done()
}

/// Lets an operator be chosen again.
pub(crate) fn rejoin(call: &Call) -> Answer {
    let operator = Operator::find(call.uint(0)?)?;
    let until = operator.get(PAYOUT, SUSPENDED_UNTIL) as u64;
    if until > host::now() {
        return Err(revert(Suspended::SELECTOR, &[until.word()]));
    }
    only_licensed(operator)?;
    let (terms, rate) = (bond_terms(), PoolTerms::ask()?.rate);
    if !operator.carries_queued(&terms, rate) {
        let bond = worth(rate, operator.get(BOND, SHARES));
        let words = [bond.word(), operator.required_queued(&terms).word()];
        return Err(revert(BondTooSmall::SELECTOR, &words));
    }
    operator.list();
    done()
}

/// Refuses an operator whose manager key has no right to operate, where that is asked.
#[inline(never)]
fn only_licensed(operator: Operator) -> Reverts<()> {
    let nobody = (Address::ZERO, kyc::UNDENIED);
    let manager = operator.slot(HEAD).address();
    kyc::check(
        WHITELIST.address(),
        [(manager, kyc::OPERATE), nobody, nobody],
    )
}

/// Refuses a node in another state.
pub(crate) fn only_in(node: &Node, needed: u8) -> Reverts<()> {
    let state = node.state();
    if state != needed {
        let words = [u64::from(state), u64::from(needed)].map(Word::word);
        return Err(revert(NotInState::SELECTOR, &words));
    }
    Ok(())
}

/// The type with a number.
pub(crate) fn node_type(asked: u8) -> Reverts<NodeType> {
    NodeType::of(asked).ok_or_else(|| {
        let largest = NodeType::ALL.len() as u64 - 1;
        let words = [u64::from(asked).word(), largest.word()];
        revert(UnknownType::SELECTOR, &words)
    })
}

/// Refuses a number of a region or client that a set has no place for.
pub(crate) fn small(asked: u8) -> Reverts<u8> {
    if asked >= NUMBERS {
        return Err(out_of_bounds(asked, NUMBERS - 1));
    }
    Ok(asked)
}

/// Refuses a number above the largest.
#[cold]
pub(crate) fn out_of_bounds(asked: u8, largest: u8) -> Vec<u8> {
    let words = [u64::from(asked).word(), u64::from(largest).word()];
    revert(NumberOutOfBounds::SELECTOR, &words)
}
