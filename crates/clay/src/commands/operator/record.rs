//! Who an operator is, and who speaks for it.

use std::path::PathBuf;

use alloy::primitives::{keccak256, Address, B256, U256};
use clap::{Args, Subcommand};

use super::{done, Signing};
use crate::{
    amount::{self, display, display_eth},
    bindings::OperatorRegistry::{
        acceptManagerCall, acceptPayoutCall, offerManagerCall, offerPayoutCall, registerCall,
        setMetadataHashCall, vouchCall, BondAdded, OperatorRegistered, PayoutOffered,
    },
    failure::Failure,
    logs::emitted,
    moment::told,
    numbers::{kind, Kind},
};

/// Registers an operator that you manage, and bonds ETH for its first nodes. Anyone may; in the institutional pool, who has
/// the right to operate.
#[derive(Args, Debug)]
pub(in crate::commands) struct RegisterArgs {
    /// What kind of operator.
    #[arg(long)]
    kind: Kind,
    /// Where rewards and the bond go; to you, if nobody is named.
    #[arg(long, value_name = "ADDRESS")]
    payout: Option<Address>,
    /// What the operator publishes about itself: the file's hash (keccak-256) is taken, and nothing of it leaves this machine.
    #[arg(long, value_name = "FILE")]
    metadata: Option<PathBuf>,
    /// The first bond, in ETH: `clay operator simulate` says how much carries how many nodes.
    #[arg(long, value_name = "AMOUNT", value_parser = amount::parse, default_value = "0")]
    bond: U256,
    #[command(flatten)]
    with: Signing,
}

impl RegisterArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let metadata = self.metadata.as_ref().map(hash_of).transpose()?;
        let registry = self.with.open().await?;
        let account = registry.client.account()?;
        let call = registerCall {
            kind: self.kind as u8,
            payout: self.payout.unwrap_or(account),
            metadataHash: metadata.unwrap_or_default(),
        };
        let receipt = registry.run("registering", self.bond, call).await?;
        let registered: OperatorRegistered = registry.told(&receipt)?;
        let operator = registered.operator;
        let mut rows = vec![
            ("kind", kind(registered.kind)),
            ("manager key", registered.manager.to_string()),
            ("payout address", registered.payout.to_string()),
        ];
        if let Some(bond) = emitted::<BondAdded>(&receipt, registry.address).next() {
            let shares = display(bond.total);
            rows.push((
                "bond",
                format!("{shares} shares, for {}", display_eth(self.bond)),
            ));
        }
        done(&format!("Operator {operator}."), rows, &receipt);
        Ok(())
    }
}

fn hash_of(file: &PathBuf) -> Result<B256, Failure> {
    let problem = |error| Failure::File(format!("{}: {error}.", file.display()));
    std::fs::read(file).map(keccak256).map_err(problem)
}

/// An operator's number, and how to reach its registry.
#[derive(Args, Debug)]
pub(in crate::commands) struct Accept {
    /// The operator's number.
    operator: U256,
    #[command(flatten)]
    with: Signing,
}

/// An offer to somebody.
#[derive(Args, Debug)]
pub(in crate::commands) struct Offer {
    /// The operator's number.
    operator: U256,
    /// Whom it is offered to.
    #[arg(required_unless_present = "withdraw")]
    to: Option<Address>,
    /// Withdraws the offer that stands.
    #[arg(long, conflicts_with = "to")]
    withdraw: bool,
    #[command(flatten)]
    with: Signing,
}

impl Offer {
    /// The address that is offered; zero withdraws.
    fn address(&self) -> Address {
        self.to.unwrap_or_default()
    }
}

#[derive(Debug, Subcommand)]
pub(in crate::commands) enum ManagerCommand {
    /// Offers the record to another manager key, which has to accept. The manager only.
    Offer(Offer),
    /// Takes over a record that was offered to you.
    Accept(Accept),
}

