//! A folder that members share: one file a message and signer, there whole or not at all. Others write there too, and may
//! mean ill: only regular files are opened, and what a member is looked for by name comes before any crowd.

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::Path,
};

use alloy::primitives::{Address, B256};

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
    let slot_time = signed.proposal.report.slot_time;
    let name = name(slot_time, signed.proposal.digest(), signed.signer);
    let path = folder.join(&name);
    if read(&path).is_ok_and(|there| there == *signed) {
        return Ok(());
    }
    let json = serde_json::to_vec_pretty(signed).map_err(|error| problem(&error))?;
    // A name that nobody can guess, and a file that nobody else made: else a link there would have another overwritten.
    let draft = folder.join(format!(".{name}.{:032x}.new", rand::random::<u128>()));
    let mut file = File::create_new(&draft).map_err(|error| problem(&error))?;
    let mut write = || {
        file.write_all(&json)?;
        file.sync_all()?;
        fs::rename(&draft, &path)
    };
    write().map_err(|error| {
        // What cannot be removed either is ignored by all readers.
        let _ = fs::remove_file(&draft);
        problem(&error)
    })
}

/// What is there for a slot: members' signatures of one message, and others as far as they are not too many. Files that
/// are something else are left alone, with a warning.
pub(super) fn fetch(
    folder: &Path,
    slot_time: u64,
    digest: B256,
    members: &[Address],
) -> Result<Vec<SignedProposal>> {
    let wanted = members.iter().map(|it| name(slot_time, digest, *it));
    let wanted: BTreeSet<String> = wanted.collect();
    let others = match others(folder, slot_time, &wanted, members) {
        Ok(others) => others,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(folder, &error)),
    };
    let mut found = Vec::new();
    for name in wanted.iter().chain(&others) {
        match read(&folder.join(name)) {
            Ok(signed) => found.push(signed),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => tracing::warn!(
                "{} is ignored: {}",
                printable(name),
                printable(&error.to_string())
            ),
        }
    }
    Ok(found)
}

/// Names of other files for a slot, those of members first; the same for each reader if they are too many.
fn others(
    folder: &Path,
    slot_time: u64,
    wanted: &BTreeSet<String>,
    members: &[Address],
) -> io::Result<Vec<String>> {
    let prefix = prefix(slot_time);
    let of_members: Vec<String> = members.iter().map(|it| format!("-{it}.json")).collect();
    let mut found = BTreeSet::new();
    let mut left_out = 0;
    for entry in fs::read_dir(folder)? {
        // Other names than text are none of ours.
        let Ok(name) = entry?.file_name().into_string() else {
            continue;
        };
        let fits = name.starts_with(&prefix) && name.ends_with(".json");
        if !fits || wanted.contains(&name) {
            continue;
        }
        let foreign = !of_members.iter().any(|end| name.ends_with(end));
        found.insert((foreign, name));
        if found.len() > MOST_PROPOSALS {
            found.pop_last();
            left_out += 1;
        }
    }
    if left_out > 0 {
        tracing::warn!("{left_out} other files for slot time {slot_time} are not read");
    }
    Ok(found.into_iter().map(|(_, name)| name).collect())
}

fn read(path: &Path) -> io::Result<SignedProposal> {
    let mut options = OpenOptions::new();
    options.read(true);
    // Neither through a link, nor waiting for whoever writes into a pipe.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        libc::O_NOFOLLOW | libc::O_NONBLOCK,
    );
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut json = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut json)?;
    if json.len() as u64 > MOST_BYTES {
        return Err(io::Error::other(format!(
            "it has more than {MOST_BYTES} bytes"
        )));
    }
    Ok(serde_json::from_slice(&json)?)
}

fn name(slot_time: u64, digest: B256, signer: Address) -> String {
    format!("{}{digest}-{signer}.json", prefix(slot_time))
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
