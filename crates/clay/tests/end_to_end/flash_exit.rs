//! Leaving the pool at once with the command line: quotes, payments, refusals, and what the reserve shows.

use std::str::FromStr;

use alloy::{
    consensus::Transaction,
    primitives::{Address, B256, U256},
    providers::Provider,
    sol_types::SolCall,
};
use clay::{
    bindings::FlashExitPool::{flashExitCall, pauseCall},
    client::Client,
    development::REPORTER_KEYS,
};
use clay_chain::{NITRO_DEV_KEY, TEST_ACCOUNTS, TEST_KEYS};
use serde_json::Value;

use crate::{
    chain::{signer, TestChain},
    commands::{clay, deployed, text},
};

const ALICE: Option<&str> = Some(TEST_KEYS[0]);
const BOB: Option<&str> = Some(TEST_KEYS[1]);
/// Gets what exits pay, and pays no gas.
const RECEIVER: Address = TEST_ACCOUNTS[5];

/// A pool of 100 ETH of Alice's, at a rate of one, whose report gave the reserve a target of 5 ETH.
async fn reported() -> TestChain {
    let world = deployed().await;
    world.accepted(ALICE, &["stake", "100"]).await;
    world.daily_report(&[]).await;
    world
}

/// The same, with the reserve full.
async fn funded() -> TestChain {
    let world = reported().await;
    world.accepted(BOB, &["autobalance"]).await;
    world
}

/// An exit of Alice's with so many shares, without being asked.
async fn exit(world: &TestChain, shares: &str) -> String {
    let receiver = RECEIVER.to_string();
    let options = ["--yes", "--receiver", &receiver];
    let arguments = [&["flash-exit", shares], &options[..]].concat();
    world.accepted(ALICE, &arguments).await
}

pub fn milli(thousandths: u64) -> U256 {
    U256::from(thousandths) * U256::from(1_000_000_000_000_000u64)
}

/// A member that is an amount.
pub fn amount(json: &Value, name: &str) -> U256 {
    json[name].as_str().unwrap().parse().unwrap()
}

/// The value of a line of a table, the last one with this name.
pub fn line<'a>(printed: &'a str, name: &str) -> &'a str {
    let mut lines = printed.lines().rev();
    let found = lines.find_map(|line| line.trim().strip_prefix(name)?.strip_prefix("  "));
    found
        .unwrap_or_else(|| panic!("no {name} in {printed}"))
        .trim()
}

