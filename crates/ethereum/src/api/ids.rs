//! Names of states, blocks and validators in the Beacon API.

use alloy::primitives::B256;

use super::error::ApiError;
use crate::{
    clock::{start_of, HashKind},
    history::Snapshot,
    validator::{PublicKey, Status},
    Ethereum,
};

/// A state that was asked for.
pub(super) struct NamedState<'a> {
    pub slot: u64,
    pub snapshot: &'a Snapshot,
}

impl Ethereum {
    /// Whether what a slot holds can no longer change.
    pub(super) fn is_finalized(&self, slot: u64) -> bool {
        slot <= start_of(self.finalized_epoch())
    }

    /// The state of an id: head, genesis, finalized, justified, a slot or a root.
    pub(super) fn named_state(&self, id: &str) -> Result<NamedState<'_>, ApiError> {
        let slot = match id {
            "justified" => Some(start_of(self.justified_epoch())),
            _ => self.slot_named(id, HashKind::BeaconState, "state")?,
        };
        let state = slot.and_then(|slot| {
            let snapshot = self.at(slot)?;
            Some(NamedState { slot, snapshot })
        });
        state.ok_or_else(|| ApiError::not_found(format!("state {id} not found")))
    }

    /// The slot of a block by its id: head, genesis, finalized, a slot or a root. A slot without a block is not
    /// found.
    pub(super) fn named_block(&self, id: &str) -> Result<u64, ApiError> {
        let slot = self.slot_named(id, HashKind::BeaconBlock, "block")?;
        let named = matches!(id, "head" | "finalized");
        let slot = slot.map(|slot| {
            if named {
                self.clock.block_slot(slot)
            } else {
                slot
            }
        });
        let slot = slot.filter(|slot| self.clock.has_block(*slot));
        slot.ok_or_else(|| ApiError::not_found(format!("block {id} not found")))
    }

    fn slot_named(&self, id: &str, kind: HashKind, what: &str) -> Result<Option<u64>, ApiError> {
        Ok(match id {
            "head" => Some(self.clock.slot()),
            "genesis" => Some(0),
            "finalized" => Some(start_of(self.finalized_epoch())),
            _ if id.starts_with("0x") => {
                let hash: Option<B256> = id.parse().ok();
                let hash = hash.ok_or_else(|| invalid(what, id))?;
                self.clock.slot_of_hash(kind, hash)
            }
            _ => Some(id.parse().map_err(|_| invalid(what, id))?),
        })
    }

    /// Index of a validator by its id, an index or a public key; none if there is none in the state.
    pub(super) fn named_validator(
        &self,
        state: &Snapshot,
        id: &str,
    ) -> Result<Option<u64>, ApiError> {
        let others = &state.beacon.others;
        let count = others.count() + state.beacon.validators.len() as u64;
        let index = if id.starts_with("0x") {
            let key: PublicKey = id.parse().map_err(|_| invalid("validator", id))?;
            let own = self.validator_place(&key);
            let own = own.map(|place| others.count() + place as u64);
            own.or_else(|| others.index_of(&key))
        } else {
            Some(id.parse().map_err(|_| invalid("validator", id))?)
        };
        Ok(index.filter(|index| *index < count))
    }
}

/// Validators asked for: ids, and statuses or groups of them; without any, all.
#[derive(Default, serde::Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    pub ids: Option<Vec<String>>,
    #[serde(default)]
    pub statuses: Option<Vec<String>>,
}

impl Wanted {
    /// From a query, in which lists are repeated or separated by commas.
    pub fn from_query(query: &[(String, String)]) -> Self {
        let list = |name: &str| {
            let named = query.iter().filter(|(key, _)| key == name);
            let items = named.flat_map(|(_, value)| value.split(',').map(str::to_owned));
            let items: Vec<String> = items.filter(|item| !item.is_empty()).collect();
            (!items.is_empty()).then_some(items)
        };
        Self {
            ids: list("id"),
            statuses: list("status"),
        }
    }

    /// The statuses asked for; none if all are.
    pub fn statuses(&self) -> Result<Option<Vec<Status>>, ApiError> {
        let Some(names) = self.statuses.as_ref().filter(|names| !names.is_empty()) else {
            return Ok(None);
        };
        let mut statuses = Vec::new();
        for name in names {
            let named = Status::named(name);
            if named.is_empty() {
                return Err(invalid("status", name));
            }
            statuses.extend(named);
        }
        Ok(Some(statuses))
    }
}

fn invalid(what: &str, id: &str) -> ApiError {
    ApiError::bad_request(format!("invalid {what} id: {id}"))
}
