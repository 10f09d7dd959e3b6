//! Paying finalised orders: once, exactly, to whom their owners say, whatever the receivers do.

use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};
use clay::bytecode::assembler::assemble;
use e2e::{event, reported::eth, UnstakeQueue::*, ALICE, BOB, ETH, MALLORY};

use crate::world::{World, BURNER, CLAIMABLE, CLAIMED, PENDING, REFUSER};

fn ids<const N: usize>(ids: [U256; N]) -> Vec<U256> {
    ids.into()
}

#[test]
fn p13_an_order_is_claimed_once_and_only_when_it_is_finalised() {
    let mut world = World::new();
    let id = world.request(ALICE, eth(3));
    let error = NotFinalised {
        id,
        finalisedUpTo: U256::ZERO,
    };
    world.refuses(ALICE, claimCall { ids: vec![id] }, error.clone());
    world.make_due();
    world.refuses(ALICE, claimCall { ids: vec![id] }, error);
    world.balance();

    // Twice in one call is once too often, and then none is paid.
    let twice = claimCall { ids: vec![id, id] };
    world.refuses(ALICE, twice, NoSuchOrder { id });
    let before = world.pool.chain.balance_now(BOB);
    let call = claimToCall {
        ids: vec![id],
        receiver: BOB,
    };
    let receipt = world.receipt(ALICE, call.clone());
    let claimed: OrderClaimed = event(&receipt, world.pool.queue);
    assert_eq!(
        (claimed.owner, claimed.receiver, claimed.assets),
        (ALICE, BOB, eth(3))
    );
    let burned: Transfer = event(&receipt, world.pool.queue);
    assert_eq!(
        (burned.from, burned.to, burned.tokenId),
        (ALICE, Address::ZERO, id)
    );
    assert_eq!(world.pool.chain.balance_now(BOB), before + eth(3));

    let order = world.order(id);
    assert_eq!(
        (order.owner, order.shares, order.state),
        (Address::ZERO, eth(3), CLAIMED)
    );
    assert_eq!(order.assets, U256::ZERO);
    world.refuses(ALICE, call, NoSuchOrder { id });
    for id in [U256::ZERO, U256::from(2), U256::MAX] {
        world.refuses(ALICE, claimCall { ids: vec![id] }, NoSuchOrder { id });
        let order = world.order(id);
        assert_eq!((order.owner, order.state), (Address::ZERO, 0));
        assert_eq!(world.view(claimableCall { id }), U256::ZERO);
        assert_eq!(world.view(findCheckpointCall { id }), U256::ZERO);
    }
    world.check();
}

#[test]
fn p13_a_wrong_hint_is_refused_and_a_missing_one_works() {
    let mut world = World::new();
    let mut made = Vec::new();
    for _ in 0..3 {
        made.extend([world.request(ALICE, ETH), world.request(ALICE, ETH)]);
        world.finalise_all();
    }
    assert_eq!(world.totals().checkpoints, U256::from(3));
    for (index, id) in made.iter().enumerate() {
        let hint = world.view(findCheckpointCall { id: *id });
        assert_eq!(hint, U256::from(index / 2 + 1));
        let checkpoint = world.view(checkpointCall { index: hint });
        assert_eq!(checkpoint.upTo, made[index / 2 * 2 + 1]);
    }
    let with = |id: U256, hint| claimWithHintsCall {
        ids: vec![id],
        hints: vec![hint],
        receiver: ALICE,
    };
    // The first and the last order of the second checkpoint, by every other hint.
    for id in [made[2], made[3]] {
        for hint in [0, 1, 3, 4].map(U256::from).into_iter().chain([U256::MAX]) {
            world.refuses(ALICE, with(id, hint), WrongHint { id, hint });
        }
    }
    let uneven = claimWithHintsCall {
        ids: ids([made[2], made[3]]),
        hints: vec![U256::from(2)],
        receiver: ALICE,
    };
    let error = LengthMismatch {
        ids: U256::from(2),
        hints: U256::from(1),
    };
    world.refuses(ALICE, uneven, error);
    assert_eq!(world.call(ALICE, with(made[2], U256::from(2))), ETH);
    // Without hints, orders of several checkpoints in any order.
    let rest = ids([made[5], made[0], made[3], made[1], made[4]]);
    assert_eq!(world.claim(ALICE, &rest), eth(5));
    assert_eq!(world.totals().setAside, U256::ZERO);
    assert_eq!(world.view(balanceOfCall { owner: ALICE }), U256::ZERO);
    let beyond = world.view(checkpointCall { index: U256::MAX });
    assert_eq!((beyond.upTo, beyond.assets), (U256::ZERO, U256::ZERO));
}

