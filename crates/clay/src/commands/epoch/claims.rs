//! `clay epoch apply`, `claim` and `sync`.

use std::path::{Path, PathBuf};

use alloy::{
    primitives::{B256, U256},
    rpc::types::TransactionReceipt,
    sol_types::SolCall,
};
use clap::Args;
use clay_epoch::{Leaf, Tree};

use super::{wrong, Distributor, Signing};
use crate::{
    amount::{self, display, display_eth},
    bindings::RewardsDistributor::{
        applyRootCall, claimAsEthCall, claimCall, syncCall, Claim, Claimed, ClaimedAsEth,
        RootApplied, Withheld,
    },
    failure::Failure,
    logs::{costs, emitted},
    output::say,
    table,
};

/// Leaves synced in one transaction.
const BATCH: usize = 20;

/// Puts a root into effect whose delay is over. Claims do so by themselves.
#[derive(Args, Debug)]
pub(in crate::commands) struct ApplyArgs {
    #[command(flatten)]
    signing: Signing,
}

impl ApplyArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let distributor = self.signing.open().await?;
        let call = applyRootCall {};
        let receipt = distributor
            .send("putting a root into effect", &call)
            .await?;
        for applied in emitted::<RootApplied>(&receipt, distributor.address) {
            say!(
                "Epoch {}: root {} is in effect.",
                applied.epoch,
                applied.root
            );
        }
        say!("{}", table::lines(&costs(&receipt)));
        Ok(())
    }
}

/// Pays an operator's rewards to its payout address.
#[derive(Args, Debug)]
pub(in crate::commands) struct ClaimArgs {
    /// The operator.
    operator: u32,
    /// The folder of the root in effect.
    #[arg(long, value_name = "FOLDER")]
    files: PathBuf,
    /// Pays ETH, by a flash exit at its fee. The operator's manager or payout address only.
    #[arg(long)]
    eth: bool,
    /// With --eth: no less than this.
    #[arg(long, value_name = "AMOUNT", value_parser = amount::parse, requires = "eth")]
    min: Option<U256>,
    #[command(flatten)]
    signing: Signing,
}

impl ClaimArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let (leaf, proof) = leaf(&self.files, self.operator)?;
        let distributor = self.signing.open().await?;
        let claim = claim_of(self.operator, &leaf, proof);
        let receipt = match self.eth {
            false => {
                let call = claimCall {
                    account: claim.account,
                    rewards: claim.rewards,
                    penalties: claim.penalties,
                    performance: claim.performance,
                    epochs: claim.epochs,
                    proof: claim.proof,
                };
                distributor.send("claiming rewards", &call).await?
            }
            true => {
                let call = claimAsEthCall {
                    account: claim.account,
                    rewards: claim.rewards,
                    penalties: claim.penalties,
                    performance: claim.performance,
                    epochs: claim.epochs,
                    proof: claim.proof,
                    minAssets: self.min.unwrap_or_default(),
                };
                distributor.send("claiming rewards in ETH", &call).await?
            }
        };
        distributor.tell(&receipt);
        Ok(())
    }
}

/// Has leaves applied: penalties are charged, and what is withheld of rewards goes into bonds. Anybody may.
#[derive(Args, Debug)]
pub(in crate::commands) struct SyncArgs {
    /// The operators; all of the root, if none is named.
    operators: Vec<u32>,
    /// The folder of the root in effect.
    #[arg(long, value_name = "FOLDER")]
    files: PathBuf,
    #[command(flatten)]
    signing: Signing,
}

impl SyncArgs {
    pub(super) async fn run(mut self) -> Result<(), Failure> {
        let tree = tree(&self.files)?;
        if self.operators.is_empty() {
            let accounts = tree.leaves().iter().map(|(account, _)| *account);
            self.operators = accounts
                .filter(|it| *it >= clay_epoch::FIRST_OPERATOR)
                .collect();
        }
        let distributor = self.signing.open().await?;
        for operators in self.operators.chunks(BATCH) {
            let claims = operators.iter().map(|operator| {
                let (leaf, proof) = tree
                    .proof(*operator)
                    .ok_or_else(|| no_leaf(&self.files, *operator))?;
                Ok(claim_of(*operator, &leaf, proof))
            });
            let claims = claims.collect::<Result<_, Failure>>()?;
            let receipt = distributor
                .send("applying leaves", &syncCall { claims })
                .await?;
            distributor.tell(&receipt);
        }
        say!("{} leaves are applied.", self.operators.len());
        Ok(())
    }
}

impl Distributor {
    async fn send(&self, action: &str, call: &impl SolCall) -> Result<TransactionReceipt, Failure> {
        let data = call.abi_encode().into();
        self.client
            .transact(action, self.address, U256::ZERO, data)
            .await
    }

    /// What was paid, and what it cost.
    fn tell(&self, receipt: &TransactionReceipt) {
        let mut any = false;
        for paid in emitted::<Claimed>(receipt, self.address) {
            let shares = display(paid.shares);
            say!(
                "Operator {}: {shares} shares to {}.",
                paid.account,
                paid.receiver
            );
            any = true;
        }
        for paid in emitted::<ClaimedAsEth>(receipt, self.address) {
            let (shares, assets) = (display(paid.shares), display_eth(paid.assets));
            say!(
                "Operator {}: {shares} shares as {assets} to {}.",
                paid.account,
                paid.receiver
            );
            any = true;
        }
        for withheld in emitted::<Withheld>(receipt, self.address) {
            let shares = display(withheld.shares);
            say!(
                "Operator {}: {shares} shares into its bond.",
                withheld.account
            );
            any = true;
        }
        if !any {
            say!("Nothing new to pay.");
        }
        say!("{}", table::lines(&costs(receipt)));
    }
}

fn tree(folder: &Path) -> Result<Tree, Failure> {
    Tree::read(&folder.join("tree.json")).map_err(wrong)
}

fn leaf(folder: &Path, operator: u32) -> Result<(Leaf, Vec<B256>), Failure> {
    tree(folder)?
        .proof(operator)
        .ok_or_else(|| no_leaf(folder, operator))
}

fn no_leaf(folder: &Path, operator: u32) -> Failure {
    Failure::Conflict(format!(
        "operator {operator} has no leaf in {}.",
        folder.display()
    ))
}

fn claim_of(operator: u32, leaf: &Leaf, proof: Vec<B256>) -> Claim {
    Claim {
        account: U256::from(operator),
        rewards: U256::from(leaf.rewards),
        penalties: U256::from(leaf.penalties),
        performance: U256::from(leaf.performance),
        epochs: U256::from(leaf.epochs),
        proof,
    }
}
