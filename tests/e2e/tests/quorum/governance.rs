//! Members and quorum, ownership, upgrades, set-up, and calldata that nobody would send.

use alloy::{
    primitives::{Address, Bytes, U256},
    sol_types::{SolCall, SolError},
};
use e2e::{committee::Committee, event, Quorum::*, ALICE, BOB, MALLORY, OWNER};

use super::*;

fn replace(members: Vec<Address>, quorum: u64) -> setMembersCall {
    setMembersCall {
        members,
        quorum: U256::from(quorum),
    }
}

#[test]
fn the_owner_replaces_members_in_full() {
    let mut world = World::new();
    let before = world.nonce();
    assert_eq!(world.view(membersCall {}), world.committee.members());
    // Fewer, more, most: each time exactly these, and nobody else.
    let everybody = Committee::new(40).members();
    for (step, numbers) in [0..3u64, 2..9, 8..40, 1..2].into_iter().enumerate() {
        let next = Committee::among(numbers);
        let quorum = next.members().len() as u64;
        let (_, receipt) = world.run(OWNER, replace(next.members(), quorum));
        let changed: MembersChanged = event(&receipt, world.quorum);
        let nonce = (version(before) + U256::from(step + 1)) << 128;
        assert_eq!(
            (changed.members, changed.quorum, changed.nonce),
            (next.members(), U256::from(quorum), nonce)
        );
        assert_eq!(world.view(membersCall {}), next.members());
        assert_eq!(world.view(quorumCall {}), U256::from(quorum));
        assert_eq!(world.nonce(), nonce);
        for account in &everybody {
            let is_member = world.view(isMemberCall { account: *account });
            assert_eq!(is_member, next.members().contains(account));
        }
    }
    assert!(!world.view(isMemberCall {
        account: Address::ZERO
    }));
}

#[test]
fn p26_members_and_quorum_keep_within_bounds() {
    let mut world = World::new();
    let members = world.committee.members();
    let (first, second) = (members[0], members[1]);
    let bounds = |asked, largest| QuorumOutOfBounds {
        asked,
        smallest: U256::from(1),
        largest: U256::from(largest),
    };
    let cases = [
        (replace(vec![], 0), bounds(U256::ZERO, 0)),
        (replace(vec![], 1), bounds(U256::from(1), 0)),
        (replace(members.clone(), 0), bounds(U256::ZERO, 5)),
        (replace(members.clone(), 6), bounds(U256::from(6), 5)),
        (
            setMembersCall {
                members: members.clone(),
                quorum: U256::MAX,
            },
            bounds(U256::MAX, 5),
        ),
        (
            setMembersCall {
                members: members.clone(),
                quorum: (U256::from(1) << 128) | U256::from(1),
            },
            bounds((U256::from(1) << 128) | U256::from(1), 5),
        ),
    ];
    for (call, refusal) in cases {
        world.refuses(OWNER, call, refusal);
    }
    let too_many = TooManyMembers {
        asked: U256::from(33),
        largest: U256::from(32),
    };
    world.refuses(OWNER, replace(Committee::new(33).members(), 3), too_many);
    for (previous, next) in [(first, first), (second, first)] {
        let call = replace(vec![previous, next], 1);
        world.refuses(OWNER, call, MembersNotAscending { previous, next });
    }
    for with_nobody in [vec![Address::ZERO], vec![Address::ZERO, first]] {
        world.refuses(OWNER, replace(with_nobody, 1), ZeroAddress {});
    }
    let nobody = setAllowedCall {
        target: Address::ZERO,
        selector: noteCall::SELECTOR.into(),
        allowed: true,
    };
    world.refuses(OWNER, nobody, ZeroAddress {});
    // Nothing of all this has changed anything.
    assert_eq!(world.view(membersCall {}), members);
    world.run(OWNER, replace(vec![first], 1));
}

