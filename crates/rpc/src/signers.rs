//! Keys of the development accounts, with which the node signs for wallets that have none.

use std::collections::BTreeMap;

use alloy::consensus::{SignableTransaction, TxEnvelope};
use alloy::network::TxSignerSync;
use alloy::primitives::{Address, Bytes, B256};
use alloy::rpc::types::TransactionRequest;
use alloy::signers::local::PrivateKeySigner;
use alloy::signers::SignerSync;

use crate::error::{invalid_params, refused, RpcResult};

/// The accounts a node signs for, in the order in which they are listed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signers {
    order: Vec<Address>,
    keys: BTreeMap<Address, PrivateKeySigner>,
}

impl Signers {
    /// Takes private keys in hexadecimal.
    pub fn new<K: AsRef<str>>(keys: &[K]) -> Result<Self, alloy::signers::local::LocalSignerError> {
        let mut signers = Self::default();
        for key in keys {
            let signer: PrivateKeySigner = key.as_ref().parse()?;
            signers.order.push(signer.address());
            signers.keys.insert(signer.address(), signer);
        }
        Ok(signers)
    }

    /// The accounts.
    pub fn accounts(&self) -> &[Address] {
        &self.order
    }

    /// Whether the node signs for this account.
    pub fn has(&self, account: Address) -> bool {
        self.keys.contains_key(&account)
    }

    /// Signs a message with the usual prefix.
    pub fn sign_message(&self, account: Address, message: &[u8]) -> RpcResult<Bytes> {
        let signature = self.key(account)?.sign_message_sync(message);
        Ok(signature.map_err(refused)?.as_bytes().into())
    }

    /// Signs a hash as it is.
    pub fn sign_hash(&self, account: Address, hash: B256) -> RpcResult<Bytes> {
        let signature = self.key(account)?.sign_hash_sync(&hash);
        Ok(signature.map_err(refused)?.as_bytes().into())
    }

    /// Signs a transaction in which nothing is left to be filled in.
    pub fn sign_transaction(
        &self,
        account: Address,
        request: TransactionRequest,
    ) -> RpcResult<TxEnvelope> {
        let key = self.key(account)?;
        let mut transaction = request
            .build_typed_tx()
            .map_err(|_| invalid_params("the fields of the transaction do not fit one type"))?;
        let signature = key
            .sign_transaction_sync(&mut transaction)
            .map_err(refused)?;
        Ok(transaction.into_signed(signature).into())
    }

    fn key(&self, account: Address) -> RpcResult<&PrivateKeySigner> {
        let missing = || refused(format!("unknown account {account}"));
        self.keys.get(&account).ok_or_else(missing)
    }
}
