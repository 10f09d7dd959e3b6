//! What can be asked of nodes, clusters and lines.

use alloc::vec::Vec;

use alloy_primitives::{B256, U256};
use alloy_sol_types::SolCall;
use clay_shared::{
    abi::{answer, Answer, Call, Word},
    interfaces::IOperatorAllocation::*,
    math::narrow,
    operators::{
        choice::{BUCKETS, KINDS as REGIONS},
        state::{
            line, nth, of_bucket,
            of_cluster::{DEADLINE, HEAD, KIND, MEMBERS, POSTED, SINCE, STATE, TYPE},
            of_region, Cluster, List, Node, Operator, ASKED, BY_BUCKET, BY_REGION, CLUSTERS,
            COMMITTEE, EXITED, FUNDED, FUNDING_ORDER, GATEWAY, KEYED, KINDS, MOST_MEMBERS,
            NEWCOMERS, NODES, OPERATORS, PROVEN_OPERATORS, RESERVED, STAKE_MANAGER,
        },
    },
    storage::Field,
};

use crate::{
    ceremony::named_by,
    funding::key_words,
    nodes::{node_type, out_of_bounds, small},
};

/// Answers a view; none if the selector is not one of them.
pub(crate) fn route(call: &Call) -> Option<Answer> {
    Some(match call.selector {
        nodeCall::SELECTOR => node(call),
        clusterCall::SELECTOR => cluster(call),
        clusterKeyCall::SELECTOR => cluster_key(call),
        fundedClusterCall::SELECTOR => funded_cluster(call),
        countsCall::SELECTOR => counts(),
        totalsCall::SELECTOR => totals(),
        waitingCall::SELECTOR => waiting(call),
        _ => return None,
    })
}

fn node(call: &Call) -> Answer {
    let node = Node::find(call.uint(0)?)?;
    let numbers = [
        node.operator().0,
        node.node_type() as u32,
        node.region().into(),
        node.execution().into(),
        node.consensus().into(),
        node.state().into(),
        node.cluster(),
    ];
    let mut words = Vec::new();
    for number in numbers {
        words.push(u64::from(number).word());
    }
    words.push(node.since().word());
    answer(&words)
}

fn cluster(call: &Call) -> Answer {
    let cluster = Cluster::find(call.uint(0)?)?;
    let (head, members) = (cluster.slot(HEAD).get(), cluster.slot(MEMBERS).get());
    let mut words = Vec::new();
    push(&mut words, head, &[TYPE, KIND, STATE]);
    for place in 0..MOST_MEMBERS {
        push(&mut words, members, &[nth(place, 32)]);
    }
    push(&mut words, head, &[SINCE, DEADLINE, POSTED]);
    for place in 0..MOST_MEMBERS {
        push(&mut words, members, &[named_by(place)]);
    }
    answer(&words)
}

/// Adds fields of a word to an answer.
#[inline(never)]
fn push(words: &mut Vec<B256>, word: U256, fields: &[Field]) {
    for field in fields {
        words.push(field.get(word).word());
    }
}

fn cluster_key(call: &Call) -> Answer {
    let cluster = Cluster::find(call.uint(0)?)?;
    Ok(key_words(&cluster.key()))
}

/// As any list of Solidity: 0 beyond the end.
fn funded_cluster(call: &Call) -> Answer {
    let funded = FUNDED.get(COMMITTEE.get());
    let cluster = match narrow(call.uint(0)?) {
        Some(index) if index < funded => FUNDING_ORDER.plus(index as u64).get(),
        _ => Default::default(),
    };
    answer(&[cluster.word()])
}

fn counts() -> Answer {
    let mut words = Vec::new();
    push(
        &mut words,
        STAKE_MANAGER.get(),
        &[OPERATORS, NODES, CLUSTERS],
    );
    push(&mut words, GATEWAY.get(), &[RESERVED, KEYED]);
    push(&mut words, COMMITTEE.get(), &[FUNDED, ASKED, EXITED]);
    answer(&words)
}

fn totals() -> Answer {
    let (by_bucket, by_region) = (BY_BUCKET.get(), BY_REGION.get());
    let mut words = Vec::new();
    for bucket in 0..BUCKETS {
        push(&mut words, by_bucket, &[of_bucket(bucket)]);
    }
    for region in 0..REGIONS {
        push(&mut words, by_region, &[of_region(region)]);
    }
    push(&mut words, by_region, &[PROVEN_OPERATORS, NEWCOMERS]);
    answer(&words)
}

fn waiting(call: &Call) -> Answer {
    let (of, kind) = (node_type(call.uint8(0)?)?, call.uint8(1)?);
    let (region, proven) = (small(call.uint8(2)?)?, call.boolean(3)?);
    let after = call.uint(4)?;
    if kind >= KINDS {
        return Err(out_of_bounds(kind, KINDS - 1));
    }
    let line = line(of, kind, region, proven);
    let next = match after.is_zero() {
        true => line.first(),
        false => {
            let after = Operator::find(after)?.0;
            line.class_of(after).and_then(|_| line.after(after))
        }
    };
    let Some(operator) = next else {
        return answer(&[B256::ZERO; 4]);
    };
    let class = line.class_of(operator).unwrap_or(0);
    let node = Node::load(List::queued(Operator(operator), of, region).first());
    answer(&[
        u64::from(operator).word(),
        u64::from(class).word(),
        node.word(),
        u64::from(node.consensus()).word(),
    ])
}
