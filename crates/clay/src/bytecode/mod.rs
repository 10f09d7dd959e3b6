//! EVM bytecode that the tool deploys itself: the proxy in front of each contract, the deployer that gives
//! contracts their addresses, and the CREATE2 factory both start from.

pub mod assembler;
pub mod deployer;
pub mod factory;
pub mod program;
pub mod proxy;
