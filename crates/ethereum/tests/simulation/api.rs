//! The Beacon API over HTTP, against the shapes of its specification.

use std::collections::{BTreeSet, HashMap};

use clay_ethereum::{Config, PublicKey, RunningServer, Simulation, ETHER, ETHER_GWEI};
use reqwest::{Client, StatusCode};
use serde_json::{json, Value};

use super::world::*;

/// A simulation behind HTTP, and the chain beside it.
pub struct Served {
    pub chain: clay_chain::Chain,
    pub simulation: Simulation,
    pub server: RunningServer,
    pub client: Client,
}

/// Serves a simulation in which two validators are active and a stranger deposits.
pub async fn served() -> Served {
    let mut world = world(Config {
        other_validators: 40,
        ..quick()
    });
    world.fund(key(1));
    world.fund(key(2));
    world
        .ethereum
        .deposit_elsewhere(key(3), STRANGER, 3 * ETHER_GWEI);
    serve(world, 300).await
}

/// Serves a world, run anew to a slot.
pub async fn serve(world: World, slots: u64) -> Served {
    let World {
        mut chain,
        ethereum,
        ..
    } = world;
    let simulation = Simulation::new(ethereum.config().clone(), CONTRACTS);
    simulation.with(|it| *it = ethereum);
    let time = simulation.with(|it| it.clock().time(slots));
    simulation.advance(&mut chain, time).unwrap();
    let server = simulation.serve(([127, 0, 0, 1], 0).into()).await.unwrap();
    Served {
        chain,
        simulation,
        server,
        client: Client::new(),
    }
}

impl Served {
    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        let url = format!("{}{path}", self.server.url());
        let response = self.client.get(url).send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    pub async fn ok(&self, path: &str) -> Value {
        let (status, value) = self.get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {value}");
        value
    }

    pub async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let url = format!("{}{path}", self.server.url());
        let response = self.client.post(url).json(body).send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    fn run_to(&mut self, slot: u64) {
        let time = self.simulation.with(|it| it.clock().time(slot));
        self.simulation.advance(&mut self.chain, time).unwrap();
    }
}

/// Whether a value has exactly the shape of another: the same fields, texts of the same kind, lists of like items.
fn assert_shape(value: &Value, shape: &Value, at: &str) {
    match shape {
        Value::Object(fields) => {
            let value = value
                .as_object()
                .unwrap_or_else(|| panic!("{at} is no object"));
            let names = |it: &serde_json::Map<String, Value>| -> BTreeSet<String> {
                it.keys().cloned().collect()
            };
            assert_eq!(names(value), names(fields), "{at}");
            for (name, shape) in fields {
                assert_shape(&value[name], shape, &format!("{at}.{name}"));
            }
        }
        Value::Array(items) => {
            let values = value
                .as_array()
                .unwrap_or_else(|| panic!("{at} is no list"));
            for value in values {
                assert_shape(value, &items[0], &format!("{at}[]"));
            }
        }
        Value::String(kind) => {
            let text = value
                .as_str()
                .unwrap_or_else(|| panic!("{at} is no text: {value}"));
            let bytes = |length: usize| {
                let hex = text.strip_prefix("0x").unwrap_or_default();
                hex.len() == 2 * length && hex.chars().all(|it| it.is_ascii_hexdigit())
            };
            let fits = match kind.as_str() {
                "uint" => text.parse::<u64>().is_ok(),
                "4 bytes" => bytes(4),
                "20 bytes" => bytes(20),
                "32 bytes" => bytes(32),
                "48 bytes" => bytes(48),
                "96 bytes" => bytes(96),
                "any" => true,
                other => text == other,
            };
            assert!(fits, "{at}: {text} is no {kind}");
        }
        Value::Bool(_) => assert!(value.is_boolean(), "{at} is no truth value"),
        _ => panic!("no such shape"),
    }
}

fn envelope(data: Value) -> Value {
    json!({ "execution_optimistic": false, "finalized": true, "data": data })
}

