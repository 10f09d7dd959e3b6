//! Controls for tests, in the spellings of Anvil, Hardhat and Ganache: time, mining, snapshots, state,
//! impersonation.

use alloy::primitives::{Address, Bytes, B256, U256, U64};
use clay_chain::Chain;
use jsonrpsee::types::ErrorObjectOwned;
use serde::Deserialize;
use serde_json::{json, Value};

use super::network::CLIENT_VERSION;
use crate::error::{invalid_params, refused, RpcResult};
use crate::node::Node;
use crate::params::{Args, Number};
use crate::registry::Registry;

/// Most blocks mined by one request. Each is kept, so a slip of the pen would fill the memory.
const MOST_BLOCKS: u64 = 100_000;

/// Furthest the clock is moved by one request, seconds: a hundred years. Sums of times stay within 64 bits.
const FURTHEST: u64 = 100 * 365 * 24 * 3600;

pub(crate) fn register(registry: &mut Registry) {
    time_and_mining(registry);
    state(registry);
    registry
        .add(&["evm_snapshot", "anvil_snapshot"], 0, |node, _| {
            Ok(U64::from(node.chain(|chain| chain.snapshot())))
        })
        .add(&["evm_revert", "anvil_revert"], 1, |node, args| {
            let Number(id) = args.required("snapshot id")?;
            way_back(node)?;
            Ok(node.chain(|chain| chain.revert(id)))
        })
        // Forking has no meaning here; a reset starts over with the settings of the start.
        .add(&["anvil_reset", "hardhat_reset"], 1, |node, _| {
            way_back(node)?;
            node.chain(|chain| *chain = Chain::new(chain.config().clone()));
            Ok(())
        })
        .add(&["anvil_nodeInfo"], 0, |node, _| Ok(node_info(node)));
}

/// Refuses to take blocks back where somebody follows the chain who cannot.
fn way_back(node: &Node) -> RpcResult<()> {
    match node.options.no_way_back {
        Some(why) => Err(refused(why)),
        None => Ok(()),
    }
}

fn time_and_mining(registry: &mut Registry) {
    registry
        .add(
            &["evm_increaseTime", "anvil_increaseTime"],
            1,
            |node, args| {
                let Number(seconds) = args.required("seconds")?;
                if seconds > FURTHEST {
                    return Err(too_far());
                }
                Ok(node.chain(|chain| chain.increase_time(seconds)))
            },
        )
        .add(
            &["evm_setNextBlockTimestamp", "anvil_setNextBlockTimestamp"],
            1,
            |node, args| {
                let Number(timestamp) = args.required("timestamp")?;
                node.chain(|chain| set_next_timestamp(chain, timestamp))
            },
        )
        .add(&["evm_mine"], 1, evm_mine)
        .add(&["anvil_mine", "hardhat_mine"], 2, mine)
        .add(
            &[
                "evm_setAutomine",
                "anvil_setAutomine",
                "hardhat_setAutomine",
            ],
            1,
            |node, args| {
                let on = args.required("enabled")?;
                node.chain(|chain| chain.set_automine(on));
                Ok(())
            },
        )
        .add(
            &["anvil_getAutomine", "hardhat_getAutomine"],
            0,
            |node, _| Ok(node.chain(|chain| chain.automine())),
        )
        .add(
            &["evm_setIntervalMining", "anvil_setIntervalMining"],
            1,
            |node, args| {
                let Number(seconds) = args.required("seconds")?;
                node.chain(|chain| chain.set_automine(seconds == 0 && chain.automine()));
                node.interval.send_replace((seconds > 0).then_some(seconds));
                Ok(())
            },
        )
        .add(&["anvil_getIntervalMining"], 0, |node, _| {
            Ok(*node.interval.borrow())
        });
}

