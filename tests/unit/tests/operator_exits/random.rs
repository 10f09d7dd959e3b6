//! Random pools and exits against a model that knows the rules in words only: who leaves next, slots, parts, outcomes,
//! costs, and what is counted.

use std::collections::BTreeMap;

use alloy_primitives::U256;
use clay_shared::{
    interfaces::{IOperatorExits::ExitPaid, IStakeManager::registryTermsCall},
    operators::{
        parameters::{EARLY_EXIT_COST, EXIT_SLOTS, FAST_TRACK_FEE},
        state::{
            of_cluster::{DEADLINE, SINCE, TIMELY},
            Cluster, Operator,
        },
        NodeType,
    },
};
use proptest::prelude::*;

use crate::pool::{Made, Pool, ANYBODY, DAY, ETH, NOW};

const KINDS: usize = 3;

/// xorshift64*: the same numbers everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32) as usize % bound
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Funded,
    Active,
    Exiting,
    Done,
}

/// An operator as the model knows it.
struct Person {
    id: Operator,
    made: Made,
    active: u64,
    conduct: i64,
    bond: u128,
    /// Class and time of arrival in the exit line of each type.
    waits: [Option<(u64, u64)>; 3],
}

/// A cluster as the model knows it. Members are places in the list of people.
struct Group {
    id: Cluster,
    of: NodeType,
    members: Vec<usize>,
    stage: Stage,
    early: bool,
    overdue: bool,
    /// By whom, if by a member.
    by: Option<usize>,
    unasked: bool,
    /// The committee said once that it is active.
    worked: bool,
    posted: Vec<bool>,
    timely: Vec<bool>,
}

struct Story {
    pool: Pool,
    dice: Dice,
    targets: [u16; 9],
    people: Vec<Person>,
    /// In the order of their funding.
    groups: Vec<Group>,
    arrivals: u64,
    asked_in_order: Vec<u32>,
    slots_taken: u64,
    slots_a_day: u64,
    exits: u128,
    left: u128,
    requeued: usize,
}

fn bucket_of(of: NodeType, kind: u8) -> usize {
    of as usize * KINDS + usize::from(kind)
}

