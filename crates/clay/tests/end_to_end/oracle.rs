//! Members of the oracle committee at work: what they sign, where they meet, and what they refuse.

use clay::development::REPORTER_KEYS;
use clay_chain::{NITRO_DEV_KEY, TEST_KEYS};
use serde_json::Value;

use crate::{commands::Node, ethereum::World};

/// A pool with two validators that have earned for a day, and nothing reported yet.
async fn staked() -> World {
    let world = World::start().await;
    world.run_validators(2).await;
    let user = Some(TEST_KEYS[0]);
    world.accepted(user, &["stake", "100"]).await;
    world.accepted(user, &["autobalance"]).await;
    a_day(&world).await;
    world
}

async fn a_day(world: &World) {
    assert_eq!(world.play(&["pass", "1d"]).await.0, Some(0));
}

/// `clay oracle`, by the member of this number, who meets the others somewhere.
async fn oracle(world: &World, member: usize, action: &str, meet: &str) -> (Option<i32>, String) {
    let journal = world.file(&format!("{member}.journal"));
    let nodes = ["--beacon", &world.ethereum, "--l1", &world.ethereum];
    let options = ["--every", "3600", "--exchange", meet, "--journal", &journal];
    let arguments = [&["oracle", action], &nodes[..], &options].concat();
    world.run(Some(REPORTER_KEYS[member]), &arguments).await
}

async fn last_report(world: &World) -> Value {
    let shown = world.accepted(None, &["report", "show", "--json"]).await;
    serde_json::from_str(&shown).unwrap()
}

/// Three members sign, and the first hands in, which takes all three.
pub async fn a_report_where_they_meet(world: &World, meet: &str) {
    let nothing = last_report(world).await;
    for member in 0..2 {
        let (code, words) = oracle(world, member, "sign", meet).await;
        assert_eq!(code, Some(0), "{words}");
        assert!(words.contains("Signed, "), "{words}");
    }
    let (code, words) = oracle(world, 0, "submit", meet).await;
    assert_eq!(code, Some(10), "{words}");
    assert!(
        words.contains("2 members signed this report, and 3 are needed"),
        "{words}"
    );
    assert_eq!(last_report(world).await, nothing);

    assert_eq!(oracle(world, 2, "sign", meet).await.0, Some(0));
    let (code, words) = oracle(world, 0, "submit", meet).await;
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains("Handed in, in transaction 0x"), "{words}");
    let (code, words) = oracle(world, 1, "submit", meet).await;
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains("It was handed in already."), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn three_of_five_members_report_what_ethereum_shows() {
    let world = staked().await;
    let nodes = ["--beacon", &world.ethereum, "--l1", &world.ethereum];
    let look = [
        &["oracle", "report", "--every", "3600", "--json"],
        &nodes[..],
    ]
    .concat();
    let seen: Value = serde_json::from_str(&world.accepted(None, &look).await).unwrap();
    assert_eq!(seen["depositsSeenGwei"], 64_000_000_000u64);

    let folder = world.file("signatures");
    a_report_where_they_meet(&world, &folder).await;
    let applied = last_report(&world).await;
    assert_eq!(applied["slotTime"], seen["slotTime"]);
    assert_eq!(applied["depositsSeen"], "64000000000000000000");
    let balance = seen["clBalanceGwei"].as_u64().unwrap();
    assert_eq!(applied["clBalance"], format!("{balance}000000000"));

    // On a board, a day later.
    a_day(&world).await;
    let log = world.file("board.log").into();
    let file = world.file("deployment.json");
    let serve = ["oracle", "board", "--listen", "127.0.0.1:0"];
    let place = ["--rpc", &world.node.url, "--deployment", &file];
    let board = Node::spawn(log, &[&serve[..], &place].concat());
    board.wait_for("Members exchange").await;
    let url = board.printed_url("Members exchange").unwrap();
    a_report_where_they_meet(&world, &url).await;
    let next = last_report(&world).await;
    assert!(next["slotTime"].as_u64() > applied["slotTime"].as_u64());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_committee_finds_what_became_of_validators() {
    let world = staked().await;
    let folder = world.file("signatures");
    let file = world.file("outcomes.json");
    let confirm = [
        &["confirm", "--found", "--beacon", &world.ethereum][..],
        &["--valid-for", "1"],
    ]
    .concat();
    let propose = [&["committee", "propose"], &confirm[..], &[&file]].concat();
    let nothing_new = async || {
        let (code, words) = world.run(None, &propose).await;
        assert_ne!(code, Some(0), "{words}");
        assert!(words.contains("nothing new was found"), "{words}");
    };
    let states = async || {
        let shown = world.accepted(None, &["validators", "--json"]).await;
        let shown: Value = serde_json::from_str(&shown).unwrap();
        let state = |place: usize| {
            shown["validators"][place]["state"]
                .as_str()
                .map(str::to_owned)
        };
        [state(0).unwrap(), state(1).unwrap()]
    };

    // Active on the beacon chain, but in no report yet.
    nothing_new().await;
    a_report_where_they_meet(&world, &folder).await;
    world.decide(&confirm).await;
    assert_eq!(states().await, ["active", "active"]);
    nothing_new().await;

    // One is asked to leave, and its ETH is in the next report; the other is slashed, which is for people to judge.
    let exit = ["operator", "exit", "1", "--fast-track"];
    world.accepted(Some(NITRO_DEV_KEY), &exit).await;
    assert_eq!(world.play(&["slash", "1"]).await.0, Some(0));
    for _ in 0..3 {
        a_day(&world).await;
    }
    assert_eq!(states().await, ["exiting", "active"]);
    a_report_where_they_meet(&world, &folder).await;
    let words = world.accepted(None, &propose).await;
    assert!(
        words.contains("The validator of cluster 2 was slashed: unless the registry was told, --slashed 2=LOSS."),
        "{words}"
    );
    world.decide(&confirm).await;
    assert_eq!(states().await, ["exited", "active"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_member_cannot_sign_is_said() {
    let world = staked().await;
    let folder = world.file("signatures");
    let (code, words) = oracle(&world, 0, "sign", &folder).await;
    assert_eq!(code, Some(0), "{words}");
    // Another member's journal.
    std::fs::copy(world.file("0.journal"), world.file("1.journal")).unwrap();
    let (code, words) = oracle(&world, 1, "sign", &folder).await;
    assert_eq!(code, Some(9), "{words}");
    assert!(words.contains("journal"), "{words}");
    // Nobody who is no member.
    let journal = world.file("stranger.journal");
    let nodes = ["--beacon", &world.ethereum, "--l1", &world.ethereum];
    let sign = ["oracle", "sign", "--every", "3600", "--exchange", &folder];
    let arguments = [&sign[..], &["--journal", &journal], &nodes].concat();
    let (code, words) = world.run(Some(TEST_KEYS[0]), &arguments).await;
    assert_eq!(code, Some(8), "{words}");
    assert!(words.contains("member"), "{words}");
    // A key that nobody funded is not lost.
    let key = format!("0x{}", "09".repeat(48));
    let lost = ["oracle", "report", "--every", "3600", "--lost", &key];
    let (code, words) = world.run(None, &[&lost[..], &nodes].concat()).await;
    assert_eq!(code, Some(10), "{words}");
    assert!(words.contains("written off as lost"), "{words}");
    // No such node.
    let nowhere = ["oracle", "report", "--beacon", "http://127.0.0.1:9"];
    let (code, words) = world.run(None, &nowhere).await;
    assert_eq!(code, Some(3), "{words}");
    assert!(words.contains("http://127.0.0.1:9"), "{words}");
}
