//! The operators: they watch the registry on L2, run the validators it chooses their nodes for, and sign the exits it
//! asks for, from the time on that it names.

use std::collections::{HashSet, VecDeque};

use alloy::{rpc::types::Filter, sol_types::SolEvent};
use clay_chain::Chain;

use crate::{
    abi::OperatorRegistry::ExitRequested,
    beacon::{Beacon, BeaconError},
    clock::{epoch_of, SECONDS_PER_SLOT, SLOTS_PER_EPOCH},
    nodes::Nodes,
    validator::PublicKey,
    Config, Contracts,
};

/// An exit that was asked for.
#[derive(Clone, Copy, Debug)]
struct Asked {
    key: PublicKey,
    /// When the operators sign, seconds.
    due: u64,
}

/// The operators.
#[derive(Clone, Debug, Default)]
pub(crate) struct Operators {
    /// L2 block whose events are read next.
    next_block: u64,
    asked: VecDeque<Asked>,
    /// Keys whose operators do not answer.
    pub silent: HashSet<PublicKey>,
    /// Whether no operator answers.
    pub all_silent: bool,
    /// Their nodes.
    pub nodes: Nodes,
}

impl Operators {
    /// Reads the registry's new events.
    pub fn listen(&mut self, chain: &Chain, config: &Config, contracts: &Contracts) {
        let latest = chain.block_number();
        if latest < self.next_block {
            return;
        }
        let filter = Filter::new()
            .address(contracts.registry)
            .event_signature([&[ExitRequested::SIGNATURE_HASH], &Nodes::EVENTS[..]].concat())
            .select(self.next_block..=latest);
        for log in chain.logs(&filter) {
            let Ok(event) = ExitRequested::decode_log(&log.inner) else {
                self.nodes.learn(&log.inner);
                continue;
            };
            let Ok(key) = PublicKey::try_from(event.publicKey.as_ref()) else {
                continue;
            };
            let from: u64 = event.from.saturating_to();
            let due = from.saturating_add(config.exit_response);
            self.asked.push_back(Asked { key, due });
        }
        self.next_block = latest + 1;
    }

    /// Lets the operators sign what is due. An exit the beacon chain does not take yet is tried again an epoch
    /// later. Answers whether any validator started to exit.
    pub fn act(&mut self, config: &Config, beacon: &mut Beacon, slot: u64, now: u64) -> bool {
        let mut acted = false;
        for _ in 0..self.asked.len() {
            let Some(asked) = self.asked.pop_front() else {
                break;
            };
            let silent = self.all_silent || self.silent.contains(&asked.key);
            let again = if asked.due > now {
                Some(asked.due)
            } else if silent {
                Some(now + SECONDS_PER_SLOT * SLOTS_PER_EPOCH)
            } else {
                match beacon.exit(config, asked.key, epoch_of(slot)) {
                    Ok(()) => {
                        acted = true;
                        None
                    }
                    Err(BeaconError::Leaving { .. }) => None,
                    Err(_) => Some(now + SECONDS_PER_SLOT * SLOTS_PER_EPOCH),
                }
            };
            if let Some(due) = again {
                self.asked.push_back(Asked { due, ..asked });
            }
        }
        acted
    }
}
