//! ETH on its way from L2 to the deposit contract: what of it is lost, and what takes too long.
//!
//! A message that funds a validator can be lost, or be refused by the gateway, and stay with the bridge for good. No node
//! can tell that from one that is late, so it is the committee that decides: all members name the validator's key, and its
//! 32 ETH are written off, as part of `depositsSeen`. A key is funded once, ever, so the loss cannot count twice.
//!
//! Should the message be executed after all, its key stays on the list. What of the 32 ETH becomes part of the counter
//! by itself is then no longer added as lost, so the counter stands still, while balances or `leftSeen` rise: a gain.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    beacon::PublicKey,
    error::{OracleError, Result},
    observation::{Observation, PRINCIPAL},
    reporter::Settings,
    sources::Sources,
};

/// Keys that are named in a warning.
const NAMED: usize = 10;

/// What became of messages that did not arrive as they should.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnderWay {
    /// Gwei written off that are not part of `depositsSeen` by themselves.
    pub lost: u64,
    /// Validators whose ETH left L2 long ago, has not reached the gateway, and is not written off.
    pub overdue: Vec<PublicKey>,
}

impl Sources {
    /// Looks for what the gateway got for keys that are written off, or funded long ago and not seen since.
    pub(crate) async fn under_way(
        &mut self,
        keys: &[PublicKey],
        seen: &Observation,
        settings: &Settings,
    ) -> Result<UnderWay> {
        let lost = &settings.lost;
        if let Some(key) = lost.iter().find(|key| !keys.contains(key)) {
            return Err(OracleError::NeverFunded { key: *key });
        }
        let long_ago = seen.slot_time.saturating_sub(settings.overdue);
        let old = self.pool.keys_at(long_ago).await?.len();
        let unseen = &seen.unseen;
        let asked = |(place, key): &(usize, &PublicKey)| {
            lost.contains(*key) || (*place < old && unseen.contains(*key))
        };
        let asked: Vec<_> = keys.iter().enumerate().filter(asked).collect();
        let Some((first, _)) = asked.first() else {
            return Ok(UnderWay::default());
        };
        let since = self.pool.time_before_funding(*first).await?;
        let gateway = self.pool.gateway();
        let execution = &self.nodes.execution;
        let received = execution.received(gateway, since, seen.block_number);
        let received = received.await?;
        let overdue = asked.iter().map(|(_, key)| **key);
        let overdue = overdue.filter(|key| !lost.contains(key) && !received.contains_key(key));
        Ok(UnderWay {
            lost: still_lost(lost, &received, &seen.pending),
            overdue: overdue.collect(),
        })
    }
}

/// Gwei written off for keys, less what of it was deposited or given back and no longer waits.
fn still_lost(
    lost: &BTreeSet<PublicKey>,
    received: &HashMap<PublicKey, u64>,
    pending: &BTreeMap<PublicKey, u64>,
) -> u64 {
    let of = |key: &PublicKey| {
        let received = received.get(key).copied().unwrap_or_default();
        let pending = pending.get(key).copied().unwrap_or_default();
        PRINCIPAL.saturating_sub(received.saturating_sub(pending))
    };
    lost.iter().map(of).sum()
}

/// What is to be done about overdue messages, in words; none if there are none.
pub fn warning(overdue: &[PublicKey]) -> Option<String> {
    if overdue.is_empty() {
        return None;
    }
    let mut named = overdue.iter().take(NAMED).map(ToString::to_string);
    let mut keys = named.by_ref().collect::<Vec<_>>().join(", ");
    if overdue.len() > NAMED {
        keys += &format!(" and {} others", overdue.len() - NAMED);
    }
    Some(format!(
        "32 ETH left L2 long ago and have not reached the gateway, for each of the validators {keys}.\n\
         Anyone can execute their messages on L1. Once one is lost for good, all members write it off with --lost KEY."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ETHER: u64 = 1_000_000_000;

    #[test]
    fn what_arrives_after_all_is_never_counted_twice() {
        let key = |number| PublicKey::repeat_byte(number);
        let lost = BTreeSet::from([key(1)]);
        // Deposited or given back so far, of it pending, and what is left as lost.
        for (received, pending, left) in [
            (0, 0, 32),
            (1, 1, 32),
            (1, 0, 31),
            (32, 31, 31),
            (32, 0, 0),
            (63, 0, 0),
        ] {
            let received = HashMap::from([(key(1), received * ETHER), (key(2), 32 * ETHER)]);
            let pending = BTreeMap::from([(key(1), pending * ETHER)]);
            assert_eq!(still_lost(&lost, &received, &pending), left * ETHER);
        }
        let both = BTreeSet::from([key(1), key(3)]);
        let nothing = still_lost(&both, &HashMap::new(), &BTreeMap::new());
        assert_eq!(nothing, 64 * ETHER);
    }

    #[test]
    fn a_crowd_of_overdue_messages_is_named_in_part() {
        assert_eq!(warning(&[]), None);
        let keys: Vec<PublicKey> = (0..12).map(PublicKey::repeat_byte).collect();
        let words = warning(&keys).unwrap();
        assert!(words.contains(&keys[9].to_string()) && !words.contains(&keys[10].to_string()));
        assert!(words.contains("and 2 others"));
    }
}
