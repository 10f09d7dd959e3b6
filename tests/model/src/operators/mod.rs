//! The operators of one pool: who they are, what stands behind their validators, who is chosen, and who has to leave.
//!
//! Written from `docs/operators.md`, the design and the interface's documentation. The pool's own books are not here: the
//! caller says at which rate bonds are priced, and how many shares a deposit buys.
//!
//! | file | concept |
//! |---|---|
//! | `parameters` | the governed numbers and their bounds |
//! | `bonds` | what nodes require, what a bond carries; adding, charging, withdrawing |
//! | `score` | conduct, weight, class |
//! | `records` | registering, changing keys, vouching |
//! | `lines` | who can be chosen, in which order |
//! | `nodes` | queued nodes |
//! | `choice` | the next bucket and the next cluster |
//! | `ceremonies` | keys, and clusters that come to nothing |
//! | `funding` | from key to validator |
//! | `requests` | exits asked for |
//! | `outcomes` | parts of exits, and what became of validators |
//! | `leaves` | what an epoch's root says of an operator |

pub mod bonds;
pub mod ceremonies;
pub mod choice;
pub mod funding;
pub mod leaves;
pub mod lines;
pub mod nodes;
pub mod outcomes;
pub mod parameters;
pub mod records;
pub mod requests;
pub mod score;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    exact::int,
    refusal::{refusal, require, Answer},
    Account, Exact, Int, Refusal, DAY,
};

pub use bonds::Bond;
pub use ceremonies::Key;
pub use lines::{Lane, Lines, Standing};
pub use parameters::{Parameter, Parameters};

/// Seconds of an epoch.
pub const EPOCH: u64 = 7 * DAY;
/// The number of the first operator.
pub const FIRST_OPERATOR: u32 = 16;
/// Wei of a validator.
pub const VALIDATOR: u64 = 32;

/// How a node takes part in a validator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Type {
    /// One of five.
    Ssv,
    /// One of four.
    Obol,
    /// Alone.
    Direct,
}

impl Type {
    /// All, by number.
    pub const ALL: [Type; 3] = [Type::Ssv, Type::Obol, Type::Direct];

    /// Nodes of a cluster.
    pub fn size(self) -> usize {
        match self {
            Type::Ssv => 5,
            Type::Obol => 4,
            Type::Direct => 1,
        }
    }
}

/// Where a node stands, or a cluster; the number is that of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum State {
    /// Waits to be chosen.
    Queued = 1,
    /// In a cluster without a key.
    Reserved,
    /// In a cluster with a key.
    Keyed,
    /// Its validator's ETH is on the way.
    Funded,
    /// Its validator works.
    Active,
    /// Its validator is to leave.
    Exiting,
    /// Its validator's ETH is back.
    Done,
    /// Of a node: it needs no bond any more.
    Settled,
    /// Of a node: taken off the queue.
    Removed,
    /// Of a cluster; the interface's number is 8 too.
    Dissolved,
}

impl State {
    /// Its number at the interface.
    pub fn number(self) -> u8 {
        match self {
            State::Dissolved => 8,
            other => other as u8,
        }
    }

    /// Whether a node in it counts as load.
    pub fn is_load(self) -> bool {
        (State::Reserved..=State::Active).contains(&self)
    }

    /// Whether a node in it needs a bond.
    pub fn is_live(self) -> bool {
        (State::Reserved..=State::Done).contains(&self)
    }
}

/// What the stake-manager says of the pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Wei of all shares.
    pub assets: Int,
    /// All shares.
    pub shares: Int,
    /// Validators that free ETH can fund.
    pub fundable: u64,
}

impl Terms {
    /// Wei that shares are worth, rounded down.
    pub fn worth(&self, shares: &Int) -> Int {
        crate::floor(Exact::new(shares * &self.assets, self.shares.clone()))
    }

    /// Shares that wei cost, rounded up.
    pub fn cost(&self, wei: &Int) -> Int {
        crate::ceil(Exact::new(wei * &self.shares, self.assets.clone()))
    }
}

/// An operator.
#[derive(Clone, Debug)]
pub struct Operator {
    /// 0 home, 1 professional, 2 institution.
    pub kind: u8,
    /// Acts for it.
    pub manager: Account,
    /// Is paid.
    pub payout: Account,
    /// Stands for the hash of what it publishes.
    pub metadata: u8,
    /// Who may become its manager.
    pub offered_manager: Account,
    /// Who may become its payout address.
    pub offered_payout: Account,
    /// Seconds: from when on.
    pub payout_from: u64,
    /// See [`Bond`].
    pub bond: Bond,
    /// 0 to 10,000.
    pub performance: u64,
    /// 0 to 10,000.
    pub conduct: u64,
    /// Epochs without a penalty.
    pub clean_epochs: u64,
    /// Epochs that leaves have counted.
    pub counted_epochs: u64,
    /// Governance stands up for it.
    pub vouched: bool,
    /// As it counts: asked for when leaves and vouching change it.
    pub proven: bool,
    /// Ceremonies it failed.
    pub failed: u64,
    /// Seconds: it cannot be listed before.
    pub suspended_until: u64,
    /// It can be chosen.
    pub stands: bool,
    /// A validator of its was funded once.
    pub funded_once: bool,
}

