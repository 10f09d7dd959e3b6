//! What happened inside a transaction, frame by frame.

use std::collections::BTreeMap;

use alloy::primitives::{Address, Bytes, Log, U256};
use serde::{Deserialize, Serialize};

/// How a frame came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum FrameKind {
    /// Ordinary call.
    Call,
    /// Old form of a delegate call, with a sender of its own.
    CallCode,
    /// Another account's code on the caller's storage.
    DelegateCall,
    /// A call that may change nothing.
    StaticCall,
    /// Contract creation.
    Create,
    /// Contract creation at an address known beforehand.
    Create2,
}

/// One frame and those it started, as a tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trace {
    /// How the frame came to be.
    pub kind: FrameKind,
    /// Caller.
    pub from: Address,
    /// Account whose code runs; the new account of a creation, none if it failed early.
    pub to: Option<Address>,
    /// Wei sent along.
    pub value: U256,
    /// Gas the frame was given.
    pub gas: u64,
    /// Gas it used, its children's included, refunds not taken off.
    pub gas_used: u64,
    /// Calldata or init code.
    pub input: Bytes,
    /// Return data, revert data or deployed code.
    pub output: Bytes,
    /// Why the frame failed, if it did ("execution reverted" for a revert).
    pub error: Option<String>,
    /// What a Stylus program spent; none for EVM code and precompiles.
    pub stylus: Option<StylusTrace>,
    /// Logs emitted by this frame itself.
    pub logs: Vec<Log>,
    /// Console lines printed by this frame itself.
    pub console: Vec<String>,
    /// Frames started by this one, in order.
    pub calls: Vec<Trace>,
}

/// What a Stylus program spent in one frame.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StylusTrace {
    /// Gas taken for starting the program.
    pub startup_gas: u64,
    /// Gas taken for the pages the program starts with.
    pub page_gas: u64,
    /// Whether start-up was charged at the cached price.
    pub cached: bool,
    /// Ink spent after start-up, host functions and children included.
    pub ink_used: u64,
    /// Calls and ink by host function.
    pub hostio: BTreeMap<String, HostUse>,
}

/// Use of one host function in one frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostUse {
    /// Number of calls.
    pub n: u64,
    /// Ink of all calls.
    pub ink: u64,
}

impl Trace {
    /// Every frame of the tree, parents before children.
    pub fn frames(&self) -> Vec<&Trace> {
        let mut all = vec![self];
        for call in &self.calls {
            all.extend(call.frames());
        }
        all
    }
}
