//! The reporter of the oracle committee. It reads the pool's validators, the deposits that wait and the gateway at
//! one final slot of the beacon chain, makes the report the stake-manager asks for, signs it, collects the signatures
//! of the other members, and hands it in.
//!
//! | term of the report | from |
//! |---|---|
//! | clBalance | balances of the registry's funded keys, where the validator pays out to the gateway |
//! | depositsSeen | the gateway's `deposited`, less its own deposits that wait, plus `unused`, plus what is [lost](under_way) |
//! | leftSeen | the gateway's balance, plus `sentBack`, less `held`, at the slot's L1 block |
//! | expectedLoss | correlation penalties still to be charged, see [`slashing`] |
//! | recovered | what the last report expected beyond what came of it, bounded as the stake-manager bounds it |
//! | epoch | the epoch of rewards that has ended with the slot, once |
//!
//! Members agree without talking: the slot follows from the [`schedule`], the keys from L2 at the slot's time, the
//! deadline from the slot, what is lost from a list that all are given, and each computes the report itself. A
//! signature of another member counts only under the message that a reporter computed on its own. What its key has
//! signed stands in its [`journal`], so that it never signs two reports for one slot.

pub mod beacon;
mod bindings;
pub mod checks;
mod endpoint;
pub mod error;
pub mod exchange;
pub mod execution;
mod history;
pub mod journal;
pub mod message;
pub mod observation;
pub mod pool;
pub mod report;
mod reporter;
pub mod schedule;
pub mod slashing;
mod sources;
pub mod under_way;

pub use error::{OracleError, Result};
pub use exchange::{Board, Exchange, RunningBoard};
pub use reporter::{Progress, Reporter, Settings};
pub use sources::{Prepared, Sources};
