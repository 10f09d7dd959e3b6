//! Who stands in the next cluster.

use alloc::vec::Vec;

use alloy_primitives::{B256, U256};
use alloy_sol_types::{SolError, SolEvent};
use clay_shared::{
    abi::{answer, revert, Answer, Word},
    host,
    interfaces::IOperatorAllocation::*,
    log,
    operators::{
        bond::BondTerms,
        choice::{
            capped, newcomer_may, next_bucket, operator_cap, Candidate, Forming, BUCKETS,
            KINDS as REGIONS,
        },
        parameters::{
            FORMED_AHEAD, KEY_DEADLINE, LEAST_CLIENTS, LEAST_REGIONS, OPERATOR_CAP, REGION_CAP,
        },
        state::{
            bond_terms, count, line, line_bit, nth, of_bucket,
            of_cluster::{HEAD, KIND, MEMBERS, NEWCOMER, TYPE},
            of_number,
            of_operator::{ACTIVE, LOAD},
            of_region, parameter, state, target_of, unlisted, Cluster, List, Node, Operator,
            PoolTerms, BY_BUCKET, BY_REGION, CLUSTERS, GATEWAY, KEYED, LINES_TAKEN, MOST_MEMBERS,
            NEWCOMERS, PROVEN_OPERATORS, RESERVED, STAKE_MANAGER, TARGETS,
        },
        NodeType,
    },
    storage::Field,
};

/// Operators that are looked at for one bucket (protocol, section 7).
const MOST_LOOKS: usize = 64;
/// Of these the unproven ones: however many they are, they take no more than this of the looks.
const MOST_UNPROVEN_LOOKS: u32 = 16;

/// Forms the next cluster.
pub(crate) fn form_cluster() -> Answer {
    let pool = PoolTerms::ask()?;
    let formed = GATEWAY.get();
    let formed = RESERVED.get(formed) + KEYED.get(formed);
    let allowed = pool.fundable + parameter(&FORMED_AHEAD);
    if formed >= allowed {
        let words = [formed.word(), allowed.word()];
        return Err(revert(EnoughFormed::SELECTOR, &words));
    }
    let mut choice = Choice::new(pool, allowed);
    let (by_bucket, targets) = (BY_BUCKET.get(), TARGETS.get());
    let (mut active, mut target) = ([0; BUCKETS], [0; BUCKETS]);
    for (bucket, (active, target)) in active.iter_mut().zip(&mut target).enumerate() {
        *active = of_bucket(bucket).get(by_bucket) as u32;
        *target = target_of(bucket).get(targets) as u16;
    }
    let mut chosen = None;
    next_bucket(&active, &target, |bucket| {
        chosen = of_number(bucket).filter(|(of, kind)| choice.gather(*of, *kind));
        chosen.is_some()
    });
    match chosen {
        Some((of, kind)) => form(of, kind, &choice.nodes),
        // What was found out about some stays noted, so the next call has fewer to look at.
        None if choice.unlisted => answer(&[B256::ZERO]),
        None => Err(revert(NoClusterPossible::SELECTOR, &[])),
    }
}

/// What a choice is made by, and who was chosen.
struct Choice {
    pool: PoolTerms,
    bond: BondTerms,
    least_regions: u8,
    least_clients: u8,
    /// Nodes of a region and of an operator that may be active, by the size of the cluster.
    region_cap: u16,
    operator_cap: u16,
    /// Active nodes of all.
    total: u32,
    by_region: U256,
    lines: U256,
    /// Whether one of the cluster may be unproven.
    newcomers: bool,
    /// Chosen nodes, in the order of their places.
    nodes: Vec<Node>,
    /// Whether anybody was taken off the lists.
    unlisted: bool,
}

/// Who is next in a line. Of two in one class the one of the first region comes first, and there the unproven one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    class: u16,
    region: u8,
    proven: bool,
    operator: u32,
}

impl Choice {
    fn new(pool: PoolTerms, allowed: u128) -> Self {
        let by_region = BY_REGION.get();
        let mut total = 0;
        for region in 0..REGIONS {
            total += of_region(region).get(by_region) as u32;
        }
        Self {
            pool,
            bond: bond_terms(),
            least_regions: parameter(&LEAST_REGIONS) as u8,
            least_clients: parameter(&LEAST_CLIENTS) as u8,
            region_cap: parameter(&REGION_CAP) as u16,
            operator_cap: parameter(&OPERATOR_CAP) as u16,
            total,
            by_region,
            lines: LINES_TAKEN.get(),
            newcomers: newcomer_may(allowed, NEWCOMERS.get(by_region) as u32),
            nodes: Vec::new(),
            unlisted: false,
        }
    }

