//! An Arbitrum chain as a library: revm for transactions, state and EVM contracts, `stylus-vm` for Stylus
//! programs, Arbitrum's precompiles, retryable tickets and messages to L1, blocks, snapshots.
//!
//! ```
//! use clay_chain::{Chain, Config, TxRequest, TEST_ACCOUNTS};
//! use alloy::primitives::{address, U256};
//!
//! let mut chain = Chain::new(Config::default());
//! let to = address!("000000000000000000000000000000000000cafe");
//! let request = TxRequest::call(TEST_ACCOUNTS[0], to, vec![]).with_value(U256::from(7));
//! assert!(chain.transact(request).unwrap().success());
//! assert_eq!(chain.balance_now(to), U256::from(7));
//! ```

pub mod abi;
mod block;
mod chain;
mod config;
mod error;
mod evm;
mod genesis;
mod l1;
mod precompiles;
mod request;
mod state;
mod trace;

pub use block::{Block, Origin, Receipt, Transaction};
pub use chain::{init_code, Chain};
pub use config::{
    Clock, Config, StartupRule, NITRO_DEV_ACCOUNT, NITRO_DEV_KEY, TEST_ACCOUNTS, TEST_KEYS,
};
pub use error::{EstimateError, SaveError, TxError};
pub use l1::{alias, unalias, L1Delivery, L1Message, L2ToL1Message, RetryableMessage, Ticket};
pub use request::{CallOutcome, ExecStatus, Overrides, TxRequest};
pub use trace::{FrameKind, HostUse, StylusTrace, Trace};
