//! Exits: who leaves, when, at what cost, and what becomes of validators.
//!
//! The facet runs alone, as if behind the registry's proxy, on a storage that the shared functions have written; see `pool`.

mod choice;
mod outcomes;
mod overdue;
mod parts;
mod pool;
mod random;
mod voluntary;

use alloy_primitives::{Address, FixedBytes, U256};
use alloy_sol_types::SolInterface;
use clay_shared::{
    interfaces::{
        ICommon::UnknownFunction,
        IOperatorAllocation::{IOperatorAllocationCalls, UnknownCluster, UnknownNode},
        IOperatorExits::*,
        IOperatorRegistry::{IOperatorRegistryCalls, OnlyManager, UnknownOperator},
        IUpgradeable::OnlyThroughProxy,
    },
    operators::{state::is_exits, NodeType},
};
use motsu::prelude::*;
use operator_exits::OperatorExits;
use unit_tests::{refuses, Deployed};

use pool::{confirmed, Pool, ANYBODY, COMMITTEE_KEY, ETH, MADE};

#[motsu::test]
fn the_facet_answers_only_through_the_proxy(facet: Contract<Deployed<OperatorExits>>) {
    refuses(&facet, ANYBODY, comingCall {}, OnlyThroughProxy {});
    let selector = FixedBytes([1, 2, 3, 4]);
    facet.sender(ANYBODY).behind_proxy();
    let answer = facet.sender(ANYBODY).call_raw(&selector[..]);
    let refusal = alloy_sol_types::SolError::abi_encode(&UnknownFunction { selector });
    assert_eq!(answer, Err(refusal));
}

#[motsu::test]
fn every_function_of_the_facet_is_routed_to_it_and_no_other(
    facet: Contract<Deployed<OperatorExits>>,
) {
    facet.sender(ANYBODY).behind_proxy();
    for selector in IOperatorExitsCalls::selectors() {
        assert!(is_exits(selector), "{selector:02x?}");
        // Known, whatever it says to calldata without arguments.
        let answer = facet.sender(ANYBODY).call_raw(&selector);
        let unknown = UnknownFunction {
            selector: selector.into(),
        };
        let unknown = alloy_sol_types::SolError::abi_encode(&unknown);
        assert_ne!(answer, Err(unknown), "{selector:02x?}");
    }
    let others = IOperatorRegistryCalls::selectors().chain(IOperatorAllocationCalls::selectors());
    for selector in others {
        assert!(!is_exits(selector), "{selector:02x?}");
    }
}

#[motsu::test]
fn numbers_that_there_are_not_are_refused() {
    let pool = Pool::new([10_000, 0, 0, 0, 0, 0, 0, 0, 0]);
    let operator = pool.operator(MADE, 5 * ETH);
    pool.funded(NodeType::Direct, &[operator]);
    let largest = U256::from(1);
    for asked in [U256::ZERO, U256::from(2), U256::MAX] {
        let request = requestExitCall {
            node: asked,
            fastTrack: false,
        };
        pool.refuses(ANYBODY, request, UnknownNode { asked, largest });
        let post = postExitPartCall {
            node: asked,
            part: Default::default(),
        };
        pool.refuses(ANYBODY, post, UnknownNode { asked, largest });
        let view = exitPartCall { node: asked };
        pool.refuses(ANYBODY, view, UnknownNode { asked, largest });
        let unknown = UnknownCluster { asked, largest };
        let force = forceExitCall { cluster: asked };
        pool.refuses(ANYBODY, force, unknown.clone());
        let declare = declareFalseCall {
            cluster: asked,
            places: 1,
        };
        pool.refuses(COMMITTEE_KEY, declare, unknown.clone());
        let call = confirmCall {
            clusters: vec![asked],
            outcomes: vec![1],
            losses: vec![U256::ZERO],
        };
        pool.refuses(COMMITTEE_KEY, call, unknown);
    }
    for asked in [0u64, 15, 17].map(U256::from) {
        let unknown = UnknownOperator {
            asked,
            smallest: U256::from(16),
            largest: U256::from(16),
        };
        pool.refuses(ANYBODY, exitShortCall { operator: asked }, unknown);
    }
}

#[motsu::test]
fn everybody_is_refused_what_is_for_others() {
    let pool = Pool::new([10_000, 0, 0, 0, 0, 0, 0, 0, 0]);
    let operator = pool.operator(MADE, 5 * ETH);
    let other = pool.operator(MADE, 5 * ETH);
    let cluster = pool.funded(NodeType::Direct, &[operator]);
    let manager = pool.manager.address();
    let call = requestExitsCall {
        assets: U256::from(1),
    };
    let refusal = clay_shared::interfaces::IManaged::OnlyStakeManager {
        caller: COMMITTEE_KEY,
        stakeManager: manager,
    };
    pool.refuses(COMMITTEE_KEY, call, refusal);

    let only_manager = |caller: Address| OnlyManager {
        caller,
        manager: pool::key(operator),
    };
    for caller in [ANYBODY, pool::key(other), manager] {
        let request = requestExitCall {
            node: U256::from(1),
            fastTrack: false,
        };
        pool.refuses(caller, request, only_manager(caller));
        let post = postExitPartCall {
            node: U256::from(1),
            part: vec![0; 96].into(),
        };
        pool.refuses(caller, post, only_manager(caller));
        let only_committee = OnlyOracleCommittee {
            caller,
            oracleCommittee: COMMITTEE_KEY,
        };
        pool.refuses(caller, confirmed(cluster, 1, 0), only_committee.clone());
        let declare = declareFalseCall {
            cluster: U256::from(cluster.0),
            places: 1,
        };
        pool.refuses(caller, declare, only_committee);
    }
}
