//! Upgrades of every contract with live state: programs move, and nothing else does.
//!
//! Each contract behind a proxy is moved to another deployment of its programs, whose bytes differ, and back. Between
//! the two all its views answer the same, every word of its storage that a view or a valid call touches is the same,
//! and every valid call of it succeeds.

mod direct;
mod functions;
mod governor;
mod moves;
mod programs;
mod refused;
