//! Claims: who is paid, what is withheld, and penalties.

use alloy::primitives::{Address, U256};
use e2e::{
    event,
    operators::OPERATOR,
    reported::DAY,
    rewards::{Alone, Rewarded},
    FlashExitPool::previewFlashExitCall,
    OperatorRegistry::{bondCall, bondOfCall, standingCall},
    RewardsDistributor::*,
    BOB, ETH, GUARDIAN, MALLORY, OWNER,
};

const PAYOUT: Address = Address::repeat_byte(0x77);

/// The pool's operators earn, and have a payout address of their own; the root is in effect.
fn paid() -> (Rewarded, e2e::rewards::Tree) {
    let mut world = Rewarded::new();
    for account in world.operators() {
        world.earns(account, Rewarded::shares(5));
    }
    let first = world.operators()[0];
    world.pays_to(first, PAYOUT);
    let tree = world.take_effect();
    (world, tree)
}

#[test]
fn p30_a_claim_pays_the_payout_address_whoever_calls() {
    let (mut world, tree) = paid();
    let account = world.operators()[0];
    let call = tree.claim(account).alone();
    let distributor = world.story.pool.distributor;
    let (shares, receipt) = world
        .pool()
        .run(MALLORY, distributor, U256::ZERO, call.clone());
    assert_eq!(shares, Rewarded::shares(5));
    let claimed: Claimed = event(&receipt, distributor);
    assert_eq!((claimed.receiver, claimed.shares), (PAYOUT, shares));
    assert_eq!(world.pool().balance(PAYOUT), shares);
    assert_eq!(world.pool().balance(MALLORY), U256::ZERO);
    assert_eq!(
        world.view(paidCall {
            account: U256::from(account)
        }),
        shares
    );
    // Once more there is nothing new.
    assert_eq!(world.run(MALLORY, call), U256::ZERO);
    assert_eq!(world.pool().balance(PAYOUT), shares);
    // The leaf reached the registry.
    let operator = U256::from(account);
    let registry = world.story.pool.registry;
    let standing = world.pool().view(registry, standingCall { operator });
    assert_eq!(standing.performance, U256::from(9_000));
    assert_eq!(standing.cleanEpochs, U256::from(1));
    world.story.pool.check_books();
}

#[test]
fn what_is_paid_is_what_is_new() {
    let (mut world, tree) = paid();
    let accounts = world.operators();
    let claims = accounts
        .iter()
        .map(|account| tree.claim(*account))
        .collect();
    world.run(BOB, claimManyCall { claims });
    let others = U256::from(accounts.len() - 1) * Rewarded::shares(5);
    assert_eq!(world.pool().balance(OPERATOR), others);
    world.week();
    world.earns(accounts[1], Rewarded::shares(3));
    let tree = world.take_effect();
    let claim = tree.claim(accounts[1]).alone();
    assert_eq!(world.run(BOB, claim), Rewarded::shares(3));
    assert_eq!(world.pool().balance(OPERATOR), others + Rewarded::shares(3));
    let totals = world.view(totalsCall {});
    assert_eq!(totals.paid, totals.rewards);
}

#[test]
fn p37_a_penalty_is_charged_once_and_cannot_be_dodged() {
    let (mut world, _) = paid();
    let accounts = world.operators();
    let (account, operator) = (accounts[1], U256::from(accounts[1]));
    let registry = world.story.pool.registry;
    world
        .pool()
        .chain
        .set_balance(OPERATOR, U256::from(100) * ETH);
    world.pool().run(
        OPERATOR,
        registry,
        U256::from(2) * ETH,
        bondCall { operator },
    );
    let bond = |world: &Rewarded| world.story.pool.view(registry, bondOfCall { operator });
    let before = bond(&world).shares;
    world.week();
    world.earns(account, Rewarded::shares(2));
    world.leaves.get_mut(&account).expect("it earns").penalties = Rewarded::shares(50);
    let tree = world.take_effect();
    // The operator does not claim; anybody has the leaf applied.
    let claims = vec![tree.claim(account)];
    let supply = world.pool().supply();
    world.run(
        MALLORY,
        syncCall {
            claims: claims.clone(),
        },
    );
    assert_eq!(bond(&world).shares, before - Rewarded::shares(50));
    assert_eq!(world.pool().supply(), supply - Rewarded::shares(50));
    assert_eq!(world.pool().balance(MALLORY), U256::ZERO);
    // Neither again, nor with the claim.
    world.run(MALLORY, syncCall { claims });
    let shares = world.run(BOB, tree.claim(account).alone());
    assert_eq!(shares, Rewarded::shares(7), "of both epochs");
    assert_eq!(bond(&world).charged, Rewarded::shares(50));
    assert_eq!(bond(&world).shares, before - Rewarded::shares(50));
    world.story.pool.check_books();
}

