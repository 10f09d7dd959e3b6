//! What the beacon chain saw of validators.

use std::collections::HashMap;

use clay_ethereum::PublicKey;
use serde::{de::DeserializeOwned, Deserialize, Serialize};

use super::{Attested, Cluster, Span};
use crate::failure::Failure;

/// Epochs after which it is said how far it is.
const TOLD_EVERY: u64 = 200;

/// A beacon node.
pub(super) struct Node<'a> {
    url: &'a str,
    client: reqwest::Client,
}

#[derive(Deserialize)]
struct Envelope<T> {
    data: T,
}

#[derive(Deserialize)]
struct Genesis {
    genesis_time: String,
}

#[derive(Deserialize)]
struct Listed {
    index: String,
    validator: ListedValidator,
}

#[derive(Deserialize)]
struct ListedValidator {
    pubkey: PublicKey,
}

#[derive(Deserialize)]
struct Rewards {
    total_rewards: Vec<Reward>,
}

/// Gwei.
#[derive(Deserialize)]
struct Reward {
    validator_index: String,
    target: String,
}

impl<'a> Node<'a> {
    pub(super) fn at(url: &'a str) -> Self {
        Self {
            url: url.trim_end_matches('/'),
            client: reqwest::Client::new(),
        }
    }

    /// When the chain began, in seconds.
    pub(super) async fn genesis(&self) -> Result<u64, Failure> {
        let path = "eth/v1/beacon/genesis";
        let genesis: Genesis = self.ask(path, self.client.get(self.full(path))).await?;
        number(&genesis.genesis_time, path)
    }

    /// When each cluster's validator was to attest, and whether it did.
    pub(super) async fn attested(
        &self,
        clusters: &[Cluster],
        span: Span,
    ) -> Result<Vec<Attested>, Failure> {
        let indices = self.indices(clusters).await?;
        let mut attested = vec![Attested::new(); clusters.len()];
        if indices.is_empty() {
            return Ok(attested);
        }
        let asked: Vec<&String> = indices.keys().collect();
        for epoch in span.from..=span.to {
            if (epoch - span.from + 1).is_multiple_of(TOLD_EVERY) {
                let (done, all) = (epoch - span.from, span.to - span.from + 1);
                eprintln!("{done} of {all} epochs of the beacon chain");
            }
            let path = format!("eth/v1/beacon/rewards/attestations/{epoch}");
            let rewards: Rewards = self.post(&path, &asked).await?;
            for reward in rewards.total_rewards {
                if let Some(place) = indices.get(&reward.validator_index) {
                    attested[*place].insert(epoch, attests(&reward.target, &path)?);
                }
            }
        }
        Ok(attested)
    }

    /// The places of clusters by their validators' indices, where they have one.
    async fn indices(&self, clusters: &[Cluster]) -> Result<HashMap<String, usize>, Failure> {
        #[derive(Serialize)]
        struct Ids<'b> {
            ids: Vec<&'b PublicKey>,
        }
        if clusters.is_empty() {
            return Ok(HashMap::new());
        }
        let ids = clusters.iter().map(|cluster| &cluster.public_key).collect();
        let path = "eth/v1/beacon/states/head/validators";
        let listed: Vec<Listed> = self.post(path, &Ids { ids }).await?;
        let places = clusters.iter().enumerate();
        let places: HashMap<_, _> = places.map(|(place, it)| (it.public_key, place)).collect();
        let indices = listed.into_iter().filter_map(|listed| {
            let place = places.get(&listed.validator.pubkey)?;
            Some((listed.index, *place))
        });
        Ok(indices.collect())
    }

    fn full(&self, path: &str) -> String {
        format!("{}/{path}", self.url)
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        self.ask(path, self.client.post(self.full(path)).json(body))
            .await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        request: reqwest::RequestBuilder,
    ) -> Result<T, Failure> {
        let unreachable = |error: reqwest::Error| Failure::NoEthereum {
            url: self.url.to_owned(),
            cause: error.without_url().to_string(),
        };
        let answer = request.send().await.map_err(unreachable)?;
        if !answer.status().is_success() {
            return Err(Failure::Refused {
                action: format!("asking a beacon node for {path}"),
                reason: answer.text().await.map_err(unreachable)?,
            });
        }
        let answer: Envelope<T> = answer.json().await.map_err(|_| malformed(path))?;
        Ok(answer.data)
    }
}

/// Whether an attestation counted for its target. A miss costs; during a leak a hit brings nothing.
fn attests(target: &str, path: &str) -> Result<bool, Failure> {
    let gwei: i64 = target.parse().map_err(|_| malformed(path))?;
    Ok(gwei >= 0)
}

fn number(text: &str, path: &str) -> Result<u64, Failure> {
    text.parse().map_err(|_| malformed(path))
}

fn malformed(path: &str) -> Failure {
    Failure::Conflict(format!(
        "the beacon node does not answer {path} as it should."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_miss_costs() {
        let attests = |target: &str| attests(target, "path").ok();
        assert_eq!(attests("4748"), Some(true));
        assert_eq!(attests("0"), Some(true));
        assert_eq!(attests("-4748"), Some(false));
        assert_eq!(attests("none"), None);
    }
}
