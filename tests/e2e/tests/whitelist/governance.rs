//! Roles, set-up, upgrades, the Board's own members, calldata that nobody would send, and what a check costs.

use e2e::event;

use super::*;

/// Most gas of a check of nobody: the proxy, and the start of a program that is in no cache.
const CHECK_GAS: u64 = 21_000;

#[test]
fn p26_every_function_refuses_every_other_role() {
    let mut world = World::new();
    let (board, expiry) = (world.board, world.now() + YEAR);
    world.run(MALLORY, apply(ALICE, STAKE));
    let turn_down = turnDownCall {
        ids: vec![U256::from(1)],
        reason: REASON,
    };
    let set_board = setBoardCall { board: BOB };
    let appoint = setComplianceOfficerCall {
        complianceOfficer: BOB,
    };
    let upgrade = upgradeToAndCallCall {
        implementation: world.implementation,
        data: Bytes::new(),
    };
    let offer = transferOwnershipCall { newOwner: BOB };
    let governed: [(Address, Vec<u8>); 12] = [
        (board, rights(ALICE, ALL, expiry).abi_encode()),
        (board, accept(1, expiry).abi_encode()),
        (board, turn_down.abi_encode()),
        (board, renew(ALICE, expiry).abi_encode()),
        (board, deny(ALICE).abi_encode()),
        (OFFICER, deny_in_emergency(ALICE).abi_encode()),
        (OWNER, lift(ALICE).abi_encode()),
        (OWNER, set_board.abi_encode()),
        (OWNER, appoint.abi_encode()),
        (OWNER, name(ALICE, true).abi_encode()),
        (OWNER, upgrade.abi_encode()),
        (OWNER, offer.abi_encode()),
    ];
    let member = world.members.members()[0];
    for caller in [
        OWNER,
        board,
        OFFICER,
        MALLORY,
        ALICE,
        member,
        QUEUE,
        world.whitelist,
    ] {
        world.chain.impersonate(caller);
        world.chain.set_balance(caller, e2e::ETH);
        for (role, call) in &governed {
            if caller == *role {
                continue;
            }
            let refusal = match *role {
                OWNER => OnlyOwner {
                    caller,
                    owner: OWNER,
                }
                .abi_encode(),
                OFFICER => OnlyComplianceOfficer {
                    caller,
                    complianceOfficer: OFFICER,
                }
                .abi_encode(),
                _ => OnlyBoard { caller, board }.abi_encode(),
            };
            let receipt = world.send(caller, world.whitelist, call.clone());
            assert_eq!(receipt.status, ExecStatus::Revert);
            assert_eq!(receipt.output, Bytes::from(refusal));
        }
        let accept = OnlyPendingOwner {
            caller,
            pendingOwner: Address::ZERO,
        };
        world.refuses(caller, acceptOwnershipCall {}, accept);
    }
    assert_eq!(world.view(accountCountCall {}), U256::from(1));

    // Each role's own are taken, each with its event; the Board's and the officer's have tests of their own.
    let (_, receipt) = world.run(OWNER, setBoardCall { board: BOB });
    let changed: BoardChanged = event(&receipt, world.whitelist);
    assert_eq!((changed.previous, changed.current), (board, BOB));
    assert_eq!(world.view(boardCall {}), BOB);
    world.run(BOB, rights(ALICE, ALL, expiry));
    world.decision_refused(
        rights(ALICE, 0, 0),
        OnlyBoard {
            caller: board,
            board: BOB,
        },
    );
    let appoint = setComplianceOfficerCall {
        complianceOfficer: MALLORY,
    };
    let (_, receipt) = world.run(OWNER, appoint);
    let changed: ComplianceOfficerChanged = event(&receipt, world.whitelist);
    assert_eq!((changed.previous, changed.current), (OFFICER, MALLORY));
    assert_eq!(world.view(complianceOfficerCall {}), MALLORY);
    world.run(MALLORY, deny_in_emergency(ALICE));
    world.run(OWNER, transferOwnershipCall { newOwner: BOB });
    world.run(BOB, acceptOwnershipCall {});
    assert_eq!(world.view(ownerCall {}), BOB);
    world.run(BOB, lift(ALICE));
}

