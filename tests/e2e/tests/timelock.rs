//! The timelock on the real WASM: delays, roles, what it owns, and its own settings.

use alloy::{
    primitives::{Address, Bytes, B256, U256},
    sol_types::{SolCall, SolError},
};
use clay_shared::timelock::{rule, ANY_CONTRACT, ANY_FUNCTION};
use e2e::{
    event, events,
    CsEthToken::{self, approveCall, setStakeManagerCall},
    FlashExitPool::setConversionTermsCall,
    KycWhitelist::{liftDenialCall, setBoardCall, setComplianceOfficerCall},
    OperatorRegistry, Pool,
    Quorum::setMembersCall,
    StakeManager::{
        self, acceptOwnershipCall, ownerCall, parameterCall, pauseCall, setParameterCall,
        transferOwnershipCall, unpauseCall,
    },
    Timelock::*,
    ALICE, BOB, GUARDIAN, MALLORY, OWNER,
};

const NONE: U256 = U256::ZERO;
const DAY: u64 = 24 * 60 * 60;

/// Kinds of calls.
const PARAMETER: u8 = 1;
const UPGRADE: u8 = 2;
const LONGEST: u8 = 3;

/// A pool whose timelock owns its stake-manager.
struct World {
    pool: Pool,
    timelock: Address,
}

fn call(target: Address, call: impl SolCall) -> Call {
    Call {
        target,
        data: call.abi_encode().into(),
    }
}

fn schedule(calls: Vec<Call>) -> scheduleCall {
    scheduleCall {
        calls,
        predecessor: B256::ZERO,
        salt: B256::ZERO,
    }
}

fn execute(of: &scheduleCall) -> executeCall {
    executeCall {
        calls: of.calls.clone(),
        predecessor: of.predecessor,
        salt: of.salt,
    }
}

impl World {
    fn new() -> Self {
        let pool = Pool::institutional();
        let timelock = pool.timelock;
        let mut world = Self { pool, timelock };
        let manager = world.pool.manager;
        let offer = transferOwnershipCall { newOwner: timelock };
        world.pool.run(OWNER, manager, NONE, offer);
        world.make(vec![call(manager, acceptOwnershipCall {})], 7 * DAY);
        assert_eq!(world.pool.view(manager, ownerCall {}), timelock);
        world
    }

    fn now(&self) -> u64 {
        self.pool.chain.latest().header.timestamp
    }

    fn pass(&mut self, seconds: u64) {
        self.pool.chain.increase_time(seconds);
        self.pool.chain.mine(1);
    }

    fn schedule(&mut self, of: &scheduleCall) -> B256 {
        self.pool.run(OWNER, self.timelock, NONE, of.clone()).0
    }

    /// Schedules calls, waits so long, and executes them.
    fn make(&mut self, calls: Vec<Call>, delay: u64) {
        let of = schedule(calls);
        self.schedule(&of);
        self.pass(delay);
        self.pool.run(MALLORY, self.timelock, NONE, execute(&of));
    }

    #[track_caller]
    fn refuses(&mut self, from: Address, call: impl SolCall, refusal: impl SolError) {
        let timelock = self.timelock;
        self.pool.refuses(from, timelock, NONE, call, refusal);
    }

    fn view<C: SolCall>(&self, call: C) -> C::Return {
        self.pool.view(self.timelock, call)
    }

    fn set_parameter(&self, id: u8, value: u64) -> Call {
        let value = U256::from(value);
        call(self.pool.manager, setParameterCall { id, value })
    }

    fn parameter(&self, id: u8) -> U256 {
        let parameter = parameterCall { id };
        self.pool.view(self.pool.manager, parameter).value
    }

    #[track_caller]
    fn is_of_kind(&self, of: &Call, kind: u8) {
        let Call { target, data } = of.clone();
        let answer = self.view(kindOfCall { target, data });
        let delay = self.view(delayOfCall {
            kind: U256::from(kind),
        });
        assert_eq!((answer.kind, answer.delay), (U256::from(kind), delay.delay));
    }
}

