//! Pause, ownership, parameters and upgrades on the real WASM.

use alloy::{
    primitives::{uint, Address, Bytes, B256, U256},
    sol_types::{SolCall, SolError},
};
use clay_chain::ExecStatus;
use e2e::{
    event, from_gateway,
    CsEthToken::{self, OnlyStakeManager},
    FlashExitPool, IcsEthToken, OperatorRegistry, Pool, ProtectionPool,
    StakeManager::*,
    UnstakeQueue, ALICE, BOB, ETH, GATEWAY, GUARDIAN, MALLORY, OWNER, SMALLEST, TREASURY,
};

const NONE: U256 = U256::ZERO;
const DAY: u64 = 24 * 60 * 60;

/// ERC-1967.
const IMPLEMENTATION_SLOT: U256 =
    uint!(0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc_U256);

fn deposit(assets: U256) -> deposit_0Call {
    deposit_0Call {
        assets,
        receiver: ALICE,
    }
}

#[test]
fn p27_initialisers_run_once_and_only_where_they_belong() {
    let mut pool = Pool::new();
    let again = initializeCall {
        owner: MALLORY,
        guardian: MALLORY,
        token: pool.token,
        gateway: MALLORY,
        facet: pool.facet,
        whitelist: Address::ZERO,
        smallestDeposit: SMALLEST,
        siblings: Siblings {
            unstakeQueue: MALLORY,
            protectionPool: MALLORY,
            operatorRegistry: MALLORY,
            oracleCommittee: MALLORY,
            acknowledger: MALLORY,
            rewardsDistributor: MALLORY,
            treasury: MALLORY,
            flashExitPool: MALLORY,
        },
    };
    pool.refuses(
        MALLORY,
        pool.manager,
        NONE,
        again.clone(),
        AlreadyInitialized {},
    );
    pool.refuses(
        MALLORY,
        pool.implementation,
        NONE,
        again.clone(),
        OnlyThroughProxy {},
    );
    pool.refuses(MALLORY, pool.facet, NONE, again, OnlyThroughProxy {});
    let token = CsEthToken::initializeCall {
        owner: MALLORY,
        stakeManager: MALLORY,
        name: B256::ZERO,
        symbol: B256::ZERO,
    };
    pool.refuses(
        MALLORY,
        pool.token,
        NONE,
        token,
        CsEthToken::AlreadyInitialized {},
    );
    assert_eq!(pool.view(pool.manager, ownerCall {}), OWNER);
}

/// Empties a slot of a contract. The one that tells whether it has been set up lets it be set up again.
fn forget(pool: &mut Pool, (contract, slot): (Address, u64)) {
    let slot = U256::from(slot);
    pool.chain.set_storage(contract, slot, B256::ZERO);
}

/// The calls that set a pool's contracts up with a whitelist, and what each has to forget to be set up again.
fn set_ups(pool: &Pool, whitelist: Address) -> [((Address, u64), Vec<u8>); 4] {
    let (owner, guardian) = (OWNER, GUARDIAN);
    let manager = initializeCall {
        owner,
        guardian,
        token: pool.token,
        gateway: GATEWAY,
        facet: pool.facet,
        whitelist,
        smallestDeposit: SMALLEST,
        siblings: Siblings {
            unstakeQueue: pool.queue,
            protectionPool: pool.protection,
            operatorRegistry: pool.registry,
            oracleCommittee: pool.committee,
            acknowledger: pool.acknowledger,
            rewardsDistributor: TREASURY,
            treasury: TREASURY,
            flashExitPool: pool.flash,
        },
    };
    let queue = UnstakeQueue::initializeCall {
        owner,
        guardian,
        stakeManager: pool.manager,
        token: pool.token,
        orderImage: pool.image,
        whitelist,
    };
    let flash = FlashExitPool::initializeCall {
        owner,
        guardian,
        stakeManager: pool.manager,
        monthlyAllowance: ETH,
        whitelist,
    };
    let token = IcsEthToken::initializeCall {
        owner,
        stakeManager: pool.manager,
        name: B256::ZERO,
        symbol: B256::ZERO,
        whitelist,
        policy: 1,
    };
    [
        ((pool.manager, 1), manager.abi_encode()),
        ((pool.queue, 2), queue.abi_encode()),
        ((pool.flash, 0), flash.abi_encode()),
        ((pool.token, 7), token.abi_encode()),
    ]
}