#[test]
fn p26_nobody_is_appointed_and_nobody_is_named() {
    let mut world = World::new();
    let nobody = Address::ZERO;
    world.refuses(OWNER, setBoardCall { board: nobody }, ZeroAddress {});
    let appoint = setComplianceOfficerCall {
        complianceOfficer: nobody,
    };
    world.refuses(OWNER, appoint, ZeroAddress {});
    world.refuses(OWNER, name(nobody, true), ZeroAddress {});
    world.refuses(OWNER, lift(nobody), ZeroAddress {});
    world.refuses(ALICE, apply(nobody, HOLD), ZeroAddress {});
    let expiry = world.now() + YEAR;
    world.decision_refused(rights(nobody, HOLD, expiry), ZeroAddress {});
    world.decision_refused(renew(nobody, expiry), ZeroAddress {});
    for asked in [16, 0xff] {
        let refusal = || UnknownRights { asked, all: ALL };
        world.decision_refused(rights(ALICE, asked, expiry), refusal());
        world.refuses(ALICE, apply(ALICE, asked), refusal());
    }
    assert_eq!(world.view(accountCountCall {}), U256::from(1));
}

#[test]
fn p27_it_is_set_up_once_and_never_without_a_proxy() {
    let mut world = World::new();
    let again = initializeCall {
        owner: MALLORY,
        board: MALLORY,
        ..world.set_up()
    };
    for caller in [MALLORY, OWNER] {
        world.refuses(caller, again.clone(), AlreadyInitialized {});
    }
    let direct = world.send(MALLORY, world.implementation, again.abi_encode());
    assert_eq!(direct.output, Bytes::from(OnlyThroughProxy {}.abi_encode()));
    let set_board = setBoardCall { board: MALLORY };
    let direct = world.send(MALLORY, world.implementation, set_board.abi_encode());
    let refusal = OnlyOwner {
        caller: MALLORY,
        owner: Address::ZERO,
    };
    assert_eq!(direct.output, Bytes::from(refusal.abi_encode()));

    let good = world.set_up();
    for bad in [
        initializeCall {
            owner: Address::ZERO,
            ..good.clone()
        },
        initializeCall {
            board: Address::ZERO,
            ..good.clone()
        },
        initializeCall {
            complianceOfficer: Address::ZERO,
            ..good.clone()
        },
        initializeCall {
            protocolContracts: vec![QUEUE, Address::ZERO],
            ..good.clone()
        },
    ] {
        let refused = world.create(world.implementation, &bad);
        assert_eq!(refused, Err(ZeroAddress {}.abi_encode().into()));
    }
}

#[test]
fn p28_an_upgrade_keeps_what_is_known() {
    let mut world = World::new();
    let expiry = world.now() + YEAR;
    world.decide(rights(ALICE, ALL, expiry));
    world.decide(rights(BOB, HOLD, expiry));
    world.decide(deny(BOB));
    world.run(OFFICER, deny_in_emergency(MALLORY));
    world.run(MALLORY, apply(MALLORY, ALL));
    let known = |world: &World| {
        let status = |account| statusCall::abi_encode_returns(&world.view(statusCall { account }));
        let id = U256::from(1);
        let filed = world.view(applicationCall { id });
        let all = accountsCall {
            from: U256::ZERO,
            count: U256::MAX,
        };
        (
            [ALICE, BOB, MALLORY, QUEUE].map(status),
            applicationCall::abi_encode_returns(&filed),
            world.view(all),
            world.view(boardCall {}),
        )
    };
    let before = known(&world);

    let mut wasm = std::fs::read(e2e::programs().join("kyc-whitelist.wasm")).expect("built");
    wasm.extend([0, 4, 3, b'n', b'e', b'w']);
    let implementation = world.chain.deploy_program(OWNER, &wasm).expect("a program");
    let upgrade = upgradeToAndCallCall {
        implementation,
        data: Bytes::new(),
    };
    let (_, receipt) = world.run(OWNER, upgrade);
    let upgraded: Upgraded = event(&receipt, world.whitelist);
    assert_eq!(upgraded.implementation, implementation);
    assert_eq!(known(&world), before);
    world.decide(accept(1, expiry));
    for implementation in [ALICE, world.board, world.whitelist] {
        let upgrade = upgradeToAndCallCall {
            implementation,
            data: Bytes::new(),
        };
        let refusal = ERC1967InvalidImplementation { implementation };
        world.refuses(OWNER, upgrade, refusal);
    }
}

