//! Parts of the signature on an exit: posted in time or late, and declared false before and after the end.

use alloy_primitives::{Bytes, U256};
use clay_shared::{
    interfaces::{
        IOperatorAllocation::{AlreadyPosted, NotInState},
        IOperatorExits::*,
        IOperatorRegistry::ConductChanged,
    },
    operators::{
        parameters::LATE_PENALTY,
        state::{
            of_cluster::{DEADLINE, POSTED, SINCE, TIMELY},
            state::SETTLED,
            Cluster, Operator,
        },
        NodeType,
    },
};

use crate::pool::{key, Pool, ANYBODY, COMMITTEE_KEY, DAY, ETH, MADE, NOW};

const SSV: [u16; 9] = [10_000, 0, 0, 0, 0, 0, 0, 0, 0];
const CENT: u128 = ETH / 100;

/// A part that can be told from every other.
fn part(of: Operator) -> Bytes {
    let bytes: Vec<u8> = (0..96).map(|index| of.0 as u8 ^ index).collect();
    bytes.into()
}

impl Pool {
    fn post_call(&self, cluster: Cluster, by: Operator) -> postExitPartCall {
        postExitPartCall {
            node: U256::from(self.node_of(cluster, by)),
            part: part(by),
        }
    }

    pub fn post(&self, cluster: Cluster, by: Operator) {
        self.run(key(by), self.post_call(cluster, by));
    }

    pub fn declare_false(&self, cluster: Cluster, places: u8) {
        self.run(COMMITTEE_KEY, declared(cluster, places));
    }

    fn posted_part(&self, cluster: Cluster, by: Operator) -> (Bytes, u64) {
        let node = U256::from(self.node_of(cluster, by));
        let answer = self.run(ANYBODY, exitPartCall { node });
        (answer.part, answer.at.to())
    }
}

fn declared(cluster: Cluster, places: u8) -> declareFalseCall {
    declareFalseCall {
        cluster: U256::from(cluster.0),
        places,
    }
}

/// An exit of a cluster of five, for orders, that was active for long.
fn exiting(pool: &Pool) -> (Vec<Operator>, Cluster) {
    let operators = pool.operators(5, MADE, 5 * ETH);
    let cluster = pool.active(NodeType::Ssv, &operators, NOW - 200 * DAY);
    pool.request_exits(U256::from(1));
    (operators, cluster)
}

#[motsu::test]
fn a_part_is_kept_with_its_time_and_is_timely_until_the_deadline() {
    let pool = Pool::new(SSV);
    let (operators, cluster) = exiting(&pool);
    assert_eq!(pool.posted_part(cluster, operators[3]), (Bytes::new(), 0));
    pool.set_cluster(cluster, DEADLINE, NOW.into());
    pool.post(cluster, operators[3]);
    pool.post(cluster, operators[0]);
    pool.set_cluster(cluster, DEADLINE, u128::from(NOW) - 1);
    pool.post(cluster, operators[4]);
    assert_eq!(pool.of_cluster(cluster, POSTED), 0b11001);
    assert_eq!(pool.of_cluster(cluster, TIMELY), 0b01001);
    for operator in [operators[3], operators[0], operators[4]] {
        assert_eq!(pool.posted_part(cluster, operator), (part(operator), NOW));
    }
    let events = [(3, true), (0, true), (4, false)].map(|(place, timely): (usize, _)| {
        let operator = operators[place];
        ExitPartPosted {
            cluster: U256::from(cluster.0),
            node: U256::from(pool.node_of(cluster, operator)),
            part: part(operator),
            timely,
        }
    });
    assert_eq!(pool.events::<ExitPartPosted>(), events);
    // Key material and members are untouched.
    assert_eq!(pool.members(cluster).len(), 5);
    let key = pool.inside(|| cluster.public_key());
    assert_eq!(key, crate::pool::public_key(cluster));
}

#[motsu::test]
fn a_part_is_posted_once_whole_and_in_an_exit() {
    let pool = Pool::new(SSV);
    let operators = pool.operators(5, MADE, 5 * ETH);
    let cluster = pool.funded(NodeType::Ssv, &operators);
    let by = operators[1];
    let call = pool.post_call(cluster, by);
    let not_exiting = |state| NotInState { state, needed: 6 };
    pool.refuses(key(by), call.clone(), not_exiting(4));
    pool.confirm(cluster, 1, 0);
    pool.refuses(key(by), call.clone(), not_exiting(5));
    pool.request_exits(U256::from(1));
    for length in [0usize, 95, 97] {
        let short = postExitPartCall {
            node: call.node,
            part: vec![7; length].into(),
        };
        let refusal = MalformedPart {
            length: U256::from(length),
            expected: U256::from(96),
        };
        pool.refuses(key(by), short, refusal);
    }
    pool.post(cluster, by);
    let again = AlreadyPosted { node: call.node };
    pool.refuses(key(by), call.clone(), again);
    pool.confirm(cluster, 2, 0);
    pool.refuses(key(by), call, not_exiting(7));
}

