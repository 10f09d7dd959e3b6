//! What sets roles apart in a prepared pool, and what must not.

use alloy::{
    eips::BlockId,
    primitives::{keccak256, Address, U256},
};
use clay_shared::operators::{parameters::BASE_DIRECT, state::of_operator};
use e2e::{
    calls::{Prepared, ValidCall},
    operators::OPERATOR,
    reported::{eth, DAY},
    CsEthToken::{approveCall, transferCall},
    IcsEthToken::setTransferPolicyCall,
    Kind,
    OperatorRegistry::recordCall,
    Pool,
    StakeManager::transferOwnershipCall,
    Timelock::{isCancellerCall, isProposerCall},
    UnstakeQueue::{self, setApprovalForAllCall},
    ALICE, BOB, ETH, GUARDIAN, OWNER,
};

use super::roles::{Role, CANCELLER, DELEGATE, NEXT_OWNER, PAYOUT, PROPOSER};

const NONE: U256 = U256::ZERO;

/// Transfer policies of IcsETH.
const OPEN: u8 = 1;
const ALLOW_LIST: u8 = 3;

/// Slot of the registry that has the bases of bonds.
const BOND_TERMS: U256 = U256::from_limbs([13, 0, 0, 0]);
/// Mappings of the timelock: who may propose, who may cancel.
const PROPOSERS: u64 = 2;
const CANCELLERS: u64 = 3;

/// Gives every role shares, which the queue may take, and some what they have alone by a call.
pub fn give_all(prepared: &mut Prepared, roles: &[(Role, Address)]) {
    let pool = &mut prepared.story.pool;
    pool.chain.impersonate_all(true);
    for owned in owned(pool, prepared.kind) {
        let offer = transferOwnershipCall {
            newOwner: NEXT_OWNER,
        };
        pool.run(OWNER, owned, NONE, offer);
    }
    share_out(pool, prepared.kind, roles);
    let queue = pool.queue;
    for id in [prepared.claimable, prepared.open] {
        let to = BOB;
        pool.run(ALICE, queue, NONE, UnstakeQueue::approveCall { to, id });
    }
    let all = setApprovalForAllCall {
        operator: DELEGATE,
        approved: true,
    };
    pool.run(ALICE, queue, NONE, all);
}

/// Gives every role three shares, whatever its rights, and lets the queue take them.
fn share_out(pool: &mut Pool, kind: Kind, roles: &[(Role, Address)]) {
    let (token, queue) = (pool.token, pool.queue);
    let follow = |pool: &mut Pool, policy| {
        if kind == Kind::Institutional {
            pool.run(OWNER, token, NONE, setTransferPolicyCall { policy });
        }
    };
    pool.deposit(ALICE, eth(200));
    follow(pool, OPEN);
    for (_, account) in roles {
        let transfer = transferCall {
            to: *account,
            value: eth(3),
        };
        pool.run(ALICE, token, NONE, transfer);
        let approve = approveCall {
            spender: queue,
            value: U256::MAX,
        };
        let balance = pool.chain.balance_now(*account);
        pool.chain.set_balance(*account, balance + ETH);
        pool.run(*account, token, NONE, approve);
        pool.chain.set_balance(*account, balance);
    }
    follow(pool, ALLOW_LIST);
}

/// Contracts of a pool that have an owner.
fn owned(pool: &Pool, kind: Kind) -> Vec<Address> {
    let mut owned = vec![
        pool.manager,
        pool.token,
        pool.queue,
        pool.flash,
        pool.protection,
        pool.registry,
        pool.distributor,
        pool.committee,
    ];
    owned.extend((kind == Kind::Institutional).then_some(pool.whitelist));
    owned
}

/// The operator whom most calls of the registry are about.
pub fn operator(calls: &[ValidCall]) -> U256 {
    let mut calls = calls.iter();
    let offer = calls.find(|call| call.signature == "offerManager(uint256,address)");
    let data = &offer.expect("an offer").data;
    U256::from_be_slice(&data[4..36])
}

/// Has an operator's validators need the largest bond, and its own be short for 29 days: written, as without reports no
/// rate is live so long.
pub fn make_short(pool: &mut Pool, operator: U256) {
    let (registry, now) = (pool.registry, pool.chain.timestamp());
    let base = BASE_DIRECT.field;
    pool.write(registry, BOND_TERMS, base, base.max());
    let record = record_slot(operator, of_operator::PAYOUT);
    let since = u128::from(now - 29 * DAY);
    pool.write(registry, record, of_operator::SHORT_SINCE, since);
}

/// A slot of an operator's record at the registry.
fn record_slot(operator: U256, place: u64) -> U256 {
    let [first, ..] = (operator * U256::from(16)).into_limbs();
    U256::from_limbs([first + place, 0, 1, 0])
}

/// Has the operator paid to another account than its manager: written, as accepting takes three days.
pub fn give_roles(prepared: &mut Prepared, calls: &[ValidCall]) {
    let operator = operator(calls);
    let pool = &mut prepared.story.pool;
    // The payout address stands below other fields.
    let slot = record_slot(operator, of_operator::PAYOUT);
    let word = pool.chain.storage(pool.registry, slot, BlockId::latest());
    let mut word = word.expect("the latest block");
    word[12..].copy_from_slice(PAYOUT.as_slice());
    pool.chain.set_storage(pool.registry, slot, word);
    let record = pool.view(pool.registry, recordCall { operator });
    assert_eq!((record.manager, record.payout), (OPERATOR, PAYOUT));
}

/// Lets accounts of their own propose and cancel, instead of the owner and the guardian: written, as that takes the
/// timelock a month.
pub fn name_proposers(pool: &mut Pool) {
    let timelock = pool.timelock;
    let roles = [
        (OWNER, PROPOSERS, 0),
        (PROPOSER, PROPOSERS, 1),
        (GUARDIAN, CANCELLERS, 0),
        (CANCELLER, CANCELLERS, 1),
    ];
    for (account, mapping, may) in roles {
        let key = [account.into_word(), U256::from(mapping).into()].concat();
        let slot = U256::from_be_bytes(keccak256(key).0);
        pool.chain
            .set_storage(timelock, slot, U256::from(may).into());
    }
    for (account, may) in [(OWNER, false), (PROPOSER, true)] {
        assert_eq!(pool.view(timelock, isProposerCall { account }), may);
    }
    for (account, may) in [(GUARDIAN, false), (CANCELLER, true)] {
        assert_eq!(pool.view(timelock, isCancellerCall { account }), may);
    }
}
