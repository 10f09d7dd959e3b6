//! One call frame of a program, run step by step.

use std::collections::BTreeMap;

use alloy::primitives::Bytes;

use crate::{Answer, Env, Program, Request};

/// What an execution needs next, or how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Something only the chain knows or can do; continue with [`Execution::resume`].
    Request(Request),
    /// The frame is finished.
    Done(Outcome),
}

/// How a frame ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// In which way.
    pub status: Status,
    /// Return or revert data.
    pub output: Bytes,
    /// Ink not spent; 0 unless the program returned.
    pub ink_left: u64,
}

/// In which way a frame ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Returned 0.
    Success,
    /// Returned anything else.
    Revert,
    /// Ran out of ink.
    OutOfInk,
    /// Used more stack than allowed.
    OutOfStack,
    /// Trapped, or misused a host function; the text is for traces.
    Failure(String),
}

/// What a frame spent, by host function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Calls and ink of every host function used, by name.
    pub hostio: BTreeMap<&'static str, HostUse>,
    /// Ink spent so far, host functions included.
    pub ink_used: u64,
    /// Pages of memory at the start and grown since.
    pub pages: u16,
}

/// Use of one host function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostUse {
    /// Number of calls.
    pub n: u64,
    /// Ink of all calls.
    pub ink: u64,
}

/// One call frame of a program.
pub struct Execution {
    profile: Profile,
}

impl Execution {
    /// Prepares a frame. `ink` is what it may spend, start-up already taken.
    pub fn new(_program: &Program, _env: Env, _input: Bytes, _ink: u64) -> Execution {
        Execution { profile: Profile::default() }
    }

    /// Runs until the first request or the end.
    pub fn start(&mut self) -> Step {
        Step::Done(Outcome { status: Status::OutOfInk, output: Bytes::new(), ink_left: 0 })
    }

    /// Continues after a request.
    pub fn resume(&mut self, _answer: Answer) -> Step {
        self.start()
    }

    /// What the frame spent so far.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }
}