#[test]
fn the_board_admits_a_member_by_its_own_vote() {
    let mut world = World::new();
    let expiry = world.now() + YEAR;
    // Signed before, handed in after: what the old Board signed is void.
    let board = world.board;
    let stale = world.members.order(
        &world.chain,
        board,
        world.whitelist,
        &rights(BOB, ALL, expiry),
    );
    let next = Committee::new(6);
    let admit = setMembersCall {
        members: next.members(),
        quorum: U256::from(4),
    };
    let order = world.members.order(&world.chain, board, board, &admit);
    let receipt = world.send(MALLORY, board, order.abi_encode());
    assert!(receipt.success(), "{}", receipt.output);
    let receipt = world.send(MALLORY, board, stale.abi_encode());
    assert!(!receipt.success());
    assert_eq!(world.rights_of(BOB), 0);

    // The new member is among the four who sign now, and without it they are too few.
    let newcomer = Committee::among(5..6).members()[0];
    let four: Vec<u64> = (0..6)
        .filter(|number| {
            let member = Committee::among(*number..number + 1).members()[0];
            member == newcomer || *number < 3
        })
        .collect();
    assert_eq!(four, [0, 1, 2, 5]);
    world.members = Committee::among(four);
    world.decide(rights(ALICE, HOLD, expiry));
    assert_eq!(world.rights_of(ALICE), HOLD);
    let message = e2e::committee::Execute {
        target: world.whitelist,
        data: deny(ALICE).abi_encode().into(),
        nonce: (U256::from(2) << 128) | U256::from(1),
        deadline: U256::MAX,
    };
    let chain_id = world.chain.config().chain_id;
    let three = Committee::among(0..3).sign(3, board, chain_id, &message);
    let receipt = world.send(MALLORY, board, message.with(three).abi_encode());
    let refusal = Quorum::TooFewSignatures {
        given: U256::from(3),
        needed: U256::from(4),
    };
    assert_eq!(receipt.output, Bytes::from(refusal.abi_encode()));
    // Nobody is admitted by anyone else.
    world.chain.impersonate(newcomer);
    world.chain.set_balance(newcomer, e2e::ETH);
    let receipt = world.send(newcomer, board, admit.abi_encode());
    let refusal = OnlyOwner {
        caller: newcomer,
        owner: OWNER,
    };
    assert_eq!(receipt.output, Bytes::from(refusal.abi_encode()));
}

