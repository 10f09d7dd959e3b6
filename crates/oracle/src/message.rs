//! What members sign: a call of the committee that hands a report to the stake-manager.

use alloy::{
    primitives::{Address, Bytes, Signature, B256, U256},
    signers::{local::PrivateKeySigner, SignerSync},
    sol,
    sol_types::{Eip712Domain, SolCall, SolStruct},
};
use serde::{Deserialize, Serialize};

use crate::{
    bindings::{Quorum::executeCall, StakeManager::reportCall},
    error::{OracleError, Result},
    report::Report,
};

/// Bytes of a signature.
const SIGNATURE: usize = 65;

sol! {
    /// What members of a committee sign.
    struct Execute {
        address target;
        bytes data;
        uint256 nonce;
        uint256 deadline;
    }
}

impl Execute {
    /// The hash that members of a committee sign, by its chain and address.
    pub fn hash(&self, chain_id: u64, committee: Address) -> B256 {
        let domain = Eip712Domain::new(
            Some("ClayStack Quorum".into()),
            Some("1".into()),
            Some(U256::from(chain_id)),
            Some(committee),
            None,
        );
        self.eip712_signing_hash(&domain)
    }
}

/// A report, and which call of which committee hands it in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Proposal {
    /// Chain id of L2.
    pub chain_id: u64,
    /// The oracle committee.
    pub committee: Address,
    /// The stake-manager.
    pub stake_manager: Address,
    /// Number of the committee's call.
    pub nonce: U256,
    /// Until when it can be handed in, seconds since the epoch.
    pub deadline: u64,
    /// The report.
    pub report: Report,
}

/// A proposal with a member's signature, as members exchange it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignedProposal {
    /// What is signed.
    pub proposal: Proposal,
    /// Who says to have signed it.
    pub signer: Address,
    /// 65 bytes: r, s, v.
    pub signature: Bytes,
}

impl Proposal {
    /// The hash that members sign.
    pub fn digest(&self) -> B256 {
        let message = Execute {
            target: self.stake_manager,
            data: self.data(),
            nonce: self.nonce,
            deadline: U256::from(self.deadline),
        };
        message.hash(self.chain_id, self.committee)
    }

    /// Signs it. Whoever calls this has written it to the journal before.
    pub(crate) fn sign(&self, signer: &PrivateKeySigner) -> Result<SignedProposal> {
        let signature = signer
            .sign_hash_sync(&self.digest())
            .map_err(|error| OracleError::Signing(error.to_string()))?;
        Ok(SignedProposal {
            proposal: self.clone(),
            signer: signer.address(),
            signature: Bytes::copy_from_slice(&signature.as_bytes()),
        })
    }

    /// The call that hands it in. `signatures` are in ascending order of their signers.
    pub fn execution(&self, signatures: &[Bytes]) -> Bytes {
        let call = executeCall {
            target: self.stake_manager,
            data: self.data(),
            deadline: U256::from(self.deadline),
            signatures: signatures.concat().into(),
        };
        call.abi_encode().into()
    }

    fn data(&self) -> Bytes {
        let report = self.report.into();
        reportCall { report }.abi_encode().into()
    }
}

impl SignedProposal {
    /// Whether the signature is the signer's, in the only form that the contract takes.
    pub fn is_genuine(&self) -> bool {
        if self.signature.len() != SIGNATURE {
            return false;
        }
        let Ok(signature) = Signature::try_from(self.signature.as_ref()) else {
            return false;
        };
        // The contract takes low s, and 27 or 28 for v.
        let canonical = signature.as_bytes();
        let low = signature.normalize_s().is_none();
        low && canonical == self.signature.as_ref()
            && signature
                .recover_address_from_prehash(&self.proposal.digest())
                .is_ok_and(|signer| signer == self.signer)
    }
}
