//! Calls that change nothing: simulation, gas estimation, traces.

use alloy::{
    eips::{
        eip2930::{AccessList, AccessListItem},
        BlockId, BlockNumberOrTag,
    },
    primitives::{Address, B256, U256},
    rpc::types::{
        state::{AccountOverride, StateOverride},
        BlockOverrides,
    },
};
use revm::context::{BlockEnv, TxEnv};
use revm::context_interface::either::Either;

use super::{
    head::l1_block_number,
    mining::{block_env, refusal, session, Surroundings},
    replay::replay,
    Chain,
};
use crate::{
    evm::{Checks, Executed, Tracer},
    precompiles,
    state::{AccountChange, State},
    CallOutcome, EstimateError, Overrides, TxError, TxRequest,
};

/// Gas of a call that names none, and most gas of any.
const CALL_GAS: u64 = 50_000_000;
/// Gas of the cheapest transaction.
const MIN_GAS: u64 = 21_000;
/// Gas estimates are at most this much too high, parts per thousand.
const ESTIMATE_TOLERANCE: u64 = 15;

impl Chain {
    /// Executes a call without keeping what it does.
    pub fn call(
        &self,
        request: &TxRequest,
        at: BlockId,
        overrides: &Overrides,
    ) -> Result<CallOutcome, TxError> {
        let simulation = self.simulation(request, at, overrides)?;
        Ok(simulation.run(Tracer::default())?.outcome)
    }

    /// Like [`Chain::call`], with the trace filled in.
    pub fn trace_call(
        &self,
        request: &TxRequest,
        at: BlockId,
        overrides: &Overrides,
    ) -> Result<CallOutcome, TxError> {
        let simulation = self.simulation(request, at, overrides)?;
        Ok(simulation.run(Tracer::frames())?.outcome)
    }

    /// Executes a mined transaction again, with a trace; none for an unknown hash.
    pub fn trace_transaction(&self, hash: B256) -> Option<CallOutcome> {
        let (number, index) = *self.head.transactions.get(&hash)?;
        replay(&self.config, &self.head, number, index)
    }

    /// The least gas limit a transaction succeeds with, or up to 1.5 % more.
    pub fn estimate_gas(
        &self,
        request: &TxRequest,
        at: BlockId,
        overrides: &Overrides,
    ) -> Result<u64, EstimateError> {
        let mut simulation = self.simulation(request, at, overrides)?;
        let mut high = simulation.env.gas_limit;
        let first = simulation.run(Tracer::default())?.outcome;
        if !first.status.is_success() {
            return Err(EstimateError::Failed(Box::new(first)));
        }
        let mut low = (first.gas_used - 1).max(MIN_GAS - 1);
        let spent = first.gas_used + first.gas_refunded;
        // A plain transfer needs exactly what it spends. Elsewhere one part in 64 stays with every caller;
        // most transactions succeed with just that on top.
        let likely = if request.input.is_empty() {
            spent
        } else {
            (spent + 2_300) * 64 / 63
        };
        let mut next = likely;
        while low + 1 < high && (next == likely || (high - low) * 1_000 > high * ESTIMATE_TOLERANCE)
        {
            if next <= low || next >= high {
                next = low + (high - low) / 2;
            }
            simulation.env.gas_limit = next;
            match simulation.run(Tracer::default()) {
                Ok(executed) if executed.outcome.status.is_success() => high = next,
                Ok(_) | Err(TxError::IntrinsicGas { .. }) => low = next,
                Err(error) => return Err(error.into()),
            }
            next = low + (high - low) / 2;
        }
        Ok(high)
    }

    /// Accounts and slots a call touches, and how it ends with them warmed.
    pub fn create_access_list(
        &self,
        request: &TxRequest,
        at: BlockId,
    ) -> Result<(AccessList, CallOutcome), TxError> {
        let simulation = self.simulation(request, at, &Overrides::default())?;
        let touched = simulation.run(Tracer::default())?.state;
        let mut items: Vec<AccessListItem> = touched
            .into_iter()
            .map(|(address, account)| AccessListItem {
                address,
                storage_keys: account.storage.keys().map(|key| B256::from(*key)).collect(),
            })
            .filter(|item| !self.is_warm_anyway(item, request))
            .collect();
        items.sort_by_key(|item| item.address);
        let list = AccessList(items);
        let request = TxRequest {
            access_list: Some(list.clone()),
            ..request.clone()
        };
        let outcome = self.call(&request, at, &Overrides::default())?;
        Ok((list, outcome))
    }

    /// Whether an account needs no place in an access list.
    fn is_warm_anyway(&self, item: &AccessListItem, request: &TxRequest) -> bool {
        let party = item.address == request.from || Some(item.address) == request.to;
        let precompile =
            precompiles::ADDRESSES.contains(&item.address) || item.address.0[..18] == [0; 18];
        precompile || (party && item.storage_keys.is_empty())
    }