fn validator_shape() -> Value {
    json!({
        "index": "uint", "balance": "uint", "status": "any",
        "validator": {
            "pubkey": "48 bytes", "withdrawal_credentials": "32 bytes", "effective_balance": "uint",
            "slashed": false, "activation_eligibility_epoch": "uint", "activation_epoch": "uint",
            "exit_epoch": "uint", "withdrawable_epoch": "uint",
        },
    })
}

#[tokio::test]
async fn the_node_and_the_chain_describe_themselves() {
    let served = served().await;
    let health = format!("{}/eth/v1/node/health", served.server.url());
    let health = served.client.get(health).send().await.unwrap();
    assert_eq!(health.status(), StatusCode::OK);

    let syncing = served.ok("/eth/v1/node/syncing").await;
    let expected = json!({ "data": {
        "head_slot": "300", "sync_distance": "0", "is_syncing": false, "is_optimistic": false, "el_offline": false,
    } });
    assert_eq!(syncing, expected);

    let genesis = served.ok("/eth/v1/beacon/genesis").await;
    let shape = json!({ "data": {
        "genesis_time": "uint", "genesis_validators_root": "32 bytes", "genesis_fork_version": "4 bytes",
    } });
    assert_shape(&genesis, &shape, "genesis");
    assert_eq!(genesis["data"]["genesis_time"], "1767225600");

    let spec = served.ok("/eth/v1/config/spec").await;
    for (name, value) in [
        ("SECONDS_PER_SLOT", "12"),
        ("SLOTS_PER_EPOCH", "32"),
        ("EPOCHS_PER_SLASHINGS_VECTOR", "16"),
        ("PROPORTIONAL_SLASHING_MULTIPLIER_BELLATRIX", "3"),
        ("MIN_SLASHING_PENALTY_QUOTIENT_ELECTRA", "4096"),
        ("FAR_FUTURE_EPOCH", "18446744073709551615"),
    ] {
        assert_eq!(spec["data"][name], value, "{name}");
    }
    let values = spec["data"].as_object().unwrap().values();
    assert!(values.clone().all(Value::is_string));
}

#[tokio::test]
async fn headers_and_blocks_name_the_l1_block() {
    let mut served = served().await;
    served.simulation.with(|it| it.miss_slots(1));
    served.run_to(302);
    let header = served.ok("/eth/v1/beacon/headers/head").await;
    let shape = envelope(json!({
        "root": "32 bytes", "canonical": true,
        "header": {
            "message": {
                "slot": "uint", "proposer_index": "uint", "parent_root": "32 bytes",
                "state_root": "32 bytes", "body_root": "32 bytes",
            },
            "signature": "96 bytes",
        },
    }));
    assert_shape(&header, &shape, "header");
    assert_eq!(header["data"]["header"]["message"]["slot"], "302");
    assert_eq!(header["finalized"], false);

    // Slot 301 has no block, so 302's parent is 300.
    assert_eq!(
        served.get("/eth/v1/beacon/headers/301").await.0,
        StatusCode::NOT_FOUND
    );
    let parent = served.ok("/eth/v1/beacon/headers/300").await;
    assert_eq!(
        header["data"]["header"]["message"]["parent_root"],
        parent["data"]["root"]
    );
    let root = header["data"]["root"].as_str().unwrap();
    assert_eq!(
        served.ok(&format!("/eth/v1/beacon/headers/{root}")).await,
        header
    );

    let url = format!("{}/eth/v2/beacon/blocks/302", served.server.url());
    let response = served.client.get(url).send().await.unwrap();
    assert_eq!(response.headers()["eth-consensus-version"], "electra");
    let block: Value = response.json().await.unwrap();
    assert_eq!(block["version"], "electra");
    let message = &block["data"]["message"];
    assert_eq!(
        message["state_root"],
        header["data"]["header"]["message"]["state_root"]
    );
    let payload = &message["body"]["execution_payload"];
    assert_eq!(payload["block_number"], "24000301");
    assert_eq!(payload["timestamp"], (1_767_225_600 + 302 * 12).to_string());
    assert_eq!(payload["fee_recipient"], json!(CONTRACTS.gateway));
    assert_shape(&payload["block_hash"], &json!("32 bytes"), "block_hash");
}

