//! What an SSV exporter tells of clusters' members: who signed each duty that was decided, at `/v1/exporter/decideds`.
//!
//! A duty that too few signed is not decided, and is nobody's.

use std::collections::{BTreeMap, BTreeSet};

use alloy::hex;
use clay_ethereum::SLOTS_PER_EPOCH;
use serde::Deserialize;

use super::{answer, is_url, Span, Working};
use crate::failure::Failure;

/// Keys that are asked for at once.
const KEYS_AT_ONCE: usize = 40;

#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    data: Vec<Decided>,
    /// What the exporter had to leave out.
    #[serde(default)]
    errors: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Decided {
    role: String,
    slot: u64,
    /// Without 0x.
    public_key: String,
    message: Message,
}

#[derive(Debug, Deserialize)]
struct Message {
    /// Numbers of SSV operators.
    #[serde(rename = "Signers")]
    signers: Vec<u64>,
}

/// Asks an exporter for the attestations of a span, or reads its answer from a file.
pub(super) async fn ask(
    place: &str,
    working: &Working<'_>,
    span: Span,
) -> Result<Vec<Answer>, Failure> {
    let path = "v1/exporter/decideds";
    if !is_url(place) {
        return Ok(vec![answer(place, path, &[]).await?]);
    }
    let keys = working
        .iter()
        .map(|(cluster, _)| hex::encode(cluster.public_key));
    let keys: Vec<String> = keys.collect();
    let mut answers = Vec::new();
    for some in keys.chunks(KEYS_AT_ONCE) {
        let query = [
            ("from", (span.from * SLOTS_PER_EPOCH).to_string()),
            ("to", ((span.to + 1) * SLOTS_PER_EPOCH - 1).to_string()),
            ("roles", "ATTESTER".into()),
            ("pubkeys", some.join(",")),
        ];
        answers.push(answer(place, path, &query).await?);
    }
    Ok(answers)
}

/// Attestations that members took part in, of clusters that anything is told of.
pub(super) fn made(
    answers: &[Answer],
    working: &Working,
    span: Span,
) -> Result<BTreeMap<u64, u64>, String> {
    let errors: Vec<&str> = answers
        .iter()
        .flat_map(|it| &it.errors)
        .map(String::as_str)
        .collect();
    if !errors.is_empty() {
        return Err(format!(
            "the SSV exporter left something out:\n{}",
            errors.join("\n")
        ));
    }
    let mut wrong = Vec::new();
    let mut clusters = BTreeMap::new();
    for (cluster, attested) in working {
        let mut nodes = BTreeMap::new();
        for member in &cluster.members {
            let Ok(operator) = member.identity.parse::<u64>() else {
                wrong.push(format!(
                    "node {} of cluster {} is registered as '{}', which is no number of an SSV operator.",
                    member.node, cluster.id, member.identity
                ));
                continue;
            };
            if let Some(other) = nodes.insert(operator, member.node) {
                wrong.push(format!(
                    "nodes {other} and {} of cluster {} are both registered as SSV operator {operator}.",
                    member.node, cluster.id
                ));
            }
        }
        clusters.insert(
            hex::encode(cluster.public_key),
            (cluster.id, nodes, attested),
        );
    }
    // Who signed in which epoch: once, however often it is told.
    let mut signed: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    let decided = answers.iter().flat_map(|it| &it.data);
    for decided in decided.filter(|it| it.role == "ATTESTER") {
        let epoch = decided.slot / SLOTS_PER_EPOCH;
        let key = decided.public_key.trim_start_matches("0x").to_lowercase();
        let Some((id, nodes, attested)) = clusters.get(&key) else {
            continue;
        };
        if !(span.from..=span.to).contains(&epoch) || !attested.contains_key(&epoch) {
            continue;
        }
        for node in nodes.values() {
            signed.entry(*node).or_default();
        }
        for signer in &decided.message.signers {
            match nodes.get(signer) {
                Some(node) => {
                    signed.entry(*node).or_default().insert(epoch);
                }
                None => wrong.push(format!(
                    "SSV operator {signer} signed for cluster {id} in slot {}, and no member is registered as that.",
                    decided.slot
                )),
            }
        }
    }
    match wrong.is_empty() {
        true => Ok(signed
            .into_iter()
            .map(|(node, epochs)| (node, epochs.len() as u64))
            .collect()),
        false => Err(wrong.join("\n")),
    }
}

#[cfg(test)]
mod tests {
    use clay_shared::operators::NodeType;
    use serde_json::json;

    use super::{
        super::{tests::cluster, Attested, Cluster},
        *,
    };

    const SPAN: Span = Span {
        genesis: 0,
        from: 10,
        to: 12,
    };

    fn answers(text: serde_json::Value) -> Vec<Answer> {
        vec![serde_json::from_value(text).expect("an answer")]
    }

    fn made_of(cluster: &Cluster, text: serde_json::Value) -> Result<Vec<u64>, String> {
        let attested: Attested = (10..=12).map(|epoch| (epoch, true)).collect();
        let made = made(&answers(text), &[(cluster, &attested)], SPAN)?;
        Ok(cluster.members.iter().map(|it| made[&it.node]).collect())
    }

    fn decided(cluster: u64, slot: u64, signers: &[u64]) -> serde_json::Value {
        let key = hex::encode([cluster as u8; 48]);
        json!({ "role": "ATTESTER", "slot": slot, "public_key": key, "message": { "Signers": signers } })
    }

    #[test]
    fn who_signed_has_made_it_once_an_epoch() {
        let one = cluster(1, NodeType::Ssv);
        let of_role = |mut decided: serde_json::Value, role: &str| {
            decided["role"] = role.into();
            decided
        };
        let text = json!({ "data": [
            decided(1, 325, &[110, 111, 112, 113]),
            decided(1, 325, &[110, 111, 112, 113]),
            decided(1, 360, &[110, 111, 112, 114]),
            decided(1, 390, &[110, 111, 112, 113, 114]),
            // Another role, another validator, and slots before and after.
            of_role(decided(1, 326, &[114]), "PROPOSER"),
            decided(2, 326, &[999]),
            decided(1, 319, &[114]),
            decided(1, 416, &[114]),
        ] });
        assert_eq!(made_of(&one, text), Ok(vec![3, 3, 3, 2, 2]));
    }

    #[test]
    fn strangers_twins_and_gaps_are_refused() {
        let mut one = cluster(1, NodeType::Ssv);
        let refusal = |one: &Cluster, text| made_of(one, text).expect_err("refused");
        let stranger = json!({ "data": [decided(1, 325, &[110, 99])] });
        assert!(
            refusal(&one, stranger).contains("SSV operator 99 signed for cluster 1 in slot 325")
        );
        let gap = json!({ "data": [], "errors": ["omitting entry"] });
        assert!(refusal(&one, gap).contains("left something out:\nomitting entry"));
        let none = || json!({ "data": [] });
        one.members[1].identity = "110".into();
        assert!(refusal(&one, none())
            .contains("nodes 10 and 11 of cluster 1 are both registered as SSV operator 110"));
        one.members[1].identity = "enr:".into();
        assert!(refusal(&one, none()).contains("node 11 of cluster 1 is registered as 'enr:'"));
    }
}
