//! Nodes that answer from fixtures: a beacon node and an L1 node in one server.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use alloy::{
    primitives::{Address, Bytes, B256, U256},
    sol,
    sol_types::{SolCall, SolEvent},
};
use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
    routing::{get, post},
    Json, Router,
};
use clay_oracle::{
    beacon::{BeaconNode, PublicKey},
    execution::ExecutionNode,
    observation::Nodes,
};
use serde_json::{json, Value};

sol!("../../abi/IGateway.sol");

/// The gateway.
pub const GATEWAY: Address = Address::repeat_byte(0x6a);
/// Gwei.
pub const ETHER: u64 = 1_000_000_000;
/// The epoch of what has not happened.
pub const NEVER: u64 = u64::MAX;
/// Time of slot 0.
pub const GENESIS: u64 = 1_000_000;

/// A validator of a fixture.
#[derive(Clone, Copy)]
pub struct Validator {
    pub key: PublicKey,
    pub credentials: B256,
    pub balance: u64,
    pub effective: u64,
    pub status: &'static str,
    pub slashed: bool,
    pub withdrawable: u64,
}

/// What the nodes know.
#[derive(Clone)]
pub struct Fixture {
    pub finalized_epoch: u64,
    pub genesis_time: u64,
    /// The newest block that is final on L1; the beacon chain's, if not given.
    pub l1_finalized: Option<u64>,
    pub syncing: Value,
    pub l1_syncing: Value,
    pub l1_chain_id: u64,
    /// Slots with a block.
    pub blocks: Vec<u64>,
    /// Validators by slot.
    pub validators: HashMap<u64, Vec<Validator>>,
    /// Deposits that wait, by slot: key, gwei, slot of the deposit.
    pub pending: HashMap<u64, Vec<(PublicKey, u64, u64)>>,
    /// The gateway by slot: balance; deposited, unused, held, sentBack.
    pub gateway: HashMap<u64, (U256, [U256; 4])>,
    /// The gateway's deposits by slot.
    pub deposits: HashMap<u64, Vec<(PublicKey, u64)>>,
}

type Shared = Arc<Mutex<Fixture>>;

/// Nodes that answer from a fixture, which can be changed.
pub struct Fake {
    pub fixture: Shared,
    pub nodes: Nodes,
}

/// A key by a number.
pub fn key(number: u8) -> PublicKey {
    PublicKey::repeat_byte(number)
}

/// Withdrawal credentials of the gateway.
pub fn own() -> B256 {
    let mut credentials = GATEWAY.into_word();
    credentials[0] = 1;
    credentials
}

/// An active validator of the gateway's.
pub fn validator(number: u8, balance: u64) -> Validator {
    Validator {
        key: key(number),
        credentials: own(),
        balance,
        effective: (balance / ETHER).min(32) * ETHER,
        status: "active_ongoing",
        slashed: false,
        withdrawable: NEVER,
    }
}

/// Hash of a slot's L1 block.
pub fn hash(slot: u64) -> B256 {
    B256::from(U256::from(0xb10c_0000 + slot))
}

/// Wei.
pub fn eth(whole: u64) -> U256 {
    U256::from(whole) * U256::from(10).pow(U256::from(18))
}

impl Default for Fixture {
    /// Slot 320 is final, and nothing is there.
    fn default() -> Self {
        Self {
            finalized_epoch: 10,
            genesis_time: GENESIS,
            l1_finalized: None,
            syncing: json!({
                "head_slot": "400", "sync_distance": "0",
                "is_syncing": false, "is_optimistic": false, "el_offline": false,
            }),
            l1_syncing: json!(false),
            l1_chain_id: 17,
            blocks: (0..=400).collect(),
            validators: HashMap::new(),
            pending: HashMap::new(),
            gateway: HashMap::new(),
            deposits: HashMap::new(),
        }
    }
}

