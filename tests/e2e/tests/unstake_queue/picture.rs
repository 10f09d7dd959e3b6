//! The picture and data of an order.

use alloy::{
    primitives::{Address, B256, U256},
    sol_types::SolCall,
};
use clay_chain::ExecStatus;
use e2e::{
    OrderImage,
    UnstakeQueue::{self, *},
    ALICE, ETH, MALLORY, OWNER,
};
use serde_json::Value;

use crate::world::World;

/// Decodes base64 by its definition: six bits a digit, most significant first.
fn decode(text: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    assert_eq!(text.len() % 4, 0, "padded");
    let digits = text.trim_end_matches('=').bytes();
    let bits: Vec<usize> = digits
        .map(|digit| DIGITS.iter().position(|it| *it == digit).expect("base64"))
        .flat_map(|value| (0..6).rev().map(move |bit| value >> bit & 1))
        .collect();
    let bytes = bits
        .chunks_exact(8)
        .map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | *bit as u8));
    String::from_utf8(bytes.collect()).expect("text")
}

/// An order's JSON and its picture.
fn read(uri: &str) -> (Value, String) {
    let json = decode(
        uri.strip_prefix("data:application/json;base64,")
            .expect("JSON"),
    );
    let json: Value = serde_json::from_str(&json).expect("JSON");
    let image = json["image"].as_str().expect("an image");
    let svg = decode(
        image
            .strip_prefix("data:image/svg+xml;base64,")
            .expect("SVG"),
    );
    (json, svg)
}

fn attribute<'a>(json: &'a Value, name: &str) -> &'a str {
    let attributes = json["attributes"].as_array().expect("attributes");
    let found = attributes.iter().find(|it| it["trait_type"] == name);
    found.expect("the attribute")["value"]
        .as_str()
        .expect("text")
}

#[test]
fn an_order_shows_amount_state_and_value_in_every_state() {
    let mut world = World::new();
    let shares = ETH * U256::from(25) / U256::from(2);
    let ids = [(); 2].map(|_| world.request(ALICE, shares));
    let show = |world: &World, id| read(&world.view(tokenURICall { id }));
    let (json, svg) = show(&world, ids[0]);
    assert_eq!(json["name"], "csETH unstake order #1");
    assert_eq!(attribute(&json, "Amount"), "12.5 csETH");
    assert_eq!(attribute(&json, "State"), "Pending");
    assert_eq!(attribute(&json, "Estimated value"), "12.5 ETH");
    for words in [">12.5 csETH<", ">Pending<", ">12.5 ETH<", ">#1<"] {
        assert!(svg.contains(words), "{words} in {svg}");
    }
    // To look at it: CLAY_ORDER_IMAGE=order.svg.
    if let Some(path) = std::env::var_os("CLAY_ORDER_IMAGE") {
        std::fs::write(path, svg).expect("written");
    }
    world.make_due();
    assert_eq!(attribute(&show(&world, ids[0]).0, "State"), "Due");
    world.call(ALICE, cancelCall { id: ids[1] });
    let (json, svg) = show(&world, ids[1]);
    assert_eq!(attribute(&json, "State"), "Withdrawn");
    assert_eq!(attribute(&json, "Estimated value"), "0 ETH");
    assert!(svg.contains(">Withdrawn<"));
    world.balance();
    assert_eq!(attribute(&show(&world, ids[0]).0, "State"), "Claimable");
    world.claim(ALICE, &ids[..1]);
    assert_eq!(attribute(&show(&world, ids[0]).0, "State"), "Claimed");
    for id in [U256::ZERO, U256::from(3), U256::MAX] {
        let error = ERC721NonexistentToken { tokenId: id };
        world.refuses(ALICE, tokenURICall { id }, error);
    }
}

#[test]
fn amounts_are_exact_in_the_data_and_short_in_the_picture() {
    let world = World::new();
    let uri = |shares: u128, assets: U256, symbol: &[u8]| {
        let call = OrderImage::tokenURICall {
            id: U256::from(u64::MAX),
            shares: U256::from(shares),
            state: 9,
            assets,
            symbol: B256::right_padding_from(symbol),
        };
        read(&world.pool.view(world.pool.image, call))
    };
    let (json, svg) = uri(
        1_000_000_000,
        U256::from(1_234_567_890_123_456_789u64),
        b"IcsETH",
    );
    assert_eq!(attribute(&json, "Amount"), "0.000000001 IcsETH");
    assert_eq!(
        attribute(&json, "Estimated value"),
        "1.234567890123456789 ETH"
    );
    assert_eq!(attribute(&json, "State"), "Unknown");
    assert!(svg.contains(">under 0.000001 IcsETH<"), "{svg}");
    assert!(svg.contains(">1.234567 ETH<"));
    // A symbol breaks neither JSON nor XML, and no amount is too large.
    let (json, svg) = uri(0, U256::MAX, b"\"<&>\\x\x01");
    assert_eq!(attribute(&json, "Amount"), "0 x");
    assert_eq!(
        attribute(&json, "Estimated value"),
        "340282366920938463463.374607431768211455 ETH"
    );
    assert!(svg.contains(">0 x<"));
    // A long text of every length modulo three decodes.
    for length in 0..4 {
        let (json, _) = uri(0, U256::ZERO, &b"abc"[..length.min(3)]);
        assert!(json["image"].is_string());
    }
}

