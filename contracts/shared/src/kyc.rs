//! What the institutional pool asks of the kyc-whitelist.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use alloy_sol_types::{SolCall, SolError, SolEvent};

use crate::{
    abi::{revert, Reverts, Word},
    call, host,
    interfaces::{
        ICommon, IGated,
        IKycWhitelist::{checkCall, rightsOfCall},
    },
    log,
};

/// Nothing but that the account is not denied.
pub const UNDENIED: u8 = 0;
/// Mint shares.
pub const STAKE: u8 = 1;
/// Receive shares.
pub const HOLD: u8 = 1 << 1;
/// Leave the pool, and have orders to.
pub const REDEEM: u8 = 1 << 2;
/// Run validators.
pub const OPERATE: u8 = 1 << 3;
/// All of them.
pub const ALL: u8 = STAKE | HOLD | REDEEM | OPERATE;

/// Takes what a contract is given for its whitelist as it is set up, and tells of it. Refuses an account without code,
/// which would let everybody through, and a contract that does not answer as a whitelist does.
#[inline(never)]
pub fn set_up(whitelist: Address) -> Reverts<()> {
    let named = whitelist.word();
    if !host::has_code(whitelist) {
        return Err(revert(ICommon::NoCode::SELECTOR, &[named]));
    }
    // Asked for nobody's rights, a whitelist answers one word, and nothing else.
    let answered = call::ask(whitelist, rightsOfCall::SELECTOR, &[B256::ZERO]);
    if !answered.is_ok_and(|answered| answered.len() == 32) {
        return Err(revert(IGated::NotAWhitelist::SELECTOR, &[named]));
    }
    log::emit(&[IGated::WhitelistNamed::SIGNATURE_HASH, named], &[]);
    Ok(())
}

/// Refuses unless every account has the right asked of it and is not denied. Zero addresses are passed over, and
/// without a whitelist everybody may do everything.
#[inline(never)]
pub fn check(whitelist: Address, asked: [(Address, u8); 3]) -> Reverts<()> {
    if whitelist.is_zero() {
        return Ok(());
    }
    // Collected, as it takes half the code of two arrays.
    let accounts = asked.iter().map(|(account, _)| account.word());
    let rights = asked.iter().map(|(_, right)| u64::from(*right).word());
    let words: Vec<B256> = accounts.chain(rights).collect();
    call::ask(whitelist, checkCall::SELECTOR, &words).map(|_| ())
}

/// Whether an account has rights and is not denied, for views. Without a whitelist everybody has.
#[inline(never)]
pub fn may(whitelist: Address, account: Address, rights: u8) -> Reverts<bool> {
    if whitelist.is_zero() {
        return Ok(true);
    }
    let answered = call::ask(whitelist, rightsOfCall::SELECTOR, &[account.word()])?;
    // Rights are bits of the last byte.
    let [.., held] = call::first_word(answered)?.0;
    Ok(held & rights == rights)
}
