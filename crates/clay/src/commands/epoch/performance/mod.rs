//! What nodes did in an epoch, from those who watch them.
//!
//! A beacon node tells when a validator was to attest, and whether it did. Of a cluster's members it sees nothing: what each did is told
//! by an SSV exporter, or by Charon's metrics in a Prometheus.

mod beacon;
mod charon;
mod exporter;

use std::{collections::BTreeMap, path::PathBuf};

use alloy::primitives::Address;
use clap::Args;
use clay_ethereum::{PublicKey, SECONDS_PER_SLOT, SLOTS_PER_EPOCH};
use clay_shared::operators::NodeType;
use serde::de::DeserializeOwned;

use crate::failure::Failure;

/// Seconds of an epoch of the beacon chain.
const BEACON_EPOCH: u64 = SLOTS_PER_EPOCH * SECONDS_PER_SLOT;

/// Where performance is told. A development chain's Ethereum side tells all of it.
#[derive(Args, Clone, Debug)]
pub(super) struct Sources {
    /// Beacon API of a node that keeps the epoch's states.
    #[arg(
        long,
        value_name = "URL",
        env = "CLAY_ETHEREUM",
        hide_env_values = true,
        default_value = "http://127.0.0.1:8549"
    )]
    ethereum: String,
    /// An SSV exporter, or a file with its answer about the decided duties of the epoch; a development chain's, if it is not named.
    #[arg(long, value_name = "URL|FILE")]
    ssv: Option<String>,
    /// A Prometheus with Charon's metrics, or a file with its answer to a range query; a development chain's, if it is not named.
    #[arg(long, value_name = "URL|FILE")]
    charon: Option<String>,
    /// Counts clusters that attested, but of which their network tells nothing, as if no member had done anything.
    #[arg(long)]
    missing_as_idle: bool,
}

/// A node in a cluster.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) node: u64,
    pub(super) operator: u64,
    /// What it is in its network, as it was registered.
    pub(super) identity: String,
}

/// A cluster with a validator.
#[derive(Clone, Debug)]
pub(super) struct Cluster {
    pub(super) id: u64,
    pub(super) of: NodeType,
    pub(super) public_key: PublicKey,
    /// By place.
    pub(super) members: Vec<Member>,
}

/// Epochs of the beacon chain, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    /// Seconds.
    genesis: u64,
    from: u64,
    to: u64,
}

impl Span {
    /// The epochs that lie in a time, in seconds; none if there are none.
    fn within(genesis: u64, starts: u64, ends: u64) -> Option<Self> {
        let from = starts.saturating_sub(genesis).div_ceil(BEACON_EPOCH);
        let after = ends.saturating_sub(genesis) / BEACON_EPOCH;
        let to = after.checked_sub(1).filter(|to| *to >= from)?;
        Some(Self { genesis, from, to })
    }

    /// When it begins and ends, in seconds.
    fn times(self) -> [u64; 2] {
        [self.from, self.to + 1].map(|epoch| self.genesis + epoch * BEACON_EPOCH)
    }
}

/// The epochs in which a validator was to attest, and whether it did.
type Attested = BTreeMap<u64, bool>;

/// What a node did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Done {
    pub(super) made: u64,
    pub(super) expected: u64,
}

impl Sources {
    /// What every node did from one time to another, in seconds; only nodes with duties.
    pub(super) async fn performance(
        &self,
        clusters: &[Cluster],
        gateway: Address,
        [starts, ends]: [u64; 2],
    ) -> Result<BTreeMap<u64, Done>, Failure> {
        let beacon = beacon::Node::at(&self.ethereum);
        let Some(span) = Span::within(beacon.genesis().await?, starts, ends) else {
            return Ok(BTreeMap::new());
        };
        let attested = beacon.attested(clusters, span).await?;
        let with = |of: NodeType| {
            let both = clusters.iter().zip(&attested);
            let those = both.filter(|(cluster, attested)| cluster.of == of && !attested.is_empty());
            those.collect::<Vec<_>>()
        };
        // A node serves one validator after another.
        let mut done: BTreeMap<u64, u64> = BTreeMap::new();
        for (cluster, attested) in with(NodeType::Direct) {
            let made = attested.values().filter(|made| **made).count() as u64;
            for member in &cluster.members {
                *done.entry(member.node).or_default() += made;
            }
        }
        let mut missing = Vec::new();
        let ssv = with(NodeType::Ssv);
        if !ssv.is_empty() {
            let answers = exporter::ask(&self.place(&self.ssv, "ssv"), &ssv, span).await?;
            let made = exporter::made(&answers, &ssv, span).map_err(Failure::Conflict)?;
            missing.extend(unseen(&ssv, &made, "SSV exporter"));
            done.extend(made);
        }
        let obol = with(NodeType::Obol);
        if !obol.is_empty() {
            let place = self.place(&self.charon, "charon");
            let answer = charon::ask(&place, gateway, span).await?;
            let made = charon::made(&answer, &obol, gateway, span).map_err(Failure::Conflict)?;
            missing.extend(unseen(&obol, &made, "Prometheus with Charon's metrics"));
            done.extend(made);
        }
        if !missing.is_empty() && !self.missing_as_idle {
            return Err(Failure::Conflict(format!(
                "{}\nFind another source, or count what is missing as not done with --missing-as-idle.",
                missing.join("\n")
            )));
        }
        let mut performance: BTreeMap<u64, Done> = BTreeMap::new();
        for (cluster, attested) in clusters.iter().zip(&attested) {
            for member in cluster.members.iter().filter(|_| !attested.is_empty()) {
                performance.entry(member.node).or_default().expected += attested.len() as u64;
            }
        }
        for (node, sum) in &mut performance {
            let made = done.get(node).copied().unwrap_or_default();
            sum.made = made.min(sum.expected);
        }
        Ok(performance)
    }

