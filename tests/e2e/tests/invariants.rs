//! Random stories of deposits, transfers, pauses, returns and time, on the real WASM and on a plain model of
//! the protocol that shares no arithmetic with the contracts: it computes with exact rationals from the text
//! of the design. After every step both agree, and the properties of the books hold.
//!
//! `CLAY_STORIES` asks for more stories than the default; a failing story is shrunk and printed.

use std::collections::BTreeMap;

use alloy::{
    primitives::{keccak256, Address, U256},
    sol_types::{SolCall, SolValue},
};
use clay_chain::ExecStatus;
use e2e::{
    from_gateway,
    CsEthToken::*,
    Pool,
    StakeManager::{deposit_1Call, pauseCall, rearmGuardianCall, setParameterCall, unpauseCall},
    ALICE, BOB, DEAD, GUARDIAN, MALLORY, OWNER,
};
use num_bigint::BigInt;
use num_rational::BigRational;
use proptest::{prelude::*, test_runner::TestRunner};

const ACCOUNTS: [Address; 3] = [ALICE, BOB, MALLORY];

/// One step of a story. Accounts are indices into [`ACCOUNTS`].
#[derive(Clone, Debug)]
enum Step {
    Deposit {
        from: usize,
        to: usize,
        wei: u64,
        min_shares: u64,
    },
    PlainEth {
        from: usize,
        wei: u64,
    },
    Transfer {
        from: usize,
        to: usize,
        thousandths: u64,
    },
    Force {
        wei: u64,
    },
    Return {
        wei: u64,
    },
    GuardianPauses,
    OwnerPauses,
    Unpause,
    Rearm,
    SmallestDeposit {
        gwei: u64,
    },
    Wait {
        seconds: u64,
    },
}