/// A node.
#[derive(Clone, Debug)]
pub struct Node {
    /// Whose.
    pub operator: u32,
    /// Its type.
    pub of: Type,
    /// Below 8.
    pub region: u8,
    /// Below 8.
    pub execution: u8,
    /// Below 8.
    pub consensus: u8,
    /// Where it stands.
    pub state: State,
    /// Its last cluster, or 0.
    pub cluster: u32,
    /// Seconds.
    pub since: u64,
}

/// A cluster.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// Its type.
    pub of: Type,
    /// Its members' kind.
    pub kind: u8,
    /// Where it stands.
    pub state: State,
    /// Nodes by place.
    pub nodes: Vec<u32>,
    /// Seconds.
    pub since: u64,
    /// Seconds, or 0.
    pub deadline: u64,
    /// Results of its ceremony by place.
    pub results: Vec<Option<Key>>,
    /// The result that came first.
    pub first_result: Option<Key>,
    /// Whom each has named.
    pub named: Vec<u8>,
    /// When each posted its part of the exit.
    pub parts: Vec<Option<Part>>,
    /// Seconds: when its validator became active.
    pub active_since: Option<u64>,
    /// When it was funded.
    pub funded_at: u64,
    /// Why it exits.
    pub reason: Option<Reason>,
    /// The node whose manager asked for it, or whose operator gave the reason.
    pub because_of: Option<u32>,
    /// An operator of it was unproven when it was formed.
    pub newcomer: bool,
}

/// A part of an exit's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Stands for its bytes.
    pub bytes: u8,
    /// Seconds.
    pub at: u64,
    /// In time.
    pub timely: bool,
    /// It still counts: it was not declared false.
    pub stands: bool,
}

/// Why a cluster exits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Reason {
    /// For orders of the pool.
    Orders,
    /// At a member's request.
    Member,
    /// A bond is short.
    Short,
    /// Nobody asked.
    Forced,
    /// A right to operate is lost.
    Unlicensed,
}

/// The current root.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Root {
    /// Its epoch.
    pub epoch: u64,
    /// Seconds: when that ended.
    pub ends_at: u64,
    /// Seconds: when it took effect.
    pub since: u64,
}

/// All operators of a pool.
#[derive(Clone, Debug)]
pub struct Registry {
    /// Seconds.
    pub now: u64,
    /// What the stake-manager says; or how it refuses while nothing is priced.
    pub terms: Answer<Terms>,
    /// What the stake-manager last said of the rate, by which leaves are applied at any time.
    pub last_terms: Terms,
    /// Who has the right to operate; none if that is not asked.
    pub may_operate: Option<BTreeSet<Account>>,
    /// The governed numbers.
    pub parameters: Parameters,
    /// Basis points by bucket.
    pub targets: [u64; 9],
    /// By number.
    pub operators: BTreeMap<u32, Operator>,
    /// By number.
    pub nodes: BTreeMap<u32, Node>,
    /// By number.
    pub clusters: BTreeMap<u32, Cluster>,
    /// Numbers of clusters that wait for ETH.
    pub keyed: Vec<u32>,
    /// Numbers of clusters by the place in the order of funding.
    pub funded: Vec<u32>,
    /// Queued nodes of an operator, type and region; the first that came first.
    pub queues: BTreeMap<(u32, Type, u8), Vec<u32>>,
    /// Nodes of an operator and type that are funded or active; the first that came first.
    pub working: BTreeMap<(u32, Type), Vec<u32>>,
    /// See [`Lines`].
    pub lines: Lines,
    /// Keys that were agreed on once.
    pub used_keys: BTreeSet<u64>,
    /// Clusters asked to exit ever, or found to.
    pub asked: u64,
    /// Clusters exited ever.
    pub exited: u64,
    /// The day of the next slot, and slots used of it.
    pub slots: (u64, u64),
    /// The current root.
    pub root: Root,
    /// Shares burned ever.
    pub burned: Int,
    /// Penalties announced by event in the last call: operator, cluster, wei.
    pub expected: Vec<(u32, u32, Int)>,
}

impl Registry {
    /// A new one.
    pub fn new(now: u64, terms: Terms, targets: [u64; 9]) -> Self {
        Self {
            now,
            terms: Ok(terms.clone()),
            last_terms: terms,
            may_operate: None,
            parameters: Parameters::default(),
            targets,
            operators: BTreeMap::new(),
            nodes: BTreeMap::new(),
            clusters: BTreeMap::new(),
            keyed: Vec::new(),
            funded: Vec::new(),
            queues: BTreeMap::new(),
            working: BTreeMap::new(),
            lines: Lines::default(),
            used_keys: BTreeSet::new(),
            asked: 0,
            exited: 0,
            slots: (0, 0),
            root: Root::default(),
            burned: int(0),
            expected: Vec::new(),
        }
    }

