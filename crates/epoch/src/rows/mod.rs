//! The rows: what each node did in an epoch, and what it is charged.

mod json;
mod lines;
mod table;

use std::{fs, path::Path};

use rayon::prelude::*;

use crate::{
    amount::decimal::whole,
    error::{BadRow, Error},
    terms::WHOLE,
    FIRST_OPERATOR,
};

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeType {
    /// One of five that share an SSV validator.
    Ssv,
    /// One of four that share an Obol validator.
    Obol,
    /// Runs a validator alone.
    Direct,
}

impl NodeType {
    /// All, by the registry's numbers.
    pub const ALL: [Self; 3] = [Self::Ssv, Self::Obol, Self::Direct];

    /// As files name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ssv => "ssv",
            Self::Obol => "obol",
            Self::Direct => "direct",
        }
    }

    fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|of| of.name() == name)
    }
}

/// What a node did in an epoch, and what it is charged. Amounts are wei.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its number in the registry.
    pub node: u32,
    /// Its operator's.
    pub operator: u32,
    /// What it is.
    pub of: NodeType,
    /// Attestations that it made.
    pub attestations: u64,
    /// Attestations that were expected of it.
    pub expected: u64,
    /// Penalties of late and forced exits.
    pub exit: u128,
    /// What the node answers for of a slashing or a leak.
    pub loss: u128,
    /// SSV tokens earned, in their smallest unit.
    pub ssv: u128,
    /// Any other adjustment.
    pub adjustment: i128,
    /// Basis points of its rewards that go to those who lent its bond.
    pub funded: u16,
}

/// The columns, in the order in which they are written.
pub const COLUMNS: [&str; 10] = [
    "node",
    "operator",
    "type",
    "attestations",
    "expected",
    "exit",
    "loss",
    "ssv",
    "adjustment",
    "funded",
];
/// So many of them must be there.
const NEEDED: usize = 5;

/// Attestations are fewer, and so is what fits a sum of all nodes.
const MOST_ATTESTATIONS: u64 = 1 << 40;
/// Amounts of a row are smaller.
const LARGEST: u128 = 1 << 96;

/// A row with the line it came from.
type Parsed = Result<(usize, Row), Vec<BadRow>>;

/// Reads rows from CSV, JSON or Parquet, told by the ending of the name. They come back sorted by node.
///
/// # Errors
/// If the file cannot be read, or with all rows that cannot be taken.
pub fn read_nodes(path: &Path) -> Result<Vec<Row>, Error> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    let parsed = match ending {
        Some("csv") => lines::read(path)?,
        Some("json") => json::read(path)?,
        Some("parquet") => table::read(path)?,
        _ => {
            let reason = "rows are read from files that end in .csv, .json or .parquet";
            return Err(Error::malformed(path, reason));
        }
    };
    let mut bad = Vec::new();
    let mut rows = Vec::with_capacity(parsed.len());
    for row in parsed {
        match row {
            Ok(row) => rows.push(row),
            Err(reasons) => bad.extend(reasons),
        }
    }
    rows.par_sort_unstable_by_key(|(line, row)| (row.node, *line));
    let twice = rows
        .windows(2)
        .filter(|pair| pair[0].1.node == pair[1].1.node);
    bad.extend(twice.map(|pair| BadRow {
        line: pair[1].0,
        reason: format!("node {} is in line {} already", pair[1].1.node, pair[0].0),
    }));
    if !bad.is_empty() {
        bad.sort_by_key(|row| row.line);
        return Err(Error::BadRows {
            path: path.into(),
            rows: bad,
        });
    }
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(Error::io(path))
}

