//! Operators by the command line: from a registration to a validator with a real key, and out again.

use clay_ceremony::{ResultFile, SecretFile};
use clay_chain::{NITRO_DEV_KEY, TEST_ACCOUNTS, TEST_KEYS};
use serde_json::{json, Value};

use crate::ethereum::World;

/// Who manages the operators, one each.
const MANAGERS: std::ops::Range<usize> = 1..6;

/// Five home operators that are vouched for, numbers 16 to 20, with SSV nodes in three regions and with two clients.
pub async fn five(world: &World) {
    for (place, manager) in MANAGERS.enumerate() {
        let key = Some(TEST_KEYS[manager]);
        let number = (16 + place).to_string();
        let register = ["operator", "register", "--kind", "home", "--bond", "3"];
        let registered = world.accepted(key, &register).await;
        assert!(
            registered.starts_with(&format!("Operator {number}.\n")),
            "{registered}"
        );
        let (region, client) = ((place % 3).to_string(), (place % 2).to_string());
        let identity = (4_711 + place).to_string();
        let add = [
            &["operator", "add-node", &number, "--type", "ssv"][..],
            &["--region", &region, "--consensus-client", &client],
            &["--identity", &identity, "--count", "2"],
        ];
        let added = world.accepted(key, &add.concat()).await;
        assert!(
            added.contains("the operator can be, from now on"),
            "{added}"
        );
        let vouch = ["operator", "vouch", &number];
        world.accepted(Some(NITRO_DEV_KEY), &vouch).await;
    }
}

impl World {
    /// What a command prints as JSON.
    async fn json(&self, arguments: &[&str]) -> Value {
        let printed = self.accepted(None, arguments).await;
        serde_json::from_str(&printed).unwrap()
    }

    /// Runs a command that must be refused with this exit code.
    async fn refused(&self, code: i32, key: Option<&str>, arguments: &[&str]) -> String {
        let (found, words) = self.run(key, arguments).await;
        assert_eq!(found, Some(code), "{words}");
        words
    }

