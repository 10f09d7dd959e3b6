//! The simulation as tests and the demo hold it: shared with the servers, and driven by whoever has the chain.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::Router;
use clay_chain::{Chain, TxError};
use tokio::task::JoinHandle;

use crate::{api, Config, Contracts, Ethereum};

/// A simulated Ethereum that several hold. Where both are needed, lock the chain first.
#[derive(Clone, Debug)]
pub struct Simulation {
    ethereum: Arc<Mutex<Ethereum>>,
}

impl Simulation {
    /// Starts at slot 0.
    pub fn new(config: Config, contracts: Contracts) -> Self {
        let ethereum = Arc::new(Mutex::new(Ethereum::new(config, contracts)));
        Self { ethereum }
    }

    /// Runs all slots up to a time, in seconds; see [`Ethereum::advance_to`].
    pub fn advance(&self, chain: &mut Chain, timestamp: u64) -> Result<(), TxError> {
        self.with(|ethereum| ethereum.advance_to(chain, timestamp))
    }

    /// Asks the simulation something, or brings a fault about.
    pub fn with<R>(&self, work: impl FnOnce(&mut Ethereum) -> R) -> R {
        let ethereum = self.ethereum.lock();
        work(&mut ethereum.unwrap_or_else(PoisonError::into_inner))
    }

    /// The Beacon API under `/eth/`, L1's JSON-RPC at `/`, and the nodes' performance at `/networks/performance`.
    pub fn router(&self) -> Router {
        api::router(self.ethereum.clone())
    }

    /// Serves [`Simulation::router`] on an address; port 0 picks a free one. Needs a tokio runtime.
    pub async fn serve(&self, address: SocketAddr) -> std::io::Result<RunningServer> {
        let listener = tokio::net::TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let router = self.router();
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::warn!("the Ethereum side is no longer served: {error}");
            }
        });
        Ok(RunningServer { address, task })
    }

    /// Keeps up with a chain that somebody else drives, looking at its clock every so often, until dropped. A
    /// jump of the chain's clock is followed slot by slot.
    pub async fn follow(&self, chain: Arc<Mutex<Chain>>, every: Duration) {
        loop {
            tokio::time::sleep(every).await;
            let (simulation, chain) = (self.clone(), chain.clone());
            let advance = move || {
                let mut chain = chain.lock().unwrap_or_else(PoisonError::into_inner);
                let now = chain.next_timestamp();
                simulation.advance(&mut chain, now)
            };
            match tokio::task::spawn_blocking(advance).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!("a ticket was not delivered: {error}"),
                Err(error) => tracing::error!("the Ethereum side stopped: {error}"),
            }
        }
    }
}

/// A server that runs until dropped.
#[derive(Debug)]
pub struct RunningServer {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl RunningServer {
    /// URL of the Beacon API and of L1's JSON-RPC.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
