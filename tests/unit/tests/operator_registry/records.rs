//! Who an operator is, and who speaks for it.

use alloy_primitives::{Address, B256, U256};
use clay_shared::{
    interfaces::{ICommon::ZeroAddress, IOperatorRegistry::*},
    operators::state::{
        of_operator::{OFFERED_PAYOUT, PAYOUT, PAYOUT_FROM, SUSPENDED_UNTIL},
        Operator,
    },
};

use crate::pool::*;

fn registration(kind: u8, payout: Address) -> registerCall {
    registerCall {
        kind,
        payout,
        metadataHash: METADATA,
    }
}

fn record(pool: &Pool, operator: Operator) -> recordReturn {
    let operator = id(operator);
    pool.run(MALLORY, recordCall { operator })
}

#[motsu::test]
fn anyone_registers_and_numbers_start_at_sixteen() {
    let pool = Pool::new();
    let first = pool.run(ALICE, registration(2, VAULT)).operator;
    let second = pool.run(BOB, registration(0, BOB)).operator;
    assert_eq!((first, second), (U256::from(16), U256::from(17)));
    pool.emitted(OperatorRegistered {
        operator: first,
        manager: ALICE,
        kind: 2,
        payout: VAULT,
        metadataHash: METADATA,
    });

    let record = record(&pool, Operator(16));
    assert_eq!(
        (record.kind, record.manager, record.payout),
        (2, ALICE, VAULT)
    );
    assert_eq!(record.metadataHash, METADATA);
    let nobody = (
        record.offeredManager,
        record.offeredPayout,
        record.payoutFrom,
    );
    assert_eq!(nobody, (Address::ZERO, Address::ZERO, U256::ZERO));
    let standing = pool.standing(Operator(16));
    let middle = U256::from(5_000);
    let judged = (standing.performance, standing.conduct, standing.score);
    assert_eq!(judged, (middle, middle, middle));
    assert!(!standing.vouched && !standing.proven && standing.cleanEpochs.is_zero());
    assert_eq!(standing.live, [U256::ZERO; 3]);
    assert!(standing.active.is_zero() && standing.failedCeremonies.is_zero());
    assert_eq!(pool.shares(Operator(16)), 0);
}

#[motsu::test]
fn eth_sent_with_a_registration_is_its_first_bond() {
    let pool = Pool::new();
    let operator = pool.operator(5 * ETH);
    assert_eq!(pool.shares(operator), 4 * ETH);
    assert_eq!(pool.shares_of(pool.registry.address()), 4 * ETH);
    pool.emitted(BondAdded {
        operator: id(operator),
        shares: U256::from(4 * ETH),
        total: U256::from(4 * ETH),
    });
}

#[motsu::test]
fn a_registration_that_makes_no_sense_is_refused() {
    let pool = Pool::new();
    let unknown = UnknownKind {
        asked: 3,
        largest: 2,
    };
    pool.refuses(ALICE, registration(3, VAULT), unknown);
    pool.refuses(ALICE, registration(2, Address::ZERO), ZeroAddress {});
    // Neither took a number.
    assert_eq!(pool.operator(0), Operator(16));
}

#[motsu::test]
fn a_manager_key_passes_only_to_who_accepts_it() {
    let pool = Pool::new();
    let (operator, caller) = (id(pool.operator(0)), BOB);
    let accept = acceptManagerCall { operator };
    let offered = Address::ZERO;
    pool.refuses(BOB, accept.clone(), OnlyOffered { caller, offered });

    let offer = |manager| offerManagerCall { operator, manager };
    pool.run(ALICE, offer(BOB));
    pool.emitted(ManagerOffered {
        operator,
        manager: BOB,
    });
    assert_eq!(record(&pool, Operator(16)).offeredManager, BOB);
    let only = OnlyOffered {
        caller: MALLORY,
        offered: BOB,
    };
    pool.refuses(MALLORY, accept.clone(), only);
    // Withdrawn, and offered again.
    pool.run(ALICE, offer(Address::ZERO));
    pool.refuses(BOB, accept.clone(), OnlyOffered { caller, offered });
    pool.run(ALICE, offer(BOB));
    pool.run(BOB, accept.clone());
    pool.emitted(ManagerChanged {
        operator,
        previous: ALICE,
        current: BOB,
    });

    let record = record(&pool, Operator(16));
    assert_eq!(
        (record.manager, record.offeredManager),
        (BOB, Address::ZERO)
    );
    // What shares the word stays.
    assert_eq!(pool.standing(Operator(16)).conduct, U256::from(5_000));
    pool.refuses(BOB, accept, OnlyOffered { caller, offered });
    let only = OnlyManager {
        caller: ALICE,
        manager: BOB,
    };
    pool.refuses(ALICE, offer(ALICE), only);
}

