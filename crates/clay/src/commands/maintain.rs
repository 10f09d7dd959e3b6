//! `clay maintain`: keeps the programs alive, and in the cache.

use alloy::primitives::U256;
use clap::Args;

use super::ChainArgs;
use crate::{
    amount::{self, display_eth},
    client::Client,
    deploy::{
        activation::{self, Place},
        record::{Deployment, Entry},
    },
    failure::Failure,
    keys::KeyOptions,
    moment,
    output::say,
    table,
};

/// Shows until when each program runs and what is due, and with a key does it. Anyone may; run it every month.
#[derive(Args, Debug)]
pub(super) struct MaintainArgs {
    /// Bids no more than this for a program's place in the cache.
    #[arg(long, value_name = "AMOUNT", value_parser = amount::parse, default_value = "0.001")]
    highest_bid: U256,
    #[command(flatten)]
    chain: ChainArgs,
    #[command(flatten)]
    key: KeyOptions,
}

impl MaintainArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let signer = self.key.signer_without_asking()?;
        let acts = signer.is_some();
        let client = self.chain.connect(signer).await?;
        let deployment = Deployment::of(&client, &self.chain.file(&client))?;
        let cache = activation::cache_manager(&client).await?;
        if cache.is_none() {
            say!("This chain has no cache.");
        }
        let mut left = 0;
        for (name, entry) in deployment.programs() {
            let (program, codehash) = (entry.address, entry.code_hash);
            // One after the other, since what is done moves the fees of the next.
            let mut due = vec![activation::upkeep(&client, program, codehash).await?];
            if let Some(manager) = cache {
                let highest = self.highest_bid;
                match activation::place(&client, manager, program, codehash, highest).await? {
                    Place::Taken => {}
                    Place::TooDear(bid) => {
                        let bid = display_eth(bid);
                        say!("{name}: not in the cache, whose smallest bid is {bid}, above --highest-bid");
                    }
                    Place::Bid(bid) => due.push(Some(bid)),
                }
            }
            for due in due.into_iter().flatten() {
                let what = format!("{name} ({})", due.action);
                if acts {
                    let receipt = client.transact(&what, due.to, due.value, due.call).await?;
                    say!("done: {what}, for {} gas", receipt.gas_used);
                } else {
                    say!("due: {what}, for up to {}", display_eth(due.value));
                    left += 1;
                }
            }
        }
        let mut rows = Vec::new();
        for (name, entry) in deployment.programs() {
            rows.push((name, stands(&client, entry).await?));
        }
        say!("{}", table::lines(&rows));
        say!(
            "{}",
            match left {
                0 => "\nNothing is due.",
                _ => "\nGive a key to have done what is due.",
            }
        );
        Ok(())
    }
}

/// Until when a program runs without anybody's doing, and when that is due.
async fn stands(client: &Client, entry: &Entry) -> Result<String, Failure> {
    let left = activation::time_left(client, entry.address, entry.code_hash).await?;
    let Some(left) = left else {
        return Ok("expired".into());
    };
    let until = client.now().await? + left;
    let renewed = until.saturating_sub(activation::RENEW_BELOW);
    let (until, renewed) = (moment::date(until), moment::date(renewed));
    Ok(format!("runs until {until}, renewed from {renewed} on"))
}
