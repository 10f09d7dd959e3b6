//! What the owner sets, who vouches, and how the registry is set up.

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use clay_shared::{
    interfaces::{
        ICommon::{AlreadyInitialized, UnknownFunction, ZeroAddress},
        IFaceted::InvalidFacet,
        IOperatorAllocation::formClusterCall,
        IOperatorRegistry::*,
        IOwnable::{ownerCall, OnlyOwner},
        ITwoFaceted::facetsCall,
        IUpgradeable::OnlyThroughProxy,
    },
    operators::{
        parameters::{NAMES, TABLE},
        state::{self, SLOTS_USED, SLOT_DAY},
    },
};
use motsu::prelude::*;
use operator_registry::OperatorRegistry;
use unit_tests::{refuses, run, Deployed};

use crate::pool::*;

#[motsu::test]
fn the_registry_is_set_up_once_behind_its_proxy() {
    let pool = Pool::bare();
    let good = pool.initialization();
    refuses(&pool.registry, OWNER, good.clone(), OnlyThroughProxy {});
    pool.registry.sender(OWNER).behind_proxy();
    let zero = Address::ZERO;
    let mut without: Vec<initializeCall> = vec![good.clone(); 8];
    without[0].owner = zero;
    without[1].stakeManager = zero;
    without[2].token = zero;
    without[3].oracleCommittee = zero;
    without[4].gateway = zero;
    without[5].rewardsDistributor = zero;
    without[6].allocation = zero;
    without[7].exits = zero;
    for call in without {
        refuses(&pool.registry, OWNER, call, ZeroAddress {});
    }
    // A facet refuses a direct call; the token does not.
    let facet = pool.token.address();
    let mut other = good.clone();
    other.exits = facet;
    refuses(&pool.registry, OWNER, other, InvalidFacet { facet });
    let mut unbalanced = good.clone();
    unbalanced.targets[8] = 1;
    let not_whole = TargetsNotWhole {
        sum: U256::from(10_001),
        whole: U256::from(10_000),
    };
    refuses(&pool.registry, OWNER, unbalanced, not_whole);

    run(&pool.registry, OWNER, good.clone());
    refuses(&pool.registry, OWNER, good, AlreadyInitialized {});
    let facets = pool.run(MALLORY, facetsCall {});
    let programs = (pool.allocation.address(), pool.exits.address());
    assert_eq!((facets.first, facets.second), programs);
    assert_eq!(pool.run(MALLORY, ownerCall {})._0, OWNER);
    let manager = pool.manager.address();
    assert_eq!(pool.run(MALLORY, stakeManagerCall {})._0, manager);
    assert_eq!(pool.run(MALLORY, tokenCall {})._0, pool.token.address());
    assert_eq!(pool.run(MALLORY, oracleCommitteeCall {})._0, COMMITTEE);
    assert_eq!(pool.run(MALLORY, gatewayCall {})._0, GATEWAY);
    assert_eq!(pool.run(MALLORY, rewardsDistributorCall {})._0, DISTRIBUTOR);
    assert_eq!(pool.run(MALLORY, whitelistCall {})._0, zero);
    let targets = pool.run(MALLORY, targetsCall {}).basisPoints;
    assert_eq!(targets, TARGETS.map(U256::from));
}

#[motsu::test]
fn an_implementation_alone_has_no_facets() {
    let implementation: Contract<Deployed<OperatorRegistry>> = Contract::random();
    let unknown = UnknownFunction {
        selector: formClusterCall::SELECTOR.into(),
    };
    refuses(&implementation, OWNER, formClusterCall {}, unknown);
}

#[motsu::test]
fn targets_add_up() {
    let pool = Pool::new();
    // What shares the word stays.
    let slots = || {
        pool.inside(|| {
            let word = state::TARGETS.get();
            (SLOT_DAY.get(word), SLOTS_USED.get(word))
        })
    };
    pool.inside(|| {
        let word = SLOT_DAY.set(state::TARGETS.get(), 20_000);
        state::TARGETS.set(SLOTS_USED.set(word, 9));
    });
    let targets = [
        1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 2_000,
    ];
    pool.run(OWNER, setTargetsCall { targets });
    pool.emitted(TargetsChanged { targets });
    assert_eq!(
        pool.run(MALLORY, targetsCall {}).basisPoints,
        targets.map(U256::from)
    );
    assert_eq!(slots(), (20_000, 9));

    for (first, sum) in [(999, 9_999), (1_001, 10_001), (u16::MAX, 74_535)] {
        let mut targets = targets;
        targets[0] = first;
        let not_whole = TargetsNotWhole {
            sum: U256::from(sum),
            whole: U256::from(10_000),
        };
        pool.refuses(OWNER, setTargetsCall { targets }, not_whole);
    }
    assert_eq!(
        pool.run(MALLORY, targetsCall {}).basisPoints,
        targets.map(U256::from)
    );
}

