//! What a test may do to a chain.

use std::sync::Arc;

use alloy::primitives::{Address, Bytes, B256, U256};

use super::Chain;
use crate::{state::AccountChange, Block, TxError};

impl Chain {
    /// Whether transactions are mined as they come.
    pub fn automine(&self) -> bool {
        self.automine
    }

    /// Turns automine on or off. What waits stays until a block is mined.
    pub fn set_automine(&mut self, on: bool) {
        self.automine = on;
    }

    /// Mines `n` blocks; the first takes what waits. Returns the latest block.
    pub fn mine(&mut self, n: u64) -> Arc<Block> {
        for _ in 0..n {
            self.mine_pool();
        }
        self.latest()
    }

    /// Moves the clock forward without a block; returns the whole shift so far, seconds.
    pub fn increase_time(&mut self, seconds: u64) -> u64 {
        self.head.time_shift = self.head.time_shift.saturating_add(seconds);
        self.head.unseen_shift = self.head.unseen_shift.saturating_add(seconds);
        self.head.time_shift
    }

    /// Timestamp a block mined now would get, seconds.
    pub fn next_timestamp(&self) -> u64 {
        self.head.next_time(&self.config)
    }

    /// Sets the timestamp of the next block, seconds; later blocks go on from there.
    pub fn set_next_timestamp(&mut self, timestamp: u64) -> Result<(), TxError> {
        let latest = self.timestamp();
        if timestamp < latest {
            return Err(TxError::TimeBackwards {
                asked: timestamp,
                latest,
            });
        }
        let expected = self.head.next_time(&self.config);
        self.head.time_shift = self
            .head
            .time_shift
            .saturating_add(timestamp.saturating_sub(expected));
        self.head.next_timestamp = Some(timestamp);
        Ok(())
    }

    /// Sets a balance, wei.
    pub fn set_balance(&mut self, account: Address, wei: U256) {
        let change = self.head.state.unchanged(account);
        self.head.change(AccountChange {
            balance: wei,
            ..change
        });
    }

    /// Sets a nonce.
    pub fn set_nonce(&mut self, account: Address, nonce: u64) {
        let change = self.head.state.unchanged(account);
        self.head.change(AccountChange { nonce, ..change });
    }

    /// Sets an account's code.
    pub fn set_code(&mut self, account: Address, code: Bytes) {
        let change = self.head.state.unchanged(account);
        self.head.change(AccountChange {
            code: Some(code),
            ..change
        });
    }

    /// Sets a storage slot.
    pub fn set_storage(&mut self, account: Address, slot: U256, value: B256) {
        let change = self.head.state.unchanged(account);
        self.head.change(AccountChange {
            slots: vec![(slot, value.into())],
            ..change
        });
    }

    /// Allows unsigned transactions of an account, for those who ask [`Chain::is_impersonated`].
    pub fn impersonate(&mut self, account: Address) {
        self.impersonated.insert(account);
    }

    /// Takes [`Chain::impersonate`] back.
    pub fn stop_impersonating(&mut self, account: Address) {
        self.impersonated.remove(&account);
    }

    /// Allows unsigned transactions of every account.
    pub fn impersonate_all(&mut self, on: bool) {
        self.impersonate_all = on;
    }

    /// Whether unsigned transactions of an account are allowed.
    pub fn is_impersonated(&self, account: Address) -> bool {
        self.impersonate_all || self.impersonated.contains(&account)
    }

    /// Remembers the chain as it is. Costs next to nothing, and so does going back.
    pub fn snapshot(&mut self) -> u64 {
        let id = self.next_snapshot;
        self.next_snapshot += 1;
        self.snapshots.push((id, self.head.clone()));
        id
    }

    /// Goes back to a snapshot, which is used up with all later ones; false if there is none of that id.
    pub fn revert(&mut self, id: u64) -> bool {
        let Some(index) = self.snapshots.iter().position(|(known, _)| *known == id) else {
            return false;
        };
        self.head = self.snapshots.swap_remove(index).1;
        self.snapshots.truncate(index);
        true
    }
}
