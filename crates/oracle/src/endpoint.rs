//! HTTP endpoints. Providers put keys into addresses, so only scheme, host and port are ever shown.

use std::{fmt, time::Duration};

use reqwest::{Client, Response, Url};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// A server, and how it is asked.
#[derive(Clone)]
pub(crate) struct Endpoint {
    base: Url,
    client: Client,
}

impl Endpoint {
    /// The server at `url`, which has so long to answer. In words, what is wrong with the address.
    pub fn new(url: &str, answer: Duration) -> Result<Self, String> {
        let mut base = Url::parse(url).map_err(|error| format!("what is no URL ({error})"))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err("an address that is neither http nor https".into());
        }
        // Joined paths replace what stands after the last slash.
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let client = Client::builder().connect_timeout(CONNECT).timeout(answer);
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
        let joined = format!("{}{path}", self.base.path());
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
