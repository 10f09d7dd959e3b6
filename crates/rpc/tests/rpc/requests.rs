//! What a library does with a node, with alloy's provider over HTTP.

use std::future::IntoFuture;

use crate::support::*;
use alloy::consensus::Transaction;
use alloy::eips::BlockNumberOrTag;
use alloy::network::TransactionBuilder;
use alloy::primitives::{keccak256, Address, Bytes, B256, U256};
use alloy::providers::Provider;
use alloy::rpc::types::state::{AccountOverride, StateOverridesBuilder};
use alloy::rpc::types::{Filter, TransactionRequest};
use alloy::sol;
use alloy::sol_types::{Revert, SolError};
use serde_json::{json, Value};

sol! {
    #[derive(Debug, PartialEq)]
    error FlashExitAboveLimit(uint256 asked, uint256 allowed);
}

fn call(to: Address, input: impl Into<Bytes>) -> TransactionRequest {
    TransactionRequest::default()
        .with_to(to)
        .with_input(input.into())
}

#[tokio::test]
async fn a_wallet_learns_what_chain_it_is_on() {
    let served = Served::start().await;
    let provider = served.provider();
    assert_eq!(provider.get_chain_id().await.unwrap(), 412_346);
    assert_eq!(provider.get_net_version().await.unwrap(), 412_346);
    assert!(provider
        .get_client_version()
        .await
        .unwrap()
        .starts_with("clay/v"));
    assert_eq!(
        provider.get_sha3(b"clay").await.unwrap(),
        keccak256(b"clay")
    );
    assert_eq!(provider.get_gas_price().await.unwrap(), 100_000_000);
    assert_eq!(provider.get_max_priority_fee_per_gas().await.unwrap(), 0);
    assert_eq!(provider.get_accounts().await.unwrap().len(), 11);
    assert!(provider.get_accounts().await.unwrap().contains(&ALICE));
    for (method, expected) in [
        ("net_listening", json!(true)),
        ("net_peerCount", json!("0x0")),
        ("eth_syncing", json!(false)),
        ("eth_mining", json!(false)),
        ("eth_hashrate", json!("0x0")),
    ] {
        assert_eq!(served.result(method, json!([])).await, expected, "{method}");
    }
}

#[tokio::test]
async fn a_transfer_is_mined_and_every_view_of_it_agrees() {
    let served = Served::start().await;
    let provider = served.provider();
    let before = provider.get_balance(BOB).await.unwrap();
    let transfer = TransactionRequest::default()
        .with_to(BOB)
        .with_value(U256::from(12));
    let pending = provider.send_transaction(transfer).await.unwrap();
    let receipt = pending.get_receipt().await.unwrap();
    assert!(receipt.status());
    assert_eq!(
        (receipt.from, receipt.to, receipt.gas_used),
        (ALICE, Some(BOB), 21_000)
    );
    assert_eq!(
        provider.get_balance(BOB).await.unwrap(),
        before + U256::from(12)
    );
    assert_eq!(provider.get_transaction_count(ALICE).await.unwrap(), 1);

    let hash = receipt.transaction_hash;
    let number = receipt.block_number.unwrap();
    assert_eq!(provider.get_block_number().await.unwrap(), number);
    let transaction = provider
        .get_transaction_by_hash(hash)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (transaction.inner.signer(), transaction.value()),
        (ALICE, U256::from(12))
    );
    assert_eq!(transaction.block_number, Some(number));
    let block = provider
        .get_block_by_number(number.into())
        .full()
        .await
        .unwrap()
        .unwrap();
    assert_eq!(block.header.hash, receipt.block_hash.unwrap());
    assert_eq!(block.header.hash, block.header.inner.hash_slow());
    assert_eq!(
        block.transactions.as_transactions().unwrap()[0],
        transaction
    );
    let by_hash = provider
        .get_block_by_hash(block.header.hash)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(by_hash.transactions.as_hashes().unwrap(), [hash]);
    let receipts = provider
        .get_block_receipts(number.into())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(receipts, [receipt]);

    let number = json!(format!("{number:#x}"));
    let hash = json!(block.header.hash);
    for (method, params) in [
        (
            "eth_getTransactionByBlockNumberAndIndex",
            json!([number, "0x0"]),
        ),
        (
            "eth_getTransactionByBlockHashAndIndex",
            json!([hash, "0x0"]),
        ),
    ] {
        let same = served.result(method, params).await;
        assert_eq!(same["hash"], json!(transaction.inner.tx_hash()), "{method}");
    }
    for method in [
        "eth_getBlockTransactionCountByNumber",
        "eth_getUncleCountByBlockNumber",
    ] {
        let expected = if method.contains("Uncle") {
            "0x0"
        } else {
            "0x1"
        };
        assert_eq!(served.result(method, json!([number])).await, expected);
    }
    assert_eq!(
        served
            .result("eth_getBlockTransactionCountByHash", json!([hash]))
            .await,
        "0x1"
    );
    let json = served
        .result("eth_getBlockByNumber", json!([number, false]))
        .await;
    assert!(json["l1BlockNumber"].is_string(), "{json}");
    let receipt = served
        .result(
            "eth_getTransactionReceipt",
            json!([transaction.inner.tx_hash()]),
        )
        .await;
    assert_eq!(receipt["gasUsedForL1"], "0x0");
}

