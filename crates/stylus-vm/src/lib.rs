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
mod stack;
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
///
/// The program pays what the answer says it cost and nothing else for the chain's part: SLOAD, SSTORE, TLOAD,
/// TSTORE, LOG, account access, calls with all their gas, and memory pages are priced by the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// SLOAD; answered by [`Answer::Word`].
    StorageLoad {
        /// Slot.
        key: B256,
    },
    /// SSTORE of every pair in order; answered by [`Answer::Done`].
    StorageFlush {
        /// Slots and their new values.
        writes: Vec<(B256, B256)>,
        /// Gas the frame has left.
        gas_left: u64,
    },
    /// TLOAD; answered by [`Answer::Word`].
    TransientLoad {
        /// Slot.
        key: B256,
    },
    /// TSTORE; answered by [`Answer::Done`].
    TransientStore {
        /// Slot.
        key: B256,
        /// New value.
        value: B256,
    },
    /// A call; answered by [`Answer::Call`].
    Call {
        /// Which kind.
        kind: CallKind,
        /// The account called.
        to: Address,
        /// Its calldata.
        input: Bytes,
        /// Wei sent; 0 unless the kind is [`CallKind::Call`].
        value: U256,
        /// Gas the frame has left.
        gas_left: u64,
        /// Gas the program wants to pass on, at most `gas_left`; the rule of 63/64 is not yet applied.
        gas_requested: u64,
    },
    /// CREATE, or CREATE2 with a salt; answered by [`Answer::Create`], or by [`Answer::Done`] if refused.
    Create {
        /// Init code.
        code: Bytes,
        /// Wei sent.
        endowment: U256,
        /// Salt of CREATE2.
        salt: Option<B256>,
        /// Gas the frame has left.
        gas_left: u64,
    },
    /// LOG0 to LOG4; answered by [`Answer::Done`].
    EmitLog {
        /// Up to four topics.
        topics: Vec<B256>,
        /// Data behind the topics.
        data: Bytes,
    },
    /// BALANCE; answered by [`Answer::Word`].
    AccountBalance {
        /// Whose.
        account: Address,
    },
    /// EXTCODEHASH; answered by [`Answer::Word`].
    AccountCodeHash {
        /// Whose.
        account: Address,
    },
    /// EXTCODECOPY or EXTCODESIZE; answered by [`Answer::Code`].
    AccountCode {
        /// Whose.
        account: Address,
        /// Gas the frame has left.
        gas_left: u64,
    },
    /// Pages of WASM memory to open, counted over the whole transaction; answered by [`Answer::Gas`] with
    /// [`pages_gas`]. Every frame starts with one for its footprint; the pages are closed when the frame ends.
    AddPages {
        /// How many.
        pages: u16,
    },
    /// A line of debug output (`console` imports, allowed only in debug mode); answered by [`Answer::Gas`], free.
    Console {
        /// The text, without a line break.
        line: String,
    },
}

/// The chain's answer to a [`Request`]: what it cost in EVM gas, and the result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A 32-byte word.
    Word {
        /// The word.
        value: B256,
        /// What it cost.
        gas: u64,
    },
    /// Only a cost.
    Gas {
        /// The cost.
        gas: u64,
    },
    /// A state change, or why it was refused.
    Done {
        /// What it cost; nothing is paid if it was refused.
        gas: u64,
        /// Whether it was done. [`Refusal::OutOfGas`] takes all ink, [`Refusal::WriteProtection`] ends the frame.
        result: Result<(), Refusal>,
    },
    /// Whether the callee succeeded, and what it returned.
    Call {
        /// Whether it succeeded.
        success: bool,
        /// What the call and the callee cost.
        gas: u64,
        /// Return or revert data.
        output: Bytes,
    },
    /// The new address, or none and the init code's revert data.
    Create {
        /// Address of the new account; none if the init code failed.
        address: Option<Address>,
        /// What the creation and the init code cost.
        gas: u64,
        /// Revert data.
        output: Bytes,
    },
    /// An account's code.
    Code {
        /// The code.
        code: Bytes,
        /// What it cost.
        gas: u64,
    },
}

/// Why a state change was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Gas ran out while writing.
    OutOfGas,
    /// The frame is static.
    WriteProtection,
}
