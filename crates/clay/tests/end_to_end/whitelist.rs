//! From an application to an audit: the whitelist with the command line.

use std::path::{Path, PathBuf};

use alloy::primitives::{keccak256, Address, U256};
use clay::{
    deploy::record::Deployment,
    development::{BOARD, BOARD_KEYS, COMPLIANCE_OFFICER, COMPLIANCE_OFFICER_KEY, REPORTER_KEYS},
};
use clay_chain::{NITRO_DEV_KEY, TEST_ACCOUNTS, TEST_KEYS};
use serde_json::{json, Value};

use crate::{chain::TestChain, commands::deployed, relay};

const ALICE: Option<&str> = Some(TEST_KEYS[0]);
/// Deployed, and governs.
const OWNER: Option<&str> = Some(NITRO_DEV_KEY);
const OFFICER: Option<&str> = Some(COMPLIANCE_OFFICER_KEY);
/// Hands in what the Board has signed.
const KEEPER: Option<&str> = Some(TEST_KEYS[3]);

const DAY: u64 = 86_400;

impl TestChain {
    /// The block's number and time now.
    fn latest(&self) -> (u64, u64) {
        let chain = self.chain.lock().unwrap();
        (chain.block_number(), chain.timestamp())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.file().with_file_name(name)
    }

    /// Proposes a decision to the Board and returns what is printed.
    pub async fn propose(&self, file: &Path, decision: &[&str]) -> String {
        let out = ["--out", file.to_str().unwrap()];
        let propose = [&["whitelist", "propose"], decision, &out].concat();
        self.accepted(None, &propose).await
    }

    /// Three members of the Board sign, and it is handed in.
    pub async fn board_decides(&self, decision: &[&str]) {
        let file = self.path("decision.json");
        self.propose(&file, decision).await;
        let file = file.to_str().unwrap();
        for key in &BOARD_KEYS[1..4] {
            self.accepted(Some(key), &["whitelist", "sign", file]).await;
        }
        self.accepted(KEEPER, &["whitelist", "submit", file]).await;
    }

    async fn standing(&self, account: Address) -> Value {
        self.json(&["whitelist", "show", &account.to_string()])
            .await
    }

    /// Gives the compliance officer ETH for gas.
    fn fund_officer(&self) {
        let mut chain = self.chain.lock().unwrap();
        chain.set_balance(COMPLIANCE_OFFICER, U256::from(10).pow(U256::from(18)));
    }
}

/// A change of a proposal's file.
type Edit = Box<dyn Fn(&mut Value)>;

fn edit(file: &Path, change: impl FnOnce(&mut Value)) {
    let mut proposal: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    change(&mut proposal);
    std::fs::write(file, proposal.to_string()).unwrap();
}

