//! `clay autobalance`: what came back booked, orders paid, validators funded, exits asked for.

use alloy::{
    primitives::{Address, U256},
    rpc::types::TransactionReceipt,
    sol_types::SolCall,
};
use clap::Args;

use super::{ChainArgs, PoolContracts};
use crate::{
    amount::{display, display_eth},
    bindings::StakeManager::{
        autobalanceCall, bookReturnedCall, BalancingFailed, EthReturned, ExitsAsked,
        OrdersFinalised, ReserveToppedUp, ValidatorsFunded,
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
        let lines: Vec<String> = told(&receipt, manager).collect();
        if booked.is_none() && lines.is_empty() {
            say!("Nothing to do.");
        }
        for line in lines {
            say!("{line}");
        }
        Ok(())
    }
}

/// What a call of autobalance did, a line each.
fn told(receipt: &TransactionReceipt, manager: Address) -> impl Iterator<Item = String> {
    let paid = emitted::<OrdersFinalised>(receipt, manager).map(|paid| {
        format!(
            "Orders up to {} are paid: {} set aside for {} shares, which are burned.",
            paid.upTo,
            display_eth(paid.assets),
            display(paid.shares)
        )
    });
    let lent = emitted::<ReserveToppedUp>(receipt, manager).map(|lent| {
        format!(
            "Lent to the flash-exit-pool: {}; its reserve is {} now.",
            display_eth(lent.assets),
            display_eth(lent.reserve)
        )
    });
    let funded = emitted::<ValidatorsFunded>(receipt, manager).map(|funded| {
        format!(
            "Validators funded: {}; {} sent out so far.",
            funded.count,
            display_eth(funded.sentOut)
        )
    });
    let asked = emitted::<ExitsAsked>(receipt, manager)
        .map(|asked| format!("Exits asked for: they bring {}.", display_eth(asked.assets)));
    let failed = emitted::<BalancingFailed>(receipt, manager)
        .map(|failed| format!("{} failed; its part is not done.", failed.callee));
    paid.chain(lent).chain(funded).chain(asked).chain(failed)
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
