//! A program's code as it stands on chain: prefix, dictionary byte, brotli.

use std::io::Read;

use wasm_encoder::reencode::{self, Reencode};

use crate::ProgramError;

/// The first bytes of an account whose code is a Stylus program; a dictionary byte follows.
pub const STYLUS_PREFIX: [u8; 3] = [0xEF, 0xF0, 0x00];
/// The dictionary byte of code compressed without one.
const NO_DICTIONARY: u8 = 0;
const BROTLI_QUALITY: i32 = 11;
const BROTLI_WINDOW: i32 = 22;

/// Raw WASM of on-chain code. Refuses more than `limit` bytes (128 KiB on Arbitrum).
pub fn decompress(code: &[u8], limit: usize) -> Result<Vec<u8>, ProgramError> {
    let compressed = code
        .strip_prefix(&STYLUS_PREFIX)
        .and_then(|rest| rest.strip_prefix(&[NO_DICTIONARY]))
        .ok_or(ProgramError::Prefix)?;
    let mut wasm = Vec::new();
    brotli::Decompressor::new(compressed, 4_096)
        .take(limit as u64 + 1)
        .read_to_end(&mut wasm)
        .map_err(|_| ProgramError::Compression)?;
    if wasm.len() > limit {
        return Err(ProgramError::TooMany {
            what: "bytes of WASM",
            asked: wasm.len() as u64,
            allowed: limit as u64,
        });
    }
    Ok(wasm)
}

/// On-chain code of raw WASM, prefix included.
pub fn compress(wasm: &[u8]) -> Vec<u8> {
    let mut code = STYLUS_PREFIX.to_vec();
    code.push(NO_DICTIONARY);
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        lgwin: BROTLI_WINDOW,
        size_hint: wasm.len(),
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &wasm[..], &mut code, &parameters)
        .expect("memory takes every write");
    code
}

/// The same program without custom sections and with every number in its shortest form, as it is deployed.
///
/// Linkers leave room for relocation in the numbers they write, which costs bytes and start-up gas; an indirect call
/// in that form is even refused by [`Program::new`](crate::Program::new), as by an activation.
pub fn compact(wasm: &[u8]) -> Result<Vec<u8>, ProgramError> {
    struct Compact;
    impl Reencode for Compact {
        type Error = std::convert::Infallible;

        fn parse_custom_section(
            &mut self,
            _: &mut wasm_encoder::Module,
            _: wasmparser::CustomSectionReader<'_>,
        ) -> Result<(), reencode::Error> {
            Ok(())
        }
    }
    let mut module = wasm_encoder::Module::new();
    Compact
        .parse_core_module(&mut module, wasmparser::Parser::new(0), wasm)
        .map_err(|error| ProgramError::Invalid(error.to_string()))?;
    Ok(module.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_survives_compression() {
        let wasm: Vec<u8> = (0..50_000u32).map(|i| (i % 251) as u8).collect();
        let code = compress(&wasm);
        assert_eq!(&code[..4], [0xEF, 0xF0, 0x00, 0x00]);
        assert!(code.len() < 1_000);
        assert_eq!(decompress(&code, 50_000).unwrap(), wasm);
    }

    #[test]
    fn damaged_or_oversized_code_is_refused() {
        let code = compress(&[7; 1_000]);
        let too_long = ProgramError::TooMany {
            what: "bytes of WASM",
            asked: 1_000,
            allowed: 999,
        };
        assert_eq!(decompress(&code, 999), Err(too_long));
        assert_eq!(
            decompress(&code[..code.len() - 1], 1_000),
            Err(ProgramError::Compression)
        );
        assert_eq!(
            decompress(&[0xEF, 0xF0, 0x00], 10),
            Err(ProgramError::Prefix)
        );
        assert_eq!(
            decompress(&[0xEF, 0xF0, 0x00, 0x01, 0x06], 10),
            Err(ProgramError::Prefix)
        );
        assert_eq!(decompress(&[0x60, 0x80], 10), Err(ProgramError::Prefix));
    }
}
