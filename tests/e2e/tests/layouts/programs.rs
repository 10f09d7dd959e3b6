//! Every program of the protocol, and where its storage is declared.

use std::path::{Path, PathBuf};

use crate::source::Module;

/// A program, and where what it stores is declared.
pub struct Program {
    /// Its folder under contracts/.
    pub name: &'static str,
    /// The program whose storage it shares: a facet's owner. Itself otherwise.
    pub owner: &'static str,
    /// Modules of the shared crate that declare storage of it, with all below them.
    pub shared: &'static [&'static str],
}

impl Program {
    /// Whether what a module declares is of this program.
    pub fn declares(&self, module: &Module) -> bool {
        let below = |path: &str| module.path.starts_with(&format!("{path}::"));
        let mut paths = self.shared.iter();
        !module.shared || paths.any(|path| module.path == *path || below(path))
    }
}

/// Every program of the protocol.
pub const PROGRAMS: &[Program] = &[
    Program {
        name: "cs-eth-token",
        owner: "cs-eth-token",
        shared: &["token"],
    },
    Program {
        name: "ics-eth-token",
        owner: "ics-eth-token",
        shared: &["token"],
    },
    Program {
        name: "stake-manager",
        owner: "stake-manager",
        shared: STAKE_MANAGER,
    },
    Program {
        name: "stake-manager-reports",
        owner: "stake-manager",
        shared: STAKE_MANAGER,
    },
    Program {
        name: "operator-registry",
        owner: "operator-registry",
        shared: OPERATORS,
    },
    Program {
        name: "operator-allocation",
        owner: "operator-registry",
        shared: OPERATORS,
    },
    Program {
        name: "operator-exits",
        owner: "operator-registry",
        shared: OPERATORS,
    },
    alone("unstake-queue"),
    alone("order-image"),
    alone("flash-exit-pool"),
    alone("protection-pool"),
    alone("rewards-distributor"),
    alone("quorum"),
    alone("kyc-whitelist"),
    alone("timelock"),
];

const STAKE_MANAGER: &[&str] = &["stake_manager", "books", "parameters"];
const OPERATORS: &[&str] = &["operators"];

const fn alone(name: &'static str) -> Program {
    Program {
        name,
        owner: name,
        shared: &[],
    }
}

/// Where the contracts are.
pub fn contracts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts")
}