#[test]
fn what_is_set_up_takes_for_its_whitelist_only_what_answers_as_one_and_tells_of_it() {
    let mut pool = Pool::institutional();
    let whitelist = pool.whitelist;
    let [silent, talkative] = [0x51, 0x7a].map(Address::repeat_byte);
    // STOP; and PUSH1 64 PUSH1 0 RETURN: nothing, and two words.
    let codes: [(Address, &[u8]); 2] = [(silent, &[0]), (talkative, &[0x60, 64, 0x60, 0, 0xf3])];
    for (contract, code) in codes {
        pool.chain.set_code(contract, Bytes::from_static(code));
    }
    // SHA-256 answers one word to anything, and has no code.
    let without_code = [ALICE, Address::with_last_byte(2)];
    for account in without_code {
        for (place, call) in set_ups(&pool, account) {
            forget(&mut pool, place);
            let receipt = pool.send(MALLORY, place.0, NONE, call);
            assert_eq!(receipt.output, NoCode { account }.abi_encode());
        }
    }
    for named in [pool.queue, silent, talkative] {
        for (place, call) in set_ups(&pool, named) {
            // A contract cannot ask itself.
            if place.0 != named {
                let receipt = pool.send(MALLORY, place.0, NONE, call);
                assert_eq!(receipt.output, NotAWhitelist { named }.abi_encode());
            }
        }
    }
    for (place, call) in set_ups(&pool, whitelist) {
        let receipt = pool.send(MALLORY, place.0, NONE, call);
        assert!(receipt.success(), "{}", receipt.output);
        let told: WhitelistNamed = event(&receipt, place.0);
        assert_eq!(told.whitelist, whitelist);
    }

    // Without one there is nothing to tell, and no allowance.
    let flash = pool.flash;
    let alone = FlashExitPool::initializeCall {
        owner: OWNER,
        guardian: GUARDIAN,
        stakeManager: pool.manager,
        monthlyAllowance: ETH,
        whitelist: Address::ZERO,
    };
    for slot in [0, 1] {
        forget(&mut pool, (flash, slot));
    }
    let refusal = FlashExitPool::AllowanceWithoutWhitelist { asked: ETH };
    pool.refuses(MALLORY, flash, NONE, alone, refusal);
}

