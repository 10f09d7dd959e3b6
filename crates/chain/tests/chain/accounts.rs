//! Accounts, programs and bytecode the tests share.

use std::path::Path;

use alloy::primitives::{address, b256, Address, Bytes, B256, U256};
use clay_chain::{Chain, Config, Overrides, Receipt, TxRequest, TEST_ACCOUNTS};

pub const ALICE: Address = TEST_ACCOUNTS[0];
pub const BOB: Address = TEST_ACCOUNTS[1];
/// An account nobody has used.
pub const NOBODY: Address = address!("00000000000000000000000000000000deadbeef");
/// Where an ERC-1967 proxy names its implementation.
pub const IMPLEMENTATION_SLOT: B256 =
    b256!("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc");

pub fn ether(amount: u64) -> U256 {
    U256::from(amount) * U256::from(10u64).pow(U256::from(18))
}

pub fn chain() -> Chain {
    Chain::new(Config::default())
}

/// A file of the tests folder.
pub fn file(path: &str) -> Vec<u8> {
    std::fs::read(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests")
            .join(path),
    )
    .unwrap()
}

/// A gas vector; stylus-vm's tests keep them.
pub fn vector(name: &str) -> Vec<u8> {
    file(&format!("../../stylus-vm/tests/vectors/{name}"))
}

/// WASM of the probe, see there for its operations.
pub fn probe_wasm() -> Vec<u8> {
    wat::parse_bytes(&file("programs/probe.wat"))
        .unwrap()
        .into_owned()
}

/// A chain with one probe.
pub fn with_probe() -> (Chain, Address) {
    let mut chain = chain();
    let probe = chain.deploy_program(ALICE, &probe_wasm()).unwrap();
    (chain, probe)
}

/// Publishes init code and returns the new address.
pub fn create(chain: &mut Chain, init_code: impl Into<Bytes>) -> Address {
    let receipt = chain.transact(TxRequest::create(ALICE, init_code)).unwrap();
    assert!(receipt.success(), "{:?}", receipt.status);
    receipt.created.unwrap()
}

/// The same code at another address; a program is activated with it.
pub fn copy_of(chain: &mut Chain, account: Address) -> Address {
    let code = chain.code(account, Default::default()).unwrap();
    create(chain, clay_chain::init_code(&code))
}

/// Sends calldata from Alice.
pub fn send(chain: &mut Chain, to: Address, input: impl Into<Bytes>) -> std::sync::Arc<Receipt> {
    chain.transact(TxRequest::call(ALICE, to, input)).unwrap()
}

/// Calls from Alice and returns the output of a success.
pub fn view(chain: &Chain, to: Address, input: impl Into<Bytes>) -> Bytes {
    let outcome = chain
        .call(
            &TxRequest::call(ALICE, to, input),
            Default::default(),
            &Overrides::default(),
        )
        .unwrap();
    assert!(
        outcome.status.is_success(),
        "{:?} {}",
        outcome.status,
        outcome.output
    );
    outcome.output
}

/// Calldata from parts.
pub fn data(parts: &[&[u8]]) -> Bytes {
    parts.concat().into()
}

/// What a probe says about itself.
#[derive(Debug, PartialEq, Eq)]
pub struct Report {
    pub address: Address,
    pub sender: Address,
    pub value: U256,
    pub reentrant: bool,
}

pub fn report(output: &[u8]) -> Report {
    assert_eq!(output.len(), 128);
    Report {
        address: Address::from_slice(&output[12..32]),
        sender: Address::from_slice(&output[44..64]),
        value: U256::from_be_slice(&output[64..96]),
        reentrant: output[127] == 1,
    }
}

/// EVM code that calls the address in its first word with the rest of the calldata and its value, and passes on
/// what comes back.
pub const FORWARDER: [u8; 41] = alloy::hex!(
    "6020360380602060003760006000826000346000355af13d600060003e6024573d6000fd5b3d6000f3"
);

/// Calldata for the forwarder.
pub fn forwarded(to: Address, input: &[u8]) -> Vec<u8> {
    [to.into_word().as_slice(), input].concat()
}

/// EVM code that delegates to the implementation its ERC-1967 slot names.
pub fn proxy_code() -> Vec<u8> {
    let mut code = alloy::hex!("363d3d373d3d363d7f").to_vec();
    code.extend_from_slice(IMPLEMENTATION_SLOT.as_slice());
    code.extend_from_slice(&alloy::hex!("545af43d600060003e"));
    let target = code.len() as u8 + 7;
    code.extend_from_slice(&[
        0x60, target, 0x57, 0x3d, 0x60, 0x00, 0xfd, 0x5b, 0x3d, 0x60, 0x00, 0xf3,
    ]);
    code
}

/// A proxy for an implementation.
pub fn proxy(chain: &mut Chain, implementation: Address) -> Address {
    let proxy = create(chain, clay_chain::init_code(&proxy_code()));
    chain.set_storage(
        proxy,
        IMPLEMENTATION_SLOT.into(),
        implementation.into_word(),
    );
    proxy
}
