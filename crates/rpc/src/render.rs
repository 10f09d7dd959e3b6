//! A trace as a tree to be read in a terminal.

use std::fmt::Write;

use alloy::primitives::utils::format_ether;
use alloy::primitives::{Bytes, Log, U256};
use clay_chain::{StylusTrace, Trace};

use crate::error::revert_reason;
use crate::methods::traces::kind_name;

/// Most bytes of return or revert data printed; longer ones are cut.
const MOST_BYTES: usize = 68;

/// Writes a trace as an indented tree: each frame with its gas, what its program spent, its console lines,
/// its logs, the frames it started and how it ended.
///
/// ```text
/// CALL 0x.. -> 0x.. gas 45,210 of 200,000, value 1 ETH, input d0e30db0 (4 bytes)
/// ├─ stylus start-up 2,294 gas cached + pages 1,000 gas, ink 21,000,000; dearest host function: ..
/// ├─ console: paused by 0x..
/// ├─ log 0x.. 0xddf2.. (32 bytes)
/// ├─ STATICCALL 0x.. -> 0x.. gas 2,600 of 150,000, input 70a08231 (36 bytes)
/// │  └─ returned 0x..
/// └─ execution reverted: paused, data 0x..
/// ```
pub fn render_trace(trace: &Trace) -> String {
    let mut text = headline(trace);
    text.push('\n');
    branches(trace, "", &mut text);
    text
}

/// What hangs below a frame.
enum Branch<'a> {
    Line(String),
    Frame(&'a Trace),
}

fn branches(trace: &Trace, indent: &str, text: &mut String) {
    let stylus = trace
        .stylus
        .iter()
        .map(|spent| Branch::Line(stylus_line(spent)));
    let console = trace
        .console
        .iter()
        .map(|line| Branch::Line(format!("console: {line}")));
    let logs = trace.logs.iter().map(|log| Branch::Line(log_line(log)));
    let calls = trace.calls.iter().map(Branch::Frame);
    let end = std::iter::once(Branch::Line(end_line(trace)));
    let mut below = stylus
        .chain(console)
        .chain(logs)
        .chain(calls)
        .chain(end)
        .peekable();
    while let Some(branch) = below.next() {
        let (joint, deeper) = if below.peek().is_some() {
            ("├─ ", "│  ")
        } else {
            ("└─ ", "   ")
        };
        let line = match &branch {
            Branch::Line(line) => line.clone(),
            Branch::Frame(call) => headline(call),
        };
        // Console lines may hold line breaks; the tree must stay one.
        let line = line.replace('\n', &format!("\n{indent}{deeper}"));
        text.extend([indent, joint, &line, "\n"]);
        if let Branch::Frame(call) = branch {
            branches(call, &format!("{indent}{deeper}"), text);
        }
    }
}

fn headline(trace: &Trace) -> String {
    let to = trace.to.map_or("nothing".to_owned(), |to| to.to_string());
    let mut line = format!(
        "{} {} -> {to} gas {} of {}",
        kind_name(trace.kind),
        trace.from,
        grouped(trace.gas_used),
        grouped(trace.gas)
    );
    if trace.value > U256::ZERO {
        let ether = format_ether(trace.value);
        let ether = ether.trim_end_matches('0').trim_end_matches('.');
        let _ = write!(line, ", value {ether} ETH");
    }
    if !trace.input.is_empty() {
        let start = &trace.input[..trace.input.len().min(4)];
        let (start, length) = (alloy::hex::encode(start), grouped(trace.input.len() as u64));
        let _ = write!(line, ", input {start} ({length} bytes)");
    }
    line
}

fn stylus_line(spent: &StylusTrace) -> String {
    let cached = if spent.cached { " cached" } else { "" };
    let mut line = format!(
        "stylus start-up {} gas{cached} + pages {} gas, ink {}",
        grouped(spent.startup_gas),
        grouped(spent.page_gas),
        grouped(spent.ink_used)
    );
    if let Some((name, spent)) = spent.hostio.iter().max_by_key(|(_, spent)| spent.ink) {
        let (n, ink) = (grouped(spent.n), grouped(spent.ink));
        let _ = write!(line, "; dearest host function: {name} {n} times, ink {ink}");
    }
    line
}

fn log_line(log: &Log) -> String {
    let topics: Vec<String> = log.topics().iter().map(|topic| topic.to_string()).collect();
    format!(
        "log {} {} ({} bytes)",
        log.address,
        topics.join(" "),
        log.data.data.len()
    )
}

fn end_line(trace: &Trace) -> String {
    let Some(error) = &trace.error else {
        return match trace.output.is_empty() {
            true => "returned".to_owned(),
            false => format!("returned {}", cut(&trace.output)),
        };
    };
    match (revert_reason(&trace.output), trace.output.is_empty()) {
        (Some(reason), _) => format!("{error}: {reason}"),
        (None, false) => format!("{error}, data {}", cut(&trace.output)),
        (None, true) => error.clone(),
    }
}

fn cut(data: &Bytes) -> String {
    match data.get(..MOST_BYTES) {
        Some(start) if data.len() > MOST_BYTES => {
            format!(
                "{}.. ({} bytes)",
                alloy::hex::encode_prefixed(start),
                grouped(data.len() as u64)
            )
        }
        _ => data.to_string(),
    }
}

/// A number with a comma every three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
