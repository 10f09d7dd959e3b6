//! The `clay` namespace: what only this chain has. Messages from and to L1, retryable tickets, traces
//! with ink, the rule for start-up costs.

use alloy::primitives::{address, Address, Bytes, B256, U128, U256};
use alloy::sol;
use alloy::sol_types::SolCall;
use clay_chain::{L1Delivery, L1Message, RetryableMessage, StartupRule, Trace, TxRequest};
use serde::Deserialize;

use super::calls::{overrides, simulated};
use crate::error::{internal, refused, reverted, RpcResult};
use crate::node::Node;
use crate::params::{Args, Number};
use crate::registry::Registry;
use crate::render::render_trace;

/// The precompile that redeems retryable tickets.
const ARB_RETRYABLE_TX: Address = address!("000000000000000000000000000000000000006e");

sol! {
    /// Tries a ticket again; its id is the hash of the transaction that created it.
    function redeem(bytes32 ticketId) external returns (bytes32);
}

pub(crate) fn register(registry: &mut Registry) {
    registry
        .add(&["clay_deposit"], 1, |node, args| {
            let deposit: Deposit = args.required("deposit")?;
            deliver(node, deposit.into())
        })
        .add(&["clay_submitRetryable"], 1, |node, args| {
            let retryable: Retryable = args.required("retryable")?;
            deliver(node, retryable.into())
        })
        .add(&["clay_tickets"], 0, |node, _| {
            Ok(node.chain(|chain| chain.tickets()))
        })
        .add(&["clay_redeem"], 2, redeem)
        .add(&["clay_expire"], 1, expire)
        .add(&["clay_messagesToL1"], 0, |node, _| {
            Ok(node.chain(|chain| chain.messages_to_l1()))
        })
        .add(&["clay_traceTransaction"], 1, transaction_trace)
        .add(&["clay_renderTransaction"], 1, |node, args| {
            Ok(render_trace(&transaction_trace(node, args)?))
        })
        .add(&["clay_traceCall"], 4, trace_call)
        .add(&["clay_startupRule"], 0, |node, _| {
            Ok(node.chain(|chain| chain.config().startup))
        })
        .add(&["clay_setStartupRule"], 1, |node, args| {
            let rule: StartupRule = args.required("rule")?;
            node.chain(|chain| chain.set_startup_rule(rule));
            Ok(())
        });
}

/// ETH and perhaps a call from L1, as [`L1Message::Deposit`].
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Deposit {
    from: Address,
    to: Address,
    #[serde(default)]
    value: U256,
    #[serde(default)]
    data: Bytes,
    #[serde(default = "default_gas")]
    gas: Number,
}

/// A retryable ticket, as [`RetryableMessage`].
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Retryable {
    from: Address,
    to: Address,
    #[serde(default)]
    value: U256,
    deposit: U256,
    #[serde(default)]
    max_submission_cost: U256,
    /// The sender's alias by default, as on L1.
    fee_refund_address: Option<Address>,
    /// The sender's alias by default, as on L1.
    beneficiary: Option<Address>,
    #[serde(default = "no_gas")]
    gas: Number,
    #[serde(default)]
    max_fee_per_gas: U128,
    #[serde(default)]
    data: Bytes,
}

/// Gas of a call from L1 that names none.
fn default_gas() -> Number {
    Number(10_000_000)
}

fn no_gas() -> Number {
    Number(0)
}

impl From<Deposit> for L1Message {
    fn from(deposit: Deposit) -> Self {
        L1Message::Deposit {
            from: deposit.from,
            to: deposit.to,
            value: deposit.value,
            data: deposit.data,
            gas: deposit.gas.0,
        }
    }
}

impl From<Retryable> for L1Message {
    fn from(retryable: Retryable) -> Self {
        let alias = clay_chain::alias(retryable.from);
        L1Message::Retryable(RetryableMessage {
            from: retryable.from,
            to: retryable.to,
            value: retryable.value,
            deposit: retryable.deposit,
            max_submission_cost: retryable.max_submission_cost,
            fee_refund_address: retryable.fee_refund_address.unwrap_or(alias),
            beneficiary: retryable.beneficiary.unwrap_or(alias),
            gas: retryable.gas.0,
            max_fee_per_gas: retryable.max_fee_per_gas.to(),
            data: retryable.data,
        })
    }
}

fn deliver(node: &Node, message: L1Message) -> RpcResult<L1Delivery> {
    node.chain(|chain| chain.deliver(message)).map_err(refused)
}

/// Redeems a ticket in the name of an account, by default the first the node signs for.
fn redeem(node: &Node, args: &mut Args<'_>) -> RpcResult<B256> {
    let call = redeemCall {
        ticketId: args.required("ticket id")?,
    };
    let first = node.signers.accounts().first().copied();
    let from = args.optional("from")?.or(first).unwrap_or_default();
    let request = TxRequest::call(from, ARB_RETRYABLE_TX, call.abi_encode());
    let receipt = node
        .chain(|chain| chain.transact(request))
        .map_err(refused)?;
    match receipt.success() {
        true => Ok(receipt.tx_hash),
        false => Err(reverted(&receipt.output)),
    }
}

/// Moves time to where a ticket has expired and mines a block there.
fn expire(node: &Node, args: &mut Args<'_>) -> RpcResult<()> {
    let id: B256 = args.required("ticket id")?;
    node.chain(|chain| {
        let tickets = chain.tickets();
        let ticket = tickets.iter().find(|ticket| ticket.id == id);
        let ticket = ticket.ok_or_else(|| refused(format!("no ticket {id}")))?;
        if ticket.timeout >= chain.timestamp() {
            chain
                .set_next_timestamp(ticket.timeout + 1)
                .map_err(refused)?;
        }
        chain.mine(1);
        Ok(())
    })
}

fn transaction_trace(node: &Node, args: &mut Args<'_>) -> RpcResult<Trace> {
    let hash: B256 = args.required("transaction hash")?;
    let outcome = node.chain(|chain| chain.trace_transaction(hash));
    let outcome = outcome.ok_or_else(|| refused("transaction not found"))?;
    outcome
        .trace
        .ok_or_else(|| internal("the chain gave no trace"))
}

fn trace_call(node: &Node, args: &mut Args<'_>) -> RpcResult<Trace> {
    let request = simulated(args)?;
    let block = args.block()?;
    let overrides = overrides(args)?;
    let outcome = node.chain(|chain| chain.trace_call(&request, block, &overrides));
    outcome
        .map_err(refused)?
        .trace
        .ok_or_else(|| internal("the chain gave no trace"))
}
