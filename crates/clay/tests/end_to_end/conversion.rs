//! csETH to IcsETH with the command line.

use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};
use clay::{
    bindings::FlashExitPool::{
        allowConversionCall, convertCall, setConversionCall, setConversionTermsCall,
    },
    deploy::record::Deployment,
    development::BOARD_KEYS,
};
use clay_chain::{NITRO_DEV_ACCOUNT, TEST_ACCOUNTS, TEST_KEYS};
use clay_shared::kyc::{HOLD, STAKE};
use serde_json::Value;

use crate::{
    chain::TestChain,
    commands::{clay, deployed, text},
    flash_exit::{amount, line, milli, sent},
};

const ALICE: Option<&str> = Some(TEST_KEYS[0]);
const BOB: Option<&str> = Some(TEST_KEYS[1]);
const FLASH: &str = "retail/flash-exit-pool";

impl TestChain {
    fn at(&self, name: &str) -> Address {
        let deployment = Deployment::read(&self.file()).unwrap().unwrap();
        deployment.contracts[name].address
    }

    /// The owner names the institutional pool.
    fn name_conversion(&self) {
        let call = setConversionCall {
            stakeManager: self.at("institutional/stake-manager"),
            whitelist: self.at("shared/kyc-whitelist"),
        };
        self.call(NITRO_DEV_ACCOUNT, FLASH, &call);
    }

    fn allows_conversion(&self) -> impl SolCall {
        allowConversionCall {
            stakeManager: self.at("institutional/stake-manager"),
            smallestFee: U256::from(10),
            largestBucket: U256::from(20),
            allowed: true,
        }
    }

    async fn conversion(&self) -> Value {
        self.json(&["liquidity"]).await["conversion"].clone()
    }
}

