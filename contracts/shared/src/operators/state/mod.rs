//! The storage that the operator-registry's three programs share, and what more than one of them does to it.
//!
//! Append-only: a new field goes to the end, and nothing moves.
//!
//! | slot | holds |
//! |---|---|
//! | 0 | stake-manager (160), numbers of operators, nodes and clusters (32 each) |
//! | 1 | oracle committee (160), validators funded, asked to exit and exited (32 each) |
//! | 2 | gateway on L1 (160), clusters reserved and keyed (16 each), first and last of the keyed (32 each) |
//! | 3 | token |
//! | 4 | rewards-distributor (160) |
//! | 5 | whitelist; none if anyone may operate |
//! | 6, 7 | owner, pending owner |
//! | 8, 9 | facets: operator-allocation, operator-exits |
//! | 10 | active nodes by bucket (9 of 24) |
//! | 11 | active nodes by region (8 of 24), proven operators (32), clusters reserved with a newcomer (16) |
//! | 12 | targets by bucket (9 of 14), day of the next exit slot (32), used of it (16) |
//! | 13, 14 | parameters (`parameters.rs`) |
//! | 15 | current root: epoch (32), its end (40), in effect since (40) |
//! | 16 | which lines have anybody, a bit each: bucket, region, standing |
//! | 17 | mapping, hash of a public key: number of the cluster it is of; kept for ever once that is keyed |
//! | 18 | mapping, hash of a relay's URL: whether it is allowed |
//!
//! | array | holds |
//! |---|---|
//! | 1 | operators, 16 slots each, from number 16 on: lower numbers are the pools' own, as leaves have them |
//! | 2 | nodes, from number 1 on |
//! | 3 | clusters, 32 slots each, from number 1 on |
//! | 4 | lists of an operator's nodes, 32 slots an operator |
//! | 5 | lines ([`Line`]), 2^40 slots each |
//! | 6 | clusters in the order of funding |

mod cluster;
mod node;
mod operator;

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;

use super::{bond::BondTerms, line::Line, parameters, NodeType};
use crate::{
    abi::{Reverts, Word},
    books::Rate,
    call,
    interfaces::{IStakeManager::registryTermsCall, IStakeManagerReports::recoverCall},
    kyc,
    math::{narrow, Rounding},
    ownable::Ownable,
    parameters::{Parameter, Place},
    storage::{bytes_of, uint, Field, Slot},
    upgradeable::Faceted,
};

pub use cluster::{of_cluster, Cluster, KEY_LENGTH, MOST_MEMBERS};
pub use node::{List, Node};
pub use operator::{lanes, of_operator, unlisted, Operator};

/// Stake-manager, in the lower 160 bits; [`OPERATORS`], [`NODES`], [`CLUSTERS`].
pub const STAKE_MANAGER: Slot = Slot::at(0);
/// Oracle committee, in the lower 160 bits; [`FUNDED`], [`ASKED`], [`EXITED`].
pub const COMMITTEE: Slot = Slot::at(1);
/// Gateway on L1, in the lower 160 bits; [`RESERVED`], [`KEYED`], [`FIRST_KEYED`], [`LAST_KEYED`].
pub const GATEWAY: Slot = Slot::at(2);
/// The pool's token.
pub const TOKEN: Slot = Slot::at(3);
/// Applies leaves.
pub const DISTRIBUTOR: Slot = Slot::at(4);
/// Whom operators need the right to operate of.
pub const WHITELIST: Slot = Slot::at(5);
/// Owner and pending owner.
pub const OWNABLE: Ownable = Ownable::at(6);
/// Both facets.
pub const FACETED: Faceted<2> = Faceted::at(8);
/// Nodes that are active or about to be, by bucket.
pub const BY_BUCKET: Slot = Slot::at(10);
/// The same by region; [`PROVEN_OPERATORS`], [`NEWCOMERS`].
pub const BY_REGION: Slot = Slot::at(11);
/// Basis points by bucket; [`SLOT_DAY`], [`SLOTS_USED`].
pub const TARGETS: Slot = Slot::at(12);
/// [`ROOT_EPOCH`], [`ROOT_ENDS_AT`], [`ROOT_SINCE`].
pub const ROOT: Slot = Slot::at(15);
/// A bit for each line: see [`line_bit`].
pub const LINES_TAKEN: Slot = Slot::at(16);
/// Clusters by the hash of their public key.
pub const USED_KEYS: Slot = Slot::at(17);
/// Hashes of allowed relays.
pub const RELAYS: Slot = Slot::at(18);

const OPERATOR_RECORDS: Slot = Slot::array(1);
const NODE_RECORDS: Slot = Slot::array(2);
const CLUSTER_RECORDS: Slot = Slot::array(3);
const LISTS: Slot = Slot::array(4);
const LINES: Slot = Slot::array(5);
/// The cluster at each place in the order of funding.
pub const FUNDING_ORDER: Slot = Slot::array(6);

/// Operators ever registered.
pub const OPERATORS: Field = Field::new(160, 32);
/// Nodes ever added.
pub const NODES: Field = OPERATORS.then(32);
/// Clusters ever formed.
pub const CLUSTERS: Field = NODES.then(32);

