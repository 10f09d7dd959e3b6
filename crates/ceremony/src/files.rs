//! What the simulator keeps of a ceremony: a result for everybody, and a secret for each member.
//!
//! Secrets are written in the clear, for keys that hold nobody's ether. The tools of real ceremonies write encrypted
//! keystores (EIP-2335).

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use alloy::{
    hex,
    primitives::{FixedBytes, B256},
};
use clay_ethereum::{PublicKey, Signature};
use serde::{de::DeserializeOwned, Deserialize, Serialize, Serializer};

use crate::{
    ceremony::FIRST_DEPOSIT, signing_root::deposit_message_root, Ceremony, CeremonyError, Network,
    Outcome, PublicKeyShare, SecretShare,
};

/// Version of the key tools whose file format this is.
const DEPOSIT_CLI_VERSION: &str = "2.7.0";

/// Deposit data of one validator, as Ethereum's key tools write it. They write a list of these. Bytes are hexadecimal,
/// written without 0x and read with or without it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepositData {
    /// BLS public key.
    #[serde(serialize_with = "plain")]
    pub pubkey: PublicKey,
    /// Where withdrawals go.
    #[serde(serialize_with = "plain")]
    pub withdrawal_credentials: B256,
    /// Gwei that the signature is for.
    pub amount: u64,
    /// Deposit signature.
    #[serde(serialize_with = "plain")]
    pub signature: Signature,
    /// Root of the first three, of which the signature is, together with the network.
    #[serde(serialize_with = "plain")]
    pub deposit_message_root: B256,
    /// Root of the first four, which the deposit contract compares.
    #[serde(serialize_with = "plain")]
    pub deposit_data_root: B256,
    /// The network's version at genesis.
    #[serde(serialize_with = "plain")]
    pub fork_version: FixedBytes<4>,
    /// The network's name.
    pub network_name: String,
    /// Version of the tool that wrote it, as other tools ask for.
    pub deposit_cli_version: String,
}

impl DepositData {
    /// Deposit data of an outcome.
    pub fn new(outcome: &Outcome, network: &Network) -> Self {
        let credentials = outcome.withdrawal_credentials;
        Self {
            pubkey: outcome.public_key,
            withdrawal_credentials: credentials,
            amount: FIRST_DEPOSIT,
            signature: outcome.signature,
            deposit_message_root: deposit_message_root(
                &outcome.public_key,
                credentials,
                FIRST_DEPOSIT,
            ),
            deposit_data_root: outcome.deposit_data_root,
            fork_version: network.genesis_fork_version,
            network_name: network.name.clone(),
            deposit_cli_version: DEPOSIT_CLI_VERSION.into(),
        }
    }
}

/// What a ceremony tells everybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultFile {
    /// The validator's deposit data: a list of one, as key tools write and read it.
    pub deposit_data: [DepositData; 1],
    /// Members whose parts make a signature.
    pub threshold: u16,
    /// Public keys of the members' shares.
    pub public_key_shares: Vec<PublicKeyShare>,
}

impl ResultFile {
    /// The file's name.
    pub const NAME: &'static str = "result.json";

    /// What a file tells of an outcome.
    pub fn new(outcome: &Outcome, network: &Network) -> Self {
        Self {
            deposit_data: [DepositData::new(outcome, network)],
            threshold: outcome.threshold,
            public_key_shares: outcome.public_key_shares.clone(),
        }
    }

    /// The outcome it tells of; it may be anything, until [`Outcome::check`] has looked at it.
    pub fn outcome(&self) -> Outcome {
        let [data] = &self.deposit_data;
        Outcome {
            public_key: data.pubkey,
            signature: data.signature,
            withdrawal_credentials: data.withdrawal_credentials,
            deposit_data_root: data.deposit_data_root,
            threshold: self.threshold,
            public_key_shares: self.public_key_shares.clone(),
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`CeremonyError::File`] if it cannot be read or holds something else.
    pub fn read(file: &Path) -> Result<Self, CeremonyError> {
        read(file)
    }
}

/// What one member keeps to itself.
#[derive(Clone, Serialize, Deserialize)]
pub struct SecretFile {
    /// The validator's public key.
    pub public_key: PublicKey,
    /// The member's number, never 0.
    pub member: u64,
    /// The member's share, the most significant byte first, in the clear.
    pub secret_share: B256,
}

impl SecretFile {
    /// The name of a member's file.
    pub fn name(member: u64) -> String {
        format!("member-{member}.secret.json")
    }

    /// What a member keeps.
    pub fn new(public_key: PublicKey, share: &SecretShare) -> Self {
        Self {
            public_key,
            member: share.member(),
            secret_share: share.secret(),
        }
    }

    /// The member's share.
    ///
    /// # Errors
    /// See [`SecretShare::new`].
    pub fn share(&self) -> Result<SecretShare, CeremonyError> {
        SecretShare::new(self.member, self.secret_share)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`CeremonyError::File`] if it cannot be read or holds something else.
    pub fn read(file: &Path) -> Result<Self, CeremonyError> {
        read(file)
    }
}

impl Ceremony {
    /// Writes the result and each member's secret to a folder, which is made if it is not there, and returns the
    /// files: the result's first, then the members'. Secrets can be read by their owner alone. Nothing is overwritten.
    ///
    /// # Errors
    /// [`CeremonyError::File`] if one cannot be written, or exists. The result is written last, so that a folder with
    /// a result is whole.
    pub fn write(&self, network: &Network, folder: &Path) -> Result<Vec<PathBuf>, CeremonyError> {
        fs::create_dir_all(folder).map_err(|cause| problem(folder, cause))?;
        let result = folder.join(ResultFile::NAME);
        let mut files = vec![result.clone()];
        if result.exists() {
            return Err(problem(&result, io::ErrorKind::AlreadyExists.into()));
        }
        for share in &self.secrets {
            let file = folder.join(SecretFile::name(share.member()));
            let secret = SecretFile::new(self.outcome.public_key, share);
            create(&file, 0o600, &secret)?;
            files.push(file);
        }
        create(&result, 0o644, &ResultFile::new(&self.outcome, network))?;
        Ok(files)
    }
}

/// Creates a file that nobody without a right to it can open at any moment.
fn create(file: &Path, mode: u32, value: &impl Serialize) -> Result<(), CeremonyError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    let json = serde_json::to_string_pretty(value).map_err(|error| problem(file, error.into()))?;
    let write = |mut open: fs::File| writeln!(open, "{json}");
    options
        .open(file)
        .and_then(write)
        .map_err(|cause| problem(file, cause))
}

fn read<T: DeserializeOwned>(file: &Path) -> Result<T, CeremonyError> {
    let json = fs::read(file).map_err(|cause| problem(file, cause))?;
    serde_json::from_slice(&json).map_err(|error| problem(file, error.into()))
}

fn problem(file: &Path, cause: io::Error) -> CeremonyError {
    CeremonyError::File {
        file: file.into(),
        cause,
    }
}

fn plain<const N: usize, S: Serializer>(
    bytes: &FixedBytes<N>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex::encode(bytes))
}
