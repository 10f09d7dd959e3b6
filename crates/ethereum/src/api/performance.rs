//! What nodes and validators did in a range of epochs.

use axum::{
    extract::{Query, State},
    Json,
};
use serde::Deserialize;
use serde_json::{json, Value};

use super::{error::ApiError, lock, Shared};
use crate::{clock::start_of, performance::PerformanceError};

/// The epochs asked for, both included.
#[derive(Deserialize)]
pub(super) struct Epochs {
    from: u64,
    to: u64,
}

/// Numbers are decimal texts, as in the Beacon API; a node whose operator is unknown has null there.
pub(super) async fn performance(
    State(shared): State<Shared>,
    query: Result<Query<Epochs>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    let Query(Epochs { from, to }) =
        query.map_err(|error| ApiError::bad_request(error.body_text()))?;
    let ethereum = lock(&shared);
    let done = ethereum
        .performance(from..=to)
        .map_err(|error| match error {
            PerformanceError::NoEpochs { .. } => ApiError::bad_request(error.to_string()),
            PerformanceError::NotOver { .. } => ApiError::not_found(error.to_string()),
        })?;
    let nodes = done.nodes.iter().map(|it| {
        json!({
            "node": it.node.to_string(),
            "operator": it.operator.map(|operator| operator.to_string()),
            "duties": it.duties.to_string(),
            "done": it.done.to_string(),
        })
    });
    let validators = done.validators.iter().map(|it| {
        json!({
            "pubkey": it.public_key,
            "cluster": it.cluster.to_string(),
            "due": it.due.to_string(),
            "made": it.made.to_string(),
        })
    });
    let data = json!({
        "from": from.to_string(),
        "to": to.to_string(),
        "nodes": nodes.collect::<Value>(),
        "validators": validators.collect::<Value>(),
    });
    // An epoch's duties are over where the next begins.
    Ok(ethereum.answer(start_of(to + 1), data))
}
