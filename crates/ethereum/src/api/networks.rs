//! What nodes did, in the formats of those who watch them: a beacon node, an SSV exporter, a Prometheus with Charon's
//! metrics.

use std::collections::BTreeMap;

use alloy::hex;
use axum::{
    body::Bytes,
    extract::{rejection::QueryRejection, Path, Query, State},
    Json,
};
use clay_shared::operators::NodeType;
use serde::Deserialize;
use serde_json::{json, Value};

use super::{error::ApiError, lock, validators::posted, Shared};
use crate::{
    charon::{cluster_name, PARTICIPATION, PLACE},
    clock::{epoch_of, start_of, SECONDS_PER_SLOT, SLOTS_PER_EPOCH},
    nodes::Cluster,
    validator::PublicKey,
    Ethereum,
};

type Answer = Result<Json<Value>, ApiError>;

/// Gwei for a timely source, target and head; their sizes are not those by which balances grow here.
const REWARDS: [i64; 3] = [2_556, 4_748, 2_556];

/// Samples of a series at most, as Prometheus has it.
const MOST_SAMPLES: u64 = 11_000;

/// What a beacon node tells of validators' attestations in an epoch that is over: those who were to attest, and what it
/// brought or cost them.
pub(super) async fn attestation_rewards(
    State(shared): State<Shared>,
    Path(epoch): Path<String>,
    body: Bytes,
) -> Answer {
    let ethereum = lock(&shared);
    let asked: Option<Vec<String>> = posted(&body)?;
    let epoch = epoch
        .parse()
        .map_err(|_| ApiError::bad_request(format!("invalid epoch: {epoch}")))?;
    let now = epoch_of(ethereum.clock.slot());
    if epoch >= now {
        let words = format!("epoch {epoch} is not over: this is epoch {now}");
        return Err(ApiError::not_found(words));
    }
    let mut rewards = Vec::new();
    for (index, attests) in ethereum.attested(epoch, asked.as_deref())? {
        let [source, target, head] = match attests {
            true => REWARDS,
            // A missed head costs nothing.
            false => [-REWARDS[0], -REWARDS[1], 0],
        };
        rewards.push(json!({
            "validator_index": index.to_string(),
            "head": head.to_string(),
            "target": target.to_string(),
            "source": source.to_string(),
            "inactivity": "0",
        }));
    }
    let data = json!({ "ideal_rewards": [], "total_rewards": rewards });
    Ok(ethereum.answer(start_of(epoch + 1), data))
}

/// Which duties an exporter is asked for: slots, both included; roles and public keys with commas between them.
#[derive(Deserialize)]
pub(super) struct Decideds {
    from: u64,
    to: u64,
    roles: String,
    #[serde(default)]
    pubkeys: String,
}

/// What an SSV exporter tells: who signed each duty that a cluster decided. What too few did is not told.
pub(super) async fn decideds(
    State(shared): State<Shared>,
    query: Result<Query<Decideds>, QueryRejection>,
) -> Answer {
    let Query(asked) = query.map_err(|error| ApiError::bad_request(error.body_text()))?;
    let ethereum = lock(&shared);
    if asked.roles.split(',').all(|role| role != "ATTESTER") {
        return Ok(Json(json!({ "data": [] })));
    }
    let keys: Vec<&str> = asked
        .pubkeys
        .split(',')
        .filter(|it| !it.is_empty())
        .collect();
    let identities = &ethereum.operators.nodes.identities;
    let signer = |node: &u64| -> Option<u64> {
        let identity = std::str::from_utf8(identities.get(node)?).ok()?;
        identity.parse().ok()
    };
    let mut data = Vec::new();
    for (key, cluster) in ethereum.clusters_of(NodeType::Ssv) {
        let key = hex::encode(key);
        if !keys.is_empty() && !keys.contains(&key.as_str()) {
            continue;
        }
        let (from, to) = (epoch_of(asked.from), epoch_of(asked.to));
        let epochs = (cluster.first_between(from)..).zip(cluster.done_between(from, to));
        for (epoch, done) in epochs.filter(|(_, done)| cluster.attests(**done)) {
            let slot = start_of(epoch) + cluster.id % SLOTS_PER_EPOCH;
            if (asked.from..=asked.to).contains(&slot) {
                let signers: Vec<u64> = did(cluster, *done).filter_map(signer).collect();
                data.push(json!({
                    "role": "ATTESTER",
                    "slot": slot,
                    "public_key": key,
                    "message": { "Signers": signers },
                }));
            }
        }
    }
    Ok(Json(json!({ "data": data })))
}

