//! The server: one port for HTTP and WebSocket.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clay_chain::{Chain, NITRO_DEV_KEY, TEST_KEYS};
use jsonrpsee::core::middleware::RpcServiceBuilder;
use jsonrpsee::server::{BatchRequestConfig, Server, ServerConfig, ServerHandle};
use jsonrpsee::{Methods, RpcModule};
use tower_http::cors::CorsLayer;

use crate::methods;
use crate::node::Node;
use crate::registry::Registry;
use crate::signers::Signers;
use crate::transport::{self, ByTransport};

/// How a server is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// Private keys, in hexadecimal, of the accounts the node signs for.
    pub keys: Vec<String>,
    /// Logs the trace of each transaction that fails and the console lines of all others.
    pub debug: bool,
    /// Seconds between blocks mined by the clock; none to mine none.
    pub block_interval: Option<u64>,
    /// Most bytes of a request.
    pub max_request: u32,
    /// Most bytes of a response.
    pub max_response: u32,
    /// Most requests of a batch.
    pub max_batch: u32,
    /// Most connections at a time.
    pub max_connections: u32,
    /// Most logs of one answer.
    pub max_logs: usize,
    /// Why blocks cannot be taken back, if they cannot: for a chain that others follow and do not take back.
    pub no_way_back: Option<&'static str>,
}

impl Default for Options {
    /// Signs for the development accounts of the chain and mines no blocks by the clock.
    fn default() -> Self {
        let keys = std::iter::once(NITRO_DEV_KEY).chain(TEST_KEYS);
        Self {
            keys: keys.map(str::to_owned).collect(),
            debug: false,
            block_interval: None,
            max_request: 10 << 20,
            max_response: 64 << 20,
            max_batch: 1_000,
            max_connections: 1_000,
            max_logs: 100_000,
            no_way_back: None,
        }
    }
}

/// Why a server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {addr}: {source}")]
    Listen {
        /// Address asked for.
        addr: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// A private key is none.
    #[error("invalid private key: {0}")]
    Key(#[from] alloy::signers::local::LocalSignerError),
}

/// JSON-RPC over a chain.
#[derive(Debug)]
pub struct RpcServer;

impl RpcServer {
    /// Serves `chain` on `addr` (port 0 picks a free one) until stopped. Needs a tokio runtime.
    pub async fn start(
        chain: Arc<Mutex<Chain>>,
        addr: SocketAddr,
        options: Options,
    ) -> Result<RunningServer, StartError> {
        let signers = Signers::new(&options.keys)?;
        let config = ServerConfig::builder()
            .max_request_body_size(options.max_request)
            .max_response_body_size(options.max_response)
            .max_connections(options.max_connections)
            .set_batch_request_config(BatchRequestConfig::Limit(options.max_batch))
            .set_id_provider(methods::subscriptions::HexIds::default())
            .build();
        let listen = |source| StartError::Listen { addr, source };
        let server = Server::builder()
            .set_config(config)
            // Pages of any origin may use the node: it holds test money only.
            .set_http_middleware(
                tower::ServiceBuilder::new()
                    .layer(CorsLayer::permissive().allow_private_network(true))
                    .map_request(transport::mark)
                    .map_response(transport::leave_unanswered),
            )
            .set_rpc_middleware(RpcServiceBuilder::new().layer_fn(ByTransport))
            .build(addr)
            .await
            .map_err(listen)?;
        let local_addr = server.local_addr().map_err(listen)?;
        let node = Arc::new(Node::new(chain, signers, options));
        let handle = server.start(methods(node.clone()));
        tokio::spawn(mine_by_the_clock(node, handle.clone()));
        Ok(RunningServer { local_addr, handle })
    }
}

/// A server that runs. Dropping it does not stop it.
#[derive(Clone, Debug)]
pub struct RunningServer {
    local_addr: SocketAddr,
    handle: ServerHandle,
}

impl RunningServer {
    /// Address it listens on.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// URL for HTTP clients.
    pub fn http_url(&self) -> String {
        format!("http://{}", self.local_addr)
    }

    /// URL for WebSocket clients.
    pub fn ws_url(&self) -> String {
        format!("ws://{}", self.local_addr)
    }

    /// Stops it and waits until running requests are answered and connections are closed.
    pub async fn stop(self) {
        // Stopping fails only if it has stopped before.
        let _ = self.handle.stop();
        self.handle.stopped().await;
    }

    /// Waits until somebody stops it.
    pub async fn stopped(self) {
        self.handle.stopped().await;
    }
}

fn methods(node: Arc<Node>) -> Methods {
    let mut registry = Registry {
        module: RpcModule::from_arc(node),
    };
    methods::network::register(&mut registry);
    methods::state::register(&mut registry);
    methods::blocks::register(&mut registry);
    methods::calls::register(&mut registry);
    methods::send::register(&mut registry);
    methods::logs::register(&mut registry);
    methods::subscriptions::register(&mut registry);
    methods::traces::register(&mut registry);
    methods::controls::register(&mut registry);
    methods::arbitrum::register(&mut registry);
    registry.module.into()
}

/// Mines a block each time the interval passes, for as long as the server runs.
async fn mine_by_the_clock(node: Arc<Node>, handle: ServerHandle) {
    let mut interval = node.interval.subscribe();
    loop {
        let seconds = *interval.borrow_and_update();
        let tick = async {
            match seconds {
                Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = tick => { node.chain(|chain| chain.mine(1)); }
            // The sender lives in the node, which this task holds.
            _ = interval.changed() => {}
            () = handle.clone().stopped() => return,
        }
    }
}
