//! The ClayDeployer: creates contracts at addresses that depend only on who asks and on a salt.
//!
//! The address does not depend on the code, so siblings can be given each other's addresses before they
//! exist, and an interrupted deployment finds what it has already made. The salt is bound to the caller, so
//! nobody else can take the address. Creation, activation and initialisation are one transaction, so nobody
//! else can initialise. It holds no authority and keeps no state; ETH left in it goes to the next caller.
//!
//! As in CREATE3, a fixed tiny contract (the *trampoline*) is made by CREATE2 and creates the contract
//! proper by CREATE, whose address depends only on the trampoline's.

use alloy::{
    primitives::{address, keccak256, Address, Bytes, B256},
    sol,
    sol_types::{SolCall, SolError, SolEvent, SolValue},
};

use super::{assembler::assemble, factory};

/// ArbWasm, the precompile that activates programs.
pub const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");

sol! {
    /// Interface of the deployer.
    #[sol(abi)]
    interface ClayDeployer {
        /// A contract was created for `caller`.
        event Deployed(address indexed caller, bytes32 indexed salt, address deployed);
        /// The caller has used this salt.
        error AlreadyDeployed(bytes32 salt);
        /// The creation code left no code behind.
        error NothingDeployed();

        /// Creates a contract from `initCode` at `addressOf(msg.sender, salt)`; activates it as a Stylus
        /// program, paid by the value sent, if `activate` is set; then calls it with `call`, if that is not
        /// empty. All of it or nothing; what is left of the value goes back.
        function deploy(bytes32 salt, bytes initCode, bool activate, bytes call) external payable returns (address deployed);
        /// The address `deploy` gives to a caller's salt.
        function addressOf(address caller, bytes32 salt) external view returns (address deployed);
    }

    /// The part of ArbWasm that the deployer calls.
    interface ArbWasmActivation {
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
    }
}

// Runs its calldata as creation code, and reverts with what that reverts with.
const TRAMPOLINE: &str = "
    calldatasize 0 0 calldatacopy
    calldatasize 0 0 create                             ; [created]
    returndatasize 0 0 returndatacopy                   ; nothing, unless the creation failed
    @created jumpi
    returndatasize 0 revert
created:
";

// At most 32 bytes, so that it can be pushed as one word.
const TRAMPOLINE_CREATION: &str = "$code 0 mstore $size $offset return";

const DEPLOYER: &str = "
    calldatasize @dispatch jumpi
    stop                                                ; the part of the value ArbWasm gives back
dispatch:
    0 calldataload 0xe0 shr
    dup1 $deploy eq @deploy jumpi
    $address_of eq @address_of jumpi
    0 0 revert

deploy:                                                 ; deploy(salt, initCode, activate, call)
    4 calldataload caller
    0 mstore 0x20 mstore 0x40 0 keccak256               ; [bound_salt], keccak256(caller, salt)
    $trampoline 0 mstore
    $trampoline_size $trampoline_offset 0 create2       ; [trampoline], 0 if the salt is used
    dup1 @fresh jumpi
    $already_deployed 0xe0 shl 0 mstore  4 calldataload 4 mstore
    0x24 0 revert

fresh:
    @created swap1 dup1 @init_created swap1 0x24        ; [created trampoline init_created trampoline 0x24]
    @send jump
init_created:
    @child jump
created:                                                ; [deployed]
    dup1 extcodesize @has_code jumpi
    $nothing_deployed 0xe0 shl 0 mstore
    4 0 revert

has_code:
    0x44 calldataload iszero @activated jumpi
    $activate_program 0xe0 shl 0 mstore  dup1 4 mstore
    0 0 0x24 0 callvalue $arb_wasm gas call             ; [deployed success]
    iszero @bubble jumpi
activated:
    dup1 @called swap1 0x64                             ; [deployed called deployed 0x64]
    @send jump
