//! The logic of both pools' tokens: OpenZeppelin's ERC-20 and nonces, with permit, minted and burned by the pool's
//! stake-manager alone.
//!
//! A token is immutable: no proxy, no upgrade, no pause. The owner (the timelock) can change the stake-manager's
//! address. Who may move shares and give allowances is a [`Gate`]'s to say, which is chosen when the token is
//! compiled: csETH has none ([`Open`]), calls no other contract, and pays nothing for IcsETH's.
//!
//! | slot | holds |
//! |---|---|
//! | 0, 1, 2 | OpenZeppelin's ERC-20: balances, allowances, total supply |
//! | 3 | permit nonces |
//! | 4 | name, at most 31 bytes, padded with zeros |
//! | 5 | symbol, likewise |
//! | 6 | stake-manager |
//! | 7, 8 | owner, pending owner |
//! | 9 | the gate's |

mod permit;

use alloc::{vec, vec::Vec};
use core::marker::PhantomData;

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use openzeppelin_stylus::{
    token::erc20::{self, Erc20, IErc20},
    utils::{
        nonces::{INonces, Nonces},
        storage_slot::StorageSlot,
    },
};
use stylus_sdk::prelude::*;

use crate::{
    abi::{answer, answer_bytes, done, revert, Answer, Call, Reverts, Word},
    books::MAX_SHARES,
    eip712::Domain,
    interfaces::{ICommon, ICsEthToken::*},
    log,
    ownable::{not_zero, only_stake_manager, Ownable},
    program::{unknown_function, Program},
    storage::{bytes_of, whole, Slot},
};

const NAME: Slot = Slot::at(4);
const SYMBOL: Slot = Slot::at(5);
const STAKE_MANAGER: Slot = Slot::at(6);
/// Owner and pending owner.
pub const OWNABLE: Ownable = Ownable::at(7);
/// What a [`Gate`] keeps.
pub const GATE: Slot = Slot::at(9);

/// Says who may move shares and give allowances, and answers the functions that a token has for it.
///
/// Mints and burns pass it by: the stake-manager asks the whitelist when somebody deposits, and no denial may make a
/// report revert, which mints to the protocol's own accounts.
pub trait Gate {
    /// Selector of the token's `initialize`, which names owner, stake-manager, name and symbol first.
    const INITIALIZE: [u8; 4];

    /// Reads what `initialize` has from its fifth argument on. Runs once.
    fn initialize(call: &Call) -> Reverts<()>;
    /// Refuses unless the caller may move shares of `from`, its own if none, to `to`.
    fn transfer(from: Option<Address>, to: Address) -> Reverts<()>;
    /// Refuses unless `owner`, the caller if none, may let `spender` move so many shares.
    fn allow(owner: Option<Address>, spender: Address, value: U256) -> Reverts<()>;
    /// Answers the functions of the gate; none if the selector is another's.
    fn route(call: &Call) -> Option<Answer>;
}

/// No gate: everybody may.
pub struct Open;

impl Gate for Open {
    const INITIALIZE: [u8; 4] = initializeCall::SELECTOR;

    fn initialize(_: &Call) -> Reverts<()> {
        Ok(())
    }

    fn transfer(_: Option<Address>, _: Address) -> Reverts<()> {
        Ok(())
    }

    fn allow(_: Option<Address>, _: Address, _: U256) -> Reverts<()> {
        Ok(())
    }

    fn route(_: &Call) -> Option<Answer> {
        None
    }
}

/// Slots 0 to 3: what OpenZeppelin's library keeps.
#[storage]
struct Library<G> {
    erc20: Erc20,
    nonces: Nonces,
    gate: PhantomData<G>,
}

/// A pool's token with a gate; see the module's documentation.
pub struct Token<G> {
    gate: PhantomData<G>,
}

impl<G: Gate> Program for Token<G> {
    fn route(call: &Call, _calldata: &[u8]) -> Answer {
        let mut library: Library<G> = StorageSlot::get_slot(U256::ZERO);
        let erc20 = &mut library.erc20;
        match call.selector {
            transferCall::SELECTOR => {
                let to = call.address(0)?;
                G::transfer(None, to)?;
                Self::answer_bool(erc20.transfer(to, call.uint(1)?))
            }
            transferFromCall::SELECTOR => {
                let (from, to) = (call.address(0)?, call.address(1)?);
                G::transfer(Some(from), to)?;
                Self::answer_bool(erc20.transfer_from(from, to, call.uint(2)?))
            }
            approveCall::SELECTOR => {
                let (spender, value) = (call.address(0)?, call.uint(1)?);
                G::allow(None, spender, value)?;
                Self::answer_bool(erc20.approve(spender, value))
            }
            balanceOfCall::SELECTOR => answer(&[erc20.balance_of(call.address(0)?).word()]),
            totalSupplyCall::SELECTOR => answer(&[erc20.total_supply().word()]),
            allowanceCall::SELECTOR => {
                let (owner, spender) = (call.address(0)?, call.address(1)?);
                answer(&[erc20.allowance(owner, spender).word()])
            }
            mintCall::SELECTOR => Self::mint(erc20, call),
            mintManyCall::SELECTOR => Self::mint_many(erc20, call),
            burnCall::SELECTOR => Self::burn(erc20, call),
            permitCall::SELECTOR => permit::permit::<G>(&mut library.nonces, call),
            noncesCall::SELECTOR => {
                let nonce = library.nonces.nonces(call.address(0)?);
                answer(&[nonce.word()])
            }
            DOMAIN_SEPARATORCall::SELECTOR => {
                answer(&[Self::domain(&Self::text(NAME)).separator()])
            }
            _ => Self::describe(call),
        }
    }
}

