//! Rows in CSV, read in parts side by side.

use std::path::Path;

use rayon::prelude::*;

use super::{places, read_bytes, row, Parsed, COLUMNS};
use crate::error::{BadRow, Error};

/// Bytes of a part, about.
const PART: usize = 1 << 20;

/// Reads all rows.
pub(super) fn read(path: &Path) -> Result<Vec<Parsed>, Error> {
    let bytes = read_bytes(path)?;
    let end = bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(bytes.len());
    let (heading, rows) = bytes.split_at(end);
    let heading = std::str::from_utf8(heading)
        .map_err(|_| Error::malformed(path, "the first line is no text"))?;
    let names = heading.trim_end_matches('\r').split(',').map(str::trim);
    let places = places(path, names)?;

    let parts = parts(rows.get(1..).unwrap_or_default());
    // The heading is line 1.
    let mut first = 2;
    let numbered: Vec<_> = parts
        .into_iter()
        .map(|part| {
            let line = first;
            first += part.iter().filter(|byte| **byte == b'\n').count();
            (line, part)
        })
        .collect();
    let parsed = numbered.into_par_iter().map(|(first, part)| {
        let mut parsed = Vec::new();
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(part);
        let mut record = csv::StringRecord::new();
        loop {
            match reader.read_record(&mut record) {
                Ok(false) => return parsed,
                Ok(true) => {
                    let before = record.position().map_or(1, csv::Position::line);
                    let line = first + before as usize - 1;
                    parsed.push(of_record(line, &record, &places, names_of(&places)));
                }
                Err(error) => {
                    let place = error.position().map_or(1, csv::Position::line);
                    let line = first + place as usize - 1;
                    let reason = "is no text".into();
                    parsed.push(Err(vec![BadRow { line, reason }]));
                }
            }
        }
    });
    let parsed: Vec<Vec<Parsed>> = parsed.collect();
    Ok(parsed.into_iter().flatten().collect())
}

/// How many columns the heading names.
fn names_of(places: &[Option<usize>; COLUMNS.len()]) -> usize {
    places.iter().flatten().count()
}

fn of_record(
    line: usize,
    record: &csv::StringRecord,
    places: &[Option<usize>; COLUMNS.len()],
    columns: usize,
) -> Parsed {
    if record.len() != columns {
        let reason = format!("has {} fields instead of {columns}", record.len());
        return Err(vec![BadRow { line, reason }]);
    }
    row(
        line,
        places.map(|place| place.and_then(|place| record.get(place))),
    )
}

/// Parts that end with whole lines.
fn parts(mut rows: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    while rows.len() > PART {
        let (_, rest) = rows.split_at(PART);
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
            break;
        };
        let (part, rest) = rows.split_at(PART + end + 1);
        parts.push(part);
        rows = rest;
    }
    parts.push(rows);
    parts
}
