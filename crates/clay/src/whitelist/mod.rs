//! The kyc-whitelist, for people: rights by name, its history, what follows from it, and what the Board decides in
//! plain words.

pub mod conversion;
pub mod csv;
pub mod event;
pub mod export;
pub mod register;
pub mod rights;
pub mod terms;
pub mod words;

use alloy::{
    primitives::{Address, B256},
    providers::Provider,
    rpc::types::Filter,
    sol_types::SolEventInterface,
};

use crate::{
    bindings::KycWhitelist::{boardCall, KycWhitelistEvents},
    client::Client,
    deploy::record::Deployment,
    failure::Failure,
    logs::Logs,
};
use event::Event;

/// Its name in the deployment file.
pub const NAME: &str = "shared/kyc-whitelist";

/// A denial until then stands until it is lifted: 2^40 - 1.
pub const UNTIL_LIFTED: u64 = (1 << 40) - 1;

/// The whitelist of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whitelist {
    /// Where it is.
    pub address: Address,
    /// The block that created it; the first one if that is not known.
    pub since: u64,
}

impl Whitelist {
    /// Finds it in a deployment.
    ///
    /// # Errors
    /// [`Failure::NotDeployed`] if it is not in the file or not on the chain.
    pub async fn find(client: &Client, deployment: &Deployment) -> Result<Self, Failure> {
        Ok(Self {
            address: deployment.contract(client, NAME).await?,
            since: deployment.created(client, NAME).await?,
        })
    }

    /// The Board, as the whitelist has it now.
    ///
    /// # Errors
    /// If the RPC does not answer.
    pub async fn board(&self, client: &Client) -> Result<Address, Failure> {
        client.view(self.address, boardCall {}).await
    }

    /// Everything that ever happened to it, up to a block, oldest first.
    ///
    /// # Errors
    /// If the RPC does not answer, [`Failure::Conflict`] if the whitelist tells of something that this version of the
    /// tool does not know: what would follow from the rest alone may be wrong.
    pub async fn history(&self, client: &Client, until: u64) -> Result<Vec<Event>, Failure> {
        let filter = Filter::new().address(self.address);
        let mut search = Logs::up_to(client, filter, self.since, until);
        let mut events = Vec::new();
        while let Some(logs) = search.next().await? {
            for log in logs {
                let what = KycWhitelistEvents::decode_log(&log.inner);
                let (Ok(what), Some(block), Some(block_hash), Some(transaction), Some(index)) = (
                    what,
                    log.block_number,
                    log.block_hash,
                    log.transaction_hash,
                    log.log_index,
                ) else {
                    return Err(Failure::Conflict(format!(
                        "the kyc-whitelist has an event {} in block {} that this version of clay does not know.",
                        log.topic0().copied().unwrap_or_default(),
                        log.block_number.unwrap_or_default()
                    )));
                };
                events.push(Event {
                    block,
                    block_hash,
                    time: log.block_timestamp,
                    transaction,
                    index,
                    what: what.data,
                });
            }
        }
        events.sort_by_key(|event| (event.block, event.index));
        date(client, &mut events).await?;
        Ok(events)
    }
}

/// Asks for the times of blocks that the node did not tell along with the events.
async fn date(client: &Client, events: &mut [Event]) -> Result<(), Failure> {
    let mut known: Option<(B256, u64)> = None;
    for event in events.iter_mut().filter(|event| event.time.is_none()) {
        let time = match known {
            Some((block, time)) if block == event.block_hash => time,
            _ => {
                let block = client.provider().get_block_by_hash(event.block_hash).await;
                let block = block.map_err(|error| client.explain("reading a block", &error))?;
                let gone = || Failure::Conflict(format!("block {} is gone.", event.block));
                block.ok_or_else(gone)?.header.timestamp
            }
        };
        known = Some((event.block_hash, time));
        event.time = Some(time);
    }
    Ok(())
}
