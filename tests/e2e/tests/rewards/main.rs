//! The rewards-distributor on the real programs: roots, claims, and what counts in an epoch.

mod claims;
mod gated;
mod proofs;
mod roots;
mod terms;
