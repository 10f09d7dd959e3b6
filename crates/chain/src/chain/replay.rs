//! Executing mined transactions again, for their traces.

use super::{
    head::Head,
    mining::{blank_outcome, block_env, session, Surroundings},
};
use crate::{
    evm::{Checks, RecentPrograms, Tracer},
    CallOutcome, Config,
};

/// Executes a mined transaction again on the state before it.
pub(super) fn replay(
    config: &Config,
    head: &Head,
    number: u64,
    index: usize,
) -> Option<CallOutcome> {
    let block = head.blocks.get(number as usize)?;
    let sealed = head.history.get(number as usize)?;
    let mut state = head
        .history
        .get(number.checked_sub(1)? as usize)?
        .state
        .clone();
    sealed
        .changes
        .iter()
        .take(sealed.opening)
        .for_each(|change| state.apply(change));
    let mut recent = RecentPrograms::default();
    let tickets = &sealed.tickets;
    for (at, replay) in sealed.replays.iter().enumerate() {
        replay.before.iter().for_each(|change| state.apply(change));
        if let Some(env) = &replay.env {
            let mut session = session(config, head, number, tickets.clone());
            session.recent = recent;
            session.aliased = replay.aliased;
            session.redeemer = replay.redeemer;
            if at == index {
                session.tracer = Tracer::frames();
            }
            let block = block_env(config, block.header.timestamp, block.l1_block_number);
            let checks = if replay.unsigned {
                Checks::Impersonated
            } else {
                Checks::All
            };
            let surroundings = Surroundings {
                config,
                state: state.clone(),
                block,
                session,
            };
            let executed = surroundings.execute(env.clone(), checks).ok()?;
            if at == index {
                return Some(executed.outcome);
            }
            recent = executed.recent;
            state.commit(executed.state);
        } else if at == index {
            return Some(blank_outcome());
        }
        replay.after.iter().for_each(|change| state.apply(change));
    }
    None
}
