//! Roots: proposed, vetoed, put into effect.

use alloy::primitives::{B256, U256};
use e2e::{
    committee::Committee,
    event,
    reported::DAY,
    rewards::{Alone, Rewarded},
    OperatorRegistry::currentRootCall,
    RewardsDistributor::*,
    StakeManager::Recovered,
    BOB, GUARDIAN, MALLORY, OWNER, REPORTER_KEYS,
};

const NONE: U256 = U256::ZERO;

fn earned() -> Rewarded {
    let mut world = Rewarded::new();
    for account in world.operators() {
        world.earns(account, Rewarded::shares(2));
    }
    world
}

#[track_caller]
fn refuses(
    world: &mut Rewarded,
    from: alloy::primitives::Address,
    call: impl alloy::sol_types::SolCall,
    error: impl alloy::sol_types::SolError,
) {
    let distributor = world.story.pool.distributor;
    world.pool().refuses(from, distributor, NONE, call, error);
}

#[test]
fn a_root_takes_effect_a_day_after_the_committee_signed_it() {
    let mut world = earned();
    let (distributor, committee) = (world.story.pool.distributor, world.story.pool.committee);
    let refusal = OnlyOracleCommittee {
        caller: MALLORY,
        oracleCommittee: committee,
    };
    let proposal = world.proposal();
    refuses(&mut world, MALLORY, proposal.clone(), refusal);
    // By signatures, as it is.
    let members = Committee::of_keys(&REPORTER_KEYS);
    let pool = &world.story.pool;
    let order = members.order(&pool.chain, committee, distributor, &proposal);
    let (_, receipt) = world.pool().run(BOB, committee, NONE, order);
    let proposed: RootProposed = event(&receipt, distributor);
    let due = U256::from(world.pool().chain.timestamp() + DAY);
    assert_eq!((proposed.root, proposed.due), (proposal.root, due));
    assert_eq!(proposed.uri, "ipfs://epoch");
    let pending = world.view(pendingRootCall {});
    assert_eq!((pending.epoch, pending.due), (U256::from(1), due));
    assert_eq!(pending.rewards, proposal.rewards);
    let latest = U256::from(world.pool().chain.timestamp());
    let refusal = RootPending {
        epoch: U256::from(1),
        due,
    };
    refuses(&mut world, committee, proposal.clone(), refusal);
    let tree = world.tree();
    let claim = tree.claim(world.operators()[0]).alone();
    let refusal = NotInRoot {
        account: claim.account,
    };
    refuses(&mut world, BOB, claim.clone(), refusal);
    world
        .pool()
        .chain
        .set_next_timestamp(due.to::<u64>() - 1)
        .expect("later");
    let refusal = RootNotDue {
        due,
        latest: due - U256::from(1),
    };
    refuses(&mut world, BOB, applyRootCall {}, refusal);
    assert!(latest < due);
    // A claim puts it into effect by itself.
    world
        .pool()
        .chain
        .set_next_timestamp(due.to())
        .expect("later");
    assert_eq!(world.run(BOB, claim), Rewarded::shares(2));
    let root = world.view(rootCall {});
    assert_eq!(
        (root.root, root.epoch, root.since),
        (proposal.root, U256::from(1), due)
    );
    assert_eq!(root.contentHash, proposal.contentHash);
    let registry = world.story.pool.registry;
    let noted = world.pool().view(registry, currentRootCall {});
    let epoch = U256::from(1);
    assert_eq!(
        (noted.epoch, noted.endsAt),
        (epoch, world.view(epochEndCall { epoch }))
    );
    refuses(&mut world, BOB, applyRootCall {}, NoRootPending {});
}

#[test]
fn the_guardian_vetoes_once_until_it_is_rearmed() {
    let mut world = earned();
    world.propose();
    let refusal = OnlyGuardian {
        caller: MALLORY,
        guardian: GUARDIAN,
        owner: OWNER,
    };
    refuses(&mut world, MALLORY, vetoRootCall {}, refusal);
    world.run(GUARDIAN, vetoRootCall {});
    assert!(world.view(vetoSpentCall {}));
    assert_eq!(world.view(pendingRootCall {}).root, B256::ZERO);
    // The same epoch can be proposed anew, and the guardian has no second word.
    world.propose();
    refuses(&mut world, GUARDIAN, vetoRootCall {}, VetoSpent {});
    world.run(OWNER, vetoRootCall {});
    world.run(OWNER, rearmVetoCall {});
    world.propose();
    let later = world.view(pendingRootCall {}).due;
    world
        .pool()
        .chain
        .set_next_timestamp(later.to())
        .expect("later");
    let refusal = RootDue {
        due: later,
        latest: later,
    };
    refuses(&mut world, GUARDIAN, vetoRootCall {}, refusal);
}