/// Validators ever funded.
pub const FUNDED: Field = Field::new(160, 32);
/// Validators ever asked to exit, or found to do so.
pub const ASKED: Field = FUNDED.then(32);
/// Validators that have exited.
pub const EXITED: Field = ASKED.then(32);

/// Clusters that have no key yet.
pub const RESERVED: Field = Field::new(160, 16);
/// Clusters with a key that are not funded.
pub const KEYED: Field = RESERVED.then(16);
/// The one that is funded next; 0 without one.
pub const FIRST_KEYED: Field = KEYED.then(32);
/// The one that is funded last; 0 without one.
pub const LAST_KEYED: Field = FIRST_KEYED.then(32);

/// Operators that are proven.
pub const PROVEN_OPERATORS: Field = Field::new(192, 32);
/// Clusters without a key of which an operator was unproven when they were formed.
pub const NEWCOMERS: Field = PROVEN_OPERATORS.then(16);

/// Day since the epoch of the next slot for an exit.
pub const SLOT_DAY: Field = Field::new(126, 32);
/// Slots of that day that are taken.
pub const SLOTS_USED: Field = SLOT_DAY.then(16);

/// Number of an epoch.
pub const ROOT_EPOCH: Field = Field::new(0, 32);
/// Seconds: when that epoch ended.
pub const ROOT_ENDS_AT: Field = ROOT_EPOCH.then(40);
/// Seconds: when its root took effect.
pub const ROOT_SINCE: Field = ROOT_ENDS_AT.then(40);

/// The number of the first operator: lower ones are the pools' own.
pub const FIRST_OPERATOR: u32 = 16;
/// An epoch, in seconds: 7 days (`parameters.md`, rewards-distributor).
pub const EPOCH: u64 = 7 * 24 * 60 * 60;
/// What a validator is funded with, and what its exit brings, in wei.
pub const VALIDATOR: u128 = 32_000_000_000_000_000_000;
/// Kinds of operators: home, professional, institution.
pub const KINDS: u8 = 3;
/// Lines that an operator may stand in: each of its moves costs as much for every one.
pub const MOST_LINES: u32 = 8;

/// A field of a word by its place among equals from bit 0 on.
pub const fn nth(index: usize, width: usize) -> Field {
    Field::new(index * width, width)
}

/// Nodes of a bucket.
pub const fn of_bucket(bucket: usize) -> Field {
    nth(bucket, 24)
}

/// Nodes of a region.
pub const fn of_region(region: u8) -> Field {
    nth(region as usize, 24)
}

/// Target of a bucket.
pub const fn target_of(bucket: usize) -> Field {
    nth(bucket, 14)
}

/// The number of a type's and kind's bucket.
pub const fn bucket(of: NodeType, kind: u8) -> usize {
    of as usize * KINDS as usize + kind as usize
}

/// The type and kind of a bucket.
pub fn of_number(bucket: usize) -> Option<(NodeType, u8)> {
    let kinds = usize::from(KINDS);
    let of = NodeType::of((bucket / kinds) as u8)?;
    Some((of, (bucket % kinds) as u8))
}

/// A number of an operator, node or cluster; none if it is larger than any.
fn number(asked: U256) -> u32 {
    narrow(asked).map_or(u32::MAX, |asked| asked.min(u128::from(u32::MAX)) as u32)
}

/// Adds to a counter of 32 bits or less; what it cannot hold is refused long before, by gas and memory.
pub fn count(slot: Slot, field: Field, change: i64) {
    let word = slot.get();
    let after = (field.get(word) as i64 + change) as u128;
    slot.set(field.set(word, after & field.max()));
}

/// What the stake-manager says of the pool.
#[derive(Clone, Copy, Debug)]
pub struct PoolTerms {
    /// Wei for shares.
    pub rate: Rate,
    /// Validators that free ETH can fund, as the last autobalance left it.
    pub fundable: u128,
}

impl PoolTerms {
    /// Asks the stake-manager; refuses while nothing is priced.
    pub fn ask() -> Reverts<Self> {
        let answered = call::ask(STAKE_MANAGER.address(), registryTermsCall::SELECTOR, &[])?;
        let [assets, shares, fundable] = call::amounts(&answered)?;
        Ok(Self {
            rate: Rate { assets, shares },
            fundable,
        })
    }
}

/// What shares are worth, in wei, rounded down.
pub fn worth(rate: Rate, shares: u128) -> u128 {
    rate.to_assets(shares, Rounding::Down).unwrap_or(u128::MAX)
}

/// What wei cost in shares, rounded up.
pub fn cost(rate: Rate, assets: u128) -> u128 {
    rate.to_shares(assets, Rounding::Up).unwrap_or(u128::MAX)
}

/// Burns shares that the registry holds, which brings what they are worth back to the pool. None for none.
pub fn recover(shares: u128) -> Reverts<()> {
    if shares == 0 {
        return Ok(());
    }
    let words = [shares.word()];
    let manager = STAKE_MANAGER.address();
    call::call(manager, U256::ZERO, recoverCall::SELECTOR, &words).map(|_| ())
}

