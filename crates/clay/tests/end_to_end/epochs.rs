//! Epochs by the command line: what is wrong with inputs and files, and where they are found. `scripts/run.sh` has a whole epoch, from
//! the nodes' duties to the claim.

use std::{fs, path::Path};

use serde_json::json;

use clay_chain::TEST_KEYS;

use crate::{
    commands::{clay, deployed, text},
    ethereum::World,
    operators::five,
    oracle::a_report_where_they_meet,
};

/// Exit code of files that cannot be used.
const FILE: Option<i32> = Some(9);
/// Exit code of what does not fit together.
const CONFLICT: Option<i32> = Some(10);

const ROWS: &str = "\
node,operator,type,attestations,expected
1,16,ssv,1575,1575
2,17,obol,1500,1575
3,17,direct,900,1575
";

async fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let output = clay(None, arguments).await;
    let printed = [text(&output.stdout), text(&output.stderr)].concat();
    (output.status.code(), printed)
}

fn name(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A folder of inputs with these rows.
fn inputs(folder: &Path, rows: &str) {
    let terms = json!({
        "chain": 412_346, "distributor": "0x5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d", "epoch": 1,
        "assets": "1050000000000000000000", "shares": "1000000000000000000000", "pot": "3000000000000000000",
        "factors": {"ssv": 10_000, "obol": 9_500, "direct": 9_000}, "standing": 9_700,
        "published": "0", "market": "0",
        "before": {"rewards": "0", "penalties": "0", "recovered": "0"},
    });
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("terms.json"), terms.to_string()).unwrap();
    fs::write(folder.join("nodes.csv"), rows).unwrap();
}

#[tokio::test]
async fn from_rows_to_files_and_an_explanation() {
    let temporary = tempfile::tempdir().unwrap();
    let (from, to) = (temporary.path().join("in"), temporary.path().join("out"));
    inputs(&from, ROWS);
    let (code, computed) = run(&["epoch", "compute", name(&from), name(&to)]).await;
    assert_eq!(code, Some(0), "{computed}");
    let (code, verified) = run(&["epoch", "verify", name(&to), "--offline"]).await;
    assert_eq!(code, Some(0), "{verified}");
    let hash = |printed: &str| {
        let line = printed.lines().find(|line| line.contains("content hash"));
        line.unwrap().split_whitespace().last().unwrap().to_owned()
    };
    assert_eq!(hash(&computed), hash(&verified));
    let (code, explained) = run(&["epoch", "explain", "17", "--files", name(&to)]).await;
    assert_eq!(code, Some(0), "{explained}");
    assert!(explained.contains("Node 3 (direct)"), "{explained}");
    let (code, printed) = run(&["epoch", "explain", "18", "--files", name(&to)]).await;
    assert_eq!(code, CONFLICT);
    assert!(
        printed.contains("operator 18 has no leaf in epoch 1."),
        "{printed}"
    );

    // Never over what is there.
    let (code, printed) = run(&["epoch", "compute", name(&from), name(&to)]).await;
    assert_eq!(code, FILE);
    assert!(
        printed.contains("is there already; nothing was written"),
        "{printed}"
    );

    // One digit.
    let table = to.join("operators.csv");
    let rows = fs::read_to_string(&table).unwrap();
    fs::write(&table, rows.replacen("\n17,2,", "\n17,3,", 1)).unwrap();
    let (code, printed) = run(&["epoch", "verify", name(&to), "--offline"]).await;
    assert_eq!(code, CONFLICT);
    assert!(
        printed.contains("operators.csv:3: field 2 is 3, and should be 2"),
        "{printed}"
    );
}

