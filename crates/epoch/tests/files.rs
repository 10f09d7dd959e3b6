//! The files: the same bytes whatever the order and format of the rows and the number of threads; what is wrong with rows; and the
//! independent version in Python.

mod common;

use std::{fs, path::Path, process::Command};

use clay_epoch::{content_hash, read_nodes, verify, write, Epoch, Error, Terms, Tree};
use common::{parquet, random, Random};

fn nothing(_: clay_epoch::Stage) {}

fn compute(nodes: &Path, terms: &Terms, previous: Option<&Path>) -> Epoch {
    let previous = previous.map(|path| Tree::read(path).expect("a tree"));
    let rows = read_nodes(nodes).expect("rows");
    Epoch::compute(terms.clone(), rows, previous).expect("an epoch")
}

#[test]
fn p40_the_same_bytes_from_any_order_format_and_number_of_threads() {
    let folder = tempfile::tempdir().expect("a folder");
    let Random { rows, terms } = random(7, 500);
    let files = common::write_inputs(folder.path(), &rows);
    let mut hashes = Vec::new();
    for (place, nodes) in files.iter().enumerate() {
        for threads in [1, 2, 7] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let out = folder.path().join(format!("{place}-{threads}"));
            let hash = pool
                .build()
                .expect("threads")
                .install(|| write(&out, &compute(nodes, &terms, None), &nothing).expect("written"));
            assert_eq!(content_hash(&out).expect("a manifest"), hash);
            hashes.push(hash);
        }
    }
    assert_eq!(hashes.len(), 12);
    assert!(
        hashes.windows(2).all(|pair| pair[0] == pair[1]),
        "{hashes:?}"
    );
}

#[test]
fn a_folder_is_written_whole_and_never_over_another() {
    let folder = tempfile::tempdir().expect("a folder");
    let Random { rows, terms } = random(8, 40);
    let epoch = Epoch::compute(terms, rows, None).expect("an epoch");
    let out = folder.path().join("epochs/1");
    write(&out, &epoch, &nothing).expect("written");
    assert!(matches!(
        write(&out, &epoch, &nothing),
        Err(Error::Exists(_))
    ));
    let names = fs::read_dir(folder.path().join("epochs")).expect("a folder");
    assert_eq!(names.count(), 1, "nothing is left beside it");
    let (again, _) = verify(&out).expect("readable").expect("the same");
    assert_eq!(again.tree, epoch.tree);
}

#[test]
fn all_bad_rows_are_told_with_their_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("nodes.csv");
    let text = "\
operator,node,type,attestations,expected,adjustment
16,1,ssv,5,10,-3
16,1,ssv,5,10,0
15,2,ssv,5,10,0
16,3,solo,5,10,0
16,4,obol,11,10,0
16,5,obol,-1,x,0
16,6,obol,1
16,7,direct,1,1,79228162514264337593543950336
17,8,direct,1,1,79228162514264337593543950335
";
    fs::write(&file, text).expect("written");
    let Err(Error::BadRows { rows, .. }) = read_nodes(&file) else {
        panic!("bad rows");
    };
    let told: Vec<(usize, &str)> = rows
        .iter()
        .map(|row| (row.line, row.reason.as_str()))
        .collect();
    let expected = [
        (3, "node 1 is in line 2 already"),
        (4, "operator '15' is one of the pools' own accounts, below 16"),
        (5, "type 'solo' is not ssv, obol or direct"),
        (6, "attestations '11' is above the 10 that were expected"),
        (7, "attestations '-1' is not a whole number from 0 to 1099511627775"),
        (7, "expected 'x' is not a whole number from 0 to 1099511627775"),
        (8, "has 4 fields instead of 6"),
        (
            9,
            "adjustment '79228162514264337593543950336' is not a whole number between -2^96 and 2^96",
        ),
    ];
    assert_eq!(told, expected);
    for (heading, reason) in [
        (
            "node,operator,type,attestations",
            "column 'expected' is missing",
        ),
        ("node,node", "column 'node' is there twice"),
        ("node,nodes", "no column is called 'nodes'"),
    ] {
        fs::write(&file, heading).expect("written");
        let error = read_nodes(&file).expect_err("refused").to_string();
        assert!(error.contains(reason), "{error}");
    }
    parquet(&file.with_extension("parquet"), &[]);
    assert_eq!(
        read_nodes(&file.with_extension("parquet")).expect("none"),
        []
    );
}

/// The script was written from `docs/rewards.md` alone, by somebody who had not seen this crate.
#[test]
fn p40_the_script_in_another_language_agrees() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/rewards.py");
    let python = |arguments: &[&str]| {
        let run = Command::new("python3")
            .arg(&script)
            .args(arguments)
            .output();
        let run = run.expect("python3 is installed");
        let told = String::from_utf8_lossy(&run.stdout).into_owned();
        assert!(
            run.status.success(),
            "{arguments:?}: {told}{}",
            String::from_utf8_lossy(&run.stderr)
        );
        told
    };
    let rows = std::env::var("CLAY_EPOCH_ROWS").unwrap_or_else(|_| "60".into());
    let seeds =
        std::env::var("CLAY_EPOCH_SEEDS").map_or(6, |seeds| seeds.parse().expect("a number"));
    let many = (0..seeds).map(|seed| (seed, rows.clone()));
    // A large one always.
    for (seed, rows) in many.chain([(seeds, "10000".into())]) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut last: Option<std::path::PathBuf> = None;
        for number in 0..3 {
            let inputs = folder.path().join(format!("in-{number}"));
            let out = folder.path().join(format!("out-{number}"));
            let name = |path: &Path| path.to_str().expect("text").to_owned();
            let seed = (seed * 10 + number).to_string();
            let mut arguments = vec!["--random".into(), rows.clone(), seed, name(&inputs)];
            if let Some(last) = &last {
                arguments.extend(["--previous".into(), name(&last.join("tree.json"))]);
            }
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            python(&arguments);
            let terms = Terms::read(&inputs.join("terms.json")).expect("terms");
            let previous = inputs.join("previous.json");
            let previous = previous.exists().then_some(previous);
            let epoch = compute(&inputs.join("nodes.csv"), &terms, previous.as_deref());
            write(&out, &epoch, &nothing).expect("written");
            let told = python(&[&name(&out)]);
            assert!(told.contains("all agree"), "{told}");
            last = Some(out);
        }
    }
}
