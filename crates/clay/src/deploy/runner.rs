//! The steps of a deployment: each looks first, and acts only if it must.

use std::collections::BTreeMap;

use alloy::{
    primitives::{keccak256, Address, Bytes, B256, U256},
    providers::Provider,
    rpc::types::{Filter, TransactionReceipt},
    sol_types::{SolCall, SolEvent},
};

use super::{
    activation::{self, Due, Place},
    contract::{Contract, Kind},
    record::{Deployment, Entry},
    wire::Wire,
    Observer, Progress,
};
use crate::{
    amount::display_eth,
    bindings::ArbWasm,
    bytecode::{
        deployer::{self, ClayDeployer, ARB_WASM},
        factory,
    },
    client::Client,
    failure::Failure,
};

/// Works through the steps of one deployment.
pub(super) struct Runner<'a, 'o> {
    client: &'a Client,
    account: Address,
    observer: &'a mut Observer<'o>,
    /// Transactions by step.
    transactions: BTreeMap<String, B256>,
}

impl<'a, 'o> Runner<'a, 'o> {
    pub(super) fn new(
        client: &'a Client,
        account: Address,
        observer: &'a mut Observer<'o>,
    ) -> Self {
        Self {
            client,
            account,
            observer,
            transactions: BTreeMap::new(),
        }
    }

    /// Makes sure that the CREATE2 factory is there.
    pub(super) async fn factory(&mut self) -> Result<(), Failure> {
        let step = "CREATE2 factory";
        if !self.client.code(factory::FACTORY).await?.is_empty() {
            return self.holds(step);
        }
        let has = self.client.balance(factory::PRESIGNED_SENDER).await?;
        if has < factory::PRESIGNED_COST {
            let missing = factory::PRESIGNED_COST - has;
            self.transact(
                "funds for the CREATE2 factory",
                factory::PRESIGNED_SENDER,
                missing,
                Bytes::new(),
            )
            .await?;
        }
        let sent = self
            .client
            .provider()
            .send_raw_transaction(&factory::PRESIGNED_TRANSACTION)
            .await;
        let sent =
            sent.map_err(|error| self.client.explain("deploying the CREATE2 factory", &error))?;
        self.mined(step, *sent.tx_hash()).await
    }

    /// Makes sure that the ClayDeployer is there.
    pub(super) async fn deployer(&mut self) -> Result<(), Failure> {
        let step = "ClayDeployer";
        if !self
            .client
            .code(deployer::deployer_address())
            .await?
            .is_empty()
        {
            return self.holds(step);
        }
        let call = factory::create_call(B256::ZERO, &deployer::creation_code());
        self.transact(step, factory::FACTORY, U256::ZERO, call)
            .await
    }

    /// Makes sure that a contract is there, set up, and activated if it is a program.
    pub(super) async fn contract(&mut self, contract: &Contract) -> Result<(), Failure> {
        if self.stands(contract).await? {
            return self.keep_alive(contract).await;
        }
        let mut call = ClayDeployer::deployCall {
            salt: contract.salt,
            initCode: contract.creation_code(),
            activate: false,
            call: Bytes::new(),
        };
        let mut value = U256::ZERO;
        if let Kind::Program { code, setup } = &contract.kind {
            // The same code may have been activated by somebody else; a second time would be refused.
            call.activate = !activation::is_active(self.client, contract.code_hash()).await?;
            if call.activate {
                value = activation::activation_value(self.client, code).await?;
            }
            call.call = setup
                .as_ref()
                .map(|setup| setup.data.clone())
                .unwrap_or_default();
        }
        self.transact(
            &contract.name,
            deployer::deployer_address(),
            value,
            call.abi_encode().into(),
        )
        .await
    }

    /// Whether the contract is there as planned.
    async fn stands(&self, contract: &Contract) -> Result<bool, Failure> {
        let address = contract.address(self.account);
        let code = self.client.code(address).await?;
        if code.is_empty() {
            return Ok(false);
        }
        let name = &contract.name;
        if keccak256(&code) != contract.code_hash() {
            return Err(Failure::Conflict(format!(
                "{name} at {address} is another build than this one.\nIt cannot be replaced; to deploy anew, give \
                 another --salt-version."
            )));
        }
        if let Kind::Proxy { implementation, .. } = &contract.kind {
            let current = self.client.implementation(address).await?;
            if current != *implementation {
                return Err(Failure::Conflict(format!(
                    "{name} at {address} points to {current}, and this build's program is at {implementation}.\n\
                     Its owner moves it there by an upgrade."
                )));
            }
        }
        Ok(true)
    }

    /// Activates again what has expired, and renews a lifetime that nears its end.
    async fn keep_alive(&mut self, contract: &Contract) -> Result<(), Failure> {
        if let Kind::Proxy { .. } = contract.kind {
            return self.holds(&contract.name);
        }
        let (program, codehash) = (contract.address(self.account), contract.code_hash());
        match activation::upkeep(self.client, program, codehash).await? {
            Some(due) => self.transact_due(&contract.name, due).await,
            None => self.holds(&contract.name),
        }
    }

    async fn transact_due(&mut self, name: &str, due: Due) -> Result<(), Failure> {
        let step = format!("{name} ({})", due.action);
        self.transact(&step, due.to, due.value, due.call).await
    }

