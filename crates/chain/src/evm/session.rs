//! What Arbitrum adds to the context of a transaction.

use std::sync::Arc;

use alloy::primitives::{map::AddressMap, Address, B256};

use super::tracer::Tracer;
use crate::{state::PMap, Block, StartupRule, Ticket};

/// Programs called in a block, most recent last; as many as Arbitrum's block cache remembers.
#[derive(Clone, Debug, Default)]
pub(crate) struct RecentPrograms(Vec<B256>);

impl RecentPrograms {
    /// Programs remembered.
    pub const SIZE: usize = 32;

    /// Notes a call; whether the program was called before.
    pub fn insert(&mut self, code_hash: B256) -> bool {
        let known = self.0.iter().position(|hash| *hash == code_hash);
        match known {
            Some(index) => drop(self.0.remove(index)),
            None if self.0.len() == Self::SIZE => drop(self.0.remove(0)),
            None => {}
        }
        self.0.push(code_hash);
        known.is_some()
    }
}

/// State of a transaction beyond the EVM's.
#[derive(Debug, Default)]
pub(crate) struct Session {
    /// Number of the L2 block.
    pub block_number: u64,
    /// Blocks so far, for their hashes.
    pub blocks: imbl::Vector<Arc<Block>>,
    /// Open tickets, as of the start of the transaction.
    pub tickets: PMap<B256, Ticket>,
    /// How program start-up is charged.
    pub startup: StartupRule,
    /// Whether programs may print.
    pub debug: bool,
    /// Whether the sender is an alias of an L1 address.
    pub aliased: bool,
    /// Who redeems a ticket with this transaction.
    pub redeemer: Option<Address>,
    /// Programs called in this block.
    pub recent: RecentPrograms,
    /// Pages of WASM memory open now.
    pub pages_open: u16,
    /// Most pages open at any time in this transaction.
    pub pages_ever: u16,
    /// Frames on the stack that use an account's own code on its own storage.
    pub spans: AddressMap<u32>,
    /// Callers of the frames on the stack.
    pub callers: Vec<Address>,
    /// What is recorded.
    pub tracer: Tracer,
}
