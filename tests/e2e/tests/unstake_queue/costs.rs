//! What the queue costs, and that it does not grow with the number of orders.

use std::sync::LazyLock;

use alloy::{
    primitives::{keccak256, B256, U256},
    sol_types::{SolCall, SolValue},
};
use clay_chain::TxRequest;
use e2e::{event, reported::eth, StakeManager::autobalanceCall, UnstakeQueue::*, ALICE, BOB, ETH};

use crate::world::World;

/// Alice has so many orders, and nothing is due.
fn with_orders(count: u64) -> World {
    let mut world = World::new();
    for _ in 0..count {
        world.request(ALICE, e2e::SMALLEST);
    }
    world
}

static TEN_THOUSAND: LazyLock<World> = LazyLock::new(|| with_orders(10_000));

/// Gas of finalising all orders but a last one that is not due yet.
fn finalisation(mut world: World) -> u64 {
    world.make_due();
    world.request(BOB, ETH);
    let manager = world.pool.manager;
    let limit = U256::from(1_000);
    let (done, receipt) = world
        .pool
        .run(BOB, manager, U256::ZERO, autobalanceCall { limit });
    let totals = world.totals();
    assert_eq!(done.finalisedUpTo, totals.nextId - U256::from(2));
    assert_eq!(totals.unfinalisedShares, ETH);
    receipt.gas_used
}

#[test]
fn p15_finalising_ten_and_ten_thousand_orders_costs_the_same() {
    let ten = finalisation(with_orders(10));
    let ten_thousand = finalisation(TEN_THOUSAND.clone());
    println!("finalising 10 orders: {ten} gas, 10,000 orders: {ten_thousand} gas");
    assert!(ten.abs_diff(ten_thousand) * 100 <= 2 * ten);
}

#[test]
fn p16_cancelling_in_bulk_costs_more_than_it_makes_finalisation_cost() {
    let mut world = TEN_THOUSAND.clone();
    let untouched = finalisation(world.clone());
    let mut paid = 0;
    // At random: in the order of their hashes.
    let mut ids: Vec<U256> = (1..=10_000).map(U256::from).collect();
    ids.sort_by_key(|id| keccak256(id.abi_encode()));
    let supply = world.pool.supply();
    for id in ids.into_iter().take(2_000) {
        paid += world.receipt(ALICE, cancelCall { id }).gas_used;
    }
    let burned = supply - world.pool.supply();
    let extra = finalisation(world) - untouched;
    // What was burned would buy gas too: at 0.1 gwei.
    let bought = burned / U256::from(100_000_000);
    println!("2,000 of 10,000 cancelled: {extra} gas more; paid {paid} gas and burned {burned} wei = {bought} gas");
    assert!(extra > 0 && U256::from(extra) < bought);
    assert!(extra * 100 < paid);
}

#[test]
fn p16_a_limit_of_one_group_progresses_past_any_number_of_cancellations() {
    let mut world = with_orders(600);
    for id in (1..=600).filter(|id| id % 3 != 0).map(U256::from) {
        world.call(ALICE, cancelCall { id });
    }
    world.make_due();
    world.request(BOB, ETH);
    let manager = world.pool.manager;
    let limit = U256::from(1);
    let mut reached = Vec::new();
    for _ in 0..5 {
        let (done, _) = world
            .pool
            .run(BOB, manager, U256::ZERO, autobalanceCall { limit });
        reached.push(done.finalisedUpTo.to::<u64>());
    }
    assert_eq!(reached, [127, 255, 383, 511, 600]);
    assert_eq!(world.totals().unfinalisedShares, ETH);
    world.check();
}

#[test]
fn p15_spam_of_smallest_orders_stalls_nobody() {
    let mut world = TEN_THOUSAND.clone();
    let id = world.request(BOB, eth(100));
    world.make_due();
    let manager = world.pool.manager;
    let limit = U256::from(1);
    world
        .pool
        .run(BOB, manager, U256::ZERO, autobalanceCall { limit });
    assert_eq!(world.claim(BOB, &[id]), eth(100));
}

