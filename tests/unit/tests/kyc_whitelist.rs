//! The whitelist's own logic: who may change what, what a batch does, and what is refused.
//!
//! motsu's clock stands still; whatever takes time is tested on the chain.

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolCall, SolError};
use clay_shared::{
    interfaces::{
        ICommon::{AlreadyInitialized, UnknownFunction, ZeroAddress},
        IKycWhitelist::*,
        IOwnable::OnlyOwner,
        IUpgradeable::OnlyThroughProxy,
    },
    kyc::{ALL, HOLD, OPERATE, REDEEM, STAKE, UNDENIED},
};
use kyc_whitelist::KycWhitelist;
use motsu::prelude::*;
use unit_tests::Deployed;

type Whitelist = Contract<Deployed<KycWhitelist>>;

/// motsu's clock.
const NOW: u64 = 1_735_689_600;
const DAY: u64 = 24 * 60 * 60;
const YEAR: u64 = 365 * DAY;
const UNTIL_LIFTED: u64 = (1 << 40) - 1;

const OWNER: Address = Address::repeat_byte(0x01);
const BOARD: Address = Address::repeat_byte(0x02);
const OFFICER: Address = Address::repeat_byte(0x03);
const MALLORY: Address = Address::repeat_byte(0x04);
/// Contracts of the protocol.
const QUEUE: Address = Address::repeat_byte(0x51);
const MANAGER: Address = Address::repeat_byte(0x52);

const ALICE: Address = Address::repeat_byte(0xa1);
const BOB: Address = Address::repeat_byte(0xb0);
const CAROL: Address = Address::repeat_byte(0xca);

const FILE: B256 = B256::repeat_byte(0xf1);
const REASON: B256 = B256::repeat_byte(0x7e);

fn initialize() -> initializeCall {
    initializeCall {
        owner: OWNER,
        board: BOARD,
        complianceOfficer: OFFICER,
        protocolContracts: vec![QUEUE, MANAGER],
    }
}

fn set_up(whitelist: &Whitelist) {
    whitelist.sender(OWNER).behind_proxy();
    run(whitelist, OWNER, initialize());
}

#[track_caller]
fn run<C: SolCall>(whitelist: &Whitelist, from: Address, call: C) -> C::Return {
    let answer = whitelist.sender(from).call(call);
    answer.unwrap_or_else(|data| panic!("{}: {data:02x?}", C::SIGNATURE))
}

#[track_caller]
fn refuses(whitelist: &Whitelist, from: Address, call: impl SolCall, error: impl SolError) {
    let refusal = whitelist.sender(from).refusal(call);
    assert_eq!(refusal, error.abi_encode());
}

/// Rights of accounts until a year from now.
fn rights(accounts: &[Address], rights: u8) -> setRightsCall {
    setRightsCall {
        accounts: accounts.into(),
        rights: vec![rights; accounts.len()],
        expiries: vec![time(NOW + YEAR); accounts.len()],
        referenceHashes: vec![FILE; accounts.len()],
    }
}

/// One account's rights until then.
fn rights_until(account: Address, given: u8, expiry: u64) -> setRightsCall {
    setRightsCall {
        expiries: vec![time(expiry)],
        ..rights(&[account], given)
    }
}

fn deny(accounts: &[Address]) -> denyCall {
    denyCall {
        accounts: accounts.into(),
        reason: REASON,
    }
}

fn deny_in_emergency(accounts: &[Address]) -> denyInEmergencyCall {
    denyInEmergencyCall {
        accounts: accounts.into(),
        reason: REASON,
    }
}

fn lift(accounts: &[Address]) -> liftDenialCall {
    liftDenialCall {
        accounts: accounts.into(),
        reason: REASON,
    }
}

fn time(seconds: u64) -> alloy_primitives::aliases::U40 {
    alloy_primitives::aliases::U40::from(seconds)
}

/// Rights, expiry, reference, denied until, emergency from, protocol contract.
fn status(whitelist: &Whitelist, account: Address) -> (u8, u64, B256, u64, u64, bool) {
    let status = run(whitelist, MALLORY, statusCall { account });
    (
        status.rights,
        status.expiry.to(),
        status.referenceHash,
        status.deniedUntil.to(),
        status.emergencyFrom.to(),
        status.protocolContract,
    )
}

