//! Deposits, views and governance of the stake-manager's two facets, each as a contract of its own: motsu
//! knows neither proxies nor delegatecall.

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolError;
use clay_shared::{
    books::{flag, Books, LOCKED_SHARES},
    interfaces::{
        ICommon, ICsEthToken,
        IOwnable::OnlyOwner,
        IPausable::{
            pauseCall, pausedUntilCall, rearmGuardianCall, setGuardianCall, unpauseCall,
            EnforcedPause, GuardianPauseSpent, OnlyGuardian,
        },
        IStakeManager::*,
        IStakeManagerReports::{
            booksCall, parameterCall, parameterCountCall, setParameterCall, FeeSplitAboveWhole,
            ParameterOutOfBounds, UnknownParameter,
        },
        IUpgradeable::OnlyThroughProxy,
    },
    parameters::{NAMES, TABLE},
    stake_manager::set_books,
    storage::Field,
};
use cs_eth_token::CsEthToken;
use motsu::prelude::*;
use stake_manager::StakeManager;
use stake_manager_reports::StakeManagerReports;
use unit_tests::Deployed;

type Token = Contract<Deployed<CsEthToken>>;
type Manager = Contract<Deployed<StakeManager>>;
type Facet = Contract<Deployed<StakeManagerReports>>;

const GWEI: u64 = 1_000_000_000;
const SMALLEST: u64 = 1_000_000 * GWEI;

/// motsu's clock stands still here.
const NOW: u64 = 1_735_689_600;

/// Contracts that none of these tests calls.
fn siblings() -> Siblings {
    let account = Address::repeat_byte;
    Siblings {
        unstakeQueue: account(0x51),
        protectionPool: account(0x52),
        operatorRegistry: account(0x53),
        oracleCommittee: account(0x54),
        acknowledger: account(0x55),
        rewardsDistributor: account(0x56),
        treasury: account(0x57),
        flashExitPool: account(0x58),
    }
}

fn set_up(manager: &Manager, facet: &Facet, token: &Token, owner: Address) {
    let gateway = Address::repeat_byte(0x6a);
    let initialize = initializeCall {
        owner,
        guardian: Address::repeat_byte(0x60),
        token: token.address(),
        gateway,
        facet: facet.address(),
        whitelist: Address::ZERO,
        smallestDeposit: U256::from(SMALLEST),
        siblings: siblings(),
    };
    let mut call = manager.sender(owner);
    call.behind_proxy();
    manager
        .sender(owner)
        .call(initialize)
        .expect("the first set-up");
    let named = ICsEthToken::initializeCall {
        owner,
        stakeManager: manager.address(),
        name: Default::default(),
        symbol: Default::default(),
    };
    token.sender(owner).call(named).expect("the first set-up");
}

fn deposit(manager: &Manager, from: Address, assets: u64) -> Result<U256, Vec<u8>> {
    let assets = U256::from(assets);
    from.fund(assets);
    let call = deposit_0Call {
        assets,
        receiver: from,
    };
    manager
        .sender_and_value(from, assets)
        .call(call)
        .map(|answer| answer.shares)
}

fn balance(token: &Token, account: Address) -> U256 {
    let call = ICsEthToken::balanceOfCall { account };
    token.sender(account).call(call).expect("a view")._0
}

#[motsu::test]
fn the_first_deposit_locks_a_thousand_shares(
    manager: Manager,
    facet: Facet,
    token: Token,
    owner: Address,
    alice: Address,
    bob: Address,
) {
    set_up(&manager, &facet, &token, owner);

    let shares = deposit(&manager, alice, SMALLEST).expect("large enough");
    assert_eq!(shares, U256::from(u128::from(SMALLEST) - LOCKED_SHARES));
    assert_eq!(balance(&token, alice), shares);
    let dead: Address = "0x000000000000000000000000000000000000dEaD"
        .parse()
        .unwrap();
    assert_eq!(balance(&token, dead), U256::from(LOCKED_SHARES));

    let second = deposit(&manager, bob, 5 * SMALLEST).expect("large enough");
    assert_eq!(second, U256::from(5 * SMALLEST));
    let supply = token
        .sender(bob)
        .call(ICsEthToken::totalSupplyCall {})
        .unwrap()
        ._0;
    assert_eq!(
        supply,
        manager.sender(bob).call(totalSharesCall {}).unwrap()._0
    );
    assert_eq!(supply, U256::from(6 * SMALLEST));
}

