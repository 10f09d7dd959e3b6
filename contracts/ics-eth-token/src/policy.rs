//! The transfer policy.

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use clay_shared::{
    abi::{answer, done, revert, Answer, Call, Reverts, Word},
    host,
    interfaces::IIcsEthToken::*,
    kyc, log,
    ownable::not_zero,
    storage::{address, uint, Field},
    token::{Gate, GATE, OWNABLE},
};

/// Nothing is checked.
const OPEN: u8 = 1;
/// Who receives must have the right to hold, and nobody may be denied. Between the two: nobody may be denied.
const ALLOW_LIST: u8 = 3;

/// In the gate's slot, above the whitelist.
const POLICY: Field = Field::new(160, 8);

/// Asks the whitelist what the owner has chosen to ask.
pub struct Policy;

impl Gate for Policy {
    const INITIALIZE: [u8; 4] = initializeCall::SELECTOR;

    fn initialize(call: &Call) -> Reverts<()> {
        let (whitelist, policy) = (call.address(4)?, call.uint8(5)?);
        not_zero(whitelist)?;
        change(uint(whitelist.into_word().0), policy)?;
        kyc::set_up(whitelist)
    }

    fn transfer(from: Option<Address>, to: Address) -> Reverts<()> {
        let word = GATE.get();
        let of_receiver = match policy(word) {
            OPEN => return Ok(()),
            ALLOW_LIST => kyc::HOLD,
            _ => kyc::UNDENIED,
        };
        let (initiator, from) = (host::sender(), from.unwrap_or(Address::ZERO));
        let asked = [
            (initiator, kyc::UNDENIED),
            (from, kyc::UNDENIED),
            (to, of_receiver),
        ];
        kyc::check(address(word), asked)
    }

    fn allow(owner: Option<Address>, spender: Address, value: U256) -> Reverts<()> {
        let word = GATE.get();
        if policy(word) == OPEN {
            return Ok(());
        }
        // An allowance can be taken back from who is denied.
        let spender = match value.is_zero() {
            true => Address::ZERO,
            false => spender,
        };
        let accounts = [host::sender(), owner.unwrap_or(Address::ZERO), spender];
        kyc::check(
            address(word),
            accounts.map(|account| (account, kyc::UNDENIED)),
        )
    }

    fn route(call: &Call) -> Option<Answer> {
        Some(match call.selector {
            whitelistCall::SELECTOR => answer(&[GATE.address().word()]),
            transferPolicyCall::SELECTOR => answer(&[u64::from(policy(GATE.get())).word()]),
            setTransferPolicyCall::SELECTOR => set(call),
            _ => return None,
        })
    }
}

fn policy(word: U256) -> u8 {
    POLICY.get(word) as u8
}

fn set(call: &Call) -> Answer {
    let asked = call.uint8(0)?;
    OWNABLE.only_owner()?;
    change(GATE.get(), asked)?;
    done()
}

/// Writes the gate's slot with another policy.
fn change(word: U256, asked: u8) -> Reverts<()> {
    if !(OPEN..=ALLOW_LIST).contains(&asked) {
        return Err(out_of_bounds(asked));
    }
    let words = [policy(word), asked].map(|policy| u64::from(policy).word());
    GATE.set(POLICY.set(word, asked.into()));
    log::emit(&[TransferPolicyChanged::SIGNATURE_HASH], &words);
    Ok(())
}

#[cold]
fn out_of_bounds(asked: u8) -> Vec<u8> {
    let words = [asked, OPEN, ALLOW_LIST].map(|policy| u64::from(policy).word());
    revert(PolicyOutOfBounds::SELECTOR, &words)
}
