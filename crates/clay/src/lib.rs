//! The `clay` command as a library: bytecode of the proxy and the deployer, deployment of the protocol,
//! keys, and the commands themselves.

pub mod amount;
pub mod bindings;
pub mod bytecode;
pub mod client;
pub mod commands;
mod deadline;
pub mod deploy;
pub mod development;
pub mod failure;
pub mod keys;
mod output;
pub mod refusal;
pub mod rpc_url;
mod table;
