//! Leaving the pool with the command line: orders, the committee's reports, balancing, claims.

use alloy::primitives::U256;
use clay::development::{ACKNOWLEDGER_KEYS, REPORTER_KEYS};
use clay_chain::{TEST_ACCOUNTS, TEST_KEYS};
use serde_json::Value;

use crate::{chain::TestChain, commands::deployed, relay};

const ALICE: Option<&str> = Some(TEST_KEYS[0]);
const BOB: Option<&str> = Some(TEST_KEYS[1]);
/// Hands in what committees have signed.
const KEEPER: Option<&str> = Some(TEST_KEYS[3]);

impl TestChain {
    /// Lets time pass, seconds.
    pub fn wait(&self, seconds: u64) {
        let mut chain = self.chain.lock().unwrap();
        chain.increase_time(seconds);
        chain.mine(1);
    }

    /// Lets so many members sign a proposal and hands it in.
    pub async fn decide(&self, keys: &[&str], propose: &[&str]) -> String {
        let file = self.file().with_file_name("proposal.json");
        let file = file.to_str().unwrap();
        let propose = [&["committee", "propose"], propose, &[file]].concat();
        self.accepted(None, &propose).await;
        for key in keys {
            let signed = ["committee", "sign", file];
            self.accepted(Some(key), &signed).await;
        }
        let submit = ["committee", "submit", file];
        self.accepted(KEEPER, &submit).await
    }

    /// A report by as many reporters as are needed, a day after what was before.
    pub async fn daily_report(&self, terms: &[&str]) {
        self.wait(86_400);
        self.decide(&REPORTER_KEYS[1..4], &[&["report"], terms].concat())
            .await;
    }

