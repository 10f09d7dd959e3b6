//! What a pool consists of: the list a deployment works through. To add a contract, add it here.

use std::{fs, path::Path, str::FromStr};

use alloy::primitives::{Address, Bytes, FixedBytes, U256};

use super::contract::{Call, Contract, Kind};
use crate::{
    bindings::{CsEthToken, StakeManager},
    bytecode::program,
    failure::Failure,
};

/// The pools there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool {
    /// csETH: anyone may deposit.
    Retail,
    /// IcsETH: whitelisted accounts only.
    Institutional,
}

impl Pool {
    /// Its name on the command line and in the deployment file.
    pub fn name(self) -> &'static str {
        match self {
            Pool::Retail => "retail",
            Pool::Institutional => "institutional",
        }
    }

    /// Name and symbol of its token.
    fn token_names(self) -> (&'static str, &'static str) {
        match self {
            Pool::Retail => ("ClayStack Staked Ether", "csETH"),
            Pool::Institutional => ("ClayStack Institutional Staked Ether", "IcsETH"),
        }
    }

    /// Default of the smallest deposit, wei.
    fn smallest_deposit(self) -> U256 {
        match self {
            Pool::Retail => U256::from(1_000_000_000_000_000u64),
            Pool::Institutional => U256::from(32_000_000_000_000_000_000u128),
        }
    }
}

impl FromStr for Pool {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "retail" => Ok(Pool::Retail),
            // Its whitelist does not exist yet, and without it anyone could mint.
            "institutional" => {
                Err("the institutional pool needs kyc-whitelist, which is not built yet".into())
            }
            _ => Err("the pools are 'retail' and 'institutional'".into()),
        }
    }
}

/// Who governs a pool.
#[derive(Clone, Copy, Debug)]
pub struct Roles {
    /// Owner of everything: the timelock.
    pub owner: Address,
    /// May pause.
    pub guardian: Address,
    /// The gateway's address on L1.
    pub gateway: Address,
}

impl Roles {
    /// Refuses the zero address in any role.
    pub(super) fn require_all(&self) -> Result<(), Failure> {
        let roles = [
            ("owner", self.owner),
            ("guardian", self.guardian),
            ("gateway", self.gateway),
        ];
        match roles.iter().find(|(_, account)| account.is_zero()) {
            Some((role, _)) => Err(Failure::Usage(format!(
                "the {role} cannot be the zero address: name one with --{role}."
            ))),
            None => Ok(()),
        }
    }
}

/// A view that must answer an address once its contract stands.
#[derive(Clone, Debug)]
pub struct Wire {
    /// Contract that is asked, by name and address.
    pub of: (String, Address),
    /// The view without arguments, `name()`.
    pub view: &'static str,
    /// What it must answer.
    pub answer: Address,
}

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
    roles: Roles,
    programs: &Path,
    namespace: &str,
    version: &str,
) -> Result<Plan, Failure> {
    let load = |name: &str| load_program(programs, name);
    let salt = |name: &str| Contract::pool_salt(namespace, pool.name(), name, version);
    let named = |name: &str| format!("{}/{name}", pool.name());

    let manager_program =
        Contract::implementation(namespace, "stake-manager", load("stake-manager")?);
    let reports = Contract::implementation(
        namespace,
        "stake-manager-reports",
        load("stake-manager-reports")?,
    );
    let implementation = manager_program.address(account);
    let facet = reports.address(account);

    // Token and manager name each other, so each is set up with the other's future address.
    let mut token = Contract {
        name: named("cs-eth-token"),
        salt: salt("cs-eth-token"),
        kind: Kind::Program {
            code: load("cs-eth-token")?,
            setup: None,
        },
    };
    let token_address = token.address(account);
    let manager = Contract {
        name: named("stake-manager"),
        salt: salt("stake-manager"),
        kind: Kind::Proxy {
            implementation,
            setup: Call::new(
                "stake-manager",
                &StakeManager::initializeCall {
                    owner: roles.owner,
                    guardian: roles.guardian,
                    token: token_address,
                    gateway: roles.gateway,
                    facet,
                    smallestDeposit: pool.smallest_deposit(),
                },
            ),
        },
    };
    let manager_address = manager.address(account);
    let (name, symbol) = pool.token_names();
    if let Kind::Program { setup, .. } = &mut token.kind {
        let call = CsEthToken::initializeCall {
            owner: roles.owner,
            stakeManager: manager_address,
            name: short_name(name)?,
            symbol: short_name(symbol)?,
        };
        *setup = Some(Call::new("cs-eth-token", &call));
    }

    let of_token = |view, answer| Wire {
        of: (token.name.clone(), token_address),
        view,
        answer,
    };
    let of_manager = |view, answer| Wire {
        of: (manager.name.clone(), manager_address),
        view,
        answer,
    };
    let wires = vec![
        of_token("stakeManager()", manager_address),
        of_manager("share()", token_address),
        of_manager("facet()", facet),
    ];
    let roles = vec![
        of_token("owner()", roles.owner),
        of_manager("owner()", roles.owner),
        of_manager("guardian()", roles.guardian),
        of_manager("gateway()", roles.gateway),
    ];
    Ok(Plan {
        contracts: vec![manager_program, reports, token, manager],
        wires,
        roles,
    })
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