#[tokio::test]
async fn an_epoch_two_back_is_final() {
    let mut served = served().await;
    let path = "/eth/v1/beacon/states/head/finality_checkpoints";
    let checkpoint = json!({ "epoch": "uint", "root": "32 bytes" });
    let shape = envelope(json!({
        "previous_justified": checkpoint, "current_justified": checkpoint, "finalized": checkpoint,
    }));
    let checkpoints = served.ok(path).await;
    assert_shape(&checkpoints, &shape, "checkpoints");
    // Slot 300 is in epoch 9.
    assert_eq!(checkpoints["data"]["finalized"]["epoch"], "7");
    assert_eq!(checkpoints["data"]["current_justified"]["epoch"], "8");
    let header = served.ok("/eth/v1/beacon/headers/finalized").await;
    assert_eq!(header["data"]["header"]["message"]["slot"], "224");
    assert_eq!(header["finalized"], true);
    assert_eq!(
        checkpoints["data"]["finalized"]["root"],
        header["data"]["root"]
    );
    assert_eq!(
        served.ok("/eth/v1/beacon/headers/225").await["finalized"],
        false
    );

    // While finality is stalled it stays; then it catches up. A past state keeps what it knew.
    served.simulation.with(|it| it.stall_finality(true));
    served.run_to(500);
    assert_eq!(served.ok(path).await["data"]["finalized"]["epoch"], "7");
    served.simulation.with(|it| it.stall_finality(false));
    served.run_to(512);
    assert_eq!(served.ok(path).await["data"]["finalized"]["epoch"], "14");
    let past = served
        .ok("/eth/v1/beacon/states/500/finality_checkpoints")
        .await;
    assert_eq!(past["data"]["finalized"]["epoch"], "7");
    assert_eq!(past["finalized"], false);
    let past = served
        .ok("/eth/v1/beacon/states/448/finality_checkpoints")
        .await;
    assert_eq!(past["finalized"], true);
}

