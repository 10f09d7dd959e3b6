//! Random epochs, and their rows in each format.
#![allow(dead_code)]

use std::{fs, path::Path, path::PathBuf, sync::Arc};

use clay_epoch::{Factors, NodeType, Row, Terms, Totals, COLUMNS};
use parquet::{
    data_type::{ByteArray, ByteArrayType},
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::parser::parse_message_type,
};
use rand::{rngs::StdRng, seq::SliceRandom, Rng, SeedableRng};

/// What an epoch is computed from.
pub struct Random {
    pub rows: Vec<Row>,
    pub terms: Terms,
}

const ETH: u128 = 1_000_000_000_000_000_000;

/// An epoch of so many nodes, with everything in it that changes an amount.
pub fn random(seed: u64, nodes: u32) -> Random {
    let mut dice = StdRng::seed_from_u64(seed);
    let scarce = dice.gen_bool(0.5);
    let mut rows: Vec<Row> = (1..=nodes)
        .map(|node| {
            let expected = if dice.gen_bool(0.05) {
                0
            } else {
                dice.gen_range(1..2_000)
            };
            let attestations = match dice.gen_range(0..10) {
                0 => 0,
                1 => expected * 97 / 100,
                2 => expected * 80 / 100,
                3 => dice.gen_range(0..=expected),
                _ => expected - expected / dice.gen_range(20..200),
            };
            let amount = |dice: &mut StdRng, chance| match dice.gen_bool(chance) {
                true => dice.gen_range(0..ETH),
                false => 0,
            };
            let sign = if dice.gen_bool(0.3) { -1 } else { 1 };
            let adjustment = amount(&mut dice, if scarce { 0.5 } else { 0.1 }) as i128;
            Row {
                node,
                operator: 16 + dice.gen_range(0..=nodes / 4),
                of: [NodeType::Ssv, NodeType::Obol, NodeType::Direct][dice.gen_range(0..3)],
                attestations,
                expected,
                exit: amount(&mut dice, 0.05),
                loss: amount(&mut dice, 0.05) * 4,
                ssv: amount(&mut dice, 0.3) * 10,
                adjustment: sign * adjustment,
                funded: if dice.gen_bool(0.2) {
                    dice.gen_range(0..=10_000)
                } else {
                    0
                },
            }
        })
        .collect();
    rows.shuffle(&mut dice);
    let pot = u128::from(nodes) * ETH / if scarce { 1_000 } else { 20 };
    let terms = Terms {
        chain: 412_346,
        distributor: [0x5d; 20].into(),
        epoch: 1,
        assets: dice.gen_range(900..1_400) * ETH + dice.gen_range(0..ETH),
        shares: 1_000 * ETH,
        pot,
        factors: Factors {
            ssv: 10_000,
            obol: 9_500,
            direct: 9_000,
        },
        standing: 9_700,
        published: dice.gen_range(0..ETH / 100),
        market: dice.gen_range(0..ETH / 100),
        before: Totals::default(),
    };
    Random { rows, terms }
}

fn fields(row: &Row) -> [String; COLUMNS.len()] {
    [
        row.node.to_string(),
        row.operator.to_string(),
        row.of.name().into(),
        row.attestations.to_string(),
        row.expected.to_string(),
        row.exit.to_string(),
        row.loss.to_string(),
        row.ssv.to_string(),
        row.adjustment.to_string(),
        row.funded.to_string(),
    ]
}

/// The same rows as CSV in two orders, as JSON and as Parquet.
pub fn write_inputs(folder: &Path, rows: &[Row]) -> Vec<PathBuf> {
    let path = |name: &str| folder.join(name);
    let csv = |rows: &[&Row], columns: &[usize]| {
        let line = |fields: &[String]| {
            let fields: Vec<&str> = columns
                .iter()
                .map(|column| fields[*column].as_str())
                .collect();
            fields.join(",")
        };
        let heading = line(&COLUMNS.map(String::from));
        let lines = rows.iter().map(|row| line(&fields(row)));
        std::iter::once(heading)
            .chain(lines)
            .collect::<Vec<_>>()
            .join("\n")
    };
    let forward: Vec<usize> = (0..COLUMNS.len()).collect();
    let backward: Vec<usize> = forward.iter().rev().copied().collect();
    let in_order: Vec<&Row> = rows.iter().collect();
    let reversed: Vec<&Row> = rows.iter().rev().collect();
    fs::write(path("a.csv"), csv(&in_order, &forward)).expect("written");
    fs::write(path("b.csv"), csv(&reversed, &backward)).expect("written");
    let objects = rows.iter().map(|row| {
        let values = fields(row).into_iter().enumerate().map(|(column, text)| {
            let value = match text.parse::<i64>() {
                // Numbers and strings, as they come.
                Ok(number) if column % 2 == 0 => number.into(),
                _ => serde_json::Value::String(text.clone()),
            };
            (COLUMNS[column].to_owned(), value)
        });
        serde_json::Value::Object(values.collect())
    });
    let json = serde_json::Value::Array(objects.collect());
    fs::write(path("c.json"), json.to_string()).expect("written");
    parquet(&path("d.parquet"), rows);
    ["a.csv", "b.csv", "c.json", "d.parquet"].map(path).to_vec()
}

/// Writes rows as Parquet, all columns strings.
pub fn parquet(path: &Path, rows: &[Row]) {
    let columns = COLUMNS.map(|name| format!("required binary {name} (UTF8);"));
    let schema = format!("message nodes {{ {} }}", columns.join(" "));
    let schema = parse_message_type(&schema).expect("a schema");
    let file = fs::File::create(path).expect("a file");
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer =
        SerializedFileWriter::new(file, Arc::new(schema), properties).expect("a writer");
    let mut group = writer.next_row_group().expect("a group");
    let mut column = 0;
    while let Some(mut writer) = group.next_column().expect("a column") {
        let values: Vec<ByteArray> = rows
            .iter()
            .map(|row| ByteArray::from(fields(row)[column].as_str()))
            .collect();
        let typed = writer.typed::<ByteArrayType>();
        typed.write_batch(&values, None, None).expect("written");
        writer.close().expect("closed");
        column += 1;
    }
    group.close().expect("closed");
    writer.close().expect("closed");
}
