//! A pool that pays its operators: roots over leaves that tests make up. The trees are built here once more, so that
//! `clay-epoch` and the contract are each held against another one.

use std::collections::BTreeMap;

use alloy::{
    primitives::{keccak256, Address, B256, U256},
    sol_types::{SolCall, SolValue},
};

use crate::{
    operators::OPERATOR,
    reported::{eth, wei, Reported, DAY},
    OperatorRegistry::{acceptPayoutCall, offerPayoutCall},
    Pool,
    RewardsDistributor::*,
    StakeManager::autobalanceCall,
    BOB, ETH,
};

/// An account's leaf, without the chain and the contract that it is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leaf {
    /// Shares earned since the beginning.
    pub rewards: U256,
    /// Shares charged since the beginning.
    pub penalties: U256,
    /// 0 to 10,000.
    pub performance: u64,
    /// Epochs counted since the beginning.
    pub epochs: u64,
}

/// The standard tree over leaves, by account.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// Inner nodes first, as the standard tree has them.
    nodes: Vec<B256>,
    leaves: BTreeMap<u64, (Leaf, B256)>,
}

/// Hash of two nodes, the smaller first.
pub fn pair(left: B256, right: B256) -> B256 {
    keccak256([left.min(right), left.max(right)].concat())
}

impl Tree {
    /// A tree for a distributor on a chain.
    pub fn new(chain: u64, distributor: Address, leaves: &BTreeMap<u64, Leaf>) -> Self {
        let hashed = leaves.iter().map(|(account, leaf)| {
            let values = (
                U256::from(chain),
                distributor,
                U256::from(*account),
                leaf.rewards,
                leaf.penalties,
                U256::from(leaf.performance),
                U256::from(leaf.epochs),
            );
            let hash = keccak256(keccak256(values.abi_encode()));
            (*account, (*leaf, hash))
        });
        let leaves: BTreeMap<_, _> = hashed.collect();
        let mut sorted: Vec<B256> = leaves.values().map(|(_, hash)| *hash).collect();
        sorted.sort();
        let mut nodes = vec![B256::ZERO; sorted.len() - 1];
        nodes.extend(sorted.into_iter().rev());
        for inner in (0..leaves.len() - 1).rev() {
            nodes[inner] = pair(nodes[2 * inner + 1], nodes[2 * inner + 2]);
        }
        Self { nodes, leaves }
    }

    /// Its root.
    pub fn root(&self) -> B256 {
        self.nodes[0]
    }

    /// The nodes on the way from an account's leaf to the root.
    pub fn proof(&self, account: u64) -> Vec<B256> {
        let (_, hash) = self.leaves[&account];
        let inner = self.leaves.len() - 1;
        let mut at = (inner..self.nodes.len())
            .find(|place| self.nodes[*place] == hash)
            .expect("a leaf of the tree");
        let mut proof = Vec::new();
        while at > 0 {
            proof.push(self.nodes[if at % 2 == 1 { at + 1 } else { at - 1 }]);
            at = (at - 1) / 2;
        }
        proof
    }

    /// An account's leaf with its proof.
    pub fn claim(&self, account: u64) -> Claim {
        let (leaf, _) = self.leaves[&account];
        Claim {
            account: U256::from(account),
            rewards: leaf.rewards,
            penalties: leaf.penalties,
            performance: U256::from(leaf.performance),
            epochs: U256::from(leaf.epochs),
            proof: self.proof(account),
        }
    }
}

/// An account's claim in a tree so high, of which nobody knows the other leaves; and its root.
pub fn claim_of_height(pool: &Pool, account: u64, leaf: Leaf, height: u64) -> (B256, Claim) {
    let leaves = BTreeMap::from([(account, leaf)]);
    let tree = Tree::new(pool.chain.config().chain_id, pool.distributor, &leaves);
    let mut claim = tree.claim(account);
    claim.proof = (0..height)
        .map(|level| keccak256(level.to_be_bytes()))
        .collect();
    let root = claim
        .proof
        .iter()
        .fold(tree.root(), |node, other| pair(node, *other));
    (root, claim)
}

/// A leaf with its proof, as the arguments of the calls that take one alone.
pub trait Alone {
    /// Of `claim`.
    fn alone(self) -> claimCall;
    /// Of `claimAsEth`.
    fn in_eth(self, minimum: U256) -> claimAsEthCall;
}

impl Alone for Claim {
    fn alone(self) -> claimCall {
        claimCall {
            account: self.account,
            rewards: self.rewards,
            penalties: self.penalties,
            performance: self.performance,
            epochs: self.epochs,
            proof: self.proof,
        }
    }

    fn in_eth(self, minimum: U256) -> claimAsEthCall {
        claimAsEthCall {
            account: self.account,
            rewards: self.rewards,
            penalties: self.penalties,
            performance: self.performance,
            epochs: self.epochs,
            proof: self.proof,
            minAssets: minimum,
        }
    }
}