#[motsu::test]
fn who_posted_in_time_is_timely_and_who_did_not_pays_by_the_day() {
    let pool = Pool::new(SSV);
    let (operators, cluster) = exiting(&pool);
    pool.post(cluster, operators[0]);
    pool.post(cluster, operators[1]);
    // Two days and a second later, one more posts; the validator has left two days after that.
    pool.set_cluster(cluster, DEADLINE, u128::from(NOW - 2 * DAY - 1));
    pool.post(cluster, operators[2]);
    pool.set_cluster(cluster, DEADLINE, u128::from(NOW - 4 * DAY));
    pool.inside(|| {
        let time = cluster.slot(10 + 4 * 2 + 3);
        assert_eq!(time.get(), U256::from(NOW));
        time.set(U256::from(NOW - 2 * DAY + 1));
    });
    pool.confirm(cluster, 2, 0);
    let conducts: Vec<_> = operators.iter().map(|of| pool.conduct(*of)).collect();
    assert_eq!(conducts, [5_250, 5_250, 4_000, 4_000, 4_000]);
    // Two days and a second are three; four days are four.
    let expected = [(18, 3 * CENT), (19, 4 * CENT), (20, 4 * CENT)];
    assert_eq!(pool.penalties(cluster), expected);
    let causes = pool.events::<ConductChanged>().into_iter();
    let causes: Vec<u8> = causes.map(|event| event.cause).collect();
    assert_eq!(causes, [0, 0, 1, 1, 1]);
}

#[motsu::test]
fn a_part_declared_false_may_be_posted_again() {
    let pool = Pool::new(SSV);
    let (operators, cluster) = exiting(&pool);
    for operator in &operators[..3] {
        pool.post(cluster, *operator);
    }
    for (places, posted) in [(0, 0b111), (0b1000, 0b111), (0b1001, 0b111), (0xff, 0b111)] {
        let refusal = PartsNotPosted { places, posted };
        pool.refuses(COMMITTEE_KEY, declared(cluster, places), refusal);
    }
    pool.declare_false(cluster, 0b101);
    assert_eq!(pool.of_cluster(cluster, POSTED), 0b010);
    assert_eq!(pool.of_cluster(cluster, TIMELY), 0b010);
    assert_eq!(pool.posted_part(cluster, operators[0]), (Bytes::new(), 0));
    let events = pool.events::<ExitPartFalse>().into_iter();
    let events: Vec<u64> = events.map(|event| event.node.to()).collect();
    let nodes = [0, 2].map(|place| u64::from(pool.node_of(cluster, operators[place])));
    assert_eq!(events, nodes);
    // Nobody is judged before the end: one comes in time after all, one late.
    assert_eq!(pool.conduct(operators[0]), 5_000);
    pool.post(cluster, operators[0]);
    pool.set_cluster(cluster, DEADLINE, u128::from(NOW) - 1);
    pool.post(cluster, operators[2]);
    assert_eq!(pool.of_cluster(cluster, TIMELY), 0b011);
    pool.confirm(cluster, 2, 0);
    let conducts: Vec<_> = operators.iter().map(|of| pool.conduct(*of)).collect();
    assert_eq!(conducts, [5_250, 5_250, 4_000, 4_000, 4_000]);
    let expected = [(18, CENT), (19, CENT), (20, CENT)];
    assert_eq!(pool.penalties(cluster), expected);
}

#[motsu::test]
fn a_part_declared_false_after_the_end_was_late_all_the_time() {
    let pool = Pool::new(SSV);
    let (operators, cluster) = exiting(&pool);
    for operator in &operators[..3] {
        pool.post(cluster, *operator);
    }
    pool.set_cluster(cluster, DEADLINE, u128::from(NOW - 3 * DAY));
    pool.set_parameter(&LATE_PENALTY, 2 * CENT);
    pool.confirm(cluster, 2, 0);
    assert_eq!(pool.penalties(cluster), [(19, 6 * CENT), (20, 6 * CENT)]);
    // Days count until the exit was done, not until this is noticed.
    pool.set_cluster(cluster, SINCE, u128::from(NOW - DAY));
    // Whoever was late was judged for it.
    let refusal = PartsNotPosted {
        places: 0b1001,
        posted: 0b111,
    };
    pool.refuses(COMMITTEE_KEY, declared(cluster, 0b1001), refusal);
    pool.declare_false(cluster, 0b010);
    assert_eq!(pool.conduct(operators[1]), 4_250);
    assert_eq!(pool.penalties(cluster)[2..], [(17, 4 * CENT)]);
    // Once.
    let refusal = PartsNotPosted {
        places: 0b010,
        posted: 0b101,
    };
    pool.refuses(COMMITTEE_KEY, declared(cluster, 0b010), refusal);
    // And as long as anybody's last epoch is not settled.
    let settle = |member: usize| {
        pool.inside(|| {
            let mut node = cluster.members()[member];
            node.move_to(SETTLED);
        });
    };
    (0..4).for_each(settle);
    pool.declare_false(cluster, 0b001);
    assert_eq!(pool.penalties(cluster)[3..], [(16, 4 * CENT)]);
    settle(4);
    let settled = NotInState {
        state: 8,
        needed: 6,
    };
    pool.refuses(COMMITTEE_KEY, declared(cluster, 0b100), settled);
}

#[motsu::test]
fn nothing_is_false_where_no_part_was_asked_for() {
    let pool = Pool::new(SSV);
    let operators = pool.operators(5, MADE, 5 * ETH);
    let cluster = pool.funded(NodeType::Ssv, &operators);
    let refused = |state| {
        let refusal = NotInState { state, needed: 6 };
        pool.refuses(COMMITTEE_KEY, declared(cluster, 1), refusal);
    };
    refused(4);
    pool.confirm(cluster, 1, 0);
    refused(5);
    pool.request_exits(U256::from(1));
    pool.post(cluster, operators[0]);
    // Slashed meanwhile: nobody is judged by its part.
    pool.confirm(cluster, 4, 0);
    pool.confirm(cluster, 2, 0);
    let refusal = PartsNotPosted {
        places: 1,
        posted: 0,
    };
    pool.refuses(COMMITTEE_KEY, declared(cluster, 1), refusal);
}
