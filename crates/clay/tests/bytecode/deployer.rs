//! Addresses, atomicity and refunds of the deployer.

use alloy::{
    primitives::{Address, B256, U256},
    sol_types::{SolCall, SolError, SolEvent},
};
use clay::bytecode::{
    assembler::assemble,
    deployer::{self, ClayDeployer, ARB_WASM},
    program,
};

use crate::world::{
    echo_code, plain, predicted, refuseCall, request, InsufficientValue, Refused, World,
    ACTIVATION_FEE, ALICE, BOB, SALT,
};

#[test]
fn it_is_small() {
    let size = deployer::runtime().len();
    assert!(size < 512, "{size}");
}

#[test]
fn the_address_depends_on_caller_and_salt_and_not_on_the_code() {
    let mut world = World::new();
    let deployed = world.deploy(ALICE, 0, plain()).result.unwrap();
    assert_eq!(
        Address::from_word(B256::from_slice(&deployed)),
        predicted(ALICE)
    );
    assert_eq!(world.code(predicted(ALICE)), echo_code());

    // The same salt of another caller, with other code, is another address.
    let other = request(program::creation_code(&[0x5b]), false, vec![]);
    world.deploy(BOB, 0, other).result.unwrap();
    assert_ne!(predicted(BOB), predicted(ALICE));
    assert_eq!(world.code(predicted(BOB))[..], [0x5b]);

    for caller in [ALICE, BOB] {
        let view = ClayDeployer::addressOfCall { caller, salt: SALT };
        let answer = world
            .call(BOB, deployer::deployer_address(), 0, view.abi_encode())
            .result
            .unwrap();
        assert_eq!(
            Address::from_word(B256::from_slice(&answer)),
            predicted(caller)
        );
    }
}

#[test]
fn a_salt_serves_once() {
    let mut world = World::new();
    world.deploy(ALICE, 0, plain()).result.unwrap();
    let again = world.deploy(ALICE, 0, plain()).result.unwrap_err();
    assert_eq!(
        again,
        ClayDeployer::AlreadyDeployed { salt: SALT }.abi_encode()
    );
}

#[test]
fn a_deployment_is_announced() {
    let mut world = World::new();
    let logs = world.deploy(ALICE, 0, plain()).logs;
    let event = ClayDeployer::Deployed::decode_log(&logs[0]).unwrap();
    assert_eq!(
        (event.caller, event.salt, event.deployed),
        (ALICE, SALT, predicted(ALICE))
    );
}

#[test]
fn activation_is_paid_and_the_rest_of_the_value_comes_back() {
    let mut world = World::new();
    let before = world.balance(ALICE);
    world
        .deploy(
            ALICE,
            1_000,
            ClayDeployer::deployCall {
                activate: true,
                ..plain()
            },
        )
        .result
        .unwrap();
    assert_eq!(before - world.balance(ALICE), U256::from(ACTIVATION_FEE));
    assert_eq!(world.balance(ARB_WASM), U256::from(ACTIVATION_FEE));
    assert_eq!(world.balance(deployer::deployer_address()), U256::ZERO);
    assert_eq!(
        world.slot(ARB_WASM, predicted(ALICE).into_word().into()),
        U256::from(1)
    );
}

#[test]
fn value_without_activation_comes_back_whole() {
    let mut world = World::new();
    let before = world.balance(ALICE);
    world.deploy(ALICE, 1_000, plain()).result.unwrap();
    assert_eq!(world.balance(ALICE), before);
}

#[test]
fn the_call_reaches_the_new_contract_from_the_deployer() {
    let mut world = World::new();
    // Remembers its first argument, to see that the calldata arrives whole.
    let code = assemble("4 calldataload 7 sstore", &[]);
    let call = refuseCall {
        code: U256::from(42),
    }
    .abi_encode();
    world
        .deploy(
            ALICE,
            0,
            request(program::creation_code(&code), false, call),
        )
        .result
        .unwrap();
    assert_eq!(world.slot(predicted(ALICE), U256::from(7)), U256::from(42));
}

#[test]
fn a_failure_of_any_part_undoes_all_and_says_why() {
    let mut world = World::new();
    let refusal = refuseCall {
        code: U256::from(7),
    }
    .abi_encode();
    let refused = Refused {
        code: U256::from(7),
    }
    .abi_encode();

    let call = request(program::creation_code(&echo_code()), false, refusal);
    assert_eq!(world.deploy(ALICE, 0, call).result.unwrap_err(), refused);

    let creation = assemble("$code 0 mstore 0x20 0 revert", &[("code", &[7])]);
    let creation = world
        .deploy(ALICE, 0, request(creation, false, vec![]))
        .result
        .unwrap_err();
    assert_eq!(U256::from_be_slice(&creation), U256::from(7));

    let unpaid = world.deploy(
        ALICE,
        0,
        ClayDeployer::deployCall {
            activate: true,
            ..plain()
        },
    );
    assert_eq!(
        unpaid.result.unwrap_err(),
        InsufficientValue {}.abi_encode()
    );

    for nothing in [vec![], assemble("stop", &[])] {
        let empty = world
            .deploy(ALICE, 0, request(nothing, false, vec![]))
            .result
            .unwrap_err();
        assert_eq!(empty, ClayDeployer::NothingDeployed {}.abi_encode());
    }

    assert!(world.code(predicted(ALICE)).is_empty());
    world.deploy(ALICE, 0, plain()).result.unwrap();
}

#[test]
fn an_unknown_function_is_refused_and_plain_eth_goes_to_the_next_caller() {
    let mut world = World::new();
    let unknown = world.call(ALICE, deployer::deployer_address(), 0, vec![1, 2, 3, 4]);
    assert!(unknown.result.unwrap_err().is_empty());
    world
        .call(BOB, deployer::deployer_address(), 5, vec![])
        .result
        .unwrap();
    let before = world.balance(ALICE);
    world.deploy(ALICE, 0, plain()).result.unwrap();
    assert_eq!(world.balance(ALICE) - before, U256::from(5));
}
