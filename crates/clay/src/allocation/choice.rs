//! The choice itself, with its reasons.

use std::collections::{BTreeMap, BTreeSet};

use clay_shared::{
    math::Rounding,
    operators::{
        choice::{
            capped, newcomer_may, next_bucket, operator_cap, Candidate, Forming, BUCKETS,
            KINDS as REGIONS,
        },
        state::of_number,
        NodeType,
    },
};

use super::state::{Line, State, Waiting};

/// Operators that are looked at for one bucket.
pub const MOST_LOOKS: usize = 64;
/// Of these the unproven ones.
pub const MOST_UNPROVEN_LOOKS: u32 = 16;

const WHOLE: i64 = 10_000;

/// What comes out, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What `formCluster` does.
    pub outcome: Outcome,
    /// Buckets that were tried, in their order.
    pub buckets: Vec<Bucket>,
    /// Operators that are taken off the lists on the way, in their order.
    pub taken_off: Vec<u32>,
}

/// What `formCluster` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It forms a cluster in a bucket, of these nodes, in the order of their places.
    Cluster {
        /// The bucket.
        bucket: usize,
        /// The nodes.
        nodes: Vec<u32>,
    },
    /// It refuses: as many clusters stand formed as may.
    EnoughFormed {
        /// Clusters without a key and those that wait for ETH.
        formed: u128,
        /// How many there may be.
        allowed: u128,
    },
    /// It forms none, but takes operators off the lists.
    TakesOff,
    /// It refuses: no bucket has operators that make a cluster.
    NoClusterPossible,
}

/// A bucket that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its number.
    pub bucket: usize,
    /// Its active nodes.
    pub active: u32,
    /// Its target, basis points.
    pub target: u16,
    /// Nodes it lacks of its target, one more in the pool counted, in ten-thousandths; below zero it is above.
    pub missing: i64,
    /// Who was looked at, in order.
    pub looks: Vec<Look>,
    /// Regions where nobody was looked at any more, as they have as many active nodes as they may.
    pub full_regions: Vec<u8>,
    /// Whether its operators make a cluster.
    pub forms: bool,
}

/// Who was looked at, and what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// The region whose line it stands in.
    pub region: u8,
    /// Whether it is proven.
    pub proven: bool,
    /// The operator, with its node.
    pub waiting: Waiting,
    /// What came of it.
    pub verdict: Verdict,
}

/// What came of a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Its node takes part.
    Taken,
    /// Passed over: it has as many active nodes as it may.
    AtCap {
        /// Its active nodes.
        active: u32,
        /// How many it may have.
        most: u32,
    },
    /// Taken off the lists: it is in debt, or its bond does not carry another node.
    BondShort {
        /// What the bond is worth, wei.
        bond: u128,
        /// What it would have to be.
        required: u128,
        /// Shares that it owes.
        debt: u128,
    },
    /// Taken off the lists: it has no right to operate.
    NoRight,
    /// Passed over: another node of it takes part.
    TakesPart,
    /// Passed over: with its client too few places would be left for those that are missing.
    Client,
}

/// Chooses the next cluster.
pub fn next(state: &State) -> Choice {
    let formed = u128::from(state.reserved) + u128::from(state.keyed);
    let allowed = state.fundable + state.parameters.formed_ahead;
    let mut choosing = Choosing::new(state, newcomer_may(allowed, state.newcomers));
    if formed >= allowed {
        return choosing.end(Outcome::EnoughFormed { formed, allowed });
    }
    let mut nodes = None;
    let bucket = next_bucket(&state.by_bucket, &state.targets, |bucket| {
        nodes = choosing.gather(bucket);
        nodes.is_some()
    });
    let outcome = match (bucket, nodes) {
        (Some(bucket), Some(nodes)) => Outcome::Cluster { bucket, nodes },
        _ if !choosing.taken_off.is_empty() => Outcome::TakesOff,
        _ => Outcome::NoClusterPossible,
    };
    choosing.end(outcome)
}

struct Choosing<'a> {
    state: &'a State,
    /// Whether a cluster may have an unproven operator now.
    newcomers: bool,
    buckets: Vec<Bucket>,
    taken_off: Vec<u32>,
}

/// Who is next in a line. Of two in one class the one of the first region comes first, and there the unproven one.
#[derive(Clone, Copy)]
struct Head<'a> {
    line: &'a Line,
    /// Its place there.
    place: usize,
}

impl Head<'_> {
    fn waiting(&self) -> Waiting {
        self.line.waiting[self.place]
    }

    fn order(&self) -> (u16, u8, bool) {
        let line = self.line;
        (self.waiting().class, line.region, line.proven)
    }
}

impl<'a> Choosing<'a> {
    fn new(state: &'a State, newcomers: bool) -> Self {
        Self {
            state,
            newcomers,
            buckets: Vec::new(),
            taken_off: Vec::new(),
        }
    }

    fn end(self, outcome: Outcome) -> Choice {
        Choice {
            outcome,
            buckets: self.buckets,
            taken_off: self.taken_off,
        }
    }

    /// Looks for the nodes of a cluster in a bucket, the lowest class first; none if there are too few.
    fn gather(&mut self, bucket: usize) -> Option<Vec<u32>> {
        let (of, kind) = of_number(bucket)?;
        let state = self.state;
        let total: i64 = state.by_bucket.iter().map(|nodes| i64::from(*nodes)).sum();
        let (active, target) = (state.by_bucket[bucket], state.targets[bucket]);
        self.buckets.push(Bucket {
            bucket,
            active,
            target,
            missing: i64::from(target) * (total + 1) - i64::from(active) * WHOLE,
            looks: Vec::new(),
            full_regions: Vec::new(),
            forms: false,
        });
        let nodes = self.look_through(of, kind);
        let tried = self.buckets.last_mut()?;
        tried.forms = nodes.is_some();
        nodes
    }

