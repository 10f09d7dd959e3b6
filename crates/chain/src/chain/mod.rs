//! The chain: its public face.

mod calls;
mod controls;
mod envelope;
mod filter;
mod head;
mod ledger;
mod mining;
mod pool;
mod replay;
mod saved;
mod tickets;

use std::{collections::HashSet, sync::Arc};

use alloy::{
    eips::{BlockId, BlockNumberOrTag},
    primitives::{Address, Bytes, B256, U256},
    sol_types::{SolCall, SolError},
};

use crate::{
    abi::{
        ArbWasm::{activateProgramCall, ProgramUpToDate},
        ARB_WASM,
    },
    state::State,
    Block, Config, ExecStatus, L2ToL1Message, Receipt, StartupRule, Ticket, Transaction, TxError,
    TxRequest,
};
use head::Head;

/// Wei sent with an activation, far more than any costs.
const ACTIVATION_VALUE: U256 = U256::from_limbs([100_000_000_000_000_000, 0, 0, 0]);

/// An embedded Arbitrum chain.
#[derive(Clone)]
pub struct Chain {
    config: Config,
    head: Head,
    snapshots: Vec<(u64, Head)>,
    next_snapshot: u64,
    automine: bool,
    impersonated: HashSet<Address>,
    impersonate_all: bool,
}

impl Chain {
    /// A chain with its genesis block.
    pub fn new(config: Config) -> Self {
        Chain {
            head: Head::genesis(&config),
            config,
            snapshots: Vec::new(),
            next_snapshot: 1,
            automine: true,
            impersonated: HashSet::new(),
            impersonate_all: false,
        }
    }

    /// What the chain was started with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Sets how program start-up is charged from now on.
    pub fn set_startup_rule(&mut self, rule: StartupRule) {
        self.config.startup = rule;
    }

    /// Number of the latest block.
    pub fn block_number(&self) -> u64 {
        self.head.number()
    }

    /// The latest block.
    pub fn latest(&self) -> Arc<Block> {
        self.head.latest().clone()
    }

    /// Timestamp of the latest block, seconds.
    pub fn timestamp(&self) -> u64 {
        self.head.latest().header.timestamp
    }

    /// A block. Latest, safe, finalized and pending all mean the latest.
    pub fn block(&self, id: BlockId) -> Option<Arc<Block>> {
        self.head.blocks.get(self.height(id)? as usize).cloned()
    }

    /// A mined transaction: its block and its place in it.
    pub fn transaction(&self, hash: B256) -> Option<(Arc<Block>, usize)> {
        let (number, index) = *self.head.transactions.get(&hash)?;
        Some((self.head.blocks.get(number as usize)?.clone(), index))
    }

    /// The receipt of a mined transaction.
    pub fn receipt(&self, hash: B256) -> Option<Arc<Receipt>> {
        let (block, index) = self.transaction(hash)?;
        block.receipts.get(index).cloned()
    }

    /// Transactions waiting to be mined, for a block or for their nonce's turn.
    pub fn pool(&self) -> Vec<Arc<Transaction>> {
        self.head
            .pool
            .iter()
            .map(|waiting| waiting.transaction.clone())
            .collect()
    }

    /// Balance in wei.
    pub fn balance(&self, account: Address, at: BlockId) -> Result<U256, TxError> {
        Ok(self.state_at(at)?.balance(&account))
    }

    /// Balance at the latest block, wei.
    pub fn balance_now(&self, account: Address) -> U256 {
        self.head.state.balance(&account)
    }

    /// Next nonce.
    pub fn nonce(&self, account: Address, at: BlockId) -> Result<u64, TxError> {
        Ok(self.state_at(at)?.nonce(&account))
    }

    /// Next nonce, counting transactions that wait in order.
    pub fn pending_nonce(&self, account: Address) -> u64 {
        self.head.pending_nonce(account)
    }

    /// Code of an account.
    pub fn code(&self, account: Address, at: BlockId) -> Result<Bytes, TxError> {
        Ok(self.state_at(at)?.code(&account))
    }

    /// A storage slot.
    pub fn storage(&self, account: Address, slot: U256, at: BlockId) -> Result<B256, TxError> {
        Ok(self.state_at(at)?.slot(&account, &slot).into())
    }

    /// Tickets neither redeemed, cancelled nor expired.
    pub fn tickets(&self) -> Vec<Ticket> {
        self.head.open_tickets()
    }

    /// Messages sent to L1 so far.
    pub fn messages_to_l1(&self) -> Vec<L2ToL1Message> {
        self.head.outbox.iter().cloned().collect()
    }

    /// Publishes WASM as a program, activates it unless its code is active already, and returns its address.
    /// Two transactions; what is overpaid for the activation comes back.
    pub fn deploy_program(&mut self, from: Address, wasm: &[u8]) -> Result<Address, TxError> {
        let wasm = stylus_vm::compact(wasm).map_err(|error| TxError::Invalid(error.to_string()))?;
        let code = stylus_vm::compress(&wasm);
        let deployed = self.transact(TxRequest::create(from, init_code(&code)))?;
        let program = deployed.created.filter(|_| deployed.success());
        let failed =
            |what, status: &ExecStatus| TxError::Invalid(format!("{what} failed: {status:?}"));
        let program = program.ok_or_else(|| failed("deployment", &deployed.status))?;

        let input = activateProgramCall { program }.abi_encode();
        let activation = TxRequest::call(from, ARB_WASM, input).with_value(ACTIVATION_VALUE);
        let activated = self.transact(activation)?;
        let active = activated.success() || activated.output == ProgramUpToDate {}.abi_encode();
        active
            .then_some(program)
            .ok_or_else(|| failed("activation", &activated.status))
    }

    /// The number of the block an id means.
    fn height(&self, id: BlockId) -> Option<u64> {
        match id {
            BlockId::Hash(hash) => self.head.hashes.get(&hash.block_hash).copied(),
            BlockId::Number(BlockNumberOrTag::Number(number)) => {
                (number <= self.block_number()).then_some(number)
            }
            BlockId::Number(BlockNumberOrTag::Earliest) => Some(0),
            BlockId::Number(_) => Some(self.block_number()),
        }
    }

    /// The state after a block.
    fn state_at(&self, id: BlockId) -> Result<&State, TxError> {
        let number = self.height(id).ok_or(TxError::UnknownBlock(id))?;
        if number == self.block_number() {
            return Ok(&self.head.state);
        }
        self.head
            .history
            .get(number as usize)
            .map(|sealed| &sealed.state)
            .ok_or(TxError::UnknownBlock(id))
    }
}

/// Init code that deploys `code` as it stands.
pub fn init_code(code: &[u8]) -> Bytes {
    // PUSH2 length, DUP1, PUSH1 offset, PUSH1 0, CODECOPY, PUSH1 0, RETURN.
    let [_, _, high, low] = (code.len() as u32).to_be_bytes();
    let mut init = vec![
        0x61, high, low, 0x80, 0x60, 12, 0x60, 0, 0x39, 0x60, 0, 0xf3,
    ];
    init.extend_from_slice(code);
    init.into()
}