/// A pool whose operators earn.
#[derive(Clone)]
pub struct Rewarded {
    /// The pool and its reports.
    pub story: Reported,
    /// What the next root says of each account.
    pub leaves: BTreeMap<u64, Leaf>,
    /// Shares that all roots so far recover.
    pub recovered: U256,
    /// The epoch that ended last.
    pub epoch: u64,
}

impl Default for Rewarded {
    fn default() -> Self {
        Self::new()
    }
}

impl Rewarded {
    /// A pool of 1,000 ETH, 960 of it on the beacon chain, whose first epoch is over.
    pub fn new() -> Self {
        Self::of(Reported::new())
    }

    /// The same with a pool of one's own.
    pub fn of(story: Reported) -> Self {
        let mut world = Self {
            story,
            leaves: BTreeMap::new(),
            recovered: U256::ZERO,
            epoch: 0,
        };
        world.week();
        world
    }

    /// The pool.
    pub fn pool(&mut self) -> &mut Pool {
        &mut self.story.pool
    }

    /// Runs to the end of the next epoch, with a gain a day; the last report closes it.
    pub fn week(&mut self) {
        self.epoch += 1;
        let epoch = U256::from(self.epoch);
        let end: u64 = self.view(epochEndCall { epoch }).to();
        loop {
            let ends = self.story.pool.chain.timestamp() + DAY >= end;
            let number = if ends { self.epoch as u32 } else { 0 };
            self.story.day(|report| {
                report.leftSeen += wei(eth(1) / U256::from(10));
                report.epoch = number;
            });
            if ends {
                return;
            }
        }
    }

    /// A day, and a report that closes no epoch.
    pub fn day(&mut self) {
        self.story.day(|report| report.epoch = 0);
    }

    /// Asks the distributor.
    pub fn view<C: SolCall>(&self, call: C) -> C::Return {
        self.story.pool.view(self.story.pool.distributor, call)
    }

    /// Sends the distributor a call that it takes.
    pub fn run<C: SolCall>(&mut self, from: Address, call: C) -> C::Return {
        let distributor = self.story.pool.distributor;
        self.story.pool.run(from, distributor, U256::ZERO, call).0
    }

    /// Shares of an operator's leaf from here on.
    pub fn earns(&mut self, account: u64, shares: U256) {
        let leaf = self.leaves.entry(account).or_insert(Leaf {
            performance: 9_000,
            ..Leaf::default()
        });
        leaf.rewards += shares;
        leaf.epochs += 1;
    }

    /// The tree over the leaves.
    pub fn tree(&self) -> Tree {
        let pool = &self.story.pool;
        Tree::new(pool.chain.config().chain_id, pool.distributor, &self.leaves)
    }

    /// The root of the epoch that ended last.
    pub fn proposal(&self) -> proposeRootCall {
        let sum = |of: fn(&Leaf) -> U256| self.leaves.values().map(of).sum();
        proposeRootCall {
            epoch: U256::from(self.epoch),
            root: self.tree().root(),
            contentHash: B256::repeat_byte(0xcc),
            rewards: sum(|leaf| leaf.rewards),
            penalties: sum(|leaf| leaf.penalties),
            recovered: self.recovered,
            uri: "ipfs://epoch".into(),
        }
    }

    /// Has the committee propose that root.
    pub fn propose(&mut self) -> Tree {
        let (call, committee) = (self.proposal(), self.story.pool.committee);
        self.run(committee, call);
        self.tree()
    }

    /// The same, and lets it take effect.
    pub fn take_effect(&mut self) -> Tree {
        let tree = self.propose();
        self.story.pool.chain.increase_time(DAY);
        self.run(BOB, applyRootCall {});
        tree
    }

    /// Fills the flash reserve.
    pub fn top_up(&mut self) {
        let (manager, limit) = (self.story.pool.manager, U256::from(1));
        self.pool()
            .run(BOB, manager, U256::ZERO, autobalanceCall { limit });
    }

    /// Has an operator paid to another address.
    pub fn pays_to(&mut self, account: u64, payout: Address) {
        let operator = U256::from(account);
        let registry = self.story.pool.registry;
        let pool = self.pool();
        pool.chain.impersonate(payout);
        pool.chain.set_balance(payout, ETH);
        let offer = offerPayoutCall { operator, payout };
        pool.run(OPERATOR, registry, U256::ZERO, offer);
        for _ in 0..3 {
            self.day();
        }
        let pool = self.pool();
        pool.run(payout, registry, U256::ZERO, acceptPayoutCall { operator });
        // Nothing of the fees that the account pays for its calls with is left.
        pool.chain.set_balance(payout, U256::ZERO);
    }

    /// The operators' numbers.
    pub fn operators(&self) -> Vec<u64> {
        let operators = self.story.pool.operators().into_iter();
        operators.map(|operator| operator.to()).collect()
    }

    /// So many thousandths of a share: a week's fees are 36.
    pub fn shares(thousandths: u64) -> U256 {
        U256::from(thousandths) * ETH / U256::from(1_000)
    }
}
