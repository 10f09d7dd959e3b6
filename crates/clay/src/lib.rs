//! The `clay` command as a library: bytecode of the proxy and the deployer, deployment of the protocol,
//! keys, and the commands themselves.

pub mod bytecode;
