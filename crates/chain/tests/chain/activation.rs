//! Activation, expiry, keepalive, and the cache.

use alloy::{
    primitives::{Address, Bytes, U256},
    sol_types::{SolCall, SolError},
};
use clay_chain::{
    abi::{ArbWasm::*, ArbWasmCache::*, CacheManager::*, ARB_WASM, ARB_WASM_CACHE, CACHE_MANAGER},
    Chain, Config, ExecStatus, Overrides, Receipt, StartupRule, TxRequest,
};

use super::accounts::*;

const DAY: u64 = 86_400;

/// The probe's code without activation.
fn unactivated(chain: &mut Chain) -> Address {
    let code = stylus_vm::compress(&stylus_vm::compact(&probe_wasm()).unwrap());
    create(chain, clay_chain::init_code(&code))
}

fn activate(chain: &mut Chain, program: Address, value: U256) -> std::sync::Arc<Receipt> {
    let input = activateProgramCall { program }.abi_encode();
    chain
        .transact(TxRequest::call(ALICE, ARB_WASM, input).with_value(value))
        .unwrap()
}

#[test]
fn a_program_runs_only_once_it_is_activated() {
    let mut chain = chain();
    let program = unactivated(&mut chain);
    let refused = send(&mut chain, program, vec![0]);
    assert_eq!(refused.status, ExecStatus::Revert);
    assert_eq!(refused.output, ProgramNotActivated {}.abi_encode());

    let before = chain.balance_now(ALICE);
    let activated = activate(&mut chain, program, ether(1));
    assert!(activated.success());
    let returned = activateProgramCall::abi_decode_returns(&activated.output).unwrap();
    assert_eq!(returned.version, 2);
    // The change came back: only the fee and the gas are gone.
    let gas = U256::from(activated.gas_used) * U256::from(100_000_000u64);
    assert_eq!(before - chain.balance_now(ALICE), returned.dataFee + gas);
    assert!(activated.gas_used > 1_659_168);
    assert!(send(&mut chain, program, vec![0]).success());

    let again = activate(&mut chain, program, ether(1));
    assert_eq!(again.output, ProgramUpToDate {}.abi_encode());
}

#[test]
fn activation_wants_its_fee_and_a_program() {
    let mut chain = chain();
    let program = unactivated(&mut chain);
    let poor = activate(&mut chain, program, U256::from(1));
    let missing = ProgramInsufficientValue::abi_decode(&poor.output).unwrap();
    assert_eq!(missing.have, U256::from(1));
    assert!(missing.want > U256::from(10u64).pow(U256::from(12)));
    // The fee it names is enough.
    assert!(activate(&mut chain, program, missing.want).success());
    assert_eq!(
        activate(&mut chain, BOB, ether(1)).output,
        ProgramNotWasm {}.abi_encode()
    );
}

#[test]
fn the_same_program_is_activated_once_for_all_its_addresses() {
    let (mut chain, first) = with_probe();
    let second = chain.deploy_program(ALICE, &probe_wasm()).unwrap();
    assert_ne!(first, second);
    assert!(send(&mut chain, second, vec![0]).success());
}

#[test]
fn a_reverted_activation_leaves_nothing() {
    let mut chain = chain();
    let program = unactivated(&mut chain);
    // A contract that activates and then reverts: the forwarder's code with REVERT in the place of RETURN.
    let mut code = FORWARDER.to_vec();
    *code.last_mut().unwrap() = 0xfd;
    let reverter = create(&mut chain, clay_chain::init_code(&code));
    let input = forwarded(ARB_WASM, &activateProgramCall { program }.abi_encode());
    let receipt = chain
        .transact(TxRequest::call(ALICE, reverter, input).with_value(ether(1)))
        .unwrap();
    assert_eq!(
        (receipt.status.clone(), receipt.output.len()),
        (ExecStatus::Revert, 64)
    );
    assert_eq!(
        send(&mut chain, program, vec![0]).output,
        ProgramNotActivated {}.abi_encode()
    );
    assert!(activate(&mut chain, program, ether(1)).success());
}

#[test]
fn an_eth_call_with_overridden_code_checks_a_program() {
    let chain = chain();
    let code = stylus_vm::compress(&stylus_vm::compact(&probe_wasm()).unwrap());
    let account = alloy::rpc::types::state::AccountOverride {
        code: Some(code.into()),
        ..Default::default()
    };
    let overrides = Overrides {
        state: Some([(NOBODY, account)].into_iter().collect()),
        block: None,
    };
    let input = activateProgramCall { program: NOBODY }.abi_encode();
    let request = TxRequest::call(ALICE, ARB_WASM, input).with_value(ether(1));
    let outcome = chain
        .call(&request, Default::default(), &overrides)
        .unwrap();
    let returned = activateProgramCall::abi_decode_returns(&outcome.output).unwrap();
    assert!(outcome.status.is_success() && !returned.dataFee.is_zero());
}

