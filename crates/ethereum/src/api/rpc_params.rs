//! Requests of JSON-RPC, their arguments, and refusals.

use alloy::eips::{BlockId, BlockNumberOrTag};
use serde::de::DeserializeOwned;
use serde_json::{json, Value};

use crate::{
    clock::{start_of, HashKind},
    Ethereum,
};

/// A refusal, with the code of JSON-RPC or of Ethereum's nodes.
#[derive(Debug)]
pub(super) struct RpcError {
    pub code: i64,
    pub message: String,
}

impl RpcError {
    /// An argument is missing or not what it should be.
    pub fn invalid(message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            code: -32602,
            message,
        }
    }

    /// What is asked for is not there.
    pub fn server(message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            code: -32000,
            message,
        }
    }

    /// As it stands in a response.
    pub fn render(&self, id: Value) -> Value {
        let error = json!({ "code": self.code, "message": self.message });
        json!({ "jsonrpc": "2.0", "id": id, "error": error })
    }
}

/// Arguments of a request.
pub(super) struct Params(Vec<Value>);

impl Params {
    /// Arguments by their places, or none.
    pub fn new(params: Option<&Value>) -> Result<Self, RpcError> {
        match params {
            None | Some(Value::Null) => Ok(Self(Vec::new())),
            Some(Value::Array(params)) => Ok(Self(params.clone())),
            Some(_) => Err(RpcError::invalid("arguments are given by their places")),
        }
    }

    /// An argument that must be there.
    pub fn get<T: DeserializeOwned>(&self, index: usize) -> Result<T, RpcError> {
        self.optional(index)?
            .ok_or_else(|| RpcError::invalid(format!("missing value for argument {index}")))
    }

    /// An argument that may be left out.
    pub fn optional<T: DeserializeOwned>(&self, index: usize) -> Result<Option<T>, RpcError> {
        let Some(value) = self.0.get(index).filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        let value = serde_json::from_value(value.clone());
        let invalid = |error| RpcError::invalid(format!("invalid argument {index}: {error}"));
        value.map(Some).map_err(invalid)
    }

    /// A block, by default the latest.
    pub fn block(&self, index: usize) -> Result<BlockId, RpcError> {
        Ok(self.optional(index)?.unwrap_or_default())
    }
}

impl Ethereum {
    /// The slot of an L1 block; none if there is no such block.
    pub(super) fn slot_of(&self, id: BlockId) -> Option<u64> {
        let slot = match id {
            BlockId::Hash(hash) => {
                return self.clock.slot_of_hash(HashKind::L1Block, hash.block_hash)
            }
            BlockId::Number(BlockNumberOrTag::Number(number)) => {
                return self.clock.slot_of_block(number)
            }
            BlockId::Number(tag) => match tag {
                BlockNumberOrTag::Earliest => 0,
                BlockNumberOrTag::Finalized => start_of(self.finalized_epoch()),
                BlockNumberOrTag::Safe => start_of(self.justified_epoch()),
                _ => self.clock.slot(),
            },
        };
        Some(self.clock.block_slot(slot))
    }
}