#[test]
fn rewards_of_who_owes_go_into_the_bond() {
    let (mut world, _) = paid();
    let accounts = world.operators();
    let (account, operator) = (accounts[2], U256::from(accounts[2]));
    let registry = world.story.pool.registry;
    let bond = |world: &Rewarded| world.story.pool.view(registry, bondOfCall { operator });
    let held = bond(&world).shares;
    // The penalty is three thousandths above the bond; five were earned before, and two now.
    world.week();
    world.earns(account, Rewarded::shares(2));
    let charged = held + Rewarded::shares(3);
    world.leaves.get_mut(&account).expect("it earns").penalties = charged;
    let tree = world.take_effect();
    let distributor = world.story.pool.distributor;
    let claims = vec![tree.claim(account)];
    let (_, receipt) = world
        .pool()
        .run(MALLORY, distributor, U256::ZERO, syncCall { claims });
    let withheld: Withheld = event(&receipt, distributor);
    assert_eq!(withheld.shares, Rewarded::shares(3));
    assert_eq!(bond(&world).debt, U256::ZERO);
    let account = U256::from(account);
    assert_eq!(world.view(paidCall { account }), Rewarded::shares(3));
    // The rest is the operator's.
    let shares = world.run(BOB, tree.claim(accounts[2]).alone());
    assert_eq!(shares, Rewarded::shares(4));
    assert_eq!(world.pool().balance(OPERATOR), Rewarded::shares(4));
    world.story.pool.check_books();
}

#[test]
fn a_claim_in_eth_is_a_flash_exit_for_the_operator_alone() {
    let (mut world, tree) = paid();
    let account = world.operators()[0];
    let distributor = world.story.pool.distributor;
    let claim = |minimum| tree.claim(account).in_eth(minimum);
    let refusal = OnlyManagerOrPayout {
        caller: MALLORY,
        manager: OPERATOR,
        payout: PAYOUT,
    };
    world
        .pool()
        .refuses(MALLORY, distributor, U256::ZERO, claim(U256::ZERO), refusal);
    let shares = Rewarded::shares(5);
    world.top_up();
    let flash = world.story.pool.flash;
    let preview = previewFlashExitCall {
        account: distributor,
        shares,
    };
    let assets = world.pool().view(flash, preview);
    assert!(assets > U256::ZERO);
    let short = e2e::FlashExitPool::AssetsBelowMinimum {
        assets,
        minimum: assets + U256::from(1),
    };
    let call = claim(assets + U256::from(1));
    world
        .pool()
        .refuses(OPERATOR, distributor, U256::ZERO, call, short);
    let supply = world.pool().supply();
    let (paid, receipt) = world
        .pool()
        .run(OPERATOR, distributor, U256::ZERO, claim(assets));
    assert_eq!(paid, assets);
    assert_eq!(world.pool().chain.balance_now(PAYOUT), assets);
    assert_eq!(world.pool().supply(), supply - shares);
    let claimed: ClaimedAsEth = event(&receipt, distributor);
    assert_eq!((claimed.shares, claimed.assets), (shares, assets));
    assert_eq!(world.view(totalsCall {}).paid, shares);
    world.story.pool.check_books();
}

#[test]
fn a_pause_stops_claims_but_neither_roots_nor_penalties() {
    let (mut world, tree) = paid();
    let account = world.operators()[1];
    world.week();
    world.earns(account, Rewarded::shares(1));
    let next = world.propose();
    world.run(GUARDIAN, pauseCall {});
    let until = world.view(pausedUntilCall {});
    let distributor = world.story.pool.distributor;
    let refusal = || EnforcedPause { until };
    let claims = vec![tree.claim(account)];
    let pool = world.pool();
    pool.refuses(
        BOB,
        distributor,
        U256::ZERO,
        tree.claim(account).alone(),
        refusal(),
    );
    pool.refuses(
        BOB,
        distributor,
        U256::ZERO,
        claimManyCall { claims },
        refusal(),
    );
    let in_eth = tree.claim(account).in_eth(U256::ZERO);
    pool.refuses(OPERATOR, distributor, U256::ZERO, in_eth, refusal());
    pool.chain.increase_time(DAY);
    world.run(BOB, applyRootCall {});
    let claims = vec![next.claim(account)];
    world.run(BOB, syncCall { claims });
    world.run(OWNER, unpauseCall {});
    let shares = world.run(BOB, next.claim(account).alone());
    assert_eq!(shares, Rewarded::shares(6));
}

#[test]
fn accounts_of_the_pool_are_paid_to_whom_the_owner_says() {
    let mut world = Rewarded::new();
    world.earns(1, Rewarded::shares(4));
    world.earns(world.operators()[0], Rewarded::shares(1));
    let tree = world.take_effect();
    let distributor = world.story.pool.distributor;
    let account = U256::from(1);
    let call = tree.claim(1).alone();
    world.pool().refuses(
        BOB,
        distributor,
        U256::ZERO,
        call.clone(),
        NoReceiver { account },
    );
    let receiver = PAYOUT;
    world.run(OWNER, setReceiverCall { account, receiver });
    assert_eq!(world.run(MALLORY, call), Rewarded::shares(4));
    assert_eq!(world.pool().balance(PAYOUT), Rewarded::shares(4));
    let account = U256::from(16);
    let refusal = NotReserved {
        account,
        largest: U256::from(15),
    };
    let call = setReceiverCall { account, receiver };
    world
        .pool()
        .refuses(OWNER, distributor, U256::ZERO, call, refusal);
}

#[test]
fn a_claim_goes_to_the_payout_address_of_now() {
    let (mut world, tree) = paid();
    let account = world.operators()[0];
    let payout = Address::repeat_byte(0x78);
    world.pays_to(account, payout);
    world.run(BOB, tree.claim(account).alone());
    assert_eq!(world.pool().balance(payout), Rewarded::shares(5));
}
