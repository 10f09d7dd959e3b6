//! `clay maintain`: keeps the programs alive, and in the cache.

use alloy::{
    primitives::{Address, Bytes, U256},
    sol_types::SolCall,
};
use clap::Args;

use super::ChainArgs;
use crate::{
    amount::{self, display_eth},
    bindings::{ArbWasm::activateProgramCall, CacheManager::placeBidCall},
    bytecode::deployer::ARB_WASM,
    client::Client,
    deploy::{
        activation,
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

/// Something that a program needs: a call, and the wei to send with it.
struct Due {
    action: &'static str,
    to: Address,
    value: U256,
    call: Bytes,
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
            // One after the other, since what is done moves the fees of the next.
            let mut due = vec![lifetime(&client, entry).await?];
            if let Some(manager) = cache {
                due.push(self.place(&client, manager, name, entry).await?);
            }
            for due in due.into_iter().flatten() {
                let Due { action, value, .. } = due;
                if !acts {
                    say!("due: {action} {name}, for up to {}", display_eth(value));
                    left += 1;
                    continue;
                }
                let what = format!("{action} {name}");
                let receipt = client.transact(&what, due.to, value, due.call).await?;
                say!("done: {what}, for {} gas", receipt.gas_used);
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

    /// A bid for a place in the cache, where a program has none and one can be had.
    async fn place(
        &self,
        client: &Client,
        manager: Address,
        name: &str,
        entry: &Entry,
    ) -> Result<Option<Due>, Failure> {
        if activation::is_cached(client, entry.code_hash).await? {
            return Ok(None);
        }
        let program = entry.address;
        let value = activation::smallest_bid(client, manager, program).await?;
        if value > self.highest_bid {
            let smallest = display_eth(value);
            say!("{name}: not in the cache, whose smallest bid is {smallest}, above --highest-bid");
            return Ok(None);
        }
        Ok(Some(Due {
            action: "a place in the cache for",
            to: manager,
            value,
            call: placeBidCall { program }.abi_encode().into(),
        }))
    }
}

/// What a program needs to go on running.
async fn lifetime(client: &Client, entry: &Entry) -> Result<Option<Due>, Failure> {
    let program = entry.address;
    if activation::time_left(client, program, entry.code_hash)
        .await?
        .is_some()
    {
        let renewal = activation::renewal(client, program, entry.code_hash).await?;
        return Ok(renewal.map(|(call, value)| Due {
            action: "renewing",
            to: ARB_WASM,
            value,
            call,
        }));
    }
    let code = client.code(program).await?;
    Ok(Some(Due {
        action: "activating again",
        to: ARB_WASM,
        value: activation::activation_value(client, &code).await?,
        call: activateProgramCall { program }.abi_encode().into(),
    }))
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
