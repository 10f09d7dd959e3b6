//! `clay epoch publish` and `fetch`: the root for the committee to sign, and the files for everybody.
//!
//! A mirror has the files of an epoch in a folder named by their content hash, so any copy is as good as any other.

use std::{
    fs,
    path::{Path, PathBuf},
};

use alloy::{
    primitives::{hex, B256, U256},
    sol_types::SolCall,
};
use clap::Args;
use clay_epoch::{content_hash, Manifest};
use sha2::{Digest, Sha256};

use super::{files::verified, parse_hash, told, wrong, At};
use crate::{
    bindings::RewardsDistributor::{oracleCommitteeCall, proposeRootCall},
    commands::proposals::Draft,
    deploy::record::Deployment,
    failure::Failure,
    output::say,
};

/// Recomputes an epoch's folder, and writes the proposal of its root for the committee to sign.
#[derive(Args, Debug)]
pub(in crate::commands) struct PublishArgs {
    /// The epoch's folder.
    folder: PathBuf,
    /// The proposal to write.
    file: PathBuf,
    /// Where the files will be found, for everybody to see on chain.
    #[arg(long, value_name = "URI")]
    uri: String,
    /// A mirror to copy the files to.
    #[arg(long, value_name = "FOLDER")]
    mirror: Option<PathBuf>,
    /// How long it can be handed in, hours of the chain's time.
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    valid_for: u64,
    #[command(flatten)]
    at: At,
}

impl PublishArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let (epoch, hash) = verified(&self.folder)?;
        if let Some(mirror) = &self.mirror {
            let copy = mirror.join(name(hash));
            copy_all(&self.folder, &copy)?;
            say!("Copied to {}.", copy.display());
        }
        let distributor = self.at.open().await?;
        let client = &distributor.client;
        let deployment = Deployment::of(client, &self.at.chain.file(client))?;
        let call = proposeRootCall {
            epoch: U256::from(epoch.terms.epoch),
            root: epoch.tree.root(),
            contentHash: hash,
            rewards: U256::from(epoch.totals.rewards),
            penalties: U256::from(epoch.totals.penalties),
            recovered: U256::from(epoch.totals.recovered),
            uri: self.uri,
        };
        let draft = Draft {
            committee: distributor.view(oracleCommitteeCall {}).await?,
            target: distributor.address,
            data: call.abi_encode(),
            reason: None,
            valid_for: self.valid_for,
            file: &self.file,
        };
        draft.write(client, &deployment).await
    }
}

/// A mirror's folder for a content hash.
fn name(hash: B256) -> String {
    hex::encode(hash)
}

fn problem(path: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::File(format!("{}: {error}", path.display()))
}

/// Copies the files of a folder, whole or not at all.
fn copy_all(from: &Path, to: &Path) -> Result<(), Failure> {
    if to.exists() {
        return Ok(());
    }
    let partial = to.with_extension("partial");
    fs::create_dir_all(&partial).map_err(|error| problem(&partial, error))?;
    for entry in fs::read_dir(from).map_err(|error| problem(from, error))? {
        let entry = entry.map_err(|error| problem(from, error))?;
        let copy = partial.join(entry.file_name());
        fs::copy(entry.path(), &copy).map_err(|error| problem(&copy, error))?;
    }
    fs::rename(&partial, to).map_err(|error| problem(to, error))
}

/// Gets an epoch's files from mirrors, by their content hash, and checks each.
#[derive(Args, Debug)]
pub(in crate::commands) struct FetchArgs {
    /// The content hash, as `clay epoch show` tells it.
    #[arg(value_name = "HASH", value_parser = parse_hash)]
    hash: B256,
    /// The folder to write; it must not be there.
    folder: PathBuf,
    /// Folders or URLs of mirrors, asked in this order.
    #[arg(long, value_name = "PLACE", required = true)]
    mirror: Vec<String>,
}

impl FetchArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        if self.folder.exists() {
            return Err(problem(&self.folder, "it is there already"));
        }
        let partial = self.folder.with_extension("partial");
        fs::create_dir_all(&partial).map_err(|error| problem(&partial, error))?;
        let mut failures = Vec::new();
        for mirror in &self.mirror {
            match self.from(mirror, &partial).await {
                Ok(count) => {
                    fs::rename(&partial, &self.folder)
                        .map_err(|error| problem(&self.folder, error))?;
                    say!(
                        "{count} files from {mirror}, as the hash has them, in {}.",
                        self.folder.display()
                    );
                    return Ok(());
                }
                Err(error) => failures.push(format!("{mirror}: {error}")),
            }
        }
        fs::remove_dir_all(&partial).map_err(|error| problem(&partial, error))?;
        Err(Failure::File(format!(
            "no mirror has the files of {}:\n{}",
            told(self.hash),
            failures.join("\n")
        )))
    }

    /// Gets all files from one mirror.
    async fn from(&self, mirror: &str, into: &Path) -> Result<usize, Failure> {
        let get = |file: String| {
            let place = format!(
                "{}/{}/{file}",
                mirror.trim_end_matches('/'),
                name(self.hash)
            );
            async move { read(&place).await }
        };
        let manifest = get("manifest.json".into()).await?;
        let path = into.join("manifest.json");
        fs::write(&path, &manifest).map_err(|error| problem(&path, error))?;
        if content_hash(into).map_err(wrong)? != self.hash {
            return Err(Failure::Conflict("its manifest has another hash".into()));
        }
        let files = Manifest::read(into).map_err(wrong)?.files;
        for (file, hash) in &files {
            // A name of the manifest never leads out of the folder.
            if file.contains(['/', '\\']) || file.starts_with('.') {
                return Err(Failure::Conflict(format!("'{file}' is no name of a file")));
            }
            let bytes = get(file.clone()).await?;
            if Sha256::digest(&bytes).as_slice() != hash.as_slice() {
                return Err(Failure::Conflict(format!("{file} has another hash")));
            }
            let path = into.join(file);
            fs::write(&path, bytes).map_err(|error| problem(&path, error))?;
        }
        Ok(files.len() + 1)
    }
}

/// Reads a file, or gets it from a URL.
async fn read(place: &str) -> Result<Vec<u8>, Failure> {
    if !place.starts_with("http://") && !place.starts_with("https://") {
        return fs::read(place).map_err(|error| problem(Path::new(place), error));
    }
    let failed = |error: reqwest::Error| Failure::File(error.to_string());
    let answer = reqwest::get(place).await.map_err(failed)?;
    let answer = answer.error_for_status().map_err(failed)?;
    Ok(answer.bytes().await.map_err(failed)?.to_vec())
}
