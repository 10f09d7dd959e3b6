//! What happened inside a transaction or call, in the shape of geth's `callTracer`.

use alloy::consensus::Transaction;
use alloy::primitives::{Bytes, B256, U256};
use alloy::rpc::types::trace::geth::{
    CallConfig, CallFrame, CallLogFrame, GethDebugBuiltInTracerType, GethDebugTracerType,
    GethDebugTracingCallOptions, GethDebugTracingOptions,
};
use clay_chain::{CallOutcome, FrameKind, Overrides, Trace};

use super::calls::simulated;
use crate::error::{internal, invalid_params, refused, revert_reason, RpcResult};
use crate::node::Node;
use crate::params::Args;
use crate::registry::Registry;

pub(crate) fn register(registry: &mut Registry) {
    registry
        .add(&["debug_traceTransaction"], 2, trace_transaction)
        .add(&["debug_traceCall"], 3, trace_call);
}

fn trace_transaction(node: &Node, args: &mut Args<'_>) -> RpcResult<CallFrame> {
    let hash: B256 = args.required("transaction hash")?;
    let options: GethDebugTracingOptions = args.optional("options")?.unwrap_or_default();
    let config = call_tracer(options)?;
    node.chain(|chain| {
        let not_found = || refused("transaction not found");
        let (block, index) = chain.transaction(hash).ok_or_else(not_found)?;
        let outcome = chain.trace_transaction(hash).ok_or_else(not_found)?;
        let gas = block.transactions[index].envelope.gas_limit();
        Ok(CallFrame {
            gas: U256::from(gas),
            ..root(outcome, config)?
        })
    })
}

fn trace_call(node: &Node, args: &mut Args<'_>) -> RpcResult<CallFrame> {
    let request = simulated(args)?;
    let block = args.block()?;
    let options: GethDebugTracingCallOptions = args.optional("options")?.unwrap_or_default();
    let overrides = Overrides {
        state: options.state_overrides,
        block: options.block_overrides.map(Box::new),
    };
    let config = call_tracer(options.tracing_options)?;
    let outcome = node.chain(|chain| chain.trace_call(&request, block, &overrides));
    root(outcome.map_err(refused)?, config)
}

/// The settings of the call tracer, which is the one tracer there is and the one meant by default.
fn call_tracer(options: GethDebugTracingOptions) -> RpcResult<CallConfig> {
    use GethDebugBuiltInTracerType::CallTracer;
    match options.tracer {
        None | Some(GethDebugTracerType::BuiltInTracer(CallTracer)) => options
            .tracer_config
            .into_call_config()
            .map_err(|error| invalid_params(format!("invalid tracer config: {error}"))),
        Some(_) => Err(invalid_params("unknown tracer; there is callTracer")),
    }
}

/// The outermost frame, which accounts for the whole transaction.
fn root(outcome: CallOutcome, config: CallConfig) -> RpcResult<CallFrame> {
    let trace = outcome
        .trace
        .ok_or_else(|| internal("the chain gave no trace"))?;
    Ok(CallFrame {
        gas_used: U256::from(outcome.gas_used),
        ..frame(&trace, config)
    })
}

fn frame(trace: &Trace, config: CallConfig) -> CallFrame {
    let with_log = config.with_log.unwrap_or(false);
    let calls: &[Trace] = if config.only_top_call.unwrap_or(false) {
        &[]
    } else {
        &trace.calls
    };
    CallFrame {
        typ: kind_name(trace.kind).to_owned(),
        from: trace.from,
        to: trace.to,
        value: (trace.kind != FrameKind::StaticCall).then_some(trace.value),
        gas: U256::from(trace.gas),
        gas_used: U256::from(trace.gas_used),
        input: trace.input.clone(),
        output: (!trace.output.is_empty()).then(|| trace.output.clone()),
        error: trace.error.clone(),
        revert_reason: trace
            .error
            .as_ref()
            .and_then(|_| revert_reason(&trace.output)),
        calls: calls.iter().map(|call| frame(call, config)).collect(),
        logs: if with_log {
            trace.logs.iter().map(log).collect()
        } else {
            Vec::new()
        },
        ..Default::default()
    }
}

fn log(log: &alloy::primitives::Log) -> CallLogFrame {
    CallLogFrame {
        address: Some(log.address),
        topics: Some(log.topics().to_vec()),
        data: Some(Bytes::clone(&log.data.data)),
        ..Default::default()
    }
}

/// The name of a kind of frame among tracers.
pub(crate) fn kind_name(kind: FrameKind) -> &'static str {
    match kind {
        FrameKind::Call => "CALL",
        FrameKind::CallCode => "CALLCODE",
        FrameKind::DelegateCall => "DELEGATECALL",
        FrameKind::StaticCall => "STATICCALL",
        FrameKind::Create => "CREATE",
        FrameKind::Create2 => "CREATE2",
    }
}
