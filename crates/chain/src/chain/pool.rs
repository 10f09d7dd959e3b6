//! Taking in transactions: decoding, checking, waiting for their nonce's turn.

use std::sync::Arc;

use alloy::{
    consensus::{Transaction as _, TxEip1559, TxEnvelope},
    eips::eip2718::Decodable2718,
    primitives::{Address, B256, U256},
};
use revm::context_interface::cfg::gas::calculate_initial_tx_gas_for_tx;

use super::{
    envelope::{delegating_envelope, signer, tx_env, unsigned_envelope},
    head::{Head, Replay, Waiting},
    mining::{Builder, Job},
    Chain,
};
use crate::{
    evm::{Checks, MAX_CODE, SPEC},
    Block, Config, Origin, Receipt, Transaction, TxError, TxRequest,
};

/// Gas limit of a transaction that names none.
const DEFAULT_GAS: u64 = 32_000_000;

impl Chain {
    /// Takes a signed EIP-2718 transaction. Under automine it is mined at once if its nonce is next, and so
    /// are those that waited for it; otherwise it waits. A transaction that reverts is mined all the same.
    pub fn send_raw(&mut self, raw: &[u8]) -> Result<B256, TxError> {
        let envelope = TxEnvelope::decode_2718_exact(raw)
            .map_err(|error| TxError::Decode(error.to_string()))?;
        if envelope.is_eip4844() {
            return Err(TxError::UnsupportedType(3));
        }
        let from = signer(&envelope)?;
        let transaction = Transaction {
            envelope,
            from,
            origin: Origin::Signed,
        };
        self.take_in(transaction, Checks::All)
    }

    /// Takes an unsigned transaction in the name of `from`; treated like a signed one otherwise.
    pub fn submit(&mut self, request: TxRequest) -> Result<B256, TxError> {
        let nonce = request
            .nonce
            .unwrap_or_else(|| self.pending_nonce(request.from));
        let transaction = self.unsigned(request, nonce)?;
        self.take_in(transaction, Checks::Impersonated)
    }

    /// Executes an unsigned transaction in a block of its own, whatever the mining mode.
    pub fn transact(&mut self, request: TxRequest) -> Result<Arc<Receipt>, TxError> {
        let nonce = request
            .nonce
            .unwrap_or_else(|| self.head.state.nonce(&request.from));
        let transaction = self.unsigned(request, nonce)?;
        let waiting = waiting(&self.config, transaction, Checks::Impersonated);
        check(&self.config, &self.head, &waiting)?;
        let hash = waiting.transaction.hash();
        let block = self.mine_one(&waiting)?;
        block
            .receipts
            .iter()
            .find(|receipt| receipt.tx_hash == hash)
            .cloned()
            .ok_or(TxError::AlreadyKnown(hash))
    }

    /// The transaction of a request, with what it leaves out.
    fn unsigned(&self, request: TxRequest, nonce: u64) -> Result<Transaction, TxError> {
        let fee_cap = request.gas_price.unwrap_or(self.config.base_fee.into());
        let gas_limit = request.gas.unwrap_or_else(|| {
            let spare = self
                .head
                .state
                .balance(&request.from)
                .saturating_sub(request.value);
            let affordable = spare.checked_div(U256::from(fee_cap)).unwrap_or(U256::MAX);
            affordable
                .saturating_to::<u64>()
                .min(DEFAULT_GAS)
                .min(self.config.block_gas_limit)
        });
        let call = TxEip1559 {
            chain_id: self.config.chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas: fee_cap,
            max_priority_fee_per_gas: 0,
            to: request.to.into(),
            value: request.value,
            access_list: request.access_list.unwrap_or_default(),
            input: request.input,
        };
        let envelope = match (request.authorizations, request.to) {
            (list, _) if list.is_empty() => unsigned_envelope(call, request.from).0,
            (list, Some(to)) => delegating_envelope(call, to, list, request.from),
            (_, None) => {
                return Err(TxError::Invalid(
                    "EIP-7702 transaction cannot be used to create contract".into(),
                ))
            }
        };
        Ok(Transaction {
            envelope,
            from: request.from,
            origin: Origin::Impersonated,
        })
    }

    /// Checks a transaction and mines it or lets it wait.
    fn take_in(&mut self, transaction: Transaction, checks: Checks) -> Result<B256, TxError> {
        let hash = transaction.hash();
        let from = transaction.from;
        let waiting = waiting(&self.config, transaction, checks);
        check(&self.config, &self.head, &waiting)?;
        let next = self.head.state.nonce(&from);
        if waiting.env.nonce < next {
            return Err(TxError::NonceTooLow {
                address: from,
                tx: waiting.env.nonce,
                state: next,
            });
        }
        // Only after a control set the nonce back.
        if self.head.transactions.contains_key(&hash) {
            return Err(TxError::AlreadyKnown(hash));
        }
        if self.automine && waiting.env.nonce == next {
            self.mine_one(&waiting)?;
            self.head.pool.retain(|other| {
                other.transaction.from != from || other.env.nonce != waiting.env.nonce
            });
            self.mine_successors(from);
        } else {
            self.enqueue(waiting)?;
        }
        Ok(hash)
    }

    /// Mines one transaction in a block of its own; on refusal there is no block.
    fn mine_one(&mut self, waiting: &Waiting) -> Result<Arc<Block>, TxError> {
        let mut head = self.head.clone();
        let mut builder = Builder::open(&self.config, &mut head);
        builder.run(waiting.job())?;
        let block = builder.seal();
        self.head = head;
        Ok(block)
    }

