//! Messages from L1: deposits, and retryable tickets with their whole life.

use std::sync::Arc;

use alloy::{
    consensus::TxEip1559,
    primitives::{keccak256, Address, Log, TxKind, U256},
    sol_types::SolEvent,
};
use revm::context::TxEnv;

use super::{
    envelope::{unsigned_envelope, with_hash},
    head::Replay,
    ledger::Ledger,
    mining::{Builder, Job},
    Chain,
};
use crate::{
    abi::{ArbRetryableTx::*, ARB_RETRYABLE_TX},
    alias,
    evm::Checks,
    precompiles::{escrow, ticket_slot, LIFETIME},
    state::AccountChange,
    ExecStatus, L1Delivery, L1Message, Origin, Receipt, RetryableMessage, Ticket, Transaction,
    TxError,
};

/// Gas any transaction needs.
const MIN_GAS: u64 = 21_000;

impl Chain {
    /// Delivers a message from L1 in a block of its own.
    pub fn deliver(&mut self, message: L1Message) -> Result<L1Delivery, TxError> {
        let mut head = self.head.clone();
        head.deliveries += 1;
        let salt = head.deliveries;
        let mut builder = Builder::open(&self.config, &mut head);
        let delivery = match message {
            L1Message::Deposit {
                from,
                to,
                value,
                data,
                gas,
            } => {
                let call = TxEip1559 {
                    gas_limit: gas,
                    to: to.into(),
                    value,
                    input: data,
                    ..Default::default()
                };
                deposit(&mut builder, alias(from), call, salt)?
            }
            L1Message::Retryable(message) => submit(&mut builder, message, salt)?,
        };
        builder.seal();
        self.head = head;
        Ok(delivery)
    }
}

/// Credits a deposit, and calls with it if it carries data. The gas of the call was paid on L1.
fn deposit(
    builder: &mut Builder,
    from: Address,
    call: TxEip1559,
    salt: u64,
) -> Result<L1Delivery, TxError> {
    let (chain_id, base_fee) = builder.prices();
    let mut ledger = Ledger::new(&builder.head.state);
    let to = call.to.to().copied().unwrap_or_default();
    let (value, gas) = (call.value, call.gas_limit);
    let calls = !call.input.is_empty();
    let nonce = builder.head.state.nonce(&from);
    let mut env = None;
    if calls {
        ledger.credit(from, value + fee(gas, base_fee));
        env = Some(call_env(chain_id, base_fee, from, nonce, &call));
    } else {
        ledger.credit(to, value);
    }
    let transaction = transaction(
        with_prices(chain_id, base_fee, nonce, call),
        from,
        Origin::Deposit,
        salt,
    );
    let tx_hash = transaction.hash();
    let job = job(transaction, env, ledger.changes, None);
    let (receipt, _) = builder.run_one(job, |state, outcome| {
        let mut ledger = Ledger::new(state);
        if calls {
            ledger.debit(from, fee(gas - outcome.gas_used, base_fee));
        }
        ledger.changes
    })?;
    follow(builder, &receipt);
    Ok(L1Delivery {
        tx_hash,
        redeem_hash: None,
    })
}

