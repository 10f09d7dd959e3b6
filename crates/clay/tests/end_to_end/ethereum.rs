//! A node that plays Ethereum too: validators are funded, earn, are slashed, and the commands tell of it.

use std::path::Path;

use alloy::providers::Provider;
use clay::{client::Client, development::REPORTER_KEYS, ethereum::Status};
use clay_chain::{NITRO_DEV_KEY, TEST_KEYS};
use serde_json::{json, Value};
use tempfile::TempDir;

use crate::{
    chain::programs,
    commands::{clay, text, Node},
};

/// A node with an Ethereum side, and a pool on it.
pub struct World {
    pub node: Node,
    pub ethereum: String,
    folder: TempDir,
}

impl World {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deployment.json");
        let options = [
            "--ethereum",
            "--ethereum-port",
            "0",
            "--ethereum-delays",
            "quick",
            "--deployment",
            file.to_str().unwrap(),
        ];
        let node = Node::start_with(folder.path().join("log"), &options).await;
        let mut world = Self {
            node,
            ethereum: String::new(),
            folder,
        };
        let programs = programs();
        let deploy = [
            "deploy",
            "--transfer-policy",
            "allow-list",
            "--contracts",
            programs.to_str().unwrap(),
        ];
        world.accepted(Some(NITRO_DEV_KEY), &deploy).await;
        world.node.wait_for("Ethereum at").await;
        world.ethereum = world.node.printed_url("Ethereum at").unwrap();
        world
    }

    pub fn file(&self, name: &str) -> String {
        let file: &Path = self.folder.path();
        file.join(name).to_str().unwrap().to_owned()
    }

    /// Runs a command on the pool; returns its exit code and what it prints.
    pub async fn run(&self, key: Option<&str>, arguments: &[&str]) -> (Option<i32>, String) {
        let file = self.file("deployment.json");
        let place = ["--rpc", &self.node.url, "--deployment", &file];
        let output = clay(key, &[arguments, &place].concat()).await;
        let printed = [text(&output.stdout), text(&output.stderr)].concat();
        (output.status.code(), printed)
    }

    pub async fn accepted(&self, key: Option<&str>, arguments: &[&str]) -> String {
        let (code, printed) = self.run(key, arguments).await;
        assert_eq!(code, Some(0), "{printed}");
        printed
    }

    /// Has the owner's operator run so many validators; returns what that prints.
    pub async fn run_validators(&self, count: u64) -> String {
        let run = ["ethereum", "validators", &count.to_string()];
        self.accepted(Some(NITRO_DEV_KEY), &run).await
    }

    /// Has three reporters agree on a proposal of theirs, and hands it in.
    pub async fn decide(&self, propose: &[&str]) {
        let file = self.file("proposal.json");
        let propose = [&["committee", "propose"], propose, &[&file]].concat();
        self.accepted(None, &propose).await;
        for key in &REPORTER_KEYS[..3] {
            let sign = ["committee", "sign", &file];
            self.accepted(Some(key), &sign).await;
        }
        let submit = ["committee", "submit", &file];
        self.accepted(Some(TEST_KEYS[0]), &submit).await;
    }

    /// Does something on Ethereum; returns its exit code and what it prints.
    pub async fn play(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let place = ["--ethereum", &self.ethereum];
        let output = clay(None, &[&["ethereum"], arguments, &place].concat()).await;
        let printed = [text(&output.stdout), text(&output.stderr)].concat();
        (output.status.code(), printed)
    }

    pub async fn status(&self) -> Status {
        let (code, printed) = self.play(&["status", "--json"]).await;
        assert_eq!(code, Some(0), "{printed}");
        serde_json::from_str(&printed).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn validators_are_funded_earn_and_are_slashed() {
    let world = World::start().await;
    let keyed = world.run_validators(2).await;
    assert_eq!(keyed, "2 validators keyed: 2 wait for ETH, 0 are funded.\n");
    let shown = world.accepted(None, &["validators"]).await;
    assert_eq!(shown, "0 validators funded, 0 shown.\n");
    let user = Some(TEST_KEYS[0]);
    world.accepted(user, &["stake", "100"]).await;
    let balanced = world.accepted(user, &["autobalance"]).await;
    assert_eq!(balanced, "Validators funded: 2; 64 ETH sent out so far.\n");
    let shown = world.accepted(None, &["validators", "--json"]).await;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["funded"], 2);
    let second = &shown["validators"][1];
    assert_eq!(
        (&second["cluster"], &second["type"]),
        (&json!("2"), &json!("direct"))
    );
    assert_eq!(
        (&second["state"], &second["operators"]),
        (&json!("funded"), &json!(["16"]))
    );

    assert_eq!(world.play(&["pass", "1d"]).await.0, Some(0));
    let before = world.status().await;
    let statuses: Vec<_> = before.validators.iter().map(|it| &it.status).collect();
    assert_eq!(statuses, ["active_ongoing"; 2]);
    // The committee says so to the registry.
    world.decide(&["confirm", "--active", "1,2"]).await;
    let shown = world.accepted(None, &["validators", "--skip", "1"]).await;
    let mut lines = shown.lines().map(str::trim);
    assert!(lines.next().unwrap().starts_with("validator 1  0x"));
    assert!(lines.next().unwrap().starts_with("active, "), "{shown}");
    assert_eq!(lines.next(), Some("direct cluster 2, of operators 16"));
    assert_eq!(lines.next(), Some("2 validators funded, 1 shown."));
    assert_eq!(
        before.terms.deposits_seen.to_string(),
        "64000000000000000000"
    );

    // Between two sweeps only MEV arrives.
    assert_eq!(world.play(&["mev", "0.5"]).await.0, Some(0));
    assert_eq!(world.play(&["pass", "12s"]).await.0, Some(0));
    let after = world.status().await;
    let arrived = after.terms.left_seen - before.terms.left_seen;
    assert_eq!(arrived.to_string(), "500000000000000000");

    assert_eq!(world.play(&["slash", "1"]).await.0, Some(0));
    assert_eq!(world.play(&["pass", "12s"]).await.0, Some(0));
    let slashed = world.status().await;
    assert_eq!(slashed.validators[1].status, "active_slashed");
    // 32 ETH / 4,096 at once.
    let lost = after.validators[1].balance - slashed.validators[1].balance;
    assert_eq!(lost, 32_000_000_000 / 4_096);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_on_ethereum_can_be_played() {
    let world = World::start().await;
    let user = Some(TEST_KEYS[0]);
    // One message is lost, and the next two arrive.
    assert_eq!(world.play(&["lose"]).await.0, Some(0));
    world.accepted(user, &["stake", "96"]).await;
    // Clusters form for what balancing left over.
    world.accepted(user, &["autobalance"]).await;
    world.run_validators(3).await;
    let balanced = world.accepted(user, &["autobalance"]).await;
    assert_eq!(balanced, "Validators funded: 3; 96 ETH sent out so far.\n");
    assert_eq!(world.play(&["pass", "1d"]).await.0, Some(0));
    let status = world.status().await;
    assert_eq!(status.terms.lost.to_string(), "32000000000000000000");
    assert_eq!((status.validators.len(), status.waiting), (2, 0));

    // One loses, and the other earns.
    let done = world.play(&["participation", "-10000", "0"]).await;
    assert_eq!(
        done,
        (
            Some(0),
            "Validator 0 earns -10000 bp of the full reward from now on.\n".into()
        )
    );
    assert_eq!(world.play(&["stall-finality"]).await.0, Some(0));
    assert_eq!(world.play(&["pass", "12h"]).await.0, Some(0));
    let stalled = world.status().await;
    assert_eq!(stalled.finalized_epoch, status.finalized_epoch);
    let [loses, earns] = [0, 1].map(|place| stalled.validators[place].balance);
    assert!(loses < 32_000_000_000 && earns >= 32_000_000_000);

    assert_eq!(world.play(&["stall-finality", "--off"]).await.0, Some(0));
    assert_eq!(world.play(&["exit", "1"]).await.0, Some(0));
    assert_eq!(world.play(&["miss", "1"]).await.0, Some(0));
    let before = world.status().await;
    assert_eq!(world.play(&["pass", "12s"]).await.0, Some(0));
    let missed = world.status().await;
    assert_eq!(missed.validators[1].status, "active_ongoing");
    assert_eq!(missed.slot, before.slot + 1);
    assert_eq!(world.play(&["pass", "12s"]).await.0, Some(0));
    let status = world.status().await;
    assert_eq!(status.validators[1].status, "active_exiting");
    let (code, words) = world.play(&["exit", "1"]).await;
    assert_eq!(code, Some(7));
    assert!(words.contains("validator 1 exits in epoch"), "{words}");

    assert_eq!(world.play(&["slash-others", "3"]).await.0, Some(0));
    let (code, words) = world.play(&["slash-others", "501"]).await;
    assert_eq!(code, Some(7));
    assert!(words.contains("has 500 validators"), "{words}");
    for (arguments, said) in [
        (vec!["ignore-exits"], "All operators ignore"),
        (vec!["ignore-exits", "--off"], "All operators answer"),
        (
            vec!["ignore-exits", "0"],
            "The operators of validator 0 ignore",
        ),
    ] {
        let (code, words) = world.play(&arguments).await;
        assert_eq!((code, words.starts_with(said)), (Some(0), true), "{words}");
    }
    assert_eq!(world.play(&["pass", "1h"]).await.0, Some(0));
    assert!(world.status().await.finalized_epoch > stalled.finalized_epoch);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_ticket_is_booked_by_whoever_balances() {
    let world = World::start().await;
    let user = Some(TEST_KEYS[0]);
    world.accepted(user, &["stake", "100"]).await;
    assert_eq!(world.play(&["fail-ticket"]).await.0, Some(0));
    assert_eq!(world.play(&["mev", "0.02"]).await.0, Some(0));
    assert_eq!(world.play(&["pass", "1d"]).await.0, Some(0));
    let sent_back = world.status().await.sent_back;
    assert_eq!(sent_back.to_string(), "20000000000000000");
    assert_eq!(world.play(&["pass", "8d"]).await.0, Some(0));

    let time = world.status().await.time.to_string();
    let report = ["report", "--slot-time", &time, "--left-seen", "0.02"];
    world.decide(&report).await;
    let balanced = world.accepted(user, &["autobalance"]).await;
    assert_eq!(
        balanced.lines().next(),
        Some("ETH that came back without a call is booked: 0.02 ETH; 0.02 ETH came back so far.")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_plays_ethereum_does_not_go_back() {
    let world = World::start().await;
    let client = Client::connect(&world.node.url, None).await.unwrap();
    let provider = client.provider();
    let id: String = provider
        .raw_request("evm_snapshot".into(), ())
        .await
        .unwrap();
    let refused = provider.raw_request::<_, bool>("evm_revert".into(), (id,));
    let refused = refused.await.unwrap_err();
    let error = refused.as_error_resp().unwrap();
    assert_eq!(error.code, -32000);
    assert!(error.message.contains("plays Ethereum"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_on_ethereum_is_said() {
    let world = World::start().await;
    let (code, words) = world.play(&["slash", "3"]).await;
    assert_eq!(code, Some(7));
    assert!(words.contains("there are 0 validators"), "{words}");
    let (code, _) = world.play(&["pass", "100d"]).await;
    assert_eq!(code, Some(7));
    let (code, _) = world.play(&["pass", "soon"]).await;
    assert_eq!(code, Some(2));

    let nowhere = ["ethereum", "status", "--ethereum", "http://127.0.0.1:9"];
    let output = clay(None, &nowhere).await;
    assert_eq!(output.status.code(), Some(3));
    let words = text(&output.stderr);
    assert!(words.contains("clay node --ethereum"), "{words}");
}
