//! Who upgrades.

use std::sync::Arc;

use alloy::{
    primitives::{keccak256, Address, Bytes, B256, U256},
    sol_types::{SolCall, SolValue},
};
use clay_chain::Receipt;
use clay_shared::storage::Field;
use e2e::{
    Pool,
    StakeManager::{acceptOwnershipCall, pendingOwnerCall, transferOwnershipCall},
    Timelock::{executeCall, operationIdCall, scheduleCall, Call},
    MALLORY, OWNER,
};

use crate::programs::{proxied, Proxied, NONE};

/// Sends a transaction at the time of the latest block, so that nothing differs because time passed.
pub fn send_now(
    pool: &mut Pool,
    from: Address,
    to: Address,
    data: impl Into<Bytes>,
) -> Arc<Receipt> {
    let now = pool.chain.timestamp();
    pool.chain.set_next_timestamp(now).expect("not earlier");
    pool.send(from, to, NONE, data)
}

#[track_caller]
pub fn must(receipt: Arc<Receipt>) -> Arc<Receipt> {
    assert!(receipt.success(), "{:?} {}", receipt.status, receipt.output);
    receipt
}

/// Who upgrades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Governor {
    /// The owner, who is an account.
    Account,
    /// An operation of the timelock, which is the owner then, as in production.
    Operation,
}

impl Governor {
    /// Who owns a contract under it.
    pub fn owner(self, pool: &Pool) -> Address {
        match self {
            Governor::Account => OWNER,
            Governor::Operation => pool.timelock,
        }
    }

    /// Makes it the owner of everything in a prepared pool. What was offered to the heir is offered again.
    pub fn take_over(self, pool: &mut Pool) {
        if self == Governor::Account {
            return;
        }
        let timelock = pool.timelock;
        pool.chain.impersonate(timelock);
        pool.chain.set_balance(timelock, e2e::ETH);
        let offered: Vec<_> = proxied(pool).iter().map(|of| of.at).collect();
        for at in offered.into_iter().filter(|at| *at != timelock) {
            let pending = pool.view(at, pendingOwnerCall {});
            let offer = |to| transferOwnershipCall { newOwner: to }.abi_encode();
            must(send_now(pool, OWNER, at, offer(timelock)));
            let accept = acceptOwnershipCall {}.abi_encode();
            must(send_now(pool, timelock, at, accept));
            must(send_now(pool, timelock, at, offer(pending)));
        }
    }

    /// Has a call made.
    pub fn make(self, pool: &mut Pool, target: Address, data: Bytes) -> Arc<Receipt> {
        match self {
            Governor::Account => send_now(pool, OWNER, target, data),
            Governor::Operation => operate(pool, target, data),
        }
    }

    /// How a contract is moved: nobody but itself moves the timelock.
    pub fn upgrades(self, of: Proxied) -> bool {
        self == Governor::Operation || of.name != "timelock"
    }
}

/// Has the timelock make a call, by an operation that is due at once: what a delay is has tests of its own, and here no
/// time may pass.
pub fn operate(pool: &mut Pool, target: Address, data: Bytes) -> Arc<Receipt> {
    /// Slot of the timelock's operations, and when one is due.
    const OPERATIONS: u64 = 1;
    const DUE: Field = Field::new(0, 40);
    let timelock = pool.timelock;
    let calls = vec![Call { target, data }];
    // No two alike: an operation is made once.
    let salt = B256::from(U256::from(pool.chain.block_number()));
    let schedule = scheduleCall {
        calls: calls.clone(),
        predecessor: B256::ZERO,
        salt,
    };
    must(send_now(pool, OWNER, timelock, schedule.abi_encode()));
    let id = operationIdCall {
        calls: calls.clone(),
        predecessor: B256::ZERO,
        salt,
    };
    let id = pool.view(timelock, id);
    let entry = keccak256((id, U256::from(OPERATIONS)).abi_encode());
    let now = pool.chain.timestamp();
    let waits = pool.write(timelock, entry.into(), DUE, u128::from(now));
    assert!(waits > u128::from(now), "it would have had to wait");
    let execute = executeCall {
        calls,
        predecessor: B256::ZERO,
        salt,
    };
    send_now(pool, MALLORY, timelock, execute.abi_encode())
}
