//! A deposit by a transaction signed outside the chain, and what bad transactions and messages get over RPC.
//! After each of them the next deposit succeeds.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use alloy::{
    consensus::{SignableTransaction, TxEip1559, TxEnvelope},
    eips::eip2718::Encodable2718,
    network::TxSignerSync,
    primitives::{hex, Bytes, TxKind, U256},
    providers::{Provider, ProviderBuilder},
    rpc::types::TransactionRequest,
    signers::local::PrivateKeySigner,
    sol_types::SolCall,
};
use clay_chain::TEST_KEYS;
use clay_rpc::{RpcServer, RunningServer};
use e2e::{
    CsEthToken, Pool,
    StakeManager::{deposit_0Call, DepositValueMismatch},
    ALICE, ETH,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A pool behind a socket.
struct Served {
    pool: Pool,
    server: RunningServer,
    provider: alloy::providers::DynProvider,
}

async fn serve() -> Served {
    let pool = Pool::new();
    let chain = Arc::new(Mutex::new(pool.chain.clone()));
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = RpcServer::start(chain, address, clay_rpc::Options::default())
        .await
        .expect("a port");
    let url = server.http_url().parse().expect("a URL");
    let provider = ProviderBuilder::new()
        .disable_recommended_fillers()
        .connect_http(url)
        .erased();
    Served {
        pool,
        server,
        provider,
    }
}

impl Served {
    /// Alice's transaction, signed here; the chain has never seen her key.
    fn deposit(&self, nonce: u64, value: U256) -> TxEip1559 {
        TxEip1559 {
            chain_id: 412_346,
            nonce,
            gas_limit: 2_000_000,
            max_fee_per_gas: 1_000_000_000,
            max_priority_fee_per_gas: 0,
            to: TxKind::Call(self.pool.manager),
            value,
            input: deposit_0Call {
                assets: ETH,
                receiver: ALICE,
            }
            .abi_encode()
            .into(),
            ..TxEip1559::default()
        }
    }

    async fn nonce(&self) -> u64 {
        self.provider
            .get_transaction_count(ALICE)
            .await
            .expect("an answer")
    }

    async fn shares(&self) -> U256 {
        let call = CsEthToken::balanceOfCall { account: ALICE }.abi_encode();
        let request = TransactionRequest::default()
            .to(self.pool.token)
            .input(Bytes::from(call).into());
        U256::from_be_slice(&self.provider.call(request).await.expect("a view"))
    }

    /// The next deposit works.
    async fn deposits(&self) {
        let before = self.shares().await;
        let raw = sign(self.deposit(self.nonce().await, ETH));
        let pending = self
            .provider
            .send_raw_transaction(&raw)
            .await
            .expect("taken");
        assert!(pending.get_receipt().await.expect("mined").status());
        assert!(self.shares().await > before);
    }

    /// Sends a raw HTTP body and returns the answer's.
    async fn post(&self, body: &str) -> String {
        let mut stream = TcpStream::connect(self.server.local_addr())
            .await
            .expect("a connection");
        let request = format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        answer
    }
}

fn sign(mut transaction: TxEip1559) -> Vec<u8> {
    let signer: PrivateKeySigner = TEST_KEYS[0].parse().expect("a key");
    let signature = signer
        .sign_transaction_sync(&mut transaction)
        .expect("a signature");
    TxEnvelope::from(transaction.into_signed(signature)).encoded_2718()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deposit_signed_outside_the_chain_mints() {
    let served = serve().await;
    served.deposits().await;
    assert_eq!(served.shares().await, ETH - U256::from(1_000));
    served.deposits().await;
    assert_eq!(
        served.shares().await,
        ETH * U256::from(2) - U256::from(1_000)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_typed_error_reaches_the_client() {
    let served = serve().await;
    let sent = ETH - U256::from(1);
    let input = deposit_0Call {
        assets: ETH,
        receiver: ALICE,
    };
    let request = TransactionRequest::default()
        .from(ALICE)
        .to(served.pool.manager)
        .value(sent)
        .input(Bytes::from(input.abi_encode()).into());
    let error = served.provider.call(request).await.expect_err("underpaid");
    let payload = error.as_error_resp().expect("an answer with an error");
    let typed = payload
        .as_decoded_error::<DepositValueMismatch>()
        .expect("decodes");
    assert_eq!((typed.assets, typed.sent), (ETH, sent));
    served.deposits().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_transactions_are_refused_in_words() {
    let served = serve().await;
    served.deposits().await;
    let nonce = served.nonce().await;

    let mut forged = sign(served.deposit(nonce, ETH));
    let last = forged.len() - 1;
    forged[last] ^= 1; // Recovers a stranger without ETH, or nobody.
    let wrong_chain = sign(TxEip1559 {
        chain_id: 1,
        ..served.deposit(nonce, ETH)
    });
    let used_nonce = sign(served.deposit(nonce - 1, ETH));
    let too_dear = sign(served.deposit(nonce, U256::from(1) << 120));
    let no_gas = sign(TxEip1559 {
        gas_limit: 20_999,
        ..served.deposit(nonce, ETH)
    });
    let cheap = sign(TxEip1559 {
        max_fee_per_gas: 1,
        ..served.deposit(nonce, ETH)
    });
    for (what, raw, words) in [
        ("forged", forged, ""),
        ("wrong chain", wrong_chain, "chain"),
        ("used nonce", used_nonce, "nonce too low"),
        ("too dear", too_dear, "insufficient funds"),
        ("too little gas", no_gas, "intrinsic gas too low"),
        (
            "too cheap",
            cheap,
            "max fee per gas less than block base fee",
        ),
        ("truncated", vec![2, 0xf8], ""),
        ("empty", vec![], ""),
    ] {
        let error = served
            .provider
            .send_raw_transaction(&raw)
            .await
            .expect_err(what);
        let payload = error
            .as_error_resp()
            .unwrap_or_else(|| panic!("{what}: {error}"));
        assert!(
            payload.message.contains(words),
            "{what}: {}",
            payload.message
        );
        assert_eq!(served.nonce().await, nonce, "{what}");
    }
    served.deposits().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_gap_waits_until_it_is_filled() {
    let served = serve().await;
    let nonce = served.nonce().await;
    let waiting = served
        .provider
        .send_raw_transaction(&sign(served.deposit(nonce + 1, ETH)))
        .await
        .expect("queued");
    assert_eq!(served.nonce().await, nonce);
    served.deposits().await;
    assert!(waiting.get_receipt().await.expect("mined").status());
    assert_eq!(served.nonce().await, nonce + 2);
    served.deposits().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_json_gets_an_error_and_the_server_goes_on() {
    let served = serve().await;
    let raw = hex::encode_prefixed(sign(served.deposit(served.nonce().await, ETH)));
    for (body, code) in [
        ("{", "-32700"),
        ("", "-32700"),
        ("\u{0}", "-32700"),
        ("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_chainId\",\"params\":[}", "-32700"),
        ("[]", "-32600"),
        ("42", "-32700"),
        ("{\"jsonrpc\":\"2.0\",\"id\":1}", "-32600"),
        ("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_noSuchThing\"}", "-32601"),
        ("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_getBalance\",\"params\":[\"0x12\",\"latest\"]}", "-32602"),
        (&format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_sendRawTransaction\",\"params\":[\"{}zz\"]}}", &raw[..20]), "-32602"),
    ] {
        let answer = served.post(body).await;
        assert!(answer.contains(code), "{body:?}: {answer}");
    }
    served.deposits().await;
}
