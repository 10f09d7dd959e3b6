//! Members' parts of the signature on an exit: stored, not verified. Anybody can test one against the public key shares,
//! and the committee declares false what is false.

use alloy_primitives::U256;
use alloy_sol_types::{SolError, SolEvent};
use clay_shared::{
    abi::{append_bytes, concat, done, revert, Answer, Call, Word},
    host,
    interfaces::{
        IOperatorAllocation::{AlreadyPosted, NotInState},
        IOperatorExits::*,
    },
    log,
    operators::{
        score::Cause,
        state::{
            of_cluster::{DEADLINE, PARTS, POSTED, SINCE, TIMELY},
            read_bytes,
            state::{DONE, EXITING, SETTLED},
            write_bytes, Cluster, Node,
        },
    },
    storage::{whole, Field, Slot},
};

use crate::{only_committee, outcomes};

/// Bytes of a part: a BLS signature.
const PART: usize = 96;

/// Where a member's part is kept, and behind it, when it came.
fn place_of_part(cluster: Cluster, place: usize) -> [Slot; 2] {
    let first = cluster.slot(PARTS + place as u64 * 4);
    [first, first.plus(3)]
}

/// When a member's part came, seconds; 0 if none has that counts.
pub(crate) fn posted_at(cluster: Cluster, place: usize) -> u64 {
    let [_, time] = place_of_part(cluster, place);
    time.get().as_limbs()[0]
}

/// Notes that members, by the bits of their places, are in a set of the cluster's, or not any more.
fn mark(cluster: Cluster, set: Field, places: u8, on: bool) {
    let (before, places) = (cluster.get(set), u128::from(places));
    let after = if on {
        before | places
    } else {
        before & !places
    };
    cluster.set(set, after);
}

/// Stores one's part.
pub(crate) fn post(call: &Call) -> Answer {
    let (asked, part) = (call.uint(0)?, call.bytes(1)?);
    let node = Node::find(asked)?;
    node.operator().only_manager()?;
    let state = node.state();
    if state != EXITING {
        let words = [u64::from(state).word(), u64::from(EXITING).word()];
        return Err(revert(NotInState::SELECTOR, &words));
    }
    if part.len() != PART {
        let words = [part.len() as u64, PART as u64].map(Word::word);
        return Err(revert(MalformedPart::SELECTOR, &words));
    }
    let cluster = Cluster(node.cluster());
    let place = cluster.place_of(node.id);
    let bit = 1 << place;
    if cluster.get(POSTED) as u8 & bit != 0 {
        return Err(revert(AlreadyPosted::SELECTOR, &[node.word()]));
    }
    let now = host::now();
    let [first, time] = place_of_part(cluster, place);
    write_bytes(first, part);
    time.set(whole(now.into()));
    mark(cluster, POSTED, bit, true);
    let timely = u128::from(now) <= cluster.get(DEADLINE);
    if timely {
        mark(cluster, TIMELY, bit, true);
    }
    let topics = [ExitPartPosted::SIGNATURE_HASH, cluster.word(), node.word()];
    let mut data = concat(&[], &topics);
    data.extend(concat(&[], &[64u64.word(), timely.word()]));
    append_bytes(&mut data, part);
    host::emit(&data, topics.len());
    done()
}

/// Takes down that parts are no signatures by the members' key shares. As long as the exit runs, they may post again.
pub(crate) fn declare_false(call: &Call) -> Answer {
    let (asked, places) = (call.uint(0)?, call.uint8(1)?);
    only_committee()?;
    let cluster = Cluster::find(asked)?;
    let (state, members) = (cluster.state(), cluster.members());
    let is_done = match state {
        EXITING => false,
        DONE if members.iter().any(|node| node.state() == DONE) => true,
        _ => {
            let state = if state == DONE { SETTLED } else { state };
            let words = [u64::from(state).word(), u64::from(EXITING).word()];
            return Err(revert(NotInState::SELECTOR, &words));
        }
    };
    let counted = match is_done {
        false => cluster.get(POSTED),
        // Whoever was late is judged already, and so is everybody of whom no part was asked.
        true if !outcomes::is_judged(cluster) => 0,
        true => cluster.get(TIMELY),
    } as u8;
    if places == 0 || places & !counted != 0 {
        let words = [u64::from(places).word(), u64::from(counted).word()];
        return Err(revert(PartsNotPosted::SELECTOR, &words));
    }
    mark(cluster, POSTED, places, false);
    mark(cluster, TIMELY, places, false);
    let [deadline, since] = [DEADLINE, SINCE].map(|field| cluster.get(field) as u64);
    for (place, node) in members.into_iter().enumerate() {
        if places >> place & 1 == 0 {
            continue;
        }
        let [_, time] = place_of_part(cluster, place);
        time.set(U256::ZERO);
        let topics = [ExitPartFalse::SIGNATURE_HASH, cluster.word(), node.word()];
        log::emit(&topics, &[]);
        if is_done {
            node.operator().judge(Cause::LateExit);
            let penalty = outcomes::late_penalty(deadline, since);
            outcomes::expect(cluster, node.operator(), penalty);
        }
    }
    done()
}

/// A node's part and its time.
pub(crate) fn posted(call: &Call) -> Answer {
    let node = Node::find(call.uint(0)?)?;
    let cluster = Cluster(node.cluster());
    let place = cluster.place_of(node.id);
    let at = posted_at(cluster, place);
    let mut part = [0; PART];
    let length = if at == 0 { 0 } else { PART };
    let [first, _] = place_of_part(cluster, place);
    read_bytes(first, &mut part[..length]);
    let mut data = concat(&[], &[64u64.word(), at.word()]);
    append_bytes(&mut data, &part[..length]);
    Ok(data)
}
