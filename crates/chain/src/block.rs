//! Blocks, transactions and receipts as the chain keeps them.

use std::sync::Arc;

use alloy::{
    consensus::{Header, TxEnvelope},
    primitives::{Address, Bloom, Bytes, Log, B256},
};
use serde::{Deserialize, Serialize};

use crate::ExecStatus;

/// A mined block.
#[derive(Clone, Debug)]
pub struct Block {
    /// Header. The state root is a running hash of changes, not a Merkle root.
    pub header: Header,
    /// Hash of the header.
    pub hash: B256,
    /// What contracts saw as `block.number`.
    pub l1_block_number: u64,
    /// Transactions in order.
    pub transactions: Vec<Arc<Transaction>>,
    /// Their receipts, in the same order.
    pub receipts: Vec<Arc<Receipt>>,
}

/// Where a transaction came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// Signed by its sender.
    Signed,
    /// Sent in the name of an account without its signature.
    Impersonated,
    /// ETH, and perhaps a call, from L1.
    Deposit,
    /// Creation of a retryable ticket from L1.
    SubmitRetryable,
    /// Redemption of a ticket.
    Redeem,
}

/// A transaction. Those nobody signed stand in an envelope with an empty signature, so that every client
/// can read them; their hash is made unique by the chain.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// The envelope, with its hash.
    pub envelope: TxEnvelope,
    /// Sender.
    pub from: Address,
    /// Where it came from.
    pub origin: Origin,
}

impl Transaction {
    /// The hash it is known by.
    pub fn hash(&self) -> B256 {
        *self.envelope.tx_hash()
    }
}

/// A transaction's receipt.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Receipt {
    /// Hash of the transaction.
    pub tx_hash: B256,
    /// EIP-2718 type.
    pub tx_type: u8,
    /// Place in the block.
    pub index: u64,
    /// Number of the block.
    pub block_number: u64,
    /// Hash of the block.
    pub block_hash: B256,
    /// Timestamp of the block, seconds.
    pub timestamp: u64,
    /// Sender.
    pub from: Address,
    /// Callee; none for a creation.
    pub to: Option<Address>,
    /// Address of a created contract.
    pub created: Option<Address>,
    /// How it ended.
    pub status: ExecStatus,
    /// Gas used, refunds taken off.
    pub gas_used: u64,
    /// Gas refunded.
    pub gas_refunded: u64,
    /// Gas used in the block up to and with this one.
    pub cumulative_gas_used: u64,
    /// Wei per gas paid.
    pub effective_gas_price: u128,
    /// Logs.
    pub logs: Vec<Log>,
    /// Place in the block of the first log.
    pub first_log_index: u64,
    /// Bloom of the logs.
    pub logs_bloom: Bloom,
    /// Return or revert data, which no node serves but tests want.
    pub output: Bytes,
    /// Console lines.
    pub console: Vec<String>,
}

impl Receipt {
    /// Whether the transaction succeeded.
    pub fn success(&self) -> bool {
        self.status.is_success()
    }
}
