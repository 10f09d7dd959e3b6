//! A program's code as it stands on chain: prefix, dictionary byte, brotli.

use crate::ProgramError;

/// The first bytes of an account whose code is a Stylus program; a dictionary byte follows.
pub const STYLUS_PREFIX: [u8; 3] = [0xEF, 0xF0, 0x00];

/// Raw WASM of on-chain code, refusing more than `limit` bytes.
pub fn decompress(_code: &[u8], _limit: usize) -> Result<Vec<u8>, ProgramError> {
    Ok(Vec::new())
}

/// On-chain code of raw WASM, prefix included.
pub fn compress(_wasm: &[u8]) -> Vec<u8> {
    Vec::new()
}
