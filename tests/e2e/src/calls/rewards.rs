//! The rewards-distributor's calls: a root is in effect, and the next one is due.

use std::collections::BTreeMap;

use alloy::primitives::{B256, U256};
use clay_shared::storage::Field;

use super::{List, NONE};
use crate::{
    operators::OPERATOR,
    rewards::{Alone, Leaf, Tree},
    Pool,
    RewardsDistributor::*,
    ALICE, BOB, ETH, GUARDIAN, MALLORY, OWNER, TREASURY,
};

/// Slot of the distributor's schedule, and its fields: start and length of the first epoch, delay of a root.
const SCHEDULE: U256 = U256::from_limbs([18, 0, 0, 0]);
const START: Field = Field::new(32, 40);
const LENGTH: Field = Field::new(72, 24);
const DELAY: Field = Field::new(192, 24);
const HOUR: u64 = 60 * 60;

/// What calls of the distributor are about.
#[derive(Clone, Debug, Default)]
pub struct Rewards {
    tree: Tree,
    accounts: Vec<u64>,
}

impl Rewards {
    /// Has the first epoch end now, and puts its root into effect, which says nothing of these operators but that they were
    /// there.
    pub(super) fn begin(pool: &mut Pool, operators: &[U256]) -> Self {
        // Twice the delay of a root, and as long as no epoch may be.
        let (distributor, length) = (pool.distributor, 2 * HOUR);
        let start = pool.chain.timestamp() - length;
        for (field, value) in [(START, start), (LENGTH, length), (DELAY, HOUR)] {
            pool.write(distributor, SCHEDULE, field, u128::from(value));
        }
        let accounts: Vec<u64> = operators.iter().map(|operator| operator.to()).collect();
        let leaf = Leaf {
            rewards: U256::from(1_000_000_000_000_000u64),
            performance: 5_000,
            epochs: 1,
            ..Leaf::default()
        };
        let mut leaves = BTreeMap::from([(1, leaf)]);
        leaves.extend(accounts.iter().map(|account| (*account, leaf)));
        let tree = Tree::new(pool.chain.config().chain_id, distributor, &leaves);
        let rewards = Self { tree, accounts };
        rewards.take_effect(pool, 1);
        rewards
    }

    /// Proposes the root of an epoch, lets it become due, and runs to the end of the next one.
    pub(super) fn take_effect(&self, pool: &mut Pool, epoch: u64) {
        let (committee, distributor) = (pool.committee, pool.distributor);
        pool.run(committee, distributor, NONE, self.proposal(epoch));
        pool.chain.increase_time(2 * HOUR);
        pool.chain.mine(1);
    }

    fn proposal(&self, epoch: u64) -> proposeRootCall {
        proposeRootCall {
            epoch: U256::from(epoch),
            root: self.tree.root(),
            contentHash: B256::repeat_byte(1),
            rewards: ETH / U256::from(10),
            penalties: NONE,
            recovered: NONE,
            uri: "ipfs://epoch".into(),
        }
    }

    /// An operator's leaf.
    pub(super) fn claim(&self, place: usize) -> Claim {
        self.tree.claim(self.accounts[place])
    }
}

impl List<'_> {
    pub(super) fn rewards(&mut self) {
        let at = ("rewards-distributor", self.pool().distributor);
        let rewards = self.at.rewards.clone();
        let committee = self.pool().committee;
        let claim = || rewards.claim(0);
        self.add(at, ALICE, NONE, claim().alone());
        let claims = || vec![rewards.claim(0), rewards.claim(1)];
        self.add(at, BOB, NONE, claimManyCall { claims: claims() });
        self.add(at, OPERATOR, NONE, claim().in_eth(NONE));
        self.add(at, MALLORY, NONE, syncCall { claims: claims() });
        // The one that is due takes effect.
        self.add(at, committee, NONE, rewards.proposal(3));
        self.add(at, MALLORY, NONE, applyRootCall {});
        let first = (committee, rewards.proposal(3));
        self.add_after(first, at, GUARDIAN, vetoRootCall {});
        self.add(at, OWNER, NONE, rearmVetoCall {});

        let length = U256::from(7 * 24 * HOUR);
        self.add(at, OWNER, NONE, setEpochLengthCall { length });
        let delay = U256::from(HOUR);
        self.add(at, OWNER, NONE, setRootDelayCall { delay });
        let whole = U256::from(10_000);
        let factors = setFactorsCall {
            ssv: whole,
            obol: whole,
            direct: whole,
        };
        self.add(at, OWNER, NONE, factors);
        let standing = setStandingCall {
            basisPoints: U256::from(9_700),
        };
        self.add(at, OWNER, NONE, standing);
        self.add(at, OWNER, NONE, setSsvPriceCall { price: ETH });
        let receiver = setReceiverCall {
            account: U256::from(1),
            receiver: TREASURY,
        };
        self.add(at, OWNER, NONE, receiver);
    }
}
