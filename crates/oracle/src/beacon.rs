//! A beacon node, asked through the standard Beacon API.

use std::time::Duration;

use alloy::primitives::{FixedBytes, B256};
use reqwest::StatusCode;
use serde::{de::DeserializeOwned, Deserialize, Deserializer};

use crate::{
    endpoint::Endpoint,
    error::{OracleError, Result},
};

/// BLS public key.
pub type PublicKey = FixedBytes<48>;

/// How long the node may take: the list of all validators takes minutes on a small machine.
const ANSWER: Duration = Duration::from_secs(300);
/// How many validators are asked for at once.
const AT_ONCE: usize = 1_000;
/// How far back a block is looked for: a chain without a block in two epochs is not a healthy one.
const LOOK_BACK: u64 = 64;

/// A beacon node.
#[derive(Clone, Debug)]
pub struct BeaconNode {
    endpoint: Endpoint,
}

/// Constants of the chain that a report depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainRules {
    /// Time of slot 0, seconds since the epoch.
    pub genesis_time: u64,
    /// Chain id of the execution layer.
    pub chain_id: u64,
    /// Seconds of a slot.
    pub seconds_per_slot: u64,
    /// Slots of an epoch.
    pub slots_per_epoch: u64,
    /// Epochs from a slashing to the withdrawal; the correlation penalty comes at half of it.
    pub slashings_vector_epochs: u64,
    /// How many times what was slashed counts in the correlation penalty.
    pub slashing_multiplier: u64,
    /// Step of effective balances, gwei.
    pub increment: u64,
}

impl ChainRules {
    /// Time of a slot, seconds since the epoch.
    pub fn time(&self, slot: u64) -> u64 {
        self.genesis_time + slot * self.seconds_per_slot
    }

    /// The last slot that begins before a time; none before genesis.
    pub fn slot_before(&self, time: u64) -> Option<u64> {
        let since = time.checked_sub(self.genesis_time + 1)?;
        Some(since / self.seconds_per_slot)
    }

    /// Seconds of an epoch, at least one.
    pub fn epoch_seconds(&self) -> u64 {
        let seconds = self.seconds_per_slot.saturating_mul(self.slots_per_epoch);
        seconds.max(1)
    }

    /// The epoch of a slot.
    pub fn epoch(&self, slot: u64) -> u64 {
        slot / self.slots_per_epoch
    }
}

/// A block of the beacon chain, and the L1 block in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BeaconBlock {
    /// Its slot.
    pub slot: u64,
    /// Hash of the L1 block.
    pub block_hash: B256,
    /// Number of the L1 block.
    pub block_number: u64,
    /// Time of the L1 block, seconds since the epoch.
    pub timestamp: u64,
}

/// A validator as a state has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValidatorState {
    /// Public key.
    pub public_key: PublicKey,
    /// Withdrawal credentials.
    pub credentials: B256,
    /// Balance, gwei.
    pub balance: u64,
    /// The balance that counts, gwei.
    pub effective_balance: u64,
    /// Whether it was slashed.
    pub slashed: bool,
    /// Whether it has duties.
    pub active: bool,
    /// First epoch its balance can be withdrawn in.
    pub withdrawable_epoch: u64,
}

/// A deposit that waits in the beacon chain's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct PendingDeposit {
    /// Key it is for.
    #[serde(rename = "pubkey")]
    pub public_key: PublicKey,
    /// Gwei.
    #[serde(deserialize_with = "number")]
    pub amount: u64,
    /// Slot of the block it was made in.
    #[serde(deserialize_with = "number")]
    pub slot: u64,
}

impl BeaconNode {
    /// The node at `url`.
    ///
    /// # Errors
    /// [`OracleError::BeaconUnreachable`] for what is no address.
    pub fn new(url: &str) -> Result<Self> {
        let endpoint = Endpoint::new(url, ANSWER);
        let endpoint = endpoint.map_err(|cause| OracleError::BeaconUnreachable {
            url: "--beacon".into(),
            asked: "anything".into(),
            cause,
        })?;
        Ok(Self { endpoint })
    }

    /// Makes sure that the node has the newest blocks of both layers.
    ///
    /// # Errors
    /// [`OracleError::NotSynchronised`] if it has not.
    pub async fn require_synchronised(&self) -> Result<()> {
        let syncing: Envelope<Syncing> = self.get("eth/v1/node/syncing").await?;
        let Syncing {
            is_syncing,
            is_optimistic,
            el_offline,
            sync_distance,
        } = syncing.data;
        let why = if is_syncing {
            format!("{sync_distance} slots behind")
        } else if is_optimistic {
            "its blocks are not verified by an execution client".into()
        } else if el_offline {
            "its execution client does not answer".into()
        } else {
            return Ok(());
        };
        let node = "the beacon node";
        Err(OracleError::NotSynchronised { node, why })
    }

