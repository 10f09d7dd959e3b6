//! Which network of Ethereum a key is for, and what a beacon node says of it.

use alloy::primitives::{FixedBytes, B256};
use clap::{Args, ValueEnum};
use clay_ceremony::Network;
use clay_ethereum::PublicKey;
use serde::{de::DeserializeOwned, Deserialize};

use crate::failure::Failure;

/// Networks that go by their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Named {
    Mainnet,
    Hoodi,
    Sepolia,
}

impl Named {
    pub(super) fn network(self) -> Network {
        match self {
            Self::Mainnet => Network::mainnet(),
            Self::Hoodi => Network::hoodi(),
            Self::Sepolia => Network::sepolia(),
        }
    }
}

/// Which network: a named one, or that of a beacon node.
#[derive(Args, Debug)]
pub(super) struct NetworkArgs {
    /// The network's name; that of the beacon node, if none is given.
    #[arg(long)]
    pub(super) network: Option<Named>,
    #[command(flatten)]
    pub(super) beacon: BeaconArgs,
}

/// Where a beacon node is.
#[derive(Args, Debug)]
pub(super) struct BeaconArgs {
    /// Beacon API of a node; a development chain started with --ethereum has one.
    #[arg(
        long = "ethereum",
        value_name = "URL",
        env = "CLAY_ETHEREUM",
        default_value = "http://127.0.0.1:8549"
    )]
    url: String,
}

impl NetworkArgs {
    /// The network.
    pub(super) async fn find(&self) -> Result<Network, Failure> {
        match self.network {
            Some(named) => Ok(named.network()),
            None => self.beacon.network().await,
        }
    }
}

#[derive(Deserialize)]
struct Envelope<T> {
    data: T,
}

/// When the chain began, and with what.
#[derive(Deserialize)]
pub(super) struct Genesis {
    genesis_time: String,
    genesis_validators_root: B256,
    genesis_fork_version: FixedBytes<4>,
}

impl Genesis {
    /// The first epoch that begins at a time or after it.
    pub(super) fn epoch_from(&self, time: u64) -> u64 {
        let genesis: u64 = self.genesis_time.parse().unwrap_or_default();
        let epoch = clay_ethereum::SECONDS_PER_SLOT * clay_ethereum::SLOTS_PER_EPOCH;
        time.saturating_sub(genesis).div_ceil(epoch)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
struct Spec {
    config_name: String,
    /// A chain that began later has none of its own.
    capella_fork_version: Option<FixedBytes<4>>,
}

#[derive(Deserialize)]
struct Validator {
    index: String,
}

impl BeaconArgs {
    /// What the node says of its network.
    pub(super) async fn network(&self) -> Result<Network, Failure> {
        let genesis = self.genesis().await?;
        let spec: Spec = self.get("eth/v1/config/spec").await?;
        Ok(Network {
            name: spec.config_name,
            genesis_fork_version: genesis.genesis_fork_version,
            capella_fork_version: spec
                .capella_fork_version
                .unwrap_or(genesis.genesis_fork_version),
            genesis_validators_root: genesis.genesis_validators_root,
        })
    }

    /// When its chain began, and with what.
    pub(super) async fn genesis(&self) -> Result<Genesis, Failure> {
        self.get("eth/v1/beacon/genesis").await
    }

    /// The index of a validator.
    pub(super) async fn validator_index(&self, key: &PublicKey) -> Result<u64, Failure> {
        let path = format!("eth/v1/beacon/states/head/validators/{key}");
        let validator: Validator = self.get(&path).await?;
        let index = validator.index.parse();
        index.map_err(|_| self.malformed(&path))
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let unreachable = |error: reqwest::Error| Failure::NoEthereum {
            url: self.url.clone(),
            cause: error.without_url().to_string(),
        };
        let url = format!("{}/{path}", self.url.trim_end_matches('/'));
        let answer = reqwest::get(url).await.map_err(unreachable)?;
        if !answer.status().is_success() {
            return Err(Failure::Refused {
                action: format!("asking a beacon node for {path}"),
                reason: answer.text().await.map_err(unreachable)?,
            });
        }
        let answer: Envelope<T> = answer.json().await.map_err(|_| self.malformed(path))?;
        Ok(answer.data)
    }

    fn malformed(&self, path: &str) -> Failure {
        Failure::Conflict(format!(
            "the beacon node does not answer {path} as it should."
        ))
    }
}
