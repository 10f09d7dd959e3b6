//! Exits that a member asks for: their slots, the fast track, and what they cost.

use alloy_primitives::U256;
use clay_shared::{
    interfaces::{
        IOperatorAllocation::NotInState,
        IOperatorExits::{requestExitCall, BondBelowCost, ExitPaid, ExitRequested, NoExitSlot},
        IOperatorRegistry::{BondAdded, PenaltyCharged},
        IStakeManager::RateNotLive,
        IStakeManagerReports::Recovered,
    },
    operators::{
        parameters::{EARLY_EXIT_COST, EXIT_SLOTS, FAST_TRACK_FEE},
        state::{
            of_cluster,
            state::{KEYED, RESERVED},
            Cluster, Operator, SLOTS_USED, SLOT_DAY, TARGETS,
        },
        NodeType,
    },
    parameters::FRESHNESS_LIMIT,
    stake_manager::{books, parameter, set_books},
};

use crate::pool::{key, Pool, DAY, ETH, MADE, NOW};

const SSV: [u16; 9] = [10_000, 0, 0, 0, 0, 0, 0, 0, 0];
/// Long enough ago for an exit to be free.
const LONG_AGO: u64 = NOW - 180 * DAY;
/// motsu's clock stands at a day's beginning.
const TODAY: u64 = NOW / DAY;
/// 0.16 ETH at a rate of 1.25: an early exit, and the fee of the fast track.
const COST: u128 = 128_000_000_000_000_000;

fn set_slots(pool: &Pool, day: u64, used: u128) {
    pool.inside(|| {
        let word = SLOT_DAY.set(TARGETS.get(), day.into());
        TARGETS.set(SLOTS_USED.set(word, used));
    });
}

/// Sum of the bonds, which are all that the registry holds.
fn bonds(pool: &Pool, operators: &[Operator]) -> u128 {
    let bonds: u128 = operators.iter().map(|of| pool.bond(*of)).sum();
    assert_eq!(bonds, pool.held());
    bonds
}

/// Shares that the stake-manager burned so far.
fn burned(pool: &Pool) -> u128 {
    let events = pool.manager.all_events();
    let events = events
        .iter()
        .filter_map(|log| alloy_sol_types::SolEvent::decode_log_data(log, true).ok());
    events
        .map(|event: Recovered| event.shares.to::<u128>())
        .sum()
}

fn request(pool: &Pool, cluster: Cluster, by: Operator, fast_track: bool) -> requestExitCall {
    requestExitCall {
        node: U256::from(pool.node_of(cluster, by)),
        fastTrack: fast_track,
    }
}

#[motsu::test]
fn a_slot_is_a_week_ahead_at_most() {
    let pool = Pool::new(SSV);
    pool.set_parameter(&EXIT_SLOTS, 1);
    let operator = pool.operator(MADE, 50 * ETH);
    let [last, none, fast] = [(); 3].map(|_| pool.active(NodeType::Direct, &[operator], LONG_AGO));
    set_slots(&pool, TODAY + 7, 0);
    let from = pool.request_exit(last, operator, false);
    assert_eq!(from, NOW + 7 * DAY);
    let refusal = NoExitSlot {
        day: U256::from(TODAY + 8),
        latest: U256::from(TODAY + 7),
    };
    let call = request(&pool, none, operator, false);
    pool.refuses(key(operator), call, refusal);
    // The fast track takes none.
    assert_eq!(pool.request_exit(fast, operator, true), NOW);
    assert_eq!(pool.slots(), (TODAY + 8, 0));
}

#[motsu::test]
fn who_asks_first_has_the_first_slot() {
    let pool = Pool::new(SSV);
    pool.set_parameter(&EXIT_SLOTS, 2);
    let operator = pool.operator(MADE, 50 * ETH);
    let clusters: Vec<_> = (0..8)
        .map(|_| pool.active(NodeType::Direct, &[operator], LONG_AGO))
        .collect();
    let mut from = Vec::new();
    let mut slots = vec![pool.slots()];
    for cluster in &clusters[..5] {
        from.push((pool.request_exit(*cluster, operator, false) - NOW) / DAY);
        slots.push(pool.slots());
    }
    assert_eq!(from, [0, 0, 1, 1, 2]);
    let [today, tomorrow, after] = [TODAY, TODAY + 1, TODAY + 2];
    let expected = [
        (today, 0),
        (today, 1),
        (tomorrow, 0),
        (tomorrow, 1),
        (after, 0),
        (after, 1),
    ];
    assert_eq!(slots, expected);
    // More slots a day make room on the day that it has come to, fewer move it on.
    pool.set_parameter(&EXIT_SLOTS, 3);
    assert_eq!(
        pool.request_exit(clusters[5], operator, false),
        NOW + 2 * DAY
    );
    assert_eq!(pool.slots(), (after, 2));
    pool.set_parameter(&EXIT_SLOTS, 1);
    assert_eq!(
        pool.request_exit(clusters[6], operator, false),
        NOW + 3 * DAY
    );
    // Days that have passed leave nothing over.
    set_slots(&pool, TODAY - 1, 0);
    assert_eq!(pool.slots(), (TODAY, 0));
    assert_eq!(pool.request_exit(clusters[7], operator, false), NOW);
    assert_eq!(pool.slots(), (TODAY + 1, 0));
    // The deadline runs from the slot on.
    let last = pool.events::<ExitRequested>();
    let deadlines: Vec<_> = last
        .iter()
        .map(|event| event.deadline - event.from)
        .collect();
    assert_eq!(deadlines, [U256::from(3 * DAY); 8]);
    assert!(last.iter().all(|event| event.reason == 1));
    assert_eq!(
        pool.held(),
        pool.bond(operator),
        "none of this costs anything"
    );
    assert_eq!(burned(&pool), 0);
}

