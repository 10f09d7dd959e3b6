//! Accounts at any block.

use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::primitives::{Address, Bytes, B256, U256, U64};

use crate::error::{refused, RpcResult};
use crate::node::Node;
use crate::params::Args;
use crate::registry::Registry;

pub(crate) fn register(registry: &mut Registry) {
    registry
        .add(&["eth_getBalance"], 2, balance)
        .add(&["eth_getCode"], 2, code)
        .add(&["eth_getStorageAt"], 3, storage)
        .add(&["eth_getTransactionCount"], 2, nonce);
}

fn balance(node: &Node, args: &mut Args<'_>) -> RpcResult<U256> {
    let account: Address = args.required("address")?;
    let block = args.block()?;
    node.chain(|chain| chain.balance(account, block))
        .map_err(refused)
}

fn code(node: &Node, args: &mut Args<'_>) -> RpcResult<Bytes> {
    let account: Address = args.required("address")?;
    let block = args.block()?;
    node.chain(|chain| chain.code(account, block))
        .map_err(refused)
}

fn storage(node: &Node, args: &mut Args<'_>) -> RpcResult<B256> {
    let account: Address = args.required("address")?;
    let slot: U256 = args.required("storage position")?;
    let block = args.block()?;
    node.chain(|chain| chain.storage(account, slot, block))
        .map_err(refused)
}

fn nonce(node: &Node, args: &mut Args<'_>) -> RpcResult<U64> {
    let account: Address = args.required("address")?;
    let block = args.block()?;
    let nonce = node.chain(|chain| match block {
        BlockId::Number(BlockNumberOrTag::Pending) => Ok(chain.pending_nonce(account)),
        block => chain.nonce(account, block),
    });
    nonce.map(U64::from).map_err(refused)
}
