//! A Stylus program as it stands on chain: a prefix, then the brotli-compressed WASM.

use alloy::primitives::{keccak256, Bytes, B256};

/// Marks an account's code as a Stylus program, compressed without a dictionary.
pub const PREFIX: [u8; 4] = [0xef, 0xf0, 0x00, 0x00];

/// The most bytes an account's code may have.
pub const CODE_LIMIT: usize = 24_576;

/// The code of an account that holds `wasm`: brotli at its highest level, as the toolchain of Stylus does it.
pub fn code(wasm: &[u8]) -> Bytes {
    let mut code = PREFIX.to_vec();
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &wasm[..], &mut code, &parameters)
        .expect("writing to memory does not fail");
    code.into()
}

/// The code hash the program has on chain.
pub fn code_hash(code: &[u8]) -> B256 {
    keccak256(code)
}

/// Creation code that leaves `code` behind.
pub fn creation_code(code: &[u8]) -> Bytes {
    let size = (code.len() as u32).to_be_bytes();
    super::assembler::assemble(
        "$size @code 0 codecopy $size 0 return .code <code>",
        &[("size", &size), ("code", code)],
    )
    .into()
}