#[tokio::test]
async fn validators_are_found_by_key_index_and_status() {
    let served = served().await;
    let states = "/eth/v1/beacon/states";
    let all = served.ok(&format!("{states}/head/validators")).await;
    assert_shape(&all, &envelope(json!([validator_shape()])), "validators");
    // 40 of the rest of the network, a stranger who deposited first, and two of ours.
    let all = all["data"].as_array().unwrap();
    assert_eq!(all.len(), 43);
    let indices: Vec<&str> = all.iter().map(|it| it["index"].as_str().unwrap()).collect();
    assert_eq!((indices[0], indices[42]), ("0", "42"));
    assert_eq!(all[0]["balance"], "2048000000000");

    let query = format!(
        "{states}/head/validators?id={},41&id={},999",
        key(1),
        key(9)
    );
    let mine = served.ok(&query).await;
    let body = json!({ "ids": [key(1), "41", key(9), "999"], "statuses": [] });
    let (status, posted) = served
        .post(&format!("{states}/head/validators"), &body)
        .await;
    assert_eq!((status, &posted), (StatusCode::OK, &mine));
    let mine = mine["data"].as_array().unwrap();
    assert_eq!(
        mine.len(),
        1,
        "the same validator named twice, and two that are not there"
    );
    assert_eq!(mine[0]["index"], "41");
    assert_eq!(mine[0]["status"], "active_ongoing");
    assert_eq!(mine[0]["validator"]["pubkey"], json!(key(1)));
    assert_eq!(mine[0]["validator"]["effective_balance"], "32000000000");
    let credentials = served.simulation.with(|it| it.credentials());
    assert_eq!(
        mine[0]["validator"]["withdrawal_credentials"],
        json!(credentials)
    );

    let one = served
        .ok(&format!("{states}/head/validators/{}", key(1)))
        .await;
    assert_shape(&one, &envelope(validator_shape()), "validator");
    assert_eq!(one["data"], mine[0]);
    let other = all[5]["validator"]["pubkey"].as_str().unwrap();
    let other = served
        .ok(&format!("{states}/head/validators/{other}"))
        .await;
    assert_eq!(other["data"], all[5]);

    let pending = served
        .ok(&format!("{states}/head/validators?status=pending"))
        .await;
    let pending = pending["data"].as_array().unwrap();
    assert_eq!(pending.len(), 1);
    assert_eq!(pending[0]["validator"]["pubkey"], json!(key(3)));
    assert_eq!(pending[0]["status"], "pending_initialized");
    assert_eq!(
        pending[0]["validator"]["activation_epoch"],
        "18446744073709551615"
    );
    let (_, active) = served
        .post(
            &format!("{states}/head/validators"),
            &json!({ "statuses": ["active_ongoing"] }),
        )
        .await;
    assert_eq!(active["data"].as_array().unwrap().len(), 42);

    // At a state before them they are not there.
    let early = served
        .ok(&format!("{states}/genesis/validators?id={}", key(1)))
        .await;
    assert_eq!(early, envelope(json!([])));
    let early = served
        .get(&format!("{states}/genesis/validators/{}", key(1)))
        .await;
    assert_eq!(early.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn balances_and_pending_deposits_of_past_states() {
    let served = served().await;
    let states = "/eth/v1/beacon/states";
    let balances = format!("{states}/head/validator_balances");
    let listed = served.ok(&format!("{balances}?id={},0", key(1))).await;
    assert_shape(
        &listed,
        &envelope(json!([{ "index": "uint", "balance": "uint" }])),
        "balances",
    );
    let mine = served.simulation.with(|it| it.beacon_state().balances[1]);
    assert!(mine > 32 * ETHER_GWEI);
    let expected = json!([
        { "index": "0", "balance": "2048000000000" },
        { "index": "41", "balance": mine.to_string() },
    ]);
    assert_eq!(listed["data"], expected);
    let (_, posted) = served.post(&balances, &json!(["41", "0"])).await;
    assert_eq!(posted, listed);
    let all = served.ok(&balances).await;
    assert_eq!(all["data"].as_array().unwrap().len(), 43);

    // The first block has the stranger's deposit, the tenth ours.
    let deposits = served.ok(&format!("{states}/10/pending_deposits")).await;
    let mut shape = envelope(json!([{
        "pubkey": "48 bytes", "withdrawal_credentials": "32 bytes", "amount": "uint",
        "signature": "96 bytes", "slot": "uint",
    }]));
    shape["version"] = "electra".into();
    assert_shape(&deposits, &shape, "deposits");
    let amounts: Vec<(&str, &str)> = deposits["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["slot"].as_str().unwrap(), it["amount"].as_str().unwrap()))
        .collect();
    assert_eq!(
        amounts,
        [
            ("1", "3000000000"),
            ("10", "1000000000"),
            ("10", "1000000000")
        ]
    );
    let head = served.ok(&format!("{states}/head/pending_deposits")).await;
    assert_eq!(head["data"], json!([]));

    // A state by its root.
    let block = served.ok("/eth/v1/beacon/headers/10").await;
    let root = block["data"]["header"]["message"]["state_root"]
        .as_str()
        .unwrap();
    assert_eq!(
        served
            .ok(&format!("{states}/{root}/pending_deposits"))
            .await,
        deposits
    );
}

#[tokio::test]
async fn refusals_are_those_of_the_beacon_api() {
    let served = served().await;
    let states = "/eth/v1/beacon/states";
    for (path, expected) in [
        (format!("{states}/301/validators"), 404),
        (format!("{states}/nowhere/validators"), 400),
        (format!("{states}/0x1234/validators"), 400),
        (format!("{states}/0x{}/validators", "11".repeat(32)), 404),
        (format!("{states}/head/validators?id=0x12"), 400),
        (format!("{states}/head/validators?id=minus"), 400),
        (format!("{states}/head/validators?status=resting"), 400),
        (format!("{states}/head/validators/99"), 404),
        (format!("{states}/head/validator_balances?id=-1"), 400),
        ("/eth/v1/beacon/headers/301".to_owned(), 404),
        ("/eth/v2/beacon/blocks/last".to_owned(), 400),
        ("/eth/v1/beacon/nothing".to_owned(), 404),
    ] {
        let (status, body) = served.get(&path).await;
        assert_eq!(status.as_u16(), expected, "{path}");
        assert_eq!(body["code"], expected, "{path}");
        assert!(body["message"].is_string(), "{path}");
    }
    let (status, body) = served
        .post(&format!("{states}/head/validators"), &json!(7))
        .await;
    assert_eq!((status.as_u16(), &body["code"]), (400, &json!(400)));
}

#[tokio::test]
async fn slashings_of_all_are_seen() {
    let mut served = served().await;
    served.simulation.with(|it| {
        it.slash(key(1)).unwrap();
        it.slash_others(2);
    });
    served.run_to(301);
    let slashed = served
        .ok("/eth/v1/beacon/states/head/validators?status=active_slashed")
        .await;
    let slashed = slashed["data"].as_array().unwrap();
    let seen: HashMap<&str, &str> = slashed
        .iter()
        .map(|it| {
            let epoch = it["validator"]["withdrawable_epoch"].as_str();
            (it["index"].as_str().unwrap(), epoch.unwrap())
        })
        .collect();
    // In epoch 9, withdrawable 16 later.
    assert_eq!(
        seen,
        HashMap::from([("0", "25"), ("1", "25"), ("41", "25")])
    );
}

/// A reporter that reads the APIs only gets the terms, even when a stranger deposits for our key, with the very
/// same words, in the slot in which the gateway does.
#[tokio::test]
async fn a_reporter_gets_the_terms_from_the_apis() {
    let mut world = world(quick());
    world.fund(key(1));
    world.fund(key(2));
    world.run(9);
    let ours = world.ethereum.credentials();
    world.ethereum.deposit_elsewhere(key(1), ours, ETHER_GWEI);
    world
        .ethereum
        .deposit_elsewhere(key(2), STRANGER, 2 * ETHER_GWEI);
    world.ethereum.pay_gateway(ETHER);
    let served = serve(world, 200).await;
    let mut pending = BTreeSet::new();
    for slot in 0..=200 {
        let expected = served.simulation.with(|it| it.terms_at(slot)).unwrap();
        let seen = read_terms(&served, slot, &[key(1), key(2)]).await;
        assert_eq!(seen, expected, "slot {slot}");
        pending.insert(expected.deposits_seen / ETHER);
    }
    // The stranger's 2 ETH come first, so the second key is his: 1 lost, 31 given back.
    assert_eq!(pending, BTreeSet::from([0, 2, 33, 64]));
}

async fn read_terms(served: &Served, slot: u64, keys: &[PublicKey]) -> clay_ethereum::Terms {
    let state = format!("/eth/v1/beacon/states/{slot}");
    let ids = keys
        .iter()
        .map(|key| format!("id={key}"))
        .collect::<Vec<_>>();
    let validators = served
        .ok(&format!("{state}/validators?{}", ids.join("&")))
        .await;
    let number = |value: &Value| value.as_str().unwrap().parse::<u64>().unwrap();
    let credentials = json!(served.simulation.with(|it| it.credentials()));
    let own = validators["data"].as_array().unwrap().iter();
    let own = own.filter(|it| it["validator"]["withdrawal_credentials"] == credentials);
    let cl_balance_gwei = own.map(|it| number(&it["balance"])).sum();

    let block = served.ok(&format!("/eth/v2/beacon/blocks/{slot}")).await;
    let block = &block["data"]["message"]["body"]["execution_payload"]["block_hash"];
    let l1 = super::rpc::read_gateway(served, block).await;
    let deposits = super::rpc::deposits(served, block).await;

    // Of what waits for a key since a slot, at most what the gateway deposited in it is the pool's.
    let pending = served.ok(&format!("{state}/pending_deposits")).await;
    let mut waiting: HashMap<(String, u64), u64> = HashMap::new();
    for deposit in pending["data"].as_array().unwrap() {
        let place = (
            deposit["pubkey"].as_str().unwrap().to_owned(),
            number(&deposit["slot"]),
        );
        *waiting.entry(place).or_default() += number(&deposit["amount"]);
    }
    let own_pending: u64 = waiting
        .iter()
        .map(|(place, gwei)| (*gwei).min(deposits.get(place).copied().unwrap_or_default()))
        .sum();
    clay_ethereum::Terms {
        cl_balance_gwei,
        deposits_seen: l1.deposited + l1.unused - u128::from(own_pending) * clay_ethereum::GWEI,
        left_seen: l1.left_seen(),
        lost: 0,
    }
}