/// Creates a ticket and redeems it at once if it carries enough gas.
fn submit(
    builder: &mut Builder,
    message: RetryableMessage,
    salt: u64,
) -> Result<L1Delivery, TxError> {
    let (chain_id, base_fee) = builder.prices();
    let from = alias(message.from);
    let mut ledger = Ledger::new(&builder.head.state);
    ledger.credit(from, message.deposit);
    let call = TxEip1559 {
        gas_limit: message.gas,
        to: message.to.into(),
        value: message.value,
        input: message.data.clone(),
        ..Default::default()
    };
    let nonce = builder.head.state.nonce(&from);
    let transaction = transaction(
        with_prices(chain_id, base_fee, nonce, call),
        from,
        Origin::SubmitRetryable,
        salt,
    );
    let id = transaction.hash();
    if ledger.state.balance(&from) < message.value {
        let status = ExecStatus::Halt("the deposit does not cover the ticket's value".into());
        builder.note(
            job(transaction, None, ledger.changes, None),
            Vec::new(),
            status,
        );
        return Ok(L1Delivery {
            tx_hash: id,
            redeem_hash: None,
        });
    }
    ledger.transfer(from, escrow(id), message.value);
    // What the deposit holds beyond the value: first the refund of the submission fee, then gas.
    let mut spare = message.deposit.saturating_sub(message.value);
    let refund = spare.min(message.max_submission_cost);
    ledger.transfer(from, message.fee_refund_address, refund);
    spare -= refund;
    let timeout = builder.timestamp + LIFETIME;
    ledger.set_timeout(id, timeout);

    let gas_cost = fee(message.gas, base_fee);
    let affordable = message.gas >= MIN_GAS
        && message.max_fee_per_gas >= base_fee.into()
        && ledger.state.balance(&from) >= gas_cost;
    let mut logs = vec![event(TicketCreated { ticketId: id })];
    let mut retry = None;
    if affordable {
        ledger.debit(from, gas_cost);
        let overpaid =
            U256::from(message.max_fee_per_gas - u128::from(base_fee)) * U256::from(message.gas);
        ledger.transfer(
            from,
            message.fee_refund_address,
            overpaid.min(spare.saturating_sub(gas_cost)),
        );
        let hash = keccak256([id.as_slice(), &[0; 8], &message.gas.to_be_bytes()].concat());
        retry = Some(hash);
        logs.push(event(RedeemScheduled {
            ticketId: id,
            retryTxHash: hash,
            sequenceNum: 0,
            donatedGas: message.gas,
            gasDonor: message.fee_refund_address,
            maxRefund: U256::MAX,
            submissionFeeRefund: refund,
        }));
    }
    let ticket = Ticket {
        id,
        from,
        to: message.to,
        value: message.value,
        beneficiary: message.beneficiary,
        data: message.data,
        timeout,
        tries: 0,
    };
    builder.head.tickets.insert(id, ticket);
    let receipt = builder.note(
        job(transaction, None, ledger.changes, None),
        logs,
        ExecStatus::Success,
    );
    follow(builder, &receipt);
    Ok(L1Delivery {
        tx_hash: id,
        redeem_hash: retry,
    })
}

/// Carries out what a transaction did to tickets: forgets cancelled ones, runs scheduled retries.
/// A retry that cannot even start, for want of gas, leaves the ticket as it is.
pub(super) fn follow(builder: &mut Builder, receipt: &Receipt) {
    for log in receipt
        .logs
        .iter()
        .filter(|log| log.address == ARB_RETRYABLE_TX)
    {
        if let Ok(cancelled) = Canceled::decode_log(log) {
            builder.head.tickets.remove(&cancelled.ticketId);
        } else if let Ok(scheduled) = RedeemScheduled::decode_log(log) {
            if let Ok(Some(receipt)) = retry(builder, scheduled.data) {
                follow(builder, &receipt);
            }
        }
    }
}

