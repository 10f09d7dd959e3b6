//! Records frames, their logs and console lines while a transaction runs.

use alloy::primitives::{Bytes, Log};
use revm::{
    handler::FrameResult,
    interpreter::{interpreter_action::FrameInput, CallInputs, CallScheme, InstructionResult},
};

use super::Ctx;
use crate::{FrameKind, StylusTrace, Trace};

/// The recorder. Console lines are kept always, frames only when asked for.
#[derive(Debug, Default)]
pub(crate) struct Tracer {
    enabled: bool,
    open: Vec<Trace>,
    root: Option<Trace>,
    console: Vec<String>,
    /// Logs already given to a frame.
    logs_seen: usize,
}

impl Tracer {
    /// A recorder of frames.
    pub fn frames() -> Self {
        Tracer {
            enabled: true,
            ..Tracer::default()
        }
    }

    /// The tree and the console lines.
    pub fn finish(self) -> (Option<Trace>, Vec<String>) {
        (self.root, self.console)
    }

    /// A frame is about to start.
    pub fn enter(&mut self, input: &FrameInput, calldata: impl FnOnce(&CallInputs) -> Bytes) {
        if !self.enabled {
            return;
        }
        let frame = match input {
            FrameInput::Call(call) => call_frame(call, calldata(call)),
            FrameInput::Create(create) => Trace {
                kind: if matches!(
                    create.scheme(),
                    revm::context_interface::CreateScheme::Create2 { .. }
                ) {
                    FrameKind::Create2
                } else {
                    FrameKind::Create
                },
                value: create.value(),
                input: create.init_code().clone(),
                ..blank(create.caller(), create.gas_limit())
            },
            FrameInput::Empty => return,
        };
        self.open.push(frame);
    }

    /// The innermost frame stops running, for a while or for good: what was logged since is its own.
    pub fn take_logs(&mut self, logs: &[Log]) {
        if let (true, Some(frame)) = (self.enabled, self.open.last_mut()) {
            frame
                .logs
                .extend_from_slice(logs.get(self.logs_seen..).unwrap_or_default());
        }
        self.logs_seen = logs.len();
    }

    /// A line of console output from the innermost frame.
    pub fn console(&mut self, line: String) {
        if let Some(frame) = self.open.last_mut() {
            frame.console.push(line.clone());
        }
        self.console.push(line);
    }

    /// What the innermost frame's program spent.
    pub fn stylus(&mut self, spent: impl FnOnce() -> StylusTrace) {
        if let (true, Some(frame)) = (self.enabled, self.open.last_mut()) {
            frame.stylus = Some(spent());
        }
    }

    /// Why the innermost frame fails, where the EVM's own reason says too little.
    pub fn reason(&mut self, text: &str) {
        if let Some(frame) = self.open.last_mut() {
            frame.error = Some(text.to_owned());
        }
    }

    /// The innermost frame ended; `logs` are those left in the journal.
    pub fn exit(&mut self, result: &FrameResult, logs: usize) {
        self.logs_seen = logs;
        let Some(mut frame) = self.open.pop() else {
            return;
        };
        let (status, gas) = (result.instruction_result(), result.gas());
        let left = if status.is_ok_or_revert() {
            gas.remaining()
        } else {
            0
        };
        frame.gas_used = frame.gas.saturating_sub(left);
        frame.output = result.output().into_data();
        if !status.is_ok() {
            frame.error.get_or_insert_with(|| error_text(status));
        }
        if let FrameResult::Create(create) = result {
            frame.to = create.address;
        }
        match self.open.last_mut() {
            Some(parent) => parent.calls.push(frame),
            None => self.root = Some(frame),
        }
    }
}

/// The start of a call's record.
fn call_frame(call: &CallInputs, input: Bytes) -> Trace {
    let (kind, from) = match call.scheme {
        CallScheme::Call => (FrameKind::Call, call.caller),
        CallScheme::StaticCall => (FrameKind::StaticCall, call.caller),
        CallScheme::CallCode => (FrameKind::CallCode, call.target_address),
        CallScheme::DelegateCall => (FrameKind::DelegateCall, call.target_address),
    };
    Trace {
        kind,
        to: Some(call.bytecode_address),
        value: call.call_value(),
        input,
        ..blank(from, call.gas_limit)
    }
}

/// A record without anything known only later.
fn blank(from: alloy::primitives::Address, gas: u64) -> Trace {
    Trace {
        kind: FrameKind::Call,
        from,
        to: None,
        value: Default::default(),
        gas,
        gas_used: 0,
        input: Bytes::new(),
        output: Bytes::new(),
        error: None,
        stylus: None,
        logs: Vec::new(),
        console: Vec::new(),
        calls: Vec::new(),
    }
}

/// Geth's words for how a frame failed.
fn error_text(status: InstructionResult) -> String {
    use revm::{context::result::HaltReason, interpreter::SuccessOrHalt};
    match SuccessOrHalt::<HaltReason>::from(status) {
        SuccessOrHalt::Revert if status == InstructionResult::OutOfFunds => {
            "insufficient balance for transfer".into()
        }
        SuccessOrHalt::Revert if status == InstructionResult::CallTooDeep => {
            "max call depth exceeded".into()
        }
        SuccessOrHalt::Halt(reason) => super::halt_text(&reason),
        _ => "execution reverted".into(),
    }
}

/// Gives the innermost frame what was logged since.
pub(super) fn take_logs(ctx: &mut Ctx) {
    ctx.chain
        .tracer
        .take_logs(revm::context::JournalTr::logs(&ctx.journaled_state));
}
