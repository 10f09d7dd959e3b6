//! The pool on L2: its books, its committee, its validators' keys, and transactions to it.

use alloy::{
    eips::BlockId,
    network::TransactionBuilder,
    primitives::{Address, Bytes, B256, U256},
    providers::{DynProvider, Provider},
    rpc::types::{Filter, TransactionRequest},
    sol_types::{SolCall, SolEvent},
    transports::TransportError,
};
use futures_util::{stream, StreamExt, TryStreamExt};

use crate::{
    beacon::PublicKey,
    bindings::{
        refusal,
        OperatorRegistry::{clusterKeyCall, countsCall, fundedClusterCall, ValidatorFunded},
        Quorum::{membersCall, nonceCall, quorumCall},
        StakeManager::{
            booksCall, closingRateCall, gatewayCall, parameterCall, parkedReportCall,
            rateStatusCall, siblingCall,
        },
    },
    endpoint::{innermost, printable},
    error::{OracleError, Result},
    history,
    schedule::DAY,
};

/// Places in the stake-manager's list of siblings.
const REGISTRY: u8 = 2;
const COMMITTEE: u8 = 3;
/// Place of the freshness limit in the stake-manager's list of parameters.
const FRESHNESS_LIMIT: u8 = 1;
/// Keys that are asked for at once.
const KEYS_AT_ONCE: usize = 16;
/// How often, and how many times, a receipt is asked for.
const RECEIPT_POLL: std::time::Duration = std::time::Duration::from_millis(200);
const RECEIPT_POLLS: u32 = 600;

/// A pool on L2.
#[derive(Clone)]
pub struct Pool {
    provider: DynProvider,
    chain_id: u64,
    manager: Address,
    committee: Address,
    registry: Address,
    gateway: Address,
    /// Keys of funded validators, in the order of their funding. They never change.
    keys: Vec<PublicKey>,
}

/// How things stand on L2, at one block. Amounts are wei, times seconds since the epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Time of the block.
    pub now: u64,
    /// Slot time of the newest report, applied or parked; of the first placement before there is one; else 0.
    pub newest: u64,
    /// Slot time of the last applied report.
    pub last_report: u64,
    /// What the stake-manager sent out so far.
    pub sent_out: u128,
    /// As reported last.
    pub deposits_seen: u128,
    /// As reported last.
    pub cl_balance: u128,
    /// As reported last.
    pub left_seen: u128,
    /// As reported last.
    pub expected_loss: u128,
    /// The last epoch that was closed.
    pub closed_epoch: u32,
    /// Age at which a report is refused.
    pub freshness_limit: u64,
    /// Whether pricing stands still because of a slashing.
    pub slashing_flagged: bool,
    /// Number of the committee's next call.
    pub nonce: U256,
    /// Members of the committee, ascending.
    pub members: Vec<Address>,
    /// How many of them have to sign.
    pub quorum: usize,
}

impl Pool {
    /// The pool of a stake-manager. What is sent later is signed by the provider's wallet.
    ///
    /// # Errors
    /// If the RPC does not answer, or there is no stake-manager.
    pub async fn new(provider: DynProvider, manager: Address) -> Result<Self> {
        let chain_id = provider.get_chain_id().await;
        let chain_id = chain_id.map_err(|error| explain("reading L2's chain id", &error))?;
        let mut pool = Self {
            provider,
            chain_id,
            manager,
            committee: Address::ZERO,
            registry: Address::ZERO,
            gateway: Address::ZERO,
            keys: Vec::new(),
        };
        let latest = BlockId::latest();
        let sibling = |id| siblingCall { id };
        pool.committee = pool.view(manager, latest, sibling(COMMITTEE)).await?;
        pool.registry = pool.view(manager, latest, sibling(REGISTRY)).await?;
        pool.gateway = pool.view(manager, latest, gatewayCall {}).await?;
        Ok(pool)
    }

    /// Chain id of L2.
    pub fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// The stake-manager.
    pub fn manager(&self) -> Address {
        self.manager
    }

