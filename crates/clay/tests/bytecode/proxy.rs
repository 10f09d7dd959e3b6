//! What passes through the proxy, and what its creation refuses.

use alloy::{
    primitives::{keccak256, Address, B256, U256},
    sol_types::{SolCall, SolError, SolEvent},
};
use clay::bytecode::proxy::{self, ERC1967InvalidImplementation, Upgraded, IMPLEMENTATION_SLOT};

use crate::world::{
    echoCall, predicted, refuseCall, request, Refused, World, ALICE, BOB, IMPLEMENTATION,
};

#[test]
fn it_is_as_small_as_it_can_be() {
    assert_eq!(proxy::runtime().len(), 58);
}

fn with_proxy() -> (World, Address) {
    let mut world = World::new();
    let creation = proxy::creation_code(IMPLEMENTATION, &echoCall {}.abi_encode());
    let created = world.deploy(ALICE, 0, request(creation, false, vec![]));
    let upgraded = Upgraded::decode_log(&created.logs[0]).unwrap();
    assert_eq!(
        (upgraded.address, upgraded.implementation),
        (predicted(ALICE), IMPLEMENTATION)
    );
    (world, predicted(ALICE))
}

#[test]
fn a_proxy_points_to_its_implementation_and_has_the_known_code() {
    let (world, proxy) = with_proxy();
    assert_eq!(keccak256(world.code(proxy)), proxy::code_hash());
    assert_eq!(
        B256::from(world.slot(proxy, IMPLEMENTATION_SLOT.into())),
        IMPLEMENTATION.into_word()
    );
}

#[test]
fn a_call_through_the_proxy_keeps_sender_value_and_address() {
    let (mut world, proxy) = with_proxy();
    let answer = world
        .call(BOB, proxy, 9, echoCall {}.abi_encode())
        .result
        .unwrap();
    assert_eq!(answer[..32], *BOB.into_word());
    assert_eq!(U256::from_be_slice(&answer[32..64]), U256::from(9));
    assert_eq!(answer[64..96], *proxy.into_word());
    assert_eq!(answer[96..100], echoCall::SELECTOR);
    assert_eq!(world.balance(proxy), U256::from(9));
    assert_eq!(world.slot(proxy, U256::from(1)), U256::from(9));
    assert_eq!(world.slot(IMPLEMENTATION, U256::from(1)), U256::ZERO);
}

#[test]
fn plain_eth_reaches_the_implementation() {
    let (mut world, proxy) = with_proxy();
    world.call(BOB, proxy, 11, vec![]).result.unwrap();
    assert_eq!(world.slot(proxy, U256::ZERO), U256::from(11));
}

#[test]
fn a_revert_comes_through_the_proxy_as_it_is() {
    let (mut world, proxy) = with_proxy();
    let refused = world.call(
        BOB,
        proxy,
        1,
        refuseCall {
            code: U256::from(3),
        }
        .abi_encode(),
    );
    assert_eq!(
        refused.result.unwrap_err(),
        Refused {
            code: U256::from(3)
        }
        .abi_encode()
    );
    assert_eq!(world.balance(proxy), U256::ZERO);
}

#[test]
fn a_proxy_whose_initialiser_fails_is_not_created() {
    let mut world = World::new();
    let creation = proxy::creation_code(
        IMPLEMENTATION,
        &refuseCall {
            code: U256::from(5),
        }
        .abi_encode(),
    );
    let refused = world
        .deploy(ALICE, 0, request(creation, false, vec![]))
        .result
        .unwrap_err();
    assert_eq!(
        refused,
        Refused {
            code: U256::from(5)
        }
        .abi_encode()
    );
    assert!(world.code(predicted(ALICE)).is_empty());
}

#[test]
fn a_proxy_needs_an_implementation_with_code() {
    let mut world = World::new();
    let creation = proxy::creation_code(BOB, &echoCall {}.abi_encode());
    let refused = world
        .deploy(ALICE, 0, request(creation, false, vec![]))
        .result
        .unwrap_err();
    assert_eq!(
        refused,
        ERC1967InvalidImplementation {
            implementation: BOB
        }
        .abi_encode()
    );
}
