//! What became of validators: every outcome, and the states that each is refused in.

use alloy_primitives::U256;
use clay_shared::{
    interfaces::{
        ICommon::AmountTooLarge,
        IOperatorAllocation::{NodesAdded, NotInState},
        IOperatorExits::*,
        IOperatorRegistry::ConductChanged,
    },
    operators::{
        state::{
            line,
            of_cluster::{ACTIVE_SINCE, DEADLINE, REASON},
            of_operator::{HEAD, LANES, LOAD, STANDS},
            state::{ACTIVE, DONE, EXITING, FUNDED, KEYED, QUEUED, RESERVED},
            Cluster, List, Node, Operator, ASKED, COMMITTEE, EXITED, NODES, STAKE_MANAGER,
        },
        NodeType,
    },
};

use crate::pool::{confirmed, Pool, COMMITTEE_KEY, DAY, ETH, MADE, NOW};

const SSV: [u16; 9] = [10_000, 0, 0, 0, 0, 0, 0, 0, 0];
const CENT: u128 = ETH / 100;

fn five(pool: &Pool) -> Vec<Operator> {
    pool.operators(5, MADE, 5 * ETH)
}

/// Validators asked to exit and exited.
fn asked_and_exited(pool: &Pool) -> (u128, u128) {
    pool.inside(|| {
        let word = COMMITTEE.get();
        (ASKED.get(word), EXITED.get(word))
    })
}

/// Brings a new cluster to a state that a cluster can be in.
fn cluster_in(pool: &Pool, operators: &[Operator], state: u8) -> Cluster {
    let cluster = pool.cluster_in(NodeType::Ssv, operators, state.min(FUNDED));
    if state == ACTIVE {
        pool.confirm(cluster, 1, 0);
    }
    if state == EXITING || state == DONE {
        // Of one that worked nothing but that it has left or was slashed is told then.
        pool.confirm(cluster, 1, 0);
        pool.confirm(cluster, 3, 0);
    }
    if state == DONE {
        pool.confirm(cluster, 2, 0);
    }
    assert_eq!(pool.states(cluster), (state, vec![state; 5]));
    cluster
}

#[motsu::test]
fn every_outcome_is_refused_in_every_state_but_its_own() {
    let pool = Pool::new(SSV);
    let operators = five(&pool);
    let states = [RESERVED, KEYED, FUNDED, ACTIVE, EXITING, DONE];
    let allowed: [(u8, &[u8], u8, u8); 5] = [
        (1, &[FUNDED], FUNDED, ACTIVE),
        (2, &[EXITING], EXITING, DONE),
        (3, &[FUNDED, ACTIVE], ACTIVE, EXITING),
        (4, &[FUNDED, ACTIVE, EXITING], ACTIVE, EXITING),
        (5, &[FUNDED], FUNDED, DONE),
    ];
    for (outcome, from, needed, to) in allowed {
        for state in states {
            let cluster = cluster_in(&pool, &operators, state);
            match from.contains(&state) {
                true => {
                    pool.confirm(cluster, outcome, 0);
                    assert_eq!(pool.states(cluster), (to, vec![to; 5]));
                }
                false => {
                    let refusal = NotInState { state, needed };
                    pool.refuses(COMMITTEE_KEY, confirmed(cluster, outcome, 0), refusal);
                }
            }
        }
    }
}