impl Fake {
    /// Serves a fixture.
    pub async fn serve(fixture: Fixture) -> Self {
        let fixture = Arc::new(Mutex::new(fixture));
        let states = "/eth/v1/beacon/states/{slot}";
        let router = Router::new()
            .route("/", post(rpc))
            .route("/eth/v1/node/syncing", get(syncing))
            .route("/eth/v1/beacon/genesis", get(genesis))
            .route("/eth/v1/config/spec", get(spec))
            .route("/eth/v2/beacon/blocks/{slot}", get(block))
            .route("/eth/v1/beacon/headers/head", get(head))
            .route(&format!("{states}/finality_checkpoints"), get(finality))
            .route(
                &format!("{states}/validators"),
                get(all_validators).post(some_validators),
            )
            .route(&format!("{states}/pending_deposits"), get(pending))
            .with_state(fixture.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let nodes = Nodes {
            beacon: BeaconNode::new(&url).unwrap(),
            execution: ExecutionNode::new(&url).unwrap(),
        };
        Self { fixture, nodes }
    }

    /// Changes what the nodes know.
    pub fn change(&self, change: impl FnOnce(&mut Fixture)) {
        change(&mut self.fixture.lock().unwrap());
    }
}

fn read<R>(shared: &Shared, read: impl FnOnce(&Fixture) -> R) -> R {
    read(&shared.lock().unwrap())
}

async fn syncing(State(shared): State<Shared>) -> Json<Value> {
    Json(json!({ "data": read(&shared, |it| it.syncing.clone()) }))
}

async fn genesis(State(shared): State<Shared>) -> Json<Value> {
    Json(json!({ "data": {
        "genesis_time": read(&shared, |it| it.genesis_time).to_string(),
        "genesis_validators_root": B256::ZERO,
        "genesis_fork_version": "0x00000000",
    } }))
}

async fn spec() -> Json<Value> {
    Json(json!({ "data": {
        "DEPOSIT_CHAIN_ID": "17",
        "SECONDS_PER_SLOT": "12",
        "SLOTS_PER_EPOCH": "32",
        "EPOCHS_PER_SLASHINGS_VECTOR": "8",
        "PROPORTIONAL_SLASHING_MULTIPLIER_BELLATRIX": "3",
        "EFFECTIVE_BALANCE_INCREMENT": "1000000000",
        "BLOB_SCHEDULE": [],
    } }))
}

async fn finality(State(shared): State<Shared>) -> Json<Value> {
    let epoch = read(&shared, |it| it.finalized_epoch).to_string();
    Json(json!({ "data": { "finalized": { "epoch": epoch, "root": B256::ZERO } } }))
}

type Found = Result<Json<Value>, StatusCode>;

async fn block(State(shared): State<Shared>, Path(slot): Path<u64>) -> Found {
    if !read(&shared, |it| it.blocks.contains(&slot)) {
        return Err(StatusCode::NOT_FOUND);
    }
    Ok(Json(json!({
        "version": "electra",
        "execution_optimistic": false,
        "finalized": true,
        "data": { "message": { "slot": slot.to_string(), "body": { "execution_payload": {
            "block_number": slot.to_string(),
            "block_hash": hash(slot),
            "timestamp": (GENESIS + 12 * slot).to_string(),
        } } } },
    })))
}

/// The newest block is the last one of the fixture.
async fn head(State(shared): State<Shared>) -> Json<Value> {
    let slot = read(&shared, |it| it.blocks.iter().max().copied());
    let slot = slot.unwrap_or_default().to_string();
    Json(json!({ "data": { "header": { "message": { "slot": slot } } } }))
}

fn of_slot(shared: &Shared, slot: u64) -> Result<Vec<Validator>, StatusCode> {
    let found = read(shared, |it| it.validators.get(&slot).cloned());
    found.ok_or(StatusCode::NOT_FOUND)
}

fn render(validators: &[Validator]) -> Json<Value> {
    let data = validators.iter().enumerate().map(|(index, it)| {
        json!({
            "index": index.to_string(),
            "balance": it.balance.to_string(),
            "status": it.status,
            "validator": {
                "pubkey": it.key,
                "withdrawal_credentials": it.credentials,
                "effective_balance": it.effective.to_string(),
                "slashed": it.slashed,
                "activation_eligibility_epoch": "0",
                "activation_epoch": "0",
                "exit_epoch": NEVER.to_string(),
                "withdrawable_epoch": it.withdrawable.to_string(),
            },
        })
    });
    Json(json!({ "data": data.collect::<Value>() }))
}

async fn all_validators(
    State(shared): State<Shared>,
    Path(slot): Path<u64>,
    RawQuery(query): RawQuery,
) -> Found {
    assert_eq!(query.as_deref(), Some("status=active,exited_slashed"));
    let mut found = of_slot(&shared, slot)?;
    found.retain(|it| it.status.starts_with("active") || it.status == "exited_slashed");
    Ok(render(&found))
}

async fn some_validators(
    State(shared): State<Shared>,
    Path(slot): Path<u64>,
    Json(body): Json<Value>,
) -> Found {
    let ids: Vec<PublicKey> = serde_json::from_value(body["ids"].clone()).unwrap();
    let mut found = of_slot(&shared, slot)?;
    found.retain(|it| ids.contains(&it.key));
    Ok(render(&found))
}

async fn pending(State(shared): State<Shared>, Path(slot): Path<u64>) -> Json<Value> {
    let waiting = read(&shared, |it| it.pending.get(&slot).cloned());
    let data = waiting.unwrap_or_default().into_iter();
    let data = data.map(|(key, gwei, slot)| {
        json!({
            "pubkey": key,
            "withdrawal_credentials": own(),
            "amount": gwei.to_string(),
            "signature": Bytes::from(vec![0; 96]),
            "slot": slot.to_string(),
        })
    });
    Json(json!({ "version": "electra", "data": data.collect::<Value>() }))
}

async fn rpc(State(shared): State<Shared>, Json(request): Json<Value>) -> Json<Value> {
    let params = &request["params"];
    let slot_of = |hash: &Value| {
        let hash: B256 = serde_json::from_value(hash.clone()).expect("a block's hash");
        u64::try_from(U256::from_be_bytes(hash.0)).unwrap() - 0xb10c_0000
    };
    let result = match request["method"].as_str().unwrap() {
        "eth_chainId" => json!(U256::from(read(&shared, |it| it.l1_chain_id))),
        "eth_syncing" => read(&shared, |it| it.l1_syncing.clone()),
        "eth_getBlockByNumber" => {
            assert_eq!(params[0], json!("finalized"));
            let number = read(&shared, |it| {
                it.l1_finalized.unwrap_or(it.finalized_epoch * 32)
            });
            let header = alloy::consensus::Header {
                number,
                ..Default::default()
            };
            let header = alloy::rpc::types::Header::new(header);
            let none = alloy::rpc::types::BlockTransactions::<B256>::Hashes(Vec::new());
            json!(alloy::rpc::types::Block::new(header, none))
        }
        "eth_getBalance" => {
            assert_eq!(params[0], json!(GATEWAY));
            let slot = slot_of(&params[1]["blockHash"]);
            json!(read(&shared, |it| it.gateway[&slot].0))
        }
        "eth_call" => {
            let slot = slot_of(&params[1]["blockHash"]);
            let [deposited, unused, held, sent_back] = read(&shared, |it| it.gateway[&slot].1);
            let totals = IGateway::totalsReturn {
                deposited,
                unused,
                held,
                sentBack: sent_back,
            };
            json!(Bytes::from(IGateway::totalsCall::abi_encode_returns(
                &totals
            )))
        }
        "eth_getLogs" => {
            assert_eq!(params[0]["address"], json!(GATEWAY));
            let slot = slot_of(&params[0]["blockHash"]);
            let made = read(&shared, |it| it.deposits.get(&slot).cloned());
            let logs = made.unwrap_or_default().into_iter().map(|(key, gwei)| {
                let event = IGateway::Deposited {
                    publicKey: Bytes::copy_from_slice(key.as_slice()),
                    assets: U256::from(gwei) * U256::from(ETHER),
                };
                let data = event.encode_log_data();
                json!({
                    "address": GATEWAY, "topics": data.topics(), "data": data.data,
                    "blockHash": hash(slot), "blockNumber": "0x1", "transactionHash": B256::ZERO,
                    "transactionIndex": "0x0", "logIndex": "0x0", "removed": false,
                })
            });
            logs.collect()
        }
        other => panic!("{other} was not expected"),
    };
    Json(json!({ "jsonrpc": "2.0", "id": request["id"], "result": result }))
}
