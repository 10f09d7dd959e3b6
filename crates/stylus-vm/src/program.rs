//! A validated, priced and instrumented program.

use crate::Price;

/// How programs are prepared and run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Allows the `console` imports.
    pub debug: bool,
    /// Most pages of memory one program may have.
    pub page_limit: u16,
    /// Most stack words a program may use.
    pub max_depth: u32,
}

impl Default for Options {
    fn default() -> Self {
        Options { debug: false, page_limit: 128, max_depth: 4 * 65_536 }
    }
}

/// Why a program was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProgramError {
    /// Not a valid WASM module of the accepted features.
    #[error("invalid WASM: {0}")]
    Invalid(String),
}

/// A module ready to run; cloning shares it.
#[derive(Clone, Debug)]
pub struct Program;

impl Program {
    /// Parses, validates, prices and instruments raw (decompressed) WASM.
    pub fn new(_wasm: &[u8], _options: Options) -> Result<Program, ProgramError> {
        Err(ProgramError::Invalid(String::new()))
    }

    /// What starting the program costs.
    pub fn price(&self) -> &Price {
        unreachable!()
    }
}
