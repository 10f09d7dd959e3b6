//! A deployment ends the same however often it was interrupted.

use alloy::{
    eips::BlockId,
    primitives::{keccak256, Address, Bytes, B256},
};
use clay::{
    bytecode::{deployer, factory},
    deploy::{
        activation::ARB_WASM_CACHE,
        pool::{Institutional, Pool, TransferPolicy},
        record::Deployment,
        roles::{Committee, Roles},
        Options, Progress,
    },
    development,
    failure::Failure,
};
use clay_chain::{NITRO_DEV_ACCOUNT, NITRO_DEV_KEY, TEST_ACCOUNTS, TEST_KEYS};

use crate::{
    chain::{institutional, roles, TestChain},
    relay,
};

/// Eleven programs, four shared proxies, and two pools of a token and five proxies each.
const CONTRACTS: usize = 30;

/// What must be the same after any interruption.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    /// Name, address and code hash of each contract, the hash as the chain has it.
    contracts: Vec<(String, Address, B256)>,
    /// Contracts the deployer has created (its nonce), one a trampoline.
    created: u64,
    /// Transactions the account has sent: none was sent twice.
    transactions: u64,
}

fn outcome(world: &TestChain, deployment: &Deployment) -> Outcome {
    let chain = world.chain.lock().unwrap();
    let latest = BlockId::latest();
    let contracts = deployment.contracts.iter().map(|(name, entry)| {
        let code = chain.code(entry.address, latest).unwrap();
        assert_eq!(keccak256(&code), entry.code_hash, "{name}");
        (name.clone(), entry.address, entry.code_hash)
    });
    Outcome {
        contracts: contracts.collect(),
        created: chain.nonce(deployer::deployer_address(), latest).unwrap(),
        transactions: chain.nonce(NITRO_DEV_ACCOUNT, latest).unwrap(),
    }
}

/// Stops the deployment right after it has sent its `last`th transaction.
fn killed_after(last: usize) -> impl FnMut(Progress) -> Result<(), Failure> + Send {
    let mut sent = 0;
    move |progress| {
        sent += usize::from(matches!(progress, Progress::Sent { .. }));
        match sent {
            count if count == last => Err(Failure::Conflict("killed".into())),
            _ => Ok(()),
        }
    }
}

/// A chain that has not even the CREATE2 factory.
async fn bare_chain() -> TestChain {
    let world = TestChain::start().await;
    let mut chain = world.chain.lock().unwrap();
    chain.set_code(factory::FACTORY, Bytes::new());
    chain.set_nonce(factory::FACTORY, 0);
    drop(chain);
    world
}

/// An undisturbed deployment on a bare chain, and how many transactions it took.
async fn undisturbed() -> (Outcome, usize) {
    let world = bare_chain().await;
    let mut sent = 0;
    let mut count = |progress| {
        sent += usize::from(matches!(progress, Progress::Sent { .. }));
        Ok(())
    };
    let deployment = world.deploy(&mut count).await.unwrap();
    (outcome(&world, &deployment), sent)
}

#[tokio::test]
async fn killed_after_any_transaction_it_ends_as_if_undisturbed() {
    let (expected, transactions) = undisturbed().await;
    assert_eq!(expected.contracts.len(), CONTRACTS);
    assert_eq!(
        transactions, 47,
        "two for the factory, the deployer, twelve programs, four shared proxies, two pools of a token and six proxies, \
         fourteen bids"
    );
    for last in 1..=transactions {
        let world = bare_chain().await;
        let killed = world.deploy(&mut killed_after(last)).await;
        assert_eq!(killed.unwrap_err().to_string(), "killed");
        assert!(
            !world.file().exists(),
            "the state is on the chain, not in the file"
        );

        let deployment = world.deploy(&mut |_| Ok(())).await.unwrap();
        assert_eq!(
            outcome(&world, &deployment),
            expected,
            "killed after transaction {last}"
        );
    }
}

