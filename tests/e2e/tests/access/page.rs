//! The page: the table in words.

use std::fmt::Write;

use e2e::Kind;

use super::{
    roles::Role,
    table::{rules, Rule, Who, CONTRACTS, NEVER, NOT_TRIED},
};

const HEAD: &str = "# Who may call what

Written by `cargo test -p e2e --test access`, which fails when this file does not hold; with `CLAY_UPDATE_ACCESS=1`
it writes it anew. The table in `tests/e2e/tests/access/table.rs` is written by hand from the design. The run makes a
call of every function that can change something, in both pools, as every role: whoever may make it succeeds, and
everybody else is refused with the error that stands here, which names the caller.
";

const READING: &str = "
The *owner* of every contract is the timelock, which has none itself. *Anyone* acts with what is theirs, or for
everybody. A committee calls by `execute` of its `quorum`, to which anyone hands its members' signatures in; it may
change its own members that way where the owner allowed it, as the Board may. A row is about all overloads of a
function. Views are in no row: each answers every role the same. A program that is called itself, without its proxy,
refuses to be set up or upgraded, and a facet everything, with `OnlyThroughProxy`. What a denied account is kept from
is told in `tests/e2e/tests/entry_points.rs`.
";

/// The page, after so many calls.
pub fn page(calls: usize) -> String {
    let mut page = HEAD.to_owned();
    let roles = Role::ALL.len();
    let one_each = format!("Each of the {roles} roles is an account that has no other.");
    writeln!(page, "\n{one_each} {calls} calls were made.").expect("text");
    page += READING;
    for (contract, _) in CONTRACTS {
        let rows = rows(contract);
        if rows.is_empty() {
            continue;
        }
        writeln!(page, "\n## {contract}\n").expect("text");
        page += "| function | who may call | refused with |\n|---|---|---|\n";
        for (what, functions) in rows {
            let [who, refusal] = what;
            writeln!(page, "| {} | {who} | {refusal} |", functions.join(", ")).expect("text");
        }
    }
    page += "\n## What was not tried, or cannot succeed\n\n";
    for (contract, functions, kind, reason) in NOT_TRIED {
        let names: Vec<_> = functions.iter().map(|name| shown(name)).collect();
        let pool = kind.map_or("anywhere", within);
        writeln!(page, "- {contract}, {} {pool}: {reason}.", names.join(", ")).expect("text");
    }
    for (contract, function, kind, error) in NEVER {
        let (pool, name) = (within(*kind), shown(function));
        writeln!(
            page,
            "- {contract}, {name} {pool}: everybody gets `{error}`."
        )
        .expect("text");
    }
    let names: Vec<_> = Role::ALL.iter().map(|role| role.name()).collect();
    writeln!(page, "\nThe roles: {}.", names.join("; ")).expect("text");
    page
}

/// Who may call, and with what others are refused, in words; and the functions of which it is true.
type Row = ([String; 2], Vec<String>);

/// The rows of a contract: a row for all functions of which the same is true.
fn rows(contract: &str) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for rule in rules(contract) {
        let what = [who(rule), refusal(rule)];
        let functions = rule.functions.iter().map(|name| shown(name));
        match rows.iter_mut().find(|(known, _)| *known == what) {
            Some((_, known)) => known.extend(functions),
            None => rows.push((what, functions.collect())),
        }
    }
    rows
}

fn who(rule: &Rule) -> String {
    let mut who = match rule.who {
        Who::Anyone => "anyone".to_owned(),
        Who::Nobody(when) => format!("nobody: {when}"),
        Who::Only(roles) => {
            let names: Vec<_> = roles.iter().map(|role| role.name()).collect();
            names.join(", ")
        }
    };
    if let Some((_, right)) = rule.license {
        let anywhere = rule.pool.is_some();
        let place = if anywhere {
            ""
        } else {
            ", in the institutional pool"
        };
        write!(who, "{place} with the right to {right}").expect("text");
    }
    match rule.pool {
        Some(pool) => format!("{}: {who}", within(pool)),
        None => who,
    }
}

fn refusal(rule: &Rule) -> String {
    let own = (!rule.refusal.is_empty()).then_some(rule.refusal);
    let missing = rule.license.map(|_| "RightMissing");
    let errors: Vec<_> = own.into_iter().chain(missing).collect();
    let errors = errors.iter().map(|error| format!("`{error}`"));
    errors.collect::<Vec<_>>().join(", ")
}

fn within(kind: Kind) -> &'static str {
    match kind {
        Kind::Retail => "in the retail pool",
        Kind::Institutional => "in the institutional pool",
    }
}

fn shown(name: &str) -> String {
    match name.split_once(' ') {
        Some((name, besides)) => format!("`{name}` ({besides})"),
        None if name == "receive" => "plain ETH".into(),
        None => format!("`{name}`"),
    }
}
