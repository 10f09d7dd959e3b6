//! What a chain's past says: blocks by their times, and events over long ranges.

use alloy::{
    providers::{DynProvider, Provider},
    rpc::types::{Filter, Log},
    transports::{RpcError, TransportError, TransportErrorKind, TransportResult},
};

/// The first block after a time, as blocks' times never fall; the one after `latest` if there is none. Blocks that the
/// node does not know are taken for older ones.
pub(crate) async fn first_block_after(
    provider: &DynProvider,
    time: u64,
    latest: u64,
) -> TransportResult<u64> {
    let (mut low, mut high) = (0, latest.saturating_add(1));
    while low < high {
        let middle = low + (high - low) / 2;
        let block = provider.get_block(middle.into()).await?;
        if block.is_some_and(|block| block.header.timestamp > time) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(low)
}

/// Events of a range of blocks, oldest first. A node that refuses a long range is asked for shorter ones.
pub(crate) async fn events(
    provider: &DynProvider,
    filter: &Filter,
    first: u64,
    last: u64,
) -> TransportResult<Vec<Log>> {
    let mut found = Vec::new();
    let (mut next, mut range) = (first, u64::MAX);
    while next <= last {
        let until = last.min(next.saturating_add(range - 1));
        let filter = filter.clone().select(next..=until);
        match provider.get_logs(&filter).await {
            Ok(logs) => {
                found.extend(logs);
                next = until + 1;
            }
            Err(error) if until > next && is_refusal(&error) => {
                range = (until - next + 1).div_ceil(2);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Whether a node answers, and says no.
fn is_refusal(error: &TransportError) -> bool {
    let http = matches!(error, RpcError::Transport(TransportErrorKind::HttpError(_)));
    http || error.as_error_resp().is_some()
}
