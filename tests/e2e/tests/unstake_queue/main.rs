//! Orders to leave, from the request to the claim, on the real WASM: the queue's properties by their numbers.

mod batches;
mod claims;
mod costs;
mod orders;
mod picture;
mod tokens;
mod world;
