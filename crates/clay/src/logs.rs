//! What a transaction told and cost, and all events of a contract, newest first.

use alloy::{
    primitives::{Address, U256},
    providers::Provider,
    rpc::types::{Filter, Log, TransactionReceipt},
    sol_types::SolEvent,
};

use crate::{amount::display_eth, client::Client, failure::Failure};

/// Blocks below which a range that the node refuses is not halved again.
const SMALLEST_RANGE: u64 = 10_000;

/// What a contract told in a transaction, in order.
pub(crate) fn emitted<E: SolEvent>(
    receipt: &TransactionReceipt,
    of: Address,
) -> impl Iterator<Item = E> {
    let logs = receipt.inner.logs().iter();
    let events = logs
        .filter(|log| log.address() == of)
        .filter_map(|log| E::decode_log(&log.inner).ok());
    // Few, and then the receipt need not outlive them.
    let events: Vec<E> = events.map(|event| event.data).collect();
    events.into_iter()
}

/// The last lines about a transaction: its gas with what that cost, and its hash.
pub(crate) fn costs(receipt: &TransactionReceipt) -> [(&'static str, String); 2] {
    let cost = U256::from(receipt.gas_used) * U256::from(receipt.effective_gas_price);
    [
        (
            "gas",
            format!("{} ({})", receipt.gas_used, display_eth(cost)),
        ),
        ("transaction", receipt.transaction_hash.to_string()),
    ]
}

/// A search backwards from the latest block, or an earlier one. Nodes refuse ranges that are too long for them; the search then goes on
/// with shorter ones.
pub(crate) struct Logs<'a> {
    client: &'a Client,
    filter: Filter,
    first: u64,
    /// The newest block not looked at; none when all were.
    last: Option<u64>,
    range: u64,
}

impl<'a> Logs<'a> {
    /// Starts a search for what `filter` describes, back to the block `first`.
    ///
    /// # Errors
    /// If the RPC does not answer.
    pub(crate) async fn search(
        client: &'a Client,
        filter: Filter,
        first: u64,
    ) -> Result<Self, Failure> {
        let latest = client.block_number().await?;
        Ok(Self::up_to(client, filter, first, latest))
    }

    /// Starts a search from the block `last`, back to the block `first`.
    pub(crate) fn up_to(client: &'a Client, filter: Filter, first: u64, last: u64) -> Self {
        Self {
            client,
            filter,
            first,
            last: (last >= first).then_some(last),
            range: u64::MAX,
        }
    }

    /// The next events, newest first, if there may be more. They can be none.
    ///
    /// # Errors
    /// If the RPC does not answer, or refuses even short ranges.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Log>>, Failure> {
        let Some(last) = self.last else {
            return Ok(None);
        };
        loop {
            let from = last.saturating_sub(self.range - 1).max(self.first);
            let filter = self.filter.clone().from_block(from).to_block(last);
            match self.client.provider().get_logs(&filter).await {
                Ok(mut logs) => {
                    self.last = from.checked_sub(1).filter(|last| *last >= self.first);
                    logs.reverse();
                    return Ok(Some(logs));
                }
                Err(error) if error.as_error_resp().is_some() && last - from >= SMALLEST_RANGE => {
                    self.range = (last - from).div_ceil(2);
                }
                Err(error) => return Err(self.client.explain("searching events", &error)),
            }
        }
    }
}
