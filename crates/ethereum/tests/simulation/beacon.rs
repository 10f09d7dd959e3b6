//! Rewards, effective balances, sweeps, history.

use clay_ethereum::{start_of, Config, Status, ETHER, ETHER_GWEI, GWEI};

use super::world::*;

/// 3 % a year of 32 ETH, in an epoch: 32e9 * 0.03 / 82,125 gwei.
const REWARD: u64 = 11_689;

#[test]
fn a_validator_earns_from_its_first_epoch_on() {
    let mut world = world(config());
    world.fund(key(1));
    let active = world.run_until_active(key(1));
    assert_eq!(active, 1_589);
    assert_eq!(world.balance(key(1)), 32 * ETHER_GWEI);
    world.run_to_epoch(active + 1);
    assert_eq!(world.balance(key(1)), 32 * ETHER_GWEI + REWARD);
    world.run_to_epoch(active + 10);
    assert_eq!(world.balance(key(1)), 32 * ETHER_GWEI + 10 * REWARD);
    assert_eq!(world.gain(), i128::from(10 * REWARD) * GWEI as i128);
    assert_eq!(world.ethereum.beacon_flows().issued, 10 * REWARD);
}

#[test]
fn participation_scales_rewards_and_can_cost() {
    let mut world = world(quick());
    for number in 1..=3 {
        world.fund(key(number));
    }
    let active = world.run_until_active(key(1));
    world.ethereum.set_participation(key(2), 5_000);
    world.ethereum.set_participation(key(3), -6_250);
    world.run_to_epoch(active + 1);
    let earned = |world: &World, number| world.balance(key(number)) as i64 - 32 * ETHER_GWEI as i64;
    // Half, rounded down; five eighths taken, rounded down.
    assert_eq!(
        [1, 2, 3].map(|number| earned(&world, number)),
        [11_689, 5_844, -7_305]
    );
    // Inactivity goes before what each has of its own.
    world.ethereum.set_participation_of_all(Some(-10_000));
    let before = [1, 2, 3].map(|number| world.balance(key(number)));
    world.run_to_epoch(active + 2);
    let after = [1, 2, 3].map(|number| world.balance(key(number)));
    assert_eq!(before.map(|balance| balance - REWARD), after);
    let flows = world.ethereum.beacon_flows();
    assert_eq!(
        (flows.issued, flows.burned),
        (11_689 + 5_844, 7_305 + 3 * REWARD)
    );
}

#[test]
fn the_sweep_takes_what_stands_above_32_ether() {
    let daily = Config {
        sweep_every: 320,
        send_back_from: 100 * ETHER,
        ..quick()
    };
    let mut world = world(daily);
    world.fund(key(1));
    let active = world.run_until_active(key(1));
    let swept = (active / 10 + 1) * 10;
    world.run_to(start_of(swept) - 1);
    let earned = (swept - active - 1) * REWARD;
    assert_eq!(world.balance(key(1)), 32 * ETHER_GWEI + earned);
    let gain = world.gain();
    world.run(1);
    // The epoch's reward is paid before the block that sweeps.
    let swept_wei = u128::from(earned + REWARD) * GWEI;
    assert_eq!(world.balance(key(1)), 32 * ETHER_GWEI);
    assert_eq!(world.terms().left_seen, swept_wei);
    assert_eq!(world.gain(), gain + i128::from(REWARD) * GWEI as i128);
}

#[test]
fn effective_balances_follow_with_hysteresis() {
    let mut world = world(Config {
        sweep_every: 32,
        send_back_from: 100 * ETHER,
        ..quick()
    });
    world.fund(key(1));
    let active = world.run_until_active(key(1));
    // So much costs 0.224 ETH an epoch: not enough to fall once, enough twice.
    world.ethereum.set_participation(key(1), -191_625_000);
    world.run_to_epoch(active + 1);
    assert_eq!(world.balance(key(1)), 31_776_000_000);
    assert_eq!(world.validator(key(1)).effective_balance, 32 * ETHER_GWEI);
    world.run_to_epoch(active + 2);
    assert_eq!(world.balance(key(1)), 31_552_000_000);
    assert_eq!(world.validator(key(1)).effective_balance, 31 * ETHER_GWEI);
    // A present of an ether is not enough to rise again: 32.25 would be.
    world.ethereum.set_participation(key(1), 0);
    world
        .ethereum
        .deposit_elsewhere(key(1), STRANGER, 698_000_000);
    world.run_to_epoch(active + 6);
    assert_eq!(world.balance(key(1)), 32_250_000_000);
    assert_eq!(world.validator(key(1)).effective_balance, 31 * ETHER_GWEI);
    world.ethereum.deposit_elsewhere(key(1), STRANGER, 1);
    world.run_to_epoch(active + 10);
    assert_eq!(world.validator(key(1)).effective_balance, 32 * ETHER_GWEI);
    // Only now does the sweep take what stands above 32.
    assert_eq!(world.balance(key(1)), 32 * ETHER_GWEI);
    assert_eq!(world.terms().left_seen, 250_000_001 * GWEI);
}

