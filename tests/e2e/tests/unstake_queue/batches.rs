//! Reports, what they make due, and finalisation.

use alloy::primitives::U256;
use e2e::{
    event,
    reported::{eth, Reported, DAY},
    CsEthToken,
    UnstakeQueue::*,
    ALICE, BOB, ETH, MALLORY,
};

use crate::world::{World, CLAIMABLE, DUE, PENDING};

#[test]
fn an_order_is_due_once_a_report_read_after_its_request_is_applied() {
    let mut world = World::new();
    world.day(|_| {});
    let first = world.request(ALICE, ETH);
    // Read before the request: nothing is due.
    world.report.slotTime += 1;
    world.apply();
    assert_eq!(world.state(first), PENDING);
    let second = world.request(ALICE, ETH);
    world.day(|_| {});
    // The last note before this report's slot was written when the report before was applied.
    assert_eq!(world.state(first), DUE);
    assert_eq!(world.state(second), PENDING);
    world.day(|_| {});
    assert_eq!(world.state(second), DUE);
    assert_eq!(world.balance(), 2);
    assert_eq!(world.state(first), CLAIMABLE);
}

/// Notes as the stake-manager would, at any time and for any slot.
fn note(world: &mut World, after: u64, slot: u64) -> ReportNoted {
    world.pool.chain.increase_time(after);
    let manager = world.pool.manager;
    let call = noteReportCall {
        slotTime: U256::from(slot),
    };
    let receipt = world.receipt(manager, call);
    event(&receipt, world.pool.queue)
}

#[test]
fn a_note_that_no_report_used_is_not_lost_for_a_younger_one() {
    let mut world = World::new();
    let start = world.pool.chain.timestamp();
    world.request(ALICE, ETH);
    assert_eq!(note(&mut world, 100, start).dueUpTo, U256::ZERO); // note A: orders below 2
    let a = world.pool.chain.timestamp();
    world.request(ALICE, ETH);
    note(&mut world, 100, start); // note B: orders below 3
    let b = world.pool.chain.timestamp();
    world.request(ALICE, ETH);
    note(&mut world, 100, start); // note C replaces B; A is kept
                                  // Not later than A: nothing. Later than A, not than C: what A knew of.
    assert_eq!(note(&mut world, 1, a).dueUpTo, U256::ZERO);
    world.request(ALICE, ETH);
    assert_eq!(note(&mut world, 1, b).dueUpTo, U256::from(1)); // note E: orders below 5
    let e = world.pool.chain.timestamp();
    let noted = note(&mut world, 1, e + 1);
    assert_eq!(
        (noted.dueUpTo, noted.nextId),
        (U256::from(4), U256::from(5))
    );
    // What was used is gone: a slot before the latest note makes nothing less due.
    assert_eq!(note(&mut world, 1, e).dueUpTo, U256::from(4));
    // Never falls, whatever the slot.
    assert_eq!(note(&mut world, 1, 0).dueUpTo, U256::from(4));
}

#[test]
fn p11_orders_are_finalised_first_in_first_out() {
    let mut world = World::new();
    let holders = [ALICE, BOB, ALICE];
    let ids = holders.map(|holder| world.request(holder, eth(100)));
    world.make_due();
    let manager = world.pool.manager;
    let finalisable = |world: &World, available: U256| {
        let view = finalisableCall {
            assets: ETH,
            shares: ETH,
            available,
            limit: U256::from(10),
        };
        world.view(view)
    };
    for (available, up_to) in [
        (eth(100) - U256::from(1), 0),
        (eth(100), 1),
        (eth(200) - U256::from(1), 1),
        (eth(200), 2),
        (eth(300), 3),
        (U256::MAX, 3),
    ] {
        let found = finalisable(&world, available);
        assert_eq!(found.upTo, U256::from(up_to));
        assert_eq!(found.finalShares, eth(100 * up_to));
        assert_eq!(
            (found.unfinalisedShares, found.dueShares),
            (eth(300), eth(300))
        );
    }
    let finalise = |up_to: U256, shares| finaliseCall {
        upTo: up_to,
        finalShares: shares,
        assets: ETH,
        shares: ETH,
    };
    let queue = world.pool.queue;
    let (from, none) = (manager, U256::ZERO);
    let not_manager = OnlyStakeManager {
        caller: MALLORY,
        stakeManager: manager,
    };
    world.refuses(MALLORY, finalise(ids[0], eth(100)), not_manager.clone());
    world.refuses(MALLORY, noteReportCall { slotTime: none }, not_manager);
    let error = NotDue {
        id: U256::from(4),
        dueUpTo: ids[2],
    };
    world.refuses(from, finalise(U256::from(4), eth(300)), error);
    let error = SetAsideTooLittle {
        sent: U256::ZERO,
        owed: eth(100),
    };
    world.refuses(from, finalise(ids[0], eth(100)), error);
    let error = AmountTooLarge {
        asked: eth(101),
        allowed: eth(100),
    };
    world.refuses(from, finalise(ids[0], eth(101)), error);
    // Fewer shares than stand in the range, though none was withdrawn.
    let error = AmountTooLarge {
        asked: eth(1),
        allowed: none,
    };
    world.refuses(from, finalise(ids[0], eth(99)), error);

    let (_, receipt) = world
        .pool
        .run(from, queue, eth(100), finalise(ids[0], eth(100)));
    let batch: BatchFinalised = event(&receipt, queue);
    assert_eq!(
        (batch.checkpoint, batch.from, batch.upTo),
        (ids[0], ids[0], ids[0])
    );
    assert_eq!((batch.setAside, batch.finalShares), (eth(100), eth(100)));
    assert_eq!(world.state(ids[0]), CLAIMABLE);
    assert_eq!(world.state(ids[1]), DUE);
    let error = AlreadyFinalised {
        id: ids[0],
        finalisedUpTo: ids[0],
    };
    world.refuses(from, finalise(ids[0], eth(100)), error);
    let error = NotFinalised {
        id: ids[1],
        finalisedUpTo: ids[0],
    };
    world.refuses(BOB, claimCall { ids: vec![ids[1]] }, error);
}