#[tokio::test]
async fn killed_after_every_single_transaction_it_ends_as_if_undisturbed() {
    let (expected, transactions) = undisturbed().await;
    let world = bare_chain().await;
    for _ in 0..transactions {
        assert_eq!(
            world
                .deploy(&mut killed_after(1))
                .await
                .unwrap_err()
                .to_string(),
            "killed"
        );
    }
    let deployment = world.deploy(&mut |_| Ok(())).await.unwrap();
    assert_eq!(outcome(&world, &deployment), expected);
}

/// The README's figures, which a change of the contracts makes wrong.
#[tokio::test]
async fn it_costs_what_the_readme_says() {
    let world = TestChain::start().await;
    let (mut transactions, mut spent) = (0, 0);
    let mut count = |progress| {
        if let Progress::Done { gas, .. } = progress {
            transactions += 1;
            spent += gas;
        }
        Ok(())
    };
    world.deploy(&mut count).await.unwrap();
    let written = format!(
        "the deployment takes {transactions} transactions and {:.1} million gas",
        spent as f64 / 1e6
    );
    let readme = include_str!("../../../../README.md");
    let readme = readme.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = || {
        let (_, after) = readme.split_once("the deployment takes ")?;
        let (count, after) = after.split_once(" transactions and ")?;
        let (millions, _) = after.split_once(" million gas")?;
        Some((count.parse::<u64>().ok()?, millions.parse::<f64>().ok()?))
    };
    let holds = said().is_some_and(|(count, millions)| {
        let off = (millions * 1e6 - spent as f64).abs();
        count == transactions && off <= spent as f64 / 100.0
    });
    assert!(
        holds,
        "{spent} gas in {transactions} transactions, but README.md says otherwise: write there \"{written}\""
    );
}

#[tokio::test]
async fn run_again_it_does_nothing_and_writes_the_same_file() {
    let world = TestChain::start().await;
    let first = world.deploy(&mut |_| Ok(())).await.unwrap();
    assert_eq!(
        Deployment::read(&world.file()).unwrap(),
        Some(first.clone())
    );
    std::fs::remove_file(world.file()).unwrap();

    let mut steps = Vec::new();
    let mut note = |progress| {
        steps.push(progress);
        Ok(())
    };
    let second = world.deploy(&mut note).await.unwrap();
    // The transactions too: the deployer's events tell them.
    assert_eq!(second, first);
    assert!(
        steps
            .iter()
            .all(|step| matches!(step, Progress::Holds { .. })),
        "{steps:?}"
    );
}

#[tokio::test]
async fn code_that_somebody_else_activated_is_deployed_without_activating_it_again() {
    let world = TestChain::start().await;
    let first = world.deploy(&mut |_| Ok(())).await.unwrap();
    std::fs::remove_file(world.file()).unwrap();

    let mut fees = Vec::new();
    let mut note = |progress| {
        if let Progress::Done { activation_fee, .. } = progress {
            fees.push(activation_fee);
        }
        Ok(())
    };
    let second = world
        .deploy_at(&world.url, TEST_KEYS[0], &mut note)
        .await
        .unwrap();
    assert_eq!(
        fees, [None; CONTRACTS],
        "no activation, and all cached already"
    );
    for (name, entry) in &second.contracts {
        assert_ne!(entry.address, first.contracts[name].address);
        assert_eq!(entry.code_hash, first.contracts[name].code_hash);
    }
}

#[tokio::test]
async fn another_account_is_told_whose_deployment_it_is() {
    let world = TestChain::start().await;
    world.deploy(&mut |_| Ok(())).await.unwrap();
    let refused = world
        .deploy_at(&world.url, TEST_KEYS[0], &mut |_| Ok(()))
        .await
        .unwrap_err();
    assert!(
        matches!(&refused, Failure::Conflict(text) if text.contains(&NITRO_DEV_ACCOUNT.to_string()))
    );
}

