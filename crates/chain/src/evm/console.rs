//! Hardhat's `console.log`, as Solidity contracts call it.

use std::{collections::HashMap, sync::LazyLock};

use alloy::{
    dyn_abi::{DynSolType, DynSolValue},
    primitives::{address, keccak256, Address},
};

/// The address contracts log to. Nothing is deployed there.
pub(super) const CONSOLE: Address = address!("000000000000000000636F6e736F6c652e6c6f67");

/// Argument types of every `log` overload, by selector.
static SIGNATURES: LazyLock<HashMap<[u8; 4], DynSolType>> = LazyLock::new(|| {
    let mut lists: Vec<Vec<&str>> = vec![vec![]];
    let mut longest = lists.clone();
    for _ in 0..4 {
        longest = longest
            .iter()
            .flat_map(|list| {
                ["string", "uint256", "bool", "address"]
                    .map(|kind| [list.as_slice(), &[kind]].concat())
            })
            .collect();
        lists.extend(longest.clone());
    }
    lists.extend([
        vec!["int256"],
        vec!["bytes"],
        vec!["bytes32"],
        vec!["string", "int256"],
    ]);
    lists.iter().filter_map(|list| overload(list)).collect()
});

/// Selector and type of one overload.
fn overload(types: &[&str]) -> Option<([u8; 4], DynSolType)> {
    let hash = keccak256(format!("log({})", types.join(",")));
    let types = types
        .iter()
        .map(|kind| DynSolType::parse(kind).ok())
        .collect::<Option<Vec<_>>>()?;
    Some((hash[..4].try_into().ok()?, DynSolType::Tuple(types)))
}

/// The printed line, if the calldata is a call of `log`.
pub(super) fn line(calldata: &[u8]) -> Option<String> {
    let (selector, arguments) = calldata.split_first_chunk::<4>()?;
    let DynSolValue::Tuple(values) = SIGNATURES
        .get(selector)?
        .abi_decode_params(arguments)
        .ok()?
    else {
        return None;
    };
    Some(values.iter().map(text).collect::<Vec<_>>().join(" "))
}

/// One argument as printed.
fn text(value: &DynSolValue) -> String {
    match value {
        DynSolValue::String(text) => text.clone(),
        DynSolValue::Uint(number, _) => number.to_string(),
        DynSolValue::Int(number, _) => number.to_string(),
        DynSolValue::Bool(truth) => truth.to_string(),
        DynSolValue::Address(address) => address.to_string(),
        DynSolValue::FixedBytes(word, size) => alloy::hex::encode_prefixed(&word[..*size]),
        DynSolValue::Bytes(bytes) => alloy::hex::encode_prefixed(bytes),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use alloy::{primitives::U256, sol, sol_types::SolCall};

    sol! {
        function log(string text, uint256 number) external;
    }

    #[test]
    fn a_text_and_a_number_are_printed_with_a_space() {
        let call = logCall {
            text: "rate".into(),
            number: U256::from(42),
        };
        assert_eq!(super::line(&call.abi_encode()).as_deref(), Some("rate 42"));
        assert_eq!(super::line(&[1, 2, 3, 4]), None);
    }
}