#[test]
fn p26_only_the_owner_governs() {
    let mut world = World::new();
    let implementation = world.implementation;
    // Members have no other right than their signatures, and the committee's contract none over itself.
    for stranger in [MALLORY, world.committee.members()[0], world.quorum] {
        world.chain.impersonate(stranger);
        world.chain.set_balance(stranger, e2e::ETH);
        let only_owner = || OnlyOwner {
            caller: stranger,
            owner: OWNER,
        };
        world.refuses(stranger, replace(vec![stranger], 1), only_owner());
        let allow = setAllowedCall {
            target: TARGET,
            selector: noteCall::SELECTOR.into(),
            allowed: true,
        };
        world.refuses(stranger, allow, only_owner());
        let offer = transferOwnershipCall { newOwner: stranger };
        world.refuses(stranger, offer, only_owner());
        let upgrade = upgradeToAndCallCall {
            implementation,
            data: Bytes::new(),
        };
        world.refuses(stranger, upgrade, only_owner());
        let accept = OnlyPendingOwner {
            caller: stranger,
            pendingOwner: Address::ZERO,
        };
        world.refuses(stranger, acceptOwnershipCall {}, accept);
    }
    world.run(OWNER, transferOwnershipCall { newOwner: BOB });
    world.run(BOB, acceptOwnershipCall {});
    assert_eq!(world.view(ownerCall {}), BOB);
    let members = world.committee.members();
    world.run(BOB, replace(members, 2));
}

#[test]
fn p27_a_committee_is_set_up_once_and_never_without_a_proxy() {
    let mut world = World::new();
    let again = initializeCall {
        owner: MALLORY,
        members: vec![MALLORY],
        quorum: U256::from(1),
        ..world.set_up()
    };
    world.refuses(MALLORY, again.clone(), AlreadyInitialized {});
    world.refuses(OWNER, again.clone(), AlreadyInitialized {});
    let direct = world.send(MALLORY, world.implementation, again.abi_encode());
    assert_eq!(direct.output, Bytes::from(OnlyThroughProxy {}.abi_encode()));
    // Nor can the bare implementation be used, upgraded or given members.
    let replaced = replace(vec![MALLORY], 1).abi_encode();
    let direct = world.send(MALLORY, world.implementation, replaced);
    let refusal = OnlyOwner {
        caller: MALLORY,
        owner: Address::ZERO,
    };
    assert_eq!(direct.output, Bytes::from(refusal.abi_encode()));
    let call = executeCall {
        target: TARGET,
        data: noteCall::SELECTOR.into(),
        deadline: U256::MAX,
        signatures: Bytes::new(),
    };
    let direct = world.send(MALLORY, world.implementation, call.abi_encode());
    let refusal = NotAllowed {
        target: TARGET,
        selector: noteCall::SELECTOR.into(),
    };
    assert_eq!(direct.output, Bytes::from(refusal.abi_encode()));
}

#[test]
fn a_set_up_that_does_not_hold_is_refused() {
    let mut world = World::new();
    let good = world.set_up();
    let mut refused = |set_up: initializeCall, refusal: Vec<u8>| {
        assert_eq!(world.deploy(set_up), Err(refusal.into()));
    };
    let no_owner = initializeCall {
        owner: Address::ZERO,
        ..good.clone()
    };
    refused(no_owner, ZeroAddress {}.abi_encode());
    let no_quorum = initializeCall {
        quorum: U256::ZERO,
        ..good.clone()
    };
    let refusal = QuorumOutOfBounds {
        asked: U256::ZERO,
        smallest: U256::from(1),
        largest: U256::from(5),
    };
    refused(no_quorum, refusal.abi_encode());
    let uneven = initializeCall {
        selectors: good.selectors[..3].to_vec(),
        ..good.clone()
    };
    let refusal = LengthMismatch {
        targets: U256::from(4),
        selectors: U256::from(3),
    };
    refused(uneven, refusal.abi_encode());
    let no_target = initializeCall {
        targets: vec![TARGET, TARGET, TARGET, Address::ZERO],
        ..good
    };
    refused(no_target, ZeroAddress {}.abi_encode());
}

#[test]
fn p28_an_upgrade_keeps_the_state_and_voids_nothing() {
    let mut world = World::new();
    let mut wasm = std::fs::read(e2e::programs().join("quorum.wasm")).expect("built");
    wasm.extend([0, 4, 3, b'n', b'e', b'w']);
    let code = clay_chain::init_code(&stylus_vm::compress(&wasm));
    let created = world.chain.transact(TxRequest::create(OWNER, code));
    let implementation = created.expect("a creation").created.expect("created");
    let activate = e2e::ArbWasm::activateProgramCall {
        program: implementation,
    };
    let activate = TxRequest::call(OWNER, e2e::ARB_WASM, activate.abi_encode());
    let activated = world.chain.transact(activate.with_value(e2e::ETH));
    assert!(activated.expect("an activation").success());

    let call = world.signed(world.message(9));
    let upgrade = upgradeToAndCallCall {
        implementation,
        data: Bytes::new(),
    };
    let (_, receipt) = world.run(OWNER, upgrade);
    let upgraded: Upgraded = event(&receipt, world.quorum);
    assert_eq!(upgraded.implementation, implementation);
    assert_eq!(world.view(membersCall {}), world.committee.members());
    world.run(MALLORY, call);
    assert_eq!(world.noted(), U256::from(9));

    for implementation in [TARGET, ALICE, world.quorum] {
        let upgrade = upgradeToAndCallCall {
            implementation,
            data: Bytes::new(),
        };
        world.refuses(
            OWNER,
            upgrade,
            ERC1967InvalidImplementation { implementation },
        );
    }
}

