//! Every field of every artefact, changed one at a time, is caught:
//!
//!     cargo test -p clay-epoch --test flips -- --nocapture
//!
//! In a published folder by `verify`, in a claim by the proof. Where somebody recomputes everything after a change of an input, the
//! content hash is another than the one on chain.

mod common;

use std::{fs, ops::Range, path::Path};

use clay_epoch::{is_proven, read_nodes, verify, write, Epoch, Leaf, Terms, Totals, Tree};
use common::{random, Random};

/// Changes tried and caught, by artefact.
#[derive(Default)]
struct Count(Vec<(String, u32, u32)>);

impl Count {
    fn note(&mut self, kind: &str, caught: bool) {
        match self.0.last_mut() {
            Some((last, tried, all)) if last == kind => {
                *tried += 1;
                *all += u32::from(caught);
            }
            _ => self.0.push((kind.into(), 1, u32::from(caught))),
        }
    }

    fn check(&self) {
        println!("{:<28} {:>6} {:>6}", "flipped in", "tried", "caught");
        for (kind, tried, caught) in &self.0 {
            println!("{kind:<28} {tried:>6} {caught:>6}");
        }
        let sum = |of: fn(&(String, u32, u32)) -> u32| -> u32 { self.0.iter().map(of).sum() };
        println!("{:<28} {:>6} {:>6}", "all", sum(|it| it.1), sum(|it| it.2));
        for (kind, tried, caught) in &self.0 {
            assert!(*tried > 0 && tried == caught, "{kind}: {caught} of {tried}");
        }
    }
}

/// The second of two epochs.
fn epoch() -> Epoch {
    let Random { rows, terms } = random(3, 30);
    let first = Epoch::compute(terms, rows, None).expect("an epoch");
    let Random { rows, terms } = random(4, 30);
    let before = first.totals;
    let terms = Terms {
        epoch: 2,
        before,
        ..terms
    };
    Epoch::compute(terms, rows, Some(first.tree)).expect("an epoch")
}

/// Where the words of a text are: fields, numbers, names, hashes.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    for (place, byte) in text.bytes().enumerate() {
        if byte.is_ascii_alphanumeric() {
            match words.last_mut() {
                Some(word) if word.end == place => word.end += 1,
                _ => words.push(place..place + 1),
            }
        }
    }
    words
}

/// The text with the last character of a word changed, so that a number stays one.
fn flipped(text: &str, word: &Range<usize>) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let last = &mut bytes[word.end - 1];
    *last = match *last {
        b'9' => b'8',
        b'z' | b'Z' => b'y',
        other => other + 1,
    };
    String::from_utf8(bytes).expect("text")
}

fn is_caught(folder: &Path) -> bool {
    !matches!(verify(folder), Ok(Ok(_)))
}

/// Tries a change of a file, and takes it back.
fn try_change(count: &mut Count, kind: &str, file: &Path, text: &str, change: &str) {
    assert_ne!(text, change, "{kind}: nothing changed");
    fs::write(file, change).expect("written");
    let caught = is_caught(file.parent().expect("a folder"));
    if !caught {
        println!("{kind}: not caught:\n{change}");
    }
    count.note(kind, caught);
    fs::write(file, text).expect("written");
}

#[test]
fn p40_every_field_of_a_published_folder() {
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = temporary.path().join("epoch");
    write(&folder, &epoch(), &|_| {}).expect("written");
    assert!(!is_caught(&folder), "as it was written");
    let mut count = Count::default();
    let names = [
        "nodes.csv",
        "terms.json",
        "previous.json",
        "table.csv",
        "operators.csv",
        "tree.json",
        "proofs.jsonl",
        "summary.md",
        "manifest.json",
    ];
    let listed = fs::read_dir(&folder).expect("a folder").count();
    assert_eq!(listed, names.len(), "all files are tried");
    for name in names {
        let file = folder.join(name);
        let text = fs::read_to_string(&file).expect("text");
        for word in words(&text) {
            try_change(&mut count, name, &file, &text, &flipped(&text, &word));
        }
        // A line more, less, or in another place.
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let last = lines.last().expect("a line");
        try_change(&mut count, name, &file, &text, &format!("{text}{last}"));
        try_change(
            &mut count,
            name,
            &file,
            &text,
            &lines[..lines.len() - 1].concat(),
        );
        if lines.len() > 2 {
            let mut swapped = lines.clone();
            swapped.swap(lines.len() - 2, lines.len() - 1);
            try_change(&mut count, name, &file, &text, &swapped.concat());
        }
        fs::remove_file(&file).expect("removed");
        count.note(name, is_caught(&folder));
        fs::write(&file, &text).expect("written");
    }
    fs::write(folder.join("more.csv"), "1").expect("written");
    count.note("another file", is_caught(&folder));
    count.check();
}