#[test]
fn p26_every_governed_function_refuses_strangers() {
    let mut pool = Pool::new();
    let (manager, implementation) = (pool.manager, pool.implementation);
    for stranger in [MALLORY, GUARDIAN] {
        let only_owner = || OnlyOwner {
            caller: stranger,
            owner: OWNER,
        };
        pool.refuses(
            stranger,
            manager,
            NONE,
            setGuardianCall { guardian: stranger },
            only_owner(),
        );
        pool.refuses(stranger, manager, NONE, rearmGuardianCall {}, only_owner());
        pool.refuses(stranger, manager, NONE, unpauseCall {}, only_owner());
        pool.refuses(
            stranger,
            manager,
            NONE,
            setParameterCall {
                id: 0,
                value: SMALLEST,
            },
            only_owner(),
        );
        pool.refuses(
            stranger,
            manager,
            NONE,
            transferOwnershipCall { newOwner: stranger },
            only_owner(),
        );
        let upgrade = upgradeToAndCallCall {
            implementation,
            data: Bytes::new(),
        };
        pool.refuses(stranger, manager, NONE, upgrade, only_owner());
        let upgrade = upgradeWithFacetCall {
            implementation,
            facet: pool.facet,
            data: Bytes::new(),
        };
        pool.refuses(stranger, manager, NONE, upgrade, only_owner());
        let accept = OnlyPendingOwner {
            caller: stranger,
            pendingOwner: Address::ZERO,
        };
        pool.refuses(stranger, manager, NONE, acceptOwnershipCall {}, accept);

        let only_owner = || CsEthToken::OnlyOwner {
            caller: stranger,
            owner: OWNER,
        };
        let point = CsEthToken::setStakeManagerCall {
            stakeManager: stranger,
        };
        pool.refuses(stranger, pool.token, NONE, point, only_owner());
        let mint = CsEthToken::mintCall {
            to: stranger,
            shares: ETH,
        };
        let offer = CsEthToken::transferOwnershipCall { newOwner: stranger };
        pool.refuses(stranger, pool.token, NONE, offer, only_owner());
        let burn = CsEthToken::burnCall {
            from: ALICE,
            shares: ETH,
        };
        let refusal = CsEthToken::OnlyStakeManager {
            caller: stranger,
            stakeManager: manager,
        };
        pool.refuses(stranger, pool.token, NONE, burn, refusal);
        let refusal = CsEthToken::OnlyStakeManager {
            caller: stranger,
            stakeManager: manager,
        };
        pool.refuses(stranger, pool.token, NONE, mint, refusal);
    }
    let refusal = OnlyGuardian {
        caller: MALLORY,
        guardian: GUARDIAN,
        owner: OWNER,
    };
    pool.refuses(MALLORY, manager, NONE, pauseCall {}, refusal);
}

