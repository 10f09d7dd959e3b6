//! A connection to a chain, with the account that signs, and failures in the user's words.

use std::time::Duration;

use alloy::{
    eips::BlockId,
    network::{EthereumWallet, TransactionBuilder},
    primitives::{Address, Bytes, B256, U256},
    providers::{DynProvider, Provider, ProviderBuilder},
    rpc::client::ClientBuilder,
    rpc::types::{
        state::{StateOverride, StateOverridesBuilder},
        TransactionReceipt, TransactionRequest,
    },
    signers::local::PrivateKeySigner,
    sol_types::SolCall,
    transports::TransportError,
};

use crate::{
    bytecode::proxy::IMPLEMENTATION_SLOT,
    deadline::Deadline,
    failure::{explain, Failure},
    refusal,
    rpc_url::RpcUrl,
};

/// How often a receipt is asked for.
const POLL: Duration = Duration::from_millis(100);

/// How long the RPC may take to answer.
const ANSWER: Deadline = Deadline(Duration::from_secs(30));

/// How long a transaction may wait to be mined.
const PATIENCE: Duration = Duration::from_secs(300);

/// A chain behind JSON-RPC.
#[derive(Clone, Debug)]
pub struct Client {
    provider: DynProvider,
    url: RpcUrl,
    chain_id: u64,
    account: Option<Address>,
}

impl Client {
    /// Connects to the RPC at `url` (http, https, ws or wss), to sign with `signer` if there is one.
    ///
    /// # Errors
    /// [`Failure::Usage`] if that is no URL of an RPC, [`Failure::Unreachable`] if nothing answers there within 30 s.
    pub async fn connect(url: &str, signer: Option<PrivateKeySigner>) -> Result<Self, Failure> {
        Self::connect_within(ANSWER, url, signer).await
    }

    async fn connect_within(
        deadline: Deadline,
        url: &str,
        signer: Option<PrivateKeySigner>,
    ) -> Result<Self, Failure> {
        let url = RpcUrl::new(url);
        url.require_usable()?;
        let action = format!("connecting to {url}");
        let problem = |error: TransportError| explain(&action, &url, &error);
        let connecting = ClientBuilder::default()
            .layer(deadline)
            .connect(url.secret());
        let rpc = deadline.bound(connecting).await.map_err(problem)?;
        let account = signer.as_ref().map(PrivateKeySigner::address);
        let builder = ProviderBuilder::default();
        let provider = match signer {
            Some(signer) => builder
                .wallet(EthereumWallet::from(signer))
                .connect_client(rpc)
                .erased(),
            None => builder.connect_client(rpc).erased(),
        };
        let chain_id = provider.get_chain_id().await.map_err(problem)?;
        Ok(Self {
            provider,
            url,
            chain_id,
            account,
        })
    }

    /// The connection itself.
    pub fn provider(&self) -> &DynProvider {
        &self.provider
    }

    /// Where the RPC is.
    pub fn url(&self) -> &RpcUrl {
        &self.url
    }

    /// Chain id of the RPC.
    pub fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// The account that signs.
    ///
    /// # Errors
    /// [`Failure::Key`] on a connection without a key.
    pub fn account(&self) -> Result<Address, Failure> {
        self.account
            .ok_or_else(|| Failure::Key("this needs a key to sign with.".into()))
    }

    /// Puts a transport's error into words; `action` says what was tried.
    pub fn explain(&self, action: &str, error: &TransportError) -> Failure {
        explain(action, &self.url, error)
    }

    /// Balance of an account in wei.
    ///
    /// # Errors
    /// If the RPC does not answer.
    pub async fn balance(&self, account: Address) -> Result<U256, Failure> {
        self.provider
            .get_balance(account)
            .await
            .map_err(|error| self.explain("reading a balance", &error))
    }

    /// Code of an account, empty where there is none.
    ///
    /// # Errors
    /// If the RPC does not answer.
    pub async fn code(&self, account: Address) -> Result<Bytes, Failure> {
        self.provider
            .get_code_at(account)
            .await
            .map_err(|error| self.explain("reading code", &error))
    }

    /// What an ERC-1967 proxy runs; zero where there is no proxy.
    ///
    /// # Errors
    /// If the RPC does not answer.
    pub async fn implementation(&self, proxy: Address) -> Result<Address, Failure> {
        let slot = self
            .provider
            .get_storage_at(proxy, IMPLEMENTATION_SLOT.into());
        let word = slot
            .await
            .map_err(|error| self.explain("reading a proxy's slot", &error))?;
        Ok(Address::from_word(word.into()))
    }

