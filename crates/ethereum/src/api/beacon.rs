//! The node, the chain's constants, headers, blocks and checkpoints.

use alloy::primitives::{Bloom, B256};
use axum::{
    extract::{Path, State},
    http::HeaderName,
    Json,
};
use serde_json::{json, Value};

use super::{error::ApiError, lock, Shared};
use crate::{
    clock::{epoch_of, start_of, HashKind, FAR_FUTURE_EPOCH, SECONDS_PER_SLOT, SLOTS_PER_EPOCH},
    ethereum::justified,
    validator::{
        Signature, ACTIVATION_BALANCE, COMPOUNDING_BALANCE, EFFECTIVE_BALANCE_INCREMENT,
        EJECTION_BALANCE,
    },
    Ethereum,
};

type Answer = Result<Json<Value>, ApiError>;

/// Name of the fork whose rules and shapes are served.
pub(super) const FORK: &str = "electra";
/// Version bytes of the fork.
const FORK_VERSION: &str = "0x05000000";
/// Address of the deposit contract on mainnet.
const DEPOSIT_CONTRACT: &str = "0x00000000219ab540356cBB839Cbe05303d7705Fa";

pub(super) async fn version() -> Json<Value> {
    let version = concat!("clay-ethereum/", env!("CARGO_PKG_VERSION"));
    Json(json!({ "data": { "version": version } }))
}

pub(super) async fn syncing(State(shared): State<Shared>) -> Json<Value> {
    let head = lock(&shared).clock.slot();
    Json(json!({ "data": {
        "head_slot": head.to_string(),
        "sync_distance": "0",
        "is_syncing": false,
        "is_optimistic": false,
        "el_offline": false,
    } }))
}

pub(super) async fn genesis(State(shared): State<Shared>) -> Json<Value> {
    let ethereum = lock(&shared);
    Json(json!({ "data": {
        "genesis_time": ethereum.config.genesis_time.to_string(),
        "genesis_validators_root": ethereum.clock.hash(HashKind::BeaconState, 0),
        "genesis_fork_version": FORK_VERSION,
    } }))
}

pub(super) async fn spec(State(shared): State<Shared>) -> Json<Value> {
    use crate::beacon::{MIN_SLASHING_PENALTY_QUOTIENT, PROPORTIONAL_SLASHING_MULTIPLIER};
    let config = lock(&shared).config.clone();
    Json(json!({ "data": {
        "CONFIG_NAME": "clay",
        "PRESET_BASE": "mainnet",
        "DEPOSIT_CHAIN_ID": config.chain_id.to_string(),
        "DEPOSIT_NETWORK_ID": config.chain_id.to_string(),
        "DEPOSIT_CONTRACT_ADDRESS": DEPOSIT_CONTRACT,
        "ELECTRA_FORK_EPOCH": "0",
        "ELECTRA_FORK_VERSION": FORK_VERSION,
        "SECONDS_PER_SLOT": SECONDS_PER_SLOT.to_string(),
        "SLOTS_PER_EPOCH": SLOTS_PER_EPOCH.to_string(),
        "EFFECTIVE_BALANCE_INCREMENT": EFFECTIVE_BALANCE_INCREMENT.to_string(),
        "EJECTION_BALANCE": EJECTION_BALANCE.to_string(),
        "MIN_ACTIVATION_BALANCE": ACTIVATION_BALANCE.to_string(),
        "MAX_EFFECTIVE_BALANCE": ACTIVATION_BALANCE.to_string(),
        "MAX_EFFECTIVE_BALANCE_ELECTRA": COMPOUNDING_BALANCE.to_string(),
        "FAR_FUTURE_EPOCH": FAR_FUTURE_EPOCH.to_string(),
        "MAX_SEED_LOOKAHEAD": config.activation_delay_epochs.to_string(),
        "MIN_VALIDATOR_WITHDRAWABILITY_DELAY": config.withdrawable_delay_epochs.to_string(),
        "SHARD_COMMITTEE_PERIOD": config.service_epochs.to_string(),
        "EPOCHS_PER_SLASHINGS_VECTOR": config.slashings_vector_epochs.to_string(),
        "MIN_SLASHING_PENALTY_QUOTIENT_ELECTRA": MIN_SLASHING_PENALTY_QUOTIENT.to_string(),
        "PROPORTIONAL_SLASHING_MULTIPLIER_BELLATRIX": PROPORTIONAL_SLASHING_MULTIPLIER.to_string(),
    } }))
}