#[allow(clippy::module_inception)]
/// States of a node, and of a cluster from [`state::RESERVED`] to [`state::DONE`].
pub mod state {
    /// Waits to be chosen.
    pub const QUEUED: u8 = 1;
    /// In a cluster that has no key yet.
    pub const RESERVED: u8 = 2;
    /// In a cluster with a key.
    pub const KEYED: u8 = 3;
    /// Its validator's ETH is on the way.
    pub const FUNDED: u8 = 4;
    /// Its validator works.
    pub const ACTIVE: u8 = 5;
    /// Its validator was asked to leave, or does.
    pub const EXITING: u8 = 6;
    /// Its validator's ETH is back.
    pub const DONE: u8 = 7;
    /// Of a node: its last epoch is settled, and it needs no bond any more.
    pub const SETTLED: u8 = 8;
    /// Of a node: taken off the queue.
    pub const REMOVED: u8 = 9;
    /// Of a cluster.
    pub const DISSOLVED: u8 = 8;
}

/// Reads bytes from slots, 32 each; the last may be half full.
pub fn read_bytes(first: Slot, bytes: &mut [u8]) {
    for (word, bytes) in (0..).zip(bytes.chunks_mut(32)) {
        let padded = bytes_of(first.plus(word).get());
        for (byte, stored) in bytes.iter_mut().zip(padded) {
            *byte = stored;
        }
    }
}

/// Writes bytes to slots, 32 each; the last may be half full.
pub fn write_bytes(first: Slot, bytes: &[u8]) {
    for (word, bytes) in (0..).zip(bytes.chunks(32)) {
        let mut padded = [0; 32];
        for (place, byte) in padded.iter_mut().zip(bytes) {
            *place = *byte;
        }
        first.plus(word).set(uint(padded));
    }
}

/// The governed numbers that a bond depends on.
pub fn bond_terms() -> BondTerms {
    BondTerms {
        base: [
            parameter(&parameters::BASE_SSV),
            parameter(&parameters::BASE_OBOL),
            parameter(&parameters::BASE_DIRECT),
        ],
        level_from: parameter(&parameters::LEVEL_FROM) as u32,
        floor: parameter(&parameters::CURVE_FLOOR) as u16,
        largest_discount: parameter(&parameters::LARGEST_DISCOUNT) as u16,
    }
}

/// Whether a function is one of the second facet's, `IOperatorExits`.
pub fn is_exits(selector: [u8; 4]) -> bool {
    use crate::interfaces::IOperatorExits::*;
    matches!(
        selector,
        comingCall::SELECTOR
            | requestExitsCall::SELECTOR
            | requestExitCall::SELECTOR
            | exitShortCall::SELECTOR
            | exitUnlicensedCall::SELECTOR
            | postExitPartCall::SELECTOR
            | declareFalseCall::SELECTOR
            | forceExitCall::SELECTOR
            | confirmCall::SELECTOR
            | exitPartCall::SELECTOR
            | exitSlotsCall::SELECTOR
    )
}

/// Whether an account has the right to operate, where that is asked.
pub fn may_operate(account: Address) -> Reverts<bool> {
    kyc::may(WHITELIST.address(), account, kyc::OPERATE)
}

/// The line of a bucket's operators in a region, proven or not.
pub fn line(of: NodeType, kind: u8, region: u8, proven: bool) -> Line {
    let place = line_bit(of, kind, region, proven) as u64;
    Line::at(LINES.plus(place << 40))
}

/// The line of a bucket's operators with funded nodes; the highest class is asked to exit first.
pub fn exit_line(of: NodeType, kind: u8) -> Line {
    let place = 256 + bucket(of, kind) as u64;
    Line::at(LINES.plus(place << 40))
}

/// The bit of [`LINES_TAKEN`] that says whether anybody stands in a line.
pub const fn line_bit(of: NodeType, kind: u8, region: u8, proven: bool) -> usize {
    bucket(of, kind) * 16 + region as usize * 2 + proven as usize
}

fn put(of: NodeType, kind: u8, region: u8, proven: bool, operator: u32, class: u16) {
    line(of, kind, region, proven).put(operator, class);
    mark(line_bit(of, kind, region, proven), true);
}

fn leave(of: NodeType, kind: u8, region: u8, proven: bool, operator: u32) {
    let line = line(of, kind, region, proven);
    line.remove(operator);
    mark(line_bit(of, kind, region, proven), line.first().is_some());
}

fn mark(bit: usize, taken: bool) {
    let before = LINES_TAKEN.get();
    let field = Field::new(bit, 1);
    if field.get(before) != u128::from(taken) {
        LINES_TAKEN.set(field.set(before, u128::from(taken)));
    }
}

/// Value of a parameter.
pub fn parameter(parameter: &Parameter) -> u128 {
    parameter.get(word_of(parameter).get())
}

/// The word a parameter is stored in.
pub fn word_of(parameter: &Parameter) -> Slot {
    match parameter.place {
        Place::Exits => Slot::at(14),
        _ => Slot::at(13),
    }
}
