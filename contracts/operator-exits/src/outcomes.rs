//! What became of validators, as the oracle committee saw it on the beacon chain.

use alloy_primitives::U256;
use alloy_sol_types::{SolError, SolEvent};
use clay_shared::{
    abi::{done, revert, Answer, Call, Reverts, Word},
    host,
    interfaces::{
        IOperatorAllocation::{NodesAdded, NotInState},
        IOperatorExits::*,
    },
    log,
    math::{narrow, Rounding},
    operators::{
        parameters::{EXIT_DEADLINE, LATE_PENALTY},
        score::Cause,
        state::{
            count,
            of_cluster::{ACTIVE_SINCE, ASKED_BY, DEADLINE, REASON, TIMELY},
            of_operator::{LANES, LOAD},
            parameter,
            state::{ACTIVE, DONE, EXITING, FUNDED},
            Cluster, List, Node, Operator, ASKED, COMMITTEE, EXITED, MOST_LINES, NODES,
            STAKE_MANAGER,
        },
    },
    stake_manager::too_large,
    storage::{uint, whole},
};

use crate::{only_committee, parts::posted_at, reason, requests::divided, DAY};

// What may have become of a validator; numbers in `confirm`.
const ACTIVATED: u8 = 1;
const LEFT: u8 = 2;
const EJECTED: u8 = 3;
const SLASHED: u8 = 4;
const BAD_KEY: u8 = 5;

/// Far more wei than any validator can lose.
const LARGEST_LOSS: u128 = (1 << 96) - 1;

/// Takes down outcomes, in their order: a validator that was made to leave may also have left.
pub(crate) fn confirm(call: &Call) -> Answer {
    let (clusters, outcomes, losses) = (call.array(0)?, call.array(1)?, call.array(2)?);
    only_committee()?;
    if clusters.len() != outcomes.len() || clusters.len() != losses.len() {
        let lengths = [clusters.len(), outcomes.len(), losses.len()];
        let words = lengths.map(|length| (length as u64).word());
        return Err(revert(LengthsDiffer::SELECTOR, &words));
    }
    for ((cluster, outcome), loss) in clusters.iter().zip(outcomes).zip(losses) {
        let outcome = match narrow(uint(*outcome)) {
            Some(outcome) if outcome <= 0xff => outcome as u8,
            // No `uint8`, and so no calldata of this function.
            _ => return Err(Default::default()),
        };
        take_down(uint(*cluster), outcome, uint(*loss))?;
    }
    done()
}

/// Takes down one outcome.
fn take_down(asked: U256, outcome: u8, loss: U256) -> Reverts<()> {
    let cluster = Cluster::find(asked)?;
    let state = cluster.state();
    let works = state == FUNDED || state == ACTIVE;
    let exits = state == EXITING;
    // No member decides by asking for the exit what can be told of the cluster.
    let (fits, needed) = match outcome {
        ACTIVATED | BAD_KEY => (state == FUNDED || exits && !was_active(cluster), FUNDED),
        LEFT => (exits, EXITING),
        EJECTED => (works || exits && is_asked(cluster), ACTIVE),
        SLASHED => (works || exits, ACTIVE),
        _ => {
            let words = [u64::from(outcome).word(), u64::from(BAD_KEY).word()];
            return Err(revert(UnknownOutcome::SELECTOR, &words));
        }
    };
    if !fits {
        let words = [u64::from(state).word(), u64::from(needed).word()];
        return Err(revert(NotInState::SELECTOR, &words));
    }
    let loss = match narrow(loss) {
        Some(loss) if loss <= LARGEST_LOSS => loss,
        _ => return Err(too_large(loss, LARGEST_LOSS)),
    };

    let members = cluster.members();
    let part = divided(loss, members.len(), Rounding::Up);
    for (place, mut node) in members.into_iter().enumerate() {
        let operator = node.operator();
        let mut penalty = part;
        match outcome {
            ACTIVATED if exits => {}
            ACTIVATED => node.move_to(ACTIVE),
            LEFT => {
                node.move_to(DONE);
                penalty += judge_exit(cluster, place, operator);
                replace(cluster, place, &node);
            }
            BAD_KEY => {
                if works {
                    node.exit();
                }
                node.move_to(DONE);
            }
            _ => {
                if works {
                    node.exit();
                }
                let cause = match outcome {
                    EJECTED => {
                        penalty += parameter(&LATE_PENALTY);
                        Cause::ForcedExit
                    }
                    _ => Cause::Slashing,
                };
                operator.judge(cause);
            }
        }
        expect(cluster, operator, penalty);
    }
    let now = host::now();
    match outcome {
        ACTIVATED => {
            cluster.slot(ACTIVE_SINCE).set(whole(now.into()));
            if exits {
                // Before, there was nothing to sign.
                let deadline = u128::from(now) + parameter(&EXIT_DEADLINE);
                cluster.set(DEADLINE, deadline.max(cluster.get(DEADLINE)));
            } else {
                cluster.move_to(ACTIVE, 0);
            }
        }
        LEFT => cluster.move_to(DONE, cluster.get(DEADLINE) as u64),
        BAD_KEY => cluster.move_to(DONE, 0),
        _ => {
            if works {
                // Nothing is asked of the members.
                cluster.move_to(EXITING, now);
            }
            cluster.set(REASON, reason::UNASKED.into());
        }
    }
    if works && outcome != ACTIVATED {
        count(COMMITTEE, ASKED, 1);
    }
    if outcome == LEFT || outcome == BAD_KEY {
        count(COMMITTEE, EXITED, 1);
    }
    let topics = [ValidatorConfirmed::SIGNATURE_HASH, cluster.word()];
    log::emit(&topics, &[u64::from(outcome).word(), loss.word()]);
    Ok(())
}

