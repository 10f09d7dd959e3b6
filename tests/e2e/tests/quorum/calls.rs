//! Calls that are made, those that are not allowed, and the committee's call of itself.

use alloy::{
    primitives::{FixedBytes, U256},
    sol_types::{SolCall, SolError, SolValue},
};
use e2e::{
    committee::{Committee, Execute},
    event,
    Quorum::*,
    ALICE, BOB, MALLORY, OWNER,
};

use super::*;

fn allow(target: Address, selector: [u8; 4], allowed: bool) -> setAllowedCall {
    setAllowedCall {
        target,
        selector: selector.into(),
        allowed,
    }
}

/// The world where the committee may replace its own members.
fn self_governed() -> World {
    let mut world = World::new();
    let (quorum, selector) = (world.quorum, setMembersCall::SELECTOR);
    world.run(OWNER, allow(quorum, selector, true));
    world
}

#[test]
fn a_signed_call_is_made_by_whoever_hands_it_in() {
    let mut world = World::new();
    let nonce = world.nonce();
    assert_eq!(nonce, U256::from(1) << 128);
    let call = world.signed(world.message(42));
    let (returned, receipt) = world.run(MALLORY, call);
    assert_eq!(world.noted(), U256::from(42));
    // The callee saw the committee, and its answer comes back to the byte.
    let expected = [
        world.quorum.into_word().as_slice(),
        noteCall::SELECTOR.as_slice(),
    ]
    .concat();
    assert_eq!(returned, Bytes::from(expected));
    let executed: Executed = event(&receipt, world.quorum);
    assert_eq!(
        (executed.target, executed.selector.0, executed.nonce),
        (TARGET, noteCall::SELECTOR, nonce)
    );
    assert_eq!(world.nonce(), nonce + U256::from(1));

    let order = noteCall {
        number: U256::from(43),
    };
    let call = world
        .committee
        .order(&world.chain, world.quorum, TARGET, &order);
    world.run(ALICE, call);
    assert_eq!(world.noted(), U256::from(43));
}

#[test]
fn what_the_callee_refuses_is_handed_on_and_uses_no_nonce() {
    let mut world = World::new();
    let code = U256::from(77);
    let order = refuseCall { code };
    let call = world
        .committee
        .order(&world.chain, world.quorum, TARGET, &order);
    for _ in 0..2 {
        world.refuses(MALLORY, call.clone(), Refused { code });
    }
    // A target that accepts it later is still called with it.
    world.chain.set_code(TARGET, vec![0].into());
    let (returned, _) = world.run(MALLORY, call);
    assert!(returned.is_empty());
}

#[test]
fn a_callee_cannot_call_back() {
    let mut world = World::new();
    let call = world
        .committee
        .order(&world.chain, world.quorum, TARGET, &nosyCall {});
    let (returned, _) = world.run(MALLORY, call);
    let answered = nosyCall::abi_decode_returns(&returned).expect("a bool");
    assert!(!answered);
}

#[test]
fn an_account_without_code_is_not_called() {
    let mut world = World::new();
    let message = Execute {
        target: NOWHERE,
        ..world.message(1)
    };
    let call = world.signed(message);
    world.refuses(MALLORY, call.clone(), NoCode { account: NOWHERE });
    // It is looked for at the call and not before: a sibling may be allowed before it is deployed.
    world.chain.set_code(NOWHERE, vec![0].into());
    world.run(MALLORY, call);
}