#[test]
fn p12_dust_stays_set_aside() {
    let mut world = World::new();
    // A rate with a remainder: 1,000 shares are worth 1,000 ETH and a third of a milliether.
    world.day(|report| report.leftSeen = 333_333_333_333_333);
    world.day(|_| {});
    let made = [(); 3].map(|_| world.request(ALICE, eth(1) + U256::from(1)));
    world.call(ALICE, cancelCall { id: made[1] });
    world.finalise_all();
    let before = world.totals().setAside;
    let promised = world.view(claimableCall { id: made[0] });
    assert_eq!(world.claim(ALICE, &[made[0]]), promised);
    world.check();
    let transfer = transferFromCall {
        from: ALICE,
        to: BOB,
        id: made[2],
    };
    world.call(ALICE, transfer);
    assert_eq!(world.claim(BOB, &[made[2]]), promised);
    let dust = world.totals().setAside;
    assert_eq!(before, promised + promised + dust);
    assert!(dust <= U256::from(1));
    world.check();
}

#[test]
fn p30_nobody_claims_for_another_to_a_place_of_their_choosing() {
    let mut world = World::new();
    let id = world.request(ALICE, eth(2));
    world.finalise_all();
    let error = OnlyOrderOwner {
        id,
        caller: MALLORY,
        owner: ALICE,
    };
    world.refuses(MALLORY, claimCall { ids: vec![id] }, error.clone());
    let to = claimToCall {
        ids: vec![id],
        receiver: MALLORY,
    };
    world.refuses(MALLORY, to, error.clone());
    let with_hint = claimWithHintsCall {
        ids: vec![id],
        hints: vec![U256::from(1)],
        receiver: MALLORY,
    };
    world.refuses(MALLORY, with_hint, error);
    // Who may move an order may not claim it either.
    let approve = setApprovalForAllCall {
        operator: BOB,
        approved: true,
    };
    world.call(ALICE, approve);
    let error = OnlyOrderOwner {
        id,
        caller: BOB,
        owner: ALICE,
    };
    world.refuses(BOB, claimCall { ids: vec![id] }, error);
    // Anybody may have the owner paid.
    let before = world.pool.chain.balance_now(ALICE);
    let call = claimForCall { ids: vec![id] };
    assert_eq!(world.call(MALLORY, call), eth(2));
    assert_eq!(world.pool.chain.balance_now(ALICE), before + eth(2));
}

#[test]
fn p41_a_receiver_that_refuses_harms_itself_alone() {
    let mut world = World::new();
    let refuser = world.contract(REFUSER);
    world.pool.chain.set_balance(refuser, ETH);
    let id = world.request(ALICE, eth(2));
    world.finalise_all();
    for receiver in [refuser, world.pool.queue] {
        let to = claimToCall {
            ids: vec![id],
            receiver,
        };
        let error = PayoutRefused {
            receiver,
            assets: eth(2),
        };
        world.refuses(ALICE, to, error);
    }
    let nobody = claimToCall {
        ids: vec![id],
        receiver: Address::ZERO,
    };
    world.refuses(ALICE, nobody, ZeroAddress {});
    assert_eq!(world.state(id), CLAIMABLE);
    // The owner of an order that is paid for others refuses: nothing of it changes.
    let transfer = transferFromCall {
        from: ALICE,
        to: refuser,
        id,
    };
    world.call(ALICE, transfer);
    let receipt = world.receipt(MALLORY, claimForCall { ids: vec![id] });
    let skipped: ClaimSkipped = event(&receipt, world.pool.queue);
    assert_eq!((skipped.id, skipped.owner), (id, refuser));
    assert_eq!(receipt.logs.len(), 1);
    assert_eq!(world.order(id).owner, refuser);
    assert_eq!(world.view(balanceOfCall { owner: refuser }), U256::from(1));
    assert_eq!(world.view(claimableCall { id }), eth(2));
    world.check();
    // It can still have it sent elsewhere.
    let to = claimToCall {
        ids: vec![id],
        receiver: BOB,
    };
    assert_eq!(world.call(refuser, to), eth(2));
}