#[test]
fn p43_the_image_takes_neither_eth_nor_unknown_calls() {
    let mut world = World::new();
    let image = world.pool.image;
    let call = OrderImage::tokenURICall {
        id: U256::from(1),
        shares: ETH,
        state: 1,
        assets: ETH,
        symbol: B256::ZERO,
    };
    let with_value = call.abi_encode();
    for (value, data) in [
        (U256::from(1), with_value.clone()),
        (U256::from(1), vec![]),
        (U256::ZERO, vec![]),
        (U256::ZERO, with_value[..100].to_vec()),
    ] {
        let receipt = world.pool.send(ALICE, image, value, data);
        assert_eq!(receipt.status, ExecStatus::Revert);
        assert!(receipt.output.is_empty());
    }
    let error = OrderImage::UnknownFunction {
        selector: ownerCall::SELECTOR.into(),
    };
    world
        .pool
        .refuses(ALICE, image, U256::ZERO, ownerCall {}, error);
}

#[test]
fn p26_only_the_owner_changes_settings_within_their_bounds() {
    let mut world = World::new();
    let other = Address::repeat_byte(0x17);
    let image = setOrderImageCall { orderImage: other };
    let whole = |shares: u64| ETH * U256::from(shares);
    let limits = |smallest, largest| setOrderLimitsCall { smallest, largest };
    let costs = |before: u64, after: u64| setCancelCostsCall {
        beforeDue: U256::from(before),
        afterDue: U256::from(after),
    };
    let error = OnlyOwner {
        caller: MALLORY,
        owner: OWNER,
    };
    world.refuses(MALLORY, image.clone(), error.clone());
    world.refuses(MALLORY, limits(ETH, whole(100)), error.clone());
    world.refuses(MALLORY, costs(1, 5), error);
    let nobody = setOrderImageCall {
        orderImage: Address::ZERO,
    };
    world.refuses(OWNER, nobody, ZeroAddress {});

    let one = U256::from(1);
    let gwei = U256::from(1_000_000_000);
    for (smallest, largest) in [
        (ETH + one, whole(1_000)),
        (gwei - one, whole(1_000)),
        (ETH, whole(100) - one),
        (ETH, U256::from(1u128 << 100)),
    ] {
        let error = LimitsOutOfBounds {
            smallest,
            highestSmallest: ETH,
            largest,
            lowestLargest: whole(100),
        };
        world.refuses(OWNER, limits(smallest, largest), error);
    }
    for (before, after) in [(0, 25), (51, 25), (5, 4), (5, 101)] {
        let error = CostsOutOfBounds {
            beforeDue: U256::from(before),
            afterDue: U256::from(after),
        };
        world.refuses(OWNER, costs(before, after), error);
    }
    let queue = world.pool.queue;
    let receipt = world.receipt(OWNER, limits(gwei + one, whole(100) + one));
    let changed: OrderLimitsChanged = e2e::event(&receipt, queue);
    assert_eq!((changed.smallest, changed.largest), (gwei, whole(100)));
    let kept = world.view(orderLimitsCall {});
    assert_eq!((kept.smallest, kept.largest), (gwei, whole(100)));
    for (before, after) in [(1, 5), (50, 100)] {
        let receipt = world.receipt(OWNER, costs(before, after));
        let changed: CancelCostsChanged = e2e::event(&receipt, queue);
        assert_eq!(changed.beforeDue, U256::from(before));
        let kept = world.view(cancelCostsCall {});
        assert_eq!(
            (kept.beforeDue, kept.afterDue),
            (U256::from(before), U256::from(after))
        );
    }
    let receipt = world.receipt(OWNER, image);
    let changed: OrderImageChanged = e2e::event(&receipt, queue);
    assert_eq!(
        (changed.previous, changed.current),
        (world.pool.image, other)
    );
    assert_eq!(world.view(orderImageCall {}), other);
    assert_eq!(world.view(UnstakeQueue::tokenCall {}), world.pool.token);
    assert_eq!(
        world.view(UnstakeQueue::stakeManagerCall {}),
        world.pool.manager
    );
}

#[test]
fn p27_the_queue_is_set_up_once_and_only_behind_its_proxy() {
    let mut world = World::new();
    let call = initializeCall {
        owner: MALLORY,
        guardian: MALLORY,
        stakeManager: MALLORY,
        token: MALLORY,
        orderImage: MALLORY,
        whitelist: MALLORY,
    };
    world.refuses(MALLORY, call.clone(), AlreadyInitialized {});
    let alone = world.pool.deploy_variant("unstake-queue");
    let request = requestUnstakeCall {
        shares: U256::ZERO,
        receiver: MALLORY,
    };
    let none = U256::ZERO;
    world
        .pool
        .refuses(MALLORY, alone, none, call, OnlyThroughProxy {});
    world
        .pool
        .refuses(MALLORY, alone, none, request, OnlyThroughProxy {});
    let receipt = world.pool.send(ALICE, world.pool.queue, ETH, vec![]);
    assert!(!receipt.success(), "plain ETH is no order");
}
