//! Rights: who asks for them, who gives them, and when they end.

use e2e::event;

use super::*;

#[test]
fn an_institution_applies_and_three_of_five_accept() {
    let mut world = World::new();
    let expiry = world.now() + YEAR;
    let (id, receipt) = world.run(ALICE, apply(BOB, STAKE | HOLD | REDEEM));
    assert_eq!(id, U256::from(1));
    let filed: ApplicationFiled = event(&receipt, world.whitelist);
    assert_eq!(
        (filed.id, filed.account, filed.applicant, filed.rights),
        (id, BOB, ALICE, STAKE | HOLD | REDEEM)
    );
    assert_eq!(filed.referenceHash, FILE);
    assert_eq!(world.check(BOB, STAKE), lacks(BOB, STAKE, 0));

    // Two are too few.
    let data: Bytes = accept(1, expiry).abi_encode().into();
    let message = e2e::committee::Execute {
        target: world.whitelist,
        data,
        nonce: U256::from(1) << 128,
        deadline: U256::MAX,
    };
    let chain_id = world.chain.config().chain_id;
    let signatures = world.members.sign(2, world.board, chain_id, &message);
    let order = message.with(signatures);
    let receipt = world.send(MALLORY, world.board, order.abi_encode());
    let refusal = Quorum::TooFewSignatures {
        given: U256::from(2),
        needed: U256::from(3),
    };
    assert_eq!(receipt.output, Bytes::from(refusal.abi_encode()));

    let receipt = world.decide(accept(1, expiry));
    let accepted: ApplicationAccepted = event(&receipt, world.whitelist);
    let changed: RightsChanged = event(&receipt, world.whitelist);
    assert_eq!(accepted.id, id);
    assert_eq!(
        (changed.account, changed.rights, changed.expiry),
        (BOB, STAKE | HOLD | REDEEM, time(expiry))
    );
    assert_eq!(changed.referenceHash, FILE);
    assert_eq!(world.check(BOB, STAKE | HOLD | REDEEM), Ok(()));
    assert_eq!(world.check(BOB, OPERATE), lacks(BOB, OPERATE, 7));
    let refusal = NotOpen { id, state: 2 };
    world.decision_refused(accept(1, expiry), refusal);

    world.run(MALLORY, apply(MALLORY, ALL));
    let turn_down = turnDownCall {
        ids: vec![U256::from(2)],
        reason: REASON,
    };
    let receipt = world.decide(turn_down);
    let turned_down: ApplicationTurnedDown = event(&receipt, world.whitelist);
    assert_eq!(
        (turned_down.id, turned_down.reason),
        (U256::from(2), REASON)
    );
    assert_eq!(world.check(MALLORY, HOLD), lacks(MALLORY, HOLD, 0));
}

#[test]
fn p33_expiry_ends_staking_holding_and_operating_but_never_redeeming() {
    let mut world = World::new();
    let expiry = world.now() + 90 * DAY;
    world.decide(rights(ALICE, ALL, expiry));
    world.decide(rights(BOB, STAKE | HOLD | OPERATE, expiry));
    world.wait_until(expiry - 1);
    assert_eq!((world.rights_of(ALICE), world.rights_of(BOB)), (15, 11));
    assert_eq!(world.check(ALICE, ALL), Ok(()));

    world.wait_until(expiry);
    assert_eq!((world.rights_of(ALICE), world.rights_of(BOB)), (REDEEM, 0));
    for right in [STAKE, HOLD, OPERATE] {
        let asked = lacks(ALICE, right, REDEEM);
        assert_eq!(world.check(ALICE, right), asked);
        assert_eq!(world.check(BOB, right), lacks(BOB, right, 0));
    }
    world.wait_until(expiry + 90 * DAY);
    assert_eq!(world.check(ALICE, REDEEM), Ok(()));
    assert_eq!(world.check(BOB, 0), Ok(()));
    // What was given is still known, and a renewal brings all of it back.
    let known = world.view(statusCall { account: ALICE });
    assert_eq!((known.rights, known.expiry), (ALL, time(expiry)));
    let expiry = world.now() + 90 * DAY;
    world.decide(renew(ALICE, expiry));
    assert_eq!(world.rights_of(ALICE), ALL);
    world.wait_until(expiry);
    assert_eq!(world.rights_of(ALICE), REDEEM);
    // A contract of the protocol has no expiry.
    assert_eq!(world.check(QUEUE, ALL), Ok(()));
}

#[test]
fn p33_rights_that_are_over_already_are_not_given() {
    let mut world = World::new();
    let start = world.now() + DAY;
    world.decide(rights(BOB, HOLD, start + YEAR));
    world.run(ALICE, apply(ALICE, STAKE));
    for call in [
        rights(ALICE, REDEEM, start).abi_encode(),
        accept(1, start).abi_encode(),
        renew(BOB, start).abi_encode(),
    ] {
        for (now, over) in [(start - 1, false), (start, true), (start + 1, true)] {
            let mut world = world.clone();
            let board = world.board;
            world.chain.impersonate(board);
            world.chain.set_balance(board, e2e::ETH);
            world.chain.set_next_timestamp(now).expect("later");
            let receipt = world.send(board, world.whitelist, call.clone());
            assert_eq!(receipt.success(), !over);
            if over {
                let refusal = ExpiryPassed {
                    asked: time(start),
                    now: time(now),
                };
                assert_eq!(receipt.output, Bytes::from(refusal.abi_encode()));
            }
        }
    }
}

#[test]
fn a_batch_of_accounts_costs_one_decision() {
    let mut world = World::new();
    let expiry = time(world.now() + YEAR);
    let accounts: Vec<Address> = (1..=100u64)
        .map(|n| U256::from(n + 0x1000))
        .map(account)
        .collect();
    let call = setRightsCall {
        accounts: accounts.clone(),
        rights: (0..100u8).map(|n| n % 16).collect(),
        expiries: vec![expiry; 100],
        referenceHashes: vec![FILE; 100],
    };
    let receipt = world.decide(call);
    println!("100 accounts in one decision: {} gas", receipt.gas_used);
    for (n, account) in (0..).zip(&accounts) {
        assert_eq!(world.rights_of(*account), n % 16);
    }
    let later = time(world.now() + 2 * YEAR);
    let call = renewCall {
        accounts: accounts[1..16].into(),
        expiry: later,
    };
    let receipt = world.decide(call);
    println!(
        "15 accounts renewed in one decision: {} gas",
        receipt.gas_used
    );
    for account in &accounts[1..16] {
        let known = world.view(statusCall { account: *account });
        assert_eq!((known.expiry, known.referenceHash), (later, FILE));
    }
    let page = accountsCall {
        from: U256::from(1),
        count: U256::from(1000),
    };
    assert_eq!(world.view(page), accounts);
}

fn account(number: U256) -> Address {
    Address::from_word(number.into())
}
