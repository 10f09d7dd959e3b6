//! L1's JSON-RPC, with a client library and by hand.

use std::collections::HashMap;

use alloy::{
    eips::{BlockId, BlockNumberOrTag},
    primitives::{Address, B256, U256},
    providers::{Provider, ProviderBuilder},
    rpc::types::Filter,
    sol_types::SolEvent,
};
use clay_ethereum::{Totals, ETHER, ETHER_GWEI, GWEI};
use serde_json::{json, Value};

use super::{
    api::{serve, served, Served},
    world::{abi::Gateway, *},
};

fn provider(served: &Served) -> impl Provider {
    ProviderBuilder::new().connect_http(served.server.url().parse().unwrap())
}

/// Counters and balance of the gateway at a block.
pub async fn read_gateway(served: &Served, block: &Value) -> Totals {
    let block: B256 = block.as_str().unwrap().parse().unwrap();
    let provider = provider(served);
    let gateway = Gateway::new(CONTRACTS.gateway, &provider);
    let totals = gateway.totals().block(block.into()).call().await.unwrap();
    let balance = provider.get_balance(CONTRACTS.gateway);
    let balance = balance.block_id(block.into()).await.unwrap();
    Totals {
        balance: balance.to(),
        deposited: totals.deposited.to(),
        unused: totals.unused.to(),
        held: totals.held.to(),
        sent_back: totals.sentBack.to(),
    }
}

/// What the gateway deposited by key and slot, in gwei, up to a block.
pub async fn deposits(served: &Served, block: &Value) -> HashMap<(String, u64), u64> {
    let block: B256 = block.as_str().unwrap().parse().unwrap();
    let provider = provider(served);
    let to = provider.get_block_by_hash(block).await.unwrap().unwrap();
    let filter = Filter::new()
        .address(CONTRACTS.gateway)
        .event_signature(Gateway::Deposited::SIGNATURE_HASH)
        .from_block(24_000_000)
        .to_block(to.header.number);
    let mut deposits = HashMap::new();
    for log in provider.get_logs(&filter).await.unwrap() {
        let slot = (log.block_timestamp.unwrap() - 1_767_225_600) / 12;
        let event = Gateway::Deposited::decode_log(&log.inner).unwrap();
        let gwei: u128 = event.assets.to::<u128>() / GWEI;
        *deposits
            .entry((event.publicKey.to_string(), slot))
            .or_default() += gwei as u64;
    }
    deposits
}

async fn ask(served: &Served, body: &str) -> Value {
    let request = served.client.post(served.server.url());
    let request = request.header("content-type", "application/json");
    let response = request.body(body.to_owned()).send().await.unwrap();
    response.json().await.unwrap()
}

async fn call(served: &Served, method: &str, params: Value) -> Value {
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    ask(served, &request.to_string()).await
}

#[tokio::test]
async fn blocks_are_found_by_number_hash_and_tag() {
    let served = served().await;
    let provider = provider(&served);
    assert_eq!(provider.get_chain_id().await.unwrap(), 1_337);
    assert_eq!(provider.get_block_number().await.unwrap(), 24_000_300);
    let block = provider
        .get_block_by_number(24_000_250.into())
        .await
        .unwrap();
    let block = block.unwrap();
    assert_eq!(block.header.timestamp, 1_767_225_600 + 250 * 12);
    let same = provider.get_block_by_hash(block.header.hash).await.unwrap();
    assert_eq!(same.unwrap(), block);
    let parent = provider.get_block_by_hash(block.header.parent_hash).await;
    assert_eq!(parent.unwrap().unwrap().header.number, 24_000_249);
    for (tag, number) in [
        (BlockNumberOrTag::Latest, 300),
        (BlockNumberOrTag::Safe, 256),
        (BlockNumberOrTag::Finalized, 224),
        (BlockNumberOrTag::Earliest, 0),
    ] {
        let block = provider.get_block_by_number(tag).await.unwrap().unwrap();
        assert_eq!(block.header.number, 24_000_000 + number, "{tag}");
    }
    let unknown = provider.get_block_by_number(24_000_301.into()).await;
    assert_eq!(unknown.unwrap(), None);
    assert_eq!(provider.get_block_by_hash(B256::ZERO).await.unwrap(), None);
}

