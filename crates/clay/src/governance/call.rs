//! A call as people write it: `retail/stake-manager.setParameter(1, 259200)`.

use alloy::{
    dyn_abi::{DynSolType, DynSolValue, JsonAbiExt, Specifier},
    hex,
    json_abi::{Function, Param},
};

use super::Call;
use crate::{
    deploy::{contract, record::Deployment},
    failure::Failure,
};

/// Reads a call. Contracts of the deployment have their names, also among the arguments; lists stand in brackets, members of
/// structs in parentheses; instead of a function, `CONTRACT:0x...` gives the calldata.
///
/// # Errors
/// [`Failure::Usage`] that says what is not understood.
pub fn parse(deployment: &Deployment, text: &str) -> Result<Call, Failure> {
    let wrong = |why: String| Failure::Usage(format!("'{text}': {why}"));
    if let Some((target, data)) = text.split_once(":0x") {
        let data = hex::decode(data).map_err(|error| wrong(error.to_string()))?;
        let target = with_addresses(deployment, target);
        let target = target.parse().map_err(|_| {
            wrong(format!(
                "'{target}' is no contract of this deployment and no address."
            ))
        })?;
        let data = data.into();
        return Ok(Call { target, data });
    }
    let shape = || {
        wrong("write CONTRACT.FUNCTION(ARGUMENT, ...), as in retail/stake-manager.setParameter(1, 259200).".into())
    };
    let (head, arguments) = text.split_once('(').ok_or_else(shape)?;
    let arguments = arguments.trim_end().strip_suffix(')').ok_or_else(shape)?;
    let (name, function) = head.trim().rsplit_once('.').ok_or_else(shape)?;
    let entry = deployment.contracts.get(name).ok_or_else(|| {
        let names: Vec<_> = deployment.contracts.keys().map(String::as_str).collect();
        wrong(format!(
            "the deployment has no contract '{name}', but: {}.",
            names.join(", ")
        ))
    })?;
    let arguments = split(arguments);
    let known = contract::functions(contract::abi_of(name));
    let of_name: Vec<_> = known.iter().filter(|it| it.name == function).collect();
    let function = of_name
        .iter()
        .find(|it| it.inputs.len() == arguments.len())
        .ok_or_else(|| {
            let forms: Vec<_> = of_name.iter().map(|it| it.full_signature()).collect();
            wrong(match forms.is_empty() {
                true => format!("{name} has no function '{function}'."),
                false => format!(
                    "it has {} arguments, and there is {}.",
                    arguments.len(),
                    forms.join(", ")
                ),
            })
        })?;
    let data = encode(deployment, function, &arguments).map_err(wrong)?;
    Ok(Call {
        target: entry.address,
        data: data.into(),
    })
}

fn encode(
    deployment: &Deployment,
    function: &Function,
    arguments: &[&str],
) -> Result<Vec<u8>, String> {
    let values = function.inputs.iter().zip(arguments);
    let values: Result<Vec<_>, _> = values
        .map(|(input, text)| value(deployment, input, text))
        .collect();
    function
        .abi_encode_input(&values?)
        .map_err(|error| error.to_string())
}

fn value(deployment: &Deployment, input: &Param, text: &str) -> Result<DynSolValue, String> {
    let of: DynSolType = input.resolve().map_err(|error| error.to_string())?;
    let text = with_addresses(deployment, text);
    of.coerce_str(&text)
        .map_err(|error| format!("'{text}' is no {} ({}): {error}.", input.ty, input.name))
}

/// The text with addresses in place of contracts' names.
fn with_addresses(deployment: &Deployment, text: &str) -> String {
    let of_name = |c: char| c.is_ascii_alphanumeric() || "/-_".contains(c);
    let mut replaced = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !of_name(c)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        match deployment.contracts.get(name) {
            Some(entry) => replaced.push_str(&entry.address.to_string()),
            None => replaced.push_str(name),
        }
        let mut others = after.chars();
        replaced.extend(others.next());
        rest = others.as_str();
    }
    replaced
}

/// Arguments between commas that stand in no brackets.
fn split(text: &str) -> Vec<&str> {
    let (mut depth, mut from, mut parts) = (0usize, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(text[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    if !text.trim().is_empty() {
        parts.push(text[from..].trim());
    }
    parts
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use alloy::{
        primitives::{Address, B256, U256},
        sol_types::SolCall,
    };

    use super::*;
    use crate::{
        bindings::{
            Quorum::setMembersCall,
            StakeManager::{setParameterCall, setSiblingCall},
        },
        deploy::record::Entry,
    };

    fn deployment() -> Deployment {
        let entry = |number| Entry {
            address: Address::with_last_byte(number),
            code_hash: B256::ZERO,
            implementation: None,
            salt: B256::ZERO,
            arguments: Default::default(),
            transaction: None,
        };
        let contracts = [
            ("retail/stake-manager", 1),
            ("retail/unstake-queue", 2),
            ("shared/board", 3),
        ];
        let contracts = contracts.map(|(name, number)| (name.to_owned(), entry(number)));
        Deployment {
            chain_id: 1,
            commit: None,
            account: Address::ZERO,
            deployer: Address::ZERO,
            contracts: BTreeMap::from(contracts),
        }
    }

    #[track_caller]
    fn reads(text: &str, target: u8, call: impl SolCall) {
        let read = parse(&deployment(), text).unwrap();
        assert_eq!(read.target, Address::with_last_byte(target));
        assert_eq!(read.data, call.abi_encode());
    }

    #[test]
    fn calls_are_read_with_names_lists_and_units() {
        let call = setParameterCall {
            id: 0,
            value: U256::from(10).pow(U256::from(15)),
        };
        reads(
            "retail/stake-manager.setParameter(0, 0.001 ether)",
            1,
            call.clone(),
        );
        let data = alloy::hex::encode_prefixed(call.abi_encode());
        reads(&format!("retail/stake-manager:{data}"), 1, call);
        let call = setSiblingCall {
            id: 0,
            current: Address::with_last_byte(2),
        };
        reads(
            "retail/stake-manager.setSibling(0, retail/unstake-queue)",
            1,
            call,
        );
        let call = setMembersCall {
            members: vec![Address::with_last_byte(1), Address::with_last_byte(2)],
            quorum: U256::from(2),
        };
        reads(
            "shared/board.setMembers([retail/stake-manager, retail/unstake-queue], 2)",
            3,
            call,
        );
    }

    #[test]
    fn what_is_not_understood_is_told() {
        let refused = |text: &str, words: &str| {
            let failure = parse(&deployment(), text).unwrap_err().to_string();
            assert!(failure.contains(words), "{failure}");
        };
        refused("setParameter(0, 1)", "CONTRACT.FUNCTION");
        refused("retail/stake-manager.setParameter", "CONTRACT.FUNCTION");
        refused("retail/manager.setParameter(0, 1)", "retail/stake-manager");
        refused(
            "retail/stake-manager.setParameters(0, 1)",
            "has no function 'setParameters'",
        );
        refused("retail/stake-manager.setParameter(0)", "it has 1 arguments");
        refused(
            "retail/stake-manager.setParameter(0, x)",
            "'x' is no uint256 (value)",
        );
        refused(
            "retail/stake-manager.setParameter(256, 1)",
            "is no uint8 (id)",
        );
        refused("nobody:0x00", "'nobody' is no contract");
    }
}