#[motsu::test]
fn what_makes_no_sense_is_refused_whole() {
    let pool = Pool::new(SSV);
    let operators = five(&pool);
    let [good, other] = [0, 1].map(|_| pool.funded(NodeType::Ssv, &operators));
    for asked in [0, 6, 255] {
        let refusal = UnknownOutcome { asked, largest: 5 };
        pool.refuses(COMMITTEE_KEY, confirmed(good, asked, 0), refusal);
    }
    let [clusters, losses] = [[good.0, other.0], [0, 0]].map(|of| of.map(U256::from).to_vec());
    let both = confirmCall {
        clusters,
        outcomes: vec![1, 1],
        losses,
    };
    let lengths = |clusters: u64, outcomes: u64, losses: u64| LengthsDiffer {
        clusters: U256::from(clusters),
        outcomes: U256::from(outcomes),
        losses: U256::from(losses),
    };
    let mut call = both.clone();
    call.outcomes.pop();
    pool.refuses(COMMITTEE_KEY, call, lengths(2, 1, 2));
    let mut call = both.clone();
    call.losses.push(U256::ZERO);
    pool.refuses(COMMITTEE_KEY, call, lengths(2, 2, 3));
    let mut call = both.clone();
    call.clusters.pop();
    pool.refuses(COMMITTEE_KEY, call, lengths(1, 2, 2));
    // One that is wrong takes the others with it.
    let mut call = both.clone();
    call.outcomes[1] = 2;
    let refusal = NotInState {
        state: FUNDED,
        needed: EXITING,
    };
    pool.refuses(COMMITTEE_KEY, call, refusal);
    assert_eq!(pool.states(good).0, FUNDED);
    let asked = U256::from(1u128 << 96);
    let mut call = both.clone();
    call.losses[1] = asked;
    let allowed = asked - U256::from(1);
    pool.refuses(COMMITTEE_KEY, call, AmountTooLarge { asked, allowed });
    pool.run(COMMITTEE_KEY, both);
    assert_eq!(
        (pool.states(good).0, pool.states(other).0),
        (ACTIVE, ACTIVE)
    );
}

#[motsu::test]
fn an_active_validator_keeps_its_place_and_its_clock_starts() {
    let pool = Pool::new(SSV);
    let operators = five(&pool);
    let cluster = pool.funded(NodeType::Ssv, &operators);
    let before = pool.totals();
    pool.confirm(cluster, 1, 0);
    assert_eq!(pool.totals(), before);
    assert_eq!(before.0[0], 5);
    let since = pool.inside(|| cluster.slot(ACTIVE_SINCE).get());
    assert_eq!(since, U256::from(NOW));
    assert_eq!(pool.inside(|| cluster.members()[4].since()), NOW);
    let event = ValidatorConfirmed {
        cluster: U256::from(cluster.0),
        outcome: 1,
        loss: U256::ZERO,
    };
    assert_eq!(pool.events::<ValidatorConfirmed>(), [event]);
    assert_eq!(asked_and_exited(&pool), (0, 0));
}

#[motsu::test]
fn who_asks_for_an_exit_does_not_keep_from_being_told_what_became_of_the_key() {
    let pool = Pool::new(SSV);
    let operators = five(&pool);
    // Asked to leave before it worked: parts are due three days after there is something to sign.
    let cluster = pool.funded(NodeType::Ssv, &operators);
    pool.request_exits(U256::from(1));
    pool.post(cluster, operators[0]);
    pool.set_cluster(cluster, DEADLINE, u128::from(NOW - DAY));
    pool.confirm(cluster, 1, 0);
    assert_eq!(pool.states(cluster), (EXITING, vec![EXITING; 5]));
    assert_eq!(
        pool.of_cluster(cluster, DEADLINE),
        u128::from(NOW + 3 * DAY)
    );
    let twice = NotInState {
        state: EXITING,
        needed: FUNDED,
    };
    for outcome in [1, 5] {
        pool.refuses(COMMITTEE_KEY, confirmed(cluster, outcome, 0), twice.clone());
    }
    pool.confirm(cluster, 2, 0);
    let conducts = operators.iter().map(|of| pool.conduct(*of));
    assert!(conducts.eq([5_250, 5_000, 5_000, 5_000, 5_000]));
    assert!(pool.penalties(cluster).is_empty());

    let bad = pool.funded(NodeType::Ssv, &operators);
    pool.request_exits(U256::from(1));
    pool.confirm(bad, 5, ETH);
    assert_eq!(pool.states(bad), (DONE, vec![DONE; 5]));
    let expected = [16, 17, 18, 19, 20].map(|of| (of, ETH / 5));
    assert_eq!(pool.penalties(bad), expected);
    assert_eq!((pool.coming(), asked_and_exited(&pool)), (0, (2, 2)));
}

