//! What calls of an operation do, in plain words: every argument with its name, calls within calls too.

use alloy::{
    hex,
    primitives::{Address, U256},
};
use clay_shared::{operators, parameters};
use serde_json::{Map, Value};

use super::Call;
use crate::{
    amount::display_eth,
    bindings::ABIS,
    deploy::{contract, record::Deployment},
};

/// Name of a kind of calls.
pub fn kind(number: u8) -> &'static str {
    match number {
        1 => "parameter",
        2 => "upgrade",
        3 => "longest",
        _ => "unknown",
    }
}

/// What a call does, in lines.
pub fn say(deployment: &Deployment, call: &Call) -> Vec<String> {
    let mut lines = Vec::new();
    describe(deployment, call.target, &call.data, 0, &mut lines);
    lines
}

fn describe(
    deployment: &Deployment,
    target: Address,
    data: &[u8],
    depth: usize,
    lines: &mut Vec<String>,
) {
    let indent = "  ".repeat(depth);
    let named = name_of(deployment, target);
    // The contract's own ABI first; another one may have a function of the same form.
    let own = named.map(contract::abi_of);
    let abis = own.into_iter().chain(ABIS.iter().map(|(abi, _)| *abi));
    let read = abis
        .into_iter()
        .find_map(|abi| contract::Call::of(abi, data));
    let contract = match named {
        Some(name) => format!("{name} ({target})"),
        None => format!("{target}, which is no contract of this deployment"),
    };
    match read {
        Some(call) => {
            lines.push(format!("{indent}{contract}: {}", call.function));
            let of_parameter = call.function == "setParameter";
            let arguments = match of_parameter {
                true => parameter(own, call.arguments),
                false => call.arguments,
            };
            members(deployment, &arguments, depth + 1, lines);
        }
        None if data.is_empty() => lines.push(format!("{indent}{contract}: empty calldata")),
        None => lines.push(format!(
            "{indent}{contract}: {}",
            hex::encode_prefixed(data)
        )),
    }
}

fn members(
    deployment: &Deployment,
    arguments: &Map<String, Value>,
    depth: usize,
    lines: &mut Vec<String>,
) {
    let indent = "  ".repeat(depth);
    // Whose function calldata among the arguments calls.
    let address = |name: &str| arguments.get(name)?.as_str()?.parse().ok();
    let callee = address("target").or_else(|| address("implementation"));
    for (name, value) in arguments {
        match value {
            Value::String(text) => match (calldata(name, text), callee) {
                (Some(data), Some(callee)) => {
                    lines.push(format!("{indent}{name}:"));
                    describe(deployment, callee, &data, depth + 1, lines);
                }
                _ => lines.push(format!(
                    "{indent}{name}: {}",
                    annotated(deployment, name, text)
                )),
            },
            Value::Object(inner) => {
                lines.push(format!("{indent}{name}:"));
                members(deployment, inner, depth + 1, lines);
            }
            Value::Array(items) => {
                lines.push(format!("{indent}{name}: {}", items.len()));
                for (number, item) in items.iter().enumerate() {
                    let single = Map::from_iter([((number + 1).to_string(), item.clone())]);
                    members(deployment, &single, depth + 1, lines);
                }
            }
            other => lines.push(format!("{indent}{name}: {other}")),
        }
    }
}

fn calldata(name: &str, text: &str) -> Option<Vec<u8>> {
    (name == "data")
        .then(|| hex::decode(text).ok())?
        .filter(|data| data.len() >= 4)
}

/// A value, and what it stands for.
fn annotated(deployment: &Deployment, name: &str, text: &str) -> String {
    if let Some(known) = text
        .parse()
        .ok()
        .and_then(|account| name_of(deployment, account))
    {
        return format!("{known} ({text})");
    }
    match name {
        "rule" => format!("{text}, which is about {}", rule_in_words(deployment, text)),
        "selector" => match function_of(text) {
            Some(function) => format!("{text} ({function})"),
            None => text.to_owned(),
        },
        _ => text.to_owned(),
    }
}

fn function_of(selector: &str) -> Option<String> {
    let selector = hex::decode(selector).ok()?;
    let functions = ABIS.iter().flat_map(|(abi, _)| contract::functions(abi));
    let mut of_selector = functions.filter(|it| *it.selector() == *selector);
    of_selector.next().map(|it| it.signature())
}

/// What a rule of the timelock is about.
fn rule_in_words(deployment: &Deployment, text: &str) -> String {
    let Ok(word) = text.parse::<U256>() else {
        return "nothing known".into();
    };
    let bytes = word.to_be_bytes::<32>();
    let (function, target) = (&bytes[..4], Address::from_slice(&bytes[4..24]));
    let argument = word.as_limbs()[0];
    let function = match function {
        [0, 0, 0, 0] => "all functions".into(),
        selector => {
            let selector = hex::encode_prefixed(selector);
            function_of(&selector).unwrap_or(selector)
        }
    };
    let target = match name_of(deployment, target) {
        _ if target.is_zero() => "any contract".into(),
        Some(name) => name.to_owned(),
        None => target.to_string(),
    };
    match argument.checked_sub(1) {
        Some(argument) => format!("{function} of {target} with {argument} as the first argument"),
        None => format!("{function} of {target}"),
    }
}

/// The arguments of `setParameter`, with the parameter's name and unit.
fn parameter(abi: Option<&str>, mut arguments: Map<String, Value>) -> Map<String, Value> {
    let (table, names): (&[parameters::Parameter], &[&str]) = match abi {
        Some("stake-manager") => (&parameters::TABLE, &parameters::NAMES),
        Some("operator-registry") => (&operators::parameters::TABLE, &operators::parameters::NAMES),
        _ => return arguments,
    };
    let number = |name: &str| arguments.get(name)?.as_str()?.parse::<U256>().ok();
    let (Some(id), Some(value)) = (number("id"), number("value")) else {
        return arguments;
    };
    let place = id.saturating_to::<usize>();
    if let (Some(parameter), Some(name)) = (table.get(place), names.get(place)) {
        let value = match parameter.unit {
            parameters::Unit::Wei => format!("{value} wei ({})", display_eth(value)),
            parameters::Unit::Seconds => format!("{value} seconds"),
            parameters::Unit::BasisPoints => format!("{value} basis points"),
            parameters::Unit::Number => value.to_string(),
        };
        arguments.insert("id".into(), format!("{id} ({name})").into());
        arguments.insert("value".into(), value.into());
    }
    arguments
}

fn name_of(deployment: &Deployment, account: Address) -> Option<&str> {
    let mut contracts = deployment.contracts.iter();
    let found = contracts.find(|(_, entry)| entry.address == account)?;
    Some(found.0)
}