called:                                                 ; [deployed]
    dup1 0 mstore
    4 calldataload caller $deployed 0x20 0 log3
    selfbalance                                         ; [deployed balance]
    dup1 iszero @refunded jumpi
    0 0 0 0 dup5 caller gas call iszero @bubble jumpi
refunded:
    pop
answer:                                                 ; [word]
    0 mstore
    0x20 0 return

address_of:                                             ; addressOf(caller, salt)
    0x24 calldataload 4 calldataload
    0 mstore 0x20 mstore 0x40 0 keccak256               ; [bound_salt]
    0x20 mstore  $trampoline_hash 0x40 mstore
    address 0xff 0xa0 shl or 0 mstore                   ; 0xff in byte 11, this address behind it
    0x55 11 keccak256 0x60 shl 0x60 shr                 ; [trampoline]
    @answer swap1
    @child jump

child:                                                  ; [back trampoline] to [deployed]
    0xd694 0xa0 shl or 0 mstore  1 0x20 mstore8         ; RLP of (trampoline, 1) from byte 10 on
    0x17 10 keccak256 0x60 shl 0x60 shr
    swap1 jump

send:                                                   ; [back target head], calls target with an argument
    calldataload 4 add  dup1 calldataload               ; [back target position size]
    swap1 0x20 add  dup2 swap1 0 calldatacopy           ; [back target size]
    dup1 @not_empty jumpi
    pop pop jump
not_empty:
    0 0 swap2 0 0 dup6 gas call                         ; [back target success]
    iszero @bubble jumpi
    pop jump

bubble:
    returndatasize 0 0 returndatacopy
    returndatasize 0 revert
";

/// Code of a deployed trampoline.
fn trampoline() -> Vec<u8> {
    assemble(TRAMPOLINE, &[])
}

/// Creation code of the trampoline, whose hash decides the addresses.
fn trampoline_creation() -> Vec<u8> {
    let code = trampoline();
    let (size, offset) = ([code.len() as u8], [32 - code.len() as u8]);
    assemble(
        TRAMPOLINE_CREATION,
        &[("code", &code), ("size", &size), ("offset", &offset)],
    )
}

/// Code of the deployed ClayDeployer.
pub fn runtime() -> Vec<u8> {
    let trampoline = trampoline_creation();
    assemble(
        DEPLOYER,
        &[
            ("deploy", &ClayDeployer::deployCall::SELECTOR),
            ("address_of", &ClayDeployer::addressOfCall::SELECTOR),
            ("already_deployed", &ClayDeployer::AlreadyDeployed::SELECTOR),
            ("nothing_deployed", &ClayDeployer::NothingDeployed::SELECTOR),
            (
                "deployed",
                ClayDeployer::Deployed::SIGNATURE_HASH.as_slice(),
            ),
            (
                "activate_program",
                &ArbWasmActivation::activateProgramCall::SELECTOR,
            ),
            ("arb_wasm", ARB_WASM.as_slice()),
            ("trampoline", &trampoline),
            ("trampoline_size", &[trampoline.len() as u8]),
            ("trampoline_offset", &[32 - trampoline.len() as u8]),
            ("trampoline_hash", keccak256(&trampoline).as_slice()),
        ],
    )
}

/// Creation code of the ClayDeployer.
pub fn creation_code() -> Bytes {
    let runtime = runtime();
    let size = (runtime.len() as u16).to_be_bytes();
    let creation = "$size @runtime 0 codecopy $size 0 return .runtime <code>";
    assemble(creation, &[("size", &size), ("code", &runtime)]).into()
}

/// Where the ClayDeployer is, on every chain: the CREATE2 factory's address for its code and salt zero.
pub fn deployer_address() -> Address {
    factory::FACTORY.create2_from_code(B256::ZERO, creation_code())
}

/// The address a deployer at `deployer` gives to a caller's salt, computed here.
pub fn predict(deployer: Address, caller: Address, salt: B256) -> Address {
    let bound = keccak256((caller, salt).abi_encode());
    deployer
        .create2_from_code(bound, trampoline_creation())
        .create(1)
}
