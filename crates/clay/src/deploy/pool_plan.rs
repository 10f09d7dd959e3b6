//! What a pool consists of. To add a contract of every pool, add it here.

use alloy::primitives::{Address, Bytes, U256};

use super::{
    contract::Contract,
    pool::{Pool, TransferPolicy},
    protocol::{short_name, Place, Places, Programs},
    roles::Roles,
    wire::Wire,
};
use crate::{
    bindings::{
        CsEthToken, FlashExitPool, IcsEthToken, OperatorRegistry, ProtectionPool,
        RewardsDistributor,
        StakeManager::{self, guardianCall, ownerCall, siblingCall},
        UnstakeQueue,
    },
    failure::Failure,
};

/// Where a pool's contracts will be.
pub(super) struct PoolPlaces {
    pub(super) token: Place,
    pub(super) manager: Place,
    pub(super) queue: Place,
    pub(super) flash: Place,
    pub(super) protection: Place,
    pub(super) registry: Place,
    pub(super) distributor: Place,
}

impl Places {
    /// A pool's contracts; `code` is its token's, and `policy` how its shares move, if they are gated.
    pub(super) fn pool_contracts(
        &self,
        pool: Pool,
        programs: &Programs,
        code: Bytes,
        roles: &Roles,
        policy: Option<TransferPolicy>,
    ) -> Result<[Contract; 7], Failure> {
        Ok([
            self.token(pool, code, roles, policy)?,
            self.manager(pool, programs, roles),
            self.queue(pool, programs, roles),
            self.flash(pool, programs, roles),
            self.protection(pool, programs, roles),
            self.registry(pool, programs, roles),
            self.distributor(pool, programs, roles),
        ])
    }

    fn token(
        &self,
        pool: Pool,
        code: Bytes,
        roles: &Roles,
        policy: Option<TransferPolicy>,
    ) -> Result<Contract, Failure> {
        let PoolPlaces { token, manager, .. } = self.of(pool);
        let (name, symbol) = pool.token_names();
        let (name, symbol) = (short_name(name)?, short_name(symbol)?);
        Ok(match policy {
            None => token.program(
                code,
                &CsEthToken::initializeCall {
                    owner: roles.owner,
                    stakeManager: manager.address,
                    name,
                    symbol,
                },
            ),
            Some(policy) => token.program(
                code,
                &IcsEthToken::initializeCall {
                    owner: roles.owner,
                    stakeManager: manager.address,
                    name,
                    symbol,
                    whitelist: self.whitelist(pool),
                    policy: policy.number(),
                },
            ),
        })
    }

    fn manager(&self, pool: Pool, programs: &Programs, roles: &Roles) -> Contract {
        let PoolPlaces { token, manager, .. } = self.of(pool);
        let call = StakeManager::initializeCall {
            owner: roles.owner,
            guardian: roles.guardian,
            token: token.address,
            gateway: roles.gateway,
            facet: programs.facet,
            whitelist: self.whitelist(pool),
            smallestDeposit: pool.smallest_deposit(),
            siblings: self.siblings(pool, roles),
        };
        manager.proxy(programs.manager, &call)
    }

    fn siblings(&self, pool: Pool, roles: &Roles) -> StakeManager::Siblings {
        let at = self.of(pool);
        StakeManager::Siblings {
            unstakeQueue: at.queue.address,
            protectionPool: at.protection.address,
            operatorRegistry: at.registry.address,
            oracleCommittee: self.shared.oracle.address,
            acknowledger: self.shared.acknowledger.address,
            rewardsDistributor: at.distributor.address,
            treasury: roles.treasury,
            flashExitPool: at.flash.address,
        }
    }

    fn queue(&self, pool: Pool, programs: &Programs, roles: &Roles) -> Contract {
        let at = self.of(pool);
        let call = UnstakeQueue::initializeCall {
            owner: roles.owner,
            guardian: roles.guardian,
            stakeManager: at.manager.address,
            token: at.token.address,
            orderImage: programs.image,
            whitelist: self.whitelist(pool),
        };
        at.queue.proxy(programs.queue, &call)
    }

    fn flash(&self, pool: Pool, programs: &Programs, roles: &Roles) -> Contract {
        let PoolPlaces { flash, manager, .. } = self.of(pool);
        let call = FlashExitPool::initializeCall {
            owner: roles.owner,
            guardian: roles.guardian,
            stakeManager: manager.address,
            monthlyAllowance: pool.monthly_allowance(),
            whitelist: self.whitelist(pool),
        };
        flash.proxy(programs.flash, &call)
    }

    fn protection(&self, pool: Pool, programs: &Programs, roles: &Roles) -> Contract {
        let at = self.of(pool);
        let call = ProtectionPool::initializeCall {
            owner: roles.owner,
            stakeManager: at.manager.address,
            token: at.token.address,
        };
        at.protection.proxy(programs.protection, &call)
    }

    fn registry(&self, pool: Pool, programs: &Programs, roles: &Roles) -> Contract {
        let at = self.of(pool);
        let call = OperatorRegistry::initializeCall {
            owner: roles.owner,
            stakeManager: at.manager.address,
            token: at.token.address,
            oracleCommittee: self.shared.oracle.address,
            gateway: roles.gateway,
            rewardsDistributor: at.distributor.address,
            whitelist: self.whitelist(pool),
            allocation: programs.allocation,
            exits: programs.exits,
            targets: pool.targets(),
        };
        at.registry.proxy(programs.registry, &call)
    }

