//! Layouts as lines, and the rule between two of them: only what comes after everything there was may be new.

use std::{collections::BTreeMap, fmt};

/// Something that is stored: a slot, a mapping, some bits of a word.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// In what it lies: the slots, the arrays, a word, a record.
    pub space: Space,
    /// Where in it: first and last, and one beyond.
    pub from: u64,
    /// One beyond the last.
    pub until: u64,
    /// Its name, with its module.
    pub name: String,
    /// Of what kind it is.
    pub kind: String,
}

/// In what items lie.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Space {
    /// The contract's slots with small numbers.
    Slots,
    /// The arrays, which are far apart.
    Arrays,
    /// The bits of a slot's word.
    BitsOfSlot(u64),
    /// The bits of a word that is known by the field it begins with.
    Word(String),
    /// The slots of a record, an entry or a list.
    Record(String),
}

impl fmt::Display for Space {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Space::Slots => formatter.write_str("slot"),
            Space::Arrays => formatter.write_str("array"),
            Space::BitsOfSlot(slot) => write!(formatter, "bits of slot {slot}"),
            Space::Word(first) => write!(formatter, "bits of the word of {first}"),
            Space::Record(name) => write!(formatter, "slot of {name}"),
        }
    }
}

impl Space {
    fn read(text: &str) -> Option<Self> {
        if let Some(slot) = text.strip_prefix("bits of slot ") {
            return slot.parse().ok().map(Space::BitsOfSlot);
        }
        if let Some(first) = text.strip_prefix("bits of the word of ") {
            return Some(Space::Word(first.to_owned()));
        }
        if let Some(name) = text.strip_prefix("slot of ") {
            return Some(Space::Record(name.to_owned()));
        }
        match text {
            "slot" => Some(Space::Slots),
            "array" => Some(Space::Arrays),
            _ => None,
        }
    }
}

impl Item {
    fn place(&self) -> String {
        let (from, until) = (self.from, self.until);
        match until - from {
            1 if !self.in_bits() => format!("{} {from}", self.space),
            _ => format!("{} {from}..{until}", self.space),
        }
    }

    fn in_bits(&self) -> bool {
        matches!(self.space, Space::BitsOfSlot(_) | Space::Word(_))
    }
}

impl fmt::Display for Item {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let (from, until) = (self.from, self.until);
        let range = match until - from {
            1 if !self.in_bits() => from.to_string(),
            _ => format!("{from}..{until}"),
        };
        write!(
            formatter,
            "{} | {range} | {} | {}",
            self.space, self.kind, self.name
        )
    }
}

/// Writes a layout, one item a line.
pub fn written(title: &str, items: &[Item]) -> String {
    let lines: Vec<String> = items.iter().map(|item| format!("{item}\n")).collect();
    format!("# {title}\n{}", lines.concat())
}

/// Reads a layout as [`written`]; refuses a line that is none.
pub fn read(text: &str) -> Result<Vec<Item>, String> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| item(line).ok_or_else(|| format!("no item: {line}")))
        .collect()
}

fn item(line: &str) -> Option<Item> {
    let columns: Vec<&str> = line.split(" | ").collect();
    let [space, range, kind, name] = columns[..] else {
        return None;
    };
    let (from, until) = match range.split_once("..") {
        Some((from, until)) => (from.parse().ok()?, until.parse().ok()?),
        None => {
            let at: u64 = range.parse().ok()?;
            (at, at + 1)
        }
    };
    Some(Item {
        space: Space::read(space)?,
        from,
        until,
        name: name.to_owned(),
        kind: kind.to_owned(),
    })
}

/// What differs between a layout and the one after it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// Items that come after all there were.
    pub appended: Vec<String>,
    /// Everything else, in words: it would read what was stored as something else.
    pub broken: Vec<String>,
}

/// Compares a layout with the one after it.
pub fn compare(before: &[Item], after: &[Item]) -> Differences {
    let mut found = Differences::default();
    let by_name: BTreeMap<&str, &Item> = after
        .iter()
        .map(|item| (item.name.as_str(), item))
        .collect();
    for old in before {
        match by_name.get(old.name.as_str()) {
            None => found.broken.push(removed(old, before, after)),
            Some(new) if new.place() != old.place() => {
                let (name, from, to) = (&old.name, old.place(), new.place());
                found
                    .broken
                    .push(format!("moved: {name}, from {from} to {to}"));
            }
            Some(new) if new.kind != old.kind => {
                let (name, place) = (&old.name, old.place());
                let (was, is) = (&old.kind, &new.kind);
                found
                    .broken
                    .push(format!("retyped: {name} at {place}, from {was} to {is}"));
            }
            Some(_) => {}
        }
    }
    let is_new = |item: &&Item| !before.iter().any(|old| old.name == item.name);
    for new in after.iter().filter(is_new) {
        let of_space = before.iter().filter(|old| old.space == new.space);
        let end = of_space.map(|old| old.until).max().unwrap_or(0);
        let what = format!("{} at {}", new.name, new.place());
        match new.from >= end {
            true => found.appended.push(format!("appended: {what}")),
            false => {
                let what = format!("inserted: {what}, before the end of what was there, {end}");
                found.broken.push(what);
            }
        }
    }
    found
}

