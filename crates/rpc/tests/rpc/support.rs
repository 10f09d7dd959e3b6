//! A chain served on a free port, clients for it, and contracts small enough to be written by hand.

use std::sync::{Arc, Mutex, MutexGuard};

use alloy::network::EthereumWallet;
use alloy::primitives::{address, bytes, Address, Bytes, B256, U256};
use alloy::providers::{Provider, ProviderBuilder, WsConnect};
use alloy::signers::local::PrivateKeySigner;
use alloy::transports::http::reqwest;
use clay_chain::{Chain, Config, TEST_ACCOUNTS, TEST_KEYS};
use clay_rpc::{Options, RpcServer, RunningServer};
use serde_json::{json, Value};

/// The first test account, whose key clients sign with.
pub const ALICE: Address = TEST_ACCOUNTS[0];

/// The second test account.
pub const BOB: Address = TEST_ACCOUNTS[1];

/// Emits one log: the first word of the calldata is its topic, the second its data.
pub const LOGGER: Address = address!("c0de0000000000000000000000000000000010c5");

/// Reverts with the calldata.
pub const REVERTER: Address = address!("c0de000000000000000000000000000000004e4e");

/// Stores the second word of the calldata where the first one says.
pub const STORE: Address = address!("c0de000000000000000000000000000000005702");

/// Returns the word stored where the calldata says.
pub const READER: Address = address!("c0de000000000000000000000000000000004ead");

/// Passes the calldata on to [`REVERTER`] and goes on whatever happens.
pub const CALLER: Address = address!("c0de00000000000000000000000000000000ca11");

/// Code of [`READER`]: CALLDATALOAD(0), SLOAD, MSTORE at 0, RETURN 32 bytes.
pub const READER_CODE: Bytes = bytes!("6000355460005260206000f3");

const CONTRACTS: [(Address, Bytes); 5] = [
    // CALLDATACOPY 32 bytes from 32 to 0, LOG1.
    (LOGGER, bytes!("6020602060003760003560206000a100")),
    // CALLDATACOPY everything, REVERT with it.
    (REVERTER, bytes!("366000600037366000fd")),
    // SSTORE(CALLDATALOAD(0), CALLDATALOAD(32)).
    (STORE, bytes!("6020356000355500")),
    (READER, READER_CODE),
    // CALLDATACOPY everything, CALL the reverter with all gas and no value.
    (
        CALLER,
        bytes!("36600060003760006000366000600073c0de000000000000000000000000000000004e4e5af100"),
    ),
];

/// A running server, its chain, and the ways to reach it.
pub struct Served {
    pub chain: Arc<Mutex<Chain>>,
    pub server: RunningServer,
    http: reqwest::Client,
}

impl Served {
    /// Serves a fresh chain with the contracts above in place.
    pub async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    pub async fn start_with(options: Options) -> Self {
        let mut chain = Chain::new(Config::default());
        for (address, code) in CONTRACTS {
            chain.set_code(address, code);
        }
        let chain = Arc::new(Mutex::new(chain));
        let addr = "127.0.0.1:0".parse().unwrap();
        let server = RpcServer::start(chain.clone(), addr, options)
            .await
            .unwrap();
        let http = reqwest::Client::new();
        Served {
            chain,
            server,
            http,
        }
    }

    pub fn chain(&self) -> MutexGuard<'_, Chain> {
        self.chain.lock().unwrap()
    }

    /// An alloy provider over HTTP that signs for Alice.
    pub fn provider(&self) -> impl Provider + Clone + 'static {
        let url = self.server.http_url().parse().unwrap();
        ProviderBuilder::new().wallet(alice()).connect_http(url)
    }

    /// An alloy provider over WebSocket that signs for Alice.
    pub async fn ws_provider(&self) -> impl Provider + Clone + 'static {
        let url = WsConnect::new(self.server.ws_url());
        ProviderBuilder::new()
            .wallet(alice())
            .connect_ws(url)
            .await
            .unwrap()
    }

    /// Posts a body as it is; returns the HTTP status and the body of the answer.
    pub async fn post(&self, body: impl Into<reqwest::Body>) -> (u16, String) {
        let request = self.http.post(self.server.http_url());
        let request = request
            .header("content-type", "application/json")
            .body(body);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// A request in plain JSON; returns the whole answer.
    pub async fn request(&self, method: &str, params: Value) -> Value {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let (status, answer) = self.post(body.to_string()).await;
        assert_eq!(status, 200, "{answer}");
        serde_json::from_str(&answer).unwrap()
    }

    /// The result of a request that must succeed.
    pub async fn result(&self, method: &str, params: Value) -> Value {
        let answer = self.request(method, params).await;
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Code and message of a request that must fail.
    pub async fn error(&self, method: &str, params: Value) -> (i64, String) {
        let answer = self.request(method, params).await;
        let error = &answer["error"];
        assert!(error.is_object(), "{method}: {answer}");
        (
            error["code"].as_i64().unwrap(),
            error["message"].as_str().unwrap().to_owned(),
        )
    }
}

fn alice() -> EthereumWallet {
    let key: PrivateKeySigner = TEST_KEYS[0].parse().unwrap();
    EthereumWallet::from(key)
}

/// Two words of calldata.
pub fn words(first: u64, second: u64) -> Bytes {
    [word(first), word(second)].concat().into()
}

/// A word.
pub fn word(number: u64) -> B256 {
    U256::from(number).into()
}
