//! The timelock's own logic: set-up, roles, kinds of calls, and what an operation's number depends on. motsu's clock stands
//! still: what waits and lapses is tested on the WASM.

use alloy_primitives::{Address, Bytes, B256, U256};
use alloy_sol_types::SolError;
use clay_shared::{
    interfaces::{
        ICommon::{AlreadyInitialized, ZeroAddress},
        ITimelock::*,
        IUpgradeable::OnlyThroughProxy,
    },
    timelock::{rule, ANY_CONTRACT, ANY_FUNCTION, DELAYS, LONGEST, PARAMETER, UPGRADE},
};
use motsu::prelude::*;
use timelock::Timelock;
use unit_tests::{refuses, run, Deployed};

type Governance = Contract<Deployed<Timelock>>;

/// The function that operations call here, and another.
const FUNCTION: [u8; 4] = [1, 2, 3, 4];
const OTHER_FUNCTION: [u8; 4] = [4, 3, 2, 1];
/// Contracts that they call.
const TARGET: Address = Address::repeat_byte(0x11);
const OTHER_TARGET: Address = Address::repeat_byte(0x22);

fn initialize(proposer: Address, canceller: Address, rules: &[([u8; 32], u8)]) -> initializeCall {
    initializeCall {
        proposers: vec![proposer],
        cancellers: vec![canceller],
        rules: rules.iter().map(|(rule, _)| B256::new(*rule)).collect(),
        kinds: rules.iter().map(|(_, kind)| U256::from(*kind)).collect(),
    }
}

fn set_up(
    governance: &Governance,
    proposer: Address,
    canceller: Address,
    rules: &[([u8; 32], u8)],
) {
    governance.sender(proposer).behind_proxy();
    run(governance, proposer, initialize(proposer, canceller, rules));
}

fn calldata(function: [u8; 4], argument: u64) -> Bytes {
    let argument = U256::from(argument).to_be_bytes::<32>();
    [&function[..], &argument].concat().into()
}

fn operation(target: Address, data: Bytes, salt: u8) -> scheduleCall {
    scheduleCall {
        calls: vec![Call { target, data }],
        predecessor: B256::ZERO,
        salt: B256::with_last_byte(salt),
    }
}

fn id(governance: &Governance, of: scheduleCall) -> B256 {
    let call = operationIdCall {
        calls: of.calls,
        predecessor: of.predecessor,
        salt: of.salt,
    };
    run(governance, Address::ZERO, call)._0
}

#[motsu::test]
fn it_is_set_up_once_behind_a_proxy(governance: Governance, proposer: Address, canceller: Address) {
    let call = initialize(proposer, canceller, &[]);
    refuses(&governance, proposer, call.clone(), OnlyThroughProxy {});
    governance.sender(proposer).behind_proxy();
    let nobody = initialize(Address::ZERO, canceller, &[]);
    refuses(&governance, proposer, nobody, ZeroAddress {});
    let uneven = initializeCall {
        kinds: vec![U256::from(1)],
        ..call.clone()
    };
    let lengths = [U256::ZERO, U256::from(1)];
    let [rules, kinds] = lengths;
    refuses(
        &governance,
        proposer,
        uneven,
        LengthMismatch { rules, kinds },
    );
    let unknown = initialize(
        proposer,
        canceller,
        &[(rule(FUNCTION, ANY_CONTRACT, None), 4)],
    );
    let (kind, largest) = (U256::from(4), U256::from(3));
    refuses(
        &governance,
        proposer,
        unknown,
        UnknownKind { kind, largest },
    );

    run(&governance, proposer, call.clone());
    refuses(&governance, proposer, call, AlreadyInitialized {});
    for (kind, [delay, smallest, largest]) in (1..).zip(DELAYS) {
        let kind = U256::from(kind);
        let told = run(&governance, proposer, delayOfCall { kind });
        let expected = [delay, smallest, largest].map(U256::from);
        assert_eq!([told.delay, told.smallest, told.largest], expected);
    }
}

