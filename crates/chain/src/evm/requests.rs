//! Answers to what a program asks of the chain, at the EVM's prices; calls and creations become frames.

use alloy::primitives::{Address, Bytes, Log, LogData, B256, U256};
use revm::{
    context::{Cfg, JournalTr},
    context_interface::{CreateScheme, Host},
    handler::EthFrame,
    interpreter::{
        interpreter_action::FrameInput, CallInput, CallInputs, CallScheme, CallValue, CreateInputs,
        Gas,
    },
};
use stylus_vm::{pages_gas, Answer, CallKind, Refusal, Request};

use super::{program::Next, Ctx};

/// Gas of reading or writing a transient slot.
const TRANSIENT_GAS: u64 = 100;
/// What loading an account's code costs beside touching the account.
const CODE_GAS: u64 = 700;
/// What a request leads to.
pub(super) enum Reaction {
    Answer(Answer),
    Child(FrameInput, Next),
    /// The whole frame fails, as after a trap, with this much gas left.
    Fail {
        reason: &'static str,
        gas_left: u64,
    },
}
/// Answers a request, or starts what it asks for.
pub(super) fn react(ctx: &mut Ctx, frame: &mut EthFrame, request: Request) -> Reaction {
    let account = frame.interpreter.input.target_address;
    let is_static = frame.interpreter.runtime_flag.is_static;
    let answer = match request {
        Request::StorageLoad { key } => {
            let loaded = infallible(ctx.journaled_state.sload(account, key.into()));
            Answer::Word {
                value: loaded.data.into(),
                gas: if loaded.is_cold { 2_100 } else { 100 },
            }
        }
        Request::StorageFlush { writes, gas_left } => {
            if is_static {
                Answer::Done {
                    gas: 0,
                    result: Err(Refusal::WriteProtection),
                }
            } else {
                flush(ctx, account, &mut frame.interpreter.gas, writes, gas_left)
            }
        }
        Request::TransientLoad { key } => Answer::Word {
            value: ctx.journaled_state.tload(account, key.into()).into(),
            gas: TRANSIENT_GAS,
        },
        Request::TransientStore { .. } | Request::EmitLog { .. } if is_static => Answer::Done {
            gas: 0,
            result: Err(Refusal::WriteProtection),
        },
        Request::TransientStore { key, value } => {
            ctx.journaled_state
                .tstore(account, key.into(), value.into());
            Answer::Done {
                gas: TRANSIENT_GAS,
                result: Ok(()),
            }
        }
        Request::EmitLog { topics, data } => {
            let gas = 375
                + ctx
                    .cfg
                    .gas_params()
                    .log_cost(topics.len() as u8, data.len() as u64);
            ctx.journaled_state.log(Log {
                address: account,
                data: LogData::new_unchecked(topics, data),
            });
            Answer::Done {
                gas,
                result: Ok(()),
            }
        }
        Request::Call {
            kind,
            to,
            input,
            value,
            gas_left,
            gas_requested,
        } => {
            return call(
                ctx,
                frame,
                Call {
                    kind,
                    to,
                    input,
                    value,
                    gas_left,
                    gas_requested,
                },
            );
        }
        Request::Create { gas_left, .. } if is_static => {
            return Reaction::Fail {
                reason: "write protection",
                gas_left,
            }
        }
        Request::Create {
            code,
            endowment,
            salt,
            gas_left,
        } => return create(ctx, account, code, endowment, salt, gas_left),
        Request::AccountBalance { account } => {
            let (info, gas) = touch(ctx, account);
            Answer::Word {
                value: info.balance.into(),
                gas,
            }
        }
        Request::AccountCodeHash { account } => {
            let (info, gas) = touch(ctx, account);
            Answer::Word {
                value: if info.is_empty() {
                    B256::ZERO
                } else {
                    info.code_hash
                },
                gas,
            }
        }
        Request::AccountCode { account, gas_left } => {
            let (info, gas) = touch(ctx, account);
            let gas = gas + CODE_GAS;
            let code = info
                .code
                .filter(|_| gas <= gas_left)
                .map(|code| code.original_bytes());
            Answer::Code {
                code: code.unwrap_or_default(),
                gas,
            }
        }
        Request::AddPages { pages } => {
            let chain = &mut ctx.chain;
            let gas = pages_gas(pages, chain.pages_open, chain.pages_ever);
            chain.pages_open = chain.pages_open.saturating_add(pages);
            chain.pages_ever = chain.pages_ever.max(chain.pages_open);
            Answer::Gas { gas }
        }
        Request::Console { line } => {
            ctx.chain.tracer.console(line);
            Answer::Gas { gas: 0 }
        }
    };
    Reaction::Answer(answer)
}

/// The value of a journal operation on a database that cannot fail.
fn infallible<T>(result: Result<T, std::convert::Infallible>) -> T {
    match result {
        Ok(value) => value,
        Err(never) => match never {},
    }
}

