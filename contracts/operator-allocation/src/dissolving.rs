//! Clusters that come to nothing: who has failed, what that costs, and who is queued again.

use alloy_sol_types::{SolError, SolEvent};
use clay_shared::{
    abi::{done, revert, Answer, Call, Reverts, Word},
    books::Rate,
    host,
    interfaces::{IOperatorAllocation::*, IOperatorRegistry::OnlyManager},
    log,
    operators::{
        parameters::CEREMONY_COST,
        score::Cause,
        state::{
            bond_terms, cost,
            of_cluster::{AGREED, DEADLINE, MEMBERS, NAMED, POSTED},
            of_operator::{BOND, FAILED, HEAD, PAYOUT, SHARES, SUSPENDED_UNTIL},
            parameter, recover, state, unlisted, Cluster, PoolTerms, EPOCH,
        },
    },
};

use crate::{
    ceremony::{self, all_places, named_by},
    funding::is_sound,
    waiting,
};

/// Epochs for which the first failed ceremony takes an operator off the lists; doubled each time (protocol, section 7).
const SUSPENDED_EPOCHS: u64 = 4;
/// After so many doublings it is for good: 4 * 2^10 epochs are 78 years.
const MOST_DOUBLINGS: u128 = 10;

/// Dissolves a cluster whose ceremony failed, or one that is keyed and not to be funded.
pub(crate) fn dissolve(call: &Call) -> Answer {
    let cluster = Cluster::find(call.uint(0)?)?;
    if cluster.state() == state::KEYED {
        not_to_be_funded(cluster)?;
        end(cluster, 0);
        return done();
    }
    cluster.only_in(state::RESERVED)?;
    let rate = PoolTerms::ask()?.rate;
    let spoke = cluster.get(POSTED) | cluster.get(NAMED);
    let deadline = cluster.get(DEADLINE) as u64;
    if host::now() <= deadline && spoke != all_places(cluster) {
        return Err(revert(CeremonyRuns::SELECTOR, &[deadline.word()]));
    }
    let failed = failed(cluster);
    let owed = charge(cluster, failed, rate);
    end(cluster, failed);
    recover(owed)?;
    done()
}

/// Refuses unless a keyed cluster fails a check, or has waited long enough and the caller is of its members.
fn not_to_be_funded(cluster: Cluster) -> Reverts<()> {
    let rate = PoolTerms::ask()?.rate;
    if !is_sound(cluster, rate, &bond_terms()) {
        return Ok(());
    }
    let (now, deadline) = (host::now(), cluster.get(DEADLINE) as u64);
    if now <= deadline {
        return Err(revert(CeremonyRuns::SELECTOR, &[deadline.word()]));
    }
    let (caller, mut manager) = (host::sender(), Default::default());
    for node in cluster.members() {
        manager = node.operator().slot(HEAD).address();
        if manager == caller {
            return Ok(());
        }
    }
    let words = [caller.word(), manager.word()];
    Err(revert(OnlyManager::SELECTOR, &words))
}

/// The places of the members that have failed: who said nothing, whom a majority names, whose result a majority
/// contradicts; and where a majority posted one result, all who did not post it, or naming somebody would be a free refusal.
fn failed(cluster: Cluster) -> u128 {
    let all = all_places(cluster);
    let (posted, agreed) = (cluster.get(POSTED), cluster.get(AGREED));
    let is_majority = |places: u128| places.count_ones() * 2 > all.count_ones();
    let mut failed = all & !(posted | cluster.get(NAMED));
    let contradicting = posted & !agreed;
    if is_majority(agreed) {
        failed |= all & !agreed;
    } else if is_majority(contradicting) {
        failed |= agreed;
    }
    let word = cluster.slot(MEMBERS).get();
    let size = all.count_ones() as usize;
    for place in 0..size {
        let naming = (0..size).filter(|by| named_by(*by).get(word) >> place & 1 != 0);
        if naming.count() * 2 > size {
            failed |= 1 << place;
        }
    }
    failed
}

/// Takes what a failed ceremony costs from the bonds of those who failed, in equal parts to the others; and suspends them.
/// Answers the shares that paid debts, which the caller must burn.
fn charge(cluster: Cluster, failed: u128, rate: Rate) -> u128 {
    let mut owed = 0;
    let members = cluster.members();
    let price = cost(rate, parameter(&CEREMONY_COST));
    let others = members.len() as u128 - u128::from(failed.count_ones());
    for (place, node) in members.iter().enumerate() {
        if failed >> place & 1 == 0 {
            continue;
        }
        let operator = node.operator();
        // With nobody to pay, the cost is the suspension.
        let each = match others {
            0 => 0,
            _ => price.min(operator.get(BOND, SHARES)) / others,
        };
        operator.take_bond(each * others);
        for (place, other) in members.iter().enumerate() {
            if failed >> place & 1 == 0 {
                owed += other.operator().add_bond(each);
            }
        }
        let before = operator.get(HEAD, FAILED);
        operator.set(HEAD, FAILED, (before + 1).min(FAILED.max()));
        let epochs = SUSPENDED_EPOCHS << before.min(MOST_DOUBLINGS);
        let until = host::now() + epochs * EPOCH;
        operator.set(PAYOUT, SUSPENDED_UNTIL, until.into());
        operator.unlist(unlisted::SUSPENDED);
        let before = before as u8;
        operator.judge(Cause::FailedCeremony { before });
        let topics = [
            CeremonyFailed::SIGNATURE_HASH,
            cluster.word(),
            operator.word(),
        ];
        let words = [(each * others).word(), until.word()];
        log::emit(&topics, &words);
    }
    owed
}

/// Queues the members again.
pub(crate) fn end(cluster: Cluster, failed: u128) {
    match cluster.state() {
        state::KEYED => waiting::remove(cluster),
        _ => {
            ceremony::release_key(cluster);
            ceremony::over(cluster);
        }
    }
    cluster.move_to(state::DISSOLVED, 0);
    for node in cluster.members() {
        node.operator().count_live(node.node_type(), -1);
        node.count_active(-1);
        node.enqueue();
    }
    let topics = [ClusterDissolved::SIGNATURE_HASH, cluster.word()];
    log::emit(&topics, &[failed.word()]);
}
