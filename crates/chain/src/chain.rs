//! The chain: its public face.

use std::{path::Path, sync::Arc};

use alloy::{
    eips::{eip2930::AccessList, BlockId},
    primitives::{Address, Bytes, B256, U256},
    rpc::types::{Filter, Log as RpcLog},
};

use crate::*;

/// An embedded Arbitrum chain.
pub struct Chain {}

#[allow(missing_docs, unused_variables)]
impl Chain {
    pub fn new(config: Config) -> Self { unimplemented!() }
    pub fn config(&self) -> &Config { unimplemented!() }
    /// Sets how program start-up is charged from now on.
    pub fn set_startup_rule(&mut self, rule: StartupRule) { unimplemented!() }

    // ---- transactions
    /// Takes a signed EIP-2718 transaction; mines it at once under automine, and every waiting successor.
    pub fn send_raw(&mut self, raw: &[u8]) -> Result<B256, TxError> { unimplemented!() }
    /// Takes an unsigned transaction in the name of `from`, like send_raw otherwise (automine, waiting).
    pub fn submit(&mut self, request: TxRequest) -> Result<B256, TxError> { unimplemented!() }
    /// Executes an unsigned transaction in a block of its own, whatever the mining mode.
    pub fn transact(&mut self, request: TxRequest) -> Result<Arc<Receipt>, TxError> { unimplemented!() }
    /// Publishes raw WASM as a program and activates it; returns its address. Panics never.
    pub fn deploy_program(&mut self, from: Address, wasm: &[u8]) -> Result<Address, TxError> { unimplemented!() }

    // ---- calls
    pub fn call(&self, request: &TxRequest, at: BlockId, overrides: &Overrides) -> Result<CallOutcome, TxError> { unimplemented!() }
    /// Like call, with the trace filled in.
    pub fn trace_call(&self, request: &TxRequest, at: BlockId, overrides: &Overrides) -> Result<CallOutcome, TxError> { unimplemented!() }
    pub fn estimate_gas(&self, request: &TxRequest, at: BlockId, overrides: &Overrides) -> Result<u64, EstimateError> { unimplemented!() }
    /// Accounts and slots a call touches, and how it ended with them warmed.
    pub fn create_access_list(&self, request: &TxRequest, at: BlockId) -> Result<(AccessList, CallOutcome), TxError> { unimplemented!() }
    /// Executes a mined transaction again, with a trace; none for an unknown hash.
    pub fn trace_transaction(&self, hash: B256) -> Option<CallOutcome> { unimplemented!() }

    // ---- blocks
    pub fn block_number(&self) -> u64 { unimplemented!() }
    /// Latest, safe, finalized and pending all mean the latest block.
    pub fn block(&self, id: BlockId) -> Option<Arc<Block>> { unimplemented!() }
    pub fn latest(&self) -> Arc<Block> { unimplemented!() }
    /// A mined transaction: its block and its place in it.
    pub fn transaction(&self, hash: B256) -> Option<(Arc<Block>, usize)> { unimplemented!() }
    pub fn receipt(&self, hash: B256) -> Option<Arc<Receipt>> { unimplemented!() }
    /// Transactions waiting to be mined, for a block or for their nonce's turn.
    pub fn pool(&self) -> Vec<Arc<Transaction>> { unimplemented!() }
    pub fn logs(&self, filter: &Filter) -> Vec<RpcLog> { unimplemented!() }

    // ---- state
    pub fn balance(&self, account: Address, at: BlockId) -> Result<U256, TxError> { unimplemented!() }
    pub fn nonce(&self, account: Address, at: BlockId) -> Result<u64, TxError> { unimplemented!() }
    /// The next nonce counting transactions that wait in order.
    pub fn pending_nonce(&self, account: Address) -> u64 { unimplemented!() }
    pub fn code(&self, account: Address, at: BlockId) -> Result<Bytes, TxError> { unimplemented!() }
    pub fn storage(&self, account: Address, slot: U256, at: BlockId) -> Result<B256, TxError> { unimplemented!() }
    /// Balance at the latest block.
    pub fn balance_now(&self, account: Address) -> U256 { unimplemented!() }
    /// Timestamp of the latest block, seconds.
    pub fn timestamp(&self) -> u64 { unimplemented!() }

    // ---- controls
    pub fn automine(&self) -> bool { unimplemented!() }
    pub fn set_automine(&mut self, on: bool) { unimplemented!() }
    /// Mines `n` blocks; the first takes what waits. Returns the latest block.
    pub fn mine(&mut self, n: u64) -> Arc<Block> { unimplemented!() }
    /// Shifts the clock forward, seconds, without a block; returns the whole shift so far.
    pub fn increase_time(&mut self, seconds: u64) -> u64 { unimplemented!() }
    pub fn set_next_timestamp(&mut self, timestamp: u64) -> Result<(), TxError> { unimplemented!() }
    pub fn set_balance(&mut self, account: Address, wei: U256) { unimplemented!() }
    pub fn set_nonce(&mut self, account: Address, nonce: u64) { unimplemented!() }
    pub fn set_code(&mut self, account: Address, code: Bytes) { unimplemented!() }
    pub fn set_storage(&mut self, account: Address, slot: U256, value: B256) { unimplemented!() }
    pub fn impersonate(&mut self, account: Address) { unimplemented!() }
    pub fn stop_impersonating(&mut self, account: Address) { unimplemented!() }
    pub fn impersonate_all(&mut self, on: bool) { unimplemented!() }
    pub fn is_impersonated(&self, account: Address) -> bool { unimplemented!() }
    pub fn snapshot(&mut self) -> u64 { unimplemented!() }
    /// Goes back to a snapshot, which is used up with all later ones; false if there is none.
    pub fn revert(&mut self, id: u64) -> bool { unimplemented!() }
    pub fn save(&self, path: &Path) -> Result<(), SaveError> { unimplemented!() }
    pub fn load(path: &Path) -> Result<Self, SaveError> { unimplemented!() }

    // ---- L1
    pub fn deliver(&mut self, message: L1Message) -> Result<L1Delivery, TxError> { unimplemented!() }
    /// Tickets neither redeemed nor expired.
    pub fn tickets(&self) -> Vec<Ticket> { unimplemented!() }
    /// Messages sent to L1 so far.
    pub fn messages_to_l1(&self) -> Vec<L2ToL1Message> { unimplemented!() }
}
