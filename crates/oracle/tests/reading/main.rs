//! Each term of a report, from nodes that answer from fixtures, with numbers that can be checked by hand.

mod nodes;

use alloy::primitives::{B256, U256};
use clay_oracle::{
    checks::{check, Limits},
    observation::{Observation, Previous},
    pool::Standing,
    report::Report,
    OracleError,
};
use nodes::{eth, key, validator, Fake, Fixture, Validator, ETHER, GATEWAY, GENESIS};

/// The slot that is read.
const SLOT: u64 = 320;
const WEI: u128 = 1_000_000_000_000_000_000;

/// A fixture with validators at the slot, and nothing in the gateway.
fn with(validators: Vec<Validator>) -> Fixture {
    let mut fixture = Fixture::default();
    fixture.validators.insert(SLOT, validators);
    let empty = (U256::ZERO, [U256::ZERO; 4]);
    fixture.gateway = (0..=400).map(|slot| (slot, empty)).collect();
    fixture
}

async fn observe(fake: &Fake, keys: u8, previous: Option<Previous>) -> Observation {
    let observed = try_observe(fake, SLOT, keys, previous).await;
    observed.unwrap()
}

async fn try_observe(
    fake: &Fake,
    slot: u64,
    keys: u8,
    previous: Option<Previous>,
) -> clay_oracle::Result<Observation> {
    let keys: Vec<_> = (0..keys).map(key).collect();
    let rules = fake.nodes.beacon.rules().await?;
    let nodes = &fake.nodes;
    nodes.observe(&rules, GATEWAY, slot, &keys, previous).await
}

/// A pool that has reported nothing yet and sent out 320 ETH.
fn standing() -> Standing {
    Standing {
        now: GENESIS + SLOT * 12 + 900,
        newest: GENESIS,
        last_report: GENESIS,
        sent_out: 320 * WEI,
        deposits_seen: 0,
        cl_balance: 0,
        left_seen: 0,
        expected_loss: 0,
        closed_epoch: 0,
        freshness_limit: 3 * 86_400,
        slashing_flagged: false,
        nonce: U256::ZERO,
        members: Vec::new(),
        quorum: 3,
    }
}

#[tokio::test]
async fn balances_count_where_the_gateway_is_paid() {
    let stranger = Validator {
        credentials: B256::repeat_byte(1),
        ..validator(1, 32 * ETHER)
    };
    let compounding = Validator {
        credentials: {
            let mut credentials = nodes::own();
            credentials[0] = 2;
            credentials
        },
        ..validator(2, 64 * ETHER)
    };
    let exited = Validator {
        status: "exited_unslashed",
        ..validator(3, 31 * ETHER)
    };
    // Key 9 is in nobody's registry.
    let foreign = validator(9, 32 * ETHER);
    let own = validator(0, 32 * ETHER + 7);
    let fake = Fake::serve(with(vec![own, stranger, compounding, exited, foreign])).await;
    let seen = observe(&fake, 4, None).await;
    assert_eq!(seen.cl_balance, 63 * ETHER + 7);
    assert_eq!(seen.validators, 2);
    assert_eq!(seen.slot_time, GENESIS + SLOT * 12);
}

#[tokio::test]
async fn a_slot_without_a_block_is_told_by_the_last_block_before() {
    let mut fixture = with(Vec::new());
    fixture.blocks.retain(|slot| !(317..=320).contains(slot));
    fixture
        .validators
        .insert(316, vec![validator(0, 5 * ETHER)]);
    let left = (eth(3), [U256::ZERO; 4]);
    fixture.gateway.insert(316, left);
    let fake = Fake::serve(fixture).await;
    let seen = observe(&fake, 1, None).await;
    assert_eq!((seen.slot, seen.cl_balance), (316, 5 * ETHER));
    assert_eq!(seen.slot_time, GENESIS + 316 * 12);
    assert_eq!(seen.block_hash, nodes::hash(316));
    assert_eq!(seen.gateway.balance, 3 * WEI);
}

