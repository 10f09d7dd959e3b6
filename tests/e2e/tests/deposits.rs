//! Deposits on the real WASM. Tests named after a property of the design carry its number.

use alloy::primitives::{Address, U256};
use clay_chain::{alias, TxRequest};
use e2e::{
    event, from_gateway, CsEthToken, Pool, StakeManager::*, ALICE, BOB, DEAD, ETH, GATEWAY,
    GUARDIAN, MALLORY, OWNER, SMALLEST,
};

#[test]
fn a_deposit_mints_and_says_so() {
    let mut pool = Pool::new();
    let call = deposit_0Call {
        assets: ETH,
        receiver: BOB,
    };
    let (shares, receipt) = pool.run(ALICE, pool.manager, ETH, call);

    assert_eq!(shares, ETH - U256::from(1_000));
    assert_eq!(pool.balance(BOB), shares);
    assert_eq!(pool.balance(DEAD), U256::from(1_000));
    assert_eq!(pool.totals(), (ETH, ETH));
    assert_eq!(pool.chain.balance_now(pool.manager), ETH);
    let deposit: Deposit = event(&receipt, pool.manager);
    assert_eq!((deposit.sender, deposit.owner), (ALICE, BOB));
    assert_eq!((deposit.assets, deposit.shares), (ETH, shares));
    pool.check_books();

    // From the second on, a deposit runs two programs and emits two logs.
    let (_, receipt) = pool.run(
        BOB,
        pool.manager,
        ETH,
        deposit_0Call {
            assets: ETH,
            receiver: BOB,
        },
    );
    assert_eq!(receipt.logs.len(), 2);
    let transfer: CsEthToken::Transfer = event(&receipt, pool.token);
    assert_eq!(
        (transfer.from, transfer.to, transfer.value),
        (Address::ZERO, BOB, ETH)
    );
}

#[test]
fn plain_eth_is_a_deposit() {
    let mut pool = Pool::new();
    assert!(pool.send(ALICE, pool.manager, ETH, vec![]).success());
    assert_eq!(pool.balance(ALICE), ETH - U256::from(1_000));
    pool.check_books();
}

#[test]
fn a_referral_is_logged() {
    let mut pool = Pool::new();
    let call = deposit_2Call {
        assets: ETH,
        receiver: ALICE,
        minShares: U256::ZERO,
        referral: BOB,
    };
    let (shares, receipt) = pool.run(ALICE, pool.manager, ETH, call);
    let referral: Referral = event(&receipt, pool.manager);
    assert_eq!(
        (referral.referral, referral.owner, referral.shares),
        (BOB, ALICE, shares)
    );
}

#[test]
fn p04_a_deposit_never_mints_nothing() {
    let mut pool = Pool::new();
    for assets in [U256::ZERO, U256::from(1), SMALLEST - U256::from(1)] {
        let error = DepositBelowSmallest {
            asked: assets,
            smallest: SMALLEST,
        };
        pool.refuses(
            ALICE,
            pool.manager,
            assets,
            deposit_0Call {
                assets,
                receiver: ALICE,
            },
            error,
        );
    }
    // With the smallest deposit at its lowest bound, a gwei for 1e12 wei a share would be no share: refused.
    pool.deposit(ALICE, ETH);
    let lowest = setParameterCall {
        id: 0,
        value: U256::from(1_000_000_000),
    };
    pool.run(OWNER, pool.manager, U256::ZERO, lowest);
    set_books(&mut pool, U256::from(1) << 100, U256::from(1_000_000_000));
    let assets = U256::from(1_000_000_000);
    let error = SharesBelowMinimum {
        shares: U256::ZERO,
        minimum: U256::from(1),
    };
    pool.refuses(
        ALICE,
        pool.manager,
        assets,
        deposit_0Call {
            assets,
            receiver: ALICE,
        },
        error,
    );
}

#[test]
fn p05_forced_eth_moves_no_rate_and_stops_nothing() {
    let mut pool = Pool::new();
    pool.deposit(ALICE, ETH);
    let rate = pool.view(pool.manager, rateCall {});
    for contract in [pool.manager, pool.token, pool.implementation, pool.facet] {
        let held = pool.chain.balance_now(contract);
        pool.chain.set_balance(contract, held + ETH);
    }
    assert_eq!(pool.view(pool.manager, rateCall {}), rate);
    assert_eq!(pool.deposit(BOB, ETH), ETH);
    pool.check_books();
}

#[test]
fn p05_eth_that_returns_moves_no_rate() {
    let mut pool = Pool::new();
    pool.deposit(ALICE, ETH);
    let before = pool.totals();
    for wei in [U256::from(1), ETH * U256::from(32)] {
        let delivery = pool
            .chain
            .deliver(from_gateway(&pool, wei))
            .expect("a message");
        let redeemed = delivery
            .redeem_hash
            .expect("enough gas to be redeemed at once");
        assert!(pool.chain.receipt(redeemed).expect("mined").success());
        assert_eq!(pool.totals(), before);
        assert_eq!(pool.balance(alias(GATEWAY)), U256::ZERO);
    }
    assert_eq!(
        pool.view(pool.manager, booksCall {}).cameBack,
        ETH * U256::from(32) + U256::from(1)
    );
}

#[test]
fn p06_a_first_depositors_donation_dilutes_nobody() {
    let mut pool = Pool::new();
    pool.deposit(MALLORY, SMALLEST);
    let held = pool.chain.balance_now(pool.manager);
    pool.chain
        .set_balance(pool.manager, held + ETH * U256::from(1_000));
    // The second depositor gets one share a wei, as if nothing had been given.
    assert_eq!(pool.deposit(ALICE, ETH), ETH);
}

