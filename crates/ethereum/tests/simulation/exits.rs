//! Operators who watch the registry, and what an exit brings back.

use clay_ethereum::{Config, Status, ETHER, ETHER_GWEI, FAR_FUTURE_EPOCH};

use super::world::*;

#[test]
fn operators_exit_what_the_registry_asks_for() {
    let mut world = world(Config {
        reward_bp: 0,
        send_back_from: 100 * ETHER,
        ..config()
    });
    world.fund(key(1));
    world.fund(key(2));
    let active = world.run_until_active(key(1));
    world.run_to_epoch(active + 300);
    world.ask_for_exit(key(1));
    // Six hours, 1,800 slots, are 56.25 epochs.
    world.run(1_799);
    assert_eq!(world.validator(key(1)).exit_epoch, FAR_FUTURE_EPOCH);
    world.run(1);
    let exit = world.validator(key(1)).exit_epoch;
    assert_eq!(exit, active + 300 + 56 + 5);
    assert_eq!(world.validator(key(1)).withdrawable_epoch, exit + 256);
    assert_eq!(world.validator(key(2)).exit_epoch, FAR_FUTURE_EPOCH);

    // Swept within a day of being withdrawable; nothing is gained or lost.
    world.run_to_epoch(exit + 256 + 225);
    assert_eq!(world.balance(key(1)), 0);
    let validator = world.validator(key(1));
    assert_eq!(validator.status(world.epoch(), 0), Status::WithdrawalDone);
    let terms = world.terms();
    assert_eq!(terms.left_seen, 32 * ETHER);
    assert_eq!(terms.cl_balance_gwei, 32 * ETHER_GWEI);
    assert_eq!((world.out(), world.gain()), (0, 0));
}

#[test]
fn a_young_validator_exits_when_it_may() {
    let mut world = world(config());
    world.fund(key(1));
    let active = world.run_until_active(key(1));
    world.ask_for_exit(key(1));
    world.run_to_epoch(active + 255);
    assert_eq!(world.validator(key(1)).exit_epoch, FAR_FUTURE_EPOCH);
    world.run_to_epoch(active + 258);
    let exit = world.validator(key(1)).exit_epoch;
    assert!(
        (active + 256 + 5..=active + 257 + 5).contains(&exit),
        "{exit}"
    );
}

#[test]
fn a_request_from_before_the_validator_is_there_is_not_forgotten() {
    let mut world = world(quick());
    world.fund(key(1));
    world.ask_for_exit(key(1));
    world.run_until_active(key(1));
    world.run(64);
    assert_ne!(world.validator(key(1)).exit_epoch, FAR_FUTURE_EPOCH);
}

#[test]
fn silent_operators_exit_nothing_until_they_answer() {
    let mut world = world(quick());
    world.fund(key(1));
    world.fund(key(2));
    world.run_until_active(key(1));
    world.ethereum.ignore_exits(key(1), true);
    world.ask_for_exit(key(1));
    world.ask_for_exit(key(2));
    world.run(100);
    assert_eq!(world.validator(key(1)).exit_epoch, FAR_FUTURE_EPOCH);
    assert_ne!(world.validator(key(2)).exit_epoch, FAR_FUTURE_EPOCH);
    // The execution layer can force it all the same.
    world.ethereum.exit(key(1));
    world.run(1);
    assert_eq!(world.validator(key(1)).exit_epoch, world.epoch() + 1);
}

#[test]
fn operators_sign_no_sooner_than_they_are_asked_to() {
    let mut world = world(quick());
    world.fund(key(1));
    world.run_until_active(key(1));
    let clock = world.ethereum.clock();
    let from = clock.time(clock.slot()) + 3_600;
    world.ask_for_exit_from(key(1), from);
    // A minute after an hour: 305 slots.
    world.run(304);
    assert_eq!(world.validator(key(1)).exit_epoch, FAR_FUTURE_EPOCH);
    world.run(1);
    assert_ne!(world.validator(key(1)).exit_epoch, FAR_FUTURE_EPOCH);
}

#[test]
fn the_gateway_forces_an_exit_whatever_operators_do() {
    let mut world = world(quick());
    world.fund(key(1));
    world.fund(key(2));
    world.run_until_active(key(1));
    world.ethereum.ignore_all_exits(true);
    world.ask_for_exit(key(1));
    world.run(100);
    assert_eq!(world.validator(key(1)).exit_epoch, FAR_FUTURE_EPOCH);

    let before = world.terms();
    world.force_exit(key(1), 7);
    // The message takes two minutes.
    world.run(11);
    assert_ne!(world.validator(key(1)).exit_epoch, FAR_FUTURE_EPOCH);
    assert_eq!(world.validator(key(2)).exit_epoch, FAR_FUTURE_EPOCH);
    // What was sent for the fee stays with the gateway, and is no deposit.
    let after = world.terms();
    assert_eq!(after.left_seen, before.left_seen + 7);
    assert_eq!(after.deposits_seen, before.deposits_seen);
    // Once more changes nothing.
    let exit = world.validator(key(1)).exit_epoch;
    world.force_exit(key(1), 7);
    world.run(11);
    assert_eq!(world.validator(key(1)).exit_epoch, exit);
}

#[test]
fn a_forced_exit_that_is_lost_is_no_loss_of_the_pool() {
    let mut world = world(quick());
    world.fund(key(1));
    world.run_until_active(key(1));
    world.ethereum.lose_next_message();
    world.force_exit(key(1), 7);
    world.run(100);
    assert_eq!(world.validator(key(1)).exit_epoch, FAR_FUTURE_EPOCH);
    assert_eq!(world.terms().lost, 0);
}

#[test]
fn the_beacon_chain_ignores_a_forced_exit_of_somebody_elses_validator() {
    let mut world = world(quick());
    world
        .ethereum
        .deposit_elsewhere(key(1), STRANGER, 32 * ETHER_GWEI);
    world.run_until_active(key(1));
    world.force_exit(key(1), 7);
    world.run(100);
    assert_eq!(world.validator(key(1)).exit_epoch, FAR_FUTURE_EPOCH);
}

#[test]
fn a_deposit_for_a_validator_that_leaves_waits_and_holds_up_nobody() {
    let mut world = world(quick());
    world.fund(key(1));
    world.run_until_active(key(1));
    world.ethereum.exit(key(1));
    world
        .ethereum
        .deposit_elsewhere(key(1), STRANGER, ETHER_GWEI);
    world
        .ethereum
        .deposit_elsewhere(key(2), STRANGER, ETHER_GWEI);
    // The exit is an epoch away and the withdrawal two more; the deposits are due after one.
    let epoch = world.epoch();
    world.run_to_epoch(epoch + 2);
    assert!(world.ethereum.validator_place(&key(2)).is_some());
    assert_eq!(world.ethereum.beacon_state().pending_gwei(), ETHER_GWEI);
    world.run_to_epoch(epoch + 4);
    assert_eq!(world.ethereum.beacon_state().pending_gwei(), 0);
}
