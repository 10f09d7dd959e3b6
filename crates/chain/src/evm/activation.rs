//! What is known of activated programs: the record on chain, and the prepared form in this process.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex},
};

use alloy::primitives::{B256, U256};
use stylus_vm::{Options, Program, ProgramError};

/// Version of Stylus that programs are activated for.
pub(crate) const STYLUS_VERSION: u16 = 2;
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
