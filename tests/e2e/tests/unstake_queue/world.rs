//! A pool whose holders leave. All of its ETH is buffered, and the rate is one until a report says otherwise.

use std::sync::Arc;

use alloy::{
    primitives::{keccak256, Address, Bytes, U256},
    sol_types::{SolCall, SolError},
};
use clay_chain::Receipt;
use e2e::{
    event,
    reported::{eth, DAY},
    CsEthToken::approveCall,
    Pool,
    StakeManager::{autobalanceCall, reportCall, OrdersFinalised, Report},
    UnstakeQueue::*,
    ALICE, BOB, ETH,
};

/// An order's states.
pub const PENDING: u8 = 1;
pub const DUE: u8 = 2;
pub const CLAIMABLE: u8 = 3;
pub const CLAIMED: u8 = 4;
pub const WITHDRAWN: u8 = 5;

/// Refuses ETH: reverts without data.
pub const REFUSER: &[u8] = &[0x5f, 0x5f, 0xfd];
/// Burns all gas that it is given.
pub const BURNER: &[u8] = &[0x5b, 0x5f, 0x56];

#[derive(Clone)]
pub struct World {
    pub pool: Pool,
    pub report: Report,
}

impl World {
    /// Alice and Bob hold 500 shares each, and the queue may move them.
    pub fn new() -> Self {
        let mut pool = Pool::new();
        for contract in [pool.committee, pool.manager] {
            pool.chain.impersonate(contract);
            let balance = pool.chain.balance_now(contract);
            pool.chain.set_balance(contract, balance + ETH);
        }
        let mut world = Self {
            pool,
            report: Report {
                slotTime: 0,
                clBalanceGwei: 0,
                depositsSeenGwei: 0,
                leftSeen: 0,
                expectedLoss: 0,
                recovered: 0,
                epoch: 0,
            },
        };
        for holder in [ALICE, BOB] {
            world.holder(holder, eth(500));
        }
        world
    }

    /// Deposits for an account and lets the queue move its shares.
    pub fn holder(&mut self, account: Address, assets: U256) {
        self.pool.chain.set_balance(account, assets + eth(100));
        self.pool.deposit(account, assets);
        let approve = approveCall {
            spender: self.pool.queue,
            value: U256::MAX,
        };
        let token = self.pool.token;
        self.pool.run(account, token, U256::ZERO, approve);
    }

    /// An account with this code, without ETH of its own to speak of.
    pub fn contract(&mut self, code: &[u8]) -> Address {
        let address = Address::from_word(keccak256(code));
        self.pool
            .chain
            .set_code(address, Bytes::copy_from_slice(code));
        self.pool.chain.impersonate(address);
        address
    }

    /// Calls the queue.
    #[track_caller]
    pub fn call<C: SolCall>(&mut self, from: Address, call: C) -> C::Return {
        self.pool.run(from, self.pool.queue, U256::ZERO, call).0
    }

    /// Calls the queue, for the receipt.
    #[track_caller]
    pub fn receipt(&mut self, from: Address, call: impl SolCall) -> Arc<Receipt> {
        self.pool.run(from, self.pool.queue, U256::ZERO, call).1
    }

    /// Calls the queue, which must refuse with exactly this error.
    #[track_caller]
    pub fn refuses(&mut self, from: Address, call: impl SolCall, error: impl SolError) {
        let queue = self.pool.queue;
        self.pool.refuses(from, queue, U256::ZERO, call, error);
    }

    /// Asks the queue.
    pub fn view<C: SolCall>(&self, call: C) -> C::Return {
        self.pool.view(self.pool.queue, call)
    }

    /// An order of the sender's own.
    #[track_caller]
    pub fn request(&mut self, from: Address, shares: U256) -> U256 {
        let receiver = from;
        self.call(from, requestUnstakeCall { shares, receiver })
    }

    /// A report, read a minute ago and changed as the test says, a day after what came before.
    pub fn day(&mut self, change: impl FnOnce(&mut Report)) {
        self.pool.chain.increase_time(DAY);
        self.pool.chain.mine(1);
        self.report.slotTime = self.pool.chain.timestamp() - 60;
        self.report.recovered = 0;
        change(&mut self.report);
        self.apply();
    }

    /// Applies the report as it stands.
    pub fn apply(&mut self) {
        let (committee, manager) = (self.pool.committee, self.pool.manager);
        let report = self.report.clone();
        self.pool
            .run(committee, manager, U256::ZERO, reportCall { report });
    }

    /// Has the stake-manager finalise what it can; the order it came to, or 0.
    pub fn balance(&mut self) -> u64 {
        self.balance_within(1_000)
    }

    /// The same with a limit of the caller's.
    pub fn balance_within(&mut self, limit: u64) -> u64 {
        let (manager, limit) = (self.pool.manager, U256::from(limit));
        let (done, receipt) = self
            .pool
            .run(BOB, manager, U256::ZERO, autobalanceCall { limit });
        if !done.finalisedUpTo.is_zero() {
            let finalised: OrdersFinalised = event(&receipt, manager);
            assert_eq!(finalised.upTo, done.finalisedUpTo);
        }
        self.pool.check_books();
        self.check();
        done.finalisedUpTo.to()
    }

    /// Orders made so far are due afterwards: one report notes them, and the next is read later than that.
    pub fn make_due(&mut self) {
        self.day(|_| {});
        self.day(|_| {});
    }

    /// The same, and they are finalised as well.
    pub fn finalise_all(&mut self) {
        self.make_due();
        self.balance();
    }

    /// An order as the queue describes it.
    pub fn order(&self, id: U256) -> orderReturn {
        self.view(orderCall { id })
    }

    #[track_caller]
    pub fn state(&self, id: U256) -> u8 {
        self.order(id).state
    }

    pub fn totals(&self) -> totalsReturn {
        self.view(totalsCall {})
    }

    /// What must hold at any time: the ETH here covers what finalised orders may claim, and the shares here are
    /// those of all orders that wait.
    #[track_caller]
    pub fn check(&self) {
        let totals = self.totals();
        let last: u64 = totals.nextId.to();
        let (mut claimable, mut waiting, mut due) = (U256::ZERO, U256::ZERO, U256::ZERO);
        for id in (1..last).map(U256::from) {
            let order = self.order(id);
            match order.state {
                CLAIMABLE => claimable += order.assets,
                PENDING => waiting += order.shares,
                DUE => {
                    waiting += order.shares;
                    due += order.shares;
                }
                _ => (),
            }
        }
        assert!(totals.setAside >= claimable, "set aside covers the claims");
        let dust = totals.setAside - claimable;
        assert!(dust <= U256::from(last), "no more than dust besides");
        let held = self.pool.chain.balance_now(self.pool.queue);
        assert!(held >= totals.setAside, "the ETH is here");
        assert_eq!(totals.unfinalisedShares, waiting);
        assert_eq!(totals.dueShares, due);
        assert_eq!(self.pool.balance(self.pool.queue), waiting);
    }

    /// Pays the caller's orders to the caller.
    #[track_caller]
    pub fn claim(&mut self, from: Address, ids: &[U256]) -> U256 {
        self.call(from, claimCall { ids: ids.into() })
    }
}