    fn look_through(&mut self, of: NodeType, kind: u8) -> Option<Vec<u32>> {
        let state = self.state;
        let terms = &state.parameters;
        let active: u32 = state.by_region.iter().sum();
        let after = active + u32::from(of.cluster_size());
        let most = operator_cap(after, terms.operator_cap, state.proven);
        let region_cap = capped(after, terms.region_cap);
        let mut in_region = state.by_region;
        let places = (0..REGIONS).flat_map(|region| [(region, false), (region, true)]);
        let lines = places.filter_map(|(region, proven)| state.line(of, kind, region, proven));
        let mut heads: Vec<Head<'a>> = lines
            .filter_map(|line| self.standing_from(line, 0))
            .collect();
        let mut forming = Forming::new(of, terms.least_regions, terms.least_clients);
        // Whoever stands in several regions is looked at in each, and counts once.
        let (mut nodes, mut looked_at, mut unproven_looks) = (Vec::new(), BTreeSet::new(), 0);
        while !forming.is_whole() {
            let full = |region: u8| in_region[usize::from(region)] >= region_cap;
            self.note_full(heads.iter().map(|head| head.line.region), full);
            heads.retain(|head| {
                let newcomers = self.newcomers
                    && forming.takes_unproven()
                    && unproven_looks < MOST_UNPROVEN_LOOKS;
                let region = head.line.region;
                (head.line.proven || newcomers) && forming.takes_region(region) && !full(region)
            });
            let next = (0..heads.len()).min_by_key(|index| heads[*index].order())?;
            if looked_at.len() == MOST_LOOKS {
                return None;
            }
            let head = heads[next];
            let (waiting, line) = (head.waiting(), head.line);
            if looked_at.insert(waiting.operator) {
                unproven_looks += u32::from(!line.proven);
            }
            let verdict = self.judge(of, waiting, most).unwrap_or_else(|| {
                let known = forming.members().contains(&waiting.operator);
                let taken = forming.take(Candidate {
                    operator: waiting.operator,
                    proven: line.proven,
                    region: line.region,
                    client: waiting.client,
                });
                match (taken, known) {
                    (true, _) => Verdict::Taken,
                    (false, true) => Verdict::TakesPart,
                    (false, false) => Verdict::Client,
                }
            });
            match verdict {
                Verdict::Taken => {
                    nodes.push(waiting.node);
                    in_region[usize::from(line.region)] += 1;
                }
                Verdict::BondShort { .. } | Verdict::NoRight => {
                    self.taken_off.push(waiting.operator);
                }
                _ => {}
            }
            self.note(Look {
                region: line.region,
                proven: line.proven,
                waiting,
                verdict,
            });
            // Whoever was looked at makes way, and whoever left the lists does in all lines.
            let from = |(index, head): (usize, &Head<'a>)| {
                let place = head.place + usize::from(index == next);
                self.standing_from(head.line, place)
            };
            heads = heads.iter().enumerate().filter_map(from).collect();
        }
        Some(nodes)
    }

    /// Who stands in a line from a place on, whoever was taken off the lists left out.
    fn standing_from(&self, line: &'a Line, from: usize) -> Option<Head<'a>> {
        let stands = |place: &usize| {
            let operator = line.waiting[*place].operator;
            !self.taken_off.contains(&operator)
        };
        let place = (from..line.waiting.len()).find(stands)?;
        Some(Head { line, place })
    }

    /// Why an operator is not chosen, whatever the cluster; none if it can be.
    fn judge(&self, of: NodeType, waiting: Waiting, most: u32) -> Option<Verdict> {
        let standing = self.state.operators.get(&waiting.operator)?;
        let active = standing.active;
        if active >= most {
            return Some(Verdict::AtCap { active, most });
        }
        let bond = self.state.rate.to_assets(standing.bond, Rounding::Down);
        let (bond, required) = (
            bond.unwrap_or(u128::MAX),
            standing.with_one_more[of as usize],
        );
        let debt = standing.debt;
        if debt != 0 || bond < required {
            return Some(Verdict::BondShort {
                bond,
                required,
                debt,
            });
        }
        (!standing.right).then_some(Verdict::NoRight)
    }

    fn note(&mut self, look: Look) {
        if let Some(bucket) = self.buckets.last_mut() {
            bucket.looks.push(look);
        }
    }

    fn note_full(&mut self, regions: impl Iterator<Item = u8>, full: impl Fn(u8) -> bool) {
        let Some(bucket) = self.buckets.last_mut() else {
            return;
        };
        for region in regions.filter(|region| full(*region)) {
            if !bucket.full_regions.contains(&region) {
                bucket.full_regions.push(region);
            }
        }
    }
}

impl State {
    /// Nodes that each bucket lacks of its target, in ten-thousandths, as [`Bucket::missing`] has it; none for those that
    /// are never chosen. The order in which they are tried is from the most to the least.
    pub fn missing(&self) -> BTreeMap<usize, i64> {
        let total: i64 = self.by_bucket.iter().map(|nodes| i64::from(*nodes)).sum();
        let wanted = (0..BUCKETS).filter(|bucket| self.targets[*bucket] != 0);
        let missing = wanted.map(|bucket| {
            let (active, target) = (self.by_bucket[bucket], self.targets[bucket]);
            let missing = i64::from(target) * (total + 1) - i64::from(active) * WHOLE;
            (bucket, missing)
        });
        missing.collect()
    }
}