#[test]
fn p26_the_other_contracts_refuse_strangers() {
    let mut pool = Pool::new();
    let Pool {
        queue,
        flash,
        protection,
        registry,
        manager,
        committee,
        ..
    } = pool;
    for caller in [MALLORY, GUARDIAN, manager] {
        pool.chain.impersonate(caller);
        pool.chain.set_balance(caller, ETH);
        let only_owner = OnlyOwner {
            caller,
            owner: OWNER,
        };
        let owned: [(Address, Vec<u8>); 21] = [
            (queue, setGuardianCall { guardian: caller }.abi_encode()),
            (queue, rearmGuardianCall {}.abi_encode()),
            (queue, unpauseCall {}.abi_encode()),
            (
                queue,
                UnstakeQueue::setOrderImageCall { orderImage: queue }.abi_encode(),
            ),
            (
                queue,
                UnstakeQueue::setOrderLimitsCall {
                    smallest: ETH,
                    largest: ETH * U256::from(100),
                }
                .abi_encode(),
            ),
            (
                queue,
                UnstakeQueue::setCancelCostsCall {
                    beforeDue: U256::from(5),
                    afterDue: U256::from(25),
                }
                .abi_encode(),
            ),
            (
                queue,
                transferOwnershipCall { newOwner: caller }.abi_encode(),
            ),
            (flash, setGuardianCall { guardian: caller }.abi_encode()),
            (flash, rearmGuardianCall {}.abi_encode()),
            (flash, unpauseCall {}.abi_encode()),
            (
                flash,
                FlashExitPool::setFeesCall {
                    min: U256::from(1),
                    max: U256::from(1),
                }
                .abi_encode(),
            ),
            (
                flash,
                FlashExitPool::setLimitsCall {
                    lowWatermark: NONE,
                    capacity: NONE,
                    refill: NONE,
                    largest: NONE,
                }
                .abi_encode(),
            ),
            (
                flash,
                FlashExitPool::setTreasuryPartCall { basisPoints: NONE }.abi_encode(),
            ),
            (
                flash,
                FlashExitPool::setMonthlyAllowanceCall { assets: NONE }.abi_encode(),
            ),
            (
                protection,
                ProtectionPool::withdrawCall {
                    shares: NONE,
                    receiver: caller,
                }
                .abi_encode(),
            ),
            (
                protection,
                ProtectionPool::setCoverCapCall { basisPoints: NONE }.abi_encode(),
            ),
            (
                registry,
                OperatorRegistry::setTargetsCall { targets: [0; 9] }.abi_encode(),
            ),
            (
                registry,
                OperatorRegistry::setParameterCall { id: 0, value: NONE }.abi_encode(),
            ),
            (
                registry,
                OperatorRegistry::setRewardsDistributorCall {
                    rewardsDistributor: caller,
                }
                .abi_encode(),
            ),
            (
                registry,
                OperatorRegistry::setRelayCall {
                    relay: B256::ZERO,
                    allowed: true,
                }
                .abi_encode(),
            ),
            (
                manager,
                setSiblingCall {
                    id: 0,
                    current: queue,
                }
                .abi_encode(),
            ),
        ];
        let upgrade = upgradeToAndCallCall {
            implementation: pool.implementation,
            data: Bytes::new(),
        };
        let upgrades = [queue, flash, protection, registry, committee]
            .map(|contract| (contract, upgrade.abi_encode()));
        for (contract, call) in owned.into_iter().chain(upgrades) {
            let receipt = pool.send(caller, contract, NONE, call);
            assert_eq!(receipt.output, Bytes::from(only_owner.abi_encode()));
        }
        if caller == manager {
            continue;
        }
        let only_manager = OnlyStakeManager {
            caller,
            stakeManager: manager,
        };
        for (contract, call) in [
            (
                queue,
                UnstakeQueue::noteReportCall { slotTime: NONE }.abi_encode(),
            ),
            (
                queue,
                UnstakeQueue::finaliseCall {
                    upTo: NONE,
                    finalShares: NONE,
                    assets: NONE,
                    shares: NONE,
                }
                .abi_encode(),
            ),
            (flash, FlashExitPool::topUpCall {}.abi_encode()),
            (
                protection,
                ProtectionPool::coverCall { shares: NONE }.abi_encode(),
            ),
            (
                registry,
                OperatorRegistry::fundCall {
                    count: NONE,
                    rateAssets: NONE,
                    rateShares: NONE,
                }
                .abi_encode(),
            ),
            (
                registry,
                OperatorRegistry::requestExitsCall { assets: NONE }.abi_encode(),
            ),
        ] {
            let receipt = pool.send(caller, contract, NONE, call);
            assert_eq!(receipt.output, Bytes::from(only_manager.abi_encode()));
        }
        let confirm = Pool::exited(&[]);
        let only_committee = OperatorRegistry::OnlyOracleCommittee {
            caller,
            oracleCommittee: committee,
        };
        pool.refuses(caller, registry, NONE, confirm, only_committee);
        let only_flash = || OnlySibling {
            caller,
            allowed: flash,
        };
        let redeem = redeemFromReserveCall {
            owner: ALICE,
            shares: NONE,
            minFee: NONE,
            maxFee: NONE,
            treasuryPart: NONE,
            feesKept: NONE,
            allowance: NONE,
        };
        pool.refuses(caller, manager, NONE, redeem, only_flash());
        pool.refuses(caller, manager, NONE, returnReserveCall {}, only_flash());
        let fees = FlashExitPool::withdrawFeesCall { receiver: caller };
        let only_treasury = FlashExitPool::OnlyTreasury {
            caller,
            treasury: TREASURY,
        };
        pool.refuses(caller, flash, NONE, fees, only_treasury);
    }
}

