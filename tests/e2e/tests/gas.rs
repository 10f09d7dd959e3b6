//! The gas and size table, `docs/gas.md`: what every call costs and what every program weighs.
//!
//! The committed table must be what is measured. After a change that moves it, write it anew:
//! `CLAY_UPDATE_GAS=1 cargo test -p e2e --test gas`.

use std::{fmt::Write, fs, path::Path};

use alloy::{
    eips::BlockId,
    primitives::{keccak256, Address, Bytes, U256},
    sol_types::SolCall,
};
use clay_chain::{
    abi::{ArbWasmCache::evictCodehashCall, ARB_WASM_CACHE, CACHE_MANAGER},
    TxRequest,
};
use e2e::{
    CsEthToken::{approveCall, transferCall, transferFromCall},
    Pool,
    StakeManager::{deposit_0Call, pauseCall, setParameterCall},
    ALICE, BOB, ETH, GUARDIAN, OWNER, SMALLEST,
};
use stylus_vm::{Options, Program};

const PROGRAMS: [&str; 8] = [
    "cs-eth-token",
    "stake-manager",
    "stake-manager-reports",
    "unstake-queue",
    "order-image",
    "protection-pool",
    "operator-registry",
    "quorum",
];

const HEAD: &str = "# Gas and size

Measured on the embedded chain by `cargo test -p e2e --test gas`, which fails when this file does not hold.
Gas includes the transaction's intrinsic cost and its calldata; no L1 data fee. *Cached* and *uncached* say
whether the programs on the path are in ArbWasmCache.

";

/// A transaction whose cost is listed, after those before it.
struct Listed {
    call: &'static str,
    from: Address,
    to: Address,
    value: U256,
    data: Bytes,
}

fn story(pool: &Pool) -> Vec<Listed> {
    let Pool { manager, token, .. } = *pool;
    let deposit = |receiver| {
        deposit_0Call {
            assets: ETH,
            receiver,
        }
        .abi_encode()
        .into()
    };
    let listed = |call, from, to, value, data| Listed {
        call,
        from,
        to,
        value,
        data,
    };
    let transfer = || {
        transferCall {
            to: BOB,
            value: SMALLEST,
        }
        .abi_encode()
        .into()
    };
    let from = || {
        transferFromCall {
            from: ALICE,
            to: BOB,
            value: SMALLEST,
        }
        .abi_encode()
        .into()
    };
    let none = U256::ZERO;
    vec![
        listed(
            "deposit, the pool's first",
            ALICE,
            manager,
            ETH,
            deposit(ALICE),
        ),
        listed(
            "deposit, an account's first",
            BOB,
            manager,
            ETH,
            deposit(BOB),
        ),
        listed("deposit, repeat", ALICE, manager, ETH, deposit(ALICE)),
        listed(
            "deposit by plain ETH, repeat",
            ALICE,
            manager,
            ETH,
            Bytes::new(),
        ),
        listed("csETH transfer, repeat", ALICE, token, none, transfer()),
        listed(
            "csETH approve, first",
            ALICE,
            token,
            none,
            approveCall {
                spender: BOB,
                value: ETH,
            }
            .abi_encode()
            .into(),
        ),
        listed("csETH transferFrom, repeat", BOB, token, none, from()),
        listed(
            "set a parameter (owner)",
            OWNER,
            manager,
            none,
            setParameterCall {
                id: 0,
                value: SMALLEST + SMALLEST,
            }
            .abi_encode()
            .into(),
        ),
        listed(
            "pause (guardian)",
            GUARDIAN,
            manager,
            none,
            pauseCall {}.abi_encode().into(),
        ),
    ]
}

fn costs(cached: bool) -> Vec<(&'static str, u64)> {
    let mut pool = Pool::new();
    // The deployment has put every program into the cache.
    if !cached {
        pool.chain.set_balance(CACHE_MANAGER, ETH);
        for program in [pool.token, pool.implementation, pool.facet] {
            let code = pool
                .chain
                .code(program, BlockId::latest())
                .expect("a program");
            let evict = evictCodehashCall {
                codehash: keccak256(code),
            };
            pool.run(CACHE_MANAGER, ARB_WASM_CACHE, U256::ZERO, evict);
        }
    }
    let story = story(&pool);
    story
        .into_iter()
        .map(|listed| {
            let request =
                TxRequest::call(listed.from, listed.to, listed.data).with_value(listed.value);
            let receipt = pool
                .chain
                .transact(request)
                .expect("a transaction the chain takes");
            assert!(receipt.success(), "{}: {:?}", listed.call, receipt.status);
            (listed.call, receipt.gas_used)
        })
        .collect()
}

fn table() -> String {
    let mut table = HEAD.to_owned();
    let columns = costs(true).into_iter().zip(costs(false));
    table += "| call | gas, cached | gas, uncached |\n|---|---:|---:|\n";
    for ((call, cached), (_, uncached)) in columns {
        writeln!(table, "| {call} | {cached} | {uncached} |").expect("text");
    }
    table += "\n| program | compressed bytes (limit 24,576) | WASM bytes | start-up gas, cached | uncached | pages |\n";
    table += "|---|---:|---:|---:|---:|---:|\n";
    for name in PROGRAMS {
        let wasm = fs::read(e2e::programs().join(format!("{name}.wasm"))).expect("built");
        let wasm = stylus_vm::compact(&wasm).expect("valid");
        let compressed = stylus_vm::compress(&wasm).len();
        let program = Program::new(&wasm, Options::default()).expect("valid");
        let price = program.price();
        let (cached, uncached) = (price.init_gas(true), price.init_gas(false));
        let (bytes, pages) = (wasm.len(), price.footprint_pages);
        writeln!(
            table,
            "| {name} | {compressed} | {bytes} | {cached} | {uncached} | {pages} |"
        )
        .expect("text");
        assert!(compressed <= 24_576, "{name} does not fit an account");
    }
    table
}

#[test]
fn the_committed_table_holds() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/gas.md");
    let measured = table();
    if std::env::var_os("CLAY_UPDATE_GAS").is_some() {
        fs::write(&file, &measured).expect("written");
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(
        committed, measured,
        "docs/gas.md is not what is measured: see the head of this test"
    );
}
