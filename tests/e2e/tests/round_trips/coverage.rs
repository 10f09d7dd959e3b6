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

/// What others left behind to trips without shares from before.
#[derive(Clone, Debug, Default)]
struct LeftByOthers {
    trips: u64,
    /// The largest part of what was put in.
    largest: f64,
    /// The smallest margin if it were counted as come out, and how that trip went.
    counted: Smallest<f64>,
    story: Vec<String>,
}

impl LeftByOthers {
    fn see(&mut self, trip: &Travelled, left: u128, seed: &str) {
        let part = left as f64 / trip.put as f64;
        self.trips += 1;
        self.largest = self.largest.max(part);
        self.counted.see(trip.relative() - part, seed);
        if matches!(&self.counted.0, Some((_, of)) if of == seed) {
            self.story = trip.told.clone();
        }
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
    /// What others left behind, by how it came.
    left_by_others: BTreeMap<&'static str, LeftByOthers>,
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
        if trip.labels.contains(&("put in", "shares from before")) {
            return;
        }
        for (how, left) in trip.left_by_others.iter().filter(|(_, left)| **left > 1) {
            let kind = self.left_by_others.entry(how).or_default();
            kind.see(trip, *left, seed);
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
        writeln!(
            f,
            "\nleft behind by others, as a part of what was put in, and the smallest margin if it counted as a gain"
        )?;
        for (how, kind) in &self.left_by_others {
            let (Some((relative, seed)), LeftByOthers { trips, largest, .. }) =
                (&kind.counted.0, kind)
            else {
                continue;
            };
            writeln!(
                f,
                "    {how:<42} {trips:>8}  {largest:>10.3e}  {relative:>10.3e} ({seed})"
            )?;
            if *relative < 0.0 {
                writeln!(f, "        {}", kind.story.join("\n        "))?;
            }
        }
        writeln!(f)?;
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
