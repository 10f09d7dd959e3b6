//! The institutional pool as its users meet it.

use alloy::{
    eips::BlockId,
    primitives::{aliases::U40, Address, B256, U256},
    sol_types::SolCall,
};
use clay::{
    bindings::{
        KycWhitelist::{denyCall, setRightsCall},
        StakeManager::{pauseCall, unpauseCall},
    },
    deploy::record::Deployment,
};
use clay_chain::{TxRequest, NITRO_DEV_ACCOUNT, NITRO_DEV_KEY, TEST_ACCOUNTS, TEST_KEYS};
use clay_shared::kyc::{HOLD, STAKE};

use crate::{
    chain::{programs, TestChain},
    commands::deployed,
    flash_exit::line,
};

const ALICE: Option<&str> = Some(TEST_KEYS[0]);
const STAKED: [&str; 3] = ["stake", "32", "--institutional"];

impl TestChain {
    /// Makes a call to a contract of the deployment that must succeed.
    pub fn call(&self, from: Address, to: &str, call: &impl SolCall) {
        let deployment = Deployment::read(&self.file()).unwrap().unwrap();
        let to = deployment.contracts[to].address;
        let mut chain = self.chain.lock().unwrap();
        let receipt = chain.transact(TxRequest::call(from, to, call.abi_encode()));
        let receipt = receipt.unwrap();
        assert!(receipt.success(), "{:?}", receipt.output);
    }

    /// Has the Board call the whitelist.
    pub fn have_board_call(&self, call: &impl SolCall) {
        self.have_board_call_at("shared/kyc-whitelist", call);
    }

    /// Has the Board call a contract of the deployment.
    pub fn have_board_call_at(&self, to: &str, call: &impl SolCall) {
        let deployment = Deployment::read(&self.file()).unwrap().unwrap();
        let board = deployment.contracts["shared/board"].address;
        {
            let mut chain = self.chain.lock().unwrap();
            chain.impersonate(board);
            chain.set_balance(board, U256::from(10).pow(U256::from(18)));
        }
        self.call(board, to, call);
    }