#[tokio::test]
async fn what_does_not_exist_is_null() {
    let served = Served::start().await;
    let hash = json!(B256::repeat_byte(9));
    for (method, params) in [
        ("eth_getBlockByNumber", json!(["0x99", false])),
        ("eth_getBlockByHash", json!([hash, false])),
        ("eth_getBlockTransactionCountByHash", json!([hash])),
        ("eth_getTransactionByHash", json!([hash])),
        (
            "eth_getTransactionByBlockNumberAndIndex",
            json!(["latest", "0x5"]),
        ),
        ("eth_getTransactionReceipt", json!([hash])),
        ("eth_getBlockReceipts", json!(["0x99"])),
    ] {
        assert_eq!(served.result(method, params).await, Value::Null, "{method}");
    }
    let (code, message) = served.error("eth_getBalance", json!([ALICE, "0x99"])).await;
    assert_eq!(code, -32000);
    assert!(message.contains("header not found"), "{message}");
}

#[tokio::test]
async fn state_is_served_at_any_block() {
    let served = Served::start().await;
    let provider = served.provider();
    for value in [5, 6] {
        let pending = provider
            .send_transaction(call(STORE, words(1, value)))
            .await
            .unwrap();
        assert!(pending.get_receipt().await.unwrap().status());
    }
    let head = provider.get_block_number().await.unwrap();
    let slot = U256::from(1);
    let at = |number: u64| {
        provider
            .get_storage_at(STORE, slot)
            .number(number)
            .into_future()
    };
    assert_eq!(at(head).await.unwrap(), U256::from(6));
    assert_eq!(at(head - 1).await.unwrap(), U256::from(5));
    assert_eq!(at(head - 2).await.unwrap(), U256::ZERO);
    assert_eq!(provider.get_code_at(READER).await.unwrap(), READER_CODE);
    assert_eq!(
        provider
            .get_transaction_count(ALICE)
            .number(head - 1)
            .await
            .unwrap(),
        1
    );
    let earlier = provider.get_balance(ALICE).number(head - 1).await.unwrap();
    assert!(earlier > provider.get_balance(ALICE).await.unwrap());
    for tag in ["latest", "pending", "safe", "finalized", "earliest"] {
        assert!(served
            .result("eth_getBlockByNumber", json!([tag, true]))
            .await
            .is_object());
    }
}

#[tokio::test]
async fn a_typed_error_reaches_the_caller() {
    let served = Served::start().await;
    let provider = served.provider();
    let error = FlashExitAboveLimit {
        asked: U256::from(7),
        allowed: U256::from(3),
    };
    let request = call(REVERTER, error.abi_encode()).with_from(ALICE);
    for failed in [
        provider
            .call(request.clone())
            .await
            .map(|_| ())
            .unwrap_err(),
        provider
            .estimate_gas(request.clone())
            .await
            .map(|_| ())
            .unwrap_err(),
        // Sending estimates first.
        provider
            .send_transaction(request)
            .await
            .map(|_| ())
            .unwrap_err(),
    ] {
        let payload = failed.as_error_resp().unwrap();
        assert_eq!(
            (payload.code, payload.message.as_ref()),
            (3, "execution reverted")
        );
        assert_eq!(
            payload.as_decoded_error::<FlashExitAboveLimit>().unwrap(),
            error
        );
    }
    let words = call(REVERTER, Revert::from("paused").abi_encode());
    let failed = provider.call(words).await.unwrap_err();
    assert_eq!(
        failed.as_error_resp().unwrap().message,
        "execution reverted: paused"
    );
}

#[tokio::test]
async fn a_transaction_that_reverts_is_mined() {
    let served = Served::start().await;
    let provider = served.provider();
    let request = call(REVERTER, vec![1]).with_gas_limit(100_000);
    let receipt = provider
        .send_transaction(request)
        .await
        .unwrap()
        .get_receipt()
        .await
        .unwrap();
    assert!(!receipt.status());
    assert!(receipt.gas_used > 21_000 && receipt.gas_used < 100_000);
    assert_eq!(provider.get_transaction_count(ALICE).await.unwrap(), 1);
}

