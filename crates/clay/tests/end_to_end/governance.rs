//! What the timelock does, from the command line.

use alloy::{hex, primitives::U256, sol_types::SolCall};
use clay::{
    bindings::StakeManager::{parameterCall, setParameterCall},
    client::Client,
    deploy::record::Deployment,
};
use clay_chain::{NITRO_DEV_ACCOUNT, NITRO_DEV_KEY, TEST_ACCOUNTS, TEST_KEYS};
use clay_shared::timelock::{rule, ANY_CONTRACT};

use crate::{
    chain::{programs, TestChain},
    commands::deployed,
};

const PROPOSER: Option<&str> = Some(NITRO_DEV_KEY);
const CANCELLER: Option<&str> = Some(TEST_KEYS[1]);
const ANYBODY: Option<&str> = Some(TEST_KEYS[0]);
const DAY: u64 = 24 * 60 * 60;

/// Both pools, owned by a timelock.
pub async fn governed() -> TestChain {
    let world = TestChain::start().await;
    let (proposers, cancellers) = (NITRO_DEV_ACCOUNT.to_string(), TEST_ACCOUNTS[1].to_string());
    let programs = programs();
    let arguments = [
        "deploy",
        "--transfer-policy",
        "open",
        "--proposers",
        &proposers,
        "--cancellers",
        &cancellers,
        "--contracts",
        programs.to_str().unwrap(),
    ];
    world.accepted(PROPOSER, &arguments).await;
    world
}

impl TestChain {
    fn operation(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn days(&self, days: u64) {
        let mut chain = self.chain.lock().unwrap();
        chain.increase_time(days * DAY);
        chain.mine(1);
    }

    async fn freshness_limit(&self) -> U256 {
        let deployment = Deployment::read(&self.file()).unwrap().unwrap();
        let manager = deployment.contracts["retail/stake-manager"].address;
        let client = Client::connect(&self.url, None).await.unwrap();
        let parameter = client.view(manager, parameterCall { id: 1 }).await;
        parameter.unwrap().value
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_is_changed_by_an_operation_that_everybody_can_read() {
    let world = governed().await;
    let file = world.operation("freshness.json");
    let call = "retail/stake-manager.setParameter(1, 172800)";
    let told = world
        .accepted(None, &["gov", "propose", &file, "--call", call])
        .await;
    for words in [
        "retail/stake-manager (0x",
        "setParameter",
        "id: 1 (freshness limit)",
        "value: 172800 seconds",
        "2 days, as a call of kind 'parameter' does",
        "not scheduled",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(!told.contains("would be refused"), "{told}");

    let words = world.refused(7, ANYBODY, &["gov", "schedule", &file]).await;
    assert!(words.contains("only proposer"), "{words}");
    let told = world.accepted(PROPOSER, &["gov", "schedule", &file]).await;
    assert!(
        told.contains("waits; due in 48 hours") || told.contains("waits; due in 2 days"),
        "{told}"
    );
    let words = world.refused(7, ANYBODY, &["gov", "execute", &file]).await;
    assert!(words.contains("not due"), "{words}");
    world.days(2);
    let listed = world.accepted(None, &["gov", "list"]).await;
    assert!(listed.contains("due; lapses"), "{listed}");
    // By its number, from the chain alone.
    let id = listed
        .lines()
        .find_map(|line| line.split_once(": due"))
        .map(|(id, _)| id)
        .expect("an operation");
    world.accepted(ANYBODY, &["gov", "execute", id]).await;
    assert_eq!(world.freshness_limit().await, U256::from(2 * DAY));
    let shown = world.accepted(None, &["gov", "show", id]).await;
    assert!(shown.contains("executed"), "{shown}");

    // The same once more is another operation.
    world
        .accepted(None, &["gov", "propose", &file, "--call", call])
        .await;
    let told = world.accepted(PROPOSER, &["gov", "schedule", &file]).await;
    assert!(told.contains("waits"), "{told}");
    let told = world.accepted(CANCELLER, &["gov", "cancel", &file]).await;
    assert!(told.contains("Cancelled."), "{told}");
    let words = world.refused(7, ANYBODY, &["gov", "execute", &file]).await;
    assert!(words.contains("not scheduled"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_within_calls_are_told_in_plain_words() {
    let world = governed().await;
    let file = world.operation("nested.json");
    let set = setParameterCall {
        id: 0,
        value: U256::from(2_000_000_000_000_000u64),
    };
    let set = hex::encode_prefixed(set.abi_encode());
    let upgrade =
        format!("retail/stake-manager.upgradeToAndCall(implementation/stake-manager, {set})");
    let schedule = format!(
        "shared/timelock.schedule([(retail/stake-manager, {set})], 0x{:064x}, 0x{:064x})",
        0, 0
    );
    let rule = rule(setParameterCall::SELECTOR, ANY_CONTRACT, Some(7));
    let rule = format!("shared/timelock.setKind({}, 1)", hex::encode_prefixed(rule));
    let arguments = [
        "gov",
        "propose",
        &file,
        "--call",
        &upgrade,
        "--call",
        &schedule,
        "--call",
        &rule,
        "--call",
        "shared/board.setMembers([retail/stake-manager], 1)",
    ];
    let told = world.accepted(None, &arguments).await;
    let found = told.matches("id: 0 (smallest deposit)").count();
    assert_eq!(found, 2, "{told}");
    for words in [
        "implementation: implementation/stake-manager (0x",
        "which is about setParameter(uint8,uint256) of any contract with 7 as the first argument",
        "shared/board (0x",
        "30 days, as a call of kind 'longest' does",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_refused_is_told_beforehand() {
    let world = governed().await;
    let file = world.operation("refused.json");
    let call = "retail/stake-manager.setParameter(1, 1)";
    let told = world
        .accepted(None, &["gov", "propose", &file, "--call", call])
        .await;
    assert!(
        told.contains("call 1 would be refused: parameter out of bounds"),
        "{told}"
    );
    let missing = world.operation("missing.json");
    let words = world.refused(9, None, &["gov", "show", &missing]).await;
    assert!(words.contains("there is no such file"), "{words}");
    let nobody = format!("op:{:064x}", 5);
    let words = world.refused(10, None, &["gov", "show", &nobody]).await;
    assert!(words.contains("gov list"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_without_a_timelock_says_so() {
    let world = deployed().await;
    let words = world.refused(6, None, &["gov", "list"]).await;
    assert!(words.contains("shared/timelock"), "{words}");
    let arguments = [
        "deploy",
        "--transfer-policy",
        "open",
        "--proposers",
        "0x0000000000000000000000000000000000000000",
    ];
    let words = world.refused(2, PROPOSER, &arguments).await;
    assert!(words.contains("--proposers"), "{words}");
}
