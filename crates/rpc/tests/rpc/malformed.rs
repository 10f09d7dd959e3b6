//! Requests that are wrong in every way, each followed by a good one that must still be answered.

use crate::support::Served;
use futures_util::{SinkExt, StreamExt};
use serde_json::{json, Value};
use tokio_tungstenite::tungstenite::Message;

const GOOD: &str = r#"{"jsonrpc":"2.0","id":7,"method":"eth_chainId","params":[]}"#;

/// Bodies and the error code each is answered with.
const BAD: [(&str, i64); 22] = [
    ("", -32700),
    ("   ", -32700),
    ("null", -32700),
    ("7", -32700),
    ("\"eth_chainId\"", -32700),
    ("{", -32700),
    ("[", -32700),
    ("[1,", -32700),
    (
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_chainId\",\"params\":[}",
        -32700,
    ),
    (
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_chainId\",\"params\":[]} x",
        -32700,
    ),
    ("{'jsonrpc':'2.0'}", -32700),
    (
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_\u{0}\"}",
        -32700,
    ),
    ("[]", -32600),
    ("{\"id\":1}", -32600),
    ("{\"jsonrpc\":\"2.0\",\"id\":1}", -32600),
    ("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", -32600),
    (
        "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"eth_chainId\"}",
        -32600,
    ),
    ("{\"id\":1,\"method\":\"eth_chainId\"}", -32600),
    (
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_nothing\"}",
        -32601,
    ),
    ("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\"}", -32601),
    (
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_chainId\",\"params\":\"none\"}",
        -32602,
    ),
    (
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_getBalance\",\"params\":{\"address\":1}}",
        -32602,
    ),
];

fn code(answer: &str) -> i64 {
    let answer: Value = serde_json::from_str(answer).unwrap();
    answer["error"]["code"]
        .as_i64()
        .unwrap_or_else(|| panic!("no error: {answer}"))
}

fn assert_good(answer: &str) {
    let answer: Value = serde_json::from_str(answer).unwrap();
    assert_eq!(
        answer,
        json!({"jsonrpc": "2.0", "id": 7, "result": "0x64aba"})
    );
}

#[tokio::test]
async fn http_answers_each_with_its_code_and_goes_on() {
    let served = Served::start().await;
    for (body, expected) in BAD {
        let (_, answer) = served.post(body).await;
        assert_eq!(code(&answer), expected, "{body:?}: {answer}");
        assert_good(&served.post(GOOD).await.1);
    }
    let no_text = vec![b'{', 0xff, 0xfe, b'}'];
    assert_eq!(code(&served.post(no_text).await.1), -32700);
    assert_good(&served.post(GOOD).await.1);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    // Valid JSON, and a batch of one request that is none.
    let answer: Vec<Value> = serde_json::from_str(&served.post(deep).await.1).unwrap();
    assert_eq!(answer[0]["error"]["code"], -32600);
    assert_good(&served.post(GOOD).await.1);
}

#[tokio::test]
async fn websocket_answers_each_with_its_code_and_goes_on() {
    let served = Served::start().await;
    let url = served.server.ws_url();
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    for (body, expected) in BAD {
        socket.send(Message::text(body)).await.unwrap();
        let answer = socket.next().await.unwrap().unwrap().into_text().unwrap();
        assert_eq!(code(&answer), expected, "{body:?}: {answer}");
        socket.send(Message::text(GOOD)).await.unwrap();
        assert_good(&socket.next().await.unwrap().unwrap().into_text().unwrap());
    }
}

#[tokio::test]
async fn bodies_and_batches_have_limits() {
    let served = Served::start().await;
    let (status, answer) = served.post(" ".repeat(11 << 20)).await;
    assert_eq!((status, code(&answer)), (413, -32007));
    let batch = format!("[{}]", vec![GOOD; 1_001].join(","));
    assert_eq!(code(&served.post(batch).await.1), -32010);
    assert_good(&served.post(GOOD).await.1);
}

#[tokio::test]
async fn a_batch_mixes_good_and_bad() {
    let served = Served::start().await;
    let batch = format!(
        r#"[{GOOD},1,{{"jsonrpc":"2.0","id":"x","method":"eth_nothing"}},
           {{"jsonrpc":"2.0","method":"eth_chainId"}},{{"jsonrpc":"2.0","id":null,"method":"net_version"}}]"#
    );
    let (status, answer) = served.post(batch).await;
    let answers: Vec<Value> = serde_json::from_str(&answer).unwrap();
    assert_eq!(
        (status, answers.len()),
        (200, 4),
        "a notification has no answer: {answer}"
    );
    assert_eq!(answers[0]["result"], "0x64aba");
    assert_eq!(
        (&answers[1]["id"], &answers[1]["error"]["code"]),
        (&json!(null), &json!(-32600))
    );
    assert_eq!(
        (&answers[2]["id"], &answers[2]["error"]["code"]),
        (&json!("x"), &json!(-32601))
    );
    assert_eq!(
        (&answers[3]["id"], &answers[3]["result"]),
        (&json!(null), &json!("412346"))
    );
}