#[motsu::test]
fn who_has_no_role_neither_schedules_nor_cancels(
    governance: Governance,
    proposer: Address,
    canceller: Address,
) {
    set_up(&governance, proposer, canceller, &[]);
    let of = operation(TARGET, calldata(FUNCTION, 1), 0);
    let caller = canceller;
    refuses(&governance, caller, of.clone(), OnlyProposer { caller });
    let id = run(&governance, proposer, of.clone()).id;
    let caller = proposer;
    refuses(
        &governance,
        caller,
        cancelCall { id },
        OnlyCanceller { caller },
    );
    let setter = setProposerCall {
        account: canceller,
        may: true,
    };
    refuses(&governance, caller, setter, OnlyByOperation { caller });
    run(&governance, canceller, cancelCall { id });
    refuses(
        &governance,
        canceller,
        cancelCall { id },
        NotScheduled { id },
    );
    // And may be scheduled again.
    assert_eq!(run(&governance, proposer, of).id, id);
}

#[motsu::test]
fn of_the_rules_about_a_call_the_closest_decides(
    governance: Governance,
    proposer: Address,
    canceller: Address,
) {
    let target = TARGET.into_array();
    let rules = [
        (rule(FUNCTION, ANY_CONTRACT, None), PARAMETER),
        (rule(ANY_FUNCTION, target, None), LONGEST),
        (rule(FUNCTION, target, None), UPGRADE),
        (rule(FUNCTION, target, Some(7)), PARAMETER),
    ];
    set_up(&governance, proposer, canceller, &rules);
    for (target, data, expected) in [
        (OTHER_TARGET, calldata(FUNCTION, 1), PARAMETER),
        (TARGET, calldata(OTHER_FUNCTION, 1), LONGEST),
        (TARGET, calldata(FUNCTION, 1), UPGRADE),
        (TARGET, calldata(FUNCTION, 7), PARAMETER),
        // Too short for a first argument, and for a function.
        (TARGET, FUNCTION.into(), UPGRADE),
        (TARGET, Bytes::new(), LONGEST),
        (OTHER_TARGET, calldata(OTHER_FUNCTION, 7), UPGRADE),
        (OTHER_TARGET, Bytes::new(), UPGRADE),
        (governance.address(), calldata(FUNCTION, 1), LONGEST),
    ] {
        let told = run(
            &governance,
            proposer,
            kindOfCall {
                target,
                data: data.clone(),
            },
        );
        assert_eq!(told.kind, U256::from(expected), "{target} {data}");
        let [delay, ..] = DELAYS[usize::from(expected - 1)];
        assert_eq!(told.delay, U256::from(delay));
    }
}

#[motsu::test]
fn another_call_order_predecessor_or_salt_is_another_operation(
    governance: Governance,
    proposer: Address,
    canceller: Address,
) {
    set_up(&governance, proposer, canceller, &[]);
    let first = operation(TARGET, calldata(FUNCTION, 1), 0);
    let second = operation(OTHER_TARGET, calldata(FUNCTION, 1), 0);
    let both = |calls: [&scheduleCall; 2]| scheduleCall {
        calls: calls.iter().flat_map(|it| it.calls.clone()).collect(),
        ..first.clone()
    };
    let operations = [
        first.clone(),
        second.clone(),
        operation(TARGET, calldata(FUNCTION, 2), 0),
        operation(TARGET, calldata(FUNCTION, 1), 1),
        operation(TARGET, FUNCTION.into(), 0),
        scheduleCall {
            predecessor: B256::with_last_byte(1),
            ..first.clone()
        },
        both([&first, &second]),
        both([&second, &first]),
        both([&first, &first]),
    ];
    let mut ids: Vec<_> = operations
        .into_iter()
        .map(|of| id(&governance, of))
        .collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);

    let empty = scheduleCall {
        calls: Vec::new(),
        ..first.clone()
    };
    refuses(&governance, proposer, empty, NoCalls {});
    run(&governance, proposer, first.clone());
    let data = governance.sender(proposer).refusal(first);
    assert_eq!(data[..4], AlreadyScheduled::SELECTOR);
}