/// A retail pool of 20,000 ETH of Alice's, at a rate of one, with 1,000 of them in a full reserve; conversion is to no pool.
async fn funded() -> TestChain {
    let world = deployed().await;
    let ether = |count: u64| milli(1_000) * U256::from(count);
    {
        let mut chain = world.chain.lock().unwrap();
        chain.set_balance(TEST_ACCOUNTS[0], ether(20_100));
    }
    world.accepted(ALICE, &["stake", "20000"]).await;
    world.daily_report(&[]).await;
    world.accepted(BOB, &["autobalance"]).await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversion_is_refused_while_it_is_off_and_then_mints_what_was_quoted() {
    let world = funded().await;
    let board = world.at("shared/board");
    let convert = ["convert", "40", "--yes"];
    let off = async |why: &str| {
        let words = world.refused(7, ALICE, &convert).await;
        let told = format!("a conversion of 40 csETH was refused: conversion is off: {why}.");
        assert!(words.contains(&told), "{words}");
        let shown = world.conversion().await;
        assert_eq!(shown["offBecause"], why);
        assert_eq!(shown["possible"], "0");
        let drawn = world.accepted(None, &["liquidity"]).await;
        assert_eq!(line(&drawn, "conversion"), format!("off: {why}"));
    };
    off("the owner of the flash-exit-pool has named no pool to convert to").await;
    world.name_conversion();
    off(&format!(
        "neither the owner of the flash-exit-pool nor the Board {board} allows it"
    ))
    .await;
    world.call(NITRO_DEV_ACCOUNT, FLASH, &world.allows_conversion());
    off(&format!(
        "the owner of the flash-exit-pool allows it, and the Board {board} does not"
    ))
    .await;
    world.board_decides(&["allow-conversion"]).await;

    // It is on, for those who may.
    let words = world.refused(7, ALICE, &convert).await;
    assert!(words.contains("lacks the right to stake"), "{words}");
    world.give(TEST_ACCOUNTS[0], STAKE);
    let words = world.refused(7, ALICE, &convert).await;
    assert!(words.contains("lacks the right to hold"), "{words}");
    world.give(TEST_ACCOUNTS[0], STAKE | HOLD);

    // A quote, and nothing else: 0.1 % of 40 ETH stays, and the other pool's first deposit locks 1,000 wei of shares.
    let file = world.file();
    let place = ["--rpc", &world.url, "--deployment", file.to_str().unwrap()];
    let asked = clay(ALICE, &[&["convert", "40"], &place[..]].concat()).await;
    assert_eq!(asked.status.code(), Some(2));
    let words = text(&asked.stderr);
    assert!(words.contains("Give --yes to convert without"), "{words}");
    let quote = text(&asked.stdout);
    assert!(
        quote.starts_with("Convert 40 csETH to IcsETH now\n"),
        "{quote}"
    );
    let alice = TEST_ACCOUNTS[0].to_string();
    for (name, value) in [
        ("worth", "40 ETH"),
        ("fee", "0.04 ETH (0.1 %)"),
        ("deposited", "39.96 ETH"),
        ("minted", "39.959999999999999 IcsETH"),
        ("at least", "39.920039999999999001 IcsETH"),
        ("to", &alice),
        ("possible now", "up to 40 ETH, limited by its bucket"),
    ] {
        assert_eq!(line(&quote, name), value, "{quote}");
    }
    assert_eq!(amount(&world.conversion().await, "bucket"), milli(40_000));

    let printed = world.accepted(ALICE, &convert).await;
    assert!(printed.contains("\nConverted 40 csETH.\n"), "{printed}");
    for (name, value) in [
        ("received", "39.959999999999999 IcsETH"),
        ("fee", "0.04 ETH (0.1 %)"),
        ("for", &alice),
    ] {
        assert_eq!(line(&printed, name), value, "{printed}");
    }
    // The least that the quote tells is what the pool is told.
    let call: convertCall = sent(&world, line(&printed, "transaction")).await;
    let least = U256::from(39_920_039_999_999_999_001u128);
    assert_eq!((call.shares, call.minShares), (milli(40_000), least));
    let held = world
        .accepted(None, &["balance", &alice, "--pool", "institutional"])
        .await;
    assert_eq!(line(&held, "IcsETH"), "39.959999999999999");
    let status = world.json(&["status", "--pool", "institutional"]).await;
    assert_eq!(amount(&status, "buffered"), milli(39_960));
    let left = world.json(&["liquidity"]).await;
    assert_eq!(amount(&left, "reserve"), milli(960_040));
    assert_eq!(amount(&left, "feesKept"), milli(40));

    world.board_decides(&["forbid-conversion"]).await;
    off(&format!(
        "the owner of the flash-exit-pool allows it, and the Board {board} does not"
    ))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_board_reads_which_pool_it_allows_conversion_to_and_on_which_terms() {
    let world = deployed().await;
    let file = world.path("conversion.json");
    let out = ["--out", file.to_str().unwrap()];
    let allow = [&["whitelist", "propose", "allow-conversion"], &out[..]].concat();
    let words = world.refused(10, None, &allow).await;
    assert!(words.contains("has named no pool to convert to"), "{words}");
    assert!(!file.exists());

    world.name_conversion();
    let printed = world.accepted(None, &allow).await;
    let at = |name: &str| world.at(name);
    let (flash, manager) = (at(FLASH), at("institutional/stake-manager"));
    let says = || {
        let proposal: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let says = proposal["says"].as_array().unwrap().iter();
        says.map(|line| line.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let heading = format!(
        "On chain 412346, the Board {} says whether the flash-exit-pool {flash} may convert csETH to IcsETH, if this is \
         handed in until ",
        at("shared/board")
    );
    let told = format!(
        "- Conversion of csETH to IcsETH of the institutional pool (stake-manager {manager}) is allowed, for a fee of at \
         least 0.1 % (10 basis points), up to 0.2 % (20 basis points) of what the retail pool owns a day, for accounts of the \
         whitelist {}. It is on while the owner of the flash-exit-pool allows it too.",
        at("shared/kyc-whitelist")
    );
    let lines = says();
    assert!(lines[0].starts_with(&heading), "{lines:?}");
    assert_eq!(lines[1], told);
    assert_eq!(lines.len(), 3);
    for part in [
        told.as_str(),
        "conversion  off: neither the owner of the flash-exit-pool nor the Board ",
        "retail/flash-exit-pool (",
        "  allowConversion\n",
    ] {
        assert!(printed.contains(part), "{part} in {printed}");
    }

    // A member signs what it reads: the terms are in the call, and better ones are refused once it is handed in.
    let sign = ["whitelist", "sign", file.to_str().unwrap()];
    let submit = ["whitelist", "submit", file.to_str().unwrap()];
    for key in &BOARD_KEYS[..3] {
        let printed = world.accepted(Some(key), &sign).await;
        assert!(printed.contains(&told), "{printed}");
    }
    let terms = setConversionTermsCall {
        fee: U256::from(1),
        bucket: U256::from(10_000),
    };
    world.call(NITRO_DEV_ACCOUNT, FLASH, &terms);
    let words = world.refused(7, Some(TEST_KEYS[0]), &submit).await;
    let told =
        "onversion terms not agreed: fee 1, smallest fee 10, bucket 10000, largest bucket 20";
    assert!(words.contains(told), "{words}");
    world.accepted(None, &allow).await;
    let better = "a fee of at least 0.01 % (1 basis points), up to 100 % (10000 basis points)";
    assert!(says()[1].contains(better), "{:?}", says());

    // Nor what the file says of another call.
    let forbid = [&["whitelist", "propose", "forbid-conversion"], &out[..]].concat();
    let before = std::fs::read_to_string(&file).unwrap();
    world.accepted(None, &forbid).await;
    assert!(
        says()[1].ends_with("is forbidden: nobody can convert until the Board allows it again.")
    );
    let mut proposal: Value = serde_json::from_str(&before).unwrap();
    let forbidding: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    proposal["says"] = forbidding["says"].clone();
    std::fs::write(&file, proposal.to_string()).unwrap();
    let words = world.refused(10, Some(BOARD_KEYS[2]), &sign).await;
    assert!(words.contains("does not say what it does"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversion_that_is_too_large_or_too_small_learns_what_is_possible() {
    let world = funded().await;
    world.name_conversion();
    world.call(NITRO_DEV_ACCOUNT, FLASH, &world.allows_conversion());
    world.have_board_call_at(FLASH, &world.allows_conversion());
    world.give(TEST_ACCOUNTS[0], STAKE | HOLD);
    let refused = async |arguments: &[&str], part: &str| {
        let convert = [&["convert"], arguments, &["--yes"]].concat();
        let words = world.refused(7, ALICE, &convert).await;
        assert!(words.contains(part), "{words}");
    };
    refused(
        &["600"],
        "the shares are worth 600 ETH, which is more than\n  40 ETH, what is in its bucket: never more than 40 ETH, and \
         that now",
    )
    .await;
    refused(
        &["600"],
        "\n  500 ETH, what the reserve of 1000 ETH has above the 500 ETH that conversions leave in it: `clay autobalance`",
    )
    .await;
    refused(&["41"], "\nPossible now: `clay convert 40`.").await;
    refused(
        &["32"],
        "less the fee the shares are worth 31.968 ETH, and the institutional pool takes no less than 32 ETH.",
    )
    .await;
    refused(
        &["40", "--min-out", "39.96"],
        "it mints 39.959999999999999, fewer than --min-out 39.96.",
    )
    .await;
    refused(&["30000"], "has 19999.999999999999999 csETH").await;

    // For another, who may hold it: to stake is the converting account's right.
    let bob = TEST_ACCOUNTS[1].to_string();
    let for_bob = ["36", "--receiver", &bob];
    refused(&for_bob, &format!("{bob} lacks the right to hold")).await;
    world.give(TEST_ACCOUNTS[0], STAKE);
    world.give(TEST_ACCOUNTS[1], HOLD);
    let convert = [&["convert"], &for_bob[..], &["--yes"]].concat();
    let printed = world.accepted(ALICE, &convert).await;
    assert_eq!(line(&printed, "for"), bob);
    assert_eq!(line(&printed, "received"), "35.963999999999999 IcsETH");

    // 4 ETH are left, and 32 more flow back in 19 hours.
    refused(
        &for_bob,
        "ETH, what is in its bucket: enough for this conversion in ",
    )
    .await;
    let shown = world.conversion().await;
    let full = shown["bucketFullAt"].as_u64().unwrap() - world.chain.lock().unwrap().timestamp();
    assert!((77_000..=77_760).contains(&full), "{full}");
    let drawn = world.accepted(None, &["liquidity"]).await;
    assert!(drawn.contains(" of 40 ETH\n"), "{drawn}");
    assert_eq!(line(&drawn, "conversion"), "on");
    assert_eq!(line(&drawn, "leaves"), "500 ETH in the reserve");
    world.wait(full);
    world.accepted(ALICE, &convert).await;
}