#[test]
fn p43_calldata_that_does_not_decode_reverts_with_empty_data() {
    let mut world = World::new();
    let (board, expiry) = (world.board, world.now() + YEAR);
    world.run(ALICE, apply(ALICE, HOLD));
    let undecodable = |world: &World, from: Address, data: Vec<u8>| {
        let request = TxRequest::call(from, world.whitelist, data);
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
    let many = setRightsCall {
        accounts: vec![ALICE, BOB],
        rights: vec![HOLD; 2],
        expiries: vec![time(expiry); 2],
        referenceHashes: vec![FILE; 2],
    };
    // Calls with the words that are offsets or lengths.
    let calls = [
        (board, many.abi_encode(), vec![0, 1, 2, 3, 4, 7, 10, 13]),
        (board, accept(1, expiry).abi_encode(), vec![0, 1, 2, 4]),
        (board, renew(ALICE, expiry).abi_encode(), vec![0, 2]),
        (board, deny(ALICE).abi_encode(), vec![0, 2]),
        (OFFICER, deny_in_emergency(ALICE).abi_encode(), vec![0, 2]),
        (OWNER, lift(ALICE).abi_encode(), vec![0, 2]),
        (MALLORY, world.set_up().abi_encode(), vec![3, 4]),
    ];
    let claims = [
        U256::from(u32::MAX) - U256::from(31),
        U256::from(u32::MAX),
        U256::from(u64::MAX),
        U256::from(1) << 255,
        U256::MAX,
    ];
    for (from, data, words) in calls {
        for end in (4..data.len()).step_by(16) {
            undecodable(&world, from, data[..end].to_vec());
        }
        for word in words {
            for claimed in claims {
                let mut data = data.clone();
                let at = 4 + word * 32;
                data[at..at + 32].copy_from_slice(&claimed.to_be_bytes::<32>());
                undecodable(&world, from, data);
            }
        }
    }
    // A page is as long as the list at most, whatever is claimed.
    let page = accountsCall {
        from: U256::ZERO,
        count: U256::from(1u64 << 32),
    };
    assert_eq!(world.view(page), [QUEUE]);
    // No function takes value, and there is none without a name.
    for data in [many.abi_encode(), apply(BOB, HOLD).abi_encode(), vec![]] {
        world.chain.impersonate(board);
        world.chain.set_balance(board, e2e::ETH);
        let request = TxRequest::call(board, world.whitelist, data).with_value(U256::from(1));
        let receipt = world.chain.transact(request).expect("a transaction");
        assert_eq!(
            (receipt.status.clone(), receipt.output.clone()),
            (ExecStatus::Revert, Bytes::new())
        );
    }
    let unknown = world.send(ALICE, world.whitelist, vec![1, 2, 3, 4]);
    let refusal = UnknownFunction {
        selector: [1, 2, 3, 4].into(),
    };
    assert_eq!(unknown.output, Bytes::from(refusal.abi_encode()));
    world.decide(many);
}

#[test]
fn a_check_reads_one_slot_an_account() {
    let mut world = World::new();
    let expiry = world.now() + YEAR;
    for account in [ALICE, BOB, MALLORY] {
        world.decide(rights(account, ALL, expiry));
    }
    let gas = |accounts: [Address; 3]| {
        let call = checkCall {
            accounts,
            rights: [ALL; 3],
        };
        let request = TxRequest::call(ALICE, world.whitelist, call.abi_encode());
        let outcome = world
            .chain
            .trace_call(&request, BlockId::latest(), &Overrides::default())
            .expect("a call");
        assert!(outcome.status.is_success());
        let trace = outcome.trace.expect("asked for");
        let frames = trace.frames();
        let of_proxy = frames
            .iter()
            .find(|frame| frame.to == Some(world.whitelist));
        of_proxy.expect("called").gas_used
    };
    let nobody = Address::ZERO;
    let of = [
        gas([nobody; 3]),
        gas([ALICE, nobody, nobody]),
        gas([ALICE, BOB, nobody]),
        gas([ALICE, BOB, MALLORY]),
        gas([ALICE, ALICE, ALICE]),
    ];
    println!("a check of none, one, two and three accounts, and of one thrice: {of:?} gas");
    for pair in of[..4].windows(2) {
        let another = pair[1] - pair[0];
        assert!((2_100..2_500).contains(&another), "{another}");
    }
    assert!(of[4] - of[1] < 800, "a slot is paid for once");
    assert!(of[0] < CHECK_GAS, "{}", of[0]);
}