fn rights_of(whitelist: &Whitelist, account: Address) -> u8 {
    run(whitelist, MALLORY, rightsOfCall { account })._0
}

fn is_denied(whitelist: &Whitelist, account: Address) -> bool {
    run(whitelist, MALLORY, isDeniedCall { account })._0
}

fn listed(whitelist: &Whitelist) -> Vec<Address> {
    let all = accountsCall {
        from: U256::ZERO,
        count: U256::MAX,
    };
    run(whitelist, MALLORY, all)._0
}

fn check(asked: [(Address, u8); 3]) -> checkCall {
    checkCall {
        accounts: asked.map(|(account, _)| account),
        rights: asked.map(|(_, right)| right),
    }
}

fn check_one(account: Address, right: u8) -> checkCall {
    check([(account, right), (Address::ZERO, 0), (Address::ZERO, 0)])
}

#[motsu::test]
fn it_is_set_up_once_behind_a_proxy(whitelist: Whitelist) {
    refuses(&whitelist, OWNER, initialize(), OnlyThroughProxy {});
    whitelist.sender(OWNER).behind_proxy();
    for call in [
        initializeCall {
            owner: Address::ZERO,
            ..initialize()
        },
        initializeCall {
            board: Address::ZERO,
            ..initialize()
        },
        initializeCall {
            complianceOfficer: Address::ZERO,
            ..initialize()
        },
        initializeCall {
            protocolContracts: vec![QUEUE, Address::ZERO],
            ..initialize()
        },
    ] {
        refuses(&whitelist, OWNER, call, ZeroAddress {});
    }
    run(&whitelist, MALLORY, initialize());
    assert_eq!(run(&whitelist, MALLORY, boardCall {})._0, BOARD);
    let officer = run(&whitelist, MALLORY, complianceOfficerCall {})._0;
    assert_eq!(officer, OFFICER);
    whitelist.assert_emitted(&BoardChanged {
        previous: Address::ZERO,
        current: BOARD,
    });
    whitelist.assert_emitted(&ComplianceOfficerChanged {
        previous: Address::ZERO,
        current: OFFICER,
    });
    for account in [QUEUE, MANAGER] {
        whitelist.assert_emitted(&ProtocolContractChanged {
            account,
            isProtocolContract: true,
        });
        let expected = (0, 0, B256::ZERO, 0, 0, true);
        assert_eq!(status(&whitelist, account), expected);
        assert_eq!(rights_of(&whitelist, account), ALL);
    }
    assert_eq!(listed(&whitelist), [QUEUE, MANAGER]);
    for caller in [OWNER, MALLORY] {
        refuses(&whitelist, caller, initialize(), AlreadyInitialized {});
    }
}

#[motsu::test]
fn each_function_has_its_role(whitelist: Whitelist) {
    set_up(&whitelist);
    run(&whitelist, MALLORY, apply(ALICE, STAKE));
    let of_board = [
        rights(&[ALICE], STAKE).abi_encode(),
        accept(&[1], NOW + YEAR).abi_encode(),
        turn_down(&[1]).abi_encode(),
        renew(&[ALICE], NOW + YEAR).abi_encode(),
        deny(&[ALICE]).abi_encode(),
    ];
    let of_officer = [deny_in_emergency(&[ALICE]).abi_encode()];
    let of_owner = [
        lift(&[ALICE]).abi_encode(),
        setBoardCall { board: MALLORY }.abi_encode(),
        setComplianceOfficerCall {
            complianceOfficer: MALLORY,
        }
        .abi_encode(),
        name(MALLORY, true).abi_encode(),
    ];
    for caller in [OWNER, BOARD, OFFICER, MALLORY, ALICE, QUEUE] {
        let only_board = OnlyBoard {
            caller,
            board: BOARD,
        };
        let only_officer = OnlyComplianceOfficer {
            caller,
            complianceOfficer: OFFICER,
        };
        let only_owner = OnlyOwner {
            caller,
            owner: OWNER,
        };
        for (role, calls, refusal) in [
            (BOARD, &of_board[..], only_board.abi_encode()),
            (OFFICER, &of_officer, only_officer.abi_encode()),
            (OWNER, &of_owner, only_owner.abi_encode()),
        ] {
            for call in calls.iter().filter(|_| caller != role) {
                let answer = whitelist.sender(caller).call_raw(call);
                assert_eq!(answer, Err(refusal.clone()));
            }
        }
    }
    assert_eq!(listed(&whitelist), [QUEUE, MANAGER]);

    // Who was replaced is nobody, also where the new one is of another kind.
    run(&whitelist, OWNER, setBoardCall { board: CAROL });
    whitelist.assert_emitted(&BoardChanged {
        previous: BOARD,
        current: CAROL,
    });
    let refusal = OnlyBoard {
        caller: BOARD,
        board: CAROL,
    };
    refuses(&whitelist, BOARD, deny(&[ALICE]), refusal);
    run(&whitelist, CAROL, deny(&[ALICE]));
    let appoint = setComplianceOfficerCall {
        complianceOfficer: BOB,
    };
    run(&whitelist, OWNER, appoint);
    whitelist.assert_emitted(&ComplianceOfficerChanged {
        previous: OFFICER,
        current: BOB,
    });
    let refusal = OnlyComplianceOfficer {
        caller: OFFICER,
        complianceOfficer: BOB,
    };
    refuses(&whitelist, OFFICER, deny_in_emergency(&[ALICE]), refusal);
    // Nor has the Board's word lost its counts.
    assert_eq!(listed(&whitelist), [QUEUE, MANAGER, ALICE]);
    let count = run(&whitelist, MALLORY, applicationCountCall {})._0;
    assert_eq!(count, U256::from(1));
}