#[test]
fn an_operation_waits_for_its_delay_and_not_for_ever() {
    let mut world = World::new();
    let of = schedule(vec![world.set_parameter(1, 2 * DAY)]);
    let id = world.schedule(&of);
    let due = world.now() + 2 * DAY;
    let stored = world.view(operationCall { id });
    let until = U256::from(due + 28 * DAY);
    assert_eq!((stored.due, stored.until), (U256::from(due), until));
    world.refuses(
        OWNER,
        of.clone(),
        AlreadyScheduled {
            id,
            due: U256::from(due),
        },
    );

    // A second before, to the second, and never twice.
    world.pool.chain.set_next_timestamp(due - 1).unwrap();
    let early = NotDue {
        due: U256::from(due),
        latest: U256::from(due - 1),
    };
    world.refuses(ALICE, execute(&of), early);
    let mut late = world.pool.clone();
    world.pool.chain.set_next_timestamp(due).unwrap();
    let receipt = world.pool.run(ALICE, world.timelock, NONE, execute(&of)).1;
    let done: OperationExecuted = event(&receipt, world.timelock);
    assert_eq!(done.id, id);
    assert_eq!(world.parameter(1), U256::from(2 * DAY));
    world.refuses(ALICE, execute(&of), AlreadyExecuted { id });
    world.refuses(GUARDIAN, cancelCall { id }, AlreadyExecuted { id });
    assert!(world.view(operationCall { id }).executed);

    // The last second of the four weeks, and the one after.
    let timelock = world.timelock;
    let lapse = due + 28 * DAY;
    let mut lapsed = late.clone();
    late.chain.set_next_timestamp(lapse - 1).unwrap();
    late.run(ALICE, timelock, NONE, execute(&of));
    lapsed.chain.set_next_timestamp(lapse).unwrap();
    let refusal = OperationLapsed {
        until,
        latest: until,
    };
    lapsed.refuses(ALICE, timelock, NONE, execute(&of), refusal);
}

#[test]
fn p26_only_proposers_schedule_and_only_cancellers_cancel() {
    let mut world = World::new();
    let of = schedule(vec![world.set_parameter(1, 2 * DAY)]);
    for caller in [MALLORY, GUARDIAN] {
        world.refuses(caller, of.clone(), OnlyProposer { caller });
    }
    let id = world.schedule(&of);
    for caller in [MALLORY, OWNER] {
        world.refuses(caller, cancelCall { id }, OnlyCanceller { caller });
    }
    let receipt = world
        .pool
        .run(GUARDIAN, world.timelock, NONE, cancelCall { id })
        .1;
    let told: OperationCancelled = event(&receipt, world.timelock);
    assert_eq!((told.id, told.by), (id, GUARDIAN));
    world.pass(3 * DAY);
    world.refuses(ALICE, execute(&of), NotScheduled { id });
    world.refuses(GUARDIAN, cancelCall { id }, NotScheduled { id });
    // It can be scheduled again, and waits again.
    world.schedule(&of);
    world.pass(2 * DAY);
    world.pool.run(ALICE, world.timelock, NONE, execute(&of));
}

#[test]
fn only_what_was_scheduled_is_executed_whole_and_in_order() {
    let mut world = World::new();
    let manager = world.pool.manager;
    world.refuses(OWNER, schedule(vec![]), NoCalls {});
    let calls = vec![
        world.set_parameter(1, 2 * DAY),
        world.set_parameter(1, 4 * DAY),
        call(manager, pauseCall {}),
    ];
    let of = schedule(calls.clone());
    let id = world.schedule(&of);
    world.pass(2 * DAY);
    // Other calls, another order, another salt: each is another operation.
    let mut others = vec![of.clone(), of.clone(), of.clone(), of.clone()];
    others[0].calls.swap(0, 1);
    others[1].calls.pop();
    others[2].salt = B256::with_last_byte(1);
    others[3].predecessor = B256::with_last_byte(1);
    for other in others {
        let named = operationIdCall {
            calls: other.calls.clone(),
            predecessor: other.predecessor,
            salt: other.salt,
        };
        let other_id = world.view(named);
        assert_ne!(other_id, id);
        world.refuses(ALICE, execute(&other), NotScheduled { id: other_id });
    }
    world.pool.run(ALICE, world.timelock, NONE, execute(&of));
    assert_eq!(world.parameter(1), U256::from(4 * DAY));

    // One call that is refused undoes those before it, and the operation stays.
    let of = schedule(vec![
        world.set_parameter(1, 3 * DAY),
        call(manager, unpauseCall {}),
        call(manager, unpauseCall {}),
    ]);
    let id = world.schedule(&of);
    world.pass(2 * DAY);
    let refusal = StakeManager::ExpectedPause {};
    world.refuses(ALICE, execute(&of), refusal);
    assert_eq!(world.parameter(1), U256::from(4 * DAY));
    assert!(!world.view(operationCall { id }).executed);
    let nobody = Address::repeat_byte(9);
    let of = schedule(vec![call(nobody, pauseCall {})]);
    world.schedule(&of);
    world.pass(2 * DAY);
    world.refuses(ALICE, execute(&of), NoCode { account: nobody });
}