#[tokio::test]
async fn refused_transactions_are_refused_in_geths_words() {
    let served = Served::start().await;
    let provider = served.provider();
    let transfer = || {
        TransactionRequest::default()
            .with_to(BOB)
            .with_value(U256::from(1))
            .with_gas_limit(21_000)
    };
    provider
        .send_transaction(transfer())
        .await
        .unwrap()
        .get_receipt()
        .await
        .unwrap();
    for (request, expected) in [
        (
            transfer().with_value(U256::from(2)).with_nonce(0),
            "nonce too low",
        ),
        (
            transfer().with_value(U256::MAX >> 2),
            "insufficient funds for gas * price + value",
        ),
        (transfer().with_gas_limit(20_999), "intrinsic gas too low"),
        (
            transfer()
                .with_max_fee_per_gas(1)
                .with_max_priority_fee_per_gas(0),
            "max fee per gas less than block base fee",
        ),
    ] {
        let failed = provider
            .send_transaction(request)
            .await
            .map(|_| ())
            .unwrap_err();
        let payload = failed.as_error_resp().unwrap_or_else(|| panic!("{failed}"));
        assert_eq!(payload.code, -32000, "{payload}");
        assert!(payload.message.contains(expected), "{payload}");
    }
    let (code, _) = served
        .error("eth_sendRawTransaction", json!(["0x1234"]))
        .await;
    assert_eq!(code, -32000);
}

#[tokio::test]
async fn calls_can_pretend_another_state() {
    let served = Served::start().await;
    let provider = served.provider();
    let stranger = Address::repeat_byte(0x77);
    let pretended = AccountOverride::default()
        .with_code(READER_CODE)
        .with_state_diff([(word(1), word(99))]);
    let overrides = StateOverridesBuilder::default()
        .append(stranger, pretended)
        .build();
    let read = call(stranger, word(1).to_vec());
    let output = provider
        .call(read.clone())
        .overrides(overrides.clone())
        .await
        .unwrap();
    assert_eq!(output, Bytes::from(word(99).to_vec()));
    assert_eq!(provider.call(read.clone()).await.unwrap(), Bytes::new());
    let gas = provider
        .estimate_gas(read)
        .overrides(overrides)
        .await
        .unwrap();
    assert!(gas > 23_000, "the pretended code costs gas: {gas}");

    // NUMBER and TIMESTAMP of pretended blocks: MSTORE at 0 and 32, RETURN 64 bytes.
    let clock = Address::repeat_byte(0x78);
    served.chain().set_code(
        clock,
        "0x43600052426020526040 6000f3"
            .replace(' ', "")
            .parse()
            .unwrap(),
    );
    let params = json!([{"to": clock}, "latest", {}, {"number": "0x1234", "time": "0x99999999"}]);
    let output = served.result("eth_call", params).await;
    assert_eq!(output, json!(words(0x1234, 0x9999_9999)));
}

#[tokio::test]
async fn an_access_list_names_the_slot_read() {
    let served = Served::start().await;
    let read = call(READER, word(3).to_vec()).with_from(ALICE);
    let list = served.provider().create_access_list(&read).await.unwrap();
    let items = list.access_list.0;
    let reader = items.iter().find(|item| item.address == READER).unwrap();
    assert_eq!(reader.storage_keys, [word(3)]);
    assert!(list.gas_used > U256::from(21_000));
}

#[tokio::test]
async fn logs_are_found_by_address_topics_and_range() {
    let served = Served::start().await;
    let provider = served.provider();
    for (topic, data) in [(1, 10), (2, 20), (1, 30)] {
        let pending = provider
            .send_transaction(call(LOGGER, words(topic, data)))
            .await
            .unwrap();
        let receipt = pending.get_receipt().await.unwrap();
        assert_eq!(receipt.logs()[0].topics(), [word(topic)]);
    }
    let found = |filter: Filter| {
        let provider = provider.clone();
        async move {
            let logs = provider.get_logs(&filter).await.unwrap();
            logs.iter()
                .map(|log| U256::from_be_slice(&log.data().data).to())
                .collect::<Vec<u64>>()
        }
    };
    let all = Filter::new().from_block(0);
    assert_eq!(found(all.clone()).await, [10, 20, 30]);
    assert_eq!(
        found(all.clone().address(LOGGER).event_signature(word(1))).await,
        [10, 30]
    );
    let either = vec![word(2), word(9)];
    assert_eq!(found(all.clone().event_signature(either)).await, [20]);
    assert_eq!(
        found(all.clone().address(vec![STORE, READER])).await,
        [0; 0]
    );
    let head = provider.get_block_number().await.unwrap();
    assert_eq!(found(Filter::new().select(head - 1..=head)).await, [20, 30]);
    let block = provider
        .get_block_by_number(BlockNumberOrTag::Latest)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        found(Filter::new().at_block_hash(block.header.hash)).await,
        [30]
    );
    let unknown = json!([{"blockHash": B256::repeat_byte(3)}]);
    assert_eq!(
        served.error("eth_getLogs", unknown).await.1,
        "unknown block"
    );
}

