//! What stands behind an operator's nodes: more of it, and how it gets back.

use alloy::primitives::U256;
use clap::Args;

use super::{done, worth, Signing};
use crate::{
    amount::{self, display, display_eth},
    bindings::OperatorRegistry::{
        announceWithdrawalCall, bondCall, checkBondCall, settleCall, withdrawBondCall,
        withdrawableCall, BondAdded, BondShort, BondWithdrawn, NodeSettled, OperatorListed,
        PenaltyCharged,
    },
    failure::Failure,
    logs::emitted,
    moment::{date, told},
    output::say,
};

/// Turns ETH into shares of the pool and adds them to an operator's bond, where they earn on. Debt is paid first. Anyone
/// may.
#[derive(Args, Debug)]
pub(in crate::commands) struct BondArgs {
    /// The operator's number.
    operator: U256,
    /// How much: 1.5, 1.5eth, 20gwei or 1000wei.
    #[arg(value_parser = amount::parse)]
    amount: U256,
    #[command(flatten)]
    with: Signing,
}

impl BondArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let registry = self.with.open().await?;
        let operator = self.operator;
        let action = format!("bonding {}", display_eth(self.amount));
        let receipt = registry
            .run(&action, self.amount, bondCall { operator })
            .await?;
        let added: BondAdded = registry.told(&receipt)?;
        let at = registry.address;
        let mut rows = vec![
            ("added", format!("{} shares", display(added.shares))),
            ("bond now", format!("{} shares", display(added.total))),
        ];
        if let Some(paid) = emitted::<PenaltyCharged>(&receipt, at).next() {
            let words = format!(
                "{} shares; {} are left of it",
                display(paid.shares),
                display(paid.debt)
            );
            rows.push(("debt paid", words));
        }
        if emitted::<OperatorListed>(&receipt, at).next().is_some() {
            rows.push(("chosen", "it can be, from now on".into()));
        }
        done(
            &format!("Operator {operator} has a larger bond."),
            rows,
            &receipt,
        );
        Ok(())
    }
}

/// Announces that shares of the bond will be withdrawn, a week ahead. The manager only.
#[derive(Args, Debug)]
pub(in crate::commands) struct AnnounceArgs {
    /// The operator's number.
    operator: U256,
    /// How many shares: 1.5 or 1000wei; 0 for none after all.
    #[arg(value_parser = amount::parse)]
    shares: U256,
    #[command(flatten)]
    with: Signing,
}

impl AnnounceArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let registry = self.with.open().await?;
        let (operator, shares) = (self.operator, self.shares);
        let call = announceWithdrawalCall { operator, shares };
        let action = "announcing a withdrawal";
        let receipt = registry.run(action, U256::ZERO, call).await?;
        let what = if shares.is_zero() {
            format!("Operator {operator} withdraws nothing.")
        } else {
            let can = registry.view(withdrawableCall { operator }).await?;
            let now = registry.client.now().await?;
            format!(
                "Operator {operator} announces {} shares, which can be withdrawn {}, for a week.",
                display(shares),
                told(can.from.saturating_to(), now)
            )
        };
        done(&what, Vec::new(), &receipt);
        Ok(())
    }
}

/// Sends shares of the bond to the payout address: all of them where no node is live, else what was announced a week ago, two
/// at most, and the nodes do not require. The manager or the payout address.
#[derive(Args, Debug)]
pub(in crate::commands) struct WithdrawArgs {
    /// The operator's number.
    operator: U256,
    /// How many shares: 1.5 or 1000wei; all that can be, if none are named.
    #[arg(value_parser = amount::parse)]
    shares: Option<U256>,
    #[command(flatten)]
    with: Signing,
}

impl WithdrawArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        use crate::bindings::OperatorRegistry::{bondOfCall, standingCall};
        let registry = self.with.open().await?;
        let operator = self.operator;
        let shares = match self.shares {
            Some(shares) => shares,
            None => {
                let can = registry.view(withdrawableCall { operator }).await?.shares;
                let standing = registry.view(standingCall { operator }).await?;
                match standing.live.iter().all(U256::is_zero) {
                    true => can,
                    // All of it if the notice has lapsed: the contract says so.
                    false => can.min(registry.view(bondOfCall { operator }).await?.announced),
                }
            }
        };
        let action = format!("withdrawing {} shares", display(shares));
        let call = withdrawBondCall { operator, shares };
        let receipt = registry.run(&action, U256::ZERO, call).await?;
        let sent: BondWithdrawn = registry.told(&receipt)?;
        let mut rows = vec![
            ("sent", format!("{} shares", display(sent.shares))),
            ("to", sent.receiver.to_string()),
            ("bond now", format!("{} shares", display(sent.left))),
        ];
        if let Some(rate) = registry.rate().await? {
            rows.push(("worth", display_eth(worth(rate, sent.left))));
        }
        done(
            &format!("Operator {operator} has a smaller bond."),
            rows,
            &receipt,
        );
        Ok(())
    }
}

/// Says that nodes are done and their last epoch is settled, so that they need no bond any more. Anyone may.
#[derive(Args, Debug)]
pub(in crate::commands) struct SettleArgs {
    /// Numbers of the nodes.
    #[arg(required = true)]
    nodes: Vec<u32>,
    #[command(flatten)]
    with: Signing,
}

impl SettleArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let registry = self.with.open().await?;
        let call = settleCall { nodes: self.nodes };
        let receipt = registry.run("settling", U256::ZERO, call).await?;
        for settled in emitted::<NodeSettled>(&receipt, registry.address) {
            say!(
                "Node {} of operator {} is settled.",
                settled.node,
                settled.operator
            );
        }
        Ok(())
    }
}

/// Notes whether a bond is short, which starts or ends the time it has to be made whole. Anyone may.
#[derive(Args, Debug)]
pub(in crate::commands) struct CheckArgs {
    /// The operator's number.
    operator: U256,
    #[command(flatten)]
    with: Signing,
}

impl CheckArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let registry = self.with.open().await?;
        let operator = self.operator;
        let call = checkBondCall { operator };
        let receipt = registry.run("looking at a bond", U256::ZERO, call).await?;
        let short = emitted::<BondShort>(&receipt, registry.address).next();
        let bond = crate::bindings::OperatorRegistry::bondOfCall { operator };
        let since: u64 = registry.view(bond).await?.shortSince.saturating_to();
        let what = match (short.is_some(), since) {
            (_, 0) => format!("The bond of operator {operator} is whole."),
            (true, _) => format!("The bond of operator {operator} is short, as of now."),
            (false, since) => {
                format!(
                    "The bond of operator {operator} is short since {}.",
                    date(since)
                )
            }
        };
        done(&what, Vec::new(), &receipt);
        Ok(())
    }
}