#[test]
fn p16_withdrawn_orders_alone_are_passed_without_a_checkpoint() {
    let mut world = World::new();
    let ids = [(); 4].map(|_| world.request(ALICE, ETH));
    for id in &ids[..2] {
        world.call(ALICE, cancelCall { id: *id });
    }
    world.call(ALICE, cancelCall { id: ids[3] });
    world.make_due();
    // No wei is at hand: the first two cost nothing and are passed.
    let found = world.view(finalisableCall {
        assets: ETH,
        shares: ETH,
        available: U256::ZERO,
        limit: U256::from(1),
    });
    assert_eq!((found.upTo, found.finalShares), (ids[1], U256::ZERO));
    assert_eq!((found.unfinalisedShares, found.dueShares), (ETH, ETH));
    let manager = world.pool.manager;
    let pass = finaliseCall {
        upTo: ids[1],
        finalShares: U256::ZERO,
        assets: ETH,
        shares: ETH,
    };
    let receipt = world.receipt(manager, pass);
    let batch: BatchFinalised = event(&receipt, world.pool.queue);
    assert_eq!((batch.checkpoint, batch.upTo), (U256::ZERO, ids[1]));
    let totals = world.totals();
    assert_eq!(
        (totals.finalisedUpTo, totals.checkpoints),
        (ids[1], U256::ZERO)
    );
    world.check();
    // The next batch takes the withdrawn one behind it along.
    assert_eq!(world.balance(), 4);
    let hint = world.view(findCheckpointCall { id: ids[2] });
    assert_eq!(hint, U256::from(1));
    assert!(world.claim(ALICE, &[ids[2]]) >= ETH);
}

#[test]
fn p14_a_later_report_changes_no_finalised_payout() {
    let mut world = World::new();
    let ids = [ALICE, BOB].map(|holder| world.request(holder, eth(7)));
    world.finalise_all();
    let promised = ids.map(|id| world.view(claimableCall { id }));
    assert_eq!(promised, [eth(7); 2]);
    // A loss, and a batch at the rate after it.
    let later = world.request(ALICE, eth(7));
    world.day(|_| {});
    world.day(|report| report.expectedLoss = 5_000_000_000_000_000_000);
    world.balance();
    assert_eq!(world.state(later), CLAIMABLE);
    let after = world.view(claimableCall { id: later });
    assert!(after < eth(7));
    assert_eq!(ids.map(|id| world.view(claimableCall { id })), promised);
    // Claiming late shifts nothing to others.
    assert_eq!(world.claim(ALICE, &[later]), after);
    assert_eq!(world.claim(BOB, &[ids[1]]), eth(7));
    world.check();
    assert_eq!(world.claim(ALICE, &[ids[0]]), eth(7));
    world.check();
}

#[test]
fn an_estimate_follows_the_state_of_the_order() {
    let mut world = World::new();
    world.day(|_| {});
    let id = world.request(ALICE, ETH);
    let estimate = |world: &World, id| -> u64 { world.view(estimatedPaymentCall { id }).to() };
    // The next report notes it, the one after makes it due.
    assert_eq!(estimate(&world, id), world.report.slotTime + 2 * DAY);
    world.day(|_| {});
    assert_eq!(world.state(id), PENDING);
    assert_eq!(estimate(&world, id), world.report.slotTime + DAY);
    world.day(|_| {});
    assert_eq!(world.state(id), DUE);
    // Whoever calls autobalance has it paid at once, for half a day.
    assert_eq!(estimate(&world, id), world.pool.chain.timestamp());
    world.pool.chain.increase_time(DAY / 2 + 1);
    world.pool.chain.mine(1);
    assert_eq!(estimate(&world, id), world.report.slotTime + DAY);
    // Not before now, however late the report is.
    world.pool.chain.increase_time(2 * DAY);
    world.pool.chain.mine(1);
    assert_eq!(estimate(&world, id), world.pool.chain.timestamp());
    world.finalise_all();
    assert_eq!(world.state(id), CLAIMABLE);
    assert_eq!(estimate(&world, id), 0);
    assert_eq!(estimate(&world, U256::from(99)), 0);
}

#[test]
fn an_estimate_waits_for_exits_where_the_buffer_is_too_small() {
    let mut reported = Reported::new();
    let queue = reported.pool.queue;
    let approve = CsEthToken::approveCall {
        spender: queue,
        value: U256::MAX,
    };
    let token = reported.pool.token;
    reported.pool.run(ALICE, token, U256::ZERO, approve);
    // 40 ETH are buffered.
    let ids = [eth(40), ETH].map(|shares| {
        let receiver = ALICE;
        let call = requestUnstakeCall { shares, receiver };
        reported.pool.run(ALICE, queue, U256::ZERO, call).0
    });
    let estimates = ids.map(|id| {
        let estimate = reported.pool.view(queue, estimatedPaymentCall { id });
        estimate.to::<u64>() - reported.last.slotTime
    });
    assert_eq!(estimates, [2 * DAY, 9 * DAY]);
}
