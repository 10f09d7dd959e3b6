//! How blocks, transactions and receipts of the chain look in JSON: Ethereum's fields, which every client
//! knows, and those that Arbitrum adds.

use alloy::consensus::transaction::{Recovered, TransactionInfo};
use alloy::consensus::{
    BlockBody, Eip658Value, Receipt as ConsensusReceipt, ReceiptEnvelope, ReceiptWithBloom, TxType,
};
use alloy::primitives::{U256, U64};
use alloy::rlp::Encodable;
use alloy::rpc::types::{self as rpc, BlockTransactions};
use clay_chain::{Block, Receipt, Transaction};
use serde::Serialize;

/// A block header with Arbitrum's additions.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Header {
    #[serde(flatten)]
    ethereum: rpc::Header,
    l1_block_number: U64,
}

/// A receipt with Arbitrum's additions.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TransactionReceipt {
    #[serde(flatten)]
    ethereum: rpc::TransactionReceipt,
    /// Always zero: this chain charges no L1 data fee.
    gas_used_for_l1: U64,
    l1_block_number: U64,
}

/// A block as served.
pub(crate) type RpcBlock = rpc::Block<rpc::Transaction, Header>;

/// The header alone, as subscribers get it.
pub(crate) fn header(block: &Block) -> Header {
    Header {
        ethereum: rpc::Header {
            hash: block.hash,
            inner: block.header.clone(),
            total_difficulty: Some(U256::ZERO),
            size: Some(U256::from(size(block))),
        },
        l1_block_number: U64::from(block.l1_block_number),
    }
}

/// The block with its transactions in full or by hash.
pub(crate) fn block(block: &Block, full: bool) -> RpcBlock {
    let count = block.transactions.len();
    let transactions = if full {
        BlockTransactions::Full((0..count).map(|i| mined_transaction(block, i)).collect())
    } else {
        BlockTransactions::Hashes(block.transactions.iter().map(|tx| tx.hash()).collect())
    };
    rpc::Block::new(header(block), transactions).with_withdrawals(Some(Default::default()))
}

/// Bytes of the block in RLP.
fn size(block: &Block) -> usize {
    let body = BlockBody {
        transactions: block.transactions.iter().map(|tx| &tx.envelope).collect(),
        ommers: Vec::new(),
        withdrawals: None,
    };
    body.into_block(block.header.clone()).length()
}

/// The transaction at a place that the block has.
pub(crate) fn mined_transaction(block: &Block, index: usize) -> rpc::Transaction {
    let info = TransactionInfo {
        hash: None,
        index: Some(index as u64),
        block_hash: Some(block.hash),
        block_number: Some(block.header.number),
        base_fee: block.header.base_fee_per_gas,
        block_timestamp: Some(block.header.timestamp),
    };
    let mut transaction = view(&block.transactions[index], info);
    transaction.effective_gas_price = Some(block.receipts[index].effective_gas_price);
    transaction
}

/// A transaction that waits to be mined.
pub(crate) fn waiting_transaction(transaction: &Transaction) -> rpc::Transaction {
    view(transaction, TransactionInfo::default())
}

fn view(transaction: &Transaction, info: TransactionInfo) -> rpc::Transaction {
    let sender = Recovered::new_unchecked(transaction.envelope.clone(), transaction.from);
    rpc::Transaction::from_transaction(sender, info)
}

/// The receipt of a transaction in `block`.
pub(crate) fn receipt(receipt: &Receipt, block: &Block) -> TransactionReceipt {
    let log = |(i, log): (usize, &alloy::primitives::Log)| rpc::Log {
        inner: log.clone(),
        block_hash: Some(receipt.block_hash),
        block_number: Some(receipt.block_number),
        block_timestamp: Some(receipt.timestamp),
        transaction_hash: Some(receipt.tx_hash),
        transaction_index: Some(receipt.index),
        log_index: Some(receipt.first_log_index + i as u64),
        removed: false,
    };
    let consensus = ReceiptWithBloom {
        receipt: ConsensusReceipt {
            status: Eip658Value::Eip658(receipt.success()),
            cumulative_gas_used: receipt.cumulative_gas_used,
            logs: receipt.logs.iter().enumerate().map(log).collect(),
        },
        logs_bloom: receipt.logs_bloom,
    };
    // The chain takes in no type that this enumeration lacks.
    let tx_type = TxType::try_from(receipt.tx_type).unwrap_or(TxType::Legacy);
    TransactionReceipt {
        ethereum: rpc::TransactionReceipt {
            inner: ReceiptEnvelope::from_typed(tx_type, consensus),
            transaction_hash: receipt.tx_hash,
            transaction_index: Some(receipt.index),
            block_hash: Some(receipt.block_hash),
            block_number: Some(receipt.block_number),
            gas_used: receipt.gas_used,
            effective_gas_price: receipt.effective_gas_price,
            blob_gas_used: None,
            blob_gas_price: None,
            from: receipt.from,
            to: receipt.to,
            contract_address: receipt.created,
        },
        gas_used_for_l1: U64::ZERO,
        l1_block_number: U64::from(block.l1_block_number),
    }
}