#[test]
fn only_what_the_owner_allowed_is_called() {
    let mut world = World::new();
    let allowed = |world: &World, target, selector: [u8; 4]| {
        world.view(isAllowedCall {
            target,
            selector: selector.into(),
        })
    };
    assert!(allowed(&world, TARGET, noteCall::SELECTOR));
    assert!(!allowed(&world, TARGET, [1, 2, 3, 4]));
    assert!(!allowed(&world, ALICE, noteCall::SELECTOR));

    let elsewhere = Execute {
        target: ALICE,
        ..world.message(1)
    };
    let other_function = Execute {
        data: vec![1, 2, 3, 4].into(),
        ..world.message(1)
    };
    for message in [elsewhere, other_function] {
        let refusal = NotAllowed {
            target: message.target,
            selector: FixedBytes::from_slice(&message.data[..4]),
        };
        let call = world.signed(message);
        world.refuses(MALLORY, call, refusal);
    }

    let (_, receipt) = world.run(OWNER, allow(ALICE, [1, 2, 3, 4], true));
    let changed: AllowedChanged = event(&receipt, world.quorum);
    assert_eq!(
        (changed.target, changed.selector.0, changed.allowed),
        (ALICE, [1, 2, 3, 4], true)
    );
    assert!(allowed(&world, ALICE, [1, 2, 3, 4]));
    assert!(!allowed(&world, ALICE, [1, 2, 3, 5]) && !allowed(&world, BOB, [1, 2, 3, 4]));

    // What is allowed no longer is not called, signed or not.
    let call = world.signed(world.message(1));
    world.run(OWNER, allow(TARGET, noteCall::SELECTOR, false));
    let refusal = NotAllowed {
        target: TARGET,
        selector: noteCall::SELECTOR.into(),
    };
    world.refuses(MALLORY, call.clone(), refusal);
    world.run(OWNER, allow(TARGET, noteCall::SELECTOR, true));
    world.run(MALLORY, call);
}

#[test]
fn data_without_a_whole_selector_is_never_allowed() {
    let mut world = World::new();
    for selector in [[0; 4], [9, 8, 7, 0]] {
        world.run(OWNER, allow(TARGET, selector, true));
    }
    for data in [&[][..], &[0], &[0, 0, 0], &[9, 8, 7]] {
        let mut selector = FixedBytes::ZERO;
        selector[..data.len()].copy_from_slice(data);
        let message = Execute {
            data: data.to_vec().into(),
            ..world.message(1)
        };
        let call = world.signed(message);
        let refusal = NotAllowed {
            target: TARGET,
            selector,
        };
        world.refuses(MALLORY, call, refusal);
    }
    // Four bytes are one.
    let message = Execute {
        data: vec![9, 8, 7, 0].into(),
        ..world.message(1)
    };
    let call = world.signed(message);
    world.run(MALLORY, call);
}

#[test]
fn a_committee_may_replace_its_members_where_the_owner_allows_it() {
    let mut world = self_governed();
    let next = Committee::among(3..9);
    let order = setMembersCall {
        members: next.members(),
        quorum: U256::from(4),
    };
    let nonce = world.nonce();
    let call = world
        .committee
        .order(&world.chain, world.quorum, world.quorum, &order);
    let (returned, receipt) = world.run(MALLORY, call);
    assert!(returned.is_empty());
    let executed: Executed = event(&receipt, world.quorum);
    assert_eq!((executed.target, executed.nonce), (world.quorum, nonce));
    let changed: MembersChanged = event(&receipt, world.quorum);
    let after = (version(nonce) + U256::from(1)) << 128;
    assert_eq!(
        (changed.members, changed.quorum, changed.nonce),
        (next.members(), U256::from(4), after)
    );
    assert_eq!(world.nonce(), after);
    assert_eq!(world.view(membersCall {}), next.members());
    assert_eq!(world.view(quorumCall {}), U256::from(4));

    // The old members are out, the new ones act.
    let message = world.message(5);
    let old = Committee::new(3).members();
    assert!(!old
        .iter()
        .any(|account| world.view(isMemberCall { account: *account })));
    let hash = message.hash(world.quorum, world.chain_id());
    let signatures = e2e::committee::sign_in_order(Committee::new(5).keys(), hash);
    let first = Committee::new(5).members()[0];
    assert!(!next.members().contains(&first));
    world.refuses(
        MALLORY,
        message.clone().with(signatures),
        NotMember { signer: first },
    );
    world.committee = next;
    let call = world.signed_by(4, message);
    world.run(MALLORY, call);
    assert_eq!(world.noted(), U256::from(5));
}

#[test]
fn a_committee_that_is_not_allowed_to_cannot_replace_its_members() {
    let mut world = World::new();
    let order = setMembersCall {
        members: vec![MALLORY],
        quorum: U256::from(1),
    };
    let call = world
        .committee
        .order(&world.chain, world.quorum, world.quorum, &order);
    let refusal = || NotAllowed {
        target: DEPLOYED.quorum,
        selector: setMembersCall::SELECTOR.into(),
    };
    world.refuses(MALLORY, call, refusal());
    // Allowed once and no longer.
    let mut world = self_governed();
    let call = world
        .committee
        .order(&world.chain, world.quorum, world.quorum, &order);
    let withdraw = allow(world.quorum, setMembersCall::SELECTOR, false);
    world.run(OWNER, withdraw);
    world.refuses(MALLORY, call, refusal());
}