    /// Constants of the chain.
    ///
    /// # Errors
    /// If the node does not answer as the Beacon API says.
    pub async fn rules(&self) -> Result<ChainRules> {
        let genesis: Envelope<Genesis> = self.get("eth/v1/beacon/genesis").await?;
        let spec: Envelope<Spec> = self.get("eth/v1/config/spec").await?;
        let spec = spec.data;
        let zero = [
            spec.seconds_per_slot,
            spec.slots_per_epoch,
            spec.slashings_vector_epochs,
            spec.increment,
        ];
        if zero.contains(&0) {
            return Err(self.malformed("eth/v1/config/spec", "a constant is zero"));
        }
        Ok(ChainRules {
            genesis_time: genesis.data.genesis_time,
            chain_id: spec.chain_id,
            seconds_per_slot: spec.seconds_per_slot,
            slots_per_epoch: spec.slots_per_epoch,
            slashings_vector_epochs: spec.slashings_vector_epochs,
            slashing_multiplier: spec.slashing_multiplier,
            increment: spec.increment,
        })
    }

    /// Slot of the newest final checkpoint: what stands there and before never changes.
    ///
    /// # Errors
    /// If the node does not answer as the Beacon API says.
    pub async fn finalized_slot(&self, rules: &ChainRules) -> Result<u64> {
        let path = "eth/v1/beacon/states/head/finality_checkpoints";
        let checkpoints: Envelope<Checkpoints> = self.get(path).await?;
        let epoch = checkpoints.data.finalized.epoch;
        epoch
            .checked_mul(rules.slots_per_epoch)
            .ok_or_else(|| self.malformed(path, "the epoch is too large"))
    }

    /// Slot of the newest block, final or not.
    ///
    /// # Errors
    /// If the node does not answer as the Beacon API says.
    pub async fn head_slot(&self) -> Result<u64> {
        let head: Envelope<Head> = self.get("eth/v1/beacon/headers/head").await?;
        Ok(head.data.header.message.slot)
    }

    /// The newest block that is not after a slot.
    ///
    /// # Errors
    /// [`OracleError::NoBlock`] if there is none for two epochs.
    pub async fn block_at_or_before(&self, slot: u64) -> Result<BeaconBlock> {
        for candidate in (slot.saturating_sub(LOOK_BACK - 1)..=slot).rev() {
            if let Some(block) = self.block(candidate).await? {
                return Ok(block);
            }
        }
        let looked = LOOK_BACK.min(slot + 1);
        Err(OracleError::NoBlock { slot, looked })
    }

    /// The block of a slot, if it has one.
    pub(crate) async fn block(&self, slot: u64) -> Result<Option<BeaconBlock>> {
        let path = format!("eth/v2/beacon/blocks/{slot}");
        let Some(block) = self.find::<Envelope<Block>>(&path).await? else {
            return Ok(None);
        };
        if block.execution_optimistic {
            let why = format!("the block of slot {slot} is not verified by an execution client");
            let node = "the beacon node";
            return Err(OracleError::NotSynchronised { node, why });
        }
        let message = block.data.message;
        if message.slot != slot {
            return Err(self.malformed(&path, "that is another slot's block"));
        }
        let payload = message.body.execution_payload;
        Ok(Some(BeaconBlock {
            slot,
            block_hash: payload.block_hash,
            block_number: payload.block_number,
            timestamp: payload.timestamp,
        }))
    }

    /// Those of the keys that are validators in a slot's state.
    ///
    /// # Errors
    /// [`OracleError::StateMissing`] if the node no longer keeps it.
    pub async fn validators(&self, slot: u64, keys: &[PublicKey]) -> Result<Vec<ValidatorState>> {
        let path = format!("eth/v1/beacon/states/{slot}/validators");
        let mut found = Vec::new();
        for some in keys.chunks(AT_ONCE) {
            let body = serde_json::json!({ "ids": some });
            let response = self.endpoint.post(&path, &body).await;
            let answer: Option<Envelope<Vec<Entry>>> = self.read(&path, response).await?;
            let answer = answer.ok_or(OracleError::StateMissing { slot })?;
            for entry in answer.data {
                // An index instead of a key would be another validator's.
                if !some.contains(&entry.validator.public_key) {
                    return Err(self.malformed(&path, "a validator nobody asked for"));
                }
                found.push(ValidatorState::from(entry));
            }
        }
        Ok(found)
    }

    /// All validators with duties, and all that were slashed and are not withdrawable, in a slot's state.
    ///
    /// # Errors
    /// [`OracleError::StateMissing`] if the node no longer keeps it.
    pub async fn active_and_slashed(&self, slot: u64) -> Result<Vec<ValidatorState>> {
        let path = format!("eth/v1/beacon/states/{slot}/validators?status=active,exited_slashed");
        let answer: Option<Envelope<Vec<Entry>>> = self.find(&path).await?;
        let answer = answer.ok_or(OracleError::StateMissing { slot })?;
        Ok(answer.data.into_iter().map(ValidatorState::from).collect())
    }

