//! What a pool consists of: the list a deployment works through. To add a contract, add it here.

use std::{fs, path::Path};

use alloy::{
    primitives::{Address, Bytes, FixedBytes, B256},
    sol_types::SolCall,
};

use super::{
    contract::{Call, Contract, Kind},
    pool::Pool,
    roles::{Committee, Roles},
    wire::Wire,
};
use crate::{
    bindings::{
        CsEthToken, FlashExitPool, OperatorRegistry, ProtectionPool,
        Quorum::{self, isAllowedCall, membersCall, quorumCall},
        StakeManager::{
            self, acknowledgeCall, flagSlashingCall, guardianCall, ownerCall, reportCall,
            siblingCall,
        },
        UnstakeQueue,
    },
    bytecode::{deployer, program},
    failure::Failure,
};

/// A pool's contracts in the order in which they are created, and what must hold after.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The contracts.
    pub contracts: Vec<Contract>,
    /// What must hold between them.
    pub wires: Vec<Wire>,
    /// Who governs them. What stands already must agree before anything is sent.
    pub roles: Vec<Wire>,
}

/// Plans `pool`, deployed by `account` from the WASM files in `programs`. `namespace` and `version` go into
/// the salts: another of either is another deployment.
///
/// # Errors
/// [`Failure::File`] if a program is missing or too large for an account's code.
pub fn plan(
    pool: Pool,
    account: Address,
    roles: &Roles,
    programs: &Path,
    namespace: &str,
    version: &str,
) -> Result<Plan, Failure> {
    let shared = |name| {
        let code = load_program(programs, name)?;
        Ok::<_, Failure>(Contract::implementation(namespace, name, code))
    };
    let place = |name, abi| {
        let salt = Contract::pool_salt(namespace, pool.name(), name, version);
        Place {
            name: format!("{}/{name}", pool.name()),
            abi,
            salt,
            address: deployer::predict(deployer::deployer_address(), account, salt),
        }
    };
    let manager = shared("stake-manager")?;
    let reports = shared("stake-manager-reports")?;
    let queue = shared("unstake-queue")?;
    let image = shared("order-image")?;
    let flash = shared("flash-exit-pool")?;
    let protection = shared("protection-pool")?;
    let registry = shared("operator-registry")?;
    let quorum = shared("quorum")?;

    // The contracts name each other, so each is set up with the others' future addresses.
    let at = Places {
        token: place("cs-eth-token", "cs-eth-token"),
        manager: place("stake-manager", "stake-manager"),
        facet: reports.address(account),
        queue: place("unstake-queue", "unstake-queue"),
        image: image.address(account),
        flash: place("flash-exit-pool", "flash-exit-pool"),
        protection: place("protection-pool", "protection-pool"),
        registry: place("operator-registry", "operator-registry"),
        oracle: place("oracle-committee", "quorum"),
        acknowledger: place("acknowledger", "quorum"),
    };
    let quorum_program = quorum.address(account);
    let pools = [
        at.token(load_program(programs, "cs-eth-token")?, pool, roles)?,
        at.manager(manager.address(account), pool, roles),
        at.queue(queue.address(account), roles),
        at.flash(flash.address(account), pool, roles),
        at.protection(protection.address(account), roles),
        at.registry(registry.address(account), roles),
        committee(
            &at.oracle,
            quorum_program,
            roles,
            &roles.reporters,
            &at.reported(),
        ),
        committee(
            &at.acknowledger,
            quorum_program,
            roles,
            &roles.acknowledgers,
            &at.acknowledged(),
        ),
    ];
    let implementations = [
        manager, reports, queue, image, flash, protection, registry, quorum,
    ];
    Ok(Plan {
        contracts: implementations.into_iter().chain(pools).collect(),
        wires: at.wires(roles),
        roles: at.roles(roles),
    })
}

/// Where a contract of the pool will be.
struct Place {
    name: String,
    abi: &'static str,
    salt: B256,
    address: Address,
}

impl Place {
    fn proxy<C: SolCall>(&self, implementation: Address, setup: &C) -> Contract {
        Contract {
            name: self.name.clone(),
            salt: self.salt,
            kind: Kind::Proxy {
                implementation,
                setup: Call::new(self.abi, setup),
            },
        }
    }

    /// A view of the contract here, and what it must answer.
    fn must<C: SolCall>(&self, call: C, answer: &C::Return) -> Wire {
        Wire::new((&self.name, self.address), self.abi, call, answer)
    }
}

