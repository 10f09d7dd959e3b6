//! Ceremonies as a cluster's members and everybody else see them.

mod files;
mod instructions;
mod known_answers;
mod outcome;
mod shares;

use alloy::primitives::Address;
use clay_ceremony::{Ceremony, Network, Shape};
use rand::{rngs::StdRng, SeedableRng};

const GATEWAY: Address = Address::repeat_byte(0x6a);

/// A ceremony on Hoodi for [`GATEWAY`].
fn played(shape: Shape, seed: u64) -> Ceremony {
    let mut rng = StdRng::seed_from_u64(seed);
    Ceremony::play(shape, &Network::hoodi(), GATEWAY, &mut rng).unwrap()
}
