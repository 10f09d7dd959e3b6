//! JSON-RPC relays that make a node less than it is: without a precompile, unwilling to search many blocks, or forgetful.

use std::sync::Arc;

use alloy::primitives::{Address, U256};
use serde_json::{json, Value};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What a relay answers by itself; what it passes on it may change before.
type Own = dyn Fn(&mut Value) -> Option<Value> + Send + Sync;

/// Starts a relay in front of the RPC at `url` that hides `precompile`, and returns its own URL. A chain that never
/// had it answers calls to it with nothing.
pub async fn without(precompile: Address, url: &str) -> String {
    let to = format!("{precompile:?}");
    let hide = move |request: &mut Value| {
        let hidden = request["method"] == "eth_call" && request["params"][0]["to"] == to;
        hidden.then(|| json!({ "jsonrpc": "2.0", "id": request["id"], "result": "0x" }))
    };
    start(url, Arc::new(hide)).await
}

/// Starts a relay in front of the RPC at `url` that searches events in so many blocks at most.
pub async fn searching(most: u64, url: &str) -> String {
    let refuse = move |request: &mut Value| {
        let filter = &request["params"][0];
        let block = |end: &str| filter[end].as_str()?.parse::<U256>().ok();
        let blocks = block("toBlock")? - block("fromBlock")? + U256::ONE;
        let error = json!({ "code": -32005, "message": "too many blocks" });
        (request["method"] == "eth_getLogs" && blocks > U256::from(most))
            .then(|| json!({ "jsonrpc": "2.0", "id": request["id"], "error": error }))
    };
    start(url, Arc::new(refuse)).await
}

/// Starts a relay in front of the RPC at `url` that has lost the events after a block.
pub async fn forgetting(after: u64, url: &str) -> String {
    let to = format!("{after:#x}");
    let shorten = move |request: &mut Value| {
        if request["method"] == "eth_getLogs" {
            request["params"][0]["toBlock"] = to.clone().into();
        }
        None
    };
    start(url, Arc::new(shorten)).await
}

async fn start(url: &str, own: Arc<Own>) -> String {
    let upstream = url.trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let relay = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(answer(connection, upstream.clone(), own.clone()));
        }
    });
    relay
}

/// Answers one request and closes.
async fn answer(mut connection: TcpStream, upstream: String, own: Arc<Own>) {
    let Some(body) = read_body(&mut connection).await else {
        return;
    };
    let mut request: Value = serde_json::from_str(&body).unwrap();
    let answer = match own(&mut request) {
        Some(answer) => answer.to_string(),
        None => {
            let mut server = TcpStream::connect(&upstream).await.unwrap();
            let head = format!("POST / HTTP/1.1\r\nhost: {upstream}");
            let request = message(&head, &request.to_string());
            server.write_all(request.as_bytes()).await.unwrap();
            read_body(&mut server).await.unwrap()
        }
    };
    connection
        .write_all(message("HTTP/1.1 200 OK", &answer).as_bytes())
        .await
        .unwrap();
}

fn message(start: &str, body: &str) -> String {
    let length = body.len();
    format!("{start}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

/// Reads a message and returns its body; none if the other side hangs up before.
async fn read_body(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(body.to_owned());
            }
        }
        let mut chunk = [0; 65_536];
        match stream.read(&mut chunk).await {
            Ok(count) if count > 0 => bytes.extend_from_slice(&chunk[..count]),
            _ => return None,
        }
    }
}
