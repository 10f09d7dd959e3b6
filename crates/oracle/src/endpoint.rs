//! HTTP endpoints. Providers put keys into addresses, so only scheme, host and port are ever shown. Whoever answers may be
//! hostile: no answer is read without a bound, and no words are shown that a terminal could take for orders.

use std::{fmt, task, time::Duration};

use alloy::{
    providers::{DynProvider, Provider, ProviderBuilder},
    rpc::{
        client::ClientBuilder,
        json_rpc::{RequestPacket, ResponsePacket},
    },
    transports::{TransportError, TransportErrorKind, TransportFut},
};
use reqwest::{Client, Response, Url};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// The most bytes of a refusal that are read.
const MOST_WORDS: usize = 200;
/// The most bytes that an L1 node may answer with.
const MOST_OF_L1: usize = 64 << 20;

/// A server, and how it is asked.
#[derive(Clone)]
pub(crate) struct Endpoint {
    base: Url,
    client: Client,
}

impl Endpoint {
    /// The server at `url`, which has so long to answer. In words, what is wrong with the address.
    pub fn new(url: &str, answer: Duration) -> Result<Self, String> {
        let base = Url::parse(url).map_err(|error| format!("what is no URL ({error})"))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err("an address that is neither http nor https".into());
        }
        let client = Client::builder().connect_timeout(CONNECT).timeout(answer);
        // Whoever answers does not choose whom else to ask.
        let client = client.redirect(reqwest::redirect::Policy::none());
        let client = client.build().map_err(|error| error.to_string())?;
        Ok(Self { base, client })
    }

    /// A GET of a path below the server's address.
    pub async fn get(&self, path: &str) -> Result<Response, String> {
        self.answer(self.client.get(self.at(path))).await
    }

    /// A POST of JSON.
    pub async fn post(&self, path: &str, body: &impl serde::Serialize) -> Result<Response, String> {
        self.answer(self.client.post(self.at(path)).json(body))
            .await
    }

    fn at(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        let (path, query) = path
            .split_once('?')
            .map_or((path, None), |(p, q)| (p, Some(q)));
        let joined = format!("{}/{path}", self.base.path().trim_end_matches('/'));
        url.set_path(&joined);
        if query.is_some() {
            url.set_query(query);
        }
        url
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> Result<Response, String> {
        request
            .send()
            .await
            .map_err(|error| innermost(&error.without_url()))
    }
}

/// The body of an answer, if it has no more than so many bytes. In words, what is wrong.
pub(crate) async fn body(mut response: Response, most: usize) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    loop {
        let chunk = response.chunk().await;
        let chunk = chunk.map_err(|error| innermost(&error.without_url()))?;
        let Some(chunk) = chunk else { return Ok(body) };
        body.extend_from_slice(&chunk);
        if body.len() > most {
            return Err(format!("it answers with more than {most} bytes"));
        }
    }
}

/// The first words of a refusal, fit to be shown.
pub(crate) async fn refusal(mut response: Response) -> String {
    let mut words = Vec::new();
    while words.len() < MOST_WORDS {
        match response.chunk().await {
            Ok(Some(chunk)) => words.extend_from_slice(&chunk[..chunk.len().min(MOST_WORDS)]),
            _ => break,
        }
    }
    words.truncate(MOST_WORDS);
    printable(&String::from_utf8_lossy(&words))
}

/// Words of somebody else, fit to be shown: not too many, and with control characters escaped.
pub(crate) fn printable(words: &str) -> String {
    let mut shown = String::new();
    for character in words.chars().take(MOST_WORDS) {
        // Marks that turn the direction of text are as good as control characters.
        let turns = matches!(character, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if character.is_control() || turns {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// JSON-RPC at an endpoint.
pub(crate) fn json_rpc(endpoint: Endpoint) -> DynProvider {
    let client = ClientBuilder::default().transport(endpoint, false);
    ProviderBuilder::default().connect_client(client).erased()
}

impl tower::Service<RequestPacket> for Endpoint {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> task::Poll<Result<(), Self::Error>> {
        task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, packet: RequestPacket) -> Self::Future {
        let endpoint = self.clone();
        Box::pin(async move {
            let request = endpoint.client.post(endpoint.base.clone()).json(&packet);
            let response = endpoint.answer(request).await;
            let response = response.map_err(|cause| TransportErrorKind::custom_str(&cause))?;
            let status = response.status();
            if !status.is_success() {
                let words = refusal(response).await;
                return Err(TransportErrorKind::http_error(status.as_u16(), words));
            }
            let body = body(response, MOST_OF_L1).await;
            let body = body.map_err(|cause| TransportErrorKind::custom_str(&cause))?;
            serde_json::from_slice(&body).map_err(|error| TransportError::deser_err(error, ""))
        })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.base))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What of an address may be shown.
pub(crate) fn shown(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    format!("{}://{host}{port}", url.scheme())
}

/// The last cause in a chain of errors, which is the one that names the trouble.
pub(crate) fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_others_give_a_terminal_no_orders() {
        let hostile = "\u{1b}[2J\rall is well\n\u{202e}now";
        let shown = "\\u{1b}[2J\\rall is well\\n\\u{202e}now";
        assert_eq!(printable(hostile), shown);
        assert_eq!(printable("not found: Zürich"), "not found: Zürich");
        assert_eq!(printable(&"a".repeat(1_000)).len(), MOST_WORDS);
    }

    #[test]
    fn paths_are_joined_below_the_address_given() {
        for base in ["http://node:1/key", "http://node:1/key/"] {
            let endpoint = Endpoint::new(base, CONNECT).unwrap();
            let joined = endpoint.at("eth/v1?status=active");
            assert_eq!(joined.as_str(), "http://node:1/key/eth/v1?status=active");
            assert_eq!(endpoint.to_string(), "http://node:1");
        }
    }
}