/// An account and what touching it costs.
fn touch(ctx: &mut Ctx, account: Address) -> (revm::state::AccountInfo, u64) {
    let loaded = infallible(ctx.journaled_state.load_account_with_code(account));
    (
        loaded.info.clone(),
        if loaded.is_cold { 2_600 } else { 100 },
    )
}

/// SSTORE of every pair, with the EVM's prices and refunds.
fn flush(
    ctx: &mut Ctx,
    account: Address,
    gas: &mut Gas,
    writes: Vec<(B256, B256)>,
    gas_left: u64,
) -> Answer {
    let mut spent = 0u64;
    for (key, value) in writes {
        let stored = infallible(
            ctx.journaled_state
                .sstore(account, key.into(), value.into()),
        );
        let params = ctx.cfg.gas_params();
        spent += params.sstore_static_gas()
            + params.sstore_dynamic_gas(true, &stored.data, stored.is_cold);
        if spent > gas_left {
            return Answer::Done {
                gas: gas_left,
                result: Err(Refusal::OutOfGas),
            };
        }
        gas.record_refund(params.sstore_refund(true, &stored.data));
    }
    Answer::Done {
        gas: spent,
        result: Ok(()),
    }
}

/// A call a program asks for.
struct Call {
    kind: CallKind,
    to: Address,
    input: Bytes,
    value: U256,
    gas_left: u64,
    gas_requested: u64,
}

/// Prices a call as Nitro does and starts it.
fn call(ctx: &mut Ctx, frame: &EthFrame, call: Call) -> Reaction {
    let failed = |gas| {
        Reaction::Answer(Answer::Call {
            success: false,
            gas,
            output: Bytes::new(),
        })
    };
    let input = &frame.interpreter.input;
    let is_static = frame.interpreter.runtime_flag.is_static;
    let pays = !call.value.is_zero();
    if is_static && pays {
        return failed(0);
    }
    let (info, mut base) = touch(ctx, call.to);
    if pays {
        base += 9_000 + if info.is_empty() { 25_000 } else { 0 };
    }
    if base > call.gas_left {
        return failed(call.gas_left);
    }
    // One part in 64 stays. The stipend is given on top, but what the callee leaves of it is not given back
    // beyond the price of the call.
    let mut gas = ((call.gas_left - base) * 63 / 64).min(call.gas_requested);
    if pays {
        gas = gas.saturating_add(2_300);
    }
    let delegate = call.kind == CallKind::Delegate;
    let inputs = CallInputs {
        input: CallInput::Bytes(call.input),
        return_memory_offset: 0..0,
        gas_limit: gas,
        reservoir: 0,
        bytecode_address: call.to,
        known_bytecode: callee_code(ctx, info),
        target_address: if delegate {
            input.target_address
        } else {
            call.to
        },
        caller: if delegate {
            input.caller_address
        } else {
            input.target_address
        },
        value: if delegate {
            CallValue::Apparent(input.call_value)
        } else {
            CallValue::Transfer(call.value)
        },
        scheme: match call.kind {
            CallKind::Call => CallScheme::Call,
            CallKind::Delegate => CallScheme::DelegateCall,
            CallKind::Static => CallScheme::StaticCall,
        },
        is_static: is_static || call.kind == CallKind::Static,
    };
    Reaction::Child(FrameInput::Call(Box::new(inputs)), Next::Call { base, gas })
}

/// The code a call runs: the account's own, or the one it delegates to (EIP-7702).
fn callee_code(ctx: &mut Ctx, info: revm::state::AccountInfo) -> (B256, revm::bytecode::Bytecode) {
    let delegate = info.code.as_ref().and_then(|code| code.eip7702_address());
    let info = delegate.map_or(info, |delegate| touch(ctx, delegate).0);
    (info.code_hash, info.code.unwrap_or_default())
}

/// Prices a creation as Nitro does and starts it.
fn create(
    ctx: &Ctx,
    account: Address,
    code: Bytes,
    endowment: U256,
    salt: Option<B256>,
    gas_left: u64,
) -> Reaction {
    let hashing = salt.map_or(0, |_| ctx.gas_params().keccak256_cost(code.len()));
    let base = 32_000 + hashing;
    if gas_left < base {
        return Reaction::Answer(Answer::Create {
            address: None,
            gas: gas_left,
            output: Bytes::new(),
        });
    }
    let gas = (gas_left - base) - (gas_left - base) / 64;
    let scheme = match salt {
        Some(salt) => CreateScheme::Create2 { salt: salt.into() },
        None => CreateScheme::Create,
    };
    let inputs = CreateInputs::new(account, scheme, endowment, code, gas, 0);
    Reaction::Child(
        FrameInput::Create(Box::new(inputs)),
        Next::Create { base, gas },
    )
}
