//! How often each action ended in which way.

use std::{collections::BTreeMap, fmt};

/// Outcomes by kind of action.
#[derive(Clone, Debug, Default)]
pub struct Tally(BTreeMap<&'static str, BTreeMap<&'static str, u64>>);

impl Tally {
    /// Counts an outcome of a kind's attempt.
    pub fn count(&mut self, kind: &'static str, outcome: &'static str) {
        *self.0.entry(kind).or_default().entry(outcome).or_default() += 1;
    }

    /// Adds another's counts.
    pub fn add(&mut self, other: &Tally) {
        for (kind, outcomes) in &other.0 {
            for (outcome, count) in outcomes {
                *self.0.entry(kind).or_default().entry(outcome).or_default() += count;
            }
        }
    }

    /// How often a kind was attempted, and how often it ended so.
    pub fn of(&self, kind: &str, outcome: &str) -> (u64, u64) {
        let Some(outcomes) = self.0.get(kind) else {
            return (0, 0);
        };
        let ended = outcomes.get(outcome).copied().unwrap_or(0);
        (outcomes.values().sum(), ended)
    }

    /// The named outcomes that are rarer than `per_thousand` of their kind's attempts.
    pub fn rare(&self, named: &[(&str, &[&str])], per_thousand: u64) -> Vec<String> {
        let mut rare = Vec::new();
        for (kind, outcomes) in named {
            for outcome in *outcomes {
                let (all, ended) = self.of(kind, outcome);
                if ended == 0 || ended * 1_000 < all * per_thousand {
                    rare.push(format!("{kind}: {outcome}: {ended} of {all}"));
                }
            }
        }
        rare
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, outcomes) in &self.0 {
            let all: u64 = outcomes.values().sum();
            writeln!(f, "{kind}: {all}")?;
            for (outcome, count) in outcomes {
                let percent = *count as f64 * 100.0 / all as f64;
                writeln!(f, "    {outcome:<34} {count:>8}  {percent:>5.1} %")?;
            }
        }
        Ok(())
    }
}
