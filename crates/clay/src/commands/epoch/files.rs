//! `clay epoch compute`, `verify` and `explain`: an epoch's files.

use std::path::{Path, PathBuf};

use alloy::primitives::B256;
use clap::Args;
use clay_epoch::{explain, read_nodes, verify, write, Epoch, Terms, Tree};

use super::{
    chain::{Declared, Distributor, Set},
    collect::nodes_in,
    told, wrong, At,
};
use crate::{failure::Failure, output::say, table};

/// Computes an epoch from a folder of inputs, and writes the folder that is published.
#[derive(Args, Debug)]
pub(in crate::commands) struct ComputeArgs {
    /// The folder with nodes.csv (or .json, or .parquet), terms.json and, but for the first root, previous.json.
    inputs: PathBuf,
    /// The folder to write; it must not be there.
    folder: PathBuf,
}

impl ComputeArgs {
    pub(super) fn run(self) -> Result<(), Failure> {
        let previous = self.inputs.join("previous.json");
        let previous = match previous.exists() {
            true => Some(Tree::read(&previous).map_err(wrong)?),
            false => None,
        };
        let terms = Terms::read(&self.inputs.join("terms.json")).map_err(wrong)?;
        let rows = read_nodes(&nodes_in(&self.inputs)?).map_err(wrong)?;
        let epoch = Epoch::compute(terms, rows, previous).map_err(wrong)?;
        let hash =
            write(&self.folder, &epoch, &|file| eprintln!("writing {file}")).map_err(wrong)?;
        tell(&epoch, hash);
        say!("Written to {}.", self.folder.display());
        Ok(())
    }
}

fn tell(epoch: &Epoch, hash: B256) {
    let rows = [
        ("epoch", epoch.terms.epoch.to_string()),
        ("nodes", epoch.rows.len().to_string()),
        ("accounts", epoch.accounts.len().to_string()),
        ("T, wei", epoch.pot.to_string()),
        ("recovered, wei", epoch.recovered.to_string()),
        (
            "rewards, shares since the beginning",
            epoch.totals.rewards.to_string(),
        ),
        ("penalties, likewise", epoch.totals.penalties.to_string()),
        ("recovered, likewise", epoch.totals.recovered.to_string()),
        ("root", epoch.tree.root().to_string()),
        ("content hash", told(hash)),
    ];
    say!("{}", table::lines(&rows));
}

/// Recomputes an epoch's folder and compares every file, then compares it with the chain.
#[derive(Args, Debug)]
pub(in crate::commands) struct VerifyArgs {
    /// The folder.
    folder: PathBuf,
    /// Asks no chain.
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    at: At,
}

impl VerifyArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let (epoch, hash) = verified(&self.folder)?;
        tell(&epoch, hash);
        say!("Every file is what the inputs give.");
        if self.offline {
            return Ok(());
        }
        let distributor = self.at.open().await?;
        let differing = against_chain(&distributor, &epoch, hash).await?;
        if !differing.is_empty() {
            return Err(Failure::Conflict(differing.join("\n")));
        }
        say!("Inputs, root, totals and content hash are the chain's.");
        Ok(())
    }
}

/// Recomputes a folder.
pub(super) fn verified(folder: &Path) -> Result<(Epoch, B256), Failure> {
    verify(folder).map_err(wrong)?.map_err(|mismatches| {
        let lines = mismatches.iter().map(|it| match it.line {
            0 => format!("{}: {}", it.file, it.reason),
            line => format!("{}:{line}: {}", it.file, it.reason),
        });
        let lines: Vec<String> = lines.collect();
        Failure::Conflict(format!(
            "{} is not what its inputs give:\n{}",
            folder.display(),
            lines.join("\n")
        ))
    })
}

/// What an epoch's terms and results say otherwise than the chain.
async fn against_chain(
    distributor: &Distributor,
    epoch: &Epoch,
    hash: B256,
) -> Result<Vec<String>, Failure> {
    let terms = &epoch.terms;
    let mut differing = Vec::new();
    let mut same = |what: &str, ours: String, theirs: String| {
        if ours != theirs {
            differing.push(format!("{what}: the files say {ours}, the chain {theirs}."));
        }
    };
    let client = &distributor.client;
    same(
        "chain",
        terms.chain.to_string(),
        client.chain_id().to_string(),
    );
    same(
        "distributor",
        terms.distributor.to_string(),
        distributor.address.to_string(),
    );
    let set = Set {
        factors: terms.factors,
        standing: terms.standing,
        published: terms.published,
    };
    same(
        "terms",
        format!("{set:?}"),
        format!("{:?}", distributor.set(terms.epoch).await?),
    );
    let closing = distributor.closing(terms.epoch).await?;
    let rate = |assets: u128, shares: u128| format!("{assets} / {shares}");
    let theirs = rate(closing.assets, closing.shares);
    same("closing rate", rate(terms.assets, terms.shares), theirs);
    let pot = distributor.pot(closing, terms.before).await?;
    same("pot", terms.pot.to_string(), pot.to_string());

    let ours = Declared {
        epoch: terms.epoch,
        root: epoch.tree.root(),
        content_hash: hash,
        totals: epoch.totals,
    };
    let (in_effect, pending) = (distributor.in_effect().await?, distributor.pending().await?);
    let pending = pending.map(|(declared, _)| declared);
    let of_epoch = [pending, in_effect]
        .into_iter()
        .flatten()
        .find(|it| it.epoch == terms.epoch);
    match of_epoch {
        Some(theirs) => same("root", format!("{ours:?}"), format!("{theirs:?}")),
        None => same(
            "root",
            format!("{ours:?}"),
            "neither pending nor in effect".into(),
        ),
    }
    let before = match of_epoch == in_effect && in_effect.is_some() {
        true => distributor.previous().await?,
        false => in_effect.map_or(B256::ZERO, |it| it.root),
    };
    let ours = epoch.previous.as_ref().map_or(B256::ZERO, Tree::root);
    same("previous root", ours.to_string(), before.to_string());
    Ok(differing)
}

/// Explains one operator's amount line by line, with the formula filled in.
#[derive(Args, Debug)]
pub(in crate::commands) struct ExplainArgs {
    /// The operator.
    operator: u32,
    /// The epoch's folder.
    #[arg(long, value_name = "FOLDER")]
    files: PathBuf,
}

impl ExplainArgs {
    pub(super) fn run(self) -> Result<(), Failure> {
        let (epoch, _) = verified(&self.files)?;
        let Some(text) = explain(&epoch, self.operator) else {
            return Err(Failure::Conflict(format!(
                "operator {} has no leaf in epoch {}.",
                self.operator, epoch.terms.epoch
            )));
        };
        say!("{}", text.trim_end());
        Ok(())
    }
}
