//! Messages that are lost, tickets that are redeemed, fail or expire.

use alloy::{primitives::U256, sol_types::SolCall};
use clay_chain::{
    abi::{ArbRetryableTx::redeemCall, ARB_RETRYABLE_TX},
    alias, Clock, TxRequest,
};
use clay_ethereum::{Config, Fate, Simulation, Totals, ETHER};

use super::world::*;

/// Slots of a day.
const DAY: u64 = 7_200;

#[test]
fn what_the_gateway_has_goes_to_the_stake_manager_once_a_day() {
    let mut world = world(config());
    world.run_to(DAY - 10);
    world.ethereum.pay_gateway(3 * ETHER);
    world.run(9);
    assert_eq!(world.ethereum.gateway_totals().balance, 3 * ETHER);
    world.run(1);
    let sent = Totals {
        sent_back: 3 * ETHER,
        ..Totals::default()
    };
    assert_eq!(world.ethereum.gateway_totals(), sent);
    assert_eq!(world.terms().left_seen, 3 * ETHER);
    assert_eq!(world.ethereum.ledger().tickets_under_way, 3 * ETHER);
    // Ten minutes are 50 slots.
    world.run(49);
    assert_eq!(world.chain.balance_now(CONTRACTS.stake_manager), U256::ZERO);
    world.run(1);
    assert_eq!(
        world.chain.balance_now(CONTRACTS.stake_manager),
        U256::from(3 * ETHER)
    );
    let block = world.chain.latest();
    assert_eq!(
        block.header.timestamp,
        world.ethereum.clock().time(DAY + 50)
    );
    let redemption = block.transactions.last().unwrap();
    assert_eq!(redemption.from, alias(CONTRACTS.gateway));
    assert!(block.receipts.iter().all(|receipt| receipt.success()));
    assert!(world.chain.tickets().is_empty());
    assert_eq!(world.ethereum.ledger().tickets_under_way, 0);
}

#[test]
fn small_change_and_what_is_held_stay() {
    let mut world = world(Config {
        proof_delay_slots: 10_000_000,
        ..config()
    });
    world.fund(key(1));
    world.ethereum.pay_gateway(ETHER / 100 - 1);
    world.run_to(8 * DAY);
    let totals = world.ethereum.gateway_totals();
    assert_eq!((totals.held, totals.sent_back), (31 * ETHER, 0));
    world.ethereum.pay_gateway(1);
    world.run(DAY);
    let totals = world.ethereum.gateway_totals();
    assert_eq!(
        (totals.balance, totals.sent_back),
        (31 * ETHER, ETHER / 100)
    );
}

#[test]
fn a_failed_ticket_waits_for_anyone_or_expires_to_the_stake_manager() {
    let mut world = world(config());
    world.ethereum.fail_next_ticket();
    world.ethereum.fail_next_ticket();
    world.ethereum.pay_gateway(ETHER);
    world.run_to(DAY + 50);
    world.ethereum.pay_gateway(2 * ETHER);
    world.run_to(2 * DAY + 50);
    let tickets = world.chain.tickets();
    assert_eq!(
        tickets.iter().map(|it| it.value).sum::<U256>(),
        U256::from(3 * ETHER)
    );
    assert!(tickets.iter().all(|it| it.data.is_empty()));
    assert_eq!(world.chain.balance_now(CONTRACTS.stake_manager), U256::ZERO);

    // Somebody redeems the second.
    let second = tickets.iter().find(|it| it.value == U256::from(2 * ETHER));
    let id = second.unwrap().id;
    let redeem = TxRequest::call(
        ALICE,
        ARB_RETRYABLE_TX,
        redeemCall { ticketId: id }.abi_encode(),
    );
    assert!(world.chain.transact(redeem).unwrap().success());
    assert_eq!(
        world.chain.balance_now(CONTRACTS.stake_manager),
        U256::from(2 * ETHER)
    );
    // The first expires after seven days: its ETH is credited without a call.
    world.run_to(8 * DAY + 49);
    world.chain.mine(1);
    assert_eq!(world.chain.tickets().len(), 1);
    world.run_to(8 * DAY + 50);
    world.chain.mine(1);
    assert!(world.chain.tickets().is_empty());
    assert_eq!(
        world.chain.balance_now(CONTRACTS.stake_manager),
        U256::from(3 * ETHER)
    );
    assert_eq!(world.terms().left_seen, 3 * ETHER);
}

