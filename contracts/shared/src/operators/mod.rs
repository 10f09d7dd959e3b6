//! Operators: the rules as pure functions, for contracts and tools (`docs/operators.md` tells them in words), and the storage
//! of the registry's three programs.
//!
//! - [`bond`]: how much ETH stands behind so many validators.
//! - [`score`]: how an operator is judged, and what weight that gives it.
//! - [`choice`]: who comes next, and who may stand in one cluster.
//! - [`parameters`], [`state`]: the governed numbers, and what the three programs store.
//! - [`line`](mod@line): the order in which operators wait, in storage, at a cost that does not grow with their number.

pub mod bond;
pub mod choice;
pub mod line;
pub mod parameters;
pub mod score;
pub mod state;

/// How a node takes part in a validator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum NodeType {
    /// One of five that share a key through the SSV network.
    Ssv,
    /// One of four that share a key through Obol's Charon.
    Obol,
    /// Runs a validator alone.
    Direct,
}

impl NodeType {
    /// All of them; the number of a type is its place here.
    pub const ALL: [Self; 3] = [Self::Ssv, Self::Obol, Self::Direct];

    /// The type with a number; none if there is none.
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Nodes that run one validator.
    pub const fn cluster_size(self) -> u8 {
        match self {
            Self::Ssv => 5,
            Self::Obol => 4,
            Self::Direct => 1,
        }
    }

    /// Members whose parts make a signature: more than two thirds.
    pub const fn threshold(self) -> u8 {
        match self {
            Self::Ssv => 4,
            Self::Obol => 3,
            Self::Direct => 1,
        }
    }
}