/// Which column of a file each of ours is, from its heading. The last ones may be missing.
fn places<'a>(
    path: &Path,
    heading: impl Iterator<Item = &'a str>,
) -> Result<[Option<usize>; COLUMNS.len()], Error> {
    let mut places = [None; COLUMNS.len()];
    for (place, name) in heading.enumerate() {
        let Some(column) = COLUMNS.iter().position(|column| *column == name) else {
            let reason = format!(
                "no column is called '{name}': they are {}",
                COLUMNS.join(", ")
            );
            return Err(Error::malformed(path, reason));
        };
        if places[column].replace(place).is_some() {
            return Err(Error::malformed(
                path,
                format!("column '{name}' is there twice"),
            ));
        }
    }
    let missing = (0..NEEDED).find(|column| places[*column].is_none());
    match missing {
        Some(column) => {
            let reason = format!("column '{}' is missing", COLUMNS[column]);
            Err(Error::malformed(path, reason))
        }
        None => Ok(places),
    }
}

/// Reads a row from its fields in the order of [`COLUMNS`]. All that is wrong with it is told.
fn row(line: usize, fields: [Option<&str>; COLUMNS.len()]) -> Parsed {
    let mut reader = Reader {
        line,
        fields,
        bad: Vec::new(),
    };
    let of = match fields[2].map(NodeType::of) {
        Some(Some(of)) => of,
        _ => {
            let names = "ssv, obol or direct";
            reader.refuse(2, format!("is not {names}"));
            NodeType::Direct
        }
    };
    let row = Row {
        node: reader.number(0, u64::from(u32::MAX)) as u32,
        operator: reader.number(1, u64::from(u32::MAX)) as u32,
        of,
        attestations: reader.number(3, MOST_ATTESTATIONS - 1),
        expected: reader.number(4, MOST_ATTESTATIONS - 1),
        exit: reader.amount(5),
        loss: reader.amount(6),
        ssv: reader.amount(7),
        adjustment: reader.signed(8),
        funded: reader.number(9, u64::from(WHOLE)) as u16,
    };
    if row.operator < FIRST_OPERATOR && reader.bad.is_empty() {
        reader.refuse(
            1,
            format!("is one of the pools' own accounts, below {FIRST_OPERATOR}"),
        );
    }
    if row.attestations > row.expected && reader.bad.is_empty() {
        reader.refuse(
            3,
            format!("is above the {} that were expected", row.expected),
        );
    }
    match reader.bad.is_empty() {
        true => Ok((line, row)),
        false => Err(reader.bad),
    }
}

/// Reads fields, and notes what is wrong with them.
struct Reader<'a> {
    line: usize,
    fields: [Option<&'a str>; COLUMNS.len()],
    bad: Vec<BadRow>,
}

impl Reader<'_> {
    fn refuse(&mut self, column: usize, reason: impl std::fmt::Display) {
        let text = match self.fields[column] {
            Some(text) => format!("'{text}'"),
            None => "nothing".into(),
        };
        self.bad.push(BadRow {
            line: self.line,
            reason: format!("{} {text} {reason}", COLUMNS[column]),
        });
    }

    /// A column's text; 0 where the file does not have it, unless it must.
    fn text(&self, column: usize) -> &str {
        match self.fields[column] {
            None if column >= NEEDED => "0",
            text => text.unwrap_or_default(),
        }
    }

    fn number(&mut self, column: usize, largest: u64) -> u64 {
        match whole::<u64>(self.text(column)) {
            Some(number) if number <= largest => number,
            _ => {
                self.refuse(column, format!("is not a whole number from 0 to {largest}"));
                0
            }
        }
    }

    fn amount(&mut self, column: usize) -> u128 {
        match whole::<u128>(self.text(column)) {
            Some(amount) if amount < LARGEST => amount,
            _ => {
                self.refuse(column, "is not a whole number below 2^96");
                0
            }
        }
    }

    fn signed(&mut self, column: usize) -> i128 {
        let text = self.text(column);
        let digits = text.strip_prefix('-').unwrap_or(text);
        match whole::<u128>(digits) {
            Some(amount) if amount < LARGEST => match text.starts_with('-') {
                true => -(amount as i128),
                false => amount as i128,
            },
            _ => {
                self.refuse(column, "is not a whole number between -2^96 and 2^96");
                0
            }
        }
    }
}
