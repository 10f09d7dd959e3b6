//! A small assembler for the EVM code that stands at genesis.
//!
//! Words are mnemonics, `0x..` numbers (pushed), `:label` (a jump destination), `@label` (pushes its place),
//! `selector(..)` and `topic(..)` (push the hash of a signature). A semicolon starts a comment.

use std::collections::HashMap;

use alloy::{hex, primitives::keccak256};
use revm::bytecode::opcode::{OpCode, JUMPDEST, PUSH0, PUSH2};

/// Assembles a listing; says which word it does not understand.
pub(super) fn assemble(listing: &str) -> Result<Vec<u8>, String> {
    let words = listing.lines().flat_map(|line| {
        line.split(';')
            .next()
            .unwrap_or_default()
            .split_whitespace()
    });
    let mut code = Vec::new();
    let mut labels = HashMap::new();
    let mut jumps = Vec::new();
    for word in words {
        if let Some(label) = word.strip_prefix(':') {
            labels.insert(label, code.len() as u16);
            code.push(JUMPDEST);
        } else if let Some(label) = word.strip_prefix('@') {
            code.push(PUSH2);
            jumps.push((code.len(), label));
            code.extend_from_slice(&[0; 2]);
        } else {
            literal(word, &mut code).ok_or_else(|| format!("unknown word {word}"))?;
        }
    }
    for (place, label) in jumps {
        let target = labels
            .get(label)
            .ok_or_else(|| format!("unknown label {label}"))?;
        code[place..place + 2].copy_from_slice(&target.to_be_bytes());
    }
    Ok(code)
}

/// Adds a mnemonic, a number or a hash.
fn literal(word: &str, code: &mut Vec<u8>) -> Option<()> {
    let hash = |kind: &str| {
        let signature = word
            .strip_prefix(kind)?
            .strip_prefix('(')?
            .strip_suffix(')')?;
        Some(keccak256(signature))
    };
    let pushed = if let Some(digits) = word.strip_prefix("0x") {
        hex::decode(digits).ok()?
    } else if let Some(hash) = hash("selector") {
        hash[..4].to_vec()
    } else if let Some(hash) = hash("topic") {
        hash.to_vec()
    } else {
        let named = |code: &u8| OpCode::new(*code).is_some_and(|known| known.as_str() == word);
        code.push((0..=u8::MAX).find(named)?);
        return Some(());
    };
    if pushed == [0] {
        code.push(PUSH0);
    } else {
        code.push(
            PUSH0
                + u8::try_from(pushed.len())
                    .ok()
                    .filter(|length| *length <= 32)?,
        );
        code.extend(pushed);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::assemble;

    #[test]
    fn numbers_labels_and_hashes_become_pushes() {
        let code = assemble(
            "0x00 0x1234 ADD ; a comment\n:here @here JUMP selector(transfer(address,uint256))",
        );
        assert_eq!(
            code.unwrap(),
            alloy::hex!("5f 611234 01 5b 610005 56 63a9059cbb")
        );
    }

    #[test]
    fn unknown_words_are_named() {
        assert_eq!(
            assemble("ADD NONSENSE").unwrap_err(),
            "unknown word NONSENSE"
        );
        assert_eq!(assemble("@nowhere").unwrap_err(), "unknown label nowhere");
    }
}
