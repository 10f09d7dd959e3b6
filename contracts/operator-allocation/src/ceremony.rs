//! Key ceremonies: what the members post, and when a cluster has its key.

use alloy_primitives::{B256, U256};
use alloy_sol_types::{SolError, SolEvent};
use clay_shared::{
    abi::{append_bytes, concat, done, revert, Answer, Call, Reverts, Word},
    host,
    interfaces::IOperatorAllocation::*,
    log,
    operators::{
        parameters::UNFUNDED_AT_MOST,
        state::{
            count,
            of_cluster::{AGREED, DEADLINE, KEY, MEMBERS, NAMED, NEWCOMER, POSTED, RESULT},
            parameter, state, write_bytes, Cluster, Node, BY_REGION, GATEWAY, KEY_LENGTH,
            NEWCOMERS, RESERVED, USED_KEYS,
        },
    },
    storage::{uint, whole, Field, Slot},
};

use crate::{deposit_data, nodes::only_in, waiting};

/// Bytes of a public key share.
const SHARE: usize = 48;

/// Whom a member has named, in the word of the members.
pub(crate) const fn named_by(place: usize) -> Field {
    Field::new(160 + place * 5, 5)
}

/// All places of a cluster, a bit each.
pub(crate) fn all_places(cluster: Cluster) -> u128 {
    (1 << cluster.node_type().cluster_size()) - 1
}

/// The cluster of one's own node whose ceremony runs, and the node's place there.
fn own(call: &Call) -> Reverts<(Node, Cluster, usize)> {
    let node = Node::find(call.uint(0)?)?;
    node.operator().only_manager()?;
    only_in(&node, state::RESERVED)?;
    let cluster = Cluster(node.cluster());
    let (now, deadline) = (host::now(), cluster.get(DEADLINE) as u64);
    if now > deadline {
        let words = [deadline.word(), now.word()];
        return Err(revert(DeadlinePassed::SELECTOR, &words));
    }
    let place = cluster.place_of(node.id);
    Ok((node, cluster, place))
}

/// Posts a member's result.
pub(crate) fn submit_key(call: &Call) -> Answer {
    let result = call.bytes(1)?;
    let (node, cluster, place) = own(call)?;
    let size = usize::from(cluster.node_type().cluster_size());
    // Whoever runs a validator alone has no share.
    let shares = if size == 1 { 0 } else { size };
    let expected = KEY_LENGTH + shares * SHARE;
    let key = result.first_chunk::<KEY_LENGTH>();
    let Some(key) = key.filter(|_| result.len() == expected) else {
        let words = [result.len() as u64, expected as u64].map(Word::word);
        return Err(revert(MalformedResult::SELECTOR, &words));
    };
    let (posted, bit) = (cluster.get(POSTED), 1 << place);
    if posted & bit != 0 {
        return Err(revert(AlreadyPosted::SELECTOR, &[node.word()]));
    }
    let hash = host::keccak(result);
    if posted == 0 {
        check(key)?;
        // From now on it is the cluster's, so that nobody who has read it can be keyed with it first.
        used_key(key).set(whole(cluster.0.into()));
        write_bytes(cluster.slot(KEY), key);
        cluster.slot(RESULT).set(uint(hash.0));
    }
    cluster.set(POSTED, posted | bit);
    let mut agreed = cluster.get(AGREED);
    if cluster.slot(RESULT).get() == uint(hash.0) {
        agreed |= bit;
        cluster.set(AGREED, agreed);
    }
    let topics = [KeySubmitted::SIGNATURE_HASH, cluster.word(), node.word()];
    log::emit(&topics, &[hash]);
    if agreed == all_places(cluster) {
        keyed(cluster, key, result);
    }
    done()
}

/// Refuses a key that another cluster uses or used, or a root that is not that of its deposit.
fn check(key: &[u8; KEY_LENGTH]) -> Reverts<()> {
    if !used_key(key).get().is_zero() {
        let hash = host::keccak(&key[..48]);
        return Err(revert(KeyUsed::SELECTOR, &[hash]));
    }
    let expected = deposit_data::root(key, GATEWAY.address());
    match key.last_chunk() {
        Some(root) if *root != expected => {
            let words = [B256::new(*root), B256::new(expected)];
            Err(revert(DepositDataRootMismatch::SELECTOR, &words))
        }
        _ => Ok(()),
    }
}

/// Which cluster a public key is used by.
fn used_key(key: &[u8; KEY_LENGTH]) -> Slot {
    USED_KEYS.entry(host::keccak(&key[..48]))
}

/// Lets the key of a cluster that came to nothing be used by another, if it had any.
pub(crate) fn release_key(cluster: Cluster) {
    if cluster.get(POSTED) != 0 {
        used_key(&cluster.key()).set(U256::ZERO);
    }
}

/// Counts a cluster no longer among those that have no key.
pub(crate) fn over(cluster: Cluster) {
    count(GATEWAY, RESERVED, -1);
    if cluster.get(NEWCOMER) != 0 {
        cluster.set(NEWCOMER, 0);
        count(BY_REGION, NEWCOMERS, -1);
    }
}

/// Puts a cluster whose members agree at the end of those that wait for ETH.
fn keyed(cluster: Cluster, key: &[u8; KEY_LENGTH], result: &[u8]) {
    let deadline = host::now() + parameter(&UNFUNDED_AT_MOST) as u64;
    cluster.move_to(state::KEYED, deadline);
    for mut node in cluster.members() {
        node.move_to(state::KEYED);
    }
    over(cluster);
    waiting::push(cluster);

    let mut data = concat(&[], &[ClusterKeyed::SIGNATURE_HASH, cluster.word()]);
    // The public key takes its length and two words.
    let offsets = [64u64.word(), 160u64.word()];
    data.extend_from_slice(&concat(&[], &offsets));
    append_bytes(&mut data, &key[..48]);
    append_bytes(&mut data, result);
    host::emit(&data, 2);
}

/// Names members that have failed.
pub(crate) fn name_failed(call: &Call) -> Answer {
    let failed = call.uint8(1)?;
    let (node, cluster, place) = own(call)?;
    let bit = 1u128 << place;
    let others = all_places(cluster) & !bit;
    if failed == 0 || u128::from(failed) & !others != 0 {
        let words = [u64::from(failed).word(), others.word()];
        return Err(revert(NamesNobody::SELECTOR, &words));
    }
    let members = cluster.slot(MEMBERS);
    let word: U256 = named_by(place).set(members.get(), failed.into());
    members.set(word);
    cluster.set(NAMED, cluster.get(NAMED) | bit);
    let topics = [FailedNamed::SIGNATURE_HASH, cluster.word(), node.word()];
    log::emit(&topics, &[u64::from(failed).word()]);
    done()
}