#[test]
fn p29_a_pause_stops_deposits_and_nothing_else() {
    let mut pool = Pool::new();
    pool.deposit(ALICE, ETH);
    let (_, receipt) = pool.run(GUARDIAN, pool.manager, NONE, pauseCall {});
    let paused: Paused = event(&receipt, pool.manager);
    let until = pool.chain.timestamp() + 14 * DAY;
    assert_eq!(paused.until, U256::from(until));

    let refusal = || EnforcedPause {
        until: U256::from(until),
    };
    pool.refuses(ALICE, pool.manager, ETH, deposit(ETH), refusal());
    let plain = pool.send(ALICE, pool.manager, ETH, vec![]);
    assert_eq!(plain.status, ExecStatus::Revert);
    // The guardian can neither start it again nor pause once more.
    pool.refuses(
        GUARDIAN,
        pool.manager,
        NONE,
        pauseCall {},
        GuardianPauseSpent {},
    );
    pool.refuses(
        GUARDIAN,
        pool.manager,
        NONE,
        unpauseCall {},
        OnlyOwner {
            caller: GUARDIAN,
            owner: OWNER,
        },
    );

    // ETH that returns and transfers of shares go on.
    let delivery = pool
        .chain
        .deliver(from_gateway(&pool, ETH))
        .expect("a message");
    assert!(pool
        .chain
        .receipt(delivery.redeem_hash.expect("redeemed"))
        .expect("mined")
        .success());
    let transfer = CsEthToken::transferCall {
        to: BOB,
        value: U256::from(5),
    };
    assert!(pool.run(ALICE, pool.token, NONE, transfer).0);

    // It lapses by itself, to the second.
    pool.chain.set_next_timestamp(until - 1).expect("later");
    pool.refuses(ALICE, pool.manager, ETH, deposit(ETH), refusal());
    pool.chain.set_next_timestamp(until).expect("later");
    pool.deposit(ALICE, ETH);
    pool.refuses(
        GUARDIAN,
        pool.manager,
        NONE,
        pauseCall {},
        GuardianPauseSpent {},
    );
    pool.run(OWNER, pool.manager, NONE, rearmGuardianCall {});
    pool.run(GUARDIAN, pool.manager, NONE, pauseCall {});
}

#[test]
fn ownership_moves_in_two_steps() {
    let mut pool = Pool::new();
    for contract in [pool.manager, pool.token] {
        pool.run(
            OWNER,
            contract,
            NONE,
            transferOwnershipCall { newOwner: BOB },
        );
        assert_eq!(pool.view(contract, ownerCall {}), OWNER);
        let refusal = OnlyPendingOwner {
            caller: MALLORY,
            pendingOwner: BOB,
        };
        pool.refuses(MALLORY, contract, NONE, acceptOwnershipCall {}, refusal);
        let (_, receipt) = pool.run(BOB, contract, NONE, acceptOwnershipCall {});
        let moved: OwnershipTransferred = event(&receipt, contract);
        assert_eq!((moved.previousOwner, moved.newOwner), (OWNER, BOB));
        assert_eq!(pool.view(contract, ownerCall {}), BOB);
    }
}

#[test]
fn p28_an_upgrade_keeps_the_state_and_only_the_owner_makes_it() {
    let mut pool = Pool::new();
    pool.deposit(ALICE, ETH);
    let before = (
        pool.totals(),
        pool.balance(ALICE),
        pool.view(pool.manager, ownerCall {}),
    );
    let implementation = pool.deploy_variant("stake-manager");
    let facet = pool.deploy_variant("stake-manager-reports");
    assert_ne!((implementation, facet), (pool.implementation, pool.facet));

    let upgrade = upgradeWithFacetCall {
        implementation,
        facet,
        data: Bytes::new(),
    };
    let (_, receipt) = pool.run(OWNER, pool.manager, NONE, upgrade);
    let upgraded: Upgraded = event(&receipt, pool.manager);
    assert_eq!(upgraded.implementation, implementation);
    let changed: FacetChanged = event(&receipt, pool.manager);
    assert_eq!((changed.previous, changed.current), (pool.facet, facet));
    assert_eq!(pool.view(pool.manager, facetCall {}), facet);
    let after = (
        pool.totals(),
        pool.balance(ALICE),
        pool.view(pool.manager, ownerCall {}),
    );
    assert_eq!(before, after);
    assert_eq!(pool.deposit(BOB, ETH), ETH);
    pool.check_books();

    // And back, with a call that the new implementation runs: its refusal undoes the upgrade.
    let data: Bytes = pauseCall {}.abi_encode().into();
    let upgrade = upgradeToAndCallCall {
        implementation: pool.implementation,
        data,
    };
    pool.run(OWNER, pool.manager, NONE, upgrade);
    assert!(pool.view(pool.manager, pausedCall {}));
    let data: Bytes = setGuardianCall {
        guardian: Address::ZERO,
    }
    .abi_encode()
    .into();
    let upgrade = upgradeToAndCallCall {
        implementation,
        data,
    };
    pool.refuses(OWNER, pool.manager, NONE, upgrade, ZeroAddress {});
    let slot = pool
        .chain
        .storage(pool.manager, IMPLEMENTATION_SLOT, Default::default())
        .expect("a slot");
    assert_eq!(Address::from_word(slot), pool.implementation);
}

