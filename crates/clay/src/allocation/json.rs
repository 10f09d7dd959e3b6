//! State and choice as JSON, for programs: amounts in wei and shares as text, everything else as numbers.

use clay_shared::operators::state::of_number;
use serde_json::{json, Map, Value};

use super::{
    choice::{Bucket, Choice, Look, Outcome, Verdict},
    state::{Line, Standing, State},
};
use crate::numbers;

impl State {
    /// All that the choice depends on. Buckets, regions, types and kinds are told by their numbers.
    pub fn json(&self) -> Value {
        let terms = &self.parameters;
        let operators = self.operators.iter();
        let operators =
            operators.map(|(operator, standing)| (operator.to_string(), standing.json()));
        json!({
            "parameters": {
                "leastRegions": terms.least_regions,
                "leastClients": terms.least_clients,
                "operatorCap": terms.operator_cap,
                "regionCap": terms.region_cap,
                "formedAhead": terms.formed_ahead.to_string(),
            },
            "targets": self.targets,
            "activeByBucket": self.by_bucket,
            "activeByRegion": self.by_region,
            "provenOperators": self.proven,
            "newcomers": self.newcomers,
            "rate": {
                "assets": self.rate.assets.to_string(),
                "shares": self.rate.shares.to_string(),
            },
            "fundable": self.fundable.to_string(),
            "reserved": self.reserved,
            "keyed": self.keyed,
            "lines": self.lines.iter().map(Line::json).collect::<Value>(),
            "operators": operators.collect::<Map<_, _>>(),
        })
    }
}

impl Line {
    fn json(&self) -> Value {
        let waiting = self.waiting.iter().map(|waiting| {
            json!({
                "operator": waiting.operator,
                "class": waiting.class,
                "node": waiting.node,
                "client": waiting.client,
            })
        });
        json!({
            "type": self.of as u8,
            "kind": self.kind,
            "region": self.region,
            "proven": self.proven,
            "waiting": waiting.collect::<Value>(),
            "more": self.more,
        })
    }
}

impl Standing {
    fn json(&self) -> Value {
        json!({
            "active": self.active,
            "bondShares": self.bond.to_string(),
            "debtShares": self.debt.to_string(),
            "requiredWithOneMore": self.with_one_more.map(|wei| wei.to_string()),
            "right": self.right,
        })
    }
}

impl Choice {
    /// What comes out, and how.
    pub fn json(&self) -> Value {
        json!({
            "outcome": self.outcome.json(),
            "takenOff": self.taken_off,
            "buckets": self.buckets.iter().map(Bucket::json).collect::<Value>(),
        })
    }
}

impl Outcome {
    /// What comes out.
    pub fn json(&self) -> Value {
        match self {
            Self::Cluster { bucket, nodes } => {
                let (of, kind) = of_number(*bucket).map_or((0, 0), |(of, kind)| (of as u8, kind));
                json!({ "cluster": { "type": of, "kind": kind, "nodes": nodes } })
            }
            Self::EnoughFormed { formed, allowed } => json!({
                "enoughFormed": { "formed": formed.to_string(), "allowed": allowed.to_string() }
            }),
            Self::TakesOff => json!("takesOff"),
            Self::NoClusterPossible => json!("noClusterPossible"),
        }
    }
}

impl Bucket {
    fn json(&self) -> Value {
        json!({
            "bucket": self.bucket,
            "name": numbers::bucket(self.bucket),
            "active": self.active,
            "target": self.target,
            "missingTenThousandths": self.missing,
            "fullRegions": self.full_regions,
            "forms": self.forms,
            "looks": self.looks.iter().map(Look::json).collect::<Value>(),
        })
    }
}

impl Look {
    fn json(&self) -> Value {
        let verdict = match self.verdict {
            Verdict::Taken => "taken",
            Verdict::AtCap { .. } => "atCap",
            Verdict::BondShort { .. } => "bondShort",
            Verdict::NoRight => "noRight",
            Verdict::TakesPart => "takesPart",
            Verdict::Client => "client",
        };
        json!({
            "operator": self.waiting.operator,
            "node": self.waiting.node,
            "region": self.region,
            "client": self.waiting.client,
            "proven": self.proven,
            "class": self.waiting.class,
            "verdict": verdict,
        })
    }
}