#[tokio::test]
async fn a_chain_without_a_cache_is_deployed_to_with_a_notice() {
    let world = TestChain::start().await;
    let without_cache = relay::without(ARB_WASM_CACHE, &world.url).await;
    let mut notices = Vec::new();
    let mut note = |progress| {
        if let Progress::Notice(text) = progress {
            notices.push(text);
        }
        Ok(())
    };
    let deployment = world
        .deploy_at(&without_cache, NITRO_DEV_KEY, &mut note)
        .await
        .unwrap();
    assert_eq!(deployment.contracts.len(), CONTRACTS);
    assert_eq!(
        notices,
        ["no cache manager on this chain: cache bids skipped"]
    );
}

#[tokio::test]
async fn a_chain_that_runs_no_programs_is_refused_before_anything_is_sent() {
    let world = TestChain::start().await;
    let without_programs = relay::without(deployer::ARB_WASM, &world.url).await;
    let refused = world
        .deploy_at(&without_programs, NITRO_DEV_KEY, &mut |_| Ok(()))
        .await
        .unwrap_err();
    assert!(
        matches!(refused, Failure::NoStylus { chain: 412_346, .. }),
        "{refused}"
    );
    let sent = world
        .chain
        .lock()
        .unwrap()
        .nonce(NITRO_DEV_ACCOUNT, BlockId::latest());
    assert_eq!(sent.unwrap(), 0);
}

/// Steps of a run that sent a transaction, `days` after what was before.
async fn steps_after(world: &TestChain, days: u64) -> Vec<String> {
    {
        let mut chain = world.chain.lock().unwrap();
        chain.increase_time(days * 86_400);
        chain.mine(1);
    }
    let mut steps = Vec::new();
    let mut note = |progress| {
        if let Progress::Done { step, .. } = progress {
            steps.push(step);
        }
        Ok(())
    };
    world.deploy(&mut note).await.unwrap();
    steps
}

#[tokio::test]
async fn programs_are_kept_alive_and_activated_again_after_their_year() {
    let world = TestChain::start().await;
    world.deploy(&mut |_| Ok(())).await.unwrap();
    let programs = [
        "implementation/stake-manager",
        "implementation/stake-manager-reports",
        "implementation/unstake-queue",
        "implementation/order-image",
        "implementation/flash-exit-pool",
        "implementation/protection-pool",
        "implementation/operator-registry",
        "implementation/operator-allocation",
        "implementation/operator-exits",
        "implementation/rewards-distributor",
        "implementation/quorum",
        "implementation/kyc-whitelist",
        "retail/cs-eth-token",
        "institutional/ics-eth-token",
    ];
    assert!(steps_after(&world, 200).await.is_empty());
    let renewed = programs.map(|name| format!("{name} (renewal)"));
    assert_eq!(steps_after(&world, 100).await, renewed);
    assert!(steps_after(&world, 200).await.is_empty());

    // Activated again, a program has lost its place in the cache.
    let activated = programs.map(|name| format!("{name} (activation)"));
    assert_eq!(steps_after(&world, 200).await[..14], activated);
}

/// What a run for these roles is told that must fail; it sends nothing.
async fn refused_for(world: &TestChain, roles: Roles) -> Failure {
    refused_with(world, world.options(roles)).await
}

/// What a run with these options is told that must fail; it sends nothing.
async fn refused_with(world: &TestChain, options: Options) -> Failure {
    let sent = |world: &TestChain| {
        let chain = world.chain.lock().unwrap();
        chain.nonce(NITRO_DEV_ACCOUNT, BlockId::latest()).unwrap()
    };
    let before = sent(world);
    let refused = world
        .deploy_with(&world.url, NITRO_DEV_KEY, &options, &mut |_| Ok(()))
        .await
        .unwrap_err();
    assert_eq!(sent(world), before, "{refused}");
    refused
}

