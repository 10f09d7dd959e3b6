//! UUPS upgrades (ERC-1822) behind an ERC-1967 proxy, and contracts of several programs that share a storage.
//!
//! Own code rather than OpenZeppelin's `UUPSUpgradeable`, which needs an address stored by a constructor:
//! no contract behind a proxy may have one here, because the SDK's router would run it through the proxy.

use alloy_primitives::{b256, Address, B256};
use alloy_sol_types::{SolCall, SolError, SolEvent};

use crate::{
    abi::{answer, done, revert, Answer, Call, Reverts, Word},
    call,
    interfaces::{
        IFaceted::*,
        ITwoFaceted::{facetsCall, upgradeWithFacetsCall},
        IUpgradeable::*,
    },
    log,
    ownable::{not_zero, Ownable},
    storage::Slot,
};

/// ERC-1967: `keccak256("eip1967.proxy.implementation") - 1`.
pub const IMPLEMENTATION_SLOT: B256 =
    b256!("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc");

/// Which contract a program is, and which version of it: what an upgrade may move to.
#[derive(Clone, Copy, Debug)]
pub struct Version(B256);

impl Version {
    /// Of a contract by its name of at most 24 bytes. The number rises with what an older program could not go on from.
    pub const fn new(contract: &str, number: u64) -> Self {
        let (name, number) = (contract.as_bytes(), number.to_be_bytes());
        let (mut word, mut at) = ([0; 32], 0);
        while at < name.len() {
            assert!(at < 24);
            word[at] = name[at];
            at += 1;
        }
        at = 0;
        while at < number.len() {
            word[24 + at] = number[at];
            at += 1;
        }
        Self(B256::new(word))
    }

    /// Answers the functions of `IUpgradeable`; none if the selector is another's.
    #[inline(never)]
    pub fn route(self, ownable: Ownable, call: &Call) -> Option<Answer> {
        self.route_views(call).or_else(|| {
            (call.selector == upgradeToAndCallCall::SELECTOR)
                .then(|| upgrade(self, ownable, call, Faceted::<0>::at(0)))
        })
    }

    /// Answers the views alone, for a contract that upgrades itself; none if the selector is another's.
    pub fn route_views(self, call: &Call) -> Option<Answer> {
        Some(match call.selector {
            proxiableUUIDCall::SELECTOR => proxiable_uuid(),
            contractVersionCall::SELECTOR => answer(&[self.0]),
            _ => return None,
        })
    }

    /// Runs `upgradeToAndCall` for a contract that upgrades itself, whoever called.
    pub fn upgrade_itself(self, call: &Call) -> Answer {
        let (implementation, data) = (call.address(0)?, call.bytes(1)?);
        move_to(self, implementation, call, Faceted::<0>::at(0), data)
    }

    /// Refuses what is no implementation, another contract's, or one of a lower version.
    #[inline(never)]
    fn check_next(self, implementation: Address) -> Reverts<()> {
        let slot = told(implementation, proxiableUUIDCall::SELECTOR)?;
        if slot != IMPLEMENTATION_SLOT {
            return Err(revert(UUPSUnsupportedProxiableUUID::SELECTOR, &[slot]));
        }
        let next = told(implementation, contractVersionCall::SELECTOR)?;
        let same = next.first_chunk::<24>() == self.0.first_chunk::<24>();
        if !same || next.last_chunk::<8>() < self.0.last_chunk::<8>() {
            return Err(revert(NotAnUpgrade::SELECTOR, &[next, self.0]));
        }
        Ok(())
    }
}

/// What an implementation tells of itself.
#[inline(never)]
fn told(implementation: Address, selector: [u8; 4]) -> Reverts<B256> {
    let told = call::ask(implementation, selector, &[]).and_then(call::first_word);
    told.map_err(|_| {
        let words = [implementation.word()];
        revert(ERC1967InvalidImplementation::SELECTOR, &words)
    })
}