#[tokio::test]
async fn the_gateway_is_read_at_any_block() {
    let mut world = world(quick());
    world.fund(key(1));
    world.ethereum.pay_gateway(7);
    let served = serve(world, 300).await;
    let provider = provider(&served);
    let gateway = Gateway::new(CONTRACTS.gateway, &provider);
    let at = |slot: u64| BlockId::number(24_000_000 + slot);
    let totals = async |slot| {
        let totals = gateway.totals().block(at(slot)).call().await.unwrap();
        let (deposited, unused) = (totals.deposited, totals.unused);
        [deposited, unused, totals.held, totals.sentBack].map(|it| it.to::<u128>())
    };
    let balance = async |slot| {
        let balance = provider.get_balance(CONTRACTS.gateway).block_id(at(slot));
        balance.await.unwrap().to::<u128>()
    };
    // The message takes two minutes: ten slots.
    assert_eq!((totals(0).await, balance(0).await), ([0; 4], 0));
    assert_eq!((totals(9).await, balance(9).await), ([0; 4], 7));
    assert_eq!(totals(10).await, [ETHER, 0, 31 * ETHER, 0]);
    assert_eq!(balance(10).await, 31 * ETHER + 7);
    assert_eq!(totals(299).await, [32 * ETHER, 0, 0, 0]);

    let elsewhere = provider.get_balance(Address::repeat_byte(1)).await;
    assert_eq!(elsewhere.unwrap(), U256::ZERO);
    let code = provider.get_code_at(CONTRACTS.gateway).await.unwrap();
    assert!(!code.is_empty());
    let unknown = provider.get_balance(CONTRACTS.gateway).block_id(at(301));
    assert!(unknown.await.is_err());
}

#[tokio::test]
async fn the_gateways_events_are_logs() {
    let mut world = world(quick());
    world.ethereum.spoil_signature(key(2));
    world.fund(key(1));
    world.fund(key(2));
    let served = serve(world, 200).await;
    let provider = provider(&served);
    let all = Filter::new().address(CONTRACTS.gateway).from_block(0);
    assert!(
        provider.get_logs(&all).await.is_err(),
        "block 0 is not on this chain"
    );
    let all = all.from_block(24_000_000);
    let logs = provider.get_logs(&all).await.unwrap();
    let names: Vec<&str> = logs
        .iter()
        .map(|log| match *log.topic0().unwrap() {
            Gateway::Deposited::SIGNATURE_HASH => "deposited",
            Gateway::GivenBack::SIGNATURE_HASH => "given back",
            Gateway::SentBack::SIGNATURE_HASH => "sent back",
            _ => "unknown",
        })
        .collect();
    assert_eq!(
        names,
        [
            "deposited",
            "deposited",
            "deposited",
            "given back",
            "sent back"
        ]
    );
    let places: Vec<_> = logs.iter().map(|log| log.log_index.unwrap()).collect();
    // Two in one block, then two in another.
    assert_eq!(places, [0, 1, 0, 1, 0]);
    let given = Gateway::GivenBack::decode_log(&logs[3].inner).unwrap();
    assert_eq!(given.publicKey.as_ref(), key(2).as_slice());
    assert_eq!(given.assets, U256::from(31 * ETHER));

    let first = all.clone().to_block(24_000_010);
    assert_eq!(provider.get_logs(&first).await.unwrap().len(), 2);
    let hash = logs[2].block_hash.unwrap();
    let one = Filter::new().at_block_hash(hash);
    assert_eq!(provider.get_logs(&one).await.unwrap().len(), 2);
    let sent = all.event_signature(Gateway::SentBack::SIGNATURE_HASH);
    let sent = provider.get_logs(&sent).await.unwrap();
    let event = Gateway::SentBack::decode_log(&sent[0].inner).unwrap();
    assert_eq!(event.assets, U256::from(31 * ETHER));
}

