//! One Stylus program as a frame: starts it, answers its requests, turns its calls into frames.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex},
};

use alloy::primitives::{Address, Bytes, Log, LogData, B256, U256};
use revm::{
    context::{Block, Cfg, JournalTr, Transaction},
    context_interface::{CreateScheme, Host},
    handler::{EthFrame, FrameResult},
    interpreter::{
        interpreter_action::FrameInput, CallInput, CallInputs, CallScheme, CallValue, CreateInputs,
        Gas, InstructionResult, InterpreterResult,
    },
};
use stylus_vm::{
    pages_gas, Answer, CallKind, Env, Execution, Options, Outcome, Program, ProgramError, Refusal,
    Request, Status, Step, STYLUS_PREFIX,
};

use super::{Ctx, Session};
use crate::{
    precompiles::{self, ProgramFault},
    HostUse, StartupRule, StylusTrace,
};

/// Ink per gas.
pub(crate) const INK_PRICE: u32 = 10_000;
/// Version of Stylus that programs are activated for.
pub(crate) const STYLUS_VERSION: u16 = 2;

/// Gas of reading or writing a transient slot.
const TRANSIENT_GAS: u64 = 100;
/// What loading an account's code costs beside touching the account.
const CODE_GAS: u64 = 700;

/// Programs prepared in this process, by code hash and debug mode. Preparing one takes as long as
/// hundreds of calls, and many chains run the same programs.
static PREPARED: LazyLock<Mutex<HashMap<(B256, bool), Program>>> = LazyLock::new(Mutex::default);

/// A prepared program, from memory or from its on-chain code.
pub(crate) fn prepare(code_hash: B256, code: &[u8], debug: bool) -> Result<Program, ProgramError> {
    let key = (code_hash, debug);
    let lock = || {
        PREPARED
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    };
    if let Some(program) = lock().get(&key) {
        return Ok(program.clone());
    }
    let wasm = stylus_vm::decompress(code, MAX_WASM)?;
    let program = Program::new(
        &wasm,
        Options {
            debug,
            ..Options::default()
        },
    )?;
    lock().insert(key, program.clone());
    Ok(program)
}

/// Most bytes of decompressed WASM.
const MAX_WASM: usize = 128 * 1024;

/// What activation noted about a program, one word of ArbWasm's storage for each code hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ProgramRecord {
    /// Stylus version; 0 if never activated.
    pub version: u16,
    /// Second of activation or of the last keepalive.
    pub activated_at: u64,
    /// Part of the start-up gas paid only when not cached.
    pub init_cost: u16,
    /// Part of the start-up gas always paid.
    pub cached_cost: u16,
    /// Pages the program starts with.
    pub footprint: u16,
    /// Estimated size of the native code, kilobytes.
    pub asm_kb: u32,
    /// Whether a bid holds it in the cache.
    pub cached: bool,
}

impl ProgramRecord {
    /// The record as a storage word.
    pub fn pack(&self) -> U256 {
        let mut word = [0u8; 32];
        word[0..2].copy_from_slice(&self.version.to_be_bytes());
        word[2..10].copy_from_slice(&self.activated_at.to_be_bytes());
        word[10..12].copy_from_slice(&self.init_cost.to_be_bytes());
        word[12..14].copy_from_slice(&self.cached_cost.to_be_bytes());
        word[14..16].copy_from_slice(&self.footprint.to_be_bytes());
        word[16..20].copy_from_slice(&self.asm_kb.to_be_bytes());
        word[20] = self.cached.into();
        U256::from_be_bytes(word)
    }

    /// The record of a storage word.
    pub fn unpack(word: U256) -> Self {
        let word: [u8; 32] = word.to_be_bytes();
        let pair = |at: usize| u16::from_be_bytes([word[at], word[at + 1]]);
        ProgramRecord {
            version: pair(0),
            activated_at: word[2..10]
                .iter()
                .fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
            init_cost: pair(10),
            cached_cost: pair(12),
            footprint: pair(14),
            asm_kb: word[16..20]
                .iter()
                .fold(0, |sum, byte| sum << 8 | u32::from(*byte)),
            cached: word[20] != 0,
        }
    }

    /// Gas of a start-up, memory pages apart.
    pub fn init_gas(&self, cached: bool) -> u64 {
        let price = stylus_vm::Price {
            init_cost: self.init_cost,
            cached_cost: self.cached_cost,
            footprint_pages: self.footprint,
            asm_estimate: self.asm_kb * 1024,
        };
        price.init_gas(cached)
    }
}