/// Whether the committee ever said that a cluster's validator works.
fn was_active(cluster: Cluster) -> bool {
    !cluster.slot(ACTIVE_SINCE).get().is_zero()
}

/// Whether somebody asked for an exit.
fn is_asked(cluster: Cluster) -> bool {
    cluster.get(REASON) as u8 != reason::UNASKED
}

/// Whether the members' parts are judged when a validator has left: of one that never worked none was needed.
pub(crate) fn is_judged(cluster: Cluster) -> bool {
    is_asked(cluster) && was_active(cluster)
}

/// Judges a member's part in an exit that was asked for; answers its penalty in wei if it is late.
fn judge_exit(cluster: Cluster, place: usize, operator: Operator) -> u128 {
    if !is_judged(cluster) {
        return 0;
    }
    if cluster.get(TIMELY) >> place & 1 != 0 {
        operator.judge(Cause::TimelyExit);
        return 0;
    }
    let (deadline, until) = match posted_at(cluster, place) {
        0 => (cluster.get(DEADLINE) as u64, host::now()),
        at => (cluster.get(DEADLINE) as u64, at),
    };
    // Nobody is late whose part was not needed before its time was over.
    if until <= deadline {
        return 0;
    }
    operator.judge(Cause::LateExit);
    late_penalty(deadline, until)
}

/// Wei for a part that came after its deadline, for every day that has begun.
pub(crate) fn late_penalty(deadline: u64, until: u64) -> u128 {
    let days = until.saturating_sub(deadline).div_ceil(DAY);
    u128::from(days) * parameter(&LATE_PENALTY)
}

/// Tells that a leaf will charge a penalty.
pub(crate) fn expect(cluster: Cluster, operator: Operator, penalty: u128) {
    if penalty != 0 {
        let topics = [
            PenaltyExpected::SIGNATURE_HASH,
            operator.word(),
            cluster.word(),
        ];
        log::emit(&topics, &[penalty.word()]);
    }
}

/// Queues another node for a member whose validator left because of somebody else. Not if that would be a line too many.
fn replace(cluster: Cluster, place: usize, old: &Node) {
    let by_other = cluster.get(ASKED_BY) != place as u128;
    let reason = cluster.get(REASON) as u8;
    if [reason::ORDERS, reason::UNASKED].contains(&reason) || !by_other {
        return;
    }
    let (operator, of, region) = (old.operator(), old.node_type(), old.region());
    let lines = operator.get(LOAD, LANES).count_ones();
    if lines >= MOST_LINES && List::queued(operator, of, region).first() == 0 {
        return;
    }
    count(STAKE_MANAGER, NODES, 1);
    let id = NODES.get(STAKE_MANAGER.get()) as u32;
    let (execution, consensus) = (old.execution(), old.consensus());
    Node::add(id, operator, of, region, execution, consensus);
    let topics = [NodesAdded::SIGNATURE_HASH, operator.word()];
    let numbers = [of as u8, region, execution, consensus].map(|number| u64::from(number).word());
    let [of, region, execution, consensus] = numbers;
    let (offset, identity) = (224u64.word(), 0u64.word());
    let words = [
        u64::from(id).word(),
        1u64.word(),
        of,
        region,
        execution,
        consensus,
        offset,
        identity,
    ];
    log::emit(&topics, &words);
}
