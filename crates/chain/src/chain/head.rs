//! Everything that a snapshot keeps: blocks, states and what waits, all in persistent structures.

use std::sync::Arc;

use alloy::{
    consensus::{
        constants::{EMPTY_OMMER_ROOT_HASH, EMPTY_ROOT_HASH},
        Header,
    },
    primitives::{address, keccak256, Address, Bloom, B256, B64, U256},
};
use imbl::Vector;
use revm::context::TxEnv;
use serde::{Deserialize, Serialize};

use crate::{
    evm::Checks,
    genesis,
    precompiles::ticket_slot,
    state::{AccountChange, PMap, State},
    Block, Clock, Config, L2ToL1Message, Ticket, Transaction,
};

/// The coinbase of every block, Arbitrum's sequencer.
pub(super) const SEQUENCER: Address = address!("a4b000000000000000000073657175656e636572");
/// Seconds between L1 blocks.
const L1_BLOCK_TIME: u64 = 12;

/// The chain at one moment. Cloning is cheap.
#[derive(Clone)]
pub(super) struct Head {
    /// State now.
    pub state: State,
    /// Blocks by number.
    pub blocks: Vector<Arc<Block>>,
    /// What else is known of each block, by number.
    pub history: Vector<Arc<Sealed>>,
    /// Numbers of blocks by hash.
    pub hashes: PMap<B256, u64>,
    /// Block and place of transactions.
    pub transactions: PMap<B256, (u64, usize)>,
    /// Tickets, open ones and those not yet cleared away.
    pub tickets: PMap<B256, Ticket>,
    /// Messages to L1.
    pub outbox: Vector<L2ToL1Message>,
    /// Transactions that wait, oldest first.
    pub pool: Vector<Arc<Waiting>>,
    /// Seconds the clock was moved forward.
    pub time_shift: u64,
    /// Of these, seconds no block has seen yet (manual clock only).
    pub unseen_shift: u64,
    /// Timestamp of the next block, if it was set.
    pub next_timestamp: Option<u64>,
    /// Messages from L1 so far.
    pub deliveries: u64,
}

/// What is kept of a block besides the block.
#[derive(Clone, Debug, Default)]
pub(super) struct Sealed {
    /// State after it, without what test controls changed later.
    pub state: State,
    /// Changes from the state before, those of test controls in front of the next block included.
    pub changes: Vec<AccountChange>,
    /// How many of them came before the first transaction.
    pub opening: usize,
    /// How each transaction was executed.
    pub replays: Vec<Replay>,
    /// Tickets before the block.
    pub tickets: PMap<B256, Ticket>,
}

/// All it takes to execute a transaction again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Replay {
    /// The transaction; none where nothing runs, as for a deposit without a call.
    pub env: Option<TxEnv>,
    /// Whether no one signed it.
    pub unsigned: bool,
    /// Whether the sender is an alias.
    pub aliased: bool,
    /// Who redeems a ticket with it.
    pub redeemer: Option<Address>,
    /// Changes made just before it.
    pub before: Vec<AccountChange>,
    /// Changes made just after it.
    pub after: Vec<AccountChange>,
}

/// A transaction that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    pub transaction: Arc<Transaction>,
    pub env: TxEnv,
    pub checks: Checks,
    /// Wei per gas it offers.
    pub fee_cap: u128,
}

impl Head {
    /// The chain at its first block.
    pub fn genesis(config: &Config) -> Self {
        let mut state = State::default();
        let changes = genesis::accounts(config);
        changes.iter().for_each(|change| state.apply(change));
        let header = header(config, None, config.timestamp, config.l1_block_number);
        let mut head = Head {
            state: State::default(),
            blocks: Vector::new(),
            history: Vector::new(),
            hashes: PMap::default(),
            transactions: PMap::default(),
            tickets: PMap::default(),
            outbox: Vector::new(),
            pool: Vector::new(),
            time_shift: 0,
            unseen_shift: 0,
            next_timestamp: None,
            deliveries: 0,
        };
        let block = Block {
            hash: header.hash_slow(),
            header,
            l1_block_number: config.l1_block_number,
            transactions: Vec::new(),
            receipts: Vec::new(),
        };
        head.state = state.clone();
        head.push(
            block,
            Sealed {
                state,
                changes,
                ..Sealed::default()
            },
        );
        head
    }

