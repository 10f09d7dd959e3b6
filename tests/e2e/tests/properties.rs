//! Properties that no other file holds on the real WASM, by their numbers.

use alloy::{
    primitives::{aliases::U40, B256, U256},
    sol_types::{SolCall, SolError},
};
use e2e::{
    reported::{eth, wei, Reported, DAY},
    CsEthToken::{self, approveCall, transferCall},
    FlashExitPool::{flashExitAtFullFeeCall, flashExitCall, withdrawFeesCall},
    KycWhitelist::{denyCall, setRightsCall, Denied, RightMissing},
    Pool,
    StakeManager::{autobalanceCall, deposit_0Call, lossesCall, setParameterCall},
    UnstakeQueue::{
        self, claimCall, claimToCall, claimWithHintsCall, redeemSilentlyCall, requestUnstakeCall,
    },
    ALICE, BOB, ETH, MALLORY, OWNER, TREASURY,
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

/// Whoever calls and whatever rights it has: nobody who is denied is at the other end.
#[test]
fn p31_a_denied_account_is_stopped_at_the_other_end_too() {
    let mut pool = Pool::institutional();
    pool.admit(&[ALICE, BOB], STAKE | HOLD | REDEEM);
    let mut story = Reported::of(pool);
    story.pool.deposit(ALICE, eth(64));
    autobalance(&mut story);
    let order = request(&mut story, eth(1));
    let Pool {
        manager,
        token,
        queue,
        flash,
        ..
    } = story.pool;
    let accounts = vec![BOB];
    let reason = B256::ZERO;
    let deny = denyCall { accounts, reason };
    story.pool.decide(story.pool.whitelist, &deny);

    let (receiver, shares, min_assets) = (BOB, ETH, NONE);
    let (from, to, value) = (ALICE, BOB, ETH);
    let ids = vec![order];
    let hints = vec![U256::from(1)];
    let id = order;
    let deposit = deposit_0Call {
        assets: eth(32),
        receiver,
    };
    let exit = flashExitCall {
        shares,
        minAssets: min_assets,
        receiver,
    };
    let at_full_fee = flashExitAtFullFeeCall {
        shares,
        minAssets: min_assets,
        receiver,
    };
    let silently = redeemSilentlyCall {
        id,
        minAssets: min_assets,
        receiver,
    };
    let claim = claimToCall {
        ids: ids.clone(),
        receiver,
    };
    let with_hints = claimWithHintsCall {
        ids,
        hints,
        receiver,
    };
    let moved = UnstakeQueue::transferFromCall { from, to, id };
    let by_spender = CsEthToken::transferFromCall { from, to, value };
    let calls = [
        (ALICE, manager, eth(32), deposit.abi_encode()),
        (ALICE, flash, NONE, exit.abi_encode()),
        (ALICE, flash, NONE, at_full_fee.abi_encode()),
        (
            TREASURY,
            flash,
            NONE,
            withdrawFeesCall { receiver }.abi_encode(),
        ),
        (ALICE, token, NONE, transferCall { to, value }.abi_encode()),
        (MALLORY, token, NONE, by_spender.abi_encode()),
        (ALICE, queue, NONE, moved.abi_encode()),
        (
            ALICE,
            queue,
            NONE,
            requestUnstakeCall { shares, receiver }.abi_encode(),
        ),
        (ALICE, queue, NONE, silently.abi_encode()),
        (ALICE, queue, NONE, claim.abi_encode()),
        (ALICE, queue, NONE, with_hints.abi_encode()),
    ];
    for (place, (caller, to, value, call)) in calls.into_iter().enumerate() {
        let receipt = story.pool.send(caller, to, value, call);
        let denied = Denied::abi_decode(&receipt.output);
        assert_eq!(denied.map(|denied| denied.account), Ok(BOB), "{place}");
    }
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