#[tokio::test]
async fn only_the_gateways_own_deposits_wait() {
    let mut fixture = with(Vec::new());
    fixture.pending.insert(
        SLOT,
        vec![
            // From before Electra, a stranger's.
            (key(0), ETHER, 0),
            // The gateway's first deposit, and a stranger's of the same amount in the same block.
            (key(0), ETHER, 300),
            (key(0), ETHER, 300),
            // A stranger's present, in a block without an event.
            (key(0), ETHER, 301),
            // The second deposit, of another amount than a stranger's in that block.
            (key(1), 31 * ETHER, 302),
            (key(1), 30 * ETHER, 302),
            // Nobody's key.
            (key(9), 32 * ETHER, 302),
        ],
    );
    fixture.deposits.insert(300, vec![(key(0), ETHER)]);
    fixture
        .deposits
        .insert(302, vec![(key(1), 31 * ETHER), (key(2), ETHER)]);
    let fake = Fake::serve(fixture).await;
    let seen = observe(&fake, 3, None).await;
    assert_eq!(seen.pending, [(key(0), ETHER), (key(1), 31 * ETHER)].into());
    assert_eq!(seen.unseen, [key(2)].into());
}

#[tokio::test]
async fn the_gateways_counters_become_the_reports() {
    let mut fixture = with(vec![validator(0, 32 * ETHER)]);
    fixture.pending.insert(SLOT, vec![(key(1), ETHER, 300)]);
    fixture.deposits.insert(300, vec![(key(1), ETHER)]);
    // 33 ETH deposited, 1 of it waits; 31 unused; 31 held of the 40 it has; 100 sent back.
    let totals = [eth(33), eth(31), eth(31), eth(100)];
    fixture
        .gateway
        .insert(SLOT, (eth(40) + U256::from(3), totals));
    let fake = Fake::serve(fixture).await;
    let seen = observe(&fake, 2, None).await;
    let report = Report::assemble(&seen, &standing(), 0, None).unwrap();
    let expected = Report {
        slot_time: GENESIS + SLOT * 12,
        cl_balance_gwei: 32 * ETHER,
        deposits_seen_gwei: (33 - 1 + 31) * ETHER,
        left_seen: (40 + 100 - 31) * WEI + 3,
        expected_loss: 0,
        recovered: 0,
        epoch: 0,
    };
    assert_eq!(report, expected);
    let lifted = Limits {
        lifted: true,
        ..Limits::default()
    };
    check(&report, 0, &standing(), &lifted).unwrap();
}

#[tokio::test]
async fn counters_that_contradict_each_other_are_no_report() {
    let mut fixture = with(Vec::new());
    fixture
        .gateway
        .insert(SLOT, (eth(1), [U256::ZERO, U256::ZERO, eth(2), U256::ZERO]));
    let fake = Fake::serve(fixture).await;
    let seen = observe(&fake, 0, None).await;
    let refused = Report::assemble(&seen, &standing(), 0, None).unwrap_err();
    assert!(refused
        .to_string()
        .contains("it holds more for deposits than it has"));

    let pending = Observation {
        pending: [(key(0), 1)].into(),
        ..observe(&Fake::serve(with(Vec::new())).await, 0, None).await
    };
    let refused = Report::assemble(&pending, &standing(), 0, None).unwrap_err();
    assert!(refused
        .to_string()
        .contains("more of its deposits wait than it made"));
}

/// 12,800 ETH of active stake in 400 validators, of which number 0 is the pool's, slashed in epoch 8: it is withdrawable in
/// 16, and charged at the end of epoch 12.
fn slashed_network(also_slashed: u8) -> Vec<Validator> {
    let slashed = |number| Validator {
        status: "active_slashed",
        slashed: true,
        withdrawable: 16,
        ..validator(number, 32 * ETHER)
    };
    let mut all: Vec<Validator> = (0..=also_slashed).map(slashed).collect();
    let other = Validator {
        key: clay_oracle::beacon::PublicKey::repeat_byte(255),
        ..validator(255, 32 * ETHER)
    };
    all.extend(vec![other; 399 - usize::from(also_slashed)]);
    all
}

#[tokio::test]
async fn a_slashed_validators_correlation_penalty_is_expected() {
    let fake = Fake::serve(with(slashed_network(0))).await;
    let seen = observe(&fake, 1, None).await;
    // 3 * 32 / 12,800 = 0.75 % of 32 ETH.
    assert_eq!(seen.expected_loss, 240_000_000);
    // With 3 others slashed it is four times as much: 3 % of 32 ETH.
    let fake = Fake::serve(with(slashed_network(3))).await;
    let seen = observe(&fake, 1, None).await;
    assert_eq!(seen.expected_loss, 960_000_000);
    let report = Report::assemble(&seen, &standing(), 0, None).unwrap();
    assert_eq!(report.expected_loss, 960_000_000 * 1_000_000_000);
    assert_eq!(report.recovered, 0);
}