/// The members that did their duty.
fn did(cluster: &Cluster, done: u8) -> impl Iterator<Item = &u64> {
    let places = cluster.nodes.iter().enumerate();
    places.filter_map(move |(place, node)| (done >> place & 1 == 1).then_some(node))
}

/// A range query of Prometheus: seconds.
#[derive(Deserialize)]
pub(super) struct RangeQuery {
    query: String,
    start: f64,
    end: f64,
    step: f64,
}

/// What a Prometheus tells to which the nodes of Obol's clusters send Charon's metrics: how many attestations each has
/// seen each of them take part in, and the places of each. It knows no other query.
pub(super) async fn query_range(
    State(shared): State<Shared>,
    query: Result<Query<RangeQuery>, QueryRejection>,
) -> Answer {
    let Query(asked) = query.map_err(|error| ApiError::bad_request(error.body_text()))?;
    let wrong = |words: &str| Err(ApiError::bad_request(words));
    if !asked.query.contains(PARTICIPATION) || !asked.query.contains(PLACE) {
        return wrong("only participation and places are known here");
    }
    let samples = ((asked.end - asked.start) / asked.step).floor();
    if !(samples >= 0.0 && samples < MOST_SAMPLES as f64) {
        return wrong("exceeded maximum resolution of 11,000 points per timeseries");
    }
    let ethereum = lock(&shared);
    let times = (0..=samples as u64).map(|sample| asked.start + sample as f64 * asked.step);
    let times: Vec<u64> = times.map(|time| time as u64).collect();
    let gateway = ethereum.contracts.gateway;
    let mut result = Vec::new();
    for (_, cluster) in ethereum.clusters_of(NodeType::Obol) {
        let name = cluster_name(gateway, cluster.id);
        for reporter in &cluster.nodes {
            for (place, node) in cluster.nodes.iter().enumerate() {
                let metric = |metric: &str| {
                    BTreeMap::from([
                        ("__name__", metric.to_owned()),
                        ("cluster_name", name.clone()),
                        ("cluster_peer", peer(*reporter)),
                        ("peer", peer(*node)),
                    ])
                };
                let mut participation = metric(PARTICIPATION);
                participation.insert("duty", "attester".into());
                let counted = times.iter().map(|time| {
                    let count = ethereum.counted(cluster, place, *time);
                    json!([time, count.to_string()])
                });
                result
                    .push(json!({ "metric": participation, "values": counted.collect::<Value>() }));
                let places = times.iter().map(|time| json!([time, place.to_string()]));
                result
                    .push(json!({ "metric": metric(PLACE), "values": places.collect::<Value>() }));
            }
        }
    }
    let data = json!({ "resultType": "matrix", "result": result });
    Ok(Json(json!({ "status": "success", "data": data })))
}

/// The name by which a peer goes.
fn peer(node: u64) -> String {
    format!("node-{node}")
}

impl Ethereum {
    /// Clusters of a type that have a key.
    fn clusters_of(&self, of: NodeType) -> impl Iterator<Item = (&PublicKey, &Cluster)> {
        let clusters = self.operators.nodes.clusters.iter();
        clusters.filter(move |(_, cluster)| cluster.node_type == of)
    }

    /// Duties that the member at a place has done up to a time, seconds.
    fn counted(&self, cluster: &Cluster, place: usize, time: u64) -> usize {
        let slot = time.saturating_sub(self.config.genesis_time) / SECONDS_PER_SLOT;
        match epoch_of(slot.min(self.clock.slot())).checked_sub(1) {
            Some(last) => {
                let done = cluster.done_between(0, last).iter();
                done.filter(|done| **done >> place & 1 == 1).count()
            }
            None => 0,
        }
    }

    /// Which of the validators asked for, or of all, were to attest in an epoch, and whether they did. Those whose nodes are not known
    /// always do.
    fn attested(&self, epoch: u64, asked: Option<&[String]>) -> Result<Vec<(u64, bool)>, ApiError> {
        let state = self.named_state("head")?;
        let mut attested = Vec::new();
        for index in self.indices(&state, asked)? {
            let (validator, _) = self.validator(&state, index);
            let clusters = &self.operators.nodes.clusters;
            match clusters.get(&validator.public_key) {
                Some(cluster) => {
                    let done = cluster.done_between(epoch, epoch).first();
                    attested.extend(done.map(|done| (index, cluster.attests(*done))));
                }
                None if validator.is_active(epoch) => attested.push((index, true)),
                None => {}
            }
        }
        Ok(attested)
    }
}