#[motsu::test]
fn nobody_is_judged_by_a_part_of_a_validator_that_never_worked() {
    let pool = Pool::new(SSV);
    let operators = five(&pool);
    let cluster = pool.funded(NodeType::Ssv, &operators);
    pool.request_exits(U256::from(1));
    pool.post(cluster, operators[0]);
    pool.set_cluster(cluster, DEADLINE, u128::from(NOW - DAY));
    pool.confirm(cluster, 2, 0);
    let conducts = operators.iter().map(|of| pool.conduct(*of));
    assert!(conducts.eq([5_000; 5]));
    assert!(pool.penalties(cluster).is_empty());
}

#[motsu::test]
fn who_asks_for_an_exit_is_made_to_exit_all_the_same() {
    let pool = Pool::new(SSV);
    let operators = five(&pool);
    let cluster = pool.active(NodeType::Ssv, &operators, NOW - 200 * DAY);
    pool.request_exit(cluster, operators[0], false);
    pool.confirm(cluster, 3, 0);
    let expected = [16, 17, 18, 19, 20].map(|of| (of, CENT));
    assert_eq!(pool.penalties(cluster), expected);
    let twice = NotInState {
        state: EXITING,
        needed: ACTIVE,
    };
    pool.refuses(COMMITTEE_KEY, confirmed(cluster, 3, 0), twice);
    assert_eq!(pool.coming(), 32 * ETH, "it is counted once");
}

#[motsu::test]
fn an_ejection_is_a_late_exit_with_its_loss() {
    let pool = Pool::new(SSV);
    let operators = five(&pool);
    let cluster = pool.active(NodeType::Ssv, &operators, NOW);
    // Of 7 wei each bears 2, rounded up.
    pool.confirm(cluster, 3, 7);
    assert_eq!(pool.states(cluster), (EXITING, vec![EXITING; 5]));
    assert_eq!(pool.totals(), ([0; 9], [0; 8], [false; 9]));
    assert_eq!(pool.coming(), 32 * ETH);
    let expected = [16, 17, 18, 19, 20].map(|of| (of, CENT + 2));
    assert_eq!(pool.penalties(cluster), expected);
    let conducts = operators.iter().map(|of| pool.conduct(*of));
    assert!(conducts.eq([2_500; 5]));
    assert!(pool.asked().is_empty(), "nobody is asked for a part");
    // That it has left changes nothing for anybody.
    pool.confirm(cluster, 2, 0);
    assert_eq!(pool.states(cluster), (DONE, vec![DONE; 5]));
    assert_eq!(pool.penalties(cluster).len(), 5);
    assert_eq!(pool.events::<ConductChanged>().len(), 5);
    assert_eq!((pool.coming(), asked_and_exited(&pool)), (0, (1, 1)));
}

#[motsu::test]
fn a_slashing_is_charged_also_to_who_was_leaving() {
    let pool = Pool::new(SSV);
    let operators = five(&pool);
    let clusters = [0, 1].map(|_| pool.active(NodeType::Ssv, &operators, NOW - 200 * DAY));
    pool.request_exit(clusters[1], operators[0], false);
    for cluster in clusters {
        pool.confirm(cluster, 4, 5 * ETH);
        let expected = [16, 17, 18, 19, 20].map(|of| (of, ETH));
        assert_eq!(pool.penalties(cluster), expected);
        assert_eq!(pool.of_cluster(cluster, REASON), 3);
    }
    assert_eq!(pool.conduct(operators[0]), 0);
    assert_eq!(pool.coming(), 64 * ETH, "each is counted once");
    let nodes = pool.inside(|| NODES.get(STAKE_MANAGER.get()));
    for cluster in clusters {
        pool.confirm(cluster, 2, 0);
    }
    assert_eq!(asked_and_exited(&pool), (2, 2));
    // Nobody has a node for it.
    assert_eq!(pool.inside(|| NODES.get(STAKE_MANAGER.get())), nodes);
}