#[test]
fn a_validator_that_has_lost_half_is_ejected() {
    let mut world = world(quick());
    world.fund(key(1));
    let active = world.run_until_active(key(1));
    // 15.5 ETH are lost: what is left counts as 16.
    world
        .ethereum
        .deposit_elsewhere(key(1), STRANGER, 500_000_000);
    world.run_to_epoch(active + 3);
    let whole = world.balance(key(1));
    world.ethereum.set_participation(key(1), -1_368_750_000);
    while world.validator(key(1)).effective_balance > 16 * ETHER_GWEI {
        assert!(!world.validator(key(1)).is_leaving());
        world.run_to_epoch(world.epoch() + 1);
    }
    world.run_to_epoch(world.epoch() + 1);
    assert!(world.balance(key(1)) < whole / 2 + ETHER_GWEI);
    assert_eq!(world.validator(key(1)).exit_epoch, world.epoch());
}

#[test]
fn proposals_pay_the_gateway_by_chance_of_the_seed() {
    let fees = |seed| {
        let mut world = world(Config {
            seed,
            proposal_ppm: 500_000,
            send_back_from: 100 * ETHER,
            ..quick()
        });
        world.fund(key(1));
        let active = world.run_until_active(key(1));
        world.run_to_epoch(active + 101);
        // Sweeps leave 32 ETH; the rest of what left is fees.
        let terms = world.terms();
        terms.left_seen + u128::from(terms.cl_balance_gwei) * GWEI
            - 32 * ETHER
            - u128::from(101 * REWARD) * GWEI
    };
    let first = fees(1);
    // About 50 proposals of 0.01 to 0.1 ETH.
    assert!((ETHER..5 * ETHER).contains(&first), "{first}");
    assert_eq!(first, fees(1));
    assert_ne!(first, fees(2));
}

#[test]
fn past_slots_stay_as_they_were() {
    let mut world = world(quick());
    world.fund(key(1));
    let mut seen = Vec::new();
    for _ in 0..300 {
        world.run(1);
        let at = world.ethereum.at(world.slot()).unwrap();
        let balance = at.beacon.balance_gwei();
        seen.push((world.slot(), at.gateway, balance, world.terms()));
    }
    assert!(seen
        .iter()
        .any(|(_, _, balance, _)| *balance > 32 * ETHER_GWEI));
    world.ethereum.pay_gateway(ETHER);
    world.run(1_000);
    for (slot, gateway, balance, terms) in seen {
        let at = world.ethereum.at(slot).unwrap();
        assert_eq!((at.gateway, at.beacon.balance_gwei()), (gateway, balance));
        assert_eq!(world.ethereum.terms_at(slot), Some(terms));
    }
    assert!(world.ethereum.at(world.slot() + 1).is_none());
}

#[test]
fn history_is_kept_as_long_as_asked() {
    let mut world = world(Config {
        history_slots: 100,
        ..quick()
    });
    world.fund(key(1));
    world.run(500);
    assert!(world.ethereum.at(399).is_none());
    let oldest = world.ethereum.at(400).unwrap();
    // The reward of the epoch that began at slot 384 is in it.
    let balance = oldest.beacon.balance_gwei();
    world.run(0);
    assert!(balance > 32 * ETHER_GWEI);
}

#[test]
fn statuses_are_those_of_the_beacon_api() {
    let names = |name| {
        let statuses = Status::named(name).into_iter();
        statuses.map(Status::name).collect::<Vec<_>>()
    };
    assert_eq!(
        names("active"),
        ["active_ongoing", "active_exiting", "active_slashed"]
    );
    assert_eq!(names("withdrawal_done"), ["withdrawal_done"]);
    assert!(names("resting").is_empty());
}