    fn distributor(&self, pool: Pool, programs: &Programs, roles: &Roles) -> Contract {
        let at = self.of(pool);
        let call = RewardsDistributor::initializeCall {
            owner: roles.owner,
            guardian: roles.guardian,
            token: at.token.address,
            stakeManager: at.manager.address,
            operatorRegistry: at.registry.address,
            flashExitPool: at.flash.address,
            oracleCommittee: self.shared.oracle.address,
            whitelist: self.whitelist(pool),
            // The first epoch begins with the deployment.
            genesis: U256::ZERO,
        };
        at.distributor.proxy(programs.distributor, &call)
    }

    /// What must hold between a pool's contracts, and with those it shares.
    pub(super) fn pool_wires(&self, pool: Pool, programs: &Programs, roles: &Roles) -> Vec<Wire> {
        let PoolPlaces {
            token,
            manager,
            queue,
            flash,
            protection,
            registry,
            distributor,
        } = self.of(pool);
        let (whitelist, oracle) = (self.whitelist(pool), self.shared.oracle.address);
        let mut wires = vec![
            token.must(CsEthToken::stakeManagerCall {}, &manager.address),
            manager.must(StakeManager::shareCall {}, &token.address),
            manager.must(StakeManager::facetCall {}, &programs.facet),
            manager.must(StakeManager::whitelistCall {}, &whitelist),
            queue.must(UnstakeQueue::stakeManagerCall {}, &manager.address),
            queue.must(UnstakeQueue::tokenCall {}, &token.address),
            queue.must(UnstakeQueue::orderImageCall {}, &programs.image),
            queue.must(UnstakeQueue::whitelistCall {}, &whitelist),
            flash.must(FlashExitPool::stakeManagerCall {}, &manager.address),
            flash.must(FlashExitPool::whitelistCall {}, &whitelist),
            protection.must(ProtectionPool::stakeManagerCall {}, &manager.address),
            protection.must(ProtectionPool::tokenCall {}, &token.address),
            registry.must(OperatorRegistry::stakeManagerCall {}, &manager.address),
            registry.must(OperatorRegistry::tokenCall {}, &token.address),
            registry.must(OperatorRegistry::oracleCommitteeCall {}, &oracle),
            registry.must(
                OperatorRegistry::facetsCall {},
                &OperatorRegistry::facetsReturn {
                    first: programs.allocation,
                    second: programs.exits,
                },
            ),
            registry.must(OperatorRegistry::whitelistCall {}, &whitelist),
            registry.must(
                OperatorRegistry::rewardsDistributorCall {},
                &distributor.address,
            ),
            distributor.must(RewardsDistributor::tokenCall {}, &token.address),
            distributor.must(RewardsDistributor::stakeManagerCall {}, &manager.address),
            distributor.must(
                RewardsDistributor::operatorRegistryCall {},
                &registry.address,
            ),
            distributor.must(RewardsDistributor::flashExitPoolCall {}, &flash.address),
            distributor.must(RewardsDistributor::oracleCommitteeCall {}, &oracle),
            distributor.must(RewardsDistributor::whitelistCall {}, &whitelist),
        ];
        if pool == Pool::Institutional {
            wires.push(token.must(IcsEthToken::whitelistCall {}, &whitelist));
        }
        let siblings = self.siblings(pool, roles);
        let siblings: [(u8, Address); 7] = [
            (0, siblings.unstakeQueue),
            (1, siblings.protectionPool),
            (2, siblings.operatorRegistry),
            (3, siblings.oracleCommittee),
            (4, siblings.acknowledger),
            (5, siblings.rewardsDistributor),
            (7, siblings.flashExitPool),
        ];
        wires.extend(siblings.map(|(id, sibling)| manager.must(siblingCall { id }, &sibling)));
        wires
    }

    /// Who governs a pool's contracts, and what governs its shares.
    pub(super) fn pool_roles(
        &self,
        pool: Pool,
        roles: &Roles,
        policy: Option<TransferPolicy>,
    ) -> Vec<Wire> {
        let PoolPlaces {
            token,
            manager,
            queue,
            flash,
            protection,
            registry,
            distributor,
        } = self.of(pool);
        let owned = [
            token,
            manager,
            queue,
            flash,
            protection,
            registry,
            distributor,
        ];
        let owned = owned.map(|place| place.must(ownerCall {}, &roles.owner));
        let guarded = [manager, queue, flash, distributor];
        let guarded = guarded.map(|place| place.must(guardianCall {}, &roles.guardian));
        let others = [
            manager.must(StakeManager::gatewayCall {}, &roles.gateway),
            registry.must(OperatorRegistry::gatewayCall {}, &roles.gateway),
            // The one of the manager's siblings that is an account.
            manager.must(siblingCall { id: 6 }, &roles.treasury),
        ];
        let policy =
            policy.map(|policy| token.must(IcsEthToken::transferPolicyCall {}, &policy.number()));
        let wires = owned.into_iter().chain(guarded).chain(others);
        wires.chain(policy).collect()
    }
}
