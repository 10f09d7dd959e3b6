//! What counts in an epoch, and when epochs end.

use alloy::primitives::{Address, U256};
use alloy::sol_types::{SolCall, SolError};
use e2e::{reported::DAY, rewards::Rewarded, RewardsDistributor::*, MALLORY, OWNER};

const WEEK: u64 = 7 * DAY;

fn number(value: u64) -> U256 {
    U256::from(value)
}

#[track_caller]
fn refuses(world: &mut Rewarded, from: Address, call: impl SolCall, error: impl SolError) {
    let distributor = world.story.pool.distributor;
    world
        .pool()
        .refuses(from, distributor, U256::ZERO, call, error);
}

fn bounds(asked: u64, smallest: u64, largest: u64) -> OutOfBounds {
    OutOfBounds {
        asked: number(asked),
        smallest: number(smallest),
        largest: number(largest),
    }
}

fn terms(world: &Rewarded, epoch: u64) -> [u64; 5] {
    let terms = world.view(termsCall {
        epoch: number(epoch),
    });
    [
        terms.ssv,
        terms.obol,
        terms.direct,
        terms.standing,
        terms.ssvPrice,
    ]
    .map(|value| value.to())
}

#[test]
fn a_change_counts_from_the_next_epoch_on_and_what_counted_stays_known() {
    let mut world = Rewarded::new();
    let defaults = [10_000, 9_500, 9_000, 9_700, 0];
    assert_eq!(terms(&world, 1), defaults);
    // It is epoch 2.
    let [ssv, obol, direct] = [9_000, 8_000, 7_000].map(number);
    let factors = || setFactorsCall { ssv, obol, direct };
    let only = OnlyOwner {
        caller: MALLORY,
        owner: OWNER,
    };
    refuses(&mut world, MALLORY, factors(), only);
    world.run(OWNER, factors());
    let standing = setStandingCall {
        basisPoints: number(9_500),
    };
    world.run(OWNER, standing);
    let changed = [9_000, 8_000, 7_000, 9_500, 0];
    assert_eq!(terms(&world, 2), defaults);
    assert_eq!(terms(&world, 3), changed);
    assert_eq!(terms(&world, 300), changed);
    world.pool().chain.increase_time(2 * WEEK);
    world.pool().chain.mine(1);
    world.run(OWNER, setSsvPriceCall { price: number(7) });
    assert_eq!(terms(&world, 4), changed);
    assert_eq!(terms(&world, 5), [9_000, 8_000, 7_000, 9_500, 7]);
    assert_eq!(terms(&world, 2), defaults);
}

#[test]
fn settings_have_bounds() {
    let mut world = Rewarded::new();
    let [whole, above] = [10_000, 10_001].map(number);
    let call = setFactorsCall {
        ssv: whole,
        obol: above,
        direct: whole,
    };
    refuses(&mut world, OWNER, call, bounds(10_001, 0, 10_000));
    for asked in [8_999, 9_991] {
        let call = setStandingCall {
            basisPoints: number(asked),
        };
        refuses(&mut world, OWNER, call, bounds(asked, 9_000, 9_990));
    }
    for asked in [DAY - 1, 28 * DAY + 1] {
        let call = setEpochLengthCall {
            length: number(asked),
        };
        refuses(&mut world, OWNER, call, bounds(asked, 2 * DAY, 28 * DAY));
    }
    for asked in [3_599, WEEK / 2 + 1] {
        let call = setRootDelayCall {
            delay: number(asked),
        };
        refuses(&mut world, OWNER, call, bounds(asked, 3_600, WEEK / 2));
    }
    // A shorter delay makes room for shorter epochs.
    world.run(
        OWNER,
        setRootDelayCall {
            delay: number(3_600),
        },
    );
    assert_eq!(world.view(rootDelayCall {}), number(3_600));
    let call = setEpochLengthCall {
        length: number(DAY - 1),
    };
    refuses(&mut world, OWNER, call, bounds(DAY - 1, DAY, 28 * DAY));
    world.run(
        OWNER,
        setEpochLengthCall {
            length: number(DAY),
        },
    );
}

#[test]
fn the_published_price_moves_by_half_a_week_at_most() {
    let mut world = Rewarded::new();
    let set = |price| setSsvPriceCall {
        price: number(price),
    };
    world.run(OWNER, set(1_000));
    let at = world.pool().chain.timestamp();
    let chain = &mut world.pool().chain;
    chain.set_next_timestamp(at + WEEK - 1).expect("later");
    let soon = PriceTooSoon {
        latest: number(at + WEEK - 1),
        from: number(at + WEEK),
    };
    refuses(&mut world, OWNER, set(1_000), soon);
    world.pool().chain.increase_time(1);
    refuses(&mut world, OWNER, set(1_501), bounds(1_501, 500, 1_500));
    refuses(&mut world, OWNER, set(499), bounds(499, 500, 1_500));
    world.run(OWNER, set(1_500));
    // Never to nothing, from which it could jump.
    for price in [750, 375, 188, 94, 47, 24, 12, 6, 3, 2, 1] {
        world.pool().chain.increase_time(WEEK);
        world.run(OWNER, set(price));
    }
    world.pool().chain.increase_time(WEEK);
    refuses(&mut world, OWNER, set(0), bounds(0, 1, 2));
}

#[test]
fn another_length_counts_from_the_next_epoch_on() {
    let mut world = Rewarded::new();
    let end = |world: &Rewarded, epoch: u64| {
        let epoch = number(epoch);
        world.view(epochEndCall { epoch }).to::<u64>()
    };
    let first = end(&world, 1);
    assert_eq!(end(&world, 4), first + 3 * WEEK);
    world.run(
        OWNER,
        setEpochLengthCall {
            length: number(2 * DAY),
        },
    );
    // The second runs.
    assert_eq!(end(&world, 2), first + WEEK);
    assert_eq!(end(&world, 3), first + WEEK + 2 * DAY);
    // Changed again at once, it is still the third that is the first of its length.
    world.run(
        OWNER,
        setEpochLengthCall {
            length: number(3 * DAY),
        },
    );
    assert_eq!(end(&world, 1), first);
    assert_eq!(end(&world, 3), first + WEEK + 3 * DAY);
    let chain = &mut world.pool().chain;
    chain
        .set_next_timestamp(first + WEEK + 4 * DAY)
        .expect("later");
    chain.mine(1);
    let now = world.view(currentEpochCall {});
    assert_eq!(
        (now.epoch, now.start, now.length),
        (number(4), number(first + WEEK + 3 * DAY), number(3 * DAY))
    );
    world.run(
        OWNER,
        setEpochLengthCall {
            length: number(WEEK),
        },
    );
    assert_eq!(end(&world, 4), first + WEEK + 6 * DAY);
    assert_eq!(end(&world, 5), first + WEEK + 6 * DAY + WEEK);
    assert_eq!(end(&world, 3), first + WEEK + 3 * DAY);
    let forgotten = EpochForgotten {
        epoch: number(2),
        first: number(3),
    };
    refuses(
        &mut world,
        OWNER,
        epochEndCall { epoch: number(2) },
        forgotten,
    );
}
