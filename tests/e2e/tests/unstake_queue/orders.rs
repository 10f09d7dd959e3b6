//! Making orders and taking them back.

use alloy::{
    primitives::{Address, U256},
    signers::{local::PrivateKeySigner, SignerSync},
    sol,
    sol_types::{eip712_domain, SolStruct},
};
use e2e::{
    event,
    reported::{eth, DAY},
    CsEthToken::{
        self, allowanceCall, approveCall, noncesCall, permitCall, ERC20InsufficientAllowance,
    },
    StakeManager::{self, NotSilent},
    UnstakeQueue::*,
    ALICE, BOB, ETH, GUARDIAN, MALLORY, OWNER,
};

use crate::world::{World, CLAIMABLE, DUE, PENDING, REFUSER, WITHDRAWN};

sol! {
    /// What a permit's owner signs.
    struct Permit {
        address owner;
        address spender;
        uint256 value;
        uint256 nonce;
        uint256 deadline;
    }
}

/// 0.001 shares: the smallest order.
const SMALLEST: U256 = e2e::SMALLEST;

#[test]
fn a_request_escrows_shares_and_mints_an_order() {
    let mut world = World::new();
    let before = world.pool.balance(ALICE);
    let call = requestUnstakeCall {
        shares: eth(3),
        receiver: BOB,
    };
    let receipt = world.receipt(ALICE, call);
    let made: UnstakeRequested = event(&receipt, world.pool.queue);
    assert_eq!(
        (made.id, made.sender, made.receiver),
        (U256::from(1), ALICE, BOB)
    );
    let minted: Transfer = event(&receipt, world.pool.queue);
    assert_eq!(
        (minted.from, minted.to, minted.tokenId),
        (Address::ZERO, BOB, made.id)
    );

    assert_eq!(world.pool.balance(ALICE), before - eth(3));
    let order = world.order(made.id);
    assert_eq!(
        (order.owner, order.shares, order.state),
        (BOB, eth(3), PENDING)
    );
    assert_eq!(order.assets, eth(3));
    assert_eq!(world.view(balanceOfCall { owner: BOB }), U256::from(1));
    assert_eq!(world.request(ALICE, SMALLEST), U256::from(2));
    world.check();
}

#[test]
fn an_order_outside_of_the_limits_is_refused_with_them() {
    let mut world = World::new();
    let receiver = ALICE;
    let below = SMALLEST - U256::from(1);
    let error = OrderBelowSmallest {
        shares: below,
        smallest: SMALLEST,
    };
    world.refuses(
        ALICE,
        requestUnstakeCall {
            shares: below,
            receiver,
        },
        error,
    );
    let largest = eth(1_000);
    for shares in [largest + U256::from(1), U256::MAX] {
        let error = OrderAboveLargest { shares, largest };
        world.refuses(ALICE, requestUnstakeCall { shares, receiver }, error);
    }
    world.holder(ALICE, eth(1_000));
    world.request(ALICE, largest);
    let nobody = requestUnstakeCall {
        shares: ETH,
        receiver: Address::ZERO,
    };
    world.refuses(ALICE, nobody, ZeroAddress {});
    // Without an allowance the token refuses, and no order is left behind.
    let call = requestUnstakeCall {
        shares: ETH,
        receiver: MALLORY,
    };
    let error = ERC20InsufficientAllowance {
        spender: world.pool.queue,
        allowance: U256::ZERO,
        needed: ETH,
    };
    world.refuses(MALLORY, call, error);
    assert_eq!(world.totals().nextId, U256::from(2));
}

#[test]
fn p16_a_cancellation_costs_less_before_the_order_is_due_than_after() {
    let mut world = World::new();
    let ids = [(); 4].map(|_| world.request(ALICE, eth(10)));
    let shares = world.pool.balance(ALICE);
    let supply = world.pool.supply();

    // 0.05 % of 10 shares before it is due, 0.25 % after.
    let receipt = world.receipt(ALICE, cancelCall { id: ids[1] });
    let cancelled: OrderCancelled = event(&receipt, world.pool.queue);
    let cost = eth(5) / U256::from(1_000);
    assert_eq!(
        (cancelled.burned, cancelled.returned),
        (cost, eth(10) - cost)
    );
    assert_eq!(world.pool.balance(ALICE), shares + eth(10) - cost);
    assert_eq!(world.pool.supply(), supply - cost);
    world.pool.check_books();
    world.check();

    world.make_due();
    assert_eq!(world.state(ids[2]), DUE);
    let late = cost * U256::from(5);
    assert_eq!(world.call(ALICE, cancelCall { id: ids[2] }), eth(10) - late);
    assert_eq!(world.state(ids[2]), WITHDRAWN);
    world.check();

    // What is left is finalised over them, and they stay gone.
    assert_eq!(world.balance(), 4);
    let claimed = world.claim(ALICE, &[ids[0], ids[3]]);
    let left = world.pool.totals();
    assert!(
        claimed >= eth(20) && left.0 >= left.1,
        "the cost stays with those who wait"
    );
    for id in [ids[1], ids[2]] {
        assert_eq!(world.state(id), WITHDRAWN);
        world.refuses(ALICE, claimCall { ids: vec![id] }, NoSuchOrder { id });
        world.refuses(ALICE, cancelCall { id }, NoSuchOrder { id });
    }
}

