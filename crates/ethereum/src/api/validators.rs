//! Validators, their balances, and deposits that wait.

use alloy::primitives::B256;
use axum::{
    body::Bytes,
    extract::{Path, Query, State},
    Json,
};
use serde_json::{json, Value};

use super::{
    error::ApiError,
    ids::{NamedState, Wanted},
    lock, Shared,
};
use crate::{beacon::OTHER_BALANCE, clock::epoch_of, validator::Validator, Ethereum};

type Answer = Result<Json<Value>, ApiError>;
type Pairs = Query<Vec<(String, String)>>;

pub(super) async fn list(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Query(query): Pairs,
) -> Answer {
    lock(&shared).validators(&id, &Wanted::from_query(&query))
}

pub(super) async fn list_posted(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    body: Bytes,
) -> Answer {
    lock(&shared).validators(&id, &posted(&body)?.unwrap_or_default())
}

pub(super) async fn one(
    State(shared): State<Shared>,
    Path((id, validator)): Path<(String, String)>,
) -> Answer {
    let ethereum = lock(&shared);
    let state = ethereum.named_state(&id)?;
    let index = ethereum.named_validator(state.snapshot, &validator)?;
    let index =
        index.ok_or_else(|| ApiError::not_found(format!("validator {validator} not found")))?;
    let (validator, balance) = ethereum.validator(&state, index);
    let data = render(&state, index, &validator, balance);
    Ok(ethereum.answer(state.slot, data))
}

pub(super) async fn balances(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Query(query): Pairs,
) -> Answer {
    let wanted = Wanted::from_query(&query);
    lock(&shared).validator_balances(&id, wanted.ids.as_deref())
}

pub(super) async fn balances_posted(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    body: Bytes,
) -> Answer {
    let ids: Option<Vec<String>> = posted(&body)?;
    lock(&shared).validator_balances(&id, ids.as_deref())
}

pub(super) async fn pending_deposits(
    State(shared): State<Shared>,
    Path(id): Path<String>,
) -> Answer {
    let ethereum = lock(&shared);
    let state = ethereum.named_state(&id)?;
    let deposits = state.snapshot.beacon.pending.iter().map(|deposit| {
        json!({
            "pubkey": deposit.public_key,
            "withdrawal_credentials": deposit.credentials,
            "amount": deposit.amount.to_string(),
            "signature": deposit.signature,
            "slot": deposit.slot.to_string(),
        })
    });
    let Json(mut answer) = ethereum.answer(state.slot, deposits.collect());
    answer["version"] = super::beacon::FORK.into();
    Ok(Json(answer))
}

/// A body of JSON; an empty one asks for nothing in particular.
pub(super) fn posted<T: serde::de::DeserializeOwned>(body: &Bytes) -> Result<Option<T>, ApiError> {
    if body.is_empty() {
        return Ok(None);
    }
    let unreadable = |error| ApiError::bad_request(format!("invalid body: {error}"));
    serde_json::from_slice(body).map_err(unreadable)
}

impl Ethereum {
    fn validators(&self, id: &str, wanted: &Wanted) -> Answer {
        let state = self.named_state(id)?;
        let statuses = wanted.statuses()?;
        let epoch = epoch_of(state.slot);
        let mut data = Vec::new();
        for index in self.indices(&state, wanted.ids.as_deref())? {
            let (validator, balance) = self.validator(&state, index);
            let status = validator.status(epoch, balance);
            if statuses.as_ref().is_none_or(|it| it.contains(&status)) {
                data.push(render(&state, index, &validator, balance));
            }
        }
        Ok(self.answer(state.slot, data.into()))
    }

    fn validator_balances(&self, id: &str, ids: Option<&[String]>) -> Answer {
        let state = self.named_state(id)?;
        let mut data = Vec::new();
        for index in self.indices(&state, ids)? {
            let (_, balance) = self.validator(&state, index);
            data.push(json!({ "index": index.to_string(), "balance": balance.to_string() }));
        }
        Ok(self.answer(state.slot, data.into()))
    }

    /// Indices of the validators asked for, each once; those that do not exist are left out.
    pub(super) fn indices(
        &self,
        state: &NamedState<'_>,
        ids: Option<&[String]>,
    ) -> Result<Vec<u64>, ApiError> {
        let Some(ids) = ids.filter(|ids| !ids.is_empty()) else {
            let beacon = &state.snapshot.beacon;
            let count = beacon.others.count() + beacon.validators.len() as u64;
            return Ok((0..count).collect());
        };
        let mut indices = Vec::new();
        for id in ids {
            indices.extend(self.named_validator(state.snapshot, id)?);
        }
        indices.sort_unstable();
        indices.dedup();
        Ok(indices)
    }

    /// A validator by its index, which exists, and its balance in gwei.
    pub(super) fn validator(&self, state: &NamedState<'_>, index: u64) -> (Validator, u64) {
        let beacon = &state.snapshot.beacon;
        match index.checked_sub(beacon.others.count()) {
            None => (beacon.others.validator(&self.config, index), OTHER_BALANCE),
            Some(place) => {
                let place = place as usize;
                let validator = Validator::clone(&beacon.validators[place]);
                (validator, beacon.balances[place])
            }
        }
    }

    /// Data about a slot, in the envelope of the Beacon API.
    pub(super) fn answer(&self, slot: u64, data: Value) -> Json<Value> {
        Json(json!({
            "execution_optimistic": false,
            "finalized": self.is_finalized(slot),
            "data": data,
        }))
    }
}

fn render(state: &NamedState<'_>, index: u64, validator: &Validator, balance: u64) -> Value {
    let credentials: B256 = validator.credentials;
    json!({
        "index": index.to_string(),
        "balance": balance.to_string(),
        "status": validator.status(epoch_of(state.slot), balance).name(),
        "validator": {
            "pubkey": validator.public_key,
            "withdrawal_credentials": credentials,
            "effective_balance": validator.effective_balance.to_string(),
            "slashed": validator.slashed,
            "activation_eligibility_epoch": validator.activation_eligibility_epoch.to_string(),
            "activation_epoch": validator.activation_epoch.to_string(),
            "exit_epoch": validator.exit_epoch.to_string(),
            "withdrawable_epoch": validator.withdrawable_epoch.to_string(),
        },
    })
}
