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
mod flash_exit_pool;
mod kyc_whitelist;
mod operator_registry;
mod protection_pool;
mod quorum;
mod rewards_distributor;
mod stake_manager;
mod timelock;
mod token;
mod unstake_queue;

#[cfg(feature = "abi")]
pub use contracts::contracts;

pub use common::{
    ICommon, IFaceted, IGated, IManaged, IOwnable, IPausable, IPayer, ITwoFaceted, IUpgradeable,
};
pub use flash_exit_pool::IFlashExitPool;
pub use kyc_whitelist::IKycWhitelist;
pub use operator_registry::{
    IArbSys, IGateway, IOperatorAllocation, IOperatorExits, IOperatorRegistry,
};
pub use protection_pool::IProtectionPool;
pub use quorum::IQuorum;
pub use rewards_distributor::IRewardsDistributor;
pub use stake_manager::{IStakeManager, IStakeManagerReports};
pub use timelock::ITimelock;
pub use token::{ICsEthToken, IIcsEthToken};
pub use unstake_queue::{IOrderImage, IUnstakeQueue};
