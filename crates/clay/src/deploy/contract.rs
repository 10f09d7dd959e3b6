//! One contract of a deployment: what is created, at which address, and how it is set up.

use alloy::{
    dyn_abi::{DynSolValue, FunctionExt, JsonAbiExt},
    hex,
    json_abi::{Function, JsonAbi, Param},
    primitives::{keccak256, Address, Bytes, B256},
    sol_types::SolCall,
};
use serde_json::{Map, Value};

use crate::{
    bindings::ABIS,
    bytecode::{deployer, program, proxy},
};

/// A contract the deployer creates in one transaction.
#[derive(Clone, Debug)]
pub struct Contract {
    /// Its key in the deployment file: `implementation/NAME`, `shared/NAME` or `POOL/NAME`.
    pub name: String,
    /// Decides the address, together with the account that deploys.
    pub salt: B256,
    /// What is created.
    pub kind: Kind,
}

/// The kinds of contracts there are.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A Stylus program: an implementation or facet, or with `setup` a contract without a proxy, set up by
    /// that call in the transaction that creates it.
    Program {
        /// Code on chain: prefix and compressed WASM.
        code: Bytes,
        /// Call that sets it up.
        setup: Option<Call>,
    },
    /// A proxy, set up by its creation code.
    Proxy {
        /// What it points to.
        implementation: Address,
        /// Call that sets it up.
        setup: Call,
    },
}

/// A call with its name and arguments, for people to read.
#[derive(Clone, Debug)]
pub struct Call {
    /// The function's name.
    pub function: String,
    /// Arguments by name.
    pub arguments: Map<String, Value>,
    /// The calldata.
    pub data: Bytes,
}

impl Contract {
    /// A program shared by all pools. Its address follows from its code, so another build is another
    /// contract, and the same build is never deployed twice.
    pub fn implementation(namespace: &str, name: &str, code: Bytes) -> Self {
        let salt = keccak256(format!(
            "{namespace}/implementation/{name}/{}",
            program::code_hash(&code)
        ));
        Self {
            name: format!("implementation/{name}"),
            salt,
            kind: Kind::Program { code, setup: None },
        }
    }

    /// The salt of a contract that is no implementation, by its key in the deployment file: its address is
    /// known before its code is.
    pub fn named_salt(namespace: &str, name: &str, version: &str) -> B256 {
        keccak256(format!("{namespace}/{name}/{version}"))
    }

    /// Where `account` deploys it.
    pub fn address(&self, account: Address) -> Address {
        deployer::predict(deployer::deployer_address(), account, self.salt)
    }

    /// Hash of the code it has on chain.
    pub fn code_hash(&self) -> B256 {
        match &self.kind {
            Kind::Program { code, .. } => program::code_hash(code),
            Kind::Proxy { .. } => proxy::code_hash(),
        }
    }

    /// Creation code for the deployer.
    pub fn creation_code(&self) -> Bytes {
        match &self.kind {
            Kind::Program { code, .. } => program::creation_code(code),
            Kind::Proxy {
                implementation,
                setup,
            } => proxy::creation_code(*implementation, &setup.data),
        }
    }

    /// The call that sets it up.
    pub fn setup(&self) -> Option<&Call> {
        match &self.kind {
            Kind::Program { setup, .. } => setup.as_ref(),
            Kind::Proxy { setup, .. } => Some(setup),
        }
    }
}

impl Call {
    /// A call of a function of the contract `name`, whose ABI names the arguments.
    pub fn new<C: SolCall>(name: &str, call: &C) -> Self {
        let data = call.abi_encode();
        let function = C::SIGNATURE
            .split('(')
            .next()
            .unwrap_or_default()
            .to_owned();
        let arguments = named_arguments(name, &data).unwrap_or_default();
        Self {
            function,
            arguments,
            data: data.into(),
        }
    }

    /// The call that this calldata makes, of whichever contract knows it.
    pub fn read(data: &Bytes) -> Option<Self> {
        ABIS.iter().find_map(|(name, _)| Self::of(name, data))
    }

    /// The call that this calldata makes of the contract with the ABI `name`.
    pub fn of(name: &str, data: &[u8]) -> Option<Self> {
        let (function, encoded) = function(name, data)?;
        let values = function.abi_decode_input(encoded).ok()?;
        Some(Self {
            arguments: named(&function.inputs, &values),
            function: function.name,
            data: Bytes::copy_from_slice(data),
        })
    }
}

/// Name of the ABI of a contract that has this name in the deployment file.
pub fn abi_of(name: &str) -> &str {
    match name.rsplit_once('/').map_or(name, |(_, name)| name) {
        "oracle-committee" | "acknowledger" | "board" => "quorum",
        name => name,
    }
}

/// The functions of the contract with the ABI `name`.
pub fn functions(name: &str) -> Vec<Function> {
    let json = ABIS.iter().find(|(abi, _)| *abi == name);
    let abi = json.and_then(|(_, json)| serde_json::from_str::<JsonAbi>(json).ok());
    let functions = abi.map(|abi| abi.functions.into_values().flatten().collect());
    functions.unwrap_or_default()
}

/// The arguments of a call of the contract `name`, in one line.
pub(super) fn readable_arguments(name: &str, data: &[u8]) -> String {
    let arguments = named_arguments(name, data).unwrap_or_default();
    let words: Vec<String> = arguments.values().map(in_line).collect();
    words.join(", ")
}

