//! Typed errors of contracts, in words with their numbers.

mod registry;

use std::sync::LazyLock;

use alloy::{
    dyn_abi::{DynSolValue, JsonAbiExt},
    json_abi::{Error, JsonAbi},
    primitives::{hex, U256},
    sol_types::{GenericContractError, SolError, SolInterface},
};

use crate::{
    amount::display,
    bindings::{
        ArbWasm,
        KycWhitelist::{Denied, RightMissing},
        ABIS,
    },
    bytecode::deployer::ClayDeployer,
    moment::date,
    whitelist::{rights::Rights, UNTIL_LIFTED},
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
    if let Some(words) = by_whitelist(data).or_else(|| registry::in_words(data)) {
        return words;
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

/// What the kyc-whitelist refuses, and what can be done about it.
fn by_whitelist(data: &[u8]) -> Option<String> {
    if let Ok(error) = RightMissing::abi_decode(data) {
        let RightMissing {
            account,
            asked,
            held,
        } = error;
        return Some(format!(
            "{account} lacks the right to {}: on the kyc-whitelist it may {} now (what has expired does not count).\n\
             Apply for it with `clay whitelist apply`; the Board decides.",
            Rights(asked & !held).in_words(),
            Rights(held).in_words(),
        ));
    }
    let Denied { account, until } = Denied::abi_decode(data).ok()?;
    Some(match until.to::<u64>() {
        UNTIL_LIFTED => format!(
            "{account} is denied everything on the kyc-whitelist, until the denial is lifted.\nOnly the owner of the \
             whitelist lifts it."
        ),
        until => format!(
            "{account} is denied everything on the kyc-whitelist until {}, by its compliance officer.\nThe Board may \
             confirm the denial; only the owner of the whitelist lifts it before.",
            date(until)
        ),
    })
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
        // What has this many bits is a time.
        DynSolValue::Uint(time, 40) if *time > U256::ZERO => date(time.saturating_to()),
        DynSolValue::Uint(amount, _) if *amount >= U256::from(LARGE) => {
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
    use alloy::primitives::{aliases::U40, Address};

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
    fn who_may_not_is_told_which_right_is_missing_and_what_to_do() {
        let account = Address::with_last_byte(7);
        let error = RightMissing {
            account,
            asked: 3,
            held: 6,
        };
        let words = in_words(&error.abi_encode());
        assert!(words.starts_with(&account.to_string()), "{words}");
        assert!(words.contains("lacks the right to stake:"), "{words}");
        assert!(words.contains("it may hold and redeem now"), "{words}");
        assert!(words.contains("clay whitelist apply"), "{words}");
    }

    #[test]
    fn who_is_denied_is_told_until_when() {
        let denied = |until: u64| {
            let error = Denied {
                account: Address::with_last_byte(7),
                until: U40::from(until),
            };
            in_words(&error.abi_encode())
        };
        let words = denied(1_767_225_600);
        assert!(words.contains("until 2026-01-01 00:00:00 UTC"), "{words}");
        let words = denied(UNTIL_LIFTED);
        assert!(words.contains("until the denial is lifted"), "{words}");
    }

    #[test]
    fn what_the_registry_refuses_is_told_with_what_to_do() {
        use crate::bindings::OperatorRegistry::{BondTooSmall, NotInState, TooEarly};
        let ether = |tenths: u64| U256::from(tenths) * U256::from(100_000_000_000_000_000u64);
        let error = BondTooSmall {
            bond: ether(15),
            required: ether(20),
        };
        assert_eq!(
            in_words(&error.abi_encode()),
            "the bond is worth 1.5 ETH, and with one more node 2 ETH are required: add 0.5 ETH with `clay operator bond`."
        );
        let error = NotInState {
            state: 3,
            needed: 2,
        };
        assert_eq!(
            in_words(&error.abi_encode()),
            "it is keyed, and would have to be reserved."
        );
        let error = TooEarly {
            latest: U256::from(1),
            from: U256::from(1_767_225_600u64),
        };
        assert_eq!(
            in_words(&error.abi_encode()),
            "it is possible from 2026-01-01 00:00:00 UTC on."
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