/// Whether a frame runs a Stylus program.
pub(super) fn is_program(frame: &EthFrame) -> bool {
    !frame.data.is_create()
        && frame
            .interpreter
            .bytecode
            .original_byte_slice()
            .starts_with(&STYLUS_PREFIX)
}

/// What the frame loop does next.
pub(super) enum Turn {
    /// Starts a child.
    Frame(Box<FrameInput>),
    /// Ends the frame.
    Done(InterpreterResult),
}

/// A program on the stack.
pub(super) struct Running {
    execution: Option<Execution>,
    next: Next,
    pages_before: u16,
    spent: StylusTrace,
}

/// How a program goes on.
enum Next {
    /// From its start.
    Start,
    /// With the result of a call that got this much gas, its own costs apart.
    Call { base: u64, gas: u64 },
    /// With the result of a creation.
    Create { base: u64, gas: u64 },
    /// With an answer at hand.
    Answer(Answer),
}

/// What a request leads to.
enum Reaction {
    Answer(Answer),
    Child(FrameInput, Next),
    /// The whole frame fails, as after a trap, with this much gas left.
    Fail {
        reason: &'static str,
        gas_left: u64,
    },
}

impl Running {
    /// A program that has not started.
    pub fn new() -> Self {
        Running {
            execution: None,
            next: Next::Start,
            pages_before: 0,
            spent: StylusTrace::default(),
        }
    }

    /// Runs until a child has to run or the frame ends.
    pub fn run(&mut self, ctx: &mut Ctx, frame: &mut EthFrame) -> Turn {
        let mut step = match std::mem::replace(&mut self.next, Next::Start) {
            Next::Answer(answer) => match &mut self.execution {
                Some(execution) => execution.resume(answer),
                None => {
                    return Turn::Done(ended(
                        frame,
                        InstructionResult::FatalExternalError,
                        Bytes::new(),
                    ))
                }
            },
            _ => match self.start(ctx, frame) {
                Ok(step) => step,
                Err(result) => return Turn::Done(result),
            },
        };
        loop {
            let request = match step {
                Step::Request(request) => request,
                Step::Done(outcome) => return Turn::Done(self.finish(ctx, frame, outcome)),
            };
            let Some(execution) = &mut self.execution else {
                unreachable!("it has just made a step")
            };
            step = match react(ctx, frame, request) {
                Reaction::Answer(answer) => execution.resume(answer),
                Reaction::Child(input, next) => {
                    self.next = next;
                    return Turn::Frame(Box::new(input));
                }
                Reaction::Fail { reason, gas_left } => {
                    ctx.chain.tracer.reason(reason);
                    frame.interpreter.gas.set_remaining(gas_left);
                    return Turn::Done(ended(frame, InstructionResult::Revert, Bytes::new()));
                }
            };
        }
    }

    /// Takes the start-up gas and starts the program, or says how the frame ends right away.
    fn start(&mut self, ctx: &mut Ctx, frame: &mut EthFrame) -> Result<Step, InterpreterResult> {
        self.pages_before = ctx.chain.pages_open;
        let code_hash = frame.interpreter.bytecode.get_or_calculate_hash();
        let record =
            precompiles::active_program(ctx, code_hash).map_err(|fault: ProgramFault| {
                ended(frame, InstructionResult::Revert, fault.encode())
            })?;
        let recent = ctx.chain.recent.insert(code_hash);
        let cached = match ctx.chain.startup {
            StartupRule::Bid => record.cached,
            StartupRule::PerBlock => record.cached || recent,
            StartupRule::AllCached => true,
        };
        self.spent.cached = cached;
        self.spent.startup_gas = record.init_gas(cached);
        if !frame
            .interpreter
            .gas
            .record_regular_cost(self.spent.startup_gas)
        {
            return Err(ended(frame, InstructionResult::OutOfGas, Bytes::new()));
        }
        let code = frame.interpreter.bytecode.original_byte_slice();
        let program = prepare(code_hash, code, ctx.chain.debug).map_err(|error| {
            ctx.chain.tracer.reason(&error.to_string());
            ended(frame, InstructionResult::Revert, Bytes::new())
        })?;
        let input = frame.interpreter.input.input.bytes(ctx);
        let ink = frame
            .interpreter
            .gas
            .remaining()
            .saturating_mul(INK_PRICE.into());
        let execution = self.execution.insert(Execution::new(
            &program,
            environment(ctx, frame),
            input,
            ink,
        ));
        Ok(execution.start())
    }

