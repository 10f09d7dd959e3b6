//! Building blocks: executes transactions one after another and seals them.

use std::sync::Arc;

use alloy::{
    consensus::{proofs::calculate_transaction_root, Transaction as _, Typed2718},
    primitives::{logs_bloom, Bloom, Log, B256, U256},
    sol_types::SolEvent,
};
use revm::{
    context::{BlockEnv, TxEnv},
    context_interface::block::BlobExcessGasAndPrice,
};

use super::{
    head::{header, l1_block_number, Head, Replay, Sealed, SEQUENCER},
    tickets,
};
use crate::{
    abi::{ArbSys::L2ToL1Tx, ARB_SYS},
    evm::{ArbEvm, Checks, Executed, RecentPrograms, Refused, Session},
    state::{AccountChange, PMap, State},
    Block, CallOutcome, Config, ExecStatus, L2ToL1Message, Receipt, Ticket, Transaction, TxError,
};

/// What a transaction runs in.
pub(super) struct Surroundings<'a> {
    pub config: &'a Config,
    pub state: State,
    pub block: BlockEnv,
    pub session: Session,
}

impl Surroundings<'_> {
    /// Executes a transaction without keeping what it does.
    pub fn execute(self, env: TxEnv, checks: Checks) -> Result<Executed, Refused> {
        ArbEvm::new(
            self.state,
            self.block,
            self.config.chain_id,
            checks,
            self.session,
        )
        .transact(env)
    }
}

/// The block contracts see.
pub(super) fn block_env(config: &Config, timestamp: u64, l1_number: u64) -> BlockEnv {
    BlockEnv {
        number: U256::from(l1_number),
        beneficiary: SEQUENCER,
        timestamp: U256::from(timestamp),
        gas_limit: config.block_gas_limit,
        basefee: config.base_fee,
        difficulty: U256::from(1),
        prevrandao: Some(B256::with_last_byte(1)),
        blob_excess_gas_and_price: Some(BlobExcessGasAndPrice {
            excess_blob_gas: 0,
            blob_gasprice: 1,
        }),
        ..BlockEnv::default()
    }
}

/// What Arbitrum adds to a transaction of block `number` on this head.
pub(super) fn session(
    config: &Config,
    head: &Head,
    number: u64,
    tickets: PMap<B256, Ticket>,
) -> Session {
    Session {
        block_number: number,
        blocks: head.blocks.clone(),
        tickets,
        startup: config.startup,
        debug: config.debug,
        ..Session::default()
    }
}

/// A block in the making.
pub(super) struct Builder<'a> {
    config: &'a Config,
    pub head: &'a mut Head,
    number: u64,
    pub timestamp: u64,
    l1_number: u64,
    gas_used: u64,
    recent: RecentPrograms,
    transactions: Vec<Arc<Transaction>>,
    receipts: Vec<Arc<Receipt>>,
    sealed: Sealed,
    logs: u64,
}

/// A transaction on its way into a block.
pub(super) struct Job {
    pub transaction: Arc<Transaction>,
    pub checks: Checks,
    pub replay: Replay,
}

impl<'a> Builder<'a> {
    /// Opens the next block, clearing away expired tickets.
    pub fn open(config: &'a Config, head: &'a mut Head) -> Self {
        let timestamp = head.next_time(config);
        (head.next_timestamp, head.unseen_shift) = (None, 0);
        let mut builder = Builder {
            config,
            number: head.number() + 1,
            timestamp,
            l1_number: l1_block_number(config, timestamp),
            gas_used: 0,
            recent: RecentPrograms::default(),
            transactions: Vec::new(),
            receipts: Vec::new(),
            sealed: Sealed {
                tickets: head.tickets.clone(),
                ..Sealed::default()
            },
            logs: 0,
            head,
        };
        tickets::expire(&mut builder);
        builder.sealed.opening = builder.sealed.changes.len();
        builder
    }

    /// Chain id and base fee.
    pub fn prices(&self) -> (u64, u64) {
        (self.config.chain_id, self.config.base_fee)
    }

    /// Gas the block has left.
    pub fn gas_left(&self) -> u64 {
        self.config.block_gas_limit - self.gas_used
    }

    /// Applies changes that no transaction makes.
    pub fn apply(&mut self, changes: &[AccountChange]) {
        changes
            .iter()
            .for_each(|change| self.head.state.apply(change));
        self.sealed.changes.extend_from_slice(changes);
    }

    /// Executes a transaction and takes it into the block, with the retries it schedules.
    pub fn run(&mut self, job: Job) -> Result<Arc<Receipt>, TxError> {
        let (receipt, _) = self.run_one(job, |_, _| Vec::new())?;
        tickets::follow(self, &receipt);
        Ok(receipt)
    }

    /// Executes a transaction and takes it into the block. `after` says what else changes, given the outcome.
    pub fn run_one(
        &mut self,
        mut job: Job,
        after: impl FnOnce(&State, &CallOutcome) -> Vec<AccountChange>,
    ) -> Result<(Arc<Receipt>, CallOutcome), TxError> {
        let outcome = match job.replay.env.clone() {
            Some(env) => self.execute(&job, env)?,
            None => {
                self.apply(&job.replay.before.clone());
                blank_outcome()
            }
        };
        job.replay.after = after(&self.head.state, &outcome);
        self.apply(&job.replay.after.clone());
        let receipt = self.record(job, &outcome);
        Ok((receipt, outcome))
    }

    /// Takes in a transaction that runs nothing but has logs of its own.
    pub fn note(&mut self, job: Job, logs: Vec<Log>, status: ExecStatus) -> Arc<Receipt> {
        self.apply(&job.replay.before.clone());
        self.record(
            job,
            &CallOutcome {
                logs,
                status,
                ..blank_outcome()
            },
        )
    }