#[tokio::test]
async fn all_bad_rows_are_told_and_nothing_is_written() {
    let temporary = tempfile::tempdir().unwrap();
    let (from, to) = (temporary.path().join("in"), temporary.path().join("out"));
    inputs(
        &from,
        &format!("{ROWS}1,16,ssv,1,1\n4,16,solo,1,1\n5,16,ssv,2,1\n"),
    );
    let (code, printed) = run(&["epoch", "compute", name(&from), name(&to)]).await;
    assert_eq!(code, FILE);
    for reason in [
        "3 bad rows; nothing was written.",
        "nodes.csv:5: node 1 is in line 2 already",
        "nodes.csv:6: type 'solo' is not ssv, obol or direct",
        "nodes.csv:7: attestations '2' is above the 1 that were expected",
    ] {
        assert!(printed.contains(reason), "{printed}");
    }
    assert!(!to.exists());
    // Two files of rows: which counts is not guessed.
    inputs(&from, ROWS);
    fs::write(from.join("nodes.json"), "[]").unwrap();
    let (code, printed) = run(&["epoch", "compute", name(&from), name(&to)]).await;
    assert_eq!(code, FILE);
    assert!(
        printed.contains("are both there: which counts?"),
        "{printed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn files_come_from_any_mirror_that_has_them() {
    let temporary = tempfile::tempdir().unwrap();
    let place = |name: &str| temporary.path().join(name);
    let (from, to) = (place("in"), place("out"));
    inputs(&from, ROWS);
    let (_, computed) = run(&["epoch", "compute", name(&from), name(&to)]).await;
    let hash = computed
        .lines()
        .find_map(|line| line.trim().strip_prefix("content hash"));
    let hash = hash.unwrap().trim();
    let digits = hash.strip_prefix("sha256:").unwrap();
    let (good, bad, got) = (place("good"), place("bad"), place("got"));
    for mirror in [&good, &bad] {
        let folder = mirror.join(digits);
        fs::create_dir_all(&folder).unwrap();
        for file in fs::read_dir(&to).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), folder.join(file.file_name())).unwrap();
        }
    }
    fs::write(bad.join(digits).join("tree.json"), "{}").unwrap();
    let only_bad = ["epoch", "fetch", hash, name(&got), "--mirror", name(&bad)];
    let (code, printed) = run(&only_bad).await;
    assert_eq!(code, FILE);
    assert!(printed.contains("tree.json has another hash"), "{printed}");
    assert!(!got.exists());
    let (code, printed) = run(&[&only_bad[..], &["--mirror", name(&good)]].concat()).await;
    assert_eq!(code, Some(0), "{printed}");
    let (code, printed) = run(&["epoch", "verify", name(&got), "--offline"]).await;
    assert_eq!(code, Some(0), "{printed}");

    // What is right in itself is not yet the chain's.
    let chain = deployed().await;
    let file = chain.file();
    let on_chain = ["--rpc", &chain.url, "--deployment", name(&file)];
    let verify = [&["epoch", "verify", name(&got)][..], &on_chain].concat();
    let (code, printed) = run(&verify).await;
    assert_eq!(code, CONFLICT, "{printed}");
    let next = place("next");
    let collect = [&["epoch", "collect", name(&next)][..], &on_chain].concat();
    let (code, printed) = run(&collect).await;
    assert_eq!(code, CONFLICT);
    assert!(printed.contains("no epoch is over yet"), "{printed}");
    let (code, printed) = run(&[&["epoch", "show"][..], &on_chain].concat()).await;
    assert_eq!(code, Some(0), "{printed}");
}

/// Rows of a file: node, attestations made and expected.
fn performance(folder: &str) -> Vec<[u64; 3]> {
    let text = fs::read_to_string(Path::new(folder).join("nodes.csv")).unwrap();
    let row = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        [0, 3, 4].map(|field| fields[field].parse().unwrap())
    };
    text.lines().skip(1).map(row).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_week_is_collected_as_the_networks_tell_it() {
    let world = World::start().await;
    let user = Some(TEST_KEYS[0]);
    five(&world).await;
    world.accepted(user, &["stake", "100"]).await;
    world.accepted(user, &["autobalance"]).await;
    world.accepted(user, &["operator", "form"]).await;
    world.ceremony("1").await;
    world.accepted(user, &["autobalance"]).await;
    world.run_validators(1).await;
    world.accepted(user, &["autobalance"]).await;
    let half = ["performance", "5000", "--operator", "17"];
    assert_eq!(world.play(&half).await.0, Some(0));
    assert_eq!(world.play(&["pass", "8d"]).await.0, Some(0));
    a_report_where_they_meet(&world, &world.file("signatures")).await;

    let collect = |to: &str, more: &[&str]| {
        let to = world.file(to);
        let ethereum = world.ethereum.clone();
        let arguments = [&["epoch", "collect", &to, "--ethereum", &ethereum], more].concat();
        let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
        let world = &world;
        async move {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            (to, world.run(None, &arguments).await)
        }
    };
    let (folder, (code, printed)) = collect("week", &[]).await;
    assert_eq!(code, Some(0), "{printed}");
    assert!(
        printed.contains("Epoch 1: 6 nodes with duties"),
        "{printed}"
    );
    let rows = performance(&folder);
    assert_eq!(
        rows.len(),
        6,
        "five of the cluster, and one alone: {rows:?}"
    );
    let (alone, members) = rows.split_last().unwrap();
    assert!(alone[2] > 1_000 && alone[1] == alone[2], "{rows:?}");
    let weak = members
        .iter()
        .filter(|[_, made, expected]| made * 4 < expected * 3);
    assert_eq!(weak.count(), 1, "one does half of its duties: {rows:?}");
    let whole = members
        .iter()
        .filter(|[_, made, expected]| made == expected);
    assert_eq!(whole.count(), 4, "{rows:?}");

    // An exporter that does not know the validator.
    let empty = world.file("decideds.json");
    fs::write(&empty, r#"{"data":[]}"#).unwrap();
    let (folder, (code, printed)) = collect("none", &["--ssv", &empty]).await;
    assert_eq!(code, CONFLICT);
    let words = "cluster 1 attested, and the SSV exporter tells nothing of it.";
    assert!(printed.contains(words), "{printed}");
    assert!(!Path::new(&folder).exists());
    let (folder, (code, printed)) = collect("idle", &["--ssv", &empty, "--missing-as-idle"]).await;
    assert_eq!(code, Some(0), "{printed}");
    let rows = performance(&folder);
    assert_eq!(
        rows.iter().filter(|[_, made, _]| *made == 0).count(),
        5,
        "{rows:?}"
    );
}