fn removed(old: &Item, before: &[Item], after: &[Item]) -> String {
    let (name, place) = (&old.name, old.place());
    let instead = after.iter().find(|new| {
        let known = before.iter().any(|other| other.name == new.name);
        !known && new.place() == place
    });
    match instead {
        Some(new) => format!("removed: {name} at {place}, where {} is now", new.name),
        None => format!("removed: {name} at {place}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "\
# Storage of a test
slot | 0 | word | state::HEAD
slot | 1 | mapping | state::ORDERS
slot | 2 | word | state::TAIL
array | 1 | array of _ | state::RECORDS
bits of slot 0 | 0..40 | u40 | state::LEAST
bits of the word of state::NEXT | 0..40 | u40 | state::NEXT
bits of the word of state::NEXT | 40..80 | u40 | state::DUE
";

    /// What is said of a layout in which a text stands in place of another.
    #[track_caller]
    fn said(text: &str, instead: &str) -> Differences {
        assert!(BEFORE.contains(text), "{text}");
        let after = BEFORE.replacen(text, instead, 1);
        compare(&items(BEFORE), &items(&after))
    }

    fn items(text: &str) -> Vec<Item> {
        read(text).expect("a layout")
    }

    #[track_caller]
    fn breaks(found: &Differences, expected: &[&str]) {
        assert_eq!(found.broken, expected);
        assert!(found.appended.is_empty(), "{:?}", found.appended);
    }

    #[track_caller]
    fn appends(found: &Differences, expected: &[&str]) {
        assert_eq!(found.appended, expected);
        assert!(found.broken.is_empty(), "{:?}", found.broken);
    }

    #[test]
    fn what_is_written_reads_the_same() {
        let before = items(BEFORE);
        assert_eq!(written("Storage of a test", &before), BEFORE);
        assert_eq!(compare(&before, &before), Differences::default());
        for line in [
            "slot | 0 | word",
            "slot | x | word | a",
            "place | 0 | word | a",
            "",
        ] {
            let text = format!("{line}\n");
            assert!(read(&text).is_err(), "{line}");
        }
    }

    #[test]
    fn an_item_that_moved_is_refused() {
        let swapped = said(
            "1 | mapping | state::ORDERS\nslot | 2 | word | state::TAIL",
            "1 | word | state::TAIL\nslot | 2 | mapping | state::ORDERS",
        );
        let expected = [
            "moved: state::ORDERS, from slot 1 to slot 2",
            "moved: state::TAIL, from slot 2 to slot 1",
        ];
        breaks(&swapped, &expected);
        let later = said("2 | word | state::TAIL", "3 | word | state::TAIL");
        breaks(&later, &["moved: state::TAIL, from slot 2 to slot 3"]);
        let other_word = said("slot 0 | 0..40", "slot 1 | 0..40");
        let expected = "moved: state::LEAST, from bits of slot 0 0..40 to bits of slot 1 0..40";
        breaks(&other_word, &[expected]);
        let narrower = said("40..80 | u40", "40..72 | u40");
        let word = "bits of the word of state::NEXT";
        let expected = format!("moved: state::DUE, from {word} 40..80 to {word} 40..72");
        breaks(&narrower, &[&expected]);
    }

    #[test]
    fn an_item_that_is_gone_is_refused() {
        let gone = said("slot | 2 | word | state::TAIL\n", "");
        breaks(&gone, &["removed: state::TAIL at slot 2"]);
        // Under another name it is told that something else is there, which may be the same or not.
        let renamed = said("state::TAIL", "state::END");
        let expected = [
            "removed: state::TAIL at slot 2, where state::END is now",
            "inserted: state::END at slot 2, before the end of what was there, 3",
        ];
        breaks(&renamed, &expected);
    }

    #[test]
    fn an_item_of_another_kind_is_refused() {
        let retyped = said("1 | mapping", "1 | mapping of mappings");
        let expected = "retyped: state::ORDERS at slot 1, from mapping to mapping of mappings";
        breaks(&retyped, &[expected]);
        let signed = said("40..80 | u40", "40..80 | i40");
        let place = "bits of the word of state::NEXT 40..80";
        breaks(
            &signed,
            &[&format!("retyped: state::DUE at {place}, from u40 to i40")],
        );
    }

    #[test]
    fn an_item_in_between_is_refused() {
        let inserted = said(
            "slot | 2 | word | state::TAIL",
            "slot | 2 | word | state::NEW\nslot | 3 | word | state::TAIL",
        );
        let expected = [
            "moved: state::TAIL, from slot 2 to slot 3",
            "inserted: state::NEW at slot 2, before the end of what was there, 3",
        ];
        breaks(&inserted, &expected);
        let over = said("slot | 2", "slot | 1 | word | state::OVER\nslot | 2");
        let expected = "inserted: state::OVER at slot 1, before the end of what was there, 3";
        breaks(&over, &[expected]);
        let bits = said(
            "bits of slot 0 | 0..40",
            "bits of slot 0 | 39..41 | u2 | state::OVER\nbits of slot 0 | 0..40",
        );
        let expected =
            "inserted: state::OVER at bits of slot 0 39..41, before the end of what was there, 40";
        breaks(&bits, &[expected]);
    }

    #[test]
    fn what_comes_after_everything_is_taken() {
        let slot = said("array | 1", "slot | 3 | word | state::NEW\narray | 1");
        appends(&slot, &["appended: state::NEW at slot 3"]);
        let array = said(
            "array | 1",
            "array | 2 | array of _ | state::NEW\narray | 1",
        );
        appends(&array, &["appended: state::NEW at array 2"]);
        let bits = said(
            "bits of slot 0 | 0..40",
            "bits of slot 0 | 40..41 | u1 | state::NEW\nbits of slot 0 | 0..40",
        );
        appends(&bits, &["appended: state::NEW at bits of slot 0 40..41"]);
        let word = said(
            "bits of slot 0",
            "bits of the word of state::NEW | 8..16 | u8 | state::NEW\nbits of slot 0",
        );
        appends(
            &word,
            &["appended: state::NEW at bits of the word of state::NEW 8..16"],
        );
    }
}