    /// Does something, or nothing at all if it is refused.
    pub fn attempt<T>(&mut self, action: impl FnOnce(&mut Self) -> Answer<T>) -> Answer<T> {
        let mut after = self.clone();
        after.expected.clear();
        let answer = action(&mut after)?;
        *self = after;
        Ok(answer)
    }

    /// The number of the last operator; one below the first before there is one.
    pub fn largest_operator(&self) -> u32 {
        FIRST_OPERATOR + self.operators.len() as u32 - 1
    }

    /// The bucket of a type and kind.
    pub fn bucket(of: Type, kind: u8) -> usize {
        of as usize * 3 + usize::from(kind)
    }

    /// An operator that there is, or the refusal.
    pub fn operator(&self, id: u32) -> Answer<&Operator> {
        self.operators
            .get(&id)
            .ok_or_else(|| self.unknown_operator(id))
    }

    pub(crate) fn operator_mut(&mut self, id: u32) -> &mut Operator {
        self.operators.get_mut(&id).expect("found before")
    }

    fn unknown_operator(&self, id: u32) -> Refusal {
        refusal!(UnknownOperator, id, FIRST_OPERATOR, self.largest_operator())
    }

    /// A node that there is, or the refusal.
    pub fn node(&self, id: u32) -> Answer<&Node> {
        let largest = self.nodes.len() as u32;
        self.nodes
            .get(&id)
            .ok_or_else(|| refusal!(UnknownNode, id, largest))
    }

    /// A cluster that there is, or the refusal.
    pub fn cluster(&self, id: u32) -> Answer<&Cluster> {
        let largest = self.clusters.len() as u32;
        self.clusters
            .get(&id)
            .ok_or_else(|| refusal!(UnknownCluster, id, largest))
    }

    pub(crate) fn cluster_mut(&mut self, id: u32) -> &mut Cluster {
        self.clusters.get_mut(&id).expect("found before")
    }

    /// The operators of a cluster's members, by place.
    pub fn members(&self, cluster: u32) -> Vec<u32> {
        let nodes = self.clusters[&cluster].nodes.iter();
        nodes.map(|node| self.nodes[node].operator).collect()
    }

    /// Nodes of an operator that need a bond, by type.
    pub fn live(&self, operator: u32) -> [u64; 3] {
        Type::ALL.map(|of| {
            self.count(|node| node.operator == operator && node.of == of && node.state.is_live())
        })
    }

    /// Nodes of an operator that count as load.
    pub fn load(&self, operator: u32) -> u64 {
        self.count(|node| node.operator == operator && node.state.is_load())
    }

    /// Nodes that count as load, by bucket.
    pub fn by_bucket(&self) -> [u64; 9] {
        let mut by_bucket = [0; 9];
        for node in self.nodes.values().filter(|node| node.state.is_load()) {
            by_bucket[Self::bucket(node.of, self.operators[&node.operator].kind)] += 1;
        }
        by_bucket
    }

    /// Nodes that count as load, by region.
    pub fn by_region(&self) -> [u64; 8] {
        [0, 1, 2, 3, 4, 5, 6, 7]
            .map(|region| self.count(|node| node.region == region && node.state.is_load()))
    }

    /// Operators that are proven.
    pub fn proven(&self) -> u64 {
        let all = self.operators.values();
        all.filter(|operator| operator.proven).count() as u64
    }

    fn count(&self, which: impl Fn(&Node) -> bool) -> u64 {
        self.nodes.values().filter(|node| which(node)).count() as u64
    }

    pub(crate) fn set_state(&mut self, node: u32, state: State) {
        let now = self.now;
        let node = self.nodes.get_mut(&node).expect("a node");
        node.state = state;
        node.since = now;
    }

    pub(crate) fn enter(&mut self, cluster: u32, state: State, deadline: u64) {
        let now = self.now;
        let cluster = self.cluster_mut(cluster);
        cluster.state = state;
        cluster.since = now;
        cluster.deadline = deadline;
    }

    pub(crate) fn only(&self, caller: Account, needed: Account, error: &'static str) -> Answer<()> {
        match caller == needed {
            true => Ok(()),
            false => Err(Refusal {
                error,
                words: vec![caller.into(), needed.into()],
            }),
        }
    }

    pub(crate) fn only_manager(&self, caller: Account, operator: u32) -> Answer<()> {
        self.only(caller, self.operators[&operator].manager, "OnlyManager")
    }

    /// Whether an account has the right to operate.
    pub fn has_right(&self, account: Account) -> bool {
        let may = self.may_operate.as_ref();
        may.is_none_or(|may| may.contains(&account))
    }

    pub(crate) fn check_right(&self, account: Account) -> Answer<()> {
        // What the whitelist says is not told here.
        require!(self.has_right(account), RightMissing);
        Ok(())
    }
}
