//! The institutional pool's distributor.

use alloy::primitives::U256;
use e2e::{
    operators::OPERATOR,
    reported::Reported,
    rewards::{Alone, Rewarded},
    FlashExitPool::{flashExitCall, setMonthlyAllowanceCall},
    KycWhitelist::{denyCall, Denied, RightMissing},
    Pool,
    RewardsDistributor::*,
    ALICE, BOB, ETH, MALLORY, OWNER,
};

const NONE: U256 = U256::ZERO;
const OPERATE: u8 = 8;
/// Stake, hold and redeem.
const RIGHTS: u8 = 7;

fn world() -> Rewarded {
    let mut pool = Pool::institutional();
    pool.admit(&[ALICE, BOB], RIGHTS);
    let mut world = Rewarded::of(Reported::of(pool));
    world.pool().admit(&[OPERATOR], OPERATE | RIGHTS);
    for account in world.operators() {
        world.earns(account, Rewarded::shares(5));
    }
    world
}

#[test]
fn p31_nobody_denied_claims_or_is_paid() {
    let mut world = world();
    let tree = world.take_effect();
    let account = world.operators()[0];
    let deny = |account| denyCall {
        accounts: vec![account],
        reason: Default::default(),
    };
    let whitelist = world.story.pool.whitelist;
    let distributor = world.story.pool.distributor;
    for denied in [MALLORY, OPERATOR] {
        let mut world = world.clone();
        world.pool().decide(whitelist, &deny(denied));
        let until = alloy::primitives::aliases::U40::MAX;
        let refusal = || Denied {
            account: denied,
            until,
        };
        let claims = vec![tree.claim(account)];
        let pool = world.pool();
        pool.refuses(
            MALLORY,
            distributor,
            NONE,
            tree.claim(account).alone(),
            refusal(),
        );
        pool.refuses(
            MALLORY,
            distributor,
            NONE,
            claimManyCall { claims },
            refusal(),
        );
        // Its leaf is applied all the same.
        let claims = vec![tree.claim(account)];
        world.run(BOB, syncCall { claims });
    }
    assert_eq!(
        world.run(MALLORY, tree.claim(account).alone()),
        Rewarded::shares(5)
    );
}

#[test]
fn eth_is_for_who_may_redeem_and_at_the_full_fee() {
    let mut world = world();
    let tree = world.take_effect();
    world.top_up();
    let (flash, distributor) = (world.story.pool.flash, world.story.pool.distributor);
    let assets = U256::from(100) * ETH;
    world
        .pool()
        .run(OWNER, flash, NONE, setMonthlyAllowanceCall { assets });
    // An exit of the operator's own is at the smallest fee.
    let accounts = world.operators();
    world.run(BOB, tree.claim(accounts[0]).alone());
    let shares = Rewarded::shares(5);
    let call = flashExitCall {
        shares,
        minAssets: NONE,
        receiver: OPERATOR,
    };
    let mut other = world.clone();
    let cheap = other.pool().run(OPERATOR, flash, NONE, call).0;
    let call = tree.claim(accounts[1]).in_eth(NONE);
    let paid = world.run(OPERATOR, call);
    assert!(paid < cheap, "{paid} of {cheap}");

    world.pool().admit(&[OPERATOR], OPERATE);
    let refusal = RightMissing {
        account: OPERATOR,
        asked: 4,
        held: OPERATE,
    };
    let call = tree.claim(accounts[2]).in_eth(NONE);
    world
        .pool()
        .refuses(OPERATOR, distributor, NONE, call, refusal);
}
