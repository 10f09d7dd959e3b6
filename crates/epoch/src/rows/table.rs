//! Rows in Parquet: whole numbers, or strings.

use std::{fs::File, path::Path};

use parquet::{
    file::reader::{FileReader, SerializedFileReader},
    record::Field,
};

use super::{places, row, Parsed};
use crate::error::{BadRow, Error};

/// Reads all rows; the first is number 1.
pub(super) fn read(path: &Path) -> Result<Vec<Parsed>, Error> {
    let file = File::open(path).map_err(Error::io(path))?;
    let malformed = |error| Error::malformed(path, error);
    let reader = SerializedFileReader::new(file).map_err(malformed)?;
    let schema = reader.metadata().file_metadata().schema();
    let names: Vec<String> = schema
        .get_fields()
        .iter()
        .map(|field| field.name().to_owned())
        .collect();
    let places = places(path, names.iter().map(String::as_str))?;
    let rows = reader.get_row_iter(None).map_err(malformed)?;
    let mut parsed = Vec::new();
    for (index, record) in rows.enumerate() {
        let line = index + 1;
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let reason = error.to_string();
                parsed.push(Err(vec![BadRow { line, reason }]));
                break;
            }
        };
        let texts: Vec<Option<String>> = record
            .get_column_iter()
            .map(|(_, field)| text(field))
            .collect();
        let field = |place: Option<usize>| place.and_then(|place| texts.get(place)?.as_deref());
        parsed.push(row(line, places.map(field)));
    }
    Ok(parsed)
}

/// A number's digits, or the string; nothing for nothing.
fn text(field: &Field) -> Option<String> {
    Some(match field {
        Field::Null => return None,
        Field::Str(text) => text.clone(),
        Field::Byte(number) => number.to_string(),
        Field::Short(number) => number.to_string(),
        Field::Int(number) => number.to_string(),
        Field::Long(number) => number.to_string(),
        Field::UByte(number) => number.to_string(),
        Field::UShort(number) => number.to_string(),
        Field::UInt(number) => number.to_string(),
        Field::ULong(number) => number.to_string(),
        Field::Bytes(bytes) => bytes.as_utf8().unwrap_or_default().to_owned(),
        other => other.to_string(),
    })
}
