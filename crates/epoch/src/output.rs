//! The folder that an epoch is published as.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
};

use alloy::primitives::{hex, B256};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    epoch::Epoch,
    error::Error,
    rows::{Row, COLUMNS},
    terms::Totals,
};

/// A file of the folder, as it is written.
pub type Stage = &'static str;

pub(crate) const NODES: Stage = "nodes.csv";
pub(crate) const TERMS: Stage = "terms.json";
pub(crate) const PREVIOUS: Stage = "previous.json";
pub(crate) const TABLE: Stage = "table.csv";
pub(crate) const OPERATORS: Stage = "operators.csv";
pub(crate) const TREE: Stage = "tree.json";
pub(crate) const PROOFS: Stage = "proofs.jsonl";
pub(crate) const SUMMARY: Stage = "summary.md";
pub(crate) const MANIFEST: Stage = "manifest.json";

/// Lines that are put into words together.
const PART: usize = 4_096;

/// What `manifest.json` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Number of the epoch.
    pub epoch: u32,
    /// Its root.
    pub root: B256,
    /// Shares since the beginning.
    pub totals: Totals,
    /// SHA-256 of every other file.
    pub files: BTreeMap<String, B256>,
}

/// Writes an epoch's folder, whole or not at all. `progress` hears which file is written.
///
/// # Errors
/// If the folder is there, or cannot be written.
pub fn write(folder: &Path, epoch: &Epoch, progress: &dyn Fn(Stage)) -> Result<B256, Error> {
    if folder.exists() {
        return Err(Error::Exists(folder.into()));
    }
    let parent = match folder.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent).map_err(Error::io(parent))?;
    let partial = tempfile::Builder::new()
        .prefix(".epoch-")
        .tempdir_in(parent)
        .map_err(Error::io(parent))?;
    let hash = write_into(partial.path(), epoch, progress)?;
    fs::rename(partial.keep(), folder).map_err(Error::io(folder))?;
    Ok(hash)
}

/// Writes the files into an empty folder.
pub(crate) fn write_into(
    folder: &Path,
    epoch: &Epoch,
    progress: &dyn Fn(Stage),
) -> Result<B256, Error> {
    let mut files = BTreeMap::new();
    let mut write = |name: Stage, parts: &mut dyn FnMut(&mut Hashed) -> Result<(), Error>| {
        progress(name);
        let mut file = Hashed::create(folder.join(name))?;
        parts(&mut file)?;
        files.insert(name.to_owned(), file.finish()?);
        Ok::<_, Error>(())
    };
    write(NODES, &mut |file| {
        file.write(&heading(&COLUMNS))?;
        file.lines(epoch.rows.len(), &|line, place| {
            node(line, &epoch.rows[place])
        })
    })?;
    write(TERMS, &mut |file| file.write(&epoch.terms.text()))?;
    if let Some(previous) = &epoch.previous {
        write(PREVIOUS, &mut |file| file.write(&previous.text()))?;
    }
    write(TABLE, &mut |file| {
        file.write(&heading(&TABLE_COLUMNS))?;
        file.lines(epoch.rewards.len(), &|line, place| {
            reward(line, epoch, place)
        })
    })?;
    write(OPERATORS, &mut |file| {
        file.write(&heading(&OPERATOR_COLUMNS))?;
        file.lines(epoch.accounts.len(), &|line, place| {
            account(line, epoch, place)
        })
    })?;
    write(TREE, &mut |file| file.write(&epoch.tree.text()))?;
    write(PROOFS, &mut |file| {
        file.lines(epoch.accounts.len(), &|line, place| {
            proof(line, epoch, place)
        })
    })?;
    write(SUMMARY, &mut |file| file.write(&summary(epoch)))?;

    progress(MANIFEST);
    let manifest = Manifest {
        epoch: epoch.terms.epoch,
        root: epoch.tree.root(),
        totals: epoch.totals,
        files,
    };
    // Plain data.
    let text = serde_json::to_string_pretty(&manifest).unwrap_or_default() + "\n";
    let mut file = Hashed::create(folder.join(MANIFEST))?;
    file.write(&text)?;
    file.finish()
}

/// The content hash of a folder: SHA-256 of its manifest.
///
/// # Errors
/// If there is none.
pub fn content_hash(folder: &Path) -> Result<B256, Error> {
    let path = folder.join(MANIFEST);
    let bytes = fs::read(&path).map_err(Error::io(path))?;
    Ok(B256::new(Sha256::digest(bytes).into()))
}

impl Manifest {
    /// Reads a folder's.
    ///
    /// # Errors
    /// If there is none, or it is no such JSON.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(MANIFEST);
        let text = fs::read_to_string(&path).map_err(Error::io(&path))?;
        serde_json::from_str(&text).map_err(|error| Error::malformed(path, error))
    }
}

/// A file that is hashed as it is written.
struct Hashed {
    path: PathBuf,
    file: File,
    hash: Sha256,
}

impl Hashed {
    fn create(path: PathBuf) -> Result<Self, Error> {
        let file = File::create(&path).map_err(Error::io(&path))?;
        let hash = Sha256::new();
        Ok(Self { path, file, hash })
    }

    fn write(&mut self, text: &str) -> Result<(), Error> {
        self.hash.update(text);
        self.file
            .write_all(text.as_bytes())
            .map_err(Error::io(&self.path))
    }

