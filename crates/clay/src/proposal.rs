//! A call that a committee decides on: a file that goes from member to member, each of whom adds a signature.

use std::{collections::BTreeMap, path::Path};

use alloy::{
    primitives::{Address, Bytes, Signature, B256, U256},
    signers::{local::PrivateKeySigner, SignerSync},
};
use clay_oracle::message::Execute;
use serde::{Deserialize, Serialize};

use crate::{
    bindings::Quorum::{executeCall, isMemberCall, nonceCall, quorumCall},
    client::Client,
    failure::Failure,
    file,
};

/// A call a committee may make, and who has signed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proposal {
    /// What it does in plain words, for those who read the file. Whoever signs is shown, and held to, what the calldata
    /// says instead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub says: Vec<String>,
    /// A text that the calldata has the hash of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The chain.
    pub chain_id: u64,
    /// The quorum contract.
    pub committee: Address,
    /// The contract that is called.
    pub target: Address,
    /// The calldata.
    pub data: Bytes,
    /// Number of the committee's call; once another with this number was made, the signatures are void.
    pub nonce: U256,
    /// Until when it can be handed in, seconds since the epoch.
    pub deadline: u64,
    /// Signatures by member.
    #[serde(default)]
    pub signatures: BTreeMap<Address, Bytes>,
}

impl Proposal {
    /// The committee's next call.
    ///
    /// # Errors
    /// If the RPC does not answer.
    pub async fn next(
        client: &Client,
        committee: Address,
        target: Address,
        data: Bytes,
        deadline: u64,
    ) -> Result<Self, Failure> {
        Ok(Self {
            says: Vec::new(),
            reason: None,
            chain_id: client.chain_id(),
            committee,
            target,
            data,
            nonce: client.view(committee, nonceCall {}).await?,
            deadline,
            signatures: BTreeMap::new(),
        })
    }

    /// Reads a proposal of the chain `client` is connected to.
    ///
    /// # Errors
    /// [`Failure::File`] if there is none, [`Failure::WrongChain`] if it is for another chain.
    pub fn read(client: &Client, file: &Path) -> Result<Self, Failure> {
        let missing = || Failure::File(format!("{}: there is no such file.", file.display()));
        let proposal: Self = file::read(file)?.ok_or_else(missing)?;
        if proposal.chain_id == client.chain_id() {
            return Ok(proposal);
        }
        Err(Failure::WrongChain {
            file: file.to_owned(),
            expected: proposal.chain_id,
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

    /// The hash that members sign.
    pub fn hash(&self) -> B256 {
        let message = Execute {
            target: self.target,
            data: self.data.clone(),
            nonce: self.nonce,
            deadline: U256::from(self.deadline),
        };
        message.hash(self.chain_id, self.committee)
    }

    /// Adds a member's signature.
    ///
    /// # Errors
    /// [`Failure::Key`] if the signer is no member, [`Failure::Conflict`] if the proposal can no longer be handed in.
    pub async fn sign(
        &mut self,
        client: &Client,
        signer: &PrivateKeySigner,
    ) -> Result<(), Failure> {
        self.require_open(client).await?;
        let account = signer.address();
        if !self.is_member(client, account).await? {
            return Err(Failure::Key(format!(
                "{account} is no member of the committee {}.",
                self.committee
            )));
        }
        let signature = signer
            .sign_hash_sync(&self.hash())
            .map_err(|error| Failure::Key(error.to_string()))?;
        let signature = Bytes::copy_from_slice(&signature.as_bytes());
        self.signatures.insert(account, signature);
        Ok(())
    }

    /// The call that hands it in, with as many signatures as are needed.
    ///
    /// # Errors
    /// [`Failure::Conflict`] if members' signatures are missing, or it can no longer be handed in.
    pub async fn execution(&self, client: &Client) -> Result<executeCall, Failure> {
        self.require_open(client).await?;
        let needed = client.view(self.committee, quorumCall {}).await?;
        let needed: usize = needed.saturating_to();
        let mut signatures = Vec::with_capacity(needed * 65);
        let mut found = 0;
        // By account, so in the ascending order that the contract asks for.
        for (member, signature) in &self.signatures {
            if found == needed {
                break;
            }
            if self.is_by(*member, signature) && self.is_member(client, *member).await? {
                signatures.extend_from_slice(signature);
                found += 1;
            }
        }
        if found < needed {
            return Err(Failure::Conflict(format!(
                "{found} members have signed, and {needed} are needed.\nAnother signs with `clay committee sign`."
            )));
        }
        Ok(executeCall {
            target: self.target,
            data: self.data.clone(),
            deadline: U256::from(self.deadline),
            signatures: signatures.into(),
        })
    }

    fn is_by(&self, member: Address, signature: &Bytes) -> bool {
        let signature = Signature::try_from(signature.as_ref());
        signature.is_ok_and(|signature| {
            signature
                .recover_address_from_prehash(&self.hash())
                .is_ok_and(|signer| signer == member)
        })
    }

    async fn is_member(&self, client: &Client, account: Address) -> Result<bool, Failure> {
        client.view(self.committee, isMemberCall { account }).await
    }

    async fn require_open(&self, client: &Client) -> Result<(), Failure> {
        let next = client.view(self.committee, nonceCall {}).await?;
        if next != self.nonce {
            return Err(Failure::Conflict(format!(
                "this is call {} of the committee, and its next one is {next}.\nPropose it anew.",
                self.nonce
            )));
        }
        let now = client.now().await?;
        if now > self.deadline {
            return Err(Failure::Conflict(format!(
                "this could be handed in until {}, and now it is {now} (Unix time).\nPropose it anew.",
                self.deadline
            )));
        }
        Ok(())
    }
}