#[test]
fn operations_are_told_so_that_anybody_rebuilds_them() {
    let mut world = World::new();
    let calls = vec![
        world.set_parameter(1, 2 * DAY),
        call(world.pool.manager, pauseCall {}),
    ];
    let mut of = schedule(calls.clone());
    of.salt = B256::with_last_byte(7);
    let (id, receipt) = world.pool.run(OWNER, world.timelock, NONE, of.clone());
    let told: OperationScheduled = event(&receipt, world.timelock);
    let due = U256::from(world.now() + 2 * DAY);
    assert_eq!(
        (told.id, told.predecessor, told.salt, told.due),
        (id, of.predecessor, of.salt, due)
    );
    let told: Vec<CallScheduled> = events(&receipt, world.timelock);
    let told: Vec<_> = told
        .into_iter()
        .map(|it| (it.id, it.index, it.target, it.data))
        .collect();
    let expected: Vec<_> = (0u64..)
        .zip(calls)
        .map(|(index, it)| (id, U256::from(index), it.target, it.data))
        .collect();
    assert_eq!(told, expected);
}

#[test]
fn an_operation_can_follow_another() {
    let mut world = World::new();
    let first = schedule(vec![world.set_parameter(1, 2 * DAY)]);
    let predecessor = world.schedule(&first);
    let mut second = schedule(vec![world.set_parameter(1, 3 * DAY)]);
    second.predecessor = predecessor;
    world.schedule(&second);
    world.pass(2 * DAY);
    let refusal = PredecessorNotExecuted { predecessor };
    world.refuses(ALICE, execute(&second), refusal);
    world.pool.run(ALICE, world.timelock, NONE, execute(&first));
    world
        .pool
        .run(ALICE, world.timelock, NONE, execute(&second));
    assert_eq!(world.parameter(1), U256::from(3 * DAY));
}

#[test]
fn calls_take_the_delay_of_what_they_could_do() {
    let world = World::new();
    let pool = &world.pool;
    let timelock = world.timelock;
    world.is_of_kind(&world.set_parameter(1, 2 * DAY), PARAMETER);
    // What the silent-committee path gives.
    for id in [8, 9, 10, 13] {
        world.is_of_kind(&world.set_parameter(id, 1), UPGRADE);
    }
    let of_registry = |id| {
        let value = NONE;
        call(
            pool.registry,
            OperatorRegistry::setParameterCall { id, value },
        )
    };
    world.is_of_kind(&of_registry(8), PARAMETER);
    world.is_of_kind(&of_registry(21), UPGRADE);
    let terms = setConversionTermsCall {
        fee: NONE,
        bucket: NONE,
    };
    world.is_of_kind(&call(pool.flash, terms), UPGRADE);
    let point = setStakeManagerCall { stakeManager: BOB };
    world.is_of_kind(&call(pool.token, point), UPGRADE);
    let upgrade = |target| {
        let upgrade = upgradeToAndCallCall {
            implementation: BOB,
            data: Bytes::new(),
        };
        call(target, upgrade)
    };
    world.is_of_kind(&upgrade(pool.manager), UPGRADE);
    let offer = transferOwnershipCall { newOwner: BOB };
    world.is_of_kind(&call(pool.manager, offer.clone()), UPGRADE);
    let members = setMembersCall {
        members: vec![],
        quorum: NONE,
    };
    world.is_of_kind(&call(pool.committee, members.clone()), UPGRADE);
    // Whatever could replace the Board.
    world.is_of_kind(&call(pool.board, members), LONGEST);
    for target in [pool.board, pool.whitelist] {
        world.is_of_kind(&upgrade(target), LONGEST);
        world.is_of_kind(&call(target, offer.clone()), LONGEST);
    }
    world.is_of_kind(&call(pool.whitelist, setBoardCall { board: BOB }), LONGEST);
    let officer = setComplianceOfficerCall {
        complianceOfficer: BOB,
    };
    world.is_of_kind(&call(pool.whitelist, officer), LONGEST);
    let lift = liftDenialCall {
        accounts: vec![],
        reason: B256::ZERO,
    };
    world.is_of_kind(&call(pool.whitelist, lift), PARAMETER);
    // The timelock itself, whatever its function is called elsewhere, and what is no function.
    world.is_of_kind(&upgrade(timelock), LONGEST);
    world.is_of_kind(&call(timelock, pauseCall {}), LONGEST);
    for data in [&[][..], &[1, 2, 3]] {
        let target = pool.manager;
        let data = Bytes::copy_from_slice(data);
        world.is_of_kind(&Call { target, data }, UPGRADE);
    }
}

