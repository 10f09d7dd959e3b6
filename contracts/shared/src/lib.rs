//! What all contracts share. No entry point of its own.
//!
//! - [`interfaces`]: every external function, event and error, once.
//! - [`host`]: the host functions, and the only unsafe code of the protocol.
//! - [`abi`], [`call`], [`log`], [`storage`]: calldata, calls, logs and storage in words. Not generic and not
//!   inlined, because each copy counts against the 24 KB a program may have.
//! - [`ecdsa`], [`eip712`]: signatures, and what is signed.
//! - [`program`]: the entry point and its dispatch.
//! - [`ownable`], [`pausable`], [`upgradeable`]: roles and upgrades.
//! - [`math`], [`books`], [`reserve`], [`window`], [`parameters`]: the protocol's rules as pure functions.
//! - [`operators`]: the rules for operators, which the registry will apply: bond, score, choice.
//! - [`kyc`]: what the institutional pool asks of the whitelist.
//! - [`timelock`]: which delay a call of governance takes.
//! - `token`, a feature: the logic of both pools' tokens.
//! - [`stake_manager`]: the storage that the stake-manager's two facets share.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

pub mod abi;
pub mod books;
pub mod call;
pub mod ecdsa;
pub mod eip712;
pub mod host;
pub mod interfaces;
pub mod kyc;
pub mod log;
pub mod math;
pub mod operators;
pub mod ownable;
pub mod parameters;
pub mod pausable;
pub mod program;
pub mod reserve;
pub mod stake_manager;
pub mod storage;
pub mod timelock;
#[cfg(feature = "token")]
pub mod token;
pub mod upgradeable;
pub mod window;