#[motsu::test]
fn a_bad_key_ends_its_cluster_and_costs_what_was_lost() {
    let pool = Pool::new(SSV);
    let operators = five(&pool);
    let cluster = pool.funded(NodeType::Ssv, &operators);
    pool.confirm(cluster, 5, ETH);
    assert_eq!(pool.states(cluster), (DONE, vec![DONE; 5]));
    assert_eq!(pool.totals(), ([0; 9], [0; 8], [false; 9]));
    let expected = [16, 17, 18, 19, 20].map(|of| (of, ETH / 5));
    assert_eq!(pool.penalties(cluster), expected);
    assert!(pool.events::<ConductChanged>().is_empty());
    assert_eq!((pool.coming(), asked_and_exited(&pool)), (0, (1, 1)));
}

#[motsu::test]
fn when_a_member_leaves_the_others_are_queued_again() {
    let pool = Pool::new(SSV);
    let operators = five(&pool);
    let cluster = pool.active(NodeType::Ssv, &operators, NOW - 200 * DAY);
    let listed = operators[1];
    pool.inside(|| listed.list());
    pool.request_exit(cluster, operators[2], false);
    assert_eq!(
        pool.inside(|| NODES.get(STAKE_MANAGER.get())),
        5,
        "not before it is out"
    );
    pool.confirm(cluster, 2, 0);
    let added = pool.events::<NodesAdded>();
    let by: Vec<(u32, u64)> = added
        .iter()
        .map(|event| (event.operator.to(), event.first.to()))
        .collect();
    assert_eq!(by, [(16, 6), (17, 7), (19, 8), (20, 9)]);
    let expected = NodesAdded {
        operator: U256::from(20),
        first: U256::from(9),
        count: U256::from(1),
        nodeType: 0,
        region: 4,
        executionClient: 1,
        consensusClient: 2,
        identity: Default::default(),
    };
    assert_eq!(added[3], expected);
    pool.inside(|| {
        for (place, operator) in operators.iter().enumerate() {
            let queued = List::queued(*operator, NodeType::Ssv, place as u8).first();
            assert_eq!(queued == 0, place == 2);
            if queued != 0 {
                let node = Node::load(queued);
                assert_eq!(
                    (node.state(), node.execution(), node.consensus()),
                    (QUEUED, 1, 2)
                );
            }
        }
        // Who stands in the lines stands in this one again, nobody else does.
        assert_eq!(line(NodeType::Ssv, 0, 1, true).first(), Some(listed.0));
        assert_eq!(line(NodeType::Ssv, 0, 0, true).first(), None);
        assert_eq!(operators[0].get(HEAD, STANDS), 0);
    });
}

#[motsu::test]
fn no_other_exit_queues_anybody_again_and_no_line_is_one_too_many() {
    let pool = Pool::new(SSV);
    let operators = five(&pool);
    let for_orders = pool.active(NodeType::Ssv, &operators, NOW);
    pool.request_exits(U256::from(1));
    pool.confirm(for_orders, 2, 0);
    assert!(pool.events::<NodesAdded>().is_empty());

    let cluster = pool.active(NodeType::Ssv, &operators, NOW - 200 * DAY);
    pool.request_exit(cluster, operators[0], false);
    // One stands in eight lines, and this one would be the ninth; for another it would be the eighth.
    pool.inside(|| {
        operators[1].set(LOAD, LANES, 0xff << 8);
        operators[2].set(LOAD, LANES, 0x7f << 8);
    });
    pool.confirm(cluster, 2, 0);
    let added = pool.events::<NodesAdded>();
    let by: Vec<u32> = added.iter().map(|event| event.operator.to()).collect();
    assert_eq!(by, [18, 19, 20]);
}

#[motsu::test]
fn a_loss_of_any_outcome_is_told() {
    let pool = Pool::new(SSV);
    let operators = five(&pool);
    let cluster = pool.active(NodeType::Ssv, &operators, NOW);
    pool.request_exits(U256::from(1));
    // Nobody has posted, but the deadline has not passed: nobody is late.
    pool.confirm(cluster, 2, 10);
    let expected = [16, 17, 18, 19, 20].map(|of| (of, 2));
    assert_eq!(pool.penalties(cluster), expected);
    assert_eq!(pool.conduct(operators[0]), 5_000);
}
