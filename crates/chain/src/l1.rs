//! Messages between L1 and this chain.

use alloy::primitives::{Address, Bytes, B256, U256};
use serde::{Deserialize, Serialize};

/// A message from L1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum L1Message {
    /// ETH and perhaps a call. Without data the ETH is credited to `to` and nothing runs; with data the
    /// ETH goes to the sender's alias, which calls `to` with it.
    Deposit {
        /// Sender on L1 (the alias is the sender here).
        from: Address,
        /// Receiver.
        to: Address,
        /// Wei.
        value: U256,
        /// Calldata.
        data: Bytes,
        /// Gas limit of the call.
        gas: u64,
    },
    /// A retryable ticket, redeemed at once if it carries enough gas.
    Retryable(RetryableMessage),
}

/// A retryable ticket as submitted on L1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RetryableMessage {
    /// Sender on L1 (the alias is the sender here).
    pub from: Address,
    /// Callee on this chain.
    pub to: Address,
    /// Wei sent with the call, held by the ticket until it succeeds or expires.
    pub value: U256,
    /// Wei brought from L1, to pay value, submission and gas.
    pub deposit: U256,
    /// Most wei paid for keeping the ticket. This chain asks nothing; all of it is refunded.
    pub max_submission_cost: U256,
    /// Receives unused fees.
    pub fee_refund_address: Address,
    /// Receives the value if the ticket expires or is cancelled.
    pub beneficiary: Address,
    /// Gas for the automatic redemption; zero for none.
    pub gas: u64,
    /// Wei per gas for the automatic redemption.
    pub max_fee_per_gas: u128,
    /// Calldata.
    pub data: Bytes,
}

/// What became of a message from L1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct L1Delivery {
    /// Hash of the transaction the message became; of a ticket, also its id.
    pub tx_hash: B256,
    /// Hash of the automatic redemption, if there was one.
    pub redeem_hash: Option<B256>,
}

/// A ticket that is neither redeemed nor expired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ticket {
    /// Id.
    pub id: B256,
    /// Sender of the call (the alias of the L1 sender).
    pub from: Address,
    /// Callee.
    pub to: Address,
    /// Wei held.
    pub value: U256,
    /// Receives the value if the ticket expires or is cancelled.
    pub beneficiary: Address,
    /// Calldata.
    pub data: Bytes,
    /// When it expires, seconds.
    pub timeout: u64,
    /// Redemptions tried so far.
    pub tries: u64,
}

/// A message sent to L1 through ArbSys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct L2ToL1Message {
    /// Sender here.
    pub from: Address,
    /// Receiver on L1.
    pub to: Address,
    /// Wei, destroyed here.
    pub value: U256,
    /// Calldata on L1.
    pub data: Bytes,
    /// Position in the outbox.
    pub position: u64,
    /// L2 block it was sent in.
    pub block_number: u64,
    /// Timestamp of that block, seconds.
    pub timestamp: u64,
    /// Transaction it was sent by.
    pub tx_hash: B256,
}

/// Added to the address of an L1 sender, so that it is nobody's by accident here.
const ALIAS_OFFSET: Address =
    alloy::primitives::address!("1111000000000000000000000000000000001111");

/// The address an L1 contract appears as on this chain.
pub fn alias(l1: Address) -> Address {
    shift(l1, true)
}

/// The L1 address behind an alias.
pub fn unalias(l2: Address) -> Address {
    shift(l2, false)
}

/// Adds or takes off the offset modulo 2^160.
fn shift(address: Address, add: bool) -> Address {
    let word = U256::from_be_slice(address.as_slice());
    let offset = U256::from_be_slice(ALIAS_OFFSET.as_slice());
    let sum = if add {
        word.wrapping_add(offset)
    } else {
        word.wrapping_sub(offset)
    };
    Address::from_word(sum.into())
}