#[motsu::test]
fn rights_are_as_given(whitelist: Whitelist) {
    set_up(&whitelist);
    let call = setRightsCall {
        accounts: vec![ALICE, BOB, CAROL],
        rights: vec![STAKE | HOLD, REDEEM, ALL],
        expiries: [NOW + 1, NOW + YEAR, UNTIL_LIFTED].map(time).into(),
        referenceHashes: vec![FILE, REASON, B256::ZERO],
    };
    run(&whitelist, BOARD, call.clone());
    let expected = [
        (ALICE, STAKE | HOLD, NOW + 1, FILE),
        (BOB, REDEEM, NOW + YEAR, REASON),
        (CAROL, ALL, UNTIL_LIFTED, B256::ZERO),
    ];
    for (account, given, expiry, hash) in expected {
        let known = (given, expiry, hash, 0, 0, false);
        assert_eq!(status(&whitelist, account), known);
        assert_eq!(rights_of(&whitelist, account), given);
        whitelist.assert_emitted(&RightsChanged {
            account,
            rights: given,
            expiry: time(expiry),
            referenceHash: hash,
        });
        for right in [STAKE, HOLD, REDEEM, OPERATE, STAKE | HOLD, ALL] {
            let asked = check_one(account, right);
            if given & right == right {
                run(&whitelist, MALLORY, asked);
            } else {
                let refusal = RightMissing {
                    account,
                    asked: right,
                    held: given,
                };
                refuses(&whitelist, MALLORY, asked, refusal);
            }
        }
    }
    // Whoever is unknown has no right, and nothing against it.
    run(&whitelist, MALLORY, check_one(MALLORY, UNDENIED));
    assert_eq!(rights_of(&whitelist, MALLORY), 0);
    // A later change takes the place of an earlier one, and no rights take all away, whatever the expiry.
    run(&whitelist, BOARD, rights_until(ALICE, OPERATE, NOW + 5));
    assert_eq!(rights_of(&whitelist, ALICE), OPERATE);
    for expiry in [0, NOW, NOW + 5] {
        run(&whitelist, BOARD, rights_until(ALICE, 0, expiry));
        let known = (0, expiry, FILE, 0, 0, false);
        assert_eq!(status(&whitelist, ALICE), known);
        assert_eq!(rights_of(&whitelist, ALICE), 0);
    }
    assert_eq!(listed(&whitelist), [QUEUE, MANAGER, ALICE, BOB, CAROL]);
}

