//! What became of validators, as the beacon chain had it at the last applied report.

use alloy::primitives::{Address, U256};
use clay_ethereum::{withdrawal_credentials, FAR_FUTURE_EPOCH};
use clay_oracle::beacon::{BeaconNode, PublicKey, ValidatorState};
use clay_shared::operators::state::state::{ACTIVE, EXITING, FUNDED};

use super::PoolContracts;
use crate::{
    bindings::{
        OperatorRegistry::{
            clusterCall, clusterKeyCall, countsCall, fundedClusterCall, gatewayCall,
        },
        StakeManager::rateStatusCall,
    },
    client::Client,
    failure::Failure,
};

/// What the registry was not told yet. Members who look after the same report find the same.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Clusters whose validators are active.
    pub active: Vec<U256>,
    /// Clusters whose validators have exited, their ETH in the report.
    pub exited: Vec<U256>,
    /// What the committee has to look at, in words: what is lost with a validator is for it to say.
    pub to_judge: Vec<String>,
}

/// A validator that the registry takes for at work or on its way out.
struct Watched {
    cluster: U256,
    state: u8,
    key: PublicKey,
}

impl Found {
    /// Compares the registry with the beacon chain.
    pub async fn look(
        client: &Client,
        pool: &PoolContracts,
        beacon: &BeaconNode,
    ) -> Result<Self, Failure> {
        let registry = pool.at(client, "operator-registry").await?;
        let watched = watched(client, registry).await?;
        let gateway = client.view(registry, gatewayCall {}).await?;
        let credentials = withdrawal_credentials(gateway);
        let status = client.view(pool.manager, rateStatusCall {}).await?;

        let rules = beacon.rules().await?;
        // What has left by then is in the report, and what left later in none yet.
        let reported = status.lastReport.saturating_to::<u64>();
        let Some(since) = reported.checked_sub(rules.genesis_time) else {
            return Ok(Self::default());
        };
        let slot = since / rules.seconds_per_slot;
        let keys: Vec<_> = watched.iter().map(|it| it.key).collect();
        let seen = beacon.validators(slot, &keys).await?;
        let epoch = rules.epoch(slot);
        let mut found = Self::default();
        for it in &watched {
            let ours = |seen: &&ValidatorState| {
                seen.public_key == it.key && seen.credentials == credentials
            };
            if let Some(validator) = seen.iter().find(ours) {
                found.compare(it, validator, epoch);
            }
        }
        Ok(found)
    }

    /// Compares what the registry and the beacon chain say of a validator.
    fn compare(&mut self, registry: &Watched, beacon: &ValidatorState, epoch: u64) {
        let Watched { cluster, state, .. } = *registry;
        let leaves = beacon.withdrawable_epoch < FAR_FUTURE_EPOCH;
        if state == FUNDED && (beacon.active || leaves) {
            self.active.push(cluster);
        }
        let left = leaves && beacon.withdrawable_epoch <= epoch && beacon.balance == 0;
        if state == EXITING && left {
            self.exited.push(cluster);
        }
        if beacon.slashed {
            self.to_judge.push(format!(
                "The validator of cluster {cluster} was slashed: unless the registry was told, --slashed {cluster}=LOSS."
            ));
        } else if state != EXITING && leaves {
            self.to_judge.push(format!(
                "The validator of cluster {cluster} leaves, and the registry did not ask it to: --ejected {cluster}=LOSS."
            ));
        }
    }
}

/// The validators that are funded and have not exited.
async fn watched(client: &Client, registry: Address) -> Result<Vec<Watched>, Failure> {
    let funded: u64 = client
        .view(registry, countsCall {})
        .await?
        .funded
        .saturating_to();
    let mut watched = Vec::new();
    for index in (0..funded).map(U256::from) {
        let id = client.view(registry, fundedClusterCall { index }).await?;
        let state = client.view(registry, clusterCall { id }).await?.state;
        if ![FUNDED, ACTIVE, EXITING].contains(&state) {
            continue;
        }
        let key = client.view(registry, clusterKeyCall { id }).await?;
        let key = PublicKey::try_from(key.publicKey.as_ref()).map_err(|_| {
            Failure::Conflict(format!("the key of cluster {id} is not of 48 bytes."))
        })?;
        watched.push(Watched {
            cluster: id,
            state,
            key,
        });
    }
    Ok(watched)
}

#[cfg(test)]
mod tests {
    use alloy::primitives::B256;

    use super::*;

    /// Clusters found active, found exited, and how many there are to judge.
    fn found(state: u8, beacon: ValidatorState) -> (usize, usize, usize) {
        let registry = Watched {
            cluster: U256::from(7),
            state,
            key: PublicKey::ZERO,
        };
        let mut found = Found::default();
        found.compare(&registry, &beacon, 100);
        let Found {
            active,
            exited,
            to_judge,
        } = found;
        (active.len(), exited.len(), to_judge.len())
    }

    #[test]
    fn only_what_is_new_and_lossless_is_found() {
        let waits = ValidatorState {
            public_key: PublicKey::ZERO,
            credentials: B256::ZERO,
            balance: 32_000_000_000,
            effective_balance: 32_000_000_000,
            slashed: false,
            active: false,
            withdrawable_epoch: FAR_FUTURE_EPOCH,
        };
        let works = ValidatorState {
            active: true,
            ..waits
        };
        let leaves = ValidatorState {
            withdrawable_epoch: 100,
            ..works
        };
        let withdrawable = ValidatorState {
            active: false,
            ..leaves
        };
        let left = ValidatorState {
            balance: 0,
            ..withdrawable
        };
        // Its withdrawable epoch has not come: zero, but not swept.
        let poor = ValidatorState {
            withdrawable_epoch: 101,
            ..left
        };
        let slashed = ValidatorState {
            slashed: true,
            ..leaves
        };
        for (state, beacon, expected) in [
            (FUNDED, waits, (0, 0, 0)),
            (FUNDED, works, (1, 0, 0)),
            (FUNDED, leaves, (1, 0, 1)),
            (FUNDED, slashed, (1, 0, 1)),
            (ACTIVE, works, (0, 0, 0)),
            (ACTIVE, leaves, (0, 0, 1)),
            (ACTIVE, slashed, (0, 0, 1)),
            (ACTIVE, left, (0, 0, 1)),
            (EXITING, works, (0, 0, 0)),
            (EXITING, leaves, (0, 0, 0)),
            (EXITING, withdrawable, (0, 0, 0)),
            (EXITING, left, (0, 1, 0)),
            (EXITING, poor, (0, 0, 0)),
            (EXITING, slashed, (0, 0, 1)),
        ] {
            assert_eq!(found(state, beacon), expected, "{state} {beacon:?}");
        }
    }
}