    /// Checks what contracts that stand already answer, before anything is sent.
    pub(super) async fn standing(&self, wires: &[Wire]) -> Result<(), Failure> {
        for wire in wires {
            if self.client.code(wire.of.1).await?.is_empty() {
                continue;
            }
            match self.require(wire).await {
                // An expired program answers nothing until it is activated again; it is asked again then.
                Ok(()) | Err(Failure::Refused { .. }) => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(())
    }

    /// Checks that the contracts answer as planned.
    pub(super) async fn wires(&mut self, wires: &[Wire]) -> Result<(), Failure> {
        for wire in wires {
            self.require(wire).await?;
            self.holds(&format!("{}: {}", wire.of.0, wire.view))?;
        }
        Ok(())
    }

    async fn require(&self, wire: &Wire) -> Result<(), Failure> {
        let Wire {
            of: (name, address),
            view,
            call,
            answer,
            ..
        } = wire;
        let found = self.client.call(*address, call.clone(), U256::ZERO).await;
        let found =
            found.map_err(|error| self.client.explain(&format!("{name}: {view}"), &error))?;
        if found == *answer {
            return Ok(());
        }
        Err(Failure::Conflict(format!(
            "{name} at {address}: {view} is {}, and this run asks for {}.\nName what is there, or give another \
             --salt-version to deploy anew.",
            wire.readable(&found),
            wire.readable(answer)
        )))
    }

    /// Bids for places in the cache, where there is one.
    pub(super) async fn cache(
        &mut self,
        contracts: &[Contract],
        highest: U256,
    ) -> Result<(), Failure> {
        let Some(manager) = activation::cache_manager(self.client).await? else {
            return (self.observer)(Progress::Notice(
                "no cache manager on this chain: cache bids skipped".into(),
            ));
        };
        for contract in contracts
            .iter()
            .filter(|contract| matches!(contract.kind, Kind::Program { .. }))
        {
            let name = &contract.name;
            let (program, codehash) = (contract.address(self.account), contract.code_hash());
            let place = activation::place(self.client, manager, program, codehash, highest).await?;
            // A place in the cache saves gas, and nothing depends on it: what goes wrong is told, no more.
            let problem = match place {
                Place::Taken => {
                    self.holds(&format!("{name} (cache)"))?;
                    continue;
                }
                Place::TooDear(bid) => format!(
                    "the smallest bid is {}, above --highest-bid",
                    display_eth(bid)
                ),
                Place::Bid(due) => match self.transact_due(name, due).await {
                    Ok(()) => continue,
                    Err(Failure::Refused { reason, .. }) => reason,
                    Err(failure) => return Err(failure),
                },
            };
            (self.observer)(Progress::Notice(format!("{name} (cache): {problem}")))?;
        }
        Ok(())
    }

    /// Puts together what was deployed.
    pub(super) async fn record(
        &self,
        contracts: &[Contract],
        earlier: Option<Deployment>,
        commit: Option<String>,
    ) -> Deployment {
        let mut entries = earlier.map(|earlier| earlier.contracts).unwrap_or_default();
        for contract in contracts {
            let transaction = match self.transactions.get(&contract.name) {
                Some(transaction) => Some(*transaction),
                None => self.find_transaction(contract.salt).await,
            };
            let entry = Entry {
                address: contract.address(self.account),
                code_hash: contract.code_hash(),
                implementation: match contract.kind {
                    Kind::Proxy { implementation, .. } => Some(implementation),
                    Kind::Program { .. } => None,
                },
                salt: contract.salt,
                arguments: contract
                    .setup()
                    .map(|setup| setup.arguments.clone())
                    .unwrap_or_default(),
                transaction,
            };
            entries.insert(contract.name.clone(), entry);
        }
        Deployment {
            chain_id: self.client.chain_id(),
            commit,
            account: self.account,
            deployer: deployer::deployer_address(),
            contracts: entries,
        }
    }

    /// Finds a creation by the deployer's event; none if the node does not search that far.
    async fn find_transaction(&self, salt: B256) -> Option<B256> {
        let filter = Filter::new()
            .address(deployer::deployer_address())
            .event_signature(ClayDeployer::Deployed::SIGNATURE_HASH)
            .topic1(self.account.into_word())
            .topic2(salt)
            .from_block(0);
        let logs = self.client.provider().get_logs(&filter).await.ok()?;
        logs.first()?.transaction_hash
    }

    fn holds(&mut self, step: &str) -> Result<(), Failure> {
        (self.observer)(Progress::Holds {
            step: step.to_owned(),
        })
    }

    async fn transact(
        &mut self,
        step: &str,
        to: Address,
        value: U256,
        data: Bytes,
    ) -> Result<(), Failure> {
        let transaction = self.client.send(step, to, value, data).await?;
        self.mined(step, transaction).await
    }

    /// Waits for a transaction that was just sent.
    async fn mined(&mut self, step: &str, transaction: B256) -> Result<(), Failure> {
        (self.observer)(Progress::Sent {
            step: step.to_owned(),
            transaction,
        })?;
        let receipt = self.client.receipt(step, transaction).await?;
        self.transactions.insert(step.to_owned(), transaction);
        (self.observer)(Progress::Done {
            step: step.to_owned(),
            gas: receipt.gas_used,
            gas_cost: U256::from(receipt.gas_used) * U256::from(receipt.effective_gas_price),
            activation_fee: activation_fee(&receipt),
        })
    }
}

/// The fee an activation in this transaction has paid.
fn activation_fee(receipt: &TransactionReceipt) -> Option<U256> {
    let logs = receipt
        .inner
        .logs()
        .iter()
        .filter(|log| log.address() == ARB_WASM);
    let fees = logs.filter_map(|log| ArbWasm::ProgramActivated::decode_log(&log.inner).ok());
    fees.map(|event| event.dataFee).reduce(|sum, fee| sum + fee)
}
