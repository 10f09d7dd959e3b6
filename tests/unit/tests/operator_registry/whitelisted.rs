//! A registry with a whitelist: who may operate, whom a denial stops, and the Board's word.

use alloy_primitives::{aliases::U40, Address, B256};
use clay_shared::{
    interfaces::{
        ICommon::NoCode,
        IKycWhitelist::{self, denyCall, liftDenialCall, setRightsCall, Denied, RightMissing},
        IOperatorAllocation::OperatorListed,
        IOperatorRegistry::*,
    },
    kyc::{HOLD, OPERATE, STAKE},
    operators::{
        state::{
            of_operator::{HEAD, STANDS},
            WHITELIST,
        },
        NodeType::Ssv,
    },
};
use kyc_whitelist::KycWhitelist;
use motsu::prelude::*;
use unit_tests::{refuses, run, Deployed};

use crate::pool::*;

const UNTIL_LIFTED: u64 = (1 << 40) - 1;

/// A pool whose operators need the right to operate. Alice has it; Bob may stake and hold.
struct Gated {
    pool: Pool,
    whitelist: Contract<Deployed<KycWhitelist>>,
}

impl Gated {
    fn new() -> Self {
        let (pool, whitelist) = (Pool::bare(), Contract::<Deployed<KycWhitelist>>::random());
        whitelist.sender(OWNER).behind_proxy();
        let call = IKycWhitelist::initializeCall {
            owner: OWNER,
            board: BOARD,
            complianceOfficer: OWNER,
            protocolContracts: vec![pool.registry.address()],
        };
        run(&whitelist, OWNER, call);
        pool.registry.sender(OWNER).behind_proxy();
        // No account has code under motsu, so that no whitelist is taken at the set-up; it is written to its slot.
        let account = whitelist.address();
        let mut call = pool.initialization();
        call.whitelist = account;
        refuses(&pool.registry, OWNER, call, NoCode { account });
        run(&pool.registry, OWNER, pool.initialization());
        pool.inside(|| WHITELIST.set_address(account));
        let gated = Self { pool, whitelist };
        gated.give(ALICE, OPERATE);
        gated.give(BOB, STAKE | HOLD);
        gated
    }

    fn give(&self, account: Address, rights: u8) {
        let call = setRightsCall {
            accounts: vec![account],
            rights: vec![rights],
            expiries: vec![U40::from(NOW + 1)],
            referenceHashes: vec![B256::repeat_byte(0xf1)],
        };
        run(&self.whitelist, BOARD, call);
    }

    fn deny(&self, account: Address) {
        let (accounts, reason) = (vec![account], B256::ZERO);
        run(&self.whitelist, BOARD, denyCall { accounts, reason });
    }

    fn lift(&self, account: Address) {
        let (accounts, reason) = (vec![account], B256::ZERO);
        run(&self.whitelist, OWNER, liftDenialCall { accounts, reason });
    }
}

fn denied(account: Address) -> Denied {
    Denied {
        account,
        until: U40::from(UNTIL_LIFTED),
    }
}

#[motsu::test]
fn operators_need_the_right_to_operate() {
    let gated = Gated::new();
    let pool = &gated.pool;
    assert_eq!(
        pool.run(MALLORY, whitelistCall {})._0,
        gated.whitelist.address()
    );
    let register = registerCall {
        kind: 2,
        payout: VAULT,
        metadataHash: METADATA,
    };
    let missing = |account, held| RightMissing {
        account,
        asked: OPERATE,
        held,
    };
    pool.refuses(BOB, register.clone(), missing(BOB, STAKE | HOLD));
    pool.refuses_paid(MALLORY, ETH, register.clone(), missing(MALLORY, 0));
    let operator = pool.operator(5 * ETH);

    // ETH for a bond comes from who may operate, and a record passes to nobody else.
    let number = id(operator);
    let bond = bondCall { operator: number };
    pool.refuses_paid(BOB, ETH, bond.clone(), missing(BOB, STAKE | HOLD));
    pool.pay(ALICE, ETH, bond.clone());
    let (offer, accept) = (
        offerManagerCall {
            operator: number,
            manager: BOB,
        },
        acceptManagerCall { operator: number },
    );
    pool.run(ALICE, offer);
    pool.refuses(BOB, accept.clone(), missing(BOB, STAKE | HOLD));
    gated.give(BOB, OPERATE);
    pool.run(BOB, accept);
    gated.deny(BOB);
    pool.refuses_paid(BOB, ETH, bond, denied(BOB));
    pool.refuses(BOB, register, denied(BOB));
}

/// Property 31, for bonds.
#[motsu::test]
fn p31_a_denial_stops_a_bond_at_either_end() {
    let gated = Gated::new();
    let pool = &gated.pool;
    let operator = pool.operator(5 * ETH);
    for account in [ALICE, VAULT] {
        gated.deny(account);
        for caller in [ALICE, VAULT] {
            pool.refuses(caller, withdrawal(operator, 1), denied(account));
        }
        assert_eq!(pool.withdrawable(operator).0, 0);
        gated.lift(account);
        assert_eq!(pool.withdrawable(operator).0, 4 * ETH);
    }
    // An operator without the right any more takes its bond all the same.
    gated.give(ALICE, 0);
    pool.withdraw(operator, 4 * ETH);
    assert_eq!(pool.shares_of(VAULT), 4 * ETH);
}

#[motsu::test]
fn who_lost_the_right_is_not_put_back_into_the_lines() {
    let gated = Gated::new();
    let pool = &gated.pool;
    let operator = pool.operator(0);
    pool.queue(operator, Ssv, 1);
    let stands = || pool.inside(|| operator.get(HEAD, STANDS)) != 0;
    gated.give(ALICE, 0);
    gated.give(BOB, OPERATE);
    let number = id(operator);
    pool.pay(BOB, 10 * ETH, bondCall { operator: number });
    assert!(!stands());
    gated.give(ALICE, OPERATE);
    pool.pay(BOB, 10, bondCall { operator: number });
    assert!(stands());
    pool.emitted(OperatorListed { operator: number });
}

#[motsu::test]
fn the_owner_and_the_board_vouch_and_nobody_else() {
    let gated = Gated::new();
    let pool = &gated.pool;
    let operator = pool.operator(0);
    let vouch = |vouched| vouchCall {
        operator: id(operator),
        vouched,
    };
    for caller in [ALICE, BOB, COMMITTEE, DISTRIBUTOR] {
        let only = OnlyVoucher {
            caller,
            owner: OWNER,
            board: BOARD,
        };
        pool.refuses(caller, vouch(true), only);
    }
    for voucher in [OWNER, BOARD] {
        pool.run(voucher, vouch(true));
        pool.emitted(Vouched {
            operator: id(operator),
            vouched: true,
            by: voucher,
        });
        assert!(pool.standing(operator).proven);
        pool.run(voucher, vouch(false));
        assert!(!pool.standing(operator).proven);
    }
    // The Board is asked of the whitelist each time.
    let board = MALLORY;
    run(
        &gated.whitelist,
        OWNER,
        IKycWhitelist::setBoardCall { board },
    );
    let only = OnlyVoucher {
        caller: BOARD,
        owner: OWNER,
        board,
    };
    pool.refuses(BOARD, vouch(true), only);
    pool.run(MALLORY, vouch(true));
    assert_eq!(pool.proven(), 1);
}