#[test]
fn a_cancellation_costs_a_share_unit_at_least() {
    let mut world = World::new();
    let limits = setOrderLimitsCall {
        smallest: U256::from(1_000_000_000),
        largest: eth(100),
    };
    world.call(OWNER, limits);
    // 0.05 % of 1,000,000,001 is 500,000.0005.
    let id = world.request(ALICE, U256::from(1_000_000_001));
    let returned = world.call(ALICE, cancelCall { id });
    assert_eq!(returned, U256::from(1_000_000_001 - 500_001));
}

#[test]
fn p16_only_its_owner_cancels_and_only_before_finalisation() {
    let mut world = World::new();
    let id = world.request(ALICE, ETH);
    let error = OnlyOrderOwner {
        id,
        caller: BOB,
        owner: ALICE,
    };
    world.refuses(BOB, cancelCall { id }, error);
    for id in [U256::ZERO, U256::from(2), U256::MAX] {
        world.refuses(ALICE, cancelCall { id }, NoSuchOrder { id });
    }
    world.finalise_all();
    let error = AlreadyFinalised {
        id,
        finalisedUpTo: id,
    };
    world.refuses(ALICE, cancelCall { id }, error);
    assert_eq!(world.state(id), CLAIMABLE);
}

#[test]
fn p29_a_pause_stops_requests_and_cancellations_alone() {
    let mut world = World::new();
    let (first, second) = (world.request(ALICE, ETH), world.request(ALICE, ETH));
    let third = world.request(ALICE, ETH);
    world.finalise_all();
    let waiting = world.request(ALICE, ETH);
    let queue = world.pool.queue;
    world.call(GUARDIAN, pauseCall {});
    let until = world.view(pausedUntilCall {});
    assert_eq!(until, U256::from(world.pool.chain.timestamp() + 14 * DAY));

    let request = requestUnstakeCall {
        shares: ETH,
        receiver: ALICE,
    };
    world.refuses(ALICE, request.clone(), EnforcedPause { until });
    world.refuses(ALICE, cancelCall { id: waiting }, EnforcedPause { until });
    // Claims, transfers, reports and finalisation go on.
    world.claim(ALICE, &[first]);
    let ids = vec![second];
    assert_eq!(world.call(MALLORY, claimForCall { ids }), ETH);
    let transfer = transferFromCall {
        from: ALICE,
        to: BOB,
        id: third,
    };
    world.call(ALICE, transfer);
    world.finalise_all();
    assert_eq!(world.state(waiting), CLAIMABLE);

    world.pool.chain.increase_time(14 * DAY);
    world.pool.chain.mine(1);
    assert!(!world.view(pausedCall {}), "it has lapsed");
    world.request(ALICE, ETH);
    assert_eq!(world.pool.chain.balance_now(queue), world.totals().setAside);
}

/// What an account whose key we have must sign so that the queue may take `shares`.
fn permit(
    world: &World,
    owner: &PrivateKeySigner,
    shares: U256,
    deadline: U256,
) -> (u8, U256, U256) {
    let token = world.pool.token;
    let domain = eip712_domain! {
        name: world.pool.view(token, CsEthToken::nameCall {}),
        version: "1",
        chain_id: world.pool.chain.config().chain_id,
        verifying_contract: token,
    };
    let owner_address = owner.address();
    let message = Permit {
        owner: owner_address,
        spender: world.pool.queue,
        value: shares,
        nonce: world.pool.view(
            token,
            noncesCall {
                owner: owner_address,
            },
        ),
        deadline,
    };
    let hash = message.eip712_signing_hash(&domain);
    let signature = owner.sign_hash_sync(&hash).expect("a signature");
    (27 + u8::from(signature.v()), signature.r(), signature.s())
}

