//! How an operator is judged: performance, which each epoch's leaf brings, and conduct, which the registry keeps.

/// The best score. Scores start in the middle.
pub const BEST: u16 = 10_000;
/// What a new operator's performance and conduct are.
pub const START: u16 = 5_000;
/// Weight of an unproven operator, and of a proven one with a score of 0.
pub const LOWEST_WEIGHT: u16 = 2_500;

/// What changes an operator's conduct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A node left in time after it was asked to, or by its own request.
    TimelyExit,
    /// A node's part of the exit came late.
    LateExit,
    /// The beacon chain made a node's validator leave.
    ForcedExit,
    /// A node's validator was slashed.
    Slashing,
    /// Posted nothing in a key ceremony, or a majority named it, after so many of these already.
    FailedCeremony {
        /// Failed ceremonies before this one.
        before: u8,
    },
}

impl Cause {
    /// Its number in events.
    pub const fn number(self) -> u8 {
        match self {
            Self::TimelyExit => 0,
            Self::LateExit => 1,
            Self::ForcedExit => 2,
            Self::Slashing => 3,
            Self::FailedCeremony { .. } => 4,
        }
    }

    /// What is added to conduct.
    const fn change(self) -> i32 {
        match self {
            Self::TimelyExit => 250,
            Self::LateExit => -1_000,
            Self::ForcedExit => -2_500,
            Self::Slashing => -5_000,
            // Doubles each time, until nothing is left.
            Self::FailedCeremony { before } => {
                let doublings = if before < 5 { before } else { 5 };
                -(500 << doublings)
            }
        }
    }
}

/// Conduct after a cause, between 0 and 10,000.
pub fn conduct(before: u16, cause: Cause) -> u16 {
    let after = i32::from(before) + cause.change();
    after.clamp(0, i32::from(BEST)) as u16
}

/// The score: the mean of both parts, rounded down.
pub fn score(performance: u16, conduct: u16) -> u16 {
    ((u32::from(performance) + u32::from(conduct)) / 2) as u16
}

/// The weight with which an operator is chosen: from 2,500, where all unproven ones stand, in a straight line to 10,000,
/// rounded down.
pub fn weight(score: u16, proven: bool) -> u16 {
    if !proven {
        return LOWEST_WEIGHT;
    }
    let (score, range) = (u32::from(score.min(BEST)), u32::from(BEST - LOWEST_WEIGHT));
    LOWEST_WEIGHT + (score * range / u32::from(BEST)) as u16
}