/// A function that a committee may call.
type Allowed = (Address, FixedBytes<4>);

/// Where a pool's contracts, and the programs they name, will be.
struct Places {
    token: Place,
    manager: Place,
    facet: Address,
    queue: Place,
    image: Address,
    flash: Place,
    protection: Place,
    registry: Place,
    oracle: Place,
    acknowledger: Place,
}

impl Places {
    fn token(&self, code: Bytes, pool: Pool, roles: &Roles) -> Result<Contract, Failure> {
        let (name, symbol) = pool.token_names();
        let call = CsEthToken::initializeCall {
            owner: roles.owner,
            stakeManager: self.manager.address,
            name: short_name(name)?,
            symbol: short_name(symbol)?,
        };
        Ok(Contract {
            name: self.token.name.clone(),
            salt: self.token.salt,
            kind: Kind::Program {
                code,
                setup: Some(Call::new(self.token.abi, &call)),
            },
        })
    }

    fn manager(&self, program: Address, pool: Pool, roles: &Roles) -> Contract {
        let call = StakeManager::initializeCall {
            owner: roles.owner,
            guardian: roles.guardian,
            token: self.token.address,
            gateway: roles.gateway,
            facet: self.facet,
            whitelist: Address::ZERO,
            smallestDeposit: pool.smallest_deposit(),
            siblings: self.siblings(roles),
        };
        self.manager.proxy(program, &call)
    }

    fn siblings(&self, roles: &Roles) -> StakeManager::Siblings {
        StakeManager::Siblings {
            unstakeQueue: self.queue.address,
            protectionPool: self.protection.address,
            operatorRegistry: self.registry.address,
            oracleCommittee: self.oracle.address,
            acknowledger: self.acknowledger.address,
            // There is no rewards-distributor yet.
            rewardsDistributor: roles.treasury,
            treasury: roles.treasury,
            flashExitPool: self.flash.address,
        }
    }

    fn queue(&self, program: Address, roles: &Roles) -> Contract {
        let call = UnstakeQueue::initializeCall {
            owner: roles.owner,
            guardian: roles.guardian,
            stakeManager: self.manager.address,
            token: self.token.address,
            orderImage: self.image,
            whitelist: Address::ZERO,
        };
        self.queue.proxy(program, &call)
    }

    fn flash(&self, program: Address, pool: Pool, roles: &Roles) -> Contract {
        let call = FlashExitPool::initializeCall {
            owner: roles.owner,
            guardian: roles.guardian,
            stakeManager: self.manager.address,
            monthlyAllowance: pool.monthly_allowance(),
            whitelist: Address::ZERO,
        };
        self.flash.proxy(program, &call)
    }

    fn protection(&self, program: Address, roles: &Roles) -> Contract {
        let call = ProtectionPool::initializeCall {
            owner: roles.owner,
            stakeManager: self.manager.address,
            token: self.token.address,
        };
        self.protection.proxy(program, &call)
    }

    fn registry(&self, program: Address, roles: &Roles) -> Contract {
        let call = OperatorRegistry::initializeCall {
            owner: roles.owner,
            stakeManager: self.manager.address,
            oracleCommittee: self.oracle.address,
            gateway: roles.gateway,
        };
        self.registry.proxy(program, &call)
    }

    /// What the oracle committee may call.
    fn reported(&self) -> [Allowed; 3] {
        let confirm = OperatorRegistry::confirmExitsCall::SELECTOR;
        [
            (self.manager.address, reportCall::SELECTOR.into()),
            (self.manager.address, flagSlashingCall::SELECTOR.into()),
            (self.registry.address, confirm.into()),
        ]
    }

    /// What the acknowledger may call.
    fn acknowledged(&self) -> [Allowed; 1] {
        [(self.manager.address, acknowledgeCall::SELECTOR.into())]
    }