impl Story {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed | 1);
        let targets = random_targets(&mut dice);
        let pool = Pool::new(targets);
        let slots_a_day = 1 + dice.below(4) as u64;
        pool.set_parameter(&EXIT_SLOTS, slots_a_day.into());
        let mut story = Self {
            pool,
            dice,
            targets,
            people: Vec::new(),
            groups: Vec::new(),
            arrivals: 0,
            asked_in_order: Vec::new(),
            slots_taken: 0,
            slots_a_day,
            exits: 0,
            left: 0,
            requeued: 0,
        };
        for index in 0..21 {
            let made = Made {
                kind: index % 3,
                proven: story.dice.chance(70),
                performance: story.dice.below(5) as u16 * 2_500,
                conduct: story.dice.below(5) as u16 * 2_500,
            };
            let id = story.pool.operator(made, 50 * ETH);
            story.people.push(Person {
                id,
                made,
                active: 0,
                conduct: made.conduct.into(),
                bond: story.pool.bond(id),
                waits: [None; 3],
            });
        }
        for _ in 0..8 + story.dice.below(20) {
            story.fund();
        }
        story
    }

    /// Funds a cluster of random members of one kind.
    fn fund(&mut self) {
        let of = NodeType::ALL[self.dice.below(3)];
        let kind = self.dice.below(KINDS);
        let mut members: Vec<usize> = (0..7).map(|index| index * 3 + kind).collect();
        while members.len() > usize::from(of.cluster_size()) {
            members.remove(self.dice.below(members.len()));
        }
        let ids: Vec<_> = members.iter().map(|at| self.people[*at].id).collect();
        let id = self.pool.funded(of, &ids);
        let early = self.dice.chance(40);
        if !early {
            self.pool
                .set_cluster(id, SINCE, u128::from(NOW - 181 * DAY));
        }
        self.groups.push(Group {
            id,
            of,
            stage: Stage::Funded,
            early,
            overdue: false,
            by: None,
            unasked: false,
            worked: false,
            posted: vec![false; members.len()],
            timely: vec![false; members.len()],
            members: members.clone(),
        });
        for member in members {
            self.people[member].active += 1;
            self.arrive(member);
        }
    }

    /// An operator's load or score has changed: who comes to another class is the last there.
    fn arrive(&mut self, at: usize) {
        let person = &self.people[at];
        let score = (i64::from(person.made.performance) + person.conduct) / 2;
        let weight = match person.made.proven {
            true => 2_500 + score as u64 * 3 / 4,
            false => 2_500,
        };
        let class = (person.active + 1) * 100_000 / weight;
        for of in NodeType::ALL {
            let funded = self.funded_of(at, of).next().is_some();
            let waits = &mut self.people[at].waits[of as usize];
            match waits {
                _ if !funded => *waits = None,
                Some((before, _)) if *before == class => {}
                _ => {
                    self.arrivals += 1;
                    *waits = Some((class, self.arrivals));
                }
            }
        }
    }

    /// Clusters that could exit with an operator's node of a type, the oldest first.
    fn funded_of(&self, at: usize, of: NodeType) -> impl Iterator<Item = usize> + '_ {
        let groups = self.groups.iter().enumerate();
        groups.filter_map(move |(index, group)| {
            let works = matches!(group.stage, Stage::Funded | Stage::Active);
            (works && group.of == of && group.members.contains(&at)).then_some(index)
        })
    }

    /// Active nodes by bucket.
    fn by_bucket(&self) -> [i64; 9] {
        let mut counts = [0; 9];
        for group in &self.groups {
            if matches!(group.stage, Stage::Funded | Stage::Active) {
                let kind = self.people[group.members[0]].made.kind;
                counts[bucket_of(group.of, kind)] += group.members.len() as i64;
            }
        }
        counts
    }

    /// Which cluster leaves next.
    fn next(&self) -> Option<usize> {
        let counts = self.by_bucket();
        let all: i64 = counts.iter().sum();
        let filled = (0..9).filter(|bucket| counts[*bucket] != 0);
        // max_by_key takes the last of several; the first is meant.
        let above =
            |bucket: &usize| counts[*bucket] * 10_000 - i64::from(self.targets[*bucket]) * all;
        let bucket = filled.rev().max_by_key(above)?;
        let of = NodeType::ALL[bucket / KINDS];
        let here = (0..self.people.len()).filter(|at| {
            let person = &self.people[*at];
            usize::from(person.made.kind) == bucket % KINDS && person.waits[of as usize].is_some()
        });
        let (at, _) = here
            .filter_map(|at| Some((at, self.people[at].waits[of as usize]?)))
            .max_by_key(|(_, (class, arrival))| (*class, std::cmp::Reverse(*arrival)))?;
        self.funded_of(at, of).next()
    }

    /// The nodes of a cluster are active no more.
    fn stop(&mut self, index: usize, stage: Stage) {
        self.groups[index].stage = stage;
        for member in self.groups[index].members.clone() {
            self.people[member].active -= 1;
            self.arrive(member);
        }
        self.exits += 1;
    }

    fn request_exits(&mut self) {
        let wanted = 1 + self.dice.below(3);
        // A wei more than the others bring.
        let assets = (wanted as u128 - 1) * 32 * ETH + 1;
        let mut expected = 0;
        for _ in 0..wanted {
            let Some(index) = self.next() else { break };
            self.stop(index, Stage::Exiting);
            self.asked_in_order.push(self.groups[index].id.0);
            expected += 32 * ETH;
        }
        assert_eq!(self.pool.request_exits(U256::from(assets)), expected);
    }

    /// Shares that so many wei cost.
    fn cost(&self, wei: u128) -> u128 {
        let terms = unit_tests::run(&self.pool.manager, ANYBODY, registryTermsCall {});
        let exact = U256::from(wei) * terms.rateShares;
        exact.div_ceil(terms.rateAssets).to()
    }

    fn request_exit(&mut self, index: usize) {
        let place = self.dice.below(self.groups[index].members.len());
        let fast = self.dice.chance(30);
        let group = &self.groups[index];
        let (early, members) = (group.early, group.members.clone());
        let (cost, fee) = (
            self.pool.parameter(&EARLY_EXIT_COST),
            self.pool.parameter(&FAST_TRACK_FEE),
        );
        let early_cost = if early { self.cost(cost) } else { 0 };
        let fee = if fast {
            self.cost(32 * ETH * fee / 10_000)
        } else {
            0
        };
        let others = members.len() as u128 - 1;
        let each = (early_cost / 2).checked_div(others).unwrap_or(0);
        for (at, member) in members.iter().enumerate() {
            match at == place {
                true => self.people[*member].bond -= early_cost + fee,
                false => self.people[*member].bond += each,
            }
        }
        let expected = match fast {
            true => NOW,
            false => {
                self.slots_taken += 1;
                NOW.max((NOW / DAY + (self.slots_taken - 1) / self.slots_a_day) * DAY)
            }
        };
        self.asked_in_order.push(group.id.0);
        let (id, by) = (group.id, self.people[members[place]].id);
        let before = (self.pool.held(), self.pool.events::<ExitPaid>().len());
        assert_eq!(self.pool.request_exit(id, by, fast), expected);
        let burned = early_cost + fee - each * others;
        assert_eq!(self.pool.held(), before.0 - burned);
        let paid = self.pool.events::<ExitPaid>().len() - before.1;
        assert_eq!(paid, usize::from(early || fast));
        self.groups[index].by = Some(place);
        self.stop(index, Stage::Exiting);
    }

    fn post(&mut self, index: usize) {
        let group = &self.groups[index];
        let place = self.dice.below(group.members.len());
        if group.posted[place] {
            return;
        }
        self.pool
            .post(group.id, self.people[group.members[place]].id);
        let group = &mut self.groups[index];
        group.posted[place] = true;
        group.timely[place] = !group.overdue;
    }

    /// The deadline of an exit passes, by less than two days.
    fn pass(&mut self, index: usize) {
        let group = &mut self.groups[index];
        let deadline = u128::from(NOW - DAY - 1);
        self.pool.set_cluster(group.id, DEADLINE, deadline);
        group.overdue = true;
    }

    fn declare_false(&mut self, index: usize) {
        let group = &mut self.groups[index];
        let set = match group.stage {
            Stage::Exiting => &group.posted,
            _ if group.unasked || !group.worked => return,
            _ => &group.timely,
        };
        let Some(place) = set.iter().position(|posted| *posted) else {
            return;
        };
        self.pool.declare_false(group.id, 1 << place);
        group.posted[place] = false;
        group.timely[place] = false;
        let (stage, member) = (group.stage, group.members[place]);
        if stage == Stage::Done {
            self.judge(member, -1_000);
        }
    }

    fn judge(&mut self, member: usize, change: i64) {
        let person = &mut self.people[member];
        person.conduct = (person.conduct + change).clamp(0, 10_000);
        self.arrive(member);
    }

    fn confirm(&mut self, index: usize) {
        let group = &self.groups[index];
        let (stage, members) = (group.stage, group.members.clone());
        let outcomes: &[u8] = match stage {
            Stage::Funded => &[1, 1, 1, 3, 4, 5],
            Stage::Active => &[3, 4],
            Stage::Exiting if !group.worked => &[1, 1, 2, 4, 5],
            Stage::Exiting if !group.unasked => &[2, 2, 2, 3, 4],
            Stage::Exiting => &[2, 2, 2, 4],
            Stage::Done => return,
        };
        let outcome = outcomes[self.dice.below(outcomes.len())];
        let id = group.id;
        let mut penalties = BTreeMap::new();
        match outcome {
            1 => {
                // It has been active only since now.
                let group = &mut self.groups[index];
                group.early = true;
                group.worked = true;
                match stage {
                    Stage::Funded => group.stage = Stage::Active,
                    // Parts are due from now on only.
                    _ => group.overdue = false,
                }
            }
            2 => {
                self.left += 1;
                self.groups[index].stage = Stage::Done;
                for (place, member) in members.iter().enumerate() {
                    let group = &self.groups[index];
                    if group.unasked {
                        continue;
                    }
                    let (timely, late_by) =
                        (group.timely[place], if group.overdue { 2 } else { 0 });
                    let worked = group.worked;
                    if group.by.is_some_and(|by| by != place) {
                        self.requeued += 1;
                    }
                    if !worked {
                        continue;
                    }
                    if timely {
                        self.judge(*member, 250);
                    } else if late_by != 0 {
                        self.judge(*member, -1_000);
                        penalties.insert(self.people[*member].id.0, late_by * ETH / 100);
                    }
                }
            }
            _ => {
                if matches!(stage, Stage::Funded | Stage::Active) {
                    self.stop_and_judge(index, outcome);
                } else if outcome == 5 {
                    self.left += 1;
                    self.groups[index].stage = Stage::Done;
                } else {
                    let change = if outcome == 3 { -2_500 } else { -5_000 };
                    let changes = members.iter();
                    changes.for_each(|member| self.judge(*member, change));
                }
                self.groups[index].unasked = true;
            }
        }
        let before = self.pool.penalties(id).len();
        self.pool.confirm(id, outcome, 0);
        if outcome == 3 {
            let each = members.iter().map(|at| (self.people[*at].id.0, ETH / 100));
            penalties.extend(each);
        }
        let told: BTreeMap<_, _> = self.pool.penalties(id)[before..].iter().copied().collect();
        assert_eq!(told, penalties);
    }

    /// Unasked ends: each member stops, and is judged, before the next.
    fn stop_and_judge(&mut self, index: usize, outcome: u8) {
        self.exits += 1;
        let members = self.groups[index].members.clone();
        let bad_key = outcome == 5;
        self.left += u128::from(bad_key);
        self.groups[index].stage = if bad_key { Stage::Done } else { Stage::Exiting };
        for member in members {
            self.people[member].active -= 1;
            self.arrive(member);
            match outcome {
                3 => self.judge(member, -2_500),
                4 => self.judge(member, -5_000),
                _ => {}
            }
        }
    }

    fn step(&mut self) {
        let index = self.dice.below(self.groups.len());
        let stage = self.groups[index].stage;
        match self.dice.below(12) {
            0 | 1 => self.request_exits(),
            2 | 3 if matches!(stage, Stage::Funded | Stage::Active) => self.request_exit(index),
            4..=6 if stage == Stage::Exiting => self.post(index),
            7 if stage == Stage::Exiting => self.pass(index),
            8 if matches!(stage, Stage::Exiting | Stage::Done) => self.declare_false(index),
            9 if self.groups.len() < 40 => self.fund(),
            _ => self.confirm(index),
        }
    }

    fn compare(&self) {
        let pool = &self.pool;
        assert_eq!(pool.asked(), self.asked_in_order);
        assert_eq!(pool.coming(), (self.exits - self.left) * 32 * ETH);
        let counts = self.by_bucket();
        let (by_bucket, by_region, lines) = pool.totals();
        assert_eq!(by_bucket.map(|count| count as i64), counts);
        assert_eq!(
            by_region.iter().sum::<u128>() as i64,
            counts.iter().sum::<i64>()
        );
        assert_eq!(lines, counts.map(|count| count != 0));
        let mut bonds = 0;
        for person in &self.people {
            assert_eq!(pool.conduct(person.id), person.conduct as u128);
            assert_eq!(pool.active_nodes(person.id), person.active.into());
            assert_eq!(pool.bond(person.id), person.bond);
            bonds += person.bond;
        }
        assert_eq!(
            pool.held(),
            bonds,
            "the registry holds the bonds and nothing else"
        );
        for group in &self.groups {
            let stage = match group.stage {
                Stage::Funded => 4,
                Stage::Active => 5,
                Stage::Exiting => 6,
                Stage::Done => 7,
            };
            let nodes = vec![stage; group.members.len()];
            assert_eq!(pool.states(group.id), (stage, nodes));
            let timely = group.timely.iter().enumerate();
            let timely: u128 = timely
                .map(|(place, timely)| u128::from(*timely) << place)
                .sum();
            assert_eq!(pool.of_cluster(group.id, TIMELY), timely);
        }
        let day = NOW / DAY + self.slots_taken / self.slots_a_day;
        assert_eq!(pool.slots(), (day, self.slots_taken % self.slots_a_day));
    }

    /// Everybody leaves: nothing is left behind.
    fn end(mut self) {
        while self.next().is_some() {
            self.request_exits();
        }
        self.compare();
        assert_eq!(self.pool.request_exits(U256::MAX), 0);
        assert_eq!(self.pool.totals(), ([0; 9], [0; 8], [false; 9]));
        for person in &self.people {
            assert_eq!(self.pool.first_funded(person.id), [0; 3]);
        }
        let added = self
            .pool
            .events::<clay_shared::interfaces::IOperatorAllocation::NodesAdded>();
        assert_eq!(added.len(), self.requeued);
    }
}

/// Basis points that add up to a whole; some are zero.
fn random_targets(dice: &mut Dice) -> [u16; 9] {
    let mut targets = [0; 9];
    for _ in 0..10 {
        targets[dice.below(9)] += 1_000;
    }
    targets
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn exits_do_what_the_model_does(seed in any::<u64>()) {
        let mut story = Story::new(seed);
        for _ in 0..60 {
            story.step();
            story.compare();
        }
        story.end();
    }
}
