//! The operator-registry's calls, and nodes and clusters in each state that one of them needs.

use alloy::primitives::{Address, Bytes, B256, U256};
use clay_shared::kyc::{HOLD, OPERATE, REDEEM};

use super::{rewards::Rewards, List, CAROL, HEIR, NONE};
use crate::{
    operators::{key_material, OPERATOR},
    reported::{eth, Reported},
    OperatorRegistry::*,
    Pool,
    RewardsDistributor::syncCall,
    ETH, OWNER,
};

/// Numbers at the registry.
const INSTITUTION: u8 = 2;
const SSV: u8 = 0;
const DIRECT: u8 = 2;
const FORMED_AHEAD: u8 = 10;
const ACTIVE: u8 = 1;

/// What calls of the registry are about.
#[derive(Clone, Debug, Default)]
pub struct Operators {
    /// An operator with nodes and a bond.
    operator: U256,
    /// One whose leaf is not applied.
    unjudged: U256,
    /// One with a bond and without nodes, whose payout address was offered to the heir.
    spare: U256,
    /// Clusters whose exit was asked for days ago: one that has left since, and one that has not.
    left: U256,
    overdue: U256,
    /// A cluster whose validator's ETH is on its way.
    funded: U256,
    /// A cluster of five all of whose members failed each other, and one whose ceremony runs.
    failed: U256,
    running: U256,
    /// A cluster of one without a key.
    keyless: U256,
    /// A node that waits.
    queued: U256,
}

impl Operators {
    /// What must be there for days.
    pub(super) fn early(story: &mut Reported) -> Self {
        let pool = &mut story.pool;
        pool.chain.set_balance(OPERATOR, eth(100));
        if !pool.view(pool.registry, whitelistCall {}).is_zero() {
            pool.admit(&[HEIR], OPERATE);
        }
        let operators = pool.operators();
        for operator in &operators {
            let call = bondCall {
                operator: *operator,
            };
            pool.run(OPERATOR, pool.registry, eth(4), call);
        }
        let call = registerCall {
            kind: INSTITUTION,
            payout: CAROL,
            metadataHash: B256::ZERO,
        };
        let (spare, _) = pool.run(OPERATOR, pool.registry, ETH, call);
        let offer = offerPayoutCall {
            operator: spare,
            payout: HEIR,
        };
        pool.run(OPERATOR, pool.registry, NONE, offer);
        let [left, overdue, funded] = [0, 1, 2].map(|place| {
            let index = U256::from(place);
            pool.view(pool.registry, fundedClusterCall { index })
        });
        for cluster in [left, overdue] {
            let exit = requestExitCall {
                node: first_node(pool, cluster),
                fastTrack: true,
            };
            pool.run(OPERATOR, pool.registry, NONE, exit);
        }
        Self {
            spare,
            left,
            overdue,
            funded,
            ..Self::default()
        }
    }

