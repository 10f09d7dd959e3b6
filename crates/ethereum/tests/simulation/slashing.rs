//! Slashings: the initial penalty, absence, and the correlation penalty half way to the withdrawal.

use clay_ethereum::{
    correlation_penalty, epoch_of, BeaconError, Config, Status, ETHER_GWEI, OTHER_BALANCE,
};

use super::world::*;

/// Mainnet's delays without rewards or penalties for absence, so that only slashings change balances.
fn still() -> Config {
    Config {
        reward_bp: 0,
        ..config()
    }
}

#[test]
fn a_slashing_takes_a_4096th_at_once_and_its_correlation_penalty_18_days_later() {
    let mut world = world(still());
    world.fund(key(1));
    let active = world.run_until_active(key(1));
    world.ethereum.slash(key(1)).unwrap();
    world.run(1);
    // 32 ETH / 4,096 = 0.0078125 ETH.
    let after_first = 32 * ETHER_GWEI - 7_812_500;
    assert_eq!(world.balance(key(1)), after_first);
    let validator = world.validator(key(1));
    assert_eq!(
        (
            validator.slashed,
            validator.exit_epoch,
            validator.withdrawable_epoch
        ),
        (true, active + 5, active + 8_192)
    );
    assert_eq!(validator.status(active, after_first), Status::ActiveSlashed);
    assert_eq!(
        world.ethereum.slash(key(1)),
        Err(BeaconError::NotSlashable {
            key: key(1),
            epoch: epoch_of(world.slot() + 1)
        })
    );

    // Charged at the end of the epoch half way: 4,096 epochs are 18.2 days.
    world.run_to_epoch(active + 4_096);
    assert_eq!(world.balance(key(1)), after_first);
    world.run_to_epoch(active + 4_097);
    // 3 * 32e9 gwei slashed over 500 * 2,048 = 1,024,000 increments: 93,750 gwei each (ours has exited).
    let charged = 32 * 93_750;
    assert_eq!(world.balance(key(1)), after_first - charged);

    // Not withdrawable until 8,192 epochs after the slashing; the next sweep takes all.
    world.run_to_epoch(active + 8_191);
    assert_eq!(world.balance(key(1)), after_first - charged);
    world.run_to_epoch(active + 8_192 + 225);
    assert_eq!(world.balance(key(1)), 0);
    let swept = u128::from(after_first - charged) * clay_ethereum::GWEI;
    assert_eq!(world.terms().left_seen, swept);
    let lost = 7_812_500 + charged;
    assert_eq!(world.gain(), -i128::from(lost) * 1_000_000_000);
}

#[test]
fn others_slashed_within_the_window_make_it_dearer() {
    let mut world = world(still());
    world.fund(key(1));
    let active = world.run_until_active(key(1));
    world.ethereum.slash(key(1)).unwrap();
    world.run_to_epoch(active + 1_000);
    world.ethereum.slash_others(10);
    world.run_to_epoch(active + 4_097);
    // 3 * (32 + 10 * 2,048) ETH over the 490 * 2,048 = 1,003,520 increments that are left: 61,536e9 gwei over them
    // are 61,320,153 each.
    let charged = 32 * 61_320_153;
    assert_eq!(world.balance(key(1)), 32 * ETHER_GWEI - 7_812_500 - charged);
}

#[test]
fn a_slashed_validator_counts_as_absent_until_it_is_withdrawable() {
    let mut world = world(quick());
    world.fund(key(1));
    let active = world.run_until_active(key(1));
    world.ethereum.slash(key(1)).unwrap();
    world.run_to_epoch(active + 1);
    // 11,689.497 * 0.625 = 7,305.9 gwei an epoch.
    assert_eq!(world.balance(key(1)), 32 * ETHER_GWEI - 7_812_500 - 7_305);
    world.run_to_epoch(active + 3);
    assert_eq!(
        world.balance(key(1)),
        32 * ETHER_GWEI - 7_812_500 - 3 * 7_305
    );
}

#[test]
fn a_slashed_validator_is_not_absent_in_the_epoch_before_its_withdrawal() {
    let mut world = world(quick());
    world.fund(key(1));
    let active = world.run_until_active(key(1));
    world.ethereum.slash(key(1)).unwrap();
    world.run_to_epoch(active + 14);
    let before = world.balance(key(1));
    world.run_to_epoch(active + 15);
    assert!(world.balance(key(1)) < before);
    let before = world.balance(key(1));
    world.run_to_epoch(active + 20);
    assert_eq!(world.balance(key(1)), before);
}

#[test]
fn a_validator_can_be_slashed_in_the_first_block_it_is_active_in() {
    let mut world = world(quick());
    world.fund(key(1));
    world.run(64 + 64 + 64);
    let active = world.validator(key(1)).activation_epoch;
    world.run_to(active * 32 - 2);
    assert!(world.ethereum.slash(key(1)).is_err());
    world.run(1);
    world.ethereum.slash(key(1)).unwrap();
    world.run(1);
    assert!(world.validator(key(1)).slashed);
}

#[test]
fn the_formula_is_electras() {
    // Nothing rounds to zero as before Electra: one of 32 ETH in 34 million.
    let total = 34_000_000 * ETHER_GWEI;
    assert_eq!(
        correlation_penalty(32 * ETHER_GWEI, 32 * ETHER_GWEI, total),
        32 * 2_823
    );
    // A third of all, and more: everything.
    assert_eq!(
        correlation_penalty(32 * ETHER_GWEI, total / 3 + ETHER_GWEI, total),
        32 * ETHER_GWEI
    );
    assert_eq!(correlation_penalty(32 * ETHER_GWEI, 0, total), 0);
    assert_eq!(OTHER_BALANCE, 2_048 * ETHER_GWEI);
}

#[test]
fn what_does_not_exist_cannot_be_slashed() {
    let mut world = world(quick());
    assert_eq!(
        world.ethereum.slash(key(9)),
        Err(BeaconError::UnknownValidator(key(9)))
    );
}
