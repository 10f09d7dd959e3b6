//! What Charon's metrics tell of clusters' members: each counts the attestations that it has seen each of them take part in.
//!
//! They are read from a Prometheus by a range query, as counters: a node that starts again begins at zero. What most members have seen
//! counts, so nobody makes itself look better, or another look worse.

use std::collections::BTreeMap;

use alloy::primitives::Address;
use clay_ethereum::charon::{cluster_name, PARTICIPATION, PLACE};
use serde::Deserialize;

use super::{answer, Span, Working};
use crate::failure::Failure;

/// Samples are this many seconds apart, about: what a node counted after the last of them before it started again is lost.
const STEP: u64 = 3_600;

#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    data: Data,
}

#[derive(Debug, Deserialize)]
struct Data {
    result: Vec<Series>,
}

#[derive(Debug, Deserialize)]
struct Series {
    metric: Labels,
    /// Seconds, and the value.
    values: Vec<(f64, String)>,
}

#[derive(Debug, Deserialize)]
struct Labels {
    #[serde(rename = "__name__")]
    name: String,
    cluster_name: String,
    /// Who has seen it.
    cluster_peer: String,
    /// Of whom.
    peer: String,
    duty: Option<String>,
}

/// Asks a Prometheus for what Charon counted in a span, or reads its answer from a file.
pub(super) async fn ask(place: &str, gateway: Address, span: Span) -> Result<Answer, Failure> {
    let ours = cluster_name(gateway, ".*");
    let [start, end] = span.times();
    let steps = (end - start).div_ceil(STEP);
    let query = [
        (
            "query",
            format!("{{__name__=~\"{PARTICIPATION}|{PLACE}\",cluster_name=~\"{ours}\"}}"),
        ),
        ("start", start.to_string()),
        ("end", end.to_string()),
        ("step", ((end - start) as f64 / steps as f64).to_string()),
    ];
    answer(place, "api/v1/query_range", &query).await
}

/// Attestations that members took part in, of clusters that anything is told of.
pub(super) fn made(
    answer: &Answer,
    working: &Working,
    gateway: Address,
    span: Span,
) -> Result<BTreeMap<u64, u64>, String> {
    let [start, _] = span.times();
    let mut wrong = Vec::new();
    // By cluster, and by who has seen it: places, and counts.
    let mut places: BTreeMap<[&str; 2], BTreeMap<&str, u64>> = BTreeMap::new();
    let mut counts = places.clone();
    for series in &answer.data.result {
        let Labels {
            name,
            cluster_name,
            cluster_peer,
            peer,
            duty,
        } = &series.metric;
        let is_participation = name == PARTICIPATION && duty.as_deref() == Some("attester");
        if !is_participation && name != PLACE {
            continue;
        }
        let Some(values) = numbers(&series.values) else {
            wrong.push(format!(
                "{name} of {peer} in {cluster_name}, seen by {cluster_peer}, is no count."
            ));
            continue;
        };
        let seen_by = [cluster_name.as_str(), cluster_peer];
        match is_participation {
            true => {
                counts
                    .entry(seen_by)
                    .or_default()
                    .insert(peer, increase(&values, start));
            }
            false => {
                let last = values.last().map(|(_, place)| *place);
                places
                    .entry(seen_by)
                    .or_default()
                    .extend(last.map(|place| (peer.as_str(), place)));
            }
        }
    }
    let mut made: BTreeMap<u64, u64> = BTreeMap::new();
    for (cluster, attested) in working {
        let ours = cluster_name(gateway, cluster.id);
        for (place, member) in cluster.members.iter().enumerate() {
            let of_cluster = counts.iter().filter(|([name, _], _)| *name == ours);
            let seen = of_cluster.filter_map(|(seen_by, counts)| {
                let peers = places.get(seen_by)?.iter();
                let mut peer = peers.filter(|(_, other)| **other == place as u64);
                counts.get(peer.next()?.0).copied()
            });
            let mut seen: Vec<u64> = seen.collect();
            seen.sort_unstable();
            if let Some(middle) = seen.len().checked_sub(1) {
                let most_agree = seen[middle / 2];
                let made = made.entry(member.node).or_default();
                *made += most_agree.min(attested.len() as u64);
            }
        }
    }
    match wrong.is_empty() {
        true => Ok(made),
        false => Err(wrong.join("\n")),
    }
}

