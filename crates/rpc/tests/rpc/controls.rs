//! The controls tests are written with: snapshots, time, mining, state, impersonation, L1.

use crate::support::*;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, Bytes, Signature, B256, U256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use clay_rpc::Options;
use serde_json::{json, Value};

async fn balance(served: &Served, account: Address) -> U256 {
    served.provider().get_balance(account).await.unwrap()
}

async fn timestamp(served: &Served) -> u64 {
    let block = served
        .result("eth_getBlockByNumber", json!(["latest", false]))
        .await;
    serde_json::from_value::<U256>(block["timestamp"].clone())
        .unwrap()
        .to()
}

#[tokio::test]
async fn a_snapshot_brings_everything_back() {
    let served = Served::start().await;
    let provider = served.provider();
    let blocks = provider.new_block_filter().await.unwrap();
    let id = served.result("evm_snapshot", json!([])).await;
    let before = balance(&served, BOB).await;
    let transfer = TransactionRequest::default()
        .with_to(BOB)
        .with_value(U256::from(5));
    provider
        .send_transaction(transfer)
        .await
        .unwrap()
        .get_receipt()
        .await
        .unwrap();
    assert_ne!(balance(&served, BOB).await, before);
    assert_eq!(
        provider
            .get_filter_changes::<B256>(blocks)
            .await
            .unwrap()
            .len(),
        1
    );

    assert_eq!(served.result("evm_revert", json!([id])).await, true);
    assert_eq!(balance(&served, BOB).await, before);
    assert_eq!(provider.get_block_number().await.unwrap(), 0);
    assert_eq!(provider.get_transaction_count(ALICE).await.unwrap(), 0);
    served.result("evm_mine", json!([])).await;
    assert_eq!(
        provider
            .get_filter_changes::<B256>(blocks)
            .await
            .unwrap()
            .len(),
        1,
        "mined anew"
    );
    assert_eq!(
        served.result("evm_revert", json!([id])).await,
        false,
        "used up"
    );
}

#[tokio::test]
async fn a_chain_that_others_follow_does_not_go_back() {
    let served = Served::start_with(Options {
        no_way_back: Some("someone follows"),
        ..Default::default()
    })
    .await;
    let id = served.result("evm_snapshot", json!([])).await;
    served.result("evm_mine", json!([])).await;
    for (method, params) in [("evm_revert", json!([id])), ("anvil_reset", json!([]))] {
        let refused = served.error(method, params).await;
        assert_eq!(refused, (-32000, "someone follows".to_owned()), "{method}");
    }
    assert_eq!(served.result("eth_blockNumber", json!([])).await, "0x1");
}

#[tokio::test]
async fn time_moves_as_told() {
    let served = Served::start().await;
    let start = timestamp(&served).await;
    assert_eq!(served.result("evm_increaseTime", json!([3600])).await, 3600);
    assert_eq!(served.result("evm_mine", json!([])).await, "0x0");
    assert_eq!(timestamp(&served).await, start + 3600);
    let next = start + 10_000;
    served
        .result("evm_setNextBlockTimestamp", json!([next]))
        .await;
    served.result("evm_mine", json!([])).await;
    assert_eq!(timestamp(&served).await, next);
    served.result("evm_mine", json!([next + 7])).await;
    assert_eq!(timestamp(&served).await, next + 7);
    let (code, _) = served
        .error("evm_setNextBlockTimestamp", json!([start]))
        .await;
    assert_eq!(code, -32000);
    served.result("hardhat_mine", json!(["0x3", "0x3c"])).await;
    assert_eq!(timestamp(&served).await, next + 7 + 2 * 60);
    assert_eq!(served.result("eth_blockNumber", json!([])).await, "0x6");
}