#[test]
fn a_root_is_of_an_epoch_that_is_over_and_closed() {
    let mut world = earned();
    let committee = world.story.pool.committee;
    let good = world.proposal();
    let of = |epoch: u64| proposeRootCall {
        epoch: U256::from(epoch),
        ..good.clone()
    };
    let ends_at = world.view(epochEndCall {
        epoch: U256::from(2),
    });
    let refusal = EpochNotOver {
        epoch: U256::from(2),
        endsAt: ends_at,
    };
    refuses(&mut world, committee, of(2), refusal);
    world
        .pool()
        .chain
        .set_next_timestamp(ends_at.to())
        .expect("later");
    let refusal = EpochNotClosed {
        epoch: U256::from(2),
        closed: U256::from(1),
    };
    refuses(&mut world, committee, of(2), refusal);
    let refusal = EpochNotNewer {
        epoch: NONE,
        last: NONE,
    };
    refuses(&mut world, committee, of(0), refusal);
    let zero = proposeRootCall {
        root: B256::ZERO,
        ..good.clone()
    };
    refuses(&mut world, committee, zero, ZeroRoot {});
    let long = proposeRootCall {
        uri: "x".repeat(257),
        ..good.clone()
    };
    let refusal = UriTooLong {
        length: U256::from(257),
        largest: U256::from(256),
    };
    refuses(&mut world, committee, long, refusal);
    // An epoch without a root is made up for by the next one.
    world.epoch = 2;
    world.story.day(|report| report.epoch = 2);
    world.take_effect();
    let refusal = EpochNotNewer {
        epoch: U256::from(1),
        last: U256::from(2),
    };
    refuses(&mut world, committee, of(1), refusal);
}

#[test]
fn p39_no_root_promises_more_than_is_held_and_was_paid() {
    let mut world = earned();
    let committee = world.story.pool.committee;
    let held = world.view(unpromisedCall {});
    assert_eq!(held, world.story.pool.balance(world.story.pool.distributor));
    let asked = |rewards, recovered| proposeRootCall {
        rewards,
        recovered,
        ..world.proposal()
    };
    let one = U256::from(1);
    let calls = [
        asked(held + one, NONE),
        asked(held, one),
        asked(NONE, held + one),
    ];
    let (all, mut next) = (asked(held, NONE), world.clone());
    for call in calls {
        let refusal = AboveHeld {
            promised: held + one,
            held,
        };
        refuses(&mut world, committee, call, refusal);
    }
    next.run(committee, all);
    assert_eq!(
        next.view(unpromisedCall {}),
        NONE,
        "what is pending is promised"
    );
    next.pool().chain.increase_time(DAY);
    let tree = next.tree();
    next.run(BOB, tree.claim(next.operators()[0]).alone());
    assert_eq!(
        next.view(unpromisedCall {}),
        NONE,
        "what was paid stays promised"
    );
    // Totals never fall.
    next.week();
    let fell = proposeRootCall {
        rewards: held - one,
        ..next.proposal()
    };
    let refusal = TotalsFell {
        rewards: held - one,
        lastRewards: held,
        penalties: NONE,
        lastPenalties: NONE,
        recovered: NONE,
        lastRecovered: NONE,
    };
    refuses(&mut next, committee, fell, refusal);
    // Given away, shares are rewards.
    let gift = next.view(unpromisedCall {});
    assert!(gift > NONE, "a week's fees");
}

#[test]
fn p37_what_is_recovered_is_burned_once_and_makes_up_for_a_loss() {
    let mut world = earned();
    // Holders bear a loss of half an ETH.
    world.story.day(|report| {
        report.clBalanceGwei -= 500_000_000;
        report.epoch = 0;
    });
    world.recovered = Rewarded::shares(3);
    world.propose();
    let (distributor, manager) = (world.story.pool.distributor, world.story.pool.manager);
    let (held, supply) = (world.pool().balance(distributor), world.pool().supply());
    world.pool().chain.increase_time(DAY);
    let (_, receipt) = world.pool().run(BOB, distributor, NONE, applyRootCall {});
    let applied: RootApplied = event(&receipt, distributor);
    let recovered: Recovered = event(&receipt, manager);
    assert_eq!(applied.recovered, Rewarded::shares(3));
    assert_eq!(recovered.shares, Rewarded::shares(3));
    assert_eq!(recovered.assets, recovered.toHolders, "of a larger loss");
    assert_eq!(
        world.pool().balance(distributor),
        held - Rewarded::shares(3)
    );
    assert_eq!(world.pool().supply(), supply - Rewarded::shares(3));
    world.story.pool.check_books();
    // The next root says the same total, and burns nothing more.
    world.week();
    let held = world.pool().balance(distributor);
    world.take_effect();
    assert_eq!(world.pool().balance(distributor), held);
}
