//! Logs, and filters that a client polls.

use alloy::eips::BlockNumberOrTag;
use alloy::primitives::{B256, U64};
use alloy::rpc::types::{Filter, FilterBlockOption, FilterChanges, Log, Transaction};
use clay_chain::Chain;
use jsonrpsee::types::ErrorObjectOwned;

use crate::error::{invalid_params, not_found, refused, RpcResult, TOO_MUCH};
use crate::filters::{Installed, Kind};
use crate::node::Node;
use crate::params::{Args, Number};
use crate::registry::Registry;

pub(crate) fn register(registry: &mut Registry) {
    registry
        .add(&["eth_getLogs"], 1, |node, args| {
            let filter: Filter = args.required("filter")?;
            node.chain(|chain| logs(node, chain, &filter))
        })
        .add(&["eth_newFilter"], 1, |node, args| {
            let filter: Filter = args.required("filter")?;
            node.chain(|chain| range(chain, &filter))?;
            install(node, Kind::Logs(Box::new(filter)))
        })
        .add(&["eth_newBlockFilter"], 0, |node, _| {
            install(node, Kind::Blocks)
        })
        .add(&["eth_newPendingTransactionFilter"], 1, |node, _| {
            install(node, Kind::Transactions(Vec::new()))
        })
        .add(&["eth_uninstallFilter"], 1, |node, args| {
            let Number(id) = args.required("filter id")?;
            Ok(node.filters().uninstall(id))
        })
        .add(&["eth_getFilterChanges"], 1, changes)
        .add(&["eth_getFilterLogs"], 1, filter_logs);
}

fn install(node: &Node, kind: Kind) -> RpcResult<U64> {
    Ok(node.chain(|chain| U64::from(node.filters().install(kind, chain.block_number()))))
}

fn changes(node: &Node, args: &mut Args<'_>) -> RpcResult<FilterChanges<Transaction, Log>> {
    let Number(id) = args.required("filter id")?;
    node.chain(|chain| {
        let mut filters = node.filters();
        let installed = filters.get(id).ok_or_else(no_such_filter)?;
        let (from, head) = (installed.next_block, chain.block_number());
        let changes = match &mut installed.kind {
            Kind::Blocks => FilterChanges::Hashes(hashes(chain, from, head)),
            Kind::Transactions(hashes) => FilterChanges::Hashes(std::mem::take(hashes)),
            Kind::Logs(filter) => FilterChanges::Logs(new_logs(node, chain, filter, from)?),
        };
        installed.next_block = head + 1;
        Ok(changes)
    })
}

fn hashes(chain: &Chain, from: u64, to: u64) -> Vec<B256> {
    let blocks = (from..=to).filter_map(|number| chain.block(number.into()));
    blocks.map(|block| block.hash).collect()
}

/// Logs from block `from` on, within the range the filter asks for.
fn new_logs(node: &Node, chain: &Chain, filter: &Filter, from: u64) -> RpcResult<Vec<Log>> {
    let FilterBlockOption::Range {
        from_block,
        to_block,
    } = filter.block_option
    else {
        return Ok(Vec::new());
    };
    let number = |tag: Option<BlockNumberOrTag>| tag.and_then(|tag| tag.as_number());
    let first = number(from_block).unwrap_or(0).max(from);
    let last = number(to_block)
        .unwrap_or(u64::MAX)
        .min(chain.block_number());
    if first > last {
        return Ok(Vec::new());
    }
    logs(node, chain, &filter.clone().select(first..=last))
}

fn filter_logs(node: &Node, args: &mut Args<'_>) -> RpcResult<Vec<Log>> {
    let Number(id) = args.required("filter id")?;
    node.chain(|chain| match node.filters().get(id) {
        Some(Installed {
            kind: Kind::Logs(filter),
            ..
        }) => logs(node, chain, filter),
        _ => Err(no_such_filter()),
    })
}

fn no_such_filter() -> ErrorObjectOwned {
    refused("filter not found")
}

fn logs(node: &Node, chain: &Chain, filter: &Filter) -> RpcResult<Vec<Log>> {
    range(chain, filter)?;
    let logs = chain.logs(filter);
    let most = node.options.max_logs;
    if logs.len() > most {
        let text = format!("query returned {} logs, more than {most}", logs.len());
        return Err(ErrorObjectOwned::owned(TOO_MUCH, text, None::<()>));
    }
    Ok(logs)
}

/// Refuses a block nobody has and a range that ends before it starts.
fn range(chain: &Chain, filter: &Filter) -> RpcResult<()> {
    match filter.block_option {
        FilterBlockOption::AtBlockHash(hash) => match chain.block(hash.into()) {
            Some(_) => Ok(()),
            None => Err(not_found("unknown block")),
        },
        FilterBlockOption::Range {
            from_block,
            to_block,
        } => {
            let head = chain.block_number();
            let number = |tag: Option<BlockNumberOrTag>| match tag {
                Some(BlockNumberOrTag::Number(number)) => number,
                Some(BlockNumberOrTag::Earliest) => 0,
                _ => head,
            };
            if to_block.is_some() && number(from_block) > number(to_block) {
                return Err(invalid_params("invalid block range params"));
            }
            Ok(())
        }
    }
}