#[tokio::test]
async fn interrupted_after_the_first_owned_contract_it_is_not_resumed_for_another_owner() {
    let world = TestChain::start().await;
    // On a chain with the factory: the deployer, twelve programs, the oracle committee.
    let killed = world.deploy(&mut killed_after(14)).await;
    assert_eq!(killed.unwrap_err().to_string(), "killed");

    let refused = refused_for(
        &world,
        Roles {
            owner: TEST_ACCOUNTS[0],
            ..roles(NITRO_DEV_ACCOUNT)
        },
    )
    .await;
    assert!(matches!(refused, Failure::Conflict(_)), "{refused}");
    let words = refused.to_string();
    for part in [
        "shared/oracle-committee",
        &NITRO_DEV_ACCOUNT.to_string(),
        &TEST_ACCOUNTS[0].to_string(),
    ] {
        assert!(words.contains(part), "{words}");
    }
    assert!(!world.file().exists());
    world.deploy(&mut |_| Ok(())).await.unwrap();
}

#[tokio::test]
async fn finished_it_is_not_run_again_for_others() {
    let world = TestChain::start().await;
    world.deploy(&mut |_| Ok(())).await.unwrap();
    let file = std::fs::read(world.file()).unwrap();
    let with = |change: fn(&mut Roles)| {
        let mut roles = roles(NITRO_DEV_ACCOUNT);
        change(&mut roles);
        roles
    };
    const OTHER: Address = TEST_ACCOUNTS[0];
    let others = [
        ("owner()", with(|roles| roles.owner = OTHER)),
        ("guardian()", with(|roles| roles.guardian = OTHER)),
        ("gateway()", with(|roles| roles.gateway = OTHER)),
        ("sibling(6)", with(|roles| roles.treasury = OTHER)),
        (
            "oracle-committee",
            with(|roles| roles.reporters = Committee::new(development::REPORTERS[1..].into(), 3)),
        ),
        (
            "quorum() is 2, and this run asks for 3",
            with(|roles| {
                roles.acknowledgers = Committee::new(development::ACKNOWLEDGERS.into(), 3)
            }),
        ),
    ];
    for (view, roles) in others {
        let refused = refused_for(&world, roles).await;
        assert!(
            matches!(&refused, Failure::Conflict(text) if text.contains(view)),
            "{refused}"
        );
        assert_eq!(std::fs::read(world.file()).unwrap(), file);
    }
}

