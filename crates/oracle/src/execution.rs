//! A node of L1, asked through JSON-RPC: the gateway at one block.

use std::collections::HashMap;

use alloy::{
    eips::BlockId,
    network::TransactionBuilder,
    primitives::{Address, Log, B256, U256},
    providers::{DynProvider, Provider, ProviderBuilder},
    rpc::types::{Filter, SyncStatus, TransactionRequest},
    sol_types::{SolCall, SolEvent},
    transports::TransportError,
};

use crate::{
    beacon::PublicKey,
    bindings::Gateway::{totalsCall, Deposited, GivenBack},
    endpoint::{innermost, shown},
    error::{OracleError, Result},
    history,
    report::GWEI,
};

/// How long the node may take.
const ANSWER: std::time::Duration = std::time::Duration::from_secs(30);

/// A node of L1.
#[derive(Clone)]
pub struct ExecutionNode {
    provider: DynProvider,
    url: reqwest::Url,
}

/// The gateway's counters and balance at a block, wei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GatewayTotals {
    /// ETH of its account.
    pub balance: u128,
    /// Given to the deposit contract so far.
    pub deposited: u128,
    /// Came for a key and goes back instead, so far.
    pub unused: u128,
    /// Still to be deposited or given back.
    pub held: u128,
    /// Sent to the stake-manager so far.
    pub sent_back: u128,
}

impl ExecutionNode {
    /// The node at `url`, http or https.
    ///
    /// # Errors
    /// [`OracleError::Rpc`] for what is no address.
    pub fn new(url: &str) -> Result<Self> {
        let unusable = |cause: String| OracleError::Rpc {
            action: "connecting to L1".into(),
            cause,
        };
        let url: reqwest::Url = url
            .parse()
            .map_err(|error| unusable(format!("--l1 is no URL ({error})")))?;
        let client = reqwest::Client::builder().timeout(ANSWER).build();
        let client = client.map_err(|error| unusable(error.to_string()))?;
        let provider = ProviderBuilder::default().connect_reqwest(client, url.clone());
        Ok(Self {
            provider: provider.erased(),
            url,
        })
    }

    /// Makes sure that the node has the newest blocks.
    ///
    /// # Errors
    /// [`OracleError::NotSynchronised`] if it has not.
    pub async fn require_synchronised(&self) -> Result<()> {
        let status = self.provider.syncing().await;
        match status
            .map_err(|error| self.explain("asking L1 whether it is synchronised", &error))?
        {
            SyncStatus::None => Ok(()),
            SyncStatus::Info(_) => Err(OracleError::NotSynchronised {
                node: "the L1 node",
                why: "it is fetching blocks".into(),
            }),
        }
    }

    /// Chain id.
    ///
    /// # Errors
    /// If the node does not answer.
    pub async fn chain_id(&self) -> Result<u64> {
        let id = self.provider.get_chain_id().await;
        id.map_err(|error| self.explain("reading L1's chain id", &error))
    }

    /// The gateway's counters and balance after a block.
    ///
    /// # Errors
    /// If the node does not answer or knows no such block, or no gateway is there.
    pub async fn gateway(&self, gateway: Address, block: B256) -> Result<GatewayTotals> {
        // Of the chain as it stands: a block that was replaced is refused.
        let at = BlockId::hash_canonical(block);
        let balance = self.provider.get_balance(gateway).block_id(at).await;
        let balance =
            balance.map_err(|error| self.explain("reading the gateway's balance", &error))?;
        let request = TransactionRequest::default()
            .with_to(gateway)
            .with_input(totalsCall {}.abi_encode());
        let answer = self.provider.call(request).block(at).await;
        let answer =
            answer.map_err(|error| self.explain("reading the gateway's totals", &error))?;
        let totals =
            totalsCall::abi_decode_returns(&answer).map_err(|_| OracleError::NoContract {
                what: "the gateway",
                account: gateway,
                chain: "L1",
            })?;
        Ok(GatewayTotals {
            balance: narrow("the gateway's balance", balance)?,
            deposited: narrow("deposited", totals.deposited)?,
            unused: narrow("unused", totals.unused)?,
            held: narrow("held", totals.held)?,
            sent_back: narrow("sentBack", totals.sentBack)?,
        })
    }

