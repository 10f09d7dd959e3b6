//! The proxy and the deployer on a plain EVM.

mod deployer;
mod proxy;
mod world;
