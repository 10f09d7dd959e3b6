//! The nodes of an epoch: who has validators, as the registry knows it, and the penalties that it has told of.

use std::collections::{BTreeMap, HashMap};

use alloy::{
    primitives::{Address, U256},
    rpc::types::{Filter, Log},
    sol_types::SolEvent,
};
use clay_ethereum::PublicKey;
use clay_shared::operators::NodeType;

use super::{
    chain::Distributor,
    performance::{Cluster, Member},
};
use crate::{
    bindings::OperatorRegistry::{
        clusterCall, clusterKeyCall, countsCall, fundedClusterCall, nodeCall, NodesAdded,
        PenaltyExpected, ValidatorConfirmed,
    },
    failure::Failure,
    logs::Logs,
};

/// A pool's operator-registry.
pub(super) struct Registry<'a> {
    distributor: &'a Distributor,
    pub(super) address: Address,
}

/// What a node answers for, in wei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Penalty {
    /// Its part of what a slashing or a leak took.
    pub(super) loss: u128,
    /// What is due for exits that were late, or forced.
    pub(super) exit: u128,
}

impl<'a> Registry<'a> {
    pub(super) async fn of(distributor: &'a Distributor) -> Result<Self, Failure> {
        let pool = &distributor.pool;
        let address = pool.at(&distributor.client, "operator-registry").await?;
        Ok(Self {
            distributor,
            address,
        })
    }

    /// All clusters whose validators were funded.
    pub(super) async fn clusters(&self) -> Result<Vec<Cluster>, Failure> {
        let (client, registry) = (&self.distributor.client, self.address);
        let identities = self.identities().await?;
        let funded: u64 = client
            .view(registry, countsCall {})
            .await?
            .funded
            .saturating_to();
        let mut clusters = Vec::new();
        for place in 0..funded {
            let index = U256::from(place);
            let id = client.view(registry, fundedClusterCall { index }).await?;
            let cluster = client.view(registry, clusterCall { id }).await?;
            let key = client.view(registry, clusterKeyCall { id }).await?;
            let (Some(of), Ok(public_key)) = (
                NodeType::of(cluster.nodeType),
                PublicKey::try_from(key.publicKey.as_ref()),
            ) else {
                return Err(Failure::Conflict(format!(
                    "cluster {id} is none that is known here."
                )));
            };
            let mut members = Vec::new();
            for id in cluster.nodes.into_iter().filter(|node| !node.is_zero()) {
                let node = id.saturating_to();
                let operator = client.view(registry, nodeCall { id }).await?.operator;
                members.push(Member {
                    node,
                    operator: operator.saturating_to(),
                    identity: identities.get(&node).cloned().unwrap_or_default(),
                });
            }
            clusters.push(Cluster {
                id: id.saturating_to(),
                of,
                public_key,
                members,
            });
        }
        Ok(clusters)
    }

    /// What nodes are in their networks, which only events tell.
    async fn identities(&self) -> Result<HashMap<u64, String>, Failure> {
        let mut identities = HashMap::new();
        for log in self
            .events(&[NodesAdded::SIGNATURE_HASH], 0, u64::MAX)
            .await?
        {
            let Ok(added) = NodesAdded::decode_log(&log.inner) else {
                continue;
            };
            let first: u64 = added.first.saturating_to();
            let identity = String::from_utf8_lossy(&added.identity).trim().to_owned();
            let nodes = first..first.saturating_add(added.count.saturating_to());
            identities.extend(nodes.map(|node| (node, identity.clone())));
        }
        Ok(identities)
    }

    /// Penalties that were told of from a block on, up to another, by node.
    pub(super) async fn penalties(
        &self,
        clusters: &[Cluster],
        [first, last]: [u64; 2],
    ) -> Result<BTreeMap<u64, Penalty>, Failure> {
        let kinds = [
            PenaltyExpected::SIGNATURE_HASH,
            ValidatorConfirmed::SIGNATURE_HASH,
        ];
        let events = self.events(&kinds, first, last).await?;
        let told = events.iter().map(|log| {
            let event = match PenaltyExpected::decode_log(&log.inner) {
                Ok(penalty) => Event::Penalty {
                    operator: penalty.operator.saturating_to(),
                    cluster: penalty.cluster.saturating_to(),
                    wei: penalty.assets.saturating_to(),
                },
                Err(_) => match ValidatorConfirmed::decode_log(&log.inner) {
                    Ok(confirmed) => Event::Confirmed {
                        cluster: confirmed.cluster.saturating_to(),
                        loss: confirmed.loss.saturating_to(),
                    },
                    Err(error) => return Err(Failure::Conflict(error.to_string())),
                },
            };
            Ok((log.transaction_hash.unwrap_or_default().0, event))
        });
        let told: Vec<_> = told.collect::<Result<_, _>>()?;
        penalties(&told, clusters).map_err(Failure::Conflict)
    }

