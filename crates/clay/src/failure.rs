//! What can go wrong in a way the user can act on, each with words and an exit code of its own.

use std::path::PathBuf;

use alloy::{
    primitives::{Address, U256},
    transports::TransportError,
};
use clay_oracle::OracleError;

use crate::{amount::display_eth, refusal, rpc_url::RpcUrl};

/// A failure with a remedy. Anything else is an `anyhow::Error` and ends with exit code 1.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Nothing answers at the RPC's address.
    #[error("no chain answers at {url} ({cause}).\nStart one with `clay node`, or name another with --rpc.")]
    Unreachable {
        /// The RPC's address, without what may be a key.
        url: String,
        /// What the transport says.
        cause: String,
    },
    /// No Ethereum side answers.
    #[error("no Ethereum side of a development chain answers at {url} ({cause}).\nStart it with `clay node --ethereum`, deploy a pool, or name another with --ethereum.")]
    NoEthereum {
        /// Where it was looked for.
        url: String,
        /// What the transport says.
        cause: String,
    },
    /// The deployment file belongs to another chain.
    #[error("wrong chain: {file} is for chain {expected}, but {url} is chain {found}.\nName the right chain with --rpc, or the right file with --deployment.")]
    WrongChain {
        /// The deployment file.
        file: PathBuf,
        /// Chain id in the file.
        expected: u64,
        /// The RPC's address, without what may be a key.
        url: String,
        /// Chain id of the RPC.
        found: u64,
    },
    /// The chain runs no Stylus programs.
    #[error("chain {chain} at {url} has no ArbWasm at 0x71: it cannot run Stylus programs.\nName an Arbitrum chain with --rpc.")]
    NoStylus {
        /// The RPC's address, without what may be a key.
        url: String,
        /// Chain id of the RPC.
        chain: u64,
    },
    /// The account cannot pay for a transaction.
    #[error("unfunded account: {account} has {}, and this transaction needs up to {}.\nSend it the difference, or use another key.", display_eth(*.has), display_eth(*.needs))]
    Unfunded {
        /// The account that signs.
        account: Address,
        /// Most wei the transaction can take, gas and value.
        needs: U256,
        /// Balance in wei.
        has: U256,
    },
    /// The protocol, or a part of it, is not on this chain.
    #[error("{what} is not deployed on chain {chain}.\nDeploy it with `clay deploy`, or name its file with --deployment.")]
    NotDeployed {
        /// What is missing.
        what: String,
        /// Chain id of the RPC.
        chain: u64,
    },
    /// A contract refused.
    #[error("{action} was refused: {reason}")]
    Refused {
        /// What was tried.
        action: String,
        /// The contract's typed error, in words.
        reason: String,
    },
    /// An option is missing or wrong for this chain.
    #[error("{0}")]
    Usage(String),
    /// No usable key.
    #[error("{0}")]
    Key(String),
    /// A file that is needed is missing or wrong.
    #[error("{0}")]
    File(String),
    /// What stands on chain contradicts what should stand there.
    #[error("{0}")]
    Conflict(String),
    /// A reporter cannot report.
    #[error(transparent)]
    Oracle(#[from] OracleError),
}

impl Failure {
    /// Adds advice to a refusal's reason; any other failure stays as it is.
    pub(crate) fn advising(mut self, advice: &str) -> Self {
        if let Failure::Refused { reason, .. } = &mut self {
            reason.push_str(advice);
        }
        self
    }

    /// The process's exit code. 1 is any other error, 2 a wrong command line.
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::Usage(_) => 2,
            Failure::Unreachable { .. } | Failure::NoEthereum { .. } => 3,
            Failure::WrongChain { .. } | Failure::NoStylus { .. } => 4,
            Failure::Unfunded { .. } => 5,
            Failure::NotDeployed { .. } => 6,
            Failure::Refused { .. } => 7,
            Failure::Key(_) => 8,
            Failure::File(_) => 9,
            Failure::Conflict(_) => 10,
            Failure::Oracle(error) => match error {
                OracleError::BeaconUnreachable { .. } => 3,
                OracleError::DifferentChains { .. } => 4,
                OracleError::Rpc { .. } => 7,
                OracleError::NotMember { .. } | OracleError::Signing(_) => 8,
                OracleError::Journal { .. }
                | OracleError::JournalDamaged { .. }
                | OracleError::JournalInUse { .. }
                | OracleError::JournalOfAnother { .. }
                | OracleError::Exchange { .. } => 9,
                _ => 10,
            },
        }
    }
}

/// Explains why the RPC did not do `action`: unreachable, or the contract's or the node's reason.
pub fn explain(action: &str, url: &RpcUrl, error: &TransportError) -> Failure {
    match error.as_error_resp() {
        Some(response) => {
            let reason = match response.as_revert_data() {
                Some(data) => refusal::in_words(&data),
                None => url.mask(&response.message),
            };
            Failure::Refused {
                action: action.to_owned(),
                reason,
            }
        }
        None => Failure::Unreachable {
            url: url.to_string(),
            cause: url.mask(&innermost(error)),
        },
    }
}

/// The last cause in a chain of errors, which is the one that names the trouble.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
