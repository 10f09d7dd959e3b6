//! `eth_subscribe` over WebSocket.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use alloy::rpc::types::Filter;
use jsonrpsee::core::{to_json_raw_value, SubscriptionError};
use jsonrpsee::server::{IdProvider, PendingSubscriptionSink, SubscriptionSink};
use jsonrpsee::types::{Params, SubscriptionId};
use jsonrpsee::Extensions;
use serde::Serialize;
use tokio::sync::broadcast::{error::RecvError, Receiver};

use crate::error::{invalid_params, RpcResult};
use crate::node::{Event, Node};
use crate::params::Args;
use crate::registry::Registry;
use crate::views;

pub(crate) fn register(registry: &mut Registry) {
    registry
        .module
        .register_subscription(
            "eth_subscribe",
            "eth_subscription",
            "eth_unsubscribe",
            serve,
        )
        .expect("each method is registered once");
}

/// Numbers subscriptions in hexadecimal, as clients expect them.
#[derive(Debug, Default)]
pub(crate) struct HexIds(AtomicU64);

impl IdProvider for HexIds {
    fn next_id(&self) -> SubscriptionId<'static> {
        let id = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        format!("{id:#x}").into()
    }
}

/// What was subscribed to.
enum Subject {
    Heads,
    Logs(Box<Filter>),
    /// By hash, or in full.
    Transactions(bool),
    /// Accepted and never heard of: this chain has nothing to catch up with.
    Syncing,
}

fn subject(params: &Params<'_>) -> RpcResult<Subject> {
    let mut args = Args::new(params, 2)?;
    match args.required::<&str>("subscription name")? {
        "newHeads" => Ok(Subject::Heads),
        "logs" => Ok(Subject::Logs(args.optional("filter")?.unwrap_or_default())),
        "newPendingTransactions" => {
            let full = args.optional("full transactions")?.unwrap_or(false);
            Ok(Subject::Transactions(full))
        }
        "syncing" => Ok(Subject::Syncing),
        name => Err(invalid_params(format!(
            "no \"{name}\" subscription in eth namespace"
        ))),
    }
}

async fn serve(
    params: Params<'static>,
    pending: PendingSubscriptionSink,
    node: Arc<Node>,
    _: Extensions,
) -> Result<(), SubscriptionError> {
    let subject = match subject(&params) {
        Ok(subject) => subject,
        Err(error) => {
            pending.reject(error).await;
            return Ok(());
        }
    };
    // Listening starts before the answer goes out, so that nothing after it is missed.
    let mut events = node.subscribe();
    let Ok(sink) = pending.accept().await else {
        return Ok(());
    };
    loop {
        tokio::select! {
            _ = sink.closed() => return Ok(()),
            event = next(&mut events) => {
                if !report(&node, &subject, &sink, event?).await {
                    return Ok(());
                }
            }
        }
    }
}

async fn next(events: &mut Receiver<Event>) -> Result<Event, SubscriptionError> {
    events.recv().await.map_err(|error| match error {
        RecvError::Closed => "the server stops".into(),
        RecvError::Lagged(n) => format!("{n} events were not fetched in time").into(),
    })
}

/// Sends what the event means to this subscriber; false if it is gone.
async fn report(node: &Node, subject: &Subject, sink: &SubscriptionSink, event: Event) -> bool {
    match (subject, event) {
        (Subject::Heads, Event::Block(news)) => send(sink, &views::header(&news.0)).await,
        (Subject::Logs(filter), Event::Block(news)) => {
            for log in news.1.iter().filter(|log| filter.matches(&log.inner)) {
                if !send(sink, log).await {
                    return false;
                }
            }
            true
        }
        (Subject::Transactions(false), Event::Transaction(hash)) => send(sink, &hash).await,
        (Subject::Transactions(true), Event::Transaction(hash)) => {
            match node.chain(|chain| super::blocks::find_transaction(chain, hash)) {
                Some(transaction) => send(sink, &transaction).await,
                None => true,
            }
        }
        _ => true,
    }
}

async fn send(sink: &SubscriptionSink, news: &impl Serialize) -> bool {
    match to_json_raw_value(news) {
        Ok(json) => sink.send(json).await.is_ok(),
        Err(error) => {
            tracing::error!(target: "clay::rpc", "cannot write a notification: {error}");
            true
        }
    }
}