    async fn events(
        &self,
        kinds: &[alloy::primitives::B256],
        first: u64,
        last: u64,
    ) -> Result<Vec<Log>, Failure> {
        let client = &self.distributor.client;
        let filter = Filter::new()
            .address(self.address)
            .event_signature(kinds.to_vec());
        let since = self
            .distributor
            .pool
            .since(client, "operator-registry")
            .await?;
        let last = last.min(client.block_number().await?);
        let mut logs = Logs::up_to(client, filter, first.max(since), last);
        let mut found = Vec::new();
        while let Some(batch) = logs.next().await? {
            found.extend(batch);
        }
        Ok(found)
    }
}

/// What the registry tells about penalties.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// A member owes so many wei.
    Penalty {
        operator: u64,
        cluster: u64,
        wei: u128,
    },
    /// A validator came to something, which cost so many wei.
    Confirmed { cluster: u64, loss: u128 },
}

/// Penalties by node, from events with their transactions: of what a member owes, its even part of the loss told in the same
/// transaction, rounded up, is loss, and the rest is for its exit.
fn penalties(
    told: &[([u8; 32], Event)],
    clusters: &[Cluster],
) -> Result<BTreeMap<u64, Penalty>, String> {
    let mut parts: HashMap<([u8; 32], u64), u128> = HashMap::new();
    let mut owed: BTreeMap<([u8; 32], u64, u64), u128> = BTreeMap::new();
    let find = |id: u64| {
        let cluster = clusters.iter().find(|cluster| cluster.id == id);
        cluster.ok_or_else(|| format!("cluster {id} has a penalty, and was never funded."))
    };
    for (transaction, event) in told {
        match *event {
            Event::Confirmed { loss: 0, .. } => {}
            Event::Confirmed { cluster, loss } => {
                let members = find(cluster)?.members.len().max(1) as u128;
                *parts.entry((*transaction, cluster)).or_default() += loss.div_ceil(members);
            }
            Event::Penalty {
                operator,
                cluster,
                wei,
            } => *owed.entry((*transaction, cluster, operator)).or_default() += wei,
        }
    }
    let mut penalties: BTreeMap<u64, Penalty> = BTreeMap::new();
    for ((transaction, cluster, operator), wei) in owed {
        let mut members = find(cluster)?.members.iter();
        let member = members.find(|member| member.operator == operator);
        let member = member.ok_or_else(|| {
            format!("operator {operator} has a penalty, and is not in cluster {cluster}.")
        })?;
        let loss = parts
            .get(&(transaction, cluster))
            .map_or(0, |part| wei.min(*part));
        let penalty = penalties.entry(member.node).or_default();
        penalty.loss += loss;
        penalty.exit += wei - loss;
    }
    Ok(penalties)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_loss_is_loss_and_the_rest_is_for_the_exit() {
        let member = |place: u64| Member {
            node: 30 + place,
            operator: 20 + place,
            identity: String::new(),
        };
        let cluster = Cluster {
            id: 3,
            of: NodeType::Obol,
            public_key: PublicKey::ZERO,
            members: (0..4).map(member).collect(),
        };
        let penalty = |operator, wei| Event::Penalty {
            operator,
            cluster: 3,
            wei,
        };
        let told = [
            ([1; 32], penalty(20, 26)),
            ([1; 32], penalty(21, 26 + 5)),
            (
                [1; 32],
                Event::Confirmed {
                    cluster: 3,
                    loss: 101,
                },
            ),
            // Later, for a part that was declared false.
            ([2; 32], penalty(20, 7)),
            (
                [3; 32],
                Event::Confirmed {
                    cluster: 9,
                    loss: 0,
                },
            ),
        ];
        let expected = BTreeMap::from([
            (30, Penalty { loss: 26, exit: 7 }),
            (31, Penalty { loss: 26, exit: 5 }),
        ]);
        let clusters = [cluster];
        assert_eq!(penalties(&told, &clusters), Ok(expected));
        let stranger = [([1; 32], penalty(99, 1))];
        let refusal = penalties(&stranger, &clusters).expect_err("refused");
        assert_eq!(
            refusal,
            "operator 99 has a penalty, and is not in cluster 3."
        );
    }
}