    /// So many lines, put into words side by side and written in order.
    fn lines(
        &mut self,
        count: usize,
        line: &(dyn Fn(&mut String, usize) + Sync),
    ) -> Result<(), Error> {
        let at_once = PART * rayon::current_num_threads() * 4;
        for first in (0..count).step_by(at_once) {
            let last = (first + at_once).min(count);
            let starts: Vec<usize> = (first..last).step_by(PART).collect();
            let parts = starts.into_par_iter().map(|start| {
                let mut text = String::new();
                for place in start..(start + PART).min(last) {
                    line(&mut text, place);
                }
                text
            });
            for part in parts.collect::<Vec<String>>() {
                self.write(&part)?;
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<B256, Error> {
        self.file.sync_all().map_err(Error::io(&self.path))?;
        Ok(B256::new(self.hash.finalize().into()))
    }
}

const TABLE_COLUMNS: [&str; 11] = [
    "operator",
    "node",
    "type",
    "attestations",
    "expected",
    "base",
    "performance",
    "other",
    "exit",
    "loss",
    "reward",
];

const OPERATOR_COLUMNS: [&str; 13] = [
    "account",
    "nodes",
    "gross",
    "loss",
    "sum",
    "paid",
    "given",
    "shares",
    "charged",
    "rewards",
    "penalties",
    "performance",
    "epochs",
];

fn heading(columns: &[&str]) -> String {
    columns.join(",") + "\n"
}

/// Writes to a string, which takes everything.
macro_rules! line {
    ($text:expr, $($argument:tt)*) => {{
        let written = writeln!($text, $($argument)*);
        debug_assert!(written.is_ok());
    }};
}

fn node(text: &mut String, row: &Row) {
    let Row {
        node,
        operator,
        of,
        attestations,
        expected,
        exit,
        loss,
        ssv,
        adjustment,
        funded,
    } = row;
    let of = of.name();
    line!(
        text,
        "{node},{operator},{of},{attestations},{expected},{exit},{loss},{ssv},{adjustment},{funded}"
    );
}

fn reward(text: &mut String, epoch: &Epoch, place: usize) {
    let (row, reward) = &epoch.rewards[place];
    let row = &epoch.rows[*row];
    line!(
        text,
        "{},{},{},{},{},{},{},{},{},{},{}",
        row.operator,
        row.node,
        row.of.name(),
        row.attestations,
        row.expected,
        reward.base,
        reward.performance,
        reward.other,
        row.exit,
        row.loss,
        reward.reward
    );
}

fn account(text: &mut String, epoch: &Epoch, place: usize) {
    let it = &epoch.accounts[place];
    line!(
        text,
        "{},{},{},{},{},{},{},{},{},{},{},{},{}",
        it.account,
        it.nodes,
        it.gross,
        it.loss,
        it.sum,
        it.paid,
        it.given,
        it.shares,
        it.charged,
        it.leaf.rewards,
        it.leaf.penalties,
        it.leaf.performance,
        it.leaf.epochs
    );
}

fn proof(text: &mut String, epoch: &Epoch, place: usize) {
    let account = epoch.accounts[place].account;
    text.push_str("{\"account\":");
    let written = write!(text, "{account}");
    debug_assert!(written.is_ok());
    text.push_str(",\"value\":[");
    for (index, word) in epoch.tree.words(place).iter().enumerate() {
        text.push_str(if index == 0 { "\"" } else { ",\"" });
        text.push_str(word);
        text.push('"');
    }
    text.push_str("],\"proof\":[");
    for (index, node) in epoch.tree.proof_at(place).iter().enumerate() {
        text.push_str(if index == 0 { "\"0x" } else { ",\"0x" });
        let mut digits = [0; 64];
        let encoded = hex::encode_to_slice(node, &mut digits);
        debug_assert!(encoded.is_ok());
        text.push_str(std::str::from_utf8(&digits).unwrap_or_default());
        text.push('"');
    }
    text.push_str("]}\n");
}

fn summary(epoch: &Epoch) -> String {
    let sum =
        |of: &dyn Fn(&crate::Account) -> u128| -> u128 { epoch.accounts.iter().map(of).sum() };
    let paid = sum(&|it| it.shares);
    let charged = sum(&|it| it.charged);
    let operators = epoch.accounts.iter().filter(|it| it.nodes != 0).count();
    let left = epoch.pot - epoch.recovered;
    let mut text = format!("# Epoch {}\n\n", epoch.terms.epoch);
    line!(text, "| | |\n|---|---:|");
    let rows: [(&str, String); 11] = [
        ("nodes", epoch.rows.len().to_string()),
        ("operators", operators.to_string()),
        (
            "attestations of all nodes (A)",
            epoch.attestations.to_string(),
        ),
        (
            "closing rate, wei for shares",
            format!("{} / {}", epoch.terms.assets, epoch.terms.shares),
        ),
        ("pot, shares", epoch.terms.pot.to_string()),
        ("pot, wei (T)", epoch.pot.to_string()),
        ("recovered of losses, wei", epoch.recovered.to_string()),
        ("due to operators, wei", epoch.positive.to_string()),
        ("paid, shares", paid.to_string()),
        ("charged to bonds, shares", charged.to_string()),
        ("root", epoch.tree.root().to_string()),
    ];
    for (name, value) in rows {
        line!(text, "| {name} | {value} |");
    }
    if epoch.positive > left {
        line!(
            text,
            "\nMore was due than there is: everybody is paid {left} / {} of it.",
            epoch.positive
        );
    }
    text
}