#[test]
fn a_committees_own_change_keeps_to_the_rules() {
    let mut world = self_governed();
    let members = world.committee.members();
    let descending = setMembersCall {
        members: vec![members[1], members[0]],
        quorum: U256::from(1),
    };
    let call = world
        .committee
        .order(&world.chain, world.quorum, world.quorum, &descending);
    let refusal = MembersNotAscending {
        previous: members[1],
        next: members[0],
    };
    world.refuses(MALLORY, call, refusal);
    // Undecodable arguments refuse as they would from outside.
    let message = Execute {
        target: world.quorum,
        data: setMembersCall::SELECTOR.into(),
        ..world.message(1)
    };
    let call = world.signed(message);
    let receipt = world.send(MALLORY, world.quorum, call.abi_encode());
    assert_eq!(
        (receipt.status.clone(), receipt.output.clone()),
        (ExecStatus::Revert, Bytes::new())
    );
    assert_eq!(world.view(membersCall {}), members);
}

#[test]
fn nothing_else_of_its_own_contract_can_be_allowed_to_a_committee() {
    let mut world = World::new();
    let selectors = [
        setAllowedCall::SELECTOR,
        executeCall::SELECTOR,
        initializeCall::SELECTOR,
        upgradeToAndCallCall::SELECTOR,
        transferOwnershipCall::SELECTOR,
        acceptOwnershipCall::SELECTOR,
        membersCall::SELECTOR,
    ];
    let target = world.quorum;
    for selector in selectors {
        let refusal = NotAllowed {
            target,
            selector: selector.into(),
        };
        world.refuses(OWNER, allow(target, selector, true), refusal);
        // Nor in the initialiser, where the contract's address is known beforehand.
        let own = OWNER.create(world.chain.pending_nonce(OWNER));
        let set_up = initializeCall {
            targets: vec![own],
            selectors: vec![selector.into()],
            ..world.set_up()
        };
        let refusal = NotAllowed {
            target: own,
            selector: selector.into(),
        };
        assert_eq!(world.deploy(set_up), Err(refusal.abi_encode().into()));
    }
    // A storage slot that says otherwise, as an upgrade might leave it, opens nothing either.
    let order = setAllowedCall {
        target: ALICE,
        selector: noteCall::SELECTOR.into(),
        allowed: true,
    };
    let selector = U256::from(u32::from_be_bytes(setAllowedCall::SELECTOR));
    let key = (U256::from_be_bytes(target.into_word().0) << 32) | selector;
    let slot = alloy::primitives::keccak256((key, U256::from(5)).abi_encode());
    let one = U256::from(1).into();
    world.chain.set_storage(target, slot.into(), one);
    assert!(world.view(isAllowedCall {
        target,
        selector: setAllowedCall::SELECTOR.into()
    }));
    let call = world.committee.order(&world.chain, target, target, &order);
    let refusal = NotAllowed {
        target,
        selector: setAllowedCall::SELECTOR.into(),
    };
    world.refuses(MALLORY, call, refusal);
}

#[test]
fn five_signatures_cost_little() {
    let mut world = World::new();
    let warm = world.signed_by(5, world.message(1));
    world.run(MALLORY, warm);
    let call = world.signed_by(5, world.message(2));
    let request = TxRequest::call(MALLORY, world.quorum, call.abi_encode());
    let outcome = world
        .chain
        .trace_call(&request, BlockId::latest(), &Overrides::default())
        .expect("a call");
    let trace = outcome.trace.expect("asked for");
    let frames = trace.frames();
    let of_target = frames.iter().find(|frame| frame.to == Some(TARGET));
    let callee = of_target.expect("called").gas_used;
    let own = outcome.gas_used + outcome.gas_refunded - callee;
    println!("five signatures: {own} gas besides the callee's {callee}");
    assert!(own < 90_000, "{own}");
}
