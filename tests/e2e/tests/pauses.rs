//! What a pause stops, `docs/pauses.md`: every function of every contract while one contract is paused.
//!
//! The lists here are written by hand, from what is promised. The committed page must be what they say; after a change,
//! write it anew: `CLAY_UPDATE_PAUSES=1 cargo test -p e2e --test pauses`.

use std::{fmt::Write, fs, path::Path};

use alloy::{
    primitives::{Address, U256},
    sol_types::SolError,
};
use clay_chain::Receipt;
use e2e::{
    calls::{Prepared, ValidCall, PRICING},
    reported::DAY,
    Kind,
    StakeManager::{
        pauseCall, pausedCall, rearmGuardianCall, unpauseCall, EnforcedPause, GuardianPauseSpent,
        OnlyOwner,
    },
    GUARDIAN, OWNER,
};

/// Seconds of a guardian's pause: 14 days.
const GUARDIAN_PAUSE: u64 = 14 * DAY;

/// Each contract that can be paused, what its pause stops, and what users should know of the rest.
const PAUSES: [Pause; 4] = [
    Pause {
        contract: "stake-manager",
        stops: PRICING,
        goes_on: "Reports, acknowledgements and flags; keys, exits' parts, confirmations and claims of operators; requests to unstake, their cancellation, claims and silent \
            redemptions; ETH that returns from the gateway. `autobalance` books what returned, and leaves due orders, \
            funding and the reserve until the pause is over.",
    },
    Pause {
        contract: "unstake-queue",
        stops: &[
            ("unstake-queue", "requestUnstake(uint256,address)"),
            (
                "unstake-queue",
                "requestUnstakeWithPermit(uint256,address,uint256,uint8,bytes32,bytes32)",
            ),
            ("unstake-queue", "cancel(uint256)"),
        ],
        goes_on: "Orders become due, are finalised, transferred and claimed, or redeemed silently.",
    },
    Pause {
        contract: "flash-exit-pool",
        stops: &[
            ("flash-exit-pool", "flashExit(uint256,uint256,address)"),
            (
                "flash-exit-pool",
                "flashExitAtFullFee(uint256,uint256,address)",
            ),
            ("flash-exit-pool", "convert(uint256,uint256,address)"),
            (
                "rewards-distributor",
                "claimAsEth(uint256,uint256,uint256,uint256,uint256,bytes32[],uint256)",
            ),
        ],
        goes_on: "The reserve is topped up, and goes back to the pool.",
    },
    Pause {
        contract: "rewards-distributor",
        stops: &[
            ("rewards-distributor", "claim(uint256,uint256,uint256,uint256,uint256,bytes32[])"),
            ("rewards-distributor", "claimMany((uint256,uint256,uint256,uint256,uint256,bytes32[])[])"),
            ("rewards-distributor", "claimAsEth(uint256,uint256,uint256,uint256,uint256,bytes32[],uint256)"),
        ],
        goes_on: "Roots are proposed, vetoed and put into effect.",
    },
];

struct Pause {
    contract: &'static str,
    stops: &'static [(&'static str, &'static str)],
    goes_on: &'static str,
}

impl Pause {
    /// Whether it stops a call. In the institutional pool plain ETH is what returns from the gateway.
    fn stops(&self, call: &ValidCall, kind: Kind) -> bool {
        let returns = kind == Kind::Institutional && call.signature == "receive()";
        // A guardian's pause would not shorten the owner's.
        let again = call.contract == self.contract && call.signature == "pause()";
        again || !returns && self.stops.contains(&(call.contract, call.signature))
    }
}

/// Where a contract is that can be paused.
fn address_of(contract: &str, calls: &[ValidCall]) -> Address {
    let mut pauses = calls.iter().filter(|call| call.signature == "pause()");
    let of = pauses.find(|call| call.contract == contract);
    of.expect("a contract that can be paused").to
}