#[test]
fn an_operation_takes_the_longest_delay_of_its_calls() {
    let mut world = World::new();
    let parameter = world.set_parameter(1, 2 * DAY);
    let slow = world.set_parameter(8, 50);
    let own = call(
        world.timelock,
        setKindCall {
            rule: B256::ZERO,
            kind: NONE,
        },
    );
    let cases = [
        (vec![parameter.clone()], 2),
        (vec![parameter.clone(), slow.clone()], 7),
        (vec![slow, own, parameter], 30),
    ];
    for (calls, days) in cases {
        let id = world.schedule(&schedule(calls));
        let due = U256::from(world.now() + days * DAY);
        assert_eq!(world.view(operationCall { id }).due, due);
    }
}

#[test]
fn it_changes_by_operations_only_which_run_inside() {
    let mut world = World::new();
    let timelock = world.timelock;
    let kind = U256::from(1);
    let rule = B256::new(rule([1, 2, 3, 4], ANY_CONTRACT, None));
    let changes = vec![
        setProposerCall {
            account: ALICE,
            may: true,
        }
        .abi_encode(),
        setCancellerCall {
            account: BOB,
            may: true,
        }
        .abi_encode(),
        setDelayCall {
            kind,
            delay: U256::from(DAY),
        }
        .abi_encode(),
        setKindCall { rule, kind }.abi_encode(),
    ];
    for caller in [OWNER, GUARDIAN, MALLORY] {
        for data in &changes {
            let receipt = world.pool.send(caller, timelock, NONE, data.clone());
            assert_eq!(receipt.output, OnlyByOperation { caller }.abi_encode());
        }
    }
    let calls = changes.into_iter().map(|data| Call {
        target: timelock,
        data: data.into(),
    });
    world.make(calls.collect(), 30 * DAY);
    assert!(world.view(isProposerCall { account: ALICE }));
    assert!(world.view(isCancellerCall { account: BOB }));
    assert_eq!(world.view(delayOfCall { kind }).delay, U256::from(DAY));
    assert_eq!(world.view(ruleOfCall { rule }), kind);
    // From now on.
    let id = world.schedule(&schedule(vec![world.set_parameter(1, 2 * DAY)]));
    let due = U256::from(world.now() + DAY);
    assert_eq!(world.view(operationCall { id }).due, due);

    // What it has no function for is refused there too, as are its other functions.
    for data in [
        pauseCall {}.abi_encode(),
        cancelCall { id }.abi_encode(),
        vec![1, 2],
    ] {
        let of = schedule(vec![Call {
            target: timelock,
            data: data.into(),
        }]);
        world.schedule(&of);
        world.pass(30 * DAY);
        let receipt = world
            .pool
            .send(MALLORY, timelock, NONE, execute(&of).abi_encode());
        assert!(!receipt.success());
    }
}

