//! How an operator's score came about, by events.

use alloy::{
    primitives::U256,
    providers::Provider,
    rpc::types::{Filter, Log},
    sol_types::SolEventInterface,
};
use serde_json::{json, Value};

use super::Registry;
use crate::{
    amount::{display, display_eth},
    bindings::OperatorRegistry::OperatorRegistryEvents::{self as Event, *},
    failure::Failure,
    logs::Logs,
    moment::date,
    numbers::{cause, unlisted},
};

/// Something that changed how an operator stands.
pub(super) struct Entry {
    block: u64,
    time: u64,
    what: String,
}

impl Entry {
    /// All about an operator, oldest first.
    pub(super) async fn all_of(registry: &Registry, operator: U256) -> Result<Vec<Self>, Failure> {
        let mut entries = Vec::new();
        let client = &registry.client;
        let since = registry.pool.since(client, "operator-registry").await?;
        // Events tell of the operator first, or of its cluster first.
        let about = Filter::new().address(registry.address);
        let filters = [
            about.clone().topic1(operator),
            about.clone().topic2(operator),
        ];
        for (place, filter) in filters.into_iter().enumerate() {
            let mut logs = Logs::search(client, filter, since).await?;
            while let Some(batch) = logs.next().await? {
                for log in batch {
                    let told = Event::decode_log(&log.inner);
                    let what = told.ok().and_then(|event| words(&event.data, place));
                    if let Some(what) = what {
                        let time = time_of(registry, &log).await?;
                        let index = log.log_index.unwrap_or_default();
                        let block = log.block_number.unwrap_or_default();
                        entries.push((index, Self { block, time, what }));
                    }
                }
            }
        }
        entries.sort_by_key(|(index, entry)| (entry.block, *index));
        Ok(entries.into_iter().map(|(_, entry)| entry).collect())
    }

    /// A line of the history.
    pub(super) fn row(&self) -> String {
        format!("  {:>10}  {}  {}", self.block, date(self.time), self.what)
    }

    /// As JSON: time in Unix seconds.
    pub(super) fn json(&self) -> Value {
        json!({ "block": self.block, "time": self.time, "what": self.what })
    }
}

/// What an event says about the operator that stands in its first or second place; none if it is about something else.
fn words(event: &Event, place: usize) -> Option<String> {
    let first = place == 0;
    Some(match event {
        OperatorRegistered(_) if first => "registered".into(),
        Vouched(e) if first && e.vouched => "vouched for".into(),
        Vouched(_) if first => "not vouched for any more".into(),
        ConductChanged(e) if first => format!("conduct {}: {}", e.conduct, cause(e.cause)),
        LeafApplied(e) if first => format!(
            "performance {} in epoch {}; {} clean epochs",
            e.performance, e.epoch, e.cleanEpochs
        ),
        PenaltyCharged(e) if first => format!(
            "penalty charged: {} shares, {} are owed",
            display(e.shares),
            display(e.debt)
        ),
        PenaltyExpected(e) if first => format!(
            "a penalty of {} to be charged, for cluster {}",
            display_eth(e.assets),
            e.cluster
        ),
        BondShort(_) if first => "bond short".into(),
        BondWhole(_) if first => "bond whole again".into(),
        OperatorListed(_) if first => "can be chosen".into(),
        OperatorUnlisted(e) if first => format!("cannot be chosen: {}", unlisted(e.reason)),
        CeremonyFailed(e) if !first => format!(
            "failed the key ceremony of cluster {}: pays {} shares, not chosen before {}",
            e.cluster,
            display(e.paid),
            date(e.suspendedUntil.saturating_to())
        ),
        _ => return None,
    })
}

async fn time_of(registry: &Registry, log: &Log) -> Result<u64, Failure> {
    if let Some(time) = log.block_timestamp {
        return Ok(time);
    }
    let client = &registry.client;
    let block = log.block_number.unwrap_or_default();
    let found = client.provider().get_block_by_number(block.into()).await;
    let found = found.map_err(|error| client.explain("reading a block", &error))?;
    let gone = || Failure::Conflict(format!("block {block} is gone."));
    Ok(found.ok_or_else(gone)?.header.timestamp)
}
