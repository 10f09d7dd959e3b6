//! What happens besides the everyday.

use alloy::primitives::U256;
use e2e::{operated::*, OperatorRegistry::*};
use rand::Rng;

use crate::fleet::{Fleet, LOST_REGION, REGIONS, TARGETS};

impl Fleet {
    /// What this week has in store.
    pub fn events(&mut self) {
        let week = self.weeks;
        self.newcomers();
        if week == self.plan.dropout {
            for person in &mut self.people {
                person.gone |= person.region == LOST_REGION;
            }
        }
        if week == self.plan.crowd_at {
            self.crowd();
        }
    }

    /// This week's part of the operators that join. Their types are as the targets have them; in a drought nobody joins with
    /// SSV nodes, and afterwards those who waited do.
    fn newcomers(&mut self) {
        let plan = self.plan;
        if self.weeks >= plan.joining {
            return;
        }
        let before = plan.operators * self.weeks / plan.joining;
        let after = plan.operators * (self.weeks + 1) / plan.joining;
        let (dry, weeks) = plan.drought;
        let is_dry = (dry..dry + weeks).contains(&self.weeks);
        for _ in before..after {
            let bucket = loop {
                let bucket = self.bucket();
                if !(is_dry && bucket / 3 == usize::from(SSV)) {
                    break bucket;
                }
            };
            let (of, kind) = ((bucket / 3) as u8, (bucket % 3) as u8);
            let region = self.dice.gen_range(0..REGIONS);
            // A third is weak.
            let quality = match self.dice.gen_range(0..3) {
                0 => self.dice.gen_range(3_000..8_000),
                _ => self.dice.gen_range(9_300..10_000),
            };
            // Governance knows institutions, and half of the others. Who runs validators alone must be proven.
            let known = of == DIRECT || kind == INSTITUTION;
            let vouched = known || self.dice.gen_range(0..2) == 0;
            let nodes = plan.nodes;
            self.join(kind, of, region, quality, vouched, nodes);
        }
    }

    /// A bucket, as often as its target is high.
    fn bucket(&mut self) -> usize {
        let mut drawn = self.dice.gen_range(0..TARGETS.iter().sum());
        for (bucket, target) in TARGETS.iter().enumerate() {
            if drawn < *target {
                return bucket;
            }
            drawn -= target;
        }
        0
    }

    /// One person registers many accounts, in all regions and with every client, and takes part in no ceremony.
    fn crowd(&mut self) {
        for place in 0..self.plan.crowd {
            let of = if place % 4 == 3 { OBOL } else { SSV };
            let region = (place % u64::from(REGIONS)) as u8;
            let person = self.join((place % 3) as u8, of, region, 0, false, 2);
            self.people[person].of_crowd = true;
        }
    }

    /// Those off the lists because of a failed ceremony come back when they may, the crowd too.
    pub fn come_back(&mut self) {
        let now = self.operated.pool.chain.timestamp();
        for place in 0..self.people.len() {
            let (operator, gone) = (self.people[place].operator, self.people[place].gone);
            let standing = self.operated.view(standingCall { operator });
            let failed = !standing.failedCeremonies.is_zero();
            if failed && !gone && standing.suspendedUntil < U256::from(now) {
                // Who cannot come back, for a bond that is too small, stays off.
                let _ = self.operated.try_anybody(rejoinCall { operator });
            }
        }
    }
}