// Functions of the type, though most do not ask its gate: so they are compiled with the contract, not before it, and
// csETH stays as small as if it were the only token.
impl<G: Gate> Token<G> {
    /// The EIP-712 domain of a token with this name, which differs from pool to pool.
    fn domain(name: &[u8]) -> Domain<'_> {
        Domain {
            name,
            version: b"1",
        }
    }

    /// The text of a slot, up to its first zero byte.
    fn text(slot: Slot) -> Vec<u8> {
        let bytes = bytes_of(slot.get());
        bytes
            .iter()
            .copied()
            .take_while(|byte| *byte != 0)
            .collect()
    }

    /// Answers what does not concern balances.
    fn describe(call: &Call) -> Answer {
        match call.selector {
            nameCall::SELECTOR => answer_bytes(&Self::text(NAME)),
            symbolCall::SELECTOR => answer_bytes(&Self::text(SYMBOL)),
            decimalsCall::SELECTOR => answer(&[18u64.word()]),
            eip712DomainCall::SELECTOR => Self::domain(&Self::text(NAME)).describe(),
            stakeManagerCall::SELECTOR => answer(&[STAKE_MANAGER.address().word()]),
            selector if selector == G::INITIALIZE => Self::initialize(call),
            setStakeManagerCall::SELECTOR => Self::set_stake_manager(call),
            _ => G::route(call)
                .or_else(|| OWNABLE.route(call))
                .unwrap_or_else(|| unknown_function(call)),
        }
    }

    /// Sets the token up, once. The deployer calls it in the transaction that creates the token, so that
    /// nobody can come first.
    fn initialize(call: &Call) -> Answer {
        let (owner, stake_manager) = (call.address(0)?, call.address(1)?);
        let (name, symbol) = (call.uint(2)?, call.uint(3)?);
        if !OWNABLE.owner().is_zero() {
            return Err(revert(ICommon::AlreadyInitialized::SELECTOR, &[]));
        }
        OWNABLE.initialize(owner)?;
        NAME.set(name);
        SYMBOL.set(symbol);
        Self::move_to(stake_manager)?;
        G::initialize(call)?;
        done()
    }

    fn set_stake_manager(call: &Call) -> Answer {
        let stake_manager = call.address(0)?;
        OWNABLE.only_owner()?;
        Self::move_to(stake_manager)?;
        done()
    }

    fn move_to(stake_manager: Address) -> Reverts<()> {
        not_zero(stake_manager)?;
        let previous = STAKE_MANAGER.address();
        STAKE_MANAGER.set_address(stake_manager);
        log::changed(StakeManagerChanged::SIGNATURE_HASH, previous, stake_manager);
        Ok(())
    }

    fn mint(erc20: &mut Erc20, call: &Call) -> Answer {
        let (to, shares) = (call.address(0)?, call.uint(1)?);
        only_stake_manager(STAKE_MANAGER.address())?;
        Self::create(erc20, to, shares)?;
        done()
    }

    /// Up to three mints in one call, whose start-up is most of what a mint costs.
    fn mint_many(erc20: &mut Erc20, call: &Call) -> Answer {
        only_stake_manager(STAKE_MANAGER.address())?;
        for index in 0..3 {
            let (to, shares) = (call.address(index)?, call.uint(3 + index)?);
            if !shares.is_zero() {
                Self::create(erc20, to, shares)?;
            }
        }
        done()
    }

    fn create(erc20: &mut Erc20, to: Address, shares: U256) -> Reverts<()> {
        // So that no number of mints can overflow the supply, where OpenZeppelin's sum would panic.
        if shares > whole(MAX_SHARES) {
            let words = [shares.word(), MAX_SHARES.word()];
            return Err(revert(ICommon::AmountTooLarge::SELECTOR, &words));
        }
        erc20._mint(to, shares)?;
        Ok(())
    }

    fn burn(erc20: &mut Erc20, call: &Call) -> Answer {
        let (from, shares) = (call.address(0)?, call.uint(1)?);
        only_stake_manager(STAKE_MANAGER.address())?;
        erc20._burn(from, shares)?;
        done()
    }

    fn answer_bool(moved: Result<bool, erc20::Error>) -> Answer {
        answer(&[moved?.word()])
    }
}
