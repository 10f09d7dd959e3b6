//! A folder that members share: one file a message and signer, there whole or not at all.

use std::{
    fs::{self, File},
    io::{Read, Write},
    path::{Path, PathBuf},
};

use super::{MOST_BYTES, MOST_PROPOSALS};
use crate::{
    endpoint::printable,
    error::{OracleError, Result},
    message::SignedProposal,
};

/// Writes a signature's file, unless it is there.
pub(super) fn publish(folder: &Path, signed: &SignedProposal) -> Result<()> {
    let problem = |error: &dyn std::fmt::Display| failed(folder, error);
    fs::create_dir_all(folder).map_err(|error| problem(&error))?;
    let name = format!(
        "{}{}-{}.json",
        prefix(signed.proposal.report.slot_time),
        signed.proposal.digest(),
        signed.signer
    );
    let path = folder.join(&name);
    if read(&path).is_ok_and(|there| there == *signed) {
        return Ok(());
    }
    let json = serde_json::to_vec_pretty(signed).map_err(|error| problem(&error))?;
    // The signer's name keeps two reporters from drafting in one file.
    let draft = folder.join(format!(".{name}.new"));
    let write = || {
        let mut file = File::create(&draft)?;
        file.write_all(&json)?;
        file.sync_all()?;
        fs::rename(&draft, &path)
    };
    write().map_err(|error| problem(&error))
}

/// What is there for a slot. Files that are something else are left alone, with a warning.
pub(super) fn fetch(folder: &Path, slot_time: u64) -> Result<Vec<SignedProposal>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(folder, &error)),
    };
    let prefix = prefix(slot_time);
    let mut found = Vec::new();
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| failed(folder, &error))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(&prefix) && name.ends_with(".json") {
            paths.push(entry.path());
        }
    }
    // Without an order of their own, a crowd of foreign files would be different for each reader.
    paths.sort();
    if paths.len() > MOST_PROPOSALS {
        tracing::warn!(
            "{} files for slot time {slot_time}: only {MOST_PROPOSALS} are read",
            paths.len()
        );
        paths.truncate(MOST_PROPOSALS);
    }
    for path in paths {
        match read(&path) {
            Ok(signed) => found.push(signed),
            Err(cause) => tracing::warn!(
                "{} is ignored: {}",
                printable(&path.to_string_lossy()),
                printable(&cause)
            ),
        }
    }
    Ok(found)
}

fn read(path: &Path) -> std::result::Result<SignedProposal, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let mut json = Vec::new();
    let read = file.take(MOST_BYTES + 1).read_to_end(&mut json);
    read.map_err(|error| error.to_string())?;
    if json.len() as u64 > MOST_BYTES {
        return Err(format!("it has more than {MOST_BYTES} bytes"));
    }
    serde_json::from_slice(&json).map_err(|error| error.to_string())
}

fn prefix(slot_time: u64) -> String {
    format!("report-{slot_time}-")
}

fn failed(folder: &Path, error: &dyn std::fmt::Display) -> OracleError {
    OracleError::Exchange {
        place: folder.display().to_string(),
        cause: error.to_string(),
    }
}
