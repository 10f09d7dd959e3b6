//! JSON-RPC of L1: blocks, the gateway's balance, counters and events, and the faults.

use alloy::{
    consensus::Header,
    eips::BlockId,
    primitives::{Address, Bytes, Log, B256, U256},
    rpc::types::{Block, BlockTransactions, Filter, FilterBlockOption, Log as RpcLog},
    sol_types::{SolCall, SolEvent},
};
use axum::{body::Bytes as Body, extract::State, Json};
use serde::Deserialize;
use serde_json::{json, Value};

use super::{
    lock,
    rpc_params::{Params, RpcError},
    Shared,
};
use crate::{
    abi::Gateway::{totalsCall, totalsReturn, Deposited, GivenBack, SentBack},
    clock::HashKind,
    gateway::GatewayEvent,
    Ethereum,
};

/// Gas limit of every block.
pub(super) const GAS_LIMIT: u64 = 60_000_000;
/// Wei per gas in every block.
pub(super) const BASE_FEE: u64 = 1_000_000_000;
/// Most requests of a batch.
const MAX_BATCH: usize = 1_000;

/// A call as `eth_call` takes it, as far as it matters here.
#[derive(Deserialize)]
struct CallRequest {
    to: Option<Address>,
    #[serde(default, alias = "data")]
    input: Option<Bytes>,
}

/// Answers a request or a batch.
pub(super) async fn serve(State(shared): State<Shared>, body: Body) -> Json<Value> {
    let refusal = |code, message: &str| RpcError {
        code,
        message: message.to_owned(),
    };
    Json(match serde_json::from_slice(&body) {
        Err(_) => refusal(-32700, "parse error").render(Value::Null),
        Ok(Value::Array(requests)) if requests.is_empty() || requests.len() > MAX_BATCH => {
            refusal(-32600, "invalid batch").render(Value::Null)
        }
        Ok(Value::Array(requests)) => requests
            .iter()
            .map(|request| respond(&shared, request))
            .collect(),
        Ok(request) => respond(&shared, &request),
    })
}

fn respond(shared: &Shared, request: &Value) -> Value {
    let id = request.get("id").cloned().unwrap_or_default();
    let Some(method) = request.get("method").and_then(Value::as_str) else {
        let message = "invalid request".to_owned();
        return RpcError {
            code: -32600,
            message,
        }
        .render(id);
    };
    let params = Params::new(request.get("params"));
    match params.and_then(|params| lock(shared).call_method(method, &params)) {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(error) => error.render(id),
    }
}

impl Ethereum {
    fn call_method(&mut self, method: &str, params: &Params) -> Result<Value, RpcError> {
        Ok(match method {
            "eth_chainId" => json!(U256::from(self.config.chain_id)),
            "net_version" => json!(self.config.chain_id.to_string()),
            "web3_clientVersion" => json!(concat!("clay-ethereum/", env!("CARGO_PKG_VERSION"))),
            "eth_syncing" => json!(false),
            "eth_gasPrice" => json!(U256::from(BASE_FEE)),
            "eth_blockNumber" => json!(U256::from(self.clock.block_number(self.clock.slot()))),
            "eth_getBlockByNumber" => {
                let number: alloy::eips::BlockNumberOrTag = params.get(0)?;
                self.block_json(number.into())
            }
            "eth_getBlockByHash" => {
                let hash: B256 = params.get(0)?;
                self.block_json(hash.into())
            }
            "eth_getBalance" => {
                let snapshot = self.snapshot(params.block(1)?)?;
                json!(U256::from(self.balance(params.get(0)?, snapshot)))
            }
            "eth_getCode" => {
                let is_gateway = params.get::<Address>(0)? == self.contracts.gateway;
                // INVALID: the gateway is played, there is nothing to run.
                json!(Bytes::from(if is_gateway { vec![0xfe] } else { vec![] }))
            }
            "eth_call" => json!(self.call_gateway(&params.get(0)?, params.block(1)?)?),
            "eth_getLogs" => json!(self.gateway_logs(&params.get(0)?)?),
            _ => return self.fault(method, params),
        })
    }

    /// What the rest of the simulation knows of a block; refused where it is unknown or no longer kept.
    fn snapshot(&self, id: BlockId) -> Result<&crate::Snapshot, RpcError> {
        let slot = self.slot_of(id);
        let slot = slot.ok_or_else(|| RpcError::server("header not found"))?;
        self.at(slot)
            .ok_or_else(|| RpcError::server(format!("the state of slot {slot} is not kept")))
    }

    /// An L1 block as nodes render it, without transactions; null for an unknown one.
    fn block_json(&self, id: BlockId) -> Value {
        let Some(slot) = self.slot_of(id) else {
            return Value::Null;
        };
        let inner = Header {
            parent_hash: self.parent_hash(HashKind::L1Block, slot),
            beneficiary: self.contracts.gateway,
            number: self.clock.block_number(slot),
            timestamp: self.clock.time(slot),
            gas_limit: GAS_LIMIT,
            base_fee_per_gas: Some(BASE_FEE),
            parent_beacon_block_root: Some(self.parent_hash(HashKind::BeaconBlock, slot)),
            ..Header::default()
        };
        let header = alloy::rpc::types::Header {
            hash: self.clock.hash(HashKind::L1Block, slot),
            inner,
            total_difficulty: None,
            size: None,
        };
        json!(Block::<()>::new(
            header,
            BlockTransactions::Hashes(Vec::new())
        ))
    }

