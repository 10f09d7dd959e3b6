//! The frame loop: revm's, with programs driven beside its interpreter.

use std::convert::Infallible;

use alloy::primitives::{Address, Bytes};
use revm::{
    context::FrameStack,
    context_interface::context::ContextError,
    handler::{
        evm::{ContextDbError, EvmTr, FrameInitResult},
        instructions::{EthInstructions, InstructionProvider},
        EthFrame, FrameInitOrResult, FrameResult, ItemOrResult,
    },
    interpreter::{
        interpreter::EthInterpreter,
        interpreter_action::{FrameInit, FrameInput},
        CallScheme, InstructionResult, InterpreterAction,
    },
};

use super::{
    console,
    program::{self, Turn},
    tracer, ArbEvm, Ctx,
};
use crate::precompiles::ArbPrecompiles;

/// A frame on the stack, beside revm's own record of it.
pub(crate) struct Running {
    /// The program it runs; none for EVM code.
    program: Option<Box<program::Running>>,
    /// The account this frame counts as using, delegate calls apart.
    span: Option<Address>,
}

impl EvmTr for ArbEvm {
    type Context = Ctx;
    type Instructions = EthInstructions<EthInterpreter, Ctx>;
    type Precompiles = ArbPrecompiles;
    type Frame = EthFrame<EthInterpreter>;

    fn all(
        &self,
    ) -> (
        &Ctx,
        &Self::Instructions,
        &ArbPrecompiles,
        &FrameStack<Self::Frame>,
    ) {
        self.inner.all()
    }

    fn all_mut(
        &mut self,
    ) -> (
        &mut Ctx,
        &mut Self::Instructions,
        &mut ArbPrecompiles,
        &mut FrameStack<Self::Frame>,
    ) {
        self.inner.all_mut()
    }

    fn frame_init(
        &mut self,
        init: FrameInit,
    ) -> Result<FrameInitResult<'_, Self::Frame>, ContextDbError<Ctx>> {
        let ctx = &mut self.inner.ctx;
        let local = &ctx.local;
        ctx.chain
            .tracer
            .enter(&init.frame_input, |call| call.input.bytes_local(local));
        let (caller, span) = parties(&init.frame_input);
        ctx.chain.callers.push(caller);
        self.print_console(&init.frame_input);

        if let ItemOrResult::Result(result) = self.inner.frame_init(init)? {
            self.inner.ctx.chain.callers.pop();
            tracer::take_logs(&mut self.inner.ctx);
            self.trace_exit(&result);
            return Ok(ItemOrResult::Result(result));
        }
        let frame = self.inner.frame_stack.get();
        let span = span.or_else(|| {
            frame
                .data
                .is_create()
                .then_some(frame.interpreter.input.target_address)
        });
        if let Some(account) = span {
            *self.inner.ctx.chain.spans.entry(account).or_default() += 1;
        }
        let program = program::is_program(frame).then(|| Box::new(program::Running::new()));
        self.frames.push(Running { program, span });
        Ok(ItemOrResult::Item(frame))
    }

    fn frame_run(&mut self) -> Result<FrameInitOrResult<Self::Frame>, ContextDbError<Ctx>> {
        let frame = self.inner.frame_stack.get();
        let ctx = &mut self.inner.ctx;
        let running = self
            .frames
            .last_mut()
            .and_then(|running| running.program.as_mut());
        let mut action = match running {
            Some(program) => match program.run(ctx, frame) {
                Turn::Frame(input) => InterpreterAction::NewFrame(*input),
                Turn::Done(result) => InterpreterAction::Return(result),
            },
            None => frame
                .interpreter
                .run_plain(self.inner.instruction.instruction_table(), ctx),
        };
        if frame.data.is_create() {
            refuse_reserved_code(&mut action);
        }
        tracer::take_logs(ctx);
        let next = frame.process_next_action::<_, ContextError<Infallible>>(ctx, action)?;
        if let ItemOrResult::Result(result) = &next {
            frame.set_finished(true);
            self.leave(result);
        }
        Ok(next)
    }

    fn frame_return_result(
        &mut self,
        result: FrameResult,
    ) -> Result<Option<FrameResult>, ContextDbError<Ctx>> {
        if self.inner.frame_stack.get().is_finished() {
            self.inner.frame_stack.pop();
        }
        if self.inner.frame_stack.index().is_none() {
            return Ok(Some(result));
        }
        let frame = self.inner.frame_stack.get();
        match self
            .frames
            .last_mut()
            .and_then(|running| running.program.as_mut())
        {
            Some(program) => {
                frame.interpreter.memory.free_child_context();
                program.child_returned(frame, result);
            }
            None => {
                frame.return_result::<_, ContextError<Infallible>>(&mut self.inner.ctx, result)?
            }
        }
        Ok(None)
    }
}

impl ArbEvm {
    /// Takes a finished frame off our own stack.
    fn leave(&mut self, result: &FrameResult) {
        let chain = &mut self.inner.ctx.chain;
        chain.callers.pop();
        if let Some(running) = self.frames.pop() {
            if let Some(count) = running
                .span
                .and_then(|account| chain.spans.get_mut(&account))
            {
                *count -= 1;
            }
            if let Some(program) = running.program {
                program.close(chain);
            }
        }
        self.trace_exit(result);
    }

    /// Ends the record of the innermost frame.
    fn trace_exit(&mut self, result: &FrameResult) {
        let logs = revm::context::JournalTr::logs(&self.inner.ctx.journaled_state).len();
        self.inner.ctx.chain.tracer.exit(result, logs);
    }

    /// Prints what a contract sends to the console's address.
    fn print_console(&mut self, input: &FrameInput) {
        if let FrameInput::Call(call) = input {
            if call.bytecode_address == console::CONSOLE {
                let ctx = &mut self.inner.ctx;
                if let Some(line) = console::line(&call.input.bytes(ctx)) {
                    ctx.chain.tracer.console(line);
                }
            }
        }
    }
}

/// Caller of a frame, and the account it uses with its own code.
fn parties(input: &FrameInput) -> (Address, Option<Address>) {
    match input {
        FrameInput::Call(call) => {
            let own = matches!(call.scheme, CallScheme::Call | CallScheme::StaticCall);
            (call.caller, own.then_some(call.target_address))
        }
        FrameInput::Create(create) => (create.caller(), None),
        FrameInput::Empty => (Address::ZERO, None),
    }
}

/// EIP-3541 with Arbitrum's exception: code starting with 0xEF must be a Stylus program.
fn refuse_reserved_code(action: &mut InterpreterAction) {
    if let InterpreterAction::Return(result) = action {
        let reserved = result.output.first() == Some(&0xEF)
            && !result.output.starts_with(&stylus_vm::STYLUS_PREFIX);
        if result.result.is_ok() && reserved {
            result.result = InstructionResult::CreateContractStartingWithEF;
            result.output = Bytes::new();
        }
    }
}
