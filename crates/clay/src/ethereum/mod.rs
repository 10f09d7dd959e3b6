//! The Ethereum side that a node plays beside its chain, and how a story is told with it.
//!
//! Which contracts it plays with stands in the deployment file, so it begins when a pool is deployed. It serves the
//! Beacon API and L1's JSON-RPC to reporters; what goes on top, under `/clay/`, is only for demonstrations: time that
//! passes, and what is brought about in it (`play.rs`).

mod play;

pub use play::{Performer, Play};

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use alloy::{
    eips::BlockId,
    primitives::{Address, U256},
};
use axum::{
    extract::State,
    http::StatusCode,
    routing::{get, post},
    Json, Router,
};
use clay_chain::Chain;
use clay_ethereum::{epoch_of, Config, Contracts, Fate, Simulation};
use serde::{de::DeserializeOwned, Deserialize, Serialize};

use crate::{deploy::record::Deployment, failure::Failure};

/// How often the deployment file is looked for, and the chain's clock is looked at.
const EVERY: Duration = Duration::from_millis(500);

/// The longest time that passes in one request, seconds: 60 days.
const LONGEST: u64 = 60 * 86_400;

/// What is asked for and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen.
    pub address: SocketAddr,
    /// The deployment file to wait for.
    pub file: PathBuf,
    /// The pool's name in it.
    pub pool: &'static str,
    /// Delays and chances; slot 0 is when it begins.
    pub config: Config,
}

/// How things stand on Ethereum.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The slot.
    pub slot: u64,
    /// Its time, seconds since the epoch.
    pub time: u64,
    /// The epoch that is finalised.
    pub finalized_epoch: u64,
    /// Messages from L2 that wait to be executed.
    pub waiting: u64,
    /// Wei in the gateway.
    pub gateway: U256,
    /// Wei the gateway has sent back so far.
    pub sent_back: U256,
    /// The pool's validators.
    pub validators: Vec<ValidatorStatus>,
    /// What an honest report of this slot says.
    pub terms: Terms,
}

/// A validator.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ValidatorStatus {
    /// Its public key.
    pub public_key: String,
    /// Its status, as the Beacon API names it.
    pub status: String,
    /// Its balance, in gwei.
    pub balance: u64,
}

/// The terms of a report that come from Ethereum.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Terms {
    /// Gwei.
    pub cl_balance_gwei: u64,
    /// Wei.
    pub deposits_seen: U256,
    /// Wei.
    pub left_seen: U256,
    /// Wei of `deposits_seen` that are lost: of messages that never arrive.
    pub lost: U256,
}

/// What nodes and validators did in a range of epochs. Numbers are decimal texts, as in the Beacon API.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Duties {
    /// The first epoch.
    pub from: String,
    /// The last epoch.
    pub to: String,
    /// Nodes that had duties.
    pub nodes: Vec<NodeDuties>,
    /// Validators that had some.
    pub validators: Vec<Attestations>,
}

/// Duties of a node.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NodeDuties {
    /// Its number in the registry.
    pub node: String,
    /// The number of its operator; none if the registry did not tell.
    pub operator: Option<String>,
    /// Duties it had.
    pub duties: String,
    /// Duties it did.
    pub done: String,
}

/// Attestations of a validator.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Attestations {
    /// Its public key.
    pub pubkey: String,
    /// The number of its cluster in the registry.
    pub cluster: String,
    /// Attestations that were due.
    pub due: String,
    /// Attestations that were made.
    pub made: String,
}

/// As the Beacon API answers.
#[derive(Deserialize)]
struct Envelope {
    data: Duties,
}

/// Time to let pass.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Pass {
    /// Seconds.
    pub seconds: u64,
}

/// Waits for the deployment, then plays Ethereum until dropped. `begun` is called with the server's address.
///
/// # Errors
/// If the address cannot be listened on.
pub async fn play(
    chain: Arc<Mutex<Chain>>,
    options: Options,
    begun: impl FnOnce(SocketAddr),
) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind(options.address).await?;
    let contracts = loop {
        match deployed(&chain, &options) {
            Some(contracts) => break contracts,
            None => tokio::time::sleep(EVERY).await,
        }
    };
    let now = lock(&chain).next_timestamp();
    let side = Side {
        simulation: Simulation::new(options.config.starting_at(now), contracts),
        chain: chain.clone(),
    };
    let router = side.simulation.router().merge(controls(side.clone()));
    begun(listener.local_addr()?);
    let follow = side.simulation.follow(chain, EVERY);
    tokio::select! {
        served = axum::serve(listener, router) => served,
        () = follow => Ok(()),
    }
}

/// The contracts of the deployment file, once they are on this chain.
fn deployed(chain: &Mutex<Chain>, options: &Options) -> Option<Contracts> {
    let deployment = Deployment::read(&options.file).ok()??;
    let chain = lock(chain);
    if deployment.chain_id != chain.config().chain_id {
        return None;
    }
    let entry = |name| {
        deployment
            .contracts
            .get(&format!("{}/{name}", options.pool))
    };
    let manager = entry("stake-manager")?;
    let gateway: Address = manager.arguments.get("gateway")?.as_str()?.parse().ok()?;
    let contracts = Contracts {
        gateway,
        stake_manager: manager.address,
        registry: entry("operator-registry")?.address,
    };
    // A file of an earlier chain tells of contracts that are not there.
    let stands = |account| {
        let code = chain.code(account, BlockId::latest());
        code.is_ok_and(|code| !code.is_empty())
    };
    (stands(contracts.stake_manager) && stands(contracts.registry)).then_some(contracts)
}

#[derive(Clone)]
struct Side {
    simulation: Simulation,
    chain: Arc<Mutex<Chain>>,
}