#[test]
fn programs_expire_and_can_be_kept_alive() {
    let (mut chain, program) = with_probe();
    let codehash = alloy::primitives::keccak256(chain.code(program, Default::default()).unwrap());
    let keepalive = TxRequest::call(
        ALICE,
        ARB_WASM,
        codehashKeepaliveCall { codehash }.abi_encode(),
    );
    let keepalive = keepalive.with_value(ether(1));

    chain.increase_time(30 * DAY);
    let early = chain.transact(keepalive.clone()).unwrap();
    assert_eq!(
        early.output,
        ProgramKeepaliveTooSoon {
            ageInSeconds: 30 * DAY
        }
        .abi_encode()
    );
    chain.increase_time(DAY);
    assert!(chain.transact(keepalive).unwrap().success());
    let left = view(
        &chain,
        ARB_WASM,
        programTimeLeftCall { program }.abi_encode(),
    );
    assert_eq!(
        programTimeLeftCall::abi_decode_returns(&left).unwrap(),
        365 * DAY
    );

    chain.increase_time(365 * DAY);
    assert!(
        send(&mut chain, program, vec![0]).success(),
        "on the last day"
    );
    chain.increase_time(1);
    let late = send(&mut chain, program, vec![0]);
    assert_eq!(
        late.output,
        ProgramExpired {
            ageInSeconds: 365 * DAY + 1
        }
        .abi_encode()
    );
    assert!(
        activate(&mut chain, program, ether(1)).success(),
        "it can be activated anew"
    );
    assert!(send(&mut chain, program, vec![0]).success());
}

#[test]
fn oversized_programs_are_refused() {
    let mut chain = chain();
    // Too much code on chain.
    let code = [&stylus_vm::STYLUS_PREFIX[..], &[0; 24_574]].concat();
    let receipt = chain
        .transact(TxRequest::create(ALICE, clay_chain::init_code(&code)))
        .unwrap();
    assert_eq!(
        receipt.status,
        ExecStatus::Halt("max code size exceeded".into())
    );

    // Too much WASM once decompressed: 140,000 equal bytes of data.
    let text = format!(
        r#"(module (memory (export "memory") 3) (data (i32.const 0) "{}"))"#,
        "a".repeat(140_000)
    );
    let code = stylus_vm::compress(&wat::parse_str(text).unwrap());
    let program = create(&mut chain, clay_chain::init_code(&code));
    let receipt = activate(&mut chain, program, ether(1));
    let reason = alloy::sol_types::Revert::abi_decode(&receipt.output)
        .unwrap()
        .reason;
    assert!(reason.contains("131072"), "{reason}");
}

#[test]
fn a_cache_bid_makes_calls_cheaper() {
    let (mut chain, program) = with_probe();
    let uncached = send(&mut chain, program, vec![0]).gas_used;
    let gas = view(
        &chain,
        ARB_WASM,
        programInitGasCall { program }.abi_encode(),
    );
    let gas = programInitGasCall::abi_decode_returns(&gas).unwrap();

    let managers = view(&chain, ARB_WASM_CACHE, allCacheManagersCall {}.abi_encode());
    assert_eq!(
        allCacheManagersCall::abi_decode_returns(&managers).unwrap(),
        [CACHE_MANAGER]
    );
    let min = view(
        &chain,
        CACHE_MANAGER,
        getMinBid_1Call { program }.abi_encode(),
    );
    assert_eq!(
        getMinBid_1Call::abi_decode_returns(&min)
            .unwrap()
            .to::<u64>(),
        0
    );
    let bid = TxRequest::call(BOB, CACHE_MANAGER, placeBidCall { program }.abi_encode())
        .with_value(U256::from(1_000));
    assert!(chain.transact(bid.clone()).unwrap().success());

    assert_eq!(
        send(&mut chain, program, vec![0]).gas_used,
        uncached - (gas.gas - gas.gasWhenCached)
    );
    let twice = chain.transact(bid).unwrap();
    assert!(AlreadyCached::abi_decode(&twice.output).is_ok());
    // Nobody but the manager may do it directly.
    let direct = send(
        &mut chain,
        ARB_WASM_CACHE,
        cacheProgramCall { program }.abi_encode(),
    );
    assert_eq!(
        (direct.status.clone(), direct.output.clone()),
        (ExecStatus::Revert, Bytes::new())
    );
}

#[test]
fn a_second_call_in_the_same_block_is_cached_under_the_per_block_rule() {
    let gas_of_two = |startup| {
        let mut chain = Chain::new(Config {
            startup,
            ..Config::default()
        });
        let program = chain.deploy_program(ALICE, &probe_wasm()).unwrap();
        chain.set_automine(false);
        for from in [ALICE, BOB] {
            chain
                .submit(TxRequest::call(from, program, vec![0]))
                .unwrap();
        }
        let block = chain.mine(1);
        [block.receipts[0].gas_used, block.receipts[1].gas_used]
    };
    let bid = gas_of_two(StartupRule::Bid);
    assert_eq!(bid[0], bid[1]);
    let [first, second] = gas_of_two(StartupRule::PerBlock);
    assert_eq!(first, bid[0]);
    assert!(
        second + 8_832 < first,
        "{second} is not much less than {first}"
    );
    let cached = gas_of_two(StartupRule::AllCached);
    assert_eq!(cached, [second, second]);
}