    /// The gateway answers `totals()`; accounts without code answer nothing.
    fn call_gateway(&self, call: &CallRequest, at: BlockId) -> Result<Bytes, RpcError> {
        let totals = self.snapshot(at)?.gateway;
        if call.to != Some(self.contracts.gateway) {
            return Ok(Bytes::new());
        }
        let input = call.input.clone().unwrap_or_default();
        if input.get(..4) != Some(&totalsCall::SELECTOR) {
            return Err(RpcError {
                code: 3,
                message: "execution reverted".to_owned(),
            });
        }
        let words = totalsReturn {
            deposited: U256::from(totals.deposited),
            unused: U256::from(totals.unused),
            held: U256::from(totals.held),
            sentBack: U256::from(totals.sent_back),
        };
        Ok(totalsCall::abi_encode_returns(&words).into())
    }

    /// The gateway's events that match a filter.
    fn gateway_logs(&self, filter: &Filter) -> Result<Vec<RpcLog>, RpcError> {
        let slot = |id: BlockId| {
            let slot = self.slot_of(id);
            slot.ok_or_else(|| RpcError::server("unknown block"))
        };
        let (from, to) = match filter.block_option {
            FilterBlockOption::AtBlockHash(hash) => {
                let slot = slot(hash.into())?;
                (slot, slot)
            }
            FilterBlockOption::Range {
                from_block,
                to_block,
            } => (
                slot(from_block.unwrap_or_default().into())?,
                slot(to_block.unwrap_or_default().into())?,
            ),
        };
        let mut logs = Vec::new();
        let mut place = (0, 0);
        for (slot, event) in self.gateway_events() {
            place = if place.0 == *slot {
                (*slot, place.1 + 1)
            } else {
                (*slot, 0)
            };
            if !(from..=to).contains(slot) {
                continue;
            }
            let log = Log {
                address: self.contracts.gateway,
                data: event_data(event),
            };
            if filter.matches(&log) {
                logs.push(self.rpc_log(*slot, place.1, log));
            }
        }
        Ok(logs)
    }

    fn rpc_log(&self, slot: u64, index: u64, inner: Log) -> RpcLog {
        RpcLog {
            inner,
            block_hash: Some(self.clock.hash(HashKind::L1Block, slot)),
            block_number: Some(self.clock.block_number(slot)),
            block_timestamp: Some(self.clock.time(slot)),
            transaction_hash: Some(B256::from(U256::from(slot))),
            transaction_index: Some(0),
            log_index: Some(index),
            removed: false,
        }
    }

    /// The fault controls, for whoever drives the simulation from another process.
    fn fault(&mut self, method: &str, params: &Params) -> Result<Value, RpcError> {
        match method {
            "clay_loseNextMessage" => self.lose_next_message(),
            "clay_failNextTicket" => self.fail_next_ticket(),
            "clay_payGateway" => {
                let wei: U256 = params.get(0)?;
                let wei = u128::try_from(wei).map_err(|_| RpcError::invalid("too many wei"))?;
                self.pay_gateway(wei);
            }
            "clay_depositElsewhere" => {
                let gwei: U256 = params.get(2)?;
                let gwei = u64::try_from(gwei).map_err(|_| RpcError::invalid("too many gwei"))?;
                self.deposit_elsewhere(params.get(0)?, params.get(1)?, gwei);
            }
            "clay_spoilSignature" => self.spoil_signature(params.get(0)?),
            "clay_slash" => {
                let refused = |error: crate::BeaconError| RpcError::server(error.to_string());
                self.slash(params.get(0)?).map_err(refused)?;
            }
            "clay_slashOthers" => self.slash_others(params.get(0)?),
            "clay_exit" => self.exit(params.get(0)?),
            "clay_setParticipation" => self.set_participation(params.get(0)?, params.get(1)?),
            "clay_setParticipationOfAll" => self.set_participation_of_all(params.optional(0)?),
            "clay_setNodePerformance" => {
                self.set_node_performance(params.get(0)?, params.optional(1)?);
            }
            "clay_setOperatorPerformance" => {
                self.set_operator_performance(params.get(0)?, params.optional(1)?);
            }
            "clay_ignoreExits" => self.ignore_exits(params.get(0)?, params.get(1)?),
            "clay_ignoreAllExits" => self.ignore_all_exits(params.get(0)?),
            "clay_missSlots" => self.miss_slots(params.get(0)?),
            "clay_stallFinality" => self.stall_finality(params.get(0)?),
            _ => {
                return Err(RpcError {
                    code: -32601,
                    message: format!("the method {method} does not exist/is not available"),
                })
            }
        }
        Ok(json!(true))
    }
}

fn event_data(event: &GatewayEvent) -> alloy::primitives::LogData {
    match *event {
        GatewayEvent::Deposited(key, wei) => Deposited {
            publicKey: Bytes::copy_from_slice(key.as_slice()),
            assets: U256::from(wei),
        }
        .encode_log_data(),
        GatewayEvent::GivenBack(key, wei) => GivenBack {
            publicKey: Bytes::copy_from_slice(key.as_slice()),
            assets: U256::from(wei),
        }
        .encode_log_data(),
        GatewayEvent::SentBack(wei, so_far) => SentBack {
            assets: U256::from(wei),
            sentBack: U256::from(so_far),
        }
        .encode_log_data(),
    }
}
