//! Reporters of a committee against the protocol's real WASM and a simulated Ethereum.

mod world;

use alloy::{
    primitives::{Bytes, I256, U256},
    signers::{local::PrivateKeySigner, SignerSync},
};
use clay_ethereum::{correlation_penalty, PublicKey, OTHER_BALANCE};
use clay_oracle::{message::SignedProposal, Exchange, OracleError, Progress, Settings};
use e2e::{
    committee::Committee,
    reported::{eth, DAY},
    StakeManager, ETH, REPORTER_KEYS,
};
use world::{config, report, settings, World};

/// Wei of a gwei.
const GWEI: u128 = 1_000_000_000;
const ETHER: u128 = 1_000_000_000 * GWEI;

/// The books have the terms that only the simulation knows.
#[track_caller]
fn check_terms(world: &mut World) {
    let (books, honest) = (world.books(), world.honest());
    let cl_balance = U256::from(u128::from(honest.cl_balance_gwei) * GWEI);
    assert_eq!(books.clBalance, cl_balance);
    assert_eq!(books.depositsSeen, U256::from(honest.deposits_seen));
    assert_eq!(books.leftSeen, U256::from(honest.left_seen));
}

async fn three(world: &World) -> Vec<clay_oracle::Reporter> {
    let mut members = Vec::new();
    for member in [0, 1, 2] {
        members.push(world.reporter(member).await);
    }
    members
}

/// Wei per share, of what assets and shares are.
fn rate(assets: U256, shares: U256) -> U256 {
    assets * ETH / shares
}

