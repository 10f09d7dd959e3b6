//! The trees are those of `@openzeppelin/merkle-tree`: roots and proofs agree, its dump is read here and ours there.
//!
//!     cargo test -p clay-epoch --test javascript                        # sizes 1 to 64, and 1,000
//!     CLAY_EPOCH_TREES=all cargo test --release -p clay-epoch --test javascript -- --nocapture

use std::{fs, path::Path, process::Command, time::Instant};

use alloy::{hex, primitives::Address};
use clay_epoch::{Leaf, Tree};
use rand::{rngs::StdRng, Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// Trees that one run of the library is given.
const BATCH: usize = 100;

/// A tree of so many accounts, with gaps between them.
fn tree(size: usize) -> Tree {
    let mut dice = StdRng::seed_from_u64(size as u64);
    let mut account = 0;
    let leaves = (0..size).map(|_| {
        account += dice.gen_range(1..4);
        let leaf = Leaf {
            rewards: dice.gen::<u128>() >> dice.gen_range(32..128),
            penalties: dice.gen::<u128>() >> dice.gen_range(32..128),
            performance: dice.gen_range(0..=10_000),
            epochs: dice.gen_range(0..100),
        };
        (account, leaf)
    });
    let leaves = leaves.collect();
    Tree::new(42_161, Address::new(dice.gen()), leaves)
}

/// SHA-256 of all proofs.
fn proofs(tree: &Tree) -> String {
    let mut hash = Sha256::new();
    for (account, _) in tree.leaves() {
        let (_, proof) = tree.proof(*account).expect("a leaf");
        for node in proof {
            hash.update(hex::encode(node));
        }
    }
    hex::encode(hash.finalize())
}

/// Has the library read and build trees of these sizes, and compares.
fn agree(sizes: &[usize]) {
    let folder = tempfile::tempdir().expect("a folder");
    for size in sizes {
        let file = folder.path().join(format!("{size}.json"));
        fs::write(file, tree(*size).text()).expect("written");
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/epoch-trees.mjs");
    let run = Command::new("node").arg(script).arg(folder.path()).output();
    let run = run.expect("Node.js is installed");
    let told = String::from_utf8(run.stdout).expect("text");
    assert!(
        run.status.success(),
        "{told}{}",
        String::from_utf8_lossy(&run.stderr)
    );
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), sizes.len(), "every tree is told of");
    for line in lines {
        let [size, root, hash] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("'{line}'");
        };
        let ours = tree(size.parse().expect("a size"));
        assert_eq!(root, ours.root().to_string(), "root of {size}");
        assert_eq!(hash, proofs(&ours), "proofs of {size}");
        let theirs = Tree::read(&folder.path().join(format!("{size}.dump")));
        assert!(theirs.expect("a dump") == ours, "dump of {size}");
    }
}

#[test]
fn trees_are_those_of_the_library() {
    let all = std::env::var("CLAY_EPOCH_TREES").is_ok_and(|trees| trees == "all");
    let sizes: Vec<usize> = match all {
        true => (1..=1_000).chain([100_000]).collect(),
        false => (1..=64).chain([1_000]).collect(),
    };
    let start = Instant::now();
    for batch in sizes.chunks(BATCH) {
        agree(batch);
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{} trees agree, {seconds:.1} s", sizes.len());
}
