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
        CsEthToken, OperatorRegistry, ProtectionPool,
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
    let place = |name| {
        let salt = Contract::pool_salt(namespace, pool.name(), name, version);
        Place {
            name: format!("{}/{name}", pool.name()),
            salt,
            address: deployer::predict(deployer::deployer_address(), account, salt),
        }
    };
    let manager = shared("stake-manager")?;
    let reports = shared("stake-manager-reports")?;
    let queue = shared("unstake-queue")?;
    let image = shared("order-image")?;
    let protection = shared("protection-pool")?;
    let registry = shared("operator-registry")?;
    let quorum = shared("quorum")?;

    // The contracts name each other, so each is set up with the others' future addresses.
    let at = Places {
        token: place("cs-eth-token"),
        manager: place("stake-manager"),
        facet: reports.address(account),
        queue: place("unstake-queue"),
        image: image.address(account),
        protection: place("protection-pool"),
        registry: place("operator-registry"),
        oracle: place("oracle-committee"),
        acknowledger: place("acknowledger"),
    };
    let quorum_program = quorum.address(account);
    let pools = [
        at.token(load_program(programs, "cs-eth-token")?, pool, roles)?,
        at.manager(manager.address(account), pool, roles),
        at.queue(queue.address(account), roles),
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
    let implementations = [manager, reports, queue, image, protection, registry, quorum];
    Ok(Plan {
        contracts: implementations.into_iter().chain(pools).collect(),
        wires: at.wires(roles),
        roles: at.roles(roles),
    })
}

/// Where a contract of the pool will be.
struct Place {
    name: String,
    salt: B256,
    address: Address,
}

impl Place {
    fn proxy(&self, implementation: Address, setup: Call) -> Contract {
        Contract {
            name: self.name.clone(),
            salt: self.salt,
            kind: Kind::Proxy {
                implementation,
                setup,
            },
        }
    }

    /// A view of the contract here, explained by the ABI `abi`, and what it must answer.
    fn must<C: SolCall>(&self, abi: &'static str, call: C, answer: &C::Return) -> Wire {
        Wire::new((&self.name, self.address), abi, call, answer)
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
                setup: Some(Call::new("cs-eth-token", &call)),
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
            smallestDeposit: pool.smallest_deposit(),
            siblings: self.siblings(roles),
        };
        self.manager
            .proxy(program, Call::new("stake-manager", &call))
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
        }
    }

    fn queue(&self, program: Address, roles: &Roles) -> Contract {
        let call = UnstakeQueue::initializeCall {
            owner: roles.owner,
            guardian: roles.guardian,
            stakeManager: self.manager.address,
            token: self.token.address,
            orderImage: self.image,
        };
        self.queue.proxy(program, Call::new("unstake-queue", &call))
    }

    fn protection(&self, program: Address, roles: &Roles) -> Contract {
        let call = ProtectionPool::initializeCall {
            owner: roles.owner,
            stakeManager: self.manager.address,
            token: self.token.address,
        };
        self.protection
            .proxy(program, Call::new("protection-pool", &call))
    }

    fn registry(&self, program: Address, roles: &Roles) -> Contract {
        let call = OperatorRegistry::initializeCall {
            owner: roles.owner,
            stakeManager: self.manager.address,
            oracleCommittee: self.oracle.address,
            gateway: roles.gateway,
        };
        self.registry
            .proxy(program, Call::new("operator-registry", &call))
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
        let (manager, token) = (&self.manager.address, &self.token.address);
        let of_token = |call, answer| self.token.must("cs-eth-token", call, answer);
        let mut wires = vec![
            of_token(CsEthToken::stakeManagerCall {}, manager),
            self.manager
                .must("stake-manager", StakeManager::shareCall {}, token),
            self.manager
                .must("stake-manager", StakeManager::facetCall {}, &self.facet),
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
        let of_siblings = (0u8..).zip(siblings).map(|(id, sibling)| {
            self.manager
                .must("stake-manager", siblingCall { id }, &sibling)
        });
        wires.extend(of_siblings);
        wires.extend([
            self.queue
                .must("unstake-queue", UnstakeQueue::stakeManagerCall {}, manager),
            self.queue
                .must("unstake-queue", UnstakeQueue::tokenCall {}, token),
            self.queue.must(
                "unstake-queue",
                UnstakeQueue::orderImageCall {},
                &self.image,
            ),
            self.protection.must(
                "protection-pool",
                ProtectionPool::stakeManagerCall {},
                manager,
            ),
            self.protection
                .must("protection-pool", ProtectionPool::tokenCall {}, token),
        ]);
        let allowed = |place: &Place, (target, selector)| {
            place.must("quorum", isAllowedCall { target, selector }, &true)
        };
        wires.extend(
            self.reported()
                .map(|function| allowed(&self.oracle, function)),
        );
        let of_acknowledger = self.acknowledged();
        wires.extend(of_acknowledger.map(|function| allowed(&self.acknowledger, function)));
        wires
    }

    /// Who governs the contracts, and who decides in the committees.
    fn roles(&self, roles: &Roles) -> Vec<Wire> {
        let owned = [
            (&self.token, "cs-eth-token"),
            (&self.manager, "stake-manager"),
            (&self.queue, "unstake-queue"),
            (&self.protection, "protection-pool"),
            (&self.registry, "operator-registry"),
            (&self.oracle, "quorum"),
            (&self.acknowledger, "quorum"),
        ];
        let mut wires: Vec<Wire> = owned
            .iter()
            .map(|(place, abi)| place.must(abi, ownerCall {}, &roles.owner))
            .collect();
        let of_manager = "stake-manager";
        wires.extend([
            self.manager
                .must(of_manager, guardianCall {}, &roles.guardian),
            self.queue
                .must("unstake-queue", guardianCall {}, &roles.guardian),
            self.manager
                .must(of_manager, StakeManager::gatewayCall {}, &roles.gateway),
            // The last of its siblings is an account.
            self.manager
                .must(of_manager, siblingCall { id: 6 }, &roles.treasury),
        ]);
        let committees = [
            (&self.oracle, &roles.reporters),
            (&self.acknowledger, &roles.acknowledgers),
        ];
        for (place, committee) in committees {
            let members = committee.members().to_vec();
            wires.push(place.must("quorum", membersCall {}, &members));
            wires.push(place.must("quorum", quorumCall {}, &committee.quorum()));
        }
        wires
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
    place.proxy(program, Call::new("quorum", &call))
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
