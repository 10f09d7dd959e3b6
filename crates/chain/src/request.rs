//! Transactions and calls as they are asked for, and how they ended.

use alloy::{
    eips::{eip2930::AccessList, eip7702::SignedAuthorization},
    primitives::{Address, Bytes, Log, U256},
    rpc::types::{state::StateOverride, BlockOverrides, TransactionRequest},
};
use serde::{Deserialize, Serialize};

use crate::Trace;

/// An unsigned transaction or a call. What is left out is filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TxRequest {
    /// Sender.
    pub from: Address,
    /// Callee; none creates a contract.
    pub to: Option<Address>,
    /// Wei.
    pub value: U256,
    /// Calldata or init code.
    pub input: Bytes,
    /// Gas limit; by default as much as the sender can pay for, up to 32 million.
    pub gas: Option<u64>,
    /// Wei per gas, or the fee cap; transactions default to the base fee, calls to zero.
    pub gas_price: Option<u128>,
    /// Nonce; by default the next one.
    pub nonce: Option<u64>,
    /// Accounts and slots to warm beforehand.
    pub access_list: Option<AccessList>,
    /// EIP-7702 authorisations.
    pub authorizations: Vec<SignedAuthorization>,
}

impl TxRequest {
    /// A call without value.
    pub fn call(from: Address, to: Address, input: impl Into<Bytes>) -> Self {
        TxRequest {
            from,
            to: Some(to),
            input: input.into(),
            ..Default::default()
        }
    }

    /// A contract creation without value.
    pub fn create(from: Address, init_code: impl Into<Bytes>) -> Self {
        TxRequest {
            from,
            input: init_code.into(),
            ..Default::default()
        }
    }

    /// The same with wei sent along.
    pub fn with_value(mut self, value: U256) -> Self {
        self.value = value;
        self
    }

    /// The same with a gas limit.
    pub fn with_gas(mut self, gas: u64) -> Self {
        self.gas = Some(gas);
        self
    }
}

impl From<TransactionRequest> for TxRequest {
    fn from(request: TransactionRequest) -> Self {
        TxRequest {
            from: request.from.unwrap_or_default(),
            to: request.to.and_then(|to| to.to().copied()),
            value: request.value.unwrap_or_default(),
            input: request.input.into_input().unwrap_or_default(),
            gas: request.gas,
            gas_price: request.max_fee_per_gas.or(request.gas_price),
            nonce: request.nonce,
            access_list: request.access_list,
            authorizations: request.authorization_list.unwrap_or_default(),
        }
    }
}

/// What a call pretends of state and block.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Accounts that differ.
    pub state: Option<StateOverride>,
    /// Block fields that differ (number, time, base fee, coinbase, gas limit).
    pub block: Option<Box<BlockOverrides>>,
}

/// How an execution ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExecStatus {
    /// Returned.
    Success,
    /// Reverted, perhaps with data; unused gas is kept.
    Revert,
    /// Failed otherwise; all gas is gone. The text says why, e.g. "out of gas".
    Halt(String),
}

impl ExecStatus {
    /// Whether the execution returned.
    pub fn is_success(&self) -> bool {
        matches!(self, ExecStatus::Success)
    }
}

/// Result of an execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallOutcome {
    /// How it ended.
    pub status: ExecStatus,
    /// Return or revert data; deployed code of a creation.
    pub output: Bytes,
    /// Gas used, refunds taken off.
    pub gas_used: u64,
    /// Gas refunded.
    pub gas_refunded: u64,
    /// Logs, none after a failure.
    pub logs: Vec<Log>,
    /// Address of a created contract.
    pub created: Option<Address>,
    /// Console lines of all frames in order.
    pub console: Vec<String>,
    /// The frames, where asked for.
    pub trace: Option<Trace>,
}
