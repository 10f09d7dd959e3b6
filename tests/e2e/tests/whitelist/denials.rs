//! Denials: what they stop, how long they stand, and who lifts them.

use e2e::event;

use super::*;

#[test]
fn p32_lifting_gives_back_exactly_the_rights_held_before() {
    let mut world = World::new();
    let expiry = world.now() + 90 * DAY;
    world.decide(rights(ALICE, STAKE | REDEEM, expiry));
    world.decide(rights(BOB, HOLD | REDEEM, expiry + YEAR));
    let before = [ALICE, BOB, MALLORY].map(|account| world.view(statusCall { account }));
    let now = world.now();
    for account in [ALICE, BOB, MALLORY] {
        let receipt = world.decide(deny(account));
        let event: AccountDenied = event(&receipt, world.whitelist);
        assert_eq!(
            (event.account, event.by, event.until, event.reason),
            (account, world.board, time(UNTIL_LIFTED), REASON)
        );
        for right in [0, STAKE, HOLD, REDEEM, OPERATE, ALL] {
            let refusal = denied(account, UNTIL_LIFTED);
            assert_eq!(world.check(account, right), refusal);
        }
        assert_eq!(world.rights_of(account), 0);
        assert!(world.view(isDeniedCall { account }));
    }
    // It does not end by itself, nor do rights live longer for it: Alice's are over meanwhile.
    world.wait_until(expiry);
    for (account, before) in [ALICE, BOB, MALLORY].into_iter().zip(before) {
        assert_eq!(world.check(account, 0), denied(account, UNTIL_LIFTED));
        let (_, receipt) = world.run(OWNER, lift(account));
        let lifted: DenialLifted = event(&receipt, world.whitelist);
        assert_eq!((lifted.account, lifted.reason), (account, REASON));
        let after = world.view(statusCall { account });
        let words = [after, before].map(|status| statusCall::abi_encode_returns(&status));
        assert_eq!(words[0], words[1]);
    }
    assert!(world.now() > now);
    assert_eq!(world.rights_of(ALICE), REDEEM);
    assert_eq!(world.rights_of(BOB), HOLD | REDEEM);
    assert_eq!(world.rights_of(MALLORY), 0);
}

#[test]
fn p32_approving_never_lifts_a_denial() {
    for by_board in [true, false] {
        let mut world = World::new();
        let expiry = world.now() + YEAR;
        world.decide(rights(ALICE, HOLD, expiry));
        world.run(ALICE, apply(ALICE, ALL));
        let until = if by_board {
            world.decide(deny(ALICE));
            UNTIL_LIFTED
        } else {
            world.run(OFFICER, deny_in_emergency(ALICE));
            world.now() + 7 * DAY
        };
        for (call, given) in [
            (accept(1, expiry).abi_encode(), ALL),
            (renew(ALICE, expiry + DAY).abi_encode(), ALL),
            (rights(ALICE, 0, 0).abi_encode(), 0),
            (rights(ALICE, HOLD | REDEEM, expiry).abi_encode(), 6),
        ] {
            let board = world.board;
            world.chain.impersonate(board);
            world.chain.set_balance(board, e2e::ETH);
            let receipt = world.send(board, world.whitelist, call);
            assert!(receipt.success(), "{}", receipt.output);
            assert_eq!(world.view(statusCall { account: ALICE }).rights, given);
            assert_eq!(world.rights_of(ALICE), 0);
            assert_eq!(world.check(ALICE, 0), denied(ALICE, until));
        }
        // What was given meanwhile holds once the denial is lifted.
        world.run(OWNER, lift(ALICE));
        assert_eq!(world.rights_of(ALICE), HOLD | REDEEM);
    }
}

#[test]
fn p32_who_approves_cannot_lift() {
    let mut world = World::new();
    world.decide(deny(ALICE));
    // The committee is not allowed the call; and if it were, the whitelist would refuse it.
    let whitelist = world.whitelist;
    let refusal = Quorum::NotAllowed {
        target: whitelist,
        selector: liftDenialCall::SELECTOR.into(),
    };
    world.decision_refused(lift(ALICE), refusal);
    let allow = Quorum::setAllowedCall {
        target: whitelist,
        selector: liftDenialCall::SELECTOR.into(),
        allowed: true,
    };
    assert!(world.send(OWNER, world.board, allow.abi_encode()).success());
    let only_owner = |caller| OnlyOwner {
        caller,
        owner: OWNER,
    };
    let board = world.board;
    world.decision_refused(lift(ALICE), only_owner(board));
    world.refuses(OFFICER, lift(ALICE), only_owner(OFFICER));
    world.refuses(ALICE, lift(ALICE), only_owner(ALICE));
    assert_eq!(world.check(ALICE, 0), denied(ALICE, UNTIL_LIFTED));
}

#[test]
fn p32_the_zero_address_is_never_denied() {
    let mut world = World::new();
    world.decision_refused(deny(Address::ZERO), ZeroAddress {});
    world.refuses(OFFICER, deny_in_emergency(Address::ZERO), ZeroAddress {});
    // Not even in the company of others, who are left alone too.
    let call = denyCall {
        accounts: vec![ALICE, Address::ZERO],
        reason: REASON,
    };
    world.decision_refused(call, ZeroAddress {});
    let call = denyInEmergencyCall {
        accounts: vec![ALICE, Address::ZERO],
        reason: REASON,
    };
    world.refuses(OFFICER, call, ZeroAddress {});
    assert_eq!(world.check(ALICE, 0), Ok(()));
    let nobody = isDeniedCall {
        account: Address::ZERO,
    };
    assert!(!world.view(nobody));
}