    pub fn give(&self, account: Address, rights: u8) {
        self.have_board_call(&setRightsCall {
            accounts: vec![account],
            rights: vec![rights],
            expiries: vec![U40::from(u32::MAX)],
            referenceHashes: vec![B256::ZERO],
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn how_shares_move_must_be_chosen() {
    let world = TestChain::start().await;
    let folder = programs();
    let contracts = ["--contracts", folder.to_str().unwrap()];
    for pool in [&[][..], &["--pool", "institutional"]] {
        let deploy = [&["deploy"], &contracts[..], pool].concat();
        let words = world.refused(2, Some(NITRO_DEV_KEY), &deploy).await;
        for part in [
            "There is no default",
            "--transfer-policy open ",
            "--transfer-policy deny-list ",
            "--transfer-policy allow-list ",
            "--pool retail",
        ] {
            assert!(words.contains(part), "{words}");
        }
    }
    let sent = |world: &TestChain| {
        let chain = world.chain.lock().unwrap();
        chain.nonce(NITRO_DEV_ACCOUNT, BlockId::latest()).unwrap()
    };
    assert_eq!(sent(&world), 0);

    // The retail pool's move freely: there is nothing to choose, and no Board.
    let alone = [&["deploy", "--pool", "retail"], &contracts[..]].concat();
    let unused = [&alone[..], &["--transfer-policy", "open"]].concat();
    world.refused(2, Some(NITRO_DEV_KEY), &unused).await;
    let printed = world.accepted(Some(NITRO_DEV_KEY), &alone).await;
    assert!(printed.contains("the retail pool on chain"), "{printed}");
    assert!(!printed.contains("kyc-whitelist"), "{printed}");
    let words = world.refused(6, ALICE, &STAKED).await;
    assert!(
        words.contains("institutional/stake-manager is not deployed"),
        "{words}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_stake_learns_what_is_missing_and_what_to_do() {
    let world = deployed().await;
    let account = TEST_ACCOUNTS[0];
    let words = world.refused(7, ALICE, &STAKED).await;
    for part in [
        "staking 32 ETH was refused",
        &format!("{account} lacks the right to stake: on the kyc-whitelist it may nothing now"),
        "clay whitelist apply",
    ] {
        assert!(words.contains(part), "{words}");
    }

    // Also while the pool takes nobody's ETH.
    let pool = "institutional/stake-manager";
    world.call(NITRO_DEV_ACCOUNT, pool, &pauseCall {});
    let words = world.refused(7, ALICE, &STAKED).await;
    assert!(words.contains("lacks the right to stake"), "{words}");
    world.call(NITRO_DEV_ACCOUNT, pool, &unpauseCall {});

    // To hold is the receiver's.
    world.give(account, STAKE);
    let words = world.refused(7, ALICE, &STAKED).await;
    assert!(words.contains("lacks the right to hold"), "{words}");
    world.give(account, STAKE | HOLD);
    let receiver = TEST_ACCOUNTS[1].to_string();
    let for_another = [&STAKED[..], &["--receiver", &receiver]].concat();
    let words = world.refused(7, ALICE, &for_another).await;
    assert!(
        words.contains(&format!("{receiver} lacks the right to hold")),
        "{words}"
    );
    let printed = world.accepted(ALICE, &STAKED).await;
    assert!(
        printed.contains("received     31.999999999999999 IcsETH"),
        "{printed}"
    );

    let call = denyCall {
        accounts: vec![account],
        reason: B256::ZERO,
    };
    world.have_board_call(&call);
    let pool = ["--pool", "institutional"];
    for command in [&["stake", "32"][..], &["unstake", "1"]] {
        let words = world.refused(7, ALICE, &[command, &pool].concat()).await;
        assert!(
            words.contains(&format!(
                "{account} is denied everything on the kyc-whitelist, until the denial is lifted"
            )),
            "{words}"
        );
    }
    // The other pool asks nobody.
    world.accepted(ALICE, &["stake", "1"]).await;
    world
        .refused(
            2,
            ALICE,
            &["stake", "1", "--pool", "retail", "--institutional"],
        )
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_pools_are_shown_briefly_and_each_in_full() {
    let world = deployed().await;
    world.accepted(ALICE, &["stake", "2"]).await;
    world.give(TEST_ACCOUNTS[0], STAKE | HOLD);
    world.accepted(ALICE, &STAKED).await;

    let both = world.json(&["status"]).await;
    assert_eq!(both["chainId"], 412_346);
    assert_eq!(both["retail"]["totalSupply"], "2000000000000000000");
    let institutional = &both["institutional"];
    assert_eq!(institutional["totalSupply"], "32000000000000000000");
    assert_eq!(institutional["tokenSymbol"], "IcsETH");
    assert_eq!(institutional["transferPolicy"], "allow-list");
    assert!(institutional["buffered"].is_null(), "{both}");
    let printed = world.accepted(None, &["status"]).await;
    for part in [
        "The retail pool on chain",
        "The institutional pool on chain",
        "`clay status --pool institutional`",
    ] {
        assert!(printed.contains(part), "{printed}");
    }

    let full = ["status", "--pool", "institutional", "--parameters"];
    let one = world.json(&full).await;
    assert_eq!(one["buffered"], "32000000000000000000");
    assert_ne!(one["maxDeposit"], "0");
    let parameters = one["parameters"].as_array().unwrap();
    let value = |name: &str| {
        let found = parameters.iter().find(|it| it["name"] == name);
        found.unwrap()["value"].clone()
    };
    assert_eq!(value("smallest deposit"), "32000000000000000000");
    assert_eq!(value("monthly allowance"), "100000000000000000000");
    // Without a whitelist there is none to set.
    let shown = ["status", "--pool", "retail", "--parameters"];
    let printed = world.accepted(None, &shown).await;
    assert_eq!(
        line(&printed, "monthly allowance"),
        "0 ETH  (0 ETH to 0 ETH)"
    );
    world.refused(2, None, &["status", "--parameters"]).await;
}
