//! Typed errors of contracts, in words with their numbers.

use std::sync::LazyLock;

use alloy::{
    dyn_abi::{DynSolValue, JsonAbiExt},
    json_abi::{Error, JsonAbi},
    primitives::hex,
    sol_types::{GenericContractError, SolInterface},
};

use crate::{
    amount::display,
    bindings::{ArbWasm, ABIS},
    bytecode::deployer::ClayDeployer,
};

/// Every error of the protocol, of the deployer and of ArbWasm.
static ERRORS: LazyLock<Vec<Error>> = LazyLock::new(|| {
    let abis = ABIS
        .iter()
        .filter_map(|(_, json)| serde_json::from_str::<JsonAbi>(json).ok());
    let abis = abis.chain([ClayDeployer::abi::contract(), ArbWasm::abi::contract()]);
    abis.flat_map(|abi| abi.errors.into_values().flatten())
        .collect()
});

/// From here on, a number is an amount of ETH or shares, and is also shown in whole ones.
const LARGE: u64 = 1_000_000_000;

/// Says what revert data means: a typed error's name and numbers, or the text of a `require`.
pub fn in_words(data: &[u8]) -> String {
    if data.is_empty() {
        return "the contract gave no reason (calldata it does not know, value it does not take, or re-entry).".into();
    }
    if let Some((error, values)) = decode(data) {
        let parts = error.inputs.iter().zip(&values).map(|(input, value)| {
            let name = if input.name.is_empty() {
                "value".into()
            } else {
                words(&input.name)
            };
            format!("{name} {}", number(value))
        });
        let parts: Vec<String> = parts.collect();
        let name = words(&error.name);
        return if parts.is_empty() {
            format!("{name}.")
        } else {
            format!("{name}: {}.", parts.join(", "))
        };
    }
    match GenericContractError::abi_decode(data) {
        Ok(error) => error.to_string(),
        Err(_) => format!("unknown error {}", hex::encode_prefixed(data)),
    }
}

fn decode(data: &[u8]) -> Option<(&'static Error, Vec<DynSolValue>)> {
    let (selector, arguments) = data.split_at_checked(4)?;
    let error = ERRORS.iter().find(|error| error.selector() == *selector)?;
    Some((error, error.abi_decode_input(arguments).ok()?))
}

/// `DepositBelowSmallest` as "deposit below smallest"; acronyms stay together.
fn words(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut text = String::new();
    for (index, &letter) in letters.iter().enumerate() {
        let previous_small = index > 0 && letters[index - 1].is_lowercase();
        let next_small = letters
            .get(index + 1)
            .is_some_and(|next| next.is_lowercase());
        let starts_word = letter.is_uppercase() && index > 0 && (previous_small || next_small);
        if starts_word {
            text.push(' ');
        }
        let acronym = letter.is_uppercase() && !next_small;
        text.extend(if acronym {
            vec![letter]
        } else {
            letter.to_lowercase().collect()
        });
    }
    text
}

fn number(value: &DynSolValue) -> String {
    match value {
        DynSolValue::Uint(amount, _) if *amount >= alloy::primitives::U256::from(LARGE) => {
            format!("{amount} ({}e18)", display(*amount))
        }
        DynSolValue::Uint(amount, _) => amount.to_string(),
        DynSolValue::Int(amount, _) => amount.to_string(),
        DynSolValue::Address(account) => account.to_string(),
        DynSolValue::Bool(yes) => yes.to_string(),
        DynSolValue::String(text) => text.clone(),
        DynSolValue::FixedBytes(word, size) => hex::encode_prefixed(&word[..*size]),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use alloy::{primitives::U256, sol_types::SolError};

    use super::*;
    use crate::bindings::StakeManager;

    #[test]
    fn a_typed_error_is_told_with_its_numbers() {
        let error = StakeManager::DepositBelowSmallest {
            asked: U256::from(5),
            smallest: U256::from(1_000_000_000_000_000u64),
        };
        assert_eq!(
            in_words(&error.abi_encode()),
            "deposit below smallest: asked 5, smallest 1000000000000000 (0.001e18)."
        );
    }

    #[test]
    fn names_become_words() {
        assert_eq!(words("RateNotLive"), "rate not live");
        assert_eq!(words("ERC20InvalidReceiver"), "ERC20 invalid receiver");
        assert_eq!(words("OnlyThroughProxy"), "only through proxy");
    }

    #[test]
    fn every_other_answer_has_words_too() {
        assert!(in_words(&[]).contains("no reason"));
        assert!(in_words(&[1, 2, 3, 4]).contains("0x01020304"));
        let up_to_date = ArbWasm::ProgramUpToDate {}.abi_encode();
        assert_eq!(in_words(&up_to_date), "program up to date.");
        let text = alloy::sol_types::Revert::from("not today").abi_encode();
        assert!(in_words(&text).contains("not today"));
    }
}