#[test]
fn p26_settings_keep_within_bounds_and_somebody_can_always_propose() {
    let mut world = World::new();
    let timelock = world.timelock;
    let days = |days: u64| U256::from(days * DAY);
    let bounds = [(1, 1, 30), (2, 3, 60), (3, 14, 90)];
    let mut refused: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for (kind, smallest, largest) in bounds {
        let kind = U256::from(kind);
        let told = world.view(delayOfCall { kind });
        assert_eq!(
            (told.smallest, told.largest),
            (days(smallest), days(largest))
        );
        for asked in [
            days(smallest) - U256::from(1),
            days(largest) + U256::from(1),
            U256::MAX,
        ] {
            let set = setDelayCall { kind, delay: asked };
            let refusal = DelayOutOfBounds {
                asked,
                smallest: days(smallest),
                largest: days(largest),
            };
            refused.push((set.abi_encode(), refusal.abi_encode()));
        }
    }
    for kind in [NONE, U256::from(4), U256::MAX] {
        let refusal = UnknownKind {
            kind,
            largest: U256::from(3),
        };
        let set = setDelayCall {
            kind,
            delay: days(7),
        };
        refused.push((set.abi_encode(), refusal.abi_encode()));
        if !kind.is_zero() {
            let set = setKindCall {
                rule: B256::ZERO,
                kind,
            };
            refused.push((set.abi_encode(), refusal.abi_encode()));
        }
    }
    let last = setProposerCall {
        account: OWNER,
        may: false,
    };
    let refusal = LastProposer { account: OWNER };
    refused.push((last.abi_encode(), refusal.abi_encode()));
    let nobody = setProposerCall {
        account: Address::ZERO,
        may: true,
    };
    refused.push((nobody.abi_encode(), ZeroAddress {}.abi_encode()));
    let nobody = setCancellerCall {
        account: Address::ZERO,
        may: true,
    };
    refused.push((nobody.abi_encode(), ZeroAddress {}.abi_encode()));
    let operations: Vec<_> = refused
        .into_iter()
        .map(|(data, refusal)| {
            let of = schedule(vec![Call {
                target: timelock,
                data: data.into(),
            }]);
            (of, refusal)
        })
        .collect();
    for (of, _) in &operations {
        world.schedule(of);
    }
    world.pass(30 * DAY);
    for (of, refusal) in operations {
        let receipt = world
            .pool
            .send(MALLORY, timelock, NONE, execute(&of).abi_encode());
        assert_eq!(receipt.output, refusal);
    }
    // Another takes over.
    let hand_over = vec![
        call(
            timelock,
            setProposerCall {
                account: ALICE,
                may: true,
            },
        ),
        call(
            timelock,
            setProposerCall {
                account: ALICE,
                may: true,
            },
        ),
        call(
            timelock,
            setProposerCall {
                account: OWNER,
                may: false,
            },
        ),
    ];
    world.make(hand_over, 30 * DAY);
    let of = schedule(vec![world.set_parameter(1, 2 * DAY)]);
    world.refuses(OWNER, of.clone(), OnlyProposer { caller: OWNER });
    world.pool.run(ALICE, timelock, NONE, of);
}

#[test]
fn the_most_exact_rule_decides() {
    let mut world = World::new();
    let (timelock, manager) = (world.timelock, world.pool.manager);
    let of = world.set_parameter(3, 200);
    world.is_of_kind(&of, PARAMETER);
    let target = manager.into_array();
    let rules = [
        (ANY_FUNCTION, target, None, LONGEST),
        (setParameterCall::SELECTOR, target, None, PARAMETER),
        (setParameterCall::SELECTOR, target, Some(3), UPGRADE),
        (setParameterCall::SELECTOR, target, Some(3), 0),
        (setParameterCall::SELECTOR, target, None, 0),
    ];
    let expected = [LONGEST, PARAMETER, UPGRADE, PARAMETER, LONGEST];
    for ((function, target, argument, kind), expected) in rules.into_iter().zip(expected) {
        let set = setKindCall {
            rule: rule(function, target, argument).into(),
            kind: U256::from(kind),
        };
        world.make(vec![call(timelock, set)], 30 * DAY);
        world.is_of_kind(&of, expected);
    }
}