    fn place(&self, named: &Option<String>, network: &str) -> String {
        let beside = || format!("{}/networks/{network}", self.ethereum.trim_end_matches('/'));
        named.clone().unwrap_or_else(beside)
    }
}

/// Clusters with validators and when they were to attest.
type Working<'a> = [(&'a Cluster, &'a Attested)];

/// Clusters whose validators attested, though nobody is said to have done anything.
fn unseen(working: &Working, made: &BTreeMap<u64, u64>, source: &str) -> Vec<String> {
    let unseen = working.iter().filter(|(cluster, attested)| {
        let told = |member: &Member| made.contains_key(&member.node);
        attested.values().any(|made| *made) && !cluster.members.iter().any(told)
    });
    let words = |(cluster, _): &(&Cluster, &Attested)| {
        format!(
            "cluster {} attested, and the {source} tells nothing of it.",
            cluster.id
        )
    };
    unseen.map(words).collect()
}

/// Reads JSON from a file, or asks for it.
async fn answer<T: DeserializeOwned>(
    place: &str,
    path: &str,
    query: &[(&str, String)],
) -> Result<T, Failure> {
    let malformed = |error: serde_json::Error| {
        Failure::File(format!("{place}: it is no such answer: {error}."))
    };
    if !is_url(place) {
        let text = std::fs::read_to_string(PathBuf::from(place));
        let text = text.map_err(|error| Failure::File(format!("{place}: {error}")))?;
        return serde_json::from_str(&text).map_err(malformed);
    }
    let unreachable = |error: reqwest::Error| Failure::NoEthereum {
        url: place.to_owned(),
        cause: error.without_url().to_string(),
    };
    let url = format!("{}/{path}", place.trim_end_matches('/'));
    let url = reqwest::Url::parse_with_params(&url, query)
        .map_err(|error| Failure::Usage(format!("{place}: {error}.")))?;
    let answer = reqwest::get(url).await.map_err(unreachable)?;
    let is_success = answer.status().is_success();
    let text = answer.text().await.map_err(unreachable)?;
    if !is_success {
        return Err(Failure::Refused {
            action: format!("asking {place} for {path}"),
            reason: text,
        });
    }
    serde_json::from_str(&text).map_err(malformed)
}

fn is_url(place: &str) -> bool {
    place.starts_with("http://") || place.starts_with("https://")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cluster of nodes 10, 11, ..., of which each is 100 more in its network.
    pub(super) fn cluster(id: u64, of: NodeType) -> Cluster {
        let members = (0..u64::from(of.cluster_size())).map(|place| Member {
            node: 10 * id + place,
            operator: 16 + place,
            identity: (100 + 10 * id + place).to_string(),
        });
        Cluster {
            id,
            of,
            public_key: PublicKey::repeat_byte(id as u8),
            members: members.collect(),
        }
    }

    #[test]
    fn only_whole_epochs_count() {
        let span = |starts, ends| Span::within(1_000, starts, ends).map(|it| (it.from, it.to));
        assert_eq!(span(1_000, 1_384), Some((0, 0)));
        assert_eq!(span(0, 1_383), None);
        assert_eq!(span(1_001, 2_000), Some((1, 1)));
        let span = Span::within(1_000, 1_001, 2_000).expect("an epoch");
        assert_eq!(span.times(), [1_384, 1_768]);
    }

    #[test]
    fn who_attested_unseen_is_missing() {
        let (one, two) = (cluster(1, NodeType::Ssv), cluster(2, NodeType::Ssv));
        let seen = Attested::from([(5, true), (6, false)]);
        let idle = Attested::from([(5, false)]);
        let made = BTreeMap::from([(10, 0)]);
        let none = BTreeMap::new();
        assert!(unseen(&[(&one, &seen), (&two, &idle)], &made, "source").is_empty());
        let told = unseen(&[(&one, &seen), (&two, &idle)], &none, "source");
        assert_eq!(
            told,
            ["cluster 1 attested, and the source tells nothing of it."]
        );
    }
}
