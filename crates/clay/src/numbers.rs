//! Numbers of the operator-registry, in words and back: kinds, types, states, causes.

use clap::ValueEnum;
use clay_shared::operators::NodeType;

/// What kind of operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Somebody at home.
    Home,
    /// Who does this for a living.
    Professional,
    /// An institution.
    Institution,
}

/// How a node takes part in a validator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Type {
    /// One of five, through the SSV network.
    Ssv,
    /// One of four, through Obol's Charon.
    Obol,
    /// Alone.
    Direct,
}

impl From<Type> for NodeType {
    fn from(of: Type) -> Self {
        match of {
            Type::Ssv => Self::Ssv,
            Type::Obol => Self::Obol,
            Type::Direct => Self::Direct,
        }
    }
}

/// A kind of operators.
pub fn kind(number: u8) -> String {
    named(number, "kind", &["home", "professional", "institution"])
}

/// A type of nodes.
pub fn node_type(number: u8) -> String {
    named(number, "type", &["SSV", "Obol", "direct"])
}

/// A bucket: its type and its kind.
pub fn bucket(number: usize) -> String {
    let (of, of_kind) = (number / 3, number % 3);
    format!("{}, {}", node_type(of as u8), kind(of_kind as u8))
}

/// A node's state.
pub fn node_state(number: u8) -> String {
    const STATES: [&str; 10] = [
        "none", "queued", "reserved", "keyed", "funded", "active", "exiting", "done", "settled",
        "removed",
    ];
    named(number, "state", &STATES)
}

/// A cluster's state.
pub fn cluster_state(number: u8) -> String {
    const STATES: [&str; 9] = [
        "none",
        "queued",
        "without a key",
        "keyed",
        "funded",
        "active",
        "exiting",
        "exited",
        "dissolved",
    ];
    named(number, "state", &STATES)
}

/// Why an operator's conduct changed.
pub fn cause(number: u8) -> String {
    const CAUSES: [&str; 5] = [
        "timely exit",
        "late exit",
        "forced exit",
        "slashing",
        "failed key ceremony",
    ];
    named(number, "cause", &CAUSES)
}

/// Why an operator left the lists.
pub fn unlisted(number: u8) -> String {
    const REASONS: [&str; 3] = ["bond short", "right lost", "suspended"];
    named(number, "reason", &REASONS)
}

/// The places of a set of bits.
pub fn places(bits: u8) -> Vec<usize> {
    (0..8).filter(|place| bits >> place & 1 != 0).collect()
}

/// What a newer registry knows beyond this tool is told by its number.
fn named(number: u8, what: &str, names: &[&str]) -> String {
    match names.get(usize::from(number)) {
        Some(name) => (*name).into(),
        None => format!("{what} {number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_registry() {
        use clay_shared::operators::{score::Cause, state::state, NodeType};
        for (of, asked) in NodeType::ALL.into_iter().zip(Type::value_variants()) {
            assert_eq!(NodeType::from(*asked), of);
            assert_eq!(
                node_type(of as u8),
                format!("{of:?}")
                    .replace("Ssv", "SSV")
                    .replace("Direct", "direct")
            );
        }
        assert_eq!(kind(Kind::Institution as u8), "institution");
        assert_eq!(bucket(4), "Obol, professional");
        assert_eq!(node_state(state::SETTLED), "settled");
        assert_eq!(node_state(state::REMOVED), "removed");
        assert_eq!(cluster_state(state::DISSOLVED), "dissolved");
        assert_eq!(cluster_state(state::RESERVED), "without a key");
        assert_eq!(cause(Cause::Slashing.number()), "slashing");
        assert_eq!(
            cause(Cause::FailedCeremony { before: 0 }.number()),
            "failed key ceremony"
        );
        assert_eq!(unlisted(7), "reason 7");
        assert_eq!(places(0b10_0101), [0, 2, 5]);
    }
}