/// Writes so many checkpoints over 10,000 orders of 0.001 shares, at a rate of one.
fn with_checkpoints(count: u64) -> World {
    let mut world = TEN_THOUSAND.clone();
    let queue = world.pool.queue;
    let word = |value: u64| U256::from(value);
    // The layout at the top of the queue's crate.
    let tail: U256 = word(10_000) | word(count) << 40 | eth(10) << 168;
    let chain = &mut world.pool.chain;
    chain.set_storage(queue, word(1), tail.into());
    for index in 1..=count {
        let slot = keccak256((word(index), word(14)).abi_encode());
        let up_to = word(index * 10_000 / count);
        let checkpoint: U256 = up_to | ETH << 40 | ETH << 144;
        chain.set_storage(queue, slot.into(), B256::from(checkpoint));
    }
    chain.set_balance(queue, eth(10));
    world
}

#[test]
fn p15_a_claim_without_a_hint_grows_with_the_logarithm_of_the_checkpoints() {
    let mut first = 0;
    for (count, steps) in [(1, 0), (10, 4), (100, 7), (1_000, 10), (10_000, 14)] {
        let world = with_checkpoints(count);
        let mut most = 0;
        let mut hinted = 0;
        for id in [1, 4_999, 5_000, 10_000].map(U256::from) {
            let ids = vec![id];
            let receipt = world.clone().receipt(ALICE, claimCall { ids });
            let claimed: OrderClaimed = event(&receipt, world.pool.queue);
            assert_eq!(claimed.assets, e2e::SMALLEST);
            most = most.max(receipt.gas_used);
            let hint = world.view(findCheckpointCall { id });
            let call = claimWithHintsCall {
                ids: vec![id],
                hints: vec![hint],
                receiver: ALICE,
            };
            hinted = hinted.max(world.clone().receipt(ALICE, call).gas_used);
        }
        println!("claim at {count} checkpoints: {most} gas, with its hint {hinted}");
        if count == 1 {
            first = most;
        }
        // A cold slot and the search's own step.
        assert!(most <= first + steps * 2_600, "{most} above {first}");
        assert!(hinted <= first + 5_000, "{hinted} above {first}");
    }
}

#[test]
fn p44_a_look_at_the_queue_alone_is_bounded_too() {
    let world = TEN_THOUSAND.clone();
    let ask = |call: Vec<u8>| {
        let request = TxRequest::call(ALICE, world.pool.queue, call);
        let outcome = world.pool.call(request);
        assert!(outcome.status.is_success());
        outcome.gas_used
    };
    let few = with_orders(10);
    let at_few = few.pool.call(TxRequest::call(
        ALICE,
        few.pool.queue,
        totalsCall {}.abi_encode(),
    ));
    let many = ask(totalsCall {}.abi_encode());
    assert!(many.abs_diff(at_few.gas_used) * 100 <= 2 * many);
    // Lists that claim to be longer than the calldata do not decode, and cost nothing to speak of.
    let mut call = claimForCall { ids: vec![] }.abi_encode();
    call[4 + 32 + 24..][..8].copy_from_slice(&u64::MAX.to_be_bytes());
    let receipt = {
        let mut world = world.clone();
        let queue = world.pool.queue;
        world.pool.send(ALICE, queue, U256::ZERO, call)
    };
    assert!(!receipt.success() && receipt.output.is_empty());
    assert!(receipt.gas_used < 60_000);
}

#[test]
fn what_each_call_costs() {
    let mut world = World::new();
    let first = world.receipt(
        ALICE,
        requestUnstakeCall {
            shares: ETH,
            receiver: ALICE,
        },
    );
    let again = || requestUnstakeCall {
        shares: ETH,
        receiver: ALICE,
    };
    let repeat = world.receipt(ALICE, again());
    world.receipt(ALICE, again());
    let id = |id: u64| U256::from(id);
    let cancelled = world.receipt(ALICE, cancelCall { id: id(2) });
    let cancelled_again = world.receipt(ALICE, cancelCall { id: id(3) });
    world.receipt(ALICE, again());
    world.finalise_all();
    let with_hint = |ids: Vec<U256>| claimWithHintsCall {
        hints: vec![id(1); ids.len()],
        ids,
        receiver: ALICE,
    };
    let claimed = world.receipt(ALICE, with_hint(vec![id(1)]));
    let last = world.receipt(ALICE, with_hint(vec![id(4)]));
    for (what, receipt) in [
        ("request, an account's first", &first),
        ("request, repeat", &repeat),
        ("cancel, first of a group", &cancelled),
        ("cancel, repeat", &cancelled_again),
        ("claim with a hint", &claimed),
        ("claim with a hint, the last order", &last),
    ] {
        println!("{what}: {} gas", receipt.gas_used);
        assert!(receipt.gas_used < 260_000);
    }
}
