//! The simulated Ethereum, rule by rule, with numbers checked by hand.

mod api;
mod beacon;
mod bridge;
mod conservation;
mod exits;
mod funding;
mod performance;
mod rpc;
mod slashing;
mod world;