/// Moves to the implementation that the call names first, and to the facets it names then; then runs its last
/// argument on the new implementation.
fn upgrade<const N: usize>(
    version: Version,
    ownable: Ownable,
    call: &Call,
    faceted: Faceted<N>,
) -> Answer {
    let implementation = call.address(0)?;
    let data = call.bytes(1 + N)?;
    only_through_proxy()?;
    ownable.only_owner()?;
    move_to(version, implementation, call, faceted, data)
}

#[inline(always)]
fn move_to<const N: usize>(
    version: Version,
    implementation: Address,
    call: &Call,
    faceted: Faceted<N>,
    data: &[u8],
) -> Answer {
    version.check_next(implementation)?;
    implementation_slot().set_address(implementation);
    log::emit(&[Upgraded::SIGNATURE_HASH, implementation.word()], &[]);
    faceted.initialize(call, 1)?;
    if !data.is_empty() {
        call.take_value();
        call::delegate(implementation, data)?;
    }
    done()
}

/// A contract of several programs: the addresses of one or two facets. A slot each.
#[derive(Clone, Copy, Debug)]
pub struct Faceted<const N: usize>(Slot);

impl<const N: usize> Faceted<N> {
    /// Kept in this slot and the following ones.
    pub const fn at(slot: u64) -> Self {
        Self(Slot::at(slot))
    }

    /// Sets the facets that a call names from an argument on.
    pub fn initialize(self, call: &Call, first: usize) -> Reverts<()> {
        for index in 0..N {
            self.set_facet(index, call.address(first + index)?)?;
        }
        Ok(())
    }

    /// A program that answers what the implementation does not know; zero without one.
    pub fn facet(self, index: usize) -> Address {
        self.0.plus(index as u64).address()
    }

    /// Answers the functions of `IFaceted` or `ITwoFaceted`, and `IUpgradeable`; none if the selector is another's.
    #[inline(never)]
    pub fn route(self, version: Version, ownable: Ownable, call: &Call) -> Option<Answer> {
        Some(match call.selector {
            facetCall::SELECTOR if N == 1 => answer(&[self.facet(0).word()]),
            facetsCall::SELECTOR if N == 2 => answer(&[self.facet(0).word(), self.facet(1).word()]),
            upgradeWithFacetCall::SELECTOR if N == 1 => upgrade(version, ownable, call, self),
            upgradeWithFacetsCall::SELECTOR if N == 2 => upgrade(version, ownable, call, self),
            _ => return version.route(ownable, call),
        })
    }

    fn set_facet(self, index: usize, facet: Address) -> Reverts<()> {
        not_zero(facet)?;
        // A facet, and no other kind of program, refuses a direct call with this error.
        let refusal = call::ask(facet, facetCall::SELECTOR, &[]);
        if refusal != Err(revert(OnlyThroughProxy::SELECTOR, &[])) {
            return Err(revert(InvalidFacet::SELECTOR, &[facet.word()]));
        }
        let previous = self.facet(index);
        self.0.plus(index as u64).set_address(facet);
        log::changed(FacetChanged::SIGNATURE_HASH, previous, facet);
        Ok(())
    }
}

/// Refuses unless a proxy runs this code: an implementation or a facet has no storage of its own.
#[inline(never)]
pub fn only_through_proxy() -> Reverts<()> {
    if implementation_slot().get().is_zero() {
        return Err(revert(OnlyThroughProxy::SELECTOR, &[]));
    }
    Ok(())
}

/// Answers only on the implementation itself, so that no proxy can become another's implementation.
fn proxiable_uuid() -> Answer {
    if only_through_proxy().is_ok() {
        return Err(revert(NotThroughProxy::SELECTOR, &[]));
    }
    answer(&[IMPLEMENTATION_SLOT])
}

fn implementation_slot() -> Slot {
    Slot::at_hash(IMPLEMENTATION_SLOT)
}
