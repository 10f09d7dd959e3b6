//! The proxy in front of every upgradeable contract: ERC-1967, and nothing else.
//!
//! It is EVM code, so a call through it starts one WASM program and not two. It knows no admin and no
//! upgrade function: both belong to the implementation (ERC-1822). Plain ETH reaches the implementation
//! as a call without data.

use alloy::{
    primitives::{b256, keccak256, Address, Bytes, B256},
    sol,
    sol_types::{SolError, SolEvent},
};

use super::assembler::assemble;

/// Where ERC-1967 keeps the implementation: `keccak256("eip1967.proxy.implementation") - 1`.
pub const IMPLEMENTATION_SLOT: B256 =
    b256!("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc");

sol! {
    /// The proxy points to a new implementation.
    event Upgraded(address indexed implementation);
    /// There is no code at the implementation's address.
    error ERC1967InvalidImplementation(address implementation);
}

const RUNTIME: &str = "
    calldatasize 0 0 calldatacopy
    0 0 calldatasize 0 $slot sload gas delegatecall     ; [success]
    returndatasize 0 0 returndatacopy
    @success jumpi
    returndatasize 0 revert
success:
    returndatasize 0 return
";

// Behind the code follow one word with the implementation and the calldata of its initialiser.
const CONSTRUCTOR: &str = "
    @arguments codesize sub                             ; [size]
    dup1 @arguments 0 codecopy                          ; memory: implementation, calldata
    0 mload                                             ; [size implementation]
    dup1 extcodesize @has_code jumpi
    $invalid 0xe0 shl 0x20 mstore  0x24 mstore          ; ERC1967InvalidImplementation(implementation)
    0x24 0x20 revert

has_code:
    dup1 $slot sstore
    dup1 $upgraded 0 0 log2
    swap1 0x20 swap1 sub                                ; [implementation calldata_size]
    0 0 swap2 0x20 dup5 gas delegatecall                ; [implementation success]
    @initialised jumpi
    returndatasize 0 0 returndatacopy
    returndatasize 0 revert

initialised:
    $runtime_size @runtime 0 codecopy
    $runtime_size 0 return
.runtime
    <runtime>
.arguments
";

/// The code of a deployed proxy: the same for every proxy.
pub fn runtime() -> Vec<u8> {
    assemble(RUNTIME, &[("slot", IMPLEMENTATION_SLOT.as_slice())])
}

/// Code hash of a deployed proxy.
pub fn code_hash() -> B256 {
    keccak256(runtime())
}

/// Creation code of a proxy: sets the implementation, emits `Upgraded`, and runs `initializer` on it by
/// delegatecall. It reverts with [`ERC1967InvalidImplementation`] or with what the initialiser reverts with.
pub fn creation_code(implementation: Address, initializer: &[u8]) -> Bytes {
    let runtime = runtime();
    let mut code = assemble(
        CONSTRUCTOR,
        &[
            ("slot", IMPLEMENTATION_SLOT.as_slice()),
            ("upgraded", Upgraded::SIGNATURE_HASH.as_slice()),
            ("invalid", &ERC1967InvalidImplementation::SELECTOR),
            ("runtime_size", &[runtime.len() as u8]),
            ("runtime", &runtime),
        ],
    );
    code.extend_from_slice(implementation.into_word().as_slice());
    code.extend_from_slice(initializer);
    code.into()
}
