//! Properties that no other file holds on the real WASM, by their numbers.

use alloy::primitives::{aliases::U40, B256, U256};
use e2e::{
    reported::{eth, wei, Reported, DAY},
    CsEthToken::{approveCall, transferCall},
    FlashExitPool::flashExitCall,
    KycWhitelist::{setRightsCall, RightMissing},
    Pool,
    StakeManager::{autobalanceCall, deposit_0Call, lossesCall, setParameterCall},
    UnstakeQueue::{claimCall, requestUnstakeCall},
    ALICE, BOB, ETH, MALLORY, OWNER,
};

const NONE: U256 = U256::ZERO;
const MONTH: u64 = 30 * DAY;

const STAKE: u8 = 1;
const HOLD: u8 = 2;
const REDEEM: u8 = 4;

/// Alice lets the queue have her shares and makes an order for some.
fn request(story: &mut Reported, shares: U256) -> U256 {
    let Pool { token, queue, .. } = story.pool;
    let approve = approveCall {
        spender: queue,
        value: U256::MAX,
    };
    story.pool.run(ALICE, token, NONE, approve);
    let receiver = ALICE;
    let call = requestUnstakeCall { shares, receiver };
    story.pool.run(ALICE, queue, NONE, call).0
}

fn autobalance(story: &mut Reported) {
    let limit = U256::from(100);
    let manager = story.pool.manager;
    let call = autobalanceCall { limit };
    story.pool.run(MALLORY, manager, NONE, call);
}

fn flash_exit(story: &mut Reported, shares: U256) -> U256 {
    let flash = story.pool.flash;
    let call = flashExitCall {
        shares,
        minAssets: NONE,
        receiver: ALICE,
    };
    story.pool.run(ALICE, flash, NONE, call).0
}

/// After a fall the reference is above the rate, and exits are paid at the rate.
#[test]
fn p02_depositing_after_a_fall_and_leaving_never_gains() {
    let mut story = Reported::new();
    autobalance(&mut story);
    story.day(|report| report.expectedLoss = wei(eth(9)));
    let assets = eth(4);
    let before = story.pool.totals();
    let shares = story.pool.deposit(ALICE, assets);
    assert!(flash_exit(&mut story, shares) < assets);
    // At a rate that divides badly, what rounds stays with the others.
    let after = story.pool.totals();
    assert!(after.0 * before.1 >= before.0 * after.1, "p01");
}

/// What protection bore comes back as shares, which are minted and counted alike.
#[test]
fn p07_shares_given_back_to_protection_are_minted_and_counted() {
    let mut story = Reported::new();
    let Pool {
        token, protection, ..
    } = story.pool;
    let cover = transferCall {
        to: protection,
        value: eth(40),
    };
    story.pool.run(ALICE, token, NONE, cover);
    story.day(|report| report.expectedLoss = wei(eth(8)));
    let before = (story.pool.supply(), story.pool.balance(protection));
    assert_eq!(story.view(lossesCall {}).protectionBorne, eth(8));
    story.day(|report| {
        report.expectedLoss = 0;
        report.recovered = wei(eth(8));
    });
    let after = (story.pool.supply(), story.pool.balance(protection));
    assert_eq!((after.0 - before.0, after.1 - before.1), (eth(8), eth(8)));
    assert_eq!(story.pool.supply(), story.pool.totals().1);
    assert_eq!(story.view(lossesCall {}).protectionBorne, NONE);
}

/// In the pool itself: whose rights have expired neither mints nor receives, and leaves by every way.
#[test]
fn p33_whose_rights_have_expired_leaves_the_pool_but_does_not_enter() {
    let mut pool = Pool::institutional();
    let rights = vec![STAKE | HOLD | REDEEM; 2];
    let expiry = U40::from(pool.chain.timestamp() + MONTH);
    let call = setRightsCall {
        accounts: vec![ALICE, BOB],
        rights,
        expiries: vec![expiry; 2],
        referenceHashes: vec![B256::ZERO; 2],
    };
    pool.decide(pool.whitelist, &call);
    let mut story = Reported::of(pool);
    story.pool.deposit(ALICE, eth(64));
    autobalance(&mut story);
    let Pool {
        manager,
        token,
        queue,
        ..
    } = story.pool;
    let to = transferCall {
        to: BOB,
        value: eth(2),
    };
    story.pool.run(ALICE, token, NONE, to);
    story.pool.chain.increase_time(MONTH);
    story.day(|_| {});

    let missing = |account, asked| RightMissing {
        account,
        asked,
        held: REDEEM,
    };
    let assets = eth(32);
    let call = deposit_0Call {
        assets,
        receiver: ALICE,
    };
    let error = missing(ALICE, STAKE);
    story.pool.refuses(ALICE, manager, assets, call, error);
    let to = transferCall {
        to: ALICE,
        value: ETH,
    };
    story
        .pool
        .refuses(BOB, token, NONE, to, missing(ALICE, HOLD));
    // Renewed, the payer may; the receiver still may not.
    story.pool.admit(&[BOB], STAKE | HOLD | REDEEM);
    story.pool.chain.set_balance(BOB, eth(100));
    let call = deposit_0Call {
        assets,
        receiver: ALICE,
    };
    story
        .pool
        .refuses(BOB, manager, assets, call, missing(ALICE, HOLD));

    assert!(flash_exit(&mut story, ETH) > NONE);
    let id = request(&mut story, eth(3));
    story.day(|_| {});
    story.day(|_| {});
    autobalance(&mut story);
    let claim = claimCall { ids: vec![id] };
    assert!(story.pool.run(ALICE, queue, NONE, claim).0 > eth(2));
}

/// Zero and one are no limits that lead astray: nothing is done and said why, or one step is.
#[test]
fn p44_a_limit_of_one_funds_one_validator_a_call() {
    let mut story = Reported::new();
    let lowest_target = setParameterCall {
        id: 11,
        value: U256::from(100),
    };
    let manager = story.pool.manager;
    story.pool.run(OWNER, manager, NONE, lowest_target);
    story.pool.deposit(ALICE, eth(32 * 5));
    let one = || autobalanceCall {
        limit: U256::from(1),
    };
    for _ in 0..4 {
        let (done, _) = story.pool.run(MALLORY, manager, NONE, one());
        assert_eq!(done.funded, U256::from(1));
    }
    let none = autobalanceCall { limit: NONE };
    let error = e2e::StakeManager::LimitTooSmall {
        asked: NONE,
        smallest: U256::from(1),
    };
    story.pool.refuses(MALLORY, manager, NONE, none, error);
}
