//! Bad input of every kind is refused with a typed error, or with empty revert data where the design says so,
//! and the next deposit succeeds.

use alloy::{
    json_abi::{JsonAbi, StateMutability},
    primitives::{Address, Bytes, B256, U256},
    sol_types::SolCall,
};
use clay::bindings::ABIS;
use clay_chain::{ExecStatus, Overrides, TxRequest};
use e2e::{CsEthToken, Pool, StakeManager::*, ALICE, BOB, ETH, GUARDIAN, MALLORY, OWNER};

const NONE: U256 = U256::ZERO;

/// Every contract of the pool with its ABI, and those that only the institutional pool has.
fn contracts(pool: &Pool) -> Vec<(&'static str, Address, JsonAbi)> {
    let at = |name| match name {
        "cs-eth-token" => Some(pool.token),
        "stake-manager" => Some(pool.manager),
        "unstake-queue" => Some(pool.queue),
        "flash-exit-pool" => Some(pool.flash),
        "order-image" => Some(pool.image),
        "protection-pool" => Some(pool.protection),
        "operator-registry" => Some(pool.registry),
        "rewards-distributor" => Some(pool.distributor),
        "quorum" => Some(pool.committee),
        "kyc-whitelist" => Some(pool.whitelist),
        "timelock" => Some(pool.timelock),
        // On the same chain.
        "ics-eth-token" => Some(Pool::institutional().token),
        // On L1.
        "gateway" => None,
        other => panic!("where is {other}?"),
    };
    let abis = ABIS.iter().filter_map(|(name, json)| {
        let abi = serde_json::from_str(json).expect("a JSON ABI");
        Some((*name, at(name)?, abi))
    });
    abis.collect()
}

#[track_caller]
fn refuses_without_a_word(pool: &mut Pool, to: Address, value: U256, data: impl Into<Bytes>) {
    let receipt = pool.send(ALICE, to, value, data);
    assert_eq!(receipt.status, ExecStatus::Revert);
    assert_eq!(receipt.output, Bytes::new());
}

#[test]
fn over_and_underpaid_deposits_are_refused() {
    let mut pool = Pool::new();
    for sent in [ETH - U256::from(1), ETH + U256::from(1), NONE] {
        let error = DepositValueMismatch { assets: ETH, sent };
        pool.refuses(
            ALICE,
            pool.manager,
            sent,
            deposit_0Call {
                assets: ETH,
                receiver: ALICE,
            },
            error,
        );
    }
    let receiver = Address::ZERO;
    let error = ZeroAddress {};
    pool.refuses(
        ALICE,
        pool.manager,
        ETH,
        deposit_0Call {
            assets: ETH,
            receiver,
        },
        error,
    );
    pool.deposit(ALICE, ETH);
}

#[test]
fn an_unknown_function_is_named() {
    let mut pool = Pool::new();
    for to in [pool.manager, pool.token] {
        let receipt = pool.send(ALICE, to, NONE, vec![0xde, 0xad, 0xbe, 0xef, 1, 2, 3]);
        assert_eq!(receipt.status, ExecStatus::Revert);
        let expected = UnknownFunction {
            selector: [0xde, 0xad, 0xbe, 0xef].into(),
        };
        assert_eq!(
            receipt.output,
            Bytes::from(alloy::sol_types::SolError::abi_encode(&expected))
        );
    }
    pool.deposit(ALICE, ETH);
}

#[test]
fn what_does_not_decode_reverts_with_empty_data() {
    let mut pool = Pool::new();
    let manager = pool.manager;
    // Shorter than a selector; no arguments; an address with something above its 160 bits.
    refuses_without_a_word(&mut pool, manager, NONE, vec![1, 2, 3]);
    refuses_without_a_word(&mut pool, manager, ETH, deposit_0Call::SELECTOR.to_vec());
    let dirty = [
        &deposit_0Call::SELECTOR[..],
        &ETH.to_be_bytes::<32>(),
        &[0xff; 32],
    ]
    .concat();
    refuses_without_a_word(&mut pool, manager, ETH, dirty);
    // Value to functions that take none, on either facet and on the token.
    let token = pool.token;
    for data in [rateCall {}.abi_encode(), booksCall {}.abi_encode()] {
        refuses_without_a_word(&mut pool, manager, U256::from(1), data);
    }
    refuses_without_a_word(&mut pool, token, U256::from(1), vec![]);
    let transfer = CsEthToken::transferCall {
        to: BOB,
        value: NONE,
    }
    .abi_encode();
    refuses_without_a_word(&mut pool, token, U256::from(1), transfer);
    pool.deposit(ALICE, ETH);
}