#[test]
fn p28_only_a_uups_implementation_is_taken() {
    let mut pool = Pool::new();
    let invalid = [pool.token, pool.facet, pool.manager, ALICE];
    for implementation in invalid {
        let upgrade = upgradeToAndCallCall {
            implementation,
            data: Bytes::new(),
        };
        pool.refuses(
            OWNER,
            pool.manager,
            NONE,
            upgrade,
            ERC1967InvalidImplementation { implementation },
        );
    }
    let uuid = pool.view(pool.implementation, proxiableUUIDCall {});
    assert_eq!(U256::from_be_bytes(uuid.0), IMPLEMENTATION_SLOT);
    pool.refuses(
        ALICE,
        pool.manager,
        NONE,
        proxiableUUIDCall {},
        NotThroughProxy {},
    );
    for facet in [pool.token, pool.implementation, pool.manager, ALICE] {
        let upgrade = upgradeWithFacetCall {
            implementation: pool.implementation,
            facet,
            data: Bytes::new(),
        };
        pool.refuses(OWNER, pool.manager, NONE, upgrade, InvalidFacet { facet });
    }
}

#[test]
fn p28_a_facet_answers_only_through_its_owner() {
    let mut pool = Pool::new();
    assert_eq!(pool.view(pool.manager, gatewayCall {}), GATEWAY);
    pool.refuses(OWNER, pool.facet, NONE, pauseCall {}, OnlyThroughProxy {});
    pool.refuses(OWNER, pool.facet, NONE, booksCall {}, OnlyThroughProxy {});
    pool.refuses(
        ALICE,
        pool.implementation,
        ETH,
        deposit(ETH),
        OnlyThroughProxy {},
    );
    assert_eq!(pool.chain.balance_now(pool.implementation), U256::ZERO);
    // An implementation knows no facet of its own.
    let selector = pauseCall::SELECTOR.into();
    pool.refuses(
        OWNER,
        pool.implementation,
        NONE,
        pauseCall {},
        UnknownFunction { selector },
    );
}

#[test]
fn the_token_can_be_pointed_at_another_manager_by_its_owner() {
    let mut pool = Pool::new();
    let point = CsEthToken::setStakeManagerCall { stakeManager: BOB };
    pool.run(OWNER, pool.token, NONE, point);
    pool.run(
        BOB,
        pool.token,
        NONE,
        CsEthToken::mintCall {
            to: ALICE,
            shares: ETH,
        },
    );
    pool.run(
        BOB,
        pool.token,
        NONE,
        CsEthToken::burnCall {
            from: ALICE,
            shares: ETH,
        },
    );
    assert_eq!(pool.supply(), U256::ZERO);
    // The old manager's mint is refused, and its deposit with it.
    let refusal = CsEthToken::OnlyStakeManager {
        caller: pool.manager,
        stakeManager: BOB,
    };
    pool.refuses(ALICE, pool.manager, ETH, deposit(ETH), refusal);
}