    /// The oracle committee.
    pub fn committee(&self) -> Address {
        self.committee
    }

    /// L1 address of the gateway.
    pub fn gateway(&self) -> Address {
        self.gateway
    }

    /// How things stand.
    ///
    /// # Errors
    /// If the RPC does not answer.
    pub async fn standing(&self) -> Result<Standing> {
        let (number, now) = self.latest().await?;
        let at = BlockId::from(number);
        let (manager, committee) = (self.manager, self.committee);
        let id = FRESHNESS_LIMIT;
        let books = self.view(manager, at, booksCall {}).await?;
        let status = self.view(manager, at, rateStatusCall {}).await?;
        let parked = self.view(manager, at, parkedReportCall {}).await?;
        let closing = self.view(manager, at, closingRateCall {}).await?;
        let freshness = self.view(manager, at, parameterCall { id }).await?;
        let last_report = seconds(status.lastReport);
        Ok(Standing {
            now,
            newest: last_report.max(parked.report.slotTime),
            last_report,
            sent_out: wei("sentOut", books.sentOut)?,
            deposits_seen: wei("depositsSeen", books.depositsSeen)?,
            cl_balance: wei("clBalance", books.clBalance)?,
            left_seen: wei("leftSeen", books.leftSeen)?,
            expected_loss: wei("expectedLoss", books.expectedLoss)?,
            closed_epoch: u32::try_from(closing.epoch).unwrap_or(u32::MAX),
            freshness_limit: seconds(freshness.value),
            slashing_flagged: status.reason == 2,
            nonce: self.view(committee, at, nonceCall {}).await?,
            members: self.view(committee, at, membersCall {}).await?,
            quorum: self
                .view(committee, at, quorumCall {})
                .await?
                .saturating_to(),
        })
    }

    /// Keys of the validators that had been funded at a time: the same for all reporters, whenever they ask.
    ///
    /// # Errors
    /// If the RPC does not answer.
    pub async fn keys_at(&mut self, time: u64) -> Result<&[PublicKey]> {
        let (latest, now) = self.latest().await?;
        let counts = self
            .view(self.registry, latest.into(), countsCall {})
            .await?;
        let funded: usize = counts.funded.saturating_to();
        self.fetch_keys(funded).await?;
        let later = match now > time {
            true => self.funded_after(time, latest).await?,
            false => 0,
        };
        let count = funded.saturating_sub(later);
        Ok(&self.keys[..count.min(self.keys.len())])
    }

    /// A time before the funding of the validator of a place in the order of funding, and not much further back than needed.
    ///
    /// # Errors
    /// If the RPC does not answer.
    pub async fn time_before_funding(&mut self, place: usize) -> Result<u64> {
        let (_, now) = self.latest().await?;
        let mut back = 30 * DAY;
        loop {
            let time = now.saturating_sub(back);
            if time == 0 || self.keys_at(time).await?.len() <= place {
                return Ok(time);
            }
            back *= 2;
        }
    }

    async fn fetch_keys(&mut self, count: usize) -> Result<()> {
        let pool = self.clone();
        let fetch = |index: usize| {
            let pool = &pool;
            async move {
                let (index, latest) = (U256::from(index), BlockId::latest());
                let call = fundedClusterCall { index };
                let id = pool.view(pool.registry, latest, call).await?;
                let call = clusterKeyCall { id };
                let key = pool.view(pool.registry, latest, call).await?;
                PublicKey::try_from(key.publicKey.as_ref()).map_err(|_| OracleError::Rpc {
                    action: format!("reading the key of cluster {id}"),
                    cause: "it has not 48 bytes".into(),
                })
            }
        };
        let missing = stream::iter(self.keys.len()..count).map(fetch);
        let found: Vec<PublicKey> = missing.buffered(KEYS_AT_ONCE).try_collect().await?;
        self.keys.extend(found);
        Ok(())
    }

