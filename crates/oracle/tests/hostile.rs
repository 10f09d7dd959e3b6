//! Servers that answer with too much, or with orders for a terminal: nodes and boards are not trusted so far.

use std::convert::Infallible;

use alloy::primitives::{Address, Bytes, B256, U256};
use axum::{body::Body, http::StatusCode, Router};
use clay_oracle::{
    beacon::BeaconNode,
    execution::ExecutionNode,
    message::{Proposal, SignedProposal},
    report::Report,
    Exchange, OracleError,
};
use futures_util::{stream, StreamExt};

/// Most characters of a message about a refusal.
const SHORT: usize = 600;

/// Answers everything with a status, terminal sequences, and 100 MB after them.
async fn hostile(status: StatusCode) -> String {
    let answer = move || async move {
        let words = b"\x1b[2J\rclay: everything is fine\n".to_vec();
        let crowd = stream::repeat(vec![b'A'; 1 << 20]).take(100);
        let body = stream::iter([words]).chain(crowd);
        let body = Body::from_stream(body.map(Ok::<_, Infallible>));
        (status, body)
    };
    let router = Router::new().fallback(answer);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[track_caller]
fn check(error: OracleError) {
    let words = error.to_string();
    assert!(words.len() < SHORT, "{} characters", words.len());
    let orders = |it: char| it.is_control() && it != '\n';
    assert!(!words.contains(orders), "{words:?}");
    assert!(!words.contains("\nclay"), "{words:?}");
}

fn any_signature() -> SignedProposal {
    SignedProposal {
        proposal: Proposal {
            chain_id: 1,
            committee: Address::ZERO,
            stake_manager: Address::ZERO,
            nonce: U256::ZERO,
            deadline: 0,
            report: Report {
                slot_time: 0,
                cl_balance_gwei: 0,
                deposits_seen_gwei: 0,
                left_seen: 0,
                expected_loss: 0,
                recovered: 0,
                epoch: 0,
            },
        },
        signer: Address::ZERO,
        signature: Bytes::new(),
    }
}

#[tokio::test]
async fn answers_without_end_are_not_read_and_words_are_shown_escaped() {
    for status in [StatusCode::OK, StatusCode::BAD_REQUEST] {
        let url = hostile(status).await;
        let exchange = Exchange::new(&url).unwrap();
        check(exchange.fetch(5, B256::ZERO, &[]).await.unwrap_err());
        check(BeaconNode::new(&url).unwrap().rules().await.unwrap_err());
        let l1 = ExecutionNode::new(&url).unwrap();
        check(l1.chain_id().await.unwrap_err());
        if status != StatusCode::OK {
            check(exchange.publish(&any_signature()).await.unwrap_err());
        }
    }
}