#[motsu::test]
fn a_payout_address_changes_three_days_after_it_was_offered() {
    let pool = Pool::new();
    let operator = pool.operator(0);
    let (number, from) = (id(operator), NOW + 3 * DAY);
    let offer = |payout| offerPayoutCall {
        operator: number,
        payout,
    };
    let accept = acceptPayoutCall { operator: number };
    pool.run(ALICE, offer(BOB));
    pool.emitted(PayoutOffered {
        operator: number,
        payout: BOB,
        from: U256::from(from),
    });
    let offered = record(&pool, operator);
    assert_eq!(offered.offeredPayout, BOB);
    assert_eq!(offered.payoutFrom, U256::from(from));

    let only = OnlyOffered {
        caller: VAULT,
        offered: BOB,
    };
    pool.refuses(VAULT, accept.clone(), only);
    let backdate = |from: u64| {
        pool.inside(|| operator.set(OFFERED_PAYOUT, PAYOUT_FROM, from.into()));
    };
    for from in [from, NOW + 1] {
        backdate(from);
        let early = TooEarly {
            latest: U256::from(NOW),
            from: U256::from(from),
        };
        pool.refuses(BOB, accept.clone(), early);
    }
    // A short suspension shares the payout address's word, and stays.
    pool.inside(|| operator.set(PAYOUT, SUSPENDED_UNTIL, (NOW + 5).into()));
    backdate(NOW);
    pool.run(BOB, accept.clone());
    pool.emitted(PayoutChanged {
        operator: number,
        previous: VAULT,
        current: BOB,
    });
    let after = record(&pool, operator);
    assert_eq!((after.payout, after.offeredPayout), (BOB, Address::ZERO));
    assert!(after.payoutFrom.is_zero());
    assert_eq!(pool.standing(operator).suspendedUntil, U256::from(NOW + 5));
}

#[motsu::test]
fn the_present_payout_address_can_say_no_and_no_more() {
    let pool = Pool::new();
    let operator = id(pool.operator(0));
    let offer = |payout| offerPayoutCall { operator, payout };
    pool.run(ALICE, offer(MALLORY));
    let only = |caller| OnlyManager {
        caller,
        manager: ALICE,
    };
    pool.refuses(VAULT, offer(BOB), only(VAULT));
    pool.refuses(MALLORY, offer(Address::ZERO), only(MALLORY));
    pool.run(VAULT, offer(Address::ZERO));
    pool.emitted(PayoutOffered {
        operator,
        payout: Address::ZERO,
        from: U256::ZERO,
    });
    let refused = OnlyOffered {
        caller: MALLORY,
        offered: Address::ZERO,
    };
    pool.refuses(MALLORY, acceptPayoutCall { operator }, refused);
    pool.run(ALICE, offer(BOB));
    pool.run(ALICE, offer(Address::ZERO));
    assert_eq!(record(&pool, Operator(16)).offeredPayout, Address::ZERO);
}

#[motsu::test]
fn only_the_manager_changes_a_record() {
    let pool = Pool::new();
    let operator = id(pool.operator(5 * ETH));
    let only = |caller| OnlyManager {
        caller,
        manager: ALICE,
    };
    let metadata = setMetadataHashCall {
        operator,
        metadataHash: B256::repeat_byte(0x77),
    };
    let announce = announceWithdrawalCall {
        operator,
        shares: U256::from(1),
    };
    let manager = offerManagerCall {
        operator,
        manager: BOB,
    };
    for caller in [VAULT, BOB, OWNER, DISTRIBUTOR] {
        pool.refuses(caller, metadata.clone(), only(caller));
        pool.refuses(caller, announce.clone(), only(caller));
        pool.refuses(caller, manager.clone(), only(caller));
    }
    pool.run(ALICE, metadata.clone());
    pool.emitted(MetadataChanged {
        operator,
        metadataHash: B256::repeat_byte(0x77),
    });
    let hash = record(&pool, Operator(16)).metadataHash;
    assert_eq!(hash, B256::repeat_byte(0x77));
}

#[motsu::test]
fn an_operator_that_there_is_not_is_named_with_those_that_there_are() {
    let pool = Pool::new();
    let unknown = |asked: u64, largest: u64| UnknownOperator {
        asked: U256::from(asked),
        smallest: U256::from(16),
        largest: U256::from(largest),
    };
    let first = U256::from(16);
    pool.refuses(ALICE, recordCall { operator: first }, unknown(16, 15));
    pool.operator(0);
    for asked in [0, 15, 17, 1 << 32, (1 << 32) + 16] {
        let (operator, shares) = (U256::from(asked), U256::from(1));
        let error = || unknown(asked, 16);
        pool.refuses(ALICE, recordCall { operator }, error());
        pool.refuses(ALICE, standingCall { operator }, error());
        pool.refuses(ALICE, bondOfCall { operator }, error());
        pool.refuses(ALICE, requiredCall { operator }, error());
        pool.refuses(ALICE, withdrawableCall { operator }, error());
        pool.refuses(ALICE, checkBondCall { operator }, error());
        pool.refuses(ALICE, acceptManagerCall { operator }, error());
        pool.refuses(ALICE, acceptPayoutCall { operator }, error());
        pool.refuses(ALICE, withdrawBondCall { operator, shares }, error());
        pool.refuses(ALICE, announceWithdrawalCall { operator, shares }, error());
        pool.refuses_paid(ALICE, ETH, bondCall { operator }, error());
        pool.refuses(DISTRIBUTOR, creditBondCall { operator, shares }, error());
        pool.refuses(
            DISTRIBUTOR,
            LEAF.of(Operator(asked as u32 | 1)),
            UnknownOperator {
                asked: U256::from(asked as u32 | 1),
                smallest: U256::from(16),
                largest: U256::from(16),
            },
        );
        let vouched = true;
        pool.refuses(OWNER, vouchCall { operator, vouched }, error());
    }
}