#[tokio::test]
async fn without_automining_transactions_wait() {
    let served = Served::start().await;
    let provider = served.provider();
    served.result("evm_setAutomine", json!([false])).await;
    assert_eq!(served.result("anvil_getAutomine", json!([])).await, false);
    let transfer = TransactionRequest::default()
        .with_to(BOB)
        .with_value(U256::from(5));
    let pending = provider.send_transaction(transfer).await.unwrap();
    let hash = *pending.tx_hash();
    assert!(provider
        .get_transaction_receipt(hash)
        .await
        .unwrap()
        .is_none());
    let waiting = provider
        .get_transaction_by_hash(hash)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(waiting.block_number, None);
    assert_eq!(provider.get_transaction_count(ALICE).await.unwrap(), 0);
    assert_eq!(
        provider
            .get_transaction_count(ALICE)
            .pending()
            .await
            .unwrap(),
        1
    );
    served.result("anvil_mine", json!([])).await;
    assert!(provider
        .get_transaction_receipt(hash)
        .await
        .unwrap()
        .unwrap()
        .status());
}

#[tokio::test]
async fn state_can_be_set() {
    let served = Served::start().await;
    let account = Address::repeat_byte(0x31);
    served
        .result("anvil_setBalance", json!([account, "0x64"]))
        .await;
    served
        .result("hardhat_setNonce", json!([account, "0x9"]))
        .await;
    served
        .result("anvil_setCode", json!([account, READER_CODE]))
        .await;
    served
        .result("hardhat_setStorageAt", json!([account, "0x2", word(77)]))
        .await;
    assert_eq!(balance(&served, account).await, U256::from(100));
    let count = served
        .result("eth_getTransactionCount", json!([account, "latest"]))
        .await;
    assert_eq!(count, "0x9");
    let read = served
        .result("eth_call", json!([{"to": account, "data": word(2)}]))
        .await;
    assert_eq!(read, json!(word(77)));
}

#[tokio::test]
async fn an_impersonated_account_sends_without_a_key() {
    let served = Served::start().await;
    let whale = Address::repeat_byte(0x99);
    let transfer = json!([{"from": whale, "to": BOB, "value": "0x7"}]);
    let (code, message) = served.error("eth_sendTransaction", transfer.clone()).await;
    assert_eq!(
        (code, message),
        (-32000, format!("unknown account {whale}"))
    );
    served
        .result("anvil_setBalance", json!([whale, "0xde0b6b3a7640000"]))
        .await;
    served
        .result("anvil_impersonateAccount", json!([whale]))
        .await;
    let before = balance(&served, BOB).await;
    let hash = served.result("eth_sendTransaction", transfer.clone()).await;
    let receipt = served
        .result("eth_getTransactionReceipt", json!([hash]))
        .await;
    assert_eq!(
        (&receipt["status"], &receipt["from"]),
        (&json!("0x1"), &json!(whale))
    );
    assert_eq!(balance(&served, BOB).await, before + U256::from(7));
    let transaction = served
        .result("eth_getTransactionByHash", json!([hash]))
        .await;
    assert_eq!(
        (&transaction["from"], &transaction["hash"]),
        (&json!(whale), &hash)
    );
    served
        .result("anvil_stopImpersonatingAccount", json!([whale]))
        .await;
    assert_eq!(
        served
            .error("eth_sendTransaction", transfer.clone())
            .await
            .0,
        -32000
    );
    served
        .result("anvil_autoImpersonateAccount", json!([true]))
        .await;
    served.result("eth_sendTransaction", transfer).await;
}

