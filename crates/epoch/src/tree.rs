//! The Merkle tree, as `@openzeppelin/merkle-tree` builds, writes and reads the standard one.

use std::{fs, path::Path};

use alloy::primitives::{keccak256, Address, B256, U256};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// What a root says of an account. Amounts are shares, since the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leaf {
    /// Earned.
    pub rewards: u128,
    /// Charged.
    pub penalties: u128,
    /// 0 to 10,000.
    pub performance: u16,
    /// Epochs in which attestations were expected.
    pub epochs: u32,
}

/// Words of a leaf.
const WORDS: usize = 7;
/// How the library names their types.
const ENCODING: [&str; WORDS] = [
    "uint256", "address", "uint256", "uint256", "uint256", "uint256", "uint256",
];
const FORMAT: &str = "standard-v1";

/// The standard tree over leaves, by account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    chain: u64,
    distributor: Address,
    leaves: Vec<(u32, Leaf)>,
    /// Inner nodes first, the root before all.
    nodes: Vec<B256>,
    /// The place in `nodes` of each leaf.
    places: Vec<usize>,
}

impl Tree {
    /// A tree over leaves in the ascending order of their accounts.
    ///
    /// # Panics
    /// Without leaves.
    pub fn new(chain: u64, distributor: Address, leaves: Vec<(u32, Leaf)>) -> Self {
        assert!(!leaves.is_empty(), "a tree has leaves");
        let hash = |(account, leaf): &(u32, Leaf)| hash(chain, distributor, *account, leaf);
        let hashes: Vec<B256> = leaves.par_iter().map(hash).collect();
        let mut order: Vec<usize> = (0..hashes.len()).collect();
        order.par_sort_unstable_by_key(|leaf| hashes[*leaf]);
        let size = 2 * hashes.len() - 1;
        let mut nodes = vec![B256::ZERO; size];
        let mut places = vec![0; hashes.len()];
        for (rank, leaf) in order.into_iter().enumerate() {
            let place = size - 1 - rank;
            nodes[place] = hashes[leaf];
            places[leaf] = place;
        }
        fill(&mut nodes, hashes.len() - 1);
        Self {
            chain,
            distributor,
            leaves,
            nodes,
            places,
        }
    }

    /// The chain that it is for.
    pub fn chain(&self) -> u64 {
        self.chain
    }

    /// The contract that it is for.
    pub fn distributor(&self) -> Address {
        self.distributor
    }

    /// Its leaves, by account.
    pub fn leaves(&self) -> &[(u32, Leaf)] {
        &self.leaves
    }

    /// Its root.
    pub fn root(&self) -> B256 {
        self.nodes[0]
    }

    /// An account's leaf and the nodes from it to the root.
    pub fn proof(&self, account: u32) -> Option<(Leaf, Vec<B256>)> {
        let index = self
            .leaves
            .binary_search_by_key(&account, |(number, _)| *number)
            .ok()?;
        Some((self.leaves[index].1, self.proof_at(index)))
    }

    /// The nodes from the leaf at an index to the root.
    pub(crate) fn proof_at(&self, index: usize) -> Vec<B256> {
        let mut place = self.places[index];
        let mut proof = Vec::new();
        while place != 0 {
            let sibling = if place.is_multiple_of(2) {
                place - 1
            } else {
                place + 1
            };
            proof.push(self.nodes[sibling]);
            place = (place - 1) / 2;
        }
        proof
    }

    /// The words of the leaf at an index, as files have them.
    pub(crate) fn words(&self, index: usize) -> [String; WORDS] {
        let (account, leaf) = self.leaves[index];
        [
            self.chain.to_string(),
            lower_case(self.distributor),
            account.to_string(),
            leaf.rewards.to_string(),
            leaf.penalties.to_string(),
            leaf.performance.to_string(),
            leaf.epochs.to_string(),
        ]
    }

    /// As the library writes it.
    pub fn text(&self) -> String {
        let values = (0..self.leaves.len()).map(|index| Value {
            value: self.words(index).to_vec(),
            tree_index: self.places[index],
        });
        let dump = Dump {
            format: FORMAT.into(),
            leaf_encoding: ENCODING.map(str::to_owned).to_vec(),
            tree: self.nodes.clone(),
            values: values.collect(),
        };
        // Plain data.
        serde_json::to_string(&dump).unwrap_or_default() + "\n"
    }