/// Runs a ticket's call. On success the ticket is gone; otherwise it stays with its value.
fn retry(
    builder: &mut Builder,
    scheduled: RedeemScheduled,
) -> Result<Option<Arc<Receipt>>, TxError> {
    let id = scheduled.ticketId;
    let Some(ticket) = builder.head.tickets.get(&id).cloned() else {
        return Ok(None);
    };
    let timeout: u64 = builder
        .head
        .state
        .slot(&ARB_RETRYABLE_TX, &ticket_slot(id))
        .saturating_to();
    if timeout == 0 {
        return Ok(None);
    }
    let (chain_id, base_fee) = builder.prices();
    let gas = scheduled.donatedGas;
    let mut ledger = Ledger::new(&builder.head.state);
    ledger.credit(ticket.from, fee(gas, base_fee));
    ledger.transfer(escrow(id), ticket.from, ticket.value);
    ledger.set_timeout(id, 0);

    let call = TxEip1559 {
        gas_limit: gas,
        to: ticket.to.into(),
        value: ticket.value,
        input: ticket.data.clone(),
        ..Default::default()
    };
    let nonce = builder.head.state.nonce(&ticket.from);
    let env = call_env(chain_id, base_fee, ticket.from, nonce, &call);
    let (envelope, _) =
        unsigned_envelope(with_prices(chain_id, base_fee, nonce, call), ticket.from);
    let envelope = with_hash(envelope, scheduled.retryTxHash);
    let transaction = Arc::new(Transaction {
        envelope,
        from: ticket.from,
        origin: Origin::Redeem,
    });

    let job = job(
        transaction,
        Some(env),
        ledger.changes,
        Some(scheduled.gasDonor),
    );
    let (receipt, outcome) = builder.run_one(job, |state, outcome| {
        let mut ledger = Ledger::new(state);
        ledger.transfer(
            ticket.from,
            scheduled.gasDonor,
            fee(gas - outcome.gas_used, base_fee),
        );
        if !outcome.status.is_success() {
            ledger.transfer(ticket.from, escrow(id), ticket.value);
            ledger.set_timeout(id, timeout);
        }
        ledger.changes
    })?;
    if outcome.status.is_success() {
        builder.head.tickets.remove(&id);
    } else {
        builder.head.tickets.insert(
            id,
            Ticket {
                tries: ticket.tries + 1,
                ..ticket
            },
        );
    }
    Ok(Some(receipt))
}

/// Pays expired tickets out to their beneficiaries, as plain credits.
pub(super) fn expire(builder: &mut Builder) {
    let now = builder.timestamp;
    let expired = builder
        .head
        .open_tickets()
        .into_iter()
        .filter(|ticket| ticket.timeout <= now);
    for ticket in expired.collect::<Vec<_>>() {
        let mut ledger = Ledger::new(&builder.head.state);
        ledger.transfer(escrow(ticket.id), ticket.beneficiary, ticket.value);
        ledger.set_timeout(ticket.id, 0);
        builder.apply(&ledger.changes);
        builder.head.tickets.remove(&ticket.id);
    }
}

/// Wei of some gas.
fn fee(gas: u64, base_fee: u64) -> U256 {
    U256::from(gas) * U256::from(base_fee)
}

/// A log of ArbRetryableTx.
fn event(event: impl SolEvent) -> Log {
    Log {
        address: ARB_RETRYABLE_TX,
        data: event.encode_log_data(),
    }
}

/// A transaction nobody signed, on its way.
fn job(
    transaction: Arc<Transaction>,
    env: Option<TxEnv>,
    before: Vec<AccountChange>,
    redeemer: Option<Address>,
) -> Job {
    let replay = Replay {
        env,
        unsigned: true,
        aliased: true,
        redeemer,
        before,
        after: Vec::new(),
    };
    Job {
        transaction,
        checks: Checks::Impersonated,
        replay,
    }
}

/// A call at the chain's price.
fn call_env(chain_id: u64, base_fee: u64, from: Address, nonce: u64, call: &TxEip1559) -> TxEnv {
    TxEnv {
        caller: from,
        gas_limit: call.gas_limit,
        gas_price: base_fee.into(),
        kind: TxKind::Call(call.to.to().copied().unwrap_or_default()),
        value: call.value,
        data: call.input.clone(),
        nonce,
        chain_id: Some(chain_id),
        ..TxEnv::default()
    }
}

/// The same with chain id, nonce and price.
fn with_prices(chain_id: u64, base_fee: u64, nonce: u64, call: TxEip1559) -> TxEip1559 {
    TxEip1559 {
        chain_id,
        nonce,
        max_fee_per_gas: base_fee.into(),
        ..call
    }
}

/// The transaction a message becomes; the salt makes its hash unique.
fn transaction(call: TxEip1559, from: Address, origin: Origin, salt: u64) -> Arc<Transaction> {
    let (envelope, hash) = unsigned_envelope(call, from);
    let hash = keccak256([hash.as_slice(), b"message", &salt.to_be_bytes()].concat());
    Arc::new(Transaction {
        envelope: with_hash(envelope, hash),
        from,
        origin,
    })
}