    /// Plays the ceremony of a cluster, and has all members post its result.
    pub async fn ceremony(&self, cluster: &str) -> String {
        let folder = self.file("keys");
        let ceremony = [
            &["operator", "ceremony", "--cluster", cluster, "--submit"][..],
            &["--keys-folder", &folder, "--ethereum", &self.ethereum],
        ];
        self.accepted(None, &ceremony.concat()).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_registration_to_a_validator_and_out_again() {
    let world = World::start().await;
    let user = Some(TEST_KEYS[0]);
    five(&world).await;
    world.accepted(user, &["stake", "100"]).await;
    world.accepted(user, &["autobalance"]).await;

    // Whom the tool says is whom the registry chooses.
    let next = world.json(&["allocation", "next", "--json"]).await;
    let expected: Vec<u64> =
        serde_json::from_value(next["outcome"]["cluster"]["nodes"].clone()).unwrap();
    let told = world.accepted(None, &["allocation", "next"]).await;
    assert!(told.contains("SSV, home: 0 active, "), "{told}");
    let formed = world.accepted(user, &["operator", "form"]).await;
    assert!(formed.starts_with("Cluster 1.\n"), "{formed}");
    let state = world.json(&["allocation", "state", "--json"]).await;
    assert_eq!(
        (&state["reserved"], &state["activeByBucket"][0]),
        (&1.into(), &5.into())
    );
    for node in &expected {
        let line = format!("  node         {node} of operator ");
        assert!(formed.contains(&line), "{formed}");
    }

    // The key is real, for the network of the beacon node; each member posts it once.
    let posted = world.ceremony("1").await;
    assert_eq!(posted.matches(": posted.").count(), 5, "{posted}");
    assert!(posted.contains("Cluster 1 has its key, 0x"), "{posted}");
    let again = world.ceremony("1").await;
    assert!(again.contains("cluster 1, SSV and keyed, is 0x"), "{again}");
    assert!(!again.contains("posted"), "{again}");
    let balanced = world.accepted(user, &["autobalance"]).await;
    assert!(balanced.contains("Validators funded: 1;"), "{balanced}");
    assert_eq!(world.play(&["pass", "1d"]).await.0, Some(0));
    assert_eq!(world.status().await.validators.len(), 1);

    // One of the five may fail; with a second one the validator misses its attestations.
    for (operator, made) in [("16", 10), ("17", 0)] {
        let fail = ["performance", "0", "--operator", operator];
        assert_eq!(world.play(&fail).await.0, Some(0));
        assert_eq!(world.play(&["pass", "2h"]).await.0, Some(0));
        let duties = ["duties", "--epochs", "10", "--json"];
        let told = world.play(&duties).await.1;
        let told: Value = serde_json::from_str(&told).unwrap();
        let attested = &told["validators"][0];
        let expected = (json!("1"), json!("10"), json!(made.to_string()));
        assert_eq!(
            (&attested["cluster"], &attested["due"], &attested["made"]),
            (&expected.0, &expected.1, &expected.2)
        );
        let nodes = told["nodes"].as_array().unwrap();
        assert_eq!(nodes.len(), 5);
        let failed = |node: &&Value| node["operator"] == operator;
        assert_eq!(nodes.iter().find(failed).unwrap()["done"], "0", "{told}");
    }
    let (_, told) = world.play(&["duties"]).await;
    assert!(told.contains(" of operator 16: "), "{told}");
    assert!(told.contains("cluster 1"), "{told}");
    assert_eq!(world.play(&["performance", "1"]).await.0, Some(2));

    let shown = world.accepted(None, &["operator", "show", "16"]).await;
    for part in [
        "kind            home\n",
        "yes, vouched for",
        "1 SSV",
        "worth 2.99",
        "registered",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let shown = world.json(&["operator", "show", "16", "--json"]).await;
    assert_eq!(shown["live"]["ssv"], "1");
    assert_eq!(shown["manager"], TEST_ACCOUNTS[1].to_string());
    assert_eq!(shown["required"], "1000000000000000000");
    let nodes = shown["nodes"].as_array().unwrap();
    let states: Vec<_> = nodes
        .iter()
        .map(|node| node["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["funded", "queued"]);
    let history = shown["history"].as_array().unwrap();
    assert_eq!(history[0]["what"], "registered");
    let list = world.json(&["operator", "list", "--json"]).await;
    assert_eq!(list["operators"].as_array().unwrap().len(), 5);

    // The exit: asked for by a member, and signed with its share.
    let node = nodes[0]["node"].as_str().unwrap();
    let exit = ["operator", "exit", node, "--fast-track"];
    let asked = world.accepted(Some(TEST_KEYS[1]), &exit).await;
    assert!(asked.contains("  cost "), "{asked}");
    let place = expected
        .iter()
        .position(|id| id.to_string() == node)
        .unwrap();
    let folder = world.file("keys/cluster-1");
    let secret = format!("{folder}/{}", SecretFile::name(place as u64 + 1));
    let post = [
        &["operator", "post-exit-part", node, "--secret", &secret][..],
        &["--ethereum", &world.ethereum],
    ];
    let posted = world.accepted(Some(TEST_KEYS[1]), &post.concat()).await;
    assert!(posted.contains("is posted, in time."), "{posted}");
    let words = world.refused(7, Some(TEST_KEYS[1]), &post.concat()).await;
    assert!(words.contains("already posted"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_fails_a_ceremony_pays_and_is_told_so() {
    let world = World::start().await;
    let user = Some(TEST_KEYS[0]);
    five(&world).await;
    world.accepted(user, &["operator", "form"]).await;
    let state = world.json(&["allocation", "next", "--json"]).await;
    assert!(state["outcome"]["cluster"].is_object(), "{state}");

    // Four members name the fifth, who alone has posted something.
    let folder = world.file("keys");
    let play = [
        &[
            "operator",
            "ceremony",
            "--cluster",
            "1",
            "--keys-folder",
            &folder,
        ][..],
        &["--ethereum", &world.ethereum],
    ];
    world.accepted(None, &play.concat()).await;
    let result = format!("{folder}/cluster-1/{}", ResultFile::NAME);
    let mut nodes = Vec::new();
    for number in 16..=20 {
        let list = ["operator", "nodes", &number.to_string(), "--json"];
        let listed = world.json(&list).await;
        let reserved = |node: &&Value| node["state"] == "reserved";
        let node = listed.as_array().unwrap().iter().find(reserved).unwrap();
        nodes.push(node["node"].as_str().unwrap().to_owned());
    }
    let submit = ["operator", "submit-key", &nodes[0], &result];
    let words = world.refused(7, user, &submit).await;
    assert!(
        words.contains("is not the operator's manager key"),
        "{words}"
    );
    world.accepted(Some(TEST_KEYS[1]), &submit).await;
    let words = world.refused(7, user, &["operator", "dissolve", "1"]).await;
    assert!(words.contains("not every member has spoken"), "{words}");
    for (manager, node) in MANAGERS.zip(&nodes).skip(1) {
        let name = ["operator", "name-failed", node, "16"];
        world.accepted(Some(TEST_KEYS[manager]), &name).await;
    }
    let dissolved = world.accepted(user, &["operator", "dissolve", "1"]).await;
    assert!(
        dissolved.contains("1 of its members failed."),
        "{dissolved}"
    );
    assert!(dissolved.contains("Operator 16 pays 0.0"), "{dissolved}");

    let words = world.refused(7, user, &["operator", "rejoin", "16"]).await;
    assert!(words.contains("cannot be chosen before 20"), "{words}");
    let shown = world.accepted(None, &["operator", "show", "16"]).await;
    assert!(
        shown.contains("conduct 4500: failed key ceremony"),
        "{shown}"
    );
    assert!(shown.contains("suspended until"), "{shown}");

    // Nothing is live: all of the bond can leave, at once.
    let words = world
        .refused(7, user, &["operator", "withdraw-bond", "16"])
        .await;
    assert!(
        words.contains("is neither the operator's manager key"),
        "{words}"
    );
    let key = Some(TEST_KEYS[1]);
    let withdrawn = world
        .accepted(key, &["operator", "withdraw-bond", "16"])
        .await;
    assert!(withdrawn.contains("bond now     0 shares"), "{withdrawn}");
    let words = world.refused(7, user, &["operator", "show", "21"]).await;
    assert!(words.contains("there is no operator 21"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_and_its_bond_change_hands_and_size() {
    let world = World::start().await;
    five(&world).await;
    let (key, heir) = (Some(TEST_KEYS[1]), Some(TEST_KEYS[6]));
    let heir_account = TEST_ACCOUNTS[6].to_string();
    let offer = ["operator", "manager", "offer", "16", &heir_account];
    world.accepted(key, &offer).await;
    let accept = ["operator", "manager", "accept", "16"];
    let words = world.refused(7, key, &accept).await;
    assert!(words.contains("it is offered to"), "{words}");
    world.accepted(heir, &accept).await;
    let offer = ["operator", "payout", "offer", "16", &heir_account];
    let words = world.refused(7, key, &offer).await;
    assert!(
        words.contains("is not the operator's manager key"),
        "{words}"
    );
    let offered = world.accepted(heir, &offer).await;
    assert!(offered.contains("in 3 days"), "{offered}");
    let accept = ["operator", "payout", "accept", "16"];
    let words = world.refused(7, heir, &accept).await;
    assert!(words.contains("it is possible from 20"), "{words}");

    let bonded = world
        .accepted(heir, &["operator", "bond", "16", "1.5"])
        .await;
    assert!(bonded.contains("bond now     4."), "{bonded}");
    let announce = ["operator", "announce-withdrawal", "16", "1"];
    let announced = world.accepted(heir, &announce).await;
    assert!(announced.contains("announces 1 shares"), "{announced}");
    let removed = world
        .accepted(heir, &["operator", "remove-node", "1", "2"])
        .await;
    assert!(
        removed.contains("Node 2 of operator 16 is off the queue."),
        "{removed}"
    );
    let words = world.refused(7, heir, &["operator", "settle", "1"]).await;
    assert!(words.contains("node 1 is removed"), "{words}");

    // With the pool's terms and lines, and without any.
    let live = ["operator", "simulate", "--type", "ssv", "--operator", "17"];
    let simulated = world.accepted(None, &live).await;
    assert!(simulated.contains("carries 3 SSV nodes"), "{simulated}");
    assert!(simulated.contains("SSV, home, tried first"), "{simulated}");
    let nowhere = ["--rpc", "http://127.0.0.1:9"];
    let pure = [
        "operator", "simulate", "--type", "ssv", "--nodes", "12", "--score", "10000",
    ];
    let simulated =
        crate::commands::clay(None, &[&pure[..], &["--bond", "8"], &nowhere].concat()).await;
    let simulated = crate::commands::text(&simulated.stdout);
    // Twelve nodes: (12 - 66 / 98) / 2 ETH; thirteen: (13 - 78 / 98) / 2, rounded up.
    assert!(
        simulated.contains("required now   5.66326530612244898 ETH"),
        "{simulated}"
    );
    assert!(
        simulated.contains("with the next  6.102040816326530613 ETH"),
        "{simulated}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_networks_own_tools_are_told() {
    let world = World::start().await;
    for (tool, part) in [
        ("ssv", "ssv-dkg init"),
        ("obol", "charon create dkg"),
        ("direct", "partial-deposit"),
    ] {
        let ask = [
            "operator",
            "ceremony",
            "--instructions",
            tool,
            "--network",
            "hoodi",
        ];
        let told = world.accepted(None, &ask).await;
        assert!(
            told.contains(part) && told.contains("fork version 0x10000910"),
            "{told}"
        );
    }
}