#[tokio::test]
async fn a_notification_is_not_answered() {
    let served = Served::start().await;
    let notification = r#"{"jsonrpc":"2.0","method":"eth_chainId"}"#;
    let silence = (200, String::new());
    assert_eq!(served.post(notification).await, silence);
    let batch = format!("[{notification},{notification}]");
    assert_eq!(served.post(batch).await, silence);
    // A request whose answer is null is answered.
    let unknown = json!([format!("0x{:064x}", 1)]);
    let answer = served.request("eth_getBlockByHash", unknown).await;
    assert_eq!(answer, json!({"jsonrpc": "2.0", "id": 1, "result": null}));

    let url = served.server.ws_url();
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    socket.send(Message::text(notification)).await.unwrap();
    socket.send(Message::text(GOOD)).await.unwrap();
    assert_good(&socket.next().await.unwrap().unwrap().into_text().unwrap());
}

#[tokio::test]
async fn over_http_nobody_subscribes_and_is_told_so() {
    let served = Served::start().await;
    for (method, params) in [
        ("eth_subscribe", json!(["newHeads"])),
        ("eth_unsubscribe", json!(["0x1"])),
    ] {
        let (code, words) = served.error(method, params.clone()).await;
        assert_eq!(code, -32601, "{method}: {words}");
        assert!(words.contains("over WebSocket"), "{method}: {words}");
        let request = json!({"jsonrpc": "2.0", "id": 8, "method": method, "params": params});
        let (_, answer) = served.post(format!("[{GOOD},{request}]")).await;
        let answers: Vec<Value> = serde_json::from_str(&answer).unwrap();
        assert_eq!(answers[0]["result"], "0x64aba");
        assert_eq!(answers[1]["id"], 8);
        assert_eq!(answers[1]["error"]["code"], -32601);
    }
}

#[tokio::test]
async fn bad_arguments_are_named() {
    let served = Served::start().await;
    let short = json!(["0x1234", "latest"]);
    let account = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
    for (method, params, expected) in [
        (
            "eth_getBalance",
            json!([]),
            "missing value for required argument 0 (address)",
        ),
        ("eth_getBalance", short, "invalid argument 0 (address): "),
        (
            "eth_getBalance",
            json!([account, "newest"]),
            "invalid argument 1 (block): ",
        ),
        (
            "eth_getBalance",
            json!([account, "latest", 1]),
            "too many arguments, want at most 2",
        ),
        (
            "eth_getBlockByNumber",
            json!([{}, true]),
            "invalid argument 0 (block number): ",
        ),
        (
            "eth_getBlockByNumber",
            json!(["latest", "yes"]),
            "invalid argument 1 (full transactions): ",
        ),
        (
            "eth_sendRawTransaction",
            json!(["0xzz"]),
            "invalid argument 0 (transaction): ",
        ),
        (
            "eth_call",
            json!([{"to": 5}, "latest"]),
            "invalid argument 0 (transaction): ",
        ),
        (
            "eth_call",
            json!([{"to": account, "data": "0x01", "input": "0x02"}]),
            "invalid argument 0 (transaction): both data and input are set and not equal",
        ),
        (
            "eth_getLogs",
            json!([{"fromBlock": "0x5", "toBlock": "0x2"}]),
            "invalid block range params",
        ),
        (
            "anvil_mine",
            json!(["0xffffffff"]),
            "cannot mine 4294967295 blocks at once",
        ),
        (
            "evm_increaseTime",
            json!(["0xffffffffffffffff"]),
            "the clock moves at most",
        ),
        (
            "evm_setNextBlockTimestamp",
            json!(["0xffffffffffffffff"]),
            "the clock moves at most",
        ),
        (
            "eth_sendTransaction",
            json!([{}]),
            "contract creation without any data provided",
        ),
        (
            "eth_call",
            json!([{"to": account, "gasPrice": "0x1", "maxFeePerGas": "0x1"}]),
            "invalid argument 0 (transaction): both gasPrice and",
        ),
        (
            "eth_feeHistory",
            json!([1, "latest", [50, 25]]),
            "invalid reward percentile: 50 before 25, they must rise",
        ),
        (
            "eth_feeHistory",
            json!([1, "latest", [25, 100.5]]),
            "invalid reward percentile: 100.5",
        ),
        (
            "evm_increaseTime",
            json!([-1]),
            "invalid argument 0 (seconds): ",
        ),
    ] {
        let (code, message) = served.error(method, params.clone()).await;
        assert_eq!(code, -32602, "{method} {params}: {message}");
        assert!(
            message.starts_with(expected),
            "{method} {params}: {message}"
        );
    }
}

#[tokio::test]
async fn pages_of_any_origin_may_ask() {
    let served = Served::start().await;
    let client = alloy::transports::http::reqwest::Client::new();
    let preflight = client
        .request("OPTIONS".parse().unwrap(), served.server.http_url())
        .header("origin", "http://localhost:5173")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type")
        .send()
        .await
        .unwrap();
    assert!(preflight.status().is_success());
    assert_eq!(preflight.headers()["access-control-allow-origin"], "*");
}
