//! Searching logs.

use alloy::{
    primitives::BloomInput,
    rpc::types::{Filter, FilterBlockOption, Log as RpcLog},
};

use super::Chain;
use crate::{Block, Receipt};

impl Chain {
    /// Logs that match a filter, oldest first; none for an unknown block.
    pub fn logs(&self, filter: &Filter) -> Vec<RpcLog> {
        let range = match filter.block_option {
            FilterBlockOption::AtBlockHash(hash) => {
                self.height(hash.into()).map(|number| number..=number)
            }
            FilterBlockOption::Range {
                from_block,
                to_block,
            } => {
                let from = self.height(from_block.unwrap_or_default().into());
                let to = self
                    .height(to_block.unwrap_or_default().into())
                    .unwrap_or(self.block_number());
                from.map(|from| from..=to)
            }
        };
        let blocks = range
            .into_iter()
            .flatten()
            .filter_map(|number| self.head.blocks.get(number as usize));
        blocks
            .filter(|block| may_match(filter, block))
            .flat_map(|block| block_logs(filter, block))
            .collect()
    }
}

/// Whether a block's bloom leaves a match possible.
fn may_match(filter: &Filter, block: &Block) -> bool {
    let bloom = &block.header.logs_bloom;
    let holds = |bytes: &[u8]| bloom.contains_input(BloomInput::Raw(bytes));
    let address = filter.address.is_empty()
        || filter
            .address
            .iter()
            .any(|address| holds(address.as_slice()));
    let topics = filter
        .topics
        .iter()
        .all(|set| set.is_empty() || set.iter().any(|topic| holds(topic.as_slice())));
    address && topics
}

/// Matching logs of a block.
fn block_logs(filter: &Filter, block: &Block) -> Vec<RpcLog> {
    block
        .receipts
        .iter()
        .flat_map(|receipt| receipt.rpc_logs())
        .filter(|log| filter.matches(&log.inner))
        .collect()
}

impl Receipt {
    /// The logs with their places on the chain.
    pub fn rpc_logs(&self) -> impl Iterator<Item = RpcLog> + '_ {
        (self.first_log_index..)
            .zip(&self.logs)
            .map(|(log_index, log)| RpcLog {
                inner: log.clone(),
                block_hash: Some(self.block_hash),
                block_number: Some(self.block_number),
                block_timestamp: Some(self.timestamp),
                transaction_hash: Some(self.tx_hash),
                transaction_index: Some(self.index),
                log_index: Some(log_index),
                removed: false,
            })
    }
}