    /// Transactions an account has sent (or contracts it has created), mined ones only.
    ///
    /// # Errors
    /// If the RPC does not answer.
    pub async fn nonce(&self, account: Address) -> Result<u64, Failure> {
        let nonce = self
            .provider
            .get_transaction_count(account)
            .block_id(BlockId::latest());
        nonce
            .await
            .map_err(|error| self.explain("reading a nonce", &error))
    }

    /// The time of the latest block, in seconds since the epoch: what contracts go by.
    ///
    /// # Errors
    /// If the RPC does not answer.
    pub async fn now(&self) -> Result<u64, Failure> {
        let latest = self
            .provider
            .get_block(BlockId::latest())
            .await
            .map_err(|error| self.explain("reading the latest block", &error))?;
        let latest = latest
            .ok_or_else(|| Failure::Conflict(format!("{} has no latest block.", self.url)))?;
        Ok(latest.header.timestamp)
    }

    /// Number of the latest block.
    ///
    /// # Errors
    /// If the RPC does not answer.
    pub async fn block_number(&self) -> Result<u64, Failure> {
        let number = self.provider.get_block_number().await;
        number.map_err(|error| self.explain("reading the block number", &error))
    }

    /// Calls a view.
    ///
    /// # Errors
    /// If the RPC does not answer, the contract refuses, or answers something else.
    pub async fn view<C: SolCall>(&self, to: Address, call: C) -> Result<C::Return, Failure> {
        let name = C::SIGNATURE.split('(').next().unwrap_or_default();
        let answer = self.call(to, call.abi_encode().into(), U256::ZERO).await;
        let answer = answer.map_err(|error| self.explain(name, &error))?;
        C::abi_decode_returns(&answer)
            .map_err(|_| Failure::Conflict(format!("{to} does not answer {name} as it should.")))
    }

    /// Calls a view as it answered at the end of a block.
    ///
    /// # Errors
    /// As for [`Self::view`]; also if the node has forgotten the state of that block.
    pub async fn view_at<C: SolCall>(
        &self,
        block: u64,
        to: Address,
        call: C,
    ) -> Result<C::Return, Failure> {
        let name = C::SIGNATURE.split('(').next().unwrap_or_default();
        let request = TransactionRequest::default()
            .with_to(to)
            .with_input(call.abi_encode());
        let answer = self.provider.call(request).block(block.into()).await;
        let answer = answer.map_err(|error| self.explain(name, &error))?;
        C::abi_decode_returns(&answer)
            .map_err(|_| Failure::Conflict(format!("{to} does not answer {name} as it should.")))
    }

    /// Tries a call that `from` would make, to learn why it would be refused. `action` says what it does.
    ///
    /// # Errors
    /// [`Failure::Refused`] if the contract refuses.
    pub async fn try_as(
        &self,
        action: &str,
        from: Address,
        to: Address,
        data: Bytes,
    ) -> Result<(), Failure> {
        let request = TransactionRequest::default()
            .with_from(from)
            .with_to(to)
            .with_input(data);
        let answer = self.provider.call(request).await;
        answer.map_err(|error| self.explain(action, &error))?;
        Ok(())
    }

    /// Calls without a transaction, and gives the bare answer.
    pub(crate) async fn call(
        &self,
        to: Address,
        data: Bytes,
        value: U256,
    ) -> Result<Bytes, TransportError> {
        let mut request = TransactionRequest::default()
            .with_to(to)
            .with_input(data)
            .with_value(value);
        request.from = self.account;
        self.provider.call(request).await
    }

    /// Calls with parts of the state replaced.
    pub(crate) async fn call_with(
        &self,
        to: Address,
        data: Bytes,
        overrides: StateOverride,
    ) -> Result<Bytes, TransportError> {
        let request = TransactionRequest::default().with_to(to).with_input(data);
        self.provider.call(request).overrides(overrides).await
    }