#[motsu::test]
fn what_is_sent_must_be_what_is_asked(
    manager: Manager,
    facet: Facet,
    token: Token,
    owner: Address,
    alice: Address,
) {
    set_up(&manager, &facet, &token, owner);
    let assets = U256::from(2 * SMALLEST);
    alice.fund(U256::from(100 * SMALLEST));

    for sent in [2 * SMALLEST - 1, 2 * SMALLEST + 1, 0] {
        let sent = U256::from(sent);
        let call = deposit_0Call {
            assets,
            receiver: alice,
        };
        let refusal = manager.sender_and_value(alice, sent).refusal(call);
        assert_eq!(refusal, DepositValueMismatch { assets, sent }.abi_encode());
    }

    let asked = U256::from(SMALLEST - 1);
    let call = deposit_0Call {
        assets: asked,
        receiver: alice,
    };
    let refusal = manager.sender_and_value(alice, asked).refusal(call);
    let smallest = U256::from(SMALLEST);
    assert_eq!(
        refusal,
        DepositBelowSmallest { asked, smallest }.abi_encode()
    );
}

#[motsu::test]
fn a_deposit_below_its_minimum_of_shares_is_refused(
    manager: Manager,
    facet: Facet,
    token: Token,
    owner: Address,
    alice: Address,
) {
    set_up(&manager, &facet, &token, owner);
    deposit(&manager, alice, SMALLEST).expect("large enough");
    let assets = U256::from(SMALLEST);
    alice.fund(assets);

    let minimum = assets + U256::from(1);
    let call = deposit_1Call {
        assets,
        receiver: alice,
        minShares: minimum,
    };
    let refusal = manager.sender_and_value(alice, assets).refusal(call);
    assert_eq!(
        refusal,
        SharesBelowMinimum {
            shares: assets,
            minimum
        }
        .abi_encode()
    );

    let call = deposit_1Call {
        assets,
        receiver: alice,
        minShares: assets,
    };
    let shares = manager
        .sender_and_value(alice, assets)
        .call(call)
        .expect("exactly enough")
        .shares;
    assert_eq!(shares, assets);
}

#[motsu::test]
fn the_preview_is_the_deposit(
    manager: Manager,
    facet: Facet,
    token: Token,
    owner: Address,
    alice: Address,
) {
    set_up(&manager, &facet, &token, owner);
    for assets in [SMALLEST, 3 * SMALLEST + 7, 1_000 * SMALLEST + 1] {
        let call = previewDepositCall {
            assets: U256::from(assets),
        };
        let preview = manager.sender(alice).call(call).expect("a view")._0;
        assert_eq!(
            deposit(&manager, alice, assets).expect("large enough"),
            preview
        );
    }
    // 7 assets for 3 shares: what does not divide stays in the pool.
    let _ = manager.sender(alice);
    set_books(Books {
        total_assets: 7 * i128::from(SMALLEST),
        total_shares: 3 * u128::from(SMALLEST),
        ..Books::default()
    });
    let call = previewDepositCall {
        assets: U256::from(SMALLEST),
    };
    let preview = manager.sender(alice).call(call).expect("a view")._0;
    assert_eq!(preview, U256::from(u128::from(SMALLEST) * 3 / 7));
    assert_eq!(
        deposit(&manager, alice, SMALLEST).expect("large enough"),
        preview
    );
}

#[motsu::test]
fn plain_eth_is_a_deposit_and_from_the_gateway_a_return(
    manager: Manager,
    facet: Facet,
    token: Token,
    owner: Address,
    alice: Address,
) {
    set_up(&manager, &facet, &token, owner);
    deposit(&manager, alice, SMALLEST).expect("large enough");
    let sent = U256::from(SMALLEST);
    alice.fund(sent);
    manager
        .sender_and_value(alice, sent)
        .call_raw(&[])
        .expect("a deposit");
    assert_eq!(
        balance(&token, alice),
        U256::from(2 * u128::from(SMALLEST) - LOCKED_SHARES)
    );

    // 0x6a..6a + 0x1111000000000000000000000000000000001111
    let alias: Address = "0x7b7b6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a7b7b"
        .parse()
        .unwrap();
    alias.fund(U256::from(1));
    let before = manager.sender(alice).call(totalAssetsCall {}).unwrap()._0;
    manager
        .sender_and_value(alias, U256::from(1))
        .call_raw(&[])
        .expect("a return of any size");
    let _ = manager.sender(alias).call(assetCall {});
    assert_eq!(
        manager.sender(alice).call(totalAssetsCall {}).unwrap()._0,
        before
    );
    assert_eq!(balance(&token, alias), U256::ZERO);
}

