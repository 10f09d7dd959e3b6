//! A small EVM assembler, so that bytecode stands in the source as something a reader can check.
//!
//! A program is text, one token after the other, `;` starts a comment:
//!
//! | token | meaning |
//! |---|---|
//! | `calldataload` | an instruction |
//! | `32`, `0xff` | pushes a number, in the shortest form |
//! | `$name` | pushes the bytes of a symbol |
//! | `<name>` | the bytes of a symbol themselves |
//! | `name:` | a jump destination |
//! | `.name` | a position, without an instruction |
//! | `@name` | pushes a jump destination or a position |

use std::collections::HashMap;

/// The instructions the assembler knows, with their opcodes.
const INSTRUCTIONS: &[(&str, u8)] = &[
    ("stop", 0x00),
    ("add", 0x01),
    ("sub", 0x03),
    ("eq", 0x14),
    ("iszero", 0x15),
    ("or", 0x17),
    ("shl", 0x1b),
    ("shr", 0x1c),
    ("keccak256", 0x20),
    ("address", 0x30),
    ("caller", 0x33),
    ("callvalue", 0x34),
    ("calldataload", 0x35),
    ("calldatasize", 0x36),
    ("calldatacopy", 0x37),
    ("codesize", 0x38),
    ("codecopy", 0x39),
    ("extcodesize", 0x3b),
    ("returndatasize", 0x3d),
    ("returndatacopy", 0x3e),
    ("selfbalance", 0x47),
    ("pop", 0x50),
    ("mload", 0x51),
    ("mstore", 0x52),
    ("mstore8", 0x53),
    ("sload", 0x54),
    ("sstore", 0x55),
    ("jump", 0x56),
    ("jumpi", 0x57),
    ("gas", 0x5a),
    ("dup1", 0x80),
    ("dup2", 0x81),
    ("dup5", 0x84),
    ("dup6", 0x85),
    ("swap1", 0x90),
    ("swap2", 0x91),
    ("log2", 0xa2),
    ("log3", 0xa3),
    ("create", 0xf0),
    ("call", 0xf1),
    ("return", 0xf3),
    ("delegatecall", 0xf4),
    ("create2", 0xf5),
    ("revert", 0xfd),
];

const JUMPDEST: u8 = 0x5b;
const PUSH0: u8 = 0x5f;

/// Assembles `source`, with `symbols` for its `$name` and `<name>`.
///
/// # Panics
/// On an unknown instruction, symbol or label, or a push of more than 32 bytes: sources are constants, so
/// this is an error of the programmer that the first test shows.
pub fn assemble(source: &str, symbols: &[(&str, &[u8])]) -> Vec<u8> {
    let symbols: HashMap<&str, &[u8]> = symbols.iter().copied().collect();
    // Labels take one byte where the program is short enough, two everywhere in it where it is not.
    pass(source, &symbols, 1)
        .or_else(|| pass(source, &symbols, 2))
        .expect("a program of at most 64 KiB")
}

/// One try with labels of `width` bytes; none if a label does not fit.
fn pass(source: &str, symbols: &HashMap<&str, &[u8]>, width: usize) -> Option<Vec<u8>> {
    let mut code = Vec::new();
    let mut labels = HashMap::new();
    let mut references = Vec::new();
    let tokens = source
        .lines()
        .flat_map(|line| line.split(';').next().unwrap_or("").split_whitespace());
    for token in tokens {
        if let Some(name) = token.strip_prefix('$') {
            push(&mut code, symbol(symbols, name));
        } else if let Some(name) = token.strip_prefix('<') {
            code.extend_from_slice(symbol(symbols, name.trim_end_matches('>')));
        } else if let Some(name) = token.strip_prefix('.') {
            labels.insert(name, code.len());
        } else if let Some(name) = token.strip_suffix(':') {
            labels.insert(name, code.len());
            code.push(JUMPDEST);
        } else if let Some(name) = token.strip_prefix('@') {
            push(&mut code, &vec![0xff; width]);
            references.push((name, code.len() - width));
        } else if token.starts_with(|c: char| c.is_ascii_digit()) {
            push(&mut code, &number(token).to_be_bytes());
        } else {
            code.push(opcode(token));
        }
    }
    for (name, position) in references {
        let target = labels
            .get(name)
            .unwrap_or_else(|| panic!("unknown label {name}"));
        let target = target.to_be_bytes();
        let (high, low) = target.split_at(target.len() - width);
        if high.iter().any(|&byte| byte != 0) {
            return None;
        }
        code[position..position + width].copy_from_slice(low);
    }
    Some(code)
}

/// Appends the shortest push of the bytes.
fn push(code: &mut Vec<u8>, bytes: &[u8]) {
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    let bytes = &bytes[zeros..];
    assert!(bytes.len() <= 32, "a push of more than 32 bytes");
    code.push(PUSH0 + bytes.len() as u8);
    code.extend_from_slice(bytes);
}

fn symbol<'a>(symbols: &HashMap<&str, &'a [u8]>, name: &str) -> &'a [u8] {
    symbols
        .get(name)
        .unwrap_or_else(|| panic!("unknown symbol {name}"))
}

fn number(token: &str) -> u64 {
    let parsed = match token.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => token.parse(),
    };
    parsed.unwrap_or_else(|_| panic!("not a number: {token}"))
}

fn opcode(token: &str) -> u8 {
    let found = INSTRUCTIONS.iter().find(|(name, _)| *name == token);
    found
        .unwrap_or_else(|| panic!("unknown instruction {token}"))
        .1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_the_shortest_push() {
        assert_eq!(
            assemble("0 1 0x100", &[]),
            [0x5f, 0x60, 0x01, 0x61, 0x01, 0x00]
        );
    }

    #[test]
    fn labels_symbols_and_positions_resolve_in_both_directions() {
        let code = assemble(
            "@end jump ; over the data\n <data> end: $data @tail .tail",
            &[("data", &[0xaa, 0xbb])],
        );
        assert_eq!(
            code,
            [0x60, 5, 0x56, 0xaa, 0xbb, 0x5b, 0x61, 0xaa, 0xbb, 0x60, 11]
        );
    }

    #[test]
    fn a_long_program_has_labels_of_two_bytes() {
        let code = assemble("@end jump <data> end:", &[("data", &[0; 300])]);
        assert_eq!(code[..4], [0x61, 0x01, 0x30, 0x56]);
    }

    #[test]
    #[should_panic(expected = "unknown instruction pusk")]
    fn an_unknown_instruction_is_named() {
        assemble("pusk", &[]);
    }
}