/// The lines of a table, by the names of its columns.
pub fn table(file: &Path) -> Vec<serde_json::Map<String, Value>> {
    let text = std::fs::read_to_string(file).unwrap();
    let mut lines = text.lines().map(|line| line.split(','));
    let names: Vec<_> = lines.next().unwrap().collect();
    let row = |values: std::str::Split<'_, char>| {
        let values: Vec<_> = values.collect();
        assert_eq!(values.len(), names.len());
        let named = names.iter().zip(values);
        named
            .map(|(name, value)| ((*name).to_owned(), value.into()))
            .collect()
    };
    lines.map(row).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_an_application_to_rights() {
    let world = deployed().await;
    let alice = TEST_ACCOUNTS[0].to_string();
    let dossier = world.write("dossier.pdf", "who Alice is");
    let hash = keccak256("who Alice is").to_string();
    let apply = ["whitelist", "apply", "--rights", "stake,hold,redeem"];
    let words = world.refused(2, ALICE, &apply).await;
    assert!(words.contains("--reference"), "{words}");
    let with_file = [&apply[..], &["--file", dossier.to_str().unwrap()]].concat();
    let printed = world.accepted(ALICE, &with_file).await;
    let expected = format!(
        "Application 1: {alice} wants to stake, hold and redeem, resting on the file with the hash {hash}.\n"
    );
    assert!(printed.starts_with(&expected), "{printed}");
    let standing = world.standing(TEST_ACCOUNTS[0]).await;
    assert_eq!(standing["words"], "may nothing");
    let application = json!([{
        "id": "1", "account": alice, "applicant": alice, "rights": ["stake", "hold", "redeem"], "reference": hash
    }]);
    assert_eq!(standing["openApplications"], application);

    // The file says what it does, and says it of this chain and this contract.
    let file = world.path("accept.json");
    let accept = ["accept", "1", "--until", "2100-01-31"];
    let printed = world.propose(&file, &accept).await;
    let deployment = Deployment::read(&world.file()).unwrap().unwrap();
    let at = |name: &str| deployment.contracts[name].address;
    let heading = format!(
        "On chain 412346, the Board {} changes the kyc-whitelist {}, if this is handed in until ",
        at("shared/board"),
        at("shared/kyc-whitelist")
    );
    let change = format!(
        "- Application 1 of {alice} is accepted: {alice} may stake, hold and redeem until 2100-01-31 00:00:00 UTC, \
         resting on the file with the hash {hash}."
    );
    let proposal: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let says = proposal["says"].as_array().unwrap();
    assert!(says[0].as_str().unwrap().starts_with(&heading), "{says:?}");
    assert_eq!(says[1..], [Value::from(change.clone())]);
    assert!(printed.contains(&change), "{printed}");

    let file = file.to_str().unwrap();
    let (sign, submit) = (["whitelist", "sign", file], ["whitelist", "submit", file]);
    let words = world.refused(8, Some(REPORTER_KEYS[0]), &sign).await;
    assert!(words.contains("is no member of the committee"), "{words}");
    for key in &BOARD_KEYS[..2] {
        let printed = world.accepted(Some(key), &sign).await;
        assert!(printed.contains(&change), "{printed}");
        assert!(
            printed.contains(&format!("{alice}  may nothing")),
            "{printed}"
        );
    }
    let words = world.refused(10, KEEPER, &submit).await;
    assert!(
        words.contains("2 members have signed, and 3 are needed"),
        "{words}"
    );
    assert_eq!(world.standing(TEST_ACCOUNTS[0]).await["rights"], json!([]));
    world.accepted(Some(BOARD_KEYS[4]), &sign).await;
    world.accepted(KEEPER, &submit).await;

    let standing = world.standing(TEST_ACCOUNTS[0]).await;
    assert_eq!(standing["words"], "may stake, hold and redeem");
    assert_eq!(standing["rightsNow"], json!(["stake", "hold", "redeem"]));
    assert_eq!(standing["expiry"], 4_105_036_800u64);
    assert_eq!(standing["reference"], hash);
    assert_eq!(standing["openApplications"], json!([]));
    let shown = world.accepted(None, &["whitelist", "show", &alice]).await;
    for part in [
        "now                may stake, hold and redeem\n",
        "until              2100-01-31 00:00:00 UTC, in ",
        "denied             no\n",
        "protocol contract  no",
    ] {
        assert!(shown.contains(part), "{shown}");
    }
    world
        .accepted(ALICE, &["stake", "32", "--institutional"])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denial_begins_at_once_and_only_the_owner_lifts_it() {
    let world = deployed().await;
    world.fund_officer();
    let alice = TEST_ACCOUNTS[0].to_string();
    let reference = keccak256("file").to_string();
    let terms = ["--rights", "stake,hold,redeem", "--reference", &reference];
    let set = [&["set", &alice], &terms[..], &["--until", "2100-01-31"]].concat();
    world.board_decides(&set).await;
    let before = world.standing(TEST_ACCOUNTS[0]).await;

    let deny = [
        "whitelist",
        "deny-now",
        &alice,
        "--reason",
        "under sanctions",
    ];
    let words = world.refused(7, ALICE, &deny).await;
    assert!(words.contains("only compliance officer: caller"), "{words}");
    let printed = world.accepted(OFFICER, &deny).await;
    let (_, now) = world.latest();
    assert!(
        printed.starts_with(&format!("{alice} is denied everything until 20")),
        "{printed}"
    );
    assert!(
        printed.contains(&keccak256("under sanctions").to_string()),
        "{printed}"
    );
    let denied = world.standing(TEST_ACCOUNTS[0]).await;
    assert_eq!(denied["words"], "denied everything");
    assert_eq!(denied["rightsNow"], json!([]));
    assert_eq!(denied["rights"], before["rights"]);
    assert_eq!(denied["deniedUntil"], now + 7 * DAY);
    assert_eq!(denied["emergencyFrom"], now + 30 * DAY);

    // It ends by itself, and the officer alone cannot begin anew.
    world.wait(7 * DAY);
    let over = world.standing(TEST_ACCOUNTS[0]).await;
    assert_eq!(over["words"], before["words"]);
    assert_eq!(over["deniedUntil"], 0);
    let words = world.refused(7, OFFICER, &deny).await;
    assert!(words.contains("emergency too soon: account"), "{words}");

    world
        .board_decides(&["deny", &alice, "--reason", "court order 12/3"])
        .await;
    let shown = world.accepted(None, &["whitelist", "show", &alice]).await;
    assert!(
        shown.contains("denied             until it is lifted\n"),
        "{shown}"
    );
    assert!(shown.contains("not again before "), "{shown}");
    // Rights given meanwhile wait until it is lifted.
    world
        .board_decides(&["renew", &alice, "--until", "2101-01-31"])
        .await;
    assert_eq!(
        world.standing(TEST_ACCOUNTS[0]).await["rightsNow"],
        json!([])
    );
    let lift = ["whitelist", "lift", &alice, "--reason", "order revoked"];
    for key in [ALICE, OFFICER, KEEPER] {
        let words = world.refused(7, key, &lift).await;
        assert!(words.contains("only owner: caller"), "{words}");
    }
    let printed = world.accepted(OWNER, &lift).await;
    assert!(
        printed.starts_with(&format!("{alice} is no longer denied.\n")),
        "{printed}"
    );
    let after = world.standing(TEST_ACCOUNTS[0]).await;
    assert_eq!(after["rightsNow"], json!(["stake", "hold", "redeem"]));
    assert_eq!(after["expiry"], 4_136_572_800u64);

    let history = world.json(&["whitelist", "history", &alice]).await;
    let events: Vec<_> = history.as_array().unwrap().iter().collect();
    let names: Vec<_> = events
        .iter()
        .map(|event| event["event"].as_str().unwrap())
        .collect();
    let expected = [
        "RightsChanged",
        "AccountDenied",
        "AccountDenied",
        "RightsChanged",
        "DenialLifted",
    ];
    assert_eq!(names, expected);
    assert_eq!(events[1]["by"], COMPLIANCE_OFFICER.to_string());
    assert_eq!(events[1]["time"], now);
    assert_eq!(events[2]["until"], (1u64 << 40) - 1);
    assert_eq!(events[4]["reason"], keccak256("order revoked").to_string());
    let told = world
        .accepted(None, &["whitelist", "history", &alice])
        .await;
    assert_eq!(told.lines().count(), 5);
    assert!(told.contains("until until it is lifted"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_that_says_something_else_than_it_does_is_not_signed() {
    let world = deployed().await;
    let alice = TEST_ACCOUNTS[0].to_string();
    let bob = TEST_ACCOUNTS[1].to_string();
    let file = world.path("deny.json");
    let deny = ["deny", &alice, "--reason", "under sanctions"];
    let sign = ["whitelist", "sign", file.to_str().unwrap()];
    let member = Some(BOARD_KEYS[0]);
    let changes: [(&str, Edit); 5] = [
        ("does not say what it does", {
            let (alice, bob) = (alice.clone(), bob.clone());
            Box::new(move |proposal| {
                let words = proposal["says"][1].as_str().unwrap();
                proposal["says"][1] = words.replace(&alice, &bob).into();
            })
        }),
        ("does not say what it does", {
            let bob = bob.to_lowercase();
            let alice = alice.to_lowercase();
            Box::new(move |proposal| {
                let data = proposal["data"].as_str().unwrap();
                proposal["data"] = data.replace(&alice[2..], &bob[2..]).into();
            })
        }),
        (
            "does not say what it does",
            Box::new(|proposal| proposal["says"] = json!([])),
        ),
        (
            "the proposal's reason has the hash",
            Box::new(|proposal| proposal["reason"] = "a present".into()),
        ),
        (
            "not written as it should be",
            Box::new(|proposal| {
                let data = proposal["data"].as_str().unwrap();
                proposal["data"] = format!("{data}00").into();
            }),
        ),
    ];
    for (expected, change) in changes {
        world.propose(&file, &deny).await;
        edit(&file, change);
        let words = world.refused(10, member, &sign).await;
        assert!(words.contains(expected), "{words}");
        let committee = ["committee", "sign", file.to_str().unwrap()];
        world.refused(10, member, &committee).await;
        let proposal: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        assert_eq!(proposal["signatures"], json!({}), "{expected}");
    }
    // What another committee decides is not for these commands.
    let flag = world.path("flag.json");
    let flag = flag.to_str().unwrap();
    world
        .accepted(None, &["committee", "propose", "flag", flag])
        .await;
    let words = world
        .refused(10, Some(REPORTER_KEYS[0]), &["whitelist", "sign", flag])
        .await;
    assert!(words.contains("no decision of the Board"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_refused_is_not_proposed() {
    let world = deployed().await;
    let alice = TEST_ACCOUNTS[0].to_string();
    let reference = keccak256("file").to_string();
    let file = world.path("proposal.json");
    let out = ["--out", file.to_str().unwrap()];
    let terms = ["--rights", "stake", "--reference", &reference];
    let passed = [&["set", &alice], &terms[..], &["--until", "2020-01-01"]].concat();
    let queue = Deployment::read(&world.file()).unwrap().unwrap();
    let queue = queue.contracts["institutional/unstake-queue"]
        .address
        .to_string();
    for (code, decision, expected) in [
        (
            7,
            &passed[..],
            "expiry passed: asked 2020-01-01 00:00:00 UTC, now 2026-",
        ),
        (
            7,
            &["renew", &alice, "--until", "2100-01-31"],
            "nothing to renew",
        ),
        (
            7,
            &["accept", "1", "--until", "2100-01-31"],
            "not open: id 1, state 0",
        ),
        (
            7,
            &["turn-down", "7", "--reason", "unknown"],
            "not open: id 7",
        ),
        (7, &["deny", &queue, "--reason", "a mistake"], "undeniable"),
        (
            7,
            &["members", &alice, "--quorum", "2"],
            "quorum out of bounds",
        ),
        (
            2,
            &["members", &alice, &alice, "--quorum", "1"],
            "is named twice",
        ),
        (2, &["set", &alice, "--rights", "stake"], "--until"),
        (
            2,
            &["deny", &alice, "--reason", "two\nlines"],
            "one line of plain text",
        ),
        (
            2,
            &["renew", &alice, "--until", "soon"],
            "'soon' is no date",
        ),
    ] {
        let propose = [&["whitelist", "propose"], decision, &out].concat();
        let words = world.refused(code, None, &propose).await;
        assert!(words.contains(expected), "{words}");
        assert!(!file.exists(), "{decision:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_accounts_are_set_from_a_table_and_shown_page_by_page() {
    let world = deployed().await;
    let named = world.json(&["whitelist", "show"]).await;
    let known = named["total"].as_u64().unwrap();
    let reference = keccak256("file").to_string();
    let mut text = "account,rights,until,reference\n".to_owned();
    for account in &TEST_ACCOUNTS[..5] {
        text += &format!("{account},\"stake,hold\",2100-01-31,{reference}\n");
    }
    text += &format!("{},none,,\n", TEST_ACCOUNTS[5]);
    let table = world.write("accounts.csv", &text);
    world
        .board_decides(&["set", "--from", table.to_str().unwrap()])
        .await;
    let all = world.json(&["whitelist", "show"]).await;
    assert_eq!(all["total"], known + 6);
    let last = known.to_string();
    let pages = ["whitelist", "show", "--per-page", &last];
    let second = world.json(&[&pages[..], &["--page", "2"]].concat()).await;
    let shown: Vec<_> = second["accounts"].as_array().unwrap().iter().collect();
    assert_eq!(shown[0]["account"], TEST_ACCOUNTS[0].to_string());
    assert_eq!(shown[0]["rightsNow"], json!(["stake", "hold"]));
    assert_eq!(shown[5]["words"], "may nothing");
    let printed = world
        .accepted(None, &[&pages[..], &["--page", "2"]].concat())
        .await;
    let expected = format!(
        "{}  may stake and hold until 2100-01-31 00:00:00 UTC\n",
        TEST_ACCOUNTS[4]
    );
    assert!(printed.contains(&expected), "{printed}");
    let printed = world
        .accepted(None, &["whitelist", "show", "--page", "100"])
        .await;
    assert_eq!(
        printed,
        format!("No accounts on page 100: there are {}.\n", known + 6)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_board_admits_its_own_members() {
    let world = deployed().await;
    let admitted = TEST_ACCOUNTS[7].to_string();
    let remaining = BOARD[1..].iter().map(Address::to_string);
    let members: Vec<_> = remaining.chain([admitted.clone()]).collect();
    let members: Vec<_> = members.iter().map(String::as_str).collect();
    let propose = [&["members"], &members[..], &["--quorum", "2"]].concat();
    let file = world.path("members.json");
    let printed = world.propose(&file, &propose).await;
    assert!(printed.contains("changes its own members"), "{printed}");
    assert!(
        printed.contains(&format!("- {admitted} is a member")),
        "{printed}"
    );
    assert!(
        printed.contains("needs the signatures of 2 of these 5; what is signed already is void."),
        "{printed}"
    );
    world.board_decides(&propose).await;

    // The one who left counts no more, the new one does.
    let alice = TEST_ACCOUNTS[0].to_string();
    world
        .propose(&file, &["deny", &alice, "--reason", "sanctions"])
        .await;
    let sign = ["whitelist", "sign", file.to_str().unwrap()];
    world.refused(8, Some(BOARD_KEYS[0]), &sign).await;
    world.accepted(Some(TEST_KEYS[7]), &sign).await;
    world.accepted(Some(BOARD_KEYS[1]), &sign).await;
    let submit = ["whitelist", "submit", file.to_str().unwrap()];
    world.accepted(KEEPER, &submit).await;
    assert_eq!(
        world.standing(TEST_ACCOUNTS[0]).await["words"],
        "denied everything"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_the_state_as_of_a_block_and_what_made_it() {
    let mut world = deployed().await;
    let alice = TEST_ACCOUNTS[0].to_string();
    let reference = keccak256("file").to_string();
    let set = [
        "set",
        &alice,
        "--rights",
        "stake,redeem",
        "--reference",
        &reference,
    ];
    world
        .board_decides(&[&set[..], &["--until", "2026-03-01"]].concat())
        .await;
    let apply = [
        "whitelist",
        "apply",
        "--rights",
        "all",
        "--reference",
        &reference,
    ];
    world.accepted(ALICE, &apply).await;
    let (then, _) = world.latest();
    world
        .board_decides(&["deny", &alice, "--reason", "sanctions"])
        .await;
    world
        .board_decides(&["turn-down", "1", "--reason", "denied"])
        .await;
    world.wait(100 * DAY);
    let (now, time) = world.latest();

    let export = async |world: &TestChain, name: &str, block: Option<u64>| {
        let folder = world.path(name);
        let number = block.map(|block| block.to_string());
        let block = number.as_deref().map(|number| ["--block", number]);
        let export = ["whitelist", "export", folder.to_str().unwrap()];
        let export = [&export[..], block.as_ref().map_or(&[], |block| &block[..])].concat();
        world.accepted(None, &export).await;
        folder
    };
    let folder = export(&world, "then", Some(then)).await;
    let block = &table(&folder.join("block.csv"))[0];
    let hash = world.chain.lock().unwrap().block(then.into()).unwrap().hash;
    assert_eq!(block["block"], then.to_string());
    assert_eq!(block["blockHash"], hash.to_string());
    assert_eq!(block["chain"], "412346");
    let of_alice = |folder: &Path| {
        let accounts = table(&folder.join("accounts.csv")).into_iter();
        accounts
            .filter(|row| row["account"] == alice)
            .collect::<Vec<_>>()
    };
    let row = &of_alice(&folder)[0];
    assert_eq!(row["rightsNow"], "stake redeem");
    assert_eq!(row["expiryDate"], "2026-03-01 00:00:00 UTC");
    assert_eq!(row["deniedUntil"], "0");
    assert_eq!(row["blockHash"], hash.to_string());
    assert_eq!(table(&folder.join("applications.csv"))[0]["state"], "open");
    let before = table(&folder.join("history.csv"));
    assert!(before.iter().all(|event| event["event"] != "AccountDenied"));
    assert_eq!(block["events"], before.len().to_string());

    let folder = export(&world, "now", None).await;
    let block = &table(&folder.join("block.csv"))[0];
    assert_eq!(block["block"], now.to_string());
    assert_eq!(block["time"], time.to_string());
    let row = &of_alice(&folder)[0];
    assert_eq!(
        (&row["rightsNow"], &row["rights"]),
        (&"none".into(), &"stake redeem".into())
    );
    assert_eq!(row["deniedUntil"], ((1u64 << 40) - 1).to_string());
    assert_eq!(
        table(&folder.join("applications.csv"))[0]["state"],
        "turned down"
    );
    let after = table(&folder.join("history.csv"));
    assert_eq!(after[..before.len()], before);
    assert_eq!(after.len(), before.len() + 2);
    let denial = &after[before.len()];
    assert_eq!(denial["reason"], keccak256("sanctions").to_string());
    assert_eq!(denial["account"], alice);

    let folder = world.path("never");
    let never = ["whitelist", "export", folder.to_str().unwrap(), "--block"];
    let later = (now + 1).to_string();
    let words = world
        .refused(2, None, &[&never[..], &[&later]].concat())
        .await;
    assert!(words.contains("has no block"), "{words}");

    // A node that has lost events is found out.
    world.url = relay::forgetting(then, &world.url).await;
    let words = world.refused(10, None, &never[..3]).await;
    assert!(words.contains("Nothing is exported"), "{words}");
    assert!(!folder.exists());
}