#[tokio::test]
async fn what_is_not_charged_of_what_was_expected_is_recovered() {
    // The last report, at slot 320, expected 0.96 ETH. The charge comes at the end of epoch 12, from the state of slot
    // 415, in which two of the other three are no longer there, as if never slashed: 0.48 ETH. The report is about
    // slot 416.
    let mut fixture = with(slashed_network(3));
    fixture.finalized_epoch = 13;
    fixture.blocks = (0..=450).collect();
    fixture.validators.insert(415, slashed_network(1));
    let mut after = slashed_network(1);
    after[0].balance -= 480_000_000;
    fixture.validators.insert(416, after);
    let empty = (U256::ZERO, [U256::ZERO; 4]);
    fixture.gateway.insert(416, empty);
    let fake = Fake::serve(fixture).await;
    let previous = Some(Previous {
        slot: SLOT,
        expected: true,
    });
    let seen = try_observe(&fake, 416, 1, previous).await.unwrap();
    assert_eq!(seen.expected_loss, 0, "it is charged");
    assert_eq!(seen.cl_balance, 31_520_000_000);
    assert_eq!(seen.spared, 480_000_000);

    let mut standing = Standing {
        expected_loss: 960_000_000 * 1_000_000_000,
        ..standing()
    };
    let report = Report::assemble(&seen, &standing, 0, None).unwrap();
    assert_eq!(report.recovered, 480_000_000 * 1_000_000_000);
    // Never more than the stake-manager's books allow: here expectedLoss falls by 0.1 ETH and nothing arrives.
    standing.expected_loss = WEI / 10;
    let report = Report::assemble(&seen, &standing, 0, None).unwrap();
    assert_eq!(report.recovered, WEI / 10);
}

#[tokio::test]
async fn a_charge_that_is_higher_than_expected_recovers_nothing() {
    let mut fixture = with(slashed_network(0));
    fixture.finalized_epoch = 13;
    fixture.blocks = (0..=450).collect();
    fixture.validators.insert(415, slashed_network(3));
    fixture.validators.insert(416, slashed_network(3));
    fixture.gateway.insert(416, (U256::ZERO, [U256::ZERO; 4]));
    let fake = Fake::serve(fixture).await;
    let previous = Some(Previous {
        slot: SLOT,
        expected: true,
    });
    let seen = try_observe(&fake, 416, 1, previous).await.unwrap();
    assert_eq!(seen.spared, 0);
}

#[tokio::test]
async fn an_expectation_that_falls_is_recovered_before_the_charge() {
    let mut fixture = with(slashed_network(1));
    fixture.validators.insert(300, slashed_network(3));
    let fake = Fake::serve(fixture).await;
    let previous = Some(Previous {
        slot: 300,
        expected: true,
    });
    let seen = observe(&fake, 1, previous).await;
    assert_eq!(seen.expected_loss, 480_000_000);
    assert_eq!(seen.spared, 480_000_000);
}

#[tokio::test]
async fn without_an_earlier_expectation_no_old_state_is_asked_for() {
    let fake = Fake::serve(with(slashed_network(0))).await;
    let previous = Previous {
        slot: 200,
        expected: false,
    };
    let seen = observe(&fake, 1, Some(previous)).await;
    assert_eq!(seen.spared, 0);
    let previous = Previous {
        expected: true,
        ..previous
    };
    let missing = try_observe(&fake, SLOT, 1, Some(previous)).await;
    assert!(matches!(
        missing,
        Err(OracleError::StateMissing { slot: 200 })
    ));
}

#[tokio::test]
async fn a_slot_that_is_not_final_is_refused() {
    let fake = Fake::serve(with(Vec::new())).await;
    let refused = try_observe(&fake, SLOT + 1, 0, None).await;
    assert!(matches!(
        refused,
        Err(OracleError::NotFinal { slot, finalized }) if (slot, finalized) == (SLOT + 1, SLOT)
    ));
}