#[motsu::test]
fn what_is_checked_is_every_account_but_the_zero_address(whitelist: Whitelist) {
    set_up(&whitelist);
    run(&whitelist, BOARD, rights(&[ALICE, BOB], STAKE | REDEEM));
    let nobody = (Address::ZERO, ALL);
    let alice = (ALICE, STAKE);
    let lacks = |account| RightMissing {
        account,
        asked: HOLD,
        held: STAKE | REDEEM,
    };
    for asked in [
        [nobody, nobody, nobody],
        [alice, nobody, (BOB, REDEEM)],
        [alice, alice, (ALICE, UNDENIED)],
        [(QUEUE, ALL), alice, (MANAGER, HOLD)],
    ] {
        run(&whitelist, MALLORY, check(asked));
    }
    for asked in [
        [(BOB, HOLD), nobody, nobody],
        [alice, (BOB, HOLD), nobody],
        [alice, nobody, (BOB, HOLD)],
    ] {
        refuses(&whitelist, MALLORY, check(asked), lacks(BOB));
    }
    run(&whitelist, BOARD, deny(&[BOB]));
    let denied = || Denied {
        account: BOB,
        until: time(UNTIL_LIFTED),
    };
    for right in [UNDENIED, STAKE, REDEEM, HOLD] {
        for place in 0..3 {
            let mut asked = [alice; 3];
            asked[place] = (BOB, right);
            refuses(&whitelist, MALLORY, check(asked), denied());
        }
    }
    // Of four rights there is no fifth, not even for a contract of the protocol.
    let refusal = RightMissing {
        account: QUEUE,
        asked: 16,
        held: ALL,
    };
    refuses(&whitelist, MALLORY, check_one(QUEUE, 16), refusal);
}

#[motsu::test]
fn rights_that_do_not_exist_or_are_over_are_not_given(whitelist: Whitelist) {
    set_up(&whitelist);
    for asked in [16, 0x80, 0xff] {
        let refusal = || UnknownRights { asked, all: ALL };
        refuses(&whitelist, BOARD, rights(&[ALICE], asked), refusal());
        refuses(&whitelist, MALLORY, apply(ALICE, asked), refusal());
    }
    run(&whitelist, BOARD, rights(&[BOB], REDEEM));
    run(&whitelist, MALLORY, apply(ALICE, STAKE));
    for expiry in [0, 1, NOW - 1, NOW] {
        let refusal = || ExpiryPassed {
            asked: time(expiry),
            now: time(NOW),
        };
        let call = rights_until(ALICE, REDEEM, expiry);
        refuses(&whitelist, BOARD, call, refusal());
        refuses(&whitelist, BOARD, renew(&[BOB], expiry), refusal());
        refuses(&whitelist, BOARD, accept(&[1], expiry), refusal());
    }
    run(&whitelist, BOARD, renew(&[BOB], NOW + 1));
    run(&whitelist, BOARD, accept(&[1], NOW + 1));
    let known = (STAKE, NOW + 1, FILE, 0, 0, false);
    assert_eq!(status(&whitelist, ALICE), known);
}

#[motsu::test]
fn a_renewal_moves_the_expiry_and_nothing_else(whitelist: Whitelist) {
    set_up(&whitelist);
    run(&whitelist, BOARD, rights(&[ALICE], STAKE | HOLD));
    run(&whitelist, BOARD, rights_until(BOB, REDEEM, NOW + DAY));
    run(&whitelist, BOARD, renew(&[ALICE, BOB], NOW + 2 * DAY));
    for (account, given) in [(ALICE, STAKE | HOLD), (BOB, REDEEM)] {
        let known = (given, NOW + 2 * DAY, FILE, 0, 0, false);
        assert_eq!(status(&whitelist, account), known);
        whitelist.assert_emitted(&RightsChanged {
            account,
            rights: given,
            expiry: time(NOW + 2 * DAY),
            referenceHash: FILE,
        });
    }
    run(&whitelist, BOARD, rights(&[BOB], 0));
    for account in [BOB, CAROL, QUEUE] {
        let call = renew(&[ALICE, account], NOW + YEAR);
        refuses(&whitelist, BOARD, call, NothingToRenew { account });
    }
    assert_eq!(status(&whitelist, ALICE).1, NOW + 2 * DAY);
}

