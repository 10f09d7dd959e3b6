//! Runs one Stylus program: validates and meters its WASM, and executes it step by step.
//!
//! The crate knows nothing of accounts, blocks or an EVM. A [`Program`] is prepared once per code hash; an
//! [`Execution`] is one call frame of it. An execution runs until it is finished or needs something from
//! the chain, says what in a [`Request`], and is resumed with the [`Answer`].

mod code;
mod engine;
mod execution;
mod frame;
mod hostio;
mod ink;
mod instrument;
mod module;
mod price;
mod program;
mod storage_cache;

use alloy::primitives::{Address, Bytes, B256, U256};

pub use code::{compact, compress, decompress, STYLUS_PREFIX};
pub use execution::{Execution, Outcome, Status, Step};
pub use frame::{HostUse, Profile};
pub use price::{pages_gas, DataPricer, Price, ACTIVATION_GAS};
pub use program::{Options, Program, ProgramError};

/// What the host functions of a frame can read without asking the chain.
#[derive(Clone, Debug, Default)]
pub struct Env {
    /// The account whose storage the program uses (under a delegate call, the caller's).
    pub contract_address: Address,
    /// Caller of this frame.
    pub msg_sender: Address,
    /// Wei sent with this frame (kept through a delegate call).
    pub msg_value: U256,
    /// Whether the storage's address is already on the call stack.
    pub reentrant: bool,
    /// Account that signed the transaction.
    pub tx_origin: Address,
    /// Effective gas price in wei.
    pub tx_gas_price: U256,
    /// Chain id.
    pub chain_id: u64,
    /// L1 block number, as on Arbitrum.
    pub block_number: u64,
    /// Seconds since the epoch.
    pub block_timestamp: u64,
    /// Gas limit of the block.
    pub block_gas_limit: u64,
    /// Base fee in wei.
    pub block_basefee: U256,
    /// Coinbase.
    pub block_coinbase: Address,
    /// Ink per gas.
    pub ink_price: u32,
}

/// How a program calls another account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// Ordinary call, with value.
    Call,
    /// Runs the callee's code on the caller's storage, sender and value.
    Delegate,
    /// No state change allowed.
    Static,
}

/// What a program asks of the chain. Gas amounts are EVM gas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// SLOAD; answered by [`Answer::Word`].
    StorageLoad { key: B256 },
    /// SSTORE of every pair in order; answered by [`Answer::Done`].
    StorageFlush { writes: Vec<(B256, B256)>, gas_left: u64 },
    /// TLOAD; answered by [`Answer::Word`].
    TransientLoad { key: B256 },
    /// TSTORE; answered by [`Answer::Done`].
    TransientStore { key: B256, value: B256 },
    /// A call; answered by [`Answer::Call`].
    Call { kind: CallKind, to: Address, input: Bytes, value: U256, gas_left: u64, gas_requested: u64 },
    /// CREATE, or CREATE2 with a salt; answered by [`Answer::Create`].
    Create { code: Bytes, endowment: U256, salt: Option<B256>, gas_left: u64 },
    /// LOG0 to LOG4; answered by [`Answer::Done`].
    EmitLog { topics: Vec<B256>, data: Bytes },
    /// BALANCE; answered by [`Answer::Word`].
    AccountBalance { account: Address },
    /// EXTCODEHASH; answered by [`Answer::Word`].
    AccountCodeHash { account: Address },
    /// EXTCODECOPY or EXTCODESIZE; answered by [`Answer::Code`].
    AccountCode { account: Address, gas_left: u64 },
    /// Pages of WASM memory to open, counted over the whole transaction; answered by [`Answer::Gas`].
    AddPages { pages: u16 },
    /// A line of debug output (`console` imports, allowed only in debug mode); answered by [`Answer::Gas`].
    Console { line: String },
}

/// The chain's answer to a [`Request`]: what it cost in EVM gas, and the result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A 32-byte word.
    Word { value: B256, gas: u64 },
    /// Only a cost.
    Gas { gas: u64 },
    /// A state change, or why it was refused.
    Done { gas: u64, result: Result<(), Refusal> },
    /// Whether the callee succeeded, and what it returned.
    Call { success: bool, gas: u64, output: Bytes },
    /// The new address, or none and the init code's revert data.
    Create { address: Option<Address>, gas: u64, output: Bytes },
    /// An account's code.
    Code { code: Bytes, gas: u64 },
}

/// Why a state change was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Gas ran out while writing.
    OutOfGas,
    /// The frame is static.
    WriteProtection,
}
