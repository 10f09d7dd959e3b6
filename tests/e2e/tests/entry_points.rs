//! Properties of every function that changes something, from the list that is held against the ABIs.

use std::{collections::BTreeMap, sync::Arc};

use alloy::{
    dyn_abi::{DynSolValue, JsonAbiExt},
    primitives::{Address, Bytes, B256, U256},
    sol_types::{SolCall, SolError},
};
use clay_chain::Receipt;
use e2e::{
    calls::{function, Prepared, ValidCall, PRICING},
    reported::{eth, wei, DAY},
    FlashExitPool::{flashExitCall, previewFlashExitCall, PayoutRefused},
    Kind,
    KycWhitelist::{denyCall, Denied},
    Pool,
    StakeManager::{flagSlashingCall, rateStatusCall, PlainEthRefused, RateNotLive},
    UnstakeQueue::claimToCall,
    ALICE, BOB, ETH,
};

fn prices(call: &ValidCall) -> bool {
    PRICING.contains(&(call.contract, call.signature))
}

/// Makes a call in a copy of a pool, after what must come before it.
fn made(call: &ValidCall, pool: &Pool) -> Arc<Receipt> {
    let mut pool = pool.clone();
    call.prepare(&mut pool);
    call.make(&mut pool)
}

#[test]
fn every_function_has_a_call_that_succeeds() {
    for prepared in [Prepared::retail(), Prepared::institutional()] {
        for call in prepared.calls() {
            let receipt = made(&call, &prepared.story.pool);
            let outcome = (&receipt.status, &receipt.output);
            let name = (call.contract, call.signature);
            assert!(
                receipt.success(),
                "{:?} {name:?}: {outcome:?}",
                prepared.kind
            );
        }
    }
    let calls = Prepared::retail().calls();
    for pricing in PRICING {
        let mut names = calls.iter().map(|call| (call.contract, call.signature));
        assert!(names.any(|name| name == *pricing), "{pricing:?}");
    }
}

/// Every call that prices anything is refused, and every other one works.
fn only_pricing_is_refused(prepared: &Prepared, reason: u8) {
    let story = &prepared.story;
    let status = story.view(rateStatusCall {});
    assert_eq!((status.live, status.reason), (false, reason));
    let refusal = RateNotLive {
        reason,
        since: status.since,
    };
    let refusal = Bytes::from(refusal.abi_encode());
    for call in prepared.calls() {
        let receipt = made(&call, &story.pool);
        let what = format!(
            "{reason}: {}.{}: {}",
            call.contract, call.signature, receipt.output
        );
        match prices(&call) {
            true => assert_eq!(receipt.output, refusal, "{what}"),
            false => assert!(receipt.success(), "{what}"),
        }
    }
}

#[test]
fn p22_while_a_slashing_is_flagged_only_what_prices_is_refused() {
    let mut prepared = Prepared::retail();
    let (committee, manager) = (prepared.story.pool.committee, prepared.story.pool.manager);
    let pool = &mut prepared.story.pool;
    pool.run(committee, manager, U256::ZERO, flagSlashingCall {});
    only_pricing_is_refused(&prepared, 2);
}

#[test]
fn p22_while_a_report_is_parked_only_what_prices_is_refused() {
    let mut prepared = Prepared::retail();
    let report = prepared.story.next(|report| {
        report.expectedLoss = wei(eth(200));
        report.epoch = 0;
    });
    prepared.story.park(&report);
    only_pricing_is_refused(&prepared, 1);
}

#[test]
fn p22_while_reports_are_overdue_only_what_prices_is_refused() {
    let mut prepared = Prepared::retail();
    prepared.story.pool.chain.increase_time(3 * DAY);
    prepared.story.pool.chain.mine(1);
    only_pricing_is_refused(&prepared, 3);
}

/// Accounts that are anybody's, and may be denied.
const USERS: [Address; 2] = [ALICE, BOB];

/// Accounts that calls name without being stopped if one is denied, and why.
const EXEMPT: &[(&str, &str, &str, &str)] = &[
    (
        "stake-manager",
        "deposit(uint256,address,uint256,address)",
        "referral",
        "it is logged, and gets nothing",
    ),
    (
        "stake-manager",
        "redeemFromReserve(address,uint256,uint256,uint256,uint256,uint256,uint256)",
        "owner",
        "the flash-exit-pool, which alone calls it, has asked",
    ),
    (
        "ics-eth-token",
        "mint(address,uint256)",
        "to",
        "the stake-manager, which alone calls it, has asked",
    ),
    (
        "ics-eth-token",
        "mintMany(address[3],uint256[3])",
        "to",
        "fees of a report, which no denial may stop",
    ),
    (
        "ics-eth-token",
        "burn(address,uint256)",
        "from",
        "the stake-manager, which alone calls it, burns what others have asked for",
    ),
];