#[test]
fn p32_an_emergency_denial_stands_for_7_days_and_is_not_chained() {
    let mut world = World::new();
    let start = world.now() + DAY;
    world.decide(rights(ALICE, ALL, start + YEAR));
    world.chain.set_next_timestamp(start).expect("later");
    let (_, receipt) = world.run(OFFICER, deny_in_emergency(ALICE));
    let (until, from) = (start + 7 * DAY, start + 30 * DAY);
    let event: AccountDenied = event(&receipt, world.whitelist);
    assert_eq!(
        (event.account, event.by, event.until, event.reason),
        (ALICE, OFFICER, time(until), REASON)
    );
    let too_soon = || EmergencyTooSoon {
        account: ALICE,
        from: time(from),
    };
    // Not while it stands, and not after its end, to the second.
    world.refuses(OFFICER, deny_in_emergency(ALICE), too_soon());
    world.wait_until(until - 1);
    assert_eq!(world.check(ALICE, 0), denied(ALICE, until));
    world.wait_until(until);
    assert_eq!(world.check(ALICE, ALL), Ok(()));
    assert_eq!(world.rights_of(ALICE), ALL);
    let known = world.view(statusCall { account: ALICE });
    assert_eq!(
        (known.deniedUntil, known.emergencyFrom),
        (time(0), time(from))
    );
    world.refuses(OWNER, lift(ALICE), NotDenied { account: ALICE });
    world.refuses(OFFICER, deny_in_emergency(ALICE), too_soon());
    // Another account's is its own.
    world.run(OFFICER, deny_in_emergency(BOB));
    world.chain.set_next_timestamp(from - 1).expect("later");
    world.refuses(OFFICER, deny_in_emergency(ALICE), too_soon());
    world.chain.set_next_timestamp(from).expect("later");
    world.run(OFFICER, deny_in_emergency(ALICE));
    let until = from + 7 * DAY;
    assert_eq!(world.check(ALICE, 0), denied(ALICE, until));
}

#[test]
fn p32_lifting_an_emergency_denial_does_not_allow_another() {
    let mut world = World::new();
    world.run(OFFICER, deny_in_emergency(ALICE));
    let from = world.now() + 30 * DAY;
    world.run(OWNER, lift(ALICE));
    let too_soon = EmergencyTooSoon {
        account: ALICE,
        from: time(from),
    };
    world.refuses(OFFICER, deny_in_emergency(ALICE), too_soon);
    // Nor does another officer.
    let appoint = setComplianceOfficerCall {
        complianceOfficer: BOB,
    };
    world.run(OWNER, appoint);
    let too_soon = EmergencyTooSoon {
        account: ALICE,
        from: time(from),
    };
    world.refuses(BOB, deny_in_emergency(ALICE), too_soon);
    // The Board may deny at any time.
    world.decide(deny(ALICE));
    assert_eq!(world.check(ALICE, 0), denied(ALICE, UNTIL_LIFTED));
}

#[test]
fn p32_the_board_confirms_and_an_emergency_never_cuts_its_denial_short() {
    let mut world = World::new();
    world.run(OFFICER, deny_in_emergency(ALICE));
    let until = world.now() + 7 * DAY;
    assert_eq!(world.check(ALICE, 0), denied(ALICE, until));
    world.decide(deny(ALICE));
    world.decide(deny(BOB));
    // Over the Board's denial an emergency changes nothing and logs nothing; and it spoils no batch.
    let call = denyInEmergencyCall {
        accounts: vec![BOB, MALLORY],
        reason: REASON,
    };
    let (_, receipt) = world.run(OFFICER, call);
    let only: AccountDenied = event(&receipt, world.whitelist);
    assert_eq!(only.account, MALLORY);
    world.wait_until(world.now() + 8 * DAY);
    for account in [ALICE, BOB] {
        assert_eq!(world.check(account, 0), denied(account, UNTIL_LIFTED));
    }
    assert_eq!(world.check(MALLORY, 0), Ok(()));
    // It was not used up where it changed nothing.
    world.run(OWNER, lift(BOB));
    world.run(OFFICER, deny_in_emergency(BOB));
    assert_eq!(world.check(BOB, 0), denied(BOB, world.now() + 7 * DAY));
}

#[test]
fn p31_contracts_of_the_protocol_cannot_be_denied() {
    let mut world = World::new();
    let refusal = || Undeniable { account: QUEUE };
    world.decision_refused(deny(QUEUE), refusal());
    world.refuses(OFFICER, deny_in_emergency(QUEUE), refusal());
    assert_eq!(world.check(QUEUE, ALL), Ok(()));
    // And a denied account does not become one.
    world.run(OFFICER, deny_in_emergency(ALICE));
    let until = world.now() + 7 * DAY;
    let refusal = Denied {
        account: ALICE,
        until: time(until),
    };
    world.refuses(OWNER, name(ALICE, true), refusal);
    world.wait_until(until);
    let (_, receipt) = world.run(OWNER, name(ALICE, true));
    let named: ProtocolContractChanged = event(&receipt, world.whitelist);
    assert_eq!((named.account, named.isProtocolContract), (ALICE, true));
    assert_eq!(world.check(ALICE, ALL), Ok(()));
    world.run(OWNER, name(ALICE, false));
    assert_eq!(world.check(ALICE, HOLD), lacks(ALICE, HOLD, 0));
    world.decide(deny(ALICE));
}