/// Samples as whole numbers; none if they are not.
fn numbers(values: &[(f64, String)]) -> Option<Vec<(f64, u64)>> {
    let values = values
        .iter()
        .map(|(time, value)| Some((*time, value.parse().ok()?)));
    values.collect()
}

/// What a counter has counted. One that begins later than the span, or falls, has begun at zero.
fn increase(values: &[(f64, u64)], start: u64) -> u64 {
    let mut last = match values.first() {
        Some((time, first)) if *time <= start as f64 => *first,
        _ => 0,
    };
    let mut sum = 0;
    for (_, value) in values {
        sum += value.checked_sub(last).unwrap_or(*value);
        last = *value;
    }
    sum
}

#[cfg(test)]
mod tests {
    use clay_shared::operators::NodeType;
    use serde_json::{json, Value};

    use super::{
        super::{tests::cluster, Attested},
        *,
    };

    const GATEWAY: Address = Address::repeat_byte(0x6a);
    const SPAN: Span = Span {
        genesis: 0,
        from: 10,
        to: 59,
    };

    fn series(name: &str, reporter: &str, peer: &str, values: Value) -> Value {
        let cluster = cluster_name(GATEWAY, 1);
        json!({
            "metric": {
                "__name__": name, "cluster_name": cluster, "cluster_peer": reporter, "peer": peer,
                "duty": "attester", "job": "charon",
            },
            "values": values,
        })
    }

    fn made_of(result: Vec<Value>) -> Result<Vec<Option<u64>>, String> {
        let answer =
            json!({ "status": "success", "data": { "resultType": "matrix", "result": result } });
        let answer: Answer = serde_json::from_value(answer).expect("an answer");
        let one = cluster(1, NodeType::Obol);
        let attested: Attested = (10..=59).map(|epoch| (epoch, true)).collect();
        let made = made(&answer, &[(&one, &attested)], GATEWAY, SPAN)?;
        Ok(one
            .members
            .iter()
            .map(|it| made.get(&it.node).copied())
            .collect())
    }

    #[test]
    fn what_most_have_seen_counts() {
        let mut result = Vec::new();
        let peers = ["keen-ant", "loud-bee", "mild-cow", "neat-dog"];
        for (reporter, seen_of_last) in peers.iter().zip([40, 41, 50, 12]) {
            for (place, peer) in peers.iter().enumerate() {
                result.push(series(
                    PLACE,
                    reporter,
                    peer,
                    json!([[3840, place.to_string()]]),
                ));
                let seen = if place == 3 { 100 + seen_of_last } else { 150 };
                let values = json!([[3840, "100"], [23_040, seen.to_string()]]);
                result.push(series(PARTICIPATION, reporter, peer, values));
            }
        }
        let expected = [50, 50, 50, 40].map(Some).to_vec();
        assert_eq!(made_of(result), Ok(expected));
    }

    #[test]
    fn without_places_or_counts_nothing_is_told() {
        let counts = series(PARTICIPATION, "keen-ant", "keen-ant", json!([[3840, "1"]]));
        assert_eq!(made_of(vec![counts]), Ok(vec![None; 4]));
        let broken = series(
            PARTICIPATION,
            "keen-ant",
            "loud-bee",
            json!([[3840, "NaN"]]),
        );
        let refusal = made_of(vec![broken]).expect_err("refused");
        assert!(refusal.contains("of loud-bee in clay-6a6a"), "{refusal}");
    }

    #[test]
    fn counters_begin_again_at_zero() {
        let increase = |values: &[(f64, u64)]| increase(values, 100);
        assert_eq!(increase(&[(100.0, 7), (200.0, 9), (300.0, 12)]), 5);
        assert_eq!(increase(&[(100.0, 7), (200.0, 9), (300.0, 3)]), 5);
        assert_eq!(
            increase(&[(200.0, 9), (300.0, 12)]),
            12,
            "it began within the span"
        );
        assert_eq!(increase(&[]), 0);
    }
}
