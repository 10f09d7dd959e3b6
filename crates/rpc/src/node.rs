//! What all requests share: the chain, the keys, the filters and those who subscribed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use alloy::eips::BlockId;
use alloy::primitives::B256;
use alloy::rpc::types::{Filter, Log};
use clay_chain::{Block, Chain, Overrides, TxRequest};
use tokio::sync::{broadcast, watch};
use tracing::Level;

use crate::filters::Filters;
use crate::render::render_trace;
use crate::signers::Signers;
use crate::Options;

/// Events a slow subscriber may fall behind before its subscription ends.
const BACKLOG: usize = 4096;

/// Something subscribers hear of.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A block was mined; with its logs.
    Block(Arc<(Arc<Block>, Vec<Log>)>),
    /// A transaction was taken in.
    Transaction(B256),
}

/// State shared by all requests.
pub(crate) struct Node {
    chain: Arc<Mutex<Chain>>,
    /// Number of the last block that subscribers were told of. Locked only while the chain is.
    announced: Mutex<u64>,
    filters: Mutex<Filters>,
    events: broadcast::Sender<Event>,
    /// Seconds from block to block; none while blocks are not mined by the clock.
    pub interval: watch::Sender<Option<u64>>,
    /// Keys of the accounts this node signs for.
    pub signers: Signers,
    /// How the server was started.
    pub options: Options,
}

impl Node {
    pub fn new(chain: Arc<Mutex<Chain>>, signers: Signers, options: Options) -> Self {
        let head = lock(&chain).block_number();
        Self {
            chain,
            announced: Mutex::new(head),
            filters: Mutex::default(),
            events: broadcast::Sender::new(BACKLOG),
            interval: watch::Sender::new(options.block_interval),
            signers,
            options,
        }
    }

    /// Does some work on the chain, then tells subscribers of the blocks it made. Blocks made by others who
    /// hold the chain are told of at the next request.
    pub fn chain<R>(&self, work: impl FnOnce(&mut Chain) -> R) -> R {
        let mut chain = lock(&self.chain);
        let result = work(&mut chain);
        self.announce_blocks(&chain);
        result
    }

    /// The filters. Where both are needed, lock the chain first.
    pub fn filters(&self) -> MutexGuard<'_, Filters> {
        lock(&self.filters)
    }

    /// A receiver of everything from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Tells filters and subscribers of a transaction that was taken in.
    pub fn announce_transaction(&self, hash: B256) {
        self.filters().add_transaction(hash);
        // Sending fails when nobody listens.
        let _ = self.events.send(Event::Transaction(hash));
    }

    fn announce_blocks(&self, chain: &Chain) {
        let head = chain.block_number();
        let before = std::mem::replace(&mut *lock(&self.announced), head);
        if head < before {
            self.filters().rewind(head);
        }
        for number in before + 1..=head {
            let Some(block) = chain.block(number.into()) else {
                continue;
            };
            if self.options.debug {
                log_failures(chain, &block);
            }
            if self.events.receiver_count() > 0 {
                let logs = chain.logs(&Filter::new().select(number));
                let _ = self.events.send(Event::Block(Arc::new((block, logs))));
            }
        }
    }
}

/// Writes the trace of a call that failed, where the log is set to this much detail.
pub(crate) fn log_failed_call(chain: &Chain, request: &TxRequest, at: BlockId, with: &Overrides) {
    if !tracing::enabled!(target: "clay::trace", Level::DEBUG) {
        return;
    }
    if let Ok(Some(trace)) = chain.trace_call(request, at, with).map(|it| it.trace) {
        let tree = render_trace(&trace);
        tracing::debug!(target: "clay::trace", "a call failed\n{tree}");
    }
}

/// Writes the console lines of each transaction, and the whole trace of each that failed.
fn log_failures(chain: &Chain, block: &Block) {
    for receipt in &block.receipts {
        let (hash, number) = (receipt.tx_hash, receipt.block_number);
        if receipt.success() {
            for line in &receipt.console {
                tracing::info!(target: "clay::console", %hash, "{line}");
            }
        } else if let Some(trace) = chain.trace_transaction(hash).and_then(|it| it.trace) {
            let tree = render_trace(&trace);
            tracing::warn!(target: "clay::trace", "transaction {hash} failed in block {number}\n{tree}");
        }
    }
}

/// A panic in one request is answered and logged there; it must not end service to all others.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