#[tokio::test]
async fn filters_report_each_thing_once() {
    let served = Served::start().await;
    let provider = served.provider();
    let logs = provider
        .new_filter(&Filter::new().from_block(0).event_signature(word(1)))
        .await
        .unwrap();
    let blocks = provider.new_block_filter().await.unwrap();
    let pending = provider
        .new_pending_transactions_filter(false)
        .await
        .unwrap();
    let mut hashes = Vec::new();
    for topic in [1, 2] {
        let sent = provider
            .send_transaction(call(LOGGER, words(topic, 5)))
            .await
            .unwrap();
        hashes.push(sent.get_receipt().await.unwrap().transaction_hash);
    }
    let new_logs = provider
        .get_filter_changes::<alloy::rpc::types::Log>(logs)
        .await
        .unwrap();
    assert_eq!(new_logs.len(), 1);
    assert_eq!(new_logs[0].transaction_hash, Some(hashes[0]));
    let head = provider
        .get_block_by_number(BlockNumberOrTag::Latest)
        .await
        .unwrap()
        .unwrap();
    let new_blocks = provider.get_filter_changes::<B256>(blocks).await.unwrap();
    assert_eq!((new_blocks.len(), new_blocks[1]), (2, head.header.hash));
    assert_eq!(
        provider.get_filter_changes::<B256>(pending).await.unwrap(),
        hashes
    );
    for id in [logs, blocks, pending] {
        assert!(provider
            .get_filter_changes_dyn(id)
            .await
            .unwrap()
            .is_empty());
    }
    let all = served.result("eth_getFilterLogs", json!([logs])).await;
    assert_eq!(all.as_array().unwrap().len(), 1);
    assert!(provider.uninstall_filter(logs).await.unwrap());
    assert!(!provider.uninstall_filter(logs).await.unwrap());
    assert_eq!(
        served.error("eth_getFilterChanges", json!([logs])).await.1,
        "filter not found"
    );
}

#[tokio::test]
async fn the_fee_history_is_flat() {
    let served = Served::start().await;
    let provider = served.provider();
    served.result("anvil_mine", json!(["0x5"])).await;
    let history = provider
        .get_fee_history(3, BlockNumberOrTag::Latest, &[50.0])
        .await
        .unwrap();
    assert_eq!(history.base_fee_per_gas, [100_000_000; 4]);
    assert_eq!(history.oldest_block, 3);
    assert_eq!(history.gas_used_ratio, [0.0; 3]);
    assert_eq!(history.reward.unwrap(), vec![vec![0]; 3]);
    let fees = provider.estimate_eip1559_fees().await.unwrap();
    assert!(fees.max_fee_per_gas >= 100_000_000);
}

#[tokio::test]
async fn traces_show_every_frame_with_its_gas() {
    let served = Served::start().await;
    let provider = served.provider();
    let reason = Revert::from("paused").abi_encode();
    let pending = provider
        .send_transaction(call(CALLER, reason.clone()))
        .await
        .unwrap();
    let receipt = pending.get_receipt().await.unwrap();
    assert!(receipt.status());
    let hash = json!(receipt.transaction_hash);
    let frame = served
        .result(
            "debug_traceTransaction",
            json!([hash, {"tracer": "callTracer"}]),
        )
        .await;
    assert_eq!(
        (&frame["type"], &frame["from"]),
        (&json!("CALL"), &json!(ALICE))
    );
    assert_eq!(frame["gasUsed"], json!(format!("{:#x}", receipt.gas_used)));
    let inner = &frame["calls"][0];
    assert_eq!(
        (&inner["from"], &inner["to"]),
        (&json!(CALLER), &json!(REVERTER))
    );
    assert_eq!(inner["error"], "execution reverted");
    assert_eq!(inner["revertReason"], "paused");
    assert!(inner["gasUsed"].as_str().unwrap() > "0x0");

    let params =
        json!([{"to": CALLER, "input": Bytes::from(reason)}, "latest", {"tracer": "callTracer"}]);
    assert_eq!(
        served.result("debug_traceCall", params).await["calls"][0]["revertReason"],
        "paused"
    );
    let top = json!([hash, {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": true}}]);
    assert!(served
        .result("debug_traceTransaction", top)
        .await
        .get("calls")
        .is_none());
    let other = json!([hash, {"tracer": "prestateTracer"}]);
    assert_eq!(
        served.error("debug_traceTransaction", other).await.0,
        -32602
    );
    let text = served.result("clay_renderTransaction", json!([hash])).await;
    assert!(
        text.as_str()
            .unwrap()
            .contains("└─ execution reverted: paused"),
        "{text}"
    );
}
