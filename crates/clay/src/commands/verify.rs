//! `clay verify`: whether a chain runs what was built here.

use std::{fs, path::PathBuf};

use alloy::primitives::B256;
use clap::Args;

use super::ChainArgs;
use crate::{
    bytecode::{program, proxy},
    client::Client,
    deploy::record::{Deployment, Entry},
    failure::Failure,
    output::say,
    table,
};

/// Compares every contract's code on the chain with the deployment file and with one's own build.
#[derive(Args, Debug)]
pub(super) struct VerifyArgs {
    /// Folder with one's own build of the contracts (scripts/build-contracts.sh).
    #[arg(long, value_name = "FOLDER", default_value = "target/contracts")]
    contracts: PathBuf,
    #[command(flatten)]
    chain: ChainArgs,
}

impl VerifyArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.chain.connect(None).await?;
        let deployment = Deployment::of(&client, &self.chain.file(&client))?;
        let (mut rows, mut wrong) = (Vec::new(), 0);
        for (name, entry) in &deployment.contracts {
            let found = self.differs(&client, name, entry).await?;
            wrong += usize::from(found.is_some());
            let code = format!("{} at {}", entry.code_hash, entry.address);
            rows.push((name, found.unwrap_or(code)));
        }
        say!("{}", table::lines(&rows));
        if wrong == 0 {
            say!("\nAll {} are what was built here.", rows.len());
            return Ok(());
        }
        Err(Failure::Conflict(format!(
            "{wrong} of {} contracts are not what was built here.",
            rows.len()
        )))
    }

    /// In what a contract is not as built here, in words.
    async fn differs(
        &self,
        client: &Client,
        name: &str,
        entry: &Entry,
    ) -> Result<Option<String>, Failure> {
        let code = client.code(entry.address).await?;
        let on_chain = program::code_hash(&code);
        if on_chain != entry.code_hash {
            return Ok(Some(format!(
                "DIFFERS: the chain has {on_chain}, and the file {}",
                entry.code_hash
            )));
        }
        match entry.implementation {
            None => self.differs_from_build(name, on_chain),
            Some(_) if on_chain != proxy::code_hash() => {
                Ok(Some("DIFFERS: its code is no proxy's".into()))
            }
            Some(implementation) => {
                let runs = client.implementation(entry.address).await?;
                Ok((runs != implementation).then(|| {
                    format!("DIFFERS: it runs {runs}, and the file says {implementation}")
                }))
            }
        }
    }

    fn differs_from_build(&self, name: &str, on_chain: B256) -> Result<Option<String>, Failure> {
        let program = name.rsplit('/').next().unwrap_or(name);
        let file = self.contracts.join(format!("{program}.wasm"));
        let wasm = fs::read(&file).map_err(|error| {
            Failure::File(format!(
                "{}: {error}\nscripts/build-contracts.sh builds it.",
                file.display()
            ))
        })?;
        let built = program::code_hash(&program::code(&wasm));
        Ok((built != on_chain)
            .then(|| format!("DIFFERS: the chain has {on_chain}, and this build {built}")))
    }
}
