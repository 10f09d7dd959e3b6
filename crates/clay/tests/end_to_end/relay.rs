//! A JSON-RPC relay that hides a precompile: a chain that never had it answers calls to it with nothing.

use alloy::primitives::Address;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Starts a relay in front of the RPC at `url` that hides `precompile`, and returns its own URL.
pub async fn without(precompile: Address, url: &str) -> String {
    let upstream = url.trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(relay(connection, upstream.clone(), precompile));
        }
    });
    own
}

/// Answers one request and closes.
async fn relay(mut connection: TcpStream, upstream: String, hidden: Address) {
    let Some(body) = read_body(&mut connection).await else {
        return;
    };
    let answer = if body.contains("eth_call") && body.contains(&format!("\"to\":\"{hidden:?}\"")) {
        let request: serde_json::Value = serde_json::from_str(&body).unwrap();
        serde_json::json!({ "jsonrpc": "2.0", "id": request["id"], "result": "0x" }).to_string()
    } else {
        let mut server = TcpStream::connect(&upstream).await.unwrap();
        let request = message(&format!("POST / HTTP/1.1\r\nhost: {upstream}"), &body);
        server.write_all(request.as_bytes()).await.unwrap();
        read_body(&mut server).await.unwrap()
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
