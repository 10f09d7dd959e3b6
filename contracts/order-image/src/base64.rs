//! Base64 as RFC 4648 has it, with padding.

use alloc::vec::Vec;

/// Appends the encoding of `data`.
pub(crate) fn append(text: &mut Vec<u8>, data: &[u8]) {
    text.reserve(data.len().div_ceil(3) * 4);
    for chunk in data.chunks(3) {
        let mut group = 0;
        for index in 0..3 {
            group = group << 8 | u32::from(chunk.get(index).copied().unwrap_or(0));
        }
        for index in 0..4 {
            // A chunk of n bytes fills n + 1 digits.
            text.push(match index <= chunk.len() {
                true => digit(group >> (18 - 6 * index) & 63),
                false => b'=',
            });
        }
    }
}

fn digit(value: u32) -> u8 {
    let value = value as u8;
    match value {
        0..=25 => b'A' + value,
        26..=51 => b'a' + (value - 26),
        52..=61 => b'0' + (value - 52),
        62 => b'+',
        _ => b'/',
    }
}
