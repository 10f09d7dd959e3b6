//! The deployment file: what is where on one chain, for people and programs to read.

use std::{collections::BTreeMap, path::Path};

use alloy::{
    primitives::{Address, B256},
    providers::Provider,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::pool::Pool;
use crate::{client::Client, failure::Failure, file};

/// Everything deployed on one chain by one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deployment {
    /// The chain.
    pub chain_id: u64,
    /// Git commit the contracts were built from; `-dirty` if the tree had changes.
    pub commit: Option<String>,
    /// Account that deployed, part of every address.
    pub account: Address,
    /// The ClayDeployer.
    pub deployer: Address,
    /// Contracts by name: `implementation/NAME`, `shared/NAME` and `POOL/NAME`.
    pub contracts: BTreeMap<String, Entry>,
}

/// One contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Where it is.
    pub address: Address,
    /// Hash of its code; of a proxy's own code for a proxy.
    pub code_hash: B256,
    /// What a proxy points to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub implementation: Option<Address>,
    /// Salt of the address.
    pub salt: B256,
    /// Arguments of `initialize`, by name; who governs it as the chain says when this is written.
    #[serde(skip_serializing_if = "Map::is_empty", default)]
    pub arguments: Map<String, Value>,
    /// Transaction that created it, if the chain still tells.
    pub transaction: Option<B256>,
}

impl Deployment {
    /// Reads a deployment file; none if there is no such file.
    ///
    /// # Errors
    /// [`Failure::File`] if it cannot be read or is no deployment file.
    pub fn read(file: &Path) -> Result<Option<Self>, Failure> {
        file::read(file)
    }

    /// Reads the deployment file of the chain `client` is connected to.
    ///
    /// # Errors
    /// [`Failure::NotDeployed`] without a file, [`Failure::WrongChain`] if it is for another chain.
    pub fn of(client: &Client, file: &Path) -> Result<Self, Failure> {
        let chain = client.chain_id();
        let missing = || Failure::NotDeployed {
            what: format!("the protocol (no file {})", file.display()),
            chain,
        };
        let deployment = Self::read(file)?.ok_or_else(missing)?;
        deployment.require_chain(client, file)?;
        Ok(deployment)
    }

    /// Refuses a file that is for another chain.
    pub(super) fn require_chain(&self, client: &Client, file: &Path) -> Result<(), Failure> {
        if self.chain_id == client.chain_id() {
            return Ok(());
        }
        Err(Failure::WrongChain {
            file: file.to_owned(),
            expected: self.chain_id,
            url: client.url().to_string(),
            found: client.chain_id(),
        })
    }

    /// The programs: contracts that stand behind no proxy, by name.
    pub fn programs(&self) -> Vec<(&str, &Entry)> {
        let contracts = self.contracts.iter();
        contracts
            .filter(|(_, entry)| entry.implementation.is_none())
            .map(|(name, entry)| (name.as_str(), entry))
            .collect()
    }

    /// The pools that are in the file.
    pub fn pools(&self) -> Vec<Pool> {
        let known = |pool: &Pool| self.contracts.contains_key(&pool.contract("stake-manager"));
        Pool::ALL.into_iter().filter(known).collect()
    }

    /// Address of a contract, after a look that there is code: a chain started anew has lost it.
    ///
    /// # Errors
    /// [`Failure::NotDeployed`] if it is not in the file or not on the chain.
    pub async fn contract(&self, client: &Client, name: &str) -> Result<Address, Failure> {
        let missing = || Failure::NotDeployed {
            what: name.to_owned(),
            chain: self.chain_id,
        };
        let address = self.contracts.get(name).ok_or_else(missing)?.address;
        if client.code(address).await?.is_empty() {
            return Err(missing());
        }
        Ok(address)
    }

    /// The block that created a contract; the first one if that is not known.
    ///
    /// # Errors
    /// If the RPC does not answer.
    pub async fn created(&self, client: &Client, name: &str) -> Result<u64, Failure> {
        let entry = self.contracts.get(name);
        let Some(transaction) = entry.and_then(|entry| entry.transaction) else {
            return Ok(0);
        };
        let receipt = client.provider().get_transaction_receipt(transaction).await;
        let receipt = receipt.map_err(|error| client.explain("reading a receipt", &error))?;
        Ok(receipt
            .and_then(|receipt| receipt.block_number)
            .unwrap_or(0))
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// [`Failure::File`] if it cannot be written.
    pub fn write(&self, file: &Path) -> Result<(), Failure> {
        file::write(self, file)
    }
}