/// What the call in a transaction asked for.
pub async fn sent<C: SolCall>(world: &TestChain, hash: &str) -> C {
    let client = Client::connect(&world.url, None).await.unwrap();
    let hash = B256::from_str(hash).unwrap();
    let found = client.provider().get_transaction_by_hash(hash).await;
    C::abi_decode(found.unwrap().unwrap().input()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flash_exit_pays_what_was_quoted() {
    let world = funded().await;
    let file = world.file();
    let place = ["--rpc", &world.url, "--deployment", file.to_str().unwrap()];
    let asked = clay(ALICE, &[&["flash-exit", "0.4"], &place[..]].concat()).await;
    // Without a terminal there is a quote, and nothing else.
    assert_eq!(asked.status.code(), Some(2));
    let words = text(&asked.stderr);
    assert!(
        words.contains("Nothing was sent: there is no terminal to ask at.\nGive --yes"),
        "{words}"
    );
    let quote = text(&asked.stdout);
    // 0.5 % of 0.4 ETH, and 0.5 % of 5 * 0.08^3 / 3 for the part of the target that is missing after it; 0.1 % less
    // is accepted.
    for (name, value) in [
        ("worth", "0.4 ETH"),
        ("fee", "0.002004266666666667 ETH (0.5011 %)"),
        ("paid", "0.397995733333333333 ETH"),
        ("at least", "0.3975977376 ETH"),
        ("to", &TEST_ACCOUNTS[0].to_string()),
        ("possible now", "up to 0.5 ETH, limited by the largest exit"),
    ] {
        assert_eq!(line(&quote, name), value, "{quote}");
    }
    let unchanged = world.json(&["liquidity"]).await;
    assert_eq!(amount(&unchanged, "reserve"), milli(5_000));

    let before = world.balance(RECEIVER);
    let printed = exit(&world, "0.4").await;
    let paid = world.balance(RECEIVER) - before;
    assert_eq!(paid, U256::from(397_995_733_333_333_333u64));
    assert!(
        printed.contains("Left with 0.4 csETH.\n  paid "),
        "{printed}"
    );
    assert_eq!(line(&printed, "paid"), "0.397995733333333333 ETH");
    assert_eq!(line(&printed, "fee"), "0.002004266666666667 ETH (0.5011 %)");
    assert_eq!(line(&printed, "to"), RECEIVER.to_string());
    assert!(line(&printed, "gas").ends_with("ETH)"), "{printed}");
    let call: flashExitCall = sent(&world, line(&printed, "transaction")).await;
    assert_eq!(call.minAssets, paid - paid / U256::from(1_000));

    // A least of one's own is what the pool is told.
    let printed = exit_at_least(&world, "0.1").await;
    let call: flashExitCall = sent(&world, line(&printed, "transaction")).await;
    assert_eq!((call.shares, call.minAssets), (milli(200), milli(100)));
}

async fn exit_at_least(world: &TestChain, least: &str) -> String {
    let exit = ["flash-exit", "0.2", "--min-out", least, "--yes"];
    world.accepted(ALICE, &exit).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flash_exit_with_all_shares_leaves_none() {
    let world = funded().await;
    world.accepted(BOB, &["stake", "0.3"]).await;
    let bob = TEST_ACCOUNTS[1].to_string();
    world.accepted(BOB, &["flash-exit", "--all", "--yes"]).await;
    let balance = world.accepted(None, &["balance", &bob]).await;
    assert_eq!(line(&balance, "csETH"), "0");
    let words = world
        .refused(7, BOB, &["flash-exit", "--all", "--yes"])
        .await;
    assert!(words.contains("has 0 csETH"), "{words}");
    let words = world
        .refused(7, ALICE, &["flash-exit", "101", "--yes"])
        .await;
    assert!(words.contains("has 99.999999999999999 csETH"), "{words}");

    // How many is said once, and not twice.
    world.refused(2, ALICE, &["flash-exit", "--yes"]).await;
    let twice = ["flash-exit", "1", "--all", "--yes"];
    world.refused(2, ALICE, &twice).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flash_exit_that_is_too_large_learns_what_is_possible() {
    let world = reported().await;
    let words = world
        .refused(7, ALICE, &["flash-exit", "0.2", "--yes"])
        .await;
    for part in [
        "the shares are worth 0.2 ETH, which is more than\n  0 ETH, what the reserve of 0 ETH has above its low \
         watermark of 0.5 ETH: `clay autobalance`, by anybody, tops it up to 5 ETH",
        "No exit is possible now. Leave by `clay unstake 0.2`",
    ] {
        assert!(words.contains(part), "{words}");
    }
    assert!(!words.contains("bucket"), "{words}");
    world.accepted(BOB, &["autobalance"]).await;

    let words = world.refused(7, ALICE, &["flash-exit", "2", "--yes"]).await;
    for part in [
        "worth 2 ETH, which is more than\n  0.5 ETH, the largest exit (0.5 % of what the pool owns)",
        "\n  1 ETH, what is in the bucket: never more than 1 ETH, and that now",
        "\nPossible now: `clay flash-exit 0.5`. Leave with the rest later, or by `clay unstake 1.5`",
    ] {
        assert!(words.contains(part), "{words}");
    }
    exit(&world, "0.5").await;
    exit(&world, "0.004").await;

    // 0.496 ETH are left; the rest flows back in 87 s.
    let words = world
        .refused(7, ALICE, &["flash-exit", "0.497", "--yes"])
        .await;
    assert!(
        words.contains("ETH, what is in the bucket: enough for this exit in "),
        "{words}"
    );
    assert!(!words.contains("the largest exit"), "{words}");
    let at = words.split("Unix time ").nth(1).unwrap();
    let at: u64 = at.split(')').next().unwrap().parse().unwrap();
    let now = world.chain.lock().unwrap().timestamp();
    assert!(at > now && at <= now + 87, "{words}");
    world.wait(at - now);
    exit(&world, "0.497").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flash_exit_below_its_minimum_or_to_who_refuses_it_is_explained() {
    let world = funded().await;
    let exit = ["flash-exit", "0.4", "--yes", "--min-out", "0.398"];
    let words = world.refused(7, ALICE, &exit).await;
    assert!(
        words.contains("it pays 0.397995733333333333 ETH, less than --min-out 0.398 ETH."),
        "{words}"
    );
    // The token takes no ETH.
    let status = world.json(&["status", "--pool", "retail"]).await;
    let token = status["token"].as_str().unwrap();
    let exit = ["flash-exit", "0.4", "--yes", "--receiver", token];
    let words = world.refused(7, ALICE, &exit).await;
    assert!(words.contains("payout refused: receiver 0x"), "{words}");
    assert!(words.contains("your shares are still yours"), "{words}");
    // Of a wei the fee takes all.
    let words = world
        .refused(7, ALICE, &["flash-exit", "1wei", "--yes"])
        .await;
    assert!(
        words.contains("worth 1 wei, of which the fee leaves nothing"),
        "{words}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_flash_exits_say_why() {
    let world = funded().await;
    let exit = ["flash-exit", "0.1", "--yes"];
    world.decide(&REPORTER_KEYS[..3], &["flag"]).await;
    let words = world.refused(7, ALICE, &exit).await;
    assert!(
        words.contains("exits at once are closed: a slashing is flagged, since "),
        "{words}"
    );
    assert!(
        words.contains("Leave by `clay unstake 0.1` instead"),
        "{words}"
    );
    world.accepted(ALICE, &["unstake", "0.1"]).await;
    let shown = world.json(&["liquidity"]).await;
    assert_eq!(shown["open"], false);
    assert_eq!(shown["possible"], "0");
    let why = shown["closedBecause"].as_str().unwrap();
    assert!(why.starts_with("a slashing is flagged"), "{why}");

    world.daily_report(&[]).await;
    world.accepted(ALICE, &exit).await;
    let pool = shown["flashExitPool"].as_str().unwrap().parse().unwrap();
    let client = Client::connect(&world.url, Some(signer(NITRO_DEV_KEY)));
    let (client, call) = (client.await.unwrap(), pauseCall {}.abi_encode());
    let paused = client.transact("pausing", pool, U256::ZERO, call.into());
    paused.await.unwrap();
    let words = world.refused(7, ALICE, &exit).await;
    assert!(
        words.contains("closed: the flash-exit-pool is paused until its owner ends it."),
        "{words}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn liquidity_of_flash_exits_is_shown_in_numbers_and_drawn() {
    let world = reported().await;
    let drawn = world.accepted(None, &["liquidity"]).await;
    assert_eq!(line(&drawn, "missing"), "5 ETH (100 %)");
    assert!(
        drawn.contains("\n       1 % |                                                 .O\n"),
        "{drawn}"
    );
    world.accepted(BOB, &["autobalance"]).await;
    let drawn = world.accepted(None, &["liquidity"]).await;
    for (name, value) in [
        ("reserve", "5 ETH"),
        ("of it fees kept", "0 ETH"),
        ("target", "5 ETH"),
        ("missing", "0 ETH (0 %)"),
        ("low watermark", "0.5 ETH"),
        ("above it", "4.5 ETH"),
        ("bucket", "1 ETH of 1 ETH"),
        ("largest exit", "0.5 ETH"),
        ("possible now", "0.5 ETH, limited by the largest exit"),
        ("fee now", "0.5 %"),
        ("reserve full", "0.5 %"),
        ("reserve empty", "1 %"),
    ] {
        assert_eq!(line(&drawn, name), value, "{drawn}");
    }
    assert!(drawn.contains("\n     0.5 % |O************\n"), "{drawn}");

    exit(&world, "0.4").await;
    let shown = world.json(&["liquidity"]).await;
    let fee = U256::from(2_004_266_666_666_667u64);
    // As of the report before it.
    let reported = milli(100_000);
    let part = |basis_points: u64| reported * U256::from(basis_points) / U256::from(10_000);
    for (name, expected) in [
        ("reportedAssets", reported),
        ("reserve", milli(4_600) + fee),
        ("feesKept", fee),
        ("target", milli(5_000)),
        ("missing", milli(400)),
        ("lowWatermark", milli(500)),
        ("aboveLowWatermark", milli(4_100)),
        ("bucketCapacity", part(100)),
        ("largest", part(50)),
        ("possible", part(50)),
        // Wei per ETH: 0.5 %, and of 0.5 % the square of 0.08.
        ("fee", U256::from(5_032_000_000_000_000u64)),
        ("smallestFee", milli(5)),
        ("largestFee", milli(10)),
        ("treasuryFees", U256::ZERO),
        ("monthlyAllowance", U256::ZERO),
    ] {
        assert_eq!(amount(&shown, name), expected, "{name} in {shown}");
    }
    assert_eq!(shown["limitedBy"], "largest");
    assert_eq!(shown["closedBecause"], Value::Null);
    let (bucket, capacity) = (amount(&shown, "bucket"), part(100));
    assert!(
        bucket >= capacity - milli(400) && bucket < capacity - milli(390),
        "{shown}"
    );
    // 400 of 1,000 thousandths, which flow back in a day.
    let full = shown["bucketFullAt"].as_u64().unwrap() - world.chain.lock().unwrap().timestamp();
    assert!((34_000..=34_700).contains(&full), "{full}");
    let middle = &shown["curve"][5];
    assert_eq!(middle["missing"], "2500000000000000000");
    assert_eq!(middle["missingBasisPoints"], "5000");
    assert_eq!(middle["fee"], "6250000000000000");
    assert_eq!(shown["curve"].as_array().unwrap().len(), 11);
    let governed = &shown["basisPoints"];
    let expected = [
        ("smallestFee", "50"),
        ("largestFee", "100"),
        ("lowWatermark", "1000"),
        ("bucketCapacity", "100"),
        ("bucketRefillADay", "100"),
        ("largest", "50"),
        ("treasuryPart", "0"),
    ];
    for (name, number) in expected {
        assert_eq!(governed[name], number, "{name} in {governed}");
    }
    let drawn = world.accepted(None, &["liquidity"]).await;
    assert!(drawn.contains("\n     0.5 % |****O********\n"), "{drawn}");
    assert!(
        drawn.contains("\n  O now: 8 % missing, fee 0.5032 %\n"),
        "{drawn}"
    );
}