    /// How many validators were funded after a time.
    async fn funded_after(&self, time: u64, latest: u64) -> Result<usize> {
        let first = history::first_block_after(&self.provider, time, latest).await;
        let first = first.map_err(|error| explain("reading a block", &error))?;
        let filter = Filter::new()
            .address(self.registry)
            .event_signature(ValidatorFunded::SIGNATURE_HASH);
        let events = history::events(&self.provider, &filter, first, latest).await;
        let events = events.map_err(|error| explain("reading which validators", &error))?;
        Ok(events.len())
    }

    async fn latest(&self) -> Result<(u64, u64)> {
        let block = self.provider.get_block(BlockId::latest()).await;
        let block = block.map_err(|error| explain("reading the latest block", &error))?;
        let block = block.ok_or_else(missing_block)?;
        Ok((block.header.number, block.header.timestamp))
    }

    async fn view<C: SolCall>(&self, to: Address, at: BlockId, call: C) -> Result<C::Return> {
        let name = C::SIGNATURE.split('(').next().unwrap_or_default();
        let request = TransactionRequest::default()
            .with_to(to)
            .with_input(call.abi_encode());
        let answer = self.provider.call(request).block(at).await;
        let answer = answer.map_err(|error| explain(&format!("reading {name}"), &error))?;
        C::abi_decode_returns(&answer).map_err(|_| OracleError::NoContract {
            what: "the contract",
            account: to,
            chain: "L2",
        })
    }

    /// Sends a call of the committee's contract and waits until it is mined.
    ///
    /// # Errors
    /// If the contract refuses it, or the account cannot pay.
    pub async fn send(&self, from: Address, data: Bytes) -> Result<B256> {
        let action = "handing in the report";
        let problem = |error: TransportError| explain(action, &error);
        let request = TransactionRequest::default()
            .with_from(from)
            .with_to(self.committee)
            .with_input(data)
            .with_chain_id(self.chain_id);
        let gas = self.provider.estimate_gas(request.clone()).await;
        let gas = gas.map_err(problem)?;
        let fees = self.provider.estimate_eip1559_fees().await;
        let fees = fees.map_err(problem)?;
        let nonce = self.provider.get_transaction_count(from).pending().await;
        let request = request
            .with_nonce(nonce.map_err(problem)?)
            .with_gas_limit(gas + gas / 5)
            .with_max_fee_per_gas(fees.max_fee_per_gas)
            .with_max_priority_fee_per_gas(fees.max_priority_fee_per_gas);
        let sent = self.provider.send_transaction(request).await;
        let hash = *sent.map_err(problem)?.tx_hash();
        for _ in 0..RECEIPT_POLLS {
            let receipt = self.provider.get_transaction_receipt(hash).await;
            match receipt.map_err(problem)? {
                Some(receipt) if receipt.status() => return Ok(hash),
                Some(_) => {
                    return Err(OracleError::Rpc {
                        action: action.into(),
                        cause: format!("transaction {hash} failed"),
                    })
                }
                None => tokio::time::sleep(RECEIPT_POLL).await,
            }
        }
        Err(OracleError::Rpc {
            action: action.into(),
            cause: format!("transaction {hash} is not mined"),
        })
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool")
            .field("chain_id", &self.chain_id)
            .field("manager", &self.manager)
            .finish_non_exhaustive()
    }
}

fn explain(action: &str, error: &TransportError) -> OracleError {
    let cause = match error.as_error_resp() {
        Some(response) => response
            .as_revert_data()
            .and_then(|data| refusal(&data))
            .unwrap_or_else(|| printable(&response.message)),
        None => format!("no chain answers ({})", printable(&innermost(error))),
    };
    let action = action.to_owned();
    OracleError::Rpc { action, cause }
}

fn missing_block() -> OracleError {
    OracleError::Rpc {
        action: "reading the latest block".into(),
        cause: "the RPC has none".into(),
    }
}

fn seconds(time: U256) -> u64 {
    time.saturating_to()
}

fn wei(what: &'static str, amount: U256) -> Result<u128> {
    amount.try_into().map_err(|_| OracleError::TooLarge {
        what,
        amount: amount.to_string(),
    })
}