#[test]
fn a_claimed_length_costs_nothing() {
    let mut pool = Pool::new();
    let word = |value: u64| B256::from(U256::from(value)).to_vec();
    for length in [
        1u64,
        96,
        u64::from(u32::MAX) - 3,
        u64::from(u32::MAX),
        u64::MAX,
    ] {
        for offset in [64u64, 0, u64::from(u32::MAX) - 31, u64::MAX] {
            let implementation = B256::left_padding_from(pool.implementation.as_slice()).to_vec();
            let data = [
                upgradeToAndCallCall::SELECTOR.to_vec(),
                implementation,
                word(offset),
                word(length),
            ]
            .concat();
            let request = TxRequest::call(OWNER, pool.manager, data);
            let outcome = pool
                .chain
                .trace_call(&request, Default::default(), &Overrides::default())
                .expect("a call");
            if offset == 0 && length == 1 {
                continue; // Reads the address as a length: decodes or not, as anywhere in Solidity.
            }
            assert_eq!(
                (outcome.status, outcome.output),
                (ExecStatus::Revert, Bytes::new()),
                "{offset} {length}"
            );
            let trace = outcome.trace.expect("asked for");
            for frame in trace.frames() {
                assert!(
                    frame
                        .stylus
                        .as_ref()
                        .is_none_or(|program| program.page_gas == 0),
                    "memory grew"
                );
            }
        }
    }
    pool.deposit(ALICE, ETH);
}

#[test]
fn out_of_gas_changes_nothing() {
    let mut pool = Pool::new();
    pool.deposit(ALICE, ETH);
    let call = deposit_0Call {
        assets: ETH,
        receiver: ALICE,
    };
    let (_, receipt) = pool.run(ALICE, pool.manager, ETH, call.clone());
    let before = (pool.totals(), pool.balance(ALICE));
    for gas in (22_000..receipt.gas_used - 200).step_by(1_777) {
        let request = TxRequest::call(ALICE, pool.manager, call.abi_encode())
            .with_value(ETH)
            .with_gas(gas);
        let receipt = pool
            .chain
            .transact(request)
            .expect("a transaction the chain takes");
        assert!(!receipt.success(), "{gas}");
        assert_eq!((pool.totals(), pool.balance(ALICE)), before, "{gas}");
    }
    pool.deposit(ALICE, ETH);
    pool.check_books();
}

#[test]
fn an_unactivated_or_oversized_program_is_refused() {
    let mut pool = Pool::new();
    // A valid program that nobody has activated: Arbitrum's own error comes back.
    let mut wasm = std::fs::read(e2e::programs().join("cs-eth-token.wasm")).expect("built");
    wasm.extend([0, 4, 3, b'n', b'e', b'w']);
    let code = clay_chain::init_code(&stylus_vm::compress(&wasm));
    let receipt = pool
        .chain
        .transact(TxRequest::create(ALICE, code))
        .expect("a creation");
    let program = receipt.created.expect("created");
    let receipt = pool.send(
        ALICE,
        program,
        NONE,
        CsEthToken::decimalsCall {}.abi_encode(),
    );
    assert!(!receipt.success());
    let selector = &alloy::primitives::keccak256("ProgramNotActivated()")[..4];
    assert_eq!(&receipt.output[..], selector);

    // More code than an account may have.
    let receipt = pool.chain.transact(TxRequest::create(
        ALICE,
        clay_chain::init_code(&vec![0; 24_577]),
    ));
    assert!(!receipt.expect("a creation").success());
    pool.deposit(ALICE, ETH);
}

#[test]
fn every_function_of_the_abi_is_answered_and_takes_value_only_if_it_says_so() {
    let pool = Pool::new();
    for (name, address, abi) in contracts(&pool) {
        for function in abi.functions() {
            // Zeros decode as any argument of these interfaces.
            let data = [function.selector().as_slice(), &[0; 32 * 16]].concat();
            let unknown = alloy::sol_types::SolError::abi_encode(&UnknownFunction {
                selector: function.selector(),
            });
            let outcome = pool.call(TxRequest::call(MALLORY, address, data.clone()));
            assert_ne!(
                outcome.output,
                Bytes::from(unknown),
                "{name}: {}",
                function.signature()
            );
            if function.state_mutability != StateMutability::Payable {
                let paid =
                    pool.call(TxRequest::call(OWNER, address, data).with_value(U256::from(1)));
                assert!(
                    !paid.status.is_success(),
                    "{name}: {} took value",
                    function.signature()
                );
            }
        }
    }
}

#[test]
fn p10_no_view_writes() {
    let mut pool = Pool::new();
    pool.deposit(ALICE, ETH);
    // Also after a pause has lapsed by itself, with its flag still set.
    pool.run(GUARDIAN, pool.manager, NONE, pauseCall {});
    let lapsed = pool.chain.timestamp() + 15 * 24 * 60 * 60;
    pool.chain.set_next_timestamp(lapsed).expect("later");
    pool.chain.mine(1);
    for (name, address, abi) in contracts(&pool) {
        for function in abi.functions() {
            if function.state_mutability != StateMutability::View {
                continue;
            }
            let data = [function.selector().as_slice(), &[0; 32 * 3]].concat();
            let request = TxRequest::call(MALLORY, address, data);
            let outcome = pool
                .chain
                .trace_call(&request, Default::default(), &Overrides::default())
                .expect("a call");
            let trace = outcome.trace.expect("asked for");
            for program in trace
                .frames()
                .iter()
                .filter_map(|frame| frame.stylus.as_ref())
            {
                for forbidden in ["storage_cache_bytes32", "emit_log", "call_contract"] {
                    let signature = function.signature();
                    assert!(
                        !program.hostio.contains_key(forbidden),
                        "{name}: {signature}"
                    );
                }
            }
        }
    }
}