    /// Sends `value` wei and `data` to `to`. `action` says what it does.
    ///
    /// # Errors
    /// [`Failure::Unfunded`] if the account cannot pay for it, [`Failure::Refused`] if it would revert.
    pub async fn send(
        &self,
        action: &str,
        to: Address,
        value: U256,
        data: Bytes,
    ) -> Result<B256, Failure> {
        let account = self.account()?;
        let problem = |error: TransportError| self.explain(action, &error);
        let request = TransactionRequest::default()
            .with_from(account)
            .with_to(to)
            .with_value(value)
            .with_input(data)
            .with_chain_id(self.chain_id)
            .with_nonce(self.nonce(account).await?);

        // A rich account estimates alike, and a poor one learns what it needs instead of the node's error.
        let rich = StateOverridesBuilder::default()
            .with_balance(account, U256::MAX >> 1)
            .build();
        let gas = self
            .provider
            .estimate_gas(request.clone())
            .overrides(rich)
            .await
            .map_err(problem)?;
        let gas = gas + gas / 5;
        let fees = self
            .provider
            .estimate_eip1559_fees()
            .await
            .map_err(problem)?;
        let needs = U256::from(gas) * U256::from(fees.max_fee_per_gas) + value;
        let has = self.balance(account).await?;
        if has < needs {
            return Err(Failure::Unfunded {
                account,
                needs,
                has,
            });
        }

        let request = request
            .with_gas_limit(gas)
            .with_max_fee_per_gas(fees.max_fee_per_gas)
            .with_max_priority_fee_per_gas(fees.max_priority_fee_per_gas);
        let pending = self
            .provider
            .send_transaction(request)
            .await
            .map_err(problem)?;
        Ok(*pending.tx_hash())
    }

    /// Waits until a transaction is mined.
    ///
    /// # Errors
    /// [`Failure::Refused`] if it failed, or is not mined within five minutes.
    pub async fn receipt(&self, action: &str, hash: B256) -> Result<TransactionReceipt, Failure> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let receipt = self.provider.get_transaction_receipt(hash).await;
            match receipt.map_err(|error| self.explain(action, &error))? {
                Some(receipt) if receipt.status() => return Ok(receipt),
                Some(receipt) => return Err(self.why_failed(action, &receipt).await),
                None if tokio::time::Instant::now() > deadline => {
                    let reason = format!(
                        "transaction {hash} was not mined within {} s.",
                        PATIENCE.as_secs()
                    );
                    return Err(Failure::Refused {
                        action: action.to_owned(),
                        reason,
                    });
                }
                None => tokio::time::sleep(POLL).await,
            }
        }
    }

    /// Sends a transaction and waits until it is mined.
    ///
    /// # Errors
    /// Those of [`Self::send`] and [`Self::receipt`].
    pub async fn transact(
        &self,
        action: &str,
        to: Address,
        value: U256,
        data: Bytes,
    ) -> Result<TransactionReceipt, Failure> {
        let hash = self.send(action, to, value, data).await?;
        self.receipt(action, hash).await
    }

    /// Runs a failed transaction again as a call, for its reason.
    async fn why_failed(&self, action: &str, receipt: &TransactionReceipt) -> Failure {
        let mut reason = format!("transaction {} failed.", receipt.transaction_hash);
        if let Ok(Some(transaction)) = self
            .provider
            .get_transaction_by_hash(receipt.transaction_hash)
            .await
        {
            let request = TransactionRequest::from_transaction(transaction.into_inner());
            let mut again = self.provider.call(request);
            if let Some(block) = receipt.block_number {
                again = again.block(block.into());
            }
            if let Err(error) = again.await {
                let data = error
                    .as_error_resp()
                    .and_then(|response| response.as_revert_data());
                reason = data.map_or_else(
                    || self.url.mask(&error.to_string()),
                    |data| refusal::in_words(&data),
                );
            }
        }
        Failure::Refused {
            action: action.to_owned(),
            reason,
        }
    }

    /// Waits until nothing the account has sent is still on its way, so that the state tells all.
    ///
    /// # Errors
    /// [`Failure::Conflict`] if something still waits after five minutes.
    pub async fn settle(&self) -> Result<(), Failure> {
        let account = self.account()?;
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let pending = self.provider.get_transaction_count(account).pending().await;
            let pending = pending.map_err(|error| self.explain("reading a nonce", &error))?;
            if self.nonce(account).await? >= pending {
                return Ok(());
            }
            if tokio::time::Instant::now() > deadline {
                let waiting =
                    format!("a transaction of {account} waits to be mined; run again when it is.");
                return Err(Failure::Conflict(waiting));
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_rpc_that_accepts_and_keeps_silent_is_unreachable() {
        // The system accepts connections for a listener that never looks at them.
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = listener.local_addr().unwrap();
        for scheme in ["http", "ws"] {
            let deadline = Deadline(Duration::from_millis(200));
            let url = format!("{scheme}://{place}/s3cr3tkey");
            let failure = Client::connect_within(deadline, &url, None).await;
            let words = failure.unwrap_err().to_string();
            let expected =
                format!("no chain answers at {scheme}://{place}/... (no answer within 0.2 s).");
            assert!(words.starts_with(&expected), "{words}");
        }
    }
}