    /// The gateway's deposits of a block: keys and gwei.
    ///
    /// # Errors
    /// If the node does not answer or knows no such block.
    pub async fn deposits(&self, gateway: Address, block: B256) -> Result<Vec<(PublicKey, u64)>> {
        let filter = Filter::new()
            .at_block_hash(block)
            .address(gateway)
            .event_signature(Deposited::SIGNATURE_HASH);
        let logs = self.provider.get_logs(&filter).await;
        let logs = logs.map_err(|error| self.explain("reading the gateway's deposits", &error))?;
        logs.iter().map(|log| key_and_gwei(&log.inner)).collect()
    }

    /// Gwei that the gateway deposited for each key, or gave back, in blocks after a time and up to a final block.
    ///
    /// # Errors
    /// If the node does not answer.
    pub async fn received(
        &self,
        gateway: Address,
        since: u64,
        last: u64,
    ) -> Result<HashMap<PublicKey, u64>> {
        let problem = |error| self.explain("reading what the gateway received", &error);
        let first = history::first_block_after(&self.provider, since, last).await;
        let filter = Filter::new()
            .address(gateway)
            .event_signature(vec![Deposited::SIGNATURE_HASH, GivenBack::SIGNATURE_HASH]);
        let first = first.map_err(problem)?;
        let logs = history::events(&self.provider, &filter, first, last).await;
        let mut received: HashMap<PublicKey, u64> = HashMap::new();
        for log in logs.map_err(problem)? {
            let (key, gwei) = key_and_gwei(&log.inner)?;
            let sum = received.entry(key).or_default();
            *sum = sum.saturating_add(gwei);
        }
        Ok(received)
    }

    fn explain(&self, action: &str, error: &TransportError) -> OracleError {
        let cause = match error.as_error_resp() {
            Some(response) => response.message.to_string(),
            None => format!(
                "no L1 node answers at {} ({})",
                shown(&self.url),
                innermost(error).replace(self.url.as_str(), &shown(&self.url))
            ),
        };
        OracleError::Rpc {
            action: action.to_owned(),
            cause,
        }
    }
}

impl std::fmt::Debug for ExecutionNode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ExecutionNode")
            .field(&shown(&self.url))
            .finish()
    }
}

/// Key and gwei of an event `Deposited` or `GivenBack`, which have the same arguments.
fn key_and_gwei(log: &Log) -> Result<(PublicKey, u64)> {
    let arguments = match log.topics().first() {
        Some(&GivenBack::SIGNATURE_HASH) => {
            GivenBack::decode_log(log).map(|it| (it.publicKey.clone(), it.assets))
        }
        _ => Deposited::decode_log(log).map(|it| (it.publicKey.clone(), it.assets)),
    };
    let unreadable = || OracleError::Rpc {
        action: "reading an event of the gateway".into(),
        cause: "it has other arguments than it should".into(),
    };
    let (key, assets) = arguments.map_err(|_| unreadable())?;
    let key = PublicKey::try_from(key.as_ref()).map_err(|_| unreadable())?;
    let gwei = narrow("a deposit", assets)? / GWEI;
    let gwei = u64::try_from(gwei).map_err(|_| OracleError::TooLarge {
        what: "a deposit",
        amount: assets.to_string(),
    })?;
    Ok((key, gwei))
}

fn narrow(what: &'static str, amount: U256) -> Result<u128> {
    amount.try_into().map_err(|_| OracleError::TooLarge {
        what,
        amount: amount.to_string(),
    })
}