    /// Adds a block.
    pub fn push(&mut self, block: Block, sealed: Sealed) {
        let number = block.header.number;
        self.hashes.insert(block.hash, number);
        for (index, transaction) in block.transactions.iter().enumerate() {
            self.transactions
                .insert(transaction.hash(), (number, index));
        }
        self.blocks.push_back(Arc::new(block));
        self.history.push_back(Arc::new(sealed));
    }

    /// The latest block.
    pub fn latest(&self) -> &Arc<Block> {
        self.blocks
            .last()
            .expect("there is always the genesis block")
    }

    /// Its number.
    pub fn number(&self) -> u64 {
        self.latest().header.number
    }

    /// Timestamp the next block gets.
    pub fn next_time(&self, config: &Config) -> u64 {
        let latest = self.latest().header.timestamp;
        let clock = match config.clock {
            Clock::Manual => latest + self.unseen_shift,
            Clock::Wall => {
                let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
                now.map_or(latest, |now| now.as_secs()) + self.time_shift
            }
        };
        self.next_timestamp.unwrap_or(clock).max(latest)
    }

    /// Changes an account now, as test controls do. The change belongs to the latest block.
    pub fn change(&mut self, change: AccountChange) {
        self.state.apply(&change);
        if let Some(sealed) = self.history.last() {
            let mut sealed = Sealed::clone(sealed);
            sealed.state = self.state.clone();
            sealed.changes.push(change);
            let last = self.history.len() - 1;
            self.history.set(last, Arc::new(sealed));
        }
    }

    /// Next nonce of an account, counting transactions that wait in order.
    pub fn pending_nonce(&self, account: Address) -> u64 {
        let mut nonce = self.state.nonce(&account);
        let mut waiting: Vec<u64> = self
            .pool
            .iter()
            .filter(|tx| tx.transaction.from == account)
            .map(|tx| tx.env.nonce)
            .collect();
        waiting.sort_unstable();
        for taken in waiting {
            if taken == nonce {
                nonce += 1;
            }
        }
        nonce
    }

    /// Tickets that are open, with their timeouts as they are now.
    pub fn open_tickets(&self) -> Vec<Ticket> {
        let timeout = |id| {
            self.state
                .slot(&crate::abi::ARB_RETRYABLE_TX, &ticket_slot(id))
                .saturating_to()
        };
        let open = self.tickets.values().map(|ticket| Ticket {
            timeout: timeout(ticket.id),
            ..ticket.clone()
        });
        open.filter(|ticket| ticket.timeout > 0).collect()
    }
}

/// L1 block number at a time.
pub(super) fn l1_block_number(config: &Config, timestamp: u64) -> u64 {
    config.l1_block_number + timestamp.saturating_sub(config.timestamp) / L1_BLOCK_TIME
}

/// The header of a block without transactions.
pub(super) fn header(
    config: &Config,
    parent: Option<&Block>,
    timestamp: u64,
    l1_block_number: u64,
) -> Header {
    let number = parent.map_or(0, |parent| parent.header.number + 1);
    let parent_root = parent
        .map(|parent| parent.header.state_root)
        .unwrap_or_default();
    Header {
        parent_hash: parent.map(|parent| parent.hash).unwrap_or_default(),
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: SEQUENCER,
        state_root: keccak256([parent_root.as_slice(), &number.to_be_bytes()].concat()),
        transactions_root: EMPTY_ROOT_HASH,
        receipts_root: EMPTY_ROOT_HASH,
        logs_bloom: Bloom::ZERO,
        difficulty: U256::from(1),
        number,
        gas_limit: config.block_gas_limit,
        gas_used: 0,
        timestamp,
        extra_data: Default::default(),
        // As on Arbitrum: no messages sent, the L1 block number, the version of ArbOS.
        mix_hash: B256::from(U256::from(l1_block_number) << 64 | U256::from(50u64)),
        nonce: B64::ZERO,
        base_fee_per_gas: Some(config.base_fee),
        ..Header::default()
    }
}
