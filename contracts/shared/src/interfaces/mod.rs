//! One definition of every interface, for contracts, tests and tools.
//!
//! The JSON ABIs and Solidity files under `abi/` are printed from here. `contracts` says which
//! interfaces a contract answers.

// The macro's expansions carry no documentation of their own.
#![allow(missing_docs)]

/// `sol!`, with a description of each interface for the files under `abi/` when that feature is on.
macro_rules! interfaces {
    ($($interfaces:tt)*) => {
        #[cfg(not(feature = "abi"))]
        alloy_sol_types::sol! { #![sol(all_derives)] $($interfaces)* }
        #[cfg(feature = "abi")]
        alloy_sol_types::sol! { #![sol(all_derives, abi)] $($interfaces)* }
    };
}

#[cfg(feature = "abi")]
mod contracts;

mod common;
mod stake_manager;
mod token;

#[cfg(feature = "abi")]
pub use contracts::contracts;

pub use common::{ICommon, IOwnable, IPausable, IUpgradeable};
pub use stake_manager::{IStakeManager, IStakeManagerReports};
pub use token::ICsEthToken;
