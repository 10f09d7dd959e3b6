//! Clusters that have a key and wait for ETH, the first that was keyed first.

use clay_shared::operators::state::{
    count,
    of_cluster::{NEXT, PREVIOUS},
    Cluster, FIRST_KEYED, GATEWAY, KEYED, LAST_KEYED,
};

/// The first.
pub(crate) fn first() -> Option<Cluster> {
    some(FIRST_KEYED.get(GATEWAY.get()))
}

/// The one after.
pub(crate) fn after(cluster: Cluster) -> Option<Cluster> {
    some(cluster.get(NEXT))
}

fn some(id: u128) -> Option<Cluster> {
    (id != 0).then_some(Cluster(id as u32))
}

/// Adds a cluster at the end.
pub(crate) fn push(cluster: Cluster) {
    count(GATEWAY, KEYED, 1);
    let (word, id) = (GATEWAY.get(), u128::from(cluster.0));
    let last = LAST_KEYED.get(word);
    let mut word = LAST_KEYED.set(word, id);
    match some(last) {
        None => word = FIRST_KEYED.set(word, id),
        Some(last) => last.set(NEXT, id),
    }
    cluster.set(PREVIOUS, last);
    GATEWAY.set(word);
}

/// Takes a cluster out, wherever it stands.
pub(crate) fn remove(cluster: Cluster) {
    count(GATEWAY, KEYED, -1);
    let (previous, next) = (cluster.get(PREVIOUS), cluster.get(NEXT));
    let mut word = GATEWAY.get();
    match some(previous) {
        None => word = FIRST_KEYED.set(word, next),
        Some(previous) => previous.set(NEXT, next),
    }
    match some(next) {
        None => word = LAST_KEYED.set(word, previous),
        Some(next) => next.set(PREVIOUS, previous),
    }
    GATEWAY.set(word);
    cluster.set(NEXT, 0);
}
