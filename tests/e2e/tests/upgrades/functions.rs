//! Calls of any function, by the ABIs.

use alloy::{
    dyn_abi::{DynSolType, DynSolValue, JsonAbiExt, Specifier},
    json_abi::{Function, JsonAbi, StateMutability},
    primitives::{Bytes, B256, U256},
    sol_types::SolCall,
};
use clay::bindings::ABIS;
use e2e::{StakeManager::pauseCall, ALICE, BOB, MALLORY, OWNER, REPORTERS};

pub fn abi(contract: &str) -> JsonAbi {
    let found = ABIS.iter().find(|(name, _)| *name == contract);
    serde_json::from_str(found.expect("an ABI").1).expect("an ABI")
}

pub fn is_view(function: &Function) -> bool {
    let mutability = function.state_mutability;
    [StateMutability::View, StateMutability::Pure].contains(&mutability)
}

/// Some value of a type. Numbers are those of orders, operators, nodes, clusters, epochs and parameters.
pub fn value(of: &DynSolType, seed: usize) -> DynSolValue {
    let numbers = [1u64, 2, 0, 16, 17, 18, 5, 1_000_000_000].map(U256::from);
    let accounts = [ALICE, BOB, OWNER, REPORTERS[0], MALLORY];
    let number = numbers[seed % numbers.len()];
    let inner = |of: &DynSolType| value(of, seed);
    match of {
        DynSolType::Bool => DynSolValue::Bool(seed.is_multiple_of(2)),
        DynSolType::Uint(bits) => DynSolValue::Uint(number, *bits),
        DynSolType::Int(bits) => {
            DynSolValue::Int(number.to::<u64>().try_into().expect("small"), *bits)
        }
        DynSolType::Address => DynSolValue::Address(accounts[seed % accounts.len()]),
        DynSolType::FixedBytes(size) => DynSolValue::FixedBytes(B256::ZERO, *size),
        DynSolType::Bytes => DynSolValue::Bytes(pauseCall::SELECTOR.into()),
        DynSolType::String => DynSolValue::String(String::new()),
        DynSolType::Array(of) => DynSolValue::Array(vec![inner(of)]),
        DynSolType::FixedArray(of, size) => DynSolValue::FixedArray(vec![inner(of); *size]),
        DynSolType::Tuple(of) => DynSolValue::Tuple(of.iter().map(inner).collect()),
        DynSolType::CustomStruct {
            name,
            prop_names,
            tuple,
        } => DynSolValue::CustomStruct {
            name: name.clone(),
            prop_names: prop_names.clone(),
            tuple: tuple.iter().map(inner).collect(),
        },
        other => panic!("no value of {other}"),
    }
}

/// A call of a function with some arguments.
pub fn some_call(function: &Function, seed: usize) -> Bytes {
    let types = function.inputs.iter().map(|input| input.resolve());
    let values = types.map(|of| value(&of.expect("a type"), seed));
    let values: Vec<_> = values.collect();
    function
        .abi_encode_input(&values)
        .expect("its types")
        .into()
}

/// Calls of every view of a contract: each without arguments once, each other one with several.
pub fn views(contract: &str) -> Vec<(String, Bytes)> {
    const SEEDS: usize = 8;
    let abi = abi(contract);
    let views = abi.functions().filter(|function| is_view(function));
    let calls = views.flat_map(|function| {
        let seeds = if function.inputs.is_empty() { 1 } else { SEEDS };
        let name = function.signature();
        (0..seeds).map(move |seed| (format!("{name} {seed}"), some_call(function, seed)))
    });
    calls.collect()
}