#[tokio::test(flavor = "multi_thread")]
async fn deposits_rewards_and_mev_reach_the_books() {
    let mut world = World::new(config()).await;
    let mut members = three(&world).await;

    // Day 1: 30 times 32 ETH arrive and are deposited; no gain, apart from the first hours' rewards.
    world.next_day();
    report(&mut members).await;
    check_terms(&mut world);
    let books = world.books();
    assert_eq!(books.depositsSeen, eth(960));
    assert!(books.clBalance + books.leftSeen > eth(960), "they earn");
    for member in &mut members {
        let slot_time = world.last_report();
        assert_eq!(member.step().await.unwrap(), Progress::Done { slot_time });
    }
    // The slot is the last one before midnight.
    assert_eq!(world.last_report() % DAY, DAY - 12);

    // Day 2: a day of rewards, swept to the gateway and partly on their way back.
    world.next_day();
    report(&mut members).await;
    check_terms(&mut world);
    let books = world.books();
    assert!(books.leftSeen > U256::ZERO, "rewards were swept");
    assert!(books.cameBack > U256::ZERO, "and came back");
    let day = world.rate_reported();
    // 3 % a year of 960 ETH.
    let expected = 960 * ETHER * 300 / 10_000 / 365;
    let change: u128 = day.change.try_into().unwrap();
    assert!(change.abs_diff(expected) < expected / 1_000, "{change}");

    // Day 3: MEV alone.
    world
        .simulation
        .with(|ethereum| ethereum.set_participation_of_all(Some(0)));
    world.next_day();
    report(&mut members).await;
    let mev = ETHER / 10;
    let still = world.books();
    world.simulation.with(|ethereum| ethereum.pay_gateway(mev));
    world.next_day();
    report(&mut members).await;
    check_terms(&mut world);
    let books = world.books();
    assert_eq!(books.leftSeen - still.leftSeen, U256::from(mev));
    assert_eq!(
        books.totalAssets - still.totalAssets,
        I256::try_from(mev).unwrap()
    );
    let mev_day = world.rate_reported();
    assert_eq!(mev_day.change, I256::try_from(mev).unwrap());
    assert_eq!(mev_day.deferredGain, U256::ZERO, "it is below the cap");
    // The rate rises by exactly what came less the fee of a tenth of it: the fee is minted in shares, rounded down.
    let fee = U256::from(mev / 10);
    let (assets, shares) = (mev_day.assetsBefore, mev_day.sharesBefore);
    let minted = fee * shares / (assets + U256::from(mev) - fee);
    assert_eq!(mev_day.feeShares, minted);
    let after = rate(books.totalAssets.into_raw(), books.totalShares);
    let exact = rate(assets + U256::from(mev) - fee, shares);
    assert!(
        after >= exact && after - exact <= U256::from(1),
        "{after} {exact}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slashing_is_expected_before_it_is_charged() {
    let mut world = World::new(config()).await;
    let mut members = three(&world).await;
    world
        .simulation
        .with(|ethereum| ethereum.set_participation_of_all(Some(0)));
    world.next_day();
    report(&mut members).await;
    let before = world.books();
    assert_eq!(before.clBalance, eth(960));

    // One of the pool's 30 is slashed with 10 others of 2,048 ETH.
    let key = world.key(7);
    world.simulation.with(|ethereum| {
        ethereum.slash(key).unwrap();
        ethereum.slash_others(10);
    });
    assert!(members[0].to_flag().await.unwrap().is_empty());
    world.next_day();
    let to_flag = members[0].to_flag().await.unwrap();
    assert_eq!(to_flag, [key], "until it is reported");
    report(&mut members).await;
    assert!(members[0].to_flag().await.unwrap().is_empty());
    check_terms(&mut world);
    let books = world.books();
    // At once: 1/4096 of 32 ETH.
    let initial = 32 * ETHER / 4_096;
    assert_eq!(before.clBalance - books.clBalance, U256::from(initial));
    // Later: three times what was slashed, over all that is active, of which 10 others and ours are gone.
    let ether = 1_000_000_000;
    let slashed = 10 * OTHER_BALANCE + 32 * ether;
    let active = 490 * OTHER_BALANCE + 29 * 32 * ether;
    let penalty = correlation_penalty(32 * ether, slashed, active);
    // 3 * 20,512 / 1,004,448 is 6.1 % of 32 ETH; 1 increment of effective balance is lost with the initial penalty
    // only if it falls by more than a quarter.
    assert_eq!(penalty / 1_000_000, 1_960);
    let expected = books.expectedLoss;
    let exact = U256::from(u128::from(penalty) * GWEI);
    let rounding = U256::from(32 * GWEI);
    assert!(
        expected >= exact && expected - exact <= rounding,
        "{expected}"
    );
    let day = world.rate_reported();
    let lost = I256::try_from(initial).unwrap() + I256::try_from(expected).unwrap();
    assert_eq!(day.change, -lost);

    // Until it is charged, it stays expected, and nothing else happens.
    world.next_day();
    report(&mut members).await;
    assert_eq!(world.books().expectedLoss, expected);
    assert_eq!(world.rate_reported().change, I256::ZERO);

    // Charged: clBalance falls by what it is, and what was rounded up comes back.
    let (total, standing) = (world.books().totalAssets, world.books().clBalance);
    world.next_day();
    report(&mut members).await;
    check_terms(&mut world);
    let books = world.books();
    let charged = standing - books.clBalance;
    assert_eq!(charged, exact, "the chain charged what its formula says");
    assert_eq!(books.expectedLoss, U256::ZERO);
    let day = world.rate_reported();
    assert_eq!(day.recovered, expected - charged);
    assert_eq!(day.change, I256::ZERO);
    // What is recovered goes through the deferred gain, and into the rate with the next report.
    assert_eq!(
        (books.totalAssets, books.deferredGain),
        (total, day.recovered)
    );
    world.next_day();
    report(&mut members).await;
    let recovered = I256::try_from(expected - charged).unwrap();
    assert_eq!(world.books().totalAssets - total, recovered);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reporter_that_is_killed_goes_on_and_signs_nothing_else() {
    let mut world = World::new(config()).await;
    world.next_day();
    let mut first = world.reporter(0).await;
    let signed = first.step().await.unwrap();
    assert!(matches!(signed, Progress::Signed { found: 1, .. }));
    // Killed: its journal remembers, and its signature is lost.
    drop(first);
    std::fs::remove_dir_all(world.exchange()).unwrap();
    let lines = std::fs::read_to_string(world.journal(0)).unwrap();
    assert_eq!(lines.lines().count(), 1);

    let mut first = world.reporter(0).await;
    assert_eq!(first.step().await.unwrap(), signed, "it is put up again");
    let again = std::fs::read_to_string(world.journal(0)).unwrap();
    assert_eq!(again, lines, "and was not signed differently");

    // Another process with the same key would be a second reporter.
    let sources = world.sources(0).await;
    let second = clay_oracle::Reporter::new(
        sources,
        clay_oracle::Settings::default(),
        Exchange::new(&world.exchange()).unwrap(),
        &world.journal(0),
        REPORTER_KEYS[0].parse().unwrap(),
    );
    assert!(matches!(second, Err(OracleError::JournalInUse { .. })));

    let mut others = [world.reporter(3).await, world.reporter(4).await];
    let signed = others[0].step().await.unwrap();
    assert!(
        matches!(signed, Progress::Signed { found: 2, .. }),
        "{signed:?}"
    );
    // Killed with the last signature missing; the next one hands it in, and this one finds it done.
    drop(first);
    let handed_in = others[1].step().await.unwrap();
    assert!(
        matches!(handed_in, Progress::Submitted { .. }),
        "{handed_in:?}"
    );
    let mut first = world.reporter(0).await;
    let slot_time = world.last_report();
    assert_eq!(first.step().await.unwrap(), Progress::Done { slot_time });
    check_terms(&mut world);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_committee_that_did_something_else_first_signs_the_same_report_anew() {
    let mut world = World::new(config()).await;
    world.next_day();
    let mut members = three(&world).await;
    for member in &mut members[..2] {
        member.step().await.unwrap();
    }
    // The committee flags a slashing: what was signed for its next number is void.
    world.pool(|pool| {
        let committee = Committee::of_keys(&REPORTER_KEYS);
        let flag = StakeManager::flagSlashingCall {};
        let order = committee.order(&pool.chain, pool.committee, pool.manager, &flag);
        pool.run(e2e::BOB, pool.committee, U256::ZERO, order);
    });
    let alone = members[2].step().await.unwrap();
    assert!(
        matches!(alone, Progress::Signed { found: 1, .. }),
        "{alone:?}"
    );
    members.swap(0, 2);
    report_after(&mut members[1..], 1).await;
    check_terms(&mut world);
    // The same report, twice: for two numbers of the committee's calls.
    let lines = std::fs::read_to_string(world.journal(1)).unwrap();
    assert_eq!(lines.lines().count(), 2);
}

/// Members sign after so many others, and the last one hands in.
async fn report_after(members: &mut [clay_oracle::Reporter], others: usize) {
    for (place, member) in members.iter_mut().enumerate() {
        let progress = member.step().await.unwrap();
        let there = others + place + 1;
        match progress {
            Progress::Signed { found, .. } => assert_eq!(found, there),
            Progress::Submitted { .. } => assert_eq!(there, 3),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_race_that_is_lost_is_no_failure() {
    let mut world = World::new(config()).await;
    world.next_day();
    let mut members = three(&world).await;
    for member in &mut members {
        member.sign_slot_of_the_day().await;
    }
    // All signatures are there, and all hand in at once.
    let [a, b, c] = members.as_mut_slice() else {
        unreachable!()
    };
    let outcomes = tokio::join!(a.step(), b.step(), c.step());
    let outcomes = [outcomes.0, outcomes.1, outcomes.2].map(|outcome| outcome.unwrap());
    let submitted = |it: &&Progress| matches!(it, Progress::Submitted { .. });
    assert_eq!(outcomes.iter().filter(submitted).count(), 1, "{outcomes:?}");
    let done = |it: &&Progress| matches!(it, Progress::Done { .. });
    assert_eq!(outcomes.iter().filter(done).count(), 2, "{outcomes:?}");
}

/// Signing alone, as `clay oracle sign` does.
trait SignsAlone {
    async fn sign_slot_of_the_day(&mut self);
}

impl SignsAlone for clay_oracle::Reporter {
    async fn sign_slot_of_the_day(&mut self) {
        // Slot 7,199 is the last one before the midnight after genesis.
        let proposal = self.sign_slot(DAY / 12 - 1).await.unwrap();
        assert_eq!(proposal.report.slot_time % DAY, DAY - 12);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn by_hand_two_sign_and_a_third_hands_in_when_it_is_complete() {
    let mut world = World::new(config()).await;
    world.next_day();
    let slot = DAY / 12 - 1;
    let mut members = three(&world).await;
    members[0].sign_slot(slot).await.unwrap();
    members[1].sign_slot(slot).await.unwrap();
    // A fourth hands in without signing, and is told who is missing.
    let mut fourth = world.reporter(3).await;
    let early = fourth.submit_slot(slot).await;
    assert!(matches!(
        early,
        Err(OracleError::TooFewSignatures {
            found: 2,
            needed: 3
        })
    ));
    members[2].sign_slot(slot).await.unwrap();
    let handed_in = fourth.submit_slot(slot).await.unwrap();
    assert!(matches!(handed_in, Progress::Submitted { .. }));
    check_terms(&mut world);
    let again = members[0].sign_slot(slot).await;
    assert!(
        matches!(again, Err(OracleError::NotNewer { .. })),
        "{again:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn others_signatures_count_only_under_the_report_that_a_member_computed() {
    let mut world = World::new(config()).await;
    world.next_day();
    let mut members = three(&world).await;
    let proposal = members[0].sign_slot(DAY / 12 - 1).await.unwrap();
    let exchange = Exchange::new(&world.exchange()).unwrap();
    let mut another = proposal.clone();
    another.report.left_seen += ETHER;
    let mut later = proposal.clone();
    later.deadline += 1;
    let outsider = PrivateKeySigner::random();
    let fourth: PrivateKeySigner = REPORTER_KEYS[3].parse().unwrap();
    for (proposal, signer) in [(proposal, &outsider), (another, &fourth), (later, &fourth)] {
        let signature = signer.sign_hash_sync(&proposal.digest()).unwrap();
        let signed = SignedProposal {
            proposal,
            signer: signer.address(),
            signature: Bytes::copy_from_slice(&signature.as_bytes()),
        };
        exchange.publish(&signed).await.unwrap();
    }
    let second = members[1].step().await.unwrap();
    assert!(
        matches!(second, Progress::Signed { found: 2, .. }),
        "{second:?}"
    );
    let third = members[2].step().await.unwrap();
    assert!(matches!(third, Progress::Submitted { .. }), "{third:?}");
    check_terms(&mut world);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_serves_members_who_share_no_folder() {
    let mut world = World::new(config()).await;
    world.next_day();
    let sources = world.sources(0).await;
    let members = sources.pool.standing().await.unwrap().members;
    let pool = &sources.pool;
    let board = clay_oracle::Board::new(pool.chain_id(), pool.committee(), members);
    let running = board.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let mut reporters = Vec::new();
    for member in [1, 3, 4] {
        reporters.push(world.reporter_at(member, &running.url()).await);
    }
    report(&mut reporters).await;
    check_terms(&mut world);
}

#[tokio::test(flavor = "multi_thread")]
async fn validators_funded_after_the_slot_are_not_its_reports() {
    let mut world = World::new(config()).await;
    world.next_day();
    let mut sources = world.sources(0).await;
    let now = sources.pool.standing().await.unwrap().now;
    assert_eq!(sources.pool.keys_at(now).await.unwrap().len(), 30);
    // A day later ten more.
    let funded = world.pool(|pool| {
        pool.chain.increase_time(DAY);
        pool.deposit(e2e::ALICE, eth(400));
        let limit = U256::from(30);
        let balance = StakeManager::autobalanceCall { limit };
        pool.run(e2e::BOB, pool.manager, U256::ZERO, balance)
            .0
            .funded
    });
    assert_eq!(funded, U256::from(10));
    assert_eq!(sources.pool.keys_at(now).await.unwrap().len(), 30);
    assert_eq!(sources.pool.keys_at(now + 2 * DAY).await.unwrap().len(), 40);
    // Somebody who starts later finds the same.
    let mut fresh = world.sources(1).await;
    assert_eq!(fresh.pool.keys_at(now).await.unwrap().len(), 30);
    assert_eq!(fresh.pool.keys_at(0).await.unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_no_member_signs_nothing() {
    let mut world = World::new(config()).await;
    world.next_day();
    let outsider = PrivateKeySigner::random();
    let journal = world.journal(9);
    let mut reporter = clay_oracle::Reporter::new(
        world.sources(0).await,
        clay_oracle::Settings {
            schedule: clay_oracle::schedule::Schedule::daily(0),
            ..Default::default()
        },
        Exchange::new(&world.exchange()).unwrap(),
        &journal,
        outsider.clone(),
    )
    .unwrap();
    let refused = reporter.step().await;
    assert!(matches!(
        refused,
        Err(OracleError::NotMember { account, .. }) if account == outsider.address()
    ));
    assert_eq!(std::fs::read_to_string(journal).unwrap(), "");
}

/// The acknowledgers agree with whatever is parked; the owner may speak for them.
fn acknowledge(world: &mut World) {
    let acknowledge = StakeManager::acknowledgeCall {
        lowestRate: U256::ZERO,
        highestRate: U256::from(2) * ETH,
        deadline: U256::from(u64::MAX),
    };
    world.pool(|pool| {
        let owner = pool.view(pool.manager, StakeManager::ownerCall {});
        pool.chain.set_balance(owner, ETH);
        pool.run(owner, pool.manager, U256::ZERO, acknowledge);
    });
}

/// One of 30 messages is lost, nobody earns, and everything else is reported.
async fn lossy() -> World {
    let world = World::new(config()).await;
    world.simulation.with(|ethereum| {
        ethereum.lose_next_message();
        ethereum.set_participation_of_all(Some(0));
    });
    world
}

async fn three_who_write_off(world: &World, lost: PublicKey) -> Vec<clay_oracle::Reporter> {
    let mut members = Vec::new();
    for member in [0, 1, 2] {
        let settings = Settings {
            lost: [lost].into(),
            ..settings()
        };
        let exchange = world.exchange();
        members.push(world.reporter_with(member, &exchange, settings).await);
    }
    members
}

/// One more validator is funded, arrives, and is reported.
async fn fund_one_more(world: &mut World, members: &mut [clay_oracle::Reporter]) {
    let funded = world.pool(|pool| {
        pool.deposit(e2e::ALICE, eth(100));
        let limit = U256::from(1);
        let balance = StakeManager::autobalanceCall { limit };
        pool.run(e2e::BOB, pool.manager, U256::ZERO, balance)
            .0
            .funded
    });
    assert_eq!(funded, U256::from(1));
    world.next_day();
    report(members).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_message_is_told_written_off_and_brings_no_gain_later() {
    let mut world = lossy().await;
    let lost = world.key(0);
    let mut members = three(&world).await;
    world.next_day();
    report(&mut members).await;
    assert_eq!(world.books().depositsSeen, eth(928));
    // After more than a day it is told of, and still counts as on its way.
    world.next_day();
    let slot = world.last_slot();
    let mut sources = world.sources(0).await;
    let prepared = sources.prepare(slot, &settings()).await.unwrap();
    assert_eq!(prepared.under_way.overdue, [lost]);
    assert_eq!(prepared.report.deposits_seen_gwei, 928_000_000_000);
    report(&mut members).await;
    assert_eq!(world.rate_reported().change, I256::ZERO);

    // Written off: 32 of 1,000 ETH are more than the cap of 1 %, so the acknowledgers are asked.
    drop(members);
    let mut members = three_who_write_off(&world, lost).await;
    world.next_day();
    report(&mut members).await;
    assert_eq!(world.books().depositsSeen, eth(928), "parked");
    acknowledge(&mut world);
    check_terms(&mut world);
    assert_eq!(world.books().depositsSeen, eth(960));
    let loss = -I256::try_from(32 * ETHER).unwrap();
    assert_eq!(world.rate_reported().change, loss);

    // Reports go on, nothing is told of any more, and nothing comes back.
    world.next_day();
    report(&mut members).await;
    check_terms(&mut world);
    assert_eq!(world.rate_reported().change, I256::ZERO);
    fund_one_more(&mut world, &mut members).await;
    check_terms(&mut world);
    assert_eq!(world.books().depositsSeen, eth(992));
    assert_eq!(world.rate_reported().change, I256::ZERO);
    let settings = Settings {
        lost: [lost].into(),
        ..settings()
    };
    let slot = world.last_slot();
    let prepared = sources.prepare(slot, &settings).await.unwrap();
    assert!(prepared.under_way.overdue.is_empty());
    // What nobody funded cannot be lost.
    let settings = Settings {
        lost: [PublicKey::repeat_byte(9)].into(),
        ..settings
    };
    let refused = sources.prepare(slot, &settings).await;
    assert!(matches!(refused, Err(OracleError::NeverFunded { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_off_by_hand_is_named_to_go_on() {
    let mut world = lossy().await;
    let lost = world.key(0);
    let mut members = three(&world).await;
    world.next_day();
    report(&mut members).await;
    let books = world.books();
    let by_hand = StakeManager::reportCall {
        report: StakeManager::Report {
            slotTime: world.last_report() + 12,
            clBalanceGwei: (books.clBalance / U256::from(GWEI)).to(),
            depositsSeenGwei: 960_000_000_000,
            leftSeen: books.leftSeen.to(),
            expectedLoss: 0,
            recovered: 0,
            epoch: 0,
        },
    };
    world.pool(|pool| {
        let committee = Committee::of_keys(&REPORTER_KEYS);
        let order = committee.order(&pool.chain, pool.committee, pool.manager, &by_hand);
        pool.run(e2e::BOB, pool.committee, U256::ZERO, order);
    });
    acknowledge(&mut world);
    assert_eq!(world.books().depositsSeen, eth(960));

    world.next_day();
    let refused = members[0].step().await.unwrap_err();
    assert!(matches!(refused, OracleError::DepositsFell { .. }));
    assert!(refused.to_string().contains("--lost"), "{refused}");
    drop(members);
    let mut members = three_who_write_off(&world, lost).await;
    report(&mut members).await;
    check_terms(&mut world);
    fund_one_more(&mut world, &mut members).await;
    check_terms(&mut world);
    assert_eq!(world.books().depositsSeen, eth(992));
    assert_eq!(world.rate_reported().change, I256::ZERO);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_whose_journal_is_gone_does_not_contradict_what_others_hold_of_it() {
    let mut world = lossy().await;
    world.next_day();
    let lost = world.key(0);
    let slot = world.last_slot();
    let mut first = world.reporter(0).await;
    let signed = first.sign_slot(slot).await.unwrap();
    drop(first);
    std::fs::remove_file(world.journal(0)).unwrap();
    let mut members = three_who_write_off(&world, lost).await;
    let refused = members[0].sign_slot(slot).await;
    let expected = matches!(&refused, Err(OracleError::SignedOther { signed: there, .. }) if **there == signed.report);
    assert!(expected, "{refused:?}");
    assert_eq!(std::fs::read_to_string(world.journal(0)).unwrap(), "");
    // The same report it may sign again.
    drop(members);
    let mut first = world.reporter(0).await;
    first.sign_slot(slot).await.unwrap();
}
