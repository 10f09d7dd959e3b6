//! Filters that a client polls: what each has already reported.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use alloy::primitives::B256;
use alloy::rpc::types::Filter;

/// A filter nobody asked about for this long is dropped, as in geth.
const IDLE: Duration = Duration::from_secs(300);

/// What a filter reports.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// Hashes of new blocks.
    Blocks,
    /// Hashes of transactions sent since it was last asked.
    Transactions(Vec<B256>),
    /// Logs of new blocks.
    Logs(Box<Filter>),
}

/// One installed filter.
#[derive(Debug)]
pub(crate) struct Installed {
    /// What it reports.
    pub kind: Kind,
    /// First block it has not reported yet.
    pub next_block: u64,
    asked: Instant,
}

/// All installed filters.
#[derive(Debug, Default)]
pub(crate) struct Filters {
    installed: HashMap<u64, Installed>,
    last_id: u64,
}

impl Filters {
    /// Installs a filter that reports what comes after block `head`, and returns its id.
    pub fn install(&mut self, kind: Kind, head: u64) -> u64 {
        self.drop_idle();
        self.last_id += 1;
        let filter = Installed {
            kind,
            next_block: head + 1,
            asked: Instant::now(),
        };
        self.installed.insert(self.last_id, filter);
        self.last_id
    }

    /// Removes a filter; false if there is none of this id.
    pub fn uninstall(&mut self, id: u64) -> bool {
        self.installed.remove(&id).is_some()
    }

    /// The filter, which counts as asked about now.
    pub fn get(&mut self, id: u64) -> Option<&mut Installed> {
        let filter = self.installed.get_mut(&id)?;
        filter.asked = Instant::now();
        Some(filter)
    }

    /// Tells the filters that want to know of a transaction that was taken in.
    pub fn add_transaction(&mut self, hash: B256) {
        // A filter that was given up must not grow for ever.
        self.drop_idle();
        for filter in self.installed.values_mut() {
            if let Kind::Transactions(hashes) = &mut filter.kind {
                hashes.push(hash);
            }
        }
    }

    fn drop_idle(&mut self) {
        self.installed
            .retain(|_, filter| filter.asked.elapsed() < IDLE);
    }

    /// Goes back with the chain to block `head`: what is mined again is reported again.
    pub fn rewind(&mut self, head: u64) {
        for filter in self.installed.values_mut() {
            filter.next_block = filter.next_block.min(head + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_starts_after_the_head_and_goes_back_with_the_chain() {
        let mut filters = Filters::default();
        let id = filters.install(Kind::Blocks, 7);
        assert_eq!(filters.get(id).unwrap().next_block, 8);
        filters.get(id).unwrap().next_block = 11;
        filters.rewind(12);
        assert_eq!(filters.get(id).unwrap().next_block, 11);
        filters.rewind(4);
        assert_eq!(filters.get(id).unwrap().next_block, 5);
    }

    #[test]
    fn only_transaction_filters_collect_transactions() {
        let mut filters = Filters::default();
        let blocks = filters.install(Kind::Blocks, 0);
        let transactions = filters.install(Kind::Transactions(Vec::new()), 0);
        assert_ne!(blocks, transactions);
        filters.add_transaction(B256::repeat_byte(1));
        let kind = &filters.get(transactions).unwrap().kind;
        assert!(matches!(kind, Kind::Transactions(hashes) if hashes.len() == 1));
        assert!(filters.uninstall(transactions));
        assert!(!filters.uninstall(transactions) && filters.get(transactions).is_none());
    }

    #[test]
    fn idle_filters_are_dropped() {
        let mut filters = Filters::default();
        let idle = filters.install(Kind::Blocks, 0);
        filters.installed.get_mut(&idle).unwrap().asked -= IDLE;
        let fresh = filters.install(Kind::Blocks, 0);
        assert!(filters.get(idle).is_none() && filters.get(fresh).is_some());
    }
}