/// What a call of the contract `name` answered, in one line; the bare bytes if it is no such answer.
pub(super) fn readable_answer(name: &str, call: &[u8], answer: &[u8]) -> String {
    let values = function(name, call).and_then(|(function, _)| {
        let values = function.abi_decode_output(answer).ok()?;
        let readable = function.outputs.iter().zip(&values);
        let words = readable.map(|(output, value)| in_line(&readable_value(output, value)));
        Some(words.collect::<Vec<_>>().join(", "))
    });
    values.unwrap_or_else(|| hex::encode_prefixed(answer))
}

fn in_line(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The function of the contract `name` that is called, and its encoded arguments.
fn function<'a>(name: &str, data: &'a [u8]) -> Option<(Function, &'a [u8])> {
    let (selector, encoded) = data.split_at_checked(4)?;
    let mut functions = functions(name).into_iter();
    let function = functions.find(|function| function.selector() == *selector)?;
    Some((function, encoded))
}

fn named_arguments(name: &str, data: &[u8]) -> Option<Map<String, Value>> {
    let (function, encoded) = function(name, data)?;
    let values = function.abi_decode_input(encoded).ok()?;
    Some(named(&function.inputs, &values))
}

fn named(parameters: &[Param], values: &[DynSolValue]) -> Map<String, Value> {
    let named = parameters
        .iter()
        .zip(values)
        .map(|(parameter, value)| (parameter.name.clone(), readable_value(parameter, value)));
    named.collect()
}

/// A value as it stands in the deployment file. Numbers are text: JSON's lose digits in many readers.
fn readable_value(parameter: &Param, value: &DynSolValue) -> Value {
    match value {
        DynSolValue::Address(account) => account.to_string().into(),
        DynSolValue::Uint(number, _) => number.to_string().into(),
        DynSolValue::Int(number, _) => number.to_string().into(),
        DynSolValue::Bool(yes) => (*yes).into(),
        DynSolValue::String(text) => text.clone().into(),
        DynSolValue::Bytes(bytes) => hex::encode_prefixed(bytes).into(),
        DynSolValue::FixedBytes(word, size) => match short_text(&word[..*size]) {
            // Anything shorter, as a selector, is not meant as text even if it looks like it.
            Some(text) if *size == 32 => text.into(),
            _ => hex::encode_prefixed(&word[..*size]).into(),
        },
        DynSolValue::Array(items) | DynSolValue::FixedArray(items) => items
            .iter()
            .map(|item| readable_value(parameter, item))
            .collect(),
        DynSolValue::Tuple(members) => named(&parameter.components, members).into(),
        DynSolValue::CustomStruct { tuple, .. } => named(&parameter.components, tuple).into(),
        other => format!("{other:?}").into(),
    }
}

/// Bytes that are text padded with zeros, as the token's names are.
fn short_text(bytes: &[u8]) -> Option<String> {
    let end = bytes
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(bytes.len());
    let (text, padding) = bytes.split_at(end);
    let printable = !text.is_empty()
        && text
            .iter()
            .all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    (printable && padding.iter().all(|&byte| byte == 0))
        .then(|| String::from_utf8_lossy(text).into_owned())
}

#[cfg(test)]
mod tests {
    use alloy::primitives::{address, FixedBytes, U256};

    use super::*;
    use crate::bindings::{Quorum, StakeManager};

    const ALICE: Address = address!("00000000000000000000000000000000000a11ce");
    const BOB: Address = address!("0000000000000000000000000000000000000b0b");

    #[test]
    fn a_setup_is_written_with_the_names_of_its_arguments() {
        let call = StakeManager::initializeCall {
            owner: ALICE,
            guardian: ALICE,
            token: ALICE,
            gateway: ALICE,
            facet: ALICE,
            whitelist: Address::ZERO,
            smallestDeposit: U256::from(7),
            siblings: StakeManager::Siblings {
                unstakeQueue: ALICE,
                protectionPool: ALICE,
                operatorRegistry: ALICE,
                oracleCommittee: ALICE,
                acknowledger: BOB,
                rewardsDistributor: ALICE,
                treasury: ALICE,
                flashExitPool: ALICE,
            },
        };
        let call = Call::new("stake-manager", &call);
        assert_eq!(call.function, "initialize");
        assert_eq!(call.arguments["owner"], ALICE.to_string());
        assert_eq!(call.arguments["smallestDeposit"], "7");
        assert_eq!(
            call.arguments["siblings"]["acknowledger"],
            BOB.to_string(),
            "members of structs have their names too"
        );
    }

    #[test]
    fn lists_and_selectors_are_readable() {
        let call = Quorum::initializeCall {
            owner: ALICE,
            members: vec![ALICE, BOB],
            quorum: U256::from(2),
            targets: vec![ALICE],
            selectors: vec![FixedBytes(*b"text")],
        };
        let call = Call::new("quorum", &call);
        assert_eq!(call.arguments["members"][1], BOB.to_string());
        assert_eq!(call.arguments["selectors"][0], "0x74657874");
    }

    #[test]
    fn views_and_their_answers_are_told_in_a_line() {
        let call = StakeManager::siblingCall { id: 4 }.abi_encode();
        assert_eq!(readable_arguments("stake-manager", &call), "4");
        let answer = ALICE.into_word();
        let told = readable_answer("stake-manager", &call, answer.as_slice());
        assert_eq!(told, ALICE.to_string());
        assert_eq!(readable_answer("stake-manager", &call, &[1, 2]), "0x0102");
    }

    #[test]
    fn another_build_of_an_implementation_is_another_address() {
        let first = Contract::implementation("claystack", "a", Bytes::from_static(&[1]));
        let second = Contract::implementation("claystack", "a", Bytes::from_static(&[2]));
        assert_ne!(first.address(ALICE), second.address(ALICE));
    }
}