    /// A call ready to run, again and again.
    fn simulation(
        &self,
        request: &TxRequest,
        at: BlockId,
        overrides: &Overrides,
    ) -> Result<Simulation<'_>, TxError> {
        let height = self.height(at).ok_or(TxError::UnknownBlock(at))?;
        let block = self
            .head
            .blocks
            .get(height as usize)
            .ok_or(TxError::UnknownBlock(at))?;
        let mut state = self.state_at(at)?.clone();
        if let Some(accounts) = &overrides.state {
            override_state(&mut state, accounts)?;
        }
        let pending = at == BlockId::Number(BlockNumberOrTag::Pending);
        let mut env = if pending {
            let time = self.head.next_time(&self.config);
            block_env(&self.config, time, l1_block_number(&self.config, time))
        } else {
            block_env(&self.config, block.header.timestamp, block.l1_block_number)
        };
        if let Some(fields) = &overrides.block {
            override_block(&mut env, fields);
        }
        let env_tx = self.call_env(request, &state);
        Ok(Simulation {
            chain: self,
            state,
            block: env,
            number: height + u64::from(pending),
            env: env_tx,
        })
    }

    /// The call as revm takes it.
    fn call_env(&self, request: &TxRequest, state: &State) -> TxEnv {
        let price = request.gas_price.unwrap_or_default();
        let spare = state.balance(&request.from).saturating_sub(request.value);
        let affordable = spare
            .checked_div(U256::from(price))
            .unwrap_or(U256::MAX)
            .saturating_to::<u64>();
        let gas = request
            .gas
            .unwrap_or(CALL_GAS)
            .min(CALL_GAS)
            .min(self.config.block_gas_limit);
        TxEnv {
            tx_type: if !request.authorizations.is_empty() {
                4
            } else {
                u8::from(request.access_list.is_some())
            },
            caller: request.from,
            gas_limit: gas.min(affordable.max(MIN_GAS)),
            gas_price: price,
            kind: request.to.into(),
            value: request.value,
            data: request.input.clone(),
            nonce: request.nonce.unwrap_or_default(),
            chain_id: Some(self.config.chain_id),
            access_list: request.access_list.clone().unwrap_or_default(),
            gas_priority_fee: (!request.authorizations.is_empty()).then_some(0),
            authorization_list: request
                .authorizations
                .iter()
                .cloned()
                .map(Either::Left)
                .collect(),
            ..TxEnv::default()
        }
    }
}

/// A call with all it runs in.
struct Simulation<'a> {
    chain: &'a Chain,
    state: State,
    block: BlockEnv,
    number: u64,
    env: TxEnv,
}

impl Simulation<'_> {
    /// Runs the call.
    fn run(&self, tracer: Tracer) -> Result<Executed, TxError> {
        let config = &self.chain.config;
        let mut session = session(
            config,
            &self.chain.head,
            self.number,
            self.chain.head.tickets.clone(),
        );
        session.tracer = tracer;
        let surroundings = Surroundings {
            config,
            state: self.state.clone(),
            block: self.block.clone(),
            session,
        };
        surroundings
            .execute(self.env.clone(), Checks::Call)
            .map_err(|refused| refusal(refused, self.env.caller))
    }
}

/// Pretends that accounts are different.
fn override_state(state: &mut State, accounts: &StateOverride) -> Result<(), TxError> {
    for (address, fields) in accounts {
        let change = override_account(state, *address, fields)?;
        state.apply(&change);
    }
    Ok(())
}

/// The change one account's override means.
fn override_account(
    state: &State,
    address: Address,
    fields: &AccountOverride,
) -> Result<AccountChange, TxError> {
    if fields.state.is_some() && fields.state_diff.is_some() {
        return Err(TxError::Invalid(format!(
            "account {address} has both 'state' and 'stateDiff'"
        )));
    }
    let mut change = state.unchanged(address);
    change.balance = fields.balance.unwrap_or(change.balance);
    change.nonce = fields.nonce.unwrap_or(change.nonce);
    change.code = fields.code.clone();
    let slots = fields
        .state
        .as_ref()
        .or(fields.state_diff.as_ref())
        .into_iter()
        .flatten();
    change.slots = slots
        .map(|(slot, value)| ((*slot).into(), (*value).into()))
        .collect();
    if fields.state.is_some() {
        change.wiped = true;
        change.code = Some(change.code.unwrap_or_else(|| state.code(&address)));
    }
    Ok(change)
}

/// Pretends that the block is different.
fn override_block(env: &mut BlockEnv, fields: &BlockOverrides) {
    env.number = fields.number.unwrap_or(env.number);
    env.timestamp = fields.time.map_or(env.timestamp, U256::from);
    env.gas_limit = fields.gas_limit.unwrap_or(env.gas_limit);
    env.beneficiary = fields.coinbase.unwrap_or(env.beneficiary);
    env.basefee = fields
        .base_fee
        .map_or(env.basefee, |fee| fee.saturating_to());
    env.difficulty = fields.difficulty.unwrap_or(env.difficulty);
    env.prevrandao = fields.random.or(env.prevrandao);
}
