//! Two programs whose every call was priced by an independent implementation: ink of each frame, host calls with
//! their ink, output, and the figures of activation. All of it has to come out exactly, but for the data fee.

use std::collections::BTreeMap;

use alloy::primitives::{address, Address, Bytes, U256};
use serde_json::Value;
use stylus_vm::{compact, compress, DataPricer, Env, Options, Program, Status};

use crate::mock_chain::{Chain, INK_PRICE, SENDER};

const HOSTCALLS: Address = address!("39c2540cc64c8562269200ee459dc28500000000");
const ERC20: Address = address!("00000000000000000000000000000000000000a1");

fn read(name: &str) -> Vec<u8> {
    std::fs::read(format!(
        "{}/tests/vectors/{name}",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap()
}

fn json(name: &str) -> Value {
    serde_json::from_slice(&read(name)).unwrap()
}

fn chain() -> Chain {
    let mut chain = Chain::default();
    for (account, name) in [(ERC20, "erc20-probe.wasm"), (HOSTCALLS, "hostcalls.wasm")] {
        let wasm = compact(&read(name)).unwrap();
        chain.deploy(
            account,
            &wasm,
            Program::new(&wasm, Options::default()).unwrap(),
        );
    }
    chain
}

fn number(value: &Value) -> u64 {
    value
        .as_u64()
        .unwrap_or_else(|| value.as_str().unwrap().parse().unwrap())
}

/// Runs the calls of a file in order and compares all that is given of them.
fn check(chain: &mut Chain, file: &str, to: Address) {
    for call in json(file)["calls"].as_array().unwrap() {
        let label = call["label"].as_str().unwrap();
        let data = call["data"].as_str().unwrap_or_default();
        let data = data
            .replace("<erc20>", &format!("{ERC20:x}"))
            .replace("<hostcalls>", &format!("{HOSTCALLS:x}"));
        let data: Bytes = data.parse().unwrap();
        let value = U256::from(call["value"].as_u64().unwrap_or_default());
        let sender = call["from"]
            .as_str()
            .map_or(SENDER, |from| from.parse().unwrap());
        let env = Env {
            contract_address: to,
            msg_sender: sender,
            tx_origin: sender,
            msg_value: value,
            block_basefee: U256::from(100_000_000),
            tx_gas_price: U256::from(100_000_000),
            ink_price: INK_PRICE,
            ..Default::default()
        };
        *chain.balances.entry(to).or_default() += value;
        let mut transaction = chain.transaction(to);
        let outcome = transaction.run(to, env, data, 30_000_000 * u64::from(INK_PRICE), false);

        assert_eq!(
            outcome.status == Status::Success,
            call["success"].as_bool().unwrap(),
            "{label}: {outcome:?}"
        );
        if call["indicative"].as_bool().unwrap_or_default() {
            continue;
        }
        assert_eq!(
            outcome.output,
            call["output"].as_str().unwrap().parse::<Bytes>().unwrap(),
            "{label}"
        );
        let expected: Vec<u64> = match call["frames"].as_array() {
            Some(frames) => frames
                .iter()
                .map(|frame| number(&frame["ink_used"]))
                .collect(),
            None => vec![number(&call["ink_used"])],
        };
        let hostio: BTreeMap<&str, (u64, u64)> = transaction
            .hostio
            .iter()
            .map(|(name, used)| (*name, (used.n, used.ink)))
            .collect();
        let expected_hostio: BTreeMap<&str, (u64, u64)> = call["hostio"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, used)| (name.as_str(), (number(&used["n"]), number(&used["ink"]))))
            .collect();
        assert_eq!(hostio, expected_hostio, "{label}");
        let ink: Vec<u64> = transaction
            .frames
            .iter()
            .map(|profile| profile.ink_used)
            .collect();
        assert_eq!(ink, expected, "{label}");
    }
}

#[test]
fn every_call_of_the_erc20_costs_the_ink_of_the_vectors() {
    check(&mut chain(), "erc20-probe.json", ERC20);
}

#[test]
fn every_host_call_costs_the_ink_of_the_vectors() {
    check(&mut chain(), "hostcalls.json", HOSTCALLS);
}

#[test]
fn activation_gives_the_figures_of_the_vectors() {
    let erc20 = json("erc20-probe.json");
    let hostcalls = json("hostcalls.json")["programs"]["hostcalls.wasm"].clone();
    let mut pricer = DataPricer::default();
    for (name, given) in [("erc20-probe.wasm", &erc20), ("hostcalls.wasm", &hostcalls)] {
        let wasm = compact(&read(name)).unwrap();
        let price = *Program::new(&wasm, Options::default()).unwrap().price();
        let activation = &given["activation"];
        let fee = pricer.charge(price.asm_estimate, 1_800_000_000);
        assert_eq!(
            [
                compress(&wasm).len() as u64,
                price.init_cost.into(),
                price.cached_cost.into(),
                price.footprint_pages.into(),
                price.asm_estimate_kb().into(),
                price.init_gas(false),
                price.init_gas(true),
            ],
            [
                number(&given["code_bytes_on_chain"]),
                number(&activation["init_cost"]),
                number(&activation["cached_cost"]),
                number(&activation["footprint_pages"]),
                number(&activation["asm_estimate_kb"]),
                number(&activation["init_gas_uncached_call"]),
                number(&activation["init_gas_cached_call"]),
            ],
            "{name}"
        );
        // The vectors take the exact exponential, Nitro and this crate a series in basis points.
        let given_fee = number(&activation["data_fee_wei"]);
        assert!(
            fee.abs_diff(given_fee) < given_fee / 1_000,
            "{name}: fee {fee} instead of {given_fee}"
        );
    }
}

#[test]
fn validation_is_paid_by_the_size_of_the_program() {
    // 2,217 us for the page; 31 instructions (12 to enter, 12 to charge, 2 of its own, 5 to leave) at 0.535 us,
    // rounded down; 28 gas each.
    let program = crate::programs::program("", "i32.const 0");
    assert_eq!(program.activation_gas(), 28 * (2_217 + 16));
}
