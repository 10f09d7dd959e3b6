//! Operators on the real programs: how they are chosen, how their clusters get keys and ETH, and what becomes of those that
//! do not.

mod bonds;
mod ceremonies;
mod choice;
mod crowd;
mod exits;
mod funding;
mod gated;
mod scale;
