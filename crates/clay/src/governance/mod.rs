//! Operations of the timelock: built, kept in a file, found on the chain.

mod call;
mod words;

use std::path::Path;

use alloy::{
    primitives::{Address, Bytes, B256, U256},
    rpc::types::Filter,
    sol_types::SolEvent,
};
use serde::{Deserialize, Serialize};

use crate::{
    bindings::Timelock::{
        self, cancelCall, executeCall, kindOfCall, operationCall, operationIdCall, scheduleCall,
        CallScheduled, OperationScheduled,
    },
    client::Client,
    deploy::{pool, record::Deployment},
    failure::Failure,
    file,
    logs::Logs,
};

pub use call::parse as parse_call;
pub use words::{kind, say};

/// The name of the contract among those that both pools share.
pub const NAME: &str = "timelock";

/// A list of calls that the timelock makes together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// What it does in plain words, for those who read the file. Whoever schedules it is shown what the calldata says instead.
    #[serde(default)]
    pub says: Vec<String>,
    /// The chain.
    pub chain_id: u64,
    /// The timelock.
    pub timelock: Address,
    /// The calls, in their order.
    pub calls: Vec<Call>,
    /// The operation that has to be executed before; zero for none.
    pub predecessor: B256,
    /// Tells it from others with the same calls.
    pub salt: B256,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The contract that is called.
    pub target: Address,
    /// The calldata.
    pub data: Bytes,
}

/// Where an operation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It was never scheduled, or it was cancelled.
    Unknown,
    /// It can be executed from a time on.
    Waits(u64),
    /// It can be executed until a time.
    Due(u64),
    /// It could have been executed until a time.
    Lapsed(u64),
    /// Its calls were made.
    Executed,
}

/// The timelock of a deployment.
#[derive(Clone, Copy, Debug)]
pub struct Governance {
    /// Where it is.
    pub timelock: Address,
    /// The block that created it.
    since: u64,
}

impl Operation {
    /// Reads an operation of the chain `client` is connected to.
    ///
    /// # Errors
    /// [`Failure::File`] if there is none, [`Failure::WrongChain`] if it is for another chain.
    pub fn read(client: &Client, file: &Path) -> Result<Self, Failure> {
        let missing = || Failure::File(format!("{}: there is no such file.", file.display()));
        let operation: Self = file::read(file)?.ok_or_else(missing)?;
        if operation.chain_id == client.chain_id() {
            return Ok(operation);
        }
        Err(Failure::WrongChain {
            file: file.to_owned(),
            expected: operation.chain_id,
            url: client.url().to_string(),
            found: client.chain_id(),
        })
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// [`Failure::File`] if it cannot be written.
    pub fn write(&self, file: &Path) -> Result<(), Failure> {
        file::write(self, file)
    }

    /// The call that schedules it.
    pub fn schedule(&self) -> scheduleCall {
        scheduleCall {
            calls: self.encoded(),
            predecessor: self.predecessor,
            salt: self.salt,
        }
    }

    /// The call that executes it.
    pub fn execute(&self) -> executeCall {
        executeCall {
            calls: self.encoded(),
            predecessor: self.predecessor,
            salt: self.salt,
        }
    }

    fn encoded(&self) -> Vec<Timelock::Call> {
        let calls = self.calls.iter().cloned();
        calls
            .map(|Call { target, data }| Timelock::Call { target, data })
            .collect()
    }
}

impl Governance {
    /// The timelock of a deployment.
    ///
    /// # Errors
    /// [`Failure::NotDeployed`] if it has none.
    pub async fn find(client: &Client, deployment: &Deployment) -> Result<Self, Failure> {
        let name = pool::shared(NAME);
        Ok(Self {
            timelock: deployment.contract(client, &name).await?,
            since: deployment.created(client, &name).await?,
        })
    }

    /// An operation that was not scheduled before: with the smallest salt that none of the same calls has.
    ///
    /// # Errors
    /// If the RPC does not answer.
    pub async fn propose(
        &self,
        client: &Client,
        calls: Vec<Call>,
        predecessor: B256,
    ) -> Result<Operation, Failure> {
        let mut operation = Operation {
            says: Vec::new(),
            chain_id: client.chain_id(),
            timelock: self.timelock,
            calls,
            predecessor,
            salt: B256::ZERO,
        };
        let mut number = U256::ZERO;
        while self
            .standing(client, self.id(client, &operation).await?)
            .await?
            != Standing::Unknown
        {
            number += U256::from(1);
            operation.salt = number.into();
        }
        Ok(operation)
    }

    /// An operation's number.
    ///
    /// # Errors
    /// If the RPC does not answer.
    pub async fn id(&self, client: &Client, operation: &Operation) -> Result<B256, Failure> {
        let scheduleCall {
            calls,
            predecessor,
            salt,
        } = operation.schedule();
        let call = operationIdCall {
            calls,
            predecessor,
            salt,
        };
        client.view(self.timelock, call).await
    }

    /// Where an operation stands.
    ///
    /// # Errors
    /// If the RPC does not answer.
    pub async fn standing(&self, client: &Client, id: B256) -> Result<Standing, Failure> {
        let now = client.now().await?;
        let stored = client.view(self.timelock, operationCall { id }).await?;
        let (due, until) = (stored.due.saturating_to(), stored.until.saturating_to());
        Ok(match (due, stored.executed) {
            (_, true) => Standing::Executed,
            (0, _) => Standing::Unknown,
            _ if now < due => Standing::Waits(due),
            _ if now < until => Standing::Due(until),
            _ => Standing::Lapsed(until),
        })
    }

    /// The kind of a call, and how many seconds it waits.
    ///
    /// # Errors
    /// If the RPC does not answer.
    pub async fn delay(&self, client: &Client, call: &Call) -> Result<(u8, u64), Failure> {
        let Call { target, data } = call.clone();
        let answer = client
            .view(self.timelock, kindOfCall { target, data })
            .await?;
        Ok((answer.kind.saturating_to(), answer.delay.saturating_to()))
    }

    /// The call that stops an operation.
    pub fn cancel(&self, id: B256) -> cancelCall {
        cancelCall { id }
    }

    /// Everything that was ever scheduled, oldest first.
    ///
    /// # Errors
    /// If the RPC does not answer.
    pub async fn operations(&self, client: &Client) -> Result<Vec<(B256, Operation)>, Failure> {
        let filter = Filter::new().address(self.timelock).event_signature(vec![
            OperationScheduled::SIGNATURE_HASH,
            CallScheduled::SIGNATURE_HASH,
        ]);
        let mut search = Logs::search(client, filter, self.since).await?;
        let mut found = Vec::new();
        while let Some(logs) = search.next().await? {
            found.extend(logs);
        }
        let mut operations: Vec<(B256, Operation)> = Vec::new();
        for log in found.into_iter().rev() {
            if let Ok(event) = OperationScheduled::decode_log(&log.inner) {
                let operation = Operation {
                    says: Vec::new(),
                    chain_id: client.chain_id(),
                    timelock: self.timelock,
                    calls: Vec::new(),
                    predecessor: event.predecessor,
                    salt: event.salt,
                };
                // A cancelled one that was scheduled again is told of once.
                operations.retain(|(id, _)| *id != event.id);
                operations.push((event.id, operation));
            } else if let (Ok(event), Some((_, operation))) =
                (CallScheduled::decode_log(&log.inner), operations.last_mut())
            {
                operation.calls.push(Call {
                    target: event.target,
                    data: event.data.data.clone(),
                });
            }
        }
        Ok(operations)
    }
}
