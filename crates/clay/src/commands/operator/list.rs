//! `clay operator list`: the operators of a pool.

use alloy::primitives::U256;
use clap::Args;
use clay_shared::{books::Rate, operators::state::FIRST_OPERATOR};
use serde_json::{json, Value};

use super::{worth, At, Registry};
use crate::{
    amount::{display, display_eth},
    bindings::OperatorRegistry::{
        bondOfCall, bondOfReturn, countsCall, recordCall, recordReturn, standingCall,
        standingReturn,
    },
    failure::Failure,
    numbers::kind,
    output::say,
};

/// Shows the operators of a pool, oldest first: kind, standing, bond and nodes.
#[derive(Args, Debug)]
pub(in crate::commands) struct ListArgs {
    /// Leaves out so many of the first.
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    skip: u64,
    /// Shows so many at most.
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    limit: u64,
    /// Prints JSON: shares and amounts in wei, as text.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

impl ListArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let registry = self.at.open().await?;
        let all: u64 = registry
            .view(countsCall {})
            .await?
            .operators
            .saturating_to();
        let rate = registry.rate().await?;
        let end = self.skip.saturating_add(self.limit).min(all);
        let mut operators = Vec::new();
        for place in self.skip..end {
            let number = U256::from(u64::from(FIRST_OPERATOR) + place);
            operators.push(Operator::read(&registry, number).await?);
        }
        if self.json {
            let list: Value = operators.iter().map(|it| it.json(rate)).collect();
            say!("{:#}", json!({ "registered": all, "operators": list }));
            return Ok(());
        }
        if !operators.is_empty() {
            say!(
                "  {:>8}  {:<12}  {:>5}  {:<8}  {:>6}  {:>6}  {:>22}  manager key",
                "operator",
                "kind",
                "score",
                "standing",
                "live",
                "active",
                "bond"
            );
        }
        for operator in &operators {
            say!("{}", operator.row(rate));
        }
        say!("{all} operators registered, {} shown.", operators.len());
        Ok(())
    }
}

/// An operator as the registry has it.
pub(super) struct Operator {
    pub(super) number: U256,
    pub(super) record: recordReturn,
    pub(super) standing: standingReturn,
    pub(super) bond: bondOfReturn,
}

impl Operator {
    /// Reads an operator.
    pub(super) async fn read(registry: &Registry, operator: U256) -> Result<Self, Failure> {
        Ok(Self {
            number: operator,
            record: registry.view(recordCall { operator }).await?,
            standing: registry.view(standingCall { operator }).await?,
            bond: registry.view(bondOfCall { operator }).await?,
        })
    }

    /// Its live nodes, of all types.
    pub(super) fn live(&self) -> U256 {
        self.standing.live.iter().sum()
    }

    fn row(&self, rate: Option<Rate>) -> String {
        let bond = match rate {
            Some(rate) => display_eth(worth(rate, self.bond.shares)),
            None => format!("{} shares", display(self.bond.shares)),
        };
        format!(
            "  {:>8}  {:<12}  {:>5}  {:<8}  {:>6}  {:>6}  {bond:>22}  {}",
            self.number,
            kind(self.record.kind),
            self.standing.score,
            if self.standing.proven {
                "proven"
            } else {
                "unproven"
            },
            self.live(),
            self.standing.active,
            self.record.manager
        )
    }

    fn json(&self, rate: Option<Rate>) -> Value {
        json!({
            "operator": self.number.to_string(),
            "kind": kind(self.record.kind),
            "manager": self.record.manager.to_string(),
            "score": self.standing.score.to_string(),
            "proven": self.standing.proven,
            "live": self.live().to_string(),
            "active": self.standing.active.to_string(),
            "bondShares": self.bond.shares.to_string(),
            "bond": rate.map(|rate| worth(rate, self.bond.shares).to_string()),
        })
    }
}
