//! What stands on the chain from its first block.

mod assembler;

use std::sync::LazyLock;

use alloy::primitives::{address, bytes, Address, Bytes, U256};

use crate::{
    precompiles,
    state::{AccountChange, State},
    Config,
};

/// The deterministic CREATE2 factory.
const CREATE2_FACTORY: Address = address!("4e59b44847b379578588920cA78FbF26c0B4956C");
/// Its code: the first word of the calldata is the salt, the rest is the init code.
const CREATE2_FACTORY_CODE: Bytes = bytes!(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
);
/// Multicall3.
const MULTICALL3: Address = address!("cA11bde05977b3631167028862bE2a173976CA11");
/// Its code (MIT licence), as clients carry it to call it where it is not deployed.
const MULTICALL3_CODE: [u8; 5_561] = const_decode(include_bytes!("multicall3.hex"));
/// The contract cargo-stylus deploys programs with constructors through.
const STYLUS_DEPLOYER: Address = address!("cEcba2F1DC234f70Dd89F2041029807F8D03A990");
/// Its documented behaviour, in code of our own.
static STYLUS_DEPLOYER_CODE: LazyLock<Bytes> = LazyLock::new(|| {
    let code = assembler::assemble(include_str!("stylus_deployer.easm"));
    code.expect("the listing is part of the crate and covered by tests")
        .into()
});
/// Code of Arbitrum's precompiles: they run natively, and their accounts are seen to have code.
const PRECOMPILE_CODE: Bytes = bytes!("fe");

/// The bytes of a hexadecimal file.
const fn const_decode<const N: usize>(text: &[u8]) -> [u8; N] {
    match alloy::hex::const_decode_to_array(text) {
        Ok(bytes) => bytes,
        Err(_) => panic!("not as many hexadecimal digits as expected"),
    }
}

/// Accounts at genesis, as changes from nothing.
pub(crate) fn accounts(config: &Config) -> Vec<AccountChange> {
    let nothing = State::default();
    let funded = config.accounts.iter().map(|(account, wei)| AccountChange {
        balance: *wei,
        ..nothing.unchanged(*account)
    });
    let contract = |account: Address, code: Bytes| AccountChange {
        nonce: 1,
        code: Some(code),
        balance: U256::ZERO,
        ..nothing.unchanged(account)
    };
    let precompiles = precompiles::ADDRESSES
        .into_iter()
        .map(|account| contract(account, PRECOMPILE_CODE));
    let contracts = [
        contract(CREATE2_FACTORY, CREATE2_FACTORY_CODE),
        contract(STYLUS_DEPLOYER, STYLUS_DEPLOYER_CODE.clone()),
        contract(MULTICALL3, Bytes::from_static(&MULTICALL3_CODE)),
    ];
    funded.chain(precompiles).chain(contracts).collect()
}