#[tokio::test]
async fn nodes_that_are_behind_or_apart_are_refused() {
    let fake = Fake::serve(with(Vec::new())).await;
    let rules = fake.nodes.beacon.rules().await.unwrap();
    fake.nodes.require_sound(&rules).await.unwrap();
    for flaw in ["is_syncing", "is_optimistic", "el_offline"] {
        fake.change(|it| it.syncing[flaw] = true.into());
        let refused = fake.nodes.require_sound(&rules).await;
        assert!(
            matches!(
                refused,
                Err(OracleError::NotSynchronised {
                    node: "the beacon node",
                    ..
                })
            ),
            "{flaw}: {refused:?}"
        );
        fake.change(|it| it.syncing[flaw] = false.into());
    }
    fake.change(|it| {
        it.l1_syncing = serde_json::json!({
            "startingBlock": "0x0", "currentBlock": "0x1", "highestBlock": "0x2",
        });
    });
    let refused = fake.nodes.require_sound(&rules).await;
    assert!(matches!(
        refused,
        Err(OracleError::NotSynchronised {
            node: "the L1 node",
            ..
        })
    ));
    fake.change(|it| {
        it.l1_syncing = false.into();
        it.l1_chain_id = 18;
    });
    let refused = fake.nodes.require_sound(&rules).await;
    assert!(matches!(
        refused,
        Err(OracleError::DifferentChains { beacon: 17, l1: 18 })
    ));
}

#[test]
fn an_epoch_is_ended_once() {
    let seen = Observation {
        slot: SLOT,
        slot_time: GENESIS + SLOT * 12,
        block_hash: B256::ZERO,
        block_number: 0,
        cl_balance: 0,
        validators: 0,
        leaving: 0,
        pending: Default::default(),
        unseen: Default::default(),
        gateway: Default::default(),
        expected_loss: 0,
        spared: 0,
    };
    let mut standing = standing();
    for (closed, ended, reported) in [
        (0, None, 0),
        (0, Some(1), 1),
        (1, Some(1), 0),
        (1, Some(3), 3),
        (4, Some(3), 0),
    ] {
        standing.closed_epoch = closed;
        let report = Report::assemble(&seen, &standing, 0, ended).unwrap();
        assert_eq!(report.epoch, reported, "closed {closed}, ended {ended:?}");
    }
}

#[test]
fn what_the_stake_manager_would_refuse_is_not_signed() {
    let report = Report {
        slot_time: GENESIS + 1_000,
        cl_balance_gwei: 320 * ETHER,
        deposits_seen_gwei: 320 * ETHER,
        left_seen: WEI,
        expected_loss: 0,
        recovered: 0,
        epoch: 0,
    };
    let standing = Standing {
        now: GENESIS + 2_000,
        deposits_seen: 320 * WEI,
        cl_balance: 320 * WEI,
        left_seen: WEI,
        freshness_limit: 1_000,
        ..standing()
    };
    let limits = Limits::default();
    check(&report, 0, &standing, &limits).expect("nothing has changed");
    let refused = |report: Report, standing: Standing| {
        check(&report, 0, &standing, &limits)
            .unwrap_err()
            .to_string()
    };
    let newest = Standing {
        newest: report.slot_time,
        ..standing.clone()
    };
    assert!(refused(report, newest).contains("is not above"));
    for now in [GENESIS + 2_001, GENESIS + 999] {
        let late = Standing {
            now,
            ..standing.clone()
        };
        assert!(refused(report, late).contains("is outside"));
    }
    for fallen in [
        Report {
            deposits_seen_gwei: 320 * ETHER - 1,
            ..report
        },
        Report {
            left_seen: WEI - 1,
            ..report
        },
    ] {
        assert!(refused(fallen, standing.clone()).contains("already"));
    }
    let above = Report {
        deposits_seen_gwei: 320 * ETHER + 1,
        ..report
    };
    assert!(refused(above, standing.clone()).contains("only 320000000000000000000 wei"));
}

/// 320 ETH were with validators, and 32 more were deposited: 352.
fn of_352() -> Standing {
    Standing {
        now: GENESIS + 2_000,
        sent_out: 352 * WEI,
        deposits_seen: 320 * WEI,
        cl_balance: 320 * WEI,
        ..standing()
    }
}