fn state(registry: &mut Registry) {
    registry
        .add(
            &["anvil_setBalance", "hardhat_setBalance"],
            2,
            |node, args| {
                let account: Address = args.required("address")?;
                let wei: U256 = args.required("balance")?;
                node.chain(|chain| chain.set_balance(account, wei));
                Ok(())
            },
        )
        .add(&["anvil_setCode", "hardhat_setCode"], 2, |node, args| {
            let account: Address = args.required("address")?;
            let code: Bytes = args.required("code")?;
            node.chain(|chain| chain.set_code(account, code));
            Ok(())
        })
        .add(&["anvil_setNonce", "hardhat_setNonce"], 2, |node, args| {
            let account: Address = args.required("address")?;
            let Number(nonce) = args.required("nonce")?;
            node.chain(|chain| chain.set_nonce(account, nonce));
            Ok(())
        })
        .add(
            &["anvil_setStorageAt", "hardhat_setStorageAt"],
            3,
            |node, args| {
                let account: Address = args.required("address")?;
                let slot: U256 = args.required("slot")?;
                let value: B256 = args.required("value")?;
                node.chain(|chain| chain.set_storage(account, slot, value));
                Ok(true)
            },
        )
        .add(
            &["anvil_impersonateAccount", "hardhat_impersonateAccount"],
            1,
            |node, args| {
                let account: Address = args.required("address")?;
                node.chain(|chain| chain.impersonate(account));
                Ok(())
            },
        )
        .add(
            &[
                "anvil_stopImpersonatingAccount",
                "hardhat_stopImpersonatingAccount",
            ],
            1,
            |node, args| {
                let account: Address = args.required("address")?;
                node.chain(|chain| chain.stop_impersonating(account));
                Ok(())
            },
        )
        .add(&["anvil_autoImpersonateAccount"], 1, |node, args| {
            let on = args.required("enabled")?;
            node.chain(|chain| chain.impersonate_all(on));
            Ok(())
        });
}

fn set_next_timestamp(chain: &mut Chain, timestamp: u64) -> RpcResult<()> {
    if timestamp > chain.timestamp().saturating_add(FURTHEST) {
        return Err(too_far());
    }
    chain.set_next_timestamp(timestamp).map_err(refused)
}

fn too_far() -> ErrorObjectOwned {
    invalid_params(format!(
        "the clock moves at most {FURTHEST} seconds at once"
    ))
}

/// The argument of `evm_mine`: a timestamp, or both a timestamp and a number of blocks.
#[derive(Deserialize)]
#[serde(untagged)]
enum MineOptions {
    Timestamp(Number),
    Options {
        timestamp: Option<Number>,
        blocks: Option<Number>,
    },
}

/// Mines one block, or as many as asked. Answers "0x0", as all tools do.
fn evm_mine(node: &Node, args: &mut Args<'_>) -> RpcResult<String> {
    let (timestamp, blocks) = match args.optional("options")? {
        None => (None, None),
        Some(MineOptions::Timestamp(timestamp)) => (Some(timestamp), None),
        Some(MineOptions::Options { timestamp, blocks }) => (timestamp, blocks),
    };
    let Number(blocks) = blocks.unwrap_or(Number(1));
    mine_blocks(node, blocks, None, timestamp.map(|Number(seconds)| seconds))?;
    Ok("0x0".to_owned())
}

/// Mines a number of blocks, a number of seconds apart.
fn mine(node: &Node, args: &mut Args<'_>) -> RpcResult<()> {
    let Number(blocks) = args.optional("blocks")?.unwrap_or(Number(1));
    let interval = args.optional("interval")?.map(|Number(seconds)| seconds);
    mine_blocks(node, blocks, interval, None)
}

fn mine_blocks(
    node: &Node,
    blocks: u64,
    interval: Option<u64>,
    first_timestamp: Option<u64>,
) -> RpcResult<()> {
    if blocks > MOST_BLOCKS {
        let text = format!("cannot mine {blocks} blocks at once, at most {MOST_BLOCKS}");
        return Err(invalid_params(text));
    }
    node.chain(|chain| {
        if let Some(timestamp) = first_timestamp {
            set_next_timestamp(chain, timestamp)?;
        }
        let Some(interval) = interval else {
            chain.mine(blocks);
            return Ok(());
        };
        for i in 0..blocks {
            if i > 0 {
                let timestamp = chain.timestamp().saturating_add(interval);
                set_next_timestamp(chain, timestamp)?;
            }
            chain.mine(1);
        }
        Ok(())
    })
}

/// What tools ask about a test node, in Anvil's shape.
fn node_info(node: &Node) -> Value {
    node.chain(|chain| {
        let (latest, config) = (chain.latest(), chain.config());
        json!({
            "currentBlockNumber": U64::from(latest.header.number),
            "currentBlockTimestamp": latest.header.timestamp,
            "currentBlockHash": latest.hash,
            "hardFork": "prague",
            "transactionOrder": "fifo",
            "environment": {
                "baseFee": U64::from(config.base_fee),
                "chainId": config.chain_id,
                "gasLimit": U64::from(config.block_gas_limit),
                "gasPrice": U64::from(config.base_fee),
            },
            "forkConfig": {"forkUrl": null, "forkBlockNumber": null, "forkRetryBackoff": null},
            "clientVersion": CLIENT_VERSION,
        })
    })
}
