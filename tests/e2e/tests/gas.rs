//! The gas and size table, `docs/gas.md`: what every call costs and what every program weighs.
//!
//! The committed table must be what is measured. After a change that moves it, write it anew:
//! `CLAY_UPDATE_GAS=1 cargo test -p e2e --test gas`.

use std::{fmt::Write, fs, path::Path};

use alloy::{
    primitives::{aliases::U40, Address, Bytes, B256, U256},
    sol_types::SolCall,
};
use clay::bytecode::program;
use clay_chain::abi::{ArbWasmCache::evictCodehashCall, ARB_WASM_CACHE, CACHE_MANAGER};
use e2e::{
    committee::{Committee, Execute},
    operators::OPERATOR,
    programs,
    reported::{Reported, DAY},
    rewards::{claim_of_height, Alone, Rewarded},
    CsEthToken::{approveCall, transferCall, transferFromCall},
    FlashExitPool::{self, flashExitCall},
    IcsEthToken, Kind, KycWhitelist, Pool,
    Quorum::{executeCall, nonceCall},
    RewardsDistributor::applyRootCall,
    StakeManager::{
        acceptOwnershipCall, autobalanceCall, booksCall, deposit_0Call, pauseCall, reportCall,
        setParameterCall, transferOwnershipCall, Report,
    },
    Timelock::{self, executeCall as executeOperation, scheduleCall},
    UnstakeQueue::{cancelCall, claimCall, claimWithHintsCall, requestUnstakeCall},
    ALICE, BOARD_KEYS, BOB, ETH, GUARDIAN, OWNER, REPORTER_KEYS, SMALLEST,
};
use stylus_vm::{Options, Program};

const PROGRAMS: [&str; 15] = [
    "cs-eth-token",
    "ics-eth-token",
    "stake-manager",
    "stake-manager-reports",
    "unstake-queue",
    "order-image",
    "flash-exit-pool",
    "protection-pool",
    "operator-registry",
    "operator-allocation",
    "operator-exits",
    "rewards-distributor",
    "quorum",
    "kyc-whitelist",
    "timelock",
];

/// Stake, hold and redeem.
const RIGHTS: u8 = 7;

const HEAD: &str = "# Gas and size

Measured on the embedded chain by `cargo test -p e2e --test gas`, which fails when this file does not hold.
Gas includes the transaction's intrinsic cost and its calldata; no L1 data fee. *Cached* and *uncached* say
whether the programs on the path are in ArbWasmCache.

";

/// A pool whose calls are listed with what they cost.
struct Ledger {
    pool: Pool,
    costs: Vec<(&'static str, u64)>,
}

impl Ledger {
    /// Sends a transaction and lists it.
    fn list(
        &mut self,
        name: &'static str,
        from: Address,
        to: Address,
        value: U256,
        call: impl SolCall,
    ) {
        self.list_raw(name, from, to, value, call.abi_encode().into());
    }

    fn list_raw(
        &mut self,
        name: &'static str,
        from: Address,
        to: Address,
        value: U256,
        data: Bytes,
    ) {
        let receipt = self.pool.send(from, to, value, data);
        assert!(
            receipt.success(),
            "{name}: {:?} {}",
            receipt.status,
            receipt.output
        );
        self.costs.push((name, receipt.gas_used));
    }

    /// What the committee's five members have all signed.
    fn signed(&self, target: Address, call: &impl SolCall) -> executeCall {
        let members = Committee::of_keys(&REPORTER_KEYS);
        let (chain, committee) = (&self.pool.chain, self.pool.committee);
        let message = Execute {
            target,
            data: call.abi_encode().into(),
            nonce: self.pool.view(committee, nonceCall {}),
            deadline: U256::MAX,
        };
        let signatures = members.sign(
            members.keys().len(),
            committee,
            chain.config().chain_id,
            &message,
        );
        message.with(signatures)
    }

