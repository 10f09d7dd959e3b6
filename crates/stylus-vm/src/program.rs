//! A validated, priced and instrumented program.

use std::sync::Arc;

use crate::{engine, instrument, module::Parsed, Price};

/// How programs are prepared and run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Allows the `console` imports.
    pub debug: bool,
    /// Most pages of memory a program may start with; at most 128, to which any may grow.
    pub page_limit: u16,
    /// Most stack words the frames of one call may take together.
    pub max_depth: u32,
}

impl Default for Options {
    /// The parameters of Arbitrum One since ArbOS 50.
    fn default() -> Self {
        Options {
            debug: false,
            page_limit: 128,
            max_depth: 22_000,
        }
    }
}

/// Why a program was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProgramError {
    /// The code is not a Stylus program's.
    #[error("code does not start with 0xEFF000 and an empty dictionary")]
    Prefix,
    /// The code is not brotli data.
    #[error("compressed code is damaged")]
    Compression,
    /// Not a WASM module, or one that uses a feature beyond the accepted ones.
    #[error("invalid WASM: {0}")]
    Invalid(String),
    /// An instruction no program may contain, such as one on floats.
    #[error("instruction {instruction} in function {function} is not supported")]
    Instruction {
        /// The instruction.
        instruction: String,
        /// Its function, counted from the first that is not imported.
        function: usize,
    },
    /// A section no program may contain.
    #[error("section {0} is not supported")]
    Section(&'static str),
    /// More of something than allowed.
    #[error("too many {what}: {asked}, allowed {allowed}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there are.
        asked: u64,
        /// How many there may be.
        allowed: u64,
    },
    /// A missing export, or one of another kind or type.
    #[error("export {0} is missing or has the wrong type")]
    Export(&'static str),
    /// An export whose name is reserved or that of an import.
    #[error("export {0} has a reserved name")]
    ReservedExport(String),
    /// An import that is no host function of the right type.
    #[error("import {module}::{name} is unknown or has the wrong type")]
    Import {
        /// Module of the import.
        module: String,
        /// Its name.
        name: String,
    },
    /// Memory can grow but `pay_for_memory_grow` is not imported.
    #[error("pay_for_memory_grow is not imported")]
    UnpaidGrowth,
}

/// A module ready to run; cloning shares it.
#[derive(Clone, Debug)]
pub struct Program {
    pub(crate) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub module: wasmi::Module,
    pub debug: bool,
    price: Price,
    activation_gas: u64,
}

impl Program {
    /// Parses, validates (as an activation does), prices and instruments raw (decompressed) WASM.
    pub fn new(wasm: &[u8], options: Options) -> Result<Program, ProgramError> {
        let parsed = Parsed::new(wasm, options)?;
        let size = parsed.size();
        let price = Price::of(&size)?;
        let (instrumented, instructions) = instrument::instrument(&parsed, options)?;
        let module = engine::compile(&instrumented)?;
        // Finds imports of the wrong type and segments outside of memory.
        engine::instantiate(&module, options.debug, Default::default())
            .map_err(|error| ProgramError::Invalid(error.to_string()))?;
        Ok(Program {
            shared: Arc::new(Shared {
                module,
                debug: options.debug,
                price,
                activation_gas: size.activation_gas(instructions),
            }),
        })
    }

    /// What starting the program costs.
    pub fn price(&self) -> &Price {
        &self.shared.price
    }

    /// Gas that validating the program costs when it is activated, on top of [`ACTIVATION_GAS`](crate::ACTIVATION_GAS).
    pub fn activation_gas(&self) -> u64 {
        self.shared.activation_gas
    }
}
