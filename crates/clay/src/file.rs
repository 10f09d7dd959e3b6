//! Files, of JSON mostly, that are there whole or not at all.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::{de::DeserializeOwned, Serialize};

use crate::failure::Failure;

/// Reads a file; none if there is no such file.
///
/// # Errors
/// [`Failure::File`] if it cannot be read or holds something else.
pub(crate) fn read<T: DeserializeOwned>(file: &Path) -> Result<Option<T>, Failure> {
    match fs::read(file) {
        Ok(json) => serde_json::from_slice(&json)
            .map(Some)
            .map_err(|error| problem(file, &error)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(problem(file, &error)),
    }
}

/// Writes a file, whole or not at all.
///
/// # Errors
/// [`Failure::File`] if it cannot be written.
pub(crate) fn write<T: Serialize>(value: &T, file: &Path) -> Result<(), Failure> {
    let json = serde_json::to_string_pretty(value).expect("plain data serializes");
    write_text(&(json + "\n"), file)
}

/// Writes a text to a file, whole or not at all.
///
/// # Errors
/// [`Failure::File`] if it cannot be written.
pub(crate) fn write_text(text: &str, file: &Path) -> Result<(), Failure> {
    let draft = draft(file)?;
    fs::write(&draft, text).map_err(|error| problem(file, &error))?;
    fs::rename(&draft, file).map_err(|error| problem(file, &error))
}

/// Makes sure that a file can be written, without touching what is there.
///
/// # Errors
/// [`Failure::File`] if it cannot.
pub(crate) fn require_writable(file: &Path) -> Result<(), Failure> {
    let draft = draft(file)?;
    fs::write(&draft, [])
        .and_then(|()| fs::remove_file(&draft))
        .map_err(|error| problem(&draft, &error))
}

/// What becomes the file once it is whole, in a folder that is there.
fn draft(file: &Path) -> Result<PathBuf, Failure> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(|error| problem(folder, &error))?;
    }
    Ok(file.with_extension("json.new"))
}

fn problem(file: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::File(format!("{}: {error}.", file.display()))
}