#[motsu::test]
fn every_parameter_starts_at_its_default_and_stays_within_its_bounds() {
    let pool = Pool::new();
    let count = pool.run(MALLORY, parameterCountCall {})._0;
    assert_eq!(count, U256::from(TABLE.len()));
    for (id, (parameter, name)) in (0u8..).zip(TABLE.iter().zip(NAMES)) {
        let read = || pool.run(MALLORY, parameterCall { id });
        let (smallest, largest) = parameter.bounds();
        let default = u128::from(parameter.default) * parameter.unit.scale();
        let all = read();
        assert_eq!(all.value, U256::from(default), "{name}");
        assert_eq!(all.smallest, U256::from(smallest), "{name}");
        assert_eq!(all.largest, U256::from(largest), "{name}");

        let set = |value: u128| setParameterCall {
            id,
            value: U256::from(value),
        };
        let outside = |asked: u128| ParameterOutOfBounds {
            id,
            asked: U256::from(asked),
            smallest: U256::from(smallest),
            largest: U256::from(largest),
        };
        pool.refuses(OWNER, set(largest + 1), outside(largest + 1));
        if smallest > 0 {
            pool.refuses(OWNER, set(smallest - 1), outside(smallest - 1));
        }
        pool.run(OWNER, set(largest));
        pool.emitted(ParameterChanged {
            id,
            previous: U256::from(default),
            current: U256::from(largest),
        });
        assert_eq!(read().value, U256::from(largest), "{name}");
        pool.run(OWNER, set(smallest));
        assert_eq!(read().value, U256::from(smallest), "{name}");
        pool.run(OWNER, set(default));
    }
    // Setting each moved none of the others.
    for (id, parameter) in (0u8..).zip(&TABLE) {
        let default = u128::from(parameter.default) * parameter.unit.scale();
        let value = pool.run(MALLORY, parameterCall { id }).value;
        assert_eq!(value, U256::from(default));
    }
    let asked = TABLE.len() as u8;
    let unknown = || UnknownParameter { asked, count };
    let value = U256::from(1);
    pool.refuses(OWNER, setParameterCall { id: asked, value }, unknown());
    pool.refuses(MALLORY, parameterCall { id: asked }, unknown());
}

#[motsu::test]
fn relays_are_allowed_one_by_one() {
    let pool = Pool::new();
    let (relay, other) = (B256::repeat_byte(0x11), B256::repeat_byte(0x12));
    let is_allowed = |relay| pool.run(MALLORY, relayAllowedCall { relay })._0;
    assert!(!is_allowed(relay));
    for allowed in [true, false] {
        pool.run(OWNER, setRelayCall { relay, allowed });
        pool.emitted(RelayChanged { relay, allowed });
        assert_eq!((is_allowed(relay), is_allowed(other)), (allowed, false));
    }
}

#[motsu::test]
fn another_distributor_brings_the_leaves_that_come() {
    let pool = Pool::new();
    let operator = pool.operator(0);
    let change = |distributor| setRewardsDistributorCall {
        rewardsDistributor: distributor,
    };
    pool.refuses(OWNER, change(Address::ZERO), ZeroAddress {});
    pool.root(1, NOW);
    pool.run(OWNER, change(BOB));
    pool.emitted(RewardsDistributorChanged {
        previous: DISTRIBUTOR,
        current: BOB,
    });
    assert_eq!(pool.run(MALLORY, rewardsDistributorCall {})._0, BOB);
    let only = OnlyRewardsDistributor {
        caller: DISTRIBUTOR,
        rewardsDistributor: BOB,
    };
    pool.refuses(DISTRIBUTOR, LEAF.of(operator), only);
    pool.run(BOB, LEAF.of(operator));
}

#[motsu::test]
fn only_the_owner_governs() {
    let pool = Pool::new();
    for caller in [ALICE, DISTRIBUTOR, COMMITTEE, BOARD] {
        let only = || OnlyOwner {
            caller,
            owner: OWNER,
        };
        let targets = TARGETS;
        pool.refuses(caller, setTargetsCall { targets }, only());
        let (id, value) = (0, U256::from(ETH));
        pool.refuses(caller, setParameterCall { id, value }, only());
        let call = setRewardsDistributorCall {
            rewardsDistributor: caller,
        };
        pool.refuses(caller, call, only());
        let (relay, allowed) = (B256::ZERO, true);
        pool.refuses(caller, setRelayCall { relay, allowed }, only());
    }
}

#[motsu::test]
fn the_owner_vouches_and_takes_it_back() {
    let pool = Pool::new();
    let operator = pool.operator(10 * ETH);
    let vouch = |vouched| vouchCall {
        operator: id(operator),
        vouched,
    };
    for caller in [ALICE, MALLORY, DISTRIBUTOR, BOARD] {
        let only = OnlyVoucher {
            caller,
            owner: OWNER,
            board: Address::ZERO,
        };
        pool.refuses(caller, vouch(true), only);
    }
    // Twice counts once.
    for _ in 0..2 {
        pool.run(OWNER, vouch(true));
        let standing = pool.standing(operator);
        assert!(standing.vouched && standing.proven);
        assert_eq!(pool.proven(), 1);
    }
    pool.emitted(Vouched {
        operator: id(operator),
        vouched: true,
        by: OWNER,
    });
    pool.run(OWNER, vouch(false));
    let standing = pool.standing(operator);
    assert!(!standing.vouched && !standing.proven);
    assert_eq!(pool.proven(), 0);

    // Clean epochs prove it without anybody's word.
    pool.root(1, NOW);
    pool.leaf(operator, Leaf { epochs: 12, ..LEAF });
    pool.run(OWNER, vouch(true));
    pool.run(OWNER, vouch(false));
    assert!(pool.standing(operator).proven);
    assert_eq!(pool.proven(), 1);
}
