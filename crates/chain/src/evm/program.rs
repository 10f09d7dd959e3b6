//! One Stylus program as a frame: starts it, runs it from request to request, ends it.

use alloy::primitives::{Bytes, U256};
use revm::{
    context::{Block, Cfg, Transaction},
    handler::{EthFrame, FrameResult},
    interpreter::{interpreter_action::FrameInput, InstructionResult, InterpreterResult},
};
use stylus_vm::{Answer, Env, Execution, Outcome, Status, Step, STYLUS_PREFIX};

use super::{
    activation::prepare,
    requests::{react, Reaction},
    Ctx, Session,
};
use crate::{
    precompiles::{self, ProgramFault},
    HostUse, StartupRule, StylusTrace,
};

/// Ink per gas.
pub(crate) const INK_PRICE: u32 = 10_000;

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
pub(super) enum Next {
    /// From its start.
    Start,
    /// With the result of a call that got this much gas, its own costs apart.
    Call { base: u64, gas: u64 },
    /// With the result of a creation.
    Create { base: u64, gas: u64 },
    /// With an answer at hand.
    Answer(Answer),
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
