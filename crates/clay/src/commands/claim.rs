//! `clay claim`: the ETH of finalised orders.

use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};
use clap::Args;

use super::{
    orders::{self, CLAIMABLE},
    ChainArgs, PoolContracts,
};
use crate::{
    amount::display_eth,
    bindings::UnstakeQueue::{claimWithHintsCall, findCheckpointCall, OrderClaimed},
    deploy::pool::Pool,
    failure::Failure,
    keys::KeyOptions,
    logs::emitted,
    output::say,
};

/// Orders claimed in one transaction.
const BATCH: usize = 50;

/// Claims the ETH of orders that were finalised.
#[derive(Args, Debug)]
pub(super) struct ClaimArgs {
    /// The orders; all of yours that can be claimed, if none is named.
    ids: Vec<U256>,
    /// Who gets the ETH; you, if nobody is named.
    #[arg(long, value_name = "ADDRESS")]
    receiver: Option<Address>,
    /// The pool.
    #[arg(long, default_value = "retail")]
    pool: Pool,
    #[command(flatten)]
    chain: ChainArgs,
    #[command(flatten)]
    key: KeyOptions,
}

impl ClaimArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        // Ask the chain before asking for a password.
        let reader = self.chain.connect(None).await?;
        let pool = PoolContracts::find(&reader, &self.chain, self.pool).await?;
        let queue = pool.at(&reader, "unstake-queue").await?;
        let client = self.chain.connect(Some(self.key.signer()?)).await?;

        let account = client.account()?;
        let receiver = self.receiver.unwrap_or(account);
        let mut ids = self.ids;
        if ids.is_empty() {
            let owned = orders::of_account(&client, &pool, queue, account).await?;
            let claimable = owned.iter().filter(|order| order.state == CLAIMABLE);
            ids.extend(claimable.map(|order| order.id));
        }
        if ids.is_empty() {
            say!("Nothing to claim.");
            return Ok(());
        }
        for ids in ids.chunks(BATCH) {
            let mut hints = Vec::with_capacity(ids.len());
            for &id in ids {
                hints.push(client.view(queue, findCheckpointCall { id }).await?);
            }
            let call = claimWithHintsCall {
                ids: ids.to_vec(),
                hints,
                receiver,
            };
            let receipt = client
                .transact("claiming", queue, U256::ZERO, call.abi_encode().into())
                .await?;
            for order in emitted::<OrderClaimed>(&receipt, queue) {
                say!(
                    "Order {}: {} to {}.",
                    order.id,
                    display_eth(order.assets),
                    order.receiver
                );
            }
        }
        Ok(())
    }
}
