//! `clay unstake`: orders to leave the pool.

use alloy::{
    primitives::{Address, U256},
    signers::local::PrivateKeySigner,
    sol_types::SolCall,
};
use clap::Args;

use super::{orders::Order, ChainArgs, PoolContracts};
use crate::{
    amount::{self, display, display_eth},
    bindings::{
        CsEthToken::{balanceOfCall, symbolCall},
        UnstakeQueue::{orderLimitsCall, requestUnstakeWithPermitCall, UnstakeRequested},
    },
    client::Client,
    deploy::pool::Pool,
    failure::Failure,
    keys::KeyOptions,
    logs::emitted,
    moment,
    output::say,
    permit, table,
};

/// Asks to leave the pool: shares wait in the queue, still earning, until their ETH can be claimed.
#[derive(Args, Debug)]
pub(super) struct UnstakeArgs {
    /// How many shares: 1.5 or 1000wei. More than the largest order allows becomes several orders.
    #[arg(value_parser = amount::parse)]
    shares: U256,
    /// Who gets the orders, and so the ETH; you, if nobody is named.
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

impl UnstakeArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        // Ask the chain before asking for a password.
        let reader = self.chain.connect(None).await?;
        let pool = PoolContracts::find(&reader, &self.chain, self.pool).await?;
        let queue = pool.at(&reader, "unstake-queue").await?;
        let limits = reader.view(queue, orderLimitsCall {}).await?;
        let symbol = reader.view(pool.token, symbolCall {}).await?;
        let signer = self.key.signer()?;
        let client = self.chain.connect(Some(signer.clone())).await?;

        let account = client.account()?;
        let held = client.view(pool.token, balanceOfCall { account }).await?;
        if held < self.shares {
            // Told before the first of several orders, not after some.
            return Err(Failure::Refused {
                action: format!("unstaking {} {symbol}", display(self.shares)),
                reason: format!("{account} has {} {symbol}.", display(held)),
            });
        }
        let receiver = self.receiver.unwrap_or(account);
        let parts = split(self.shares, limits.smallest, limits.largest);
        if parts.len() > 1 {
            say!(
                "The largest order has {} {symbol}: {} orders.",
                display(limits.largest),
                parts.len()
            );
        }
        for shares in parts {
            let id = request(&client, &signer, pool.token, queue, shares, receiver).await?;
            let order = Order::read(&client, queue, id).await?;
            let estimate = order.estimate.to::<u64>();
            say!(
                "Order {id}.\n{}",
                table::lines(&[
                    ("shares", format!("{} {symbol}", display(order.shares))),
                    ("worth now", display_eth(order.assets)),
                    ("of", receiver.to_string()),
                    ("paid probably", moment::told(estimate, client.now().await?)),
                ])
            );
        }
        Ok(())
    }
}

/// One order, with a permit for exactly its shares; returns its id.
async fn request(
    client: &Client,
    signer: &PrivateKeySigner,
    token: Address,
    queue: Address,
    shares: U256,
    receiver: Address,
) -> Result<U256, Failure> {
    let permit = permit::sign(client, signer, token, queue, shares).await?;
    let call = requestUnstakeWithPermitCall {
        shares,
        receiver,
        deadline: permit.deadline,
        v: permit.v,
        r: permit.r,
        s: permit.s,
    };
    let action = format!("unstaking {} shares", display(shares));
    let receipt = client
        .transact(&action, queue, U256::ZERO, call.abi_encode().into())
        .await?;
    match emitted::<UnstakeRequested>(&receipt, queue).next() {
        Some(event) => Ok(event.id),
        None => Err(Failure::Conflict(format!(
            "{queue} took the shares without an UnstakeRequested event."
        ))),
    }
}

/// Shares in as few orders as their limits allow. What no order can be made of is left to the queue to refuse.
fn split(shares: U256, smallest: U256, largest: U256) -> Vec<U256> {
    if largest.is_zero() || shares <= largest {
        return vec![shares];
    }
    let (whole, rest) = shares.div_rem(largest);
    let mut parts = vec![largest; whole.saturating_to()];
    if rest.is_zero() {
        return parts;
    }
    let last = rest.max(smallest);
    if let Some(before) = parts.last_mut() {
        *before -= last - rest;
    }
    parts.push(last);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(shares: u64) -> Vec<u64> {
        let split = split(U256::from(shares), U256::from(3), U256::from(100));
        split.into_iter().map(|part| part.to()).collect()
    }

    #[test]
    fn orders_are_as_few_as_the_limits_allow() {
        assert_eq!(parts(1), [1], "the queue refuses it, with its numbers");
        assert_eq!(parts(100), [100]);
        assert_eq!(parts(101), [98, 3], "the rest alone would be too small");
        assert_eq!(parts(200), [100, 100]);
        assert_eq!(parts(250), [100, 100, 50]);
    }
}