fn steps() -> impl Strategy<Value = Step> {
    let account = || 0..ACCOUNTS.len();
    // From nothing over single wei to ten ETH.
    let wei = || {
        prop_oneof![
            0u64..3,
            1u64..2_000_000_000_000_000,
            1_000_000_000_000_000u64..10_000_000_000_000_000_000
        ]
    };
    prop_oneof![
        6 => (account(), account(), wei(), prop_oneof![Just(0u64), wei()])
            .prop_map(|(from, to, wei, min_shares)| Step::Deposit { from, to, wei, min_shares }),
        3 => (account(), wei()).prop_map(|(from, wei)| Step::PlainEth { from, wei }),
        4 => (account(), account(), 0u64..1_100).prop_map(|(from, to, thousandths)| Step::Transfer { from, to, thousandths }),
        1 => wei().prop_map(|wei| Step::Force { wei }),
        1 => wei().prop_map(|wei| Step::Return { wei }),
        1 => Just(Step::GuardianPauses),
        1 => Just(Step::OwnerPauses),
        2 => Just(Step::Unpause),
        1 => Just(Step::Rearm),
        1 => (0u64..3_000_000).prop_map(|gwei| Step::SmallestDeposit { gwei }),
        2 => (1u64..30 * 24 * 60 * 60).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

/// The protocol as the design tells it.
struct Model {
    assets: BigInt,
    shares: BigInt,
    balances: BTreeMap<Address, BigInt>,
    smallest: BigInt,
    /// End of the pause; the owner's has none.
    paused_until: Option<u64>,
    guardian_spent: bool,
}

impl Model {
    fn new(assets: u128, shares: u128) -> Self {
        Self {
            assets: BigInt::from(assets),
            shares: BigInt::from(shares),
            balances: BTreeMap::from([(DEAD, BigInt::from(shares))]),
            smallest: BigInt::from(10u64.pow(15)),
            paused_until: None,
            guardian_spent: false,
        }
    }

    fn paused(&self, now: u64) -> bool {
        self.paused_until.is_some_and(|until| until > now)
    }

    /// Shares a deposit gets; none if it is refused.
    fn deposit(&mut self, to: Address, wei: u64, min_shares: u64, now: u64) -> Option<BigInt> {
        let wei = BigInt::from(wei);
        let too_low = &self.assets * 10 < self.shares;
        if self.paused(now) || wei < self.smallest || too_low {
            return None;
        }
        let first = self.shares == BigInt::from(0);
        let minted = match first {
            true => wei.clone(),
            false => (BigRational::from(wei.clone())
                * BigRational::new(self.shares.clone(), self.assets.clone()))
            .floor()
            .to_integer(),
        };
        let locked = BigInt::from(if first { 1_000 } else { 0 });
        let shares = &minted - &locked;
        if shares <= BigInt::from(0) || shares < BigInt::from(min_shares) {
            return None;
        }
        self.assets += wei;
        self.shares += &minted;
        *self.balances.entry(DEAD).or_default() += locked;
        *self.balances.entry(to).or_default() += &shares;
        Some(shares)
    }

    fn balance(&self, account: Address) -> BigInt {
        self.balances.get(&account).cloned().unwrap_or_default()
    }
}

/// The chain, the model and what happened so far.
struct Story {
    pool: Pool,
    model: Model,
    outcomes: BTreeMap<String, u64>,
    /// Assets and shares after the step before.
    rate: (BigInt, BigInt),
}

impl Story {
    /// A pool that has lived: so many assets and shares, the shares with [`DEAD`]. Both zero for a new one.
    fn new(assets: u128, shares: u128) -> Self {
        let mut pool = Pool::new();
        let (books, supply, balances) = (U256::ZERO, U256::from(2), U256::ZERO);
        let word: U256 = U256::from(assets) | (U256::from(shares) << 104);
        pool.chain.set_storage(pool.manager, books, word.into());
        pool.chain.set_balance(pool.manager, U256::from(assets));
        pool.chain
            .set_storage(pool.token, supply, U256::from(shares).into());
        let held = keccak256((DEAD, balances).abi_encode());
        pool.chain
            .set_storage(pool.token, held.into(), U256::from(shares).into());
        Self {
            pool,
            model: Model::new(assets, shares),
            outcomes: BTreeMap::new(),
            rate: (BigInt::from(0), BigInt::from(1)),
        }
    }

    /// Sends a transaction and notes whether it was what the model expected.
    fn expect(
        &mut self,
        what: &str,
        from: Address,
        to: Address,
        wei: u64,
        data: Vec<u8>,
        expected: bool,
    ) {
        let receipt = self.pool.send(from, to, U256::from(wei), data);
        assert_eq!(
            receipt.success(),
            expected,
            "{what}: {:?} {}",
            receipt.status,
            receipt.output
        );
        if !expected {
            assert_eq!(receipt.status, ExecStatus::Revert, "{what}");
            assert!(
                receipt.output.len() >= 4,
                "{what}: a refusal without a reason"
            );
        }
        let outcome = format!("{what} {}", if expected { "done" } else { "refused" });
        *self.outcomes.entry(outcome).or_default() += 1;
    }

    fn run(&mut self, step: &Step) {
        // Every transaction is mined at the time of the latest block.
        let (now, manager, token) = (
            self.pool.chain.timestamp(),
            self.pool.manager,
            self.pool.token,
        );
        self.pool
            .chain
            .set_next_timestamp(now)
            .expect("not earlier");
        match *step {
            Step::Deposit {
                from,
                to,
                wei,
                min_shares,
            } => {
                let (from, to) = (ACCOUNTS[from], ACCOUNTS[to]);
                let shares = self.model.deposit(to, wei, min_shares, now);
                let call = deposit_1Call {
                    assets: U256::from(wei),
                    receiver: to,
                    minShares: U256::from(min_shares),
                };
                self.expect(
                    "deposit",
                    from,
                    manager,
                    wei,
                    call.abi_encode(),
                    shares.is_some(),
                );
            }
            Step::PlainEth { from, wei } => {
                let from = ACCOUNTS[from];
                let shares = self.model.deposit(from, wei, 0, now);
                self.expect("plain ETH", from, manager, wei, vec![], shares.is_some());
            }
            Step::Transfer {
                from,
                to,
                thousandths,
            } => {
                let (from, to) = (ACCOUNTS[from], ACCOUNTS[to]);
                let value = self.model.balance(from) * thousandths / 1_000;
                let enough = value <= self.model.balance(from);
                if enough {
                    *self.model.balances.entry(from).or_default() -= &value;
                    *self.model.balances.entry(to).or_default() += &value;
                }
                let call = transferCall {
                    to,
                    value: number(&value),
                };
                self.expect("transfer", from, token, 0, call.abi_encode(), enough);
            }
            Step::Force { wei } => {
                let held = self.pool.chain.balance_now(manager);
                self.pool.chain.set_balance(manager, held + U256::from(wei));
            }
            Step::Return { wei } => {
                let message = from_gateway(&self.pool, U256::from(wei));
                let delivery = self.pool.chain.deliver(message).expect("a message");
                let redeemed = self
                    .pool
                    .chain
                    .receipt(delivery.redeem_hash.expect("redeemed"))
                    .expect("mined");
                assert!(redeemed.success(), "nothing stops a return");
            }
            Step::GuardianPauses => {
                let free = !self.model.guardian_spent && !self.model.paused(now);
                if free {
                    self.model.guardian_spent = true;
                    self.model.paused_until = Some(now + 14 * 24 * 60 * 60);
                }
                self.expect(
                    "guardian's pause",
                    GUARDIAN,
                    manager,
                    0,
                    pauseCall {}.abi_encode(),
                    free,
                );
            }
            Step::OwnerPauses => {
                self.model.paused_until = Some(u64::MAX);
                self.expect(
                    "owner's pause",
                    OWNER,
                    manager,
                    0,
                    pauseCall {}.abi_encode(),
                    true,
                );
            }
            Step::Unpause => {
                let paused = self.model.paused_until.take().is_some();
                self.expect(
                    "unpause",
                    OWNER,
                    manager,
                    0,
                    unpauseCall {}.abi_encode(),
                    paused,
                );
            }
            Step::Rearm => {
                self.model.guardian_spent = false;
                self.expect(
                    "rearm",
                    OWNER,
                    manager,
                    0,
                    rearmGuardianCall {}.abi_encode(),
                    true,
                );
            }
            Step::SmallestDeposit { gwei } => {
                let allowed = gwei >= 1;
                let value = U256::from(gwei) * U256::from(10u64.pow(9));
                if allowed {
                    self.model.smallest = BigInt::from(gwei) * 10u64.pow(9);
                }
                let call = setParameterCall { id: 0, value };
                self.expect(
                    "smallest deposit",
                    OWNER,
                    manager,
                    0,
                    call.abi_encode(),
                    allowed,
                );
            }
            Step::Wait { seconds } => {
                self.pool
                    .chain
                    .set_next_timestamp(now + seconds)
                    .expect("later");
                self.pool.chain.mine(1);
            }
        }
        self.check();
    }

    /// Model and chain agree, and the rate has not fallen.
    fn check(&mut self) {
        let (assets, shares) = self.pool.totals();
        assert_eq!(
            (big(assets), big(shares)),
            (self.model.assets.clone(), self.model.shares.clone())
        );
        for account in ACCOUNTS.into_iter().chain([DEAD]) {
            assert_eq!(big(self.pool.balance(account)), self.model.balance(account));
        }
        let held: BigInt = self.model.balances.values().sum();
        assert_eq!(held, self.model.shares, "p07");
        // Without a report, what rounds stays in the pool: the rate never falls.
        let (assets, shares) = (big(assets), big(shares));
        assert!(&assets * &self.rate.1 >= &self.rate.0 * &shares, "p01");
        if shares > BigInt::from(0) {
            self.rate = (assets, shares);
        }
        self.pool.check_books();
    }
}

fn big(value: U256) -> BigInt {
    BigInt::from_bytes_be(num_bigint::Sign::Plus, &value.to_be_bytes::<32>())
}

fn number(value: &BigInt) -> U256 {
    U256::from_be_slice(&value.to_bytes_be().1)
}

#[test]
fn model_and_contracts_agree_on_random_stories() {
    let stories = std::env::var("CLAY_STORIES")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(40);
    let config = ProptestConfig {
        cases: stories,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let mut runner = TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(Default::default()),
    );
    let outcomes = std::cell::RefCell::new(BTreeMap::<String, u64>::new());
    // New pools, and pools at any rate, also one too low for deposits.
    let amount = || 10u128.pow(15)..10u128.pow(24);
    let start = prop_oneof![1 => Just((0, 0)), 4 => (amount(), amount())];
    let story = (start, prop::collection::vec(steps(), 60..120));
    let result = runner.run(&story, |((assets, shares), steps)| {
        let mut story = Story::new(assets, shares);
        steps.iter().for_each(|step| story.run(step));
        for (outcome, count) in story.outcomes {
            *outcomes.borrow_mut().entry(outcome).or_default() += count;
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let outcomes = outcomes.into_inner();
    println!("{outcomes:#?}");
    for outcome in [
        "deposit done",
        "deposit refused",
        "plain ETH done",
        "plain ETH refused",
        "transfer done",
        "transfer refused",
        "guardian's pause done",
        "guardian's pause refused",
        "unpause done",
        "unpause refused",
    ] {
        assert!(
            outcomes.get(outcome).is_some_and(|count| *count >= 10),
            "too few: {outcome}: {outcomes:?}"
        );
    }
}
