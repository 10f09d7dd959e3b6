//! Why a transaction is refused, in geth's words where geth has them: clients look for them.

use alloy::{
    eips::BlockId,
    primitives::{Address, B256, U256},
};

/// Why a transaction or call was not executed at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TxError {
    /// The bytes are no transaction.
    #[error("rlp: {0}")]
    Decode(String),
    /// A type this chain does not know, such as blob transactions.
    #[error("transaction type not supported: {0}")]
    UnsupportedType(u8),
    /// The signature recovers to no address.
    #[error("invalid sender: {0}")]
    InvalidSignature(String),
    /// Signed for another chain.
    #[error("invalid chain id for signer: have {have} want {want}")]
    WrongChain {
        /// Chain id in the transaction.
        have: u64,
        /// This chain's.
        want: u64,
    },
    /// The nonce was used before.
    #[error("nonce too low: address {address}, tx: {tx} state: {state}")]
    NonceTooLow {
        /// Sender.
        address: Address,
        /// The transaction's nonce.
        tx: u64,
        /// The account's next nonce.
        state: u64,
    },
    /// The nonce leaves a gap (only where waiting is impossible; signed transactions wait).
    #[error("nonce too high: address {address}, tx: {tx} state: {state}")]
    NonceTooHigh {
        /// Sender.
        address: Address,
        /// The transaction's nonce.
        tx: u64,
        /// The account's next nonce.
        state: u64,
    },
    /// The same transaction was sent before.
    #[error("already known")]
    AlreadyKnown(B256),
    /// Another waiting transaction has this nonce and pays no less.
    #[error("replacement transaction underpriced")]
    Underpriced,
    /// The fee cap does not reach the base fee.
    #[error("max fee per gas less than block base fee: address {address}, maxFeePerGas: {cap}, baseFee: {base_fee}")]
    FeeCapTooLow {
        /// Sender.
        address: Address,
        /// Wei per gas offered.
        cap: u128,
        /// Wei per gas asked.
        base_fee: u64,
    },
    /// Tip above the fee cap.
    #[error("max priority fee per gas higher than max fee per gas: address {address}, maxPriorityFeePerGas: {tip}, maxFeePerGas: {cap}")]
    TipAboveCap {
        /// Sender.
        address: Address,
        /// Wei per gas.
        tip: u128,
        /// Wei per gas.
        cap: u128,
    },
    /// The balance does not cover gas and value.
    #[error(
        "insufficient funds for gas * price + value: address {address} have {have} want {want}"
    )]
    InsufficientFunds {
        /// Sender.
        address: Address,
        /// Balance, wei.
        have: U256,
        /// Needed, wei.
        want: U256,
    },
    /// The gas limit does not cover the intrinsic cost.
    #[error("intrinsic gas too low: have {have}, want {want}")]
    IntrinsicGas {
        /// Gas limit.
        have: u64,
        /// Gas the transaction costs before anything runs.
        want: u64,
    },
    /// More gas than a block has.
    #[error("exceeds block gas limit: have {have}, limit {limit}")]
    BlockGasLimit {
        /// Gas limit of the transaction.
        have: u64,
        /// Gas limit of a block.
        limit: u64,
    },
    /// Init code too long.
    #[error("max initcode size exceeded: code size {have} limit {limit}")]
    InitCodeSize {
        /// Bytes of init code.
        have: usize,
        /// Most bytes allowed.
        limit: usize,
    },
    /// The sender has code.
    #[error("sender not an eoa: address {0}")]
    SenderHasCode(Address),
    /// No such block.
    #[error("header not found: {0:?}")]
    UnknownBlock(BlockId),
    /// A time control that would go backwards.
    #[error("timestamp {asked} is before the latest block's {latest}")]
    TimeBackwards {
        /// Timestamp asked for, seconds.
        asked: u64,
        /// Timestamp of the latest block, seconds.
        latest: u64,
    },
    /// Anything else the EVM refuses before execution.
    #[error("{0}")]
    Invalid(String),
}

/// Why gas could not be estimated.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EstimateError {
    /// The transaction is refused before execution.
    #[error(transparent)]
    Tx(#[from] TxError),
    /// It fails however much gas it gets; the outcome holds the revert data.
    #[error("execution reverted")]
    Failed(Box<crate::CallOutcome>),
}

/// Why a saved chain could not be written or taken up.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// The file could not be read or written.
    #[error("cannot access the chain file: {0}")]
    Io(#[from] std::io::Error),
    /// The file is no saved chain.
    #[error("cannot read the chain file: {0}")]
    Format(#[from] serde_json::Error),
    /// The file holds something that does not fit together.
    #[error("the chain file is damaged: {0}")]
    Damaged(String),
}