#[test]
fn p43_calldata_that_does_not_decode_reverts_with_empty_data() {
    let mut world = World::new();
    let quorum = world.quorum;
    let good = world.signed(world.message(1)).abi_encode();
    let set_up = world.set_up().abi_encode();
    let members = replace(world.committee.members(), 3).abi_encode();
    let undecodable = |world: &World, from: Address, to: Address, data: Vec<u8>| {
        let request = TxRequest::call(from, to, data);
        let outcome = world
            .chain
            .trace_call(&request, BlockId::latest(), &Overrides::default())
            .expect("a call");
        assert_eq!(
            (outcome.status, outcome.output),
            (ExecStatus::Revert, Bytes::new())
        );
        let trace = outcome.trace.expect("asked for");
        let grew = trace.frames().into_iter().any(|frame| {
            let program = frame.stylus.as_ref();
            program.is_some_and(|program| program.page_gas > 0)
        });
        assert!(!grew, "memory grew");
    };
    // Shorter than a selector, and every good call cut off before its last array or bytes end. The last word of
    // signatures is filled up with zeros that nobody misses.
    undecodable(&world, ALICE, quorum, good[..3].to_vec());
    for (data, from, spare) in [
        (&good, ALICE, 29),
        (&set_up, ALICE, 0),
        (&members, OWNER, 0),
    ] {
        for end in (4..data.len() - spare).step_by(16) {
            undecodable(&world, from, quorum, data[..end].to_vec());
        }
    }
    // Arrays and bytes that claim to be long, or to begin far away. Words: offsets, then lengths.
    let huge = [
        U256::from(data_words(&good)),
        U256::from(u32::MAX) - U256::from(31),
        U256::from(u32::MAX),
        U256::from(u64::MAX),
        U256::from(1) << 255,
        U256::MAX,
    ];
    let places = [
        (&good, ALICE, vec![1, 3, 4, 7]),
        (&set_up, ALICE, vec![1, 3, 4, 5, 11, 16]),
        (&members, OWNER, vec![0, 2]),
    ];
    for (data, from, words) in places {
        for word in words {
            for claimed in huge {
                let mut data = data.clone();
                let at = 4 + word * 32;
                data[at..at + 32].copy_from_slice(&claimed.to_be_bytes::<32>());
                undecodable(&world, from, quorum, data);
            }
        }
    }
    // Something above an address, behind a selector, or a bool that is neither.
    let dirty = |data: &[u8], at: usize| {
        let mut data = data.to_vec();
        data[at] = 2;
        data
    };
    let allow = setAllowedCall {
        target: TARGET,
        selector: noteCall::SELECTOR.into(),
        allowed: true,
    };
    let allow = allow.abi_encode();
    for at in [4, 4 + 32 + 4, 4 + 64, 4 + 95] {
        undecodable(&world, OWNER, quorum, dirty(&allow, at));
    }
    undecodable(&world, OWNER, quorum, dirty(&members, 4 + 3 * 32));
    // No function takes value, and there is none without a name.
    for data in [good.clone(), members, vec![]] {
        let request = TxRequest::call(OWNER, quorum, data).with_value(U256::from(1));
        let receipt = world.chain.transact(request).expect("a transaction");
        assert_eq!(
            (receipt.status.clone(), receipt.output.clone()),
            (ExecStatus::Revert, Bytes::new())
        );
    }
    let unknown = world.send(ALICE, quorum, vec![1, 2, 3, 4]);
    let refusal = UnknownFunction {
        selector: [1, 2, 3, 4].into(),
    };
    assert_eq!(unknown.output, Bytes::from(refusal.abi_encode()));
    let receipt = world.send(ALICE, quorum, good);
    assert!(receipt.success());
}

/// One more than the words that calldata has behind its selector.
fn data_words(calldata: &[u8]) -> u64 {
    (calldata.len() as u64) / 32 * 32 + 1
}
