//! The address of an RPC. Providers put keys into it, so only its harmless part is ever shown.

use std::fmt;

use alloy::transports::http::reqwest::Url;

use crate::failure::Failure;

/// Parts shorter than this are no keys, and stand in other words too.
const SHORTEST_SECRET: usize = 8;

/// An RPC's address; shown as scheme, host and port.
#[derive(Clone)]
pub struct RpcUrl {
    given: String,
    parsed: Option<Url>,
}

impl RpcUrl {
    /// The address as the user gives it: a URL, or `host:port`, which means http.
    pub fn new(given: &str) -> Self {
        let has_port = given
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let given = if given.contains("://") || !has_port {
            given.to_owned()
        } else {
            format!("http://{given}")
        };
        let parsed = Url::parse(&given).ok();
        Self { given, parsed }
    }

    /// Makes sure that it can be the address of an RPC.
    ///
    /// # Errors
    /// [`Failure::Usage`] if it is no URL, or not one of http, https, ws or wss. It is not repeated: what is no URL may
    /// be a key.
    pub(crate) fn require_usable(&self) -> Result<(), Failure> {
        let schemes = ["http", "https", "ws", "wss"];
        let usable = |url: &Url| schemes.contains(&url.scheme()) && url.has_host();
        if self.parsed.as_ref().is_some_and(usable) {
            return Ok(());
        }
        Err(Failure::Usage(
            "--rpc (or CLAY_RPC) is no URL of an RPC: it begins with http://, https://, ws:// or wss://, as in \
             http://127.0.0.1:8547."
                .into(),
        ))
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
            let words = url.mask(&format!("{}: no s3cr3tkey at /v2", url.secret()));
            assert!(words.starts_with(shown), "{words}");
        }
        let url = RpcUrl::new("https://arb.example/v2/s3cr3tkey");
        assert_eq!(url.mask("no /v2/s3cr3tkey here"), "no /v2/... here");
    }

    #[test]
    fn what_is_no_address_of_an_rpc_is_a_wrong_argument() {
        for given in [
            "http://127.0.0.1:8547",
            "wss://arb.example/v2",
            "localhost:8547",
            "127.0.0.1:8547",
            "arb.example:80",
        ] {
            assert!(RpcUrl::new(given).require_usable().is_ok(), "{given}");
        }
        for given in ["htp:/x", "", "s3cr3tkey", "ftp://arb.example", "http://[x"] {
            let refused = RpcUrl::new(given).require_usable().unwrap_err();
            assert_eq!(refused.exit_code(), 2, "{given}");
            assert!(!refused.to_string().contains("s3cr3tkey"));
        }
    }
}