/// A report on them, of milli-ETH.
fn on_352(cl_balance: u64, left_seen: u64, expected_loss: u64) -> Report {
    let milli = WEI / 1_000;
    Report {
        slot_time: GENESIS + 1_000,
        cl_balance_gwei: cl_balance * ETHER / 1_000,
        deposits_seen_gwei: 352 * ETHER,
        left_seen: u128::from(left_seen) * milli,
        expected_loss: u128::from(expected_loss) * milli,
        recovered: 0,
        epoch: 0,
    }
}

#[test]
fn a_jump_is_refused_unless_the_limits_are_lifted() {
    let limits = Limits::default();
    let lifted = Limits {
        lifted: true,
        ..limits
    };
    // 1 % of 352 ETH is 3.52 ETH up, 5 % are 17.6 ETH down; principal of 32 ETH could leave, or none.
    let (all, one) = (352_000, 32 * ETHER);
    for (report, principal) in [
        (on_352(all + 3_520, 0, 0), 0),
        (on_352(all, 3_520, 0), 0),
        (on_352(all + 2_000, 1_520, 0), 0),
        (on_352(all - 17_600, 0, 0), 0),
        (on_352(all - 17_000, 0, 600), 0),
        // A validator left, and what it paid out beyond its 32 ETH is income.
        (on_352(all - 32_000, 32_000 + 3_520, 0), one),
        // It left, 17 ETH of it as penalties.
        (on_352(all - 32_000, 15_000, 600), one),
        // Rewards of a week swept at once.
        (on_352(all - 500, 500, 0), 0),
    ] {
        check(&report, principal, &of_352(), &limits).unwrap();
    }
    for (report, principal) in [
        (on_352(all + 3_521, 0, 0), 0),
        (on_352(all, 3_521, 0), 0),
        (on_352(all + 2_000, 1_521, 0), 0),
        (on_352(all, 500_000, 0), one),
        // What cannot have left is no principal.
        (on_352(all - 32_000, 32_000, 0), 0),
        (on_352(all - 32_000, 32_000 + 3_521, 0), one),
    ] {
        let refused = check(&report, principal, &of_352(), &limits);
        let rose = matches!(refused, Err(OracleError::RoseTooMuch { .. }));
        assert!(rose, "{report} {refused:?}");
        check(&report, principal, &of_352(), &lifted).unwrap();
    }
    for (report, principal) in [
        (on_352(all - 17_601, 0, 0), 0),
        (on_352(all - 17_000, 0, 601), 0),
        // Income hides no loss.
        (on_352(all - 19_000, 3_000, 0), 0),
        (on_352(all - 50_000, 35_000, 0), one),
    ] {
        let refused = check(&report, principal, &of_352(), &limits);
        let fell = matches!(refused, Err(OracleError::FellTooMuch { .. }));
        assert!(fell, "{report} {refused:?}");
        check(&report, principal, &of_352(), &lifted).unwrap();
    }
    // A present of 1 ETH stops nobody, as small as the pool may be.
    let young = Standing {
        sent_out: 32 * WEI,
        ..standing()
    };
    let nothing = Report {
        deposits_seen_gwei: 0,
        ..on_352(0, 1_000, 0)
    };
    check(&nothing, 0, &young, &limits).unwrap();
    let nothing = Report {
        left_seen: WEI + 1_000_000_000,
        ..nothing
    };
    assert!(check(&nothing, 0, &young, &limits).is_err());
}

#[tokio::test]
async fn principal_leaves_validators_that_became_withdrawable_lately() {
    let exited = |number, balance, withdrawable| Validator {
        status: "withdrawal_done",
        withdrawable,
        ..validator(number, balance)
    };
    // Slot 5,000 * 32; two weeks are 3,150 epochs.
    let slot = 5_000 * 32;
    let mut fixture = with(Vec::new());
    fixture.finalized_epoch = 5_000;
    fixture.blocks = vec![slot];
    fixture.gateway.insert(slot, (U256::ZERO, [U256::ZERO; 4]));
    let validators = vec![
        validator(0, 20 * ETHER),
        exited(1, 0, 1_849),
        exited(2, 0, 1_850),
        exited(3, 2 * ETHER, 5_000),
        exited(4, 0, 5_001),
        exited(5, 33 * ETHER, 4_000),
    ];
    fixture.validators.insert(slot, validators);
    let fake = Fake::serve(fixture).await;
    let seen = try_observe(&fake, slot, 6, None).await.unwrap();
    assert_eq!(seen.leaving, (32 + 30) * ETHER);
}