#[tokio::test]
async fn malformed_requests_are_answered() {
    let served = served().await;
    assert_eq!(ask(&served, "{").await["error"]["code"], -32700);
    assert_eq!(ask(&served, "[]").await["error"]["code"], -32600);
    assert_eq!(ask(&served, "{\"id\":3}").await["error"]["code"], -32600);
    let unknown = call(&served, "eth_sign", json!([])).await;
    assert_eq!(unknown["error"]["code"], -32601);
    let missing = call(&served, "eth_getBalance", json!([])).await;
    assert_eq!(missing["error"]["code"], -32602);
    let named = call(&served, "eth_getBalance", json!({ "a": 1 })).await;
    assert_eq!(named["error"]["code"], -32602);
    let to = CONTRACTS.gateway;
    let reverts = call(
        &served,
        "eth_call",
        json!([{ "to": to, "data": "0x12345678" }]),
    )
    .await;
    assert_eq!(reverts["error"]["code"], 3);
    let nobody = call(&served, "eth_call", json!([{ "to": Address::ZERO }])).await;
    assert_eq!(nobody["result"], "0x");
    let batch = json!([
        { "jsonrpc": "2.0", "id": "a", "method": "eth_blockNumber" },
        { "jsonrpc": "2.0", "id": 7, "method": "net_version", "params": [] },
    ]);
    let batch = ask(&served, &batch.to_string()).await;
    let expected = json!([
        { "jsonrpc": "2.0", "id": "a", "result": "0x16e372c" },
        { "jsonrpc": "2.0", "id": 7, "result": "1337" },
    ]);
    assert_eq!(batch, expected);
}

#[tokio::test]
async fn faults_are_brought_about_from_outside() {
    let mut served = served().await;
    let slashed = call(&served, "clay_slash", json!([key(1)])).await;
    assert_eq!(slashed["result"], true);
    let refused = call(&served, "clay_slash", json!([key(9)])).await;
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.contains("no validator has the key"), "{message}");
    for (method, params) in [
        ("clay_payGateway", json!(["0xde0b6b3a7640000"])),
        (
            "clay_depositElsewhere",
            json!([key(5), STRANGER, "0x3b9aca00"]),
        ),
        ("clay_exit", json!([key(2)])),
        ("clay_ignoreExits", json!([key(2), true])),
        ("clay_ignoreAllExits", json!([false])),
        ("clay_setParticipation", json!([key(2), -5])),
        ("clay_setParticipationOfAll", json!([-10])),
        ("clay_setParticipationOfAll", json!([null])),
        ("clay_spoilSignature", json!([key(6)])),
        ("clay_slashOthers", json!([1])),
        ("clay_missSlots", json!([1])),
        ("clay_stallFinality", json!([true])),
        ("clay_loseNextMessage", json!([])),
        ("clay_failNextTicket", json!([])),
    ] {
        let answer = call(&served, method, params).await;
        assert_eq!(answer["result"], true, "{method}: {answer}");
    }
    let before = served.simulation.with(|it| it.terms_at(300)).unwrap();
    let time = served.simulation.with(|it| it.clock().time(302));
    served.simulation.advance(&mut served.chain, time).unwrap();
    served.simulation.with(|it| {
        let terms = it.terms_at(302).unwrap();
        assert_eq!(terms.left_seen, before.left_seen + ETHER);
        assert_eq!(
            terms.cl_balance_gwei,
            before.cl_balance_gwei - 32 * ETHER_GWEI / 4_096
        );
        let state = it.beacon_state();
        assert!(state.validators[1].slashed && state.validators[2].is_leaving());
        assert_eq!(state.pending_gwei(), ETHER_GWEI);
    });
}