pub(super) async fn header(State(shared): State<Shared>, Path(id): Path<String>) -> Answer {
    let ethereum = lock(&shared);
    let slot = ethereum.named_block(&id)?;
    let mut message = ethereum.header_fields(slot);
    message["body_root"] = json!(B256::ZERO);
    let data = json!({
        "root": ethereum.clock.hash(HashKind::BeaconBlock, slot),
        "canonical": true,
        "header": { "message": message, "signature": Signature::ZERO },
    });
    Ok(ethereum.answer(slot, data))
}

pub(super) async fn block(
    State(shared): State<Shared>,
    Path(id): Path<String>,
) -> Result<([(HeaderName, &'static str); 1], Json<Value>), ApiError> {
    let ethereum = lock(&shared);
    let slot = ethereum.named_block(&id)?;
    let mut message = ethereum.header_fields(slot);
    message["body"] = ethereum.body(slot);
    let data = json!({ "message": message, "signature": Signature::ZERO });
    let Json(mut answer) = ethereum.answer(slot, data);
    answer["version"] = FORK.into();
    let version = HeaderName::from_static("eth-consensus-version");
    Ok(([(version, FORK)], Json(answer)))
}

pub(super) async fn finality_checkpoints(
    State(shared): State<Shared>,
    Path(id): Path<String>,
) -> Answer {
    let ethereum = lock(&shared);
    let state = ethereum.named_state(&id)?;
    let finalized = state.snapshot.finalized_epoch;
    let justified = justified(finalized, epoch_of(state.slot));
    let checkpoint = |epoch| {
        let slot = ethereum.clock.block_slot(start_of(epoch));
        // The zero root stands for genesis, as in the specification.
        let root = match epoch {
            0 => B256::ZERO,
            _ => ethereum.clock.hash(HashKind::BeaconBlock, slot),
        };
        json!({ "epoch": epoch.to_string(), "root": root })
    };
    let data = json!({
        "previous_justified": checkpoint(justified.saturating_sub(1)),
        "current_justified": checkpoint(justified),
        "finalized": checkpoint(finalized),
    });
    Ok(ethereum.answer(state.slot, data))
}

impl Ethereum {
    /// What headers and blocks have in common.
    fn header_fields(&self, slot: u64) -> Value {
        json!({
            "slot": slot.to_string(),
            "proposer_index": "0",
            "parent_root": self.parent_hash(HashKind::BeaconBlock, slot),
            "state_root": self.clock.hash(HashKind::BeaconState, slot),
        })
    }

    /// Hash of the block before; zero before the first.
    pub(super) fn parent_hash(&self, kind: HashKind, slot: u64) -> B256 {
        let parent = slot.checked_sub(1).map(|slot| self.clock.block_slot(slot));
        parent.map_or(B256::ZERO, |slot| self.clock.hash(kind, slot))
    }

    /// A block's body. Of the operations nothing is served; of the payload, what names the L1 block.
    fn body(&self, slot: u64) -> Value {
        json!({
            "randao_reveal": Signature::ZERO,
            "eth1_data": { "deposit_root": B256::ZERO, "deposit_count": "0", "block_hash": B256::ZERO },
            "graffiti": B256::ZERO,
            "proposer_slashings": [],
            "attester_slashings": [],
            "attestations": [],
            "deposits": [],
            "voluntary_exits": [],
            "sync_aggregate": {
                "sync_committee_bits": format!("0x{}", "ff".repeat(64)),
                "sync_committee_signature": Signature::ZERO,
            },
            "execution_payload": {
                "parent_hash": self.parent_hash(HashKind::L1Block, slot),
                "fee_recipient": self.contracts.gateway,
                "state_root": B256::ZERO,
                "receipts_root": B256::ZERO,
                "logs_bloom": Bloom::ZERO,
                "prev_randao": B256::ZERO,
                "block_number": self.clock.block_number(slot).to_string(),
                "gas_limit": super::rpc::GAS_LIMIT.to_string(),
                "gas_used": "0",
                "timestamp": self.clock.time(slot).to_string(),
                "extra_data": "0x",
                "base_fee_per_gas": super::rpc::BASE_FEE.to_string(),
                "block_hash": self.clock.hash(HashKind::L1Block, slot),
                "transactions": [],
                "withdrawals": [],
                "blob_gas_used": "0",
                "excess_blob_gas": "0",
            },
            "bls_to_execution_changes": [],
            "blob_kzg_commitments": [],
            "execution_requests": { "deposits": [], "withdrawals": [], "consolidations": [] },
        })
    }
}
