//! `clay cancel`: an order taken back.

use alloy::{primitives::U256, sol_types::SolCall};
use clap::Args;

use super::{ChainArgs, PoolContracts};
use crate::{
    amount::display,
    bindings::{
        CsEthToken::symbolCall,
        UnstakeQueue::{cancelCall, OrderCancelled},
    },
    deploy::pool::Pool,
    failure::Failure,
    keys::KeyOptions,
    logs::emitted,
    output::say,
};

/// Takes an order that is not finalised back into shares, less what cancelling costs.
#[derive(Args, Debug)]
pub(super) struct CancelArgs {
    /// The order.
    id: U256,
    /// The pool.
    #[arg(long, default_value = "retail")]
    pool: Pool,
    #[command(flatten)]
    chain: ChainArgs,
    #[command(flatten)]
    key: KeyOptions,
}

impl CancelArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        // Ask the chain before asking for a password.
        let reader = self.chain.connect(None).await?;
        let pool = PoolContracts::find(&reader, &self.chain, self.pool).await?;
        let queue = pool.at(&reader, "unstake-queue").await?;
        let client = self.chain.connect(Some(self.key.signer()?)).await?;

        let id = self.id;
        let call = cancelCall { id }.abi_encode();
        let action = format!("cancelling order {id}");
        let receipt = client
            .transact(&action, queue, U256::ZERO, call.into())
            .await?;
        let cancelled = emitted::<OrderCancelled>(&receipt, queue).next();
        let cancelled = cancelled
            .ok_or_else(|| Failure::Conflict(format!("{queue} sent no OrderCancelled event.")))?;
        let symbol = client.view(pool.token, symbolCall {}).await?;
        say!(
            "Order {id} is cancelled: {} {symbol} came back, {} were burned.",
            display(cancelled.returned),
            display(cancelled.burned)
        );
        Ok(())
    }
}