    /// The end of the program as the end of a frame.
    fn finish(
        &mut self,
        ctx: &mut Ctx,
        frame: &mut EthFrame,
        outcome: Outcome,
    ) -> InterpreterResult {
        if let Some(execution) = &self.execution {
            ctx.chain.tracer.stylus(|| {
                let profile = execution.profile();
                let uses = profile.hostio.iter();
                StylusTrace {
                    page_gas: profile.page_gas,
                    ink_used: profile.ink_used,
                    hostio: uses
                        .map(|(name, used)| {
                            (
                                name.to_string(),
                                HostUse {
                                    n: used.n,
                                    ink: used.ink,
                                },
                            )
                        })
                        .collect(),
                    ..self.spent.clone()
                }
            });
        }
        frame
            .interpreter
            .gas
            .set_remaining(outcome.ink_left / u64::from(INK_PRICE));
        let (result, reason) = match outcome.status {
            Status::Success => (InstructionResult::Return, None),
            Status::Revert => (InstructionResult::Revert, None),
            Status::Failure(text) => (InstructionResult::Revert, Some(text)),
            Status::OutOfInk => (InstructionResult::OutOfGas, None),
            Status::OutOfStack => (InstructionResult::OutOfGas, Some("out of stack".into())),
        };
        if let Some(text) = reason {
            ctx.chain.tracer.reason(&text);
        }
        ended(frame, result, outcome.output)
    }

    /// Closes the pages this frame opened.
    pub fn close(&self, chain: &mut Session) {
        chain.pages_open = self.pages_before;
    }

    /// Takes the result of the child that ran for this program.
    pub fn child_returned(&mut self, frame: &mut EthFrame, result: FrameResult) {
        let status = result.instruction_result();
        let returned = if status.is_ok_or_revert() {
            result.gas().remaining()
        } else {
            0
        };
        if status.is_ok() {
            frame.interpreter.gas.record_refund(result.gas().refunded());
        }
        let output = result.output().into_data();
        let answer = match std::mem::replace(&mut self.next, Next::Start) {
            Next::Create { base, gas } => {
                let created = if let FrameResult::Create(create) = &result {
                    create.address
                } else {
                    None
                };
                let address = created.filter(|_| status.is_ok());
                let output = if status == InstructionResult::Revert {
                    output
                } else {
                    Bytes::new()
                };
                Answer::Create {
                    address,
                    gas: base + gas.saturating_sub(returned),
                    output,
                }
            }
            Next::Call { base, gas } => Answer::Call {
                success: status.is_ok(),
                gas: base + gas.saturating_sub(returned),
                output,
            },
            Next::Start | Next::Answer(_) => Answer::Call {
                success: false,
                gas: 0,
                output: Bytes::new(),
            },
        };
        self.next = Next::Answer(answer);
    }
}

/// A frame's end with the gas it has left.
fn ended(frame: &EthFrame, result: InstructionResult, output: Bytes) -> InterpreterResult {
    InterpreterResult {
        result,
        output,
        gas: frame.interpreter.gas,
    }
}

/// What the program's host functions read without asking.
fn environment(ctx: &Ctx, frame: &EthFrame) -> Env {
    let input = &frame.interpreter.input;
    let spans = ctx
        .chain
        .spans
        .get(&input.target_address)
        .copied()
        .unwrap_or_default();
    let base_fee = ctx.block.basefee();
    Env {
        contract_address: input.target_address,
        msg_sender: input.caller_address,
        msg_value: input.call_value,
        reentrant: spans > 1,
        tx_origin: ctx.tx.caller(),
        tx_gas_price: U256::from(ctx.tx.effective_gas_price(base_fee.into())),
        chain_id: ctx.cfg.chain_id(),
        block_number: ctx.block.number().saturating_to(),
        block_timestamp: ctx.block.timestamp().saturating_to(),
        block_gas_limit: ctx.block.gas_limit(),
        block_basefee: U256::from(base_fee),
        block_coinbase: ctx.block.beneficiary(),
        ink_price: INK_PRICE,
    }
}

/// Answers a request, or starts what it asks for.
fn react(ctx: &mut Ctx, frame: &mut EthFrame, request: Request) -> Reaction {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_survives_packing() {
        let record = ProgramRecord {
            version: 2,
            activated_at: 1_767_225_600,
            init_cost: 6_358,
            cached_cost: 2_196,
            footprint: 3,
            asm_kb: 884,
            cached: true,
        };
        assert_eq!(ProgramRecord::unpack(record.pack()), record);
        assert_eq!(ProgramRecord::unpack(U256::ZERO), ProgramRecord::default());
    }
}