#[motsu::test]
fn deposits_are_refused_below_a_rate_of_a_tenth(
    manager: Manager,
    facet: Facet,
    token: Token,
    owner: Address,
    alice: Address,
) {
    set_up(&manager, &facet, &token, owner);
    let shares = 1_000 * u128::from(SMALLEST);
    let books = |total_assets| Books {
        total_assets,
        total_shares: shares,
        ..Books::default()
    };
    let tenth = (shares / 10) as i128;
    let none = maxDepositCall { receiver: alice };

    manager.sender(alice).call(assetCall {}).unwrap();
    set_books(books(tenth - 1));
    assert_eq!(
        manager.sender(alice).call(none.clone()).unwrap()._0,
        U256::ZERO
    );
    let refusal = deposit(&manager, alice, SMALLEST).expect_err("too low");
    let rate = U256::from(10u64.pow(17) - 1);
    let floor = U256::from(10u64.pow(17));
    assert_eq!(refusal, RateBelowFloor { rate, floor }.abi_encode());

    // Below zero prices as zero, and no view reverts.
    set_books(books(-1));
    assert_eq!(
        manager.sender(alice).call(totalAssetsCall {}).unwrap()._0,
        U256::ZERO
    );
    let preview = previewDepositCall {
        assets: U256::from(SMALLEST),
    };
    assert_eq!(manager.sender(alice).call(preview).unwrap()._0, U256::ZERO);

    set_books(books(tenth));
    assert_eq!(
        deposit(&manager, alice, SMALLEST).unwrap(),
        U256::from(10 * SMALLEST)
    );
}

#[motsu::test]
fn nothing_is_priced_while_the_rate_is_not_live(
    manager: Manager,
    facet: Facet,
    token: Token,
    owner: Address,
    alice: Address,
) {
    set_up(&manager, &facet, &token, owner);
    let start = Books {
        total_assets: 10i128.pow(18),
        total_shares: 10u128.pow(18),
        ..Books::default()
    };
    let limit = 3 * 24 * 60 * 60;

    // Three days old to the second is still fresh; one second more is not.
    let fresh = Books {
        last_report: NOW - limit,
        ..start
    };
    let overdue = Books {
        last_report: NOW - limit - 1,
        ..start
    };
    manager.sender(alice).call(assetCall {}).unwrap();
    set_books(fresh);
    let status = manager.sender(alice).call(rateStatusCall {}).unwrap();
    assert!(status.live && status.reason == 0);
    set_books(overdue);
    let status = manager.sender(alice).call(rateStatusCall {}).unwrap();
    assert!(!status.live);
    assert_eq!((status.reason, status.since), (3, U256::from(NOW - 1)));
    let refusal = deposit(&manager, alice, SMALLEST).expect_err("overdue");
    assert_eq!(
        refusal,
        RateNotLive {
            reason: 3,
            since: U256::from(NOW - 1)
        }
        .abi_encode()
    );

    set_books(Books {
        flags: flag::PARKED,
        ..fresh
    });
    assert_eq!(
        manager
            .sender(alice)
            .call(rateStatusCall {})
            .unwrap()
            .reason,
        1
    );
    let max = maxDepositCall { receiver: alice };
    assert_eq!(manager.sender(alice).call(max).unwrap()._0, U256::ZERO);
    let convert = convertToAssetsCall {
        shares: U256::from(7),
    };
    assert_eq!(
        manager.sender(alice).call(convert).unwrap()._0,
        U256::from(7)
    );
}

#[motsu::test]
fn the_largest_deposit_is_taken_and_a_wei_more_is_not(
    manager: Manager,
    facet: Facet,
    token: Token,
    owner: Address,
    alice: Address,
) {
    set_up(&manager, &facet, &token, owner);
    deposit(&manager, alice, SMALLEST).expect("large enough");
    let call = maxDepositCall { receiver: alice };
    let largest = manager.sender(alice).call(call).expect("a view")._0;
    let above = largest + U256::from(1);
    alice.fund(above);

    let call = deposit_0Call {
        assets: above,
        receiver: alice,
    };
    let refusal = manager.sender_and_value(alice, above).refusal(call);
    let expected = ICommon::AmountTooLarge {
        asked: above,
        allowed: largest,
    };
    assert_eq!(refusal, expected.abi_encode());
    let call = deposit_0Call {
        assets: largest,
        receiver: alice,
    };
    assert!(manager.sender_and_value(alice, largest).call(call).is_ok());
}