    /// Deposits that wait in a slot's state, in the order of the queue.
    ///
    /// # Errors
    /// [`OracleError::StateMissing`] if the node no longer keeps it.
    pub async fn pending_deposits(&self, slot: u64) -> Result<Vec<PendingDeposit>> {
        let path = format!("eth/v1/beacon/states/{slot}/pending_deposits");
        let answer: Option<Envelope<Vec<PendingDeposit>>> = self.find(&path).await?;
        let answer = answer.ok_or(OracleError::StateMissing { slot })?;
        Ok(answer.data)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let found = self.find(path).await?;
        found.ok_or_else(|| OracleError::BeaconRefused {
            url: self.endpoint.to_string(),
            asked: path.to_owned(),
            status: 404,
            message: "not found".into(),
        })
    }

    /// An answer; none if there is no such thing.
    async fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>> {
        let response = self.endpoint.get(path).await;
        self.read(path, response).await
    }

    async fn read<T: DeserializeOwned>(
        &self,
        path: &str,
        response: std::result::Result<reqwest::Response, String>,
    ) -> Result<Option<T>> {
        let unreachable = |cause| OracleError::BeaconUnreachable {
            url: self.endpoint.to_string(),
            asked: path.to_owned(),
            cause,
        };
        let response = response.map_err(unreachable)?;
        let status = response.status();
        let body = response.bytes().await;
        let body = body.map_err(|error| unreachable(error.without_url().to_string()))?;
        if status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        if !status.is_success() {
            let message = String::from_utf8_lossy(&body).chars().take(200).collect();
            return Err(OracleError::BeaconRefused {
                url: self.endpoint.to_string(),
                asked: path.to_owned(),
                status: status.as_u16(),
                message,
            });
        }
        let answer = serde_json::from_slice(&body);
        answer
            .map(Some)
            .map_err(|error| self.malformed(path, &error.to_string()))
    }

    fn malformed(&self, path: &str, cause: &str) -> OracleError {
        OracleError::BeaconMalformed {
            url: self.endpoint.to_string(),
            asked: path.to_owned(),
            cause: cause.to_owned(),
        }
    }
}

impl From<Entry> for ValidatorState {
    fn from(entry: Entry) -> Self {
        let Fields {
            public_key,
            withdrawal_credentials,
            effective_balance,
            slashed,
            withdrawable_epoch,
        } = entry.validator;
        Self {
            public_key,
            credentials: withdrawal_credentials,
            balance: entry.balance,
            effective_balance,
            slashed,
            active: entry.status.starts_with("active"),
            withdrawable_epoch,
        }
    }
}

#[derive(Deserialize)]
struct Envelope<T> {
    #[serde(default)]
    execution_optimistic: bool,
    data: T,
}

#[derive(Deserialize)]
struct Syncing {
    is_syncing: bool,
    #[serde(default)]
    is_optimistic: bool,
    #[serde(default)]
    el_offline: bool,
    #[serde(deserialize_with = "number")]
    sync_distance: u64,
}

#[derive(Deserialize)]
struct Genesis {
    #[serde(deserialize_with = "number")]
    genesis_time: u64,
}

#[derive(Deserialize)]
struct Spec {
    #[serde(rename = "DEPOSIT_CHAIN_ID", deserialize_with = "number")]
    chain_id: u64,
    #[serde(rename = "SECONDS_PER_SLOT", deserialize_with = "number")]
    seconds_per_slot: u64,
    #[serde(rename = "SLOTS_PER_EPOCH", deserialize_with = "number")]
    slots_per_epoch: u64,
    #[serde(rename = "EPOCHS_PER_SLASHINGS_VECTOR", deserialize_with = "number")]
    slashings_vector_epochs: u64,
    #[serde(
        rename = "PROPORTIONAL_SLASHING_MULTIPLIER_BELLATRIX",
        deserialize_with = "number"
    )]
    slashing_multiplier: u64,
    #[serde(rename = "EFFECTIVE_BALANCE_INCREMENT", deserialize_with = "number")]
    increment: u64,
}

#[derive(Deserialize)]
struct Checkpoints {
    finalized: Checkpoint,
}

#[derive(Deserialize)]
struct Checkpoint {
    #[serde(deserialize_with = "number")]
    epoch: u64,
}

#[derive(Deserialize)]
struct Head {
    header: Header,
}

#[derive(Deserialize)]
struct Header {
    message: HeaderMessage,
}

#[derive(Deserialize)]
struct HeaderMessage {
    #[serde(deserialize_with = "number")]
    slot: u64,
}

#[derive(Deserialize)]
struct Block {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    #[serde(deserialize_with = "number")]
    slot: u64,
    body: Body,
}

#[derive(Deserialize)]
struct Body {
    execution_payload: Payload,
}

#[derive(Deserialize)]
struct Payload {
    block_hash: B256,
    #[serde(deserialize_with = "number")]
    block_number: u64,
    #[serde(deserialize_with = "number")]
    timestamp: u64,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(deserialize_with = "number")]
    balance: u64,
    status: String,
    validator: Fields,
}

#[derive(Deserialize)]
struct Fields {
    #[serde(rename = "pubkey")]
    public_key: PublicKey,
    withdrawal_credentials: B256,
    #[serde(deserialize_with = "number")]
    effective_balance: u64,
    slashed: bool,
    #[serde(deserialize_with = "number")]
    withdrawable_epoch: u64,
}

/// Numbers of the Beacon API are text.
fn number<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<u64, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(serde::de::Error::custom)
}