#[test]
fn p42_a_permit_used_by_somebody_else_first_does_no_harm() {
    let mut world = World::new();
    let owner = PrivateKeySigner::random();
    let holder = owner.address();
    world.holder(holder, eth(5));
    let (token, queue) = (world.pool.token, world.pool.queue);
    let none = approveCall {
        spender: queue,
        value: U256::ZERO,
    };
    world.pool.run(holder, token, U256::ZERO, none);
    let (deadline, shares) = (U256::MAX, eth(2));
    let (v, r, s) = permit(&world, &owner, shares, deadline);
    let request = requestUnstakeWithPermitCall {
        shares,
        receiver: holder,
        deadline,
        v,
        r: r.into(),
        s: s.into(),
    };
    // The permit is for its signer: nobody else gets an order out of it.
    let error = ERC20InsufficientAllowance {
        spender: queue,
        allowance: U256::ZERO,
        needed: shares,
    };
    world.refuses(MALLORY, request.clone(), error.clone());

    // Somebody takes it out of the mempool and uses it.
    let used = permitCall {
        owner: holder,
        spender: queue,
        value: shares,
        deadline,
        v,
        r: r.into(),
        s: s.into(),
    };
    world.pool.run(MALLORY, token, U256::ZERO, used);
    let id = world.call(holder, request.clone());
    assert_eq!(world.order(id).owner, holder);
    let left = allowanceCall {
        owner: holder,
        spender: queue,
    };
    assert_eq!(world.pool.view(token, left), U256::ZERO);
    // Spent is spent.
    world.refuses(holder, request, error);
    // And one that nobody touched works by itself.
    let (v, r, s) = permit(&world, &owner, shares, deadline);
    let request = requestUnstakeWithPermitCall {
        shares,
        receiver: BOB,
        deadline,
        v,
        r: r.into(),
        s: s.into(),
    };
    let id = world.call(holder, request);
    assert_eq!(world.order(id).owner, BOB);
}

#[test]
fn p25_a_silent_redemption_takes_the_order_out_of_the_queue() {
    let mut world = World::new();
    let ids = [(); 3].map(|_| world.request(ALICE, eth(2)));
    world.day(|_| {});
    let call = |id, min_assets, receiver| redeemSilentlyCall {
        id,
        minAssets: min_assets,
        receiver,
    };
    let silent_from = world
        .pool
        .view(world.pool.manager, StakeManager::silentFromCall {});
    let latest = U256::from(world.pool.chain.timestamp());
    if latest < silent_from {
        let receipt = {
            let queue = world.pool.queue;
            let data = alloy::sol_types::SolCall::abi_encode(&call(ids[1], U256::ZERO, BOB));
            world.pool.send(ALICE, queue, U256::ZERO, data)
        };
        assert_eq!(
            receipt.output[..4],
            <NotSilent as alloy::sol_types::SolError>::SELECTOR
        );
        world.pool.chain.increase_time((silent_from - latest).to());
        world.pool.chain.mine(1);
    }
    world.pool.chain.increase_time(DAY);
    world.pool.chain.mine(1);
    world.call(OWNER, pauseCall {});

    let error = OnlyOrderOwner {
        id: ids[1],
        caller: BOB,
        owner: ALICE,
    };
    world.refuses(BOB, call(ids[1], U256::ZERO, BOB), error);
    world.refuses(
        ALICE,
        call(ids[1], U256::ZERO, Address::ZERO),
        ZeroAddress {},
    );
    // 1 % stays in the pool.
    let assets = eth(198) / U256::from(100);
    let minimum = assets + U256::from(1);
    let error = AssetsBelowMinimum { assets, minimum };
    world.refuses(ALICE, call(ids[1], minimum, BOB), error);
    let refuser = world.contract(REFUSER);
    let error = StakeManager::PayoutRefused {
        receiver: refuser,
        assets,
    };
    world.refuses(ALICE, call(ids[1], assets, refuser), error);

    let before = world.pool.chain.balance_now(BOB);
    let receipt = world.receipt(ALICE, call(ids[1], assets, BOB));
    let redeemed: OrderRedeemedSilently = event(&receipt, world.pool.queue);
    assert_eq!(
        (redeemed.id, redeemed.receiver, redeemed.assets),
        (ids[1], BOB, assets)
    );
    assert_eq!(world.pool.chain.balance_now(BOB), before + assets);
    assert_eq!(world.state(ids[1]), WITHDRAWN);
    world.pool.check_books();
    world.check();
    world.refuses(ALICE, call(ids[1], assets, BOB), NoSuchOrder { id: ids[1] });

    // With the next reports all is as before: the others are paid, it is not.
    world.call(OWNER, unpauseCall {});
    world.finalise_all();
    assert!(world.claim(ALICE, &[ids[0]]) >= eth(2));
    let error = AlreadyFinalised {
        id: ids[2],
        finalisedUpTo: ids[2],
    };
    world.refuses(ALICE, call(ids[2], U256::ZERO, BOB), error);
}