#[motsu::test]
fn p32_a_denial_overrides_rights_and_leaves_them(whitelist: Whitelist) {
    set_up(&whitelist);
    run(&whitelist, BOARD, rights(&[ALICE, BOB], ALL));
    run(&whitelist, MALLORY, apply(ALICE, STAKE | HOLD));
    run(&whitelist, BOARD, deny(&[ALICE, CAROL]));
    for account in [ALICE, CAROL] {
        whitelist.assert_emitted(&AccountDenied {
            account,
            by: BOARD,
            until: time(UNTIL_LIFTED),
            reason: REASON,
        });
        assert!(is_denied(&whitelist, account));
        assert_eq!(rights_of(&whitelist, account), 0);
    }
    assert!(!is_denied(&whitelist, BOB) && rights_of(&whitelist, BOB) == ALL);
    let known = (ALL, NOW + YEAR, FILE, UNTIL_LIFTED, 0, false);
    assert_eq!(status(&whitelist, ALICE), known);

    // Whatever the Board gives or takes, the denial stays.
    run(&whitelist, BOARD, accept(&[1], NOW + DAY));
    assert!(is_denied(&whitelist, ALICE));
    run(&whitelist, BOARD, renew(&[ALICE], NOW + 2 * DAY));
    assert!(is_denied(&whitelist, ALICE));
    run(&whitelist, BOARD, rights(&[ALICE, CAROL], HOLD));
    run(&whitelist, BOARD, deny(&[ALICE]));
    assert!(is_denied(&whitelist, ALICE) && is_denied(&whitelist, CAROL));

    run(&whitelist, OWNER, lift(&[ALICE, CAROL]));
    for account in [ALICE, CAROL] {
        whitelist.assert_emitted(&DenialLifted {
            account,
            reason: REASON,
        });
        let known = (HOLD, NOW + YEAR, FILE, 0, 0, false);
        assert_eq!(status(&whitelist, account), known);
        assert_eq!(rights_of(&whitelist, account), HOLD);
        let refusal = NotDenied { account };
        refuses(&whitelist, OWNER, lift(&[account]), refusal);
    }
    refuses(
        &whitelist,
        OWNER,
        lift(&[MALLORY]),
        NotDenied { account: MALLORY },
    );
}

#[motsu::test]
fn an_emergency_denial_is_confirmed_never_cut_short_and_not_repeated(whitelist: Whitelist) {
    set_up(&whitelist);
    run(&whitelist, BOARD, rights(&[ALICE, BOB], STAKE));
    run(&whitelist, OFFICER, deny_in_emergency(&[ALICE]));
    let until = NOW + 7 * DAY;
    let from = NOW + 30 * DAY;
    whitelist.assert_emitted(&AccountDenied {
        account: ALICE,
        by: OFFICER,
        until: time(until),
        reason: REASON,
    });
    let known = (STAKE, NOW + YEAR, FILE, until, from, false);
    assert_eq!(status(&whitelist, ALICE), known);
    let too_soon = || EmergencyTooSoon {
        account: ALICE,
        from: time(from),
    };
    let again = || deny_in_emergency(&[ALICE]);
    refuses(&whitelist, OFFICER, again(), too_soon());
    // Confirmed, it ends no longer by itself, and an emergency changes nothing; lifted, it is not repeated either.
    run(&whitelist, BOARD, deny(&[ALICE]));
    run(&whitelist, OFFICER, again());
    let known = (STAKE, NOW + YEAR, FILE, UNTIL_LIFTED, from, false);
    assert_eq!(status(&whitelist, ALICE), known);
    run(&whitelist, OWNER, lift(&[ALICE]));
    let known = (STAKE, NOW + YEAR, FILE, 0, from, false);
    assert_eq!(status(&whitelist, ALICE), known);
    refuses(&whitelist, OFFICER, again(), too_soon());
    assert_eq!(rights_of(&whitelist, ALICE), STAKE);

    // Over the Board's denial it changes nothing, and uses nothing up.
    run(&whitelist, BOARD, deny(&[BOB]));
    run(&whitelist, OFFICER, deny_in_emergency(&[BOB, CAROL]));
    let known = (STAKE, NOW + YEAR, FILE, UNTIL_LIFTED, 0, false);
    assert_eq!(status(&whitelist, BOB), known);
    assert_eq!(status(&whitelist, CAROL).3, until);
    run(&whitelist, OWNER, lift(&[BOB]));
    run(&whitelist, OFFICER, deny_in_emergency(&[BOB]));
    assert_eq!(status(&whitelist, BOB).3, until);
}