#[motsu::test]
fn the_fast_track_starts_today_takes_no_slot_and_pays_the_pool() {
    let pool = Pool::new(SSV);
    let operator = pool.operator(MADE, 50 * ETH);
    let cluster = pool.active(NodeType::Direct, &[operator], LONG_AGO);
    set_slots(&pool, TODAY + 4, 7);
    let before = pool.bond(operator);
    assert_eq!(pool.request_exit(cluster, operator, true), NOW);
    assert_eq!(pool.slots(), (TODAY + 4, 7));
    assert_eq!(pool.bond(operator), before - COST);
    assert_eq!((pool.held(), burned(&pool)), (before - COST, COST));
    let event = ExitPaid {
        node: U256::from(pool.node_of(cluster, operator)),
        toPool: U256::from(COST),
        toMembers: U256::ZERO,
    };
    assert_eq!(pool.events::<ExitPaid>(), [event]);
}

#[motsu::test]
fn an_early_exit_pays_the_pool_and_the_other_members_half_each() {
    let pool = Pool::new(SSV);
    let operators = pool.operators(5, MADE, 5 * ETH);
    let cluster = pool.active(NodeType::Ssv, &operators, LONG_AGO + 1);
    let before = bonds(&pool, &operators);
    pool.request_exit(cluster, operators[2], false);
    assert_eq!(bonds(&pool, &operators), before - COST / 2);
    assert_eq!(burned(&pool), COST / 2);
    for (place, operator) in operators.iter().enumerate() {
        let change = match place {
            2 => -(COST as i128),
            _ => COST as i128 / 8,
        };
        let now = 4 * ETH as i128 + change;
        assert_eq!(pool.bond(*operator) as i128, now, "place {place}");
    }
    let added = pool.events::<BondAdded>();
    let added: Vec<(u32, u128, u128)> = added
        .iter()
        .map(|event| (event.operator.to(), event.shares.to(), event.total.to()))
        .collect();
    let expected = [16, 17, 19, 20].map(|id| (id, COST / 8, 4 * ETH + COST / 8));
    assert_eq!(added, expected);
}

#[motsu::test]
fn what_does_not_divide_is_the_pools() {
    let pool = Pool::new(SSV);
    let operators = pool.operators(5, MADE, 5 * ETH);
    let cluster = pool.active(NodeType::Ssv, &operators, NOW);
    pool.set_parameter(&EARLY_EXIT_COST, 1_000_000_000);
    pool.set_parameter(&FAST_TRACK_FEE, 0);
    pool.manager.sender(key(operators[0])).inside(|| {
        let mut books = books();
        books.total_assets = 3 * books.total_shares as i128;
        set_books(books);
    });
    // A third of 1 gwei, rounded up, is 333,333,334 shares: half is 166,666,667, a fourth of that 41,666,666.
    let before = bonds(&pool, &operators);
    pool.request_exit(cluster, operators[0], true);
    assert_eq!(pool.bond(operators[0]), 4 * ETH - 333_333_334);
    assert_eq!(pool.bond(operators[1]), 4 * ETH + 41_666_666);
    let to_pool = 333_333_334 - 4 * 41_666_666;
    assert_eq!(bonds(&pool, &operators), before - to_pool);
    assert_eq!(burned(&pool), to_pool);
}

