//! Who comes next: load against weight, targets of buckets, caps, and who may stand in one cluster.

use super::NodeType;

/// Regions and consensus clients are numbers below this, so that a set of them is a byte.
pub const KINDS: u8 = 8;

/// A pool's pairs of type and kind: three by three.
pub const BUCKETS: usize = 9;

const WHOLE: u64 = 10_000;

/// The class an operator waits in: (active + 1) / weight, in hundred-thousandths, rounded down. Lower classes are chosen
/// first and asked to exit last; within one, who came first. Beyond the last class there is one order only.
pub fn class(active: u32, weight: u16) -> u16 {
    let load = (u64::from(active) + 1) * 100_000 / u64::from(weight.max(1));
    load.min(u64::from(u16::MAX)) as u16
}

/// Nodes that may be active under a cap, when `total` are: so many basis points, rounded up.
pub fn capped(total: u32, cap: u16) -> u32 {
    (u64::from(total) * u64::from(cap)).div_ceil(WHOLE) as u32
}

/// Nodes of one operator that may be active when `total` are: its cap, but never below twice an even share among the
/// proven operators, so that a young pool can grow. Rounded up.
pub fn operator_cap(total: u32, cap: u16, proven: u32) -> u32 {
    let twice_even = (2 * u64::from(total)).div_ceil(u64::from(proven.max(1)));
    capped(total, cap).max(twice_even.min(u64::from(total)) as u32)
}

/// Whether another cluster may be formed with an unproven operator: one in four of those that may stand formed, and one at
/// least, may be in its key ceremony. So whoever comes with a crowd and refuses every ceremony holds up a part of the growth,
/// and not all of it.
pub fn newcomer_may(allowed: u128, newcomers: u32) -> bool {
    u128::from(newcomers) < (allowed / 4).max(1)
}

/// The bucket furthest below its target that `can` form a cluster; the first of several. Where only buckets above their
/// target can, the least of those: ETH that waits earns nothing. A target of zero is never chosen. `active` (nodes) and
/// `targets` (basis points) go by bucket, at most [`BUCKETS`] of them; one node more is counted, so that an empty pool
/// begins where its target is highest.
pub fn next_bucket(
    active: &[u32],
    targets: &[u16],
    mut can: impl FnMut(usize) -> bool,
) -> Option<usize> {
    let total = sum(active);
    let missing = |bucket: usize| {
        let (active, target) = (active.get(bucket)?, targets.get(bucket)?);
        let wanted = i64::from(*target) * (total + 1);
        (*target != 0).then_some(wanted - i64::from(*active) * WHOLE as i64)
    };
    let mut tried = 0u16;
    loop {
        let mut best: Option<(i64, usize)> = None;
        for bucket in 0..BUCKETS {
            let missing = missing(bucket).filter(|_| tried >> bucket & 1 == 0);
            if missing > best.map(|(missing, _)| missing) {
                best = missing.map(|missing| (missing, bucket));
            }
        }
        let (_, bucket) = best?;
        if can(bucket) {
            return Some(bucket);
        }
        tried |= 1 << bucket;
    }
}

/// The bucket furthest above its target of those with active nodes; the first of several.
pub fn exit_bucket(active: &[u32], targets: &[u16]) -> Option<usize> {
    let total = sum(active);
    let mut best: Option<(i64, usize)> = None;
    for (bucket, (active, target)) in active.iter().zip(targets).enumerate() {
        let above = i64::from(*active) * WHOLE as i64 - i64::from(*target) * total;
        if *active != 0 && best.is_none_or(|(best, _)| above > best) {
            best = Some((above, bucket));
        }
    }
    best.map(|(_, bucket)| bucket)
}

/// Below 2^30: no pool has more than 2^26 nodes, which are 2^31 ETH.
fn sum(active: &[u32]) -> i64 {
    active.iter().map(|count| i64::from(*count)).sum()
}

/// Who could be chosen for a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Number of the operator.
    pub operator: u32,
    /// Whether it is proven.
    pub proven: bool,
    /// Region of its node, below 8.
    pub region: u8,
    /// Consensus client of its node, below 8.
    pub client: u8,
}

/// A cluster as it is put together: of different operators, at most one of them unproven, in so many regions and with
/// so many consensus clients at least.
#[derive(Clone, Debug)]
pub struct Forming {
    members: [u32; 5],
    taken: u8,
    size: u8,
    unproven: bool,
    regions: u8,
    clients: u8,
    least_regions: u8,
    least_clients: u8,
}

impl Forming {
    /// An empty cluster of a type's size, to which the minima are cut.
    pub fn new(of: NodeType, least_regions: u8, least_clients: u8) -> Self {
        let size = of.cluster_size();
        Self {
            members: [0; 5],
            taken: 0,
            size,
            unproven: false,
            regions: 0,
            clients: 0,
            least_regions: least_regions.min(size),
            least_clients: least_clients.min(size),
        }
    }

    /// Whether all places are taken.
    pub fn is_whole(&self) -> bool {
        self.taken == self.size
    }

    /// Whether a node of this region could still be taken, whoever it is of: the places left must be enough for the regions
    /// that are missing.
    pub fn takes_region(&self, region: u8) -> bool {
        let missing = missing(self.least_regions, self.regions | bit(region));
        !self.is_whole() && missing < self.size - self.taken
    }

    /// Whether an unproven operator could still be taken: one in a cluster, and none that would run a validator alone.
    pub fn takes_unproven(&self) -> bool {
        self.size > 1 && !self.unproven
    }

    /// Takes a candidate, if it fits; answers whether it did.
    pub fn take(&mut self, candidate: Candidate) -> bool {
        let Candidate {
            operator,
            proven,
            region,
            client,
        } = candidate;
        let known = self.members().contains(&operator);
        let client_missing = missing(self.least_clients, self.clients | bit(client));
        let fits = self.takes_region(region)
            && client_missing < self.size - self.taken
            && (proven || self.takes_unproven())
            && !known;
        if !fits {
            return false;
        }
        if let Some(place) = self.members.get_mut(usize::from(self.taken)) {
            *place = operator;
        }
        self.taken += 1;
        self.unproven |= !proven;
        self.regions |= bit(region);
        self.clients |= bit(client);
        true
    }

    /// Operators taken so far.
    pub fn members(&self) -> &[u32] {
        let taken = usize::from(self.taken);
        self.members.get(..taken).unwrap_or_default()
    }
}

fn bit(number: u8) -> u8 {
    1 << (number % KINDS)
}

/// How many kinds a set lacks.
fn missing(least: u8, set: u8) -> u8 {
    least.saturating_sub(set.count_ones() as u8)
}
