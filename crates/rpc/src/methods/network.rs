//! What chain this is, what gas costs, and the questions about peers and mining that wallets ask.

use alloy::eips::BlockId;
use alloy::primitives::{keccak256, Bytes, U128, U64};
use alloy::rpc::types::FeeHistory;

use crate::error::{invalid_params, RpcResult};
use crate::node::Node;
use crate::params::{Args, Number};
use crate::registry::Registry;

/// Name and version as reported to clients.
pub(crate) const CLIENT_VERSION: &str = concat!("clay/v", env!("CARGO_PKG_VERSION"));

/// Most blocks of one `eth_feeHistory`, as in geth.
const MOST_FEE_BLOCKS: u64 = 1024;

/// Most reward percentiles of one `eth_feeHistory`, as in geth.
const MOST_PERCENTILES: usize = 100;

pub(crate) fn register(registry: &mut Registry) {
    registry
        .add(&["eth_chainId"], 0, |node, _| Ok(U64::from(chain_id(node))))
        .add(
            &["net_version"],
            0,
            |node, _| Ok(chain_id(node).to_string()),
        )
        .add(&["net_listening"], 0, |_, _| Ok(true))
        .add(&["net_peerCount"], 0, |_, _| Ok(U64::ZERO))
        .add(&["web3_clientVersion"], 0, |_, _| {
            Ok(CLIENT_VERSION.to_owned())
        })
        .add(&["web3_sha3"], 1, |_, args| {
            Ok(keccak256(args.required::<Bytes>("data")?))
        })
        .add(&["eth_syncing"], 0, |_, _| Ok(false))
        .add(&["eth_mining"], 0, |_, _| Ok(false))
        .add(&["eth_hashrate"], 0, |_, _| Ok(U64::ZERO))
        .add(&["eth_accounts"], 0, |node, _| {
            Ok(node.signers.accounts().to_vec())
        })
        .add(&["eth_coinbase"], 0, |node, _| {
            Ok(node.chain(|chain| chain.latest().header.beneficiary))
        })
        .add(&["eth_gasPrice"], 0, |node, _| {
            Ok(U64::from(node.chain(|chain| chain.config().base_fee)))
        })
        // Tips are not paid on Arbitrum.
        .add(&["eth_maxPriorityFeePerGas"], 0, |_, _| Ok(U128::ZERO))
        // What blobs cost at least; there are none here to raise it.
        .add(&["eth_blobBaseFee"], 0, |_, _| Ok(U128::from(1)))
        .add(&["eth_feeHistory"], 3, fee_history);
}

fn chain_id(node: &Node) -> u64 {
    node.chain(|chain| chain.config().chain_id)
}

fn fee_history(node: &Node, args: &mut Args<'_>) -> RpcResult<FeeHistory> {
    let Number(count) = args.required("block count")?;
    let newest: BlockId = args.required("newest block")?;
    let percentiles: Vec<f64> = args.optional("reward percentiles")?.unwrap_or_default();
    if percentiles.len() > MOST_PERCENTILES {
        return Err(invalid_params(format!(
            "over the query limit {MOST_PERCENTILES}: reward percentiles"
        )));
    }
    // As in geth: between 0 and 100, and rising.
    let in_range = |percentile: &f64| (0.0..=100.0).contains(percentile);
    if let Some(percentile) = percentiles.iter().find(|it| !in_range(it)) {
        let text = format!("invalid reward percentile: {percentile}");
        return Err(invalid_params(text));
    }
    if let Some(pair) = percentiles.windows(2).find(|pair| pair[0] >= pair[1]) {
        let (before, after) = (pair[0], pair[1]);
        let text = format!("invalid reward percentile: {before} before {after}, they must rise");
        return Err(invalid_params(text));
    }
    node.chain(|chain| {
        let newest = super::blocks::known(chain, newest)?.header.number;
        let count = count.min(MOST_FEE_BLOCKS).min(newest + 1);
        let oldest = newest + 1 - count;
        let base_fee = u128::from(chain.config().base_fee);
        let blocks = (oldest..=newest).filter_map(|number| chain.block(number.into()));
        let ratio = |used: u64, limit: u64| {
            if limit == 0 {
                0.0
            } else {
                used as f64 / limit as f64
            }
        };
        Ok(FeeHistory {
            base_fee_per_gas: vec![base_fee; count as usize + 1],
            gas_used_ratio: blocks
                .map(|block| ratio(block.header.gas_used, block.header.gas_limit))
                .collect(),
            oldest_block: oldest,
            reward: (!percentiles.is_empty())
                .then(|| vec![vec![0; percentiles.len()]; count as usize]),
            // No blobs here.
            ..Default::default()
        })
    })
}