/// What a request is told that cannot be done.
type Refused = (StatusCode, String);

fn controls(side: Side) -> Router {
    Router::new()
        .route("/clay/status", get(status))
        .route("/clay/pass", post(pass))
        .route("/clay/play", post(bring_about))
        .with_state(side)
}

async fn status(State(side): State<Side>) -> Json<Status> {
    Json(side.status())
}

/// Lets time pass on both chains, slot by slot, and mines a block at its end.
async fn pass(State(side): State<Side>, Json(ask): Json<Pass>) -> Result<Json<Status>, Refused> {
    if ask.seconds > LONGEST {
        let words = format!("at most {LONGEST} seconds at once");
        return Err((StatusCode::BAD_REQUEST, words));
    }
    let failed = |words: String| (StatusCode::INTERNAL_SERVER_ERROR, words);
    let passed = tokio::task::spawn_blocking(move || {
        let mut chain = lock(&side.chain);
        let until = chain.next_timestamp() + ask.seconds;
        side.simulation.advance(&mut chain, until)?;
        chain.set_next_timestamp(until)?;
        chain.mine(1);
        Ok::<_, clay_chain::TxError>(side.status())
    });
    match passed.await {
        Ok(Ok(status)) => Ok(Json(status)),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(error) => Err(failed(error.to_string())),
    }
}

async fn bring_about(
    State(side): State<Side>,
    Json(ask): Json<Play>,
) -> Result<Json<Status>, Refused> {
    let done = side.simulation.with(|ethereum| ask.bring_about(ethereum));
    match done {
        Ok(()) => Ok(Json(side.status())),
        Err(words) => Err((StatusCode::CONFLICT, words)),
    }
}

impl Side {
    fn status(&self) -> Status {
        self.simulation.with(|ethereum| {
            let slot = ethereum.clock().slot();
            let state = ethereum.beacon_state();
            let validators = state.validators.iter().zip(&state.balances);
            let validators = validators.map(|(validator, &balance)| ValidatorStatus {
                public_key: validator.public_key.to_string(),
                status: validator.status(epoch_of(slot), balance).name().into(),
                balance,
            });
            let waiting = ethereum
                .messages()
                .iter()
                .filter(|message| matches!(message.fate, Fate::Due(_)));
            let terms = ethereum.terms_at(slot).unwrap_or_default();
            let totals = ethereum.gateway_totals();
            Status {
                slot,
                time: ethereum.clock().time(slot),
                finalized_epoch: ethereum.finalized_epoch(),
                waiting: waiting.count() as u64,
                gateway: U256::from(totals.balance),
                sent_back: U256::from(totals.sent_back),
                validators: validators.collect(),
                terms: Terms {
                    cl_balance_gwei: terms.cl_balance_gwei,
                    deposits_seen: U256::from(terms.deposits_seen),
                    left_seen: U256::from(terms.left_seen),
                    lost: U256::from(terms.lost),
                },
            }
        })
    }
}

/// A request that panicked leaves the chain usable: each works on a snapshot of its own.
pub(crate) fn lock(chain: &Mutex<Chain>) -> MutexGuard<'_, Chain> {
    chain
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The controls of a node's Ethereum side, from outside.
#[derive(Clone, Debug)]
pub struct Controls {
    url: String,
    client: reqwest::Client,
}

impl Controls {
    /// Those at `url`.
    ///
    /// # Errors
    /// [`Failure::Usage`] if it is no URL of HTTP.
    pub fn new(url: &str) -> Result<Self, Failure> {
        let parsed = reqwest::Url::parse(url);
        let is_http = parsed.is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if !is_http {
            let words = "--ethereum (or CLAY_ETHEREUM) is no URL of HTTP: write for example http://127.0.0.1:8549.";
            return Err(Failure::Usage(words.into()));
        }
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            client: reqwest::Client::new(),
        })
    }

    /// How things stand.
    ///
    /// # Errors
    /// [`Failure::Unreachable`] if nothing answers there.
    pub async fn status(&self) -> Result<Status, Failure> {
        let request = self.client.get(format!("{}/clay/status", self.url));
        self.answer("asking for the status", request).await
    }

    /// What nodes and validators did in a range of epochs, both included.
    ///
    /// # Errors
    /// [`Failure::Unreachable`] if nothing answers there, [`Failure::Refused`] if an epoch is not over.
    pub async fn duties(&self, from: u64, to: u64) -> Result<Duties, Failure> {
        let url = &self.url;
        let request = self
            .client
            .get(format!("{url}/networks/performance?from={from}&to={to}"));
        let answer: Envelope = self.answer("asking what nodes did", request).await?;
        Ok(answer.data)
    }

    /// Does something; `action` says what, for people.
    ///
    /// # Errors
    /// [`Failure::Unreachable`] if nothing answers there, [`Failure::Refused`] if it cannot be done.
    pub async fn ask(
        &self,
        action: &str,
        control: &str,
        body: &impl Serialize,
    ) -> Result<Status, Failure> {
        let request = self.client.post(format!("{}/clay/{control}", self.url));
        self.answer(action, request.json(body)).await
    }

    async fn answer<T: DeserializeOwned>(
        &self,
        action: &str,
        request: reqwest::RequestBuilder,
    ) -> Result<T, Failure> {
        let unreachable = |error: reqwest::Error| Failure::NoEthereum {
            url: self.url.clone(),
            cause: error.without_url().to_string(),
        };
        let answer = request.send().await.map_err(unreachable)?;
        if answer.status().is_success() {
            return answer.json().await.map_err(unreachable);
        }
        let reason = answer.text().await.map_err(unreachable)?;
        Err(Failure::Refused {
            action: action.to_owned(),
            reason,
        })
    }
}