#[test]
fn p29_a_pause_stops_what_the_page_says_and_nothing_else() {
    for prepared in [Prepared::retail(), Prepared::institutional()] {
        let calls = prepared.calls();
        for pause in &PAUSES {
            let mut paused = prepared.story.pool.clone();
            let at = address_of(pause.contract, &calls);
            paused.run(OWNER, at, U256::ZERO, pauseCall {});
            for call in &calls {
                let mut pool = paused.clone();
                call.prepare(&mut pool);
                let receipt = call.make(&mut pool);
                let what = format!(
                    "{:?}, {} paused: {}.{}: {}",
                    prepared.kind, pause.contract, call.contract, call.signature, receipt.output
                );
                match pause.stops(call, prepared.kind) {
                    true => assert!(is_paused(&receipt), "{what}"),
                    false => assert!(receipt.success(), "{what}"),
                }
            }
        }
    }
}

fn is_paused(receipt: &Receipt) -> bool {
    receipt.output.starts_with(&EnforcedPause::SELECTOR)
}

#[test]
fn p29_the_lists_name_functions_that_are_there() {
    let calls = Prepared::retail().calls();
    for named in PAUSES.iter().flat_map(|pause| pause.stops) {
        let mut names = calls.iter().map(|call| (call.contract, call.signature));
        assert!(names.any(|name| name == *named), "{named:?}");
    }
    for call in calls.iter().filter(|call| call.signature == "pause()") {
        let mut pauses = PAUSES.iter();
        assert!(
            pauses.any(|pause| pause.contract == call.contract),
            "{}",
            call.contract
        );
    }
}

#[test]
fn p29_a_guardians_pause_lapses_and_is_not_chained() {
    let prepared = Prepared::retail();
    for contract in PAUSES.map(|pause| pause.contract) {
        let mut pool = prepared.story.pool.clone();
        let at = address_of(contract, &prepared.calls());
        let none = U256::ZERO;
        pool.run(GUARDIAN, at, none, pauseCall {});
        let begun = pool.chain.timestamp();
        let refusal = OnlyOwner {
            caller: GUARDIAN,
            owner: OWNER,
        };
        pool.refuses(GUARDIAN, at, none, unpauseCall {}, refusal);
        let last = pool.chain.set_next_timestamp(begun + GUARDIAN_PAUSE - 1);
        last.expect("a later time");
        pool.chain.mine(1);
        assert!(pool.view(at, pausedCall {}), "{contract}");
        pool.refuses(GUARDIAN, at, none, pauseCall {}, GuardianPauseSpent {});
        pool.chain.increase_time(1);
        pool.chain.mine(1);
        assert!(!pool.view(at, pausedCall {}), "{contract}");
        pool.refuses(GUARDIAN, at, none, pauseCall {}, GuardianPauseSpent {});
        pool.run(OWNER, at, none, rearmGuardianCall {});
        pool.run(GUARDIAN, at, none, pauseCall {});
        assert!(pool.view(at, pausedCall {}), "{contract}");
    }
}

const HEAD: &str = "# What a pause stops

Written by `cargo test -p e2e --test pauses`, which makes a valid call of every function of every contract, in both pools,
while one contract is paused: those listed are refused with `EnforcedPause`, and all others succeed.

The owner pauses until it ends the pause. The guardian pauses for 14 days, once until the owner re-arms it, and can neither
end a pause nor move funds. No pause stops a report, a claim of a finalised order, a silent redemption, or ETH that comes
back from Ethereum.

| paused | stops | goes on |
|---|---|---|
";

#[test]
fn the_committed_page_holds() {
    let mut page = HEAD.to_owned();
    for pause in &PAUSES {
        let (contract, stops) = (pause.contract, stopped(pause));
        writeln!(page, "| {contract} | {stops} | {} |", pause.goes_on).expect("text");
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/pauses.md");
    if std::env::var_os("CLAY_UPDATE_PAUSES").is_some() {
        fs::write(&file, &page).expect("written");
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(committed, page, "docs/pauses.md: see the head of this test");
}

/// What a pause stops, by contract; functions by their names alone.
fn stopped(pause: &Pause) -> String {
    let contracts = pause.stops.chunk_by(|(one, _), (next, _)| one == next);
    let told = contracts.map(|functions| {
        let mut names: Vec<_> = functions
            .iter()
            .map(|(_, signature)| name(signature))
            .collect();
        names.dedup();
        format!("{}: {}", functions[0].0, names.join(", "))
    });
    told.collect::<Vec<_>>().join("; ")
}

fn name(signature: &str) -> String {
    match signature.split_once('(') {
        Some(("receive", _)) => "plain ETH".into(),
        Some((name, _)) => format!("`{name}`"),
        None => signature.into(),
    }
}