    /// Reads what [`Self::text`] or the library wrote, and holds it against the tree over its leaves.
    ///
    /// # Errors
    /// If it cannot be read, or is not that tree.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(path).map_err(Error::io(path))?;
        Self::parse(&text).map_err(|reason| Error::malformed(path, reason))
    }

    /// The same from text.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let dump: Dump = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if dump.format != FORMAT || dump.leaf_encoding != ENCODING {
            return Err(format!(
                "it is no {FORMAT} tree over ({})",
                ENCODING.join(", ")
            ));
        }
        let mut leaves = Vec::with_capacity(dump.values.len());
        let mut of = None;
        for (index, Value { value, .. }) in dump.values.iter().enumerate() {
            let parsed = parse_leaf(value).ok_or_else(|| format!("leaf {index} is no leaf"))?;
            let (chain, distributor, account, leaf) = parsed;
            if *of.get_or_insert((chain, distributor)) != (chain, distributor) {
                return Err(format!("leaf {index} is for another chain or contract"));
            }
            if leaves.last().is_some_and(|(last, _)| *last >= account) {
                return Err(format!(
                    "leaf {index}, of account {account}, is out of order"
                ));
            }
            leaves.push((account, leaf));
        }
        let Some((chain, distributor)) = of else {
            return Err("it has no leaves".into());
        };
        let tree = Self::new(chain, distributor, leaves);
        let places = dump.values.iter().map(|value| value.tree_index);
        if tree.nodes != dump.tree || !places.eq(tree.places.iter().copied()) {
            return Err("its nodes are not those of the tree over its leaves".into());
        }
        Ok(tree)
    }
}

/// Whether a proof leads from an account's leaf to a root, as the rewards-distributor checks it.
pub fn is_proven(
    (chain, distributor): (u64, Address),
    account: u32,
    leaf: &Leaf,
    proof: &[B256],
    root: B256,
) -> bool {
    let leaf = hash(chain, distributor, account, leaf);
    proof
        .iter()
        .fold(leaf, |node, sibling| pair(node, *sibling))
        == root
}

fn hash(chain: u64, distributor: Address, account: u32, leaf: &Leaf) -> B256 {
    let mut bytes = [0; 32 * WORDS];
    let words = [
        U256::from(chain),
        U256::from_be_bytes(distributor.into_word().0),
        U256::from(account),
        U256::from(leaf.rewards),
        U256::from(leaf.penalties),
        U256::from(leaf.performance),
        U256::from(leaf.epochs),
    ];
    for (place, word) in bytes.chunks_exact_mut(32).zip(words) {
        place.copy_from_slice(&word.to_be_bytes::<32>());
    }
    keccak256(keccak256(bytes))
}

fn pair(left: B256, right: B256) -> B256 {
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(left.min(right).as_slice());
    bytes[32..].copy_from_slice(left.max(right).as_slice());
    keccak256(bytes)
}

/// Hashes inner nodes, level by level from the deepest on; those of a level need only deeper ones.
fn fill(nodes: &mut [B256], inner: usize) {
    let mut end = inner;
    while end > 0 {
        // Where the level of the last one that is missing begins.
        let first = (1 << end.ilog2()) - 1;
        let (above, below) = nodes.split_at_mut(end);
        let level = above[first..].par_iter_mut().enumerate();
        level.with_min_len(256).for_each(|(index, node)| {
            let child = 2 * (first + index) + 1 - end;
            *node = pair(below[child], below[child + 1]);
        });
        end = first;
    }
}

fn lower_case(address: Address) -> String {
    alloy::primitives::hex::encode_prefixed(address)
}

fn parse_leaf(words: &[String]) -> Option<(u64, Address, u32, Leaf)> {
    let [chain, distributor, account, rewards, penalties, performance, epochs] = words else {
        return None;
    };
    let leaf = Leaf {
        rewards: rewards.parse().ok()?,
        penalties: penalties.parse().ok()?,
        performance: performance.parse().ok()?,
        epochs: epochs.parse().ok()?,
    };
    Some((
        chain.parse().ok()?,
        distributor.parse().ok()?,
        account.parse().ok()?,
        leaf,
    ))
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dump {
    format: String,
    leaf_encoding: Vec<String>,
    tree: Vec<B256>,
    values: Vec<Value>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Value {
    value: Vec<String>,
    tree_index: usize,
}
