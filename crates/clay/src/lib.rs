//! The `clay` command as a library: bytecode of the proxy and the deployer, deployment of the protocol,
//! keys, and the commands themselves.

pub mod allocation;
pub mod amount;
pub mod bindings;
pub mod bytecode;
pub mod client;
pub mod commands;
mod deadline;
pub mod deploy;
pub mod deposit_data;
pub mod development;
pub mod ethereum;
pub mod failure;
mod file;
pub mod governance;
pub mod keys;
mod logs;
mod moment;
mod numbers;
mod output;
mod permit;
pub mod proposal;
pub mod refusal;
pub mod rpc_url;
mod table;
pub mod whitelist;