    /// Looks for the nodes of a cluster in a bucket, the lowest class first; whether there are enough.
    #[inline(never)]
    fn gather(&mut self, of: NodeType, kind: u8) -> bool {
        let after = self.total + u32::from(of.cluster_size());
        let proven = PROVEN_OPERATORS.get(self.by_region) as u32;
        let most = operator_cap(after, self.operator_cap, proven);
        let region_cap = capped(after, self.region_cap);
        let mut heads: Vec<Head> = Vec::new();
        for place in 0..2 * REGIONS {
            heads.extend(self.head(of, kind, place / 2, place % 2 == 1, None));
        }
        self.nodes.clear();
        let mut forming = Forming::new(of, self.least_regions, self.least_clients);
        // Who was looked at: whoever stands in several regions counts once.
        let (mut looked_at, mut unproven) = (Vec::new(), 0);
        while !forming.is_whole() {
            // Lines whose operators cannot be taken any more are not looked at again.
            heads.retain(|head| {
                let newcomers =
                    self.newcomers && forming.takes_unproven() && unproven < MOST_UNPROVEN_LOOKS;
                (head.proven || newcomers)
                    && forming.takes_region(head.region)
                    && self.in_region(head.region) < region_cap
            });
            let mut next: Option<&mut Head> = None;
            for head in &mut heads {
                if next.as_ref().is_none_or(|next| *head < **next) {
                    next = Some(head);
                }
            }
            let Some(next) = next.filter(|_| looked_at.len() < MOST_LOOKS) else {
                return false;
            };
            let head = *next;
            if !looked_at.contains(&head.operator) {
                looked_at.push(head.operator);
                unproven += u32::from(!head.proven);
            }
            match self.head(of, kind, head.region, head.proven, Some(head.operator)) {
                Some(following) => *next = following,
                // The line is at its end.
                None => heads.retain(|other| *other != head),
            }
            let operator = Operator(head.operator);
            if operator.get(LOAD, ACTIVE) as u32 >= most {
                continue;
            }
            if let Some(reason) = self.reason_against(operator, of) {
                // Its other lines go on behind it: once it has left them, nothing tells where that is.
                heads.retain_mut(|other| {
                    if other.operator != head.operator {
                        return true;
                    }
                    let after = Some(head.operator);
                    let following = self.head(of, kind, other.region, other.proven, after);
                    following.map(|following| *other = following).is_some()
                });
                operator.unlist(reason);
                self.unlisted = true;
                continue;
            }
            let node = Node::load(List::queued(operator, of, head.region).first());
            let taken = forming.take(Candidate {
                operator: head.operator,
                proven: head.proven,
                region: head.region,
                client: node.consensus(),
            });
            if taken {
                self.nodes.push(node);
            }
        }
        true
    }

    /// Active nodes of a region, with those chosen now.
    fn in_region(&self, region: u8) -> u32 {
        let chosen = self.nodes.iter().filter(|node| node.region() == region);
        of_region(region).get(self.by_region) as u32 + chosen.count() as u32
    }

    /// Who is first in a line, or next after an operator there.
    #[inline(never)]
    fn head(
        &self,
        of: NodeType,
        kind: u8,
        region: u8,
        proven: bool,
        after: Option<u32>,
    ) -> Option<Head> {
        if Field::new(line_bit(of, kind, region, proven), 1).get(self.lines) == 0 {
            return None;
        }
        let line = line(of, kind, region, proven);
        let operator = match after {
            None => line.first(),
            Some(operator) => line.after(operator),
        }?;
        Some(Head {
            class: line.class_of(operator)?,
            region,
            proven,
            operator,
        })
    }

    /// Why an operator must leave the lists; none if its bond and right hold.
    #[inline(never)]
    fn reason_against(&self, operator: Operator, of: NodeType) -> Option<u64> {
        if !operator.carries(&self.bond, self.pool.rate, Some(of)) {
            return Some(unlisted::BOND);
        }
        (!operator.may_operate()).then_some(unlisted::RIGHT)
    }
}

/// Puts the chosen nodes into a new cluster.
#[inline(never)]
fn form(of: NodeType, kind: u8, nodes: &[Node]) -> Answer {
    count(STAKE_MANAGER, CLUSTERS, 1);
    count(GATEWAY, RESERVED, 1);
    let cluster = Cluster(CLUSTERS.get(STAKE_MANAGER.get()) as u32);
    let word = TYPE.set(KIND.set(U256::ZERO, kind.into()), of as u128);
    cluster.slot(HEAD).set(word);
    let (of, kind) = ((of as u64).word(), u64::from(kind).word());
    let mut words = [of, kind].to_vec();
    let mut members = U256::ZERO;
    for (place, node) in nodes.iter().enumerate() {
        members = nth(place, 32).set(members, u128::from(node.id));
        words.push(node.word());
    }
    cluster.slot(MEMBERS).set(members);
    words.resize(2 + MOST_MEMBERS, B256::ZERO);
    let deadline = host::now() + parameter(&KEY_DEADLINE) as u64;
    cluster.move_to(state::RESERVED, deadline);
    // Read anew, as one's leaving a queue changes its neighbour's word.
    let mut members = cluster.members();
    if members.iter().any(|node| !node.operator().is_proven()) {
        cluster.set(NEWCOMER, 1);
        count(BY_REGION, NEWCOMERS, 1);
    }
    for node in &mut members {
        node.dequeue(state::RESERVED, cluster.0);
        node.operator().count_live(node.node_type(), 1);
        node.count_active(1);
    }
    words.push(deadline.word());
    log::emit(&[ClusterFormed::SIGNATURE_HASH, cluster.word()], &words);
    answer(&[cluster.word()])
}
