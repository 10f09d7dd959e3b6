//! IcsETH, the institutional pool's token: [`clay_shared::token`], whose transfers and allowances the kyc-whitelist
//! has a say in.
//!
//! The owner (the timelock) chooses what is asked of it, the transfer policy: nothing; that nobody who takes part is
//! denied; or that besides who receives has the right to hold. Slot 9 holds the whitelist, which never changes
//! (160), and the policy (8).
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod policy;

use clay_shared::{entry_point, token::Token};

pub use policy::Policy;

/// See the crate's documentation.
pub type IcsEthToken = Token<Policy>;

entry_point!(IcsEthToken);