    /// Runs a transaction and keeps what it did. A refused one leaves no trace.
    fn execute(&mut self, job: &Job, env: TxEnv) -> Result<CallOutcome, TxError> {
        let mut state = self.head.state.clone();
        job.replay
            .before
            .iter()
            .for_each(|change| state.apply(change));
        let mut session = session(
            self.config,
            self.head,
            self.number,
            self.head.tickets.clone(),
        );
        session.recent = self.recent.clone();
        session.aliased = job.replay.aliased;
        session.redeemer = job.replay.redeemer;
        let block = block_env(self.config, self.timestamp, self.l1_number);
        let surroundings = Surroundings {
            config: self.config,
            state: state.clone(),
            block,
            session,
        };
        let from = job.transaction.from;
        let executed = surroundings
            .execute(env, job.checks)
            .map_err(|refused| refusal(refused, from))?;

        self.sealed.changes.extend_from_slice(&job.replay.before);
        self.head.state = state;
        self.sealed
            .changes
            .extend(self.head.state.commit(executed.state));
        self.recent = executed.recent;
        Ok(executed.outcome)
    }

    /// Writes the receipt and follows messages to L1.
    fn record(&mut self, job: Job, outcome: &CallOutcome) -> Arc<Receipt> {
        self.gas_used += outcome.gas_used;
        let transaction = job.transaction;
        let receipt = Arc::new(Receipt {
            tx_hash: transaction.hash(),
            tx_type: transaction.envelope.ty(),
            index: self.transactions.len() as u64,
            block_number: self.number,
            block_hash: B256::ZERO,
            timestamp: self.timestamp,
            from: transaction.from,
            to: transaction.envelope.to(),
            created: outcome.created,
            status: outcome.status.clone(),
            gas_used: outcome.gas_used,
            gas_refunded: outcome.gas_refunded,
            cumulative_gas_used: self.gas_used,
            effective_gas_price: self.config.base_fee.into(),
            logs: outcome.logs.clone(),
            first_log_index: self.logs,
            logs_bloom: logs_bloom(&outcome.logs),
            output: outcome.output.clone(),
            console: outcome.console.clone(),
        });
        self.logs += outcome.logs.len() as u64;
        self.head.outbox.extend(
            outcome
                .logs
                .iter()
                .filter_map(|log| outgoing(log, receipt.tx_hash)),
        );
        self.transactions.push(transaction);
        self.receipts.push(receipt.clone());
        self.sealed.replays.push(job.replay);
        receipt
    }

    /// Closes the block and puts it on the chain.
    pub fn seal(mut self) -> Arc<Block> {
        let parent = self.head.latest().clone();
        let mut header = header(self.config, Some(&parent), self.timestamp, self.l1_number);
        header.gas_used = self.gas_used;
        if !self.transactions.is_empty() {
            let envelopes: Vec<_> = self
                .transactions
                .iter()
                .map(|transaction| &transaction.envelope)
                .collect();
            header.transactions_root = calculate_transaction_root(&envelopes);
        }
        header.logs_bloom = self
            .receipts
            .iter()
            .fold(Bloom::ZERO, |bloom, receipt| bloom | receipt.logs_bloom);
        let hash = header.hash_slow();
        for receipt in &mut self.receipts {
            Arc::make_mut(receipt).block_hash = hash;
        }
        let block = Block {
            header,
            hash,
            l1_block_number: self.l1_number,
            transactions: self.transactions,
            receipts: self.receipts,
        };
        self.sealed.state = self.head.state.clone();
        self.head.push(block, self.sealed);
        self.head.latest().clone()
    }
}

/// The outcome of running nothing.
pub(super) fn blank_outcome() -> CallOutcome {
    CallOutcome {
        status: ExecStatus::Success,
        output: Default::default(),
        gas_used: 0,
        gas_refunded: 0,
        logs: Vec::new(),
        created: None,
        console: Vec::new(),
        trace: None,
    }
}

/// The message to L1 that a log stands for.
fn outgoing(log: &Log, tx_hash: B256) -> Option<L2ToL1Message> {
    if log.address != ARB_SYS {
        return None;
    }
    let sent = L2ToL1Tx::decode_log(log).ok()?.data;
    Some(L2ToL1Message {
        from: sent.caller,
        to: sent.destination,
        value: sent.callvalue,
        data: sent.data,
        position: sent.position.saturating_to(),
        block_number: sent.arbBlockNum.saturating_to(),
        timestamp: sent.timestamp.saturating_to(),
        tx_hash,
    })
}

/// A refusal by the EVM in geth's words.
pub(super) fn refusal(refused: Refused, address: alloy::primitives::Address) -> TxError {
    use revm::context::result::{EVMError, InvalidTransaction as Invalid};
    let EVMError::Transaction(invalid) = refused else {
        return TxError::Invalid(refused.to_string());
    };
    match invalid {
        Invalid::NonceTooLow { tx, state } => TxError::NonceTooLow { address, tx, state },
        Invalid::NonceTooHigh { tx, state } => TxError::NonceTooHigh { address, tx, state },
        Invalid::LackOfFundForMaxFee { fee, balance } => TxError::InsufficientFunds {
            address,
            have: *balance,
            want: *fee,
        },
        Invalid::CallGasCostMoreThanGasLimit {
            initial_gas,
            gas_limit,
        } => TxError::IntrinsicGas {
            have: gas_limit,
            want: initial_gas,
        },
        Invalid::RejectCallerWithCode => TxError::SenderHasCode(address),
        other => TxError::Invalid(other.to_string()),
    }
}
