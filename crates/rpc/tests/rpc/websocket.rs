//! Subscriptions over WebSocket, with alloy's provider.

use std::time::Duration;

use crate::support::*;
use alloy::network::TransactionBuilder;
use alloy::primitives::{B256, U256};
use alloy::providers::Provider;
use alloy::pubsub::Subscription;
use alloy::rpc::types::{Filter, TransactionRequest};
use serde::de::DeserializeOwned;
use serde_json::json;

async fn next<T: DeserializeOwned>(subscription: &mut Subscription<T>) -> T {
    let wait = tokio::time::timeout(Duration::from_secs(10), subscription.recv());
    wait.await.expect("a notification in time").unwrap()
}

#[tokio::test]
async fn heads_logs_and_transactions_are_announced() {
    let served = Served::start().await;
    let provider = served.ws_provider().await;
    let mut heads = provider.subscribe_blocks().await.unwrap();
    let mut logs = provider
        .subscribe_logs(&Filter::new().event_signature(word(2)))
        .await
        .unwrap();
    let mut transactions = provider.subscribe_pending_transactions().await.unwrap();
    let mut full = provider
        .subscribe_full_pending_transactions()
        .await
        .unwrap();
    let mut hashes = Vec::new();
    for topic in [1, 2] {
        let request = TransactionRequest::default()
            .with_to(LOGGER)
            .with_input(words(topic, 7));
        let pending = provider.send_transaction(request).await.unwrap();
        hashes.push(pending.get_receipt().await.unwrap().transaction_hash);
    }
    for (i, hash) in hashes.iter().enumerate() {
        assert_eq!(next(&mut heads).await.number, i as u64 + 1);
        assert_eq!(next(&mut transactions).await, *hash);
        assert_eq!(next(&mut full).await.inner.tx_hash(), hash);
    }
    let log = next(&mut logs).await;
    assert_eq!(
        (log.topics(), log.transaction_hash),
        (&[word(2)][..], Some(hashes[1]))
    );
    assert!(logs.try_recv().is_err(), "the other log has another topic");
}

#[tokio::test]
async fn nothing_comes_after_unsubscribing() {
    let served = Served::start().await;
    let provider = served.ws_provider().await;
    let mut kept = provider.subscribe_blocks().await.unwrap();
    let id: B256 = *kept.local_id();
    served.result("evm_mine", json!([])).await;
    assert_eq!(next(&mut kept).await.number, 1);
    provider.unsubscribe(id).await.unwrap();
    served.result("evm_mine", json!([])).await;
    let later = tokio::time::timeout(Duration::from_millis(300), kept.recv()).await;
    assert!(
        !matches!(later, Ok(Ok(_))),
        "heard of a block after unsubscribing"
    );
}

#[tokio::test]
async fn ordinary_requests_work_over_websocket_too() {
    let served = Served::start().await;
    let provider = served.ws_provider().await;
    let transfer = TransactionRequest::default()
        .with_to(BOB)
        .with_value(U256::from(1));
    let receipt = provider
        .send_transaction(transfer)
        .await
        .unwrap()
        .get_receipt()
        .await
        .unwrap();
    assert!(receipt.status());
    assert_eq!(provider.get_block_number().await.unwrap(), 1);
}

#[tokio::test]
async fn a_subscription_nobody_offers_is_refused() {
    let served = Served::start().await;
    let provider = served.ws_provider().await;
    let refused = provider
        .subscribe::<_, B256>(("newUncles",))
        .await
        .unwrap_err();
    let payload = refused.as_error_resp().unwrap();
    assert_eq!(payload.code, -32602);
    assert!(payload.message.contains("newUncles"));
}

#[tokio::test]
async fn blocks_come_by_the_clock() {
    let served = Served::start().await;
    let provider = served.ws_provider().await;
    let mut heads = provider.subscribe_blocks().await.unwrap();
    served.result("evm_setIntervalMining", json!([1])).await;
    assert_eq!(next(&mut heads).await.number, 1);
    assert_eq!(next(&mut heads).await.number, 2);
    served.result("evm_setIntervalMining", json!([0])).await;
    let number = provider.get_block_number().await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(provider.get_block_number().await.unwrap(), number);
}
