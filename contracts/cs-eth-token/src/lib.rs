//! csETH, the retail pool's token: [`clay_shared::token`], which anyone may hold and move.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

use clay_shared::{
    entry_point,
    token::{Open, Token},
};

/// See the crate's documentation.
pub type CsEthToken = Token<Open>;

entry_point!(CsEthToken);