#[test]
fn p28_it_upgrades_itself_by_an_operation_only() {
    let mut world = World::new();
    let timelock = world.timelock;
    let implementation = |world: &World| world.pool.program_of(timelock);
    let old = implementation(&world);
    let new = world.pool.deploy_variant("timelock");
    let upgrade = |implementation| upgradeToAndCallCall {
        implementation,
        data: Bytes::new(),
    };
    for caller in [OWNER, MALLORY] {
        world.refuses(caller, upgrade(new), OnlyByOperation { caller });
        // A direct call of the implementation changes nothing either.
        let receipt = world
            .pool
            .send(caller, old, NONE, upgrade(new).abi_encode());
        assert_eq!(receipt.output, OnlyByOperation { caller }.abi_encode());
    }
    // No UUPS target: the token, a proxy, an account.
    for target in [world.pool.token, world.pool.manager, ALICE] {
        let of = schedule(vec![call(timelock, upgrade(target))]);
        world.schedule(&of);
        world.pass(30 * DAY);
        let receipt = world
            .pool
            .send(MALLORY, timelock, NONE, execute(&of).abi_encode());
        let refusal = ERC1967InvalidImplementation {
            implementation: target,
        };
        assert_eq!(receipt.output, refusal.abi_encode(), "{target}");
    }
    let waiting = schedule(vec![world.set_parameter(1, 2 * DAY)]);
    world.make(vec![call(timelock, upgrade(new))], 30 * DAY);
    assert_eq!(implementation(&world), new);
    world.schedule(&waiting);
    world.pass(2 * DAY);
    world.pool.run(ALICE, timelock, NONE, execute(&waiting));
    assert_eq!(world.parameter(1), U256::from(2 * DAY));
}

#[test]
fn p27_it_is_set_up_once() {
    let mut world = World::new();
    let timelock = world.timelock;
    let again = initializeCall {
        proposers: vec![MALLORY],
        cancellers: vec![],
        rules: vec![],
        kinds: vec![],
    };
    world.refuses(MALLORY, again.clone(), AlreadyInitialized {});
    let implementation = world.pool.program_of(timelock);
    let refusal = OnlyThroughProxy {};
    world
        .pool
        .refuses(MALLORY, implementation, NONE, again.clone(), refusal);

    // Emptied, it could be set up again; what makes no sense is refused.
    world.pool.chain.set_storage(timelock, NONE, B256::ZERO);
    let nobody = initializeCall {
        proposers: vec![],
        ..again.clone()
    };
    world.refuses(MALLORY, nobody, ZeroAddress {});
    let lengths = initializeCall {
        rules: vec![B256::ZERO],
        ..again.clone()
    };
    let refusal = LengthMismatch {
        rules: U256::from(1),
        kinds: NONE,
    };
    world.refuses(MALLORY, lengths, refusal);
    world.pool.run(MALLORY, timelock, NONE, again);
}

#[test]
fn what_it_owns_obeys_nobody_else() {
    let mut world = World::new();
    let (timelock, manager) = (world.timelock, world.pool.manager);
    let set = setParameterCall {
        id: 1,
        value: U256::from(2 * DAY),
    };
    for caller in [OWNER, GUARDIAN] {
        let refusal = StakeManager::OnlyOwner {
            caller,
            owner: timelock,
        };
        world
            .pool
            .refuses(caller, manager, NONE, set.clone(), refusal);
    }
    // It takes no ETH, neither plain nor with a call.
    let receipt = world.pool.send(ALICE, timelock, U256::from(1), Vec::new());
    assert!(!receipt.success());
    let of = schedule(vec![world.set_parameter(1, 2 * DAY)]);
    let receipt = world
        .pool
        .send(OWNER, timelock, U256::from(1), of.abi_encode());
    assert!(!receipt.success());
    // What an operation calls cannot call it back.
    let nested = call(timelock, of.clone());
    world.schedule(&schedule(vec![nested.clone()]));
    world.pass(30 * DAY);
    let execute = execute(&schedule(vec![nested]));
    let receipt = world
        .pool
        .send(MALLORY, timelock, NONE, execute.abi_encode());
    assert!(!receipt.success());
    let approve = approveCall {
        spender: BOB,
        value: U256::from(5),
    };
    let token = world.pool.token;
    world.make(vec![call(token, approve)], 7 * DAY);
    let allowance = CsEthToken::allowanceCall {
        owner: timelock,
        spender: BOB,
    };
    assert_eq!(world.pool.view(token, allowance), U256::from(5));
}
