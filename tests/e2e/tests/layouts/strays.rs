//! What layouts would not show: tables in documentation that say otherwise, and slots that are no constants.

use std::collections::BTreeSet;

use syn::{Expr, Item};

use crate::{
    layout::Layout,
    programs::{contracts, Program},
    source::{self, type_name, Calls, Use},
};

/// The slots, and the arrays, of the tables in the documentation of a program and of what it shares.
pub fn slots_on_paper(program: &Program) -> (BTreeSet<u64>, BTreeSet<u64>) {
    let sources = Layout::sources(program);
    let mut tables = [BTreeSet::new(), BTreeSet::new()];
    for module in sources
        .modules
        .iter()
        .filter(|module| program.declares(module))
    {
        let mut table = None;
        for line in &module.documentation {
            let mut cells = line.trim().trim_matches('|').split('|').map(str::trim);
            let first = cells.next().unwrap_or_default();
            match (first, table) {
                ("slot", _) => table = Some(0),
                ("array", _) => table = Some(1),
                ("", _) => table = None,
                (numbers, Some(table)) if line.trim().starts_with('|') => {
                    tables[table].extend(numbers_in(numbers));
                }
                _ => {}
            }
        }
    }
    tables.into()
}

/// The numbers that a cell spells: `3`, `3, 4` or `3 to 5`; none of a line of dashes.
fn numbers_in(cell: &str) -> Vec<u64> {
    if let Some((from, to)) = cell.split_once(" to ") {
        let [from, to] = [from, to].map(|end| end.parse().expect("a slot"));
        return (from..=to).collect();
    }
    cell.split(", ")
        .filter_map(|number| number.parse().ok())
        .collect()
}

/// Every place that makes a slot of a number and is not a constant of the program's, by module and item.
pub fn slots_made_elsewhere() -> Vec<String> {
    let folders = std::fs::read_dir(contracts()).expect("the contracts");
    let names = folders.map(|entry| entry.expect("an entry").file_name());
    let mut found = Vec::new();
    for name in names {
        let shared = name == "shared";
        for module in source::modules(&contracts().join(&name), shared) {
            for source in &module.items {
                let what = match source {
                    Item::Const(_) => continue,
                    Item::Fn(of) => of.sig.ident.to_string(),
                    Item::Impl(of) => type_name(&of.self_ty),
                    _ => "another item".to_owned(),
                };
                let mut made = 0;
                Calls::of(std::slice::from_ref(source), &mut |call| {
                    made += usize::from(matches!(call, Use::Function(call) if makes_slot(call)));
                });
                if made > 0 {
                    let crate_name = name.to_string_lossy();
                    found.push(format!("{crate_name}: {}", module.qualified(&what)));
                }
            }
        }
    }
    found.sort();
    found
}

fn makes_slot(call: &syn::ExprCall) -> bool {
    let Expr::Path(path) = &*call.func else {
        return false;
    };
    let names: Vec<_> = path
        .path
        .segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match names[..] {
        ["Slot", _] | [.., "host", "load" | "store"] => true,
        [.., name] => name.starts_with("storage_") || name == "get_slot",
        [] => false,
    }
}
