//! The fleet: its plan, its people, and its pool.

use alloy::primitives::U256;
use e2e::{operated::*, Pool, StakeManager::Report, ALICE, ETH};
use rand::{rngs::StdRng, Rng, SeedableRng};

use crate::{measure::Row, person::Person};

/// How large a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Honest operators at the end.
    pub operators: u64,
    /// Nodes each of them queues.
    pub nodes: u64,
    /// How long it runs.
    pub weeks: u64,
    /// Weeks in which the operators join.
    pub joining: u64,
    /// ETH staked a week.
    pub staked: u64,
    /// Accounts of the one person.
    pub crowd: u64,
    /// The first week without new SSV nodes, and how many there are.
    pub drought: (u64, u64),
    /// Week in which a region drops out.
    pub dropout: u64,
    /// Week in which the crowd comes.
    pub crowd_at: u64,
    /// Week in which the rate falls.
    pub fall: u64,
}

impl Plan {
    /// 500 operators with 5,000 nodes, 50 weeks.
    pub const YEAR: Self = Self {
        operators: 500,
        nodes: 10,
        weeks: 50,
        joining: 30,
        staked: 416,
        crowd: 300,
        drought: (8, 10),
        dropout: 24,
        crowd_at: 30,
        fall: 42,
    };

    /// What every test run does.
    pub const SHORT: Self = Self {
        operators: 60,
        nodes: 10,
        weeks: 20,
        joining: 10,
        staked: 256,
        crowd: 40,
        drought: (4, 3),
        dropout: 9,
        crowd_at: 12,
        fall: 17,
    };
}

/// SSV, Obol and direct nodes of home operators, professionals and institutions.
pub const TARGETS: [u16; 9] = [3_000, 2_000, 500, 1_500, 1_500, 500, 0, 500, 500];

/// The region that drops out.
pub const LOST_REGION: u8 = 4;
/// Regions that people are in.
pub const REGIONS: u8 = 6;

/// Everybody and everything.
pub struct Fleet {
    pub plan: Plan,
    pub operated: Operated,
    pub people: Vec<Person>,
    pub dice: StdRng,
    /// Weeks that are over.
    pub weeks: u64,
    /// Clusters whose ceremony somebody refused.
    pub refused: Vec<U256>,
    /// Ceremonies that members of the crowd refused, in all.
    pub refused_by_crowd: u64,
    /// The last report.
    pub report: Report,
    /// Gwei on the beacon chain that were lost.
    pub lost: u64,
    /// Buckets that could form a cluster when the last week's ETH was used up.
    pub supplied: Vec<usize>,
    /// What each week ended with.
    pub rows: Vec<Row>,
    /// Whom nodes have been settled of.
    pub done: Vec<U256>,
}

impl Fleet {
    /// A pool with seven proven operators.
    pub fn new(plan: Plan) -> Self {
        let mut operated = Operated::new();
        operated.targets(TARGETS);
        operated.set(FORMED_AHEAD, 2);
        let Pool {
            committee,
            acknowledger,
            manager,
            ..
        } = operated.pool;
        for account in [committee, acknowledger, manager] {
            operated.pool.chain.impersonate(account);
            operated
                .pool
                .chain
                .set_balance(account, U256::from(1_000_000) * ETH);
        }
        operated
            .pool
            .chain
            .set_balance(ALICE, U256::from(10_000_000) * ETH);
        let mut fleet = Self {
            plan,
            operated,
            people: Vec::new(),
            dice: StdRng::seed_from_u64(1),
            weeks: 0,
            refused: Vec::new(),
            refused_by_crowd: 0,
            report: Report {
                slotTime: 0,
                clBalanceGwei: 0,
                depositsSeenGwei: 0,
                leftSeen: 0,
                expectedLoss: 0,
                recovered: 0,
                epoch: 0,
            },
            lost: 0,
            supplied: Vec::new(),
            rows: Vec::new(),
            done: Vec::new(),
        };
        fleet.loosen();
        for place in 0..7 {
            let quality = 9_200 + 100 * place;
            let nodes = fleet.plan.nodes;
            fleet.join(
                (place % 2) as u8,
                SSV,
                (place % 4) as u8,
                quality,
                true,
                nodes,
            );
        }
        fleet
    }

    /// A parameter that a weekly report needs: prices for up to seven days after it.
    fn loosen(&mut self) {
        let manager = self.operated.pool.manager;
        let call = e2e::StakeManager::setParameterCall {
            id: 1,
            value: U256::from(7 * DAY),
        };
        self.operated
            .pool
            .run(e2e::OWNER, manager, U256::ZERO, call);
    }

    /// Somebody registers, bonds and queues nodes.
    pub fn join(
        &mut self,
        kind: u8,
        of: u8,
        region: u8,
        quality: u64,
        vouched: bool,
        nodes: u64,
    ) -> usize {
        // A little more than the curve asks of an operator with a middling score.
        let bond = [1_100, 2_200, 4_400][usize::from(of)] * nodes;
        let operator = self.operated.register(kind, milli(bond));
        if vouched {
            self.operated.vouch(operator);
        }
        let client = self.dice.gen_range(0..3);
        self.operated.add(operator, of, region, client, nodes);
        self.people.push(Person {
            operator,
            region,
            quality,
            of_crowd: false,
            gone: false,
            performance: 5_000,
            epochs: 0,
        });
        self.people.len() - 1
    }

    /// Whose a node is.
    pub fn person(&self, operator: U256) -> &Person {
        // Numbers follow one another.
        &self.people[operator.to::<usize>() - 16]
    }
}
