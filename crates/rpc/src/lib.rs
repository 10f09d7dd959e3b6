//! JSON-RPC 2.0 over HTTP and WebSocket, on one port, for the embedded chain: what wallets, client
//! libraries and test tools expect of an Ethereum node, plus a `clay` namespace for what is Arbitrum's.
//!
//! A request that fails is answered with the codes and texts that clients recognise: -32700 for what is no
//! JSON, -32600 for what is no request, -32601 for a method that is not served, -32602 naming the wrong
//! argument, 3 with the revert bytes for a call that reverts, -32000 in geth's words for a transaction
//! that is refused.

mod error;
mod filters;
mod methods;
mod node;
mod params;
mod registry;
mod render;
mod server;
mod signers;
mod transport;
mod views;

pub use render::render_trace;
pub use server::{Options, RpcServer, RunningServer, StartError};
