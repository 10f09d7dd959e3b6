//! The address of an RPC. Providers put keys into it, so only its harmless part is ever shown.

use std::fmt;

use alloy::transports::http::reqwest::Url;

/// Parts shorter than this are no keys, and stand in other words too.
const SHORTEST_SECRET: usize = 8;

/// An RPC's address; shown as scheme, host and port.
#[derive(Clone)]
pub struct RpcUrl {
    given: String,
    parsed: Option<Url>,
}

impl RpcUrl {
    /// The address as the user gives it: a URL, or `host:port`.
    pub fn new(given: &str) -> Self {
        let parsed = if given.contains("://") {
            Url::parse(given)
        } else {
            Url::parse(&format!("http://{given}"))
        };
        Self {
            given: given.to_owned(),
            parsed: parsed.ok(),
        }
    }

    /// All of it, to connect to.
    pub(crate) fn secret(&self) -> &str {
        &self.given
    }

    /// Hides what may be a key in words that others say of this address.
    pub(crate) fn mask(&self, words: &str) -> String {
        let mut words = words.replace(&self.given, &self.to_string());
        let Some(url) = &self.parsed else {
            return words;
        };
        words = words.replace(url.as_str(), &self.to_string());
        let parts = [url.username(), url.password().unwrap_or_default()]
            .into_iter()
            .chain(url.path().split('/'))
            .chain(url.query().unwrap_or_default().split(['&', '=']));
        for part in parts.filter(|part| part.len() >= SHORTEST_SECRET) {
            words = words.replace(part, "...");
        }
        words
    }
}

impl fmt::Display for RpcUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((url, host)) = self
            .parsed
            .as_ref()
            .and_then(|url| Some((url, url.host_str()?)))
        else {
            return f.write_str("what is no URL");
        };
        write!(f, "{}://{host}", url.scheme())?;
        if let Some(port) = url.port() {
            write!(f, ":{port}")?;
        }
        let plain = url.username().is_empty()
            && url.password().is_none()
            && url.path().trim_matches('/').is_empty()
            && url.query().is_none();
        f.write_str(if plain { "" } else { "/..." })
    }
}

impl fmt::Debug for RpcUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_in_an_address_are_not_shown() {
        for (given, shown) in [
            ("http://127.0.0.1:8547", "http://127.0.0.1:8547"),
            ("localhost:8547", "http://localhost:8547"),
            (
                "https://arb.example/v2/s3cr3tkey",
                "https://arb.example/...",
            ),
            (
                "wss://me:s3cr3tkey@arb.example:99",
                "wss://arb.example:99/...",
            ),
            (
                "https://arb.example?key=s3cr3tkey",
                "https://arb.example/...",
            ),
            ("https://me:s3cr3tkey/@arb.example", "what is no URL"),
        ] {
            let url = RpcUrl::new(given);
            assert_eq!(url.to_string(), shown);
            assert!(!format!("{url:?}").contains("s3cr3tkey"));
            let words = url.mask(&format!("{given}: no s3cr3tkey at /v2"));
            assert!(words.starts_with(shown), "{words}");
        }
        let url = RpcUrl::new("https://arb.example/v2/s3cr3tkey");
        assert_eq!(url.mask("no /v2/s3cr3tkey here"), "no /v2/... here");
    }
}
