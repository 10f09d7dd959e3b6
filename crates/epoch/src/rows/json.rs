//! Rows in JSON: an array of objects.

use std::path::Path;

use serde_json::{Map, Value};

use super::{places, read_bytes, row, Parsed, COLUMNS};
use crate::error::{BadRow, Error};

/// Reads all rows; the first is number 1.
pub(super) fn read(path: &Path) -> Result<Vec<Parsed>, Error> {
    let bytes = read_bytes(path)?;
    let rows: Vec<Map<String, Value>> =
        serde_json::from_slice(&bytes).map_err(|error| Error::malformed(path, error))?;
    let read = |(index, object): (usize, Map<String, Value>)| {
        let line = index + 1;
        let names = object.keys().map(String::as_str);
        if let Err(error) = places(path, names) {
            let reason = match error {
                Error::Malformed { reason, .. } => reason,
                other => other.to_string(),
            };
            return Err(vec![BadRow { line, reason }]);
        }
        let texts = COLUMNS.map(|column| object.get(column).map(text));
        row(line, texts.each_ref().map(Option::as_deref))
    };
    Ok(rows.into_iter().enumerate().map(read).collect())
}

/// Strings as they are, and anything else as JSON has it.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
