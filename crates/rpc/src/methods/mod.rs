//! The methods, by subject.

pub(crate) mod arbitrum;
pub(crate) mod blocks;
pub(crate) mod calls;
pub(crate) mod controls;
pub(crate) mod logs;
pub(crate) mod network;
pub(crate) mod send;
pub(crate) mod state;
pub(crate) mod subscriptions;
pub(crate) mod traces;