#[test]
fn every_word_of_a_claim() {
    let epoch = epoch();
    let (tree, terms) = (&epoch.tree, &epoch.terms);
    let of = (terms.chain, terms.distributor);
    let root = tree.root();
    let mut count = Count::default();
    for (account, leaf) in tree.leaves() {
        let (_, proof) = tree.proof(*account).expect("a leaf");
        assert!(is_proven(of, *account, leaf, &proof, root));
        let leaves = [
            (account + 1, *leaf),
            (
                *account,
                Leaf {
                    rewards: leaf.rewards ^ 1,
                    ..*leaf
                },
            ),
            (
                *account,
                Leaf {
                    penalties: leaf.penalties ^ 1,
                    ..*leaf
                },
            ),
            (
                *account,
                Leaf {
                    performance: leaf.performance ^ 1,
                    ..*leaf
                },
            ),
            (
                *account,
                Leaf {
                    epochs: leaf.epochs ^ 1,
                    ..*leaf
                },
            ),
        ];
        for (account, leaf) in leaves {
            count.note("leaf", !is_proven(of, account, &leaf, &proof, root));
        }
        let mut other = of;
        other.0 ^= 1;
        count.note("leaf", !is_proven(other, *account, leaf, &proof, root));
        let mut other = of;
        other.1 .0[19] ^= 1;
        count.note("leaf", !is_proven(other, *account, leaf, &proof, root));
    }
    for (account, leaf) in tree.leaves() {
        let (_, proof) = tree.proof(*account).expect("a leaf");
        for place in 0..proof.len() {
            for byte in [0, 31] {
                let mut other = proof.clone();
                other[place][byte] ^= 1;
                count.note("proof", !is_proven(of, *account, leaf, &other, root));
            }
        }
        let shorter = &proof[..proof.len() - 1];
        count.note("proof", !is_proven(of, *account, leaf, shorter, root));
        let longer = [&proof[..], &[root]].concat();
        count.note("proof", !is_proven(of, *account, leaf, &longer, root));
    }
    for byte in 0..32 {
        let mut other = root;
        other[byte] ^= 1;
        let (account, leaf) = &tree.leaves()[0];
        let (_, proof) = tree.proof(*account).expect("a leaf");
        count.note("root", !is_proven(of, *account, leaf, &proof, other));
    }
    count.check();
}

/// What a folder hashes to whose inputs are these; none if they are refused.
fn recomputed(folder: &Path, place: usize) -> Option<alloy::primitives::B256> {
    let previous = Tree::read(&folder.join("previous.json")).ok();
    let terms = Terms::read(&folder.join("terms.json")).ok()?;
    let rows = read_nodes(&folder.join("nodes.csv")).ok()?;
    let epoch = Epoch::compute(terms, rows, previous).ok()?;
    let out = folder.join(format!("out-{place}"));
    Some(write(&out, &epoch, &|_| {}).expect("written"))
}

#[test]
fn every_input_that_is_computed_with() {
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = temporary.path().join("epoch");
    let published = write(&folder, &epoch(), &|_| {}).expect("written");
    let mut count = Count::default();
    let mut place = 0;
    for name in ["nodes.csv", "terms.json", "previous.json"] {
        let file = folder.join(name);
        let text = fs::read_to_string(&file).expect("text");
        let kind = format!("{name}, recomputed");
        for word in words(&text) {
            place += 1;
            fs::write(&file, flipped(&text, &word)).expect("written");
            count.note(&kind, recomputed(&folder, place) != Some(published));
        }
        fs::write(&file, &text).expect("written");
    }
    assert_eq!(
        recomputed(&folder, 0),
        Some(published),
        "as it was published"
    );
    assert_ne!(epoch().totals, Totals::default());
    count.check();
}
