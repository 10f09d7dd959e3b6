//! An epoch's rewards: the formula of `docs/rewards.md` in whole numbers, the Merkle tree of what every account has earned and
//! owes, and the files from which anyone recomputes both to the byte.
//!
//! [`read_nodes`] and [`Terms::read`] take the inputs in, [`Epoch::compute`] applies the formula, [`write`] writes the folder that is
//! published, and [`verify`] recomputes it. Nothing here depends on the order of rows, their format or the number of threads.

mod amount;
mod epoch;
mod error;
mod explain;
mod formula;
mod output;
mod rows;
mod terms;
mod tree;
mod verify;

pub use epoch::{Account, Epoch};
pub use error::{BadRow, Error};
pub use explain::explain;
pub use formula::NodeReward;
pub use output::{content_hash, write, Manifest, Stage};
pub use rows::{read_nodes, NodeType, Row, COLUMNS};
pub use terms::{Factors, Terms, Totals};
pub use tree::{is_proven, Leaf, Tree};
pub use verify::{verify, Mismatch};

/// Accounts below are the pools' own.
pub const FIRST_OPERATOR: u32 = 16;
/// The account of those who lend bonds.
pub const FUNDERS: u32 = 1;
