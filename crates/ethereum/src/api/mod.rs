//! What a reporter reads: the standard Beacon API under `/eth/`, JSON-RPC of L1 at `/`, and what is known of nodes'
//! performance: all of it at `/networks/performance`, and under `/networks/ssv` and `/networks/charon` what the SSV
//! network's exporter and a Prometheus with Charon's metrics would tell.

mod beacon;
mod error;
mod ids;
mod networks;
mod performance;
mod rpc;
mod rpc_params;
mod validators;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{
    routing::{get, post},
    Router,
};

use crate::Ethereum;

/// State shared by all requests.
pub(crate) type Shared = Arc<Mutex<Ethereum>>;

/// A request that panicked leaves the simulation usable: it only reads.
pub(crate) fn lock(ethereum: &Shared) -> MutexGuard<'_, Ethereum> {
    ethereum.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All endpoints.
pub(crate) fn router(ethereum: Shared) -> Router {
    let states = "/eth/v1/beacon/states/{state_id}";
    let under_states = |path: &str| format!("{states}/{path}");
    Router::new()
        .route("/", post(rpc::serve))
        .route("/eth/v1/node/health", get(|| async {}))
        .route("/eth/v1/node/version", get(beacon::version))
        .route("/eth/v1/node/syncing", get(beacon::syncing))
        .route("/eth/v1/config/spec", get(beacon::spec))
        .route("/eth/v1/beacon/genesis", get(beacon::genesis))
        .route("/eth/v1/beacon/headers/{block_id}", get(beacon::header))
        .route("/eth/v2/beacon/blocks/{block_id}", get(beacon::block))
        .route(
            &under_states("finality_checkpoints"),
            get(beacon::finality_checkpoints),
        )
        .route(
            &under_states("pending_deposits"),
            get(validators::pending_deposits),
        )
        .route(
            &under_states("validators"),
            get(validators::list).post(validators::list_posted),
        )
        .route(
            &under_states("validators/{validator_id}"),
            get(validators::one),
        )
        .route(
            &under_states("validator_balances"),
            get(validators::balances).post(validators::balances_posted),
        )
        .route(
            "/eth/v1/beacon/rewards/attestations/{epoch}",
            post(networks::attestation_rewards),
        )
        .route("/networks/performance", get(performance::performance))
        .route(
            "/networks/ssv/v1/exporter/decideds",
            get(networks::decideds),
        )
        .route(
            "/networks/charon/api/v1/query_range",
            get(networks::query_range),
        )
        .fallback(error::not_found)
        .with_state(ethereum)
}