    /// A report a day after the one before it, with rewards of 0.1 ETH.
    fn report(&mut self, name: &'static str) {
        self.pool.chain.increase_time(24 * 60 * 60);
        self.pool.chain.mine(1);
        let slot_time = self.pool.chain.timestamp() - 60;
        let earned =
            self.pool.view(self.pool.manager, booksCall {}).leftSeen + ETH / U256::from(10);
        let report = Report {
            slotTime: slot_time,
            clBalanceGwei: 960_000_000_000,
            depositsSeenGwei: 960_000_000_000,
            leftSeen: earned.to(),
            expectedLoss: 0,
            recovered: 0,
            epoch: 0,
        };
        let call = self.signed(self.pool.manager, &reportCall { report });
        let committee = self.pool.committee;
        self.list(name, BOB, committee, U256::ZERO, call);
    }
}

fn deposits(ledger: &mut Ledger) {
    let Pool { manager, token, .. } = ledger.pool;
    let deposit = |receiver| deposit_0Call {
        assets: ETH,
        receiver,
    };
    let none = U256::ZERO;
    ledger.list(
        "deposit, the pool's first",
        ALICE,
        manager,
        ETH,
        deposit(ALICE),
    );
    ledger.list(
        "deposit, an account's first",
        BOB,
        manager,
        ETH,
        deposit(BOB),
    );
    ledger.list("deposit, repeat", ALICE, manager, ETH, deposit(ALICE));
    ledger.list_raw(
        "deposit by plain ETH, repeat",
        ALICE,
        manager,
        ETH,
        Bytes::new(),
    );
    let transfer = transferCall {
        to: BOB,
        value: SMALLEST,
    };
    ledger.list("csETH transfer, repeat", ALICE, token, none, transfer);
    let approve = approveCall {
        spender: BOB,
        value: ETH,
    };
    ledger.list("csETH approve, first", ALICE, token, none, approve);
    let from = transferFromCall {
        from: ALICE,
        to: BOB,
        value: SMALLEST,
    };
    ledger.list("csETH transferFrom, repeat", BOB, token, none, from);
}

/// What a repeated flash exit cannot do without: everything but running the programs.
const FLASH_EXIT_FLOOR: u64 = 21_000
    + 4 * 60 + 16 * 40 // calldata: about 60 bytes of zero and 40 others
    + 4 * 2_600 // cold: two implementations, the stake-manager's proxy, the token
    + 2 * 2_100 // the proxies' implementation slots
    + 2_100 + 5_000 // the pool's terms, its bucket and fees
    + 2 * 5_000
    + 3 * 2_100 // books and reserve; token and freshness, target, reference
    + 2 * 5_000 + 2_100 // balance and supply; who may burn
    + 375 * 4 + 8 * 32 // Transfer
    + 375 * 4 + 8 * 128 // FlashExit
    + 9_000
    - 2_300; // ETH to an account that has some, whose stipend comes back

/// Exits at once.
fn flash_exits(ledger: &mut Ledger) {
    let Pool { manager, flash, .. } = ledger.pool;
    let none = U256::ZERO;
    ledger.pool.deposit(ALICE, U256::from(60) * ETH);
    let balance = autobalanceCall {
        limit: U256::from(1),
    };
    ledger.list(
        "autobalance: reserve topped up",
        BOB,
        manager,
        none,
        balance,
    );
    let exit = || flashExitCall {
        shares: ETH,
        minAssets: ETH * U256::from(9) / U256::from(10),
        receiver: ALICE,
    };
    ledger.list("flash exit, the first", ALICE, flash, none, exit());
    ledger.list("flash exit, repeat", ALICE, flash, none, exit());
}

/// From a request to the claim, with validators and reports on the way.
fn reports_and_orders(ledger: &mut Ledger) {
    let Pool {
        manager,
        token,
        queue,
        ..
    } = ledger.pool;
    let none = U256::ZERO;
    let large = U256::from(1_000) * ETH;
    ledger.pool.chain.set_balance(ALICE, large + large);
    ledger.pool.deposit(ALICE, large);
    ledger.pool.run_validators(30);
    let approve = approveCall {
        spender: queue,
        value: U256::from(100) * ETH,
    };
    ledger.pool.run(ALICE, token, none, approve);

    let autobalance = || autobalanceCall {
        limit: U256::from(30),
    };
    ledger.list(
        "autobalance: 30 validators funded",
        BOB,
        manager,
        none,
        autobalance(),
    );
    ledger.report("report, 5 signatures, the first");
    let request = || requestUnstakeCall {
        shares: ETH,
        receiver: ALICE,
    };
    ledger.list("request to unstake, first", ALICE, queue, none, request());
    ledger.list("request to unstake, repeat", ALICE, queue, none, request());
    ledger.list("request to unstake, repeat", ALICE, queue, none, request());
    ledger.costs.pop();
    ledger.list(
        "cancel an order",
        ALICE,
        queue,
        none,
        cancelCall { id: U256::from(3) },
    );
    ledger.report("report, 5 signatures, three fee receivers");
    ledger.report("report, 5 signatures, three fee receivers, repeat");
    ledger.list(
        "autobalance: 2 orders finalised",
        BOB,
        manager,
        none,
        autobalance(),
    );
    let claim = claimWithHintsCall {
        ids: vec![U256::from(1)],
        hints: vec![U256::from(1)],
        receiver: ALICE,
    };
    ledger.list("claim with a hint", ALICE, queue, none, claim);
    let claim = claimCall {
        ids: vec![U256::from(2)],
    };
    ledger.list(
        "claim without a hint, an account's last",
        ALICE,
        queue,
        none,
        claim,
    );
}

/// In the institutional pool, under the allow-list, which asks most of all; and from csETH into it.
fn institutions(ledger: &mut Ledger) {
    ledger.pool = ledger.pool.clone().turned_to(Kind::Institutional);
    ledger.pool.admit(&[ALICE, BOB], RIGHTS);
    let Pool {
        manager,
        token,
        queue,
        flash,
        whitelist,
        board,
        ..
    } = ledger.pool;
    let none = U256::ZERO;
    let assets = U256::from(100) * ETH;
    ledger.pool.chain.set_balance(BOB, assets * assets);
    let deposit = |receiver| deposit_0Call { assets, receiver };
    ledger.pool.run(ALICE, manager, assets, deposit(ALICE));
    ledger.pool.run(BOB, manager, assets, deposit(BOB));
    ledger.list(
        "IcsETH: gated deposit, repeat",
        ALICE,
        manager,
        assets,
        deposit(ALICE),
    );
    let transfer = || transferCall {
        to: BOB,
        value: ETH,
    };
    ledger.list(
        "IcsETH: gated transfer, repeat",
        ALICE,
        token,
        none,
        transfer(),
    );
    let open = |policy| IcsEthToken::setTransferPolicyCall { policy };
    ledger.pool.run(OWNER, token, none, open(1));
    ledger.list(
        "IcsETH: open transfer, repeat",
        ALICE,
        token,
        none,
        transfer(),
    );
    ledger.pool.run(OWNER, token, none, open(3));
    let approve = approveCall {
        spender: queue,
        value: assets,
    };
    ledger.pool.run(ALICE, token, none, approve);
    let request = || requestUnstakeCall {
        shares: ETH,
        receiver: ALICE,
    };
    ledger.pool.run(ALICE, queue, none, request());
    ledger.list(
        "IcsETH: request to unstake, repeat",
        ALICE,
        queue,
        none,
        request(),
    );
    let set = KycWhitelist::setRightsCall {
        accounts: vec![ALICE],
        rights: vec![RIGHTS],
        expiries: vec![U40::from(u32::MAX)],
        referenceHashes: vec![B256::repeat_byte(1)],
    };
    let members = Committee::of_keys(&BOARD_KEYS);
    let decide = |pool: &Pool, call| members.order(&pool.chain, board, whitelist, call);
    let order = decide(&ledger.pool, &set);
    ledger.list(
        "whitelist: rights changed, 3 signatures",
        BOB,
        board,
        none,
        order,
    );
    let retail = ledger.pool.clone().turned_to(Kind::Retail).flash;
    assert_ne!(retail, flash);
    let name = FlashExitPool::setConversionCall {
        stakeManager: manager,
        whitelist,
    };
    ledger.pool.run(OWNER, retail, none, name);
    let allow = FlashExitPool::allowConversionCall {
        stakeManager: manager,
        smallestFee: U256::ZERO,
        largestBucket: U256::from(10_000),
        allowed: true,
    };
    ledger.pool.run(OWNER, retail, none, allow.clone());
    let order = members.order(&ledger.pool.chain, board, retail, &allow);
    ledger.pool.run(BOB, board, none, order);
    // Less than a deposit may be otherwise.
    let smallest = setParameterCall {
        id: 0,
        value: SMALLEST,
    };
    ledger.pool.run(OWNER, manager, none, smallest);
    let convert = || FlashExitPool::convertCall {
        shares: ETH / U256::from(10),
        minShares: none,
        receiver: ALICE,
    };
    ledger.pool.run(ALICE, retail, none, convert());
    ledger.list(
        "csETH converted to IcsETH, repeat",
        ALICE,
        retail,
        none,
        convert(),
    );
}

/// An epoch's root, and claims by proofs as high as so many operators make them.
fn rewards(ledger: &mut Ledger, pool: Pool) {
    let mut world = Rewarded::of(Reported::of(pool));
    let account = world.operators()[0];
    let none = U256::ZERO;
    let claims = [
        ("claim at 10 operators, the first", 4),
        ("claim at 10 operators, repeat", 4),
        ("claim at 10,000 operators, repeat", 14),
        ("claim at 1,000,000 operators, repeat", 20),
        ("claim in ETH at 10,000 operators", 14),
    ];
    world.top_up();
    for (place, (name, height)) in claims.into_iter().enumerate() {
        world.earns(account, Rewarded::shares(1));
        ledger.pool = world.story.pool.clone();
        let Pool {
            distributor,
            committee,
            ..
        } = ledger.pool;
        let leaf = world.leaves[&account];
        let (root, claim) = claim_of_height(&ledger.pool, account, leaf, height);
        let mut proposal = world.proposal();
        proposal.root = root;
        let signed = ledger.signed(distributor, &proposal);
        if place == 1 {
            ledger.list("root proposed, 5 signatures", BOB, committee, none, signed);
        } else {
            ledger.pool.run(BOB, committee, none, signed);
        }
        ledger.pool.chain.increase_time(DAY);
        ledger.pool.chain.mine(1);
        if place == 1 {
            ledger.list(
                "root put into effect",
                BOB,
                distributor,
                none,
                applyRootCall {},
            );
        } else {
            ledger.pool.run(BOB, distributor, none, applyRootCall {});
        }
        match place {
            4 => ledger.list(name, OPERATOR, distributor, none, claim.in_eth(none)),
            _ => ledger.list(name, OPERATOR, distributor, none, claim.alone()),
        }
        world.story.pool = ledger.pool.clone();
        world.week();
    }
}

fn governance(ledger: &mut Ledger) {
    let manager = ledger.pool.manager;
    let set = setParameterCall {
        id: 0,
        value: SMALLEST + SMALLEST,
    };
    ledger.list("set a parameter (owner)", OWNER, manager, U256::ZERO, set);
    ledger.list(
        "pause (guardian)",
        GUARDIAN,
        manager,
        U256::ZERO,
        pauseCall {},
    );
    // The owner's call once more, by the timelock.
    let (timelock, none) = (ledger.pool.timelock, U256::ZERO);
    let offer = transferOwnershipCall { newOwner: timelock };
    ledger.pool.run(OWNER, manager, none, offer);
    let operation = |call: &dyn Fn() -> Bytes| {
        let (target, data) = (manager, call());
        vec![Timelock::Call { target, data }]
    };
    let accept = operation(&|| acceptOwnershipCall {}.abi_encode().into());
    let set = setParameterCall {
        id: 0,
        value: SMALLEST,
    };
    let set = operation(&|| set.abi_encode().into());
    let word = B256::ZERO;
    let schedule = |calls: &Vec<Timelock::Call>| scheduleCall {
        calls: calls.clone(),
        predecessor: word,
        salt: word,
    };
    let execute = |calls: Vec<Timelock::Call>| executeOperation {
        calls,
        predecessor: word,
        salt: word,
    };
    ledger.pool.run(OWNER, timelock, none, schedule(&accept));
    ledger.list(
        "timelock: a call scheduled",
        OWNER,
        timelock,
        none,
        schedule(&set),
    );
    ledger.pool.chain.increase_time(7 * DAY);
    ledger.pool.chain.mine(1);
    ledger.pool.run(BOB, timelock, none, execute(accept));
    let name = "timelock: a parameter set";
    ledger.list(name, BOB, timelock, none, execute(set));
}

fn costs(cached: bool) -> Vec<(&'static str, u64)> {
    let mut pool = Pool::new();
    // The deployment has put every program into the cache.
    if !cached {
        pool.chain.set_balance(CACHE_MANAGER, ETH);
        for program in PROGRAMS {
            let wasm = fs::read(programs().join(format!("{program}.wasm"))).expect("built");
            let codehash = program::code_hash(&program::code(&wasm));
            let evict = evictCodehashCall { codehash };
            pool.run(CACHE_MANAGER, ARB_WASM_CACHE, U256::ZERO, evict);
        }
    }
    let mut ledger = Ledger {
        pool: pool.clone(),
        costs: Vec::new(),
    };
    deposits(&mut ledger);
    reports_and_orders(&mut ledger);
    flash_exits(&mut ledger);
    institutions(&mut ledger);
    ledger.pool = ledger.pool.clone().turned_to(Kind::Retail);
    governance(&mut ledger);
    rewards(&mut ledger, pool);
    ledger.costs
}

fn table() -> String {
    let mut table = HEAD.to_owned();
    let columns = costs(true).into_iter().zip(costs(false));
    table += "| call | gas, cached | gas, uncached |\n|---|---:|---:|\n";
    for ((call, cached), (_, uncached)) in columns {
        writeln!(table, "| {call} | {cached} | {uncached} |").expect("text");
    }
    writeln!(table, "\nA repeated flash exit's floor is {FLASH_EXIT_FLOOR}: intrinsic, calldata, cold accounts and slots, logs and the payout.").expect("text");
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
