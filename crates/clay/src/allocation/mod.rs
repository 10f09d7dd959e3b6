//! Which cluster a pool's registry forms next, recomputed from what its views tell.
//!
//! [`State`] is all that the choice depends on, as of one block; [`next`] chooses from it by the rules of
//! `docs/operators.md`, with the pure functions of `clay_shared::operators`, and says why. The contract does the same on its
//! storage; `scripts/allocation.mjs` does it from the words alone.

mod choice;
mod json;
mod state;

use std::future::Future;

use alloy::{primitives::Address, sol_types::SolCall};

use crate::{client::Client, failure::Failure};

pub use choice::{next, Bucket, Choice, Look, Outcome, Verdict, MOST_LOOKS, MOST_UNPROVEN_LOOKS};
pub use state::{parameter_id, Contracts, Line, Parameters, Standing, State, Waiting};

/// Where views are asked.
pub trait Views {
    /// Asks a view of a contract.
    ///
    /// # Errors
    /// If it cannot be asked, or refuses.
    fn ask<C: SolCall>(
        &self,
        of: Address,
        call: C,
    ) -> impl Future<Output = Result<C::Return, Failure>>;
}

/// A chain as it was at the end of a block.
#[derive(Clone, Copy, Debug)]
pub struct AtBlock<'a> {
    /// The chain.
    pub client: &'a Client,
    /// The block's number.
    pub block: u64,
}

impl Views for AtBlock<'_> {
    async fn ask<C: SolCall>(&self, of: Address, call: C) -> Result<C::Return, Failure> {
        self.client.view_at(self.block, of, call).await
    }
}