#[motsu::test]
fn an_implementation_without_a_proxy_does_nothing(manager: Manager, facet: Facet, alice: Address) {
    let refused = OnlyThroughProxy {}.abi_encode();
    let initialize = initializeCall {
        owner: alice,
        guardian: alice,
        token: alice,
        gateway: alice,
        facet: alice,
        whitelist: Address::ZERO,
        smallestDeposit: U256::from(SMALLEST),
        siblings: siblings(),
    };
    assert_eq!(manager.sender(alice).refusal(initialize), refused);
    assert_eq!(
        deposit(&manager, alice, SMALLEST).expect_err("no pool"),
        refused
    );
    assert_eq!(facet.sender(alice).refusal(booksCall {}), refused);
    assert_eq!(facet.sender(alice).refusal(pauseCall {}), refused);
}

/// The second facet with an owner and a guardian, as the proxy's storage would have them.
fn set_up_facet(facet: &Facet, owner: Address, guardian: Address) {
    facet.sender(owner).behind_proxy();
    use clay_shared::stake_manager::{initialize_parameters, OWNABLE, PAUSABLE};
    initialize_parameters(guardian, U256::from(SMALLEST)).unwrap();
    OWNABLE.initialize(owner).unwrap();
    PAUSABLE.initialize(guardian);
}

#[motsu::test]
fn a_guardian_pauses_once_for_two_weeks(
    facet: Facet,
    owner: Address,
    guardian: Address,
    mallory: Address,
) {
    set_up_facet(&facet, owner, guardian);
    let refusal = facet.sender(mallory).refusal(pauseCall {});
    assert_eq!(
        refusal,
        OnlyGuardian {
            caller: mallory,
            guardian,
            owner
        }
        .abi_encode()
    );

    facet
        .sender(guardian)
        .call(pauseCall {})
        .expect("the guardian");
    let until = U256::from(NOW + 14 * 24 * 60 * 60);
    assert_eq!(
        facet.sender(mallory).call(pausedUntilCall {}).unwrap()._0,
        until
    );
    assert!(clay_shared::stake_manager::books().has(flag::PAUSED));
    let refusal = facet.sender(guardian).refusal(pauseCall {});
    assert_eq!(refusal, GuardianPauseSpent {}.abi_encode());
    let refusal = facet.sender(guardian).refusal(unpauseCall {});
    assert_eq!(
        refusal,
        OnlyOwner {
            caller: guardian,
            owner
        }
        .abi_encode()
    );

    facet.sender(owner).call(unpauseCall {}).expect("the owner");
    assert!(!clay_shared::stake_manager::books().has(flag::PAUSED));
    let refusal = facet.sender(guardian).refusal(pauseCall {});
    assert_eq!(refusal, GuardianPauseSpent {}.abi_encode());
    facet
        .sender(owner)
        .call(rearmGuardianCall {})
        .expect("the owner");
    facet
        .sender(guardian)
        .call(pauseCall {})
        .expect("armed again");
}

#[motsu::test]
fn the_guardian_does_not_shorten_the_owners_pause(facet: Facet, owner: Address, guardian: Address) {
    set_up_facet(&facet, owner, guardian);
    facet.sender(owner).call(pauseCall {}).expect("the owner");
    let until = U256::from(u32::MAX);
    let refusal = facet.sender(guardian).refusal(pauseCall {});
    assert_eq!(refusal, EnforcedPause { until }.abi_encode());
    assert_eq!(
        facet.sender(owner).call(pausedUntilCall {}).unwrap()._0,
        until
    );
}