#[test]
fn tickets_fail_by_chance() {
    let mut world = world(Config {
        ticket_failure_bp: 5_000,
        ..quick()
    });
    for _ in 0..100 {
        world.ethereum.pay_gateway(ETHER);
        world.run(32);
    }
    let failed = world.chain.tickets().len();
    assert!((30..70).contains(&failed), "{failed}");
}

#[test]
fn a_lost_message_stays_with_the_bridge_and_is_lost_to_the_books() {
    let mut world = world(quick());
    world.ethereum.lose_next_message();
    world.fund(key(1));
    world.fund(key(2));
    world.run(500);
    assert_eq!(world.ethereum.messages()[0].fate, Fate::Lost);
    assert_eq!(world.ethereum.messages()[1].fate, Fate::Executed);
    assert_eq!(world.ethereum.ledger().messages_under_way, 32 * ETHER);
    let terms = world.terms();
    assert_eq!((terms.deposits_seen, terms.lost), (64 * ETHER, 32 * ETHER));
    assert_eq!(world.out(), 0);
    // Until it should have been executed it was on its way.
    assert_eq!(world.ethereum.terms_at(1).unwrap().lost, 0);
}

#[test]
fn missed_slots_put_off_what_a_block_would_have_done() {
    let mut world = world(quick());
    world.fund(key(1));
    world.run(9);
    world.ethereum.miss_slots(3);
    world.run(3);
    assert_eq!(world.ethereum.gateway_totals().deposited, 0);
    let clock = world.ethereum.clock();
    assert!(!clock.has_block(10) && !clock.has_block(12));
    assert_eq!(clock.block_slot(12), 9);
    assert_eq!(clock.block_number(12), 24_000_009);
    world.run(1);
    assert_eq!(world.ethereum.gateway_totals().deposited, ETHER);
    let clock = world.ethereum.clock();
    assert_eq!(clock.block_number(13), 24_000_010);
    for slot in [0, 5, 9, 13] {
        assert_eq!(clock.slot_of_block(clock.block_number(slot)), Some(slot));
    }
    assert_eq!(clock.slot_of_block(24_000_011), None);
}

#[test]
fn the_chains_clock_is_taken_along() {
    let mut world = world(config());
    let start = world.chain.timestamp();
    world.chain.increase_time(86_400);
    let now = world.chain.next_timestamp();
    assert_eq!(now, start + 86_400);
    world.ethereum.pay_gateway(ETHER);
    world
        .ethereum
        .advance_to(&mut world.chain, now + 7)
        .unwrap();
    assert_eq!(world.chain.config().clock, Clock::Manual);
    assert_eq!(world.chain.next_timestamp(), now + 7);
    assert_eq!(world.slot(), DAY);
    // Going back in time is no move.
    world.ethereum.advance_to(&mut world.chain, start).unwrap();
    assert_eq!(world.slot(), DAY);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simulation_follows_a_chain_that_others_drive() {
    let World { chain, .. } = world(config());
    let chain = std::sync::Arc::new(std::sync::Mutex::new(chain));
    let simulation = Simulation::new(config(), CONTRACTS);
    let following = tokio::spawn({
        let (simulation, chain) = (simulation.clone(), chain.clone());
        let often = std::time::Duration::from_millis(5);
        async move { simulation.follow(chain, often).await }
    });
    simulation.with(|ethereum| ethereum.pay_gateway(ETHER));
    chain.lock().unwrap().increase_time(2 * 86_400);
    for _ in 0..1_000 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        if chain.lock().unwrap().balance_now(CONTRACTS.stake_manager) == U256::from(ETHER) {
            break;
        }
    }
    following.abort();
    assert_eq!(
        chain.lock().unwrap().balance_now(CONTRACTS.stake_manager),
        U256::from(ETHER)
    );
    assert_eq!(simulation.with(|ethereum| ethereum.clock().slot()), 2 * DAY);
}
