//! What keeps a deployment running, and what shows that it is the code one knows.

use alloy::primitives::Bytes;
use clay::deploy::record::Deployment;
use clay_chain::NITRO_DEV_KEY;

use crate::{
    chain::{programs, TestChain},
    commands::deployed,
};

const DAY: u64 = 24 * 60 * 60;

fn pass(world: &TestChain, days: u64) {
    let mut chain = world.chain.lock().unwrap();
    chain.increase_time(days * DAY);
    chain.mine(1);
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_are_renewed_when_a_quarter_of_their_year_is_left() {
    let world = deployed().await;
    let told = world.accepted(None, &["maintain"]).await;
    assert!(
        told.contains("Nothing is due.") && told.contains("runs until"),
        "{told}"
    );
    assert_eq!(told.matches("runs until").count(), 14, "{told}");

    pass(&world, 300);
    let told = world.accepted(None, &["maintain"]).await;
    assert_eq!(told.matches("(renewal), for up to").count(), 14, "{told}");
    let told = world.accepted(Some(NITRO_DEV_KEY), &["maintain"]).await;
    assert_eq!(told.matches("(renewal), for ").count(), 14, "{told}");
    let told = world.accepted(Some(NITRO_DEV_KEY), &["maintain"]).await;
    assert!(told.contains("Nothing is due."), "{told}");

    pass(&world, 366);
    let told = world.accepted(Some(NITRO_DEV_KEY), &["maintain"]).await;
    assert_eq!(told.matches("(activation), for ").count(), 14, "{told}");
    world.accepted(None, &["status"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_is_not_what_was_built_is_told() {
    let world = deployed().await;
    let folder = programs().display().to_string();
    let verify = ["verify", "--contracts", folder.as_str()];
    let told = world.accepted(None, &verify).await;
    assert!(told.contains("are what was built here"), "{told}");
    assert!(told.contains("retail/stake-manager"), "{told}");

    let deployment = Deployment::read(&world.file()).unwrap().unwrap();
    let program = deployment.contracts["implementation/quorum"].address;
    let code = Bytes::from_static(&[0]);
    world.chain.lock().unwrap().set_code(program, code);
    let words = world.refused(10, None, &verify).await;
    assert!(words.contains("1 of "), "{words}");

    let elsewhere = ["verify", "--contracts", "/nowhere"];
    let words = world.refused(9, None, &elsewhere).await;
    assert!(words.contains("build-contracts.sh"), "{words}");
}