    /// The rest, days later.
    pub(super) fn finish(&mut self, story: &mut Reported) -> Rewards {
        let pool = &mut story.pool;
        let (registry, committee) = (pool.registry, pool.committee);
        pool.run(committee, registry, NONE, Pool::exited(&[self.left]));
        let id = first_node(pool, self.left);
        self.operator = pool.view(registry, nodeCall { id }).operator;
        let mut operators = pool.operators();
        operators.retain(|operator| *operator != self.spare);
        let mut others = operators.iter().filter(|it| **it != self.operator);
        self.unjudged = *others.next().expect("more than one operator");
        let rewards = Rewards::begin(pool, &[self.operator, self.unjudged]);
        let claims = vec![rewards.claim(0)];
        let distributor = pool.distributor;
        pool.run(OPERATOR, distributor, NONE, syncCall { claims });
        rewards.take_effect(pool, 2);
        pool.chain.impersonate(distributor);
        pool.chain.set_balance(distributor, eth(10));
        if !pool.view(registry, whitelistCall {}).is_zero() {
            // It exits by a claim.
            pool.admit(&[OPERATOR], OPERATE | HOLD | REDEEM);
        }

        let ahead = setParameterCall {
            id: FORMED_AHEAD,
            value: U256::from(20),
        };
        pool.run(OWNER, registry, NONE, ahead);
        for (place, operator) in (0..).zip(&operators) {
            pool.run(OPERATOR, registry, NONE, nodes(*operator, SSV, place, 2));
        }
        let form = |pool: &mut Pool| pool.run(OPERATOR, registry, NONE, formClusterCall {}).0;
        self.failed = form(pool);
        self.running = form(pool);
        let members = pool.view(registry, clusterCall { id: self.failed }).nodes;
        for (place, node) in members.into_iter().enumerate() {
            let failed = 1 << ((place + 1) % members.len());
            let name = nameFailedCall { node, failed };
            pool.run(OPERATOR, registry, NONE, name);
        }
        let more = nodes(self.operator, DIRECT, 0, 2);
        let (first, _) = pool.run(OPERATOR, registry, NONE, more);
        self.queued = first + U256::from(1);
        self.keyless = form(pool);
        assert_eq!(first_node(pool, self.keyless), first);
        rewards
    }
}

/// The node in the first place of a cluster.
fn first_node(pool: &Pool, id: U256) -> U256 {
    pool.view(pool.registry, clusterCall { id }).nodes[0]
}

/// A clean leaf of the first epoch.
fn leaf(operator: U256) -> applyLeafCall {
    applyLeafCall {
        operator,
        epoch: U256::from(1),
        cumulativePenalty: NONE,
        performance: U256::from(5_000),
        epochs: U256::from(1),
    }
}

/// Adds nodes in the region of a number, with clients of it.
fn nodes(operator: U256, of: u8, number: u8, count: u64) -> addNodesCall {
    addNodesCall {
        operator,
        nodeType: of,
        region: number,
        executionClient: number,
        consensusClient: number,
        identity: Bytes::new(),
        count: U256::from(count),
    }
}

