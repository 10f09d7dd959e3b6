//! The pool's stake-manager: holds the ETH that is not staked yet and the pool's books, and sells shares.
//!
//! Anyone may deposit while the contract is not paused and the rate is live, or, in a pool with a whitelist, whoever
//! may stake there for whoever may hold; the flash-exit-pool has shares of its
//! callers burned for ETH of the reserve that it holds; it and the gateway's alias may send ETH back at any time; the
//! owner upgrades. Everything else is answered by the second facet,
//! `stake-manager-reports`, on the same storage (`clay_shared::stake_manager` shows its slots).
//!
//! It promises: a deposit mints `assets * totalShares / totalAssets` shares at entryRate, rounded down,
//! or refuses; no balance is ever read to price a share; ETH that returns is never refused.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod deposits;
mod reserve;
mod views;

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{done, revert, Answer, Call, Word},
    books::flag,
    call, entry_point, host,
    interfaces::{ICommon, IStakeManager::*, IStakeManagerReports::SiblingChanged},
    log,
    math::narrow,
    ownable::not_zero,
    program::{unknown_function, Program},
    stake_manager::{
        books, gateway_alias, initialize_parameters, initialize_whitelist, sibling, token,
        too_large, Sibling, CAME_BACK, FACETED, FINALISATION_OPEN_AT, FLOWS, GATEWAY, OWNABLE,
        PAUSABLE,
    },
    storage::whole,
    upgradeable::{only_through_proxy, Version},
};

/// Rises with each program that an older one must not follow.
const VERSION: Version = Version::new(env!("CARGO_PKG_NAME"), 1);

/// See the crate's documentation.
pub struct StakeManager;

entry_point!(StakeManager);

impl Program for StakeManager {
    fn route(call: &Call, calldata: &[u8]) -> Answer {
        match call.selector {
            deposit_0Call::SELECTOR => deposits::deposit(call, 2),
            deposit_1Call::SELECTOR => deposits::deposit(call, 3),
            deposit_2Call::SELECTOR => deposits::deposit(call, 4),
            redeemFromReserveCall::SELECTOR => reserve::redeem(call),
            returnReserveCall::SELECTOR => reserve::take_back(call),
            initializeCall::SELECTOR => initialize(call),
            _ => views::route(call)
                .or_else(|| FACETED.route(VERSION, OWNABLE, call))
                .unwrap_or_else(|| ask_facet(call, calldata)),
        }
    }

    /// Plain ETH is a deposit for the sender; from the gateway's alias it is ETH that returns. Where a whitelist is asked
    /// only the latter is taken: a contract of the protocol may deposit, and pays ETH out to whom others name.
    fn receive(value: U256) -> Answer {
        let sender = host::sender();
        if sender == gateway_alias() {
            return take_back(value);
        }
        if books().has(flag::GATED) {
            return Err(revert(PlainEthRefused::SELECTOR, &[sender.word()]));
        }
        deposits::enter(value, sender, U256::ZERO)?;
        done()
    }
}

/// Sets the pool up behind its proxy, once.
fn initialize(call: &Call) -> Answer {
    let (owner, guardian) = (call.address(0)?, call.address(1)?);
    let (pool_token, gateway) = (call.address(2)?, call.address(3)?);
    let whitelist = call.address(5)?;
    let smallest_deposit = call.uint(6)?;
    let mut siblings = [Address::ZERO; Sibling::COUNT as usize];
    for (id, address) in siblings.iter_mut().enumerate() {
        *address = call.address(7 + id)?;
    }
    only_through_proxy()?;
    if !token().is_zero() {
        return Err(revert(ICommon::AlreadyInitialized::SELECTOR, &[]));
    }
    not_zero(pool_token)?;
    not_zero(gateway)?;
    not_zero(guardian)?;
    initialize_parameters(pool_token, smallest_deposit)?;
    if !whitelist.is_zero() {
        initialize_whitelist(whitelist)?;
    }
    OWNABLE.initialize(owner)?;
    PAUSABLE.initialize(guardian);
    FACETED.initialize(call, 4)?;
    GATEWAY.set_address(gateway);
    for (id, address) in (0..).zip(siblings) {
        not_zero(address)?;
        sibling(id).set_address(address);
        let topics = [SiblingChanged::SIGNATURE_HASH, u64::from(id).word()];
        log::emit(&topics, &[Address::ZERO.word(), address.word()]);
    }
    // The clock of silent redemptions starts now.
    FLOWS.set(FINALISATION_OPEN_AT.set(U256::ZERO, u128::from(host::now())));
    let topics = [
        PoolInitialized::SIGNATURE_HASH,
        pool_token.word(),
        gateway.word(),
    ];
    log::emit(&topics, &[smallest_deposit.word()]);
    done()
}

/// Books ETH that comes back from the gateway. It prices nothing, calls nobody and cannot be paused.
fn take_back(value: U256) -> Answer {
    let flows = FLOWS.get();
    let came_back = whole(CAME_BACK.get(flows)).saturating_add(value);
    let came_back = match narrow(came_back) {
        Some(amount) if amount <= CAME_BACK.max() => amount,
        _ => return Err(too_large(came_back, CAME_BACK.max())),
    };
    FLOWS.set(CAME_BACK.set(flows, came_back));
    let words = [value.word(), came_back.word()];
    log::emit(&[EthReturned::SIGNATURE_HASH], &words);
    done()
}

/// Hands a call on to the second facet. An implementation that no proxy runs has none.
fn ask_facet(call: &Call, calldata: &[u8]) -> Answer {
    let facet = FACETED.facet(0);
    if facet.is_zero() {
        return unknown_function(call);
    }
    // The facet refuses value itself where it takes none.
    call.take_value();
    call::delegate(facet, calldata)
}
