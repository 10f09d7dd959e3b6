//! Tables and plots.

use std::{fmt::Write, io, path::Path};

use alloy::primitives::utils::format_ether;

use crate::{
    fleet::{Fleet, TARGETS},
    measure::{parts, Row},
};

/// Buckets as the tables have them.
const BUCKETS: [&str; 9] = [
    "SSV home",
    "SSV professional",
    "SSV institution",
    "Obol home",
    "Obol professional",
    "Obol institution",
    "direct home",
    "direct professional",
    "direct institution",
];

/// A line for each week.
pub fn table(fleet: &Fleet) -> String {
    let mut text = String::from(
        "| week | validators | nodes | off target | largest region | largest operator | weak operators' nodes | score, weak / strong | \
         bond an SSV node, weak / strong | refused by the crowd |\n|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for (week, row) in (1..).zip(&fleet.rows) {
        let [weak, strong] = row.bond_a_node.map(|bond| {
            let bond = format_ether(bond);
            bond.get(..5).map(str::to_owned).unwrap_or(bond)
        });
        let _ = writeln!(
            text,
            "| {week} | {} | {} | {} | {} | {} | {} | {} / {} | {weak} / {strong} ETH | {} |",
            row.validators,
            row.total(),
            percent(row.off_target as u64),
            percent(row.largest[0]),
            percent(row.largest[1]),
            percent(parts(row.weak, row.total())),
            row.scores[0],
            row.scores[1],
            row.refused,
        );
    }
    text
}

fn percent(basis_points: u64) -> String {
    format!("{}.{} %", basis_points / 100, basis_points % 100 / 10)
}

/// Writes the year's page and its plots.
pub fn documents(fleet: &Fleet) -> io::Result<()> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let plots = docs.join("operators-year");
    std::fs::create_dir_all(&plots)?;
    let share = |of: fn(&Row) -> u64| -> Vec<f64> {
        let all = fleet.rows.iter();
        all.map(|row| parts(of(row), row.total()) as f64 / 100.0)
            .collect()
    };
    let buckets: Vec<(String, Vec<f64>)> = (0..9)
        .filter(|bucket| TARGETS[*bucket] != 0)
        .map(|bucket| {
            let target = f64::from(TARGETS[bucket]) / 100.0;
            let parts = fleet
                .rows
                .iter()
                .map(|row| parts(row.by_bucket[bucket], row.total()) as f64 / 100.0);
            (
                format!("{}, target {target} %", BUCKETS[bucket]),
                parts.collect(),
            )
        })
        .collect();
    let plot = |name: &str, title: &str, lines: &[(String, Vec<f64>)]| {
        std::fs::write(plots.join(name), svg(title, lines))
    };
    plot("buckets.svg", "Active nodes by bucket, % of all", &buckets)?;
    let weak = [("nodes of weak operators".to_owned(), share(|row| row.weak))];
    plot("weak.svg", "Nodes of weak operators, % of all", &weak)?;
    let bond = |strong: usize| -> Vec<f64> {
        let bonds = fleet.rows.iter().map(|row| row.bond_a_node[strong]);
        bonds
            .map(|bond| format_ether(bond).parse().unwrap_or(0.0))
            .collect()
    };
    let bonds = [("weak".to_owned(), bond(0)), ("strong".to_owned(), bond(1))];
    plot("bonds.svg", "Bond required for an SSV node, ETH", &bonds)?;
    std::fs::write(plots.join("table.md"), table(fleet))
}

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 50.0;
const PLOT: f64 = 560.0;
const COLOURS: [&str; 8] = [
    "#1b6ca8", "#e07a1f", "#2f8f4e", "#b5302f", "#7a56a3", "#8a6d4b", "#d46fa8", "#6b6b6b",
];

/// Lines over weeks.
fn svg(title: &str, lines: &[(String, Vec<f64>)]) -> String {
    let values = lines.iter().flat_map(|(_, line)| line);
    let highest = values.fold(0.0f64, |highest, value| highest.max(*value)) * 1.05;
    let weeks = lines.iter().map(|(_, line)| line.len()).max().unwrap_or(1);
    let x = |week: usize| LEFT + PLOT * week as f64 / (weeks.max(2) - 1) as f64;
    let y = |value: f64| HEIGHT - 40.0 - (HEIGHT - 80.0) * value / highest.max(f64::MIN_POSITIVE);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"22\" font-size=\"15\">{title}</text>\n"
    );
    for tick in 0..=4 {
        let value = highest * f64::from(tick) / 4.0;
        let _ = writeln!(
            text,
            "<line x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{:.1}\" y2=\"{:.1}\" stroke=\"#ddd\"/><text x=\"8\" y=\"{:.1}\">{value:.2}</text>",
            LEFT + PLOT,
            y(value),
            y(value),
            y(value) + 4.0,
        );
    }
    for week in (0..weeks).filter(|week| (week + 1) % 5 == 0) {
        let _ = writeln!(
            text,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            x(week),
            HEIGHT - 20.0,
            week + 1
        );
    }
    for (place, (name, line)) in lines.iter().enumerate() {
        let colour = COLOURS[place % COLOURS.len()];
        let points: Vec<String> = line
            .iter()
            .enumerate()
            .map(|(week, value)| format!("{:.1},{:.1}", x(week), y(*value)))
            .collect();
        let at = 50.0 + 18.0 * place as f64;
        let _ = writeln!(
            text,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.6\"/>\n\
             <rect x=\"{:.1}\" y=\"{:.1}\" width=\"10\" height=\"10\" fill=\"{colour}\"/><text x=\"{:.1}\" y=\"{at:.1}\">{name}</text>",
            points.join(" "),
            LEFT + PLOT + 12.0,
            at - 9.0,
            LEFT + PLOT + 26.0,
        );
    }
    text + "</svg>\n"
}
