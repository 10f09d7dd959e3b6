//! Where a report comes from: nodes of Ethereum and the pool on L2, and what was made of them.

use crate::{
    beacon::ChainRules,
    error::Result,
    observation::{Nodes, Observation, Previous},
    pool::{Pool, Standing},
    report::{Report, GWEI},
    reporter::Settings,
    schedule::Schedule,
    under_way::UnderWay,
};

/// Everything that is read from: nodes of Ethereum, and the pool on L2.
#[derive(Clone, Debug)]
pub struct Sources {
    /// Ethereum.
    pub nodes: Nodes,
    /// L2.
    pub pool: Pool,
}

/// A report, what it was made from, and how things stood on L2.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The report.
    pub report: Report,
    /// What was read on Ethereum.
    pub seen: Observation,
    /// ETH that did not arrive as it should.
    pub under_way: UnderWay,
    /// How things stood on L2.
    pub standing: Standing,
}

impl Prepared {
    /// Gwei of principal that may have left validators since the last report, or been given back unused.
    pub(crate) fn principal(&self) -> u64 {
        let deposits = self.report.deposits_seen();
        let new = deposits.saturating_sub(self.standing.deposits_seen);
        let unused = self.seen.gateway.unused.min(new) / GWEI;
        // What was deposited or given back fits, as the report's depositsSeen does.
        let unused = u64::try_from(unused).unwrap_or(u64::MAX);
        self.seen.leaving.saturating_add(unused)
    }
}

impl Sources {
    /// The slot that the newest report of a schedule is about.
    ///
    /// # Errors
    /// If a node does not answer, or is not synchronised.
    pub async fn due(&self, schedule: &Schedule) -> Result<Option<(ChainRules, u64)>> {
        let rules = self.nodes.beacon.rules().await?;
        let finalized = self.nodes.beacon.finalized_slot(&rules).await?;
        Ok(schedule.slot(&rules, finalized).map(|slot| (rules, slot)))
    }

    /// The newest final slot.
    ///
    /// # Errors
    /// If the beacon node does not answer.
    pub async fn newest_final(&self) -> Result<u64> {
        let rules = self.nodes.beacon.rules().await?;
        self.nodes.beacon.finalized_slot(&rules).await
    }

    /// Makes the report about a slot, or about the last one before it that has a block.
    ///
    /// # Errors
    /// If a node does not answer, is not synchronised, contradicts itself, or the slot is not final.
    pub async fn prepare(&mut self, slot: u64, settings: &Settings) -> Result<Prepared> {
        let rules = self.nodes.beacon.rules().await?;
        self.nodes.require_sound(&rules).await?;
        let standing = self.pool.standing().await?;
        let previous = standing
            .last_report
            .checked_sub(rules.genesis_time)
            .map(|since| Previous {
                slot: since / rules.seconds_per_slot,
                expected: standing.expected_loss > 0,
            });
        let gateway = self.pool.gateway();
        let keys = self.pool.keys_at(rules.time(slot)).await?.to_vec();
        let seen = self
            .nodes
            .observe(&rules, gateway, slot, &keys, previous)
            .await?;
        let under_way = self.under_way(&keys, &seen, settings).await?;
        let epoch = settings.epochs.and_then(|it| it.ended(&rules, slot));
        let report = Report::assemble(&seen, &standing, under_way.lost, epoch)?;
        Ok(Prepared {
            report,
            seen,
            under_way,
            standing,
        })
    }
}
