//! Storage layouts: every program's is committed under tests/layouts, and only grows.
//!
//! Contracts declare slots, mappings, arrays and the bits of packed words as constants; the layout is what their
//! sources say, worked out. Which word a field lies in is declared for governed numbers only. Other fields are listed
//! by the first of those that were made of one another, which are of one word; [`truth`] finds them in their slots on
//! the chain.
//!
//! `CLAY_UPDATE_LAYOUTS=1` writes the files, if nothing is new but what comes after everything that was there. Before
//! the first release, `CLAY_UPDATE_LAYOUTS=replace` writes them whatever there is.

mod append;
mod claims;
mod layout;
mod programs;
mod source;
mod strays;
mod truth;
mod values;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use append::{compare, read, written, Item, Space};
use programs::{contracts, Program, PROGRAMS};
use strays::{slots_made_elsewhere, slots_on_paper};

/// Says whether to write the files.
const UPDATE: &str = "CLAY_UPDATE_LAYOUTS";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../layouts")
}

fn file(program: &str) -> PathBuf {
    folder().join(format!("{program}.txt"))
}

/// All layouts, by program.
static LAYOUTS: LazyLock<BTreeMap<&str, Vec<Item>>> = LazyLock::new(|| {
    let all = PROGRAMS
        .iter()
        .map(|program| (program.name, layout::of(program)));
    all.collect()
});

/// The layout of a program, which is the committed one if [`p28_layouts_are_those_committed_and_only_grow`] passes.
fn layout_of(program: &str) -> Vec<Item> {
    LAYOUTS[program].clone()
}

fn title(program: &Program) -> String {
    match program.owner == program.name {
        true => format!("Storage of {}", program.name),
        false => format!("Storage of {}, in {}'s proxy", program.name, program.owner),
    }
}

/// Holds a program's layout against the committed one, or writes it. What is wrong, in words.
fn check(program: &Program, update: Option<&str>) -> Vec<String> {
    let (path, layout) = (file(program.name), layout_of(program.name));
    let text = written(&title(program), &layout);
    let committed = fs::read_to_string(&path).ok();
    if committed.as_deref() == Some(text.as_str()) {
        return vec![];
    }
    let before = committed.as_deref().map_or(Ok(vec![]), read);
    let found = match (&before, update) {
        (_, Some("replace")) => Default::default(),
        (Ok(before), _) => compare(before, &layout),
        (Err(_), _) => compare(&[], &[]),
    };
    let mut wrong = found.broken;
    wrong.extend(before.err().filter(|_| update != Some("replace")));
    if update.is_some() && wrong.is_empty() {
        fs::write(&path, text).expect("written");
        return vec![];
    }
    if update.is_none() {
        wrong.extend(found.appended);
        wrong.push(format!("differs from {}", path.display()));
    }
    wrong
        .iter()
        .map(|what| format!("{}: {what}", program.name))
        .collect()
}

#[test]
fn p28_layouts_are_those_committed_and_only_grow() {
    let update = std::env::var(UPDATE).ok();
    let known = [None, Some("1"), Some("replace")];
    assert!(
        known.contains(&update.as_deref()),
        "{UPDATE} is 1 or replace"
    );
    let checked = PROGRAMS
        .iter()
        .flat_map(|program| check(program, update.as_deref()));
    let wrong: Vec<String> = checked.collect();
    let how = "what is only appended is written with";
    assert!(wrong.is_empty(), "{}\n{how} {UPDATE}=1", wrong.join("\n"));

    let names = |folder: PathBuf| -> BTreeSet<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let stems = paths.filter_map(|path| {
            path.file_stem()
                .map(|name| name.to_string_lossy().into_owned())
        });
        stems.collect()
    };
    let programs: BTreeSet<String> = PROGRAMS
        .iter()
        .map(|program| program.name.to_owned())
        .collect();
    assert_eq!(names(folder()), programs, "a layout for each program");
    let mut crates = names(contracts());
    crates.remove("shared");
    assert_eq!(crates, programs, "a program for each crate");
}

/// Without the words whose fields a program declares itself, for its own use.
fn in_common(program: &str) -> Vec<Item> {
    let mut items = layout_of(program);
    items.retain(|item| item.name.starts_with("shared::"));
    items
}

#[test]
fn p28_a_facet_has_the_layout_of_its_owner() {
    let facets = PROGRAMS
        .iter()
        .filter(|program| program.owner != program.name);
    for facet in facets {
        let common = in_common(facet.name);
        assert_eq!(common, in_common(facet.owner), "{}", facet.name);
        assert!(common.len() > 30, "{}: {}", facet.name, common.len());
        // What it has of its own names bits and places of words that are there: no slot.
        for program in [facet.name, facet.owner] {
            let own = layout_of(program)
                .into_iter()
                .filter(|item| !item.name.starts_with("shared::"));
            for item in own {
                let within = matches!(item.space, Space::Word(_) | Space::Record(_));
                assert!(
                    within,
                    "{program}: {item} belongs where its storage is shared"
                );
            }
        }
    }
}

/// Two items are in one place only where the second is another name of the first.
#[test]
fn no_slot_is_two_things() {
    const ANOTHER_NAME: &[&str] = &[
        // OpenZeppelin's allowances, which permit writes.
        "shared::token::permit::ALLOWANCES",
        "shared::stake_manager::sibling(FlashExitPool)",
    ];
    for program in PROGRAMS {
        let items = layout_of(program.name);
        let places = items
            .iter()
            .filter(|item| matches!(item.space, Space::Slots | Space::Arrays));
        let places: Vec<_> = places
            .filter(|item| !ANOTHER_NAME.contains(&item.name.as_str()))
            .collect();
        for pair in places.windows(2) {
            let (first, second) = (pair[0], pair[1]);
            let apart = first.space != second.space || first.until <= second.from;
            assert!(apart, "{}: {first} and {second}", program.name);
        }
    }
}

/// The slots that a program's documentation shows in its table are those that it declares.
#[test]
fn documentation_shows_every_slot_and_no_other() {
    for program in PROGRAMS
        .iter()
        .filter(|program| program.owner == program.name)
    {
        let of = |space: Space| -> BTreeSet<u64> {
            let items = layout_of(program.name)
                .into_iter()
                .filter(move |item| item.space == space);
            items.map(|item| item.from).collect()
        };
        let (slots, arrays) = slots_on_paper(program);
        assert_eq!(slots, of(Space::Slots), "{}", program.name);
        assert_eq!(arrays, of(Space::Arrays), "{}, arrays", program.name);
    }
}

/// Nothing else makes a slot of a number or reaches storage: what would do so is in no layout.
#[test]
fn every_slot_is_a_constant() {
    // Parts of two slots and less, functions that layouts know, and what all slots are made of.
    const KNOWN: &[&str] = &[
        "shared: shared::operators::state::word_of",
        "shared: shared::ownable::Ownable",
        "shared: shared::pausable::Pausable",
        "shared: shared::stake_manager::sibling",
        "shared: shared::storage::Slot",
        "shared: shared::token::Token",
        "shared: shared::upgradeable::Faceted",
        "shared: shared::upgradeable::implementation_slot",
    ];
    let mut found = slots_made_elsewhere();
    found.retain(|place| !place.starts_with("shared: shared::host::"));
    assert_eq!(found, KNOWN);
}
