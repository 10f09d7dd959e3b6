//! A pool that is reported on: the committee's calls, made as the committee.

use alloy::{
    eips::BlockId,
    primitives::{B256, U256},
    sol_types::{SolCall, SolError},
};

use crate::{event, Pool, StakeManager::*, ALICE, BOB, ETH};

/// Seconds.
pub const DAY: u64 = 24 * 60 * 60;

/// A pool of 1,000 ETH at a rate of one, 960 of it on the beacon chain since a day, with a first report.
#[derive(Clone)]
pub struct Reported {
    /// The pool.
    pub pool: Pool,
    /// The last report.
    pub last: Report,
}

/// So many ETH in wei.
pub fn eth(whole: u64) -> U256 {
    U256::from(whole) * ETH
}

/// An amount as a report has it.
pub fn wei(amount: U256) -> u128 {
    amount.to()
}

impl Pool {
    /// Writes the whitelist into the flash-exit-pool, as if it had been set up with it: with one the retail pool's can have
    /// an allowance too. Who exits needs the right to redeem from now on.
    pub fn gate_flash_exits(&mut self) {
        let [state, whitelist] = [1, 7].map(U256::from);
        let gated = U256::from(1) << 226;
        let before = self.chain.storage(self.flash, state, BlockId::latest());
        let before = U256::from_be_bytes(before.expect("the latest block").0);
        let words = [
            (state, B256::from(before | gated)),
            (whitelist, self.whitelist.into_word()),
        ];
        for (slot, word) in words {
            self.chain.set_storage(self.flash, slot, word);
        }
    }
}

impl Default for Reported {
    fn default() -> Self {
        Self::new()
    }
}

impl Reported {
    /// The retail pool, ready to be reported on.
    pub fn new() -> Self {
        Self::of(Pool::new())
    }

    /// A pool in which Alice may deposit, ready to be reported on.
    pub fn of(mut pool: Pool) -> Self {
        for sender in [pool.committee, pool.acknowledger] {
            pool.chain.impersonate(sender);
            pool.chain.set_balance(sender, ETH);
        }
        pool.chain.set_balance(ALICE, eth(10_000));
        pool.deposit(ALICE, eth(1_000));
        pool.run_validators(40);
        let (balanced, _) = pool.run(
            BOB,
            pool.manager,
            U256::ZERO,
            autobalanceCall {
                limit: U256::from(30),
            },
        );
        assert_eq!(balanced.funded, U256::from(30));
        let mut reported = Self {
            pool,
            last: Report {
                slotTime: 0,
                clBalanceGwei: 0,
                depositsSeenGwei: 0,
                leftSeen: 0,
                expectedLoss: 0,
                recovered: 0,
                epoch: 0,
            },
        };
        // All 960 ETH have arrived.
        reported.day(|report| {
            report.clBalanceGwei = 960_000_000_000;
            report.depositsSeenGwei = 960_000_000_000;
        });
        assert_eq!(reported.rate(), ETH);
        reported
    }

    /// A report a day after the last one, read a minute ago.
    pub fn next(&mut self, change: impl FnOnce(&mut Report)) -> Report {
        self.pool.chain.increase_time(DAY);
        self.pool.chain.mine(1);
        let mut report = self.last.clone();
        report.slotTime = self.pool.chain.timestamp() - 60;
        report.recovered = 0;
        change(&mut report);
        report
    }

    /// Applies such a report.
    pub fn day(&mut self, change: impl FnOnce(&mut Report)) -> RateReported {
        let report = self.next(change);
        let applied = self.apply(&report);
        self.last = report;
        applied
    }

    /// Applies a report.
    pub fn apply(&mut self, report: &Report) -> RateReported {
        let (committee, manager) = (self.pool.committee, self.pool.manager);
        let call = reportCall {
            report: report.clone(),
        };
        let (_, receipt) = self.pool.run(committee, manager, U256::ZERO, call);
        self.pool.check_books();
        event::<RateReported>(&receipt, manager)
    }

    /// Hands in a report that must be parked.
    pub fn park(&mut self, report: &Report) -> ReportParked {
        let (committee, manager) = (self.pool.committee, self.pool.manager);
        let call = reportCall {
            report: report.clone(),
        };
        let (_, receipt) = self.pool.run(committee, manager, U256::ZERO, call);
        event::<ReportParked>(&receipt, manager)
    }

    /// Hands in a report that must be refused with exactly this error.
    #[track_caller]
    pub fn refused(&mut self, report: Report, error: impl SolError) {
        let (committee, manager) = (self.pool.committee, self.pool.manager);
        self.pool
            .refuses(committee, manager, U256::ZERO, reportCall { report }, error);
    }

    /// Asks the stake-manager.
    pub fn view<C: SolCall>(&self, call: C) -> C::Return {
        self.pool.view(self.pool.manager, call)
    }

    /// Wei per 1e18 shares.
    pub fn rate(&self) -> U256 {
        self.view(rateCall {})
    }

    /// Agrees to a rate within bounds, for a day.
    pub fn acknowledge(&mut self, lowest: U256, highest: U256) {
        let call = acknowledgeCall {
            lowestRate: lowest,
            highestRate: highest,
            deadline: U256::from(self.pool.chain.timestamp() + DAY),
        };
        let (acknowledger, manager) = (self.pool.acknowledger, self.pool.manager);
        self.pool.run(acknowledger, manager, U256::ZERO, call);
    }
}
