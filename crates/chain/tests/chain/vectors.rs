//! Every call of the gas vectors, end to end: gas with programs uncached and cached, refunds, output, frames.

use alloy::{
    hex,
    primitives::{address, Address, Bytes, U256},
};
use clay_chain::{Chain, Config, StartupRule, Trace, TxRequest};
use serde_json::Value;

use super::accounts::{ether, vector};

const SENDER: Address = address!("3333333333333333333333333333333333333333");

fn json(name: &str) -> Value {
    serde_json::from_slice(&vector(name)).unwrap()
}

/// A chain with both programs, and their addresses. Fees are checked on the way.
fn deployed(startup: StartupRule) -> (Chain, Address, Address) {
    let mut chain = Chain::new(Config {
        startup,
        ..Config::default()
    });
    for account in [
        SENDER,
        Address::repeat_byte(0x11),
        Address::repeat_byte(0x22),
    ] {
        chain.set_balance(account, ether(1_000));
    }
    let erc20 = chain
        .deploy_program(SENDER, &vector("erc20-probe.wasm"))
        .unwrap();
    let hostcalls = chain
        .deploy_program(SENDER, &vector("hostcalls.wasm"))
        .unwrap();
    (chain, erc20, hostcalls)
}

/// Runs every call of a vector file and compares it.
fn compare(
    chain: &mut Chain,
    target: Address,
    calls: &Value,
    places: &[(&str, Address)],
    gas_field: &str,
) -> usize {
    let mut compared = 0;
    for call in calls.as_array().unwrap() {
        let label = call["label"].as_str().unwrap();
        let mut data = call["data"].as_str().unwrap().to_owned();
        for (place, address) in places {
            data = data.replace(place, &hex::encode(address));
        }
        let from = call["from"]
            .as_str()
            .map_or(SENDER, |from| from.parse().unwrap());
        let input: Bytes = data.parse().unwrap();
        let value = U256::from(call["value"].as_u64().unwrap_or_default());
        let request = TxRequest::call(from, target, input)
            .with_value(value)
            .with_gas(10_000_000);
        let receipt = chain.transact(request).unwrap();
        assert_eq!(
            receipt.success(),
            call["success"].as_bool().unwrap(),
            "{label}: {:?}",
            receipt.status
        );
        let trace = chain
            .trace_transaction(receipt.tx_hash)
            .unwrap()
            .trace
            .unwrap();
        if call["indicative"].as_bool() != Some(true) {
            compared += 1;
            assert_eq!(
                receipt.gas_used,
                call[gas_field].as_u64().unwrap(),
                "{label}: gas"
            );
            assert_eq!(
                receipt.gas_refunded,
                call["gas_refunded"].as_u64().unwrap(),
                "{label}: refund"
            );
            // One revert names the caller, whose address is another one here.
            let own_address = hex::encode(&target[..16]);
            let output = call["output"]
                .as_str()
                .unwrap()
                .replace("39c2540cc64c8562269200ee459dc285", &own_address);
            assert_eq!(receipt.output.to_string(), output, "{label}: output");
            if gas_field == "gas_used_uncached" {
                compare_frames(&trace, call, label);
            }
        }
    }
    compared
}

/// Compares ink frame by frame, and host calls over all frames. Parents hold their children's start-up gas.
fn compare_frames(trace: &Trace, call: &Value, label: &str) {
    let programs: Vec<_> = trace
        .frames()
        .into_iter()
        .filter_map(|frame| frame.stylus.as_ref())
        .collect();
    if let Some(ink) = call["ink_used"].as_u64() {
        assert_eq!(programs[0].ink_used, ink, "{label}: ink");
    }
    for frame in call["frames"].as_array().into_iter().flatten() {
        let depth = frame["depth"].as_u64().unwrap() as usize;
        assert_eq!(
            programs[depth - 1].ink_used,
            frame["ink_used"].as_u64().unwrap(),
            "{label}: ink at {depth}"
        );
        assert_eq!(
            programs[depth - 1].page_gas,
            frame["page_gas"].as_u64().unwrap(),
            "{label}: page gas"
        );
    }
    for (name, used) in call["hostio"].as_object().unwrap() {
        let all = programs
            .iter()
            .filter_map(|program| program.hostio.get(name));
        let (n, ink) = all.fold((0, 0), |(n, ink), one| (n + one.n, ink + one.ink));
        assert_eq!(
            (n, ink),
            (used["n"].as_u64().unwrap(), used["ink"].as_u64().unwrap()),
            "{label}: {name}"
        );
    }
}

#[test]
fn the_erc20_costs_what_the_vectors_say() {
    let expected = json("erc20-probe.json");
    for (startup, field) in [
        (StartupRule::Bid, "gas_used_uncached"),
        (StartupRule::AllCached, "gas_used_cached"),
    ] {
        let (mut chain, erc20, _) = deployed(startup);
        assert_eq!(
            compare(&mut chain, erc20, &expected["calls"], &[], field),
            11
        );
    }
}

#[test]
fn host_calls_cost_what_the_vectors_say() {
    let expected = json("hostcalls.json");
    for (startup, field) in [
        (StartupRule::PerBlock, "gas_used_uncached"),
        (StartupRule::AllCached, "gas_used_cached"),
    ] {
        let (mut chain, erc20, hostcalls) = deployed(startup);
        let places = [("<erc20>", erc20), ("<hostcalls>", hostcalls)];
        assert_eq!(
            compare(&mut chain, hostcalls, &expected["calls"], &places, field),
            32
        );
    }
}

#[test]
fn activation_prices_and_fees_are_those_of_the_vectors() {
    use alloy::sol_types::{SolCall, SolEvent};
    use clay_chain::abi::{ArbWasm::*, ARB_WASM};

    let (chain, erc20, hostcalls) = deployed(StartupRule::Bid);
    let latest = Default::default();
    let ask = |input: Vec<u8>| {
        let outcome = chain
            .call(
                &TxRequest::call(SENDER, ARB_WASM, input),
                latest,
                &Default::default(),
            )
            .unwrap();
        assert!(outcome.status.is_success());
        outcome.output
    };
    let expected = [
        (erc20, json("erc20-probe.json")["activation"].clone()),
        (
            hostcalls,
            json("hostcalls.json")["programs"]["hostcalls.wasm"]["activation"].clone(),
        ),
    ];
    for (program, expected) in &expected {
        let program = *program;
        let gas = programInitGasCall::abi_decode_returns(&ask(
            programInitGasCall { program }.abi_encode()
        ))
        .unwrap();
        assert_eq!(
            gas.gas,
            expected["init_gas_uncached_call"].as_u64().unwrap()
        );
        assert_eq!(
            gas.gasWhenCached,
            expected["init_gas_cached_call"].as_u64().unwrap()
        );
        let pages = ask(programMemoryFootprintCall { program }.abi_encode());
        assert_eq!(
            U256::from_be_slice(&pages),
            U256::from(expected["footprint_pages"].as_u64().unwrap())
        );
    }
    // The second fee is higher for the demand of the first.
    for (block, (_, expected)) in [(2, &expected[0]), (4, &expected[1])] {
        let log = chain.block(block.into()).unwrap().receipts[0].logs[0].clone();
        let fee: u128 = ProgramActivated::decode_log(&log).unwrap().dataFee.to();
        let expected: u128 = expected["data_fee_wei"].as_str().unwrap().parse().unwrap();
        // Arbitrum computes the exponential in whole basis points, the vectors more finely.
        assert!(
            fee.abs_diff(expected) * 1_000 <= expected,
            "fee {fee} instead of {expected}"
        );
    }
}