#[motsu::test]
fn contracts_of_the_protocol_have_all_rights_and_cannot_be_denied(whitelist: Whitelist) {
    set_up(&whitelist);
    let refusal = || Undeniable { account: QUEUE };
    refuses(&whitelist, BOARD, deny(&[ALICE, QUEUE]), refusal());
    let call = deny_in_emergency(&[ALICE, QUEUE]);
    refuses(&whitelist, OFFICER, call, refusal());
    assert!(!is_denied(&whitelist, ALICE));
    // Rights of its own are kept for when it is none any more.
    run(&whitelist, BOARD, rights(&[QUEUE], HOLD));
    assert_eq!(rights_of(&whitelist, QUEUE), ALL);
    run(&whitelist, OWNER, name(QUEUE, false));
    whitelist.assert_emitted(&ProtocolContractChanged {
        account: QUEUE,
        isProtocolContract: false,
    });
    assert_eq!(rights_of(&whitelist, QUEUE), HOLD);
    run(&whitelist, BOARD, deny(&[QUEUE]));
    run(&whitelist, OFFICER, deny_in_emergency(&[CAROL]));

    // Denied by whom it may be, an account cannot become one; but it can be said to be none.
    for (account, until) in [(QUEUE, UNTIL_LIFTED), (CAROL, NOW + 7 * DAY)] {
        let until = time(until);
        let refusal = Denied { account, until };
        refuses(&whitelist, OWNER, name(account, true), refusal);
        run(&whitelist, OWNER, name(account, false));
        assert!(is_denied(&whitelist, account));
        run(&whitelist, OWNER, lift(&[account]));
        run(&whitelist, OWNER, name(account, true));
        assert_eq!(rights_of(&whitelist, account), ALL);
    }
}

#[motsu::test]
fn an_application_is_accepted_or_turned_down_once(whitelist: Whitelist) {
    set_up(&whitelist);
    let filed = [(ALICE, STAKE | HOLD), (BOB, OPERATE), (ALICE, 0)];
    for (id, (account, asked)) in (1..).zip(filed) {
        let answer = run(&whitelist, MALLORY, apply(account, asked));
        assert_eq!(answer.id, U256::from(id));
        whitelist.assert_emitted(&ApplicationFiled {
            id: answer.id,
            account,
            applicant: MALLORY,
            rights: asked,
            referenceHash: FILE,
        });
        let known = (account, MALLORY, asked, FILE, 1);
        assert_eq!(application(&whitelist, id), known);
        assert_eq!(rights_of(&whitelist, account), 0);
    }
    assert_eq!(listed(&whitelist), [QUEUE, MANAGER]);
    let count = run(&whitelist, MALLORY, applicationCountCall {})._0;
    assert_eq!(count, U256::from(3));

    run(&whitelist, BOARD, accept(&[1], NOW + DAY));
    whitelist.assert_emitted(&ApplicationAccepted { id: U256::from(1) });
    whitelist.assert_emitted(&RightsChanged {
        account: ALICE,
        rights: STAKE | HOLD,
        expiry: time(NOW + DAY),
        referenceHash: FILE,
    });
    let known = (STAKE | HOLD, NOW + DAY, FILE, 0, 0, false);
    assert_eq!(status(&whitelist, ALICE), known);
    run(&whitelist, BOARD, turn_down(&[2]));
    whitelist.assert_emitted(&ApplicationTurnedDown {
        id: U256::from(2),
        reason: REASON,
    });
    assert_eq!(application(&whitelist, 1), (ALICE, MALLORY, 3, FILE, 2));
    assert_eq!(application(&whitelist, 2), (BOB, MALLORY, 8, FILE, 3));
    assert_eq!(rights_of(&whitelist, BOB), 0);

    // None, accepted, turned down: each with what it is; and one that was not open spoils the batch.
    for (id, state) in [(0, 0), (1, 2), (2, 3), (4, 0)] {
        let refusal = || NotOpen {
            id: U256::from(id),
            state,
        };
        let call = accept(&[3, id], NOW + DAY);
        refuses(&whitelist, BOARD, call, refusal());
        refuses(&whitelist, BOARD, turn_down(&[3, id]), refusal());
    }
    let twice = NotOpen {
        id: U256::from(3),
        state: 2,
    };
    refuses(&whitelist, BOARD, accept(&[3, 3], 0), twice);
    assert_eq!(application(&whitelist, 3).4, 1);
    // Who applies for nothing gives everything back.
    run(&whitelist, BOARD, accept(&[3], 0));
    assert_eq!(rights_of(&whitelist, ALICE), 0);
    refuses(
        &whitelist,
        MALLORY,
        apply(Address::ZERO, HOLD),
        ZeroAddress {},
    );
}