#[test]
fn p41_receivers_that_burn_gas_do_not_stop_the_others() {
    let mut world = World::new();
    let burner = world.contract(BURNER);
    let mut made = Vec::new();
    for receiver in [ALICE, burner, burner, BOB] {
        let shares = ETH;
        made.push(world.call(ALICE, requestUnstakeCall { shares, receiver }));
    }
    let waiting = world.request(ALICE, ETH);
    world.finalise_all();
    let late = world.request(ALICE, ETH);
    let refused = world.contract(REFUSER);
    let shares = ETH;
    world.call(
        ALICE,
        requestUnstakeCall {
            shares,
            receiver: refused,
        },
    );
    // What is no order, not finalised or named twice is passed over as well.
    let mut asked = vec![U256::ZERO, U256::MAX, late, made[0]];
    asked.extend(&made);
    let receipt = world.receipt(MALLORY, claimForCall { ids: asked });
    let paid = claimForCall::abi_decode_returns(&receipt.output).expect("assets");
    assert_eq!(paid, eth(2));
    // At most the stipend for each of the two, besides what paying costs.
    assert!(
        receipt.gas_used < 2 * 100_000 + 250_000,
        "{}",
        receipt.gas_used
    );
    let skipped = receipt.logs.iter().filter(|log| {
        log.topics()[0] == <ClaimSkipped as alloy::sol_types::SolEvent>::SIGNATURE_HASH
    });
    assert_eq!(skipped.count(), 2);
    let states = made.iter().map(|id| world.state(*id));
    assert!(states.eq([CLAIMED, CLAIMABLE, CLAIMABLE, CLAIMED]));
    assert_eq!(world.state(late), PENDING);
    assert_eq!(world.state(waiting), CLAIMABLE);
    world.check();
}

/// Calls the queue with the calldata behind its code, notes what came of it (1 refused, 2 not), and takes what
/// it was sent.
pub fn caller(queue: Address, calldata: &[u8]) -> Vec<u8> {
    assemble(
        "$size @data 0 codecopy
         0 0 $size 0 0 $queue gas call
         1 add 0 sstore
         $magic 0xe0 shl 0 mstore
         0x20 0 return
         .data
         <calldata>",
        &[
            ("size", &(calldata.len() as u16).to_be_bytes()),
            ("queue", queue.as_slice()),
            ("magic", &[0x15, 0x0b, 0x7a, 0x02]),
            ("calldata", calldata),
        ],
    )
}

/// What a [`caller`] noted.
pub fn noted(world: &World, caller: Address) -> U256 {
    let latest = alloy::eips::BlockId::latest();
    let word = world.pool.chain.storage(caller, U256::ZERO, latest);
    word.expect("an account").into()
}

#[test]
fn p41_a_call_back_while_eth_arrives_gains_nothing() {
    let world = World::new();
    let id = U256::from(1);
    let queue = world.pool.queue;
    let again = claimCall { ids: vec![id] }.abi_encode();
    let others = claimForCall {
        ids: vec![U256::from(2)],
    };
    for attempt in [again, others.abi_encode(), totalsCall {}.abi_encode()] {
        let mut world = world.clone();
        let receiver = world.contract(&caller(queue, &attempt));
        world.pool.chain.set_balance(receiver, ETH);
        let shares = eth(2);
        world.call(ALICE, requestUnstakeCall { shares, receiver });
        world.request(BOB, eth(3));
        world.finalise_all();
        // The call itself works from outside; inside, even a view is refused.
        let outside = world
            .pool
            .send(receiver, queue, U256::ZERO, totalsCall {}.abi_encode());
        assert!(outside.success());
        assert_eq!(world.claim(receiver, &[id]), eth(2));
        assert_eq!(noted(&world, receiver), U256::from(1), "refused");
        let held = world.pool.chain.balance_now(receiver);
        let fees = ETH / U256::from(1_000);
        assert!(held <= eth(3) && held + fees > eth(3));
        assert_eq!(world.totals().setAside, eth(3));
        world.check();
    }
}
