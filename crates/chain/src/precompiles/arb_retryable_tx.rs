//! ArbRetryableTx: redeeming, prolonging and cancelling tickets.
//!
//! A ticket's fixed data stand beside the state; whether it is open, and until when, is a word of storage.
//! Redeeming only schedules: the chain runs the call right after the transaction, as its own one.

use alloy::primitives::{keccak256, Address, Bytes, B256, U256};

use super::call::{returns, Answer, Failure, PrecompileCall};
use crate::{abi::ArbRetryableTx::*, Ticket};

/// Seconds a ticket lives, and those a keepalive adds.
pub(crate) const LIFETIME: u64 = 7 * 86_400;
/// Gas a retry needs for its start; with less, a redemption is refused.
const RETRY_GAS: u64 = 21_000;
/// Gas kept back from the donation for the rest of the redeeming call.
const KEPT_GAS: u64 = 6_000;

/// Where a ticket's timeout stands; zero once it is redeemed, cancelled or expired.
pub(crate) fn ticket_slot(id: B256) -> U256 {
    keccak256(id).into()
}

pub(super) fn run(call: &mut PrecompileCall) -> Answer {
    call.not_payable()?;
    match call.decode::<ArbRetryableTxCalls>()? {
        ArbRetryableTxCalls::redeem(asked) => redeem(call, asked.ticketId),
        ArbRetryableTxCalls::getLifetime(_) => returns::<getLifetimeCall>(U256::from(LIFETIME)),
        ArbRetryableTxCalls::getTimeout(asked) => {
            let (_, timeout) = open_ticket(call, asked.ticketId)?;
            returns::<getTimeoutCall>(U256::from(timeout))
        }
        ArbRetryableTxCalls::keepalive(asked) => keep_alive(call, asked.ticketId),
        ArbRetryableTxCalls::getBeneficiary(asked) => {
            let (ticket, _) = open_ticket(call, asked.ticketId)?;
            returns::<getBeneficiaryCall>(ticket.beneficiary)
        }
        ArbRetryableTxCalls::cancel(asked) => cancel(call, asked.ticketId),
        ArbRetryableTxCalls::getCurrentRedeemer(_) => {
            let redeemer = call.ctx.chain.redeemer.unwrap_or_default();
            returns::<getCurrentRedeemerCall>(redeemer)
        }
    }
}

/// An open ticket and its timeout.
fn open_ticket(call: &mut PrecompileCall, id: B256) -> Result<(Ticket, u64), Failure> {
    let timeout: u64 = call.load(ticket_slot(id)).saturating_to();
    let ticket = call
        .ctx
        .chain
        .tickets
        .get(&id)
        .filter(|_| timeout > call.now());
    ticket
        .cloned()
        .map(|ticket| (ticket, timeout))
        .ok_or_else(|| Failure::error(NoTicketWithID {}))
}

/// Donates the gas left to a retry that runs after this transaction.
fn redeem(call: &mut PrecompileCall, id: B256) -> Answer {
    call.writes()?;
    let (ticket, _) = open_ticket(call, id)?;
    if call.gas_left() < RETRY_GAS + KEPT_GAS {
        return Err(Failure::OutOfGas);
    }
    let donated = call.gas_left() - KEPT_GAS;
    let retry = keccak256(
        [
            id.as_slice(),
            &ticket.tries.to_be_bytes(),
            &donated.to_be_bytes(),
        ]
        .concat(),
    );
    call.emit(RedeemScheduled {
        ticketId: id,
        retryTxHash: retry,
        sequenceNum: ticket.tries,
        donatedGas: donated,
        gasDonor: call.caller,
        maxRefund: U256::MAX,
        submissionFeeRefund: U256::ZERO,
    })?;
    call.burn(donated)?;
    returns::<redeemCall>(retry)
}

/// Adds a lifetime to a ticket in its last lifetime.
fn keep_alive(call: &mut PrecompileCall, id: B256) -> Answer {
    call.writes()?;
    let (_, timeout) = open_ticket(call, id)?;
    if timeout > call.now() + LIFETIME {
        return Err(Failure::text("timeout too far into the future"));
    }
    let prolonged = U256::from(timeout + LIFETIME);
    call.store(ticket_slot(id), prolonged);
    call.emit(LifetimeExtended {
        ticketId: id,
        newTimeout: prolonged,
    })?;
    returns::<keepaliveCall>(prolonged)
}

/// Gives up a ticket; its value goes to the beneficiary, who alone may ask.
fn cancel(call: &mut PrecompileCall, id: B256) -> Answer {
    call.writes()?;
    let (ticket, _) = open_ticket(call, id)?;
    if call.caller != ticket.beneficiary {
        return Err(Failure::text("only the beneficiary may cancel a retryable"));
    }
    call.store(ticket_slot(id), U256::ZERO);
    call.debit(escrow(id), ticket.value);
    call.credit(ticket.beneficiary, ticket.value);
    call.emit(Canceled { ticketId: id })?;
    Ok(Bytes::new())
}

/// The account that holds a ticket's value.
pub(crate) fn escrow(id: B256) -> Address {
    Address::from_word(keccak256(
        [b"retryable escrow".as_slice(), id.as_slice()].concat(),
    ))
}
