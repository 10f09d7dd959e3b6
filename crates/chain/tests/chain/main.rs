//! The chain from outside: transactions, programs, precompiles, tickets, controls.

mod accounts;
mod activation;
mod arb_sys;
mod calls;
mod controls;
mod frames;
mod throughput;
mod tickets;
mod transactions;
mod vectors;