#[motsu::test]
fn a_member_in_debt_pays_it_with_its_part() {
    let pool = Pool::new(SSV);
    let mut operators = pool.operators(3, MADE, 5 * ETH);
    operators.extend(pool.operators(2, MADE, 0));
    let cluster = pool.active(NodeType::Ssv, &operators, NOW);
    let (all, some) = (operators[3], operators[4]);
    pool.owes(all, COST);
    pool.owes(some, COST / 8 - 5);
    let before = bonds(&pool, &operators);
    pool.request_exit(cluster, operators[0], false);
    assert_eq!((pool.bond(all), pool.bond(some)), (0, 5));
    let charged = pool.events::<PenaltyCharged>();
    let charged: Vec<(u32, u128, u128)> = charged
        .iter()
        .map(|event| (event.operator.to(), event.shares.to(), event.debt.to()))
        .collect();
    let expected = [(all.0, COST / 8, COST / 8 * 7), (some.0, COST / 8 - 5, 0)];
    assert_eq!(charged, expected);
    // Debt is the pool's.
    let to_pool = COST / 2 + COST / 8 * 2 - 5;
    assert_eq!(burned(&pool), to_pool);
    assert_eq!(bonds(&pool, &operators), before - to_pool);
}

#[motsu::test]
fn a_direct_nodes_early_exit_is_all_for_the_pool_and_counts_from_funding_until_it_works() {
    let pool = Pool::new(SSV);
    let operator = pool.operator(MADE, 50 * ETH);
    let before = pool.bond(operator);
    let since = |cluster, since| pool.set_cluster(cluster, of_cluster::SINCE, since);
    let early = pool.funded(NodeType::Direct, &[operator]);
    since(early, u128::from(LONG_AGO) + 1);
    let late = pool.funded(NodeType::Direct, &[operator]);
    since(late, LONG_AGO.into());
    pool.request_exit(late, operator, false);
    assert_eq!(pool.bond(operator), before);
    // With the fast track it costs both.
    pool.request_exit(early, operator, true);
    assert_eq!(pool.bond(operator), before - 2 * COST);
    assert_eq!(burned(&pool), 2 * COST);
    // Active since, and not since what the cluster's last step was.
    let active = pool.active(NodeType::Direct, &[operator], LONG_AGO);
    pool.request_exit(active, operator, false);
    assert_eq!(burned(&pool), 2 * COST);
}

#[motsu::test]
fn a_bond_that_does_not_cover_the_cost_keeps_its_node() {
    let pool = Pool::new(SSV);
    let [operator, exact] = [25, 16].map(|cents| pool.operator(MADE, cents * ETH / 100));
    let cluster = pool.active(NodeType::Direct, &[operator], NOW);
    let shares = pool.bond(operator);
    let refusal = |shares, cost| BondBelowCost {
        shares: U256::from(shares),
        cost: U256::from(cost),
    };
    let fast = request(&pool, cluster, operator, true);
    pool.refuses(key(operator), fast, refusal(shares, 2 * COST));
    // 0.2 shares cover one of both.
    pool.request_exit(cluster, operator, false);
    assert_eq!(pool.bond(operator), shares - COST);

    assert_eq!(pool.bond(exact), COST);
    let cluster = pool.active(NodeType::Direct, &[exact], NOW);
    pool.request_exit(cluster, exact, false);
    assert_eq!(pool.bond(exact), 0);
}

#[motsu::test]
fn only_what_is_free_goes_on_while_nothing_is_priced() {
    let pool = Pool::new(SSV);
    let operator = pool.operator(MADE, 50 * ETH);
    let early = pool.active(NodeType::Direct, &[operator], NOW);
    let late = pool.active(NodeType::Direct, &[operator], LONG_AGO);
    let since = pool.manager.sender(key(operator)).inside(|| {
        let (mut books, limit) = (books(), parameter(&FRESHNESS_LIMIT) as u64);
        books.last_report = NOW - limit - 1;
        set_books(books);
        NOW - 1
    });
    let overdue = RateNotLive {
        reason: 3,
        since: U256::from(since),
    };
    for (cluster, fast) in [(early, false), (late, true)] {
        let call = request(&pool, cluster, operator, fast);
        pool.refuses(key(operator), call, overdue.clone());
    }
    pool.request_exit(late, operator, false);
}

#[motsu::test]
fn only_a_funded_node_can_ask() {
    let pool = Pool::new(SSV);
    let operator = pool.operator(MADE, 50 * ETH);
    for state in [RESERVED, KEYED] {
        let cluster = pool.cluster_in(NodeType::Direct, &[operator], state);
        let call = request(&pool, cluster, operator, false);
        pool.refuses(key(operator), call, NotInState { state, needed: 5 });
    }
    let cluster = pool.active(NodeType::Direct, &[operator], LONG_AGO);
    pool.request_exit(cluster, operator, false);
    let again = request(&pool, cluster, operator, false);
    pool.refuses(
        key(operator),
        again,
        NotInState {
            state: 6,
            needed: 5,
        },
    );
    pool.confirm(cluster, 2, 0);
    let again = request(&pool, cluster, operator, false);
    pool.refuses(
        key(operator),
        again,
        NotInState {
            state: 7,
            needed: 5,
        },
    );
    assert_eq!(pool.slots(), (TODAY, 1));
}
