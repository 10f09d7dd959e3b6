//! Executions that leave no trace in the chain: calls, estimates and access lists.

use alloy::eips::eip2930::AccessListResult;
use alloy::primitives::{Bytes, U256, U64};
use alloy::rpc::types::state::StateOverride;
use alloy::rpc::types::{BlockOverrides, TransactionRequest};
use clay_chain::{CallOutcome, EstimateError, ExecStatus, Overrides, TxRequest};
use jsonrpsee::types::ErrorObjectOwned;

use crate::error::{invalid_params, refused, revert_reason, reverted, RpcResult};
use crate::node::{log_failed_call, Node};
use crate::params::Args;
use crate::registry::Registry;

pub(crate) fn register(registry: &mut Registry) {
    registry
        .add(&["eth_call"], 4, call)
        .add(&["eth_estimateGas"], 4, estimate_gas)
        .add(&["eth_createAccessList"], 2, create_access_list);
}

/// Reads a transaction to be simulated. Its nonce is left out: wallets send the one they will use later.
pub(crate) fn simulated(args: &mut Args<'_>) -> RpcResult<TxRequest> {
    let request = checked(args.required("transaction")?)?;
    Ok(TxRequest {
        nonce: None,
        ..request.into()
    })
}

/// Refuses a transaction that contradicts itself.
pub(crate) fn checked(request: TransactionRequest) -> RpcResult<TransactionRequest> {
    let dynamic_fee = request.max_fee_per_gas.or(request.max_priority_fee_per_gas);
    let contradiction = if request.input.unique_input().is_err() {
        "both data and input are set and not equal"
    } else if request.gas_price.is_some() && dynamic_fee.is_some() {
        "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified"
    } else {
        return Ok(request);
    };
    Err(invalid_params(format!(
        "invalid argument 0 (transaction): {contradiction}"
    )))
}

/// Reads what the call pretends of state and block.
pub(crate) fn overrides(args: &mut Args<'_>) -> RpcResult<Overrides> {
    Ok(Overrides {
        state: args.optional::<StateOverride>("state overrides")?,
        block: args
            .optional::<BlockOverrides>("block overrides")?
            .map(Box::new),
    })
}

fn call(node: &Node, args: &mut Args<'_>) -> RpcResult<Bytes> {
    let request = simulated(args)?;
    let (at, with) = (args.block()?, overrides(args)?);
    node.chain(|chain| {
        let outcome = chain.call(&request, at, &with).map_err(refused)?;
        if outcome.status.is_success() {
            return Ok(outcome.output);
        }
        log_failed_call(chain, &request, at, &with);
        Err(failure(&outcome))
    })
}

fn estimate_gas(node: &Node, args: &mut Args<'_>) -> RpcResult<U64> {
    let request = simulated(args)?;
    let (at, with) = (args.block()?, overrides(args)?);
    node.chain(|chain| {
        let gas = chain.estimate_gas(&request, at, &with);
        if let Err(EstimateError::Failed(_)) = gas {
            log_failed_call(chain, &request, at, &with);
        }
        gas.map(U64::from).map_err(estimate_failure)
    })
}

fn create_access_list(node: &Node, args: &mut Args<'_>) -> RpcResult<AccessListResult> {
    let request = simulated(args)?;
    let block = args.block()?;
    let created = node.chain(|chain| chain.create_access_list(&request, block));
    let (access_list, outcome) = created.map_err(refused)?;
    Ok(AccessListResult {
        access_list,
        gas_used: U256::from(outcome.gas_used),
        error: failure_text(&outcome),
    })
}

/// The error for an estimate that could not be made.
pub(crate) fn estimate_failure(error: EstimateError) -> ErrorObjectOwned {
    match error {
        EstimateError::Tx(error) => refused(error),
        EstimateError::Failed(outcome) => failure(&outcome),
    }
}

/// The error for an execution that did not return.
fn failure(outcome: &CallOutcome) -> ErrorObjectOwned {
    match &outcome.status {
        ExecStatus::Halt(reason) => refused(reason),
        _ => reverted(&outcome.output),
    }
}

/// In words why an execution did not return; none if it did.
fn failure_text(outcome: &CallOutcome) -> Option<String> {
    match &outcome.status {
        ExecStatus::Success => None,
        ExecStatus::Halt(reason) => Some(reason.clone()),
        ExecStatus::Revert => Some(match revert_reason(&outcome.output) {
            Some(reason) => format!("execution reverted: {reason}"),
            None => "execution reverted".to_owned(),
        }),
    }
}
