//! Deployment and commands against the embedded chain over JSON-RPC, with the compiled contracts.

mod chain;
mod commands;
mod conversion;
mod deployment;
mod epochs;
mod ethereum;
mod flash_exit;
mod governance;
mod institutional;
mod maintenance;
mod operators;
mod oracle;
mod parameters;
mod relay;
mod unstaking;
mod whitelist;
mod whitelist_history;