    /// Mines what waited for the sender's nonce, a block each.
    fn mine_successors(&mut self, from: Address) {
        loop {
            let next = self.head.state.nonce(&from);
            let turn = |waiting: &Arc<Waiting>| {
                waiting.transaction.from == from && waiting.env.nonce == next
            };
            let Some(index) = self.head.pool.iter().position(turn) else {
                return;
            };
            let waiting = self.head.pool.remove(index);
            if let Err(error) = self.mine_one(&waiting) {
                tracing::warn!(hash = %waiting.transaction.hash(), %error, "dropped a waiting transaction");
            }
        }
    }

    /// Lets a transaction wait, in the place of a cheaper one with the same nonce.
    fn enqueue(&mut self, waiting: Waiting) -> Result<(), TxError> {
        let same = |other: &Arc<Waiting>| {
            other.transaction.from == waiting.transaction.from
                && other.env.nonce == waiting.env.nonce
        };
        if let Some(index) = self.head.pool.iter().position(same) {
            let former = &self.head.pool[index];
            if former.transaction.hash() == waiting.transaction.hash() {
                return Err(TxError::AlreadyKnown(waiting.transaction.hash()));
            }
            // Geth's rule: at least 10 % more.
            if waiting.fee_cap < former.fee_cap.saturating_add(former.fee_cap / 10) {
                return Err(TxError::Underpriced);
            }
            self.head.pool.set(index, Arc::new(waiting));
        } else {
            self.head.pool.push_back(Arc::new(waiting));
        }
        Ok(())
    }

    /// Lets a transaction of a saved chain wait again.
    pub(super) fn wait_again(&mut self, transaction: Transaction) -> Result<(), TxError> {
        let checks = if transaction.origin == Origin::Signed {
            Checks::All
        } else {
            Checks::Impersonated
        };
        self.enqueue(waiting(&self.config, transaction, checks))
    }

    /// Mines a block with every waiting transaction whose turn comes.
    pub(super) fn mine_pool(&mut self) -> Arc<Block> {
        let mut waiting: Vec<_> = std::mem::take(&mut self.head.pool).into_iter().collect();
        let mut builder = Builder::open(&self.config, &mut self.head);
        let mut progress = true;
        while std::mem::take(&mut progress) {
            waiting.retain(|candidate| {
                let next = builder.head.state.nonce(&candidate.transaction.from);
                if candidate.env.nonce > next || candidate.env.gas_limit > builder.gas_left() {
                    return true;
                }
                progress = true;
                if let Err(error) = builder.run(candidate.job()) {
                    tracing::warn!(hash = %candidate.transaction.hash(), %error, "dropped a waiting transaction");
                }
                false
            });
        }
        let block = builder.seal();
        self.head.pool = waiting.into_iter().collect();
        block
    }
}

impl Waiting {
    /// The transaction on its way into a block.
    fn job(&self) -> Job {
        let replay = Replay {
            env: Some(self.env.clone()),
            unsigned: self.checks != Checks::All,
            aliased: false,
            redeemer: None,
            before: Vec::new(),
            after: Vec::new(),
        };
        Job {
            transaction: self.transaction.clone(),
            checks: self.checks,
            replay,
        }
    }
}

/// A transaction with what executing it needs.
fn waiting(config: &Config, transaction: Transaction, checks: Checks) -> Waiting {
    let env = tx_env(config, &transaction.envelope, transaction.from);
    let fee_cap = transaction.envelope.max_fee_per_gas();
    Waiting {
        transaction: Arc::new(transaction),
        env,
        checks,
        fee_cap,
    }
}

/// What can be said of a transaction before its turn.
fn check(config: &Config, head: &Head, waiting: &Waiting) -> Result<(), TxError> {
    let envelope = &waiting.transaction.envelope;
    let (address, gas) = (waiting.transaction.from, envelope.gas_limit());
    if let Some(have) = envelope.chain_id().filter(|id| *id != config.chain_id) {
        return Err(TxError::WrongChain {
            have,
            want: config.chain_id,
        });
    }
    let (cap, tip) = (
        waiting.fee_cap,
        envelope.max_priority_fee_per_gas().unwrap_or_default(),
    );
    if tip > cap {
        return Err(TxError::TipAboveCap { address, tip, cap });
    }
    if cap < config.base_fee.into() {
        return Err(TxError::FeeCapTooLow {
            address,
            cap,
            base_fee: config.base_fee,
        });
    }
    if gas > config.block_gas_limit {
        return Err(TxError::BlockGasLimit {
            have: gas,
            limit: config.block_gas_limit,
        });
    }
    if envelope.is_create() && envelope.input().len() > 2 * MAX_CODE {
        return Err(TxError::InitCodeSize {
            have: envelope.input().len(),
            limit: 2 * MAX_CODE,
        });
    }
    let intrinsic = calculate_initial_tx_gas_for_tx(&waiting.env, SPEC).initial_total_gas;
    if gas < intrinsic {
        return Err(TxError::IntrinsicGas {
            have: gas,
            want: intrinsic,
        });
    }
    let have = head.state.balance(&address);
    let want = U256::from(gas)
        .saturating_mul(U256::from(cap))
        .saturating_add(envelope.value());
    if have < want {
        return Err(TxError::InsufficientFunds {
            address,
            have,
            want,
        });
    }
    let code = head.state.code(&address);
    if waiting.checks == Checks::All && !code.is_empty() && !code.starts_with(&[0xef, 0x01, 0x00]) {
        return Err(TxError::SenderHasCode(address));
    }
    Ok(())
}
