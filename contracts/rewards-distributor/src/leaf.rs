//! Leaves, and whether a root has them.

use alloy_primitives::B256;
use alloy_sol_types::SolError;
use clay_shared::{
    abi::{concat, revert, Call, Reverts, Word},
    host,
    interfaces::{ICommon, IRewardsDistributor::*},
    math::narrow,
    storage::{uint, Field},
};

use crate::state::{EPOCH, HEAD, PREVIOUS_EPOCH, PREVIOUS_ROOT, REGISTRY, REWARDS, ROOT, SINCE};

/// Seconds for which the previous root serves claims: 1 hour (`parameters.md`; fixed).
pub(crate) const PREVIOUS_SERVES: u64 = 60 * 60;

/// What a root says of an account, and of which epoch that root is.
pub(crate) struct Leaf {
    /// Number of the account.
    pub(crate) account: u128,
    /// Shares earned since the beginning.
    pub(crate) rewards: u128,
    /// Number of the root's epoch.
    pub(crate) epoch: u128,
    /// Penalties, performance and epochs, as they are handed on.
    pub(crate) others: [B256; 3],
}

impl Leaf {
    /// Reads a leaf and its proof from a call's first six arguments, and finds its root: the one in effect, or for an hour the
    /// one before.
    #[inline(never)]
    pub(crate) fn proven(call: &Call) -> Reverts<Self> {
        let mut values = [B256::ZERO; 7];
        let [chain, this, ..] = &mut values;
        (*chain, *this) = (host::chain_id().word(), host::this().word());
        for (index, value) in values.iter_mut().skip(2).enumerate() {
            *value = call.word(index)?;
        }
        let proof = call.array(5)?;
        let [_, _, account, rewards, others @ ..] = values;
        // Hashed twice, so that no inner node of a tree, which is of 64 bytes, passes for a leaf: the standard tree's encoding.
        let hash = host::keccak(host::keccak(&concat(&[], &values)).as_slice());
        let (head, root) = (HEAD.get(), uint(root_of(hash, proof).0));
        // No leaf leads to zero, which stands for no root.
        let epoch = if root == ROOT.get() {
            EPOCH.get(head)
        } else if host::now() < SINCE.get(head) as u64 + PREVIOUS_SERVES
            && root == PREVIOUS_ROOT.get()
        {
            PREVIOUS_EPOCH.get(REGISTRY.get())
        } else {
            return Err(revert(NotInRoot::SELECTOR, &[account]));
        };
        Ok(Self {
            account: fitting(account, Field::new(0, 32))?,
            rewards: fitting(rewards, REWARDS)?,
            epoch,
            others,
        })
    }
}

/// A number that a field holds.
#[inline(never)]
pub(crate) fn fitting(word: B256, field: Field) -> Reverts<u128> {
    match narrow(uint(word.0)) {
        Some(value) if value <= field.max() => Ok(value),
        _ => {
            let words = [word, field.max().word()];
            Err(revert(ICommon::AmountTooLarge::SELECTOR, &words))
        }
    }
}

/// The root that a proof leads to from a leaf: each pair is hashed with the smaller node first, as in the standard tree. Own code:
/// OpenZeppelin's verifier (openzeppelin-crypto 0.3.0) links the standard library, whose panics do not fit a contract of ours.
fn root_of(leaf: B256, proof: &[[u8; 32]]) -> B256 {
    proof.iter().fold(leaf, |node, sibling| {
        let sibling = B256::new(*sibling);
        let pair = match node < sibling {
            true => [node, sibling],
            false => [sibling, node],
        };
        host::keccak(&concat(&[], &pair))
    })
}
