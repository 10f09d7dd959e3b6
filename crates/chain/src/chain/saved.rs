//! Writing a chain to a file and taking it up again.
//!
//! The file holds blocks and the changes each made; states are played back from them.

use std::{io::Write, path::Path, sync::Arc};

use alloy::{
    consensus::{Header, TxEnvelope},
    eips::eip2718::{Decodable2718, Encodable2718},
    primitives::{Address, Bytes, B256},
};
use serde::{Deserialize, Serialize};

use super::{
    envelope::with_hash,
    head::{Head, Replay, Sealed},
    Chain,
};
use crate::{
    state::{AccountChange, State},
    Block, Config, L2ToL1Message, Origin, Receipt, SaveError, Ticket, Transaction,
};

/// Changes whenever the format does.
const FORMAT: u32 = 1;

/// A chain as written.
#[derive(Serialize, Deserialize)]
struct SavedChain {
    format: u32,
    config: Config,
    blocks: Vec<SavedBlock>,
    tickets: Vec<Ticket>,
    outbox: Vec<L2ToL1Message>,
    time_shift: u64,
    unseen_shift: u64,
    next_timestamp: Option<u64>,
    deliveries: u64,
    automine: bool,
    waiting: Vec<SavedTransaction>,
}

/// A block as written.
#[derive(Serialize, Deserialize)]
struct SavedBlock {
    header: Header,
    l1_block_number: u64,
    transactions: Vec<SavedTransaction>,
    receipts: Vec<Arc<Receipt>>,
    changes: Vec<AccountChange>,
    opening: usize,
    replays: Vec<Replay>,
    tickets: Vec<Ticket>,
}

/// A transaction as written.
#[derive(Serialize, Deserialize)]
struct SavedTransaction {
    raw: Bytes,
    hash: B256,
    from: Address,
    origin: Origin,
}

impl Chain {
    /// Writes the whole chain, snapshots and impersonations apart. The file is replaced in one step.
    pub fn save(&self, path: &Path) -> Result<(), SaveError> {
        let head = &self.head;
        let saved = SavedChain {
            format: FORMAT,
            config: self.config.clone(),
            blocks: head
                .blocks
                .iter()
                .zip(&head.history)
                .map(|(block, sealed)| save_block(block, sealed))
                .collect(),
            tickets: head.tickets.values().cloned().collect(),
            outbox: head.outbox.iter().cloned().collect(),
            time_shift: head.time_shift,
            unseen_shift: head.unseen_shift,
            next_timestamp: head.next_timestamp,
            deliveries: head.deliveries,
            automine: self.automine,
            waiting: head
                .pool
                .iter()
                .map(|waiting| save_transaction(&waiting.transaction))
                .collect(),
        };
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let mut file = std::io::BufWriter::new(std::fs::File::create(&part)?);
        serde_json::to_writer(&mut file, &saved)?;
        file.flush()?;
        file.into_inner()
            .map_err(|error| error.into_error())?
            .sync_all()?;
        Ok(std::fs::rename(&part, path)?)
    }

    /// Takes up a chain written by [`Chain::save`].
    pub fn load(path: &Path) -> Result<Self, SaveError> {
        let file = std::io::BufReader::new(std::fs::File::open(path)?);
        let saved: SavedChain = serde_json::from_reader(file)?;
        if saved.format != FORMAT {
            return Err(SaveError::Damaged(format!(
                "format {} instead of {FORMAT}",
                saved.format
            )));
        }
        let mut chain = Chain::new(saved.config);
        chain.automine = false;
        chain.head = load_head(&chain.head, saved.blocks)?;
        chain.head.tickets = saved
            .tickets
            .into_iter()
            .map(|ticket| (ticket.id, ticket))
            .collect();
        chain.head.outbox = saved.outbox.into_iter().collect();
        (chain.head.time_shift, chain.head.unseen_shift) = (saved.time_shift, saved.unseen_shift);
        (chain.head.next_timestamp, chain.head.deliveries) =
            (saved.next_timestamp, saved.deliveries);
        for waiting in saved.waiting {
            let transaction = load_transaction(waiting)?;
            chain
                .wait_again(transaction)
                .map_err(|error| SaveError::Damaged(error.to_string()))?;
        }
        chain.automine = saved.automine;
        Ok(chain)
    }
}

/// Plays all blocks back.
fn load_head(fresh: &Head, blocks: Vec<SavedBlock>) -> Result<Head, SaveError> {
    if blocks.is_empty() {
        return Err(SaveError::Damaged("no blocks".into()));
    }
    let mut head = fresh.emptied();
    for saved in blocks {
        saved
            .changes
            .iter()
            .for_each(|change| head.state.apply(change));
        let expected = head.blocks.len() as u64;
        if saved.header.number != expected {
            return Err(SaveError::Damaged(format!(
                "block {} instead of {expected}",
                saved.header.number
            )));
        }
        let sealed = Sealed {
            state: head.state.clone(),
            changes: saved.changes,
            opening: saved.opening,
            replays: saved.replays,
            tickets: saved
                .tickets
                .into_iter()
                .map(|ticket| (ticket.id, ticket))
                .collect(),
        };
        let transactions = saved
            .transactions
            .into_iter()
            .map(|saved| load_transaction(saved).map(Arc::new));
        let block = Block {
            hash: saved.header.hash_slow(),
            header: saved.header,
            l1_block_number: saved.l1_block_number,
            transactions: transactions.collect::<Result<_, _>>()?,
            receipts: saved.receipts,
        };
        head.push(block, sealed);
    }
    Ok(head)
}

impl Head {
    /// The same without any block or account.
    fn emptied(&self) -> Head {
        Head {
            state: State::default(),
            blocks: Default::default(),
            history: Default::default(),
            hashes: Default::default(),
            transactions: Default::default(),
            ..self.clone()
        }
    }
}

fn save_block(block: &Block, sealed: &Sealed) -> SavedBlock {
    SavedBlock {
        header: block.header.clone(),
        l1_block_number: block.l1_block_number,
        transactions: block
            .transactions
            .iter()
            .map(|transaction| save_transaction(transaction))
            .collect(),
        receipts: block.receipts.clone(),
        changes: sealed.changes.clone(),
        opening: sealed.opening,
        replays: sealed.replays.clone(),
        tickets: sealed.tickets.values().cloned().collect(),
    }
}

fn save_transaction(transaction: &Transaction) -> SavedTransaction {
    SavedTransaction {
        raw: transaction.envelope.encoded_2718().into(),
        hash: transaction.hash(),
        from: transaction.from,
        origin: transaction.origin,
    }
}

fn load_transaction(saved: SavedTransaction) -> Result<Transaction, SaveError> {
    let envelope = TxEnvelope::decode_2718_exact(&saved.raw)
        .map_err(|error| SaveError::Damaged(error.to_string()))?;
    let envelope = match saved.origin {
        Origin::Signed => envelope,
        _ => with_hash(envelope, saved.hash),
    };
    Ok(Transaction {
        envelope,
        from: saved.from,
        origin: saved.origin,
    })
}