#[motsu::test]
fn a_batch_does_what_single_calls_would_or_nothing(whitelist: Whitelist) {
    set_up(&whitelist);
    let call = setRightsCall {
        accounts: vec![ALICE, BOB, ALICE],
        rights: vec![STAKE, HOLD, REDEEM],
        expiries: [NOW + 1, NOW + 2, NOW + 3].map(time).into(),
        referenceHashes: vec![FILE, FILE, REASON],
    };
    run(&whitelist, BOARD, call.clone());
    let known = (REDEEM, NOW + 3, REASON, 0, 0, false);
    assert_eq!(status(&whitelist, ALICE), known);
    assert_eq!(listed(&whitelist), [QUEUE, MANAGER, ALICE, BOB]);

    run(&whitelist, BOARD, deny(&[ALICE, ALICE]));
    let twice = NotDenied { account: ALICE };
    refuses(&whitelist, OWNER, lift(&[ALICE, ALICE]), twice);
    assert!(is_denied(&whitelist, ALICE));
    let twice = EmergencyTooSoon {
        account: BOB,
        from: time(NOW + 30 * DAY),
    };
    refuses(&whitelist, OFFICER, deny_in_emergency(&[BOB, BOB]), twice);
    assert!(!is_denied(&whitelist, BOB));

    // The zero address spoils every batch.
    let with_nobody = [CAROL, Address::ZERO];
    refuses(
        &whitelist,
        BOARD,
        rights(&with_nobody, HOLD),
        ZeroAddress {},
    );
    refuses(&whitelist, BOARD, rights(&with_nobody, 0), ZeroAddress {});
    refuses(&whitelist, BOARD, deny(&with_nobody), ZeroAddress {});
    let call = deny_in_emergency(&with_nobody);
    refuses(&whitelist, OFFICER, call, ZeroAddress {});
    let with_nobody = [ALICE, Address::ZERO];
    refuses(
        &whitelist,
        BOARD,
        renew(&with_nobody, NOW + 9),
        ZeroAddress {},
    );
    refuses(&whitelist, OWNER, lift(&with_nobody), ZeroAddress {});
    for named in [true, false] {
        let call = name(Address::ZERO, named);
        refuses(&whitelist, OWNER, call, ZeroAddress {});
    }
    let nobody = Address::ZERO;
    let call = setBoardCall { board: nobody };
    refuses(&whitelist, OWNER, call, ZeroAddress {});
    let call = setComplianceOfficerCall {
        complianceOfficer: nobody,
    };
    refuses(&whitelist, OWNER, call, ZeroAddress {});
    assert_eq!(listed(&whitelist), [QUEUE, MANAGER, ALICE, BOB]);
    assert_eq!(status(&whitelist, ALICE).1, NOW + 3);

    // Batches of nothing change nothing.
    let logged = whitelist.all_events().len();
    run(&whitelist, BOARD, rights(&[], 0));
    run(&whitelist, BOARD, deny(&[]));
    run(&whitelist, OWNER, lift(&[]));
    assert_eq!(whitelist.all_events().len(), logged);
}

#[motsu::test]
fn arrays_that_do_not_belong_together_are_refused(whitelist: Whitelist) {
    set_up(&whitelist);
    let good = rights(&[ALICE, BOB], STAKE);
    let mismatch = |given: u64| LengthMismatch {
        asked: U256::from(2),
        given: U256::from(given),
    };
    let one_right = setRightsCall {
        rights: vec![STAKE],
        ..good.clone()
    };
    refuses(&whitelist, BOARD, one_right, mismatch(1));
    let three_expiries = setRightsCall {
        expiries: vec![time(NOW + 1); 3],
        ..good.clone()
    };
    refuses(&whitelist, BOARD, three_expiries, mismatch(3));
    let no_hash = setRightsCall {
        referenceHashes: vec![],
        ..good
    };
    refuses(&whitelist, BOARD, no_hash, mismatch(0));
    for account in [ALICE, BOB] {
        run(&whitelist, MALLORY, apply(account, STAKE));
    }
    let one_expiry = acceptCall {
        expiries: vec![time(NOW + 1)],
        ..accept(&[1, 2], NOW + 1)
    };
    refuses(&whitelist, BOARD, one_expiry, mismatch(1));
    assert_eq!(application(&whitelist, 1).4, 1);
}