#[tokio::test]
async fn the_node_signs_for_its_own_accounts() {
    let served = Served::start().await;
    let before = balance(&served, BOB).await;
    let transfer = json!([{"from": ALICE, "to": BOB, "value": "0x7"}]);
    let hash = served.result("eth_sendTransaction", transfer.clone()).await;
    assert_eq!(balance(&served, BOB).await, before + U256::from(7));
    let raw = served
        .result("eth_getRawTransactionByHash", json!([hash]))
        .await;
    assert!(raw.as_str().unwrap().starts_with("0x02"));
    let signed = served.result("eth_signTransaction", transfer).await;
    let sent = served
        .result("eth_sendRawTransaction", json!([signed["raw"]]))
        .await;
    assert_eq!(sent, signed["tx"]["hash"]);

    let signer = |signature: Value, of: &dyn Fn(&Signature) -> Address| {
        let signature: Bytes = serde_json::from_value(signature).unwrap();
        of(&Signature::from_raw(&signature).unwrap())
    };
    let message = Bytes::from_static(b"hello");
    for (method, params) in [
        ("eth_sign", json!([ALICE, message])),
        ("personal_sign", json!([message, ALICE])),
    ] {
        let signature = served.result(method, params).await;
        let by = signer(signature, &|it| {
            it.recover_address_from_msg(&message).unwrap()
        });
        assert_eq!(by, ALICE, "{method}");
    }
    let typed = json!({
        "domain": {"name": "Clay", "chainId": 412346},
        "types": {"EIP712Domain": [{"name": "name", "type": "string"}, {"name": "chainId", "type": "uint256"}],
            "Note": [{"name": "text", "type": "string"}]},
        "primaryType": "Note",
        "message": {"text": "hi"},
    });
    let data: alloy_dyn_abi::TypedData = serde_json::from_value(typed.clone()).unwrap();
    let hash = data.eip712_signing_hash().unwrap();
    for data in [typed.clone(), json!(typed.to_string())] {
        let signature = served
            .result("eth_signTypedData_v4", json!([ALICE, data]))
            .await;
        let by = signer(signature, &|it| {
            it.recover_address_from_prehash(&hash).unwrap()
        });
        assert_eq!(by, ALICE);
    }
    let (code, _) = served.error("eth_sign", json!([REVERTER, message])).await;
    assert_eq!(code, -32000);
}

#[tokio::test]
async fn a_reset_starts_over() {
    let served = Served::start().await;
    served.result("anvil_mine", json!([3])).await;
    served.result("anvil_reset", json!([])).await;
    assert_eq!(served.result("eth_blockNumber", json!([])).await, "0x0");
    let info = served.result("anvil_nodeInfo", json!([])).await;
    assert_eq!(info["environment"]["chainId"], 412_346);
}

#[tokio::test]
async fn messages_come_from_l1_and_tickets_expire() {
    let served = Served::start().await;
    let (l1_sender, receiver) = (Address::repeat_byte(0x11), Address::repeat_byte(0x22));
    let deposit = json!([{"from": l1_sender, "to": receiver, "value": "0x64"}]);
    let delivery = served.result("clay_deposit", deposit).await;
    assert_eq!(balance(&served, receiver).await, U256::from(100));
    let receipt = served
        .result("eth_getTransactionReceipt", json!([delivery["txHash"]]))
        .await;
    assert_eq!(receipt["status"], "0x1");

    let beneficiary = Address::repeat_byte(0x33);
    let retryable = json!([{
        "from": l1_sender, "to": REVERTER, "value": "0x64", "deposit": "0xde0b6b3a7640000",
        "beneficiary": beneficiary, "data": "0x01",
    }]);
    let ticket = served.result("clay_submitRetryable", retryable).await["txHash"].clone();
    let tickets = served.result("clay_tickets", json!([])).await;
    assert_eq!(
        (tickets.as_array().unwrap().len(), &tickets[0]["id"]),
        (1, &ticket)
    );
    let before = timestamp(&served).await;
    served.result("clay_expire", json!([ticket])).await;
    assert!(timestamp(&served).await >= before + 7 * 24 * 3600);
    assert_eq!(served.result("clay_tickets", json!([])).await, json!([]));
    assert_eq!(balance(&served, beneficiary).await, U256::from(100));

    let retryable =
        json!([{"from": l1_sender, "to": STORE, "deposit": "0x0", "data": words(1, 8)}]);
    let ticket = served.result("clay_submitRetryable", retryable).await["txHash"].clone();
    served.result("clay_redeem", json!([ticket])).await;
    assert_eq!(served.result("clay_tickets", json!([])).await, json!([]));
    let slot = json!([STORE, "0x1", "latest"]);
    assert_eq!(
        served.result("eth_getStorageAt", slot).await,
        json!(word(8))
    );
    assert_eq!(
        served.error("clay_redeem", json!([ticket])).await.0,
        3,
        "redeemed before"
    );

    // A message to L1: ArbSys.sendTxToL1(address,bytes) with 5 wei.
    let send = TransactionRequest::default()
        .with_to(
            "0x0000000000000000000000000000000000000064"
                .parse()
                .unwrap(),
        )
        .with_value(U256::from(5))
        .with_input(
            [
                &[0x92, 0x8c, 0x16, 0x9a][..],
                &BOB.into_word()[..],
                &words(64, 0)[..],
            ]
            .concat(),
        );
    let provider = served.provider();
    assert!(provider
        .send_transaction(send)
        .await
        .unwrap()
        .get_receipt()
        .await
        .unwrap()
        .status());
    let messages = served.result("clay_messagesToL1", json!([])).await;
    assert_eq!(
        (&messages[0]["to"], &messages[0]["value"]),
        (&json!(BOB), &json!("0x5"))
    );
}

