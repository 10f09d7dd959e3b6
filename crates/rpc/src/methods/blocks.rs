//! Blocks, transactions and receipts.

use std::sync::Arc;

use alloy::eips::eip2718::Encodable2718;
use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::primitives::{Bytes, B256, U64};
use alloy::rpc::types as rpc;
use clay_chain::{Block, Chain};

use crate::error::{refused, RpcResult};
use crate::node::Node;
use crate::params::{Args, Number};
use crate::registry::Registry;
use crate::views::{self, RpcBlock, TransactionReceipt};

pub(crate) fn register(registry: &mut Registry) {
    registry
        .add(&["eth_blockNumber"], 0, |node, _| {
            Ok(U64::from(node.chain(|chain| chain.block_number())))
        })
        .add(&["eth_getBlockByNumber"], 2, |node, args| {
            let id = by_number(args)?;
            full_block(node, args, id)
        })
        .add(&["eth_getBlockByHash"], 2, |node, args| {
            let id = by_hash(args)?;
            full_block(node, args, id)
        })
        .add(
            &["eth_getBlockTransactionCountByNumber"],
            1,
            |node, args| Ok(transaction_count(node, by_number(args)?)),
        )
        .add(&["eth_getBlockTransactionCountByHash"], 1, |node, args| {
            Ok(transaction_count(node, by_hash(args)?))
        })
        .add(&["eth_getUncleCountByBlockNumber"], 1, |node, args| {
            Ok(uncle_count(node, by_number(args)?))
        })
        .add(&["eth_getUncleCountByBlockHash"], 1, |node, args| {
            Ok(uncle_count(node, by_hash(args)?))
        })
        .add(&["eth_getTransactionByHash"], 1, transaction)
        .add(&["eth_getRawTransactionByHash"], 1, raw_transaction)
        .add(
            &["eth_getTransactionByBlockNumberAndIndex"],
            2,
            |node, args| {
                let id = by_number(args)?;
                transaction_at(node, args, id)
            },
        )
        .add(
            &["eth_getTransactionByBlockHashAndIndex"],
            2,
            |node, args| {
                let id = by_hash(args)?;
                transaction_at(node, args, id)
            },
        )
        .add(&["eth_getTransactionReceipt"], 1, receipt)
        .add(&["eth_getBlockReceipts"], 1, block_receipts);
}

/// The block, or the error geth gives for a block it does not have.
pub(crate) fn known(chain: &Chain, id: BlockId) -> RpcResult<Arc<Block>> {
    chain.block(id).ok_or_else(|| refused("header not found"))
}

fn by_number(args: &mut Args<'_>) -> RpcResult<BlockId> {
    Ok(args.required::<BlockNumberOrTag>("block number")?.into())
}

fn by_hash(args: &mut Args<'_>) -> RpcResult<BlockId> {
    Ok(args.required::<B256>("block hash")?.into())
}

fn full_block(node: &Node, args: &mut Args<'_>, id: BlockId) -> RpcResult<Option<RpcBlock>> {
    let full = args.optional("full transactions")?.unwrap_or(false);
    let block = node.chain(|chain| chain.block(id));
    Ok(block.map(|block| views::block(&block, full)))
}

fn transaction_count(node: &Node, id: BlockId) -> Option<U64> {
    let block = node.chain(|chain| chain.block(id))?;
    Some(U64::from(block.transactions.len()))
}

fn uncle_count(node: &Node, id: BlockId) -> Option<U64> {
    node.chain(|chain| chain.block(id)).map(|_| U64::ZERO)
}

fn transaction(node: &Node, args: &mut Args<'_>) -> RpcResult<Option<rpc::Transaction>> {
    let hash: B256 = args.required("transaction hash")?;
    Ok(node.chain(|chain| find_transaction(chain, hash)))
}

/// A transaction, mined or waiting.
pub(crate) fn find_transaction(chain: &Chain, hash: B256) -> Option<rpc::Transaction> {
    if let Some((block, index)) = chain.transaction(hash) {
        return Some(views::mined_transaction(&block, index));
    }
    let pool = chain.pool();
    let waiting = pool.iter().find(|transaction| transaction.hash() == hash)?;
    Some(views::waiting_transaction(waiting))
}

fn raw_transaction(node: &Node, args: &mut Args<'_>) -> RpcResult<Option<Bytes>> {
    let hash: B256 = args.required("transaction hash")?;
    let mined = node.chain(|chain| chain.transaction(hash));
    let raw =
        |(block, index): (Arc<Block>, usize)| block.transactions[index].envelope.encoded_2718();
    Ok(mined.map(raw).map(Bytes::from))
}

fn transaction_at(
    node: &Node,
    args: &mut Args<'_>,
    id: BlockId,
) -> RpcResult<Option<rpc::Transaction>> {
    let Number(index) = args.required("transaction index")?;
    let Some(block) = node.chain(|chain| chain.block(id)) else {
        return Ok(None);
    };
    let there = index < block.transactions.len() as u64;
    Ok(there.then(|| views::mined_transaction(&block, index as usize)))
}

fn receipt(node: &Node, args: &mut Args<'_>) -> RpcResult<Option<TransactionReceipt>> {
    let hash: B256 = args.required("transaction hash")?;
    let mined = node.chain(|chain| chain.transaction(hash));
    Ok(mined.map(|(block, index)| views::receipt(&block.receipts[index], &block)))
}

fn block_receipts(node: &Node, args: &mut Args<'_>) -> RpcResult<Option<Vec<TransactionReceipt>>> {
    let id = args.required::<BlockId>("block")?;
    let Some(block) = node.chain(|chain| chain.block(id)) else {
        return Ok(None);
    };
    let receipts = block.receipts.iter();
    Ok(Some(
        receipts
            .map(|receipt| views::receipt(receipt, &block))
            .collect(),
    ))
}