/// The users that a call names, by the name of the argument; who makes it is its caller.
fn named(call: &ValidCall) -> BTreeMap<String, Address> {
    let mut named = BTreeMap::from([("caller".to_owned(), call.from)]);
    if !call.data.is_empty() {
        let function = function(call.contract, call.signature);
        let values = function
            .abi_decode_input(&call.data[4..])
            .expect("its arguments");
        for (parameter, value) in function.inputs.iter().zip(values) {
            let within = match value {
                DynSolValue::Array(items) | DynSolValue::FixedArray(items) => items,
                one => vec![one],
            };
            let users = within.iter().filter_map(DynSolValue::as_address);
            named.extend(
                users
                    .filter(|account| USERS.contains(account))
                    .map(|account| (parameter.name.clone(), account)),
            );
        }
    }
    named.retain(|_, account| USERS.contains(account));
    named
}

/// Denies an account, as the Board.
fn deny(pool: &mut Pool, account: Address) {
    let call = denyCall {
        accounts: vec![account],
        reason: B256::ZERO,
    };
    pool.run(pool.board, pool.whitelist, U256::ZERO, call);
}

/// Makes a call with one of its accounts denied.
fn with_denied(call: &ValidCall, pool: &Pool, account: Address) -> Arc<Receipt> {
    let mut pool = pool.clone();
    call.prepare(&mut pool);
    deny(&mut pool, account);
    call.make(&mut pool)
}

#[test]
fn p31_a_denied_account_is_stopped_wherever_a_call_names_it() {
    let prepared = Prepared::institutional();
    let mut stopped = 0;
    for call in prepared.calls() {
        for (role, account) in named(&call) {
            let what = format!("{}.{}, {role} denied", call.contract, call.signature);
            let receipt = with_denied(&call, &prepared.story.pool, account);
            let exempt = (call.contract, call.signature, role.as_str());
            match EXEMPT
                .iter()
                .find(|(contract, signature, role, _)| exempt == (*contract, *signature, *role))
            {
                Some((.., reason)) => {
                    assert!(receipt.success(), "{what}: {}", receipt.output);
                    println!("goes on: {what}: {reason}");
                }
                None => {
                    let denied = Denied::abi_decode(&receipt.output);
                    assert_eq!(
                        denied.map(|denied| denied.account),
                        Ok(account),
                        "{what}: {}",
                        receipt.output
                    );
                    stopped += 1;
                }
            }
        }
    }
    println!("{stopped} refused");
    assert!(stopped >= 30, "{stopped}");
}

#[test]
fn p31_a_denial_stops_conversion_and_nothing_else_of_the_retail_pool() {
    let prepared = Prepared::retail();
    for call in prepared.calls() {
        for (role, account) in named(&call) {
            let what = format!("{}.{}, {role} denied", call.contract, call.signature);
            let receipt = with_denied(&call, &prepared.story.pool, account);
            match call.signature.starts_with("convert(") {
                true => {
                    let denied = Denied::abi_decode(&receipt.output);
                    assert_eq!(denied.map(|denied| denied.account), Ok(account), "{what}");
                }
                false => assert!(receipt.success(), "{what}: {}", receipt.output),
            }
        }
    }
}

#[test]
fn p31_nobody_reaches_the_institutional_pool_as_a_contract_of_the_protocol() {
    let mut prepared = Prepared::retail();
    let institutional = prepared.story.pool.clone().turned_to(Kind::Institutional);
    let pool = &mut prepared.story.pool;
    let before = institutional.totals();
    // Plain ETH, from contracts that may deposit, would be a deposit for them.
    let exit = flashExitCall {
        shares: ETH,
        minAssets: U256::ZERO,
        receiver: institutional.manager,
    };
    let promised = previewFlashExitCall {
        account: ALICE,
        shares: ETH,
    };
    let refusal = PayoutRefused {
        receiver: institutional.manager,
        assets: pool.view(pool.flash, promised),
    };
    pool.refuses(ALICE, pool.flash, U256::ZERO, exit, refusal);
    let claim = claimToCall {
        ids: vec![prepared.claimable],
        receiver: institutional.manager,
    };
    let receipt = pool.send(ALICE, pool.queue, U256::ZERO, claim.abi_encode());
    assert!(!receipt.success());
    // And from anybody else.
    let sender = ALICE;
    let receipt = pool.send(sender, institutional.manager, ETH, vec![]);
    assert_eq!(
        receipt.output,
        Bytes::from(PlainEthRefused { sender }.abi_encode())
    );
    let after = pool.clone().turned_to(Kind::Institutional).totals();
    assert_eq!(before, after);
}