    /// What must hold between the contracts.
    fn wires(&self, roles: &Roles) -> Vec<Wire> {
        let Places {
            token,
            manager,
            queue,
            flash,
            protection,
            registry,
            ..
        } = self;
        let mut wires = vec![
            token.must(CsEthToken::stakeManagerCall {}, &manager.address),
            manager.must(StakeManager::shareCall {}, &token.address),
            manager.must(StakeManager::facetCall {}, &self.facet),
            queue.must(UnstakeQueue::stakeManagerCall {}, &manager.address),
            queue.must(UnstakeQueue::tokenCall {}, &token.address),
            queue.must(UnstakeQueue::orderImageCall {}, &self.image),
            flash.must(FlashExitPool::stakeManagerCall {}, &manager.address),
            manager.must(siblingCall { id: 7 }, &flash.address),
            protection.must(ProtectionPool::stakeManagerCall {}, &manager.address),
            protection.must(ProtectionPool::tokenCall {}, &token.address),
            registry.must(OperatorRegistry::stakeManagerCall {}, &manager.address),
            registry.must(
                OperatorRegistry::oracleCommitteeCall {},
                &self.oracle.address,
            ),
        ];
        let siblings = self.siblings(roles);
        let siblings = [
            siblings.unstakeQueue,
            siblings.protectionPool,
            siblings.operatorRegistry,
            siblings.oracleCommittee,
            siblings.acknowledger,
            siblings.rewardsDistributor,
        ];
        let siblings = (0u8..).zip(siblings);
        wires.extend(siblings.map(|(id, sibling)| manager.must(siblingCall { id }, &sibling)));
        let committees = [
            (&self.oracle, self.reported().to_vec()),
            (&self.acknowledger, self.acknowledged().to_vec()),
        ];
        for (place, functions) in committees {
            let allowed = functions
                .into_iter()
                .map(|(target, selector)| isAllowedCall { target, selector });
            wires.extend(allowed.map(|call| place.must(call, &true)));
        }
        wires
    }

    /// Who governs the contracts, and who decides in the committees.
    fn roles(&self, roles: &Roles) -> Vec<Wire> {
        let owned = [
            &self.token,
            &self.manager,
            &self.queue,
            &self.flash,
            &self.protection,
            &self.registry,
            &self.oracle,
            &self.acknowledger,
        ];
        let owned = owned.map(|place| place.must(ownerCall {}, &roles.owner));
        let others = [
            self.manager.must(guardianCall {}, &roles.guardian),
            self.queue.must(guardianCall {}, &roles.guardian),
            self.flash.must(guardianCall {}, &roles.guardian),
            self.manager
                .must(StakeManager::gatewayCall {}, &roles.gateway),
            self.registry
                .must(OperatorRegistry::gatewayCall {}, &roles.gateway),
            // The one of the manager's siblings that is an account.
            self.manager.must(siblingCall { id: 6 }, &roles.treasury),
        ];
        let committees = [
            (&self.oracle, &roles.reporters),
            (&self.acknowledger, &roles.acknowledgers),
        ];
        let committees = committees.into_iter().flat_map(|(place, committee)| {
            let members = committee.members().to_vec();
            [
                place.must(membersCall {}, &members),
                place.must(quorumCall {}, &committee.quorum()),
            ]
        });
        owned.into_iter().chain(others).chain(committees).collect()
    }
}

fn committee(
    place: &Place,
    program: Address,
    roles: &Roles,
    committee: &Committee,
    allowed: &[Allowed],
) -> Contract {
    let (targets, selectors) = allowed.iter().copied().unzip();
    let call = Quorum::initializeCall {
        owner: roles.owner,
        members: committee.members().to_vec(),
        quorum: committee.quorum(),
        targets,
        selectors,
    };
    place.proxy(program, &call)
}

/// The token keeps its names in one word each.
fn short_name(text: &str) -> Result<FixedBytes<32>, Failure> {
    if text.len() > 31 {
        return Err(Failure::Conflict(format!(
            "'{text}' is longer than the 31 bytes a token's name can have."
        )));
    }
    Ok(FixedBytes::right_padding_from(text.as_bytes()))
}

fn load_program(folder: &Path, name: &str) -> Result<Bytes, Failure> {
    let file = folder.join(format!("{name}.wasm"));
    let wasm = fs::read(&file).map_err(|error| {
        Failure::File(format!(
            "{}: {error}.\nBuild the contracts with scripts/build-contracts.sh.",
            file.display()
        ))
    })?;
    let code = program::code(&wasm);
    if code.len() > program::CODE_LIMIT {
        let (size, limit) = (code.len(), program::CODE_LIMIT);
        return Err(Failure::File(format!(
            "{}: {size} bytes compressed, but an account holds {limit}.",
            file.display()
        )));
    }
    Ok(code)
}
