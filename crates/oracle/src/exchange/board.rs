//! A board for signatures, served by HTTP: `POST /reports` puts one up, `GET /reports/SLOT_TIME` lists a slot's.
//!
//! It holds no key and decides nothing: it keeps members' genuine signatures in memory, a bounded number of each member's,
//! so that none crowds out another, and members verify what they find. One that is lost with the process is put up again
//! by its member.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        atomic::{AtomicU64, Ordering},
        Arc, Mutex, PoisonError,
    },
    time::{SystemTime, UNIX_EPOCH},
};

use alloy::primitives::{Address, B256};
use axum::{
    extract::{DefaultBodyLimit, Path, State},
    http::StatusCode,
    routing::{get, post},
    Json, Router,
};
use tokio::task::JoinHandle;

use super::MOST_BYTES;
use crate::message::SignedProposal;

/// Slots of one member that are kept, the newest.
const SLOTS: usize = 16;
/// Messages of one member for one slot that are kept, the first.
const MESSAGES: usize = 16;

/// What a member has put up: by slot time and digest.
type OfMember = BTreeMap<u64, BTreeMap<B256, SignedProposal>>;

/// A board of one committee.
#[derive(Clone, Debug)]
pub struct Board {
    chain_id: u64,
    committee: Address,
    members: Arc<Vec<Address>>,
    signed: Arc<Mutex<BTreeMap<Address, OfMember>>>,
    /// The latest time that it was told, seconds since the epoch.
    told: Arc<AtomicU64>,
}

/// A board that is served until dropped.
#[derive(Debug)]
pub struct RunningBoard {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Board {
    /// An empty board for a committee's members.
    pub fn new(chain_id: u64, committee: Address, members: Vec<Address>) -> Self {
        Self {
            chain_id,
            committee,
            members: Arc::new(members),
            signed: Arc::default(),
            told: Arc::default(),
        }
    }

    /// Tells it the time on L2, if that may be ahead of the machine's: of slots to come nothing is kept.
    pub fn tell_time(&self, now: u64) {
        self.told.fetch_max(now, Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        let machine = SystemTime::now().duration_since(UNIX_EPOCH);
        let machine = machine.map_or(0, |since| since.as_secs());
        machine.max(self.told.load(Ordering::Relaxed))
    }

    /// The endpoints.
    pub fn router(self) -> Router {
        Router::new()
            .route("/reports", post(put_up))
            .route("/reports/{slot_time}", get(list))
            .layer(DefaultBodyLimit::max(MOST_BYTES as usize))
            .with_state(self)
    }

    /// Serves it on an address; port 0 picks a free one.
    ///
    /// # Errors
    /// If the address cannot be listened on.
    pub async fn serve(self, address: SocketAddr) -> std::io::Result<RunningBoard> {
        let listener = tokio::net::TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let router = self.router();
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!("the board is no longer served: {error}");
            }
        });
        Ok(RunningBoard { address, task })
    }

    fn put_up(&self, signed: SignedProposal) -> Result<(), &'static str> {
        let proposal = &signed.proposal;
        if (proposal.chain_id, proposal.committee) != (self.chain_id, self.committee) {
            return Err("it is for another committee");
        }
        if !self.members.contains(&signed.signer) {
            return Err("the signer is no member");
        }
        if !signed.is_genuine() {
            return Err("the signature is not the signer's");
        }
        let slot_time = proposal.report.slot_time;
        if slot_time > self.now() {
            return Err("its slot is yet to come");
        }
        let digest = proposal.digest();
        let mut members = self.signed.lock().unwrap_or_else(PoisonError::into_inner);
        let slots = members.entry(signed.signer).or_default();
        let of_slot = slots.entry(slot_time).or_default();
        if !of_slot.contains_key(&digest) && of_slot.len() >= MESSAGES {
            return Err("the signer has put up too much for this slot");
        }
        of_slot.insert(digest, signed);
        if slots.len() > SLOTS {
            let oldest = slots.pop_first();
            if oldest.is_some_and(|(oldest, _)| oldest == slot_time) {
                return Err("the signer has put up newer slots");
            }
        }
        Ok(())
    }

    fn list(&self, slot_time: u64) -> Vec<SignedProposal> {
        let members = self.signed.lock().unwrap_or_else(PoisonError::into_inner);
        let of_slot = members.values().filter_map(|slots| slots.get(&slot_time));
        of_slot.flat_map(BTreeMap::values).cloned().collect()
    }
}

async fn put_up(
    State(board): State<Board>,
    Json(signed): Json<SignedProposal>,
) -> (StatusCode, &'static str) {
    match board.put_up(signed) {
        Ok(()) => (StatusCode::OK, ""),
        Err(why) => (StatusCode::BAD_REQUEST, why),
    }
}

async fn list(State(board): State<Board>, Path(slot_time): Path<u64>) -> Json<Vec<SignedProposal>> {
    Json(board.list(slot_time))
}

impl RunningBoard {
    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves until the process ends.
    pub async fn wait(mut self) {
        // It ends by an error that was told, or with the process.
        let _ = (&mut self.task).await;
    }
}

impl Drop for RunningBoard {
    fn drop(&mut self) {
        self.task.abort();
    }
}