#[test]
fn p07_balances_supply_and_books_agree() {
    let mut pool = Pool::new();
    for (account, milli) in [(ALICE, 1u64), (BOB, 3_333), (MALLORY, 7), (ALICE, 12_345)] {
        pool.deposit(account, SMALLEST * U256::from(milli));
        pool.check_books();
        let held: U256 = [ALICE, BOB, MALLORY, DEAD]
            .iter()
            .map(|account| pool.balance(*account))
            .sum();
        assert_eq!(held, pool.supply());
    }
}

#[test]
fn p10_previews_are_exact_and_no_view_reverts() {
    let mut pool = Pool::new();
    for (assets, shares) in [
        (ETH, U256::ZERO),
        (ETH * U256::from(7), ETH * U256::from(3)),
        (ETH, ETH * U256::from(9)),
    ] {
        if !shares.is_zero() {
            set_books(&mut pool, assets, shares);
        }
        for amount in [
            SMALLEST,
            SMALLEST + U256::from(1),
            ETH * U256::from(5) - U256::from(3),
        ] {
            let preview = pool.view(pool.manager, previewDepositCall { assets: amount });
            assert_eq!(pool.deposit(ALICE, amount), preview);
        }
    }
    let extremes = [U256::ZERO, U256::MAX, U256::from(1) << 128];
    for value in extremes {
        pool.view(pool.manager, previewDepositCall { assets: value });
        pool.view(pool.manager, convertToSharesCall { assets: value });
        pool.view(pool.manager, convertToAssetsCall { shares: value });
    }
    // Where the call would refuse, the largest deposit is 0.
    let nobody = maxDepositCall {
        receiver: Address::ZERO,
    };
    assert_eq!(pool.view(pool.manager, nobody), U256::ZERO);
    assert!(pool.view(pool.manager, maxDepositCall { receiver: ALICE }) > ETH);
    pool.run(GUARDIAN, pool.manager, U256::ZERO, pauseCall {});
    assert_eq!(
        pool.view(pool.manager, maxDepositCall { receiver: ALICE }),
        U256::ZERO
    );
}

#[test]
fn the_largest_deposit_is_taken_and_a_wei_more_is_not() {
    let mut pool = Pool::new();
    pool.deposit(ALICE, ETH);
    set_books(&mut pool, ETH * U256::from(7), ETH * U256::from(3));
    let largest = pool.view(pool.manager, maxDepositCall { receiver: ALICE });
    pool.chain.set_balance(ALICE, U256::from(1) << 120);
    let above = largest + U256::from(1);
    let error = AmountTooLarge {
        asked: above,
        allowed: largest,
    };
    pool.refuses(
        ALICE,
        pool.manager,
        above,
        deposit_0Call {
            assets: above,
            receiver: ALICE,
        },
        error,
    );
    pool.deposit(ALICE, largest);
}

#[test]
fn deposits_stop_when_the_last_report_is_too_old() {
    let mut pool = Pool::new();
    pool.deposit(ALICE, ETH);
    let now = pool.chain.timestamp();
    let word = pack_books(ETH, ETH, now, 0);
    pool.chain
        .set_storage(pool.manager, U256::ZERO, word.into());
    let limit = 3 * 24 * 60 * 60;
    pool.chain.set_next_timestamp(now + limit).expect("later");
    pool.deposit(ALICE, ETH);
    pool.chain
        .set_next_timestamp(now + limit + 1)
        .expect("later");
    let error = RateNotLive {
        reason: 3,
        since: U256::from(now + limit),
    };
    pool.refuses(
        ALICE,
        pool.manager,
        ETH,
        deposit_0Call {
            assets: ETH,
            receiver: ALICE,
        },
        error,
    );
    let status = pool.view(pool.manager, rateStatusCall {});
    assert!(!status.live && status.lastReport == U256::from(now));
}

#[test]
fn a_deposit_reads_two_slots_of_the_manager_and_writes_one() {
    let mut pool = Pool::new();
    pool.deposit(ALICE, ETH);
    let call = deposit_0Call {
        assets: ETH,
        receiver: ALICE,
    };
    let request = TxRequest::call(
        ALICE,
        pool.manager,
        alloy::sol_types::SolCall::abi_encode(&call),
    )
    .with_value(ETH);
    let traced = pool
        .chain
        .trace_call(&request, Default::default(), &Default::default())
        .expect("a call");
    let trace = traced.trace.expect("asked for");
    let programs: Vec<_> = trace
        .frames()
        .into_iter()
        .filter_map(|frame| frame.stylus.as_ref())
        .collect();
    assert_eq!(
        programs.len(),
        2,
        "stake-manager and cs-eth-token, and no third program"
    );
    assert_eq!(programs[0].hostio["storage_cache_bytes32"].n, 1);
}

/// Storage word of the books, from the design: totalAssets 104, totalShares 96, last report 32, flags 24.
fn pack_books(assets: U256, shares: U256, last_report: u64, flags: u32) -> U256 {
    assets | shares << 104 | U256::from(last_report) << 200 | U256::from(flags) << 232
}

fn set_books(pool: &mut Pool, assets: U256, shares: U256) {
    let word = pack_books(assets, shares, 0, 0);
    pool.chain
        .set_storage(pool.manager, U256::ZERO, word.into());
}