#[motsu::test]
fn every_parameter_starts_at_its_default_and_keeps_its_bounds(
    facet: Facet,
    owner: Address,
    guardian: Address,
) {
    set_up_facet(&facet, owner, guardian);
    let count = facet.sender(owner).call(parameterCountCall {}).unwrap()._0;
    assert_eq!(count, U256::from(NAMES.len()));
    for (index, parameter) in TABLE.iter().enumerate() {
        let (id, scale) = (index as u8, parameter.unit.scale());
        let [default, smallest, largest] =
            [parameter.default, parameter.smallest, parameter.largest]
                .map(|value| U256::from(u128::from(value) * scale));
        let answer = facet.sender(owner).call(parameterCall { id }).unwrap();
        assert_eq!(
            (answer.value, answer.smallest, answer.largest),
            (default, smallest, largest)
        );

        let beyond = [
            Some(largest + U256::from(1)),
            smallest.checked_sub(U256::from(1)),
        ];
        for asked in beyond.into_iter().flatten() {
            let refusal = facet
                .sender(owner)
                .refusal(setParameterCall { id, value: asked });
            let expected = ParameterOutOfBounds {
                id,
                asked,
                smallest,
                largest,
            };
            assert_eq!(refusal, expected.abi_encode(), "{}", NAMES[index]);
        }
        let refusal = facet.sender(guardian).refusal(setParameterCall {
            id,
            value: smallest,
        });
        assert_eq!(
            refusal,
            OnlyOwner {
                caller: guardian,
                owner
            }
            .abi_encode()
        );
        for value in [
            smallest,
            largest
                .min(U256::from(4_000) * U256::from(scale))
                .max(smallest),
            default,
        ] {
            facet
                .sender(owner)
                .call(setParameterCall { id, value })
                .expect(NAMES[index]);
            let answer = facet.sender(owner).call(parameterCall { id }).unwrap();
            assert_eq!(answer.value, value, "{}", NAMES[index]);
        }
    }
    let refusal = facet.sender(owner).refusal(setParameterCall {
        id: 200,
        value: U256::ZERO,
    });
    assert_eq!(refusal, UnknownParameter { asked: 200, count }.abi_encode());
}

#[motsu::test]
fn the_fee_split_has_at_most_one_whole(facet: Facet, owner: Address, guardian: Address) {
    set_up_facet(&facet, owner, guardian);
    let operators = NAMES
        .iter()
        .position(|name| *name == "fee split: operators")
        .unwrap() as u8;
    let refusal = facet.sender(owner).refusal(setParameterCall {
        id: operators,
        value: U256::from(8_001),
    });
    let (operators, protection) = (U256::from(8_001), U256::from(2_000));
    assert_eq!(
        refusal,
        FeeSplitAboveWhole {
            operators,
            protection
        }
        .abi_encode()
    );
}

#[motsu::test]
fn zero_addresses_are_refused(facet: Facet, owner: Address, guardian: Address) {
    set_up_facet(&facet, owner, guardian);
    let zero = ICommon::ZeroAddress {}.abi_encode();
    let guardian = setGuardianCall {
        guardian: Address::ZERO,
    };
    assert_eq!(facet.sender(owner).refusal(guardian), zero);
}

#[motsu::test]
fn the_books_parts_sum_to_the_whole(facet: Facet, owner: Address, guardian: Address) {
    use clay_shared::stake_manager::{
        CAME_BACK, CL_BALANCE, DEFERRED, DEFERRED_GAIN, DEPOSITS_SEEN, EXPECTED_LOSS,
        FLASH_RESERVE, FLOWS, LAST_REPORT, LAST_REPORT_REST, LEFT_SEEN, RESERVE, SENT_OUT,
    };
    set_up_facet(&facet, owner, guardian);
    set_books(Books {
        total_assets: 1_000_000_000_000,
        total_shares: 900,
        flags: flag::DEFERRED | flag::EXPECTED,
        ..Books::default()
    });
    let gwei = u128::from(GWEI);
    let pair =
        |low: (Field, u128), high: (Field, u128)| high.0.set(low.0.set(U256::ZERO, low.1), high.1);
    FLOWS.set(pair((SENT_OUT, 64 * gwei), (CAME_BACK, 5)));
    let last = pair((CL_BALANCE, 40), (DEPOSITS_SEEN, 32));
    LAST_REPORT.set(LEFT_SEEN.set(last, 7));
    DEFERRED.set(DEFERRED_GAIN.set(U256::ZERO, 2));
    LAST_REPORT_REST.set(EXPECTED_LOSS.set(U256::ZERO, 3));
    RESERVE.set(FLASH_RESERVE.set(RESERVE.get(), 50));

    let books = facet.sender(owner).call(booksCall {}).unwrap();
    // 1000 gwei = buffered + 50 wei + (64 - 32) gwei + 40 gwei + (7 - 5) wei - 3 wei - 2 wei
    assert_eq!(books.buffered.to_string(), "927999999953");
    assert_eq!(books.clBalance, U256::from(40 * gwei));
}