    /// What a command prints as JSON.
    pub async fn json(&self, arguments: &[&str]) -> Value {
        let printed = self
            .accepted(None, &[arguments, &["--json"]].concat())
            .await;
        serde_json::from_str(&printed).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_an_order_to_its_eth() {
    let world = deployed().await;
    world.accepted(ALICE, &["stake", "100"]).await;
    let printed = world.accepted(ALICE, &["unstake", "2.5"]).await;
    for part in [
        "Order 1.",
        "shares         2.5 csETH",
        "worth now      2.5 ETH",
    ] {
        assert!(printed.contains(part), "{printed}");
    }
    assert!(printed.contains("paid probably  in "), "{printed}");

    let alice = TEST_ACCOUNTS[0].to_string();
    let orders = world.json(&["orders", &alice]).await;
    assert_eq!(orders[0]["id"], "1");
    assert_eq!(orders[0]["owner"], alice);
    assert_eq!(orders[0]["state"], "pending");
    assert_eq!(orders[0]["shares"], "2500000000000000000");
    assert!(orders[0]["estimatedPayment"].is_u64());
    let nothing = world.accepted(ALICE, &["claim"]).await;
    assert_eq!(nothing, "Nothing to claim.\n");

    // The first report notes which orders there are, the next was read later.
    world.daily_report(&[]).await;
    world.daily_report(&[]).await;
    let table = world.accepted(ALICE, &["orders"]).await;
    assert!(table.contains("due"), "{table}");
    let balanced = world.accepted(BOB, &["autobalance"]).await;
    assert_eq!(
        balanced,
        "Orders up to 1 are paid: 2.5 ETH set aside for 2.5 shares, which are burned.\n\
         Lent to the flash-exit-pool: 5 ETH; its reserve is 5 ETH now.\n"
    );
    let balanced = world.accepted(BOB, &["autobalance"]).await;
    assert_eq!(balanced, "Nothing to do.\n");

    let before = world.balance(TEST_ACCOUNTS[5]);
    let receiver = TEST_ACCOUNTS[5].to_string();
    let printed = world
        .accepted(ALICE, &["claim", "--receiver", &receiver])
        .await;
    assert_eq!(printed, format!("Order 1: 2.5 ETH to {receiver}.\n"));
    let got = world.balance(TEST_ACCOUNTS[5]) - before;
    assert_eq!(got, U256::from(2_500_000_000_000_000_000u64));
    assert_eq!(world.json(&["orders", &alice]).await, Value::Array(vec![]));
    let gone = world.json(&["orders", "--ids", "1"]).await;
    assert_eq!(gone[0]["state"], "claimed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_back_without_a_call_is_booked_before_orders_are_paid() {
    let world = deployed().await;
    world.accepted(ALICE, &["stake", "100"]).await;
    // A reward of 0.01 ETH that left the gateway; its ticket expired, which credits the manager without a call.
    world.daily_report(&["--left-seen", "0.01"]).await;
    let status = world.json(&["status", "--pool", "retail"]).await;
    let manager = status["stakeManager"].as_str().unwrap().parse().unwrap();
    let cent = U256::from(10_000_000_000_000_000u64);
    let held = world.balance(manager);
    let credit = |wei| world.chain.lock().unwrap().set_balance(manager, wei);
    credit(held + cent + cent);

    let balanced = world.accepted(BOB, &["autobalance"]).await;
    let mut lines = balanced.lines();
    assert_eq!(
        lines.next(),
        Some("ETH that came back without a call is booked: 0.01 ETH; 0.01 ETH came back so far.")
    );
    assert!(lines
        .next()
        .unwrap()
        .starts_with("Lent to the flash-exit-pool: 5"));
    assert_eq!(lines.next(), None);
    let status = world.json(&["status", "--pool", "retail"]).await;
    assert_eq!(status["cameBack"], cent.to_string());
    // The other 0.01 ETH is a present: no report expects it.
    let balanced = world.accepted(BOB, &["autobalance"]).await;
    assert_eq!(balanced, "Nothing to do.\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_the_largest_order_becomes_several() {
    let world = deployed().await;
    world.accepted(ALICE, &["stake", "2500"]).await;
    let printed = world.accepted(ALICE, &["unstake", "2000.0001"]).await;
    assert!(
        printed.contains("The largest order has 1000 csETH: 3 orders."),
        "{printed}"
    );
    let alice = TEST_ACCOUNTS[0].to_string();
    let orders = world.json(&["orders", &alice]).await;
    let shares = orders.as_array().unwrap().iter();
    let shares: Vec<_> = shares
        .map(|order| order["shares"].as_str().unwrap())
        .collect();
    let expected = [
        "1000000000000000000000",
        // What is left alone would be below the smallest order, 0.001.
        "999999100000000000000",
        "1000000000000000",
    ];
    assert_eq!(shares, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_order_is_explained() {
    let world = deployed().await;
    world.accepted(ALICE, &["stake", "1"]).await;
    let words = world.refused(7, ALICE, &["unstake", "5wei"]).await;
    assert!(
        words.contains("order below smallest: shares 5, smallest 1000000000000000"),
        "{words}"
    );
    let words = world.refused(7, ALICE, &["unstake", "2"]).await;
    assert!(words.contains("has 0.999999999999999 csETH"), "{words}");
    let words = world.refused(7, ALICE, &["claim", "4"]).await;
    assert!(words.contains("order"), "{words}");

    world.accepted(ALICE, &["unstake", "0.5"]).await;
    let words = world.refused(7, ALICE, &["claim", "1"]).await;
    assert!(words.contains("not finalised: id 1"), "{words}");
    let words = world.refused(7, BOB, &["cancel", "1"]).await;
    assert!(words.contains("only order owner: id 1"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_order_is_shares_again() {
    let world = deployed().await;
    world.accepted(ALICE, &["stake", "10"]).await;
    world.accepted(ALICE, &["unstake", "4"]).await;
    let printed = world.accepted(ALICE, &["cancel", "1"]).await;
    // 0.05 % before it is due.
    assert_eq!(
        printed,
        "Order 1 is cancelled: 3.998 csETH came back, 0.002 were burned.\n"
    );
    let words = world.refused(7, ALICE, &["cancel", "1"]).await;
    assert!(words.contains("no such order: id 1"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loss_beyond_the_cap_is_shown_and_acknowledged() {
    let world = deployed().await;
    world.accepted(ALICE, &["stake", "100"]).await;
    let before = world.json(&["report", "show"]).await;
    assert_eq!(before["report"], "none yet");

    // Nothing was sent out, so only what is expected to be lost can fall: 3 ETH of 100, above the 1 % of one report.
    world.daily_report(&[]).await;
    world.daily_report(&["--expected-loss", "3"]).await;
    let shown = world.json(&["report", "show"]).await;
    assert_eq!(shown["parked"], true);
    assert_eq!(shown["live"], false);
    assert_eq!(shown["notLiveBecause"], "a report is parked");
    assert_eq!(shown["parkedFall"], "3000000000000000000");
    assert_eq!(shown["parkedAllowed"], "1000000000000000000");
    assert_eq!(shown["parkedRate"], "970000000000000000");
    let words = world.refused(7, ALICE, &["stake", "1"]).await;
    assert!(words.contains("rate not live: reason 1"), "{words}");

    let bounds = ["acknowledge", "--lowest", "0.96", "--highest", "0.98"];
    world.decide(&ACKNOWLEDGER_KEYS[..2], &bounds).await;
    let shown = world.json(&["report", "show"]).await;
    assert_eq!(shown["parked"], false);
    assert_eq!(shown["live"], true);
    assert_eq!(shown["change"], "-3000000000000000000");
    assert_eq!(shown["rateBefore"], "1000000000000000000");
    assert_eq!(shown["rateAfter"], "970000000000000000");
    assert_eq!(shown["holdersBorne"], "3000000000000000000");
    let status = world.json(&["status", "--pool", "retail"]).await;
    assert_eq!(status["expectedLoss"], "3000000000000000000");
    assert_eq!(status["holdersBorne"], "3000000000000000000");
    let table = world.accepted(None, &["report", "show"]).await;
    assert!(table.contains("gain or loss           -3 ETH"), "{table}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_needs_members_in_time_and_in_order() {
    let world = deployed().await;
    world.accepted(ALICE, &["stake", "100"]).await;
    world.wait(60);
    let file = world.file().with_file_name("flag.json");
    let file = file.to_str().unwrap();
    let propose = ["committee", "propose", "flag", file, "--valid-for", "1"];
    let printed = world.accepted(None, &propose).await;
    assert!(
        printed.contains("retail/stake-manager") && printed.contains("flagSlashing"),
        "{printed}"
    );
    let sign = ["committee", "sign", file];
    let submit = ["committee", "submit", file];

    let words = world.refused(8, ALICE, &sign).await;
    assert!(words.contains("is no member of the committee"), "{words}");
    let words = world.refused(8, Some(ACKNOWLEDGER_KEYS[0]), &sign).await;
    assert!(words.contains("is no member of the committee"), "{words}");
    for key in &REPORTER_KEYS[..2] {
        world.accepted(Some(key), &sign).await;
    }
    let words = world.refused(10, KEEPER, &submit).await;
    assert!(
        words.contains("2 members have signed, and 3 are needed"),
        "{words}"
    );
    world.accepted(Some(REPORTER_KEYS[4]), &sign).await;
    world.wait(3_700);
    let words = world.refused(10, KEEPER, &submit).await;
    assert!(words.contains("could be handed in until"), "{words}");

    // Another call in between takes the number.
    world.accepted(None, &propose).await;
    for key in &REPORTER_KEYS[..3] {
        world.accepted(Some(key), &sign).await;
    }
    world.decide(&REPORTER_KEYS[..3], &["report"]).await;
    let words = world.refused(10, KEEPER, &submit).await;
    assert!(words.contains("Propose it anew"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_proposal_is_not_what_was_signed() {
    let world = deployed().await;
    world.accepted(ALICE, &["stake", "100"]).await;
    let file = world.file().with_file_name("report.json");
    let name = file.to_str().unwrap();
    let propose = ["committee", "propose", "report", name];
    world.accepted(None, &propose).await;
    for key in &REPORTER_KEYS[..3] {
        world
            .accepted(Some(key), &["committee", "sign", name])
            .await;
    }
    let json = std::fs::read_to_string(&file).unwrap();
    let mut proposal: Value = serde_json::from_str(&json).unwrap();
    let deadline = proposal["deadline"].as_u64().unwrap();
    proposal["deadline"] = (deadline + 1).into();
    std::fs::write(&file, proposal.to_string()).unwrap();
    let words = world
        .refused(10, KEEPER, &["committee", "submit", name])
        .await;
    assert!(words.contains("0 members have signed"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_found_where_a_node_searches_few_blocks_at_once() {
    let mut world = deployed().await;
    world.accepted(ALICE, &["stake", "10"]).await;
    world.accepted(ALICE, &["unstake", "1"]).await;
    world.chain.lock().unwrap().mine(30_000);
    world.accepted(ALICE, &["unstake", "2"]).await;
    world.chain.lock().unwrap().mine(15_000);

    world.url = relay::searching(12_000, &world.url).await;
    let alice = TEST_ACCOUNTS[0].to_string();
    let orders = world.json(&["orders", &alice]).await;
    let shares = [&orders[0]["shares"], &orders[1]["shares"]];
    assert_eq!(shares, ["1000000000000000000", "2000000000000000000"]);

    // Where it searches hardly any, orders can be named.
    world.url = relay::searching(10, &world.url).await;
    let words = world.refused(7, None, &["orders", &alice]).await;
    assert!(words.contains("too many blocks"), "{words}");
    let orders = world.json(&["orders", "--ids", "2,1"]).await;
    assert_eq!(orders[0]["shares"], shares[1].clone());
}
