//! What trips were made, and the smallest margin of each kind.

use std::{collections::BTreeMap, fmt};

use crate::travel::{Label, Travelled};

/// The trips of a kind.
#[derive(Clone, Debug, Default)]
struct Kind {
    trips: u64,
    relative: Smallest<f64>,
    wei: Smallest<i128>,
}

/// The smallest of some figures, with its seed.
#[derive(Clone, Debug, Default)]
struct Smallest<T>(Option<(T, String)>);

impl<T: PartialOrd> Smallest<T> {
    fn see(&mut self, value: T, seed: &str) {
        match &self.0 {
            // Of equals the first by name, whoever comes first.
            Some((smallest, of)) if (smallest, of.as_str()) <= (&value, seed) => {}
            _ => self.0 = Some((value, seed.into())),
        }
    }
}

impl Kind {
    fn see(&mut self, trip: &Travelled, seed: &str) {
        self.trips += 1;
        self.relative.see(trip.relative(), seed);
        self.wei.see(trip.margin, seed);
    }
}

/// All trips.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// Trips around no report, or without anything put in.
    idle: u64,
    all: Kind,
    all_out: Kind,
    kinds: BTreeMap<Label, Kind>,
    /// Trips to which others left something, and the largest part of what was put in.
    left_by_others: (u64, f64),
    /// The smallest margin if that counted as a gain, and how that trip went.
    with_others: Smallest<f64>,
    story: String,
    /// Seconds it took.
    pub seconds: f64,
}

impl Coverage {
    /// Counts a trip. `seed` says how to make it again.
    pub fn see(&mut self, trip: &Travelled, seed: &str) {
        if !trip.relative().is_finite() {
            self.idle += 1;
            return;
        }
        self.all.see(trip, seed);
        for label in &trip.labels {
            self.kinds.entry(*label).or_default().see(trip, seed);
        }
        if trip.labels.contains(&("route", "all out")) {
            self.all_out.see(trip, seed);
        }
        if trip.left_by_others > 0 {
            let part = trip.left_by_others as f64 / trip.put as f64;
            let (trips, largest) = self.left_by_others;
            self.left_by_others = (trips + 1, largest.max(part));
            self.with_others.see(trip.relative() - part, seed);
            if matches!(&self.with_others.0, Some((_, of)) if of == seed) {
                self.story = trip.told.join("\n");
            }
        }
    }

    /// The named kinds that no trip was of.
    pub fn missed(&self, named: &[(&'static str, &[&'static str])]) -> Vec<String> {
        let labels = named
            .iter()
            .flat_map(|(kind, labels)| labels.iter().map(|label| (*kind, *label)));
        labels
            .filter(|label| !self.kinds.contains_key(label))
            .map(|(kind, label)| format!("{kind}: {label}"))
            .collect()
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} trips around reports in {:.1} s, and {} around none\n\n{:<46} {:>8}  smallest margin",
            self.all.trips, self.seconds, self.idle, "", "trips"
        )?;
        let mut heading = "";
        for ((kind, label), trips) in &self.kinds {
            if heading != *kind {
                writeln!(f, "{kind}")?;
                heading = *kind;
            }
            let (Some((relative, _)), Some((wei, _))) = (&trips.relative.0, &trips.wei.0) else {
                continue;
            };
            writeln!(
                f,
                "    {label:<42} {:>8}  {relative:>10.3e}  {wei:>6} wei",
                trips.trips
            )?;
        }
        let (trips, part) = self.left_by_others;
        writeln!(
            f,
            "\nothers left something behind in {trips} trips, at most {part:.3e} of what was put in"
        )?;
        if let Some((relative, seed)) = &self.with_others.0 {
            writeln!(
                f,
                "the smallest margin if that counted: {relative:.3e} ({seed})\n{}",
                self.story
            )?;
        }
        for (name, kind) in [("all out", &self.all_out), ("all", &self.all)] {
            let (Some((relative, of)), Some((wei, by))) = (&kind.relative.0, &kind.wei.0) else {
                continue;
            };
            writeln!(
                f,
                "smallest margin, {name}: {relative:.3e} of what was put in ({of}); {wei} wei ({by})"
            )?;
        }
        Ok(())
    }
}
