//! What a deployment works through: the programs, then what both pools share, then the pools.

use std::{fs, path::Path};

use alloy::{
    primitives::{Address, Bytes, FixedBytes, B256},
    sol_types::SolCall,
};

use super::{
    contract::{Call, Contract, Kind},
    pool::{Pool, SHARED},
    pool_plan::PoolPlaces,
    shared_plan::SharedPlaces,
    wire::Wire,
    Options,
};
use crate::{
    bytecode::{deployer, program},
    failure::Failure,
};

/// Contracts in the order in which they are created, and what must hold after.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The contracts. Shared ones come first: without code at the whitelist's address nobody would be refused.
    pub contracts: Vec<Contract>,
    /// What must hold between them.
    pub wires: Vec<Wire>,
    /// Who governs them, and what governs their shares. What stands already must agree before anything is sent.
    pub roles: Vec<Wire>,
}

/// Plans a deployment by `account`.
///
/// # Errors
/// [`Failure::File`] if a program is missing or too large for an account's code.
pub fn plan(options: &Options, account: Address) -> Result<Plan, Failure> {
    let at = Places::new(&options.namespace, &options.version, account);
    let (roles, institutional) = (&options.roles, options.institutional.as_ref());
    let mut contracts = Vec::new();
    let mut program = |name: &str| {
        let code = load_program(&options.programs, name)?;
        let contract = Contract::implementation(&options.namespace, name, code);
        let address = contract.address(account);
        contracts.push(contract);
        Ok::<_, Failure>(address)
    };
    let programs = Programs {
        manager: program("stake-manager")?,
        facet: program("stake-manager-reports")?,
        queue: program("unstake-queue")?,
        image: program("order-image")?,
        flash: program("flash-exit-pool")?,
        protection: program("protection-pool")?,
        registry: program("operator-registry")?,
        allocation: program("operator-allocation")?,
        exits: program("operator-exits")?,
        distributor: program("rewards-distributor")?,
        quorum: program("quorum")?,
        whitelist: institutional
            .map(|_| program("kyc-whitelist"))
            .transpose()?,
        timelock: options
            .timelock
            .as_ref()
            .map(|_| program("timelock"))
            .transpose()?,
    };

    let mut governed = at.shared_roles(roles, institutional);
    // The owner first: what stands without one would be nobody's.
    if let (Some(timelock), Some(program)) = (&options.timelock, programs.timelock) {
        contracts.push(at.timelock(program, timelock));
        governed.extend(at.timelock_roles(timelock));
    }
    contracts.extend(at.shared_contracts(&programs, roles, institutional));
    let mut wires = at.shared_wires(institutional);
    for pool in options.pools() {
        let code = load_program(&options.programs, pool.token())?;
        let policy = options.transfer_policy(pool);
        contracts.extend(at.pool_contracts(pool, &programs, code, roles, policy)?);
        wires.extend(at.pool_wires(pool, &programs, roles));
        governed.extend(at.pool_roles(pool, roles, policy));
    }
    Ok(Plan {
        contracts,
        wires,
        roles: governed,
    })
}

/// Where the programs are that proxies point to and contracts name.
pub(super) struct Programs {
    pub(super) manager: Address,
    pub(super) facet: Address,
    pub(super) queue: Address,
    pub(super) image: Address,
    pub(super) flash: Address,
    pub(super) protection: Address,
    pub(super) registry: Address,
    pub(super) allocation: Address,
    pub(super) exits: Address,
    pub(super) distributor: Address,
    pub(super) quorum: Address,
    /// None where no institutional pool is deployed.
    pub(super) whitelist: Option<Address>,
    /// None where another account owns everything.
    pub(super) timelock: Option<Address>,
}

/// Where all contracts will be, of both pools, whichever is deployed: contracts name each other before they are
/// there, and what is shared is set up for the pool that may come later.
pub(super) struct Places {
    pub(super) shared: SharedPlaces,
    pub(super) retail: PoolPlaces,
    pub(super) institutional: PoolPlaces,
}

impl Places {
    pub(super) fn new(namespace: &str, version: &str, account: Address) -> Self {
        let place = |group: &str, name: &str, abi| {
            let name = format!("{group}/{name}");
            let salt = Contract::named_salt(namespace, &name, version);
            Place {
                name,
                abi,
                salt,
                address: deployer::predict(deployer::deployer_address(), account, salt),
            }
        };
        let pool = |pool: Pool| {
            let place = |name| place(pool.name(), name, name);
            PoolPlaces {
                token: place(pool.token()),
                manager: place("stake-manager"),
                queue: place("unstake-queue"),
                flash: place("flash-exit-pool"),
                protection: place("protection-pool"),
                registry: place("operator-registry"),
                distributor: place("rewards-distributor"),
            }
        };
        Self {
            shared: SharedPlaces {
                oracle: place(SHARED, "oracle-committee", "quorum"),
                acknowledger: place(SHARED, "acknowledger", "quorum"),
                board: place(SHARED, "board", "quorum"),
                whitelist: place(SHARED, "kyc-whitelist", "kyc-whitelist"),
                timelock: place(SHARED, "timelock", "timelock"),
            },
            retail: pool(Pool::Retail),
            institutional: pool(Pool::Institutional),
        }
    }

    pub(super) fn of(&self, pool: Pool) -> &PoolPlaces {
        match pool {
            Pool::Retail => &self.retail,
            Pool::Institutional => &self.institutional,
        }
    }

    /// The whitelist that a pool's contracts ask; zero for none.
    pub(super) fn whitelist(&self, pool: Pool) -> Address {
        match pool {
            Pool::Retail => Address::ZERO,
            Pool::Institutional => self.shared.whitelist.address,
        }
    }
}

/// Where a contract will be.
pub(super) struct Place {
    pub(super) name: String,
    pub(super) abi: &'static str,
    pub(super) salt: B256,
    pub(super) address: Address,
}

impl Place {
    /// A proxy here.
    pub(super) fn proxy<C: SolCall>(&self, implementation: Address, setup: &C) -> Contract {
        self.contract(Kind::Proxy {
            implementation,
            setup: Call::new(self.abi, setup),
        })
    }

    /// A program here, without a proxy.
    pub(super) fn program<C: SolCall>(&self, code: Bytes, setup: &C) -> Contract {
        self.contract(Kind::Program {
            code,
            setup: Some(Call::new(self.abi, setup)),
        })
    }

    fn contract(&self, kind: Kind) -> Contract {
        Contract {
            name: self.name.clone(),
            salt: self.salt,
            kind,
        }
    }

    /// A view of the contract here, and what it must answer.
    pub(super) fn must<C: SolCall>(&self, call: C, answer: &C::Return) -> Wire {
        Wire::new((&self.name, self.address), self.abi, call, answer)
    }
}

/// The token keeps its names in one word each.
pub(super) fn short_name(text: &str) -> Result<FixedBytes<32>, Failure> {
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
