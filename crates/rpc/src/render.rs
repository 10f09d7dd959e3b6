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
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::{Address, LogData, B256};
    use alloy::sol_types::{Revert, SolError};
    use clay_chain::{FrameKind, HostUse};

    fn frame(kind: FrameKind, from: u8, to: u8) -> Trace {
        Trace {
            kind,
            from: Address::with_last_byte(from),
            to: Some(Address::with_last_byte(to)),
            value: U256::ZERO,
            gas: 200_000,
            gas_used: 45_210,
            input: Bytes::new(),
            output: Bytes::new(),
            error: None,
            stylus: None,
            logs: Vec::new(),
            console: Vec::new(),
            calls: Vec::new(),
        }
    }

    fn short(text: &str) -> String {
        text.replace("0x00000000000000000000000000000000000000", "@")
    }

    #[test]
    fn a_failed_transaction_reads_as_a_tree() {
        let mut view = frame(FrameKind::StaticCall, 2, 3);
        view.gas = 9;
        view.gas_used = 1;
        view.input = vec![0x70, 0xa0, 0x82, 0x31, 0].into();
        view.output = vec![7].into();
        let mut inner = frame(FrameKind::DelegateCall, 2, 4);
        inner.console = vec!["two\nlines".to_owned()];
        inner.output = Revert::from("paused").abi_encode().into();
        inner.error = Some("execution reverted".to_owned());
        inner.calls = vec![view];
        inner.stylus = Some(StylusTrace {
            startup_gas: 2_294,
            page_gas: 1_000,
            cached: true,
            ink_used: 21_000_000,
            hostio: [
                ("read_args", 1, 16_381),
                ("storage_load_bytes32", 2, 50_000),
            ]
            .map(|(name, n, ink)| (name.to_owned(), HostUse { n, ink }))
            .into(),
        });
        let mut outer = frame(FrameKind::Call, 1, 2);
        outer.value = U256::from(1_500_000_000_000_000_000u64);
        let data = LogData::new_unchecked(vec![B256::ZERO], vec![1, 2].into());
        outer.logs = vec![Log {
            address: Address::with_last_byte(2),
            data,
        }];
        outer.error = Some("execution reverted".to_owned());
        outer.output = vec![0xab; 70].into();
        outer.calls = vec![inner];

        let zero = B256::ZERO;
        let start = "ab".repeat(68);
        let expected = format!(
            "CALL @01 -> @02 gas 45,210 of 200,000, value 1.5 ETH
├─ log @02 {zero} (2 bytes)
├─ DELEGATECALL @02 -> @04 gas 45,210 of 200,000
│  ├─ stylus start-up 2,294 gas cached + pages 1,000 gas, ink 21,000,000; \
dearest host function: storage_load_bytes32 2 times, ink 50,000
│  ├─ console: two
│  │  lines
│  ├─ STATICCALL @02 -> @03 gas 1 of 9, input 70a08231 (5 bytes)
│  │  └─ returned 0x07
│  └─ execution reverted: paused
└─ execution reverted, data 0x{start}.. (70 bytes)
"
        );
        assert_eq!(short(&render_trace(&outer)), short(&expected));
    }

    #[test]
    fn a_creation_that_never_ran_has_no_address() {
        let mut creation = frame(FrameKind::Create, 1, 0);
        creation.to = None;
        creation.error = Some("out of gas".to_owned());
        let expected = "CREATE @01 -> nothing gas 45,210 of 200,000\n└─ out of gas\n";
        assert_eq!(short(&render_trace(&creation)), expected);
    }

    #[test]
    fn numbers_are_grouped() {
        let numbers = [0, 999, 1_000, 1_234_567].map(grouped);
        assert_eq!(numbers, ["0", "999", "1,000", "1,234,567"]);
    }
}
