//! Properties of every function that changes something, from the list that is held against the ABIs.

use alloy::{
    primitives::{Bytes, U256},
    sol_types::SolError,
};
use e2e::{
    calls::{Prepared, ValidCall},
    reported::{eth, wei, DAY},
    StakeManager::{flagSlashingCall, rateStatusCall, RateNotLive},
};

/// Functions that price shares, and so refuse while the rate is not live.
const PRICING: &[(&str, &str)] = &[
    ("stake-manager", "deposit(uint256,address)"),
    ("stake-manager", "deposit(uint256,address,uint256)"),
    ("stake-manager", "deposit(uint256,address,uint256,address)"),
    ("stake-manager", "receive()"),
    (
        "stake-manager",
        "redeemFromReserve(address,uint256,uint256,uint256,uint256,uint256,uint256)",
    ),
    ("flash-exit-pool", "flashExit(uint256,uint256,address)"),
];

fn prices(call: &ValidCall) -> bool {
    PRICING.contains(&(call.contract, call.signature))
}

#[test]
fn every_function_has_a_call_that_succeeds() {
    let prepared = Prepared::new();
    let calls = prepared.calls();
    for call in &calls {
        let receipt = call.make(&mut prepared.story.pool.clone());
        let outcome = (&receipt.status, &receipt.output);
        assert!(
            receipt.success(),
            "{}.{}: {outcome:?}",
            call.contract,
            call.signature
        );
    }
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
        let receipt = call.make(&mut story.pool.clone());
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
    let mut prepared = Prepared::new();
    let (committee, manager) = (prepared.story.pool.committee, prepared.story.pool.manager);
    let pool = &mut prepared.story.pool;
    pool.run(committee, manager, U256::ZERO, flagSlashingCall {});
    only_pricing_is_refused(&prepared, 2);
}

#[test]
fn p22_while_a_report_is_parked_only_what_prices_is_refused() {
    let mut prepared = Prepared::new();
    let report = prepared
        .story
        .next(|report| report.expectedLoss = wei(eth(200)));
    prepared.story.park(&report);
    only_pricing_is_refused(&prepared, 1);
}

#[test]
fn p22_while_reports_are_overdue_only_what_prices_is_refused() {
    let mut prepared = Prepared::new();
    prepared.story.pool.chain.increase_time(3 * DAY);
    prepared.story.pool.chain.mine(1);
    only_pricing_is_refused(&prepared, 3);
}