impl ManagerCommand {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Offer(offer) => {
                let registry = offer.with.open().await?;
                let (operator, manager) = (offer.operator, offer.address());
                let call = offerManagerCall { operator, manager };
                let receipt = registry
                    .run("offering the record", U256::ZERO, call)
                    .await?;
                let what = match offer.withdraw {
                    true => format!("Operator {operator} is offered to nobody any more."),
                    false => format!(
                        "Operator {operator} is offered to {manager}, who takes it over with `clay operator manager \
                         accept {operator}`."
                    ),
                };
                done(&what, Vec::new(), &receipt);
            }
            Self::Accept(Accept { operator, with }) => {
                let registry = with.open().await?;
                let call = acceptManagerCall { operator };
                let receipt = registry.run("taking over", U256::ZERO, call).await?;
                done(
                    &format!("Operator {operator} is managed by you."),
                    Vec::new(),
                    &receipt,
                );
            }
        }
        Ok(())
    }
}

#[derive(Debug, Subcommand)]
pub(in crate::commands) enum PayoutCommand {
    /// Offers another payout address, which may accept 3 days later. The manager only; the present payout address may
    /// withdraw the offer.
    Offer(Offer),
    /// Becomes the payout address.
    Accept(Accept),
}

impl PayoutCommand {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Offer(offer) => {
                let registry = offer.with.open().await?;
                let (operator, payout) = (offer.operator, offer.address());
                let call = offerPayoutCall { operator, payout };
                let receipt = registry
                    .run("offering the payout address", U256::ZERO, call)
                    .await?;
                let told_of: PayoutOffered = registry.told(&receipt)?;
                let what = match offer.withdraw {
                    true => format!("The payout address of operator {operator} stays as it is."),
                    false => {
                        let now = registry.client.now().await?;
                        let from = told(told_of.from.saturating_to(), now);
                        format!(
                            "{payout} can become the payout address of operator {operator} {from}."
                        )
                    }
                };
                done(&what, Vec::new(), &receipt);
            }
            Self::Accept(Accept { operator, with }) => {
                let registry = with.open().await?;
                let call = acceptPayoutCall { operator };
                let action = "becoming the payout address";
                let receipt = registry.run(action, U256::ZERO, call).await?;
                let what = format!("You are the payout address of operator {operator}.");
                done(&what, Vec::new(), &receipt);
            }
        }
        Ok(())
    }
}

/// Changes the hash of what the operator publishes about itself. The manager only.
#[derive(Args, Debug)]
pub(in crate::commands) struct MetadataArgs {
    /// The operator's number.
    operator: U256,
    /// The file: its hash (keccak-256) is taken, and nothing of it leaves this machine.
    file: PathBuf,
    #[command(flatten)]
    with: Signing,
}

impl MetadataArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let hash = hash_of(&self.file)?;
        let registry = self.with.open().await?;
        let operator = self.operator;
        let call = setMetadataHashCall {
            operator,
            metadataHash: hash,
        };
        let receipt = registry.run("changing metadata", U256::ZERO, call).await?;
        let what = format!("Operator {operator} publishes what has the hash {hash}.");
        done(&what, Vec::new(), &receipt);
        Ok(())
    }
}

/// Says that an operator is known and reliable, so that it is proven at once. The registry's owner, or the Board.
#[derive(Args, Debug)]
pub(in crate::commands) struct VouchArgs {
    /// The operator's number.
    operator: U256,
    /// Takes it back.
    #[arg(long)]
    withdraw: bool,
    #[command(flatten)]
    with: Signing,
}

impl VouchArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let registry = self.with.open().await?;
        let (operator, vouched) = (self.operator, !self.withdraw);
        let call = vouchCall { operator, vouched };
        let receipt = registry.run("vouching", U256::ZERO, call).await?;
        let what = match vouched {
            true => format!("Operator {operator} is vouched for."),
            false => format!("Operator {operator} is not vouched for any more."),
        };
        done(&what, Vec::new(), &receipt);
        Ok(())
    }
}
