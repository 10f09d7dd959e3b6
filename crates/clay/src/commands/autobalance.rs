//! `clay autobalance`: what came back booked, orders paid, validators funded, exits asked for.

use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};
use clap::Args;

use super::{ChainArgs, PoolContracts};
use crate::{
    amount::{display, display_eth},
    bindings::StakeManager::{
        autobalanceCall, bookReturnedCall, EthReturned, ExitsAsked, OrdersFinalised,
        ValidatorsFunded,
    },
    client::Client,
    deploy::pool::Pool,
    failure::Failure,
    keys::KeyOptions,
    logs::emitted,
    output::say,
};

/// Pays orders that are due, funds validators with what no order needs, and asks for exits if they are needed.
/// Anyone may.
///
/// Before that it books ETH that came back without a call, as that of an expired ticket does: it may be what an order
/// waits for.
#[derive(Args, Debug)]
pub(super) struct AutobalanceArgs {
    /// Most groups of cancelled orders to look at, and most validators to fund.
    #[arg(long, value_name = "COUNT", default_value_t = 32)]
    limit: u64,
    /// The pool.
    #[arg(long, default_value = "retail")]
    pool: Pool,
    #[command(flatten)]
    chain: ChainArgs,
    #[command(flatten)]
    key: KeyOptions,
}

impl AutobalanceArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        // Ask the chain before asking for a password.
        let reader = self.chain.connect(None).await?;
        let manager = PoolContracts::find(&reader, &self.chain, self.pool)
            .await?
            .manager;
        let client = self.chain.connect(Some(self.key.signer()?)).await?;
        let booked = book_returned(&client, manager).await?;
        if let Some(booked) = &booked {
            say!(
                "ETH that came back without a call is booked: {}; {} came back so far.",
                display_eth(booked.assets),
                display_eth(booked.cameBack)
            );
        }
        let limit = U256::from(self.limit);
        let call = autobalanceCall { limit }.abi_encode();
        let receipt = client
            .transact("balancing", manager, U256::ZERO, call.into())
            .await?;
        let paid = emitted::<OrdersFinalised>(&receipt, manager).next();
        let funded = emitted::<ValidatorsFunded>(&receipt, manager).next();
        let asked = emitted::<ExitsAsked>(&receipt, manager).next();
        if let Some(paid) = &paid {
            say!(
                "Orders up to {} are paid: {} set aside for {} shares, which are burned.",
                paid.upTo,
                display_eth(paid.assets),
                display(paid.shares)
            );
        }
        if let Some(funded) = &funded {
            say!(
                "Validators funded: {}; {} sent out so far.",
                funded.count,
                display_eth(funded.sentOut)
            );
        }
        if let Some(asked) = &asked {
            say!("Exits asked for: they bring {}.", display_eth(asked.assets));
        }
        if booked.is_none() && paid.is_none() && funded.is_none() && asked.is_none() {
            say!("Nothing to do.");
        }
        Ok(())
    }
}

/// Books what came back without a call, if the manager says that there is something.
async fn book_returned(client: &Client, manager: Address) -> Result<Option<EthReturned>, Failure> {
    let call = bookReturnedCall {}.abi_encode();
    match client.call(manager, call.clone().into(), U256::ZERO).await {
        Ok(_) => {}
        // It refuses where nothing did.
        Err(error) if error.as_error_resp().is_some() => return Ok(None),
        Err(error) => return Err(client.explain("asking what came back", &error)),
    }
    let action = "booking what came back";
    let receipt = client
        .transact(action, manager, U256::ZERO, call.into())
        .await?;
    Ok(emitted(&receipt, manager).next())
}
