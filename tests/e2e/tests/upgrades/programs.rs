//! Contracts behind proxies, and the programs they run.

use std::collections::BTreeMap;

use alloy::{
    eips::BlockId,
    primitives::{Address, Bytes, B256, U256},
    sol_types::SolCall,
};
use clay_chain::TEST_ACCOUNTS;
use e2e::{
    OperatorRegistry::{facetsCall, upgradeWithFacetsCall},
    Pool,
    StakeManager::{facetCall, upgradeToAndCallCall, upgradeWithFacetCall},
};

pub const NONE: U256 = U256::ZERO;

/// ERC-1967: where a proxy keeps its implementation, and what a UUPS implementation names.
pub const IMPLEMENTATION: U256 = U256::from_be_bytes(clay::bytecode::proxy::IMPLEMENTATION_SLOT.0);

/// Whom the prepared pool offers the ownership of everything.
pub const HEIR: Address = TEST_ACCOUNTS[6];

/// A contract behind a proxy.
#[derive(Clone, Copy, Debug)]
pub struct Proxied {
    /// Its program and ABI.
    pub name: &'static str,
    /// Programs of its facets.
    pub facets: &'static [&'static str],
    /// Its proxy.
    pub at: Address,
}

/// All contracts of a pool behind proxies, each committee by itself. A token has no proxy.
pub fn proxied(pool: &Pool) -> Vec<Proxied> {
    let alone = |name, at| Proxied {
        name,
        facets: &[],
        at,
    };
    let registry_facets = &["operator-allocation", "operator-exits"];
    vec![
        Proxied {
            name: "stake-manager",
            facets: &["stake-manager-reports"],
            at: pool.manager,
        },
        Proxied {
            name: "operator-registry",
            facets: registry_facets,
            at: pool.registry,
        },
        alone("unstake-queue", pool.queue),
        alone("flash-exit-pool", pool.flash),
        alone("protection-pool", pool.protection),
        alone("rewards-distributor", pool.distributor),
        alone("quorum", pool.committee),
        alone("quorum", pool.acknowledger),
        alone("quorum", pool.board),
        alone("kyc-whitelist", pool.whitelist),
        alone("timelock", pool.timelock),
    ]
}

/// The programs of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programs {
    pub implementation: Address,
    pub facets: Vec<Address>,
}

impl Programs {
    /// Those that a proxy runs.
    pub fn of(pool: &Pool, of: Proxied) -> Self {
        Self {
            implementation: Address::from_word(word(pool, of.at, IMPLEMENTATION)),
            facets: match of.facets.len() {
                0 => vec![],
                1 => vec![pool.view(of.at, facetCall {})],
                _ => {
                    let facets = pool.view(of.at, facetsCall {});
                    vec![facets.first, facets.second]
                }
            },
        }
    }

    /// Others, which differ from those that a proxy runs in a section that no code reads.
    pub fn variant(pool: &mut Pool, of: Proxied) -> Self {
        let facets = of.facets.iter().map(|facet| pool.deploy_variant(facet));
        let facets = facets.collect();
        Self {
            implementation: pool.deploy_variant(of.name),
            facets,
        }
    }

    /// The call that moves a contract to them.
    pub fn upgrade(&self) -> Bytes {
        let (implementation, data) = (self.implementation, Bytes::new());
        match self.facets[..] {
            [] => upgradeToAndCallCall {
                implementation,
                data,
            }
            .abi_encode(),
            [facet] => upgradeWithFacetCall {
                implementation,
                facet,
                data,
            }
            .abi_encode(),
            [first, second, ..] => upgradeWithFacetsCall {
                implementation,
                firstFacet: first,
                secondFacet: second,
                data,
            }
            .abi_encode(),
        }
        .into()
    }

    pub fn all(&self) -> Vec<Address> {
        [&[self.implementation], self.facets.as_slice()].concat()
    }
}

/// Other programs of every contract, by name: what three committees run is deployed once.
pub fn variants(pool: &mut Pool) -> BTreeMap<&'static str, Programs> {
    let mut variants = BTreeMap::new();
    for of in proxied(pool) {
        variants
            .entry(of.name)
            .or_insert_with(|| Programs::variant(pool, of));
    }
    variants
}

pub fn word(pool: &Pool, at: Address, slot: U256) -> B256 {
    let word = pool.chain.storage(at, slot, BlockId::latest());
    word.expect("the latest block")
}