impl List<'_> {
    pub(super) fn registry(&mut self) {
        let at = ("operator-registry", self.pool().registry);
        self.records(at);
        self.bonds(at);
        self.settings(at);
        self.clusters(at);
        self.exits(at);
    }

    fn records(&mut self, at: (&'static str, Address)) {
        let Operators {
            operator, spare, ..
        } = self.at.operators;
        let register = registerCall {
            kind: INSTITUTION,
            payout: OPERATOR,
            metadataHash: B256::ZERO,
        };
        self.add(at, OPERATOR, NONE, register);
        let offer = offerManagerCall {
            operator,
            manager: HEIR,
        };
        self.add(at, OPERATOR, NONE, offer.clone());
        let accept = acceptManagerCall { operator };
        self.add_after((OPERATOR, offer), at, HEIR, accept);
        let offer = offerPayoutCall {
            operator,
            payout: HEIR,
        };
        self.add(at, OPERATOR, NONE, offer);
        self.add(at, HEIR, NONE, acceptPayoutCall { operator: spare });
        let metadata = setMetadataHashCall {
            operator,
            metadataHash: B256::ZERO,
        };
        self.add(at, OPERATOR, NONE, metadata);
        let vouched = true;
        self.add(at, OWNER, NONE, vouchCall { operator, vouched });
    }

    fn bonds(&mut self, at: (&'static str, Address)) {
        let Operators {
            operator,
            unjudged,
            spare,
            left,
            ..
        } = self.at.operators;
        let shares = U256::from(1);
        let distributor = self.pool().distributor;
        self.add(at, OPERATOR, ETH, bondCall { operator });
        let announce = announceWithdrawalCall { operator, shares };
        self.add(at, OPERATOR, NONE, announce);
        let withdraw = withdrawBondCall {
            operator: spare,
            shares,
        };
        self.add(at, OPERATOR, NONE, withdraw);
        let nodes = vec![first_node(self.pool(), left).to()];
        self.add(at, OPERATOR, NONE, settleCall { nodes });
        self.add(at, OPERATOR, NONE, checkBondCall { operator });
        self.add(at, distributor, NONE, leaf(unjudged));
        self.add(at, distributor, NONE, creditBondCall { operator, shares });
        let root = noteRootCall {
            epoch: U256::from(2),
            endsAt: U256::from(self.pool().chain.timestamp()),
        };
        self.add(at, distributor, NONE, root);
    }

    fn settings(&mut self, at: (&'static str, Address)) {
        let targets = [0, 0, 5_000, 0, 0, 0, 0, 0, 5_000];
        self.add(at, OWNER, NONE, setTargetsCall { targets });
        let (id, value) = (FORMED_AHEAD, NONE);
        self.add(at, OWNER, NONE, setParameterCall { id, value });
        let rewards_distributor = setRewardsDistributorCall {
            rewardsDistributor: self.pool().distributor,
        };
        self.add(at, OWNER, NONE, rewards_distributor);
        let relay = B256::ZERO;
        let allowed = true;
        self.add(at, OWNER, NONE, setRelayCall { relay, allowed });
        let facets = self.pool().view(at.1, facetsCall {});
        let upgrade = upgradeWithFacetsCall {
            implementation: self.pool().program_of(at.1),
            firstFacet: facets.first,
            secondFacet: facets.second,
            data: Bytes::new(),
        };
        self.add(at, OWNER, NONE, upgrade);
    }

    fn clusters(&mut self, at: (&'static str, Address)) {
        let Operators {
            operator,
            failed,
            running,
            keyless,
            queued,
            ..
        } = self.at.operators;
        self.add(at, OPERATOR, NONE, nodes(operator, DIRECT, 0, 1));
        let waiting = vec![queued.to()];
        self.add(at, OPERATOR, NONE, removeNodesCall { nodes: waiting });
        self.add(at, OPERATOR, NONE, rejoinCall { operator });
        self.add(at, OPERATOR, NONE, formClusterCall {});
        let submit = submitKeyCall {
            node: first_node(self.pool(), keyless),
            result: key_material(keyless.to()),
        };
        self.add(at, OPERATOR, NONE, submit);
        let name = nameFailedCall {
            node: first_node(self.pool(), running),
            failed: 1 << 1,
        };
        self.add(at, OPERATOR, NONE, name);
        self.add(at, OPERATOR, NONE, dissolveCall { cluster: failed });
        let fund = fundCall {
            count: U256::from(1),
            rateAssets: ETH,
            rateShares: ETH,
        };
        self.add(at, self.pool().manager, eth(32), fund);
    }

    fn exits(&mut self, at: (&'static str, Address)) {
        let Pool {
            manager, committee, ..
        } = *self.pool();
        let Operators {
            overdue, funded, ..
        } = self.at.operators;
        let assets = ETH;
        self.add(at, manager, NONE, requestExitsCall { assets });
        let exit = requestExitCall {
            node: first_node(self.pool(), funded),
            fastTrack: false,
        };
        self.add(at, OPERATOR, NONE, exit);
        let post = postExitPartCall {
            node: first_node(self.pool(), overdue),
            part: vec![7; 96].into(),
        };
        self.add(at, OPERATOR, NONE, post.clone());
        let declare = declareFalseCall {
            cluster: overdue,
            places: 1,
        };
        self.add_after((OPERATOR, post), at, committee, declare);
        let force = forceExitCall { cluster: overdue };
        self.add(at, OPERATOR, U256::from(1), force);
        let confirm = confirmCall {
            clusters: vec![funded],
            outcomes: vec![ACTIVE],
            losses: vec![NONE],
        };
        self.add(at, committee, NONE, confirm);
    }
}