#[tokio::test]
async fn finished_it_is_not_run_again_with_other_decisions_about_institutions() {
    let world = TestChain::start().await;
    world.deploy(&mut |_| Ok(())).await.unwrap();
    let with = |change: fn(&mut Institutional)| {
        let mut institutional = institutional();
        change(&mut institutional);
        Options {
            institutional: Some(institutional),
            ..world.options(roles(NITRO_DEV_ACCOUNT))
        }
    };
    let others = [
        (
            "transferPolicy() is 3, and this run asks for 1",
            with(|it| it.transfer_policy = TransferPolicy::Open),
        ),
        (
            "complianceOfficer()",
            with(|it| it.compliance_officer = TEST_ACCOUNTS[0]),
        ),
        (
            "shared/board",
            with(|it| it.board = Committee::new(development::BOARD.into(), 2)),
        ),
    ];
    for (view, options) in others {
        let refused = refused_with(&world, options).await;
        assert!(
            matches!(&refused, Failure::Conflict(text) if text.contains(view)),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn what_is_shared_serves_both_pools() {
    let world = TestChain::start().await;
    let deployment = world.deploy(&mut |_| Ok(())).await.unwrap();
    let at = |name: &str| deployment.contracts[name].address.to_string();
    let argument = |name: &str, argument: &str| -> Vec<String> {
        let list = deployment.contracts[name].arguments[argument].as_array();
        let items = list.unwrap().iter();
        items.map(|item| item.as_str().unwrap().into()).collect()
    };
    let [retail, institutional] = Pool::ALL.map(|pool| at(&pool.contract("stake-manager")));
    let [retail_flash, institutional_flash] =
        Pool::ALL.map(|pool| at(&pool.contract("flash-exit-pool")));
    let reported = argument("shared/oracle-committee", "targets");
    assert_eq!(reported.len(), 10);
    let acknowledged = argument("shared/acknowledger", "targets");
    assert_eq!(acknowledged, [retail.clone(), institutional.clone()]);
    for manager in [&retail, &institutional] {
        let allowed = reported.iter().filter(|target| *target == manager);
        assert_eq!(allowed.count(), 2, "reports, and flags a slashing");
    }
    let registries = Pool::ALL.map(|pool| at(&pool.contract("operator-registry")));
    for registry in &registries {
        let allowed = reported.iter().filter(|target| *target == registry);
        assert_eq!(allowed.count(), 2, "outcomes, and false parts of exits");
    }
    for pool in Pool::ALL {
        let distributor = at(&pool.contract("rewards-distributor"));
        let allowed = reported.iter().filter(|target| **target == distributor);
        assert_eq!(allowed.count(), 1, "roots");
    }

    // Five functions of the whitelist; operators of the institutional pool; conversion, which the retail pool's reserve
    // pays; and its own members.
    let decided = argument("shared/board", "targets");
    let whitelist = at("shared/kyc-whitelist");
    assert_eq!(decided[..5], [whitelist.as_str(); 5]);
    let [_, vouched] = registries;
    assert_eq!(
        decided[5..],
        [vouched, retail_flash.clone(), at("shared/board")]
    );

    let mut exempt = argument("shared/kyc-whitelist", "protocolContracts");
    let of_pool = [
        "stake-manager",
        "unstake-queue",
        "protection-pool",
        "operator-registry",
        "rewards-distributor",
    ];
    let mut expected = of_pool
        .map(|name| at(&format!("institutional/{name}")))
        .to_vec();
    let dead = "0x000000000000000000000000000000000000dEaD".into();
    expected.extend([retail_flash, institutional_flash, dead]);
    exempt.sort();
    expected.sort();
    assert_eq!(exempt, expected);
}

/// What is shared is set up for both pools, whichever comes first.
#[tokio::test]
async fn one_pool_after_the_other_ends_as_both_at_once() {
    let together = TestChain::start().await;
    let expected = together.deploy(&mut |_| Ok(())).await.unwrap();
    for first in Pool::ALL {
        let world = TestChain::start().await;
        let both = world.options(roles(NITRO_DEV_ACCOUNT));
        let mut alone = both.clone();
        match first {
            Pool::Retail => alone.institutional = None,
            Pool::Institutional => alone.retail = false,
        }
        let begun = world
            .deploy_with(&world.url, NITRO_DEV_KEY, &alone, &mut |_| Ok(()))
            .await
            .unwrap();
        assert_eq!(begun.pools(), [first]);
        let whole = world
            .deploy_with(&world.url, NITRO_DEV_KEY, &both, &mut |_| Ok(()))
            .await
            .unwrap();
        assert_eq!(whole.pools(), Pool::ALL);
        assert_eq!(
            outcome(&world, &whole).contracts,
            outcome(&together, &expected).contracts
        );
        for (name, entry) in &whole.contracts {
            assert_eq!(
                entry.arguments, expected.contracts[name].arguments,
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn nobody_in_a_role_is_refused_before_anything_is_sent() {
    let world = TestChain::start().await;
    let refused = refused_for(
        &world,
        Roles {
            guardian: Address::ZERO,
            ..roles(NITRO_DEV_ACCOUNT)
        },
    )
    .await;
    assert!(
        matches!(&refused, Failure::Usage(text) if text.contains("--guardian")),
        "{refused}"
    );
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_refused_before_anything_is_sent() {
    let world = TestChain::start().await;
    std::fs::create_dir(world.file().with_extension("json.new")).unwrap();
    let refused = refused_for(&world, roles(NITRO_DEV_ACCOUNT)).await;
    assert!(matches!(refused, Failure::File(_)), "{refused}");
}