#[tokio::test]
async fn the_startup_rule_can_be_chosen() {
    let served = Served::start().await;
    assert_eq!(served.result("clay_startupRule", json!([])).await, "bid");
    served
        .result("clay_setStartupRule", json!(["all-cached"]))
        .await;
    assert_eq!(
        served.result("clay_startupRule", json!([])).await,
        "all-cached"
    );
    assert_eq!(
        served
            .error("clay_setStartupRule", json!(["never"]))
            .await
            .0,
        -32602
    );
}

/// A program that stores its calldata's length in slot 0 and reverts if there is none.
const PROGRAM: &str = r#"(module
    (import "vm_hooks" "pay_for_memory_grow" (func $pay_for_memory_grow (param i32)))
    (import "vm_hooks" "storage_cache_bytes32" (func $store (param i32 i32)))
    (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
    (memory (export "memory") 1)
    (func (export "user_entrypoint") (param $length i32) (result i32)
        (i32.store8 (i32.const 63) (local.get $length))
        (call $store (i32.const 0) (i32.const 32))
        (call $flush (i32.const 0))
        (i32.eqz (local.get $length))))"#;

#[tokio::test]
async fn a_program_is_traced_with_its_ink() {
    let served = Served::start().await;
    let wasm = wat::parse_str(PROGRAM).unwrap();
    let program = served.chain().deploy_program(ALICE, &wasm).unwrap();
    let call = json!([{"from": ALICE, "to": program, "data": "0x010203"}]);
    let hash = served.result("eth_sendTransaction", call).await;
    let slot = json!([program, "0x0", "latest"]);
    assert_eq!(
        served.result("eth_getStorageAt", slot).await,
        json!(word(3))
    );
    let trace = served.result("clay_traceTransaction", json!([hash])).await;
    assert_eq!(
        (&trace["kind"], &trace["to"]),
        (&json!("CALL"), &json!(program))
    );
    let spent = &trace["stylus"];
    assert_eq!(
        (
            &spent["cached"],
            &spent["hostio"]["storage_flush_cache"]["n"]
        ),
        (&json!(false), &json!(1))
    );
    let (ink, startup) = (
        spent["inkUsed"].as_u64().unwrap(),
        spent["startupGas"].as_u64().unwrap(),
    );
    assert!(
        ink > 22_100 * 10_000,
        "a fresh slot costs more gas than {ink} ink"
    );
    assert!(
        startup > 8_832,
        "an uncached start costs more than {startup}"
    );

    let failing = json!([{"from": ALICE, "to": program}]);
    let (code, _) = served.error("eth_call", failing.clone()).await;
    assert_eq!(code, 3);
    let trace = served.result("clay_traceCall", failing).await;
    assert_eq!(trace["error"], "execution reverted");
    let text = served.result("clay_renderTransaction", json!([hash])).await;
    assert!(
        text.as_str()
            .unwrap()
            .contains("dearest host function: storage_flush_cache"),
        "{text}"
    );
}

#[tokio::test]
async fn a_stopped_server_frees_its_port() {
    let served = Served::start_with(Options::default()).await;
    let addr = served.server.local_addr();
    served.server.clone().stop().await;
    std::net::TcpListener::bind(addr).unwrap();
}