#[motsu::test]
fn accounts_come_in_pages_no_longer_than_the_list(whitelist: Whitelist) {
    set_up(&whitelist);
    let added: Vec<Address> = (1..=7).map(Address::with_last_byte).collect();
    run(&whitelist, BOARD, rights(&added[..4], HOLD));
    run(&whitelist, BOARD, deny(&added[3..6]));
    run(&whitelist, OWNER, name(added[6], false));
    let all = [&[QUEUE, MANAGER][..], &added].concat();
    let count = run(&whitelist, MALLORY, accountCountCall {})._0;
    assert_eq!(count, U256::from(9));
    for from in 0..12 {
        for count in [0, 1, 4, 9, 100] {
            let page = accountsCall {
                from: U256::from(from),
                count: U256::from(count),
            };
            let rest = all.get(from..).unwrap_or_default();
            let expected: Vec<Address> = rest.iter().copied().take(count).collect();
            assert_eq!(run(&whitelist, MALLORY, page)._0, expected);
        }
    }
    let huge = U256::from(u64::MAX) + U256::from(3);
    for (from, expected) in [(U256::ZERO, &all[..]), (U256::MAX, &[]), (huge, &[])] {
        for count in [U256::MAX, huge, U256::from(u64::MAX)] {
            let page = accountsCall { from, count };
            assert_eq!(run(&whitelist, MALLORY, page)._0, expected);
        }
    }
}

#[motsu::test]
fn unknown_functions_and_broken_calldata_are_refused(whitelist: Whitelist) {
    set_up(&whitelist);
    let unknown = whitelist.sender(BOARD).call_raw(&[1, 2, 3, 4]);
    let selector = [1, 2, 3, 4].into();
    assert_eq!(unknown, Err(UnknownFunction { selector }.abi_encode()));
    // Numbers wider than their types: a right, an expiry, a right that is asked for.
    let dirty = |mut data: Vec<u8>, word: usize, byte: usize| {
        data[4 + word * 32 + byte] = 1;
        data
    };
    let good = rights(&[ALICE], HOLD).abi_encode();
    let broken = [
        dirty(good.clone(), 5, 11),
        dirty(good.clone(), 7, 30),
        dirty(good.clone(), 9, 26),
        dirty(accept(&[1], NOW + 1).abi_encode(), 5, 26),
        dirty(renew(&[ALICE], NOW + 1).abi_encode(), 1, 26),
        dirty(check_one(ALICE, HOLD).abi_encode(), 0, 11),
        dirty(check_one(ALICE, HOLD).abi_encode(), 3, 30),
        good[..good.len() - 1].to_vec(),
        vec![1],
    ];
    run(&whitelist, MALLORY, apply(ALICE, HOLD));
    for data in broken {
        let answer = whitelist.sender(BOARD).call_raw(&data);
        assert_eq!(answer, Err(Vec::new()), "{data:02x?}");
    }
    let named = dirty(name(ALICE, true).abi_encode(), 1, 30);
    let answer = whitelist.sender(OWNER).call_raw(&named);
    assert_eq!(answer, Err(Vec::new()));
    assert!(whitelist.sender(BOARD).call_raw(&good).is_ok());
}

fn apply(account: Address, asked: u8) -> applyForCall {
    applyForCall {
        account,
        rights: asked,
        referenceHash: FILE,
    }
}

fn accept(ids: &[u64], expiry: u64) -> acceptCall {
    acceptCall {
        ids: ids.iter().copied().map(U256::from).collect(),
        expiries: vec![time(expiry); ids.len()],
    }
}

fn turn_down(ids: &[u64]) -> turnDownCall {
    turnDownCall {
        ids: ids.iter().copied().map(U256::from).collect(),
        reason: REASON,
    }
}

fn renew(accounts: &[Address], expiry: u64) -> renewCall {
    renewCall {
        accounts: accounts.into(),
        expiry: time(expiry),
    }
}

fn name(account: Address, is_protocol_contract: bool) -> setProtocolContractCall {
    setProtocolContractCall {
        account,
        isProtocolContract: is_protocol_contract,
    }
}

/// Account, applicant, rights, reference, state.
fn application(whitelist: &Whitelist, id: u64) -> (Address, Address, u8, B256, u8) {
    let id = U256::from(id);
    let filed = run(whitelist, MALLORY, applicationCall { id });
    (
        filed.account,
        filed.applicant,
        filed.rights,
        filed.referenceHash,
        filed.state,
    )
}
