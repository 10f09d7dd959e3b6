//! What Obol's Charon calls things.

use std::fmt::Display;

use alloy::{hex, primitives::Address};

/// Its counter of duties that a peer took part in, by `duty` and `peer`.
pub const PARTICIPATION: &str = "core_tracker_participation_success_total";
/// Its gauge of a peer's place in the cluster, by `peer`.
pub const PLACE: &str = "app_peerinfo_index";

/// The name that a pool's cluster has in its definition: the pool's gateway and the cluster's number, so that it is another in every
/// pool.
pub fn cluster_name(gateway: Address, cluster: impl Display) -> String {
    format!("clay-{}-{cluster}", hex::encode(&gateway[..10]))
}
